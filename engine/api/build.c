// Describing an operation and adding it to its graph.
//
// As in TensorFlow, attributes that follow from the inputs (element types, lengths of lists) are set from them here;
// everything else is checked when the operation is finished, by the same code as at import.
#include "engine/api/build.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLOCATION_ATTR "_class"
#define COLOCATION_PREFIX "loc:@"

void ctf_build_fail(TF_OperationDescription* desc, ctf_status status) {
  if (status == NULL) return;
  if (desc->failure == NULL) {
    desc->failure = status;
  } else {
    ctf_status_drop(status);  // what went wrong first explains what goes wrong later
  }
}

ctf_status ctf_build_copy_bytes(TF_OperationDescription* desc, const void* data, size_t length, ctf_bytes* out_bytes) {
  char* copy;
  if (data == NULL && length > 0) return ctf_error(TF_INVALID_ARGUMENT, "a text is NULL and has a length");
  CTF_TRY(ctf_alloc_string(desc->scratch, length > 0 ? data : "", length, &copy));
  *out_bytes = (ctf_bytes){copy, length};
  return NULL;
}

// ---- attributes

#define ATTR_TEXT_BYTES 48

static const char* print_attr(const ctf_attr_value* value, char text[ATTR_TEXT_BYTES]) {
  if (value->is_list) {
    snprintf(text, ATTR_TEXT_BYTES, "[%zu values]", value->count);
  } else if (value->kind == CTF_ATTR_TYPE) {
    snprintf(text, ATTR_TEXT_BYTES, "%s", ctf_dtype_get(value->type)->enum_name);
  } else if (value->kind == CTF_ATTR_INT) {
    snprintf(text, ATTR_TEXT_BYTES, "%" PRId64, value->i);
  } else if (value->kind == CTF_ATTR_FLOAT) {
    snprintf(text, ATTR_TEXT_BYTES, "%g", (double)value->f);
  } else if (value->kind == CTF_ATTR_BOOL) {
    snprintf(text, ATTR_TEXT_BYTES, "%s", value->b ? "true" : "false");
  } else if (value->kind == CTF_ATTR_STRING) {
    snprintf(text, ATTR_TEXT_BYTES, "\"%.40s\"", value->s.data);
  } else {
    snprintf(text, ATTR_TEXT_BYTES, "a %s", ctf_attr_kind_name(value->kind));
  }
  return text;
}

