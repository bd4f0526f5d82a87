// The CPU kernels of ops/elementwise.def: a loop for each op and type that is computed in, a table by type, a row.
#include <string.h>

#include "ops/cpu/fused.h"
#include "runtime/tstring.h"

// Loops by suffix. Types that are computed in another one have no loop of their own.
#define UNARY_LOOP(s, op, value)                                                                                     \
  CPU_LOOP_##s static void op##_##s(const void* in, void* out, int64_t count, const void* attrs, unsigned* faults) { \
    CPU_UNARY_BODY(s, value);                                                                                        \
  }
#define BINARY_LOOP(s, op, value)                                                                                   \
  CPU_LOOP_##s static void op##_##s(const void* left, const void* right, void* out, int64_t count, cpu_steps steps, \
                                    const void* attrs, unsigned* faults) {                                          \
    CPU_BINARY_BODY(s, value);                                                                                      \
  }
#define LOOP_OF(s, LOOP, op, value) CTF_IF_COMPUTED_##s(LOOP(s, op, value))

// The entry of a type in a table of loops.
#define LOOP_NAME_(op, s) op##_##s
#define LOOP_NAME(op, s) LOOP_NAME_(op, s)
#define ENTRY_OF(s, op) [CTF_DTYPE_##s] = LOOP_NAME(op, CTF_COMPUTED_##s),

#define UNARY(op, types, value, gradient)                                                                        \
  CTF_EACH_##types(LOOP_OF, UNARY_LOOP, op, value) static const cpu_unary_loop op##_loops[CTF_DTYPE_MAX + 1] = { \
      CTF_EACH_##types(ENTRY_OF, op)};                                                                           \
  static ctf_status cpu_##op(ctf_kernel_ctx* k) {                                                                \
    CTF_TRY(check_types(k));                                                                                     \
    return cpu_run_unary(k, op##_loops[ctf_in_dtype(k, 0)]);                                                     \
  }

#define BINARY_LOOPS(op, each, value) \
  each(LOOP_OF, BINARY_LOOP, op,      \
       value) static const cpu_binary_loop op##_loops[CTF_DTYPE_MAX + 1] = {each(ENTRY_OF, op)};

#define BINARY(op, types, value, gradient_x, gradient_y)      \
  BINARY_LOOPS(op, CTF_EACH_##types, value)                   \
  static ctf_status cpu_##op(ctf_kernel_ctx* k) {             \
    CTF_TRY(check_types(k));                                  \
    return cpu_run_binary(k, op##_loops[ctf_in_dtype(k, 0)]); \
  }

// Strings are compared to a number, 0 when they are the same, of which the value is taken.
#define STRING_LOOP(op, value)                                                                            \
  static void op##_string(const void* left, const void* right, void* out, int64_t count, cpu_steps steps, \
                          const void* attrs, unsigned* faults) {                                          \
    for (int64_t i = 0; i < count; ++i) {                                                                 \
      const int32_t x =                                                                                   \
          strings_differ(left, steps == CPU_LEFT_STAYS ? 0 : i, right, steps == CPU_RIGHT_STAYS ? 0 : i); \
      const int32_t y = 0;                                                                                \
      ((bool*)out)[i] = value;                                                                            \
    }                                                                                                     \
    (void)attrs, (void)faults;                                                                            \
  }

