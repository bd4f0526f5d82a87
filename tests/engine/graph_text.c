#include "tests/support/check.h"

#include "tests/engine/graph_text.h"

#include <stdlib.h>

#include "runtime/device.h"

enum { MAX_PARTS = 64, CHUNK_BYTES = 4096 };

typedef struct parts {
  char* at[MAX_PARTS];
  size_t count;
} parts;

// Splits in place; empty parts do not count.
static parts split(char* text, const char* separators) {
  parts p = {0};
  char* rest = NULL;
  for (char* part = strtok_r(text, separators, &rest); part != NULL; part = strtok_r(NULL, separators, &rest)) {
    assert_true(p.count < MAX_PARTS);
    p.at[p.count++] = part;
  }
  return p;
}

static ctf_bytes bytes_of(char* text) {
  if (strcmp(text, "%") == 0) return (ctf_bytes){"", 0};
  for (char* c = text; *c != '\0'; ++c) {
    if (*c == '~') *c = ' ';
  }
  return (ctf_bytes){text, strlen(text)};
}

static TF_DataType type_of(const char* text) {
  TF_DataType type;
  if (text[0] == '#') return (TF_DataType)atoi(text + 1);
  assert_true(ctf_dtype_parse(text, strlen(text), &type));
  return type;
}

static ctf_status shape_of(char* text, ctf_allocator* alloc, ctf_shape* out_shape) {
  int64_t* dims;
  if (strcmp(text, "?") == 0) {
    *out_shape = CTF_SHAPE_UNKNOWN;
    return NULL;
  }
  const parts p = split(text, ",");
  CTF_TRY(ctf_alloc_array(alloc, &dims, p.count));
  for (size_t i = 0; i < p.count; ++i) dims[i] = p.at[i][0] == '?' ? -1 : strtoll(p.at[i], NULL, 10);
  *out_shape = (ctf_shape){(int32_t)p.count, dims};
  return NULL;
}

static ctf_status tensor_of(char* text, bool scalar, ctf_allocator* alloc, TF_Tensor** out_tensor) {
  const parts p = split(text, ",");
  const int64_t count = (int64_t)p.count;
  CTF_TRY(ctf_tensor_create(TF_INT32, (ctf_shape){!scalar, &count}, ctf_allocator_budget(alloc), "test", out_tensor));
  for (size_t i = 0; i < p.count; ++i) ((int32_t*)(*out_tensor)->view.data)[i] = atoi(p.at[i]);
  return NULL;
}

static void put_number(ctf_tensor* tensor, size_t i, const char* text) {
  switch (tensor->dtype) {
    case TF_FLOAT:
      ((float*)tensor->data)[i] = strtof(text, NULL);
      break;
    case TF_INT32:
      ((int32_t*)tensor->data)[i] = (int32_t)strtol(text, NULL, 10);
      break;
    case TF_INT64:
      ((int64_t*)tensor->data)[i] = strtoll(text, NULL, 10);
      break;
    case TF_BOOL:
      ((bool*)tensor->data)[i] = text[0] == '1';
      break;
    default:
      fail_msg("no numbers of type %d here", (int)tensor->dtype);
  }
}

// "int64/2x2/1,2,3,4"; a scalar has no dimensions, an empty tensor no numbers.
static ctf_status any_tensor_of(char* text, ctf_allocator* alloc, TF_Tensor** out_tensor) {
  ctf_shape shape;
  char *const dims = strchr(text, '/'), *const numbers = dims == NULL ? NULL : strchr(dims + 1, '/');
  assert_non_null(numbers);
  *dims = *numbers = '\0';
  for (char* x = dims + 1; *x != '\0'; ++x) {
    if (*x == 'x') *x = ',';
  }
  CTF_TRY(shape_of(dims + 1, alloc, &shape));
  const parts p = split(numbers + 1, ",");
  CTF_TRY(ctf_tensor_create(type_of(text), shape, ctf_allocator_budget(alloc), "test", out_tensor));
  assert_int_equal((*out_tensor)->view.num_elements, p.count);
  for (size_t i = 0; i < p.count; ++i) put_number(&(*out_tensor)->view, i, p.at[i]);
  return NULL;
}

static ctf_status func_of(char* text, ctf_allocator* alloc, const ctf_func_value** out_func) {
  ctf_func_value* func;
  CTF_TRY(ctf_alloc_new(alloc, &func));
  func->name = bytes_of(text);
  *out_func = func;
  return NULL;
}

