// Padding: the input's elements go to the middle; then, dimension by dimension, what is before and behind is filled
// with a value or mirrored from what is there already.
#include "ops/pad.h"

#include "ops/cpu/strided_copy.h"

typedef struct pad_geometry {
  int64_t before[CTF_MAX_RANK], behind[CTF_MAX_RANK];
  int64_t step[CTF_MAX_RANK];  // of the output, in elements
} pad_geometry;

static ctf_status make_geometry(const ctf_kernel_ctx* k, pad_geometry* pads) {
  const ctf_tensor *x = ctf_in_tensor(k, 0), *y = ctf_out_tensor(k, 0);
  for (int64_t i = x->rank - 1, step = 1; i >= 0; --i) {
    CTF_TRY(ctf_pad_get(ctf_in_tensor(k, 1), (int)i, &pads->before[i], &pads->behind[i]));
    pads->step[i] = step;
    step *= y->dims[i];
  }
  return NULL;
}

static ctf_status copy_middle(ctf_kernel_ctx* k, const pad_geometry* pads) {
  const ctf_tensor *x = ctf_in_tensor(k, 0), *y = ctf_out_tensor(k, 0);
  ctf_strided_copy copy;
  int64_t begin = 0;
  if (x->num_elements == 0) return NULL;
  for (int i = 0; i < x->rank; ++i) begin += pads->before[i] * pads->step[i];
  CTF_ISA_NAME(ctf_copy_init)(&copy, x, 0, y, begin);
  for (int i = 0; i < x->rank; ++i) {
    CTF_ISA_NAME(ctf_copy_loop)(&copy, x->dims[i], ctf_copy_extent(x->dims, i + 1, x->rank), pads->step[i]);
  }
  return CTF_ISA_NAME(ctf_copy_run)(&copy, k);
}

// One side of an axis, whose last ones go first: along the dimensions behind it the output is complete by then, along
// those before it only the middle is there.
typedef struct pad_side {
  int axis;
  int64_t to, count;       // along the axis: where it begins, how many
  const ctf_tensor* from;  // a value that is repeated; NULL: the output itself, backwards from `mirror`
  int64_t mirror;
} pad_side;

static ctf_status fill_side(ctf_kernel_ctx* k, const pad_geometry* pads, const pad_side* side) {
  const ctf_tensor *x = ctf_in_tensor(k, 0), *y = ctf_out_tensor(k, 0);
  ctf_strided_copy copy;
  int64_t rest = 0;
  const bool mirrored = side->from == NULL;
  if (side->count == 0) return NULL;
  for (int i = 0; i < side->axis; ++i) rest += pads->before[i] * pads->step[i];
  const int64_t step = pads->step[side->axis], to = rest + side->to * step;
  CTF_ISA_NAME(ctf_copy_init)(&copy, mirrored ? y : side->from, mirrored ? rest + side->mirror * step : 0, y, to);
  for (int i = 0; i < x->rank; ++i) {
    const int64_t count = i < side->axis ? x->dims[i] : i > side->axis ? y->dims[i] : side->count;
    const int64_t from_step = !mirrored ? 0 : i == side->axis ? -pads->step[i] : pads->step[i];
    CTF_ISA_NAME(ctf_copy_loop)(&copy, count, from_step, pads->step[i]);
  }
  return CTF_ISA_NAME(ctf_copy_run)(&copy, k);
}

static ctf_status pad_with(ctf_kernel_ctx* k, const ctf_tensor* value) {
  const ctf_tensor *x = ctf_in_tensor(k, 0), *y = ctf_out_tensor(k, 0);
  pad_geometry pads;
  if (y->num_elements == 0) return NULL;
  if (x->num_elements == 0) return CTF_ISA_NAME(ctf_copy_fill)(k, value, y);
  CTF_TRY(make_geometry(k, &pads));
  CTF_TRY(copy_middle(k, &pads));
  for (int i = x->rank - 1; i >= 0; --i) {
    CTF_TRY(fill_side(k, &pads, &(pad_side){i, 0, pads.before[i], value, 0}));
    CTF_TRY(fill_side(k, &pads, &(pad_side){i, pads.before[i] + x->dims[i], pads.behind[i], value, 0}));
  }
  return NULL;
}

static ctf_status cpu_pad(ctf_kernel_ctx* k) {
  const ctf_tensor zero = CTF_ISA_NAME(ctf_copy_zero)(ctf_out_dtype(k, 0));
  return pad_with(k, &zero);
}

static ctf_status cpu_pad_v2(ctf_kernel_ctx* k) {
  const ctf_tensor* value = ctf_in_tensor(k, 2);
  if (value->rank != 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "constant_values must be a scalar. Found: %s",
                     ctf_shape_print(ctf_tensor_shape(value)).text);
  }
  return pad_with(k, value);
}

static ctf_status cpu_mirror_pad(ctf_kernel_ctx* k) {
  const ctf_pad_attrs* attrs = k->attrs;
  const ctf_tensor *x = ctf_in_tensor(k, 0), *y = ctf_out_tensor(k, 0);
  const int64_t edge = ctf_bytes_equal(attrs->mode, "REFLECT") ? 1 : 0;
  pad_geometry pads;
  CTF_TRY(make_geometry(k, &pads));
  if (y->num_elements == 0) return NULL;
  CTF_TRY(copy_middle(k, &pads));
  for (int i = x->rank - 1; i >= 0; --i) {
    const int64_t first = pads.before[i], behind = first + x->dims[i];
    CTF_TRY(fill_side(k, &pads, &(pad_side){i, 0, first, NULL, 2 * first - 1 + edge}));
    CTF_TRY(fill_side(k, &pads, &(pad_side){i, behind, pads.behind[i], NULL, behind - 1 - edge}));
  }
  return NULL;
}

static const ctf_kernel_def kKernels[] = {
    {"MirrorPad", CTF_ANY_TYPE, cpu_mirror_pad, .flags = CTF_ANY_ALIGNMENT},
    {"Pad", CTF_ANY_TYPE, cpu_pad, .flags = CTF_ANY_ALIGNMENT},
    {"PadV2", CTF_ANY_TYPE, cpu_pad_v2, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(pad, kKernels);
