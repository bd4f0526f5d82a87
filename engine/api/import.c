// TF_GraphImportGraphDef and its options.
#include "engine/api/api.h"

// What went wrong in a setter, which has no status, is reported by the import.
struct TF_ImportGraphDefOptions {
  char* prefix;  // NULL: not set
  char* default_device;
  ctf_status failure;
};

TF_ImportGraphDefOptions* TF_NewImportGraphDefOptions(void) {
  return ctf_alloc_try(ctf_allocator_process(), sizeof(TF_ImportGraphDefOptions));
}

void TF_DeleteImportGraphDefOptions(TF_ImportGraphDefOptions* opts) {
  if (opts == NULL) return;
  ctf_free(ctf_allocator_process(), opts->prefix);
  ctf_free(ctf_allocator_process(), opts->default_device);
  ctf_status_drop(opts->failure);  // nobody imports with these options any more
  ctf_free(ctf_allocator_process(), opts);
}

static void set_text(TF_ImportGraphDefOptions* opts, const char* text, char** inout_text) {
  const ctf_status status = ctf_api_set_text(text, inout_text);
  if (status == NULL) return;
  ctf_status_drop(opts->failure);  // of the same kind: no memory
  opts->failure = status;
}

void TF_ImportGraphDefOptionsSetPrefix(TF_ImportGraphDefOptions* opts, const char* prefix) {
  if (opts != NULL) set_text(opts, prefix, &opts->prefix);
}

void TF_ImportGraphDefOptionsSetDefaultDevice(TF_ImportGraphDefOptions* opts, const char* device) {
  if (opts != NULL) set_text(opts, device, &opts->default_device);
}

static ctf_status import_graph(TF_Graph* graph, const TF_Buffer* graph_def, const TF_ImportGraphDefOptions* options) {
  ctf_import_options import = {0};
  if (graph == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the graph is NULL");
  if (graph_def == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the buffer with the GraphDef is NULL");
  if (graph_def->data == NULL && graph_def->length > 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "the buffer with the GraphDef has a length and no bytes");
  }
  if (options != NULL) {
    if (options->failure != NULL) return ctf_status_copy(options->failure);
    import = (ctf_import_options){.prefix = options->prefix, .default_device = options->default_device};
  }
  const ctf_source source = {.data = graph_def->data, .bytes = graph_def->length, .budget = graph->budget};
  return ctf_graph_import(graph, &source, &import);
}

void TF_GraphImportGraphDef(TF_Graph* graph, const TF_Buffer* graph_def, const TF_ImportGraphDefOptions* options,
                            TF_Status* status) {
  ctf_api_report(import_graph(graph, graph_def, options), status);
}
