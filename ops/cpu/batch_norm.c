// Batch norm. x, y: [outer, channels, inner] (channels last: inner is 1); all else: [channels].
//
// Bound:  memory, 4 * elements * sizeof(T) when training (x is read three times), else 2 *.
// Order:  statistics are sums of parts, cut by the geometry alone and added in double in their order.
// Method: the mean first, then the squares of what is left of x without it, so that nothing cancels.
#include "ops/batch_norm.h"

#include <math.h>
#include <string.h>

#include "ops/cpu/widen.h"
#include "ops/kernel.h"
#include "runtime/parallel.h"

enum {
  kMaxParts = 64,      // of a sum
  kPartGrain = 4096,   // elements of a part, at least
  kBlock = 256,        // elements that are widened at a time
  kLanes = 8,          // of sums over contiguous elements
  kWorkGrain = 16384,  // elements of a piece, about
};

typedef struct norm_job {
  TF_DataType dtype;
  ctf_batch_norm_geometry g;
  int64_t num_parts, part_rows;  // rows: channels last, of channels; channels first, of all planes of an image
  const void* x;
  double* parts;  // [num_parts, channels]
  bool centered;  // sums are of squares of x - mean, not of x
  const ctf_any_f32* mean;
  const float* factor;
  const ctf_any_f32* offset;
  void* y;
} norm_job;

static void cut(norm_job* job) {
  const ctf_batch_norm_geometry* g = &job->g;
  const int64_t row = g->channels * g->inner;
  job->part_rows = (g->outer + kMaxParts - 1) / kMaxParts;
  if (job->part_rows * row < kPartGrain) job->part_rows = 1 + (kPartGrain - 1) / row;
  job->num_parts = (g->outer + job->part_rows - 1) / job->part_rows;
}

// Elements as floats: where they lie, or widened to `block`, which takes kBlock.
static const ctf_any_f32* read_block(const norm_job* job, int64_t first, int64_t count, float* block) {
  if (job->dtype == TF_FLOAT) return (const ctf_any_f32*)job->x + first;
  cpu_widen(job->dtype, (const ctf_any_u16*)job->x + first, block, count);
  return block;
}

// ---- statistics

static void add_channels(const norm_job* job, const ctf_any_f32* x, int64_t channel, int64_t count, double* sums) {
  if (job->centered) {
    for (int64_t i = 0; i < count; ++i) {
      const float d = x[i] - job->mean[channel + i];
      sums[i] += (double)d * (double)d;
    }
  } else {
    for (int64_t i = 0; i < count; ++i) sums[i] += (double)x[i];
  }
}

static double sum_of_channel(const norm_job* job, const ctf_any_f32* x, int64_t channel, int64_t count) {
  double lanes[kLanes] = {0};
  const float mean = job->centered ? job->mean[channel] : 0;
  for (int64_t i = 0; i < count; i += kLanes) {
    const int64_t left = count - i < kLanes ? count - i : kLanes;
    for (int64_t l = 0; l < left; ++l) {
      const float d = x[i + l] - mean;
      lanes[l] += job->centered ? (double)d * (double)d : (double)d;
    }
  }
  for (int w = kLanes / 2; w > 0; w /= 2) {
    for (int l = 0; l < w; ++l) lanes[l] += lanes[l + w];
  }
  return lanes[0];
}

// Items are parts where channels are last, else the channels of all parts.
static void sum_parts(void* arg, int64_t begin, int64_t end) {
  const norm_job* job = arg;
  const ctf_batch_norm_geometry* g = &job->g;
  float block[kBlock];
  for (int64_t item = begin; item < end; ++item) {
    const int64_t part = g->inner == 1 ? item : item / g->channels;
    const int64_t last = (part + 1) * job->part_rows < g->outer ? (part + 1) * job->part_rows : g->outer;
    double* sums = job->parts + (g->inner == 1 ? item * g->channels : item);
    const int64_t channel = item % g->channels;
    memset(sums, 0, sizeof(*sums) * (size_t)(g->inner == 1 ? g->channels : 1));
    for (int64_t row = part * job->part_rows; row < last; ++row) {
      const int64_t length = g->inner == 1 ? g->channels : g->inner;
      const int64_t start = g->inner == 1 ? row * length : (row * g->channels + channel) * length;
      for (int64_t i = 0; i < length; i += kBlock) {
        const int64_t count = length - i < kBlock ? length - i : kBlock;
        const ctf_any_f32* x = read_block(job, start + i, count, block);
        if (g->inner == 1) {
          add_channels(job, x, i, count, sums + i);
        } else {
          *sums += sum_of_channel(job, x, channel, count);
        }
      }
    }
  }
}

