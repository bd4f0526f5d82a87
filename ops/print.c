// Assert, Print and PrintV2: tensors shown to people, as an error or on a stream.
#include "ops/print.h"

static const ctf_attr_field ctf_print_attrs_fields[] = {
    CTF_FIELD(ctf_print_attrs, summarize), CTF_FIELD(ctf_print_attrs, first_n), CTF_FIELD(ctf_print_attrs, message),
    CTF_FIELD(ctf_print_attrs, output_stream), CTF_FIELD(ctf_print_attrs, end)};

static ctf_status print_v2_shape(ctf_shape_ctx* c) {
  if (c->inputs[0].rank <= 0) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "input must be a scalar, but has rank: %d", c->inputs[0].rank);
}

static void print_gradient(ctf_grad_ctx* g) {
  g_no_gradients(g);
  g->dx[0] = g->dy[0];
}

#define ATTRS .attrs = CTF_ATTRS(ctf_print_attrs)
static const ctf_op_def kOps[] = {
    {"Assert", ATTRS, .shape = ctf_shape_none, .gradient = g_no_gradients, .flags = CTF_OP_HOST},
    {"Print", ATTRS, .shape = ctf_shape_same_as_input, .gradient = print_gradient},
    {"PrintV2", ATTRS, .shape = print_v2_shape, .flags = CTF_OP_HOST},
};
CTF_OP_FAMILY(print, kOps);
