// Depthwise convolution. input: [n, h, w, c], filter: [fh, fw, c, m], output: [n, oh, ow, c * m]. Or channels first.
//
// Bound:  arithmetic, 2 * outputs * fh * fw / FMA peak; with one filter a channel memory is close behind.
// Order:  a sum runs over filter row and column.
// Method: channels last: a block of output channels of one pixel at a time, all taps, in registers where there is one
//         filter a channel; channels first: a block of one
//         output row, all taps. Sums of half and bfloat16 are floats, their filter is widened once, in the workspace.
#include "ops/depthwise_conv.h"

#include <string.h>

#include "ops/cpu/epilogue.h"
#include "ops/cpu/widen.h"

enum { kBlock = 256, kWorkGrain = 16384 };  // outputs of a block; products of a piece, about

typedef struct depthwise_job {
  ctf_depthwise_conv_geometry g;
  const void* x;
  const void* filter;  // of the type that is computed with
  void* y;
  const ctf_epilogue* epilogue;
} depthwise_job;

// Where a tap of a window meets the image, or -1.
static int64_t tap_place(const ctf_window_axis* a, int64_t out, int64_t tap) {
  const int64_t at = out * a->stride - a->before + tap * a->dilation;
  return at < a->in ? at : -1;  // before the image it is negative anyway
}

// Outputs [*first, *end) of a row whose tap falls into the image.
static void tap_range(const ctf_window_axis* a, int64_t tap, int64_t* first, int64_t* end) {
  const int64_t shift = a->before - tap * a->dilation;  // in = out * stride - shift
  int64_t low = shift > 0 ? (shift + a->stride - 1) / a->stride : 0;
  const int64_t past = a->in + shift;  // out * stride < past
  const int64_t high = past > 0 ? (past + a->stride - 1) / a->stride : 0;
  *first = low > *first ? low : *first;
  *end = high < *end ? high : *end;
}

// Channels last, one filter a channel: `vectors` vectors of sums stay in registers over all taps.
#if defined(__SANITIZE_ADDRESS__)  // whose frames are aligned for no wider vectors
enum { kVectorBytes = 16, kVectors = 4 };
#elif defined(__AVX512F__)
enum { kVectorBytes = 64, kVectors = 6 };
#elif defined(__AVX2__)
enum { kVectorBytes = 32, kVectors = 6 };
#else
enum { kVectorBytes = 16, kVectors = 4 };
#endif

// The taps of an output that lie on the image: (fy, fx) of the filter over (y, at) of the image.
#define EACH_TAP(g, oy, ox)                                                                                 \
  for (int64_t fy = 0; fy < (g)->height.size; ++fy)                                                         \
    for (int64_t fx = 0, at = 0, y = tap_place(&(g)->height, oy, fy); y >= 0 && fx < (g)->width.size; ++fx) \
      if ((at = tap_place(&(g)->width, ox, fx)) >= 0)

#define DEFINE_PIXEL(name, scalar)                                                                                    \
  typedef scalar vector_##name __attribute__((vector_size(kVectorBytes), may_alias, aligned(1)));                     \
  CTF_ALWAYS_INLINE void strip_##name(const depthwise_job* job, int64_t image, int64_t oy, int64_t ox, int64_t first, \
                                      const int vectors, vector_##name* out) {                                        \
    const ctf_depthwise_conv_geometry* g = &job->g;                                                                   \
    vector_##name sums[kVectors] = {{0}};                                                                             \
    EACH_TAP(g, oy, ox) {                                                                                             \
      const int64_t pixel = ((image * g->height.in + y) * g->width.in + at) * g->channels + first;                    \
      const int64_t tap = (fy * g->width.size + fx) * g->channels + first;                                            \
      const vector_##name* x = (const vector_##name*)((const char*)job->x + pixel * (int64_t)sizeof(scalar));         \
      const vector_##name* w = (const vector_##name*)((const char*)job->filter + tap * (int64_t)sizeof(scalar));      \
      _Pragma("GCC unroll 8") for (int i = 0; i < vectors; ++i) sums[i] += x[i] * w[i];                               \
    }                                                                                                                 \
    _Pragma("GCC unroll 8") for (int i = 0; i < vectors; ++i) out[i] = sums[i];                                       \
  }                                                                                                                   \
  /* How many channels of the pixel it has made; the rest is less than a vector. */                                   \
  static int64_t pixel_##name(const depthwise_job* job, int64_t image, int64_t oy, int64_t ox, void* y) {             \
    enum { kLanes = kVectorBytes / sizeof(scalar) };                                                                  \
    const int64_t channels = job->g.channels;                                                                         \
    int64_t i = 0;                                                                                                    \
    if (job->g.multiplier != 1) return 0;                                                                             \
    for (; i + kVectors * kLanes <= channels; i += kVectors * kLanes) {                                               \
      strip_##name(job, image, oy, ox, i, kVectors, (vector_##name*)((scalar*)y + i));                                \
    }                                                                                                                 \
    for (; i + 2 * kLanes <= channels; i += 2 * kLanes) {                                                             \
      strip_##name(job, image, oy, ox, i, 2, (vector_##name*)((scalar*)y + i));                                       \
    }                                                                                                                 \
    for (; i + kLanes <= channels; i += kLanes) {                                                                     \
      strip_##name(job, image, oy, ox, i, 1, (vector_##name*)((scalar*)y + i));                                       \
    }                                                                                                                 \
    return i;                                                                                                         \
  }
