// Loops that may be split over threads. Results must not depend on how: a piece writes only what is its own.
//
// The process has one pool of threads, made when a loop first has work for them. A loop is a queue of pieces: the
// calling thread works through it, and idle threads of the pool steal from it. A piece may itself start a loop.
#ifndef CTF_RUNTIME_PARALLEL_H_
#define CTF_RUNTIME_PARALLEL_H_

#include <stdint.h>

#include "runtime/cancel.h"

#define CTF_MAX_THREADS 256  // of one loop

// Calls run(arg, begin, end) for pieces of about `grain` items that cover [0, count) once each, on this thread and as
// many others as it may use, all in the caller's floating-point environment. Returns when all pieces are over.
// Between pieces it polls for cancellation and returns its reason; what has been computed by then is incomplete.
CTF_MUST_USE ctf_status ctf_parallel_for(ctf_cancel* cancel, int64_t count, int64_t grain,
                                         void (*run)(void* arg, int64_t begin, int64_t end), void* arg);

// How many threads the loops of this thread may use, itself included: what was set here, else as many as there are
// CPUs.
int ctf_parallel_threads(void);
// From now on, on this thread, until it is set again. 0: as many as there are CPUs; more than CTF_MAX_THREADS are not
// used. Returns what had been set.
int ctf_parallel_set_threads(int num_threads);

// The CPUs that this process may use: CTF_THREADS if it is set, else those of its affinity, at most the quota of its
// control groups.
int ctf_parallel_cpus(void);

#endif  // CTF_RUNTIME_PARALLEL_H_
