// What every device's transposes share.
#ifndef CTF_OPS_TRANSPOSE_H_
#define CTF_OPS_TRANSPOSE_H_

#include "ops/op.h"

// Dimension i of the result is dimension out_axes[i] of the input. INVALID_ARGUMENT for what is no permutation.
CTF_MUST_USE ctf_status ctf_transpose_axes(const ctf_tensor* perm, int rank, int* out_axes);

#endif  // CTF_OPS_TRANSPOSE_H_
