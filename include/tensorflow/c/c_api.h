// TensorFlow's C API: graphs, sessions and what they work on.
//
// Handles may be NULL wherever a function says what it does then or can report INVALID_ARGUMENT. A TF_Status argument
// may be NULL: the outcome is then dropped. Operations belong to their graph and live until it is deleted and no
// session uses it.
#ifndef TENSORFLOW_C_C_API_H_
#define TENSORFLOW_C_C_API_H_

#include <stddef.h>
#include <stdint.h>

#include "tensorflow/c/c_api_deprecated.h"
#include "tensorflow/c/c_api_macros.h"
#include "tensorflow/c/c_api_rewrite.h"
#include "tensorflow/c/c_api_types.h"
#include "tensorflow/c/c_api_unbuilt.h"
#include "tensorflow/c/tf_attrtype.h"
#include "tensorflow/c/tf_buffer.h"
#include "tensorflow/c/tf_datatype.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"
#include "tensorflow/c/tf_tstring.h"

#ifdef __cplusplus
extern "C" {
#endif

// The version of TensorFlow whose interface and behaviour this library has: "2.21.0". CTF_Version gives its own.
//
// Owns:    the text lives as long as the process.
// Threads: any thread.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT const char* TF_Version(void);

// ---- session options

// Makes options with their defaults, which the environment may change (CTF_* variables).
//
// Owns:    the caller owns the result (TF_DeleteSessionOptions).
// Threads: any thread.
// Waits:   never.
// Errors:  NULL when there is no memory for it.
TF_CAPI_EXPORT TF_SessionOptions* TF_NewSessionOptions(void);

// Says where the session runs: "" or "local" is this process, the one place there is.
//
// Owns:    the text is copied.
// Threads: one thread at a time per options.
// Waits:   never.
// Errors:  reported by TF_NewSession: UNIMPLEMENTED, another target; RESOURCE_EXHAUSTED, no memory for the copy.
TF_CAPI_EXPORT void TF_SetTarget(TF_SessionOptions* options, const char* target);

// Takes settings from a serialised tensorflow.ConfigProto, in place of those of an earlier one:
// - allow_soft_placement, log_device_placement (each plan says on the log where its nodes are), graph_options'
//   place_pruned_graph: without it a device that is not there fails every run of the graph, as in TensorFlow;
// - device_count: of SIM, how many there are; of CPU, how many names the one CPU has;
// - intra_op_parallelism_threads; operation_timeout_in_ms, the deadline of runs that have none;
// - graph_options.optimizer_options: an opt_level below L1 switches the passes off, but for folding where
//   do_constant_folding asks for it.
// Fields that change how fast TensorFlow is, and not what it computes, are accepted and have no effect.
//
// Owns:    the bytes are not kept.
// Threads: one thread at a time per options.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the bytes are no ConfigProto ("Unparseable ConfigProto"), more devices than there can be, or
//          a negative number of threads; the options are as they were. Reported by TF_NewSession: NOT_FOUND, a
//          device_count of CPU below 1, or an unknown executor_type; INVALID_ARGUMENT, a malformed device filter.
TF_CAPI_EXPORT void TF_SetConfig(TF_SessionOptions* options, const void* proto, size_t proto_len, TF_Status* status);

// Deletes options; NULL is accepted.
//
// Owns:    takes the options from the caller; sessions made with them have copies.
// Threads: any thread, once no other uses them.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_DeleteSessionOptions(TF_SessionOptions* options);

// ---- graphs

// Makes an empty graph.
//
// Owns:    the caller owns the result (TF_DeleteGraph).
// Threads: any thread.
// Waits:   never.
// Errors:  NULL when there is no memory for it.
TF_CAPI_EXPORT TF_Graph* TF_NewGraph(void);

// Gives up the graph; NULL is accepted.
//
// Owns:    takes the graph from the caller. Sessions keep it, and its operations, alive until they are deleted.
// Threads: any thread; the others must not use this handle any more.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_DeleteGraph(TF_Graph* graph);

// The operation of this name.
//
// Owns:    the graph owns the result.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  NULL when there is none.
TF_CAPI_EXPORT TF_Operation* TF_GraphOperationByName(TF_Graph* graph, const char* oper_name);

// Goes through the operations in the order in which they were added: *pos is 0 before the first call, and no concern of
// the caller's afterwards.
//
// Owns:    the graph owns the result.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  NULL after the last one.
TF_CAPI_EXPORT TF_Operation* TF_GraphNextOperation(TF_Graph* graph, size_t* pos);

// The number of dimensions of a tensor as far as the graph tells: -1 when it is not known.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  INVALID_ARGUMENT, the output is not of this graph: the result is -1.
TF_CAPI_EXPORT int TF_GraphGetTensorNumDims(TF_Graph* graph, TF_Output output, TF_Status* status);

// The dimensions of a tensor as far as the graph tells: -1 for each that is not known. num_dims is what
// TF_GraphGetTensorNumDims gives.
//
// Owns:    the caller owns dims, with room for num_dims.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  INVALID_ARGUMENT, the output is not of this graph, or num_dims is not how many there are.
TF_CAPI_EXPORT void TF_GraphGetTensorShape(TF_Graph* graph, TF_Output output, int64_t* dims, int num_dims,
                                           TF_Status* status);

// Adds to what the graph knows about a tensor's shape: -1 for a dimension that is not known, num_dims -1 for nothing.
// The shapes of operations that read it stay as they are.
//
// Owns:    dims are copied.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  INVALID_ARGUMENT, the output is not of this graph, or the shape contradicts what is known;
//          RESOURCE_EXHAUSTED, no memory for it.
TF_CAPI_EXPORT void TF_GraphSetTensorShape(TF_Graph* graph, TF_Output output, const int64_t* dims, int num_dims,
                                           TF_Status* status);

// Computes a tensor that follows from constants and known shapes alone. Returns 0 when no run is needed to see that it
// does not, or when it is too large to be worth it without one: up to 64 KiB are computed.
//
// Owns:    the caller owns *result (TF_DeleteTensor), which is set when 1 is returned.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  INVALID_ARGUMENT, the output is not of this graph, or result is NULL; RESOURCE_EXHAUSTED, no memory for it.
TF_CAPI_EXPORT TF_Bool TF_TryEvaluateConstant(TF_Graph* graph, TF_Output output, TF_Tensor** result, TF_Status* status);

// Serialises the graph as a tensorflow.GraphDef.
//
// Owns:    the buffer owns the bytes.
// Threads: any thread; one at a time per buffer.
// Waits:   for other calls on the graph.
// Errors:  INVALID_ARGUMENT, the buffer is not empty; RESOURCE_EXHAUSTED, the bytes do not fit the budget.
TF_CAPI_EXPORT void TF_GraphToGraphDef(TF_Graph* graph, TF_Buffer* output_graph_def, TF_Status* status);

// Serialises the versions that the graph was written for as a tensorflow.VersionDef.
//
// Owns:    the buffer owns the bytes.
// Threads: any thread; one at a time per buffer.
// Waits:   for other calls on the graph.
// Errors:  INVALID_ARGUMENT, the buffer is not empty; RESOURCE_EXHAUSTED, the bytes do not fit the budget.
TF_CAPI_EXPORT void TF_GraphVersions(TF_Graph* graph, TF_Buffer* output_version_def, TF_Status* status);

// ---- building operations
//
// What goes wrong while an operation is described is kept and reported by TF_FinishOperation: the first failure counts.

// Begins an operation of this type and name.
//
// Owns:    the caller owns the result until TF_FinishOperation takes it, which must be before the graph is deleted. The
//          texts are copied.
// Threads: any thread.
// Waits:   never.
// Errors:  NULL when there is no graph or no memory. Every function below accepts that NULL, so that TF_FinishOperation
//          can report it.
TF_CAPI_EXPORT TF_OperationDescription* TF_NewOperation(TF_Graph* graph, const char* op_type, const char* oper_name);

// Asks for a device, fully or partly named.
//
// Owns:    the text is copied.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  reported by TF_FinishOperation.
TF_CAPI_EXPORT void TF_SetDevice(TF_OperationDescription* desc, const char* device);

// Gives the next argument of the op, one that is a single tensor. Type attributes that follow from it need not be set.
//
// Owns:    the input must be of the same graph.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  reported by TF_FinishOperation: INVALID_ARGUMENT, the op has no further argument, or this one is a list, or
//          its type contradicts another.
TF_CAPI_EXPORT void TF_AddInput(TF_OperationDescription* desc, TF_Output input);

// Gives the next argument of the op, one that is a list of tensors. The attributes with its length and types need not
// be set.
//
// Owns:    the inputs must be of the same graph; the array is copied.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  reported by TF_FinishOperation: INVALID_ARGUMENT, as for TF_AddInput.
TF_CAPI_EXPORT void TF_AddInputList(TF_OperationDescription* desc, const TF_Output* inputs, int num_inputs);

// Lets the operation run only after another one.
//
// Owns:    the input must be of the same graph.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  reported by TF_FinishOperation.
TF_CAPI_EXPORT void TF_AddControlInput(TF_OperationDescription* desc, TF_Operation* input);

// Asks for the device of another operation, by adding it to the attribute "_class".
//
// Owns:    the name is copied.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  reported by TF_FinishOperation.
TF_CAPI_EXPORT void TF_ColocateWith(TF_OperationDescription* desc, TF_Operation* op);

// Sets an attribute of kind string.
//
// Owns:    values are copied.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  reported by TF_FinishOperation.
TF_CAPI_EXPORT void TF_SetAttrString(TF_OperationDescription* desc, const char* attr_name, const void* value,
                                     size_t length);

// Sets an attribute of kind list(string).
//
// Owns:    values are copied.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  reported by TF_FinishOperation.
TF_CAPI_EXPORT void TF_SetAttrStringList(TF_OperationDescription* desc, const char* attr_name,
                                         const void* const* values, const size_t* lengths, int num_values);

// Sets an attribute of kind int.
//
// Owns:    values are copied.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  reported by TF_FinishOperation.
TF_CAPI_EXPORT void TF_SetAttrInt(TF_OperationDescription* desc, const char* attr_name, int64_t value);

// Sets an attribute of kind list(int).
//
// Owns:    values are copied.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  reported by TF_FinishOperation.
TF_CAPI_EXPORT void TF_SetAttrIntList(TF_OperationDescription* desc, const char* attr_name, const int64_t* values,
                                      int num_values);

// Sets an attribute of kind float.
//
// Owns:    values are copied.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  reported by TF_FinishOperation.
TF_CAPI_EXPORT void TF_SetAttrFloat(TF_OperationDescription* desc, const char* attr_name, float value);

// Sets an attribute of kind list(float).
//
// Owns:    values are copied.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  reported by TF_FinishOperation.
TF_CAPI_EXPORT void TF_SetAttrFloatList(TF_OperationDescription* desc, const char* attr_name, const float* values,
                                        int num_values);

// Sets an attribute of kind bool. Any value but 0 is true.
//
// Owns:    values are copied.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  reported by TF_FinishOperation.
TF_CAPI_EXPORT void TF_SetAttrBool(TF_OperationDescription* desc, const char* attr_name, unsigned char value);

// Sets an attribute of kind list(bool). Any value but 0 is true.
//
// Owns:    values are copied.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  reported by TF_FinishOperation.
TF_CAPI_EXPORT void TF_SetAttrBoolList(TF_OperationDescription* desc, const char* attr_name,
                                       const unsigned char* values, int num_values);

// Sets an attribute of kind type.
//
// Owns:    values are copied.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  reported by TF_FinishOperation.
TF_CAPI_EXPORT void TF_SetAttrType(TF_OperationDescription* desc, const char* attr_name, TF_DataType value);

// Sets an attribute of kind list(type).
//
// Owns:    values are copied.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  reported by TF_FinishOperation.
TF_CAPI_EXPORT void TF_SetAttrTypeList(TF_OperationDescription* desc, const char* attr_name, const TF_DataType* values,
                                       int num_values);

// Leaves an attribute of a function's body open: the caller of the function gives its value under the placeholder's
// name.
//
// Owns:    values are copied.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  reported by TF_FinishOperation.
TF_CAPI_EXPORT void TF_SetAttrPlaceholder(TF_OperationDescription* desc, const char* attr_name,
                                          const char* placeholder);

// Sets an attribute of kind func to the function of this name, without attributes of its own.
//
// Owns:    values are copied.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  reported by TF_FinishOperation.
TF_CAPI_EXPORT void TF_SetAttrFuncName(TF_OperationDescription* desc, const char* attr_name, const char* value,
                                       size_t length);

// Sets an attribute of kind shape: -1 for a dimension that is not known, num_dims -1 when not even their number is.
//
// Owns:    values are copied.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  reported by TF_FinishOperation.
TF_CAPI_EXPORT void TF_SetAttrShape(TF_OperationDescription* desc, const char* attr_name, const int64_t* dims,
                                    int num_dims);

// Sets an attribute of kind list(shape), each as for TF_SetAttrShape.
//
// Owns:    values are copied.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  reported by TF_FinishOperation.
TF_CAPI_EXPORT void TF_SetAttrShapeList(TF_OperationDescription* desc, const char* attr_name,
                                        const int64_t* const* dims, const int* num_dims, int num_shapes);

// Sets an attribute of kind shape from a serialised tensorflow.TensorShapeProto.
//
// Owns:    values are copied.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the bytes are no TensorShapeProto: the attribute is not set.
TF_CAPI_EXPORT void TF_SetAttrTensorShapeProto(TF_OperationDescription* desc, const char* attr_name, const void* proto,
                                               size_t proto_len, TF_Status* status);

// Sets an attribute of kind list(shape) from serialised tensorflow.TensorShapeProtos.
//
// Owns:    values are copied.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, one of them is no TensorShapeProto: the attribute is not set.
TF_CAPI_EXPORT void TF_SetAttrTensorShapeProtoList(TF_OperationDescription* desc, const char* attr_name,
                                                   const void* const* protos, const size_t* proto_lens, int num_shapes,
                                                   TF_Status* status);

// Sets an attribute of kind tensor.
//
// Owns:    the operation gets a copy of the tensor, charged to the budget.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the tensor is NULL or of a type that cannot be written down; RESOURCE_EXHAUSTED, the copy
//          does not fit the budget: the attribute is not set.
TF_CAPI_EXPORT void TF_SetAttrTensor(TF_OperationDescription* desc, const char* attr_name, TF_Tensor* value,
                                     TF_Status* status);

// Sets an attribute of kind list(tensor).
//
// Owns:    the operation gets copies of the tensors, charged to the budget.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  as for TF_SetAttrTensor.
TF_CAPI_EXPORT void TF_SetAttrTensorList(TF_OperationDescription* desc, const char* attr_name, TF_Tensor* const* values,
                                         int num_values, TF_Status* status);

// Sets an attribute of any kind from a serialised tensorflow.AttrValue.
//
// Owns:    the bytes are not kept.
// Threads: one thread at a time per description.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the bytes are no AttrValue: the attribute is not set.
TF_CAPI_EXPORT void TF_SetAttrValueProto(TF_OperationDescription* desc, const char* attr_name, const void* proto,
                                         size_t proto_len, TF_Status* status);

// Checks the operation and adds it to the graph, all of it or nothing.
//
// Owns:    takes the description from the caller in any case. The graph owns the result.
// Threads: one thread at a time per description. The graph may be in use.
// Waits:   for other calls on the graph.
// Errors:  NULL with what was wrong first while it was described, or: INVALID_ARGUMENT, the op does not exist, the name
//          is taken, an attribute or argument is missing or does not fit, or the shapes contradict each other.
TF_CAPI_EXPORT TF_Operation* TF_FinishOperation(TF_OperationDescription* desc, TF_Status* status);

// ---- reading operations

// The name.
//
// Owns:    the operation owns the text.
// Threads: any thread.
// Waits:   never.
// Errors:  "" for NULL.
TF_CAPI_EXPORT const char* TF_OperationName(TF_Operation* oper);

// The type: the name of the op.
//
// Owns:    the operation owns the text.
// Threads: any thread.
// Waits:   never.
// Errors:  "" for NULL.
TF_CAPI_EXPORT const char* TF_OperationOpType(TF_Operation* oper);

// The device that was asked for: "" for none.
//
// Owns:    the operation owns the text.
// Threads: any thread.
// Waits:   never.
// Errors:  "" for NULL.
TF_CAPI_EXPORT const char* TF_OperationDevice(TF_Operation* oper);

// The number of tensors that it makes.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  0 for NULL.
TF_CAPI_EXPORT int TF_OperationNumOutputs(TF_Operation* oper);

// The element type of an output; 100 is added to it for a reference to a variable.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  0 for an output that does not exist.
TF_CAPI_EXPORT TF_DataType TF_OperationOutputType(TF_Output oper_out);

// The number of tensors of a result that is named in the definition of the op.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the op has no such result: -1.
TF_CAPI_EXPORT int TF_OperationOutputListLength(TF_Operation* oper, const char* arg_name, TF_Status* status);

// The number of tensors that it takes.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  0 for NULL.
TF_CAPI_EXPORT int TF_OperationNumInputs(TF_Operation* oper);

// The element type of an input as the op takes it.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  0 for an input that does not exist.
TF_CAPI_EXPORT TF_DataType TF_OperationInputType(TF_Input oper_in);

// The number of tensors of an argument that is named in the definition of the op.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the op has no such argument: -1.
TF_CAPI_EXPORT int TF_OperationInputListLength(TF_Operation* oper, const char* arg_name, TF_Status* status);

// Where an input comes from.
//
// Owns:    the graph owns the operation in the result.
// Threads: any thread.
// Waits:   never.
// Errors:  oper is NULL in the result for an input that does not exist.
TF_CAPI_EXPORT TF_Output TF_OperationInput(TF_Input oper_in);

// Where the first max_inputs inputs come from.
//
// Owns:    the caller owns inputs, with room for max_inputs.
// Threads: any thread.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_OperationAllInputs(TF_Operation* oper, TF_Output* inputs, int max_inputs);

// How often an output is an input of other operations.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  0 for an output that does not exist.
TF_CAPI_EXPORT int TF_OperationOutputNumConsumers(TF_Output oper_out);

// The inputs that an output feeds, max_consumers of them at most. Returns how many there are, which can be more.
//
// Owns:    the caller owns consumers, with room for max_consumers.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  0 for an output that does not exist.
TF_CAPI_EXPORT int TF_OperationOutputConsumers(TF_Output oper_out, TF_Input* consumers, int max_consumers);

// The number of its control inputs: operations that must have run before it, whether it takes what they make or not.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  0 for NULL.
TF_CAPI_EXPORT int TF_OperationNumControlInputs(TF_Operation* oper);

// Those operations, max_control_inputs of them at most. Returns how many there are.
//
// Owns:    the caller owns control_inputs, with room for max_control_inputs.
// Threads: any thread.
// Waits:   never.
// Errors:  0 for NULL.
TF_CAPI_EXPORT int TF_OperationGetControlInputs(TF_Operation* oper, TF_Operation** control_inputs,
                                                int max_control_inputs);

// The number of operations that have it as a control input.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  0 for NULL.
TF_CAPI_EXPORT int TF_OperationNumControlOutputs(TF_Operation* oper);

// Those operations, max_control_outputs of them at most. Returns how many there are, which can be more.
//
// Owns:    the caller owns control_outputs, with room for max_control_outputs.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  0 for NULL.
TF_CAPI_EXPORT int TF_OperationGetControlOutputs(TF_Operation* oper, TF_Operation** control_outputs,
                                                 int max_control_outputs);

// What an attribute holds, so that room for it can be made.
typedef struct TF_AttrMetadata {
  unsigned char is_list;  // 1 for a list
  int64_t list_size;      // elements of a list, else -1
  TF_AttrType type;       // of the value, or of a list's elements
  int64_t total_size;     // bytes of a string or of all strings of a list; dims of a shape (-1: not known) or of all
                          // shapes of a list whose number of dims is known; else -1
} TF_AttrMetadata;

// What an attribute of the operation holds.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the operation has no such attribute.
TF_CAPI_EXPORT TF_AttrMetadata TF_OperationGetAttrMetadata(TF_Operation* oper, const char* attr_name,
                                                           TF_Status* status);

// Copies a string attribute, max_length bytes of it at most; no NUL is added. total_size of the metadata is its length.
//
// Owns:    the caller owns value, with room for max_length.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the operation has no such attribute or it is of another kind.
TF_CAPI_EXPORT void TF_OperationGetAttrString(TF_Operation* oper, const char* attr_name, void* value, size_t max_length,
                                              TF_Status* status);

// Copies the strings of a list one after another into storage, and sets where each is and how long.
//
// Owns:    the caller owns the arrays, with room for max_values, and storage, into which values point.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the operation has no such attribute or it is of another kind; also, storage is too small:
//          what fitted has been copied.
TF_CAPI_EXPORT void TF_OperationGetAttrStringList(TF_Operation* oper, const char* attr_name, void** values,
                                                  size_t* lengths, int max_values, void* storage, size_t storage_size,
                                                  TF_Status* status);

// Gives the value of an attribute of kind int.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  NOT_FOUND, the operation has no such attribute; INVALID_ARGUMENT, it is of another kind.
TF_CAPI_EXPORT void TF_OperationGetAttrInt(TF_Operation* oper, const char* attr_name, int64_t* value,
                                           TF_Status* status);

// Copies the first max_values elements of an attribute of kind list(int).
//
// Owns:    the caller owns values, with room for max_values.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the operation has no such attribute or it is of another kind.
TF_CAPI_EXPORT void TF_OperationGetAttrIntList(TF_Operation* oper, const char* attr_name, int64_t* values,
                                               int max_values, TF_Status* status);

// Gives the value of an attribute of kind float.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  NOT_FOUND, the operation has no such attribute; INVALID_ARGUMENT, it is of another kind.
TF_CAPI_EXPORT void TF_OperationGetAttrFloat(TF_Operation* oper, const char* attr_name, float* value,
                                             TF_Status* status);

// Copies the first max_values elements of an attribute of kind list(float).
//
// Owns:    the caller owns values, with room for max_values.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the operation has no such attribute or it is of another kind.
TF_CAPI_EXPORT void TF_OperationGetAttrFloatList(TF_Operation* oper, const char* attr_name, float* values,
                                                 int max_values, TF_Status* status);

// Gives the value of an attribute of kind bool.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  NOT_FOUND, the operation has no such attribute; INVALID_ARGUMENT, it is of another kind.
TF_CAPI_EXPORT void TF_OperationGetAttrBool(TF_Operation* oper, const char* attr_name, unsigned char* value,
                                            TF_Status* status);

// Copies the first max_values elements of an attribute of kind list(bool).
//
// Owns:    the caller owns values, with room for max_values.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the operation has no such attribute or it is of another kind.
TF_CAPI_EXPORT void TF_OperationGetAttrBoolList(TF_Operation* oper, const char* attr_name, unsigned char* values,
                                                int max_values, TF_Status* status);

// Gives the value of an attribute of kind type.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  NOT_FOUND, the operation has no such attribute; INVALID_ARGUMENT, it is of another kind.
TF_CAPI_EXPORT void TF_OperationGetAttrType(TF_Operation* oper, const char* attr_name, TF_DataType* value,
                                            TF_Status* status);

// Copies the first max_values elements of an attribute of kind list(type).
//
// Owns:    the caller owns values, with room for max_values.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the operation has no such attribute or it is of another kind.
TF_CAPI_EXPORT void TF_OperationGetAttrTypeList(TF_Operation* oper, const char* attr_name, TF_DataType* values,
                                                int max_values, TF_Status* status);

// Copies the first num_dims dimensions of an attribute of kind shape; total_size of the metadata is their number.
//
// Owns:    the caller owns value, with room for num_dims.
// Threads: any thread.
// Waits:   never.
// Errors:  NOT_FOUND, the operation has no such attribute; INVALID_ARGUMENT, it is of another kind.
TF_CAPI_EXPORT void TF_OperationGetAttrShape(TF_Operation* oper, const char* attr_name, int64_t* value, int num_dims,
                                             TF_Status* status);

// Copies the dimensions of the first num_shapes shapes of a list into storage, and sets where each is and how many it
// has (-1: not known).
//
// Owns:    the caller owns the arrays, with room for num_shapes, and storage, into which dims point.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the operation has no such attribute or it is of another kind; also, storage is too small:
//          what fitted has been copied.
TF_CAPI_EXPORT void TF_OperationGetAttrShapeList(TF_Operation* oper, const char* attr_name, int64_t** dims,
                                                 int* num_dims, int num_shapes, int64_t* storage, int storage_size,
                                                 TF_Status* status);

// A shape as a serialised tensorflow.TensorShapeProto.
//
// Owns:    value, which must be empty, gets the bytes.
// Threads: any thread; one at a time per buffer.
// Waits:   never.
// Errors:  NOT_FOUND, the operation has no such attribute; INVALID_ARGUMENT, it is of another kind, or the buffer is
// not
//          empty; RESOURCE_EXHAUSTED, no memory for it.
TF_CAPI_EXPORT void TF_OperationGetAttrTensorShapeProto(TF_Operation* oper, const char* attr_name, TF_Buffer* value,
                                                        TF_Status* status);

// The first max_values shapes of a list, each as a serialised tensorflow.TensorShapeProto.
//
// Owns:    the caller owns the array and every buffer that is put into it (TF_DeleteBuffer); none on failure.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the operation has no such attribute or it is of another kind; RESOURCE_EXHAUSTED, no
// memory.
TF_CAPI_EXPORT void TF_OperationGetAttrTensorShapeProtoList(TF_Operation* oper, const char* attr_name,
                                                            TF_Buffer** values, int max_values, TF_Status* status);

// Gives the value of an attribute of kind tensor.
//
// Owns:    the caller owns *value (TF_DeleteTensor): a tensor that shares the operation's bytes and must not be written
//          to.
// Threads: any thread.
// Waits:   never.
// Errors:  NOT_FOUND, the operation has no such attribute; INVALID_ARGUMENT, it is of another kind.
TF_CAPI_EXPORT void TF_OperationGetAttrTensor(TF_Operation* oper, const char* attr_name, TF_Tensor** value,
                                              TF_Status* status);

// Gives the first max_values elements of an attribute of kind list(tensor).
//
// Owns:    the caller owns each of values, as for TF_OperationGetAttrTensor.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the operation has no such attribute or it is of another kind.
TF_CAPI_EXPORT void TF_OperationGetAttrTensorList(TF_Operation* oper, const char* attr_name, TF_Tensor** values,
                                                  int max_values, TF_Status* status);

// Serialises an attribute of any kind as a tensorflow.AttrValue.
//
// Owns:    the buffer owns the bytes.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the operation has no such attribute or the buffer is not empty; RESOURCE_EXHAUSTED, the
//          bytes do not fit the budget.
TF_CAPI_EXPORT void TF_OperationGetAttrValueProto(TF_Operation* oper, const char* attr_name,
                                                  TF_Buffer* output_attr_value, TF_Status* status);

// The number of attributes, defaults and those that begin with "_" included.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  0 for NULL.
TF_CAPI_EXPORT int TF_OperationGetNumAttrs(TF_Operation* oper);

// The length of the name of attribute i.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  -1 when there is no attribute i.
TF_CAPI_EXPORT int TF_OperationGetAttrNameLength(TF_Operation* oper, int i);

// Copies the name of attribute i, and no NUL after it.
//
// Owns:    the caller owns output, with room for TF_OperationGetAttrNameLength bytes.
// Threads: any thread.
// Waits:   never.
// Errors:  OUT_OF_RANGE, there is no attribute i.
TF_CAPI_EXPORT void TF_OperationGetAttrName(TF_Operation* oper, int i, char* output, TF_Status* status);

// Serialises the operation as a tensorflow.NodeDef.
//
// Owns:    the buffer owns the bytes.
// Threads: any thread; one at a time per buffer.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, the buffer is not empty; RESOURCE_EXHAUSTED, the bytes do not fit the budget.
TF_CAPI_EXPORT void TF_OperationToNodeDef(TF_Operation* oper, TF_Buffer* output_node_def, TF_Status* status);

// ---- import

// Makes options with their defaults: no prefix, no device.
//
// Owns:    the caller owns the result (TF_DeleteImportGraphDefOptions).
// Threads: any thread.
// Waits:   never.
// Errors:  NULL when there is no memory for it.
TF_CAPI_EXPORT TF_ImportGraphDefOptions* TF_NewImportGraphDefOptions(void);

// Deletes options; NULL is accepted.
//
// Owns:    takes the options from the caller.
// Threads: any thread, once no other uses them.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_DeleteImportGraphDefOptions(TF_ImportGraphDefOptions* opts);

// Puts "prefix/" before the names of all imported nodes.
//
// Owns:    the text is copied.
// Threads: one thread at a time per options.
// Waits:   never.
// Errors:  reported by TF_GraphImportGraphDef: INVALID_ARGUMENT, it cannot begin a name; RESOURCE_EXHAUSTED, no memory
//          for the copy.
TF_CAPI_EXPORT void TF_ImportGraphDefOptionsSetPrefix(TF_ImportGraphDefOptions* opts, const char* prefix);

// Names the device of imported nodes that ask for none.
//
// Owns:    the text is copied.
// Threads: one thread at a time per options.
// Waits:   never.
// Errors:  reported by TF_GraphImportGraphDef: RESOURCE_EXHAUSTED, no memory for the copy.
TF_CAPI_EXPORT void TF_ImportGraphDefOptionsSetDefaultDevice(TF_ImportGraphDefOptions* opts, const char* device);

// A node whose name the graph has already gets the first free one of "name_1", "name_2", ... instead of an error.
//
// Owns:    nothing.
// Threads: one thread at a time per options.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_ImportGraphDefOptionsSetUniquifyNames(TF_ImportGraphDefOptions* opts, TF_Bool uniquify_names);

// A prefix under which the graph has nodes already, or that is the name of one, becomes "prefix_1", "prefix_2", ...
//
// Owns:    nothing.
// Threads: one thread at a time per options.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_ImportGraphDefOptionsSetUniquifyPrefix(TF_ImportGraphDefOptions* opts, TF_Bool uniquify_prefix);

// Inputs that read output src_index of the file's node src_name read dst instead, which is found in the graph by the
// name of its operation. The node src_name may be missing from the file.
//
// Owns:    the name is copied; dst is needed only during this call.
// Threads: one thread at a time per options.
// Waits:   never.
// Errors:  reported by the import: INVALID_ARGUMENT, a name or dst.oper is NULL, the graph has no node of dst's name,
//          or dst lacks the output; RESOURCE_EXHAUSTED, no memory for the copy.
TF_CAPI_EXPORT void TF_ImportGraphDefOptionsAddInputMapping(TF_ImportGraphDefOptions* opts, const char* src_name,
                                                            int src_index, TF_Output dst);

// Nodes that wait for the file's node src_name wait for dst instead, which is found in the graph by its name.
//
// Owns:    the name is copied; dst is needed only during this call.
// Threads: one thread at a time per options.
// Waits:   never.
// Errors:  as TF_ImportGraphDefOptionsAddInputMapping.
TF_CAPI_EXPORT void TF_ImportGraphDefOptionsRemapControlDependency(TF_ImportGraphDefOptions* opts, const char* src_name,
                                                                   TF_Operation* dst);

// All imported nodes wait for oper, which is found in the graph by its name.
//
// Owns:    nothing; oper is needed only during this call.
// Threads: one thread at a time per options.
// Waits:   never.
// Errors:  reported by the import: INVALID_ARGUMENT, oper is NULL or the graph has no node of that name;
//          RESOURCE_EXHAUSTED, no memory for the name.
TF_CAPI_EXPORT void TF_ImportGraphDefOptionsAddControlDependency(TF_ImportGraphDefOptions* opts, TF_Operation* oper);

// Asks for an output of the file's node oper_name among the results. One that is mapped gives what it is mapped to.
//
// Owns:    the name is copied.
// Threads: one thread at a time per options.
// Waits:   never.
// Errors:  reported by the import: INVALID_ARGUMENT, the file has no such node or output; RESOURCE_EXHAUSTED, no memory
//          for the copy.
TF_CAPI_EXPORT void TF_ImportGraphDefOptionsAddReturnOutput(TF_ImportGraphDefOptions* opts, const char* oper_name,
                                                            int index);

// How many outputs were asked for.
//
// Owns:    nothing.
// Threads: one thread at a time per options.
// Waits:   never.
// Errors:  0 for NULL.
TF_CAPI_EXPORT int TF_ImportGraphDefOptionsNumReturnOutputs(const TF_ImportGraphDefOptions* opts);

// Asks for the file's node oper_name among the results.
//
// Owns:    the name is copied.
// Threads: one thread at a time per options.
// Waits:   never.
// Errors:  as TF_ImportGraphDefOptionsAddReturnOutput.
TF_CAPI_EXPORT void TF_ImportGraphDefOptionsAddReturnOperation(TF_ImportGraphDefOptions* opts, const char* oper_name);

// How many operations were asked for.
//
// Owns:    nothing.
// Threads: one thread at a time per options.
// Waits:   never.
// Errors:  0 for NULL.
TF_CAPI_EXPORT int TF_ImportGraphDefOptionsNumReturnOperations(const TF_ImportGraphDefOptions* opts);

// Adds the nodes of a serialised tensorflow.GraphDef to the graph, all of them or none.
//
// Owns:    the bytes are not kept: each constant is copied once, charged to the budget. Options may be NULL.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  INVALID_ARGUMENT, the bytes are no GraphDef, or a node of it does not fit its op, its inputs or the graph;
//          RESOURCE_EXHAUSTED, it does not fit the budget.
TF_CAPI_EXPORT void TF_GraphImportGraphDef(TF_Graph* graph, const TF_Buffer* graph_def,
                                           const TF_ImportGraphDefOptions* options, TF_Status* status);

// TF_GraphImportGraphDef that also gives the outputs asked for with TF_ImportGraphDefOptionsAddReturnOutput, in order.
//
// Owns:    the caller owns the array; the operations are the graph's.
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  as TF_GraphImportGraphDef; INVALID_ARGUMENT, num_return_outputs is not the number asked for.
TF_CAPI_EXPORT void TF_GraphImportGraphDefWithReturnOutputs(TF_Graph* graph, const TF_Buffer* graph_def,
                                                            const TF_ImportGraphDefOptions* options,
                                                            TF_Output* return_outputs, int num_return_outputs,
                                                            TF_Status* status);

// TF_GraphImportGraphDef that also gives everything that the options asked for.
//
// Owns:    the caller owns the result (TF_DeleteImportGraphDefResults).
// Threads: any thread.
// Waits:   for other calls on the graph.
// Errors:  NULL with those of TF_GraphImportGraphDef.
TF_CAPI_EXPORT TF_ImportGraphDefResults* TF_GraphImportGraphDefWithResults(TF_Graph* graph, const TF_Buffer* graph_def,
                                                                           const TF_ImportGraphDefOptions* options,
                                                                           TF_Status* status);

// The outputs that were asked for, in order. The index of a control output is -1.
//
// Owns:    the results own *outputs; the operations are the graph's.
// Threads: any thread.
// Waits:   never.
// Errors:  none for NULL.
TF_CAPI_EXPORT void TF_ImportGraphDefResultsReturnOutputs(TF_ImportGraphDefResults* results, int* num_outputs,
                                                          TF_Output** outputs);

// The operations that were asked for, in order.
//
// Owns:    the results own *opers; the operations are the graph's.
// Threads: any thread.
// Waits:   never.
// Errors:  none for NULL.
TF_CAPI_EXPORT void TF_ImportGraphDefResultsReturnOperations(TF_ImportGraphDefResults* results, int* num_opers,
                                                             TF_Operation*** opers);

// The mappings that no input used and whose source the file does not have, by name and index.
//
// Owns:    the results own *src_names and *src_indexes.
// Threads: any thread.
// Waits:   never.
// Errors:  none for NULL.
TF_CAPI_EXPORT void TF_ImportGraphDefResultsMissingUnusedInputMappings(TF_ImportGraphDefResults* results,
                                                                       int* num_missing_unused_input_mappings,
                                                                       const char*** src_names, int** src_indexes);

// Deletes results; NULL is accepted.
//
// Owns:    takes the results from the caller, with the arrays read from them.
// Threads: any thread, once no other uses them.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_DeleteImportGraphDefResults(TF_ImportGraphDefResults* results);

// ---- ops and kernels

// The ops that graphs may have, those of programs included: a serialised tensorflow.OpList, in the order of the names.
//
// Owns:    the caller owns the result (TF_DeleteBuffer).
// Threads: any thread.
// Waits:   never.
// Errors:  NULL when there is no memory for it.
TF_CAPI_EXPORT TF_Buffer* TF_GetAllOpList(void);

// The kernels that the CPU of this machine has, those of programs included: a serialised tensorflow.KernelList.
//
// Owns:    the caller owns the result (TF_DeleteBuffer).
// Threads: any thread.
// Waits:   never.
// Errors:  NULL with RESOURCE_EXHAUSTED, no memory for it.
TF_CAPI_EXPORT TF_Buffer* TF_GetAllRegisteredKernels(TF_Status* status);

// The kernels of one op, as above; an op without any gives an empty list.
//
// Owns:    the caller owns the result (TF_DeleteBuffer).
// Threads: any thread.
// Waits:   never.
// Errors:  NULL with: INVALID_ARGUMENT, the name is NULL; RESOURCE_EXHAUSTED, no memory for it.
TF_CAPI_EXPORT TF_Buffer* TF_GetRegisteredKernelsForOp(const char* name, TF_Status* status);

// Loads a library whose constructors register ops and kernels (tensorflow/c/ops.h, kernels.h). Loading it again gives
// another handle with the same ops. It stays loaded: nodes of its ops may live anywhere.
//
// Owns:    the caller owns the result (TF_DeleteLibraryHandle).
// Threads: any thread; libraries are loaded one after the other.
// Waits:   for other libraries that are being loaded.
// Errors:  NULL with: INVALID_ARGUMENT, the name is NULL; NOT_FOUND, the system cannot load it, in its words;
//          RESOURCE_EXHAUSTED, no memory for the handle.
TF_CAPI_EXPORT TF_Library* TF_LoadLibrary(const char* library_filename, TF_Status* status);

// The ops that a library has registered: a serialised tensorflow.OpList.
//
// Owns:    the handle owns the bytes; the buffer is not to be deleted.
// Threads: any thread.
// Waits:   never.
// Errors:  an empty buffer for NULL.
TF_CAPI_EXPORT TF_Buffer TF_GetOpList(TF_Library* lib_handle);

// Deletes the handle; NULL is accepted. The library stays loaded.
//
// Owns:    takes the handle from the caller, with the bytes of TF_GetOpList.
// Threads: any thread, once no other uses it.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_DeleteLibraryHandle(TF_Library* lib_handle);

// Sends the lines that would go to stderr to a function instead; NULL sends them to stderr again.
//
// Owns:    nothing.
// Threads: any thread; the listener is called from any thread, also while it is being replaced.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_RegisterLogListener(void (*listener)(const char*));

// ---- sessions

// Makes a session over a graph, to which operations may be added later on.
//
// Owns:    the caller owns the result (TF_DeleteSession). The session keeps the graph alive and copies the options,
//          which may be NULL.
// Threads: any thread.
// Waits:   never.
// Errors:  NULL with: INVALID_ARGUMENT, an option has no meaning; UNIMPLEMENTED, another target than this process;
//          RESOURCE_EXHAUSTED, no memory for it.
TF_CAPI_EXPORT TF_Session* TF_NewSession(TF_Graph* graph, const TF_SessionOptions* opts, TF_Status* status);

// Ends the session: runs that are under way are cancelled, and later ones refused with CANCELLED "Session has been
// closed.". Closing twice is fine.
//
// Owns:    the session stays the caller's, for TF_DeleteSession.
// Threads: any thread.
// Waits:   until the runs under way have returned.
// Errors:  INVALID_ARGUMENT, the session is NULL.
TF_CAPI_EXPORT void TF_CloseSession(TF_Session* session, TF_Status* status);

// Closes the session if that has not happened, and deletes it; NULL is accepted.
//
// Owns:    takes the session from the caller. Tensors that were fetched stay the caller's.
// Threads: any thread, once no other uses it.
// Waits:   until the runs under way have returned.
// Errors:  FAILED_PRECONDITION, a kernel of the session's own run asks for it: the session lives on.
TF_CAPI_EXPORT void TF_DeleteSession(TF_Session* session, TF_Status* status);

// Runs what the fetches and targets need, with the feeds in the place of the tensors they name.
//
// Owns:    input_values stay the caller's and are not changed. The caller owns each of output_values (TF_DeleteTensor),
//          memory of its own that outlives the session. run_options (a serialised tensorflow.RunOptions; timeout_in_ms,
//          trace_level and output_partition_graphs are read) and run_metadata may be NULL. The latter, which must be empty, gets a serialised
//          tensorflow.RunMetadata, whatever comes of the run: step_stats when it is traced, partition_graphs when asked.
// Threads: any thread; runs of one session do not wait for each other. An input tensor may be in several runs.
// Waits:   until the run has ended; ended early by TF_CloseSession and by timeout_in_ms.
// Errors:  all of output_values are NULL, with: INVALID_ARGUMENT, a feed, fetch or target does not exist, is given
//          twice or does not fit its tensor, a placeholder is not fed, run_options are no RunOptions, run_metadata is
//          not empty; UNIMPLEMENTED, ops without a kernel (all are listed); RESOURCE_EXHAUSTED, over budget; CANCELLED,
//          closed; DEADLINE_EXCEEDED; or what an op reports.
TF_CAPI_EXPORT void TF_SessionRun(TF_Session* session, const TF_Buffer* run_options, const TF_Output* inputs,
                                  TF_Tensor* const* input_values, int ninputs, const TF_Output* outputs,
                                  TF_Tensor** output_values, int noutputs, const TF_Operation* const* target_opers,
                                  int ntargets, TF_Buffer* run_metadata, TF_Status* status);

// Lists the devices that the session can use.
//
// Owns:    the caller owns the result (TF_DeleteDeviceList).
// Threads: any thread.
// Waits:   never.
// Errors:  NULL with: INVALID_ARGUMENT, the session is NULL; RESOURCE_EXHAUSTED, no memory for it.
TF_CAPI_EXPORT TF_DeviceList* TF_SessionListDevices(TF_Session* session, TF_Status* status);

// Deletes a list; NULL is accepted.
//
// Owns:    takes the list from the caller.
// Threads: any thread, once no other uses it.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_DeleteDeviceList(TF_DeviceList* list);

// The number of devices in a list.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  0 for NULL.
TF_CAPI_EXPORT int TF_DeviceListCount(const TF_DeviceList* list);

// The full name of a device.
//
// Owns:    the list owns the text.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, there is no device of this index: NULL.
TF_CAPI_EXPORT const char* TF_DeviceListName(const TF_DeviceList* list, int index, TF_Status* status);

// The type of a device: "CPU".
//
// Owns:    the list owns the text.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, there is no device of this index: NULL.
TF_CAPI_EXPORT const char* TF_DeviceListType(const TF_DeviceList* list, int index, TF_Status* status);

// The limit of a device's budget in bytes, the greatest int64_t when there is none.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, there is no device of this index: -1.
TF_CAPI_EXPORT int64_t TF_DeviceListMemoryBytes(const TF_DeviceList* list, int index, TF_Status* status);

// A number that is never 0 and stays the same for as long as the device exists.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  INVALID_ARGUMENT, there is no device of this index: 0.
TF_CAPI_EXPORT uint64_t TF_DeviceListIncarnation(const TF_DeviceList* list, int index, TF_Status* status);

#ifdef __cplusplus
}
#endif

#endif  // TENSORFLOW_C_C_API_H_
