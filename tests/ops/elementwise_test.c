// Every row of ops/elementwise.def: its kernels against the row's own value, one element at a time, for every type,
// instruction set, length, offset, broadcasting and in place; on the CPU, and the CUDA kernels in their emulation. That
// the values are right is elementwise_values_test.c.
#include "ops/elementwise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "ops/scalar.h"
#include "runtime/tstring.h"
#include "tests/support/elements.h"
#include "tests/support/kernel_harness.h"

// ---- the fifth expansion: the value of one element, in the type it is computed in; gives the result's bytes

typedef size_t (*value_fn)(const void* left, const void* right, void* out, unsigned* faults);

#define VALUE_OF(s, op, value) CTF_IF_COMPUTED_##s(VALUE(s, op, value))
#define VALUE(s, op, value)                                                                  \
  static size_t op##_##s(const void* left, const void* right, void* out, unsigned* faults) { \
    CTF_CTYPE_##s x, y;                                                                      \
    unsigned m_faults = 0;                                                                   \
    memcpy(&x, left, sizeof(x));                                                             \
    memcpy(&y, right, sizeof(y));                                                            \
    const __typeof__(value) result = value;                                                  \
    memcpy(out, &result, sizeof(result));                                                    \
    *faults |= m_faults;                                                                     \
    return sizeof(result);                                                                   \
  }
#define UNARY(op, types, value, gradient) CTF_EACH_##types(VALUE_OF, op, value)
#define BINARY(op, types, value, gradient_x, gradient_y) CTF_EACH_##types(VALUE_OF, op, value)
#define EQUALITY(op, types, value) CTF_EACH_##types(VALUE_OF, op, value)
#define PAIR(op, types, value, gradient_x, gradient_y) CTF_EACH_##types(VALUE_OF, op, value)
#define TWIN(op, types, value, gradient_x, gradient_y) CTF_EACH_##types(VALUE_OF, op, value)
#include "ops/elementwise.def"

typedef enum row_kind { ROW_UNARY, ROW_BROADCAST, ROW_PAIR } row_kind;

typedef struct row {
  const char* op;
  row_kind kind;
  ctf_type_set types;
  value_fn values[CTF_DTYPE_MAX + 1];
} row;

#define NAME_(op, s) op##_##s
#define NAME(op, s) NAME_(op, s)
#define ENTRY(s, op) [CTF_DTYPE_##s] = NAME(op, CTF_COMPUTED_##s),
#define UNARY(op, types, value, gradient) {#op, ROW_UNARY, types, {CTF_EACH_##types(ENTRY, op)}},
#define BINARY(op, types, value, gradient_x, gradient_y) {#op, ROW_BROADCAST, types, {CTF_EACH_##types(ENTRY, op)}},
#define EQUALITY(op, types, value) {#op, ROW_BROADCAST, types, {CTF_EACH_##types(ENTRY, op)}},
#define PAIR(op, types, value, gradient_x, gradient_y) {#op, ROW_PAIR, types, {CTF_EACH_##types(ENTRY, op)}},
#define TWIN(op, types, value, gradient_x, gradient_y) {#op, ROW_PAIR, types, {CTF_EACH_##types(ENTRY, op)}},
static const row kRows[] = {
#include "ops/elementwise.def"
};
enum { NUM_ROWS = sizeof(kRows) / sizeof(kRows[0]) };

// Where kernels are: an instruction set of the CPU, or the CUDA kernels in their emulation.
typedef struct place {
  ctf_isa isa;
  const ctf_kernel_table* table;  // NULL: the CPU's
} place;

#ifdef CTF_CUDA_EMU
extern const ctf_kernel_table ctf_cuda_kernels_elementwise;
static const ctf_kernel_table* const kCudaKernels = &ctf_cuda_kernels_elementwise;
#else
static const ctf_kernel_table* const kCudaKernels = NULL;
#endif

// ---- what is wanted

typedef struct element {
  _Alignas(16) unsigned char bytes[16];
} element;

