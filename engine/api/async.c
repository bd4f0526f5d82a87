// Runs that can be cancelled, and runs on a thread of their own.
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ctf/ctf.h"
#include "engine/api/api.h"

// ---- cancellations

struct CTF_Cancellation {
  ctf_cancel* cancel;
};

CTF_Cancellation* CTF_NewCancellation(TF_Status* status) {
  CTF_Cancellation* cancellation = NULL;
  ctf_status result = ctf_alloc_new(ctf_allocator_process(), &cancellation);
  if (result == NULL) result = ctf_cancel_create(ctf_allocator_process(), NULL, &cancellation->cancel);
  if (result != NULL) {
    ctf_free(ctf_allocator_process(), cancellation);
    cancellation = NULL;
  }
  ctf_api_report(result, status);
  return cancellation;
}

void CTF_Cancel(CTF_Cancellation* cancellation, const char* reason) {
  if (cancellation == NULL) return;
  if (reason == NULL) reason = "The run has been cancelled.";
  ctf_cancel_fire(cancellation->cancel, ctf_error(TF_CANCELLED, "%s", reason));
}

void CTF_DeleteCancellation(CTF_Cancellation* cancellation) {
  if (cancellation == NULL) return;
  ctf_cancel_release(cancellation->cancel);
  ctf_free(ctf_allocator_process(), cancellation);
}

// ---- requests

#define NS_PER_MS 1000000

static size_t count_of(int count) { return count > 0 ? (size_t)count : 0; }

