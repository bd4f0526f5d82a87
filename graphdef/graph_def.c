// A GraphDef file, node by node: the whole file is checked first, then one node at a time is unpacked, so that the
// memory for messages is that of the largest node.
#include "graphdef/graph_def.h"

#include <string.h>

#include "graphdef/message.h"
#include "graphdef/wire.h"
#include "tensorflow/core/framework/graph.pb-c.h"
#include "tensorflow/core/framework/node_def.pb-c.h"
#include "tensorflow/core/framework/versions.pb-c.h"

#define SCRATCH_BYTES (64 * 1024)  // of a chunk

// Field numbers of GraphDef and NodeDef.
enum { GRAPH_NODE = 1, GRAPH_LIBRARY = 2, GRAPH_VERSIONS = 4 };
enum { NODE_EXPERIMENTAL = 6 };  // and all after it

typedef struct piece {  // parts of a singular message, one after the other: protobuf reads them as one
  uint8_t* data;
  size_t bytes;
} piece;

typedef struct parts {  // what stands at the top of a file
  size_t num_nodes;
  size_t library_bytes;
  size_t versions_bytes;
} parts;

ctf_status ctf_decoder_init(const ctf_source* source, ctf_allocator* alloc, ctf_decoder* out_decoder) {
  ctf_decoder d = {.source = source, .alloc = alloc};
  CTF_TRY(ctf_allocator_create(source->budget, &d.system));
  ctf_status status = ctf_scratch_create(d.system, SCRATCH_BYTES, &d.scratch);
  if (status != NULL) {
    ctf_allocator_free(d.system);
    return status;
  }
  *out_decoder = d;
  return NULL;
}

void ctf_decoder_deinit(ctf_decoder* decoder) {
  if (decoder->system == NULL) return;  // init has failed
  ctf_allocator_free(decoder->scratch);
  ctf_allocator_free(decoder->system);
}

ctf_status ctf_decoder_unpack(ctf_decoder* decoder, const ProtobufCMessageDescriptor* descriptor, size_t offset,
                              size_t bytes, ProtobufCMessage** out_message) {
  ctf_scratch_reset(decoder->scratch);
  decoder->base = offset;
  CTF_TRY(ctf_wire_scan(descriptor, decoder->source->data + offset, bytes, decoder->scratch, &decoder->wire));
  return ctf_wire_unpack(descriptor, &decoder->wire, decoder->scratch, out_message);
}

static bool next_part(const uint8_t** inout_at, const ctf_source* source, ctf_wire_field* out_field) {
  while (ctf_wire_next(inout_at, source->data + source->bytes, out_field)) {
    if (out_field->wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED) return true;
  }
  return false;
}

static parts count_parts(const ctf_source* source) {
  parts p = {0};
  const uint8_t* at = source->data;
  ctf_wire_field f;
  while (next_part(&at, source, &f)) {
    if (f.number == GRAPH_NODE) ++p.num_nodes;
    if (f.number == GRAPH_LIBRARY) p.library_bytes += f.value_bytes;
    if (f.number == GRAPH_VERSIONS) p.versions_bytes += f.value_bytes;
  }
  return p;
}

static ctf_status read_text(const ctf_decoder* d, const char* text, ctf_bytes* out) {
  return ctf_bytes_copy(d->alloc, text, strlen(text), out);
}

// The fields that ctf does not look into, as the scanner left them.
static ctf_status read_experimental(const ctf_decoder* d, ctf_bytes* out) {
  const uint8_t *at = d->wire.data, *const end = at + d->wire.bytes;
  ctf_wire_field f;
  size_t bytes = 0;
  while (ctf_wire_next(&at, end, &f)) {
    if (f.number >= NODE_EXPERIMENTAL) bytes += (size_t)(at - f.begin);
  }
  if (bytes == 0) return NULL;
  uint8_t* copy;
  CTF_TRY(ctf_alloc_array(d->alloc, &copy, bytes));
  *out = (ctf_bytes){(const char*)copy, bytes};
  at = d->wire.data;
  while (ctf_wire_next(&at, end, &f)) {
    if (f.number < NODE_EXPERIMENTAL) continue;
    memcpy(copy, f.begin, (size_t)(at - f.begin));
    copy += at - f.begin;
  }
  return NULL;
}

