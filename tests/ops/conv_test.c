// Conv2D: values from TensorFlow, and from plain loops in double.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/conv_images.h"
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

static const conv_image kLarge[] = {
    {2, 9, 11, 3, 3, 3, 1, 8, {1, 1}, {1, 1}, {1, 1, 1, 1}},     {1, 12, 7, 16, 3, 2, 1, 40, {2, 1}, {1, 2}, {0, 2, 3, 1}},
    {3, 8, 8, 6, 3, 3, 3, 12, {1, 1}, {1, 1}, {1, 1, 1, 1}},     {2, 10, 10, 1, 5, 5, 1, 7, {3, 2}, {1, 1}, {2, 2, 2, 1}},
    {2, 5, 5, 70, 1, 1, 1, 33, {1, 1}, {1, 1}, {0, 0, 0, 0}},    {1, 6, 6, 300, 3, 3, 1, 5, {1, 1}, {1, 1}, {1, 1, 1, 1}},
    {2, 7, 9, 24, 3, 3, 1, 50, {1, 1}, {1, 1}, {1, 1, 1, 1}},    {2, 7, 7, 256, 1, 1, 1, 100, {1, 1}, {1, 1}, {0, 0, 0, 0}},
    {1, 9, 9, 32, 1, 1, 1, 16, {2, 2}, {1, 1}, {0, 0, 0, 0}},    {2, 6, 6, 32, 3, 3, 2, 24, {2, 1}, {1, 2}, {1, 0, 2, 1}},
    {2, 9, 11, 4, 3, 3, 1, 8, {1, 2}, {1, 1}, {1, 1, 1, 1}, true}, {2, 9, 11, 6, 3, 3, 2, 8, {1, 2}, {2, 1}, {2, 1, 1, 0}, true},
};
// clang-format on

static void large_images(void** state) {
  (void)state;
  conv_images_check("Conv2D", kLarge, sizeof(kLarge) / sizeof(kLarge[0]), TF_FLOAT);
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
