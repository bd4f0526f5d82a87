// Transpose, ConjugateTranspose and InvertPermutation.
#include "ops/transpose.h"

#include <inttypes.h>

// ---- permutations

static ctf_status get_axis(const ctf_tensor* perm, int i, int rank, int64_t* out_axis) {
  int64_t axis = 0;
  if (!ctf_tensor_get_int(perm, i, &axis)) return ctf_error(TF_INVALID_ARGUMENT, "perm must be integers");
  if (axis < -rank || axis >= rank) {
    return ctf_error(TF_INVALID_ARGUMENT, "perm dim %" PRId64 " is out of range of input rank %d", axis, rank);
  }
  *out_axis = axis < 0 ? axis + rank : axis;
  return NULL;
}

ctf_status ctf_transpose_axes(const ctf_tensor* perm, int rank, int* out_axes) {
  int64_t axes[CTF_MAX_RANK];
  bool seen[CTF_MAX_RANK] = {false};
  for (int i = 0; i < rank; ++i) {
    CTF_TRY(get_axis(perm, i, rank, &axes[i]));
    out_axes[i] = (int)axes[i];
    seen[axes[i]] = true;
  }
  for (int i = 0; i < rank; ++i) {
    if (seen[i]) continue;
    const ctf_tensor values = {.dtype = TF_INT64, .num_elements = rank, .data = axes};
    return ctf_error(TF_INVALID_ARGUMENT, "%d is missing from {%s}.", i, ctf_shape_print_values(&values, ',').text);
  }
  return NULL;
}

// ---- shapes

static ctf_status transpose_shape(ctf_shape_ctx* c) {
  const ctf_shape in = c->inputs[0];
  const ctf_tensor* perm = c->values[1];
  const bool ambiguous = c->building && in.rank < 0 && c->inputs[1].rank == 0;  // of the input, or of one axis
  if (!ambiguous) CTF_TRY(ctf_shape_with_rank(c->inputs[1], 1));
  const int64_t length = ambiguous ? 1 : c->inputs[1].rank == 1 ? c->inputs[1].dims[0] : -1;
  if (in.rank >= 0 && length >= 0 && length != in.rank) {
    return ctf_error(TF_INVALID_ARGUMENT, "Dimension must be %d but is %" PRId64, in.rank, length);
  }
  if (length > CTF_MAX_RANK) {
    return ctf_error(TF_INVALID_ARGUMENT, "A tensor cannot have more than %d dimensions", CTF_MAX_RANK);
  }
  if (in.rank < 0 && length < 0) return NULL;
  const int rank = in.rank >= 0 ? in.rank : (int)length;
  if (rank < 2 && (in.rank < 0 || perm == NULL)) {  // a permutation of one may also stand before a scalar
    ctf_shape_copy(c, 0, 0);
    return NULL;
  }
  if (perm == NULL) return ctf_shape_set_unknown(c, 0, rank);
  // An axis that is there twice is the kernel's business, as in TensorFlow.
  int64_t dims[CTF_MAX_RANK];
  for (int i = 0; i < rank; ++i) {
    int64_t axis = 0;
    CTF_TRY(get_axis(perm, i, rank, &axis));
    dims[i] = ctf_shape_dim(in, (int)axis);
  }
  return ctf_shape_set(c, 0, rank, dims);
}

static ctf_status invert_shape(ctf_shape_ctx* c) {
  CTF_TRY(ctf_shape_with_rank(c->inputs[0], 1));
  if (c->inputs[0].rank < 0) return ctf_shape_set_unknown(c, 0, 1);
  ctf_shape_copy(c, 0, 0);
  return NULL;
}

// ---- gradients

static void transpose_back(ctf_grad_ctx* g, const char* op) {
  g->dx[0] = g_binary(g, op, g->dy[0], g_unary(g, "InvertPermutation", g->inputs[1]));
  g->dx[1] = g_none();
}

static void transpose_gradient(ctf_grad_ctx* g) { transpose_back(g, "Transpose"); }
static void conjugate_transpose_gradient(ctf_grad_ctx* g) { transpose_back(g, "ConjugateTranspose"); }

// clang-format off
static const ctf_op_def kOps[] = {
    {"ConjugateTranspose", .shape = transpose_shape, .gradient = conjugate_transpose_gradient,
     .value_inputs = CTF_INPUT(1)},
    {"InvertPermutation", .shape = invert_shape, .gradient = g_no_gradients},
    {"Transpose", .shape = transpose_shape, .gradient = transpose_gradient, .value_inputs = CTF_INPUT(1)},
};
// clang-format on
CTF_OP_FAMILY(transpose, kOps);
