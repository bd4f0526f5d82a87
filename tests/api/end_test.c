// How runs end: by themselves, cancelled, or with their session, whatever threads do that at once.
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tests/api/api_test.h"

// ---- an op that lets nobody pass before it is told to

static struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool is_open;
  int num_waiting;
} gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, true, 0};

static void gate_compute(void* kernel, TF_OpKernelContext* context) {
  TF_Tensor* x = NULL;
  TF_Status* status = TF_NewStatus();
  (void)kernel;
  TF_GetInput(context, 0, &x, status);
  pthread_mutex_lock(&gate.lock);
  ++gate.num_waiting;
  pthread_cond_broadcast(&gate.changed);
  while (!gate.is_open) pthread_cond_wait(&gate.changed, &gate.lock);
  --gate.num_waiting;
  pthread_mutex_unlock(&gate.lock);
  TF_SetOutput(context, 0, x, status);
  TF_DeleteTensor(x);
  TF_DeleteStatus(status);
}

static void set_gate(bool is_open) {
  pthread_mutex_lock(&gate.lock);
  gate.is_open = is_open;
  pthread_cond_broadcast(&gate.changed);
  pthread_mutex_unlock(&gate.lock);
}

static void wait_for_gate(int num_waiting) {
  pthread_mutex_lock(&gate.lock);
  while (gate.num_waiting < num_waiting) pthread_cond_wait(&gate.changed, &gate.lock);
  pthread_mutex_unlock(&gate.lock);
}

static int register_gate(void** state) {
  (void)state;
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder("CtfTestGate");
  TF_OpDefinitionBuilderAddInput(op, "x: float");
  TF_OpDefinitionBuilderAddOutput(op, "y: float");
  TF_OpDefinitionBuilderSetIsStateful(op, true);
  TF_RegisterOpDefinition(op, status);
  if (TF_GetCode(status) == TF_OK) {
    TF_RegisterKernelBuilder("Gate", TF_NewKernelBuilder("CtfTestGate", "CPU", NULL, gate_compute, NULL), status);
  }
  const int failed = TF_GetCode(status) != TF_OK;
  TF_DeleteStatus(status);
  return failed;
}

// ---- x -> gate -> gate + gate

typedef struct gate_graph {
  TF_Graph* graph;
  TF_Session* session;
  TF_Status* status;
  TF_Tensor* value;
  TF_Output x, y;
} gate_graph;

static void build(gate_graph* g) {
  g->status = TF_NewStatus();
  g->graph = TF_NewGraph();
  TF_Operation* x = placeholder(g->graph, "x", TF_FLOAT, NULL, 0);
  TF_OperationDescription* desc = TF_NewOperation(g->graph, "CtfTestGate", "gate");
  TF_AddInput(desc, output_of(x));
  TF_Operation* passed = TF_FinishOperation(desc, g->status);
  assert_ok(g->status);
  g->x = output_of(x);
  g->y = output_of(binary(g->graph, "AddV2", "sum", passed, passed));
  g->session = TF_NewSession(g->graph, NULL, g->status);
  assert_ok(g->status);
  g->value = float_scalar(21);
}

static void tear_down(gate_graph* g) {
  TF_DeleteTensor(g->value);
  TF_DeleteSession(g->session, g->status);
  TF_DeleteGraph(g->graph);
  TF_DeleteStatus(g->status);
}

static CTF_RunRequest request_of(const gate_graph* g) {
  return (CTF_RunRequest){.struct_size = sizeof(CTF_RunRequest),
                          .feeds = &g->x,
                          .feed_values = &g->value,
                          .num_feeds = 1,
                          .fetches = &g->y,
                          .num_fetches = 1};
}

static void a_request_runs(void** state) {
  (void)state;
  gate_graph g;
  build(&g);
  CTF_RunRequest request = request_of(&g);
  TF_Tensor* got = NULL;
  CTF_SessionRun(g.session, &request, &got, g.status);
  assert_ok(g.status);
  assert_float_equal(first_float(got), 42, 0);
  TF_DeleteTensor(got);
  CTF_SessionRun(g.session, NULL, &got, g.status);
  assert_fails(g.status, TF_INVALID_ARGUMENT, "the request is NULL");
  CTF_SessionRun(NULL, &request, &got, g.status);
  assert_fails(g.status, TF_INVALID_ARGUMENT, "the session is NULL");
  request.num_fetches = 0;
  CTF_SessionRun(g.session, &request, &got, g.status);
  assert_fails(g.status, TF_INVALID_ARGUMENT, "at least one target");
  tear_down(&g);
}

