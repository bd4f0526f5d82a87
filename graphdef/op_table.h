// The interface of every TensorFlow op: a table generated at build time from graphdef/ops.pbtxt.
#ifndef CTF_GRAPHDEF_OP_TABLE_H_
#define CTF_GRAPHDEF_OP_TABLE_H_

#include "graphdef/attr.h"

typedef struct ctf_arg_info {
  const char* name;
  TF_DataType type;            // fixed type, or 0 when an attribute gives it
  const char* type_attr;       // NULL, or the name of a type attribute
  const char* number_attr;     // NULL, or the name of an int attribute: so many tensors of one type
  const char* type_list_attr;  // NULL, or the name of a list(type) attribute: one tensor for each
  bool is_ref;
} ctf_arg_info;

typedef struct ctf_attr_info {
  const char* name;
  ctf_attr_kind kind;
  bool is_list;
  bool has_minimum;
  int64_t minimum;                      // of an int's value, of a list's length
  const ctf_attr_value* default_value;  // NULL: the node must give it
  ctf_type_set allowed_types;           // of type and list(type); CTF_ANY_TYPE when not restricted
  size_t num_allowed_types;             // 0 when not restricted
  const uint8_t* allowed_type_order;    // the same types as the definition lists them: messages keep that order
  size_t num_allowed_strings;           // of string and list(string); 0 when not restricted
  const char* const* allowed_strings;
} ctf_attr_info;

// Immutable; lives as long as the process.
typedef struct ctf_op_interface {
  const char* name;
  int num_inputs;  // arguments, each of which may be several tensors
  const ctf_arg_info* inputs;
  int num_outputs;
  const ctf_arg_info* outputs;
  int num_attrs;
  const ctf_attr_info* attrs;
  int num_control_outputs;
  bool is_stateful;
  bool is_commutative;
  bool is_aggregate;
  bool allows_uninitialized_input;
  bool is_distributed_communication;
  int deprecated_since;     // GraphDef version; 0: not deprecated
  const char* deprecation;  // what to use instead; NULL: not deprecated
} ctf_op_interface;

const ctf_op_interface* ctf_op_interface_find(const char* name, size_t length);  // NULL when there is none
size_t ctf_op_interface_count(void);
const ctf_op_interface* ctf_op_interface_at(size_t index);                               // in the order of their names
int ctf_op_interface_attr(const ctf_op_interface* op, const char* name, size_t length);  // its index, or -1

// Adds the interface of an op that a program registers. It lives as long as the process: it is found from then on, and
// never taken back. False when there is an op of this name.
typedef struct ctf_added_op ctf_added_op;
struct ctf_added_op {
  ctf_op_interface interface;
  const ctf_added_op* next;  // added before
};
bool ctf_op_interface_add(ctf_added_op* op);
const ctf_added_op* ctf_op_interface_last_added(void);  // NULL: none
// The number of an op of the generated table; SIZE_MAX for one that was added.
size_t ctf_op_interface_number(const ctf_op_interface* op);

// A serialised OpDef.
CTF_MUST_USE ctf_status ctf_op_def_write(const ctf_op_interface* op, ctf_allocator* alloc, ctf_bytes* out_bytes);
// A serialised OpList: every op, in the order of the names, or those given.
CTF_MUST_USE ctf_status ctf_op_list_write_all(ctf_allocator* alloc, ctf_bytes* out_bytes);
CTF_MUST_USE ctf_status ctf_op_list_write(const ctf_op_interface* const* ops, size_t num_ops, ctf_allocator* alloc,
                                          ctf_bytes* out_bytes);

// A row of a serialised KernelList.
typedef struct ctf_kernel_row {
  const char* op;
  const char* device_type;
  size_t num_constraints;
  const char* attrs[3];  // type attributes
  ctf_type_set types[3];
  int32_t priority;
} ctf_kernel_row;
CTF_MUST_USE ctf_status ctf_kernel_list_write(const ctf_kernel_row* rows, size_t num_rows, ctf_allocator* alloc,
                                              ctf_bytes* out_bytes);

// The interface as TensorFlow's messages show it: "Op<name=Cast; signature=x:SrcT -> y:DstT; attr=SrcT:type; ...>".
// Writes at most `size` bytes, terminated, and returns the length of the whole text, as snprintf does.
size_t ctf_op_interface_describe(const ctf_op_interface* op, char* out_text, size_t size);

#endif  // CTF_GRAPHDEF_OP_TABLE_H_
