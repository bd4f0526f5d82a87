// Fused steps: which ops become one, and that a step of many has the bits of many steps.
#include "tests/support/check.h"

#include <stdio.h>

#include "runtime/tensor.h"
#include "tests/support/elements.h"
#include "tests/support/graph.h"

enum { MAX_RANK = 4 };

static TF_Session* session_with(test_graph* g, const char* passes) {
  TF_SessionOptions* options = TF_NewSessionOptions();
  CTF_SessionOptionsSetPasses(options, passes, g->status);
  return test_session_with(g, options);
}

static TF_Tensor* filled(TF_DataType dtype, const int64_t* dims, int rank, uint64_t seed) {
  int64_t count = 1;
  for (int i = 0; i < rank; ++i) count *= dims[i];
  TF_Tensor* tensor = TF_AllocateTensor(dtype, dims, rank, (size_t)count * TF_DataTypeSize(dtype));
  assert_non_null(tensor);
  test_fill(&tensor->view, seed);
  return tensor;
}

static void same_bits(const TF_Tensor* a, const TF_Tensor* b, const char* what) {
  assert_int_equal(TF_TensorElementCount(a), TF_TensorElementCount(b));
  assert_int_equal(TF_NumDims(a), TF_NumDims(b));
  const size_t bytes = TF_DataTypeSize(TF_TensorType(a));
  for (int64_t i = 0; i < TF_TensorElementCount(a); ++i) {
    const char *x = (const char*)TF_TensorData(a) + (size_t)i * bytes,
               *y = (const char*)TF_TensorData(b) + (size_t)i * bytes;
    if (test_same_element(TF_TensorType(a), x, y)) continue;
    print_error("%s: element %d differs\n", what, (int)i);
    fail();
  }
}

static size_t num_steps(test_graph* g, TF_Session* session, const CTF_FeedShape* feeds, int num_feeds,
                        const TF_Output* fetches, int num_fetches) {
  CTF_PlanReport* report = CTF_SessionPlan(session, feeds, num_feeds, fetches, num_fetches, NULL, 0, g->status);
  if (TF_GetCode(g->status) != TF_OK) print_error("%s\n", TF_Message(g->status));
  assert_int_equal(TF_GetCode(g->status), TF_OK);
  const size_t steps = CTF_PlanReportNumSteps(report);
  CTF_DeletePlanReport(report);
  return steps;
}

// ---- the same bits

typedef struct shape_row {
  const char* name;
  int rank[3];
  int64_t dims[3][MAX_RANK];
  size_t steps;  // with shapes that the graph knows; 0: not counted
} shape_row;

static const shape_row kShapes[] = {
    {"scalars", {0, 0, 0}, {{0}}, 1},
    {"empty", {2, 2, 0}, {{0, 3}, {0, 3}}, 1},
    {"one tile", {1, 1, 0}, {{37}, {37}}, 1},
    {"many tiles", {2, 2, 0}, {{70, 1001}, {70, 1001}}, 1},
    {"short rows", {2, 1, 0}, {{600, 5}, {5}}, 1},
    {"long rows", {2, 1, 0}, {{7, 1000}, {1000}}, 1},
    {"columns", {2, 2, 0}, {{600, 5}, {600, 1}}, 1},
    {"long columns", {2, 2, 1}, {{9, 700}, {9, 1}, {700}}, 1},
    {"middle", {3, 3, 3}, {{4, 6, 50}, {4, 1, 50}, {1, 6, 1}}, 1},
    {"more threads than one", {2, 1, 2}, {{300, 1000}, {1000}, {300, 1}}, 1},
    {"the second one is larger", {1, 2, 0}, {{5}, {600, 5}}, 0},
    {"both are repeated", {2, 2, 0}, {{300, 1}, {1, 40}}, 0},
};

typedef struct type_row {
  TF_DataType dtype;
  const char* ops[3];  // of x and y; of that and z; of x and that
  bool ordered;        // a choice by Greater stands between
} type_row;

