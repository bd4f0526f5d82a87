// InTopK and InTopKV2: values and messages from TensorFlow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define INVALID(text) .error = TF_INVALID_ARGUMENT, .message = text
#define P "f32[4,4] .1 .3 .2 .4 .1 .2 .3 .4 nan .1 .2 .3 .5 .5 .5 .5"
static const op_row kRows[] = {
    {"the largest", "InTopKV2", {P, "i32[4] 3 2 1 0", "i32[] 1"}, .want = "bool[4] 1 0 0 1"},
    {"two", "InTopKV2", {P, "i64[4] 3 2 1 0", "i64[] 2"}, .want = "bool[4] 1 1 0 1"},
    {"k an attribute", "InTopK", {P, "i32[4] 2 2 3 3"}, "k=2", .want = "bool[4] 0 1 0 1"},
    {"more than there are", "InTopKV2", {P, "i32[4] 4 -1 0 0", "i32[] 9"}, .want = "bool[4] 0 0 0 1"},
    {"none", "InTopKV2", {P, "i32[4] 0 0 0 3", "i32[] 0"}, .want = "bool[4] 0 0 0 0"},
    {"fewer than none", "InTopK", {P, "i32[4] 0 0 0 3"}, "k=-2", .want = "bool[4] 0 0 0 0"},
    {"infinities say nothing", "InTopKV2", {"f32[3,3] inf 1 2 1 inf -inf 0 1 inf", "i32[3] 1 0 2", "i32[] 2"}, .want = "bool[3] 0 0 0"},
    {"NaN anywhere", "InTopKV2", {"f32[1,4] 3 2 nan 3", "i32[1] 0", "i32[] 1"}, .want = "bool[1] 0"},
    {"no rows", "InTopKV2", {"f32[0,3]", "i32[0]", "i32[] 2"}, .want = "bool[0]"},
    {"no classes", "InTopKV2", {"f32[2,0]", "i32[2] 0 0", "i32[] 2"}, .want = "bool[2] 0 0"},
    {"too few targets", "InTopKV2", {P, "i32[3] 0 0 0", "i32[] 2"}, INVALID("Dimensions must be equal, but are 4 and 3")},
    {"predictions a vector", "InTopKV2", {"f32[4] 1 2 3 4", "i32[1] 0", "i32[] 2"}, INVALID("Shape must be rank 2 but is rank 1")},
    {"targets a matrix", "InTopKV2", {P, "i32[1,4] 0 0 0 0", "i32[] 2"}, INVALID("Shape must be rank 1 but is rank 2")},
    {"k a vector", "InTopKV2", {P, "i32[4] 0 0 0 0", "i32[1] 2"}, INVALID("k must be 0-D, got shape [1]")},
};
static const op_shape_row kShapes[] = {
    {"InTopKV2", {"f32[?,4]", "i32[3]", "i32[]"}, .want = "[3]"},
    {"InTopK", {"f32[?,4]", "i32?"}, "k=1", .want = "[?]"},
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
