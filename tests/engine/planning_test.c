// Planned memory: whose bytes a tensor has, in which order steps run, and that a run needs what its plan says.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/graph.h"

enum { N = 1024, BYTES = 4 * N, MAX_NODES = 200, NUM_FEEDS = 3, MAX_FETCHES = 3 };
static const int64_t kDims[] = {N};

static TF_Session* session_with(test_graph* g, const char* passes) {
  TF_SessionOptions* options = TF_NewSessionOptions();
  CTF_SessionOptionsSetPasses(options, passes, g->status);
  return test_session_with(g, options);
}

// What the CPU needs for these fetches; feeds are of shape [N] where their dims are not given.
static CTF_PlanDevice plan_of(test_graph* g, TF_Session* session, int num_feeds, const CTF_FeedShape* feeds,
                              int num_fetches, const TF_Output* fetches) {
  CTF_PlanDevice device = {.struct_size = sizeof(device)};
  CTF_PlanReport* report = CTF_SessionPlan(session, feeds, num_feeds, fetches, num_fetches, NULL, 0, g->status);
  if (TF_GetCode(g->status) != TF_OK) print_error("%s\n", TF_Message(g->status));
  assert_int_equal(TF_GetCode(g->status), TF_OK);
  assert_true(CTF_PlanReportExact(report));
  CTF_PlanReportDevice(report, 0, &device, g->status);
  CTF_DeletePlanReport(report);
  device.name = NULL;  // it was the report's
  return device;
}

static CTF_PlanDevice plan_one(test_graph* g, const char* passes, TF_Output x, TF_Output fetch) {
  TF_Session* session = session_with(g, passes);
  const CTF_FeedShape feed = {.feed = x, .dims = kDims, .num_dims = 1};
  const CTF_PlanDevice device = plan_of(g, session, 1, &feed, 1, &fetch);
  test_close(g, session);
  return device;
}

// ---- whose bytes

static TF_Output chain(test_graph* g, TF_Output x, int length) {
  for (int i = 0; i < length; ++i) x = test_unary(g, i % 2 ? "Tanh" : "Neg", x);
  return x;
}

static TF_Output sum(test_graph* g, TF_Output x) {
  return test_binary(g, "Sum", x, test_const_ints(g, 1, (const int32_t[]){0}));
}

static void a_chain_has_one_place(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output x = test_placeholder(&g, TF_FLOAT, kDims, 1);
  const TF_Output end = chain(&g, x, 6);
  CTF_PlanDevice device = plan_one(&g, "-fuse", x, sum(&g, end));
  assert_int_equal(device.arena_bytes, BYTES);  // never the feed's bytes
  assert_int_equal(device.feed_bytes, BYTES);
  assert_int_equal(device.fetch_bytes, 4);
  assert_int_equal(plan_one(&g, "-fuse,-inplace", x, sum(&g, end)).arena_bytes, 2 * BYTES);
  device = plan_one(&g, "-fuse", x, end);  // a fetched end takes the chain with it
  assert_int_equal(device.arena_bytes, 0);
  assert_int_equal(device.fetch_bytes, BYTES);
  // Fused, it has no place at all but that of its end.
  assert_int_equal(plan_one(&g, "-inplace", x, sum(&g, end)).arena_bytes, BYTES);
  test_graph_deinit(&g);
}