static const type_row kTypes[] = {
    {TF_FLOAT, {"AddV2", "Maximum", "Mul"}, true},
    {TF_DOUBLE, {"Sub", "Minimum", "Mul"}, true},
    {TF_HALF, {"AddV2", "Maximum", "Mul"}, true},
    {TF_BFLOAT16, {"Mul", "Sub", "AddV2"}, true},
    {TF_INT8, {"AddV2", "Maximum", "Mul"}, true},
    {TF_UINT16, {"Mul", "Sub", "AddV2"}, true},
    {TF_INT32, {"Mul", "Minimum", "AddV2"}, true},
    {TF_INT64, {"Sub", "Maximum", "Mul"}, true},
    {TF_COMPLEX64, {"AddV2", "Sub", "Mul"}, false},
    {TF_COMPLEX128, {"Mul", "AddV2", "Sub"}, false},
    {TF_BOOL, {"LogicalAnd", "LogicalOr", "LogicalAnd"}, false},
};

// Two fetches: the end, and a result from the middle.
static void run_both(const type_row* type, const shape_row* shape, bool known) {
  char what[128];
  test_graph g;
  TF_Output in[3], fetches[2];
  TF_Tensor *values[3], *got[2][2] = {{NULL}};
  CTF_FeedShape feeds[3];
  snprintf(what, sizeof(what), "%s, type %d%s", shape->name, (int)type->dtype, known ? "" : ", shapes not known");
  test_graph_init(&g);
  for (int i = 0; i < 3; ++i) {
    in[i] = test_placeholder(&g, type->dtype, known ? shape->dims[i] : NULL, known ? shape->rank[i] : -1);
    values[i] = filled(type->dtype, shape->dims[i], shape->rank[i], (uint64_t)i + 7);
    feeds[i] = (CTF_FeedShape){.feed = in[i], .dims = shape->dims[i], .num_dims = shape->rank[i]};
  }
  const TF_Output first = test_binary(&g, type->ops[0], in[0], in[1]);
  TF_Output last = test_binary(&g, type->ops[1], first, in[2]);
  if (type->ordered) {
    last = test_op(&g, "SelectV2", NULL, 3, (const TF_Output[]){test_binary(&g, "Greater", first, last), last, in[0]});
  }
  fetches[0] = test_binary(&g, type->ops[2], in[0], last);
  fetches[1] = first;
  for (int i = 0; i < 2; ++i) {
    TF_Session* session = session_with(&g, i == 0 ? "all" : "none");
    if (i == 0 && known && shape->steps > 0) {
      assert_int_equal(num_steps(&g, session, feeds, 3, fetches, 2), shape->steps);
    }
    TF_SessionRun(session, NULL, in, values, 3, fetches, got[i], 2, NULL, 0, NULL, g.status);
    if (TF_GetCode(g.status) != TF_OK) print_error("%s: %s\n", what, TF_Message(g.status));
    assert_int_equal(TF_GetCode(g.status), TF_OK);
    test_close(&g, session);
  }
  for (int i = 0; i < 2; ++i) {
    same_bits(got[0][i], got[1][i], what);
    for (int j = 0; j < 2; ++j) TF_DeleteTensor(got[j][i]);
  }
  for (int i = 0; i < 3; ++i) TF_DeleteTensor(values[i]);
  test_graph_deinit(&g);
}

static void the_same_bits(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kTypes) / sizeof(kTypes[0]); ++i) {
    for (size_t j = 0; j < sizeof(kShapes) / sizeof(kShapes[0]); ++j) {
      run_both(&kTypes[i], &kShapes[j], true);
      run_both(&kTypes[i], &kShapes[j], false);
    }
  }
}

// ---- rows

