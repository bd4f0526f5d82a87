// Tensors: a view that kernels see, and the counted object that crosses the API.
#ifndef CTF_RUNTIME_TENSOR_H_
#define CTF_RUNTIME_TENSOR_H_

#include "runtime/buffer.h"
#include "runtime/shape.h"
#include "tensorflow/c/tf_tensor.h"

// A tensor as a kernel sees it. Plain data: copying it copies the view. Whoever made it says how long dims and data
// live. Data is on the device of the step that made it; elements of strings are TF_TString, on the host.
typedef struct ctf_tensor {
  TF_DataType dtype;
  int32_t rank;
  const int64_t* dims;
  int64_t num_elements;
  size_t bytes;
  void* data;  // NULL only when bytes is 0
} ctf_tensor;

static inline ctf_shape ctf_tensor_shape(const ctf_tensor* tensor) { return (ctf_shape){tensor->rank, tensor->dims}; }

// What reads elements as such needs them where the compiler would put them; a constant in a mapped file may lie
// anywhere.
static inline bool ctf_tensor_aligned(const ctf_tensor* tensor) {
  const size_t element = ctf_dtype_get(tensor->dtype)->bytes;
  return element == 0 || (uintptr_t)tensor->data % (element > 8 ? 8 : element) == 0;
}

// A place for one tensor that nobody holds, to be taken again: whoever makes the same tensor over and over gets the
// same memory, without asking the system for fresh pages. What lies there stays charged. Counted: its maker and each
// tensor that would go there.
typedef struct ctf_spare ctf_spare;

// A tensor that owns itself: dims inside, bytes in a counted buffer on the host. Immutable once shared. Counted; any
// thread may retain and release.
struct TF_Tensor {
  ctf_tensor view;  // dims point to own_dims or more_dims, data into the buffer
  atomic_int refs;
  ctf_buffer* buffer;
  ctf_budget* charged;   // whom the string payloads are charged to; NULL for all other types
  size_t payload_bytes;  // of string payloads, charged when the tensor was sealed
  int32_t own_rank;      // how many dims own_dims has room for
  int64_t* more_dims;    // where view.dims are since there are more of them than that; else NULL
  ctf_spare* spare;      // where it goes when nobody holds it any more; counted; NULL: it is freed
  int64_t own_dims[];
};

// A tensor with memory of its own from the host device, charged to `budget`. Bytes are not set, except that the
// elements of a string tensor are empty strings.
CTF_MUST_USE ctf_status ctf_tensor_create(TF_DataType dtype, ctf_shape shape, ctf_budget* budget, const char* what,
                                          TF_Tensor** out_tensor);
CTF_MUST_USE ctf_status ctf_spare_create(ctf_spare** out_spare);
// As ctf_tensor_create, from what lies there if that has this type and as many bytes. For the spare's maker: one thread
// at a time. The tensor may be let go of on any.
CTF_MUST_USE ctf_status ctf_spare_take(ctf_spare* spare, TF_DataType dtype, ctf_shape shape, ctf_budget* budget,
                                       const char* what, TF_Tensor** out_tensor);
void ctf_tensor_drop_spare(TF_Tensor* tensor);  // it will be freed: its bytes are not those it was made with
bool ctf_spare_holds(const ctf_spare* spare);   // a tensor lies there
void ctf_spare_close(
    ctf_spare* spare);  // frees what lies there and what would; gives up the maker's count. Accepts NULL

// A tensor over a buffer, whose count it takes over on success. INVALID_ARGUMENT when the buffer is too small.
CTF_MUST_USE ctf_status ctf_tensor_wrap(TF_DataType dtype, ctf_shape shape, ctf_buffer* buffer, TF_Tensor** out_tensor);
TF_Tensor* ctf_tensor_retain(TF_Tensor* tensor);
void ctf_tensor_release(TF_Tensor* tensor);  // accepts NULL; frees string payloads that it owns

// Gives a tensor that nobody shares other dims, of the same number of bytes; all else stays as it is.
CTF_MUST_USE ctf_status ctf_tensor_set_dims(TF_Tensor* tensor, ctf_shape shape);

// Gives a tensor that nobody shares the content of another one, which gets the old one in return: only its release
// makes sense then.
CTF_MUST_USE ctf_status ctf_tensor_take(TF_Tensor* tensor, TF_Tensor* from);

// An independent copy (strings included), charged to `budget`.
CTF_MUST_USE ctf_status ctf_tensor_clone(const ctf_tensor* source, ctf_budget* budget, TF_Tensor** out_tensor);

// Elements of a string tensor. Set charges the payload to `budget` and asserts the type; the text is copied.
CTF_MUST_USE ctf_status ctf_tensor_set_string(TF_Tensor* tensor, int64_t index, const char* text, size_t length);
// The same for a kernel, which has a view of a tensor of its run's: charged to the run's budget, that of the tensor's
// owner, who seals it when the kernel is done.
CTF_MUST_USE ctf_status ctf_tensor_put_string(const ctf_tensor* tensor, int64_t index, const char* text, size_t length,
                                              ctf_budget* budget);
// The same, behind the text that is there.
CTF_MUST_USE ctf_status ctf_tensor_append_string(const ctf_tensor* tensor, int64_t index, const char* text,
                                                 size_t length, ctf_budget* budget);
// Charges what others than these two have put into elements of a tensor that is the caller's alone: its client's own
// functions. RESOURCE_EXHAUSTED: it does not fit, and stays uncharged.
CTF_MUST_USE ctf_status ctf_tensor_charge_strings(TF_Tensor* tensor);
// Takes over what these two have charged: it is given back when the tensor is freed. Nothing for other types.
void ctf_tensor_seal(TF_Tensor* tensor);
// The view lives until the tensor is changed or released.
void ctf_tensor_get_string(const ctf_tensor* tensor, int64_t index, const char** out_text, size_t* out_length);

// Reads an integer of any integer type; false for other types. For shape functions and axes.
bool ctf_tensor_get_int(const ctf_tensor* tensor, int64_t index, int64_t* out_value);

#endif  // CTF_RUNTIME_TENSOR_H_
