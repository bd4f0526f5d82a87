// The functions of the value column of ops/elementwise.def, for one element.
//
// Written once, in what C and C++ have in common: in C each name chooses by _Generic among functions with a type
// suffix, in C++ (CUDA, its emulation, generated fused code) the same functions are overloads. Integers wrap. Half and
// bfloat16 have no functions of their own: kernels widen them to float and round the result once.
//
// What integers cannot answer (division by zero, a negative power) is reported: m_div and its kin set a bit of
// `m_faults`, an `unsigned` which every loop over values has in scope, and give zero.
#ifndef CTF_OPS_SCALAR_H_
#define CTF_OPS_SCALAR_H_

#if !defined(__CUDACC_RTC__)
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#endif

#include "ops/scalar_math.h"

#ifdef __cplusplus
#define M_NAME(name, suffix) name
#if defined(__CUDACC__)
#include <cuda/std/complex>
#define M_FN static __host__ __device__ inline
#define M_STD cuda::std
#else
#include <complex>
#define M_FN static inline
#define M_STD std
#endif
#else
#include <complex.h>
#define M_NAME(name, suffix) name##_##suffix
#define M_FN static inline
#endif

typedef struct ctf_complex64 {
  float re, im;
} ctf_complex64;
typedef struct ctf_complex128 {
  double re, im;
} ctf_complex128;

enum {
  M_FAULT_DIVISION = 1 << 0,        // an integer divided by zero
  M_FAULT_TRUNCATE = 1 << 1,        // the same in TruncateDiv and TruncateMod, for which TensorFlow has another code
  M_FAULT_NEGATIVE_POWER = 1 << 2,  // an integer to a negative power
};

// Lists of types as macros: X(suffix, type, ...).
#define M_EACH_SIGNED_INT(X) \
  X(i8, int8_t, uint32_t)    \
  X(i16, int16_t, uint32_t)  \
  X(i32, int32_t, uint32_t)  \
  X(i64, int64_t, uint64_t)
#define M_EACH_UNSIGNED_INT(X) \
  X(u8, uint8_t, uint32_t)     \
  X(u16, uint16_t, uint32_t)   \
  X(u32, uint32_t, uint32_t)   \
  X(u64, uint64_t, uint64_t)
#define M_EACH_INT(X)  \
  M_EACH_SIGNED_INT(X) \
  M_EACH_UNSIGNED_INT(X)
#define M_EACH_REAL(X) \
  X(f32, float, f)     \
  X(f64, double, )
#define M_EACH_COMPLEX(X)         \
  X(c64, ctf_complex64, float, f) \
  X(c128, ctf_complex128, double, )

// ---- integers, float and double

#define M_DEFINE(S, T, X)                                        \
  M_FN bool M_NAME(m_equal, S)(T x, T y) { return x == y; }      \
  M_FN bool M_NAME(m_not_equal, S)(T x, T y) { return x != y; }  \
  M_FN bool M_NAME(m_less, S)(T x, T y) { return x < y; }        \
  M_FN bool M_NAME(m_less_equal, S)(T x, T y) { return x <= y; } \
  M_FN bool M_NAME(m_greater, S)(T x, T y) { return x > y; }     \
  M_FN bool M_NAME(m_greater_equal, S)(T x, T y) { return x >= y; }
M_EACH_INT(M_DEFINE)
M_EACH_REAL(M_DEFINE)
#undef M_DEFINE

// ---- integers; U is an unsigned type that is at least an int, in which arithmetic wraps

#define M_DEFINE(S, T, U)                                                                 \
  M_FN T M_NAME(m_zero, S)(T x) { return (T)(0 * (U)x); }                                 \
  M_FN T M_NAME(m_one, S)(T x) { return (T)(0 * (U)x + 1); }                              \
  M_FN T M_NAME(m_neg, S)(T x) { return (T)(0 - (U)x); }                                  \
  M_FN T M_NAME(m_add, S)(T x, T y) { return (T)((U)x + (U)y); }                          \
  M_FN T M_NAME(m_sub, S)(T x, T y) { return (T)((U)x - (U)y); }                          \
  M_FN T M_NAME(m_mul, S)(T x, T y) { return (T)((U)x * (U)y); }                          \
  M_FN T M_NAME(m_square, S)(T x) { return (T)((U)x * (U)x); }                            \
  M_FN T M_NAME(m_conj, S)(T x) { return x; }                                             \
  M_FN T M_NAME(m_round, S)(T x) { return x; }                                            \
  M_FN T M_NAME(m_relu, S)(T x) { return (T)(x > 0 ? x : 0); }                            \
  M_FN T M_NAME(m_relu6, S)(T x) { return (T)(x > 0 ? (x > 6 ? 6 : x) : 0); }             \
  M_FN T M_NAME(m_relu_grad, S)(T dy, T x) { return (T)(x > 0 ? dy : 0); }                \
  M_FN T M_NAME(m_relu6_grad, S)(T dy, T x) { return (T)(x > 0 && x < 6 ? dy : 0); }      \
  M_FN T M_NAME(m_max, S)(T x, T y) { return x > y ? x : y; }                             \
  M_FN T M_NAME(m_min, S)(T x, T y) { return x < y ? x : y; }                             \
  M_FN T M_NAME(m_invert, S)(T x) { return (T) ~(U)x; }                                   \
  M_FN T M_NAME(m_bit_and, S)(T x, T y) { return (T)(x & y); }                            \
  M_FN T M_NAME(m_bit_or, S)(T x, T y) { return (T)(x | y); }                             \
  M_FN T M_NAME(m_bit_xor, S)(T x, T y) { return (T)(x ^ y); }                            \
  M_FN int M_NAME(m_shift, S)(T y) { /* past the width: the last bit; negative: none */   \
    const int last = (int)sizeof(T) * 8 - 1;                                              \
    return y > 0 ? (y > (T)last ? last : (int)y) : 0;                                     \
  }                                                                                       \
  M_FN T M_NAME(m_left_shift, S)(T x, T y) { return (T)((U)x << M_NAME(m_shift, S)(y)); } \
  M_FN T M_NAME(m_right_shift, S)(T x, T y) { return (T)(x >> M_NAME(m_shift, S)(y)); }
