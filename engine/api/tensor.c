// TF_Tensor. Counting, strings and sizes are in runtime/tensor.c; here are the checks of what a program passes in.
#include "runtime/tensor.h"

#include <string.h>

#include "engine/api/api.h"
#include "graphdef/tensor_proto.h"
#include "tensorflow/c/tf_tstring.h"

// Where an element may begin: kernels read through pointers to it, so bytes that begin elsewhere are copied.
static size_t element_alignment(TF_DataType dtype) {
  const ctf_dtype_info* info = ctf_dtype_get(dtype);
  if (info->kind == CTF_KIND_OBJECT) return _Alignof(TF_TString);
  if (info->kind == CTF_KIND_COMPLEX) return info->bytes / 2;  // two numbers, one after the other
  return info->bytes;
}

// The shape of a tensor that can be made: a type with a size, dims that are known, bytes that can be counted.
static bool check_shape(TF_DataType dtype, const int64_t* dims, int num_dims, ctf_shape* out_shape, size_t* out_bytes) {
  if (!ctf_dtype_valid(dtype) || ctf_dtype_get(dtype)->bytes == 0) return false;
  if (!ctf_api_dims_valid(dims, num_dims)) return false;
  *out_shape = (ctf_shape){num_dims, dims};
  const ctf_status bad = ctf_shape_bytes(*out_shape, dtype, out_bytes);
  ctf_status_drop(bad);  // only said as NULL
  return bad == NULL;
}

static TF_Tensor* create(TF_DataType dtype, ctf_shape shape) {
  TF_Tensor* tensor = NULL;
  // NULL says it: the budget refused.
  ctf_status_drop(
      ctf_tensor_create(dtype, shape, ctf_device_budget(ctf_device_cpu()), "a tensor of the program", &tensor));
  return tensor;
}

// Over the program's bytes where they lie. On NULL they have been given back.
static TF_Tensor* wrap(TF_DataType dtype, ctf_shape shape, void* data, size_t len,
                       void (*deallocator)(void* data, size_t len, void* arg), void* deallocator_arg) {
  ctf_buffer* buffer;
  TF_Tensor* tensor = NULL;
  ctf_status status = ctf_buffer_wrap(data, len, deallocator, deallocator_arg, &buffer);
  if (status != NULL) {
    ctf_status_drop(status);  // NULL says it: no memory
    if (deallocator != NULL) deallocator(data, len, deallocator_arg);
    return NULL;
  }
  status = ctf_tensor_wrap(dtype, shape, buffer, &tensor);
  if (status != NULL) {
    ctf_status_drop(status);     // NULL says it: no memory
    ctf_buffer_release(buffer);  // tells the program
  }
  return tensor;
}

TF_Tensor* TF_NewTensor(TF_DataType dtype, const int64_t* dims, int num_dims, void* data, size_t len,
                        void (*deallocator)(void* data, size_t len, void* arg), void* deallocator_arg) {
  ctf_shape shape;
  size_t bytes;
  TF_Tensor* tensor = NULL;
  const bool fits = check_shape(dtype, dims, num_dims, &shape, &bytes) && len >= bytes && (bytes == 0 || data != NULL);
  if (fits && (uintptr_t)data % element_alignment(dtype) == 0) {
    return wrap(dtype, shape, data, len, deallocator, deallocator_arg);
  }
  // Strings refer to memory relative to where they lie, or of their own: bytes of them are not copied.
  if (fits && dtype != TF_STRING) tensor = create(dtype, shape);
  if (tensor != NULL && bytes > 0) memcpy(tensor->view.data, data, bytes);
  if (deallocator != NULL) deallocator(data, len, deallocator_arg);
  return tensor;
}

TF_Tensor* TF_AllocateTensor(TF_DataType dtype, const int64_t* dims, int num_dims, size_t len) {
  ctf_shape shape;
  size_t bytes;
  if (!check_shape(dtype, dims, num_dims, &shape, &bytes) || len < bytes) return NULL;
  return create(dtype, shape);
}

void TF_DeleteTensor(TF_Tensor* tensor) { ctf_tensor_release(tensor); }

TF_Tensor* TF_TensorMaybeMove(TF_Tensor* tensor) {
  if (tensor == NULL || atomic_load(&tensor->refs) != 1) return NULL;
  if (!ctf_buffer_sole(tensor->buffer) || ctf_buffer_is_wrapped(tensor->buffer)) return NULL;
  return tensor;  // the one reference goes to the caller and comes back
}

