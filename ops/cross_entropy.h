// What every device's cross entropies share: how logits and labels lie under [rows, cols].
#ifndef CTF_OPS_CROSS_ENTROPY_H_
#define CTF_OPS_CROSS_ENTROPY_H_

#include "ops/op.h"

typedef struct ctf_cross_entropy_side {
  int64_t row_step, col_step;  // elements; 0 where the tensor is broadcast
} ctf_cross_entropy_side;

typedef struct ctf_cross_entropy_geometry {
  int64_t rows, cols;
  ctf_cross_entropy_side logits, labels;
} ctf_cross_entropy_geometry;

// Of known shapes of at most two dimensions, which the shape function has accepted. The outputs are [rows] and
// [rows, cols].
ctf_cross_entropy_geometry ctf_cross_entropy_geometry_make(ctf_shape logits, ctf_shape labels);

#endif  // CTF_OPS_CROSS_ENTROPY_H_