static void what_is_read_later_stays(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output x = test_placeholder(&g, TF_FLOAT, kDims, 1);
  const TF_Output a = test_unary(&g, "Neg", x);
  const TF_Output flat = test_binary(&g, "Reshape", a, test_const_ints(&g, 2, (const int32_t[]){N, 1}));
  const TF_Output b = test_unary(&g, "Tanh", a);
  // `a` is read again, through a view, after b is made.
  const TF_Output late =
      test_binary(&g, "AddV2", test_binary(&g, "Reshape", b, test_const_ints(&g, 1, (const int32_t[]){-1})),
                  test_binary(&g, "Reshape", flat, test_const_ints(&g, 1, (const int32_t[]){-1})));
  assert_int_equal(plan_one(&g, "all", x, sum(&g, late)).arena_bytes, 2 * BYTES);
  // A broadcast against the view of another shape is no reading in step.
  const TF_Output square = test_binary(&g, "AddV2", a, flat);
  const TF_Output row = test_binary(&g, "Mul", a, a);
  assert_int_equal(plan_one(&g, "all", x, sum(&g, row)).arena_bytes, BYTES);
  assert_true(plan_one(&g, "all", x, sum(&g, square)).arena_bytes >= (size_t)BYTES * (N + 1));
  // Bytes that are fetched, or a constant's, are nobody's to write over.
  const TF_Output constant = test_const(&g, test_ramp(kDims, 1, 0, 1));
  assert_int_equal(plan_one(&g, "none", x, sum(&g, test_unary(&g, "Neg", constant))).arena_bytes, BYTES);
  TF_Session* session = session_with(&g, "all");
  const TF_Output fetches[] = {a, b};
  TF_Tensor *feed = test_ramp(kDims, 1, 1, 1), *got[2] = {0};
  TF_SessionRun(session, NULL, &x, &feed, 1, fetches, got, 2, NULL, 0, NULL, g.status);
  assert_int_equal(TF_GetCode(g.status), TF_OK);
  assert_true(((const float*)TF_TensorData(got[0]))[5] == -6.0f);
  assert_true(((const float*)TF_TensorData(feed))[5] == 6.0f);
  for (int i = 0; i < 2; ++i) TF_DeleteTensor(got[i]);
  TF_DeleteTensor(feed);
  test_close(&g, session);
  test_graph_deinit(&g);
}

// ---- in which order

// The file first makes all branches' large tensors, then reduces each: one at a time is enough.
static void branches_run_one_after_the_other(void** state) {
  (void)state;
  enum { BRANCHES = 8 };
  test_graph g;
  test_graph_init(&g);
  const TF_Output x = test_placeholder(&g, TF_FLOAT, kDims, 1);
  TF_Output wide[BRANCHES], total = x;
  for (int i = 0; i < BRANCHES; ++i) {
    wide[i] = test_binary(&g, "Mul", x, test_const(&g, test_floats(NULL, 0, (const float[]){(float)i})));
  }
  for (int i = 0; i < BRANCHES; ++i) {
    const TF_Output one = sum(&g, wide[i]);
    total = i == 0 ? one : test_binary(&g, "AddV2", total, one);
  }
  const CTF_PlanDevice device = plan_one(&g, "all", x, total);
  assert_int_equal(device.file_live_bytes, BRANCHES * BYTES);  // the sums are in the fetched tensor
  assert_true(device.live_bytes <= BYTES + BRANCHES * 64);     // the fused additions read all sums at once
  assert_int_equal(device.arena_bytes, device.live_bytes);
  assert_int_equal(plan_one(&g, "-order", x, total).live_bytes, device.file_live_bytes);
  TF_Tensor* feed = test_ramp(kDims, 1, 1, 0);
  float answers[2];
  const char* const kPasses[] = {"all", "none"};
  for (int i = 0; i < 2; ++i) {
    TF_Session* session = session_with(&g, kPasses[i]);
    TF_Tensor* got = test_run(&g, session, 1, &x, &feed, total);
    answers[i] = *(const float*)TF_TensorData(got);
    TF_DeleteTensor(got);
    test_close(&g, session);
  }
  assert_true(answers[0] == answers[1] && answers[0] == 28.0f * N);
  TF_DeleteTensor(feed);
  test_graph_deinit(&g);
}

// ---- random graphs

static uint64_t next_random(uint64_t* state) {  // splitmix64
  uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}
static int pick(uint64_t* state, int count) { return (int)(next_random(state) % (uint64_t)count); }

