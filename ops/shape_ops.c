// Ops over shapes: what a tensor's shape, size and rank are, and that it is what the graph says.
#include "ops/op.h"

typedef struct ensure_shape_attrs {
  ctf_shape shape;
} ensure_shape_attrs;
static const ctf_attr_field ensure_shape_attrs_fields[] = {CTF_FIELD(ensure_shape_attrs, shape)};

static ctf_status shape_shape(ctf_shape_ctx* c) {
  for (int i = 0; i < c->num_outputs; ++i) {
    const int64_t rank = c->inputs[i].rank;  // -1 is the unknown dimension too
    CTF_TRY(ctf_shape_set(c, i, 1, &rank));
  }
  return NULL;
}

// A view whose shape is checked when it is inferred, which is before anything runs or as soon as it is known.
static ctf_status ensure_shape_shape(ctf_shape_ctx* c) {
  const ensure_shape_attrs* attrs = c->attrs;
  if (!ctf_shape_compatible(c->inputs[0], attrs->shape)) {
    return ctf_error(TF_INVALID_ARGUMENT, "Shape of tensor %s is not compatible with expected shape %s.",
                     ctf_shape_print(c->inputs[0]).text, ctf_shape_print(attrs->shape).text);
  }
  return ctf_shape_merge(c, c->inputs[0], attrs->shape, &c->outputs[0]);
}

static void identity_gradient(ctf_grad_ctx* g) { g->dx[0] = g->dy[0]; }

#define OF_SHAPES (CTF_OP_SHAPE_ONLY | CTF_OP_HOST)
static const ctf_op_def kOps[] = {
    {"EnsureShape", .attrs = CTF_ATTRS(ensure_shape_attrs), .shape = ensure_shape_shape, .gradient = identity_gradient,
     .flags = CTF_OP_VIEW},
    {"Rank", .shape = ctf_shape_scalar, .gradient = g_no_gradients, .flags = OF_SHAPES},
    {"Shape", .shape = shape_shape, .gradient = g_no_gradients, .flags = OF_SHAPES},
    {"ShapeN", .shape = shape_shape, .gradient = g_no_gradients, .flags = OF_SHAPES},
    {"Size", .shape = ctf_shape_scalar, .gradient = g_no_gradients, .flags = OF_SHAPES},
};
CTF_OP_FAMILY(shape_ops, kOps);
