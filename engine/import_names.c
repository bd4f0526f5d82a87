// The names of an import: prefixes, unique names, inputs mapped to what is in the graph, and the results asked for.
// The order of the checks and the words are TensorFlow's, because programs match them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/import_impl.h"

#define TENSOR_NAME_BYTES 256

typedef struct tensor_name {
  char text[TENSOR_NAME_BYTES];
} tensor_name;

// "node:1", "^node"
static tensor_name print_tensor(const char* node, int32_t index) {
  tensor_name name;
  if (index == CTF_CONTROL_INDEX) {
    snprintf(name.text, sizeof(name.text), "^%s", node);
  } else {
    snprintf(name.text, sizeof(name.text), "%.*s:%d", TENSOR_NAME_BYTES - 16, node, index);
  }
  return name;
}

ctf_status ctf_import_join(ctf_bytes before, ctf_bytes name, ctf_allocator* alloc, ctf_bytes* out_text) {
  char* text;
  CTF_TRY(ctf_alloc_array(alloc, &text, before.length + name.length + 1));
  if (before.length > 0) memcpy(text, before.data, before.length);
  memcpy(text + before.length, name.data, name.length);
  *out_text = (ctf_bytes){text, before.length + name.length};
  return NULL;
}

ctf_bytes ctf_import_name(const importer* in, size_t number) {
  return in->names != NULL ? in->names[number] : in->def->nodes[number].name;
}

bool ctf_import_find(const importer* in, const char* name, size_t length, uint32_t* out_number) {
  uint64_t id;
  if (!ctf_string_map_get(in->index, name, length, &id) || id < in->base) return false;
  *out_number = (uint32_t)(id - in->base);
  return true;
}

// ---- what is in the graph

// Every "a" and "a/b" of a name "a/b/c".
static ctf_status add_prefixes(ctf_string_map* prefixes, ctf_bytes name) {
  for (size_t i = name.length; i-- > 0;) {
    uint64_t ignored;
    if (name.data[i] != '/') continue;
    // The longest first: where it is known, so are the shorter ones.
    if (ctf_string_map_get(prefixes, name.data, i, &ignored)) return NULL;
    CTF_TRY(ctf_string_map_put(prefixes, name.data, i, 0));
  }
  return NULL;
}

static bool has_name(const ctf_string_map* map, ctf_bytes name) {
  uint64_t ignored;
  return map != NULL && ctf_string_map_get(map, name.data, name.length, &ignored);
}

// A node that was there has this name, or begins with it and a slash.
static bool in_graph(const importer* in, ctf_bytes name) {
  uint64_t id;
  if (ctf_string_map_get(in->graph->names, name.data, name.length, &id) && id < in->base) return true;
  return has_name(in->prefixes, name);
}

// The name with the first "_1", "_2", ... that neither the graph has nor, where that is given, the file.
static ctf_status find_unique(const importer* in, ctf_bytes name, const ctf_string_map* file_prefixes,
                              ctf_allocator* alloc, ctf_bytes* out_name) {
  char* text;
  size_t length = name.length;
  CTF_TRY(ctf_alloc_array(alloc, &text, name.length + 24));
  memcpy(text, name.data, name.length);
  for (uint64_t count = 1;; ++count) {
    uint32_t ignored;
    length = name.length + (size_t)snprintf(text + name.length, 24, "_%llu", (unsigned long long)count);
    const ctf_bytes tried = {text, length};
    if (in_graph(in, tried)) continue;
    if (file_prefixes == NULL) break;
    // Names of the file get the prefix in front; TensorFlow compares without it and so makes doubles.
    const ctf_bytes bare = {text + in->prefix.length, length - in->prefix.length};
    if (!ctf_import_find(in, bare.data, bare.length, &ignored) && !has_name(file_prefixes, bare)) break;
  }
  *out_name = (ctf_bytes){text, length};
  return NULL;
}

