// What every device's ArgMax and ArgMin share.
#ifndef CTF_OPS_ARGMAX_H_
#define CTF_OPS_ARGMAX_H_

#include "ops/op.h"

// input: [outer, size, inner], with the axis in the middle.
typedef struct ctf_argmax_geometry {
  int64_t outer, size, inner;
} ctf_argmax_geometry;

// INVALID_ARGUMENT when there is no such axis, or nothing along it.
CTF_MUST_USE ctf_status ctf_argmax_geometry_make(ctf_shape input, const ctf_tensor* dimension,
                                                 ctf_argmax_geometry* out_geometry);

#endif  // CTF_OPS_ARGMAX_H_
