// Windows that slide over an image: what convolution and pooling share.
#ifndef CTF_OPS_WINDOW_H_
#define CTF_OPS_WINDOW_H_

#include "graphdef/attr.h"
#include "runtime/shape.h"

// What the attributes say, without an image.
typedef struct ctf_window_spec {
  const char* op;  // for messages
  ctf_bytes padding, data_format;
  ctf_attr_value explicit_paddings;  // none where the op has no such attribute
  int64_t strides[4];                // of every dimension, in the order of the data format
  int64_t dilations[4];
  bool building;  // a graph, as in ctf_shape_ctx
} ctf_window_spec;

// One spatial dimension.
typedef struct ctf_window_axis {
  int64_t in, out;
  int64_t size, stride, dilation;
  int64_t before, after;  // padding
} ctf_window_axis;

// Places of the dimensions in this data format.
typedef struct ctf_window_layout {
  bool channels_first;
  int channel, height, width;  // batch is 0
} ctf_window_layout;
ctf_window_layout ctf_window_layout_of(ctf_bytes data_format);

// The four values of a list attribute; INVALID_ARGUMENT when there are not four, with `what` ("ksize") in the message.
CTF_MUST_USE ctf_status ctf_window_list(const char* op, const char* what, const ctf_attr_value* list,
                                        int64_t out_values[4]);
// Checks what can be judged without an image: strides, dilations, explicit paddings.
CTF_MUST_USE ctf_status ctf_window_check(const ctf_window_spec* spec);
// Output size and padding of one dimension (its place in the data format is `axis`). With an unknown input size (-1)
// the output is -1. INVALID_ARGUMENT when the window is larger than the padded image: while a graph is built by anything,
// in a run by more than a step.
CTF_MUST_USE ctf_status ctf_window_slide(const ctf_window_spec* spec, int axis, int64_t in, int64_t size,
                                         ctf_window_axis* out_axis);

#endif  // CTF_OPS_WINDOW_H_
