// Cumsum and Cumprod: sums and products of all elements up to each one, along an axis.
#include "ops/cumulative.h"

#include <inttypes.h>

static const ctf_attr_field ctf_cumulative_attrs_fields[] = {CTF_FIELD(ctf_cumulative_attrs, exclusive),
                                                             CTF_FIELD(ctf_cumulative_attrs, reverse)};

ctf_status ctf_cumulative_geometry_make(ctf_shape x, const ctf_tensor* axis, ctf_cumulative_geometry* out_geometry) {
  int64_t at;
  if (axis->rank != 0 || !ctf_tensor_get_int(axis, 0, &at)) {
    return ctf_error(TF_INVALID_ARGUMENT, "ScanOp: axis must be a scalar, not %s",
                     ctf_shape_print(ctf_tensor_shape(axis)).text);
  }
  const int64_t place = at < 0 ? at + x.rank : at;
  if (place < 0 || place >= x.rank) {
    return ctf_error(TF_INVALID_ARGUMENT, "ScanOp: Expected scan axis in the range [%d, %d), but got %" PRId64, -x.rank,
                     x.rank, place);
  }
  ctf_cumulative_geometry g = {.outer = 1, .size = x.dims[place], .inner = 1};
  for (int i = 0; i < x.rank; ++i) {
    if (i != place) *(i < place ? &g.outer : &g.inner) *= x.dims[i];
  }
  *out_geometry = g;
  return NULL;
}

static ctf_grad_tensor scan(ctf_grad_ctx* g, const char* op, ctf_grad_tensor x, bool reverse) {
  const ctf_named_attr attrs[2] = {{{"exclusive", 9}, {.kind = CTF_ATTR_BOOL, .b = g_attr_bool(g, "exclusive")}},
                                   {{"reverse", 7}, {.kind = CTF_ATTR_BOOL, .b = reverse}}};
  const ctf_grad_tensor inputs[2] = {x, g->inputs[1]};
  return g->vtable->op(g, op, 2, inputs, 2, attrs);
}

static void cumsum_gradient(ctf_grad_ctx* g) {
  g->dx[0] = scan(g, "Cumsum", g->dy[0], !g_attr_bool(g, "reverse"));
  g->dx[1] = g_none();
}

static void cumprod_gradient(ctf_grad_ctx* g) {
  const bool reverse = g_attr_bool(g, "reverse");
  const ctf_grad_tensor products = scan(g, "Cumprod", g->inputs[0], reverse);
  g->dx[0] = g_binary(g, "DivNoNan", scan(g, "Cumsum", g_mul(g, products, g->dy[0]), !reverse), g->inputs[0]);
  g->dx[1] = g_none();
}

#define ROW(op_name, gradient_fn)                                                                \
  {                                                                                              \
    .name = op_name, .attrs = CTF_ATTRS(ctf_cumulative_attrs), .shape = ctf_shape_same_as_input, \
    .gradient = gradient_fn, .value_inputs = CTF_INPUT(1)                                        \
  }
static const ctf_op_def kOps[] = {
    ROW("Cumprod", cumprod_gradient),
    ROW("Cumsum", cumsum_gradient),
};
CTF_OP_FAMILY(cumulative, kOps);
