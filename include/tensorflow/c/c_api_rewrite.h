// Functions by which programs rewrite graphs, run them in parts, and read how ops present themselves. Included by
// c_api.h.
#ifndef TENSORFLOW_C_C_API_REWRITE_H_
#define TENSORFLOW_C_C_API_REWRITE_H_

#include <stdbool.h>

#include "tensorflow/c/c_api_types.h"

#ifdef __cplusplus
extern "C" {
#endif

// ---- operations that are in a graph

// Makes an input of an operation read another tensor. What is known of shapes stays. A session that has run the
// operation before goes on with it as it was and says so on the log, for this and all other changes below; a session
// made later sees it as it is then. What an operation cannot be is refused when it is to run.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  OUT_OF_RANGE, there is no such output or input; INVALID_ARGUMENT, the shapes contradict each other, or an
//          operation is NULL or of another graph.
TF_CAPI_EXPORT void TF_UpdateEdge(TF_Graph* graph, TF_Output new_src, TF_Input dst, TF_Status* status);

// Makes an operation wait for another one.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  none: a NULL, or an operation of another graph, is passed over.
TF_CAPI_EXPORT void TF_AddOperationControlInput(TF_Graph* graph, TF_Operation* op, TF_Operation* input);

// Makes an operation wait for those alone whose tensors it reads.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  none: a NULL, or an operation of another graph, is passed over.
TF_CAPI_EXPORT void TF_RemoveAllControlInputs(TF_Graph* graph, TF_Operation* op);

// Sets an attribute of an operation to a serialised AttrValue.
//
// Owns:    the bytes are not kept.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  INVALID_ARGUMENT, the bytes are no AttrValue, or an argument is NULL or of another graph;
//          RESOURCE_EXHAUSTED, no memory for it.
TF_CAPI_EXPORT void TF_SetAttr(TF_Graph* graph, TF_Operation* op, const char* attr_name, TF_Buffer* attr_value_proto,
                               TF_Status* status);

// Takes an attribute from an operation; one that it lacks is passed over.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  INVALID_ARGUMENT, an argument is NULL or of another graph.
TF_CAPI_EXPORT void TF_ClearAttr(TF_Graph* graph, TF_Operation* op, const char* attr_name, TF_Status* status);

// Asks for another device for an operation; NULL and "" ask for none.
//
// Owns:    the text is copied.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  none: a NULL, or an operation of another graph, is passed over. A text that names no device is refused
//          when the operation is to run.
TF_CAPI_EXPORT void TF_SetRequestedDevice(TF_Graph* graph, TF_Operation* op, const char* device);

// Gives an operation a full type, a serialised FullTypeDef, which is kept and exported and means nothing here.
//
// Owns:    the bytes are not kept.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  none: a NULL, an operation of another graph, or bytes that are no FullTypeDef are passed over.
TF_CAPI_EXPORT void TF_SetFullType(TF_Graph* graph, TF_Operation* op, const TF_Buffer* full_type_proto);

// Whether operations that are added from now on need a shape function: those of ops that the program has registered
// without one are then refused.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  none.
TF_CAPI_EXPORT void TF_SetRequireShapeInferenceFns(TF_Graph* graph, bool require);

// TF_NewOperation. A program cannot hold a graph's lock here, so the call takes it like all others.
//
// Owns:    as TF_NewOperation.
// Threads: any thread.
// Waits:   never.
// Errors:  as TF_NewOperation.
TF_CAPI_EXPORT TF_OperationDescription* TF_NewOperationLocked(TF_Graph* graph, const char* op_type,
                                                              const char* oper_name);

// TF_FinishOperation. A program cannot hold a graph's lock here, so the call takes it like all others.
//
// Owns:    as TF_FinishOperation.
// Threads: one thread at a time per description.
// Waits:   for other calls on the graph.
// Errors:  as TF_FinishOperation.
TF_CAPI_EXPORT TF_Operation* TF_FinishOperationLocked(TF_OperationDescription* desc, TF_Status* status);

// What is known of the values that a handle stands for: a serialised CppShapeInferenceResult.HandleData. NULL when
// nothing is.
//
// Owns:    the caller owns the result (TF_DeleteBuffer).
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  NULL also when there is no such output or no memory.
TF_CAPI_EXPORT TF_Buffer* TF_GetHandleShapeAndType(TF_Graph* graph, TF_Output output);

// Says what the values are that a handle stands for.
//
// Owns:    the bytes are not kept.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  INVALID_ARGUMENT, there is no such output, or the bytes are no CppShapeInferenceResult.HandleData.
TF_CAPI_EXPORT void TF_SetHandleShapeAndType(TF_Graph* graph, TF_Output output, const void* proto, size_t proto_len,
                                             TF_Status* status);

// ---- ops

// The serialised OpDef of an op.
//
// Owns:    output_op_def, which must be empty, gets bytes of its own (TF_DeleteBuffer).
// Threads: any thread.
// Waits:   never.
// Errors:  NOT_FOUND, there is no such op; INVALID_ARGUMENT, an argument is NULL or the buffer is not empty.
TF_CAPI_EXPORT void TF_GraphGetOpDef(TF_Graph* graph, const char* op_name, TF_Buffer* output_op_def, TF_Status* status);

// Makes a map from ops to how they present themselves, of a serialised OpList (TF_GetAllOpList). It starts with what
// the definitions say.
//
// Owns:    the caller owns the result (TF_DeleteApiDefMap); the bytes are not kept.
// Threads: any thread.
// Waits:   never.
// Errors:  NULL with INVALID_ARGUMENT, the bytes are no OpList; RESOURCE_EXHAUSTED, no memory for it.
TF_CAPI_EXPORT TF_ApiDefMap* TF_NewApiDefMap(TF_Buffer* op_list_buffer, TF_Status* status);

// Merges ApiDefs in protobuf's text format ("op { graph_op_name: ... }") into a map, before the first
// TF_ApiDefMapGet. Ops that the map lacks are passed over.
//
// Owns:    the text is not kept.
// Threads: one thread at a time per map.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the text is none: line and column are told; FAILED_PRECONDITION, something has been
//          read already, or an argument or attribute is named that the op lacks.
TF_CAPI_EXPORT void TF_ApiDefMapPut(TF_ApiDefMap* api_def_map, const char* text, size_t text_len, TF_Status* status);

// The serialised ApiDef of an op; NULL, without an error, when the map has no such op.
//
// Owns:    the caller owns the result (TF_DeleteBuffer).
// Threads: one thread at a time per map.
// Waits:   never.
// Errors:  NULL with INVALID_ARGUMENT, an argument is NULL; RESOURCE_EXHAUSTED, no memory for it.
TF_CAPI_EXPORT TF_Buffer* TF_ApiDefMapGet(TF_ApiDefMap* api_def_map, const char* name, size_t name_len,
                                          TF_Status* status);

// Deletes a map; NULL is accepted.
//
// Owns:    takes the map from the caller.
// Threads: any thread, once no other uses it.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_DeleteApiDefMap(TF_ApiDefMap* apimap);

// ---- runs in parts

// Prepares a run in parts: all that will be fed, fetched and run besides, in any number of calls of TF_SessionPRun.
//
// Owns:    the caller owns *handle (TF_DeletePRunHandle). What is prepared is the session's until all of it has been
//          fed and fetched.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  *handle is NULL with those of TF_SessionRun for names; CANCELLED, the session is closed.
TF_CAPI_EXPORT void TF_SessionPRunSetup(TF_Session* session, const TF_Output* inputs, int ninputs,
                                        const TF_Output* outputs, int noutputs, const TF_Operation* const* target_opers,
                                        int ntargets, const char** handle, TF_Status* status);

// Feeds and fetches a part of what TF_SessionPRunSetup has named, each once. Every operation runs once: as soon as
// all that it needs has been fed.
//
// Owns:    as TF_SessionRun; what later parts need of a feed is kept.
// Threads: any thread; parts of one handle come one after the other.
// Waits:   until what is fetched is there; ended early by TF_CloseSession.
// Errors:  those of TF_SessionRun; INVALID_ARGUMENT, a feed or fetch was not prepared or has been given already, a
//          fetch needs what has not been fed, or there is no such handle. A part that is refused for its names
//          changes nothing; one that fails ends the whole.
TF_CAPI_EXPORT void TF_SessionPRun(TF_Session* session, const char* handle, const TF_Output* inputs,
                                   TF_Tensor* const* input_values, int ninputs, const TF_Output* outputs,
                                   TF_Tensor** output_values, int noutputs, const TF_Operation* const* target_opers,
                                   int ntargets, TF_Status* status);

// Deletes a handle; NULL is accepted.
//
// Owns:    takes the handle from the caller; what was prepared stays the session's.
// Threads: any thread, once no other uses it.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_DeletePRunHandle(const char* handle);

// ---- messages

// Gives a tensor the content of a serialised TensorProto: type, shape and elements.
//
// Owns:    the bytes are not kept; `to` stays the caller's, what it held is freed.
// Threads: one thread at a time per tensor.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the bytes are no TensorProto, or an argument is NULL; RESOURCE_EXHAUSTED, no memory for
//          it. On error `to` is as it was.
TF_CAPI_EXPORT void TF_TensorFromProto(const TF_Buffer* from, TF_Tensor* to, TF_Status* status);

// TF_GraphImportGraphDefWithResults. In TensorFlow the buffer points to a message in memory of its own C++ library;
// here the bytes are a serialised GraphDef as everywhere.
//
// Owns:    as TF_GraphImportGraphDefWithResults.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  as TF_GraphImportGraphDefWithResults.
TF_CAPI_EXPORT TF_ImportGraphDefResults* TF_GraphImportGraphDefWithResultsNoSerialization(
    TF_Graph* graph, const TF_Buffer* graph_def, const TF_ImportGraphDefOptions* options, TF_Status* status);

#ifdef __cplusplus
}
#endif

#endif  // TENSORFLOW_C_C_API_REWRITE_H_