static ctf_status put_attr(TF_OperationDescription* desc, const char* name, const ctf_attr_value* value,
                           bool* out_taken) {
  char old_text[ATTR_TEXT_BYTES], text[ATTR_TEXT_BYTES];
  if (name == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the name of an attribute is NULL");
  for (size_t i = 0; i < desc->num_attrs; ++i) {
    if (!ctf_bytes_equal(desc->attrs[i].name, name)) continue;
    if (ctf_attr_value_equal(&desc->attrs[i].value, value)) return NULL;
    return ctf_error(TF_INVALID_ARGUMENT, "Inconsistent values for attr '%s' %s vs. %s while building NodeDef '%s'",
                     name, print_attr(&desc->attrs[i].value, old_text), print_attr(value, text), desc->name.data);
  }
  ctf_named_attr attr = {.value = *value};
  CTF_TRY(ctf_build_copy_bytes(desc, name, strlen(name), &attr.name));
  CTF_TRY(ctf_grow_array(desc->graph->alloc, &desc->attrs, &desc->attr_capacity, desc->num_attrs + 1));
  desc->attrs[desc->num_attrs++] = attr;
  *out_taken = true;
  return NULL;
}

void ctf_build_put_attr(TF_OperationDescription* desc, const char* name, const ctf_attr_value* value) {
  bool taken = false;
  ctf_build_fail(desc, put_attr(desc, name, value, &taken));
  if (!taken) ctf_attr_value_release(value);
}

// ---- lifetime

static void free_description(TF_OperationDescription* desc) {
  if (desc == NULL) return;
  TF_Graph* graph = desc->graph;
  for (size_t i = 0; i < desc->num_attrs; ++i) ctf_attr_value_release(&desc->attrs[i].value);
  ctf_free(graph->alloc, desc->attrs);
  ctf_free(graph->alloc, desc->inputs);
  ctf_free(graph->alloc, desc->types);
  ctf_free(graph->alloc, desc->controls);
  ctf_free(graph->alloc, desc->colocations);
  ctf_allocator_free(desc->scratch);
  ctf_status_drop(desc->failure);  // has been reported, or nobody asks any more
  ctf_free(graph->alloc, desc);
  ctf_graph_release(graph);
}

static ctf_status begin(TF_OperationDescription* desc, const char* op_type, const char* oper_name) {
  if (op_type == NULL) op_type = "";
  if (oper_name == NULL) oper_name = "";
  CTF_TRY(ctf_scratch_create(desc->graph->alloc, CTF_API_SCRATCH_BYTES, &desc->scratch));
  CTF_TRY(ctf_build_copy_bytes(desc, oper_name, strlen(oper_name), &desc->name));
  CTF_TRY(ctf_build_copy_bytes(desc, op_type, strlen(op_type), &desc->op));
  CTF_TRY(ctf_build_copy_bytes(desc, "", 0, &desc->device));
  return NULL;
}

TF_OperationDescription* TF_NewOperation(TF_Graph* graph, const char* op_type, const char* oper_name) {
  TF_OperationDescription* desc;
  if (graph == NULL) return NULL;
  ctf_status status = ctf_alloc_new(graph->alloc, &desc);
  if (status == NULL) {
    desc->graph = ctf_graph_retain(graph);
    status = begin(desc, op_type, oper_name);
    if (status != NULL) free_description(desc);
  }
  if (status != NULL) {
    ctf_status_drop(status);  // NULL says it: there was no memory
    return NULL;
  }
  desc->interface = ctf_op_interface_find(desc->op.data, desc->op.length);
  if (desc->interface == NULL) {
    ctf_build_fail(desc, ctf_error(TF_INVALID_ARGUMENT,
                                   "Op type not registered '%s' in ctf: it is not one of TensorFlow's ops. While "
                                   "building NodeDef '%s'",
                                   desc->op.data, desc->name.data));
  }
  return desc;
}

void TF_SetDevice(TF_OperationDescription* desc, const char* device) {
  if (desc == NULL) return;
  if (device == NULL) device = "";
  ctf_build_fail(desc, ctf_build_copy_bytes(desc, device, strlen(device), &desc->device));
}

// ---- inputs

static ctf_status check_input(const TF_OperationDescription* desc, TF_Output input) {
  if (input.oper == NULL) {
    return ctf_error(TF_INVALID_ARGUMENT, "an input of node '%s' is NULL", desc->name.data);
  }
  if (input.oper->graph != desc->graph) {
    return ctf_error(TF_INVALID_ARGUMENT, "input '%s' of node '%s' belongs to another graph", input.oper->name.data,
                     desc->name.data);
  }
  if (input.index < 0 || input.index >= ctf_node_latest(input.oper)->num_outputs) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "Attempt to add output %d of %s not in range [0, %d) to node with type %s. Node: {{node %s}}",
                     input.index, input.oper->name.data, input.oper->num_outputs, desc->op.data, input.oper->name.data);
  }
  return NULL;
}

static ctf_status push_inputs(TF_OperationDescription* desc, const TF_Output* inputs, size_t count) {
  ctf_allocator* alloc = desc->graph->alloc;
  for (size_t i = 0; i < count; ++i) CTF_TRY(check_input(desc, inputs[i]));
  CTF_TRY(ctf_grow_array(alloc, &desc->inputs, &desc->input_capacity, desc->num_inputs + count));
  CTF_TRY(ctf_grow_array(alloc, &desc->types, &desc->type_capacity, desc->num_inputs + count));
  for (size_t i = 0; i < count; ++i) {
    desc->inputs[desc->num_inputs] = (ctf_edge){inputs[i].oper->id, inputs[i].index};
    desc->types[desc->num_inputs++] = ctf_node_latest(inputs[i].oper)->output_types[inputs[i].index];
  }
  return NULL;
}

static void put_type(TF_OperationDescription* desc, const char* attr, TF_DataType type) {
  const ctf_attr_value value = {.kind = CTF_ATTR_TYPE, .type = ctf_dtype_base(type)};
  ctf_build_put_attr(desc, attr, &value);
}

// The next argument of the definition, or what is wrong with giving one of this kind now.
static ctf_status next_arg(TF_OperationDescription* desc, bool is_list, const ctf_arg_info** out_arg) {
  if (desc->next_arg >= desc->interface->num_inputs) {
    return ctf_error(TF_INVALID_ARGUMENT, "More Input() calls than the %d input_args while building NodeDef '%s'",
                     desc->interface->num_inputs, desc->name.data);
  }
  const ctf_arg_info* arg = &desc->interface->inputs[desc->next_arg++];
  const bool wants_list = arg->number_attr != NULL || arg->type_list_attr != NULL;
  if (wants_list && !is_list) {
    return ctf_error(TF_INVALID_ARGUMENT, "Single tensor passed to '%s', expected list while building NodeDef '%s'",
                     arg->name, desc->name.data);
  }
  if (!wants_list && is_list) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "List provided to input '%s' when single Tensor expected while building NodeDef '%s'", arg->name,
                     desc->name.data);
  }
  *out_arg = arg;
  return NULL;
}

