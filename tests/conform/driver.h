// One graph and one session on it, through the public API alone.
#ifndef CTF_TESTS_CONFORM_DRIVER_H_
#define CTF_TESTS_CONFORM_DRIVER_H_

#include "tensorflow/c/c_api.h"
#include "tests/conform/peak.h"
#include "tests/conform/value.h"

typedef enum reimport {  // of each graph, before it is run: exported and imported again
  REIMPORT_NOT,
  REIMPORT_BINARY,
  REIMPORT_TEXT,
} reimport;

typedef struct driver_options {
  const char* device;  // "cpu", "sim:0", "gpu:0"
  int num_threads;     // of the session; 0: as many as it likes
  reimport reimport;
  bool bits;          // of a conformance case that passes, say a digest of what it gave
  bool check_peak;    // every run is held against its plan
  bool check_passes;  // every run gives the bits of one without passes
} driver_options;

typedef struct driver {
  TF_Graph* graph;
  TF_Session* session;
  TF_Status* last;  // for the session's end, which must not need memory
  bool check_peak;
  peak_counts peaks;
  TF_Session* plain[2];  // without passes, where runs are compared with it
} driver;

// The outcome of a step. Owned by its holder (outcome_free).
typedef struct outcome {
  TF_Code code;
  text_buffer message;
} outcome;

// What a run is made of. Names are "node:port"; without a port, port 0.
typedef struct driver_run {
  size_t num_feeds;
  char** feeds;
  const host_value* feed_values;
  size_t num_fetches;
  char** fetches;
  size_t num_targets;
  char** targets;
  int64_t timeout_ms;  // 0: none
} driver_run;

void driver_import(driver* inout_driver, conform_bytes graph, outcome* out_outcome);
// Replaces the graph by what it is when it has been exported and imported again, as binary or as text. The two must be
// equal, or the outcome is INTERNAL.
void driver_reimport(driver* inout_driver, reimport how, outcome* out_outcome);
void driver_open(driver* inout_driver, const driver_options* options, outcome* out_outcome);
// On OK the caller owns out_tensors, num_fetches of them.
void driver_make_run(driver* inout_driver, const driver_run* run, TF_Tensor** out_tensors, outcome* out_outcome);
void driver_close(driver* inout_driver);

void outcome_free(outcome* of);
const char* code_name(int code);       // "INVALID_ARGUMENT"
int code_from_name(const char* name);  // -1: no such name

#endif  // CTF_TESTS_CONFORM_DRIVER_H_
