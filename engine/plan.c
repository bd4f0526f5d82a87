// Compiles a request into a plan: slots and steps from the placed graph, and who uses which bytes.
#include "engine/plan.h"

#include <string.h>

#include "engine/evaluate.h"
#include "engine/files.h"
#include "engine/fused.h"
#include "engine/layout.h"
#include "engine/plan_graph.h"
#include "runtime/options.h"

typedef struct compile_state {
  ctf_plan* plan;
  ctf_node_states* states;
  ctf_plan_graph* graph;
  ctf_allocator* local;  // lives for the compilation
  uint32_t* first_slot;  // [plan nodes] of its outputs
  uint32_t* step_of;     // [plan nodes] CTF_NONE: none
  size_t slot_capacity;
  size_t step_capacity;
} compile_state;

static bool is_view(const ctf_plan_node* node) {
  return node->kind == CTF_PLAN_OP && (node->op->def->flags & CTF_OP_VIEW) != 0;
}

static int num_outputs(const ctf_plan_node* node) { return node->kind == CTF_PLAN_OP ? node->op->num_outputs : 1; }

static bool is_device_constant(const compile_state* c, const ctf_plan_node* node) {
  return node->kind == CTF_PLAN_COPY && c->graph->nodes[node->inputs[0].node].kind == CTF_PLAN_CONSTANT;
}

static uint32_t slot_of(const compile_state* c, ctf_plan_edge edge) { return c->first_slot[edge.node] + edge.index; }

static uint32_t add_slot(compile_state* c, ctf_slot_kind kind, TF_DataType dtype, uint32_t device, uint32_t producer,
                         uint32_t output) {
  const uint32_t at = (uint32_t)c->plan->num_slots++;
  c->plan->slots[at] =
      (ctf_slot){.kind = kind, .dtype = dtype, .device = device, .producer = producer, .output = output, .root = at};
  return at;
}

// ---- constants

static ctf_status add_constant(compile_state* c, const ctf_plan_node* node, uint32_t* out_slot) {
  ctf_plan* plan = c->plan;
  const bool copied = node->kind == CTF_PLAN_COPY;
  TF_Tensor* tensor = copied ? c->graph->nodes[node->inputs[0].node].constant : node->constant;
  const uint32_t at = (uint32_t)plan->num_constants++;
  plan->constants[at] = ctf_tensor_retain(tensor);
  plan->constant_nodes[at] = node->op;
  *out_slot = add_slot(c, CTF_SLOT_CONSTANT, tensor->view.dtype, node->device, at, 0);
  plan->constant_slots[at] = *out_slot;
  plan->slots[*out_slot].evaluable = node->device == 0;
  if (node->device == 0 || tensor->view.bytes == 0) return NULL;
  ctf_device* device = plan->devices->devices[node->device];
  ctf_stream* stream;
  CTF_TRY(ctf_device_reserve(device, NULL, tensor->view.bytes, node->op->name.data, &plan->constant_blocks[at]));
  plan->constant_bytes[node->device] += tensor->view.bytes;
  CTF_TRY(ctf_stream_create(device, &stream));
  ctf_status status = ctf_stream_copy(stream, plan->constant_blocks[at].data, tensor->view.data, tensor->view.bytes,
                                      CTF_COPY_HOST_TO_DEVICE);
  if (status == NULL) status = ctf_stream_synchronize(stream);
  ctf_stream_destroy(stream);
  return status;
}

// A constant may begin at any byte of a mapped file: a kernel that needs more than that gets one aligned copy.
static ctf_status align_constants(ctf_plan* plan) {
  for (size_t i = 0; i < plan->num_steps; ++i) {
    const ctf_step* step = &plan->steps[i];
    if (step->kind != CTF_STEP_KERNEL || (step->kernel->flags & CTF_ANY_ALIGNMENT)) continue;
    for (int j = 0; j < step->num_inputs; ++j) {
      const ctf_slot* root = &plan->slots[plan->slots[step->in[j]].root];
      if (root->kind != CTF_SLOT_CONSTANT || root->device != 0) continue;
      TF_Tensor** constant = &plan->constants[root->producer];
      if (ctf_tensor_aligned(&(*constant)->view)) continue;
      TF_Tensor* copy;
      CTF_TRY(ctf_tensor_clone(&(*constant)->view, plan->budget, &copy));
      ctf_tensor_release(*constant);
      *constant = copy;
      plan->constant_bytes[0] += copy->view.bytes;
    }
  }
  return NULL;
}

// ---- steps

