// What every device's slices share: Slice and StridedSlice as a start and a step for each dimension of the input.
#ifndef CTF_OPS_SLICE_H_
#define CTF_OPS_SLICE_H_

#include "ops/op.h"

typedef struct ctf_slice_attrs {
  int64_t begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask;  // bit i: of entry i
} ctf_slice_attrs;

// One entry for each dimension of the input: which elements are taken.
typedef struct ctf_slice_range {
  int64_t begin;
  int64_t step;   // never 0
  int64_t count;  // -1: not known
} ctf_slice_range;

typedef struct ctf_slice_geometry {
  int rank;  // of the input
  ctf_slice_range ranges[CTF_MAX_RANK];
  int out_rank;                    // with new axes, without those that are shrunk
  int64_t out_dims[CTF_MAX_RANK];  // -1: not known
} ctf_slice_geometry;

// Dimensions of the input that are -1 and values that are NULL are not known. INVALID_ARGUMENT for what cannot be.
CTF_MUST_USE ctf_status ctf_slice_plain(ctf_shape in, const ctf_tensor* begin, const ctf_tensor* size,
                                        ctf_slice_geometry* out_geometry);
// `begin`, `end` and `strides` have `num_entries` each; strides are known.
CTF_MUST_USE ctf_status ctf_slice_strided(const ctf_slice_attrs* attrs, ctf_shape in, int64_t num_entries,
                                          const ctf_tensor* begin, const ctf_tensor* end, const ctf_tensor* strides,
                                          ctf_slice_geometry* out_geometry);

#endif  // CTF_OPS_SLICE_H_
