// Gather, GatherV2 and GatherNd: slices of a tensor by their indices.
#include "ops/gather.h"

#include <inttypes.h>
#include <string.h>

static const ctf_attr_field ctf_gather_attrs_fields[] = {CTF_FIELD(ctf_gather_attrs, batch_dims),
                                                         CTF_FIELD(ctf_gather_attrs, bad_indices_policy)};

ctf_status ctf_bad_indices_ignored(ctf_bytes policy, bool* out_ignored) {
  *out_ignored = ctf_bytes_equal(policy, "IGNORE");
  if (*out_ignored || policy.length == 0 || ctf_bytes_equal(policy, "DEFAULT") || ctf_bytes_equal(policy, "ERROR")) {
    return NULL;
  }
  return ctf_error(TF_INVALID_ARGUMENT, "Unknown bad indices handling attribute: %.*s", (int)policy.length,
                   policy.data);
}

// ---- geometry

static ctf_status check_batch(ctf_shape params, ctf_shape indices, int64_t axis, int64_t* inout_batch_dims) {
  int64_t batch_dims = *inout_batch_dims;
  if (batch_dims == 0) return NULL;
  if (batch_dims < -indices.rank || batch_dims > indices.rank) {
    return ctf_error(TF_INVALID_ARGUMENT, "Expected batch_dims in the range [%d, %d], but got %" PRId64, -indices.rank,
                     indices.rank, batch_dims);
  }
  if (batch_dims < 0) batch_dims += indices.rank;
  if (batch_dims >= params.rank) {
    return ctf_error(TF_INVALID_ARGUMENT, "batch_dims (%" PRId64 ") must be less than rank(params) (%d).", batch_dims,
                     params.rank);
  }
  if (batch_dims > axis) {
    return ctf_error(TF_INVALID_ARGUMENT, "batch_dims (%" PRId64 ") must be less than or equal to axis (%" PRId64 ").",
                     batch_dims, axis);
  }
  for (int i = 0; i < batch_dims; ++i) {
    if (params.dims[i] == indices.dims[i]) continue;
    return ctf_error(TF_INVALID_ARGUMENT,
                     "params.shape[%d]: %" PRId64 " should be equal to indices.shape[%d]: %" PRId64, i, params.dims[i],
                     i, indices.dims[i]);
  }
  *inout_batch_dims = batch_dims;
  return NULL;
}

ctf_status ctf_gather_geometry_make(ctf_shape params, ctf_shape indices, const ctf_tensor* axis, int64_t batch_dims,
                                    ctf_gather_geometry* out_geometry) {
  int64_t at = 0;
  if (params.rank < 1) return ctf_error(TF_INVALID_ARGUMENT, "params must be at least 1 dimensional");
  if (axis != NULL && (axis->rank != 0 || !ctf_tensor_get_int(axis, 0, &at))) {
    return ctf_error(TF_INVALID_ARGUMENT, "axis must be scalar");
  }
  if (at < -params.rank || at >= params.rank) {
    return ctf_error(TF_INVALID_ARGUMENT, "Shape must be at least rank %" PRId64 " but is rank %d",
                     at < 0 ? -at : at + 1, params.rank);
  }
  if (at < 0) at += params.rank;
  CTF_TRY(check_batch(params, indices, at, &batch_dims));
  ctf_gather_geometry g = {.batch = 1, .outer = 1, .size = params.dims[at], .inner = 1, .count = 1};
  for (int i = 0; i < params.rank; ++i) {
    if (i != at) *(i < batch_dims ? &g.batch : i < at ? &g.outer : &g.inner) *= params.dims[i];
  }
  for (int i = (int)batch_dims; i < indices.rank; ++i) g.count *= indices.dims[i];
  *out_geometry = g;
  return NULL;
}

ctf_status ctf_gather_nd_geometry_make(ctf_shape params, ctf_shape indices, ctf_gather_nd_geometry* out_geometry) {
  if (params.rank < 1) return ctf_error(TF_INVALID_ARGUMENT, "params must be at least a vector");
  if (indices.rank < 1) return ctf_error(TF_INVALID_ARGUMENT, "indices must be at least a vector");
  const int64_t depth = indices.dims[indices.rank - 1];
  if (depth > params.rank) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "index innermost dimension length must be <= params rank; saw: %" PRId64 " vs. %d", depth,
                     params.rank);
  }
  ctf_gather_nd_geometry g = {.count = 1, .inner = 1, .depth = (int)depth};
  for (int i = 0; i < indices.rank - 1; ++i) g.count *= indices.dims[i];
  for (int i = g.depth; i < params.rank; ++i) g.inner *= params.dims[i];
  int64_t elements = g.inner;
  for (int i = 0; i < g.depth; ++i) elements *= params.dims[i];
  if (g.count > 0 && elements == 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "Requested more than 0 entries, but params is empty.  Params shape: %s",
                     ctf_shape_print(params).text);
  }
  if (g.count > 0 && g.depth > 7) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "Only indices.shape[-1] values between 1 and 7 are currently supported.  Requested rank: %d",
                     g.depth);
  }
  *out_geometry = g;
  return NULL;
}

