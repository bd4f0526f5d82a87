// Elements repeated: BroadcastTo, Tile, Fill; and what broadcasting does to shapes: BroadcastArgs,
// BroadcastGradientArgs.
#include "ops/broadcast.h"

#include <inttypes.h>

// ---- shapes as values

ctf_status ctf_broadcast_pair_make(const ctf_tensor* a, const ctf_tensor* b, ctf_broadcast_pair* out_pair) {
  const ctf_tensor* shapes[2] = {a, b};
  for (int i = 0; i < 2; ++i) {
    if (shapes[i]->rank != 1) {
      return ctf_error(TF_INVALID_ARGUMENT, "In[%d] must be a vector.%s", i,
                       ctf_shape_print(ctf_tensor_shape(shapes[i])).text);
    }
  }
  ctf_broadcast_pair* pair = out_pair;
  *pair = (ctf_broadcast_pair){.shapes = {a, b}, .same = a->num_elements == b->num_elements};
  pair->rank = a->num_elements > b->num_elements ? a->num_elements : b->num_elements;
  for (int64_t i = 0; i < pair->rank && pair->same; ++i) {
    pair->same = ctf_broadcast_dim(pair, 0, i) == ctf_broadcast_dim(pair, 1, i);
  }
  return NULL;
}

int64_t ctf_broadcast_dim(const ctf_broadcast_pair* pair, int operand, int64_t axis) {
  const ctf_tensor* shape = pair->shapes[operand];
  const int64_t at = axis - (pair->rank - shape->num_elements);
  int64_t dim = 1;
  if (at >= 0 && !ctf_tensor_get_int(shape, at, &dim)) CTF_ASSERT(false);  // the interface allows integers alone
  return dim;
}

bool ctf_broadcast_fits(const ctf_broadcast_pair* pair) {
  for (int64_t i = 0; i < pair->rank; ++i) {
    const int64_t a = ctf_broadcast_dim(pair, 0, i), b = ctf_broadcast_dim(pair, 1, i);
    if (a != b && a != 1 && b != 1) return false;
  }
  return true;
}

ctf_status ctf_broadcast_misfit(const ctf_broadcast_pair* pair) {
  return ctf_error(TF_INVALID_ARGUMENT, "Incompatible shapes: [%s] vs. [%s]",
                   ctf_shape_print_values(pair->shapes[0], ',').text,
                   ctf_shape_print_values(pair->shapes[1], ',').text);
}

bool ctf_broadcast_reduces(const ctf_broadcast_pair* pair, int operand, int64_t axis) {
  return !pair->same && ctf_broadcast_dim(pair, operand, axis) == 1;
}

// ---- shape functions

static ctf_status broadcast_to_shape(ctf_shape_ctx* c) {
  const ctf_shape in = c->inputs[0];
  ctf_shape out;
  CTF_TRY(ctf_shape_with_rank(c->inputs[1], 1));
  CTF_TRY(ctf_shape_from_value(c, 1, &out));
  c->outputs[0] = out;
  if (in.rank < 0 || out.rank < 0) return NULL;
  CTF_TRY(ctf_shape_with_rank_at_most(in, out.rank));
  int64_t* dims;
  CTF_TRY(ctf_alloc_array(c->scratch, &dims, (size_t)out.rank));
  for (int i = 0; i < out.rank; ++i) dims[i] = out.dims[i];
  c->outputs[0].dims = dims;
  for (int i = 0; i < in.rank; ++i) {
    const int64_t from = in.dims[i], to = out.dims[out.rank - in.rank + i];
    if (c->building && from > 1 && to < 0) dims[out.rank - in.rank + i] = from;  // only 1 becomes more
    if (from < 0 || to < 0 || from == 1 || from == to) continue;
    return ctf_error(TF_INVALID_ARGUMENT, "Dimensions must be equal, but are %" PRId64 " and %" PRId64, from, to);
  }
  return NULL;
}

