// A plan as graphs, one for each device, as TensorFlow's partition_graphs show what runs where.
#include <stdio.h>
#include <string.h>

#include "engine/api/export.h"
#include "engine/api/run_metadata.h"
#include "engine/fused.h"

typedef struct partition {
  const ctf_plan* plan;
  uint32_t device;
  ctf_allocator* alloc;
  size_t num_nodes;
  size_t capacity;
  ctf_node_def* nodes;
} partition;

#define MORE_THAN_NAME 48  // of "_retval_", numbers and what stands between

static ctf_bytes bytes_of(const char* text) { return (ctf_bytes){text, strlen(text)}; }

static ctf_attr_value type_value(TF_DataType type) {
  return (ctf_attr_value){.kind = CTF_ATTR_TYPE,
                          .type = type > CTF_DTYPE_REF ? (TF_DataType)(type - CTF_DTYPE_REF) : type};
}

static ctf_attr_value int_value(int64_t number) { return (ctf_attr_value){.kind = CTF_ATTR_INT, .i = number}; }

static ctf_attr_value text_value(const char* text) {
  return (ctf_attr_value){.kind = CTF_ATTR_STRING, .s = bytes_of(text)};
}

static const char* device_name(const partition* p, uint32_t device) {
  return ctf_device_name(p->plan->devices->devices[device]);
}

static ctf_status add(partition* p, ctf_bytes name, const char* op, const ctf_bytes* inputs, size_t num_inputs,
                      const ctf_named_attr* attrs, size_t num_attrs) {
  CTF_TRY(ctf_grow_array(ctf_allocator_process(), &p->nodes, &p->capacity, p->num_nodes + 1));
  p->nodes[p->num_nodes++] = (ctf_node_def){.name = name,
                                            .op = bytes_of(op),
                                            .device = bytes_of(device_name(p, p->device)),
                                            .num_inputs = num_inputs,
                                            .inputs = inputs,
                                            .num_attrs = num_attrs,
                                            .attrs = attrs};
  return NULL;
}

static ctf_status copy_attrs(const partition* p, const ctf_named_attr* attrs, size_t count,
                             const ctf_named_attr** out_copy) {
  ctf_named_attr* copy;
  CTF_TRY(ctf_alloc_array(p->alloc, &copy, count));
  for (size_t i = 0; i < count; ++i) copy[i] = attrs[i];
  *out_copy = copy;
  return NULL;
}

// ---- names

// "_arg_x_0_1": the tensor that is fed or fetched as number 1.
static ctf_status end_name(const partition* p, const char* kind, const TF_Operation* node, uint32_t output,
                           size_t number, ctf_bytes* out_name) {
  char* text;
  const size_t room = node->name.length + MORE_THAN_NAME;
  CTF_TRY(ctf_alloc_array(p->alloc, &text, room));
  snprintf(text, room, "_%s_%s_%u_%zu", kind, node->name.data, output, number);
  *out_name = bytes_of(text);
  return NULL;
}

// Both sides of a copy: "x/_3".
static ctf_status copy_name(const partition* p, uint32_t step, const char* after, ctf_bytes* out_name) {
  char* text;
  const TF_Operation* node = p->plan->steps[step].node;
  const size_t room = node->name.length + MORE_THAN_NAME;
  CTF_TRY(ctf_alloc_array(p->alloc, &text, room));
  snprintf(text, room, "%s/_%u%s", node->name.data, step, after);
  *out_name = bytes_of(text);
  return NULL;
}

static ctf_status input_name(const partition* p, uint32_t at, ctf_bytes* out_name) {
  const ctf_slot* slot = &p->plan->slots[at];
  uint32_t output;
  const TF_Operation* node = ctf_slot_node(p->plan, slot, &output);
  if (slot->kind == CTF_SLOT_FEED) return end_name(p, "arg", node, output, slot->producer, out_name);
  if (slot->kind == CTF_SLOT_OUTPUT && p->plan->steps[slot->producer].kind == CTF_STEP_COPY) {
    return copy_name(p, slot->producer, "", out_name);
  }
  *out_name = node->name;
  if (output == 0 || slot->kind == CTF_SLOT_CONSTANT) return NULL;
  char* text;
  const size_t room = node->name.length + MORE_THAN_NAME;
  CTF_TRY(ctf_alloc_array(p->alloc, &text, room));
  snprintf(text, room, "%s:%u", node->name.data, output);
  *out_name = bytes_of(text);
  return NULL;
}

