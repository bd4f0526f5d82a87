// Softmax and LogSoftmax: values from TensorFlow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
static const op_row kRows[] = {
    {"two rows", "Softmax", {"f64[2,3] 1 2 3 -1 0 1000"},
     .want = "f64[2,3] 0.09003057317038046 0.2447284710547976 0.6652409557748219 0 0 1", .tolerance = 1e-15},
    {"float", "Softmax", {"f32[4,3] 1 2 3 1e4 0 -1e4 -inf 0 1 -1000 -1000 -1001"},
     .want = "f32[4,3] 0.09003056585788727 0.2447284758090973 0.6652408838272095 1 0 0 0 0.2689414322376251 "
             "0.7310585379600525 0.42231881618499756 0.42231881618499756 0.15536242723464966", .tolerance = 2e-7},
    {"half", "Softmax", {"f16[3] 1 1 1"}, .want = "f16[3] 0.33325 0.33325 0.33325", .tolerance = 2e-4},
    {"bfloat16", "Softmax", {"bf16[2,2] 0 0 88 -88"}, .want = "bf16[2,2] 0.5 0.5 1 0"},
    {"one class", "Softmax", {"f32[3,1] 5 -inf 1e30"}, .want = "f32[3,1] 1 nan 1"},
    {"NaN and infinities", "Softmax", {"f32[5,3] nan 1 2 -inf -inf -inf inf 1 2 inf inf 0 1 2 nan"},
     .want = "f32[5,3] nan ..."},
    {"NaN in half", "Softmax", {"f16[2,2] nan 0 -inf -inf"}, .want = "f16[2,2] nan ..."},
    {"longer than a block, with a tail", "Softmax", {"f32[2,65] 2 ..."}, .want = "f32[2,65] 0.015384615384615385 ...",
     .tolerance = 1e-8},
    {"longer than a block of halves", "Softmax", {"bf16[1,1030] 2 ..."}, .want = "bf16[1,1030] 0.000970873786 ...",
     .tolerance = 4e-6},
    {"rank 1", "Softmax", {"f32[2] 0 0"}, .want = "f32[2] 0.5 0.5"},
    {"rank 3", "Softmax", {"f64[2,1,2] 3 3 4 4"}, .want = "f64[2,1,2] 0.5 ..."},
    {"no rows", "Softmax", {"f32[0,3]"}, .want = "f32[0,3]"},
    {"no classes", "Softmax", {"f32[3,0]"}, .want = "f32[3,0]"},
    {"a scalar", "Softmax", {"f32[] 1"}, .error = TF_INVALID_ARGUMENT, .message = "at least rank 1 but is rank 0"},
    {"logarithm", "LogSoftmax", {"f64[2,3] 1 2 3 -1 0 1000"},
     .want = "f64[2,3] -2.4076059644443806 -1.4076059644443804 -0.4076059644443804 -1001 -1000 0", .tolerance = 1e-15},
    {"logarithm in float", "LogSoftmax", {"f32[4,3] 1 2 3 1e4 0 -1e4 -inf 0 1 -1000 -1000 -1001"},
     .want = "f32[4,3] -2.4076058864593506 -1.4076058864593506 -0.40760594606399536 0 -10000 -20000 -inf "
             "-1.31326162815094 -0.31326165795326233 -0.8619948029518127 -0.8619948029518127 -1.861994743347168",
     .tolerance = 2e-7},
    {"logarithm in half", "LogSoftmax", {"f16[2] 0 0"}, .want = "f16[2] -0.693359375 -0.693359375"},
    {"logarithm in bfloat16", "LogSoftmax", {"bf16[2] 0 0"}, .want = "bf16[2] -0.69140625 -0.69140625", .tolerance = 4e-3},
    {"logarithm of NaN", "LogSoftmax", {"f32[2,2] nan 1 inf 0"}, .want = "f32[2,2] nan ..."},
    {"logarithm of nothing", "LogSoftmax", {"f32[0,3]"}, .want = "f32[0,3]"},
    {"logarithm of a scalar", "LogSoftmax", {"f32[] 1"}, .error = TF_INVALID_ARGUMENT},
    {"no integers", "Softmax", {"i32[2] 1 2"}, .error = TF_UNIMPLEMENTED},
};
static const op_shape_row kShapes[] = {
    {"Softmax", {"f32[2,?]"}, .want = "[2,?]"},
    {"Softmax", {"f32?"}, .want = "<unknown>"},
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
