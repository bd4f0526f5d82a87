#include "engine/node_state.h"

#include <string.h>

// The lock is held: where the node's row is, or where it belongs.
static size_t find_row(const ctf_node_states* states, uint32_t node) {
  size_t begin = 0, end = states->count;
  while (begin < end) {
    const size_t middle = begin + (end - begin) / 2;
    if (states->rows[middle].node < node) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

// The lock is held.
static ctf_status add_row(ctf_node_states* states, size_t at, uint32_t node, size_t bytes) {
  void* data;
  CTF_TRY(ctf_grow_array(states->alloc, &states->rows, &states->capacity, states->count + 1));
  CTF_TRY(ctf_alloc_bytes(states->alloc, bytes, &data));
  memmove(states->rows + at + 1, states->rows + at, (states->count - at) * sizeof(*states->rows));
  states->rows[at] = (ctf_node_state){node, bytes, data};
  ++states->count;
  return NULL;
}

ctf_status ctf_node_states_init(ctf_node_states* states, ctf_budget* budget) {
  CTF_TRY(ctf_allocator_create(budget, &states->alloc));
  pthread_mutex_init(&states->lock, NULL);
  return NULL;
}

void ctf_node_states_deinit(ctf_node_states* states) {
  if (states->alloc == NULL) return;
  for (size_t i = 0; i < states->count; ++i) ctf_free(states->alloc, states->rows[i].data);
  ctf_free(states->alloc, states->rows);
  pthread_mutex_destroy(&states->lock);
  ctf_allocator_free(states->alloc);
  states->alloc = NULL;
}

ctf_status ctf_node_states_get(ctf_node_states* states, uint32_t node, size_t bytes, void** out_data) {
  ctf_status status = NULL;
  pthread_mutex_lock(&states->lock);
  const size_t at = find_row(states, node);
  if (at == states->count || states->rows[at].node != node) status = add_row(states, at, node, bytes);
  if (status == NULL) {
    CTF_ASSERT(states->rows[at].bytes == bytes);
    *out_data = states->rows[at].data;
  }
  pthread_mutex_unlock(&states->lock);
  return status;
}
