// One run of a plan: from admission to fetched tensors.
#ifndef CTF_ENGINE_RUN_H_
#define CTF_ENGINE_RUN_H_

#include "engine/admission.h"
#include "engine/block_pool.h"
#include "engine/layout.h"
#include "engine/trace.h"

// What a run needs besides its plan: arrays, and between runs what is worth keeping for the next. One thread at a time.
typedef struct ctf_run ctf_run;

// What the runs of a session share. Any thread.
typedef struct ctf_executor {
  const ctf_device_set* devices;
  ctf_budget* budgets[CTF_MAX_DEVICES];  // the session's, below each device's
  ctf_block_pool pools[CTF_MAX_DEVICES];
  ctf_stream* streams[CTF_MAX_DEVICES][CTF_STREAMS_PER_DEVICE];  // of asynchronous devices
  int num_threads;                                               // that a kernel may use; 0: as many as there are CPUs
  ctf_admission admission;
  int64_t admission_wait_ns;     // how long a run waits for the memory of others; 0: it is refused at once
  pthread_mutex_t enqueue_lock;  // a segment's waits, launches and record go on its stream without others between
  ctf_plan_faults faults;
} ctf_executor;

CTF_MUST_USE ctf_status ctf_executor_init(ctf_executor* executor, const ctf_device_set* devices,
                                          ctf_budget* const* budgets, int num_threads);
void ctf_executor_deinit(ctf_executor* executor);  // no run is under way; accepts one that init failed on

// A run of the plan for feeds of these types and shapes (in the order of the plan's).
CTF_MUST_USE ctf_status ctf_run_create(ctf_executor* executor, ctf_plan* plan, TF_Tensor* const* feeds,
                                       ctf_run** out_run);
void ctf_run_free(ctf_run* run);  // accepts NULL

// Whether the run can be executed again, with feeds that it fits: one loop over host steps can.
bool ctf_run_repeats(const ctf_run* run);
// Whether the run was made for feeds like these, which are those of its plan.
bool ctf_run_fits(const ctf_run* run, TF_Tensor* const* feeds);

typedef struct ctf_run_call {
  TF_Tensor* const* feeds;
  ctf_cancel* cancel;
  // Gives up what the session can make again, once a reservation has been refused: what idle runs keep, blocks,
  // layouts.
  void (*evict)(void* evict_arg);
  void* evict_arg;
  ctf_trace* trace;  // NULL: nothing is recorded
} ctf_run_call;

// Runs on the caller's thread. Nothing has run when it is refused with RESOURCE_EXHAUSTED before the first step. The
// caller owns the results; none is set on failure.
CTF_MUST_USE ctf_status ctf_run_execute(ctf_run* run, const ctf_run_call* call, TF_Tensor** out_values);

#endif  // CTF_ENGINE_RUN_H_
