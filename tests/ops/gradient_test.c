// Gradients against finite differences: the builder evaluates each op at once, in double, through its CPU kernel.
#include "ops/gradient.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ops/elementwise.h"
#include "tests/support/elements.h"
#include "tests/support/kernel_harness.h"

// ---- a builder whose tensors are values: id n is values[n - 1]

enum { MAX_VALUES = 128 };

typedef struct evaluator {
  ctf_grad_ctx base;
  int count;
  harness_tensor values[MAX_VALUES];
  const char* missing;  // an op that has no kernel yet: what follows is not evaluated
} evaluator;

static const ctf_tensor* value_of(const evaluator* e, ctf_grad_tensor t) { return &e->values[t.id - 1].view; }

static ctf_grad_tensor keep(evaluator* e, const harness_tensor* value) {
  assert_true(e->count < MAX_VALUES);
  harness_tensor* to = &e->values[e->count++];
  *to = *value;
  to->view.dims = to->own_dims;
  return (ctf_grad_tensor){(uint64_t)e->count};
}

static ctf_grad_tensor keep_copy(evaluator* e, const ctf_tensor* value) {
  harness_tensor t;
  harness_tensor_init(&t, value->dtype, value->rank, value->dims, 0);
  if (value->bytes > 0) memcpy(t.view.data, value->data, value->bytes);
  return keep(e, &t);
}

// Ops that gradients use and that have no kernel in ctf yet, for what gradients here ask of them.

// The axes along which the first of two shapes is broadcast.
static ctf_grad_tensor broadcast_gradient_args(evaluator* e, const ctf_tensor* x, const ctf_tensor* y) {
  int32_t axes[8];
  int64_t count = 0;
  const int64_t rank = x->num_elements > y->num_elements ? x->num_elements : y->num_elements;
  for (int64_t i = 0; i < rank; ++i) {
    const int64_t xi = i - (rank - x->num_elements), yi = i - (rank - y->num_elements);
    const int32_t xd = xi < 0 ? 1 : ((const int32_t*)x->data)[xi], yd = yi < 0 ? 1 : ((const int32_t*)y->data)[yi];
    if (xi < 0 || (xd == 1 && yd != 1)) axes[count++] = (int32_t)i;
  }
  harness_tensor t;
  harness_tensor_init(&t, TF_INT32, 1, &count, 0);
  memcpy(t.view.data, axes, (size_t)count * sizeof(axes[0]));
  return keep(e, &t);
}

static ctf_grad_tensor select_same_shape(evaluator* e, const ctf_tensor* condition, const ctf_tensor* a,
                                         const ctf_tensor* b) {
  assert_true(condition->num_elements == a->num_elements && a->num_elements == b->num_elements);
  harness_tensor t;
  harness_tensor_init(&t, a->dtype, a->rank, a->dims, 0);
  const size_t size = ctf_dtype_get(a->dtype)->bytes;
  for (int64_t i = 0; i < a->num_elements; ++i) {
    const ctf_tensor* from = ((const bool*)condition->data)[i] ? a : b;
    memcpy((char*)t.view.data + (size_t)i * size, (const char*)from->data + (size_t)i * size, size);
  }
  return keep(e, &t);
}

static ctf_grad_tensor build_op(ctf_grad_ctx* g, const char* op, int num_inputs, const ctf_grad_tensor* inputs,
                                int num_attrs, const ctf_named_attr* attrs) {
  evaluator* e = (evaluator*)g;
  harness_call call = {.op = op, .isa = ctf_isa_best(), .num_inputs = num_inputs, .num_attrs = num_attrs};
  call.attrs = attrs;
  if (e->missing != NULL) return (ctf_grad_tensor){0};
  for (int i = 0; i < num_inputs; ++i) {
    assert_true(inputs[i].id != 0);
    call.inputs[i] = value_of(e, inputs[i]);
  }
  if (strcmp(op, "BroadcastGradientArgs") == 0) return broadcast_gradient_args(e, call.inputs[0], call.inputs[1]);
  if (strcmp(op, "SelectV2") == 0) return select_same_shape(e, call.inputs[0], call.inputs[1], call.inputs[2]);
  const ctf_op_interface* interface = ctf_op_interface_find(op, strlen(op));
  assert_non_null(interface);
  if (ctf_op_def_find(interface) == NULL) {
    e->missing = op;
    return (ctf_grad_tensor){0};
  }
  const ctf_status status = harness_run(&call);
  if (status != NULL) print_error("%s: %s\n", op, ctf_status_message(status));
  assert_null(status);
  return keep(e, &call.outputs[0]);
}

