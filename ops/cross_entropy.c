// Cross entropy between softmax(logits), a distribution a row, and labels: distributions too, or one class a row. Both
// ops give the loss of each row and its gradient.
#include "ops/cross_entropy.h"

#include <inttypes.h>

// ---- geometry

static int64_t dim_or_one(ctf_shape shape, int axis) {  // -2: rows, -1: columns
  return shape.rank + axis < 0 ? 1 : shape.dims[shape.rank + axis];
}

static ctf_cross_entropy_side side_make(ctf_shape shape) {
  const int64_t cols = dim_or_one(shape, -1);
  return (ctf_cross_entropy_side){.row_step = dim_or_one(shape, -2) == 1 ? 0 : cols, .col_step = cols != 1};
}

ctf_cross_entropy_geometry ctf_cross_entropy_geometry_make(ctf_shape logits, ctf_shape labels) {
  const int64_t rows = dim_or_one(logits, -2), cols = dim_or_one(logits, -1);
  return (ctf_cross_entropy_geometry){.rows = rows == 1 ? dim_or_one(labels, -2) : rows,
                                      .cols = cols == 1 ? dim_or_one(labels, -1) : cols,
                                      .logits = side_make(logits),
                                      .labels = side_make(labels)};
}

// ---- shapes

static ctf_status set_outputs(ctf_shape_ctx* c, int64_t rows, int64_t cols) {
  const int64_t dims[2] = {rows, cols};
  CTF_TRY(ctf_shape_set(c, 0, 1, dims));
  return ctf_shape_set(c, 1, 2, dims);
}

static ctf_status dense_shape(ctf_shape_ctx* c) {
  ctf_shape shape;
  CTF_TRY(ctf_shape_broadcast(c, c->inputs[0], c->inputs[1], &shape));
  if (shape.rank >= 0 && shape.rank != 2) {
    return ctf_error(TF_INVALID_ARGUMENT, "Shape must be broadcasted with rank 2, but is rank %d", shape.rank);
  }
  return set_outputs(c, ctf_shape_dim(shape, 0), ctf_shape_dim(shape, 1));
}

static ctf_status sparse_shape(ctf_shape_ctx* c) {
  int64_t rows;
  CTF_TRY(ctf_shape_with_rank(c->inputs[0], 2));
  CTF_TRY(ctf_shape_with_rank(c->inputs[1], 1));
  CTF_TRY(ctf_dim_merge(ctf_shape_dim(c->inputs[0], 0), ctf_shape_dim(c->inputs[1], 0), &rows));
  return set_outputs(c, rows, ctf_shape_dim(c->inputs[0], 1));
}

// ---- gradients

// Each row of a matrix times the element of a vector.
static ctf_grad_tensor scale_rows(ctf_grad_ctx* g, ctf_grad_tensor vector, ctf_grad_tensor matrix) {
  const int32_t last = -1;
  return g_mul(g, g_binary(g, "ExpandDims", vector, g->vtable->ints(g, -1, &last)), matrix);
}

// dlogits = dloss * backprop, and for a second derivative what flows to backprop, through softmax:
// (dback - sum(dback * softmax)) * softmax
static ctf_grad_tensor logits_gradient(ctf_grad_ctx* g) {
  const int32_t last = -1;
  const ctf_named_attr keep = {{"keep_dims", 9}, {.kind = CTF_ATTR_BOOL, .b = true}};
  ctf_grad_tensor grad = scale_rows(g, g->dy[0], g->outputs[1]);
  if (g->dy[1].id == 0) return grad;
  const ctf_grad_tensor softmax = g_unary(g, "Softmax", g->inputs[0]), back = g->dy[1];
  const ctf_grad_tensor sum_inputs[2] = {g_mul(g, back, softmax), g->vtable->ints(g, 1, &last)};
  const ctf_grad_tensor mean = g->vtable->op(g, "Sum", 2, sum_inputs, 1, &keep);
  return g_add(g, grad, g_mul(g, g_sub(g, back, mean), softmax));
}

static void dense_gradient(ctf_grad_ctx* g) {
  g->dx[0] = logits_gradient(g);
  g->dx[1] = scale_rows(g, g->dy[0], g_neg(g, g_unary(g, "LogSoftmax", g->inputs[0])));
}

static void sparse_gradient(ctf_grad_ctx* g) {
  g->dx[0] = logits_gradient(g);
  g->dx[1] = g_none();
}

static const ctf_op_def kOps[] = {
    {.name = "SoftmaxCrossEntropyWithLogits", .shape = dense_shape, .gradient = dense_gradient},
    {.name = "SparseSoftmaxCrossEntropyWithLogits", .shape = sparse_shape, .gradient = sparse_gradient},
};
CTF_OP_FAMILY(cross_entropy, kOps);
