// Cumsum and Cumprod: values and messages from TensorFlow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define INVALID(text) .error = TF_INVALID_ARGUMENT, .message = text
#define X "f32[2,3] 1 2 3 4 5 6"
#define OF_TYPE(type, values, sums, products) \
  {"sums of " #type, "Cumsum", {type "[3] " values, "i32[] 0"}, .want = type "[3] " sums}, \
  {"products of " #type, "Cumprod", {type "[3] " values, "i64[] -1"}, .want = type "[3] " products}
static const op_row kRows[] = {
    OF_TYPE("f32", "2 3 nan", "2 5 nan", "2 6 nan"), OF_TYPE("f64", "2 3 4", "2 5 9", "2 6 24"),
    OF_TYPE("f16", "2048 1 1", "2048 2048 2048", "2048 2048 2048"), OF_TYPE("bf16", "256 1 1", "256 256 256", "256 256 256"),
    OF_TYPE("i8", "120 10 1", "120 -126 -125", "120 -80 -80"), OF_TYPE("i16", "2 3 4", "2 5 9", "2 6 24"),
    OF_TYPE("i32", "2147483647 2 1", "2147483647 -2147483647 -2147483646", "2147483647 -2 -2"), OF_TYPE("i64", "2 3 4", "2 5 9", "2 6 24"),
    OF_TYPE("u8", "200 100 2", "200 44 46", "200 32 64"), OF_TYPE("u16", "65535 65535 2", "65535 65534 0", "65535 1 2"),
    OF_TYPE("u32", "2 3 4", "2 5 9", "2 6 24"), OF_TYPE("u64", "2 3 4", "2 5 9", "2 6 24"),
    OF_TYPE("c64", "1,1 1,1 1,1", "1,1 2,2 3,3", "1,1 0,2 -2,2"), OF_TYPE("c128", "1,1 1,1 1,1", "1,1 2,2 3,3", "1,1 0,2 -2,2"),
    {"rows", "Cumsum", {X, "i32[] 1"}, .want = "f32[2,3] 1 3 6 4 9 15"},
    {"rows, reverse", "Cumsum", {X, "i32[] 1"}, "reverse=true", .want = "f32[2,3] 6 5 3 15 11 6"},
    {"rows, exclusive", "Cumsum", {X, "i32[] 1"}, "exclusive=true", .want = "f32[2,3] 0 1 3 0 4 9"},
    {"rows, both", "Cumsum", {X, "i32[] 1"}, "exclusive=true reverse=true", .want = "f32[2,3] 5 3 0 11 6 0"},
    {"columns", "Cumprod", {X, "i32[] 0"}, .want = "f32[2,3] 1 2 3 4 10 18"},
    {"columns, reverse", "Cumprod", {X, "i32[] -2"}, "reverse=true", .want = "f32[2,3] 4 10 18 4 5 6"},
    {"columns, exclusive", "Cumprod", {X, "i32[] 0"}, "exclusive=true", .want = "f32[2,3] 1 1 1 1 2 3"},
    {"columns, both", "Cumprod", {X, "i32[] 0"}, "exclusive=true reverse=true", .want = "f32[2,3] 4 5 6 1 1 1"},
    {"complex columns, exclusive", "Cumprod", {"c64[2,1] 2,3 4,5", "i32[] 0"}, "exclusive=true", .want = "c64[2,1] 1,0 2,3"},
    {"the middle axis", "Cumsum", {"i32[2,2,2] 1 2 3 4 5 6 7 8", "i32[] 1"}, .want = "i32[2,2,2] 1 2 4 6 5 6 12 14"},
    {"more columns than a strip", "Cumsum", {"i32[2,70] 1 ...", "i32[] 0"}, "reverse=true",
     .want = "i32[2,70] 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 "
     "2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
     "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"},
    {"nothing", "Cumsum", {"f32[0]", "i32[] 0"}, .want = "f32[0]"},
    {"rows of nothing", "Cumprod", {"f32[3,0]", "i32[] 0"}, .want = "f32[3,0]"},
    {"axis past the end", "Cumsum", {X, "i32[] 2"}, INVALID("ScanOp: Expected scan axis in the range [-2, 2), but got 2")},
    {"axis before the start", "Cumsum", {X, "i32[] -3"}, INVALID("ScanOp: Expected scan axis in the range [-2, 2), but got -1")},
    {"axis of a scalar", "Cumprod", {"f32[] 1", "i32[] 0"}, INVALID("ScanOp: Expected scan axis in the range [0, 0), but got 0")},
    {"axis a vector", "Cumsum", {X, "i64[1] 0"}, INVALID("ScanOp: axis must be a scalar, not [1]")},
};
static const op_shape_row kShapes[] = {
    {"Cumsum", {"f32[?,3]", "i32[]"}, .want = "[?,3]"},
    {"Cumprod", {"f32?", "i32[]"}, .want = "<unknown>"},
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
