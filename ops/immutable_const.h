// What ImmutableConst reads.
#ifndef CTF_OPS_IMMUTABLE_CONST_H_
#define CTF_OPS_IMMUTABLE_CONST_H_

#include "graphdef/attr.h"

typedef struct immutable_const_attrs {
  TF_DataType dtype;
  ctf_shape shape;
  ctf_bytes memory_region_name;  // a path: packages of regions inside one file are not supported
} immutable_const_attrs;

#endif  // CTF_OPS_IMMUTABLE_CONST_H_
