// Reverse, ReverseV2 (whole dimensions) and ReverseSequence (the beginning of each row).
#include "ops/reverse.h"

#include <inttypes.h>
#include <string.h>

static const ctf_attr_field ctf_reverse_sequence_attrs_fields[] = {CTF_FIELD(ctf_reverse_sequence_attrs, seq_dim),
                                                                   CTF_FIELD(ctf_reverse_sequence_attrs, batch_dim)};

enum { MAX_REVERSE_RANK = 8 };  // TensorFlow's

ctf_status ctf_reverse_axes(const ctf_tensor* axes, int rank, bool* out_reversed) {
  memset(out_reversed, 0, (size_t)rank);
  for (int64_t i = 0; i < axes->num_elements; ++i) {
    int64_t given = 0;
    if (!ctf_tensor_get_int(axes, i, &given)) return ctf_error(TF_INVALID_ARGUMENT, "'axis' must be integers");
    const int64_t axis = given < 0 ? given + rank : given;
    if (axis < 0 || axis >= rank) {
      return ctf_error(TF_INVALID_ARGUMENT, "'axis'[%" PRId64 "] = %" PRId64 " is out of valid range [0, %d", i, given,
                       rank - 1);
    }
    if (out_reversed[axis]) {
      return ctf_error(TF_INVALID_ARGUMENT, "axis %" PRId64 " specified more than once.", axis);
    }
    out_reversed[axis] = true;
  }
  return NULL;
}

// ---- shapes

static ctf_status too_many_dims(ctf_shape in) {
  if (in.rank <= MAX_REVERSE_RANK) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "reverse does not work on tensors with more than 8 dimensions");
}

static ctf_status reverse_shape(ctf_shape_ctx* c) {
  const ctf_shape in = c->inputs[0], flags = c->inputs[1];
  CTF_TRY(ctf_shape_with_rank(flags, 1));
  const int64_t rank = flags.rank == 1 ? flags.dims[0] : -1;
  if (rank > MAX_REVERSE_RANK) {
    return ctf_error(TF_INVALID_ARGUMENT, "reverse does not work on tensors with more than 8 dimensions");
  }
  if (rank >= 0) CTF_TRY(ctf_shape_with_rank(in, (int)rank));
  CTF_TRY(too_many_dims(in));
  if (in.rank < 0 && rank >= 0) return ctf_shape_set_unknown(c, 0, (int)rank);
  ctf_shape_copy(c, 0, 0);
  return NULL;
}

static ctf_status reverse_v2_shape(ctf_shape_ctx* c) {
  const ctf_shape in = c->inputs[0];
  bool reversed[CTF_MAX_RANK];
  CTF_TRY(ctf_shape_with_rank(c->inputs[1], 1));
  CTF_TRY(too_many_dims(in));
  if (in.rank >= 0 && c->values[1] != NULL) CTF_TRY(ctf_reverse_axes(c->values[1], in.rank, reversed));
  ctf_shape_copy(c, 0, 0);
  return NULL;
}

static ctf_status reverse_sequence_shape(ctf_shape_ctx* c) {
  const ctf_reverse_sequence_attrs* attrs = c->attrs;
  const ctf_shape in = c->inputs[0], lengths = c->inputs[1];
  CTF_TRY(ctf_shape_with_rank(lengths, 1));
  if (in.rank < 0) return NULL;
  if (attrs->batch_dim < 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "batch_dim must be >=0, got %" PRId64, attrs->batch_dim);
  }
  if (attrs->batch_dim >= in.rank) {
    return ctf_error(TF_INVALID_ARGUMENT, "batch_dim must be < input rank: %" PRId64 " vs. %d", attrs->batch_dim,
                     in.rank);
  }
  if (attrs->seq_dim >= in.rank) {
    return ctf_error(TF_INVALID_ARGUMENT, "seq_dim must be < input rank: %" PRId64 " vs. %d", attrs->seq_dim, in.rank);
  }
  int64_t dims[CTF_MAX_RANK];
  for (int i = 0; i < in.rank; ++i) dims[i] = in.dims[i];
  CTF_TRY(ctf_dim_merge(in.dims[attrs->batch_dim], ctf_shape_dim(lengths, 0), &dims[attrs->batch_dim]));
  return ctf_shape_set(c, 0, in.rank, dims);
}

// ---- gradients

static void reverse_back(ctf_grad_ctx* g, const char* op) {
  static const char* const kKept[] = {"seq_dim", "batch_dim", NULL};
  const ctf_grad_tensor inputs[2] = {g->dy[0], g->inputs[1]};
  g->dx[0] = g_op_like(g, op, 2, inputs, kKept);
  g->dx[1] = g_none();
}

static void reverse_gradient(ctf_grad_ctx* g) { reverse_back(g, "Reverse"); }
static void reverse_v2_gradient(ctf_grad_ctx* g) { reverse_back(g, "ReverseV2"); }
static void reverse_sequence_gradient(ctf_grad_ctx* g) { reverse_back(g, "ReverseSequence"); }

// clang-format off
static const ctf_op_def kOps[] = {
    {"Reverse", .shape = reverse_shape, .gradient = reverse_gradient},
    {"ReverseSequence", .attrs = CTF_ATTRS(ctf_reverse_sequence_attrs), .shape = reverse_sequence_shape,
     .gradient = reverse_sequence_gradient},
    {"ReverseV2", .shape = reverse_v2_shape, .gradient = reverse_v2_gradient, .value_inputs = CTF_INPUT(1)},
};
// clang-format on
CTF_OP_FAMILY(reverse, kOps);
