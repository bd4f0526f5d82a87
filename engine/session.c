#include "engine/session.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/device_spec.h"
#include "engine/files.h"
#include "engine/layout.h"
#include "engine/partial_run.h"
#include "engine/run.h"
#include "engine/session_impl.h"
#include "runtime/options.h"

#define NS_PER_S 1000000000
#define CLOSE_POLL_NS 1000000

// ---- making one

static ctf_status add_sim_devices(TF_Session* session, int count) {
  if (count < 0 || count > CTF_MAX_DEVICES - 1) {
    return ctf_error(TF_INVALID_ARGUMENT, "%d SIM devices; there can be 0 to %d", count, CTF_MAX_DEVICES - 1);
  }
  for (int i = 0; i < count; ++i) {
    const ctf_sim_options options = {.ordinal = i,
                                     .seed = session->options.sim_seed + (uint64_t)i,
                                     .max_delay_us = session->options.sim_max_delay_us};
    CTF_TRY(ctf_device_create_sim(&options, &session->devices.devices[session->devices.num_devices]));
    ++session->devices.num_devices;
  }
  return NULL;
}

static ctf_status choose_default_device(TF_Session* session) {
  ctf_device_spec spec;
  const char* text = session->options.default_device != NULL ? session->options.default_device : "";
  if (!ctf_device_spec_parse_name(text, &spec)) {
    return ctf_error(TF_INVALID_ARGUMENT, "Malformed device specification '%s'", text);
  }
  // A SIM device that is asked for is made: there is nothing to find.
  if (spec.has_type && strcmp(spec.type, "SIM") == 0 && spec.ordinal >= session->options.num_sim_devices) {
    session->options.num_sim_devices = spec.ordinal + 1;
  }
  CTF_TRY(add_sim_devices(session, session->options.num_sim_devices));
  for (size_t i = 0; i < session->devices.num_devices; ++i) {
    if (!ctf_device_spec_fits(&spec, session->devices.devices[i], 1)) continue;
    session->devices.default_device = i;
    return NULL;
  }
  return ctf_error(TF_INVALID_ARGUMENT, "no device %s; this session has %zu, the first is %s", text,
                   session->devices.num_devices, ctf_device_name(session->devices.devices[0]));
}

static ctf_status copy_text(ctf_allocator* alloc, const char* text, char** out_copy) {
  if (text == NULL) return NULL;
  return ctf_alloc_string(alloc, text, strlen(text), out_copy);
}

static ctf_status copy_options(TF_Session* session, const TF_SessionOptions* options) {
  session->options = *options;
  session->options.target = session->options.default_device = NULL;
  session->options.passes = session->options.gpu_visible = NULL;
  CTF_TRY(copy_text(session->alloc, options->target, &session->options.target));
  CTF_TRY(copy_text(session->alloc, options->default_device, &session->options.default_device));
  CTF_TRY(copy_text(session->alloc, options->gpu_visible, &session->options.gpu_visible));
  return copy_text(session->alloc, options->passes, &session->options.passes);
}

static ctf_status make_devices(TF_Session* session) {
  session->devices.devices[0] = ctf_device_retain(ctf_device_cpu());
  session->devices.num_devices = 1;
  session->devices.num_cpus = session->options.num_cpus;
  session->devices.soft_placement = session->options.soft_placement;
  session->devices.place_pruned = session->options.place_pruned;
  session->devices.log_placement = session->options.log_placement;
  if (session->options.num_sim_devices == 0) {
    session->options.num_sim_devices = (int)ctf_option_number(CTF_OPTION_SIM_DEVICES);
  }
  CTF_TRY(choose_default_device(session));
  for (size_t i = 0; i < session->devices.num_devices; ++i) {
    CTF_TRY(ctf_budget_create(ctf_device_budget(session->devices.devices[i]), "the session",
                              session->options.memory_limit, &session->budgets[i]));
  }
  CTF_TRY(ctf_node_states_init(&session->states, session->budgets[0]));
  session->executor.admission_wait_ns = session->options.admission_wait_ms * 1000000;
  return ctf_executor_init(&session->executor, &session->devices, session->budgets, session->options.num_threads);
}

