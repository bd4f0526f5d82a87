// TF_Operation: what it is, what it takes, what it makes, who takes that.
#include <string.h>

#include "engine/api/api.h"
#include "engine/api/export.h"

const char* TF_OperationName(TF_Operation* oper) { return oper != NULL ? oper->name.data : ""; }

const char* TF_OperationOpType(TF_Operation* oper) { return oper != NULL ? oper->op->name : ""; }

// What can be changed is read from the latest node; name, op and number are those of the first.

const char* TF_OperationDevice(TF_Operation* oper) {
  const TF_Operation* node = ctf_node_latest(oper);
  return node != NULL && node->device.length > 0 ? node->device.data : "";
}

static bool has_output(TF_Output output) {
  return output.oper != NULL && output.index >= 0 && output.index < ctf_node_latest(output.oper)->num_outputs;
}

static bool has_input(TF_Input input) {
  return input.oper != NULL && input.index >= 0 && input.index < input.oper->num_inputs;
}

int TF_OperationNumOutputs(TF_Operation* oper) { return oper != NULL ? ctf_node_latest(oper)->num_outputs : 0; }

TF_DataType TF_OperationOutputType(TF_Output oper_out) {
  return has_output(oper_out) ? ctf_node_latest(oper_out.oper)->output_types[oper_out.index] : (TF_DataType)0;
}

int TF_OperationNumInputs(TF_Operation* oper) { return oper != NULL ? oper->num_inputs : 0; }

TF_DataType TF_OperationInputType(TF_Input oper_in) {
  return has_input(oper_in) ? ctf_node_latest(oper_in.oper)->input_types[oper_in.index] : (TF_DataType)0;
}

// How many tensors an argument of the definition stands for in this node.
static int arg_length(const TF_Operation* oper, const ctf_arg_info* arg) {
  const char* attr = arg->number_attr != NULL ? arg->number_attr : arg->type_list_attr;
  if (attr == NULL) return 1;
  const int at = ctf_op_interface_attr(oper->op, attr, strlen(attr));
  if (at < 0) return 1;
  return arg->number_attr != NULL ? (int)oper->attrs[at].i : (int)oper->attrs[at].count;
}

