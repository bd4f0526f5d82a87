// Constants in every encoding, held against TensorFlow's answers (tests/fixtures/), and what is refused.
#include "graphdef/tensor_proto.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/graphdef/bytes.h"

typedef struct answer {  // a row of a manifest
  char name[64];
  int dtype;
  char shape[64];
  ctf_bytes bytes;
} answer;

static bool next_answer(place* p, const char* folder, const char** inout_at, answer* out) {
  char file[64], path[256];
  int used = 0;
  while (**inout_at == '#') *inout_at = strchr(*inout_at, '\n') + 1;
  if (sscanf(*inout_at, "%63[^\t]\t%d\t%63[^\t]\t%63[^\n]\n%n", out->name, &out->dtype, out->shape, file, &used) != 4) {
    return false;
  }
  *inout_at += used;
  snprintf(path, sizeof(path), "%s/%s", folder, file);
  out->bytes = bytes_from_file(p->scratch, path);
  return true;
}

// Elements as the manifest describes them: strings are their length in 8 bytes, then themselves.
static ctf_bytes elements_of(place* p, const ctf_tensor* t) {
  if (t->dtype != TF_STRING) return (ctf_bytes){t->data, t->bytes};
  ctf_bytes all = {0};
  for (int64_t i = 0; i < t->num_elements; ++i) {
    ctf_bytes text;
    ctf_tensor_get_string(t, i, &text.data, &text.length);
    const uint64_t length = text.length;
    all = bytes_join(p->scratch, all, (ctf_bytes){(const char*)&length, sizeof(length)});
    all = bytes_join(p->scratch, all, text);
  }
  return all;
}

static void check_answer(place* p, const answer* want, const TF_Tensor* got) {
  assert_int_equal(got->view.dtype, want->dtype);
  if (strcmp(ctf_shape_print(ctf_tensor_shape(&got->view)).text, want->shape) != 0) {
    fail_msg("%s: shape %s, wanted %s", want->name, ctf_shape_print(ctf_tensor_shape(&got->view)).text, want->shape);
  }
  assert_same_bytes(want->name, elements_of(p, &got->view), want->bytes);
}

static const ctf_attr_value* attr_of(const ctf_node_def* node, const char* name) {
  for (size_t i = 0; i < node->num_attrs; ++i) {
    if (ctf_bytes_equal(node->attrs[i].name, name)) return &node->attrs[i].value;
  }
  fail_msg("node %s has no attribute %s", node->name.data, name);
  return NULL;
}

// Written and read again, a tensor is the same.
static void check_round_trip(place* p, TF_Tensor* tensor) {
  ctf_bytes bytes;
  TF_Tensor* again;
  assert_null(ctf_tensor_proto_write(&tensor->view, p->scratch, &bytes));
  const ctf_source source = source_of(p, bytes);
  assert_null(ctf_tensor_proto_read(&source, &again));
  const ctf_attr_value a = {.kind = CTF_ATTR_TENSOR, .tensor = tensor};
  const ctf_attr_value b = {.kind = CTF_ATTR_TENSOR, .tensor = again};
  assert_true(ctf_attr_value_equal(&a, &b));
  ctf_tensor_release(again);
}

// Returns the number of tensors that lie in the mapping.
static int check_fixture(const char* stem, bool map, size_t offset) {
  char graph_path[160], folder[128], manifest_path[160];
  place p;
  snprintf(folder, sizeof(folder), "tests/fixtures/%s", stem);
  snprintf(graph_path, sizeof(graph_path), "%s.pb", folder);
  snprintf(manifest_path, sizeof(manifest_path), "%s/manifest.tsv", folder);
  place_open(&p);
  // the file at an offset, as if it were inside another one, with nothing behind it
  const ctf_bytes file = bytes_from_file(p.scratch, graph_path);
  uint8_t* copy;
  assert_null(ctf_alloc_array(p.system, &copy, offset + file.length));
  memcpy(copy + offset, file.data, file.length);
  ctf_source source = {.data = copy + offset, .bytes = file.length, .budget = p.budget};
  if (map) assert_null(ctf_buffer_wrap(copy, offset + file.length, NULL, NULL, &source.mapping));

  ctf_graph_def* graph;
  assert_null(ctf_graph_def_read(&source, p.scratch, &graph));
  const ctf_bytes manifest = bytes_join(p.scratch, bytes_from_file(p.scratch, manifest_path), (ctf_bytes){"", 1});
  const char* at = manifest.data;
  answer want;
  size_t n = 0;
  int num_mapped = 0;
  while (next_answer(&p, folder, &at, &want)) {
    assert_true(n < graph->num_nodes);
    const ctf_node_def* node = &graph->nodes[n++];
    assert_string_equal(node->name.data, want.name);
    assert_string_equal(node->op.data, "Const");
    assert_int_equal(attr_of(node, "dtype")->type, want.dtype);
    const ctf_attr_value* value = attr_of(node, "value");
    assert_int_equal(value->kind, CTF_ATTR_TENSOR);
    check_answer(&p, &want, value->tensor);
    check_round_trip(&p, value->tensor);
    const uint8_t* data = value->tensor->view.data;
    if (data >= copy && data < copy + offset + file.length) ++num_mapped;
  }
  assert_int_equal(n, graph->num_nodes);
  ctf_graph_def_release(graph);
  if (map) {
    assert_true(ctf_buffer_sole(source.mapping));  // every tensor has let go of it
    ctf_buffer_release(source.mapping);
  }
  ctf_free(p.system, copy);
  place_close(&p);
  return num_mapped;
}

