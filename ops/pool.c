// Pooling over windows of an image, [n, h, w, c] or [n, c, h, w]; MaxPool also over groups of channels.
#include "ops/pool.h"

#include <inttypes.h>
#include <string.h>

static const ctf_attr_field ctf_pool_attrs_fields[] = {
    CTF_FIELD(ctf_pool_attrs, ksize),
    CTF_FIELD(ctf_pool_attrs, strides),
    CTF_FIELD(ctf_pool_attrs, explicit_paddings),
    CTF_FIELD(ctf_pool_attrs, padding),
    CTF_FIELD(ctf_pool_attrs, data_format),
};

// ---- geometry

static bool is_average(const char* op) { return strcmp(op, "AvgPool") == 0; }

// Four integers that are an input.
static ctf_status read_input(const ctf_tensor* value, const char* what, int64_t out_values[4]) {
  CTF_TRY(ctf_shape_with_rank(ctf_tensor_shape(value), 1));
  if (value->num_elements != 4) {
    return ctf_error(TF_INVALID_ARGUMENT, "Sliding window %s field must specify 4 dimensions, but has %" PRId64, what,
                     value->num_elements);
  }
  for (int i = 0; i < 4; ++i) {
    if (!ctf_tensor_get_int(value, i, &out_values[i])) {
      return ctf_error(TF_INVALID_ARGUMENT, "Sliding window %s must be integers", what);
    }
  }
  return NULL;
}

static ctf_status spec_make(const char* op, const ctf_pool_attrs* attrs, const ctf_tensor* ksize,
                            const ctf_tensor* strides, bool building, int64_t out_ksize[4], ctf_window_spec* out_spec) {
  *out_spec = (ctf_window_spec){.op = op,
                                .padding = attrs->padding,
                                .data_format = attrs->data_format,
                                .explicit_paddings = attrs->explicit_paddings,
                                .dilations = {1, 1, 1, 1},
                                .building = building};
  if (ksize != NULL) {
    CTF_TRY(read_input(ksize, "ksize", out_ksize));
    CTF_TRY(read_input(strides, "stride", out_spec->strides));
  } else {
    CTF_TRY(ctf_window_list(op, "stride", &attrs->strides, out_spec->strides));
    CTF_TRY(ctf_window_list(op, "ksize", &attrs->ksize, out_ksize));
  }
  CTF_TRY(ctf_window_check(out_spec));
  for (int i = 0; i < 4 && !building; ++i) {  // TensorFlow's shape function does not look
    if (out_ksize[i] > 0 && out_ksize[i] <= INT32_MAX) continue;
    if (is_average(op)) {
      return ctf_error(TF_INVALID_ARGUMENT, "ksize must be a positive int32 value, got:%" PRId64, out_ksize[i]);
    }
    return ctf_error(TF_INVALID_ARGUMENT,
                     "Sliding window ksize must be positive. The specified or inferred ksize is: %" PRId64 ",%" PRId64
                     ",%" PRId64 ",%" PRId64,
                     out_ksize[0], out_ksize[1], out_ksize[2], out_ksize[3]);
  }
  return NULL;
}

static ctf_status geometry_make(const char* op, const ctf_pool_attrs* attrs, ctf_shape input, const ctf_tensor* ksize,
                                const ctf_tensor* strides, bool building, ctf_pool_geometry* out_geometry) {
  ctf_window_spec spec;
  int64_t sizes[4];
  CTF_TRY(spec_make(op, attrs, ksize, strides, building, sizes, &spec));
  CTF_TRY(ctf_shape_with_rank(input, 4));
  ctf_pool_geometry g = {.layout = ctf_window_layout_of(attrs->data_format)};
  g.batch = ctf_shape_dim(input, 0);
  g.channels = ctf_shape_dim(input, g.layout.channel);
  g.depth_window = sizes[g.layout.channel];
  if (building && !is_average(op)) {  // TensorFlow's shape function takes the channels for one more side of the window
    ctf_window_axis depth;
    CTF_TRY(ctf_window_slide(&spec, g.layout.channel, g.channels, g.depth_window, &depth));
    g.out_channels = depth.out;
  } else {
    g.out_channels = g.channels < 0 || building ? g.channels : (g.channels + g.depth_window - 1) / g.depth_window;
  }
  if (g.depth_window > 1 && !building) {  // every place of the image is kept, whatever its strides say
    spec.strides[g.layout.height] = spec.strides[g.layout.width] = 1;
  }
  CTF_TRY(ctf_window_slide(&spec, g.layout.height, ctf_shape_dim(input, g.layout.height), sizes[g.layout.height],
                           &g.height));
  CTF_TRY(
      ctf_window_slide(&spec, g.layout.width, ctf_shape_dim(input, g.layout.width), sizes[g.layout.width], &g.width));
  *out_geometry = g;
  return NULL;
}

ctf_status ctf_pool_geometry_make(const char* op, const ctf_pool_attrs* attrs, ctf_shape input, const ctf_tensor* ksize,
                                  const ctf_tensor* strides, ctf_pool_geometry* out_geometry) {
  return geometry_make(op, attrs, input, ksize, strides, false, out_geometry);
}

static ctf_status check_paddings(const ctf_window_axis* axis, const char* before, const char* after) {
  if (axis->before >= axis->size || axis->after >= axis->size) {
    const bool first = axis->before >= axis->size;
    return ctf_error(TF_INVALID_ARGUMENT, "%s padding %" PRId64 " needs to be smaller than the window size %" PRId64,
                     first ? before : after, first ? axis->before : axis->after, axis->size);
  }
  return NULL;
}