static ctf_status list_of(const char* kind, char* text, ctf_allocator* alloc, ctf_attr_value* out) {
  const parts p = split(text, strcmp(kind, "sh") == 0 ? "|" : ",");
  out->is_list = true;
  out->count = p.count;
  if (strcmp(kind, "t") == 0) {
    TF_DataType* types;
    out->kind = CTF_ATTR_TYPE;
    CTF_TRY(ctf_alloc_array(alloc, &types, p.count));
    for (size_t i = 0; i < p.count; ++i) types[i] = type_of(p.at[i]);
    out->types = types;
  } else if (strcmp(kind, "i") == 0) {
    int64_t* ints;
    out->kind = CTF_ATTR_INT;
    CTF_TRY(ctf_alloc_array(alloc, &ints, p.count));
    for (size_t i = 0; i < p.count; ++i) ints[i] = strtoll(p.at[i], NULL, 10);
    out->ints = ints;
  } else if (strcmp(kind, "s") == 0) {
    ctf_bytes* strings;
    out->kind = CTF_ATTR_STRING;
    CTF_TRY(ctf_alloc_array(alloc, &strings, p.count));
    for (size_t i = 0; i < p.count; ++i) strings[i] = bytes_of(p.at[i]);
    out->strings = strings;
  } else if (strcmp(kind, "sh") == 0) {
    ctf_shape* shapes;
    out->kind = CTF_ATTR_SHAPE;
    CTF_TRY(ctf_alloc_array(alloc, &shapes, p.count));
    for (size_t i = 0; i < p.count; ++i) CTF_TRY(shape_of(p.at[i], alloc, &shapes[i]));
    out->shapes = shapes;
  } else if (strcmp(kind, "f") == 0) {
    float* floats;
    out->kind = CTF_ATTR_FLOAT;
    CTF_TRY(ctf_alloc_array(alloc, &floats, p.count));
    for (size_t i = 0; i < p.count; ++i) floats[i] = strtof(p.at[i], NULL);
    out->floats = floats;
  } else if (kind[0] != '\0') {
    fail_msg("unknown kind of list '%s'", kind);
  }
  return NULL;
}

static ctf_status value_of(const char* kind, char* text, ctf_allocator* alloc, ctf_attr_value* out) {
  *out = (ctf_attr_value){0};
  if (kind[0] == 'l') return list_of(kind + 1, text, alloc, out);
  if (strcmp(kind, "t") == 0) {
    *out = (ctf_attr_value){.kind = CTF_ATTR_TYPE, .type = type_of(text)};
  } else if (strcmp(kind, "i") == 0) {
    *out = (ctf_attr_value){.kind = CTF_ATTR_INT, .i = strtoll(text, NULL, 10)};
  } else if (strcmp(kind, "f") == 0) {
    *out = (ctf_attr_value){.kind = CTF_ATTR_FLOAT, .f = strtof(text, NULL)};
  } else if (strcmp(kind, "b") == 0) {
    *out = (ctf_attr_value){.kind = CTF_ATTR_BOOL, .b = text[0] == '1'};
  } else if (strcmp(kind, "s") == 0 || strcmp(kind, "ph") == 0) {
    out->kind = kind[0] == 's' ? CTF_ATTR_STRING : CTF_ATTR_PLACEHOLDER;
    out->s = bytes_of(text);
  } else if (strcmp(kind, "sh") == 0) {
    out->kind = CTF_ATTR_SHAPE;
    return shape_of(text, alloc, &out->shape);
  } else if (strcmp(kind, "fn") == 0) {
    out->kind = CTF_ATTR_FUNC;
    return func_of(text, alloc, &out->func);
  } else if (strcmp(kind, "c") == 0 || strcmp(kind, "k") == 0) {
    out->kind = CTF_ATTR_TENSOR;
    return tensor_of(text, kind[0] == 'k', alloc, &out->tensor);
  } else if (strcmp(kind, "v") == 0) {
    out->kind = CTF_ATTR_TENSOR;
    return any_tensor_of(text, alloc, &out->tensor);
  } else if (strcmp(kind, "none") != 0) {
    fail_msg("unknown kind '%s'", kind);
  }
  return NULL;
}

static ctf_status attr_of(char* text, ctf_allocator* alloc, ctf_node_def* node, ctf_named_attr* attrs) {
  char* const equals = strchr(text, '=');
  assert_non_null(equals);
  *equals = '\0';
  if (strcmp(text, "@device") == 0) {
    node->device = bytes_of(equals + 1);
    return NULL;
  }
  char* const colon = strchr(equals + 1, ':');
  assert_non_null(colon);
  *colon = '\0';
  ctf_named_attr* const attr = &attrs[node->num_attrs];
  attr->name = bytes_of(text);
  CTF_TRY(value_of(equals + 1, colon + 1, alloc, &attr->value));
  ++node->num_attrs;
  return NULL;
}

