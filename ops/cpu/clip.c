// ClipByValue. t: any shape; the limits have its shape or are scalars.
//
// Bound: memory.
// NaN:   stays NaN; a limit of NaN is none. Where the limits cross, the lower one wins. Real and imaginary parts are
//        clipped each to their own, as in TensorFlow.
#include "ops/cpu/slices.h"
#include "runtime/parallel.h"

enum { kWorkGrain = 1 << 15 };

typedef struct clip_job {
  const void* x;
  const void* low;
  const void* high;
  void* out;
  int64_t low_step, high_step;  // 0: a scalar
} clip_job;

#define DEFINE_CLIP(name, type, wide, load, narrow)                                   \
  static void clip_##name(void* arg, int64_t begin, int64_t end) {                    \
    const clip_job* job = arg;                                                        \
    for (int64_t i = begin; i < end; ++i) {                                           \
      const wide x = load(job->x, i), low = load(job->low, i * job->low_step);        \
      const wide high = load(job->high, i * job->high_step), y = high < x ? high : x; \
      ((type*)job->out)[i] = narrow(y < low ? low : y);                               \
    }                                                                                 \
  }
#define AT_f32(data, i) (((const ctf_any_f32*)(data))[i])
#define AT_f64(data, i) (((const ctf_any_f64*)(data))[i])
#define AT_i8(data, i) (((const ctf_any_i8*)(data))[i])
#define AT_i16(data, i) (((const ctf_any_i16*)(data))[i])
#define AT_i32(data, i) (((const ctf_any_i32*)(data))[i])
#define AT_i64(data, i) (((const ctf_any_i64*)(data))[i])
#define AT_u8(data, i) (((const ctf_any_u8*)(data))[i])
#define AT_u16(data, i) (((const ctf_any_u16*)(data))[i])
#define AS_IT_IS(y) (y)
DEFINE_CLIP(f32, float, float, AT_f32, AS_IT_IS)
DEFINE_CLIP(f64, double, double, AT_f64, AS_IT_IS)
DEFINE_CLIP(half, ctf_half, float, ctf_load_half, ctf_half_from_float)
DEFINE_CLIP(bfloat16, ctf_bfloat16, float, ctf_load_bfloat16, ctf_bfloat16_from_float)
DEFINE_CLIP(i8, int8_t, int8_t, AT_i8, AS_IT_IS)
DEFINE_CLIP(i16, int16_t, int16_t, AT_i16, AS_IT_IS)
DEFINE_CLIP(i32, int32_t, int32_t, AT_i32, AS_IT_IS)
DEFINE_CLIP(i64, int64_t, int64_t, AT_i64, AS_IT_IS)
DEFINE_CLIP(u8, uint8_t, uint8_t, AT_u8, AS_IT_IS)
DEFINE_CLIP(u16, uint16_t, uint16_t, AT_u16, AS_IT_IS)

// The parts one after the other: real with real, imaginary with imaginary.
#define DEFINE_COMPLEX_CLIP(name, type, load)                                                         \
  static void clip_##name(void* arg, int64_t begin, int64_t end) {                                    \
    const clip_job* job = arg;                                                                        \
    for (int64_t i = 2 * begin; i < 2 * end; ++i) {                                                   \
      const type x = load(job->x, i), low = load(job->low, i % 2 + i / 2 * 2 * job->low_step);        \
      const type high = load(job->high, i % 2 + i / 2 * 2 * job->high_step), y = high < x ? high : x; \
      ((type*)job->out)[i] = y < low ? low : y;                                                       \
    }                                                                                                 \
  }
DEFINE_COMPLEX_CLIP(c64, float, AT_f32)
DEFINE_COMPLEX_CLIP(c128, double, AT_f64)

static void (*const kClips[CTF_DTYPE_MAX + 1])(void* arg, int64_t begin, int64_t end) = {
    [TF_FLOAT] = clip_f32, [TF_DOUBLE] = clip_f64, [TF_HALF] = clip_half,     [TF_BFLOAT16] = clip_bfloat16,
    [TF_INT8] = clip_i8,   [TF_INT16] = clip_i16,  [TF_INT32] = clip_i32,     [TF_INT64] = clip_i64,
    [TF_UINT8] = clip_u8,  [TF_UINT16] = clip_u16, [TF_COMPLEX64] = clip_c64, [TF_COMPLEX128] = clip_c128,
};

static bool fits(ctf_shape limit, ctf_shape shape) { return limit.rank == 0 || ctf_shape_equal(limit, shape); }

static ctf_status cpu_clip(ctf_kernel_ctx* k) {
  const ctf_shape shape = ctf_tensor_shape(ctf_in_tensor(k, 0)), low = ctf_tensor_shape(ctf_in_tensor(k, 1)),
                  high = ctf_tensor_shape(ctf_in_tensor(k, 2));
  if (!fits(low, shape) || !fits(high, shape)) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "clip_value_min and clip_value_max must be either of the same shape as input, or a scalar. input "
                     "shape: %sclip_value_min shape: %sclip_value_max shape: %s",
                     ctf_shape_print(shape).text, ctf_shape_print(low).text, ctf_shape_print(high).text);
  }
  clip_job job = {.x = ctf_in(k, 0),
                  .low = ctf_in(k, 1),
                  .high = ctf_in(k, 2),
                  .out = ctf_out(k, 0),
                  .low_step = low.rank > 0,
                  .high_step = high.rank > 0};
  return ctf_parallel_for(k->cancel, ctf_out_count(k, 0), kWorkGrain, kClips[ctf_in_dtype(k, 0)], &job);
}

#define CLIP_TYPES (CTF_NUMERIC & ~(CTF_TYPE(TF_UINT32) | CTF_TYPE(TF_UINT64)))
static const ctf_kernel_def kKernels[] = {
    {"ClipByValue", CLIP_TYPES, cpu_clip, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(clip, kKernels);