// An element as the value function takes it: half and bfloat16 as float, a boolean as 0 or 1.
static element load(const ctf_tensor* t, int64_t index) {
  const size_t size = ctf_dtype_get(t->dtype)->bytes;
  const unsigned char* from = (const unsigned char*)t->data + (size_t)index * size;
  element e = {{0}};
  memcpy(e.bytes, from, size);
  uint16_t bits;
  memcpy(&bits, e.bytes, sizeof(bits));
  if (t->dtype == TF_HALF || t->dtype == TF_BFLOAT16) {
    const float wide =
        t->dtype == TF_HALF ? ctf_half_to_float((ctf_half){bits}) : ctf_bfloat16_to_float((ctf_bfloat16){bits});
    memcpy(e.bytes, &wide, sizeof(wide));
  }
  return e;
}

// The value at an element of the output, in the output's type.
static element want_at(const row* r, TF_DataType in, TF_DataType out, element x, element y, unsigned* faults) {
  element e = {{0}};
  const size_t size = r->values[in](x.bytes, y.bytes, e.bytes, faults);
  float wide;
  memcpy(&wide, e.bytes, sizeof(wide));
  if (out == TF_HALF || out == TF_BFLOAT16) {
    const uint16_t bits = out == TF_HALF ? ctf_half_from_float(wide).bits : ctf_bfloat16_from_float(wide).bits;
    memcpy(e.bytes, &bits, sizeof(bits));
  } else {
    assert_int_equal(size, ctf_dtype_get(out)->bytes);
  }
  return e;
}

// The element of an input that meets element `index` of the output.
static int64_t source_of(const ctf_tensor* in, const ctf_tensor* out, int64_t index) {
  int64_t source = 0, stride = 1;
  for (int i = 1; i <= out->rank; ++i) {
    const int64_t dim = out->dims[out->rank - i], at = index % dim;
    index /= dim;
    if (i > in->rank) continue;
    if (in->dims[in->rank - i] != 1) source += at * stride;
    stride *= in->dims[in->rank - i];
  }
  return source;
}

// ---- one call

typedef struct situation {
  const row* row;
  TF_DataType dtype;
  place place;
  int x_rank, y_rank;
  int64_t x_dims[4], y_dims[4];
  size_t offset;
  bool in_place;
} situation;

static const char* describe(const situation* s) {
  static char text[512];
  const ctf_shape x = {s->x_rank, s->x_dims}, y = {s->y_rank, s->y_dims};
  snprintf(text, sizeof(text), "%s of %s, %s: %s and %s, offset %zu%s", s->row->op, ctf_dtype_get(s->dtype)->name,
           s->place.table != NULL ? "CUDA" : ctf_isa_name(s->place.isa), ctf_shape_print(x).text,
           ctf_shape_print(y).text, s->offset, s->in_place ? ", in place" : "");
  return text;
}

// The types that the outputs of Complex, Real and so on have; theirs follow from no default.
static ctf_named_attr output_type(TF_DataType in) {
  const TF_DataType out = in == TF_COMPLEX64    ? TF_FLOAT
                          : in == TF_COMPLEX128 ? TF_DOUBLE
                          : in == TF_FLOAT      ? TF_COMPLEX64
                                                : TF_COMPLEX128;
  return (ctf_named_attr){{"Tout", 4}, {.kind = CTF_ATTR_TYPE, .type = out}};
}

// Divisors and exponents that no value can be made with; they become 3.
static bool repair_faults(const row* r, harness_tensor* x, harness_tensor* y) {
  bool any = false;
  if (r->kind == ROW_UNARY || x->view.num_elements == 0) return false;
  for (int64_t i = 0; i < y->view.num_elements; ++i) {
    unsigned faults = 0;
    element e;
    r->values[x->view.dtype](load(&x->view, 0).bytes, load(&y->view, i).bytes, e.bytes, &faults);
    if (faults == 0) continue;
    any = true;
    test_set_integer(&y->view, i, 3);
  }
  return any;
}

