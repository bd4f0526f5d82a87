// Kernels: functions over tensors, with a table row each. A kernel sees tensors, decoded attributes, a stream and its
// workspace; it never allocates and knows no graph and no session.
#ifndef CTF_OPS_KERNEL_H_
#define CTF_OPS_KERNEL_H_

#include "ops/op.h"
#include "runtime/cancel.h"
#include "runtime/device.h"

typedef struct ctf_kernel_ctx ctf_kernel_ctx;

// What is made of an output while it is still in the cache: the kernel calls run(arg, begin, end) for elements of
// output 0 that are final, once for each, in pieces of any size, from any thread.
typedef struct ctf_epilogue {
  void (*run)(void* arg, int64_t begin, int64_t end);
  void* arg;
} ctf_epilogue;

// One call of one kernel; belongs to the thread that runs it.
struct ctf_kernel_ctx {
  ctf_tensor* slots;    // of the run: inputs and outputs by number
  const uint32_t* in;   // slots of the inputs
  const uint32_t* out;  // slots of the outputs
  int num_inputs;
  int num_outputs;
  const void* attrs;     // the family's struct
  const void* prepared;  // what follows from shapes, made with the layout (ops/fused.h); NULL for most
  const void* packed;    // an input made ready with the layout (the row's `packing`); NULL: it is read as it is
  void* workspace;       // aligned to CTF_TENSOR_ALIGNMENT; as many bytes as the row's function said
  size_t workspace_bytes;
  void* state;  // of this node in this session, shared by its concurrent runs; NULL unless the row asks for bytes
  ctf_stream* stream;  // NULL while workspaces are computed
  ctf_cancel* cancel;  // may be NULL
  ctf_status (*reserve)(ctf_kernel_ctx* k, int output, int rank, const int64_t* dims);  // see ctf_out_reserve
  // For kernels that a program registered: the output becomes this tensor, of which another reference is taken and
  // which nobody else writes. Where its size was planned it is copied instead.
  ctf_status (*give)(ctf_kernel_ctx* k, int output, TF_Tensor* tensor);
  const ctf_epilogue* epilogue;  // for kernels with CTF_EPILOGUE; NULL: nobody makes more of the output
  ctf_budget* budget;            // of the run: payloads of strings that the kernel makes
};

static inline const ctf_tensor* ctf_in_tensor(const ctf_kernel_ctx* k, int i) { return &k->slots[k->in[i]]; }
static inline ctf_tensor* ctf_out_tensor(const ctf_kernel_ctx* k, int i) { return &k->slots[k->out[i]]; }
static inline const void* ctf_in(const ctf_kernel_ctx* k, int i) { return ctf_in_tensor(k, i)->data; }
static inline void* ctf_out(const ctf_kernel_ctx* k, int i) { return ctf_out_tensor(k, i)->data; }
static inline TF_DataType ctf_in_dtype(const ctf_kernel_ctx* k, int i) { return ctf_in_tensor(k, i)->dtype; }
static inline TF_DataType ctf_out_dtype(const ctf_kernel_ctx* k, int i) { return ctf_out_tensor(k, i)->dtype; }
static inline int64_t ctf_in_count(const ctf_kernel_ctx* k, int i) { return ctf_in_tensor(k, i)->num_elements; }
static inline int64_t ctf_out_count(const ctf_kernel_ctx* k, int i) { return ctf_out_tensor(k, i)->num_elements; }
static inline int ctf_in_rank(const ctf_kernel_ctx* k, int i) { return ctf_in_tensor(k, i)->rank; }
static inline int64_t ctf_in_dim(const ctf_kernel_ctx* k, int i, int axis) {  // negative axes from the end
  const ctf_tensor* t = ctf_in_tensor(k, i);
  return t->dims[axis < 0 ? axis + t->rank : axis];
}
static inline int64_t ctf_out_dim(const ctf_kernel_ctx* k, int i, int axis) {
  const ctf_tensor* t = ctf_out_tensor(k, i);
  return t->dims[axis < 0 ? axis + t->rank : axis];
}

