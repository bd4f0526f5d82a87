// What is true of an op on any device: its attributes, its shape function, its gradient.
//
// Interfaces (arguments, attributes, defaults) are never typed in: they come from graphdef/op_table.h by the op's name.
#ifndef CTF_OPS_OP_H_
#define CTF_OPS_OP_H_

#include <stddef.h>

#include "graphdef/op_table.h"
#include "ops/gradient.h"

// ---- attributes, decoded once at plan time into the family's own struct

typedef struct ctf_attr_field {
  const char* name;  // of the attribute, and of the struct's member
  size_t offset;
  size_t bytes;
} ctf_attr_field;

typedef struct ctf_attrs_decl {
  size_t bytes;  // of the struct; 0: the family reads no attributes
  const ctf_attr_field* fields;
  size_t num_fields;
} ctf_attrs_decl;

// A member is int64_t, float, bool, TF_DataType, ctf_bytes, ctf_shape or TF_Tensor* as the attribute is an int, float,
// bool, type, string, shape or tensor, and ctf_attr_value for every list and for functions. For
//     typedef struct reduce_attrs { bool keep_dims; } reduce_attrs;
// the family writes
//     static const ctf_attr_field reduce_attrs_fields[] = {CTF_FIELD(reduce_attrs, keep_dims)};
// and its rows say .attrs = CTF_ATTRS(reduce_attrs). An op that lacks one of the attributes gets zeros for it.
#define CTF_FIELD(type, member) \
  { #member, offsetof(type, member), sizeof(((type*)0)->member) }
#define CTF_ATTRS(type) \
  { sizeof(type), type##_fields, sizeof(type##_fields) / sizeof(type##_fields[0]) }

// ---- shapes

// One thread at a time. Everything it points to lives for the call; what is allocated from `scratch` lives as long as
// the shapes that are set.
typedef struct ctf_shape_ctx {
  const ctf_op_interface* op;
  const void* attrs;  // the family's struct
  int num_inputs;     // tensors, lists flattened
  const ctf_shape* inputs;
  const TF_DataType* input_types;
  const ctf_tensor* const* values;  // of inputs whose value is known; else NULL. Only of those in value_inputs.
  const ctf_shape* value_shapes;    // of inputs whose value is a shape and known in part; NULL, or unknown rank: not
  int num_outputs;
  ctf_shape* outputs;  // set by the shape function; unknown before
  const TF_DataType* output_types;
  ctf_allocator* scratch;
  bool building;  // a graph is being built: values that TensorFlow judges only when the op runs are let through
} ctf_shape_ctx;

typedef ctf_status (*ctf_shape_fn)(ctf_shape_ctx* c);

// Whether an output's elements lie side by side in an input, and from which element on. All shapes are known and fit
// each other; a value that is not is NULL.
typedef struct ctf_part_query {
  const void* attrs;
  int num_inputs, num_outputs;
  const ctf_shape* inputs;
  const ctf_tensor* const* values;
  const ctf_shape* outputs;
  int output;
} ctf_part_query;
typedef bool (*ctf_part_fn)(const ctf_part_query* q, int* out_input, int64_t* out_first);

// Of a block that begins at `begin` in each dimension, with `count` elements each: the first, where they are side by
// side.
bool ctf_shape_block(ctf_shape whole, const int64_t* begin, const int64_t* count, int64_t* out_first);

// Helpers for shape functions. Errors are INVALID_ARGUMENT with TensorFlow's words where programs match them
// ("Shape must be rank 2 but is rank 1", "Dimensions must be equal, but are 2 and 3").
static inline ctf_shape ctf_shape_in(const ctf_shape_ctx* c, int i) { return c->inputs[i]; }
int64_t ctf_shape_dim(ctf_shape shape, int axis);  // negative axes from the end; -1: not known (also for unknown rank)
CTF_MUST_USE ctf_status ctf_shape_set(ctf_shape_ctx* c, int output, int rank, const int64_t* dims);  // copies the dims
void ctf_shape_copy(ctf_shape_ctx* c, int output, int input);  // the output has the input's shape
CTF_MUST_USE ctf_status ctf_shape_set_unknown(ctf_shape_ctx* c, int output, int rank);  // rank known, dims not
CTF_MUST_USE ctf_status ctf_shape_with_rank(ctf_shape shape, int rank);
CTF_MUST_USE ctf_status ctf_shape_with_rank_at_least(ctf_shape shape, int rank);
CTF_MUST_USE ctf_status ctf_shape_with_rank_at_most(ctf_shape shape, int rank);
// Known where either is; an error where they differ.
CTF_MUST_USE ctf_status ctf_shape_merge(ctf_shape_ctx* c, ctf_shape a, ctf_shape b, ctf_shape* out_shape);
CTF_MUST_USE ctf_status ctf_dim_merge(int64_t a, int64_t b, int64_t* out_dim);
CTF_MUST_USE ctf_status ctf_shape_broadcast(ctf_shape_ctx* c, ctf_shape a, ctf_shape b, ctf_shape* out_shape);
// A shape from the value of a rank-1 integer input (-1: unknown dimension), or unknown when the value is not known.
CTF_MUST_USE ctf_status ctf_shape_from_value(ctf_shape_ctx* c, int input, ctf_shape* out_shape);
// The value of an input that holds one integer; false in *out_known when it is not known.
CTF_MUST_USE ctf_status ctf_shape_scalar_value(const ctf_shape_ctx* c, int input, bool* out_known, int64_t* out_value);

// The integers of a tensor for messages, "2,3". Cut at the size of the text.
ctf_shape_text ctf_shape_print_values(const ctf_tensor* values, char separator);

CTF_MUST_USE ctf_status ctf_shape_same_as_input(ctf_shape_ctx* c);     // every output has the shape of input 0
CTF_MUST_USE ctf_status ctf_shape_broadcast_inputs(ctf_shape_ctx* c);  // of two inputs, to output 0
CTF_MUST_USE ctf_status ctf_shape_scalar(ctf_shape_ctx* c);            // output 0 is a scalar
CTF_MUST_USE ctf_status ctf_shape_none(ctf_shape_ctx* c);              // no outputs, nothing to check

// ---- definitions

enum {
  CTF_OP_SIZE_FROM_DATA = 1 << 0,  // output shapes come from the data: kernels ask with ctf_out_reserve
  CTF_OP_VIEW = 1 << 1,         // output i is the bytes of input i under another shape: takes no memory, runs nothing
  CTF_OP_SHAPE_ONLY = 1 << 2,   // reads only the shapes of its inputs, never their bytes
  CTF_OP_HOST = 1 << 3,         // runs on the CPU wherever its inputs are (with SHAPE_ONLY: without copying them)
  CTF_OP_GIVEN = 1 << 4,        // nothing runs: the plan holds its value (Const), or it is fed (Placeholder)
  CTF_OP_LAST_VALUE = 1 << 5,   // the last input is a value input, wherever that is (behind a list of tensors)
  CTF_OP_READS_FILES = 1 << 6,  // a later run may give another value: never computed before the run
};

typedef struct ctf_op_def {
  const char* name;
  ctf_attrs_decl attrs;
  ctf_shape_fn shape;
  ctf_gradient_fn gradient;  // NULL: none, as in TensorFlow
  uint32_t flags;
  ctf_part_fn part;       // NULL: outputs are elements of their own
  uint64_t value_inputs;  // bit i: the value of input i is read on the host by the shape function or the kernel, on
                          // every device (axes, shapes, paddings). Bit 63: that of every input from 63 on.
} ctf_op_def;
#define CTF_INPUT(i) (UINT64_C(1) << (i))

// The value of this input is read on the host.
static inline bool ctf_op_reads_value(const ctf_op_def* def, int input, int num_inputs) {
  if ((def->flags & CTF_OP_LAST_VALUE) && input == num_inputs - 1) return true;
  return (def->value_inputs >> (input < 63 ? input : 63)) & 1;
}

typedef struct ctf_op_family_ops {
  const char* family;
  size_t count;
  const ctf_op_def* ops;
} ctf_op_family_ops;

// At the end of ops/<family>.c: what the generated registry lists.
#define CTF_OP_FAMILY(name, table)               \
  extern const ctf_op_family_ops ctf_ops_##name; \
  const ctf_op_family_ops ctf_ops_##name = {#name, sizeof(table) / sizeof((table)[0]), table}

#endif  // CTF_OPS_OP_H_
