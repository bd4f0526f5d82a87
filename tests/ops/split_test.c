// Split, SplitV, Unpack.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define OF_TYPE(t)                                                                                                    \
  {"halves of " t, "Split", {"i32[] 1", t "[2,2] 0 1 1 1"}, "num_split=2", .want = t "[2,1] 0 1", .also = t "[2,1] 1 1"}, \
  {"parts of " t, "SplitV", {t "[3] 0 1 1", "i64[2] 1 2", "i32[] 0"}, "num_split=2", .want = t "[1] 0", .also = t "[2] 1 1"}, \
  {"columns of " t, "Unpack", {t "[2,2] 0 1 1 0"}, "num=2 axis=1", .want = t "[2] 0 1", .also = t "[2] 1 0"}
static const op_row kRows[] = {
    OP_EVERY_TYPE(OF_TYPE),
    {"from the end", "Split", {"i32[] -2", "f32[2,2] 1 2 3 4"}, "num_split=2", .want = "f32[1,2] 1 2", .also = "f32[1,2] 3 4"},
    {"into one", "Split", {"i32[] 0", "f32[2] 1 2"}, "num_split=1", .want = "f32[2] 1 2"},
    {"of nothing", "Split", {"i32[] 0", "f32[0,3]"}, "num_split=2", .want = "f32[0,3]", .also = "f32[0,3]"},
    {"uneven", "Split", {"i32[] 0", "f32[3] 1 2 3"}, "num_split=2", .error = TF_INVALID_ARGUMENT,
     .message = "Dimension size must be evenly divisible by 2 but is 3\n\tNumber of ways to split should evenly divide the split dimension"},
    {"an axis too large", "Split", {"i32[] 1", "f32[4] 1 2 3 4"}, "num_split=2", .error = TF_INVALID_ARGUMENT,
     .message = "Dimension size, given by scalar input 1 must be in range [-1, 1)"},
    {"an axis too small", "Split", {"i32[] -2", "f32[4] 1 2 3 4"}, "num_split=2", .error = TF_INVALID_ARGUMENT,
     .message = "Dimension size, given by scalar input -2 must be in range [-1, 1)"},
    {"an axis of a scalar", "Split", {"i32[] 0", "f32[] 1"}, "num_split=1", .error = TF_INVALID_ARGUMENT, .message = "must be in range [-0, 0)"},
    {"an axis in a vector", "Split", {"i32[1] 0", "f32[4] 1 2 3 4"}, "num_split=2", .error = TF_INVALID_ARGUMENT,
     .message = "Input must be scalar but has rank 1"},
    {"the rest", "SplitV", {"f32[2,4] 1 2 3 4 5 6 7 8", "i32[2] -1 3", "i32[] -1"}, "num_split=2", .want = "f32[2,1] 1 5",
     .also = "f32[2,3] 2 3 4 6 7 8"},
    {"no rest", "SplitV", {"f32[4] 1 2 3 4", "i32[2] 4 -1", "i32[] 0"}, "num_split=2", .want = "f32[4] 1 2 3 4", .also = "f32[0]"},
    {"int8 sizes", "SplitV", {"f32[3] 1 2 3", "i8[2] 1 2", "i32[] 0"}, "num_split=2", .want = "f32[1] 1", .also = "f32[2] 2 3"},
    {"two rests", "SplitV", {"f32[4] 1 2 3 4", "i32[2] -1 -1", "i32[] 0"}, "num_split=2", .error = TF_INVALID_ARGUMENT,
     .message = "size_splits can only have one -1"},
    {"a size below zero", "SplitV", {"f32[4] 1 2 3 4", "i32[2] -2 6", "i32[] 0"}, "num_split=2", .error = TF_INVALID_ARGUMENT,
     .message = "Split size at index 0 must be >= 0. Got: -2"},
    {"sizes that are too small", "SplitV", {"f32[4] 1 2 3 4", "i32[2] 1 2", "i32[] 0"}, "num_split=2", .error = TF_INVALID_ARGUMENT,
     .message = "can't split axis of size 4 into pieces of size [1,2]"},
    {"sizes that are too large", "SplitV", {"f32[4] 1 2 3 4", "i32[2] -1 5", "i32[] 0"}, "num_split=2", .error = TF_INVALID_ARGUMENT},
    {"sizes that overflow", "SplitV", {"f32[4] 1 2 3 4", "i64[2] 9223372036854775807 9223372036854775807", "i32[] 0"}, "num_split=2", .error = TF_INVALID_ARGUMENT},
    {"too many sizes", "SplitV", {"f32[4] 1 2 3 4", "i32[3] 1 1 2", "i32[] 0"}, "num_split=2", .error = TF_INVALID_ARGUMENT,
     .message = "Length of size_splits should be equal to num_outputs"},
    {"a matrix of sizes", "SplitV", {"f32[4] 1 2 3 4", "i32[1,2] 1 3", "i32[] 0"}, "num_split=2", .error = TF_INVALID_ARGUMENT},
    {"sizes along no axis", "SplitV", {"f32[4] 1 2 3 4", "i32[2] 1 3", "i32[] 1"}, "num_split=2", .error = TF_INVALID_ARGUMENT,
     .message = "Dimension size, given by scalar input 1 must be in range [-1, 1)"},
    {"sizes of a scalar", "SplitV", {"f32[] 1", "i32[1] 1", "i32[] 0"}, "num_split=1", .error = TF_INVALID_ARGUMENT, .message = "Can't split scalars"},
    {"rows", "Unpack", {"f32[2,2] 1 2 3 4"}, "num=2", .want = "f32[2] 1 2", .also = "f32[2] 3 4"},
    {"scalars", "Unpack", {"str[2] a b"}, "num=2", .want = "str[] a", .also = "str[] b"},
    {"last axis from the end", "Unpack", {"f32[1,2,2] 1 2 3 4"}, "num=2 axis=-1", .want = "f32[1,2] 1 3", .also = "f32[1,2] 2 4"},
    {"empty parts", "Unpack", {"f32[2,0]"}, "num=2", .want = "f32[0]", .also = "f32[0]"},
    {"a wrong number", "Unpack", {"f32[2,2] 1 2 3 4"}, "num=3", .error = TF_INVALID_ARGUMENT, .message = "Dimension must be 3 but is 2"},
    {"no such axis", "Unpack", {"f32[2,2] 1 2 3 4"}, "num=2 axis=2", .error = TF_INVALID_ARGUMENT, .message = "Invalid axis: 2; must be in [-2,2)"},
    {"a scalar", "Unpack", {"f32[] 1"}, "num=1", .error = TF_INVALID_ARGUMENT, .message = "Invalid axis: 0; must be in [0,0)"},
};
static const op_shape_row kShapes[] = {
    {"Split", {"i32[]", "f32[4,?]"}, "num_split=2", .want = "[?,?]"},
    {"Split", {"i32[]", "f32?"}, "num_split=2", .want = "<unknown>"},
    {"SplitV", {"f32[4,6]", "i32[2]", "i32[]"}, "num_split=2", .want = "[?,?]"},
    {"SplitV", {"f32[4,6]", "i32[1]", "i32[]"}, "num_split=1", .want = "[4,6]"},
    {"Unpack", {"f32[?,6]"}, "num=2", .want = "[6]"},
    {"Unpack", {"f32?"}, "num=2", .want = "<unknown>"},
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
