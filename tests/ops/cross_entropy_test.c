// Cross entropies: values from TensorFlow, both outputs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define DENSE "SoftmaxCrossEntropyWithLogits"
#define SPARSE "SparseSoftmaxCrossEntropyWithLogits"
#define X23 "f32[2,3] 1 2 3 0 -1 2"
static const op_row kRows[] = {
    {"float", DENSE, {"f32[2,3] 1 2 3 0 -1 2", "f32[2,3] 0.25 0.25 0.5 1 0 0"},
     .want = "f32[2] 1.1576058864593506 2.1698460578918457",
     .also = "f32[2,3] -0.15996941924095154 -0.00527152419090271 0.16524094343185425 -0.8858047723770142 0.04201006516814232 0.8437947034835815", .tolerance = 3e-7},
    {"double", DENSE, {"f64[2,3] 1 2 3 0 -1 2", "f64[2,3] 0.25 0.25 0.5 1 0 0"},
     .want = "f64[2] 1.1576059644443806 2.1698460195562856",
     .also = "f64[2,3] -0.15996942682961954 -0.005271528945202386 0.16524095577482178 -0.8858048006154056 0.04201006613406605 0.8437947344813395", .tolerance = 1e-15},
    {"half", DENSE, {"f16[2,3] 1 2 3 0 -1 2", "f16[2,3] 0.25 0.25 0.5 1 0 0"},
     .want = "f16[2] 1.158203125 2.169921875",
     .also = "f16[2,3] -0.159912109375 -0.00537109375 0.1650390625 -0.8857421875 0.0419921875 0.84326171875", .tolerance = 1.5e-3},
    {"bfloat16", DENSE, {"bf16[2,3] 1 2 3 0 -1 2", "bf16[2,3] 0.25 0.25 0.5 1 0 0"},
     .want = "bf16[2] 1.15625 2.171875",
     .also = "bf16[2,3] -0.16015625 -0.0048828125 0.16796875 -0.88671875 0.0419921875 0.84375", .tolerance = 8e-3},
    {"one row of labels", DENSE, {"f32[2,3] 1 2 3 0 -1 2", "f32[1,3] 0.25 0.25 0.5"},
     .want = "f32[2] 1.1576058864593506 1.4198460578918457",
     .also = "f32[2,3] -0.15996941924095154 -0.00527152419090271 0.16524094343185425 -0.13580480217933655 -0.20798993110656738 0.34379470348358154", .tolerance = 3e-7},
    {"one column of logits", DENSE, {"f32[2,1] 1 0", "f32[2,3] 0.25 0.25 0.5 1 0 0"},
     .want = "f32[2] 1.0986123085021973 1.0986123085021973",
     .also = "f32[2,3] 0.0833333432674408 0.0833333432674408 -0.1666666567325592 -0.6666666269302368 0.3333333432674408 0.3333333432674408", .tolerance = 3e-7},
    {"one row of logits, one column of labels", DENSE, {"f32[1,3] 1 2 3", "f32[2,1] 0.25 1"},
     .want = "f32[2] 1.0557044744491577 4.222817897796631",
     .also = "f32[2,3] -0.15996941924095154 -0.00527152419090271 0.41524094343185425 -0.9099694490432739 -0.7552715539932251 -0.33475905656814575", .tolerance = 3e-7},
    {"a vector of logits", DENSE, {"f32[3] 1 2 3", "f32[2,3] 0.25 0.25 0.5 1 0 0"},
     .want = "f32[2] 1.1576058864593506 2.4076058864593506",
     .also = "f32[2,3] -0.15996941924095154 -0.00527152419090271 0.16524094343185425 -0.9099694490432739 0.2447284758090973 0.6652409434318542", .tolerance = 3e-7},
    {"a scalar label", DENSE, {"f32[2,3] 1 2 3 0 -1 2", "f32[] 0.5"},
     .want = "f32[2] 2.1114089488983154 2.7547690868377686",
     .also = "f32[2,3] -0.40996941924095154 -0.2552715241909027 0.16524094343185425 -0.38580480217933655 -0.4579899311065674 0.34379470348358154", .tolerance = 3e-7},
    {"far apart", DENSE, {"f32[1,3] 1000 0 -1000", "f32[1,3] 0 0.5 0.5"},
     .want = "f32[1] 1500",
     .also = "f32[1,3] 1 -0.5 -0.5", .tolerance = 3e-7},
    {"float", SPARSE, {"f32[2,3] 1 2 3 0 -1 2", "i64[2] 2 0"},
     .want = "f32[2] 0.40760594606399536 2.1698460578918457",
     .also = "f32[2,3] 0.09003057330846786 0.2447284758090973 -0.33475905656814575 -0.8858047723770142 0.04201006516814232 0.8437947034835815", .tolerance = 3e-7},
    {"int32", SPARSE, {"f32[2,3] 1 2 3 0 -1 2", "i32[2] 2 0"},
     .want = "f32[2] 0.40760594606399536 2.1698460578918457",
     .also = "f32[2,3] 0.09003057330846786 0.2447284758090973 -0.33475905656814575 -0.8858047723770142 0.04201006516814232 0.8437947034835815", .tolerance = 3e-7},
    {"double", SPARSE, {"f64[2,3] 1 2 3 0 -1 2", "i64[2] 2 0"},
     .want = "f64[2] 0.4076059644443804 2.1698460195562856",
     .also = "f64[2,3] 0.09003057317038046 0.2447284710547976 -0.3347590442251782 -0.8858048006154056 0.04201006613406605 0.8437947344813395", .tolerance = 1e-15},
    {"half", SPARSE, {"f16[2,3] 1 2 3 0 -1 2", "i64[2] 2 0"},
     .want = "f16[2] 0.407958984375 2.169921875",
     .also = "f16[2,3] 0.09002685546875 0.24462890625 -0.3349609375 -0.8857421875 0.0419921875 0.84326171875", .tolerance = 1.5e-3},
    {"bfloat16", SPARSE, {"bf16[2,3] 1 2 3 0 -1 2", "i32[2] 2 0"},
     .want = "bf16[2] 0.40625 2.171875",
     .also = "bf16[2,3] 0.09033203125 0.2451171875 -0.33203125 -0.88671875 0.0419921875 0.84375", .tolerance = 8e-3},
    {"infinite logits", DENSE, {"f32[4,2] inf 0 -inf 0 nan 0 -inf -inf", "f32[4,2] 1 0 0 1 0 1 0.5 0.5"},
     .want = "f32[4] nan ...", .also = "f32[4,2] nan nan 0 0 nan nan nan nan"},
    {"a label for what cannot be", DENSE, {"f32[2,2] -inf 0 -inf 0", "f32[2,2] 1 0 nan 1"}, .want = "f32[2] inf nan",
     .also = "f32[2,2] -1 1 nan 0"},
    {"more than a block", DENSE, {"f32[1,1030] 2 ...", "f32[1,1] 0.0009765625"}, .want = "f32[1] 6.977962",
     .also = "f32[1,1030] -5.6886e-06 ...", .tolerance = 2e-6},
    {"more than a block of bfloat16", DENSE, {"bf16[2,1030] 2 ...", "bf16[2,1] 0 0"}, .want = "bf16[2] 0 0",
     .also = "bf16[2,1030] 0.00097087 ...", .tolerance = 4e-6},
    {"no rows", DENSE, {"f32[0,3]", "f32[0,3]"}, .want = "f32[0]", .also = "f32[0,3]"},
    {"no rows of labels", DENSE, {"f32[1,3] 1 2 3", "f32[0,3]"}, .want = "f32[0]", .also = "f32[0,3]"},
    {"no classes", DENSE, {"f32[2,0]", "f32[2,0]"}, .want = "f32[2] 0 0", .also = "f32[2,0]"},
    {"no classes in the labels", DENSE, {"f32[2,1] 1 2", "f32[2,0]"}, .want = "f32[2] 0 0", .also = "f32[2,0]"},
    {"two vectors", DENSE, {"f32[3] 1 2 3", "f32[3] 0 0 1"}, .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be broadcasted with rank 2, but is rank 1"},
    {"three dimensions", DENSE, {"f32[1,2,3] 1 ...", X23}, .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be broadcasted with rank 2, but is rank 3"},
    {"other classes", DENSE, {X23, "f32[2,2] 1 0 0 1"}, .error = TF_INVALID_ARGUMENT,
     .message = "Dimensions must be equal, but are 3 and 2"},
    {"infinite logits with classes", SPARSE, {"f32[5,2] inf 0 -inf 0 nan 0 -inf -inf -inf 1", "i64[5] 0 1 1 0 0"},
     .want = "f32[5] nan 0 nan nan inf", .also = "f32[5,2] nan nan 0 0 nan nan nan nan -1 1"},
    {"a class of a later block", SPARSE, {"f64[2,1030] 2 ...", "i32[2] 1029 512"}, .want = "f64[2] 6.937314081223682 ...",
     .tolerance = 1e-15},
    {"no rows with classes", SPARSE, {"f32[0,3]", "i64[0]"}, .want = "f32[0]", .also = "f32[0,3]"},
    {"a class too large", SPARSE, {X23, "i64[2] 3 0"}, .error = TF_INVALID_ARGUMENT,
     .message = "Received a label value of 3 which is outside the valid range of [0, 3).  Label values: 3 0"},
    {"a negative class", SPARSE, {X23, "i32[2] 1 -1"}, .error = TF_INVALID_ARGUMENT,
     .message = "Received a label value of -1 which is outside the valid range of [0, 3).  Label values: 1 -1"},
    {"a class far too large", SPARSE, {X23, "i64[2] 300 1099511627776"}, .error = TF_INVALID_ARGUMENT,
     .message = "Received a label value of 1099511627776 which is outside the valid range of [0, 3)"},
    {"many classes, one too large", SPARSE, {"f32[300,3] 0 ...", "i32[300] 0 1 2 3 ..."}, .error = TF_INVALID_ARGUMENT,
     .message = "Label values: 0 1 2 3 0 1 2 3"},
    {"none to choose from", SPARSE, {"f32[2,0]", "i64[2] 0 0"}, .error = TF_INVALID_ARGUMENT,
     .message = "Must have at least one class, but got logits shape [2,0]"},
    {"none to choose from, no rows", SPARSE, {"f32[0,0]", "i64[0]"}, .error = TF_INVALID_ARGUMENT,
     .message = "Must have at least one class, but got logits shape [0,0]"},
    {"a vector of logits with classes", SPARSE, {"f32[3] 1 2 3", "i64[3] 0 0 0"}, .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be rank 2 but is rank 1"},
    {"a matrix of classes", SPARSE, {X23, "i64[1,2] 0 0"}, .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be rank 1 but is rank 2"},
    {"classes for one row", SPARSE, {X23, "i64[1] 0"}, .error = TF_INVALID_ARGUMENT,
     .message = "Dimensions must be equal, but are 2 and 1"},
};
static const op_shape_row kShapes[] = {
    {DENSE, {"f32[?,3]", "f32[2,?]"}, .want = "[2]"},
    {DENSE, {"f32?", "f32[2,3]"}, .want = "[?]"},
    {SPARSE, {"f32[?,3]", "i64[2]"}, .want = "[2]"},
    {SPARSE, {"f32?", "i64?"}, .want = "[?]"},
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
