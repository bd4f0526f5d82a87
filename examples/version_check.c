// Document 004, snippet 3: which versions there are, and whether they work.
//
// The Python snippet is written for TensorFlow 1; run as it stands on TensorFlow 2 it prints the versions and then a
// RuntimeError. Here it prints the library's version and the interface's, a line for each library that it uses, and
//     Result: [5 7 9]
// A library whose interface is not the one that this program was compiled for is said in a sentence: exit status 1.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctf/ctf.h"

#define WANTED_API "2.21"  // what the headers declare

static void check(TF_Status* status) {
  if (TF_GetCode(status) == TF_OK) return;
  fprintf(stderr, "version_check: %s\n", TF_Message(status));
  exit(10 + (int)TF_GetCode(status));
}

static TF_Output constant(TF_Graph* graph, const char* name, int32_t first, TF_Status* status) {
  const int64_t three = 3;
  TF_Tensor* tensor = TF_AllocateTensor(TF_INT32, &three, 1, 3 * sizeof(int32_t));
  if (tensor == NULL) TF_SetStatus(status, TF_RESOURCE_EXHAUSTED, "no memory for a constant");
  check(status);
  for (int i = 0; i < 3; ++i) ((int32_t*)TF_TensorData(tensor))[i] = first + i;
  TF_OperationDescription* description = TF_NewOperation(graph, "Const", name);
  TF_SetAttrTensor(description, "value", tensor, status);
  TF_SetAttrType(description, "dtype", TF_INT32);
  TF_DeleteTensor(tensor);
  const TF_Output output = {TF_FinishOperation(description, status), 0};
  check(status);
  return output;
}

static void print_libraries(TF_Status* status) {
  for (size_t i = 0; i < CTF_NumLibraries(); ++i) {
    CTF_LibraryInfo info = {.struct_size = sizeof(info)};
    CTF_GetLibrary(i, &info, status);
    check(status);
    printf("%s %s\n", info.name, info.version);
  }
}

int main(void) {
  TF_Status* status = TF_NewStatus();
  const char* api = TF_Version();
  if (strncmp(api, WANTED_API ".", strlen(WANTED_API ".")) != 0) {
    fprintf(stderr, "version_check: the library has TensorFlow's C API %s, this program was compiled for %s\n", api,
            WANTED_API);
    return EXIT_FAILURE;
  }
  printf("ctf Version: %s (TensorFlow C API %s)\n", CTF_Version(), WANTED_API);
  print_libraries(status);

  TF_Graph* graph = TF_NewGraph();
  TF_OperationDescription* description = TF_NewOperation(graph, "AddV2", "sum");
  TF_AddInput(description, constant(graph, "a", 1, status));
  TF_AddInput(description, constant(graph, "b", 4, status));
  const TF_Output sum = {TF_FinishOperation(description, status), 0};
  check(status);
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_Session* session = TF_NewSession(graph, options, status);
  TF_DeleteSessionOptions(options);
  check(status);
  TF_Tensor* result = NULL;
  TF_SessionRun(session, NULL, NULL, NULL, 0, &sum, &result, 1, NULL, 0, NULL, status);
  check(status);
  const int32_t* values = TF_TensorData(result);
  printf("Result: [%d %d %d]\n", values[0], values[1], values[2]);

  TF_DeleteTensor(result);
  TF_DeleteSession(session, status);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
  return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
