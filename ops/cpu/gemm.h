// Matrix products for kernels: C = A * B, batched, over packed panels.
//
// What is multiplied need not be a matrix in memory: a side gives its vectors (rows of A, columns of B) through a pack
// function, so that a convolution packs its patches straight from the image.
#ifndef CTF_OPS_CPU_GEMM_H_
#define CTF_OPS_CPU_GEMM_H_

#include "ops/kernel.h"

typedef struct ctf_gemm_side ctf_gemm_side;

#define CTF_GEMM_ROW_BYTES \
  1024  // a panel of B that meets so much of a row is 32 KiB: it stays in the first-level cache

// Writes `count` vectors from `first` on, elements [k0, k0 + kc), to a panel that is `width` vectors wide: element k of
// vector v goes to panel[k * width + v]. Vectors from `count` to `width` are zeros. Complex panels hold, for each k,
// `width` real parts and then `width` imaginary ones. `offset` is the batch's, in elements from side->data.
typedef void (*ctf_gemm_pack_fn)(const ctf_gemm_side* side, int64_t offset, int64_t first, int64_t count, int64_t width,
                                 int64_t k0, int64_t kc, void* panel);

struct ctf_gemm_side {
  ctf_gemm_pack_fn pack;  // NULL: a matrix in memory, as the strides say
  const void* data;       // any alignment
  TF_DataType dtype;
  int64_t vector_stride;  // elements between vectors
  int64_t k_stride;       // elements along a vector
  bool conjugate;
  const void* geometry;  // of the functions
  // Beside `pack`, for side A where elements are of the computed type, one of:
  // - pointers to element k of vectors [first, first + count); from each multiple of `segment` on `segment` elements
  // are
  //   neighbours, and at most CTF_GEMM_ROW_BYTES are read through a pointer;
  void (*rows)(const ctf_gemm_side* side, int64_t offset, int64_t first, int64_t count, int64_t k,
               const void** out_rows);
  int64_t segment;
  // - elements [k0, k0 + kc) of these vectors as rows, `stride` elements apart.
  void (*copy)(const ctf_gemm_side* side, int64_t offset, int64_t first, int64_t count, int64_t k0, int64_t kc,
               void* to, int64_t stride);
};

typedef struct ctf_gemm ctf_gemm;
struct ctf_gemm {
  TF_DataType compute;  // float, double, int32, int64, complex64, complex128
  int64_t batches, m, n, k;
  ctf_gemm_side a, b;
  void* c;              // row-major
  int64_t c_stride;     // elements between rows
  TF_DataType c_dtype;  // `compute`, or a narrower type that results are rounded to once
  // Where a batch begins: elements from a.data, b.data and c.
  void (*locate)(const ctf_gemm* gemm, int64_t batch, int64_t out_offsets[3]);
  const void* batch_geometry;
  const void* packed;            // B, from ctf_gemm_pack; NULL: it is packed in the workspace
  const ctf_epilogue* epilogue;  // over all of C as it lies in memory, of `compute` type; NULL: none
};

// The type that products of this element type are computed in: half, bfloat16 in float, small integers in int32.
TF_DataType CTF_ISA_NAME(ctf_gemm_compute_type)(TF_DataType dtype);
size_t CTF_ISA_NAME(ctf_gemm_workspace)(const ctf_gemm* gemm);
// What B can be packed to once for many runs, and the packing of it. `input` is the caller's to set.
ctf_packed CTF_ISA_NAME(ctf_gemm_plan_pack)(const ctf_gemm* gemm);
void CTF_ISA_NAME(ctf_gemm_pack)(const ctf_gemm* gemm, void* to);
// Workspace: as many bytes as ctf_gemm_workspace says, aligned to CTF_TENSOR_ALIGNMENT.
CTF_MUST_USE ctf_status CTF_ISA_NAME(ctf_gemm_run)(const ctf_gemm* gemm, ctf_cancel* cancel, void* workspace);

#endif  // CTF_OPS_CPU_GEMM_H_
