// What the expansions of ops/elementwise.def share: lists of types, and how two shapes are walked together.
#ifndef CTF_OPS_ELEMENTWISE_H_
#define CTF_OPS_ELEMENTWISE_H_

#include "runtime/tensor.h"

// clang-format off
// Sets of types that only the table needs; the others are in runtime/dtype.h.
#define CTF_BOOL              CTF_TYPE(TF_BOOL)
#define CTF_FLOAT_DOUBLE      (CTF_TYPE(TF_FLOAT) | CTF_TYPE(TF_DOUBLE))
#define CTF_FLOAT_DOUBLE_HALF (CTF_FLOAT_DOUBLE | CTF_TYPE(TF_HALF))
#define CTF_SIGNED_REAL       (CTF_SIGNED_INTS | CTF_REAL_FLOATING)
#define CTF_SIGNED_OR_UINT8   (CTF_SIGNED | CTF_TYPE(TF_UINT8))
#define CTF_ROUNDABLE         (CTF_INDEX | CTF_REAL_FLOATING)
#define CTF_MODULAR           (CTF_INDEX | CTF_FLOAT_DOUBLE)
#define CTF_FLOATING_OR_INDEX (CTF_INDEX | CTF_FLOATING)
#define CTF_NUMERIC_OR_BOOL   (CTF_NUMERIC | CTF_BOOL)
#define CTF_COMPARABLE        (CTF_NUMERIC_OR_BOOL | CTF_QUANTIZED)

// Each set of the types column again as a list, for the preprocessor: X(suffix, ...) for every member.
#define CTF_EACH_CTF_BOOL(X, ...)              X(b8, __VA_ARGS__)
#define CTF_EACH_CTF_INDEX(X, ...)             X(i32, __VA_ARGS__) X(i64, __VA_ARGS__)
#define CTF_EACH_CTF_SIGNED_INTS(X, ...)       X(i8, __VA_ARGS__) X(i16, __VA_ARGS__) CTF_EACH_CTF_INDEX(X, __VA_ARGS__)
#define CTF_EACH_CTF_UNSIGNED_INTS(X, ...)     X(u8, __VA_ARGS__) X(u16, __VA_ARGS__) X(u32, __VA_ARGS__) X(u64, __VA_ARGS__)
#define CTF_EACH_CTF_INTS(X, ...)              CTF_EACH_CTF_SIGNED_INTS(X, __VA_ARGS__) CTF_EACH_CTF_UNSIGNED_INTS(X, __VA_ARGS__)
#define CTF_EACH_CTF_FLOAT_DOUBLE(X, ...)      X(f32, __VA_ARGS__) X(f64, __VA_ARGS__)
#define CTF_EACH_CTF_FLOAT_DOUBLE_HALF(X, ...) CTF_EACH_CTF_FLOAT_DOUBLE(X, __VA_ARGS__) X(f16, __VA_ARGS__)
#define CTF_EACH_CTF_REAL_FLOATING(X, ...)     CTF_EACH_CTF_FLOAT_DOUBLE_HALF(X, __VA_ARGS__) X(bf16, __VA_ARGS__)
#define CTF_EACH_CTF_COMPLEXES(X, ...)         X(c64, __VA_ARGS__) X(c128, __VA_ARGS__)
#define CTF_EACH_CTF_FLOATING(X, ...)          CTF_EACH_CTF_REAL_FLOATING(X, __VA_ARGS__) CTF_EACH_CTF_COMPLEXES(X, __VA_ARGS__)
#define CTF_EACH_CTF_REAL(X, ...)              CTF_EACH_CTF_INTS(X, __VA_ARGS__) CTF_EACH_CTF_REAL_FLOATING(X, __VA_ARGS__)
#define CTF_EACH_CTF_NUMERIC(X, ...)           CTF_EACH_CTF_INTS(X, __VA_ARGS__) CTF_EACH_CTF_FLOATING(X, __VA_ARGS__)
#define CTF_EACH_CTF_SIGNED(X, ...)            CTF_EACH_CTF_SIGNED_INTS(X, __VA_ARGS__) CTF_EACH_CTF_FLOATING(X, __VA_ARGS__)
#define CTF_EACH_CTF_SIGNED_REAL(X, ...)       CTF_EACH_CTF_SIGNED_INTS(X, __VA_ARGS__) CTF_EACH_CTF_REAL_FLOATING(X, __VA_ARGS__)
#define CTF_EACH_CTF_SIGNED_OR_UINT8(X, ...)   CTF_EACH_CTF_SIGNED(X, __VA_ARGS__) X(u8, __VA_ARGS__)
#define CTF_EACH_CTF_ROUNDABLE(X, ...)         CTF_EACH_CTF_INDEX(X, __VA_ARGS__) CTF_EACH_CTF_REAL_FLOATING(X, __VA_ARGS__)
#define CTF_EACH_CTF_MODULAR(X, ...)           CTF_EACH_CTF_INDEX(X, __VA_ARGS__) CTF_EACH_CTF_FLOAT_DOUBLE(X, __VA_ARGS__)
#define CTF_EACH_CTF_FLOATING_OR_INDEX(X, ...) CTF_EACH_CTF_INDEX(X, __VA_ARGS__) CTF_EACH_CTF_FLOATING(X, __VA_ARGS__)
#define CTF_EACH_CTF_NUMERIC_OR_BOOL(X, ...)   X(b8, __VA_ARGS__) CTF_EACH_CTF_NUMERIC(X, __VA_ARGS__)
#define CTF_EACH_CTF_QUANTIZED(X, ...)         X(q8, __VA_ARGS__) X(qu8, __VA_ARGS__) X(q16, __VA_ARGS__) X(qu16, __VA_ARGS__) X(q32, __VA_ARGS__)
#define CTF_EACH_CTF_COMPARABLE(X, ...)        CTF_EACH_CTF_NUMERIC_OR_BOOL(X, __VA_ARGS__) CTF_EACH_CTF_QUANTIZED(X, __VA_ARGS__)

