// CheckNumerics and CheckNumericsV2: messages from TensorFlow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define SAYS(text) .error = TF_INVALID_ARGUMENT, .message = text
#define OF_TYPE(type) \
  {"finite " #type, "CheckNumerics", {type "[3] 1 -2 0"}, "message=m", .want = type "[3] 1 -2 0"}, \
  {"NaN of " #type, "CheckNumerics", {type "[3] 1 nan 0"}, "message=m", SAYS("m : Tensor had NaN values")}, \
  {"infinity of " #type, "CheckNumericsV2", {type "[3] 1 -inf 0"}, "message=m", SAYS("m : Tensor had -Inf values")}
static const op_row kRows[] = {
    OF_TYPE("f32"), OF_TYPE("f64"), OF_TYPE("f16"), OF_TYPE("bf16"),
    {"largest and least", "CheckNumericsV2", {"f32[3] 0x1.fffffep127 -0x1.fffffep127 0x1p-149"}, "message=m",
     .want = "f32[3] 0x1.fffffep127 -0x1.fffffep127 0x1p-149"},
    {"infinity", "CheckNumerics", {"f32[2] 1 inf"}, "message=m", SAYS("m : Tensor had Inf values")},
    {"minus infinity", "CheckNumerics", {"f32[1] -inf"}, "message=", SAYS(" : Tensor had Inf values")},
    {"both infinities", "CheckNumerics", {"f32[2] inf -inf"}, "message=m", SAYS("m : Tensor had Inf values")},
    {"infinity and NaN", "CheckNumerics", {"f32[2] nan -inf"}, "message=m", SAYS("m : Tensor had Inf and NaN values")},
    {"with signs, plus", "CheckNumericsV2", {"f32[1] inf"}, "message=m", SAYS("m : Tensor had +Inf values")},
    {"with signs, NaN", "CheckNumericsV2", {"f32[1] nan"}, "message=m", SAYS("m : Tensor had NaN values")},
    {"with signs, plus and NaN", "CheckNumericsV2", {"f32[2] nan inf"}, "message=m", SAYS("m : Tensor had +Inf and NaN values")},
    {"with signs, minus and NaN", "CheckNumericsV2", {"f32[2] nan -inf"}, "message=m", SAYS("m : Tensor had -Inf and NaN values")},
    {"with signs, both", "CheckNumericsV2", {"f32[2] inf -inf"}, "message=m", SAYS("m : Tensor had -Inf and +Inf values")},
    {"with signs, all", "CheckNumericsV2", {"f32[3] nan inf -inf"}, "message=m", SAYS("m : Tensor had -Inf, +Inf, and NaN values")},
    {"empty", "CheckNumerics", {"f32[0,2]"}, "message=m", .want = "f32[0,2]"},
    {"scalar", "CheckNumericsV2", {"f64[] 3"}, "message=m", .want = "f64[] 3"},
};
static const op_shape_row kShapes[] = {
    {"CheckNumerics", {"f32[?,3]"}, "message=m", .want = "[?,3]"},
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
