// Windows that slide over an image: strides, dilations and the three kinds of padding.
#include "ops/window.h"

#include <inttypes.h>

ctf_window_layout ctf_window_layout_of(ctf_bytes data_format) {
  if (ctf_bytes_equal(data_format, "NCHW")) {
    return (ctf_window_layout){.channels_first = true, .channel = 1, .height = 2, .width = 3};
  }
  return (ctf_window_layout){.channel = 3, .height = 1, .width = 2};
}

ctf_status ctf_window_list(const char* op, const char* what, const ctf_attr_value* list, int64_t out_values[4]) {
  if (list->count != 4) {
    return ctf_error(TF_INVALID_ARGUMENT, "%s requires the %s attribute to contain 4 values, but got: %zu", op, what,
                     list->count);
  }
  for (int i = 0; i < 4; ++i) out_values[i] = list->ints[i];
  return NULL;
}

static bool is_explicit(const ctf_window_spec* spec) { return ctf_bytes_equal(spec->padding, "EXPLICIT"); }

static ctf_status check_paddings(const ctf_window_spec* spec, ctf_window_layout layout) {
  const ctf_attr_value* paddings = &spec->explicit_paddings;
  if (!is_explicit(spec)) {
    if (paddings->count == 0) return NULL;
    return ctf_error(TF_INVALID_ARGUMENT,
                     "explicit_paddings attribute must be empty if the padding attribute is not EXPLICIT");
  }
  if (paddings->count != 8) {
    return ctf_error(TF_INVALID_ARGUMENT, "explicit_paddings attribute must contain 8 values, but got: %zu",
                     paddings->count);
  }
  for (int i = 0; i < 8; ++i) {
    if (paddings->ints[i] < 0) {
      return ctf_error(TF_INVALID_ARGUMENT, "All elements of explicit_paddings must be nonnegative");
    }
    if (paddings->ints[i] > 0 && i / 2 != layout.height && i / 2 != layout.width) {
      return ctf_error(TF_INVALID_ARGUMENT,
                       "Nonzero explicit padding in the batch or depth dimensions is not supported");
    }
    if (paddings->ints[i] > INT32_MAX) {
      return ctf_error(TF_INVALID_ARGUMENT, "explicit_paddings has %" PRId64 ", which is larger than int32",
                       paddings->ints[i]);
    }
  }
  return NULL;
}

static ctf_status check_stride(int64_t stride) {
  if (stride > 0) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "Stride must be > 0, but got %" PRId64, stride);
}

ctf_status ctf_window_check(const ctf_window_spec* spec) {
  const ctf_window_layout layout = ctf_window_layout_of(spec->data_format);
  for (int i = 0; i < 4; ++i) {
    const bool spatial = i == layout.height || i == layout.width;
    if (spatial && !spec->building) CTF_TRY(check_stride(spec->strides[i]));  // else side by side, in ctf_window_slide
    if (spatial && spec->dilations[i] < 1) {
      return ctf_error(TF_INVALID_ARGUMENT, "Dilation rate must be >= 1, but got %" PRId64, spec->dilations[i]);
    }
    if (spec->strides[i] > INT32_MAX || spec->dilations[i] > INT32_MAX) {
      return ctf_error(TF_INVALID_ARGUMENT, "Strides and dilations of %s must be int32, but got %" PRId64, spec->op,
                       spec->strides[i] > INT32_MAX ? spec->strides[i] : spec->dilations[i]);
    }
  }
  return check_paddings(spec, layout);
}

ctf_status ctf_window_slide(const ctf_window_spec* spec, int axis, int64_t in, int64_t size,
                            ctf_window_axis* out_axis) {
  ctf_window_axis a = {
      .in = in, .out = -1, .size = size, .stride = spec->strides[axis], .dilation = spec->dilations[axis]};
  const bool same = ctf_bytes_equal(spec->padding, "SAME");
  if (is_explicit(spec)) {
    a.before = spec->explicit_paddings.ints[2 * axis];
    a.after = spec->explicit_paddings.ints[2 * axis + 1];
  }
  *out_axis = a;
  CTF_TRY(check_stride(a.stride));
  if (in < 0 || (size < 0 && !same)) return NULL;
  if (size > INT32_MAX || in > INT64_MAX / 4) {
    return ctf_error(TF_INVALID_ARGUMENT, "A window of %" PRId64 " over a dimension of %" PRId64 " is too large", size,
                     in);
  }
  const int64_t reach = size < 0 ? 1 : (size - 1) * a.dilation + 1;  // of a dilated window
  if (same) {
    a.out = (in + a.stride - 1) / a.stride;
    const int64_t missing = (a.out - 1) * a.stride + reach - in;
    if (missing > 0) {
      a.before = missing / 2;
      a.after = missing - a.before;
    }
  } else {
    if (spec->building && in + a.before + a.after < reach) {
      return ctf_error(TF_INVALID_ARGUMENT, "Negative dimension size caused by subtracting %" PRId64 " from %" PRId64,
                       reach, in + a.before + a.after);
    }
    a.out = (in + a.before + a.after - reach + a.stride) / a.stride;  // towards zero, as TensorFlow rounds it
  }
  if (a.out < 0) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "Computed output size would be negative: %" PRId64 " [input_size: %" PRId64
                     ", effective_filter_size: %" PRId64 ", stride: %" PRId64 "]",
                     a.out, in + a.before + a.after, reach, a.stride);
  }
  *out_axis = a;
  return NULL;
}