M_EACH_INT(M_DEFINE)
#undef M_DEFINE

#define M_DEFINE(S, T, U)                                                               \
  M_FN T M_NAME(m_abs, S)(T x) { return x < 0 ? (T)(0 - (U)x) : x; }                    \
  M_FN T M_NAME(m_sign, S)(T x) { return (T)((x > 0) - (x < 0)); }                      \
  /* -1 apart: the least integer divided by -1 would trap */                            \
  M_FN T M_NAME(m_div_fault, S)(T x, T y, unsigned fault, unsigned* faults) {           \
    if (y == 0) {                                                                       \
      *faults |= fault;                                                                 \
      return 0;                                                                         \
    }                                                                                   \
    return y == -1 ? (T)(0 - (U)x) : (T)(x / y);                                        \
  }                                                                                     \
  M_FN T M_NAME(m_mod_fault, S)(T x, T y, unsigned fault, unsigned* faults) {           \
    if (y == 0) {                                                                       \
      *faults |= fault;                                                                 \
      return 0;                                                                         \
    }                                                                                   \
    return y == -1 ? (T)0 : (T)(x % y);                                                 \
  }                                                                                     \
  M_FN T M_NAME(m_floor_div_fault, S)(T x, T y, unsigned* faults) {                     \
    const T quotient = M_NAME(m_div_fault, S)(x, y, M_FAULT_DIVISION, faults);          \
    const T rest = (T)((U)x - (U)quotient * (U)y);                                      \
    return y != 0 && rest != 0 && (rest < 0) != (y < 0) ? (T)(quotient - 1) : quotient; \
  }                                                                                     \
  M_FN T M_NAME(m_floor_mod_fault, S)(T x, T y, unsigned* faults) {                     \
    const T rest = M_NAME(m_mod_fault, S)(x, y, M_FAULT_DIVISION, faults);              \
    return rest != 0 && (rest < 0) != (y < 0) ? (T)(rest + y) : rest;                   \
  }                                                                                     \
  M_FN T M_NAME(m_pow_fault, S)(T x, T y, unsigned* faults) {                           \
    if (y < 0) {                                                                        \
      *faults |= M_FAULT_NEGATIVE_POWER;                                                \
      return 0;                                                                         \
    }                                                                                   \
    U base = (U)x, result = 1;                                                          \
    for (U power = (U)y; power != 0; power >>= 1, base *= base) {                       \
      if (power & 1) result *= base;                                                    \
    }                                                                                   \
    return (T)result;                                                                   \
  }
M_EACH_SIGNED_INT(M_DEFINE)
#undef M_DEFINE

#define M_DEFINE(S, T, U)                                                     \
  M_FN T M_NAME(m_div_fault, S)(T x, T y, unsigned fault, unsigned* faults) { \
    if (y == 0) {                                                             \
      *faults |= fault;                                                       \
      return 0;                                                               \
    }                                                                         \
    return (T)(x / y);                                                        \
  }                                                                           \
  M_FN T M_NAME(m_floor_div_fault, S)(T x, T y, unsigned* faults) {           \
    return M_NAME(m_div_fault, S)(x, y, M_FAULT_DIVISION, faults);            \
  }                                                                           \
  M_FN T M_NAME(m_floor_mod_fault, S)(T x, T y, unsigned* faults) {           \
    if (y == 0) {                                                             \
      *faults |= M_FAULT_DIVISION;                                            \
      return 0;                                                               \
    }                                                                         \
    return (T)(x % y);                                                        \
  }
M_EACH_UNSIGNED_INT(M_DEFINE)
#undef M_DEFINE

#if defined(__CUDA_ARCH__)
#define M_POPCOUNT(x) __popcll(x)
#else
#define M_POPCOUNT(x) __builtin_popcountll(x)
#endif
#define M_DEFINE(S, T, MASK) \
  M_FN uint8_t M_NAME(m_popcount, S)(T x) { return (uint8_t)M_POPCOUNT((unsigned long long)x & MASK); }
M_DEFINE(i8, int8_t, 0xffull)
M_DEFINE(i16, int16_t, 0xffffull)
M_DEFINE(i32, int32_t, 0xffffffffull)
M_DEFINE(i64, int64_t, ~0ull)
M_DEFINE(u8, uint8_t, 0xffull)
M_DEFINE(u16, uint16_t, 0xffffull)
M_DEFINE(u32, uint32_t, 0xffffffffull)
M_DEFINE(u64, uint64_t, ~0ull)
#undef M_DEFINE

// ---- booleans

M_FN bool M_NAME(m_zero, b8)(bool x) { return x && false; }
M_FN bool M_NAME(m_one, b8)(bool x) { return x || true; }
M_FN bool M_NAME(m_not, b8)(bool x) { return !x; }
M_FN bool M_NAME(m_and, b8)(bool x, bool y) { return x & y; }
M_FN bool M_NAME(m_or, b8)(bool x, bool y) { return x | y; }
M_FN bool M_NAME(m_equal, b8)(bool x, bool y) { return x == y; }
M_FN bool M_NAME(m_not_equal, b8)(bool x, bool y) { return x != y; }

// ---- what float and double need from elsewhere

M_FN double m_horner(double r, double c7, double c6, double c5, double c4, double c3, double c2, double c1, double c0) {
  return ((((((c7 * r + c6) * r + c5) * r + c4) * r + c3) * r + c2) * r + c1) * r + c0;
}

