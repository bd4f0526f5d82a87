// Concatenation: Concat, ConcatV2 (along an axis that is there), Pack (along a new one), ConcatOffset (where each part
// begins).
#include "ops/concat.h"

#include <inttypes.h>

static const ctf_attr_field ctf_concat_attrs_fields[] = {CTF_FIELD(ctf_concat_attrs, axis)};

// ---- shapes

static ctf_status merge_note(ctf_status status, int input) {
  if (status == NULL) return NULL;
  const ctf_status noted = ctf_error(ctf_status_code(status), "%s\n\tFrom merging shape %d with other shapes.",
                                     ctf_status_message(status), input);
  ctf_status_drop(status);  // its message is part of the one that replaces it
  return noted;
}

// What all parts have in common even if the axis is not known: their rank.
static ctf_status same_ranks(ctf_shape_ctx* c, int first, int count, int* out_rank) {
  int rank = -1;
  for (int i = first; i < first + count; ++i) {
    if (c->inputs[i].rank < 0) continue;
    if (rank < 0) rank = c->inputs[i].rank;
    if (rank == 0) return ctf_error(TF_INVALID_ARGUMENT, "Can't concatenate scalars (use tf.stack instead)");
    CTF_TRY(ctf_shape_with_rank(c->inputs[i], rank));
  }
  *out_rank = rank;
  return NULL;
}

// All dimensions before the axis are merged, and all behind it; those of the axis are added.
static ctf_status joined_shape(ctf_shape_ctx* c, int first, int count, int axis, int rank) {
  ctf_shape before, behind;
  int64_t dims[CTF_MAX_RANK], sum = 0;
  CTF_TRY(ctf_shape_set_unknown(c, 0, rank));
  before = (ctf_shape){axis, c->outputs[0].dims};
  behind = (ctf_shape){rank - axis - 1, c->outputs[0].dims + axis + 1};
  for (int i = first + count - 1; i >= first; --i) {
    const ctf_shape in = c->inputs[i];
    if (in.rank < 0 || in.dims[axis] < 0) sum = -1;
    if (in.rank < 0) continue;
    if (sum >= 0 && __builtin_add_overflow(sum, in.dims[axis], &sum)) {
      return ctf_error(TF_INVALID_ARGUMENT, "Dimension size overflow when concatenating along axis %d", axis);
    }
    CTF_TRY(merge_note(ctf_shape_merge(c, (ctf_shape){axis, in.dims}, before, &before), i - first));
    CTF_TRY(merge_note(ctf_shape_merge(c, (ctf_shape){behind.rank, in.dims + axis + 1}, behind, &behind), i - first));
  }
  for (int i = 0; i < rank; ++i) dims[i] = i < axis ? before.dims[i] : i == axis ? sum : behind.dims[i - axis - 1];
  return ctf_shape_set(c, 0, rank, dims);
}

static ctf_status concat_along(ctf_shape_ctx* c, int axis_input, int first) {
  bool known = false;
  int64_t axis = 0;
  int rank = -1;
  const int count = c->num_inputs - 1;
  if (c->building) CTF_TRY(ctf_shape_with_rank(c->inputs[axis_input], 0));
  CTF_TRY(same_ranks(c, first, count, &rank));
  if (c->values[axis_input] != NULL && c->values[axis_input]->num_elements != 1) {
    return ctf_shape_with_rank(c->inputs[axis_input], 0);
  }
  CTF_TRY(ctf_shape_scalar_value(c, axis_input, &known, &axis));
  if (rank < 0) return NULL;
  if (!known) return ctf_shape_set_unknown(c, 0, rank);
  if (axis < -rank || axis >= rank) {
    const uint64_t min_rank = axis < 0 ? 0 - (uint64_t)axis : (uint64_t)axis + 1;
    return ctf_error(TF_INVALID_ARGUMENT, "Shape must be at least rank %" PRIu64 " but is rank %d", min_rank, rank);
  }
  return joined_shape(c, first, count, (int)(axis < 0 ? axis + rank : axis), rank);
}

static ctf_status concat_shape(ctf_shape_ctx* c) { return concat_along(c, 0, 1); }
static ctf_status concat_v2_shape(ctf_shape_ctx* c) { return concat_along(c, c->num_inputs - 1, 0); }

