#include "engine/layout.h"

#include <string.h>

#include "engine/evaluate.h"
#include "engine/files.h"
#include "engine/fused.h"
#include "engine/order.h"

#define KEY_ON_STACK 1024
#define MAX_REORDERED_STEPS 200000  // of a stage: beyond it, the time for other orders would be felt

typedef struct layout_state {
  ctf_plan* plan;
  ctf_layout* layout;
  ctf_allocator* local;
  const ctf_plan_faults* faults;
  ctf_shape* shapes;   // of one step's inputs and outputs, or instructions
  TF_DataType* types;  // of a fused step's inputs
  const ctf_tensor** values;
  ctf_tensor* inputs;
  ctf_part_rule parts;  // the best found
  bool packs;           // weights, where that wins something
} layout_state;

static bool shape_known(const ctf_tensor* slot) { return slot->rank >= 0; }
static bool value_known(const ctf_tensor* slot) {
  return shape_known(slot) && (slot->data != NULL || slot->bytes == 0);
}

static ctf_status set_slot(layout_state* s, uint32_t slot, TF_DataType dtype, ctf_shape shape) {
  ctf_tensor* tensor = &s->layout->slots[slot];
  int64_t* dims;
  CTF_TRY(ctf_shape_bytes(shape, dtype, &tensor->bytes));
  if (!ctf_shape_num_elements(shape, &tensor->num_elements)) tensor->num_elements = 0;  // bytes has refused it
  CTF_TRY(ctf_alloc_array(s->layout->scratch, &dims, (size_t)shape.rank));
  for (int i = 0; i < shape.rank; ++i) dims[i] = shape.dims[i];
  tensor->dtype = dtype;
  tensor->rank = shape.rank;
  tensor->dims = dims;
  tensor->data = NULL;
  return NULL;
}

// ---- one step

// The shape of each instruction's result, from its node's own shape function; then the kernel's part.
static ctf_status infer_fused(layout_state* s, uint32_t at) {
  const ctf_step* step = &s->plan->steps[at];
  const ctf_fused_program* program = &step->fused->program;
  const ctf_fused_runner* runner = step->fused->runner;
  ctf_shape* values = s->shapes;  // the inputs', then the results'
  ctf_shape operands[CTF_FUSED_MAX_OPERANDS];
  const ctf_tensor* operand_values[CTF_FUSED_MAX_OPERANDS];
  for (uint32_t i = 0; i < program->num_inputs; ++i) {
    const ctf_tensor* in = &s->layout->slots[step->in[i]];
    values[i] = ctf_tensor_shape(in);
    s->types[i] = in->dtype;
  }
  for (uint32_t i = 0; i < program->num_instrs; ++i) {
    const ctf_fused_instr* instr = &program->instrs[i];
    ctf_shape* result = &values[program->num_inputs + i];
    for (int j = 0; j < instr->num_inputs; ++j) {
      const bool wanted =
          instr->in[j] < program->num_inputs && ctf_op_reads_value(step->fused->members[i]->def, j, instr->num_inputs);
      const ctf_tensor* in = wanted ? &s->layout->slots[step->in[instr->in[j]]] : NULL;
      operands[j] = values[instr->in[j]];
      operand_values[j] = wanted && value_known(in) ? in : NULL;
    }
    CTF_TRY(ctf_node_infer(step->fused->members[i], operands, operand_values, s->layout->scratch, result));
    if (instr->output == CTF_FUSED_NO_OUTPUT) continue;
    CTF_TRY(ctf_error_note(set_slot(s, step->out[instr->output], instr->out_type, *result), "node '%s' (%s)",
                           instr->node, instr->op));
  }
  return runner->prepare(program, values, s->types, values + program->num_inputs, s->layout->scratch,
                         &s->layout->prepared[at]);
}

