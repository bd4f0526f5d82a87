// SegmentSum and UnsortedSegmentSum: values and messages from TensorFlow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define INVALID(text) .error = TF_INVALID_ARGUMENT, .message = text
#define D "f32[3,2] 1 2 3 4 5 6"
#define OF_TYPE(type, values, first, last) \
  {"sorted " #type, "SegmentSum", {type "[3] " values, "i32[3] 0 0 2"}, .want = type "[3] " first " " last}, \
  {"unsorted " #type, "UnsortedSegmentSum", {type "[3] " values, "i16[3] 0 0 2", "i64[] 3"}, \
   .want = type "[3] " first " " last}
static const op_row kRows[] = {
    OF_TYPE("f32", "1 2 nan", "3 0", "nan"), OF_TYPE("f64", "1 2 3", "3 0", "3"), OF_TYPE("f16", "1 2 3", "3 0", "3"),
    OF_TYPE("bf16", "1 2 3", "3 0", "3"), OF_TYPE("i8", "127 1 3", "-128 0", "3"), OF_TYPE("i16", "1 2 3", "3 0", "3"),
    OF_TYPE("i32", "1 2 -3", "3 0", "-3"), OF_TYPE("i64", "1 2 3", "3 0", "3"), OF_TYPE("u8", "255 1 3", "0 0", "3"),
    OF_TYPE("u16", "1 2 3", "3 0", "3"), OF_TYPE("u32", "1 2 3", "3 0", "3"), OF_TYPE("u64", "1 2 3", "3 0", "3"),
    OF_TYPE("c64", "1,2 3,4 5,6", "4,6 0,0", "5,6"), OF_TYPE("c128", "1,2 3,4 5,6", "4,6 0,0", "5,6"),
    {"rows", "SegmentSum", {D, "i32[3] 0 0 1"}, .want = "f32[2,2] 4 6 5 6"},
    {"rows that nobody has", "SegmentSum", {D, "i64[3] 2 2 5"}, .want = "f32[6,2] 0 0 0 0 4 6 0 0 0 0 5 6"},
    {"more rows than are added in one go", "SegmentSum", {"f32[70] 1 ...", "i32[70] 0 ..."}, .want = "f32[1] 70"},
    {"more columns than are added in one go", "SegmentSum", {"i32[2,130] 1 ...", "i32[2] 0 0"}, .want = "i32[1,130] 2 ..."},
    {"no rows", "SegmentSum", {"f32[0,2]", "i32[0]"}, .want = "f32[0,2]"},
    {"rows of nothing", "SegmentSum", {"f32[3,0]", "i32[3] 0 0 9"}, .want = "f32[10,0]"},
    {"ids fall", "SegmentSum", {D, "i32[3] 1 0 0"}, INVALID("segment ids are not increasing")},
    {"ids fall in the middle", "SegmentSum", {D, "i32[3] 0 -1 1"}, INVALID("segment ids are not increasing")},
    {"negative id", "SegmentSum", {D, "i32[3] -1 0 1"}, INVALID("Segment id -1 out of range [0, 2), possibly because "
     "'segment_ids' input is not sorted.")},
    {"negative last id", "SegmentSum", {D, "i32[3] -3 -2 -1"}, INVALID("segment ids must be >= 0")},
    {"largest id", "SegmentSum", {D, "i32[3] 0 0 2147483647"}, INVALID("segment ids must be >= 0")},
    {"too few ids", "SegmentSum", {D, "i32[2] 0 1"}, INVALID("segment_ids should be the same size as dimension 0 of input.")},
    {"ids a matrix", "SegmentSum", {D, "i32[1,3] 0 1 2"}, INVALID("Shape must be rank 1 but is rank 2")},
    {"data a scalar", "SegmentSum", {"f32[] 1", "i32[1] 0"}, INVALID("Shape must be at least rank 1 but is rank 0")},

    {"any order", "UnsortedSegmentSum", {D, "i32[3] 1 0 1", "i32[] 3"}, .want = "f32[3,2] 3 4 6 8 0 0"},
    {"negative ids count for nothing", "UnsortedSegmentSum", {D, "i32[3] -1 0 1", "i32[] 2"}, .want = "f32[2,2] 3 4 5 6"},
    {"ids of elements", "UnsortedSegmentSum", {D, "i64[3,2] 0 1 1 1 0 0", "i32[] 2"}, .want = "f32[2] 12 9"},
    {"one id", "UnsortedSegmentSum", {D, "i32[] 1", "i32[] 2"}, .want = "f32[2,3,2] 0 0 0 0 0 0 1 2 3 4 5 6"},
    {"rounded after every addition", "UnsortedSegmentSum", {"f16[3] 2048 1 1", "i32[3] 0 0 0", "i32[] 1"},
     .want = "f16[1] 2048"},
    {"nothing to add", "UnsortedSegmentSum", {"f32[0,2]", "i32[0]", "i32[] 2"}, .want = "f32[2,2] 0 0 0 0"},
    {"ids of nothing are not looked at", "UnsortedSegmentSum", {"f32[3,0]", "i32[3] 5 9 9", "i32[] 2"}, .want = "f32[2,0]"},
    {"id too large", "UnsortedSegmentSum", {D, "i32[3] 0 2 1", "i32[] 2"}, INVALID("segment_ids[1] = 2 is out of range [0, 2)")},
    {"id of an element too large", "UnsortedSegmentSum", {D, "i32[3,2] 0 1 1 1 0 7", "i32[] 2"},
     INVALID("segment_ids[2,1] = 7 is out of range [0, 2)")},
    {"the only id too large", "UnsortedSegmentSum", {D, "i32[] 7", "i32[] 2"}, INVALID("segment_ids = 7 is out of range [0, 2)")},
    {"no segments", "UnsortedSegmentSum", {D, "i32[3] 0 1 1", "i32[] 0"}, INVALID("segment_ids[0] = 0 is out of range [0, 0)")},
    {"fewer than none", "UnsortedSegmentSum", {D, "i32[3] 0 1 1", "i32[] -1"},
     INVALID("Dimension size, given by scalar input 2, must be non-negative but is -1")},
    {"ids of another size", "UnsortedSegmentSum", {D, "i32[2] 0 1", "i32[] 2"}, INVALID("Dimensions must be equal, but are 3 and 2")},
    {"ids of higher rank", "UnsortedSegmentSum", {"f32[1] 1", "i32[1,1] 0", "i32[] 2"},
     INVALID("Shape must be at least rank 2 but is rank 1")},
    {"num_segments a vector", "UnsortedSegmentSum", {D, "i32[3] 0 1 1", "i32[1] 2"}, INVALID("Shape must be rank 0 but is rank 1")},
};
static const op_shape_row kShapes[] = {
    {"SegmentSum", {"f32[3,?,4]", "i32[?]"}, .want = "[?,?,4]"},
    {"SegmentSum", {"f32?", "i32[?]"}, .want = "<unknown>"},
    {"UnsortedSegmentSum", {"f32[?,3,4]", "i32[2,?]", "i32[]"}, .want = "[?,4]"},
    {"UnsortedSegmentSum", {"f32[3,4]", "i32?", "i32[]"}, .want = "<unknown>"},
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