// ---- nodes

static ctf_status add_feed(partition* p, uint32_t number) {
  const uint32_t at = p->plan->feed_slots[number];
  ctf_bytes name;
  const ctf_named_attr attrs[] = {{bytes_of("T"), {0}}, {bytes_of("index"), int_value(number)}};
  const ctf_named_attr* copy;
  if (at == CTF_NONE || p->device != 0) return NULL;
  CTF_TRY(input_name(p, at, &name));
  CTF_TRY(copy_attrs(p, attrs, 2, &copy));
  ((ctf_named_attr*)copy)[0].value = type_value(p->plan->slots[at].dtype);
  return add(p, name, "_Arg", NULL, 0, copy, 2);
}

static ctf_status add_constant(partition* p, size_t number) {
  const uint32_t at = p->plan->constant_slots[number];
  TF_Tensor* value = p->plan->constants[number];
  const ctf_named_attr attrs[] = {{bytes_of("dtype"), type_value(p->plan->slots[at].dtype)},
                                  {bytes_of("value"), {.kind = CTF_ATTR_TENSOR, .tensor = value}}};
  const ctf_named_attr* copy;
  if (p->plan->slots[at].device != p->device) return NULL;
  CTF_TRY(copy_attrs(p, attrs, 2, &copy));
  return add(p, p->plan->constant_nodes[number]->name, "Const", NULL, 0, copy, 2);
}

static ctf_status add_op(partition* p, const TF_Operation* node, const ctf_bytes* inputs, size_t num_inputs) {
  const ctf_named_attr* attrs;
  size_t num_attrs;
  CTF_TRY(ctf_api_node_attrs(node, p->alloc, &attrs, &num_attrs));
  return add(p, node->name, node->op->name, inputs, num_inputs, attrs, num_attrs);
}

static ctf_status control_name(const partition* p, uint32_t step, ctf_bytes* out_name) {
  char* text;
  const ctf_bytes name = p->plan->steps[step].node->name;
  CTF_TRY(ctf_alloc_array(p->alloc, &text, name.length + 2));
  text[0] = '^';
  memcpy(text + 1, name.data, name.length + 1);
  *out_name = (ctf_bytes){text, name.length + 1};
  return NULL;
}

// Controls of other devices are what orders segments: no edge of a graph.
static ctf_status step_inputs(const partition* p, const ctf_step* step, ctf_bytes** out_inputs, size_t* out_count) {
  ctf_bytes* inputs;
  size_t count = 0;
  CTF_TRY(ctf_alloc_array(p->alloc, &inputs, (size_t)step->num_inputs + step->num_controls));
  for (int i = 0; i < step->num_inputs; ++i) CTF_TRY(input_name(p, step->in[i], &inputs[count++]));
  for (size_t i = 0; i < step->num_controls; ++i) {
    const ctf_step* before = &p->plan->steps[step->controls[i]];
    if (before->device != p->device || before->kind == CTF_STEP_COPY) continue;
    CTF_TRY(control_name(p, step->controls[i], &inputs[count++]));
  }
  *out_inputs = inputs;
  *out_count = count;
  return NULL;
}

static ctf_status add_fused(partition* p, const ctf_fused* fused, const ctf_bytes* step_names) {
  const ctf_fused_program* program = &fused->program;
  for (uint32_t i = 0; i < program->num_instrs; ++i) {
    const ctf_fused_instr* instr = &program->instrs[i];
    ctf_bytes* inputs;
    CTF_TRY(ctf_alloc_array(p->alloc, &inputs, (size_t)instr->num_inputs));
    for (int j = 0; j < (int)instr->num_inputs; ++j) {
      const uint32_t from = instr->in[j];
      inputs[j] = from < program->num_inputs ? step_names[from] : fused->members[from - program->num_inputs]->name;
    }
    CTF_TRY(add_op(p, fused->members[i], inputs, (size_t)instr->num_inputs));
  }
  return NULL;
}

