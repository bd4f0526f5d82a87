// Depthwise convolution: values from TensorFlow, and from plain loops in double.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/kernel_harness.h"
#include "tests/support/op_rows.h"

// clang-format off
#define OP "DepthwiseConv2dNative"
#define ONE "strides=[1,1,1,1] "
#define X "[1,3,2,2] 0 1 2 3 4 5 6 7 8 9 10 11"
#define W "[2,2,2,2] -4 -3 -2 -1 0 1 2 3 4 5 6 7 8 9 10 11"
#define OF(type) {"of " #type, OP, {type X, type W}, ONE "padding=VALID", .want = type "[1,2,1,4] 64 76 104 120 96 124 168 200"}
static const op_row kRows[] = {
    OF("f32"), OF("f64"), OF("f16"), OF("bf16"),
    {"same", OP, {"f32" X, "f32" W}, ONE "padding=SAME", .want = "f32[1,3,2,4] 64 76 104 120 16 24 36 46 96 124 168 200 "
     "16 32 52 70 -32 -14 4 24 -40 -30 -22 -11"},
    {"explicit padding", OP, {"f32" X, "f32" W}, "strides=[1,2,2,1] padding=EXPLICIT explicit_paddings=[0,0,1,0,0,1,0,0]",
     .want = "f32[1,2,1,4] 16 18 36 40 96 124 168 200"},
    {"dilated", OP, {"f32" X, "f32" W}, ONE "padding=SAME dilations=[1,2,1,1]", .want = "f32[1,3,2,4] 64 74 100 112 24 30 42 "
     "49 112 132 168 192 32 44 60 74 -16 -6 4 16 -24 -18 -14 -7"},
    {"dilated, explicit padding", OP, {"f32" X, "f32[2,2,2,1] -4 -2 0 2 4 6 8 10"},
     ONE "padding=EXPLICIT explicit_paddings=[0,0,1,1,1,1,0,0] dilations=[1,2,2,1]",
     .want = "f32[1,3,2,2] 48 70 16 30 80 116 32 52 0 14 -16 -10"},
    {"two strides", OP, {"f32" X, "f32" W}, "strides=[1,1,2,1] padding=SAME",
     .want = "f32[1,3,1,4] 64 76 104 120 96 124 168 200 -32 -14 4 24"},
    {"channels first", OP, {"f32[1,2,3,2] 0 1 2 3 4 5 6 7 8 9 10 11", "f32" W}, "strides=[1,1,2,2] padding=SAME data_format=NCHW",
     .want = "f32[1,4,2,1] 32 -16 38 -7 140 2 170 23"},
    {"channels first, valid", OP, {"f32[1,2,3,2] 0 1 2 3 4 5 6 7 8 9 10 11", "f32" W}, ONE "padding=VALID data_format=NCHW",
     .want = "f32[1,4,2,1] 32 48 38 62 140 172 170 210"},
    {"NaN outside of the window", OP, {"f32[1,1,3,1] nan 1 2", "f32[1,2,1,1] 1 1"}, ONE "padding=VALID",
     .want = "f32[1,1,2,1] nan 3"},
    {"halves are added in float", OP, {"f16[1,1,4,1] 60000 ...", "f16[1,4,1,1] 1 1 -1 -1"}, ONE "padding=VALID",
     .want = "f16[1,1,1,1] 0"},
    {"no images", OP, {"f32[0,3,2,2]", "f32" W}, ONE "padding=SAME", .want = "f32[0,3,2,4]"},
    {"no filters", OP, {"f32" X, "f32[2,2,2,0]"}, ONE "padding=SAME", .want = "f32[1,3,2,0]"},
    {"no channels", OP, {"f32[1,3,2,0]", "f32[2,2,0,2]"}, ONE "padding=SAME", .want = "f32[1,3,2,0]"},
    {"an empty filter", OP, {"f32" X, "f32[0,2,2,2]"}, ONE "padding=SAME", .want = "f32[1,3,2,4] 0 ..."},
    {"an empty filter that is long", OP, {"f16" X, "f16[2147483647,0,2,2]"}, ONE "padding=SAME", .want = "f16[1,3,2,4] 0 ..."},
    {"a filter larger than the image", OP, {"f32" X, "f32[4,2,2,1] 1 ..."}, ONE "padding=VALID", .error = TF_INVALID_ARGUMENT,
     .message = "Negative dimension size caused by subtracting 4 from 3"},
    {"channels of the filter", OP, {"f32" X, "f32[2,2,1,2] 1 ..."}, ONE "padding=SAME", .error = TF_INVALID_ARGUMENT,
     .message = "Dimensions must be equal, but are 2 and 1"},
    {"three dimensions", OP, {"f32[3,2,2] 1 ...", "f32" W}, ONE "padding=SAME", .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be rank 4 but is rank 3"},
    {"a filter of three", OP, {"f32" X, "f32[2,2,2] 1 ..."}, ONE "padding=SAME", .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be rank 4 but is rank 3"},
    {"stride over images", OP, {"f32" X, "f32" W}, "strides=[2,1,1,1] padding=SAME", .error = TF_UNIMPLEMENTED,
     .message = "strides in the batch and depth dimensions"},
    {"stride over channels", OP, {"f32" X, "f32" W}, "strides=[1,1,1,2] padding=SAME", .error = TF_UNIMPLEMENTED},
    {"dilation over images", OP, {"f32" X, "f32" W}, ONE "padding=SAME dilations=[2,1,1,1]", .error = TF_UNIMPLEMENTED,
     .message = "dilations in the batch and depth dimensions"},
    {"stride 0", OP, {"f32" X, "f32" W}, "strides=[1,0,0,1] padding=SAME", .error = TF_INVALID_ARGUMENT,
     .message = "Stride must be > 0, but got 0"},
    {"three strides", OP, {"f32" X, "f32" W}, "strides=[1,1,1] padding=SAME", .error = TF_INVALID_ARGUMENT,
     .message = "DepthwiseConv2D requires the stride attribute to contain 4 values, but got: 3"},
    {"dilation 0", OP, {"f32" X, "f32" W}, ONE "padding=SAME dilations=[1,0,1,1]", .error = TF_INVALID_ARGUMENT,
     .message = "Dilation rate must be >= 1, but got 0"},
    {"three dilations", OP, {"f32" X, "f32" W}, ONE "padding=SAME dilations=[1,1,1]", .error = TF_INVALID_ARGUMENT,
     .message = "DepthwiseConv2D requires the dilations attribute to contain 4 values, but got: 3"},
    {"four paddings", OP, {"f32" X, "f32" W}, ONE "padding=EXPLICIT explicit_paddings=[0,0,1,0]", .error = TF_INVALID_ARGUMENT,
     .message = "explicit_paddings attribute must contain 8 values, but got: 4"},
    {"padded images", OP, {"f32" X, "f32" W}, ONE "padding=EXPLICIT explicit_paddings=[1,0,1,0,0,1,0,0]",
     .error = TF_INVALID_ARGUMENT, .message = "Nonzero explicit padding in the batch or depth dimensions"},
    {"paddings that nobody asked for", OP, {"f32" X, "f32" W}, ONE "padding=SAME explicit_paddings=[0,0,1,0,0,1,0,0]",
     .error = TF_INVALID_ARGUMENT, .message = "explicit_paddings attribute must be empty"},
};
static const op_shape_row kShapes[] = {
    {OP, {"f32[?,3,2,2]", "f32[2,2,?,2]"}, ONE "padding=SAME", .want = "[?,3,2,4]"},
    {OP, {"f32[?,3,?,?]", "f32[2,?,2,2]"}, ONE "padding=VALID", .want = "[?,2,?,4]"},
    {OP, {"f32?", "f32?"}, ONE "padding=VALID", .want = "[?,?,?,?]"},
    {OP, {"f32[?,2,8,8]", "f32[2,2,2,2]"}, "strides=[1,1,2,2] padding=VALID data_format=NCHW", .want = "[?,4,4,4]"},
};

typedef struct large_case {
  int64_t n, h, w, c, fh, fw, m;
  int64_t strides[2], dilations[2], paddings[4];
  bool channels_first;
} large_case;
static const large_case kLarge[] = {
    {2, 7, 5, 300, 3, 3, 1, {1, 1}, {1, 1}, {1, 1, 1, 1}},       {1, 6, 9, 130, 2, 3, 3, {2, 1}, {1, 2}, {0, 2, 3, 1}},
    {2, 5, 300, 3, 3, 3, 2, {1, 1}, {1, 1}, {1, 1, 1, 1}, true}, {1, 9, 30, 2, 3, 4, 3, {2, 3}, {2, 3}, {2, 1, 5, 4}, true},
    {1, 3, 3, 2, 2, 2, 400, {1, 1}, {1, 1}, {0, 0, 0, 0}},
};
// clang-format on

static float value_at(int64_t i) { return (float)((i * 7919) % 31 - 15) / 8; }  // exact in every type

static int64_t index_of(bool channels_first, int64_t n, int64_t y, int64_t x, int64_t c, int64_t h, int64_t w,
                        int64_t channels) {
  return channels_first ? ((n * channels + c) * h + y) * w + x : ((n * h + y) * w + x) * channels + c;
}

static double reference(const large_case* c, int64_t n, int64_t oy, int64_t ox, int64_t k) {
  double sum = 0;
  for (int64_t i = 0; i < c->fh; ++i) {
    for (int64_t j = 0; j < c->fw; ++j) {
      const int64_t y = oy * c->strides[0] + i * c->dilations[0] - c->paddings[0];
      const int64_t x = ox * c->strides[1] + j * c->dilations[1] - c->paddings[2];
      if (y < 0 || y >= c->h || x < 0 || x >= c->w) continue;
      sum += (double)value_at(index_of(c->channels_first, n, y, x, k / c->m, c->h, c->w, c->c)) *
             (double)value_at(5 + (i * c->fw + j) * c->c * c->m + k);
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

static void check_output(const large_case* c, const ctf_tensor* out) {
  const int first = c->channels_first ? 2 : 1;
  const int64_t oh = out->dims[first], ow = out->dims[first + 1], filters = c->c * c->m;
  const double tolerance = out->dtype == TF_BFLOAT16 ? 1e-2 : out->dtype == TF_HALF ? 1e-3 : 1e-6;
  assert_int_equal(out->num_elements, c->n * oh * ow * filters);
  for (int64_t i = 0; i < out->num_elements; ++i) {
    const int64_t k = i % filters, x = i / filters % ow, y = i / filters / ow % oh, n = i / filters / ow / oh;
    const double want = reference(c, n, y, x, k);
    const double got = get(out, index_of(c->channels_first, n, y, x, k, oh, ow, filters));
    if (fabs(got - want) <= tolerance * (1 + fabs(want))) continue;
    fail_msg("case %d: (%d, %d, %d, %d) is %.9g instead of %.9g", (int)(c - kLarge), (int)n, (int)y, (int)x, (int)k,
             got, want);
  }
}

static void run_large(const large_case* c, TF_DataType dtype, ctf_isa isa) {
  const int64_t last[4] = {c->n, c->h, c->w, c->c}, first[4] = {c->n, c->c, c->h, c->w};
  const int64_t filter_dims[4] = {c->fh, c->fw, c->c, c->m};
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
  harness_call call = {
      .op = OP, .isa = isa, .num_inputs = 2, .inputs = {&image.view, &filter.view}, .num_attrs = 5, .attrs = attrs};
  assert_null(harness_run(&call));
  check_output(c, &call.outputs[0].view);
  assert_true(harness_tensor_intact(&call.outputs[0]));
  harness_release(&call);
  harness_tensor_deinit(&image);
  harness_tensor_deinit(&filter);
}

static void large_images(void** state) {
  (void)state;
  static const TF_DataType kTypes[] = {TF_FLOAT, TF_DOUBLE, TF_HALF, TF_BFLOAT16};
  for (size_t i = 0; i < sizeof(kLarge) / sizeof(kLarge[0]); ++i) {
    for (size_t t = 0; t < sizeof(kTypes) / sizeof(kTypes[0]); ++t) {
      for (int isa = 0; isa <= (int)ctf_isa_best(); ++isa) run_large(&kLarge[i], kTypes[t], (ctf_isa)isa);
    }
  }
}

static void rows(void** state) {
  (void)state;
  OP_ROWS_CHECK(kRows);
}

static void shapes(void** state) {
  (void)state;
  OP_SHAPE_ROWS_CHECK(kShapes);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(shapes), cmocka_unit_test(large_images)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