DEFINE_PIXEL(f32, float)
DEFINE_PIXEL(f64, double)

static int64_t pixel_none(const depthwise_job* job, int64_t image, int64_t oy, int64_t ox, void* y) {
  (void)job, (void)image, (void)oy, (void)ox, (void)y;
  return 0;
}

#define DEFINE_DEPTHWISE(name, scalar, source, load, sums, store, pixel, element)                                      \
  static void channels_last_##name(const depthwise_job* job, int64_t image, int64_t oy, int64_t ox, int64_t first,     \
                                   int64_t count, scalar* acc) {                                                       \
    const ctf_depthwise_conv_geometry* g = &job->g;                                                                    \
    const int64_t m = g->multiplier, filters = g->channels * m;                                                        \
    for (int64_t i = 0; i < count; ++i) acc[i] = 0;                                                                    \
    EACH_TAP(g, oy, ox) {                                                                                              \
      const source* x = (const source*)job->x + ((image * g->height.in + y) * g->width.in + at) * g->channels;         \
      const sums* w = (const sums*)job->filter + (fy * g->width.size + fx) * filters + first;                          \
      if (m == 1) {                                                                                                    \
        for (int64_t i = 0; i < count; ++i) acc[i] += load(x, first + i) * w[i];                                       \
        continue;                                                                                                      \
      }                                                                                                                \
      for (int64_t i = 0; i < count;) {                                                                                \
        const int64_t left = m - (first + i) % m, end = i + left < count ? i + left : count;                           \
        const scalar value = load(x, (first + i) / m);                                                                 \
        for (; i < end; ++i) acc[i] += value * w[i];                                                                   \
      }                                                                                                                \
    }                                                                                                                  \
  }                                                                                                                    \
  static void channels_first_##name(const depthwise_job* job, int64_t plane, int64_t oy, int64_t first, int64_t count, \
                                    scalar* acc) {                                                                     \
    const ctf_depthwise_conv_geometry* g = &job->g;                                                                    \
    const int64_t filters = g->channels * g->multiplier, filter = plane % filters;                                     \
    const int64_t image = plane / filters, channel = filter / g->multiplier;                                           \
    for (int64_t i = 0; i < count; ++i) acc[i] = 0;                                                                    \
    for (int64_t fy = 0; fy < g->height.size; ++fy) {                                                                  \
      const int64_t y = tap_place(&g->height, oy, fy);                                                                 \
      for (int64_t fx = 0; y >= 0 && fx < g->width.size; ++fx) {                                                       \
        int64_t begin = first, end = first + count;                                                                    \
        tap_range(&g->width, fx, &begin, &end);                                                                        \
        const scalar w = ((const sums*)job->filter)[(fy * g->width.size + fx) * filters + filter];                     \
        const int64_t row = ((image * g->channels + channel) * g->height.in + y) * g->width.in;                        \
        const int64_t shift = row - g->width.before + fx * g->width.dilation;                                          \
        const source* x = job->x;                                                                                      \
        for (int64_t ox = begin; ox < end; ++ox) acc[ox - first] += load(x, shift + ox * g->width.stride) * w;         \
      }                                                                                                                \
    }                                                                                                                  \
  }                                                                                                                    \
  /* Items are rows of the output: [n, oh] of them, channels first [n, c * m, oh]. */                                  \
  static void rows_##name(void* arg, int64_t begin, int64_t end) {                                                     \
    const depthwise_job* job = arg;                                                                                    \
    const ctf_depthwise_conv_geometry* g = &job->g;                                                                    \
    const int64_t width = g->width.out, filters = g->channels * g->multiplier;                                         \
    const int64_t length = g->layout.channels_first ? width : filters;                                                 \
    scalar acc[kBlock];                                                                                                \
    for (int64_t row = begin; row < end; ++row) {                                                                      \
      const int64_t outer = row / g->height.out, oy = row % g->height.out;                                             \
      for (int64_t ox = 0; ox < (g->layout.channels_first ? 1 : width); ++ox) {                                        \
        int64_t i = 0;                                                                                                 \
        if (!g->layout.channels_first) i = pixel(job, outer, oy, ox, (element*)job->y + (row * width + ox) * filters); \
        for (; i < length; i += kBlock) {                                                                              \
          const int64_t count = length - i < kBlock ? length - i : kBlock;                                             \
          if (g->layout.channels_first) {                                                                              \
            channels_first_##name(job, outer, oy, i, count, acc);                                                      \
          } else {                                                                                                     \
            channels_last_##name(job, outer, oy, ox, i, count, acc);                                                   \
          }                                                                                                            \
          store(acc, job->y, g->layout.channels_first ? row* width + i : (row * width + ox) * filters + i, count);     \
        }                                                                                                              \
      }                                                                                                                \
      const int64_t row_length = g->layout.channels_first ? width : width * filters;                                   \
      cpu_epilogue(job->epilogue, row* row_length, (row + 1) * row_length);                                            \
    }                                                                                                                  \
  }

