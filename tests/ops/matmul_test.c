// MatMul and BatchMatMul: values from TensorFlow, and from plain loops in double.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/kernel_harness.h"
#include "tests/support/op_rows.h"

// clang-format off
#define PRODUCT(type)                                                                                            \
  {"of " #type, "MatMul", {type "[2,3] 1 2 3 4 5 6", type "[3,2] 1 2 3 4 5 6"}, .want = type "[2,2] 22 28 49 64"}, \
  {"stack of " #type, "BatchMatMul", {type "[2,1,2] 1 2 3 4", type "[2,2,1] 5 6 7 8"}, .want = type "[2,1,1] 17 53"}
static const op_row kRows[] = {
    PRODUCT("f32"), PRODUCT("f64"), PRODUCT("f16"), PRODUCT("bf16"), PRODUCT("i16"), PRODUCT("i32"), PRODUCT("i64"),
    PRODUCT("c64"), PRODUCT("c128"),
    {"transposed first", "MatMul", {"f32[3,2] 1 4 2 5 3 6", "f32[3,2] 1 2 3 4 5 6"}, "transpose_a=true",
     .want = "f32[2,2] 22 28 49 64"},
    {"transposed second", "MatMul", {"i32[2,3] 1 2 3 4 5 6", "i32[2,3] 1 3 5 2 4 6"}, "transpose_b=true",
     .want = "i32[2,2] 22 28 49 64"},
    {"both transposed", "MatMul", {"f64[3,2] 1 4 2 5 3 6", "f64[2,3] 1 3 5 2 4 6"}, "transpose_a=true transpose_b=true",
     .want = "f64[2,2] 22 28 49 64"},
    {"transposing does not conjugate", "MatMul", {"c128[1,2] 1,2 3", "c128[1,2] 1,1 3"}, "transpose_b=true",
     .want = "c128[1,1] 8,3"},
    {"the adjoint does", "BatchMatMulV2", {"c128[1,2] 1,2 3", "c128[1,2] 1,1 3"}, "adj_y=true", .want = "c128[1,1] 12,1"},
    {"adjoint first", "BatchMatMulV2", {"c64[1,2] 1,2 3", "c64[1,2] 1,1 3"}, "adj_x=true",
     .want = "c64[2,2] 3,-1 3,-6 3,3 9"},
    {"integers wrap", "MatMul", {"i32[1,2] 2147483647 3", "i32[2,1] 4 5"}, .want = "i32[1,1] 11"},
    {"int16 wraps", "BatchMatMulV2", {"i16[1,2] 16384 3", "i16[2,1] 4 5"}, .want = "i16[1,1] 15"},
    {"halves are added in float", "MatMul", {"f16[2,3000] 1 ...", "f16[3000,2] 1 ..."}, .want = "f16[2,2] 3000 ..."},
    {"bfloat16 rounds once", "MatMul", {"bf16[2,3000] 1 ...", "bf16[3000,2] 1 ..."}, .want = "bf16[2,2] 3008 ..."},
    {"large halves", "MatMul", {"f16[1,4] 60000 ...", "f16[4,1] 1 1 -1 -1"}, .want = "f16[1,1] 0"},
    {"NaN times zero", "MatMul", {"f32[1,2] nan 0", "f32[2,1] 0 inf"}, .want = "f32[1,1] nan"},
    {"no inner dimension", "MatMul", {"f32[2,0]", "f32[0,2]"}, .want = "f32[2,2] 0 ..."},
    {"no inner dimension of integers", "MatMul", {"i64[2,0]", "i64[0,2]"}, .want = "i64[2,2] 0 ..."},
    {"no inner dimension of half", "MatMul", {"f16[2,0]", "f16[0,3]"}, .want = "f16[2,3] 0 ..."},
    {"no rows", "MatMul", {"f32[0,3]", "f32[3,2] 0 ..."}, .want = "f32[0,2]"},
    {"no columns", "MatMul", {"f32[2,3] 0 ...", "f32[3,0]"}, .want = "f32[2,0]"},
    {"no batches", "BatchMatMulV2", {"f32[0,2,3]", "f32[3,2] 0 ..."}, .want = "f32[0,2,2]"},
    {"stacks without inner dimension", "BatchMatMulV2", {"f32[2,1,0]", "f32[2,0,2]"}, .want = "f32[2,1,2] 0 ..."},
    {"batches broadcast", "BatchMatMulV2", {"i32[2,1,1,1] 1 2", "i32[3,1,1] 10 20 30"},
     .want = "i32[2,3,1,1] 10 20 30 20 40 60"},
    {"a matrix for all", "BatchMatMulV2", {"f32[3,1,2] 1 2 3 4 5 6", "f32[2,1] 1 10"}, .want = "f32[3,1,1] 21 43 65"},
    {"V3", "BatchMatMulV3", {"f32[1,2] 1 2", "f32[2,1] 3 4"}, "Tout=f32", .want = "f32[1,1] 11"},
    {"V3 of bytes", "BatchMatMulV3", {"u8[1,2] 200 100", "i8[2,1] -100 100"}, "Tout=i32", .want = "i32[1,1] -10000"},
    {"V3 of unsigned bytes", "BatchMatMulV3", {"u8[1,2] 200 100", "u8[2,1] 255 1"}, "Tout=i32", .want = "i32[1,1] 51100"},
    {"V3 of bytes and bfloat16", "BatchMatMulV3", {"u8[1,2] 200 100", "bf16[2,1] 1.5 100"}, "Tout=bf16",
     .want = "bf16[1,1] 10304"},
    {"V3 of bfloat16 and bytes", "BatchMatMulV3", {"bf16[1,2] 2 3", "i8[2,1] -1 5"}, "Tout=bf16", .want = "bf16[1,1] 13"},
    {"V3 has no such sum", "BatchMatMulV3", {"f32[1,2] 1 2", "f32[2,1] 3 4"}, "Tout=f64", .error = TF_UNIMPLEMENTED},
    {"inner dimensions", "MatMul", {"f32[2,3] 0 ...", "f32[4,2] 0 ..."}, .error = TF_INVALID_ARGUMENT,
     .message = "Dimensions must be equal, but are 3 and 4"},
    {"inner dimensions, transposed", "MatMul", {"f32[2,3] 0 ...", "f32[4,2] 0 ..."}, "transpose_a=true",
     .error = TF_INVALID_ARGUMENT, .message = "Dimensions must be equal, but are 2 and 4"},
    {"a vector", "MatMul", {"f32[2,3] 0 ...", "f32[3] 0 ..."}, .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be rank 2 but is rank 1"},
    {"a stack in MatMul", "MatMul", {"f32[2,3,1] 0 ...", "f32[3,1] 0 ..."}, .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be rank 2 but is rank 3"},
    {"BatchMatMul does not broadcast", "BatchMatMul", {"f32[1,2,3] 0 ...", "f32[3,3,2] 0 ..."},
     .error = TF_INVALID_ARGUMENT, .message = "Dimension 0 in both shapes must be equal, but are 1 and 3"},
    {"BatchMatMul of other ranks", "BatchMatMul", {"f32[2,2,3] 0 ...", "f32[3,2] 0 ..."}, .error = TF_INVALID_ARGUMENT,
     .message = "Shapes must be equal rank, but are 1 and 0"},
    {"batches that do not broadcast", "BatchMatMulV2", {"f32[2,2,3] 0 ...", "f32[3,3,2] 0 ..."},
     .error = TF_INVALID_ARGUMENT, .message = "Dimensions must be equal, but are 2 and 3"},
    {"batches and none", "BatchMatMulV3", {"i8[2,2,3] 0 ...", "i8[0,3,2]"}, "Tout=i32", .error = TF_INVALID_ARGUMENT},
    {"a vector in a stack", "BatchMatMulV2", {"f32[3] 0 ...", "f32[3,2] 0 ..."}, .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be at least rank 2 but is rank 1"},
};
static const op_shape_row kShapes[] = {
    {"MatMul", {"f32[?,3]", "f32[?,4]"}, .want = "[?,4]"},
    {"MatMul", {"f32[?,3]", "f32?"}, "transpose_a=true", .want = "[3,?]"},
    {"BatchMatMulV2", {"f32[?,1,2,3]", "f32[5,3,4]"}, .want = "[?,5,2,4]"},
    {"BatchMatMulV2", {"f32?", "f32[5,3,4]"}, .want = "<unknown>"},
};

typedef struct large_case {
  int64_t m, n, k;
} large_case;
static const large_case kLarge[] = {
    {1, 1, 1}, {4, 70, 300}, {5, 70, 300}, {70, 3, 257}, {13, 33, 257}, {100, 65, 520}, {97, 300, 5}, {37, 1, 129}, {40, 200, 512},
};
// clang-format on

static double value_at(int64_t i) { return (double)((i * 7919) % 401 - 200) / 64; }

static void set_real(const ctf_tensor* t, int64_t i, double value) {
  char* at = (char*)t->data + (size_t)i * ctf_dtype_get(t->dtype)->bytes;
  const float narrow = (float)value;
  const ctf_half half = ctf_half_from_float(narrow);
  switch (t->dtype) {
    case TF_FLOAT:
      memcpy(at, &narrow, sizeof(narrow));
      break;
    case TF_HALF:
      memcpy(at, &half, sizeof(half));
      break;
    default:
      memcpy(at, &value, sizeof(value));
  }
}

static double get_real(const ctf_tensor* t, int64_t i) {
  if (t->dtype == TF_FLOAT) return ((const float*)t->data)[i];
  if (t->dtype == TF_HALF) return ctf_half_to_float(((const ctf_half*)t->data)[i]);
  return ((const double*)t->data)[i];
}

// a is [m,k] or [k,m], b is [k,n] or [n,k]; element (i, j) of the result.
static double reference(const large_case* c, bool ta, bool tb, int64_t i, int64_t j) {
  double sum = 0;
  for (int64_t k = 0; k < c->k; ++k) {
    sum += value_at(ta ? k * c->m + i : i * c->k + k) * value_at(3 + (tb ? j * c->k + k : k * c->n + j));
  }
  return sum;
}

static void check_large(const large_case* c, TF_DataType dtype, bool ta, bool tb, double tolerance) {
  harness_tensor a, b;
  const int64_t a_dims[2] = {ta ? c->k : c->m, ta ? c->m : c->k}, b_dims[2] = {tb ? c->n : c->k, tb ? c->k : c->n};
  harness_tensor_init(&a, dtype, 2, a_dims, 1);
  harness_tensor_init(&b, dtype, 2, b_dims, 4);
  for (int64_t i = 0; i < a.view.num_elements; ++i) set_real(&a.view, i, value_at(i));
  for (int64_t i = 0; i < b.view.num_elements; ++i) set_real(&b.view, i, value_at(3 + i));
  const ctf_named_attr attrs[2] = {{{"transpose_a", 11}, {.kind = CTF_ATTR_BOOL, .b = ta}},
                                   {{"transpose_b", 11}, {.kind = CTF_ATTR_BOOL, .b = tb}}};
  for (int isa = 0; isa <= (int)ctf_isa_best(); ++isa) {
    harness_call call = {.op = "MatMul",
                         .isa = (ctf_isa)isa,
                         .num_inputs = 2,
                         .inputs = {&a.view, &b.view},
                         .num_attrs = 2,
                         .attrs = attrs};
    assert_null(harness_run(&call));
    for (int64_t i = 0; i < c->m; ++i) {
      for (int64_t j = 0; j < c->n; ++j) {
        const double want = reference(c, ta, tb, i, j), got = get_real(&call.outputs[0].view, i * c->n + j);
        if (!(fabs(got - want) <= tolerance * (double)(c->k + 8))) {
          fail_msg("%s %d x %d x %d (%d, %d): element (%d, %d) is %.9g instead of %.9g", ctf_dtype_get(dtype)->name,
                   (int)c->m, (int)c->n, (int)c->k, ta, tb, (int)i, (int)j, got, want);
        }
      }
    }
    assert_true(harness_tensor_intact(&call.outputs[0]));
    harness_release(&call);
  }
  harness_tensor_deinit(&a);
  harness_tensor_deinit(&b);
}

static void large_products(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kLarge) / sizeof(kLarge[0]); ++i) {
    for (int t = 0; t < 4; ++t) {
      check_large(&kLarge[i], TF_FLOAT, t & 1, t & 2, 3e-7);
      check_large(&kLarge[i], TF_DOUBLE, t & 1, t & 2, 1e-14);
      check_large(&kLarge[i], TF_HALF, t & 1, t & 2, 3e-3);
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
  const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(shapes),
                                     cmocka_unit_test(large_products)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
