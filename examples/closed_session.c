// Document 003, snippet 1: a session is used after it has been closed.
//
// The Python snippet means to fail, and does, in TensorFlow 1 and 2 alike:
//     Error: Attempted to use a closed Session.
// Those words are Python's; the library's own status is CANCELLED, "Session has been closed.", as in TensorFlow's core,
// and nothing is touched that has gone: not by a run after TF_CloseSession, and not by one with a handle that
// TF_DeleteSession has taken.
#include <stdio.h>
#include <stdlib.h>

#include "tensorflow/c/c_api.h"

static void check(TF_Status* status) {
  if (TF_GetCode(status) == TF_OK) return;
  fprintf(stderr, "closed_session: %s\n", TF_Message(status));
  exit(10 + (int)TF_GetCode(status));
}

static TF_Output constant(TF_Graph* graph, TF_Status* status) {
  TF_Tensor* tensor = TF_AllocateTensor(TF_FLOAT, NULL, 0, sizeof(float));
  if (tensor == NULL) TF_SetStatus(status, TF_RESOURCE_EXHAUSTED, "no memory for a constant");
  check(status);
  *(float*)TF_TensorData(tensor) = 5.0f;
  TF_OperationDescription* description = TF_NewOperation(graph, "Const", "five");
  TF_SetAttrTensor(description, "value", tensor, status);
  TF_SetAttrType(description, "dtype", TF_FLOAT);
  TF_DeleteTensor(tensor);
  const TF_Output output = {TF_FinishOperation(description, status), 0};
  check(status);
  return output;
}

static TF_Code run(TF_Session* session, TF_Output wanted, TF_Status* status) {
  TF_Tensor* result = NULL;
  TF_SessionRun(session, NULL, NULL, NULL, 0, &wanted, &result, 1, NULL, 0, NULL, status);
  TF_DeleteTensor(result);
  return TF_GetCode(status);
}

int main(void) {
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  const TF_Output five = constant(graph, status);
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_Session* session = TF_NewSession(graph, options, status);
  TF_DeleteSessionOptions(options);
  check(status);

  run(session, five, status);
  check(status);
  TF_CloseSession(session, status);
  check(status);
  const TF_Code closed = run(session, five, status);
  TF_DeleteSession(session, status);
  const TF_Code deleted = run(session, five, status);  // the handle is stale, and known to be
  if (closed == TF_CANCELLED && deleted == TF_CANCELLED) printf("Error: Attempted to use a closed Session.\n");

  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
  return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
