// What every device's pooling shares: the attributes and the geometry that follows from them.
#ifndef CTF_OPS_POOL_H_
#define CTF_OPS_POOL_H_

#include "ops/op.h"
#include "ops/window.h"

typedef struct ctf_pool_attrs {
  ctf_attr_value ksize, strides, explicit_paddings;
  ctf_bytes padding, data_format;
} ctf_pool_attrs;

typedef struct ctf_pool_geometry {
  ctf_window_layout layout;
  ctf_window_axis height, width;
  int64_t batch, channels, out_channels;
  int64_t depth_window;  // channels that become one; above 1 the windows over the image are 1 x 1
} ctf_pool_geometry;

// Of known shapes. `ksize` and `strides` are the inputs of MaxPoolV2; NULL where they are attributes.
CTF_MUST_USE ctf_status ctf_pool_geometry_make(const char* op, const ctf_pool_attrs* attrs, ctf_shape input,
                                               const ctf_tensor* ksize, const ctf_tensor* strides,
                                               ctf_pool_geometry* out_geometry);
// UNIMPLEMENTED for what TensorFlow takes into a graph and has no kernel for.
CTF_MUST_USE ctf_status ctf_pool_check_supported(const char* op, const ctf_pool_attrs* attrs, ctf_shape input,
                                                 const ctf_tensor* ksize, const ctf_tensor* strides);

#endif  // CTF_OPS_POOL_H_
