// Graphs, nodes and attribute values to the wire. Everything is put from its end to its front.
#include <string.h>

#include "graphdef/graph_def.h"
#include "graphdef/message.h"

enum { ATTR_LIST = 1, LIST_FUNC = 9 };
// Field numbers of AttrValue, and of its lists but for LIST_FUNC.
static const uint32_t kNumbers[] = {
    [CTF_ATTR_STRING] = 2, [CTF_ATTR_INT] = 3,    [CTF_ATTR_FLOAT] = 4, [CTF_ATTR_BOOL] = 5,        [CTF_ATTR_TYPE] = 6,
    [CTF_ATTR_SHAPE] = 7,  [CTF_ATTR_TENSOR] = 8, [CTF_ATTR_FUNC] = 10, [CTF_ATTR_PLACEHOLDER] = 9,
};

static void put_shape_fields(ctf_wire_writer* w, ctf_shape shape) {
  if (shape.rank < 0) ctf_put_number(w, 3, 1);
  for (int32_t i = shape.rank; i-- > 0;) {
    const size_t dim_end = w->bytes;
    if (shape.dims[i] != 0) ctf_put_number(w, 1, (uint64_t)shape.dims[i]);
    ctf_put_front(w, 2, dim_end);
  }
}

void ctf_put_shape(ctf_wire_writer* w, uint32_t number, ctf_shape shape) {
  const size_t end = w->bytes;
  put_shape_fields(w, shape);
  ctf_put_front(w, number, end);
}

static void put_attrs(ctf_wire_writer* w, uint32_t number, const ctf_named_attr* attrs, size_t num_attrs) {
  for (size_t i = num_attrs; i-- > 0;) {
    const size_t end = w->bytes;
    ctf_put_attr_value(w, &attrs[i].value);
    ctf_put_front(w, 2, end);
    ctf_put_block(w, 1, attrs[i].name.data, attrs[i].name.length);
    ctf_put_front(w, number, end);
  }
}

static void put_func(ctf_wire_writer* w, uint32_t number, const ctf_func_value* func) {
  const size_t end = w->bytes;
  put_attrs(w, 2, func->attrs, func->num_attrs);
  ctf_put_block(w, 1, func->name.data, func->name.length);
  ctf_put_front(w, number, end);
}

static void put_float(ctf_wire_writer* w, uint32_t number, float value) {
  ctf_put_bytes(w, &value, sizeof(value));
  ctf_put_tag(w, number, PROTOBUF_C_WIRE_TYPE_32BIT);
}

static uint64_t enum_bits(TF_DataType type) {
  return (uint64_t)(int64_t)(int32_t)type;
}  // negative ones as protobuf does

static void put_list(ctf_wire_writer* w, const ctf_attr_value* v) {
  const uint32_t number = v->kind == CTF_ATTR_FUNC ? LIST_FUNC : kNumbers[v->kind];
  const size_t end = w->bytes;
  switch (v->kind) {
    case CTF_ATTR_STRING:
      for (size_t i = v->count; i-- > 0;) ctf_put_block(w, number, v->strings[i].data, v->strings[i].length);
      return;
    case CTF_ATTR_SHAPE:
      for (size_t i = v->count; i-- > 0;) ctf_put_shape(w, number, v->shapes[i]);
      return;
    case CTF_ATTR_TENSOR:
      for (size_t i = v->count; i-- > 0;) ctf_put_tensor(w, number, &v->tensors[i]->view);
      return;
    case CTF_ATTR_FUNC:
      for (size_t i = v->count; i-- > 0;) put_func(w, number, v->funcs[i]);
      return;
    case CTF_ATTR_INT:
      for (size_t i = v->count; i-- > 0;) ctf_put_varint(w, (uint64_t)v->ints[i]);
      break;
    case CTF_ATTR_FLOAT:
      ctf_put_bytes(w, v->floats, v->count * sizeof(*v->floats));
      break;
    case CTF_ATTR_BOOL:
      for (size_t i = v->count; i-- > 0;) ctf_put_varint(w, v->bools[i]);
      break;
    case CTF_ATTR_TYPE:
      for (size_t i = v->count; i-- > 0;) ctf_put_varint(w, enum_bits(v->types[i]));
      break;
    default:
      return;
  }
  if (v->count > 0) ctf_put_front(w, number, end);  // packed
}

