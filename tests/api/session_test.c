// Sessions: options, runs, what is refused, and lifetimes in every order.
#include <pthread.h>

#include "tests/api/api_test.h"

// Runs one fetch with a and b fed; NULL after a failure.
static TF_Tensor* run_with(api_fixture* f, TF_Session* session, TF_Tensor* a, TF_Tensor* b, TF_Output fetch,
                           const TF_Buffer* run_options) {
  const TF_Output inputs[] = {output_of(f->a), output_of(f->b)};
  TF_Tensor* const values[] = {a, b};
  TF_Tensor* result = (TF_Tensor*)values;  // whatever stood there
  TF_SessionRun(session, run_options, inputs, values, 2, &fetch, &result, 1, NULL, 0, NULL, f->status);
  if (TF_GetCode(f->status) != TF_OK) assert_null(result);
  return result;
}

static TF_Tensor* run_scalars(api_fixture* f, TF_Session* session, TF_Output fetch, const TF_Buffer* run_options) {
  TF_Tensor* a = float_scalar(2.0f);
  TF_Tensor* b = float_scalar(3.0f);
  TF_Tensor* result = run_with(f, session, a, b, fetch, run_options);
  TF_DeleteTensor(a);
  TF_DeleteTensor(b);
  return result;
}

static void runs_a_graph_that_was_built(void** state) {
  api_fixture* f = *state;
  for (int i = 0; i < 3; ++i) {
    TF_Tensor* sum = run_scalars(f, f->session, output_of(f->c), NULL);
    assert_ok(f->status);
    assert_true(first_float(sum) == 5.0f);
    assert_int_equal(TF_NumDims(sum), 0);
    TF_DeleteTensor(sum);
  }
  // Another signature of the same plan.
  static const int64_t k3[] = {3};
  const float values[] = {1.0f, 2.0f, 3.0f};
  TF_Tensor* a = float_tensor(k3, 1, values, 3);
  TF_Tensor* b = float_scalar(10.0f);
  TF_Tensor* product = run_with(f, f->session, a, b, output_of(f->d), NULL);
  assert_ok(f->status);
  const float want[] = {11.0f, 24.0f, 39.0f};
  assert_int_equal(TF_TensorByteSize(product), sizeof(want));
  assert_memory_equal(TF_TensorData(product), want, sizeof(want));
  TF_DeleteTensor(product);
  TF_DeleteTensor(a);
  TF_DeleteTensor(b);
}

static void operations_can_be_added_after_a_run(void** state) {
  api_fixture* f = *state;
  TF_DeleteTensor(run_scalars(f, f->session, output_of(f->c), NULL));
  assert_ok(f->status);
  TF_Operation* e = binary(f->graph, "Sub", "e", f->d, f->c);
  TF_Tensor* result = run_scalars(f, f->session, output_of(e), NULL);
  assert_ok(f->status);
  assert_true(first_float(result) == 5.0f);
  TF_DeleteTensor(result);
}

static void fetches_and_targets(void** state) {
  api_fixture* f = *state;
  TF_Tensor* a = float_scalar(2.0f);
  TF_Tensor* b = float_scalar(3.0f);
  const TF_Output inputs[] = {output_of(f->a), output_of(f->b)};
  TF_Tensor* const values[] = {a, b};
  const TF_Output outputs[] = {output_of(f->c), output_of(f->d), output_of(f->c)};
  TF_Tensor* results[3];
  const TF_Operation* const targets[] = {f->d};
  TF_SessionRun(f->session, NULL, inputs, values, 2, outputs, results, 3, targets, 1, NULL, f->status);
  assert_ok(f->status);
  assert_true(first_float(results[0]) == 5.0f);
  assert_true(first_float(results[1]) == 10.0f);
  assert_true(first_float(results[2]) == 5.0f);
  for (int i = 0; i < 3; ++i) TF_DeleteTensor(results[i]);
  TF_SessionRun(f->session, NULL, inputs, values, 2, NULL, NULL, 0, targets, 1, NULL, f->status);
  assert_ok(f->status);
  // An intermediate tensor can be fed; what it comes from is not needed then.
  const TF_Output middle[] = {output_of(f->a), output_of(f->c)};
  TF_SessionRun(f->session, NULL, middle, values, 2, &outputs[1], results, 1, NULL, 0, NULL, f->status);
  assert_ok(f->status);
  assert_true(first_float(results[0]) == 6.0f);
  TF_DeleteTensor(results[0]);
  assert_true(first_float(a) == 2.0f);  // feeds are as before
  TF_DeleteTensor(a);
  TF_DeleteTensor(b);
}