static TF_Output reduce(test_graph* g, const char* op, TF_Output x, int32_t axis) {
  char name[32];
  snprintf(name, sizeof(name), "%s_%d", op, g->count++);
  TF_OperationDescription* desc = TF_NewOperation(g->graph, op, name);
  TF_AddInput(desc, x);
  TF_AddInput(desc, test_const_ints(g, 1, &axis));
  TF_SetAttrBool(desc, "keep_dims", 1);
  const TF_Output out = {TF_FinishOperation(desc, g->status), 0};
  if (TF_GetCode(g->status) != TF_OK) print_error("%s\n", TF_Message(g->status));
  assert_int_equal(TF_GetCode(g->status), TF_OK);
  return out;
}

static TF_Output softmax(test_graph* g, TF_Output x, TF_Output unused) {
  (void)unused;
  const TF_Output e = test_unary(g, "Exp", test_binary(g, "Sub", x, reduce(g, "Max", x, -1)));
  return test_binary(g, "RealDiv", e, reduce(g, "Sum", e, -1));
}

static TF_Output layer_norm(test_graph* g, TF_Output x, TF_Output scale) {
  const TF_Output centred = test_binary(g, "Sub", x, reduce(g, "Mean", x, -1));
  const TF_Output variance = reduce(g, "Mean", test_binary(g, "Mul", centred, centred), -1);
  const TF_Output slope = test_unary(g, "Rsqrt", test_binary(g, "Maximum", variance, variance));
  return test_binary(g, "AddV2", test_binary(g, "Mul", test_binary(g, "Mul", centred, slope), scale), scale);
}

// Each row by its length, and what is larger than it.
static TF_Output scaled_rows(test_graph* g, TF_Output x, TF_Output scale) {
  const TF_Output scaled = test_binary(g, "Mul", x, scale);
  const TF_Output length = reduce(g, "EuclideanNorm", scaled, -1), least = reduce(g, "Min", x, -1);
  const TF_Output above = test_binary(g, "Greater", x, length);
  return test_op(g, "SelectV2", NULL, 3, (const TF_Output[]){above, least, test_binary(g, "Sub", scaled, least)});
}

typedef struct row_test {
  const char* name;
  TF_Output (*build)(test_graph* g, TF_Output x, TF_Output scale);
  TF_DataType dtype;
  int rank;
  int64_t dims[MAX_RANK];
  size_t steps;
} row_test;

static const row_test kRows[] = {
    {"softmax", softmax, TF_FLOAT, 2, {33, 1000}, 1},
    {"softmax, three dimensions", softmax, TF_FLOAT, 3, {3, 5, 64}, 1},
    {"softmax, double", softmax, TF_DOUBLE, 2, {7, 129}, 1},
    {"softmax, half", softmax, TF_HALF, 2, {7, 129}, 1},
    {"softmax, longest rows", softmax, TF_FLOAT, 2, {9, 4096}, 1},
    {"softmax, rows too long", softmax, TF_FLOAT, 2, {3, 5000}, 4},
    {"softmax, rows too short", softmax, TF_FLOAT, 2, {50, 7}, 4},
    {"softmax, no rows", softmax, TF_FLOAT, 2, {0, 128}, 1},
    {"layer norm", layer_norm, TF_FLOAT, 3, {4, 50, 768}, 1},
    {"layer norm, many rows", layer_norm, TF_FLOAT, 2, {20000, 64}, 1},
    {"layer norm, bfloat16", layer_norm, TF_BFLOAT16, 2, {30, 100}, 1},
    {"scaled rows", scaled_rows, TF_FLOAT, 2, {40, 300}, 1},
    {"scaled rows, double", scaled_rows, TF_DOUBLE, 4, {2, 3, 4, 65}, 1},
};