ctf_status ctf_session_create(TF_Graph* graph, const TF_SessionOptions* options, TF_Session** out_session) {
  ctf_status status = NULL;
  TF_Session* session = NULL;
  ctf_allocator* alloc = ctf_allocator_process();

  const char* target = options->target;
  if (target != NULL && target[0] != '\0' && strcmp(target, "local") != 0) {
    return ctf_error(TF_UNIMPLEMENTED, "target '%s': sessions run in this process; leave the target empty", target);
  }
  if (options->num_cpus < 1) return ctf_error(TF_NOT_FOUND, "No CPU devices are available in this process");
  session = ctf_session_slot_take();
  if (session == NULL) return ctf_error(TF_RESOURCE_EXHAUSTED, "no memory for the session");
  session->alloc = alloc;
  session->graph = ctf_graph_retain(graph);
  CTF_TRY_DONE(copy_options(session, options));
  CTF_TRY_DONE(ctf_cancel_create(alloc, NULL, &session->cancel));
  CTF_TRY_DONE(make_devices(session));
  *out_session = session;
  session = NULL;  // handed over

done:
  ctf_session_delete(session);
  return status;
}

// ---- ending one

static bool has_calls(TF_Session* session) {
  for (int i = 0; i < CTF_NUM_LANES; ++i) {
    if (atomic_load(&session->lanes[i].busy)) return true;
  }
  return session->num_running > 0;
}

ctf_status ctf_session_close(TF_Session* session) {
  pthread_mutex_lock(&session->lock);
  const bool whole = !session->deleted && session->cancel != NULL;
  atomic_store(&session->closed, true);
  session->num_closing += whole;
  pthread_mutex_unlock(&session->lock);
  if (!whole) return NULL;  // another thread deletes it, or it was never made: nothing runs
  ctf_cancel_fire(session->cancel, ctf_error(TF_CANCELLED, "Session has been closed."));
  pthread_mutex_lock(&session->lock);
  while (has_calls(session)) {
    // Who left a lane just before it was closed says nothing.
    struct timespec soon;
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_nsec += CLOSE_POLL_NS;
    if (soon.tv_nsec >= NS_PER_S) {
      soon.tv_nsec -= NS_PER_S;
      ++soon.tv_sec;
    }
    pthread_cond_timedwait(&session->idle, &session->lock, &soon);
  }
  --session->num_closing;
  pthread_cond_broadcast(&session->idle);
  pthread_mutex_unlock(&session->lock);
  return NULL;
}

// False when another thread deletes it, or has.
static bool begin_delete(TF_Session* session) {
  pthread_mutex_lock(&session->lock);
  const bool first = !session->deleted;
  session->deleted = session->closed = true;
  while (first && session->num_closing > 0) pthread_cond_wait(&session->idle, &session->lock);
  pthread_mutex_unlock(&session->lock);
  return first;
}

void ctf_session_delete(TF_Session* session) {
  if (session == NULL) return;
  ctf_status_drop(ctf_session_close(session));  // cannot fail
  if (!begin_delete(session)) return;
  for (int i = 0; i < CTF_NUM_LANES; ++i) ctf_lane_forget(&session->lanes[i], session->alloc);
  for (size_t i = 0; i < session->num_plans; ++i) {
    ctf_plan_release(session->plans[i].plan);
    ctf_free(session->alloc, session->plans[i].key);
  }
  ctf_free(session->alloc, session->plans);
  ctf_partial_runs_free(session);
  ctf_node_states_deinit(&session->states);
  ctf_executor_deinit(&session->executor);
  for (size_t i = 0; i < session->devices.num_devices; ++i) {
    if (session->budgets[i] != NULL) ctf_budget_release(session->budgets[i]);
    ctf_device_release(session->devices.devices[i]);
  }
  if (session->cancel != NULL) ctf_cancel_release(session->cancel);
  ctf_graph_view_deinit(session->graph, &session->view);
  ctf_graph_release(session->graph);
  ctf_free(session->alloc, session->options.target);
  ctf_free(session->alloc, session->options.default_device);
  ctf_free(session->alloc, session->options.passes);
  ctf_free(session->alloc, session->options.gpu_visible);
  ctf_session_slot_give(session);
}

