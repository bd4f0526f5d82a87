// What every device's rearrangements between depth or batch and space share.
#ifndef CTF_OPS_SPACE_H_
#define CTF_OPS_SPACE_H_

#include "ops/op.h"

typedef struct ctf_space_attrs {
  int64_t block_size;
  ctf_bytes data_format;
} ctf_space_attrs;

// SpaceToBatchND and BatchToSpaceND: element `at` of a spatial dimension of the tensor with the larger batch is element
// at * block + offset - start of the one with the larger space, where the offset is part of the batch.
typedef struct ctf_space_block {
  int64_t block;
  int64_t start, end;  // paddings or crops
} ctf_space_block;
CTF_MUST_USE ctf_status ctf_space_block_get(const ctf_tensor* block_shape, const ctf_tensor* margins, int axis,
                                            const char* margins_name, ctf_space_block* out_block);

#endif  // CTF_OPS_SPACE_H_
