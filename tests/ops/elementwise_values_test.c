// That elementwise ops give the right values: those that TensorFlow gave, and for real types the exact value, computed
// in long double with formulas of their own, to a stated number of units in the last place.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdio.h>

#include "tests/support/elements.h"
#include "tests/support/kernel_harness.h"
#include "tests/support/op_rows.h"

// clang-format off
static const op_row kRecorded[] = {
#include "tests/ops/elementwise_recorded.inc"
};
// clang-format on

static void values_are_tensorflows(void** state) {
  (void)state;
  OP_ROWS_CHECK(kRecorded);
}

// ---- exact values

static long double abs_value(long double x) { return x < 0 ? -x : x; }
static long double relu(long double x) { return x > 0 ? x : 0; }
static long double relu6(long double x) { return fminl(fmaxl(x, 0), 6); }
static long double reciprocal(long double x) { return 1 / x; }
static long double rsqrt(long double x) { return 1 / sqrtl(x); }
static long double square(long double x) { return x * x; }
static long double negate(long double x) { return -x; }
static long double sign(long double x) { return (x > 0) - (x < 0); }
static long double sigmoid(long double x) { return x < 0 ? expl(x) / (1 + expl(x)) : 1 / (1 + expl(-x)); }
static long double softplus(long double x) { return x > 0 ? x + log1pl(expl(-x)) : log1pl(expl(x)); }
static long double softsign(long double x) { return x / (1 + fabsl(x)); }
static long double elu(long double x) { return x > 0 ? x : expm1l(x); }
static long double selu(long double x) {
  const long double scale = 1.0507009873554804934193349852946L, alpha = 1.6732632423543772848170429916717L;
  return x > 0 ? scale * x : scale * alpha * expm1l(x);
}
// The series of the difference to the harmonic numbers, shifted until what is cut off is below long double's precision.
static long double digamma(long double x) {
  long double shift = 0;
  if (x < 0) return digamma(1 - x) - 3.14159265358979323846264L / tanl(3.14159265358979323846264L * x);
  for (; x < 30; x += 1) shift += 1 / x;
  const long double r = 1 / (x * x);
  return logl(x) - 0.5L / x - r / 12 + r * r / 120 - r * r * r / 252 + r * r * r * r / 240 - shift;
}
// By bisection of functions that the C library has.
static long double solve(long double (*f)(long double), long double value, long double low, long double high) {
  for (int i = 0; i < 200; ++i) {
    const long double middle = (low + high) / 2;
    if (f(middle) < value) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}
static long double erfinv(long double x) { return x < 0 ? -solve(erfl, -x, 0, 20) : solve(erfl, x, 0, 20); }
static long double normal_distribution(long double x) { return 0.5L * erfcl(-x / sqrtl(2)); }
static long double ndtri(long double p) { return solve(normal_distribution, p, -40, 40); }

typedef struct unary_truth {
  const char* op;
  long double (*value)(long double);
  double least, greatest;  // of the arguments that are tried
  double ulps;             // of float and double
} unary_truth;

// What is one correctly rounded operation is exact to half a unit; the C library's functions are within 2; what is
// built of several, and what crosses zero away from zero, gets more.
static const unary_truth kUnary[] = {
    {"Abs", abs_value, -50, 50, 0},
    {"Acos", acosl, -1, 1, 2},
    {"Acosh", acoshl, 1, 100, 3},
    {"Asin", asinl, -1, 1, 2},
    {"Asinh", asinhl, -100, 100, 3},
    {"Atan", atanl, -100, 100, 2},
    {"Atanh", atanhl, -1, 1, 3},
    {"Ceil", ceill, -50, 50, 0},
    {"Cos", cosl, -100, 100, 2},
    {"Cosh", coshl, -20, 20, 3},
    {"Digamma", digamma, 2, 100, 12},
    {"Digamma", digamma, -3.5, -3.1, 20},
    {"Elu", elu, -20, 20, 2},
    {"Erf", erfl, -4, 4, 2},
    {"Erfc", erfcl, -4, 5, 5},
    {"Erfinv", erfinv, -0.999, 0.999, 8},
    {"Exp", expl, -80, 80, 2},
    {"Expm1", expm1l, -20, 20, 2},
    {"Floor", floorl, -50, 50, 0},
    {"Inv", reciprocal, -50, 50, 0.5},
    {"Lgamma", lgammal, 3, 100, 4},
    {"Lgamma", lgammal, 0.01, 0.9, 5},
    {"Log", logl, 0.001, 1000, 2},
    {"Log1p", log1pl, -0.99, 100, 2},
    {"Ndtri", ndtri, 0.001, 0.4, 8},
    {"Neg", negate, -50, 50, 0},
    {"Reciprocal", reciprocal, -50, 50, 0.5},
    {"Relu", relu, -50, 50, 0},
    {"Relu6", relu6, -10, 10, 0},
    {"Rint", rintl, -50, 50, 0},
    {"Round", rintl, -50, 50, 0},
    {"Rsqrt", rsqrt, 0.001, 1000, 1.5},
    {"Selu", selu, -20, 20, 3},
    {"Sigmoid", sigmoid, -80, 30, 4},
    {"Sign", sign, -50, 50, 0},
    {"Sin", sinl, -100, 100, 2},
    {"Sinh", sinhl, -20, 20, 3},
    {"Softplus", softplus, -30, 30, 3},
    {"Softsign", softsign, -50, 50, 1.5},
    {"Sqrt", sqrtl, 0, 1000, 0.5},
    {"Square", square, -50, 50, 0.5},
    {"Tan", tanl, -1.5, 1.5, 2},
    {"Tanh", tanhl, -10, 10, 3},
};

static long double add(long double x, long double y) { return x + y; }
static long double sub(long double x, long double y) { return x - y; }
static long double mul(long double x, long double y) { return x * y; }
static long double divide(long double x, long double y) { return x / y; }
static long double truncated(long double x, long double y) { return fmodl(x, y); }
static long double floored(long double x, long double y) {
  const long double rest = fmodl(x, y);
  return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}
static long double squared_difference(long double x, long double y) { return (x - y) * (x - y); }
static long double xlogy(long double x, long double y) { return x == 0 ? 0 : x * logl(y); }
static long double xlog1py(long double x, long double y) { return x == 0 ? 0 : x * log1pl(y); }

typedef struct binary_truth {
  const char* op;
  long double (*value)(long double, long double);
  double x_least, x_greatest, y_least, y_greatest;
  double ulps;
} binary_truth;

static const binary_truth kBinary[] = {
    {"Add", add, -50, 50, -50, 50, 0.5},         {"AddV2", add, -50, 50, -50, 50, 0.5},
    {"Atan2", atan2l, -50, 50, -50, 50, 2},      {"Div", divide, -50, 50, 0.1, 50, 0.5},
    {"DivNoNan", divide, -50, 50, 0.1, 50, 0.5}, {"FloorMod", floored, -50, 50, -7, -0.5, 0.5},
    {"Maximum", fmaxl, -50, 50, -50, 50, 0},     {"Minimum", fminl, -50, 50, -50, 50, 0},
    {"Mod", truncated, -50, 50, 0.5, 7, 0},      {"Mul", mul, -50, 50, -50, 50, 0.5},
    {"MulNoNan", mul, -50, 50, 0.1, 50, 0.5},    {"Pow", powl, 0.01, 20, -15, 15, 2},
    {"RealDiv", divide, -50, 50, 0.1, 50, 0.5},  {"SquaredDifference", squared_difference, 10, 50, -50, 5, 2},
    {"Sub", sub, -50, 50, -50, 50, 0.5},         {"TruncateMod", truncated, -50, 50, 0.5, 7, 0},
    {"Xdivy", divide, 0.1, 50, 0.1, 50, 0.5},    {"Xlog1py", xlog1py, -50, 50, 0.1, 50, 4},
    {"Xlogy", xlogy, -50, 50, 1.5, 50, 4},
};

// The distance of neighbours around a value.
static long double ulp(TF_DataType dtype, long double value) {
  static const struct {
    int digits, least_exponent;
  } kFormats[CTF_DTYPE_MAX + 1] = {[TF_FLOAT] = {FLT_MANT_DIG, FLT_MIN_EXP},
                                   [TF_DOUBLE] = {DBL_MANT_DIG, DBL_MIN_EXP},
                                   [TF_HALF] = {11, -13},
                                   [TF_BFLOAT16] = {8, FLT_MIN_EXP}};
  int exponent = 0;
  frexpl(value, &exponent);
  if (value == 0 || exponent < kFormats[dtype].least_exponent) exponent = kFormats[dtype].least_exponent;
  return ldexpl(1, exponent - kFormats[dtype].digits);
}

enum { NUM_ARGUMENTS = 400 };

// Arguments that follow from their number; what the type rounds them to is what is tried.
static void fill(const harness_tensor* t, double least, double greatest, double step) {
  for (int64_t i = 0; i < t->view.num_elements; ++i) {
    test_set_real(&t->view, i, least + (greatest - least) * fmod((double)i * step, 1.0));
  }
}

// Narrow types are computed in float and rounded once: half a unit on top of what a float is off, which vanishes in it.
static long double allowed(TF_DataType dtype, double ulps) {
  const bool narrow = dtype == TF_HALF || dtype == TF_BFLOAT16;
  return (long double)(narrow && ulps > 0 ? 0.5 + ulps / 1024 : ulps) * (1 + 1e-9L);
}

static int num_off;  // of values that are too far away

static void check(const char* op, TF_DataType dtype, const ctf_tensor* got, int64_t i, long double want, double ulps) {
  const long double value = (long double)test_get_real(got, i), unit = ulp(dtype, want);
  if (fabsl(value - want) <= allowed(dtype, ulps) * unit) return;
  print_error("%s of %s, element %d: %.20Lg, exactly %.20Lg: %.3Lg units off\n", op, ctf_dtype_get(dtype)->name, (int)i,
              value, want, fabsl(value - want) / unit);
  ++num_off;
}

static const TF_DataType kTypes[] = {TF_FLOAT, TF_DOUBLE, TF_HALF, TF_BFLOAT16};

static void check_unary(const unary_truth* truth, TF_DataType dtype) {
  const int64_t n = NUM_ARGUMENTS;
  harness_tensor x;
  harness_tensor_init(&x, dtype, 1, &n, 0);
  fill(&x, truth->least, truth->greatest, 0.6180339887498949);
  harness_call call = {.op = truth->op, .isa = ctf_isa_best(), .num_inputs = 1, .inputs = {&x.view}};
  ctf_status status = harness_run(&call);
  if (ctf_status_code(status) != TF_UNIMPLEMENTED) {  // not every op has the narrow types
    assert_null(status);
    for (int64_t i = 0; i < n; ++i) {
      const long double at = (long double)test_get_real(&x.view, i), want = truth->value(at);
      const bool too_large = dtype == TF_HALF && fabsl(want) > 65000;
      if (isfinite(want) && !too_large) check(truth->op, dtype, &call.outputs[0].view, i, want, truth->ulps);
    }
    harness_release(&call);
  }
  ctf_status_drop(status);  // no kernel
  harness_tensor_deinit(&x);
}

static void check_binary(const binary_truth* truth, TF_DataType dtype) {
  const int64_t n = NUM_ARGUMENTS;
  harness_tensor x, y;
  harness_tensor_init(&x, dtype, 1, &n, 0);
  harness_tensor_init(&y, dtype, 1, &n, 0);
  fill(&x, truth->x_least, truth->x_greatest, 0.6180339887498949);
  fill(&y, truth->y_least, truth->y_greatest, 0.7548776662466927);
  harness_call call = {.op = truth->op, .isa = ctf_isa_best(), .num_inputs = 2, .inputs = {&x.view, &y.view}};
  ctf_status status = harness_run(&call);
  if (ctf_status_code(status) != TF_UNIMPLEMENTED) {
    assert_null(status);
    for (int64_t i = 0; i < n; ++i) {
      const long double want =
          truth->value((long double)test_get_real(&x.view, i), (long double)test_get_real(&y.view, i));
      const bool too_large = dtype == TF_HALF && fabsl(want) > 65000;
      if (!too_large && (want == 0 || fabsl(want) > 1e-30L)) {
        check(truth->op, dtype, &call.outputs[0].view, i, want, truth->ulps);
      }
    }
    harness_release(&call);
  }
  ctf_status_drop(status);  // no kernel
  harness_tensor_deinit(&x);
  harness_tensor_deinit(&y);
}

static void values_are_exact_to_some_ulps(void** state) {
  (void)state;
  for (size_t t = 0; t < sizeof(kTypes) / sizeof(kTypes[0]); ++t) {
    for (size_t i = 0; i < sizeof(kUnary) / sizeof(kUnary[0]); ++i) check_unary(&kUnary[i], kTypes[t]);
    for (size_t i = 0; i < sizeof(kBinary) / sizeof(kBinary[0]); ++i) check_binary(&kBinary[i], kTypes[t]);
  }
  assert_int_equal(num_off, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_are_tensorflows),
      cmocka_unit_test(values_are_exact_to_some_ulps),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
