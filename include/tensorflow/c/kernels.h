// Kernels that a program or a library of it registers.
#ifndef TENSORFLOW_C_KERNELS_H_
#define TENSORFLOW_C_KERNELS_H_

#include "tensorflow/c/c_api.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TF_KernelBuilder TF_KernelBuilder;                // one thread at a time
typedef struct TF_OpKernelConstruction TF_OpKernelConstruction;  // lives while a kernel is created
typedef struct TF_OpKernelContext TF_OpKernelContext;            // lives while a kernel computes

// Begins a kernel for an op on a device ("CPU"). create_func makes what compute_func gets as its first argument, for
// each node of a session before its first run; delete_func ends it with the session. Both may be NULL; compute_func may
// be called from several threads at once. What compute_func allocates is charged to the run, which such a kernel makes
// one whose size is not known before: plan reports say so.
//
// Owns:    the caller owns the result, until TF_RegisterKernelBuilder takes it (else TF_DeleteKernelBuilder).
// Threads: any thread.
// Waits:   never.
// Errors:  NULL when there is no memory for it; what is wrong with the arguments TF_RegisterKernelBuilder says.
TF_CAPI_EXPORT TF_KernelBuilder* TF_NewKernelBuilder(const char* op_name, const char* device_name,
                                                     void* (*create_func)(TF_OpKernelConstruction*),
                                                     void (*compute_func)(void*, TF_OpKernelContext*),
                                                     void (*delete_func)(void*));

// Lets the kernel serve a type of a type attribute. Several calls for one attribute add up; an attribute that none
// names may have any type.
//
// Owns:    the name is copied.
// Threads: one thread at a time per builder.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the type is none, the builder or the name is NULL; UNIMPLEMENTED, a fourth attribute.
TF_CAPI_EXPORT void TF_KernelBuilder_TypeConstraint(TF_KernelBuilder* kernel_builder, const char* attr_name,
                                                    TF_DataType type, TF_Status* status);

// Says that an argument lies in the host's memory, as all arguments of kernels on the CPU do.
//
// Owns:    nothing.
// Threads: one thread at a time per builder.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_KernelBuilder_HostMemory(TF_KernelBuilder* kernel_builder, const char* arg_name);

// Of several registered kernels that fit a node the one with the greatest number serves it. Kernels of the library
// itself come before them all.
//
// Owns:    nothing.
// Threads: one thread at a time per builder.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_KernelBuilder_Priority(TF_KernelBuilder* kernel_builder, int32_t priority_number);

// Registers the kernel, for as long as the process lives. An op of TensorFlow's that this library only knows by its
// interface can be used in nodes that are made afterwards.
//
// Owns:    takes the builder, whatever the outcome.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the builder is NULL, the op has no name or nothing computes; UNIMPLEMENTED, a device that
//          is not the CPU.
TF_CAPI_EXPORT void TF_RegisterKernelBuilder(const char* kernel_name, TF_KernelBuilder* builder, TF_Status* status);

// Deletes a builder that is not registered; NULL is accepted.
//
// Owns:    takes the builder from the caller.
// Threads: any thread, once no other uses it.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_DeleteKernelBuilder(TF_KernelBuilder* builder);

// ---- while a kernel is created

// Refuses the node with the code and message of a status that is not OK.
//
// Owns:    the status stays the caller's.
// Threads: the thread that creates the kernel.
// Waits:   never.
// Errors:  none; the first failure counts.
TF_CAPI_EXPORT void TF_OpKernelConstruction_Failure(TF_OpKernelConstruction* ctx, TF_Status* status);

// The name of the node.
//
// Owns:    the text lives as long as the kernel.
// Threads: the thread that creates the kernel.
// Waits:   never.
// Errors:  "" for NULL.
TF_CAPI_EXPORT TF_StringView TF_OpKernelConstruction_GetName(TF_OpKernelConstruction* ctx);

