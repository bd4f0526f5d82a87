// What shape functions share: ranks, merging, broadcasting, shapes that are values. The messages are TensorFlow's.
#include "ops/op.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static ctf_status merge_shapes_error(int axis, ctf_shape a, ctf_shape b) {
  return ctf_error(TF_INVALID_ARGUMENT,
                   "Dimension %d in both shapes must be equal, but are %" PRId64 " and %" PRId64
                   ". Shapes are %s and %s.",
                   axis, a.dims[axis], b.dims[axis], ctf_shape_print(a).text, ctf_shape_print(b).text);
}

// Of two dimensions that are broadcast against each other. With one unknown, the other decides unless it is 1.
static ctf_status broadcast_dims(int64_t a, int64_t b, int64_t* out_dim) {
  if (a == 1) {
    *out_dim = b;
  } else if (b == 1 || a == b) {
    *out_dim = a;
  } else if (a < 0 || b < 0) {
    *out_dim = a < 0 ? b : a;
  } else {
    return ctf_error(TF_INVALID_ARGUMENT, "Dimensions must be equal, but are %" PRId64 " and %" PRId64, a, b);
  }
  return NULL;
}

int64_t ctf_shape_dim(ctf_shape shape, int axis) {
  if (axis < 0) axis += shape.rank;
  return shape.rank < 0 || axis < 0 || axis >= shape.rank ? -1 : shape.dims[axis];
}

ctf_status ctf_shape_set(ctf_shape_ctx* c, int output, int rank, const int64_t* dims) {
  int64_t* copy = NULL;
  if (rank > 0) {
    CTF_TRY(ctf_alloc_array(c->scratch, &copy, (size_t)rank));
    memcpy(copy, dims, (size_t)rank * sizeof(*dims));
  }
  c->outputs[output] = (ctf_shape){rank, copy};
  return NULL;
}

void ctf_shape_copy(ctf_shape_ctx* c, int output, int input) { c->outputs[output] = c->inputs[input]; }

ctf_status ctf_shape_set_unknown(ctf_shape_ctx* c, int output, int rank) {
  int64_t* dims = NULL;
  if (rank > 0) CTF_TRY(ctf_alloc_array(c->scratch, &dims, (size_t)rank));
  for (int i = 0; i < rank; ++i) dims[i] = -1;
  c->outputs[output] = (ctf_shape){rank, dims};
  return NULL;
}

ctf_status ctf_shape_with_rank(ctf_shape shape, int rank) {
  if (shape.rank < 0 || shape.rank == rank) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "Shape must be rank %d but is rank %d", rank, shape.rank);
}

ctf_status ctf_shape_with_rank_at_least(ctf_shape shape, int rank) {
  if (shape.rank < 0 || shape.rank >= rank) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "Shape must be at least rank %d but is rank %d", rank, shape.rank);
}

ctf_status ctf_shape_with_rank_at_most(ctf_shape shape, int rank) {
  if (shape.rank <= rank) return NULL;  // unknown is -1
  return ctf_error(TF_INVALID_ARGUMENT, "Shape must be at most rank %d but is rank %d", rank, shape.rank);
}

ctf_status ctf_dim_merge(int64_t a, int64_t b, int64_t* out_dim) {
  if (a >= 0 && b >= 0 && a != b) {
    return ctf_error(TF_INVALID_ARGUMENT, "Dimensions must be equal, but are %" PRId64 " and %" PRId64, a, b);
  }
  *out_dim = a < 0 ? b : a;
  return NULL;
}

ctf_status ctf_shape_merge(ctf_shape_ctx* c, ctf_shape a, ctf_shape b, ctf_shape* out_shape) {
  if (a.rank < 0 || b.rank < 0) {
    *out_shape = a.rank < 0 ? b : a;
    return NULL;
  }
  if (a.rank != b.rank) {
    return ctf_error(TF_INVALID_ARGUMENT, "Shapes must be equal rank, but are %d and %d", a.rank, b.rank);
  }
  bool a_is_all = true;  // nothing is learnt from b: no new dims needed
  for (int i = 0; i < a.rank; ++i) {
    if (a.dims[i] >= 0 && b.dims[i] >= 0 && a.dims[i] != b.dims[i]) return merge_shapes_error(i, a, b);
    if (a.dims[i] < 0 && b.dims[i] >= 0) a_is_all = false;
  }
  if (a_is_all) {
    *out_shape = a;
    return NULL;
  }
  int64_t* dims = NULL;
  CTF_TRY(ctf_alloc_array(c->scratch, &dims, (size_t)a.rank));
  for (int i = 0; i < a.rank; ++i) dims[i] = a.dims[i] < 0 ? b.dims[i] : a.dims[i];
  *out_shape = (ctf_shape){a.rank, dims};
  return NULL;
}

ctf_status ctf_shape_broadcast(ctf_shape_ctx* c, ctf_shape a, ctf_shape b, ctf_shape* out_shape) {
  if (a.rank < 0 || b.rank < 0) {
    *out_shape = CTF_SHAPE_UNKNOWN;
    return NULL;
  }
  if (a.rank == 0 || b.rank == 0) {
    *out_shape = a.rank == 0 ? b : a;
    return NULL;
  }
  const int rank = a.rank > b.rank ? a.rank : b.rank;
  int64_t* dims = NULL;
  CTF_TRY(ctf_alloc_array(c->scratch, &dims, (size_t)rank));
  for (int i = 0; i < rank; ++i) {
    const int ai = i - (rank - a.rank), bi = i - (rank - b.rank);
    CTF_TRY(broadcast_dims(ai < 0 ? 1 : a.dims[ai], bi < 0 ? 1 : b.dims[bi], &dims[i]));
  }
  *out_shape = (ctf_shape){rank, dims};
  return NULL;
}

