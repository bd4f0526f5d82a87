// Ops and kernels of programs: what the files that register them share with those that run them.
#ifndef CTF_ENGINE_API_CUSTOM_H_
#define CTF_ENGINE_API_CUSTOM_H_

#include "engine/graph.h"
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"

// Immutable once it is registered; lives as long as the process.
typedef struct ctf_custom_op {
  ctf_added_op added;
  ctf_added_def definition;
  void (*shape_function)(TF_ShapeInferenceContext* ctx, TF_Status* status);  // NULL: shapes are not known
} ctf_custom_op;
_Static_assert(offsetof(ctf_custom_op, added) == 0, "a shape function finds the op by its interface");

// The shape function of all of them, which calls theirs.
CTF_MUST_USE ctf_status ctf_custom_op_shape(ctf_shape_ctx* c);

#endif  // CTF_ENGINE_API_CUSTOM_H_
