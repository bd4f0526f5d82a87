// Ops that make no new bytes: constants, placeholders, identities, and the same bytes under another shape.
#include <inttypes.h>

#include "ops/op.h"

// ---- attributes

typedef struct const_attrs {
  TF_Tensor* value;
} const_attrs;
static const ctf_attr_field const_attrs_fields[] = {CTF_FIELD(const_attrs, value)};

typedef struct placeholder_attrs {
  ctf_shape shape;
} placeholder_attrs;
static const ctf_attr_field placeholder_attrs_fields[] = {CTF_FIELD(placeholder_attrs, shape)};

typedef struct squeeze_attrs {
  ctf_attr_value squeeze_dims;
} squeeze_attrs;
static const ctf_attr_field squeeze_attrs_fields[] = {CTF_FIELD(squeeze_attrs, squeeze_dims)};

// ---- shapes

static ctf_status const_shape(ctf_shape_ctx* c) {
  const const_attrs* attrs = c->attrs;
  return ctf_shape_set(c, 0, attrs->value->view.rank, attrs->value->view.dims);
}

static ctf_status placeholder_shape(ctf_shape_ctx* c) {
  const placeholder_attrs* attrs = c->attrs;
  if (attrs->shape.rank < 0) return NULL;
  return ctf_shape_set(c, 0, attrs->shape.rank, attrs->shape.dims);
}

// The default must fit the placeholder. What comes out when nothing is fed has the default's shape.
static ctf_status placeholder_with_default_shape(ctf_shape_ctx* c) {
  const placeholder_attrs* attrs = c->attrs;
  return ctf_shape_merge(c, c->inputs[0], attrs->shape, &c->outputs[0]);
}

static ctf_status identity_n_shape(ctf_shape_ctx* c) {
  for (int i = 0; i < c->num_outputs; ++i) ctf_shape_copy(c, i, i);
  return NULL;
}

// Elements of the known dimensions; false on overflow. *out_axis is the one dimension that is not known, or -1.
static bool known_elements(ctf_shape shape, int64_t* out_count, int* out_axis, int* out_num_unknown) {
  int64_t count = 1;
  *out_num_unknown = 0;
  *out_axis = -1;
  for (int i = 0; i < shape.rank; ++i) {
    if (shape.dims[i] < 0) {
      *out_axis = i;
      ++*out_num_unknown;
    } else if (__builtin_mul_overflow(count, shape.dims[i], &count)) {
      return false;
    }
  }
  *out_count = count;
  return true;
}

static ctf_status reshape_error(ctf_shape in, int64_t in_count, ctf_shape to, int64_t to_count) {
  return ctf_error(TF_INVALID_ARGUMENT,
                   "Cannot reshape a tensor with %" PRId64 " elements to shape %s (%" PRId64
                   " elements). The input's shape is %s.",
                   in_count, ctf_shape_print(to).text, to_count, ctf_shape_print(in).text);
}

// The product of the dimensions that are neither 0 nor unknown; false on overflow.
static bool count_nonzero(ctf_shape shape, int64_t* out_count) {
  *out_count = 1;
  for (int i = 0; i < shape.rank; ++i) {
    if (shape.dims[i] > 0 && __builtin_mul_overflow(*out_count, shape.dims[i], out_count)) return false;
  }
  return true;
}

// The shape that is asked for, with what was found for one of its dimensions.
static ctf_status set_with_dim(ctf_shape_ctx* c, ctf_shape to, int axis, int64_t dim) {
  int64_t dims[CTF_MAX_RANK];
  for (int i = 0; i < to.rank; ++i) dims[i] = i == axis ? dim : to.dims[i];
  return ctf_shape_set(c, 0, to.rank, dims);
}

// Nothing is to become nothing, and any size would do where one is asked for: TensorFlow takes what would be left if no
// size of the two shapes were 0, rounded down.
static ctf_status infer_beside_zero(ctf_shape_ctx* c, ctf_shape to, int axis) {
  int64_t from_count = 0, to_count = 0;
  if (!count_nonzero(c->inputs[0], &from_count) || !count_nonzero(to, &to_count)) {
    return ctf_error(TF_INVALID_ARGUMENT, "The shape %s or %s has too many elements",
                     ctf_shape_print(c->inputs[0]).text, ctf_shape_print(to).text);
  }
  return set_with_dim(c, to, axis, from_count / to_count);
}

// The shape that is asked for. A scalar stands for the vector that holds it.
static ctf_status reshape_target(ctf_shape_ctx* c, ctf_shape* out_shape) {
  bool known = false;
  int64_t dim = 0;
  if (c->inputs[1].rank != 0) return ctf_shape_from_value(c, 1, out_shape);
  CTF_TRY(ctf_shape_scalar_value(c, 1, &known, &dim));
  if (known && dim < -1) {
    return ctf_error(TF_INVALID_ARGUMENT, "Invalid value in tensor used for shape: %" PRId64, dim);
  }
  int64_t* dims = NULL;
  CTF_TRY(ctf_alloc_array(c->scratch, &dims, 1));
  dims[0] = known ? dim : -1;
  *out_shape = (ctf_shape){1, dims};
  return NULL;
}

