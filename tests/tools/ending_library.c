// Ops for the tests of ctfrun: --load brings them. Public headers alone.
//   CtfTestEnd{code, ms, mib}: takes so much memory from the system, waits, then ends with the status `code`; 0 gives x
//   back; -1 is a fault
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"

typedef struct end_kernel {
  int32_t code, ms, mib;
} end_kernel;

static void* end_create(TF_OpKernelConstruction* construction) {
  TF_Status* status = TF_NewStatus();
  end_kernel* kernel = calloc(1, sizeof(*kernel));
  TF_OpKernelConstruction_GetAttrInt32(construction, "code", &kernel->code, status);
  if (TF_GetCode(status) == TF_OK) TF_OpKernelConstruction_GetAttrInt32(construction, "ms", &kernel->ms, status);
  if (TF_GetCode(status) == TF_OK) TF_OpKernelConstruction_GetAttrInt32(construction, "mib", &kernel->mib, status);
  if (TF_GetCode(status) != TF_OK) TF_OpKernelConstruction_Failure(construction, status);
  TF_DeleteStatus(status);
  return kernel;
}

static void end_compute(void* arg, TF_OpKernelContext* context) {
  const end_kernel* kernel = arg;
  TF_Status* status = TF_NewStatus();
  TF_Tensor* x = NULL;
  const struct timespec wait = {kernel->ms / 1000, kernel->ms % 1000 * 1000000};
  nanosleep(&wait, NULL);
  if (kernel->code < 0) {
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
  }
  void* volatile taken = malloc(((size_t)kernel->mib << 20) + 1);  // not looked at, so that it is not left out
  if (taken == NULL) {
    char text[64];
    snprintf(text, sizeof(text), "no memory for %d MiB", kernel->mib);
    TF_SetStatus(status, TF_RESOURCE_EXHAUSTED, text);
  } else if (kernel->code > 0) {
    TF_SetStatus(status, (TF_Code)kernel->code, "as it was told");
  } else {
    TF_GetInput(context, 0, &x, status);
    if (x != NULL) TF_SetOutput(context, 0, x, status);
  }
  if (TF_GetCode(status) != TF_OK) TF_OpKernelContext_Failure(context, status);
  free(taken);
  TF_DeleteTensor(x);
  TF_DeleteStatus(status);
}

static void same_shape(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeHandle* shape = TF_NewShapeHandle();
  TF_ShapeInferenceContextGetInput(context, 0, shape, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(context, 0, shape, status);
  TF_DeleteShapeHandle(shape);
}

__attribute__((constructor)) static void register_all(void) {
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* builder = TF_NewOpDefinitionBuilder("CtfTestEnd");
  TF_OpDefinitionBuilderAddAttr(builder, "code: int = 0");
  TF_OpDefinitionBuilderAddAttr(builder, "ms: int = 0");
  TF_OpDefinitionBuilderAddAttr(builder, "mib: int = 0");
  TF_OpDefinitionBuilderAddInput(builder, "x: float");
  TF_OpDefinitionBuilderAddOutput(builder, "y: float");
  TF_OpDefinitionBuilderSetIsStateful(builder, true);  // or it would be folded away
  TF_OpDefinitionBuilderSetShapeInferenceFunction(builder, same_shape);
  TF_RegisterOpDefinition(builder, status);
  if (TF_GetCode(status) != TF_OK) abort();
  TF_RegisterKernelBuilder("End", TF_NewKernelBuilder("CtfTestEnd", "CPU", end_create, end_compute, free), status);
  if (TF_GetCode(status) != TF_OK) abort();
  TF_DeleteStatus(status);
}
