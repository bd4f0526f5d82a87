// Sessions end to end: what is fed, what is fetched, what is refused.
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/graph.h"

static const int64_t kTwo[] = {2};

static void adds_and_multiplies(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output x = test_placeholder(&g, TF_FLOAT, kTwo, 1);
  const TF_Output y = test_binary(&g, "AddV2", x, test_const(&g, test_floats(kTwo, 1, (const float[]){1, 2})));
  const TF_Output z = test_binary(&g, "Mul", y, y);
  TF_Session* session = test_session(&g);
  TF_Tensor* feed = test_floats(kTwo, 1, (const float[]){3, 4});
  for (int i = 0; i < 3; ++i) {
    TF_Tensor* got = test_run(&g, session, 1, &x, &feed, z);
    test_assert_floats(got, 2, (const float[]){16, 36});
    TF_DeleteTensor(got);
  }
  TF_DeleteTensor(feed);
  test_close(&g, session);
  test_graph_deinit(&g);
}

// A fetched tensor is memory of its own: not the feed's, not a constant's, not another fetch's.
static void fetches_own_their_memory(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output x = test_placeholder(&g, TF_FLOAT, kTwo, 1);
  const TF_Output c = test_const(&g, test_floats(kTwo, 1, (const float[]){5, 6}));
  const TF_Output same = test_unary(&g, "Identity", x);
  const TF_Output sum = test_binary(&g, "AddV2", x, c);
  const TF_Output flat = test_binary(&g, "Reshape", sum, test_const_ints(&g, 2, (const int32_t[]){2, 1}));
  const TF_Output fetches[] = {c, same, sum, sum, flat};
  enum { N = 5 };
  const float want[N][2] = {{5, 6}, {1, 2}, {6, 8}, {6, 8}, {6, 8}};
  TF_Session* session = test_session(&g);
  TF_Tensor* feed = test_floats(kTwo, 1, (const float[]){1, 2});
  TF_Tensor* got[N] = {0};
  for (int round = 0; round < 2; ++round) {
    TF_SessionRun(session, NULL, &x, &feed, 1, fetches, got, N, NULL, 0, NULL, g.status);
    assert_int_equal(TF_GetCode(g.status), TF_OK);
    for (int i = 0; i < N; ++i) {
      test_assert_floats(got[i], 2, want[i]);
      assert_ptr_not_equal(TF_TensorData(got[i]), TF_TensorData(feed));
      for (int j = 0; j < i; ++j) assert_ptr_not_equal(TF_TensorData(got[i]), TF_TensorData(got[j]));
    }
    assert_int_equal(TF_NumDims(got[4]), 2);
    for (int i = 0; i < N; ++i) {  // what the caller writes must not reach the next run
      memset(TF_TensorData(got[i]), 0xff, TF_TensorByteSize(got[i]));
      TF_DeleteTensor(got[i]);
    }
  }
  TF_DeleteTensor(feed);
  test_close(&g, session);
  test_graph_deinit(&g);
}

// Any tensor can be fed, and what only it needed does not run.
static void feeds_inside_the_graph(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output x = test_placeholder(&g, TF_FLOAT, kTwo, 1);
  const TF_Output y = test_unary(&g, "Neg", x);
  const TF_Output z = test_binary(&g, "AddV2", y, y);
  TF_Session* session = test_session(&g);
  TF_Tensor* feed = test_floats(kTwo, 1, (const float[]){1, 2});
  TF_Tensor* got = test_run(&g, session, 1, &y, &feed, z);
  test_assert_floats(got, 2, (const float[]){2, 4});
  TF_DeleteTensor(got);
  assert_int_equal(test_run_code(&g, session, 0, NULL, NULL, 1, &z), TF_INVALID_ARGUMENT);
  assert_non_null(strstr(TF_Message(g.status), "You must feed a value for placeholder tensor 'n0'"));
  const TF_Output twice[] = {x, x};
  TF_Tensor* const values[] = {feed, feed};
  assert_int_equal(test_run_code(&g, session, 2, twice, values, 1, &z), TF_INVALID_ARGUMENT);
  TF_DeleteTensor(feed);
  test_close(&g, session);
  test_graph_deinit(&g);
}