// Layouts, and the weights that were packed for them.
static void drop_layouts(TF_Session* session) {
  pthread_mutex_lock(&session->lock);
  for (size_t i = 0; i < session->num_plans; ++i) ctf_layouts_drop(session->plans[i].plan);
  pthread_mutex_unlock(&session->lock);
}

void ctf_session_reclaim(TF_Session* session, ctf_lane* own) {
  ctf_lanes_evict(session->lanes, own, session->alloc);
  for (size_t d = 0; d < session->devices.num_devices; ++d) ctf_block_pool_trim(&session->executor.pools[d]);
  drop_layouts(session);
}

size_t ctf_session_trim(TF_Session* session, const ctf_device* device) {
  size_t bytes = 0;
  for (size_t i = 0; i < session->devices.num_devices; ++i) {
    if (session->devices.devices[i] != device) continue;
    const size_t before = ctf_budget_used(session->budgets[i]);
    ctf_lanes_evict(session->lanes, NULL, session->alloc);
    ctf_block_pool_trim(&session->executor.pools[i]);
    if (i == 0) drop_layouts(session);
    const size_t after = ctf_budget_used(session->budgets[i]);
    bytes += before > after ? before - after : 0;  // runs may have reserved meanwhile
  }
  ctf_memory_trim();
  return bytes;
}

size_t ctf_session_num_devices(const TF_Session* session) { return session->devices.num_devices; }
size_t ctf_session_num_cpus(const TF_Session* session) { return (size_t)session->devices.num_cpus; }
ctf_device* ctf_session_device(const TF_Session* session, size_t index) { return session->devices.devices[index]; }

// ---- plans

static uint64_t tensor_key(TF_Output tensor) {
  return tensor.oper == NULL ? UINT64_MAX : ((uint64_t)tensor.oper->id << 32) | (uint32_t)tensor.index;
}

static void write_key(const ctf_plan_request* request, uint64_t* key) {
  *key++ = request->num_feeds;
  *key++ = request->num_fetches;
  *key++ = request->num_targets;
  for (size_t i = 0; i < request->num_feeds; ++i) *key++ = tensor_key(request->feeds[i]);
  for (size_t i = 0; i < request->num_fetches; ++i) *key++ = tensor_key(request->fetches[i]);
  for (size_t i = 0; i < request->num_targets; ++i) {
    *key++ = request->targets[i] == NULL ? UINT64_MAX : request->targets[i]->id;
  }
  for (size_t i = 0; i < request->num_done; ++i) *key++ = request->done[i]->id;
}

// Nodes of another graph have numbers that mean something else here.
static ctf_status check_graph(const TF_Session* session, const TF_Operation* node, const char* what) {
  if (node != NULL && node->graph == session->graph) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "%s is not of the session's graph", what);
}

static ctf_status check_request(const TF_Session* session, const ctf_plan_request* request) {
  for (size_t i = 0; i < request->num_feeds; ++i) {
    CTF_TRY(check_graph(session, request->feeds[i].oper, "a fed tensor"));
  }
  for (size_t i = 0; i < request->num_fetches; ++i) {
    CTF_TRY(check_graph(session, request->fetches[i].oper, "a fetched tensor"));
  }
  for (size_t i = 0; i < request->num_targets; ++i) {
    CTF_TRY(check_graph(session, request->targets[i], "a target"));
  }
  return NULL;
}

// The lock is held.
static ctf_plan* look_up(const TF_Session* session, const uint64_t* key, size_t key_count) {
  for (size_t i = 0; i < session->num_plans; ++i) {
    const session_plan* row = &session->plans[i];
    if (row->key_count == key_count && memcmp(row->key, key, key_count * sizeof(*key)) == 0) {
      return ctf_plan_retain(row->plan);
    }
  }
  return NULL;
}

static ctf_status compile_plan(TF_Session* session, const ctf_plan_request* request, uint64_t** inout_key,
                               size_t key_count, ctf_plan** out_plan) {
  ctf_plan* plan;
  const ctf_plan_options options = {.devices = &session->devices,
                                    .view = &session->view,
                                    .states = &session->states,
                                    .passes = session->options.passes,
                                    .faults = session->executor.faults};
  CTF_TRY(ctf_plan_compile(session->graph, request, &options, session->budgets[0], &plan));
  pthread_mutex_lock(&session->lock);
  ctf_plan* other = look_up(session, *inout_key, key_count);  // another thread may have been first
  ctf_status status = NULL;
  if (other == NULL) {
    status = ctf_grow_array(session->alloc, &session->plans, &session->plan_capacity, session->num_plans + 1);
    if (status == NULL) {
      session->plans[session->num_plans++] = (session_plan){*inout_key, key_count, ctf_plan_retain(plan)};
      *inout_key = NULL;
    }
  }
  pthread_mutex_unlock(&session->lock);
  if (status != NULL || other != NULL) ctf_plan_release(plan);
  if (status == NULL) *out_plan = other != NULL ? other : plan;
  return status;
}

