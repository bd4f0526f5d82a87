// TF_Graph: lifetime, look-up, shapes, serialising.
#include "engine/graph.h"

#include <string.h>

#include "engine/api/api.h"
#include "engine/api/export.h"
#include "engine/static_value.h"
#include "graphdef/text.h"
#include "tensorflow/c/c_api_experimental.h"
#include "tensorflow/core/framework/graph.pb-c.h"
#include "tensorflow/core/framework/versions.pb-c.h"

TF_Graph* TF_NewGraph(void) {
  TF_Graph* graph = NULL;
  ctf_status_drop(ctf_graph_create(&graph));  // NULL says it: there was no memory
  return graph;
}

void TF_DeleteGraph(TF_Graph* graph) { ctf_graph_release(graph); }

TF_Operation* TF_GraphOperationByName(TF_Graph* graph, const char* oper_name) {
  if (graph == NULL || oper_name == NULL) return NULL;
  pthread_mutex_lock(&graph->lock);
  TF_Operation* node = ctf_graph_find(graph, oper_name, strlen(oper_name));
  pthread_mutex_unlock(&graph->lock);
  return node;
}

TF_Operation* TF_GraphNextOperation(TF_Graph* graph, size_t* pos) {
  if (graph == NULL || pos == NULL) return NULL;
  pthread_mutex_lock(&graph->lock);
  TF_Operation* node = *pos < graph->num_nodes ? graph->nodes[(*pos)++] : NULL;
  pthread_mutex_unlock(&graph->lock);
  return node;
}

