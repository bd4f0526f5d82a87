// Attribute values that have been decoded: names, copies, comparison.
#include "graphdef/attr.h"

#include <string.h>

#include "graphdef/message.h"

static const char* const kKindNames[] = {
    [CTF_ATTR_NONE] = "none",   [CTF_ATTR_STRING] = "string",
    [CTF_ATTR_INT] = "int",     [CTF_ATTR_FLOAT] = "float",
    [CTF_ATTR_BOOL] = "bool",   [CTF_ATTR_TYPE] = "type",
    [CTF_ATTR_SHAPE] = "shape", [CTF_ATTR_TENSOR] = "tensor",
    [CTF_ATTR_FUNC] = "func",   [CTF_ATTR_PLACEHOLDER] = "placeholder",
};

const char* ctf_attr_kind_name(ctf_attr_kind kind) { return kKindNames[kind]; }

bool ctf_bytes_equal(ctf_bytes a, const char* text) {
  return a.length == strlen(text) && (a.length == 0 || memcmp(a.data, text, a.length) == 0);
}

ctf_status ctf_bytes_copy(ctf_allocator* alloc, const void* data, size_t bytes, ctf_bytes* out_bytes) {
  if (bytes == 0) {  // most devices are
    *out_bytes = (ctf_bytes){"", 0};
    return NULL;
  }
  char* text;
  CTF_TRY(ctf_alloc_string(alloc, data, bytes, &text));
  *out_bytes = (ctf_bytes){text, bytes};
  return NULL;
}

// Functions as values hold values that hold functions: a file's are at most 33 levels deep (CTF_WIRE_MAX_DEPTH).
void ctf_attr_value_release(const ctf_attr_value* value) {
  if (value->kind == CTF_ATTR_TENSOR) {
    if (!value->is_list) ctf_tensor_release(value->tensor);
    for (size_t i = 0; value->is_list && i < value->count; ++i) ctf_tensor_release(value->tensors[i]);
  } else if (value->kind == CTF_ATTR_FUNC) {
    const size_t count = value->is_list ? value->count : 1;
    for (size_t i = 0; i < count; ++i) {
      const ctf_func_value* func = value->is_list ? value->funcs[i] : value->func;
      if (func != NULL) ctf_attrs_release(func->attrs, func->num_attrs);
    }
  }
}

void ctf_attrs_release(const ctf_named_attr* attrs, size_t num_attrs) {
  for (size_t i = 0; i < num_attrs; ++i) ctf_attr_value_release(&attrs[i].value);
}

static ctf_status copy_shape(ctf_shape shape, ctf_allocator* alloc, ctf_shape* out_shape) {
  int64_t* dims = NULL;
  if (shape.rank > 0) {
    CTF_TRY(ctf_alloc_array(alloc, &dims, (size_t)shape.rank));
    memcpy(dims, shape.dims, (size_t)shape.rank * sizeof(*dims));
  }
  *out_shape = (ctf_shape){shape.rank, dims};
  return NULL;
}

static ctf_status copy_func(const ctf_func_value* func, ctf_allocator* alloc, const ctf_func_value** out_func) {
  ctf_func_value* copy;
  ctf_named_attr* attrs;
  CTF_TRY(ctf_alloc_new(alloc, &copy));
  *out_func = copy;  // set before it is filled, so that what it holds by then can be released
  CTF_TRY(ctf_bytes_copy(alloc, func->name.data, func->name.length, &copy->name));
  CTF_TRY(ctf_alloc_array(alloc, &attrs, func->num_attrs));
  copy->attrs = attrs;
  copy->num_attrs = func->num_attrs;
  for (size_t i = 0; i < func->num_attrs; ++i) {
    CTF_TRY(ctf_bytes_copy(alloc, func->attrs[i].name.data, func->attrs[i].name.length, &attrs[i].name));
    CTF_TRY(ctf_attr_value_copy(&func->attrs[i].value, alloc, &attrs[i].value));
  }
  return NULL;
}

