// What every device's InTopK and InTopKV2 share.
#ifndef CTF_OPS_IN_TOPK_H_
#define CTF_OPS_IN_TOPK_H_

#include "ops/op.h"

typedef struct ctf_in_topk_attrs {
  int64_t k;  // of InTopK; an input of InTopKV2
} ctf_in_topk_attrs;

#endif  // CTF_OPS_IN_TOPK_H_
