// Softmax and LogSoftmax over the last axis. x, y: [rows, cols].
//
// Bound:  memory, 3 * rows * cols * sizeof(T) for float and double: x is read twice (from the cache, mostly) and y
//         written twice; half and bfloat16 compute the exponentials twice instead, to round each result once.
// Order:  a row's exponentials are added in kRowLanes interleaved sums, which are added pairwise: it depends on cols
// alone. Method: the row's maximum is subtracted first, so that no exponential overflows. NaN:    one NaN or +inf in a
// row makes every softmax of it NaN, and so does a row of -inf, as in TensorFlow.
#include "ops/cpu/softmax_row.h"
#include "ops/cpu/widen.h"
#include "ops/kernel.h"
#include "runtime/parallel.h"

enum { kBlock = 512, kWorkGrain = 8192 };  // elements of a piece, about

typedef struct softmax_job {
  TF_DataType dtype;
  int64_t cols;
  const void* x;
  void* y;
  bool log;
} softmax_job;

#define DEFINE_ROWS(name, scalar, source)                                                      \
  static void rows_##name(void* arg, int64_t begin, int64_t end) {                             \
    const softmax_job* job = arg;                                                              \
    const int64_t cols = job->cols;                                                            \
    for (int64_t row = begin; row < end; ++row) {                                              \
      const source* x = (const source*)job->x + row * cols;                                    \
      scalar *y = (scalar*)job->y + row * cols, lanes[kRowLanes];                              \
      for (int l = 0; l < kRowLanes; ++l) lanes[l] = -(scalar)INFINITY;                        \
      row_max_lanes_##name(x, cols, lanes);                                                    \
      const scalar max = row_largest_##name(lanes);                                            \
      memset(lanes, 0, sizeof(lanes));                                                         \
      row_exp_lanes_##name(x, cols, max, lanes, job->log ? NULL : y);                          \
      const scalar sum = row_total_##name(lanes);                                              \
      if (job->log) {                                                                          \
        const scalar log_sum = (scalar)log(sum);                                               \
        _Pragma("GCC ivdep") for (int64_t i = 0; i < cols; ++i) y[i] = (x[i] - max) - log_sum; \
      } else {                                                                                 \
        const scalar scale = 1 / sum;                                                          \
        for (int64_t i = 0; i < cols; ++i) y[i] *= scale;                                      \
      }                                                                                        \
    }                                                                                          \
  }

DEFINE_ROWS(f32, float, ctf_any_f32)
DEFINE_ROWS(f64, double, ctf_any_f64)

// Half and bfloat16, by blocks that are widened to float.
static void rows_narrow(void* arg, int64_t begin, int64_t end) {
  const softmax_job* job = arg;
  const int64_t cols = job->cols;
  float block[kBlock], lanes[kRowLanes];
  for (int64_t row = begin; row < end; ++row) {
    const ctf_any_u16* x = (const ctf_any_u16*)job->x + row * cols;
    uint16_t* y = (uint16_t*)job->y + row * cols;
    for (int l = 0; l < kRowLanes; ++l) lanes[l] = -INFINITY;
    for (int64_t i = 0; i < cols; i += kBlock) {
      const int64_t count = cols - i < kBlock ? cols - i : kBlock;
      cpu_widen(job->dtype, x + i, block, count);
      row_max_lanes_f32(block, count, lanes);
    }
    const float max = row_largest_f32(lanes);
    memset(lanes, 0, sizeof(lanes));
    for (int64_t i = 0; i < cols; i += kBlock) {
      const int64_t count = cols - i < kBlock ? cols - i : kBlock;
      cpu_widen(job->dtype, x + i, block, count);
      row_exp_lanes_f32(block, count, max, lanes, NULL);
    }
    const float sum = row_total_f32(lanes), scale = 1 / sum, log_sum = (float)log(sum);
    for (int64_t i = 0; i < cols; i += kBlock) {
      const int64_t count = cols - i < kBlock ? cols - i : kBlock;
      cpu_widen(job->dtype, x + i, block, count);
      for (int64_t j = 0; j < count; ++j) {
        block[j] = job->log ? (block[j] - max) - log_sum : row_exp_f32(block[j] - max) * scale;
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
