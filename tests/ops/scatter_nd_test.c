// ScatterNd: values and messages from TensorFlow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define INVALID(text) .error = TF_INVALID_ARGUMENT, .message = text
#define OF_TYPE(type, updates, sum) \
  {"add " #type, "ScatterNd", {"i32[3,1] 2 0 2", type "[3] " updates, "i32[1] 3"}, .want = type "[3] " sum}
static const op_row kRows[] = {
    OF_TYPE("f32", "1 2 3", "2 0 4"), OF_TYPE("f64", "1 2 3", "2 0 4"), OF_TYPE("f16", "2048 2 1", "2 0 2048"),
    OF_TYPE("bf16", "256 2 1", "2 0 256"), OF_TYPE("i8", "127 2 1", "2 0 -128"), OF_TYPE("i16", "1 2 3", "2 0 4"),
    OF_TYPE("i32", "2147483647 2 1", "2 0 -2147483648"), OF_TYPE("i64", "1 2 3", "2 0 4"), OF_TYPE("u8", "255 2 1", "2 0 0"),
    OF_TYPE("u16", "1 2 3", "2 0 4"), OF_TYPE("u32", "1 2 3", "2 0 4"), OF_TYPE("u64", "1 2 3", "2 0 4"),
    OF_TYPE("c64", "1,2 3,4 5,6", "3,4 0,0 6,8"), OF_TYPE("c128", "1,2 3,4 5,6", "3,4 0,0 6,8"),
    OF_TYPE("bool", "1 1 1", "1 0 1"), OF_TYPE("str", "a b c", "b '' ac"),
    {"long strings are joined", "ScatterNd", {"i32[2,1] 0 0", "str[2] a-text-that-is-longer-than-an-element and-another",
     "i32[1] 1"}, .want = "str[1] a-text-that-is-longer-than-an-elementand-another"},
    {"slices", "ScatterNd", {"i64[2,1] 2 0", "f32[2,2] 1 2 3 4", "i64[2] 3 2"}, .want = "f32[3,2] 3 4 0 0 1 2"},
    {"a matrix of places", "ScatterNd", {"i32[2,2,1] 0 0 2 2", "f32[2,2] 1 2 3 4", "i32[1] 3"}, .want = "f32[3] 3 0 7"},
    {"one place", "ScatterNd", {"i32[2] 1 1", "f32[] 5", "i32[2] 2 2"}, .error = TF_INVALID_ARGUMENT},
    {"two indices each", "ScatterNd", {"i32[2,2] 0 1 1 0", "f32[2] 5 6", "i32[2] 2 2"}, .want = "f32[2,2] 0 5 6 0"},
    {"nothing into zeros", "ScatterNd", {"i32[0,1]", "f32[0]", "i32[1] 3"}, .want = "f32[3] 0 0 0"},
    {"nothing into nothing", "ScatterNd", {"i32[0,1]", "f32[0]", "i32[1] 0"}, .want = "f32[0]"},
    {"not there", "ScatterNd", {"i32[3,1] 0 9 1", "f32[3] 1 2 3", "i32[1] 4"},
     INVALID("indices[1] = [9] does not index into shape [4]")},
    {"negative", "ScatterNd", {"i32[1,2] 3 -5", "f32[1] 1", "i32[2] 4 3"},
     INVALID("indices[0] = [3, -5] does not index into shape [4,3]")},
    {"not there, ignored", "ScatterNd", {"i32[3,1] 0 9 1", "f32[3] 1 2 3", "i32[1] 4"}, "bad_indices_policy=IGNORE",
     .want = "f32[4] 1 3 0 0"},
    {"not there, an error", "ScatterNd", {"i32[1,1] 9", "f32[1] 1", "i32[1] 4"}, "bad_indices_policy=ERROR",
     INVALID("indices[0] = [9]")},
    {"policy of another name", "ScatterNd", {"i32[1,1] 0", "f32[1] 1", "i32[1] 4"}, "bad_indices_policy=foo",
     INVALID("Unknown bad indices handling attribute: foo")},
    {"too few updates", "ScatterNd", {"i32[3,1] 0 1 0", "f32[2] 1 2", "i32[1] 4"},
     INVALID("Dimensions [0,1) of indices[shape=[3,1]] = [3] must match dimensions [0,1) of updates[shape=[2]] = [2]")},
    {"updates too wide", "ScatterNd", {"i32[3,1] 0 1 0", "f32[3,1] 1 2 3", "i32[1] 4"}, INVALID("must match dimensions "
     "[1,2) of updates[shape=[3,1]] = [1]: Shapes must be equal rank, but are 0 and 1")},
    {"slices of another size", "ScatterNd", {"i32[2,1] 0 1", "f32[2,2] 1 2 3 4", "i32[2] 4 3"},
     INVALID("Dimensions [1,2) of input[shape=[4,3]] = [3] must match dimensions [1,2) of updates[shape=[2,2]] = [2]")},
    {"more indices than dimensions", "ScatterNd", {"i32[1,3] 0 0 1", "f32[1] 1", "i32[2] 4 3"},
     INVALID("Dimensions [3,2) of input[shape=[4,3]] must match dimensions [1,1) of updates[shape=[1]]")},
    {"something into nothing", "ScatterNd", {"i32[1,1] 0", "f32[1] 1", "i32[1] 0"},
     INVALID("Indices and updates specified for empty")},
    {"something into a scalar", "ScatterNd", {"i32[1,1] 0", "f32[1] 1", "i32[0]"},
     INVALID("Indices and updates specified for empty output shape")},
    {"indices without length", "ScatterNd", {"i32[1,0]", "f32[1,3] 1 2 3", "i32[1] 3"},
     INVALID("Indices and updates specified for empty output shape")},
    {"eight indices", "ScatterNd", {"i32[1,8] 0 ...", "f32[1] 1", "i32[8] 1 ..."},
     INVALID("Only indices.shape[-1] values between 1 and 5 are currently supported.  Requested rank: 8")},
    {"indices a scalar", "ScatterNd", {"i32[] 2", "f32[] 3", "i32[1] 4"},
     INVALID("Shape must be at least rank 1 but is rank 0")},
    {"shape no vector", "ScatterNd", {"i32[1,1] 0", "f32[1] 1", "i32[1,1] 3"}, INVALID("Shape must be rank 1 but is rank 2")},
    {"shape below unknown", "ScatterNd", {"i32[1,1] 0", "f32[1] 1", "i32[1] -2"}, .error = TF_INVALID_ARGUMENT},
};
static const op_shape_row kShapes[] = {
    {"ScatterNd", {"i32[3,1]", "f32[3,?]", "i32[2]"}, .want = "[?,?]"},
    {"ScatterNd", {"i32?", "f32?", "i32[?]"}, .want = "<unknown>"},
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
