// Changing operations that are in a graph, and what is known of the values that handles stand for.
#include <string.h>

#include "engine/api/api.h"
#include "graphdef/tensor_proto.h"
#include "tensorflow/core/framework/cpp_shape_inference.pb-c.h"
#include "tensorflow/core/framework/node_def.pb-c.h"

static ctf_status check(const TF_Graph* graph, const TF_Operation* op) {
  if (graph == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the graph is NULL");
  if (op == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the operation is NULL");
  if (op->graph == graph) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "Node %s was not found in the graph", op->name.data);
}

// ---- edges

// Shapes that could be of the same tensor.
static bool shapes_agree(ctf_shape a, ctf_shape b) {
  if (a.rank < 0 || b.rank < 0) return true;
  if (a.rank != b.rank) return false;
  for (int32_t i = 0; i < a.rank; ++i) {
    if (a.dims[i] >= 0 && b.dims[i] >= 0 && a.dims[i] != b.dims[i]) return false;
  }
  return true;
}

// The lock is held.
static ctf_status update_edge(const TF_Graph* graph, TF_Output source, TF_Input input) {
  const TF_Operation *from = ctf_node_latest(source.oper), *node = ctf_node_latest(input.oper);
  if (source.index < 0 || source.index >= from->num_outputs) {
    return ctf_error(TF_OUT_OF_RANGE,
                     "Cannot update edge. Output index [%d] is greater than the number of total outputs [%d].",
                     source.index, from->num_outputs);
  }
  if (input.index < 0 || input.index >= node->num_inputs) {
    return ctf_error(TF_OUT_OF_RANGE,
                     "Cannot update edge. Input index [%d] is greater than the number of total inputs [%d].",
                     input.index, node->num_inputs);
  }
  const ctf_edge before = node->inputs[input.index];
  const TF_Operation* old = ctf_node_latest(graph->nodes[before.node]);
  const ctf_shape shape = from->output_shapes[source.index];
  const ctf_shape old_shape = before.index < old->num_outputs ? old->output_shapes[before.index] : CTF_SHAPE_UNKNOWN;
  if (!shapes_agree(shape, old_shape)) {
    return ctf_error(TF_INVALID_ARGUMENT, "Cannot update edge, incompatible shapes: %s and %s.",
                     ctf_shape_print(shape).text, ctf_shape_print(old_shape).text);
  }
  return ctf_node_change_input(input.oper, input.index, (ctf_edge){source.oper->id, source.index});
}

void TF_UpdateEdge(TF_Graph* graph, TF_Output new_src, TF_Input dst, TF_Status* status) {
  ctf_status result = check(graph, new_src.oper);
  if (result == NULL) result = check(graph, dst.oper);
  if (result == NULL) {
    pthread_mutex_lock(&graph->lock);
    result = update_edge(graph, new_src, dst);
    pthread_mutex_unlock(&graph->lock);
  }
  ctf_api_report(result, status);
}

void TF_AddOperationControlInput(TF_Graph* graph, TF_Operation* op, TF_Operation* input) {
  ctf_status result = check(graph, op);
  if (result == NULL) result = check(graph, input);
  if (result == NULL) {
    pthread_mutex_lock(&graph->lock);
    result = ctf_node_add_control(op, input);
    pthread_mutex_unlock(&graph->lock);
  }
  ctf_status_drop(result);  // the function cannot say it
}

void TF_RemoveAllControlInputs(TF_Graph* graph, TF_Operation* op) {
  ctf_status result = check(graph, op);
  if (result == NULL) {
    pthread_mutex_lock(&graph->lock);
    result = ctf_node_remove_controls(op);
    pthread_mutex_unlock(&graph->lock);
  }
  ctf_status_drop(result);  // the function cannot say it
}

// ---- attributes

static ctf_status set_attr(TF_Graph* graph, TF_Operation* op, const char* name, const TF_Buffer* proto) {
  ctf_status status = NULL;
  ctf_allocator* scratch = NULL;
  ctf_attr_value value = {0};
  CTF_TRY(check(graph, op));
  if (name == NULL || proto == NULL) {
    return ctf_error(TF_INVALID_ARGUMENT, "the %s is NULL", name == NULL ? "attribute's name" : "AttrValue");
  }
  CTF_TRY_DONE(ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &scratch));
  const ctf_source source = {.data = proto->data, .bytes = proto->length, .budget = graph->budget};
  status = ctf_attr_value_read(&source, scratch, &value);
  if (ctf_status_code(status) == TF_INVALID_ARGUMENT) {
    ctf_status_drop(status);  // TensorFlow's words say less, and programs know them
    status = ctf_error(TF_INVALID_ARGUMENT, "Invalid AttrValue proto");
  }
  if (status != NULL) goto done;
  pthread_mutex_lock(&graph->lock);
  status = ctf_node_change_attr(op, name, &value);
  pthread_mutex_unlock(&graph->lock);

done:
  ctf_attr_value_release(&value);
  ctf_allocator_free(scratch);
  return status;
}

