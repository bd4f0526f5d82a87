// Cancellation: a flag, its reason, and those who wait for it.
#include "runtime/cancel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

struct ctf_cancel {
  ctf_allocator* alloc;
  ctf_cancel* parent;                   // counted; NULL for a root
  ctf_cancel_listener parent_listener;  // in the parent's list
  atomic_int refs;
  atomic_bool fired;  // set after `reason`, which never changes then
  ctf_status reason;
  int64_t deadline_ns;   // of CLOCK_MONOTONIC; 0: none. Set before others see the cancel
  pthread_mutex_t lock;  // guards the rest
  pthread_cond_t idle;
  ctf_cancel_listener* listeners;
  ctf_cancel_listener* running;  // being called by `runner`; only compared, it may free itself
  pthread_t runner;
};

static ctf_cancel* of_parent_listener(ctf_cancel_listener* listener) {
  return (ctf_cancel*)(void*)((char*)listener - offsetof(ctf_cancel, parent_listener));
}

// A listener that is in no list points back to itself.
static void unlink_listener(ctf_cancel* cancel, ctf_cancel_listener* listener) {
  if (listener->previous != NULL) {
    listener->previous->next = listener->next;
  } else {
    cancel->listeners = listener->next;
  }
  if (listener->next != NULL) listener->next->previous = listener->previous;
  listener->next = NULL;
  listener->previous = listener;
}

static void fire_from_parent(ctf_cancel_listener* listener) {
  ctf_cancel* cancel = of_parent_listener(listener);
  // A child on its way out has no references left; its thread waits in ctf_cancel_remove until this returns.
  int refs = atomic_load_explicit(&cancel->refs, memory_order_relaxed);
  do {
    if (refs == 0) return;
  } while (!atomic_compare_exchange_weak_explicit(&cancel->refs, &refs, refs + 1, memory_order_relaxed,
                                                  memory_order_relaxed));
  ctf_cancel_fire(cancel, ctf_cancel_check(cancel->parent));
  ctf_cancel_release(cancel);
}

ctf_status ctf_cancel_create(ctf_allocator* alloc, ctf_cancel* parent, ctf_cancel** out_cancel) {
  ctf_cancel* cancel = NULL;
  CTF_TRY(ctf_alloc_new(alloc, &cancel));
  cancel->alloc = alloc;
  atomic_init(&cancel->refs, 1);
  pthread_mutex_init(&cancel->lock, NULL);
  pthread_cond_init(&cancel->idle, NULL);
  if (parent != NULL) {
    cancel->parent = ctf_cancel_retain(parent);
    cancel->deadline_ns = parent->deadline_ns;  // else nobody who polls the child alone would notice it
    cancel->parent_listener.notify = fire_from_parent;
    ctf_cancel_listen(parent, &cancel->parent_listener);
  }
  *out_cancel = cancel;
  return NULL;
}

ctf_cancel* ctf_cancel_retain(ctf_cancel* cancel) {
  atomic_fetch_add_explicit(&cancel->refs, 1, memory_order_relaxed);
  return cancel;
}

void ctf_cancel_release(ctf_cancel* cancel) {
  while (cancel != NULL && atomic_fetch_sub_explicit(&cancel->refs, 1, memory_order_acq_rel) == 1) {
    ctf_cancel* parent = cancel->parent;
    if (parent != NULL) ctf_cancel_remove(parent, &cancel->parent_listener);
    CTF_ASSERT(cancel->listeners == NULL);
    ctf_status_drop(cancel->reason);  // whoever asked for it has a copy
    pthread_cond_destroy(&cancel->idle);
    pthread_mutex_destroy(&cancel->lock);
    ctf_free(cancel->alloc, cancel);
    cancel = parent;
  }
}

void ctf_cancel_fire(ctf_cancel* cancel, ctf_status reason) {
  CTF_ASSERT(reason != NULL);
  ctf_cancel_retain(cancel);  // a listener may let go of the last reference
  pthread_mutex_lock(&cancel->lock);
  if (cancel->reason != NULL) {
    pthread_mutex_unlock(&cancel->lock);
    ctf_status_drop(reason);  // the first one stays
    ctf_cancel_release(cancel);
    return;
  }
  cancel->reason = reason;
  // release: whoever sees the flag sees the reason.
  atomic_store_explicit(&cancel->fired, true, memory_order_release);
  cancel->runner = pthread_self();
  while (cancel->listeners != NULL) {
    ctf_cancel_listener* listener = cancel->listeners;
    unlink_listener(cancel, listener);
    cancel->running = listener;
    pthread_mutex_unlock(&cancel->lock);
    listener->notify(listener);
    pthread_mutex_lock(&cancel->lock);
    cancel->running = NULL;
    pthread_cond_broadcast(&cancel->idle);
  }
  pthread_mutex_unlock(&cancel->lock);
  ctf_cancel_release(cancel);
}

static int64_t monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool is_late(const ctf_cancel* cancel) {
  return cancel->deadline_ns != 0 && monotonic_ns() >= cancel->deadline_ns;
}

void ctf_cancel_set_deadline(ctf_cancel* cancel, int64_t from_now_ns) {
  int64_t deadline = 0;
  // A deadline past the end of the clock is none.
  if (__builtin_add_overflow(monotonic_ns(), from_now_ns, &deadline)) return;
  // Of a parent's and its own the earlier one counts.
  if (cancel->deadline_ns == 0 || deadline < cancel->deadline_ns) cancel->deadline_ns = deadline;
}

int64_t ctf_cancel_deadline(const ctf_cancel* cancel) { return cancel->deadline_ns; }

bool ctf_cancel_fired(const ctf_cancel* cancel) {
  if (cancel == NULL) return false;
  return atomic_load_explicit(&cancel->fired, memory_order_relaxed) || is_late(cancel);
}

ctf_status ctf_cancel_check(ctf_cancel* cancel) {
  if (cancel == NULL) return NULL;
  if (!atomic_load_explicit(&cancel->fired, memory_order_acquire)) {
    if (!is_late(cancel)) return NULL;
    ctf_cancel_fire(cancel, ctf_error(TF_DEADLINE_EXCEEDED, "the run has passed its deadline"));
  }
  return ctf_status_copy(cancel->reason);
}

void ctf_cancel_listen(ctf_cancel* cancel, ctf_cancel_listener* listener) {
  pthread_mutex_lock(&cancel->lock);
  const bool late = cancel->reason != NULL;
  listener->next = late ? NULL : cancel->listeners;
  listener->previous = late ? listener : NULL;
  if (!late) {
    if (listener->next != NULL) listener->next->previous = listener;
    cancel->listeners = listener;
  }
  pthread_mutex_unlock(&cancel->lock);
  if (late) listener->notify(listener);
}

void ctf_cancel_remove(ctf_cancel* cancel, ctf_cancel_listener* listener) {
  pthread_mutex_lock(&cancel->lock);
  if (listener->previous != listener) {
    unlink_listener(cancel, listener);
  } else {
    while (cancel->running == listener && !pthread_equal(cancel->runner, pthread_self())) {
      pthread_cond_wait(&cancel->idle, &cancel->lock);
    }
  }
  pthread_mutex_unlock(&cancel->lock);
}
