// TF_GraphImportGraphDef, its options and its results; CTF_GraphImportFile.
#include <string.h>

#include "ctf/ctf.h"
#include "engine/api/api.h"
#include "engine/files.h"
#include "tensorflow/c/c_api_experimental.h"

// What went wrong in a setter, which has no status, is reported by the import.
struct TF_ImportGraphDefOptions {
  ctf_import_options base;  // what it points to is the options'
  ctf_allocator* texts;     // names that are listed
  ctf_status failure;       // the first
  size_t mapping_capacity;
  size_t control_capacity;
  size_t output_capacity;
  size_t operation_capacity;
};

struct TF_ImportGraphDefResults {
  ctf_import_results base;
  TF_Graph* graph;  // counted: the operations are its
};

#define TEXTS_CHUNK_BYTES 512

TF_ImportGraphDefOptions* TF_NewImportGraphDefOptions(void) {
  TF_ImportGraphDefOptions* const opts = ctf_alloc_try(ctf_allocator_process(), sizeof(*opts));
  if (opts == NULL) return NULL;
  const ctf_status status = ctf_scratch_create(ctf_allocator_process(), TEXTS_CHUNK_BYTES, &opts->texts);
  if (status == NULL) return opts;
  ctf_status_drop(status);  // NULL says it: there was no memory
  ctf_free(ctf_allocator_process(), opts);
  return NULL;
}

void TF_DeleteImportGraphDefOptions(TF_ImportGraphDefOptions* opts) {
  ctf_allocator* const alloc = ctf_allocator_process();
  if (opts == NULL) return;
  ctf_free(alloc, (void*)opts->base.prefix);
  ctf_free(alloc, (void*)opts->base.default_device);
  ctf_free(alloc, (void*)opts->base.mappings);
  ctf_free(alloc, (void*)opts->base.control_dependencies);
  ctf_free(alloc, (void*)opts->base.return_outputs);
  ctf_free(alloc, (void*)opts->base.return_operations);
  ctf_allocator_free(opts->texts);
  ctf_status_drop(opts->failure);  // nobody imports with these options any more
  ctf_free(alloc, opts);
}

static void keep_failure(TF_ImportGraphDefOptions* opts, ctf_status status) {
  if (status == NULL) return;
  if (opts->failure == NULL) {
    opts->failure = status;
  } else {
    ctf_status_drop(status);  // what went wrong first is what counts
  }
}

void TF_ImportGraphDefOptionsSetPrefix(TF_ImportGraphDefOptions* opts, const char* prefix) {
  if (opts != NULL) keep_failure(opts, ctf_api_set_text(prefix, (char**)&opts->base.prefix));
}

void TF_ImportGraphDefOptionsSetDefaultDevice(TF_ImportGraphDefOptions* opts, const char* device) {
  if (opts != NULL) keep_failure(opts, ctf_api_set_text(device, (char**)&opts->base.default_device));
}

void TF_ImportGraphDefOptionsSetUniquifyNames(TF_ImportGraphDefOptions* opts, TF_Bool uniquify_names) {
  if (opts != NULL) opts->base.uniquify_names = uniquify_names != 0;
}

void TF_ImportGraphDefOptionsSetUniquifyPrefix(TF_ImportGraphDefOptions* opts, TF_Bool uniquify_prefix) {
  if (opts != NULL) opts->base.uniquify_prefix = uniquify_prefix != 0;
}

void TF_ImportGraphDefOptionsSetValidateColocationConstraints(TF_ImportGraphDefOptions* opts, TF_Bool enable) {
  if (opts != NULL) opts->base.any_colocation = enable == 0;
}

// ---- lists