static void a_fired_cancellation_ends_what_comes(void** state) {
  (void)state;
  gate_graph g;
  build(&g);
  CTF_Cancellation* cancellation = CTF_NewCancellation(g.status);
  assert_ok(g.status);
  CTF_RunRequest request = request_of(&g);
  request.cancellation = cancellation;
  TF_Tensor* got = NULL;
  CTF_SessionRun(g.session, &request, &got, g.status);
  assert_ok(g.status);
  TF_DeleteTensor(got);
  CTF_Cancel(cancellation, "enough");
  CTF_Cancel(cancellation, "too late");
  CTF_SessionRun(g.session, &request, &got, g.status);
  assert_null(got);
  assert_fails(g.status, TF_CANCELLED, "enough");
  CTF_DeleteCancellation(cancellation);
  CTF_DeleteCancellation(NULL);
  CTF_Cancel(NULL, NULL);
  request.cancellation = NULL;
  CTF_SessionRun(g.session, &request, &got, g.status);  // the session goes on
  assert_ok(g.status);
  TF_DeleteTensor(got);
  tear_down(&g);
}

static void note_done(CTF_AsyncRun* run, void* arg) {
  assert_non_null(run);
  atomic_fetch_add((atomic_int*)arg, 1);
}

static void an_asynchronous_run_tells_when_it_is_over(void** state) {
  (void)state;
  gate_graph g;
  build(&g);
  atomic_int num_done = 0;
  const CTF_RunRequest request = request_of(&g);
  set_gate(false);
  CTF_AsyncRun* run = CTF_SessionRunAsync(g.session, &request, note_done, &num_done, g.status);
  assert_ok(g.status);
  wait_for_gate(1);
  struct pollfd event = {.fd = CTF_AsyncRunEventFd(run), .events = POLLIN};
  assert_int_equal(poll(&event, 1, 0), 0);
  assert_int_equal(atomic_load(&num_done), 0);
  set_gate(true);
  assert_int_equal(poll(&event, 1, -1), 1);
  TF_Tensor* got = NULL;
  CTF_AsyncRunWait(run, NULL, g.status);
  assert_ok(g.status);
  CTF_AsyncRunWait(run, &got, g.status);
  assert_ok(g.status);
  assert_float_equal(first_float(got), 42, 0);
  TF_DeleteTensor(got);
  CTF_AsyncRunWait(run, &got, g.status);
  assert_null(got);
  CTF_DeleteAsyncRun(run);
  assert_int_equal(atomic_load(&num_done), 1);
  CTF_DeleteAsyncRun(NULL);
  CTF_AsyncRunCancel(NULL);
  assert_int_equal(CTF_AsyncRunEventFd(NULL), -1);
  CTF_AsyncRunWait(NULL, &got, g.status);
  assert_fails(g.status, TF_INVALID_ARGUMENT, "the run is NULL");
  assert_null(CTF_SessionRunAsync(NULL, &request, NULL, NULL, g.status));
  assert_fails(g.status, TF_INVALID_ARGUMENT, "the session is NULL");
  assert_null(CTF_SessionRunAsync(g.session, NULL, NULL, NULL, g.status));
  assert_fails(g.status, TF_INVALID_ARGUMENT, "the request is NULL");
  tear_down(&g);
}

typedef enum ending { BY_RUN, BY_CANCELLATION, BY_CLOSE, BY_DELETE, NUM_ENDINGS } ending;

typedef struct closing {
  TF_Session* session;
  bool deletes;
} closing;

static void* close_thread(void* arg) {
  const closing* c = arg;
  TF_Status* status = TF_NewStatus();
  if (c->deletes) {
    TF_DeleteSession(c->session, status);
  } else {
    TF_CloseSession(c->session, status);
  }
  TF_DeleteStatus(status);
  return NULL;
}

