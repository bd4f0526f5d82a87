// The bounded scanner: what it refuses is what TensorFlow 2.21 calls "Invalid GraphDef", and NUL in text.
#include "graphdef/wire.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tensorflow/core/framework/attr_value.pb-c.h"
#include "tensorflow/core/framework/graph.pb-c.h"
#include "tensorflow/core/framework/node_def.pb-c.h"
#include "tensorflow/core/framework/tensor.pb-c.h"
#include "tests/graphdef/bytes.h"

#define FF9 "ffffffffffffffffff"                             // nine bytes of a number that goes on
#define NODE "0a016e 12044e6f4f70"                           // name: "n" op: "NoOp"
#define ATTR(value_hex) NODE "2a0a 0a025f6b 1204" value_hex  // attr "_k", whose value has four bytes

typedef struct check_case {
  const char* name;
  const char* hex;    // the fields of one NodeDef
  const char* wants;  // part of the message; NULL: valid
} check_case;

// clang-format off
static const check_case kChecks[] = {
    {"nothing", "", NULL},
    {"a plain node", NODE, NULL},
    {"number of ten bytes", NODE "9806" FF9 "01", NULL},
    {"of the tenth byte only a bit counts", NODE "9806" FF9 "7f", NULL},
    {"number of eleven bytes", NODE "9806" FF9 "ff01", "byte 11: a number does not end"},
    {"number cut short", NODE "9806ff", "byte 11: a number does not end"},
    {"known number of ten bytes", NODE "2a11 0a025f6b 120b 18" FF9 "02", NULL},
    {"known number of eleven bytes", NODE "2a12 0a025f6b 120c 18" FF9 "ff01", "a number does not end"},
    {"known bool of ten bytes", NODE "2a11 0a025f6b 120b 28" FF9 "7f", NULL},
    {"packed number of ten bytes", NODE "2a14 0a025f6b 120e 0a0c 1a0a" FF9 "7f", NULL},
    {"packed number of eleven bytes", NODE "2a15 0a025f6b 120f 0a0d 1a0b" FF9 "ff01", "a number in a list does not end"},
    {"packed number cut short", NODE "2a0b 0a025f6b 1205 0a03 1a01 ff", "a number in a list does not end"},
    {"packed floats cut short", NODE "2a0f 0a025f6b 1209 0a07 2205 3132333435", "a list ends inside a number"},
    {"packed bools of any number", NODE "2a0d 0a025f6b 1207 0a05 2a03 ac0202", NULL},
    {"a list's number not packed", ATTR("0a02 2805"), NULL},
    {"field number 0", NODE "0000", "byte 11: no valid tag"},
    {"field number 0 with a length", NODE "0200", "byte 11: no valid tag"},
    {"wire type 6", NODE "9e06", "a wire type that does not exist"},
    {"wire type 7", NODE "9f06", "a wire type that does not exist"},
    {"end of no group", NODE "9c06", "a group ends that did not begin"},
    {"a group", NODE "9b06 9806 05 9a06 02 6162 9d06 61626364 9906 6162636465666768 9c06", NULL},
    {"end of another group", NODE "9b06 a406", "a group ends that did not begin"},
    {"a group without end", NODE "9b06", "no valid tag inside a group"},
    {"a number without end in a group", NODE "9b06 9806 ff", "a number does not end"},
    {"a group of a known number", NODE "0b0c", NULL},
    {"tag of five bytes", NODE "988680800000", NULL},
    {"tag of five bytes that loses bits", NODE "f8ffffff7f00", NULL},
    {"tag of six bytes", NODE "98868080800000", "no valid tag"},
    {"known tag of five bytes", "8a80808000 016e 12044e6f4f70", NULL},
    {"known tag of six bytes", "8a8080808000 016e 12044e6f4f70", "byte 2: no valid tag"},
    {"length of five bytes", "0a 8180808000 6e 12044e6f4f70", NULL},
    {"length of six bytes", "0a 818080808000 6e 12044e6f4f70", "a length does not end"},
    {"length of five bytes, far too long", "0a 8180808010 6e 12044e6f4f70", "a length is larger than what is left"},
    {"unknown length of six bytes", NODE "9a06 808080808000", "a length does not end"},
    {"unknown length too long", NODE "9a06 05 616263", "a length is larger than what is left"},
    {"known length too long", NODE "22 05 616263", "byte 11: a length is larger than what is left"},
    {"8 bytes cut short", NODE "9906 61626364656667", "the message ends inside an 8 byte value"},
    {"4 bytes cut short", NODE "9d06 616263", "the message ends inside a 4 byte value"},
    {"text: not UTF-8", "0a01ff 12044e6f4f70", "byte 2: NodeDef.name is text that is not valid UTF-8"},
    {"text: continuation alone", NODE "2201 80", "NodeDef.device is text that is not valid UTF-8"},
    {"text: two bytes, overlong", NODE "2202 c080", "not valid UTF-8"},
    {"text: two bytes, cut short", NODE "2201 c2", "not valid UTF-8"},
    {"text: two bytes", NODE "2202 c280", NULL},
    {"text: three bytes, overlong", NODE "2203 e09fbf", "not valid UTF-8"},
    {"text: three bytes, least", NODE "2203 e0a080", NULL},
    {"text: three bytes, third is none", NODE "2203 e0a061", "not valid UTF-8"},
    {"text: surrogate", NODE "2203 eda080", "not valid UTF-8"},
    {"text: before the surrogates", NODE "2203 ed9fbf", NULL},
    {"text: no character, but valid", NODE "2203 efbfbf", NULL},
    {"text: four bytes, overlong", NODE "2204 f08fbfbf", "not valid UTF-8"},
    {"text: four bytes, least and most", NODE "2208 f0908080 f48fbfbf", NULL},
    {"text: above U+10FFFF", NODE "2204 f4908080", "not valid UTF-8"},
    {"text: five bytes", NODE "2205 f888808080", "not valid UTF-8"},
    {"text: map key", NODE "2a05 0a01ff 1200", "AttrEntry.key is text that is not valid UTF-8"},
    {"text: in a oneof", NODE "2a09 0a025f6b 1203 4a01ff", "AttrValue.placeholder is text"},
    {"text: NUL", NODE "220100", "NodeDef.device is text with a NUL byte inside"},
    {"text: NUL in the middle", "0a03 6e006d 12044e6f4f70", "NodeDef.name is text with a NUL byte inside"},
    {"bytes are not text", NODE "2a0b 0a025f6b 1205 0a03 1201 ff", NULL},
    {"a wrong wire type is unknown", "0801" NODE, NULL},
    {"a tensor as a number", ATTR("4001 4001"), NULL},
    {"unknown field in a map entry", NODE "2a0b 0a025f6b 1202 1801 980601", NULL},
    {"first of two parts is not valid", NODE "2a0c 0a025f6b 1206 3a02 1205 3a00", "a length is larger than what is left"},
};
// clang-format on

