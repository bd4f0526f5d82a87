// What softmax and its losses do along a row: maximum, exponentials, their sum.
//
// Order:  a sum runs in kRowLanes interleaved sums, which are added pairwise: it depends on the count alone.
#ifndef CTF_OPS_CPU_SOFTMAX_ROW_H_
#define CTF_OPS_CPU_SOFTMAX_ROW_H_

#include <math.h>
#include <string.h>

#include "ops/cpu/unaligned.h"
#include "ops/scalar_math.h"

enum { kRowLanes = 32 };

CTF_ALWAYS_INLINE float row_exp_f32(float x) { return m_lib_expf(x); }
CTF_ALWAYS_INLINE double row_exp_f64(double x) { return exp(x); }

// Adds `count` exponentials of x - max to `sums`; where y is given, it gets them.
#define DEFINE_ROW(name, scalar, source)                                                                              \
  CTF_ALWAYS_INLINE void row_max_lanes_##name(const source* x, int64_t count, scalar* lanes) {                        \
    int64_t i = 0;                                                                                                    \
    for (; i + kRowLanes <= count; i += kRowLanes) {                                                                  \
      for (int l = 0; l < kRowLanes; ++l) lanes[l] = x[i + l] > lanes[l] ? x[i + l] : lanes[l];                       \
    }                                                                                                                 \
    for (int l = 0; i < count; ++i, ++l) lanes[l] = x[i] > lanes[l] ? x[i] : lanes[l];                                \
  }                                                                                                                   \
  CTF_ALWAYS_INLINE void row_exp_lanes_##name(const source* x, int64_t count, scalar max, scalar* lanes, scalar* y) { \
    int64_t i = 0;                                                                                                    \
    for (; i + kRowLanes <= count; i += kRowLanes) {                                                                  \
      scalar e[kRowLanes];                                                                                            \
      for (int l = 0; l < kRowLanes; ++l) e[l] = row_exp_##name(x[i + l] - max);                                      \
      for (int l = 0; l < kRowLanes; ++l) lanes[l] += e[l];                                                           \
      if (y != NULL) memcpy(y + i, e, sizeof(e));                                                                     \
    }                                                                                                                 \
    for (int l = 0; i < count; ++i, ++l) {                                                                            \
      const scalar e = row_exp_##name(x[i] - max);                                                                    \
      lanes[l] += e;                                                                                                  \
      if (y != NULL) y[i] = e;                                                                                        \
    }                                                                                                                 \
  }                                                                                                                   \
  CTF_ALWAYS_INLINE scalar row_largest_##name(const scalar* lanes) {                                                  \
    scalar max = lanes[0];                                                                                            \
    for (int l = 1; l < kRowLanes; ++l) max = lanes[l] > max ? lanes[l] : max;                                        \
    return max;                                                                                                       \
  }                                                                                                                   \
  CTF_ALWAYS_INLINE scalar row_total_##name(scalar* lanes) {                                                          \
    for (int w = kRowLanes / 2; w > 0; w /= 2) {                                                                      \
      for (int l = 0; l < w; ++l) lanes[l] += lanes[l + w];                                                           \
    }                                                                                                                 \
    return lanes[0];                                                                                                  \
  }

DEFINE_ROW(f32, float, ctf_any_f32)
DEFINE_ROW(f64, double, ctf_any_f64)
#undef DEFINE_ROW

#endif  // CTF_OPS_CPU_SOFTMAX_ROW_H_
