// The three things that ctfconform does, each a loop over its corpus with workers.
#ifndef CTF_TESTS_CONFORM_RUN_H_
#define CTF_TESTS_CONFORM_RUN_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/conform/driver.h"
#include "tests/conform/report.h"

typedef struct run_options {
  const char* device;
  int num_threads;
  reimport reimport;
  size_t num_workers;
  bool verbose;
  bool bits;  // with a case that passes, a digest of what it gave
  const char* json_path;
  const char* parts;  // of ops: "3,7"; NULL: all
  double share;       // of the cases, chosen by their names and the seed
  uint64_t seed;
  const char* baseline_path;
  const char* write_baseline_path;
  bool known;           // failures must be those that docs/ops.md explains
  bool allow_failures;  // only crashes count
  bool check_peak;      // conformance cases and models: every run is held against its plan
  bool check_passes;    // the same, and against a run without passes
  double limit_s;       // a case; 0: the default
  double at_least;      // the share of hostile cases that must meet `expect`; below 0: not asked
  const char* groups;   // of the hostile corpus: "raw,op"; NULL: all
  const char* mode;     // of the hostile corpus
} run_options;

// Exit codes: 0 good, 1 something failed, 2 it could not be done.
int run_conformance(const run_options* options, char* const* files, size_t num_files);
int run_hostile(const run_options* options, const char* folder);
int run_models(const run_options* options, const char* folder);

// Prints what is wrong.
bool failures_are_known(const report* of);

const char* shared_folder(void);                   // CTF_SHARED, or ../shared
bool in_list(const char* list, const char* name);  // of names with commas between
bool in_sample(const run_options* options, const char* name);

#endif  // CTF_TESTS_CONFORM_RUN_H_
