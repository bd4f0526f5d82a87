#include "engine/mutate.h"

#include <string.h>

#include "engine/describe.h"
#include "runtime/log.h"

#define TEMPORARY_BYTES 1024

// ---- views

const TF_Operation* ctf_node_seen(TF_Operation* node, const ctf_graph_view* view) {
  const TF_Operation* seen = ctf_node_latest(node);
  if (seen == node || view == NULL) return seen;
  size_t num_changes = SIZE_MAX;
  for (size_t i = 0; i < view->num_steps && num_changes == SIZE_MAX; ++i) {
    if (node->id < view->steps[i].num_nodes) num_changes = view->steps[i].num_changes;
  }
  while (seen->since > num_changes) seen = seen->before;  // that of the first is 0
  return seen;
}

#define WARNING_BYTES 768

// The last of the changes that the view has not looked at and that are to nodes it had seen.
static bool describe_late_change(const TF_Graph* graph, const ctf_graph_view* view, char* out_text) {
  ctf_text text = {.data = out_text, .size = WARNING_BYTES};
  for (size_t i = graph->num_changes; i > view->num_changes; --i) {
    const ctf_change* change = &graph->changes[i - 1];
    if (change->node >= view->num_nodes) continue;
    ctf_text_put(&text, "Operation '");
    ctf_text_put_node(&text, ctf_node_latest(graph->nodes[change->node]));
    ctf_text_put(
        &text,
        "' was changed by %s after it was run by a session. This mutation will have no effect, and will "
        "trigger an error in the future. Either don't modify nodes after running them or create a new session.",
        change->what);
    return true;
  }
  return false;
}

static ctf_status extend(TF_Graph* graph, ctf_graph_view* view) {
  const size_t num_nodes = graph->num_nodes, num_changes = graph->num_changes;
  if (num_nodes > view->num_nodes) {
    const bool follows = view->num_steps > 0 && view->steps[view->num_steps - 1].num_changes == num_changes;
    if (!follows) {
      CTF_TRY(ctf_grow_array(graph->alloc, &view->steps, &view->capacity, view->num_steps + 1));
      ++view->num_steps;
    }
    view->steps[view->num_steps - 1] = (ctf_view_step){num_nodes, num_changes};
  }
  view->num_nodes = num_nodes;
  view->num_changes = num_changes;
  return NULL;
}

ctf_status ctf_graph_view_extend(TF_Graph* graph, ctf_graph_view* view) {
  char text[WARNING_BYTES];
  pthread_mutex_lock(&graph->lock);
  const bool is_late = describe_late_change(graph, view, text);
  const ctf_status status = extend(graph, view);
  pthread_mutex_unlock(&graph->lock);
  if (is_late) ctf_log(CTF_LOG_WARNING, "%s", text);
  return status;
}

void ctf_graph_view_deinit(TF_Graph* graph, ctf_graph_view* view) {
  ctf_free(graph->alloc, view->steps);
  view->steps = NULL;
}

// ---- changes

// The latest node as it would be given again. Arrays are from `temporary`; values stay the node's.
static ctf_status describe(const TF_Operation* node, ctf_allocator* temporary, ctf_node_spec* out_spec) {
  ctf_named_attr* attrs;
  TF_DataType* types;
  size_t num_attrs = 0;
  CTF_TRY(ctf_alloc_array(temporary, &attrs, (size_t)node->op->num_attrs + node->num_extra_attrs + 1));
  CTF_TRY(ctf_alloc_array(temporary, &types, (size_t)node->num_inputs));
  for (int i = 0; i < node->op->num_attrs; ++i) {
    const char* name = node->op->attrs[i].name;
    if (node->attr_given[i]) attrs[num_attrs++] = (ctf_named_attr){{name, strlen(name)}, node->attrs[i]};
  }
  for (size_t i = 0; i < node->num_extra_attrs; ++i) attrs[num_attrs++] = node->extra_attrs[i];
  for (int i = 0; i < node->num_inputs; ++i) {
    const TF_Operation* from = ctf_node_latest(node->graph->nodes[node->inputs[i].node]);
    const int32_t index = node->inputs[i].index;
    types[i] = index < from->num_outputs ? from->output_types[index] : node->input_types[i];
  }
  *out_spec = (ctf_node_spec){.name = node->name,
                              .op = {node->op->name, strlen(node->op->name)},
                              .device = node->device,
                              .num_attrs = num_attrs,
                              .attrs = attrs,
                              .num_inputs = node->num_inputs,
                              .inputs = node->inputs,
                              .given_types = types,
                              .num_controls = node->num_controls,
                              .controls = node->controls,
                              .experimental = node->experimental,
                              .producer = node->graph->versions.producer};
  return NULL;
}