// Shapes that do not fit, where that is no error: one answer, that of two elements that differ.
#define EQUALITY(op, types, value)                                                        \
  BINARY_LOOPS(op, CTF_EACH_##types, value)                                               \
  STRING_LOOP(op, value)                                                                  \
  static ctf_status cpu_##op(ctf_kernel_ctx* k) {                                         \
    const ctf_equality_attrs* attrs = k->attrs;                                           \
    const bool is_string = ctf_in_dtype(k, 0) == TF_STRING;                               \
    if (attrs->incompatible_shape_error || shapes_broadcast(k)) {                         \
      return cpu_run_binary(k, is_string ? op##_string : op##_loops[ctf_in_dtype(k, 0)]); \
    }                                                                                     \
    unsigned faults = 0;                                                                  \
    op##_b8(&(bool){false}, &(bool){true}, ctf_out(k, 0), 1, CPU_BOTH, attrs, &faults);   \
    return NULL;                                                                          \
  }

#define PAIR(op, types, value, gradient_x, gradient_y) \
  BINARY_LOOPS(op, CTF_EACH_##types, value)            \
  static ctf_status cpu_##op(ctf_kernel_ctx* k) { return cpu_run_pair(k, op##_loops[ctf_in_dtype(k, 0)]); }
#define TWIN(op, types, value, gradient_x, gradient_y) \
  BINARY_LOOPS(op, CTF_EACH_##types, value)            \
  static ctf_status cpu_##op(ctf_kernel_ctx* k) { return cpu_run_pair(k, op##_loops[ctf_in_dtype(k, 0)]); }

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

// Fused steps take what cannot fail for its types; Equal only where shapes that do not fit are an error.
static bool accepts_types(const void* attrs, TF_DataType in, TF_DataType out) {
  (void)attrs;
  return types_fit(in, out);
}
static bool accepts_equality(const void* attrs, TF_DataType in, TF_DataType out) {
  (void)out;
  return ((const ctf_equality_attrs*)attrs)->incompatible_shape_error && in != TF_STRING;
}

static int32_t strings_differ(const void* left, int64_t i, const void* right, int64_t j) {
  const TF_TString *a = (const TF_TString*)left + i, *b = (const TF_TString*)right + j;
  const size_t size = TF_TString_GetSize(a);
  if (size != TF_TString_GetSize(b)) return 1;
  return size > 0 && memcmp(TF_TString_GetDataPointer(a), TF_TString_GetDataPointer(b), size) != 0;
}

// Strings of a new tensor are empty, which is their zero.
static ctf_status cpu_zeros_like_string(ctf_kernel_ctx* k) {
  (void)k;
  return NULL;
}

// The element of an input that meets element `index` of the output.
static int64_t source_of(const ctf_broadcast* plan, const int64_t* strides, int64_t index) {
  int64_t source = 0;
  for (int axis = plan->rank - 1; axis >= 0; --axis) {
    source += index % plan->dims[axis] * strides[axis];
    index /= plan->dims[axis];
  }
  return source;
}

// One text behind the other.
static ctf_status cpu_add_string(ctf_kernel_ctx* k) {
  const ctf_tensor *x = ctf_in_tensor(k, 0), *y = ctf_in_tensor(k, 1), *z = ctf_out_tensor(k, 0);
  ctf_broadcast plan;
  const bool fits = ctf_broadcast_plan(x, y, &plan);
  CTF_ASSERT(fits);  // the shape function has checked it
  for (int64_t i = 0; i < z->num_elements; ++i) {
    const char* text;
    size_t length;
    ctf_tensor_get_string(x, source_of(&plan, plan.x_strides, i), &text, &length);
    CTF_TRY(ctf_tensor_put_string(z, i, text, length, k->budget));
    ctf_tensor_get_string(y, source_of(&plan, plan.y_strides, i), &text, &length);
    CTF_TRY(ctf_tensor_append_string(z, i, text, length, k->budget));
    if (i % 4096 == 0) CTF_TRY(ctf_cancel_check(k->cancel));
  }
  return NULL;
}

static bool shapes_broadcast(const ctf_kernel_ctx* k) {
  ctf_broadcast plan;
  return ctf_broadcast_plan(ctf_in_tensor(k, 0), ctf_in_tensor(k, 1), &plan);
}

#include "ops/elementwise.def"

cpu_binary_loop cpu_add_loop(TF_DataType dtype) { return AddV2_loops[dtype]; }

#define FUSIBLE(op, table) \
  static const cpu_fusible op##_fusible = {{&cpu_fused_runner, accepts_types}, .table = op##_loops};
#define UNARY(op, types, value, gradient) FUSIBLE(op, unary)
#define BINARY(op, types, value, gradient_x, gradient_y) FUSIBLE(op, binary)
#define EQUALITY(op, types, value) \
  static const cpu_fusible op##_fusible = {{&cpu_fused_runner, accepts_equality}, .binary = op##_loops};
#define PAIR(op, types, value, gradient_x, gradient_y) FUSIBLE(op, binary)
#define TWIN(op, types, value, gradient_x, gradient_y) FUSIBLE(op, binary)
#include "ops/elementwise.def"

#define ROW(op, types) {#op, types, cpu_##op, .fuse = &op##_fusible.base, .flags = CTF_ANY_ALIGNMENT | CTF_IN_PLACE},
#define UNARY(op, types, value, gradient) ROW(op, types)
#define BINARY(op, types, value, gradient_x, gradient_y) ROW(op, types)
#define EQUALITY(op, types, value) ROW(op, types){#op, CTF_TYPE(TF_STRING), cpu_##op},
#define PAIR(op, types, value, gradient_x, gradient_y) ROW(op, types)
#define TWIN(op, types, value, gradient_x, gradient_y) ROW(op, types)
static const ctf_kernel_def kKernels[] = {
    {"Add", CTF_TYPE(TF_STRING), cpu_add_string},
    {"ZerosLike", CTF_TYPE(TF_STRING), cpu_zeros_like_string},
#include "ops/elementwise.def"
};
CTF_CPU_KERNELS(elementwise, kKernels);
