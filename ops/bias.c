// BiasAdd: a number for each channel, added to every element of it.
#include "ops/bias.h"

static const ctf_attr_field ctf_bias_attrs_fields[] = {CTF_FIELD(ctf_bias_attrs, data_format)};

// The channels of NCHW are the third dimension from the end of an image batch, and the second one of anything else.
static int channel_axis(const ctf_bias_attrs* attrs, int rank) {
  return ctf_bytes_equal(attrs->data_format, "NCHW") ? 1 : rank - 1;
}

ctf_bias_geometry ctf_bias_geometry_make(const ctf_bias_attrs* attrs, ctf_shape value) {
  const int axis = channel_axis(attrs, value.rank);
  ctf_bias_geometry g = {.outer = 1, .channels = value.dims[axis], .inner = 1};
  for (int i = 0; i < axis; ++i) g.outer *= value.dims[i];
  for (int i = axis + 1; i < value.rank; ++i) g.inner *= value.dims[i];
  return g;
}

static ctf_status bias_shape(ctf_shape_ctx* c) {
  const ctf_shape value = c->inputs[0], bias = c->inputs[1];
  CTF_TRY(ctf_shape_with_rank_at_least(value, 2));
  CTF_TRY(ctf_shape_with_rank(bias, 1));
  if (value.rank < 0) {
    c->outputs[0] = CTF_SHAPE_UNKNOWN;
    return NULL;
  }
  const int axis = channel_axis(c->attrs, value.rank);
  int64_t dims[CTF_MAX_RANK];
  for (int i = 0; i < value.rank; ++i) dims[i] = value.dims[i];
  CTF_TRY(ctf_dim_merge(dims[axis], ctf_shape_dim(bias, 0), &dims[axis]));
  return ctf_shape_set(c, 0, value.rank, dims);
}

static void bias_gradient(ctf_grad_ctx* g) {
  const ctf_named_attr* format = g_attr(g, "data_format");
  g->dx[0] = g->dy[0];
  g->dx[1] = g->vtable->op(g, "BiasAddGrad", 1, &g->dy[0], format == NULL ? 0 : 1, format);
}

// BiasAddGrad came with BiasAdd: the gradient of the older op is a sum over all but the last dimension.
static void bias_v1_gradient(ctf_grad_ctx* g) {
  const ctf_grad_tensor zero = g->vtable->ints(g, -1, &(int32_t){0}), one = g->vtable->ints(g, -1, &(int32_t){1});
  const ctf_grad_tensor last = g_sub(g, g_unary(g, "Rank", g->dy[0]), one);
  g->dx[0] = g->dy[0];
  g->dx[1] = g_binary(g, "Sum", g->dy[0], g_ternary(g, "Range", zero, last, one));
}

static const ctf_op_def kOps[] = {
    {.name = "BiasAdd", .attrs = CTF_ATTRS(ctf_bias_attrs), .shape = bias_shape, .gradient = bias_gradient},
    {.name = "BiasAddV1", .attrs = CTF_ATTRS(ctf_bias_attrs), .shape = bias_shape, .gradient = bias_v1_gradient},
};
CTF_OP_FAMILY(bias, kOps);