static void check_values(const situation* s, const harness_call* call, const ctf_tensor* x, const ctf_tensor* y) {
  const ctf_tensor* z = &call->outputs[0].view;
  for (int64_t i = 0; i < z->num_elements; ++i) {
    unsigned faults = 0;
    const element left = load(x, source_of(x, z, i));
    const element right = s->row->kind == ROW_UNARY ? left : load(y, source_of(y, z, i));
    const element want = want_at(s->row, s->dtype, z->dtype, left, right, &faults);
    const size_t size = ctf_dtype_get(z->dtype)->bytes;
    const unsigned char* got = (const unsigned char*)z->data + (size_t)i * size;
    if (test_same_element(z->dtype, got, want.bytes)) continue;
    print_error("%s: element %d differs\n", describe(s), (int)i);
    fail();
  }
}

static void check_call(const situation* s) {
  harness_tensor x, y, kept_x, kept_y;
  const bool unary = s->row->kind == ROW_UNARY;
  harness_tensor_init(&x, s->dtype, s->x_rank, s->x_dims, s->offset);
  harness_tensor_init(&y, s->dtype, s->y_rank, s->y_dims, s->offset);
  harness_tensor_init(&kept_x, s->dtype, s->x_rank, s->x_dims, 0);
  harness_tensor_init(&kept_y, s->dtype, s->y_rank, s->y_dims, 0);
  test_fill(&x.view, 1);
  test_fill(&y.view, 2);
  const ctf_op_interface* op = ctf_op_interface_find(s->row->op, strlen(s->row->op));
  const ctf_named_attr attr = output_type(s->dtype);
  harness_call call = {.op = s->row->op,
                       .isa = s->place.isa,
                       .table = s->place.table,
                       .num_inputs = unary ? 1 : 2,
                       .inputs = {&x.view, &y.view},
                       .num_attrs = ctf_op_interface_attr(op, "Tout", 4) >= 0,
                       .attrs = &attr,
                       .in_place = s->in_place};
  ctf_status status = harness_run(&call);
  if (status != NULL) {  // for a zero among the divisors: try again without
    const bool meant = repair_faults(s->row, &x, &y);
    if (!meant) print_error("%s: %s\n", describe(s), ctf_status_message(status));
    assert_true(meant);
    ctf_status_drop(status);  // wanted
    if (s->in_place) test_fill(&x.view, 1);
    status = harness_run(&call);
    if (status != NULL) print_error("%s: %s\n", describe(s), ctf_status_message(status));
    assert_null(status);
  }
  assert_true(s->place.table != NULL || call.kernel->flags & CTF_ANY_ALIGNMENT);
  memcpy(kept_y.view.data, y.view.data, y.view.bytes);
  if (s->in_place) {
    test_fill(&kept_x.view, 1);
  } else {
    memcpy(kept_x.view.data, x.view.data, x.view.bytes);
  }
  check_values(s, &call, &kept_x.view, &kept_y.view);
  if (!harness_tensor_intact(&x) || !harness_tensor_intact(&y) || !harness_tensor_intact(&call.outputs[0])) {
    print_error("%s: bytes beside a tensor were written\n", describe(s));
    fail();
  }
  harness_release(&call);
  harness_tensor_deinit(&x);
  harness_tensor_deinit(&y);
  harness_tensor_deinit(&kept_x);
  harness_tensor_deinit(&kept_y);
}

// ---- all rows

// Calls `check` for every row, type and place.
static void for_each(void (*check)(const row* r, TF_DataType dtype, place at)) {
  for (int i = 0; i < NUM_ROWS; ++i) {
    int num_types = 0;
    for (int dtype = 1; dtype <= CTF_DTYPE_MAX; ++dtype) {
      if (!ctf_type_in(kRows[i].types, (TF_DataType)dtype)) continue;
      ++num_types;
      for (int isa = CTF_ISA_BASE; isa <= (int)ctf_isa_best(); ++isa) {
        if (ctf_registry_cpu_kernels[isa] != NULL) check(&kRows[i], (TF_DataType)dtype, (place){(ctf_isa)isa, NULL});
      }
      if (kCudaKernels != NULL) check(&kRows[i], (TF_DataType)dtype, (place){CTF_ISA_BASE, kCudaKernels});
    }
    assert_true(num_types > 0);
  }
}

