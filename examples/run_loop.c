// Document 000, snippet 2: runs one session a million times.
//
// Programs that do this are restarted every day, because their memory grows. Here it does not: what the process holds
// after 1,000 runs is what it holds after the last one. Prints
//     1000000 runs, result [1. 2. 3. 4. 5.]
// and on stderr the time and the memory. --runs N: another number of runs.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tensorflow/c/c_api.h"

enum { COUNT = 5, FIRST = 1000 };

// An example may end here: it has nothing to save, and the system takes back the rest.
static void check(TF_Status* status) {
  if (TF_GetCode(status) == TF_OK) return;
  fprintf(stderr, "run_loop: %s\n", TF_Message(status));
  exit(10 + (int)TF_GetCode(status));
}

// What the process holds in memory, in KiB; 0 where the system does not say. The figures of /proc/self/statm are kept
// for each CPU and late.
static long resident_kib(void) {
  char line[256];
  long resident = 0;
  FILE* file = fopen("/proc/self/smaps_rollup", "r");
  if (file == NULL) return 0;
  while (resident == 0 && fgets(line, sizeof(line), file) != NULL) {
    if (sscanf(line, "Rss: %ld kB", &resident) != 1) resident = 0;
  }
  fclose(file);
  return resident;
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static TF_Output make_tensor(TF_Graph* graph, TF_Status* status) {
  static const float kValues[COUNT] = {1, 2, 3, 4, 5};
  const int64_t dims[] = {COUNT};
  TF_Tensor* value = TF_AllocateTensor(TF_FLOAT, dims, 1, sizeof(kValues));
  if (value == NULL) {
    TF_SetStatus(status, TF_RESOURCE_EXHAUSTED, "no memory for five numbers");
    check(status);
  }
  memcpy(TF_TensorData(value), kValues, sizeof(kValues));
  TF_OperationDescription* description = TF_NewOperation(graph, "Const", "tensor");
  TF_SetAttrTensor(description, "value", value, status);
  check(status);
  TF_SetAttrType(description, "dtype", TF_FLOAT);
  TF_Operation* operation = TF_FinishOperation(description, status);
  check(status);
  TF_DeleteTensor(value);  // the operation has a copy
  return (TF_Output){operation, 0};
}

static void print(long runs, const TF_Tensor* result) {
  const float* values = TF_TensorData(result);
  printf("%ld runs, result [", runs);
  for (int i = 0; i < COUNT; ++i) printf("%s%.0f.", i > 0 ? " " : "", (double)values[i]);
  printf("]\n");
}

int main(int argc, char** argv) {
  const long runs = argc == 3 && strcmp(argv[1], "--runs") == 0 ? atol(argv[2]) : 1000000;
  if (runs < 1 || (argc != 1 && argc != 3)) {
    fprintf(stderr, "usage: run_loop [--runs N]\n");
    return 2;
  }
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  const TF_Output tensor = make_tensor(graph, status);
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_Session* session = TF_NewSession(graph, options, status);
  TF_DeleteSessionOptions(options);
  check(status);

  TF_Tensor* result = NULL;
  long early_kib = 0;
  const double start = seconds();
  for (long i = 0; i < runs; ++i) {
    TF_DeleteTensor(result);
    result = NULL;
    TF_SessionRun(session, NULL, NULL, NULL, 0, &tensor, &result, 1, NULL, 0, NULL, status);
    check(status);
    if (i + 1 == FIRST) early_kib = resident_kib();
  }
  const double took = seconds() - start;
  const long late_kib = resident_kib();
  print(runs, result);
  fprintf(stderr, "%.3f s; resident: %ld KiB after %d runs, %ld KiB after %ld\n", took, early_kib, FIRST, late_kib,
          runs);

  TF_DeleteTensor(result);
  TF_DeleteSession(session, status);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
  return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
