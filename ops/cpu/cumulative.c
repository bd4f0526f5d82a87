// Cumsum and Cumprod. x and output: [outer, size, inner].
//
// Bound:  memory, 2 * sizeof(T) for each element; along the last axis the latency of an addition or a product.
// Order:  one after the other in the type itself, half and bfloat16 rounded at every step: TensorFlow's bits.
#include "ops/cumulative.h"

#include "ops/cpu/unaligned.h"
#include "ops/kernel.h"
#include "runtime/parallel.h"

enum { kColumns = 64, kWorkGrain = 1 << 15 };

typedef struct cumulative_job {
  ctf_cumulative_geometry g;  // in the units of the kernel: parts of complex numbers that are added
  bool exclusive, reverse;
  int64_t strips;  // of kColumns along inner
  const void* in;
  void* out;
} cumulative_job;

typedef struct complex64 {
  float re, im;
} complex64;
typedef struct complex128 {
  double re, im;
} complex128;

// Items: for each outer index, for each strip of columns. `so_far` is the value of the column, `x` the element, both of
// type `wide`; `next` what they give.
#define DEFINE_SCAN(name, type, wide, begin_with, element, next, narrow)                     \
  static void scan_##name(void* arg, int64_t begin, int64_t end) {                           \
    const cumulative_job* job = arg;                                                         \
    wide running[kColumns];                                                                  \
    for (int64_t item = begin; item < end; ++item) {                                         \
      const int64_t outer = item / job->strips, column = item % job->strips * kColumns;      \
      const int64_t left = job->g.inner - column, width = left < kColumns ? left : kColumns; \
      for (int64_t l = 0; l < width; ++l) running[l] = begin_with;                           \
      for (int64_t step = 0; step < job->g.size; ++step) {                                   \
        const int64_t row = job->reverse ? job->g.size - 1 - step : step;                    \
        const int64_t first = (outer * job->g.size + row) * job->g.inner + column;           \
        for (int64_t l = 0; l < width; ++l) {                                                \
          const int64_t i = first + l;                                                       \
          const wide x = element(job->in, i), so_far = running[l];                           \
          running[l] = next;                                                                 \
          const wide y = job->exclusive ? so_far : running[l];                               \
          ((type*)job->out)[i] = narrow(y);                                                  \
        }                                                                                    \
      }                                                                                      \
    }                                                                                        \
  }
