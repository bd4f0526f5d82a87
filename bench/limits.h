// What this machine can do on one thread: the figures that stand beside ours.
#ifndef CTF_BENCH_LIMITS_H_
#define CTF_BENCH_LIMITS_H_

typedef struct bench_limits {
  double fma_flops;       // float, in registers, with the widest vectors that the kernels use
  double read_bytes;      // bytes a second: the sum of an array that no cache holds
  double triad_bytes;     // a[i] = b[i] + s * c[i], counted as three arrays
  double triad_nt_bytes;  // the same with stores that bypass the cache, where the processor has them
} bench_limits;

// Takes about a second and 200 MB. The best of several rounds, from the CPU time of the process.
void bench_limits_measure(bench_limits* out_limits);
double bench_cpu_seconds(void);  // of all threads of the process
double bench_wall_seconds(void);

#endif  // CTF_BENCH_LIMITS_H_
