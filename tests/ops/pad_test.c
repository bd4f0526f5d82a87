// Pad, PadV2 and MirrorPad.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define OF_TYPE(t)                                                                                                     \
  {"padded " t, "PadV2", {t "[1,2] 0 1", "i32[2,2] 1 0 0 2", t "[] 1"}, .want = t "[2,4] 1 1 1 1 0 1 1 1"},               \
  {"reflected " t, "MirrorPad", {t "[3] 0 1 1", "i32[1,2] 2 1"}, "mode=REFLECT", .want = t "[6] 1 1 0 1 1 1"},            \
  {"mirrored " t, "MirrorPad", {t "[3] 0 1 1", "i32[1,2] 2 1"}, "mode=SYMMETRIC", .want = t "[6] 1 0 0 1 1 1"}
#define M23 "[2,3] 1 2 3 4 5 6"
static const op_row kRows[] = {
    OP_EVERY_TYPE(OF_TYPE),
    {"zeros", "Pad", {"f32[2] 1 2", "i32[1,2] 1 2"}, .want = "f32[5] 0 1 2 0 0"},
    {"int64 paddings", "Pad", {"i32" M23, "i64[2,2] 1 0 0 1"}, .want = "i32[3,4] 0 0 0 0 1 2 3 0 4 5 6 0"},
    {"all around", "Pad", {"i8[2,1,2] 1 2 3 4", "i32[3,2] 1 0 1 1 0 1"},
     .want = "i8[3,3,3] 0 0 0 0 0 0 0 0 0 0 0 0 1 2 0 0 0 0 0 0 0 3 4 0 0 0 0"},
    {"a scalar", "Pad", {"f32[] 3", "i32[0,2]"}, .want = "f32[] 3"},
    {"nothing around", "Pad", {"f32" M23, "i32[2,2] 0 0 0 0"}, .want = "f32" M23},
    {"around nothing", "PadV2", {"f32[0,1]", "i32[2,2] 1 1 0 1", "f32[] 7"}, .want = "f32[2,2] 7 7 7 7"},
    {"no result", "Pad", {"f32[2,0]", "i32[2,2] 1 1 0 0"}, .want = "f32[4,0]"},
    {"empty strings", "Pad", {"str[1] a", "i32[1,2] 1 1"}, .want = "str[3] '' a ''"},
    {"long strings", "PadV2", {"str[1] a", "i32[1,2] 1 0", "str[] a-text-that-needs-memory-of-its-own"},
     .want = "str[2] a-text-that-needs-memory-of-its-own a"},
    {"below zero", "Pad", {"f32[2] 1 2", "i32[1,2] -1 0"}, .error = TF_INVALID_ARGUMENT, .message = "Paddings must be non-negative: -1 0"},
    {"too many", "Pad", {"f32[2] 1 2", "i32[2,2] 1 0 1 1"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be rank 2 but is rank 1"},
    {"three columns", "Pad", {"f32[2] 1 2", "i32[1,3] 1 0 1"}, .error = TF_INVALID_ARGUMENT, .message = "Dimension must be 2 but is 3"},
    {"a vector", "Pad", {"f32[2] 1 2", "i32[2] 1 0"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be rank 2 but is rank 1"},
    {"too large", "Pad", {"f32[2] 1 2", "i64[1,2] 9223372036854775807 1"}, .error = TF_INVALID_ARGUMENT, .message = "overflow"},
    {"a vector of values", "PadV2", {"f32[2] 1 2", "i32[1,2] 1 0", "f32[1] 1"}, .error = TF_INVALID_ARGUMENT,
     .message = "constant_values must be a scalar. Found: [1]"},
    {"reflected in two dimensions", "MirrorPad", {"f32" M23, "i32[2,2] 1 1 2 2"}, "mode=REFLECT",
     .want = "f32[4,7] 6 5 4 5 6 5 4 3 2 1 2 3 2 1 6 5 4 5 6 5 4 3 2 1 2 3 2 1"},
    {"mirrored in two dimensions", "MirrorPad", {"f32" M23, "i64[2,2] 1 0 0 3"}, "mode=SYMMETRIC",
     .want = "f32[3,6] 1 2 3 3 2 1 1 2 3 3 2 1 4 5 6 6 5 4"},
    {"mirrored scalar", "MirrorPad", {"f32[] 3", "i32[0,2]"}, "mode=REFLECT", .want = "f32[] 3"},
    {"mirrored nothing", "MirrorPad", {"f32[0,2]", "i32[2,2] 0 0 1 1"}, "mode=SYMMETRIC", .want = "f32[0,4]"},
    {"reflects too much", "MirrorPad", {"f32[2] 1 2", "i32[1,2] 2 0"}, "mode=REFLECT", .error = TF_INVALID_ARGUMENT,
     .message = "paddings must be less than the dimension size: 2, 0 not less than 2"},
    {"mirrors too much", "MirrorPad", {"f32[2] 1 2", "i32[1,2] 0 3"}, "mode=SYMMETRIC", .error = TF_INVALID_ARGUMENT,
     .message = "paddings must be no greater than the dimension size: 0, 3 greater than 2"},
    {"reflects nothing", "MirrorPad", {"f32[0]", "i32[1,2] 0 0"}, "mode=REFLECT", .error = TF_INVALID_ARGUMENT,
     .message = "paddings must be less than the dimension size: 0, 0 not less than 0"},
    {"mirrors below zero", "MirrorPad", {"f32[2] 1 2", "i32[1,2] -1 0"}, "mode=SYMMETRIC", .error = TF_INVALID_ARGUMENT,
     .message = "Paddings must be non-negative"},
};
static const op_shape_row kShapes[] = {
    {"Pad", {"f32[4,5]", "i32[2,2]"}, .want = "[?,?]"},
    {"Pad", {"f32?", "i32[3,2]"}, .want = "[?,?,?]"},
    {"MirrorPad", {"f32?", "i32?"}, "mode=REFLECT", .want = "<unknown>"},
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
