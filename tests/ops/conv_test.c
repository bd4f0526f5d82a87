// Conv2D: values from TensorFlow, and from plain loops in double.
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
#define ONE "strides=[1,1,1,1] "
#define X142 "f32[1,4,4,2] 1 ..."
#define F223 "f32[2,2,2,3] 1 ..."
#define OF(type) {"of " #type, "Conv2D", {type "[1,4,4,4] 1 ...", type "[2,2,4,3] 1 ..."}, \
                  "strides=[1,2,2,1] padding=SAME", .want = type "[1,2,2,3] 16 ..."}
static const op_row kRows[] = {
    OF("f32"), OF("f64"), OF("f16"), OF("bf16"), OF("i32"),
    {"values", "Conv2D", {"f32[2,4,3,2] 0 1 2 3 4 ...", "f32[2,2,2,3] -11 -10 -9 -8 -7 -6 -5 -4 -3 -2 -1 0 1 2 3 4 5 6 7 8 9 "
     "10 11 12"}, "strides=[1,4,3,1] padding=SAME", .want = "f32[2,1,1,3] 46 62 78 -5 8 21"},
    {"groups", "Conv2D", {"i32[1,2,2,4] 0 1 2 3 4 0 1 2 3 4 0 1 2 3 4 0", "i32[1,1,2,4] 1 2 3 4 5 6 7 8"},
     ONE "padding=VALID", .want = "i32[1,2,2,4] 5 6 27 32 4 8 17 20 23 30 7 8 17 22 12 16"},
    {"valid", "Conv2D", {X142, F223}, ONE "padding=VALID", .want = "f32[1,3,3,3] 8 ..."},
    {"stride larger than the image", "Conv2D", {X142, F223}, "strides=[1,5,5,1] padding=VALID", .want = "f32[1,1,1,3] 8 8 8"},
    {"dilated", "Conv2D", {X142, F223}, ONE "padding=VALID dilations=[1,2,2,1]", .want = "f32[1,2,2,3] 8 ..."},
    {"dilated with strides", "Conv2D", {X142, F223}, "strides=[1,2,2,1] padding=VALID dilations=[1,2,2,1]",
     .want = "f32[1,1,1,3] 8 8 8"},
    {"dilated, same", "Conv2D", {"f32[1,3,3,1] 1 ...", "f32[2,2,1,1] 1 ..."}, ONE "padding=SAME dilations=[1,2,2,1]",
     .want = "f32[1,3,3,1] 1 2 1 2 4 2 1 2 1"},
    {"same with a large filter", "Conv2D", {"f32[1,3,4,2] 1 ...", "f32[4,4,2,3] 1 ..."}, "strides=[1,3,3,1] padding=SAME",
     .want = "f32[1,1,2,3] 18 18 18 12 12 12"},
    {"explicit padding", "Conv2D", {"f32[1,1,2,1] 1 1", "f32[2,2,1,1] 1 ..."},
     ONE "padding=EXPLICIT explicit_paddings=[0,0,1,1,0,2,0,0]", .want = "f32[1,2,3,1] 2 1 0 2 1 0"},
    {"channels first", "Conv2D", {"f32[1,2,2,2] 1 2 3 4 5 6 7 8", "f32[1,1,2,2] 1 10 100 1000"},
     ONE "padding=VALID data_format=NCHW", .want = "f32[1,2,2,2] 501 602 703 804 5010 6020 7030 8040"},
    {"NaN outside of the patch", "Conv2D", {"f32[1,1,3,1] nan 1 2", "f32[1,2,1,1] 1 1"}, ONE "padding=VALID",
     .want = "f32[1,1,2,1] nan 3"},
    {"halves are added in float", "Conv2D", {"f16[1,1,1,4] 60000 ...", "f16[1,1,4,1] 1 1 -1 -1"}, ONE "padding=VALID",
     .want = "f16[1,1,1,1] 0"},
    {"integers wrap", "Conv2D", {"i32[1,1,1,2] 2147483647 1", "i32[1,1,2,1] 2 3"}, ONE "padding=VALID",
     .want = "i32[1,1,1,1] 1"},
    {"no images", "Conv2D", {"f32[0,4,4,2]", F223}, ONE "padding=VALID", .want = "f32[0,3,3,3]"},
    {"no rows", "Conv2D", {"f32[1,0,4,2]", F223}, ONE "padding=SAME", .want = "f32[1,0,4,3]"},
    {"no filters", "Conv2D", {X142, "f32[2,2,2,0]"}, ONE "padding=VALID", .want = "f32[1,3,3,0]"},
    {"filter one larger than the image", "Conv2D", {"f32[1,1,4,2] 1 ...", F223}, ONE "padding=VALID", .want = "f32[1,0,3,3]"},
    {"filter larger than the image", "Conv2D", {"f32[1,1,1,2] 1 1", "f32[3,3,2,3] 1 ..."}, ONE "padding=VALID",
     .error = TF_INVALID_ARGUMENT,
     .message = "Computed output size would be negative: -1 [input_size: 1, effective_filter_size: 3, stride: 1]"},
    {"an empty filter", "Conv2D", {X142, "f32[0,2,2,3]"}, ONE "padding=VALID", .error = TF_INVALID_ARGUMENT,
     .message = "filter must not have zero elements"},
    {"rank 3", "Conv2D", {"f32[4,4,2] 1 ...", F223}, ONE "padding=VALID", .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be rank 4 but is rank 3"},
    {"a filter of rank 3", "Conv2D", {X142, "f32[2,2,3] 1 ..."}, ONE "padding=VALID", .error = TF_INVALID_ARGUMENT},
    {"channels", "Conv2D", {X142, "f32[2,2,3,3] 1 ..."}, ONE "padding=VALID", .error = TF_INVALID_ARGUMENT,
     .message = "Depth of input (2) is not a multiple of input depth of filter (3)"},
    {"filters of groups", "Conv2D", {"f32[1,4,4,4] 1 ...", F223}, ONE "padding=VALID", .error = TF_INVALID_ARGUMENT,
     .message = "Depth of output (3) is not a multiple of the number of groups (2)"},
    {"a filter without channels", "Conv2D", {"f32[1,4,4,0]", "f32[2,2,0,4]"}, ONE "padding=VALID",
     .error = TF_INVALID_ARGUMENT, .message = "Depth of filter must not be 0"},
    {"no channels, the sum of nothing", "Conv2D", {"i32[1,2,3,0]", "i32[2,2,2,3] 1 ..."}, ONE "padding=VALID",
     .want = "i32[1,1,2,3] 0 ..."},
    {"no channels, padded", "Conv2D", {"f64[1,1,1,0]", "f64[2,2,2,1] 1 ..."},
     ONE "padding=EXPLICIT explicit_paddings=[0,0,1,0,0,1,0,0]", .want = "f64[1,1,1,1] 0"},
    {"no taps and no batch", "Conv2D", {"f32[0,4,4,2]", "f32[2,0,2,2]"}, ONE "padding=VALID", .error = TF_INVALID_ARGUMENT,
     .message = "filter must not have zero elements"},
    {"stride over images", "Conv2D", {X142, F223}, "strides=[2,1,1,1] padding=VALID", .error = TF_UNIMPLEMENTED,
     .message = "strides in the batch and depth dimensions"},
    {"stride over channels", "Conv2D", {X142, F223}, "strides=[1,1,1,2] padding=VALID", .error = TF_UNIMPLEMENTED},
    {"dilation over images", "Conv2D", {X142, F223}, ONE "padding=VALID dilations=[2,1,1,1]", .error = TF_UNIMPLEMENTED,
     .message = "dilations in the batch and depth dimensions"},
    {"stride 0", "Conv2D", {X142, F223}, "strides=[1,0,1,1] padding=VALID", .error = TF_INVALID_ARGUMENT,
     .message = "Stride must be > 0, but got 0"},
    {"three strides", "Conv2D", {X142, F223}, "strides=[1,1,1] padding=VALID", .error = TF_INVALID_ARGUMENT,
     .message = "Conv2D on data format NHWC requires the stride attribute to contain 4 values, but got: 3"},
    {"dilation 0", "Conv2D", {X142, F223}, ONE "padding=VALID dilations=[1,0,1,1]", .error = TF_INVALID_ARGUMENT,
     .message = "Dilation rate must be >= 1, but got 0"},
    {"no dilations", "Conv2D", {X142, F223}, ONE "padding=VALID dilations=[]", .error = TF_INVALID_ARGUMENT,
     .message = "Conv2D requires the dilation attribute to contain 4 values, but got: 0"},
    {"six paddings", "Conv2D", {X142, F223}, ONE "padding=EXPLICIT explicit_paddings=[0,0,1,1,0,2]",
     .error = TF_INVALID_ARGUMENT, .message = "explicit_paddings attribute must contain 8 values, but got: 6"},
    {"padded images", "Conv2D", {X142, F223}, ONE "padding=EXPLICIT explicit_paddings=[1,0,1,1,0,2,0,0]",
     .error = TF_INVALID_ARGUMENT, .message = "Nonzero explicit padding in the batch or depth dimensions"},
    {"negative padding", "Conv2D", {X142, F223}, ONE "padding=EXPLICIT explicit_paddings=[0,0,-1,1,0,2,0,0]",
     .error = TF_INVALID_ARGUMENT, .message = "All elements of explicit_paddings must be nonnegative"},
    {"paddings that nobody asked for", "Conv2D", {X142, F223}, ONE "padding=SAME explicit_paddings=[0,0,0,0,0,0,0,0]",
     .error = TF_INVALID_ARGUMENT, .message = "explicit_paddings attribute must be empty"},
    {"double, channels first", "Conv2D", {"f64[1,2,4,4] 1 ...", "f64[2,2,2,3] 1 ..."}, ONE "padding=VALID data_format=NCHW",
     .error = TF_UNIMPLEMENTED, .message = "only supports the NHWC tensor format on the CPU"},
};
static const op_shape_row kShapes[] = {
    {"Conv2D", {"f32[?,8,?,3]", "f32[3,3,3,16]"}, ONE "padding=SAME", .want = "[?,8,?,16]"},
    {"Conv2D", {"f32[?,8,8,3]", "f32?"}, ONE "padding=VALID", .want = "[?,?,?,?]"},
    {"Conv2D", {"f32[?,3,8,8]", "f32[3,3,?,16]"}, "strides=[1,1,2,2] padding=VALID data_format=NCHW", .want = "[?,16,3,3]"},
};

typedef struct large_case {
  int64_t n, h, w, c;            // image
  int64_t fh, fw, groups, k;     // filter
  int64_t strides[2], dilations[2], paddings[4];
  bool channels_first;
} large_case;
static const large_case kLarge[] = {
    {2, 9, 11, 3, 3, 3, 1, 8, {1, 1}, {1, 1}, {1, 1, 1, 1}},     {1, 12, 7, 16, 3, 2, 1, 40, {2, 1}, {1, 2}, {0, 2, 3, 1}},
    {3, 8, 8, 6, 3, 3, 3, 12, {1, 1}, {1, 1}, {1, 1, 1, 1}},     {2, 10, 10, 1, 5, 5, 1, 7, {3, 2}, {1, 1}, {2, 2, 2, 1}},
    {2, 5, 5, 70, 1, 1, 1, 33, {1, 1}, {1, 1}, {0, 0, 0, 0}},    {1, 6, 6, 300, 3, 3, 1, 5, {1, 1}, {1, 1}, {1, 1, 1, 1}},
    {2, 9, 11, 4, 3, 3, 1, 8, {1, 2}, {1, 1}, {1, 1, 1, 1}, true}, {2, 9, 11, 6, 3, 3, 2, 8, {1, 2}, {2, 1}, {2, 1, 1, 0}, true},
};
// clang-format on

static float value_at(int64_t i) { return (float)((i * 7919) % 401 - 200) / 64; }

static int64_t image_index(const large_case* c, int64_t n, int64_t y, int64_t x, int64_t channel, int64_t channels,
                           int64_t h, int64_t w) {
  return c->channels_first ? ((n * channels + channel) * h + y) * w + x : ((n * h + y) * w + x) * channels + channel;
}

static double reference(const large_case* c, int64_t n, int64_t oy, int64_t ox, int64_t k) {
  const int64_t depth = c->c / c->groups, group = k / (c->k / c->groups);
  double sum = 0;
  for (int64_t i = 0; i < c->fh; ++i) {
    for (int64_t j = 0; j < c->fw; ++j) {
      const int64_t y = oy * c->strides[0] + i * c->dilations[0] - c->paddings[0];
      const int64_t x = ox * c->strides[1] + j * c->dilations[1] - c->paddings[2];
      if (y < 0 || y >= c->h || x < 0 || x >= c->w) continue;
      for (int64_t d = 0; d < depth; ++d) {
        sum += (double)value_at(image_index(c, n, y, x, group * depth + d, c->c, c->h, c->w)) *
               value_at(5 + ((i * c->fw + j) * depth + d) * c->k + k);
      }
    }
  }
  return sum;
}

static void check_output(const large_case* c, const ctf_tensor* out) {
  const int first = c->channels_first ? 2 : 1;
  const int64_t oh = out->dims[first], ow = out->dims[first + 1];
  const double tolerance = 1e-6 * (double)(c->fh * c->fw * c->c + 8);
  for (int64_t i = 0; i < c->n * oh * ow * c->k; ++i) {
    const int64_t k = i % c->k, x = i / c->k % ow, y = i / c->k / ow % oh, n = i / c->k / ow / oh;
    const double want = reference(c, n, y, x, k);
    const double got = ((const float*)out->data)[image_index(c, n, y, x, k, c->k, oh, ow)];
    if (!(fabs(got - want) <= tolerance)) {
      fail_msg("case %d: (%d, %d, %d, %d) is %.9g instead of %.9g", (int)(c - kLarge), (int)n, (int)y, (int)x, (int)k,
               got, want);
    }
  }
}

static void large_images(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kLarge) / sizeof(kLarge[0]); ++i) {
    const large_case* c = &kLarge[i];
    const int64_t last[4] = {c->n, c->h, c->w, c->c}, first[4] = {c->n, c->c, c->h, c->w};
    const int64_t filter_dims[4] = {c->fh, c->fw, c->c / c->groups, c->k};
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
    harness_tensor_init(&image, TF_FLOAT, 4, c->channels_first ? first : last, 1);
    harness_tensor_init(&filter, TF_FLOAT, 4, filter_dims, 3);
    for (int64_t j = 0; j < image.view.num_elements; ++j) {
      memcpy((char*)image.view.data + 4 * j, &(float){value_at(j)}, sizeof(float));
    }
    for (int64_t j = 0; j < filter.view.num_elements; ++j) {
      memcpy((char*)filter.view.data + 4 * j, &(float){value_at(5 + j)}, sizeof(float));
    }
    for (int isa = 0; isa <= (int)ctf_isa_best(); ++isa) {
      harness_call call = {.op = "Conv2D",
                           .isa = (ctf_isa)isa,
                           .num_inputs = 2,
                           .inputs = {&image.view, &filter.view},
                           .num_attrs = 5,
                           .attrs = attrs};
      assert_null(harness_run(&call));
      check_output(c, &call.outputs[0].view);
      assert_true(harness_tensor_intact(&call.outputs[0]));
      harness_release(&call);
    }
    harness_tensor_deinit(&image);
    harness_tensor_deinit(&filter);
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
