// Concat, ConcatV2, Pack, ConcatOffset.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define OF_TYPE(t)                                                                                                   \
  {"columns of " t, "ConcatV2", {t "[2,1] 0 1", t "[2,2] 1 1 0 1", "i32[] 1"}, .want = t "[2,3] 0 1 1 1 0 1"},        \
  {"rows of " t, "ConcatV2", {t "[1,2] 0 1", t "[2,2] 1 1 0 1", "i32[] 0"}, .want = t "[3,2] 0 1 1 1 0 1"},           \
  {"packed " t, "Pack", {t "[2] 0 1", t "[2] 1 1"}, "axis=1", .want = t "[2,2] 0 1 1 1"}
static const op_row kRows[] = {
    OP_EVERY_TYPE(OF_TYPE),
    {"axis from the end", "ConcatV2", {"f32[2,1] 1 2", "f32[2,1] 3 4", "i32[] -1"}, .want = "f32[2,2] 1 3 2 4"},
    {"int64 axis", "ConcatV2", {"f32[1] 1", "f32[2] 2 3", "i64[] 0"}, .want = "f32[3] 1 2 3"},
    {"axis in a vector", "ConcatV2", {"f32[1] 1", "f32[2] 2 3", "i32[1] 0"}, .want = "f32[3] 1 2 3"},
    {"axis first", "Concat", {"i32[] 1", "i32[2,1] 1 2", "i32[2,2] 3 4 5 6"}, .want = "i32[2,3] 1 3 4 2 5 6"},
    {"axis first, from the end", "Concat", {"i32[] -2", "i32[1,2] 1 2", "i32[1,2] 3 4"}, .want = "i32[2,2] 1 2 3 4"},
    {"five parts", "ConcatV2", {"i8[1] 1", "i8[1] 2", "i8[0]", "i8[2] 3 4", "i8[1] 5", "i32[] 0"}, .want = "i8[5] 1 2 3 4 5"},
    {"middle axis", "ConcatV2", {"i32[2,1,2] 1 2 3 4", "i32[2,2,2] 5 6 7 8 9 10 11 12", "i32[] 1"},
     .want = "i32[2,3,2] 1 2 5 6 7 8 3 4 9 10 11 12"},
    {"nothing", "ConcatV2", {"f32[0,2]", "f32[0,2]", "i32[] 1"}, .want = "f32[0,4]"},
    {"an empty part", "ConcatV2", {"f32[2,0]", "f32[2,1] 1 2", "i32[] 1"}, .want = "f32[2,1] 1 2"},
    {"long strings", "ConcatV2", {"str[1] a-text-that-needs-memory-of-its-own", "str[2] '' b", "i32[] 0"},
     .want = "str[3] a-text-that-needs-memory-of-its-own '' b"},
    {"scalars", "ConcatV2", {"f32[] 1", "f32[] 2", "i32[] 0"}, .error = TF_INVALID_ARGUMENT,
     .message = "Can't concatenate scalars (use tf.stack instead)"},
    {"an axis too large", "ConcatV2", {"f32[2,2] 1 2 3 4", "f32[2,2] 1 2 3 4", "i32[] 3"}, .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be at least rank 4 but is rank 2"},
    {"an axis too small", "ConcatV2", {"f32[2,2] 1 2 3 4", "f32[2,2] 1 2 3 4", "i32[] -3"}, .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be at least rank 3 but is rank 2"},
    {"the least axis", "ConcatV2", {"f32[1] 1", "f32[1] 2", "i64[] -9223372036854775808"}, .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be at least rank 9223372036854775808 but is rank 1"},
    {"ranks that differ", "ConcatV2", {"f32[1,2] 1 2", "f32[2] 1 2", "i32[] 0"}, .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be rank 2 but is rank 1"},
    {"dimensions that differ", "ConcatV2", {"f32[1,2] 1 2", "f32[1,3] 1 2 3", "i32[] 0"}, .error = TF_INVALID_ARGUMENT,
     .message = "Dimension 0 in both shapes must be equal, but are 2 and 3. Shapes are [2] and [3].\n\tFrom merging shape 0 with other shapes."},
    {"two axes", "ConcatV2", {"f32[1] 1", "f32[1] 2", "i32[2] 0 0"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be rank 0 but is rank 1"},
    {"packed scalars", "Pack", {"i64[] 4", "i64[] 5", "i64[] 6"}, .want = "i64[3] 4 5 6"},
    {"packed from the end", "Pack", {"i64[2] 4 5", "i64[2] 6 7"}, "axis=-1", .want = "i64[2,2] 4 6 5 7"},
    {"packed first", "Pack", {"i64[2] 4 5", "i64[2] 6 7"}, .want = "i64[2,2] 4 5 6 7"},
    {"one packed", "Pack", {"i64[2] 4 5"}, "axis=1", .want = "i64[2,1] 4 5"},
    {"nothing packed", "Pack", {"i64[0]", "i64[0]"}, "axis=1", .want = "i64[0,2]"},
    {"packed along no axis", "Pack", {"f32[2] 1 2", "f32[2] 1 2"}, "axis=3", .error = TF_INVALID_ARGUMENT,
     .message = "Invalid axis: 3; must be in [-2,2)"},
    {"packed shapes that differ", "Pack", {"f32[2] 1 2", "f32[3] 1 2 3"}, .error = TF_INVALID_ARGUMENT,
     .message = "Dimension 0 in both shapes must be equal, but are 2 and 3. Shapes are [2] and [3].\n\tFrom merging shape 0"},
    {"packed ranks that differ", "Pack", {"f32[2] 1 2", "f32[2,1] 1 2"}, .error = TF_INVALID_ARGUMENT,
     .message = "Shapes must be equal rank, but are 1 and 2"},
    {"offsets", "ConcatOffset", {"i32[] 1", "i32[2] 2 3", "i32[2] 2 4"}, .want = "i32[2] 0 0", .also = "i32[2] 0 3"},
    {"offsets from the end", "ConcatOffset", {"i32[] -2", "i64[2] 5 3", "i64[2] 2 3"}, .want = "i64[2] 0 0",
     .also = "i64[2] 5 0"},
    {"offsets along no axis", "ConcatOffset", {"i32[] 2", "i32[2] 2 3", "i32[2] 2 4"}, .error = TF_INVALID_ARGUMENT,
     .message = "Concat dim is out of range: 2 vs. 2"},
    {"offsets of what does not fit", "ConcatOffset", {"i32[] 1", "i32[2] 2 3", "i32[2] 3 4"}, .error = TF_INVALID_ARGUMENT,
     .message = "All dimensions except 1 must match. Input 1 has shape [3 4] and doesn't match input 0 with shape [2 3]."},
    {"offsets of ranks that differ", "ConcatOffset", {"i32[] 1", "i32[2] 2 3", "i32[3] 3 4 5"}, .error = TF_INVALID_ARGUMENT,
     .message = "input 1 should contain 2 elements, but got 3"},
    {"offsets of matrices", "ConcatOffset", {"i32[] 1", "i32[1,2] 2 3", "i32[1,2] 3 4"}, .error = TF_INVALID_ARGUMENT,
     .message = "should be a vector, but got shape [1,2]"},
    {"offsets along several axes", "ConcatOffset", {"i32[1] 1", "i32[2] 2 3", "i32[2] 3 4"}, .error = TF_INVALID_ARGUMENT,
     .message = "Concat dim tensor should be a scalar integer, but got shape [1]"},
};
static const op_shape_row kShapes[] = {
    {"ConcatV2", {"f32[2,?]", "f32[?,3]", "i32[]"}, .want = "[?,?]"},
    {"ConcatV2", {"f32?", "f32?", "i32[]"}, .want = "<unknown>"},
    {"Concat", {"i32[]", "f32[2,3]", "f32?"}, .want = "[?,?]"},
    {"Pack", {"f32[?,3]", "f32[2,?]"}, .want = "[2,2,3]"},
    {"Pack", {"f32?", "f32?"}, .want = "<unknown>"},
    {"ConcatOffset", {"i32[]", "i32[3]", "i32[?]"}, .want = "[3]"},
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
