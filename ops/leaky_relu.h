// The attributes of LeakyRelu and its gradient.
#ifndef CTF_OPS_LEAKY_RELU_H_
#define CTF_OPS_LEAKY_RELU_H_

#include "ops/op.h"

typedef struct ctf_leaky_relu_attrs {
  float alpha;  // slope below zero
} ctf_leaky_relu_attrs;

#endif  // CTF_OPS_LEAKY_RELU_H_
