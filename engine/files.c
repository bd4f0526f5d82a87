#include "engine/files.h"

#include "engine/plan_graph.h"
#include "graphdef/text.h"
#include "tensorflow/core/framework/graph.pb-c.h"

// A file that holds text becomes wire format in memory of the graph's, for the time of the import.
static ctf_status import_text(TF_Graph* graph, const ctf_source* text, const ctf_import_options* options) {
  ctf_bytes wire;
  CTF_TRY(ctf_error_note(
      ctf_text_read(&tensorflow__graph_def__descriptor, (const char*)text->data, text->bytes, graph->alloc, &wire),
      "Invalid GraphDef"));
  const ctf_source source = {.data = (const uint8_t*)wire.data, .bytes = wire.length, .file = text->file};
  const ctf_status status = ctf_graph_import(graph, &source, options, NULL);
  ctf_free(graph->alloc, (void*)wire.data);
  return status;
}

ctf_status ctf_graph_import_file(TF_Graph* graph, const char* path, bool copy, const ctf_import_options* options) {
  ctf_buffer* whole = NULL;
  CTF_TRY(ctf_mapped_file_open(path, &whole));
  const ctf_mapped_guard guard = ctf_mapped_guard_enter();
  const ctf_source source = {
      .data = whole->data, .bytes = whole->bytes, .mapping = copy ? NULL : whole, .file = ctf_mapped_file_of(whole)};
  ctf_status status = ctf_text_detect(source.data, source.bytes) ? import_text(graph, &source, options)
                                                                 : ctf_graph_import(graph, &source, options, NULL);
  if (status != NULL) {
    ctf_status lost = ctf_mapped_file_check(source.file);
    if (lost != NULL) {
      ctf_status_drop(status);  // what was found wrong in bytes that are gone
      status = lost;
    }
  }
  ctf_mapped_guard_leave(&guard);
  ctf_buffer_release(whole);
  return status;
}

// ---- of a plan

static bool has_file(const ctf_plan* plan, const ctf_mapped_file* file) {
  for (size_t i = 0; i < plan->num_files; ++i) {
    if (plan->files[i] == file) return true;
  }
  return false;
}

ctf_status ctf_plan_list_files(ctf_plan* plan, const ctf_plan_graph* graph) {
  size_t count = 0;
  for (size_t i = 0; i < graph->num_nodes; ++i) {
    const ctf_plan_node* node = &graph->nodes[i];
    count += node->kind == CTF_PLAN_CONSTANT && ctf_mapped_file_of(node->constant->buffer) != NULL;
  }
  if (count == 0) return NULL;
  CTF_TRY(ctf_alloc_array(plan->scratch, &plan->files, count));
  CTF_TRY(ctf_alloc_array(plan->scratch, &plan->mapped, count));
  for (size_t i = 0; i < graph->num_nodes; ++i) {
    const ctf_plan_node* node = &graph->nodes[i];
    const ctf_mapped_file* file = node->kind == CTF_PLAN_CONSTANT ? ctf_mapped_file_of(node->constant->buffer) : NULL;
    if (file == NULL) continue;
    const uintptr_t begin = (uintptr_t)node->constant->view.data - (uintptr_t)ctf_mapped_file_data(file);
    plan->mapped[plan->num_mapped++] = (ctf_mapped_constant){node->op, file, begin + node->constant->view.bytes};
    if (!has_file(plan, file)) plan->files[plan->num_files++] = file;
  }
  return NULL;
}

static ctf_status name_constant(const ctf_plan* plan, const ctf_mapped_file* file, ctf_status lost) {
  const size_t bytes_now = ctf_mapped_file_bytes_now(file);
  const ctf_mapped_constant* found = NULL;
  for (size_t i = 0; i < plan->num_mapped; ++i) {
    const ctf_mapped_constant* at = &plan->mapped[i];
    if (at->file != file) continue;
    if (found == NULL) found = at;
    if (at->end <= bytes_now) continue;
    found = at;
    break;
  }
  return ctf_error_note(lost, "node '%s' (%s)", found->node->name.data, found->node->op->name);
}

ctf_status ctf_plan_check_files(const ctf_plan* plan) {
  for (size_t i = 0; i < plan->num_files; ++i) {
    ctf_status lost = ctf_mapped_file_check(plan->files[i]);
    if (lost != NULL) return name_constant(plan, plan->files[i], lost);
  }
  return NULL;
}
