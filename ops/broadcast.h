// What every device's broadcasts share: BroadcastArgs and BroadcastGradientArgs are given shapes as values.
#ifndef CTF_OPS_BROADCAST_H_
#define CTF_OPS_BROADCAST_H_

#include "ops/op.h"

// Two shapes as values, aligned at their ends; the shorter one has 1 where it has no dimension.
typedef struct ctf_broadcast_pair {
  const ctf_tensor* shapes[2];
  int64_t rank;  // of the longer one
  bool same;     // they are equal, so that nothing is broadcast
} ctf_broadcast_pair;

CTF_MUST_USE ctf_status ctf_broadcast_pair_make(const ctf_tensor* a, const ctf_tensor* b, ctf_broadcast_pair* out_pair);
int64_t ctf_broadcast_dim(const ctf_broadcast_pair* pair, int operand, int64_t axis);
bool ctf_broadcast_fits(const ctf_broadcast_pair* pair);
// The error for a pair that does not fit.
CTF_MUST_USE ctf_status ctf_broadcast_misfit(const ctf_broadcast_pair* pair);
// A gradient of this operand is summed over the axis: it was broadcast along it, or has 1 there as the other one has.
bool ctf_broadcast_reduces(const ctf_broadcast_pair* pair, int operand, int64_t axis);

#endif  // CTF_OPS_BROADCAST_H_
