// The text format, read and written: every row was compared with protobuf's own parser, but for the words of errors.
#include "graphdef/text.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tensorflow/core/framework/attr_value.pb-c.h"
#include "tensorflow/core/framework/graph.pb-c.h"
#include "tensorflow/core/framework/op_def.pb-c.h"
#include "tensorflow/core/framework/tensor.pb-c.h"
#include "tensorflow/core/protobuf/config.pb-c.h"
#include "tests/graphdef/bytes.h"
#include "tests/support/check.h"
#include "tests/support/fault.h"

typedef enum kind { GRAPH, ATTR, TENSOR, OP, CONFIG } kind;

static const ProtobufCMessageDescriptor* const kDescriptors[] = {
    [GRAPH] = &tensorflow__graph_def__descriptor,     [ATTR] = &tensorflow__attr_value__descriptor,
    [TENSOR] = &tensorflow__tensor_proto__descriptor, [OP] = &tensorflow__op_def__descriptor,
    [CONFIG] = &tensorflow__config_proto__descriptor,
};

typedef struct text_row {
  kind kind;
  const char* text;
  const char* want;  // the text that is written for it, or "!" and the message
} text_row;

// clang-format off
static const text_row kRows[] = {
    // structure
    {GRAPH, "", ""},
    {GRAPH, " # nothing\n\t", ""},
    {GRAPH, "node { name: \"a\" op: \"NoOp\" }", "node {\n  name: \"a\"\n  op: \"NoOp\"\n}\n"},
    {GRAPH, "node: < name: 'a', op: 'NoOp'; >;versions{}", "node {\n  name: \"a\"\n  op: \"NoOp\"\n}\nversions {\n}\n"},
    {GRAPH, "node: [{name:'a'}, <name:'b'>, {}] node: []", "node {\n  name: \"a\"\n}\nnode {\n  name: \"b\"\n}\nnode {\n}\n"},
    {GRAPH, "versions { producer: 5 } node { input: ['x', \"y\"] input: 'z' }",
     "node {\n  input: \"x\"\n  input: \"y\"\n  input: \"z\"\n}\nversions {\n  producer: 5\n}\n"},
    {GRAPH, "node { attr { key: 'b' value { i: 1 } } attr { key: 'a' value { b: false } } attr { key: 'b' value { i: 2 } } }",
     "node {\n  attr {\n    key: \"a\"\n    value {\n      b: false\n    }\n  }\n  attr {\n    key: \"b\"\n    value {\n"
     "      i: 2\n    }\n  }\n}\n"},
    {GRAPH, "version: 0 versions { producer: 0 bad_consumers: [1, -2] }", "versions {\n  bad_consumers: 1\n  bad_consumers: -2\n}\n"},
    {OP, "attr { name: 'T' type: 'type' allowed_values { list { type: [DT_FLOAT, 77, DT_INT32] } } }",
     "attr {\n  name: \"T\"\n  type: \"type\"\n  allowed_values {\n    list {\n      type: DT_FLOAT\n      type: 77\n      type: DT_INT32\n    }\n  }\n}\n"},
    {CONFIG, "device_count { key: 'GPU' value: 0 } device_count { key: 'CPU' value: 2 } allow_soft_placement: true",
     "device_count {\n  key: \"CPU\"\n  value: 2\n}\ndevice_count {\n  key: \"GPU\"\n}\nallow_soft_placement: true\n"},

    // numbers
    {ATTR, "i: -9223372036854775808", "i: -9223372036854775808\n"},
    {ATTR, "i: 0x7fffFFFFffffFFFF", "i: 9223372036854775807\n"},
    {ATTR, "i: - 017", "i: -15\n"},
    {ATTR, "i: 0", "i: 0\n"},
    {ATTR, "i: 9223372036854775808", "!1:4: Integer out of range (9223372036854775808)"},
    {ATTR, "i: 99999999999999999999999", "!1:4: Integer out of range (99999999999999999999999)"},
    {ATTR, "i: 08", "!1:5: Expected integer, got: 08"},
    {ATTR, "i: 0x", "!1:6: Expected integer, got: end of the text"},
    {ATTR, "i: 1.5", "!1:4: Expected integer, got a number with a fraction"},
    {ATTR, "i: 12ab", "!1:6: Expected integer, got: 12a"},
    {TENSOR, "version_number: 2147483648", "!1:17: Integer out of range (2147483648)"},
    {TENSOR, "uint32_val: [4294967295, 0] uint64_val: 18446744073709551615",
     "uint32_val: 4294967295\nuint32_val: 0\nuint64_val: 18446744073709551615\n"},
    {TENSOR, "uint32_val: -1", "!1:13: Expected integer, got: -"},
    {ATTR, "b: true", "b: true\n"}, {ATTR, "b: f", "b: false\n"}, {ATTR, "b: 1", "b: true\n"}, {ATTR, "b: True", "b: true\n"},
    {ATTR, "b: 2", "!1:4: Integer out of range (2)"},
    {ATTR, "b: yes", "!1:4: Invalid value for boolean: yes"},
    {ATTR, "f: 1.5", "f: 1.5\n"}, {ATTR, "f: .5f", "f: 0.5\n"}, {ATTR, "f: 1e3F", "f: 1000\n"}, {ATTR, "f: 3", "f: 3\n"},
    {ATTR, "f: -0.1", "f: -0.1\n"}, {ATTR, "f: 0.333333343", "f: 0.33333334\n"}, {ATTR, "f: 1e-45", "f: 1.4013e-45\n"},
    {ATTR, "f: inf", "f: inf\n"}, {ATTR, "f: -Infinity", "f: -inf\n"}, {ATTR, "f: NaN", "f: nan\n"}, {ATTR, "f: 1e99", "f: inf\n"},
    {ATTR, "f: -0", "f: -0\n"},
    {ATTR, "f: one", "!1:4: Expected double, got: one"},
    {ATTR, "f: 1.2.3", "!1:4: Expected double, got: 1"},
    {ATTR, "f: \"1\"", "!1:4: Expected double, got: \""},
    {TENSOR, "double_val: [0.1, 1e400, 4.9e-324, 123456789012345678]",
     "double_val: 0.1\ndouble_val: inf\ndouble_val: 4.94065645841247e-324\ndouble_val: 1.2345678901234568e+17\n"},

    // enumerations
    {ATTR, "type: DT_FLOAT", "type: DT_FLOAT\n"}, {ATTR, "type: 101", "type: DT_FLOAT_REF\n"}, {ATTR, "type: -5", "type: -5\n"},
    {ATTR, "type: 0x3", "type: DT_INT32\n"},
    {ATTR, "type: DT_NOPE", "!1:7: Unknown enumeration value of \"DT_NOPE\" for field \"type\"."},
    {ATTR, "type: 2147483648", "!1:7: Integer out of range (2147483648)"},
    {ATTR, "type: 1.5", "!1:7: Expected integer, got a number with a fraction"},

    // strings
    {ATTR, "s: 'a' \"b\" # and\n 'c'", "s: \"abc\"\n"},
    {ATTR, "s: '\\a\\b\\f\\n\\r\\t\\v\\\\\\?\\'\\\"'", "s: \"\\007\\010\\014\\n\\r\\t\\013\\\\?\\'\\\"\"\n"},
    {ATTR, "s: '\\0\\1234\\x4\\x41g'", "s: \"\\000S4\\004Ag\"\n"},
    {ATTR, "s: '\\u00e9\\U0001F600\\ud83d\\ude00'", "s: \"\\303\\251\\360\\237\\230\\200\\360\\237\\230\\200\"\n"},
    {ATTR, "s: '\xc3\xa9'", "s: \"\\303\\251\"\n"},
    {ATTR, "s: ''", "s: \"\"\n"},
    {ATTR, "s: 'a", "!1:4: Unterminated string"},
    {ATTR, "s: 'a\n'", "!1:6: String literals cannot cross line boundaries"},
    {ATTR, "s: '\\", "!1:5: Unterminated string"},
    {ATTR, "s: '\\q'", "!1:5: Invalid escape sequence in string literal"},
    {ATTR, "s: '\\400'", "!1:5: Octal escape is more than one byte"},
    {ATTR, "s: '\\xg'", "!1:5: Expected hexadecimal digits after \\x"},
    {ATTR, "s: '\\u12'", "!1:5: Expected 4 hexadecimal digits after \\u"},
    {ATTR, "s: '\\ud800'", "!1:5: Not a Unicode character: U+D800"},
    {ATTR, "s: '\\U00110000'", "!1:5: Not a Unicode character: U+110000"},
    {ATTR, "s: a", "!1:4: Expected string, got: a"},

    // what is not there, or there twice
    {GRAPH, "node {\n\tname: 'a'\n\tnope: 1\n}", "!3:9: Message type \"tensorflow.NodeDef\" has no field named \"nope\"."},
    {GRAPH, "nodes {}", "!1:1: Message type \"tensorflow.GraphDef\" has no field named \"nodes\"."},
    {GRAPH, "node { name: 'a' name: 'b' }", "!1:18: Non-repeated field \"name\" is specified multiple times."},
    {GRAPH, "versions {} versions {}", "!1:13: Non-repeated field \"versions\" is specified multiple times."},
    {ATTR, "i: 1 s: 'x'", "!1:6: Field \"s\" is specified along with field \"i\", another member of its oneof."},
    {ATTR, "list {} tensor {}", "!1:9: Field \"tensor\" is specified along with field \"list\", another member of its oneof."},

    // what does not fit
    {GRAPH, "node", "!1:5: Expected \"{\", got: end of the text"},
    {GRAPH, "node {", "!1:7: Expected \"}\", got: end of the text"},
    {GRAPH, "node { >", "!1:8: Expected identifier, got: >"},
    {GRAPH, "node < }", "!1:8: Expected identifier, got: }"},
    {GRAPH, "}", "!1:1: Expected identifier, got: }"},
    {GRAPH, "node { name 'a' }", "!1:13: Expected \":\", got: '"},
    {GRAPH, "node { name: }", "!1:14: Expected string, got: }"},
    {GRAPH, "node { input: ['a' 'b', ] }", "!1:25: Expected string, got: ]"},
    {GRAPH, "node { input: ['a'; 'b'] }", "!1:19: Expected \",\" or \"]\", got: ;"},
    {GRAPH, "node { name: ['a'] }", "!1:14: Expected string, got: ["},
    {GRAPH, "node: [{} {}]", "!1:11: Expected \",\" or \"]\", got: {"},
    {GRAPH, "node: 5", "!1:7: Expected \"{\", got: 5"},
    {GRAPH, "5: 5", "!1:1: Expected identifier, got: 5"},
    {GRAPH, "[type.googleapis.com/x] {}", "!1:1: Extensions and expanded Any messages are not read here"},
    {GRAPH, "node {} \x01", "!1:9: Expected identifier, got: byte 0x01"},
    {GRAPH, "node {},, node {}", "!1:9: Expected identifier, got: ,"},
};
// clang-format on

