// LeakyRelu and its gradient: loops over elements with the slope as attribute.
#include "ops/leaky_relu.h"

#include "ops/cpu/elementwise_run.h"

static float alpha_of(const void* attrs) { return ((const ctf_leaky_relu_attrs*)attrs)->alpha; }

static void relu_f32(const void* in, void* out, int64_t count, const void* attrs, unsigned* faults) {
  const float alpha = alpha_of(attrs);
  CPU_UNARY_BODY(f32, x > 0 ? x : x * alpha);
}
static void relu_f64(const void* in, void* out, int64_t count, const void* attrs, unsigned* faults) {
  const double alpha = (double)alpha_of(attrs);
  CPU_UNARY_BODY(f64, x > 0 ? x : x * alpha);
}
static void grad_f32(const void* left, const void* right, void* out, int64_t count, cpu_steps steps, const void* attrs,
                     unsigned* faults) {
  const float alpha = alpha_of(attrs);
  CPU_BINARY_BODY(f32, y > 0 ? x : x * alpha);
}
static void grad_f64(const void* left, const void* right, void* out, int64_t count, cpu_steps steps, const void* attrs,
                     unsigned* faults) {
  const double alpha = (double)alpha_of(attrs);
  CPU_BINARY_BODY(f64, y > 0 ? x : x * alpha);
}

static ctf_status cpu_leaky_relu(ctf_kernel_ctx* k) {
  return cpu_run_unary(k, ctf_in_dtype(k, 0) == TF_DOUBLE ? relu_f64 : relu_f32);
}

static ctf_status cpu_leaky_relu_grad(ctf_kernel_ctx* k) {
  return cpu_run_pair(k, ctf_in_dtype(k, 0) == TF_DOUBLE ? grad_f64 : grad_f32);
}

static const ctf_kernel_def kKernels[] = {
    {"LeakyRelu", CTF_REAL_FLOATING, cpu_leaky_relu, .flags = CTF_ANY_ALIGNMENT | CTF_IN_PLACE},
    {"LeakyReluGrad", CTF_REAL_FLOATING, cpu_leaky_relu_grad, .flags = CTF_ANY_ALIGNMENT | CTF_IN_PLACE},
};
CTF_CPU_KERNELS(leaky_relu, kKernels);
