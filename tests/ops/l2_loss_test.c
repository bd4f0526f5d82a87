// L2Loss: values from TensorFlow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
static const op_row kRows[] = {
    {"f32", "L2Loss", {"f32[3] 1 2 3"}, .want = "f32[] 7"},
    {"f64", "L2Loss", {"f64[3] 1 2 3"}, .want = "f64[] 7"},
    {"f16", "L2Loss", {"f16[3] 1 2 3"}, .want = "f16[] 7"},
    {"bf16", "L2Loss", {"bf16[3] 1 2 3"}, .want = "bf16[] 7"},
    {"scalar", "L2Loss", {"f32[] 3"}, .want = "f32[] 4.5"},
    {"empty", "L2Loss", {"f32[0,2]"}, .want = "f32[] 0"},
    {"NaN", "L2Loss", {"f32[2] 1 nan"}, .want = "f32[] nan"},
    {"squares too large for half", "L2Loss", {"f16[2] 100 300"}, .want = "f16[] inf"},
    {"no error that grows", "L2Loss", {"f16[4000] 1 ..."}, .want = "f16[] 2000"},
    {"more than a chunk", "L2Loss", {"f32[70001] 1 ..."}, .want = "f32[] 35000.5"},
};
static const op_shape_row kShapes[] = {
    {"L2Loss", {"f32?"}, .want = "[]"},
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