static void checks(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kChecks) / sizeof(*kChecks); ++i) {
    place p;
    place_open(&p);
    // inside a graph, so that offsets and levels are those of a file
    const ctf_bytes graph = bytes_field(p.scratch, 1, bytes_from_hex(p.scratch, kChecks[i].hex));
    ctf_status status = ctf_wire_check(&tensorflow__graph_def__descriptor, (const uint8_t*)graph.data, graph.length);
    const TF_Code code = kChecks[i].wants == NULL ? TF_OK : TF_INVALID_ARGUMENT;
    assert_status(kChecks[i].name, status, code, kChecks[i].wants);
    // ctf_wire_scan comes to the same verdict by itself
    ctf_wire_message message;
    status = ctf_wire_scan(&tensorflow__graph_def__descriptor, (const uint8_t*)graph.data, graph.length, p.scratch,
                           &message);
    assert_status(kChecks[i].name, status, code, kChecks[i].wants);
    place_close(&p);
  }
}

// A prefix is valid exactly where a field of the outermost level ends.
static void prefixes(void** state) {
  (void)state;
  place p;
  place_open(&p);
  const ctf_bytes file = bytes_from_file(p.scratch, "tests/fixtures/const_wire.pb");
  const uint8_t* const data = (const uint8_t*)file.data;
  const uint8_t* at = data;
  size_t num_valid = 0, num_fields = 0;
  ctf_wire_field f;
  for (size_t n = 0; n <= file.length; ++n) {
    uint8_t* copy;  // of exactly this size: a read past its end is found
    assert_null(ctf_alloc_array(p.system, &copy, n));
    if (n > 0) memcpy(copy, data, n);
    ctf_status status = ctf_wire_check(&tensorflow__graph_def__descriptor, copy, n);
    if (status == NULL) {
      ++num_valid;
      assert_ptr_equal(data + n, at);
      if (ctf_wire_next(&at, data + file.length, &f)) ++num_fields;
    }
    ctf_status_drop(status);  // a message is cut somewhere: expected
    ctf_free(p.system, copy);
  }
  assert_ptr_equal(at, data + file.length);
  assert_int_equal(num_valid, num_fields + 1);
  assert_true(num_fields > 10);
  place_close(&p);
}

