// Moving elements: one engine for transposes, slices, concatenations, padding, tiling, reversal and broadcasting. It
// knows the size of an element, not its type; strings are copied with their text.
#ifndef CTF_OPS_CPU_STRIDED_COPY_H_
#define CTF_OPS_CPU_STRIDED_COPY_H_

#include "ops/kernel.h"

// More dimensions that are larger than 1 would have more elements than 64 bits can count.
#define CTF_COPY_MAX_RANK 64

// A nest of loops, outermost first: how often, and how far the source and the target move each time. A source that does
// not move is repeated, one that moves back is reversed. Sources may start at any byte.
typedef struct ctf_strided_copy {
  const char* from;  // the element that is read first; not looked at when there are none
  char* to;
  TF_DataType dtype;
  bool empty;
  int rank;
  int64_t size[CTF_COPY_MAX_RANK];
  int64_t from_step[CTF_COPY_MAX_RANK];  // bytes
  int64_t to_step[CTF_COPY_MAX_RANK];
} ctf_strided_copy;

// From the element number `from_at` of one tensor to the element number `to_at` of another one of its type.
void CTF_ISA_NAME(ctf_copy_init)(ctf_strided_copy* copy, const ctf_tensor* from, int64_t from_at, const ctf_tensor* to,
                                 int64_t to_at);
// One more loop inside of those there are; steps in elements. Loops that are one in memory become one.
void CTF_ISA_NAME(ctf_copy_loop)(ctf_strided_copy* copy, int64_t size, int64_t from_step, int64_t to_step);
// The target's elements must differ from each other and from the source's.
CTF_MUST_USE ctf_status CTF_ISA_NAME(ctf_copy_run)(const ctf_strided_copy* copy, ctf_kernel_ctx* k);

// All elements, which both tensors have in the same order.
CTF_MUST_USE ctf_status CTF_ISA_NAME(ctf_copy_all)(ctf_kernel_ctx* k, const ctf_tensor* from, const ctf_tensor* to);
// One element: zero, or an empty string.
ctf_tensor CTF_ISA_NAME(ctf_copy_zero)(TF_DataType dtype);
// All elements of `to` become `value`'s first one.
CTF_MUST_USE ctf_status CTF_ISA_NAME(ctf_copy_fill)(ctf_kernel_ctx* k, const ctf_tensor* value, const ctf_tensor* to);

// One element of 1, 2, 4, 8 or 16 bytes, `count` times.
void CTF_ISA_NAME(ctf_copy_repeat)(char* to, const char* from, int64_t count, size_t bytes);

// The product of dims[begin .. end).
static inline int64_t ctf_copy_extent(const int64_t* dims, int begin, int end) {
  int64_t extent = 1;
  for (int i = begin; i < end; ++i) extent *= dims[i];
  return extent;
}

#endif  // CTF_OPS_CPU_STRIDED_COPY_H_
