// TopK and TopKV2: values and messages from TensorFlow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define INVALID(text) .error = TF_INVALID_ARGUMENT, .message = text
#define OF_TYPE(type, values, want_values) \
  {"largest " #type, "TopKV2", {type "[2,3] " values, "i32[] 2"}, .want = type "[2,2] " want_values, .also = "i32[2,2] 1 2 0 2"}
#define TIES "i32[12] 5 1 9 9 2 7 3 7 7 7 8 8"
#define NANS "f32[2,4] nan 5 nan 5 nan 1 nan 2"
static const op_row kRows[] = {
    OF_TYPE("f32", "-inf 3 2 6 4 5", "3 2 6 5"), OF_TYPE("f64", "1 3 2 6 4 5", "3 2 6 5"), OF_TYPE("f16", "1 3 2 6 4 5", "3 2 6 5"),
    OF_TYPE("bf16", "1 3 2 6 4 5", "3 2 6 5"), OF_TYPE("i8", "-128 3 2 6 4 5", "3 2 6 5"), OF_TYPE("i16", "-1 3 2 6 4 5", "3 2 6 5"),
    OF_TYPE("i32", "-2147483648 3 2 6 4 5", "3 2 6 5"), OF_TYPE("i64", "-9223372036854775808 3 2 6 4 5", "3 2 6 5"),
    OF_TYPE("u8", "1 255 2 6 4 5", "255 2 6 5"), OF_TYPE("u16", "1 3 2 6 4 5", "3 2 6 5"),
    OF_TYPE("u32", "1 4294967295 2 6 4 5", "4294967295 2 6 5"),
    OF_TYPE("u64", "1 18446744073709551615 2 6 4 5", "18446744073709551615 2 6 5"),
    {"ties by the lower index", "TopKV2", {TIES, "i32[] 7"}, .want = "i32[7] 9 9 8 8 7 7 7", .also = "i32[7] 2 3 10 11 5 7 8"},
    {"all of them", "TopKV2", {"f32[4] 1 0 -0.0 0", "i32[] 4"}, .want = "f32[4] 1 0 -0.0 0", .also = "i32[4] 0 1 2 3"},
    {"all of a long row", "TopKV2", {"i32[20] 5 1 9 9 2 7 3 7 7 7 8 8 0 5 5 1 9 4 6 2", "i32[] 20"},
     .want = "i32[20] 9 9 9 8 8 7 7 7 7 6 5 5 5 4 3 2 2 1 1 0",
     .also = "i32[20] 2 3 16 10 11 5 7 8 9 18 0 13 14 17 6 4 19 1 15 12"},
    {"the largest", "TopKV2", {"f32[2,4] 3 1 2 3 -inf -inf -inf -inf", "i32[] 1"}, .want = "f32[2,1] 3 -inf", .also = "i32[2,1] 0 0"},
    {"as the heap lies", "TopKV2", {TIES, "i32[] 7"}, "sorted=false", .want = "i32[7] 7 7 8 7 9 9 8",
     .also = "i32[7] 8 7 11 5 3 2 10"},
    {"as a smaller heap lies", "TopKV2", {"i32[9] 3 4 3 5 2 6 6 0 4", "i32[] 3"}, "sorted=false", .want = "i32[3] 5 6 6",
     .also = "i32[3] 3 5 6"},
    {"all, whether sorted or not", "TopKV2", {"i32[3] 2 3 1", "i32[] 3"}, "sorted=false", .want = "i32[3] 3 2 1", .also = "i32[3] 1 0 2"},
    {"NaN, two", "TopKV2", {NANS, "i32[] 2"}, .want = "f32[2,2] nan 5 nan 2", .also = "i32[2,2] 0 1 0 3"},
    {"NaN, three", "TopKV2", {NANS, "i32[] 3"}, .want = "f32[2,3] nan 5 nan nan 2 1", .also = "i32[2,3] 0 1 2 0 3 1"},
    {"NaN, all", "TopKV2", {NANS, "i32[] 4"}, .want = "f32[2,4] nan 5 nan 5 nan 1 nan 2", .also = "i32[2,4] 0 1 2 3 0 1 2 3"},
    {"NaN, one", "TopKV2", {NANS, "i32[] 1"}, .want = "f32[2,1] 5 2", .also = "i32[2,1] 1 3"},
    {"none but NaN", "TopKV2", {"f32[2] nan nan", "i32[] 1"}, .want = "f32[1] nan", .also = "i32[1] 0"},
    {"more rows than lanes", "TopKV2", {"i32[40,2] 1 2 ...", "i32[] 1"}, .want = "i32[40,1] 2 ...", .also = "i32[40,1] 1 ..."},
    {"int16 places", "TopKV2", {"f32[3] 1 3 2", "i16[] 2"}, "index_type=i16", .want = "f32[2] 3 2", .also = "i16[2] 1 2"},
    {"int64 places", "TopKV2", {"f32[3] 1 3 2", "i64[] 2"}, "index_type=i64", .want = "f32[2] 3 2", .also = "i64[2] 1 2"},
    {"k an attribute", "TopK", {"f32[3] 1 3 2"}, "k=2", .want = "f32[2] 3 2", .also = "i32[2] 1 2"},
    {"none", "TopKV2", {"f32[2,3] 1 2 3 4 5 6", "i32[] 0"}, .want = "f32[2,0]", .also = "i32[2,0]"},
    {"no rows", "TopKV2", {"f32[0,3]", "i32[] 2"}, .want = "f32[0,2]", .also = "i32[0,2]"},
    {"too many", "TopKV2", {"f32[2,4] 1 ...", "i32[] 5"}, INVALID("input must have last dimension >= k = 5 but is 4")},
    {"fewer than none", "TopKV2", {"f32[2,4] 1 ...", "i32[] -1"},
     INVALID("Dimension size, given by scalar input 1, must be non-negative but is -1")},
    {"k a vector", "TopKV2", {"f32[2,4] 1 ...", "i32[1] 2"}, INVALID("Input must be scalar but has rank 1")},
    {"of a scalar", "TopKV2", {"f32[] 1", "i32[] 0"}, INVALID("Shape must be at least rank 1 but is rank 0")},
    {"too many by attribute", "TopK", {"f32[2] 1 2"}, "k=3", INVALID("input must have last dimension >= k = 3 but is 2")},
    {"booleans", "TopKV2", {"bool[1] 1", "i32[] 1"}, .error = TF_UNIMPLEMENTED},
    {"places that do not fit", "TopKV2", {"u8[40000] 0 ...", "i32[] 1"}, "index_type=i16",
     INVALID("Second dimension of flattened input must be <= 32767, got 40000")},
};
static const op_shape_row kShapes[] = {
    {"TopKV2", {"f32[?,4]", "i32[]"}, .want = "[?,?]"},
    {"TopK", {"f32[?,4]"}, "k=3", .want = "[?,3]"},
    {"TopKV2", {"f32?", "i32[]"}, .want = "<unknown>"},
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
