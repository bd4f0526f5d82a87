// Softmax and its logarithm, over the last axis.
#include "ops/op.h"

static ctf_status softmax_shape(ctf_shape_ctx* c) {
  CTF_TRY(ctf_shape_with_rank_at_least(c->inputs[0], 1));
  return ctf_shape_same_as_input(c);
}

// The sum over the last axis, which is kept.
static ctf_grad_tensor sum_last(ctf_grad_ctx* g, ctf_grad_tensor x) {
  const int32_t last = -1;
  const ctf_grad_tensor inputs[2] = {x, g->vtable->ints(g, 1, &last)};
  const ctf_named_attr keep = {{"keep_dims", 9}, {.kind = CTF_ATTR_BOOL, .b = true}};
  return g->vtable->op(g, "Sum", 2, inputs, 1, &keep);
}

// dx = (dy - sum(dy * y)) * y
static void softmax_gradient(ctf_grad_ctx* g) {
  const ctf_grad_tensor y = g->outputs[0], dy = g->dy[0];
  g->dx[0] = g_mul(g, g_sub(g, dy, sum_last(g, g_mul(g, dy, y))), y);
}

// dx = dy - sum(dy) * exp(y)
static void log_softmax_gradient(ctf_grad_ctx* g) {
  const ctf_grad_tensor dy = g->dy[0];
  g->dx[0] = g_sub(g, dy, g_mul(g, sum_last(g, dy), g_unary(g, "Exp", g->outputs[0])));
}

static const ctf_op_def kOps[] = {
    {.name = "Softmax", .shape = softmax_shape, .gradient = softmax_gradient},
    {.name = "LogSoftmax", .shape = softmax_shape, .gradient = log_softmax_gradient},
};
CTF_OP_FAMILY(softmax, kOps);
