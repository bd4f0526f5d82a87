// What a session is made of: for session.c and for tests that plant faults.
#ifndef CTF_ENGINE_SESSION_IMPL_H_
#define CTF_ENGINE_SESSION_IMPL_H_

#include "engine/lane.h"
#include "engine/session.h"

typedef struct session_plan {
  uint64_t* key;  // counts, then feeds, fetches, targets and what has run by number
  size_t key_count;
  ctf_plan* plan;
} session_plan;

struct TF_Session {
  ctf_allocator* alloc;
  TF_Graph* graph;            // counted
  ctf_graph_view view;        // of it
  TF_SessionOptions options;  // its texts are the session's
  ctf_device_set devices;     // each counted
  ctf_budget* budgets[CTF_MAX_DEVICES];
  ctf_executor executor;
  ctf_node_states states;
  ctf_cancel* cancel;  // parent of every run's

  _Atomic uint64_t num_callables;  // ever made
  pthread_mutex_t lock;
  pthread_cond_t idle;  // a call has ended, or a thread has closed it
  ctf_lane lanes[CTF_NUM_LANES];
  atomic_bool closed;
  bool deleted;           // what stands before the lock is gone, or going; guarded by lock, as is all below
  int num_closing;        // threads that close it
  int num_running;        // calls that have no lane
  uint64_t num_partials;  // ever made
  struct ctf_partial_run* partials;
  size_t num_plans;
  size_t plan_capacity;
  session_plan* plans;
};

// Gives up whatever can be made again: what idle runs keep, idle blocks, then layouts that no run holds. `own`: the
// lane that the caller is in, or NULL.
void ctf_session_reclaim(TF_Session* session, ctf_lane* own);

// A place for a session, with its lock and condition made. NULL: no memory. Places keep their locks when they are given
// back, and are taken in turns, so that a handle used after its session is gone still finds `deleted`.
TF_Session* ctf_session_slot_take(void);
void ctf_session_slot_give(TF_Session* session);

#endif  // CTF_ENGINE_SESSION_IMPL_H_
