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

static void free_state(ctf_node_states* states, const ctf_kernel_def* kernel, void* data) {
  if (kernel->destruct != NULL) kernel->destruct(data);
  ctf_free(states->alloc, data);
}

// The lock is held.
static ctf_status add_row(ctf_node_states* states, size_t at, const TF_Operation* node, const ctf_kernel_def* kernel) {
  void* data;
  CTF_TRY(ctf_grow_array(states->alloc, &states->rows, &states->capacity, states->count + 1));
  CTF_TRY(ctf_alloc_bytes(states->alloc, kernel->state_bytes, &data));
  if (kernel->construct != NULL) {
    const ctf_kernel_node seen = {node->name.data,   node->op,          node->attrs,       node->num_inputs,
                                  node->input_types, node->num_outputs, node->output_types};
    const ctf_status status = kernel->construct(kernel, &seen, data);
    if (status != NULL) {
      free_state(states, kernel, data);
      return ctf_error_note(status, "node '%s' (%s)", node->name.data, node->op->name);
    }
  }
  memmove(states->rows + at + 1, states->rows + at, (states->count - at) * sizeof(*states->rows));
  states->rows[at] = (ctf_node_state){node->id, kernel, data};
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
  for (size_t i = 0; i < states->count; ++i) free_state(states, states->rows[i].kernel, states->rows[i].data);
  ctf_free(states->alloc, states->rows);
  pthread_mutex_destroy(&states->lock);
  ctf_allocator_free(states->alloc);
  states->alloc = NULL;
}

ctf_status ctf_node_states_get(ctf_node_states* states, const TF_Operation* node, const ctf_kernel_def* kernel,
                               void** out_data) {
  ctf_status status = NULL;
  pthread_mutex_lock(&states->lock);
  const size_t at = find_row(states, node->id);
  if (at == states->count || states->rows[at].node != node->id) status = add_row(states, at, node, kernel);
  if (status == NULL) {
    CTF_ASSERT(states->rows[at].kernel->state_bytes == kernel->state_bytes);
    *out_data = states->rows[at].data;
  }
  pthread_mutex_unlock(&states->lock);
  return status;
}
