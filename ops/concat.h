// What every device's concatenations share: Concat, ConcatV2, Pack.
#ifndef CTF_OPS_CONCAT_H_
#define CTF_OPS_CONCAT_H_

#include "ops/op.h"

typedef struct ctf_concat_attrs {
  int64_t axis;  // of Pack
} ctf_concat_attrs;

#endif  // CTF_OPS_CONCAT_H_
