// ScatterNd: a tensor of zeros into which slices are added at their indices.
#include "ops/scatter_nd.h"

#include <inttypes.h>

static const ctf_attr_field ctf_scatter_nd_attrs_fields[] = {CTF_FIELD(ctf_scatter_nd_attrs, bad_indices_policy)};

static ctf_shape part_of(ctf_shape shape, int64_t begin, int64_t end) {
  if (end > shape.rank) end = shape.rank;
  if (begin > end) begin = end;
  return (ctf_shape){(int32_t)(end - begin), shape.dims + begin};
}

ctf_status ctf_scatter_nd_geometry_make(ctf_shape indices, ctf_shape updates, ctf_shape output,
                                        ctf_scatter_nd_geometry* out_geometry) {
  if (indices.rank < 1 || updates.rank < 1) {
    return ctf_error(TF_INVALID_ARGUMENT, "%s shape must have rank at least one. Found:%s",
                     indices.rank < 1 ? "Indices" : "Updates",
                     ctf_shape_print(indices.rank < 1 ? indices : updates).text);
  }
  const int outer = indices.rank - 1;
  const int64_t depth = indices.dims[outer];
  int64_t num_indices = 1, num_updates = 1;
  for (int i = 0; i < indices.rank; ++i) num_indices *= indices.dims[i];
  for (int i = 0; i < updates.rank; ++i) num_updates *= updates.dims[i];
  const bool nothing = num_indices == 0 && num_updates == 0;
  if (!nothing && (output.rank == 0 || num_indices == 0 || num_updates == 0)) {
    return ctf_error(TF_INVALID_ARGUMENT, "Indices and updates specified for empty output shape");
  }
  if (!ctf_shape_equal(part_of(indices, 0, outer), part_of(updates, 0, outer))) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "Dimensions [0,%d) of indices[shape=%s] must match dimensions [0,%d) of updates[shape=%s]", outer,
                     ctf_shape_print(indices).text, outer, ctf_shape_print(updates).text);
  }
  if (depth > output.rank ||
      !ctf_shape_equal(part_of(output, depth, output.rank), part_of(updates, outer, updates.rank))) {
    return ctf_error(
        TF_INVALID_ARGUMENT,
        "Dimensions [%" PRId64 ",%d) of input[shape=%s] must match dimensions [%d,%d) of updates[shape=%s]", depth,
        output.rank, ctf_shape_print(output).text, outer, updates.rank, ctf_shape_print(updates).text);
  }
  int64_t elements = 1;
  for (int i = 0; i < output.rank; ++i) elements *= output.dims[i];
  if (elements == 0 && !nothing) {
    return ctf_error(TF_INVALID_ARGUMENT, "Indices and updates specified for empty output.  indices shape: %s",
                     ctf_shape_print(indices).text);
  }
  if (depth > 7) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "Only indices.shape[-1] values between 1 and 5 are currently supported.  Requested rank: %" PRId64,
                     depth);
  }
  ctf_scatter_nd_geometry g = {.count = 1, .inner = 1, .depth = (int)depth};
  for (int i = 0; i < outer; ++i) g.count *= indices.dims[i];
  for (int i = outer; i < updates.rank; ++i) g.inner *= updates.dims[i];
  *out_geometry = g;
  return NULL;
}

// ---- shape

static bool has_zero(ctf_shape shape) {
  for (int i = 0; i < shape.rank; ++i) {
    if (shape.dims[i] == 0) return true;
  }
  return false;
}

static bool surely_some(ctf_shape shape) { return ctf_shape_known(shape) && !has_zero(shape); }

// The two parts must be compatible; `a_name` and `b_name` are what the message calls the tensors.
static ctf_status match_parts(ctf_shape_ctx* c, ctf_shape a, int64_t a_begin, int64_t a_end, const char* a_name,
                              ctf_shape b, int64_t b_begin, int64_t b_end) {
  ctf_shape merged;
  const ctf_shape a_part = part_of(a, a_begin, a_end), b_part = part_of(b, b_begin, b_end);
  return ctf_error_note(ctf_shape_merge(c, a_part, b_part, &merged),
                        "Dimensions [%" PRId64 ",%" PRId64 ") of %s[shape=%s] = %s must match dimensions [%" PRId64
                        ",%" PRId64 ") of updates[shape=%s] = %s",
                        a_begin, a_end, a_name, ctf_shape_print(a).text, ctf_shape_print(a_part).text, b_begin, b_end,
                        ctf_shape_print(b).text, ctf_shape_print(b_part).text);
}

static ctf_status scatter_nd_shape(ctf_shape_ctx* c) {
  const ctf_shape indices = c->inputs[0], updates = c->inputs[1];
  CTF_TRY(ctf_shape_with_rank_at_least(indices, 1));
  CTF_TRY(ctf_shape_with_rank_at_least(updates, 1));
  CTF_TRY(ctf_shape_with_rank(c->inputs[2], 1));
  ctf_shape output;
  CTF_TRY(ctf_shape_from_value(c, 2, &output));
  c->outputs[0] = output;
  if (has_zero(output) && (surely_some(indices) || surely_some(updates))) {
    return ctf_error(TF_INVALID_ARGUMENT, "Indices and updates specified for empty %s: %s",
                     c->building ? "input" : "output", ctf_shape_print(output).text);
  }
  const int64_t depth = ctf_shape_dim(indices, -1);
  if (indices.rank < 0 || updates.rank < 0 || depth < 0) return NULL;
  const int outer = indices.rank - 1;
  CTF_TRY(match_parts(c, indices, 0, outer, "indices", updates, 0, outer));
  if (output.rank < 0) return NULL;
  return match_parts(c, output, depth, output.rank, "input", updates, outer, updates.rank);
}

static void scatter_nd_gradient(ctf_grad_ctx* g) {
  const ctf_named_attr* policy = g_attr(g, "bad_indices_policy");
  const ctf_grad_tensor inputs[2] = {g->dy[0], g->inputs[0]};
  g->dx[0] = g->dx[2] = g_none();
  g->dx[1] = g->vtable->op(g, "GatherNd", 2, inputs, policy == NULL ? 0 : 1, policy);
}

static const ctf_op_def kOps[] = {
    {"ScatterNd", .attrs = CTF_ATTRS(ctf_scatter_nd_attrs), .shape = scatter_nd_shape, .gradient = scatter_nd_gradient,
     .value_inputs = CTF_INPUT(2)},
};
CTF_OP_FAMILY(scatter_nd, kOps);
