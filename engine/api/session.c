// TF_SessionOptions, TF_Session and its devices.
#include "engine/session.h"

#include <stdio.h>
#include <string.h>

#include "ctf/ctf.h"
#include "engine/api/api.h"
#include "engine/api/run_metadata.h"
#include "runtime/options.h"
#include "tensorflow/c/c_api_experimental.h"
#include "tensorflow/core/protobuf/config.pb-c.h"

// ---- options

static ctf_status fill_options(TF_SessionOptions* options) {
  CTF_TRY(ctf_api_set_text("", &options->target));
  CTF_TRY(ctf_api_set_text("", &options->default_device));
  CTF_TRY(ctf_api_set_text(ctf_option_text(CTF_OPTION_PASSES), &options->passes));
  options->num_cpus = 1;
  options->num_sim_devices = (int)ctf_option_number(CTF_OPTION_SIM_DEVICES);
  options->sim_seed = ctf_option_number(CTF_OPTION_SEED);
  options->memory_limit = CTF_NO_LIMIT;
  return NULL;
}

TF_SessionOptions* TF_NewSessionOptions(void) {
  ctf_api_options* options = ctf_alloc_try(ctf_allocator_process(), sizeof(ctf_api_options));
  if (options == NULL) return NULL;
  const ctf_status status = fill_options(&options->base);
  if (status != NULL) {
    ctf_status_drop(status);  // NULL says it: there was no memory
    TF_DeleteSessionOptions(&options->base);
    return NULL;
  }
  return &options->base;
}

void TF_DeleteSessionOptions(TF_SessionOptions* options) {
  if (options == NULL) return;
  ctf_api_options* all = (ctf_api_options*)options;
  ctf_free(ctf_allocator_process(), options->target);
  ctf_free(ctf_allocator_process(), options->default_device);
  ctf_free(ctf_allocator_process(), options->passes);
  ctf_free(ctf_allocator_process(), options->gpu_visible);
  ctf_status_drop(all->failure);         // nobody makes a session with these options any more
  ctf_status_drop(all->config_failure);  // the same
  ctf_free(ctf_allocator_process(), all);
}

void TF_SetTarget(TF_SessionOptions* options, const char* target) {
  if (options == NULL) return;
  ctf_api_options* all = (ctf_api_options*)options;
  const ctf_status status = ctf_api_set_text(target, &options->target);
  if (status == NULL) return;
  ctf_status_drop(all->failure);  // of the same kind: no memory
  all->failure = status;
}

void TF_EnableXLACompilation(TF_SessionOptions* options, TF_Bool enable) {
  (void)options;  // there is no such compiler here, and what it makes gives the same answers
  (void)enable;
}

// ---- sessions

static ctf_status create_session(TF_Graph* graph, const TF_SessionOptions* options, TF_Session** out_session) {
  if (graph == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the graph is NULL");
  if (options != NULL) {
    const ctf_api_options* all = (const ctf_api_options*)options;
    if (all->failure != NULL) return ctf_status_copy(all->failure);
    if (all->config_failure != NULL) return ctf_status_copy(all->config_failure);
    return ctf_session_create(graph, options, out_session);
  }
  TF_SessionOptions* defaults = TF_NewSessionOptions();
  if (defaults == NULL) return ctf_error(TF_RESOURCE_EXHAUSTED, "no memory for the session's options");
  const ctf_status status = ctf_session_create(graph, defaults, out_session);
  TF_DeleteSessionOptions(defaults);
  return status;
}

TF_Session* TF_NewSession(TF_Graph* graph, const TF_SessionOptions* opts, TF_Status* status) {
  TF_Session* session = NULL;
  ctf_api_report(create_session(graph, opts, &session), status);
  return session;
}

void TF_CloseSession(TF_Session* session, TF_Status* status) {
  ctf_status result = session == NULL ? ctf_error(TF_INVALID_ARGUMENT, "the session is NULL") : NULL;
  if (result == NULL) result = ctf_session_check_outside(session);
  ctf_api_report(result == NULL ? ctf_session_close(session) : result, status);
}

void TF_DeleteSession(TF_Session* session, TF_Status* status) {
  const ctf_status result = ctf_session_check_outside(session);
  if (result == NULL) ctf_session_delete(session);
  ctf_api_report(result, status);
}

// ---- runs

typedef struct run_wish {  // of a serialised RunOptions
  int64_t deadline_ns;     // 0, and in TensorFlow what is below, is none
  bool traces;
  bool shows_partitions;
} run_wish;

static ctf_status read_run_options(const TF_Buffer* buffer, run_wish* out_wish) {
  ctf_status status = NULL;
  ctf_allocator* scratch = NULL;
  ProtobufCMessage* message;

  *out_wish = (run_wish){0};
  if (buffer == NULL) return NULL;
  CTF_TRY_DONE(ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &scratch));
  CTF_TRY_DONE(ctf_api_read_message(&tensorflow__run_options__descriptor, buffer->data, buffer->length,
                                    "RunOptions proto", scratch, &message));
  const Tensorflow__RunOptions* options = (const Tensorflow__RunOptions*)message;
  out_wish->deadline_ns = ctf_api_milliseconds(options->timeout_in_ms);
  out_wish->shows_partitions = options->output_partition_graphs;
  out_wish->traces = options->trace_level > TENSORFLOW__RUN_OPTIONS__TRACE_LEVEL__NO_TRACE;

done:
  ctf_allocator_free(scratch);
  return status;
}