static ctf_status add_controls(compile_state* c, const ctf_plan_node* node, ctf_step* step) {
  size_t count = node->num_controls;
  for (int i = 0; i < node->num_inputs; ++i) count += c->graph->nodes[node->inputs[i].node].num_controls;
  CTF_TRY(ctf_alloc_array(c->plan->scratch, &step->controls, count));
  for (size_t i = 0; i < node->num_controls; ++i) {
    const uint32_t control = c->step_of[node->controls[i]];
    if (control != CTF_NONE) step->controls[step->num_controls++] = control;
  }
  for (int i = 0; i < node->num_inputs; ++i) {  // a constant runs nowhere: whoever reads it waits in its place
    const ctf_plan_node* input = &c->graph->nodes[node->inputs[i].node];
    if (input->kind != CTF_PLAN_CONSTANT) continue;
    for (size_t j = 0; j < input->num_controls; ++j) {
      const uint32_t control = c->step_of[input->controls[j]];
      if (control != CTF_NONE) step->controls[step->num_controls++] = control;
    }
  }
  return NULL;
}

static ctf_status add_step(compile_state* c, uint32_t at, const ctf_plan_node* node) {
  ctf_plan* plan = c->plan;
  const uint32_t number = (uint32_t)plan->num_steps++;
  ctf_step* step = &plan->steps[number];
  const int outputs = num_outputs(node);

  *step = (ctf_step){.node = node->op,
                     .fused = node->fused,
                     .device = node->device,
                     .num_inputs = node->num_inputs,
                     .num_outputs = outputs};
  plan->has_fused |= node->fused != NULL;
  step->kind = node->kind == CTF_PLAN_COPY ? CTF_STEP_COPY : is_view(node) ? CTF_STEP_VIEW : CTF_STEP_KERNEL;
  step->workspace = CTF_NONE;
  c->step_of[at] = number;
  c->first_slot[at] = (uint32_t)plan->num_slots;
  CTF_TRY(ctf_alloc_array(plan->scratch, &step->in, (size_t)node->num_inputs));
  CTF_TRY(ctf_alloc_array(plan->scratch, &step->out, (size_t)outputs));
  for (int i = 0; i < node->num_inputs; ++i) step->in[i] = slot_of(c, node->inputs[i]);
  const bool can_evaluate = node->kind == CTF_PLAN_OP && node->fused == NULL && ctf_can_evaluate(node->op);
  for (int i = 0; i < outputs; ++i) {
    const TF_DataType dtype = ctf_plan_edge_dtype(c->graph, (ctf_plan_edge){at, (uint32_t)i});
    step->out[i] = add_slot(c, CTF_SLOT_OUTPUT, dtype, node->device, number, (uint32_t)i);
    plan->slots[step->out[i]].evaluable = can_evaluate;  // the schedule decides
    if (step->kind == CTF_STEP_VIEW) plan->slots[step->out[i]].root = plan->slots[step->in[i]].root;
  }
  CTF_TRY(add_controls(c, node, step));
  if (step->kind != CTF_STEP_KERNEL) return NULL;
  const ctf_device_kind kind = ctf_device_get_kind(plan->devices->devices[node->device]);
  step->kernel =
      node->fused != NULL ? ctf_fused_kernel(node->fused) : ctf_kernel_find(node->op->op, node->op->attrs, kind);
  if (step->kernel->workspace != NULL) {
    step->workspace = add_slot(c, CTF_SLOT_WORKSPACE, TF_UINT8, node->device, number, 0);
  }
  if (step->kernel->state_bytes > 0) {
    CTF_TRY(ctf_node_states_get(c->states, node->op, step->kernel, &step->state));
  }
  return NULL;
}

static ctf_status add_nodes(compile_state* c) {
  ctf_plan* plan = c->plan;
  const ctf_plan_graph* graph = c->graph;
  size_t slots = 0, steps = 0, constants = 0;
  for (size_t i = 0; i < graph->num_nodes; ++i) {
    const ctf_plan_node* node = &graph->nodes[i];
    const bool constant = node->kind == CTF_PLAN_CONSTANT || is_device_constant(c, node);
    slots += (size_t)num_outputs(node) + 1;
    constants += constant;
    steps += !constant && node->kind != CTF_PLAN_FEED;
  }
  CTF_TRY(ctf_alloc_array(plan->scratch, &plan->slots, slots));
  CTF_TRY(ctf_alloc_array(plan->scratch, &plan->steps, steps));
  CTF_TRY(ctf_alloc_array(plan->scratch, &plan->constants, constants));
  CTF_TRY(ctf_alloc_array(plan->scratch, &plan->constant_nodes, constants));
  CTF_TRY(ctf_alloc_array(plan->scratch, &plan->constant_blocks, constants));
  CTF_TRY(ctf_alloc_array(plan->scratch, &plan->constant_slots, constants));
  CTF_TRY(ctf_alloc_array(c->local, &c->first_slot, graph->num_nodes));
  CTF_TRY(ctf_alloc_array(c->local, &c->step_of, graph->num_nodes));
  for (uint32_t i = 0; i < graph->num_nodes; ++i) {
    const ctf_plan_node* node = &graph->nodes[i];
    c->step_of[i] = CTF_NONE;
    if (node->kind == CTF_PLAN_CONSTANT || is_device_constant(c, node)) {
      CTF_TRY(add_constant(c, node, &c->first_slot[i]));
    } else if (node->kind == CTF_PLAN_FEED) {
      const TF_DataType dtype = ctf_plan_edge_dtype(graph, (ctf_plan_edge){i, 0});
      c->first_slot[i] = add_slot(c, CTF_SLOT_FEED, dtype, 0, node->feed, 0);
      plan->slots[c->first_slot[i]].evaluable = true;
      plan->feed_slots[node->feed] = c->first_slot[i];
    } else {
      CTF_TRY(add_step(c, i, node));
    }
  }
  return NULL;
}

