// ArgMax and ArgMin: values from TensorFlow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define ARG(type, want_max, want_min, values)                                            \
  {"max of " #type, "ArgMax", {type "[5] " values, "i32[] 0"}, .want = "i64[] " want_max}, \
  {"min of " #type, "ArgMin", {type "[5] " values, "i32[] 0"}, .want = "i64[] " want_min}
static const op_row kRows[] = {
    {"rows, the first of ties", "ArgMax", {"f32[2,3] 1 5 5 7 2 7", "i32[] -1"}, .want = "i64[2] 1 0"},
    {"columns", "ArgMax", {"f32[2,3] 1 5 5 7 2 7", "i32[] 0"}, .want = "i64[3] 1 0 1"},
    {"columns, smallest", "ArgMin", {"f32[2,3] 1 5 5 7 2 7", "i64[] -2"}, .want = "i64[3] 0 1 0"},
    {"the middle axis", "ArgMax", {"i32[2,3,2] 1 2 3 4 5 0 9 8 7 6 5 4", "i32[] 1"}, .want = "i64[2,2] 2 1 0 0"},
    ARG("f32", "3", "1", "0 -2 1 2 0"), ARG("f64", "3", "1", "0 -2 1 2 0"), ARG("f16", "3", "1", "0 -2 1 2 0"),
    ARG("bf16", "3", "1", "0 -2 1 2 0"), ARG("i8", "3", "1", "0 -128 1 127 0"), ARG("i16", "3", "1", "0 -2 1 2 0"),
    ARG("i32", "3", "1", "0 -2147483648 1 2147483647 0"), ARG("i64", "3", "1", "0 -2 1 9000000000 0"),
    ARG("u8", "3", "1", "3 1 2 255 7"), ARG("u16", "3", "1", "3 1 2 65535 7"), ARG("u32", "3", "1", "3 1 2 4294967295 7"),
    ARG("u64", "3", "1", "3 1 2 18446744073709551615 7"), ARG("bool", "0", "2", "1 1 0 1 0"),
    {"int32 places", "ArgMax", {"f32[3] 1 2 3", "i32[] 0"}, "output_type=i32", .want = "i32[] 2"},
    {"int16 places", "ArgMax", {"f32[3] 1 2 3", "i32[] 0"}, "output_type=i16", .want = "i16[] 2"},
    {"uint16 places", "ArgMax", {"f32[3] 1 2 3", "i32[] 0"}, "output_type=u16", .want = "u16[] 2"},
    {"smallest, int32 places", "ArgMin", {"f32[3,1] 1 2 3", "i32[] 1"}, "output_type=i32", .want = "i32[3] 0 0 0"},
    {"NaNs are skipped", "ArgMax", {"f32[6,5] nan 1 2 0 0  1 nan 2 0 0  nan nan nan nan nan  3 nan 2 0 0  "
     "nan -inf nan nan nan  nan inf 5 0 0", "i32[] 1"}, .want = "i64[6] 2 2 0 0 0 1"},
    {"NaNs are skipped, smallest", "ArgMin", {"f32[6,5] nan 1 2 3 3  1 nan 2 3 3  nan nan nan nan nan  3 nan 2 4 4  "
     "nan -inf nan nan nan  2 nan 1 nan 0", "i32[] 1"}, .want = "i64[6] 1 0 0 2 1 4"},
    {"NaNs in columns", "ArgMax", {"f64[3,2] nan 1 1 nan 2 nan", "i32[] 0"}, .want = "i64[2] 2 0"},
    {"equal infinities", "ArgMax", {"f32[2,2] -inf -inf inf inf", "i32[] 1"}, .want = "i64[2] 0 0"},
    {"zeros are equal", "ArgMax", {"f32[2] -0.0 0", "i32[] 0"}, .want = "i64[] 0"},
    {"longer than the lanes", "ArgMax", {"i8[130] 1 2 3 4 5 6 7 ...", "i32[] 0"}, .want = "i64[] 6"},
    {"more columns than the lanes", "ArgMin", {"i16[2,130] 3 ...", "i32[] 0"}, .want = "i64[130] 0 ..."},
    {"nothing to answer", "ArgMax", {"f32[0,2]", "i32[] 1"}, .want = "i64[0]"},
    {"an empty axis", "ArgMax", {"f32[0,2]", "i32[] 0"}, .error = TF_INVALID_ARGUMENT,
     .message = "Reduction axis 0 is empty in shape [0,2]"},
    {"an empty axis and nothing to answer", "ArgMin", {"f32[0,0]", "i32[] 0"}, .error = TF_INVALID_ARGUMENT,
     .message = "Reduction axis 0 is empty in shape [0,0]"},
    {"axis too large", "ArgMax", {"f32[2,3] 0 ...", "i32[] 5"}, .error = TF_INVALID_ARGUMENT,
     .message = "Expected dimension in the range [-2, 2), but got 5"},
    {"axis too small", "ArgMax", {"f32[2,3] 0 ...", "i32[] -3"}, .error = TF_INVALID_ARGUMENT,
     .message = "Expected dimension in the range [-2, 2), but got -3"},
    {"a scalar has no axis", "ArgMax", {"f32[] 0", "i32[] 0"}, .error = TF_INVALID_ARGUMENT,
     .message = "Expected dimension in the range [0, 0), but got 0"},
    {"an axis that is no scalar", "ArgMax", {"f32[2] 0 0", "i32[1] 0"}, .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be rank 0 but is rank 1"},
    {"no complex numbers", "ArgMax", {"c64[2] 0 0", "i32[] 0"}, .error = TF_UNIMPLEMENTED},
};
static const op_shape_row kShapes[] = {
    {"ArgMax", {"f32[2,3,4]", "i32[]"}, .want = "[?,?]"},
    {"ArgMax", {"f32?", "i32[]"}, .want = "<unknown>"},
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
