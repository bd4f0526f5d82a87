// ArgMax and ArgMin. input: [outer, size, inner], output: [outer, inner], the place along the axis in the middle.
//
// Bound:  memory, outer * size * inner * sizeof(T); twice that (the second time from the cache) where inner is 1.
// Order:  the first of equal elements.
// NaN:    an element counts only if it is larger (smaller) than the lowest (highest) finite number and all elements
//         before it; where none does, the answer is 0. As in TensorFlow, NaNs are therefore skipped.
#include "ops/argmax.h"

#include <float.h>

#include "ops/cpu/slices.h"
#include "runtime/parallel.h"

enum { kLanes = 64, kWorkGrain = 32768 };  // elements read by a piece, about

typedef struct argmax_job {
  ctf_argmax_geometry g;
  int64_t strips;  // of kLanes along inner
  const void* in;
  void* out;
  TF_DataType out_dtype;
} argmax_job;

// `element` is the value at x[i]; `begin_with` what the first element must beat.
#define DEFINE_ARG(name, wide, begin_with, beats, element)                                                   \
  static int64_t row_##name(const void* x, int64_t first, int64_t size) {                                    \
    wide best[kLanes];                                                                                       \
    const int64_t end = first + size;                                                                        \
    int64_t i = first;                                                                                       \
    for (int l = 0; l < kLanes; ++l) best[l] = begin_with;                                                   \
    for (; i + kLanes <= end;) {                                                                             \
      for (int l = 0; l < kLanes; ++l, ++i) {                                                                \
        const wide value = element;                                                                          \
        best[l] = value beats best[l] ? value : best[l];                                                     \
      }                                                                                                      \
    }                                                                                                        \
    for (; i < end; ++i) {                                                                                   \
      const wide value = element;                                                                            \
      best[0] = value beats best[0] ? value : best[0];                                                       \
    }                                                                                                        \
    for (int l = 1; l < kLanes; ++l) best[0] = best[l] beats best[0] ? best[l] : best[0];                    \
    if (best[0] == (wide)begin_with) return 0;                                                               \
    for (i = first; element != best[0];) ++i;                                                                \
    return i - first;                                                                                        \
  }                                                                                                          \
  static void strip_##name(const argmax_job* job, int64_t outer, int64_t column, int64_t width) {            \
    wide best[kLanes];                                                                                       \
    int64_t place[kLanes] = {0};                                                                             \
    const void* x = job->in;                                                                                 \
    for (int l = 0; l < kLanes; ++l) best[l] = begin_with;                                                   \
    for (int64_t j = 0; j < job->g.size; ++j) {                                                              \
      const int64_t base = (outer * job->g.size + j) * job->g.inner + column;                                \
      for (int64_t l = 0; l < width; ++l) {                                                                  \
        const int64_t i = base + l;                                                                          \
        const wide value = element;                                                                          \
        place[l] = value beats best[l] ? j : place[l];                                                       \
        best[l] = value beats best[l] ? value : best[l];                                                     \
      }                                                                                                      \
    }                                                                                                        \
    for (int64_t l = 0; l < width; ++l)                                                                      \
      cpu_set_index(job->out_dtype, job->out, outer * job->g.inner + column + l, place[l]);                  \
  }                                                                                                          \
  static void piece_##name(void* arg, int64_t begin, int64_t end) {                                          \
    const argmax_job* job = arg;                                                                             \
    for (int64_t item = begin; item < end; ++item) {                                                         \
      if (job->g.inner == 1) {                                                                               \
        cpu_set_index(job->out_dtype, job->out, item, row_##name(job->in, item * job->g.size, job->g.size)); \
      } else {                                                                                               \
        const int64_t column = item % job->strips * kLanes, left = job->g.inner - column;                    \
        strip_##name(job, item / job->strips, column, left < kLanes ? left : kLanes);                        \
      }                                                                                                      \
    }                                                                                                        \
  }

