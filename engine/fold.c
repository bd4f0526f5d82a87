// Constant folding: nodes that depend on constants alone are computed while the plan is compiled.
#include <string.h>

#include "engine/evaluate.h"
#include "engine/plan_graph.h"

#define MAX_FOLDED_BYTES ((size_t)10 << 20)  // of one result; larger ones are cheaper to compute than to keep
#define SMALL_BYTES ((size_t)64 << 10)       // up to so many, a result may be larger than what it is made from
#define MAX_INPUT_BYTES ((size_t)16 << 20)   // of one node: bounds the time that folding takes
#define MAX_FACTOR_BYTES ((size_t)1 << 20)   // the same where time grows faster than the bytes
#define MAX_TOTAL_BYTES ((size_t)256 << 20)  // of all nodes of a graph: what is left runs with the graph

static bool is_product(const ctf_plan_node* node) {
  static const char* const kBegins[] = {"BatchMatMul", "Conv", "DepthwiseConv", "MatMul"};
  for (size_t i = 0; i < sizeof(kBegins) / sizeof(kBegins[0]); ++i) {
    if (strncmp(node->op->op->name, kBegins[i], strlen(kBegins[i])) == 0) return true;
  }
  return false;
}

// A view of a constant is the constant's bytes again, and an op that reads shapes alone does not look at them.
static bool takes_no_time(const ctf_plan_node* node) {
  return (node->op->def->flags & (CTF_OP_VIEW | CTF_OP_SHAPE_ONLY)) != 0;
}

// *inout_total: the bytes that folding has looked at so far.
static bool can_fold(const ctf_plan_graph* graph, const ctf_plan_node* node, size_t* inout_total,
                     size_t* out_max_bytes) {
  if (node->kind != CTF_PLAN_OP || node->num_inputs == 0 || node->num_controls > 0) return false;
  if (!ctf_can_evaluate(node->op)) return false;
  size_t bytes = 0;
  for (int i = 0; i < node->num_inputs; ++i) {
    const ctf_plan_node* input = &graph->nodes[node->inputs[i].node];
    if (input->kind != CTF_PLAN_CONSTANT || input->num_controls > 0) return false;
    if (!ctf_add_size(bytes, input->constant->view.bytes, &bytes)) return false;
  }
  *out_max_bytes = bytes < SMALL_BYTES ? SMALL_BYTES : bytes < MAX_FOLDED_BYTES ? bytes : MAX_FOLDED_BYTES;
  if (takes_no_time(node)) return true;
  if (bytes > (is_product(node) ? MAX_FACTOR_BYTES : MAX_INPUT_BYTES)) return false;
  *inout_total += bytes;
  return *inout_total <= MAX_TOTAL_BYTES;
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

static ctf_status fold_node(ctf_plan_graph* graph, uint32_t at, size_t max_bytes, ctf_allocator* local,
                            uint32_t** moved) {
  ctf_status status = NULL;
  const ctf_plan_node* node = &graph->nodes[at];
  const int num_outputs = node->op->num_outputs;
  ctf_tensor* inputs = NULL;
  TF_Tensor **owners = NULL, **values = NULL;
  bool folded = false;

  CTF_TRY_DONE(ctf_alloc_array(local, &inputs, (size_t)node->num_inputs));
  CTF_TRY_DONE(ctf_alloc_array(local, &owners, (size_t)node->num_inputs));
  CTF_TRY_DONE(ctf_alloc_array(local, &values, (size_t)num_outputs));
  for (int i = 0; i < node->num_inputs; ++i) {
    owners[i] = graph->nodes[node->inputs[i].node].constant;
    inputs[i] = owners[i]->view;
  }
  // What cannot be computed now fails, if it fails, when it runs: a node that is never reached must not.
  ctf_status_drop(ctf_evaluate(node->op, inputs, owners, graph->budget, max_bytes, &folded, values));
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
  size_t total = 0;

  CTF_TRY_DONE(ctf_scratch_create(ctf_allocator_process(), 4096, &local));
  CTF_TRY_DONE(ctf_alloc_array(graph->scratch, &moved, graph->capacity));
  for (uint32_t i = 0; i < count; ++i) {
    ctf_plan_node* node = &graph->nodes[i];
    for (int j = 0; j < node->num_inputs; ++j) node->inputs[j] = follow(moved, node->inputs[j]);
    size_t max_bytes;
    if (!can_fold(graph, node, &total, &max_bytes)) continue;
    CTF_TRY_DONE(fold_node(graph, i, max_bytes, local, &moved));
    ctf_scratch_reset(local);
  }
  for (size_t i = 0; i < graph->num_fetches; ++i) graph->fetches[i] = follow(moved, graph->fetches[i]);
  CTF_TRY_DONE(ctf_plan_graph_prune(graph));

done:
  ctf_allocator_free(local);
  return status;
}
