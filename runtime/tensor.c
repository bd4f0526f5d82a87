// Tensors that own themselves.
#include "runtime/tensor.h"

#include <stdio.h>
#include <string.h>

#include "runtime/device.h"
#include "runtime/tstring.h"

struct ctf_spare {
  atomic_int refs;
  _Atomic(TF_Tensor*) lies;
};

static TF_TString* string_at(const ctf_tensor* tensor, int64_t index) {
  CTF_ASSERT(tensor->dtype == TF_STRING && index >= 0 && index < tensor->num_elements);
  return (TF_TString*)tensor->data + index;
}

// The structure with its dims and no bytes yet.
static ctf_status make_tensor(TF_DataType dtype, ctf_shape shape, TF_Tensor** out_tensor) {
  const ctf_dtype_info* info = ctf_dtype_get(dtype);
  if (!ctf_dtype_valid((int64_t)dtype)) {
    return ctf_error(TF_INVALID_ARGUMENT, "%d is no type of a tensor", (int)dtype);
  }
  if (info->bytes == 0) {
    return ctf_error(TF_UNIMPLEMENTED, "a tensor of type %s holds no bytes; it is made by ops alone", info->tf_name);
  }
  if (!ctf_shape_known(shape)) {
    return ctf_error(TF_INVALID_ARGUMENT, "a tensor of type %s needs all its dimensions, its shape is %s",
                     info->tf_name, ctf_shape_print(shape).text);
  }
  if (shape.rank > CTF_MAX_RANK) {
    return ctf_error(TF_INVALID_ARGUMENT, "a tensor has at most %d dimensions, this one has %d", CTF_MAX_RANK,
                     (int)shape.rank);
  }
  size_t bytes = 0;
  CTF_TRY(ctf_shape_bytes(shape, dtype, &bytes));
  void* block = NULL;
  CTF_TRY(ctf_alloc_bytes(ctf_allocator_process(), sizeof(TF_Tensor) + (size_t)shape.rank * sizeof(int64_t), &block));
  TF_Tensor* tensor = block;
  if (shape.rank > 0) memcpy(tensor->own_dims, shape.dims, (size_t)shape.rank * sizeof(int64_t));
  tensor->view = (ctf_tensor){.dtype = dtype,
                              .rank = shape.rank,
                              .dims = tensor->own_dims,
                              .num_elements = (int64_t)(bytes / info->bytes),
                              .bytes = bytes};
  tensor->own_rank = shape.rank;
  atomic_init(&tensor->refs, 1);
  *out_tensor = tensor;
  return NULL;
}

static bool has_strings(const TF_Tensor* tensor) { return tensor->charged != NULL; }

ctf_status ctf_tensor_create(TF_DataType dtype, ctf_shape shape, ctf_budget* budget, const char* what,
                             TF_Tensor** out_tensor) {
  if (budget == NULL) budget = ctf_device_budget(ctf_device_cpu());
  TF_Tensor* tensor = NULL;
  CTF_TRY(make_tensor(dtype, shape, &tensor));
  ctf_status status = ctf_buffer_create(ctf_device_cpu(), budget, tensor->view.bytes, what, &tensor->buffer);
  if (status != NULL && ctf_budget_available(budget) < tensor->view.bytes) {
    // Asked again with all that there is to say, which is not worth making for those that are not refused.
    char text[256];
    snprintf(text, sizeof(text), "%.80s %s%s", what, ctf_dtype_get(dtype)->short_name, ctf_shape_print(shape).text);
    ctf_status_drop(status);
    status = ctf_buffer_create(ctf_device_cpu(), budget, tensor->view.bytes, text, &tensor->buffer);
  }
  if (status != NULL) {
    ctf_free(ctf_allocator_process(), tensor);
    return status;
  }
  tensor->view.data = tensor->buffer->data;
  if (dtype == TF_STRING) {
    tensor->charged = ctf_budget_retain(budget);
    if (tensor->view.bytes > 0) memset(tensor->view.data, 0, tensor->view.bytes);  // all zero is an empty string
  }
  *out_tensor = tensor;
  return NULL;
}

ctf_status ctf_tensor_wrap(TF_DataType dtype, ctf_shape shape, ctf_buffer* buffer, TF_Tensor** out_tensor) {
  TF_Tensor* tensor = NULL;
  CTF_TRY(make_tensor(dtype, shape, &tensor));
  if (tensor->view.bytes > buffer->bytes) {
    ctf_status status =
        ctf_error(TF_INVALID_ARGUMENT, "a tensor of type %s and shape %s needs %zu bytes, there are %zu",
                  ctf_dtype_get(dtype)->tf_name, ctf_shape_print(shape).text, tensor->view.bytes, buffer->bytes);
    ctf_free(ctf_allocator_process(), tensor);
    return status;
  }
  tensor->buffer = buffer;
  tensor->view.data = buffer->data;
  *out_tensor = tensor;
  return NULL;
}