void ctf_put_attr_value(ctf_wire_writer* w, const ctf_attr_value* value) {
  const ctf_attr_value* const v = value;
  if (v->is_list) {
    const size_t end = w->bytes;
    put_list(w, v);
    ctf_put_front(w, ATTR_LIST, end);
    return;
  }
  const uint32_t number = v->kind == CTF_ATTR_NONE ? 0 : kNumbers[v->kind];
  switch (v->kind) {
    case CTF_ATTR_STRING:
    case CTF_ATTR_PLACEHOLDER:
      ctf_put_block(w, number, v->s.data, v->s.length);
      break;
    case CTF_ATTR_INT:
      ctf_put_number(w, number, (uint64_t)v->i);
      break;
    case CTF_ATTR_FLOAT:
      put_float(w, number, v->f);
      break;
    case CTF_ATTR_BOOL:
      ctf_put_number(w, number, v->b);
      break;
    case CTF_ATTR_TYPE:
      ctf_put_number(w, number, enum_bits(v->type));
      break;
    case CTF_ATTR_SHAPE:
      ctf_put_shape(w, number, v->shape);
      break;
    case CTF_ATTR_TENSOR:
      ctf_put_tensor(w, number, &v->tensor->view);
      break;
    case CTF_ATTR_FUNC:
      put_func(w, number, v->func);
      break;
    default:
      break;
  }
}

static void put_text(ctf_wire_writer* w, uint32_t number, ctf_bytes text) {
  if (text.length > 0) ctf_put_block(w, number, text.data, text.length);
}

static void put_node(ctf_wire_writer* w, const void* what) {
  const ctf_node_def* node = what;
  ctf_put_bytes(w, node->experimental.data, node->experimental.length);
  put_attrs(w, 5, node->attrs, node->num_attrs);
  put_text(w, 4, node->device);
  for (size_t i = node->num_inputs; i-- > 0;) ctf_put_block(w, 3, node->inputs[i].data, node->inputs[i].length);
  put_text(w, 2, node->op);
  put_text(w, 1, node->name);
}

static void put_int32(ctf_wire_writer* w, uint32_t number, int32_t value) {
  if (value != 0) ctf_put_number(w, number, (uint64_t)(int64_t)value);
}

static void put_versions(ctf_wire_writer* w, const ctf_versions* versions) {
  const size_t end = w->bytes;
  for (size_t i = versions->num_bad_consumers; i-- > 0;) {
    ctf_put_varint(w, (uint64_t)(int64_t)versions->bad_consumers[i]);
  }
  if (versions->num_bad_consumers > 0) ctf_put_front(w, 3, end);
  put_int32(w, 2, versions->min_consumer);
  put_int32(w, 1, versions->producer);
  ctf_put_front(w, 4, end);
}

static void put_graph(ctf_wire_writer* w, const void* what) {
  const ctf_graph_def* graph = what;
  put_versions(w, &graph->versions);
  put_text(w, 2, graph->library);
  for (size_t i = graph->num_nodes; i-- > 0;) {
    const size_t end = w->bytes;
    put_node(w, &graph->nodes[i]);
    ctf_put_front(w, 1, end);
  }
}

static void put_value(ctf_wire_writer* w, const void* what) { ctf_put_attr_value(w, what); }

static void put_shape(ctf_wire_writer* w, const void* what) { put_shape_fields(w, *(const ctf_shape*)what); }

ctf_status ctf_graph_def_write(const ctf_graph_def* graph, ctf_allocator* alloc, ctf_bytes* out_bytes) {
  return ctf_wire_write(put_graph, graph, alloc, out_bytes);
}

ctf_status ctf_node_def_write(const ctf_node_def* node, ctf_allocator* alloc, ctf_bytes* out_bytes) {
  return ctf_wire_write(put_node, node, alloc, out_bytes);
}

ctf_status ctf_attr_value_write(const ctf_attr_value* value, ctf_allocator* alloc, ctf_bytes* out_bytes) {
  return ctf_wire_write(put_value, value, alloc, out_bytes);
}

ctf_status ctf_shape_write(ctf_shape shape, ctf_allocator* alloc, ctf_bytes* out_bytes) {
  return ctf_wire_write(put_shape, &shape, alloc, out_bytes);
}
