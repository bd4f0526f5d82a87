// Products of transposed matrices: the product reads its operand the other way round, and the transposed copy, if
// nobody else wants it, is never made.
#include <string.h>

#include "engine/plan_graph.h"
#include "ops/matmul.h"
#include "ops/transpose.h"

typedef struct product_row {
  const char* op;
  bool adjoint;  // its attributes are adj_x and adj_y, which conjugate complex numbers, too
} product_row;

static const product_row kProducts[] = {
    {"BatchMatMul", true}, {"BatchMatMulV2", true}, {"BatchMatMulV3", true}, {"MatMul", false}};

static const product_row* find_product(const ctf_plan_node* node) {
  if (node->kind != CTF_PLAN_OP) return NULL;
  for (size_t i = 0; i < sizeof(kProducts) / sizeof(kProducts[0]); ++i) {
    if (strcmp(node->op->op->name, kProducts[i].op) == 0) return &kProducts[i];
  }
  return NULL;
}

// The last two axes change places, and no others.
static bool swaps_matrix(const ctf_tensor* perm) {
  int axes[CTF_MAX_RANK];
  const int64_t rank = perm->num_elements;
  if (perm->rank != 1 || rank < 2 || rank > CTF_MAX_RANK) return false;
  ctf_status bad = ctf_transpose_axes(perm, (int)rank, axes);
  if (bad != NULL) {
    ctf_status_drop(bad);  // the transpose itself says so when it runs
    return false;
  }
  for (int i = 0; i < (int)rank - 2; ++i) {
    if (axes[i] != i) return false;
  }
  return axes[rank - 2] == rank - 1;
}

// The tensor that a product can read instead of this operand.
static bool find_operand(const ctf_plan_graph* graph, const ctf_plan_node* product, const product_row* row, int input,
                         ctf_plan_edge* out_edge) {
  const ctf_plan_node* node = &graph->nodes[product->inputs[input].node];
  if (node->kind != CTF_PLAN_OP || node->device != product->device || node->num_controls > 0) return false;
  const bool conjugates = strcmp(node->op->op->name, "ConjugateTranspose") == 0;
  if (!conjugates && strcmp(node->op->op->name, "Transpose") != 0) return false;
  const TF_DataType dtype = ctf_plan_edge_dtype(graph, product->inputs[input]);
  if (ctf_type_in(CTF_COMPLEXES, dtype) && conjugates != row->adjoint) return false;
  const ctf_plan_node* perm = &graph->nodes[node->inputs[1].node];
  if (perm->kind != CTF_PLAN_CONSTANT || perm->num_controls > 0 || !swaps_matrix(&perm->constant->view)) return false;
  // A tensor of another rank would be the transpose's error. Behind a feed the rank is anybody's guess.
  const ctf_plan_node* source = &graph->nodes[node->inputs[0].node];
  if (source->kind == CTF_PLAN_FEED && strcmp(row->op, "MatMul") != 0) return false;
  *out_edge = node->inputs[0];
  return true;
}

// The product with one of its operands read the other way round.
static ctf_status flip(ctf_plan_graph* graph, ctf_plan_node* product, const product_row* row, int input) {
  TF_Operation* op;
  ctf_matmul_attrs* attrs;
  CTF_TRY(ctf_alloc_new(graph->kept, &op));
  CTF_TRY(ctf_alloc_new(graph->kept, &attrs));
  *op = *product->op;
  *attrs = *(const ctf_matmul_attrs*)product->op->decoded_attrs;
  bool* flag = row->adjoint ? (input == 0 ? &attrs->adj_x : &attrs->adj_y)
                            : (input == 0 ? &attrs->transpose_a : &attrs->transpose_b);
  *flag = !*flag;
  op->decoded_attrs = attrs;
  product->op = op;
  return NULL;
}

ctf_status ctf_pass_transpose(ctf_plan_graph* graph) {
  bool found = false;
  for (size_t i = 0; i < graph->num_nodes; ++i) {
    ctf_plan_node* node = &graph->nodes[i];
    const product_row* row = find_product(node);
    for (int input = 0; row != NULL && input < 2; ++input) {
      ctf_plan_edge operand;
      if (!find_operand(graph, node, row, input, &operand)) continue;
      CTF_TRY(flip(graph, node, row, input));
      node->inputs[input] = operand;
      found = true;
    }
  }
  return found ? ctf_plan_graph_prune(graph) : NULL;
}
