// Loops in pieces, on the calling thread.
#include "runtime/parallel.h"

ctf_status ctf_parallel_for(ctf_cancel* cancel, int64_t count, int64_t grain,
                            void (*run)(void* arg, int64_t begin, int64_t end), void* arg) {
#ifdef CTF_STRESS
  grain = 1;
#endif
  if (grain < 1) grain = 1;
  for (int64_t begin = 0; begin < count;) {
    if (ctf_cancel_fired(cancel)) return ctf_cancel_check(cancel);
    const int64_t end = count - begin > grain ? begin + grain : count;
    run(arg, begin, end);
    begin = end;
  }
  return NULL;
}
