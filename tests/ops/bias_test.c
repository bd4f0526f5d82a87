// BiasAdd and BiasAddV1: values from TensorFlow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define SUM(type) {"of " #type, "BiasAdd", {type "[2,2] 1 2 3 4", type "[2] 10 20"}, .want = type "[2,2] 11 22 13 24"}
static const op_row kRows[] = {
    SUM("f32"), SUM("f64"), SUM("f16"), SUM("bf16"), SUM("i8"), SUM("i16"), SUM("i32"), SUM("i64"),
    SUM("u8"), SUM("u16"), SUM("u32"), SUM("u64"), SUM("c64"), SUM("c128"),
    {"complex", "BiasAdd", {"c64[1,2] 1,2 3,4", "c64[2] 10,20 -1,-1"}, .want = "c64[1,2] 11,22 2,3"},
    {"complex, channels first", "BiasAdd", {"c128[1,2,2] 1,2 3,4 5,6 7,8", "c128[2] 10,20 -1,-1"},
     "data_format=NCHW", .want = "c128[1,2,2] 11,22 13,24 4,5 6,7"},
    {"integers wrap", "BiasAdd", {"u8[1,2] 250 1", "u8[2] 10 1"}, .want = "u8[1,2] 4 2"},
    {"signed integers wrap", "BiasAdd", {"i32[1,1] 2147483647", "i32[1] 1"}, .want = "i32[1,1] -2147483648"},
    {"half rounds once", "BiasAdd", {"f16[1,1] 2048", "f16[1] 1"}, .want = "f16[1,1] 2048"},
    {"NaN and infinity", "BiasAdd", {"f32[1,3] nan inf 1", "f32[3] 1 -inf inf"}, .want = "f32[1,3] nan nan inf"},
    {"channels first", "BiasAdd", {"f32[2,3,2] 0 ...", "f32[3] 1 2 3"}, "data_format=NCHW",
     .want = "f32[2,3,2] 1 1 2 2 3 3 ..."},
    {"channels first, one place", "BiasAdd", {"f32[2,3,1] 0 ...", "f32[3] 1 2 3"}, "data_format=NCHW",
     .want = "f32[2,3,1] 1 2 3 ..."},
    {"channels first, rank 6", "BiasAdd", {"i32[2,2,1,1,1,2] 0 ...", "i32[2] 1 2"}, "data_format=NCHW",
     .want = "i32[2,2,1,1,1,2] 1 1 2 2 ..."},
    {"channels last, rank 7", "BiasAdd", {"f32[2,1,1,1,1,1,2] 0 ...", "f32[2] 1 2"}, "data_format=NHWC",
     .want = "f32[2,1,1,1,1,1,2] 1 2 ..."},
    {"more channels than a vector", "BiasAdd", {"f32[3,37] 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 "
     "24 25 26 27 28 29 30 31 32 33 34 35 36 ...", "f32[37] 1 ..."}, .want = "f32[3,37] 1 2 3 4 5 6 7 8 9 10 11 12 13 14 "
     "15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 ..."},
    {"no rows", "BiasAdd", {"f32[0,3]", "f32[3] 1 2 3"}, .want = "f32[0,3]"},
    {"no channels", "BiasAdd", {"f32[3,0]", "f32[0]"}, .want = "f32[3,0]"},
    {"the older op", "BiasAddV1", {"f32[2,2] 1 2 3 4", "f32[2] 10 20"}, .want = "f32[2,2] 11 22 13 24"},
    {"too many biases", "BiasAdd", {"f32[2,3] 0 ...", "f32[4] 0 ..."}, .error = TF_INVALID_ARGUMENT,
     .message = "Dimensions must be equal, but are 3 and 4"},
    {"too many biases for nothing", "BiasAdd", {"f32[0,3]", "f32[4] 0 ..."}, .error = TF_INVALID_ARGUMENT},
    {"biases of the last dimension", "BiasAdd", {"f32[2,3,2] 0 ...", "f32[2] 0 0"}, "data_format=NCHW",
     .error = TF_INVALID_ARGUMENT},
    {"rank 1", "BiasAdd", {"f32[3] 0 0 0", "f32[3] 0 0 0"}, .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be at least rank 2 but is rank 1"},
    {"a matrix of biases", "BiasAddV1", {"f32[2,3] 0 ...", "f32[1,3] 0 ..."}, .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be rank 1 but is rank 2"},
};
static const op_shape_row kShapes[] = {
    {"BiasAdd", {"f32[?,?]", "f32[3]"}, .want = "[?,3]"},
    {"BiasAdd", {"f32[?,?,4]", "f32[3]"}, "data_format=NCHW", .want = "[?,3,4]"},
    {"BiasAdd", {"f32?", "f32[3]"}, .want = "<unknown>"},
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
