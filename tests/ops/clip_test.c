// ClipByValue: values and messages from TensorFlow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define MISFIT .error = TF_INVALID_ARGUMENT, .message = "clip_value_min and clip_value_max must be either of the same shape as "
#define OF_TYPE(type) {"between, of " #type, "ClipByValue", {type "[3] 1 5 9", type "[] 2", type "[3] 6 6 7"}, .want = type "[3] 2 5 7"}
static const op_row kRows[] = {
    OF_TYPE("f32"), OF_TYPE("f64"), OF_TYPE("f16"), OF_TYPE("bf16"), OF_TYPE("i8"), OF_TYPE("i16"), OF_TYPE("i32"), OF_TYPE("i64"),
    OF_TYPE("u8"), OF_TYPE("u16"),
    {"complex, part by part", "ClipByValue", {"c64[5] 1,5 -7,0 0,5 nan,0 0.5,0", "c64[] 1,3", "c64[] 2,5"},
     .want = "c64[5] 1,5 1,3 1,5 nan,3 1,3"},
    {"complex limits each", "ClipByValue", {"c128[2] 1,5 -7,0", "c128[2] 2,0 2,0", "c128[2] 6,0 6,0"}, .want = "c128[2] 2,0 2,0"},
    {"limits that cross", "ClipByValue", {"f32[3] 1 5 9", "f32[] 6", "f32[] 2"}, .want = "f32[3] 6 6 6"},
    {"limits each", "ClipByValue", {"f32[3] 1 5 9", "f32[3] 2 6 1", "f32[3] 6 6 8"}, .want = "f32[3] 2 6 8"},
    {"NaN stays", "ClipByValue", {"f32[2] nan nan", "f32[] 1", "f32[2] 1 1"}, .want = "f32[2] nan nan"},
    {"no lower limit", "ClipByValue", {"f32[2] 1 2", "f32[] nan", "f32[] 1"}, .want = "f32[2] 1 1"},
    {"no upper limit", "ClipByValue", {"f32[2] 1 2", "f32[] 1", "f32[] nan"}, .want = "f32[2] 1 2"},
    {"scalar", "ClipByValue", {"f32[] 7", "f32[] 1", "f32[] 2"}, .want = "f32[] 2"},
    {"nothing", "ClipByValue", {"f32[0]", "f32[] 1", "f32[] 0"}, .want = "f32[0]"},
    {"limits as vectors of one", "ClipByValue", {"f32[3] 1 5 9", "f32[1] 2", "f32[1] 6"}, MISFIT "input, or a scalar. input shape: "
     "[3]clip_value_min shape: [1]clip_value_max shape: [1]"},
    {"rows are not broadcast", "ClipByValue", {"f32[2,2] 1 2 3 4", "f32[2] 2 3", "f32[] 4"}, MISFIT},
    {"nor is the input", "ClipByValue", {"f32[] 5", "f32[2] 2 3", "f32[] 4"}, MISFIT},
    {"no kernel", "ClipByValue", {"u32[1] 1", "u32[] 1", "u32[] 1"}, .error = TF_UNIMPLEMENTED},
};
static const op_shape_row kShapes[] = {
    {"ClipByValue", {"f32[?,3]", "f32[]", "f32[]"}, .want = "[?,3]"},
};
// clang-format on

static void rows(void** state) {
  (void)state;
  OP_ROWS_CHECK(kRows);
}

static void shapes(void** state) {
  (void)state;
  OP_SHAPE_ROWS_CHECK(kShapes);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(shapes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
