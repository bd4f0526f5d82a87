// From the graph to the part of it that a request needs.
#include "engine/plan_graph.h"

#include <string.h>

#include "engine/describe.h"

#define NOT_NEEDED 0  // of place_of: else the plan node's number plus 1

typedef struct prune_state {
  TF_Graph* graph;
  const ctf_graph_view* view;
  const ctf_plan_request* request;
  ctf_allocator* scratch;
  uint32_t* place_of;   // [graph nodes] 1: needed, while marking; the plan node plus 1 afterwards
  uint32_t* feed_head;  // [graph nodes] the first feed of one of its outputs, plus 1
  uint32_t* feed_next;  // [feeds] the next feed of the same node, plus 1
  bool* feed_used;
  bool* is_done;  // [graph nodes] has run before; NULL: none has
  uint32_t* stack;
  size_t stack_count;
} prune_state;

TF_DataType ctf_plan_edge_dtype(const ctf_plan_graph* graph, ctf_plan_edge edge) {
  const ctf_plan_node* node = &graph->nodes[edge.node];
  TF_DataType dtype;
  switch (node->kind) {
    case CTF_PLAN_CONSTANT:
      dtype = node->constant->view.dtype;
      break;
    case CTF_PLAN_COPY:
      return ctf_plan_edge_dtype(graph, node->inputs[0]);
    case CTF_PLAN_FEED:
      dtype = node->op->output_types[node->fed_output];
      break;
    default:
      dtype = node->op->output_types[edge.index];
      break;
  }
  return ctf_dtype_base(dtype);
}

// The node as the session has seen it first.
static const TF_Operation* node_at(const prune_state* p, uint32_t id) {
  return ctf_node_seen(p->graph->nodes[id], p->view);
}

// The feed of a tensor, or CTF_NONE.
static uint32_t find_feed(const prune_state* p, uint32_t node, int index) {
  for (uint32_t at = p->feed_head[node]; at != 0; at = p->feed_next[at - 1]) {
    if (p->request->feeds[at - 1].index == index) return at - 1;
  }
  return CTF_NONE;
}

static ctf_status check_tensor(const prune_state* p, TF_Output tensor, const char* what) {
  if (tensor.oper == NULL || tensor.oper->graph != p->graph) {
    return ctf_error(TF_INVALID_ARGUMENT, "%s is not a tensor of the session's graph", what);
  }
  const TF_Operation* node = node_at(p, tensor.oper->id);
  if (tensor.index >= 0 && tensor.index < node->num_outputs) return NULL;
  return ctf_error(TF_OUT_OF_RANGE, "%s: Node '%s' (type: '%s', num of outputs: %d) does not have output %d", what,
                   node->name.data, node->op->name, node->num_outputs, tensor.index);
}

static ctf_status index_feeds(prune_state* p) {
  for (size_t i = 0; i < p->request->num_feeds; ++i) {
    const TF_Output feed = p->request->feeds[i];
    CTF_TRY(check_tensor(p, feed, "the fed tensor"));
    if (find_feed(p, feed.oper->id, feed.index) != CTF_NONE) {
      return ctf_error(TF_INVALID_ARGUMENT, "Endpoint \"%s:%d\" fed more than once.", feed.oper->name.data, feed.index);
    }
    p->feed_next[i] = p->feed_head[feed.oper->id];
    p->feed_head[feed.oper->id] = (uint32_t)i + 1;
  }
  return NULL;
}

static void need_node(prune_state* p, uint32_t id) {
  if (p->place_of[id] != NOT_NEEDED || (p->is_done != NULL && p->is_done[id])) return;
  p->place_of[id] = 1;
  p->stack[p->stack_count++] = id;
}

static void need_tensor(prune_state* p, uint32_t id, int index) {
  const uint32_t feed = find_feed(p, id, index);
  if (feed != CTF_NONE) {
    p->feed_used[feed] = true;
  } else {
    need_node(p, id);
  }
}

// A fed placeholder is not there to be waited for, nor is what has run; any other node that something waits for runs,
// fed or not.
static bool control_counts(const prune_state* p, uint32_t id) {
  if (p->is_done != NULL && p->is_done[id]) return false;
  if (p->feed_head[id] == 0) return true;
  const char* op = p->graph->nodes[id]->op->name;  // no change makes another op of a node
  return strcmp(op, "Placeholder") != 0 && strcmp(op, "PlaceholderV2") != 0;
}