// TensorFlow does not hold a fed tensor against the shape that the node would have given it.
static void feeds_of_another_shape(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output c = test_const(&g, test_floats(kTwo, 1, (const float[]){1, 2}));
  const TF_Output y = test_unary(&g, "Neg", c);
  const TF_Output z = test_binary(&g, "AddV2", y, y);
  TF_Session* session = test_session(&g);
  TF_Tensor* feed = test_floats((const int64_t[]){3}, 1, (const float[]){1, 2, 3});
  TF_Tensor* got = test_run(&g, session, 1, &y, &feed, z);
  test_assert_floats(got, 3, (const float[]){2, 4, 6});
  TF_DeleteTensor(got);
  TF_DeleteTensor(feed);
  test_close(&g, session);
  test_graph_deinit(&g);
}

// A Const whose tensor has another type than it says: import accepts it, a run must not read it.
static void refuses_constant_of_another_type(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  TF_Tensor* value = test_ints(2, (const int32_t[]){1, 2});
  TF_OperationDescription* d = TF_NewOperation(g.graph, "Const", "c");
  TF_SetAttrType(d, "dtype", TF_DOUBLE);
  TF_SetAttrTensor(d, "value", value, g.status);
  TF_Operation* node = TF_FinishOperation(d, g.status);
  TF_DeleteTensor(value);
  if (node != NULL) {
    const TF_Output c = {node, 0};
    TF_Session* session = test_session(&g);
    assert_int_equal(test_run_code(&g, session, 0, NULL, NULL, 1, &c), TF_INVALID_ARGUMENT);
    assert_non_null(strstr(TF_Message(g.status), "Type mismatch between value (int32) and dtype (double)"));
    test_close(&g, session);
  } else {
    assert_int_equal(TF_GetCode(g.status), TF_INVALID_ARGUMENT);
  }
  test_graph_deinit(&g);
}

static void refuses_wrong_feeds(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const int64_t dims[] = {-1, 3};
  const TF_Output x = test_placeholder(&g, TF_FLOAT, dims, 2);
  const TF_Output y = test_unary(&g, "Neg", x);
  TF_Session* session = test_session(&g);
  TF_Tensor* wrong_type = test_ints(2, (const int32_t[]){1, 2});
  assert_int_equal(test_run_code(&g, session, 1, &x, &wrong_type, 1, &y), TF_INVALID_ARGUMENT);
  const TF_Output no_output = {y.oper, 7};
  TF_Tensor* right = test_floats((const int64_t[]){2, 3}, 2, NULL);
  assert_int_equal(test_run_code(&g, session, 1, &x, &right, 1, &no_output), TF_OUT_OF_RANGE);
  assert_int_equal(test_run_code(&g, session, 1, &x, &right, 1, &x), TF_INVALID_ARGUMENT);
  assert_non_null(strstr(TF_Message(g.status), "n0:0 is both fed and fetched."));
  assert_int_equal(test_run_code(&g, session, 1, &x, &right, 1, &y), TF_OK);  // the session is still good
  TF_DeleteTensor(wrong_type);
  TF_DeleteTensor(right);
  test_close(&g, session);
  test_graph_deinit(&g);
}

// Shapes follow the feeds: more signatures than a plan keeps, in two rounds.
static void follows_feed_shapes(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const int64_t any[] = {-1};
  const TF_Output x = test_placeholder(&g, TF_FLOAT, any, 1);
  const TF_Output y = test_binary(&g, "Mul", x, x);
  const TF_Output z = test_binary(&g, "AddV2", y, x);
  TF_Session* session = test_session(&g);
  for (int round = 0; round < 2; ++round) {
    for (int64_t n = 0; n < 40; ++n) {
      TF_Tensor* feed = test_ramp(&n, 1, 1, 1);
      TF_Tensor* got = test_run(&g, session, 1, &x, &feed, z);
      assert_int_equal(TF_Dim(got, 0), n);
      for (int64_t i = 0; i < n; ++i) {
        const float v = (float)(i + 1);
        assert_true(((const float*)TF_TensorData(got))[i] == v * v + v);
      }
      TF_DeleteTensor(got);
      TF_DeleteTensor(feed);
    }
  }
  test_close(&g, session);
  test_graph_deinit(&g);
}