#define AT(p, i) (p)[i]
#define COPY(from, to, first, count) \
  memcpy((char*)(to) + (first) * (int64_t)sizeof(*(from)), from, (size_t)(count) * sizeof(*(from)))
#define NARROW_HALF(from, to, first, count) cpu_narrow(TF_HALF, from, (uint16_t*)(to) + (first), count)
#define NARROW_BFLOAT16(from, to, first, count) cpu_narrow(TF_BFLOAT16, from, (uint16_t*)(to) + (first), count)
DEFINE_DEPTHWISE(f32, float, ctf_any_f32, AT, ctf_any_f32, COPY, pixel_f32, float)
DEFINE_DEPTHWISE(f64, double, ctf_any_f64, AT, ctf_any_f64, COPY, pixel_f64, double)
DEFINE_DEPTHWISE(half, float, ctf_any_u16, ctf_load_half, ctf_any_f32, NARROW_HALF, pixel_none, uint16_t)
DEFINE_DEPTHWISE(bfloat16, float, ctf_any_u16, ctf_load_bfloat16, ctf_any_f32, NARROW_BFLOAT16, pixel_none, uint16_t)

static void (*rows_of(TF_DataType dtype))(void* arg, int64_t begin, int64_t end) {
  switch (dtype) {
    case TF_FLOAT:
      return rows_f32;
    case TF_DOUBLE:
      return rows_f64;
    case TF_HALF:
      return rows_half;
    default:
      return rows_bfloat16;
  }
}

static size_t depthwise_workspace(const ctf_kernel_ctx* k) {
  return cpu_is_narrow(ctf_in_dtype(k, 0)) ? ctf_in_tensor(k, 1)->bytes * 2 : 0;  // the filter as floats
}

// What is accepted as a graph and has no meaning.
static ctf_status check_supported(const ctf_conv_attrs* attrs, int channel) {
  const char* what = attrs->strides.ints[0] != 1 || attrs->strides.ints[channel] != 1       ? "strides"
                     : attrs->dilations.ints[0] != 1 || attrs->dilations.ints[channel] != 1 ? "dilations"
                                                                                            : NULL;
  if (what == NULL) return NULL;
  return ctf_error(TF_UNIMPLEMENTED,
                   "Current implementation does not yet support %s in the batch and depth dimensions.", what);
}

static ctf_status cpu_depthwise_conv(ctf_kernel_ctx* k) {
  const ctf_tensor* filter = ctf_in_tensor(k, 1);
  depthwise_job job = {.x = ctf_in(k, 0), .filter = filter->data, .y = ctf_out(k, 0), .epilogue = k->epilogue};
  CTF_TRY(ctf_depthwise_conv_geometry_make(k->attrs, ctf_tensor_shape(ctf_in_tensor(k, 0)), ctf_tensor_shape(filter),
                                           &job.g));
  CTF_TRY(check_supported(k->attrs, job.g.layout.channel));
  if (ctf_out_count(k, 0) == 0) return NULL;
  if (filter->num_elements == 0) {  // sums of nothing, however many taps its other dimensions claim
    memset(job.y, 0, ctf_out_tensor(k, 0)->bytes);
    return cpu_epilogue_all(k->epilogue, k->cancel, ctf_out_count(k, 0));
  }
  if (cpu_is_narrow(filter->dtype)) {
    cpu_widen(filter->dtype, filter->data, k->workspace, filter->num_elements);
    job.filter = k->workspace;
  }
  const ctf_depthwise_conv_geometry* g = &job.g;
  const int64_t filters = g->channels * g->multiplier;
  const int64_t rows = g->batch * g->height.out * (g->layout.channels_first ? filters : 1);
  const int64_t row_products = (ctf_out_count(k, 0) / rows) * (1 + g->height.size * g->width.size);
  return ctf_parallel_for(k->cancel, rows, 1 + kWorkGrain / row_products, rows_of(ctf_in_dtype(k, 0)), &job);
}

static const ctf_kernel_def kKernels[] = {
    {"DepthwiseConv2dNative", CTF_REAL_FLOATING, cpu_depthwise_conv, .workspace = depthwise_workspace,
     .flags = CTF_ANY_ALIGNMENT | CTF_EPILOGUE},
};
CTF_CPU_KERNELS(depthwise_conv, kKernels);
