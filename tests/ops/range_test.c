// Range and LinSpace.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define OF_TYPE(t)                                                                           \
  {"up of " t, "Range", {t "[] 2", t "[] 9", t "[] 3"}, .want = t "[3] 2 5 8"},                \
  {"none of " t, "Range", {t "[] 2", t "[] 2", t "[] 3"}, .want = t "[0]"}
#define DOWN(t) {"down of " t, "Range", {t "[] 3", t "[] -4", t "[] -3"}, .want = t "[3] 3 0 -3"}
static const op_row kRows[] = {
    OF_TYPE("i8"), OF_TYPE("i16"), OF_TYPE("i32"), OF_TYPE("i64"), OF_TYPE("u16"), OF_TYPE("u32"), OF_TYPE("u64"),
    OF_TYPE("f32"), OF_TYPE("f64"), OF_TYPE("f16"), OF_TYPE("bf16"),
    DOWN("i8"), DOWN("i16"), DOWN("i32"), DOWN("i64"), DOWN("f32"), DOWN("f64"), DOWN("f16"), DOWN("bf16"),
    {"fractions", "Range", {"f64[] 0.25", "f64[] 1", "f64[] 0.25"}, .want = "f64[3] 0.25 0.5 0.75"},
    {"of vectors of one", "Range", {"i32[1] 0", "i32[] 3", "i32[] 1"}, .want = "i32[3] 0 1 2"},
    {"all of int8", "Range", {"i8[] -128", "i8[] 127", "i8[] 100"}, .want = "i8[3] -128 -28 72"},
    {"further than int64", "Range", {"i64[] 9223372036854775807", "i64[] -9223372036854775808", "i64[] -4611686018427387904"},
     .want = "i64[4] 9223372036854775807 4611686018427387903 -1 -4611686018427387905"},
    {"rounded", "Range", {"f16[] 0", "f16[] 1", "f16[] 0.3"}, .want = "f16[4] 0 0.3 0.6 0.9004", .tolerance = 1e-4},
    {"no step", "Range", {"i32[] 0", "i32[] 3", "i32[] 0"}, .error = TF_INVALID_ARGUMENT, .message = "Requires delta != 0: 0"},
    {"no step of floats", "Range", {"f32[] 0", "f32[] 3", "f32[] -0.0"}, .error = TF_INVALID_ARGUMENT, .message = "Requires delta != 0"},
    {"the wrong way up", "Range", {"i32[] 0", "i32[] -3", "i32[] 1"}, .error = TF_INVALID_ARGUMENT, .message = "Requires start <= limit when delta > 0: 0/-3"},
    {"the wrong way down", "Range", {"f32[] 0", "f32[] 3", "f32[] -1"}, .error = TF_INVALID_ARGUMENT, .message = "Requires start >= limit when delta < 0: 0/3"},
    {"to NaN", "Range", {"f32[] 0", "f32[] nan", "f32[] 1"}, .error = TF_INVALID_ARGUMENT, .message = "Requires start <= limit when delta > 0: 0/nan"},
    {"by NaN", "Range", {"f32[] 1", "f32[] 0", "f32[] nan"}, .error = TF_INVALID_ARGUMENT, .message = "Requires ((limit - start) / delta) <= 9223372036854775807"},
    {"to infinity", "Range", {"f32[] 0", "f32[] inf", "f32[] 1"}, .error = TF_INVALID_ARGUMENT, .message = "Requires ((limit - start) / delta) <= 9223372036854775807"},
    {"by too little", "Range", {"f32[] 0", "f32[] 1", "f32[] 1e-30"}, .error = TF_INVALID_ARGUMENT, .message = "Requires ((limit - start) / delta) <= 9223372036854775807"},
    {"all of int64", "Range", {"i64[] -9223372036854775808", "i64[] 9223372036854775807", "i64[] 1"}, .error = TF_INVALID_ARGUMENT,
     .message = "Requires ((limit - start) / delta) <= 9223372036854775807"},
    {"a vector", "Range", {"i32[2] 0 1", "i32[] 3", "i32[] 1"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be rank 0 but is rank 1\n\t for 'start'"},
    {"an empty vector", "Range", {"i32[] 0", "i32[0]", "i32[] 1"}, .error = TF_INVALID_ARGUMENT, .message = "for 'limit'"},
    {"five", "LinSpace", {"f32[] 10", "f32[] 12", "i32[] 5"}, .want = "f32[5] 10 10.5 11 11.5 12"},
    {"five doubles", "LinSpace", {"f64[] 12", "f64[] 10", "i64[] 5"}, .want = "f64[5] 12 11.5 11 10.5 10"},
    {"one", "LinSpace", {"f32[] 10", "f32[] 12", "i32[] 1"}, .want = "f32[1] 10"},
    {"the end to the bit", "LinSpace", {"f32[] 0", "f32[] 0.7", "i32[] 4"}, .want = "f32[4] 0 0.23333333 0.46666667 0.7", .tolerance = 1e-7},
    {"infinity", "LinSpace", {"f32[] 1", "f32[] inf", "i32[] 3"}, .want = "f32[3] 1 inf inf"},
    {"no numbers", "LinSpace", {"f32[] 0", "f32[] 1", "i32[] 0"}, .error = TF_INVALID_ARGUMENT, .message = "Requires num > 0: 0"},
    {"fewer than none", "LinSpace", {"f32[] 0", "f32[] 1", "i32[] -1"}, .error = TF_INVALID_ARGUMENT, .message = "Requires num > 0: -1"},
    {"start in a vector", "LinSpace", {"f32[1] 0", "f32[] 1", "i32[] 2"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be rank 0 but is rank 1\n\t for 'start'"},
    {"num in a vector", "LinSpace", {"f32[] 0", "f32[] 1", "i32[1] 2"}, .error = TF_INVALID_ARGUMENT, .message = "for 'num'"},
};
static const op_shape_row kShapes[] = {
    {"Range", {"i32[]", "i32[]", "i32[]"}, .want = "[?]"},
    {"LinSpace", {"f32[]", "f32[]", "i32[]"}, .want = "[?]"},
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