static ctf_status copy_name(TF_ImportGraphDefOptions* opts, const char* name, const char* what, const char** out_name) {
  char* copy;
  if (name == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the name of %s is NULL", what);
  CTF_TRY(ctf_alloc_string(opts->texts, name, strlen(name), &copy));
  *out_name = copy;
  return NULL;
}

static ctf_status copy_operation(TF_ImportGraphDefOptions* opts, const TF_Operation* oper, const char* what,
                                 const char** out_name) {
  if (oper == NULL) return ctf_error(TF_INVALID_ARGUMENT, "%s is NULL", what);
  return copy_name(opts, oper->name.data, what, out_name);
}

static ctf_status add_mapping(TF_ImportGraphDefOptions* opts, const char* src_name, int src_index, TF_Output dst) {
  ctf_import_options* const base = &opts->base;
  ctf_input_mapping mapping = {.from.index = src_index, .to.index = dst.index};
  CTF_TRY(copy_name(opts, src_name, "a mapped input", &mapping.from.node));
  CTF_TRY(copy_operation(opts, dst.oper, "what an input is mapped to", &mapping.to.node));
  CTF_TRY(ctf_grow_array(ctf_allocator_process(), &base->mappings, &opts->mapping_capacity, base->num_mappings + 1));
  ((ctf_input_mapping*)base->mappings)[base->num_mappings++] = mapping;
  return NULL;
}

void TF_ImportGraphDefOptionsAddInputMapping(TF_ImportGraphDefOptions* opts, const char* src_name, int src_index,
                                             TF_Output dst) {
  if (opts != NULL) keep_failure(opts, add_mapping(opts, src_name, src_index, dst));
}

void TF_ImportGraphDefOptionsRemapControlDependency(TF_ImportGraphDefOptions* opts, const char* src_name,
                                                    TF_Operation* dst) {
  if (opts == NULL) return;
  keep_failure(opts, add_mapping(opts, src_name, CTF_CONTROL_INDEX, (TF_Output){dst, CTF_CONTROL_INDEX}));
}

static ctf_status add_control(TF_ImportGraphDefOptions* opts, const TF_Operation* oper) {
  ctf_import_options* const base = &opts->base;
  const char* name = NULL;
  CTF_TRY(copy_operation(opts, oper, "a control dependency", &name));
  CTF_TRY(ctf_grow_array(ctf_allocator_process(), &base->control_dependencies, &opts->control_capacity,
                         base->num_control_dependencies + 1));
  ((const char**)base->control_dependencies)[base->num_control_dependencies++] = name;
  return NULL;
}

void TF_ImportGraphDefOptionsAddControlDependency(TF_ImportGraphDefOptions* opts, TF_Operation* oper) {
  if (opts != NULL) keep_failure(opts, add_control(opts, oper));
}

static ctf_status add_output(TF_ImportGraphDefOptions* opts, const char* oper_name, int index) {
  ctf_import_options* const base = &opts->base;
  ctf_tensor_ref output = {.index = index};
  CTF_TRY(copy_name(opts, oper_name, "a return output", &output.node));
  CTF_TRY(ctf_grow_array(ctf_allocator_process(), &base->return_outputs, &opts->output_capacity,
                         base->num_return_outputs + 1));
  ((ctf_tensor_ref*)base->return_outputs)[base->num_return_outputs++] = output;
  return NULL;
}

void TF_ImportGraphDefOptionsAddReturnOutput(TF_ImportGraphDefOptions* opts, const char* oper_name, int index) {
  if (opts != NULL) keep_failure(opts, add_output(opts, oper_name, index));
}

int TF_ImportGraphDefOptionsNumReturnOutputs(const TF_ImportGraphDefOptions* opts) {
  return opts != NULL ? (int)opts->base.num_return_outputs : 0;
}

static ctf_status add_operation(TF_ImportGraphDefOptions* opts, const char* oper_name) {
  ctf_import_options* const base = &opts->base;
  const char* name = NULL;
  CTF_TRY(copy_name(opts, oper_name, "a return operation", &name));
  CTF_TRY(ctf_grow_array(ctf_allocator_process(), &base->return_operations, &opts->operation_capacity,
                         base->num_return_operations + 1));
  ((const char**)base->return_operations)[base->num_return_operations++] = name;
  return NULL;
}

void TF_ImportGraphDefOptionsAddReturnOperation(TF_ImportGraphDefOptions* opts, const char* oper_name) {
  if (opts != NULL) keep_failure(opts, add_operation(opts, oper_name));
}

int TF_ImportGraphDefOptionsNumReturnOperations(const TF_ImportGraphDefOptions* opts) {
  return opts != NULL ? (int)opts->base.num_return_operations : 0;
}

// ---- import

static ctf_status import_graph(TF_Graph* graph, const TF_Buffer* graph_def, const TF_ImportGraphDefOptions* options,
                               ctf_import_results* out_results) {
  if (graph == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the graph is NULL");
  if (graph_def == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the buffer with the GraphDef is NULL");
  if (graph_def->data == NULL && graph_def->length > 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "the buffer with the GraphDef has a length and no bytes");
  }
  if (options != NULL && options->failure != NULL) return ctf_status_copy(options->failure);
  const ctf_source source = {.data = graph_def->data, .bytes = graph_def->length, .budget = graph->budget};
  return ctf_graph_import(graph, &source, options != NULL ? &options->base : NULL, out_results);
}

void TF_GraphImportGraphDef(TF_Graph* graph, const TF_Buffer* graph_def, const TF_ImportGraphDefOptions* options,
                            TF_Status* status) {
  ctf_api_report(import_graph(graph, graph_def, options, NULL), status);
}

static ctf_status import_with_outputs(TF_Graph* graph, const TF_Buffer* graph_def,
                                      const TF_ImportGraphDefOptions* options, TF_Output* return_outputs,
                                      int num_return_outputs) {
  ctf_import_results results = {0};
  const int wanted = TF_ImportGraphDefOptionsNumReturnOutputs(options);
  if (num_return_outputs != wanted) {
    return ctf_error(TF_INVALID_ARGUMENT, "Expected 'num_return_outputs' to be %d, got %d", wanted, num_return_outputs);
  }
  if (num_return_outputs > 0 && return_outputs == NULL) {
    return ctf_error(TF_INVALID_ARGUMENT, "'return_outputs' must be preallocated to length %d", num_return_outputs);
  }
  CTF_TRY(ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &results.alloc));
  const ctf_status status = import_graph(graph, graph_def, options, &results);
  for (size_t i = 0; status == NULL && i < results.num_outputs; ++i) return_outputs[i] = results.outputs[i];
  ctf_allocator_free(results.alloc);
  return status;
}

void TF_GraphImportGraphDefWithReturnOutputs(TF_Graph* graph, const TF_Buffer* graph_def,
                                             const TF_ImportGraphDefOptions* options, TF_Output* return_outputs,
                                             int num_return_outputs, TF_Status* status) {
  ctf_api_report(import_with_outputs(graph, graph_def, options, return_outputs, num_return_outputs), status);
}

static ctf_status import_with_results(TF_Graph* graph, const TF_Buffer* graph_def,
                                      const TF_ImportGraphDefOptions* options, TF_ImportGraphDefResults** out_results) {
  ctf_status status = NULL;
  TF_ImportGraphDefResults* results = NULL;
  CTF_TRY_DONE(ctf_alloc_new(ctf_allocator_process(), &results));
  CTF_TRY_DONE(ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &results->base.alloc));
  CTF_TRY_DONE(import_graph(graph, graph_def, options, &results->base));
  results->graph = ctf_graph_retain(graph);
  *out_results = results;
  results = NULL;  // handed over

done:
  TF_DeleteImportGraphDefResults(results);
  return status;
}

