// Runs in parts: each node once, values kept from part to part, and what ends or refuses one.
#include <pthread.h>
#include <stdatomic.h>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tests/api/api_test.h"

// ---- an op that counts how often it runs

static atomic_int num_counted;

static void count_compute(void* kernel, TF_OpKernelContext* context) {
  TF_Tensor* x = NULL;
  TF_Status* status = TF_NewStatus();
  (void)kernel;
  TF_GetInput(context, 0, &x, status);
  atomic_fetch_add(&num_counted, 1);
  TF_SetOutput(context, 0, x, status);
  TF_DeleteTensor(x);
  TF_DeleteStatus(status);
}

static int register_count(void** state) {
  (void)state;
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder("CtfTestCount");
  TF_OpDefinitionBuilderAddInput(op, "x: float");
  TF_OpDefinitionBuilderAddOutput(op, "y: float");
  TF_OpDefinitionBuilderSetIsStateful(op, true);
  TF_RegisterOpDefinition(op, status);
  if (TF_GetCode(status) == TF_OK) {
    TF_RegisterKernelBuilder("Count", TF_NewKernelBuilder("CtfTestCount", "CPU", NULL, count_compute, NULL), status);
  }
  const int failed = TF_GetCode(status) != TF_OK;
  TF_DeleteStatus(status);
  return failed;
}

// ---- x = a + a, counted = x, y = counted * b, z = -y, which waits for a side that nobody reads

typedef struct parts_graph {
  TF_Status* status;
  TF_Graph* graph;
  TF_Session* session;
  TF_Output a, b, x, y, z;
  const TF_Operation* side;
} parts_graph;

static TF_Operation* unary(TF_Graph* graph, const char* op, const char* name, TF_Operation* x, TF_Operation* control) {
  TF_Status* status = TF_NewStatus();
  TF_OperationDescription* desc = TF_NewOperation(graph, op, name);
  TF_AddInput(desc, output_of(x));
  if (control != NULL) TF_AddControlInput(desc, control);
  TF_Operation* oper = TF_FinishOperation(desc, status);
  assert_ok(status);
  TF_DeleteStatus(status);
  return oper;
}

static void build(parts_graph* g) {
  g->status = TF_NewStatus();
  g->graph = TF_NewGraph();
  TF_Operation *a = placeholder(g->graph, "a", TF_FLOAT, NULL, -1), *b = placeholder(g->graph, "b", TF_FLOAT, NULL, -1);
  TF_Operation* x = binary(g->graph, "AddV2", "x", a, a);
  TF_Operation* counted = unary(g->graph, "CtfTestCount", "counted", x, NULL);
  TF_Operation* side = unary(g->graph, "CtfTestCount", "side", a, NULL);
  TF_Operation* y = binary(g->graph, "Mul", "y", counted, b);
  TF_Operation* z = unary(g->graph, "Neg", "z", y, side);
  g->a = output_of(a);
  g->b = output_of(b);
  g->x = output_of(x);
  g->y = output_of(y);
  g->z = output_of(z);
  g->side = side;
  g->session = TF_NewSession(g->graph, NULL, g->status);
  assert_ok(g->status);
  atomic_store(&num_counted, 0);
}

static void tear_down(parts_graph* g) {
  TF_DeleteSession(g->session, g->status);
  TF_DeleteGraph(g->graph);
  TF_DeleteStatus(g->status);
}

static const char* set_up(parts_graph* g, const TF_Output* fetches, int num_fetches) {
  const TF_Output feeds[] = {g->a, g->b};
  const char* handle = NULL;
  TF_SessionPRunSetup(g->session, feeds, 2, fetches, num_fetches, NULL, 0, &handle, g->status);
  assert_ok(g->status);
  assert_non_null(handle);
  return handle;
}

// Feeds one value where `feed` has an operation, and fetches one where `fetch` has; 0 for nothing.
static float part(parts_graph* g, const char* handle, TF_Output feed, float value, TF_Output fetch) {
  TF_Tensor *fed = float_scalar(value), *got = NULL;
  TF_SessionPRun(g->session, handle, &feed, &fed, feed.oper != NULL, &fetch, &got, fetch.oper != NULL, NULL, 0,
                 g->status);
  TF_DeleteTensor(fed);
  if (got == NULL) return 0;
  const float result = first_float(got);
  *(float*)TF_TensorData(got) = 1000;  // a fetched tensor is the program's to write to
  TF_DeleteTensor(got);
  return result;
}

static const TF_Output kNothing = {NULL, 0};

