// OneHot. indices: [outer, inner], output: [outer, depth, inner].
//
// Bound:  memory, sizeof(T) for each element of the output: it is filled, then one element for each index is set.
#include "ops/one_hot.h"

#include "ops/cpu/slices.h"
#include "runtime/parallel.h"

enum { kWorkGrain = 1 << 15 };

typedef struct one_hot_job {
  ctf_one_hot_geometry g;
  const ctf_tensor* indices;
  const char* on;
  const char* off;
  char* out;
  size_t bytes;  // of an element
} one_hot_job;

// By doubling what is already there.
static void fill(char* to, const char* element, size_t bytes, size_t count) {
  const size_t whole = bytes * count;
  if (whole == 0) return;
  cpu_copy_slice(to, element, bytes);
  for (size_t filled = bytes; filled < whole;) {
    const size_t more = filled < whole - filled ? filled : whole - filled;
    memcpy(to + filled, to, more);
    filled += more;
  }
}

// Where index (outer, i) puts its one, or -1.
static int64_t target_of(const one_hot_job* job, int64_t outer, int64_t i) {
  const int64_t index = cpu_index(job->indices->dtype, job->indices->data, outer * job->g.inner + i);
  return index < 0 || index >= job->g.depth ? -1 : (outer * job->g.depth + index) * job->g.inner + i;
}

static void one_hot_piece(void* arg, int64_t begin, int64_t end) {
  const one_hot_job* job = arg;
  const int64_t row = job->g.depth * job->g.inner;
  fill(job->out + (size_t)(begin * row) * job->bytes, job->off, job->bytes, (size_t)((end - begin) * row));
  for (int64_t outer = begin; outer < end; ++outer) {
    for (int64_t i = 0; i < job->g.inner; ++i) {
      const int64_t at = target_of(job, outer, i);
      if (at >= 0) cpu_copy_slice(job->out + (size_t)at * job->bytes, job->on, job->bytes);
    }
  }
}

static ctf_status one_hot_strings(ctf_kernel_ctx* k, const one_hot_job* job) {
  for (int64_t i = 0; i < ctf_out_count(k, 0); ++i) {
    const int64_t inner = i % job->g.inner, outer = i / job->g.inner / job->g.depth;
    const int from = target_of(job, outer, inner) == i ? 2 : 3;
    CTF_TRY(cpu_copy_strings(k, 0, i, ctf_in_tensor(k, from), 0, 1));
  }
  return NULL;
}

static ctf_status cpu_one_hot(ctf_kernel_ctx* k) {
  one_hot_job job = {.indices = ctf_in_tensor(k, 0), .on = ctf_in(k, 2), .off = ctf_in(k, 3), .out = ctf_out(k, 0)};
  CTF_TRY(ctf_one_hot_geometry_make(k->attrs, job.indices, ctf_in_tensor(k, 1), ctf_in_tensor(k, 2),
                                    ctf_in_tensor(k, 3), &job.g));
  if (ctf_out_count(k, 0) == 0) return NULL;
  if (ctf_out_dtype(k, 0) == TF_STRING) return one_hot_strings(k, &job);
  job.bytes = ctf_dtype_get(ctf_out_dtype(k, 0))->bytes;
  return ctf_parallel_for(k->cancel, job.g.outer, 1 + kWorkGrain / (job.g.depth * job.g.inner), one_hot_piece, &job);
}

static const ctf_kernel_def kKernels[] = {
    {"OneHot", CTF_NUMERIC | CTF_TYPE(TF_BOOL) | CTF_TYPE(TF_STRING), cpu_one_hot, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(one_hot, kKernels);