static ctf_status pack_shape(ctf_shape_ctx* c) {
  const ctf_concat_attrs* attrs = c->attrs;
  ctf_shape part = c->inputs[c->num_inputs - 1];
  for (int i = c->num_inputs - 2; i >= 0; --i) {
    CTF_TRY(merge_note(ctf_shape_merge(c, c->inputs[i], part, &part), i));
  }
  if (part.rank < 0) return NULL;
  const int rank = part.rank + 1;
  if (attrs->axis < -rank || attrs->axis >= rank) {
    return ctf_error(TF_INVALID_ARGUMENT, "Invalid axis: %" PRId64 "; must be in [%d,%d)", attrs->axis, -rank, rank);
  }
  if (rank > CTF_MAX_RANK) {
    return ctf_error(TF_INVALID_ARGUMENT, "A tensor cannot have more than %d dimensions", CTF_MAX_RANK);
  }
  const int64_t axis = attrs->axis < 0 ? attrs->axis + rank : attrs->axis;
  int64_t dims[CTF_MAX_RANK];
  for (int i = 0; i < rank; ++i) dims[i] = i == axis ? c->num_inputs : part.dims[i < axis ? i : i - 1];
  return ctf_shape_set(c, 0, rank, dims);
}

static ctf_status concat_offset_shape(ctf_shape_ctx* c) {
  for (int i = 1; i < c->num_inputs; ++i) {
    if (c->inputs[i].rank >= 0 && c->inputs[i].rank != 1 && !c->building) {
      return ctf_error(TF_INVALID_ARGUMENT, "input %d should be a vector, but got shape %s", i - 1,
                       ctf_shape_print(c->inputs[i]).text);
    }
    ctf_shape_copy(c, i - 1, i);
  }
  return NULL;
}

// ---- gradients

// Each part gets its slice of dy: along the axis it begins where the parts before it end.
static void concat_gradient_of(ctf_grad_ctx* g, int axis_input, int first) {
  const ctf_grad_tensor zero = g->vtable->ints(g, -1, &(int32_t){0}), one = g->vtable->ints(g, -1, &(int32_t){1});
  const ctf_grad_tensor rank = g_unary(g, "Rank", g->outputs[0]);
  const ctf_grad_tensor axis = g_binary(g, "FloorMod", g_cast(g, g->inputs[axis_input], TF_INT32), rank);
  const ctf_grad_tensor is_axis =
      g_cast(g, g_binary(g, "Equal", g_ternary(g, "Range", zero, rank, one), axis), TF_INT32);
  ctf_grad_tensor begin = g_unary(g, "ZerosLike", is_axis);
  for (int i = first; i < first + g->num_inputs - 1; ++i) {
    const ctf_grad_tensor size = g_unary(g, "Shape", g->inputs[i]);
    g->dx[i] = g_ternary(g, "Slice", g->dy[0], begin, size);
    begin = g_add(g, begin, g_mul(g, is_axis, size));
  }
  g->dx[axis_input] = g_none();
}

static void concat_gradient(ctf_grad_ctx* g) { concat_gradient_of(g, 0, 1); }
static void concat_v2_gradient(ctf_grad_ctx* g) { concat_gradient_of(g, g->num_inputs - 1, 0); }

static void pack_gradient(ctf_grad_ctx* g) {
  const ctf_named_attr* attr = g_attr(g, "axis");
  const int32_t axis_value = attr != NULL ? (int32_t)attr->value.i : 0;
  const ctf_grad_tensor axis = g->vtable->ints(g, -1, &axis_value);
  for (int32_t i = 0; i < g->num_inputs; ++i) {
    g->dx[i] = g_ternary(g, "GatherV2", g->dy[0], g->vtable->ints(g, -1, &i), axis);
  }
}

// clang-format off
static const ctf_op_def kOps[] = {
    {"Concat", .shape = concat_shape, .gradient = concat_gradient, .value_inputs = CTF_INPUT(0)},
    {"ConcatOffset", .shape = concat_offset_shape, .gradient = g_no_gradients},
    {"ConcatV2", .shape = concat_v2_shape, .gradient = concat_v2_gradient, .flags = CTF_OP_LAST_VALUE},
    {"Pack", .attrs = CTF_ATTRS(ctf_concat_attrs), .shape = pack_shape, .gradient = pack_gradient},
};
// clang-format on
CTF_OP_FAMILY(concat, kOps);
