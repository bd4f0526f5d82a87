// What a session is made of: for session.c and for tests that plant faults.
#ifndef CTF_ENGINE_SESSION_IMPL_H_
#define CTF_ENGINE_SESSION_IMPL_H_

#include "engine/lane.h"
#include "engine/session.h"

typedef struct session_plan {
  uint64_t* key;  // counts of feeds and fetches, then feeds, fetches and targets by number
  size_t key_count;
  ctf_plan* plan;
} session_plan;

struct TF_Session {
  ctf_allocator* alloc;
  TF_Graph* graph;            // counted
  TF_SessionOptions options;  // its texts are the session's
  ctf_device_set devices;     // each counted
  ctf_budget* budgets[CTF_MAX_DEVICES];
  ctf_executor executor;
  ctf_node_states states;
  ctf_cancel* cancel;  // parent of every run's

  ctf_lane lanes[CTF_NUM_LANES];

  _Atomic uint64_t num_callables;  // ever made
  atomic_bool closed;
  pthread_mutex_t lock;
  pthread_cond_t idle;  // num_running has become less, or a lane was left when the session was closed
  int num_running;      // calls that found no lane; guarded by lock, as is all below
  size_t num_plans;
  size_t plan_capacity;
  session_plan* plans;
};

#endif  // CTF_ENGINE_SESSION_IMPL_H_