static void rows_are_one_step(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kRows) / sizeof(kRows[0]); ++i) {
    const row_test* row = &kRows[i];
    test_graph g;
    test_graph_init(&g);
    const TF_Output in[] = {test_placeholder(&g, row->dtype, row->dims, row->rank),
                            test_placeholder(&g, row->dtype, &row->dims[row->rank - 1], 1)};
    TF_Tensor* const values[] = {filled(row->dtype, row->dims, row->rank, 3),
                                 filled(row->dtype, &row->dims[row->rank - 1], 1, 4)};
    const TF_Output end = row->build(&g, in[0], in[1]);
    const CTF_FeedShape feeds[] = {{.feed = in[0], .dims = row->dims, .num_dims = row->rank},
                                   {.feed = in[1], .dims = &row->dims[row->rank - 1], .num_dims = 1}};
    TF_Tensor* got[2];
    for (int j = 0; j < 2; ++j) {
      TF_Session* session = session_with(&g, j == 0 ? "all" : "none");
      if (j == 0 && num_steps(&g, session, feeds, 2, &end, 1) != row->steps) {
        print_error("%s: %d steps\n", row->name, (int)num_steps(&g, session, feeds, 2, &end, 1));
        fail();
      }
      got[j] = test_run(&g, session, 2, in, values, end);
      test_close(&g, session);
    }
    same_bits(got[0], got[1], row->name);
    for (int j = 0; j < 2; ++j) {
      TF_DeleteTensor(got[j]);
      TF_DeleteTensor(values[j]);
    }
    test_graph_deinit(&g);
  }
}

// ---- heads: products and convolutions whose result the step goes on with

static TF_Output conv(test_graph* g, const char* op, TF_Output x, TF_Output filter) {
  static const int64_t kStrides[] = {1, 1, 1, 1};
  char name[48];
  snprintf(name, sizeof(name), "%s_%d", op, g->count++);
  TF_OperationDescription* desc = TF_NewOperation(g->graph, op, name);
  TF_AddInput(desc, x);
  TF_AddInput(desc, filter);
  TF_SetAttrIntList(desc, "strides", kStrides, 4);
  TF_SetAttrString(desc, "padding", "SAME", 4);
  const TF_Output out = {TF_FinishOperation(desc, g->status), 0};
  if (TF_GetCode(g->status) != TF_OK) print_error("%s\n", TF_Message(g->status));
  assert_int_equal(TF_GetCode(g->status), TF_OK);
  return out;
}

// x, what it is multiplied with, and a row.
typedef struct head_test {
  const char* name;
  const char* op;
  TF_DataType dtype;
  int rank[3];
  int64_t dims[3][MAX_RANK];
  bool adds_input;  // the head's own input is read again
  size_t steps;     // 0: not counted
} head_test;

static const head_test kHeads[] = {
    {"product", "MatMul", TF_FLOAT, {2, 2, 1}, {{70, 40}, {40, 90}, {90}}, false, 1},
    {"wide product", "MatMul", TF_FLOAT, {2, 2, 1}, {{33, 300}, {300, 2000}, {2000}}, false, 1},
    {"one row", "MatMul", TF_FLOAT, {2, 2, 1}, {{1, 300}, {300, 100}, {100}}, false, 1},
    {"product, double", "MatMul", TF_DOUBLE, {2, 2, 1}, {{70, 40}, {40, 40}, {40}}, true, 1},
    {"product, nothing to add", "MatMul", TF_FLOAT, {2, 2, 1}, {{3, 0}, {0, 5}, {5}}, false, 1},
    {"empty product", "MatMul", TF_FLOAT, {2, 2, 1}, {{0, 3}, {3, 5}, {5}}, false, 1},
    {"product, half", "MatMul", TF_HALF, {2, 2, 1}, {{20, 10}, {10, 30}, {30}}, false, 2},
    {"batches", "BatchMatMulV2", TF_FLOAT, {3, 3, 1}, {{5, 20, 16}, {5, 16, 24}, {24}}, false, 1},
    {"a broadcast that is larger", "MatMul", TF_FLOAT, {2, 2, 3}, {{4, 5}, {5, 6}, {3, 4, 6}}, false, 0},
    {"convolution", "Conv2D", TF_FLOAT, {4, 4, 1}, {{2, 17, 13, 16}, {3, 3, 16, 16}, {16}}, true, 1},
    {"few channels", "Conv2D", TF_FLOAT, {4, 4, 1}, {{1, 40, 40, 3}, {3, 3, 3, 32}, {32}}, false, 1},
    {"groups", "Conv2D", TF_FLOAT, {4, 4, 1}, {{2, 9, 9, 8}, {3, 3, 2, 40}, {40}}, false, 1},
    {"one pixel", "Conv2D", TF_DOUBLE, {4, 4, 1}, {{2, 9, 9, 24}, {1, 1, 24, 600}, {600}}, false, 1},
    {"depthwise", "DepthwiseConv2dNative", TF_FLOAT, {4, 4, 1}, {{2, 30, 9, 20}, {3, 3, 20, 1}, {20}}, true, 1},
};

