// Sum, Mean, Prod, Max, Min, All, Any, EuclideanNorm: values from TensorFlow, and from plain loops in double.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/kernel_harness.h"
#include "tests/support/op_rows.h"

// clang-format off
#define M23 "[2,3] 1 2 3 4 5 6"
#define ALL_OF(type)                                                                                        \
  {"sum of " #type, "Sum", {type M23, "i32[1] 0"}, .want = type "[3] 5 7 9"},                                \
  {"mean of " #type, "Mean", {type M23, "i32[1] 1"}, .want = type "[2] 2 5"},                                \
  {"product of " #type, "Prod", {type "[2,3] 1 2 3 1 2 2", "i32[1] 1"}, .want = type "[2] 6 4"}
#define ORDERED(type)                                                                 \
  ALL_OF(type),                                                                       \
  {"largest of " #type, "Max", {type M23, "i32[1] 0"}, .want = type "[3] 4 5 6"},      \
  {"smallest of " #type, "Min", {type M23, "i32[1] 1"}, .want = type "[2] 1 4"},       \
  {"length of " #type, "EuclideanNorm", {type "[2,2] 3 6 4 8", "i32[1] 0"}, .want = type "[2] 5 10"}
#define EMPTY(type, lowest, highest)                                                                    \
  {"no " #type " sum to 0", "Sum", {type "[0,2]", "i32[1] 0"}, .want = type "[2] 0 0"},                  \
  {"no " #type " multiply to 1", "Prod", {type "[0,2]", "i32[1] 0"}, .want = type "[2] 1 1"},            \
  {"the largest of no " #type, "Max", {type "[0,2]", "i32[1] 0"}, .want = type "[2] " lowest},           \
  {"the smallest of no " #type, "Min", {type "[0,2]", "i32[1] 0"}, .want = type "[2] " highest}
#define STAYS(type, values) \
  {"a NaN stays the largest of " #type, "Max", {type "[3,3] " values, "i32[1] 1"}, .want = type "[3] nan nan nan"}, \
  {"a NaN stays the smallest of " #type, "Min", {type "[3,3] " values, "i32[1] 0"}, .want = type "[3] nan nan nan"}
static const op_row kRows[] = {
    ORDERED("f32"), ORDERED("f64"), ORDERED("f16"), ORDERED("bf16"), ORDERED("i8"), ORDERED("i16"), ORDERED("i32"),
    ORDERED("i64"), ORDERED("u8"), ORDERED("u16"), ORDERED("u32"), ORDERED("u64"), ALL_OF("c64"), ALL_OF("c128"),
    EMPTY("f32", "-inf ...", "inf ..."), EMPTY("f64", "-inf ...", "inf ..."), EMPTY("f16", "-inf ...", "inf ..."),
    EMPTY("bf16", "-inf ...", "inf ..."), EMPTY("i8", "-128 ...", "127 ..."), EMPTY("u8", "0 0", "255 ..."),
    EMPTY("i32", "-2147483648 ...", "2147483647 ..."), EMPTY("u64", "0 0", "18446744073709551615 ..."),
    STAYS("f32", "nan 0 1 0 nan 1 0 1 nan"), STAYS("f64", "nan 0 1 0 nan 1 0 1 nan"), STAYS("f16", "nan 0 1 0 nan 1 0 1 nan"),
    STAYS("bf16", "nan 0 1 0 nan 1 0 1 nan"),
    {"all axes", "Sum", {"f32" M23, "i32[2] 0 1"}, .want = "f32[] 21"},
    {"a scalar axis, from the end", "Sum", {"f32" M23, "i32[] -1"}, "keep_dims=true", .want = "f32[2,1] 6 15"},
    {"int64 axes", "Sum", {"f32" M23, "i64[2] -1 0"}, "keep_dims=true", .want = "f32[1,1] 21"},
    {"axes of rank 2", "Sum", {"f32" M23, "i32[1,1] 0"}, .want = "f32[3] 5 7 9"},
    {"no axes", "Sum", {"f32" M23, "i32[0]"}, .want = "f32" M23},
    {"no axes of half", "Max", {"f16" M23, "i64[0]"}, "keep_dims=true", .want = "f16" M23},
    {"no axes of a scalar", "Mean", {"f32[] 3", "i32[0]"}, .want = "f32[] 3"},
    {"length along no axes", "EuclideanNorm", {"i32[2] -2 3", "i32[0]"}, .want = "i32[2] 2 3"},
    {"axes apart", "Sum", {"i32[2,3,2] 1 2 3 4 5 6 7 8 9 10 11 12", "i32[2] 0 2"}, .want = "i32[3] 18 26 34"},
    {"the middle axis", "Max", {"i32[2,3,2] 1 2 3 4 5 6 7 8 9 12 11 10", "i32[1] 1"}, .want = "i32[2,2] 5 6 11 12"},
    {"dimensions of 1", "Sum", {"f32[1,3,1] 1 2 3", "i32[2] 0 2"}, .want = "f32[3] 1 2 3"},
    {"nothing left", "Sum", {"f32[2,0]", "i32[1] 0"}, .want = "f32[0]"},
    {"the mean of no floats", "Mean", {"f32[0,2]", "i32[1] 0"}, .want = "f32[2] nan nan"},
    {"the mean of no bfloat16", "Mean", {"bf16[0,2]", "i32[1] 0"}, .want = "bf16[2] nan nan"},
    {"the mean of no integers", "Mean", {"i32[0,2]", "i32[1] 0"}, .want = "i32[2] 0 0"},
    {"the mean of no complex numbers", "Mean", {"c64[0,2]", "i32[1] 0"}, .want = "c64[2] 0 0"},
    {"the length of nothing", "EuclideanNorm", {"f32[0,2]", "i32[1] 0"}, .want = "f32[2] 0 0"},
    {"means of integers are cut", "Mean", {"i32[2,3] -1 -2 -4 1 2 5", "i32[1] 1"}, .want = "i32[2] -2 2"},
    {"means are added in more bits", "Mean", {"i8[4] 100 ...", "i32[1] 0"}, .want = "i8[] 100"},
    {"means of large int32", "Mean", {"i32[5] 1073741824 1073741824 1073741824 1073741824 3", "i32[1] 0"},
     .want = "i32[] 858993459"},
    {"means of int64 wrap", "Mean", {"i64[3] 4611686018427387904 ...", "i32[1] 0"}, .want = "i64[] -1537228672809129301"},
    {"sums wrap", "Sum", {"i8[4] 100 ...", "i32[1] 0"}, .want = "i8[] -112"},
    {"products wrap", "Prod", {"u8[3] 16 ...", "i32[1] 0"}, .want = "u8[] 0"},
    {"halves are added in float", "Sum", {"f16[3000,2] 1 ...", "i32[1] 0"}, .want = "f16[2] 3000 3000"},
    {"bfloat16 are added in float", "Sum", {"bf16[1000] 1 ...", "i32[1] 0"}, .want = "bf16[] 1000"},
    {"a half that is too large", "Prod", {"f16[2] 65504 2", "i32[1] 0"}, .want = "f16[] inf"},
    {"NaN in a sum", "Sum", {"f32[3] 1 nan 2", "i32[1] 0"}, .want = "f32[] nan"},
    {"infinities cancel", "Sum", {"f64[2] inf -inf", "i32[1] 0"}, .want = "f64[] nan"},
    {"largest integers", "Max", {"u64[3] 1 18446744073709551615 9223372036854775808", "i32[1] 0"},
     .want = "u64[] 18446744073709551615"},
    {"smallest integers", "Min", {"i64[2] 9223372036854775807 -9223372036854775808", "i32[1] 0"},
     .want = "i64[] -9223372036854775808"},
    {"complex sum", "Sum", {"c64[2,2] 1,2 3,4 5,6 7,8", "i32[1] 0"}, .want = "c64[2] 6,8 10,12"},
    {"complex mean", "Mean", {"c128[3] 1,2 3,4 5,9", "i32[1] 0"}, .want = "c128[] 3,5"},
    {"complex product", "Prod", {"c64[2,2] 1,2 3,4 5,6 7,8", "i32[1] 1"}, .want = "c64[2] -5,10 -13,82"},
    {"complex product of columns", "Prod", {"c128[2,2] 1,2 3,4 5,6 7,8", "i32[1] 0"}, .want = "c128[2] -7,16 -11,52"},
    {"complex product of nothing", "Prod", {"c64[0]", "i32[1] 0"}, .want = "c64[] 1"},
    {"complex length", "EuclideanNorm", {"c64[3] 3,4 0,2 1", "i32[1] 0"}, .want = "c64[] 5.4772257804870605", .tolerance = 1e-7},
    {"length of wrapped squares", "EuclideanNorm", {"u8[2] 100 100", "i32[1] 0"}, .want = "u8[] 5"},
    {"length of squares that wrapped below zero", "EuclideanNorm", {"i32[2] 100000 100000", "i32[1] 0"},
     .want = "i32[] -2147483648"},
    {"length of small squares below zero", "EuclideanNorm", {"i8[2] 100 50", "i32[1] 0"}, .want = "i8[] 0"},
    {"a length that is too large", "EuclideanNorm", {"f32[2] 1e30 1e30", "i32[1] 0"}, .want = "f32[] inf"},
    {"all", "All", {"bool[2,3] 1 1 1 1 0 1", "i32[1] 1"}, .want = "bool[2] 1 0"},
    {"any", "Any", {"bool[2,3] 0 0 0 1 0 1", "i32[1] 1"}, .want = "bool[2] 0 1"},
    {"any of columns", "Any", {"bool[2,3] 0 0 0 1 0 1", "i32[1] 0"}, "keep_dims=true", .want = "bool[1,3] 1 0 1"},
    {"all of nothing", "All", {"bool[0,2]", "i32[1] 0"}, .want = "bool[2] 1 1"},
    {"any of nothing", "Any", {"bool[0,2]", "i32[1] 0"}, .want = "bool[2] 0 0"},
    {"all of many", "All", {"bool[1000] 1 ...", "i32[1] 0"}, .want = "bool[] 1"},
    {"an axis twice", "Sum", {"f32" M23, "i32[2] 0 -2"}, .error = TF_INVALID_ARGUMENT,
     .message = "Invalid reduction arguments: Axes contains duplicate dimension: 0"},
    {"an axis too large", "Sum", {"f32" M23, "i32[1] 5"}, .error = TF_INVALID_ARGUMENT,
     .message = "Invalid reduction dimension (5 for input with 2 dimension(s)"},
    {"an axis too small", "Any", {"bool[2] 0 0", "i32[2] 0 -2147483648"}, .error = TF_INVALID_ARGUMENT,
     .message = "Invalid reduction dimension (-2147483648 for input with 1 dimension(s)"},
    {"an axis of a scalar", "Max", {"f32[] 1", "i32[] 0"}, .error = TF_INVALID_ARGUMENT},
    {"complex numbers have no order", "Max", {"c64[1] 0", "i32[1] 0"}, .error = TF_UNIMPLEMENTED},
};
static const op_shape_row kShapes[] = {
    {"Sum", {"f32[2,3]", "i32[1]"}, .want = "<unknown>"},
    {"Sum", {"f32[2,3]", "i32[1]"}, "keep_dims=true", .want = "[?,?]"},
    {"Mean", {"f32?", "i32[1]"}, "keep_dims=true", .want = "<unknown>"},
};
// clang-format on

// dims[0] x dims[1] x dims[2], of which the axes in `axes` are reduced.
typedef struct large_case {
  const char* name;
  int64_t dims[3];
  int num_axes;
  int32_t axes[3];
} large_case;
static const large_case kLarge[] = {
    {"all of 4 million", {1, 1, 4194304 + 17}, 1, {2}},
    {"rows", {7, 3, 4099}, 1, {2}},
    {"many short rows", {300, 11, 9}, 1, {2}},
    {"columns", {4099, 1, 7}, 1, {0}},
    {"many columns", {1, 70, 600}, 1, {1}},
    {"the middle", {5, 300, 66}, 1, {1}},
    {"both ends", {60, 5, 70}, 2, {0, 2}},
    {"both ends of many", {3000, 2, 5}, 2, {0, 2}},
    {"all axes of a long one", {40000, 3, 2}, 3, {0, 1, 2}},
};

// Positive, so that the relative error of a sum means something; too fine for a sum in float one by one.
static float large_value(int64_t i) { return 0.1f + 0.001f * (float)((i * 7919) % 1013); }

static void sums_of_large_inputs(void** state) {
  (void)state;
  for (size_t c = 0; c < sizeof(kLarge) / sizeof(kLarge[0]); ++c) {
    const large_case* large = &kLarge[c];
    const int64_t* d = large->dims;
    bool reduced[3] = {false};
    int64_t step[3], results = 1;
    for (int i = 0; i < large->num_axes; ++i) reduced[large->axes[i]] = true;
    for (int i = 2; i >= 0; --i) {
      step[i] = reduced[i] ? 0 : results;
      results *= reduced[i] ? 1 : d[i];
    }
    harness_tensor x, axes, want;
    harness_tensor_init(&x, TF_FLOAT, 3, d, 1);
    harness_tensor_init(&axes, TF_INT32, 1, &(int64_t){large->num_axes}, 0);
    harness_tensor_init(&want, TF_DOUBLE, 1, &results, 0);
    for (int i = 0; i < large->num_axes; ++i) ((int32_t*)axes.view.data)[i] = large->axes[i];
    for (int64_t i = 0; i < x.view.num_elements; ++i) {
      const float value = large_value(i);
      for (size_t b = 0; b < sizeof(value); ++b) ((char*)x.view.data)[i * 4 + (int64_t)b] = ((const char*)&value)[b];
      ((double*)want.view.data)[i / (d[1] * d[2]) * step[0] + i / d[2] % d[1] * step[1] + i % d[2] * step[2]] += value;
    }
    float first_isa = 0;
    for (int isa = 0; isa <= (int)ctf_isa_best(); ++isa) {
      harness_call call = {.op = "Sum", .isa = (ctf_isa)isa, .num_inputs = 2, .inputs = {&x.view, &axes.view}};
      assert_null(harness_run(&call));
      assert_int_equal(call.outputs[0].view.num_elements, results);
      const float* got = call.outputs[0].view.data;
      for (int64_t i = 0; i < results; ++i) {
        const double sum = ((double*)want.view.data)[i];
        if (fabs(got[i] - sum) > 3e-7 * sum) fail_msg("%s: %.9g instead of %.9g", large->name, got[i], sum);
      }
      if (isa == 0) first_isa = got[0];
      assert_true(got[0] == first_isa);  // the tree is the same for every instruction set
      harness_release(&call);
    }
    harness_tensor_deinit(&x);
    harness_tensor_deinit(&axes);
    harness_tensor_deinit(&want);
  }
}

static void rows(void** state) {
  (void)state;
  OP_ROWS_CHECK(kRows);
}

static void shapes(void** state) {
  (void)state;
  OP_SHAPE_ROWS_CHECK(kShapes);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(shapes),
                                     cmocka_unit_test(sums_of_large_inputs)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
