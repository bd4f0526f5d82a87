// Document 001, snippet 3: a matrix product on a GPU, if there is one.
//
// The Python snippet is written for TensorFlow 1. Run as it stands on TensorFlow 2 it prints its first line and then
//     Error: a: Attempting to capture an EagerTensor without building a function.
// Here, as in graph mode, it prints
//     GPU Available.                           (or: No GPU available, using CPU.)
//     Shape of matmul result : (1000, 1000)
//
//   gpu_matmul [-v]
//
// With -v it also says how many bytes the device has in use before the session is made and after it has been deleted:
// they are the same.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctf/ctf.h"

enum { SIDE = 1000 };

static void check(TF_Status* status) {
  if (TF_GetCode(status) == TF_OK) return;
  fprintf(stderr, "gpu_matmul: %s\n", TF_Message(status));
  exit(10 + (int)TF_GetCode(status));
}

static TF_Output random_matrix(TF_Graph* graph, const char* name, TF_Output dims, TF_Status* status) {
  TF_OperationDescription* description = TF_NewOperation(graph, "RandomUniform", name);
  TF_AddInput(description, dims);
  TF_SetAttrType(description, "dtype", TF_FLOAT);
  TF_SetAttrInt(description, "seed", 1);
  const TF_Output output = {TF_FinishOperation(description, status), 0};
  check(status);
  return output;
}

static TF_Output product(TF_Graph* graph, TF_Status* status) {
  const int64_t two = 2;
  TF_Tensor* dims = TF_AllocateTensor(TF_INT32, &two, 1, 2 * sizeof(int32_t));
  if (dims == NULL) TF_SetStatus(status, TF_RESOURCE_EXHAUSTED, "no memory for a constant");
  check(status);
  memcpy(TF_TensorData(dims), (const int32_t[]){SIDE, SIDE}, 2 * sizeof(int32_t));
  TF_OperationDescription* description = TF_NewOperation(graph, "Const", "dims");
  TF_SetAttrTensor(description, "value", dims, status);
  TF_SetAttrType(description, "dtype", TF_INT32);
  TF_DeleteTensor(dims);
  const TF_Output shape = {TF_FinishOperation(description, status), 0};
  check(status);
  description = TF_NewOperation(graph, "MatMul", "product");
  TF_AddInput(description, random_matrix(graph, "a", shape, status));
  TF_AddInput(description, random_matrix(graph, "b", shape, status));
  const TF_Output output = {TF_FinishOperation(description, status), 0};
  check(status);
  return output;
}

static bool has_gpu(TF_Session* session, TF_Status* status) {
  TF_DeviceList* devices = TF_SessionListDevices(session, status);
  check(status);
  bool found = false;
  for (int i = 0; i < TF_DeviceListCount(devices); ++i) {
    found |= strcmp(TF_DeviceListType(devices, i, status), "GPU") == 0;
  }
  TF_DeleteDeviceList(devices);
  return found;
}

static size_t used_bytes(const char* device, TF_Status* status) {
  CTF_MemoryInfo info = {.struct_size = sizeof(info)};
  CTF_GetMemoryInfo(NULL, device, &info, status);
  check(status);
  return info.used_bytes;
}

// Whether the session had a GPU. The graph is built and deleted with it, so that nothing of either is left.
static bool multiply(TF_Status* status) {
  TF_Graph* graph = TF_NewGraph();
  const TF_Output wanted = product(graph, status);
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_Session* session = TF_NewSession(graph, options, status);
  TF_DeleteSessionOptions(options);
  check(status);
  const bool on_gpu = has_gpu(session, status);
  printf(on_gpu ? "GPU Available.\n" : "No GPU available, using CPU.\n");
  TF_Tensor* result = NULL;
  TF_SessionRun(session, NULL, NULL, NULL, 0, &wanted, &result, 1, NULL, 0, NULL, status);
  check(status);
  printf("Shape of matmul result : (%d, %d)\n", (int)TF_Dim(result, 0), (int)TF_Dim(result, 1));
  TF_DeleteTensor(result);
  TF_DeleteSession(session, status);
  TF_DeleteGraph(graph);
  return on_gpu;
}

int main(int argc, char** argv) {
  TF_Status* status = TF_NewStatus();
  const bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
  const size_t before = used_bytes("cpu", status);
  multiply(status);
  const size_t after = used_bytes("cpu", status);
  if (verbose) printf("Bytes in use before: %zu, after: %zu\n", before, after);
  TF_DeleteStatus(status);
  if (verbose && before != after) return EXIT_FAILURE;
  return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
