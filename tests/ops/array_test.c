// Ops that give the same bytes under another shape, and those that pass tensors on.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
static const op_row kRows[] = {
    {"as it is", "Identity", {"f32[2,2] 1 2 3 4"}, .want = "f32[2,2] 1 2 3 4"},
    {"as it is, empty", "Identity", {"i8[0,3]"}, .want = "i8[0,3]"},
    {"a copy of a view", "Snapshot", {"f64[] 2"}, .want = "f64[] 2"},
    {"stops", "StopGradient", {"f32[1] 5"}, .want = "f32[1] 5"},
    {"prevents", "PreventGradient", {"f32[1] 5"}, "message=why", .want = "f32[1] 5"},
    {"the default fits", "PlaceholderWithDefault", {"f32[2] 5 6"}, "shape=[?]", .want = "f32[2] 5 6"},
    {"the default fits exactly", "PlaceholderWithDefault", {"f32[2] 5 6"}, "shape=[2]", .want = "f32[2] 5 6"},
    {"the default does not fit", "PlaceholderWithDefault", {"f32[2] 5 6"}, "shape=[3]", .error = TF_INVALID_ARGUMENT},
    {"several, the first", "IdentityN", {"f32[2] 5 6", "i32[1] 7"}, .want = "f32[2] 5 6"},
    {"strings among several", "IdentityN", {"str[3] ab '' longer-than-what-fits-into-the-element-itself", "i32[1] 7"},
     .want = "str[3] ab '' longer-than-what-fits-into-the-element-itself", .also = "i32[1] 7"},

    {"to columns", "Reshape", {"f32[2,3] 1 2 3 4 5 6", "i32[2] 3 2"}, .want = "f32[3,2] 1 2 3 4 5 6"},
    {"one is inferred", "Reshape", {"f32[2,3] 1 2 3 4 5 6", "i64[2] -1 2"}, .want = "f32[3,2] 1 2 3 4 5 6"},
    {"to a scalar", "Reshape", {"f32[1,1] 9", "i32[0]"}, .want = "f32[] 9"},
    {"a scalar as shape", "Reshape", {"f32[2,2] 1 2 3 4", "i32[] -1"}, .want = "f32[4] 1 2 3 4"},
    {"empty", "Reshape", {"f32[0,3]", "i32[2] 5 0"}, .want = "f32[5,0]"},
    {"empty, inferred", "Reshape", {"f32[0,3]", "i32[2] -1 3"}, .want = "f32[0,3]"},
    {"too few", "Reshape", {"f32[3] 1 2 3", "i32[1] 4"}, .error = TF_INVALID_ARGUMENT,
     .message = "Cannot reshape a tensor with 3 elements to shape [4] (4 elements)"},
    {"no whole multiple", "Reshape", {"f32[3] 1 2 3", "i32[2] -1 2"}, .error = TF_INVALID_ARGUMENT,
     .message = "requires a multiple of 2"},
    {"two unknown", "Reshape", {"f32[3] 1 2 3", "i32[2] -1 -1"}, .error = TF_INVALID_ARGUMENT,
     .message = "Only one input size may be -1"},
    {"negative", "Reshape", {"f32[3] 1 2 3", "i32[1] -3"}, .error = TF_INVALID_ARGUMENT},
    {"empty, inferred beside a zero", "Reshape", {"f32[2,0,3]", "i32[2] 0 -1"}, .want = "f32[0,6]"},
    {"empty, inferred beside zeros and a part", "Reshape", {"f32[0,6]", "i32[4] -1 0 0 2"}, .want = "f32[3,0,0,2]"},
    {"empty, inferred beside a zero, rounded down", "Reshape", {"f32[0,6]", "i32[3] -1 0 4"}, .want = "f32[1,0,4]"},
    {"empty, inferred beside a zero from a vector", "Reshape", {"f32[0]", "i32[2] 0 -1"}, .want = "f32[0,1]"},
    {"something into nothing", "Reshape", {"f32[3] 1 2 3", "i32[2] 0 -1"}, .error = TF_INVALID_ARGUMENT},
    {"empty, too many beside a zero", "Reshape", {"f32[0,4294967296,4294967296]", "i32[2] 0 -1"},
     .error = TF_INVALID_ARGUMENT},
    {"overflow", "Reshape", {"f32[1] 1", "i64[3] 4294967296 4294967296 4294967296"}, .error = TF_INVALID_ARGUMENT},

    {"before the first", "ExpandDims", {"f32[2] 1 2", "i32[] 0"}, .want = "f32[1,2] 1 2"},
    {"after the last", "ExpandDims", {"f32[2] 1 2", "i32[] -1"}, .want = "f32[2,1] 1 2"},
    {"in the middle", "ExpandDims", {"f32[2,1] 1 2", "i64[1] 1"}, .want = "f32[2,1,1] 1 2"},
    {"of a scalar", "ExpandDims", {"bool[] 1", "i32[] 0"}, .want = "bool[1] 1"},
    {"past the last", "ExpandDims", {"f32[2] 1 2", "i32[] 2"}, .error = TF_INVALID_ARGUMENT,
     .message = "dim 2 not in the interval [-2, 1]."},
    {"before all", "ExpandDims", {"f32[2] 1 2", "i32[] -3"}, .error = TF_INVALID_ARGUMENT},
    {"two axes", "ExpandDims", {"f32[2] 1 2", "i32[2] 0 0"}, .error = TF_INVALID_ARGUMENT},

    {"all ones", "Squeeze", {"f32[1,2,1] 1 2"}, .want = "f32[2] 1 2"},
    {"nothing to squeeze", "Squeeze", {"f32[2] 1 2"}, .want = "f32[2] 1 2"},
    {"one of two", "Squeeze", {"f32[1,2,1] 1 2"}, "squeeze_dims=[0]", .want = "f32[2,1] 1 2"},
    {"from the end", "Squeeze", {"f32[1,2,1] 1 2"}, "squeeze_dims=[-1]", .want = "f32[1,2] 1 2"},
    {"no one", "Squeeze", {"f32[1,2] 1 2"}, "squeeze_dims=[1]", .error = TF_INVALID_ARGUMENT,
     .message = "Can not squeeze dim[1], expected a dimension of 1, got 2"},
    {"no such axis", "Squeeze", {"f32[1,2] 1 2"}, "squeeze_dims=[2]", .error = TF_INVALID_ARGUMENT,
     .message = "Tried to squeeze dim index 2 for tensor with 2 dimensions."},
};
static const op_shape_row kShapes[] = {
    {"Identity", {"f32[2,?]"}, .want = "[2,?]"},
    {"Reshape", {"f32[2,3]", "i32[2]"}, .want = "[?,?]"},
    {"Reshape", {"f32[2,3]", "i32[?]"}, .want = "<unknown>"},
    {"Reshape", {"f32?", "i32[0]"}, .want = "[]"},
    {"ExpandDims", {"f32[2,?]", "i32[]"}, .want = "<unknown>"},
    {"ExpandDims", {"f32?", "i32[]"}, .want = "<unknown>"},
    {"Squeeze", {"f32[1,?]"}, .want = "<unknown>"},
    {"Squeeze", {"f32[1,?]"}, "squeeze_dims=[0]", .want = "[?]"},
    {"Squeeze", {"f32[?,2]"}, "squeeze_dims=[0]", .want = "[2]"},
    {"PlaceholderWithDefault", {"f32?"}, "shape=[?,2]", .want = "[?,2]"},
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
