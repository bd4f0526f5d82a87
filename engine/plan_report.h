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
  const char* role;  // "output", "workspace", "feed", "fetch", "constant"
} ctf_report_tensor;

typedef struct ctf_report_device {
  const char* name;
  size_t budget_bytes;     // CTF_NO_LIMIT: none
  size_t available_bytes;  // of it, now
  size_t peak_bytes;       // what a run reserves on this device: arena, fetched tensors, copies of feeds
  size_t arena_bytes;
  size_t constant_bytes;  // held by the plan between runs
  size_t num_live;        // the tensors alive at the peak, largest first
  ctf_report_tensor* live;
  int peak_step;
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
  const char* not_exact;  // why not: "" or the node whose size comes from data
  bool fits;
  size_t num_devices;
  ctf_report_device* devices;
  size_t num_steps;
  ctf_report_step* steps;
  ctf_allocator* scratch;
} ctf_plan_report;

void ctf_plan_report_free(ctf_plan_report* report);  // accepts NULL

#endif  // CTF_ENGINE_PLAN_REPORT_H_