// Below, at and above the widths of all vectors, and beyond a block of half.
static const int64_t kLengths[] = {0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 1000};

static void check_lengths(const row* r, TF_DataType dtype, place at) {
  for (size_t i = 0; i < sizeof(kLengths) / sizeof(kLengths[0]); ++i) {
    const int64_t n = kLengths[i];
    check_call(&(situation){r, dtype, at, 1, 1, {n}, {n}, .offset = 0});
  }
  for (size_t offset = 1; offset <= 4 && at.table == NULL; offset += 3) {
    check_call(&(situation){r, dtype, at, 1, 1, {17}, {17}, .offset = offset});
    check_call(&(situation){r, dtype, at, 1, 1, {1000}, {1000}, .offset = offset});
  }
}

static bool keeps_type(const row* r, TF_DataType dtype) {
  const ctf_op_interface* op = ctf_op_interface_find(r->op, strlen(r->op));
  const ctf_arg_info* out = &op->outputs[0];
  return out->type_attr != NULL ? strcmp(out->type_attr, "T") == 0 : out->type == dtype;
}

static void check_in_place(const row* r, TF_DataType dtype, place at) {
  if (!keeps_type(r, dtype)) return;
  check_call(&(situation){r, dtype, at, 1, 1, {0}, {0}, .in_place = true});
  check_call(&(situation){r, dtype, at, 1, 1, {33}, {33}, .in_place = true});
  check_call(&(situation){r, dtype, at, 2, 2, {25, 40}, {25, 40}, .in_place = true});
  if (r->kind == ROW_BROADCAST) check_call(&(situation){r, dtype, at, 2, 1, {3, 17}, {17}, .in_place = true});
}

static void check_broadcasts(const row* r, TF_DataType dtype, place at) {
  if (r->kind != ROW_BROADCAST) return;
  static const struct {
    int x_rank, y_rank;
    int64_t x[4], y[4];
  } kShapes[] = {
      {0, 0, {0}, {0}},
      {1, 0, {33}, {0}},
      {0, 1, {0}, {33}},
      {1, 1, {600}, {1}},
      {2, 1, {3, 17}, {17}},
      {2, 1, {3, 17}, {1}},
      {2, 2, {3, 1}, {3, 17}},
      {2, 2, {1, 7}, {5, 1}},
      {3, 2, {2, 3, 5}, {3, 1}},
      {3, 3, {2, 1, 9}, {1, 4, 1}},
      {4, 3, {2, 3, 1, 5}, {3, 4, 1}},
      {2, 1, {0, 3}, {3}},
      {2, 1, {400, 3}, {3}},  // a short row for many
      {1, 2, {5}, {300, 5}},
      {2, 2, {1, 3}, {0, 1}},
      {3, 1, {4, 1, 1}, {8}},
  };
  for (size_t i = 0; i < sizeof(kShapes) / sizeof(kShapes[0]); ++i) {
    situation s = {r, dtype, at, kShapes[i].x_rank, kShapes[i].y_rank, .offset = at.table == NULL ? i % 2 : 0};
    memcpy(s.x_dims, kShapes[i].x, sizeof(s.x_dims));
    memcpy(s.y_dims, kShapes[i].y, sizeof(s.y_dims));
    check_call(&s);
  }
}

// Long enough to be cut for threads, in rows that the cuts do not meet.
static void check_pieces(const row* r, TF_DataType dtype, place at) {
  if (at.isa != ctf_isa_best() || dtype != TF_FLOAT) return;
  // Outputs that are written past the caches, of an odd length and in rows.
  if (strcmp(r->op, "Neg") == 0) check_call(&(situation){r, dtype, at, 1, 1, {8388625}, {8388625}});
  if (strcmp(r->op, "AddV2") == 0) check_call(&(situation){r, dtype, at, 2, 1, {2048, 4112}, {4112}});
  if (r->kind != ROW_BROADCAST) return;
  check_call(&(situation){r, dtype, at, 2, 2, {70001, 1}, {1, 3}});
  check_call(&(situation){r, dtype, at, 1, 1, {100001}, {100001}});
}

