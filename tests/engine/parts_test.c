// Outputs that lie side by side in an input take no bytes: which do, that nobody writes over them, and that a whole
// that would live longer for a part's sake is worth it.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/layout.h"
#include "engine/session_impl.h"
#include "tests/support/graph.h"

enum { ROWS = 8, COLUMNS = 16 };  // a row is as long as an arena's alignment

static const int64_t kDims[] = {ROWS, COLUMNS};

static TF_Session* session_with(test_graph* g, const char* passes) {
  TF_SessionOptions* options = TF_NewSessionOptions();
  CTF_SessionOptionsSetPasses(options, passes, g->status);
  return test_session_with(g, options);
}

static const ctf_layout* layout_of(TF_Session* session) { return session->plans[0].plan->layouts[0]; }

static size_t count_parts(TF_Session* session) {
  const ctf_layout* layout = layout_of(session);
  size_t count = 0;
  for (uint32_t i = 0; i < session->plans[0].plan->num_steps; ++i) count += layout->storages.in_input[i];
  return count;
}

// ---- ops, by where they cut

typedef struct cut_row {
  const char* name;
  int32_t begin[2], size[2], strides[2];  // of rows and columns; strides 0: Slice
  int64_t shrink;
  size_t parts;
} cut_row;

static const cut_row kCuts[] = {
    {"rows", {2, 0}, {3, COLUMNS}, .parts = 1},
    {"all", {0, 0}, {ROWS, COLUMNS}, .parts = 1},
    {"a piece of a row", {2, 0}, {1, 7}, .parts = 1},
    {"columns", {0, 4}, {ROWS, 4}, .parts = 0},
    {"rows, strided", {2, 0}, {3, COLUMNS}, {1, 1}, .parts = 1},
    {"every other row", {0, 0}, {ROWS, COLUMNS}, {2, 1}, .parts = 0},
    {"a row, its dimension dropped", {5, 0}, {1, COLUMNS}, {1, 1}, 1, .parts = 1},
    {"one column of all rows", {0, 3}, {ROWS, 1}, {1, 1}, 2, .parts = 0},
};

static TF_Output cut(test_graph* g, TF_Output x, const cut_row* row, int number) {
  char name[32];
  int32_t end[2];
  for (int i = 0; i < 2; ++i) end[i] = row->strides[0] == 0 ? row->size[i] : row->begin[i] + row->size[i];
  snprintf(name, sizeof(name), "cut%d", number);
  TF_OperationDescription* desc = TF_NewOperation(g->graph, row->strides[0] == 0 ? "Slice" : "StridedSlice", name);
  TF_AddInput(desc, x);
  TF_AddInput(desc, test_const_ints(g, 2, row->begin));
  TF_AddInput(desc, test_const_ints(g, 2, end));
  if (row->strides[0] != 0) {
    TF_AddInput(desc, test_const_ints(g, 2, row->strides));
    TF_SetAttrInt(desc, "shrink_axis_mask", row->shrink);
  }
  TF_Operation* oper = TF_FinishOperation(desc, g->status);
  assert_string_equal(TF_Message(g->status), "");
  return (TF_Output){oper, 0};
}

// The axis of rows.
static TF_Output zero(test_graph* g) {
  TF_Tensor* tensor = TF_AllocateTensor(TF_INT32, NULL, 0, sizeof(int32_t));
  memset(TF_TensorData(tensor), 0, sizeof(int32_t));
  return test_const(g, tensor);
}

static TF_Output product(test_graph* g, TF_Output x) { return test_binary(g, "Mul", x, x); }

// x is made in the arena, cut, and each piece is read; the same as without passes.
static void pieces_are_parts_where_they_lie_side_by_side(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kCuts) / sizeof(kCuts[0]); ++i) {
    test_graph g;
    test_graph_init(&g);
    const TF_Output p = test_placeholder(&g, TF_FLOAT, kDims, 2);
    const TF_Output end = product(&g, cut(&g, test_unary(&g, "Exp", p), &kCuts[i], (int)i));
    TF_Tensor* feed = test_ramp(kDims, 2, 0, 0.01F);
    TF_Session *cutting = session_with(&g, "-fuse"), *plain = session_with(&g, "none");
    TF_Tensor* got = test_run(&g, cutting, 1, &p, &feed, end);
    TF_Tensor* want = test_run(&g, plain, 1, &p, &feed, end);
    assert_int_equal(TF_TensorByteSize(got), TF_TensorByteSize(want));
    assert_memory_equal(TF_TensorData(got), TF_TensorData(want), TF_TensorByteSize(want));
    if (count_parts(cutting) != kCuts[i].parts) fail_msg("%s: %zu parts", kCuts[i].name, count_parts(cutting));
    assert_int_equal(count_parts(plain), 0);
    TF_DeleteTensor(got);
    TF_DeleteTensor(want);
    TF_DeleteTensor(feed);
    test_close(&g, cutting);
    test_close(&g, plain);
    test_graph_deinit(&g);
  }
}

