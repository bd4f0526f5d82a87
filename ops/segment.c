// SegmentSum and UnsortedSegmentSum: sums of the slices that have the same segment id.
#include <inttypes.h>

#include "ops/op.h"

static ctf_status segment_shape(ctf_shape_ctx* c) {
  const ctf_shape data = c->inputs[0];
  CTF_TRY(ctf_shape_with_rank_at_least(data, 1));
  CTF_TRY(ctf_shape_with_rank(c->inputs[1], 1));
  if (data.rank < 0) return NULL;
  int64_t dims[CTF_MAX_RANK];
  for (int i = 0; i < data.rank; ++i) dims[i] = i == 0 ? -1 : data.dims[i];  // the last id says how many
  return ctf_shape_set(c, 0, data.rank, dims);
}

// [num_segments] and what follows the dimensions that the ids share with the data.
static ctf_status unsorted_segment_shape(ctf_shape_ctx* c) {
  const ctf_shape data = c->inputs[0], ids = c->inputs[1];
  bool known;
  int64_t count = -1;
  CTF_TRY(ctf_shape_with_rank(c->inputs[2], 0));
  if (data.rank < 0 || ids.rank < 0) return NULL;
  CTF_TRY(ctf_shape_with_rank_at_least(data, ids.rank));
  for (int i = 0; i < ids.rank; ++i) {
    int64_t merged;
    CTF_TRY(ctf_dim_merge(data.dims[i], ids.dims[i], &merged));
  }
  CTF_TRY(ctf_shape_scalar_value(c, 2, &known, &count));
  if (known && count < 0) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "Dimension size, given by scalar input 2, must be non-negative but is %" PRId64, count);
  }
  if (data.rank - ids.rank >= CTF_MAX_RANK) {
    return ctf_error(TF_INVALID_ARGUMENT, "A tensor cannot have more than %d dimensions", CTF_MAX_RANK);
  }
  int64_t dims[CTF_MAX_RANK] = {known ? count : -1};
  for (int i = ids.rank; i < data.rank; ++i) dims[i - ids.rank + 1] = data.dims[i];
  return ctf_shape_set(c, 0, data.rank - ids.rank + 1, dims);
}

static ctf_grad_tensor rows_of(ctf_grad_ctx* g, ctf_grad_tensor ids) {
  return g_ternary(g, "GatherV2", g->dy[0], ids, g->vtable->ints(g, -1, &(int32_t){0}));
}

static void segment_sum_gradient(ctf_grad_ctx* g) {
  g->dx[0] = rows_of(g, g->inputs[1]);
  g->dx[1] = g_none();
}

// Slices with a negative id were in no sum: nothing flows to them.
static void unsorted_segment_sum_gradient(ctf_grad_ctx* g) {
  const ctf_grad_tensor ids = g->inputs[1], none = g_unary(g, "ZerosLike", ids);
  const ctf_grad_tensor rows = rows_of(g, g_binary(g, "Maximum", ids, none));
  const ctf_grad_tensor counted = g_binary(g, "GreaterEqual", ids, none);
  // The condition, with a 1 for each dimension that a slice has, so that it broadcasts against the slices.
  const ctf_grad_tensor zero = g->vtable->ints(g, -1, &(int32_t){0}), one = g->vtable->ints(g, -1, &(int32_t){1});
  const ctf_grad_tensor extra = g_sub(g, g_unary(g, "Rank", rows), g_unary(g, "Rank", ids));
  const ctf_named_attr pack = {{"N", 1}, {.kind = CTF_ATTR_INT, .i = 1}};
  const ctf_named_attr concat = {{"N", 1}, {.kind = CTF_ATTR_INT, .i = 2}};
  const ctf_grad_tensor parts[3] = {g_unary(g, "Shape", ids),
                                    g_binary(g, "Fill", g->vtable->op(g, "Pack", 1, &extra, 1, &pack), one), zero};
  const ctf_grad_tensor shape = g->vtable->op(g, "ConcatV2", 3, parts, 1, &concat);
  g->dx[0] = g_ternary(g, "SelectV2", g_binary(g, "Reshape", counted, shape), rows, g_unary(g, "ZerosLike", rows));
  g->dx[1] = g->dx[2] = g_none();
}

static const ctf_op_def kOps[] = {
    {"SegmentSum", .shape = segment_shape, .gradient = segment_sum_gradient, .flags = CTF_OP_SIZE_FROM_DATA},
    {"UnsortedSegmentSum", .shape = unsorted_segment_shape, .gradient = unsorted_segment_sum_gradient,
     .value_inputs = CTF_INPUT(2)},
};
CTF_OP_FAMILY(segment, kOps);