static void every_length_and_offset(void** state) {
  (void)state;
  for_each(check_lengths);
}
static void every_type_in_place(void** state) {
  (void)state;
  for_each(check_in_place);
}
static void every_broadcast(void** state) {
  (void)state;
  for_each(check_broadcasts);
}
static void every_piece(void** state) {
  (void)state;
  for_each(check_pieces);
}

// ---- errors, and shapes that do not fit

static harness_call binary_call(const char* op, const harness_tensor* x, const harness_tensor* y) {
  return (harness_call){.op = op, .isa = ctf_isa_best(), .num_inputs = 2, .inputs = {&x->view, &y->view}};
}

static void faults_have_tensorflows_codes(void** state) {
  (void)state;
  static const struct {
    const char* op;
    int64_t y;
    TF_Code code;
    const char* message;
  } kFaults[] = {
      {"Div", 0, TF_INVALID_ARGUMENT, "Integer division by zero"},
      {"FloorDiv", 0, TF_INVALID_ARGUMENT, "Integer division by zero"},
      {"FloorMod", 0, TF_INVALID_ARGUMENT, "Integer division by zero"},
      {"Mod", 0, TF_INVALID_ARGUMENT, "Integer division by zero"},
      {"TruncateMod", 0, TF_INTERNAL, "Unexpected error in binary operator"},
      {"TruncateDiv", 0, TF_INTERNAL, "Unexpected error in binary operator"},
      {"Pow", -1, TF_INVALID_ARGUMENT, "Integers to negative integer powers are not allowed"},
  };
  for (size_t i = 0; i < sizeof(kFaults) / sizeof(kFaults[0]); ++i) {
    harness_tensor x, y;
    const int64_t n = 9;
    harness_tensor_init(&x, TF_INT32, 1, &n, 0);
    harness_tensor_init(&y, TF_INT32, 1, &n, 0);
    for (int j = 0; j < n; ++j) test_set_integer(&y.view, j, j == 7 ? kFaults[i].y : 1);
    harness_call call = binary_call(kFaults[i].op, &x, &y);
    ctf_status status = harness_run(&call);
    assert_int_equal(ctf_status_code(status), kFaults[i].code);
    assert_non_null(strstr(ctf_status_message(status), kFaults[i].message));
    ctf_status_drop(status);  // checked
    harness_tensor_deinit(&x);
    harness_tensor_deinit(&y);
  }
}

static void unequal_shapes_can_be_an_answer(void** state) {
  (void)state;
  const int64_t two = 2, three = 3;
  harness_tensor x, y;
  harness_tensor_init(&x, TF_FLOAT, 1, &two, 0);
  harness_tensor_init(&y, TF_FLOAT, 1, &three, 0);
  const ctf_named_attr attr = {{"incompatible_shape_error", 24}, {.kind = CTF_ATTR_BOOL, .b = false}};
  const char* ops[] = {"Equal", "NotEqual"};
  for (int i = 0; i < 2; ++i) {
    harness_call call = binary_call(ops[i], &x, &y);
    ctf_status status = harness_run(&call);
    assert_int_equal(ctf_status_code(status), TF_INVALID_ARGUMENT);
    ctf_status_drop(status);  // checked
    call.attrs = &attr;
    call.num_attrs = 1;
    assert_null(harness_run(&call));
    assert_int_equal(call.outputs[0].view.rank, 0);
    assert_int_equal(*(bool*)call.outputs[0].view.data, i);
    harness_release(&call);
  }
  harness_call call = binary_call("Add", &x, &y);
  ctf_status status = harness_run(&call);
  assert_string_equal(ctf_status_message(status), "Dimensions must be equal, but are 2 and 3");
  ctf_status_drop(status);  // checked
  call = binary_call("ReluGrad", &x, &y);
  status = harness_run(&call);
  assert_int_equal(ctf_status_code(status), TF_INVALID_ARGUMENT);
  ctf_status_drop(status);  // checked
  harness_tensor_deinit(&x);
  harness_tensor_deinit(&y);
}

