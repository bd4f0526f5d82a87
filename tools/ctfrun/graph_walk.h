// Which nodes a request needs, in an order in which each stands behind what it reads.
#ifndef CTF_TOOLS_CTFRUN_GRAPH_WALK_H_
#define CTF_TOOLS_CTFRUN_GRAPH_WALK_H_

#include <stdbool.h>
#include <stddef.h>

#include "tensorflow/c/c_api.h"

typedef struct graph_walk {
  const TF_Output* feeds;  // the walk ends at them
  int num_feeds;
  size_t capacity;
  TF_Operation** seen;  // open addressing
  TF_Operation** order;
  size_t count;
  struct walk_place* stack;
  TF_Operation** controls;  // room for the control inputs of any node
} graph_walk;

// False when there is no memory. Free it in either case.
bool graph_walk_make(TF_Graph* graph, const TF_Output* feeds, int num_feeds, graph_walk* out);
void graph_walk_free(graph_walk* w);

// Adds what a tensor, or a node, needs and itself; a tensor that is fed needs nothing.
void graph_walk_tensor(graph_walk* w, TF_Output tensor);
void graph_walk_node(graph_walk* w, TF_Operation* node);
bool graph_walk_has(const graph_walk* w, const TF_Operation* node);

#endif  // CTF_TOOLS_CTFRUN_GRAPH_WALK_H_
