// What gradients of several families share.
#include "ops/gradient.h"

#include "runtime/memory.h"

// One op over what flows to the outputs, with `last` behind it unless its id is 0.
static ctf_grad_tensor join_dy(ctf_grad_ctx* g, const char* op, ctf_grad_tensor last, int num_attrs,
                               const ctf_named_attr* attrs) {
  ctf_grad_tensor* list = NULL;
  if (g->status == NULL) g->status = ctf_alloc_array(ctf_allocator_process(), &list, (size_t)g->num_outputs + 1);
  if (g->status != NULL) return g_none();
  for (int i = 0; i < g->num_outputs; ++i) {
    list[i] = g->dy[i].id != 0 ? g->dy[i] : g_unary(g, "ZerosLike", g->outputs[i]);
  }
  list[g->num_outputs] = last;
  const ctf_grad_tensor joined = g->vtable->op(g, op, g->num_outputs + (last.id != 0 ? 1 : 0), list, num_attrs, attrs);
  ctf_free(ctf_allocator_process(), list);
  return joined;
}

const ctf_named_attr* g_attr(const ctf_grad_ctx* g, const char* name) {
  for (int i = 0; i < g->num_attrs; ++i) {
    if (ctf_bytes_equal(g->attrs[i].name, name)) return &g->attrs[i];
  }
  return NULL;
}

ctf_grad_tensor g_op_like(ctf_grad_ctx* g, const char* op, int num_inputs, const ctf_grad_tensor* inputs,
                          const char* const* names) {
  ctf_named_attr attrs[8];
  int num_attrs = 0;
  for (; *names != NULL; ++names) {
    const ctf_named_attr* attr = g_attr(g, *names);
    CTF_ASSERT(num_attrs < (int)(sizeof(attrs) / sizeof(attrs[0])));
    if (attr != NULL) attrs[num_attrs++] = *attr;
  }
  return g->vtable->op(g, op, num_inputs, inputs, num_attrs, attrs);
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

void g_no_gradients(ctf_grad_ctx* g) {
  for (int i = 0; i < g->num_inputs; ++i) g->dx[i] = g_none();
}

ctf_grad_tensor g_pack_dy(ctf_grad_ctx* g, int64_t axis) {
  const ctf_named_attr attrs[2] = {{{"N", 1}, {.kind = CTF_ATTR_INT, .i = g->num_outputs}},
                                   {{"axis", 4}, {.kind = CTF_ATTR_INT, .i = axis}}};
  return join_dy(g, "Pack", g_none(), 2, attrs);
}

ctf_grad_tensor g_concat_dy(ctf_grad_ctx* g, ctf_grad_tensor axis) {
  const ctf_named_attr count = {{"N", 1}, {.kind = CTF_ATTR_INT, .i = g->num_outputs}};
  return join_dy(g, "ConcatV2", axis, 1, &count);
}
