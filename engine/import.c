// A GraphDef into a graph, all of it or nothing.
//
// Names are indexed first, then edges become numbers, then nodes are built in topological order, of those that are
// ready the earliest in the file first, as TensorFlow does. Counters instead of recursion: a chain of a million nodes
// is fine.
#include <string.h>

#include "engine/import_impl.h"
#include "graphdef/wire.h"
#include "tensorflow/core/framework/function.pb-c.h"

enum {
  SMALL_SOURCE_BYTES = 64 * 1024,
  SMALL_CHUNK_BYTES = 8 * 1024,
  CHUNK_BYTES = 256 * 1024,
  NODE_CHUNK_BYTES = 16 * 1024,
  FUNCTIONS_MIN_CONSUMER = 12,
};

#define SHAPES_ATTR "_output_shapes"

static bool op_is(ctf_bytes op, const char* a, const char* b) {
  return ctf_bytes_equal(op, a) || ctf_bytes_equal(op, b);
}
static bool is_merge(const ctf_node_def* node) { return op_is(node->op, "Merge", "RefMerge"); }
static bool is_next_iteration(const ctf_node_def* node) { return op_is(node->op, "NextIteration", "RefNextIteration"); }

// ---- the whole file

static ctf_status check_versions(const ctf_versions* v) {
  if (v->producer < 0) {
    return ctf_error(
        TF_INVALID_ARGUMENT,
        "GraphDef producer version %d below min producer 0 supported by ctf. Please regenerate your graph.",
        v->producer);
  }
  if (v->min_consumer > CTF_GRAPH_DEF_VERSION) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "GraphDef min consumer version %d above current version %d for ctf. Please upgrade ctf.",
                     v->min_consumer, CTF_GRAPH_DEF_VERSION);
  }
  for (size_t i = 0; i < v->num_bad_consumers; ++i) {
    if (v->bad_consumers[i] != CTF_GRAPH_DEF_VERSION) continue;
    return ctf_error(TF_INVALID_ARGUMENT,
                     "GraphDef disallows consumer version %d. Please upgrade ctf: this version is likely buggy.",
                     CTF_GRAPH_DEF_VERSION);
  }
  return NULL;
}

// ---- edges and order

static ctf_status resolve_input(importer* in, const ctf_node_def* node, ctf_bytes input, file_edge* out_edge) {
  const bool is_control = input.length > 0 && input.data[0] == '^';
  const char* const name = input.data + is_control;
  size_t length = input.length - is_control;
  int32_t index = CTF_CONTROL_INDEX;
  uint32_t source;
  if (!is_control) ctf_tensor_name_split(name, length, &length, &index);
  mapped_input* const mapped = ctf_import_find_mapped(in, name, length, index);
  if (mapped != NULL) {
    mapped->used = true;
    *out_edge = (file_edge){.source = mapped->node, .index = mapped->given->to.index, .is_mapped = true};
    return NULL;
  }
  if (!ctf_import_find(in, name, length, &source)) {
    return ctf_error(TF_INVALID_ARGUMENT, "Node '%s': Unknown input node '%s'", node->name.data, input.data);
  }
  // Loops close from NextIteration into Merge and nowhere else; every other cycle is an error.
  const bool is_back = !is_control && is_merge(node) && is_next_iteration(&in->def->nodes[source]);
  *out_edge = (file_edge){.source = source, .index = index, .is_back = is_back};
  return NULL;
}

static ctf_status resolve_edges(importer* in) {
  const size_t num_nodes = in->def->num_nodes;
  size_t count = 0;
  for (size_t i = 0; i < num_nodes; ++i) count += in->def->nodes[i].num_inputs;
  CTF_TRY(ctf_alloc_array(in->work, &in->first_edge, num_nodes + 1));
  CTF_TRY(ctf_alloc_array(in->work, &in->edges, count));
  count = 0;
  for (size_t i = 0; i < num_nodes; ++i) {
    const ctf_node_def* const node = &in->def->nodes[i];
    in->first_edge[i] = count;
    for (size_t k = 0; k < node->num_inputs; ++k) {
      CTF_TRY(resolve_input(in, node, node->inputs[k], &in->edges[count++]));
    }
  }
  in->first_edge[num_nodes] = count;
  return NULL;
}

// Nodes that are ready, the earliest in the file on top.
typedef struct ready_heap {
  uint32_t* nodes;
  size_t count;
} ready_heap;

