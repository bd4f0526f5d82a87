// Cast: a loop for each pair of types that are computed in; half and bfloat16 pass through blocks of floats.
//
// What does not fit an integer gives what TensorFlow on x86 gives: its conversions return the least integer of 32 or 64
// bits ("indefinite"), of which narrower types keep the low bits. Here that is said in C, so that it holds everywhere.
#include "ops/cast.h"

#include "ops/cpu/fused.h"

static inline int32_t int32_of(double x) { return x >= -0x1p31 && x < 0x1p31 ? (int32_t)x : INT32_MIN; }
static inline int64_t int64_of(double x) { return x >= -0x1p63 && x < 0x1p63 ? (int64_t)x : INT64_MIN; }
static inline uint64_t uint64_of(double x) {
  if (x >= 0x1p63 && x < 0x1p64) return (uint64_t)x;
  return (uint64_t)int64_of(x);
}
// The same on floats, which keeps vectors whole: 2^31 and 2^63 are floats too.
static inline int32_t int32_of_float(float x) { return x >= -0x1p31f && x < 0x1p31f ? (int32_t)x : INT32_MIN; }
static inline int64_t int64_of_float(float x) { return x >= -0x1p63f && x < 0x1p63f ? (int64_t)x : INT64_MIN; }

// FROM_x_TO_y(value), by kinds. Integers and booleans to anything are C's conversions.
#define INT_TO_b8(v) ((bool)((v) != 0))
#define INT_TO_i8(v) ((int8_t)(v))
#define INT_TO_i16(v) ((int16_t)(v))
#define INT_TO_i32(v) ((int32_t)(v))
#define INT_TO_i64(v) ((int64_t)(v))
#define INT_TO_u8(v) ((uint8_t)(v))
#define INT_TO_u16(v) ((uint16_t)(v))
#define INT_TO_u32(v) ((uint32_t)(v))
#define INT_TO_u64(v) ((uint64_t)(v))
#define INT_TO_f32(v) ((float)(v))
#define INT_TO_f64(v) ((double)(v))
#define INT_TO_c64(v) ((ctf_complex64){(float)(v), 0})
#define INT_TO_c128(v) ((ctf_complex128){(double)(v), 0})

#define FLOAT_TO_b8(v) ((bool)((v) != 0))
#define FLOAT_TO_i8(v) ((int8_t)int32_of_float(v))
#define FLOAT_TO_i16(v) ((int16_t)int32_of_float(v))
#define FLOAT_TO_i32(v) int32_of_float(v)
#define FLOAT_TO_i64(v) int64_of_float(v)
#define FLOAT_TO_u8(v) ((uint8_t)int32_of_float(v))
#define FLOAT_TO_u16(v) ((uint16_t)int32_of_float(v))
#define FLOAT_TO_u32(v) ((uint32_t)int64_of_float(v))
#define FLOAT_TO_u64(v) uint64_of((double)(v))
#define FLOAT_TO_f32(v) (v)
#define FLOAT_TO_f64(v) ((double)(v))
#define FLOAT_TO_c64(v) ((ctf_complex64){(v), 0})
#define FLOAT_TO_c128(v) ((ctf_complex128){(double)(v), 0})

#define DOUBLE_TO_b8(v) ((bool)((v) != 0))
#define DOUBLE_TO_i8(v) ((int8_t)int32_of(v))
#define DOUBLE_TO_i16(v) ((int16_t)int32_of(v))
#define DOUBLE_TO_i32(v) int32_of(v)
#define DOUBLE_TO_i64(v) int64_of(v)
#define DOUBLE_TO_u8(v) ((uint8_t)int32_of(v))
#define DOUBLE_TO_u16(v) ((uint16_t)int32_of(v))
#define DOUBLE_TO_u32(v) ((uint32_t)int64_of(v))
#define DOUBLE_TO_u64(v) uint64_of(v)
#define DOUBLE_TO_f32(v) ((float)(v))
#define DOUBLE_TO_f64(v) (v)
#define DOUBLE_TO_c64(v) ((ctf_complex64){(float)(v), 0})
#define DOUBLE_TO_c128(v) ((ctf_complex128){(v), 0})

