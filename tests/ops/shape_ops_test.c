// Ops over shapes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
static const op_row kRows[] = {
    {"of a matrix", "Shape", {"f32[2,3] 0 ..."}, .want = "i32[2] 2 3"},
    {"of a matrix, int64", "Shape", {"f32[2,3] 0 ..."}, "out_type=i64", .want = "i64[2] 2 3"},
    {"of a scalar", "Shape", {"bool[] 0"}, .want = "i32[0]"},
    {"of nothing", "Shape", {"i8[0,7]"}, .want = "i32[2] 0 7"},
    {"of several, the first", "ShapeN", {"f32[2,1] 0 0", "f32[3] 0 0 0"}, .want = "i32[2] 2 1"},
    {"how many", "Size", {"c64[2,3] 0 ..."}, .want = "i32[] 6"},
    {"how many, int64", "Size", {"c64[2,0]"}, "out_type=i64", .want = "i64[] 0"},
    {"how many axes", "Rank", {"f32[2,1,1] 0 ..."}, .want = "i32[] 3"},
    {"no axes", "Rank", {"f32[] 0"}, .want = "i32[] 0"},
    {"is as it must be", "EnsureShape", {"f32[2,3] 1 2 3 4 5 6"}, "shape=[?,3]", .want = "f32[2,3] 1 2 3 4 5 6"},
    {"may be anything", "EnsureShape", {"f32[2] 1 2"}, "shape=?", .want = "f32[2] 1 2"},
    {"is not", "EnsureShape", {"f32[2,3] 1 2 3 4 5 6"}, "shape=[?,2]", .error = TF_INVALID_ARGUMENT,
     .message = "Shape of tensor [2,3] is not compatible with expected shape [?,2]."},
    {"is of another rank", "EnsureShape", {"f32[2] 1 2"}, "shape=[?,2]", .error = TF_INVALID_ARGUMENT},
};
static const op_shape_row kShapes[] = {
    {"Shape", {"f32[?,2]"}, .want = "[2]"},
    {"Shape", {"f32?"}, .want = "[?]"},
    {"Size", {"f32?"}, .want = "[]"},
    {"EnsureShape", {"f32[?,2]"}, "shape=[3,?]", .want = "[3,2]"},
    {"EnsureShape", {"f32?"}, "shape=[3,?]", .want = "[3,?]"},
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
