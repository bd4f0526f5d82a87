// Document 001, snippet 1: adds two constants in a session and prints the sum.
//
// The Python snippet is written for TensorFlow 1. Run as it stands on TensorFlow 2 it prints
//     Error: The Session graph is empty. Add operations to the graph before calling run().
// because tf.constant computes at once there and adds nothing to a graph. Here the graph is built, and it prints
//     Result: 5.0
#include <stdio.h>
#include <stdlib.h>

#include "tensorflow/c/c_api.h"

// An example may end here: it has nothing to save, and the system takes back the rest.
static void check(TF_Status* status) {
  if (TF_GetCode(status) == TF_OK) return;
  fprintf(stderr, "simple_graph: %s\n", TF_Message(status));
  exit(10 + (int)TF_GetCode(status));
}

static TF_Output constant(TF_Graph* graph, const char* name, float value, TF_Status* status) {
  TF_Tensor* tensor = TF_AllocateTensor(TF_FLOAT, NULL, 0, sizeof(value));
  if (tensor == NULL) {
    TF_SetStatus(status, TF_RESOURCE_EXHAUSTED, "no memory for a constant");
    check(status);
  }
  *(float*)TF_TensorData(tensor) = value;
  TF_OperationDescription* description = TF_NewOperation(graph, "Const", name);
  TF_SetAttrTensor(description, "value", tensor, status);
  check(status);
  TF_SetAttrType(description, "dtype", TF_FLOAT);
  TF_Operation* operation = TF_FinishOperation(description, status);
  check(status);
  TF_DeleteTensor(tensor);  // the operation has a copy
  return (TF_Output){operation, 0};
}

static TF_Output add(TF_Graph* graph, const char* name, TF_Output a, TF_Output b, TF_Status* status) {
  TF_OperationDescription* description = TF_NewOperation(graph, "AddV2", name);
  TF_AddInput(description, a);
  TF_AddInput(description, b);
  TF_Operation* operation = TF_FinishOperation(description, status);
  check(status);
  return (TF_Output){operation, 0};
}

int main(void) {
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  const TF_Output a = constant(graph, "a", 2.0f, status);
  const TF_Output b = constant(graph, "b", 3.0f, status);
  const TF_Output sum = add(graph, "c", a, b, status);

  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_Session* session = TF_NewSession(graph, options, status);
  TF_DeleteSessionOptions(options);
  check(status);

  TF_Tensor* result = NULL;
  TF_SessionRun(session, NULL, NULL, NULL, 0, &sum, &result, 1, NULL, 0, NULL, status);
  check(status);
  printf("Result: %.1f\n", (double)*(const float*)TF_TensorData(result));

  TF_DeleteTensor(result);
  TF_DeleteSession(session, status);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
  return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
