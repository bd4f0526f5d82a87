// What every device's Select and SelectV2 share.
#ifndef CTF_OPS_SELECT_H_
#define CTF_OPS_SELECT_H_

#include "ops/op.h"

// The output's dimensions, as many merged as possible, and how far each of the three inputs moves along them; 0 where
// it is repeated. In elements.
enum { CTF_SELECT_INPUTS = 3 };
typedef struct ctf_select_geometry {
  int rank;  // at least 1
  int64_t size[CTF_MAX_RANK];
  int64_t stride[CTF_SELECT_INPUTS][CTF_MAX_RANK];
} ctf_select_geometry;

// The shapes of the inputs fit, as the shape functions have seen to. `leading`: a vector condition of Select, which
// chooses along the first dimension and not the last.
void ctf_select_geometry_make(const ctf_shape* inputs, ctf_shape output, bool leading,
                              ctf_select_geometry* out_geometry);

#endif  // CTF_OPS_SELECT_H_