static ctf_status infer_step(layout_state* s, uint32_t at) {
  const ctf_step* step = &s->plan->steps[at];
  if (step->fused != NULL) return infer_fused(s, at);
  const ctf_op_def* def = step->node->def;
  ctf_tensor* slots = s->layout->slots;
  if (step->kind == CTF_STEP_COPY) {
    return set_slot(s, step->out[0], slots[step->in[0]].dtype, ctf_tensor_shape(&slots[step->in[0]]));
  }
  for (int i = 0; i < step->num_inputs; ++i) {
    const ctf_tensor* in = &slots[step->in[i]];
    const bool wanted = ctf_op_reads_value(def, i, step->num_inputs);
    s->shapes[i] = ctf_tensor_shape(in);
    s->values[i] = wanted && value_known(in) ? in : NULL;
  }
  ctf_shape* outputs = s->shapes + step->num_inputs;
  CTF_TRY(ctf_node_infer(step->node, s->shapes, s->values, s->layout->scratch, outputs));
  for (int i = 0; i < step->num_outputs; ++i) {
    const uint32_t slot = step->out[i];
    if (!ctf_shape_known(outputs[i])) {
      if (s->plan->slots[slot].sized_by_data) continue;  // the step itself will tell
      if (outputs[i].rank >= 0 &&
          (def->value_inputs != 0 || (def->flags & CTF_OP_LAST_VALUE))) {  // a shape that is a value, with -1 in it
        return ctf_error(TF_INVALID_ARGUMENT, "node '%s' (%s): Dimension -1 must be >= 0", step->node->name.data,
                         step->node->op->name);
      }
      const ctf_shape_text text = ctf_shape_print(outputs[i]);
      return ctf_error(TF_INTERNAL, "node '%s' (%s): output %d has shape %s although all inputs are known",
                       step->node->name.data, step->node->op->name, i, text.text);
    }
    CTF_TRY(ctf_error_note(set_slot(s, slot, s->plan->slots[slot].dtype, outputs[i]), "node '%s' (%s)",
                           step->node->name.data, step->node->op->name));
  }
  return NULL;
}

static ctf_status make_part_lists(layout_state* s) {
  ctf_layout* layout = s->layout;
  CTF_TRY(ctf_alloc_array(layout->scratch, &layout->part_of, s->plan->num_slots));
  CTF_TRY(ctf_alloc_array(layout->scratch, &layout->part_first, s->plan->num_slots));
  CTF_TRY(ctf_alloc_array(layout->scratch, &layout->has_parts, s->plan->num_steps));
  for (size_t i = 0; i < s->plan->num_slots; ++i) layout->part_of[i] = CTF_NONE;
  return NULL;
}

// Which outputs lie side by side in an input that a step of this stage makes. The step's shapes and values stand in
// `s`.
static ctf_status find_parts(layout_state* s, uint32_t at) {
  const ctf_step* step = &s->plan->steps[at];
  ctf_layout* layout = s->layout;
  if (step->kind != CTF_STEP_KERNEL || step->fused != NULL || step->node->def->part == NULL) return NULL;
  ctf_part_query q = {.attrs = step->node->decoded_attrs,
                      .num_inputs = step->num_inputs,
                      .num_outputs = step->num_outputs,
                      .inputs = s->shapes,
                      .values = s->values,
                      .outputs = s->shapes + step->num_inputs};
  if (layout->has_parts == NULL) CTF_TRY(make_part_lists(s));
  for (q.output = 0; q.output < step->num_outputs; ++q.output) {
    const uint32_t out = step->out[q.output];
    const ctf_tensor* tensor = &layout->slots[out];
    int input;
    int64_t first;
    if (!shape_known(tensor) || tensor->dtype == TF_STRING) return NULL;
    if (tensor->bytes == 0) continue;
    if (!step->node->def->part(&q, &input, &first)) return NULL;
    const uint32_t root = s->plan->slots[step->in[input]].root;
    if (!ctf_storage_in_arena(s->plan, layout, root)) return NULL;
    layout->part_of[out] = root;
    layout->part_first[out] = (size_t)first * ctf_dtype_get(tensor->dtype)->bytes;
  }
  layout->has_parts[at] = true;
  return NULL;
}

static ctf_status evaluate_step(layout_state* s, uint32_t at) {
  const ctf_step* step = &s->plan->steps[at];
  ctf_layout* layout = s->layout;
  bool needed = false, done = false;
  for (int i = 0; i < step->num_outputs; ++i) {
    const ctf_slot* slot = &s->plan->slots[step->out[i]];
    needed |= slot->value_needed && slot->evaluable;
  }
  if (!needed) return NULL;
  for (int i = 0; i < step->num_inputs; ++i) s->inputs[i] = layout->slots[step->in[i]];
  CTF_TRY(ctf_evaluate(step->node, s->inputs, NULL, layout->budget, 0, &done, layout->values + layout->num_values));
  if (!done) {
    return ctf_error(TF_INTERNAL, "node '%s' (%s): its value cannot be computed before the run", step->node->name.data,
                     step->node->op->name);
  }
  for (int i = 0; i < step->num_outputs; ++i) {
    layout->slots[step->out[i]].data = layout->values[layout->num_values++]->view.data;
  }
  layout->skip_step[at] = true;
  return NULL;
}

