// OneHot: values and messages from TensorFlow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define INVALID(text) .error = TF_INVALID_ARGUMENT, .message = text
#define ON_OFF "f32[] 5", "f32[] -1"
#define OF_TYPE(type, on, off) \
  {"rows of " #type, "OneHot", {"i64[2] 1 0", "i32[] 2", type "[] " on, type "[] " off}, \
   .want = type "[2,2] " off " " on " " on " " off}
#define OF_INDEX(type, values) \
  {"indices of " #type, "OneHot", {type "[2] " values, "i32[] 3", ON_OFF}, .want = "f32[2,3] -1 -1 5 -1 -1 -1"}
static const op_row kRows[] = {
    OF_TYPE("f32", "nan", "0"), OF_TYPE("f64", "1", "0"), OF_TYPE("f16", "1", "0"), OF_TYPE("bf16", "1", "0"),
    OF_TYPE("i8", "1", "-2"), OF_TYPE("i16", "1", "0"), OF_TYPE("i32", "1", "0"), OF_TYPE("i64", "1", "0"),
    OF_TYPE("u8", "1", "0"), OF_TYPE("u16", "1", "0"), OF_TYPE("u32", "1", "0"), OF_TYPE("u64", "1", "0"),
    OF_TYPE("bool", "1", "0"), OF_TYPE("c64", "1,2", "3,4"), OF_TYPE("c128", "1,2", "3,4"),
    OF_TYPE("str", "on", "a-text-that-is-longer-than-an-element"),
    OF_INDEX("u8", "2 200"), OF_INDEX("i8", "2 -2"), OF_INDEX("i32", "2 -1"), OF_INDEX("i64", "2 4294967296"),
    {"the first axis", "OneHot", {"i64[4] 0 2 -1 5", "i32[] 3", ON_OFF}, "axis=0",
     .want = "f32[3,4] 5 -1 -1 -1 -1 -1 -1 -1 -1 5 -1 -1"},
    {"the middle axis", "OneHot", {"i64[2,2] 0 2 -1 5", "i32[] 3", ON_OFF}, "axis=1",
     .want = "f32[2,3,2] 5 -1 -1 -1 -1 5 -1 -1 -1 -1 -1 -1"},
    {"strings of the middle axis", "OneHot", {"i64[1,2] 1 0", "i32[] 2", "str[] a", "str[] b"}, "axis=1",
     .want = "str[1,2,2] b a a b"},
    {"one index", "OneHot", {"i64[] 1", "i32[] 3", ON_OFF}, .want = "f32[3] -1 5 -1"},
    {"no depth", "OneHot", {"i64[2] 0 1", "i32[] 0", ON_OFF}, .want = "f32[2,0]"},
    {"no indices", "OneHot", {"i64[0]", "i32[] 3", ON_OFF}, .want = "f32[0,3]"},
    {"no axis", "OneHot", {"i64[2,2] 0 2 -1 5", "i32[] 3", ON_OFF}, "axis=3",
     INVALID("Expected axis to be -1 or between [0, 3).  But received: 3")},
    {"axis before the last", "OneHot", {"i64[2] 0 2", "i32[] 3", ON_OFF}, "axis=-2", INVALID("axis must be >= -1")},
    {"negative depth", "OneHot", {"i64[2] 0 2", "i32[] -3", ON_OFF},
     INVALID("Dimension size, given by scalar input 1, must be non-negative but is -3")},
    {"depth a vector", "OneHot", {"i64[2] 0 2", "i32[1] 3", ON_OFF}, INVALID("Input must be scalar but has rank 1")},
    {"on a vector", "OneHot", {"i64[2] 0 2", "i32[] 3", "f32[1] 1", "f32[] 0"},
     INVALID("on_value must be a scalar, but got: [1]")},
    {"off a vector", "OneHot", {"i64[2] 0 2", "i32[] 3", "f32[] 1", "f32[2] 0 0"},
     INVALID("off_value must be a scalar, but got: [2]")},
};
static const op_shape_row kShapes[] = {
    {"OneHot", {"i64[2,?]", "i32[]", "f32[]", "f32[]"}, .want = "[2,?,?]"},
    {"OneHot", {"i64[2,5]", "i32[]", "f32[]", "f32[]"}, "axis=0", .want = "[?,2,5]"},
    {"OneHot", {"i64?", "i32[]", "f32[]", "f32[]"}, .want = "<unknown>"},
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