static ctf_status check_output(const TF_Graph* graph, TF_Output output) {
  if (graph == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the graph is NULL");
  if (output.oper == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the output's operation is NULL");
  if (output.oper->graph != graph) {
    return ctf_error(TF_INVALID_ARGUMENT, "Node %s was not found in the graph", output.oper->name.data);
  }
  if (output.index < 0 || output.index >= ctf_node_latest(output.oper)->num_outputs) {
    return ctf_error(TF_INVALID_ARGUMENT, "Node '%s' (type: '%s', num of outputs: %d) does not have output %d",
                     output.oper->name.data, output.oper->op->name, ctf_node_latest(output.oper)->num_outputs,
                     output.index);
  }
  return NULL;
}

int TF_GraphGetTensorNumDims(TF_Graph* graph, TF_Output output, TF_Status* status) {
  int rank = -1;
  const ctf_status bad = check_output(graph, output);
  if (bad == NULL) {
    pthread_mutex_lock(&graph->lock);
    rank = ctf_node_latest(output.oper)->output_shapes[output.index].rank;
    pthread_mutex_unlock(&graph->lock);
  }
  ctf_api_report(bad, status);
  return rank;
}

static ctf_status copy_shape(ctf_shape shape, int64_t* dims, int num_dims) {
  if (num_dims != shape.rank) {
    return ctf_error(TF_INVALID_ARGUMENT, "Expected rank is %d but actual rank is %d", num_dims, shape.rank);
  }
  if (num_dims > 0 && dims == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the array for the dimensions is NULL");
  for (int i = 0; i < num_dims; ++i) dims[i] = shape.dims[i];
  return NULL;
}

void TF_GraphGetTensorShape(TF_Graph* graph, TF_Output output, int64_t* dims, int num_dims, TF_Status* status) {
  ctf_status result = check_output(graph, output);
  if (result == NULL) {
    pthread_mutex_lock(&graph->lock);
    result = copy_shape(ctf_node_latest(output.oper)->output_shapes[output.index], dims, num_dims);
    pthread_mutex_unlock(&graph->lock);
  }
  ctf_api_report(result, status);
}

static ctf_status set_shape(TF_Graph* graph, TF_Output output, const int64_t* dims, int num_dims) {
  int64_t known[CTF_MAX_RANK];
  CTF_TRY(check_output(graph, output));
  if (num_dims < 0) return NULL;  // nothing is known
  if (num_dims > CTF_MAX_RANK || (num_dims > 0 && dims == NULL)) {
    return ctf_error(TF_INVALID_ARGUMENT, "a shape of %d dimensions cannot be set: the most are %d", num_dims,
                     CTF_MAX_RANK);
  }
  for (int i = 0; i < num_dims; ++i) known[i] = dims[i] < 0 ? -1 : dims[i];
  pthread_mutex_lock(&graph->lock);
  const ctf_status status = ctf_node_merge_shape(ctf_node_latest(output.oper), output.index,
                                                 (ctf_shape){num_dims, known}, graph->scratches[0]);
  pthread_mutex_unlock(&graph->lock);
  return status;
}

void TF_GraphSetTensorShape(TF_Graph* graph, TF_Output output, const int64_t* dims, int num_dims, TF_Status* status) {
  ctf_api_report(set_shape(graph, output, dims, num_dims), status);
}

static ctf_status evaluate(TF_Graph* graph, TF_Output output, TF_Tensor** out_value) {
  ctf_allocator* temporary;
  const ctf_tensor* value = NULL;
  CTF_TRY(check_output(graph, output));
  CTF_TRY(ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &temporary));
  pthread_mutex_lock(&graph->lock);
  ctf_status status = ctf_static_value(output.oper, output.index, temporary, &value);
  if (status == NULL && value != NULL) status = ctf_tensor_clone(value, graph->budget, out_value);
  pthread_mutex_unlock(&graph->lock);
  ctf_allocator_free(temporary);
  return status;
}

TF_Bool TF_TryEvaluateConstant(TF_Graph* graph, TF_Output output, TF_Tensor** result, TF_Status* status) {
  TF_Tensor* value = NULL;
  ctf_api_report(result != NULL ? evaluate(graph, output, &value)
                                : ctf_error(TF_INVALID_ARGUMENT, "the place for the result is NULL"),
                 status);
  if (value != NULL) *result = value;
  return value != NULL;
}

// The lock is held: an import may replace versions and library meanwhile.
static ctf_status write_locked(TF_Graph* graph, ctf_allocator* scratch, ctf_bytes* out_bytes) {
  ctf_graph_def def = {.num_nodes = graph->num_nodes, .versions = graph->versions, .library = graph->library};
  CTF_TRY(ctf_alloc_array(scratch, &def.nodes, def.num_nodes));
  for (size_t i = 0; i < def.num_nodes; ++i)
    CTF_TRY(ctf_api_node_def(ctf_node_latest(graph->nodes[i]), scratch, &def.nodes[i]));
  return ctf_graph_def_write(&def, scratch, out_bytes);
}

static ctf_status write_graph(TF_Graph* graph, TF_Buffer* buffer) {
  ctf_status status = NULL;
  ctf_allocator* scratch = NULL;
  ctf_bytes bytes;
  if (graph == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the graph is NULL");
  CTF_TRY(ctf_api_check_empty(buffer));

  CTF_TRY_DONE(ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &scratch));
  pthread_mutex_lock(&graph->lock);
  status = write_locked(graph, scratch, &bytes);
  pthread_mutex_unlock(&graph->lock);
  if (status != NULL) goto done;
  CTF_TRY_DONE(ctf_api_fill_buffer(buffer, bytes.data, bytes.length));

done:
  ctf_allocator_free(scratch);
  return status;
}

void TF_GraphToGraphDef(TF_Graph* graph, TF_Buffer* output_graph_def, TF_Status* status) {
  ctf_api_report(write_graph(graph, output_graph_def), status);
}

static ctf_status write_text(TF_Graph* graph, char** out_text, size_t* out_length) {
  ctf_status status = NULL;
  ctf_allocator* scratch = NULL;
  ctf_bytes wire, text = {0};
  if (graph == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the graph is NULL");

  CTF_TRY_DONE(ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &scratch));
  pthread_mutex_lock(&graph->lock);
  status = write_locked(graph, scratch, &wire);
  pthread_mutex_unlock(&graph->lock);
  if (status != NULL) goto done;
  CTF_TRY_DONE(
      ctf_text_write(&tensorflow__graph_def__descriptor, wire.data, wire.length, ctf_allocator_process(), &text));
  char* copy = ctf_client_malloc(text.length + 1);
  if (copy == NULL) {
    status = ctf_error(TF_RESOURCE_EXHAUSTED, "no memory for a text of %zu bytes", text.length);
    goto done;
  }
  memcpy(copy, text.data, text.length + 1);
  *out_text = copy;
  *out_length = text.length;

done:
  ctf_free(ctf_allocator_process(), (void*)text.data);
  ctf_allocator_free(scratch);
  return status;
}

const char* TF_GraphDebugString(TF_Graph* graph, size_t* len) {
  char* text = NULL;
  size_t length = 0;
  ctf_status_drop(write_text(graph, &text, &length));  // NULL says it
  if (len != NULL) *len = length;
  return text;
}

static ctf_status write_versions(TF_Graph* graph, TF_Buffer* buffer) {
  Tensorflow__VersionDef def = TENSORFLOW__VERSION_DEF__INIT;
  void* bytes = NULL;
  if (graph == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the graph is NULL");
  CTF_TRY(ctf_api_check_empty(buffer));

  pthread_mutex_lock(&graph->lock);
  def.producer = graph->versions.producer;
  def.min_consumer = graph->versions.min_consumer;
  def.n_bad_consumers = graph->versions.num_bad_consumers;
  def.bad_consumers = (int32_t*)graph->versions.bad_consumers;  // packing only reads it
  const size_t length = tensorflow__version_def__get_packed_size(&def);
  ctf_status status = ctf_alloc_bytes(ctf_allocator_process(), length, &bytes);
  if (status == NULL) tensorflow__version_def__pack(&def, bytes);
  pthread_mutex_unlock(&graph->lock);

  if (status == NULL) status = ctf_api_fill_buffer(buffer, bytes, length);
  ctf_free(ctf_allocator_process(), bytes);
  return status;
}

void TF_GraphVersions(TF_Graph* graph, TF_Buffer* output_version_def, TF_Status* status) {
  ctf_api_report(write_versions(graph, output_version_def), status);
}
