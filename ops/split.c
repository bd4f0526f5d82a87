// A tensor cut along an axis: Split (equal parts), SplitV (parts of given sizes), Unpack (parts without the axis).
#include "ops/split.h"

#include <inttypes.h>

static const ctf_attr_field ctf_split_attrs_fields[] = {CTF_FIELD(ctf_split_attrs, axis)};

// ---- shapes

// The axis that an input holds; *out_known is false while it or the rank is not known.
static ctf_status known_axis(const ctf_shape_ctx* c, int axis_input, ctf_shape in, bool* out_known, int64_t* out_axis) {
  CTF_TRY(ctf_shape_scalar_value(c, axis_input, out_known, out_axis));
  if (in.rank < 0) *out_known = false;
  if (!*out_known) return NULL;
  if (*out_axis < -in.rank || *out_axis >= in.rank) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "Dimension size, given by scalar input %" PRId64 " must be in range [-%d, %d)", *out_axis, in.rank,
                     in.rank);
  }
  if (*out_axis < 0) *out_axis += in.rank;
  return NULL;
}

static ctf_status set_parts_unknown(ctf_shape_ctx* c, int rank) {
  for (int i = 0; i < c->num_outputs && rank >= 0; ++i) CTF_TRY(ctf_shape_set_unknown(c, i, rank));
  return NULL;
}

static ctf_status set_part(ctf_shape_ctx* c, int output, ctf_shape in, int64_t axis, int64_t size) {
  int64_t dims[CTF_MAX_RANK];
  for (int i = 0; i < in.rank; ++i) dims[i] = i == axis ? size : in.dims[i];
  return ctf_shape_set(c, output, in.rank, dims);
}

static ctf_status split_shape(ctf_shape_ctx* c) {
  const ctf_shape in = c->inputs[1];
  bool known = false;
  int64_t axis = 0;
  if (c->inputs[0].rank > 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "Input must be scalar but has rank %d", c->inputs[0].rank);
  }
  CTF_TRY(known_axis(c, 0, in, &known, &axis));
  if (!known) return set_parts_unknown(c, in.rank);
  const int64_t size = in.dims[axis];
  if (size % c->num_outputs != 0 && size >= 0) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "Dimension size must be evenly divisible by %d but is %" PRId64
                     "\n\tNumber of ways to split should evenly divide the split dimension",
                     c->num_outputs, size);
  }
  for (int i = 0; i < c->num_outputs; ++i) CTF_TRY(set_part(c, i, in, axis, size < 0 ? -1 : size / c->num_outputs));
  return NULL;
}

// What the sizes that are given add up to, and which of them is -1, the rest; -1: none.
static ctf_status add_sizes(const ctf_tensor* sizes, int64_t* out_total, int64_t* out_rest) {
  *out_total = 0;
  *out_rest = -1;
  for (int64_t i = 0; i < sizes->num_elements; ++i) {
    int64_t size = 0;
    if (!ctf_tensor_get_int(sizes, i, &size)) return ctf_error(TF_INVALID_ARGUMENT, "size_splits must be integers");
    if (size == -1) {
      if (*out_rest >= 0) return ctf_error(TF_INVALID_ARGUMENT, "size_splits can only have one -1");
      *out_rest = i;
    } else if (size < 0) {
      return ctf_error(TF_INVALID_ARGUMENT, "Split size at index %" PRId64 " must be >= 0. Got: %" PRId64, i, size);
    } else if (__builtin_add_overflow(*out_total, size, out_total)) {
      return ctf_error(TF_INVALID_ARGUMENT, "size_splits add up to more than 64 bits can count");
    }
  }
  return NULL;
}

static ctf_status split_v_shape(ctf_shape_ctx* c) {
  const ctf_shape in = c->inputs[0];
  const ctf_tensor* sizes = c->values[1];
  bool known = false;
  int64_t axis = 0, total = 0, rest = -1;
  if (c->building && c->inputs[2].rank > 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "Input must be scalar but has rank %d", c->inputs[2].rank);
  }
  if (in.rank == 0) return ctf_error(TF_INVALID_ARGUMENT, "Can't split scalars");
  CTF_TRY(known_axis(c, 2, in, &known, &axis));
  const int64_t num_sizes = c->inputs[1].rank == 1 ? c->inputs[1].dims[0] : -1;
  const bool judged = !c->building || (sizes != NULL && in.rank >= 0);
  if (judged && (c->inputs[1].rank > 1 || c->inputs[1].rank == 0 || (num_sizes >= 0 && num_sizes != c->num_outputs))) {
    return ctf_error(TF_INVALID_ARGUMENT, "Length of size_splits should be equal to num_outputs");
  }
  if (c->num_outputs == 1 && in.rank >= 0 && (!known || sizes == NULL)) {
    ctf_shape_copy(c, 0, 0);
    return NULL;
  }
  if (!known) return set_parts_unknown(c, in.rank);
  if (sizes == NULL) {
    for (int i = 0; i < c->num_outputs; ++i) CTF_TRY(set_part(c, i, in, axis, -1));
    return NULL;
  }
  const int64_t size = in.dims[axis];
  CTF_TRY(add_sizes(sizes, &total, &rest));
  if (size >= 0 && rest >= 0 && total > size) {
    return ctf_error(TF_INVALID_ARGUMENT, "Split size at index %" PRId64 " must be >= 0. Got: %" PRId64, rest,
                     size - total);
  }
  if (size >= 0 && rest < 0 && total != size) {
    return ctf_error(TF_INVALID_ARGUMENT, "can't split axis of size %" PRId64 " into pieces of size [%s]", size,
                     ctf_shape_print_values(sizes, ',').text);
  }
  for (int i = 0; i < c->num_outputs; ++i) {
    int64_t part = 0;
    if (!ctf_tensor_get_int(sizes, i, &part)) return ctf_error(TF_INVALID_ARGUMENT, "size_splits must be integers");
    if (part < 0 && size >= 0) part = size - total;
    CTF_TRY(set_part(c, i, in, axis, part));
  }
  return NULL;
}

