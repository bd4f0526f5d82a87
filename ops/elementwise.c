// The definitions of ops/elementwise.def: names, shapes, gradients.
#include "ops/elementwise.h"

#include <string.h>

#include "ops/op.h"

// ---- gradients that take more than an expression

static ctf_grad_tensor g_zeros(ctf_grad_ctx* g, ctf_grad_tensor like) { return g_unary(g, "ZerosLike", like); }
static ctf_grad_tensor g_square(ctf_grad_ctx* g, ctf_grad_tensor x) { return g_unary(g, "Square", x); }

static ctf_grad_tensor g_with_type(ctf_grad_ctx* g, const char* op, int num_inputs, const ctf_grad_tensor* inputs,
                                   const char* attr, TF_DataType type) {
  const ctf_named_attr named = {{attr, strlen(attr)}, {.kind = CTF_ATTR_TYPE, .type = type}};
  return g->vtable->op(g, op, num_inputs, inputs, 1, &named);
}

// A complex number of the forward op's type.
static ctf_grad_tensor g_complex(ctf_grad_ctx* g, ctf_grad_tensor re, ctf_grad_tensor im) {
  const ctf_grad_tensor parts[2] = {re, im};
  return g_with_type(g, "Complex", 2, parts, "Tout", g_type(g));
}
// Real or Imag, of the forward op's type.
static ctf_grad_tensor g_part(ctf_grad_ctx* g, const char* op, ctf_grad_tensor z) {
  return g_with_type(g, op, 1, &z, "Tout", g_type(g));
}

static ctf_grad_tensor g_rsqrt_one_minus_square(ctf_grad_ctx* g, ctf_grad_tensor x) {
  return g_unary(g, "Rsqrt", g_sub(g, g_scalar(g, 1, x), g_square(g, x)));
}
// scale * exp(-x^2)
static ctf_grad_tensor g_gaussian(ctf_grad_ctx* g, double scale, ctf_grad_tensor x) {
  return g_mul(g, g_scalar(g, scale, x), g_unary(g, "Exp", g_neg(g, g_square(g, x))));
}
// sqrt(2 pi) exp(y^2 / 2)
static ctf_grad_tensor g_ndtri_slope(ctf_grad_ctx* g, ctf_grad_tensor y) {
  const ctf_grad_tensor half = g_mul(g, g_scalar(g, 0.5, y), g_square(g, y));
  return g_mul(g, g_scalar(g, 2.5066282746310005, y), g_unary(g, "Exp", half));
}
// -1 / (im + i re) points along the growing angle.
static ctf_grad_tensor g_angle(ctf_grad_ctx* g, ctf_grad_tensor x, ctf_grad_tensor dy) {
  const ctf_grad_tensor dz = g_complex(g, dy, g_zeros(g, dy));
  const TF_DataType part = g_type(g) == TF_COMPLEX128 ? TF_DOUBLE : TF_FLOAT;
  const ctf_grad_tensor im = g_with_type(g, "Imag", 1, &x, "Tout", part);
  const ctf_grad_tensor re = g_with_type(g, "Real", 1, &x, "Tout", part);
  return g_neg(g, g_div(g, dz, g_complex(g, im, re)));
}