// A shape that is fed, and one that is computed from another tensor's shape: both known before the run.
static void shapes_from_values(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const int64_t any[] = {-1};
  const TF_Output x = test_placeholder(&g, TF_FLOAT, NULL, -1);
  const TF_Output shape = test_placeholder(&g, TF_INT32, any, 1);
  const TF_Output y = test_binary(&g, "Reshape", test_unary(&g, "Neg", x), shape);
  const TF_Output back = test_binary(&g, "Reshape", y, test_unary(&g, "Shape", x));
  TF_Session* session = test_session(&g);
  TF_Tensor* feed = test_ramp((const int64_t[]){2, 3}, 2, 1, 1);
  const int32_t shapes[][2] = {{3, 2}, {6, 1}, {-1, 3}};
  for (int i = 0; i < 3; ++i) {
    TF_Tensor* fed_shape = test_ints(2, shapes[i]);
    const TF_Output feeds[] = {x, shape};
    TF_Tensor* const values[] = {feed, fed_shape};
    TF_Tensor* got = test_run(&g, session, 2, feeds, values, y);
    assert_int_equal(TF_Dim(got, 0), shapes[i][0] < 0 ? 2 : shapes[i][0]);
    test_assert_floats(got, 6, (const float[]){-1, -2, -3, -4, -5, -6});
    TF_DeleteTensor(got);
    got = test_run(&g, session, 2, feeds, values, back);
    assert_int_equal(TF_Dim(got, 1), 3);
    TF_DeleteTensor(got);
    TF_DeleteTensor(fed_shape);
  }
  TF_Tensor* bad_shape = test_ints(2, (const int32_t[]){4, 2});
  const TF_Output feeds[] = {x, shape};
  TF_Tensor* const values[] = {feed, bad_shape};
  assert_int_equal(test_run_code(&g, session, 2, feeds, values, 1, &y), TF_INVALID_ARGUMENT);
  TF_DeleteTensor(bad_shape);
  TF_DeleteTensor(feed);
  test_close(&g, session);
  test_graph_deinit(&g);
}

// A chain whose shape arithmetic is computed before the run: Shape -> Mul -> Reshape.
static void shape_arithmetic(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output x = test_placeholder(&g, TF_FLOAT, NULL, -1);
  const TF_Output doubled = test_binary(&g, "AddV2", x, x);
  const TF_Output size =
      test_binary(&g, "Mul", test_unary(&g, "Shape", x), test_const_ints(&g, 1, (const int32_t[]){1}));
  const TF_Output y = test_binary(&g, "Reshape", doubled, size);
  const TF_Output fetches[] = {y, size};
  TF_Session* session = test_session(&g);
  TF_Tensor* feed = test_ramp((const int64_t[]){4}, 1, 0, 1);
  TF_Tensor* got[2] = {0};
  TF_SessionRun(session, NULL, &x, &feed, 1, fetches, got, 2, NULL, 0, NULL, g.status);
  assert_int_equal(TF_GetCode(g.status), TF_OK);
  test_assert_floats(got[0], 4, (const float[]){0, 2, 4, 6});
  assert_int_equal(*(const int32_t*)TF_TensorData(got[1]), 4);
  TF_DeleteTensor(got[0]);
  TF_DeleteTensor(got[1]);
  TF_DeleteTensor(feed);
  test_close(&g, session);
  test_graph_deinit(&g);
}