static ctf_status unpack_shape(ctf_shape_ctx* c) {
  const ctf_split_attrs* attrs = c->attrs;
  const ctf_shape in = c->inputs[0];
  if (in.rank < 0) return NULL;
  if (attrs->axis < -in.rank || attrs->axis >= in.rank) {
    return ctf_error(TF_INVALID_ARGUMENT, "Invalid axis: %" PRId64 "; must be in [%d,%d)", attrs->axis, -in.rank,
                     in.rank);
  }
  const int64_t axis = attrs->axis < 0 ? attrs->axis + in.rank : attrs->axis;
  if (in.dims[axis] >= 0 && in.dims[axis] != c->num_outputs) {
    return ctf_error(TF_INVALID_ARGUMENT, "Dimension must be %d but is %" PRId64, c->num_outputs, in.dims[axis]);
  }
  int64_t dims[CTF_MAX_RANK];
  for (int i = 0; i < in.rank; ++i) {
    if (i != axis) dims[i < axis ? i : i - 1] = in.dims[i];
  }
  for (int i = 0; i < c->num_outputs; ++i) CTF_TRY(ctf_shape_set(c, i, in.rank - 1, dims));
  return NULL;
}

// ---- parts

// The output that begins at `begin` along the axis and has `count` elements of it.
static bool part_at(ctf_shape in, int64_t axis, int64_t at, int64_t length, int64_t* out_first) {
  int64_t begin[CTF_MAX_RANK] = {0}, count[CTF_MAX_RANK];
  for (int i = 0; i < in.rank; ++i) count[i] = in.dims[i];
  begin[axis] = at;
  count[axis] = length;
  return ctf_shape_block(in, begin, count, out_first);
}

static bool split_part_of(const ctf_part_query* q, int input, int axis_input, int64_t* out_first) {
  const ctf_shape in = q->inputs[input];
  int64_t axis = 0, at = 0;
  if (q->values[axis_input] == NULL || !ctf_tensor_get_int(q->values[axis_input], 0, &axis)) return false;
  if (axis < 0) axis += in.rank;
  for (int i = 0; i < q->output; ++i) at += q->outputs[i].dims[axis];
  return part_at(in, axis, at, q->outputs[q->output].dims[axis], out_first);
}

static bool split_part(const ctf_part_query* q, int* out_input, int64_t* out_first) {
  *out_input = 1;
  return split_part_of(q, 1, 0, out_first);
}

static bool split_v_part(const ctf_part_query* q, int* out_input, int64_t* out_first) {
  *out_input = 0;
  return split_part_of(q, 0, 2, out_first);
}

static bool unpack_part(const ctf_part_query* q, int* out_input, int64_t* out_first) {
  const ctf_split_attrs* attrs = q->attrs;
  *out_input = 0;
  return part_at(q->inputs[0], attrs->axis < 0 ? attrs->axis + q->inputs[0].rank : attrs->axis, q->output, 1,
                 out_first);
}

// ---- gradients

static void split_gradient(ctf_grad_ctx* g) {
  g->dx[0] = g_none();
  g->dx[1] = g_concat_dy(g, g->inputs[0]);
}

static void split_v_gradient(ctf_grad_ctx* g) {
  g->dx[0] = g_concat_dy(g, g->inputs[2]);
  g->dx[1] = g->dx[2] = g_none();
}

static void unpack_gradient(ctf_grad_ctx* g) {
  const ctf_named_attr* axis = g_attr(g, "axis");
  g->dx[0] = g_pack_dy(g, axis != NULL ? axis->value.i : 0);
}

// clang-format off
static const ctf_op_def kOps[] = {
    {"Split", .shape = split_shape, .gradient = split_gradient, .part = split_part, .value_inputs = CTF_INPUT(0)},
    {"SplitV", .shape = split_v_shape, .gradient = split_v_gradient, .part = split_v_part,
     .value_inputs = CTF_INPUT(1) | CTF_INPUT(2)},
    {"Unpack", .attrs = CTF_ATTRS(ctf_split_attrs), .shape = unpack_shape, .gradient = unpack_gradient,
     .part = unpack_part},
};
// clang-format on
CTF_OP_FAMILY(split, kOps);