static ctf_status add_copy(partition* p, uint32_t at) {
  const ctf_step* step = &p->plan->steps[at];
  const uint32_t from = p->plan->slots[step->in[0]].device;
  const bool sends = from == p->device;
  ctf_bytes name, tensor, *input;
  const ctf_named_attr* attrs;
  if (!sends && step->device != p->device) return NULL;
  CTF_TRY(copy_name(p, at, sends ? "_send" : "", &name));
  CTF_TRY(copy_name(p, at, "", &tensor));
  CTF_TRY(ctf_alloc_new(p->alloc, &input));
  if (sends) CTF_TRY(input_name(p, step->in[0], input));
  const ctf_named_attr all[] = {
      {bytes_of(sends ? "T" : "tensor_type"), type_value(p->plan->slots[step->in[0]].dtype)},
      {bytes_of("tensor_name"), text_value(tensor.data)},
      {bytes_of("send_device"), text_value(device_name(p, from))},
      {bytes_of("send_device_incarnation"), int_value((int64_t)ctf_api_incarnation(p->plan->devices->devices[from]))},
      {bytes_of("recv_device"), text_value(device_name(p, step->device))},
      {bytes_of("client_terminated"), {.kind = CTF_ATTR_BOOL, .b = false}}};
  CTF_TRY(copy_attrs(p, all, sizeof(all) / sizeof(all[0]), &attrs));
  return add(p, name, sends ? "_Send" : "_Recv", input, sends, attrs, sizeof(all) / sizeof(all[0]));
}

static ctf_status add_step(partition* p, uint32_t at) {
  const ctf_step* step = &p->plan->steps[at];
  ctf_bytes* inputs;
  size_t num_inputs;
  if (step->kind == CTF_STEP_COPY) return add_copy(p, at);
  if (step->device != p->device) return NULL;
  CTF_TRY(step_inputs(p, step, &inputs, &num_inputs));
  if (step->fused != NULL) return add_fused(p, step->fused, inputs);
  return add_op(p, step->node, inputs, num_inputs);
}

static ctf_status add_fetch(partition* p, uint32_t number) {
  const uint32_t at = p->plan->fetches[number].slot;
  const ctf_slot* slot = &p->plan->slots[at];
  ctf_bytes name, *input;
  const ctf_named_attr* attrs;
  uint32_t output;
  if (slot->device != p->device) return NULL;
  const TF_Operation* node = ctf_slot_node(p->plan, slot, &output);
  CTF_TRY(ctf_alloc_new(p->alloc, &input));
  CTF_TRY(end_name(p, "retval", node, output, number, &name));
  CTF_TRY(input_name(p, at, input));
  const ctf_named_attr all[] = {{bytes_of("T"), type_value(slot->dtype)}, {bytes_of("index"), int_value(number)}};
  CTF_TRY(copy_attrs(p, all, 2, &attrs));
  return add(p, name, "_Retval", input, 1, attrs, 2);
}

static ctf_status add_all(partition* p) {
  const ctf_plan* plan = p->plan;
  for (uint32_t i = 0; i < plan->num_feeds; ++i) CTF_TRY(add_feed(p, i));
  for (size_t i = 0; i < plan->num_constants; ++i) CTF_TRY(add_constant(p, i));
  for (uint32_t i = 0; i < plan->num_steps; ++i) CTF_TRY(add_step(p, i));
  for (uint32_t i = 0; i < plan->num_fetches; ++i) CTF_TRY(add_fetch(p, i));
  return NULL;
}

ctf_status ctf_api_partition_graph(const ctf_plan* plan, uint32_t device, ctf_allocator* alloc, ctf_bytes* out_bytes) {
  partition p = {.plan = plan, .device = device, .alloc = alloc};
  *out_bytes = (ctf_bytes){0};
  ctf_status status = add_all(&p);
  if (status == NULL && p.num_nodes > 0) {
    const ctf_graph_def def = {
        .num_nodes = p.num_nodes, .nodes = p.nodes, .versions = {.producer = CTF_GRAPH_DEF_VERSION}};
    status = ctf_graph_def_write(&def, alloc, out_bytes);
  }
  ctf_free(ctf_allocator_process(), p.nodes);
  return status;
}
