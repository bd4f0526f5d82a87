// L2Loss. t: any shape, output: a scalar.
//
// Bound:  memory, sizeof(T) for each element.
// Order:  a tree that depends on the size alone: chunks, in them halves down to kLeaf elements, in those lanes.
// Types:  squares of half and bfloat16 are rounded to their type before they are added (too large ones are infinite, as
//         in TensorFlow), and added in float.
#include <string.h>

#include "ops/cpu/unaligned.h"
#include "ops/kernel.h"
#include "runtime/parallel.h"

enum { kLanes = 32, kLeaf = 1024, kChunk = 1 << 15, kMaxChunks = 1024 };

typedef struct l2_job {
  const void* x;
  int64_t count, chunk;
  double* partials;
} l2_job;

static int64_t chunk_size(int64_t count) {
  const int64_t least = (count + kMaxChunks - 1) / kMaxChunks;
  return least > kChunk ? least : kChunk;
}
static int64_t num_chunks(int64_t count) { return (count + chunk_size(count) - 1) / chunk_size(count); }

// `half_square` is half the square of x[i].
#define DEFINE_L2(name, sum, half_square)                                                             \
  static sum leaf_##name(const void* x, int64_t begin, int64_t end) {                                 \
    sum lanes[kLanes] = {0};                                                                          \
    int64_t i = begin;                                                                                \
    for (; i + kLanes <= end;) {                                                                      \
      for (int l = 0; l < kLanes; ++l, ++i) lanes[l] += half_square;                                  \
    }                                                                                                 \
    for (int l = 0; i < end; ++l, ++i) lanes[l] += half_square;                                       \
    for (int width = kLanes / 2; width > 0; width /= 2) {                                             \
      for (int l = 0; l < width; ++l) lanes[l] += lanes[l + width];                                   \
    }                                                                                                 \
    return lanes[0];                                                                                  \
  }                                                                                                   \
  static sum tree_##name(const void* x, int64_t begin, int64_t end) {                                 \
    if (end - begin <= kLeaf) return leaf_##name(x, begin, end);                                      \
    const int64_t middle = begin + (end - begin) / 2;                                                 \
    return tree_##name(x, begin, middle) + tree_##name(x, middle, end);                               \
  }                                                                                                   \
  static void chunks_##name(void* arg, int64_t begin, int64_t end) {                                  \
    const l2_job* job = arg;                                                                          \
    for (int64_t c = begin; c < end; ++c) {                                                           \
      const int64_t first = c * job->chunk, left = job->count - first;                                \
      job->partials[c] = tree_##name(job->x, first, first + (left < job->chunk ? left : job->chunk)); \
    }                                                                                                 \
  }
#define SQUARE(value, half) ((value) * (value) * (half))
#define ROUND_HALF(value) ctf_half_to_float(ctf_half_from_float(value))
#define ROUND_BFLOAT16(value) ctf_bfloat16_to_float(ctf_bfloat16_from_float(value))
DEFINE_L2(f32, float, SQUARE(((const ctf_any_f32*)x)[i], 0.5f))
DEFINE_L2(f64, double, SQUARE(((const ctf_any_f64*)x)[i], 0.5))
DEFINE_L2(half, float, ROUND_HALF(ctf_load_half(x, i) * ctf_load_half(x, i)) * 0.5f)
DEFINE_L2(bfloat16, float, ROUND_BFLOAT16(ctf_load_bfloat16(x, i) * ctf_load_bfloat16(x, i)) * 0.5f)

static double sum_of(const double* x, int64_t count) {
  if (count == 1) return x[0];
  return sum_of(x, count / 2) + sum_of(x + count / 2, count - count / 2);
}

static ctf_status cpu_l2_loss(ctf_kernel_ctx* k) {
  const ctf_tensor* x = ctf_in_tensor(k, 0);
  l2_job job = {.x = x->data, .count = x->num_elements, .chunk = chunk_size(x->num_elements), .partials = k->workspace};
  const TF_DataType dtype = x->dtype;
  double sum = 0;
  if (job.count > 0) {
    CTF_TRY(ctf_parallel_for(k->cancel, num_chunks(job.count), 1,
                             dtype == TF_FLOAT    ? chunks_f32
                             : dtype == TF_DOUBLE ? chunks_f64
                             : dtype == TF_HALF   ? chunks_half
                                                  : chunks_bfloat16,
                             &job));
    sum = sum_of(job.partials, num_chunks(job.count));
  }
  const float narrow = (float)sum;
  const ctf_half half = ctf_half_from_float(narrow);
  const ctf_bfloat16 bfloat16 = ctf_bfloat16_from_float(narrow);
  const void* result = dtype == TF_FLOAT    ? (const void*)&narrow
                       : dtype == TF_DOUBLE ? (const void*)&sum
                       : dtype == TF_HALF   ? (const void*)&half
                                            : (const void*)&bfloat16;
  memcpy(ctf_out(k, 0), result, ctf_dtype_get(dtype)->bytes);
  return NULL;
}

static size_t l2_workspace(const ctf_kernel_ctx* k) { return (size_t)num_chunks(ctf_in_count(k, 0)) * sizeof(double); }

static const ctf_kernel_def kKernels[] = {
    {"L2Loss", CTF_REAL_FLOATING, cpu_l2_loss, .workspace = l2_workspace, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(l2_loss, kKernels);
