// ApproximateEqual: what counts as near, and that it does not broadcast.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
static const op_row kRows[] = {
    {"the default tolerance", "ApproximateEqual", {"f32[4] 1 nan inf 2", "f32[4] 1.000001 nan inf 3"},
     .want = "bool[4] 1 0 0 0"},
    {"below, not at", "ApproximateEqual", {"f64[3] 0 0 0", "f64[3] 0.5 0.25 -0.5"}, "tolerance=0.5",
     .want = "bool[3] 0 1 0"},
    {"longer than the lanes", "ApproximateEqual", {"f32[37] 0 1 ...", "f32[37] 0 2 ..."}, .want = "bool[37] 1 0 ..."},
    {"scalars", "ApproximateEqual", {"f32[] 1", "f32[] 1"}, .want = "bool[] 1"},
    {"of nothing", "ApproximateEqual", {"f32[2,0]", "f32[2,0]"}, .want = "bool[2,0]"},
    {"no broadcasting", "ApproximateEqual", {"f32[2] 1 2", "f32[1] 1"}, .error = TF_INVALID_ARGUMENT,
     .message = "x and y must be of the same shape. x shape: [2]. y shape: [1]"},
    {"TensorFlow has no integers either", "ApproximateEqual", {"i32[1] 1", "i32[1] 1"}, .error = TF_UNIMPLEMENTED},
};
// clang-format on

static void rows(void** state) {
  (void)state;
  OP_ROWS_CHECK(kRows);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(rows)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