// The mean of x, or of the squares of x - mean, of each channel.
static ctf_status average(ctf_kernel_ctx* k, norm_job* job, float* out) {
  const ctf_batch_norm_geometry* g = &job->g;
  const int64_t items = g->inner == 1 ? job->num_parts : job->num_parts * g->channels;
  const int64_t item_elements = job->part_rows * (g->inner == 1 ? g->channels : g->inner);
  CTF_TRY(ctf_parallel_for(k->cancel, items, 1 + kWorkGrain / item_elements, sum_parts, job));
  const double scale = 1 / ((double)g->outer * (double)g->inner);
  for (int64_t c = 0; c < g->channels; ++c) {
    double sum = 0;
    for (int64_t part = 0; part < job->num_parts; ++part) sum += job->parts[part * g->channels + c];
    out[c] = (float)(sum * scale);
  }
  return NULL;
}

// Outputs 1 to 4 when training: what is to be remembered of all batches, and of this one.
static ctf_status measure_batch(ctf_kernel_ctx* k, norm_job* job) {
  const ctf_batch_norm_attrs* attrs = k->attrs;
  float *mean = ctf_out(k, 3), *variance = ctf_out(k, 4);
  float *running_mean = ctf_out(k, 1), *running_variance = ctf_out(k, 2);
  CTF_TRY(average(k, job, mean));
  job->mean = mean;
  job->centered = true;
  CTF_TRY(average(k, job, variance));
  const float weight = attrs->exponential_avg_factor;
  const ctf_any_f32 *old_mean = ctf_in(k, 3), *old_variance = ctf_in(k, 4);
  const double count = (double)job->g.outer * (double)job->g.inner;
  const float unbiased = (float)(count / (count > 2 ? count - 1 : 1));
  for (int64_t c = 0; c < job->g.channels; ++c) {
    running_mean[c] = mean[c];
    running_variance[c] = variance[c] * unbiased;
    if (weight == 1.0f) continue;
    running_mean[c] = (1 - weight) * old_mean[c] + weight * running_mean[c];
    running_variance[c] = (1 - weight) * old_variance[c] + weight * running_variance[c];
  }
  return NULL;
}

// ---- normalising

// Items are rows of channels where those are last, else planes of one channel.
static void normalise(void* arg, int64_t begin, int64_t end) {
  const norm_job* job = arg;
  const ctf_batch_norm_geometry* g = &job->g;
  const int64_t length = g->inner == 1 ? g->channels : g->inner;
  const bool narrow = cpu_is_narrow(job->dtype);
  float block[kBlock], results[kBlock];
  for (int64_t row = begin; row < end; ++row) {
    const int64_t channel = g->inner == 1 ? 0 : row % g->channels;
    for (int64_t i = 0; i < length; i += kBlock) {
      const int64_t count = length - i < kBlock ? length - i : kBlock, first = row * length + i;
      const ctf_any_f32* x = read_block(job, first, count, block);
      float* y = narrow ? results : (float*)job->y + first;
      if (g->inner == 1) {
        const ctf_any_f32 *mean = job->mean + i, *factor = job->factor + i, *offset = job->offset + i;
        _Pragma("GCC ivdep") for (int64_t j = 0; j < count; ++j) y[j] = (x[j] - mean[j]) * factor[j] + offset[j];
      } else {
        const float mean = job->mean[channel], factor = job->factor[channel], offset = job->offset[channel];
        _Pragma("GCC ivdep") for (int64_t j = 0; j < count; ++j) y[j] = (x[j] - mean) * factor + offset;
      }
      if (narrow) cpu_narrow(job->dtype, results, (uint16_t*)job->y + first, count);
    }
  }
}

