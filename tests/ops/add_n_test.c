// AddN: values and messages from TensorFlow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define OF_TYPE(type, a, b, sum) {"sum of " #type, "AddN", {type "[2] " a, type "[2] " b}, .want = type "[2] " sum}
#define ONE "f16[1] 1"
static const op_row kRows[] = {
    OF_TYPE("f32", "1 inf", "2 -inf", "3 nan"), OF_TYPE("f64", "1 2", "3 4", "4 6"), OF_TYPE("f16", "1 2", "3 4", "4 6"),
    OF_TYPE("bf16", "1 2", "3 4", "4 6"), OF_TYPE("i8", "127 2", "1 4", "-128 6"), OF_TYPE("i16", "1 2", "3 4", "4 6"),
    OF_TYPE("i32", "2147483647 2", "1 4", "-2147483648 6"), OF_TYPE("i64", "1 2", "3 4", "4 6"), OF_TYPE("u8", "255 2", "1 4", "0 6"),
    OF_TYPE("u16", "1 2", "3 4", "4 6"), OF_TYPE("u32", "1 2", "3 4", "4 6"), OF_TYPE("u64", "1 2", "3 4", "4 6"),
    OF_TYPE("c64", "1,2 3,4", "5,6 7,8", "6,8 10,12"), OF_TYPE("c128", "1,2 3,4", "5,6 7,8", "6,8 10,12"),
    {"one", "AddN", {"f32[2] 1 2"}, .want = "f32[2] 1 2"},
    {"scalars", "AddN", {"f32[] 1", "f32[] 2", "f32[] 3"}, .want = "f32[] 6"},
    {"from the first on", "AddN", {"f16[1] 2048", ONE, ONE}, .want = "f16[1] 2048"},
    {"small ones first", "AddN", {ONE, ONE, "f16[1] 2048"}, .want = "f16[1] 2050"},
    {"eight at once", "AddN", {"f16[1] 2048", ONE, ONE, ONE, ONE, ONE, ONE, ONE}, .want = "f16[1] 2048"},
    {"nine at once", "AddN", {"f16[1] 2048", ONE, ONE, ONE, ONE, ONE, ONE, ONE, ONE}, .want = "f16[1] 2048"},
    {"two, then eight among themselves", "AddN", {"f16[1] 2048", ONE, ONE, ONE, ONE, ONE, ONE, ONE, ONE, ONE}, .want = "f16[1] 2056"},
    {"more than a block", "AddN", {"u8[3000] 1 ...", "u8[3000] 2 ..."}, .want = "u8[3000] 3 ..."},
    {"nothing", "AddN", {"f32[0,2]", "f32[0,2]"}, .want = "f32[0,2]"},
    {"other ranks", "AddN", {"f32[2] 1 2", "f32[1,2] 1 2"}, .error = TF_INVALID_ARGUMENT, .message = "Shapes must be equal rank"},
    {"no broadcasting", "AddN", {"f32[2] 1 2", "f32[1] 1"}, .error = TF_INVALID_ARGUMENT,
     .message = "Dimension 0 in both shapes must be equal, but are 2 and 1"},
};
static const op_shape_row kShapes[] = {
    {"AddN", {"f32[?,3]", "f32?", "f32[2,?]"}, .want = "[2,3]"},
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