// Whether the node has an attribute of this name.
//
// Owns:    nothing.
// Threads: the thread that creates the kernel.
// Waits:   never.
// Errors:  false for NULL.
TF_CAPI_EXPORT bool TF_OpKernelConstruction_HasAttr(TF_OpKernelConstruction* ctx, const char* attr_name,
                                                    TF_Status* status);

// How many elements an attribute's list has (-1: it is no list) and how long its texts, or how many the dimensions of
// its shapes, are together (-1: it has neither).
//
// Owns:    nothing.
// Threads: the thread that creates the kernel.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, there is no such attribute, or an argument is NULL.
TF_CAPI_EXPORT void TF_OpKernelConstruction_GetAttrSize(TF_OpKernelConstruction* ctx, const char* attr_name,
                                                        int32_t* list_size, int32_t* total_size, TF_Status* status);

// The value of an attribute. A type.
//
// Owns:    nothing.
// Threads: the thread that creates the kernel.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the node has no such attribute of this kind, or an argument is NULL.
TF_CAPI_EXPORT void TF_OpKernelConstruction_GetAttrType(TF_OpKernelConstruction* ctx, const char* attr_name,
                                                        TF_DataType* val, TF_Status* status);

// The value of an attribute. An integer.
//
// Owns:    nothing.
// Threads: the thread that creates the kernel.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the node has no such attribute of this kind or it does not fit 32 bits, or an argument is
//          NULL.
TF_CAPI_EXPORT void TF_OpKernelConstruction_GetAttrInt32(TF_OpKernelConstruction* ctx, const char* attr_name,
                                                         int32_t* val, TF_Status* status);

// The value of an attribute. An integer.
//
// Owns:    nothing.
// Threads: the thread that creates the kernel.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the node has no such attribute of this kind, or an argument is NULL.
TF_CAPI_EXPORT void TF_OpKernelConstruction_GetAttrInt64(TF_OpKernelConstruction* ctx, const char* attr_name,
                                                         int64_t* val, TF_Status* status);

// The value of an attribute. A number.
//
// Owns:    nothing.
// Threads: the thread that creates the kernel.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the node has no such attribute of this kind, or an argument is NULL.
TF_CAPI_EXPORT void TF_OpKernelConstruction_GetAttrFloat(TF_OpKernelConstruction* ctx, const char* attr_name,
                                                         float* val, TF_Status* status);

// The value of an attribute. A truth value: 1 or 0.
//
// Owns:    nothing.
// Threads: the thread that creates the kernel.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the node has no such attribute of this kind, or an argument is NULL.
TF_CAPI_EXPORT void TF_OpKernelConstruction_GetAttrBool(TF_OpKernelConstruction* ctx, const char* attr_name,
                                                        TF_Bool* val, TF_Status* status);

// The text of an attribute, cut at max_length; a NUL follows where there is room for it.
//
// Owns:    val is the caller's.
// Threads: the thread that creates the kernel.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the node has no such attribute of this kind, or an argument is NULL.
TF_CAPI_EXPORT void TF_OpKernelConstruction_GetAttrString(TF_OpKernelConstruction* ctx, const char* attr_name,
                                                          char* val, size_t max_length, TF_Status* status);

// The tensor of an attribute.
//
// Owns:    the caller owns the result (TF_DeleteTensor); its bytes are not to be changed.
// Threads: the thread that creates the kernel.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the node has no such attribute of this kind, or an argument is NULL.
TF_CAPI_EXPORT void TF_OpKernelConstruction_GetAttrTensor(TF_OpKernelConstruction* ctx, const char* attr_name,
                                                          TF_Tensor** val, TF_Status* status);

// The elements of an attribute that is a list, as many as there is room for.
//
// Owns:    vals is the caller's.
// Threads: the thread that creates the kernel.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the node has no such attribute of this kind, or an argument is NULL.
TF_CAPI_EXPORT void TF_OpKernelConstruction_GetAttrTypeList(TF_OpKernelConstruction* ctx, const char* attr_name,
                                                            TF_DataType* vals, int max_vals, TF_Status* status);

