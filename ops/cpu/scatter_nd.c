// ScatterNd. indices: [count, depth], updates: [count, inner], output: zeros, with updates added.
//
// Bound:  memory.
// Order:  updates of the same place are added in the order of their indices, on one thread per strip of the inner
//         dimension. Strings are joined, booleans or-ed, as in TensorFlow.
#include "ops/scatter_nd.h"

#include "ops/cpu/accumulate.h"
#include "ops/cpu/slices.h"
#include "ops/gather.h"
#include "runtime/parallel.h"

enum { kStripBytes = 4096 };  // of a slice, so that threads share long ones

typedef struct scatter_job {
  ctf_scatter_nd_geometry g;
  const ctf_tensor* indices;
  const ctf_tensor* updates;
  const ctf_tensor* output;
  cpu_add_row_fn add;
  int64_t slice, strip;  // in parts of elements
  size_t part_bytes;
} scatter_job;

static int64_t target_of(const scatter_job* job, int64_t item) {
  return cpu_nd_place(job->indices, job->g.depth, item, job->output);
}

static void scatter_strips(void* arg, int64_t begin, int64_t end) {
  const scatter_job* job = arg;
  for (int64_t s = begin; s < end; ++s) {
    const int64_t first = s * job->strip, left = job->slice - first, width = left < job->strip ? left : job->strip;
    for (int64_t item = 0; item < job->g.count; ++item) {
      const int64_t target = target_of(job, item);
      if (target < 0) continue;  // ignored
      job->add((char*)job->output->data + (size_t)(target * job->slice + first) * job->part_bytes,
               (const char*)job->updates->data + (size_t)(item * job->slice + first) * job->part_bytes, width);
    }
  }
}

static ctf_status join_strings(ctf_kernel_ctx* k, const scatter_job* job) {
  for (int64_t i = 0; i < job->g.count * job->g.inner; ++i) {
    const int64_t target = target_of(job, i / job->g.inner);
    if (target < 0) continue;
    const int64_t at = target * job->g.inner + i % job->g.inner;
    const char* text;
    size_t length;
    ctf_tensor_get_string(job->updates, i, &text, &length);
    CTF_TRY(ctf_tensor_append_string(job->output, at, text, length, k->budget));
  }
  return NULL;
}

static ctf_status cpu_scatter_nd(ctf_kernel_ctx* k) {
  scatter_job job = {.indices = ctf_in_tensor(k, 0), .updates = ctf_in_tensor(k, 1), .output = ctf_out_tensor(k, 0)};
  const ctf_shape indices = ctf_tensor_shape(job.indices);
  bool ignored;
  CTF_TRY(ctf_bad_indices_ignored(((const ctf_scatter_nd_attrs*)k->attrs)->bad_indices_policy, &ignored));
  CTF_TRY(ctf_scatter_nd_geometry_make(indices, ctf_tensor_shape(job.updates), ctf_tensor_shape(job.output), &job.g));
  if (!ignored) CTF_TRY(cpu_nd_check(job.indices, job.g.depth, job.g.count, job.output, "shape"));
  if (job.output->dtype == TF_STRING) return join_strings(k, &job);
  if (job.output->bytes > 0) memset(job.output->data, 0, job.output->bytes);
  if (job.updates->num_elements == 0) return NULL;
  int parts;
  job.add = cpu_add_row_of(job.output->dtype, &parts);
  job.part_bytes = ctf_dtype_get(job.output->dtype)->bytes / (size_t)parts;
  job.slice = job.g.inner * parts;
  job.strip = kStripBytes / (int64_t)job.part_bytes;
  return ctf_parallel_for(k->cancel, (job.slice + job.strip - 1) / job.strip, 1, scatter_strips, &job);
}

static const ctf_kernel_def kKernels[] = {
    {"ScatterNd", CTF_NUMERIC | CTF_TYPE(TF_BOOL) | CTF_TYPE(TF_STRING), cpu_scatter_nd, .type_attr2 = "Tindices",
     .types2 = CTF_INDEX, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(scatter_nd, kKernels);