// While a graph is built -1 is a dimension that is not known; a run refuses to repeat less than never.
static ctf_status tile_shape(ctf_shape_ctx* c) {
  const ctf_shape in = c->inputs[0];
  const ctf_tensor* multiples = c->values[1];
  CTF_TRY(ctf_shape_with_rank(c->inputs[1], 1));
  const int64_t length = c->inputs[1].rank == 1 ? c->inputs[1].dims[0] : -1;
  if (length > CTF_MAX_RANK) {
    return ctf_error(TF_INVALID_ARGUMENT, "A tensor cannot have more than %d dimensions", CTF_MAX_RANK);
  }
  if (in.rank >= 0 && length >= 0 && length != in.rank) {
    return ctf_error(TF_INVALID_ARGUMENT, "Shape must be rank %d but is rank %" PRId64, in.rank, length);
  }
  if (length < 0 && in.rank < 0) return NULL;
  const int rank = length >= 0 ? (int)length : in.rank;
  if (multiples == NULL) return ctf_shape_set_unknown(c, 0, rank);
  int64_t dims[CTF_MAX_RANK];
  for (int i = 0; i < rank; ++i) {
    int64_t times = 0;
    if (!ctf_tensor_get_int(multiples, i, &times)) return ctf_error(TF_INVALID_ARGUMENT, "multiples must be integers");
    if (times < 0 && !(c->building && times == -1)) {
      return c->building ? ctf_error(TF_INVALID_ARGUMENT, "Invalid value in tensor used for shape: %" PRId64, times)
                         : ctf_error(TF_INVALID_ARGUMENT, "Expected multiples[%d] >= 0, but got %" PRId64, i, times);
    }
    dims[i] = ctf_shape_dim(in, i);
    if (times <= 0 && dims[i] != 0) dims[i] = times;
    if (dims[i] <= 0 || times <= 0 || !__builtin_mul_overflow(dims[i], times, &dims[i])) continue;
    return ctf_error(TF_INVALID_ARGUMENT,
                     "Negative dimension size caused by overflow when multiplying %" PRId64 " and %" PRId64,
                     ctf_shape_dim(in, i), times);
  }
  return ctf_shape_set(c, 0, rank, dims);
}

// A run takes a scalar for the vector that holds it, and a vector of one for the scalar in it, as old graphs have it.
static ctf_status fill_shape(ctf_shape_ctx* c) {
  ctf_shape out;
  int64_t dim = -1;
  bool known = false;
  if (c->inputs[0].rank > 1 || c->building) CTF_TRY(ctf_shape_with_rank(c->inputs[0], 1));
  if (c->building) CTF_TRY(ctf_shape_with_rank(c->inputs[1], 0));
  if (c->inputs[1].rank > 0 && ctf_shape_known(c->inputs[1])) {
    int64_t count = 0;
    if (!ctf_shape_num_elements(c->inputs[1], &count) || count != 1) {
      return ctf_shape_with_rank(c->inputs[1], 0);
    }
  }
  if (c->inputs[0].rank == 0) {
    CTF_TRY(ctf_shape_scalar_value(c, 0, &known, &dim));
    if (known && dim < 0) return ctf_error(TF_INVALID_ARGUMENT, "Fill dimensions must be >= 0");
    return ctf_shape_set(c, 0, 1, &dim);
  }
  CTF_TRY(ctf_shape_from_value(c, 0, &out));
  for (int i = 0; c->values[0] != NULL && i < out.rank; ++i) {
    if (out.dims[i] < 0) return ctf_error(TF_INVALID_ARGUMENT, "Fill dimensions must be >= 0");
  }
  c->outputs[0] = out;
  return NULL;
}

static ctf_status broadcast_args_shape(ctf_shape_ctx* c) {
  CTF_TRY(ctf_shape_with_rank(c->inputs[0], 1));
  CTF_TRY(ctf_shape_with_rank(c->inputs[1], 1));
  const int64_t a = ctf_shape_dim(c->inputs[0], 0), b = ctf_shape_dim(c->inputs[1], 0);
  const int64_t rank = a < 0 || b < 0 ? -1 : a > b ? a : b;
  return ctf_shape_set(c, 0, 1, &rank);
}

