// A chain of as many nodes as the argument says, in the file's order, backwards and shuffled, and a tenth of them side
// by side before one that reads them all: nothing recurses over nodes, nothing takes the square of the time.
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "runtime/device.h"
#include "tests/engine/graph_text.h"

static size_t g_num_nodes;

typedef enum chain_order { FORWARDS, BACKWARDS, SHUFFLED } chain_order;

static void put_node(ctf_node_def* out_node, size_t number, ctf_allocator* alloc) {
  static const ctf_named_attr kT[] = {{{"T", 1}, {.kind = CTF_ATTR_TYPE, .type = TF_FLOAT}}};
  static const ctf_named_attr kDtype[] = {{{"dtype", 5}, {.kind = CTF_ATTR_TYPE, .type = TF_FLOAT}}};
  char name[16];
  char* text;
  const size_t length = (size_t)snprintf(name, sizeof(name), "n%zu", number);
  assert_ok(ctf_alloc_string(alloc, name, length, &text));
  *out_node = (ctf_node_def){.name = {text, length}, .op = {"Placeholder", 11}, .num_attrs = 1, .attrs = kDtype};
  if (number == 0) return;
  ctf_bytes* input;
  const size_t input_length = (size_t)snprintf(name, sizeof(name), "n%zu", number - 1);
  assert_ok(ctf_alloc_string(alloc, name, input_length, &text));
  assert_ok(ctf_alloc_new(alloc, &input));
  *input = (ctf_bytes){text, input_length};
  out_node->op = (ctf_bytes){"Neg", 3};
  out_node->num_inputs = 1;
  out_node->inputs = input;
  out_node->attrs = kT;
}

static ctf_bytes encode_chain(chain_order order, ctf_allocator* alloc) {
  ctf_graph_def def = {.num_nodes = g_num_nodes, .versions = {.producer = CTF_GRAPH_DEF_VERSION}};
  ctf_bytes bytes;
  size_t* at;
  uint64_t random = 1;
  assert_ok(ctf_alloc_array(alloc, &def.nodes, g_num_nodes));
  assert_ok(ctf_alloc_array(alloc, &at, g_num_nodes));
  for (size_t i = 0; i < g_num_nodes; ++i) {
    at[i] = order == BACKWARDS ? g_num_nodes - 1 - i : i;
    if (order != SHUFFLED) continue;
    random = random * 6364136223846793005u + 1442695040888963407u;
    const size_t other = (size_t)(random >> 33) % (i + 1);
    at[i] = at[other];
    at[other] = i;
  }
  for (size_t i = 0; i < g_num_nodes; ++i) put_node(&def.nodes[at[i]], i, alloc);
  assert_ok(ctf_graph_def_write(&def, alloc, &bytes));
  return bytes;
}

static void run_chain(TF_Graph* graph, TF_Operation* last, float want) {
  TF_Status* status = TF_NewStatus();
  TF_Session* session = TF_NewSession(graph, NULL, status);
  assert_int_equal(TF_GetCode(status), TF_OK);
  TF_Tensor* feed = TF_AllocateTensor(TF_FLOAT, NULL, 0, sizeof(float));
  *(float*)TF_TensorData(feed) = 3;
  const TF_Output x = {graph->nodes[0], 0}, y = {last, 0};
  for (int i = 0; i < 2; ++i) {
    TF_Tensor* got = NULL;
    TF_SessionRun(session, NULL, &x, &feed, 1, &y, &got, 1, NULL, 0, NULL, status);
    if (TF_GetCode(status) != TF_OK) fail_msg("%s", TF_Message(status));
    assert_float_equal(*(float*)TF_TensorData(got), want, 0);
    TF_DeleteTensor(got);
  }
  TF_DeleteTensor(feed);
  TF_DeleteSession(session, status);
  TF_DeleteStatus(status);
}

static void import_chain(chain_order order) {
  ctf_allocator *system, *scratch;
  TF_Graph* graph;
  assert_ok(ctf_allocator_create(ctf_device_budget(ctf_device_cpu()), &system));
  assert_ok(ctf_scratch_create(system, 1 << 20, &scratch));
  assert_ok(ctf_graph_create(&graph));
  const ctf_bytes bytes = encode_chain(order, scratch);
  const ctf_source source = {.data = (const uint8_t*)bytes.data, .bytes = bytes.length, .budget = graph->budget};
  assert_ok(ctf_graph_import(graph, &source, NULL, NULL));
  assert_int_equal(graph->num_nodes, g_num_nodes);
  for (size_t i = 0; i < g_num_nodes; ++i) {
    const TF_Operation* const node = graph->nodes[i];
    assert_int_equal(strtoull(node->name.data + 1, NULL, 10), i);  // whatever its order in the file
    assert_int_equal(node->id, i);
    if (i > 0) assert_int_equal(node->inputs[0].node, i - 1);
  }
  if (order == SHUFFLED) run_chain(graph, graph->nodes[g_num_nodes - 1], g_num_nodes % 2 == 0 ? -3 : 3);
  ctf_graph_release(graph);
  ctf_allocator_free(scratch);
  ctf_allocator_free(system);
}

static void side_by_side(void** state) {
  (void)state;
  const int count = (int)(g_num_nodes / 10);
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  TF_OperationDescription* description = TF_NewOperation(graph, "Placeholder", "x");
  TF_SetAttrType(description, "dtype", TF_FLOAT);
  TF_Output* outputs = calloc((size_t)count, sizeof(*outputs));
  assert_non_null(outputs);
  TF_Operation* x = TF_FinishOperation(description, status);
  for (int i = 0; i < count; ++i) {
    char name[16];
    snprintf(name, sizeof(name), "n%d", i);
    description = TF_NewOperation(graph, "Neg", name);
    TF_AddInput(description, (TF_Output){x, 0});
    outputs[i] = (TF_Output){TF_FinishOperation(description, status), 0};
    assert_int_equal(TF_GetCode(status), TF_OK);
  }
  description = TF_NewOperation(graph, "AddN", "sum");
  TF_AddInputList(description, outputs, count);
  TF_Operation* sum = TF_FinishOperation(description, status);
  assert_int_equal(TF_GetCode(status), TF_OK);
  run_chain(graph, sum, -3.0f * (float)count);
  free(outputs);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
}

static void forwards(void** state) {
  (void)state;
  import_chain(FORWARDS);
}

static void backwards(void** state) {
  (void)state;
  import_chain(BACKWARDS);
}

static void shuffled(void** state) {
  (void)state;
  import_chain(SHUFFLED);
}

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(forwards), cmocka_unit_test(backwards),
                                     cmocka_unit_test(shuffled), cmocka_unit_test(side_by_side)};
  if (argc < 2) {
    fprintf(stderr, "usage: %s NODES\n", argv[0]);
    return 2;
  }
  g_num_nodes = strtoull(argv[1], NULL, 10);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
