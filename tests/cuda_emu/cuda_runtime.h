// Stands in for the CUDA toolkit's header of the same name: kernels are functions, a launch is a loop over the threads.
//
// Serves kernels whose threads do not wait for each other. A stream executes at once, so its handle means nothing.
#ifndef CTF_TESTS_CUDA_EMU_CUDA_RUNTIME_H_
#define CTF_TESTS_CUDA_EMU_CUDA_RUNTIME_H_

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline

typedef struct cuda_emu_stream* cudaStream_t;

typedef enum cudaError {
  cudaSuccess = 0,
  cudaErrorInvalidConfiguration = 9,
} cudaError_t;

struct uint3 {
  unsigned x, y, z;
};

// Of the thread that runs now.
inline thread_local uint3 threadIdx, blockIdx, blockDim, gridDim;
inline thread_local cudaError_t cuda_emu_last_error = cudaSuccess;

static inline cudaError_t cudaGetLastError() {
  const cudaError_t error = cuda_emu_last_error;
  cuda_emu_last_error = cudaSuccess;
  return error;
}
static inline const char* cudaGetErrorString(cudaError_t error) {
  return error == cudaSuccess ? "no error" : "invalid configuration argument";
}

template <typename Body>
static void cuda_emu_launch(cudaStream_t, unsigned grid, unsigned block, Body body) {
  if (grid == 0 || block == 0 || block > 1024) {
    cuda_emu_last_error = cudaErrorInvalidConfiguration;
    return;
  }
  gridDim = {grid, 1, 1};
  blockDim = {block, 1, 1};
  // Backwards: a kernel must not lean on the order.
  for (unsigned b = grid; b-- > 0;) {
    for (unsigned t = block; t-- > 0;) {
      blockIdx = {b, 0, 0};
      threadIdx = {t, 0, 0};
      body();
    }
  }
}

#endif  // CTF_TESTS_CUDA_EMU_CUDA_RUNTIME_H_