// What changes have made of a node, or of those that it reads: types and numbers that were checked when it was added.
static ctf_status check_changed(const prune_state* p, const TF_Operation* node) {
  if (p->graph->num_changes == 0) return NULL;
  if (node->invalid != NULL) return ctf_status_copy(node->invalid);
  for (int i = 0; i < node->num_inputs; ++i) {
    const TF_Operation* from = node_at(p, node->inputs[i].node);
    const int32_t index = node->inputs[i].index;
    if (index >= from->num_outputs) {
      return ctf_error(TF_OUT_OF_RANGE, "node '%s' (%s): input %d is output %d of '%s', which now has %d",
                       node->name.data, node->op->name, i, index, from->name.data, from->num_outputs);
    }
    if (!ctf_type_accepts(node->input_types[i], from->output_types[index])) {
      return ctf_input_type_error(node, i, from->output_types[index]);
    }
  }
  return NULL;
}

static ctf_status mark(prune_state* p) {
  for (size_t i = 0; i < p->request->num_fetches; ++i) {
    const TF_Output fetch = p->request->fetches[i];
    CTF_TRY(check_tensor(p, fetch, "the fetched tensor"));
    if (find_feed(p, fetch.oper->id, fetch.index) != CTF_NONE) {
      return ctf_error(TF_INVALID_ARGUMENT, "%s:%d is both fed and fetched.", fetch.oper->name.data, fetch.index);
    }
    need_node(p, fetch.oper->id);
  }
  for (size_t i = 0; i < p->request->num_targets; ++i) {
    const TF_Operation* target = p->request->targets[i];
    if (target == NULL || target->graph != p->graph) {
      return ctf_error(TF_INVALID_ARGUMENT, "a target is not an operation of the session's graph");
    }
    need_node(p, target->id);
  }
  while (p->stack_count > 0) {
    const TF_Operation* node = node_at(p, p->stack[--p->stack_count]);
    CTF_TRY(check_changed(p, node));
    for (int i = 0; i < node->num_inputs; ++i) need_tensor(p, node->inputs[i].node, node->inputs[i].index);
    for (size_t i = 0; i < node->num_controls; ++i) {
      if (control_counts(p, node->controls[i])) need_node(p, node->controls[i]);
    }
  }
  return NULL;
}

static ctf_plan_edge place_tensor(const prune_state* p, const uint32_t* feed_place, uint32_t id, int index) {
  const uint32_t feed = find_feed(p, id, index);
  if (feed != CTF_NONE) return (ctf_plan_edge){feed_place[feed], 0};
  return (ctf_plan_edge){p->place_of[id] - 1, (uint32_t)index};
}

static ctf_status fill_node(const prune_state* p, const uint32_t* feed_place, const TF_Operation* op,
                            ctf_plan_node* out_node) {
  out_node->op = op;
  out_node->feed = CTF_NONE;
  CTF_TRY(ctf_alloc_array(p->scratch, &out_node->controls, op->num_controls));
  for (size_t i = 0; i < op->num_controls; ++i) {
    if (!control_counts(p, op->controls[i])) continue;
    out_node->controls[out_node->num_controls++] = p->place_of[op->controls[i]] - 1;
  }
  if (strcmp(op->op->name, "Const") == 0) {  // its controls come before whoever reads it
    TF_Tensor* value = op->attrs[ctf_op_interface_attr(op->op, "value", 5)].tensor;
    if (value->view.dtype != op->output_types[0]) {  // importing accepts it, as in TensorFlow; reading it must not
      return ctf_error(TF_INVALID_ARGUMENT, "node '%s' (Const): Type mismatch between value (%s) and dtype (%s)",
                       op->name.data, ctf_dtype_get(value->view.dtype)->tf_name,
                       ctf_dtype_get(op->output_types[0])->tf_name);
    }
    out_node->kind = CTF_PLAN_CONSTANT;
    out_node->constant = ctf_tensor_retain(value);
    return NULL;
  }
  out_node->kind = CTF_PLAN_OP;
  CTF_TRY(ctf_alloc_array(p->scratch, &out_node->inputs, (size_t)op->num_inputs));
  out_node->num_inputs = op->num_inputs;
  for (int i = 0; i < op->num_inputs; ++i) {
    out_node->inputs[i] = place_tensor(p, feed_place, op->inputs[i].node, op->inputs[i].index);
  }
  return NULL;
}

// The i-th needed node that a node waits for; CTF_NONE when there are no more. *inout_at: 0 for the first.
static uint32_t next_wait(const prune_state* p, const TF_Operation* node, size_t* inout_at) {
  for (; *inout_at < (size_t)node->num_inputs; ++*inout_at) {
    const ctf_edge edge = node->inputs[*inout_at];
    if (find_feed(p, edge.node, edge.index) != CTF_NONE || p->place_of[edge.node] == NOT_NEEDED) continue;
    ++*inout_at;
    return edge.node;
  }
  for (; *inout_at < (size_t)node->num_inputs + node->num_controls; ++*inout_at) {
    const uint32_t control = node->controls[*inout_at - (size_t)node->num_inputs];
    if (!control_counts(p, control) || p->place_of[control] == NOT_NEEDED) continue;
    ++*inout_at;
    return control;
  }
  return CTF_NONE;
}

