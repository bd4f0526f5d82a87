// Ops that a program or a library of it registers: the interface and how shapes follow.
#ifndef TENSORFLOW_C_OPS_H_
#define TENSORFLOW_C_OPS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensorflow/c/c_api_macros.h"
#include "tensorflow/c/tf_datatype.h"
#include "tensorflow/c/tf_status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TF_OpDefinitionBuilder TF_OpDefinitionBuilder;
typedef struct TF_ShapeInferenceContext TF_ShapeInferenceContext;
typedef struct TF_ShapeHandle TF_ShapeHandle;
typedef struct TF_DimensionHandle TF_DimensionHandle;

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: nothing happens.
TF_CAPI_EXPORT void TF_DeleteDimensionHandle(TF_DimensionHandle* handle);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: nothing happens.
TF_CAPI_EXPORT void TF_DeleteOpDefinitionBuilder(TF_OpDefinitionBuilder* builder);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: nothing happens.
TF_CAPI_EXPORT void TF_DeleteShapeHandle(TF_ShapeHandle* handle);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: 0.
TF_CAPI_EXPORT int64_t TF_DimensionHandleValue(TF_DimensionHandle* dim_handle);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: 0.
TF_CAPI_EXPORT int TF_DimensionHandleValueKnown(TF_DimensionHandle* dim_handle);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: NULL.
TF_CAPI_EXPORT TF_DimensionHandle* TF_NewDimensionHandle(void);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: NULL.
TF_CAPI_EXPORT TF_OpDefinitionBuilder* TF_NewOpDefinitionBuilder(const char* op_name);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: NULL.
TF_CAPI_EXPORT TF_ShapeHandle* TF_NewShapeHandle(void);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: nothing happens.
TF_CAPI_EXPORT void TF_OpDefinitionBuilderAddAttr(TF_OpDefinitionBuilder* builder, const char* attr_spec);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: nothing happens.
TF_CAPI_EXPORT void TF_OpDefinitionBuilderAddInput(TF_OpDefinitionBuilder* builder, const char* input_spec);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: nothing happens.
TF_CAPI_EXPORT void TF_OpDefinitionBuilderAddOutput(TF_OpDefinitionBuilder* builder, const char* output_spec);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: nothing happens.
TF_CAPI_EXPORT void TF_OpDefinitionBuilderDeprecated(TF_OpDefinitionBuilder* builder, int version,
                                                     const char* explanation);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: nothing happens.
TF_CAPI_EXPORT void TF_OpDefinitionBuilderSetAllowsUninitializedInput(TF_OpDefinitionBuilder* builder,
                                                                      bool allows_uninitialized_input);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: nothing happens.
TF_CAPI_EXPORT void TF_OpDefinitionBuilderSetIsAggregate(TF_OpDefinitionBuilder* builder, bool is_aggregate);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: nothing happens.
TF_CAPI_EXPORT void TF_OpDefinitionBuilderSetIsCommutative(TF_OpDefinitionBuilder* builder, bool is_commutative);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: nothing happens.
TF_CAPI_EXPORT void TF_OpDefinitionBuilderSetIsStateful(TF_OpDefinitionBuilder* builder, bool is_stateful);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: nothing happens.
TF_CAPI_EXPORT void TF_OpDefinitionBuilderSetShapeInferenceFunction(
    TF_OpDefinitionBuilder* builder, void (*shape_inference_func)(TF_ShapeInferenceContext* ctx, TF_Status* status));

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TF_RegisterOpDefinition(TF_OpDefinitionBuilder* builder, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TF_ShapeInferenceContextConcatenateShapes(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* first,
                                                              TF_ShapeHandle* second, TF_ShapeHandle* result,
                                                              TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: nothing happens.
TF_CAPI_EXPORT void TF_ShapeInferenceContextDim(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* shape_handle, int64_t i,
                                                TF_DimensionHandle* result);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TF_ShapeInferenceContextGetInput(TF_ShapeInferenceContext* ctx, int i, TF_ShapeHandle* handle,
                                                     TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: 0.
TF_CAPI_EXPORT int64_t TF_ShapeInferenceContextNumInputs(TF_ShapeInferenceContext* ctx);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: 0.
TF_CAPI_EXPORT int64_t TF_ShapeInferenceContextRank(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* handle);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: 0.
TF_CAPI_EXPORT int TF_ShapeInferenceContextRankKnown(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* handle);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: NULL.
TF_CAPI_EXPORT TF_ShapeHandle* TF_ShapeInferenceContextScalar(TF_ShapeInferenceContext* ctx);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TF_ShapeInferenceContextSetOutput(TF_ShapeInferenceContext* ctx, int i, TF_ShapeHandle* handle,
                                                      TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TF_ShapeInferenceContextSetUnknownShape(TF_ShapeInferenceContext* ctx, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TF_ShapeInferenceContextSubshape(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* shape_handle,
                                                     int64_t start, int64_t end, TF_ShapeHandle* result,
                                                     TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: NULL.
TF_CAPI_EXPORT TF_ShapeHandle* TF_ShapeInferenceContextVectorFromSize(TF_ShapeInferenceContext* ctx, size_t size);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TF_ShapeInferenceContextWithRank(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* handle,
                                                     int64_t rank, TF_ShapeHandle* result, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TF_ShapeInferenceContextWithRankAtLeast(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* handle,
                                                            int64_t rank, TF_ShapeHandle* result, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TF_ShapeInferenceContextWithRankAtMost(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* handle,
                                                           int64_t rank, TF_ShapeHandle* result, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TF_ShapeInferenceContext_GetAttrType(TF_ShapeInferenceContext* ctx, const char* attr_name,
                                                         TF_DataType* val, TF_Status* status);

#ifdef __cplusplus
}
#endif

#endif  // TENSORFLOW_C_OPS_H_