// The quantile of the normal distribution at 1/2 + q, where tail = 1/2 - |q|. Both are given, because each is exact in
// a part of the range. Wichura 1988, algorithm AS 241 (PPND16), about 1e-16 relative.
M_FN double m_normal_quantile(double q, double tail) {
  double a, b, r;
  if (!(tail >= 0)) return (double)NAN;
  if (fabs(q) <= 0.425) {
    r = 0.180625 - q * q;
    a = m_horner(r, 2.5090809287301226727e+3, 3.3430575583588128105e+4, 6.7265770927008700853e+4,
                 4.5921953931549871457e+4, 1.3731693765509461125e+4, 1.9715909503065514427e+3, 1.3314166789178437745e+2,
                 3.3871328727963666080e+0);
    b = m_horner(r, 5.2264952788528545610e+3, 2.8729085735721942674e+4, 3.9307895800092710610e+4,
                 2.1213794301586595867e+4, 5.3941960214247511077e+3, 6.8718700749205790830e+2, 4.2313330701600911252e+1,
                 1.0);
    return q * a / b;
  }
  r = sqrt(-log(tail));
  if (tail == 0) {
    a = r;
    b = 1;
  } else if (r <= 5) {
    r -= 1.6;
    a = m_horner(r, 7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
                 1.27045825245236838258e+0, 3.64784832476320460504e+0, 5.76949722146069140550e+0,
                 4.63033784615654529590e+0, 1.42343711074968357734e+0);
    b = m_horner(r, 1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
                 1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e+0,
                 2.05319162663775882187e+0, 1.0);
  } else {
    r -= 5;
    a = m_horner(r, 2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
                 2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e+0,
                 5.46378491116411436990e+0, 6.65790464350110377720e+0);
    b = m_horner(r, 2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
                 7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
                 5.99832206555887937690e-1, 1.0);
  }
  return q < 0 ? -a / b : a / b;
}

// The recurrence up to 10, then the asymptotic series; below zero the reflection. Poles give NaN, as in TensorFlow.
M_FN double m_digamma_double(double x) {
  double result = 0;
  if (x <= 0) {
    const double rest = x - floor(x);
    if (!(rest > 0)) return (double)NAN;
    result = -3.14159265358979323846 / tan(3.14159265358979323846 * rest);
    x = 1 - x;
  }
  for (; x < 10; x += 1) result -= 1 / x;
  const double r = 1 / (x * x);
  const double series =
      r *
      (1.0 / 12 - r * (1.0 / 120 - r * (1.0 / 252 - r * (1.0 / 240 - r * (1.0 / 132 - r * (691.0 / 32760 - r / 12))))));
  return result + log(x) - 0.5 / x - series;
}

// On the host the reentrant form: lgamma stores the sign in a global.
#if defined(__CUDACC__)
M_FN float m_lgamma_float(float x) { return lgammaf(x); }
M_FN double m_lgamma_double(double x) { return lgamma(x); }
#else
M_FN float m_lgamma_float(float x) {
  int sign;
  return lgammaf_r(x, &sign);
}
M_FN double m_lgamma_double(double x) {
  int sign;
  return lgamma_r(x, &sign);
}
#endif

// ---- float and double; F is the suffix of the library's functions, m_lib_ are those of ops/scalar_math.h

