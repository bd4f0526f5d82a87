// Bitcast copies: a view would let readers that need alignment see a constant that starts at any byte.
#include "ops/cpu/strided_copy.h"

static ctf_status cpu_bitcast(ctf_kernel_ctx* k) {
  const ctf_tensor *x = ctf_in_tensor(k, 0), *y = ctf_out_tensor(k, 0);
  const ctf_tensor from = {.dtype = TF_UINT8, .num_elements = (int64_t)x->bytes, .bytes = x->bytes, .data = x->data};
  const ctf_tensor to = {.dtype = TF_UINT8, .num_elements = (int64_t)y->bytes, .bytes = y->bytes, .data = y->data};
  CTF_ASSERT(x->bytes == y->bytes);
  return CTF_ISA_NAME(ctf_copy_all)(k, &from, &to);
}

static const ctf_kernel_def kKernels[] = {{"Bitcast", CTF_ANY_TYPE, cpu_bitcast, .flags = CTF_ANY_ALIGNMENT}};
CTF_CPU_KERNELS(bitcast, kKernels);