static ctf_status copy_attrs(TF_Operation* node, const ctf_node_spec* spec, ctf_allocator* scratch) {
  const ctf_op_interface* op = node->op;
  bool* given;
  node->attr_given = NULL;  // nothing of the node before is released with this one
  node->num_extra_attrs = 0;
  CTF_TRY(ctf_alloc_array(scratch, &node->attrs, (size_t)op->num_attrs));
  CTF_TRY(ctf_alloc_array(scratch, &node->extra_attrs, spec->num_attrs));
  CTF_TRY(ctf_alloc_array(scratch, &given, (size_t)op->num_attrs));
  node->attr_given = given;
  for (int i = 0; i < op->num_attrs; ++i) {
    if (op->attrs[i].default_value != NULL) node->attrs[i] = *op->attrs[i].default_value;
  }
  for (size_t i = 0; i < spec->num_attrs; ++i) {
    const ctf_named_attr* attr = &spec->attrs[i];
    const int at = ctf_op_interface_attr(op, attr->name.data, attr->name.length);
    ctf_named_attr* extra = &node->extra_attrs[node->num_extra_attrs];
    CTF_TRY(ctf_attr_value_copy(&attr->value, scratch, at >= 0 ? &node->attrs[at] : &extra->value));
    if (at >= 0) {
      given[at] = true;
      continue;
    }
    extra->name = attr->name;
    ++node->num_extra_attrs;
  }
  return NULL;
}

static ctf_status copy_edges(TF_Operation* node, const ctf_node_spec* spec, ctf_allocator* scratch) {
  const size_t num_inputs = (size_t)spec->num_inputs;
  CTF_TRY(ctf_alloc_array(scratch, &node->inputs, num_inputs));
  CTF_TRY(ctf_alloc_array(scratch, &node->controls, spec->num_controls));
  CTF_TRY(ctf_alloc_array(scratch, &node->sources, num_inputs + spec->num_controls));
  for (size_t i = 0; i < num_inputs; ++i) {
    node->inputs[i] = spec->inputs[i];
    node->sources[i] = node->graph->nodes[spec->inputs[i].node];
  }
  for (size_t i = 0; i < spec->num_controls; ++i) {
    node->controls[i] = spec->controls[i];
    node->sources[num_inputs + i] = node->graph->nodes[spec->controls[i]];
  }
  node->num_controls = spec->num_controls;
  return NULL;
}

// What the program made of the node, though it cannot run: `why` is kept for whoever tries, and taken.
static ctf_status make_invalid(const TF_Operation* before, const ctf_node_spec* spec, ctf_status why,
                               TF_Operation** out_node) {
  ctf_allocator* scratch = before->graph->scratches[0];
  TF_Operation* node = NULL;
  char* device;
  ctf_status status = ctf_alloc_new(scratch, &node);
  if (status == NULL) {
    *node = (TF_Operation){.graph = before->graph,
                           .name = before->name,
                           .op = before->op,
                           .def = before->def,
                           .decoded_attrs = before->decoded_attrs,
                           .num_inputs = before->num_inputs,
                           .input_types = before->input_types,
                           .num_outputs = before->num_outputs,
                           .output_types = before->output_types,
                           .output_shapes = before->output_shapes,
                           .experimental = spec->experimental,
                           .invalid = why};
    why = NULL;  // goes with the node
    status = ctf_alloc_string(scratch, spec->device.data, spec->device.length, &device);
  }
  if (status == NULL) {
    node->device = (ctf_bytes){device, spec->device.length};
    status = copy_attrs(node, spec, scratch);
  }
  if (status == NULL) status = copy_edges(node, spec, scratch);
  if (status != NULL) {
    ctf_status_drop(why);  // there is no memory to keep it for
    ctf_node_release(node);
    return status;
  }
  *out_node = node;
  return NULL;
}

static ctf_status replace(TF_Operation* first, const ctf_node_spec* spec, const char* what) {
  TF_Graph* graph = first->graph;
  TF_Operation *before = ctf_node_latest(first), *node = NULL;
  CTF_TRY(ctf_grow_array(graph->alloc, &graph->changes, &graph->change_capacity, graph->num_changes + 1));
  const ctf_status invalid = ctf_node_build(graph, spec, graph->scratches[0], &node);
  if (ctf_status_code(invalid) == TF_RESOURCE_EXHAUSTED) return invalid;
  if (invalid != NULL) CTF_TRY(make_invalid(before, spec, invalid, &node));
  // Shapes that were known of the outputs stay known, as in TensorFlow.
  if (node->num_outputs == before->num_outputs) node->output_shapes = before->output_shapes;
  node->id = first->id;
  node->before = before;
  graph->changes[graph->num_changes] = (ctf_change){first->id, what};
  node->since = ++graph->num_changes;
  ++graph->shape_epoch;  // values that follow from the node are not known any more
  // release: see ctf_node_latest.
  atomic_store_explicit(&first->latest, node, memory_order_release);
  return NULL;
}