static void rows_read_and_write(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kRows) / sizeof(kRows[0]); ++i) {
    const text_row* const row = &kRows[i];
    const ProtobufCMessageDescriptor* const descriptor = kDescriptors[row->kind];
    place p;
    ctf_bytes wire, text, again;
    place_open(&p);
    const ctf_status status = ctf_text_read(descriptor, row->text, strlen(row->text), p.system, &wire);
    if (row->want[0] == '!') {
      if (ctf_status_code(status) != TF_INVALID_ARGUMENT || strcmp(ctf_status_message(status), row->want + 1) != 0) {
        fail_msg("row %zu, %s\n  want %s\n  got  !%s", i, row->text, row->want, ctf_status_message(status));
      }
      ctf_status_drop(status);  // it has been judged
      place_close(&p);
      continue;
    }
    if (status != NULL) fail_msg("row %zu, %s\n  got !%s", i, row->text, ctf_status_message(status));
    assert_ok(ctf_text_write(descriptor, wire.data, wire.length, p.system, &text));
    if (strcmp(text.data, row->want) != 0)
      fail_msg("row %zu, %s\n  want %s\n  got  %s", i, row->text, row->want, text.data);
    assert_int_equal(text.length, strlen(row->want));
    assert_ok(ctf_text_read(descriptor, text.data, text.length, p.system, &again));
    bool equal = false;
    assert_ok(ctf_message_equal(descriptor, wire, again, p.system, &equal));
    assert_true(equal);
    ctf_free(p.system, (void*)wire.data);
    ctf_free(p.system, (void*)text.data);
    ctf_free(p.system, (void*)again.data);
    place_close(&p);
  }
}

