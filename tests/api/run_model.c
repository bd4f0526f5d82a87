// run_model FILE FETCH [copy]: imports a GraphDef by its path through the public API, runs it, and prints the first
// element of a float tensor and what this process has in memory then, private and of files apart.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctf/ctf.h"
#include "tests/support/resident.h"

static void check(TF_Status* status) {
  if (TF_GetCode(status) == TF_OK) return;
  fprintf(stderr, "run_model: %s\n", TF_Message(status));
  exit(10 + (int)TF_GetCode(status));
}

int main(int argc, char** argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: run_model FILE FETCH [copy]\n");
    return 2;
  }
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  const CTF_ImportFileOptions how = {.struct_size = sizeof(how), .copy = argc > 3 && strcmp(argv[3], "copy") == 0};
  CTF_GraphImportFile(graph, argv[1], &how, status);
  check(status);
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_Session* session = TF_NewSession(graph, options, status);
  TF_DeleteSessionOptions(options);
  check(status);
  const TF_Output fetch = {TF_GraphOperationByName(graph, argv[2]), 0};
  if (fetch.oper == NULL) {
    fprintf(stderr, "run_model: %s has no node %s\n", argv[1], argv[2]);
    return 2;
  }
  TF_Tensor* result = NULL;
  TF_SessionRun(session, NULL, NULL, NULL, 0, &fetch, &result, 1, NULL, 0, NULL, status);
  check(status);
  resident now;
  resident_read(0, &now);
  printf("%.9g\nRssAnon %zu RssShmem %zu RssFile %zu\n", (double)*(const float*)TF_TensorData(result), now.anon_bytes,
         now.shmem_bytes, now.file_bytes);
  TF_DeleteTensor(result);
  TF_DeleteSession(session, status);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
  return 0;
}
