// What the CUDA device gives to kernel files, for the emulation: streams execute at once, so one handle does for all.
#include <cuda_runtime.h>

extern "C" cudaStream_t ctf_cuda_stream(struct ctf_stream*) { return nullptr; }
