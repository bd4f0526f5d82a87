#include "tools/ctfrun/graph_walk.h"

#include <stdint.h>
#include <stdlib.h>

typedef struct walk_place {  // depth first, without recursion: a chain may have a million nodes
  TF_Operation* node;
  int next;  // of its inputs, then of its control inputs
} walk_place;

bool graph_walk_make(TF_Graph* graph, const TF_Output* feeds, int num_feeds, graph_walk* out) {
  size_t position = 0, num_nodes = 0;
  int controls = 0;
  for (TF_Operation* oper; (oper = TF_GraphNextOperation(graph, &position)) != NULL; ++num_nodes) {
    const int count = TF_OperationNumControlInputs(oper);
    if (count > controls) controls = count;
  }
  *out = (graph_walk){.feeds = feeds, .num_feeds = num_feeds, .capacity = 2 * num_nodes + 1};
  out->seen = calloc(out->capacity, sizeof(*out->seen));
  out->order = calloc(num_nodes + 1, sizeof(*out->order));
  out->stack = calloc(num_nodes + 1, sizeof(*out->stack));
  out->controls = calloc((size_t)controls + 1, sizeof(*out->controls));
  return out->seen != NULL && out->order != NULL && out->stack != NULL && out->controls != NULL;
}

void graph_walk_free(graph_walk* w) {
  free(w->seen);
  free(w->order);
  free(w->stack);
  free(w->controls);
}

static size_t place_of(const graph_walk* w, const TF_Operation* node) {
  size_t at = ((uintptr_t)node >> 4) % w->capacity;
  while (w->seen[at] != NULL && w->seen[at] != node) at = (at + 1) % w->capacity;
  return at;
}

bool graph_walk_has(const graph_walk* w, const TF_Operation* node) { return w->seen[place_of(w, node)] != NULL; }

static bool is_fed(const graph_walk* w, TF_Output tensor) {
  for (int i = 0; i < w->num_feeds; ++i) {
    if (tensor.oper == w->feeds[i].oper && tensor.index == w->feeds[i].index) return true;
  }
  return false;
}

static void push(graph_walk* w, size_t* depth, TF_Operation* node) {
  const size_t at = place_of(w, node);
  if (w->seen[at] != NULL) return;
  w->seen[at] = node;
  w->stack[(*depth)++] = (walk_place){node, 0};
}

void graph_walk_node(graph_walk* w, TF_Operation* root) {
  size_t depth = 0;
  push(w, &depth, root);
  while (depth > 0) {
    walk_place* place = &w->stack[depth - 1];
    TF_Operation* node = place->node;
    const int inputs = TF_OperationNumInputs(node), controls = TF_OperationNumControlInputs(node);
    const int next = place->next++;
    if (next < inputs) {
      const TF_Output input = TF_OperationInput((TF_Input){node, next});
      if (!is_fed(w, input)) push(w, &depth, input.oper);
    } else if (next < inputs + controls) {
      TF_OperationGetControlInputs(node, w->controls, controls);
      push(w, &depth, w->controls[next - inputs]);
    } else {
      w->order[w->count++] = node;
      --depth;
    }
  }
}

void graph_walk_tensor(graph_walk* w, TF_Output tensor) {
  if (!is_fed(w, tensor)) graph_walk_node(w, tensor.oper);
}
