// Setting the attributes of an operation that is described.
#include <string.h>

#include "engine/api/build.h"
#include "graphdef/graph_def.h"
#include "tensorflow/core/framework/tensor_shape.pb-c.h"

static void put(TF_OperationDescription* desc, const char* name, ctf_attr_value value) {
  if (desc != NULL) ctf_build_put_attr(desc, name, &value);
}

// Room for the elements of a list; NULL after a failure, which is kept.
static void* list_room(TF_OperationDescription* desc, const char* name, const void* values, int count, size_t bytes) {
  void* room = NULL;
  if (desc == NULL) return NULL;
  if (count < 0 || (count > 0 && values == NULL)) {
    ctf_build_fail(desc, ctf_error(TF_INVALID_ARGUMENT, "attribute '%s' was given %d values", name, count));
    return NULL;
  }
  ctf_build_fail(desc, ctf_alloc_array_bytes(desc->scratch, (size_t)count, bytes, &room));
  return room;
}

void TF_SetAttrString(TF_OperationDescription* desc, const char* attr_name, const void* value, size_t length) {
  ctf_attr_value attr = {.kind = CTF_ATTR_STRING};
  if (desc == NULL) return;
  const ctf_status status = ctf_build_copy_bytes(desc, value, length, &attr.s);
  ctf_build_fail(desc, status);
  if (status == NULL) put(desc, attr_name, attr);
}

void TF_SetAttrStringList(TF_OperationDescription* desc, const char* attr_name, const void* const* values,
                          const size_t* lengths, int num_values) {
  ctf_bytes* copies = list_room(desc, attr_name, lengths != NULL ? values : NULL, num_values, sizeof(ctf_bytes));
  if (copies == NULL) return;
  for (int i = 0; i < num_values; ++i) {
    const ctf_status status = ctf_build_copy_bytes(desc, values[i], lengths[i], &copies[i]);
    ctf_build_fail(desc, status);
    if (status != NULL) return;
  }
  put(desc, attr_name,
      (ctf_attr_value){.kind = CTF_ATTR_STRING, .is_list = true, .count = (size_t)num_values, .strings = copies});
}

void TF_SetAttrInt(TF_OperationDescription* desc, const char* attr_name, int64_t value) {
  put(desc, attr_name, (ctf_attr_value){.kind = CTF_ATTR_INT, .i = value});
}

void TF_SetAttrIntList(TF_OperationDescription* desc, const char* attr_name, const int64_t* values, int num_values) {
  int64_t* copy = list_room(desc, attr_name, values, num_values, sizeof(int64_t));
  if (copy == NULL) return;
  for (int i = 0; i < num_values; ++i) copy[i] = values[i];
  put(desc, attr_name,
      (ctf_attr_value){.kind = CTF_ATTR_INT, .is_list = true, .count = (size_t)num_values, .ints = copy});
}

void TF_SetAttrFloat(TF_OperationDescription* desc, const char* attr_name, float value) {
  put(desc, attr_name, (ctf_attr_value){.kind = CTF_ATTR_FLOAT, .f = value});
}

void TF_SetAttrFloatList(TF_OperationDescription* desc, const char* attr_name, const float* values, int num_values) {
  float* copy = list_room(desc, attr_name, values, num_values, sizeof(float));
  if (copy == NULL) return;
  for (int i = 0; i < num_values; ++i) copy[i] = values[i];
  put(desc, attr_name,
      (ctf_attr_value){.kind = CTF_ATTR_FLOAT, .is_list = true, .count = (size_t)num_values, .floats = copy});
}

void TF_SetAttrBool(TF_OperationDescription* desc, const char* attr_name, unsigned char value) {
  put(desc, attr_name, (ctf_attr_value){.kind = CTF_ATTR_BOOL, .b = value != 0});
}

void TF_SetAttrBoolList(TF_OperationDescription* desc, const char* attr_name, const unsigned char* values,
                        int num_values) {
  bool* copy = list_room(desc, attr_name, values, num_values, sizeof(bool));
  if (copy == NULL) return;
  for (int i = 0; i < num_values; ++i) copy[i] = values[i] != 0;
  put(desc, attr_name,
      (ctf_attr_value){.kind = CTF_ATTR_BOOL, .is_list = true, .count = (size_t)num_values, .bools = copy});
}

void TF_SetAttrType(TF_OperationDescription* desc, const char* attr_name, TF_DataType value) {
  put(desc, attr_name, (ctf_attr_value){.kind = CTF_ATTR_TYPE, .type = value});
}

void TF_SetAttrTypeList(TF_OperationDescription* desc, const char* attr_name, const TF_DataType* values,
                        int num_values) {
  TF_DataType* copy = list_room(desc, attr_name, values, num_values, sizeof(TF_DataType));
  if (copy == NULL) return;
  for (int i = 0; i < num_values; ++i) copy[i] = values[i];
  put(desc, attr_name,
      (ctf_attr_value){.kind = CTF_ATTR_TYPE, .is_list = true, .count = (size_t)num_values, .types = copy});
}