// Of each suffix: TensorFlow's type and the type in memory.
#define CTF_DTYPE_b8   TF_BOOL
#define CTF_DTYPE_i8   TF_INT8
#define CTF_DTYPE_i16  TF_INT16
#define CTF_DTYPE_i32  TF_INT32
#define CTF_DTYPE_i64  TF_INT64
#define CTF_DTYPE_u8   TF_UINT8
#define CTF_DTYPE_u16  TF_UINT16
#define CTF_DTYPE_u32  TF_UINT32
#define CTF_DTYPE_u64  TF_UINT64
#define CTF_DTYPE_f16  TF_HALF
#define CTF_DTYPE_bf16 TF_BFLOAT16
#define CTF_DTYPE_f32  TF_FLOAT
#define CTF_DTYPE_f64  TF_DOUBLE
#define CTF_DTYPE_c64  TF_COMPLEX64
#define CTF_DTYPE_c128 TF_COMPLEX128
#define CTF_DTYPE_q8   TF_QINT8
#define CTF_DTYPE_qu8  TF_QUINT8
#define CTF_DTYPE_q16  TF_QINT16
#define CTF_DTYPE_qu16 TF_QUINT16
#define CTF_DTYPE_q32  TF_QINT32

#define CTF_CTYPE_b8   bool
#define CTF_CTYPE_i8   int8_t
#define CTF_CTYPE_i16  int16_t
#define CTF_CTYPE_i32  int32_t
#define CTF_CTYPE_i64  int64_t
#define CTF_CTYPE_u8   uint8_t
#define CTF_CTYPE_u16  uint16_t
#define CTF_CTYPE_u32  uint32_t
#define CTF_CTYPE_u64  uint64_t
#define CTF_CTYPE_f16  ctf_half
#define CTF_CTYPE_bf16 ctf_bfloat16
#define CTF_CTYPE_f32  float
#define CTF_CTYPE_f64  double
#define CTF_CTYPE_c64  ctf_complex64
#define CTF_CTYPE_c128 ctf_complex128
#define CTF_CTYPE_q8   int8_t
#define CTF_CTYPE_qu8  uint8_t
#define CTF_CTYPE_q16  int16_t
#define CTF_CTYPE_qu16 uint16_t
#define CTF_CTYPE_q32  int32_t

// The suffix of the type that it is computed in; and what stands in brackets, for types that are computed in themselves.
#define CTF_COMPUTED_b8  b8
#define CTF_COMPUTED_i8  i8
#define CTF_COMPUTED_i16 i16
#define CTF_COMPUTED_i32 i32
#define CTF_COMPUTED_i64 i64
#define CTF_COMPUTED_u8  u8
#define CTF_COMPUTED_u16 u16
#define CTF_COMPUTED_u32 u32
#define CTF_COMPUTED_u64 u64
#define CTF_COMPUTED_f16 f32
#define CTF_COMPUTED_bf16 f32
#define CTF_COMPUTED_f32 f32
#define CTF_COMPUTED_f64 f64
#define CTF_COMPUTED_c64 c64
#define CTF_COMPUTED_c128 c128
#define CTF_COMPUTED_q8  i8
#define CTF_COMPUTED_qu8 u8
#define CTF_COMPUTED_q16 i16
#define CTF_COMPUTED_qu16 u16
#define CTF_COMPUTED_q32 i32

#define CTF_IF_COMPUTED_b8(...)  __VA_ARGS__
#define CTF_IF_COMPUTED_i8(...)  __VA_ARGS__
#define CTF_IF_COMPUTED_i16(...) __VA_ARGS__
#define CTF_IF_COMPUTED_i32(...) __VA_ARGS__
#define CTF_IF_COMPUTED_i64(...) __VA_ARGS__
#define CTF_IF_COMPUTED_u8(...)  __VA_ARGS__
#define CTF_IF_COMPUTED_u16(...) __VA_ARGS__
#define CTF_IF_COMPUTED_u32(...) __VA_ARGS__
#define CTF_IF_COMPUTED_u64(...) __VA_ARGS__
#define CTF_IF_COMPUTED_f16(...)
#define CTF_IF_COMPUTED_bf16(...)
#define CTF_IF_COMPUTED_f32(...) __VA_ARGS__
#define CTF_IF_COMPUTED_f64(...) __VA_ARGS__
#define CTF_IF_COMPUTED_c64(...) __VA_ARGS__
#define CTF_IF_COMPUTED_c128(...)__VA_ARGS__
#define CTF_IF_COMPUTED_q8(...)
#define CTF_IF_COMPUTED_qu8(...)
#define CTF_IF_COMPUTED_q16(...)
#define CTF_IF_COMPUTED_qu16(...)
#define CTF_IF_COMPUTED_q32(...)
// clang-format on

// Of Equal and NotEqual.
typedef struct ctf_equality_attrs {
  bool incompatible_shape_error;
} ctf_equality_attrs;

// Two inputs walked along their output: axes of 1 are gone, and neighbours that move together are merged.
typedef struct ctf_broadcast {
  int rank;  // at least 1
  int64_t dims[CTF_MAX_RANK];
  int64_t x_strides[CTF_MAX_RANK];  // in elements; 0: the input stays where it is. The last are 0 or 1.
  int64_t y_strides[CTF_MAX_RANK];
} ctf_broadcast;

bool ctf_broadcast_plan(const ctf_tensor* x, const ctf_tensor* y, ctf_broadcast* out_plan);  // false: not compatible

#endif  // CTF_OPS_ELEMENTWISE_H_