static void strings_are_compared(void** state) {
  (void)state;
  static const char* kTexts[] = {"", "a", "b", "a text that does not fit into the element itself", "a text"};
  enum { N = sizeof(kTexts) / sizeof(kTexts[0]) };
  const int64_t column[2] = {N, 1}, row_dims[1] = {N};
  harness_tensor x, y;
  harness_tensor_init(&x, TF_STRING, 2, column, HARNESS_ALIGNED);
  harness_tensor_init(&y, TF_STRING, 1, row_dims, HARNESS_ALIGNED);
  for (int i = 0; i < N; ++i) {
    assert_true(ctf_tstring_set((TF_TString*)x.view.data + i, kTexts[i], strlen(kTexts[i])));
    assert_true(ctf_tstring_set((TF_TString*)y.view.data + i, kTexts[i], strlen(kTexts[i])));
  }
  const char* ops[] = {"Equal", "NotEqual"};
  for (int i = 0; i < 2; ++i) {
    harness_call call = binary_call(ops[i], &x, &y);
    assert_null(harness_run(&call));
    assert_int_equal(call.outputs[0].view.num_elements, N * N);
    for (int j = 0; j < N * N; ++j) {
      assert_int_equal(((const bool*)call.outputs[0].view.data)[j], (j / N == j % N) != (i == 1));
    }
    harness_release(&call);
  }
  harness_call call = binary_call("Add", &x, &y);
  assert_null(harness_run(&call));
  for (int i = 0; i < N * N; ++i) {
    const char* text;
    size_t length;
    char want[200];
    ctf_tensor_get_string(&call.outputs[0].view, i, &text, &length);
    snprintf(want, sizeof(want), "%s%s", kTexts[i / N], kTexts[i % N]);
    assert_int_equal(length, strlen(want));
    assert_memory_equal(text, want, length);
    TF_TString* string = (TF_TString*)call.outputs[0].view.data + i;
    ctf_budget_unreserve(ctf_budget_process(), ctf_tstring_owned_bytes(string));
    ctf_tstring_clear(string);
  }
  harness_release(&call);
  call = binary_call("ZerosLike", &x, &y);
  call.num_inputs = 1;
  assert_null(harness_run(&call));
  assert_int_equal(TF_TString_GetSize((const TF_TString*)call.outputs[0].view.data + 3), 0);
  harness_release(&call);
  for (int i = 0; i < N; ++i) {
    ctf_tstring_clear((TF_TString*)x.view.data + i);
    ctf_tstring_clear((TF_TString*)y.view.data + i);
  }
  harness_tensor_deinit(&x);
  harness_tensor_deinit(&y);
}

static void real_parts_have_the_type_of_the_whole(void** state) {
  (void)state;
  const int64_t n = 4;
  harness_tensor x;
  harness_tensor_init(&x, TF_COMPLEX64, 1, &n, 0);
  const ctf_named_attr attr = {{"Tout", 4}, {.kind = CTF_ATTR_TYPE, .type = TF_DOUBLE}};
  harness_call call = {.op = "Real", .isa = ctf_isa_best(), .num_inputs = 1, .inputs = {&x.view}, .num_attrs = 1};
  call.attrs = &attr;
  ctf_status status = harness_run(&call);
  assert_int_equal(ctf_status_code(status), TF_INVALID_ARGUMENT);
  ctf_status_drop(status);  // checked
  harness_tensor_deinit(&x);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_length_and_offset),
      cmocka_unit_test(every_type_in_place),
      cmocka_unit_test(every_broadcast),
      cmocka_unit_test(every_piece),
      cmocka_unit_test(faults_have_tensorflows_codes),
      cmocka_unit_test(unequal_shapes_can_be_an_answer),
      cmocka_unit_test(strings_are_compared),
      cmocka_unit_test(real_parts_have_the_type_of_the_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
