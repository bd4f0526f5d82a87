// A tensor cut along an axis: each part is a block of columns of the input.
#include "ops/split.h"

#include "ops/cpu/strided_copy.h"

static ctf_status cut(ctf_kernel_ctx* k, int input, int64_t axis, bool drops_axis) {
  const ctf_tensor* x = ctf_in_tensor(k, input);
  const int64_t outer = ctf_copy_extent(x->dims, 0, (int)axis);
  const int64_t inner = ctf_copy_extent(x->dims, (int)axis + 1, x->rank), row = x->dims[axis] * inner;
  int64_t begin = 0;
  if (x->num_elements == 0) return NULL;
  for (int i = 0; i < k->num_outputs; ++i) {
    const ctf_tensor* y = ctf_out_tensor(k, i);
    const int64_t part = drops_axis ? inner : y->dims[axis] * inner;
    ctf_strided_copy copy;
    CTF_ISA_NAME(ctf_copy_init)(&copy, x, begin, y, 0);
    CTF_ISA_NAME(ctf_copy_loop)(&copy, outer, row, part);
    CTF_ISA_NAME(ctf_copy_loop)(&copy, part, 1, 1);
    CTF_TRY(CTF_ISA_NAME(ctf_copy_run)(&copy, k));
    begin += part;
  }
  return NULL;
}

static ctf_status cut_along(ctf_kernel_ctx* k, int input, int axis_input) {
  int64_t axis = 0;
  if (!ctf_tensor_get_int(ctf_in_tensor(k, axis_input), 0, &axis)) {
    return ctf_error(TF_INVALID_ARGUMENT, "the axis must be an integer");
  }
  return cut(k, input, axis < 0 ? axis + ctf_in_rank(k, input) : axis, false);
}

static ctf_status cpu_split(ctf_kernel_ctx* k) { return cut_along(k, 1, 0); }
static ctf_status cpu_split_v(ctf_kernel_ctx* k) { return cut_along(k, 0, 2); }

static ctf_status cpu_unpack(ctf_kernel_ctx* k) {
  const ctf_split_attrs* attrs = k->attrs;
  return cut(k, 0, attrs->axis < 0 ? attrs->axis + ctf_in_rank(k, 0) : attrs->axis, true);
}

static const ctf_kernel_def kKernels[] = {
    {"Split", CTF_ANY_TYPE, cpu_split, .flags = CTF_ANY_ALIGNMENT},
    {"SplitV", CTF_ANY_TYPE, cpu_split_v, .flags = CTF_ANY_ALIGNMENT},
    {"Unpack", CTF_ANY_TYPE, cpu_unpack, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(split, kKernels);