static ctf_status copy_scalar(const ctf_attr_value* value, ctf_allocator* alloc, ctf_attr_value* copy) {
  switch (value->kind) {
    case CTF_ATTR_STRING:
    case CTF_ATTR_PLACEHOLDER:
      return ctf_bytes_copy(alloc, value->s.data, value->s.length, &copy->s);
    case CTF_ATTR_SHAPE:
      return copy_shape(value->shape, alloc, &copy->shape);
    case CTF_ATTR_TENSOR:
      copy->tensor = value->tensor == NULL ? NULL : ctf_tensor_retain(value->tensor);
      return NULL;
    case CTF_ATTR_FUNC:
      copy->func = NULL;
      return copy_func(value->func, alloc, &copy->func);
    default:
      return NULL;  // numbers came along with the structure
  }
}

#define COPY_NUMBERS(member)                                                        \
  do {                                                                              \
    void* numbers_;                                                                 \
    CTF_TRY(ctf_alloc_array_bytes(alloc, count, sizeof(*copy->member), &numbers_)); \
    if (count != 0) memcpy(numbers_, value->member, count * sizeof(*copy->member)); \
    copy->member = numbers_;                                                        \
  } while (0)

static ctf_status copy_strings(const ctf_attr_value* value, ctf_allocator* alloc, ctf_attr_value* copy) {
  ctf_bytes* strings;
  CTF_TRY(ctf_alloc_array(alloc, &strings, value->count));
  copy->strings = strings;
  for (size_t i = 0; i < value->count; ++i) {
    CTF_TRY(ctf_bytes_copy(alloc, value->strings[i].data, value->strings[i].length, &strings[i]));
  }
  return NULL;
}

static ctf_status copy_shapes(const ctf_attr_value* value, ctf_allocator* alloc, ctf_attr_value* copy) {
  ctf_shape* shapes;
  CTF_TRY(ctf_alloc_array(alloc, &shapes, value->count));
  copy->shapes = shapes;
  for (size_t i = 0; i < value->count; ++i) CTF_TRY(copy_shape(value->shapes[i], alloc, &shapes[i]));
  return NULL;
}

static ctf_status copy_tensors(const ctf_attr_value* value, ctf_allocator* alloc, ctf_attr_value* copy) {
  TF_Tensor** tensors;
  CTF_TRY(ctf_alloc_array(alloc, &tensors, value->count));
  copy->tensors = tensors;
  copy->count = value->count;
  for (size_t i = 0; i < value->count; ++i) {
    if (value->tensors[i] != NULL) tensors[i] = ctf_tensor_retain(value->tensors[i]);
  }
  return NULL;
}

static ctf_status copy_funcs(const ctf_attr_value* value, ctf_allocator* alloc, ctf_attr_value* copy) {
  const ctf_func_value** funcs;
  CTF_TRY(ctf_alloc_array(alloc, &funcs, value->count));
  copy->funcs = funcs;
  copy->count = value->count;
  for (size_t i = 0; i < value->count; ++i) CTF_TRY(copy_func(value->funcs[i], alloc, &funcs[i]));
  return NULL;
}

static ctf_status copy_list(const ctf_attr_value* value, ctf_allocator* alloc, ctf_attr_value* copy) {
  const size_t count = value->count;
  copy->count = 0;  // until there is an array, so that a release finds nothing
  switch (value->kind) {
    case CTF_ATTR_STRING:
      CTF_TRY(copy_strings(value, alloc, copy));
      break;
    case CTF_ATTR_INT:
      COPY_NUMBERS(ints);
      break;
    case CTF_ATTR_FLOAT:
      COPY_NUMBERS(floats);
      break;
    case CTF_ATTR_BOOL:
      COPY_NUMBERS(bools);
      break;
    case CTF_ATTR_TYPE:
      COPY_NUMBERS(types);
      break;
    case CTF_ATTR_SHAPE:
      CTF_TRY(copy_shapes(value, alloc, copy));
      break;
    case CTF_ATTR_TENSOR:
      CTF_TRY(copy_tensors(value, alloc, copy));
      break;
    case CTF_ATTR_FUNC:
      CTF_TRY(copy_funcs(value, alloc, copy));
      break;
    default:
      break;
  }
  copy->count = count;
  return NULL;
}

ctf_status ctf_attr_value_copy(const ctf_attr_value* value, ctf_allocator* alloc, ctf_attr_value* out_value) {
  ctf_attr_value copy = *value;
  ctf_status status = value->is_list ? copy_list(value, alloc, &copy) : copy_scalar(value, alloc, &copy);
  if (status != NULL) {
    ctf_attr_value_release(&copy);
    return status;
  }
  *out_value = copy;
  return NULL;
}