static void run_head(const head_test* test, bool known) {
  test_graph g;
  TF_Output in[3];
  TF_Tensor *values[3], *got[2] = {NULL};
  CTF_FeedShape feeds[3];
  test_graph_init(&g);
  for (int i = 0; i < 3; ++i) {
    in[i] = test_placeholder(&g, test->dtype, known ? test->dims[i] : NULL, known ? test->rank[i] : -1);
    values[i] = filled(test->dtype, test->dims[i], test->rank[i], (uint64_t)i + 21);
    feeds[i] = (CTF_FeedShape){.feed = in[i], .dims = test->dims[i], .num_dims = test->rank[i]};
  }
  const bool is_product = strstr(test->op, "MatMul") != NULL;
  const TF_Output head = is_product ? test_binary(&g, test->op, in[0], in[1]) : conv(&g, test->op, in[0], in[1]);
  const TF_Output biased = test_binary(&g, "AddV2", head, in[2]);
  const TF_Output both = test_binary(&g, "Mul", biased, test_unary(&g, "Sigmoid", head));
  const TF_Output end = test->adds_input ? test_binary(&g, "Sub", both, in[0]) : test_unary(&g, "Relu", both);
  for (int i = 0; i < 2; ++i) {
    TF_Session* session = session_with(&g, i == 0 ? "all" : "none");
    if (i == 0 && known && test->steps > 0 && num_steps(&g, session, feeds, 3, &end, 1) != test->steps) {
      print_error("%s: %d steps\n", test->name, (int)num_steps(&g, session, feeds, 3, &end, 1));
      fail();
    }
    got[i] = test_run(&g, session, 3, in, values, end);
    test_close(&g, session);
  }
  same_bits(got[0], got[1], test->name);
  for (int i = 0; i < 2; ++i) TF_DeleteTensor(got[i]);
  for (int i = 0; i < 3; ++i) TF_DeleteTensor(values[i]);
  test_graph_deinit(&g);
}

static void heads_are_part_of_the_step(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kHeads) / sizeof(kHeads[0]); ++i) {
    run_head(&kHeads[i], true);
    run_head(&kHeads[i], false);
  }
}

// A product that somebody else reads, or waits for, is a step of its own.
static void a_product_with_other_readers(void** state) {
  (void)state;
  static const int64_t kSquare[] = {8, 8};
  test_graph g;
  test_graph_init(&g);
  const TF_Output x = test_placeholder(&g, TF_FLOAT, kSquare, 2);
  const CTF_FeedShape feed = {.feed = x, .dims = kSquare, .num_dims = 2};
  const TF_Output product = test_binary(&g, "MatMul", x, x);
  const TF_Output end = test_unary(&g, "Relu", test_unary(&g, "Neg", product)), fetches[] = {end, product};
  TF_OperationDescription* waiting = TF_NewOperation(g.graph, "Tanh", "waits");
  TF_AddInput(waiting, x);
  TF_AddControlInput(waiting, product.oper);
  const TF_Output waits = {TF_FinishOperation(waiting, g.status), 0};
  assert_int_equal(TF_GetCode(g.status), TF_OK);
  const TF_Output late = test_binary(&g, "AddV2", end, waits);
  TF_Session* session = session_with(&g, "all");
  assert_int_equal(num_steps(&g, session, &feed, 1, fetches, 1), 1);
  assert_int_equal(num_steps(&g, session, &feed, 1, fetches, 2), 2);
  assert_int_equal(num_steps(&g, session, &feed, 1, &late, 1), 2);
  test_close(&g, session);
  test_graph_deinit(&g);
}