// GraphDef.node.experimental_type.args.args...: one node and `levels` types.
static ctf_bytes nested_types(place* p, int levels) {
  ctf_bytes b = {0};
  for (int i = 1; i < levels; ++i) b = bytes_field(p->scratch, 2, b);
  return bytes_field(p->scratch, 1, bytes_field(p->scratch, 7, b));
}

// Functions in attributes of functions: three messages each (map entry, value, function), and the node.
static ctf_bytes nested_functions(place* p, int levels) {
  const ctf_bytes key = bytes_field(p->scratch, 1, (ctf_bytes){"k", 1});
  ctf_bytes b = {0};
  for (int i = 0; i < levels; ++i) {
    const ctf_bytes value = bytes_field(p->scratch, 2, bytes_field(p->scratch, 10, b));
    b = bytes_field(p->scratch, i + 1 == levels ? 5 : 2, bytes_join(p->scratch, key, value));
  }
  return bytes_field(p->scratch, 1, b);
}

static ctf_bytes nested_groups(place* p, int levels, bool in_node) {
  uint8_t* data;
  const size_t half = (size_t)levels * 2;
  assert_null(ctf_alloc_array(p->scratch, &data, 2 * half));
  for (size_t i = 0; i < half; i += 2) {  // field 99
    memcpy(data + i, "\x9b\x06", 2);
    memcpy(data + half + i, "\x9c\x06", 2);
  }
  const ctf_bytes b = {(const char*)data, 2 * half};
  return in_node ? bytes_field(p->scratch, 1, b) : b;
}

static void depth(void** state) {
  (void)state;
  place p;
  place_open(&p);
  const struct {
    const char* name;
    ctf_bytes graph;
    bool valid;
  } cases[] = {
      {"99 types in a node", nested_types(&p, 99), true},
      {"100 types in a node", nested_types(&p, 100), false},
      {"10000 types in a node", nested_types(&p, 10000), false},
      {"33 functions", nested_functions(&p, 33), true},
      {"34 functions", nested_functions(&p, 34), false},
      {"100 groups", nested_groups(&p, 100, false), true},
      {"101 groups", nested_groups(&p, 101, false), false},
      {"99 groups in a node", nested_groups(&p, 99, true), true},
      {"100 groups in a node", nested_groups(&p, 100, true), false},
      {"1000000 groups", nested_groups(&p, 1000000, false), false},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
    ctf_status status =
        ctf_wire_check(&tensorflow__graph_def__descriptor, (const uint8_t*)cases[i].graph.data, cases[i].graph.length);
    assert_status(cases[i].name, status, cases[i].valid ? TF_OK : TF_INVALID_ARGUMENT,
                  cases[i].valid ? NULL : "messages are nested deeper than 100 levels");
  }
  place_close(&p);
}

typedef struct scan_case {
  const char* name;
  const ProtobufCMessageDescriptor* descriptor;
  const char* hex;
  const char* wants;  // the copy
} scan_case;