// ---- the kernel

static void describe(const ctf_kernel_ctx* k, norm_job* out_job) {
  const ctf_tensor* x = ctf_in_tensor(k, 0);
  *out_job =
      (norm_job){.dtype = x->dtype, .g = ctf_batch_norm_geometry_make(k->attrs, ctf_tensor_shape(x)), .x = x->data};
  if (x->num_elements > 0) cut(out_job);
}

static size_t factor_bytes(const norm_job* job) {  // the parts come behind, aligned
  return ctf_round_up((size_t)job->g.channels * sizeof(float), CTF_TENSOR_ALIGNMENT);
}

static size_t batch_norm_workspace(const ctf_kernel_ctx* k) {
  const ctf_batch_norm_attrs* attrs = k->attrs;
  norm_job job;
  describe(k, &job);
  if (ctf_in_count(k, 0) == 0) return 0;
  const size_t parts = (size_t)(job.num_parts * job.g.channels) * sizeof(double);
  return factor_bytes(&job) + (attrs->is_training ? parts : 0);
}

static void fill(ctf_kernel_ctx* k, int output, float value) {
  float* out = ctf_out(k, output);
  for (int64_t i = 0; i < ctf_out_count(k, output); ++i) out[i] = value;
}

static ctf_status cpu_batch_norm(ctf_kernel_ctx* k) {
  const ctf_batch_norm_attrs* attrs = k->attrs;
  if (k->num_outputs > 5) fill(k, 5, 0);  // only a GPU keeps something there
  if (ctf_in_count(k, 0) == 0) {
    for (int i = 1; i < 5; ++i) fill(k, i, i < 3 ? NAN : 0);
    return NULL;
  }
  norm_job job;
  describe(k, &job);
  float* factor = k->workspace;
  job.parts = (double*)((char*)k->workspace + factor_bytes(&job));
  if (attrs->is_training) {
    CTF_TRY(measure_batch(k, &job));
  } else {
    for (int i = 1; i < 5; ++i) memcpy(ctf_out(k, i), ctf_in(k, i % 2 == 1 ? 3 : 4), ctf_out_tensor(k, i)->bytes);
  }
  const ctf_any_f32* scale = ctf_in(k, 1);
  const float* variance = ctf_out(k, 4);
  for (int64_t c = 0; c < job.g.channels; ++c) factor[c] = 1 / sqrtf(variance[c] + attrs->epsilon) * scale[c];
  job.mean = ctf_out(k, 3);
  job.factor = factor;
  job.offset = ctf_in(k, 2);
  job.y = ctf_out(k, 0);
  const int64_t rows = job.g.inner == 1 ? job.g.outer : job.g.outer * job.g.channels;
  const int64_t length = job.g.inner == 1 ? job.g.channels : job.g.inner;
  return ctf_parallel_for(k->cancel, rows, 1 + kWorkGrain / length, normalise, &job);
}

#define WIDE_OR_NARROW (CTF_TYPE(TF_FLOAT) | CTF_TYPE(TF_HALF) | CTF_TYPE(TF_BFLOAT16))
#define BATCH_NORM(op, types, statistics_attr)                                                              \
  {                                                                                                         \
    op, types, cpu_batch_norm, .type_attr2 = statistics_attr, .types2 = CTF_TYPE(TF_FLOAT),                 \
                               .workspace = batch_norm_workspace, .flags = CTF_ANY_ALIGNMENT | CTF_IN_PLACE \
  }
static const ctf_kernel_def kKernels[] = {
    BATCH_NORM("FusedBatchNorm", CTF_TYPE(TF_FLOAT), NULL),
    BATCH_NORM("FusedBatchNormV2", WIDE_OR_NARROW, "U"),
    BATCH_NORM("FusedBatchNormV3", WIDE_OR_NARROW, "U"),
};
CTF_CPU_KERNELS(batch_norm, kKernels);
