// TF_OpKernelConstruction: a kernel that a program registered comes to life for a node of a session.
#include <string.h>

#include "engine/api/api.h"
#include "engine/api/custom_kernel.h"

struct TF_OpKernelConstruction {
  const ctf_kernel_node* node;
  ctf_status failure;  // the first
};

ctf_status ctf_custom_kernel_construct(const ctf_kernel_def* kernel, const ctf_kernel_node* node, void* out_state) {
  ctf_custom_state* state = out_state;
  state->kernel = (const ctf_custom_kernel*)kernel;
  state->node = *node;
  if (state->kernel->create == NULL) return NULL;
  TF_OpKernelConstruction construction = {.node = &state->node};
  state->created = state->kernel->create(&construction);
  state->is_created = true;
  return construction.failure;
}

void ctf_custom_kernel_destruct(void* data) {
  const ctf_custom_state* state = data;
  if (state->is_created && state->kernel->destroy != NULL) state->kernel->destroy(state->created);
}

void TF_OpKernelConstruction_Failure(TF_OpKernelConstruction* ctx, TF_Status* status) {
  if (ctx == NULL || status == NULL || ctx->failure != NULL) return;
  ctx->failure = ctf_status_copy(status->status);
}

TF_StringView TF_OpKernelConstruction_GetName(TF_OpKernelConstruction* ctx) {
  return ctx != NULL ? (TF_StringView){ctx->node->name, strlen(ctx->node->name)} : (TF_StringView){"", 0};
}

// ---- attributes

static ctf_status find_attr(const TF_OpKernelConstruction* ctx, const char* name, const void* place,
                            const ctf_attr_value** out_value) {
  if (ctx == NULL || name == NULL || place == NULL) {
    return ctf_error(TF_INVALID_ARGUMENT, "the construction, the name or a place for the result is NULL");
  }
  const int at = ctf_op_interface_attr(ctx->node->op, name, strlen(name));
  if (at < 0) return ctf_error(TF_INVALID_ARGUMENT, "No attr named '%s' in NodeDef", name);
  *out_value = &ctx->node->attrs[at];
  return NULL;
}

static ctf_status find_kind(const TF_OpKernelConstruction* ctx, const char* name, ctf_attr_kind kind, bool is_list,
                            const void* place, const ctf_attr_value** out_value) {
  CTF_TRY(find_attr(ctx, name, place, out_value));
  const ctf_attr_value* value = *out_value;
  if (value->is_list == is_list && (value->kind == kind || (is_list && value->count == 0))) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "attribute '%s' is %s%s, %s%s was asked for", name,
                   value->is_list ? "a list of " : "", ctf_attr_kind_name(value->kind), is_list ? "a list of " : "",
                   ctf_attr_kind_name(kind));
}

bool TF_OpKernelConstruction_HasAttr(TF_OpKernelConstruction* ctx, const char* attr_name, TF_Status* status) {
  const ctf_attr_value* value;
  const ctf_status missing = find_attr(ctx, attr_name, &value, &value);
  const bool there = missing == NULL;
  ctf_status_drop(missing);  // that is the answer
  ctf_api_report(NULL, status);
  return there;
}

// As in TensorFlow: list_size is -1 of what is no list; total_size is that of texts and shapes, -1 where there are
// none.
static ctf_status get_size(TF_OpKernelConstruction* ctx, const char* name, int32_t* out_count, int32_t* out_total) {
  const ctf_attr_value* value;
  CTF_TRY(find_attr(ctx, name, out_count, &value));
  int64_t total = -1;
  const size_t count = value->is_list ? value->count : 1;
  if (value->kind == CTF_ATTR_STRING || value->kind == CTF_ATTR_SHAPE) total = 0;
  for (size_t i = 0; total >= 0 && i < count; ++i) {
    if (value->kind == CTF_ATTR_STRING) {
      total += (int64_t)(value->is_list ? value->strings[i] : value->s).length;
    } else {
      const int32_t rank = (value->is_list ? value->shapes[i] : value->shape).rank;
      total += value->is_list && rank < 0 ? 0 : rank;
    }
  }
  *out_count = value->is_list ? (int32_t)count : -1;
  if (out_total != NULL) *out_total = (int32_t)total;
  return NULL;
}

void TF_OpKernelConstruction_GetAttrSize(TF_OpKernelConstruction* ctx, const char* attr_name, int32_t* list_size,
                                         int32_t* total_size, TF_Status* status) {
  ctf_api_report(get_size(ctx, attr_name, list_size, total_size), status);
}

#define SINGLE(function, type, attr_kind, expression)                                                \
  void function(TF_OpKernelConstruction* ctx, const char* attr_name, type* val, TF_Status* status) { \
    const ctf_attr_value* value;                                                                     \
    const ctf_status bad = find_kind(ctx, attr_name, attr_kind, false, val, &value);                 \
    if (bad == NULL) *val = (type)(expression);                                                      \
    ctf_api_report(bad, status);                                                                     \
  }

SINGLE(TF_OpKernelConstruction_GetAttrType, TF_DataType, CTF_ATTR_TYPE, value->type)
SINGLE(TF_OpKernelConstruction_GetAttrInt64, int64_t, CTF_ATTR_INT, value->i)
SINGLE(TF_OpKernelConstruction_GetAttrFloat, float, CTF_ATTR_FLOAT, value->f)
SINGLE(TF_OpKernelConstruction_GetAttrBool, TF_Bool, CTF_ATTR_BOOL, value->b)

