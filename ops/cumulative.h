// What every device's Cumsum and Cumprod share.
#ifndef CTF_OPS_CUMULATIVE_H_
#define CTF_OPS_CUMULATIVE_H_

#include "ops/op.h"

typedef struct ctf_cumulative_attrs {
  bool exclusive;  // an element's result is that of those before it
  bool reverse;    // from the last to the first
} ctf_cumulative_attrs;

// x and output: [outer, size, inner], with the axis in the middle.
typedef struct ctf_cumulative_geometry {
  int64_t outer, size, inner;
} ctf_cumulative_geometry;

// INVALID_ARGUMENT when there is no such axis.
CTF_MUST_USE ctf_status ctf_cumulative_geometry_make(ctf_shape x, const ctf_tensor* axis,
                                                     ctf_cumulative_geometry* out_geometry);

#endif  // CTF_OPS_CUMULATIVE_H_
