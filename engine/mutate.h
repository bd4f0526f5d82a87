// Changes to nodes that are in a graph: for the functions by which programs rewrite one.
//
// A node is immutable, since plans point to it. A change makes another node in its place, which the first one, the one
// that programs hold, leads to. A session goes on with each node as it was when the session first ran after it had been
// added, as in TensorFlow, and says once on the log that a change came too late.
#ifndef CTF_ENGINE_MUTATE_H_
#define CTF_ENGINE_MUTATE_H_

#include "engine/graph.h"

typedef struct ctf_view_step {
  size_t num_nodes;    // nodes below this number, and not below that of the step before,
  size_t num_changes;  // are seen as they were after so many changes
} ctf_view_step;

// What a session has seen of its graph. Guarded by the graph's lock, except as said.
typedef struct ctf_graph_view {
  _Atomic size_t num_nodes;    // seen; any thread may read it
  _Atomic size_t num_changes;  // looked at; likewise
  size_t num_steps;
  size_t capacity;
  ctf_view_step* steps;
} ctf_graph_view;

// The view has everything that the graph has now. Two loads and no lock.
static inline bool ctf_graph_view_is_whole(const TF_Graph* graph, const ctf_graph_view* view) {
  return graph->num_nodes == view->num_nodes && graph->num_changes == view->num_changes;
}
// Sees what is new. Takes the lock; says on the log which change came too late.
CTF_MUST_USE ctf_status ctf_graph_view_extend(TF_Graph* graph, ctf_graph_view* view);
void ctf_graph_view_deinit(TF_Graph* graph, ctf_graph_view* view);

// The node as the view has it; NULL: as it is now. The lock is held.
const TF_Operation* ctf_node_seen(TF_Operation* node, const ctf_graph_view* view);

// Changes. The lock is held. What a node cannot be is accepted here and refused when it is to run, as in TensorFlow:
// a change may be made good by the next one.

// `value` NULL: clears it.
CTF_MUST_USE ctf_status ctf_node_change_attr(TF_Operation* node, const char* name, const ctf_attr_value* value);
CTF_MUST_USE ctf_status ctf_node_change_device(TF_Operation* node, const char* device);
CTF_MUST_USE ctf_status ctf_node_change_input(TF_Operation* node, int input, ctf_edge from);
CTF_MUST_USE ctf_status ctf_node_add_control(TF_Operation* node, const TF_Operation* before);
CTF_MUST_USE ctf_status ctf_node_remove_controls(TF_Operation* node);
CTF_MUST_USE ctf_status ctf_node_change_experimental(TF_Operation* node, ctf_bytes experimental);

#endif  // CTF_ENGINE_MUTATE_H_
