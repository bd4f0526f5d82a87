// Loops that may be split over threads. Results must not depend on how: a piece writes only what is its own.
#ifndef CTF_RUNTIME_PARALLEL_H_
#define CTF_RUNTIME_PARALLEL_H_

#include <stdint.h>

#include "runtime/cancel.h"

// Calls run(arg, begin, end) for pieces of about `grain` items that cover [0, count) once each. Between pieces it polls
// for cancellation and returns its reason; what has been computed by then is incomplete.
CTF_MUST_USE ctf_status ctf_parallel_for(ctf_cancel* cancel, int64_t count, int64_t grain,
                                         void (*run)(void* arg, int64_t begin, int64_t end), void* arg);

#endif  // CTF_RUNTIME_PARALLEL_H_