static void refuses_over_budget(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const int64_t any[] = {-1};
  const TF_Output x = test_placeholder(&g, TF_FLOAT, any, 1);
  const TF_Output y = test_unary(&g, "Neg", x);
  TF_SessionOptions* options = TF_NewSessionOptions();
  CTF_SessionOptionsSetMemoryLimit(options, (size_t)1 << 20, g.status);
  TF_Session* session = test_session_with(&g, options);
  const int64_t large = 1 << 19, small = 16;
  TF_Tensor* feed = test_ramp(&large, 1, 0, 1);
  assert_int_equal(test_run_code(&g, session, 1, &x, &feed, 1, &y), TF_RESOURCE_EXHAUSTED);
  assert_non_null(strstr(TF_Message(g.status), "'n1' (Neg)"));
  TF_DeleteTensor(feed);
  feed = test_ramp(&small, 1, 0, 1);
  assert_int_equal(test_run_code(&g, session, 1, &x, &feed, 1, &y), TF_OK);
  TF_DeleteTensor(feed);
  test_close(&g, session);
  test_graph_deinit(&g);
}

static void names_ops_without_kernels(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output x = test_placeholder(&g, TF_FLOAT, (const int64_t[]){2, 2}, 2);
  const TF_Output y = test_unary(&g, "MatrixInverse", x);
  TF_Session* session = test_session(&g);
  TF_Tensor* feed = test_ramp((const int64_t[]){2, 2}, 2, 1, 1);
  const TF_Code code = test_run_code(&g, session, 1, &x, &feed, 1, &y);
  if (code != TF_OK) {  // until the op has a kernel
    assert_int_equal(code, TF_UNIMPLEMENTED);
    assert_non_null(strstr(TF_Message(g.status), "MatrixInverse (1 node, e.g. \"n1\")"));
  }
  TF_DeleteTensor(feed);
  test_close(&g, session);
  test_graph_deinit(&g);
}

// As in TensorFlow: a type that an op's interface allows and no kernel has is the caller's mistake.
static void types_without_kernels(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output x = test_const_ints(&g, 2, (const int32_t[]){1, 2});
  const TF_Output real = test_binary(&g, "RealDiv", x, x);
  const TF_Output inverse = test_unary(&g, "MatrixInverse", test_placeholder(&g, TF_FLOAT, NULL, 0));
  const TF_Output both[2] = {real, inverse};
  TF_Session* session = test_session(&g);
  TF_Tensor* feed = test_ramp((const int64_t[]){2, 2}, 2, 1, 1);
  const TF_Output fed = TF_OperationInput((TF_Input){inverse.oper, 0});
  assert_int_equal(test_run_code(&g, session, 0, NULL, NULL, 1, &real), TF_INVALID_ARGUMENT);
  assert_non_null(strstr(TF_Message(g.status), "RealDiv for int32 (1 node, e.g. \"n1\")"));
  const TF_Code code = test_run_code(&g, session, 1, &fed, &feed, 2, both);
  assert_int_equal(code,
                   strstr(TF_Message(g.status), "MatrixInverse") != NULL ? TF_UNIMPLEMENTED : TF_INVALID_ARGUMENT);
  TF_DeleteTensor(feed);
  test_close(&g, session);
  test_graph_deinit(&g);
}

static void missing_device_lists_devices(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output x = test_placeholder(&g, TF_FLOAT, kTwo, 1);
  const TF_Output y = test_op(&g, "Neg", "/device:GPU:7", 1, &x);
  // Folding would take this one away; its device is not there all the same.
  const TF_Output c = test_const(&g, test_ramp(kTwo, 1, 1, 1));
  const TF_Output folded = test_op(&g, "Neg", "/device:GPU:7", 1, &c);
  TF_Session* session = test_session(&g);
  TF_Tensor* feed = test_ramp(kTwo, 1, 1, 1);
  assert_int_equal(test_run_code(&g, session, 0, NULL, NULL, 1, &folded), TF_INVALID_ARGUMENT);
  assert_int_equal(test_run_code(&g, session, 1, &x, &feed, 1, &y), TF_INVALID_ARGUMENT);
  assert_non_null(strstr(TF_Message(g.status), "Cannot assign a device for operation n1"));
  assert_non_null(strstr(TF_Message(g.status), "/job:localhost/replica:0/task:0/device:CPU:0"));
  TF_DeleteTensor(feed);
  test_close(&g, session);
  test_graph_deinit(&g);
}

