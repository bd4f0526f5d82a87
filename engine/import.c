// A GraphDef into a graph, all of it or nothing.
//
// Names are indexed first, then edges become numbers, then nodes are built in topological order, of those that are
// ready the earliest in the file first, as TensorFlow does. Counters instead of recursion: a chain of a million nodes
// is fine.
#include <string.h>

#include "engine/graph.h"
#include "graphdef/wire.h"
#include "tensorflow/core/framework/function.pb-c.h"

enum {
  SMALL_SOURCE_BYTES = 64 * 1024,
  SMALL_CHUNK_BYTES = 8 * 1024,
  CHUNK_BYTES = 256 * 1024,
  NODE_CHUNK_BYTES = 16 * 1024,
};

#define COLOCATION_ATTR "_class"
#define COLOCATION_PREFIX "loc:@"
#define SHAPES_ATTR "_output_shapes"

// An input of a node of the file.
typedef struct file_edge {
  uint32_t source;  // which node of the file
  int32_t index;    // its output; -1: a control input
  bool is_back;     // closes a loop: comes later in the order
} file_edge;

typedef struct importer {
  TF_Graph* graph;
  const ctf_graph_def* def;
  ctf_bytes prefix;  // with its slash, or empty
  ctf_bytes default_device;
  ctf_allocator* work;     // ends with the import
  ctf_allocator* step;     // ends with each node
  ctf_allocator* scratch;  // the graph's afterwards
  ctf_bytes* names;        // of the file's nodes, with the prefix; NULL without one
  size_t num_named;        // so many of them stand in graph->names, with the value base + number in the file
  size_t* first_edge;      // of each node, in edges; one more at the end
  file_edge* edges;
  uint32_t* order;     // numbers in the file, in the order of the graph
  size_t num_ordered;  // less than num_nodes when there is a cycle
  uint32_t* place;     // the reverse of order
  uint32_t* seen_by;   // of each node: the last one, plus 1, that has taken it as a control input
  size_t base;         // graph->num_nodes before
  size_t num_built;
} importer;

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

// before + name, terminated.
static ctf_status join(ctf_bytes before, ctf_bytes name, ctf_allocator* alloc, ctf_bytes* out_text) {
  char* text;
  CTF_TRY(ctf_alloc_array(alloc, &text, before.length + name.length + 1));
  if (before.length > 0) memcpy(text, before.data, before.length);
  memcpy(text + before.length, name.data, name.length);
  *out_text = (ctf_bytes){text, before.length + name.length};
  return NULL;
}

static ctf_bytes name_of(const importer* in, size_t number) {
  return in->names != NULL ? in->names[number] : in->def->nodes[number].name;
}

// Looks for a node of the file by its name in the file.
static ctf_status find_in_file(const importer* in, const char* name, size_t length, bool* out_found,
                               uint32_t* out_number) {
  ctf_bytes whole = {name, length};
  uint64_t id;
  if (in->prefix.length > 0) CTF_TRY(join(in->prefix, whole, in->step, &whole));
  *out_found = ctf_string_map_get(in->graph->names, whole.data, whole.length, &id) && id >= in->base;
  if (*out_found) *out_number = (uint32_t)(id - in->base);
  return NULL;
}

static ctf_status take_options(importer* in, const ctf_import_options* options) {
  if (options == NULL) return NULL;
  if (options->default_device != NULL) {
    in->default_device = (ctf_bytes){options->default_device, strlen(options->default_device)};
  }
  if (options->prefix == NULL || options->prefix[0] == '\0') return NULL;
  const ctf_bytes given = {options->prefix, strlen(options->prefix)};
  const bool has_slash = given.data[given.length - 1] == '/';
  CTF_TRY(join(given, (ctf_bytes){has_slash ? "" : "/", !has_slash}, in->work, &in->prefix));
  if (!ctf_node_name_valid(in->prefix)) {
    return ctf_error(TF_INVALID_ARGUMENT, "Imported node name prefix '%s' would lead to invalid node names",
                     in->prefix.data);
  }
  CTF_TRY(ctf_alloc_array(in->work, &in->names, in->def->num_nodes));
  for (size_t i = 0; i < in->def->num_nodes; ++i) {
    CTF_TRY(join(in->prefix, in->def->nodes[i].name, in->work, &in->names[i]));
  }
  return NULL;
}