// A step's kernel as it will be called, for what it says before it runs.
static ctf_kernel_ctx kernel_ctx(const layout_state* s, uint32_t at) {
  const ctf_step* step = &s->plan->steps[at];
  return (ctf_kernel_ctx){
      .slots = s->layout->slots,
      .in = step->in,
      .out = step->out,
      .num_inputs = step->num_inputs,
      .num_outputs = step->num_outputs,
      .attrs = step->node->decoded_attrs,
      .prepared = s->layout->prepared != NULL ? s->layout->prepared[at] : NULL,
      .packed = s->layout->packed[at] != NULL ? s->layout->packed[at]->view.data : NULL,
  };
}

static TF_Tensor* find_packed(ctf_plan* plan, uint32_t at, const ctf_packed* wanted) {
  TF_Tensor* found = NULL;
  pthread_mutex_lock(&plan->lock);
  TF_Tensor* there = plan->packed[at];
  if (there != NULL && plan->packed_keys[at] == wanted->key && there->view.bytes == wanted->bytes) {
    found = ctf_tensor_retain(there);
  }
  pthread_mutex_unlock(&plan->lock);
  return found;
}

static void keep_packed(ctf_plan* plan, uint32_t at, const ctf_packed* packed, TF_Tensor* tensor) {
  pthread_mutex_lock(&plan->lock);
  TF_Tensor* before = plan->packed[at];
  plan->packed[at] = ctf_tensor_retain(tensor);
  plan->packed_keys[at] = packed->key;
  pthread_mutex_unlock(&plan->lock);
  ctf_tensor_release(before);
}

// Weights that are constants become, once for all layouts, what their kernel would make of them in each run. Where
// memory is short they do not.
static void pack_weights(layout_state* s, uint32_t at) {
  const ctf_step* step = &s->plan->steps[at];
  if (!s->packs || step->kernel == NULL || step->kernel->packing == NULL || step->device != 0) return;
  if (s->layout->skip_step[at]) return;
  const ctf_kernel_ctx k = kernel_ctx(s, at);
  const ctf_packed packed = step->kernel->packing->plan(&k);
  if (packed.bytes == 0 || s->plan->slots[step->in[packed.input]].kind != CTF_SLOT_CONSTANT) return;
  TF_Tensor** tensor = &s->layout->packed[at];
  *tensor = find_packed(s->plan, at, &packed);
  if (*tensor != NULL) return;
  if (packed.bytes > ctf_budget_available(s->plan->budget)) return;
  const ctf_shape shape = {1, (const int64_t[]){(int64_t)packed.bytes}};
  const ctf_status status = ctf_tensor_create(TF_UINT8, shape, s->plan->budget, step->node->name.data, tensor);
  if (status != NULL) {
    ctf_status_drop(status);  // the run packs for itself
    return;
  }
  step->kernel->packing->pack(&k, (*tensor)->view.data);
  keep_packed(s->plan, at, &packed, *tensor);
}

static void size_workspace(layout_state* s, uint32_t at) {
  const ctf_step* step = &s->plan->steps[at];
  if (step->workspace == CTF_NONE || s->layout->skip_step[at]) return;
  const ctf_kernel_ctx k = kernel_ctx(s, at);
  ctf_tensor* workspace = &s->layout->slots[step->workspace];
  workspace->dtype = TF_UINT8;
  workspace->bytes = step->kernel->workspace(&k);
  workspace->num_elements = (int64_t)workspace->bytes;
}

// ---- the order

bool ctf_stage_is_linear(const ctf_plan* plan, uint32_t stage) {
  const ctf_stage* of = &plan->stages[stage];
  return of->end_segment - of->first_segment == 1 && plan->segments[of->first_segment].device == 0;
}

static ctf_storage_request storage_request(const layout_state* s, const uint32_t* order, const uint32_t* place) {
  const ctf_layout* layout = s->layout;
  return (ctf_storage_request){s->plan, layout, order, place, ctf_stage_is_linear(s->plan, layout->stage), s->parts};
}

static void set_places(const ctf_stage* stage, const uint32_t* order, uint32_t* place) {
  for (uint32_t i = 0; i < stage->end_step - stage->first_step; ++i) place[order[i]] = stage->first_step + i;
}

