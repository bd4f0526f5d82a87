#include "tests/conform/case.h"

#include <stdlib.h>
#include <string.h>

#include "tests/conform/text.h"
#include "tests/conform/wire.h"

// Field numbers of case.proto, graph.proto, function.proto, op_def.proto and node_def.proto.
enum { CASE_NAME = 1, CASE_OPS = 3, CASE_GRAPH = 4, CASE_AREA = 8 };
enum { GRAPH_NODE = 1, GRAPH_LIBRARY = 2, LIBRARY_FUNCTION = 1, FUNCTION_SIGNATURE = 1, FUNCTION_NODE = 3 };
enum { SIGNATURE_NAME = 1, NODE_OP = 2 };

typedef struct name_list {
  conform_bytes* names;
  size_t count;
  size_t capacity;
} name_list;

static void name_list_add(name_list* list, const wire_field* field) {
  if (list->count == list->capacity) {
    list->capacity = list->capacity * 2 + 16;
    list->names = must_resize(list->names, list->capacity * sizeof(*list->names));
  }
  list->names[list->count++] = (conform_bytes){field->data, field->bytes};
}

// Adds the counted fields numbered `inner` of every message numbered `outer`.
static void collect(const uint8_t* data, size_t bytes, uint32_t outer, uint32_t inner, name_list* inout_list) {
  wire_cursor cursor = wire_begin(data, bytes);
  for (wire_field field; wire_next(&cursor, &field);) {
    if (field.number != outer || field.type != 2) continue;
    wire_cursor nested = wire_begin(field.data, field.bytes);
    for (wire_field name; wire_next(&nested, &name);) {
      if (name.number == inner && name.type == 2) name_list_add(inout_list, &name);
    }
  }
}

static int compare_names(const void* a, const void* b) {
  const conform_bytes* left = a;
  const conform_bytes* right = b;
  if (left->bytes != right->bytes) return left->bytes < right->bytes ? -1 : 1;
  return left->bytes != 0 ? memcmp(left->data, right->data, left->bytes) : 0;
}

static bool has_name(const name_list* sorted, const conform_bytes* name) {
  return sorted->count != 0 && bsearch(name, sorted->names, sorted->count, sizeof(*name), compare_names) != NULL;
}

// Adds the names of the library's functions and the ops of their nodes.
static void collect_library(const uint8_t* graph, size_t bytes, name_list* inout_functions, name_list* inout_used) {
  wire_cursor cursor = wire_begin(graph, bytes);
  for (wire_field library; wire_next(&cursor, &library);) {
    if (library.number != GRAPH_LIBRARY || library.type != 2) continue;
    wire_cursor nested = wire_begin(library.data, library.bytes);
    for (wire_field function; wire_next(&nested, &function);) {
      if (function.number != LIBRARY_FUNCTION || function.type != 2) continue;
      collect(function.data, function.bytes, FUNCTION_SIGNATURE, SIGNATURE_NAME, inout_functions);
      collect(function.data, function.bytes, FUNCTION_NODE, NODE_OP, inout_used);
    }
  }
}

// Takes what the library of the graph defines out of the ops, and sees whether a node calls it by its name.
static void read_functions(const uint8_t* graph, size_t bytes, case_summary* inout_summary) {
  name_list functions = {0};
  name_list used = {0};
  collect_library(graph, bytes, &functions, &used);
  if (functions.count != 0) {
    collect(graph, bytes, GRAPH_NODE, NODE_OP, &used);
    qsort(functions.names, functions.count, sizeof(*functions.names), compare_names);
  }
  for (size_t i = 0; i < used.count; ++i) {
    if (has_name(&functions, &used.names[i])) inout_summary->calls_by_name = true;
  }
  size_t num_ops = 0;
  for (size_t i = 0; i < inout_summary->num_ops; ++i) {
    char* op = inout_summary->ops[i];
    if (has_name(&functions, &(conform_bytes){(const uint8_t*)op, strlen(op)})) {
      free(op);
    } else {
      inout_summary->ops[num_ops++] = op;
    }
  }
  inout_summary->num_ops = num_ops;
  free(functions.names);
  free(used.names);
}