// A change that begins with the node as it is now: *out_temporary is the caller's also on failure.
static ctf_status begin(TF_Operation* node, ctf_allocator** out_temporary, ctf_node_spec* out_spec) {
  CTF_TRY(ctf_scratch_create(node->graph->alloc, TEMPORARY_BYTES, out_temporary));
  return describe(ctf_node_latest(node), *out_temporary, out_spec);
}

static ctf_status change_attr(ctf_node_spec* spec, const char* name, const ctf_attr_value* value,
                              ctf_allocator* scratch) {
  ctf_named_attr* attrs = (ctf_named_attr*)spec->attrs;  // made by describe, with room for one more
  size_t at = 0;
  while (at < spec->num_attrs && !ctf_bytes_equal(attrs[at].name, name)) ++at;
  if (value == NULL) {
    if (at < spec->num_attrs) attrs[at] = attrs[--spec->num_attrs];
    return NULL;
  }
  if (at == spec->num_attrs) {
    char* copy;
    CTF_TRY(ctf_alloc_string(scratch, name, strlen(name), &copy));
    attrs[at].name = (ctf_bytes){copy, strlen(name)};
    ++spec->num_attrs;
  }
  attrs[at].value = *value;
  return NULL;
}

ctf_status ctf_node_change_attr(TF_Operation* node, const char* name, const ctf_attr_value* value) {
  ctf_status status = NULL;
  ctf_allocator* temporary = NULL;
  ctf_node_spec spec;
  CTF_TRY_DONE(begin(node, &temporary, &spec));
  CTF_TRY_DONE(change_attr(&spec, name, value, node->graph->scratches[0]));
  CTF_TRY_DONE(replace(node, &spec, value != NULL ? "setting attribute" : "clearing attribute"));

done:
  ctf_allocator_free(temporary);
  return status;
}

ctf_status ctf_node_change_device(TF_Operation* node, const char* device) {
  ctf_status status = NULL;
  ctf_allocator* temporary = NULL;
  ctf_node_spec spec;
  CTF_TRY_DONE(begin(node, &temporary, &spec));
  spec.device = (ctf_bytes){device, strlen(device)};
  CTF_TRY_DONE(replace(node, &spec, "setting device"));

done:
  ctf_allocator_free(temporary);
  return status;
}

ctf_status ctf_node_change_input(TF_Operation* node, int input, ctf_edge from) {
  ctf_status status = NULL;
  ctf_allocator* temporary = NULL;
  ctf_node_spec spec;
  ctf_edge* inputs;
  CTF_TRY_DONE(begin(node, &temporary, &spec));
  CTF_TRY_DONE(ctf_alloc_array(temporary, &inputs, (size_t)spec.num_inputs));
  for (int i = 0; i < spec.num_inputs; ++i) inputs[i] = spec.inputs[i];
  inputs[input] = from;
  spec.inputs = inputs;
  ((TF_DataType*)spec.given_types)[input] = ctf_node_latest(node->graph->nodes[from.node])->output_types[from.index];
  CTF_TRY_DONE(replace(node, &spec, "updating input tensor"));

done:
  ctf_allocator_free(temporary);
  return status;
}

ctf_status ctf_node_add_control(TF_Operation* node, const TF_Operation* before) {
  ctf_status status = NULL;
  ctf_allocator* temporary = NULL;
  ctf_node_spec spec;
  uint32_t* controls;
  CTF_TRY_DONE(begin(node, &temporary, &spec));
  CTF_TRY_DONE(ctf_alloc_array(temporary, &controls, spec.num_controls + 1));
  for (size_t i = 0; i < spec.num_controls; ++i) {
    if (spec.controls[i] == before->id) goto done;  // said twice is said once
    controls[i] = spec.controls[i];
  }
  controls[spec.num_controls++] = before->id;
  spec.controls = controls;
  CTF_TRY_DONE(replace(node, &spec, "adding control input"));

done:
  ctf_allocator_free(temporary);
  return status;
}

ctf_status ctf_node_remove_controls(TF_Operation* node) {
  ctf_status status = NULL;
  ctf_allocator* temporary = NULL;
  ctf_node_spec spec;
  CTF_TRY_DONE(begin(node, &temporary, &spec));
  if (spec.num_controls == 0) goto done;
  spec.num_controls = 0;
  CTF_TRY_DONE(replace(node, &spec, "removing all control inputs"));

done:
  ctf_allocator_free(temporary);
  return status;
}

ctf_status ctf_node_change_experimental(TF_Operation* node, ctf_bytes experimental) {
  ctf_status status = NULL;
  ctf_allocator* temporary = NULL;
  ctf_node_spec spec;
  char* copy;
  CTF_TRY_DONE(begin(node, &temporary, &spec));
  CTF_TRY_DONE(ctf_alloc_string(node->graph->scratches[0], experimental.data, experimental.length, &copy));
  spec.experimental = (ctf_bytes){copy, experimental.length};
  CTF_TRY_DONE(replace(node, &spec, "setting fulltype"));

done:
  ctf_allocator_free(temporary);
  return status;
}
