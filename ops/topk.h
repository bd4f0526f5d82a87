// What every device's TopK and TopKV2 share.
#ifndef CTF_OPS_TOPK_H_
#define CTF_OPS_TOPK_H_

#include "ops/op.h"

typedef struct ctf_topk_attrs {
  int64_t k;  // of TopK; an input of TopKV2
  bool sorted;
} ctf_topk_attrs;

#endif  // CTF_OPS_TOPK_H_