// dz / (x^2 + y^2)
static ctf_grad_tensor g_over_squares(ctf_grad_ctx* g, ctf_grad_tensor dz, ctf_grad_tensor x, ctf_grad_tensor y) {
  return g_div(g, dz, g_add(g, g_square(g, x), g_square(g, y)));
}
// Of x / y by y: -x / y / y, in divisions of the given kind.
static ctf_grad_tensor g_div_slope(ctf_grad_ctx* g, const char* div, ctf_grad_tensor x, ctf_grad_tensor y,
                                   ctf_grad_tensor dz) {
  const ctf_grad_tensor divisor = g_conj(g, y);
  const ctf_grad_tensor quotient = g_binary(g, div, g_neg(g, g_conj(g, x)), divisor);
  return g_mul(g, dz, g_binary(g, div, quotient, divisor));
}
static ctf_grad_tensor g_square_slope(ctf_grad_ctx* g, ctf_grad_tensor x, ctf_grad_tensor y, ctf_grad_tensor dz) {
  return g_mul(g, g_mul(g, g_scalar(g, 2, dz), dz), g_sub(g, x, y));
}
// `a` where the comparison of x and y holds, `b` elsewhere.
static ctf_grad_tensor g_where(ctf_grad_ctx* g, const char* compare, ctf_grad_tensor x, ctf_grad_tensor y,
                               ctf_grad_tensor a, ctf_grad_tensor b) {
  return g_ternary(g, "SelectV2", g_binary(g, compare, x, y), a, b);
}
static ctf_grad_tensor g_pow_base(ctf_grad_ctx* g, ctf_grad_tensor x, ctf_grad_tensor y, ctf_grad_tensor dz) {
  const ctf_grad_tensor power = g_binary(g, "Pow", x, g_sub(g, y, g_scalar(g, 1, y)));
  return g_mul(g, g_mul(g, dz, y), power);
}
// The logarithm of a base that has none counts as 0, as in TensorFlow: log(1) is that.
static ctf_grad_tensor g_pow_exponent(ctf_grad_ctx* g, ctf_grad_tensor x, ctf_grad_tensor z, ctf_grad_tensor dz) {
  const char* has_log = ctf_type_in(CTF_COMPLEXES, g_type(g)) ? "NotEqual" : "Greater";
  const ctf_grad_tensor base = g_where(g, has_log, x, g_scalar(g, 0, x), x, g_unary(g, "OnesLike", x));
  return g_mul(g, g_mul(g, dz, z), g_unary(g, "Log", base));
}
// 1 where x is not zero, else 0, in the type of x.
static ctf_grad_tensor g_not_zero(ctf_grad_ctx* g, ctf_grad_tensor x) {
  return g_cast(g, g_binary(g, "NotEqual", x, g_scalar(g, 0, x)), g_type(g));
}

static ctf_grad_tensor g_reciprocal_grad_slope(ctf_grad_ctx* g, ctf_grad_tensor x, ctf_grad_tensor y,
                                               ctf_grad_tensor dz) {
  const ctf_grad_tensor scaled = g_mul(g, g_conj(g, dz), g_scalar(g, -2, dz));
  return g_mul(g, g_mul(g, scaled, y), g_conj(g, x));
}
static ctf_grad_tensor g_rsqrt_grad_slope(ctf_grad_ctx* g, ctf_grad_tensor x, ctf_grad_tensor y, ctf_grad_tensor dz) {
  const ctf_grad_tensor scaled = g_mul(g, g_conj(g, dz), g_scalar(g, -1.5, dz));
  return g_mul(g, g_mul(g, scaled, y), g_square(g, g_conj(g, x)));
}
static ctf_grad_tensor g_sigmoid_grad_slope(ctf_grad_ctx* g, ctf_grad_tensor x, ctf_grad_tensor y, ctf_grad_tensor dz) {
  const ctf_grad_tensor product = g_mul(g, dz, y);
  return g_sub(g, product, g_mul(g, g_mul(g, g_scalar(g, 2, x), product), x));
}
static ctf_grad_tensor g_softplus_grad_slope(ctf_grad_ctx* g, ctf_grad_tensor x, ctf_grad_tensor y,
                                             ctf_grad_tensor dz) {
  const ctf_grad_tensor sum = g_add(g, g_unary(g, "Exp", g_neg(g, y)), g_unary(g, "Exp", y));
  return g_div(g, g_mul(g, dz, x), g_add(g, sum, g_scalar(g, 2, y)));
}
static ctf_grad_tensor g_sqrt_grad_slope(ctf_grad_ctx* g, ctf_grad_tensor x, ctf_grad_tensor z, ctf_grad_tensor dz) {
  return g_neg(g, g_mul(g, g_conj(g, g_div(g, dz, x)), z));
}

// ---- shapes

static ctf_status pair_shape(ctf_shape_ctx* c) {
  return ctf_shape_merge(c, c->inputs[0], c->inputs[1], &c->outputs[0]);
}