#define DEFINE_BOTH(name, wide, lowest, highest, element) \
  DEFINE_ARG(max_##name, wide, lowest, >, element)        \
  DEFINE_ARG(min_##name, wide, highest, <, element)

#define MAX_HALF 65504.0f
#define MAX_BFLOAT16 0x1.fep127f
DEFINE_BOTH(f32, float, -FLT_MAX, FLT_MAX, ((const ctf_any_f32*)x)[i])
DEFINE_BOTH(f64, double, -DBL_MAX, DBL_MAX, ((const ctf_any_f64*)x)[i])
DEFINE_BOTH(half, float, -MAX_HALF, MAX_HALF, ctf_load_half(x, i))
DEFINE_BOTH(bfloat16, float, -MAX_BFLOAT16, MAX_BFLOAT16, ctf_load_bfloat16(x, i))
DEFINE_BOTH(bool, uint8_t, 0, 1, (uint8_t)(((const ctf_any_u8*)x)[i] != 0))
DEFINE_BOTH(i8, int8_t, INT8_MIN, INT8_MAX, ((const ctf_any_i8*)x)[i])
DEFINE_BOTH(i16, int16_t, INT16_MIN, INT16_MAX, ((const ctf_any_i16*)x)[i])
DEFINE_BOTH(i32, int32_t, INT32_MIN, INT32_MAX, ((const ctf_any_i32*)x)[i])
DEFINE_BOTH(i64, int64_t, INT64_MIN, INT64_MAX, ((const ctf_any_i64*)x)[i])
DEFINE_BOTH(u8, uint8_t, 0, UINT8_MAX, ((const ctf_any_u8*)x)[i])
DEFINE_BOTH(u16, uint16_t, 0, UINT16_MAX, ((const ctf_any_u16*)x)[i])
DEFINE_BOTH(u32, uint32_t, 0, UINT32_MAX, ((const ctf_any_u32*)x)[i])
DEFINE_BOTH(u64, uint64_t, 0, UINT64_MAX, ((const ctf_any_u64*)x)[i])

#define ROW(type, name) [type] = {piece_max_##name, piece_min_##name}
static const struct {
  void (*max)(void* arg, int64_t begin, int64_t end);
  void (*min)(void* arg, int64_t begin, int64_t end);
} kPieces[CTF_DTYPE_MAX + 1] = {
    ROW(TF_FLOAT, f32),  ROW(TF_DOUBLE, f64), ROW(TF_HALF, half),  ROW(TF_BFLOAT16, bfloat16), ROW(TF_BOOL, bool),
    ROW(TF_INT8, i8),    ROW(TF_INT16, i16),  ROW(TF_INT32, i32),  ROW(TF_INT64, i64),         ROW(TF_UINT8, u8),
    ROW(TF_UINT16, u16), ROW(TF_UINT32, u32), ROW(TF_UINT64, u64),
};

static ctf_status run_arg(ctf_kernel_ctx* k, bool max) {
  argmax_job job = {.in = ctf_in(k, 0), .out = ctf_out(k, 0), .out_dtype = ctf_out_dtype(k, 0)};
  CTF_TRY(ctf_argmax_geometry_make(ctf_tensor_shape(ctf_in_tensor(k, 0)), ctf_in_tensor(k, 1), &job.g));
  if (ctf_out_count(k, 0) == 0) return NULL;
  job.strips = (job.g.inner + kLanes - 1) / kLanes;
  const int64_t item_work = job.g.size * (job.g.inner < kLanes ? job.g.inner : kLanes);
  const TF_DataType dtype = ctf_in_dtype(k, 0);
  return ctf_parallel_for(k->cancel, job.g.outer * job.strips, 1 + kWorkGrain / item_work,
                          max ? kPieces[dtype].max : kPieces[dtype].min, &job);
}

static ctf_status cpu_arg_max(ctf_kernel_ctx* k) { return run_arg(k, true); }
static ctf_status cpu_arg_min(ctf_kernel_ctx* k) { return run_arg(k, false); }

static const ctf_kernel_def kKernels[] = {
    {"ArgMax", CTF_REAL | CTF_TYPE(TF_BOOL), cpu_arg_max, .flags = CTF_ANY_ALIGNMENT},
    {"ArgMin", CTF_REAL | CTF_TYPE(TF_BOOL), cpu_arg_min, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(argmax, kKernels);
