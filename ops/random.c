// Random numbers: uniform, normal and truncated normal, from a seed that is an input (Stateless...) or from one that is
// an attribute, whose stream goes on from run to run.
#include "ops/random.h"

#include <inttypes.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static const ctf_attr_field ctf_random_attrs_fields[] = {
    CTF_FIELD(ctf_random_attrs, seed),
    CTF_FIELD(ctf_random_attrs, seed2),
};

// ---- streams

static uint64_t draw_seed(void) {
  uint64_t seed = 0;
  if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed)) {  // early at boot, or an old kernel
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    seed = (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
    seed = (seed ^ (uintptr_t)&seed) * UINT64_C(0x9E3779B97F4A7C15);
  }
  return seed | 1;  // never 0, which stands for "not yet"
}

// The first of concurrent calls decides.
static uint64_t seed_once(_Atomic uint64_t* seed) {
  uint64_t known = atomic_load_explicit(seed, memory_order_relaxed);
  if (known != 0) return known;
  const uint64_t drawn = draw_seed();
  return atomic_compare_exchange_strong_explicit(seed, &known, drawn, memory_order_relaxed, memory_order_relaxed)
             ? drawn
             : known;
}

ctf_philox ctf_random_stateful(ctf_random_state* state, const ctf_random_attrs* attrs, int64_t count) {
  const uint64_t taken = (uint64_t)count * CTF_RANDOM_RESERVED;
  // relaxed: the counter orders nothing but itself.
  const uint64_t used = atomic_fetch_add_explicit(&state->used, taken, memory_order_relaxed);
  ctf_philox p = {(uint64_t)attrs->seed, {0, (uint64_t)attrs->seed2}};
  if (attrs->seed == 0 && attrs->seed2 == 0) {
    p.key = seed_once(&state->seed[0]);
    p.counter[1] = seed_once(&state->seed[1]);
  }
  return ctf_philox_skip(p, used);
}

ctf_philox ctf_random_stateless(const ctf_tensor* seed) {
  int64_t given[2] = {0, 0};
  bool integers = seed->num_elements == 2;
  for (int i = 0; integers && i < 2; ++i) integers = ctf_tensor_get_int(seed, i, &given[i]);
  CTF_ASSERT(integers);
  (void)integers;
  // A fixed key, so that seeds which are close give streams which are not.
  const ctf_philox scramble = {UINT64_C(0x02461e293ec8f720), {(uint64_t)given[0], (uint64_t)given[1]}};
  uint32_t words[CTF_PHILOX_WORDS];
  ctf_philox_block(&scramble, words);
  return (ctf_philox){words[0] | (uint64_t)words[1] << 32, {0, words[2] | (uint64_t)words[3] << 32}};
}

// ---- shapes

static ctf_status check_limit(const ctf_shape_ctx* c, int input, const char* name) {
  const ctf_shape shape = c->inputs[input];
  if (shape.rank <= 0) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "%s must be a scalar; got a tensor of shape %s", name,
                   ctf_shape_print(shape).text);
}

static ctf_status shape_from_input(ctf_shape_ctx* c) {
  CTF_TRY(ctf_shape_with_rank(c->inputs[0], 1));
  return ctf_shape_from_value(c, 0, &c->outputs[0]);
}

static ctf_status stateful_shape(ctf_shape_ctx* c) {
  if (c->num_inputs == 3) {
    CTF_TRY(check_limit(c, 1, "minval"));
    CTF_TRY(check_limit(c, 2, "maxval"));
  }
  return shape_from_input(c);
}

static ctf_status stateless_shape(ctf_shape_ctx* c) {
  if (c->num_inputs == 4) {
    CTF_TRY(check_limit(c, 2, "minval"));
    CTF_TRY(check_limit(c, 3, "maxval"));
  }
  CTF_TRY(ctf_shape_with_rank(c->inputs[1], 1));
  const int64_t count = ctf_shape_dim(c->inputs[1], 0);
  if (count >= 0 && count != 2) return ctf_error(TF_INVALID_ARGUMENT, "Dimension must be 2 but is %" PRId64, count);
  return shape_from_input(c);
}

// ---- definitions

#define RANDOM_OP(op, shape_function, gradient_function)                                                      \
  {                                                                                                           \
    .name = op, .attrs = CTF_ATTRS(ctf_random_attrs), .shape = shape_function, .gradient = gradient_function, \
    .value_inputs = CTF_INPUT(0)                                                                              \
  }
static const ctf_op_def kOps[] = {
    RANDOM_OP("StatelessRandomUniform", stateless_shape, g_no_gradients),
    RANDOM_OP("StatelessRandomUniformInt", stateless_shape, g_no_gradients),
    RANDOM_OP("StatelessRandomNormal", stateless_shape, g_no_gradients),
    RANDOM_OP("StatelessTruncatedNormal", stateless_shape, g_no_gradients),
    RANDOM_OP("RandomUniform", stateful_shape, g_no_gradients),
    RANDOM_OP("RandomUniformInt", stateful_shape, NULL),  // none, as in TensorFlow
    RANDOM_OP("RandomStandardNormal", stateful_shape, g_no_gradients),
    RANDOM_OP("TruncatedNormal", stateful_shape, g_no_gradients),
};
CTF_OP_FAMILY(random, kOps);