// The second input may be of another rank, with as many elements: TensorFlow checks no more, nor where it sees it.
static ctf_status twin_shape(ctf_shape_ctx* c) {
  const ctf_shape x = c->inputs[0], y = c->inputs[1];
  int64_t x_count = 0, y_count = 0;
  ctf_shape_copy(c, 0, 0);
  if (!ctf_shape_known(x) || !ctf_shape_known(y)) return NULL;
  if (!ctf_shape_num_elements(x, &x_count) || !ctf_shape_num_elements(y, &y_count) || x_count != y_count) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "The two arguments to a cwise op must have same number of elements, got %s and %s",
                     ctf_shape_print(x).text, ctf_shape_print(y).text);
  }
  return NULL;
}

static const ctf_attr_field ctf_equality_attrs_fields[] = {CTF_FIELD(ctf_equality_attrs, incompatible_shape_error)};

// Without the error, shapes that do not fit make one answer for all. It is known that they do or do not only once all
// dimensions are.
static ctf_status equality_shape(ctf_shape_ctx* c) {
  const ctf_equality_attrs* attrs = c->attrs;
  if (attrs->incompatible_shape_error) return ctf_shape_broadcast_inputs(c);
  const ctf_shape a = c->inputs[0], b = c->inputs[1];
  if (a.rank < 0 || b.rank < 0) return NULL;
  const int rank = a.rank < b.rank ? a.rank : b.rank;
  for (int i = 1; i <= rank; ++i) {
    const int64_t x = ctf_shape_dim(a, -i), y = ctf_shape_dim(b, -i);
    if (x == y && x >= 0) continue;
    if (x != 1 && y != 1 && (x < 0 || y < 0)) return NULL;
    if (x != 1 && y != 1) return ctf_shape_set(c, 0, 0, NULL);
  }
  return ctf_shape_broadcast_inputs(c);
}

bool ctf_broadcast_plan(const ctf_tensor* x, const ctf_tensor* y, ctf_broadcast* out_plan) {
  const int rank = x->rank > y->rank ? x->rank : y->rank;
  int merged = 0;  // built from the last axis to the first, then turned round
  int64_t x_step = 1, y_step = 1;
  for (int i = 1; i <= rank; ++i) {
    const int64_t xd = i <= x->rank ? x->dims[x->rank - i] : 1, yd = i <= y->rank ? y->dims[y->rank - i] : 1;
    if (xd != yd && xd != 1 && yd != 1) return false;
    const int64_t dim = xd == 1 ? yd : xd;
    if (dim == 1) continue;
    const int64_t xs = xd == 1 ? 0 : x_step, ys = yd == 1 ? 0 : y_step;
    const int last = merged - 1;
    if (merged > 0 && xs == out_plan->x_strides[last] * out_plan->dims[last] &&
        ys == out_plan->y_strides[last] * out_plan->dims[last]) {
      out_plan->dims[last] *= dim;
    } else {
      out_plan->dims[merged] = dim;
      out_plan->x_strides[merged] = xs;
      out_plan->y_strides[merged] = ys;
      ++merged;
    }
    x_step *= xd;
    y_step *= yd;
  }
  if (merged == 0) {  // one element each
    out_plan->dims[0] = 1;
    out_plan->x_strides[0] = out_plan->y_strides[0] = 1;
    merged = 1;
  }
  for (int i = 0, j = merged - 1; i < j; ++i, --j) {
    const int64_t dim = out_plan->dims[i], xs = out_plan->x_strides[i], ys = out_plan->y_strides[i];
    out_plan->dims[i] = out_plan->dims[j];
    out_plan->x_strides[i] = out_plan->x_strides[j];
    out_plan->y_strides[i] = out_plan->y_strides[j];
    out_plan->dims[j] = dim;
    out_plan->x_strides[j] = xs;
    out_plan->y_strides[j] = ys;
  }
  out_plan->rank = merged;
  return true;
}

// ---- the table

