// An operation while it is described: shared by the files that build it (build.c, build_attr.c).
#ifndef CTF_ENGINE_API_BUILD_H_
#define CTF_ENGINE_API_BUILD_H_

#include "engine/api/api.h"

// One thread at a time.
struct TF_OperationDescription {
  TF_Graph* graph;         // counted
  ctf_allocator* scratch;  // texts and values
  ctf_status failure;      // the first thing that went wrong; TF_FinishOperation reports it
  ctf_bytes name;
  ctf_bytes op;
  ctf_bytes device;
  const ctf_op_interface* interface;  // NULL: there is no such op, which is the failure
  int next_arg;                       // of interface->inputs
  size_t num_attrs;
  size_t attr_capacity;
  ctf_named_attr* attrs;  // arrays are from the graph's allocator, since they grow
  size_t num_inputs;
  size_t input_capacity;
  ctf_edge* inputs;
  size_t type_capacity;
  TF_DataType* types;  // parallel to inputs
  size_t num_controls;
  size_t control_capacity;
  uint32_t* controls;
  size_t num_colocations;
  size_t colocation_capacity;
  ctf_bytes* colocations;  // "loc:@node"
};

// Keeps the failure if it is the first, else drops it. OK changes nothing.
void ctf_build_fail(TF_OperationDescription* desc, ctf_status status);

// Takes the value, whose tensors become the description's, also when this fails. An attribute that has another value
// already is an error.
void ctf_build_put_attr(TF_OperationDescription* desc, const char* name, const ctf_attr_value* value);

CTF_MUST_USE ctf_status ctf_build_copy_bytes(TF_OperationDescription* desc, const void* data, size_t length,
                                             ctf_bytes* out_bytes);

#endif  // CTF_ENGINE_API_BUILD_H_
