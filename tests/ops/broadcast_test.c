// BroadcastTo, Tile, Fill; BroadcastArgs and BroadcastGradientArgs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define OF_TYPE(t)                                                                                      \
  {t " repeated", "BroadcastTo", {t "[2,1] 0 1", "i32[2] 2 3"}, .want = t "[2,3] 0 0 0 1 1 1"},          \
  {t " tiled", "Tile", {t "[2] 0 1", "i32[1] 2"}, .want = t "[4] 0 1 0 1"},                              \
  {t " filled", "Fill", {"i32[2] 2 1", t "[] 1"}, .want = t "[2,1] 1 1"}
#define SHAPES(name, a, b, ra, rb) {name, "BroadcastGradientArgs", {a, b}, .want = ra, .also = rb}
static const op_row kRows[] = {
    OP_EVERY_TYPE(OF_TYPE),
    {"rows", "BroadcastTo", {"f32[3] 1 2 3", "i64[2] 2 3"}, .want = "f32[2,3] 1 2 3 1 2 3"},
    {"a scalar", "BroadcastTo", {"f32[] 7", "i32[2] 1 3"}, .want = "f32[1,3] 7 7 7"},
    {"to a scalar", "BroadcastTo", {"f32[] 7", "i32[0]"}, .want = "f32[] 7"},
    {"to nothing", "BroadcastTo", {"f32[1] 7", "i32[2] 2 0"}, .want = "f32[2,0]"},
    {"of nothing", "BroadcastTo", {"f32[0]", "i32[2] 2 0"}, .want = "f32[2,0]"},
    {"amid", "BroadcastTo", {"i32[2,1,2] 1 2 3 4", "i32[4] 1 2 2 2"}, .want = "i32[1,2,2,2] 1 2 1 2 3 4 3 4"},
    {"long strings", "BroadcastTo", {"str[1] a-text-that-needs-memory-of-its-own", "i32[1] 2"},
     .want = "str[2] a-text-that-needs-memory-of-its-own a-text-that-needs-memory-of-its-own"},
    {"what does not fit", "BroadcastTo", {"f32[2] 1 2", "i32[1] 3"}, .error = TF_INVALID_ARGUMENT, .message = "Dimensions must be equal, but are 2 and 3"},
    {"nothing to something", "BroadcastTo", {"f32[0]", "i32[1] 1"}, .error = TF_INVALID_ARGUMENT},
    {"fewer dimensions", "BroadcastTo", {"f32[1,2] 1 2", "i32[1] 2"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be at most rank 1 but is rank 2"},
    {"below zero", "BroadcastTo", {"f32[1] 1", "i32[1] -2"}, .error = TF_INVALID_ARGUMENT, .message = "Invalid value in tensor used for shape: -2"},
    {"a number for a shape", "BroadcastTo", {"f32[1] 1", "i32[] 3"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be rank 1 but is rank 0"},
    {"tiled in two dimensions", "Tile", {"i32[2,2] 1 2 3 4", "i64[2] 2 2"},
     .want = "i32[4,4] 1 2 1 2 3 4 3 4 1 2 1 2 3 4 3 4"},
    {"tiled scalar", "Tile", {"f32[] 1", "i32[0]"}, .want = "f32[] 1"},
    {"tiled never", "Tile", {"f32[2,2] 1 2 3 4", "i32[2] 1 0"}, .want = "f32[2,0]"},
    {"tiled once", "Tile", {"f32[2] 1 2", "i32[1] 1"}, .want = "f32[2] 1 2"},
    {"tiled nothing", "Tile", {"f32[0,2]", "i32[2] 3 2"}, .want = "f32[0,4]"},
    {"tiled less than never", "Tile", {"f32[2] 1 2", "i32[1] -1"}, .error = TF_INVALID_ARGUMENT, .message = "Expected multiples[0] >= 0, but got -1"},
    {"too many multiples", "Tile", {"f32[2] 1 2", "i32[2] 1 2"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be rank 1 but is rank 2"},
    {"a matrix of multiples", "Tile", {"f32[2] 1 2", "i32[1,1] 1"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be rank 1 but is rank 2"},
    {"multiples that overflow", "Tile", {"f32[2] 1 2", "i64[1] 4611686018427387904"}, .error = TF_INVALID_ARGUMENT,
     .message = "Negative dimension size caused by overflow when multiplying 2 and 4611686018427387904"},
    {"fills a scalar", "Fill", {"i64[0]", "f32[] 3"}, .want = "f32[] 3"},
    {"fills nothing", "Fill", {"i64[2] 3 0", "f32[] 3"}, .want = "f32[3,0]"},
    {"fills from a number", "Fill", {"i32[] 2", "f32[] 3"}, .want = "f32[2] 3 3"},
    {"fills with a vector of one", "Fill", {"i32[1] 2", "f32[1] 3"}, .want = "f32[2] 3 3"},
    {"fills many", "Fill", {"i32[2] 33 7", "u8[] 9"}, .want = "u8[33,7] 9 ..."},
    {"fills less than nothing", "Fill", {"i32[1] -1", "f32[] 3"}, .error = TF_INVALID_ARGUMENT, .message = "Fill dimensions must be >= 0"},
    {"fills far less", "Fill", {"i32[1] -2", "f32[] 3"}, .error = TF_INVALID_ARGUMENT, .message = "Invalid value in tensor used for shape: -2"},
    {"fills a matrix of dimensions", "Fill", {"i32[1,1] 2", "f32[] 3"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be rank 1 but is rank 2"},
    {"fills with two", "Fill", {"i32[1] 2", "f32[2] 3 4"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be rank 0 but is rank 1"},
    {"shapes", "BroadcastArgs", {"i32[3] 2 1 3", "i32[2] 4 1"}, .want = "i32[3] 2 4 3"},
    {"int64 shapes", "BroadcastArgs", {"i64[1] 0", "i64[2] 4 1"}, .want = "i64[2] 4 0"},
    {"empty shapes", "BroadcastArgs", {"i32[0]", "i32[0]"}, .want = "i32[0]"},
    {"shapes that do not fit", "BroadcastArgs", {"i32[2] 2 3", "i32[2] 2 2"}, .error = TF_INVALID_ARGUMENT, .message = "Incompatible shapes: [2,3] vs. [2,2]"},
    {"a matrix for a shape", "BroadcastArgs", {"i32[1,2] 2 3", "i32[2] 2 2"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be rank 1 but is rank 2"},
    SHAPES("the same", "i32[2] 2 1", "i32[2] 2 1", "i32[0]", "i32[0]"),
    SHAPES("either", "i32[3] 2 1 3", "i32[3] 2 4 1", "i32[1] 1", "i32[1] 2"),
    SHAPES("shorter", "i64[1] 3", "i64[3] 2 4 3", "i64[2] 0 1", "i64[0]"),
    SHAPES("ones in both", "i32[2] 1 2", "i32[2] 1 1", "i32[1] 0", "i32[2] 0 1"),
    SHAPES("of scalars", "i32[0]", "i32[2] 1 2", "i32[2] 0 1", "i32[1] 0"),
    SHAPES("below zero", "i32[2] 1 2", "i32[2] -1 2", "i32[1] 0", "i32[0]"),
    {"operands that do not fit", "BroadcastGradientArgs", {"i32[2] 2 3", "i32[2] 2 2"}, .error = TF_INVALID_ARGUMENT, .message = "Incompatible shapes: [2,3] vs. [2,2]"},
    {"a matrix for an operand", "BroadcastGradientArgs", {"i32[1,2] 2 3", "i32[2] 2 2"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be rank 1 but is rank 2"},
};
static const op_shape_row kShapes[] = {
    {"BroadcastTo", {"f32[1]", "i32[2]"}, .want = "[?,?]"},
    {"BroadcastTo", {"f32[1]", "i32?"}, .want = "<unknown>"},
    {"Tile", {"f32?", "i32[2]"}, .want = "[?,?]"},
    {"Fill", {"i32[2]", "f32[]"}, .want = "[?,?]"},
    {"BroadcastArgs", {"i32[2]", "i32[3]"}, .want = "[3]"},
    {"BroadcastArgs", {"i32[2]", "i32[?]"}, .want = "[?]"},
    {"BroadcastGradientArgs", {"i32[2]", "i32[3]"}, .want = "[?]"},
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
