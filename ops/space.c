// Space traded for depth (DepthToSpace, SpaceToDepth) or for batch (SpaceToBatchND, BatchToSpaceND).
#include "ops/space.h"

#include <inttypes.h>

static const ctf_attr_field ctf_space_attrs_fields[] = {CTF_FIELD(ctf_space_attrs, block_size),
                                                        CTF_FIELD(ctf_space_attrs, data_format)};

// ---- arithmetic of dimensions that may be unknown (-1)

static ctf_status multiply(int64_t dim, int64_t factor, int64_t* out_dim) {
  *out_dim = -1;
  if (dim < 0 || !__builtin_mul_overflow(dim, factor, out_dim)) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT,
                   "Negative dimension size caused by overflow when multiplying %" PRId64 " and %" PRId64, dim, factor);
}

static ctf_status divide(int64_t dim, int64_t divisor, int64_t* out_dim) {
  *out_dim = dim < 0 ? -1 : dim / divisor;
  if (dim < 0 || dim % divisor == 0) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "Dimension size must be evenly divisible by %" PRId64 " but is %" PRId64,
                   divisor, dim);
}

// ---- depth

// Where height, width and channels stand.
typedef struct space_axes {
  int rank, height, width, depth;
} space_axes;

static space_axes find_axes(ctf_bytes format) {
  if (ctf_bytes_equal(format, "NCHW")) return (space_axes){4, 2, 3, 1};
  if (ctf_bytes_equal(format, "NCHW_VECT_C")) return (space_axes){5, 2, 3, 1};
  return (space_axes){4, 1, 2, 3};
}

static ctf_status exchange_depth(ctf_shape_ctx* c, bool to_space) {
  const ctf_space_attrs* attrs = c->attrs;
  const space_axes axes = find_axes(attrs->data_format);
  const ctf_shape in = c->inputs[0];
  const int64_t block = attrs->block_size;
  int64_t dims[5], square;
  CTF_TRY(ctf_shape_with_rank(in, axes.rank));
  if (in.rank < 0) return ctf_shape_set_unknown(c, 0, axes.rank);
  if (block < 2 || block > 46340) {
    return ctf_error(TF_INVALID_ARGUMENT, "Block size should be > 1 and <= 46340 but was: %" PRId64, block);
  }
  square = block * block;
  for (int i = 0; i < in.rank; ++i) dims[i] = in.dims[i];
  ctf_status (*const space)(int64_t, int64_t, int64_t*) = to_space ? multiply : divide;
  ctf_status (*const depth)(int64_t, int64_t, int64_t*) = to_space ? divide : multiply;
  CTF_TRY(space(in.dims[axes.height], block, &dims[axes.height]));
  CTF_TRY(space(in.dims[axes.width], block, &dims[axes.width]));
  if (axes.rank == 5 && in.dims[4] >= 0 && in.dims[4] != 4) {
    return ctf_error(TF_INVALID_ARGUMENT, "The inner dimension of NCHW_VECT_C must be 4 but is %" PRId64, in.dims[4]);
  }
  CTF_TRY(depth(in.dims[axes.depth], square, &dims[axes.depth]));
  return ctf_shape_set(c, 0, in.rank, dims);
}

static ctf_status depth_to_space_shape(ctf_shape_ctx* c) { return exchange_depth(c, true); }
static ctf_status space_to_depth_shape(ctf_shape_ctx* c) { return exchange_depth(c, false); }

// ---- batch

ctf_status ctf_space_block_get(const ctf_tensor* block_shape, const ctf_tensor* margins, int axis,
                               const char* margins_name, ctf_space_block* out_block) {
  ctf_space_block* b = out_block;
  if (!ctf_tensor_get_int(block_shape, axis, &b->block) || !ctf_tensor_get_int(margins, 2 * (int64_t)axis, &b->start) ||
      !ctf_tensor_get_int(margins, 2 * (int64_t)axis + 1, &b->end)) {
    return ctf_error(TF_INVALID_ARGUMENT, "block_shape and %s must be integers", margins_name);
  }
  if (b->block < 1) return ctf_error(TF_INVALID_ARGUMENT, "block_shape must be positive");
  if (b->start < 0 || b->end < 0) return ctf_error(TF_INVALID_ARGUMENT, "%s cannot be negative", margins_name);
  return NULL;
}

static ctf_status to_batch(const ctf_space_block* b, int64_t* inout_batch, int64_t* inout_dim) {
  CTF_TRY(multiply(*inout_batch, b->block, inout_batch));
  if (*inout_dim < 0) return NULL;
  const int64_t dim = *inout_dim;
  if (__builtin_add_overflow(dim, b->start, inout_dim) || __builtin_add_overflow(*inout_dim, b->end, inout_dim)) {
    return ctf_error(TF_INVALID_ARGUMENT, "Dimension size overflow from adding %" PRId64 " and %" PRId64, dim,
                     b->start > b->end ? b->start : b->end);
  }
  return divide(*inout_dim, b->block, inout_dim);
}

