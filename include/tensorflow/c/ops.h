// Ops that a program or a library of it registers: the interface, and how shapes follow.
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

typedef struct TF_OpDefinitionBuilder TF_OpDefinitionBuilder;      // one thread at a time
typedef struct TF_ShapeInferenceContext TF_ShapeInferenceContext;  // lives while a shape function runs
typedef struct TF_ShapeHandle TF_ShapeHandle;
typedef struct TF_DimensionHandle TF_DimensionHandle;

// Begins an op. The name starts with a capital letter.
//
// Owns:    the caller owns the result, until TF_RegisterOpDefinition takes it (else TF_DeleteOpDefinitionBuilder).
// Threads: any thread.
// Waits:   never.
// Errors:  NULL when there is no memory for it.
TF_CAPI_EXPORT TF_OpDefinitionBuilder* TF_NewOpDefinitionBuilder(const char* op_name);

// Registers the op, for as long as the process lives.
//
// Owns:    takes the builder, whatever the outcome.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the builder is NULL, or what is wrong with the name, an attribute or an argument: the
//          first of them; ALREADY_EXISTS, there is an op of this name.
TF_CAPI_EXPORT void TF_RegisterOpDefinition(TF_OpDefinitionBuilder* builder, TF_Status* status);

// Deletes a builder that is not registered; NULL is accepted.
//
// Owns:    takes the builder from the caller.
// Threads: any thread, once no other uses it.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_DeleteOpDefinitionBuilder(TF_OpDefinitionBuilder* builder);

// Adds an attribute: "name: kind", then perhaps ">= minimum" (of an int, or of a list's length) and "= default". A kind
// is int, float, bool, string, type, shape, tensor, func, numbertype, realnumbertype, quantizedtype, what is allowed
// between braces ("{float, int32}", "{'a', 'b'}"), or a list of one of these ("list(int)").
//
// Owns:    the text is copied.
// Threads: one thread at a time per builder.
// Waits:   never.
// Errors:  reported by TF_RegisterOpDefinition: INVALID_ARGUMENT with the text.
TF_CAPI_EXPORT void TF_OpDefinitionBuilderAddAttr(TF_OpDefinitionBuilder* builder, const char* attr_spec);

// Adds an input: "name: type", with the name of a type or of a type attribute; "name: N * type" is a list of N, an int
// attribute; a list(type) attribute gives a list of several types; "Ref(type)" is a reference.
//
// Owns:    the text is copied.
// Threads: one thread at a time per builder.
// Waits:   never.
// Errors:  reported by TF_RegisterOpDefinition: INVALID_ARGUMENT with the text.
TF_CAPI_EXPORT void TF_OpDefinitionBuilderAddInput(TF_OpDefinitionBuilder* builder, const char* input_spec);

// Adds an output, as TF_OpDefinitionBuilderAddInput does an input.
//
// Owns:    the text is copied.
// Threads: one thread at a time per builder.
// Waits:   never.
// Errors:  reported by TF_RegisterOpDefinition: INVALID_ARGUMENT with the text.
TF_CAPI_EXPORT void TF_OpDefinitionBuilderAddOutput(TF_OpDefinitionBuilder* builder, const char* output_spec);

// Says that the two inputs may be exchanged.
//
// Owns:    nothing.
// Threads: one thread at a time per builder.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_OpDefinitionBuilderSetIsCommutative(TF_OpDefinitionBuilder* builder, bool is_commutative);

// Says that any number of inputs of one type give an output of that type.
//
// Owns:    nothing.
// Threads: one thread at a time per builder.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_OpDefinitionBuilderSetIsAggregate(TF_OpDefinitionBuilder* builder, bool is_aggregate);

// Says that the op has a state or effects: nodes of it are never merged or computed before the run.
//
// Owns:    nothing.
// Threads: one thread at a time per builder.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_OpDefinitionBuilderSetIsStateful(TF_OpDefinitionBuilder* builder, bool is_stateful);