// No order can do with fewer bytes than one step needs for itself, its output at best in the place of an input.
static bool can_improve(const layout_state* s, const ctf_order_graph* graph) {
  size_t most = 0;
  for (uint32_t i = 0; i < graph->num_steps; ++i) {
    size_t sum = 0;
    const ctf_step* step = &s->plan->steps[graph->first_step + i];
    const bool in_place = step->kind == CTF_STEP_KERNEL && (step->kernel->flags & CTF_IN_PLACE) &&
                          (s->plan->layout_passes & CTF_LAYOUT_IN_PLACE);
    for (uint32_t j = graph->root_begin[i]; j < graph->root_begin[i + 1]; ++j) {
      if (in_place && graph->roots[j] == step->out[0]) continue;
      const size_t bytes = ctf_round_up(s->layout->slots[graph->roots[j]].bytes, CTF_TENSOR_ALIGNMENT);
      if (!ctf_add_size(sum, bytes, &sum)) sum = CTF_NO_LIMIT;
    }
    if (sum > most) most = sum;
  }
  return s->layout->live_bytes[0] > most;
}

// Tries other orders than the plan's, and keeps that with the fewest bytes alive at once.
static ctf_status choose_order(layout_state* s, int64_t* change) {
  ctf_layout* layout = s->layout;
  const ctf_stage* stage = &s->plan->stages[layout->stage];
  ctf_order_graph graph;
  uint32_t *order, *place;
  ctf_storages storages;
  CTF_TRY(ctf_order_graph_make(s->plan, layout, s->local, &graph));
  if (!can_improve(s, &graph)) return NULL;
  CTF_TRY(ctf_storages_create(s->plan, s->local, &storages));
  CTF_TRY(ctf_alloc_array(s->local, &order, stage->end_step - stage->first_step));
  CTF_TRY(ctf_alloc_array(s->local, &place, s->plan->num_steps));
  for (uint32_t i = 0; i < s->plan->num_steps; ++i) place[i] = i;
  for (int kind = 0; kind < CTF_NUM_ORDERS; ++kind) {
    CTF_TRY(ctf_order_make(&graph, (ctf_order_kind)kind, s->local, order));
    set_places(stage, order, place);
    const ctf_storage_request request = storage_request(s, order, place);
    ctf_storages_find(&request, &storages);
    const size_t live = ctf_storages_peak(&request, &storages, 0, change, NULL);
    if (live >= layout->live_bytes[0]) continue;
    layout->live_bytes[0] = live;
    memcpy(layout->order, order, sizeof(*order) * (stage->end_step - stage->first_step));
    memcpy(layout->place, place, sizeof(*place) * s->plan->num_steps);
  }
  return NULL;
}

// Parts keep the whole alive and their bytes from whoever could take them over: they must be worth it.
static void choose_parts(layout_state* s, int64_t* change) {
  ctf_layout* layout = s->layout;
  size_t least = CTF_NO_LIMIT;
  ctf_part_rule best = CTF_PARTS_NONE;
  for (int rule = CTF_PARTS_NONE; rule < CTF_NUM_PART_RULES && layout->has_parts != NULL; ++rule) {
    s->parts = (ctf_part_rule)rule;
    const ctf_storage_request request = storage_request(s, layout->order, layout->place);
    ctf_storages_find(&request, &layout->storages);
    const size_t live = ctf_storages_peak(&request, &layout->storages, 0, change, NULL);
    if (live > least) continue;  // with as many bytes the more parts, which are not copied
    least = live;
    best = s->parts;
  }
  s->parts = best;
}

// Whose bytes each tensor has, in the best order there is.
static ctf_status find_storages(layout_state* s) {
  ctf_layout* layout = s->layout;
  const ctf_plan* plan = s->plan;
  const ctf_stage* stage = &plan->stages[layout->stage];
  const uint32_t count = stage->end_step - stage->first_step;
  int64_t* change;
  CTF_TRY(ctf_alloc_array(s->local, &change, (size_t)count + 1));
  for (uint32_t i = 0; i < plan->num_steps; ++i) layout->place[i] = i;
  for (uint32_t i = 0; i < count; ++i) layout->order[i] = stage->first_step + i;
  choose_parts(s, change);
  const ctf_storage_request request = storage_request(s, layout->order, layout->place);
  ctf_storages_find(&request, &layout->storages);
  layout->file_live_bytes = layout->live_bytes[0] = ctf_storages_peak(&request, &layout->storages, 0, change, NULL);
  if (request.linear && (plan->layout_passes & CTF_LAYOUT_ORDER) && count <= MAX_REORDERED_STEPS) {
    CTF_TRY(choose_order(s, change));
    ctf_storages_find(&request, &layout->storages);
  }
  for (uint32_t d = 0; d < plan->devices->num_devices; ++d) {
    layout->live_bytes[d] = ctf_storages_peak(&request, &layout->storages, d, change, &layout->peak_place[d]);
  }
  return NULL;
}

