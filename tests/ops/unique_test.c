// Unique and UniqueV2: values and messages from TensorFlow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define INVALID(text) .error = TF_INVALID_ARGUMENT, .message = text
#define X "i32[9] 1 1 2 4 4 4 7 8 8"
#define X_UNIQUE .want = "i32[5] 1 2 4 7 8", .also = "i32[9] 0 0 1 2 2 2 3 4 4"
#define OF_TYPE(type, values, want_values) \
  {"unique " #type, "Unique", {type "[4] " values}, .want = type "[3] " want_values, .also = "i32[4] 0 1 0 2"}, \
  {"unique rows of " #type, "UniqueV2", {type "[4,1] " values, "i32[1] 0"}, "out_idx=i64", \
   .want = type "[3,1] " want_values, .also = "i64[4] 0 1 0 2"}
static const op_row kRows[] = {
    OF_TYPE("f32", "3 1 3 2", "3 1 2"), OF_TYPE("f64", "3 1 3 2", "3 1 2"), OF_TYPE("f16", "3 1 3 2", "3 1 2"),
    OF_TYPE("bf16", "3 1 3 2", "3 1 2"), OF_TYPE("i8", "3 -1 3 2", "3 -1 2"), OF_TYPE("i16", "3 -1 3 2", "3 -1 2"),
    OF_TYPE("i32", "3 -1 3 2", "3 -1 2"), OF_TYPE("i64", "3 4294967299 3 2", "3 4294967299 2"),
    OF_TYPE("u8", "3 1 3 2", "3 1 2"), OF_TYPE("u16", "3 1 3 2", "3 1 2"), OF_TYPE("u32", "3 1 3 2", "3 1 2"),
    OF_TYPE("u64", "3 1 3 2", "3 1 2"),
    OF_TYPE("str", "b '' b a-text-that-is-longer-than-an-element", "b '' a-text-that-is-longer-than-an-element"),
    {"booleans", "Unique", {"bool[3] 1 0 1"}, .want = "bool[2] 1 0", .also = "i32[3] 0 1 0"},
    {"in order of appearance", "Unique", {X}, X_UNIQUE},
    {"no NaN is another, both zeros are one", "Unique", {"f32[5] nan 0 -0.0 nan inf"}, .want = "f32[4] nan 0 nan inf",
     .also = "i32[5] 0 1 1 2 3"},
    {"the same in half", "Unique", {"f16[5] nan 0 -0.0 nan inf"}, .want = "f16[4] nan 0 nan inf", .also = "i32[5] 0 1 1 2 3"},
    {"nothing", "Unique", {"i32[0]"}, .want = "i32[0]", .also = "i32[0]"},
    {"without an axis", "UniqueV2", {X, "i32[0]"}, X_UNIQUE},
    {"an axis of a vector", "UniqueV2", {X, "i64[1] 0"}, X_UNIQUE},
    {"an axis from the end", "UniqueV2", {X, "i64[1] -1"}, X_UNIQUE},
    {"rows", "UniqueV2", {"f32[3,3] 1 0 0 1 0 0 2 0 0", "i64[1] 0"}, .want = "f32[2,3] 1 0 0 2 0 0", .also = "i32[3] 0 0 1"},
    {"columns", "UniqueV2", {"f32[3,3] 1 0 0 1 0 0 2 0 0", "i64[1] 1"}, .want = "f32[3,2] 1 0 1 0 2 0", .also = "i32[3] 0 1 1"},
    {"the middle axis", "UniqueV2", {"f32[2,2,2] 0 1 0 1 0 1 0 1", "i64[1] 1"}, .want = "f32[2,1,2] 0 1 0 1", .also = "i32[2] 0 0"},
    {"strings of columns", "UniqueV2", {"str[2,3] a b a c d c", "i64[1] -1"}, .want = "str[2,2] a b c d", .also = "i32[3] 0 1 0"},
    {"rows with NaN differ", "UniqueV2", {"f32[4,2] nan 1 nan 1 0 1 -0.0 1", "i64[1] 0"}, .want = "f32[3,2] nan 1 nan 1 0 1",
     .also = "i32[4] 0 1 2 2"},
    {"rows of nothing are one", "UniqueV2", {"f32[3,0]", "i64[1] 0"}, .want = "f32[1,0]", .also = "i32[3] 0 0 0"},
    {"no columns", "UniqueV2", {"f32[3,0]", "i64[1] 1"}, .want = "f32[3,0]", .also = "i32[0]"},
    {"a matrix", "Unique", {"i32[1,2] 1 2"}, INVALID("Shape must be rank 1 but is rank 2")},
    {"a matrix without an axis", "UniqueV2", {"i32[1,2] 1 2", "i64[0]"}, INVALID("x expects a 1D vector.")},
    {"axis a scalar", "UniqueV2", {X, "i32[] 0"}, INVALID("axis expects a 1D vector.")},
    {"two axes", "UniqueV2", {X, "i32[2] 0 0"}, INVALID("axis does not support input tensors larger than 1 elements.")},
    {"axis past the end", "UniqueV2", {X, "i32[1] 1"}, INVALID("axis expects to be in the range [-1, 1)")},
    {"axis of a scalar", "UniqueV2", {"f32[] 1", "i64[1] 0"}, INVALID("axis expects to be in the range [0, 0)")},
    {"complex numbers", "Unique", {"c64[1] 1,2"}, .error = TF_UNIMPLEMENTED},
};
static const op_shape_row kShapes[] = {
    {"Unique", {"i32[9]"}, .want = "[?]"},
    {"UniqueV2", {"i32[3,4]", "i64[1]"}, .want = "[?,?]"},
    {"UniqueV2", {"i32?", "i64[1]"}, .want = "<unknown>"},
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
