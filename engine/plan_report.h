// What a plan needs and does, as data: for `plan`, for refusals, for tests.
#ifndef CTF_ENGINE_PLAN_REPORT_H_
#define CTF_ENGINE_PLAN_REPORT_H_

#include "runtime/tensor.h"

typedef struct ctf_report_tensor {
  char* name;  // "node:0"
  char* op;
  TF_DataType dtype;
  ctf_shape shape;
  size_t bytes;
  size_t offset;     // in its device's arena
  const char* role;  // "output", "workspace", "feed", "fetch", "constant", "mapped constant"
} ctf_report_tensor;

// peak_bytes = held_bytes + feed_bytes + arena_bytes + fetch_bytes: the least budget that admits the run.
typedef struct ctf_report_device {
  const char* name;
  size_t budget_bytes;     // CTF_NO_LIMIT: none
  size_t available_bytes;  // of it, now, idle blocks of the session among it
  size_t peak_bytes;       // of the device while the run is under way
  size_t held_bytes;       // charged already: constants, variables, feeds that are there; without idle blocks
  size_t feed_bytes;       // of feeds that are not there yet
  size_t arena_bytes;
  size_t fetch_bytes;
  size_t constant_bytes;  // of held_bytes: constants of the plan
  size_t mapped_bytes;    // of constants that lie in a file or in somebody else's memory: not charged
  size_t live_bytes;      // of the arena: the largest sum alive at a step, each tensor rounded to the arena's alignment
  size_t file_live_bytes;  // the same if the steps ran in the file's order
  size_t num_live;         // the tensors alive at the peak, largest first
  ctf_report_tensor* live;
  int peak_step;  // -1: no step has a tensor in the arena
} ctf_report_device;

typedef struct ctf_report_step {
  const char* name;
  const char* op;
  const char* device;
  int segment;
  int stream;
  size_t num_outputs;
  ctf_report_tensor* outputs;
  size_t num_waits;  // segments whose event this step's segment waits for (in its first step)
  const int* waits;
} ctf_report_step;

// Owns everything it points to. Immutable.
typedef struct ctf_plan_report {
  bool exact;             // every size was known before the run
  const char* not_exact;  // why not, as a sentence; ""
  bool fits;
  size_t num_devices;
  ctf_report_device* devices;
  size_t num_steps;
  ctf_report_step* steps;  // as they run
  ctf_allocator* scratch;
} ctf_plan_report;

void ctf_plan_report_free(ctf_plan_report* report);  // accepts NULL

#endif  // CTF_ENGINE_PLAN_REPORT_H_