#define AT_f32(data, i) (((const ctf_any_f32*)(data))[i])
#define AT_f64(data, i) (((const ctf_any_f64*)(data))[i])
#define AT_u8(data, i) (((const ctf_any_u8*)(data))[i])
#define AT_u16(data, i) (((const ctf_any_u16*)(data))[i])
#define AT_u32(data, i) (((const ctf_any_u32*)(data))[i])
#define AT_u64(data, i) (((const ctf_any_u64*)(data))[i])
#define AT_c64(data, i) ((complex64){AT_f32(data, 2 * (i)), AT_f32(data, 2 * (i) + 1)})
#define AT_c128(data, i) ((complex128){AT_f64(data, 2 * (i)), AT_f64(data, 2 * (i) + 1)})
#define AS_IT_IS(y) (y)
#define ROUND_HALF(value) ctf_half_to_float(ctf_half_from_float(value))
#define ROUND_BFLOAT16(value) ctf_bfloat16_to_float(ctf_bfloat16_from_float(value))
#define TIMES(type) ((type){so_far.re * x.re - so_far.im * x.im, so_far.re * x.im + so_far.im * x.re})
#define DEFINE_BOTH(name, type)                                                   \
  DEFINE_SCAN(sum_##name, type, type, 0, AT_##name, (type)(so_far + x), AS_IT_IS) \
  DEFINE_SCAN(prod_##name, type, type, 1, AT_##name, (type)(so_far * x), AS_IT_IS)
#define DEFINE_NARROW(name, type, load, round, narrow)                     \
  DEFINE_SCAN(sum_##name, type, float, 0, load, round(so_far + x), narrow) \
  DEFINE_SCAN(prod_##name, type, float, 1, load, round(so_far* x), narrow)
DEFINE_BOTH(f32, float)
DEFINE_BOTH(f64, double)
// Integers wrap, so that only their width counts. The products of 16 bits are made in 32 unsigned ones.
DEFINE_BOTH(u8, uint8_t)
DEFINE_SCAN(sum_u16, uint16_t, uint16_t, 0, AT_u16, (uint16_t)(so_far + x), AS_IT_IS)
DEFINE_SCAN(prod_u16, uint16_t, uint16_t, 1, AT_u16, (uint16_t)((uint32_t)so_far* x), AS_IT_IS)
DEFINE_BOTH(u32, uint32_t)
DEFINE_BOTH(u64, uint64_t)
DEFINE_NARROW(half, ctf_half, ctf_load_half, ROUND_HALF, ctf_half_from_float)
DEFINE_NARROW(bfloat16, ctf_bfloat16, ctf_load_bfloat16, ROUND_BFLOAT16, ctf_bfloat16_from_float)
#define ONE(type) ((type){1, 0})
DEFINE_SCAN(prod_c64, complex64, complex64, ONE(complex64), AT_c64, TIMES(complex64), AS_IT_IS)
DEFINE_SCAN(prod_c128, complex128, complex128, ONE(complex128), AT_c128, TIMES(complex128), AS_IT_IS)

typedef void (*scan_fn)(void* arg, int64_t begin, int64_t end);
#define BOTH(name) \
  { scan_sum_##name, scan_prod_##name }
static const struct {
  scan_fn sum, prod;
} kScans[CTF_DTYPE_MAX + 1] = {
    [TF_FLOAT] = BOTH(f32),
    [TF_DOUBLE] = BOTH(f64),
    [TF_HALF] = BOTH(half),
    [TF_BFLOAT16] = BOTH(bfloat16),
    [TF_INT8] = BOTH(u8),
    [TF_UINT8] = BOTH(u8),
    [TF_INT16] = BOTH(u16),
    [TF_UINT16] = BOTH(u16),
    [TF_INT32] = BOTH(u32),
    [TF_UINT32] = BOTH(u32),
    [TF_INT64] = BOTH(u64),
    [TF_UINT64] = BOTH(u64),
    [TF_COMPLEX64] = {scan_sum_f32, scan_prod_c64},  // sums part by part
    [TF_COMPLEX128] = {scan_sum_f64, scan_prod_c128},
};

static ctf_status run_scan(ctf_kernel_ctx* k, bool sum) {
  const ctf_cumulative_attrs* attrs = k->attrs;
  const TF_DataType dtype = ctf_in_dtype(k, 0);
  cumulative_job job = {
      .exclusive = attrs->exclusive, .reverse = attrs->reverse, .in = ctf_in(k, 0), .out = ctf_out(k, 0)};
  CTF_TRY(ctf_cumulative_geometry_make(ctf_tensor_shape(ctf_in_tensor(k, 0)), ctf_in_tensor(k, 1), &job.g));
  if (ctf_out_count(k, 0) == 0) return NULL;
  if (sum && ctf_type_in(CTF_COMPLEXES, dtype)) job.g.inner *= 2;
  job.strips = (job.g.inner + kColumns - 1) / kColumns;
  const int64_t item_work = job.g.size * (job.g.inner < kColumns ? job.g.inner : kColumns);
  return ctf_parallel_for(k->cancel, job.g.outer * job.strips, 1 + kWorkGrain / item_work,
                          sum ? kScans[dtype].sum : kScans[dtype].prod, &job);
}

static ctf_status cpu_cumsum(ctf_kernel_ctx* k) { return run_scan(k, true); }
static ctf_status cpu_cumprod(ctf_kernel_ctx* k) { return run_scan(k, false); }

static const ctf_kernel_def kKernels[] = {
    {"Cumprod", CTF_NUMERIC, cpu_cumprod, .flags = CTF_ANY_ALIGNMENT | CTF_IN_PLACE},
    {"Cumsum", CTF_NUMERIC, cpu_cumsum, .flags = CTF_ANY_ALIGNMENT | CTF_IN_PLACE},
};
CTF_CPU_KERNELS(cumulative, kKernels);
