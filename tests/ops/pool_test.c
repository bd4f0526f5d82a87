// MaxPool, MaxPoolV2 and AvgPool: values from TensorFlow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define IMAGE "[1,3,3,2] 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17"
#define K22 "ksize=[1,2,2,1] strides=[1,1,1,1] "
#define MAX_OF(type) \
  {"largest of " #type, "MaxPool", {type IMAGE}, K22 "padding=VALID", .want = type "[1,2,2,2] 8 9 10 11 14 15 16 17"}
#define MEAN_OF(type) \
  {"mean of " #type, "AvgPool", {type IMAGE}, K22 "padding=VALID", .want = type "[1,2,2,2] 4 5 6 7 10 11 12 13"}
#define TWO "f32[2,5,4,1] 0 1 2 3 4 5 6 ..."
#define K32 "ksize=[1,3,2,1] strides=[1,2,2,1] padding=SAME"
static const op_row kRows[] = {
    MAX_OF("f32"), MAX_OF("f64"), MAX_OF("f16"), MAX_OF("bf16"), MAX_OF("i8"), MAX_OF("i16"), MAX_OF("i32"),
    MAX_OF("i64"), MAX_OF("u8"), MAX_OF("u16"), MAX_OF("u32"), MAX_OF("u64"),
    MEAN_OF("f32"), MEAN_OF("f64"), MEAN_OF("f16"), MEAN_OF("bf16"),
    {"same, strides, two images", "MaxPool", {TWO}, K32, .want = "f32[2,3,2,1] 5 6 6 6 6 5 6 6 5 6 5 6"},
    {"mean, same, strides, two images", "AvgPool", {TWO}, K32, .want = "f32[2,3,2,1] 2.5 2.75 3.8333332538604736 "
     "2.3333332538604736 4 2.5 3.25 3.5 2.8333332538604736 3.6666667461395264 3 3.25", .tolerance = 1e-7},
    {"window larger than the image", "MaxPool", {"f32" IMAGE}, "ksize=[1,5,5,1] strides=[1,2,2,1] padding=SAME",
     .want = "f32[1,2,2,2] 16 17 16 17 16 17 16 17"},
    {"mean of a window larger than the image", "AvgPool", {"f32" IMAGE}, "ksize=[1,5,5,1] strides=[1,2,2,1] padding=SAME",
     .want = "f32[1,2,2,2] 8 9 8 9 8 9 8 9"},
    {"negative integers", "MaxPool", {"i8[1,3,3,1] -5 -4 -3 -2 -1 0 1 2 3"}, "ksize=[1,3,3,1] strides=[1,1,1,1] padding=SAME",
     .want = "i8[1,3,3,1] -1 0 0 2 3 3 2 3 3"},
    {"explicit padding", "MaxPool", {"f32[1,3,3,2] -50 -49 -48 -47 -46 -45 -44 -43 -42 -41 -40 -39 -38 -37 -36 -35 -34 -33"},
     K22 "padding=EXPLICIT explicit_paddings=[0,0,1,0,0,1,0,0]",
     .want = "f32[1,3,3,2] -48 -47 -46 -45 -46 -45 -42 -41 -40 -39 -40 -39 -36 -35 -34 -33 -34 -33"},
    {"channels first", "MaxPool", {"f32[1,2,3,3] 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17"},
     "ksize=[1,1,2,2] strides=[1,1,1,1] padding=VALID data_format=NCHW", .want = "f32[1,2,2,2] 4 5 7 8 13 14 16 17"},
    {"mean, channels first", "AvgPool", {"f32[1,2,3,3] 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17"},
     "ksize=[1,1,2,2] strides=[1,1,1,1] padding=VALID data_format=NCHW", .want = "f32[1,2,2,2] 2 3 5 6 11 12 14 15"},
    {"over channels", "MaxPool", {"f32[1,1,2,4] 0 1 2 3 4 5 6 7"}, "ksize=[1,1,1,2] strides=[1,1,1,2] padding=VALID",
     .want = "f32[1,1,2,2] 1 3 5 7"},
    {"over channels, strides over places do not matter", "MaxPool", {"f32[1,1,2,4] 0 1 2 3 4 5 6 7"},
     "ksize=[1,1,1,2] strides=[1,2,2,2] padding=SAME", .want = "f32[1,1,2,2] 1 3 5 7"},
    {"NaNs over channels", "MaxPool", {"f32[1,1,1,6] nan 1 1 nan nan nan"}, "ksize=[1,1,1,2] strides=[1,1,1,2] padding=VALID",
     .want = "f32[1,1,1,3] nan 1 nan"},
    {"a step too large for the image", "MaxPool", {"f32[1,1,1,1] 1"}, K22 "padding=VALID", .want = "f32[1,0,0,1]"},
    {"a step too large, channels first", "MaxPool", {"f32[1,1,1,1] 1"},
     "ksize=[1,1,2,2] strides=[1,1,1,1] padding=VALID data_format=NCHW", .error = TF_INVALID_ARGUMENT},
    {"a step too large for a mean", "AvgPool", {"f32[1,1,1,1] 1"}, K22 "padding=VALID", .want = "f32[1,0,0,1]"},
    {"an image of no rows", "MaxPool", {"f32[1,0,3,1]"}, "ksize=[1,2,2,1] strides=[1,1,1,1] padding=SAME", .want = "f32[1,0,3,1]"},
    {"NaNs are skipped", "MaxPool", {"f32[1,2,2,1] nan 1 2 3"}, K22 "padding=VALID", .want = "f32[1,1,1,1] 3"},
    {"a later NaN is skipped", "MaxPool", {"f64[1,2,2,1] 1 nan 2 nan"}, K22 "padding=VALID", .want = "f64[1,1,1,1] 2"},
    {"minus infinity is the lowest number", "MaxPool", {"f32[1,2,2,1] -inf ..."}, K22 "padding=VALID",
     .want = "f32[1,1,1,1] -3.4028234663852886e+38"},
    {"minus infinity in half", "MaxPool", {"f16[1,2,2,1] -inf ..."}, K22 "padding=VALID", .want = "f16[1,1,1,1] -65504"},
    {"NaNs alone in bfloat16", "MaxPool", {"bf16[1,2,2,1] nan ..."}, K22 "padding=VALID",
     .want = "bf16[1,1,1,1] -3.3895313892515355e+38"},
    {"infinity", "MaxPool", {"f32[1,2,2,1] inf -inf 0 1"}, K22 "padding=VALID", .want = "f32[1,1,1,1] inf"},
    {"mean of NaN", "AvgPool", {"f32[1,2,2,1] nan 1 2 3"}, K22 "padding=VALID", .want = "f32[1,1,1,1] nan"},
    {"mean in half adds in float", "AvgPool", {"f16[1,50,50,1] 1.1 ..."}, "ksize=[1,50,50,1] strides=[1,1,1,1] padding=VALID",
     .want = "f16[1,1,1,1] 1.1"},
    {"more channels than a strip", "MaxPool", {"f32[1,2,1,70] 3 ..."}, "ksize=[1,2,1,1] strides=[1,1,1,1] padding=VALID",
     .want = "f32[1,1,1,70] 3 ..."},
    {"no images", "MaxPool", {"f32[0,3,3,2]"}, K22 "padding=VALID", .want = "f32[0,2,2,2]"},
    {"no rows", "AvgPool", {"f32[1,0,3,2]"}, K22 "padding=SAME", .want = "f32[1,0,3,2]"},
    {"no channels", "MaxPool", {"f32[1,3,3,0]"}, K22 "padding=VALID", .want = "f32[1,2,2,0]"},
    {"window one larger than the image", "MaxPool", {"f32" IMAGE}, "ksize=[1,4,1,1] strides=[1,1,1,1] padding=VALID",
     .want = "f32[1,0,3,2]"},
    {"sizes as inputs", "MaxPoolV2", {"f32" IMAGE, "i32[4] 1 2 2 1", "i32[4] 1 1 1 1"}, "padding=VALID",
     .want = "f32[1,2,2,2] 8 9 10 11 14 15 16 17"},
    {"sizes as inputs, over channels", "MaxPoolV2", {"f32[1,1,2,2] 0 1 3 2", "i32[4] 1 1 1 2", "i32[4] 1 1 1 2"},
     "padding=SAME", .want = "f32[1,1,2,1] 1 3"},
    {"window much larger", "MaxPool", {"f32" IMAGE}, "ksize=[1,5,5,1] strides=[1,1,1,1] padding=VALID",
     .error = TF_INVALID_ARGUMENT,
     .message = "Computed output size would be negative: -1 [input_size: 3, effective_filter_size: 5, stride: 1]"},
    {"rank 3", "MaxPool", {"f32[3,3,2] 0 ..."}, K22 "padding=VALID", .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be rank 4 but is rank 3"},
    {"over images", "MaxPool", {"f32" IMAGE}, "ksize=[2,2,2,1] strides=[1,1,1,1] padding=VALID", .error = TF_UNIMPLEMENTED,
     .message = "Pooling is not yet supported on the batch dimension."},
    {"over places and channels", "AvgPool", {"f32" IMAGE}, "ksize=[1,2,2,2] strides=[1,1,1,1] padding=VALID",
     .error = TF_UNIMPLEMENTED, .message = "exactly one of pooling across depth"},
    {"channel stride", "MaxPool", {"f32[1,1,1,4] 0 ..."}, "ksize=[1,1,1,2] strides=[1,1,1,1] padding=SAME",
     .error = TF_UNIMPLEMENTED, .message = "depth window to equal the depth stride"},
    {"channels left over", "MaxPool", {"f32[1,1,1,4] 0 ..."}, "ksize=[1,1,1,3] strides=[1,1,1,3] padding=SAME",
     .error = TF_UNIMPLEMENTED, .message = "evenly divide the input depth"},
    {"mean over channels", "AvgPool", {"f32[1,1,1,4] 0 ..."}, "ksize=[1,1,1,2] strides=[1,1,1,2] padding=SAME",
     .error = TF_UNIMPLEMENTED, .message = "Non-spatial pooling is not yet supported"},
    {"explicit padding over channels", "MaxPool", {"f32[1,1,1,4] 0 ..."},
     "ksize=[1,1,1,2] strides=[1,1,1,2] padding=EXPLICIT explicit_paddings=[0,0,0,0,0,0,0,0]", .error = TF_UNIMPLEMENTED},
    {"stride 0", "MaxPool", {"f32" IMAGE}, "ksize=[1,2,2,1] strides=[1,0,1,1] padding=VALID", .error = TF_INVALID_ARGUMENT,
     .message = "Stride must be > 0, but got 0"},
    {"window 0", "MaxPool", {"f32" IMAGE}, "ksize=[1,0,1,1] strides=[1,1,1,1] padding=VALID", .error = TF_INVALID_ARGUMENT,
     .message = "Sliding window ksize must be positive. The specified or inferred ksize is: 1,0,1,1"},
    {"mean of window 0", "AvgPool", {"f32" IMAGE}, "ksize=[1,-1,1,1] strides=[1,1,1,1] padding=VALID",
     .error = TF_INVALID_ARGUMENT, .message = "ksize must be a positive int32 value, got:-1"},
    {"five window sizes", "MaxPool", {"f32" IMAGE}, "ksize=[1,2,2,1,1] strides=[1,1,1,1] padding=VALID",
     .error = TF_INVALID_ARGUMENT, .message = "MaxPool requires the ksize attribute to contain 4 values, but got: 5"},
    {"no explicit paddings", "MaxPool", {"f32" IMAGE}, K22 "padding=EXPLICIT", .error = TF_INVALID_ARGUMENT,
     .message = "explicit_paddings attribute must contain 8 values, but got: 0"},
    {"explicit padding of the window's size", "MaxPool", {"f32" IMAGE},
     K22 "padding=EXPLICIT explicit_paddings=[0,0,2,0,0,1,0,0]", .error = TF_INVALID_ARGUMENT,
     .message = "Top padding 2 needs to be smaller than the window size 2"},
    {"explicit padding on the right", "MaxPool", {"f32" IMAGE},
     K22 "padding=EXPLICIT explicit_paddings=[0,0,0,0,0,2,0,0]", .error = TF_INVALID_ARGUMENT, .message = "Right padding 2"},
    {"explicit padding of images", "MaxPool", {"f32" IMAGE},
     K22 "padding=EXPLICIT explicit_paddings=[1,0,0,0,0,0,0,0]", .error = TF_INVALID_ARGUMENT,
     .message = "Nonzero explicit padding in the batch or depth dimensions"},
    {"integers, channels first", "MaxPool", {"i32[1,4,3,3] 0 ..."},
     "ksize=[1,1,2,2] strides=[1,1,1,1] padding=VALID data_format=NCHW", .error = TF_INVALID_ARGUMENT,
     .message = "Default MaxPoolingOp only supports NHWC on device type CPU"},
    {"sizes as inputs, channels first", "MaxPoolV2", {"f32[1,2,3,3] 0 ...", "i32[4] 1 1 2 2", "i32[4] 1 1 1 1"},
     "padding=VALID data_format=NCHW", .error = TF_INVALID_ARGUMENT, .message = "MaxPoolingV2Op only supports NHWC"},
    {"three sizes as input", "MaxPoolV2", {"f32" IMAGE, "i32[3] 1 2 2", "i32[4] 1 1 1 1"}, "padding=VALID",
     .error = TF_INVALID_ARGUMENT, .message = "Dimension must be 4 but is 3"},
    {"stride 0 as input", "MaxPoolV2", {"f32" IMAGE, "i32[4] 1 2 2 1", "i32[4] 1 0 1 1"}, "padding=VALID",
     .error = TF_INVALID_ARGUMENT, .message = "Stride must be > 0, but got 0"},
};
static const op_shape_row kShapes[] = {
    {"MaxPool", {"f32[?,8,?,3]"}, K22 "padding=SAME", .want = "[?,8,?,3]"},
    {"AvgPool", {"f32[?,8,?,3]"}, "ksize=[1,2,2,1] strides=[1,2,2,1] padding=VALID", .want = "[?,4,?,3]"},
    {"MaxPool", {"f32?"}, K22 "padding=SAME", .want = "[?,?,?,?]"},
    {"MaxPoolV2", {"f32[1,8,8,3]", "i32[4]", "i32[4]"}, "padding=SAME", .want = "[?,?,?,?]"},
};
// clang-format on

static void rows(void** state) {
  (void)state;
  OP_ROWS_CHECK(kRows);
}

static void shapes(void** state) {
  (void)state;
  OP_SHAPE_ROWS_CHECK(kShapes);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(shapes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
