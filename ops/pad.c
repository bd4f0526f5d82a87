// Pad, PadV2 and MirrorPad: more elements around those of the input.
#include "ops/pad.h"

#include <inttypes.h>

static const ctf_attr_field ctf_pad_attrs_fields[] = {CTF_FIELD(ctf_pad_attrs, mode)};

// ---- shapes

static ctf_status pad_shape(ctf_shape_ctx* c) {
  const ctf_shape in = c->inputs[0], paddings = c->inputs[1];
  CTF_TRY(ctf_shape_with_rank(paddings, 2));
  if (paddings.rank == 2 && paddings.dims[1] >= 0 && paddings.dims[1] != 2) {
    return ctf_error(TF_INVALID_ARGUMENT, "Dimension must be 2 but is %" PRId64, paddings.dims[1]);
  }
  const int64_t rank = paddings.rank == 2 ? paddings.dims[0] : -1;
  if (rank > CTF_MAX_RANK) {
    return ctf_error(TF_INVALID_ARGUMENT, "A tensor cannot have more than %d dimensions", CTF_MAX_RANK);
  }
  if (rank >= 0) CTF_TRY(ctf_shape_with_rank(in, (int)rank));
  if (rank < 0 && in.rank < 0) return NULL;
  if (c->values[1] == NULL) return ctf_shape_set_unknown(c, 0, rank >= 0 ? (int)rank : in.rank);
  int64_t dims[CTF_MAX_RANK];
  for (int i = 0; i < rank; ++i) {
    int64_t before, behind;
    CTF_TRY(ctf_pad_get(c->values[1], i, &before, &behind));
    if (before < 0 || behind < 0) {
      return ctf_error(TF_INVALID_ARGUMENT, "Paddings must be non-negative: %" PRId64 " %" PRId64, before, behind);
    }
    const int64_t dim = ctf_shape_dim(in, i);
    dims[i] = dim;
    if (dim < 0) continue;
    if (__builtin_add_overflow(dim, before, &dims[i]) || __builtin_add_overflow(dims[i], behind, &dims[i])) {
      return ctf_error(TF_INVALID_ARGUMENT, "Dimension size overflow from adding %" PRId64 " and %" PRId64, dim,
                       (int64_t)((uint64_t)before + (uint64_t)behind));
    }
  }
  return ctf_shape_set(c, 0, (int)rank, dims);
}

// What is mirrored must be there: the run's business, as in TensorFlow. Asked here, so that nothing of the size is
// allocated.
static ctf_status mirror_pad_shape(ctf_shape_ctx* c) {
  const ctf_pad_attrs* attrs = c->attrs;
  const ctf_shape in = c->inputs[0];
  const bool reflect = ctf_bytes_equal(attrs->mode, "REFLECT");
  CTF_TRY(pad_shape(c));
  for (int i = 0; !c->building && c->values[1] != NULL && i < in.rank; ++i) {
    int64_t before, behind;
    CTF_TRY(ctf_pad_get(c->values[1], i, &before, &behind));
    const int64_t largest = before > behind ? before : behind;
    if (in.dims[i] < 0 || largest < in.dims[i] || (!reflect && largest == in.dims[i])) continue;
    return ctf_error(TF_INVALID_ARGUMENT,
                     "paddings must be %s the dimension size: %" PRId64 ", %" PRId64 " %s %" PRId64,
                     reflect ? "less than" : "no greater than", before, behind,
                     reflect ? "not less than" : "greater than", in.dims[i]);
  }
  return NULL;
}

// ---- gradients

static void pad_gradient(ctf_grad_ctx* g) {
  const ctf_grad_tensor x = g->inputs[0], paddings = g->inputs[1];
  const ctf_named_attr type = {{"out_type", 8}, {.kind = CTF_ATTR_TYPE, .type = g_attr_type(g, "Tpaddings")}};
  const ctf_grad_tensor zero = g->vtable->ints(g, -1, &(int32_t){0}), one = g->vtable->ints(g, -1, &(int32_t){1});
  const ctf_grad_tensor before = g_ternary(g, "GatherV2", paddings, zero, one);  // the first column
  g->dx[0] = g_ternary(g, "Slice", g->dy[0], before, g->vtable->op(g, "Shape", 1, &x, 1, &type));
  for (int i = 1; i < g->num_inputs; ++i) g->dx[i] = g_none();
}

static void mirror_pad_gradient(ctf_grad_ctx* g) {
  const ctf_named_attr* mode = g_attr(g, "mode");
  const ctf_grad_tensor inputs[2] = {g->dy[0], g->inputs[1]};
  g->dx[0] = g->vtable->op(g, "MirrorPadGrad", 2, inputs, mode != NULL ? 1 : 0, mode);
  g->dx[1] = g_none();
}

// clang-format off
static const ctf_op_def kOps[] = {
    {"MirrorPad", .attrs = CTF_ATTRS(ctf_pad_attrs), .shape = mirror_pad_shape, .gradient = mirror_pad_gradient,
     .value_inputs = CTF_INPUT(1)},
    {"Pad", .shape = pad_shape, .gradient = pad_gradient, .value_inputs = CTF_INPUT(1)},
    {"PadV2", .shape = pad_shape, .gradient = pad_gradient, .value_inputs = CTF_INPUT(1)},
};
// clang-format on
CTF_OP_FAMILY(pad, kOps);
