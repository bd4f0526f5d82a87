// Where. input: any shape of 1 to 8 dimensions, output: [places, rank], in the order of memory.
//
// Bound:  memory: the input is read twice, once to count; the output is written once.
// Zero:   as the type compares: -0 is zero, NaN is not, subnormal floats are what the run's rounding makes of them.
#include <inttypes.h>

#include "ops/cpu/unaligned.h"
#include "ops/kernel.h"

enum { kMaxRank = 8, kBlock = 1 << 16 };  // elements between two looks at the cancellation

typedef struct where_output {
  int rank;
  const int64_t* dims;
  int64_t* places;  // the next row
} where_output;

static void put_place(where_output* out, int64_t at) {
  for (int i = out->rank - 1; i > 0; --i) {
    out->places[i] = at % out->dims[i];
    at /= out->dims[i];
  }
  out->places[0] = at;
  out->places += out->rank;
}

typedef struct where_fns {
  int64_t (*count)(const void* x, int64_t begin, int64_t end);
  void (*places)(const void* x, int64_t begin, int64_t end, where_output* out);
} where_fns;

#define DEFINE_WHERE(name, is_set)                                                          \
  static int64_t count_##name(const void* x, int64_t begin, int64_t end) {                  \
    int64_t count = 0;                                                                      \
    for (int64_t i = begin; i < end; ++i) count += is_set;                                  \
    return count;                                                                           \
  }                                                                                         \
  static void places_##name(const void* x, int64_t begin, int64_t end, where_output* out) { \
    for (int64_t i = begin; i < end; ++i) {                                                 \
      if (is_set) put_place(out, i);                                                        \
    }                                                                                       \
  }                                                                                         \
  static const where_fns kWhere_##name = {count_##name, places_##name};
#define SET(type) (((const type*)x)[i] != 0)
#define EITHER_SET(type) ((((const type*)x)[2 * i] != 0) | (((const type*)x)[2 * i + 1] != 0))
DEFINE_WHERE(u8, SET(ctf_any_u8))
DEFINE_WHERE(u16, SET(ctf_any_u16))
DEFINE_WHERE(u32, SET(ctf_any_u32))
DEFINE_WHERE(u64, SET(ctf_any_u64))
DEFINE_WHERE(f32, SET(ctf_any_f32))
DEFINE_WHERE(f64, SET(ctf_any_f64))
DEFINE_WHERE(half, (ctf_load_half(x, i) != 0))
DEFINE_WHERE(bfloat16, (ctf_load_bfloat16(x, i) != 0))
DEFINE_WHERE(c64, EITHER_SET(ctf_any_f32))
DEFINE_WHERE(c128, EITHER_SET(ctf_any_f64))

static const where_fns* fns_of(TF_DataType dtype) {
  static const where_fns* const kFloating[CTF_DTYPE_MAX + 1] = {
      [TF_FLOAT] = &kWhere_f32,         [TF_DOUBLE] = &kWhere_f64,    [TF_HALF] = &kWhere_half,
      [TF_BFLOAT16] = &kWhere_bfloat16, [TF_COMPLEX64] = &kWhere_c64, [TF_COMPLEX128] = &kWhere_c128,
  };
  if (kFloating[dtype] != NULL) return kFloating[dtype];
  const size_t bytes = ctf_dtype_get(dtype)->bytes;
  return bytes == 1 ? &kWhere_u8 : bytes == 2 ? &kWhere_u16 : bytes == 4 ? &kWhere_u32 : &kWhere_u64;
}

static int64_t block_end(int64_t begin, int64_t count) { return count - begin < kBlock ? count : begin + kBlock; }

static ctf_status cpu_where(ctf_kernel_ctx* k) {
  const ctf_tensor* x = ctf_in_tensor(k, 0);
  const where_fns* fns = fns_of(x->dtype);
  int64_t dims[2] = {0, x->rank};
  if (x->rank < 1 || x->rank > kMaxRank) {
    return ctf_error(TF_INVALID_ARGUMENT, "WhereOp : Unhandled input dimensions: %d", x->rank);
  }
  for (int64_t i = 0; i < x->num_elements; i = block_end(i, x->num_elements)) {
    CTF_TRY(ctf_cancel_check(k->cancel));
    dims[0] += fns->count(x->data, i, block_end(i, x->num_elements));
  }
  CTF_TRY(ctf_out_reserve(k, 0, 2, dims));
  where_output out = {x->rank, x->dims, ctf_out(k, 0)};
  for (int64_t i = 0; i < x->num_elements; i = block_end(i, x->num_elements)) {
    CTF_TRY(ctf_cancel_check(k->cancel));
    fns->places(x->data, i, block_end(i, x->num_elements), &out);
  }
  return NULL;
}

static const ctf_kernel_def kKernels[] = {
    {"Where", CTF_NUMERIC | CTF_TYPE(TF_BOOL), cpu_where, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(where, kKernels);
