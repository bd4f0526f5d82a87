// Transposes: the loops go over the result's dimensions, the steps are the input's. InvertPermutation.
#include "ops/transpose.h"

#include <inttypes.h>

#include "ops/cpu/strided_copy.h"
#include "ops/cpu/unaligned.h"
#include "runtime/parallel.h"

enum { CONJUGATE_GRAIN = 1 << 15 };  // numbers of a piece

static ctf_status cpu_transpose(ctf_kernel_ctx* k) {
  const ctf_tensor *x = ctf_in_tensor(k, 0), *y = ctf_out_tensor(k, 0);
  ctf_strided_copy copy;
  int axes[CTF_MAX_RANK];
  CTF_TRY(ctf_transpose_axes(ctf_in_tensor(k, 1), x->rank, axes));
  if (y->num_elements == 0) return NULL;
  CTF_ISA_NAME(ctf_copy_init)(&copy, x, 0, y, 0);
  for (int i = 0; i < y->rank; ++i) {
    CTF_ISA_NAME(ctf_copy_loop)
    (&copy, y->dims[i], ctf_copy_extent(x->dims, axes[i] + 1, x->rank), ctf_copy_extent(y->dims, i + 1, y->rank));
  }
  return CTF_ISA_NAME(ctf_copy_run)(&copy, k);
}

static void conjugate_floats(void* arg, int64_t begin, int64_t end) {
  float* y = arg;
  for (int64_t i = begin; i < end; ++i) y[2 * i + 1] = -y[2 * i + 1];
}

static void conjugate_doubles(void* arg, int64_t begin, int64_t end) {
  double* y = arg;
  for (int64_t i = begin; i < end; ++i) y[2 * i + 1] = -y[2 * i + 1];
}

static ctf_status cpu_conjugate_transpose(ctf_kernel_ctx* k) {
  const ctf_tensor* y = ctf_out_tensor(k, 0);
  CTF_TRY(cpu_transpose(k));
  if (!ctf_type_in(CTF_COMPLEXES, y->dtype)) return NULL;
  return ctf_parallel_for(k->cancel, y->num_elements, CONJUGATE_GRAIN,
                          y->dtype == TF_COMPLEX64 ? conjugate_floats : conjugate_doubles, y->data);
}

#define INVERT(name, type)                                                                                   \
  static ctf_status name(ctf_kernel_ctx* k) {                                                                \
    const ctf_any_##type* x = ctf_in(k, 0);                                                                  \
    ctf_any_##type* y = ctf_out(k, 0);                                                                       \
    const int64_t count = ctf_in_count(k, 0);                                                                \
    for (int64_t i = 0; i < count; ++i) y[i] = -1;                                                           \
    for (int64_t i = 0; i < count; ++i) {                                                                    \
      const int64_t at = x[i];                                                                               \
      if (at < 0 || at >= count) {                                                                           \
        return ctf_error(TF_INVALID_ARGUMENT, "%" PRId64 " is not between 0 and %" PRId64, at, count);       \
      }                                                                                                      \
      if (y[at] != -1) return ctf_error(TF_INVALID_ARGUMENT, "%" PRId64 " is duplicated in the input.", at); \
      y[at] = (ctf_any_##type)i;                                                                             \
    }                                                                                                        \
    return NULL;                                                                                             \
  }
INVERT(cpu_invert_i32, i32)
INVERT(cpu_invert_i64, i64)

static const ctf_kernel_def kKernels[] = {
    {"ConjugateTranspose", CTF_ANY_TYPE, cpu_conjugate_transpose, .flags = CTF_ANY_ALIGNMENT},
    {"InvertPermutation", CTF_TYPE(TF_INT32), cpu_invert_i32, .flags = CTF_ANY_ALIGNMENT},
    {"InvertPermutation", CTF_TYPE(TF_INT64), cpu_invert_i64, .flags = CTF_ANY_ALIGNMENT},
    {"Transpose", CTF_ANY_TYPE, cpu_transpose, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(transpose, kKernels);
