// ClipByValue: elements between two limits.
#include "ops/op.h"

// What the limits do not let through flows to the limit that was taken.
static void clip_gradient(ctf_grad_ctx* g) {
  const ctf_grad_tensor x = g->inputs[0], low = g->inputs[1], high = g->inputs[2], dy = g->dy[0];
  const ctf_grad_tensor zeros = g_unary(g, "ZerosLike", dy);
  const ctf_grad_tensor below = g_binary(g, "Less", x, low), above = g_binary(g, "Greater", x, high);
  const ctf_grad_tensor outside = g_binary(g, "LogicalOr", below, above);
  g->dx[0] = g_ternary(g, "SelectV2", outside, zeros, dy);
  g->dx[1] = g_unbroadcast(g, g_ternary(g, "SelectV2", below, dy, zeros), low, x);
  g->dx[2] = g_unbroadcast(g, g_ternary(g, "SelectV2", above, dy, zeros), high, x);
}

static const ctf_op_def kOps[] = {
    {"ClipByValue", .shape = ctf_shape_same_as_input, .gradient = clip_gradient},
};
CTF_OP_FAMILY(clip, kOps);