// The request has been checked.
static ctf_status find_plan(TF_Session* session, const ctf_plan_request* request, ctf_plan** out_plan) {
  ctf_status status = NULL;
  uint64_t* key = NULL;
  const size_t key_count = 3 + request->num_feeds + request->num_fetches + request->num_targets + request->num_done;

  CTF_TRY_DONE(ctf_alloc_array(session->alloc, &key, key_count));
  write_key(request, key);
  pthread_mutex_lock(&session->lock);
  ctf_plan* found = look_up(session, key, key_count);
  pthread_mutex_unlock(&session->lock);
  if (found != NULL) {
    *out_plan = found;
  } else {
    CTF_TRY_DONE(compile_plan(session, request, &key, key_count, out_plan));
  }

done:
  ctf_free(session->alloc, key);
  return status;
}

ctf_status ctf_session_find_plan(TF_Session* session, const ctf_plan_request* names, ctf_plan** out_plan) {
  CTF_TRY(check_request(session, names));
  return find_plan(session, names, out_plan);
}

// ---- running

// The shape is not held against the node's: as in TensorFlow, any tensor may be fed with another shape than it would
// have had, a placeholder too. `value_dtype` 0: not known.
static ctf_status check_feed(const TF_Session* session, TF_Output feed, TF_DataType value_dtype) {
  const TF_Operation* node = feed.oper;
  if (ctf_node_latest(feed.oper) != feed.oper) {
    pthread_mutex_lock(&session->graph->lock);
    node = ctf_node_seen(feed.oper, &session->view);
    pthread_mutex_unlock(&session->graph->lock);
  }
  if (value_dtype == 0 || feed.index < 0 || feed.index >= node->num_outputs) return NULL;  // compiling says the latter
  const TF_DataType want = ctf_dtype_base(node->output_types[feed.index]);
  if (want == value_dtype) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "node '%s' (%s): output %d is %s, the feed is %s", node->name.data,
                   node->op->name, feed.index, ctf_dtype_get(want)->name, ctf_dtype_get(value_dtype)->name);
}

// Counted, without a lane.
static void count_call(TF_Session* session) {
  pthread_mutex_lock(&session->lock);
  ++session->num_running;
  pthread_mutex_unlock(&session->lock);
}

// A call of the session begins: in a lane, or counted if all are taken (*out_lane is NULL).
static ctf_status begin_call(TF_Session* session, ctf_lane** out_lane) {
  *out_lane = ctf_lane_enter(session->lanes);
  if (*out_lane == NULL) count_call(session);
  if (atomic_load(&session->closed)) return ctf_error(TF_CANCELLED, "Session has been closed.");
  if (ctf_graph_view_is_whole(session->graph, &session->view)) return NULL;
  return ctf_graph_view_extend(session->graph, &session->view);
}

// Nothing of the session is touched after its last call has ended: it may be gone.
static void end_call(TF_Session* session, ctf_lane* lane) {
  if (lane != NULL && !atomic_load(&session->closed)) {
    ctf_lane_leave(lane);
    return;
  }
  pthread_mutex_lock(&session->lock);
  if (lane != NULL) {
    ctf_lane_leave(lane);
  } else {
    --session->num_running;
  }
  pthread_cond_broadcast(&session->idle);
  pthread_mutex_unlock(&session->lock);
}

ctf_status ctf_session_begin_run(TF_Session* session) {
  count_call(session);
  if (!atomic_load(&session->closed)) return NULL;
  end_call(session, NULL);
  return ctf_error(TF_CANCELLED, "Session has been closed.");
}

void ctf_session_end_run(TF_Session* session) { end_call(session, NULL); }

