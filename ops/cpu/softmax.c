// Softmax and LogSoftmax over the last axis. x, y: [rows, cols].
//
// Bound:  memory, 3 * rows * cols * sizeof(T) for float and double: x is read twice (from the cache, mostly) and y
//         written twice; half and bfloat16 compute the exponentials twice instead, to round each result once.
// Order:  a row's exponentials are added in kLanes interleaved sums, which are added pairwise: it depends on cols
// alone. Method: the row's maximum is subtracted first, so that no exponential overflows. NaN:    one NaN or +inf in a
// row makes every softmax of it NaN, and so does a row of -inf, as in TensorFlow.
#include <math.h>
#include <string.h>

#include "ops/cpu/unaligned.h"
#include "ops/cpu/widen.h"
#include "ops/kernel.h"
#include "runtime/parallel.h"

enum { kLanes = 32, kBlock = 512, kWorkGrain = 8192 };  // elements of a piece, about

typedef struct softmax_job {
  TF_DataType dtype;
  int64_t cols;
  const void* x;
  void* y;
  bool log;
} softmax_job;

// exp(x) for x <= 0 or NaN, to 1 ULP, with zero for what would be subnormal. x = n * ln 2 + r, and a Taylor polynomial
// for exp(r), |r| <= ln(2) / 2, whose remainder is below 2^-27. No branch: the loops around it become vector code.
CTF_ALWAYS_INLINE float exp_f32(float x) {
  const float kShift = 0x1.8p23f;  // adding it rounds to an integer, which is then in the low bits
  const float bounded = x < -90.0f ? -90.0f : x;
  union {
    float value;
    uint32_t bits;
  } n = {.value = bounded * 0x1.715476p0f + kShift}, scale;
  const float integer = n.value - kShift;
  const float r = (bounded - integer * 0x1.62e4p-1f) - integer * 0x1.7f7d1cp-20f;
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  scale.bits = (n.bits + 127) << 23;
  return x < -87.33654f ? 0.0f : p * scale.value;
}

CTF_ALWAYS_INLINE double exp_f64(double x) { return exp(x); }

// Adds `count` exponentials of x - max to `sums`; where y is given, it gets them.
#define DEFINE_ROW(name, scalar, source)                                                                          \
  CTF_ALWAYS_INLINE void max_lanes_##name(const source* x, int64_t count, scalar* lanes) {                        \
    int64_t i = 0;                                                                                                \
    for (; i + kLanes <= count; i += kLanes) {                                                                    \
      for (int l = 0; l < kLanes; ++l) lanes[l] = x[i + l] > lanes[l] ? x[i + l] : lanes[l];                      \
    }                                                                                                             \
    for (int l = 0; i < count; ++i, ++l) lanes[l] = x[i] > lanes[l] ? x[i] : lanes[l];                            \
  }                                                                                                               \
  CTF_ALWAYS_INLINE void exp_lanes_##name(const source* x, int64_t count, scalar max, scalar* lanes, scalar* y) { \
    int64_t i = 0;                                                                                                \
    for (; i + kLanes <= count; i += kLanes) {                                                                    \
      scalar e[kLanes];                                                                                           \
      for (int l = 0; l < kLanes; ++l) e[l] = exp_##name(x[i + l] - max);                                         \
      for (int l = 0; l < kLanes; ++l) lanes[l] += e[l];                                                          \
      if (y != NULL) memcpy(y + i, e, sizeof(e));                                                                 \
    }                                                                                                             \
    for (int l = 0; i < count; ++i, ++l) {                                                                        \
      const scalar e = exp_##name(x[i] - max);                                                                    \
      lanes[l] += e;                                                                                              \
      if (y != NULL) y[i] = e;                                                                                    \
    }                                                                                                             \
  }                                                                                                               \
  CTF_ALWAYS_INLINE scalar largest_##name(const scalar* lanes) {                                                  \
    scalar max = lanes[0];                                                                                        \
    for (int l = 1; l < kLanes; ++l) max = lanes[l] > max ? lanes[l] : max;                                       \
    return max;                                                                                                   \
  }                                                                                                               \
  CTF_ALWAYS_INLINE scalar total_##name(scalar* lanes) {                                                          \
    for (int w = kLanes / 2; w > 0; w /= 2) {                                                                     \
      for (int l = 0; l < w; ++l) lanes[l] += lanes[l + w];                                                       \
    }                                                                                                             \
    return lanes[0];                                                                                              \
  }                                                                                                               \
  static void rows_##name(void* arg, int64_t begin, int64_t end) {                                                \
    const softmax_job* job = arg;                                                                                 \
    const int64_t cols = job->cols;                                                                               \
    for (int64_t row = begin; row < end; ++row) {                                                                 \
      const source* x = (const source*)job->x + row * cols;                                                       \
      scalar *y = (scalar*)job->y + row * cols, lanes[kLanes];                                                    \
      for (int l = 0; l < kLanes; ++l) lanes[l] = -(scalar)INFINITY;                                              \
      max_lanes_##name(x, cols, lanes);                                                                           \
      const scalar max = largest_##name(lanes);                                                                   \
      memset(lanes, 0, sizeof(lanes));                                                                            \
      exp_lanes_##name(x, cols, max, lanes, job->log ? NULL : y);                                                 \
      const scalar sum = total_##name(lanes);                                                                     \
      if (job->log) {                                                                                             \
        const scalar log_sum = (scalar)log(sum);                                                                  \
        _Pragma("GCC ivdep") for (int64_t i = 0; i < cols; ++i) y[i] = (x[i] - max) - log_sum;                    \
      } else {                                                                                                    \
        const scalar scale = 1 / sum;                                                                             \
        for (int64_t i = 0; i < cols; ++i) y[i] *= scale;                                                         \
      }                                                                                                           \
    }                                                                                                             \
  }

