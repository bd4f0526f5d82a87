// What every device's Unique and UniqueV2 share.
#ifndef CTF_OPS_UNIQUE_H_
#define CTF_OPS_UNIQUE_H_

#include "ops/op.h"

// x: [outer, count, inner]; what is unique among them are the `count` slices along the axis.
typedef struct ctf_unique_geometry {
  int axis;
  int64_t outer, count, inner;
} ctf_unique_geometry;

// `axis` NULL or without elements: x must be a vector. INVALID_ARGUMENT in the words of TensorFlow's kernel.
CTF_MUST_USE ctf_status ctf_unique_geometry_make(ctf_shape x, const ctf_tensor* axis,
                                                 ctf_unique_geometry* out_geometry);

#endif  // CTF_OPS_UNIQUE_H_
