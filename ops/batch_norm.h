// What every device's batch norms share: the attributes and how the input lies.
#ifndef CTF_OPS_BATCH_NORM_H_
#define CTF_OPS_BATCH_NORM_H_

#include "ops/op.h"

typedef struct ctf_batch_norm_attrs {
  float epsilon, exponential_avg_factor;
  ctf_bytes data_format;
  bool is_training;
} ctf_batch_norm_attrs;

// x is [outer, channels, inner]; channels last: inner is 1.
typedef struct ctf_batch_norm_geometry {
  int64_t outer, channels, inner;
} ctf_batch_norm_geometry;

ctf_batch_norm_geometry ctf_batch_norm_geometry_make(const ctf_batch_norm_attrs* attrs, ctf_shape x);

#endif  // CTF_OPS_BATCH_NORM_H_