typedef struct dag {
  test_graph g;
  TF_Output feeds[NUM_FEEDS];
  int64_t feed_dims[NUM_FEEDS];
  TF_Output nodes[MAX_NODES];
  int64_t lengths[MAX_NODES];  // all nodes are vectors
  int count;
  TF_Output fetches[MAX_FETCHES];
} dag;

static TF_Output pad(test_graph* g, TF_Output x, int more) {
  const TF_Output amounts = test_const_ints(g, 2, (const int32_t[]){0, more});
  return test_binary(g, "Pad", x, test_binary(g, "Reshape", amounts, test_const_ints(g, 2, (const int32_t[]){1, 2})));
}

static TF_Output cut(test_graph* g, TF_Output x, int64_t length) {
  const TF_Output inputs[] = {x, test_const_ints(g, 1, (const int32_t[]){0}),
                              test_const_ints(g, 1, (const int32_t[]){(int32_t)length})};
  return test_op(g, "Slice", NULL, 3, inputs);
}

static void add(dag* d, TF_Output node, int64_t length) {
  d->nodes[d->count] = node;
  d->lengths[d->count++] = length;
}

static void add_random(dag* d, uint64_t* random) {
  static const char* const kUnary[] = {"Neg", "Relu", "Tanh", "Square"};
  static const char* const kBinary[] = {"AddV2", "Sub", "Mul", "Maximum"};
  const int recent = d->count < 24 ? d->count : 24;
  const int a = d->count - 1 - pick(random, recent), b = d->count - 1 - pick(random, recent);
  const TF_Output x = d->nodes[a], y = d->nodes[b];
  const int64_t m = d->lengths[a], n = d->lengths[b], less = m < n ? m : n;
  switch (pick(random, 8)) {
    case 0:
    case 1:
    case 2:
      add(d, test_unary(&d->g, kUnary[pick(random, 4)], x), m);
      break;
    case 3: {
      const int more = 1 + pick(random, 5000);
      add(d, pad(&d->g, x, more), m + more);
      break;
    }
    case 4: {
      const int64_t length = 1 + pick(random, (int)m);
      add(d, cut(&d->g, x, length), length);
      break;
    }
    default:
      add(d,
          test_binary(&d->g, kBinary[pick(random, 4)], m > less ? cut(&d->g, x, less) : x,
                      n > less ? cut(&d->g, y, less) : y),
          less);
  }
}

static void build(dag* d, uint64_t seed) {
  uint64_t random = seed;
  test_graph_init(&d->g);
  d->count = 0;
  for (int i = 0; i < NUM_FEEDS; ++i) {
    d->feed_dims[i] = 1 + pick(&random, 5000);
    d->feeds[i] = test_placeholder(&d->g, TF_FLOAT, &d->feed_dims[i], 1);
    add(d, d->feeds[i], d->feed_dims[i]);
  }
  const int target = d->count + 10 + pick(&random, MAX_NODES - 10 - NUM_FEEDS);
  while (d->count < target) add_random(d, &random);
  for (int i = 0; i < MAX_FETCHES; ++i) d->fetches[i] = d->nodes[target - 1 - pick(&random, 8)];
}

static void arenas_of_random_graphs(const char* passes) {
  const double most = 1.05;
  enum { GRAPHS = 1000 };
  double worst = 0, total = 0, saved = 0;
  for (uint64_t seed = 1; seed <= GRAPHS; ++seed) {
    dag d;
    CTF_FeedShape feeds[NUM_FEEDS];
    build(&d, seed);
    for (int i = 0; i < NUM_FEEDS; ++i) {
      feeds[i] = (CTF_FeedShape){.feed = d.feeds[i], .dims = &d.feed_dims[i], .num_dims = 1};
    }
    TF_Session* session = session_with(&d.g, passes);
    const CTF_PlanDevice device = plan_of(&d.g, session, NUM_FEEDS, feeds, MAX_FETCHES, d.fetches);
    test_close(&d.g, session);
    test_graph_deinit(&d.g);
    assert_true(device.live_bytes <= device.file_live_bytes);
    const double ratio = device.live_bytes > 0 ? (double)device.arena_bytes / (double)device.live_bytes : 1;
    if (ratio > most) print_error("seed %d: %.3f\n", (int)seed, ratio);
    assert_true(ratio >= 1 && ratio <= most);
    if (ratio > worst) worst = ratio;
    total += ratio;
    saved += device.file_live_bytes > 0 ? (double)device.live_bytes / (double)device.file_live_bytes : 1;
  }
  print_message("arena %.4f of the largest live sum, at most %.3f; that sum %.3f of the one in the file's order\n",
                total / GRAPHS, worst, saved / GRAPHS);
}

