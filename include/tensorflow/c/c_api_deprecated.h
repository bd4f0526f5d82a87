// What c_api.h declares for programs that were written for the first releases. Included by c_api.h.
#ifndef TENSORFLOW_C_C_API_DEPRECATED_H_
#define TENSORFLOW_C_C_API_DEPRECATED_H_

#include "tensorflow/c/c_api_types.h"

#ifdef __cplusplus
extern "C" {
#endif

// ---- sessions of old programs, which have a graph of their own and know tensors by their names

// Makes a session without a graph.
//
// Owns:    the caller owns the result (TF_DeleteDeprecatedSession).
// Threads: any thread.
// Waits:   never.
// Errors:  NULL with those of TF_NewSession.
TF_CAPI_EXPORT TF_DeprecatedSession* TF_NewDeprecatedSession(const TF_SessionOptions* options, TF_Status* status);

// TF_CloseSession for such a session.
//
// Owns:    the session stays the caller's.
// Threads: any thread.
// Waits:   until the runs under way have returned.
// Errors:  INVALID_ARGUMENT, the session is NULL.
TF_CAPI_EXPORT void TF_CloseDeprecatedSession(TF_DeprecatedSession* session, TF_Status* status);

// Closes and deletes such a session; NULL is accepted.
//
// Owns:    takes the session from the caller.
// Threads: any thread, once no other uses it.
// Waits:   until the runs under way have returned.
// Errors:  none.
TF_CAPI_EXPORT void TF_DeleteDeprecatedSession(TF_DeprecatedSession* session, TF_Status* status);

// TF_SessionListDevices for such a session.
//
// Owns:    the caller owns the result (TF_DeleteDeviceList).
// Threads: any thread.
// Waits:   never.
// Errors:  NULL with those of TF_SessionListDevices.
TF_CAPI_EXPORT TF_DeviceList* TF_DeprecatedSessionListDevices(TF_DeprecatedSession* session, TF_Status* status);

// Adds the nodes of a serialised tensorflow.GraphDef to the session's graph.
//
// Owns:    the bytes are not kept.
// Threads: any thread.
// Waits:   for other calls on the session's graph.
// Errors:  those of TF_GraphImportGraphDef.
TF_CAPI_EXPORT void TF_ExtendGraph(TF_DeprecatedSession* session, const void* proto, size_t proto_len,
                                   TF_Status* status);

// TF_SessionRun with names: "node" or "node:1" for tensors, "node" for targets.
//
// Owns:    as TF_SessionRun.
// Threads: any thread.
// Waits:   as TF_SessionRun.
// Errors:  those of TF_SessionRun; NOT_FOUND, the graph has no such node; INVALID_ARGUMENT, there is no graph yet.
TF_CAPI_EXPORT void TF_Run(TF_DeprecatedSession* session, const TF_Buffer* run_options, const char** input_names,
                           TF_Tensor** inputs, int ninputs, const char** output_names, TF_Tensor** outputs,
                           int noutputs, const char** target_oper_names, int ntargets, TF_Buffer* run_metadata,
                           TF_Status* status);

// Empties containers of variables that outlive sessions. There are none here: they go with their session.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the options are NULL; UNIMPLEMENTED, another target than this process.
TF_CAPI_EXPORT void TF_Reset(const TF_SessionOptions* opt, const char** containers, int ncontainers, TF_Status* status);

// Shows a session what has been added to its graph. It sees that anyway, when a run begins.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the session is NULL.
TF_CAPI_EXPORT void TF_ExtendSession(TF_Session* session, TF_Status* status);

// TF_SessionPRunSetup with names, as TF_Run has them.
//
// Owns:    as TF_SessionPRunSetup.
// Threads: any thread.
// Waits:   as TF_SessionPRunSetup.
// Errors:  those of TF_SessionPRunSetup; NOT_FOUND, the graph has no such node; INVALID_ARGUMENT, there is no graph
//          yet.
TF_CAPI_EXPORT void TF_PRunSetup(TF_DeprecatedSession* session, const char** input_names, int ninputs,
                                 const char** output_names, int noutputs, const char** target_oper_names, int ntargets,
                                 const char** handle, TF_Status* status);

// TF_SessionPRun with names, as TF_Run has them.
//
// Owns:    as TF_SessionPRun.
// Threads: as TF_SessionPRun.
// Waits:   as TF_SessionPRun.
// Errors:  those of TF_SessionPRun; NOT_FOUND, the graph has no such node.
TF_CAPI_EXPORT void TF_PRun(TF_DeprecatedSession* session, const char* handle, const char** input_names,
                            TF_Tensor** inputs, int ninputs, const char** output_names, TF_Tensor** outputs,
                            int noutputs, const char** target_oper_names, int ntargets, TF_Status* status);

#ifdef __cplusplus
}
#endif

#endif  // TENSORFLOW_C_C_API_DEPRECATED_H_
