// AddN: the sum of several tensors of one shape.
#include "ops/op.h"

static ctf_status add_n_shape(ctf_shape_ctx* c) {
  ctf_shape shape = c->inputs[c->num_inputs - 1];
  for (int i = c->num_inputs - 2; i >= 0; --i) CTF_TRY(ctf_shape_merge(c, c->inputs[i], shape, &shape));
  c->outputs[0] = shape;
  return NULL;
}

static void add_n_gradient(ctf_grad_ctx* g) {
  for (int i = 0; i < g->num_inputs; ++i) g->dx[i] = g->dy[0];
}

static const ctf_op_def kOps[] = {
    {"AddN", .shape = add_n_shape, .gradient = add_n_gradient},
};
CTF_OP_FAMILY(add_n, kOps);