// The product of the dimensions that are known, as TensorFlow takes it: without looking at overflows.
static int64_t wrapped_elements(ctf_shape shape, int* out_unknown, int* out_num_unknown) {
  uint64_t count = 1;
  *out_unknown = -1;
  *out_num_unknown = 0;
  for (int i = 0; i < shape.rank; ++i) {
    if (shape.dims[i] >= 0) {
      count *= (uint64_t)shape.dims[i];
    } else {
      *out_unknown = i;
      ++*out_num_unknown;
    }
  }
  return (int64_t)count;
}

// While a graph is built -1 is a dimension that is not known, any number of them may stand there, and one of them
// follows from the input's shape.
static ctf_status reshape_shape_building(ctf_shape_ctx* c) {
  const ctf_shape in = c->inputs[0];
  ctf_shape to;
  int axis, num_unknown, in_axis, in_num_unknown;
  CTF_TRY(ctf_shape_with_rank(c->inputs[1], 1));
  CTF_TRY(ctf_shape_from_value(c, 1, &to));
  c->outputs[0] = to;
  if (to.rank < 0 || in.rank < 0) return NULL;
  const int64_t count = wrapped_elements(to, &axis, &num_unknown);
  const int64_t in_count = wrapped_elements(in, &in_axis, &in_num_unknown);
  if (num_unknown > 1 || in_num_unknown > 1) return NULL;
  if (num_unknown == 0 && in_num_unknown == 0) {
    return count == in_count ? NULL : reshape_error(in, in_count, to, count);
  }
  const int64_t whole = num_unknown == 0 ? count : in_count, part = num_unknown == 0 ? in_count : count;
  if (num_unknown == in_num_unknown || (part == 0 && whole == 0)) return NULL;
  if (part == 0) return reshape_error(in, in_count, to, count);
  if (whole % part != 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "Dimension size must be evenly divisible by %" PRId64 " but is %" PRId64,
                     part, whole);
  }
  return num_unknown == 0 ? NULL : set_with_dim(c, to, axis, whole / part);
}

static ctf_status reshape_shape(ctf_shape_ctx* c) {
  if (c->building) return reshape_shape_building(c);
  const ctf_shape in = c->inputs[0];
  ctf_shape to;
  int64_t count = 0, in_count = 0;
  int axis = -1, num_unknown = 0, in_axis = -1, in_num_unknown = 0;
  CTF_TRY(reshape_target(c, &to));
  c->outputs[0] = to;
  if (c->values[1] == NULL || to.rank < 0) return NULL;
  if (!known_elements(to, &count, &axis, &num_unknown)) {
    return ctf_error(TF_INVALID_ARGUMENT, "The shape %s has too many elements", ctf_shape_print(to).text);
  }
  if (num_unknown > 1) {
    return ctf_error(TF_INVALID_ARGUMENT, "Only one input size may be -1, and the shape is %s",
                     ctf_shape_print(to).text);
  }
  if (in.rank < 0 || !known_elements(in, &in_count, &in_axis, &in_num_unknown) || in_num_unknown > 0) return NULL;
  if (num_unknown == 0) return count == in_count ? NULL : reshape_error(in, in_count, to, count);
  if (count == 0 && in_count != 0) return reshape_error(in, in_count, to, 0);
  if (count == 0) return infer_beside_zero(c, to, axis);
  if (in_count % count != 0) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "Input to reshape is a tensor with %" PRId64
                     " values, but the requested shape %s requires a "
                     "multiple of %" PRId64,
                     in_count, ctf_shape_print(to).text, count);
  }
  return set_with_dim(c, to, axis, in_count / count);
}

static ctf_status expand_dims_shape(ctf_shape_ctx* c) {
  const ctf_shape in = c->inputs[0];
  bool known = false;
  int64_t axis = 0;
  if (c->values[1] != NULL && c->values[1]->num_elements != 1) {
    return ctf_error(TF_INVALID_ARGUMENT, "'dim' input must be a tensor with a single value");
  }
  CTF_TRY(ctf_shape_scalar_value(c, 1, &known, &axis));
  if (in.rank < 0 || !known) return NULL;
  if (axis < -in.rank - 1 || axis > in.rank) {
    return ctf_error(TF_INVALID_ARGUMENT, "dim %" PRId64 " not in the interval [%d, %d].", axis, -in.rank - 1, in.rank);
  }
  if (in.rank >= CTF_MAX_RANK) {
    return ctf_error(TF_INVALID_ARGUMENT, "A tensor cannot have more than %d dimensions", CTF_MAX_RANK);
  }
  if (axis < 0) axis += in.rank + 1;
  int64_t dims[CTF_MAX_RANK];
  for (int i = 0; i <= in.rank; ++i) dims[i] = i == axis ? 1 : in.dims[i < axis ? i : i - 1];
  return ctf_shape_set(c, 0, in.rank + 1, dims);
}