static void wrong_feeds_and_fetches(void** state) {
  api_fixture* f = *state;
  static const int64_t k2[] = {2};
  static const int64_t k3[] = {3};
  const float values[] = {1.0f, 2.0f, 3.0f};
  const int32_t three = 3;
  TF_Tensor* scalar = float_scalar(1.0f);
  TF_Tensor* two = float_tensor(k2, 1, values, 2);
  TF_Tensor* of_three = float_tensor(k3, 1, values, 3);
  TF_Tensor* integer = TF_AllocateTensor(TF_INT32, NULL, 0, 4);
  memcpy(TF_TensorData(integer), &three, 4);

  assert_null(run_with(f, f->session, scalar, integer, output_of(f->c), NULL));
  assert_fails(f->status, TF_INVALID_ARGUMENT, "int32");
  assert_null(run_with(f, f->session, two, of_three, output_of(f->c), NULL));
  assert_fails(f->status, TF_INVALID_ARGUMENT, "[2]");
  assert_null(run_with(f, f->session, scalar, scalar, (TF_Output){f->c, 1}, NULL));
  assert_int_not_equal(TF_GetCode(f->status), TF_OK);
  assert_null(run_with(f, f->session, scalar, scalar, (TF_Output){f->c, -1}, NULL));
  assert_int_not_equal(TF_GetCode(f->status), TF_OK);
  assert_null(run_with(f, f->session, scalar, scalar, (TF_Output){NULL, 0}, NULL));
  assert_fails(f->status, TF_INVALID_ARGUMENT, "fetch 0 names no operation");
  assert_null(run_with(f, f->session, scalar, NULL, output_of(f->c), NULL));
  assert_fails(f->status, TF_INVALID_ARGUMENT, "the tensor of feed 1 is NULL");

  TF_Graph* other = TF_NewGraph();
  TF_Operation* foreign = placeholder(other, "foreign", TF_FLOAT, NULL, -1);
  assert_null(run_with(f, f->session, scalar, scalar, output_of(foreign), NULL));
  assert_int_equal(TF_GetCode(f->status), TF_INVALID_ARGUMENT);
  TF_DeleteGraph(other);

  // b is not fed.
  const TF_Output fed = output_of(f->a), fetch = output_of(f->c);
  TF_Tensor* result = NULL;
  TF_SessionRun(f->session, NULL, &fed, &scalar, 1, &fetch, &result, 1, NULL, 0, NULL, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "You must feed a value for placeholder tensor 'b' with dtype float");
  const TF_Output twice[] = {fed, fed};
  TF_Tensor* const both[] = {scalar, scalar};
  TF_SessionRun(f->session, NULL, twice, both, 2, &fetch, &result, 1, NULL, 0, NULL, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "a:0");
  TF_SessionRun(f->session, NULL, NULL, NULL, 1, &fetch, &result, 1, NULL, 0, NULL, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "no array");
  TF_SessionRun(f->session, NULL, NULL, NULL, 0, NULL, NULL, 0, NULL, 0, NULL, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "Must specify at least one target to fetch or execute.");
  TF_SessionRun(NULL, NULL, NULL, NULL, 0, &fetch, &result, 1, NULL, 0, NULL, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "the session is NULL");
  TF_SessionRun(NULL, NULL, NULL, NULL, 0, &fetch, &result, 1, NULL, 0, NULL, NULL);
  assert_null(result);

  TF_Tensor* sum = run_with(f, f->session, scalar, scalar, output_of(f->c), NULL);  // still works
  assert_ok(f->status);
  TF_DeleteTensor(sum);
  TF_DeleteTensor(scalar);
  TF_DeleteTensor(two);
  TF_DeleteTensor(of_three);
  TF_DeleteTensor(integer);
}

