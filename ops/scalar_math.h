// Exponentials, logarithms and what is made of them, in float.
//
// Own polynomials where the C library has a function, for three reasons: without a branch or a call the loops around
// them become vector code; without fused multiply-add every instruction set and a GPU give the same bits; and a chain
// that is fused gives the bits of the chain that is not. Everything is within 2 units in the last place of the exact
// value (tests/ops/scalar_math_test.c); the coefficients are minimax fits by Lawson's iteration, rounded to float. The
// other functions, and all those of double, are the C library's: m_lib_<name> is what scalar.h calls.
#ifndef CTF_OPS_SCALAR_MATH_H_
#define CTF_OPS_SCALAR_MATH_H_

#if !defined(__CUDACC_RTC__)
#include <math.h>
#include <stdint.h>
#endif

#if defined(__CUDACC__)
#define M_MATH_FN static __host__ __device__ inline
#else
#define M_MATH_FN static inline
#endif

typedef union m_float_bits {
  float value;
  int32_t bits;
} m_float_bits;

M_MATH_FN float m_float_of(int32_t bits) {
  m_float_bits u;
  u.bits = bits;
  return u.value;
}
M_MATH_FN int32_t m_bits_of(float value) {
  m_float_bits u;
  u.value = value;
  return u.bits;
}

// x = n ln 2 + r with |r| <= ln(2) / 2: r, and n as an integer. |x| below 2^20; of a NaN r is NaN.
M_MATH_FN float m_exp_reduce(float x, int32_t* n) {
  const float shift = 0x1.8p23f;  // adding it rounds to an integer, which is then in the low bits
  const float shifted = x * 0x1.715476p0f + shift, whole = shifted - shift;
  *n = m_bits_of(shifted) - 0x4b400000;
  return (x - whole * 0x1.62e4p-1f) - whole * 0x1.7f7d1cp-20f;
}

// exp(r) - 1 for |r| <= ln(2) / 2.
M_MATH_FN float m_expm1_near_zero(float r) {
  float q = 0x1.9f081p-13f;
  q = q * r + 0x1.6d8dbp-10f;
  q = q * r + 0x1.111272p-7f;
  q = q * r + 0x1.55548ep-5f;
  q = q * r + 0x1.555554p-3f;
  q = q * r + 0.5f;
  return r * r * q + r;
}

// Where neither x nor the result is near the end of its range: -80 < x < 80.
M_MATH_FN float m_exp_in_range(float x) {
  int32_t n;
  const float p = m_expm1_near_zero(m_exp_reduce(x, &n)) + 1.0f;
  return p * m_float_of((n + 127) << 23);
}

M_MATH_FN float m_lib_expf(float x) {
  int32_t n;
  const float above = x < -104.0f ? -104.0f : x, bounded = above > 89.0f ? 89.0f : above;
  const float p = m_expm1_near_zero(m_exp_reduce(bounded, &n)) + 1.0f;
  const int32_t half = n >> 1;  // 2^n may be no float where the result is one
  return p * m_float_of((half + 127) << 23) * m_float_of((n - half + 127) << 23);
}

M_MATH_FN float m_lib_expm1f(float x) {
  int32_t n;
  const float above = x < -20.0f ? -20.0f : x, bounded = above > 89.0f ? 89.0f : above;
  const float p = m_expm1_near_zero(m_exp_reduce(bounded, &n));
  const float scale = m_float_of((n + 126) << 23);  // of half the result
  const float y = 2.0f * (scale * p + (scale - 0.5f));
  return fabsf(x) < 0x1p-25f ? x : y;  // -0 and subnormals too
}

// ln(m) = f - f^2 / 2 + f^3 p(f) where x = m 2^e, sqrt(1/2) <= m < sqrt(2), f = m - 1.
M_MATH_FN float m_lib_logf(float x) {
  const int32_t is_small = x < 0x1p-126f;
  const int32_t bits = m_bits_of(is_small ? x * 0x1p25f : x);
  const int32_t exponent = (bits - 0x3f3504f3) >> 23;
  const float f = m_float_of(bits - (int32_t)((uint32_t)exponent << 23)) - 1.0f;
  const float e = (float)(exponent - (is_small ? 25 : 0));
  float p = 0x1.1457a2p-4f;
  p = p * f - 0x1.de3c14p-4f;
  p = p * f + 0x1.e6f06cp-4f;
  p = p * f - 0x1.fc2208p-4f;
  p = p * f + 0x1.233768p-3f;
  p = p * f - 0x1.555c4ep-3f;
  p = p * f + 0x1.99a4b6p-3f;
  p = p * f - 0x1.000006p-2f;
  p = p * f + 0x1.555548p-2f;
  const float square = f * f;
  const float rest = (square * f * p + e * -0x1.bd0106p-13f) - 0.5f * square;
  const float y = e * 0x1.63p-1f + (f + rest);  // the two constants add up to ln(2); the product here is exact
  const float defined = x > 0 ? (x < INFINITY ? y : x) : NAN;
  return x == 0 ? -INFINITY : defined;
}

// ln(1 + x) with what was lost in 1 + x put back.
M_MATH_FN float m_lib_log1pf(float x) {
  const float u = 1.0f + x, lost = x - (u - 1.0f);
  const float y = m_lib_logf(u) + lost / u;
  return fabsf(x) < 0x1p-25f ? x : (x > -1.0f && x < INFINITY ? y : m_lib_logf(u));
}

M_MATH_FN float m_lib_tanhf(float x) {
  const float a = fabsf(x), s = x * x;
  float p = -0x1.75e1cep-8f;
  p = p * s + 0x1.52269cp-6f;
  p = p * s - 0x1.b83c5ap-5f;
  p = p * s + 0x1.110726p-3f;
  p = p * s - 0x1.555532p-2f;
  const float near = x + x * (s * p);
  const float far = 1.0f - 2.0f / (m_exp_in_range(2.0f * (a > 10.0f ? 10.0f : a)) + 1.0f);
  return a < 0.625f ? near : copysignf(far, x);
}

// Far from zero by the logarithm of erfc, as erfc is small there.
M_MATH_FN float m_lib_erff(float x) {
  const float a = fabsf(x), s = x * x, b = a > 4.0f ? 4.0f : a;
  float p = 0x1.5f959p-14f;
  p = p * s - 0x1.ab107ap-11f;
  p = p * s + 0x1.54df1ep-8f;
  p = p * s - 0x1.b810eap-6f;
  p = p * s + 0x1.ce2e24p-4f;
  p = p * s - 0x1.812744p-2f;
  p = p * s + 0x1.06eba8p-3f;
  float q = -0x1.5d71dap-16f;
  q = q * b + 0x1.c45912p-12f;
  q = q * b - 0x1.10625p-8f;
  q = q * b + 0x1.9aebbp-6f;
  q = q * b - 0x1.bb4548p-4f;
  q = q * b - 0x1.444d1ep-1f;
  q = q * b - 0x1.212626p0f;
  q = q * b + 0x1.62d8acp-13f;
  const float far = copysignf(1.0f - m_exp_in_range(q), x);
  return a < 0.92f ? x + x * p : far;
}

M_MATH_FN double m_lib_exp(double x) { return exp(x); }
M_MATH_FN double m_lib_expm1(double x) { return expm1(x); }
M_MATH_FN double m_lib_log(double x) { return log(x); }
M_MATH_FN double m_lib_log1p(double x) { return log1p(x); }
M_MATH_FN double m_lib_tanh(double x) { return tanh(x); }
M_MATH_FN double m_lib_erf(double x) { return erf(x); }

#endif  // CTF_OPS_SCALAR_MATH_H_