static ctf_grad_tensor build_scalar(ctf_grad_ctx* g, double value, ctf_grad_tensor like) {
  evaluator* e = (evaluator*)g;
  harness_tensor t;
  if (e->missing != NULL) return (ctf_grad_tensor){0};
  harness_tensor_init(&t, value_of(e, like)->dtype, 0, NULL, 0);
  test_set_real(&t.view, 0, value);
  return keep(e, &t);
}

static ctf_grad_tensor build_ints(ctf_grad_ctx* g, int count, const int32_t* values) {
  harness_tensor t;
  const int64_t n = count < 0 ? 1 : count;
  harness_tensor_init(&t, TF_INT32, count < 0 ? 0 : 1, &n, 0);
  memcpy(t.view.data, values, (size_t)n * sizeof(*values));
  return keep((evaluator*)g, &t);
}

static const ctf_grad_builder_vtable kBuilder = {build_op, build_scalar, build_ints};

static void release(evaluator* e) {
  for (int i = 0; i < e->count; ++i) harness_tensor_deinit(&e->values[i]);
}

// ---- the ops

typedef struct gradient_row {
  const char* op;
  int num_inputs;
  bool broadcasts;
  ctf_type_set types;
} gradient_row;

#define UNARY(op, types, value, gradient) {#op, 1, false, types},
#define BINARY(op, types, value, gradient_x, gradient_y) {#op, 2, true, types},
#define EQUALITY(op, types, value) {#op, 2, true, types},
#define PAIR(op, types, value, gradient_x, gradient_y) {#op, 2, false, types},
#define TWIN(op, types, value, gradient_x, gradient_y) {#op, 2, false, types},
static const gradient_row kTable[] = {
#include "ops/elementwise.def"
};
static const gradient_row kOthers[] = {
    {"LeakyRelu", 1, false, CTF_REAL_FLOATING},
    {"LeakyReluGrad", 2, false, CTF_REAL_FLOATING},
};

// Where an op is smooth and its logarithms exist; elsewhere the default.
static const struct {
  const char* op;
  double least, greatest;
} kDomains[] = {
    {"Acos", -0.9, 0.9},   {"Acosh", 1.2, 4},  {"Asin", -0.9, 0.9}, {"Atanh", -0.9, 0.9}, {"Digamma", 0.3, 4},
    {"Erfinv", -0.9, 0.9}, {"Lgamma", 0.3, 4}, {"Log", 0.3, 4},     {"Log1p", -0.5, 4},   {"Ndtri", 0.1, 0.9},
    {"Pow", 0.3, 2},       {"Rsqrt", 0.3, 4},  {"Sqrt", 0.3, 4},    {"SqrtGrad", 0.3, 4}, {"RsqrtGrad", 0.3, 4},
    {"Xlog1py", 0.3, 4},   {"Xlogy", 0.3, 4},
};

static void fill(const ctf_tensor* t, const char* op, double phase) {
  double least = -2.1, greatest = 1.9;
  for (size_t i = 0; i < sizeof(kDomains) / sizeof(kDomains[0]); ++i) {
    if (strcmp(kDomains[i].op, op) == 0) least = kDomains[i].least, greatest = kDomains[i].greatest;
  }
  for (int64_t i = 0; i < t->num_elements; ++i) {
    // multiples of the golden ratio: spread, and never near a whole number here
    const double unit = fmod((double)(i + 1) * 0.6180339887498949 + phase, 1.0);
    test_set_real(t, i, least + (greatest - least) * unit);
    if (ctf_dtype_get(t->dtype)->kind != CTF_KIND_COMPLEX) continue;
    const ctf_tensor parts = {.dtype = TF_DOUBLE, .data = t->data};
    test_set_real(&parts, 2 * i + 1, 0.3 + 0.2 * unit);  // beside the branch cuts
  }
}