static ctf_status cycle_error(const prune_state* p, const uint32_t* path, size_t length, uint32_t again) {
  char buffer[512];
  ctf_text names = CTF_TEXT(buffer);
  size_t first = 0;
  while (path[first] != again) ++first;
  for (size_t i = first; i < length; ++i) {
    ctf_text_put(&names, "%s%s", i > first ? ", " : "", p->graph->nodes[path[i]]->name.data);
  }
  return ctf_error(TF_INVALID_ARGUMENT, "Graph is invalid, contains a cycle with %zu nodes, including: %s",
                   length - first, buffer);
}

enum { ORDER_NEW, ORDER_OPEN, ORDER_DONE };

// Depth first with a stack of its own; `order` holds the needed nodes and is put in order.
static ctf_status sort_nodes(const prune_state* p, uint32_t* order, size_t num_needed) {
  uint32_t *roots, *path;
  size_t *at, count = 0, depth = 0;
  uint8_t* state;
  CTF_TRY(ctf_alloc_array(p->scratch, &roots, num_needed));
  CTF_TRY(ctf_alloc_array(p->scratch, &path, num_needed));
  CTF_TRY(ctf_alloc_array(p->scratch, &at, num_needed));
  CTF_TRY(ctf_alloc_array(p->scratch, &state, p->graph->num_nodes));
  if (num_needed > 0) memcpy(roots, order, num_needed * sizeof(*order));
  for (size_t i = 0; i < num_needed; ++i) {
    if (state[roots[i]] != ORDER_NEW) continue;
    state[roots[i]] = ORDER_OPEN;
    path[0] = roots[i];
    at[0] = 0;
    depth = 1;
    while (depth > 0) {
      const uint32_t next = next_wait(p, node_at(p, path[depth - 1]), &at[depth - 1]);
      if (next == CTF_NONE) {
        state[path[--depth]] = ORDER_DONE;
        order[count++] = path[depth];
      } else if (state[next] == ORDER_OPEN) {
        return cycle_error(p, path, depth, next);
      } else if (state[next] == ORDER_NEW) {
        state[next] = ORDER_OPEN;
        path[depth] = next;
        at[depth++] = 0;
      }
    }
  }
  return NULL;
}

// The needed nodes so that each comes after those it waits for. The graph keeps its nodes in such an order; only edges
// that a program has changed may run against it.
static ctf_status order_nodes(const prune_state* p, size_t num_needed, uint32_t** out_order) {
  uint32_t* order;
  size_t count = 0;
  CTF_TRY(ctf_alloc_array(p->scratch, &order, num_needed));
  for (uint32_t i = 0; i < p->graph->num_nodes; ++i) {
    if (p->place_of[i] != NOT_NEEDED) order[count++] = i;
  }
  *out_order = order;
  return p->graph->num_changes == 0 ? NULL : sort_nodes(p, order, num_needed);
}

static ctf_status emit(prune_state* p, ctf_plan_graph* out) {
  uint32_t* feed_place;
  size_t count = 0;
  CTF_TRY(ctf_alloc_array(p->scratch, &feed_place, p->request->num_feeds));
  for (size_t i = 0; i < p->request->num_feeds; ++i) count += p->feed_used[i];
  for (size_t i = 0; i < p->graph->num_nodes; ++i) count += p->place_of[i] != NOT_NEEDED;
  CTF_TRY(ctf_alloc_array(p->scratch, &out->nodes, count));
  out->capacity = count;
  for (uint32_t i = 0; i < p->request->num_feeds; ++i) {
    if (!p->feed_used[i]) continue;
    feed_place[i] = (uint32_t)out->num_nodes;
    out->nodes[out->num_nodes++] = (ctf_plan_node){.kind = CTF_PLAN_FEED,
                                                   .op = p->request->feeds[i].oper,
                                                   .feed = i,
                                                   .fed_output = (uint32_t)p->request->feeds[i].index};
  }
  uint32_t* order;
  const size_t num_feeds = out->num_nodes, num_needed = count - num_feeds;
  CTF_TRY(order_nodes(p, num_needed, &order));
  for (size_t i = 0; i < num_needed; ++i) p->place_of[order[i]] = (uint32_t)(num_feeds + i + 1);
  for (size_t i = 0; i < num_needed; ++i) {
    ++out->num_nodes;  // counted first: release sees the constant
    CTF_TRY(fill_node(p, feed_place, node_at(p, order[i]), &out->nodes[out->num_nodes - 1]));
  }
  for (size_t i = 0; i < p->request->num_fetches; ++i) {
    const TF_Output fetch = p->request->fetches[i];
    out->fetches[i] = (ctf_plan_edge){p->place_of[fetch.oper->id] - 1, (uint32_t)fetch.index};
  }
  for (size_t i = 0; i < p->request->num_targets; ++i) out->targets[i] = p->place_of[p->request->targets[i]->id] - 1;
  return NULL;
}

