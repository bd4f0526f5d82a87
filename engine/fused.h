// Nodes that one step runs: a program of elementwise ops, and which nodes its instructions are.
#ifndef CTF_ENGINE_FUSED_H_
#define CTF_ENGINE_FUSED_H_

#include "engine/graph.h"
#include "ops/fused.h"

// Immutable; lives as long as the plan.
typedef struct ctf_fused {
  ctf_fused_program program;
  const ctf_fused_runner* runner;
  const TF_Operation** members;  // of the instructions; each has one output
  uint32_t* output_members;      // [program.num_outputs] the instruction that makes it
} ctf_fused;

static inline const ctf_kernel_def* ctf_fused_kernel(const ctf_fused* fused) {
  return fused->program.has_head ? &fused->runner->kernel_with_head : &fused->runner->kernel;
}

// From nodes in topological order, as engine/fuse.c has chosen them.
typedef struct ctf_fused_member {
  const TF_Operation* op;
  const ctf_kernel_def* kernel;
  bool is_output;                           // somebody else reads its result
  uint32_t inputs[CTF_FUSED_MAX_OPERANDS];  // of the step, or num_inputs plus the number of the member that makes it
} ctf_fused_member;

// The operation that stands for all of them in a plan: its name is the last one's. Everything comes from `alloc`.
// `has_head`: the first one is not elementwise; its kernel has CTF_EPILOGUE, and only the others read its result.
CTF_MUST_USE ctf_status ctf_fused_make(const ctf_fused_member* members, uint32_t num_members, bool has_head,
                                       uint32_t num_inputs, ctf_allocator* alloc, const ctf_fused** out_fused,
                                       const TF_Operation** out_operation);

#endif  // CTF_ENGINE_FUSED_H_
