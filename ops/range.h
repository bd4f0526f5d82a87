// What every device's sequences share: Range, LinSpace.
#ifndef CTF_OPS_RANGE_H_
#define CTF_OPS_RANGE_H_

#include "ops/op.h"

// How many elements Range has; the three tensors hold one number each, of one type. INVALID_ARGUMENT for a step that
// does not lead to the limit.
CTF_MUST_USE ctf_status ctf_range_count(const ctf_tensor* start, const ctf_tensor* limit, const ctf_tensor* delta,
                                        int64_t* out_count);

#endif  // CTF_OPS_RANGE_H_