// Written past the caches, by several threads; and with its end in the bytes of an input that has died.
static void large_outputs(void** state) {
  (void)state;
  static const int64_t kLarge[] = {3001, 3001}, kRow[] = {3001};
  test_graph g;
  test_graph_init(&g);
  const TF_Output x = test_placeholder(&g, TF_FLOAT, kLarge, 2), row = test_placeholder(&g, TF_FLOAT, kRow, 1);
  const TF_Output in[] = {x, row};
  TF_Tensor* const values[] = {test_ramp(kLarge, 2, -100, 0.001f), test_ramp(kRow, 1, 1, 0.5f)};
  const TF_Output fetch = test_unary(&g, "Relu", test_binary(&g, "AddV2", test_binary(&g, "Mul", x, row), row));
  const TF_Output axes = test_const_ints(&g, 1, (const int32_t[]){0});
  const TF_Output turned = test_binary(&g, "ReverseV2", x, axes);
  const TF_Output over = test_unary(&g, "Relu", test_binary(&g, "AddV2", test_binary(&g, "Mul", turned, row), row));
  const TF_Output end = test_binary(&g, "ReverseV2", over, axes);
  TF_Tensor* got[2][2];
  for (int i = 0; i < 2; ++i) {
    TF_Session* session = session_with(&g, i == 0 ? "all" : "none");
    got[i][0] = test_run(&g, session, 2, in, values, fetch);
    got[i][1] = test_run(&g, session, 2, in, values, end);
    test_close(&g, session);
  }
  for (int i = 0; i < 2; ++i) {
    same_bits(got[0][i], got[1][i], "large");
    for (int j = 0; j < 2; ++j) TF_DeleteTensor(got[j][i]);
    TF_DeleteTensor(values[i]);
  }
  test_graph_deinit(&g);
}

// ---- which ops

static const int64_t kDims[] = {50};

static void a_chain_is_one_step(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output x = test_placeholder(&g, TF_FLOAT, kDims, 1);
  const CTF_FeedShape feed = {.feed = x, .dims = kDims, .num_dims = 1};
  TF_Output at = x;
  for (int i = 0; i < 600; ++i) at = test_unary(&g, i % 3 == 0 ? "Identity" : i % 3 == 1 ? "Neg" : "Tanh", at);
  TF_Session* session = session_with(&g, "all");
  assert_int_equal(num_steps(&g, session, &feed, 1, &at, 1), 2);  // 400 ops: two programs
  test_close(&g, session);
  session = session_with(&g, "-fuse");
  assert_int_equal(num_steps(&g, session, &feed, 1, &at, 1), 600);
  test_close(&g, session);
  test_graph_deinit(&g);
}

// What leaves a group and comes back to it is no part of it, or groups would wait for each other.
static void no_way_leads_back(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output x = test_placeholder(&g, TF_FLOAT, kDims, 1);
  const CTF_FeedShape feed = {.feed = x, .dims = kDims, .num_dims = 1};
  const TF_Output axis = test_const_ints(&g, 1, (const int32_t[]){0});
  const TF_Output a = test_unary(&g, "Neg", x), b = test_unary(&g, "Tanh", x);
  const TF_Output turned_a = test_binary(&g, "ReverseV2", a, axis), turned_b = test_binary(&g, "ReverseV2", b, axis);
  const TF_Output end =
      test_binary(&g, "Mul", test_binary(&g, "AddV2", a, turned_b), test_binary(&g, "Sub", b, turned_a));
  TF_Session* session = session_with(&g, "all");
  // a and b; two reverses; Add, Sub and Mul.
  assert_int_equal(num_steps(&g, session, &feed, 1, &end, 1), 4);
  test_close(&g, session);
  test_graph_deinit(&g);
}

