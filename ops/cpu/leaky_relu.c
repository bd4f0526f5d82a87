// LeakyRelu and its gradient: loops over elements with the slope as attribute.
#include "ops/leaky_relu.h"

#include "ops/cpu/fused.h"

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

static cpu_fused_loop pick_relu(const void* attrs, TF_DataType in, TF_DataType out) {
  (void)attrs, (void)out;
  return (cpu_fused_loop){.unary = in == TF_DOUBLE ? relu_f64 : relu_f32};
}
static cpu_fused_loop pick_grad(const void* attrs, TF_DataType in, TF_DataType out) {
  (void)attrs, (void)out;
  return (cpu_fused_loop){.binary = in == TF_DOUBLE ? grad_f64 : grad_f32};
}
static const cpu_fusible kRelu = {{&cpu_fused_runner}, .pick = pick_relu};
static const cpu_fusible kGrad = {{&cpu_fused_runner}, .pick = pick_grad};

static ctf_status cpu_leaky_relu(ctf_kernel_ctx* k) {
  return cpu_run_unary(k, pick_relu(k->attrs, ctf_in_dtype(k, 0), ctf_out_dtype(k, 0)).unary);
}
static ctf_status cpu_leaky_relu_grad(ctf_kernel_ctx* k) {
  return cpu_run_pair(k, pick_grad(k->attrs, ctf_in_dtype(k, 0), ctf_out_dtype(k, 0)).binary);
}

static const ctf_kernel_def kKernels[] = {
    {"LeakyRelu", CTF_REAL_FLOATING, cpu_leaky_relu, .fuse = &kRelu.base, .flags = CTF_ANY_ALIGNMENT | CTF_IN_PLACE},
    {"LeakyReluGrad", CTF_REAL_FLOATING, cpu_leaky_relu_grad, .fuse = &kGrad.base,
     .flags = CTF_ANY_ALIGNMENT | CTF_IN_PLACE},
};
CTF_CPU_KERNELS(leaky_relu, kKernels);
