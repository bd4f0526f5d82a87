// Kernels that read the shapes of their inputs and never their bytes.
#include <inttypes.h>

#include "ops/kernel.h"

// An output of type int32 or int64.
static ctf_status store(const ctf_kernel_ctx* k, int output, int64_t index, int64_t value, const char* what) {
  void* data = ctf_out(k, output);
  if (ctf_out_dtype(k, output) == TF_INT64) {
    ((int64_t*)data)[index] = value;
    return NULL;
  }
  if (value > INT32_MAX) {
    return ctf_error(TF_INVALID_ARGUMENT, "%s %" PRId64 " does not fit the output type int32: ask for int64", what,
                     value);
  }
  ((int32_t*)data)[index] = (int32_t)value;
  return NULL;
}

static ctf_status cpu_shape(ctf_kernel_ctx* k) {
  for (int i = 0; i < k->num_inputs; ++i) {
    const ctf_tensor* x = ctf_in_tensor(k, i);
    for (int j = 0; j < x->rank; ++j) CTF_TRY(store(k, i, j, x->dims[j], "dimension"));
  }
  return NULL;
}

static ctf_status cpu_size(ctf_kernel_ctx* k) { return store(k, 0, 0, ctf_in_count(k, 0), "size"); }

static ctf_status cpu_rank(ctf_kernel_ctx* k) { return store(k, 0, 0, ctf_in_rank(k, 0), "rank"); }

static const ctf_kernel_def kKernels[] = {
    {"Rank", CTF_ANY_TYPE, cpu_rank, .flags = CTF_ANY_ALIGNMENT},
    {"Shape", CTF_ANY_TYPE, cpu_shape, .flags = CTF_ANY_ALIGNMENT},
    {"ShapeN", CTF_ANY_TYPE, cpu_shape, .flags = CTF_ANY_ALIGNMENT},
    {"Size", CTF_ANY_TYPE, cpu_size, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(shape_ops, kKernels);
