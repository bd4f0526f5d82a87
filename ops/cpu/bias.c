// BiasAdd. value, output: [outer, channels, inner], bias: [channels].
//
// Bound:  memory, 2 * outer * channels * inner * sizeof(T).
// Order:  elementwise.
#include "ops/bias.h"

#include "ops/cpu/fused.h"
#include "runtime/parallel.h"

enum { kWorkGrain = 32768 };  // elements of a piece, about

typedef struct bias_job {
  ctf_bias_geometry g;
  int64_t parts;  // of a channel: complex numbers are added part by part
  const void* value;
  const void* bias;
  void* out;
} bias_job;

// Items are rows of elements that are contiguous: [channels] where channels are last, else [inner] of one channel.
#define DEFINE_BIAS(name, scalar, source, value_at, bias_at, result)                                \
  static void bias_##name(void* arg, int64_t begin, int64_t end) {                                  \
    const bias_job* job = arg;                                                                      \
    const source *x = job->value, *b = job->bias;                                                   \
    scalar* y = job->out;                                                                           \
    if (job->g.inner == 1) {                                                                        \
      const int64_t width = job->g.channels * job->parts;                                           \
      for (int64_t row = begin; row < end; ++row) {                                                 \
        _Pragma("GCC ivdep") for (int64_t j = 0; j < width; ++j) y[row * width + j] =               \
            result(value_at(x, row * width + j) + bias_at(b, j));                                   \
      }                                                                                             \
      return;                                                                                       \
    }                                                                                               \
    const int64_t width = job->g.inner * job->parts;                                                \
    for (int64_t row = begin; row < end; ++row) {                                                   \
      for (int64_t j = 0; j < width; ++j) {                                                         \
        const int64_t channel = row % job->g.channels * job->parts + (job->parts == 2 ? j % 2 : 0); \
        y[row * width + j] = result(value_at(x, row * width + j) + bias_at(b, channel));            \
      }                                                                                             \
    }                                                                                               \
  }

#define AT(p, i) (p)[i]
#define AS_IT_IS(sum) (sum)
DEFINE_BIAS(f32, float, ctf_any_f32, AT, AT, AS_IT_IS)
DEFINE_BIAS(f64, double, ctf_any_f64, AT, AT, AS_IT_IS)
DEFINE_BIAS(half, ctf_half, void, ctf_load_half, ctf_load_half, ctf_half_from_float)
DEFINE_BIAS(bfloat16, ctf_bfloat16, void, ctf_load_bfloat16, ctf_load_bfloat16, ctf_bfloat16_from_float)
// Integers wrap, so signed and unsigned ones are the same.
DEFINE_BIAS(u8, uint8_t, ctf_any_u8, AT, AT, (uint8_t))
DEFINE_BIAS(u16, uint16_t, ctf_any_u16, AT, AT, (uint16_t))
DEFINE_BIAS(u32, uint32_t, ctf_any_u32, AT, AT, AS_IT_IS)
DEFINE_BIAS(u64, uint64_t, ctf_any_u64, AT, AT, AS_IT_IS)

static void (*piece_of(TF_DataType dtype))(void* arg, int64_t begin, int64_t end) {
  switch (dtype) {
    case TF_FLOAT:
    case TF_COMPLEX64:
      return bias_f32;
    case TF_DOUBLE:
    case TF_COMPLEX128:
      return bias_f64;
    case TF_HALF:
      return bias_half;
    case TF_BFLOAT16:
      return bias_bfloat16;
    default:
      switch (ctf_dtype_get(dtype)->bytes) {
        case 1:
          return bias_u8;
        case 2:
          return bias_u16;
        case 4:
          return bias_u32;
        default:
          return bias_u64;
      }
  }
}

static ctf_status cpu_bias(ctf_kernel_ctx* k) {
  const TF_DataType dtype = ctf_in_dtype(k, 0);
  const ctf_bias_geometry g = ctf_bias_geometry_make(k->attrs, ctf_tensor_shape(ctf_in_tensor(k, 0)));
  bias_job job = {.g = g,
                  .parts = ctf_type_in(CTF_COMPLEXES, dtype) ? 2 : 1,
                  .value = ctf_in(k, 0),
                  .bias = ctf_in(k, 1),
                  .out = ctf_out(k, 0)};
  if (ctf_out_count(k, 0) == 0) return NULL;
  const int64_t rows = g.inner == 1 ? g.outer : g.outer * g.channels;
  const int64_t width = g.inner == 1 ? g.channels : g.inner;
  return ctf_parallel_for(k->cancel, rows, 1 + kWorkGrain / width, piece_of(dtype), &job);
}

// A bias of the last dimension is an addition that broadcasts.
static cpu_fused_loop pick_loop(const void* attrs, TF_DataType in, TF_DataType out) {
  (void)attrs, (void)out;
  return (cpu_fused_loop){.binary = cpu_add_loop(in)};
}
static bool accepts(const void* attrs, TF_DataType in, TF_DataType out) {
  (void)in, (void)out;
  return !ctf_bytes_equal(((const ctf_bias_attrs*)attrs)->data_format, "NCHW");
}
static const cpu_fusible kFusible = {{&cpu_fused_runner, accepts}, .pick = pick_loop};

static const ctf_kernel_def kKernels[] = {
    {"BiasAdd", CTF_NUMERIC, cpu_bias, .fuse = &kFusible.base, .flags = CTF_ANY_ALIGNMENT | CTF_IN_PLACE},
    {"BiasAddV1", CTF_NUMERIC, cpu_bias, .fuse = &kFusible.base, .flags = CTF_ANY_ALIGNMENT | CTF_IN_PLACE},
};
CTF_CPU_KERNELS(bias, kKernels);