static ctf_status check_depth(const char* op, const ctf_window_spec* spec, const ctf_pool_geometry* g) {
  if (g->height.size != 1 || g->width.size != 1) {
    return ctf_error(TF_UNIMPLEMENTED,
                     "MaxPooling supports exactly one of pooling across depth or pooling across width/height.");
  }
  if (spec->strides[g->layout.channel] != g->depth_window) {
    return ctf_error(TF_UNIMPLEMENTED, "Depthwise max pooling requires the depth window to equal the depth stride");
  }
  if (g->channels % g->depth_window != 0) {
    return ctf_error(TF_UNIMPLEMENTED,
                     "Depthwise max pooling requires the depth window to evenly divide the input depth");
  }
  if (ctf_bytes_equal(spec->padding, "EXPLICIT")) {
    return ctf_error(TF_UNIMPLEMENTED, "Depthwise max pooling does not support explicit padding.");
  }
  if (is_average(op)) {
    return ctf_error(TF_UNIMPLEMENTED, "Non-spatial pooling is not yet supported. Volunteers? :)");
  }
  return NULL;
}

ctf_status ctf_pool_check_supported(const char* op, const ctf_pool_attrs* attrs, ctf_shape input,
                                    const ctf_tensor* ksize, const ctf_tensor* strides) {
  ctf_window_spec spec;
  int64_t sizes[4];
  ctf_pool_geometry g;
  CTF_TRY(spec_make(op, attrs, ksize, strides, false, sizes, &spec));
  if (sizes[0] != 1 || spec.strides[0] != 1) {
    return ctf_error(TF_UNIMPLEMENTED, "Pooling is not yet supported on the batch dimension.");
  }
  CTF_TRY(ctf_pool_geometry_make(op, attrs, input, ksize, strides, &g));
  if (g.depth_window > 1) return check_depth(op, &spec, &g);
  // A window that is a step larger than the image gives nothing; channels first it ends TensorFlow's process.
  const bool fits_nowhere = (g.height.in > 0 && g.height.out == 0) || (g.width.in > 0 && g.width.out == 0);
  if (g.layout.channels_first && !is_average(op) && fits_nowhere) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "%s: a window of %" PRId64 " by %" PRId64 " fits nowhere into an image of %" PRId64 " by %" PRId64,
                     op, g.height.size, g.width.size, g.height.in, g.width.in);
  }
  if (!ctf_bytes_equal(spec.padding, "EXPLICIT")) return NULL;
  CTF_TRY(check_paddings(&g.height, "Top", "Bottom"));
  return check_paddings(&g.width, "Left", "Right");
}

// ---- shapes

static ctf_status pool_shape(ctf_shape_ctx* c) {
  const ctf_tensor *ksize = NULL, *strides = NULL;
  if (c->num_inputs == 3) {
    CTF_TRY(ctf_shape_with_rank(c->inputs[0], 4));
    for (int i = 1; i < 3; ++i) {
      CTF_TRY(ctf_shape_with_rank(c->inputs[i], 1));
      const int64_t count = ctf_shape_dim(c->inputs[i], 0);
      if (count >= 0 && count != 4) {
        return ctf_error(TF_INVALID_ARGUMENT, "Dimension must be 4 but is %" PRId64, count);
      }
    }
    ksize = c->values[1];
    strides = c->values[2];
    if (ksize == NULL || strides == NULL) return ctf_shape_set_unknown(c, 0, 4);
  }
  ctf_pool_geometry g;
  CTF_TRY(geometry_make(c->op->name, c->attrs, c->inputs[0], ksize, strides, c->building, &g));
  int64_t dims[4] = {g.batch};
  dims[g.layout.height] = g.height.out;
  dims[g.layout.width] = g.width.out;
  dims[g.layout.channel] = g.out_channels;
  return ctf_shape_set(c, 0, 4, dims);
}

// ---- gradients

static const char* const kKept[] = {"ksize", "strides", "padding", "explicit_paddings", "data_format", NULL};

static void max_pool_gradient(ctf_grad_ctx* g) {
  const ctf_grad_tensor inputs[3] = {g->inputs[0], g->outputs[0], g->dy[0]};
  g->dx[0] = g_op_like(g, "MaxPoolGrad", 3, inputs, kKept);
}

static void max_pool_v2_gradient(ctf_grad_ctx* g) {
  const ctf_grad_tensor inputs[5] = {g->inputs[0], g->outputs[0], g->dy[0], g->inputs[1], g->inputs[2]};
  g->dx[0] = g_op_like(g, "MaxPoolGradV2", 5, inputs, kKept);
  g->dx[1] = g->dx[2] = g_none();
}

static void avg_pool_gradient(ctf_grad_ctx* g) {
  const ctf_grad_tensor inputs[2] = {g_unary(g, "Shape", g->inputs[0]), g->dy[0]};
  g->dx[0] = g_op_like(g, "AvgPoolGrad", 2, inputs, kKept);
}

#define ROW(op_name, gradient_fn) \
  .name = op_name, .attrs = CTF_ATTRS(ctf_pool_attrs), .shape = pool_shape, .gradient = gradient_fn
static const ctf_op_def kOps[] = {
    {ROW("MaxPool", max_pool_gradient)},
    {ROW("MaxPoolV2", max_pool_v2_gradient), .value_inputs = CTF_INPUT(1) | CTF_INPUT(2)},
    {ROW("AvgPool", avg_pool_gradient)},
};
CTF_OP_FAMILY(pool, kOps);