// ---- when it is worth it

// A row of a large tensor that is read at the very end, behind a tensor as large: with the row a part, both would live.
static void a_small_part_does_not_keep_a_large_whole(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  static const cut_row kRow = {"a row", {1, 0}, {1, COLUMNS}};
  const TF_Output p = test_placeholder(&g, TF_FLOAT, kDims, 2);
  const TF_Output x = test_unary(&g, "Exp", p), row = cut(&g, x, &kRow, 0);
  const TF_Output axes = test_const_ints(&g, 1, (const int32_t[]){0});
  const TF_Output sum = test_binary(&g, "Sum", x, axes);
  // As large as x, made when x is not needed any more, and summed.
  const TF_Output y = test_binary(&g, "AddV2", p, sum), z = test_binary(&g, "Sum", product(&g, y), axes);
  const TF_Output end = test_binary(&g, "AddV2", z, row);
  TF_Session* session = session_with(&g, "-fuse,-order");
  TF_Tensor* feed = test_ramp(kDims, 2, 0, 0.01F);
  TF_DeleteTensor(test_run(&g, session, 1, &p, &feed, end));
  assert_int_equal(count_parts(session), 0);
  TF_DeleteTensor(feed);
  test_close(&g, session);
  test_graph_deinit(&g);
}

// Halves of a tensor that only they read: without a copy of them the peak is the tensor and one result.
static void halves_take_no_bytes(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output p = test_placeholder(&g, TF_FLOAT, kDims, 2);
  const TF_Output axis = zero(&g);
  TF_OperationDescription* desc = TF_NewOperation(g.graph, "Split", "halves");
  TF_AddInput(desc, axis);
  TF_AddInput(desc, test_unary(&g, "Exp", p));
  TF_SetAttrInt(desc, "num_split", 2);
  TF_Operation* halves = TF_FinishOperation(desc, g.status);
  assert_string_equal(TF_Message(g.status), "");
  const TF_Output axes = test_const_ints(&g, 1, (const int32_t[]){0});
  const TF_Output low = test_binary(&g, "Sum", (TF_Output){halves, 0}, axes);
  const TF_Output high = test_binary(&g, "Sum", (TF_Output){halves, 1}, axes);
  const TF_Output end = test_binary(&g, "AddV2", low, high);
  TF_Session *cutting = session_with(&g, "-fuse"), *plain = session_with(&g, "none");
  TF_Tensor* feed = test_ramp(kDims, 2, 0, 0.01F);
  TF_Tensor *got = test_run(&g, cutting, 1, &p, &feed, end), *want = test_run(&g, plain, 1, &p, &feed, end);
  assert_memory_equal(TF_TensorData(got), TF_TensorData(want), TF_TensorByteSize(want));
  assert_int_equal(count_parts(cutting), 1);
  const size_t whole = ROWS * COLUMNS * sizeof(float), row = COLUMNS * sizeof(float);
  assert_int_equal(layout_of(plain)->live_bytes[0], 2 * whole);
  // The second sum is made where the result will be, which is fetched.
  assert_int_equal(layout_of(cutting)->live_bytes[0], whole + row);
  TF_DeleteTensor(got);
  TF_DeleteTensor(want);
  TF_DeleteTensor(feed);
  test_close(&g, cutting);
  test_close(&g, plain);
  test_graph_deinit(&g);
}

// ---- many graphs

enum { SEEDS = 300, STEPS = 24, MAX_TENSORS = 96, MOST_FETCHES = 4 };

typedef struct tangle {
  test_graph g;
  uint64_t seed;
  int count;
  TF_Output tensors[MAX_TENSORS];
  int64_t rows[MAX_TENSORS];  // of [rows, COLUMNS]
} tangle;

static uint32_t draw(tangle* t, uint32_t below) {
  t->seed = t->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(t->seed >> 33) % below;
}

static void keep(tangle* t, TF_Output tensor, int64_t rows) {
  if (t->count == MAX_TENSORS || rows == 0) return;
  t->tensors[t->count] = tensor;
  t->rows[t->count++] = rows;
}

