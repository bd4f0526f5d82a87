// What every device's random ops share: where an op's stream begins, and how much of it a call takes.
#ifndef CTF_OPS_RANDOM_H_
#define CTF_OPS_RANDOM_H_

#include <stdatomic.h>

#include "ops/op.h"
#include "ops/philox.h"

typedef struct ctf_random_attrs {
  int64_t seed, seed2;  // 0 where the op takes its seed as an input
} ctf_random_attrs;

// What a stateful op keeps from run to run. Zeroed at first; concurrent calls take different parts of the stream.
typedef struct ctf_random_state {
  _Atomic uint64_t used;     // counter values taken so far
  _Atomic uint64_t seed[2];  // drawn at the first call when the node's two seeds are 0; 0: not yet
} ctf_random_state;

// Counter values that an output of `count` elements takes, whatever its type and distribution.
#define CTF_RANDOM_RESERVED 256  // for each element

// The part of the node's stream for one output; the next call gets what comes behind it.
ctf_philox ctf_random_stateful(ctf_random_state* state, const ctf_random_attrs* attrs, int64_t count);
// From a seed of two integers, which the shape function has accepted: they are scrambled into key and counter.
ctf_philox ctf_random_stateless(const ctf_tensor* seed);

#endif  // CTF_OPS_RANDOM_H_
