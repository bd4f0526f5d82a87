// What every device's reductions share: the attributes and the merged axes.
#ifndef CTF_OPS_REDUCE_H_
#define CTF_OPS_REDUCE_H_

#include "ops/op.h"

typedef struct ctf_reduce_attrs {
  bool keep_dims;
} ctf_reduce_attrs;

// The input's dimensions, as many merged as possible: neighbours that are both kept or both reduced are one, and those
// of size 1 are left out. Kept and reduced ones take turns.
typedef struct ctf_reduce_geometry {
  int rank;
  int64_t size[CTF_MAX_RANK];
  bool reduced[CTF_MAX_RANK];
  int64_t num_kept, num_reduced;  // elements of the result, and of the input for each of them
} ctf_reduce_geometry;

// INVALID_ARGUMENT for axes that are not there, or there twice.
CTF_MUST_USE ctf_status ctf_reduce_geometry_make(ctf_shape input, const ctf_tensor* axes,
                                                 ctf_reduce_geometry* out_geometry);

#endif  // CTF_OPS_REDUCE_H_
