// The graph itself: finding nodes and tensors, versions and libraries of several imports, what it is charged for.
#include "tests/support/check.h"

#include "runtime/device.h"
#include "tests/engine/graph_text.h"

static const char kNodes[] =
    "p Placeholder - dtype=t:float; s Split k,p num_split=i:3 T=t:float; k Const - dtype=t:int32 value=k:0";

typedef struct split_row {
  const char* name;
  size_t node_length;
  int32_t index;
} split_row;

static const split_row kSplits[] = {
    {"a", 1, 0},
    {"a:0", 1, 0},
    {"a:17", 1, 17},
    {"a/b:3", 3, 3},
    {"a:", 2, 0},
    {"a:x", 3, 0},
    {":0", 2, 0},
    {"a:-1", 4, 0},
    {"a:0:1", 3, 1},
    {"7", 1, 0},
    {"a:2147483646", 1, 2147483646},
    {"a:99999999999999999999", 1, INT32_MAX},
    {"", 0, 0},
};

static void names_split(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kSplits) / sizeof(kSplits[0]); ++i) {
    const split_row* row = &kSplits[i];
    size_t length;
    int32_t index;
    ctf_tensor_name_split(row->name, strlen(row->name), &length, &index);
    if (length != row->node_length || index != row->index) fail_msg("'%s': %zu, %d", row->name, length, index);
  }
}

typedef struct find_row {
  const char* name;
  TF_Code code;
  const char* part;  // of the message; on success the node's name
  int index;
} find_row;

static const find_row kFinds[] = {
    {"p", TF_OK, "p", 0},
    {"p:0", TF_OK, "p", 0},
    {"s:2", TF_OK, "s", 2},
    {"s:3", TF_INVALID_ARGUMENT, "node 's' (Split) has 3 outputs", 0},
    {"s:4294967296", TF_INVALID_ARGUMENT, "has 3 outputs", 0},
    {"q:0", TF_NOT_FOUND, "tensor 'q:0'", 0},
    {"", TF_NOT_FOUND, "no node of that name", 0},
    {"^p", TF_NOT_FOUND, "no node of that name", 0},
    {"p:", TF_NOT_FOUND, "no node of that name", 0},
};

static void tensors_are_found(void** state) {
  (void)state;
  TF_Graph* graph;
  assert_ok(ctf_graph_create(&graph));
  assert_ok(graph_import_nodes(graph, kNodes));
  for (size_t i = 0; i < sizeof(kFinds) / sizeof(kFinds[0]); ++i) {
    const find_row* row = &kFinds[i];
    TF_Output found = {0};
    const ctf_status status = ctf_graph_find_tensor(graph, row->name, strlen(row->name), &found);
    if (row->code != TF_OK) {
      assert_fails(status, row->code, row->part);
      assert_null(found.oper);
      continue;
    }
    assert_ok(status);
    assert_string_equal(found.oper->name.data, row->part);
    assert_int_equal(found.index, row->index);
  }
  assert_null(ctf_graph_find(graph, "p:0", 3));  // that is a tensor
  ctf_graph_release(graph);
}

static void a_graph_is_counted(void** state) {
  (void)state;
  const uint64_t live = ctf_memory_num_live();
  TF_Graph* graph;
  assert_ok(ctf_graph_create(&graph));
  assert_int_equal(graph->versions.producer, CTF_GRAPH_DEF_VERSION);
  assert_int_equal(graph->num_nodes, 0);
  assert_ptr_equal(ctf_graph_retain(graph), graph);
  ctf_graph_release(graph);
  assert_ok(graph_import_nodes(graph, kNodes));
  assert_int_equal(graph->num_nodes, 3);
  ctf_graph_release(graph);
  ctf_graph_release(NULL);
  assert_int_equal(ctf_memory_num_live(), live);
}

static void a_graph_is_charged_to_the_cpu(void** state) {
  (void)state;
  ctf_budget* const cpu = ctf_device_budget(ctf_device_cpu());
  const size_t before = ctf_budget_used(cpu);
  TF_Graph* graph;
  assert_ok(ctf_graph_create(&graph));
  const size_t empty = ctf_budget_used(graph->budget);
  assert_ok(graph_import_nodes(graph, kNodes));
  assert_true(ctf_budget_used(graph->budget) > empty);
  assert_true(ctf_budget_used(cpu) >= before + ctf_budget_used(graph->budget));
  assert_string_equal(ctf_budget_name(graph->budget), "graph");
  ctf_graph_release(graph);
  assert_int_equal(ctf_budget_used(cpu), before);
}

static void versions_and_libraries_add_up(void** state) {
  (void)state;
  TF_Graph* graph;
  const graph_text first = {
      .nodes = "a NoOp -", .versions = {1000, 12, 2, (const int32_t[]){7, 9}}, .functions = "f g"};
  const graph_text second = {
      .nodes = "b NoOp -", .versions = {1500, 20, 2, (const int32_t[]){9, 11}}, .functions = "h"};
  assert_ok(ctf_graph_create(&graph));
  assert_ok(graph_text_import(graph, &first, NULL));
  const size_t one_library = graph->library.length;
  assert_true(one_library > 0);
  assert_ok(graph_text_import(graph, &second, NULL));
  assert_int_equal(graph->versions.producer, 1000);
  assert_int_equal(graph->versions.min_consumer, 20);
  assert_int_equal(graph->versions.num_bad_consumers, 3);
  assert_int_equal(graph->versions.bad_consumers[0], 7);
  assert_int_equal(graph->versions.bad_consumers[1], 9);
  assert_int_equal(graph->versions.bad_consumers[2], 11);
  assert_int_equal(graph->library.length, one_library + 7);
  assert_memory_equal(graph->library.data + one_library, "\x0a\x05\x0a\x03\x0a\x01h", 7);
  ctf_graph_release(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_split),
      cmocka_unit_test(tensors_are_found),
      cmocka_unit_test(a_graph_is_counted),
      cmocka_unit_test(a_graph_is_charged_to_the_cpu),
      cmocka_unit_test(versions_and_libraries_add_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