TF_Tensor* ctf_tensor_retain(TF_Tensor* tensor) {
  atomic_fetch_add_explicit(&tensor->refs, 1, memory_order_relaxed);
  return tensor;
}

static void release_spare(ctf_spare* spare) {
  if (spare == NULL || atomic_fetch_sub_explicit(&spare->refs, 1, memory_order_acq_rel) != 1) return;
  ctf_free(ctf_allocator_process(), spare);
}

static void free_tensor(TF_Tensor* tensor) {
  if (has_strings(tensor)) {
    for (int64_t i = 0; i < tensor->view.num_elements; ++i) ctf_tstring_clear(string_at(&tensor->view, i));
    ctf_budget_unreserve(tensor->charged, tensor->payload_bytes);
    ctf_budget_release(tensor->charged);
  }
  ctf_buffer_release(tensor->buffer);
  ctf_free(ctf_allocator_process(), tensor->more_dims);
  release_spare(tensor->spare);
  ctf_free(ctf_allocator_process(), tensor);
}

// ---- spares

// Never dereferenced: what `lies` holds once the spare is closed.
static const TF_Tensor kClosed;

// Whether the tensor, which nobody holds any more, lies there now. Strings are not kept: their payloads would be, too.
static bool lay_down(TF_Tensor* tensor) {
  if (tensor->spare == NULL || has_strings(tensor) || !ctf_buffer_sole(tensor->buffer)) return false;
  TF_Tensor* nothing = NULL;
  // release: whoever takes it sees that all use of it is over.
  return atomic_compare_exchange_strong_explicit(&tensor->spare->lies, &nothing, tensor, memory_order_release,
                                                 memory_order_relaxed);
}

void ctf_tensor_release(TF_Tensor* tensor) {
  if (tensor == NULL) return;
  // acquire: the last holder sees what the others did. It alone needs no write of its own.
  if (atomic_load_explicit(&tensor->refs, memory_order_acquire) != 1 &&
      atomic_fetch_sub_explicit(&tensor->refs, 1, memory_order_acq_rel) != 1) {
    return;
  }
  if (!lay_down(tensor)) free_tensor(tensor);
}

ctf_status ctf_spare_create(ctf_spare** out_spare) {
  ctf_spare* spare = NULL;
  CTF_TRY(ctf_alloc_new(ctf_allocator_process(), &spare));
  atomic_init(&spare->refs, 1);
  atomic_init(&spare->lies, NULL);
  *out_spare = spare;
  return NULL;
}

ctf_status ctf_spare_take(ctf_spare* spare, TF_DataType dtype, ctf_shape shape, ctf_budget* budget, const char* what,
                          TF_Tensor** out_tensor) {
  TF_Tensor* tensor = atomic_exchange_explicit(&spare->lies, NULL, memory_order_acquire);
  CTF_ASSERT(tensor != &kClosed);
  if (tensor != NULL) {
    size_t bytes = 0;
    const ctf_status status = ctf_shape_bytes(shape, dtype, &bytes);
    if (status == NULL && tensor->view.dtype == dtype && tensor->view.bytes == bytes &&
        tensor->own_rank >= shape.rank) {
      atomic_store_explicit(&tensor->refs, 1, memory_order_relaxed);
      ctf_status_drop(ctf_tensor_set_dims(tensor, shape));  // cannot fail: there is room for them
      *out_tensor = tensor;
      return NULL;
    }
    ctf_status_drop(status);  // said again below
    free_tensor(tensor);
  }
  CTF_TRY(ctf_tensor_create(dtype, shape, budget, what, &tensor));
  atomic_fetch_add_explicit(&spare->refs, 1, memory_order_relaxed);
  tensor->spare = spare;
  *out_tensor = tensor;
  return NULL;
}

void ctf_tensor_drop_spare(TF_Tensor* tensor) {
  release_spare(tensor->spare);
  tensor->spare = NULL;
}

bool ctf_spare_holds(const ctf_spare* spare) {
  return atomic_load_explicit(&spare->lies, memory_order_relaxed) != NULL;
}

void ctf_spare_close(ctf_spare* spare) {
  if (spare == NULL) return;
  TF_Tensor* tensor = atomic_exchange_explicit(&spare->lies, (TF_Tensor*)&kClosed, memory_order_acquire);
  if (tensor != NULL) free_tensor(tensor);
  release_spare(spare);
}