static void add_split(tangle* t, int from) {
  char name[32];
  int32_t sizes[2] = {(int32_t)draw(t, (uint32_t)t->rows[from] + 1)};
  sizes[1] = (int32_t)t->rows[from] - sizes[0];
  snprintf(name, sizeof(name), "split%d", t->count);
  const TF_Output axis = zero(&t->g);
  TF_OperationDescription* desc = TF_NewOperation(t->g.graph, "SplitV", name);
  TF_AddInput(desc, t->tensors[from]);
  TF_AddInput(desc, test_const_ints(&t->g, 2, sizes));
  TF_AddInput(desc, axis);
  TF_SetAttrInt(desc, "num_split", 2);
  TF_Operation* oper = TF_FinishOperation(desc, t->g.status);
  assert_string_equal(TF_Message(t->g.status), "");
  for (int i = 0; i < 2; ++i) keep(t, (TF_Output){oper, i}, sizes[i]);
}

static void add_step(tangle* t, int number) {
  const int from = (int)draw(t, (uint32_t)t->count);
  const int64_t rows = t->rows[from];
  switch (draw(t, 6)) {
    case 0: {
      const int32_t begin = (int32_t)draw(t, (uint32_t)rows), count = 1 + (int32_t)draw(t, (uint32_t)(rows - begin));
      const cut_row row = {"", {begin, 0}, {count, COLUMNS}, {(int32_t)draw(t, 2), 1}};
      keep(t, cut(&t->g, t->tensors[from], &row, number), count);
      break;
    }
    case 1:
      add_split(t, from);
      break;
    case 2:
      keep(t, test_unary(&t->g, "Neg", t->tensors[from]), rows);
      break;
    case 3:
      keep(t, test_unary(&t->g, "Tanh", t->tensors[from]), rows);
      break;
    default:
      for (int i = t->count - 1; i >= 0; --i) {
        if (i == from || t->rows[i] != rows) continue;
        keep(t, test_binary(&t->g, "AddV2", t->tensors[from], t->tensors[i]), rows);
        break;
      }
  }
}

static size_t check_tangle(uint64_t seed) {
  tangle t = {.seed = seed};
  test_graph_init(&t.g);
  const TF_Output p = test_placeholder(&t.g, TF_FLOAT, kDims, 2);
  keep(&t, test_unary(&t.g, "Exp", p), ROWS);
  for (int i = 0; i < STEPS; ++i) add_step(&t, i);
  TF_Output fetches[MOST_FETCHES];
  TF_Tensor *feed = test_ramp(kDims, 2, -1, 0.01F), *got[MOST_FETCHES], *want[MOST_FETCHES];
  for (int i = 0; i < MOST_FETCHES; ++i) fetches[i] = t.tensors[t.count - 1 - (int)draw(&t, (uint32_t)t.count / 2 + 1)];
  TF_Session *cutting = session_with(&t.g, "-fuse"), *plain = session_with(&t.g, "none");
  TF_SessionRun(cutting, NULL, &p, &feed, 1, fetches, got, MOST_FETCHES, NULL, 0, NULL, t.g.status);
  assert_string_equal(TF_Message(t.g.status), "");
  TF_SessionRun(plain, NULL, &p, &feed, 1, fetches, want, MOST_FETCHES, NULL, 0, NULL, t.g.status);
  assert_string_equal(TF_Message(t.g.status), "");
  for (int i = 0; i < MOST_FETCHES; ++i) {
    if (memcmp(TF_TensorData(got[i]), TF_TensorData(want[i]), TF_TensorByteSize(want[i])) != 0) {
      fail_msg("seed %llu, fetch %d", (unsigned long long)seed, i);
    }
    TF_DeleteTensor(got[i]);
    TF_DeleteTensor(want[i]);
  }
  assert_true(layout_of(cutting)->live_bytes[0] <= layout_of(plain)->live_bytes[0]);
  const size_t parts = count_parts(cutting);
  TF_DeleteTensor(feed);
  test_close(&t.g, cutting);
  test_close(&t.g, plain);
  test_graph_deinit(&t.g);
  return parts;
}

static void many_graphs_give_the_same_with_parts(void** state) {
  (void)state;
  size_t parts = 0;
  for (uint64_t seed = 1; seed <= SEEDS; ++seed) parts += check_tangle(seed);
  assert_true(parts > SEEDS);  // or nothing has been tried
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces_are_parts_where_they_lie_side_by_side),
      cmocka_unit_test(a_small_part_does_not_keep_a_large_whole),
      cmocka_unit_test(halves_take_no_bytes),
      cmocka_unit_test(many_graphs_give_the_same_with_parts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
