// Ops and kernels in a library of their own: what TF_LoadLibrary loads in custom_test.c. Public headers alone.
#include <stdlib.h>
#include <string.h>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"

// ---- CtfTestScale: y = factor * x, or what `mode` says

typedef struct scale_kernel {
  float factor;
  char mode[16];
} scale_kernel;

static void* scale_create(TF_OpKernelConstruction* construction) {
  TF_Status* status = TF_NewStatus();
  scale_kernel* kernel = calloc(1, sizeof(*kernel));
  TF_OpKernelConstruction_GetAttrFloat(construction, "factor", &kernel->factor, status);
  if (TF_GetCode(status) == TF_OK) {
    TF_OpKernelConstruction_GetAttrString(construction, "mode", kernel->mode, sizeof(kernel->mode), status);
  }
  if (TF_GetCode(status) == TF_OK && kernel->factor < 0) {
    TF_SetStatus(status, TF_INVALID_ARGUMENT, "the factor is negative");
  }
  if (TF_GetCode(status) != TF_OK) TF_OpKernelConstruction_Failure(construction, status);
  TF_DeleteStatus(status);
  return kernel;
}

static void scale_fill(const scale_kernel* kernel, const TF_Tensor* x, TF_Tensor* y) {
  const float* from = TF_TensorData(x);
  float* to = TF_TensorData(y);
  for (int64_t i = 0; i < TF_TensorElementCount(x); ++i) to[i] = kernel->factor * from[i];
}

static void scale_one(const scale_kernel* kernel, TF_OpKernelContext* context, const TF_Tensor* x, TF_Status* status) {
  static const int64_t kHuge[] = {(int64_t)1 << 40};
  int64_t dims[8];
  if (strcmp(kernel->mode, "none") == 0) return;
  if (strcmp(kernel->mode, "input") == 0) {
    TF_SetOutput(context, 0, x, status);
    return;
  }
  if (strcmp(kernel->mode, "fail") == 0) {
    TF_SetStatus(status, TF_DATA_LOSS, "as it was told");
    return;
  }
  if (strcmp(kernel->mode, "greedy") == 0) {
    TF_DeleteTensor(TF_AllocateTemp(context, TF_FLOAT, kHuge, 1, NULL, status));
    return;
  }
  if (strcmp(kernel->mode, "type") == 0) {
    TF_DeleteTensor(TF_AllocateOutput(context, 0, TF_INT32, NULL, 0, 4, status));
    return;
  }
  for (int i = 0; i < TF_NumDims(x); ++i) dims[i] = TF_Dim(x, i);
  TF_Tensor* y = TF_AllocateOutput(context, 0, TF_ExpectedOutputDataType(context, 0), dims, TF_NumDims(x),
                                   TF_TensorByteSize(x), status);
  if (y != NULL) scale_fill(kernel, x, y);
  TF_DeleteTensor(y);
}

static void scale_compute(void* kernel, TF_OpKernelContext* context) {
  TF_Status* status = TF_NewStatus();
  TF_Tensor* x = NULL;
  TF_GetInput(context, 0, &x, status);
  if (TF_GetCode(status) == TF_OK) scale_one(kernel, context, x, status);
  if (TF_GetCode(status) != TF_OK) TF_OpKernelContext_Failure(context, status);
  TF_DeleteTensor(x);
  TF_DeleteStatus(status);
}

static void same_shape(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeHandle* shape = TF_NewShapeHandle();
  TF_ShapeInferenceContextGetInput(context, 0, shape, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextWithRankAtMost(context, shape, 2, shape, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(context, 0, shape, status);
  TF_DeleteShapeHandle(shape);
}

// ---- CtfTestJoin: the texts one behind the other

static void join_all(TF_OpKernelContext* context, TF_TString* to, TF_Status* status) {
  for (int i = 0; i < TF_NumInputs(context) && TF_GetCode(status) == TF_OK; ++i) {
    TF_Tensor* part = NULL;
    TF_GetInput(context, i, &part, status);
    if (part != NULL) TF_TString_Append(to, TF_TensorData(part));
    TF_DeleteTensor(part);
  }
}

static void join_compute(void* kernel, TF_OpKernelContext* context) {
  TF_Status* status = TF_NewStatus();
  (void)kernel;
  TF_Tensor* joined = TF_AllocateOutput(context, 0, TF_STRING, NULL, 0, sizeof(TF_TString), status);
  if (joined != NULL) join_all(context, TF_TensorData(joined), status);
  if (TF_GetCode(status) != TF_OK) TF_OpKernelContext_Failure(context, status);
  TF_DeleteTensor(joined);
  TF_DeleteStatus(status);
}

static void scalar_shape(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeHandle* shape = TF_ShapeInferenceContextScalar(context);
  TF_ShapeInferenceContextSetOutput(context, 0, shape, status);
  TF_DeleteShapeHandle(shape);
}

// ---- registration, before TF_LoadLibrary returns

static void register_op(const char* name, const char* const* attrs, const char* input, const char* output,
                        void (*shape)(TF_ShapeInferenceContext*, TF_Status*), TF_Status* status) {
  TF_OpDefinitionBuilder* builder = TF_NewOpDefinitionBuilder(name);
  for (; *attrs != NULL; ++attrs) TF_OpDefinitionBuilderAddAttr(builder, *attrs);
  TF_OpDefinitionBuilderAddInput(builder, input);
  TF_OpDefinitionBuilderAddOutput(builder, output);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(builder, shape);
  TF_RegisterOpDefinition(builder, status);
  if (TF_GetCode(status) != TF_OK) abort();
}

__attribute__((constructor)) static void register_all(void) {
  static const char* const kScale[] = {"T: {float, double} = DT_FLOAT", "factor: float = 2.0",
                                       "mode: {'ok', 'fail', 'greedy', 'none', 'input', 'type'} = 'ok'", NULL};
  static const char* const kJoin[] = {"N: int >= 1", NULL};
  TF_Status* status = TF_NewStatus();
  register_op("CtfTestScale", kScale, "x: T", "y: T", same_shape, status);
  register_op("CtfTestJoin", kJoin, "parts: N * string", "joined: string", scalar_shape, status);

  TF_KernelBuilder* scale = TF_NewKernelBuilder("CtfTestScale", "CPU", scale_create, scale_compute, free);
  TF_KernelBuilder_TypeConstraint(scale, "T", TF_FLOAT, status);
  TF_KernelBuilder_HostMemory(scale, "x");
  TF_RegisterKernelBuilder("Scale", scale, status);
  if (TF_GetCode(status) != TF_OK) abort();
  TF_RegisterKernelBuilder("Join", TF_NewKernelBuilder("CtfTestJoin", "CPU", NULL, join_compute, NULL), status);
  if (TF_GetCode(status) != TF_OK) abort();
  TF_DeleteStatus(status);
}
