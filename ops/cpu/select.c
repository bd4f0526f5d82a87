// Select and SelectV2. Inputs: condition, then, else, broadcast to the output (ops/select.h).
//
// Bound:  memory, bool + 3 * sizeof(T) for each element.
// Method: rows along the innermost merged dimension, chosen by the size of an element. Both sides of a row are read
//         where the condition moves, so that the loops need no branch; where it does not, a row is a copy or a fill.
#include "ops/select.h"

#include "ops/cpu/fused.h"
#include "ops/cpu/slices.h"
#include "runtime/parallel.h"

enum { kWorkGrain = 1 << 15 };

typedef struct select_job {
  ctf_select_geometry g;
  const char* in[CTF_SELECT_INPUTS];
  char* out;
  size_t bytes;  // of an element
  cpu_select_loop row;
} select_job;

typedef struct __attribute__((packed, may_alias)) any_pair64 {
  uint64_t a, b;
} any_pair64;

#define DEFINE_ROW(name, type)                                                                                \
  static void row_##name(const ctf_any_u8* condition, const char* a, const char* b, char* out, int64_t count, \
                         const int64_t* strides) {                                                            \
    const type *x = (const type*)a, *y = (const type*)b;                                                      \
    type* to = (type*)out;                                                                                    \
    const int64_t s = strides[1], t = strides[2];                                                             \
    if (strides[0] == 0) {                                                                                    \
      const type* from = *condition ? x : y;                                                                  \
      const int64_t step = *condition ? s : t;                                                                \
      for (int64_t i = 0; i < count; ++i) to[i] = from[i * step];                                             \
    } else if (s == 1 && t == 1) {                                                                            \
      for (int64_t i = 0; i < count; ++i) {                                                                   \
        const type p = x[i], q = y[i];                                                                        \
        to[i] = condition[i] ? p : q;                                                                         \
      }                                                                                                       \
    } else {                                                                                                  \
      for (int64_t i = 0; i < count; ++i) {                                                                   \
        const type p = x[i * s], q = y[i * t];                                                                \
        to[i] = condition[i] ? p : q;                                                                         \
      }                                                                                                       \
    }                                                                                                         \
  }
DEFINE_ROW(1, ctf_any_u8)
DEFINE_ROW(2, ctf_any_u16)
DEFINE_ROW(4, ctf_any_u32)
DEFINE_ROW(8, ctf_any_u64)
DEFINE_ROW(16, any_pair64)

// Where row `row` of the output begins in each input, in elements.
static void row_begin(const ctf_select_geometry* g, int64_t row, int64_t* out_at) {
  for (int j = 0; j < CTF_SELECT_INPUTS; ++j) out_at[j] = 0;
  for (int i = g->rank - 2; i >= 0; --i) {
    const int64_t at = row % g->size[i];
    row /= g->size[i];
    for (int j = 0; j < CTF_SELECT_INPUTS; ++j) out_at[j] += at * g->stride[j][i];
  }
}

// Items are elements of the output.
static void select_piece(void* arg, int64_t begin, int64_t end) {
  const select_job* job = arg;
  const int inner = job->g.rank - 1;
  const int64_t width = job->g.size[inner];
  const int64_t strides[CTF_SELECT_INPUTS] = {job->g.stride[0][inner], job->g.stride[1][inner],
                                              job->g.stride[2][inner]};
  while (begin < end) {
    const int64_t row = begin / width, column = begin % width, left = width - column;
    const int64_t count = left < end - begin ? left : end - begin;
    int64_t at[CTF_SELECT_INPUTS];
    row_begin(&job->g, row, at);
    for (int j = 0; j < CTF_SELECT_INPUTS; ++j) at[j] += column * strides[j];
    job->row((const ctf_any_u8*)job->in[0] + at[0], job->in[1] + (size_t)at[1] * job->bytes,
             job->in[2] + (size_t)at[2] * job->bytes, job->out + (size_t)begin * job->bytes, count, strides);
    begin += count;
  }
}

static ctf_status select_strings(ctf_kernel_ctx* k, const select_job* job) {
  const int inner = job->g.rank - 1;
  const int64_t width = job->g.size[inner];
  for (int64_t i = 0; i < ctf_out_count(k, 0); ++i) {
    int64_t at[CTF_SELECT_INPUTS];
    row_begin(&job->g, i / width, at);
    for (int j = 0; j < CTF_SELECT_INPUTS; ++j) at[j] += i % width * job->g.stride[j][inner];
    const int from = job->in[0][at[0]] ? 1 : 2;
    CTF_TRY(cpu_copy_strings(k, 0, i, ctf_in_tensor(k, from), at[from], 1));
  }
  return NULL;
}

static cpu_select_loop row_of(size_t bytes) {
  return bytes == 1 ? row_1 : bytes == 2 ? row_2 : bytes == 4 ? row_4 : bytes == 8 ? row_8 : row_16;
}

static cpu_fused_loop pick_row(const void* attrs, TF_DataType in, TF_DataType out) {
  (void)attrs, (void)in;
  return (cpu_fused_loop){.select = row_of(ctf_dtype_get(out)->bytes)};
}
static bool accepts(const void* attrs, TF_DataType in, TF_DataType out) {
  (void)attrs, (void)in;
  return out != TF_STRING;
}
static const cpu_fusible kFusible = {{&cpu_fused_runner, accepts}, .pick = pick_row};

static ctf_status run_select(ctf_kernel_ctx* k, bool leading) {
  select_job job = {.out = ctf_out(k, 0), .bytes = ctf_dtype_get(ctf_out_dtype(k, 0))->bytes};
  ctf_shape shapes[CTF_SELECT_INPUTS];
  if (ctf_out_count(k, 0) == 0) return NULL;
  for (int j = 0; j < CTF_SELECT_INPUTS; ++j) {
    shapes[j] = ctf_tensor_shape(ctf_in_tensor(k, j));
    job.in[j] = ctf_in(k, j);
  }
  ctf_select_geometry_make(shapes, ctf_tensor_shape(ctf_out_tensor(k, 0)), leading, &job.g);
  if (ctf_out_dtype(k, 0) == TF_STRING) return select_strings(k, &job);
  job.row = row_of(job.bytes);
  return ctf_parallel_for(k->cancel, ctf_out_count(k, 0), kWorkGrain, select_piece, &job);
}

static ctf_status cpu_select(ctf_kernel_ctx* k) { return run_select(k, true); }
static ctf_status cpu_select_v2(ctf_kernel_ctx* k) { return run_select(k, false); }

#define SELECT_TYPES (CTF_NUMERIC | CTF_TYPE(TF_BOOL) | CTF_TYPE(TF_STRING))
static const ctf_kernel_def kKernels[] = {
    {"Select", SELECT_TYPES, cpu_select, .flags = CTF_ANY_ALIGNMENT},
    {"SelectV2", SELECT_TYPES, cpu_select_v2, .fuse = &kFusible.base, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(select, kKernels);
