#include "tests/support/conv_images.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "tests/support/kernel_harness.h"

static float value_at(int64_t i) { return (float)((i * 7919) % 31 - 15) / 8; }  // exact in every type

static int64_t index_of(bool channels_first, int64_t n, int64_t y, int64_t x, int64_t c, int64_t h, int64_t w,
                        int64_t channels) {
  return channels_first ? ((n * channels + c) * h + y) * w + x : ((n * h + y) * w + x) * channels + c;
}

// And the sum of the magnitudes, which bounds what rounding may do.
static double reference(const conv_image* c, int64_t n, int64_t oy, int64_t ox, int64_t k, double* out_magnitude) {
  const int64_t depth = c->c / c->groups, group = k / (c->k / c->groups);
  double sum = 0;
  *out_magnitude = 0;
  for (int64_t i = 0; i < c->fh; ++i) {
    for (int64_t j = 0; j < c->fw; ++j) {
      const int64_t y = oy * c->strides[0] + i * c->dilations[0] - c->paddings[0];
      const int64_t x = ox * c->strides[1] + j * c->dilations[1] - c->paddings[2];
      if (y < 0 || y >= c->h || x < 0 || x >= c->w) continue;
      for (int64_t d = 0; d < depth; ++d) {
        const double product =
            (double)value_at(index_of(c->channels_first, n, y, x, group * depth + d, c->h, c->w, c->c)) *
            (double)value_at(5 + ((i * c->fw + j) * depth + d) * c->k + k);
        sum += product;
        *out_magnitude += fabs(product);
      }
    }
  }
  return sum;
}

static void put(harness_tensor* t, int64_t i, float value) {
  const double wide = (double)value;
  const uint16_t narrow =
      t->view.dtype == TF_HALF ? ctf_half_from_float(value).bits : ctf_bfloat16_from_float(value).bits;
  const size_t bytes = ctf_dtype_get(t->view.dtype)->bytes;
  const void* source = bytes == 8 ? (const void*)&wide : bytes == 4 ? (const void*)&value : &narrow;
  memcpy((char*)t->view.data + (size_t)i * bytes, source, bytes);
}

static double get(const ctf_tensor* t, int64_t i) {
  switch (t->dtype) {
    case TF_FLOAT:
      return (double)((const float*)t->data)[i];
    case TF_DOUBLE:
      return ((const double*)t->data)[i];
    case TF_HALF:
      return (double)ctf_half_to_float(((const ctf_half*)t->data)[i]);
    default:
      return (double)ctf_bfloat16_to_float(((const ctf_bfloat16*)t->data)[i]);
  }
}

static void check_output(const char* op, const conv_image* c, const ctf_tensor* out) {
  const int first = c->channels_first ? 2 : 1;
  const int64_t oh = out->dims[first], ow = out->dims[first + 1];
  const double last_bit = out->dtype == TF_BFLOAT16 ? 0x1p-8 : out->dtype == TF_HALF ? 0x1p-11 : 0;
  const double rounding = out->dtype == TF_DOUBLE ? 1e-15 : 3e-7;
  assert_int_equal(out->num_elements, c->n * oh * ow * c->k);
  for (int64_t i = 0; i < out->num_elements; ++i) {
    const int64_t k = i % c->k, x = i / c->k % ow, y = i / c->k / ow % oh, n = i / c->k / ow / oh;
    double magnitude;
    const double want = reference(c, n, y, x, k, &magnitude);
    const double got = get(out, index_of(c->channels_first, n, y, x, k, oh, ow, c->k));
    if (fabs(got - want) <= rounding * magnitude + last_bit * fabs(want)) continue;
    fail_msg("%s of %s, %d x %d x %d x %d: (%d, %d, %d, %d) is %.9g instead of %.9g", op,
             ctf_dtype_get(out->dtype)->name, (int)c->n, (int)c->h, (int)c->w, (int)c->c, (int)n, (int)y, (int)x,
             (int)k, got, want);
  }
}

static void check_image(const char* op, const conv_image* c, TF_DataType dtype) {
  const int64_t last[4] = {c->n, c->h, c->w, c->c}, first[4] = {c->n, c->c, c->h, c->w};
  const bool depthwise = strcmp(op, "Conv2D") != 0;
  const int64_t filter_dims[4] = {c->fh, c->fw, depthwise ? c->c : c->c / c->groups, depthwise ? c->k / c->c : c->k};
  const int y = c->channels_first ? 2 : 1;
  int64_t strides[4] = {1, 1, 1, 1}, dilations[4] = {1, 1, 1, 1}, paddings[8] = {0};
  memcpy(strides + y, c->strides, sizeof(c->strides));
  memcpy(dilations + y, c->dilations, sizeof(c->dilations));
  memcpy(paddings + 2 * y, c->paddings, sizeof(c->paddings));
  const ctf_named_attr attrs[] = {
      {{"strides", 7}, {.kind = CTF_ATTR_INT, .is_list = true, .count = 4, .ints = strides}},
      {{"dilations", 9}, {.kind = CTF_ATTR_INT, .is_list = true, .count = 4, .ints = dilations}},
      {{"explicit_paddings", 17}, {.kind = CTF_ATTR_INT, .is_list = true, .count = 8, .ints = paddings}},
      {{"padding", 7}, {.kind = CTF_ATTR_STRING, .s = {"EXPLICIT", 8}}},
      {{"data_format", 11}, {.kind = CTF_ATTR_STRING, .s = {c->channels_first ? "NCHW" : "NHWC", 4}}},
  };
  harness_tensor image, filter;
  harness_tensor_init(&image, dtype, 4, c->channels_first ? first : last, 1);
  harness_tensor_init(&filter, dtype, 4, filter_dims, 3);
  for (int64_t j = 0; j < image.view.num_elements; ++j) put(&image, j, value_at(j));
  for (int64_t j = 0; j < filter.view.num_elements; ++j) put(&filter, j, value_at(5 + j));
  for (int isa = 0; isa <= (int)ctf_isa_best(); ++isa) {
    harness_call call = {.op = op, .isa = (ctf_isa)isa, .num_inputs = 2, .num_attrs = 5, .attrs = attrs};
    call.inputs[0] = &image.view;
    call.inputs[1] = &filter.view;
    assert_null(harness_run(&call));
    check_output(op, c, &call.outputs[0].view);
    assert_true(harness_tensor_intact(&call.outputs[0]));
    harness_release(&call);
  }
  harness_tensor_deinit(&image);
  harness_tensor_deinit(&filter);
}

void conv_images_check(const char* op, const conv_image* images, size_t count, TF_DataType dtype) {
  for (size_t i = 0; i < count; ++i) check_image(op, &images[i], dtype);
}
