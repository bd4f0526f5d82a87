// What kernels keep between runs: one block for a node and a session, whatever plans hold the node.
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/node_state.h"
#include "tests/support/graph.h"

enum { kDrawn = 3, kThreads = 4, kRuns = 50 };  // elements of a run; threads and runs of each

// Three runs of a RandomUniform of kDrawn floats with seed 1 and seed2 2, in TensorFlow.
static const float kStream[3][kDrawn] = {
    {0.406396746635437f, 0.8575996160507202f, 0.05539584159851074f},
    {0.16840732097625732f, 0.8891061544418335f, 0.5354969501495361f},
    {0.49945497512817383f, 0.06284701824188232f, 0.4600658416748047f},
};

static TF_Output random_node(test_graph* g, const char* name, TF_Output shape) {
  TF_OperationDescription* d = TF_NewOperation(g->graph, "RandomUniform", name);
  TF_AddInput(d, shape);
  TF_SetAttrType(d, "dtype", TF_FLOAT);
  TF_SetAttrInt(d, "seed", 1);
  TF_SetAttrInt(d, "seed2", 2);
  TF_Operation* node = TF_FinishOperation(d, g->status);
  assert_int_equal(TF_GetCode(g->status), TF_OK);
  return (TF_Output){node, 0};
}

static TF_Output shape_of_three(test_graph* g) { return test_const_ints(g, 1, (const int32_t[]){kDrawn}); }

static void expect(test_graph* g, TF_Session* session, TF_Output fetch, const float* want) {
  TF_Tensor* got = test_run(g, session, 0, NULL, NULL, fetch);
  test_assert_floats(got, kDrawn, want);
  TF_DeleteTensor(got);
}

static void streams_go_on_from_run_to_run(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output drawn = random_node(&g, "drawn", shape_of_three(&g));
  for (int i = 0; i < 2; ++i) {  // a session begins anew
    TF_Session* session = test_session(&g);
    for (int run = 0; run < 3; ++run) expect(&g, session, drawn, kStream[run]);
    test_close(&g, session);
  }
  test_graph_deinit(&g);
}

static void plans_share_a_node(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output drawn = random_node(&g, "drawn", shape_of_three(&g));
  const TF_Output same = test_unary(&g, "Neg", test_unary(&g, "Neg", drawn));
  TF_Session* session = test_session(&g);
  expect(&g, session, drawn, kStream[0]);
  expect(&g, session, same, kStream[1]);
  expect(&g, session, drawn, kStream[2]);
  test_close(&g, session);
  test_graph_deinit(&g);
}

static void nodes_and_sessions_have_their_own(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output shape = shape_of_three(&g);
  const TF_Output a = random_node(&g, "a", shape), b = random_node(&g, "b", shape);
  TF_Session *first = test_session(&g), *second = test_session(&g);
  expect(&g, first, a, kStream[0]);
  expect(&g, first, a, kStream[1]);
  expect(&g, first, b, kStream[0]);
  expect(&g, second, a, kStream[0]);
  expect(&g, first, b, kStream[1]);
  test_close(&g, first);
  test_close(&g, second);
  test_graph_deinit(&g);
}

typedef struct runner {
  test_graph* g;
  TF_Session* session;
  TF_Output drawn;
  float got[kRuns][kDrawn];
} runner;

static void* run_many(void* arg) {
  runner* r = arg;
  TF_Status* status = TF_NewStatus();
  for (int i = 0; i < kRuns; ++i) {
    TF_Tensor* value = NULL;
    TF_SessionRun(r->session, NULL, NULL, NULL, 0, &r->drawn, &value, 1, NULL, 0, NULL, status);
    if (TF_GetCode(status) == TF_OK) memcpy(r->got[i], TF_TensorData(value), sizeof(r->got[i]));
    TF_DeleteTensor(value);
  }
  TF_DeleteStatus(status);
  return NULL;
}

static int compare_rows(const void* a, const void* b) { return memcmp(a, b, sizeof(float[kDrawn])); }

// Whatever the interleaving, every part of the stream is handed out once.
static void concurrent_runs_take_parts(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output drawn = random_node(&g, "drawn", shape_of_three(&g));
  static runner runners[kThreads];
  static float got[kThreads * kRuns][kDrawn], want[kThreads * kRuns][kDrawn];
  pthread_t threads[kThreads];
  TF_Session *session = test_session(&g), *alone = test_session(&g);
  for (int i = 0; i < kThreads; ++i) {
    runners[i] = (runner){.g = &g, .session = session, .drawn = drawn};
    assert_int_equal(pthread_create(&threads[i], NULL, run_many, &runners[i]), 0);
  }
  for (int i = 0; i < kThreads; ++i) {
    pthread_join(threads[i], NULL);
    memcpy(got[i * kRuns], runners[i].got, sizeof(runners[i].got));
  }
  for (int i = 0; i < kThreads * kRuns; ++i) {
    TF_Tensor* value = test_run(&g, alone, 0, NULL, NULL, drawn);
    memcpy(want[i], TF_TensorData(value), sizeof(want[i]));
    TF_DeleteTensor(value);
  }
  qsort(got, kThreads * kRuns, sizeof(got[0]), compare_rows);
  qsort(want, kThreads * kRuns, sizeof(want[0]), compare_rows);
  assert_memory_equal(got, want, sizeof(want));
  test_close(&g, session);
  test_close(&g, alone);
  test_graph_deinit(&g);
}

// A shape with -1 is a graph; it cannot be run.
static void unknown_dimensions_cannot_be_drawn(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const TF_Output drawn = random_node(&g, "drawn", test_const_ints(&g, 2, (const int32_t[]){kDrawn, -1}));
  TF_Session* session = test_session(&g);
  TF_Tensor* value = NULL;
  TF_SessionRun(session, NULL, NULL, NULL, 0, &drawn, &value, 1, NULL, 0, NULL, g.status);
  assert_int_equal(TF_GetCode(g.status), TF_INVALID_ARGUMENT);
  assert_non_null(strstr(TF_Message(g.status), "Dimension -1 must be >= 0"));
  test_close(&g, session);
  test_graph_deinit(&g);
}

static void table_keeps_blocks_in_place(void** state) {
  (void)state;
  enum { NODES = 100 };
  ctf_node_states states = {0};
  static const ctf_kernel_def kKernel = {.op = "Any", .state_bytes = 24};
  void *blocks[NODES], *again;
  assert_null(ctf_node_states_init(&states, ctf_budget_process()));
  for (uint32_t i = 0; i < NODES; ++i) {
    const uint32_t node = (i * 37) % NODES;
    assert_null(ctf_node_states_get(&states, &(TF_Operation){.id = node}, &kKernel, &blocks[node]));
    assert_int_equal(((const uint64_t*)blocks[node])[2], 0);
    memset(blocks[node], 0xff, 24);
  }
  for (uint32_t i = 0; i < NODES; ++i) {
    assert_null(ctf_node_states_get(&states, &(TF_Operation){.id = i}, &kKernel, &again));
    assert_ptr_equal(again, blocks[i]);
  }
  ctf_node_states_deinit(&states);
  ctf_node_states_deinit(&states);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(streams_go_on_from_run_to_run),      cmocka_unit_test(plans_share_a_node),
      cmocka_unit_test(nodes_and_sessions_have_their_own),  cmocka_unit_test(concurrent_runs_take_parts),
      cmocka_unit_test(unknown_dimensions_cannot_be_drawn), cmocka_unit_test(table_keeps_blocks_in_place),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
