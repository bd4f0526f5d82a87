// The CPU kernels of ops/elementwise.def: a loop for each op and type that is computed in, a table by type, a row.
#include "ops/cpu/elementwise_run.h"

// Loops by suffix. Types that are computed in another one have no loop of their own.
#define UNARY_LOOP(s, op, value)                                                                             \
  static void op##_##s(const void* in, void* out, int64_t count, const void* attrs, unsigned* faults) {      \
    CPU_UNARY_BODY(s, value);                                                                                \
  }
#define BINARY_LOOP(s, op, value)                                                                            \
  static void op##_##s(const void* left, const void* right, void* out, int64_t count, cpu_steps steps,       \
                       const void* attrs, unsigned* faults) {                                                \
    CPU_BINARY_BODY(s, value);                                                                               \
  }
#define LOOP_b8(LOOP, op, value) LOOP(b8, op, value)
#define LOOP_i8(LOOP, op, value) LOOP(i8, op, value)
#define LOOP_i16(LOOP, op, value) LOOP(i16, op, value)
#define LOOP_i32(LOOP, op, value) LOOP(i32, op, value)
#define LOOP_i64(LOOP, op, value) LOOP(i64, op, value)
#define LOOP_u8(LOOP, op, value) LOOP(u8, op, value)
#define LOOP_u16(LOOP, op, value) LOOP(u16, op, value)
#define LOOP_u32(LOOP, op, value) LOOP(u32, op, value)
#define LOOP_u64(LOOP, op, value) LOOP(u64, op, value)
#define LOOP_f32(LOOP, op, value) LOOP(f32, op, value)
#define LOOP_f64(LOOP, op, value) LOOP(f64, op, value)
#define LOOP_c64(LOOP, op, value) LOOP(c64, op, value)
#define LOOP_c128(LOOP, op, value) LOOP(c128, op, value)
#define LOOP_f16(LOOP, op, value)
#define LOOP_bf16(LOOP, op, value)
#define LOOP_q8(LOOP, op, value)
#define LOOP_qu8(LOOP, op, value)
#define LOOP_q16(LOOP, op, value)
#define LOOP_qu16(LOOP, op, value)
#define LOOP_q32(LOOP, op, value)
#define LOOP_OF(s, LOOP, op, value) LOOP_##s(LOOP, op, value)

// The entry of a table of loops.
#define ENTRY_b8(op) [TF_BOOL] = op##_b8,
#define ENTRY_i8(op) [TF_INT8] = op##_i8,
#define ENTRY_i16(op) [TF_INT16] = op##_i16,
#define ENTRY_i32(op) [TF_INT32] = op##_i32,
#define ENTRY_i64(op) [TF_INT64] = op##_i64,
#define ENTRY_u8(op) [TF_UINT8] = op##_u8,
#define ENTRY_u16(op) [TF_UINT16] = op##_u16,
#define ENTRY_u32(op) [TF_UINT32] = op##_u32,
#define ENTRY_u64(op) [TF_UINT64] = op##_u64,
#define ENTRY_f32(op) [TF_FLOAT] = op##_f32,
#define ENTRY_f64(op) [TF_DOUBLE] = op##_f64,
#define ENTRY_c64(op) [TF_COMPLEX64] = op##_c64,
#define ENTRY_c128(op) [TF_COMPLEX128] = op##_c128,
#define ENTRY_f16(op) [TF_HALF] = op##_f32,
#define ENTRY_bf16(op) [TF_BFLOAT16] = op##_f32,
#define ENTRY_q8(op) [TF_QINT8] = op##_i8,
#define ENTRY_qu8(op) [TF_QUINT8] = op##_u8,
#define ENTRY_q16(op) [TF_QINT16] = op##_i16,
#define ENTRY_qu16(op) [TF_QUINT16] = op##_u16,
#define ENTRY_q32(op) [TF_QINT32] = op##_i32,
#define ENTRY_OF(s, op) ENTRY_##s(op)

#define UNARY(op, types, value, gradient)                                                    \
  CTF_EACH_##types(LOOP_OF, UNARY_LOOP, op, value)                                           \
  static const cpu_unary_loop op##_loops[CTF_DTYPE_MAX + 1] = {CTF_EACH_##types(ENTRY_OF, op)}; \
  static ctf_status cpu_##op(ctf_kernel_ctx* k) {                                                  \
    CTF_TRY(check_types(k));                                                                         \
    return cpu_run_unary(k, op##_loops[ctf_in_dtype(k, 0)]);                                         \
  }