// ---- who uses which bytes

static ctf_status list_uses(ctf_plan* plan) {
  const size_t num_slots = plan->num_slots;
  CTF_TRY(ctf_alloc_array(plan->scratch, &plan->use_begin, num_slots + 2));
  uint32_t* count = plan->use_begin + 1;  // becomes begin after the fill
  for (int fill = 0; fill < 2; ++fill) {
    for (uint32_t i = 0; i < plan->num_steps; ++i) {
      const ctf_step* step = &plan->steps[i];
      if (step->kind == CTF_STEP_VIEW) continue;  // touches nothing
      const bool reads = step->kind == CTF_STEP_COPY || !(step->node->def->flags & CTF_OP_SHAPE_ONLY);
      for (int j = 0; j < step->num_inputs + step->num_outputs + 1; ++j) {
        const uint32_t slot = j < step->num_inputs                       ? step->in[j]
                              : j < step->num_inputs + step->num_outputs ? step->out[j - step->num_inputs]
                                                                         : step->workspace;
        if (slot == CTF_NONE || (j < step->num_inputs && !reads)) continue;
        const uint32_t root = plan->slots[slot].root;
        if (fill) plan->use_steps[count[root]] = i;
        ++count[fill ? root : root + 1];
      }
    }
    if (fill) break;
    for (size_t i = 1; i <= num_slots; ++i) count[i] += count[i - 1];
    CTF_TRY(ctf_alloc_array(plan->scratch, &plan->use_steps, count[num_slots]));
  }
  // Filling moved every begin to its end, which is the next one's begin: use_begin lies one entry before `count`.
  return NULL;
}

static ctf_status add_fetches(compile_state* c, const ctf_plan_request* request) {
  ctf_plan* plan = c->plan;
  plan->num_fetches = request->num_fetches;
  CTF_TRY(ctf_alloc_array(plan->scratch, &plan->fetches, request->num_fetches));
  for (size_t i = 0; i < request->num_fetches; ++i) {
    ctf_plan_fetch* fetch = &plan->fetches[i];
    fetch->slot = slot_of(c, c->graph->fetches[i]);
    ctf_slot* root = &plan->slots[plan->slots[fetch->slot].root];
    // The first fetch of a tensor that a step makes gets the memory itself; a second one gets a copy.
    fetch->takes_root = root->kind == CTF_SLOT_OUTPUT && !root->own;
    if (fetch->takes_root) root->own = true;
  }
  return NULL;
}

static void own_strings(ctf_plan* plan) {
  for (size_t i = 0; i < plan->num_slots; ++i) {
    ctf_slot* slot = &plan->slots[i];
    if (slot->kind == CTF_SLOT_OUTPUT && slot->root == i && slot->dtype == TF_STRING) slot->own = true;
  }
}

static ctf_status plan_create(TF_Graph* graph, const ctf_plan_request* request, const ctf_device_set* devices,
                              ctf_budget* budget, ctf_plan** out_plan) {
  ctf_plan* plan = NULL;
  ctf_allocator* alloc = ctf_allocator_process();
  CTF_TRY(ctf_alloc_new(alloc, &plan));
  atomic_init(&plan->refs, 1);
  pthread_mutex_init(&plan->lock, NULL);
  plan->alloc = alloc;
  plan->budget = ctf_budget_retain(budget);
  plan->graph = ctf_graph_retain(graph);
  plan->devices = devices;
  plan->num_feeds = request->num_feeds;
  *out_plan = plan;  // released by the caller from here on
  return ctf_scratch_create(alloc, 16384, &plan->scratch);
}

