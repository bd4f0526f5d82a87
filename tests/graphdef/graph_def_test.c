// GraphDef files to nodes and back.
#include "graphdef/graph_def.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/graphdef/bytes.h"

// Three nodes (the second with both experimental fields, the last without anything), versions and a library of two, as
// TensorFlow's own serialiser writes them.
#define NODE_A "0a0161 12024964 1a0162 1a025e63 22022f64"
#define EXPERIMENTAL "3203 0a0178 3a03 08e807"
#define NODE_B "0a0162" EXPERIMENTAL
#define FUNCTION_F "0a05 0a030a0166"
#define FUNCTION_G "0a05 0a030a0167"
#define LIBRARY FUNCTION_F FUNCTION_G
#define VERSIONS "0805 1002 1a0b 07 ffffffffffffffffff01"
static const char kGraph[] = "0a12" NODE_A "0a0d" NODE_B "0a00 120e" LIBRARY "2211" VERSIONS;
// The same, with versions and library in two parts around the nodes, and with what is not known.
static const char kGraphInParts[] =
    "2202 0807 1207" FUNCTION_F "0a19 98060b 1801" NODE_A "1805 0a0d" NODE_B "0a00 1207" FUNCTION_G "2211" VERSIONS;

static void check_graph(place* p, const ctf_graph_def* graph) {
  assert_int_equal(graph->num_nodes, 3);
  const ctf_node_def* a = &graph->nodes[0];
  assert_string_equal(a->name.data, "a");
  assert_string_equal(a->op.data, "Id");
  assert_int_equal(a->op.length, 2);
  assert_string_equal(a->device.data, "/d");
  assert_int_equal(a->num_inputs, 2);
  assert_string_equal(a->inputs[0].data, "b");
  assert_string_equal(a->inputs[1].data, "^c");
  assert_int_equal(a->inputs[1].length, 2);
  assert_int_equal(a->num_attrs, 0);
  assert_int_equal(a->experimental.length, 0);
  assert_string_equal(graph->nodes[1].op.data, "");
  assert_same_bytes("experimental", graph->nodes[1].experimental, bytes_from_hex(p->scratch, EXPERIMENTAL));
  assert_string_equal(graph->nodes[2].name.data, "");
  assert_int_equal(graph->nodes[2].num_inputs, 0);
  assert_int_equal(graph->versions.producer, 5);
  assert_int_equal(graph->versions.min_consumer, 2);
  assert_int_equal(graph->versions.num_bad_consumers, 2);
  assert_int_equal(graph->versions.bad_consumers[0], 7);
  assert_int_equal(graph->versions.bad_consumers[1], -1);
  assert_same_bytes("library", graph->library, bytes_from_hex(p->scratch, LIBRARY));
}

static void graphs(void** state) {
  (void)state;
  static const char* const kFiles[] = {kGraph, kGraphInParts};
  for (size_t i = 0; i < 2; ++i) {
    place p;
    place_open(&p);
    const ctf_source source = source_of(&p, bytes_from_hex(p.scratch, kFiles[i]));
    ctf_graph_def* graph;
    ctf_bytes written;
    assert_null(ctf_graph_def_read(&source, p.scratch, &graph));
    check_graph(&p, graph);
    assert_null(ctf_graph_def_write(graph, p.scratch, &written));
    assert_same_bytes("written", written, bytes_from_hex(p.scratch, kGraph));
    assert_null(ctf_node_def_write(&graph->nodes[1], p.scratch, &written));
    assert_same_bytes("a node", written, bytes_from_hex(p.scratch, NODE_B));
    ctf_graph_def_release(graph);
    place_close(&p);
  }
}

static void empty_file(void** state) {
  (void)state;
  place p;
  place_open(&p);
  ctf_graph_def* graph = NULL;
  const ctf_source source = {.budget = p.budget};
  assert_null(ctf_graph_def_read(&source, p.scratch, &graph));
  assert_int_equal(graph->num_nodes, 0);
  assert_int_equal(graph->versions.producer, 0);
  assert_int_equal(graph->library.length, 0);
  ctf_graph_def_release(graph);
  ctf_graph_def_release(NULL);
  place_close(&p);
}

