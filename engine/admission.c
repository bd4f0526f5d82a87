#include "engine/admission.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

void ctf_admission_init(ctf_admission* admission) {
  pthread_condattr_t clock;
  *admission = (ctf_admission){0};
  pthread_mutex_init(&admission->attempts, NULL);
  pthread_mutex_init(&admission->lock, NULL);
  pthread_condattr_init(&clock);
  pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
  pthread_cond_init(&admission->changed, &clock);
  pthread_condattr_destroy(&clock);
}

void ctf_admission_deinit(ctf_admission* admission) {
  CTF_ASSERT(admission->first == NULL);
  pthread_mutex_destroy(&admission->attempts);
  pthread_mutex_destroy(&admission->lock);
  pthread_cond_destroy(&admission->changed);
}

void ctf_admission_enter(ctf_admission* admission, ctf_admitted* run) {
  pthread_mutex_lock(&admission->lock);
  run->previous = NULL;
  run->next = admission->first;
  if (run->next != NULL) run->next->previous = run;
  admission->first = run;
  pthread_mutex_unlock(&admission->lock);
}

void ctf_admission_leave(ctf_admission* admission, ctf_admitted* run) {
  pthread_mutex_lock(&admission->lock);
  *(run->previous != NULL ? &run->previous->next : &admission->first) = run->next;
  if (run->next != NULL) run->next->previous = run->previous;
  ++admission->departures;
  pthread_cond_broadcast(&admission->changed);
  pthread_mutex_unlock(&admission->lock);
}

uint64_t ctf_admission_departures(ctf_admission* admission) {
  pthread_mutex_lock(&admission->lock);
  const uint64_t departures = admission->departures;
  pthread_mutex_unlock(&admission->lock);
  return departures;
}

typedef struct wake_up {
  ctf_cancel_listener listener;  // first: the listener is cast to it
  ctf_admission* admission;
} wake_up;
_Static_assert(offsetof(wake_up, listener) == 0, "notify casts ctf_cancel_listener* to wake_up*");

static void notify(ctf_cancel_listener* listener) {
  ctf_admission* admission = ((wake_up*)listener)->admission;
  pthread_mutex_lock(&admission->lock);
  pthread_cond_broadcast(&admission->changed);
  pthread_mutex_unlock(&admission->lock);
}

bool ctf_admission_wait(ctf_admission* admission, uint64_t seen, int64_t until_ns, ctf_cancel* cancel) {
  wake_up on_cancel = {.listener = {.notify = notify}, .admission = admission};
  const int64_t deadline = ctf_cancel_deadline(cancel);
  if (deadline > 0 && deadline < until_ns) until_ns = deadline;
  const struct timespec until = {.tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000};
  ctf_cancel_listen(cancel, &on_cancel.listener);
  pthread_mutex_lock(&admission->lock);
  int over = 0;
  while (admission->departures == seen && admission->first != NULL && over != ETIMEDOUT && !ctf_cancel_fired(cancel)) {
    over = pthread_cond_timedwait(&admission->changed, &admission->lock, &until);
  }
  const bool departed = admission->departures != seen;
  pthread_mutex_unlock(&admission->lock);
  ctf_cancel_remove(cancel, &on_cancel.listener);
  return departed && !ctf_cancel_fired(cancel);
}

// A run by what it makes: its first fetch, or its last step.
static const char* name_of(const ctf_plan* plan) {
  for (size_t i = 0; i < plan->num_fetches; ++i) {
    const ctf_slot* slot = &plan->slots[plan->fetches[i].slot];
    uint32_t output;
    if (slot->kind == CTF_SLOT_OUTPUT) return ctf_slot_node(plan, slot, &output)->name.data;
  }
  return plan->num_steps > 0 ? plan->steps[plan->num_steps - 1].node->name.data : "";
}

ctf_status ctf_admission_explain(ctf_admission* admission, ctf_status refusal) {
  enum { LISTED = 3 };
  char text[512] = "";
  size_t used = 0, count = 0;
  pthread_mutex_lock(&admission->lock);
  for (const ctf_admitted* run = admission->first; run != NULL; run = run->next) {
    if (++count > LISTED) continue;
    used += (size_t)snprintf(text + used, sizeof(text) - used, "%s'%.80s' %.1f MiB", count > 1 ? ", " : "",
                             name_of(run->plan), (double)run->bytes / 1048576.0);
  }
  pthread_mutex_unlock(&admission->lock);
  if (count == 0) return refusal;
  return ctf_error_note(refusal, "%zu other runs of the session hold memory: %s", count, text);
}
