// The command line: one table of options for parsing and for help.
#ifndef CTF_TOOLS_CTFRUN_OPTIONS_H_
#define CTF_TOOLS_CTFRUN_OPTIONS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_REPEATS = 256 };

typedef enum verb { VERB_RUN, VERB_SHOW, VERB_PLAN, VERB_HELP } verb;

typedef struct named_text {  // NAME=TEXT; without "=" text is NULL
  const char* name;
  const char* text;
} named_text;

typedef struct options {
  verb verb;
  const char* model;
  int num_feeds, num_fetches, num_targets, num_shapes, num_dims;
  named_text feeds[MAX_REPEATS];
  named_text fetches[MAX_REPEATS];
  const char* targets[MAX_REPEATS];
  named_text shapes[MAX_REPEATS];
  named_text dims[MAX_REPEATS];
  const char* fill;
  const char* device;
  const char* passes;
  const char* memory;   // as given; see memory_bytes
  size_t memory_bytes;  // SIZE_MAX: none
  long steps;
  int64_t timeout_ms;  // 0: none
  long print_max;
  int precision;
  bool copy, dry_run, json, quiet, explain, show_ops, help, help_all, version;
} options;

// Fills the options from the arguments. 0, or an exit code after the failure was said.
int options_parse(int argc, char** argv, options* out);
void options_print_help(bool all);

#endif  // CTF_TOOLS_CTFRUN_OPTIONS_H_
