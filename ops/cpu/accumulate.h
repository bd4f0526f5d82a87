// Adding rows to rows, for kernels that add up in the order of their input: to[i] += from[i] in the type itself, half
// and bfloat16 rounded after every addition, as TensorFlow's kernels do. `from` may start at any byte.
#ifndef CTF_OPS_CPU_ACCUMULATE_H_
#define CTF_OPS_CPU_ACCUMULATE_H_

#include "ops/cpu/unaligned.h"

#define CTF_DEFINE_ADD_ROW(name, type, any)                                                              \
  static inline void cpu_add_row_##name(void* to, const void* from, int64_t count) {                     \
    for (int64_t i = 0; i < count; ++i) ((type*)to)[i] = (type)(((type*)to)[i] + ((const any*)from)[i]); \
  }
CTF_DEFINE_ADD_ROW(f32, float, ctf_any_f32)
CTF_DEFINE_ADD_ROW(f64, double, ctf_any_f64)
CTF_DEFINE_ADD_ROW(u8, uint8_t, ctf_any_u8)
CTF_DEFINE_ADD_ROW(u16, uint16_t, ctf_any_u16)
CTF_DEFINE_ADD_ROW(u32, uint32_t, ctf_any_u32)
CTF_DEFINE_ADD_ROW(u64, uint64_t, ctf_any_u64)

static inline void cpu_add_row_half(void* to, const void* from, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    ((ctf_half*)to)[i] = ctf_half_from_float(ctf_load_half(to, i) + ctf_load_half(from, i));
  }
}
static inline void cpu_add_row_bfloat16(void* to, const void* from, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    ((ctf_bfloat16*)to)[i] = ctf_bfloat16_from_float(ctf_load_bfloat16(to, i) + ctf_load_bfloat16(from, i));
  }
}
static inline void cpu_add_row_bool(void* to, const void* from, int64_t count) {
  for (int64_t i = 0; i < count; ++i) ((uint8_t*)to)[i] = ((uint8_t*)to)[i] != 0 || ((const ctf_any_u8*)from)[i] != 0;
}

// Integers wrap, so that only their width counts; complex numbers are two reals: *out_parts of them an element.
typedef void (*cpu_add_row_fn)(void* to, const void* from, int64_t count);
static inline cpu_add_row_fn cpu_add_row_of(TF_DataType dtype, int* out_parts) {
  *out_parts = ctf_type_in(CTF_COMPLEXES, dtype) ? 2 : 1;
  switch (dtype) {
    case TF_FLOAT:
    case TF_COMPLEX64:
      return cpu_add_row_f32;
    case TF_DOUBLE:
    case TF_COMPLEX128:
      return cpu_add_row_f64;
    case TF_HALF:
      return cpu_add_row_half;
    case TF_BFLOAT16:
      return cpu_add_row_bfloat16;
    case TF_BOOL:
      return cpu_add_row_bool;
    default:
      break;
  }
  switch (ctf_dtype_get(dtype)->bytes) {
    case 1:
      return cpu_add_row_u8;
    case 2:
      return cpu_add_row_u16;
    case 4:
      return cpu_add_row_u32;
    default:
      return cpu_add_row_u64;
  }
}

#endif  // CTF_OPS_CPU_ACCUMULATE_H_
