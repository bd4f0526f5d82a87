// Matrix products: MatMul of two matrices, BatchMatMul of stacks of them.
#include "ops/matmul.h"

#include <inttypes.h>
#include <string.h>

static const ctf_attr_field ctf_matmul_attrs_fields[] = {
    CTF_FIELD(ctf_matmul_attrs, transpose_a),
    CTF_FIELD(ctf_matmul_attrs, transpose_b),
    CTF_FIELD(ctf_matmul_attrs, adj_x),
    CTF_FIELD(ctf_matmul_attrs, adj_y),
};

// ---- geometry

// Steps of a stack's batch dimensions, aligned to those of the result.
static void batch_steps(ctf_shape shape, int batch_rank, int64_t* out_steps) {
  int64_t step = shape.dims[shape.rank - 1] * shape.dims[shape.rank - 2];
  for (int i = batch_rank - 1, axis = shape.rank - 3; i >= 0; --i, --axis) {
    out_steps[i] = axis < 0 || shape.dims[axis] == 1 ? 0 : step;
    if (axis >= 0) step *= shape.dims[axis];
  }
}

void ctf_matmul_geometry_make(const ctf_matmul_attrs* attrs, ctf_shape a, ctf_shape b,
                              ctf_matmul_geometry* out_geometry) {
  ctf_matmul_geometry* g = out_geometry;
  g->conjugate_a = attrs->adj_x;
  g->conjugate_b = attrs->adj_y;
  g->transpose_a = attrs->transpose_a || attrs->adj_x;
  g->transpose_b = attrs->transpose_b || attrs->adj_y;
  g->m = ctf_shape_dim(a, g->transpose_a ? -1 : -2);
  g->k = ctf_shape_dim(a, g->transpose_a ? -2 : -1);
  g->n = ctf_shape_dim(b, g->transpose_b ? -2 : -1);
  g->batch_rank = (a.rank > b.rank ? a.rank : b.rank) - 2;
  batch_steps(a, g->batch_rank, g->a_steps);
  batch_steps(b, g->batch_rank, g->b_steps);
  g->batches = 1;
  for (int i = 0; i < g->batch_rank; ++i) {
    const int from_end = i - g->batch_rank - 2;
    const int64_t dim = from_end + a.rank < 0 ? 1 : ctf_shape_dim(a, from_end);
    g->batch_dims[i] = dim == 1 && from_end + b.rank >= 0 ? ctf_shape_dim(b, from_end) : dim;
    g->batches *= g->batch_dims[i];
  }
}

void ctf_matmul_locate(const ctf_matmul_geometry* geometry, int64_t batch, int64_t* out_a, int64_t* out_b) {
  *out_a = *out_b = 0;
  for (int i = geometry->batch_rank - 1; i >= 0; --i) {
    const int64_t index = batch % geometry->batch_dims[i];
    batch /= geometry->batch_dims[i];
    *out_a += index * geometry->a_steps[i];
    *out_b += index * geometry->b_steps[i];
  }
}

// ---- shapes

// The result's two matrix dimensions, once both ranks are known to be at least 2.
static ctf_status matrix_dims(ctf_shape_ctx* c, bool transpose_a, bool transpose_b, int64_t out_dims[2]) {
  const ctf_shape a = c->inputs[0], b = c->inputs[1];
  int64_t inner;
  CTF_TRY(ctf_dim_merge(ctf_shape_dim(a, transpose_a ? -2 : -1), ctf_shape_dim(b, transpose_b ? -1 : -2), &inner));
  out_dims[0] = ctf_shape_dim(a, transpose_a ? -1 : -2);
  out_dims[1] = ctf_shape_dim(b, transpose_b ? -2 : -1);
  return NULL;
}

static ctf_status matmul_shape(ctf_shape_ctx* c) {
  const ctf_matmul_attrs* attrs = c->attrs;
  CTF_TRY(ctf_shape_with_rank(c->inputs[0], 2));
  CTF_TRY(ctf_shape_with_rank(c->inputs[1], 2));
  int64_t dims[2];
  CTF_TRY(matrix_dims(c, attrs->transpose_a, attrs->transpose_b, dims));
  return ctf_shape_set(c, 0, 2, dims);
}

static ctf_shape batch_of(ctf_shape shape) {
  return shape.rank < 0 ? CTF_SHAPE_UNKNOWN : (ctf_shape){shape.rank - 2, shape.dims};
}

