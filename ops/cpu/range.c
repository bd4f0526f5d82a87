// Numbers at equal distances. Each is computed from its own index, so that pieces do not depend on each other.
#include "ops/range.h"

#include "ops/cpu/unaligned.h"
#include "ops/kernel.h"
#include "runtime/parallel.h"

enum { GRAIN = 1 << 15 };  // numbers of a piece

typedef struct range_job {
  const void* start;
  const void* step;
  void* y;
} range_job;

// Integers wrap; every operation of the 16-bit types is rounded to them.
#define INTEGERS(type)                                                                         \
  static void range_##type(void* arg, int64_t begin, int64_t end) {                            \
    const range_job* job = arg;                                                                \
    const uint64_t start = (uint64_t) * (const ctf_any_##type*)job->start;                     \
    const uint64_t step = (uint64_t) * (const ctf_any_##type*)job->step;                       \
    ctf_any_##type* y = job->y;                                                                \
    for (int64_t i = begin; i < end; ++i) y[i] = (ctf_any_##type)(start + (uint64_t)i * step); \
  }
#define REALS(type)                                                                \
  static void range_##type(void* arg, int64_t begin, int64_t end) {                \
    const range_job* job = arg;                                                    \
    const ctf_any_##type start = *(const ctf_any_##type*)job->start;               \
    const ctf_any_##type step = *(const ctf_any_##type*)job->step;                 \
    ctf_any_##type* y = job->y;                                                    \
    for (int64_t i = begin; i < end; ++i) y[i] = start + (ctf_any_##type)i * step; \
  }
#define NARROW_REALS(type)                                                                               \
  static void range_##type(void* arg, int64_t begin, int64_t end) {                                      \
    const range_job* job = arg;                                                                          \
    const float start = ctf_load_##type(job->start, 0), step = ctf_load_##type(job->step, 0);            \
    ctf_##type* y = job->y;                                                                              \
    for (int64_t i = begin; i < end; ++i) {                                                              \
      const float at = ctf_##type##_to_float(ctf_##type##_from_float((float)i));                         \
      y[i] = ctf_##type##_from_float(start + ctf_##type##_to_float(ctf_##type##_from_float(at * step))); \
    }                                                                                                    \
  }
INTEGERS(i8)
INTEGERS(i16)
INTEGERS(i32)
INTEGERS(i64)
INTEGERS(u16)
INTEGERS(u32)
INTEGERS(u64)
REALS(f32)
REALS(f64)
NARROW_REALS(half)
NARROW_REALS(bfloat16)

static void (*const kRanges[CTF_DTYPE_MAX + 1])(void* arg, int64_t begin, int64_t end) = {
    [TF_INT8] = range_i8,    [TF_INT16] = range_i16,  [TF_INT32] = range_i32,         [TF_INT64] = range_i64,
    [TF_UINT16] = range_u16, [TF_UINT32] = range_u32, [TF_UINT64] = range_u64,        [TF_FLOAT] = range_f32,
    [TF_DOUBLE] = range_f64, [TF_HALF] = range_half,  [TF_BFLOAT16] = range_bfloat16,
};
#define RANGED (CTF_SIGNED_INTS | CTF_TYPE(TF_UINT16) | CTF_TYPE(TF_UINT32) | CTF_TYPE(TF_UINT64) | CTF_REAL_FLOATING)

static ctf_status cpu_range(ctf_kernel_ctx* k) {
  range_job job = {ctf_in(k, 0), ctf_in(k, 2), ctf_out(k, 0)};
  return ctf_parallel_for(k->cancel, ctf_out_count(k, 0), GRAIN, kRanges[ctf_out_dtype(k, 0)], &job);
}

// The last one is the end itself, whatever the steps add up to.
#define LIN_SPACE(type)                                                                                             \
  static ctf_status cpu_lin_space_##type(ctf_kernel_ctx* k) {                                                       \
    const ctf_any_##type start = *(const ctf_any_##type*)ctf_in(k, 0), stop = *(const ctf_any_##type*)ctf_in(k, 1); \
    const int64_t count = ctf_out_count(k, 0);                                                                      \
    const ctf_any_##type step = count > 1 ? (stop - start) / (ctf_any_##type)(count - 1) : 0;                       \
    range_job job = {&start, &step, ctf_out(k, 0)};                                                                 \
    CTF_TRY(ctf_parallel_for(k->cancel, count, GRAIN, range_##type, &job));                                         \
    ctf_any_##type* y = ctf_out(k, 0);                                                                              \
    y[0] = start;                                                                                                   \
    if (count > 1) y[count - 1] = stop;                                                                             \
    return NULL;                                                                                                    \
  }
LIN_SPACE(f32)
LIN_SPACE(f64)

static const ctf_kernel_def kKernels[] = {
    {"LinSpace", CTF_TYPE(TF_FLOAT), cpu_lin_space_f32, .flags = CTF_ANY_ALIGNMENT},
    {"LinSpace", CTF_TYPE(TF_DOUBLE), cpu_lin_space_f64, .flags = CTF_ANY_ALIGNMENT},
    {"Range", RANGED, cpu_range, .type_attr = "Tidx", .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(range, kKernels);
