// What every device's BiasAdd shares: where the channels are.
#ifndef CTF_OPS_BIAS_H_
#define CTF_OPS_BIAS_H_

#include "ops/op.h"

typedef struct ctf_bias_attrs {
  ctf_bytes data_format;  // BiasAddV1 has none: channels are last
} ctf_bias_attrs;

// value: [outer, channels, inner], as far as adding a bias to each channel goes.
typedef struct ctf_bias_geometry {
  int64_t outer, channels, inner;
} ctf_bias_geometry;

ctf_bias_geometry ctf_bias_geometry_make(const ctf_bias_attrs* attrs, ctf_shape value);

#endif  // CTF_OPS_BIAS_H_