static ctf_status add_input(TF_OperationDescription* desc, TF_Output input) {
  const ctf_arg_info* arg;
  CTF_TRY(next_arg(desc, false, &arg));
  CTF_TRY(push_inputs(desc, &input, 1));
  if (arg->type_attr != NULL) put_type(desc, arg->type_attr, desc->types[desc->num_inputs - 1]);
  return NULL;
}

void TF_AddInput(TF_OperationDescription* desc, TF_Output input) {
  if (desc == NULL || desc->failure != NULL) return;
  ctf_build_fail(desc, add_input(desc, input));
}

static ctf_status put_list_types(TF_OperationDescription* desc, const char* attr, const TF_DataType* types,
                                 size_t count) {
  TF_DataType* copy;
  CTF_TRY(ctf_alloc_array(desc->scratch, &copy, count));
  for (size_t i = 0; i < count; ++i) copy[i] = ctf_dtype_base(types[i]);
  const ctf_attr_value value = {.kind = CTF_ATTR_TYPE, .is_list = true, .count = count, .types = copy};
  ctf_build_put_attr(desc, attr, &value);
  return NULL;
}

static ctf_status add_input_list(TF_OperationDescription* desc, const TF_Output* inputs, int num_inputs) {
  const ctf_arg_info* arg;
  if (num_inputs < 0 || (num_inputs > 0 && inputs == NULL)) {
    return ctf_error(TF_INVALID_ARGUMENT, "a list of %d inputs was given to node '%s'", num_inputs, desc->name.data);
  }
  const size_t count = (size_t)num_inputs;
  CTF_TRY(next_arg(desc, true, &arg));
  CTF_TRY(push_inputs(desc, inputs, count));
  const TF_DataType* types = desc->types + (desc->num_inputs - count);
  if (arg->type_list_attr != NULL) return put_list_types(desc, arg->type_list_attr, types, count);

  const ctf_attr_value number = {.kind = CTF_ATTR_INT, .i = num_inputs};
  ctf_build_put_attr(desc, arg->number_attr, &number);
  if (arg->type_attr == NULL || count == 0) return NULL;
  for (size_t i = 1; i < count; ++i) {
    if (ctf_dtype_base(types[i]) == ctf_dtype_base(types[0])) continue;
    return ctf_error(TF_INVALID_ARGUMENT, "Input '%s' passed %s expected %s while building NodeDef '%s'", arg->name,
                     ctf_dtype_get(types[i])->tf_name, ctf_dtype_get(types[0])->tf_name, desc->name.data);
  }
  put_type(desc, arg->type_attr, types[0]);
  return NULL;
}

void TF_AddInputList(TF_OperationDescription* desc, const TF_Output* inputs, int num_inputs) {
  if (desc == NULL || desc->failure != NULL) return;
  ctf_build_fail(desc, add_input_list(desc, inputs, num_inputs));
}

static ctf_status add_control(TF_OperationDescription* desc, const TF_Operation* input) {
  if (input == NULL || input->graph != desc->graph) {
    return ctf_error(TF_INVALID_ARGUMENT, "a control input of node '%s' is %s", desc->name.data,
                     input == NULL ? "NULL" : "of another graph");
  }
  for (size_t i = 0; i < desc->num_controls; ++i) {
    if (desc->controls[i] == input->id) return NULL;  // said twice is said once
  }
  CTF_TRY(ctf_grow_array(desc->graph->alloc, &desc->controls, &desc->control_capacity, desc->num_controls + 1));
  desc->controls[desc->num_controls++] = input->id;
  return NULL;
}

void TF_AddControlInput(TF_OperationDescription* desc, TF_Operation* input) {
  if (desc == NULL || desc->failure != NULL) return;
  ctf_build_fail(desc, add_control(desc, input));
}

// ---- colocation: a list attribute that several calls add to, sorted and without doubles

