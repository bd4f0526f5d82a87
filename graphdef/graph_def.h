// GraphDef files: bytes that nobody has vouched for in, checked nodes out, and back.
//
// Every byte is walked by the bounded scanner (graphdef/wire.h) before protobuf-c sees it; large tensor contents are
// lifted out of the message as ranges of the source and never pass through protobuf-c.
#ifndef CTF_GRAPHDEF_GRAPH_DEF_H_
#define CTF_GRAPHDEF_GRAPH_DEF_H_

#include "graphdef/attr.h"
#include "runtime/mapped_file.h"

typedef struct ctf_node_def {
  ctf_bytes name;  // terminated, as are op, device and inputs
  ctf_bytes op;
  ctf_bytes device;
  size_t num_inputs;
  const ctf_bytes* inputs;  // "node", "node:2", "^node"
  size_t num_attrs;
  const ctf_named_attr* attrs;  // names are unique: of duplicates in the file the last one is here
  ctf_bytes experimental;       // fields 6 and up as they stand in the file (checked), kept for export
} ctf_node_def;

typedef struct ctf_versions {
  int32_t producer;
  int32_t min_consumer;
  size_t num_bad_consumers;
  const int32_t* bad_consumers;
} ctf_versions;

typedef struct ctf_graph_def {
  size_t num_nodes;
  ctf_node_def* nodes;
  ctf_versions versions;
  ctf_bytes library;  // the serialised FunctionDefLibrary, checked; empty when there is none
} ctf_graph_def;

typedef struct ctf_source {
  const uint8_t* data;
  size_t bytes;
  ctf_buffer*
      mapping;  // when not NULL, data is a range of it and lifted contents refer to it; else they are copied once
  ctf_budget* budget;           // tensors are charged to it
  const ctf_mapped_file* file;  // when not NULL, the bytes are read from it, which may be cut short meanwhile
} ctf_source;

// Decodes into `alloc` (a scratch allocator: the result is freed with it, after ctf_graph_def_release). Wire format
// that TensorFlow's parser would refuse is INVALID_ARGUMENT "Invalid GraphDef"; tensors are checked as TensorFlow
// checks them at import ("Cannot parse tensor from proto: ..."). Nothing about ops is checked here.
CTF_MUST_USE ctf_status ctf_graph_def_read(const ctf_source* source, ctf_allocator* alloc, ctf_graph_def** out_graph);
// Releases the tensors of all attributes.
void ctf_graph_def_release(ctf_graph_def* graph);

// Serialises. The bytes are from `alloc`.
CTF_MUST_USE ctf_status ctf_graph_def_write(const ctf_graph_def* graph, ctf_allocator* alloc, ctf_bytes* out_bytes);
// One NodeDef, one AttrValue, one TensorShapeProto: for the API.
CTF_MUST_USE ctf_status ctf_node_def_write(const ctf_node_def* node, ctf_allocator* alloc, ctf_bytes* out_bytes);
CTF_MUST_USE ctf_status ctf_attr_value_write(const ctf_attr_value* value, ctf_allocator* alloc, ctf_bytes* out_bytes);
CTF_MUST_USE ctf_status ctf_shape_write(ctf_shape shape, ctf_allocator* alloc, ctf_bytes* out_bytes);
CTF_MUST_USE ctf_status ctf_attr_value_read(const ctf_source* source, ctf_allocator* alloc, ctf_attr_value* out_value);

#endif  // CTF_GRAPHDEF_GRAPH_DEF_H_
