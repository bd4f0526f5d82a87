// The attributes of ApproximateEqual.
#ifndef CTF_OPS_APPROXIMATE_EQUAL_H_
#define CTF_OPS_APPROXIMATE_EQUAL_H_

#include "ops/op.h"

typedef struct ctf_approximate_equal_attrs {
  float tolerance;
} ctf_approximate_equal_attrs;

#endif  // CTF_OPS_APPROXIMATE_EQUAL_H_