static void heap_push(ready_heap* heap, uint32_t node) {
  size_t at = heap->count++;
  while (at > 0 && heap->nodes[(at - 1) / 2] > node) {
    heap->nodes[at] = heap->nodes[(at - 1) / 2];
    at = (at - 1) / 2;
  }
  heap->nodes[at] = node;
}

static uint32_t heap_pop(ready_heap* heap) {
  const uint32_t top = heap->nodes[0], last = heap->nodes[--heap->count];
  size_t at = 0;
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= heap->count) break;
    if (child + 1 < heap->count && heap->nodes[child + 1] < heap->nodes[child]) ++child;
    if (heap->nodes[child] >= last) break;
    heap->nodes[at] = heap->nodes[child];
    at = child;
  }
  heap->nodes[at] = last;
  return top;
}

// The reader has to wait for the source.
static bool holds_back(const file_edge* edge) { return !edge->is_back && !edge->is_mapped; }

// For each node the nodes that read it, once for each edge that is not a back edge: readers[first[i]...first[i + 1]).
static ctf_status list_readers(const importer* in, uint32_t* waiting, size_t** out_first, uint32_t** out_readers) {
  const size_t num_nodes = in->def->num_nodes, num_edges = in->first_edge[num_nodes];
  size_t *first, total = 0;
  uint32_t* readers;
  CTF_TRY(ctf_alloc_array(in->work, &first, num_nodes + 1));
  CTF_TRY(ctf_alloc_array(in->work, &readers, num_edges));
  for (size_t i = 0; i < num_edges; ++i) {
    if (holds_back(&in->edges[i])) ++first[in->edges[i].source];
  }
  for (size_t i = 0; i <= num_nodes; ++i) {  // counts become ends, and filling from the back turns them into starts
    total += first[i];
    first[i] = total;
  }
  for (size_t i = num_nodes; i-- > 0;) {
    size_t num_data = 0, num_back = 0;
    for (size_t e = in->first_edge[i]; e < in->first_edge[i + 1]; ++e) {
      num_data += in->edges[e].index >= 0;
      num_back += in->edges[e].is_back;
      if (!holds_back(&in->edges[e])) continue;
      ++waiting[i];
      readers[--first[in->edges[e].source]] = (uint32_t)i;
    }
    // A loop that nothing enters: it never becomes ready, so it counts as the cycle that it is.
    if (num_back > 0 && num_back == num_data) ++waiting[i];
  }
  *out_first = first;
  *out_readers = readers;
  return NULL;
}

static ctf_status sort_nodes(importer* in) {
  const size_t num_nodes = in->def->num_nodes;
  uint32_t *waiting, *readers;
  size_t* first;
  ready_heap heap = {0};
  CTF_TRY(ctf_alloc_array(in->work, &waiting, num_nodes));
  CTF_TRY(ctf_alloc_array(in->work, &heap.nodes, num_nodes));
  CTF_TRY(ctf_alloc_array(in->work, &in->order, num_nodes));
  CTF_TRY(ctf_alloc_array(in->work, &in->place, num_nodes));
  CTF_TRY(ctf_alloc_array(in->work, &in->seen_by, num_nodes));
  CTF_TRY(list_readers(in, waiting, &first, &readers));
  for (size_t i = 0; i < num_nodes; ++i) {
    if (waiting[i] == 0) heap_push(&heap, (uint32_t)i);
  }
  while (heap.count > 0) {
    const uint32_t node = heap_pop(&heap);
    in->place[node] = (uint32_t)in->num_ordered;
    in->order[in->num_ordered++] = node;
    for (size_t i = first[node]; i < first[node + 1]; ++i) {
      if (--waiting[readers[i]] == 0) heap_push(&heap, readers[i]);
    }
  }
  return NULL;
}

// ---- one node

static bool starts_with(ctf_bytes text, const char* start) {
  return text.length >= strlen(start) && memcmp(text.data, start, strlen(start)) == 0;
}

static const ctf_named_attr* find_attr(const ctf_node_def* node, const char* name) {
  for (size_t i = 0; i < node->num_attrs; ++i) {
    if (ctf_bytes_equal(node->attrs[i].name, name)) return &node->attrs[i];
  }
  return NULL;
}

