// One flag that ends a run early: set once, read often.
#ifndef CTF_RUNTIME_CANCEL_H_
#define CTF_RUNTIME_CANCEL_H_

#include "runtime/memory.h"

// Any thread. Counted. A child is cancelled with its parent.
typedef struct ctf_cancel ctf_cancel;

CTF_MUST_USE ctf_status ctf_cancel_create(ctf_allocator* alloc, ctf_cancel* parent, ctf_cancel** out_cancel);
ctf_cancel* ctf_cancel_retain(ctf_cancel* cancel);
void ctf_cancel_release(ctf_cancel* cancel);

// The first reason stays; later ones are dropped. Calls the listeners, outside the lock, on this thread.
void ctf_cancel_fire(ctf_cancel* cancel, ctf_status reason);
bool ctf_cancel_fired(const ctf_cancel* cancel);  // one relaxed load; accepts NULL: false
// From now on; DEADLINE_EXCEEDED is then the reason. Noticed by whoever polls; what waits must give its wait the same end
// (ctf_cancel_deadline: nanoseconds of CLOCK_MONOTONIC, 0: none). Set once, before others see the cancel and before it
// has children, who have it too.
void ctf_cancel_set_deadline(ctf_cancel* cancel, int64_t from_now_ns);
int64_t ctf_cancel_deadline(const ctf_cancel* cancel);
// OK, or a copy of the reason.
CTF_MUST_USE ctf_status ctf_cancel_check(ctf_cancel* cancel);

// What waits registers a listener: called at most once, at once when it has been fired already. After remove returns
// it is not running and will not be called (remove from inside the listener itself does not wait).
typedef struct ctf_cancel_listener ctf_cancel_listener;
struct ctf_cancel_listener {
  void (*notify)(ctf_cancel_listener* listener);
  ctf_cancel_listener* next;  // guarded by the cancel's lock, as is previous
  ctf_cancel_listener* previous;
};
void ctf_cancel_listen(ctf_cancel* cancel, ctf_cancel_listener* listener);
void ctf_cancel_remove(ctf_cancel* cancel, ctf_cancel_listener* listener);

#endif  // CTF_RUNTIME_CANCEL_H_