static ctf_status from_batch(const ctf_space_block* b, int64_t* inout_batch, int64_t* inout_dim) {
  CTF_TRY(divide(*inout_batch, b->block, inout_batch));
  CTF_TRY(multiply(*inout_dim, b->block, inout_dim));
  if (*inout_dim < 0) return NULL;
  const int64_t crops[2] = {b->start, b->end};
  for (int i = 0; i < 2; ++i) {
    if (crops[i] > *inout_dim) {
      return ctf_error(TF_INVALID_ARGUMENT, "Negative dimension size caused by subtracting %" PRId64 " from %" PRId64,
                       crops[i], *inout_dim);
    }
    *inout_dim -= crops[i];
  }
  return NULL;
}

static ctf_status exchange_batch(ctf_shape_ctx* c, const char* margins_name,
                                 ctf_status (*exchange)(const ctf_space_block*, int64_t*, int64_t*)) {
  const ctf_shape in = c->inputs[0], blocks = c->inputs[1];
  ctf_shape margins;
  if (blocks.rank >= 0 && blocks.rank != 1) return ctf_error(TF_INVALID_ARGUMENT, "block_shape must have rank 1.");
  const int64_t count = blocks.rank == 1 ? blocks.dims[0] : -1;
  if (count < 0) return in.rank < 0 ? NULL : ctf_shape_set_unknown(c, 0, in.rank);
  if (in.rank >= 0 && in.rank < count + 1) {
    return ctf_error(TF_INVALID_ARGUMENT, "Shape must be at least rank %" PRId64 " but is rank %d", count + 1, in.rank);
  }
  CTF_TRY(ctf_shape_merge(c, c->inputs[2], (ctf_shape){2, (const int64_t[]){count, 2}}, &margins));
  int64_t dims[CTF_MAX_RANK];
  for (int i = 0; i < in.rank; ++i) dims[i] = in.dims[i];
  const bool known = c->values[1] != NULL && c->values[2] != NULL;
  ctf_space_block judged;
  for (int i = 0; i < count && known && in.rank < 0; ++i) {
    CTF_TRY(ctf_space_block_get(c->values[1], c->values[2], i, margins_name, &judged));
  }
  if (in.rank < 0) return NULL;
  for (int i = 0; i < count && !known; ++i) dims[0] = dims[i + 1] = -1;
  for (int i = 0; i < count && known; ++i) {
    ctf_space_block block;
    CTF_TRY(ctf_space_block_get(c->values[1], c->values[2], i, margins_name, &block));
    CTF_TRY(exchange(&block, &dims[0], &dims[i + 1]));
  }
  return ctf_shape_set(c, 0, in.rank, dims);
}

static ctf_status space_to_batch_shape(ctf_shape_ctx* c) { return exchange_batch(c, "paddings", to_batch); }
static ctf_status batch_to_space_shape(ctf_shape_ctx* c) { return exchange_batch(c, "crops", from_batch); }

// ---- gradients: the way back

static void depth_back(ctf_grad_ctx* g, const char* op) {
  static const char* const kKept[] = {"block_size", "data_format", NULL};
  g->dx[0] = g_op_like(g, op, 1, &g->dy[0], kKept);
}

static void depth_to_space_gradient(ctf_grad_ctx* g) { depth_back(g, "SpaceToDepth"); }
static void space_to_depth_gradient(ctf_grad_ctx* g) { depth_back(g, "DepthToSpace"); }

static void batch_back(ctf_grad_ctx* g, const char* op) {
  g->dx[0] = g_ternary(g, op, g->dy[0], g->inputs[1], g->inputs[2]);
  g->dx[1] = g->dx[2] = g_none();
}

static void space_to_batch_gradient(ctf_grad_ctx* g) { batch_back(g, "BatchToSpaceND"); }
static void batch_to_space_gradient(ctf_grad_ctx* g) { batch_back(g, "SpaceToBatchND"); }

// clang-format off
static const ctf_op_def kOps[] = {
    {"BatchToSpaceND", .shape = batch_to_space_shape, .gradient = batch_to_space_gradient,
     .value_inputs = CTF_INPUT(1) | CTF_INPUT(2)},
    {"DepthToSpace", .attrs = CTF_ATTRS(ctf_space_attrs), .shape = depth_to_space_shape,
     .gradient = depth_to_space_gradient},
    {"SpaceToBatchND", .shape = space_to_batch_shape, .gradient = space_to_batch_gradient,
     .value_inputs = CTF_INPUT(1) | CTF_INPUT(2)},
    {"SpaceToDepth", .attrs = CTF_ATTRS(ctf_space_attrs), .shape = space_to_depth_shape,
     .gradient = space_to_depth_gradient},
};
// clang-format on
CTF_OP_FAMILY(space, kOps);