static ctf_status squeeze_shape(ctf_shape_ctx* c) {
  const squeeze_attrs* attrs = c->attrs;
  const ctf_shape in = c->inputs[0];
  const size_t num_axes = attrs->squeeze_dims.count;
  if (in.rank < 0) return NULL;
  bool asked[CTF_MAX_RANK] = {false};
  for (size_t i = 0; i < num_axes; ++i) {
    int64_t axis = attrs->squeeze_dims.ints[i];
    if (axis < -in.rank || axis >= in.rank) {
      return ctf_error(TF_INVALID_ARGUMENT, "Tried to squeeze dim index %" PRId64 " for tensor with %d dimensions.",
                       axis, in.rank);
    }
    if (axis < 0) axis += in.rank;
    if (in.dims[axis] >= 0 && in.dims[axis] != 1) {
      return ctf_error(TF_INVALID_ARGUMENT, "Can not squeeze dim[%" PRId64 "], expected a dimension of 1, got %" PRId64,
                       axis, in.dims[axis]);
    }
    asked[axis] = true;
  }
  int64_t dims[CTF_MAX_RANK];
  int rank = 0;
  for (int i = 0; i < in.rank; ++i) {
    if (num_axes == 0 && in.dims[i] < 0) return NULL;  // it may be 1, so that not even the rank is known
    const bool goes = num_axes == 0 ? in.dims[i] == 1 : asked[i];
    if (!goes) dims[rank++] = in.dims[i];
  }
  return ctf_shape_set(c, 0, rank, dims);
}

// ---- gradients

static void identity_gradient(ctf_grad_ctx* g) { g->dx[0] = g->dy[0]; }

static void identity_n_gradient(ctf_grad_ctx* g) {
  for (int i = 0; i < g->num_inputs; ++i) g->dx[i] = g->dy[i];
}

static void prevent_gradient(ctf_grad_ctx* g) {
  ctf_bytes message = {"", 0};
  for (int i = 0; i < g->num_attrs; ++i) {
    if (ctf_bytes_equal(g->attrs[i].name, "message")) message = g->attrs[i].value.s;
  }
  if (g->status == NULL) {
    g->status =
        ctf_error(TF_INVALID_ARGUMENT, "Gradient explicitly disabled. Reason: %.*s", (int)message.length, message.data);
  }
  g->dx[0] = g_none();
}

static void reshape_gradient(ctf_grad_ctx* g) {
  g->dx[0] = g_binary(g, "Reshape", g->dy[0], g_unary(g, "Shape", g->inputs[0]));
  if (g->num_inputs > 1) g->dx[1] = g_none();
}

// clang-format off
static const ctf_op_def kOps[] = {
    {"Const", .attrs = CTF_ATTRS(const_attrs), .shape = const_shape, .gradient = g_no_gradients, .flags = CTF_OP_GIVEN},
    {"ExpandDims", .shape = expand_dims_shape, .gradient = reshape_gradient, .flags = CTF_OP_VIEW,
     .value_inputs = CTF_INPUT(1)},
    {"Identity", .shape = ctf_shape_same_as_input, .gradient = identity_gradient, .flags = CTF_OP_VIEW},
    {"IdentityN", .shape = identity_n_shape, .gradient = identity_n_gradient},
    {"NoOp", .shape = ctf_shape_none},
    {"Placeholder", .attrs = CTF_ATTRS(placeholder_attrs), .shape = placeholder_shape, .flags = CTF_OP_GIVEN},
    {"PlaceholderV2", .attrs = CTF_ATTRS(placeholder_attrs), .shape = placeholder_shape, .flags = CTF_OP_GIVEN},
    {"PlaceholderWithDefault", .attrs = CTF_ATTRS(placeholder_attrs), .shape = placeholder_with_default_shape,
     .gradient = identity_gradient, .flags = CTF_OP_VIEW},
    {"PreventGradient", .shape = ctf_shape_same_as_input, .gradient = prevent_gradient, .flags = CTF_OP_VIEW},
    {"Reshape", .shape = reshape_shape, .gradient = reshape_gradient, .flags = CTF_OP_VIEW,
     .value_inputs = CTF_INPUT(1)},
    {"Snapshot", .shape = ctf_shape_same_as_input, .flags = CTF_OP_VIEW},
    {"Squeeze", .attrs = CTF_ATTRS(squeeze_attrs), .shape = squeeze_shape, .gradient = reshape_gradient,
     .flags = CTF_OP_VIEW},
    {"StopGradient", .shape = ctf_shape_same_as_input, .gradient = g_no_gradients, .flags = CTF_OP_VIEW},
};
// clang-format on
CTF_OP_FAMILY(array, kOps);