typedef struct wire_row {
  kind kind;
  const char* hex;
  const char* want;
} wire_row;

// clang-format off
static const wire_row kWires[] = {
    // the last of a singular field, of a oneof, of a map's key; parts of a message together; unknown fields dropped
    {GRAPH, "0a06 0a0161 0a0162", "node {\n  name: \"b\"\n}\n"},
    {GRAPH, "2202 0805 2202 1003", "versions {\n  producer: 5\n  min_consumer: 3\n}\n"},
    {ATTR, "1805 2801", "b: true\n"},
    {ATTR, "2801 1805 1806", "i: 6\n"},
    {GRAPH, "0a18 2a0a 0a0161 1205 18ffff7f 2805 2a0a 0a0161 1205 18ff7f 2805", NULL},
    {GRAPH, "2201 0a", NULL},
    {GRAPH, "9a06 03616263 2202 0805", "versions {\n  producer: 5\n}\n"},
    // packed and not packed, of a wrong wire type
    {TENSOR, "0801 2807 2d0000803f 08022a0400000040", "dtype: DT_DOUBLE\nfloat_val: 1\nfloat_val: 2\n"},
    {TENSOR, "3a03 010203 3804", "int_val: 1\nint_val: 2\nint_val: 3\nint_val: 4\n"},
    {TENSOR, "3804 3a03 010203", "int_val: 4\nint_val: 1\nint_val: 2\nint_val: 3\n"},
};
// clang-format on

