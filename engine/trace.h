// What a run did and when: times are taken while it runs, all else is looked up once it is over.
//
// A run without a trace pays one untaken branch for each segment.
#ifndef CTF_ENGINE_TRACE_H_
#define CTF_ENGINE_TRACE_H_

#include "engine/layout.h"

typedef struct ctf_trace_time {  // since the trace began; an end of 0: it did not happen
  int64_t scheduled_ns;          // put on its stream; on the host, its segment could run
  int64_t start_ns;
  int64_t end_ns;
} ctf_trace_time;

// Bytes that a step made: an output, or its workspace.
typedef struct ctf_trace_tensor {
  const char* name;  // "node:0"
  const char* role;  // "output", "workspace", "fetch"
  uint32_t device;
  uint32_t step;  // of the trace's
  TF_DataType dtype;
  ctf_shape shape;
  size_t bytes;
  size_t held_bytes;  // what is taken for it: of an arena, rounded up; 0: it is part of another one
  size_t offset;      // in its device's arena; CTF_NO_LIMIT: not there
  const void* data;   // where it was: a number, since the run is over
  int64_t start_ns;   // from the start of the step that wrote it
  int64_t end_ns;     // to the end of the last that used it, or of the run; for one whose bytes another took over,
                      // to the start of that one's step
} ctf_trace_tensor;

typedef enum ctf_trace_kind {
  CTF_TRACE_KERNEL,
  CTF_TRACE_COPY,  // between devices
  CTF_TRACE_WAIT,  // of the stream, or of the host, for what the named node needs from elsewhere
} ctf_trace_kind;

typedef struct ctf_trace_step {
  ctf_trace_kind kind;
  const char* name;
  const char* op;
  const char* label;  // "name = Op(a, b:1, ^c)"
  uint32_t device;    // whose work it is: a copy is that of the device that is not the CPU
  uint32_t stream;
  ctf_trace_time time;
  size_t first_tensor;  // its outputs, then its workspace if it has one
  size_t num_tensors;
} ctf_trace_step;

// One run at a time; read by any thread when none is under way.
typedef struct ctf_trace {
  ctf_allocator* scratch;  // all that is pointed to
  atomic_bool busy;        // a run records into it
  int64_t begin_unix_ns;
  int64_t begin_ns;     // of CLOCK_MONOTONIC; the times below, and all others, count from here
  int64_t admitted_ns;  // its memory was there
  int64_t end_ns;

  ctf_trace_time* step_times;     // [steps of the plan] while it is recorded
  ctf_trace_time* segment_waits;  // [segments of the plan], likewise
  int64_t* segment_ready;         // [segments of the plan], likewise
  int64_t idle_since_ns;          // the host waits for devices; -1: it does not

  size_t num_devices;
  const char** devices;  // names
  size_t num_steps;
  ctf_trace_step* steps;  // as they began
  size_t num_tensors;
  ctf_trace_tensor* tensors;  // those of a step one after the other
} ctf_trace;

CTF_MUST_USE ctf_status ctf_trace_create(ctf_trace** out_trace);
void ctf_trace_free(ctf_trace* trace);  // accepts NULL

// Forgets what it holds and makes room for the plan's steps. INVALID_ARGUMENT: another run records into it.
CTF_MUST_USE ctf_status ctf_trace_begin(ctf_trace* trace, const ctf_plan* plan);
int64_t ctf_trace_now(const ctf_trace* trace);

typedef struct ctf_trace_source {  // what is there at the end of a run
  const ctf_plan* plan;
  ctf_layout* const* layouts;  // [stages] NULL: not reached
  const ctf_tensor* slots;
} ctf_trace_source;
// Turns times into rows: after the last step and before its memory goes. Copies what it needs. The trace is free for
// another run afterwards, whatever the outcome.
CTF_MUST_USE ctf_status ctf_trace_end(ctf_trace* trace, const ctf_trace_source* source);

#endif  // CTF_ENGINE_TRACE_H_
