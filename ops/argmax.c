// ArgMax and ArgMin: the place of the first largest or smallest element along an axis.
#include "ops/argmax.h"

#include <inttypes.h>

// The axis, not negative. `value` is one element, as the caller has checked.
static ctf_status read_axis(int rank, int64_t value, int* out_axis) {
  if (value < -rank || value >= rank) {
    return ctf_error(TF_INVALID_ARGUMENT, "Expected dimension in the range [%d, %d), but got %" PRId64, -rank, rank,
                     value);
  }
  *out_axis = (int)(value < 0 ? value + rank : value);
  return NULL;
}

ctf_status ctf_argmax_geometry_make(ctf_shape input, const ctf_tensor* dimension, ctf_argmax_geometry* out_geometry) {
  int64_t value;
  if (dimension->rank != 0 || !ctf_tensor_get_int(dimension, 0, &value)) {
    return ctf_error(TF_INVALID_ARGUMENT, "dim must be a scalar, but received tensor of shape: %s",
                     ctf_shape_print(ctf_tensor_shape(dimension)).text);
  }
  int axis = 0;
  CTF_TRY(read_axis(input.rank, value, &axis));
  ctf_argmax_geometry g = {.outer = 1, .size = input.dims[axis], .inner = 1};
  if (g.size == 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "Reduction axis %d is empty in shape %s", axis, ctf_shape_print(input).text);
  }
  for (int i = 0; i < axis; ++i) g.outer *= input.dims[i];
  for (int i = axis + 1; i < input.rank; ++i) g.inner *= input.dims[i];
  *out_geometry = g;
  return NULL;
}

static ctf_status argmax_shape(ctf_shape_ctx* c) {
  const ctf_shape input = c->inputs[0];
  CTF_TRY(ctf_shape_with_rank(c->inputs[1], 0));
  if (input.rank < 0) {
    c->outputs[0] = CTF_SHAPE_UNKNOWN;
    return NULL;
  }
  bool known;
  int64_t value;
  CTF_TRY(ctf_shape_scalar_value(c, 1, &known, &value));
  if (!known) return ctf_shape_set_unknown(c, 0, input.rank > 0 ? input.rank - 1 : 0);
  if (c->building && (value < -input.rank || value >= input.rank)) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "Dimension (%" PRId64
                     ") must be in the range [%d, %d), where %d is the number of dimensions in the input.",
                     value, -input.rank, input.rank, input.rank);
  }
  int axis = 0;
  CTF_TRY(read_axis(input.rank, value, &axis));
  int64_t dims[CTF_MAX_RANK];
  for (int i = 0, j = 0; i < input.rank; ++i) {
    if (i != axis) dims[j++] = input.dims[i];
  }
  return ctf_shape_set(c, 0, input.rank - 1, dims);
}

// TensorFlow registers a gradient function that gives none to either input.
static void argmax_gradient(ctf_grad_ctx* g) { g->dx[0] = g->dx[1] = g_none(); }

static const ctf_op_def kOps[] = {
    {.name = "ArgMax", .shape = argmax_shape, .gradient = argmax_gradient, .value_inputs = CTF_INPUT(1)},
    {.name = "ArgMin", .shape = argmax_shape, .gradient = argmax_gradient, .value_inputs = CTF_INPUT(1)},
};
CTF_OP_FAMILY(argmax, kOps);
