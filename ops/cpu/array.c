// Kernels of the array ops that are no views and no feeds.
#include <string.h>

#include "ops/kernel.h"
#include "runtime/parallel.h"

enum { COPY_GRAIN = 1 << 18 };  // bytes of a piece

typedef struct copy_job {
  const char* from;
  char* to;
} copy_job;

static void copy_piece(void* arg, int64_t begin, int64_t end) {
  const copy_job* job = arg;
  memcpy(job->to + begin, job->from + begin, (size_t)(end - begin));
}

static ctf_status copy_strings(ctf_kernel_ctx* k, const ctf_tensor* x, const ctf_tensor* y) {
  for (int64_t i = 0; i < x->num_elements; ++i) {
    const char* text;
    size_t length;
    ctf_tensor_get_string(x, i, &text, &length);
    CTF_TRY(ctf_tensor_put_string(y, i, text, length, k->budget));
  }
  return NULL;
}

static ctf_status cpu_identity_n(ctf_kernel_ctx* k) {
  for (int i = 0; i < k->num_inputs; ++i) {
    const ctf_tensor* x = ctf_in_tensor(k, i);
    const ctf_tensor* y = ctf_out_tensor(k, i);
    if (x->dtype == TF_STRING) {
      CTF_TRY(copy_strings(k, x, y));
      continue;
    }
    if (ctf_dtype_get(x->dtype)->kind == CTF_KIND_OBJECT) {
      return ctf_error(TF_UNIMPLEMENTED, "IdentityN of %s", ctf_dtype_get(x->dtype)->tf_name);
    }
    copy_job job = {x->data, y->data};
    if (x->bytes > 0) CTF_TRY(ctf_parallel_for(k->cancel, (int64_t)x->bytes, COPY_GRAIN, copy_piece, &job));
  }
  return NULL;
}

static ctf_status cpu_no_op(ctf_kernel_ctx* k) {
  (void)k;
  return NULL;
}

static const ctf_kernel_def kKernels[] = {
    {"IdentityN", CTF_ANY_TYPE, cpu_identity_n, .flags = CTF_ANY_ALIGNMENT},
    {"NoOp", CTF_ANY_TYPE, cpu_no_op},
};
CTF_CPU_KERNELS(array, kKernels);
