// Gather, GatherV2 and GatherNd. Shapes: ops/gather.h.
//
// Bound:  memory, each byte of the output is read and written once; slices of one element pay a cache line for each.
// Checks: all indices before the first byte is copied, so that a bad one never reads outside; then no check is left.
#include "ops/gather.h"

#include "ops/cpu/slices.h"
#include "runtime/parallel.h"

enum { kBytesGrain = 1 << 16 };

typedef struct gather_job {
  ctf_gather_geometry g;
  const char* params;
  const void* indices;
  TF_DataType index_type;
  char* out;
  size_t slice_bytes;
} gather_job;

// Of item i of the output the slice of params.
static int64_t source_of(const gather_job* job, int64_t item) {
  const int64_t at = item % job->g.count, block = item / job->g.count;
  const int64_t index = cpu_index(job->index_type, job->indices, block / job->g.outer * job->g.count + at);
  return block * job->g.size + index;
}

static void gather_piece(void* arg, int64_t begin, int64_t end) {
  const gather_job* job = arg;
  for (int64_t item = begin; item < end; ++item) {
    cpu_copy_slice(job->out + (size_t)item * job->slice_bytes,
                   job->params + (size_t)source_of(job, item) * job->slice_bytes, job->slice_bytes);
  }
}

static ctf_status run_gather(ctf_kernel_ctx* k, const ctf_tensor* axis, int64_t batch_dims) {
  const ctf_tensor *params = ctf_in_tensor(k, 0), *indices = ctf_in_tensor(k, 1);
  gather_job job = {.params = params->data, .indices = indices->data, .index_type = indices->dtype};
  CTF_TRY(ctf_gather_geometry_make(ctf_tensor_shape(params), ctf_tensor_shape(indices), axis, batch_dims, &job.g));
  if (ctf_out_count(k, 0) == 0) return NULL;
  for (int64_t i = 0; i < indices->num_elements; ++i) {
    const int64_t index = cpu_index(job.index_type, job.indices, i);
    if (index >= 0 && index < job.g.size) continue;
    return ctf_error(TF_INVALID_ARGUMENT, "indices%s = %" PRId64 " is not in [0, %" PRId64 ")",
                     cpu_place_text(ctf_tensor_shape(indices), i).text, index, job.g.size);
  }
  const int64_t items = job.g.batch * job.g.outer * job.g.count;
  if (params->dtype == TF_STRING) {
    for (int64_t i = 0; i < items; ++i) {
      CTF_TRY(cpu_copy_strings(k, 0, i * job.g.inner, params, source_of(&job, i) * job.g.inner, job.g.inner));
    }
    return NULL;
  }
  job.out = ctf_out(k, 0);
  job.slice_bytes = (size_t)job.g.inner * ctf_dtype_get(params->dtype)->bytes;
  return ctf_parallel_for(k->cancel, items, 1 + kBytesGrain / (int64_t)job.slice_bytes, gather_piece, &job);
}

static ctf_status cpu_gather(ctf_kernel_ctx* k) { return run_gather(k, NULL, 0); }

static ctf_status cpu_gather_v2(ctf_kernel_ctx* k) {
  return run_gather(k, ctf_in_tensor(k, 2), ((const ctf_gather_attrs*)k->attrs)->batch_dims);
}

typedef struct gather_nd_job {
  ctf_gather_nd_geometry g;
  const ctf_tensor* params;
  const ctf_tensor* indices;
  char* out;
  size_t slice_bytes;
} gather_nd_job;

static int64_t nd_source_of(const gather_nd_job* job, int64_t item) {
  return cpu_nd_place(job->indices, job->g.depth, item, job->params);
}

static void gather_nd_piece(void* arg, int64_t begin, int64_t end) {
  const gather_nd_job* job = arg;
  for (int64_t item = begin; item < end; ++item) {
    const int64_t source = nd_source_of(job, item);
    char* to = job->out + (size_t)item * job->slice_bytes;
    if (source < 0) {
      memset(to, 0, job->slice_bytes);
    } else {
      cpu_copy_slice(to, (const char*)job->params->data + (size_t)source * job->slice_bytes, job->slice_bytes);
    }
  }
}

static ctf_status cpu_gather_nd(ctf_kernel_ctx* k) {
  gather_nd_job job = {.params = ctf_in_tensor(k, 0), .indices = ctf_in_tensor(k, 1), .out = ctf_out(k, 0)};
  const ctf_shape indices = ctf_tensor_shape(job.indices);
  bool ignored;
  CTF_TRY(ctf_bad_indices_ignored(((const ctf_gather_attrs*)k->attrs)->bad_indices_policy, &ignored));
  CTF_TRY(ctf_gather_nd_geometry_make(ctf_tensor_shape(job.params), indices, &job.g));
  if (!ignored) CTF_TRY(cpu_nd_check(job.indices, job.g.depth, job.g.count, job.params, "param shape"));
  if (ctf_out_count(k, 0) == 0) return NULL;
  if (job.params->dtype == TF_STRING) {
    for (int64_t i = 0; i < job.g.count; ++i) {
      const int64_t source = nd_source_of(&job, i);
      if (source < 0) continue;  // empty strings
      CTF_TRY(cpu_copy_strings(k, 0, i * job.g.inner, job.params, source * job.g.inner, job.g.inner));
    }
    return NULL;
  }
  job.slice_bytes = (size_t)job.g.inner * ctf_dtype_get(job.params->dtype)->bytes;
  return ctf_parallel_for(k->cancel, job.g.count, 1 + kBytesGrain / (int64_t)job.slice_bytes, gather_nd_piece, &job);
}

#define NO_BYTES (CTF_TYPE(TF_RESOURCE) | CTF_TYPE(TF_VARIANT))
static const ctf_kernel_def kKernels[] = {
    {"Gather", CTF_ANY_TYPE & ~NO_BYTES, cpu_gather, .type_attr = "Tparams", .flags = CTF_ANY_ALIGNMENT},
    {"GatherNd", CTF_ANY_TYPE & ~NO_BYTES, cpu_gather_nd, .type_attr = "Tparams", .flags = CTF_ANY_ALIGNMENT},
    {"GatherV2", CTF_ANY_TYPE & ~NO_BYTES, cpu_gather_v2, .type_attr = "Tparams", .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(gather, kKernels);