static ctf_status check_colocations(const importer* in, const ctf_node_def* node) {
  const ctf_named_attr* const attr = in->options->any_colocation ? NULL : find_attr(node, COLOCATION_ATTR);
  if (attr == NULL || !attr->value.is_list || attr->value.kind != CTF_ATTR_STRING) return NULL;
  for (size_t i = 0; i < attr->value.count; ++i) {
    const ctf_bytes text = attr->value.strings[i];
    const size_t start = strlen(COLOCATION_PREFIX);
    uint32_t number;
    if (!starts_with(text, COLOCATION_PREFIX)) continue;
    if (ctf_import_find(in, text.data + start, text.length - start, &number)) continue;
    return ctf_error(TF_INVALID_ARGUMENT, "Node '%s' expects to be colocated with unknown node '%.*s'", node->name.data,
                     (int)(text.length - start < 1024 ? text.length - start : 1024), text.data + start);
  }
  return NULL;
}

// Colocations follow the nodes to their names in the graph.
static ctf_status rename_colocations(const importer* in, ctf_attr_value* inout_value) {
  const size_t start = strlen(COLOCATION_PREFIX);
  ctf_bytes* strings;
  if (!inout_value->is_list || inout_value->kind != CTF_ATTR_STRING) return NULL;
  CTF_TRY(ctf_alloc_array(in->step, &strings, inout_value->count));
  for (size_t i = 0; i < inout_value->count; ++i) {
    uint32_t number;
    strings[i] = inout_value->strings[i];
    if (!starts_with(strings[i], COLOCATION_PREFIX)) continue;
    ctf_bytes name = {strings[i].data + start, strings[i].length - start};
    if (ctf_import_find(in, name.data, name.length, &number)) {
      name = ctf_import_name(in, number);
    } else {
      CTF_TRY(ctf_import_join(in->prefix, name, in->step, &name));
    }
    CTF_TRY(ctf_import_join((ctf_bytes){COLOCATION_PREFIX, start}, name, in->step, &strings[i]));
  }
  inout_value->strings = strings;
  return NULL;
}

// The attributes without the hint of shapes, which is of the file and not of the node; colocations with the nodes' new
// names.
static ctf_status take_attrs(const importer* in, const ctf_node_def* node, ctf_node_spec* spec) {
  spec->attrs = node->attrs;
  spec->num_attrs = node->num_attrs;
  const bool has_hint = find_attr(node, SHAPES_ATTR) != NULL;
  if (!has_hint && (in->names == NULL || find_attr(node, COLOCATION_ATTR) == NULL)) return NULL;
  ctf_named_attr* attrs;
  size_t count = 0;
  CTF_TRY(ctf_alloc_array(in->step, &attrs, node->num_attrs));
  for (size_t i = 0; i < node->num_attrs; ++i) {
    if (ctf_bytes_equal(node->attrs[i].name, SHAPES_ATTR)) continue;
    attrs[count] = node->attrs[i];
    if (in->names != NULL && ctf_bytes_equal(attrs[count].name, COLOCATION_ATTR)) {
      CTF_TRY(rename_colocations(in, &attrs[count].value));
    }
    ++count;
  }
  spec->attrs = attrs;
  spec->num_attrs = count;
  return NULL;
}

static ctf_status invalid_output(const importer* in, uint32_t number, file_edge edge, const TF_Operation* source) {
  const ctf_bytes name = edge.is_mapped ? source->name : in->def->nodes[edge.source].name;
  return ctf_error(TF_INVALID_ARGUMENT,
                   "Node '%s': Connecting to invalid output %d of source node %s which has %d outputs.",
                   in->def->nodes[number].name.data, edge.index, name.data, source->num_outputs);
}

// Whether the node has not taken this control input before.
static bool first_control(importer* in, uint32_t number, uint32_t source, bool exists) {
  uint32_t* const seen = exists ? &in->seen_existing_by[source] : &in->seen_by[source];
  if (*seen == number + 1) return false;
  *seen = number + 1;
  return true;
}