void TF_SetAttrPlaceholder(TF_OperationDescription* desc, const char* attr_name, const char* placeholder) {
  ctf_attr_value attr = {.kind = CTF_ATTR_PLACEHOLDER};
  if (desc == NULL) return;
  if (placeholder == NULL) placeholder = "";
  const ctf_status status = ctf_build_copy_bytes(desc, placeholder, strlen(placeholder), &attr.s);
  ctf_build_fail(desc, status);
  if (status == NULL) put(desc, attr_name, attr);
}

static ctf_status put_func(TF_OperationDescription* desc, const char* attr_name, const char* value, size_t length) {
  ctf_func_value* func;
  CTF_TRY(ctf_alloc_new(desc->scratch, &func));
  CTF_TRY(ctf_build_copy_bytes(desc, value, length, &func->name));
  put(desc, attr_name, (ctf_attr_value){.kind = CTF_ATTR_FUNC, .func = func});
  return NULL;
}

void TF_SetAttrFuncName(TF_OperationDescription* desc, const char* attr_name, const char* value, size_t length) {
  if (desc != NULL) ctf_build_fail(desc, put_func(desc, attr_name, value, length));
}

// ---- shapes

// A shape of the graph: what is below 0 is not known.
static ctf_status copy_shape(TF_OperationDescription* desc, const int64_t* dims, int num_dims, ctf_shape* out_shape) {
  int64_t* copy;
  if (num_dims < 0) {
    *out_shape = CTF_SHAPE_UNKNOWN;
    return NULL;
  }
  if (num_dims > CTF_MAX_RANK || (num_dims > 0 && dims == NULL)) {
    return ctf_error(TF_INVALID_ARGUMENT, "a shape of node '%s' has %d dimensions, the most are %d", desc->name.data,
                     num_dims, CTF_MAX_RANK);
  }
  CTF_TRY(ctf_alloc_array(desc->scratch, &copy, (size_t)num_dims));
  for (int i = 0; i < num_dims; ++i) copy[i] = dims[i] < 0 ? -1 : dims[i];
  *out_shape = (ctf_shape){num_dims, copy};
  return NULL;
}

void TF_SetAttrShape(TF_OperationDescription* desc, const char* attr_name, const int64_t* dims, int num_dims) {
  ctf_attr_value attr = {.kind = CTF_ATTR_SHAPE};
  if (desc == NULL) return;
  const ctf_status status = copy_shape(desc, dims, num_dims, &attr.shape);
  ctf_build_fail(desc, status);
  if (status == NULL) put(desc, attr_name, attr);
}

void TF_SetAttrShapeList(TF_OperationDescription* desc, const char* attr_name, const int64_t* const* dims,
                         const int* num_dims, int num_shapes) {
  ctf_shape* shapes =
      list_room(desc, attr_name, num_dims != NULL ? (const void*)dims : NULL, num_shapes, sizeof(ctf_shape));
  if (shapes == NULL) return;
  for (int i = 0; i < num_shapes; ++i) {
    const ctf_status status = copy_shape(desc, dims[i], num_dims[i], &shapes[i]);
    ctf_build_fail(desc, status);
    if (status != NULL) return;
  }
  put(desc, attr_name,
      (ctf_attr_value){.kind = CTF_ATTR_SHAPE, .is_list = true, .count = (size_t)num_shapes, .shapes = shapes});
}

static ctf_status read_shape(TF_OperationDescription* desc, const void* proto, size_t length, ctf_shape* out_shape) {
  ProtobufCMessage* message;
  int64_t* dims;
  CTF_TRY(ctf_api_read_message(&tensorflow__tensor_shape_proto__descriptor, proto, length, "TensorShapeProto",
                               desc->scratch, &message));
  const Tensorflow__TensorShapeProto* shape = (const Tensorflow__TensorShapeProto*)message;
  if (shape->unknown_rank) return copy_shape(desc, NULL, -1, out_shape);
  if (shape->n_dim > CTF_MAX_RANK) {
    return ctf_error(TF_INVALID_ARGUMENT, "Unparseable TensorShapeProto: it has %zu dimensions", shape->n_dim);
  }
  CTF_TRY(ctf_alloc_array(desc->scratch, &dims, shape->n_dim));
  for (size_t i = 0; i < shape->n_dim; ++i) dims[i] = shape->dim[i]->size;
  return copy_shape(desc, dims, (int)shape->n_dim, out_shape);
}

// The description is NULL only when there was no memory for it: TF_FinishOperation says so.
static ctf_status no_description(void) {
  return ctf_error(TF_RESOURCE_EXHAUSTED, "there is no description: the graph was NULL, or there was no memory");
}