// The run stands in the gate when it is ended; the step behind the gate does not run.
static void a_run_under_way_is_ended(void** state) {
  (void)state;
  for (int how = 0; how < NUM_ENDINGS; ++how) {
    gate_graph g;
    build(&g);
    pthread_t closer;
    CTF_Cancellation* cancellation = CTF_NewCancellation(g.status);
    CTF_RunRequest request = request_of(&g);
    request.cancellation = cancellation;
    set_gate(false);
    CTF_AsyncRun* run = CTF_SessionRunAsync(g.session, &request, NULL, NULL, g.status);
    assert_ok(g.status);
    wait_for_gate(1);
    closing c = {g.session, how == BY_DELETE};
    if (how == BY_RUN) CTF_AsyncRunCancel(run);
    if (how == BY_CANCELLATION) CTF_Cancel(cancellation, "enough");
    if (how >= BY_CLOSE) {
      assert_int_equal(pthread_create(&closer, NULL, close_thread, &c), 0);
      // The session is closed from some moment on: a run is refused then, also while the first one stands in the gate.
      const TF_Operation* target = g.x.oper;
      do {
        TF_SetStatus(g.status, TF_OK, "");
        TF_Tensor* got = NULL;
        TF_SessionRun(g.session, NULL, &g.x, &g.value, 1, NULL, &got, 0, &target, 1, NULL, g.status);
      } while (TF_GetCode(g.status) != TF_CANCELLED);
    }
    TF_SetStatus(g.status, TF_OK, "");
    set_gate(true);
    TF_Tensor* got = NULL;
    CTF_AsyncRunWait(run, &got, g.status);
    assert_null(got);
    assert_fails(g.status, TF_CANCELLED,
                 how == BY_RUN            ? "The run has been cancelled."
                 : how == BY_CANCELLATION ? "enough"
                                          : "Session has been closed.");
    CTF_DeleteAsyncRun(run);
    if (how >= BY_CLOSE) pthread_join(closer, NULL);
    CTF_DeleteCancellation(cancellation);
    if (how == BY_DELETE) g.session = NULL;
    tear_down(&g);
  }
}

// ---- everything at once

enum { NUM_THREADS = 16, NUM_ROUNDS = 60 };

typedef struct round_of {
  pthread_barrier_t barrier;
  gate_graph g;
  int number;
  atomic_int num_wrong;
} round_of;

typedef struct actor {
  round_of* round;
  int number;
} actor;

static void judge(round_of* r, TF_Tensor* got, const TF_Status* status, bool must_be_closed) {
  if (TF_GetCode(status) == TF_OK) {
    if (must_be_closed || *(const float*)TF_TensorData(got) != 42) atomic_fetch_add(&r->num_wrong, 1);
  } else if (TF_GetCode(status) != TF_CANCELLED || strstr(TF_Message(status), "Session has been closed.") == NULL ||
             got != NULL) {
    atomic_fetch_add(&r->num_wrong, 1);
  }
  TF_DeleteTensor(got);
}

static void run_once(round_of* r, TF_Status* status, bool must_be_closed) {
  TF_Tensor* got = NULL;
  TF_SessionRun(r->g.session, NULL, &r->g.x, &r->g.value, 1, &r->g.y, &got, 1, NULL, 0, NULL, status);
  judge(r, got, status, must_be_closed);
}

// The same in two parts: what is closed between them ends the second.
static void run_in_parts(round_of* r, TF_Status* status, bool must_be_closed) {
  TF_Tensor* got = NULL;
  const char* handle = NULL;
  TF_SessionPRunSetup(r->g.session, &r->g.x, 1, &r->g.y, 1, NULL, 0, &handle, status);
  if (handle != NULL) {
    TF_SessionPRun(r->g.session, handle, &r->g.x, &r->g.value, 1, NULL, NULL, 0, NULL, 0, status);
    if (TF_GetCode(status) == TF_OK) {
      TF_SessionPRun(r->g.session, handle, NULL, NULL, 0, &r->g.y, &got, 1, NULL, 0, status);
    }
  }
  judge(r, got, status, must_be_closed);
  TF_DeletePRunHandle(handle);
}