void TF_SetAttr(TF_Graph* graph, TF_Operation* op, const char* attr_name, TF_Buffer* attr_value_proto,
                TF_Status* status) {
  ctf_api_report(set_attr(graph, op, attr_name, attr_value_proto), status);
}

void TF_ClearAttr(TF_Graph* graph, TF_Operation* op, const char* attr_name, TF_Status* status) {
  ctf_status result = check(graph, op);
  if (result == NULL && attr_name == NULL) result = ctf_error(TF_INVALID_ARGUMENT, "the attribute's name is NULL");
  if (result == NULL) {
    pthread_mutex_lock(&graph->lock);
    result = ctf_node_change_attr(op, attr_name, NULL);
    pthread_mutex_unlock(&graph->lock);
  }
  ctf_api_report(result, status);
}

void TF_SetRequestedDevice(TF_Graph* graph, TF_Operation* op, const char* device) {
  ctf_status result = check(graph, op);
  if (result == NULL) {
    pthread_mutex_lock(&graph->lock);
    result = ctf_node_change_device(op, device != NULL ? device : "");
    pthread_mutex_unlock(&graph->lock);
  }
  ctf_status_drop(result);  // the function cannot say it
}

// What a node carries for later versions is kept as it stood: its full type is one field of that.
static ctf_status set_full_type(TF_Operation* op, const TF_Buffer* proto, ctf_allocator* scratch) {
  ProtobufCMessage *type, *message;
  void* bytes;
  CTF_TRY(ctf_api_read_message(&tensorflow__full_type_def__descriptor, proto->data, proto->length, "FullTypeDef",
                               scratch, &type));
  const ctf_bytes before = ctf_node_latest(op)->experimental;
  CTF_TRY(ctf_api_read_message(&tensorflow__node_def__descriptor, before.data, before.length, "NodeDef", scratch,
                               &message));
  Tensorflow__NodeDef* node = (Tensorflow__NodeDef*)message;
  node->experimental_type = (Tensorflow__FullTypeDef*)type;
  CTF_TRY(ctf_alloc_bytes(scratch, tensorflow__node_def__get_packed_size(node), &bytes));
  return ctf_node_change_experimental(op, (ctf_bytes){bytes, tensorflow__node_def__pack(node, bytes)});
}

void TF_SetFullType(TF_Graph* graph, TF_Operation* op, const TF_Buffer* full_type_proto) {
  ctf_allocator* scratch = NULL;
  ctf_status result = check(graph, op);
  if (result == NULL && full_type_proto == NULL) result = ctf_error(TF_INVALID_ARGUMENT, "the FullTypeDef is NULL");
  if (result == NULL) result = ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &scratch);
  if (result == NULL) {
    pthread_mutex_lock(&graph->lock);
    result = set_full_type(op, full_type_proto, scratch);
    pthread_mutex_unlock(&graph->lock);
  }
  ctf_allocator_free(scratch);
  ctf_status_drop(result);  // the function cannot say it
}

void TF_SetRequireShapeInferenceFns(TF_Graph* graph, bool require) {
  if (graph == NULL) return;
  pthread_mutex_lock(&graph->lock);
  graph->requires_shape_functions = require;
  pthread_mutex_unlock(&graph->lock);
}

// ---- handles

typedef Tensorflow__Core__CppShapeInferenceResult__HandleData handle_data;
typedef Tensorflow__Core__CppShapeInferenceResult__HandleShapeAndType handle_value;

// Each entry has a full type, as TensorFlow writes them.
static ctf_status pack_handle(const handle_data* data, ctf_allocator* scratch, ctf_bytes* out_bytes) {
  Tensorflow__FullTypeDef no_type = TENSORFLOW__FULL_TYPE_DEF__INIT;
  void* bytes;
  for (size_t i = 0; i < data->n_shape_and_type; ++i) {
    if (data->shape_and_type[i]->type == NULL) data->shape_and_type[i]->type = &no_type;
  }
  CTF_TRY(ctf_alloc_bytes(scratch, protobuf_c_message_get_packed_size(&data->base), &bytes));
  *out_bytes = (ctf_bytes){bytes, protobuf_c_message_pack(&data->base, bytes)};
  return NULL;
}

