// What every device's ScatterNd shares.
#ifndef CTF_OPS_SCATTER_ND_H_
#define CTF_OPS_SCATTER_ND_H_

#include "ops/op.h"

typedef struct ctf_scatter_nd_attrs {
  ctf_bytes bad_indices_policy;
} ctf_scatter_nd_attrs;

// indices: [count, depth], updates: [count, inner], output: `elements` elements.
typedef struct ctf_scatter_nd_geometry {
  int64_t count, inner;
  int depth;
} ctf_scatter_nd_geometry;

// INVALID_ARGUMENT, in the words of TensorFlow's kernel, where the three shapes do not fit each other.
CTF_MUST_USE ctf_status ctf_scatter_nd_geometry_make(ctf_shape indices, ctf_shape updates, ctf_shape output,
                                                     ctf_scatter_nd_geometry* out_geometry);

#endif  // CTF_OPS_SCATTER_ND_H_