// A control of one op is a control of the step.
static void controls_hold(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output x = test_placeholder(&g, TF_FLOAT, kDims, 1);
  const TF_Output checked = test_placeholder(&g, TF_BOOL, NULL, 0);
  TF_OperationDescription* assertion = TF_NewOperation(g.graph, "Assert", "check");
  TF_AddInput(assertion, checked);
  TF_AddInputList(assertion, &x, 1);
  TF_Operation* check = TF_FinishOperation(assertion, g.status);
  assert_int_equal(TF_GetCode(g.status), TF_OK);
  TF_OperationDescription* waiting = TF_NewOperation(g.graph, "Neg", "waits");
  TF_AddInput(waiting, test_unary(&g, "Tanh", x));
  TF_AddControlInput(waiting, check);
  const TF_Output negated = {TF_FinishOperation(waiting, g.status), 0};
  assert_int_equal(TF_GetCode(g.status), TF_OK);
  const TF_Output end = test_unary(&g, "Exp", negated), feeds[] = {x, checked};
  TF_Session* session = session_with(&g, "all");
  for (int i = 0; i < 2; ++i) {
    TF_Tensor* const values[] = {test_ramp(kDims, 1, 0, 0.1f), TF_AllocateTensor(TF_BOOL, NULL, 0, 1)};
    *(bool*)TF_TensorData(values[1]) = i == 0;
    assert_int_equal(test_run_code(&g, session, 2, feeds, values, 1, &end), i == 0 ? TF_OK : TF_INVALID_ARGUMENT);
    for (int j = 0; j < 2; ++j) TF_DeleteTensor(values[j]);
  }
  test_close(&g, session);
  test_graph_deinit(&g);
}

// The nodes of a loop wait for each other; what is said of it is that its ops have no kernel.
static void a_loop_is_refused_by_name(void** state) {
  (void)state;
  static const char kLoop[] =
      "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } }"
      "node { name: 'enter' op: 'Enter' input: 'x' attr { key: 'T' value { type: DT_FLOAT } }"
      "  attr { key: 'frame_name' value { s: 'loop' } } }"
      "node { name: 'merge' op: 'Merge' input: 'enter' input: 'next' attr { key: 'T' value { type: DT_FLOAT } }"
      "  attr { key: 'N' value { i: 2 } } }"
      "node { name: 'neg' op: 'Neg' input: 'merge' attr { key: 'T' value { type: DT_FLOAT } } }"
      "node { name: 'tanh' op: 'Tanh' input: 'neg' attr { key: 'T' value { type: DT_FLOAT } } }"
      "node { name: 'next' op: 'NextIteration' input: 'tanh' attr { key: 'T' value { type: DT_FLOAT } } }";
  test_graph g;
  test_graph_init(&g);
  TF_Buffer* def = TF_NewBuffer();
  TF_ImportGraphDefOptions* options = TF_NewImportGraphDefOptions();
  CTF_GraphDefFromText(kLoop, sizeof(kLoop) - 1, def, g.status);
  assert_int_equal(TF_GetCode(g.status), TF_OK);
  TF_GraphImportGraphDef(g.graph, def, options, g.status);
  assert_int_equal(TF_GetCode(g.status), TF_OK);
  const TF_Output x = {TF_GraphOperationByName(g.graph, "x"), 0};
  const TF_Output tanh = {TF_GraphOperationByName(g.graph, "tanh"), 0};
  TF_Session* session = session_with(&g, "all");
  TF_Tensor *feed = test_ramp(kDims, 1, 0, 1), *got = NULL;
  TF_SessionRun(session, NULL, &x, &feed, 1, &tanh, &got, 1, NULL, 0, NULL, g.status);
  assert_int_equal(TF_GetCode(g.status), TF_UNIMPLEMENTED);
  assert_non_null(strstr(TF_Message(g.status), "Merge (1 node"));
  test_close(&g, session);
  TF_DeleteTensor(feed);
  TF_DeleteImportGraphDefOptions(options);
  TF_DeleteBuffer(def);
  test_graph_deinit(&g);
}