ctf_status ctf_plan_graph_build(TF_Graph* graph, const ctf_graph_view* view, const ctf_plan_request* request,
                                ctf_allocator* scratch, ctf_allocator* kept, ctf_budget* budget,
                                ctf_plan_graph** out_graph) {
  ctf_status status = NULL;
  ctf_plan_graph* plan_graph = NULL;
  prune_state p = {.graph = graph, .view = view, .request = request, .scratch = scratch};

  pthread_mutex_lock(&graph->lock);
  CTF_TRY_DONE(ctf_alloc_new(scratch, &plan_graph));
  plan_graph->scratch = scratch;
  plan_graph->kept = kept;
  plan_graph->budget = budget;
  plan_graph->num_fetches = request->num_fetches;
  plan_graph->num_targets = request->num_targets;
  CTF_TRY_DONE(ctf_alloc_array(scratch, &plan_graph->fetches, request->num_fetches));
  CTF_TRY_DONE(ctf_alloc_array(scratch, &plan_graph->targets, request->num_targets));
  CTF_TRY_DONE(ctf_alloc_array(scratch, &p.place_of, graph->num_nodes));
  CTF_TRY_DONE(ctf_alloc_array(scratch, &p.feed_head, graph->num_nodes));
  CTF_TRY_DONE(ctf_alloc_array(scratch, &p.stack, graph->num_nodes));
  CTF_TRY_DONE(ctf_alloc_array(scratch, &p.feed_next, request->num_feeds));
  CTF_TRY_DONE(ctf_alloc_array(scratch, &p.feed_used, request->num_feeds));
  if (request->num_done > 0) CTF_TRY_DONE(ctf_alloc_array(scratch, &p.is_done, graph->num_nodes));
  for (size_t i = 0; i < request->num_done; ++i) p.is_done[request->done[i]->id] = true;
  CTF_TRY_DONE(index_feeds(&p));
  CTF_TRY_DONE(mark(&p));
  CTF_TRY_DONE(emit(&p, plan_graph));
  *out_graph = plan_graph;
  plan_graph = NULL;  // handed over

done:
  pthread_mutex_unlock(&graph->lock);
  if (plan_graph != NULL) ctf_plan_graph_release(plan_graph);
  return status;
}

ctf_status ctf_plan_graph_prune(ctf_plan_graph* graph) {
  uint32_t *place, *stack;
  size_t stack_count = 0;
  CTF_TRY(ctf_alloc_array(graph->scratch, &place, graph->num_nodes));  // 1: needed; then the new number plus 1
  CTF_TRY(ctf_alloc_array(graph->scratch, &stack, graph->num_nodes));
#define NEED(node)                  \
  do {                              \
    const uint32_t need_ = (node);  \
    if (place[need_] == 0) {        \
      place[need_] = 1;             \
      stack[stack_count++] = need_; \
    }                               \
  } while (0)
  for (size_t i = 0; i < graph->num_fetches; ++i) NEED(graph->fetches[i].node);
  for (size_t i = 0; i < graph->num_targets; ++i) NEED(graph->targets[i]);
  while (stack_count > 0) {
    const ctf_plan_node* node = &graph->nodes[stack[--stack_count]];
    for (int i = 0; i < node->num_inputs; ++i) NEED(node->inputs[i].node);
    for (size_t i = 0; i < node->num_controls; ++i) NEED(node->controls[i]);
  }
#undef NEED
  uint32_t next = 0;
  for (size_t i = 0; i < graph->num_nodes; ++i) {
    if (place[i] != 0) place[i] = ++next;
  }
  for (size_t i = 0; i < graph->num_nodes; ++i) {
    ctf_plan_node* node = &graph->nodes[i];
    if (place[i] == 0) {
      ctf_tensor_release(node->constant);
      continue;
    }
    for (int j = 0; j < node->num_inputs; ++j) node->inputs[j].node = place[node->inputs[j].node] - 1;
    for (size_t j = 0; j < node->num_controls; ++j) node->controls[j] = place[node->controls[j]] - 1;
    graph->nodes[place[i] - 1] = *node;
  }
  graph->num_nodes = next;
  for (size_t i = 0; i < graph->num_fetches; ++i) graph->fetches[i].node = place[graph->fetches[i].node] - 1;
  for (size_t i = 0; i < graph->num_targets; ++i) graph->targets[i] = place[graph->targets[i]] - 1;
  return NULL;
}

void ctf_plan_graph_release(ctf_plan_graph* graph) {
  for (size_t i = 0; i < graph->num_nodes; ++i) ctf_tensor_release(graph->nodes[i].constant);
  graph->num_nodes = 0;
}