static ctf_status node_of(char* text, ctf_allocator* alloc, ctf_node_def* out_node) {
  ctf_bytes* inputs;
  ctf_named_attr* attrs;
  const parts fields = split(text, " ");
  assert_true(fields.count >= 3);
  out_node->name = bytes_of(fields.at[0]);
  out_node->op = bytes_of(fields.at[1]);
  parts names = {0};
  if (strcmp(fields.at[2], "-") != 0) names = split(fields.at[2], ",");
  CTF_TRY(ctf_alloc_array(alloc, &inputs, names.count));
  for (size_t i = 0; i < names.count; ++i) inputs[i] = bytes_of(names.at[i]);
  out_node->inputs = inputs;
  out_node->num_inputs = names.count;
  CTF_TRY(ctf_alloc_array(alloc, &attrs, fields.count));
  out_node->attrs = attrs;
  for (size_t i = 3; i < fields.count; ++i) CTF_TRY(attr_of(fields.at[i], alloc, out_node, attrs));
  return NULL;
}

// A FunctionDefLibrary of functions that have nothing but a name.
static ctf_status library_of(const char* names, ctf_allocator* alloc, ctf_bytes* out_library) {
  char *text, *bytes;
  CTF_TRY(ctf_alloc_string(alloc, names, strlen(names), &text));
  CTF_TRY(ctf_alloc_array(alloc, &bytes, 8 * strlen(names) + 8));
  const parts p = split(text, " ");
  size_t length = 0;
  for (size_t i = 0; i < p.count; ++i) {
    const size_t n = strlen(p.at[i]);
    assert_true(n < 100);
    const char front[] = {0x0a, (char)(n + 4), 0x0a, (char)(n + 2), 0x0a, (char)n};  // function { signature { name
    memcpy(bytes + length, front, sizeof(front));
    memcpy(bytes + length + sizeof(front), p.at[i], n);
    length += sizeof(front) + n;
  }
  *out_library = (ctf_bytes){bytes, length};
  return NULL;
}

ctf_status graph_text_encode(const graph_text* text, ctf_allocator* alloc, ctf_bytes* out_bytes) {
  ctf_status status = NULL;
  char* copy;
  ctf_graph_def def = {.versions = text->versions};
  CTF_TRY_DONE(ctf_alloc_string(alloc, text->nodes, strlen(text->nodes), &copy));
  const parts nodes = split(copy, ";\n");
  CTF_TRY_DONE(ctf_alloc_array(alloc, &def.nodes, nodes.count));
  for (size_t i = 0; i < nodes.count; ++i) {
    ++def.num_nodes;  // counted first: a release sees its tensors
    CTF_TRY_DONE(node_of(nodes.at[i], alloc, &def.nodes[i]));
  }
  if (text->functions != NULL) CTF_TRY_DONE(library_of(text->functions, alloc, &def.library));
  CTF_TRY_DONE(ctf_graph_def_write(&def, alloc, out_bytes));

done:
  ctf_graph_def_release(&def);
  return status;
}

ctf_status graph_text_import(TF_Graph* graph, const graph_text* text, const ctf_import_options* options) {
  ctf_status status = NULL;
  ctf_allocator *system = NULL, *scratch = NULL;
  ctf_bytes bytes;
  CTF_TRY_DONE(ctf_allocator_create(ctf_device_budget(ctf_device_cpu()), &system));
  CTF_TRY_DONE(ctf_scratch_create(system, CHUNK_BYTES, &scratch));
  CTF_TRY_DONE(graph_text_encode(text, scratch, &bytes));
  const ctf_source source = {.data = (const uint8_t*)bytes.data, .bytes = bytes.length, .budget = graph->budget};
  CTF_TRY_DONE(ctf_graph_import(graph, &source, options, NULL));

done:
  ctf_allocator_free(scratch);
  ctf_allocator_free(system);
  return status;
}

ctf_status graph_import_nodes(TF_Graph* graph, const char* nodes) {
  const graph_text text = {.nodes = nodes, .versions = {.producer = CTF_GRAPH_DEF_VERSION}};
  return graph_text_import(graph, &text, NULL);
}

TF_Operation* graph_node(TF_Graph* graph, const char* name) {
  TF_Operation* const node = ctf_graph_find(graph, name, strlen(name));
  if (node == NULL) fail_msg("the graph has no node '%s'", name);
  return node;
}
