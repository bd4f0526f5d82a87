// Assert, Print and PrintV2: texts from TensorFlow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ops/summarize.h"
#include "tests/support/kernel_harness.h"
#include "tests/support/op_rows.h"

// clang-format off
#define FAILED(text) .error = TF_INVALID_ARGUMENT, .message = "assertion failed: " text
#define NO "bool[] 0"
static const op_row kRows[] = {
    {"it is so", "Assert", {"bool[] 1", "i32[] 1"}, .error = TF_OK},
    {"everything shown", "Assert", {NO, "f32[4] 1 2 3 4", "str[] abc", "i32[2,2] 1 2 3 4", "bool[2] 1 0", "f32[] 1.5", "f32[0]"},
     FAILED("[1 2 3...] [abc] [[1 2][3...]...] [1 0] [1.5] []")},
    {"all of it", "Assert", {NO, "f32[4] 1 2 3 4"}, "summarize=-1", FAILED("[1 2 3 4]")},
    {"nothing of it", "Assert", {NO, "f32[4] 1 2 3 4", "i32[2,2] 1 2 3 4"}, "summarize=0", FAILED("[...] [...]")},
    {"whole rows", "Assert", {NO, "i32[3,2] 1 2 3 4 5 6"}, "summarize=4", FAILED("[[1 2][3 4]...]")},
    {"part of a row", "Assert", {NO, "i32[2,3] 0 ..."}, "summarize=1", FAILED("[[0...]...]")},
    {"three dimensions", "Assert", {NO, "i32[2,3,2] 0 1 2 3 4 5 6 7 8 9 10 11"}, "summarize=100",
     FAILED("[[[0 1][2 3][4 5]][[6 7][8 9][10 11]]]")},
    {"three dimensions, two elements", "Assert", {NO, "i32[2,3,2] 0 ..."}, "summarize=2", FAILED("[[[0 0]]...]")},
    {"three dimensions, three elements", "Assert", {NO, "i32[2,3,2] 0 ..."}, "summarize=3", FAILED("[[[0 0][0...]]...]")},
    {"three dimensions, five elements", "Assert", {NO, "i32[2,3,2] 0 1 2 3 4 5 6 7 8 9 10 11"}, "summarize=5",
     FAILED("[[[0 1][2 3][4...]]...]")},
    {"three dimensions, seven elements", "Assert", {NO, "i32[2,3,2] 0 ..."}, "summarize=7",
     FAILED("[[[0 0][0 0][0 0]][[0...]]...]")},
    {"floats", "Assert", {NO, "f32[8] 1e10 1e-7 nan inf -inf 0.333333343 123456789 0.1"}, "summarize=9",
     FAILED("[1e+10 1e-07 nan inf -inf 0.333333343 123456792 0.1]")},
    {"doubles", "Assert", {NO, "f64[4] 0.33333333333333331 1e300 -0.0 123456789.5"}, "summarize=9",
     FAILED("[0.33333333333333331 1e+300 -0 123456789.5]")},
    {"narrow floats", "Assert", {NO, "f16[1] 0.33333", "bf16[1] 0.33333"}, FAILED("[0.333251953] [0.333984375]")},
    {"integers", "Assert", {NO, "u8[2] 7 200", "i8[1] -7", "i64[1] 1152921504606846976", "u64[1] 18446744073709551615"},
     FAILED("[7 200] [-7] [1152921504606846976] [18446744073709551615]")},
    {"what has no form", "Assert", {NO, "c64[2,2] 1,2 ..."}, FAILED("[? ? ?...]")},
    {"no elements", "Assert", {NO, "i32[3,0,2]"}, FAILED("[]")},
    {"strings in rows", "Assert", {NO, "str[2,2] a b c d"}, FAILED("[[a b][c...]...]")},
    {"strings are escaped", "Assert", {NO, "str[2] q\"'\\\t\x01 \xc3\xa9"}, FAILED("[q\\\"\\'\\\\\\t\\001 \xc3\xa9]")},
    {"conditions", "Assert", {"bool[2] 1 0", "i32[] 1"}, .error = TF_INVALID_ARGUMENT, .message = "In[0] should be a scalar: [2]"},
    {"lines", "PrintV2", {"str[2] a b"}, .error = TF_INVALID_ARGUMENT, .message = "input must be a scalar, but has rank: 1"},
    {"no such stream", "PrintV2", {"str[] a"}, "output_stream=foo", .error = TF_INVALID_ARGUMENT, .message =
     "Unknown output stream: foo, Valid streams are: stdout stderr log(info) log(warning) log(error)"},
    {"files", "PrintV2", {"str[] a"}, "output_stream=file:///x", .error = TF_UNIMPLEMENTED, .message = "file:///x"},
};
// clang-format on

static void rows(void** state) {
  (void)state;
  OP_ROWS_CHECK(kRows);
}

// Runs the call with a stream's descriptor sent to a file and gives what was written.
static void capture(harness_call* call, FILE* stream, char* out_text, size_t size) {
  FILE* file = tmpfile();
  assert_non_null(file);
  fflush(stream);
  const int saved = dup(fileno(stream));
  assert_true(saved >= 0 && dup2(fileno(file), fileno(stream)) >= 0);
  const ctf_status status = harness_run(call);
  fflush(stream);
  assert_true(dup2(saved, fileno(stream)) >= 0);
  close(saved);
  assert_null(status);
  rewind(file);
  out_text[fread(out_text, 1, size - 1, file)] = '\0';
  fclose(file);
}