// A list of types and the set of the same name say the same.
#define MEMBER(s, unused) | CTF_TYPE(CTF_DTYPE_##s)
#define CHECK_SET(op, list, set) \
  _Static_assert((0 list(MEMBER, 0)) == (set), "the types of " #op " differ from their list")

// IS_NO_GRADIENT(column): 1 for the word NO_GRADIENT, 0 for an expression. Only the first token takes part.
#define DETECT_NO_GRADIENT 0, 1
#define SECOND_(a, b, ...) b
#define SECOND(...) SECOND_(__VA_ARGS__)
#define IS_NO_GRADIENT(gradient) SECOND(DETECT_##gradient, 0, 0)
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

#define UNARY_GRADIENT_1(op, gradient)
#define UNARY_GRADIENT_0(op, gradient)                                        \
  static void op##_gradient(ctf_grad_ctx* g) {                                \
    const ctf_grad_tensor x = g->inputs[0], y = g->outputs[0], dy = g->dy[0]; \
    (void)x, (void)y, (void)dy;                                               \
    g->dx[0] = gradient;                                                      \
  }
#define BINARY_GRADIENT_1(op, gradient_x, gradient_y)
#define BINARY_GRADIENT_0(op, gradient_x, gradient_y)                                           \
  static void op##_gradient(ctf_grad_ctx* g) {                                                  \
    const ctf_grad_tensor x = g->inputs[0], y = g->inputs[1], z = g->outputs[0], dz = g->dy[0]; \
    (void)x, (void)y, (void)z, (void)dz;                                                        \
    g->dx[0] = g_unbroadcast(g, gradient_x, x, y);                                              \
    g->dx[1] = g_unbroadcast(g, gradient_y, y, x);                                              \
  }
#define PAIR_GRADIENT_1(op, gradient_x, gradient_y)
#define PAIR_GRADIENT_0(op, gradient_x, gradient_y)                                             \
  static void op##_gradient(ctf_grad_ctx* g) {                                                  \
    const ctf_grad_tensor x = g->inputs[0], y = g->inputs[1], z = g->outputs[0], dz = g->dy[0]; \
    (void)x, (void)y, (void)z, (void)dz;                                                        \
    g->dx[0] = gradient_x;                                                                      \
    g->dx[1] = gradient_y;                                                                      \
  }
#define UNARY(op, types, value, gradient) \
  CHECK_SET(op, CTF_EACH_##types, types); \
  JOIN(UNARY_GRADIENT_, IS_NO_GRADIENT(gradient))(op, gradient)
#define BINARY(op, types, value, gradient_x, gradient_y) \
  CHECK_SET(op, CTF_EACH_##types, types);                \
  JOIN(BINARY_GRADIENT_, IS_NO_GRADIENT(gradient_x))(op, gradient_x, gradient_y)
#define EQUALITY(op, types, value)        \
  CHECK_SET(op, CTF_EACH_##types, types); \
  BINARY_GRADIENT_0(op, g_none(), g_none())
#define PAIR(op, types, value, gradient_x, gradient_y) \
  CHECK_SET(op, CTF_EACH_##types, types);              \
  JOIN(PAIR_GRADIENT_, IS_NO_GRADIENT(gradient_x))(op, gradient_x, gradient_y)
#define TWIN(op, types, value, gradient_x, gradient_y) \
  CHECK_SET(op, CTF_EACH_##types, types);              \
  JOIN(PAIR_GRADIENT_, IS_NO_GRADIENT(gradient_x))(op, gradient_x, gradient_y)
#include "ops/elementwise.def"

#define GRADIENT_0(op) op##_gradient
#define GRADIENT_1(op) NULL
#define GRADIENT(op, column) JOIN(GRADIENT_, IS_NO_GRADIENT(column))(op)
#define UNARY(op, types, value, column) {#op, .shape = ctf_shape_same_as_input, .gradient = GRADIENT(op, column)},
#define BINARY(op, types, value, column_x, column_y) \
  {#op, .shape = ctf_shape_broadcast_inputs, .gradient = GRADIENT(op, column_x)},
#define EQUALITY(op, types, value) \
  {#op, .attrs = CTF_ATTRS(ctf_equality_attrs), .shape = equality_shape, .gradient = op##_gradient},
#define PAIR(op, types, value, column_x, column_y) {#op, .shape = pair_shape, .gradient = GRADIENT(op, column_x)},
#define TWIN(op, types, value, column_x, column_y) {#op, .shape = twin_shape, .gradient = GRADIENT(op, column_x)},
static const ctf_op_def kOps[] = {
#include "ops/elementwise.def"
};
CTF_OP_FAMILY(elementwise, kOps);
