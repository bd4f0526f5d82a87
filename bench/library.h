// A library with TensorFlow's C API, opened at run time, so that one program runs ours and the peer's side by side:
// each in its own scope, so that neither sees the other's functions.
#ifndef CTF_BENCH_LIBRARY_H_
#define CTF_BENCH_LIBRARY_H_

#include "tensorflow/c/c_api.h"

// clang-format off
#define BENCH_FUNCTIONS(X)                                                                                          \
  X(TF_NewStatus) X(TF_DeleteStatus) X(TF_GetCode) X(TF_Message) X(TF_NewGraph) X(TF_DeleteGraph)                   \
  X(TF_NewOperation) X(TF_AddInput) X(TF_AddInputList) X(TF_SetAttrType) X(TF_SetAttrInt) X(TF_SetAttrBool)         \
  X(TF_SetAttrShape) X(TF_SetAttrTensor) X(TF_FinishOperation) X(TF_NewTensor) X(TF_DeleteTensor) X(TF_TensorData)  \
  X(TF_TensorByteSize) X(TF_NewSession) X(TF_DeleteSession) X(TF_SessionRun) X(TF_NewSessionOptions)                \
  X(TF_DeleteSessionOptions) X(TF_SetConfig) X(TF_NewImportGraphDefOptions) X(TF_DeleteImportGraphDefOptions)       \
  X(TF_GraphImportGraphDef) X(TF_NewBufferFromString) X(TF_DeleteBuffer) X(TF_GraphNextOperation)                   \
  X(TF_OperationOpType) X(TF_OperationOutputType) X(TF_OperationOutputNumConsumers) X(TF_GraphGetTensorNumDims)     \
  X(TF_GraphGetTensorShape) X(TF_OperationNumOutputs)
// clang-format on

typedef struct bench_library {
  const char* name;
  TF_Status* status;
#define BENCH_MEMBER(function) __typeof__(function)* function;
  BENCH_FUNCTIONS(BENCH_MEMBER)
#undef BENCH_MEMBER
} bench_library;

// Ends the program with a sentence when the file cannot be opened or lacks a function.
void bench_library_open(bench_library* library, const char* name, const char* path);
// Ends the program with the library's message if its last call failed.
void bench_check(const bench_library* library, const char* what);

#endif  // CTF_BENCH_LIBRARY_H_
