// ApproximateEqual: |x - y| below a tolerance that is an attribute. No broadcasting.
#include "ops/approximate_equal.h"

static ctf_status same_shape(ctf_shape_ctx* c) {
  if (!ctf_shape_compatible(c->inputs[0], c->inputs[1])) {
    return ctf_error(TF_INVALID_ARGUMENT, "x and y must be of the same shape. x shape: %s. y shape: %s",
                     ctf_shape_print(c->inputs[0]).text, ctf_shape_print(c->inputs[1]).text);
  }
  return ctf_shape_merge(c, c->inputs[0], c->inputs[1], &c->outputs[0]);
}

static const ctf_attr_field ctf_approximate_equal_attrs_fields[] = {CTF_FIELD(ctf_approximate_equal_attrs, tolerance)};

static const ctf_op_def kOps[] = {
    {"ApproximateEqual", .attrs = CTF_ATTRS(ctf_approximate_equal_attrs), .shape = same_shape,
     .gradient = g_no_gradients},
};
CTF_OP_FAMILY(approximate_equal, kOps);
