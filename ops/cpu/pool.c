// Pooling. input: [n, h, w, c] (or [n, c, h, w], as n * c images of one channel), output: [n, oh, ow, c].
//
// Bound:  memory, n * h * w * c + n * oh * ow * c elements once the windows' rows are in the cache.
// Order:  of an average: row by row, column by column, in float for half and bfloat16.
// NaN:    MaxPool compares with >, beginning with the lowest finite number, so a NaN is skipped, as in TensorFlow;
//         over channels it begins with the first of them.
#include "ops/pool.h"

#include <float.h>
#include <string.h>

#include "ops/cpu/unaligned.h"
#include "ops/kernel.h"
#include "runtime/parallel.h"

enum { kStrip = 64, kWorkGrain = 20000 };  // channels in registers at a time; elements read by a piece, about

typedef struct pool_job {
  const ctf_pool_geometry* g;
  int64_t images, channels;  // as if channels were last
  const void* in;
  void* out;
  bool average;
} pool_job;

// The window of one place of the output: rows and columns of the image that lie inside it.
typedef struct pool_window {
  int64_t row, row_end, column, column_end;
} pool_window;

static void clip(const ctf_window_axis* axis, int64_t place, int64_t* out_begin, int64_t* out_end) {
  const int64_t begin = place * axis->stride - axis->before, end = begin + axis->size;
  *out_begin = begin < 0 ? 0 : begin;
  *out_end = end > axis->in ? axis->in : end;
}

// Items are rows of the output, of all images. `element` is the value at x[i], `result` what is stored for `sum`.
#define DEFINE_POOL(name, scalar, wide, lowest, element, result)                                           \
  CTF_ALWAYS_INLINE void strip_##name(const pool_job* job, const void* x, scalar* y, const pool_window* w, \
                                      int64_t base, int64_t width, bool average) {                         \
    wide best[kStrip];                                                                                     \
    for (int64_t l = 0; l < width; ++l) best[l] = average ? (wide)0 : (wide)lowest;                        \
    for (int64_t row = w->row; row < w->row_end; ++row) {                                                  \
      for (int64_t column = w->column; column < w->column_end; ++column) {                                 \
        const int64_t at = base + (row * job->g->width.in + column) * job->channels;                       \
        for (int64_t l = 0; l < width; ++l) {                                                              \
          const int64_t i = at + l;                                                                        \
          const wide value = element;                                                                      \
          best[l] = average ? best[l] + value : value > best[l] ? value : best[l];                         \
        }                                                                                                  \
      }                                                                                                    \
    }                                                                                                      \
    const wide count = (wide)((w->row_end - w->row) * (w->column_end - w->column));                        \
    for (int64_t l = 0; l < width; ++l) {                                                                  \
      const wide value = average ? best[l] / count : best[l];                                              \
      y[l] = result;                                                                                       \
    }                                                                                                      \
  }                                                                                                        \
  static void pool_##name(void* arg, int64_t begin, int64_t end) {                                         \
    const pool_job* job = arg;                                                                             \
    const ctf_pool_geometry* g = job->g;                                                                   \
    for (int64_t item = begin; item < end; ++item) {                                                       \
      const int64_t image = item / g->height.out;                                                          \
      const int64_t base = image * g->height.in * g->width.in * job->channels;                             \
      pool_window w;                                                                                       \
      clip(&g->height, item % g->height.out, &w.row, &w.row_end);                                          \
      for (int64_t place = 0; place < g->width.out; ++place) {                                             \
        clip(&g->width, place, &w.column, &w.column_end);                                                  \
        scalar* y = (scalar*)job->out + (item * g->width.out + place) * job->channels;                     \
        for (int64_t c = 0; c < job->channels; c += kStrip) {                                              \
          const int64_t width = job->channels - c < kStrip ? job->channels - c : kStrip;                   \
          if (job->average) {                                                                              \
            strip_##name(job, job->in, y + c, &w, base + c, width, true);                                  \
          } else {                                                                                         \
            strip_##name(job, job->in, y + c, &w, base + c, width, false);                                 \
          }                                                                                                \
        }                                                                                                  \
      }                                                                                                    \
    }                                                                                                      \
  }                                                                                                        \
  /* Items are results: the largest of depth_window neighbours. */                                         \
  static void pool_depth_##name(void* arg, int64_t begin, int64_t end) {                                   \
    const pool_job* job = arg;                                                                             \
    const void* x = job->in;                                                                               \
    for (int64_t item = begin; item < end; ++item) {                                                       \
      int64_t i = item * job->g->depth_window;                                                             \
      const int64_t last = i + job->g->depth_window;                                                       \
      wide value = element;                                                                                \
      for (++i; i < last; ++i) {                                                                           \
        if (element > value) value = element;                                                              \
      }                                                                                                    \
      ((scalar*)job->out)[item] = result;                                                                  \
    }                                                                                                      \
  }

// The lowest finite numbers of half and bfloat16, exact in float.
#define LOWEST_HALF (-65504.0f)
#define LOWEST_BFLOAT16 (-0x1.fep127f)