bool case_summary_read(conform_bytes record, case_summary* out_summary) {
  case_summary summary = {0};
  conform_bytes graph = {0};
  wire_cursor cursor = wire_begin(record.data, record.bytes);
  for (wire_field field; wire_next(&cursor, &field);) {
    if (field.type != 2) continue;
    const char* name = (const char*)field.data;
    if (field.number == CASE_NAME && summary.name == NULL) summary.name = must_copy(name, field.bytes);
    if (field.number == CASE_AREA && summary.area == NULL) summary.area = must_copy(name, field.bytes);
    if (field.number == CASE_GRAPH) graph = (conform_bytes){field.data, field.bytes};
    if (field.number == CASE_OPS) {
      summary.ops = must_resize(summary.ops, (summary.num_ops + 1) * sizeof(*summary.ops));
      summary.ops[summary.num_ops++] = must_copy(name, field.bytes);
    }
  }
  if (cursor.malformed || summary.name == NULL) {
    case_summary_free(&summary);
    return false;
  }
  if (summary.area == NULL) summary.area = must_copy("", 0);
  if (graph.bytes != 0) read_functions(graph.data, graph.bytes, &summary);
  *out_summary = summary;
  return true;
}

void graph_summary_read(conform_bytes graph, case_summary* out_summary) {
  case_summary summary = {.name = must_copy("", 0), .area = must_copy("", 0)};
  name_list functions = {0};
  name_list used = {0};
  collect(graph.data, graph.bytes, GRAPH_NODE, NODE_OP, &used);
  collect_library(graph.data, graph.bytes, &functions, &used);
  if (used.count != 0) qsort(used.names, used.count, sizeof(*used.names), compare_names);
  summary.ops = must_alloc(used.count * sizeof(*summary.ops));
  for (size_t i = 0; i < used.count; ++i) {
    if (i != 0 && compare_names(&used.names[i - 1], &used.names[i]) == 0) continue;
    summary.ops[summary.num_ops++] = must_copy((const char*)used.names[i].data, used.names[i].bytes);
  }
  free(functions.names);
  free(used.names);
  read_functions(graph.data, graph.bytes, &summary);
  *out_summary = summary;
}

const char* case_summary_unsupported(const case_summary* of, const name_set* with_kernel) {
  static const char kCall[] = "PartitionedCall";
  for (size_t i = 0; i < of->num_ops; ++i) {
    if (name_set_find(with_kernel, of->ops[i]) == NAME_SET_NONE) return of->ops[i];
  }
  return of->calls_by_name && name_set_find(with_kernel, kCall) == NAME_SET_NONE ? kCall : NULL;
}

void case_summary_free(case_summary* summary) {
  for (size_t i = 0; i < summary->num_ops; ++i) free(summary->ops[i]);
  free(summary->ops);
  free(summary->name);
  free(summary->area);
  *summary = (case_summary){0};
}

bool case_read(conform_bytes record, conform_case* out_case) {
  conform_case result = {0};
  uint8_t* rest = must_alloc(record.bytes);
  size_t rest_bytes = 0;
  wire_cursor cursor = wire_begin(record.data, record.bytes);
  for (wire_field field; wire_next(&cursor, &field);) {
    if (field.number == CASE_GRAPH && field.type == 2) {
      result.graph = (conform_bytes){field.data, field.bytes};
    } else {
      const size_t bytes = (size_t)(cursor.at - field.start);
      memcpy(rest + rest_bytes, field.start, bytes);
      rest_bytes += bytes;
    }
  }
  if (!cursor.malformed) result.message = conformance__case__unpack(NULL, rest_bytes, rest);
  free(rest);
  if (result.message == NULL) return false;
  *out_case = result;
  return true;
}

void case_free(conform_case* of) {
  if (of->message != NULL) conformance__case__free_unpacked(of->message, NULL);
  *of = (conform_case){0};
}