// ---- offsets

// All steps that use a storage, for lifetimes over a partial order.
typedef struct use_lists {
  uint32_t* begin;  // [slots + 1], of storages
  uint32_t* steps;
} use_lists;

static ctf_status list_uses(layout_state* s, use_lists* out_lists) {
  const ctf_plan* plan = s->plan;
  const ctf_storages* storages = &s->layout->storages;
  CTF_TRY(ctf_alloc_array(s->local, &out_lists->begin, plan->num_slots + 2));
  uint32_t* next = out_lists->begin + 1;  // filling moves each begin to its end, which is the next one's begin
  for (int fill = 0; fill < 2; ++fill) {
    for (uint32_t i = 0; i < plan->num_slots; ++i) {
      if (storages->of[i] == CTF_NONE) continue;
      for (uint32_t j = plan->use_begin[i]; j < plan->use_begin[i + 1]; ++j) {
        if (!ctf_step_uses_bytes(plan, s->layout, plan->use_steps[j])) continue;
        if (fill) out_lists->steps[next[storages->of[i]]] = plan->use_steps[j];
        ++next[storages->of[i] + (fill ? 0 : 1)];
      }
    }
    if (fill) break;
    for (size_t i = 1; i <= plan->num_slots; ++i) next[i] += next[i - 1];
    CTF_TRY(ctf_alloc_array(s->local, &out_lists->steps, next[plan->num_slots]));
  }
  return NULL;
}

static void fill_item(const layout_state* s, const use_lists* uses, uint32_t storage, ctf_arena_item* item) {
  const ctf_storages* of = &s->layout->storages;
  *item = (ctf_arena_item){.bytes = s->layout->slots[storage].bytes,
                           .first = of->first[storage],
                           .last = of->last[storage],
                           .slot = storage};
  if (uses->begin != NULL) {
    item->uses = uses->steps + uses->begin[storage];
    item->num_uses = uses->begin[storage + 1] - uses->begin[storage];
  }
  if (s->faults->early_reuse) {
    item->last = item->first;
    item->num_uses = 0;
  }
}

bool ctf_layout_copies_fetch(const ctf_plan* plan, const ctf_layout* layout, size_t fetch) {
  const uint32_t slot = plan->fetches[fetch].slot, root = plan->slots[slot].root;
  const bool is_value = plan->slots[root].stage == layout->stage && layout->slots[root].data != NULL;
  if (plan->fetches[fetch].takes_root && !is_value) return false;
  return plan->slots[slot].stage == layout->stage && shape_known(&layout->slots[slot]);
}

static ctf_status assign_offsets(layout_state* s) {
  ctf_layout* layout = s->layout;
  ctf_arena_item* items;
  use_lists uses = {0};
  const bool linear = ctf_stage_is_linear(s->plan, layout->stage);
  CTF_TRY(find_storages(s));
  if (!linear) CTF_TRY(list_uses(s, &uses));
  CTF_TRY(ctf_alloc_array(s->local, &items, s->plan->num_slots));
  for (uint32_t i = 0; i < s->plan->num_slots; ++i) {
    layout->offsets[i] = CTF_NO_LIMIT;
    if (layout->storages.of[i] == i && s->plan->slots[i].own) layout->fetch_bytes += layout->slots[i].bytes;
  }
  for (size_t i = 0; i < s->plan->num_fetches; ++i) {
    if (ctf_layout_copies_fetch(s->plan, layout, i)) {
      layout->fetch_bytes += layout->slots[s->plan->fetches[i].slot].bytes;
    }
  }
  for (uint32_t d = 0; d < s->plan->devices->num_devices; ++d) {
    size_t count = 0;
    for (uint32_t i = 0; i < s->plan->num_slots; ++i) {
      const ctf_slot* slot = &s->plan->slots[i];
      if (layout->storages.of[i] == i && !slot->own && slot->device == d) fill_item(s, &uses, i, &items[count++]);
    }
    CTF_TRY(ctf_arena_assign(linear ? NULL : s->plan, items, count, layout->live_bytes[d], s->local,
                             &layout->arena_bytes[d]));
    for (size_t i = 0; i < count; ++i) layout->offsets[items[i].slot] = items[i].offset;
  }
  return NULL;
}

