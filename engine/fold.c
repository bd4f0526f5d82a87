// Constant folding: nodes that depend on constants alone are computed while the plan is compiled.
#include "engine/evaluate.h"
#include "engine/plan_graph.h"

#define MAX_FOLDED_BYTES ((size_t)10 << 20)  // of one result; larger ones are cheaper to compute than to keep
#define MAX_INPUT_BYTES ((size_t)64 << 20)   // bounds the time that folding takes

static bool can_fold(const ctf_plan_graph* graph, const ctf_plan_node* node) {
  if (node->kind != CTF_PLAN_OP || node->num_inputs == 0 || node->num_controls > 0) return false;
  size_t bytes = 0;
  for (int i = 0; i < node->num_inputs; ++i) {
    const ctf_plan_node* input = &graph->nodes[node->inputs[i].node];
    if (input->kind != CTF_PLAN_CONSTANT || input->num_controls > 0) return false;
    bytes += input->constant->view.bytes;
    if (bytes > MAX_INPUT_BYTES) return false;
  }
  return ctf_can_evaluate(node->op);
}

// Puts the first result in the node's place and the others at the end; users are sent there through `moved`.
static ctf_status replace_node(ctf_plan_graph* graph, uint32_t at, TF_Tensor** values, uint32_t** moved) {
  const TF_Operation* op = graph->nodes[at].op;
  const size_t extra = (size_t)op->num_outputs - 1;
  if (graph->num_nodes + extra > graph->capacity) {
    const size_t capacity = 2 * graph->capacity + extra;
    ctf_plan_node* nodes;
    uint32_t* more;
    CTF_TRY(ctf_alloc_array(graph->scratch, &nodes, capacity));
    CTF_TRY(ctf_alloc_array(graph->scratch, &more, capacity));
    for (size_t i = 0; i < graph->num_nodes; ++i) {
      nodes[i] = graph->nodes[i];
      more[i] = (*moved)[i];
    }
    graph->nodes = nodes;
    graph->capacity = capacity;
    *moved = more;
  }
  (*moved)[at] = (uint32_t)graph->num_nodes;  // where output 1 will be
  graph->nodes[at] = (ctf_plan_node){.kind = CTF_PLAN_CONSTANT, .op = op, .feed = CTF_NONE, .constant = values[0]};
  values[0] = NULL;
  for (size_t i = 1; i <= extra; ++i) {
    graph->nodes[graph->num_nodes++] =
        (ctf_plan_node){.kind = CTF_PLAN_CONSTANT, .op = op, .feed = CTF_NONE, .constant = values[i]};
    values[i] = NULL;
  }
  return NULL;
}

static ctf_status fold_node(ctf_plan_graph* graph, uint32_t at, ctf_allocator* local, uint32_t** moved) {
  ctf_status status = NULL;
  const ctf_plan_node* node = &graph->nodes[at];
  const int num_outputs = node->op->num_outputs;
  ctf_tensor* inputs = NULL;
  TF_Tensor** values = NULL;
  bool folded = false;

  CTF_TRY_DONE(ctf_alloc_array(local, &inputs, (size_t)node->num_inputs));
  CTF_TRY_DONE(ctf_alloc_array(local, &values, (size_t)num_outputs));
  for (int i = 0; i < node->num_inputs; ++i) inputs[i] = graph->nodes[node->inputs[i].node].constant->view;
  // What cannot be computed now fails, if it fails, when it runs: a node that is never reached must not.
  ctf_status_drop(ctf_evaluate(node->op, inputs, graph->budget, MAX_FOLDED_BYTES, &folded, values));
  if (folded) CTF_TRY_DONE(replace_node(graph, at, values, moved));

done:
  if (values != NULL) {
    for (int i = 0; i < num_outputs; ++i) ctf_tensor_release(values[i]);
  }
  return status;
}

static ctf_plan_edge follow(const uint32_t* moved, ctf_plan_edge edge) {
  if (edge.index == 0 || moved[edge.node] == 0) return edge;
  return (ctf_plan_edge){moved[edge.node] + edge.index - 1, 0};
}

ctf_status ctf_pass_fold(ctf_plan_graph* graph) {
  ctf_status status = NULL;
  ctf_allocator* local = NULL;
  uint32_t* moved;  // [nodes] where output 1 of a folded node is; 0: not folded, or one output
  const size_t count = graph->num_nodes;

  CTF_TRY_DONE(ctf_scratch_create(ctf_allocator_process(), 4096, &local));
  CTF_TRY_DONE(ctf_alloc_array(graph->scratch, &moved, graph->capacity));
  for (uint32_t i = 0; i < count; ++i) {
    ctf_plan_node* node = &graph->nodes[i];
    for (int j = 0; j < node->num_inputs; ++j) node->inputs[j] = follow(moved, node->inputs[j]);
    if (!can_fold(graph, node)) continue;
    CTF_TRY_DONE(fold_node(graph, i, local, &moved));
    ctf_scratch_reset(local);
  }
  for (size_t i = 0; i < graph->num_fetches; ++i) graph->fetches[i] = follow(moved, graph->fetches[i]);
  CTF_TRY_DONE(ctf_plan_graph_prune(graph));

done:
  ctf_allocator_free(local);
  return status;
}