// clang-format off
static const scan_case kScans[] = {
    {"as it is", &tensorflow__node_def__descriptor, NODE, NODE},
    {"unknown fields go", &tensorflow__node_def__descriptor, "980605" NODE "9a0602 6162 9d06 61626364", NODE},
    {"groups go", &tensorflow__node_def__descriptor, "9b06 0a016e 9c06" NODE, NODE},
    {"wrong wire types go", &tensorflow__node_def__descriptor, "0805" NODE "1d61626364", NODE},
    {"tags become short, lengths and numbers stay", &tensorflow__attr_value__descriptor, "9880808000 858000", "18 858000"},
    {"lengths around what goes", &tensorflow__attr_value__descriptor, "3a 89808000 1205 0801 980607 1800",
     "3a 86808000 1202 0801 1800"},
    {"packed bools", &tensorflow__attr_value__descriptor, "0a0a 2a08 00 01 02 ac02 808000", "0a07 2a05 00 01 01 01 00"},
    {"a file's own field 19999", &tensorflow__tensor_proto__descriptor, "0801 f8e10905", "0801"},
    {"contents: the last one", &tensorflow__tensor_proto__descriptor, "2201 61 0801 2202 6263", "0801 2202 6263"},
    {"contents: an empty last one", &tensorflow__tensor_proto__descriptor, "2201 61 2200", "2200"},
    {"a oneof's message in two parts", &tensorflow__attr_value__descriptor, "4202 0801 4204 22026162", "4206 0801 22026162"},
    {"in three, with something unknown between", &tensorflow__attr_value__descriptor,
     "4202 0801 980601 4202 1801 4202 1001", "4204 0801 1801"},
    {"the other member throws the first part away", &tensorflow__attr_value__descriptor, "4202 0801 1805 4202 1801",
     "1805 4202 1801"},
    {"the other member comes last", &tensorflow__attr_value__descriptor, "4202 0801 4202 1801 1805", "4204 0801 1801 1805"},
    {"the first part is larger than what stays", &tensorflow__attr_value__descriptor,
     "4208 0801 2a04 61626364 1805 4202 0802 4202 1801", "1805 4204 0802 1801"},
    {"parts within parts", &tensorflow__attr_value__descriptor, "4204 1202 1200 4204 1202 1200", "4206 1204 1200 1200"},
    {"a singular message in two parts", &tensorflow__tensor_proto__descriptor, "1204 12020802 0801 1204 12020803",
     "0801 1208 12020802 12020803"},
    {"a part that is empty", &tensorflow__tensor_proto__descriptor, "1200 1204 12020803", "1204 12020803"},
    {"repeated messages are no parts", &tensorflow__node_def__descriptor, "2a00 2a00", "2a00 2a00"},
};
// clang-format on

static void scans(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kScans) / sizeof(*kScans); ++i) {
    place p;
    place_open(&p);
    const ctf_bytes in = bytes_from_hex(p.scratch, kScans[i].hex);
    ctf_wire_message out;
    ctf_status status = ctf_wire_scan(kScans[i].descriptor, (const uint8_t*)in.data, in.length, p.scratch, &out);
    assert_status(kScans[i].name, status, TF_OK, NULL);
    assert_int_equal(out.num_lifted, 0);
    assert_same_bytes(kScans[i].name, (ctf_bytes){(const char*)out.data, out.bytes},
                      bytes_from_hex(p.scratch, kScans[i].wants));
    place_close(&p);
  }
}

// Two parts at each of 33 levels: work that doubled per level would not come to an end.
static void parts_at_every_level(void** state) {
  (void)state;
  place p;
  place_open(&p);
  const ctf_bytes key = bytes_field(p.scratch, 1, (ctf_bytes){"k", 1});
  ctf_bytes b = {0};
  for (int i = 0; i < 33; ++i) {
    const ctf_bytes func = bytes_field(p.scratch, 10, b);
    const ctf_bytes name = bytes_field(p.scratch, 10, bytes_field(p.scratch, 1, (ctf_bytes){"f", 1}));
    const ctf_bytes value = bytes_field(p.scratch, 2, bytes_join(p.scratch, name, func));
    b = bytes_field(p.scratch, 2, bytes_join(p.scratch, key, value));
  }
  ctf_wire_message out;
  ProtobufCMessage* message;
  const ProtobufCMessageDescriptor* descriptor = &tensorflow__name_attr_list__descriptor;
  assert_null(ctf_wire_scan(descriptor, (const uint8_t*)b.data, b.length, p.scratch, &out));
  assert_null(ctf_wire_unpack(descriptor, &out, p.scratch, &message));
  const Tensorflow__NameAttrList* list = (const Tensorflow__NameAttrList*)message;
  for (int i = 0; i < 33; ++i) {
    assert_int_equal(list->n_attr, 1);
    assert_string_equal(list->attr[0]->key, "k");
    list = list->attr[0]->value->func;
    assert_string_equal(list->name, "f");
  }
  assert_int_equal(list->n_attr, 0);
  place_close(&p);
}