// ---- a layout

static ctf_status layout_create(ctf_plan* plan, uint32_t stage, ctf_layout** out_layout) {
  ctf_layout* layout;
  CTF_TRY(ctf_alloc_new(ctf_allocator_process(), &layout));
  atomic_init(&layout->refs, 1);
  layout->budget = ctf_budget_retain(plan->budget);
  layout->stage = stage;
  *out_layout = layout;  // released by the caller from here on
  size_t num_values = 0;
  for (size_t i = 0; i < plan->num_slots; ++i) num_values += plan->slots[i].value_needed || plan->slots[i].evaluable;
  CTF_TRY(ctf_scratch_create(ctf_allocator_process(), 8192, &layout->scratch));
  CTF_TRY(ctf_alloc_array(layout->scratch, &layout->slots, plan->num_slots));
  CTF_TRY(ctf_alloc_array(layout->scratch, &layout->offsets, plan->num_slots));
  CTF_TRY(ctf_alloc_array(layout->scratch, &layout->skip_step, plan->num_steps));
  CTF_TRY(ctf_alloc_array(layout->scratch, &layout->packed, plan->num_steps));
  layout->num_packed = plan->num_steps;
  if (plan->has_fused) CTF_TRY(ctf_alloc_array(layout->scratch, &layout->prepared, plan->num_steps));
  CTF_TRY(ctf_alloc_array(layout->scratch, &layout->place, plan->num_steps));
  CTF_TRY(
      ctf_alloc_array(layout->scratch, &layout->order, plan->stages[stage].end_step - plan->stages[stage].first_step));
  CTF_TRY(ctf_storages_create(plan, layout->scratch, &layout->storages));
  CTF_TRY(ctf_alloc_array(layout->scratch, &layout->values, num_values + 1));
  for (size_t i = 0; i < plan->num_slots; ++i) layout->slots[i].rank = -1;
  return NULL;
}

static ctf_status build(layout_state* s, uint32_t stage) {
  size_t widest = 0;
  for (uint32_t i = s->plan->stages[stage].first_step; i < s->plan->stages[stage].end_step; ++i) {
    const ctf_step* step = &s->plan->steps[i];
    const size_t results = step->fused != NULL ? step->fused->program.num_instrs : (size_t)step->num_outputs;
    if ((size_t)step->num_inputs + results > widest) widest = (size_t)step->num_inputs + results;
  }
  CTF_TRY(ctf_alloc_array(s->local, &s->shapes, widest));
  CTF_TRY(ctf_alloc_array(s->local, &s->types, widest));
  CTF_TRY(ctf_alloc_array(s->local, &s->values, widest));
  CTF_TRY(ctf_alloc_array(s->local, &s->inputs, widest));
  for (uint32_t i = s->plan->stages[stage].first_step; i < s->plan->stages[stage].end_step; ++i) {
    CTF_TRY(infer_step(s, i));
    CTF_TRY(find_parts(s, i));
    CTF_TRY(evaluate_step(s, i));
    pack_weights(s, i);
    size_workspace(s, i);
  }
  return assign_offsets(s);
}

// What is packed may be what the run has no room for.
static bool too_much_packed(const layout_state* s) {
  bool some = false;
  for (uint32_t i = 0; i < s->plan->num_steps; ++i) some |= s->layout->packed[i] != NULL;
  size_t need;
  if (!ctf_add_size(s->layout->arena_bytes[0], s->layout->fetch_bytes, &need)) need = CTF_NO_LIMIT;
  return some && need > ctf_budget_available(s->plan->budget);
}

static ctf_status set_feeds_and_constants(layout_state* s, const ctf_tensor* feeds) {
  ctf_plan* plan = s->plan;
  for (size_t i = 0; i < plan->num_feeds; ++i) {
    const uint32_t slot = plan->feed_slots[i];
    if (slot == CTF_NONE) continue;
    CTF_TRY(set_slot(s, slot, feeds[i].dtype, ctf_tensor_shape(&feeds[i])));
    if (!plan->slots[slot].value_needed) continue;
    TF_Tensor* copy;  // the layout outlives the run, the feed does not
    CTF_TRY(ctf_tensor_clone(&feeds[i], s->layout->budget, &copy));
    s->layout->values[s->layout->num_values++] = copy;
    s->layout->slots[slot].data = copy->view.data;
  }
  for (size_t i = 0; i < plan->num_constants; ++i) {
    const uint32_t slot = plan->constant_slots[i];
    s->layout->slots[slot] = plan->constants[i]->view;
    if (plan->slots[slot].device != 0) s->layout->slots[slot].data = plan->constant_blocks[i].data;
  }
  return NULL;
}

