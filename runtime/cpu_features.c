// What the processor can do, and how many of them there are for us.
#include "runtime/cpu_features.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "runtime/cgroup.h"
#include "runtime/options.h"

#define MAX_CPUS 16384

static const char* const kNames[CTF_NUM_ISAS] = {"base", "avx2", "avx512"};

// Written once, under best_once.
static pthread_once_t best_once = PTHREAD_ONCE_INIT;
static ctf_isa best;

#if defined(__x86_64__)
// clang's __builtin_cpu_supports does not know this one; its registers are those of AVX.
static bool has_f16c(void) {
  unsigned eax, ebx, ecx, edx;
  return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_F16C) != 0;
}
#endif

// What the build compiles each variant for; __builtin_cpu_supports also asks whether the system saves the registers.
static bool supports(ctf_isa isa) {
#if defined(__x86_64__)
  const bool avx2 =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2") && has_f16c();
  switch (isa) {
    case CTF_ISA_AVX512:
      return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    case CTF_ISA_AVX2:
      return avx2;
    case CTF_ISA_BASE:
    case CTF_NUM_ISAS:
      break;
  }
#endif
  return isa == CTF_ISA_BASE;
}

static void find_best(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
#endif
  const char* allowed = ctf_option_text(CTF_OPTION_ISA);
  for (int isa = CTF_ISA_BASE; isa < CTF_NUM_ISAS; ++isa) {
    if (supports((ctf_isa)isa)) best = (ctf_isa)isa;
    if (strcmp(kNames[isa], allowed) == 0) break;
  }
}

ctf_isa ctf_isa_best(void) {
  pthread_once(&best_once, find_best);
  return best;
}

const char* ctf_isa_name(ctf_isa isa) { return kNames[isa]; }

int ctf_cpu_count(void) {
  unsigned long mask[MAX_CPUS / (8 * sizeof(unsigned long))] = {0};
  int count = sched_getaffinity(0, sizeof(mask), (cpu_set_t*)mask) == 0 ? CPU_COUNT_S(sizeof(mask), (cpu_set_t*)mask)
                                                                        : (int)sysconf(_SC_NPROCESSORS_ONLN);
  const int quota = ctf_cgroup_cpus("");
  if (quota > 0 && quota < count) count = quota;
  return count > 0 ? count : 1;
}
