// Cast. Every pair of types is in elementwise_recorded.inc; here are lengths, quantized types and what has no cast.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "tests/support/elements.h"
#include "tests/support/kernel_harness.h"
#include "tests/support/op_rows.h"

// clang-format off
static const op_row kRows[] = {
    {"longer than the lanes", "Cast", {"f32[37] 1.5 -2.5 ..."}, "DstT=i32", .want = "i32[37] 1 -2 ..."},
    {"low bits stay", "Cast", {"f32[17] 300 -1.5 ..."}, "DstT=u8", .want = "u8[17] 44 255 ..."},
    {"the least integer", "Cast", {"f64[17] nan inf 3e9 ..."}, "DstT=i32",
     .want = "i32[17] -2147483648 ..."},
    {"unsigned 64 bits", "Cast", {"f64[3] 1e19 -1 -3e9"}, "DstT=u64",
     .want = "u64[3] 10000000000000000000 18446744073709551615 18446744070709551616"},
    {"halves to even", "Cast", {"f32[3] 2049 2051 65520"}, "DstT=f16", .want = "f16[3] 2048 2052 inf"},
    {"double to half through float", "Cast", {"f64[2] 2049 1e-8"}, "DstT=f16", .want = "f16[2] 2048 0"},
    {"to quantized", "Cast", {"f32[3] 1.5 -2.5 300"}, "DstT=qint8", .want = "qint8[3] 1 -2 44"},
    {"from quantized", "Cast", {"quint8[3] 0 7 255"}, "DstT=f32", .want = "f32[3] 0 7 255"},
    {"the imaginary part goes", "Cast", {"c64[2] 1.5,2 0,3"}, "DstT=f64", .want = "f64[2] 1.5 0"},
    {"an imaginary number is false", "Cast", {"c64[2] 1.5,2 0,3"}, "DstT=bool", .want = "bool[2] 1 0"},
    {"to complex", "Cast", {"bool[2] 1 0"}, "DstT=c128", .want = "c128[2] 1,0 0,0"},
    {"of nothing", "Cast", {"f32[0,2]"}, "DstT=i8", .want = "i8[0,2]"},
    {"strings have none", "Cast", {"f32[1] 0"}, "DstT=string", .error = TF_UNIMPLEMENTED},
};
// clang-format on

static void rows(void** state) {
  (void)state;
  OP_ROWS_CHECK(kRows);
}

// Whatever the pair, small whole numbers come through, at every length.
static void whole_numbers_survive_every_pair(void** state) {
  (void)state;
  const ctf_type_set castable = CTF_NUMERIC | CTF_QUANTIZED;
  static const int64_t kLengths[] = {0, 1, 7, 16, 33, 1025};
  int pairs = 0;
  for (int from = 1; from <= CTF_DTYPE_MAX; ++from) {
    for (int to = 1; to <= CTF_DTYPE_MAX; ++to) {
      if (!ctf_type_in(castable, (TF_DataType)from) || !ctf_type_in(castable, (TF_DataType)to)) continue;
      ++pairs;
      for (size_t i = 0; i < sizeof(kLengths) / sizeof(kLengths[0]); ++i) {
        const int64_t n = kLengths[i];
        harness_tensor x;
        harness_tensor_init(&x, (TF_DataType)from, 1, &n, 1);
        for (int64_t j = 0; j < n; ++j) test_set_integer(&x.view, j, j % 100);
        const ctf_named_attr attr = {{"DstT", 4}, {.kind = CTF_ATTR_TYPE, .type = (TF_DataType)to}};
        harness_call call = {.op = "Cast", .isa = ctf_isa_best(), .num_inputs = 1, .inputs = {&x.view}, .num_attrs = 1};
        call.attrs = &attr;
        assert_null(harness_run(&call));
        for (int64_t j = 0; j < n; ++j) {
          assert_true(test_get_real(&call.outputs[0].view, j) == (double)(j % 100));
          assert_true(test_get_imag(&call.outputs[0].view, j) == 0);
        }
        assert_true(harness_tensor_intact(&call.outputs[0]));
        harness_release(&call);
        harness_tensor_deinit(&x);
      }
    }
  }
  assert_int_equal(pairs, 19 * 19);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(whole_numbers_survive_every_pair)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
