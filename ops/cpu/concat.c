// Concatenation: each part is a block of columns of the result. ConcatOffset: where the parts begin.
#include "ops/concat.h"

#include <inttypes.h>

#include "ops/cpu/strided_copy.h"
#include "ops/cpu/unaligned.h"

// The inputs from `first` on, side by side along `axis` of the result; each has `along` of each part's elements there.
static ctf_status join(ctf_kernel_ctx* k, int first, int count, int64_t axis, bool is_new_axis) {
  const ctf_tensor* y = ctf_out_tensor(k, 0);
  const int64_t outer = ctf_copy_extent(y->dims, 0, (int)axis);
  const int64_t inner = ctf_copy_extent(y->dims, (int)axis + 1, y->rank), row = y->dims[axis] * inner;
  int64_t begin = 0;
  if (y->num_elements == 0) return NULL;
  for (int i = first; i < first + count; ++i) {
    const ctf_tensor* x = ctf_in_tensor(k, i);
    const int64_t part = is_new_axis ? inner : x->dims[axis] * inner;
    ctf_strided_copy copy;
    CTF_ISA_NAME(ctf_copy_init)(&copy, x, 0, y, begin);
    CTF_ISA_NAME(ctf_copy_loop)(&copy, outer, part, row);
    CTF_ISA_NAME(ctf_copy_loop)(&copy, part, 1, 1);
    CTF_TRY(CTF_ISA_NAME(ctf_copy_run)(&copy, k));
    begin += part;
  }
  return NULL;
}

static ctf_status concat_along(ctf_kernel_ctx* k, int axis_input, int first) {
  int64_t axis = 0;
  if (!ctf_tensor_get_int(ctf_in_tensor(k, axis_input), 0, &axis)) {
    return ctf_error(TF_INVALID_ARGUMENT, "the axis must be an integer");
  }
  const int rank = ctf_out_tensor(k, 0)->rank;
  return join(k, first, k->num_inputs - 1, axis < 0 ? axis + rank : axis, false);
}

static ctf_status cpu_concat(ctf_kernel_ctx* k) { return concat_along(k, 0, 1); }
static ctf_status cpu_concat_v2(ctf_kernel_ctx* k) { return concat_along(k, k->num_inputs - 1, 0); }

static ctf_status cpu_pack(ctf_kernel_ctx* k) {
  const ctf_concat_attrs* attrs = k->attrs;
  const int rank = ctf_out_tensor(k, 0)->rank;
  return join(k, 0, k->num_inputs, attrs->axis < 0 ? attrs->axis + rank : attrs->axis, true);
}

// ---- ConcatOffset

static int64_t get_dim(const ctf_tensor* t, int64_t i) {
  return t->dtype == TF_INT32 ? ((const ctf_any_i32*)t->data)[i] : ((const ctf_any_i64*)t->data)[i];
}

static void set_dim(const ctf_tensor* t, int64_t i, int64_t dim) {
  if (t->dtype == TF_INT32) {
    ((int32_t*)t->data)[i] = (int32_t)dim;
  } else {
    ((int64_t*)t->data)[i] = dim;
  }
}

static ctf_status cpu_concat_offset(ctf_kernel_ctx* k) {
  const ctf_tensor *axis_tensor = ctf_in_tensor(k, 0), *first = ctf_in_tensor(k, 1);
  const int64_t rank = first->num_elements;
  int64_t axis = 0, begin = 0;
  if (axis_tensor->rank != 0 || !ctf_tensor_get_int(axis_tensor, 0, &axis)) {
    return ctf_error(TF_INVALID_ARGUMENT, "Concat dim tensor should be a scalar integer, but got shape %s",
                     ctf_shape_print(ctf_tensor_shape(axis_tensor)).text);
  }
  if (axis < -rank || axis >= rank) {
    return ctf_error(TF_INVALID_ARGUMENT, "Concat dim is out of range: %" PRId64 " vs. %" PRId64, axis, rank);
  }
  if (axis < 0) axis += rank;
  for (int i = 0; i + 1 < k->num_inputs; ++i) {
    const ctf_tensor *x = ctf_in_tensor(k, i + 1), *y = ctf_out_tensor(k, i);
    if (x->num_elements != rank) {
      return ctf_error(TF_INVALID_ARGUMENT, "input %d should contain %" PRId64 " elements, but got %" PRId64, i, rank,
                       x->num_elements);
    }
    for (int64_t j = 0; j < rank; ++j) {
      set_dim(y, j, j == axis ? begin : 0);
      if (j == axis || get_dim(x, j) == get_dim(first, j)) continue;
      return ctf_error(TF_INVALID_ARGUMENT,
                       "All dimensions except %" PRId64
                       " must match. Input %d has shape [%s] and doesn't match input 0 with shape [%s].",
                       axis, i, ctf_shape_print_values(x, ' ').text, ctf_shape_print_values(first, ' ').text);
    }
    begin += get_dim(x, axis);
  }
  return NULL;
}

static const ctf_kernel_def kKernels[] = {
    {"Concat", CTF_ANY_TYPE, cpu_concat, .flags = CTF_ANY_ALIGNMENT},
    {"ConcatOffset", CTF_INDEX, cpu_concat_offset, .type_attr = "shape_type", .flags = CTF_ANY_ALIGNMENT},
    {"ConcatV2", CTF_ANY_TYPE, cpu_concat_v2, .flags = CTF_ANY_ALIGNMENT},
    {"Pack", CTF_ANY_TYPE, cpu_pack, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(concat, kKernels);
