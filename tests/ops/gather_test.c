// Gather, GatherV2 and GatherNd: values and messages from TensorFlow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define INVALID(text) .error = TF_INVALID_ARGUMENT, .message = text
#define P "f32[3,4] 0 1 2 3 4 5 6 7 8 9 10 11"
#define OF_TYPE(type, values, want_values) \
  {"gather " #type, "GatherV2", {type "[3] " values, "i32[4] 2 0 0 1", "i32[] 0"}, .want = type "[4] " want_values}, \
  {"gather rows of " #type, "Gather", {type "[3,1] " values, "i64[4] 2 0 0 1"}, .want = type "[4,1] " want_values}, \
  {"gather_nd " #type, "GatherNd", {type "[3] " values, "i64[4,1] 2 0 0 1"}, .want = type "[4] " want_values}
static const op_row kRows[] = {
    OF_TYPE("f32", "1 nan -inf", "-inf 1 1 nan"), OF_TYPE("f64", "1 2 3", "3 1 1 2"), OF_TYPE("f16", "1 2 3", "3 1 1 2"),
    OF_TYPE("bf16", "1 2 3", "3 1 1 2"), OF_TYPE("i8", "1 -2 3", "3 1 1 -2"), OF_TYPE("i16", "1 -2 3", "3 1 1 -2"),
    OF_TYPE("i32", "1 -2 3", "3 1 1 -2"), OF_TYPE("i64", "1 -2 3", "3 1 1 -2"), OF_TYPE("u8", "1 255 3", "3 1 1 255"),
    OF_TYPE("u16", "1 2 3", "3 1 1 2"), OF_TYPE("u32", "1 2 3", "3 1 1 2"), OF_TYPE("u64", "1 2 3", "3 1 1 2"),
    OF_TYPE("bool", "1 0 1", "1 1 1 0"), OF_TYPE("c64", "1,2 3,4 5,6", "5,6 1,2 1,2 3,4"),
    OF_TYPE("c128", "1,2 3,4 5,6", "5,6 1,2 1,2 3,4"), OF_TYPE("str", "a '' a-text-that-is-longer-than-an-element",
    "a-text-that-is-longer-than-an-element a a ''"),
    {"rows", "Gather", {P, "i32[2,1] 2 0"}, .want = "f32[2,1,4] 8 9 10 11 0 1 2 3"},
    {"one row", "Gather", {P, "i32[] 1"}, .want = "f32[4] 4 5 6 7"},
    {"int16 indices", "GatherV2", {P, "i16[1] 2", "i64[] 0"}, .want = "f32[1,4] 8 9 10 11"},
    {"columns", "GatherV2", {P, "i32[2] 3 1", "i32[] 1"}, .want = "f32[3,2] 3 1 7 5 11 9"},
    {"negative axis", "GatherV2", {P, "i32[2] 3 1", "i32[] -1"}, .want = "f32[3,2] 3 1 7 5 11 9"},
    {"the middle axis", "GatherV2", {"i32[2,2,2] 0 1 2 3 4 5 6 7", "i32[3] 1 1 0", "i32[] 1"},
     .want = "i32[2,3,2] 2 3 2 3 0 1 6 7 6 7 4 5"},
    {"strings of the middle axis", "GatherV2", {"str[1,2,2] a b c d", "i32[2] 1 0", "i32[] 1"}, .want = "str[1,2,2] c d a b"},
    {"a batch", "GatherV2", {P, "i32[3,2] 0 1 2 3 1 1", "i32[] 1"}, "batch_dims=1", .want = "f32[3,2] 0 1 6 7 9 9"},
    {"a batch from the end", "GatherV2", {P, "i32[3,2] 0 1 2 3 1 1", "i32[] 1"}, "batch_dims=-1",
     .want = "f32[3,2] 0 1 6 7 9 9"},
    {"no batch from the end", "GatherV2", {P, "i32[3,2] 0 1 2 3 1 1", "i32[] 1"}, "batch_dims=-2",
     .want = "f32[3,3,2] 0 1 2 3 1 1 4 5 6 7 5 5 8 9 10 11 9 9"},
    {"a batch and outer dimensions", "GatherV2", {"f32[3,2,2] 0 1 2 3 4 5 6 7 8 9 10 11", "i32[3] 0 1 1", "i32[] 2"},
     "batch_dims=1", .want = "f32[3,2] 0 2 5 7 9 11"},
    {"no params, no indices", "Gather", {"f32[0,4]", "i32[0]"}, .want = "f32[0,4]"},
    {"rows of nothing are not looked for", "Gather", {"f32[3,0]", "i32[1] 7"}, .want = "f32[1,0]"},
    {"an empty batch", "GatherV2", {"f32[0,4]", "i32[0,2]", "i32[] 1"}, "batch_dims=1", .want = "f32[0,2]"},
    {"index past the end", "Gather", {P, "i32[2] 0 7"}, INVALID("indices[1] = 7 is not in [0, 3)")},
    {"negative index", "Gather", {P, "i32[2,2] 0 2 1 -1"}, INVALID("indices[1,1] = -1 is not in [0, 3)")},
    {"a single index", "GatherV2", {P, "i32[] 9", "i32[] -1"}, INVALID("indices = 9 is not in [0, 4)")},
    {"nothing to take", "Gather", {"f32[0,4]", "i32[1] 0"}, INVALID("indices[0] = 0 is not in [0, 0)")},
    {"a large index", "Gather", {P, "i64[1] 4294967296"}, INVALID("indices[0] = 4294967296 is not in [0, 3)")},
    {"index in a batch", "GatherV2", {P, "i32[3,2] 0 1 2 9 1 1", "i32[] 1"}, "batch_dims=1",
     INVALID("indices[1,1] = 9 is not in [0, 4)")},
    {"params a scalar", "Gather", {"f32[] 5", "i32[1] 0"}, INVALID("Shape must be at least rank 1 but is rank 0")},
    {"axis past the end", "GatherV2", {P, "i32[1] 0", "i32[] 2"}, INVALID("Shape must be at least rank 3 but is rank 2")},
    {"axis before the start", "GatherV2", {P, "i32[1] 0", "i32[] -3"},
     INVALID("Shape must be at least rank 3 but is rank 2")},
    {"axis no scalar", "GatherV2", {P, "i32[1] 0", "i32[1] 0"}, INVALID("Shape must be rank 0 but is rank 1")},
    {"axis far away", "GatherV2", {P, "i32[1] 0", "i64[] 9223372036854775807"}, INVALID("out of range")},
    {"batch after axis", "GatherV2", {P, "i32[3,2] 0 1 2 3 1 1", "i32[] 0"}, "batch_dims=1",
     INVALID("batch_dims (1) must be less than or equal to axis (0).")},
    {"batches differ", "GatherV2", {P, "i32[2] 0 1", "i32[] 1"}, "batch_dims=1",
     INVALID("params.shape[0]: 3 should be equal to indices.shape[0]: 2")},
    {"more batch than indices", "GatherV2", {P, "i32[2] 0 1", "i32[] 1"}, "batch_dims=2",
     INVALID("Shape must be at least rank 2 but is rank 1")},

    {"elements", "GatherNd", {P, "i32[2,2] 0 1 2 3"}, .want = "f32[2] 1 11"},
    {"slices", "GatherNd", {P, "i32[2,1] 2 0"}, .want = "f32[2,4] 8 9 10 11 0 1 2 3"},
    {"everything, twice", "GatherNd", {"i32[2] 1 2", "i32[2,0]"}, .want = "i32[2,2] 1 2 1 2"},
    {"one place", "GatherNd", {P, "i16[2] 1 1"}, .want = "f32[] 5"},
    {"no places", "GatherNd", {P, "i32[0,2]"}, .want = "f32[0]"},
    {"no places in nothing", "GatherNd", {"f32[0,4]", "i32[0,1]"}, .want = "f32[0,4]"},
    {"place not there", "GatherNd", {P, "i32[2,2] 0 1 3 0"},
     INVALID("indices[1] = [3, 0] does not index into param shape [3,4]")},
    {"place not there, nested", "GatherNd", {P, "i32[2,1,2] 0 1 1 -2"},
     INVALID("indices[1,0] = [1, -2] does not index into param shape [3,4]")},
    {"place not there, asked for", "GatherNd", {P, "i32[1,1] 3"}, "bad_indices_policy=ERROR", INVALID("indices[0] = [3]")},
    {"place not there, as always", "GatherNd", {P, "i32[1,1] 3"}, "bad_indices_policy=DEFAULT", INVALID("indices[0] = [3]")},
    {"place not there, ignored", "GatherNd", {P, "i32[2,1] 3 0"}, "bad_indices_policy=IGNORE",
     .want = "f32[2,4] 0 0 0 0 0 1 2 3"},
    {"string not there, ignored", "GatherNd", {"str[2] a b", "i32[2,1] 3 1"}, "bad_indices_policy=IGNORE",
     .want = "str[2] '' b"},
    {"policy of another name", "GatherNd", {P, "i32[1,1] 0"}, "bad_indices_policy=foo", .error = TF_INVALID_ARGUMENT},
    {"places too deep", "GatherNd", {P, "i32[1,3] 0 0 0"}, INVALID("indices.shape[-1] must be <= params.rank")},
    {"indices a scalar", "GatherNd", {P, "i32[] 1"}, INVALID("Shape must be at least rank 1 but is rank 0")},
    {"params a scalar, slices", "GatherNd", {"f32[] 1", "i32[0]"}, INVALID("params must be at least a vector")},
    {"places in nothing", "GatherNd", {"f32[0,4]", "i32[1,1] 0"}, INVALID("Requested more than 0 entries, but params is "
     "empty.  Params shape: [0,4]")},
    {"slices of nothing", "GatherNd", {"f32[3,0]", "i32[1,1] 9"}, INVALID("Requested more than 0 entries")},
    {"eight indices", "GatherNd", {"f32[1,1,1,1,1,1,1,1] 0", "i32[1,8] 0 ..."},
     INVALID("Only indices.shape[-1] values between 1 and 7 are currently supported.  Requested rank: 8")},
};
static const op_shape_row kShapes[] = {
    {"Gather", {"f32[?,4]", "i32[2,?]"}, .want = "[2,?,4]"},
    {"Gather", {"f32?", "i32[2]"}, .want = "<unknown>"},
    {"GatherV2", {"f32[3,4]", "i32[2,2]", "i32[]"}, .want = "[?,?,?]"},
    {"GatherV2", {"f32[3,4]", "i32[3,2]", "i32[]"}, "batch_dims=1", .want = "[?,?]"},
    {"GatherV2", {"f32[3]", "i32?", "i32[]"}, .want = "<unknown>"},
    {"GatherNd", {"f32[3,4]", "i32[?,1]"}, .want = "[?,4]"},
    {"GatherNd", {"f32[3,4]", "i32[5,?]"}, .want = "<unknown>"},
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
