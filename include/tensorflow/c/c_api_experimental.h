// What TensorFlow offers beside c_api.h and programs use all the same.
#ifndef TENSORFLOW_C_C_API_EXPERIMENTAL_H_
#define TENSORFLOW_C_C_API_EXPERIMENTAL_H_

#include "tensorflow/c/c_api.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TF_CheckpointReader TF_CheckpointReader;

// The graph as a GraphDef in protobuf's text format.
//
// Owns:    the caller owns the result, which goes with libc's free; it is terminated, and *len its length.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  NULL for NULL, or when there is no memory for it.
TF_CAPI_EXPORT const char* TF_GraphDebugString(TF_Graph* graph, size_t* len);

// Whether colocation with a node that the file lacks is an error, as it is by default.
//
// Owns:    nothing.
// Threads: one thread at a time per options.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_ImportGraphDefOptionsSetValidateColocationConstraints(TF_ImportGraphDefOptions* opts,
                                                                             TF_Bool enable);

// Whether an op has a state or effects of its own, so that nodes of it are never merged or left out: 1 or 0.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  0 with NOT_FOUND, there is no such op.
TF_CAPI_EXPORT int TF_OpIsStateful(const char* op_type, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always: NULL.
TF_CAPI_EXPORT TF_Tensor* TF_CheckpointReaderGetTensor(TF_CheckpointReader* reader, const char* name,
                                                       TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: NULL.
TF_CAPI_EXPORT const char* TF_CheckpointReaderGetVariable(TF_CheckpointReader* reader, int index);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: zeros.
TF_CAPI_EXPORT TF_DataType TF_CheckpointReaderGetVariableDataType(TF_CheckpointReader* reader, const char* name);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: -1.
TF_CAPI_EXPORT int TF_CheckpointReaderGetVariableNumDims(TF_CheckpointReader* reader, const char* name);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TF_CheckpointReaderGetVariableShape(TF_CheckpointReader* reader, const char* name, int64_t* dims,
                                                        int num_dims, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: 0.
TF_CAPI_EXPORT int TF_CheckpointReaderHasTensor(TF_CheckpointReader* reader, const char* name);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: 0.
TF_CAPI_EXPORT int TF_CheckpointReaderSize(TF_CheckpointReader* reader);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: nothing happens.
TF_CAPI_EXPORT void TF_DeleteCheckpointReader(TF_CheckpointReader* reader);

// Asks for compiled code, of which there is none here: results are the same.
//
// Owns:    nothing.
// Threads: one thread at a time per options.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_EnableXLACompilation(TF_SessionOptions* options, TF_Bool enable);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always: NULL.
TF_CAPI_EXPORT TF_CheckpointReader* TF_NewCheckpointReader(const char* filename, TF_Status* status);

// Does nothing: the library has no flags of its own to take out of a program's arguments.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_InitMain(const char* usage, int* argc, char*** argv);

#ifdef __cplusplus
}
#endif

#endif  // TENSORFLOW_C_C_API_EXPERIMENTAL_H_