static ctf_status batch_shape(ctf_shape_ctx* c, bool broadcasts) {
  const ctf_matmul_attrs* attrs = c->attrs;
  const ctf_shape a = c->inputs[0], b = c->inputs[1];
  CTF_TRY(ctf_shape_with_rank_at_least(a, 2));
  CTF_TRY(ctf_shape_with_rank_at_least(b, 2));
  int64_t matrix[2];
  CTF_TRY(matrix_dims(c, attrs->adj_x, attrs->adj_y, matrix));
  ctf_shape batch;
  if (broadcasts) {
    CTF_TRY(ctf_shape_broadcast(c, batch_of(a), batch_of(b), &batch));
  } else {
    CTF_TRY(ctf_shape_merge(c, batch_of(a), batch_of(b), &batch));
  }
  if (batch.rank < 0) {
    c->outputs[0] = CTF_SHAPE_UNKNOWN;
    return NULL;
  }
  int64_t dims[CTF_MAX_RANK];
  if (batch.rank > 0) memcpy(dims, batch.dims, (size_t)batch.rank * sizeof(*dims));
  memcpy(dims + batch.rank, matrix, sizeof(matrix));
  return ctf_shape_set(c, 0, batch.rank + 2, dims);
}

static ctf_status batch_same_shape(ctf_shape_ctx* c) { return batch_shape(c, false); }
static ctf_status batch_broadcast_shape(ctf_shape_ctx* c) { return batch_shape(c, true); }

// ---- gradients

static ctf_grad_tensor product(ctf_grad_ctx* g, const char* op, const char* names[2], ctf_grad_tensor a,
                               ctf_grad_tensor b, bool transpose_a, bool transpose_b) {
  const ctf_grad_tensor inputs[2] = {a, b};
  const ctf_named_attr attrs[2] = {
      {{names[0], strlen(names[0])}, {.kind = CTF_ATTR_BOOL, .b = transpose_a}},
      {{names[1], strlen(names[1])}, {.kind = CTF_ATTR_BOOL, .b = transpose_b}},
  };
  return g->vtable->op(g, op, 2, inputs, 2, attrs);
}

// Both gradients of op(a) * op(b), as products of dy with the other factor, in the order that the transposes ask for.
static void product_gradients(ctf_grad_ctx* g, const char* op, const char* names[2], ctf_grad_tensor a,
                              ctf_grad_tensor b) {
  const bool ta = g_attr_bool(g, names[0]), tb = g_attr_bool(g, names[1]);
  const ctf_grad_tensor dy = g->dy[0];
  g->dx[0] = ta ? product(g, op, names, b, dy, tb, true) : product(g, op, names, dy, b, false, !tb);
  g->dx[1] = tb ? product(g, op, names, dy, a, true, ta) : product(g, op, names, a, dy, !ta, false);
}

static void matmul_gradient(ctf_grad_ctx* g) {
  const char* names[2] = {"transpose_a", "transpose_b"};
  product_gradients(g, "MatMul", names, g_conj(g, g->inputs[0]), g_conj(g, g->inputs[1]));
}

static void batch_gradient(ctf_grad_ctx* g) {
  const char* names[2] = {"adj_x", "adj_y"};
  product_gradients(g, "BatchMatMul", names, g->inputs[0], g->inputs[1]);
}

// The dimensions of a stack without the last two.
static ctf_grad_tensor batch_dims_of(ctf_grad_ctx* g, ctf_grad_tensor shape) {
  const int32_t begin = 0, end = -2, step = 1;
  const ctf_grad_tensor inputs[4] = {shape, g->vtable->ints(g, 1, &begin), g->vtable->ints(g, 1, &end),
                                     g->vtable->ints(g, 1, &step)};
  return g->vtable->op(g, "StridedSlice", 4, inputs, 0, NULL);
}

// Sums over the batch dimensions along which x was repeated.
static ctf_grad_tensor unbroadcast_batch(ctf_grad_ctx* g, ctf_grad_tensor grad, ctf_grad_tensor x,
                                         ctf_grad_tensor other) {
  const ctf_grad_tensor shape = g_unary(g, "Shape", x);
  const ctf_grad_tensor axes =
      g_binary(g, "BroadcastGradientArgs", batch_dims_of(g, shape), batch_dims_of(g, g_unary(g, "Shape", other)));
  return g_binary(g, "Reshape", g_binary(g, "Sum", grad, axes), shape);
}

static void batch_broadcast_gradient(ctf_grad_ctx* g) {
  const char* names[2] = {"adj_x", "adj_y"};
  product_gradients(g, "BatchMatMulV2", names, g->inputs[0], g->inputs[1]);
  g->dx[0] = unbroadcast_batch(g, g->dx[0], g->inputs[0], g->inputs[1]);
  g->dx[1] = unbroadcast_batch(g, g->dx[1], g->inputs[1], g->inputs[0]);
}

#define ROW(op_name, shape_fn, gradient_fn) \
  { .name = op_name, .attrs = CTF_ATTRS(ctf_matmul_attrs), .shape = shape_fn, .gradient = gradient_fn }
static const ctf_op_def kOps[] = {
    ROW("MatMul", matmul_shape, matmul_gradient),
    ROW("BatchMatMul", batch_same_shape, batch_gradient),
    ROW("BatchMatMulV2", batch_broadcast_shape, batch_broadcast_gradient),
    ROW("BatchMatMulV3", batch_broadcast_shape, batch_broadcast_gradient),
};
CTF_OP_FAMILY(matmul, kOps);
