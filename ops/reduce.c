// Reductions over axes: Sum, Mean, Prod, Max, Min, All, Any, EuclideanNorm.
#include "ops/reduce.h"

#include <inttypes.h>
#include <string.h>

static const ctf_attr_field ctf_reduce_attrs_fields[] = {CTF_FIELD(ctf_reduce_attrs, keep_dims)};

// ---- axes

// Marks the axes, which may have any shape (TensorFlow's kernels do not ask). With `strict`, an axis that is there
// twice is an error.
static ctf_status mark_axes(int rank, const ctf_tensor* axes, bool strict, bool* out_reduced) {
  memset(out_reduced, 0, (size_t)rank);
  for (int64_t i = 0; i < axes->num_elements; ++i) {
    int64_t axis;
    if (!ctf_tensor_get_int(axes, i, &axis)) {
      return ctf_error(TF_INVALID_ARGUMENT, "Reduction axes must be integers, but are %s",
                       ctf_dtype_get(axes->dtype)->tf_name);
    }
    if (axis < -rank || axis >= rank) {
      return ctf_error(TF_INVALID_ARGUMENT, "Invalid reduction dimension (%" PRId64 " for input with %d dimension(s)",
                       axis, rank);
    }
    if (axis < 0) axis += rank;
    if (strict && out_reduced[axis]) {
      return ctf_error(TF_INVALID_ARGUMENT, "Invalid reduction arguments: Axes contains duplicate dimension: %" PRId64,
                       axis);
    }
    out_reduced[axis] = true;
  }
  return NULL;
}

ctf_status ctf_reduce_geometry_make(ctf_shape input, const ctf_tensor* axes, ctf_reduce_geometry* out_geometry) {
  bool reduced[CTF_MAX_RANK];
  CTF_TRY(mark_axes(input.rank, axes, true, reduced));
  ctf_reduce_geometry* g = out_geometry;
  g->rank = 0;
  g->num_kept = g->num_reduced = 1;
  for (int i = 0; i < input.rank; ++i) {
    const int64_t size = input.dims[i];
    *(reduced[i] ? &g->num_reduced : &g->num_kept) *= size;
    if (size == 1) continue;
    if (g->rank > 0 && g->reduced[g->rank - 1] == reduced[i]) {
      g->size[g->rank - 1] *= size;
    } else {
      g->size[g->rank] = size;
      g->reduced[g->rank++] = reduced[i];
    }
  }
  return NULL;
}

// ---- shape

static ctf_status reduce_shape(ctf_shape_ctx* c) {
  const ctf_reduce_attrs* attrs = c->attrs;
  const ctf_shape input = c->inputs[0];
  const ctf_tensor* axes = c->values[1];
  if (c->building) CTF_TRY(ctf_shape_with_rank_at_most(c->inputs[1], 1));
  if (input.rank < 0 || (axes == NULL && !attrs->keep_dims)) {
    c->outputs[0] = CTF_SHAPE_UNKNOWN;
    return NULL;
  }
  if (axes == NULL) return ctf_shape_set_unknown(c, 0, input.rank);
  // Axes that are there twice are the kernel's business, as in TensorFlow: a graph may hold such a node and not run it.
  bool reduced[CTF_MAX_RANK];
  for (int64_t i = 0, axis = 0; c->building && i < axes->num_elements; ++i) {
    if (!ctf_tensor_get_int(axes, i, &axis) || (axis >= -input.rank && axis < input.rank)) continue;
    return ctf_error(TF_INVALID_ARGUMENT, "Invalid reduction dimension %" PRId64 " for input with %d dimensions.", axis,
                     input.rank);
  }
  CTF_TRY(mark_axes(input.rank, axes, false, reduced));
  int64_t dims[CTF_MAX_RANK];
  int rank = 0;
  for (int i = 0; i < input.rank; ++i) {
    if (!reduced[i]) dims[rank++] = input.dims[i];
    if (reduced[i] && attrs->keep_dims) dims[rank++] = 1;
  }
  return ctf_shape_set(c, 0, rank, dims);
}

