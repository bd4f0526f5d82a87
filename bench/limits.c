#include "bench/limits.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum {
  kElements = 16 << 20,  // 64 MiB an array
  kRounds = 9,
  kChains = 24,  // independent sums: more than latency times throughput of any unit
  kSteps = 4 << 20,
};

static volatile float sink;

static double seconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
double bench_cpu_seconds(void) { return seconds(CLOCK_PROCESS_CPUTIME_ID); }
double bench_wall_seconds(void) { return seconds(CLOCK_MONOTONIC); }

// Sums that live in registers: `vector` has `bytes` bytes, and the function is compiled for an instruction set with
// FMA.
#define DEFINE_FMA(name, isa, bytes)                                                              \
  typedef float vector_##name __attribute__((vector_size(bytes)));                                \
  isa __attribute__((noinline)) static double fma_##name(void) {                                  \
    vector_##name sums[kChains / (64 / bytes)], factor = {0}, term = {0};                         \
    factor += 0.999f + 1e-9f * sink;                                                              \
    term += 0.001f;                                                                               \
    enum { kSums = sizeof(sums) / sizeof(sums[0]) };                                              \
    for (int i = 0; i < kSums; ++i) sums[i] = term * (float)i;                                    \
    for (int64_t step = 0; step < kSteps; ++step) {                                               \
      _Pragma("GCC unroll 32") for (int i = 0; i < kSums; ++i) sums[i] = sums[i] * factor + term; \
    }                                                                                             \
    for (int i = 0; i < kSums; ++i) sink += sums[i][0];                                           \
    return 2.0 * kSteps * kSums * (double)(bytes / sizeof(float));                                \
  }
#if defined(__x86_64__)
DEFINE_FMA(avx512, __attribute__((target("avx512f"))), 64)
DEFINE_FMA(avx2, __attribute__((target("avx2,fma"))), 32)
#endif
DEFINE_FMA(base, , 16)

static double fma_work(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return fma_avx512();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return fma_avx2();
#endif
  return fma_base();
}

// The loops over arrays are at the bus whatever the vectors' width.
static void sum_array(const float* x) {
  float sums[64] = {0};
  for (size_t i = 0; i < kElements; i += 64) {
    for (int l = 0; l < 64; ++l) sums[l] += x[i + (size_t)l];
  }
  for (int l = 0; l < 64; ++l) sink += sums[l];
}

static void triad(const float* x, const float* y, float* z) {
  for (size_t i = 0; i < kElements; ++i) z[i] = x[i] + 1.5f * y[i];
}

static void triad_nt(const float* x, const float* y, float* z) {
#if defined(__x86_64__)
  const __m128 factor = _mm_set1_ps(1.5f);
  for (size_t i = 0; i < kElements; i += 4) {
    _mm_stream_ps(z + i, _mm_add_ps(_mm_load_ps(x + i), _mm_mul_ps(_mm_load_ps(y + i), factor)));
  }
  _mm_sfence();
#else
  triad(x, y, z);
#endif
}

static float* make_array(void) {
  float* array = aligned_alloc(64, kElements * sizeof(float));
  if (array == NULL) {
    fprintf(stderr, "ctfbench: no memory for the limits\n");
    exit(1);
  }
  for (size_t i = 0; i < kElements; ++i) array[i] = 1;
  return array;
}

static void keep_best(double* best, double work, double begin) {
  const double rate = work / (bench_cpu_seconds() - begin);
  if (rate > *best) *best = rate;
}

void bench_limits_measure(bench_limits* out_limits) {
  float *x = make_array(), *y = make_array(), *z = make_array();
  const double bytes = (double)kElements * sizeof(float);
  *out_limits = (bench_limits){0};
  for (int round = 0; round < kRounds; ++round) {
    double begin = bench_cpu_seconds();
    keep_best(&out_limits->fma_flops, fma_work(), begin);
    begin = bench_cpu_seconds();
    sum_array(x);
    keep_best(&out_limits->read_bytes, bytes, begin);
    begin = bench_cpu_seconds();
    triad(x, y, z);
    keep_best(&out_limits->triad_bytes, 3 * bytes, begin);
    begin = bench_cpu_seconds();
    triad_nt(x, y, z);
    keep_best(&out_limits->triad_nt_bytes, 3 * bytes, begin);
  }
  sink += z[1];
  free(x);
  free(y);
  free(z);
}
