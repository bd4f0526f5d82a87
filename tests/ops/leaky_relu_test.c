// LeakyRelu and its gradient: slopes, errors. Values of every type are in elementwise_recorded.inc.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
static const op_row kRows[] = {
    {"the default slope", "LeakyRelu", {"f64[5] -1 0 2 nan -inf"}, .want = "f64[5] -0.2 0 2 nan -inf",
     .tolerance = 1e-8},
    {"another slope", "LeakyRelu", {"f32[3] -1 0 2"}, "alpha=3", .want = "f32[3] -3 0 2"},
    {"longer than the lanes", "LeakyRelu", {"f32[37] -4 2 ..."}, "alpha=0.5", .want = "f32[37] -2 2 ..."},
    {"half", "LeakyRelu", {"f16[600] -4 2 ..."}, "alpha=0.5", .want = "f16[600] -2 2 ..."},
    {"of nothing", "LeakyRelu", {"bf16[0]"}, .want = "bf16[0]"},
    {"gradient", "LeakyReluGrad", {"f32[3] 5 6 7", "f32[3] -1 0 2"}, "alpha=0.5", .want = "f32[3] 2.5 3 7"},
    {"gradient, sizes differ", "LeakyReluGrad", {"f32[3] 5 6 7", "f32[1] -1"}, .error = TF_INVALID_ARGUMENT},
    {"no integers", "LeakyRelu", {"c64[1] 0,0"}, .error = TF_UNIMPLEMENTED},
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
