// The float functions of ops/scalar_math.h against the C library's in double, over floats of every sign and exponent.
#include <math.h>
#include <stdbool.h>

#include "ops/scalar_math.h"
#include "tests/support/check.h"

enum { kStep = 1009 };  // of the bits: a prime, so that mantissas of all kinds meet every exponent

typedef struct function_row {
  const char* name;
  float (*ours)(float x);
  double (*exact)(double x);
} function_row;

static const function_row kFunctions[] = {
    {"exp", m_lib_expf, exp},       {"expm1", m_lib_expm1f, expm1}, {"log", m_lib_logf, log},
    {"log1p", m_lib_log1pf, log1p}, {"tanh", m_lib_tanhf, tanh},    {"erf", m_lib_erff, erf},
};
enum { NUM_FUNCTIONS = sizeof(kFunctions) / sizeof(kFunctions[0]) };

// Units in the last place of a float of the exact value's size.
static double distance(float got, double exact) {
  int exponent;
  (void)frexp(fabs(exact), &exponent);
  return fabs((double)got - exact) / ldexp(1, (exponent < -125 ? -125 : exponent) - 24);
}

static bool same_kind(float got, double exact) {
  const float want = (float)exact;
  if (isnan(exact) || isnan(got)) return isnan(exact) && isnan(got);
  if (isinf(want) || isinf(got)) return want == got;
  return want != 0 || (got == 0 && signbit(got) == signbit(want));
}

static void within_two_units(void** state) {
  (void)state;
  for (size_t f = 0; f < NUM_FUNCTIONS; ++f) {
    const function_row* row = &kFunctions[f];
    for (uint64_t bits = 0; bits < UINT64_C(1) << 32; bits += kStep) {
      const float x = m_float_of((int32_t)(uint32_t)bits), got = row->ours(x);
      const double exact = row->exact((double)x);
      if (!same_kind(got, exact)) fail_msg("%s(%a) is %a instead of %a", row->name, (double)x, (double)got, exact);
      if (isnan(exact) || isinf((float)exact)) continue;
      if (distance(got, exact) > 2) fail_msg("%s(%a) is %a instead of %a", row->name, (double)x, (double)got, exact);
    }
  }
}

static void corners(void** state) {
  (void)state;
  static const struct {
    float (*function)(float x);
    float x, want;
  } kCorners[] = {
      {m_lib_expf, 0.0f, 1.0f},           {m_lib_expf, INFINITY, INFINITY},
      {m_lib_expf, -INFINITY, 0.0f},      {m_lib_expf, 88.72283f, 0x1.ffff08p127f},
      {m_lib_expf, 88.72284f, INFINITY},  {m_lib_expm1f, -INFINITY, -1.0f},
      {m_lib_expm1f, INFINITY, INFINITY}, {m_lib_expm1f, 0x1p-149f, 0x1p-149f},
      {m_lib_logf, 1.0f, 0.0f},           {m_lib_logf, 0.0f, -INFINITY},
      {m_lib_logf, -0.0f, -INFINITY},     {m_lib_logf, INFINITY, INFINITY},
      {m_lib_log1pf, -1.0f, -INFINITY},   {m_lib_log1pf, INFINITY, INFINITY},
      {m_lib_tanhf, INFINITY, 1.0f},      {m_lib_tanhf, -INFINITY, -1.0f},
      {m_lib_erff, INFINITY, 1.0f},       {m_lib_erff, -INFINITY, -1.0f},
  };
  for (size_t i = 0; i < sizeof(kCorners) / sizeof(kCorners[0]); ++i) {
    const float got = kCorners[i].function(kCorners[i].x);
    if (got != kCorners[i].want) fail_msg("row %d: %a instead of %a", (int)i, (double)got, (double)kCorners[i].want);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(within_two_units),
      cmocka_unit_test(corners),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
