// MatrixDiag, MatrixDiagPart, Diag, DiagPart, MatrixBandPart.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define OF_TYPE(t)                                                                                                        \
  {"matrix of " t, "MatrixDiag", {t "[2] 1 1"}, .want = t "[2,2] 1 0 0 1"},                                                  \
  {"diagonal of " t, "MatrixDiagPart", {t "[2,3] 1 0 0 0 1 0"}, .want = t "[2] 1 1"},                                        \
  {"band of " t, "MatrixBandPart", {t "[3,3] 1 ...", "i64[] 1", "i64[] 0"}, .want = t "[3,3] 1 0 0 1 1 0 0 1 1"}
#define OF_DIAG(t)                                                      \
  {"tensor of " t, "Diag", {t "[2] 1 1"}, .want = t "[2,2] 1 0 0 1"},    \
  {"part of " t, "DiagPart", {t "[2,2] 1 0 0 1"}, .want = t "[2] 1 1"}
#define M34 "f32[3,4] 1 2 3 4 5 6 7 8 9 10 11 12"
static const op_row kRows[] = {
    OF_TYPE("f32"), OF_TYPE("f64"), OF_TYPE("f16"), OF_TYPE("bf16"), OF_TYPE("i8"), OF_TYPE("i16"), OF_TYPE("i32"), OF_TYPE("i64"),
    OF_TYPE("u8"), OF_TYPE("u16"), OF_TYPE("u32"), OF_TYPE("u64"), OF_TYPE("c64"), OF_TYPE("c128"), OF_TYPE("bool"),
    OF_DIAG("f32"), OF_DIAG("f64"), OF_DIAG("f16"), OF_DIAG("bf16"), OF_DIAG("i32"), OF_DIAG("i64"), OF_DIAG("c64"), OF_DIAG("c128"),
    {"a batch", "MatrixDiag", {"i32[2,2] 1 2 3 4"}, .want = "i32[2,2,2] 1 0 0 2 3 0 0 4"},
    {"nothing", "MatrixDiag", {"i32[2,0]"}, .want = "i32[2,0,0]"},
    {"a scalar", "MatrixDiag", {"i32[] 1"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be at least rank 1 but is rank 0"},
    {"a batch of tall ones", "MatrixDiagPart", {"i32[2,3,2] 1 2 3 4 5 6 7 8 9 10 11 12"}, .want = "i32[2,2] 1 4 7 10"},
    {"no rows", "MatrixDiagPart", {"i32[2,0,2]"}, .want = "i32[2,0]"},
    {"a vector", "MatrixDiagPart", {"i32[2] 1 2"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be at least rank 2 but is rank 1"},
    {"a matrix as a diagonal", "Diag", {"i32[1,2] 1 2"}, .want = "i32[1,2,1,2] 1 0 0 2"},
    {"an empty diagonal", "Diag", {"i32[0]"}, .want = "i32[0,0]"},
    {"a scalar diagonal", "Diag", {"i32[] 1"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be at least rank 1 but is rank 0"},
    {"of rank 4", "DiagPart", {"i32[2,1,2,1] 1 2 3 4"}, .want = "i32[2,1] 1 4"},
    {"of odd rank", "DiagPart", {"i32[1,1,1] 1"}, .error = TF_INVALID_ARGUMENT, .message = "Input must have even and non-zero rank, input rank is 3"},
    {"of no rank", "DiagPart", {"i32[] 1"}, .error = TF_INVALID_ARGUMENT, .message = "Input must have even and non-zero rank, input rank is 0"},
    {"of unequal dimensions", "DiagPart", {"i32[2,1] 1 2"}, .error = TF_INVALID_ARGUMENT, .message = "Dimensions must be equal, but are 2 and 1"},
    {"all below", "MatrixBandPart", {M34, "i64[] -1", "i64[] 0"}, .want = "f32[3,4] 1 0 0 0 5 6 0 0 9 10 11 0"},
    {"all above", "MatrixBandPart", {M34, "i32[] 0", "i32[] -5"}, .want = "f32[3,4] 1 2 3 4 0 6 7 8 0 0 11 12"},
    {"everything", "MatrixBandPart", {M34, "i64[] 3", "i64[] 4"}, .want = M34},
    {"three diagonals", "MatrixBandPart", {M34, "i64[] 1", "i64[] 1"}, .want = "f32[3,4] 1 2 0 0 5 6 7 0 0 10 11 12"},
    {"tall", "MatrixBandPart", {"i8[4,2] 1 2 3 4 5 6 7 8", "i64[] 1", "i64[] 0"}, .want = "i8[4,2] 1 0 3 4 0 6 0 0"},
    {"batch of bands", "MatrixBandPart", {"i8[2,2,2] 1 2 3 4 5 6 7 8", "i64[] 0", "i64[] 0"}, .want = "i8[2,2,2] 1 0 0 4 5 0 0 8"},
    {"NaN outside goes", "MatrixBandPart", {"f32[2,2] 1 nan inf 2", "i64[] 0", "i64[] 0"}, .want = "f32[2,2] 1 0 0 2"},
    {"no columns", "MatrixBandPart", {"f32[2,0]", "i64[] 0", "i64[] 0"}, .want = "f32[2,0]"},
    {"too many below", "MatrixBandPart", {M34, "i64[] 4", "i64[] 0"}, .error = TF_INVALID_ARGUMENT,
     .message = "num_lower must be negative or less or equal to number of rows (3) got: 4"},
    {"too many above", "MatrixBandPart", {M34, "i64[] 0", "i64[] 5"}, .error = TF_INVALID_ARGUMENT,
     .message = "num_upper must be negative or less or equal to number of columns (4) got: 5"},
    {"band of a vector", "MatrixBandPart", {"f32[2] 1 2", "i64[] 0", "i64[] 0"}, .error = TF_INVALID_ARGUMENT,
     .message = "input must be at least 2-dim, received shape: [2]"},
    {"a vector of bounds", "MatrixBandPart", {M34, "i64[1] 0", "i64[] 0"}, .error = TF_INVALID_ARGUMENT, .message = "num_lower must be scalar, got shape [1]"},
    {"a vector of upper bounds", "MatrixBandPart", {M34, "i64[] 0", "i64[1] 0"}, .error = TF_INVALID_ARGUMENT, .message = "num_upper must be scalar, got shape [1]"},
};
static const op_shape_row kShapes[] = {
    {"MatrixDiag", {"f32[?,3]"}, .want = "[?,3,3]"},
    {"MatrixDiagPart", {"f32[?,3,?]"}, .want = "[?,?]"},
    {"MatrixDiagPart", {"f32[2,3,5]"}, .want = "[2,3]"},
    {"Diag", {"f32[2,?]"}, .want = "[2,?,2,?]"},
    {"DiagPart", {"f32[2,?,?,5]"}, .want = "[2,5]"},
    {"MatrixBandPart", {"f32[2,?]", "i64[]", "i64[]"}, .want = "[2,?]"},
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