static void wires_are_written(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kWires) / sizeof(kWires[0]); ++i) {
    place p;
    ctf_bytes text = {0};
    place_open(&p);
    const ctf_bytes wire = bytes_from_hex(p.scratch, kWires[i].hex);
    const ctf_status status = ctf_text_write(kDescriptors[kWires[i].kind], wire.data, wire.length, p.system, &text);
    assert_int_equal(ctf_status_code(status), kWires[i].want != NULL ? TF_OK : TF_INVALID_ARGUMENT);
    if (kWires[i].want != NULL) assert_string_equal(text.data, kWires[i].want);
    ctf_status_drop(status);  // it has been judged
    ctf_free(p.system, (void*)text.data);
    place_close(&p);
  }
}

// A content that the scanner lifts out of the message is written from where it stands.
static void long_contents_are_written(void** state) {
  (void)state;
  char text[512] = "tensor_content: \"", *at = text + strlen(text);
  place p;
  ctf_bytes wire, back;
  for (int i = 0; i < 100; ++i) *at++ = (char)('0' + i % 10);
  strcpy(at, "\"\n");
  place_open(&p);
  assert_ok(ctf_text_read(kDescriptors[TENSOR], text, strlen(text), p.system, &wire));
  assert_int_equal(wire.length, 102);
  assert_ok(ctf_text_write(kDescriptors[TENSOR], wire.data, wire.length, p.system, &back));
  assert_string_equal(back.data, text);
  ctf_free(p.system, (void*)wire.data);
  ctf_free(p.system, (void*)back.data);
  place_close(&p);
}