// The elements of an attribute that is a list, as many as there is room for.
//
// Owns:    vals is the caller's.
// Threads: the thread that creates the kernel.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the node has no such attribute of this kind or one does not fit 32 bits, or an argument is
//          NULL.
TF_CAPI_EXPORT void TF_OpKernelConstruction_GetAttrInt32List(TF_OpKernelConstruction* ctx, const char* attr_name,
                                                             int32_t* vals, int max_vals, TF_Status* status);

// The elements of an attribute that is a list, as many as there is room for.
//
// Owns:    vals is the caller's.
// Threads: the thread that creates the kernel.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the node has no such attribute of this kind, or an argument is NULL.
TF_CAPI_EXPORT void TF_OpKernelConstruction_GetAttrInt64List(TF_OpKernelConstruction* ctx, const char* attr_name,
                                                             int64_t* vals, int max_vals, TF_Status* status);

// The elements of an attribute that is a list, as many as there is room for.
//
// Owns:    vals is the caller's.
// Threads: the thread that creates the kernel.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the node has no such attribute of this kind, or an argument is NULL.
TF_CAPI_EXPORT void TF_OpKernelConstruction_GetAttrFloatList(TF_OpKernelConstruction* ctx, const char* attr_name,
                                                             float* vals, int max_vals, TF_Status* status);

// The elements of an attribute that is a list, as many as there is room for.
//
// Owns:    vals is the caller's.
// Threads: the thread that creates the kernel.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the node has no such attribute of this kind, or an argument is NULL.
TF_CAPI_EXPORT void TF_OpKernelConstruction_GetAttrBoolList(TF_OpKernelConstruction* ctx, const char* attr_name,
                                                            TF_Bool* vals, int max_vals, TF_Status* status);

// The texts of an attribute that is a list, as many as there is room for; they are not terminated.
//
// Owns:    values point into storage, which is the caller's.
// Threads: the thread that creates the kernel.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the node has no such attribute of this kind, they do not fit the storage, or an argument
//          is NULL.
TF_CAPI_EXPORT void TF_OpKernelConstruction_GetAttrStringList(TF_OpKernelConstruction* ctx, const char* attr_name,
                                                              char** values, size_t* lengths, int max_values,
                                                              void* storage, size_t storage_size, TF_Status* status);

// The tensors of an attribute that is a list, as many as there is room for.
//
// Owns:    the caller owns each of vals (TF_DeleteTensor); their bytes are not to be changed.
// Threads: the thread that creates the kernel.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the node has no such attribute of this kind, or an argument is NULL.
TF_CAPI_EXPORT void TF_OpKernelConstruction_GetAttrTensorList(TF_OpKernelConstruction* ctx, const char* attr_name,
                                                              TF_Tensor** vals, int max_values, TF_Status* status);

// ---- while a kernel computes

// The number of tensors that the node takes, lists flattened.
//
// Owns:    nothing.
// Threads: the thread that calls the kernel.
// Waits:   never.
// Errors:  0 for NULL.
TF_CAPI_EXPORT int TF_NumInputs(TF_OpKernelContext* ctx);

// The number of tensors that the node makes, lists flattened.
//
// Owns:    nothing.
// Threads: the thread that calls the kernel.
// Waits:   never.
// Errors:  0 for NULL.
TF_CAPI_EXPORT int TF_NumOutputs(TF_OpKernelContext* ctx);

// An input.
//
// Owns:    the caller owns *tensor (TF_DeleteTensor), whose bytes are not to be changed and live until the kernel
//          returns.
// Threads: the thread that calls the kernel.
// Waits:   never.
// Errors:  OUT_OF_RANGE, there is no such input; INVALID_ARGUMENT, an argument is NULL; RESOURCE_EXHAUSTED.
TF_CAPI_EXPORT void TF_GetInput(TF_OpKernelContext* ctx, int i, TF_Tensor** tensor, TF_Status* status);