ctf_status ctf_tensor_set_dims(TF_Tensor* tensor, ctf_shape shape) {
  int64_t* more = NULL;
  if (shape.rank > tensor->own_rank) CTF_TRY(ctf_alloc_array(ctf_allocator_process(), &more, (size_t)shape.rank));
  int64_t* dims = more != NULL ? more : tensor->own_dims;
  if (shape.rank > 0) memmove(dims, shape.dims, (size_t)shape.rank * sizeof(int64_t));  // may be the tensor's own
  ctf_free(ctf_allocator_process(), tensor->more_dims);
  tensor->more_dims = more;
  tensor->view.rank = shape.rank;
  tensor->view.dims = dims;
  return NULL;
}

ctf_status ctf_tensor_take(TF_Tensor* tensor, TF_Tensor* from) {
  CTF_TRY(ctf_tensor_set_dims(tensor, ctf_tensor_shape(&from->view)));
  ctf_tensor_drop_spare(tensor);
  ctf_tensor_drop_spare(from);
  const ctf_tensor old = tensor->view;
  ctf_buffer* const buffer = tensor->buffer;
  ctf_budget* const charged = tensor->charged;
  const size_t payload_bytes = tensor->payload_bytes;
  tensor->view.dtype = from->view.dtype;
  tensor->view.num_elements = from->view.num_elements;
  tensor->view.bytes = from->view.bytes;
  tensor->view.data = from->view.data;
  tensor->buffer = from->buffer;
  tensor->charged = from->charged;
  tensor->payload_bytes = from->payload_bytes;
  from->view.dtype = old.dtype;
  from->view.num_elements = old.num_elements;
  from->view.bytes = old.bytes;
  from->view.data = old.data;
  from->buffer = buffer;
  from->charged = charged;
  from->payload_bytes = payload_bytes;
  return NULL;
}

ctf_status ctf_tensor_clone(const ctf_tensor* source, ctf_budget* budget, TF_Tensor** out_tensor) {
  TF_Tensor* tensor = NULL;
  CTF_TRY(ctf_tensor_create(source->dtype, ctf_tensor_shape(source), budget, "a copy of a tensor", &tensor));
  if (source->dtype != TF_STRING) {
    if (source->bytes > 0) memcpy(tensor->view.data, source->data, source->bytes);
    *out_tensor = tensor;
    return NULL;
  }
  for (int64_t i = 0; i < source->num_elements; ++i) {
    const char* text = NULL;
    size_t length = 0;
    ctf_tensor_get_string(source, i, &text, &length);
    ctf_status status = ctf_tensor_set_string(tensor, i, text, length);
    if (status != NULL) {
      ctf_tensor_release(tensor);
      return status;
    }
  }
  *out_tensor = tensor;
  return NULL;
}

ctf_status ctf_tensor_set_string(TF_Tensor* tensor, int64_t index, const char* text, size_t length) {
  CTF_ASSERT(has_strings(tensor));
  TF_TString* string = string_at(&tensor->view, index);
  if (length > SIZE_MAX / 8) return ctf_error(TF_INVALID_ARGUMENT, "a string of %zu bytes is too long", length);
  const size_t bytes = ctf_tstring_payload_bytes(length), old_bytes = ctf_tstring_owned_bytes(string);
  CTF_TRY(ctf_budget_reserve(tensor->charged, bytes, "the text of a string tensor"));
  if (!ctf_tstring_set(string, text, length)) {
    ctf_budget_unreserve(tensor->charged, bytes);
    return ctf_error(TF_RESOURCE_EXHAUSTED, "the system has no %zu bytes left for the text of a string tensor", bytes);
  }
  // What the client's own functions have put there was never charged.
  const size_t charged = old_bytes < tensor->payload_bytes ? old_bytes : tensor->payload_bytes;
  ctf_budget_unreserve(tensor->charged, charged);
  tensor->payload_bytes += bytes - charged;
  return NULL;
}

ctf_status ctf_tensor_put_string(const ctf_tensor* tensor, int64_t index, const char* text, size_t length,
                                 ctf_budget* budget) {
  TF_TString* string = string_at(tensor, index);
  if (length > SIZE_MAX / 8) return ctf_error(TF_INVALID_ARGUMENT, "a string of %zu bytes is too long", length);
  const size_t bytes = ctf_tstring_payload_bytes(length), old_bytes = ctf_tstring_owned_bytes(string);
  CTF_TRY(ctf_budget_reserve(budget, bytes, "the text of a string tensor"));
  if (!ctf_tstring_set(string, text, length)) {
    ctf_budget_unreserve(budget, bytes);
    return ctf_error(TF_RESOURCE_EXHAUSTED, "the system has no %zu bytes left for the text of a string tensor", bytes);
  }
  ctf_budget_unreserve(budget, old_bytes);
  return NULL;
}

