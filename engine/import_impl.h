// What the files that make up an import share: import.c (edges, order, nodes), import_names.c (prefixes, unique names,
// mapped inputs, results) and import_library.c (functions).
#ifndef CTF_ENGINE_IMPORT_IMPL_H_
#define CTF_ENGINE_IMPORT_IMPL_H_

#include "engine/graph.h"

#define COLOCATION_ATTR "_class"
#define COLOCATION_PREFIX "loc:@"

// An input of a node of the file.
typedef struct file_edge {
  uint32_t source;  // which node of the file; of an input that was mapped: which node of the graph
  int32_t index;    // its output; -1: a control input
  bool is_back;     // closes a loop: comes later in the order
  bool is_mapped;
} file_edge;

typedef struct mapped_input {
  const ctf_input_mapping* given;
  size_t name_length;  // of given->from
  size_t number;       // in the caller's order: of equal ones the last counts
  uint32_t node;       // of the graph
  bool used;
} mapped_input;

typedef struct importer {
  TF_Graph* graph;
  const ctf_mapped_file* file;  // that the nodes were read from; NULL: from memory
  const ctf_graph_def* def;
  const ctf_import_options* options;
  ctf_bytes prefix;  // with its slash, or empty
  ctf_bytes default_device;
  ctf_allocator* work;     // ends with the import
  ctf_allocator* step;     // ends with each node
  ctf_allocator* scratch;  // the graph's afterwards
  ctf_string_map* index;   // name in the file -> base + number in the file: graph->names when names stay what they are
  ctf_string_map* own_index;  // NULL when index is graph->names
  ctf_string_map* prefixes;   // "a", "a/b" for each node "a/b/c" that was there; NULL in an empty graph
  ctf_bytes* names;           // of the file's nodes, in the graph; NULL when they stay what they are
  size_t num_named;           // so many of the file's names stand in index
  size_t num_mapped;
  mapped_input* mapped;  // by name and output
  size_t num_controls;
  uint32_t* controls;  // nodes of the graph that every node waits for
  size_t* first_edge;  // of each node, in edges; one more at the end
  file_edge* edges;
  uint32_t* order;             // numbers in the file, in the order of the graph
  size_t num_ordered;          // less than num_nodes when there is a cycle
  uint32_t* place;             // the reverse of order
  uint32_t* seen_by;           // of each node of the file: the last one, plus 1, that has taken it as a control input
  uint32_t* seen_existing_by;  // the same for the nodes that were there; NULL when none can be an input
  size_t base;                 // graph->num_nodes before
  size_t num_built;
  ctf_bytes library;  // the graph's afterwards; not set when the file has none
} importer;

// ---- engine/import_names.c

// before + name, terminated.
CTF_MUST_USE ctf_status ctf_import_join(ctf_bytes before, ctf_bytes name, ctf_allocator* alloc, ctf_bytes* out_text);
ctf_bytes ctf_import_name(const importer* in, size_t number);  // in the graph
// Looks for a node of the file by its name in the file.
bool ctf_import_find(const importer* in, const char* name, size_t length, uint32_t* out_number);
// The mapping of an input; NULL: it is not mapped.
mapped_input* ctf_import_find_mapped(importer* in, const char* name, size_t length, int32_t index);

// In this order, as TensorFlow checks: the prefix and names that are there, mappings and controls, the file's names.
CTF_MUST_USE ctf_status ctf_import_take_prefix(importer* in);
CTF_MUST_USE ctf_status ctf_import_take_mappings(importer* in);
CTF_MUST_USE ctf_status ctf_import_index_names(importer* in);
CTF_MUST_USE ctf_status ctf_import_choose_names(importer* in);
// Everything that was asked for, once all nodes are built.
CTF_MUST_USE ctf_status ctf_import_collect_results(importer* in, ctf_import_results* out_results);

// ---- engine/import_library.c

// Sets in->library, from the graph's allocator: the graph's functions and the file's, each once.
CTF_MUST_USE ctf_status ctf_import_merge_library(importer* in);

#endif  // CTF_ENGINE_IMPORT_IMPL_H_
