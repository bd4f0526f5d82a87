// Document 004, snippet 1: a matrix of 10000x10000 floats times its own transpose.
//
// The Python snippet is written for TensorFlow 1. Run as it stands on TensorFlow 2 it prints its first three lines,
// having computed the product already, and then a RuntimeError. Here, as in graph mode, nothing is computed before it
// is asked for, and it prints
//     Tensor Defined
//     Matrix product defined
//     Starting Computation
//     Computation Completed
//
//   big_matmul [--mem 512M] [--side 10000]
//
// The transpose is folded into the product, so that two matrices are alive at once and not three: 800,000,000 bytes.
// With
// --mem 512M the run is refused before it begins, with both of them named on stderr; the process goes on, says
//     Still alive
// in the place of the fourth line, computes a smaller product, and ends with exit status 18.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctf/ctf.h"

enum { OVER_BUDGET = 18, SMALL = 100 };

static void check(TF_Status* status) {
  if (TF_GetCode(status) == TF_OK) return;
  fprintf(stderr, "big_matmul: %s\n", TF_Message(status));
  exit(10 + (int)TF_GetCode(status));
}

static TF_Output constant(TF_Graph* graph, const char* name, TF_DataType dtype, const int64_t* dims, int rank,
                          const void* content, size_t bytes, TF_Status* status) {
  TF_Tensor* tensor = TF_AllocateTensor(dtype, dims, rank, bytes);
  if (tensor == NULL) TF_SetStatus(status, TF_RESOURCE_EXHAUSTED, "no memory for a small constant");
  check(status);
  memcpy(TF_TensorData(tensor), content, bytes);
  TF_OperationDescription* description = TF_NewOperation(graph, "Const", name);
  TF_SetAttrTensor(description, "value", tensor, status);
  TF_SetAttrType(description, "dtype", dtype);
  TF_DeleteTensor(tensor);
  const TF_Output output = {TF_FinishOperation(description, status), 0};
  check(status);
  return output;
}

static TF_Output binary(TF_Graph* graph, const char* op, const char* name, TF_Output a, TF_Output b,
                        TF_Status* status) {
  TF_OperationDescription* description = TF_NewOperation(graph, op, name);
  TF_AddInput(description, a);
  TF_AddInput(description, b);
  const TF_Output output = {TF_FinishOperation(description, status), 0};
  check(status);
  return output;
}

static TF_Output matrix(TF_Graph* graph, int32_t side, TF_Status* status) {
  const int64_t two = 2;
  const float element = 0.5f;
  const TF_Output dims =
      constant(graph, "dims", TF_INT32, &two, 1, (const int32_t[]){side, side}, 2 * sizeof(side), status);
  return binary(graph, "Fill", "tensor", dims, constant(graph, "value", TF_FLOAT, NULL, 0, &element, 4, status),
                status);
}

static TF_Output product(TF_Graph* graph, TF_Output tensor, TF_Status* status) {
  const int64_t two = 2;
  const TF_Output swapped =
      constant(graph, "perm", TF_INT32, &two, 1, (const int32_t[]){1, 0}, 2 * sizeof(int32_t), status);
  return binary(graph, "MatMul", "product", tensor, binary(graph, "Transpose", "transpose", tensor, swapped, status),
                status);
}

// The first element of the product, which must be side * 0.25. Leaves a refusal in the status.
static void compute(TF_Graph* graph, TF_Output wanted, int32_t side, TF_Status* status) {
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_Session* session = TF_NewSession(graph, options, status);
  TF_DeleteSessionOptions(options);
  check(status);
  TF_Tensor* result = NULL;
  TF_SessionRun(session, NULL, NULL, NULL, 0, &wanted, &result, 1, NULL, 0, NULL, status);
  if (TF_GetCode(status) == TF_OK && *(const float*)TF_TensorData(result) != 0.25f * (float)side) {
    TF_SetStatus(status, TF_INTERNAL, "the product is wrong");
  }
  TF_DeleteTensor(result);
  TF_Status* closed = TF_NewStatus();
  TF_DeleteSession(session, closed);
  TF_DeleteStatus(closed);
}

static int go_on(TF_Status* status) {
  fprintf(stderr, "big_matmul: %s\n", TF_Message(status));
  printf("Still alive\n");
  TF_SetStatus(status, TF_OK, "");
  TF_Graph* graph = TF_NewGraph();
  compute(graph, product(graph, matrix(graph, SMALL, status), status), SMALL, status);
  check(status);
  TF_DeleteGraph(graph);
  return OVER_BUDGET;
}

// "512M", "1G", "4096"
static size_t parse_size(const char* given) {
  char* end;
  const double number = strtod(given, &end);
  const double unit = *end == 'G' ? 0x1p30 : *end == 'M' ? 0x1p20 : 1;
  return number * unit >= 1 && number * unit < 0x1p62 ? (size_t)(number * unit) : 0;
}

int main(int argc, char** argv) {
  int32_t side = 10000;
  TF_Status* status = TF_NewStatus();
  for (int i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--mem") == 0) CTF_SetBudget("cpu", parse_size(argv[i + 1]), status);
    if (strcmp(argv[i], "--side") == 0) side = (int32_t)strtol(argv[i + 1], NULL, 10);
  }
  check(status);
  TF_Graph* graph = TF_NewGraph();
  const TF_Output tensor = matrix(graph, side, status);
  printf("Tensor Defined\n");
  const TF_Output wanted = product(graph, tensor, status);
  printf("Matrix product defined\n");
  printf("Starting Computation\n");
  fflush(stdout);
  compute(graph, wanted, side, status);
  int code = EXIT_SUCCESS;
  if (TF_GetCode(status) == TF_RESOURCE_EXHAUSTED) {
    code = go_on(status);
  } else {
    check(status);
    printf("Computation Completed\n");
  }
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
  return fflush(stdout) == 0 ? code : EXIT_FAILURE;
}