// ---- gradients

// The shape of the result as if the reduced dimensions had been kept, with 1 in their place.
static ctf_grad_tensor kept_shape(ctf_grad_ctx* g) {
  const ctf_grad_tensor x = g->inputs[0];
  const ctf_grad_tensor shape = g_unary(g, "Shape", x), rank = g_unary(g, "Rank", x);
  const ctf_grad_tensor zero = g->vtable->ints(g, -1, &(int32_t){0}), one = g->vtable->ints(g, -1, &(int32_t){1});
  const ctf_grad_tensor axes32 = g_cast(g, g->inputs[1], TF_INT32);
  const ctf_grad_tensor axes = g_binary(g, "FloorMod", g_add(g, axes32, rank), rank);
  const ctf_grad_tensor ones = g_binary(g, "Fill", g_unary(g, "Shape", axes), one);
  const ctf_grad_tensor inputs[4] = {g_ternary(g, "Range", zero, rank, one), axes, shape, ones};
  const ctf_named_attr count = {{"N", 1}, {.kind = CTF_ATTR_INT, .i = 2}};
  return g->vtable->op(g, "DynamicStitch", 4, inputs, 1, &count);
}

// A tensor of the result's size, repeated over the dimensions that were reduced.
static ctf_grad_tensor spread(ctf_grad_ctx* g, ctf_grad_tensor value, ctf_grad_tensor shape_kept) {
  const ctf_grad_tensor shape = g_unary(g, "Shape", g->inputs[0]);
  return g_binary(g, "BroadcastTo", g_binary(g, "Reshape", value, shape_kept), shape);
}

// How many elements of the input make one of the result, in the type of `like`.
static ctf_grad_tensor group_size(ctf_grad_ctx* g, TF_DataType dtype) {
  const ctf_grad_tensor in = g_unary(g, "Size", g->inputs[0]), out = g_unary(g, "Size", g->outputs[0]);
  const ctf_grad_tensor one = g->vtable->ints(g, -1, &(int32_t){1});
  return g_cast(g, g_binary(g, "FloorDiv", in, g_binary(g, "Maximum", out, one)), dtype);
}

static void sum_gradient(ctf_grad_ctx* g) {
  g->dx[0] = spread(g, g->dy[0], kept_shape(g));
  g->dx[1] = g_none();
}

static void mean_gradient(ctf_grad_ctx* g) {
  g->dx[0] = g_div(g, spread(g, g->dy[0], kept_shape(g)), group_size(g, g_type(g)));
  g->dx[1] = g_none();
}

// Where several elements are the largest, each gets an equal part.
static void extremum_gradient(ctf_grad_ctx* g) {
  const ctf_grad_tensor shape = kept_shape(g), x = g->inputs[0];
  const ctf_grad_tensor y = g_binary(g, "Reshape", g->outputs[0], shape);
  const ctf_grad_tensor dy = g_binary(g, "Reshape", g->dy[0], shape);
  const ctf_grad_tensor is_it = g_cast(g, g_binary(g, "Equal", y, x), g_type(g));
  const ctf_grad_tensor how_many = g_binary(g, "Reshape", g_binary(g, "Sum", is_it, g->inputs[1]), shape);
  g->dx[0] = g_mul(g, g_div(g, is_it, how_many), dy);
  g->dx[1] = g_none();
}

