// The floating-point control register of this thread.
#include "runtime/float_env.h"

#if defined(__x86_64__)

#include <xmmintrin.h>

#define MXCSR_FLUSH_TO_ZERO 0x8000u
#define MXCSR_SUBNORMALS_ARE_ZERO 0x0040u
#define MXCSR_ROUNDING 0x6000u
#define MXCSR_MASK_ALL 0x1f80u  // no exception traps: a host that unmasked one would get SIGFPE from a division by zero

ctf_float_env ctf_float_env_enter(void) {
  const unsigned saved = _mm_getcsr();
  _mm_setcsr((saved & ~MXCSR_ROUNDING) | MXCSR_FLUSH_TO_ZERO | MXCSR_SUBNORMALS_ARE_ZERO | MXCSR_MASK_ALL);
  return (ctf_float_env){saved};
}

ctf_float_env ctf_float_env_current(void) { return (ctf_float_env){_mm_getcsr()}; }

void ctf_float_env_leave(ctf_float_env env) { _mm_setcsr((unsigned)env.saved); }

#elif defined(__aarch64__)

#define FPCR_FLUSH_TO_ZERO (UINT64_C(1) << 24)
#define FPCR_ROUNDING (UINT64_C(3) << 22)
#define FPCR_TRAPS UINT64_C(0x9f00)

ctf_float_env ctf_float_env_enter(void) {
  uint64_t saved;
  __asm__ volatile("mrs %0, fpcr" : "=r"(saved));
  const uint64_t wanted = (saved & ~(FPCR_ROUNDING | FPCR_TRAPS)) | FPCR_FLUSH_TO_ZERO;
  __asm__ volatile("msr fpcr, %0" ::"r"(wanted));
  return (ctf_float_env){saved};
}

ctf_float_env ctf_float_env_current(void) {
  uint64_t saved;
  __asm__ volatile("mrs %0, fpcr" : "=r"(saved));
  return (ctf_float_env){saved};
}

void ctf_float_env_leave(ctf_float_env env) { __asm__ volatile("msr fpcr, %0" ::"r"(env.saved)); }

#else

#include <fenv.h>

// C has no way to flush subnormals: elsewhere they are computed.
ctf_float_env ctf_float_env_enter(void) {
  const int saved = fegetround();
  fesetround(FE_TONEAREST);
  return (ctf_float_env){(uint64_t)saved};
}

ctf_float_env ctf_float_env_current(void) { return (ctf_float_env){(uint64_t)fegetround()}; }

void ctf_float_env_leave(ctf_float_env env) { fesetround((int)env.saved); }

#endif
