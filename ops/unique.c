// Unique and UniqueV2: the elements (or slices) that differ, in the order of their first appearance, and for each
// element which of them it is.
#include "ops/unique.h"

#include <inttypes.h>

ctf_status ctf_unique_geometry_make(ctf_shape x, const ctf_tensor* axis, ctf_unique_geometry* out_geometry) {
  int64_t at = 0;
  if (axis != NULL && axis->rank != 1) return ctf_error(TF_INVALID_ARGUMENT, "axis expects a 1D vector.");
  if (axis != NULL && axis->num_elements > 1) {
    return ctf_error(TF_INVALID_ARGUMENT, "axis does not support input tensors larger than 1 elements");
  }
  if (axis == NULL || axis->num_elements == 0) {
    if (x.rank != 1) return ctf_error(TF_INVALID_ARGUMENT, "unique expects a 1D vector.");
  } else if (!ctf_tensor_get_int(axis, 0, &at) || at < -x.rank || at >= x.rank) {
    return ctf_error(TF_INVALID_ARGUMENT, "axis has to be between [0, %d)", x.rank);
  }
  if (at < 0) at += x.rank;
  ctf_unique_geometry g = {.axis = (int)at, .outer = 1, .count = x.dims[at], .inner = 1};
  for (int i = 0; i < at; ++i) g.outer *= x.dims[i];
  for (int i = (int)at + 1; i < x.rank; ++i) g.inner *= x.dims[i];
  *out_geometry = g;
  return NULL;
}

static ctf_status unique_shape(ctf_shape_ctx* c) {
  const int64_t unknown = -1, count = ctf_shape_dim(c->inputs[0], 0);
  CTF_TRY(ctf_shape_with_rank(c->inputs[0], 1));
  CTF_TRY(ctf_shape_set(c, 0, 1, &unknown));
  return ctf_shape_set(c, 1, 1, &count);
}

static ctf_status unique_v2_shape(ctf_shape_ctx* c) {
  const ctf_shape x = c->inputs[0];
  const ctf_tensor* axis = c->values[1];
  int64_t at = 0, unknown = -1, count;
  CTF_TRY(ctf_shape_set_unknown(c, 1, 1));
  if (x.rank < 0) return NULL;
  if (c->inputs[1].rank >= 0 && c->inputs[1].rank != 1) {
    return ctf_error(TF_INVALID_ARGUMENT, "axis expects a 1D vector.");
  }
  CTF_TRY(ctf_shape_set_unknown(c, 0, x.rank));
  if (axis == NULL) return NULL;
  if (axis->num_elements > 1) {
    return ctf_error(TF_INVALID_ARGUMENT, "axis does not support input tensors larger than 1 elements.");
  }
  if (axis->num_elements == 0) {
    if (x.rank != 1) return ctf_error(TF_INVALID_ARGUMENT, "x expects a 1D vector.");
  } else if (!ctf_tensor_get_int(axis, 0, &at) || at < -x.rank || at >= x.rank) {
    return ctf_error(TF_INVALID_ARGUMENT, "axis expects to be in the range [%d, %d)", -x.rank, x.rank);
  }
  count = ctf_shape_dim(x, (int)at);
  CTF_TRY(ctf_shape_set(c, 1, 1, &count));
  if (c->building) return NULL;  // TensorFlow says no more of the elements
  if (x.rank == 1) return ctf_shape_set(c, 0, 1, &unknown);
  int64_t dims[CTF_MAX_RANK];
  for (int i = 0; i < x.rank; ++i) dims[i] = i == (at < 0 ? at + x.rank : at) ? -1 : x.dims[i];
  return ctf_shape_set(c, 0, x.rank, dims);
}

static const ctf_op_def kOps[] = {
    {"Unique", .shape = unique_shape, .flags = CTF_OP_SIZE_FROM_DATA},
    {"UniqueV2", .shape = unique_v2_shape, .flags = CTF_OP_SIZE_FROM_DATA, .value_inputs = CTF_INPUT(1)},
};
CTF_OP_FAMILY(unique, kOps);
