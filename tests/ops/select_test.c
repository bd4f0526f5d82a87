// Select and SelectV2: values and messages from TensorFlow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define INVALID(text) .error = TF_INVALID_ARGUMENT, .message = text
#define A "f32[3,2] 1 2 3 4 5 6"
#define B "f32[3,2] -1 -2 -3 -4 -5 -6"
#define OF_TYPE(type, a, b, want_values) \
  {"select " #type, "Select", {"bool[3] 1 0 1", type "[3] " a, type "[3] " b}, .want = type "[3] " want_values}, \
  {"select_v2 " #type, "SelectV2", {"bool[3] 1 0 1", type "[3] " a, type "[3] " b}, .want = type "[3] " want_values}
static const op_row kRows[] = {
    OF_TYPE("f32", "1 2 nan", "4 inf 6", "1 inf nan"), OF_TYPE("f64", "1 2 3", "4 5 6", "1 5 3"),
    OF_TYPE("f16", "1 2 3", "4 5 6", "1 5 3"), OF_TYPE("bf16", "1 2 3", "4 5 6", "1 5 3"),
    OF_TYPE("i8", "1 2 3", "4 -5 6", "1 -5 3"), OF_TYPE("i16", "1 2 3", "4 -5 6", "1 -5 3"),
    OF_TYPE("i32", "1 2 3", "4 -5 6", "1 -5 3"), OF_TYPE("i64", "1 2 3", "4 -5 6", "1 -5 3"),
    OF_TYPE("u8", "1 2 3", "4 5 6", "1 5 3"), OF_TYPE("u16", "1 2 3", "4 5 6", "1 5 3"),
    OF_TYPE("u32", "1 2 3", "4 5 6", "1 5 3"), OF_TYPE("u64", "1 2 3", "4 5 6", "1 5 3"),
    OF_TYPE("bool", "1 1 0", "0 0 1", "1 0 0"), OF_TYPE("c64", "1,2 3,4 5,6", "7,8 9,1 2,3", "1,2 9,1 5,6"),
    OF_TYPE("c128", "1,2 3,4 5,6", "7,8 9,1 2,3", "1,2 9,1 5,6"),
    OF_TYPE("str", "a b a-text-that-is-longer-than-an-element", "d '' f", "a '' a-text-that-is-longer-than-an-element"),
    {"one condition", "Select", {"bool[] 0", A, B}, .want = B},
    {"scalars", "Select", {"bool[] 1", "f32[] 1", "f32[] 2"}, .want = "f32[] 1"},
    {"a condition for each row", "Select", {"bool[3] 1 0 1", A, B}, .want = "f32[3,2] 1 2 -3 -4 5 6"},
    {"strings by the row", "Select", {"bool[2] 1 0", "str[2,2] a b c d", "str[2,2] e f g h"}, .want = "str[2,2] a b g h"},
    {"a condition for each element", "Select", {"bool[3,2] 1 0 1 0 1 0", A, B}, .want = "f32[3,2] 1 -2 3 -4 5 -6"},
    {"one row", "Select", {"bool[1] 0", "i32[1,2] 1 2", "i32[1,2] 3 4"}, .want = "i32[1,2] 3 4"},
    {"square", "Select", {"bool[2] 1 0", "i32[2,2] 1 2 3 4", "i32[2,2] 5 6 7 8"}, .want = "i32[2,2] 1 2 7 8"},
    {"no rows", "Select", {"bool[0]", "f32[0,3]", "f32[0,3]"}, .want = "f32[0,3]"},
    {"rows of nothing", "Select", {"bool[2] 1 0", "f32[2,0]", "f32[2,0]"}, .want = "f32[2,0]"},
    {"conditions for other rows", "Select", {"bool[2] 1 0", A, B},
     INVALID("Dimension 0 in both shapes must be equal, but are 2 and 3. Shapes are [2] and [3].")},
    {"one condition as a vector", "Select", {"bool[1] 1", A, B}, INVALID("Dimension 0 in both shapes must be equal, but are 1 and 3")},
    {"no broadcasting", "Select", {"bool[1,2] 1 0", A, B}, INVALID("Dimension 0 in both shapes must be equal, but are 3 and 1. "
     "Shapes are [3,2] and [1,2].")},
    {"conditions of higher rank", "Select", {"bool[1,1,1] 1", A, B}, INVALID("Shapes must be equal rank, but are 2 and 3")},
    {"a vector for scalars", "Select", {"bool[1] 1", "f32[] 1", "f32[] 2"}, INVALID("Shapes must be equal rank, but are 0 and 1")},
    {"both sides differ", "Select", {"bool[] 1", A, "f32[] 2"}, INVALID("Shapes must be equal rank, but are 2 and 0")},

    {"a condition for each column", "SelectV2", {"bool[2] 1 0", A, "f32[] 9"}, .want = "f32[3,2] 1 9 3 9 5 9"},
    {"a condition for each row, as a matrix", "SelectV2", {"bool[3,1] 1 0 1", A, "f32[2] 9 8"}, .want = "f32[3,2] 1 2 9 8 5 6"},
    {"all three broadcast", "SelectV2", {"bool[2,1,1] 1 0", "i32[3,1] 1 2 3", "i32[2] 8 9"},
     .want = "i32[2,3,2] 1 1 2 2 3 3 8 9 8 9 8 9"},
    {"strings broadcast", "SelectV2", {"bool[2,1] 1 0", "str[] a", "str[2] b c"}, .want = "str[2,2] a a b c"},
    {"more elements than a vector", "SelectV2", {"bool[37] 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1",
     "u8[37] 7 ...", "u8[] 9"}, .want = "u8[37] 7 9 7 9 7 9 7 9 7 9 7 9 7 9 7 9 7 9 7 9 7 9 7 9 7 9 7 9 7 9 7 9 7 9 7 9 7"},
    {"no conditions", "SelectV2", {"bool[0]", "f32[] 3", "f32[1] 1"}, .want = "f32[0]"},
    {"conditions that do not fit", "SelectV2", {"bool[3] 1 0 1", A, "f32[] 9"}, INVALID("Dimensions must be equal, but are 3 and 2")},
    {"sides that do not fit", "SelectV2", {"bool[] 1", "f32[2] 1 2", "f32[3] 1 2 3"}, INVALID("Dimensions must be equal, but are 2 and 3")},
};
static const op_shape_row kShapes[] = {
    {"Select", {"bool?", "f32[?,3]", "f32[2,?]"}, .want = "[2,3]"},
    {"Select", {"bool[4]", "f32[?,3]", "f32?"}, .want = "[?,3]"},
    {"Select", {"bool[2,?]", "f32[?,3]", "f32?"}, .want = "[2,3]"},
    {"SelectV2", {"bool[2,1]", "f32[?]", "f32[3]"}, .want = "[2,3]"},
    {"SelectV2", {"bool?", "f32[3]", "f32[3]"}, .want = "<unknown>"},
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
