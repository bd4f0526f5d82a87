// Attribute values, decoded: what a node's attribute is once the file has been read and checked.
#ifndef CTF_GRAPHDEF_ATTR_H_
#define CTF_GRAPHDEF_ATTR_H_

#include "runtime/tensor.h"

typedef struct ctf_bytes {  // a view; not terminated unless its owner says so
  const char* data;
  size_t length;
} ctf_bytes;

typedef enum ctf_attr_kind {
  CTF_ATTR_NONE,  // not set; of a list: empty, so that its kind is not known
  CTF_ATTR_STRING,
  CTF_ATTR_INT,
  CTF_ATTR_FLOAT,
  CTF_ATTR_BOOL,
  CTF_ATTR_TYPE,
  CTF_ATTR_SHAPE,
  CTF_ATTR_TENSOR,
  CTF_ATTR_FUNC,
  CTF_ATTR_PLACEHOLDER,
} ctf_attr_kind;

typedef struct ctf_func_value ctf_func_value;

// Plain data over memory of whoever decoded it (usually the graph's scratch), except that each tensor is a counted
// reference which that owner releases.
typedef struct ctf_attr_value {
  ctf_attr_kind kind;
  bool is_list;
  size_t count;  // of a list's elements
  union {
    ctf_bytes s;  // also the name of a CTF_ATTR_PLACEHOLDER
    int64_t i;
    float f;
    bool b;
    TF_DataType type;  // may be a reference type (base + CTF_DTYPE_REF)
    ctf_shape shape;
    TF_Tensor* tensor;
    const ctf_func_value* func;
    const ctf_bytes* strings;  // lists from here on
    const int64_t* ints;
    const float* floats;
    const bool* bools;
    const TF_DataType* types;
    const ctf_shape* shapes;
    TF_Tensor* const* tensors;
    const ctf_func_value* const* funcs;
  };
} ctf_attr_value;

typedef struct ctf_named_attr {
  ctf_bytes name;  // terminated
  ctf_attr_value value;
} ctf_named_attr;

struct ctf_func_value {
  ctf_bytes name;  // terminated
  size_t num_attrs;
  const ctf_named_attr* attrs;
};

const char* ctf_attr_kind_name(ctf_attr_kind kind);  // "int", "type": as in op definitions

bool ctf_bytes_equal(ctf_bytes a, const char* text);

// Releases the tensors that a value refers to; the rest is the allocator's.
void ctf_attr_value_release(const ctf_attr_value* value);
// A deep copy into `alloc`, tensors by reference.
CTF_MUST_USE ctf_status ctf_attr_value_copy(const ctf_attr_value* value, ctf_allocator* alloc,
                                            ctf_attr_value* out_value);
bool ctf_attr_value_equal(const ctf_attr_value* a, const ctf_attr_value* b);

#endif  // CTF_GRAPHDEF_ATTR_H_