TF_ImportGraphDefResults* TF_GraphImportGraphDefWithResults(TF_Graph* graph, const TF_Buffer* graph_def,
                                                            const TF_ImportGraphDefOptions* options,
                                                            TF_Status* status) {
  TF_ImportGraphDefResults* results = NULL;
  ctf_api_report(import_with_results(graph, graph_def, options, &results), status);
  return results;
}

// A message of another library's in memory cannot be read here: the bytes are a serialised GraphDef for this one, too.
TF_ImportGraphDefResults* TF_GraphImportGraphDefWithResultsNoSerialization(TF_Graph* graph, const TF_Buffer* graph_def,
                                                                           const TF_ImportGraphDefOptions* options,
                                                                           TF_Status* status) {
  return TF_GraphImportGraphDefWithResults(graph, graph_def, options, status);
}

// ---- results

void TF_DeleteImportGraphDefResults(TF_ImportGraphDefResults* results) {
  if (results == NULL) return;
  ctf_graph_release(results->graph);
  ctf_allocator_free(results->base.alloc);
  ctf_free(ctf_allocator_process(), results);
}

void TF_ImportGraphDefResultsReturnOutputs(TF_ImportGraphDefResults* results, int* num_outputs, TF_Output** outputs) {
  if (num_outputs != NULL) *num_outputs = results != NULL ? (int)results->base.num_outputs : 0;
  if (outputs != NULL) *outputs = results != NULL ? results->base.outputs : NULL;
}

void TF_ImportGraphDefResultsReturnOperations(TF_ImportGraphDefResults* results, int* num_opers,
                                              TF_Operation*** opers) {
  if (num_opers != NULL) *num_opers = results != NULL ? (int)results->base.num_operations : 0;
  if (opers != NULL) *opers = results != NULL ? results->base.operations : NULL;
}

void TF_ImportGraphDefResultsMissingUnusedInputMappings(TF_ImportGraphDefResults* results,
                                                        int* num_missing_unused_input_mappings, const char*** src_names,
                                                        int** src_indexes) {
  if (num_missing_unused_input_mappings != NULL) {
    *num_missing_unused_input_mappings = results != NULL ? (int)results->base.num_missing : 0;
  }
  if (src_names != NULL) *src_names = results != NULL ? results->base.missing_names : NULL;
  if (src_indexes != NULL) *src_indexes = results != NULL ? results->base.missing_indexes : NULL;
}

static ctf_status import_file(TF_Graph* graph, const char* path, const CTF_ImportFileOptions* given) {
  CTF_ImportFileOptions options = {.struct_size = sizeof(options)};
  if (graph == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the graph is NULL");
  if (path == NULL || path[0] == '\0') return ctf_error(TF_INVALID_ARGUMENT, "no path to a GraphDef file was given");
  if (given != NULL) CTF_TRY(ctf_api_take_struct(&options, sizeof(options), given, given->struct_size));
  const TF_ImportGraphDefOptions* const import = options.import_options;
  if (import != NULL && import->failure != NULL) return ctf_status_copy(import->failure);
  return ctf_graph_import_file(graph, path, options.copy, import != NULL ? &import->base : NULL);
}

void CTF_GraphImportFile(TF_Graph* graph, const char* path, const CTF_ImportFileOptions* options, TF_Status* status) {
  ctf_api_report(import_file(graph, path, options), status);
}