static ctf_status take_edges(importer* in, uint32_t number, ctf_node_spec* spec) {
  const size_t begin = in->first_edge[number], count = in->first_edge[number + 1] - begin;
  ctf_edge* inputs;
  TF_DataType* types;
  uint32_t* controls;
  bool inherits = false;  // another imported node waits for the control dependencies already
  CTF_TRY(ctf_alloc_array(in->step, &inputs, count));
  CTF_TRY(ctf_alloc_array(in->step, &types, count));
  CTF_TRY(ctf_alloc_array(in->step, &controls, count + in->num_controls));
  for (size_t i = 0; i < count; ++i) {
    const file_edge edge = in->edges[begin + i];
    const uint32_t id = edge.is_mapped ? edge.source : (uint32_t)(in->base + in->place[edge.source]);
    inherits |= holds_back(&edge);
    if (edge.index == CTF_CONTROL_INDEX) {
      if (first_control(in, number, edge.source, edge.is_mapped)) controls[spec->num_controls++] = id;
      continue;
    }
    inputs[spec->num_inputs] = (ctf_edge){id, edge.index};
    if (!edge.is_back) {
      const TF_Operation* const source = in->graph->nodes[id];
      if (edge.index < 0 || edge.index >= source->num_outputs) return invalid_output(in, number, edge, source);
      types[spec->num_inputs] = source->output_types[edge.index];
    }
    ++spec->num_inputs;
  }
  for (size_t i = 0; !inherits && i < in->num_controls; ++i) {
    if (first_control(in, number, in->controls[i], true)) controls[spec->num_controls++] = in->controls[i];
  }
  spec->inputs = inputs;
  spec->given_types = types;
  spec->controls = controls;
  return NULL;
}

// What the file says about the shape of an output must fit what is known, and may add to it.
static ctf_status merge_hint(importer* in, ctf_shape hint, TF_Operation* node, int output) {
  int64_t num_elements;
  if (ctf_shape_known(hint) && !ctf_shape_num_elements(hint, &num_elements)) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "Node '%s has an invalid _output_shapes attribute (shape #%d error:'Shape %s is too large (more "
                     "than 2**63 - 1 entries)'",
                     node->name.data, output, ctf_shape_print(hint).text);
  }
  const ctf_status failure = ctf_node_merge_shape(node, output, hint, in->scratch);
  if (failure != NULL && ctf_status_code(failure) == TF_INVALID_ARGUMENT) {
    const ctf_status whole =
        ctf_error(TF_INVALID_ARGUMENT,
                  "Node '%s' has an _output_shapes attribute inconsistent with the GraphDef for output #%d: %s",
                  node->name.data, output, ctf_status_message(failure));
    ctf_status_drop(failure);  // its message is part of the one that replaces it
    return whole;
  }
  return failure;
}

static ctf_status take_shapes_hint(importer* in, const ctf_node_def* def, TF_Operation* node) {
  const ctf_named_attr* const attr = find_attr(def, SHAPES_ATTR);
  if (attr == NULL || !attr->value.is_list || attr->value.kind != CTF_ATTR_SHAPE) return NULL;
  if (attr->value.count != (size_t)node->num_outputs) return NULL;
  for (int i = 0; i < node->num_outputs; ++i) CTF_TRY(merge_hint(in, attr->value.shapes[i], node, i));
  return NULL;
}

static ctf_status library_has(const importer* in, ctf_bytes library, ctf_bytes name, bool* out_has) {
  const ProtobufCMessageDescriptor* const descriptor = &tensorflow__function_def_library__descriptor;
  ctf_wire_message wire;
  ProtobufCMessage* message;
  *out_has = false;
  if (library.length == 0) return NULL;
  CTF_TRY(ctf_wire_scan(descriptor, (const uint8_t*)library.data, library.length, in->step, &wire));
  CTF_TRY(ctf_wire_unpack(descriptor, &wire, in->step, &message));
  const Tensorflow__FunctionDefLibrary* const functions = (const Tensorflow__FunctionDefLibrary*)message;
  for (size_t i = 0; i < functions->n_function && !*out_has; ++i) {
    const Tensorflow__OpDef* const signature = functions->function[i]->signature;
    *out_has = signature != NULL && ctf_bytes_equal(name, signature->name);
  }
  return NULL;
}

// An op that TensorFlow does not have is a function of the library, or ctf_node_build says that nobody knows it.
static ctf_status check_function(const importer* in, const ctf_node_spec* spec) {
  bool in_file, in_graph;
  if (ctf_op_interface_find(spec->op.data, spec->op.length) != NULL) return NULL;
  CTF_TRY(library_has(in, in->def->library, spec->op, &in_file));
  CTF_TRY(library_has(in, in->graph->library, spec->op, &in_graph));
  if (!in_file && !in_graph) return NULL;
  return ctf_error(TF_UNIMPLEMENTED, "node '%s': function '%s' cannot be called yet", spec->name.data, spec->op.data);
}

// Into the graph's names, where its number in the file stands when those are the index.
static ctf_status put_name(importer* in, uint32_t number, const TF_Operation* node) {
  ctf_string_map* const names = in->graph->names;
  if (in->own_index == NULL) {
    if (in->place[number] == number) return NULL;
    return ctf_string_map_put(names, node->name.data, node->name.length, node->id);
  }
  if (ctf_graph_find(in->graph, node->name.data, node->name.length) != NULL) {
    return ctf_error(TF_INVALID_ARGUMENT, "Node name '%s' already exists in the Graph", node->name.data);
  }
  return ctf_string_map_put(names, node->name.data, node->name.length, node->id);
}