// ---- shapes

// Dims [a_begin, a_end) of a, then those of b from b_begin on, then those of c from c_begin on.
static ctf_status set_joined(ctf_shape_ctx* c, ctf_shape a, int a_end, ctf_shape b, int b_begin, ctf_shape rest,
                             int rest_begin) {
  int64_t dims[3 * CTF_MAX_RANK];
  int rank = 0;
  for (int i = 0; i < a_end && i < a.rank; ++i) dims[rank++] = a.dims[i];
  for (int i = b_begin; i < b.rank; ++i) dims[rank++] = b.dims[i];
  for (int i = rest_begin; i < rest.rank; ++i) dims[rank++] = rest.dims[i];
  if (rank > CTF_MAX_RANK) {
    return ctf_error(TF_INVALID_ARGUMENT, "A tensor cannot have more than %d dimensions", CTF_MAX_RANK);
  }
  return ctf_shape_set(c, 0, rank, dims);
}

static ctf_status gather_shape(ctf_shape_ctx* c) {
  const ctf_shape params = c->inputs[0], indices = c->inputs[1];
  CTF_TRY(ctf_shape_with_rank_at_least(params, 1));
  if (params.rank < 0 || indices.rank < 0) return NULL;
  return set_joined(c, params, 0, indices, 0, params, 1);
}

static ctf_status gather_v2_shape(ctf_shape_ctx* c) {
  const ctf_gather_attrs* attrs = c->attrs;
  const ctf_shape params = c->inputs[0], indices = c->inputs[1];
  int64_t axis = 0, batch_dims = attrs->batch_dims;
  bool known;
  CTF_TRY(ctf_shape_with_rank_at_least(params, 1));
  CTF_TRY(ctf_shape_with_rank(c->inputs[2], 0));
  CTF_TRY(ctf_shape_scalar_value(c, 2, &known, &axis));
  if (batch_dims > CTF_MAX_RANK || batch_dims < -CTF_MAX_RANK || axis > CTF_MAX_RANK || axis < -CTF_MAX_RANK) {
    return ctf_error(TF_INVALID_ARGUMENT, "axis (%" PRId64 ") or batch_dims (%" PRId64 ") is out of range", axis,
                     batch_dims);
  }
  if (known) CTF_TRY(ctf_shape_with_rank_at_least(params, (int)(axis < 0 ? -axis : axis + 1)));
  CTF_TRY(ctf_shape_with_rank_at_least(indices, (int)(batch_dims < 0 ? -batch_dims : batch_dims)));
  if (indices.rank >= 0 && batch_dims < 0) batch_dims += indices.rank;
  if (batch_dims >= 0) CTF_TRY(ctf_shape_with_rank_at_least(params, (int)batch_dims + 1));
  if (params.rank < 0 || indices.rank < 0) return NULL;
  if (!known) return ctf_shape_set_unknown(c, 0, params.rank + indices.rank - 1 - (int)batch_dims);
  if (axis < 0) axis += params.rank;
  return set_joined(c, params, (int)axis, indices, (int)batch_dims, params, (int)axis + 1);
}

static ctf_status gather_nd_shape(ctf_shape_ctx* c) {
  const ctf_shape params = c->inputs[0], indices = c->inputs[1];
  CTF_TRY(ctf_shape_with_rank_at_least(indices, 1));
  const int64_t depth = ctf_shape_dim(indices, -1);
  if (params.rank < 0 || indices.rank < 0 || depth < 0) return NULL;
  if (depth > params.rank) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "indices.shape[-1] must be <= params.rank, but saw indices shape: %s and params shape: %s",
                     ctf_shape_print(indices).text, ctf_shape_print(params).text);
  }
  return set_joined(c, indices, indices.rank - 1, params, (int)depth, CTF_SHAPE_SCALAR, 0);
}

// ---- gradients

static const ctf_named_attr kInt64Out = {{"out_type", 8}, {.kind = CTF_ATTR_TYPE, .type = TF_INT64}};

