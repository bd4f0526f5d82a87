#include "engine/graph.h"

#include <limits.h>
#include <string.h>

#include "runtime/device.h"

#define SINGLE_CHUNK_BYTES (8 * 1024)  // of the scratch that single operations come from

static void destroy(TF_Graph* graph) {
  for (size_t i = 0; i < graph->num_nodes; ++i) ctf_node_release(graph->nodes[i]);
  for (size_t i = 0; i < graph->num_scratches; ++i) ctf_allocator_free(graph->scratches[i]);
  if (graph->alloc != NULL) {
    ctf_free(graph->alloc, graph->nodes);
    ctf_free(graph->alloc, graph->scratches);
    ctf_free(graph->alloc, graph->changes);
    ctf_free(graph->alloc, graph->handles);
    ctf_free(graph->alloc, (void*)graph->versions.bad_consumers);
    ctf_free(graph->alloc, (void*)graph->library.data);
    ctf_string_map_free(graph->names);
    ctf_allocator_free(graph->alloc);
  }
  ctf_budget_release(graph->budget);
  pthread_mutex_destroy(&graph->lock);
  ctf_free(ctf_allocator_process(), graph);
}

ctf_status ctf_graph_create(TF_Graph** out_graph) {
  ctf_status status = NULL;
  TF_Graph* graph = NULL;

  CTF_TRY(ctf_alloc_new(ctf_allocator_process(), &graph));
  atomic_init(&graph->refs, 1);
  pthread_mutex_init(&graph->lock, NULL);
  graph->versions.producer = CTF_GRAPH_DEF_VERSION;
  graph->shape_epoch = 1;
  CTF_TRY_DONE(ctf_budget_create(ctf_device_budget(ctf_device_cpu()), "graph", CTF_NO_LIMIT, &graph->budget));
  CTF_TRY_DONE(ctf_allocator_create(graph->budget, &graph->alloc));
  CTF_TRY_DONE(ctf_string_map_create(graph->alloc, &graph->names));
  CTF_TRY_DONE(ctf_grow_array(graph->alloc, &graph->scratches, &graph->scratch_capacity, 1));
  CTF_TRY_DONE(ctf_scratch_create(graph->alloc, SINGLE_CHUNK_BYTES, &graph->scratches[0]));
  graph->num_scratches = 1;
  *out_graph = graph;
  graph = NULL;  // handed over

done:
  ctf_graph_release(graph);
  return status;
}

TF_Graph* ctf_graph_retain(TF_Graph* graph) {
  atomic_fetch_add_explicit(&graph->refs, 1, memory_order_relaxed);
  return graph;
}

void ctf_graph_release(TF_Graph* graph) {
  if (graph == NULL) return;
  // acq_rel: whoever destroys must see what the other holders did.
  if (atomic_fetch_sub_explicit(&graph->refs, 1, memory_order_acq_rel) == 1) destroy(graph);
}

TF_Operation* ctf_graph_find(TF_Graph* graph, const char* name, size_t length) {
  uint64_t id;
  return ctf_string_map_get(graph->names, name, length, &id) ? graph->nodes[id] : NULL;
}

static ctf_handle_note* find_handle(const TF_Graph* graph, ctf_edge output) {
  for (size_t i = 0; i < graph->num_handles; ++i) {
    const ctf_edge at = graph->handles[i].output;
    if (at.node == output.node && at.index == output.index) return &graph->handles[i];
  }
  return NULL;
}

ctf_status ctf_graph_set_handle(TF_Graph* graph, ctf_edge output, ctf_bytes bytes) {
  char* copy;
  ctf_handle_note* note = find_handle(graph, output);
  CTF_TRY(ctf_alloc_string(graph->scratches[0], bytes.data, bytes.length, &copy));
  if (note == NULL) {
    CTF_TRY(ctf_grow_array(graph->alloc, &graph->handles, &graph->handle_capacity, graph->num_handles + 1));
    note = &graph->handles[graph->num_handles++];
  }
  *note = (ctf_handle_note){output, {copy, bytes.length}};
  return NULL;
}

bool ctf_graph_get_handle(const TF_Graph* graph, ctf_edge output, ctf_bytes* out_bytes) {
  const ctf_handle_note* note = find_handle(graph, output);
  if (note != NULL) *out_bytes = note->bytes;
  return note != NULL;
}

void ctf_tensor_name_split(const char* name, size_t length, size_t* out_node_length, int32_t* out_index) {
  size_t digits = 0;
  int64_t index = 0;
  *out_node_length = length;
  *out_index = 0;
  while (digits < length && name[length - digits - 1] >= '0' && name[length - digits - 1] <= '9') ++digits;
  if (digits == 0 || digits + 1 >= length || name[length - digits - 1] != ':') return;
  for (size_t i = length - digits; i < length && index < INT32_MAX; ++i) index = index * 10 + (name[i] - '0');
  *out_node_length = length - digits - 1;
  *out_index = index < INT32_MAX ? (int32_t)index : INT32_MAX;
}

ctf_status ctf_graph_find_tensor(TF_Graph* graph, const char* name, size_t length, TF_Output* out_tensor) {
  size_t node_length;
  int32_t index;
  const int shown = length < 1024 ? (int)length : 1024;
  ctf_tensor_name_split(name, length, &node_length, &index);
  TF_Operation* const node = ctf_graph_find(graph, name, node_length);
  if (node == NULL) {
    return ctf_error(TF_NOT_FOUND, "tensor '%.*s': the graph has no node of that name", shown, name);
  }
  if (index >= node->num_outputs) {
    return ctf_error(TF_INVALID_ARGUMENT, "tensor '%.*s': node '%s' (%s) has %d outputs", shown, name, node->name.data,
                     node->op->name, node->num_outputs);
  }
  *out_tensor = (TF_Output){node, index};
  return NULL;
}