ctf_status ctf_import_take_prefix(importer* in) {
  const ctf_import_options* const options = in->options;
  const ctf_bytes given = {options->prefix, options->prefix != NULL ? strlen(options->prefix) : 0};
  if (in->base > 0) {
    CTF_TRY(ctf_string_map_create(in->graph->alloc, &in->prefixes));
    for (size_t i = 0; i < in->base; ++i) CTF_TRY(add_prefixes(in->prefixes, in->graph->nodes[i]->name));
  }
  if (given.length == 0) {
    for (size_t i = 0; !options->uniquify_names && in->base > 0 && i < in->def->num_nodes; ++i) {
      const ctf_bytes name = in->def->nodes[i].name;
      if (in_graph(in, name)) {
        return ctf_error(TF_INVALID_ARGUMENT, "Node name '%s' already exists in the Graph", name.data);
      }
    }
    return NULL;
  }
  ctf_bytes bare = {given.data, given.length - (given.data[given.length - 1] == '/')};
  if (!ctf_node_name_valid(bare)) {
    return ctf_error(TF_INVALID_ARGUMENT, "Imported node name prefix '%.*s/' would lead to invalid node names",
                     (int)(bare.length < 1024 ? bare.length : 1024), bare.data);
  }
  if (options->uniquify_prefix && in_graph(in, bare)) CTF_TRY(find_unique(in, bare, NULL, in->work, &bare));
  return ctf_import_join(bare, (ctf_bytes){"/", 1}, in->work, &in->prefix);
}

// ---- mapped inputs

static int compare_names(const char* a, size_t a_length, const char* b, size_t b_length) {
  const size_t least = a_length < b_length ? a_length : b_length;
  const int order = least > 0 ? memcmp(a, b, least) : 0;
  if (order != 0) return order;
  return a_length < b_length ? -1 : a_length > b_length;
}

static int compare_mapped(const void* left, const void* right) {
  const mapped_input *a = left, *b = right;
  const int order = compare_names(a->given->from.node, a->name_length, b->given->from.node, b->name_length);
  if (order != 0) return order;
  if (a->given->from.index != b->given->from.index) return a->given->from.index < b->given->from.index ? -1 : 1;
  return a->number > b->number ? -1 : 1;  // the one said last is found first
}

mapped_input* ctf_import_find_mapped(importer* in, const char* name, size_t length, int32_t index) {
  size_t low = 0, high = in->num_mapped;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    mapped_input* const at = &in->mapped[middle];
    int order = compare_names(at->given->from.node, at->name_length, name, length);
    if (order == 0) order = at->given->from.index < index ? -1 : at->given->from.index > index;
    if (order == 0) return at;
    if (order < 0) low = middle + 1;
    if (order > 0) high = middle;
  }
  return NULL;
}

static ctf_status take_mapping(const importer* in, mapped_input* m) {
  const ctf_tensor_ref from = m->given->from, to = m->given->to;
  const TF_Operation* const node = ctf_graph_find(in->graph, to.node, strlen(to.node));
  const tensor_name from_name = print_tensor(from.node, from.index), to_name = print_tensor(to.node, to.index);
  if (node == NULL) {
    return ctf_error(TF_INVALID_ARGUMENT, "node '%s' in input_map does not exist in graph (input_map entry: %s->%s)",
                     to.node, from_name.text, to_name.text);
  }
  if ((from.index == CTF_CONTROL_INDEX) != (to.index == CTF_CONTROL_INDEX)) {
    return ctf_error(TF_INVALID_ARGUMENT, "input_map entry %s->%s between control edge and non-control edge",
                     from_name.text, to_name.text);
  }
  m->node = node->id;
  return NULL;
}