// Levels: 100 are read, one more is refused, at whatever length.
static void levels_are_bounded(void** state) {
  (void)state;
  enum { MOST = 2000 };
  static char text[MOST * 40];
  for (int levels = 33; levels <= MOST; levels = levels == 33 ? 34 : MOST + 1) {
    size_t length = 0;
    place p;
    ctf_bytes wire = {0};
    // each level of functions in attributes is three of messages: attribute, its entry, its value
    for (int i = 0; i < levels; ++i) {
      length += (size_t)sprintf(text + length, "func{attr{key:'k' value{");
    }
    for (int i = 0; i < levels; ++i) length += (size_t)sprintf(text + length, "}}}");
    place_open(&p);
    const ctf_status status = ctf_text_read(kDescriptors[ATTR], text, length, p.system, &wire);
    assert_int_equal(ctf_status_code(status), levels == 33 ? TF_OK : TF_INVALID_ARGUMENT);
    if (levels == 33) {
      ctf_bytes back;
      assert_ok(ctf_text_write(kDescriptors[ATTR], wire.data, wire.length, p.system, &back));
      ctf_free(p.system, (void*)back.data);
    }
    ctf_status_drop(status);  // it has been judged
    ctf_free(p.system, (void*)wire.data);
    place_close(&p);
  }
}

static void text_is_told_from_binary(void** state) {
  (void)state;
  assert_true(ctf_text_detect("node {}", 7));
  assert_true(ctf_text_detect("\n\n# x", 5));
  assert_true(ctf_text_detect("s: '\xc3\xa9'", 7));
  assert_false(ctf_text_detect("", 0));
  assert_false(ctf_text_detect("\n\n", 2));
  assert_false(ctf_text_detect("\x0a\x09\x0a\x01\x61\x12\x04NoOp", 11));
  assert_false(ctf_text_detect("\x22\x03\x08\xaa\x13", 5));
}

// The program's locale does not change numbers.
static void points_are_points(void** state) {
  (void)state;
  place p;
  ctf_bytes wire, text;
  if (setlocale(LC_NUMERIC, "de_DE.UTF-8") == NULL) skip();
  place_open(&p);
  assert_ok(ctf_text_read(kDescriptors[ATTR], "f: 1.5", 6, p.system, &wire));
  assert_ok(ctf_text_write(kDescriptors[ATTR], wire.data, wire.length, p.system, &text));
  assert_string_equal(text.data, "f: 1.5\n");
  setlocale(LC_NUMERIC, "C");
  ctf_free(p.system, (void*)wire.data);
  ctf_free(p.system, (void*)text.data);
  place_close(&p);
}

static ctf_status there_and_back(void) {
  static const char kText[] =
      "node { name: 'a' op: 'NoOp' attr { key: 'b' value { s: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' } } "
      "attr { key: 'a' value { list { i: [1, 2, 3] } } } } versions { producer: 5 }";
  ctf_status status = NULL;
  ctf_budget* budget = NULL;
  ctf_allocator* alloc = NULL;
  ctf_bytes wire = {0}, text = {0};
  CTF_TRY_DONE(ctf_budget_create(ctf_budget_process(), "text", CTF_NO_LIMIT, &budget));
  CTF_TRY_DONE(ctf_allocator_create(budget, &alloc));
  CTF_TRY_DONE(ctf_text_read(kDescriptors[GRAPH], kText, strlen(kText), alloc, &wire));
  CTF_TRY_DONE(ctf_text_write(kDescriptors[GRAPH], wire.data, wire.length, alloc, &text));

done:
  if (alloc != NULL) {
    ctf_free(alloc, (void*)wire.data);
    ctf_free(alloc, (void*)text.data);
  }
  ctf_allocator_free(alloc);
  ctf_budget_release(budget);
  return status;
}

static void survives_oom(void** state) {
  (void)state;
  FOR_EACH_ALLOCATION_FAILURE(there_and_back);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_read_and_write),
      cmocka_unit_test(wires_are_written),
      cmocka_unit_test(long_contents_are_written),
      cmocka_unit_test(levels_are_bounded),
      cmocka_unit_test(text_is_told_from_binary),
      cmocka_unit_test(points_are_points),
      cmocka_unit_test(survives_oom),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