static void a_placeholder_takes_any_shape(void** state) {
  api_fixture* f = *state;
  static const int64_t kOpen[] = {-1, 2};
  static const int64_t k2[] = {2};
  const float values[] = {1.0f, 2.0f};
  TF_Operation* p = placeholder(f->graph, "p", TF_FLOAT, kOpen, 2);
  TF_Operation* q = binary(f->graph, "AddV2", "q", p, p);
  TF_Tensor* tensor = float_tensor(k2, 1, values, 2);
  const TF_Output fed = output_of(p), fetch = output_of(q);
  TF_Tensor* result = NULL;
  TF_SessionRun(f->session, NULL, &fed, &tensor, 1, &fetch, &result, 1, NULL, 0, NULL, f->status);
  assert_ok(f->status);  // as TensorFlow's library, which leaves the check to its Python side
  assert_int_equal(TF_NumDims(result), 1);
  assert_true(((const float*)TF_TensorData(result))[1] == 4.0f);
  TF_DeleteTensor(result);
  TF_DeleteTensor(tensor);
}

// ---- options of a run

static void run_options_are_read(void** state) {
  api_fixture* f = *state;
  static const struct {
    const char* bytes;
    size_t length;
    bool is_good;
  } kRows[] = {
      {"", 0, true},
      {"\x10\xb8\x17", 3, true},                                   // timeout_in_ms: 3000
      {"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, true},  // -1: none
      {"\x10\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10, true},      // the largest
      {"\x08\x03\x10\xb8\x17", 5, true},                           // a trace level, too
      {"\xff", 1, false},
      {"\x10", 1, false},
      {"\x42\x05"
       "ab",
       4, false},  // a message that goes past the end
  };
  for (size_t i = 0; i < COUNT(kRows); ++i) {
    TF_Buffer* options = TF_NewBufferFromString(kRows[i].bytes, kRows[i].length);
    TF_Tensor* sum = run_scalars(f, f->session, output_of(f->c), options);
    if (kRows[i].is_good) {
      assert_ok(f->status);
      assert_true(first_float(sum) == 5.0f);
    } else {
      assert_fails(f->status, TF_INVALID_ARGUMENT, "Unparseable RunOptions proto");
    }
    TF_DeleteTensor(sum);
    TF_DeleteBuffer(options);
  }
}

static void metadata_of_an_untraced_run(void** state) {
  api_fixture* f = *state;
  TF_Tensor* a = float_scalar(2.0f);
  const TF_Output fed = output_of(f->a);
  TF_Operation* e = binary(f->graph, "AddV2", "e", f->a, f->a);
  const TF_Output out = output_of(e);
  TF_Tensor* result = NULL;
  TF_Buffer* metadata = TF_NewBuffer();
  TF_SessionRun(f->session, NULL, &fed, &a, 1, &out, &result, 1, NULL, 0, metadata, f->status);
  assert_ok(f->status);
  assert_non_null(metadata->data);  // as in TensorFlow: an empty message, and the buffer is used up
  assert_int_equal(metadata->length, 0);
  TF_DeleteTensor(result);
  TF_SessionRun(f->session, NULL, &fed, &a, 1, &out, &result, 1, NULL, 0, metadata, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "Passing non-empty run_metadata is invalid.");
  assert_null(result);
  TF_DeleteBuffer(metadata);
  TF_DeleteTensor(a);
}

// ---- options of a session

static void config_is_read(void** state) {
  api_fixture* f = *state;
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_SetConfig(options, "\xff", 1, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "Unparseable ConfigProto");
  TF_SetConfig(NULL, "", 0, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "NULL");

  // A device that is not there: refused, or the CPU where allow_soft_placement says so.
  TF_OperationDescription* desc = TF_NewOperation(f->graph, "Identity", "far");
  TF_AddInput(desc, output_of(f->c));
  TF_SetDevice(desc, "/device:GPU:7");
  TF_Operation* far = TF_FinishOperation(desc, f->status);
  assert_ok(f->status);
  assert_null(run_scalars(f, f->session, output_of(far), NULL));
  assert_int_equal(TF_GetCode(f->status), TF_INVALID_ARGUMENT);
  TF_SetConfig(options, "\x38\x01", 2, f->status);  // allow_soft_placement: true
  assert_ok(f->status);
  TF_Session* soft = TF_NewSession(f->graph, options, f->status);
  assert_ok(f->status);
  TF_Tensor* result = run_scalars(f, soft, output_of(far), NULL);
  assert_ok(f->status);
  assert_true(first_float(result) == 5.0f);
  TF_DeleteTensor(result);
  TF_DeleteSession(soft, f->status);
  TF_DeleteSessionOptions(options);
  TF_DeleteSessionOptions(NULL);
}

static void targets_are_this_process(void** state) {
  api_fixture* f = *state;
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_SetTarget(options, "grpc://elsewhere:2222");
  assert_null(TF_NewSession(f->graph, options, f->status));
  assert_fails(f->status, TF_UNIMPLEMENTED, "grpc://elsewhere:2222");
  TF_SetTarget(options, "local");
  TF_Session* session = TF_NewSession(f->graph, options, f->status);
  assert_ok(f->status);
  TF_DeleteSession(session, f->status);
  TF_SetTarget(NULL, "local");
  TF_DeleteSessionOptions(options);
  assert_null(TF_NewSession(NULL, NULL, f->status));
  assert_fails(f->status, TF_INVALID_ARGUMENT, "NULL");
}

static void simulated_devices_give_the_same(void** state) {
  api_fixture* f = *state;
  TF_SessionOptions* options = TF_NewSessionOptions();
  CTF_SessionOptionsSetSim(options, 2, 7, 0, f->status);
  assert_ok(f->status);
  CTF_SessionOptionsSetSim(options, -1, 7, 0, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "-1 SIM devices");
  CTF_SessionOptionsSetSim(options, 16, 7, 0, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "16 SIM devices");
  CTF_SessionOptionsSetDevice(options, "sim:1", f->status);
  assert_ok(f->status);
  TF_Session* session = TF_NewSession(f->graph, options, f->status);
  assert_ok(f->status);
  TF_Tensor* product = run_scalars(f, session, output_of(f->d), NULL);
  assert_ok(f->status);
  assert_true(first_float(product) == 10.0f);
  TF_DeleteTensor(product);

  CTF_MemoryInfo info = {.struct_size = sizeof(info)};
  CTF_GetMemoryInfo(session, "sim:1", &info, f->status);
  assert_ok(f->status);
  assert_int_not_equal(info.peak_bytes, 0);
  CTF_GetMemoryInfo(session, "sim:9", &info, f->status);
  assert_fails(f->status, TF_NOT_FOUND, "SIM:1");
  CTF_GetMemoryInfo(NULL, "sim:1", &info, f->status);
  assert_fails(f->status, TF_NOT_FOUND, "the process has");

  TF_DeviceList* devices = TF_SessionListDevices(session, f->status);
  assert_ok(f->status);
  assert_int_equal(TF_DeviceListCount(devices), 3);
  TF_DeleteSession(session, f->status);  // the list stands on its own
  assert_string_equal(TF_DeviceListName(devices, 0, f->status), "/job:localhost/replica:0/task:0/device:CPU:0");
  assert_string_equal(TF_DeviceListType(devices, 0, f->status), "CPU");
  assert_string_equal(TF_DeviceListType(devices, 2, f->status), "SIM");
  assert_true(TF_DeviceListMemoryBytes(devices, 0, f->status) > 0);
  const uint64_t incarnation = TF_DeviceListIncarnation(devices, 1, f->status);
  assert_ok(f->status);
  assert_true(incarnation != 0);
  assert_true(incarnation != TF_DeviceListIncarnation(devices, 2, f->status));
  assert_true(incarnation == TF_DeviceListIncarnation(devices, 1, f->status));
  assert_null(TF_DeviceListName(devices, 3, f->status));
  assert_fails(f->status, TF_INVALID_ARGUMENT, "index out of bounds");
  assert_int_equal(TF_DeviceListMemoryBytes(devices, -1, f->status), -1);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "index out of bounds");
  TF_DeleteDeviceList(devices);
  TF_DeleteDeviceList(NULL);
  assert_int_equal(TF_DeviceListCount(NULL), 0);
  assert_null(TF_SessionListDevices(NULL, f->status));
  assert_fails(f->status, TF_INVALID_ARGUMENT, "NULL");
  TF_DeleteSessionOptions(options);
}

static void options_that_mean_nothing(void** state) {
  api_fixture* f = *state;
  TF_SessionOptions* options = TF_NewSessionOptions();
  CTF_SessionOptionsSetDevice(options, "gpu:7", f->status);
  assert_ok(f->status);
  assert_null(TF_NewSession(f->graph, options, f->status));
  assert_fails(f->status, TF_INVALID_ARGUMENT, "gpu:7");
  TF_DeleteSessionOptions(options);
  CTF_SessionOptionsSetDevice(NULL, "cpu", f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "NULL");
  CTF_SessionOptionsSetPasses(NULL, "none", f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "NULL");
  CTF_SessionOptionsSetMemoryLimit(NULL, 1, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "NULL");
  CTF_SessionOptionsSetSim(NULL, 1, 1, 1, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "NULL");
}

static void passes_and_limits(void** state) {
  api_fixture* f = *state;
  static const int64_t kMany[] = {1 << 18};
  TF_SessionOptions* options = TF_NewSessionOptions();
  CTF_SessionOptionsSetPasses(options, "none", f->status);
  assert_ok(f->status);
  CTF_SessionOptionsSetMemoryLimit(options, 1 << 20, f->status);
  assert_ok(f->status);
  TF_Session* session = TF_NewSession(f->graph, options, f->status);
  assert_ok(f->status);
  TF_Tensor* sum = run_scalars(f, session, output_of(f->c), NULL);
  assert_ok(f->status);
  TF_DeleteTensor(sum);
  TF_Tensor* large = TF_AllocateTensor(TF_FLOAT, kMany, 1, 1 << 20);
  memset(TF_TensorData(large), 0, 1 << 20);
  assert_null(run_with(f, session, large, large, output_of(f->d), NULL));  // 1 MiB for c, 1 MiB for d
  assert_int_equal(TF_GetCode(f->status), TF_RESOURCE_EXHAUSTED);
  TF_DeleteTensor(large);
  TF_DeleteSession(session, f->status);
  TF_DeleteSessionOptions(options);
}

// ---- the end

static void closed_sessions_refuse(void** state) {
  api_fixture* f = *state;
  TF_CloseSession(f->session, f->status);
  assert_ok(f->status);
  assert_null(run_scalars(f, f->session, output_of(f->c), NULL));
  assert_fails(f->status, TF_CANCELLED, "Session has been closed.");
  TF_CloseSession(f->session, f->status);
  assert_ok(f->status);
  TF_CloseSession(NULL, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "NULL");
  TF_CloseSession(f->session, NULL);
}

// Graph, session, options, fetched tensor and feeds are deleted in every order.
static void everything_goes_in_every_order(void** state) {
  (void)state;
  enum { GRAPH, SESSION, RESULT, FEEDS, NUM_THINGS };
  for (int order = 0; order < 4 * 4 * 4 * 4; ++order) {
    const int at[NUM_THINGS] = {order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6 & 3};
    bool is_permutation = true;
    for (int i = 0; i < NUM_THINGS; ++i) {
      for (int j = 0; j < i; ++j) is_permutation = is_permutation && at[i] != at[j];
    }
    if (!is_permutation) continue;
    void* again = NULL;
    api_set_up(&again);
    api_fixture* f = again;
    TF_Tensor* a = float_scalar(2.0f);
    TF_Tensor* b = float_scalar(3.0f);
    TF_Tensor* result = run_with(f, f->session, a, b, output_of(f->d), NULL);
    assert_ok(f->status);
    for (int i = 0; i < NUM_THINGS; ++i) {
      if (at[i] == GRAPH) TF_DeleteGraph(f->graph);
      if (at[i] == SESSION) TF_DeleteSession(f->session, f->status);
      if (at[i] == RESULT) TF_DeleteTensor(result);
      if (at[i] == FEEDS) TF_DeleteTensor(a), TF_DeleteTensor(b);
    }
    TF_DeleteStatus(f->status);
  }
}

static void a_session_outlives_the_handle_of_its_graph(void** state) {
  api_fixture* f = *state;
  TF_DeleteGraph(f->graph);
  f->graph = NULL;
  TF_Tensor* sum = run_scalars(f, f->session, output_of(f->c), NULL);
  assert_ok(f->status);
  TF_DeleteSession(f->session, f->status);
  f->session = NULL;
  assert_true(first_float(sum) == 5.0f);  // memory of its own
  TF_DeleteTensor(sum);
  TF_DeleteSession(NULL, f->status);
  assert_ok(f->status);
}

#define NUM_THREADS 4
#define RUNS_A_THREAD 200

static void* run_many(void* arg) {
  api_fixture f = *(api_fixture*)arg;
  f.status = TF_NewStatus();
  intptr_t good = 0;
  for (int i = 0; i < RUNS_A_THREAD; ++i) {
    TF_Tensor* result = run_scalars(&f, f.session, i % 2 == 0 ? output_of(f.c) : output_of(f.d), NULL);
    if (TF_GetCode(f.status) == TF_OK) good += first_float(result) == (i % 2 == 0 ? 5.0f : 10.0f);
    TF_DeleteTensor(result);
  }
  TF_DeleteStatus(f.status);
  return (void*)good;
}

static void threads_share_a_session(void** state) {
  api_fixture* f = *state;
  pthread_t threads[NUM_THREADS];
  for (int i = 0; i < NUM_THREADS; ++i) assert_int_equal(pthread_create(&threads[i], NULL, run_many, f), 0);
  for (int i = 0; i < NUM_THREADS; ++i) {
    void* good = NULL;
    pthread_join(threads[i], &good);
    assert_int_equal((intptr_t)good, RUNS_A_THREAD);
  }
}

int main(void) {
#define IN_A_SESSION(test) cmocka_unit_test_setup_teardown(test, api_set_up, api_tear_down)
  const struct CMUnitTest tests[] = {
      IN_A_SESSION(runs_a_graph_that_was_built),
      IN_A_SESSION(operations_can_be_added_after_a_run),
      IN_A_SESSION(fetches_and_targets),
      IN_A_SESSION(wrong_feeds_and_fetches),
      IN_A_SESSION(a_placeholder_takes_any_shape),
      IN_A_SESSION(run_options_are_read),
      IN_A_SESSION(metadata_of_an_untraced_run),
      IN_A_SESSION(config_is_read),
      IN_A_SESSION(targets_are_this_process),
      IN_A_SESSION(simulated_devices_give_the_same),
      IN_A_SESSION(options_that_mean_nothing),
      IN_A_SESSION(passes_and_limits),
      IN_A_SESSION(closed_sessions_refuse),
      cmocka_unit_test(everything_goes_in_every_order),
      IN_A_SESSION(a_session_outlives_the_handle_of_its_graph),
      IN_A_SESSION(threads_share_a_session),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