static void arenas_of_single_steps(void** state) {
  (void)state;
  arenas_of_random_graphs("-fuse");
}
static void arenas_of_fused_steps(void** state) {
  (void)state;
  arenas_of_random_graphs("all");
}

static void run_dag(dag* d, const char* passes, TF_Tensor** got) {
  TF_Tensor* values[NUM_FEEDS];
  for (int i = 0; i < NUM_FEEDS; ++i) values[i] = test_ramp(&d->feed_dims[i], 1, 0.5f - (float)i, 0.001f);
  TF_Session* session = session_with(&d->g, passes);
  TF_SessionRun(session, NULL, d->feeds, values, NUM_FEEDS, d->fetches, got, MAX_FETCHES, NULL, 0, NULL, d->g.status);
  if (TF_GetCode(d->g.status) != TF_OK) print_error("%s\n", TF_Message(d->g.status));
  assert_int_equal(TF_GetCode(d->g.status), TF_OK);
  for (int i = 0; i < NUM_FEEDS; ++i) TF_DeleteTensor(values[i]);
  test_close(&d->g, session);
}

static void answers_do_not_depend_on_the_plan(void** state) {
  (void)state;
  static const char* const kPasses[] = {"all", "order", "inplace", "-order", "-inplace"};
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    dag d;
    TF_Tensor *want[MAX_FETCHES] = {0}, *got[MAX_FETCHES] = {0};
    build(&d, seed);
    run_dag(&d, "none", want);
    for (size_t p = 0; p < sizeof(kPasses) / sizeof(kPasses[0]); ++p) {
      run_dag(&d, kPasses[p], got);
      for (int i = 0; i < MAX_FETCHES; ++i) {
        assert_int_equal(TF_TensorByteSize(got[i]), TF_TensorByteSize(want[i]));
        assert_memory_equal(TF_TensorData(got[i]), TF_TensorData(want[i]), TF_TensorByteSize(want[i]));
        TF_DeleteTensor(got[i]);
      }
    }
    for (int i = 0; i < MAX_FETCHES; ++i) TF_DeleteTensor(want[i]);
    test_graph_deinit(&d.g);
  }
}

// ---- a run needs what its plan says

static TF_Code run_within(dag* d, size_t limit) {
  TF_Tensor *values[NUM_FEEDS], *got[MAX_FETCHES] = {0};
  TF_SessionOptions* options = TF_NewSessionOptions();
  CTF_SessionOptionsSetMemoryLimit(options, limit, d->g.status);
  TF_Session* session = test_session_with(&d->g, options);
  for (int i = 0; i < NUM_FEEDS; ++i) values[i] = test_ramp(&d->feed_dims[i], 1, 0, 1);
  TF_SessionRun(session, NULL, d->feeds, values, NUM_FEEDS, d->fetches, got, MAX_FETCHES, NULL, 0, NULL, d->g.status);
  const TF_Code code = TF_GetCode(d->g.status);
  for (int i = 0; i < MAX_FETCHES; ++i) TF_DeleteTensor(got[i]);
  for (int i = 0; i < NUM_FEEDS; ++i) TF_DeleteTensor(values[i]);
  test_close(&d->g, session);
  return code;
}