static ctf_status check_collisions(const importer* in) {
  for (size_t i = 0; in->base > 0 && i < in->def->num_nodes; ++i) {
    const ctf_bytes name = name_of(in, i);
    if (ctf_graph_find(in->graph, name.data, name.length) == NULL) continue;
    return ctf_error(TF_INVALID_ARGUMENT, "Node name '%s' already exists in the Graph", name.data);
  }
  return NULL;
}

static ctf_status index_names(importer* in) {
  for (size_t i = 0; i < in->def->num_nodes; ++i) {
    const ctf_node_def* const node = &in->def->nodes[i];
    const ctf_bytes name = name_of(in, i);
    const size_t count = ctf_string_map_count(in->graph->names);
    bool after_control = false;
    if (!ctf_node_name_valid(node->name)) {
      return ctf_error(TF_INVALID_ARGUMENT, "Node '%s': Node name contains invalid characters", node->name.data);
    }
    CTF_TRY(ctf_string_map_put(in->graph->names, name.data, name.length, in->base + i));
    if (ctf_string_map_count(in->graph->names) == count) {
      return ctf_error(TF_INVALID_ARGUMENT, "Node '%s' is not unique", node->name.data);
    }
    ++in->num_named;
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
  }
  return NULL;
}

// ---- edges and order

