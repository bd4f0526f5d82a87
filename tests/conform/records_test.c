// Reading the corpora: record files, and what is seen of a case without unpacking it.
#include "tests/conform/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "tests/conform/value.h"

// Two records, "abc" and none, as TensorFlow's TFRecordWriter writes them.
static const uint8_t kRecords[] = {0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xb0, 0x99, 0x49, 0x0e,
                                   0x61, 0x62, 0x63, 0x6e, 0x57, 0xf1, 0x21, 0x00, 0x00, 0x00, 0x00, 0x00,
                                   0x00, 0x00, 0x00, 0x29, 0x03, 0x98, 0x07, 0xd8, 0xea, 0x82, 0xa2};

static bool read_bytes(const uint8_t* data, size_t bytes, bool zip, record_file* out_file) {
  const int fd = memfd_create("records", 0);
  assert_true(fd >= 0);
  char path[64];
  snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
  gzFile file = gzdopen(dup(fd), zip ? "wb" : "wbT");  // T: without a header, as it is
  assert_non_null(file);
  assert_int_equal(gzwrite(file, data, (unsigned)bytes), (int)bytes);
  assert_int_equal(gzclose(file), Z_OK);
  text_buffer why = {0};
  const bool good = record_file_read(path, out_file, &why);
  assert_true(good == (why.length == 0));
  text_free(&why);
  close(fd);
  return good;
}

static void whole_files(void** state) {
  (void)state;
  for (int zip = 0; zip < 2; ++zip) {
    record_file file;
    assert_true(read_bytes(kRecords, sizeof(kRecords), zip != 0, &file));
    assert_int_equal(file.num_records, 2);
    assert_int_equal(file.records[0].bytes, 3);
    assert_memory_equal(file.records[0].data, "abc", 3);
    assert_int_equal(file.records[1].bytes, 0);
    record_file_free(&file);
  }
}

// No byte of a record file may change, and none may be missing, but for whole records at the end.
static void damaged_files(void** state) {
  (void)state;
  record_file file;
  for (size_t i = 0; i < sizeof(kRecords); ++i) {
    uint8_t damaged[sizeof(kRecords)];
    memcpy(damaged, kRecords, sizeof(damaged));
    damaged[i] ^= 0x10;
    assert_false(read_bytes(damaged, sizeof(damaged), false, &file));
    if (i == 0 || i == 19) continue;  // nothing, and the first record alone, are whole files
    assert_false(read_bytes(kRecords, i, false, &file));
  }
}

static void put(text_buffer* out, int number, const void* data, size_t bytes) {  // a counted field of under 128 bytes
  const uint8_t head[2] = {(uint8_t)(number << 3 | 2), (uint8_t)bytes};
  text_append_bytes(out, head, sizeof(head));
  text_append_bytes(out, data, bytes);
}

static void put_text(text_buffer* out, int number, const char* content) { put(out, number, content, strlen(content)); }

// A case with one node of type `op` and a library that holds a function `f` of one Neg.
static void make_case(const char* op, text_buffer* out) {
  text_buffer node = {0}, inner = {0}, signature = {0}, function = {0}, library = {0}, graph = {0};
  put_text(&node, 1, "n");
  put_text(&node, 2, op);
  put_text(&inner, 2, "Neg");
  put_text(&signature, 1, "f");
  put(&function, 1, signature.data, signature.length);
  put(&function, 3, inner.data, inner.length);
  put(&library, 1, function.data, function.length);
  put(&graph, 1, node.data, node.length);
  put(&graph, 2, library.data, library.length);
  put_text(out, 1, "a case");
  put_text(out, 3, "Neg");
  put_text(out, 3, op);
  put(out, 4, graph.data, graph.length);
  put_text(out, 8, "an area");
  text_buffer* parts[] = {&node, &inner, &signature, &function, &library, &graph};
  for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); ++i) text_free(parts[i]);
}