ctf_status ctf_import_take_mappings(importer* in) {
  const ctf_import_options* const options = in->options;
  if (options->num_mappings == 0 && options->num_control_dependencies == 0) return NULL;
  CTF_TRY(ctf_alloc_array(in->work, &in->mapped, options->num_mappings));
  CTF_TRY(ctf_alloc_array(in->work, &in->controls, options->num_control_dependencies));
  CTF_TRY(ctf_alloc_array(in->work, &in->seen_existing_by, in->base));
  for (size_t i = 0; i < options->num_mappings; ++i) {
    const ctf_input_mapping* const given = &options->mappings[i];
    in->mapped[i] = (mapped_input){.given = given, .name_length = strlen(given->from.node), .number = i};
  }
  if (options->num_mappings > 1) qsort(in->mapped, options->num_mappings, sizeof(*in->mapped), compare_mapped);
  for (size_t i = 0; i < options->num_mappings; ++i) {
    mapped_input* const m = &in->mapped[i];
    const ctf_tensor_ref from = m->given->from;
    if (ctf_import_find_mapped(in, from.node, m->name_length, from.index) != NULL) continue;  // said again later
    CTF_TRY(take_mapping(in, m));
    in->mapped[in->num_mapped++] = *m;
  }
  for (size_t i = 0; i < options->num_control_dependencies; ++i) {
    const char* const name = options->control_dependencies[i];
    const TF_Operation* const node = ctf_graph_find(in->graph, name, strlen(name));
    if (node == NULL) {
      return ctf_error(TF_INVALID_ARGUMENT, "node '%s' in control_dependencies does not exist in graph", name);
    }
    in->controls[in->num_controls++] = node->id;
  }
  return NULL;
}

// ---- the file's names

static ctf_status check_node(const ctf_node_def* node) {
  bool after_control = false;
  if (node->op.length == 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "Node '%s' does not specify an operation", node->name.data);
  }
  for (size_t k = 0; k < node->num_inputs; ++k) {
    const bool is_control = node->inputs[k].length > 0 && node->inputs[k].data[0] == '^';
    if (after_control && !is_control) {
      return ctf_error(TF_INVALID_ARGUMENT, "Node '%s': Control dependencies must come after regular dependencies",
                       node->name.data);
    }
    after_control = is_control;
  }
  return NULL;
}

ctf_status ctf_import_index_names(importer* in) {
  in->index = in->graph->names;
  if (in->prefix.length > 0 || (in->options->uniquify_names && in->base > 0)) {
    CTF_TRY(ctf_string_map_create(in->graph->alloc, &in->own_index));
    in->index = in->own_index;
  }
  for (size_t i = 0; i < in->def->num_nodes; ++i) {
    const ctf_node_def* const node = &in->def->nodes[i];
    const size_t count = ctf_string_map_count(in->index);
    if (!ctf_node_name_valid(node->name)) {
      return ctf_error(TF_INVALID_ARGUMENT, "Node '%s': Node name contains invalid characters", node->name.data);
    }
    CTF_TRY(ctf_string_map_put(in->index, node->name.data, node->name.length, in->base + i));
    if (ctf_string_map_count(in->index) == count) {
      return ctf_error(TF_INVALID_ARGUMENT, "Node '%s' is not unique", node->name.data);
    }
    ++in->num_named;
    CTF_TRY(check_node(node));
  }
  return NULL;
}

ctf_status ctf_import_choose_names(importer* in) {
  ctf_status status = NULL;
  ctf_string_map* file_prefixes = NULL;
  const size_t num_nodes = in->def->num_nodes;
  if (in->own_index == NULL) return NULL;
  // A prefix that is unique makes names that are.
  const bool uniquify = in->options->uniquify_names && (in->prefix.length == 0 || !in->options->uniquify_prefix);

  CTF_TRY_DONE(ctf_alloc_array(in->work, &in->names, num_nodes));
  if (uniquify) {
    CTF_TRY_DONE(ctf_string_map_create(in->graph->alloc, &file_prefixes));
    for (size_t i = 0; i < num_nodes; ++i) CTF_TRY_DONE(add_prefixes(file_prefixes, in->def->nodes[i].name));
  }
  for (size_t i = 0; i < num_nodes; ++i) {
    ctf_bytes name = in->def->nodes[i].name;
    if (in->prefix.length > 0) CTF_TRY_DONE(ctf_import_join(in->prefix, name, in->work, &name));
    if (uniquify && in_graph(in, name)) CTF_TRY_DONE(find_unique(in, name, file_prefixes, in->work, &name));
    in->names[i] = name;
  }

done:
  ctf_string_map_free(file_prefixes);
  return status;
}