#define BINARY_LOOPS(op, each, value)                                              \
  each(LOOP_OF, BINARY_LOOP, op, value)                                            \
  static const cpu_binary_loop op##_loops[CTF_DTYPE_MAX + 1] = {each(ENTRY_OF, op)};

#define BINARY(op, types, value, gradient_x, gradient_y) \
  BINARY_LOOPS(op, CTF_EACH_##types, value)              \
  static ctf_status cpu_##op(ctf_kernel_ctx* k) {        \
    CTF_TRY(check_types(k));                             \
    return cpu_run_binary(k, op##_loops[ctf_in_dtype(k, 0)]); \
  }

// Shapes that do not fit, where that is no error: one answer, that of two elements that differ.
#define EQUALITY(op, types, value)                                                           \
  BINARY_LOOPS(op, CTF_EACH_##types, value)                                                  \
  static ctf_status cpu_##op(ctf_kernel_ctx* k) {                                            \
    const ctf_equality_attrs* attrs = k->attrs;                                              \
    if (attrs->incompatible_shape_error || shapes_broadcast(k)) {                        \
      return cpu_run_binary(k, op##_loops[ctf_in_dtype(k, 0)]);                              \
    }                                                                                        \
    unsigned faults = 0;                                                                     \
    op##_b8(&(bool){false}, &(bool){true}, ctf_out(k, 0), 1, CPU_BOTH, attrs, &faults);      \
    return NULL;                                                                             \
  }

#define PAIR(op, types, value, gradient_x, gradient_y)                                            \
  BINARY_LOOPS(op, CTF_EACH_##types, value)                                                       \
  static ctf_status cpu_##op(ctf_kernel_ctx* k) {                                                 \
    CTF_TRY(check_same_shape(k));                                                                 \
    return cpu_run_binary(k, op##_loops[ctf_in_dtype(k, 0)]);                                     \
  }

// Complex and real types belong together in pairs; the ops that turn one into the other name the output's type in an
// attribute of its own, which a graph can set to the other pair's.
static bool types_fit(TF_DataType in, TF_DataType out) {
  if (ctf_type_in(CTF_COMPLEXES, in) == ctf_type_in(CTF_COMPLEXES, out) || out == TF_BOOL) return true;
  const TF_DataType whole = ctf_type_in(CTF_COMPLEXES, in) ? in : out, part = whole == in ? out : in;
  return part == (whole == TF_COMPLEX64 ? TF_FLOAT : TF_DOUBLE);
}

static ctf_status check_types(const ctf_kernel_ctx* k) {
  const TF_DataType in = ctf_in_dtype(k, 0), out = ctf_out_dtype(k, 0);
  if (types_fit(in, out)) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "There is no kernel from %s to %s", ctf_dtype_get(in)->tf_name,
                   ctf_dtype_get(out)->tf_name);
}

static bool shapes_broadcast(const ctf_kernel_ctx* k) {
  ctf_broadcast plan;
  return ctf_broadcast_plan(ctf_in_tensor(k, 0), ctf_in_tensor(k, 1), &plan);
}

static ctf_status check_same_shape(const ctf_kernel_ctx* k) {
  const ctf_shape x = ctf_tensor_shape(ctf_in_tensor(k, 0)), y = ctf_tensor_shape(ctf_in_tensor(k, 1));
  if (ctf_shape_equal(x, y)) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "Inputs must have the same size and shape. Input 0: %s != input 1: %s",
                   ctf_shape_print(x).text, ctf_shape_print(y).text);
}

#include "ops/elementwise.def"

#define ROW(op, types) {#op, types, cpu_##op, .flags = CTF_ANY_ALIGNMENT | CTF_IN_PLACE},
#define UNARY(op, types, value, gradient) ROW(op, types)
#define BINARY(op, types, value, gradient_x, gradient_y) ROW(op, types)
#define EQUALITY(op, types, value) ROW(op, types)
#define PAIR(op, types, value, gradient_x, gradient_y) ROW(op, types)
static const ctf_kernel_def kKernels[] = {
#include "ops/elementwise.def"
};
CTF_CPU_KERNELS(elementwise, kKernels);