// The scalar whose gradient is taken: the real part of sum(conj(dy) y).
static double loss(const ctf_tensor* y, const ctf_tensor* dy) {
  double sum = 0;
  for (int64_t i = 0; i < y->num_elements; ++i) {
    sum += test_get_real(y, i) * test_get_real(dy, i) + test_get_imag(y, i) * test_get_imag(dy, i);
  }
  return sum;
}

static harness_call forward_call(const gradient_row* row, harness_tensor* inputs, const ctf_named_attr* attrs,
                                 int num_attrs) {
  return (harness_call){.op = row->op,
                        .isa = ctf_isa_best(),
                        .num_inputs = row->num_inputs,
                        .inputs = {&inputs[0].view, &inputs[1].view},
                        .num_attrs = num_attrs,
                        .attrs = attrs};
}

// d loss / d one real number of an input, by central differences.
static double slope(const gradient_row* row, harness_tensor* inputs, const ctf_named_attr* attrs, int num_attrs,
                    const ctf_tensor* dy, double* number) {
  const double at = *number, step = 1e-5;
  double losses[2];
  for (int side = 0; side < 2; ++side) {
    *number = at + (side == 0 ? -step : step);
    harness_call call = forward_call(row, inputs, attrs, num_attrs);
    assert_null(harness_run(&call));
    losses[side] = loss(&call.outputs[0].view, dy);
    harness_release(&call);
  }
  *number = at;
  return (losses[1] - losses[0]) / (2 * step);
}

static void check_input(const gradient_row* row, TF_DataType dtype, int input, harness_tensor* inputs,
                        const ctf_named_attr* attrs, int num_attrs, const ctf_tensor* dy, const evaluator* e) {
  const ctf_grad_tensor dx = e->base.dx[input];
  const ctf_tensor* x = &inputs[input].view;
  const int parts = dtype == TF_COMPLEX128 ? 2 : 1;
  if (dx.id != 0) assert_true(ctf_shape_equal(ctf_tensor_shape(value_of(e, dx)), ctf_tensor_shape(x)));
  if (dx.id != 0) assert_int_equal(value_of(e, dx)->dtype, dtype);
  for (int64_t i = 0; i < x->num_elements * parts; ++i) {
    const double want = slope(row, inputs, attrs, num_attrs, dy, (double*)x->data + i);
    const int64_t element = i / parts;
    double got = 0;
    if (dx.id != 0) got = i % parts ? test_get_imag(value_of(e, dx), element) : test_get_real(value_of(e, dx), element);
    if (fabs(got - want) <= 1e-6 * (1 + fabs(want)) + 1e-7) continue;
    print_error("%s of %s: gradient of input %d, number %d is %.10g, the slope is %.10g\n", row->op,
                ctf_dtype_get(dtype)->name, input, (int)i, got, want);
    fail();
  }
}

