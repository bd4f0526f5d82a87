// A chain of as many nodes as the argument says, in the file's order, backwards and shuffled: nothing recurses over
// nodes.
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
  out_node->op = (ctf_bytes){"Identity", 8};
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
  ctf_graph_release(graph);
  ctf_allocator_free(scratch);
  ctf_allocator_free(system);
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
                                     cmocka_unit_test(shuffled)};
  if (argc < 2) {
    fprintf(stderr, "usage: %s NODES\n", argv[0]);
    return 2;
  }
  g_num_nodes = strtoull(argv[1], NULL, 10);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
