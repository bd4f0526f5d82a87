// Reading the attributes of a TF_Operation.
#include <string.h>

#include "engine/api/api.h"
#include "graphdef/graph_def.h"

static bool is_set(const ctf_attr_value* value) { return value->kind != CTF_ATTR_NONE || value->is_list; }

// The attribute and, where the op's definition has it, what kind it is there. NULL: there is none.
static const ctf_attr_value* find_attr(const TF_Operation* oper, const char* name, ctf_attr_kind* out_declared) {
  const size_t length = strlen(name);
  const int at = ctf_op_interface_attr(oper->op, name, length);
  *out_declared = at >= 0 ? oper->op->attrs[at].kind : CTF_ATTR_NONE;
  if (at >= 0) return is_set(&oper->attrs[at]) ? &oper->attrs[at] : NULL;
  for (size_t i = 0; i < oper->num_extra_attrs; ++i) {
    if (ctf_bytes_equal(oper->extra_attrs[i].name, name)) return &oper->extra_attrs[i].value;
  }
  return NULL;
}

// `missing` is TensorFlow's code for an attribute that is not there, which depends on the function.
static ctf_status get_attr(const TF_Operation* oper, const char* name, TF_Code missing,
                           const ctf_attr_value** out_value, ctf_attr_kind* out_declared) {
  if (oper == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the operation is NULL");
  if (name == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the name of the attribute is NULL");
  *out_value = find_attr(ctf_node_latest(oper), name, out_declared);
  if (*out_value != NULL) return NULL;
  if (missing == TF_NOT_FOUND) {
    return ctf_error(missing, "No attr named '%s' in NodeDef:\n\t [[{{node %s}}]]", name, oper->name.data);
  }
  return ctf_error(missing, "Operation '%s' has no attr named '%s'.", oper->name.data, name);
}

static ctf_status wrong_kind(const ctf_attr_value* value, bool want_list, ctf_attr_kind want) {
  return ctf_error(TF_INVALID_ARGUMENT, "AttrValue had value with type '%s%s%s' when '%s%s%s' expected",
                   value->is_list ? "list(" : "", ctf_attr_kind_name(value->kind), value->is_list ? ")" : "",
                   want_list ? "list(" : "", ctf_attr_kind_name(want), want_list ? ")" : "");
}

static ctf_status get_one(const TF_Operation* oper, const char* name, ctf_attr_kind kind, const void* out,
                          const ctf_attr_value** out_value) {
  ctf_attr_kind declared;
  CTF_TRY(get_attr(oper, name, TF_NOT_FOUND, out_value, &declared));
  if ((*out_value)->is_list || (*out_value)->kind != kind) return wrong_kind(*out_value, false, kind);
  if (out == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the place for attribute '%s' is NULL", name);
  return NULL;
}

// *out_count is how many elements the caller has room for and the list has.
static ctf_status get_list(const TF_Operation* oper, const char* name, ctf_attr_kind kind, const void* out,
                           int max_values, const ctf_attr_value** out_value, size_t* out_count) {
  ctf_attr_kind declared;
  CTF_TRY(get_attr(oper, name, TF_INVALID_ARGUMENT, out_value, &declared));
  const ctf_attr_value* value = *out_value;
  if (!value->is_list) return ctf_error(TF_INVALID_ARGUMENT, "Value for '%s' is not a list.", name);
  if (value->count > 0 && value->kind != kind) return wrong_kind(value, true, kind);
  *out_count = max_values > 0 && (size_t)max_values < value->count ? (size_t)max_values : value->count;
  if (max_values <= 0) *out_count = 0;
  if (*out_count > 0 && out == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the place for '%s' is NULL", name);
  return NULL;
}

static TF_AttrType attr_type(ctf_attr_kind kind) {
  switch (kind) {
    case CTF_ATTR_INT:
      return TF_ATTR_INT;
    case CTF_ATTR_FLOAT:
      return TF_ATTR_FLOAT;
    case CTF_ATTR_BOOL:
      return TF_ATTR_BOOL;
    case CTF_ATTR_TYPE:
      return TF_ATTR_TYPE;
    case CTF_ATTR_SHAPE:
      return TF_ATTR_SHAPE;
    case CTF_ATTR_TENSOR:
      return TF_ATTR_TENSOR;
    case CTF_ATTR_FUNC:
      return TF_ATTR_FUNC;
    case CTF_ATTR_PLACEHOLDER:
      return TF_ATTR_PLACEHOLDER;
    case CTF_ATTR_NONE:
    case CTF_ATTR_STRING:
      break;
  }
  return TF_ATTR_STRING;
}

static int64_t total_size(const ctf_attr_value* value) {
  if (!value->is_list) {
    if (value->kind == CTF_ATTR_STRING || value->kind == CTF_ATTR_PLACEHOLDER) return (int64_t)value->s.length;
    return value->kind == CTF_ATTR_SHAPE ? value->shape.rank : -1;
  }
  int64_t total = 0;
  if (value->kind == CTF_ATTR_STRING) {
    for (size_t i = 0; i < value->count; ++i) total += (int64_t)value->strings[i].length;
    return total;
  }
  if (value->kind == CTF_ATTR_SHAPE) {
    for (size_t i = 0; i < value->count; ++i) total += value->shapes[i].rank > 0 ? value->shapes[i].rank : 0;
    return total;
  }
  return -1;
}

TF_AttrMetadata TF_OperationGetAttrMetadata(TF_Operation* oper, const char* attr_name, TF_Status* status) {
  TF_AttrMetadata metadata = {.list_size = -1, .total_size = -1};
  const ctf_attr_value* value = NULL;
  ctf_attr_kind declared;
  const ctf_status bad = get_attr(oper, attr_name, TF_INVALID_ARGUMENT, &value, &declared);
  if (bad == NULL) {
    metadata.is_list = value->is_list;
    if (value->is_list) metadata.list_size = (int64_t)value->count;
    metadata.type = attr_type(value->kind != CTF_ATTR_NONE ? value->kind : declared);
    metadata.total_size = total_size(value);
  }
  ctf_api_report(bad, status);
  return metadata;
}

static ctf_status get_string(const TF_Operation* oper, const char* name, void* out, size_t max_length) {
  const ctf_attr_value* value = NULL;
  ctf_attr_kind declared;
  CTF_TRY(get_attr(oper, name, TF_INVALID_ARGUMENT, &value, &declared));
  if (value->is_list || value->kind != CTF_ATTR_STRING) {
    return ctf_error(TF_INVALID_ARGUMENT, "Attribute '%s' is not a string", name);
  }
  const size_t length = value->s.length < max_length ? value->s.length : max_length;
  if (length > 0 && out == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the place for '%s' is NULL", name);
  if (length > 0) memcpy(out, value->s.data, length);
  return NULL;
}

void TF_OperationGetAttrString(TF_Operation* oper, const char* attr_name, void* value, size_t max_length,
                               TF_Status* status) {
  ctf_api_report(get_string(oper, attr_name, value, max_length), status);
}

void TF_OperationGetAttrStringList(TF_Operation* oper, const char* attr_name, void** values, size_t* lengths,
                                   int max_values, void* storage, size_t storage_size, TF_Status* status) {
  const ctf_attr_value* value = NULL;
  size_t count = 0, used = 0;
  const void* room = lengths != NULL && storage != NULL ? values : NULL;
  ctf_status result = get_list(oper, attr_name, CTF_ATTR_STRING, room, max_values, &value, &count);
  for (size_t i = 0; i < count && result == NULL; ++i) {
    const ctf_bytes text = value->strings[i];
    if (text.length > storage_size - used) {
      result = ctf_error(TF_INVALID_ARGUMENT, "Not enough storage to hold the requested list of strings");
      break;
    }
    values[i] = (char*)storage + used;
    lengths[i] = text.length;
    if (text.length > 0) memcpy(values[i], text.data, text.length);
    used += text.length;
  }
  ctf_api_report(result, status);
}

// The kinds whose values are numbers: one function for a value, one for a list.
#define NUMBER_GETTERS(suffix, api_type, attr_kind, member, members)                                                  \
  void TF_OperationGetAttr##suffix(TF_Operation* oper, const char* attr_name, api_type* value, TF_Status* status) {   \
    const ctf_attr_value* found = NULL;                                                                               \
    const ctf_status bad = get_one(oper, attr_name, attr_kind, value, &found);                                        \
    if (bad == NULL) *value = found->member;                                                                          \
    ctf_api_report(bad, status);                                                                                      \
  }                                                                                                                   \
  void TF_OperationGetAttr##suffix##List(TF_Operation* oper, const char* attr_name, api_type* values, int max_values, \
                                         TF_Status* status) {                                                         \
    const ctf_attr_value* found = NULL;                                                                               \
    size_t count = 0;                                                                                                 \
    const ctf_status bad = get_list(oper, attr_name, attr_kind, values, max_values, &found, &count);                  \
    for (size_t i = 0; i < count && bad == NULL; ++i) values[i] = found->members[i];                                  \
    ctf_api_report(bad, status);                                                                                      \
  }

NUMBER_GETTERS(Int, int64_t, CTF_ATTR_INT, i, ints)
NUMBER_GETTERS(Float, float, CTF_ATTR_FLOAT, f, floats)
NUMBER_GETTERS(Bool, unsigned char, CTF_ATTR_BOOL, b, bools)
NUMBER_GETTERS(Type, TF_DataType, CTF_ATTR_TYPE, type, types)

void TF_OperationGetAttrShape(TF_Operation* oper, const char* attr_name, int64_t* value, int num_dims,
                              TF_Status* status) {
  const ctf_attr_value* found = NULL;
  const ctf_status bad = get_one(oper, attr_name, CTF_ATTR_SHAPE, num_dims > 0 ? (void*)value : "", &found);
  for (int i = 0; bad == NULL && i < num_dims && i < found->shape.rank; ++i) value[i] = found->shape.dims[i];
  ctf_api_report(bad, status);
}

void TF_OperationGetAttrShapeList(TF_Operation* oper, const char* attr_name, int64_t** dims, int* num_dims,
                                  int num_shapes, int64_t* storage, int storage_size, TF_Status* status) {
  const ctf_attr_value* found = NULL;
  size_t count = 0;
  int used = 0;
  const void* room = num_dims != NULL && storage != NULL ? (const void*)dims : NULL;
  ctf_status result = get_list(oper, attr_name, CTF_ATTR_SHAPE, room, num_shapes, &found, &count);
  for (size_t i = 0; i < count && result == NULL; ++i) {
    const ctf_shape shape = found->shapes[i];
    if (shape.rank > storage_size - used) {
      result = ctf_error(TF_INVALID_ARGUMENT, "Not enough storage to hold the requested list of shapes");
      break;
    }
    num_dims[i] = shape.rank;
    dims[i] = storage + used;
    for (int d = 0; d < shape.rank; ++d) storage[used++] = shape.dims[d];
  }
  ctf_api_report(result, status);
}

// Who asks for a tensor may write to it and keep it: one that lies in a mapped file is copied.
static ctf_status give_tensor(TF_Tensor* tensor, TF_Tensor** out_value) {
  const ctf_mapped_file* file = ctf_mapped_file_of(tensor->buffer);
  if (file == NULL) {
    *out_value = ctf_tensor_retain(tensor);
    return NULL;
  }
  TF_Tensor* copy = NULL;
  const ctf_mapped_guard guard = ctf_mapped_guard_enter();
  ctf_status status = ctf_tensor_clone(&tensor->view, NULL, &copy);
  ctf_mapped_guard_leave(&guard);
  if (status == NULL) status = ctf_mapped_file_check(file);
  if (status == NULL) {
    *out_value = copy;
  } else {
    ctf_tensor_release(copy);
  }
  return status;
}

static ctf_status write_shape(ctf_shape shape, TF_Buffer* buffer) {
  ctf_status status = NULL;
  ctf_allocator* scratch = NULL;
  ctf_bytes bytes;
  CTF_TRY(ctf_api_check_empty(buffer));

  CTF_TRY_DONE(ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &scratch));
  CTF_TRY_DONE(ctf_shape_write(shape, scratch, &bytes));
  CTF_TRY_DONE(ctf_api_fill_buffer(buffer, bytes.data, bytes.length));

done:
  ctf_allocator_free(scratch);
  return status;
}

void TF_OperationGetAttrTensorShapeProto(TF_Operation* oper, const char* attr_name, TF_Buffer* value,
                                         TF_Status* status) {
  const ctf_attr_value* found = NULL;
  ctf_status result = get_one(oper, attr_name, CTF_ATTR_SHAPE, value, &found);
  if (result == NULL) result = write_shape(found->shape, value);
  ctf_api_report(result, status);
}

static ctf_status write_shapes(const TF_Operation* oper, const char* name, TF_Buffer** buffers, int max_values) {
  const ctf_attr_value* found = NULL;
  ctf_status status = NULL;
  size_t count = 0, done = 0;
  CTF_TRY(get_list(oper, name, CTF_ATTR_SHAPE, buffers, max_values, &found, &count));
  for (; done < count && status == NULL; ++done) {
    buffers[done] = TF_NewBuffer();
    status = buffers[done] != NULL ? write_shape(found->shapes[done], buffers[done])
                                   : ctf_error(TF_RESOURCE_EXHAUSTED, "no memory for a buffer");
  }
  for (size_t i = 0; status != NULL && i < done; ++i) {  // all or none
    TF_DeleteBuffer(buffers[i]);
    buffers[i] = NULL;
  }
  return status;
}

void TF_OperationGetAttrTensorShapeProtoList(TF_Operation* oper, const char* attr_name, TF_Buffer** values,
                                             int max_values, TF_Status* status) {
  ctf_api_report(write_shapes(oper, attr_name, values, max_values), status);
}

void TF_OperationGetAttrTensor(TF_Operation* oper, const char* attr_name, TF_Tensor** value, TF_Status* status) {
  const ctf_attr_value* found = NULL;
  ctf_status bad = get_one(oper, attr_name, CTF_ATTR_TENSOR, value, &found);
  if (bad == NULL) bad = give_tensor(found->tensor, value);
  ctf_api_report(bad, status);
}

void TF_OperationGetAttrTensorList(TF_Operation* oper, const char* attr_name, TF_Tensor** values, int max_values,
                                   TF_Status* status) {
  const ctf_attr_value* found = NULL;
  size_t count = 0;
  ctf_status bad = get_list(oper, attr_name, CTF_ATTR_TENSOR, values, max_values, &found, &count);
  size_t given = 0;
  while (bad == NULL && given < count) {
    bad = give_tensor(found->tensors[given], &values[given]);
    given += bad == NULL;
  }
  while (bad != NULL && given > 0) {  // on failure nothing is left for the caller to free
    ctf_tensor_release(values[--given]);
    values[given] = NULL;
  }
  ctf_api_report(bad, status);
}

static ctf_status write_attr(const TF_Operation* oper, const char* name, TF_Buffer* buffer) {
  ctf_status status = NULL;
  ctf_allocator* scratch = NULL;
  const ctf_attr_value* value = NULL;
  ctf_attr_kind declared;
  ctf_bytes bytes;
  CTF_TRY(get_attr(oper, name, TF_INVALID_ARGUMENT, &value, &declared));
  CTF_TRY(ctf_api_check_empty(buffer));

  CTF_TRY_DONE(ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &scratch));
  CTF_TRY_DONE(ctf_attr_value_write(value, scratch, &bytes));
  CTF_TRY_DONE(ctf_api_fill_buffer(buffer, bytes.data, bytes.length));

done:
  ctf_allocator_free(scratch);
  return status;
}

void TF_OperationGetAttrValueProto(TF_Operation* oper, const char* attr_name, TF_Buffer* output_attr_value,
                                   TF_Status* status) {
  ctf_api_report(write_attr(oper, attr_name, output_attr_value), status);
}

// Attribute i: those of the definition that are set, then the others. NULL: there is none.
static const char* attr_name_at(const TF_Operation* oper, int i, int* out_count) {
  int count = 0;
  const char* name = NULL;
  oper = ctf_node_latest(oper);
  for (int a = 0; a < oper->op->num_attrs; ++a) {
    if (!is_set(&oper->attrs[a])) continue;
    if (count++ == i) name = oper->op->attrs[a].name;
  }
  for (size_t a = 0; a < oper->num_extra_attrs; ++a) {
    if (count++ == i) name = oper->extra_attrs[a].name.data;
  }
  *out_count = count;
  return name;
}

int TF_OperationGetNumAttrs(TF_Operation* oper) {
  int count = 0;
  if (oper != NULL) attr_name_at(oper, -1, &count);
  return count;
}

int TF_OperationGetAttrNameLength(TF_Operation* oper, int i) {
  int count;
  const char* name = oper != NULL ? attr_name_at(oper, i, &count) : NULL;
  return name != NULL ? (int)strlen(name) : -1;
}

void TF_OperationGetAttrName(TF_Operation* oper, int i, char* output, TF_Status* status) {
  ctf_status bad = NULL;
  int count = 0;
  const char* name = oper != NULL ? attr_name_at(oper, i, &count) : NULL;
  if (oper == NULL || output == NULL) {
    bad = ctf_error(TF_INVALID_ARGUMENT, "the %s is NULL", oper == NULL ? "operation" : "place for the name");
  } else if (name == NULL) {
    bad = ctf_error(TF_OUT_OF_RANGE, "Operation only has %d attributes, can't get the %dth", count, i);
  } else {
    memcpy(output, name, strlen(name));
  }
  ctf_api_report(bad, status);
}