// ---- results

// The node of the file; NULL when it has none of that name.
static TF_Operation* built_node(const importer* in, const char* name) {
  uint32_t number;
  if (!ctf_import_find(in, name, strlen(name), &number)) return NULL;
  return in->graph->nodes[in->base + in->place[number]];
}

static ctf_status find_output(importer* in, ctf_tensor_ref wanted, TF_Output* out_output) {
  const mapped_input* const m = ctf_import_find_mapped(in, wanted.node, strlen(wanted.node), wanted.index);
  if (m != NULL) {
    *out_output = (TF_Output){in->graph->nodes[m->node], m->given->to.index};
    return NULL;
  }
  TF_Operation* const node = built_node(in, wanted.node);
  if (node == NULL) {
    return ctf_error(TF_INVALID_ARGUMENT, "Requested return tensor '%s' not found in graph def",
                     print_tensor(wanted.node, wanted.index).text);
  }
  if (wanted.index != CTF_CONTROL_INDEX && (wanted.index < 0 || wanted.index >= node->num_outputs)) {
    return ctf_error(TF_INVALID_ARGUMENT, "Invalid return output %d of node '%s', which has %d output(s)", wanted.index,
                     wanted.node, node->num_outputs);
  }
  *out_output = (TF_Output){node, wanted.index};
  return NULL;
}

// A mapping that no input used is worth telling when the file has no such output.
static ctf_status collect_missing(const importer* in, ctf_import_results* results) {
  CTF_TRY(ctf_alloc_array(results->alloc, &results->missing_names, in->num_mapped));
  CTF_TRY(ctf_alloc_array(results->alloc, &results->missing_indexes, in->num_mapped));
  for (size_t i = 0; i < in->num_mapped; ++i) {
    const mapped_input* const m = &in->mapped[i];
    const ctf_tensor_ref from = m->given->from;
    const TF_Operation* const node = m->used ? NULL : built_node(in, from.node);
    char* name;
    if (m->used || (node != NULL && from.index < node->num_outputs)) continue;
    CTF_TRY(ctf_alloc_string(results->alloc, from.node, m->name_length, &name));
    results->missing_names[results->num_missing] = name;
    results->missing_indexes[results->num_missing++] = from.index;
  }
  return NULL;
}

ctf_status ctf_import_collect_results(importer* in, ctf_import_results* out_results) {
  const ctf_import_options* const options = in->options;
  ctf_import_results results = {.alloc = out_results != NULL ? out_results->alloc : in->work};
  CTF_TRY(ctf_alloc_array(results.alloc, &results.outputs, options->num_return_outputs));
  CTF_TRY(ctf_alloc_array(results.alloc, &results.operations, options->num_return_operations));
  for (size_t i = 0; i < options->num_return_outputs; ++i) {
    CTF_TRY(find_output(in, options->return_outputs[i], &results.outputs[i]));
  }
  for (size_t i = 0; i < options->num_return_operations; ++i) {
    const char* const name = options->return_operations[i];
    results.operations[i] = built_node(in, name);
    if (results.operations[i] == NULL) {
      return ctf_error(TF_INVALID_ARGUMENT, "Requested return node '%s' not found in graph def", name);
    }
  }
  results.num_outputs = options->num_return_outputs;
  results.num_operations = options->num_return_operations;
  if (out_results == NULL) return NULL;
  CTF_TRY(collect_missing(in, &results));
  *out_results = results;
  return NULL;
}
