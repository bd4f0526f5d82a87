// The graph: nodes with checked attributes and inputs, in the order in which they were added.
#ifndef CTF_ENGINE_GRAPH_H_
#define CTF_ENGINE_GRAPH_H_

#include <pthread.h>

#include "graphdef/graph_def.h"
#include "ops/registry.h"
#include "runtime/string_map.h"
#include "tensorflow/c/c_api.h"

#define CTF_GRAPH_DEF_VERSION 2474  // what a graph made here claims to be written for, as TensorFlow 2.21 does

typedef struct ctf_edge {  // output `index` of a node
  uint32_t node;
  int32_t index;
} ctf_edge;

// A node. Immutable once it is in the graph, except for output_shapes, which are guarded by the graph's lock and only
// ever become better known, and the static values, which are guarded by it, too. A program's change to a node makes
// another one in its place (engine/mutate.h): the first, which graph->nodes has and programs hold, leads to the latest.
struct TF_Operation {
  TF_Graph* graph;
  uint32_t id;     // graph->nodes[id]
  ctf_bytes name;  // terminated; as is device
  ctf_bytes device;
  const ctf_op_interface* op;
  const ctf_op_def* def;  // NULL: ctf has no definition of the op; shapes stay unknown and no plan can hold it
  ctf_attr_value* attrs;  // parallel to op->attrs, defaults filled in
  bool* attr_given;       // parallel: it stood in the node, it is not the default
  size_t num_extra_attrs;
  ctf_named_attr* extra_attrs;  // those that the interface lacks: private ones and those of later versions
  void* decoded_attrs;          // the family's struct; NULL without a definition
  int num_inputs;               // tensors, lists flattened
  ctf_edge* inputs;
  TF_DataType* input_types;  // as the interface asks; reference types where it does
  int num_outputs;
  TF_DataType* output_types;  // may be reference types
  ctf_shape* output_shapes;
  size_t num_controls;
  uint32_t* controls;            // nodes that must have run before
  TF_Tensor** static_values;     // of outputs whose value follows from constants and shapes; NULL: not looked at
  uint64_t static_epoch;         // the graph's when they were computed
  const TF_Operation** sources;  // nodes of the inputs, then of the controls: for whoever does not hold the lock
  ctf_bytes experimental;
  _Atomic(TF_Operation*) latest;  // of the first: the last change's; NULL: it has not been changed
  TF_Operation* before;           // of a change's: what it took the place of
  size_t since;                   // of a change's: the graph's number of changes with it
  ctf_status invalid;             // of a change's: why it cannot run; NULL: it can
};

// The node as its program has changed it: as constant as what is given, like strchr. Any thread; accepts NULL.
static inline TF_Operation* ctf_node_latest(const TF_Operation* node) {
  // acquire: what the change has made is seen with it.
  TF_Operation* const latest = node != NULL ? atomic_load_explicit(&node->latest, memory_order_acquire) : NULL;
  return latest != NULL ? latest : (TF_Operation*)node;
}

typedef struct ctf_change {
  uint32_t node;
  const char* what;  // "setting attribute"
} ctf_change;

typedef struct ctf_handle_note {  // what a program said of the values that an output's handles stand for
  ctf_edge output;
  ctf_bytes bytes;
} ctf_handle_note;

// Counted: the API's holder and each session. `lock` guards nodes, names, scratches and shapes.
struct TF_Graph {
  atomic_int refs;
  pthread_mutex_t lock;
  ctf_budget* budget;
  ctf_allocator* alloc;
  _Atomic size_t num_nodes;
  size_t node_capacity;
  TF_Operation** nodes;   // in the order added; inputs may come later only through a loop's back edge
  ctf_string_map* names;  // node name -> id
  size_t num_scratches;
  size_t scratch_capacity;
  ctf_allocator** scratches;  // what nodes point to: one for each import, one for single operations (the first)
  ctf_versions versions;
  ctf_bytes library;
  uint64_t shape_epoch;        // from 1; grows when a shape becomes better known after its node was added
  _Atomic size_t num_changes;  // of nodes that were there already
  size_t change_capacity;
  ctf_change* changes;
  size_t num_handles;
  size_t handle_capacity;
  ctf_handle_note* handles;
  bool requires_shape_functions;  // of the ops of nodes to come
};

CTF_MUST_USE ctf_status ctf_graph_create(TF_Graph** out_graph);
TF_Graph* ctf_graph_retain(TF_Graph* graph);
void ctf_graph_release(TF_Graph* graph);  // accepts NULL

TF_Operation* ctf_graph_find(TF_Graph* graph, const char* name, size_t length);  // the lock is held; NULL: none

// The bytes, a serialised HandleData, are copied. The lock is held for both.
CTF_MUST_USE ctf_status ctf_graph_set_handle(TF_Graph* graph, ctf_edge output, ctf_bytes bytes);
bool ctf_graph_get_handle(const TF_Graph* graph, ctf_edge output, ctf_bytes* out_bytes);  // false: nothing was said

// Splits "node", "node:2" into the length of the node's name and the output (0 where none is given; too large a number
// gives the largest).
void ctf_tensor_name_split(const char* name, size_t length, size_t* out_node_length, int32_t* out_index);

// "node" or "node:2" as a tensor of the graph. The lock is held. NOT_FOUND, INVALID_ARGUMENT for an output it lacks.
CTF_MUST_USE ctf_status ctf_graph_find_tensor(TF_Graph* graph, const char* name, size_t length, TF_Output* out_tensor);

