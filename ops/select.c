// Select and SelectV2: elements of one tensor or of another.
#include "ops/select.h"

void ctf_select_geometry_make(const ctf_shape* inputs, ctf_shape output, bool leading,
                              ctf_select_geometry* out_geometry) {
  ctf_select_geometry* g = out_geometry;
  int64_t next[CTF_SELECT_INPUTS] = {1, 1, 1};  // elements of an input inside the dimension that comes
  // From the innermost dimension outwards; turned round at the end.
  g->rank = 0;
  for (int i = output.rank - 1; i >= 0; --i) {
    int64_t stride[CTF_SELECT_INPUTS];
    bool same_run = g->rank > 0;
    if (output.dims[i] == 1) continue;
    for (int j = 0; j < CTF_SELECT_INPUTS; ++j) {
      const int at = leading && j == 0 ? i : i - (output.rank - inputs[j].rank);
      const bool moves = at >= 0 && at < inputs[j].rank && inputs[j].dims[at] != 1;
      stride[j] = moves ? next[j] : 0;
      if (moves) next[j] *= output.dims[i];
      if (same_run) same_run = stride[j] == g->stride[j][g->rank - 1] * g->size[g->rank - 1];
    }
    if (same_run) {
      g->size[g->rank - 1] *= output.dims[i];
      continue;
    }
    for (int j = 0; j < CTF_SELECT_INPUTS; ++j) g->stride[j][g->rank] = stride[j];
    g->size[g->rank++] = output.dims[i];
  }
  if (g->rank == 0) {
    for (int j = 0; j < CTF_SELECT_INPUTS; ++j) g->stride[j][0] = 0;
    g->size[g->rank++] = 1;
  }
  for (int a = 0, b = g->rank - 1; a < b; ++a, --b) {
    int64_t swap = g->size[a];
    g->size[a] = g->size[b];
    g->size[b] = swap;
    for (int j = 0; j < CTF_SELECT_INPUTS; ++j) {
      swap = g->stride[j][a];
      g->stride[j][a] = g->stride[j][b];
      g->stride[j][b] = swap;
    }
  }
}

// The condition is a scalar, has the shape of the others, or is a vector as long as their first dimension.
static ctf_status select_shape(ctf_shape_ctx* c) {
  const ctf_shape condition = c->inputs[0];
  ctf_shape data, merged;
  CTF_TRY(ctf_shape_merge(c, c->inputs[1], c->inputs[2], &data));
  c->outputs[0] = data;
  if (condition.rank < 0 || condition.rank == 0 || data.rank < 0) return NULL;
  if (condition.rank != 1) return ctf_shape_merge(c, data, condition, &c->outputs[0]);
  if (data.rank == 0) return ctf_shape_merge(c, data, condition, &merged);  // an error: the ranks differ
  return ctf_shape_merge(c, condition, (ctf_shape){1, data.dims}, &merged);
}

static ctf_status select_v2_shape(ctf_shape_ctx* c) {
  ctf_shape data;
  CTF_TRY(ctf_shape_broadcast(c, c->inputs[1], c->inputs[2], &data));
  return ctf_shape_broadcast(c, c->inputs[0], data, &c->outputs[0]);
}

static void select_gradient(ctf_grad_ctx* g) {
  const ctf_grad_tensor zeros = g_unary(g, "ZerosLike", g->inputs[1]);
  g->dx[0] = g_none();
  g->dx[1] = g_ternary(g, "Select", g->inputs[0], g->dy[0], zeros);
  g->dx[2] = g_ternary(g, "Select", g->inputs[0], zeros, g->dy[0]);
}

static void select_v2_gradient(ctf_grad_ctx* g) {
  const ctf_grad_tensor y = g->outputs[0], zeros = g_unary(g, "ZerosLike", g->dy[0]);
  g->dx[0] = g_none();
  g->dx[1] = g_unbroadcast(g, g_ternary(g, "SelectV2", g->inputs[0], g->dy[0], zeros), g->inputs[1], y);
  g->dx[2] = g_unbroadcast(g, g_ternary(g, "SelectV2", g->inputs[0], zeros, g->dy[0]), g->inputs[2], y);
}

static const ctf_op_def kOps[] = {
    {"Select", .shape = select_shape, .gradient = select_gradient},
    {"SelectV2", .shape = select_v2_shape, .gradient = select_v2_gradient},
};
CTF_OP_FAMILY(select, kOps);