#define LOOP(from, to, value)                                                                                     \
  static void cast_##from##_##to(const void* in, void* out, int64_t count, const void* attrs, unsigned* faults) { \
    CPU_UNARY_BODY(from, value);                                                                                  \
  }
#define LOOPS(from, kind, part)        \
  LOOP(from, b8, kind##_TO_b8(part))   \
  LOOP(from, i8, kind##_TO_i8(part))   \
  LOOP(from, i16, kind##_TO_i16(part)) \
  LOOP(from, i32, kind##_TO_i32(part)) \
  LOOP(from, i64, kind##_TO_i64(part)) \
  LOOP(from, u8, kind##_TO_u8(part))   \
  LOOP(from, u16, kind##_TO_u16(part)) \
  LOOP(from, u32, kind##_TO_u32(part)) \
  LOOP(from, u64, kind##_TO_u64(part)) \
  LOOP(from, f32, kind##_TO_f32(part)) \
  LOOP(from, f64, kind##_TO_f64(part))
#define COMPLEX_LOOPS(from, kind)   \
  LOOP(from, c64, kind##_TO_c64(x)) \
  LOOP(from, c128, kind##_TO_c128(x))
LOOPS(b8, INT, x)
COMPLEX_LOOPS(b8, INT)
LOOPS(i8, INT, x)
COMPLEX_LOOPS(i8, INT)
LOOPS(i16, INT, x)
COMPLEX_LOOPS(i16, INT)
LOOPS(i32, INT, x)
COMPLEX_LOOPS(i32, INT)
LOOPS(i64, INT, x)
COMPLEX_LOOPS(i64, INT)
LOOPS(u8, INT, x)
COMPLEX_LOOPS(u8, INT)
LOOPS(u16, INT, x)
COMPLEX_LOOPS(u16, INT)
LOOPS(u32, INT, x)
COMPLEX_LOOPS(u32, INT)
LOOPS(u64, INT, x)
COMPLEX_LOOPS(u64, INT)
LOOPS(f32, FLOAT, x)
COMPLEX_LOOPS(f32, FLOAT)
LOOPS(f64, DOUBLE, x)
COMPLEX_LOOPS(f64, DOUBLE)
// The imaginary part is dropped, also for booleans.
LOOPS(c64, FLOAT, x.re)
LOOP(c64, c64, x)
LOOP(c64, c128, ((ctf_complex128){(double)x.re, (double)x.im}))
LOOPS(c128, DOUBLE, x.re)
LOOP(c128, c64, ((ctf_complex64){(float)x.re, (float)x.im}))
LOOP(c128, c128, x)

// With the low bits of the mantissa gone, so that the rounding that follows has nothing to round.
static inline float float_truncated(float x, uint32_t mask) {
  union {
    float value;
    uint32_t bits;
  } u = {x};
  u.bits &= mask;
  return u.value;
}
static inline double double_truncated(double x, uint64_t mask) {
  union {
    double value;
    uint64_t bits;
  } u = {x};
  u.bits &= mask;
  return u.value;
}
#define HALF_BITS (~UINT32_C(0) << 13)
#define BFLOAT16_BITS (~UINT32_C(0) << 16)
LOOP(f32, truncated_half, float_truncated(x, HALF_BITS))
LOOP(f32, truncated_bfloat16, float_truncated(x, BFLOAT16_BITS))
LOOP(f64, truncated_half, (float)double_truncated(x, ~UINT64_C(0) << 42))
LOOP(f64, truncated_float, (float)double_truncated(x, ~UINT64_C(0) << 29))

#define NUM_TYPES (CTF_DTYPE_MAX + 1)
#define ROW(from)                                                                                                \
  {                                                                                                              \
    [TF_BOOL] = cast_##from##_b8, [TF_INT8] = cast_##from##_i8, [TF_INT16] = cast_##from##_i16,                  \
    [TF_INT32] = cast_##from##_i32, [TF_INT64] = cast_##from##_i64, [TF_UINT8] = cast_##from##_u8,               \
    [TF_UINT16] = cast_##from##_u16, [TF_UINT32] = cast_##from##_u32, [TF_UINT64] = cast_##from##_u64,           \
    [TF_FLOAT] = cast_##from##_f32, [TF_DOUBLE] = cast_##from##_f64, [TF_HALF] = cast_##from##_f32,              \
    [TF_BFLOAT16] = cast_##from##_f32, [TF_COMPLEX64] = cast_##from##_c64, [TF_COMPLEX128] = cast_##from##_c128, \
    [TF_QINT8] = cast_##from##_i8, [TF_QUINT8] = cast_##from##_u8, [TF_QINT16] = cast_##from##_i16,              \
    [TF_QUINT16] = cast_##from##_u16, [TF_QINT32] = cast_##from##_i32                                            \
  }
static const cpu_unary_loop kLoops[NUM_TYPES][NUM_TYPES] = {
    [TF_BOOL] = ROW(b8),      [TF_INT8] = ROW(i8),       [TF_INT16] = ROW(i16),       [TF_INT32] = ROW(i32),
    [TF_INT64] = ROW(i64),    [TF_UINT8] = ROW(u8),      [TF_UINT16] = ROW(u16),      [TF_UINT32] = ROW(u32),
    [TF_UINT64] = ROW(u64),   [TF_FLOAT] = ROW(f32),     [TF_DOUBLE] = ROW(f64),      [TF_HALF] = ROW(f32),
    [TF_BFLOAT16] = ROW(f32), [TF_COMPLEX64] = ROW(c64), [TF_COMPLEX128] = ROW(c128), [TF_QINT8] = ROW(i8),
    [TF_QUINT8] = ROW(u8),    [TF_QINT16] = ROW(i16),    [TF_QUINT16] = ROW(u16),     [TF_QINT32] = ROW(i32),
};

// The pairs for which TensorFlow truncates; for the others it rounds all the same.
static cpu_unary_loop truncating_loop(TF_DataType from, TF_DataType to) {
  if (from == TF_FLOAT && to == TF_HALF) return cast_f32_truncated_half;
  if (from == TF_FLOAT && to == TF_BFLOAT16) return cast_f32_truncated_bfloat16;
  if (from == TF_DOUBLE && to == TF_HALF) return cast_f64_truncated_half;
  if (from == TF_DOUBLE && to == TF_FLOAT) return cast_f64_truncated_float;
  return kLoops[from][to];
}

static cpu_fused_loop pick_loop(const void* attrs, TF_DataType from, TF_DataType to) {
  const bool truncates = ((const ctf_cast_attrs*)attrs)->Truncate;
  return (cpu_fused_loop){.unary = truncates ? truncating_loop(from, to) : kLoops[from][to]};
}

static ctf_status cpu_cast(ctf_kernel_ctx* k) {
  return cpu_run_unary(k, pick_loop(k->attrs, ctf_in_dtype(k, 0), ctf_out_dtype(k, 0)).unary);
}

static const cpu_fusible kFusible = {{&cpu_fused_runner}, .pick = pick_loop};

#define CASTABLE (CTF_NUMERIC | CTF_BOOL | CTF_QUANTIZED)
static const ctf_kernel_def kKernels[] = {
    {"Cast", CASTABLE, cpu_cast, .type_attr = "SrcT", .type_attr2 = "DstT", .types2 = CASTABLE, .fuse = &kFusible.base,
     .flags = CTF_ANY_ALIGNMENT | CTF_IN_PLACE},
};
CTF_CPU_KERNELS(cast, kKernels);