static ctf_status list_length(TF_Operation* oper, const char* arg_name, bool is_input, int* out_length) {
  if (oper == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the operation is NULL");
  if (arg_name == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the name of the argument is NULL");
  const ctf_arg_info* args = is_input ? oper->op->inputs : oper->op->outputs;
  const int num_args = is_input ? oper->op->num_inputs : oper->op->num_outputs;
  for (int i = 0; i < num_args; ++i) {
    if (strcmp(args[i].name, arg_name) == 0) {
      *out_length = arg_length(ctf_node_latest(oper), &args[i]);
      return NULL;
    }
  }
  return ctf_error(TF_INVALID_ARGUMENT, "%s arg '%s' not found", is_input ? "Input" : "Output", arg_name);
}

int TF_OperationOutputListLength(TF_Operation* oper, const char* arg_name, TF_Status* status) {
  int length = -1;
  ctf_api_report(list_length(oper, arg_name, false, &length), status);
  return length;
}

int TF_OperationInputListLength(TF_Operation* oper, const char* arg_name, TF_Status* status) {
  int length = -1;
  ctf_api_report(list_length(oper, arg_name, true, &length), status);
  return length;
}

// The list of the graph's nodes moves when it grows: it is read under the lock.
static TF_Operation* node_at(TF_Graph* graph, uint32_t id) {
  pthread_mutex_lock(&graph->lock);
  TF_Operation* node = graph->nodes[id];
  pthread_mutex_unlock(&graph->lock);
  return node;
}

TF_Output TF_OperationInput(TF_Input oper_in) {
  if (!has_input(oper_in)) return (TF_Output){0};
  const ctf_edge edge = ctf_node_latest(oper_in.oper)->inputs[oper_in.index];
  return (TF_Output){node_at(oper_in.oper->graph, edge.node), edge.index};
}

void TF_OperationAllInputs(TF_Operation* oper, TF_Output* inputs, int max_inputs) {
  if (oper == NULL || inputs == NULL) return;
  for (int i = 0; i < max_inputs && i < oper->num_inputs; ++i) inputs[i] = TF_OperationInput((TF_Input){oper, i});
}

// Edges are kept where they end, so those who read an output are found by going through the graph.
int TF_OperationOutputConsumers(TF_Output oper_out, TF_Input* consumers, int max_consumers) {
  if (!has_output(oper_out)) return 0;
  TF_Graph* graph = oper_out.oper->graph;
  int count = 0;
  pthread_mutex_lock(&graph->lock);
  for (size_t n = 0; n < graph->num_nodes; ++n) {
    const TF_Operation* node = ctf_node_latest(graph->nodes[n]);
    for (int i = 0; i < node->num_inputs; ++i) {
      if (node->inputs[i].node != oper_out.oper->id || node->inputs[i].index != oper_out.index) continue;
      if (count < max_consumers && consumers != NULL) consumers[count] = (TF_Input){graph->nodes[n], i};
      ++count;
    }
  }
  pthread_mutex_unlock(&graph->lock);
  return count;
}

int TF_OperationOutputNumConsumers(TF_Output oper_out) { return TF_OperationOutputConsumers(oper_out, NULL, 0); }

int TF_OperationNumControlInputs(TF_Operation* oper) {
  return oper != NULL ? (int)ctf_node_latest(oper)->num_controls : 0;
}

int TF_OperationGetControlInputs(TF_Operation* oper, TF_Operation** control_inputs, int max_control_inputs) {
  const TF_Operation* node = ctf_node_latest(oper);
  if (node == NULL) return 0;
  for (int i = 0; i < max_control_inputs && i < (int)node->num_controls && control_inputs != NULL; ++i) {
    control_inputs[i] = node_at(node->graph, node->controls[i]);
  }
  return (int)node->num_controls;
}

int TF_OperationGetControlOutputs(TF_Operation* oper, TF_Operation** control_outputs, int max_control_outputs) {
  if (oper == NULL) return 0;
  TF_Graph* graph = oper->graph;
  int count = 0;
  pthread_mutex_lock(&graph->lock);
  for (size_t n = 0; n < graph->num_nodes; ++n) {
    const TF_Operation* node = ctf_node_latest(graph->nodes[n]);
    for (size_t i = 0; i < node->num_controls; ++i) {
      if (node->controls[i] != oper->id) continue;
      if (count < max_control_outputs && control_outputs != NULL) control_outputs[count] = graph->nodes[n];
      ++count;
    }
  }
  pthread_mutex_unlock(&graph->lock);
  return count;
}

int TF_OperationNumControlOutputs(TF_Operation* oper) { return TF_OperationGetControlOutputs(oper, NULL, 0); }

static ctf_status write_node(TF_Operation* oper, TF_Buffer* buffer) {
  ctf_status status = NULL;
  ctf_allocator* scratch = NULL;
  ctf_node_def def;
  ctf_bytes bytes;
  if (oper == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the operation is NULL");
  CTF_TRY(ctf_api_check_empty(buffer));

  CTF_TRY_DONE(ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &scratch));
  pthread_mutex_lock(&oper->graph->lock);
  status = ctf_api_node_def(ctf_node_latest(oper), scratch, &def);
  pthread_mutex_unlock(&oper->graph->lock);
  if (status != NULL) goto done;
  CTF_TRY_DONE(ctf_node_def_write(&def, scratch, &bytes));
  CTF_TRY_DONE(ctf_api_fill_buffer(buffer, bytes.data, bytes.length));

done:
  ctf_allocator_free(scratch);
  return status;
}

void TF_OperationToNodeDef(TF_Operation* oper, TF_Buffer* output_node_def, TF_Status* status) {
  ctf_api_report(write_node(oper, output_node_def), status);
}
