// InTopK and InTopKV2. predictions: [rows, classes], targets: [rows], output: [rows].
//
// Bound:  memory, 4 bytes for each prediction.
// False:  for a target that is not there, and where a prediction of the row is not finite: then nothing can be said.
#include "ops/in_topk.h"

#include <math.h>

#include "ops/cpu/slices.h"
#include "runtime/parallel.h"

enum { kWorkGrain = 1 << 15 };

typedef struct in_topk_job {
  const ctf_any_f32* predictions;
  const ctf_tensor* targets;
  int64_t classes, k;
  uint8_t* out;
} in_topk_job;

static void in_topk_piece(void* arg, int64_t begin, int64_t end) {
  const in_topk_job* job = arg;
  for (int64_t row = begin; row < end; ++row) {
    const int64_t target = cpu_index(job->targets->dtype, job->targets->data, row);
    const ctf_any_f32* x = job->predictions + row * job->classes;
    job->out[row] = 0;
    if (target < 0 || target >= job->classes) continue;
    const float own = x[target];
    int64_t larger = 0, odd = 0;
    for (int64_t i = 0; i < job->classes; ++i) {
      larger += x[i] > own;
      odd += !isfinite(x[i]);
    }
    job->out[row] = odd == 0 && larger < job->k;
  }
}

static ctf_status run_in_topk(ctf_kernel_ctx* k, int64_t num_best) {
  in_topk_job job = {.predictions = ctf_in(k, 0),
                     .targets = ctf_in_tensor(k, 1),
                     .classes = ctf_in_dim(k, 0, 1),
                     .k = num_best,
                     .out = ctf_out(k, 0)};
  return ctf_parallel_for(k->cancel, ctf_in_dim(k, 0, 0), 1 + kWorkGrain / (job.classes + 1), in_topk_piece, &job);
}

static ctf_status cpu_in_topk(ctf_kernel_ctx* k) { return run_in_topk(k, ((const ctf_in_topk_attrs*)k->attrs)->k); }

static ctf_status cpu_in_topk_v2(ctf_kernel_ctx* k) {
  const ctf_tensor* num_best = ctf_in_tensor(k, 2);
  if (num_best->rank != 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "k must be 0-D, got shape %s",
                     ctf_shape_print(ctf_tensor_shape(num_best)).text);
  }
  return run_in_topk(k, cpu_index(num_best->dtype, num_best->data, 0));
}

static const ctf_kernel_def kKernels[] = {
    {"InTopK", CTF_INDEX, cpu_in_topk, .flags = CTF_ANY_ALIGNMENT},
    {"InTopKV2", CTF_INDEX, cpu_in_topk_v2, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(in_topk, kKernels);