static const struct {
  const char* name;
  const char* hex;  // an AttrValue as TensorFlow's own serialiser writes it
} kValues[] = {
    {"nothing", ""},
    {"string", "120361ff62"},
    {"empty string", "1200"},
    {"int", "18feffffffffffffffff01"},
    {"int 0", "1800"},
    {"float", "250000c03f"},
    {"bool", "2800"},
    {"type", "3065"},
    {"shape", "3a11120b08ffffffffffffffffff0112020802"},
    {"scalar shape", "3a00"},
    {"shape with a 0", "3a021200"},
    {"unknown shape", "3a021801"},
    {"tensor", "420e080112041202080122040000803f"},
    {"string tensor", "421008071204120208024201614203620063"},
    {"empty tensor", "4206080312021200"},
    {"empty list", "0a00"},
    {"list of strings", "0a051201611200"},
    {"list of ints", "0a0d1a0b01ffffffffffffffffff01"},
    {"list of floats", "0a0a22080000803f00000080"},
    {"list of bools", "0a042a020100"},
    {"list of types", "0a0432020103"},
    {"list of shapes", "0a0c3a003a0218013a0412020803"},
    {"list of tensors", "0a15420a080312002204070000004207080a1200220101"},
    {"list of functions", "0a134a030a01664a0c0a016712070a015412023001"},
    {"function", "521c0a0166120b0a014112063a0412020803120a0a0142120552030a0167"},
    {"placeholder", "4a0154"},
};

// Each value is read, copied and written as it was, and is like no other one.
static void values(void** state) {
  (void)state;
  enum { NUM = sizeof(kValues) / sizeof(*kValues) };
  place p;
  place_open(&p);
  ctf_attr_value read[NUM], copied[NUM];
  for (size_t i = 0; i < NUM; ++i) {
    const ctf_bytes want = bytes_from_hex(p.scratch, kValues[i].hex);
    const ctf_source source = source_of(&p, want);
    ctf_bytes got;
    assert_status(kValues[i].name, ctf_attr_value_read(&source, p.scratch, &read[i]), TF_OK, NULL);
    assert_null(ctf_attr_value_copy(&read[i], p.scratch, &copied[i]));
    assert_null(ctf_attr_value_write(&read[i], p.scratch, &got));
    assert_same_bytes(kValues[i].name, got, want);
    assert_null(ctf_attr_value_write(&copied[i], p.scratch, &got));
    assert_same_bytes(kValues[i].name, got, want);
  }
  for (size_t i = 0; i < NUM; ++i) {
    for (size_t k = 0; k < NUM; ++k) {
      if (ctf_attr_value_equal(&read[i], &copied[k]) != (i == k)) {
        fail_msg("%s and %s", kValues[i].name, kValues[k].name);
      }
    }
  }
  for (size_t i = 0; i < NUM; ++i) {
    ctf_attr_value_release(&read[i]);
    ctf_attr_value_release(&copied[i]);
  }
  place_close(&p);
}

static void value_details(void** state) {
  (void)state;
  place p;
  place_open(&p);
  const ctf_source source =
      source_of(&p, bytes_from_hex(p.scratch, "521c0a0166120b0a014112063a0412020803120a0a0142120552030a0167"));
  ctf_attr_value value;
  assert_null(ctf_attr_value_read(&source, p.scratch, &value));
  assert_int_equal(value.kind, CTF_ATTR_FUNC);
  assert_false(value.is_list);
  assert_string_equal(value.func->name.data, "f");
  assert_int_equal(value.func->num_attrs, 2);
  assert_string_equal(value.func->attrs[0].name.data, "A");
  assert_int_equal(value.func->attrs[0].value.shape.rank, 1);
  assert_int_equal(value.func->attrs[0].value.shape.dims[0], 3);
  assert_string_equal(value.func->attrs[1].value.func->name.data, "g");
  // functions are equal whatever the order of their attributes
  const ctf_source turned =
      source_of(&p, bytes_from_hex(p.scratch, "521c0a0166120a0a0142120552030a0167120b0a014112063a0412020803"));
  ctf_attr_value other;
  assert_null(ctf_attr_value_read(&turned, p.scratch, &other));
  assert_string_equal(other.func->attrs[0].name.data, "B");
  assert_true(ctf_attr_value_equal(&value, &other));
  ctf_attr_value_release(&value);
  ctf_attr_value_release(&other);

  const ctf_source list = source_of(&p, bytes_from_hex(p.scratch, "0a00"));
  assert_null(ctf_attr_value_read(&list, p.scratch, &value));
  assert_true(value.is_list);
  assert_int_equal(value.kind, CTF_ATTR_NONE);
  assert_int_equal(value.count, 0);
  assert_string_equal(ctf_attr_kind_name(CTF_ATTR_SHAPE), "shape");
  place_close(&p);
}