static ctf_status add_colocation(TF_OperationDescription* desc, const char* text, size_t length) {
  ctf_bytes copy;
  size_t at = 0;
  for (; at < desc->num_colocations; ++at) {
    const int order = strcmp(desc->colocations[at].data, text);
    if (order == 0) return NULL;
    if (order > 0) break;
  }
  CTF_TRY(ctf_build_copy_bytes(desc, text, length, &copy));
  CTF_TRY(
      ctf_grow_array(desc->graph->alloc, &desc->colocations, &desc->colocation_capacity, desc->num_colocations + 1));
  memmove(desc->colocations + at + 1, desc->colocations + at, (desc->num_colocations - at) * sizeof(ctf_bytes));
  desc->colocations[at] = copy;
  ++desc->num_colocations;
  return NULL;
}

static ctf_status colocate(TF_OperationDescription* desc, const TF_Operation* op) {
  char* text;
  if (op == NULL || op->graph != desc->graph) {
    return ctf_error(TF_INVALID_ARGUMENT, "node '%s' is colocated with %s", desc->name.data,
                     op == NULL ? "NULL" : "a node of another graph");
  }
  const size_t prefix = strlen(COLOCATION_PREFIX), length = prefix + op->name.length;
  CTF_TRY(ctf_alloc_array(desc->scratch, &text, length + 1));
  memcpy(text, COLOCATION_PREFIX, prefix);
  memcpy(text + prefix, op->name.data, op->name.length);
  return add_colocation(desc, text, length);
}

void TF_ColocateWith(TF_OperationDescription* desc, TF_Operation* op) {
  if (desc == NULL || desc->failure != NULL) return;
  ctf_build_fail(desc, colocate(desc, op));
}

// Takes what was set as an attribute of that name into the list, and makes the list the attribute.
static ctf_status finish_colocations(TF_OperationDescription* desc) {
  if (desc->num_colocations == 0) return NULL;
  for (size_t i = 0; i < desc->num_attrs; ++i) {
    const ctf_attr_value value = desc->attrs[i].value;
    if (!ctf_bytes_equal(desc->attrs[i].name, COLOCATION_ATTR) || !value.is_list || value.kind != CTF_ATTR_STRING) {
      continue;
    }
    for (size_t s = 0; s < value.count; ++s) {
      CTF_TRY(add_colocation(desc, value.strings[s].data, value.strings[s].length));
    }
    desc->attrs[i] = desc->attrs[--desc->num_attrs];
    break;
  }
  const ctf_attr_value value = {
      .kind = CTF_ATTR_STRING, .is_list = true, .count = desc->num_colocations, .strings = desc->colocations};
  ctf_build_put_attr(desc, COLOCATION_ATTR, &value);
  return NULL;
}

// ---- the end

static ctf_status finish(TF_OperationDescription* desc, TF_Operation** out_node) {
  ctf_build_fail(desc, finish_colocations(desc));
  if (desc->failure == NULL && desc->next_arg < desc->interface->num_inputs) {
    ctf_build_fail(desc,
                   ctf_error(TF_INVALID_ARGUMENT, "%d inputs specified of %d inputs in Op while building NodeDef '%s'",
                             desc->next_arg, desc->interface->num_inputs, desc->name.data));
  }
  if (desc->failure != NULL) {
    const ctf_status failure = desc->failure;
    desc->failure = NULL;
    return failure;
  }
  const ctf_node_spec spec = {.name = desc->name,
                              .op = desc->op,
                              .device = desc->device,
                              .num_attrs = desc->num_attrs,
                              .attrs = desc->attrs,
                              .num_inputs = (int)desc->num_inputs,
                              .inputs = desc->inputs,
                              .given_types = desc->types,
                              .num_controls = desc->num_controls,
                              .controls = desc->controls};
  return ctf_graph_add(desc->graph, &spec, out_node);
}

TF_Operation* TF_FinishOperation(TF_OperationDescription* desc, TF_Status* status) {
  TF_Operation* node = NULL;
  ctf_status result;
  if (desc == NULL) {
    result = ctf_error(TF_RESOURCE_EXHAUSTED, "there is no description: the graph was NULL, or there was no memory");
  } else {
    result = finish(desc, &node);
    free_description(desc);
  }
  ctf_api_report(result, status);
  return node;
}

// There is no way to hold a graph's lock from outside: a call takes it for as long as it needs it, as all others do.

TF_OperationDescription* TF_NewOperationLocked(TF_Graph* graph, const char* op_type, const char* oper_name) {
  return TF_NewOperation(graph, op_type, oper_name);
}

TF_Operation* TF_FinishOperationLocked(TF_OperationDescription* desc, TF_Status* status) {
  return TF_FinishOperation(desc, status);
}