ctf_status ctf_tensor_append_string(const ctf_tensor* tensor, int64_t index, const char* text, size_t length,
                                    ctf_budget* budget) {
  TF_TString* string = string_at(tensor, index);
  const size_t old_length = TF_TString_GetSize(string), old_bytes = ctf_tstring_owned_bytes(string);
  size_t whole;
  if (!ctf_add_size(old_length, length, &whole) || whole > SIZE_MAX / 8) {
    return ctf_error(TF_INVALID_ARGUMENT, "a string of %zu and %zu bytes is too long", old_length, length);
  }
  const size_t bytes = ctf_tstring_payload_bytes(whole);
  CTF_TRY(ctf_budget_reserve(budget, bytes, "the text of a string tensor"));
  if (!ctf_tstring_append(string, text, length)) {
    ctf_budget_unreserve(budget, bytes);
    return ctf_error(TF_RESOURCE_EXHAUSTED, "the system has no %zu bytes left for the text of a string tensor", bytes);
  }
  ctf_budget_unreserve(budget, old_bytes);
  return NULL;
}

ctf_status ctf_tensor_charge_strings(TF_Tensor* tensor) {
  size_t owned = 0;
  if (!has_strings(tensor)) return NULL;
  for (int64_t i = 0; i < tensor->view.num_elements; ++i) {
    owned += ctf_tstring_owned_bytes(string_at(&tensor->view, i));
  }
  if (owned > tensor->payload_bytes) {
    CTF_TRY(ctf_budget_reserve(tensor->charged, owned - tensor->payload_bytes, "the text of a string tensor"));
  } else {
    ctf_budget_unreserve(tensor->charged, tensor->payload_bytes - owned);
  }
  tensor->payload_bytes = owned;
  return NULL;
}

void ctf_tensor_seal(TF_Tensor* tensor) {
  if (!has_strings(tensor)) return;
  tensor->payload_bytes = 0;
  for (int64_t i = 0; i < tensor->view.num_elements; ++i) {
    tensor->payload_bytes += ctf_tstring_owned_bytes(string_at(&tensor->view, i));
  }
}

void ctf_tensor_get_string(const ctf_tensor* tensor, int64_t index, const char** out_text, size_t* out_length) {
  const TF_TString* string = string_at(tensor, index);
  *out_text = TF_TString_GetDataPointer(string);
  *out_length = TF_TString_GetSize(string);
}

// Constants may lie at any byte of a mapped file, hence the copies.
bool ctf_tensor_get_int(const ctf_tensor* tensor, int64_t index, int64_t* out_value) {
  union {
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
  } value;
  const ctf_type_set small = CTF_TYPE(TF_INT4) | CTF_TYPE(TF_UINT4) | CTF_TYPE(TF_INT2) | CTF_TYPE(TF_UINT2);
  if (!ctf_type_in(CTF_INTS | small, tensor->dtype)) return false;
  CTF_ASSERT(index >= 0 && index < tensor->num_elements);
  const size_t width = ctf_dtype_get(tensor->dtype)->bytes;
  memcpy(&value, (const unsigned char*)tensor->data + (size_t)index * width, width);
  // clang-format off
  switch ((int)tensor->dtype) {
    case TF_INT8:   *out_value = value.i8; return true;
    case TF_INT16:  *out_value = value.i16; return true;
    case TF_INT32:  *out_value = value.i32; return true;
    case TF_INT64:  *out_value = value.i64; return true;
    case TF_UINT8:  *out_value = value.u8; return true;
    case TF_UINT16: *out_value = value.u16; return true;
    case TF_UINT32: *out_value = value.u32; return true;
    // The narrow types have a byte each, of which the low bits count.
    case TF_INT4:   *out_value = ((value.u8 & 15) ^ 8) - 8; return true;
    case TF_UINT4:  *out_value = value.u8 & 15; return true;
    case TF_INT2:   *out_value = ((value.u8 & 3) ^ 2) - 2; return true;
    case TF_UINT2:  *out_value = value.u8 & 3; return true;
    default:        break;
  }
  // clang-format on
  if (value.u64 > INT64_MAX) return false;
  *out_value = (int64_t)value.u64;
  return true;
}