static void lifting(void** state) {
  (void)state;
  place p;
  place_open(&p);
  char text[200];
  memset(text, 'x', sizeof(text));
  // AttrValue.list.tensor: contents of 64, 65 and 200 bytes
  ctf_bytes list = {0};
  const size_t sizes[] = {64, 65, 200};
  for (size_t i = 0; i < 3; ++i) {
    const ctf_bytes tensor = bytes_field(p.scratch, 4, (ctf_bytes){text, sizes[i]});
    list = bytes_join(p.scratch, list, bytes_field(p.scratch, 8, tensor));
  }
  const ctf_bytes value = bytes_field(p.scratch, 1, list);
  const ProtobufCMessageDescriptor* descriptor = &tensorflow__attr_value__descriptor;
  ctf_wire_message out;
  ProtobufCMessage* message;
  assert_null(ctf_wire_scan(descriptor, (const uint8_t*)value.data, value.length, p.scratch, &out));
  assert_int_equal(out.num_lifted, 2);
  assert_true(out.bytes < 64 + 40);
  assert_null(ctf_wire_unpack(descriptor, &out, p.scratch, &message));
  const Tensorflow__AttrValue* unpacked = (const Tensorflow__AttrValue*)message;
  assert_int_equal(unpacked->list->n_tensor, 3);
  ctf_wire_range range = {0};
  assert_false(ctf_wire_lifted(&unpacked->list->tensor[0]->base, &out, CTF_LIFTED_CONTENT, &range));
  assert_int_equal(unpacked->list->tensor[0]->tensor_content.len, 64);
  for (size_t i = 1; i < 3; ++i) {
    assert_true(ctf_wire_lifted(&unpacked->list->tensor[i]->base, &out, CTF_LIFTED_CONTENT, &range));
    assert_false(ctf_wire_lifted(&unpacked->list->tensor[i]->base, &out, CTF_LIFTED_LISTS, &(ctf_wire_range){0}));
    assert_int_equal(unpacked->list->tensor[i]->tensor_content.len, 0);
    assert_int_equal(range.bytes, sizes[i]);
    assert_memory_equal(range.data, text, sizes[i]);
  }
  assert_ptr_equal(range.data + range.bytes, value.data + value.length);  // where it stands
  // out of parts that are put together, too
  const ctf_bytes part = bytes_field(p.scratch, 8, bytes_field(p.scratch, 4, (ctf_bytes){text, 65}));
  const ctf_bytes rest = bytes_from_hex(p.scratch, "4204 0801 6801");
  const ctf_bytes parts = bytes_join(p.scratch, part, rest);
  assert_null(ctf_wire_scan(descriptor, (const uint8_t*)parts.data, parts.length, p.scratch, &out));
  assert_int_equal(out.num_lifted, 2);
  assert_null(ctf_wire_unpack(descriptor, &out, p.scratch, &message));
  unpacked = (const Tensorflow__AttrValue*)message;
  assert_int_equal(unpacked->tensor->dtype, 1);
  assert_true(ctf_wire_lifted(&unpacked->tensor->base, &out, CTF_LIFTED_CONTENT, &range));
  assert_int_equal(range.bytes, 65);
  assert_memory_equal(range.data, text, 65);
  assert_true(ctf_wire_lifted(&unpacked->tensor->base, &out, CTF_LIFTED_LISTS, &range));
  assert_int_equal(range.bytes, 2 + 65 + 4);  // both parts
  place_close(&p);
}

typedef struct list_case {
  const char* name;
  const char* hex;   // of a TensorProto
  const char* copy;  // what protobuf-c gets
  size_t num_lifted;
} list_case;

// Lists of values never get to protobuf-c, however short; a mark that names them is all that is left.
// clang-format off
static const list_case kLists[] = {
    {"no list", "0801", "0801", 0},
    {"one unpacked value", "0801 3805", "0801 f0e10900", 1},
    {"packed and unpacked, of two types", "2a04 00008040 3d 00000041 0801 3803", "0801 f0e10900", 1},
    {"strings", "4201 61 4200", "f0e10900", 1},
    {"float8 bytes", "92010161", "f0e10900", 1},
    {"of the wrong wire type", "2801 0801", "0801", 0},
    {"an empty list", "2a00", "f0e10900", 1},
};
// clang-format on