// ---- failures

// Where an op of a fused step fails, its own node is named, and the first one in the program's order.
static void a_failure_names_its_node(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output x = test_placeholder(&g, TF_INT32, kDims, 1), y = test_placeholder(&g, TF_INT32, kDims, 1);
  TF_OperationDescription* divides = TF_NewOperation(g.graph, "FloorDiv", "divides");
  TF_AddInput(divides, test_binary(&g, "AddV2", x, x));
  TF_AddInput(divides, y);
  const TF_Output quotient = {TF_FinishOperation(divides, g.status), 0};
  const TF_Output end = test_binary(&g, "Sub", quotient, x), in[] = {x, y};
  int32_t ones[50], some[50];
  for (int i = 0; i < 50; ++i) ones[i] = 1, some[i] = i - 40;
  TF_Tensor* const values[] = {test_ints(50, ones), test_ints(50, some)};
  TF_Session* session = session_with(&g, "all");
  TF_Tensor* got = NULL;
  TF_SessionRun(session, NULL, in, values, 2, &end, &got, 1, NULL, 0, NULL, g.status);
  assert_int_equal(TF_GetCode(g.status), TF_INVALID_ARGUMENT);
  assert_string_equal(TF_Message(g.status), "node 'divides' (FloorDiv): Integer division by zero");
  for (int i = 0; i < 2; ++i) TF_DeleteTensor(values[i]);
  test_close(&g, session);
  test_graph_deinit(&g);
}

// Shapes that turn out not to fit are the error of the op, as without fusion.
static void a_misfit_names_its_node(void** state) {
  (void)state;
  static const int64_t kOther[] = {49};
  char messages[2][512];
  test_graph g;
  test_graph_init(&g);
  const TF_Output x = test_placeholder(&g, TF_FLOAT, NULL, -1), y = test_placeholder(&g, TF_FLOAT, NULL, -1);
  const TF_Output in[] = {x, y}, end = test_unary(&g, "Relu", test_binary(&g, "Mul", test_unary(&g, "Neg", x), y));
  TF_Tensor* const values[] = {test_ramp(kDims, 1, 0, 1), test_ramp(kOther, 1, 0, 1)};
  for (int i = 0; i < 2; ++i) {
    TF_Session* session = session_with(&g, i == 0 ? "all" : "none");
    TF_Tensor* got = NULL;
    TF_SessionRun(session, NULL, in, values, 2, &end, &got, 1, NULL, 0, NULL, g.status);
    assert_int_equal(TF_GetCode(g.status), TF_INVALID_ARGUMENT);
    snprintf(messages[i], sizeof(messages[i]), "%s", TF_Message(g.status));
    test_close(&g, session);
  }
  assert_string_equal(messages[0], messages[1]);
  assert_non_null(strstr(messages[0], "= Mul"));
  for (int i = 0; i < 2; ++i) TF_DeleteTensor(values[i]);
  test_graph_deinit(&g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_same_bits),
      cmocka_unit_test(rows_are_one_step),
      cmocka_unit_test(heads_are_part_of_the_step),
      cmocka_unit_test(a_product_with_other_readers),
      cmocka_unit_test(large_outputs),
      cmocka_unit_test(a_chain_is_one_step),
      cmocka_unit_test(no_way_leads_back),
      cmocka_unit_test(controls_hold),
      cmocka_unit_test(a_loop_is_refused_by_name),
      cmocka_unit_test(a_failure_names_its_node),
      cmocka_unit_test(a_misfit_names_its_node),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
