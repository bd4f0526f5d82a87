// GraphDefs between their binary form and protobuf's text format.
#include "graphdef/text.h"
#include "ctf/ctf.h"
#include "engine/api/api.h"
#include "tensorflow/core/framework/graph.pb-c.h"

static ctf_status to_text(const TF_Buffer* graph_def, TF_Buffer* out_text) {
  ctf_bytes text = {0};
  if (graph_def == NULL || (graph_def->data == NULL && graph_def->length > 0)) {
    return ctf_error(TF_INVALID_ARGUMENT, "the buffer with the GraphDef is NULL or has a length and no bytes");
  }
  CTF_TRY(ctf_api_check_empty(out_text));
  CTF_TRY(ctf_error_note(ctf_text_write(&tensorflow__graph_def__descriptor, graph_def->data, graph_def->length,
                                        ctf_allocator_process(), &text),
                         "Invalid GraphDef"));
  const ctf_status status = ctf_api_fill_buffer(out_text, text.data, text.length);
  ctf_free(ctf_allocator_process(), (void*)text.data);
  return status;
}

void CTF_GraphDefToText(const TF_Buffer* graph_def, TF_Buffer* text, TF_Status* status) {
  ctf_api_report(to_text(graph_def, text), status);
}

static ctf_status from_text(const char* text, size_t length, TF_Buffer* out_graph_def) {
  ctf_bytes wire = {0};
  if (text == NULL && length > 0) return ctf_error(TF_INVALID_ARGUMENT, "the text is NULL and has a length");
  CTF_TRY(ctf_api_check_empty(out_graph_def));
  CTF_TRY(ctf_error_note(ctf_text_read(&tensorflow__graph_def__descriptor, text != NULL ? text : "", length,
                                       ctf_allocator_process(), &wire),
                         "Invalid GraphDef"));
  const ctf_status status = ctf_api_fill_buffer(out_graph_def, wire.data, wire.length);
  ctf_free(ctf_allocator_process(), (void*)wire.data);
  return status;
}

void CTF_GraphDefFromText(const char* text, size_t length, TF_Buffer* graph_def, TF_Status* status) {
  ctf_api_report(from_text(text, length, graph_def), status);
}
