// DepthwiseConv2dNative: each channel of the input [n, h, w, c] (or [n, c, h, w]) with filters of its own, [fh, fw, c,
// m].
#include "ops/depthwise_conv.h"

#include <inttypes.h>

static const ctf_attr_field ctf_conv_attrs_fields[] = {
    CTF_FIELD(ctf_conv_attrs, strides),     CTF_FIELD(ctf_conv_attrs, explicit_paddings),
    CTF_FIELD(ctf_conv_attrs, dilations),   CTF_FIELD(ctf_conv_attrs, padding),
    CTF_FIELD(ctf_conv_attrs, data_format),
};

// ---- geometry

// A filter must fit at least once; a convolution over all channels would give nothing instead.
static ctf_status check_fits(const ctf_window_spec* spec, const ctf_window_axis* a) {
  const int64_t in = a->in + a->before + a->after, reach = (a->size - 1) * a->dilation + 1;
  if (a->in < 0 || a->size < 0 || ctf_bytes_equal(spec->padding, "SAME") || in >= reach) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "Negative dimension size caused by subtracting %" PRId64 " from %" PRId64,
                   reach, in);
}

static ctf_status geometry_make(const ctf_conv_attrs* attrs, ctf_shape input, ctf_shape filter, bool building,
                                ctf_depthwise_conv_geometry* out_geometry) {
  ctf_window_spec spec;
  CTF_TRY(ctf_conv_spec_make("DepthwiseConv2D", "DepthwiseConv2D", "dilations", attrs, &spec));
  spec.building = building;
  CTF_TRY(ctf_shape_with_rank(input, 4));
  CTF_TRY(ctf_shape_with_rank(filter, 4));
  ctf_depthwise_conv_geometry g = {.layout = ctf_window_layout_of(attrs->data_format)};
  g.batch = ctf_shape_dim(input, 0);
  g.multiplier = ctf_shape_dim(filter, 3);
  CTF_TRY(ctf_dim_merge(ctf_shape_dim(input, g.layout.channel), ctf_shape_dim(filter, 2), &g.channels));
  CTF_TRY(ctf_window_slide(&spec, g.layout.height, ctf_shape_dim(input, g.layout.height), ctf_shape_dim(filter, 0),
                           &g.height));
  CTF_TRY(check_fits(&spec, &g.height));
  CTF_TRY(ctf_window_slide(&spec, g.layout.width, ctf_shape_dim(input, g.layout.width), ctf_shape_dim(filter, 1),
                           &g.width));
  CTF_TRY(check_fits(&spec, &g.width));
  *out_geometry = g;
  return NULL;
}

ctf_status ctf_depthwise_conv_geometry_make(const ctf_conv_attrs* attrs, ctf_shape input, ctf_shape filter,
                                            ctf_depthwise_conv_geometry* out_geometry) {
  return geometry_make(attrs, input, filter, false, out_geometry);
}

static ctf_status depthwise_conv_shape(ctf_shape_ctx* c) {
  ctf_depthwise_conv_geometry g;
  CTF_TRY(geometry_make(c->attrs, c->inputs[0], c->inputs[1], c->building, &g));
  int64_t dims[4] = {g.batch}, channels = -1;
  if (g.channels >= 0 && g.multiplier >= 0 && __builtin_mul_overflow(g.channels, g.multiplier, &channels)) {
    return ctf_error(TF_INVALID_ARGUMENT, "%" PRId64 " channels times %" PRId64 " filters are too many", g.channels,
                     g.multiplier);
  }
  dims[g.layout.height] = g.height.out;
  dims[g.layout.width] = g.width.out;
  dims[g.layout.channel] = channels;
  return ctf_shape_set(c, 0, 4, dims);
}

// ---- gradient

static void depthwise_conv_gradient(ctf_grad_ctx* g) {
  ctf_conv_gradient(g, "DepthwiseConv2dNativeBackpropInput", "DepthwiseConv2dNativeBackpropFilter");
}

static const ctf_op_def kOps[] = {
    {.name = "DepthwiseConv2dNative",
     .attrs = CTF_ATTRS(ctf_conv_attrs),
     .shape = depthwise_conv_shape,
     .gradient = depthwise_conv_gradient},
};
CTF_OP_FAMILY(depthwise_conv, kOps);
