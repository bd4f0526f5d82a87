// Gradients, written as nodes: the same function serves gradients added to a graph and those of a tape.
#ifndef CTF_OPS_GRADIENT_H_
#define CTF_OPS_GRADIENT_H_

#include "graphdef/attr.h"

// A tensor of whatever is being built: a node's output, or an eager tensor. 0: no gradient.
typedef struct ctf_grad_tensor {
  uint64_t id;
} ctf_grad_tensor;

typedef struct ctf_grad_ctx ctf_grad_ctx;

// Builds one op; what is not set takes the interface's default, type attributes follow the inputs.
typedef struct ctf_grad_builder_vtable {
  ctf_grad_tensor (*op)(ctf_grad_ctx* g, const char* op, int num_inputs, const ctf_grad_tensor* inputs, int num_attrs,
                        const ctf_named_attr* attrs);
  ctf_grad_tensor (*scalar)(ctf_grad_ctx* g, double value, ctf_grad_tensor like);  // of the type of `like`
  ctf_grad_tensor (*ints)(ctf_grad_ctx* g, int count, const int32_t* values);      // rank 1; a scalar when count is -1
  ctf_grad_tensor (*output)(ctf_grad_ctx* g, ctf_grad_tensor first, int index);  // of the op whose output 0 is `first`
} ctf_grad_builder_vtable;

// One forward op whose gradient is asked for. After a failure every builder returns id 0 and `status` is kept.
struct ctf_grad_ctx {
  const ctf_grad_builder_vtable* vtable;
  int num_inputs;
  const ctf_grad_tensor* inputs;  // x
  int num_outputs;
  const ctf_grad_tensor* outputs;  // y
  const ctf_grad_tensor* dy;       // one for each output
  ctf_grad_tensor* dx;             // one for each input; set by the gradient function
  int num_attrs;
  const ctf_named_attr* attrs;  // of the forward op
  ctf_status status;
};

typedef void (*ctf_gradient_fn)(ctf_grad_ctx* g);

static inline ctf_grad_tensor g_unary(ctf_grad_ctx* g, const char* op, ctf_grad_tensor x) {
  return g->vtable->op(g, op, 1, &x, 0, NULL);
}
static inline ctf_grad_tensor g_binary(ctf_grad_ctx* g, const char* op, ctf_grad_tensor a, ctf_grad_tensor b) {
  const ctf_grad_tensor inputs[2] = {a, b};
  return g->vtable->op(g, op, 2, inputs, 0, NULL);
}
static inline ctf_grad_tensor g_ternary(ctf_grad_ctx* g, const char* op, ctf_grad_tensor a, ctf_grad_tensor b,
                                        ctf_grad_tensor c) {
  const ctf_grad_tensor inputs[3] = {a, b, c};
  return g->vtable->op(g, op, 3, inputs, 0, NULL);
}
static inline ctf_grad_tensor g_scalar(ctf_grad_ctx* g, double value, ctf_grad_tensor like) {
  return g->vtable->scalar(g, value, like);
}
static inline ctf_grad_tensor g_neg(ctf_grad_ctx* g, ctf_grad_tensor x) { return g_unary(g, "Neg", x); }
static inline ctf_grad_tensor g_add(ctf_grad_ctx* g, ctf_grad_tensor a, ctf_grad_tensor b) {
  return g_binary(g, "AddV2", a, b);
}
static inline ctf_grad_tensor g_sub(ctf_grad_ctx* g, ctf_grad_tensor a, ctf_grad_tensor b) {
  return g_binary(g, "Sub", a, b);
}
static inline ctf_grad_tensor g_mul(ctf_grad_ctx* g, ctf_grad_tensor a, ctf_grad_tensor b) {
  return g_binary(g, "Mul", a, b);
}
static inline ctf_grad_tensor g_div(ctf_grad_ctx* g, ctf_grad_tensor a, ctf_grad_tensor b) {
  return g_binary(g, "RealDiv", a, b);
}
// No gradient flows to this input: TensorFlow says so too ("not differentiable", or a gradient function that gives
// None).
static inline ctf_grad_tensor g_none(void) { return (ctf_grad_tensor){0}; }
// A gradient function: none flows to any input.
void g_no_gradients(ctf_grad_ctx* g);
// What flows to the outputs, joined by an op over a list of tensors (zeros where nothing flows): Pack along the axis,
// or ConcatV2 with the axis as its last input.
ctf_grad_tensor g_pack_dy(ctf_grad_ctx* g, int64_t axis);
ctf_grad_tensor g_concat_dy(ctf_grad_ctx* g, ctf_grad_tensor axis);
// The forward op's attribute of this name; NULL when it has none.
const ctf_named_attr* g_attr(const ctf_grad_ctx* g, const char* name);
// One op with those attributes of the forward op that the names, which NULL ends, say and it has.
ctf_grad_tensor g_op_like(ctf_grad_ctx* g, const char* op, int num_inputs, const ctf_grad_tensor* inputs,
                          const char* const* names);
bool g_attr_bool(const ctf_grad_ctx* g, const char* name);  // false when it has none
// A type attribute of the forward op; 0 when it has none.
TF_DataType g_attr_type(const ctf_grad_ctx* g, const char* name);
static inline TF_DataType g_type(const ctf_grad_ctx* g) { return g_attr_type(g, "T"); }
// The conjugate where the forward op works on complex numbers, else x itself.
ctf_grad_tensor g_conj(ctf_grad_ctx* g, ctf_grad_tensor x);
ctf_grad_tensor g_cast(ctf_grad_ctx* g, ctf_grad_tensor x, TF_DataType dtype);
// The sum of `grad` over the axes along which `x` was broadcast against `other`, in the shape of x.
ctf_grad_tensor g_unbroadcast(ctf_grad_ctx* g, ctf_grad_tensor grad, ctf_grad_tensor x, ctf_grad_tensor other);

#endif  // CTF_OPS_GRADIENT_H_
