// Slices: the input is read with a start and a step for each of its dimensions. New axes and those that are shrunk have
// one element, so that the loops do not see them.
#include "ops/slice.h"

#include "ops/cpu/strided_copy.h"

static ctf_status copy_ranges(ctf_kernel_ctx* k, const ctf_slice_geometry* geometry) {
  const ctf_tensor *x = ctf_in_tensor(k, 0), *y = ctf_out_tensor(k, 0);
  ctf_strided_copy copy;
  int64_t from[CTF_MAX_RANK], to[CTF_MAX_RANK], begin = 0;
  if (y->num_elements == 0) return NULL;
  for (int64_t i = x->rank - 1, from_step = 1, to_step = 1; i >= 0; --i) {
    const ctf_slice_range* range = &geometry->ranges[i];
    // A stride may be larger than any tensor when only one element is taken.
    from[i] = range->count > 1 ? range->step * from_step : 0;
    to[i] = to_step;
    begin += range->begin * from_step;
    from_step *= x->dims[i];
    to_step *= range->count;
  }
  CTF_ISA_NAME(ctf_copy_init)(&copy, x, begin, y, 0);
  for (int i = 0; i < x->rank; ++i) CTF_ISA_NAME(ctf_copy_loop)(&copy, geometry->ranges[i].count, from[i], to[i]);
  return CTF_ISA_NAME(ctf_copy_run)(&copy, k);
}

static ctf_status cpu_slice(ctf_kernel_ctx* k) {
  ctf_slice_geometry geometry;
  CTF_TRY(ctf_slice_plain(ctf_tensor_shape(ctf_in_tensor(k, 0)), ctf_in_tensor(k, 1), ctf_in_tensor(k, 2), &geometry));
  return copy_ranges(k, &geometry);
}

static ctf_status cpu_strided_slice(ctf_kernel_ctx* k) {
  ctf_slice_geometry geometry;
  CTF_TRY(ctf_slice_strided(k->attrs, ctf_tensor_shape(ctf_in_tensor(k, 0)), ctf_in_count(k, 1), ctf_in_tensor(k, 1),
                            ctf_in_tensor(k, 2), ctf_in_tensor(k, 3), &geometry));
  return copy_ranges(k, &geometry);
}

static const ctf_kernel_def kKernels[] = {
    {"Slice", CTF_ANY_TYPE, cpu_slice, .flags = CTF_ANY_ALIGNMENT},
    {"StridedSlice", CTF_ANY_TYPE, cpu_strided_slice, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(slice, kKernels);
