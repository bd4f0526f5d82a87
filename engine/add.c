// One operation at a time, for the builder functions: what import.c does for a whole file.
#include "engine/graph.h"

#define TEMPORARY_BYTES 1024

static ctf_status append(TF_Graph* graph, TF_Operation* node) {
  CTF_TRY(ctf_grow_array(graph->alloc, &graph->nodes, &graph->node_capacity, graph->num_nodes + 1));
  CTF_TRY(ctf_string_map_put(graph->names, node->name.data, node->name.length, graph->num_nodes));
  node->id = (uint32_t)graph->num_nodes;
  graph->nodes[graph->num_nodes++] = node;
  return NULL;
}

static ctf_status add_locked(TF_Graph* graph, const ctf_node_spec* spec, TF_Operation** out_node) {
  ctf_status status = NULL;
  TF_Operation* node = NULL;
  ctf_allocator* temporary = NULL;
  ctf_allocator* scratch = graph->scratches[0];
  ctf_node_spec own = *spec;

  if (ctf_graph_find(graph, spec->name.data, spec->name.length) != NULL) {
    return ctf_error(TF_INVALID_ARGUMENT, "Duplicate node name in graph: '%s'", spec->name.data);
  }
  own.producer = graph->versions.producer;  // what is added to a graph is of its version
  CTF_TRY_DONE(ctf_scratch_create(graph->alloc, TEMPORARY_BYTES, &temporary));
  CTF_TRY_DONE(ctf_node_build(graph, &own, scratch, &node));
  CTF_TRY_DONE(ctf_node_infer_in_graph(node, own.producer, temporary, scratch));
  CTF_TRY_DONE(append(graph, node));
  *out_node = node;
  node = NULL;  // handed over

done:
  ctf_node_release(node);
  ctf_allocator_free(temporary);
  return status;
}

ctf_status ctf_graph_add(TF_Graph* graph, const ctf_node_spec* spec, TF_Operation** out_node) {
  pthread_mutex_lock(&graph->lock);
  const ctf_status status = add_locked(graph, spec, out_node);
  pthread_mutex_unlock(&graph->lock);
  return status;
}