typedef struct caller {
  test_graph* g;
  TF_Session* session;
  TF_Output x, z;
  int wrong;
} caller;

static void* call_many(void* arg) {
  caller* c = arg;
  TF_Status* status = TF_NewStatus();
  for (int i = 0; i < 200; ++i) {
    const int64_t n = 1 + i % 7;
    TF_Tensor* feed = TF_AllocateTensor(TF_FLOAT, &n, 1, (size_t)n * sizeof(float));
    for (int64_t j = 0; j < n; ++j) ((float*)TF_TensorData(feed))[j] = (float)(i + j);
    TF_Tensor* got = NULL;
    TF_SessionRun(c->session, NULL, &c->x, &feed, 1, &c->z, &got, 1, NULL, 0, NULL, status);
    if (TF_GetCode(status) != TF_OK) {
      ++c->wrong;
    } else {
      for (int64_t j = 0; j < n; ++j) c->wrong += ((const float*)TF_TensorData(got))[j] != 2 * (float)(i + j);
    }
    TF_DeleteTensor(got);
    TF_DeleteTensor(feed);
  }
  TF_DeleteStatus(status);
  return NULL;
}

static void runs_of_several_threads(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output x = test_placeholder(&g, TF_FLOAT, NULL, -1);
  const TF_Output z = test_binary(&g, "AddV2", x, x);
  caller c[4];
  pthread_t threads[4];
  TF_Session* session = test_session(&g);
  for (int i = 0; i < 4; ++i) {
    c[i] = (caller){&g, session, x, z, 0};
    assert_int_equal(pthread_create(&threads[i], NULL, call_many, &c[i]), 0);
  }
  for (int i = 0; i < 4; ++i) {
    pthread_join(threads[i], NULL);
    assert_int_equal(c[i].wrong, 0);
  }
  test_close(&g, session);
  test_graph_deinit(&g);
}

static void passes_do_not_change_answers(void** state) {
  (void)state;
  static const char* const kPasses[] = {"all", "none", "fold", "-fold"};
  for (int i = 0; i < 4; ++i) {
    test_graph g;
    test_graph_init(&g);
    const TF_Output a = test_const(&g, test_floats(kTwo, 1, (const float[]){1, 2}));
    const TF_Output b = test_binary(&g, "AddV2", a, a);
    const TF_Output c = test_binary(&g, "Mul", b, test_unary(&g, "Neg", b));
    TF_SessionOptions* options = TF_NewSessionOptions();
    CTF_SessionOptionsSetPasses(options, kPasses[i], g.status);
    TF_Session* session = test_session_with(&g, options);
    TF_Tensor* got = test_run(&g, session, 0, NULL, NULL, c);
    test_assert_floats(got, 2, (const float[]){-4, -16});
    TF_DeleteTensor(got);
    test_close(&g, session);
    test_graph_deinit(&g);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(adds_and_multiplies),
      cmocka_unit_test(fetches_own_their_memory),
      cmocka_unit_test(feeds_inside_the_graph),
      cmocka_unit_test(refuses_wrong_feeds),
      cmocka_unit_test(feeds_of_another_shape),
      cmocka_unit_test(refuses_constant_of_another_type),
      cmocka_unit_test(follows_feed_shapes),
      cmocka_unit_test(shapes_from_values),
      cmocka_unit_test(shape_arithmetic),
      cmocka_unit_test(refuses_over_budget),
      cmocka_unit_test(names_ops_without_kernels),
      cmocka_unit_test(types_without_kernels),
      cmocka_unit_test(missing_device_lists_devices),
      cmocka_unit_test(runs_of_several_threads),
      cmocka_unit_test(passes_do_not_change_answers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