#define M_DEFINE(S, T, F)                                                                                   \
  M_FN T M_NAME(m_zero, S)(T x) {                                                                           \
    (void)x;                                                                                                \
    return 0;                                                                                               \
  }                                                                                                         \
  M_FN T M_NAME(m_one, S)(T x) {                                                                            \
    (void)x;                                                                                                \
    return 1;                                                                                               \
  }                                                                                                         \
  M_FN T M_NAME(m_neg, S)(T x) { return -x; }                                                               \
  M_FN T M_NAME(m_add, S)(T x, T y) { return x + y; }                                                       \
  M_FN T M_NAME(m_sub, S)(T x, T y) { return x - y; }                                                       \
  M_FN T M_NAME(m_mul, S)(T x, T y) { return x * y; }                                                       \
  M_FN T M_NAME(m_square, S)(T x) { return x * x; }                                                         \
  M_FN T M_NAME(m_conj, S)(T x) { return x; }                                                               \
  M_FN T M_NAME(m_div_fault, S)(T x, T y, unsigned fault, unsigned* faults) {                               \
    (void)fault, (void)faults;                                                                              \
    return x / y;                                                                                           \
  }                                                                                                         \
  M_FN T M_NAME(m_mod_fault, S)(T x, T y, unsigned fault, unsigned* faults) {                               \
    (void)fault, (void)faults;                                                                              \
    return fmod##F(x, y);                                                                                   \
  }                                                                                                         \
  M_FN T M_NAME(m_floor_div_fault, S)(T x, T y, unsigned* faults) {                                         \
    (void)faults;                                                                                           \
    return floor##F(x / y);                                                                                 \
  }                                                                                                         \
  M_FN T M_NAME(m_floor_mod_fault, S)(T x, T y, unsigned* faults) {                                         \
    (void)faults;                                                                                           \
    const T rest = fmod##F(x, y);                                                                           \
    return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;                                            \
  }                                                                                                         \
  M_FN T M_NAME(m_pow_fault, S)(T x, T y, unsigned* faults) {                                               \
    (void)faults;                                                                                           \
    return pow##F(x, y);                                                                                    \
  }                                                                                                         \
  M_FN T M_NAME(m_trunc, S)(T x) { return trunc##F(x); }                                                    \
  M_FN T M_NAME(m_abs, S)(T x) { return fabs##F(x); }                                                       \
  M_FN T M_NAME(m_sign, S)(T x) { return x != x ? x : (T)((x > 0) - (x < 0)); }                             \
  M_FN T M_NAME(m_round, S)(T x) { return rint##F(x); } /* halves to even */                                \
  M_FN T M_NAME(m_ceil, S)(T x) { return ceil##F(x); }                                                      \
  M_FN T M_NAME(m_floor, S)(T x) { return floor##F(x); }                                                    \
  M_FN T M_NAME(m_sqrt, S)(T x) { return sqrt##F(x); }                                                      \
  M_FN T M_NAME(m_rsqrt, S)(T x) { return 1 / sqrt##F(x); }                                                 \
  M_FN T M_NAME(m_reciprocal, S)(T x) { return 1 / x; }                                                     \
  M_FN T M_NAME(m_exp, S)(T x) { return m_lib_exp##F(x); }                                                  \
  M_FN T M_NAME(m_expm1, S)(T x) { return m_lib_expm1##F(x); }                                              \
  M_FN T M_NAME(m_log, S)(T x) { return m_lib_log##F(x); }                                                  \
  M_FN T M_NAME(m_log1p, S)(T x) { return m_lib_log1p##F(x); }                                              \
  M_FN T M_NAME(m_sin, S)(T x) { return sin##F(x); }                                                        \
  M_FN T M_NAME(m_cos, S)(T x) { return cos##F(x); }                                                        \
  M_FN T M_NAME(m_tan, S)(T x) { return tan##F(x); }                                                        \
  M_FN T M_NAME(m_asin, S)(T x) { return asin##F(x); }                                                      \
  M_FN T M_NAME(m_acos, S)(T x) { return acos##F(x); }                                                      \
  M_FN T M_NAME(m_atan, S)(T x) { return atan##F(x); }                                                      \
  M_FN T M_NAME(m_sinh, S)(T x) { return sinh##F(x); }                                                      \
  M_FN T M_NAME(m_cosh, S)(T x) { return cosh##F(x); }                                                      \
  M_FN T M_NAME(m_tanh, S)(T x) { return m_lib_tanh##F(x); }                                                \
  M_FN T M_NAME(m_asinh, S)(T x) { return asinh##F(x); }                                                    \
  M_FN T M_NAME(m_acosh, S)(T x) { return acosh##F(x); }                                                    \
  M_FN T M_NAME(m_atanh, S)(T x) { return atanh##F(x); }                                                    \
  M_FN T M_NAME(m_atan2, S)(T x, T y) { return atan2##F(x, y); }                                            \
  M_FN T M_NAME(m_erf, S)(T x) { return m_lib_erf##F(x); }                                                  \
  M_FN T M_NAME(m_erfc, S)(T x) { return erfc##F(x); }                                                      \
  M_FN T M_NAME(m_erfinv, S)(T x) {                                                                         \
    const double half = 0.5 * (double)x;                                                                    \
    return (T)(0.70710678118654752440 * m_normal_quantile(half, 0.5 - fabs(half)));                         \
  }                                                                                                         \
  M_FN T M_NAME(m_ndtri, S)(T x) {                                                                          \
    const double p = (double)x;                                                                             \
    return (T)m_normal_quantile(p - 0.5, p < 0.5 ? p : 1 - p);                                              \
  }                                                                                                         \
  M_FN T M_NAME(m_digamma, S)(T x) { return (T)m_digamma_double((double)x); }                               \
  M_FN T M_NAME(m_lgamma, S)(T x) { return m_lgamma_##T(x); }                                               \
  M_FN T M_NAME(m_sigmoid, S)(T x) { return 1 / (1 + m_lib_exp##F(-x)); }                                   \
  M_FN T M_NAME(m_softplus, S)(T x) { return m_lib_log1p##F(m_lib_exp##F(-fabs##F(x))) + (x < 0 ? 0 : x); } \
  M_FN T M_NAME(m_softsign, S)(T x) { return x / (1 + fabs##F(x)); }                                        \
  M_FN T M_NAME(m_relu, S)(T x) { return x < 0 ? 0 : x; }                                                   \
  M_FN T M_NAME(m_relu6, S)(T x) { return x < 0 ? 0 : (x > 6 ? 6 : x); }                                    \
  M_FN T M_NAME(m_elu, S)(T x) { return x < 0 ? m_lib_expm1##F(x) : x; }                                    \
  M_FN T M_NAME(m_selu, S)(T x) {                                                                           \
    const T scale = (T)1.0507009873554804934193349852946;                                                   \
    const T scale_alpha = (T)1.7580993408473768599402175208123;                                             \
    return x < 0 ? scale_alpha * m_lib_expm1##F(x) : scale * x;                                             \
  }                                                                                                         \
  M_FN T M_NAME(m_relu_grad, S)(T dy, T x) { return dy * (T)(x > 0); } /* NaN stays */                      \
  M_FN T M_NAME(m_relu6_grad, S)(T dy, T x) { return dy * (T)((x > 0) & (x < 6)); }                         \
  M_FN T M_NAME(m_elu_grad, S)(T dy, T y) { return y < 0 ? (y + 1) * dy : dy; }                             \
  M_FN T M_NAME(m_selu_grad, S)(T dy, T y) {                                                                \
    const T scale = (T)1.0507009873554804934193349852946;                                                   \
    const T scale_alpha = (T)1.7580993408473768599402175208123;                                             \
    return y < 0 ? dy * (y + scale_alpha) : dy * scale;                                                     \
  }                                                                                                         \
  M_FN T M_NAME(m_softplus_grad, S)(T dy, T x) { return dy / (m_lib_exp##F(-x) + 1); }                      \
  M_FN T M_NAME(m_softsign_grad, S)(T dy, T x) { return dy / ((1 + fabs##F(x)) * (1 + fabs##F(x))); }       \
  /* a NaN on either side is the answer */                                                                  \
  M_FN T M_NAME(m_max, S)(T x, T y) { return x > y || x != x ? x : y; }                                     \
  M_FN T M_NAME(m_min, S)(T x, T y) { return x < y || x != x ? x : y; }                                     \
  M_FN bool M_NAME(m_is_nan, S)(T x) { return x != x; }                                                     \
  M_FN bool M_NAME(m_is_inf, S)(T x) { return fabs##F(x) == (T)INFINITY; }                                  \
  M_FN bool M_NAME(m_is_finite, S)(T x) { return fabs##F(x) < (T)INFINITY; }                                \
  M_FN bool M_NAME(m_is_zero, S)(T x) { return x == 0; }
M_EACH_REAL(M_DEFINE)
#undef M_DEFINE

M_FN ctf_complex64 M_NAME(m_complex, f32)(float re, float im) {
  const ctf_complex64 z = {re, im};
  return z;
}
M_FN ctf_complex128 M_NAME(m_complex, f64)(double re, double im) {
  const ctf_complex128 z = {re, im};
  return z;
}

// ---- complex numbers; T is of real type R

// M_CALL1(c64, F, exp, x): the library's function, which C and C++ name differently.
#ifdef __cplusplus
#define M_CALL1(T, R, F, fn, x) M_NAME(m_from, T)(M_STD::fn(M_STD::complex<R>((x).re, (x).im)))
#define M_CALL2(T, R, F, fn, x, y) \
  M_NAME(m_from, T)(M_STD::fn(M_STD::complex<R>((x).re, (x).im), M_STD::complex<R>((y).re, (y).im)))
M_FN ctf_complex64 m_from(const M_STD::complex<float>& z) {
  const ctf_complex64 result = {z.real(), z.imag()};
  return result;
}
M_FN ctf_complex128 m_from(const M_STD::complex<double>& z) {
  const ctf_complex128 result = {z.real(), z.imag()};
  return result;
}
#else
#define M_CALL1(S, R, F, fn, x) m_from_##S(c##fn##F(m_to_##S(x)))
#define M_CALL2(S, R, F, fn, x, y) m_from_##S(c##fn##F(m_to_##S(x), m_to_##S(y)))
static inline float complex m_to_c64(ctf_complex64 x) { return CMPLXF(x.re, x.im); }
static inline double complex m_to_c128(ctf_complex128 x) { return CMPLX(x.re, x.im); }
static inline ctf_complex64 m_from_c64(float complex z) { return (ctf_complex64){crealf(z), cimagf(z)}; }
static inline ctf_complex128 m_from_c128(double complex z) { return (ctf_complex128){creal(z), cimag(z)}; }
#endif

#define M_DEFINE(S, T, R, F)                                                                                          \
  M_FN T M_NAME(m_make, S)(R re, R im) {                                                                              \
    const T z = {re, im};                                                                                             \
    return z;                                                                                                         \
  }                                                                                                                   \
  M_FN T M_NAME(m_zero, S)(T x) {                                                                                     \
    (void)x;                                                                                                          \
    return M_NAME(m_make, S)((R)0, (R)0);                                                                             \
  }                                                                                                                   \
  M_FN T M_NAME(m_one, S)(T x) {                                                                                      \
    (void)x;                                                                                                          \
    return M_NAME(m_make, S)((R)1, (R)0);                                                                             \
  }                                                                                                                   \
  M_FN R M_NAME(m_real, S)(T x) { return x.re; }                                                                      \
  M_FN R M_NAME(m_imag, S)(T x) { return x.im; }                                                                      \
  M_FN R M_NAME(m_angle, S)(T x) { return atan2##F(x.im, x.re); }                                                     \
  M_FN R M_NAME(m_abs, S)(T x) { return hypot##F(x.re, x.im); }                                                       \
  M_FN T M_NAME(m_conj, S)(T x) { return M_NAME(m_make, S)(x.re, -x.im); }                                            \
  M_FN T M_NAME(m_neg, S)(T x) { return M_NAME(m_make, S)(-x.re, -x.im); }                                            \
  M_FN T M_NAME(m_add, S)(T x, T y) { return M_NAME(m_make, S)(x.re + y.re, x.im + y.im); }                           \
  M_FN T M_NAME(m_sub, S)(T x, T y) { return M_NAME(m_make, S)(x.re - y.re, x.im - y.im); }                           \
  M_FN T M_NAME(m_scale, S)(T x, R s) { return M_NAME(m_make, S)(x.re * s, x.im * s); }                               \
  M_FN T M_NAME(m_mul, S)(T x, T y) {                                                                                 \
    return M_NAME(m_make, S)(x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re);                                   \
  }                                                                                                                   \
  M_FN T M_NAME(m_square, S)(T x) { return M_NAME(m_mul, S)(x, x); }                                                  \
  /* the divisor is scaled by its larger part, so that nothing overflows; zero and infinity give NaN */               \
  M_FN T M_NAME(m_div_fault, S)(T x, T y, unsigned fault, unsigned* faults) {                                         \
    (void)fault, (void)faults;                                                                                        \
    const R re = fabs##F(y.re), im = fabs##F(y.im), scale = re > im ? re : im;                                        \
    const R c = y.re / scale, d = y.im / scale, norm = c * c + d * d;                                                 \
    return M_NAME(m_make, S)((x.re * c + x.im * d) / norm / scale, (x.im * c - x.re * d) / norm / scale);             \
  }                                                                                                                   \
  M_FN T M_NAME(m_quotient, S)(T x, T y) { return M_NAME(m_div_fault, S)(x, y, 0, 0); }                               \
  M_FN T M_NAME(m_reciprocal, S)(T x) { return M_NAME(m_quotient, S)(M_NAME(m_make, S)((R)1, (R)0), x); }             \
  M_FN T M_NAME(m_sign, S)(T x) {                                                                                     \
    const R length = hypot##F(x.re, x.im);                                                                            \
    return length == 0 ? M_NAME(m_make, S)((R)0, (R)0) : M_NAME(m_make, S)(x.re / length, x.im / length);             \
  }                                                                                                                   \
  M_FN T M_NAME(m_exp, S)(T x) { return M_CALL1(S, R, F, exp, x); }                                                   \
  M_FN T M_NAME(m_log, S)(T x) { return M_CALL1(S, R, F, log, x); }                                                   \
  M_FN T M_NAME(m_sqrt, S)(T x) { return M_CALL1(S, R, F, sqrt, x); }                                                 \
  M_FN T M_NAME(m_sin, S)(T x) { return M_CALL1(S, R, F, sin, x); }                                                   \
  M_FN T M_NAME(m_cos, S)(T x) { return M_CALL1(S, R, F, cos, x); }                                                   \
  M_FN T M_NAME(m_tan, S)(T x) { return M_CALL1(S, R, F, tan, x); }                                                   \
  M_FN T M_NAME(m_asin, S)(T x) { return M_CALL1(S, R, F, asin, x); }                                                 \
  M_FN T M_NAME(m_acos, S)(T x) { return M_CALL1(S, R, F, acos, x); }                                                 \
  M_FN T M_NAME(m_atan, S)(T x) { return M_CALL1(S, R, F, atan, x); }                                                 \
  M_FN T M_NAME(m_sinh, S)(T x) { return M_CALL1(S, R, F, sinh, x); }                                                 \
  M_FN T M_NAME(m_cosh, S)(T x) { return M_CALL1(S, R, F, cosh, x); }                                                 \
  M_FN T M_NAME(m_tanh, S)(T x) { return M_CALL1(S, R, F, tanh, x); }                                                 \
  M_FN T M_NAME(m_asinh, S)(T x) { return M_CALL1(S, R, F, asinh, x); }                                               \
  M_FN T M_NAME(m_acosh, S)(T x) { return M_CALL1(S, R, F, acosh, x); }                                               \
  M_FN T M_NAME(m_atanh, S)(T x) { return M_CALL1(S, R, F, atanh, x); }                                               \
  M_FN T M_NAME(m_pow_fault, S)(T x, T y, unsigned* faults) {                                                         \
    (void)faults;                                                                                                     \
    return M_CALL2(S, R, F, pow, x, y);                                                                               \
  }                                                                                                                   \
  M_FN T M_NAME(m_rsqrt, S)(T x) { return M_NAME(m_reciprocal, S)(M_NAME(m_sqrt, S)(x)); }                            \
  /* without cancellation near 0: e^a cos b - 1 = expm1(a) cos b - 2 sin^2(b / 2) */                                  \
  M_FN T M_NAME(m_expm1, S)(T x) {                                                                                    \
    const R half_sine = sin##F(x.im / 2);                                                                             \
    return M_NAME(m_make, S)(expm1##F(x.re) * cos##F(x.im) - 2 * half_sine * half_sine, exp##F(x.re) * sin##F(x.im)); \
  }                                                                                                                   \
  /* the same: |1 + x|^2 = 1 + (2 a + a^2 + b^2) */                                                                   \
  M_FN T M_NAME(m_log1p, S)(T x) {                                                                                    \
    const R large = (R)1e3, a = x.re, b = x.im;                                                                       \
    const R length =                                                                                                  \
        fabs##F(a) < large && fabs##F(b) < large ? log1p##F(a * (2 + a) + b * b) / 2 : log##F(hypot##F(1 + a, b));    \
    return M_NAME(m_make, S)(length, atan2##F(b, 1 + a));                                                             \
  }                                                                                                                   \
  M_FN T M_NAME(m_sigmoid, S)(T x) {                                                                                  \
    const T e = M_NAME(m_exp, S)(M_NAME(m_neg, S)(x));                                                                \
    return M_NAME(m_reciprocal, S)(M_NAME(m_make, S)(1 + e.re, e.im));                                                \
  }                                                                                                                   \
  M_FN bool M_NAME(m_equal, S)(T x, T y) { return (x.re == y.re) & (x.im == y.im); }                                  \
  M_FN bool M_NAME(m_not_equal, S)(T x, T y) { return (x.re != y.re) | (x.im != y.im); }                              \
  M_FN bool M_NAME(m_is_zero, S)(T x) { return (x.re == 0) & (x.im == 0); }
M_EACH_COMPLEX(M_DEFINE)
#undef M_DEFINE
#undef M_CALL1
#undef M_CALL2

// ---- by type, in C

#ifndef __cplusplus
#define M_OF_SIGNED_INTS(f) \
  int8_t:                   \
  f##_i8, int16_t : f##_i16, int32_t : f##_i32, int64_t : f##_i64
#define M_OF_INTS(f) M_OF_SIGNED_INTS(f), uint8_t : f##_u8, uint16_t : f##_u16, uint32_t : f##_u32, uint64_t : f##_u64
#define M_OF_REALS(f) float : f##_f32, double : f##_f64
#define M_OF_COMPLEXES(f) \
  ctf_complex64:          \
  f##_c64, ctf_complex128 : f##_c128

#define M_INT(f, x) _Generic((x), M_OF_INTS(f))
#define M_REAL(f, x) _Generic((x), M_OF_REALS(f))
#define M_COMPLEX(f, x) _Generic((x), M_OF_COMPLEXES(f))
#define M_FLOATING(f, x) _Generic((x), M_OF_REALS(f), M_OF_COMPLEXES(f))
#define M_ORDERED(f, x) _Generic((x), M_OF_INTS(f), M_OF_REALS(f))
#define M_SIGNED_ORDERED(f, x) _Generic((x), M_OF_SIGNED_INTS(f), M_OF_REALS(f))
#define M_SIGNED(f, x) _Generic((x), M_OF_SIGNED_INTS(f), M_OF_REALS(f), M_OF_COMPLEXES(f))
#define M_NUMERIC(f, x) _Generic((x), M_OF_INTS(f), M_OF_REALS(f), M_OF_COMPLEXES(f))
#define M_ANY(f, x) _Generic((x), bool : f##_b8, M_OF_INTS(f), M_OF_REALS(f), M_OF_COMPLEXES(f))

// clang-format off
#define m_zero(x) M_ANY(m_zero, x)(x)
#define m_one(x) M_ANY(m_one, x)(x)
#define m_not(x) m_not_b8(x)
#define m_and(x, y) m_and_b8(x, y)
#define m_or(x, y) m_or_b8(x, y)
#define m_equal(x, y) M_ANY(m_equal, x)(x, y)
#define m_not_equal(x, y) M_ANY(m_not_equal, x)(x, y)
#define m_less(x, y) M_ORDERED(m_less, x)(x, y)
#define m_less_equal(x, y) M_ORDERED(m_less_equal, x)(x, y)
#define m_greater(x, y) M_ORDERED(m_greater, x)(x, y)
#define m_greater_equal(x, y) M_ORDERED(m_greater_equal, x)(x, y)
#define m_neg(x) M_NUMERIC(m_neg, x)(x)
#define m_add(x, y) M_NUMERIC(m_add, x)(x, y)
#define m_sub(x, y) M_NUMERIC(m_sub, x)(x, y)
#define m_mul(x, y) M_NUMERIC(m_mul, x)(x, y)
#define m_square(x) M_NUMERIC(m_square, x)(x)
#define m_conj(x) M_NUMERIC(m_conj, x)(x)
#define m_abs(x) M_SIGNED(m_abs, x)(x)
#define m_sign(x) M_SIGNED(m_sign, x)(x)
#define m_max(x, y) M_ORDERED(m_max, x)(x, y)
#define m_min(x, y) M_ORDERED(m_min, x)(x, y)
#define m_round(x) M_ORDERED(m_round, x)(x)
#define m_relu(x) M_ORDERED(m_relu, x)(x)
#define m_relu6(x) M_ORDERED(m_relu6, x)(x)
#define m_relu_grad(dy, x) M_ORDERED(m_relu_grad, x)(dy, x)
#define m_relu6_grad(dy, x) M_ORDERED(m_relu6_grad, x)(dy, x)
#define m_invert(x) M_INT(m_invert, x)(x)
#define m_popcount(x) M_INT(m_popcount, x)(x)
#define m_bit_and(x, y) M_INT(m_bit_and, x)(x, y)
#define m_bit_or(x, y) M_INT(m_bit_or, x)(x, y)
#define m_bit_xor(x, y) M_INT(m_bit_xor, x)(x, y)
#define m_left_shift(x, y) M_INT(m_left_shift, x)(x, y)
#define m_right_shift(x, y) M_INT(m_right_shift, x)(x, y)
#define m_div_fault(x, y, fault, faults) M_NUMERIC(m_div_fault, x)(x, y, fault, faults)
#define m_mod_fault(x, y, fault, faults) M_SIGNED_ORDERED(m_mod_fault, x)(x, y, fault, faults)
#define m_floor_div_fault(x, y, faults) M_ORDERED(m_floor_div_fault, x)(x, y, faults)
#define m_floor_mod_fault(x, y, faults) M_ORDERED(m_floor_mod_fault, x)(x, y, faults)
#define m_pow_fault(x, y, faults) M_SIGNED(m_pow_fault, x)(x, y, faults)
#define m_reciprocal(x) M_FLOATING(m_reciprocal, x)(x)
#define m_sqrt(x) M_FLOATING(m_sqrt, x)(x)
#define m_rsqrt(x) M_FLOATING(m_rsqrt, x)(x)
#define m_exp(x) M_FLOATING(m_exp, x)(x)
#define m_expm1(x) M_FLOATING(m_expm1, x)(x)
#define m_log(x) M_FLOATING(m_log, x)(x)
#define m_log1p(x) M_FLOATING(m_log1p, x)(x)
#define m_sin(x) M_FLOATING(m_sin, x)(x)
#define m_cos(x) M_FLOATING(m_cos, x)(x)
#define m_tan(x) M_FLOATING(m_tan, x)(x)
#define m_asin(x) M_FLOATING(m_asin, x)(x)
#define m_acos(x) M_FLOATING(m_acos, x)(x)
#define m_atan(x) M_FLOATING(m_atan, x)(x)
#define m_sinh(x) M_FLOATING(m_sinh, x)(x)
#define m_cosh(x) M_FLOATING(m_cosh, x)(x)
#define m_tanh(x) M_FLOATING(m_tanh, x)(x)
#define m_asinh(x) M_FLOATING(m_asinh, x)(x)
#define m_acosh(x) M_FLOATING(m_acosh, x)(x)
#define m_atanh(x) M_FLOATING(m_atanh, x)(x)
#define m_sigmoid(x) M_FLOATING(m_sigmoid, x)(x)
#define m_is_zero(x) M_FLOATING(m_is_zero, x)(x)
#define m_trunc(x) M_REAL(m_trunc, x)(x)
#define m_ceil(x) M_REAL(m_ceil, x)(x)
#define m_floor(x) M_REAL(m_floor, x)(x)
#define m_atan2(x, y) M_REAL(m_atan2, x)(x, y)
#define m_erf(x) M_REAL(m_erf, x)(x)
#define m_erfc(x) M_REAL(m_erfc, x)(x)
#define m_erfinv(x) M_REAL(m_erfinv, x)(x)
#define m_ndtri(x) M_REAL(m_ndtri, x)(x)
#define m_digamma(x) M_REAL(m_digamma, x)(x)
#define m_lgamma(x) M_REAL(m_lgamma, x)(x)
#define m_softplus(x) M_REAL(m_softplus, x)(x)
#define m_softsign(x) M_REAL(m_softsign, x)(x)
#define m_elu(x) M_REAL(m_elu, x)(x)
#define m_selu(x) M_REAL(m_selu, x)(x)
#define m_elu_grad(dy, y) M_REAL(m_elu_grad, y)(dy, y)
#define m_selu_grad(dy, y) M_REAL(m_selu_grad, y)(dy, y)
#define m_softplus_grad(dy, x) M_REAL(m_softplus_grad, x)(dy, x)
#define m_softsign_grad(dy, x) M_REAL(m_softsign_grad, x)(dy, x)
#define m_is_nan(x) M_REAL(m_is_nan, x)(x)
#define m_is_inf(x) M_REAL(m_is_inf, x)(x)
#define m_is_finite(x) M_REAL(m_is_finite, x)(x)
#define m_complex(x, y) M_REAL(m_complex, x)(x, y)
#define m_real(x) M_COMPLEX(m_real, x)(x)
#define m_imag(x) M_COMPLEX(m_imag, x)(x)
#define m_angle(x) M_COMPLEX(m_angle, x)(x)
// clang-format on
#endif

// ---- with the loop's m_faults, and what is built from the above

#define m_div(x, y) m_div_fault((x), (y), M_FAULT_DIVISION, &m_faults)
#define m_truncate_div(x, y) m_truncate_div_fault((x), (y), &m_faults)
#define m_mod(x, y) m_mod_fault((x), (y), M_FAULT_DIVISION, &m_faults)
#define m_truncate_mod(x, y) m_mod_fault((x), (y), M_FAULT_TRUNCATE, &m_faults)
#define m_floor_div(x, y) m_floor_div_fault((x), (y), &m_faults)
#define m_floor_mod(x, y) m_floor_mod_fault((x), (y), &m_faults)
#define m_pow(x, y) m_pow_fault((x), (y), &m_faults)

#define M_DEFINE(S, T, U)                                              \
  M_FN T M_NAME(m_truncate_div_fault, S)(T x, T y, unsigned* faults) { \
    return M_NAME(m_div_fault, S)(x, y, M_FAULT_TRUNCATE, faults);     \
  }
M_EACH_INT(M_DEFINE)
#undef M_DEFINE
#define M_DEFINE(S, T, F)                                              \
  M_FN T M_NAME(m_truncate_div_fault, S)(T x, T y, unsigned* faults) { \
    (void)faults;                                                      \
    return trunc##F(x / y);                                            \
  }
M_EACH_REAL(M_DEFINE)
#undef M_DEFINE

#define M_DEFINE_FLOATING(S, T)                                                                         \
  M_FN T M_NAME(m_div_no_nan, S)(T x, T y) {                                                            \
    return M_NAME(m_is_zero, S)(y) ? M_NAME(m_zero, S)(y) : M_NAME(m_div_fault, S)(x, y, 0, 0);         \
  }                                                                                                     \
  M_FN T M_NAME(m_mul_no_nan, S)(T x, T y) {                                                            \
    return M_NAME(m_is_zero, S)(y) ? M_NAME(m_zero, S)(y) : M_NAME(m_mul, S)(x, y);                     \
  }                                                                                                     \
  M_FN T M_NAME(m_xdivy, S)(T x, T y) {                                                                 \
    return M_NAME(m_is_zero, S)(x) ? M_NAME(m_zero, S)(x) : M_NAME(m_div_fault, S)(x, y, 0, 0);         \
  }                                                                                                     \
  M_FN T M_NAME(m_xlogy, S)(T x, T y) {                                                                 \
    return M_NAME(m_is_zero, S)(x) ? M_NAME(m_zero, S)(x) : M_NAME(m_mul, S)(x, M_NAME(m_log, S)(y));   \
  }                                                                                                     \
  M_FN T M_NAME(m_xlog1py, S)(T x, T y) {                                                               \
    return M_NAME(m_is_zero, S)(x) ? M_NAME(m_zero, S)(x) : M_NAME(m_mul, S)(x, M_NAME(m_log1p, S)(y)); \
  }                                                                                                     \
  M_FN T M_NAME(m_tanh_grad, S)(T y, T dy) {                                                            \
    return M_NAME(m_mul, S)(dy, M_NAME(m_sub, S)(M_NAME(m_one, S)(y), M_NAME(m_square, S)(y)));         \
  }                                                                                                     \
  M_FN T M_NAME(m_sigmoid_grad, S)(T y, T dy) {                                                         \
    return M_NAME(m_mul, S)(M_NAME(m_mul, S)(dy, y), M_NAME(m_sub, S)(M_NAME(m_one, S)(y), y));         \
  }                                                                                                     \
  M_FN T M_NAME(m_reciprocal_grad, S)(T y, T dy) {                                                      \
    return M_NAME(m_mul, S)(M_NAME(m_neg, S)(dy), M_NAME(m_conj, S)(M_NAME(m_square, S)(y)));           \
  }                                                                                                     \
  M_FN T M_NAME(m_sqrt_grad, S)(T y, T dy) { /* dy / (2 y) */                                           \
    const T z = M_NAME(m_conj, S)(y);                                                                   \
    return M_NAME(m_div_fault, S)(dy, M_NAME(m_add, S)(z, z), 0, 0);                                    \
  }
#define M_DEFINE(S, T, F) \
  M_DEFINE_FLOATING(S, T) \
  M_FN T M_NAME(m_rsqrt_grad, S)(T y, T dy) { return (T)-0.5 * dy * y * y * y; }
M_EACH_REAL(M_DEFINE)
#undef M_DEFINE
#define M_DEFINE(S, T, R, F)                                                           \
  M_DEFINE_FLOATING(S, T)                                                              \
  M_FN T M_NAME(m_rsqrt_grad, S)(T y, T dy) {                                          \
    const T cube = M_NAME(m_mul, S)(M_NAME(m_square, S)(y), y);                        \
    return M_NAME(m_scale, S)(M_NAME(m_mul, S)(dy, M_NAME(m_conj, S)(cube)), (R)-0.5); \
  }                                                                                    \
  /* conj(d) d, so that the result is real */                                          \
  M_FN T M_NAME(m_squared_difference, S)(T x, T y) {                                   \
    const T d = M_NAME(m_sub, S)(x, y);                                                \
    return M_NAME(m_mul, S)(M_NAME(m_conj, S)(d), d);                                  \
  }
M_EACH_COMPLEX(M_DEFINE)
#undef M_DEFINE
#undef M_DEFINE_FLOATING
#define M_DEFINE(S, T, U) \
  M_FN T M_NAME(m_squared_difference, S)(T x, T y) { return M_NAME(m_square, S)(M_NAME(m_sub, S)(x, y)); }
M_EACH_INT(M_DEFINE)
M_EACH_REAL(M_DEFINE)
#undef M_DEFINE

#ifndef __cplusplus
// clang-format off
#define m_truncate_div_fault(x, y, faults) M_ORDERED(m_truncate_div_fault, x)(x, y, faults)
#define m_squared_difference(x, y) M_NUMERIC(m_squared_difference, x)(x, y)
#define m_div_no_nan(x, y) M_FLOATING(m_div_no_nan, x)(x, y)
#define m_mul_no_nan(x, y) M_FLOATING(m_mul_no_nan, x)(x, y)
#define m_xdivy(x, y) M_FLOATING(m_xdivy, x)(x, y)
#define m_xlogy(x, y) M_FLOATING(m_xlogy, x)(x, y)
#define m_xlog1py(x, y) M_FLOATING(m_xlog1py, x)(x, y)
#define m_tanh_grad(y, dy) M_FLOATING(m_tanh_grad, y)(y, dy)
#define m_sigmoid_grad(y, dy) M_FLOATING(m_sigmoid_grad, y)(y, dy)
#define m_reciprocal_grad(y, dy) M_FLOATING(m_reciprocal_grad, y)(y, dy)
#define m_sqrt_grad(y, dy) M_FLOATING(m_sqrt_grad, y)(y, dy)
#define m_rsqrt_grad(y, dy) M_FLOATING(m_rsqrt_grad, y)(y, dy)
// clang-format on
#endif

#endif  // CTF_OPS_SCALAR_H_