// For ops with CTF_OP_SIZE_FROM_DATA: memory for an output, once its shape is known. Charged to the run; refused with
// RESOURCE_EXHAUSTED.
static inline CTF_MUST_USE ctf_status ctf_out_reserve(ctf_kernel_ctx* k, int output, int rank, const int64_t* dims) {
  return k->reserve(k, output, rank, dims);
}

typedef ctf_status (*ctf_kernel_fn)(ctf_kernel_ctx* k);

enum {
  CTF_ANY_ALIGNMENT = 1 << 0,  // reads inputs from any byte, through types with aligned(1) and may_alias
  CTF_IN_PLACE = 1 << 1,       // output 0 may be the bytes of an input of its shape and element size
  CTF_EPILOGUE = 1 << 2,       // calls k->epilogue for its only output where that is of float or double
};

// A node as a kernel that is constructed sees it. Lives as long as the kernel.
typedef struct ctf_kernel_node {
  const char* name;
  const ctf_op_interface* op;
  const ctf_attr_value* attrs;  // parallel to op->attrs
  int num_inputs;
  const TF_DataType* input_types;
  int num_outputs;
  const TF_DataType* output_types;
} ctf_kernel_node;

// A constant input that the kernel would bring into another order in every run: it is done once, with a layout.
typedef struct ctf_packed {
  size_t bytes;  // 0: nothing would be won for these shapes
  int input;
  uint64_t key;  // of the order: the same for the same bytes
} ctf_packed;
typedef struct ctf_packing {
  ctf_packed (*plan)(const ctf_kernel_ctx* k);      // from shapes
  void (*pack)(const ctf_kernel_ctx* k, void* to);  // reads the input; `to` is aligned to CTF_TENSOR_ALIGNMENT
} ctf_packing;

typedef struct ctf_fusible ctf_fusible;  // ops/fused.h
typedef struct ctf_kernel_def ctf_kernel_def;
struct ctf_kernel_def {
  const char* op;
  ctf_type_set types;  // of the type attribute below
  ctf_kernel_fn run;
  const char* type_attr;   // NULL: "T" where the op has it, else the kernel serves every type
  const char* type_attr2;  // a second one that the kernel restricts; NULL: none
  ctf_type_set types2;
  const char* type_attr3;  // and a third one
  ctf_type_set types3;
  size_t (*workspace)(
      const ctf_kernel_ctx* k);  // bytes, from shapes and value inputs (other data are NULL); NULL: none
  size_t state_bytes;  // what the kernel keeps from run to run: zeroed before the first; calls may be concurrent
  // Of kernels that a program registered (with state_bytes): called once for a node of a session, before its first run,
  // on state that is zero; destruct is called on all that construct has seen, failed or not. NULL for all others.
  ctf_status (*construct)(const ctf_kernel_def* kernel, const ctf_kernel_node* node, void* state);
  void (*destruct)(void* state);
  const ctf_packing* packing;  // NULL: there is nothing to pack
  const ctf_fusible* fuse;     // the op can be an instruction of a fused step; NULL: it cannot
  uint32_t flags;
};

typedef struct ctf_kernel_table {
  const char* family;
  size_t count;
  const ctf_kernel_def* kernels;
} ctf_kernel_table;

// CPU kernels are compiled once for each instruction set; the build defines CTF_ISA as base, avx2 or avx512 and every
// name with external linkage carries it.
#define CTF_ISA_JOIN_(name, isa) name##__##isa
#define CTF_ISA_JOIN(name, isa) CTF_ISA_JOIN_(name, isa)
#define CTF_ISA_NAME(name) CTF_ISA_JOIN(name, CTF_ISA)

// At the end of ops/cpu/<family>.c: what the generated registry lists.
#define CTF_CPU_KERNELS(family, table)                                  \
  extern const ctf_kernel_table CTF_ISA_NAME(ctf_cpu_kernels_##family); \
  const ctf_kernel_table CTF_ISA_NAME(ctf_cpu_kernels_##family) = {#family, sizeof(table) / sizeof((table)[0]), table}

#endif  // CTF_OPS_KERNEL_H_
