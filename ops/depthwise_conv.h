// What every device's depthwise convolutions share: the geometry that follows from attributes and shapes.
#ifndef CTF_OPS_DEPTHWISE_CONV_H_
#define CTF_OPS_DEPTHWISE_CONV_H_

#include "ops/conv.h"

typedef struct ctf_depthwise_conv_geometry {
  ctf_window_layout layout;
  ctf_window_axis height, width;
  int64_t batch, channels;
  int64_t multiplier;  // filters of a channel: output channel c * multiplier + q
} ctf_depthwise_conv_geometry;

// Of known shapes, which the shape function has accepted.
CTF_MUST_USE ctf_status ctf_depthwise_conv_geometry_make(const ctf_conv_attrs* attrs, ctf_shape input, ctf_shape filter,
                                                         ctf_depthwise_conv_geometry* out_geometry);

#endif  // CTF_OPS_DEPTHWISE_CONV_H_
