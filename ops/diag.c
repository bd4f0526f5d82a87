// Diagonals: MatrixDiag and MatrixDiagPart (of each matrix in a batch), Diag and DiagPart (of a tensor of twice the
// rank), and MatrixBandPart (the diagonals around the main one).
#include <inttypes.h>

#include "ops/op.h"

// ---- shapes

static ctf_status matrix_diag_shape(ctf_shape_ctx* c) {
  const ctf_shape in = c->inputs[0];
  CTF_TRY(ctf_shape_with_rank_at_least(in, 1));
  if (in.rank < 0) return NULL;
  if (in.rank >= CTF_MAX_RANK) {
    return ctf_error(TF_INVALID_ARGUMENT, "A tensor cannot have more than %d dimensions", CTF_MAX_RANK);
  }
  int64_t dims[CTF_MAX_RANK];
  for (int i = 0; i < in.rank; ++i) dims[i] = in.dims[i];
  dims[in.rank] = in.dims[in.rank - 1];
  return ctf_shape_set(c, 0, in.rank + 1, dims);
}

static ctf_status matrix_diag_part_shape(ctf_shape_ctx* c) {
  const ctf_shape in = c->inputs[0];
  CTF_TRY(ctf_shape_with_rank_at_least(in, 2));
  if (in.rank < 0) return NULL;
  int64_t dims[CTF_MAX_RANK];
  for (int i = 0; i < in.rank - 2; ++i) dims[i] = in.dims[i];
  const int64_t rows = in.dims[in.rank - 2], columns = in.dims[in.rank - 1];
  const bool known = (rows >= 0 && columns >= 0) || rows == 0 || columns == 0;
  dims[in.rank - 2] = !known ? -1 : rows < columns ? (rows < 0 ? 0 : rows) : (columns < 0 ? 0 : columns);
  return ctf_shape_set(c, 0, in.rank - 1, dims);
}

static ctf_status diag_shape(ctf_shape_ctx* c) {
  const ctf_shape in = c->inputs[0];
  CTF_TRY(ctf_shape_with_rank_at_least(in, 1));
  if (in.rank < 0) return NULL;
  if (2 * in.rank > CTF_MAX_RANK) {
    return ctf_error(TF_INVALID_ARGUMENT, "A tensor cannot have more than %d dimensions", CTF_MAX_RANK);
  }
  int64_t dims[CTF_MAX_RANK];
  for (int i = 0; i < 2 * in.rank; ++i) dims[i] = in.dims[i % in.rank];
  return ctf_shape_set(c, 0, 2 * in.rank, dims);
}

static ctf_status diag_part_shape(ctf_shape_ctx* c) {
  const ctf_shape in = c->inputs[0];
  if (in.rank < 0) return NULL;
  if (in.rank == 0 || in.rank % 2 != 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "Input must have even and non-zero rank, input rank is %d", in.rank);
  }
  const int half = in.rank / 2;
  int64_t dims[CTF_MAX_RANK];
  for (int i = 0; i < half; ++i) CTF_TRY(ctf_dim_merge(in.dims[i], in.dims[half + i], &dims[i]));
  return ctf_shape_set(c, 0, half, dims);
}

// ---- gradients

static void matrix_diag_gradient(ctf_grad_ctx* g) { g->dx[0] = g_unary(g, "MatrixDiagPart", g->dy[0]); }

// The matrices need not be square.
static void matrix_diag_part_gradient(ctf_grad_ctx* g) {
  g->dx[0] = g_binary(g, "MatrixSetDiag", g_unary(g, "ZerosLike", g->inputs[0]), g->dy[0]);
}

static void diag_gradient(ctf_grad_ctx* g) { g->dx[0] = g_unary(g, "DiagPart", g->dy[0]); }
static void diag_part_gradient(ctf_grad_ctx* g) { g->dx[0] = g_unary(g, "Diag", g->dy[0]); }

static void band_part_gradient(ctf_grad_ctx* g) {
  g->dx[0] = g_ternary(g, "MatrixBandPart", g->dy[0], g->inputs[1], g->inputs[2]);
  g->dx[1] = g->dx[2] = g_none();
}

// clang-format off
static const ctf_op_def kOps[] = {
    {"Diag", .shape = diag_shape, .gradient = diag_gradient},
    {"DiagPart", .shape = diag_part_shape, .gradient = diag_part_gradient},
    {"MatrixBandPart", .shape = ctf_shape_same_as_input, .gradient = band_part_gradient,
     .value_inputs = CTF_INPUT(1) | CTF_INPUT(2)},
    {"MatrixDiag", .shape = matrix_diag_shape, .gradient = matrix_diag_gradient},
    {"MatrixDiagPart", .shape = matrix_diag_part_shape, .gradient = matrix_diag_part_gradient},
};
// clang-format on
CTF_OP_FAMILY(diag, kOps);
