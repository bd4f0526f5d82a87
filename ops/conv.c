// Conv2D: input [n, h, w, c] (or [n, c, h, w]) with filter [fh, fw, c / groups, k].
#include "ops/conv.h"

#include <inttypes.h>

static const ctf_attr_field ctf_conv_attrs_fields[] = {
    CTF_FIELD(ctf_conv_attrs, strides),     CTF_FIELD(ctf_conv_attrs, explicit_paddings),
    CTF_FIELD(ctf_conv_attrs, dilations),   CTF_FIELD(ctf_conv_attrs, padding),
    CTF_FIELD(ctf_conv_attrs, data_format),
};

// ---- geometry

ctf_status ctf_conv_spec_make(const char* op, const char* stride_op, const char* dilation, const ctf_conv_attrs* attrs,
                              ctf_window_spec* out_spec) {
  *out_spec = (ctf_window_spec){.op = op,
                                .padding = attrs->padding,
                                .data_format = attrs->data_format,
                                .explicit_paddings = attrs->explicit_paddings};
  CTF_TRY(ctf_window_list(op, dilation, &attrs->dilations, out_spec->dilations));
  CTF_TRY(ctf_window_list(stride_op, "stride", &attrs->strides, out_spec->strides));
  return ctf_window_check(out_spec);
}

// Channels and groups; what is not known stays -1 (groups: 1).
static ctf_status channels_check(ctf_conv_geometry* g, ctf_shape filter) {
  g->group_in = ctf_shape_dim(filter, 2);
  g->out_channels = ctf_shape_dim(filter, 3);
  g->groups = 1;
  if (g->group_in == 0) return ctf_error(TF_INVALID_ARGUMENT, "Depth of filter must not be 0");
  if (g->in_channels < 0 || g->group_in < 0) return NULL;
  if (g->in_channels % g->group_in != 0) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "Depth of input (%" PRId64 ") is not a multiple of input depth of filter (%" PRId64 ")",
                     g->in_channels, g->group_in);
  }
  g->groups = g->in_channels / g->group_in;
  if (g->groups == 0) return NULL;  // an input without channels: sums of nothing
  if (g->out_channels >= 0 && g->out_channels % g->groups != 0) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "Depth of output (%" PRId64 ") is not a multiple of the number of groups (%" PRId64 ")",
                     g->out_channels, g->groups);
  }
  g->group_out = g->out_channels / g->groups;
  return NULL;
}

static ctf_status geometry_make(const ctf_conv_attrs* attrs, ctf_shape input, ctf_shape filter, bool building,
                                ctf_conv_geometry* out_geometry) {
  const bool channels_first = ctf_window_layout_of(attrs->data_format).channels_first;
  ctf_window_spec spec;
  CTF_TRY(ctf_conv_spec_make("Conv2D", channels_first ? "Conv2D on data format NCHW" : "Conv2D on data format NHWC",
                             "dilation", attrs, &spec));
  spec.building = building;
  CTF_TRY(ctf_shape_with_rank(input, 4));
  CTF_TRY(ctf_shape_with_rank(filter, 4));
  ctf_conv_geometry g = {.layout = ctf_window_layout_of(attrs->data_format)};
  g.batch = ctf_shape_dim(input, 0);
  g.in_channels = ctf_shape_dim(input, g.layout.channel);
  CTF_TRY(channels_check(&g, filter));
  CTF_TRY(ctf_window_slide(&spec, g.layout.height, ctf_shape_dim(input, g.layout.height), ctf_shape_dim(filter, 0),
                           &g.height));
  CTF_TRY(ctf_window_slide(&spec, g.layout.width, ctf_shape_dim(input, g.layout.width), ctf_shape_dim(filter, 1),
                           &g.width));
  *out_geometry = g;
  return NULL;
}

ctf_status ctf_conv_geometry_make(const ctf_conv_attrs* attrs, ctf_shape input, ctf_shape filter,
                                  ctf_conv_geometry* out_geometry) {
  return geometry_make(attrs, input, filter, false, out_geometry);
}

static ctf_status conv_shape(ctf_shape_ctx* c) {
  ctf_conv_geometry g;
  CTF_TRY(geometry_make(c->attrs, c->inputs[0], c->inputs[1], c->building, &g));
  int64_t dims[4] = {g.batch};
  dims[g.layout.height] = g.height.out;
  dims[g.layout.width] = g.width.out;
  dims[g.layout.channel] = g.out_channels;
  return ctf_shape_set(c, 0, 4, dims);
}

// ---- gradient

void ctf_conv_gradient(ctf_grad_ctx* g, const char* to_input, const char* to_filter) {
  static const char* const kKept[] = {"strides",     "use_cudnn_on_gpu", "padding", "explicit_paddings",
                                      "data_format", "dilations",        NULL};
  const ctf_grad_tensor x = g->inputs[0], filter = g->inputs[1];
  const ctf_grad_tensor input_args[3] = {g_unary(g, "Shape", x), filter, g->dy[0]};
  const ctf_grad_tensor filter_args[3] = {x, g_unary(g, "Shape", filter), g->dy[0]};
  g->dx[0] = g_op_like(g, to_input, 3, input_args, kKept);
  g->dx[1] = g_op_like(g, to_filter, 3, filter_args, kKept);
}

static void conv_gradient(ctf_grad_ctx* g) { ctf_conv_gradient(g, "Conv2DBackpropInput", "Conv2DBackpropFilter"); }

static const ctf_op_def kOps[] = {
    {.name = "Conv2D", .attrs = CTF_ATTRS(ctf_conv_attrs), .shape = conv_shape, .gradient = conv_gradient},
};
CTF_OP_FAMILY(conv, kOps);
