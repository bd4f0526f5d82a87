// What kernels share that only move bytes: slices of any size, strings, indices of any integer type.
#ifndef CTF_OPS_CPU_SLICES_H_
#define CTF_OPS_CPU_SLICES_H_

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ops/cpu/unaligned.h"
#include "ops/kernel.h"

// memcpy whose size, where it is that of one element, is known to the compiler.
CTF_ALWAYS_INLINE void cpu_copy_slice(char* to, const char* from, size_t bytes) {
  switch (bytes) {
    case 1:
      *to = *from;
      break;
    case 2:
      memcpy(to, from, 2);
      break;
    case 4:
      memcpy(to, from, 4);
      break;
    case 8:
      memcpy(to, from, 8);
      break;
    case 16:
      memcpy(to, from, 16);
      break;
    default:
      memcpy(to, from, bytes);
  }
}

// Elements [from_at, from_at + count) of a string tensor, as copies, to output `output` from `to_at` on.
static inline ctf_status cpu_copy_strings(ctf_kernel_ctx* k, int output, int64_t to_at, const ctf_tensor* from,
                                          int64_t from_at, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const char* text;
    size_t length;
    ctf_tensor_get_string(from, from_at + i, &text, &length);
    CTF_TRY(ctf_tensor_put_string(ctf_out_tensor(k, output), to_at + i, text, length, k->budget));
  }
  return NULL;
}

// Element i of an index tensor that may start at any byte.
CTF_ALWAYS_INLINE int64_t cpu_index(TF_DataType dtype, const void* data, int64_t i) {
  switch (dtype) {
    case TF_INT32:
      return ((const ctf_any_i32*)data)[i];
    case TF_INT64:
      return ((const ctf_any_i64*)data)[i];
    case TF_INT16:
      return ((const ctf_any_i16*)data)[i];
    case TF_INT8:
      return ((const ctf_any_i8*)data)[i];
    default:
      return ((const ctf_any_u8*)data)[i];
  }
}

// Row `row` of indices, of `depth` each, as the number of a slice of `tensor`; -1 when one of them is not there.
static inline int64_t cpu_nd_place(const ctf_tensor* indices, int depth, int64_t row, const ctf_tensor* tensor) {
  int64_t place = 0;
  for (int i = 0; i < depth; ++i) {
    const int64_t index = cpu_index(indices->dtype, indices->data, row * depth + i);
    if (index < 0 || index >= tensor->dims[i]) return -1;
    place = place * tensor->dims[i] + index;
  }
  return place;
}

// Where element `at` is in a tensor of this shape, as TensorFlow's messages say it: "", "[3]", "[1,3]".
static inline ctf_shape_text cpu_place_text(ctf_shape shape, int64_t at) {
  int64_t place[CTF_MAX_RANK];
  for (int i = shape.rank - 1; i >= 0; --i) {
    place[i] = at % shape.dims[i];
    at /= shape.dims[i];
  }
  if (shape.rank == 0) return (ctf_shape_text){""};
  return ctf_shape_print((ctf_shape){shape.rank, place});
}

// A row of indices: "[3, 1]".
static inline ctf_shape_text cpu_indices_text(TF_DataType dtype, const void* data, int64_t first, int64_t count) {
  ctf_shape_text text = {"["};
  size_t used = 1;
  for (int64_t i = 0; i < count && used < sizeof(text.text) - 32; ++i) {
    used += (size_t)snprintf(text.text + used, sizeof(text.text) - used, "%s%" PRId64, i > 0 ? ", " : "",
                             cpu_index(dtype, data, first + i));
  }
  snprintf(text.text + used, sizeof(text.text) - used, "]");
  return text;
}

// How a floating type is laid out, so that its values can be judged by their bits; all zero for other types. Bits above
// `infinity`, the sign apart, are NaNs.
typedef struct cpu_float_bits {
  uint64_t sign, infinity;
} cpu_float_bits;
static inline cpu_float_bits cpu_float_bits_of(TF_DataType dtype) {
  switch (dtype) {
    case TF_FLOAT:
      return (cpu_float_bits){UINT64_C(1) << 31, UINT64_C(0x7f800000)};
    case TF_DOUBLE:
      return (cpu_float_bits){UINT64_C(1) << 63, UINT64_C(0x7ff0000000000000)};
    case TF_HALF:
      return (cpu_float_bits){0x8000, 0x7c00};
    case TF_BFLOAT16:
      return (cpu_float_bits){0x8000, 0x7f80};
    default:
      return (cpu_float_bits){0, 0};
  }
}

// The bits of element i, of 1, 2, 4 or 8 bytes.
CTF_ALWAYS_INLINE uint64_t cpu_element_bits(const void* data, int64_t i, size_t bytes) {
  switch (bytes) {
    case 1:
      return ((const ctf_any_u8*)data)[i];
    case 2:
      return ((const ctf_any_u16*)data)[i];
    case 4:
      return ((const ctf_any_u32*)data)[i];
    default:
      return ((const ctf_any_u64*)data)[i];
  }
}

// Sets element i of an index tensor; what does not fit wraps, as in TensorFlow.
CTF_ALWAYS_INLINE void cpu_set_index(TF_DataType dtype, void* data, int64_t i, int64_t value) {
  switch (dtype) {
    case TF_INT64:
      ((int64_t*)data)[i] = value;
      break;
    case TF_INT32:
      ((int32_t*)data)[i] = (int32_t)value;
      break;
    default:  // int16 and uint16
      ((uint16_t*)data)[i] = (uint16_t)value;
  }
}

// INVALID_ARGUMENT names the first of `count` index rows that is not a place in `target`, which the message calls so.
static inline ctf_status cpu_nd_check(const ctf_tensor* indices, int64_t depth, int64_t count, const ctf_tensor* target,
                                      const char* called) {
  for (int64_t i = 0; i < count; ++i) {
    if (cpu_nd_place(indices, depth, i, target) >= 0) continue;
    const ctf_shape outer = {indices->rank - 1, indices->dims};
    return ctf_error(TF_INVALID_ARGUMENT, "indices%s = %s does not index into %s %s", cpu_place_text(outer, i).text,
                     cpu_indices_text(indices->dtype, indices->data, i * depth, depth).text, called,
                     ctf_shape_print(ctf_tensor_shape(target)).text);
  }
  return NULL;
}

#endif  // CTF_OPS_CPU_SLICES_H_