ctf_status ctf_plan_compile(TF_Graph* graph, const ctf_plan_request* request, const ctf_plan_options* options,
                            ctf_budget* budget, ctf_plan** out_plan) {
  ctf_status status = NULL;
  ctf_plan* plan = NULL;
  compile_state c = {0};
  const ctf_mapped_guard guard = ctf_mapped_guard_enter();
  const char* passes = options->passes != NULL ? options->passes : ctf_option_text(CTF_OPTION_PASSES);

  CTF_TRY_DONE(plan_create(graph, request, options->devices, budget, &plan));
  CTF_TRY_DONE(ctf_scratch_create(plan->alloc, 16384, &c.local));
  c.plan = plan;
  c.states = options->states;
  CTF_TRY_DONE(ctf_alloc_array(plan->scratch, &plan->feed_slots, request->num_feeds));
  CTF_TRY_DONE(ctf_alloc_array(plan->scratch, &plan->feeds, request->num_feeds));
  for (size_t i = 0; i < request->num_feeds; ++i) {
    plan->feed_slots[i] = CTF_NONE;
    plan->feeds[i] = request->feeds[i];
  }
  CTF_TRY_DONE(ctf_plan_graph_build(graph, options->view, request, c.local, plan->scratch, budget, &c.graph));
  CTF_TRY_DONE(ctf_plan_list_files(plan, c.graph));
  CTF_TRY_DONE(ctf_plan_graph_choose_devices(c.graph, graph, options->devices));
  CTF_TRY_DONE(ctf_passes_run(c.graph, passes, &plan->layout_passes));
  CTF_TRY_DONE(ctf_plan_graph_place(c.graph, options->devices));
  CTF_TRY_DONE(add_nodes(&c));
  CTF_TRY_DONE(add_fetches(&c, request));
  own_strings(plan);
  CTF_TRY_DONE(ctf_plan_schedule(plan, c.local, &options->faults));
  CTF_TRY_DONE(list_uses(plan));
  CTF_TRY_DONE(ctf_alloc_array(plan->scratch, &plan->packed, plan->num_steps));
  CTF_TRY_DONE(ctf_alloc_array(plan->scratch, &plan->packed_keys, plan->num_steps));
  CTF_TRY_DONE(align_constants(plan));
  CTF_TRY_DONE(ctf_plan_check_files(plan));
  *out_plan = plan;
  plan = NULL;  // handed over

done:
  if (c.graph != NULL) ctf_plan_graph_release(c.graph);
  ctf_allocator_free(c.local);
  ctf_plan_release(plan);
  ctf_mapped_guard_leave(&guard);
  return status;
}

const TF_Operation* ctf_slot_node(const ctf_plan* plan, const ctf_slot* slot, uint32_t* out_output) {
  while (slot->kind == CTF_SLOT_OUTPUT && plan->steps[slot->producer].kind == CTF_STEP_COPY) {
    slot = &plan->slots[plan->steps[slot->producer].in[0]];
  }
  *out_output = slot->output;
  switch (slot->kind) {
    case CTF_SLOT_FEED:
      *out_output = (uint32_t)plan->feeds[slot->producer].index;
      return plan->feeds[slot->producer].oper;
    case CTF_SLOT_CONSTANT:
      return plan->constant_nodes[slot->producer];
    default:
      break;
  }
  const ctf_step* step = &plan->steps[slot->producer];
  if (step->fused == NULL || slot->kind != CTF_SLOT_OUTPUT) return step->node;
  *out_output = 0;
  return step->fused->members[step->fused->output_members[slot->output]];
}

ctf_plan* ctf_plan_retain(ctf_plan* plan) {
  atomic_fetch_add_explicit(&plan->refs, 1, memory_order_relaxed);
  return plan;
}

void ctf_plan_release(ctf_plan* plan) {
  // acq_rel: whoever frees must see what other holders wrote.
  if (plan == NULL || atomic_fetch_sub_explicit(&plan->refs, 1, memory_order_acq_rel) > 1) return;
  if (plan->packed != NULL) ctf_layouts_drop(plan);
  for (size_t i = 0; i < plan->num_constants; ++i) {
    ctf_tensor_release(plan->constants[i]);
    const uint32_t device = plan->slots[plan->constant_slots[i]].device;
    if (plan->constant_blocks[i].data != NULL) {
      ctf_device_unreserve(plan->devices->devices[device], NULL, &plan->constant_blocks[i]);
    }
  }
  ctf_graph_release(plan->graph);
  pthread_mutex_destroy(&plan->lock);
  ctf_budget_release(plan->budget);
  ctf_allocator_free(plan->scratch);
  ctf_free(plan->alloc, plan);
}