static void* act(void* arg) {
  const actor* a = arg;
  round_of* r = a->round;
  TF_Status* status = TF_NewStatus();
  for (int i = 0; i < NUM_ROUNDS; ++i) {
    pthread_barrier_wait(&r->barrier);  // there is a session
    // Which thread closes, deletes and runs, and what comes first, changes from round to round.
    const unsigned what = (unsigned)(a->number * 7 + r->number * 5) % 8;
    if (what == 0) TF_DeleteSession(r->g.session, status);
    if (what == 1 || what == 2) TF_CloseSession(r->g.session, status);
    run_once(r, status, what <= 2);
    run_in_parts(r, status, what <= 2);
    if (what == 3) TF_CloseSession(r->g.session, status);
    if (what == 4) TF_DeleteSession(r->g.session, status);
    run_in_parts(r, status, what <= 4);
    run_once(r, status, what <= 4);
    pthread_barrier_wait(&r->barrier);  // all are through
  }
  TF_DeleteStatus(status);
  return NULL;
}

static void close_delete_and_run_at_once(void** state) {
  (void)state;
  static round_of r;
  pthread_t threads[NUM_THREADS];
  actor actors[NUM_THREADS];
  pthread_barrier_init(&r.barrier, NULL, NUM_THREADS + 1);
  build(&r.g);
  for (int i = 0; i < NUM_THREADS; ++i) {
    actors[i] = (actor){&r, i};
    assert_int_equal(pthread_create(&threads[i], NULL, act, &actors[i]), 0);
  }
  for (int i = 0; i < NUM_ROUNDS; ++i) {
    r.number = i;
    pthread_barrier_wait(&r.barrier);
    pthread_barrier_wait(&r.barrier);
    TF_DeleteSession(r.g.session, r.g.status);  // once more than needed
    TF_Tensor* got = NULL;
    TF_SessionRun(r.g.session, NULL, &r.g.x, &r.g.value, 1, &r.g.y, &got, 1, NULL, 0, NULL, r.g.status);
    assert_fails(r.g.status, TF_CANCELLED, "Session has been closed.");
    r.g.session = TF_NewSession(r.g.graph, NULL, r.g.status);
    assert_ok(r.g.status);
  }
  for (int i = 0; i < NUM_THREADS; ++i) pthread_join(threads[i], NULL);
  assert_int_equal(atomic_load(&r.num_wrong), 0);
  pthread_barrier_destroy(&r.barrier);
  tear_down(&r.g);
}

// ---- a kernel that asks for what would wait for its own run

static struct {
  TF_Session* session;
  TF_Code codes[3];
} inside;

static void inside_compute(void* kernel, TF_OpKernelContext* context) {
  TF_Tensor *x = NULL, *got = NULL;
  TF_Status* status = TF_NewStatus();
  (void)kernel;
  TF_GetInput(context, 0, &x, status);
  TF_SetOutput(context, 0, x, status);
  TF_CloseSession(inside.session, status);
  inside.codes[0] = TF_GetCode(status);
  TF_DeleteSession(inside.session, status);
  inside.codes[1] = TF_GetCode(status);
  const TF_Output nothing = {NULL, 0};
  TF_SessionRun(inside.session, NULL, NULL, NULL, 0, &nothing, &got, 1, NULL, 0, NULL, status);
  inside.codes[2] = TF_GetCode(status);  // refused for its names first
  TF_DeleteTensor(x);
  TF_DeleteStatus(status);
}

static void a_kernel_cannot_wait_for_itself(void** state) {
  (void)state;
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder("CtfTestInside");
  TF_OpDefinitionBuilderAddInput(op, "x: float");
  TF_OpDefinitionBuilderAddOutput(op, "y: float");
  TF_OpDefinitionBuilderSetIsStateful(op, true);
  TF_RegisterOpDefinition(op, status);
  assert_ok(status);
  TF_RegisterKernelBuilder("Inside", TF_NewKernelBuilder("CtfTestInside", "CPU", NULL, inside_compute, NULL), status);
  assert_ok(status);
  TF_Graph* graph = TF_NewGraph();
  TF_Operation* x = placeholder(graph, "x", TF_FLOAT, NULL, 0);
  TF_OperationDescription* desc = TF_NewOperation(graph, "CtfTestInside", "inside");
  TF_AddInput(desc, output_of(x));
  const TF_Output feed = output_of(x), fetch = output_of(TF_FinishOperation(desc, status));
  assert_ok(status);
  inside.session = TF_NewSession(graph, NULL, status);
  TF_Tensor *value = float_scalar(5), *got = NULL;
  TF_SessionRun(inside.session, NULL, &feed, &value, 1, &fetch, &got, 1, NULL, 0, NULL, status);
  assert_ok(status);
  assert_float_equal(first_float(got), 5, 0);
  assert_int_equal(inside.codes[0], TF_FAILED_PRECONDITION);
  assert_int_equal(inside.codes[1], TF_FAILED_PRECONDITION);
  assert_int_equal(inside.codes[2], TF_INVALID_ARGUMENT);
  TF_DeleteTensor(got);
  TF_DeleteTensor(value);
  TF_DeleteSession(inside.session, status);
  assert_ok(status);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
}