#define STRING_ATTR(attr, text)                                \
  {                                                            \
    {attr, sizeof(attr) - 1}, {                                \
      .kind = CTF_ATTR_STRING, .s = { text, sizeof(text) - 1 } \
    }                                                          \
  }
#define INT_ATTR(attr, value)                                        \
  {                                                                  \
    {attr, sizeof(attr) - 1}, { .kind = CTF_ATTR_INT, .i = (value) } \
  }

static void print_shows_the_first_calls(void** state) {
  (void)state;
  static const int64_t kFour = 4;
  const ctf_named_attr attrs[] = {STRING_ATTR("message", "x is "), INT_ATTR("first_n", 2)};
  harness_tensor x, text;
  char printed[256];
  uint64_t kept[8] = {0};
  harness_tensor_init(&x, TF_INT32, 1, &kFour, HARNESS_ALIGNED);
  harness_tensor_init(&text, TF_STRING, 0, NULL, 0);
  for (int i = 0; i < 4; ++i) ((int32_t*)x.view.data)[i] = i;
  assert_null(ctf_tensor_put_string(&text.view, 0, "a\n", 2, ctf_budget_process()));
  for (int i = 0; i < 3; ++i) {
    harness_call call = {.op = "Print", .num_inputs = 3, .inputs = {&x.view, &x.view, &text.view}, .num_attrs = 2};
    call.attrs = attrs;
    call.state = kept;
    capture(&call, stderr, printed, sizeof(printed));
    assert_string_equal(printed, i < 2 ? "x is [0 1 2...][a\\n]\n" : "");
    assert_memory_equal(call.outputs[0].view.data, x.view.data, x.view.bytes);
    harness_release(&call);
  }
  harness_tensor_deinit(&x);
  harness_tensor_deinit(&text);
}

static void print_passes_strings_on(void** state) {
  (void)state;
  const ctf_named_attr attrs[] = {INT_ATTR("first_n", 0)};
  harness_tensor text;
  char printed[16];
  const char* out;
  size_t length;
  harness_tensor_init(&text, TF_STRING, 0, NULL, 0);
  assert_null(ctf_tensor_put_string(&text.view, 0, "a text that is longer than an element", 37, ctf_budget_process()));
  harness_call call = {
      .op = "Print", .num_inputs = 2, .inputs = {&text.view, &text.view}, .num_attrs = 1, .attrs = attrs};
  capture(&call, stderr, printed, sizeof(printed));
  assert_string_equal(printed, "");
  ctf_tensor_get_string(&call.outputs[0].view, 0, &out, &length);
  assert_int_equal(length, 37);
  assert_memory_equal(out, "a text that is longer than an element", 37);
  harness_release(&call);
  harness_tensor_deinit(&text);
}

static void print_v2_writes_to_its_stream(void** state) {
  (void)state;
  static const struct {
    const char* name;
    bool on_stdout;
    const char* want;
  } kStreams[] = {{"stdout", true, "hello!\n"},
                  {"stderr", false, "hello!\n"},
                  {"log(info)", false, "I hello!\n"},
                  {"log(warning)", false, "W hello!\n"},
                  {"log(error)", false, "E hello!\n"}};
  harness_tensor text;
  char printed[64];
  harness_tensor_init(&text, TF_STRING, 0, NULL, 0);
  assert_null(ctf_tensor_put_string(&text.view, 0, "hello", 5, ctf_budget_process()));
  for (size_t i = 0; i < sizeof(kStreams) / sizeof(kStreams[0]); ++i) {
    ctf_named_attr attrs[] = {STRING_ATTR("output_stream", ""), STRING_ATTR("end", "!\n")};
    attrs[0].value.s = (ctf_bytes){kStreams[i].name, strlen(kStreams[i].name)};
    harness_call call = {.op = "PrintV2", .num_inputs = 1, .inputs = {&text.view}, .num_attrs = 2, .attrs = attrs};
    capture(&call, kStreams[i].on_stdout ? stdout : stderr, printed, sizeof(printed));
    assert_string_equal(printed, kStreams[i].want);
    harness_release(&call);
  }
  harness_tensor_deinit(&text);
}

static void a_text_is_cut_at_its_memory(void** state) {
  (void)state;
  static const int64_t kFour = 4;
  harness_tensor x;
  char text[8];
  ctf_buffer_sink sink;
  harness_tensor_init(&x, TF_INT32, 1, &kFour, 0);
  for (int i = 0; i < 4; ++i) ((int32_t*)x.view.data)[i] = 111;
  ctf_buffer_sink_init(&sink, text, sizeof(text));
  ctf_summarize(&x.view, -1, &sink.base);
  assert_string_equal(text, "111 111");
  harness_tensor_deinit(&x);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows),
      cmocka_unit_test(print_shows_the_first_calls),
      cmocka_unit_test(print_passes_strings_on),
      cmocka_unit_test(print_v2_writes_to_its_stream),
      cmocka_unit_test(a_text_is_cut_at_its_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
