// The handles of c_api.h, and what its functions take and give by value.
#ifndef TENSORFLOW_C_C_API_TYPES_H_
#define TENSORFLOW_C_C_API_TYPES_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensorflow/c/c_api_macros.h"
#include "tensorflow/c/tf_attrtype.h"
#include "tensorflow/c/tf_buffer.h"
#include "tensorflow/c/tf_datatype.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TF_SessionOptions TF_SessionOptions;                // one thread at a time
typedef struct TF_Graph TF_Graph;                                  // any thread
typedef struct TF_OperationDescription TF_OperationDescription;    // one thread at a time
typedef struct TF_Operation TF_Operation;                          // any thread; lives as long as its graph
typedef struct TF_ImportGraphDefOptions TF_ImportGraphDefOptions;  // one thread at a time
typedef struct TF_Session TF_Session;                              // any thread
typedef struct TF_DeviceList TF_DeviceList;                        // immutable

typedef struct TF_Input {  // input `index` of an operation
  TF_Operation* oper;
  int index;
} TF_Input;

typedef struct TF_Output {  // output `index` of an operation
  TF_Operation* oper;
  int index;
} TF_Output;

typedef struct TF_StringView {  // a text that is not terminated
  const char* data;
  size_t len;
} TF_StringView;

typedef struct TF_ImportGraphDefResults TF_ImportGraphDefResults;
typedef struct TF_Function TF_Function;
typedef struct TF_FunctionOptions TF_FunctionOptions;
typedef struct TF_DeprecatedSession TF_DeprecatedSession;
typedef struct TF_Library TF_Library;
typedef struct TF_ApiDefMap TF_ApiDefMap;

typedef struct TF_WhileParams {  // a loop while it is described
  const int ninputs;
  TF_Graph* const cond_graph;
  const TF_Output* const cond_inputs;
  TF_Output cond_output;
  TF_Graph* const body_graph;
  const TF_Output* const body_inputs;
  TF_Output* const body_outputs;
  const char* name;
} TF_WhileParams;

#ifdef __cplusplus
}
#endif

#endif  // TENSORFLOW_C_C_API_TYPES_H_
