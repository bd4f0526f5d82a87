// Bitcast: the same bytes as elements of another type.
#include <inttypes.h>

#include "ops/op.h"

// A wider element takes the last dimension up, a narrower one adds one.
static ctf_status bitcast_shape(ctf_shape_ctx* c) {
  const ctf_shape in = c->inputs[0];
  const int64_t from = (int64_t)ctf_dtype_get(c->input_types[0])->bytes;
  const int64_t to = (int64_t)ctf_dtype_get(c->output_types[0])->bytes;
  if (from == 0 || to == 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "Cannot bitcast type %s to %s because one of the type sizes is zero",
                     ctf_dtype_get(c->input_types[0])->tf_name, ctf_dtype_get(c->output_types[0])->tf_name);
  }
  int64_t dims[CTF_MAX_RANK];
  if (to > from) CTF_TRY(ctf_shape_with_rank_at_least(in, 1));
  if (in.rank < 0) return NULL;
  for (int i = 0; i < in.rank; ++i) dims[i] = in.dims[i];
  if (to > from) {
    const int64_t last = dims[in.rank - 1];
    if (last >= 0 && last != to / from) {
      return ctf_error(TF_INVALID_ARGUMENT,
                       "Cannot bitcast from %d to %d due to shape. %" PRId64 " does not match %" PRId64,
                       (int)c->input_types[0], (int)c->output_types[0], last, to / from);
    }
    return ctf_shape_set(c, 0, in.rank - 1, dims);
  }
  if (to == from) return ctf_shape_set(c, 0, in.rank, dims);
  if (in.rank >= CTF_MAX_RANK) {
    return ctf_error(TF_INVALID_ARGUMENT, "A tensor cannot have more than %d dimensions", CTF_MAX_RANK);
  }
  dims[in.rank] = from / to;
  return ctf_shape_set(c, 0, in.rank + 1, dims);
}

static const ctf_op_def kOps[] = {{"Bitcast", .shape = bitcast_shape}};  // no gradient, as in TensorFlow
CTF_OP_FAMILY(bitcast, kOps);
