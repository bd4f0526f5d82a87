// Facts about element types, and conversions of the 16 and 8 bit floating types.
#ifndef CTF_RUNTIME_DTYPE_H_
#define CTF_RUNTIME_DTYPE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/status.h"
#include "tensorflow/c/tf_datatype.h"

#define CTF_DTYPE_MAX 33   // the last of TF_DataType
#define CTF_DTYPE_REF 100  // added to a type in old graphs: a reference to a variable

typedef enum ctf_dtype_kind {
  CTF_KIND_NONE,  // not a type
  CTF_KIND_BOOL,
  CTF_KIND_INT,
  CTF_KIND_UINT,
  CTF_KIND_FLOAT,
  CTF_KIND_COMPLEX,
  CTF_KIND_QUANTIZED,
  CTF_KIND_OBJECT,  // string, resource, variant: elements own memory
} ctf_dtype_kind;

typedef struct ctf_dtype_info {
  const char* name;        // "float32", numpy's
  const char* short_name;  // "f32"
  const char* enum_name;   // "DT_FLOAT"; messages say "float", see tf_name
  const char* tf_name;     // "float", as TensorFlow's messages spell it
  size_t bytes;            // of an element in memory; TF_TString is 24; 0 for resource and variant
  ctf_dtype_kind kind;
} ctf_dtype_info;

// For numbers that are no type: kind CTF_KIND_NONE and name "invalid". Reference types give their base's.
const ctf_dtype_info* ctf_dtype_get(TF_DataType dtype);
static inline TF_DataType ctf_dtype_base(TF_DataType dtype) {  // of a reference, the type it refers to; else the same
  return (int)dtype > CTF_DTYPE_REF ? (TF_DataType)((int)dtype - CTF_DTYPE_REF) : dtype;
}
bool ctf_dtype_valid(int64_t number);  // a known type, not a reference
bool ctf_dtype_parse(const char* name, size_t length, TF_DataType* out_dtype);  // any of the four names

// A set of types, one bit each.
typedef uint64_t ctf_type_set;
#define CTF_TYPE(dtype) (UINT64_C(1) << (dtype))
#define CTF_ANY_TYPE (~UINT64_C(0))
// clang-format off
#define CTF_REAL_FLOATING (CTF_TYPE(TF_FLOAT) | CTF_TYPE(TF_DOUBLE) | CTF_TYPE(TF_HALF) | CTF_TYPE(TF_BFLOAT16))
#define CTF_COMPLEXES     (CTF_TYPE(TF_COMPLEX64) | CTF_TYPE(TF_COMPLEX128))
#define CTF_FLOATING      (CTF_REAL_FLOATING | CTF_COMPLEXES)
#define CTF_SIGNED_INTS   (CTF_TYPE(TF_INT8) | CTF_TYPE(TF_INT16) | CTF_TYPE(TF_INT32) | CTF_TYPE(TF_INT64))
#define CTF_UNSIGNED_INTS (CTF_TYPE(TF_UINT8) | CTF_TYPE(TF_UINT16) | CTF_TYPE(TF_UINT32) | CTF_TYPE(TF_UINT64))
#define CTF_INTS          (CTF_SIGNED_INTS | CTF_UNSIGNED_INTS)
#define CTF_SIGNED        (CTF_SIGNED_INTS | CTF_FLOATING)
#define CTF_REAL          (CTF_INTS | CTF_REAL_FLOATING)
#define CTF_NUMERIC       (CTF_REAL | CTF_COMPLEXES)
#define CTF_QUANTIZED     (CTF_TYPE(TF_QINT8) | CTF_TYPE(TF_QUINT8) | CTF_TYPE(TF_QINT32) | CTF_TYPE(TF_QINT16) | \
                           CTF_TYPE(TF_QUINT16))
#define CTF_INDEX         (CTF_TYPE(TF_INT32) | CTF_TYPE(TF_INT64))
// clang-format on
static inline bool ctf_type_in(ctf_type_set set, TF_DataType dtype) { return (set >> (dtype & 63)) & 1; }

typedef struct ctf_half {
  uint16_t bits;
} ctf_half;
typedef struct ctf_bfloat16 {
  uint16_t bits;
} ctf_bfloat16;

// Round to nearest, ties to even; NaN stays NaN (quiet), too large becomes infinity.
static inline float ctf_bfloat16_to_float(ctf_bfloat16 value) {
  const union {
    uint32_t bits;
    float value;
  } u = {.bits = (uint32_t)value.bits << 16};
  return u.value;
}
static inline ctf_bfloat16 ctf_bfloat16_from_float(float value) {
  const union {
    float value;
    uint32_t bits;
  } u = {.value = value};
  if ((u.bits & 0x7fffffffu) > 0x7f800000u) return (ctf_bfloat16){(uint16_t)((u.bits >> 16 & 0x8000u) | 0x7fc0u)};
  return (ctf_bfloat16){(uint16_t)((u.bits + 0x7fffu + (u.bits >> 16 & 1u)) >> 16)};
}
static inline float ctf_half_to_float(ctf_half half) {
  const uint32_t sign = (uint32_t)(half.bits & 0x8000u) << 16, magnitude = half.bits & 0x7fffu;
  union {
    uint32_t bits;
    float value;
  } u;
  if (magnitude >= 0x7c00u) {  // infinity and NaN; a NaN becomes quiet
    u.bits = sign | 0x7f800000u | (magnitude & 0x3ffu) << 13 | (magnitude > 0x7c00u ? 0x400000u : 0u);
    return u.value;
  }
  // A subnormal is made by a subtraction, not by scaling: runs flush subnormal operands to zero.
  if (magnitude < 0x400u) {
    u.bits = 0x38800000u + (magnitude << 13);
    u.value -= 0x1p-14f;
    u.bits |= sign;
    return u.value;
  }
  u.bits = sign | (0x38000000u + (magnitude << 13));
  return u.value;
}
static inline ctf_half ctf_half_from_float(float value) {
  union {
    float value;
    uint32_t bits;
  } u = {.value = value};
  const uint32_t sign = u.bits >> 16 & 0x8000u;
  u.bits &= 0x7fffffffu;
  if (u.bits > 0x7f800000u) return (ctf_half){(uint16_t)(sign | 0x7e00u)};
  if (u.bits >= 0x477ff000u) return (ctf_half){(uint16_t)(sign | 0x7c00u)};  // 65520 and above round to infinity
  if (u.bits < 0x38800000u) {  // subnormal or zero: the addition rounds to a multiple of 2^-24, ties to even
    u.value += 0.5f;
    return (ctf_half){(uint16_t)(sign | (u.bits - 0x3f000000u))};
  }
  u.bits += 0xc8000fffu + (u.bits >> 13 & 1u);  // rebias by -112 << 23, then round to even
  return (ctf_half){(uint16_t)(sign | u.bits >> 13)};
}

#endif  // CTF_RUNTIME_DTYPE_H_
