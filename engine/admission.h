// Which of a session's runs hold memory, and waiting until one of them lets go of it.
#ifndef CTF_ENGINE_ADMISSION_H_
#define CTF_ENGINE_ADMISSION_H_

#include "engine/plan.h"
#include "runtime/cancel.h"

typedef struct ctf_admitted ctf_admitted;
struct ctf_admitted {  // of one run, and in it; guarded by the admission's lock once entered
  const ctf_plan* plan;
  size_t bytes;  // reserved before its first step
  ctf_admitted* next;
  ctf_admitted* previous;
};

// Any thread.
typedef struct ctf_admission {
  pthread_mutex_t attempts;  // held while a run reserves: none is refused for what another reserves in vain
  pthread_mutex_t lock;
  pthread_cond_t changed;
  ctf_admitted* first;  // the newest
  uint64_t departures;
} ctf_admission;

void ctf_admission_init(ctf_admission* admission);
void ctf_admission_deinit(ctf_admission* admission);  // all have left
void ctf_admission_enter(ctf_admission* admission, ctf_admitted* run);
void ctf_admission_leave(ctf_admission* admission, ctf_admitted* run);  // its memory has been given back

// Read before an attempt to reserve, so that no departure after it is missed.
uint64_t ctf_admission_departures(ctf_admission* admission);
// Until a run has left since `seen`. False: none is under way, the time is over (nanoseconds of CLOCK_MONOTONIC), or
// the waiting run has been cancelled.
bool ctf_admission_wait(ctf_admission* admission, uint64_t seen, int64_t until_ns, ctf_cancel* cancel);
// Adds to a refusal who holds memory.
ctf_status ctf_admission_explain(ctf_admission* admission, ctf_status refusal);

#endif  // CTF_ENGINE_ADMISSION_H_