typedef struct session_call {
  TF_Session* session;
  ctf_lane* lane;
} session_call;

static void evict_idle(void* arg) {
  const session_call* call = arg;
  ctf_session_reclaim(call->session, call->lane);
}

static ctf_status check_feeds(const TF_Session* session, const ctf_plan_request* names, TF_Tensor* const* feeds) {
  for (size_t i = 0; i < names->num_feeds; ++i) {
    if (feeds[i] == NULL) {
      return ctf_error(TF_INVALID_ARGUMENT, "the feed of %s:%d has no tensor", names->feeds[i].oper->name.data,
                       names->feeds[i].index);
    }
    CTF_TRY(check_feed(session, names->feeds[i], feeds[i]->view.dtype));
  }
  return NULL;
}

// What is to run, in a lane's words. `callable`: its number and plan, 0 and NULL when the names say it.
typedef struct run_subject {
  ctf_plan_request names;
  uint64_t callable;
  ctf_plan* plan;
} run_subject;

// Takes a run out of the lane, or makes one. *out_known: where it goes afterwards, if anywhere.
static ctf_status find_run(const session_call* call, const run_subject* subject, TF_Tensor* const* feeds,
                           ctf_lane_request** out_known, ctf_run** out_run) {
  TF_Session* session = call->session;
  ctf_lane* lane = subject->names.num_done == 0 ? call->lane : NULL;  // of a part nothing is remembered but its plan
  ctf_status status = NULL;
  ctf_plan* found = NULL;

  ctf_lane_request* known = lane != NULL ? ctf_lane_find(lane, &subject->names, subject->callable) : NULL;
  *out_known = known;
  if (known == NULL) CTF_TRY(check_request(session, &subject->names));
  CTF_TRY(check_feeds(session, &subject->names, feeds));
  *out_run = known != NULL ? ctf_lane_take(known, feeds) : NULL;
  if (*out_run != NULL) return NULL;
  ctf_plan* plan = known != NULL ? known->plan : subject->plan;
  if (plan == NULL) {
    CTF_TRY(find_plan(session, &subject->names, &found));
    plan = found;
  }
  CTF_TRY_DONE(ctf_run_create(&session->executor, plan, feeds, out_run));
  if (known == NULL && lane != NULL && ctf_run_repeats(*out_run)) {
    *out_known = ctf_lane_remember(lane, session->alloc, &subject->names, subject->callable, plan);
  }

done:
  ctf_plan_release(found);
  return status;
}

// Runs that this thread is inside of: what they do must not wait for them.
typedef struct run_frame {
  const TF_Session* session;
  const struct run_frame* outer;
} run_frame;
// initial-exec: every run reads and writes it, and a call for its address would cost more than that.
static _Thread_local const run_frame* innermost __attribute__((tls_model("initial-exec")));

ctf_status ctf_session_check_outside(const TF_Session* session) {
  for (const run_frame* frame = innermost; frame != NULL; frame = frame->outer) {
    if (frame->session != session) continue;
    return ctf_error(TF_FAILED_PRECONDITION,
                     "this thread is inside a run of the session: what it asks for would wait for itself");
  }
  return NULL;
}

// What goes with a run besides what is to run.
typedef struct run_terms {
  int64_t deadline_ns;  // 0: that of the session, if it has one
  ctf_cancel* by;       // may end it besides its session; NULL: nobody
  ctf_trace* trace;     // NULL: nothing is recorded
} run_terms;

typedef struct run_stop {
  ctf_cancel_listener listener;
  ctf_cancel* by;
  ctf_cancel* run;
} run_stop;
_Static_assert(offsetof(run_stop, listener) == 0, "the listener is cast to run_stop*");

static void stop_run(ctf_cancel_listener* listener) {
  const run_stop* stop = (const run_stop*)listener;
  ctf_cancel_fire(stop->run, ctf_cancel_check(stop->by));
}

