// The tables of options, verbs and exit codes: read by the parser and by everything that tells a user what there is.
#ifndef CTF_TOOLS_CTFRUN_OPTION_TABLE_H_
#define CTF_TOOLS_CTFRUN_OPTION_TABLE_H_

#include "tools/ctfrun/options.h"

typedef enum option_kind {
  KIND_FLAG,      // bool
  KIND_MORE,      // int, counts how often it was given
  KIND_TEXT,      // const char*
  KIND_CHOICE,    // const char*, one of the words in `detail`
  KIND_WHEN,      // when
  KIND_LIST,      // option_list, the text as the name
  KIND_NAMED,     // option_list, NAME or NAME=TEXT
  KIND_PAIR,      // option_list, NAME=TEXT
  KIND_LONG,      // long, at least the number in `detail`
  KIND_REAL,      // double, at least 0
  KIND_DURATION,  // int64_t, milliseconds
  KIND_STEPS,     // step_count
  KIND_SWEEP,     // const char*, numbers with commas, each at least the number in `detail`
  KIND_MEMORY,    // const char*, SPEC of --mem
  KIND_FLAGFILE,  // read where it stands
  KIND_LATER      // known and refused: `detail` is what it needs
} option_kind;

struct option_row {
  const char* name;
  char letter;           // 0: none
  const char* argument;  // NULL: takes none; in brackets: may be left out
  option_kind kind;
  size_t offset;  // of the field in options
  const char* sentence;
  const char* initial;  // NULL: zero
  const char* detail;   // see option_kind
  const char* topic;
  bool common;          // in the short help
  bool no_environment;  // has no CTF_ variable
};

typedef struct verb_row {
  const char* name;
  const char* usage;
  const char* sentence;
  const char* later;  // not NULL: what it needs
  bool hidden;
} verb_row;

typedef struct exit_row {
  int code;
  const char* meaning;
} exit_row;

typedef struct topic_row {
  const char* name;
  const char* title;
  const char* text;  // paragraphs, a blank line between them; lines that begin with two blanks stay as they are
} topic_row;

typedef struct example_row {
  const char* command;
  const char* sentence;
} example_row;

extern const option_row kOptions[];
extern const int kNumOptions;
extern const verb_row kVerbs[];
extern const int kNumVerbs;
extern const exit_row kExits[];
extern const int kNumExits;
extern const topic_row kTopics[];
extern const int kNumTopics;
extern const example_row kExamples[];
extern const int kNumExamples;

const verb_row* verb_find(const char* name);  // NULL: none

#endif  // CTF_TOOLS_CTFRUN_OPTION_TABLE_H_