DEFINE_ROW(f32, float, ctf_any_f32)
DEFINE_ROW(f64, double, ctf_any_f64)

// Half and bfloat16, by blocks that are widened to float.
static void rows_narrow(void* arg, int64_t begin, int64_t end) {
  const softmax_job* job = arg;
  const int64_t cols = job->cols;
  float block[kBlock], lanes[kLanes];
  for (int64_t row = begin; row < end; ++row) {
    const ctf_any_u16* x = (const ctf_any_u16*)job->x + row * cols;
    uint16_t* y = (uint16_t*)job->y + row * cols;
    for (int l = 0; l < kLanes; ++l) lanes[l] = -INFINITY;
    for (int64_t i = 0; i < cols; i += kBlock) {
      const int64_t count = cols - i < kBlock ? cols - i : kBlock;
      cpu_widen(job->dtype, x + i, block, count);
      max_lanes_f32(block, count, lanes);
    }
    const float max = largest_f32(lanes);
    memset(lanes, 0, sizeof(lanes));
    for (int64_t i = 0; i < cols; i += kBlock) {
      const int64_t count = cols - i < kBlock ? cols - i : kBlock;
      cpu_widen(job->dtype, x + i, block, count);
      exp_lanes_f32(block, count, max, lanes, NULL);
    }
    const float sum = total_f32(lanes), scale = 1 / sum, log_sum = (float)log(sum);
    for (int64_t i = 0; i < cols; i += kBlock) {
      const int64_t count = cols - i < kBlock ? cols - i : kBlock;
      cpu_widen(job->dtype, x + i, block, count);
      for (int64_t j = 0; j < count; ++j) {
        block[j] = job->log ? (block[j] - max) - log_sum : exp_f32(block[j] - max) * scale;
      }
      cpu_narrow(job->dtype, block, y + i, count);
    }
  }
}

static ctf_status run_softmax(ctf_kernel_ctx* k, bool log_of_it) {
  const TF_DataType dtype = ctf_in_dtype(k, 0);
  softmax_job job = {
      .dtype = dtype, .cols = ctf_in_dim(k, 0, -1), .x = ctf_in(k, 0), .y = ctf_out(k, 0), .log = log_of_it};
  if (ctf_out_count(k, 0) == 0) return NULL;
  return ctf_parallel_for(k->cancel, ctf_out_count(k, 0) / job.cols, 1 + kWorkGrain / job.cols,
                          dtype == TF_FLOAT    ? rows_f32
                          : dtype == TF_DOUBLE ? rows_f64
                                               : rows_narrow,
                          &job);
}

static ctf_status cpu_softmax(ctf_kernel_ctx* k) { return run_softmax(k, false); }
static ctf_status cpu_log_softmax(ctf_kernel_ctx* k) { return run_softmax(k, true); }

static const ctf_kernel_def kKernels[] = {
    {"Softmax", CTF_REAL_FLOATING, cpu_softmax, .flags = CTF_ANY_ALIGNMENT | CTF_IN_PLACE},
    {"LogSoftmax", CTF_REAL_FLOATING, cpu_log_softmax, .flags = CTF_ANY_ALIGNMENT | CTF_IN_PLACE},
};
CTF_CPU_KERNELS(softmax, kKernels);
