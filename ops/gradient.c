// What gradients of several families share.
#include "ops/gradient.h"

const ctf_named_attr* g_attr(const ctf_grad_ctx* g, const char* name) {
  for (int i = 0; i < g->num_attrs; ++i) {
    if (ctf_bytes_equal(g->attrs[i].name, name)) return &g->attrs[i];
  }
  return NULL;
}

bool g_attr_bool(const ctf_grad_ctx* g, const char* name) {
  const ctf_named_attr* attr = g_attr(g, name);
  return attr != NULL && attr->value.kind == CTF_ATTR_BOOL && attr->value.b;
}

TF_DataType g_attr_type(const ctf_grad_ctx* g, const char* name) {
  for (int i = 0; i < g->num_attrs; ++i) {
    const ctf_named_attr* attr = &g->attrs[i];
    if (attr->value.kind == CTF_ATTR_TYPE && !attr->value.is_list && ctf_bytes_equal(attr->name, name)) {
      return attr->value.type;
    }
  }
  return (TF_DataType)0;
}

ctf_grad_tensor g_conj(ctf_grad_ctx* g, ctf_grad_tensor x) {
  return ctf_type_in(CTF_COMPLEXES, g_type(g)) ? g_unary(g, "Conj", x) : x;
}

ctf_grad_tensor g_cast(ctf_grad_ctx* g, ctf_grad_tensor x, TF_DataType dtype) {
  const ctf_named_attr attr = {{"DstT", 4}, {.kind = CTF_ATTR_TYPE, .type = dtype}};
  return g->vtable->op(g, "Cast", 1, &x, 1, &attr);
}

ctf_grad_tensor g_unbroadcast(ctf_grad_ctx* g, ctf_grad_tensor grad, ctf_grad_tensor x, ctf_grad_tensor other) {
  if (grad.id == 0) return grad;
  const ctf_grad_tensor shape = g_unary(g, "Shape", x);
  const ctf_grad_tensor axes = g_binary(g, "BroadcastGradientArgs", shape, g_unary(g, "Shape", other));
  return g_binary(g, "Reshape", g_binary(g, "Sum", grad, axes), shape);
}
