// Where sessions are: places that stay, for handles that are used too late.
#include <string.h>

#include "engine/session_impl.h"

#define NUM_SLOTS 256  // more sessions than that at a time are blocks of memory of their own

typedef enum slot_state { SLOT_NEVER_USED, SLOT_FREE, SLOT_TAKEN } slot_state;

static pthread_mutex_t g_slots_lock = PTHREAD_MUTEX_INITIALIZER;
static TF_Session g_slots[NUM_SLOTS];           // guarded by g_slots_lock until they are taken, as are the next two
static unsigned char g_slot_states[NUM_SLOTS];  // slot_state
static unsigned g_next_slot;

// All but lock and condition, which other threads may be using: a late caller waits for them.
static void clear(TF_Session* session) {
  memset(session, 0, offsetof(TF_Session, lock));
  session->num_plans = session->plan_capacity = 0;
  session->plans = NULL;
  session->num_running = session->num_closing = 0;
}

static TF_Session* take_slot(void) {
  for (unsigned i = 0; i < NUM_SLOTS; ++i) {
    const unsigned at = (g_next_slot + i) % NUM_SLOTS;
    if (g_slot_states[at] == SLOT_TAKEN) continue;
    TF_Session* session = &g_slots[at];
    if (g_slot_states[at] == SLOT_NEVER_USED) {
      pthread_mutex_init(&session->lock, NULL);
      pthread_cond_init(&session->idle, NULL);
    }
    g_slot_states[at] = SLOT_TAKEN;
    g_next_slot = at + 1;
    pthread_mutex_lock(&session->lock);
    clear(session);
    session->closed = session->deleted = false;
    pthread_mutex_unlock(&session->lock);
    return session;
  }
  return NULL;
}

TF_Session* ctf_session_slot_take(void) {
  pthread_mutex_lock(&g_slots_lock);
  TF_Session* session = take_slot();
  pthread_mutex_unlock(&g_slots_lock);
  if (session != NULL) return session;
  session = ctf_alloc_try(ctf_allocator_process(), sizeof(TF_Session));
  if (session == NULL) return NULL;
  pthread_mutex_init(&session->lock, NULL);
  pthread_cond_init(&session->idle, NULL);
  return session;
}

void ctf_session_slot_give(TF_Session* session) {
  const uintptr_t at = (uintptr_t)session, begin = (uintptr_t)g_slots;
  if (at < begin || at >= (uintptr_t)(g_slots + NUM_SLOTS)) {
    pthread_mutex_destroy(&session->lock);
    pthread_cond_destroy(&session->idle);
    ctf_free(ctf_allocator_process(), session);
    return;
  }
  pthread_mutex_lock(&session->lock);
  clear(session);  // closed and deleted stay
  pthread_mutex_unlock(&session->lock);
  pthread_mutex_lock(&g_slots_lock);
  g_slot_states[(at - begin) / sizeof(TF_Session)] = SLOT_FREE;
  pthread_mutex_unlock(&g_slots_lock);
}
