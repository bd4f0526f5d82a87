// Blocks of half and bfloat16 to float and back, with the instructions of the instruction set where it has them.
#ifndef CTF_OPS_CPU_WIDEN_H_
#define CTF_OPS_CPU_WIDEN_H_

#include "ops/cpu/unaligned.h"

#if defined(__F16C__)
#include <immintrin.h>
#endif

static inline bool cpu_is_narrow(TF_DataType dtype) { return dtype == TF_HALF || dtype == TF_BFLOAT16; }

static inline void cpu_widen_half(const void* from, float* to, int64_t count) {
  const ctf_any_u16* h = from;
  int64_t i = 0;
#if defined(__F16C__)
  for (; i + 8 <= count; i += 8) {
    _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i_u*)(h + i))));
  }
#endif
  for (; i < count; ++i) to[i] = ctf_half_to_float((ctf_half){h[i]});
}

static inline void cpu_narrow_half(const float* from, void* to, int64_t count) {
  ctf_any_u16* h = to;
  int64_t i = 0;
#if defined(__F16C__)
  for (; i + 8 <= count; i += 8) {
    // NaNs lose their payload, as they do in ctf_half_from_float: every instruction set gives the same bits.
    const __m256 x = _mm256_loadu_ps(from + i);
    const __m256 is_nan = _mm256_cmp_ps(x, x, _CMP_UNORD_Q);
    const __m256 quiet = _mm256_or_ps(_mm256_and_ps(x, _mm256_set1_ps(-0.0f)), _mm256_set1_ps(__builtin_nanf("")));
    const __m256 clean = _mm256_blendv_ps(x, quiet, is_nan);
    _mm_storeu_si128((__m128i_u*)(h + i), _mm256_cvtps_ph(clean, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
  }
#endif
  for (; i < count; ++i) h[i] = ctf_half_from_float(from[i]).bits;
}

static inline void cpu_widen(TF_DataType dtype, const void* from, float* to, int64_t count) {
  if (dtype == TF_HALF) {
    cpu_widen_half(from, to, count);
  } else {
    for (int64_t i = 0; i < count; ++i) to[i] = ctf_load_bfloat16(from, i);
  }
}

static inline void cpu_narrow(TF_DataType dtype, const float* from, void* to, int64_t count) {
  ctf_any_u16* h = to;
  if (dtype == TF_HALF) {
    cpu_narrow_half(from, to, count);
  } else {
    for (int64_t i = 0; i < count; ++i) h[i] = ctf_bfloat16_from_float(from[i]).bits;
  }
}

#endif  // CTF_OPS_CPU_WIDEN_H_