static ctf_status resolve_input(const importer* in, const ctf_node_def* node, ctf_bytes input, file_edge* out_edge) {
  const bool is_control = input.length > 0 && input.data[0] == '^';
  const char* const name = input.data + is_control;
  size_t length = input.length - is_control;
  int32_t index = -1;
  uint32_t source;
  bool found;
  if (!is_control) ctf_tensor_name_split(name, length, &length, &index);
  CTF_TRY(find_in_file(in, name, length, &found, &source));
  if (!found) {
    return ctf_error(TF_INVALID_ARGUMENT, "Node '%s': Unknown input node '%s'", node->name.data, input.data);
  }
  // Loops close from NextIteration into Merge and nowhere else; every other cycle is an error.
  const bool is_back = !is_control && is_merge(node) && is_next_iteration(&in->def->nodes[source]);
  *out_edge = (file_edge){source, index, is_back};
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
    ctf_scratch_reset(in->step);
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

// For each node the nodes that read it, once for each edge that is not a back edge: readers[first[i]...first[i + 1]).
static ctf_status list_readers(const importer* in, uint32_t* waiting, size_t** out_first, uint32_t** out_readers) {
  const size_t num_nodes = in->def->num_nodes, num_edges = in->first_edge[num_nodes];
  size_t *first, total = 0;
  uint32_t* readers;
  CTF_TRY(ctf_alloc_array(in->work, &first, num_nodes + 1));
  CTF_TRY(ctf_alloc_array(in->work, &readers, num_edges));
  for (size_t i = 0; i < num_edges; ++i) first[in->edges[i].source] += !in->edges[i].is_back;
  for (size_t i = 0; i <= num_nodes; ++i) {  // counts become ends, and filling from the back turns them into starts
    total += first[i];
    first[i] = total;
  }
  for (size_t i = num_nodes; i-- > 0;) {
    size_t num_data = 0, num_back = 0;
    for (size_t e = in->first_edge[i]; e < in->first_edge[i + 1]; ++e) {
      num_data += in->edges[e].index >= 0;
      num_back += in->edges[e].is_back;
      if (in->edges[e].is_back) continue;
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
  const ctf_named_attr* const attr = find_attr(node, COLOCATION_ATTR);
  if (attr == NULL || !attr->value.is_list || attr->value.kind != CTF_ATTR_STRING) return NULL;
  for (size_t i = 0; i < attr->value.count; ++i) {
    const ctf_bytes text = attr->value.strings[i];
    const size_t start = strlen(COLOCATION_PREFIX);
    uint32_t number;
    bool found;
    if (!starts_with(text, COLOCATION_PREFIX)) continue;
    CTF_TRY(find_in_file(in, text.data + start, text.length - start, &found, &number));
    if (found) continue;
    return ctf_error(TF_INVALID_ARGUMENT, "Node '%s' expects to be colocated with unknown node '%.*s'", node->name.data,
                     (int)(text.length - start < 1024 ? text.length - start : 1024), text.data + start);
  }
  return NULL;
}

static ctf_status prefix_colocations(const importer* in, ctf_attr_value* inout_value) {
  const size_t start = strlen(COLOCATION_PREFIX);
  ctf_bytes* strings;
  if (!inout_value->is_list || inout_value->kind != CTF_ATTR_STRING) return NULL;
  CTF_TRY(ctf_alloc_array(in->step, &strings, inout_value->count));
  for (size_t i = 0; i < inout_value->count; ++i) {
    strings[i] = inout_value->strings[i];
    if (!starts_with(strings[i], COLOCATION_PREFIX)) continue;
    ctf_bytes name = {strings[i].data + start, strings[i].length - start};
    CTF_TRY(join(in->prefix, name, in->step, &name));
    CTF_TRY(join((ctf_bytes){COLOCATION_PREFIX, start}, name, in->step, &strings[i]));
  }
  inout_value->strings = strings;
  return NULL;
}

// The attributes without the hint of shapes, which is of the file and not of the node; colocations with the prefix.
static ctf_status take_attrs(const importer* in, const ctf_node_def* node, ctf_node_spec* spec) {
  spec->attrs = node->attrs;
  spec->num_attrs = node->num_attrs;
  const bool has_hint = find_attr(node, SHAPES_ATTR) != NULL;
  if (!has_hint && (in->prefix.length == 0 || find_attr(node, COLOCATION_ATTR) == NULL)) return NULL;
  ctf_named_attr* attrs;
  size_t count = 0;
  CTF_TRY(ctf_alloc_array(in->step, &attrs, node->num_attrs));
  for (size_t i = 0; i < node->num_attrs; ++i) {
    if (ctf_bytes_equal(node->attrs[i].name, SHAPES_ATTR)) continue;
    attrs[count] = node->attrs[i];
    if (in->prefix.length > 0 && ctf_bytes_equal(attrs[count].name, COLOCATION_ATTR)) {
      CTF_TRY(prefix_colocations(in, &attrs[count].value));
    }
    ++count;
  }
  spec->attrs = attrs;
  spec->num_attrs = count;
  return NULL;
}

static ctf_status invalid_output(const ctf_node_def* node, int32_t index, const TF_Operation* source) {
  return ctf_error(TF_INVALID_ARGUMENT,
                   "Node '%s': Connecting to invalid output %d of source node %s which has %d outputs.",
                   node->name.data, index, source->name.data, source->num_outputs);
}

static ctf_status take_edges(importer* in, uint32_t number, ctf_node_spec* spec) {
  const size_t begin = in->first_edge[number], count = in->first_edge[number + 1] - begin;
  ctf_edge* inputs;
  TF_DataType* types;
  uint32_t* controls;
  CTF_TRY(ctf_alloc_array(in->step, &inputs, count));
  CTF_TRY(ctf_alloc_array(in->step, &types, count));
  CTF_TRY(ctf_alloc_array(in->step, &controls, count));
  for (size_t i = 0; i < count; ++i) {
    const file_edge edge = in->edges[begin + i];
    const uint32_t id = (uint32_t)(in->base + in->place[edge.source]);
    if (edge.index < 0) {
      if (in->seen_by[edge.source] == number + 1) continue;  // the same control input again
      in->seen_by[edge.source] = number + 1;
      controls[spec->num_controls++] = id;
      continue;
    }
    inputs[spec->num_inputs] = (ctf_edge){id, edge.index};
    if (!edge.is_back) {
      const TF_Operation* const source = in->graph->nodes[id];
      if (edge.index >= source->num_outputs) return invalid_output(&in->def->nodes[number], edge.index, source);
      types[spec->num_inputs] = source->output_types[edge.index];
    }
    ++spec->num_inputs;
  }
  spec->inputs = inputs;
  spec->given_types = types;
  spec->controls = controls;
  return NULL;
}

// What the file says about the shape of an output must fit what is known, and may add to it.
static ctf_status merge_hint(importer* in, ctf_shape hint, TF_Operation* node, int output) {
  ctf_shape merged;
  ctf_shape_ctx c = {.scratch = in->scratch, .outputs = &merged};
  int64_t num_elements;
  if (ctf_shape_known(hint) && !ctf_shape_num_elements(hint, &num_elements)) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "Node '%s has an invalid _output_shapes attribute (shape #%d error:'Shape %s is too large (more "
                     "than 2**63 - 1 entries)'",
                     node->name.data, output, ctf_shape_print(hint).text);
  }
  ctf_status failure = ctf_shape_merge(&c, node->output_shapes[output], hint, &merged);
  if (failure != NULL && ctf_status_code(failure) == TF_INVALID_ARGUMENT) {
    const ctf_status whole =
        ctf_error(TF_INVALID_ARGUMENT,
                  "Node '%s' has an _output_shapes attribute inconsistent with the GraphDef for output #%d: %s",
                  node->name.data, output, ctf_status_message(failure));
    ctf_status_drop(failure);  // its message is part of the one that replaces it
    return whole;
  }
  CTF_TRY(failure);
  if (merged.dims == hint.dims) CTF_TRY(ctf_shape_set(&c, 0, hint.rank, hint.dims));  // those of the file go with it
  node->output_shapes[output] = merged;
  return NULL;
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

static ctf_status build_node(importer* in, uint32_t number) {
  const ctf_node_def* const def = &in->def->nodes[number];
  TF_Operation* node;
  ctf_node_spec spec = {
      .name = name_of(in, number),
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
  ++in->num_built;                    // from here on it is undone with the others
  if (in->place[number] != number) {  // the number in the file gives way to the graph's
    CTF_TRY(ctf_string_map_put(in->graph->names, node->name.data, node->name.length, node->id));
  }
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

// Everything that can fail comes first, in memory that nobody sees yet.
static ctf_status commit(importer* in) {
  TF_Graph* const graph = in->graph;
  const ctf_versions* const given = &in->def->versions;
  ctf_versions versions = graph->versions;
  const ctf_bytes old_library = graph->library, added = in->def->library;
  char* library = NULL;
  int32_t* bad = NULL;
  CTF_TRY(ctf_grow_array(graph->alloc, &graph->scratches, &graph->scratch_capacity, graph->num_scratches + 1));
  if (given->num_bad_consumers > 0) {
    CTF_TRY(ctf_alloc_array(graph->alloc, &bad, versions.num_bad_consumers + given->num_bad_consumers));
  }
  if (added.length > 0) {
    const ctf_status status = ctf_alloc_array(graph->alloc, &library, old_library.length + added.length);
    if (status != NULL) {
      ctf_free(graph->alloc, bad);
      return status;
    }
    if (old_library.length > 0) memcpy(library, old_library.data, old_library.length);
    memcpy(library + old_library.length, added.data, added.length);
    graph->library = (ctf_bytes){library, old_library.length + added.length};
    ctf_free(graph->alloc, (void*)old_library.data);
  }
  if (bad != NULL) {
    if (versions.num_bad_consumers > 0) {
      memcpy(bad, versions.bad_consumers, versions.num_bad_consumers * sizeof(*bad));
    }
    ctf_free(graph->alloc, (void*)versions.bad_consumers);
    versions.bad_consumers = bad;
    for (size_t i = 0; i < given->num_bad_consumers; ++i) {
      if (!has_version(&versions, given->bad_consumers[i])) bad[versions.num_bad_consumers++] = given->bad_consumers[i];
    }
  }
  if (given->producer < versions.producer) versions.producer = given->producer;
  if (given->min_consumer > versions.min_consumer) versions.min_consumer = given->min_consumer;
  graph->versions = versions;
  graph->scratches[graph->num_scratches++] = in->scratch;
  in->scratch = NULL;  // handed over
  graph->num_nodes += in->num_built;
  return NULL;
}

static ctf_status import_locked(importer* in) {
  TF_Graph* const graph = in->graph;
  const size_t num_nodes = in->def->num_nodes;
  in->base = graph->num_nodes;
  if (num_nodes >= UINT32_MAX - in->base) {
    return ctf_error(TF_RESOURCE_EXHAUSTED, "a graph can have 4294967294 nodes; %zu and %zu are more", in->base,
                     num_nodes);
  }
  CTF_TRY(check_collisions(in));
  CTF_TRY(index_names(in));
  CTF_TRY(resolve_edges(in));
  CTF_TRY(sort_nodes(in));
  CTF_TRY(ctf_grow_array(graph->alloc, &graph->nodes, &graph->node_capacity, in->base + num_nodes));
  for (size_t i = 0; i < in->num_ordered; ++i) CTF_TRY(build_node(in, in->order[i]));
  if (in->num_ordered < num_nodes) {
    return ctf_error(TF_INVALID_ARGUMENT, "%zu nodes in a cycle", num_nodes - in->num_ordered);
  }
  CTF_TRY(close_loops(in));
  return commit(in);
}

static void undo(importer* in) {
  for (size_t i = 0; i < in->num_named; ++i) {
    const ctf_bytes name = name_of(in, i);
    ctf_string_map_remove(in->graph->names, name.data, name.length);
  }
  for (size_t i = 0; i < in->num_built; ++i) {
    ctf_node_release(in->graph->nodes[in->base + i]);
    in->graph->nodes[in->base + i] = NULL;
  }
}

ctf_status ctf_graph_import(TF_Graph* graph, const ctf_source* source, const ctf_import_options* options) {
  ctf_status status = NULL;
  ctf_graph_def* def = NULL;
  importer in = {.graph = graph};
  ctf_source own = *source;
  const size_t chunk_bytes = source->bytes < SMALL_SOURCE_BYTES ? SMALL_CHUNK_BYTES : CHUNK_BYTES;

  if (own.budget == NULL) own.budget = graph->budget;
  CTF_TRY_DONE(ctf_scratch_create(graph->alloc, chunk_bytes, &in.work));
  CTF_TRY_DONE(ctf_scratch_create(graph->alloc, NODE_CHUNK_BYTES, &in.step));
  CTF_TRY_DONE(ctf_scratch_create(graph->alloc, chunk_bytes, &in.scratch));
  CTF_TRY_DONE(ctf_graph_def_read(&own, in.work, &def));
  CTF_TRY_DONE(check_versions(&def->versions));
  in.def = def;
  CTF_TRY_DONE(take_options(&in, options));
  pthread_mutex_lock(&graph->lock);
  status = import_locked(&in);
  if (status != NULL) undo(&in);
  pthread_mutex_unlock(&graph->lock);

done:
  ctf_graph_def_release(def);
  ctf_allocator_free(in.scratch);
  ctf_allocator_free(in.step);
  ctf_allocator_free(in.work);
  return status;
}
