// OneHot: for each index a row of off_value with one on_value, if the index is in the row.
#include "ops/one_hot.h"

#include <inttypes.h>

static const ctf_attr_field ctf_one_hot_attrs_fields[] = {CTF_FIELD(ctf_one_hot_attrs, axis)};

static ctf_status check_scalar(const char* name, const ctf_tensor* value) {
  if (value->rank == 0) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "%s must be a scalar, but got: %s", name,
                   ctf_shape_print(ctf_tensor_shape(value)).text);
}

ctf_status ctf_one_hot_geometry_make(const ctf_one_hot_attrs* attrs, const ctf_tensor* indices, const ctf_tensor* depth,
                                     const ctf_tensor* on, const ctf_tensor* off, ctf_one_hot_geometry* out_geometry) {
  const int64_t axis = attrs->axis == -1 ? indices->rank : attrs->axis;
  if (axis < 0 || axis > indices->rank) {
    return ctf_error(TF_INVALID_ARGUMENT, "Expected axis to be -1 or between [0, %d).  But received: %" PRId64,
                     indices->rank + 1, attrs->axis);
  }
  ctf_one_hot_geometry g = {.outer = 1, .inner = 1};
  CTF_TRY(check_scalar("depth", depth));
  CTF_TRY(check_scalar("on_value", on));
  CTF_TRY(check_scalar("off_value", off));
  if (!ctf_tensor_get_int(depth, 0, &g.depth) || g.depth < 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "depth must be non-negative, got: %" PRId64, g.depth);
  }
  for (int i = 0; i < indices->rank; ++i) *(i < axis ? &g.outer : &g.inner) *= indices->dims[i];
  *out_geometry = g;
  return NULL;
}

static ctf_status one_hot_shape(ctf_shape_ctx* c) {
  const ctf_one_hot_attrs* attrs = c->attrs;
  const ctf_shape indices = c->inputs[0];
  bool known;
  int64_t depth = -1;
  if (attrs->axis < -1) return ctf_error(TF_INVALID_ARGUMENT, "axis must be >= -1");
  if (c->inputs[1].rank > 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "Input must be scalar but has rank %d", c->inputs[1].rank);
  }
  CTF_TRY(ctf_shape_scalar_value(c, 1, &known, &depth));
  if (known && depth < 0) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "Dimension size, given by scalar input 1, must be non-negative but is %" PRId64, depth);
  }
  if (indices.rank < 0) return NULL;
  if (indices.rank >= CTF_MAX_RANK) {
    return ctf_error(TF_INVALID_ARGUMENT, "A tensor cannot have more than %d dimensions", CTF_MAX_RANK);
  }
  // An axis past the end is the kernel's business, as in TensorFlow; until then it counts as the last.
  const int64_t axis = attrs->axis == -1 || attrs->axis > indices.rank ? indices.rank : attrs->axis;
  int64_t dims[CTF_MAX_RANK];
  for (int i = 0; i <= indices.rank; ++i) dims[i] = i == axis ? depth : indices.dims[i < axis ? i : i - 1];
  return ctf_shape_set(c, 0, indices.rank + 1, dims);
}

static const ctf_op_def kOps[] = {
    {"OneHot", .attrs = CTF_ATTRS(ctf_one_hot_attrs), .shape = one_hot_shape, .gradient = g_no_gradients,
     .value_inputs = CTF_INPUT(1)},
};
CTF_OP_FAMILY(one_hot, kOps);
