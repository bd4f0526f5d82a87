// Orders of a stage's steps that may keep fewer bytes alive than the file's, for stages that one thread runs.
#ifndef CTF_ENGINE_ORDER_H_
#define CTF_ENGINE_ORDER_H_

#include "engine/plan.h"

typedef enum ctf_order_kind {
  CTF_ORDER_GREEDY,     // of the steps that can run next, the one that frees most
  CTF_ORDER_BACKWARDS,  // the same from the end: of the steps that can run last, the one that frees most
  CTF_ORDER_DEPTH,      // each result right before it is needed, the hungriest operand first
  CTF_NUM_ORDERS,
} ctf_order_kind;

// What a stage's steps wait for: inputs, controls, and stateful steps each other, as the file has them. Lives in the
// allocator that it was made with.
typedef struct ctf_order_graph {
  const ctf_plan* plan;
  const ctf_layout* layout;  // slots and skip_step are set
  uint32_t first_step;
  uint32_t num_steps;
  uint32_t *pred_begin, *preds;  // [steps + 1], of the stage, counted from first_step
  uint32_t *succ_begin, *succs;
  uint32_t *root_begin, *roots;  // [steps + 1] slots in the arena that the step reads or writes, each once
} ctf_order_graph;

CTF_MUST_USE ctf_status ctf_order_graph_make(const ctf_plan* plan, const ctf_layout* layout, ctf_allocator* alloc,
                                             ctf_order_graph* out_graph);
// out_order: [steps of the stage], step numbers.
CTF_MUST_USE ctf_status ctf_order_make(const ctf_order_graph* graph, ctf_order_kind kind, ctf_allocator* scratch,
                                       uint32_t* out_order);

#endif  // CTF_ENGINE_ORDER_H_