// ---- sessions that know tensors by their names

static void names_instead_of_operations(void** state) {
  (void)state;
  gate_graph g;
  build(&g);
  TF_Buffer* bytes = TF_NewBuffer();
  TF_GraphToGraphDef(g.graph, bytes, g.status);
  assert_ok(g.status);
  TF_DeprecatedSession* session = TF_NewDeprecatedSession(NULL, g.status);
  assert_ok(g.status);
  const char *feed = "x", *fetch = "sum:0", *target = "gate", *nothing = "nothing";
  TF_Tensor* got = NULL;
  TF_Run(session, NULL, &feed, &g.value, 1, &fetch, &got, 1, NULL, 0, NULL, g.status);
  assert_fails(g.status, TF_INVALID_ARGUMENT, "Session was not created with a graph before Run()!");
  TF_ExtendGraph(session, "no graph", 8, g.status);
  assert_int_equal(TF_GetCode(g.status), TF_INVALID_ARGUMENT);
  TF_ExtendGraph(session, bytes->data, bytes->length, g.status);
  assert_ok(g.status);
  TF_Run(session, NULL, &feed, &g.value, 1, &fetch, &got, 1, &target, 1, NULL, g.status);
  assert_ok(g.status);
  assert_float_equal(first_float(got), 42, 0);
  TF_DeleteTensor(got);
  TF_Run(session, NULL, &feed, &g.value, 1, &nothing, &got, 1, NULL, 0, NULL, g.status);
  assert_fails(g.status, TF_NOT_FOUND, "nothing");
  TF_Run(session, NULL, &feed, &g.value, 1, NULL, NULL, 0, &nothing, 1, NULL, g.status);
  assert_fails(g.status, TF_NOT_FOUND, "nothing");
  TF_Run(NULL, NULL, &feed, &g.value, 1, &fetch, &got, 1, NULL, 0, NULL, g.status);
  assert_fails(g.status, TF_INVALID_ARGUMENT, "the session is NULL");
  TF_DeviceList* devices = TF_DeprecatedSessionListDevices(session, g.status);
  assert_int_equal(TF_DeviceListCount(devices), 1);
  TF_DeleteDeviceList(devices);
  TF_CloseDeprecatedSession(session, g.status);
  assert_ok(g.status);
  TF_Run(session, NULL, &feed, &g.value, 1, &fetch, &got, 1, NULL, 0, NULL, g.status);
  assert_fails(g.status, TF_CANCELLED, "Session has been closed.");
  TF_DeleteDeprecatedSession(session, g.status);
  TF_DeleteDeprecatedSession(NULL, g.status);
  TF_ExtendSession(g.session, g.status);
  assert_ok(g.status);
  TF_ExtendSession(NULL, g.status);
  assert_fails(g.status, TF_INVALID_ARGUMENT, "NULL");
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_Reset(options, NULL, 0, g.status);
  assert_ok(g.status);
  TF_SetTarget(options, "grpc://somewhere:1");
  TF_Reset(options, NULL, 0, g.status);
  assert_fails(g.status, TF_UNIMPLEMENTED, "grpc://somewhere:1");
  assert_null(TF_NewDeprecatedSession(options, g.status));
  assert_fails(g.status, TF_UNIMPLEMENTED, "grpc://somewhere:1");
  TF_DeleteSessionOptions(options);
  TF_DeleteBuffer(bytes);
  tear_down(&g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_request_runs),
      cmocka_unit_test(a_fired_cancellation_ends_what_comes),
      cmocka_unit_test(an_asynchronous_run_tells_when_it_is_over),
      cmocka_unit_test(a_run_under_way_is_ended),
      cmocka_unit_test(close_delete_and_run_at_once),
      cmocka_unit_test(a_kernel_cannot_wait_for_itself),
      cmocka_unit_test(names_instead_of_operations),
  };
  return cmocka_run_group_tests(tests, register_gate, NULL);
}
