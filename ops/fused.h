// Programs of elementwise ops: what a fused step runs instead of a step for each op.
//
// The engine makes a program of ops whose kernels say what they are fused with, a device's kernel runs it: each input
// is read once and each output written once, whatever lies between stays in registers or in the nearest cache. Every
// instruction rounds as its op's own kernel does, so the bits are the same. Results are of one shape, or differ only in
// their last dimensions: then a row is worked on at a time.
#ifndef CTF_OPS_FUSED_H_
#define CTF_OPS_FUSED_H_

#include "ops/kernel.h"

enum {
  CTF_FUSED_MAX_INSTRS = 256,
  CTF_FUSED_MAX_OPERANDS = 3,
  CTF_FUSED_MAX_ROW = 4096,  // elements of a last dimension along which a step may reduce
};
#define CTF_FUSED_NO_OUTPUT UINT32_MAX

typedef struct ctf_fused_instr {
  const ctf_kernel_def* kernel;  // of the op, with `fuse`, or the head's
  const void* attrs;             // the family's struct
  const char* node;              // for messages
  const char* op;
  int num_inputs;
  uint32_t in[CTF_FUSED_MAX_OPERANDS];  // values: the step's inputs, then the results of the instructions
  TF_DataType in_types[CTF_FUSED_MAX_OPERANDS];
  TF_DataType out_type;
  uint32_t output;        // of the step, or CTF_FUSED_NO_OUTPUT
  uint32_t num_register;  // of results that are no output: which register holds them
} ctf_fused_instr;

// Immutable; the attributes of a fused step. Output 0 is the result of the last instruction: only it may lie in the
// bytes of an input. With a head, the first instruction is a kernel with CTF_EPILOGUE, and all others are what is made
// of its result, which only they read and which is of output 0's type: it is made where output 0 lies.
typedef struct ctf_fused_program {
  uint32_t num_inputs;
  uint32_t num_outputs;
  uint32_t num_instrs;
  uint32_t num_registers;
  bool has_head;
  ctf_fused_instr* instrs;
} ctf_fused_program;

// Runs programs; a device's kernels point to one.
typedef struct ctf_fused_runner {
  ctf_kernel_def kernel;  // of the step: its attributes are the program
  ctf_kernel_def kernel_with_head;
  // What follows from shapes, once for each layout: `inputs` and `results` (of the instructions) have shapes and types.
  // What it makes lives as long as `alloc`, and is `prepared` of every run's kernel context.
  ctf_status (*prepare)(const ctf_fused_program* program, const ctf_shape* inputs, const TF_DataType* input_types,
                        const ctf_shape* results, ctf_allocator* alloc, const void** out_prepared);
} ctf_fused_runner;

// What a kernel is fused by; a device's kernels have more behind it.
struct ctf_fusible {
  const ctf_fused_runner* runner;
  // NULL: with all attributes and types that the kernel has.
  bool (*accepts)(const void* attrs, TF_DataType in_type, TF_DataType out_type);
  // A reduction with dimensions kept: it can be fused along the last one, input 1, which is all of CTF_FUSED_MAX_ROW
  // elements at most.
  bool reduces_rows;
};

#endif  // CTF_OPS_FUSED_H_