// The product of all other elements of each group, without a division, so that zeros are right: the input is laid out
// as [group, others], and the products before and after each element are multiplied.
static void prod_gradient(ctf_grad_ctx* g) {
  const ctf_grad_tensor x = g->inputs[0], shape = g_unary(g, "Shape", x), rank = g_unary(g, "Rank", x);
  const ctf_grad_tensor zero = g->vtable->ints(g, -1, &(int32_t){0}), one = g->vtable->ints(g, -1, &(int32_t){1});
  const ctf_grad_tensor dy = spread(g, g->dy[0], kept_shape(g));
  const ctf_grad_tensor flat = g->vtable->ints(g, 1, &(int32_t){-1});
  const ctf_grad_tensor axes32 = g_binary(g, "Reshape", g_cast(g, g->inputs[1], TF_INT32), flat);
  const ctf_grad_tensor axes = g_binary(g, "FloorMod", g_add(g, axes32, rank), rank);
  const ctf_grad_tensor all = g_ternary(g, "Range", zero, rank, one);
  const ctf_grad_tensor others = g_binary(g, "ListDiff", all, axes);
  const ctf_named_attr count = {{"N", 1}, {.kind = CTF_ATTR_INT, .i = 2}};
  const ctf_grad_tensor parts[3] = {axes, others, zero};
  const ctf_grad_tensor order = g->vtable->op(g, "ConcatV2", 3, parts, 1, &count);
  const ctf_grad_tensor permuted = g_binary(g, "Transpose", x, order);
  const ctf_grad_tensor num_reduced = g_binary(g, "Prod", g_ternary(g, "GatherV2", shape, axes, zero), zero);
  const ctf_grad_tensor num_kept = g_binary(g, "Prod", g_ternary(g, "GatherV2", shape, others, zero), zero);
  const ctf_grad_tensor sides[2] = {num_reduced, num_kept};
  const ctf_grad_tensor matrix = g_binary(g, "Reshape", permuted, g->vtable->op(g, "Pack", 2, sides, 1, &count));
  ctf_named_attr scan[2] = {{{"exclusive", 9}, {.kind = CTF_ATTR_BOOL, .b = true}},
                            {{"reverse", 7}, {.kind = CTF_ATTR_BOOL, .b = false}}};
  const ctf_grad_tensor scanned[2] = {matrix, zero};
  const ctf_grad_tensor before = g->vtable->op(g, "Cumprod", 2, scanned, 2, scan);
  scan[1].value.b = true;
  const ctf_grad_tensor after = g->vtable->op(g, "Cumprod", 2, scanned, 2, scan);
  const ctf_grad_tensor rest = g_mul(g, g_conj(g, before), g_conj(g, after));
  const ctf_grad_tensor unpermuted =
      g_binary(g, "Transpose", g_binary(g, "Reshape", rest, g_unary(g, "Shape", permuted)),
               g_unary(g, "InvertPermutation", order));
  g->dx[0] = g_binary(g, "Reshape", g_mul(g, dy, unpermuted), shape);
  g->dx[1] = g_none();
}

static void norm_gradient(ctf_grad_ctx* g) {
  const ctf_grad_tensor shape = kept_shape(g);
  const ctf_grad_tensor y = g_binary(g, "Reshape", g->outputs[0], shape);
  const ctf_grad_tensor dy = g_binary(g, "Reshape", g->dy[0], shape);
  g->dx[0] = g_mul(g, g->inputs[0], g_div(g, dy, y));
  g->dx[1] = g_none();
}

#define ROW(op_name, gradient_fn)                                                                          \
  {                                                                                                        \
    .name = op_name, .attrs = CTF_ATTRS(ctf_reduce_attrs), .shape = reduce_shape, .gradient = gradient_fn, \
    .value_inputs = CTF_INPUT(1)                                                                           \
  }
static const ctf_op_def kOps[] = {
    ROW("Sum", sum_gradient),
    ROW("Mean", mean_gradient),
    ROW("Prod", prod_gradient),
    ROW("Max", extremum_gradient),
    ROW("Min", extremum_gradient),
    ROW("EuclideanNorm", norm_gradient),
    ROW("All", NULL),
    ROW("Any", NULL),
};
CTF_OP_FAMILY(reduce, kOps);