static const struct {
  const char* name;
  const char* hex;  // an AttrValue
  const char* wants;
} kBadValues[] = {
    {"not a message", "12", "Invalid AttrValue: byte 0: a length does not end"},
    {"unknown rank with dimensions", "3a0412001801", "An unknown shape must not have any dimensions set."},
    {"dimension below -1", "3a0d120b08feffffffffffffffff01", "Shape has dimension -2"},
    {"two kinds at once", "0a061201611a0101", "'list(string)' and 'list(int)' at once"},
    {"tensor without type", "4200", "Cannot parse tensor from proto: data type 0"},
    {"second tensor of a list", "0a1142020801420b0801120412020802220161", "float[2] has 8 bytes, its content 1"},
    {"tensor inside a function", "52170a016612090a014112044202080112070a014212024200",
     "attribute 'B': Cannot parse tensor from proto"},
    {"tensor inside a list of functions", "0a1e4a030a01654a170a016612090a014112044202080112070a014212024200",
     "attribute 'B': Cannot parse tensor from proto"},
};

static void bad_values(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kBadValues) / sizeof(*kBadValues); ++i) {
    place p;
    place_open(&p);  // and nothing is left of the tensors that came before the bad one
    const ctf_source source = source_of(&p, bytes_from_hex(p.scratch, kBadValues[i].hex));
    ctf_attr_value value;
    assert_status(kBadValues[i].name, ctf_attr_value_read(&source, p.scratch, &value), TF_INVALID_ARGUMENT,
                  kBadValues[i].wants);
    place_close(&p);
  }
}

// The message names node, op and attribute; the nodes before it are released.
static void bad_node(void** state) {
  (void)state;
  place p;
  place_open(&p);
  const ctf_bytes node = bytes_from_hex(p.scratch,
                                        "0a15 0a0161 1205436f6e7374 2a09 0a0176 1204 42020801"
                                        "0a15 0a0162 1205436f6e7374 2a09 0a0176 1204 42020822");
  const ctf_source source = source_of(&p, node);
  ctf_graph_def* graph = NULL;
  assert_status("bad node", ctf_graph_def_read(&source, p.scratch, &graph), TF_INVALID_ARGUMENT,
                "node 'b' (Const): attribute 'v': Cannot parse tensor from proto: data type 34 is not a tensor's");
  assert_null(graph);
  place_close(&p);
}

// A whole file is checked before any of its nodes is looked at.
static void wire_comes_first(void** state) {
  (void)state;
  place p;
  place_open(&p);
  const ctf_source source =
      source_of(&p, bytes_from_hex(p.scratch, "0a15 0a0162 1205436f6e7374 2a09 0a0176 1204 42020822 0a05"));
  ctf_graph_def* graph = NULL;
  assert_status("wire first", ctf_graph_def_read(&source, p.scratch, &graph), TF_INVALID_ARGUMENT,
                "Invalid GraphDef: byte 23: a length is larger than what is left of its message");
  place_close(&p);
}

