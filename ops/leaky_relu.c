// LeakyRelu and its gradient: elementwise, but for the slope, which is an attribute.
#include "ops/leaky_relu.h"

static ctf_grad_tensor leaky_relu_grad(ctf_grad_ctx* g, ctf_grad_tensor dy, ctf_grad_tensor x) {
  const ctf_grad_tensor inputs[2] = {dy, x};
  for (int i = 0; i < g->num_attrs; ++i) {
    if (ctf_bytes_equal(g->attrs[i].name, "alpha")) {
      return g->vtable->op(g, "LeakyReluGrad", 2, inputs, 1, &g->attrs[i]);
    }
  }
  return g->vtable->op(g, "LeakyReluGrad", 2, inputs, 0, NULL);
}

static void leaky_relu_gradient(ctf_grad_ctx* g) { g->dx[0] = leaky_relu_grad(g, g->dy[0], g->inputs[0]); }

// Linear in the gradients; the slope does not depend on the features' values.
static void leaky_relu_grad_gradient(ctf_grad_ctx* g) {
  g->dx[0] = leaky_relu_grad(g, g->dy[0], g->inputs[1]);
  g->dx[1] = g_unary(g, "ZerosLike", g->inputs[1]);
}

static ctf_status pair_shape(ctf_shape_ctx* c) {
  return ctf_shape_merge(c, c->inputs[0], c->inputs[1], &c->outputs[0]);
}

static const ctf_attr_field ctf_leaky_relu_attrs_fields[] = {CTF_FIELD(ctf_leaky_relu_attrs, alpha)};

static const ctf_op_def kOps[] = {
    {"LeakyRelu", .attrs = CTF_ATTRS(ctf_leaky_relu_attrs), .shape = ctf_shape_same_as_input,
     .gradient = leaky_relu_gradient},
    {"LeakyReluGrad", .attrs = CTF_ATTRS(ctf_leaky_relu_attrs), .shape = pair_shape,
     .gradient = leaky_relu_grad_gradient},
};
CTF_OP_FAMILY(leaky_relu, kOps);