// ---- the signature

static size_t key_size(const ctf_plan* plan, const ctf_tensor* feeds) {
  size_t bytes = 0;
  for (size_t i = 0; i < plan->num_feeds; ++i) {
    const uint32_t slot = plan->feed_slots[i];
    if (slot == CTF_NONE) continue;
    bytes += sizeof(int64_t) * ((size_t)feeds[i].rank + 1);
    if (plan->slots[slot].value_needed) bytes += feeds[i].bytes;
  }
  return bytes;
}

static void write_key(const ctf_plan* plan, const ctf_tensor* feeds, uint8_t* key) {
  for (size_t i = 0; i < plan->num_feeds; ++i) {
    const uint32_t slot = plan->feed_slots[i];
    if (slot == CTF_NONE) continue;
    const int64_t rank = feeds[i].rank;
    memcpy(key, &rank, sizeof(rank));
    key += sizeof(rank);
    if (rank > 0) memcpy(key, feeds[i].dims, sizeof(int64_t) * (size_t)rank);
    key += sizeof(int64_t) * (size_t)rank;
    if (!plan->slots[slot].value_needed || feeds[i].bytes == 0) continue;
    memcpy(key, feeds[i].data, feeds[i].bytes);
    key += feeds[i].bytes;
  }
}

// FNV-1a: Fowler, Noll, Vo; draft-eastlake-fnv.
static uint64_t hash_key(const uint8_t* key, size_t bytes) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (size_t i = 0; i < bytes; ++i) hash = (hash ^ key[i]) * UINT64_C(0x100000001b3);
  return hash;
}

static ctf_layout* look_up(ctf_plan* plan, uint64_t hash, const uint8_t* key, size_t key_bytes) {
  ctf_layout* found = NULL;
  pthread_mutex_lock(&plan->lock);
  for (size_t i = 0; i < plan->num_layouts; ++i) {
    ctf_layout* layout = plan->layouts[i];
    if (layout->key_hash != hash || layout->key_bytes != key_bytes || memcmp(layout->key, key, key_bytes) != 0)
      continue;
    memmove(plan->layouts + 1, plan->layouts, i * sizeof(*plan->layouts));
    plan->layouts[0] = layout;
    atomic_fetch_add_explicit(&layout->refs, 1, memory_order_relaxed);
    found = layout;
    break;
  }
  pthread_mutex_unlock(&plan->lock);
  return found;
}

static void keep(ctf_plan* plan, ctf_layout* layout) {
  ctf_layout* dropped = NULL;
  atomic_fetch_add_explicit(&layout->refs, 1, memory_order_relaxed);
  pthread_mutex_lock(&plan->lock);
  if (plan->num_layouts == CTF_MAX_LAYOUTS) dropped = plan->layouts[--plan->num_layouts];
  memmove(plan->layouts + 1, plan->layouts, plan->num_layouts * sizeof(*plan->layouts));
  plan->layouts[0] = layout;
  ++plan->num_layouts;
  pthread_mutex_unlock(&plan->lock);
  ctf_layout_release(dropped);
}

void ctf_layouts_drop(ctf_plan* plan) {
  ctf_layout* dropped[CTF_MAX_LAYOUTS];
  pthread_mutex_lock(&plan->lock);
  const size_t count = plan->num_layouts;
  for (size_t i = 0; i < count; ++i) dropped[i] = plan->layouts[i];
  plan->num_layouts = 0;
  for (size_t i = 0; i < plan->num_steps; ++i) {
    ctf_tensor_release(plan->packed[i]);
    plan->packed[i] = NULL;
  }
  pthread_mutex_unlock(&plan->lock);
  for (size_t i = 0; i < count; ++i) ctf_layout_release(dropped[i]);
}

// What a layout is made from: of the first stage the feeds and the key, of a later one the run's slots.
typedef struct layout_source {
  const ctf_plan_faults* faults;
  uint32_t stage;
  const ctf_tensor* feeds;
  const uint8_t* key;
  size_t key_bytes;
  uint64_t hash;
  const ctf_tensor* known;
} layout_source;

