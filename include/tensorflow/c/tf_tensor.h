// Tensors.
#ifndef TENSORFLOW_C_TF_TENSOR_H_
#define TENSORFLOW_C_TF_TENSOR_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensorflow/c/c_api_macros.h"
#include "tensorflow/c/tf_datatype.h"
#include "tensorflow/c/tf_status.h"

#ifdef __cplusplus
extern "C" {
#endif

// Immutable once it is shared, but for its bytes, which belong to whoever holds the only reference.
typedef struct TF_Tensor TF_Tensor;

// Makes a tensor over the caller's bytes, which it keeps where they are if they begin at a multiple of the element's
// own alignment; else it copies them into memory of its own at once. Elements of TF_STRING are TF_TString.
//
// Owns:    takes the bytes: deallocator(data, len, deallocator_arg) is called once, when nobody needs them any more,
//          on whichever thread that is, and also before this returns NULL or a copy. NULL: nobody is told. Payloads of
//          strings stay the caller's: they live as long as the bytes. The caller owns the result (TF_DeleteTensor).
// Threads: any thread.
// Waits:   never.
// Errors:  NULL, with the bytes given back: the type is unknown or has no size, a dimension is negative, there are more
//          than 254, len is less than the shape needs, strings do not begin at a multiple of 8, or the budget has no
//          room for a copy.
TF_CAPI_EXPORT TF_Tensor* TF_NewTensor(TF_DataType dtype, const int64_t* dims, int num_dims, void* data, size_t len,
                                       void (*deallocator)(void* data, size_t len, void* arg), void* deallocator_arg);

// Makes a tensor with memory of its own, charged to the budget of the CPU device. The bytes are not set, except that
// elements of TF_STRING are empty strings, whose payloads the tensor frees in the end.
//
// Owns:    the caller owns the result (TF_DeleteTensor).
// Threads: any thread.
// Waits:   never.
// Errors:  NULL: as for TF_NewTensor, or the budget has no room.
TF_CAPI_EXPORT TF_Tensor* TF_AllocateTensor(TF_DataType dtype, const int64_t* dims, int num_dims, size_t len);

// Gives up one reference to a tensor; NULL is accepted.
//
// Owns:    takes the reference from the caller. Sessions and graphs that were given the tensor keep their own.
// Threads: any thread.
// Waits:   as long as the deallocator does, if this was the last reference.
// Errors:  none.
TF_CAPI_EXPORT void TF_DeleteTensor(TF_Tensor* tensor);

// Turns the caller's reference into one that nobody shares, so that the bytes may be changed.
//
// Owns:    takes the tensor and gives one with the same bytes; on NULL the tensor stays the caller's, untouched.
// Threads: any thread.
// Waits:   never.
// Errors:  NULL: somebody else refers to the tensor or its bytes, or the bytes came from the caller.
TF_CAPI_EXPORT TF_Tensor* TF_TensorMaybeMove(TF_Tensor* tensor);

// The alignment in bytes of memory that the library allocates for tensors.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT size_t TF_TensorDefaultAlignment(void);

// The element type. 0 for NULL.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT TF_DataType TF_TensorType(const TF_Tensor* tensor);

// The number of dimensions: 0 for a scalar, -1 for NULL.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT int TF_NumDims(const TF_Tensor* tensor);

// The length of one dimension.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  -1 for NULL and for an index that the tensor does not have.
TF_CAPI_EXPORT int64_t TF_Dim(const TF_Tensor* tensor, int dim_index);

// The number of elements; 0 for NULL.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT int64_t TF_TensorElementCount(const TF_Tensor* tensor);

// The size of the elements in bytes; payloads of strings are not counted. 0 for NULL.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT size_t TF_TensorByteSize(const TF_Tensor* tensor);

// The elements, row-major. NULL for NULL; what a tensor without elements gives is not to be read from.
//
// Owns:    the tensor owns the bytes.
// Threads: any thread may read; only the holder of the one reference may write.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void* TF_TensorData(const TF_Tensor* tensor);

// Whether the bytes begin at a multiple of TF_TensorDefaultAlignment. True for a tensor without elements.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  none: false for NULL.
TF_CAPI_EXPORT bool TF_TensorIsAligned(const TF_Tensor* tensor);

// Gives the tensor other dimensions with as many elements.
//
// Owns:    the dims are copied.
// Threads: only the holder of the one reference.
// Waits:   never.
// Errors:  none are reported: the tensor stays as it is when the dimensions do not fit.
TF_CAPI_EXPORT void TF_SetShape(TF_Tensor* tensor, const int64_t* dims, int num_dims);

// Makes `to` a tensor over the bytes of `from`, seen as elements of another type in another shape.
//
// Owns:    both tensors share the bytes from then on; what `to` held before is released.
// Threads: any thread for `from`; only the holder of the one reference for `to`.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, and `to` is as before: the sizes differ, a type has elements that own memory, the
//          bytes do not begin where elements of the type may; RESOURCE_EXHAUSTED, no memory for the dimensions.
TF_CAPI_EXPORT void TF_TensorBitcastFrom(const TF_Tensor* from, TF_DataType type, TF_Tensor* to,
                                         const int64_t* new_dims, int num_new_dims, TF_Status* status);

#ifdef __cplusplus
}
#endif

#endif  // TENSORFLOW_C_TF_TENSOR_H_