size_t TF_TensorDefaultAlignment(void) { return CTF_TENSOR_ALIGNMENT; }

TF_DataType TF_TensorType(const TF_Tensor* tensor) { return tensor != NULL ? tensor->view.dtype : (TF_DataType)0; }

int TF_NumDims(const TF_Tensor* tensor) { return tensor != NULL ? tensor->view.rank : -1; }

int64_t TF_Dim(const TF_Tensor* tensor, int dim_index) {
  if (tensor == NULL || dim_index < 0 || dim_index >= tensor->view.rank) return -1;
  return tensor->view.dims[dim_index];
}

int64_t TF_TensorElementCount(const TF_Tensor* tensor) { return tensor != NULL ? tensor->view.num_elements : 0; }

size_t TF_TensorByteSize(const TF_Tensor* tensor) { return tensor != NULL ? tensor->view.bytes : 0; }

void* TF_TensorData(const TF_Tensor* tensor) { return tensor != NULL ? tensor->view.data : NULL; }

bool TF_TensorIsAligned(const TF_Tensor* tensor) {
  if (tensor == NULL) return false;
  return tensor->view.bytes == 0 || (uintptr_t)tensor->view.data % CTF_TENSOR_ALIGNMENT == 0;
}

void TF_SetShape(TF_Tensor* tensor, const int64_t* dims, int num_dims) {
  int64_t count;
  if (tensor == NULL || !ctf_api_dims_valid(dims, num_dims)) return;
  const ctf_shape shape = {num_dims, dims};
  if (!ctf_shape_num_elements(shape, &count) || count != tensor->view.num_elements) return;
  ctf_status_drop(ctf_tensor_set_dims(tensor, shape));  // there is nobody to tell: the tensor stays as it is
}

static bool owns_memory(TF_DataType dtype) { return ctf_dtype_get(dtype)->kind == CTF_KIND_OBJECT; }

static ctf_status bitcast(const TF_Tensor* from, TF_DataType type, TF_Tensor* to, const int64_t* dims, int num_dims) {
  ctf_shape shape;
  size_t bytes;
  if (from == NULL || to == NULL) return ctf_error(TF_INVALID_ARGUMENT, "a tensor is NULL");
  if (!check_shape(type, dims, num_dims, &shape, &bytes) || bytes != from->view.bytes) {
    return ctf_error(TF_INVALID_ARGUMENT, "input and output shapes/data type sizes are not compatible");
  }
  if (owns_memory(type) || owns_memory(from->view.dtype) || owns_memory(to->view.dtype)) {
    return ctf_error(TF_INVALID_ARGUMENT, "elements of type %s are not plain bytes",
                     ctf_dtype_get(owns_memory(type) ? type : from->view.dtype)->tf_name);
  }
  if ((uintptr_t)from->view.data % element_alignment(type) != 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "the bytes begin where no %s may", ctf_dtype_get(type)->tf_name);
  }
  CTF_TRY(ctf_tensor_set_dims(to, shape));
  ctf_tensor_drop_spare(to);
  ctf_buffer* old = to->buffer;
  to->buffer = ctf_buffer_retain(from->buffer);
  to->view.dtype = type;
  to->view.num_elements = (int64_t)(bytes / ctf_dtype_get(type)->bytes);
  to->view.bytes = bytes;
  to->view.data = from->view.data;
  ctf_buffer_release(old);
  return NULL;
}

void TF_TensorBitcastFrom(const TF_Tensor* from, TF_DataType type, TF_Tensor* to, const int64_t* new_dims,
                          int num_new_dims, TF_Status* status) {
  ctf_api_report(bitcast(from, type, to, new_dims, num_new_dims), status);
}

static ctf_status from_proto(const TF_Buffer* from, TF_Tensor* to) {
  TF_Tensor* tensor;
  if (from == NULL || to == NULL) {
    return ctf_error(TF_INVALID_ARGUMENT, "the %s is NULL", from == NULL ? "TensorProto" : "tensor");
  }
  const ctf_source source = {.data = from->data, .bytes = from->length, .budget = ctf_device_budget(ctf_device_cpu())};
  CTF_TRY(ctf_error_note(ctf_tensor_proto_read(&source, &tensor), "Unparseable tensor proto"));
  const ctf_status status = ctf_tensor_take(to, tensor);
  ctf_tensor_release(tensor);
  return status;
}

void TF_TensorFromProto(const TF_Buffer* from, TF_Tensor* to, TF_Status* status) {
  ctf_api_report(from_proto(from, to), status);
}
