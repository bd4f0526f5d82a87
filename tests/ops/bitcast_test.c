// Bitcast.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define ONE(name, x, type, result) {name, "Bitcast", {x}, "type=" type, .want = result}
static const op_row kRows[] = {
    ONE("float to int", "f32[3] 1 -2 inf", "i32", "i32[3] 1065353216 -1073741824 2139095040"),
    ONE("int to float", "i32[2] 1065353216 -1073741824", "f32", "f32[2] 1 -2"),
    ONE("half to uint16", "f16[2] 1 -2", "u16", "u16[2] 15360 49152"),
    ONE("uint16 to bfloat16", "u16[1] 16256", "bf16", "bf16[1] 1"),
    ONE("double to int64", "f64[] 1", "i64", "i64[] 4607182418800017408"),
    ONE("quantized", "qi8[2] -1 3", "qu8", "qu8[2] 255 3"),
    ONE("to narrower", "i32[2] 1 258", "u8", "u8[2,4] 1 0 0 0 2 1 0 0"),
    ONE("scalar to narrower", "i64[] 4294967297", "i32", "i32[2] 1 1"),
    ONE("to wider", "u8[2,4] 1 0 0 0 2 1 0 0", "i32", "i32[2] 1 258"),
    ONE("to complex", "f32[3,2] 0 1 2 3 4 5", "c64", "c64[3] 0,1 2,3 4,5"),
    ONE("to bytes of complex", "c128[1] 1,0", "f64", "f64[1,2] 1 0"),
    ONE("nothing to wider", "u8[0,4]", "f32", "f32[0]"),
    ONE("nothing to narrower", "f32[0]", "u8", "u8[0,4]"),
    {"a last dimension that does not fit", "Bitcast", {"f32[3] 0 1 2"}, "type=c64", .error = TF_INVALID_ARGUMENT,
     .message = "Cannot bitcast from 1 to 8 due to shape. 3 does not match 2"},
    {"a scalar to wider", "Bitcast", {"f32[] 0"}, "type=f64", .error = TF_INVALID_ARGUMENT, .message = "Shape must be at least rank 1 but is rank 0"},
};
static const op_shape_row kShapes[] = {
    {"Bitcast", {"f32[2,?]"}, "type=f64", .want = "[2]"},
    {"Bitcast", {"f32[2,?]"}, "type=u8", .want = "[2,?,4]"},
    {"Bitcast", {"f32?"}, "type=i32", .want = "<unknown>"},
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