static void the_peak_is_exact(void** state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    dag d;
    CTF_FeedShape feeds[NUM_FEEDS];
    TF_Tensor *values[NUM_FEEDS], *got[MAX_FETCHES] = {0};
    build(&d, seed);
    for (int i = 0; i < NUM_FEEDS; ++i) values[i] = test_ramp(&d.feed_dims[i], 1, 0, 1);
    for (int i = 0; i < NUM_FEEDS; ++i) feeds[i] = (CTF_FeedShape){.feed = d.feeds[i], .value = values[i]};
    TF_Session* session = session_with(&d.g, "all");
    const CTF_PlanDevice device = plan_of(&d.g, session, NUM_FEEDS, feeds, MAX_FETCHES, d.fetches);
    CTF_MemoryInfo info = {.struct_size = sizeof(info)};
    TF_SessionRun(session, NULL, d.feeds, values, NUM_FEEDS, d.fetches, got, MAX_FETCHES, NULL, 0, NULL, d.g.status);
    assert_int_equal(TF_GetCode(d.g.status), TF_OK);
    CTF_GetMemoryInfo(session, "cpu", &info, d.g.status);
    // The block stays with the session, the fetched tensors with us: nothing has been given back since the peak.
    assert_int_equal(info.used_bytes, device.peak_bytes);
    for (int i = 0; i < MAX_FETCHES; ++i) TF_DeleteTensor(got[i]);
    for (int i = 0; i < NUM_FEEDS; ++i) TF_DeleteTensor(values[i]);
    test_close(&d.g, session);
    const size_t alone = device.arena_bytes + device.fetch_bytes;
    const size_t kept = device.peak_bytes - device.held_bytes;
    assert_int_equal(alone, kept);
    assert_int_equal(run_within(&d, alone - 1), TF_RESOURCE_EXHAUSTED);
    test_graph_deinit(&d.g);
  }
}

// ---- products of transposed matrices

static TF_Output square(test_graph* g, TF_Output x) {
  return test_binary(g, "Reshape", x, test_const_ints(g, 2, (const int32_t[]){N / 32, 32}));
}

static size_t num_steps(test_graph* g, const char* passes, TF_Output x, TF_Output fetch) {
  TF_Session* session = session_with(g, passes);
  const CTF_FeedShape feed = {.feed = x, .dims = kDims, .num_dims = 1};
  CTF_PlanReport* report = CTF_SessionPlan(session, &feed, 1, &fetch, 1, NULL, 0, g->status);
  const size_t count = CTF_PlanReportNumSteps(report);
  CTF_DeletePlanReport(report);
  test_close(g, session);
  return count;
}

static void a_transposed_operand_is_not_made(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output x = test_placeholder(&g, TF_FLOAT, kDims, 1);
  const TF_Output a = square(&g, test_unary(&g, "Neg", x));
  const TF_Output turned = test_binary(&g, "Transpose", a, test_const_ints(&g, 2, (const int32_t[]){1, 0}));
  const TF_Output cases[] = {test_binary(&g, "MatMul", a, turned), test_binary(&g, "MatMul", turned, a),
                             test_binary(&g, "BatchMatMulV2", turned, a)};
  TF_Tensor* feed = test_ramp(kDims, 1, -1, 0.01f);
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
    const CTF_PlanDevice with = plan_one(&g, "transpose", x, cases[i]), without = plan_one(&g, "none", x, cases[i]);
    assert_int_equal(without.arena_bytes - with.arena_bytes, BYTES);
    TF_Session *one = session_with(&g, "transpose"), *other = session_with(&g, "none");
    TF_Tensor *got = test_run(&g, one, 1, &x, &feed, cases[i]), *want = test_run(&g, other, 1, &x, &feed, cases[i]);
    assert_memory_equal(TF_TensorData(got), TF_TensorData(want), TF_TensorByteSize(want));
    TF_DeleteTensor(got);
    TF_DeleteTensor(want);
    test_close(&g, one);
    test_close(&g, other);
  }
  // A permutation of more than the matrix is a transpose like any other.
  const TF_Output stack = test_binary(&g, "Reshape", a, test_const_ints(&g, 3, (const int32_t[]){8, 8, 16}));
  const TF_Output moved = test_binary(&g, "Transpose", stack, test_const_ints(&g, 3, (const int32_t[]){1, 0, 2}));
  const TF_Output swapped = test_binary(&g, "Transpose", stack, test_const_ints(&g, 3, (const int32_t[]){0, -1, 1}));
  const TF_Output kept = test_binary(&g, "BatchMatMulV2", moved, swapped);
  assert_int_equal(num_steps(&g, "none", x, kept) - num_steps(&g, "transpose", x, kept), 1);
  TF_DeleteTensor(feed);
  test_graph_deinit(&g);
}

