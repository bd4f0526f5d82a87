// What every device's reversals share.
#ifndef CTF_OPS_REVERSE_H_
#define CTF_OPS_REVERSE_H_

#include "ops/op.h"

typedef struct ctf_reverse_sequence_attrs {
  int64_t seq_dim, batch_dim;
} ctf_reverse_sequence_attrs;

// Which dimensions the second input of ReverseV2 names. INVALID_ARGUMENT for one that is not there, or there twice.
CTF_MUST_USE ctf_status ctf_reverse_axes(const ctf_tensor* axes, int rank, bool* out_reversed);

#endif  // CTF_OPS_REVERSE_H_
