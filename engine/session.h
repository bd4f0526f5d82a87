// Sessions: plans compiled once per (feeds, fetches, targets), run many times.
#ifndef CTF_ENGINE_SESSION_H_
#define CTF_ENGINE_SESSION_H_

#include "engine/graph.h"
#include "engine/trace.h"
#include "runtime/device.h"

// Plain values; copied by the session.
struct TF_SessionOptions {
  char* target;          // "" or "local"; anything else is UNIMPLEMENTED when the session is made
  char* default_device;  // for nodes that name none: "" (CPU), "sim:0", "/device:CPU:0"
  int num_cpus;          // names of the CPU: /device:CPU:n; 0: it may not be used, and there is no session
  int num_sim_devices;   // how many /device:SIM:n the session has
  uint64_t sim_seed;
  uint32_t sim_max_delay_us;
  char* passes;               // "all", "none", or names with + or -, as CTF_PASSES
  size_t memory_limit;        // of the session on each device; CTF_NO_LIMIT
  int64_t admission_wait_ms;  // for memory that other runs of the session hold; 0: refused at once
  bool soft_placement;
  bool place_pruned;           // only what a run needs is placed
  bool log_placement;          // each compiled plan says where its nodes are
  double gpu_memory_fraction;  // of a GPU's memory; 0: all that is free but a margin
  bool gpu_allow_growth;
  char* gpu_visible;    // numbers of GPUs, with commas; "" or NULL: all
  int64_t deadline_ns;  // of runs that have none; 0: none
  int num_threads;      // that a kernel may use; 0: as many as there are CPUs
};

typedef struct ctf_run_request {
  size_t num_feeds;
  const TF_Output* feeds;
  TF_Tensor* const* feed_values;
  size_t num_fetches;
  const TF_Output* fetches;
  size_t num_targets;
  const TF_Operation* const* targets;
  int64_t deadline_ns;  // from now; 0: the session's
  ctf_cancel* cancel;   // ends the run early; NULL: only the session does
  ctf_trace* trace;     // what the run does; NULL: nothing is recorded
} ctf_run_request;

CTF_MUST_USE ctf_status ctf_session_create(TF_Graph* graph, const TF_SessionOptions* options, TF_Session** out_session);
// FAILED_PRECONDITION on a thread that is inside a run of the session, in a kernel of the program's: it must not run,
// close or delete the session, each of which may wait for that run.
CTF_MUST_USE ctf_status ctf_session_check_outside(const TF_Session* session);
// Cancels what runs, waits for it, and refuses what comes: CANCELLED "Session has been closed.". Idempotent.
CTF_MUST_USE ctf_status ctf_session_close(TF_Session* session);
// Closes first; accepts NULL. A handle that is used once more is told that the session is closed, for as long as its
// place is not taken: places are taken in turns (engine/session_slots.c).
void ctf_session_delete(TF_Session* session);

// A run that is not on a thread yet: the session is not deleted before it is over. CANCELLED: it is closed.
CTF_MUST_USE ctf_status ctf_session_begin_run(TF_Session* session);
void ctf_session_end_run(TF_Session* session);

// Runs on the caller's thread until everything asked for is there. Fetched tensors are memory of their own; the caller
// owns them. On failure none is set. Any thread; runs of one session do not wait for each other.
CTF_MUST_USE ctf_status ctf_session_run(TF_Session* session, const ctf_run_request* request, TF_Tensor** out_values);

// The plan that a run of these names has, counted. Between ctf_session_begin_run and _end_run, since it refers to the
// session's devices.
CTF_MUST_USE ctf_status ctf_session_find_plan(TF_Session* session, const ctf_plan_request* names, ctf_plan** out_plan);

// For runs in parts (engine/partial_run.h): as ctf_session_run, of a request that may name nodes that have run.
CTF_MUST_USE ctf_status ctf_session_run_part(TF_Session* session, const ctf_plan_request* names,
                                             TF_Tensor* const* feeds, TF_Tensor** out_values);

// A request that is checked and compiled once, to be run many times. The session outlives it. Any thread may run it; it
// is deleted when nobody does.
typedef struct ctf_callable ctf_callable;
CTF_MUST_USE ctf_status ctf_callable_create(TF_Session* session, const ctf_plan_request* request,
                                            ctf_callable** out_callable);
void ctf_callable_delete(ctf_callable* callable);  // accepts NULL
size_t ctf_callable_num_feeds(const ctf_callable* callable);
size_t ctf_callable_num_fetches(const ctf_callable* callable);
// As ctf_session_run.
CTF_MUST_USE ctf_status ctf_callable_run(const ctf_callable* callable, TF_Tensor* const* feeds, TF_Tensor** out_values);

// What a run would need, without running: for the API's plan report. Feeds give dtypes and shapes (values may be NULL
// where no shape depends on them). The caller owns the report (ctf_plan_report_free).
typedef struct ctf_feed_shape {
  TF_Output feed;
  ctf_shape shape;
  const TF_Tensor* value;  // NULL: not known
} ctf_feed_shape;
CTF_MUST_USE ctf_status ctf_session_plan(TF_Session* session, size_t num_feeds, const ctf_feed_shape* feeds,
                                         size_t num_fetches, const TF_Output* fetches, size_t num_targets,
                                         const TF_Operation* const* targets, ctf_plan_report** out_report);

size_t ctf_session_trim(TF_Session* session, const ctf_device* device);  // bytes that idle runs and blocks gave back
size_t ctf_session_num_devices(const TF_Session* session);
size_t ctf_session_num_cpus(const TF_Session* session);  // names of device 0
ctf_device* ctf_session_device(const TF_Session* session, size_t index);

#endif  // CTF_ENGINE_SESSION_H_