static ctf_status check_output(const TF_Graph* graph, TF_Output output) {
  CTF_TRY(check(graph, output.oper));
  const int num_outputs = ctf_node_latest(output.oper)->num_outputs;
  if (output.index >= 0 && output.index < num_outputs) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "Node '%s' (type: '%s', num of outputs: %d) does not have output %d",
                   output.oper->name.data, output.oper->op->name, num_outputs, output.index);
}

static ctf_status set_handle(TF_Graph* graph, TF_Output output, const void* proto, size_t length,
                             ctf_allocator* scratch) {
  ProtobufCMessage* message;
  ctf_bytes bytes;
  CTF_TRY(check_output(graph, output));
  ctf_status status = ctf_api_read_message(&tensorflow__core__cpp_shape_inference_result__handle_data__descriptor,
                                           proto, length, "HandleData", scratch, &message);
  if (ctf_status_code(status) == TF_INVALID_ARGUMENT) {
    ctf_status_drop(status);  // TensorFlow's words say less, and programs know them
    status = ctf_error(TF_INVALID_ARGUMENT, "Couldn't deserialize HandleData proto");
  }
  CTF_TRY(status);
  handle_data* data = (handle_data*)message;
  data->is_set = 1;
  CTF_TRY(pack_handle(data, scratch, &bytes));
  pthread_mutex_lock(&graph->lock);
  status = ctf_graph_set_handle(graph, (ctf_edge){output.oper->id, output.index}, bytes);
  pthread_mutex_unlock(&graph->lock);
  return status;
}

void TF_SetHandleShapeAndType(TF_Graph* graph, TF_Output output, const void* proto, size_t proto_len,
                              TF_Status* status) {
  ctf_allocator* scratch = NULL;
  ctf_status result = ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &scratch);
  if (result == NULL) result = set_handle(graph, output, proto, proto_len, scratch);
  ctf_allocator_free(scratch);
  ctf_api_report(result, status);
}

// A variable's handle says itself what the variable holds.
static ctf_status describe_variable(const TF_Operation* node, ctf_allocator* scratch, ctf_bytes* out_bytes) {
  Tensorflow__TensorShapeProto shape = TENSORFLOW__TENSOR_SHAPE_PROTO__INIT;
  handle_value value = TENSORFLOW__CORE__CPP_SHAPE_INFERENCE_RESULT__HANDLE_SHAPE_AND_TYPE__INIT;
  handle_value* values[] = {&value};
  handle_data data = TENSORFLOW__CORE__CPP_SHAPE_INFERENCE_RESULT__HANDLE_DATA__INIT;
  Tensorflow__TensorShapeProto__Dim* dims;
  if (strcmp(node->op->name, "VarHandleOp") != 0) return NULL;
  const ctf_shape known = node->attrs[ctf_op_interface_attr(node->op, "shape", strlen("shape"))].shape;
  shape.unknown_rank = known.rank < 0;
  shape.n_dim = known.rank > 0 ? (size_t)known.rank : 0;
  CTF_TRY(ctf_alloc_array(scratch, &dims, shape.n_dim));
  CTF_TRY(ctf_alloc_array(scratch, &shape.dim, shape.n_dim));
  for (size_t i = 0; i < shape.n_dim; ++i) {
    tensorflow__tensor_shape_proto__dim__init(&dims[i]);
    dims[i].size = known.dims[i];
    shape.dim[i] = &dims[i];
  }
  value.shape = &shape;
  value.dtype = (Tensorflow__DataType)node->attrs[ctf_op_interface_attr(node->op, "dtype", strlen("dtype"))].type;
  data.is_set = 1;
  data.n_shape_and_type = 1;
  data.shape_and_type = values;
  return pack_handle(&data, scratch, out_bytes);
}

static ctf_status get_handle(TF_Graph* graph, TF_Output output, ctf_allocator* scratch, TF_Buffer** out_buffer) {
  ctf_bytes bytes = {0};
  CTF_TRY(check_output(graph, output));
  pthread_mutex_lock(&graph->lock);
  const bool is_set = ctf_graph_get_handle(graph, (ctf_edge){output.oper->id, output.index}, &bytes);
  ctf_status status = is_set ? NULL : describe_variable(ctf_node_latest(output.oper), scratch, &bytes);
  if (status == NULL && bytes.data != NULL) *out_buffer = TF_NewBufferFromString(bytes.data, bytes.length);
  pthread_mutex_unlock(&graph->lock);
  return status;
}

TF_Buffer* TF_GetHandleShapeAndType(TF_Graph* graph, TF_Output output) {
  TF_Buffer* buffer = NULL;
  ctf_allocator* scratch = NULL;
  ctf_status result = ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &scratch);
  if (result == NULL) result = get_handle(graph, output, scratch, &buffer);
  ctf_allocator_free(scratch);
  ctf_status_drop(result);  // NULL says it
  return buffer;
}
