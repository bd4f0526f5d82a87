// L2Loss: half the sum of the squares.
#include "ops/op.h"

static void l2_loss_gradient(ctf_grad_ctx* g) { g->dx[0] = g_mul(g, g->inputs[0], g->dy[0]); }

static const ctf_op_def kOps[] = {
    {"L2Loss", .shape = ctf_shape_scalar, .gradient = l2_loss_gradient},
};
CTF_OP_FAMILY(l2_loss, kOps);