static void fixtures(void** state) {
  (void)state;
  static const char* const kStems[] = {"const_encodings", "const_wire", "const_split"};
  for (size_t i = 0; i < sizeof(kStems) / sizeof(*kStems); ++i) {
    assert_int_equal(check_fixture(kStems[i], false, 0), 0);
    for (size_t offset = 0; offset < 9; ++offset) {
      const int num_mapped = check_fixture(kStems[i], true, offset);
      if (i == 0) assert_true(num_mapped >= 2);  // large_content, complex128_content
    }
  }
}

typedef struct error_case {
  const char* name;
  const char* hex;  // a TensorProto
  TF_Code code;
  const char* wants;
} error_case;

// clang-format off
static const error_case kErrors[] = {
    {"no type", "", TF_INVALID_ARGUMENT, "Cannot parse tensor from proto: data type 0 is not a tensor's"},
    {"an unknown type", "0822", TF_INVALID_ARGUMENT, "data type 34 is not a tensor's"},
    {"a reference type", "0865", TF_INVALID_ARGUMENT, "data type 101 is not a tensor's"},
    {"a negative type", "08ffffffffffffffffff01", TF_INVALID_ARGUMENT, "data type -1 is not a tensor's"},
    {"content too short", "0801 1204 12020802 2204 00000000", TF_INVALID_ARGUMENT,
     "Cannot parse tensor from proto: float[2] has 8 bytes, its content 4"},
    {"content too long", "0801 1200 2205 0000000000", TF_INVALID_ARGUMENT, "float[] has 4 bytes, its content 5"},
    {"int4 content is not packed", "081d 1204 12020804 2202 0000", TF_INVALID_ARGUMENT, "int4[4] has 4 bytes, its content 2"},
    {"a bool of 2", "080a 1204 12020802 2202 0102", TF_INVALID_ARGUMENT, "a bool that is neither 0 nor 1"},
    {"a dimension of -1", "0801 120d 120b 08ffffffffffffffffff01", TF_INVALID_ARGUMENT, "dimension 0 of its shape is -1"},
    {"strings: lengths end", "0807 1204 12020803 2202 0000", TF_INVALID_ARGUMENT, "its content ends inside the lengths"},
    {"strings: a length does not end", "0807 1204 12020802 2202 0080", TF_INVALID_ARGUMENT, "its content ends inside the lengths"},
    {"strings: a length of six bytes", "0807 1200 2207 818080808000 61", TF_INVALID_ARGUMENT, "its content ends inside the lengths"},
    {"strings: text ends", "0807 1204 12020802 2204 0102 6162", TF_INVALID_ARGUMENT, "its content ends inside a string"},
    {"strings: text goes on", "0807 1204 12020802 2205 0101 616263", TF_INVALID_ARGUMENT, "its content goes on after the last string"},
    {"strings: far more than bytes", "0807 1208 1206 0880808080 10 2201 00", TF_INVALID_ARGUMENT, "its content ends inside the lengths"},
    {"a resource", "0814", TF_UNIMPLEMENTED, "a constant of type resource cannot be read yet"},
    {"a variant", "0815", TF_UNIMPLEMENTED, "a constant of type variant cannot be read yet"},
    {"a resource with content", "0814 2204 61626364", TF_INVALID_ARGUMENT, "resources and variants have no content"},
    {"not a message", "08", TF_INVALID_ARGUMENT, "Invalid TensorProto: byte 0: a number does not end"},
    // 2^37 floats from one value, and from none: the budget refuses them, whatever the machine has
    {"a large splat", "0801 1209 1207 08808080808004 2a04 0000803f", TF_RESOURCE_EXHAUSTED, "constant f32[137438953472] needs 524288.0 MiB"},
    {"large and empty", "0801 1209 1207 08808080808004", TF_RESOURCE_EXHAUSTED, "constant f32[137438953472] needs 524288.0 MiB"},
    // 2^40 of them are no size at all
    {"a splat too large", "0801 1209 1207 08808080808020 2a04 0000803f", TF_INVALID_ARGUMENT,
     "Cannot parse tensor from proto: a few values cannot stand for float[1099511627776], 4398046511104 bytes"},
    {"many strings", "0807 1209 1207 08808080808020 420161", TF_INVALID_ARGUMENT, "26388279066624 bytes"},
};
// clang-format on