// Says that references may be to variables without a value.
//
// Owns:    nothing.
// Threads: one thread at a time per builder.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_OpDefinitionBuilderSetAllowsUninitializedInput(TF_OpDefinitionBuilder* builder,
                                                                      bool allows_uninitialized_input);

// Refuses the op in graphs that are written for this version of GraphDef or a later one.
//
// Owns:    the text is copied.
// Threads: one thread at a time per builder.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_OpDefinitionBuilderDeprecated(TF_OpDefinitionBuilder* builder, int version,
                                                     const char* explanation);

// Gives the function that tells the shapes of the outputs. It may be called from any thread, several at a time. Without
// one they are not known.
//
// Owns:    nothing.
// Threads: one thread at a time per builder.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_OpDefinitionBuilderSetShapeInferenceFunction(
    TF_OpDefinitionBuilder* builder, void (*shape_inference_func)(TF_ShapeInferenceContext* ctx, TF_Status* status));

// ---- for shape functions

// Makes a handle that holds a shape of unknown rank.
//
// Owns:    the caller owns the result (TF_DeleteShapeHandle).
// Threads: any thread.
// Waits:   never.
// Errors:  NULL when there is no memory for it.
TF_CAPI_EXPORT TF_ShapeHandle* TF_NewShapeHandle(void);

// Deletes a handle; NULL is accepted.
//
// Owns:    takes the handle from the caller.
// Threads: any thread, once no other uses it.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_DeleteShapeHandle(TF_ShapeHandle* handle);

// Makes a handle that holds an unknown dimension.
//
// Owns:    the caller owns the result (TF_DeleteDimensionHandle).
// Threads: any thread.
// Waits:   never.
// Errors:  NULL when there is no memory for it.
TF_CAPI_EXPORT TF_DimensionHandle* TF_NewDimensionHandle(void);

// Deletes a handle; NULL is accepted.
//
// Owns:    takes the handle from the caller.
// Threads: any thread, once no other uses it.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_DeleteDimensionHandle(TF_DimensionHandle* handle);

// Whether a dimension is known.
//
// Owns:    nothing.
// Threads: one thread at a time per handle and context.
// Waits:   never.
// Errors:  0 for NULL.
TF_CAPI_EXPORT int TF_DimensionHandleValueKnown(TF_DimensionHandle* dim_handle);

// The value of a dimension; -1 when it is not known.
//
// Owns:    nothing.
// Threads: one thread at a time per handle and context.
// Waits:   never.
// Errors:  -1 for NULL.
TF_CAPI_EXPORT int64_t TF_DimensionHandleValue(TF_DimensionHandle* dim_handle);

// The number of inputs, lists flattened.
//
// Owns:    nothing.
// Threads: one thread at a time per handle and context.
// Waits:   never.
// Errors:  0 for NULL.
TF_CAPI_EXPORT int64_t TF_ShapeInferenceContextNumInputs(TF_ShapeInferenceContext* ctx);

// Puts the shape of an input into the handle.
//
// Owns:    nothing.
// Threads: one thread at a time per handle and context.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, there is no such input, or an argument is NULL.
TF_CAPI_EXPORT void TF_ShapeInferenceContextGetInput(TF_ShapeInferenceContext* ctx, int i, TF_ShapeHandle* handle,
                                                     TF_Status* status);

// Makes the handle's shape that of an output.
//
// Owns:    the dimensions are copied.
// Threads: one thread at a time per handle and context.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, there is no such output, or an argument is NULL.
TF_CAPI_EXPORT void TF_ShapeInferenceContextSetOutput(TF_ShapeInferenceContext* ctx, int i, TF_ShapeHandle* handle,
                                                      TF_Status* status);

// A handle that holds the shape of a scalar.
//
// Owns:    the caller owns the result (TF_DeleteShapeHandle).
// Threads: one thread at a time per handle and context.
// Waits:   never.
// Errors:  NULL when there is no memory for it.
TF_CAPI_EXPORT TF_ShapeHandle* TF_ShapeInferenceContextScalar(TF_ShapeInferenceContext* ctx);

