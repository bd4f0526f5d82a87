// What every device's gathers share.
#ifndef CTF_OPS_GATHER_H_
#define CTF_OPS_GATHER_H_

#include "ops/op.h"

typedef struct ctf_gather_attrs {
  int64_t batch_dims;
  ctf_bytes bad_indices_policy;
} ctf_gather_attrs;

// params: [batch, outer, size, inner], indices: [batch, count], output: [batch, outer, count, inner].
typedef struct ctf_gather_geometry {
  int64_t batch, outer, size, inner, count;
} ctf_gather_geometry;

// `axis` NULL: the first one. INVALID_ARGUMENT where TensorFlow's kernel says so: an axis or batch_dims that are not
// there, batches that differ.
CTF_MUST_USE ctf_status ctf_gather_geometry_make(ctf_shape params, ctf_shape indices, const ctf_tensor* axis,
                                                 int64_t batch_dims, ctf_gather_geometry* out_geometry);

// indices: [count, depth], each row the place of a slice of `inner` elements in params.
typedef struct ctf_gather_nd_geometry {
  int64_t count, inner;
  int depth;
} ctf_gather_nd_geometry;
CTF_MUST_USE ctf_status ctf_gather_nd_geometry_make(ctf_shape params, ctf_shape indices,
                                                    ctf_gather_nd_geometry* out_geometry);

// What to do with indices that are not there: an error, or nothing. INVALID_ARGUMENT for a policy of another name.
CTF_MUST_USE ctf_status ctf_bad_indices_ignored(ctf_bytes policy, bool* out_ignored);

#endif  // CTF_OPS_GATHER_H_
