// runtime/float_env.c: subnormals are zero within, rounding is to nearest, and the caller's settings come back.
#include "tests/support/check.h"

#include <fenv.h>
#include <float.h>

#include "runtime/float_env.h"

static float multiply(float a, float b) { return a * b; }
static double multiply_double(double a, double b) { return a * b; }

// The compiler knows nothing of the environment: it must neither fold these nor move them past a change of it.
static float (*volatile times)(float a, float b) = multiply;
static double (*volatile times_double)(double a, double b) = multiply_double;

static void subnormals_are_flushed(void** state) {
  (void)state;
#if defined(__x86_64__) || defined(__aarch64__)
  assert_true(times(FLT_MIN, 0.5f) != 0);
  const ctf_float_env env = ctf_float_env_enter();
  const float result = times(FLT_MIN, 0.5f), operand = times(FLT_TRUE_MIN, 1e30f);
  const double result_double = times_double(DBL_MIN, 0.5);
  const float negative = times(-FLT_MIN, 0.5f);
  ctf_float_env_leave(env);
  assert_true(result == 0 && operand == 0 && result_double == 0);
  assert_true(negative == 0 && __builtin_signbit(negative));
  assert_true(times(FLT_MIN, 0.5f) != 0);
  assert_true(times(FLT_TRUE_MIN, 1e30f) != 0);
#else
  print_message("skipped: this processor's subnormals are not flushed\n");
  skip();
#endif
}

static void rounding_is_to_nearest_within(void** state) {
  (void)state;
  const float x = 1 + FLT_EPSILON, nearest = 1 + 2 * FLT_EPSILON;  // x * x lies just above
  fesetround(FE_UPWARD);
  const float before = times(x, x);
  const ctf_float_env env = ctf_float_env_enter();
  const float within = times(x, x);
  ctf_float_env_leave(env);
  const float after = times(x, x);
  fesetround(FE_TONEAREST);
  assert_true(before > nearest);
  assert_true(within == nearest);
  assert_true(after == before);
}

// A host may have asked for SIGFPE; a graph that divides by zero must not raise it.
static void exceptions_do_not_trap(void** state) {
  (void)state;
#if defined(__x86_64__)
  feenableexcept(FE_DIVBYZERO | FE_INVALID);
  const ctf_float_env env = ctf_float_env_enter();
  volatile float zero = 0;
  const float infinite = 1 / zero;
  ctf_float_env_leave(env);
  const int enabled = fegetexcept();
  fedisableexcept(FE_ALL_EXCEPT);
  assert_true(infinite > FLT_MAX);
  assert_int_equal(enabled, FE_DIVBYZERO | FE_INVALID);
#else
  print_message("skipped: this processor does not trap\n");
  skip();
#endif
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(subnormals_are_flushed),
      cmocka_unit_test(rounding_is_to_nearest_within),
      cmocka_unit_test(exceptions_do_not_trap),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