ctf_status ctf_shape_from_value(ctf_shape_ctx* c, int input, ctf_shape* out_shape) {
  const ctf_shape shape = c->inputs[input];
  const ctf_tensor* value = c->values[input];
  int64_t* dims = NULL;
  if (value == NULL) {
    CTF_TRY(ctf_shape_with_rank_at_most(shape, 1));
    const int64_t rank = shape.rank == 1 ? shape.dims[0] : -1;
    *out_shape = c->value_shapes != NULL ? c->value_shapes[input] : CTF_SHAPE_UNKNOWN;
    if (out_shape->rank >= 0) return NULL;
    if (rank < 0 || rank > CTF_MAX_RANK) return NULL;
    if (rank > 0) CTF_TRY(ctf_alloc_array(c->scratch, &dims, (size_t)rank));
    for (int64_t i = 0; i < rank; ++i) dims[i] = -1;
    *out_shape = (ctf_shape){(int32_t)rank, dims};
    return NULL;
  }
  int64_t dim = 0;
  if (value->rank == 0 && ctf_tensor_get_int(value, 0, &dim) && dim == -1) {  // a shape that is not known, as a value
    *out_shape = CTF_SHAPE_UNKNOWN;
    return NULL;
  }
  if (value->rank != 1) return ctf_error(TF_INVALID_ARGUMENT, "Shape must be rank 1 but is rank %d", value->rank);
  if (value->num_elements > CTF_MAX_RANK) {
    return ctf_error(TF_INVALID_ARGUMENT, "Shapes cannot have more than %d dimensions, but this one has %" PRId64,
                     CTF_MAX_RANK, value->num_elements);
  }
  if (value->num_elements > 0) CTF_TRY(ctf_alloc_array(c->scratch, &dims, (size_t)value->num_elements));
  for (int64_t i = 0; i < value->num_elements; ++i) {
    if (!ctf_tensor_get_int(value, i, &dim)) {
      return ctf_error(TF_INVALID_ARGUMENT, "A shape must be given as int32 or int64, but is %s",
                       ctf_dtype_get(value->dtype)->tf_name);
    }
    if (dim < -1) return ctf_error(TF_INVALID_ARGUMENT, "Invalid value in tensor used for shape: %" PRId64, dim);
    dims[i] = dim;
  }
  *out_shape = (ctf_shape){(int32_t)value->num_elements, dims};
  return NULL;
}

ctf_status ctf_shape_scalar_value(const ctf_shape_ctx* c, int input, bool* out_known, int64_t* out_value) {
  const ctf_tensor* value = c->values[input];
  if (value == NULL) {
    *out_known = false;
    return NULL;
  }
  if (value->num_elements != 1) {
    return ctf_error(TF_INVALID_ARGUMENT, "Input must be scalar but has shape %s",
                     ctf_shape_print(ctf_tensor_shape(value)).text);
  }
  if (!ctf_tensor_get_int(value, 0, out_value)) {
    return ctf_error(TF_INVALID_ARGUMENT, "Scalar input must be an integer, but is %s",
                     ctf_dtype_get(value->dtype)->tf_name);
  }
  *out_known = true;
  return NULL;
}

ctf_shape_text ctf_shape_print_values(const ctf_tensor* values, char separator) {
  enum { LONGEST = 24 };  // of one number with its separator
  ctf_shape_text out = {""};
  size_t used = 0;
  for (int64_t i = 0; i < values->num_elements && used + LONGEST < sizeof(out.text); ++i) {
    int64_t value = 0;
    if (!ctf_tensor_get_int(values, i, &value)) break;
    if (i > 0) out.text[used++] = separator;
    used += (size_t)snprintf(out.text + used, sizeof(out.text) - used, "%" PRId64, value);
  }
  return out;
}

bool ctf_shape_block(ctf_shape whole, const int64_t* begin, const int64_t* count, int64_t* out_first) {
  int64_t stride = 1;
  bool open = false;  // a dimension behind is cut: before it there can be one place alone
  *out_first = 0;
  for (int i = whole.rank - 1; i >= 0; --i) {
    if (open && count[i] != 1) return false;
    open = open || count[i] != whole.dims[i];
    *out_first += begin[i] * stride;
    stride *= whole.dims[i];
  }
  return true;
}

ctf_status ctf_shape_same_as_input(ctf_shape_ctx* c) {
  for (int i = 0; i < c->num_outputs; ++i) ctf_shape_copy(c, i, 0);
  return NULL;
}

ctf_status ctf_shape_broadcast_inputs(ctf_shape_ctx* c) {
  return ctf_shape_broadcast(c, c->inputs[0], c->inputs[1], &c->outputs[0]);
}

ctf_status ctf_shape_scalar(ctf_shape_ctx* c) { return ctf_shape_set(c, 0, 0, NULL); }

ctf_status ctf_shape_none(ctf_shape_ctx* c) {
  (void)c;
  return NULL;
}