static ctf_status check_arrays(const ctf_run_request* request, bool has_values) {
  if (request->num_feeds > 0 && request->feeds == NULL) {
    return ctf_error(TF_INVALID_ARGUMENT, "there are %zu feeds and no array of them", request->num_feeds);
  }
  if (request->num_fetches > 0 && (request->fetches == NULL || !has_values)) {
    return ctf_error(TF_INVALID_ARGUMENT, "there are %zu fetches and no array of them", request->num_fetches);
  }
  if (request->num_targets > 0 && request->targets == NULL) {
    return ctf_error(TF_INVALID_ARGUMENT, "there are %zu targets and no array of them", request->num_targets);
  }
  for (size_t i = 0; i < request->num_feeds; ++i) {
    if (request->feeds[i].oper == NULL) return ctf_error(TF_INVALID_ARGUMENT, "feed %zu names no operation", i);
  }
  for (size_t i = 0; i < request->num_fetches; ++i) {
    if (request->fetches[i].oper == NULL) return ctf_error(TF_INVALID_ARGUMENT, "fetch %zu names no operation", i);
  }
  for (size_t i = 0; i < request->num_targets; ++i) {
    if (request->targets[i] == NULL) return ctf_error(TF_INVALID_ARGUMENT, "target %zu is NULL", i);
  }
  return NULL;
}

ctf_status ctf_api_check_names(const ctf_run_request* request, bool has_values) {
  CTF_TRY(check_arrays(request, has_values));
  if (request->num_fetches + request->num_targets > 0) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "Must specify at least one target to fetch or execute.");
}

