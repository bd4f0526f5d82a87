// What kernel files are written against: nvcc, or the host's compiler with the emulation of tests/cuda_emu, whose
// cuda_runtime.h stands in for the toolkit's.
#ifndef CTF_OPS_CUDA_GPU_H_
#define CTF_OPS_CUDA_GPU_H_

#include <cuda_runtime.h>

#include <atomic>

#if defined(__CUDACC__)
#include <cuda_fp16.h>
#endif

// The headers below are C11: what they use of it, in C++. ctf_in and ctf_out are templates here.
#define _Noreturn [[noreturn]]
#define ctf_in ctf_in_bytes
#define ctf_out ctf_out_bytes
using std::atomic_int;
extern "C" {
#include "ops/kernel.h"

// The stream of the CUDA device that a kernel is to run on.
cudaStream_t ctf_cuda_stream(ctf_stream* stream);
}
#undef _Noreturn
#undef ctf_in
#undef ctf_out

#include "ops/scalar.h"

template <typename T>
static const T* ctf_in(const ctf_kernel_ctx* k, int i) {
  return static_cast<const T*>(ctf_in_bytes(k, i));
}
template <typename T>
static T* ctf_out(const ctf_kernel_ctx* k, int i) {
  return static_cast<T*>(ctf_out_bytes(k, i));
}

static const unsigned GPU_BLOCK = 256;
static const int64_t GPU_MAX_GRID = 1 << 20;

// Blocks for so many pieces of work, one each where the grid allows: kernels step by gridDim.
static inline unsigned gpu_grid(int64_t count) { return (unsigned)(count < GPU_MAX_GRID ? count : GPU_MAX_GRID); }
// The same for single elements, GPU_BLOCK threads a block.
static inline unsigned gpu_grid_of_threads(int64_t count) { return gpu_grid((count + GPU_BLOCK - 1) / GPU_BLOCK); }

// CTF_LAUNCH(k, kernel, grid, block, arguments...): puts it on the call's stream. An empty grid is a launch error: ask
// before.
#define CTF_LAUNCH(k, ...) gpu_launch((k), __VA_ARGS__)
template <typename... P, typename... A>
static ctf_status gpu_launch(const ctf_kernel_ctx* k, void (*kernel)(P...), unsigned grid, unsigned block, A... args) {
#if defined(__CUDACC__)
  kernel<<<grid, block, 0, ctf_cuda_stream(k->stream)>>>(args...);
#else
  cuda_emu_launch(ctf_cuda_stream(k->stream), grid, block, [=] { kernel(args...); });
#endif
  const cudaError_t error = cudaGetLastError();
  return error == cudaSuccess ? nullptr : ctf_error(TF_INTERNAL, "CUDA launch: %s", cudaGetErrorString(error));
}

// ---- half and bfloat16 are computed in float and rounded once

template <typename T>
struct gpu_type {
  typedef T computed;
  template <typename R>
  struct result {
    typedef R type;
  };
};
template <>
struct gpu_type<ctf_half> {
  typedef float computed;
  template <typename R>
  struct result {
    typedef R type;
  };
};
template <>
struct gpu_type<ctf_bfloat16> {
  typedef float computed;
  template <typename R>
  struct result {
    typedef R type;
  };
};
template <>
struct gpu_type<ctf_half>::result<float> {
  typedef ctf_half type;
};
template <>
struct gpu_type<ctf_bfloat16>::result<float> {
  typedef ctf_bfloat16 type;
};

template <typename T>
__device__ static inline T gpu_load(const T* from) {
  return *from;
}
template <typename T, typename R>
__device__ static inline void gpu_store(T* to, R value) {
  *to = value;
}
#if defined(__CUDACC__)
__device__ static inline float gpu_load(const ctf_half* from) { return __half2float(__ushort_as_half(from->bits)); }
__device__ static inline void gpu_store(ctf_half* to, float value) {
  const unsigned sign = __float_as_uint(value) >> 16 & 0x8000;
  to->bits = value != value ? (uint16_t)(sign | 0x7e00) : __half_as_ushort(__float2half_rn(value));
}
__device__ static inline float gpu_load(const ctf_bfloat16* from) {
  return __uint_as_float((unsigned)from->bits << 16);
}
__device__ static inline void gpu_store(ctf_bfloat16* to, float value) {
  const unsigned bits = __float_as_uint(value);
  to->bits = (uint16_t)(value != value ? (bits >> 16 & 0x8000) | 0x7fc0 : (bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
#else
__device__ static inline float gpu_load(const ctf_half* from) { return ctf_half_to_float(*from); }
__device__ static inline void gpu_store(ctf_half* to, float value) { *to = ctf_half_from_float(value); }
__device__ static inline float gpu_load(const ctf_bfloat16* from) { return ctf_bfloat16_to_float(*from); }
__device__ static inline void gpu_store(ctf_bfloat16* to, float value) { *to = ctf_bfloat16_from_float(value); }
#endif

// At the end of ops/cuda/<family>.cu: what the generated registry of libctf_cuda.so lists.
#define CTF_CUDA_KERNELS(family, table)                        \
  extern "C" const ctf_kernel_table ctf_cuda_kernels_##family; \
  const ctf_kernel_table ctf_cuda_kernels_##family = {#family, sizeof(table) / sizeof((table)[0]), table}

#endif  // CTF_OPS_CUDA_GPU_H_