static void summaries(void** state) {
  (void)state;
  static const char* const kOps[2] = {"f", "Abs"};
  for (int i = 0; i < 2; ++i) {
    text_buffer bytes = {0};
    case_summary of;
    make_case(kOps[i], &bytes);
    assert_true(case_summary_read((conform_bytes){(uint8_t*)bytes.data, bytes.length}, &of));
    assert_string_equal(of.name, "a case");
    assert_string_equal(of.area, "an area");
    assert_int_equal(of.calls_by_name, i == 0);
    assert_int_equal(of.num_ops, i == 0 ? 1 : 2);  // `f` is no op
    assert_string_equal(of.ops[0], "Neg");
    case_summary_free(&of);
    assert_false(case_summary_read((conform_bytes){(uint8_t*)bytes.data, bytes.length - 1}, &of));
    text_free(&bytes);
  }
}

// The graph is not unpacked, whatever it is.
static void cases_keep_the_graph_as_it_is(void** state) {
  (void)state;
  text_buffer bytes = {0};
  conform_case of;
  put_text(&bytes, 1, "a case");
  put_text(&bytes, 4, "\xff\xff no message");
  put_text(&bytes, 8, "an area");
  assert_true(case_read((conform_bytes){(uint8_t*)bytes.data, bytes.length}, &of));
  assert_string_equal(of.message->name, "a case");
  assert_string_equal(of.message->area, "an area");
  assert_int_equal(of.graph.bytes, strlen("\xff\xff no message"));
  assert_memory_equal(of.graph.data, "\xff\xff no message", of.graph.bytes);
  case_free(&of);
  text_free(&bytes);
}

static void proto_values(void** state) {
  (void)state;
  Tensorflow__TensorShapeProto__Dim dim = TENSORFLOW__TENSOR_SHAPE_PROTO__DIM__INIT;
  Tensorflow__TensorShapeProto__Dim* dims[1] = {&dim};
  Tensorflow__TensorShapeProto shape = TENSORFLOW__TENSOR_SHAPE_PROTO__INIT;
  Tensorflow__TensorProto proto = TENSORFLOW__TENSOR_PROTO__INIT;
  float list[2] = {1, 2};
  host_value of;
  text_buffer why = {0};
  dim.size = 4;
  shape.n_dim = 1;
  shape.dim = dims;
  proto.tensor_shape = &shape;
  proto.dtype = TENSORFLOW__DATA_TYPE__DT_FLOAT;
  proto.float_val = list;
  proto.n_float_val = 2;
  assert_true(value_from_proto(&proto, true, NULL, &of, &why));
  const float want[4] = {1, 2, 2, 2};  // the last value repeats
  assert_int_equal(of.bytes, sizeof(want));
  assert_memory_equal(of.data, want, sizeof(want));
  value_free(&of);
  proto.tensor_content = (ProtobufCBinaryData){.data = (uint8_t*)list, .len = sizeof(list)};
  assert_false(value_from_proto(&proto, true, NULL, &of, &why));  // eight bytes for four floats
  dim.size = 2;
  assert_true(value_from_proto(&proto, true, NULL, &of, &why));
  assert_memory_equal(of.data, list, sizeof(list));
  value_free(&of);
  ProtobufCBinaryData strings[2] = {{7, (uint8_t*)"@DIR@/x"}, {3, (uint8_t*)"a\0b"}};
  proto = (Tensorflow__TensorProto)TENSORFLOW__TENSOR_PROTO__INIT;
  proto.tensor_shape = &shape;
  proto.dtype = TENSORFLOW__DATA_TYPE__DT_STRING;
  proto.string_val = strings;
  proto.n_string_val = 2;
  assert_true(value_from_proto(&proto, true, "/where", &of, &why));
  assert_string_equal(of.strings[0], "/where/x");
  assert_int_equal(of.lengths[1], 3);
  assert_memory_equal(of.strings[1], "a\0b", 3);
  value_free(&of);
  text_free(&why);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whole_files),  cmocka_unit_test(damaged_files),
      cmocka_unit_test(summaries),    cmocka_unit_test(cases_keep_the_graph_as_it_is),
      cmocka_unit_test(proto_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