// ---- engine/node.c: from what was given to a checked node. Used by import and by the builder functions.

typedef struct ctf_node_spec {
  ctf_bytes name;
  ctf_bytes op;
  ctf_bytes device;
  size_t num_attrs;
  const ctf_named_attr* attrs;  // values become the node's: tensors are retained
  int num_inputs;
  const ctf_edge* inputs;          // nodes that exist
  const TF_DataType* given_types;  // of those inputs; 0 for a loop's back edge, whose node comes later
  size_t num_controls;
  const uint32_t* controls;
  ctf_bytes experimental;
  int32_t producer;  // the GraphDef version that the node was written for: deprecated ops are refused from theirs on
} ctf_node_spec;

// The lock is held. Checks the name, attributes against the interface (defaults, kinds, allowed values, minimums),
// arity and types, in TensorFlow's order and with its codes and words; everything the node points to is allocated from
// `scratch`. Does not infer shapes and does not put the node into the graph.
CTF_MUST_USE ctf_status ctf_node_build(TF_Graph* graph, const ctf_node_spec* spec, ctf_allocator* scratch,
                                       TF_Operation** out_node);
void ctf_node_release(TF_Operation* node);  // the tensors of its attributes; accepts NULL
bool ctf_node_name_valid(ctf_bytes name);
// An output of type `given` may be passed to an input of type `wanted`: a reference serves as its value, too.
bool ctf_type_accepts(TF_DataType wanted, TF_DataType given);
// "Input 0 of node x was passed float from a:0 incompatible with expected int32."
CTF_MUST_USE ctf_status ctf_input_type_error(const TF_Operation* node, int input, TF_DataType given);

// ---- engine/infer.c: shapes of one node from its inputs' shapes

// Runs the node's shape function: `shapes` and `values` are per input (values: NULL where not known). out_shapes has
// num_outputs entries, set to unknown without a definition; dims are allocated from `scratch`. Errors carry
// TensorFlow's form "... for '{{node x}} = Op[T=DT_FLOAT](a, b)' with input shapes: [2], [3]."
CTF_MUST_USE ctf_status ctf_node_infer(const TF_Operation* node, const ctf_shape* shapes,
                                       const ctf_tensor* const* values, ctf_allocator* scratch, ctf_shape* out_shapes);

// Sets output_shapes of a node that is being added, from the shapes and constants of its inputs. The lock is held.
// `temporary` may be reset afterwards.
CTF_MUST_USE ctf_status ctf_node_infer_in_graph(TF_Operation* node, int32_t producer, ctf_allocator* temporary,
                                                ctf_allocator* scratch);

// What is known of an output's shape from elsewhere: INVALID_ARGUMENT when it does not fit what the graph knows, which
// it may add to. Dims are copied to `scratch`, one of the graph's. The lock is held.
CTF_MUST_USE ctf_status ctf_node_merge_shape(TF_Operation* node, int output, ctf_shape shape, ctf_allocator* scratch);

// ---- engine/import.c

#define CTF_CONTROL_INDEX (-1)  // the "output" that control inputs come from

typedef struct ctf_tensor_ref {
  const char* node;
  int32_t index;  // or CTF_CONTROL_INDEX
} ctf_tensor_ref;

typedef struct ctf_input_mapping {  // inputs of the file that read `from` read `to`, which is in the graph
  ctf_tensor_ref from;
  ctf_tensor_ref to;
} ctf_input_mapping;

typedef struct ctf_import_options {
  const char* prefix;          // NULL or "": none
  const char* default_device;  // NULL or "": none
  bool uniquify_names;         // a name that is there becomes "name_1"
  bool uniquify_prefix;        // the same for the prefix
  bool any_colocation;         // colocation with nodes that the file lacks is let through
  size_t num_mappings;
  const ctf_input_mapping* mappings;
  size_t num_control_dependencies;
  const char* const* control_dependencies;  // nodes of the graph that all imported nodes wait for
  size_t num_return_outputs;
  const ctf_tensor_ref* return_outputs;  // of the file; mapped ones are those they are mapped to
  size_t num_return_operations;
  const char* const* return_operations;
} ctf_import_options;

typedef struct ctf_import_results {
  ctf_allocator* alloc;  // set by the caller; owns what the others point to
  size_t num_outputs;
  TF_Output* outputs;  // the index of a control output is CTF_CONTROL_INDEX
  size_t num_operations;
  TF_Operation** operations;
  size_t num_missing;  // mappings from outputs that the file neither has nor reads
  const char** missing_names;
  int* missing_indexes;
} ctf_import_results;

// All nodes or none. Any thread; takes the graph's lock once the bytes are decoded. `results` may be NULL.
CTF_MUST_USE ctf_status ctf_graph_import(TF_Graph* graph, const ctf_source* source, const ctf_import_options* options,
                                         ctf_import_results* out_results);

// ---- engine/add.c: one node at a time, for the builder functions

// Builds the node, infers its shapes and puts it into the graph, or leaves the graph as it was. Takes the lock. A name
// that is there already: INVALID_ARGUMENT "Duplicate node name in graph: 'x'".
CTF_MUST_USE ctf_status ctf_graph_add(TF_Graph* graph, const ctf_node_spec* spec, TF_Operation** out_node);

#endif  // CTF_ENGINE_GRAPH_H_