static void errors(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kErrors) / sizeof(*kErrors); ++i) {
    place p;
    place_open_with(&p, 1 << 20);
    const ctf_source source = source_of(&p, bytes_from_hex(p.scratch, kErrors[i].hex));
    TF_Tensor* tensor = NULL;
    assert_status(kErrors[i].name, ctf_tensor_proto_read(&source, &tensor), kErrors[i].code, kErrors[i].wants);
    assert_null(tensor);
    place_close(&p);
  }
}

// 254 dimensions are a tensor's most; the product overflows where TensorFlow's does, from the front.
static void ranks_and_overflows(void** state) {
  (void)state;
  place p;
  place_open(&p);
  const ctf_bytes one = bytes_from_hex(p.scratch, "1202 0801"), zero = bytes_from_hex(p.scratch, "1202 0800");
  const ctf_bytes large = bytes_field(p.scratch, 2, bytes_from_hex(p.scratch, "08 ffffffffffffffff3f"));  // 2^62 - 1
  const ctf_bytes dtype = bytes_from_hex(p.scratch, "0801");
  ctf_bytes many = {0};
  for (int i = 0; i < 254; ++i) many = bytes_join(p.scratch, many, one);
  const ctf_bytes larges = bytes_join(p.scratch, large, large);
  const struct {
    const char* name;
    ctf_bytes dims;
    const char* wants;
  } cases[] = {
      {"254 dimensions", many, NULL},
      {"255 dimensions", bytes_join(p.scratch, many, one), "its shape has 255 dimensions, more than 254"},
      {"0 before what overflows", bytes_join(p.scratch, zero, larges), NULL},
      {"0 behind what overflows", bytes_join(p.scratch, larges, zero),
       "shape [4611686018427387903,4611686018427387903,0] has more than 2**63 - 1 elements"},
      {"elements, but no bytes", large, "Cannot parse tensor from proto: "},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
    const ctf_bytes proto = bytes_join(p.scratch, dtype, bytes_field(p.scratch, 2, cases[i].dims));
    const ctf_source source = source_of(&p, proto);
    TF_Tensor* tensor = NULL;
    assert_status(cases[i].name, ctf_tensor_proto_read(&source, &tensor),
                  cases[i].wants == NULL ? TF_OK : TF_INVALID_ARGUMENT, cases[i].wants);
    assert_true((tensor != NULL) == (cases[i].wants == NULL));
    ctf_tensor_release(tensor);
  }
  place_close(&p);
}

// What a splat takes is charged, once, and given back with the tensor.
static void splat_is_charged(void** state) {
  (void)state;
  place p;
  place_open(&p);
  const ctf_source source = source_of(&p, bytes_from_hex(p.scratch, "0803 1205 1203 088020 3a0107"));  // int32[4096]
  const size_t before = ctf_budget_used(p.budget);
  TF_Tensor* tensor;
  assert_null(ctf_tensor_proto_read(&source, &tensor));
  assert_true(ctf_budget_used(p.budget) >= before + 4096 * sizeof(int32_t));
  for (int i = 0; i < 4096; ++i) assert_int_equal(((const int32_t*)tensor->view.data)[i], 7);
  ctf_tensor_release(tensor);
  assert_int_equal(ctf_budget_used(p.budget), before);
  place_close(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fixtures),
      cmocka_unit_test(errors),
      cmocka_unit_test(ranks_and_overflows),
      cmocka_unit_test(splat_is_charged),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
