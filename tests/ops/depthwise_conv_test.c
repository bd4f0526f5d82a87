// Depthwise convolution: values from TensorFlow, and from plain loops in double.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/conv_images.h"
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

static const conv_image kLarge[] = {
    {2, 7, 5, 300, 3, 3, 300, 300, {1, 1}, {1, 1}, {1, 1, 1, 1}},   {1, 6, 9, 130, 2, 3, 130, 390, {2, 1}, {1, 2}, {0, 2, 3, 1}},
    {2, 5, 300, 3, 3, 3, 3, 6, {1, 1}, {1, 1}, {1, 1, 1, 1}, true}, {1, 9, 30, 2, 3, 4, 2, 6, {2, 3}, {2, 3}, {2, 1, 5, 4}, true},
    {1, 3, 3, 2, 2, 2, 2, 800, {1, 1}, {1, 1}, {0, 0, 0, 0}},
};
// clang-format on

static void large_images(void** state) {
  (void)state;
  static const TF_DataType kTypes[] = {TF_FLOAT, TF_DOUBLE, TF_HALF, TF_BFLOAT16};
  for (size_t t = 0; t < sizeof(kTypes) / sizeof(kTypes[0]); ++t) {
    conv_images_check(OP, kLarge, sizeof(kLarge) / sizeof(kLarge[0]), kTypes[t]);
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