// Returns the op that the gradient needs and that is missing, or NULL.
static const char* check_gradient(const gradient_row* row, TF_DataType dtype, bool broadcast) {
  const ctf_op_interface* op = ctf_op_interface_find(row->op, strlen(row->op));
  const ctf_op_def* def = ctf_op_def_find(op);
  const int64_t shape[2] = {2, 3}, row_shape[1] = {3};
  const TF_DataType part = dtype == TF_COMPLEX128 ? TF_DOUBLE : TF_COMPLEX128;
  const ctf_named_attr attrs[2] = {{{"T", 1}, {.kind = CTF_ATTR_TYPE, .type = dtype}},
                                   {{"Tout", 4}, {.kind = CTF_ATTR_TYPE, .type = part}}};
  const int num_attrs = ctf_op_interface_attr(op, "Tout", 4) < 0 ? 1 : 2;
  harness_tensor inputs[2] = {{{0}}};
  harness_tensor_init(&inputs[0], dtype, 2, shape, 0);
  harness_tensor_init(&inputs[1], dtype, broadcast ? 1 : 2, broadcast ? row_shape : shape, 0);
  fill(&inputs[0].view, row->op, 0.13);
  fill(&inputs[1].view, row->op, 0.57);

  evaluator* e = NULL;
  assert_null(ctf_alloc_new(ctf_allocator_process(), &e));
  harness_call call = forward_call(row, inputs, attrs, num_attrs);
  assert_null(harness_run(&call));
  harness_tensor dy;
  harness_tensor_init(&dy, call.outputs[0].view.dtype, call.outputs[0].view.rank, call.outputs[0].view.dims, 0);
  fill(&dy.view, "", 0.31);
  const ctf_grad_tensor xs[2] = {keep_copy(e, &inputs[0].view), keep_copy(e, &inputs[1].view)};
  const ctf_grad_tensor y = keep_copy(e, &call.outputs[0].view), dys = keep_copy(e, &dy.view);
  ctf_grad_tensor dxs[2] = {{0}};
  e->base = (ctf_grad_ctx){.vtable = &kBuilder,
                           .num_inputs = row->num_inputs,
                           .inputs = xs,
                           .num_outputs = 1,
                           .outputs = &y,
                           .dy = &dys,
                           .dx = dxs,
                           .num_attrs = num_attrs,
                           .attrs = attrs};
  def->gradient(&e->base);
  const char* missing = e->missing;
  for (int i = 0; i < row->num_inputs && missing == NULL; ++i) {
    check_input(row, dtype, i, inputs, attrs, num_attrs, &dy.view, e);
  }
  harness_release(&call);
  release(e);
  ctf_free(ctf_allocator_process(), e);
  harness_tensor_deinit(&dy);
  harness_tensor_deinit(&inputs[0]);
  harness_tensor_deinit(&inputs[1]);
  return missing;
}

// Where TensorFlow's gradient is not the slope, and ours is TensorFlow's.
static const char* kNotTheSlope[] = {
    "Sign",               // 0 for complex numbers too, whose direction does change
    "SquaredDifference",  // takes the incoming gradient whole, though the output is always real
};

static bool differentiable(const gradient_row* row, TF_DataType dtype) {
  for (size_t i = 0; i < sizeof(kNotTheSlope) / sizeof(kNotTheSlope[0]) && dtype == TF_COMPLEX128; ++i) {
    if (strcmp(kNotTheSlope[i], row->op) == 0) return false;
  }
  const ctf_op_interface* op = ctf_op_interface_find(row->op, strlen(row->op));
  if (ctf_op_def_find(op)->gradient == NULL || !ctf_type_in(row->types, dtype)) return false;
  const ctf_arg_info* out = &op->outputs[0];
  return out->type_attr != NULL;  // else booleans and counts come out, which have no slope
}

static void check_rows(const gradient_row* rows, size_t count, TF_DataType dtype, int* inout_checked,
                       int* inout_missing) {
  for (size_t i = 0; i < count; ++i) {
    if (!differentiable(&rows[i], dtype)) continue;
    const char* missing = check_gradient(&rows[i], dtype, false);
    if (missing == NULL && rows[i].broadcasts) missing = check_gradient(&rows[i], dtype, true);
    if (missing == NULL) {
      ++*inout_checked;
      continue;
    }
    ++*inout_missing;
    assert_string_equal(missing, "Polygamma");  // of Digamma; nothing else may be missing
  }
}

static void gradients_are_slopes(void** state) {
  (void)state;
  int checked = 0, missing = 0;
  check_rows(kTable, sizeof(kTable) / sizeof(kTable[0]), TF_DOUBLE, &checked, &missing);
  check_rows(kOthers, sizeof(kOthers) / sizeof(kOthers[0]), TF_DOUBLE, &checked, &missing);
  print_message("%d gradients checked, %d wait for an op\n", checked, missing);
  assert_true(checked > 60 && missing <= 1);
}

static void complex_gradients_are_slopes(void** state) {
  (void)state;
  int checked = 0, missing = 0;
  check_rows(kTable, sizeof(kTable) / sizeof(kTable[0]), TF_COMPLEX128, &checked, &missing);
  print_message("%d gradients checked\n", checked);
  assert_true(checked > 40 && missing == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gradients_are_slopes),
      cmocka_unit_test(complex_gradients_are_slopes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