static ctf_status node_from_message(const ctf_decoder* d, const Tensorflow__NodeDef* proto, ctf_node_def* out) {
  ctf_bytes* inputs;
  ctf_attr_entry* entries;
  CTF_TRY(read_text(d, proto->name, &out->name));
  CTF_TRY(read_text(d, proto->op, &out->op));
  CTF_TRY(read_text(d, proto->device, &out->device));
  CTF_TRY(ctf_alloc_array(d->alloc, &inputs, proto->n_input));
  out->inputs = inputs;
  out->num_inputs = proto->n_input;
  for (size_t i = 0; i < proto->n_input; ++i) CTF_TRY(read_text(d, proto->input[i], &inputs[i]));
  CTF_TRY(read_experimental(d, &out->experimental));
  CTF_TRY(ctf_alloc_array(d->scratch, &entries, proto->n_attr));
  for (size_t i = 0; i < proto->n_attr; ++i) {
    entries[i] = (ctf_attr_entry){proto->attr[i]->key, proto->attr[i]->value};
  }
  return ctf_error_note(ctf_attrs_from_entries(d, entries, proto->n_attr, &out->attrs, &out->num_attrs),
                        "node '%s' (%s)", proto->name, proto->op);
}

static ctf_status read_nodes(ctf_decoder* d, ctf_graph_def* graph, size_t num_nodes) {
  const uint8_t* at = d->source->data;
  ctf_wire_field f;
  CTF_TRY(ctf_alloc_array(d->alloc, &graph->nodes, num_nodes));
  while (next_part(&at, d->source, &f)) {
    ProtobufCMessage* message;
    if (f.number != GRAPH_NODE) continue;
    CTF_TRY(ctf_error_note(ctf_decoder_unpack(d, &tensorflow__node_def__descriptor, (size_t)(f.value - d->source->data),
                                              f.value_bytes, &message),
                           "Invalid GraphDef"));
    ctf_node_def* node = &graph->nodes[graph->num_nodes++];
    CTF_TRY(node_from_message(d, (const Tensorflow__NodeDef*)message, node));
  }
  return NULL;
}

// All parts of a singular message of the file, from `alloc`.
static ctf_status gather(const ctf_source* source, uint32_t number, size_t bytes, ctf_allocator* alloc, piece* out) {
  const uint8_t* at = source->data;
  ctf_wire_field f;
  CTF_TRY(ctf_alloc_array(alloc, &out->data, bytes));
  while (next_part(&at, source, &f)) {
    if (f.number != number || f.value_bytes == 0) continue;
    memcpy(out->data + out->bytes, f.value, f.value_bytes);
    out->bytes += f.value_bytes;
  }
  return NULL;
}

static ctf_status read_versions(const ctf_decoder* d, size_t bytes, ctf_versions* out) {
  const ProtobufCMessageDescriptor* descriptor = &tensorflow__version_def__descriptor;
  piece whole = {0};
  ctf_wire_message wire;
  ProtobufCMessage* message;
  ctf_scratch_reset(d->scratch);
  CTF_TRY(gather(d->source, GRAPH_VERSIONS, bytes, d->scratch, &whole));
  CTF_TRY(ctf_wire_scan(descriptor, whole.data, whole.bytes, d->scratch, &wire));
  CTF_TRY(ctf_wire_unpack(descriptor, &wire, d->scratch, &message));
  const Tensorflow__VersionDef* proto = (const Tensorflow__VersionDef*)message;
  out->producer = proto->producer;
  out->min_consumer = proto->min_consumer;
  if (proto->n_bad_consumers > 0) {
    int32_t* bad;
    CTF_TRY(ctf_alloc_array(d->alloc, &bad, proto->n_bad_consumers));
    memcpy(bad, proto->bad_consumers, proto->n_bad_consumers * sizeof(*bad));
    out->bad_consumers = bad;
    out->num_bad_consumers = proto->n_bad_consumers;
  }
  return NULL;
}

ctf_status ctf_graph_def_read(const ctf_source* source, ctf_allocator* alloc, ctf_graph_def** out_graph) {
  ctf_status status = NULL;
  ctf_graph_def* graph = NULL;
  ctf_decoder decoder = {0};

  CTF_TRY_DONE(ctf_error_note(ctf_wire_check(&tensorflow__graph_def__descriptor, source->data, source->bytes),
                              "Invalid GraphDef"));
  const parts p = count_parts(source);
  CTF_TRY_DONE(ctf_decoder_init(source, alloc, &decoder));
  CTF_TRY_DONE(ctf_alloc_new(alloc, &graph));
  if (p.versions_bytes > 0) CTF_TRY_DONE(read_versions(&decoder, p.versions_bytes, &graph->versions));
  if (p.library_bytes > 0) {
    piece library = {0};
    CTF_TRY_DONE(gather(source, GRAPH_LIBRARY, p.library_bytes, alloc, &library));
    graph->library = (ctf_bytes){(const char*)library.data, library.bytes};
  }
  CTF_TRY_DONE(read_nodes(&decoder, graph, p.num_nodes));
  *out_graph = graph;
  graph = NULL;  // handed over

done:
  ctf_graph_def_release(graph);
  ctf_decoder_deinit(&decoder);
  return status;
}

void ctf_graph_def_release(ctf_graph_def* graph) {
  if (graph == NULL) return;
  for (size_t i = 0; i < graph->num_nodes; ++i) ctf_attrs_release(graph->nodes[i].attrs, graph->nodes[i].num_attrs);
}
