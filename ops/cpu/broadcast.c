// Repeated elements: loops along which the source stands still. And what broadcasting does to shapes.
#include "ops/broadcast.h"

#include "ops/cpu/strided_copy.h"

static ctf_status cpu_broadcast_to(ctf_kernel_ctx* k) {
  const ctf_tensor *x = ctf_in_tensor(k, 0), *y = ctf_out_tensor(k, 0);
  ctf_strided_copy copy;
  if (y->num_elements == 0) return NULL;
  CTF_ISA_NAME(ctf_copy_init)(&copy, x, 0, y, 0);
  for (int i = 0; i < y->rank; ++i) {
    const int axis = i - (y->rank - x->rank);  // of the input
    const bool moves = axis >= 0 && x->dims[axis] != 1;
    CTF_ISA_NAME(ctf_copy_loop)
    (&copy, y->dims[i], moves ? ctf_copy_extent(x->dims, axis + 1, x->rank) : 0,
     ctf_copy_extent(y->dims, i + 1, y->rank));
  }
  return CTF_ISA_NAME(ctf_copy_run)(&copy, k);
}

static ctf_status cpu_tile(ctf_kernel_ctx* k) {
  const ctf_tensor *x = ctf_in_tensor(k, 0), *y = ctf_out_tensor(k, 0);
  ctf_strided_copy copy;
  if (y->num_elements == 0) return NULL;
  CTF_ISA_NAME(ctf_copy_init)(&copy, x, 0, y, 0);
  for (int i = 0; i < x->rank; ++i) {
    const int64_t from_step = ctf_copy_extent(x->dims, i + 1, x->rank);
    const int64_t to_step = ctf_copy_extent(y->dims, i + 1, y->rank);
    CTF_ISA_NAME(ctf_copy_loop)(&copy, y->dims[i] / x->dims[i], 0, x->dims[i] * to_step);
    CTF_ISA_NAME(ctf_copy_loop)(&copy, x->dims[i], from_step, to_step);
  }
  return CTF_ISA_NAME(ctf_copy_run)(&copy, k);
}

static ctf_status cpu_fill(ctf_kernel_ctx* k) {
  return CTF_ISA_NAME(ctf_copy_fill)(k, ctf_in_tensor(k, 1), ctf_out_tensor(k, 0));
}

// ---- shapes

static void put(ctf_kernel_ctx* k, int output, int64_t at, int64_t value) {
  if (ctf_out_dtype(k, output) == TF_INT32) {
    ((int32_t*)ctf_out(k, output))[at] = (int32_t)value;
  } else {
    ((int64_t*)ctf_out(k, output))[at] = value;
  }
}

static ctf_status cpu_broadcast_args(ctf_kernel_ctx* k) {
  ctf_broadcast_pair pair;
  CTF_TRY(ctf_broadcast_pair_make(ctf_in_tensor(k, 0), ctf_in_tensor(k, 1), &pair));
  if (!ctf_broadcast_fits(&pair)) return ctf_broadcast_misfit(&pair);
  for (int64_t i = 0; i < pair.rank; ++i) {
    const int64_t a = ctf_broadcast_dim(&pair, 0, i);
    put(k, 0, i, a == 1 ? ctf_broadcast_dim(&pair, 1, i) : a);
  }
  return NULL;
}

static ctf_status cpu_broadcast_gradient_args(ctf_kernel_ctx* k) {
  ctf_broadcast_pair pair;
  CTF_TRY(ctf_broadcast_pair_make(ctf_in_tensor(k, 0), ctf_in_tensor(k, 1), &pair));
  if (!ctf_broadcast_fits(&pair)) return ctf_broadcast_misfit(&pair);
  for (int operand = 0; operand < 2; ++operand) {
    int64_t count = 0;
    for (int64_t i = 0; i < pair.rank; ++i) {
      if (ctf_broadcast_reduces(&pair, operand, i)) put(k, operand, count++, i);
    }
  }
  return NULL;
}

static const ctf_kernel_def kKernels[] = {
    {"BroadcastArgs", CTF_INDEX, cpu_broadcast_args, .flags = CTF_ANY_ALIGNMENT},
    {"BroadcastGradientArgs", CTF_INDEX, cpu_broadcast_gradient_args, .flags = CTF_ANY_ALIGNMENT},
    {"BroadcastTo", CTF_ANY_TYPE, cpu_broadcast_to, .flags = CTF_ANY_ALIGNMENT},
    {"Fill", CTF_ANY_TYPE, cpu_fill, .flags = CTF_ANY_ALIGNMENT},
    {"Tile", CTF_ANY_TYPE, cpu_tile, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(broadcast, kKernels);