static ctf_status narrow(const char* name, int64_t value, int32_t* out_value) {
  if (value < INT32_MIN || value > INT32_MAX) {
    return ctf_error(TF_INVALID_ARGUMENT, "Attr %s has value %lld out of range for an int32", name, (long long)value);
  }
  *out_value = (int32_t)value;
  return NULL;
}

void TF_OpKernelConstruction_GetAttrInt32(TF_OpKernelConstruction* ctx, const char* attr_name, int32_t* val,
                                          TF_Status* status) {
  const ctf_attr_value* value;
  ctf_status bad = find_kind(ctx, attr_name, CTF_ATTR_INT, false, val, &value);
  if (bad == NULL) bad = narrow(attr_name, value->i, val);
  ctf_api_report(bad, status);
}

void TF_OpKernelConstruction_GetAttrString(TF_OpKernelConstruction* ctx, const char* attr_name, char* val,
                                           size_t max_length, TF_Status* status) {
  const ctf_attr_value* value;
  const ctf_status bad = find_kind(ctx, attr_name, CTF_ATTR_STRING, false, val, &value);
  if (bad == NULL && max_length > 0) {
    const size_t length = value->s.length < max_length ? value->s.length : max_length;
    memcpy(val, value->s.data, length);
    if (length < max_length) val[length] = '\0';
  }
  ctf_api_report(bad, status);
}

void TF_OpKernelConstruction_GetAttrTensor(TF_OpKernelConstruction* ctx, const char* attr_name, TF_Tensor** val,
                                           TF_Status* status) {
  const ctf_attr_value* value;
  const ctf_status bad = find_kind(ctx, attr_name, CTF_ATTR_TENSOR, false, val, &value);
  if (bad == NULL) *val = ctf_tensor_retain(value->tensor);
  ctf_api_report(bad, status);
}

// As many as there is room for.
#define LIST(function, type, attr_kind, element)                                                                    \
  void function(TF_OpKernelConstruction* ctx, const char* attr_name, type* vals, int max_vals, TF_Status* status) { \
    const ctf_attr_value* value;                                                                                    \
    const ctf_status bad = find_kind(ctx, attr_name, attr_kind, true, vals, &value);                                \
    for (size_t i = 0; bad == NULL && max_vals > 0 && i < value->count && i < (size_t)max_vals; ++i) {              \
      vals[i] = (type)(element);                                                                                    \
    }                                                                                                               \
    ctf_api_report(bad, status);                                                                                    \
  }

LIST(TF_OpKernelConstruction_GetAttrTypeList, TF_DataType, CTF_ATTR_TYPE, value->types[i])
LIST(TF_OpKernelConstruction_GetAttrInt64List, int64_t, CTF_ATTR_INT, value->ints[i])
LIST(TF_OpKernelConstruction_GetAttrFloatList, float, CTF_ATTR_FLOAT, value->floats[i])
LIST(TF_OpKernelConstruction_GetAttrBoolList, TF_Bool, CTF_ATTR_BOOL, value->bools[i])
LIST(TF_OpKernelConstruction_GetAttrTensorList, TF_Tensor*, CTF_ATTR_TENSOR, ctf_tensor_retain(value->tensors[i]))

void TF_OpKernelConstruction_GetAttrInt32List(TF_OpKernelConstruction* ctx, const char* attr_name, int32_t* vals,
                                              int max_vals, TF_Status* status) {
  const ctf_attr_value* value;
  ctf_status bad = find_kind(ctx, attr_name, CTF_ATTR_INT, true, vals, &value);
  for (size_t i = 0; bad == NULL && max_vals > 0 && i < value->count && i < (size_t)max_vals; ++i) {
    bad = narrow(attr_name, value->ints[i], &vals[i]);
  }
  ctf_api_report(bad, status);
}

static ctf_status copy_strings(const ctf_attr_value* value, char** values, size_t* lengths, int max_values,
                               char* storage, size_t storage_size) {
  for (size_t i = 0; max_values > 0 && i < value->count && i < (size_t)max_values; ++i) {
    const ctf_bytes text = value->strings[i];
    if (text.length > storage_size) {
      return ctf_error(TF_INVALID_ARGUMENT, "Not enough storage to hold the requested list of strings");
    }
    if (text.length > 0) memcpy(storage, text.data, text.length);
    values[i] = storage;
    lengths[i] = text.length;
    storage += text.length;
    storage_size -= text.length;
  }
  return NULL;
}

void TF_OpKernelConstruction_GetAttrStringList(TF_OpKernelConstruction* ctx, const char* attr_name, char** values,
                                               size_t* lengths, int max_values, void* storage, size_t storage_size,
                                               TF_Status* status) {
  const ctf_attr_value* value;
  ctf_status bad = find_kind(ctx, attr_name, CTF_ATTR_STRING, true, lengths != NULL ? values : NULL, &value);
  if (bad == NULL) bad = copy_strings(value, values, lengths, max_values, storage, storage_size);
  ctf_api_report(bad, status);
}
