// What the fusion of elementwise ops works with: the value of each op of the table as text.
//
// The text is in functions of ops/scalar.h, so the same source serves a compiler at run time (on a GPU) and the host's
// compiler, and gives the bits of the kernels.
#ifndef CTF_OPS_FUSION_H_
#define CTF_OPS_FUSION_H_

#include "runtime/dtype.h"

typedef struct ctf_fusion_value {
  const char* op;
  int num_inputs;    // named x, and y when there are two
  const char* text;  // "m_add(x, y)"; may use the loop's m_faults
  ctf_type_set types;
} ctf_fusion_value;

const ctf_fusion_value* ctf_fusion_find(const char* op);  // NULL: the op is not in the table

#endif  // CTF_OPS_FUSION_H_