// The type of an input.
//
// Owns:    nothing.
// Threads: the thread that calls the kernel.
// Waits:   never.
// Errors:  0 when there is no such input.
TF_CAPI_EXPORT TF_DataType TF_InputDatatype(TF_OpKernelContext* ctx, int index);

// The type that an output has to have.
//
// Owns:    nothing.
// Threads: the thread that calls the kernel.
// Waits:   never.
// Errors:  0 when there is no such output.
TF_CAPI_EXPORT TF_DataType TF_ExpectedOutputDataType(TF_OpKernelContext* ctx, int i);

// Makes a tensor an output. The run copies it when somebody else refers to it or to its bytes.
//
// Owns:    the tensor stays the caller's as well.
// Threads: the thread that calls the kernel.
// Waits:   never.
// Errors:  OUT_OF_RANGE, there is no such output; INVALID_ARGUMENT, it has another type, or an argument is NULL.
TF_CAPI_EXPORT void TF_SetOutput(TF_OpKernelContext* ctx, int i, const TF_Tensor* tensor, TF_Status* status);

// Makes a tensor for an output, charged to the run, and the output. len is not looked at.
//
// Owns:    the caller owns the result as well (TF_DeleteTensor), and fills it before the kernel returns.
// Threads: the thread that calls the kernel.
// Waits:   never.
// Errors:  NULL with: OUT_OF_RANGE, there is no such output; INVALID_ARGUMENT, it has another type or no such tensor
//          can be made; RESOURCE_EXHAUSTED, over budget.
TF_CAPI_EXPORT TF_Tensor* TF_AllocateOutput(TF_OpKernelContext* context, int index, TF_DataType dtype,
                                            const int64_t* dims, int num_dims, size_t len, TF_Status* status);

// As TF_AllocateOutput: no input is ever forwarded, *forwarded_input becomes -1.
//
// Owns:    the caller owns the result as well (TF_DeleteTensor), and fills it before the kernel returns.
// Threads: the thread that calls the kernel.
// Waits:   never.
// Errors:  as TF_AllocateOutput.
TF_CAPI_EXPORT TF_Tensor* TF_ForwardInputOrAllocateOutput(TF_OpKernelContext* context,
                                                          const int* candidate_input_indices,
                                                          int num_candidate_input_indices, int output_index,
                                                          const int64_t* output_dims, int output_num_dims,
                                                          int* forwarded_input, TF_Status* status);

typedef struct TF_AllocatorAttributes {  // where memory is to be; it is always the host's
  size_t struct_size;
  TF_Bool on_host;
} TF_AllocatorAttributes;

// Makes a tensor for the kernel's own use, charged to the run.
//
// Owns:    the caller owns the result (TF_DeleteTensor).
// Threads: the thread that calls the kernel.
// Waits:   never.
// Errors:  NULL with: INVALID_ARGUMENT, no such tensor can be made; RESOURCE_EXHAUSTED, over budget.
TF_CAPI_EXPORT TF_Tensor* TF_AllocateTemp(TF_OpKernelContext* context, TF_DataType dtype, const int64_t* dims,
                                          int num_dims, TF_AllocatorAttributes* alloc_attrs, TF_Status* status);

// Ends the run with the code and message of a status that is not OK, once the kernel has returned.
//
// Owns:    the status stays the caller's.
// Threads: the thread that calls the kernel.
// Waits:   never.
// Errors:  none; the first failure counts.
TF_CAPI_EXPORT void TF_OpKernelContext_Failure(TF_OpKernelContext* ctx, TF_Status* status);

// A number that tells the runs apart that are under way.
//
// Owns:    nothing.
// Threads: the thread that calls the kernel.
// Waits:   never.
// Errors:  0 for NULL.
TF_CAPI_EXPORT int64_t TF_StepId(TF_OpKernelContext* ctx);

#ifdef __cplusplus
}
#endif

#endif  // TENSORFLOW_C_KERNELS_H_
