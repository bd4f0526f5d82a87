// Which vector code this machine can run.
#ifndef CTF_RUNTIME_CPU_FEATURES_H_
#define CTF_RUNTIME_CPU_FEATURES_H_

typedef enum ctf_isa { CTF_ISA_BASE, CTF_ISA_AVX2, CTF_ISA_AVX512, CTF_NUM_ISAS } ctf_isa;

// The best that both the processor and the system support, no higher than CTF_ISA (an option: "base", "avx2",
// "avx512") allows. Fixed at first use.
ctf_isa ctf_isa_best(void);
const char* ctf_isa_name(ctf_isa isa);

// CPUs that this process may use: the affinity mask and the cgroup's quota (v1 and v2), at least 1.
int ctf_cpu_count(void);

#endif  // CTF_RUNTIME_CPU_FEATURES_H_
