// What kernels keep between the runs of a session: a block of host memory for each node whose kernel asks for one
// (ctf_kernel_def.state_bytes). It belongs to session and node, so that all plans that hold the node see the same one.
#ifndef CTF_ENGINE_NODE_STATE_H_
#define CTF_ENGINE_NODE_STATE_H_

#include <pthread.h>

#include "engine/graph.h"

typedef struct ctf_node_state {
  uint32_t node;  // its number in the graph
  const ctf_kernel_def* kernel;
  void* data;
} ctf_node_state;

// Any thread. Blocks stay where they are until the table goes; they are looked up when a plan is compiled.
typedef struct ctf_node_states {
  ctf_allocator* alloc;  // NULL: never initialised
  pthread_mutex_t lock;
  size_t count;  // guarded by lock, as is all below
  size_t capacity;
  ctf_node_state* rows;  // ascending by node
} ctf_node_states;

CTF_MUST_USE ctf_status ctf_node_states_init(ctf_node_states* states, ctf_budget* budget);
void ctf_node_states_deinit(ctf_node_states* states);  // no plan refers to it; accepts one that init failed on

// The node's block: zeroed when it is asked for first, and constructed where the kernel asks for that. The kernel is
// the same every time.
CTF_MUST_USE ctf_status ctf_node_states_get(ctf_node_states* states, const TF_Operation* node,
                                            const ctf_kernel_def* kernel, void** out_data);

#endif  // CTF_ENGINE_NODE_STATE_H_
