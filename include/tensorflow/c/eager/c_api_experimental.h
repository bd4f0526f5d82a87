// What TensorFlow offers beside eager/c_api.h and programs use all the same.
#ifndef TENSORFLOW_C_EAGER_C_API_EXPERIMENTAL_H_
#define TENSORFLOW_C_EAGER_C_API_EXPERIMENTAL_H_

#include "tensorflow/c/eager/c_api.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TFE_CancellationManager TFE_CancellationManager;
typedef struct TFE_Executor TFE_Executor;
typedef struct TFE_OpAttrs TFE_OpAttrs;

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TFE_OpSetAttrValueProto(const TFE_Op* op, const char* attr_name, const void* proto,
                                            size_t proto_len, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: NULL.
TF_CAPI_EXPORT TFE_Executor* TFE_ContextGetExecutorForThread(TFE_Context* ctx);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: nothing happens.
TF_CAPI_EXPORT void TFE_ContextSetExecutorForThread(TFE_Context* ctx, TFE_Executor* executor);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TFE_ContextSetLogDevicePlacement(TFE_Context* ctx, TF_Bool enable, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: nothing happens.
TF_CAPI_EXPORT void TFE_DeleteExecutor(TFE_Executor* executor);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TFE_ExecutorWaitForAllPendingNodes(TFE_Executor* executor, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: NULL.
TF_CAPI_EXPORT TFE_Executor* TFE_NewExecutor(bool is_async, bool enable_streaming_enqueue, int in_flight_nodes_limit);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TFE_OpReset(TFE_Op* op_to_reset, const char* op_or_function_name, const char* raw_device_name,
                                TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always: NULL.
TF_CAPI_EXPORT TF_Tensor* TFE_AllocateHostTensor(TFE_Context* ctx, TF_DataType dtype, const int64_t* dims, int num_dims,
                                                 TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: false.
TF_CAPI_EXPORT bool TFE_CancellationManagerIsCancelled(TFE_CancellationManager* cancellation_manager);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: nothing happens.
TF_CAPI_EXPORT void TFE_CancellationManagerStartCancel(TFE_CancellationManager* cancellation_manager);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: nothing happens.
TF_CAPI_EXPORT void TFE_DeleteCancellationManager(TFE_CancellationManager* cancellation_manager);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: nothing happens.
TF_CAPI_EXPORT void TFE_ExecutorClearError(TFE_Executor* executor);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TFE_GetExecutedOpNames(TFE_Context* ctx, TF_Buffer* buf, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: NULL.
TF_CAPI_EXPORT TFE_CancellationManager* TFE_NewCancellationManager(void);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always: NULL.
TF_CAPI_EXPORT TFE_TensorHandle* TFE_NewTensorHandleFromDeviceMemory(
    TFE_Context* ctx, const char* device_name, TF_DataType dtype, const int64_t* dims, int num_dims, void* data,
    size_t len, void (*deallocator)(void* data, size_t len, void* arg), void* deallocator_arg, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always: NULL.
TF_CAPI_EXPORT TFE_TensorHandle* TFE_NewTensorHandleFromTensor(TFE_Context* ctx, TF_Tensor* t, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: nothing happens.
TF_CAPI_EXPORT void TFE_OpAddAttrs(TFE_Op* op, const TFE_OpAttrs* attrs);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: NULL.
TF_CAPI_EXPORT const TFE_OpAttrs* TFE_OpGetAttrs(const TFE_Op* op);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always: 0.
TF_CAPI_EXPORT int TFE_TensorHandleDeviceID(TFE_TensorHandle* h, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always: 0.
TF_CAPI_EXPORT size_t TFE_TensorHandleDeviceMemorySize(TFE_TensorHandle* h, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always: NULL.
TF_CAPI_EXPORT void* TFE_TensorHandleDevicePointer(TFE_TensorHandle* h, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always: NULL.
TF_CAPI_EXPORT const char* TFE_TensorHandleDeviceType(TFE_TensorHandle* h, TF_Status* status);

#ifdef __cplusplus
}
#endif

#endif  // TENSORFLOW_C_EAGER_C_API_EXPERIMENTAL_H_