DEFINE_POOL(f32, float, float, -FLT_MAX, ((const ctf_any_f32*)x)[i], value)
DEFINE_POOL(f64, double, double, -DBL_MAX, ((const ctf_any_f64*)x)[i], value)
DEFINE_POOL(half, ctf_half, float, LOWEST_HALF, ctf_load_half(x, i), ctf_half_from_float(value))
DEFINE_POOL(bfloat16, ctf_bfloat16, float, LOWEST_BFLOAT16, ctf_load_bfloat16(x, i), ctf_bfloat16_from_float(value))
DEFINE_POOL(i8, int8_t, int8_t, INT8_MIN, ((const ctf_any_i8*)x)[i], value)
DEFINE_POOL(i16, int16_t, int16_t, INT16_MIN, ((const ctf_any_i16*)x)[i], value)
DEFINE_POOL(i32, int32_t, int32_t, INT32_MIN, ((const ctf_any_i32*)x)[i], value)
DEFINE_POOL(i64, int64_t, int64_t, INT64_MIN, ((const ctf_any_i64*)x)[i], value)
DEFINE_POOL(u8, uint8_t, uint8_t, 0, ((const ctf_any_u8*)x)[i], value)
DEFINE_POOL(u16, uint16_t, uint16_t, 0, ((const ctf_any_u16*)x)[i], value)
DEFINE_POOL(u32, uint32_t, uint32_t, 0, ((const ctf_any_u32*)x)[i], value)
DEFINE_POOL(u64, uint64_t, uint64_t, 0, ((const ctf_any_u64*)x)[i], value)

typedef void (*pool_piece)(void* arg, int64_t begin, int64_t end);
#define ROW(type, name) [type] = {pool_##name, pool_depth_##name}
static const struct {
  pool_piece over_image, over_depth;
} kPieces[CTF_DTYPE_MAX + 1] = {
    ROW(TF_FLOAT, f32), ROW(TF_DOUBLE, f64), ROW(TF_HALF, half),  ROW(TF_BFLOAT16, bfloat16),
    ROW(TF_INT8, i8),   ROW(TF_INT16, i16),  ROW(TF_INT32, i32),  ROW(TF_INT64, i64),
    ROW(TF_UINT8, u8),  ROW(TF_UINT16, u16), ROW(TF_UINT32, u32), ROW(TF_UINT64, u64),
};

static ctf_status run_pool(ctf_kernel_ctx* k, const char* op, const ctf_tensor* ksize, const ctf_tensor* strides) {
  const ctf_shape shape = ctf_tensor_shape(ctf_in_tensor(k, 0));
  const bool average = ksize == NULL && strcmp(op, "AvgPool") == 0;
  ctf_pool_geometry g;
  CTF_TRY(ctf_pool_check_supported(op, k->attrs, shape, ksize, strides));
  CTF_TRY(ctf_pool_geometry_make(op, k->attrs, shape, ksize, strides, &g));
  pool_job job = {
      .g = &g, .images = g.batch, .channels = g.channels, .in = ctf_in(k, 0), .out = ctf_out(k, 0), .average = average};
  if (g.layout.channels_first) {
    job.images = g.batch * g.channels;
    job.channels = 1;
  }
  if (ctf_out_count(k, 0) == 0) return NULL;
  const TF_DataType dtype = ctf_in_dtype(k, 0);
  if (g.depth_window > 1) {
    return ctf_parallel_for(k->cancel, ctf_out_count(k, 0), 1 + kWorkGrain / g.depth_window, kPieces[dtype].over_depth,
                            &job);
  }
  const int64_t row_work = 1 + g.height.size * g.width.size * g.width.out * job.channels;
  return ctf_parallel_for(k->cancel, job.images * g.height.out, 1 + kWorkGrain / row_work, kPieces[dtype].over_image,
                          &job);
}

// Channels first exist in TensorFlow for the types that oneDNN serves.
static ctf_status check_format(const ctf_kernel_ctx* k, const char* kernel) {
  const ctf_pool_attrs* attrs = k->attrs;
  const TF_DataType dtype = ctf_in_dtype(k, 0);
  if (ctf_bytes_equal(attrs->data_format, "NHWC")) return NULL;
  if (ctf_bytes_equal(attrs->data_format, "NCHW") && (dtype == TF_FLOAT || dtype == TF_HALF || dtype == TF_BFLOAT16)) {
    return NULL;
  }
  return ctf_error(TF_INVALID_ARGUMENT, "Default %s only supports NHWC on device type CPU", kernel);
}

static ctf_status cpu_max_pool(ctf_kernel_ctx* k) {
  CTF_TRY(check_format(k, "MaxPoolingOp"));
  const ctf_pool_attrs* attrs = k->attrs;
  if (!ctf_bytes_equal(attrs->data_format, "NHWC") && attrs->ksize.count == 4 && attrs->ksize.ints[1] > 1) {
    return ctf_error(TF_UNIMPLEMENTED, "Depthwise max pooling is only supported for NHWC on the CPU.");
  }
  return run_pool(k, "MaxPool", NULL, NULL);
}

static ctf_status cpu_max_pool_v2(ctf_kernel_ctx* k) {
  const ctf_pool_attrs* attrs = k->attrs;
  if (!ctf_bytes_equal(attrs->data_format, "NHWC")) {
    return ctf_error(TF_INVALID_ARGUMENT, "MaxPoolingV2Op only supports NHWC or NCHW_VECT_C. Got: %.*s",
                     (int)attrs->data_format.length, attrs->data_format.data);
  }
  return run_pool(k, "MaxPoolV2", ctf_in_tensor(k, 1), ctf_in_tensor(k, 2));
}

static ctf_status cpu_avg_pool(ctf_kernel_ctx* k) {
  CTF_TRY(check_format(k, "AvgPoolingOp"));
  return run_pool(k, "AvgPool", NULL, NULL);
}

static const ctf_kernel_def kKernels[] = {
    {"MaxPool", CTF_REAL, cpu_max_pool, .flags = CTF_ANY_ALIGNMENT},
    {"MaxPoolV2", CTF_REAL, cpu_max_pool_v2, .flags = CTF_ANY_ALIGNMENT},
    {"AvgPool", CTF_REAL_FLOATING, cpu_avg_pool, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(pool, kKernels);