static ctf_status build_node(importer* in, uint32_t number) {
  const ctf_node_def* const def = &in->def->nodes[number];
  TF_Operation* node;
  ctf_node_spec spec = {
      .name = ctf_import_name(in, number),
      .op = def->op,
      .device = def->device.length > 0 ? def->device : in->default_device,
      .experimental = def->experimental,
      .producer = in->def->versions.producer,
  };
  ctf_scratch_reset(in->step);
  CTF_TRY(check_colocations(in, def));
  CTF_TRY(take_edges(in, number, &spec));
  CTF_TRY(take_attrs(in, def, &spec));
  CTF_TRY(check_function(in, &spec));
  CTF_TRY(ctf_node_build(in->graph, &spec, in->scratch, &node));
  node->id = (uint32_t)(in->base + in->num_built);
  in->graph->nodes[node->id] = node;
  ++in->num_built;  // from here on it is undone with the others
  CTF_TRY(put_name(in, number, node));
  CTF_TRY(ctf_node_infer_in_graph(node, spec.producer, in->step, in->scratch));
  return take_shapes_hint(in, def, node);
}

// ---- all nodes

// The inputs of Merge nodes that did not exist when those were built.
static ctf_status close_loops(importer* in) {
  for (size_t i = 0; i < in->num_built; ++i) {
    TF_Operation* const node = in->graph->nodes[in->base + i];
    for (int k = 0; k < node->num_inputs; ++k) {
      if (node->sources[k] != NULL) continue;
      const TF_Operation* const source = in->graph->nodes[node->inputs[k].node];
      const int32_t index = node->inputs[k].index;
      if (index >= source->num_outputs) {
        return ctf_error(TF_INVALID_ARGUMENT, "Output %d of node %s does not exist. Node only has %d outputs.", index,
                         source->name.data, source->num_outputs);
      }
      node->sources[k] = source;
      if (!ctf_type_accepts(node->input_types[k], source->output_types[index])) {
        return ctf_input_type_error(node, k, source->output_types[index]);
      }
    }
  }
  return NULL;
}

static bool has_version(const ctf_versions* versions, int32_t version) {
  for (size_t i = 0; i < versions->num_bad_consumers; ++i) {
    if (versions->bad_consumers[i] == version) return true;
  }
  return false;
}

static ctf_status merge_versions(const importer* in, ctf_versions* out_versions) {
  const ctf_versions* const given = &in->def->versions;
  ctf_versions versions = in->graph->versions;
  int32_t* bad;
  if (given->num_bad_consumers > 0) {
    CTF_TRY(ctf_alloc_array(in->graph->alloc, &bad, versions.num_bad_consumers + given->num_bad_consumers));
    if (versions.num_bad_consumers > 0) {
      memcpy(bad, versions.bad_consumers, versions.num_bad_consumers * sizeof(*bad));
    }
    versions.bad_consumers = bad;
    for (size_t i = 0; i < given->num_bad_consumers; ++i) {
      if (!has_version(&versions, given->bad_consumers[i])) bad[versions.num_bad_consumers++] = given->bad_consumers[i];
    }
  }
  if (given->producer < versions.producer) versions.producer = given->producer;
  if (given->min_consumer > versions.min_consumer) versions.min_consumer = given->min_consumer;
  *out_versions = versions;
  return NULL;
}

// Everything that can fail comes first, in memory that nobody sees yet.
static ctf_status commit(importer* in, ctf_import_results* out_results) {
  TF_Graph* const graph = in->graph;
  ctf_versions versions;
  CTF_TRY(ctf_grow_array(graph->alloc, &graph->scratches, &graph->scratch_capacity, graph->num_scratches + 1));
  CTF_TRY(ctf_import_collect_results(in, out_results));
  CTF_TRY(merge_versions(in, &versions));
  if (versions.bad_consumers != graph->versions.bad_consumers) {
    ctf_free(graph->alloc, (void*)graph->versions.bad_consumers);
  }
  graph->versions = versions;
  if (in->library.data != NULL) {
    // Functions need a consumer of this version, TensorFlow says.
    if (graph->versions.min_consumer < FUNCTIONS_MIN_CONSUMER) graph->versions.min_consumer = FUNCTIONS_MIN_CONSUMER;
    ctf_free(graph->alloc, (void*)graph->library.data);
    graph->library = in->library;
    in->library = (ctf_bytes){0};  // handed over
  }
  graph->scratches[graph->num_scratches++] = in->scratch;
  in->scratch = NULL;  // handed over
  graph->num_nodes += in->num_built;
  return NULL;
}