static ctf_grad_tensor g_int64(ctf_grad_ctx* g, int32_t value) {
  return g_cast(g, g->vtable->ints(g, -1, &value), TF_INT64);
}
static ctf_grad_tensor g_shape64(ctf_grad_ctx* g, ctf_grad_tensor x) {
  return g->vtable->op(g, "Shape", 1, &x, 1, &kInt64Out);
}
static ctf_grad_tensor g_vector(ctf_grad_ctx* g, int count, const ctf_grad_tensor* scalars) {
  const ctf_named_attr attr = {{"N", 1}, {.kind = CTF_ATTR_INT, .i = count}};
  return g->vtable->op(g, "Pack", count, scalars, 1, &attr);
}
// The product of shape[begin .. begin + size); size -1: to the end.
static ctf_grad_tensor g_elements(ctf_grad_ctx* g, ctf_grad_tensor shape, ctf_grad_tensor begin, ctf_grad_tensor size) {
  const ctf_grad_tensor part = g_ternary(g, "Slice", shape, g_vector(g, 1, &begin), g_vector(g, 1, &size));
  return g_binary(g, "Prod", part, g->vtable->ints(g, -1, &(int32_t){0}));
}

// Sums of the slices of dy that came from the same slice: all axes before the gathered one are counted into the ids, so
// that one UnsortedSegmentSum over rows of `inner` elements serves every axis and every number of batch dimensions.
static void gather_gradient(ctf_grad_ctx* g) {
  const bool has_axis = g->num_inputs > 2;
  const ctf_named_attr* attr = g_attr(g, "batch_dims");
  const int64_t batch_dims = attr == NULL ? 0 : attr->value.i;
  const ctf_grad_tensor zero = g_int64(g, 0), one = g_int64(g, 1), rest = g_int64(g, -1);
  const ctf_grad_tensor shape = g_shape64(g, g->inputs[0]), index_shape = g_shape64(g, g->inputs[1]);
  const ctf_grad_tensor rank = g_cast(g, g_unary(g, "Rank", g->inputs[0]), TF_INT64);
  const ctf_grad_tensor axis = has_axis ? g_binary(g, "FloorMod", g_cast(g, g->inputs[2], TF_INT64), rank) : zero;
  ctf_grad_tensor batch_rank = g_int64(g, (int32_t)batch_dims);
  if (batch_dims < 0) batch_rank = g_add(g, batch_rank, g_cast(g, g_unary(g, "Rank", g->inputs[1]), TF_INT64));
  const ctf_grad_tensor batch = g_elements(g, shape, zero, batch_rank);
  const ctf_grad_tensor outer = g_elements(g, shape, batch_rank, g_sub(g, axis, batch_rank));
  const ctf_grad_tensor size = g_elements(g, shape, axis, one);
  const ctf_grad_tensor inner = g_elements(g, shape, g_add(g, axis, one), rest);
  const ctf_grad_tensor count = g_elements(g, index_shape, batch_rank, rest);
  const ctf_grad_tensor blocks = g_mul(g, batch, outer);
  const ctf_grad_tensor block_dims[3] = {batch, outer, one}, index_dims[3] = {batch, one, count};
  const ctf_grad_tensor firsts = g_mul(g, g_ternary(g, "Range", zero, blocks, one), size);
  const ctf_grad_tensor indices = g_binary(g, "Reshape", g_cast(g, g->inputs[1], TF_INT64), g_vector(g, 3, index_dims));
  const ctf_grad_tensor ids = g_add(g, g_binary(g, "Reshape", firsts, g_vector(g, 3, block_dims)), indices);
  const ctf_grad_tensor rows = g_mul(g, blocks, count), row_dims[2] = {rows, inner};
  const ctf_grad_tensor sums =
      g_ternary(g, "UnsortedSegmentSum", g_binary(g, "Reshape", g->dy[0], g_vector(g, 2, row_dims)),
                g_binary(g, "Reshape", ids, g_vector(g, 1, &rows)), g_mul(g, blocks, size));
  g->dx[0] = g_binary(g, "Reshape", sums, shape);
  for (int i = 1; i < g->num_inputs; ++i) g->dx[i] = g_none();
}

static void gather_nd_gradient(ctf_grad_ctx* g) {
  // ScatterNd has no kernel for int16 indices, as in TensorFlow.
  const ctf_grad_tensor indices = g_cast(g, g->inputs[1], TF_INT64);
  const ctf_named_attr* policy = g_attr(g, "bad_indices_policy");
  const ctf_grad_tensor inputs[3] = {indices, g->dy[0], g_shape64(g, g->inputs[0])};
  g->dx[0] = g->vtable->op(g, "ScatterNd", 3, inputs, policy == NULL ? 0 : 1, policy);
  g->dx[1] = g_none();
}

#define ATTRS .attrs = CTF_ATTRS(ctf_gather_attrs)
static const ctf_op_def kOps[] = {
    {"Gather", ATTRS, .shape = gather_shape, .gradient = gather_gradient},
    {"GatherNd", ATTRS, .shape = gather_nd_shape, .gradient = gather_nd_gradient},
    {"GatherV2", ATTRS, .shape = gather_v2_shape, .gradient = gather_gradient, .value_inputs = CTF_INPUT(2)},
};
CTF_OP_FAMILY(gather, kOps);