static ctf_status check_values(const ctf_run_request* request) {
  if (request->num_feeds > 0 && request->feed_values == NULL) {
    return ctf_error(TF_INVALID_ARGUMENT, "there are %zu feeds and no array of their tensors", request->num_feeds);
  }
  for (size_t i = 0; i < request->num_feeds; ++i) {
    if (request->feed_values[i] == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the tensor of feed %zu is NULL", i);
  }
  return NULL;
}

ctf_status ctf_api_check_part(const ctf_run_request* request, bool has_values) {
  CTF_TRY(check_arrays(request, has_values));
  return check_values(request);
}

ctf_status ctf_api_check_request(const ctf_run_request* request, bool has_values) {
  CTF_TRY(ctf_api_check_names(request, has_values));
  return check_values(request);
}

static ctf_status write_metadata(TF_Session* session, const ctf_run_request* request, bool shows_partitions,
                                 TF_Buffer* run_metadata) {
  ctf_plan* plan = NULL;
  if (!shows_partitions) return ctf_api_write_run_metadata(request->trace, NULL, run_metadata);
  CTF_TRY(ctf_session_begin_run(session));
  const ctf_plan_request names = ctf_api_names(request);
  ctf_status status = ctf_session_find_plan(session, &names, &plan);
  if (status == NULL) status = ctf_api_write_run_metadata(request->trace, plan, run_metadata);
  ctf_plan_release(plan);
  ctf_session_end_run(session);
  return status;
}

// The metadata are written whatever comes of the run: they tell how far it got.
static ctf_status run_with_metadata(TF_Session* session, ctf_run_request* request, const run_wish* wish,
                                    TF_Buffer* run_metadata, TF_Tensor** output_values) {
  if (wish->traces) CTF_TRY(ctf_trace_create(&request->trace));
  ctf_status status = ctf_session_run(session, request, output_values);
  const ctf_status written = write_metadata(session, request, wish->shows_partitions, run_metadata);
  ctf_trace_free(request->trace);
  if (status == NULL && written != NULL) {
    for (size_t i = 0; i < request->num_fetches; ++i) {
      ctf_tensor_release(output_values[i]);
      output_values[i] = NULL;
    }
    return written;
  }
  ctf_status_drop(written);  // the run's own failure says more
  return status;
}

static ctf_status run(TF_Session* session, const TF_Buffer* options_proto, ctf_run_request* request,
                      TF_Buffer* run_metadata, TF_Tensor** output_values) {
  run_wish wish;
  if (session == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the session is NULL");
  if (run_metadata != NULL && run_metadata->data != NULL) {
    return ctf_error(TF_INVALID_ARGUMENT, "Passing non-empty run_metadata is invalid.");
  }
  CTF_TRY(ctf_api_check_request(request, output_values != NULL));
  CTF_TRY(read_run_options(options_proto, &wish));
  request->deadline_ns = wish.deadline_ns;
  if (run_metadata != NULL) {
    return run_with_metadata(session, request, &wish, run_metadata, output_values);
  }
  return ctf_session_run(session, request, output_values);
}

void TF_SessionRun(TF_Session* session, const TF_Buffer* run_options, const TF_Output* inputs,
                   TF_Tensor* const* input_values, int ninputs, const TF_Output* outputs, TF_Tensor** output_values,
                   int noutputs, const TF_Operation* const* target_opers, int ntargets, TF_Buffer* run_metadata,
                   TF_Status* status) {
  ctf_run_request request = {.num_feeds = ninputs > 0 ? (size_t)ninputs : 0,
                             .feeds = inputs,
                             .feed_values = input_values,
                             .num_fetches = noutputs > 0 ? (size_t)noutputs : 0,
                             .fetches = outputs,
                             .num_targets = ntargets > 0 ? (size_t)ntargets : 0,
                             .targets = target_opers};
  // As in TensorFlow: a program may delete whatever is not NULL, whatever the outcome.
  for (size_t i = 0; output_values != NULL && i < request.num_fetches; ++i) output_values[i] = NULL;
  ctf_api_report(run(session, run_options, &request, run_metadata, output_values), status);
}

// ---- callables

static ctf_status make_callable(TF_Session* session, const ctf_run_request* names, CTF_Callable** out_callable) {
  if (session == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the session is NULL");
  CTF_TRY(ctf_api_check_names(names, true));
  const ctf_plan_request request = ctf_api_names(names);
  return ctf_callable_create(session, &request, out_callable);
}

CTF_Callable* CTF_SessionMakeCallable(TF_Session* session, const TF_Output* feeds, int num_feeds,
                                      const TF_Output* fetches, int num_fetches, const TF_Operation* const* targets,
                                      int num_targets, TF_Status* status) {
  CTF_Callable* callable = NULL;
  const ctf_run_request names = {.num_feeds = num_feeds > 0 ? (size_t)num_feeds : 0,
                                 .feeds = feeds,
                                 .num_fetches = num_fetches > 0 ? (size_t)num_fetches : 0,
                                 .fetches = fetches,
                                 .num_targets = num_targets > 0 ? (size_t)num_targets : 0,
                                 .targets = targets};
  ctf_api_report(make_callable(session, &names, &callable), status);
  return callable;
}

static ctf_status run_callable(const ctf_callable* callable, TF_Tensor* const* feed_values, TF_Tensor** fetch_values) {
  if (callable == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the callable is NULL");
  const size_t num_feeds = ctf_callable_num_feeds(callable), num_fetches = ctf_callable_num_fetches(callable);
  if (num_fetches > 0 && fetch_values == NULL) {
    return ctf_error(TF_INVALID_ARGUMENT, "there are %zu fetches and no array of them", num_fetches);
  }
  for (size_t i = 0; i < num_fetches; ++i) fetch_values[i] = NULL;
  if (num_feeds > 0 && feed_values == NULL) {
    return ctf_error(TF_INVALID_ARGUMENT, "there are %zu feeds and no array of them", num_feeds);
  }
  return ctf_callable_run(callable, feed_values, fetch_values);
}

void CTF_CallableRun(const CTF_Callable* callable, TF_Tensor* const* feed_values, TF_Tensor** fetch_values,
                     TF_Status* status) {
  ctf_api_report(run_callable(callable, feed_values, fetch_values), status);
}

void CTF_DeleteCallable(CTF_Callable* callable) { ctf_callable_delete(callable); }

// ---- devices

typedef struct listed_device {
  ctf_device* device;  // counted
  char name[64];
} listed_device;

struct TF_DeviceList {
  size_t count;
  listed_device devices[];
};

static ctf_status list_devices(TF_Session* session, TF_DeviceList** out_list) {
  void* block;
  if (session == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the session is NULL");
  const size_t num_devices = ctf_session_num_devices(session), num_cpus = ctf_session_num_cpus(session);
  const size_t count = num_devices + num_cpus - 1;
  CTF_TRY(ctf_alloc_bytes(ctf_allocator_process(), sizeof(TF_DeviceList) + count * sizeof(listed_device), &block));
  TF_DeviceList* list = block;
  list->count = count;
  for (size_t i = 0; i < count; ++i) {
    listed_device* const listed = &list->devices[i];
    listed->device = ctf_device_retain(ctf_session_device(session, i < num_cpus ? 0 : i - num_cpus + 1));
    snprintf(listed->name, sizeof(listed->name), "/job:localhost/replica:0/task:0/device:%s:%d",
             ctf_device_type(listed->device), i < num_cpus ? (int)i : ctf_device_ordinal(listed->device));
  }
  *out_list = list;
  return NULL;
}

TF_DeviceList* TF_SessionListDevices(TF_Session* session, TF_Status* status) {
  TF_DeviceList* list = NULL;
  ctf_api_report(list_devices(session, &list), status);
  return list;
}

void TF_DeleteDeviceList(TF_DeviceList* list) {
  if (list == NULL) return;
  for (size_t i = 0; i < list->count; ++i) ctf_device_release(list->devices[i].device);
  ctf_free(ctf_allocator_process(), list);
}

int TF_DeviceListCount(const TF_DeviceList* list) { return list != NULL ? (int)list->count : 0; }

// NULL when there is none, which the status then says.
static const listed_device* device_at(const TF_DeviceList* list, int index, TF_Status* status) {
  const bool found = list != NULL && index >= 0 && (size_t)index < list->count;
  ctf_api_report(found ? NULL : ctf_error(TF_INVALID_ARGUMENT, "index out of bounds"), status);
  return found ? &list->devices[index] : NULL;
}

const char* TF_DeviceListName(const TF_DeviceList* list, int index, TF_Status* status) {
  const listed_device* listed = device_at(list, index, status);
  return listed != NULL ? listed->name : NULL;
}

const char* TF_DeviceListType(const TF_DeviceList* list, int index, TF_Status* status) {
  const listed_device* listed = device_at(list, index, status);
  return listed != NULL ? ctf_device_type(listed->device) : NULL;
}

int64_t TF_DeviceListMemoryBytes(const TF_DeviceList* list, int index, TF_Status* status) {
  const listed_device* listed = device_at(list, index, status);
  if (listed == NULL) return -1;
  const size_t limit = ctf_budget_limit(ctf_device_budget(listed->device));
  return limit > (size_t)INT64_MAX ? INT64_MAX : (int64_t)limit;
}

uint64_t ctf_api_incarnation(const ctf_device* device) {
  // Another device of the same name in another session lies elsewhere. FNV-1a, so that the number is not an address.
  uint64_t hash = UINT64_C(14695981039346656037);
  const uintptr_t address = (uintptr_t)device;
  for (size_t i = 0; i < sizeof(address); ++i) hash = (hash ^ (address >> (8 * i) & 0xff)) * UINT64_C(1099511628211);
  return hash != 0 ? hash : 1;
}

uint64_t TF_DeviceListIncarnation(const TF_DeviceList* list, int index, TF_Status* status) {
  const listed_device* listed = device_at(list, index, status);
  // The CPU may be listed several times: each is a device of its own to whoever asked for them.
  return listed != NULL ? ctf_api_incarnation(listed->device) + (uint64_t)index : 0;
}