static ctf_status import_locked(importer* in, ctf_import_results* out_results) {
  TF_Graph* const graph = in->graph;
  const size_t num_nodes = in->def->num_nodes;
  in->base = graph->num_nodes;
  if (num_nodes >= UINT32_MAX - in->base) {
    return ctf_error(TF_RESOURCE_EXHAUSTED, "a graph can have 4294967294 nodes; %zu and %zu are more", in->base,
                     num_nodes);
  }
  CTF_TRY(ctf_import_take_prefix(in));
  CTF_TRY(ctf_import_take_mappings(in));
  CTF_TRY(ctf_import_index_names(in));
  CTF_TRY(resolve_edges(in));
  CTF_TRY(ctf_import_choose_names(in));
  CTF_TRY(ctf_import_merge_library(in));
  CTF_TRY(sort_nodes(in));
  CTF_TRY(ctf_grow_array(graph->alloc, &graph->nodes, &graph->node_capacity, in->base + num_nodes));
  for (size_t i = 0; i < in->num_ordered; ++i) CTF_TRY(build_node(in, in->order[i]));
  if (in->num_ordered < num_nodes) {
    return ctf_error(TF_INVALID_ARGUMENT, "%zu nodes in a cycle", num_nodes - in->num_ordered);
  }
  CTF_TRY(close_loops(in));
  if (in->file != NULL) CTF_TRY(ctf_mapped_file_check(in->file));
  return commit(in, out_results);
}

// A name that the graph gave to another node stays.
static void remove_name(const importer* in, const TF_Operation* node) {
  uint64_t id;
  if (!ctf_string_map_get(in->graph->names, node->name.data, node->name.length, &id) || id != node->id) return;
  ctf_string_map_remove(in->graph->names, node->name.data, node->name.length);
}

static void undo(importer* in) {
  for (size_t i = 0; in->own_index == NULL && i < in->num_named; ++i) {
    const ctf_bytes name = in->def->nodes[i].name;
    ctf_string_map_remove(in->graph->names, name.data, name.length);
  }
  for (size_t i = 0; i < in->num_built; ++i) {
    TF_Operation* const node = in->graph->nodes[in->base + i];
    if (in->own_index != NULL) remove_name(in, node);
    ctf_node_release(node);
    in->graph->nodes[in->base + i] = NULL;
  }
}

ctf_status ctf_graph_import(TF_Graph* graph, const ctf_source* source, const ctf_import_options* options,
                            ctf_import_results* out_results) {
  static const ctf_import_options kDefaults = {0};
  ctf_status status = NULL;
  ctf_graph_def* def = NULL;
  importer in = {.graph = graph, .options = options != NULL ? options : &kDefaults, .file = source->file};
  ctf_source own = *source;
  const size_t chunk_bytes = source->bytes < SMALL_SOURCE_BYTES ? SMALL_CHUNK_BYTES : CHUNK_BYTES;

  if (own.budget == NULL) own.budget = graph->budget;
  CTF_TRY_DONE(ctf_scratch_create(graph->alloc, chunk_bytes, &in.work));
  CTF_TRY_DONE(ctf_scratch_create(graph->alloc, NODE_CHUNK_BYTES, &in.step));
  CTF_TRY_DONE(ctf_scratch_create(graph->alloc, chunk_bytes, &in.scratch));
  CTF_TRY_DONE(ctf_graph_def_read(&own, in.work, &def));
  CTF_TRY_DONE(check_versions(&def->versions));
  in.def = def;
  if (in.options->default_device != NULL) {
    in.default_device = (ctf_bytes){in.options->default_device, strlen(in.options->default_device)};
  }
  pthread_mutex_lock(&graph->lock);
  status = import_locked(&in, out_results);
  if (status != NULL) undo(&in);
  pthread_mutex_unlock(&graph->lock);

done:
  ctf_graph_def_release(def);
  ctf_string_map_free(in.own_index);
  ctf_string_map_free(in.prefixes);
  ctf_free(graph->alloc, (void*)in.library.data);
  ctf_allocator_free(in.scratch);
  ctf_allocator_free(in.step);
  ctf_allocator_free(in.work);
  return status;
}
