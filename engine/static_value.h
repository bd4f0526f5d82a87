// Values that no run can change, known while a graph is built: constants and what follows from them and from shapes.
#ifndef CTF_ENGINE_STATIC_VALUE_H_
#define CTF_ENGINE_STATIC_VALUE_H_

#include "engine/graph.h"

// The value behind an output, or NULL where it is not known. The node owns it; small ones are computed once and kept.
// The graph's lock is held. Runs kernels, without recursion over nodes; what a kernel refuses is not known.
CTF_MUST_USE ctf_status ctf_static_value(TF_Operation* node, int32_t index, ctf_allocator* temporary,
                                         const ctf_tensor** out_value);

// What is known of an output whose value is a shape, as far as TensorFlow looks: through Shape, Pack, ConcatV2,
// StridedSlice and Cast. Unknown rank: nothing. Dims are from `scratch`.
CTF_MUST_USE ctf_status ctf_static_shape(TF_Operation* node, int32_t index, ctf_allocator* temporary,
                                         ctf_allocator* scratch, ctf_shape* out_shape);

#endif  // CTF_ENGINE_STATIC_VALUE_H_