static void every_node_runs_once(void** state) {
  (void)state;
  parts_graph g;
  build(&g);
  const TF_Output fetches[] = {g.x, g.y, g.z};
  const char* handle = set_up(&g, fetches, 3);
  assert_true(part(&g, handle, g.a, 2, g.x) == 4);
  assert_ok(g.status);
  assert_int_equal(atomic_load(&num_counted), 2);  // what waits for nothing more has run, too
  assert_true(part(&g, handle, g.b, 5, kNothing) == 0);
  assert_ok(g.status);
  assert_true(part(&g, handle, kNothing, 0, g.z) == -20);
  assert_ok(g.status);
  assert_true(part(&g, handle, kNothing, 0, g.y) == 20);
  assert_ok(g.status);
  assert_int_equal(atomic_load(&num_counted), 2);
  part(&g, handle, kNothing, 0, kNothing);
  assert_fails(g.status, TF_INVALID_ARGUMENT, "Must run 'setup' before performing partial runs!");
  TF_DeletePRunHandle(handle);

  // Two at a time, each with its own values; one is left unfinished.
  const char *one = set_up(&g, fetches, 3), *two = set_up(&g, fetches, 3);
  assert_string_not_equal(one, two);
  assert_true(part(&g, one, g.a, 1, g.x) == 2);
  assert_true(part(&g, two, g.a, 10, g.x) == 20);
  assert_true(part(&g, one, g.b, 3, g.y) == 6);
  assert_true(part(&g, two, g.b, 3, g.y) == 60);
  assert_true(part(&g, two, kNothing, 0, g.z) == -60);
  TF_DeletePRunHandle(one);
  TF_DeletePRunHandle(two);
  tear_down(&g);
}

static void a_part_that_fails_ends_the_whole(void** state) {
  (void)state;
  parts_graph g;
  build(&g);
  const char* handle = set_up(&g, &g.y, 1);
  assert_true(part(&g, handle, kNothing, 0, g.y) == 0);
  assert_fails(g.status, TF_INVALID_ARGUMENT, "can't be computed from the feeds that have been fed so far.");
  part(&g, handle, g.a, 2, kNothing);  // a refusal has changed nothing
  assert_ok(g.status);
  const int64_t dims[] = {1};
  const int32_t number = 1;
  TF_Tensor *wrong = TF_AllocateTensor(TF_INT32, dims, 1, sizeof(number)), *got = NULL;
  memcpy(TF_TensorData(wrong), &number, sizeof(number));
  TF_SessionPRun(g.session, handle, &g.b, &wrong, 1, &g.y, &got, 1, NULL, 0, g.status);
  assert_fails(g.status, TF_INVALID_ARGUMENT, "int32");
  assert_null(got);
  assert_true(part(&g, handle, g.b, 3, g.y) == 0);
  assert_fails(g.status, TF_INVALID_ARGUMENT, "Must run 'setup'");
  TF_DeletePRunHandle(handle);
  TF_DeleteTensor(wrong);

  handle = set_up(&g, &g.y, 1);
  TF_SessionPRun(g.session, NULL, NULL, NULL, 0, NULL, NULL, 0, NULL, 0, g.status);
  assert_fails(g.status, TF_INVALID_ARGUMENT, "handle");
  TF_SessionPRun(NULL, handle, NULL, NULL, 0, NULL, NULL, 0, NULL, 0, g.status);
  assert_fails(g.status, TF_INVALID_ARGUMENT, "the session is NULL");
  TF_CloseSession(g.session, g.status);
  part(&g, handle, g.a, 2, kNothing);
  assert_fails(g.status, TF_CANCELLED, "Session has been closed.");
  TF_DeletePRunHandle(handle);
  tear_down(&g);
}

// ---- many threads

typedef struct worker {
  parts_graph* g;
  const char* shared;  // a partial run that all threads feed
  int number;
  atomic_int* num_fed;
  bool failed;
} worker;

static void* work(void* arg) {
  worker* w = arg;
  parts_graph own = *w->g;
  own.status = TF_NewStatus();
  const TF_Output fetches[] = {own.x, own.y, own.z};
  for (int i = 0; i < 20; ++i) {
    const char* handle = set_up(&own, fetches, 3);
    const float a = (float)(w->number + i);
    w->failed |= part(&own, handle, own.a, a, own.x) != 2 * a;
    w->failed |= part(&own, handle, own.b, 3, own.z) != -6 * a;
    w->failed |= TF_GetCode(own.status) != TF_OK;
    TF_DeletePRunHandle(handle);
  }
  part(&own, w->shared, own.a, 1, kNothing);  // one of them is the first
  if (TF_GetCode(own.status) == TF_OK) atomic_fetch_add(w->num_fed, 1);
  TF_DeleteStatus(own.status);
  return NULL;
}

static void threads_have_their_own(void** state) {
  (void)state;
  enum { NUM_THREADS = 16 };
  parts_graph g;
  build(&g);
  pthread_t threads[NUM_THREADS];
  worker workers[NUM_THREADS];
  atomic_int num_fed = 0;
  const char* shared = set_up(&g, &g.y, 1);
  for (int i = 0; i < NUM_THREADS; ++i) {
    workers[i] = (worker){&g, shared, i, &num_fed, false};
    assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
  }
  for (int i = 0; i < NUM_THREADS; ++i) {
    pthread_join(threads[i], NULL);
    assert_false(workers[i].failed);
  }
  assert_int_equal(atomic_load(&num_fed), 1);
  assert_int_equal(atomic_load(&num_counted), NUM_THREADS * 20 * 2 + 1);
  assert_true(part(&g, shared, g.b, 7, g.y) == 14);
  TF_DeletePRunHandle(shared);
  tear_down(&g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_node_runs_once),
      cmocka_unit_test(a_part_that_fails_ends_the_whole),
      cmocka_unit_test(threads_have_their_own),
  };
  return cmocka_run_group_tests(tests, register_count, NULL);
}
