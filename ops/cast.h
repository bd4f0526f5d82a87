// The attributes of Cast.
#ifndef CTF_OPS_CAST_H_
#define CTF_OPS_CAST_H_

#include "ops/op.h"

typedef struct ctf_cast_attrs {
  bool Truncate;  // the attribute's name: mantissa bits that do not fit are dropped instead of rounded
} ctf_cast_attrs;

#endif  // CTF_OPS_CAST_H_