// ---- constants

static void folding_makes_nothing_large(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output x = test_placeholder(&g, TF_FLOAT, kDims, 1);
  const TF_Output dims = test_const_ints(&g, 2, (const int32_t[]){N, N});
  const TF_Output filled = test_binary(&g, "Fill", dims, test_const(&g, test_floats(NULL, 0, (const float[]){2})));
  CTF_PlanDevice device = plan_one(&g, "all", x, sum(&g, test_binary(&g, "AddV2", filled, x)));
  assert_true(device.constant_bytes < 256);  // 4 MiB from 12 bytes
  assert_true(device.live_bytes >= (size_t)BYTES * N);
  // A view of a constant is the constant: nothing is held twice.
  const TF_Output constant = test_const(&g, test_ramp((const int64_t[]){N, N}, 2, 0, 1));
  const TF_Output view = test_unary(&g, "Identity", constant);
  const TF_Output flat = test_binary(&g, "Reshape", view, test_const_ints(&g, 1, (const int32_t[]){-1}));
  CTF_MemoryInfo before = {.struct_size = sizeof(before)};
  CTF_GetMemoryInfo(NULL, "cpu", &before, g.status);
  device = plan_one(
      &g, "all", x,
      sum(&g, test_binary(&g, "AddV2", flat, test_binary(&g, "Sum", x, test_const_ints(&g, 1, (const int32_t[]){0})))));
  assert_true(device.held_bytes < before.used_bytes + 64 * 1024);  // not once more
  assert_true(device.constant_bytes >= (size_t)BYTES * N);
  test_graph_deinit(&g);
}

// What is computed before the run flushes denormals as the run does.
static void folding_gives_the_same_bits(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output a = test_const(&g, test_floats(NULL, 0, (const float[]){1e-20f}));
  const TF_Output b = test_const(&g, test_floats(NULL, 0, (const float[]){1e-20f}));
  const TF_Output tiny = test_binary(&g, "Mul", a, b);
  const char* const kPasses[] = {"fold", "none"};
  for (int i = 0; i < 2; ++i) {
    TF_Session* session = session_with(&g, kPasses[i]);
    TF_Tensor* got = test_run(&g, session, 0, NULL, NULL, tiny);
    assert_true(*(const float*)TF_TensorData(got) == 0.0f);
    TF_DeleteTensor(got);
    test_close(&g, session);
  }
  test_graph_deinit(&g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_chain_has_one_place),
      cmocka_unit_test(what_is_read_later_stays),
      cmocka_unit_test(branches_run_one_after_the_other),
      cmocka_unit_test(arenas_of_single_steps),
      cmocka_unit_test(arenas_of_fused_steps),
      cmocka_unit_test(answers_do_not_depend_on_the_plan),
      cmocka_unit_test(the_peak_is_exact),
      cmocka_unit_test(a_transposed_operand_is_not_made),
      cmocka_unit_test(folding_makes_nothing_large),
      cmocka_unit_test(folding_gives_the_same_bits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
