// One node, on the host, now: for constant folding and for values that shapes depend on.
#ifndef CTF_ENGINE_EVALUATE_H_
#define CTF_ENGINE_EVALUATE_H_

#include "engine/graph.h"

// The CPU can compute the node from values alone: it has a kernel (or is a view) for these types and keeps no state.
bool ctf_can_evaluate(const TF_Operation* node);

// Computes all outputs, charged to `budget`. `inputs` gives shapes for all, data for all but those of an op that reads
// only shapes. `owners`: the tensors behind the inputs, whose bytes a view shares; NULL: it copies. With `max_bytes`
// (0: no limit) larger results are not computed: *out_done is false and nothing is set.
CTF_MUST_USE ctf_status ctf_evaluate(const TF_Operation* node, const ctf_tensor* inputs, TF_Tensor* const* owners,
                                     ctf_budget* budget, size_t max_bytes, bool* out_done, TF_Tensor** out_values);

#endif  // CTF_ENGINE_EVALUATE_H_
