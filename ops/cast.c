// Cast: one type to another, element by element.
#include "ops/cast.h"

// As in TensorFlow nothing flows through types that are not floating.
static void cast_gradient(ctf_grad_ctx* g) {
  const TF_DataType from = g_attr_type(g, "SrcT"), to = g_attr_type(g, "DstT");
  const bool flows = ctf_type_in(CTF_FLOATING, from) && ctf_type_in(CTF_FLOATING, to);
  g->dx[0] = flows ? g_cast(g, g->dy[0], from) : g_none();
}

static const ctf_attr_field ctf_cast_attrs_fields[] = {CTF_FIELD(ctf_cast_attrs, Truncate)};

static const ctf_op_def kOps[] = {
    {"Cast", .attrs = CTF_ATTRS(ctf_cast_attrs), .shape = ctf_shape_same_as_input, .gradient = cast_gradient},
};
CTF_OP_FAMILY(cast, kOps);