static ctf_status set_key(ctf_layout* layout, const layout_source* from) {
  CTF_TRY(ctf_alloc_array(layout->scratch, &layout->key, from->key_bytes));
  if (from->key_bytes > 0) memcpy(layout->key, from->key, from->key_bytes);
  layout->key_bytes = from->key_bytes;
  layout->key_hash = from->hash;
  return NULL;
}

static void set_known(const layout_state* s, const layout_source* from) {
  for (size_t i = 0; i < s->plan->num_slots; ++i) {
    const ctf_slot* slot = &s->plan->slots[i];
    if (slot->stage >= from->stage && slot->kind != CTF_SLOT_FEED && slot->kind != CTF_SLOT_CONSTANT) continue;
    s->layout->slots[i] = from->known[i];
    if (slot->device != 0) s->layout->slots[i].data = NULL;  // no value that the host could read
  }
}

// *out_layout stays NULL when what was packed leaves no room for the run.
static ctf_status make_layout(ctf_plan* plan, const layout_source* from, bool packs, ctf_layout** out_layout) {
  ctf_status status = NULL;
  layout_state s = {.plan = plan, .faults = from->faults, .packs = packs};
  CTF_TRY_DONE(layout_create(plan, from->stage, &s.layout));
  CTF_TRY_DONE(ctf_scratch_create(ctf_allocator_process(), 8192, &s.local));
  if (from->known == NULL) {
    CTF_TRY_DONE(set_key(s.layout, from));
    CTF_TRY_DONE(set_feeds_and_constants(&s, from->feeds));
  } else {
    set_known(&s, from);
  }
  CTF_TRY_DONE(build(&s, from->stage));
  if (too_much_packed(&s)) goto done;
  if (from->known == NULL) keep(plan, s.layout);
  *out_layout = s.layout;
  s.layout = NULL;  // handed over

done:
  ctf_allocator_free(s.local);
  ctf_layout_release(s.layout);
  return status;
}

static ctf_status make(ctf_plan* plan, const layout_source* from, ctf_layout** out_layout) {
  const bool packs = (plan->layout_passes & CTF_LAYOUT_PACK) != 0;
  // Weights, and values that shapes depend on, may be read from files.
  const ctf_mapped_guard guard = ctf_mapped_guard_enter();
  *out_layout = NULL;
  ctf_status status = make_layout(plan, from, packs, out_layout);
  if (status == NULL && *out_layout == NULL) {
    ctf_layouts_drop(plan);  // with all that is packed
    status = make_layout(plan, from, false, out_layout);
  }
  ctf_mapped_guard_leave(&guard);
  return status;
}

ctf_status ctf_layout_find(ctf_plan* plan, const ctf_plan_faults* faults, const ctf_tensor* feeds,
                           ctf_layout** out_layout) {
  ctf_status status = NULL;
  uint8_t on_stack[KEY_ON_STACK];
  uint8_t* key = on_stack;
  const size_t key_bytes = key_size(plan, feeds);
  if (key_bytes > sizeof(on_stack)) CTF_TRY(ctf_alloc_array(plan->alloc, &key, key_bytes));
  write_key(plan, feeds, key);
  const uint64_t hash = hash_key(key, key_bytes);
  *out_layout = look_up(plan, hash, key, key_bytes);
  if (*out_layout == NULL) {
    const layout_source from = {.faults = faults, .feeds = feeds, .key = key, .key_bytes = key_bytes, .hash = hash};
    status = make(plan, &from, out_layout);
  }
  if (key != on_stack) ctf_free(plan->alloc, key);
  return status;
}

ctf_status ctf_layout_next(ctf_plan* plan, uint32_t stage, const ctf_tensor* known, const ctf_plan_faults* faults,
                           ctf_layout** out_layout) {
  const layout_source from = {.faults = faults, .stage = stage, .known = known};
  return make(plan, &from, out_layout);
}

void ctf_layout_release(ctf_layout* layout) {
  // acq_rel: whoever frees must see what other holders read.
  if (layout == NULL || atomic_fetch_sub_explicit(&layout->refs, 1, memory_order_acq_rel) > 1) return;
  for (size_t i = 0; i < layout->num_values; ++i) ctf_tensor_release(layout->values[i]);
  for (size_t i = 0; i < layout->num_packed; ++i) ctf_tensor_release(layout->packed[i]);
  ctf_allocator_free(layout->scratch);
  ctf_budget_release(layout->budget);
  ctf_free(ctf_allocator_process(), layout);
}
