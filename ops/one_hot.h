// What every device's OneHot shares.
#ifndef CTF_OPS_ONE_HOT_H_
#define CTF_OPS_ONE_HOT_H_

#include "ops/op.h"

typedef struct ctf_one_hot_attrs {
  int64_t axis;  // of the output; -1: the last
} ctf_one_hot_attrs;

// indices: [outer, inner], output: [outer, depth, inner].
typedef struct ctf_one_hot_geometry {
  int64_t outer, depth, inner;
} ctf_one_hot_geometry;

// INVALID_ARGUMENT for an axis that is not there and for values that are no scalars.
CTF_MUST_USE ctf_status ctf_one_hot_geometry_make(const ctf_one_hot_attrs* attrs, const ctf_tensor* indices,
                                                  const ctf_tensor* depth, const ctf_tensor* on, const ctf_tensor* off,
                                                  ctf_one_hot_geometry* out_geometry);

#endif  // CTF_OPS_ONE_HOT_H_
