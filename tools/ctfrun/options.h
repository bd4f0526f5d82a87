// The command line: one table of options, from which parsing, help, the man page and the completions are made.
#ifndef CTF_TOOLS_CTFRUN_OPTIONS_H_
#define CTF_TOOLS_CTFRUN_OPTIONS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_REPEATS = 256, MAX_SWEEP = 32 };

typedef struct named_text {  // NAME=TEXT; without "=" text is NULL
  const char* name;
  const char* text;
} named_text;

typedef struct option_list {
  int count;
  bool from_environment;  // the first on the command line replaces them
  named_text items[MAX_REPEATS];
} option_list;

typedef struct step_count {  // a number of runs, or for how long
  long count;
  int64_t ms;  // 0: count says it
} step_count;

typedef enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER } when;

typedef struct option_row option_row;
typedef struct given_option {  // as it came, for --print-flags
  const option_row* row;
  const char* text;  // NULL: takes none
} given_option;

typedef struct options {
  const char* verb;    // of the table of verbs; "run" when none was said
  const char* model;   // the first word after the verb
  const char* second;  // check: the other model
  option_list feeds, fetches, targets, shapes, dims, devices, prints, libraries, expected;
  const char *fill, *memory, *memory_order, *threads, *pin, *passes, *until, *save_all, *trace, *report, *log;
  const char *format, *stats, *against;
  step_count steps, warmup;
  long jobs;
  long print_max, precision, ulp;
  double rate, rtol, atol;
  int64_t timeout_ms, total_timeout_ms, stall_ms;  // 0: none
  when color, progress;
  int verbosity;
  bool copy, dry_run, soft, stall_exit, check_numerics, isolate, json, jsonl, quiet, explain, show_ops;
  bool help, help_all, version, print_flags;
  bool steps_given;
  int num_given;
  given_option given[4 * MAX_REPEATS];
} options;

// Fills the options from the environment (CTF_*), then the arguments and their flag files. 0, or an exit code after the
// failure was said.
int options_parse(int argc, char** argv, options* out);
// A flag file that says what this command line says, on stdout. 0, or an exit code after the failure was said.
int options_print_flags(const options* o);

// "1,2,4": the numbers of a sweep, at most MAX_SWEEP, each at least `least`. 0: it is none.
int parse_sweep(const char* text, long least, long* out_numbers);
// "512M", "1.5G", "4096", "none", "80%": bytes, or hundredths of what the machine can spare in out_percent (else 0).
bool parse_bytes(const char* text, size_t* out_bytes, double* out_percent);

#endif  // CTF_TOOLS_CTFRUN_OPTIONS_H_
