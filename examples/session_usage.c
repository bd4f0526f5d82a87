// Document 002, snippet 1: a session that is used, and one that is used from where it would wait for itself.
//
// The Python snippet is written for TensorFlow 1; run as it stands on TensorFlow 2 it ends with an AttributeError.
// Here, as in graph mode, it prints
//     5.0
//
//   session_usage [--nested]
//
// With --nested an op of this program's own runs the session from within the session's run. Programs that do so hang
// sooner or later; here the inner run is refused, which is printed, and the outer one ends as it should:
//     Refused: ...
//     5.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctf/ctf.h"
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"

static TF_Session* g_session;
static TF_Output g_sum;

static void check(TF_Status* status) {
  if (TF_GetCode(status) == TF_OK) return;
  fprintf(stderr, "session_usage: %s\n", TF_Message(status));
  exit(10 + (int)TF_GetCode(status));
}

static TF_Output constant(TF_Graph* graph, const char* name, float value, TF_Status* status) {
  TF_Tensor* tensor = TF_AllocateTensor(TF_FLOAT, NULL, 0, sizeof(value));
  if (tensor == NULL) TF_SetStatus(status, TF_RESOURCE_EXHAUSTED, "no memory for a constant");
  check(status);
  *(float*)TF_TensorData(tensor) = value;
  TF_OperationDescription* description = TF_NewOperation(graph, "Const", name);
  TF_SetAttrTensor(description, "value", tensor, status);
  TF_SetAttrType(description, "dtype", TF_FLOAT);
  TF_DeleteTensor(tensor);
  const TF_Output output = {TF_FinishOperation(description, status), 0};
  check(status);
  return output;
}

// The kernel: passes its input on, having tried to run the session that runs it.
static void compute(void* kernel, TF_OpKernelContext* context) {
  (void)kernel;
  TF_Status* status = TF_NewStatus();
  TF_Tensor *input = NULL, *result = NULL;
  TF_SessionRun(g_session, NULL, NULL, NULL, 0, &g_sum, &result, 1, NULL, 0, NULL, status);
  if (TF_GetCode(status) != TF_OK) printf("Refused: %s\n", TF_Message(status));
  TF_DeleteTensor(result);
  TF_GetInput(context, 0, &input, status);
  TF_SetOutput(context, 0, input, status);
  TF_DeleteTensor(input);
  TF_DeleteStatus(status);
}

static TF_Output add_own_op(TF_Graph* graph, TF_Output input, TF_Status* status) {
  TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder("RunsItsOwnSession");
  TF_OpDefinitionBuilderAddInput(op, "x: float");
  TF_OpDefinitionBuilderAddOutput(op, "y: float");
  TF_OpDefinitionBuilderSetIsStateful(op, true);
  TF_RegisterOpDefinition(op, status);
  check(status);
  TF_RegisterKernelBuilder("RunsItsOwnSession", TF_NewKernelBuilder("RunsItsOwnSession", "CPU", NULL, compute, NULL),
                           status);
  check(status);
  TF_OperationDescription* description = TF_NewOperation(graph, "RunsItsOwnSession", "nested");
  TF_AddInput(description, input);
  const TF_Output output = {TF_FinishOperation(description, status), 0};
  check(status);
  return output;
}

int main(int argc, char** argv) {
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  TF_OperationDescription* description = TF_NewOperation(graph, "AddV2", "sum");
  TF_AddInput(description, constant(graph, "a", 2.0f, status));
  TF_AddInput(description, constant(graph, "b", 3.0f, status));
  g_sum = (TF_Output){TF_FinishOperation(description, status), 0};
  check(status);
  TF_Output wanted = g_sum;
  if (argc > 1 && strcmp(argv[1], "--nested") == 0) wanted = add_own_op(graph, g_sum, status);

  TF_SessionOptions* options = TF_NewSessionOptions();
  g_session = TF_NewSession(graph, options, status);
  TF_DeleteSessionOptions(options);
  check(status);
  TF_Tensor* result = NULL;
  TF_SessionRun(g_session, NULL, NULL, NULL, 0, &wanted, &result, 1, NULL, 0, NULL, status);
  check(status);
  printf("%.1f\n", (double)*(const float*)TF_TensorData(result));

  TF_DeleteTensor(result);
  TF_DeleteSession(g_session, status);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
  return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
