// Where: values and messages from TensorFlow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define OF_TYPE(type, values) {"places in " #type, "Where", {type "[4] " values}, .want = "i64[2,1] 1 3"}
static const op_row kRows[] = {
    OF_TYPE("f32", "0 nan -0.0 2"), OF_TYPE("f64", "0 -inf -0.0 2"), OF_TYPE("f16", "0 nan -0.0 0x1p-24"),
    OF_TYPE("bf16", "0 nan -0.0 2"), OF_TYPE("i8", "0 -1 0 2"), OF_TYPE("i16", "0 -1 0 2"), OF_TYPE("i32", "0 -1 0 2"),
    OF_TYPE("i64", "0 -1 0 4294967296"), OF_TYPE("u8", "0 1 0 2"), OF_TYPE("u16", "0 1 0 256"), OF_TYPE("u32", "0 1 0 65536"),
    OF_TYPE("u64", "0 1 0 4294967296"), OF_TYPE("bool", "0 1 0 1"), OF_TYPE("c64", "0,0 0,1 -0.0,0 2,0"),
    OF_TYPE("c128", "0,0 0,1 -0.0,0 2,0"),
    {"rows and columns", "Where", {"bool[2,3] 1 0 1 0 0 1"}, .want = "i64[3,2] 0 0 0 2 1 2"},
    {"eight dimensions", "Where", {"i32[1,2,1,1,1,1,1,2] 0 1 2 0"}, .want = "i64[2,8] 0 0 0 0 0 0 0 1 0 1 0 0 0 0 0 0"},
    {"none", "Where", {"bool[3] 0 0 0"}, .want = "i64[0,1]"},
    {"empty", "Where", {"bool[0,3]"}, .want = "i64[0,2]"},
    {"scalar", "Where", {"bool[] 1"}, .error = TF_INVALID_ARGUMENT, .message = "WhereOp : Unhandled input dimensions: 0"},
};
static const op_shape_row kShapes[] = {
    {"Where", {"bool[2,?,3]"}, .want = "[?,3]"},
    {"Where", {"bool?"}, .want = "[?,?]"},
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
