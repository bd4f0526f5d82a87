// What every device's splits share: Split, SplitV, Unpack.
#ifndef CTF_OPS_SPLIT_H_
#define CTF_OPS_SPLIT_H_

#include "ops/op.h"

typedef struct ctf_split_attrs {
  int64_t axis;  // of Unpack
} ctf_split_attrs;

#endif  // CTF_OPS_SPLIT_H_