static bool same_bytes(ctf_bytes a, ctf_bytes b) {
  return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static bool same_shape(ctf_shape a, ctf_shape b) {
  return a.rank == b.rank && (a.rank <= 0 || memcmp(a.dims, b.dims, (size_t)a.rank * sizeof(*a.dims)) == 0);
}

static bool same_tensor(const TF_Tensor* a, const TF_Tensor* b) {
  if (a == b) return true;
  if (a == NULL || b == NULL || a->view.dtype != b->view.dtype) return false;
  if (!same_shape(ctf_tensor_shape(&a->view), ctf_tensor_shape(&b->view))) return false;
  if (a->view.dtype != TF_STRING) return a->view.bytes == 0 || memcmp(a->view.data, b->view.data, a->view.bytes) == 0;
  for (int64_t i = 0; i < a->view.num_elements; ++i) {
    ctf_bytes x, y;
    ctf_tensor_get_string(&a->view, i, &x.data, &x.length);
    ctf_tensor_get_string(&b->view, i, &y.data, &y.length);
    if (!same_bytes(x, y)) return false;
  }
  return true;
}

static bool same_func(const ctf_func_value* a, const ctf_func_value* b) {
  if (!same_bytes(a->name, b->name) || a->num_attrs != b->num_attrs) return false;
  for (size_t i = 0; i < a->num_attrs; ++i) {  // a map has no order; names are unique
    size_t k = i, tried = 0;                   // most often they do stand in the same one
    while (tried < b->num_attrs && !same_bytes(a->attrs[i].name, b->attrs[k].name)) {
      k = (k + 1) % b->num_attrs;
      ++tried;
    }
    if (tried == b->num_attrs || !ctf_attr_value_equal(&a->attrs[i].value, &b->attrs[k].value)) return false;
  }
  return true;
}

static bool same_list(const ctf_attr_value* a, const ctf_attr_value* b) {
  bool same = a->count == b->count;
  if (!same || a->count == 0) return same;
  const size_t count = a->count;
  switch (a->kind) {
    case CTF_ATTR_INT:
      return memcmp(a->ints, b->ints, count * sizeof(*a->ints)) == 0;
    case CTF_ATTR_FLOAT:
      return memcmp(a->floats, b->floats, count * sizeof(*a->floats)) == 0;
    case CTF_ATTR_BOOL:
      return memcmp(a->bools, b->bools, count * sizeof(*a->bools)) == 0;
    case CTF_ATTR_TYPE:
      return memcmp(a->types, b->types, count * sizeof(*a->types)) == 0;
    case CTF_ATTR_STRING:
      for (size_t i = 0; same && i < count; ++i) same = same_bytes(a->strings[i], b->strings[i]);
      return same;
    case CTF_ATTR_SHAPE:
      for (size_t i = 0; same && i < count; ++i) same = same_shape(a->shapes[i], b->shapes[i]);
      return same;
    case CTF_ATTR_TENSOR:
      for (size_t i = 0; same && i < count; ++i) same = same_tensor(a->tensors[i], b->tensors[i]);
      return same;
    case CTF_ATTR_FUNC:
      for (size_t i = 0; same && i < count; ++i) same = same_func(a->funcs[i], b->funcs[i]);
      return same;
    default:
      return true;
  }
}

// Floats by their bits: NaN equals itself, 0 differs from -0.
bool ctf_attr_value_equal(const ctf_attr_value* a, const ctf_attr_value* b) {
  if (a->kind != b->kind || a->is_list != b->is_list) return false;
  if (a->is_list) return same_list(a, b);
  switch (a->kind) {
    case CTF_ATTR_STRING:
    case CTF_ATTR_PLACEHOLDER:
      return same_bytes(a->s, b->s);
    case CTF_ATTR_INT:
      return a->i == b->i;
    case CTF_ATTR_FLOAT:
      return memcmp(&a->f, &b->f, sizeof(a->f)) == 0;
    case CTF_ATTR_BOOL:
      return a->b == b->b;
    case CTF_ATTR_TYPE:
      return a->type == b->type;
    case CTF_ATTR_SHAPE:
      return same_shape(a->shape, b->shape);
    case CTF_ATTR_TENSOR:
      return same_tensor(a->tensor, b->tensor);
    case CTF_ATTR_FUNC:
      return same_func(a->func, b->func);
    default:
      return true;
  }
}
