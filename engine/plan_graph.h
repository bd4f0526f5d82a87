// The graph between pruning and steps: what passes read and change. Lives in one compilation.
#ifndef CTF_ENGINE_PLAN_GRAPH_H_
#define CTF_ENGINE_PLAN_GRAPH_H_

#include "engine/fused.h"
#include "engine/plan.h"

typedef enum ctf_plan_node_kind {
  CTF_PLAN_OP,
  CTF_PLAN_FEED,
  CTF_PLAN_CONSTANT,
  CTF_PLAN_COPY,  // of its only input, to its device
} ctf_plan_node_kind;

typedef struct ctf_plan_edge {
  uint32_t node;  // of the plan graph
  uint32_t index;
} ctf_plan_edge;

typedef struct ctf_plan_node {
  ctf_plan_node_kind kind;
  const TF_Operation* op;  // of a copy: that of the tensor copied; of a feed: the node that is fed
  uint32_t feed;           // of a feed: which
  uint32_t fed_output;     // of a feed: the node's output that it stands for
  uint32_t device;
  int num_inputs;
  ctf_plan_edge* inputs;
  size_t num_controls;
  uint32_t* controls;      // plan nodes
  TF_Tensor* constant;     // counted by the plan graph; one output
  const ctf_fused* fused;  // NULL: the op is the graph's own
} ctf_plan_node;

typedef struct ctf_plan_graph {
  ctf_allocator* scratch;
  ctf_allocator* kept;  // what nodes that passes make point to: lives as long as the plan
  ctf_budget* budget;
  const ctf_device_set* devices;  // since they were chosen
  size_t num_nodes;
  size_t capacity;
  ctf_plan_node* nodes;  // topological order
  size_t num_fetches;
  ctf_plan_edge* fetches;
  size_t num_targets;
  uint32_t* targets;
} ctf_plan_graph;

TF_DataType ctf_plan_edge_dtype(const ctf_plan_graph* graph, ctf_plan_edge edge);  // never a reference type

// engine/prune.c: the nodes that the fetches and targets need, feeds in place of what is fed, Const nodes as constants.
// Nodes are those of the view; NULL: the latest.
CTF_MUST_USE ctf_status ctf_plan_graph_build(TF_Graph* graph, const ctf_graph_view* view,
                                             const ctf_plan_request* request, ctf_allocator* scratch,
                                             ctf_allocator* kept, ctf_budget* budget, ctf_plan_graph** out_graph);
// Drops nodes that no fetch and no target needs any more; numbers change.
CTF_MUST_USE ctf_status ctf_plan_graph_prune(ctf_plan_graph* graph);
void ctf_plan_graph_release(ctf_plan_graph* graph);  // the constants

// engine/passes.c: the passes by name, in order, as the text allows ("all", "none", "-fold", "fold"). Those that are
// done with each layout are only told.
CTF_MUST_USE ctf_status ctf_passes_run(ctf_plan_graph* graph, const char* passes, uint32_t* out_layout_passes);
// engine/fold.c: nodes all of whose inputs are constants become constants. Bounded in size.
CTF_MUST_USE ctf_status ctf_pass_fold(ctf_plan_graph* graph);
// engine/transpose.c: a product of a transposed matrix reads the matrix the other way round instead.
CTF_MUST_USE ctf_status ctf_pass_transpose(ctf_plan_graph* graph);
// engine/fuse.c: elementwise ops that nothing but each other stands between become one node that runs them as a
// program.
CTF_MUST_USE ctf_status ctf_pass_fuse(ctf_plan_graph* graph);

// engine/colocate.c: a device for each node of the graph, by its device string and those of the nodes that it is
// colocated with, by number, from the plan graph's scratch; NULL: the default one for all. Takes the graph's lock.
// INVALID_ARGUMENT with TensorFlow's messages.
CTF_MUST_USE ctf_status ctf_graph_choose_devices(TF_Graph* graph, const ctf_plan_graph* pruned,
                                                 const ctf_device_set* devices, uint32_t** out_devices);
// engine/place.c: a device for each node, before any pass: a device that is not there is an error of every node that
// asks for it, also of one that folding would take away.
CTF_MUST_USE ctf_status ctf_plan_graph_choose_devices(ctf_plan_graph* graph, TF_Graph* whole,
                                                      const ctf_device_set* devices);
// After the passes: every op has a kernel, and copies stand on the edges between devices.
CTF_MUST_USE ctf_status ctf_plan_graph_place(ctf_plan_graph* graph, const ctf_device_set* devices);

#endif  // CTF_ENGINE_PLAN_GRAPH_H_
