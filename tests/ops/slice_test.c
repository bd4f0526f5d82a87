// Slice and StridedSlice.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define M34 "[3,4] 0 1 2 3 4 5 6 7 8 9 10 11"
#define OF_TYPE(t)                                                                                                       \
  {"part of " t, "Slice", {t "[2,3] 0 1 1 1 0 1", "i32[2] 0 1", "i32[2] 2 2"}, .want = t "[2,2] 1 1 0 1"},                \
  {"every other " t, "StridedSlice", {t "[5] 0 1 1 0 1", "i32[1] 0", "i32[1] 5", "i32[1] 2"}, .want = t "[3] 0 1 1"},     \
  {t " backwards", "StridedSlice", {t "[3] 0 1 1", "i32[1] 2", "i32[1] 0", "i32[1] -1"}, "end_mask=1", .want = t "[3] 1 1 0"}
#define STRIDED(name, begin, end, strides, attrs, result) \
  {name, "StridedSlice", {"f32" M34, begin, end, strides}, attrs, .want = result}
#define BAD(name, x, begin, end, strides, attrs, text) \
  {name, "StridedSlice", {x, begin, end, strides}, attrs, .error = TF_INVALID_ARGUMENT, .message = text}
static const op_row kRows[] = {
    OP_EVERY_TYPE(OF_TYPE),
    {"int64 begin", "Slice", {"f32" M34, "i64[2] 1 0", "i64[2] 2 1"}, .want = "f32[2,1] 4 8"},
    {"to the end", "Slice", {"f32" M34, "i32[2] 1 2", "i32[2] -1 -1"}, .want = "f32[2,2] 6 7 10 11"},
    {"nothing at the end", "Slice", {"f32" M34, "i32[2] 3 0", "i32[2] 0 4"}, .want = "f32[0,4]"},
    {"of a scalar", "Slice", {"f32[] 7", "i32[0]", "i32[0]"}, .want = "f32[] 7"},
    {"of nothing", "Slice", {"f32[0]", "i32[1] 0", "i32[1] -1"}, .want = "f32[0]"},
    {"long strings", "Slice", {"str[2] a a-text-that-needs-memory-of-its-own", "i32[1] 1", "i32[1] 1"},
     .want = "str[1] a-text-that-needs-memory-of-its-own"},
    {"begin too large", "Slice", {"f32[3] 0 1 2", "i32[1] 4", "i32[1] 0"}, .error = TF_INVALID_ARGUMENT, .message = "Expected begin[0] in [0, 3], but got 4"},
    {"begin below zero", "Slice", {"f32[3] 0 1 2", "i32[1] -1", "i32[1] 1"}, .error = TF_INVALID_ARGUMENT, .message = "Expected begin[0] in [0, 3], but got -1"},
    {"size too large", "Slice", {"f32[3] 0 1 2", "i32[1] 1", "i32[1] 3"}, .error = TF_INVALID_ARGUMENT, .message = "Expected size[0] in [0, 2], but got 3"},
    {"size below -1", "Slice", {"f32[3] 0 1 2", "i32[1] 1", "i32[1] -2"}, .error = TF_INVALID_ARGUMENT, .message = "Expected size[0] in [0, 2], but got -2"},
    {"largest size", "Slice", {"f32[3] 0 1 2", "i64[1] 1", "i64[1] 9223372036854775807"}, .error = TF_INVALID_ARGUMENT, .message = "Expected size[0] in [0, 2]"},
    {"too many entries", "Slice", {"f32[3] 0 1 2", "i32[2] 1 1", "i32[2] 1 1"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be rank 2 but is rank 1"},
    {"a matrix of entries", "Slice", {"f32[3] 0 1 2", "i32[1,1] 1", "i32[1,1] 1"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be rank 1 but is rank 2"},
    {"entries that differ", "Slice", {"f32[3] 0 1 2", "i32[1] 1", "i32[2] 1 1"}, .error = TF_INVALID_ARGUMENT,
     .message = "Dimension 0 in both shapes must be equal, but are 1 and 2. Shapes are [1] and [2]."},
    STRIDED("a block", "i32[2] 0 1", "i32[2] 2 3", "i32[2] 1 1", "", "f32[2,2] 1 2 5 6"),
    STRIDED("rows alone", "i32[1] 1", "i32[1] 3", "i32[1] 1", "", "f32[2,4] 4 5 6 7 8 9 10 11"),
    STRIDED("int16 entries", "i16[1] 1", "i16[1] 2", "i16[1] 1", "", "f32[1,4] 4 5 6 7"),
    STRIDED("from the end", "i64[2] -1 -2", "i64[2] -3 -4", "i64[2] -1 -1", "", "f32[2,2] 10 9 6 5"),
    STRIDED("past both ends", "i32[2] -9 -9", "i32[2] 9 9", "i32[2] 2 3", "", "f32[2,2] 0 3 8 11"),
    STRIDED("nothing", "i32[1] 2", "i32[1] 1", "i32[1] 1", "", "f32[0,4]"),
    STRIDED("begin mask", "i32[2] 2 2", "i32[2] 3 3", "i32[2] 1 1", "begin_mask=2", "f32[1,3] 8 9 10"),
    STRIDED("end mask", "i32[2] 2 2", "i32[2] 3 3", "i32[2] 1 1", "end_mask=2", "f32[1,2] 10 11"),
    STRIDED("both masks backwards", "i32[2] 1 1", "i32[2] 1 1", "i32[2] -2 -3", "begin_mask=3 end_mask=3", "f32[2,2] 11 8 3 0"),
    STRIDED("shrink", "i32[2] 1 0", "i32[2] 2 2", "i32[2] 1 1", "shrink_axis_mask=1", "f32[2] 4 5"),
    STRIDED("shrink from the end", "i32[2] -1 -1", "i32[2] 0 0", "i32[2] 1 1", "shrink_axis_mask=3", "f32[] 11"),
    STRIDED("shrink looks at no mask", "i32[1] 2", "i32[1] 0", "i32[1] 1", "shrink_axis_mask=1 begin_mask=1", "f32[4] 8 9 10 11"),
    STRIDED("shrink with a stride", "i32[1] 1", "i32[1] 9", "i32[1] 2", "shrink_axis_mask=1", "f32[4] 4 5 6 7"),
    STRIDED("new axis", "i32[2] 0 2", "i32[2] 0 3", "i32[2] 1 1", "new_axis_mask=1", "f32[1,1,4] 8 9 10 11"),
    STRIDED("new axis wins over shrink", "i32[2] 0 2", "i32[2] 0 3", "i32[2] 1 1", "new_axis_mask=1 shrink_axis_mask=3", "f32[1,4] 8 9 10 11"),
    STRIDED("ellipsis", "i32[2] 0 1", "i32[2] 0 2", "i32[2] 1 1", "ellipsis_mask=1", "f32[3,1] 1 5 9"),
    STRIDED("ellipsis of nothing", "i32[3] 1 0 1", "i32[3] 2 0 2", "i32[3] 1 1 1", "ellipsis_mask=2", "f32[1,1] 5"),
    STRIDED("new axis behind the ellipsis", "i32[3] 0 0 1", "i32[3] 0 0 2", "i32[3] 1 1 1", "ellipsis_mask=1 new_axis_mask=2", "f32[3,1,1] 1 5 9"),
    STRIDED("all five", "i32[4] 0 0 -1 0", "i32[4] 0 0 0 0", "i32[4] 1 1 1 1",
            "ellipsis_mask=1 new_axis_mask=8 shrink_axis_mask=4 begin_mask=2 end_mask=2", "f32[3,1] 3 7 11"),
    STRIDED("largest stride", "i64[1] 1", "i64[1] 3", "i64[1] 9223372036854775807", "", "f32[1,4] 4 5 6 7"),
    STRIDED("least stride", "i64[1] 1", "i64[1] -9223372036854775808", "i64[1] -9223372036854775808", "", "f32[1,4] 4 5 6 7"),
    STRIDED("least begin", "i64[1] -9223372036854775808", "i64[1] 9223372036854775807", "i64[1] 2", "", "f32[2,4] 0 1 2 3 8 9 10 11"),
    {"no entries", "StridedSlice", {"f32[2] 1 2", "i32[0]", "i32[0]", "i32[0]"}, .want = "f32[2] 1 2"},
    {"new axis of a scalar", "StridedSlice", {"f32[] 7", "i32[1] 0", "i32[1] 1", "i32[1] 1"}, "new_axis_mask=1", .want = "f32[1] 7"},
    {"of no elements", "StridedSlice", {"f32[0,2]", "i32[1] 0", "i32[1] 9", "i32[1] -1"}, .want = "f32[0,2]"},
    BAD("no stride", "f32[3] 0 1 2", "i32[1] 0", "i32[1] 2", "i32[1] 0", "", "strides[0] must be non-zero"),
    BAD("too many", "f32[3] 0 1 2", "i32[2] 0 0", "i32[2] 2 1", "i32[2] 1 1", "", "Index out of range using input dim 1; input has only 1 dims"),
    BAD("two ellipses", "f32[3] 0 1 2", "i32[2] 0 0", "i32[2] 2 1", "i32[2] 1 1", "ellipsis_mask=3", "Multiple ellipses in slice spec not allowed"),
    BAD("shrink backwards", "f32[3] 0 1 2", "i32[1] 0", "i32[1] 2", "i32[1] -1", "shrink_axis_mask=1", "only stride 1 allowed on non-range indexing."),
    BAD("shrink past the end", "f32[3] 0 1 2", "i32[1] 3", "i32[1] 4", "i32[1] 1", "shrink_axis_mask=1", "slice index 3 of dimension 0 out of bounds."),
    BAD("shrink before the start", "f32[3] 0 1 2", "i32[1] -4", "i32[1] 4", "i32[1] 1", "shrink_axis_mask=1", "slice index -1 of dimension 0 out of bounds."),
    BAD("shrink of nothing", "f32[0]", "i32[1] 0", "i32[1] 1", "i32[1] 1", "shrink_axis_mask=1", "slice index 0 of dimension 0 out of bounds."),
    BAD("lengths that differ", "f32[3] 0 1 2", "i32[1] 1", "i32[2] 4 4", "i32[1] 2", "", "Dimension 0 in both shapes must be equal, but are 1 and 2"),
    BAD("matrices", "f32[3] 0 1 2", "i32[1,1] 1", "i32[1,1] 4", "i32[1,1] 2", "", "Shape must be rank 1 but is rank 2"),
};
static const op_shape_row kShapes[] = {
    {"Slice", {"f32[4,5]", "i32[2]", "i32[2]"}, .want = "[?,?]"},
    {"Slice", {"f32?", "i32[3]", "i32?"}, .want = "[?,?,?]"},
    {"Slice", {"f32?", "i32?", "i32?"}, .want = "<unknown>"},
    {"StridedSlice", {"f32[4,5]", "i32[2]", "i32[2]", "i32[2]"}, .want = "<unknown>"},
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
