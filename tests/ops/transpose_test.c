// Transpose, ConjugateTranspose and InvertPermutation; every path of the engine that moves elements.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tests/support/kernel_harness.h"
#include "tests/support/op_rows.h"

// clang-format off
#define OF_TYPE(t) \
  {"transposed " t, "Transpose", {t "[2,3] 0 1 1 1 0 0", "i32[2] 1 0"}, .want = t "[3,2] 0 1 1 0 1 0"}
static const op_row kRows[] = {
    OP_EVERY_TYPE(OF_TYPE),
    {"int64 perm", "Transpose", {"f32[2,3] 1 2 3 4 5 6", "i64[2] 1 0"}, .want = "f32[3,2] 1 4 2 5 3 6"},
    {"from the end", "Transpose", {"f32[2,3] 1 2 3 4 5 6", "i32[2] -1 0"}, .want = "f32[3,2] 1 4 2 5 3 6"},
    {"as it is", "Transpose", {"f32[2,3] 1 2 3 4 5 6", "i32[2] 0 1"}, .want = "f32[2,3] 1 2 3 4 5 6"},
    {"a scalar", "Transpose", {"f32[] 3", "i32[0]"}, .want = "f32[] 3"},
    {"nothing", "Transpose", {"f32[2,0,3]", "i32[3] 2 0 1"}, .want = "f32[3,2,0]"},
    {"three dimensions", "Transpose", {"i8[2,2,3] 1 2 3 4 5 6 7 8 9 10 11 12", "i32[3] 2 0 1"},
     .want = "i8[3,2,2] 1 4 7 10 2 5 8 11 3 6 9 12"},
    {"long strings", "Transpose", {"str[2,2] a b a-text-that-needs-memory-of-its-own c", "i32[2] 1 0"},
     .want = "str[2,2] a a-text-that-needs-memory-of-its-own b c"},
    {"conjugate", "ConjugateTranspose", {"c64[2,2] 1,2 3,-4 5,6 7,0", "i32[2] 1 0"}, .want = "c64[2,2] 1,-2 5,-6 3,4 7,0"},
    {"conjugate double", "ConjugateTranspose", {"c128[1,2] 1,2 3,-4", "i32[2] 1 0"}, .want = "c128[2,1] 1,-2 3,4"},
    {"conjugate reals", "ConjugateTranspose", {"f32[1,2] 1 2", "i32[2] 1 0"}, .want = "f32[2,1] 1 2"},
    {"conjugate booleans", "ConjugateTranspose", {"bool[1,2] 1 0", "i32[2] 1 0"}, .want = "bool[2,1] 1 0"},
    {"out of range", "Transpose", {"f32[2,2] 1 2 3 4", "i32[2] 0 2"}, .error = TF_INVALID_ARGUMENT, .message = "perm dim 2 is out of range of input rank 2"},
    {"far out of range", "Transpose", {"f32[2,2] 1 2 3 4", "i32[2] 0 -2147483648"}, .error = TF_INVALID_ARGUMENT,
     .message = "perm dim -2147483648 is out of range of input rank 2"},
    {"twice", "Transpose", {"f32[2,2] 1 2 3 4", "i32[2] 0 -2"}, .error = TF_INVALID_ARGUMENT, .message = "1 is missing from {0,0}."},
    {"too short", "Transpose", {"f32[2,2] 1 2 3 4", "i32[1] 0"}, .error = TF_INVALID_ARGUMENT, .message = "Dimension must be 2 but is 1"},
    {"a matrix", "Transpose", {"f32[2,2] 1 2 3 4", "i32[1,2] 0 1"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be rank 1 but is rank 2"},
    {"inverted", "InvertPermutation", {"i32[4] 2 0 3 1"}, .want = "i32[4] 1 3 0 2"},
    {"inverted int64", "InvertPermutation", {"i64[3] 1 2 0"}, .want = "i64[3] 2 0 1"},
    {"inverted nothing", "InvertPermutation", {"i32[0]"}, .want = "i32[0]"},
    {"inverted twice", "InvertPermutation", {"i32[2] 0 0"}, .error = TF_INVALID_ARGUMENT, .message = "0 is duplicated in the input."},
    {"inverted out of range", "InvertPermutation", {"i32[2] 0 2"}, .error = TF_INVALID_ARGUMENT, .message = "2 is not between 0 and 2"},
    {"inverted below zero", "InvertPermutation", {"i64[2] 0 -9223372036854775808"}, .error = TF_INVALID_ARGUMENT,
     .message = "-9223372036854775808 is not between 0 and 2"},
    {"inverted matrix", "InvertPermutation", {"i32[1,2] 0 1"}, .error = TF_INVALID_ARGUMENT, .message = "Shape must be rank 1 but is rank 2"},
};
static const op_shape_row kShapes[] = {
    {"Transpose", {"f32[2,?]", "i32[2]"}, .want = "[?,?]"},
    {"Transpose", {"f32[?]", "i32[1]"}, .want = "[?]"},
    {"Transpose", {"f32?", "i32[3]"}, .want = "[?,?,?]"},
    {"Transpose", {"f32?", "i32?"}, .want = "<unknown>"},
    {"InvertPermutation", {"i32?"}, .want = "[?]"},
};
// clang-format on

// Shapes that meet merged loops, wider elements, tiles with and without a rest, and steps of one element.
typedef struct large_case {
  int rank;
  int64_t dims[4];
  int32_t perm[4];
} large_case;
static const large_case kLarge[] = {
    {2, {130, 67}, {1, 0}},          {3, {5, 33, 48}, {0, 2, 1}},       {3, {40, 3, 41}, {2, 1, 0}},
    {4, {7, 6, 5, 4}, {0, 2, 1, 3}}, {4, {3, 17, 19, 2}, {2, 1, 0, 3}}, {4, {9, 1, 35, 18}, {3, 1, 0, 2}},
    {3, {300, 2, 3}, {1, 0, 2}},     {4, {2, 3, 2, 70}, {1, 3, 0, 2}},
};
static const TF_DataType kSizes[] = {TF_INT8, TF_HALF, TF_FLOAT, TF_INT64, TF_COMPLEX128};

static void check_large(const large_case* c, TF_DataType dtype, ctf_isa isa) {
  harness_tensor x, perm;
  const size_t element = ctf_dtype_get(dtype)->bytes;
  harness_tensor_init(&x, dtype, c->rank, c->dims, 1);
  harness_tensor_init(&perm, TF_INT32, 1, &(int64_t){c->rank}, 0);
  memcpy(perm.view.data, c->perm, (size_t)c->rank * sizeof(c->perm[0]));
  unsigned char* bytes = x.view.data;
  for (size_t i = 0; i < x.view.bytes; ++i) bytes[i] = (unsigned char)(i * 37 + i / 251);
  harness_call call = {.op = "Transpose", .isa = isa, .num_inputs = 2, .inputs = {&x.view, &perm.view}};
  assert_null(harness_run(&call));
  const ctf_tensor* y = &call.outputs[0].view;
  int64_t step[4] = {0};
  for (int i = 0; i < c->rank; ++i) {
    step[i] = 1;
    for (int j = c->perm[i] + 1; j < c->rank; ++j) step[i] *= c->dims[j];
  }
  for (int64_t i = 0; i < y->num_elements; ++i) {
    int64_t rest = i, from = 0;
    for (int j = c->rank - 1; j >= 0; --j) {
      from += rest % y->dims[j] * step[j];
      rest /= y->dims[j];
    }
    assert_memory_equal((char*)y->data + (size_t)i * element, bytes + (size_t)from * element, element);
  }
  assert_true(harness_tensor_intact(&call.outputs[0]));
  harness_release(&call);
  harness_tensor_deinit(&x);
  harness_tensor_deinit(&perm);
}

static void large_inputs(void** state) {
  (void)state;
  for (size_t c = 0; c < sizeof(kLarge) / sizeof(kLarge[0]); ++c) {
    for (size_t t = 0; t < sizeof(kSizes) / sizeof(kSizes[0]); ++t) {
      for (int isa = 0; isa <= (int)ctf_isa_best(); ++isa) check_large(&kLarge[c], kSizes[t], (ctf_isa)isa);
    }
  }
}

static void rows(void** state) {
  (void)state;
  OP_ROWS_CHECK(kRows);
}

static void shapes(void** state) {
  (void)state;
  OP_SHAPE_ROWS_CHECK(kShapes);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(shapes), cmocka_unit_test(large_inputs)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
