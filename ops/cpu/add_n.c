// AddN. Inputs and output: any one shape.
//
// Bound:  memory: each input is read and the output written once.
// Order:  TensorFlow's, bit for bit: the first n % 8 inputs (8 or 9 for 0 or 1) one after the other, then eight at a
//         time, which are added up among themselves before they are added to the sum. Half and bfloat16 are rounded
//         after every addition.
// Method: blocks that stay in the cache, so that the output is written once whatever the number of inputs.
#include "ops/cpu/accumulate.h"
#include "ops/cpu/slices.h"
#include "runtime/parallel.h"

enum { kBlockBytes = 2048, kWorkGrain = 1 << 15, kGroup = 8 };

typedef struct add_n_job {
  ctf_kernel_ctx* k;
  cpu_add_row_fn add;
  size_t part_bytes;
} add_n_job;

// The sum of inputs [first, last) of so many bytes from `at` on.
static void add_group(const add_n_job* job, int first, int last, size_t at, size_t bytes, char* sum) {
  memcpy(sum, (const char*)ctf_in(job->k, first) + at, bytes);
  for (int i = first + 1; i < last; ++i) {
    job->add(sum, (const char*)ctf_in(job->k, i) + at, (int64_t)(bytes / job->part_bytes));
  }
}

// Items are parts of elements.
static void add_n_piece(void* arg, int64_t begin, int64_t end) {
  const add_n_job* job = arg;
  const int64_t block = kBlockBytes / (int64_t)job->part_bytes;
  const int count = job->k->num_inputs;
  char sum[kBlockBytes] __attribute__((aligned(64)));
  char group[kBlockBytes] __attribute__((aligned(64)));
  for (; begin < end; begin += block) {
    const int64_t width = end - begin < block ? end - begin : block;
    const size_t at = (size_t)begin * job->part_bytes, bytes = (size_t)width * job->part_bytes;
    int next = count % kGroup < 2 ? count % kGroup + kGroup : count % kGroup;
    if (next > count) next = count;  // one input
    add_group(job, 0, next, at, bytes, sum);
    for (; next < count; next += kGroup) {
      add_group(job, next, next + kGroup, at, bytes, group);
      job->add(sum, group, width);
    }
    memcpy((char*)ctf_out(job->k, 0) + at, sum, bytes);  // last: the output may be one of the inputs
  }
}

static ctf_status cpu_add_n(ctf_kernel_ctx* k) {
  add_n_job job = {.k = k};
  int parts;
  if (ctf_out_count(k, 0) == 0) return NULL;
  job.add = cpu_add_row_of(ctf_out_dtype(k, 0), &parts);
  job.part_bytes = ctf_dtype_get(ctf_out_dtype(k, 0))->bytes / (size_t)parts;
  return ctf_parallel_for(k->cancel, ctf_out_count(k, 0) * parts, 1 + kWorkGrain / k->num_inputs, add_n_piece, &job);
}

static const ctf_kernel_def kKernels[] = {
    {"AddN", CTF_NUMERIC, cpu_add_n, .flags = CTF_ANY_ALIGNMENT | CTF_IN_PLACE},
};
CTF_CPU_KERNELS(add_n, kKernels);
