// Document 004, snippet 2: where a sum is computed.
//
// The Python snippet is written for TensorFlow 1; run as it stands on TensorFlow 2 it prints its first line and then a
// RuntimeError. Here, as in graph mode, it prints
//     No GPUs detected, running on CPU         (or: 1 Physical GPUs, 1 Logical GPUs)
//     Result: [5. 7. 9.]
//
//   device_placement [--device /GPU:7]
//
// With --device the sum is asked for there. A device that is not there is an error that lists those that are.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/c/c_api.h"

static void check(TF_Status* status) {
  if (TF_GetCode(status) == TF_OK) return;
  fprintf(stderr, "device_placement: %s\n", TF_Message(status));
  exit(10 + (int)TF_GetCode(status));
}

static TF_Output constant(TF_Graph* graph, const char* name, float first, TF_Status* status) {
  const int64_t three = 3;
  TF_Tensor* tensor = TF_AllocateTensor(TF_FLOAT, &three, 1, 3 * sizeof(float));
  if (tensor == NULL) TF_SetStatus(status, TF_RESOURCE_EXHAUSTED, "no memory for a constant");
  check(status);
  for (int i = 0; i < 3; ++i) ((float*)TF_TensorData(tensor))[i] = first + (float)i;
  TF_OperationDescription* description = TF_NewOperation(graph, "Const", name);
  TF_SetAttrTensor(description, "value", tensor, status);
  TF_SetAttrType(description, "dtype", TF_FLOAT);
  TF_DeleteTensor(tensor);
  const TF_Output output = {TF_FinishOperation(description, status), 0};
  check(status);
  return output;
}

static void say_gpus(TF_Session* session, TF_Status* status) {
  TF_DeviceList* devices = TF_SessionListDevices(session, status);
  check(status);
  int count = 0;
  for (int i = 0; i < TF_DeviceListCount(devices); ++i) {
    count += strcmp(TF_DeviceListType(devices, i, status), "GPU") == 0;
  }
  TF_DeleteDeviceList(devices);
  if (count == 0) {
    printf("No GPUs detected, running on CPU\n");
  } else {
    printf("%d Physical GPUs, %d Logical GPUs\n", count, count);
  }
}

int main(int argc, char** argv) {
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  TF_OperationDescription* description = TF_NewOperation(graph, "AddV2", "sum");
  TF_AddInput(description, constant(graph, "a", 1.0f, status));
  TF_AddInput(description, constant(graph, "b", 4.0f, status));
  if (argc > 2 && strcmp(argv[1], "--device") == 0) TF_SetDevice(description, argv[2]);
  const TF_Output sum = {TF_FinishOperation(description, status), 0};
  check(status);

  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_Session* session = TF_NewSession(graph, options, status);
  TF_DeleteSessionOptions(options);
  check(status);
  say_gpus(session, status);
  fflush(stdout);
  TF_Tensor* result = NULL;
  TF_SessionRun(session, NULL, NULL, NULL, 0, &sum, &result, 1, NULL, 0, NULL, status);
  check(status);
  const float* values = TF_TensorData(result);
  printf("Result: [%.0f. %.0f. %.0f.]\n", (double)values[0], (double)values[1], (double)values[2]);

  TF_DeleteTensor(result);
  TF_DeleteSession(session, status);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
  return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
