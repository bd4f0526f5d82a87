// Rounding and flush-to-zero, set for a run as TensorFlow's threads have them, and put back after it.
#ifndef CTF_RUNTIME_FLOAT_ENV_H_
#define CTF_RUNTIME_FLOAT_ENV_H_

#include <stdint.h>

typedef struct ctf_float_env {
  uint64_t saved;
} ctf_float_env;

ctf_float_env ctf_float_env_enter(void);  // round to nearest; subnormal operands and results are zero
ctf_float_env ctf_float_env_current(void);
void ctf_float_env_leave(ctf_float_env env);  // puts back what enter or current gave, also on another thread

#endif  // CTF_RUNTIME_FLOAT_ENV_H_
