// Kernels of programs, between registration and run.
#ifndef CTF_ENGINE_API_CUSTOM_KERNEL_H_
#define CTF_ENGINE_API_CUSTOM_KERNEL_H_

#include "engine/graph.h"
#include "tensorflow/c/kernels.h"

// Immutable once it is registered; lives as long as the process.
typedef struct ctf_custom_kernel {
  ctf_added_kernel added;
  void* (*create)(TF_OpKernelConstruction* construction);  // NULL: nothing to create
  void (*compute)(void* kernel, TF_OpKernelContext* context);
  void (*destroy)(void* kernel);  // NULL: nothing to destroy
} ctf_custom_kernel;
_Static_assert(offsetof(ctf_custom_kernel, added.kernel) == 0, "the state finds the kernel by its row");

typedef struct ctf_custom_state {  // of a node in a session
  const ctf_custom_kernel* kernel;
  ctf_kernel_node node;
  void* created;
  bool is_created;
} ctf_custom_state;
#define CTF_CUSTOM_STATE_BYTES sizeof(ctf_custom_state)

CTF_MUST_USE ctf_status ctf_custom_kernel_construct(const ctf_kernel_def* kernel, const ctf_kernel_node* node,
                                                    void* state);
void ctf_custom_kernel_destruct(void* state);
CTF_MUST_USE ctf_status ctf_custom_kernel_run(ctf_kernel_ctx* k);

#endif  // CTF_ENGINE_API_CUSTOM_KERNEL_H_