static ctf_status run_subject_once(TF_Session* session, const run_subject* subject, TF_Tensor* const* feeds,
                                   const run_terms* terms, TF_Tensor** out_values) {
  ctf_status status = NULL;
  session_call call = {session, NULL};
  run_stop stop = {.listener.notify = stop_run};
  ctf_lane_request* known = NULL;
  ctf_run* run = NULL;
  ctf_cancel* own = NULL;  // most runs need none but the session's

  if (innermost != NULL) CTF_TRY(ctf_session_check_outside(session));
  CTF_TRY_DONE(begin_call(session, &call.lane));
  const int64_t deadline_ns = terms->deadline_ns > 0 ? terms->deadline_ns : session->options.deadline_ns;
  if (deadline_ns > 0 || terms->by != NULL) CTF_TRY_DONE(ctf_cancel_create(session->alloc, session->cancel, &own));
  if (deadline_ns > 0) ctf_cancel_set_deadline(own, deadline_ns);
  if (terms->by != NULL) {
    stop.by = terms->by;
    stop.run = own;
    ctf_cancel_listen(stop.by, &stop.listener);
  }
  CTF_TRY_DONE(find_run(&call, subject, feeds, &known, &run));
  const ctf_run_call execution = {.feeds = feeds,
                                  .cancel = own != NULL ? own : session->cancel,
                                  .evict = evict_idle,
                                  .evict_arg = &call,
                                  .trace = terms->trace};
  const run_frame frame = {session, innermost};
  innermost = &frame;
  status = ctf_run_execute(run, &execution, out_values);
  innermost = frame.outer;

done:
  if (stop.by != NULL) ctf_cancel_remove(stop.by, &stop.listener);
  if (known != NULL && run != NULL) {
    ctf_lane_give(known, run);
  } else {
    ctf_run_free(run);
  }
  ctf_cancel_release(own);
  end_call(session, call.lane);
  return status;
}

ctf_status ctf_session_run(TF_Session* session, const ctf_run_request* request, TF_Tensor** out_values) {
  const run_subject subject = {.names = {request->num_feeds, request->feeds, request->num_fetches, request->fetches,
                                         request->num_targets, request->targets}};
  const run_terms terms = {request->deadline_ns, request->cancel, request->trace};
  return run_subject_once(session, &subject, request->feed_values, &terms, out_values);
}

ctf_status ctf_session_run_part(TF_Session* session, const ctf_plan_request* names, TF_Tensor* const* feeds,
                                TF_Tensor** out_values) {
  const run_subject subject = {.names = *names};
  return run_subject_once(session, &subject, feeds, &(run_terms){0}, out_values);
}

// ---- callables

struct ctf_callable {
  TF_Session* session;
  run_subject subject;  // its arrays and a count of its plan are the callable's
  void* arrays;
};

ctf_status ctf_callable_create(TF_Session* session, const ctf_plan_request* request, ctf_callable** out_callable) {
  ctf_status status = NULL;
  ctf_callable* callable = NULL;
  ctf_lane* lane = NULL;

  CTF_TRY_DONE(begin_call(session, &lane));
  CTF_TRY_DONE(check_request(session, request));
  CTF_TRY_DONE(ctf_alloc_new(session->alloc, &callable));
  callable->session = session;
  callable->subject.callable = 1 + atomic_fetch_add_explicit(&session->num_callables, 1, memory_order_relaxed);
  CTF_TRY_DONE(ctf_plan_request_copy(session->alloc, request, &callable->subject.names, &callable->arrays));
  CTF_TRY_DONE(find_plan(session, request, &callable->subject.plan));
  *out_callable = callable;
  callable = NULL;  // handed over

done:
  ctf_callable_delete(callable);
  end_call(session, lane);
  return status;
}

void ctf_callable_delete(ctf_callable* callable) {
  if (callable == NULL) return;
  ctf_plan_release(callable->subject.plan);
  ctf_free(callable->session->alloc, callable->arrays);
  ctf_free(callable->session->alloc, callable);
}

size_t ctf_callable_num_feeds(const ctf_callable* callable) { return callable->subject.names.num_feeds; }
size_t ctf_callable_num_fetches(const ctf_callable* callable) { return callable->subject.names.num_fetches; }

ctf_status ctf_callable_run(const ctf_callable* callable, TF_Tensor* const* feeds, TF_Tensor** out_values) {
  return run_subject_once(callable->session, &callable->subject, feeds, &(run_terms){0}, out_values);
}