// Attributes that come again: the last one counts, in the order in which the last ones stand. Few are compared with
// each other, many go through a map.
static void repeated_attributes(void** state) {
  (void)state;
  static const int kCounts[] = {2, 5, 40, 1000};
  for (size_t c = 0; c < sizeof(kCounts) / sizeof(*kCounts); ++c) {
    const int count = kCounts[c];
    place p;
    place_open(&p);
    ctf_bytes node = {0};
    for (int i = 0; i < 2 * count; ++i) {  // k0 = 0, k1 = 1, ..., then k0 = count, ...
      char key[16];
      const int length = snprintf(key, sizeof(key), "k%d", i % count);
      uint8_t number[3] = {0x18, (uint8_t)(i | 0x80), (uint8_t)(i >> 7)};
      const ctf_bytes name = bytes_field(p.scratch, 1, (ctf_bytes){key, (size_t)length});
      const ctf_bytes value = bytes_field(p.scratch, 2, (ctf_bytes){(const char*)number, 3});
      node = bytes_join(p.scratch, node, bytes_field(p.scratch, 5, bytes_join(p.scratch, name, value)));
    }
    const ctf_source source = source_of(&p, bytes_field(p.scratch, 1, node));
    ctf_graph_def* graph;
    assert_null(ctf_graph_def_read(&source, p.scratch, &graph));
    assert_int_equal(graph->nodes[0].num_attrs, count);
    for (int i = 0; i < count; ++i) {
      char key[16];
      snprintf(key, sizeof(key), "k%d", i);
      assert_string_equal(graph->nodes[0].attrs[i].name.data, key);
      assert_int_equal(graph->nodes[0].attrs[i].value.i, count + i);
    }
    ctf_graph_def_release(graph);
    place_close(&p);
  }
}

// An entry may lack its key (then it is empty) or its value (then nothing is set), or have the value first.
static void odd_entries(void** state) {
  (void)state;
  place p;
  place_open(&p);
  const ctf_source source =
      source_of(&p, bytes_from_hex(p.scratch, "0a18 2a00 2a04 12021805 2a03 0a0161 2a07 12021806 0a0162 2a00"));
  ctf_graph_def* graph;
  assert_null(ctf_graph_def_read(&source, p.scratch, &graph));
  const ctf_node_def* node = &graph->nodes[0];
  assert_int_equal(node->num_attrs, 3);
  assert_string_equal(node->attrs[0].name.data, "a");
  assert_int_equal(node->attrs[0].value.kind, CTF_ATTR_NONE);
  assert_false(node->attrs[0].value.is_list);
  assert_string_equal(node->attrs[1].name.data, "b");
  assert_int_equal(node->attrs[1].value.i, 6);
  assert_string_equal(node->attrs[2].name.data, "");  // the last of three
  assert_int_equal(node->attrs[2].value.kind, CTF_ATTR_NONE);
  ctf_graph_def_release(graph);
  place_close(&p);
}

// Messages live one node at a time: a thousand nodes take no more of the budget than one, beside the result.
static void memory_of_one_node(void** state) {
  (void)state;
  size_t peaks[2];
  for (int many = 0; many < 2; ++many) {
    place p;
    place_open(&p);
    ctf_bytes list = {0};  // a list of 2000 floats in each node
    char floats[8000] = {0};
    list = bytes_field(p.scratch, 1, bytes_field(p.scratch, 4, (ctf_bytes){floats, sizeof(floats)}));
    const ctf_bytes key = bytes_field(p.scratch, 1, (ctf_bytes){"f", 1});
    const ctf_bytes entry = bytes_join(p.scratch, key, bytes_field(p.scratch, 2, list));
    const ctf_bytes node = bytes_field(p.scratch, 1, bytes_field(p.scratch, 5, entry));
    ctf_bytes file = node;
    for (int i = 0; many && i < 6; ++i) file = bytes_join(p.scratch, file, file);  // 64 nodes
    ctf_budget* messages;
    assert_null(ctf_budget_create(p.budget, "messages", CTF_NO_LIMIT, &messages));
    ctf_source source = source_of(&p, file);
    source.budget = messages;
    ctf_graph_def* graph;
    assert_null(ctf_graph_def_read(&source, p.scratch, &graph));
    assert_int_equal(graph->num_nodes, many ? 64 : 1);
    assert_int_equal(ctf_budget_used(messages), 0);
    peaks[many] = ctf_budget_peak(messages);
    ctf_budget_release(messages);
    place_close(&p);
  }
  assert_true(peaks[0] > 16000);
  assert_int_equal(peaks[1], peaks[0]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(graphs),           cmocka_unit_test(empty_file),
      cmocka_unit_test(values),           cmocka_unit_test(value_details),
      cmocka_unit_test(bad_values),       cmocka_unit_test(bad_node),
      cmocka_unit_test(wire_comes_first), cmocka_unit_test(repeated_attributes),
      cmocka_unit_test(odd_entries),      cmocka_unit_test(memory_of_one_node),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