static void lifted_lists(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kLists) / sizeof(*kLists); ++i) {
    place p;
    place_open(&p);
    const ctf_bytes in = bytes_from_hex(p.scratch, kLists[i].hex);
    ctf_wire_message out;
    ctf_status status =
        ctf_wire_scan(&tensorflow__tensor_proto__descriptor, (const uint8_t*)in.data, in.length, p.scratch, &out);
    assert_status(kLists[i].name, status, TF_OK, NULL);
    assert_same_bytes(kLists[i].name, (ctf_bytes){(const char*)out.data, out.bytes},
                      bytes_from_hex(p.scratch, kLists[i].copy));
    assert_int_equal(out.num_lifted, kLists[i].num_lifted);
    if (out.num_lifted > 0) {
      assert_ptr_equal(out.lifted[0].data, in.data);
      assert_int_equal(out.lifted[0].bytes, in.length);
    }
    place_close(&p);
  }
}

// Enums of proto3 are open: a number without a name is kept, a negative one too.
static void open_enums(void** state) {
  (void)state;
  place p;
  place_open(&p);
  const ctf_bytes in = bytes_from_hex(p.scratch, "0a 1a 32 10 a8c301" FF9
                                                 "01 01 b210"
                                                 "30 07 3000 30 a8c301");
  ctf_wire_message out;
  ProtobufCMessage* message;
  assert_null(ctf_wire_scan(&tensorflow__attr_value__descriptor, (const uint8_t*)in.data, in.length, p.scratch, &out));
  assert_null(ctf_wire_unpack(&tensorflow__attr_value__descriptor, &out, p.scratch, &message));
  const Tensorflow__AttrValue__ListValue* list = ((const Tensorflow__AttrValue*)message)->list;
  const int wants[] = {25000, -1, 1, 2098, 7, 0, 25000};
  assert_int_equal(list->n_type, 7);
  for (size_t i = 0; i < 7; ++i) assert_int_equal((int)list->type[i], wants[i]);
  place_close(&p);
}

// protobuf-c counts in 32 bits: such a message must not reach it, whatever it holds.
static void too_large_to_unpack(void** state) {
  (void)state;
  place p;
  place_open(&p);
  const uint8_t nothing = 0;
  const ctf_wire_message large = {.data = &nothing, .bytes = (size_t)INT_MAX + 1};
  ProtobufCMessage* message;
  assert_status("2 GiB", ctf_wire_unpack(&tensorflow__node_def__descriptor, &large, p.scratch, &message),
                TF_INVALID_ARGUMENT, "2 GiB is the most");
  place_close(&p);
}

static void next_fields(void** state) {
  (void)state;
  place p;
  place_open(&p);
  const ctf_bytes in = bytes_from_hex(p.scratch, "1805 0b0c 2202 6162 9d06 01020304");
  const uint8_t *at = (const uint8_t*)in.data, *const end = at + in.length;
  ctf_wire_field f;
  assert_true(ctf_wire_next(&at, end, &f));
  assert_int_equal(f.number, 3);
  assert_int_equal(f.wire_type, PROTOBUF_C_WIRE_TYPE_VARINT);
  assert_true(ctf_wire_next(&at, end, &f));  // behind the group
  assert_int_equal(f.number, 4);
  assert_int_equal(f.value_bytes, 2);
  assert_memory_equal(f.value, "ab", 2);
  assert_memory_equal(f.begin, "\x22", 1);
  assert_true(ctf_wire_next(&at, end, &f));
  assert_int_equal(f.number, 99);
  assert_int_equal(f.value_bytes, 4);
  assert_false(ctf_wire_next(&at, end, &f));
  place_close(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(checks),
      cmocka_unit_test(prefixes),
      cmocka_unit_test(depth),
      cmocka_unit_test(scans),
      cmocka_unit_test(lifting),
      cmocka_unit_test(lifted_lists),
      cmocka_unit_test(parts_at_every_level),
      cmocka_unit_test(open_enums),
      cmocka_unit_test(too_large_to_unpack),
      cmocka_unit_test(next_fields),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
