// Element types that may start at any byte: what kernels with CTF_ANY_ALIGNMENT read their inputs through.
#ifndef CTF_OPS_CPU_UNALIGNED_H_
#define CTF_OPS_CPU_UNALIGNED_H_

#include <stdint.h>

#include "runtime/dtype.h"

#define CTF_UNALIGNED __attribute__((aligned(1), may_alias))
typedef float ctf_any_f32 CTF_UNALIGNED;
typedef double ctf_any_f64 CTF_UNALIGNED;
typedef int8_t ctf_any_i8 CTF_UNALIGNED;
typedef int16_t ctf_any_i16 CTF_UNALIGNED;
typedef int32_t ctf_any_i32 CTF_UNALIGNED;
typedef int64_t ctf_any_i64 CTF_UNALIGNED;
typedef uint8_t ctf_any_u8 CTF_UNALIGNED;
typedef uint16_t ctf_any_u16 CTF_UNALIGNED;
typedef uint32_t ctf_any_u32 CTF_UNALIGNED;
typedef uint64_t ctf_any_u64 CTF_UNALIGNED;

#define CTF_ALWAYS_INLINE static inline __attribute__((always_inline))

CTF_ALWAYS_INLINE float ctf_load_half(const void* data, int64_t i) {
  return ctf_half_to_float((ctf_half){((const ctf_any_u16*)data)[i]});
}
CTF_ALWAYS_INLINE float ctf_load_bfloat16(const void* data, int64_t i) {
  return ctf_bfloat16_to_float((ctf_bfloat16){((const ctf_any_u16*)data)[i]});
}

#endif  // CTF_OPS_CPU_UNALIGNED_H_
