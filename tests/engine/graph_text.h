// Graphs for the tests of engine/, written as text.
//
//     "p Placeholder - dtype=t:float shape=sh:2,? ; x Identity p,^p T=t:float"
//
// A node is its name, its op, its inputs ("-" for none) and its attributes; `~` stands for a blank, `%` for nothing.
// Values are marked by their kind: t: type (by name, or #77), i: f: b: s: sh: (shape; sh: alone a scalar, sh:?
// unknown), fn: (a function's name), ph: (a placeholder), c: (a tensor of int32, rank 1), k: (a scalar of int32) and
// v: (any tensor of float, int32, int64 or bool, "int64/2x2/1,2,3,4"); lt: li: lf: lb: ls: lfn: lists with commas, lsh: a list of shapes with |, l: an empty list, none: nothing.
// @device=... is the node's device.
#ifndef CTF_TESTS_ENGINE_GRAPH_TEXT_H_
#define CTF_TESTS_ENGINE_GRAPH_TEXT_H_

#include "engine/graph.h"

typedef struct graph_text {
  const char* nodes;
  ctf_versions versions;  // as it is: producer 0 where not given
  const char* functions;  // names of functions of the library, with blanks between; NULL: no library
} graph_text;

// The GraphDef's bytes, from `alloc`.
ctf_status graph_text_encode(const graph_text* text, ctf_allocator* alloc, ctf_bytes* out_bytes);
// Imports it. Nothing but the graph keeps anything.
ctf_status graph_text_import(TF_Graph* graph, const graph_text* text, const ctf_import_options* options);
ctf_status graph_import_nodes(TF_Graph* graph, const char* nodes);  // of the present version, without options

TF_Operation* graph_node(TF_Graph* graph, const char* name);  // asserts that it is there

#endif  // CTF_TESTS_ENGINE_GRAPH_TEXT_H_
