// Kernels that a program or a library of it registers.
#ifndef TENSORFLOW_C_KERNELS_H_
#define TENSORFLOW_C_KERNELS_H_

#include "tensorflow/c/c_api.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TF_KernelBuilder TF_KernelBuilder;
typedef struct TF_OpKernelConstruction TF_OpKernelConstruction;
typedef struct TF_OpKernelContext TF_OpKernelContext;

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TF_GetInput(TF_OpKernelContext* ctx, int i, TF_Tensor** tensor, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: NULL.
TF_CAPI_EXPORT TF_KernelBuilder* TF_NewKernelBuilder(const char* op_name, const char* device_name,
                                                     void* (*create_func)(TF_OpKernelConstruction*),
                                                     void (*compute_func)(void*, TF_OpKernelContext*),
                                                     void (*delete_func)(void*));

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TF_OpKernelConstruction_GetAttrType(TF_OpKernelConstruction* ctx, const char* attr_name,
                                                        TF_DataType* val, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TF_RegisterKernelBuilder(const char* kernel_name, TF_KernelBuilder* builder, TF_Status* status);

#ifdef __cplusplus
}
#endif

#endif  // TENSORFLOW_C_KERNELS_H_