void TF_SetAttrTensorShapeProto(TF_OperationDescription* desc, const char* attr_name, const void* proto,
                                size_t proto_len, TF_Status* status) {
  ctf_attr_value attr = {.kind = CTF_ATTR_SHAPE};
  const ctf_status result = desc != NULL ? read_shape(desc, proto, proto_len, &attr.shape) : no_description();
  if (result == NULL) put(desc, attr_name, attr);
  ctf_api_report(result, status);
}

static ctf_status put_shape_protos(TF_OperationDescription* desc, const char* attr_name, const void* const* protos,
                                   const size_t* proto_lens, int num_shapes) {
  ctf_shape* shapes;
  if (num_shapes < 0 || (num_shapes > 0 && (protos == NULL || proto_lens == NULL))) {
    return ctf_error(TF_INVALID_ARGUMENT, "attribute '%s' was given %d values", attr_name, num_shapes);
  }
  CTF_TRY(ctf_alloc_array(desc->scratch, &shapes, (size_t)num_shapes));
  for (int i = 0; i < num_shapes; ++i) CTF_TRY(read_shape(desc, protos[i], proto_lens[i], &shapes[i]));
  put(desc, attr_name,
      (ctf_attr_value){.kind = CTF_ATTR_SHAPE, .is_list = true, .count = (size_t)num_shapes, .shapes = shapes});
  return NULL;
}

void TF_SetAttrTensorShapeProtoList(TF_OperationDescription* desc, const char* attr_name, const void* const* protos,
                                    const size_t* proto_lens, int num_shapes, TF_Status* status) {
  ctf_api_report(desc != NULL ? put_shape_protos(desc, attr_name, protos, proto_lens, num_shapes) : no_description(),
                 status);
}

// ---- tensors

// The program may change its tensor as soon as the call returns, so the node gets a copy.
static ctf_status copy_tensor(TF_OperationDescription* desc, const char* attr_name, const TF_Tensor* value,
                              TF_Tensor** out_tensor) {
  if (value == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the tensor for attribute '%s' is NULL", attr_name);
  return ctf_tensor_clone(&value->view, desc->graph->budget, out_tensor);
}

void TF_SetAttrTensor(TF_OperationDescription* desc, const char* attr_name, TF_Tensor* value, TF_Status* status) {
  ctf_attr_value attr = {.kind = CTF_ATTR_TENSOR};
  const ctf_status result = desc != NULL ? copy_tensor(desc, attr_name, value, &attr.tensor) : no_description();
  if (result == NULL) put(desc, attr_name, attr);
  ctf_api_report(result, status);
}

static ctf_status put_tensors(TF_OperationDescription* desc, const char* attr_name, TF_Tensor* const* values,
                              int num_values) {
  TF_Tensor** copies;
  ctf_attr_value attr = {.kind = CTF_ATTR_TENSOR, .is_list = true};
  if (num_values < 0 || (num_values > 0 && values == NULL)) {
    return ctf_error(TF_INVALID_ARGUMENT, "attribute '%s' was given %d values", attr_name, num_values);
  }
  CTF_TRY(ctf_alloc_array(desc->scratch, &copies, (size_t)num_values));
  attr.tensors = copies;
  for (; attr.count < (size_t)num_values; ++attr.count) {
    const ctf_status status = copy_tensor(desc, attr_name, values[attr.count], &copies[attr.count]);
    if (status == NULL) continue;
    ctf_attr_value_release(&attr);
    return status;
  }
  put(desc, attr_name, attr);
  return NULL;
}

void TF_SetAttrTensorList(TF_OperationDescription* desc, const char* attr_name, TF_Tensor* const* values,
                          int num_values, TF_Status* status) {
  ctf_api_report(desc != NULL ? put_tensors(desc, attr_name, values, num_values) : no_description(), status);
}

static ctf_status read_attr(TF_OperationDescription* desc, const void* proto, size_t length,
                            ctf_attr_value* out_value) {
  const ctf_source source = {.data = proto, .bytes = length, .budget = desc->graph->budget};
  if (proto == NULL && length > 0) return ctf_error(TF_INVALID_ARGUMENT, "Unparseable AttrValue proto");
  const ctf_status status = ctf_attr_value_read(&source, desc->scratch, out_value);
  return ctf_status_code(status) == TF_INVALID_ARGUMENT ? ctf_error_note(status, "Unparseable AttrValue proto")
                                                        : status;
}

void TF_SetAttrValueProto(TF_OperationDescription* desc, const char* attr_name, const void* proto, size_t proto_len,
                          TF_Status* status) {
  ctf_attr_value value;
  const ctf_status result = desc != NULL ? read_attr(desc, proto, proto_len, &value) : no_description();
  if (result == NULL) put(desc, attr_name, value);
  ctf_api_report(result, status);
}
