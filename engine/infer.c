// Shapes of one node: its shape function, called with what is known of its inputs.
#include <stdint.h>
#include <string.h>

#include "engine/describe.h"
#include "engine/static_value.h"

enum {
  MESSAGE_BYTES = 8192,
  // GraphDefs up to this version could not tell a placeholder of unknown shape from a scalar one.
  LAST_VERSION_OF_EMPTY_SHAPES = 21,
};

// Puts the node, its shapes and its values behind the message of a shape function.
static ctf_status describe_failure(ctf_status failure, const TF_Operation* node, const ctf_shape_ctx* c) {
  char buffer[MESSAGE_BYTES];
  ctf_text text = CTF_TEXT(buffer);
  const char* before = " and with computed input tensors: ";
  if (ctf_status_code(failure) == TF_RESOURCE_EXHAUSTED) return failure;  // about this process, not about shapes
  ctf_text_put(&text, "%s for '", ctf_status_message(failure));
  ctf_text_put_node(&text, node);
  ctf_text_put(&text, "' with input shapes: ");
  for (int i = 0; i < c->num_inputs && text.length + 1 < text.size; ++i) {
    const ctf_shape_text shape = ctf_shape_print(c->inputs[i]);
    ctf_text_put(&text, "%s%s", i > 0 ? ", " : "", c->inputs[i].rank < 0 ? "?" : shape.text);
  }
  for (int i = 0; i < c->num_inputs && text.length + 1 < text.size; ++i) {
    if (c->values[i] == NULL) continue;
    ctf_text_put(&text, "%sinput[%d] = <", before, i);
    ctf_text_put_elements(&text, c->values[i], INT64_MAX);
    ctf_text_put(&text, ">");
    before = ", ";
  }
  ctf_text_put(&text, ".");
  const ctf_status described = ctf_error(ctf_status_code(failure), "%s", buffer);
  ctf_status_drop(failure);  // its message is part of the one that replaces it
  return described;
}

static ctf_status infer(const TF_Operation* node, const ctf_shape* shapes, const ctf_tensor* const* values,
                        const ctf_shape* value_shapes, bool building, ctf_allocator* scratch, ctf_shape* out_shapes) {
  for (int i = 0; i < node->num_outputs; ++i) out_shapes[i] = CTF_SHAPE_UNKNOWN;
  if (node->def == NULL || node->def->shape == NULL) return NULL;
  ctf_shape_ctx c = {
      .op = node->op,
      .attrs = node->decoded_attrs,
      .num_inputs = node->num_inputs,
      .inputs = shapes,
      .input_types = node->input_types,
      .values = values,
      .value_shapes = value_shapes,
      .num_outputs = node->num_outputs,
      .outputs = out_shapes,
      .output_types = node->output_types,
      .scratch = scratch,
      .building = building,
  };
  const ctf_status status = node->def->shape(&c);
  return status == NULL ? NULL : describe_failure(status, node, &c);
}

ctf_status ctf_node_infer(const TF_Operation* node, const ctf_shape* shapes, const ctf_tensor* const* values,
                          ctf_allocator* scratch, ctf_shape* out_shapes) {
  return infer(node, shapes, values, NULL, false, scratch, out_shapes);
}

// All of TensorFlow's own ops have one there, and here get it with their kernels: those that programs add are meant.
static ctf_status check_shape_function(const TF_Operation* node) {
  if (!node->graph->requires_shape_functions || ctf_op_interface_number(node->op) != SIZE_MAX) return NULL;
  if (node->def != NULL && node->def->shape != NULL) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "No shape inference function exists for op '%s', did you forget to define it?",
                   node->op->name);
}

ctf_status ctf_node_infer_in_graph(TF_Operation* node, int32_t producer, ctf_allocator* temporary,
                                   ctf_allocator* scratch) {
  ctf_shape *shapes, *value_shapes;
  const ctf_tensor** values;
  bool any_value = false;
  CTF_TRY(check_shape_function(node));
  if (node->def == NULL) {
    for (int i = 0; i < node->num_outputs; ++i) node->output_shapes[i] = CTF_SHAPE_UNKNOWN;
    return NULL;
  }
  CTF_TRY(ctf_alloc_array(temporary, &shapes, (size_t)node->num_inputs));
  CTF_TRY(ctf_alloc_array(temporary, &values, (size_t)node->num_inputs));
  CTF_TRY(ctf_alloc_array(temporary, &value_shapes, (size_t)node->num_inputs));
  for (int i = 0; i < node->num_inputs; ++i) {
    TF_Operation* const source = (TF_Operation*)node->sources[i];
    const int32_t index = node->inputs[i].index;
    shapes[i] = source == NULL ? CTF_SHAPE_UNKNOWN : source->output_shapes[index];  // NULL: a back edge
    value_shapes[i] = CTF_SHAPE_UNKNOWN;
    if (!ctf_op_reads_value(node->def, i, node->num_inputs)) continue;
    CTF_TRY(ctf_static_value(source, index, temporary, &values[i]));
    any_value = any_value || values[i] != NULL;
    if (values[i] == NULL) CTF_TRY(ctf_static_shape(source, index, temporary, scratch, &value_shapes[i]));
  }
  if (any_value) {  // TensorFlow asks without the values first: what is wrong whatever they are is said first
    const ctf_tensor** none;
    CTF_TRY(ctf_alloc_array(temporary, &none, (size_t)node->num_inputs));
    CTF_TRY(infer(node, shapes, none, NULL, true, scratch, node->output_shapes));
  }
  CTF_TRY(infer(node, shapes, values, value_shapes, true, scratch, node->output_shapes));
  // What is fed in place of the default need not have its shape.
  if (strcmp(node->op->name, "PlaceholderWithDefault") == 0) {
    node->output_shapes[0] = node->attrs[ctf_op_interface_attr(node->op, "shape", 5)].shape;
  }
  if (producer <= LAST_VERSION_OF_EMPTY_SHAPES && strcmp(node->op->name, "Placeholder") == 0 &&
      node->output_shapes[0].rank == 0) {
    node->output_shapes[0] = CTF_SHAPE_UNKNOWN;
  }
  return NULL;
}

ctf_status ctf_node_merge_shape(TF_Operation* node, int output, ctf_shape shape, ctf_allocator* scratch) {
  ctf_shape merged;
  ctf_shape_ctx c = {.scratch = scratch, .outputs = &merged};
  CTF_TRY(ctf_shape_merge(&c, node->output_shapes[output], shape, &merged));
  if (merged.dims == shape.dims) CTF_TRY(ctf_shape_set(&c, 0, shape.rank, shape.dims));  // those of the caller go
  node->output_shapes[output] = merged;
  ++node->graph->shape_epoch;
  return NULL;
}
