// What every device's convolutions share: the attributes and the geometry that follows from them.
#ifndef CTF_OPS_CONV_H_
#define CTF_OPS_CONV_H_

#include "ops/op.h"
#include "ops/window.h"

typedef struct ctf_conv_attrs {
  ctf_attr_value strides, explicit_paddings, dilations;
  ctf_bytes padding, data_format;
} ctf_conv_attrs;

typedef struct ctf_conv_geometry {
  ctf_window_layout layout;
  ctf_window_axis height, width;
  int64_t batch, in_channels, out_channels;
  int64_t groups;
  int64_t group_in, group_out;  // channels of a group
} ctf_conv_geometry;

// Of known shapes, which the shape function has accepted.
CTF_MUST_USE ctf_status ctf_conv_geometry_make(const ctf_conv_attrs* attrs, ctf_shape input, ctf_shape filter,
                                               ctf_conv_geometry* out_geometry);

// The attributes as a window's. `stride_op` is what messages about strides call the op, `dilation` the attribute.
CTF_MUST_USE ctf_status ctf_conv_spec_make(const char* op, const char* stride_op, const char* dilation,
                                           const ctf_conv_attrs* attrs, ctf_window_spec* out_spec);

// Gradients of input and filter, by the two ops of these names.
void ctf_conv_gradient(ctf_grad_ctx* g, const char* to_input, const char* to_filter);

#endif  // CTF_OPS_CONV_H_