// Shapes that do not fit are the kernel's business, as in TensorFlow, which does not look at the values before.
static ctf_status gradient_args_shape(ctf_shape_ctx* c) {
  CTF_TRY(ctf_shape_with_rank(c->inputs[0], 1));
  CTF_TRY(ctf_shape_with_rank(c->inputs[1], 1));
  int64_t count[2] = {-1, -1};
  if (c->values[0] != NULL && c->values[1] != NULL && !c->building) {
    ctf_broadcast_pair pair;
    CTF_TRY(ctf_broadcast_pair_make(c->values[0], c->values[1], &pair));
    for (int operand = 0; operand < 2; ++operand) {
      count[operand] = 0;
      for (int64_t i = 0; i < pair.rank; ++i) count[operand] += ctf_broadcast_reduces(&pair, operand, i);
    }
  }
  CTF_TRY(ctf_shape_set(c, 0, 1, &count[0]));
  return ctf_shape_set(c, 1, 1, &count[1]);
}

// ---- gradients

static void broadcast_to_gradient(ctf_grad_ctx* g) {
  g->dx[0] = g_unbroadcast(g, g->dy[0], g->inputs[0], g->outputs[0]);
  g->dx[1] = g_none();
}

static void fill_gradient(ctf_grad_ctx* g) {
  const ctf_grad_tensor zero = g->vtable->ints(g, -1, &(int32_t){0}), one = g->vtable->ints(g, -1, &(int32_t){1});
  g->dx[0] = g_none();
  g->dx[1] = g_binary(g, "Sum", g->dy[0], g_ternary(g, "Range", zero, g_unary(g, "Rank", g->dy[0]), one));
}

// dy with the repetitions as dimensions of their own, [times, size, times, size ...], over which it is summed.
static void tile_gradient(ctf_grad_ctx* g) {
  const ctf_named_attr type = {{"out_type", 8}, {.kind = CTF_ATTR_TYPE, .type = g_attr_type(g, "Tmultiples")}};
  const ctf_named_attr columns[2] = {{{"N", 1}, {.kind = CTF_ATTR_INT, .i = 2}},
                                     {{"axis", 4}, {.kind = CTF_ATTR_INT, .i = 1}}};
  const ctf_grad_tensor shape = g->vtable->op(g, "Shape", 1, &g->inputs[0], 1, &type);
  const ctf_grad_tensor sides[2] = {g->inputs[1], shape};
  const ctf_grad_tensor pairs = g->vtable->op(g, "Pack", 2, sides, 2, columns);
  const ctf_grad_tensor split = g_binary(g, "Reshape", pairs, g->vtable->ints(g, 1, &(int32_t){-1}));
  const ctf_grad_tensor zero = g->vtable->ints(g, -1, &(int32_t){0}), two = g->vtable->ints(g, -1, &(int32_t){2});
  const ctf_grad_tensor axes = g_ternary(g, "Range", zero, g_unary(g, "Size", split), two);
  const ctf_grad_tensor sum = g_binary(g, "Sum", g_binary(g, "Reshape", g->dy[0], split), axes);
  g->dx[0] = g_binary(g, "Reshape", sum, shape);
  g->dx[1] = g_none();
}

// clang-format off
static const ctf_op_def kOps[] = {
    {"BroadcastArgs", .shape = broadcast_args_shape},
    {"BroadcastGradientArgs", .shape = gradient_args_shape, .gradient = g_no_gradients,
     .value_inputs = CTF_INPUT(0) | CTF_INPUT(1)},
    {"BroadcastTo", .shape = broadcast_to_shape, .gradient = broadcast_to_gradient, .value_inputs = CTF_INPUT(1)},
    {"Fill", .shape = fill_shape, .gradient = fill_gradient, .value_inputs = CTF_INPUT(0)},
    {"Tile", .shape = tile_shape, .gradient = tile_gradient, .value_inputs = CTF_INPUT(1)},
};
// clang-format on
CTF_OP_FAMILY(broadcast, kOps);
