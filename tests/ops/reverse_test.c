// Reverse, ReverseV2 and ReverseSequence.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define OF_TYPE(t)                                                                                                        \
  {t " reversed", "ReverseV2", {t "[2,3] 0 1 1 0 0 1", "i32[1] 1"}, .want = t "[2,3] 1 1 0 1 0 0"},                        \
  {t " sequences", "ReverseSequence", {t "[2,3] 0 1 1 0 1 1", "i32[2] 2 3"}, "seq_dim=1", .want = t "[2,3] 1 0 1 1 1 0"}
static const op_row kRows[] = {
    OP_EVERY_TYPE(OF_TYPE),
    {"both axes", "ReverseV2", {"f32[2,3] 1 2 3 4 5 6", "i64[2] 0 -1"}, .want = "f32[2,3] 6 5 4 3 2 1"},
    {"no axes", "ReverseV2", {"f32[2] 1 2", "i32[0]"}, .want = "f32[2] 1 2"},
    {"a scalar", "ReverseV2", {"f32[] 1", "i32[0]"}, .want = "f32[] 1"},
    {"nothing", "ReverseV2", {"f32[2,0]", "i32[1] 0"}, .want = "f32[2,0]"},
    {"rows of channels", "ReverseV2", {"u8[1,3,3] 1 2 3 4 5 6 7 8 9", "i32[1] 1"}, .want = "u8[1,3,3] 7 8 9 4 5 6 1 2 3"},
    {"an axis too large", "ReverseV2", {"f32[2,2] 1 2 3 4", "i32[1] 2"}, .error = TF_INVALID_ARGUMENT, .message = "'axis'[0] = 2 is out of valid range [0, 1"},
    {"an axis twice", "ReverseV2", {"f32[2,2] 1 2 3 4", "i32[2] 1 -1"}, .error = TF_INVALID_ARGUMENT, .message = "axis 1 specified more than once."},
    {"a matrix of axes", "ReverseV2", {"f32[2,2] 1 2 3 4", "i32[1,1] 1"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be rank 1 but is rank 2"},
    {"flags", "Reverse", {"f32[2,3] 1 2 3 4 5 6", "bool[2] 1 0"}, .want = "f32[2,3] 4 5 6 1 2 3"},
    {"flags of a scalar", "Reverse", {"f32[] 1", "bool[0]"}, .want = "f32[] 1"},
    {"nothing in the first dimension", "Reverse", {"f32[0,1] ", "bool[2] 0 0"}, .error = TF_INVALID_ARGUMENT, .message = "Invalid input first dimension. Found 0."},
    {"nothing in the second dimension", "Reverse", {"f32[2,0]", "bool[2] 1 0"}, .want = "f32[2,0]"},
    {"flags that are not 0 or 1", "Reverse", {"f32[2] 1 2", "bool[1] 128"}, .want = "f32[2] 2 1"},
    {"too few flags", "Reverse", {"f32[2,2] 1 2 3 4", "bool[1] 1"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be rank 1 but is rank 2"},
    {"a matrix of flags", "Reverse", {"f32[2,2] 1 2 3 4", "bool[1,1] 1"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be rank 1 but is rank 2"},
    {"batch behind the sequence", "ReverseSequence", {"f32[3,2] 1 2 3 4 5 6", "i64[2] 3 2"}, "seq_dim=0 batch_dim=1",
     .want = "f32[3,2] 5 4 3 2 1 6"},
    {"apart", "ReverseSequence", {"i32[2,2,2,2] 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", "i32[2] 2 1"}, "seq_dim=2 batch_dim=0",
     .want = "i32[2,2,2,2] 3 4 1 2 7 8 5 6 9 10 11 12 13 14 15 16"},
    {"none of it", "ReverseSequence", {"f32[1,2] 1 2", "i32[1] 0"}, "seq_dim=1", .want = "f32[1,2] 1 2"},
    {"no sequences", "ReverseSequence", {"f32[0,2]", "i32[0]"}, "seq_dim=1", .want = "f32[0,2]"},
    {"no such batch", "ReverseSequence", {"f32[2,2] 1 2 3 4", "i32[2] 1 1"}, "seq_dim=1 batch_dim=2", .error = TF_INVALID_ARGUMENT,
     .message = "batch_dim must be < input rank: 2 vs. 2"},
    {"no such sequence", "ReverseSequence", {"f32[2,2] 1 2 3 4", "i32[2] 1 1"}, "seq_dim=2", .error = TF_INVALID_ARGUMENT,
     .message = "seq_dim must be < input rank: 2 vs. 2"},
    {"one dimension for both", "ReverseSequence", {"f32[2,2] 1 2 3 4", "i32[2] 1 1"}, "seq_dim=0", .error = TF_INVALID_ARGUMENT,
     .message = "batch_dim == seq_dim == 0"},
    {"lengths for others", "ReverseSequence", {"f32[2,2] 1 2 3 4", "i32[3] 1 1 1"}, "seq_dim=1", .error = TF_INVALID_ARGUMENT,
     .message = "Dimensions must be equal, but are 2 and 3"},
    {"a length below zero", "ReverseSequence", {"f32[2,2] 1 2 3 4", "i32[2] 1 -1"}, "seq_dim=1", .error = TF_INVALID_ARGUMENT, .message = "seq_lens(1) < 0"},
    {"a length too large", "ReverseSequence", {"f32[2,2] 1 2 3 4", "i64[2] 1 9223372036854775807"}, "seq_dim=1", .error = TF_INVALID_ARGUMENT,
     .message = "seq_lens(1) > input.dims(1)"},
    {"a matrix of lengths", "ReverseSequence", {"f32[2,2] 1 2 3 4", "i32[1,2] 1 1"}, "seq_dim=1", .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be rank 1 but is rank 2"},
    {"a sequence from the end", "ReverseSequence", {"f32[2,2] 1 2 3 4", "i32[2] 1 1"}, "seq_dim=-1", .error = TF_INVALID_ARGUMENT, .message = "Invalid seq_dim -1"},
    {"a batch from the end", "ReverseSequence", {"f32[2,2] 1 2 3 4", "i32[2] 1 1"}, "seq_dim=1 batch_dim=-2", .error = TF_INVALID_ARGUMENT,
     .message = "batch_dim must be >=0, got -2"},
};
static const op_shape_row kShapes[] = {
    {"ReverseV2", {"f32[2,?]", "i32[1]"}, .want = "[2,?]"},
    {"Reverse", {"f32?", "bool[3]"}, .want = "[?,?,?]"},
    {"ReverseSequence", {"f32[?,3]", "i32[2]"}, "seq_dim=1", .want = "[2,3]"},
    {"Reverse", {"f32?", "bool[9]"}, .want = "reverse does not work on tensors with more than 8 dimensions"},
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
