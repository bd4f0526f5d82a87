// Packed weights: made once, charged, given up when memory is short.
#include "tests/support/check.h"

#include "engine/session_impl.h"
#include "tests/support/graph.h"

enum { ROWS = 40, DEPTH = 300, COLUMNS = 500, PACKED = DEPTH * COLUMNS * 4 };
static const int64_t kX[] = {ROWS, DEPTH}, kWeights[] = {DEPTH, COLUMNS};

typedef struct fixture {
  test_graph g;
  TF_Output x, end;
  TF_Session* session;
} fixture;

static void make(fixture* f, const char* passes, size_t limit) {
  TF_SessionOptions* options = TF_NewSessionOptions();
  test_graph_init(&f->g);
  f->x = test_placeholder(&f->g, TF_FLOAT, NULL, -1);
  const TF_Output weights = test_const(&f->g, test_ramp(kWeights, 2, -1, 0.001f));
  f->end = test_unary(&f->g, "Relu", test_binary(&f->g, "MatMul", f->x, weights));
  CTF_SessionOptionsSetPasses(options, passes, f->g.status);
  if (limit > 0) CTF_SessionOptionsSetMemoryLimit(options, limit, f->g.status);
  assert_int_equal(TF_GetCode(f->g.status), TF_OK);
  f->session = test_session_with(&f->g, options);
}

static void discard(fixture* f) {
  test_close(&f->g, f->session);
  test_graph_deinit(&f->g);
}

static TF_Tensor* run(fixture* f, int64_t rows) {
  const int64_t dims[] = {rows, DEPTH};
  TF_Tensor* feed = test_ramp(dims, 2, 1, -0.01f);
  TF_Tensor* got = test_run(&f->g, f->session, 1, &f->x, &feed, f->end);
  TF_DeleteTensor(feed);
  return got;
}

static size_t used(const fixture* f) { return ctf_budget_used(f->session->budgets[0]); }

static void same_as_without(TF_Tensor* got, int64_t rows) {
  fixture plain;
  make(&plain, "-pack", 0);
  TF_Tensor* want = run(&plain, rows);
  assert_memory_equal(TF_TensorData(got), TF_TensorData(want), TF_TensorByteSize(want));
  TF_DeleteTensor(want);
  TF_DeleteTensor(got);
  discard(&plain);
}

static void packed_once_for_all_shapes(void** state) {
  (void)state;
  fixture f;
  make(&f, "all", 0);
  const size_t before = used(&f);
  same_as_without(run(&f, ROWS), ROWS);
  const size_t first = used(&f);
  assert_true(first >= before + PACKED);
  for (int64_t rows = ROWS + 1; rows < ROWS + 8; ++rows) same_as_without(run(&f, rows), rows);
  assert_true(used(&f) < first + PACKED);  // the other shapes read the same weights
  same_as_without(run(&f, 1), 1);          // a row alone needs none
  CTF_DeviceTrim(f.session, "cpu", f.g.status);
  assert_int_equal(TF_GetCode(f.g.status), TF_OK);
  assert_true(used(&f) < before + PACKED);
  same_as_without(run(&f, ROWS), ROWS);
  discard(&f);
}

// A budget that has room for the run, but not for packed weights beside it.
static void not_packed_where_memory_is_short(void** state) {
  (void)state;
  fixture f;
  const size_t result = ROWS * COLUMNS * 4, workspace = PACKED * 3 / 4 + (1 << 16);
  make(&f, "all", result + workspace);
  same_as_without(run(&f, ROWS), ROWS);
  assert_true(used(&f) <= result + workspace);
  discard(&f);
}

// Weights that are fed may be others in the next run.
static void fed_weights_are_not_packed(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output in[] = {test_placeholder(&g, TF_FLOAT, kX, 2), test_placeholder(&g, TF_FLOAT, kWeights, 2)};
  const TF_Output end = test_binary(&g, "MatMul", in[0], in[1]);
  TF_Session* session = test_session(&g);
  for (int i = 0; i < 2; ++i) {
    TF_Tensor* const values[] = {test_ramp(kX, 2, 1, 0), test_ramp(kWeights, 2, (float)i, 0)};
    TF_Tensor* got = test_run(&g, session, 2, in, values, end);
    assert_true(((const float*)TF_TensorData(got))[7] == (float)(i * DEPTH));
    TF_DeleteTensor(got);
    for (int j = 0; j < 2; ++j) TF_DeleteTensor(values[j]);
  }
  test_close(&g, session);
  test_graph_deinit(&g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(packed_once_for_all_shapes),
      cmocka_unit_test(not_packed_where_memory_is_short),
      cmocka_unit_test(fed_weights_are_not_packed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