// A handle that holds the shape of a vector.
//
// Owns:    the caller owns the result (TF_DeleteShapeHandle).
// Threads: one thread at a time per handle and context.
// Waits:   never.
// Errors:  NULL when the size is no dimension or there is no memory for it.
TF_CAPI_EXPORT TF_ShapeHandle* TF_ShapeInferenceContextVectorFromSize(TF_ShapeInferenceContext* ctx, size_t size);

// The value of an attribute that is a type.
//
// Owns:    nothing.
// Threads: one thread at a time per handle and context.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the op has no such attribute, or an argument is NULL.
TF_CAPI_EXPORT void TF_ShapeInferenceContext_GetAttrType(TF_ShapeInferenceContext* ctx, const char* attr_name,
                                                         TF_DataType* val, TF_Status* status);

// The rank of a shape; -1 when it is not known.
//
// Owns:    nothing.
// Threads: one thread at a time per handle and context.
// Waits:   never.
// Errors:  -1 for NULL.
TF_CAPI_EXPORT int64_t TF_ShapeInferenceContextRank(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* handle);

// Whether the rank of a shape is known.
//
// Owns:    nothing.
// Threads: one thread at a time per handle and context.
// Waits:   never.
// Errors:  0 for NULL.
TF_CAPI_EXPORT int TF_ShapeInferenceContextRankKnown(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* handle);

// Puts the shape into result and gives it this rank if it had none.
//
// Owns:    result may be the handle itself.
// Threads: one thread at a time per handle and context.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the shape has another rank, or an argument is NULL.
TF_CAPI_EXPORT void TF_ShapeInferenceContextWithRank(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* handle,
                                                     int64_t rank, TF_ShapeHandle* result, TF_Status* status);

// Puts the shape into result.
//
// Owns:    result may be the handle itself.
// Threads: one thread at a time per handle and context.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the shape has a lower rank, or an argument is NULL.
TF_CAPI_EXPORT void TF_ShapeInferenceContextWithRankAtLeast(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* handle,
                                                            int64_t rank, TF_ShapeHandle* result, TF_Status* status);

// Puts the shape into result.
//
// Owns:    result may be the handle itself.
// Threads: one thread at a time per handle and context.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the shape has a higher rank, or an argument is NULL.
TF_CAPI_EXPORT void TF_ShapeInferenceContextWithRankAtMost(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* handle,
                                                           int64_t rank, TF_ShapeHandle* result, TF_Status* status);

// Puts a dimension into result; a negative number counts from the end. It is unknown when the shape has none such.
//
// Owns:    nothing.
// Threads: one thread at a time per handle and context.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_ShapeInferenceContextDim(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* shape_handle, int64_t i,
                                                TF_DimensionHandle* result);

// Puts the dimensions from start to before end into result; negative numbers count from the end.
//
// Owns:    result may be the handle itself.
// Threads: one thread at a time per handle and context.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, start or end lie outside or the wrong way round, or an argument is NULL.
TF_CAPI_EXPORT void TF_ShapeInferenceContextSubshape(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* shape_handle,
                                                     int64_t start, int64_t end, TF_ShapeHandle* result,
                                                     TF_Status* status);

// Makes the shapes of all outputs unknown.
//
// Owns:    nothing.
// Threads: one thread at a time per handle and context.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the context is NULL.
TF_CAPI_EXPORT void TF_ShapeInferenceContextSetUnknownShape(TF_ShapeInferenceContext* ctx, TF_Status* status);

// Puts the dimensions of two shapes, one behind the other, into result.
//
// Owns:    result may be one of the two.
// Threads: one thread at a time per handle and context.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, together they are too many, or an argument is NULL.
TF_CAPI_EXPORT void TF_ShapeInferenceContextConcatenateShapes(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* first,
                                                              TF_ShapeHandle* second, TF_ShapeHandle* result,
                                                              TF_Status* status);

#ifdef __cplusplus
}
#endif

#endif  // TENSORFLOW_C_OPS_H_