// A feed as a layout sees it: type and shape, and the value where it is given.
static ctf_status view_of_feed(const ctf_plan* plan, size_t number, const ctf_feed_shape* feed, ctf_tensor* out_view) {
  const uint32_t slot = plan->feed_slots[number];
  *out_view = (ctf_tensor){.dtype = TF_UINT8, .rank = feed->shape.rank, .dims = feed->shape.dims};
  if (slot == CTF_NONE) return NULL;  // not needed
  out_view->dtype = plan->slots[slot].dtype;
  const char* name = feed->feed.oper->name.data;
  if (!ctf_shape_known(feed->shape)) {
    return ctf_error(TF_INVALID_ARGUMENT, "feed '%s' needs a shape with every dimension known", name);
  }
  CTF_TRY(ctf_shape_bytes(feed->shape, out_view->dtype, &out_view->bytes));
  if (!ctf_shape_num_elements(feed->shape, &out_view->num_elements)) out_view->num_elements = 0;  // refused by bytes
  if (feed->value != NULL) {
    out_view->data = feed->value->view.data;
  } else if (plan->slots[slot].value_needed && out_view->bytes > 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "shapes depend on the value of feed '%s'; give it", name);
  }
  return NULL;
}

static ctf_status report_plan(TF_Session* session, const ctf_plan* plan, const ctf_layout* layout, size_t num_feeds,
                              const ctf_feed_shape* feeds, const ctf_tensor* views, ctf_plan_report** out_report) {
  size_t idle[CTF_MAX_DEVICES];
  ctf_report_request request = {.plan = plan, .layout = layout, .budgets = session->budgets, .idle_bytes = idle};
  for (size_t d = 0; d < session->devices.num_devices; ++d) {
    idle[d] = ctf_block_pool_idle_bytes(&session->executor.pools[d]);
  }
  for (size_t i = 0; i < num_feeds; ++i) {
    if (feeds[i].value != NULL || plan->feed_slots[i] == CTF_NONE) continue;
    if (!ctf_add_size(request.feed_bytes, views[i].bytes, &request.feed_bytes)) request.feed_bytes = CTF_NO_LIMIT;
  }
  return ctf_plan_report_create(&request, out_report);
}

ctf_status ctf_session_plan(TF_Session* session, size_t num_feeds, const ctf_feed_shape* feeds, size_t num_fetches,
                            const TF_Output* fetches, size_t num_targets, const TF_Operation* const* targets,
                            ctf_plan_report** out_report) {
  ctf_status status = NULL;
  ctf_plan* plan = NULL;
  ctf_allocator* scratch = NULL;
  TF_Output* outputs = NULL;
  ctf_tensor* views = NULL;
  ctf_layout* layout = NULL;
  ctf_lane* lane = NULL;

  CTF_TRY_DONE(begin_call(session, &lane));
  CTF_TRY_DONE(ctf_scratch_create(session->alloc, 4096, &scratch));
  CTF_TRY_DONE(ctf_alloc_array(scratch, &outputs, num_feeds));
  CTF_TRY_DONE(ctf_alloc_array(scratch, &views, num_feeds));
  for (size_t i = 0; i < num_feeds; ++i) outputs[i] = feeds[i].feed;
  const ctf_plan_request request = {num_feeds, outputs, num_fetches, fetches, num_targets, targets};
  CTF_TRY_DONE(check_request(session, &request));
  for (size_t i = 0; i < num_feeds; ++i) {
    const TF_DataType dtype = feeds[i].value != NULL ? feeds[i].value->view.dtype : (TF_DataType)0;
    CTF_TRY_DONE(check_feed(session, feeds[i].feed, dtype));
  }
  CTF_TRY_DONE(find_plan(session, &request, &plan));
  for (size_t i = 0; i < num_feeds; ++i) CTF_TRY_DONE(view_of_feed(plan, i, &feeds[i], &views[i]));
  CTF_TRY_DONE(ctf_layout_find(plan, &session->executor.faults, views, &layout));
  CTF_TRY_DONE(ctf_plan_check_files(plan));
  ctf_lanes_evict(session->lanes, lane, session->alloc);  // else the report would count what they keep as in use
  CTF_TRY_DONE(report_plan(session, plan, layout, num_feeds, feeds, views, out_report));

done:
  ctf_layout_release(layout);
  ctf_plan_release(plan);
  ctf_allocator_free(scratch);
  end_call(session, lane);
  return status;
}
