// ApproximateEqual on the CPU.
#include "ops/approximate_equal.h"

#include "ops/cpu/elementwise_run.h"

static float tolerance_of(const void* attrs) { return ((const ctf_approximate_equal_attrs*)attrs)->tolerance; }

static void near_f32(const void* left, const void* right, void* out, int64_t count, cpu_steps steps, const void* attrs,
                     unsigned* faults) {
  const float tolerance = tolerance_of(attrs);
  CPU_BINARY_BODY(f32, (bool)(fabsf(x - y) < tolerance));
}
static void near_f64(const void* left, const void* right, void* out, int64_t count, cpu_steps steps, const void* attrs,
                     unsigned* faults) {
  const double tolerance = (double)tolerance_of(attrs);
  CPU_BINARY_BODY(f64, (bool)(fabs(x - y) < tolerance));
}

static ctf_status cpu_approximate_equal(ctf_kernel_ctx* k) {
  return cpu_run_pair(k, ctf_in_dtype(k, 0) == TF_DOUBLE ? near_f64 : near_f32);
}

static const ctf_kernel_def kKernels[] = {
    {"ApproximateEqual", CTF_FLOAT_DOUBLE, cpu_approximate_equal, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(approximate_equal, kKernels);
