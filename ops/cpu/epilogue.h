// What a kernel with CTF_EPILOGUE does once elements of its output are final.
#ifndef CTF_OPS_CPU_EPILOGUE_H_
#define CTF_OPS_CPU_EPILOGUE_H_

#include "ops/kernel.h"
#include "runtime/parallel.h"

// Elements [begin, end) are final. Any thread; NULL: nobody wants to know.
static inline void cpu_epilogue(const ctf_epilogue* epilogue, int64_t begin, int64_t end) {
  if (epilogue != NULL && end > begin) epilogue->run(epilogue->arg, begin, end);
}

// All `count` elements are: for methods that do not say it piece by piece.
static inline CTF_MUST_USE ctf_status cpu_epilogue_all(const ctf_epilogue* epilogue, ctf_cancel* cancel,
                                                       int64_t count) {
  enum { GRAIN = 16384 };
  if (epilogue == NULL || count == 0) return NULL;
  return ctf_parallel_for(cancel, count, GRAIN, epilogue->run, epilogue->arg);
}

#endif  // CTF_OPS_CPU_EPILOGUE_H_
