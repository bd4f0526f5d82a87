// TopK and TopKV2: the largest elements along the last dimension, and where they are.
#include "ops/topk.h"

#include <inttypes.h>

static const ctf_attr_field ctf_topk_attrs_fields[] = {CTF_FIELD(ctf_topk_attrs, k), CTF_FIELD(ctf_topk_attrs, sorted)};

// `k` -1: not known.
static ctf_status set_shapes(ctf_shape_ctx* c, int64_t k) {
  const ctf_shape input = c->inputs[0];
  CTF_TRY(ctf_shape_with_rank_at_least(input, 1));
  if (input.rank < 0) return NULL;
  const int64_t last = input.dims[input.rank - 1];
  if (last >= 0 && last < k) {
    return ctf_error(TF_INVALID_ARGUMENT, "input must have last dimension >= k = %" PRId64 " but is %" PRId64, k, last);
  }
  int64_t dims[CTF_MAX_RANK];
  for (int i = 0; i < input.rank; ++i) dims[i] = i == input.rank - 1 ? k : input.dims[i];
  CTF_TRY(ctf_shape_set(c, 0, input.rank, dims));
  return ctf_shape_set(c, 1, input.rank, dims);
}

static ctf_status topk_shape(ctf_shape_ctx* c) {
  const ctf_topk_attrs* attrs = c->attrs;
  if (attrs->k < 0) return ctf_error(TF_INVALID_ARGUMENT, "Need k >= 0, got %" PRId64, attrs->k);
  return set_shapes(c, attrs->k);
}

static ctf_status topk_v2_shape(ctf_shape_ctx* c) {
  bool known;
  int64_t k = -1;
  CTF_TRY(ctf_shape_with_rank_at_least(c->inputs[0], 1));
  if (c->inputs[1].rank > 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "Input must be scalar but has rank %d", c->inputs[1].rank);
  }
  CTF_TRY(ctf_shape_scalar_value(c, 1, &known, &k));
  if (known && k < 0) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "Dimension size, given by scalar input 1, must be non-negative but is %" PRId64, k);
  }
  return set_shapes(c, k);
}

static const ctf_named_attr kInt64Out = {{"out_type", 8}, {.kind = CTF_ATTR_TYPE, .type = TF_INT64}};

static ctf_grad_tensor shape64(ctf_grad_ctx* g, ctf_grad_tensor x) {
  return g->vtable->op(g, "Shape", 1, &x, 1, &kInt64Out);
}
static ctf_grad_tensor product(ctf_grad_ctx* g, ctf_grad_tensor x) {
  return g_binary(g, "Prod", x, g->vtable->ints(g, -1, &(int32_t){0}));
}

// What flows to the chosen elements goes back to their places: places in rows become places in the whole input.
static void topk_gradient(ctf_grad_ctx* g) {
  const ctf_grad_tensor shape = shape64(g, g->inputs[0]), size = product(g, shape);
  const ctf_grad_tensor rank = g_unary(g, "Rank", g->inputs[0]);
  const ctf_grad_tensor zero = g_cast(g, g->vtable->ints(g, -1, &(int32_t){0}), TF_INT64);
  const ctf_grad_tensor one32 = g->vtable->ints(g, -1, &(int32_t){1}), one = g_cast(g, one32, TF_INT64);
  const ctf_grad_tensor begin = g->vtable->ints(g, 1, &(int32_t){0}), count = g_sub(g, rank, one32);
  const ctf_named_attr pack1 = {{"N", 1}, {.kind = CTF_ATTR_INT, .i = 1}};
  const ctf_named_attr pack2 = {{"N", 1}, {.kind = CTF_ATTR_INT, .i = 2}};
  const ctf_grad_tensor count1 = g->vtable->op(g, "Pack", 1, &count, 1, &pack1);
  const ctf_grad_tensor rows = product(g, g_ternary(g, "Slice", shape, begin, count1));
  const ctf_grad_tensor columns =
      product(g, g_ternary(g, "Slice", shape, count1, g->vtable->ints(g, 1, &(int32_t){1})));
  const ctf_grad_tensor k =
      product(g, g_ternary(g, "Slice", shape64(g, g->outputs[1]), count1, g->vtable->ints(g, 1, &(int32_t){1})));
  const ctf_grad_tensor by_row[2] = {rows, k}, column_dims[2] = {rows, one};
  const ctf_grad_tensor places =
      g_binary(g, "Reshape", g_cast(g, g->outputs[1], TF_INT64), g->vtable->op(g, "Pack", 2, by_row, 1, &pack2));
  const ctf_grad_tensor firsts = g_binary(g, "Reshape", g_mul(g, g_ternary(g, "Range", zero, rows, one), columns),
                                          g->vtable->op(g, "Pack", 2, column_dims, 1, &pack2));
  const ctf_grad_tensor chosen = g_mul(g, rows, k), list_dims[2] = {chosen, one};
  const ctf_grad_tensor list =
      g_binary(g, "Reshape", g_add(g, places, firsts), g->vtable->op(g, "Pack", 2, list_dims, 1, &pack2));
  const ctf_grad_tensor values = g_binary(g, "Reshape", g->dy[0], g->vtable->op(g, "Pack", 1, &chosen, 1, &pack1));
  const ctf_grad_tensor flat = g_ternary(g, "ScatterNd", list, values, g->vtable->op(g, "Pack", 1, &size, 1, &pack1));
  g->dx[0] = g_binary(g, "Reshape", flat, shape);
  if (g->num_inputs > 1) g->dx[1] = g_none();
}

static const ctf_op_def kOps[] = {
    {"TopK", .attrs = CTF_ATTRS(ctf_topk_attrs), .shape = topk_shape, .gradient = topk_gradient},
    {"TopKV2", .attrs = CTF_ATTRS(ctf_topk_attrs), .shape = topk_v2_shape, .gradient = topk_gradient,
     .value_inputs = CTF_INPUT(1)},
};
CTF_OP_FAMILY(topk, kOps);
