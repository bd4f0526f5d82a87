// What kernels whose op is a loop over elements say of it, for fused steps.
#ifndef CTF_OPS_CPU_FUSED_H_
#define CTF_OPS_CPU_FUSED_H_

#include "ops/cpu/elementwise_run.h"
#include "ops/fused.h"

// One element of a or b, as the condition says; strides of the three are 0 or 1.
typedef void (*cpu_select_loop)(const ctf_any_u8* condition, const char* a, const char* b, char* out, int64_t count,
                                const int64_t* strides);

// One result of `count` elements, which are at least one.
typedef void (*cpu_reduce_loop)(TF_DataType dtype, const void* x, int64_t count, void* out);

// The loop of an instruction: one of the four.
typedef struct cpu_fused_loop {
  cpu_unary_loop unary;
  cpu_binary_loop binary;
  cpu_select_loop select;
  cpu_reduce_loop reduce;
} cpu_fused_loop;

typedef struct cpu_fusible {
  ctf_fusible base;
  const cpu_unary_loop* unary;    // by the input's type
  const cpu_binary_loop* binary;  // by the inputs' type
  cpu_reduce_loop reduce;
  // Where the tables above do not say it.
  cpu_fused_loop (*pick)(const void* attrs, TF_DataType in_type, TF_DataType out_type);
} cpu_fusible;

#define cpu_add_loop CTF_ISA_NAME(cpu_add_loop)
cpu_binary_loop cpu_add_loop(TF_DataType dtype);  // AddV2's

#define cpu_fused_runner CTF_ISA_NAME(cpu_fused_runner)
extern const ctf_fused_runner cpu_fused_runner;

#endif  // CTF_OPS_CPU_FUSED_H_
