// What every device's matrix products share: sizes, transposition, broadcast batches.
#ifndef CTF_OPS_MATMUL_H_
#define CTF_OPS_MATMUL_H_

#include "ops/op.h"

// MatMul has the transposes, the batched ops the adjoints.
typedef struct ctf_matmul_attrs {
  bool transpose_a, transpose_b;
  bool adj_x, adj_y;
} ctf_matmul_attrs;

typedef struct ctf_matmul_geometry {
  int64_t batches, m, n, k;
  bool transpose_a, transpose_b;
  bool conjugate_a, conjugate_b;
  // Batch dimensions of the result, and the elements that one step along them moves in a and b (0: broadcast).
  int batch_rank;
  int64_t batch_dims[CTF_MAX_RANK];
  int64_t a_steps[CTF_MAX_RANK];
  int64_t b_steps[CTF_MAX_RANK];
} ctf_matmul_geometry;

// Of shapes that the shape function has accepted.
void ctf_matmul_geometry_make(const ctf_matmul_attrs* attrs, ctf_shape a, ctf_shape b,
                              ctf_matmul_geometry* out_geometry);
// The elements from the beginning of a and b at which this batch's matrices begin.
void ctf_matmul_locate(const ctf_matmul_geometry* geometry, int64_t batch, int64_t* out_a, int64_t* out_b);

#endif  // CTF_OPS_MATMUL_H_
