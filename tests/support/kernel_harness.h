// Calls one kernel without an engine: attributes from the interface's defaults, shapes from the op's shape function,
// every tensor in pages of its own so that a read past its end faults.
#ifndef CTF_TESTS_SUPPORT_KERNEL_HARNESS_H_
#define CTF_TESTS_SUPPORT_KERNEL_HARNESS_H_

#include "ops/registry.h"

#define HARNESS_MAX_TENSORS 12

// A tensor that owns its memory. Its last byte is the last of a page, as far as alignment allows; the page after it
// cannot be touched. Guard bytes stand before it and, where there is room, behind it.
typedef struct harness_tensor {
  ctf_tensor view;  // dims point to own_dims
  int64_t own_dims[8];
  void* pages;
  size_t pages_bytes;
} harness_tensor;

// `offset`: the data starts so many bytes past a multiple of the element's size; HARNESS_ALIGNED: it is aligned as the
// engine aligns tensors. All bytes are zero. Payloads of strings are charged to the process: use ctf_tensor_put_string.
#define HARNESS_ALIGNED SIZE_MAX
void harness_tensor_init(harness_tensor* t, TF_DataType dtype, int rank, const int64_t* dims, size_t offset);
void harness_tensor_deinit(harness_tensor* t);
bool harness_tensor_intact(const harness_tensor* t);  // nobody wrote beside it

typedef struct harness_call {
  const char* op;
  ctf_isa isa;                    // of the kernels; at most ctf_isa_best()
  const ctf_kernel_table* table;  // where the kernel is instead, if not NULL
  int num_inputs;
  const ctf_tensor* inputs[HARNESS_MAX_TENSORS];
  int num_attrs;
  const ctf_named_attr* attrs;  // what neither follows from the inputs nor has the default
  bool in_place;                // output 0 is the bytes of an input, whose kernel says that it may
  int in_place_input;           // of which
  void* state;                  // what the kernel keeps from call to call; NULL: it starts from zeros
  // set by the call
  int num_outputs;
  harness_tensor outputs[HARNESS_MAX_TENSORS];
  const ctf_kernel_def* kernel;
} harness_call;

// Runs it; an op that is a view gives the bytes of its input. On failure there is nothing to free. UNIMPLEMENTED: no
// kernel for these types.
CTF_MUST_USE ctf_status harness_run(harness_call* call);
void harness_release(harness_call* call);

// Only the shape function, with no value known and these shapes in place of the inputs' own. Gives output 0 as text.
CTF_MUST_USE ctf_status harness_shape(harness_call* call, const ctf_shape* known, ctf_shape_text* out_text);

#endif  // CTF_TESTS_SUPPORT_KERNEL_HARNESS_H_
