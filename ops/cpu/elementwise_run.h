// Runs loops over elements: threads, broadcasting, half and bfloat16. The loops themselves come from the table
// (elementwise.c) or from families whose ops have attributes.
#ifndef CTF_OPS_CPU_ELEMENTWISE_RUN_H_
#define CTF_OPS_CPU_ELEMENTWISE_RUN_H_

#include "ops/cpu/unaligned.h"
#include "ops/elementwise.h"
#include "ops/kernel.h"
#include "ops/scalar.h"

// What a loop reads an element of each suffix through: from any byte.
typedef struct __attribute__((packed, may_alias)) ctf_any_c64 {
  float re, im;
} ctf_any_c64;
typedef struct __attribute__((packed, may_alias)) ctf_any_c128 {
  double re, im;
} ctf_any_c128;
typedef uint8_t ctf_any_b8 CTF_UNALIGNED;  // any byte but 0 counts as true
#define CPU_LOAD_b8(value) ((value) != 0)
#define CPU_LOAD_i8(value) (value)
#define CPU_LOAD_i16(value) (value)
#define CPU_LOAD_i32(value) (value)
#define CPU_LOAD_i64(value) (value)
#define CPU_LOAD_u8(value) (value)
#define CPU_LOAD_u16(value) (value)
#define CPU_LOAD_u32(value) (value)
#define CPU_LOAD_u64(value) (value)
#define CPU_LOAD_f32(value) (value)
#define CPU_LOAD_f64(value) (value)
#define CPU_LOAD_c64(value) ((ctf_complex64){(value).re, (value).im})
#define CPU_LOAD_c128(value) ((ctf_complex128){(value).re, (value).im})

// Which inputs of a loop move.
typedef enum cpu_steps { CPU_BOTH, CPU_LEFT_STAYS, CPU_RIGHT_STAYS } cpu_steps;

// `attrs` is the kernel's; `faults` collects M_FAULT_ bits. The output may be the bytes of an input.
typedef void (*cpu_unary_loop)(const void* x, void* y, int64_t count, const void* attrs, unsigned* faults);
typedef void (*cpu_binary_loop)(const void* x, const void* y, void* z, int64_t count, cpu_steps steps,
                                const void* attrs, unsigned* faults);

// One row of a loop, between any types: half and bfloat16 are floats to the loop, in blocks that are widened before it
// and rounded after it. Of a binary loop both inputs are of one type.
#define cpu_unary_row CTF_ISA_NAME(cpu_unary_row)
void cpu_unary_row(cpu_unary_loop loop, const void* attrs, TF_DataType in_type, const void* x, TF_DataType out_type,
                   void* y, int64_t count, unsigned* faults);
#define cpu_binary_row CTF_ISA_NAME(cpu_binary_row)
void cpu_binary_row(cpu_binary_loop loop, const void* attrs, TF_DataType in_type, const void* x, const void* y,
                    TF_DataType out_type, void* z, int64_t count, cpu_steps steps, unsigned* faults);

// The loop over whole tensors.
#define cpu_run_unary CTF_ISA_NAME(cpu_run_unary)
ctf_status cpu_run_unary(ctf_kernel_ctx* k, cpu_unary_loop loop);
#define cpu_run_binary CTF_ISA_NAME(cpu_run_binary)
ctf_status cpu_run_binary(ctf_kernel_ctx* k, cpu_binary_loop loop);  // broadcasts
#define cpu_run_pair CTF_ISA_NAME(cpu_run_pair)
ctf_status cpu_run_pair(ctf_kernel_ctx* k, cpu_binary_loop loop);  // as many elements on both sides

#define cpu_faults_status CTF_ISA_NAME(cpu_faults_status)
ctf_status cpu_faults_status(unsigned faults);  // of M_FAULT_ bits: an error, or NULL for none

// Loops over complex numbers are not vectorised by GCC: it makes products followed by alternating sums and differences
// into fused multiply-add even with -ffp-contract=off (VEC_FMADDSUB, seen in 12.2), and then other instruction sets
// give other bits.
#if defined(__GNUC__) && !defined(__clang__)
#define CPU_LOOP_COMPLEX __attribute__((optimize("no-tree-vectorize")))
#else
#define CPU_LOOP_COMPLEX
#endif
#define CPU_LOOP_b8
#define CPU_LOOP_i8
#define CPU_LOOP_i16
#define CPU_LOOP_i32
#define CPU_LOOP_i64
#define CPU_LOOP_u8
#define CPU_LOOP_u16
#define CPU_LOOP_u32
#define CPU_LOOP_u64
#define CPU_LOOP_f32
#define CPU_LOOP_f64
#define CPU_LOOP_c64 CPU_LOOP_COMPLEX
#define CPU_LOOP_c128 CPU_LOOP_COMPLEX

// Bodies of loops. `value` is an expression of x (and y) of the suffix's type; it may use `attrs` and m_faults.
// ivdep: an output over an input's bytes is no dependence from one element to the next.
#define CPU_UNARY_BODY(s, value)                               \
  const ctf_any_##s* xs = in;                                  \
  unsigned m_faults = 0;                                       \
  {                                                            \
    CTF_CTYPE_##s x;                                           \
    typedef __typeof__(value) result;                          \
    result* ys = out;                                          \
    _Pragma("GCC ivdep") for (int64_t i = 0; i < count; ++i) { \
      x = CPU_LOAD_##s(xs[i]);                                 \
      ys[i] = value;                                           \
    }                                                          \
  }                                                            \
  *faults |= m_faults;                                         \
  (void)attrs

#define CPU_BINARY_BODY(s, value)                                   \
  const ctf_any_##s *xs = left, *ys = right;                        \
  unsigned m_faults = 0;                                            \
  if (count > 0) {                                                  \
    CTF_CTYPE_##s x = CPU_LOAD_##s(xs[0]), y = CPU_LOAD_##s(ys[0]); \
    typedef __typeof__(value) result;                               \
    result* zs = out;                                               \
    if (steps == CPU_BOTH) {                                        \
      _Pragma("GCC ivdep") for (int64_t i = 0; i < count; ++i) {    \
        x = CPU_LOAD_##s(xs[i]);                                    \
        y = CPU_LOAD_##s(ys[i]);                                    \
        zs[i] = value;                                              \
      }                                                             \
    } else if (steps == CPU_LEFT_STAYS) {                           \
      _Pragma("GCC ivdep") for (int64_t i = 0; i < count; ++i) {    \
        y = CPU_LOAD_##s(ys[i]);                                    \
        zs[i] = value;                                              \
      }                                                             \
    } else {                                                        \
      _Pragma("GCC ivdep") for (int64_t i = 0; i < count; ++i) {    \
        x = CPU_LOAD_##s(xs[i]);                                    \
        zs[i] = value;                                              \
      }                                                             \
    }                                                               \
  }                                                                 \
  *faults |= m_faults;                                              \
  (void)attrs

#endif  // CTF_OPS_CPU_ELEMENTWISE_RUN_H_