static ctf_status read_request(const CTF_RunRequest* given, bool has_values, ctf_run_request* out_request) {
  CTF_RunRequest all = {0};
  if (given == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the request is NULL");
  ctf_api_fill_struct(&all, given->struct_size < sizeof(all) ? given->struct_size : sizeof(all), given, sizeof(all));
  const int64_t timeout_ms = all.timeout_ms < INT64_MAX / NS_PER_MS ? all.timeout_ms : INT64_MAX / NS_PER_MS;
  *out_request = (ctf_run_request){.num_feeds = count_of(all.num_feeds),
                                   .feeds = all.feeds,
                                   .feed_values = all.feed_values,
                                   .num_fetches = count_of(all.num_fetches),
                                   .fetches = all.fetches,
                                   .num_targets = count_of(all.num_targets),
                                   .targets = all.targets,
                                   .deadline_ns = timeout_ms > 0 ? timeout_ms * NS_PER_MS : 0,
                                   .cancel = all.cancellation != NULL ? all.cancellation->cancel : NULL,
                                   .trace = all.trace};
  return ctf_api_check_request(out_request, has_values);
}

static ctf_status run_now(TF_Session* session, const CTF_RunRequest* given, TF_Tensor** values) {
  ctf_run_request request;
  if (session == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the session is NULL");
  CTF_TRY(read_request(given, values != NULL, &request));
  for (size_t i = 0; i < request.num_fetches; ++i) values[i] = NULL;
  return ctf_session_run(session, &request, values);
}

void CTF_SessionRun(TF_Session* session, const CTF_RunRequest* request, TF_Tensor** values, TF_Status* status) {
  ctf_api_report(run_now(session, request, values), status);
}

// ---- asynchronous runs

struct CTF_AsyncRun {
  TF_Session* session;
  ctf_allocator* scratch;  // what the request points to
  ctf_run_request request;
  ctf_cancel* cancel;
  CTF_RunDone done;
  void* arg;
  int event;
  pthread_t thread;
  bool has_thread;
  pthread_mutex_t lock;
  pthread_cond_t over;
  bool is_over;       // guarded by lock, as is all below
  ctf_status status;  // of the run
  TF_Tensor** values;
};

static ctf_status copy_request(CTF_AsyncRun* run, const ctf_run_request* given) {
  TF_Output *feeds, *fetches;
  const TF_Operation** targets;
  TF_Tensor** values;
  CTF_TRY(ctf_alloc_array(run->scratch, &feeds, given->num_feeds));
  CTF_TRY(ctf_alloc_array(run->scratch, &values, given->num_feeds));
  CTF_TRY(ctf_alloc_array(run->scratch, &fetches, given->num_fetches));
  CTF_TRY(ctf_alloc_array(run->scratch, &targets, given->num_targets));
  CTF_TRY(ctf_alloc_array(run->scratch, &run->values, given->num_fetches));
  for (size_t i = 0; i < given->num_feeds; ++i) {
    feeds[i] = given->feeds[i];
    values[i] = ctf_tensor_retain(given->feed_values[i]);
  }
  for (size_t i = 0; i < given->num_fetches; ++i) fetches[i] = given->fetches[i];
  for (size_t i = 0; i < given->num_targets; ++i) targets[i] = given->targets[i];
  run->request = *given;
  run->request.feeds = feeds;
  run->request.feed_values = values;
  run->request.fetches = fetches;
  run->request.targets = targets;
  run->request.cancel = run->cancel;
  return NULL;
}

static void drop_feeds(CTF_AsyncRun* run) {
  for (size_t i = 0; i < run->request.num_feeds; ++i) ctf_tensor_release(run->request.feed_values[i]);
  run->request.num_feeds = 0;
}

static void* run_thread(void* arg) {
  CTF_AsyncRun* run = arg;
  const uint64_t one = 1;
  const ctf_status status = ctf_session_run(run->session, &run->request, run->values);
  drop_feeds(run);
  ctf_session_end_run(run->session);
  pthread_mutex_lock(&run->lock);
  run->status = status;
  run->is_over = true;
  pthread_cond_broadcast(&run->over);
  pthread_mutex_unlock(&run->lock);
  while (write(run->event, &one, sizeof(one)) < 0) {  // it can always take one: only a signal comes between
  }
  if (run->done != NULL) run->done(run, run->arg);
  return NULL;
}

static void free_run(CTF_AsyncRun* run) {
  if (run->has_thread) pthread_join(run->thread, NULL);
  drop_feeds(run);
  for (size_t i = 0; run->values != NULL && i < run->request.num_fetches; ++i) ctf_tensor_release(run->values[i]);
  ctf_status_drop(run->status);  // who wanted it has a copy
  if (run->event >= 0) close(run->event);
  pthread_mutex_destroy(&run->lock);
  pthread_cond_destroy(&run->over);
  ctf_cancel_release(run->cancel);
  ctf_allocator_free(run->scratch);
  ctf_free(ctf_allocator_process(), run);
}

// The session has been told that a run begins.
static ctf_status start(CTF_AsyncRun* run, const ctf_run_request* request) {
  run->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (run->event < 0) return ctf_error(TF_RESOURCE_EXHAUSTED, "no descriptor for the run: too many are open");
  CTF_TRY(ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &run->scratch));
  CTF_TRY(ctf_cancel_create(ctf_allocator_process(), request->cancel, &run->cancel));
  CTF_TRY(copy_request(run, request));
  if (pthread_create(&run->thread, NULL, run_thread, run) != 0) {
    return ctf_error(TF_RESOURCE_EXHAUSTED, "the system has no thread left for the run");
  }
  run->has_thread = true;
  return NULL;
}

static ctf_status run_async(TF_Session* session, const CTF_RunRequest* given, CTF_RunDone done, void* arg,
                            CTF_AsyncRun** out_run) {
  ctf_run_request request;
  CTF_AsyncRun* run;
  if (session == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the session is NULL");
  CTF_TRY(read_request(given, true, &request));
  CTF_TRY(ctf_alloc_new(ctf_allocator_process(), &run));
  *run = (CTF_AsyncRun){.session = session, .done = done, .arg = arg, .event = -1};
  pthread_mutex_init(&run->lock, NULL);
  pthread_cond_init(&run->over, NULL);
  ctf_status status = ctf_session_begin_run(session);
  if (status == NULL) {
    *out_run = run;  // before the thread can call `done`
    status = start(run, &request);
    if (status == NULL) return NULL;
    *out_run = NULL;
    ctf_session_end_run(session);
  }
  free_run(run);
  return status;
}

CTF_AsyncRun* CTF_SessionRunAsync(TF_Session* session, const CTF_RunRequest* request, CTF_RunDone done, void* arg,
                                  TF_Status* status) {
  CTF_AsyncRun* run = NULL;
  ctf_api_report(run_async(session, request, done, arg, &run), status);
  return run;
}

int CTF_AsyncRunEventFd(const CTF_AsyncRun* run) { return run != NULL ? run->event : -1; }

void CTF_AsyncRunCancel(CTF_AsyncRun* run) {
  if (run != NULL) ctf_cancel_fire(run->cancel, ctf_error(TF_CANCELLED, "The run has been cancelled."));
}

static ctf_status wait_for(CTF_AsyncRun* run, TF_Tensor** values) {
  if (run == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the run is NULL");
  pthread_mutex_lock(&run->lock);
  while (!run->is_over) pthread_cond_wait(&run->over, &run->lock);
  for (size_t i = 0; values != NULL && i < run->request.num_fetches; ++i) {
    values[i] = run->values[i];
    run->values[i] = NULL;
  }
  const ctf_status status = ctf_status_copy(run->status);
  pthread_mutex_unlock(&run->lock);
  return status;
}

void CTF_AsyncRunWait(CTF_AsyncRun* run, TF_Tensor** values, TF_Status* status) {
  ctf_api_report(wait_for(run, values), status);
}

void CTF_DeleteAsyncRun(CTF_AsyncRun* run) {
  if (run == NULL) return;
  CTF_AsyncRunCancel(run);
  free_run(run);
}
