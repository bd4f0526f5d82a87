// What c_api.h declares and this library does not do yet: programs link, and are told. Included by c_api.h.
#ifndef TENSORFLOW_C_C_API_UNBUILT_H_
#define TENSORFLOW_C_C_API_UNBUILT_H_

#include "tensorflow/c/c_api_types.h"

#ifdef __cplusplus
extern "C" {
#endif

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always: NULL.
TF_CAPI_EXPORT TF_Session* TF_LoadSessionFromSavedModel(const TF_SessionOptions* session_options,
                                                        const TF_Buffer* run_options, const char* export_dir,
                                                        const char* const* tags, int tags_len, TF_Graph* graph,
                                                        TF_Buffer* meta_graph_def, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TF_AddGradientsWithPrefix(TF_Graph* g, const char* prefix, TF_Output* y, int ny, TF_Output* x,
                                              int nx, TF_Output* dx, TF_Status* status, TF_Output* dy);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TF_FunctionToFunctionDef(TF_Function* func, TF_Buffer* output_func_def, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TF_GraphCopyFunction(TF_Graph* g, const TF_Function* func, const TF_Function* grad,
                                         TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always: 0.
TF_CAPI_EXPORT int TF_GraphGetFunctions(TF_Graph* g, TF_Function** funcs, int max_func, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always: NULL.
TF_CAPI_EXPORT TF_Function* TF_GraphToFunction(const TF_Graph* fn_body, const char* fn_name,
                                               TF_Bool append_hash_to_fn_name, int num_opers,
                                               const TF_Operation* const* opers, int ninputs, const TF_Output* inputs,
                                               int noutputs, const TF_Output* outputs, const char* const* output_names,
                                               const TF_FunctionOptions* opts, const char* description,
                                               TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: nothing happens.
TF_CAPI_EXPORT void TF_DeleteFunction(TF_Function* func);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TF_FinishWhile(const TF_WhileParams* params, TF_Status* status, TF_Output* outputs);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: NULL.
TF_CAPI_EXPORT const char* TF_FunctionName(TF_Function* func);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TF_FunctionSetAttrValueProto(TF_Function* func, const char* attr_name, const void* proto,
                                                 size_t proto_len, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: 0.
TF_CAPI_EXPORT int TF_GraphNumFunctions(TF_Graph* g);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT TF_WhileParams TF_NewWhile(TF_Graph* g, TF_Output* inputs, int ninputs, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  always: nothing happens.
TF_CAPI_EXPORT void TF_AbortWhile(const TF_WhileParams* params);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TF_AddGradients(TF_Graph* g, TF_Output* y, int ny, TF_Output* x, int nx, TF_Output* dx,
                                    TF_Status* status, TF_Output* dy);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always: NULL.
TF_CAPI_EXPORT TF_Function* TF_FunctionImportFunctionDef(const void* proto, size_t proto_len, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TF_FunctionGetAttrValueProto(TF_Function* func, const char* attr_name, TF_Buffer* output_attr_value,
                                                 TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always.
TF_CAPI_EXPORT void TF_AddWhileInputHack(TF_Graph* graph, TF_Output new_src, TF_Operation* dst, TF_Status* status);

// Not built yet.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  UNIMPLEMENTED, always: NULL.
TF_CAPI_EXPORT TF_Function* TF_GraphToFunctionWithControlOutputs(
    const TF_Graph* fn_body, const char* fn_name, TF_Bool append_hash_to_fn_name, int num_opers,
    const TF_Operation* const* opers, int ninputs, const TF_Output* inputs, int noutputs, const TF_Output* outputs,
    const char* const* output_names, int ncontrol_outputs, const TF_Operation* const* control_outputs,
    const char* const* control_output_names, const TF_FunctionOptions* opts, const char* description,
    TF_Status* status);

#ifdef __cplusplus
}
#endif

#endif  // TENSORFLOW_C_C_API_UNBUILT_H_
