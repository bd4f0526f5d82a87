// What a refusal for memory says, at admission and in the middle of a run, and that the session goes on after it.
#include "tests/api/api_test.h"

enum { LIMIT = 4 << 20 };

static TF_Operation* constant(TF_Graph* graph, const char* name, TF_DataType dtype, const void* value, size_t bytes,
                              TF_Status* status) {
  TF_Tensor* tensor = TF_AllocateTensor(dtype, NULL, 0, bytes);
  memcpy(TF_TensorData(tensor), value, bytes);
  TF_OperationDescription* desc = TF_NewOperation(graph, "Const", name);
  TF_SetAttrTensor(desc, "value", tensor, status);
  TF_SetAttrType(desc, "dtype", dtype);
  TF_Operation* oper = TF_FinishOperation(desc, status);
  assert_ok(status);
  TF_DeleteTensor(tensor);
  return oper;
}

static TF_Operation* unary(TF_Graph* graph, const char* op, const char* name, TF_Operation* input, TF_Status* status) {
  TF_OperationDescription* desc = TF_NewOperation(graph, op, name);
  TF_AddInput(desc, output_of(input));
  TF_Operation* oper = TF_FinishOperation(desc, status);
  assert_ok(status);
  return oper;
}

// matrix = Fill(dims, 0.5); product = MatMul(matrix, matrix); where = Where(matrix > 0); count = Size(where).
static TF_Graph* make_graph(TF_Status* status) {
  TF_Graph* graph = TF_NewGraph();
  const float half = 0.5f, zero = 0;
  TF_Operation* dims = placeholder(graph, "dims", TF_INT32, (const int64_t[]){2}, 1);
  TF_Operation* matrix =
      binary(graph, "Fill", "matrix", dims, constant(graph, "half", TF_FLOAT, &half, sizeof(half), status));
  binary(graph, "MatMul", "product", matrix, matrix);
  TF_Operation* positive =
      binary(graph, "Greater", "positive", matrix, constant(graph, "zero", TF_FLOAT, &zero, sizeof(zero), status));
  unary(graph, "Size", "count", unary(graph, "Where", "where", positive, status), status);
  return graph;
}

typedef struct refusal_case {
  const char* name;
  const char* fetch;
  int size;  // of the matrix: dims are [size, size]
  const char* says[6];
} refusal_case;

// clang-format off
static const refusal_case kCases[] = {
    {"at admission", "product", 1000,
     {"node 'product' (MatMul): with its result f32[1000,1000] the run on ", "device:CPU:0, which has not begun, needs ",
      " MiB of the 4.0 MiB budget of the session are free. Raise it to ",
      "Largest: 'matrix' (Fill) f32[1000,1000] 3.8 MiB, 'product' (MatMul) f32[1000,1000] 3.8 MiB"}},
    {"one tensor", "matrix", 100000, {"node 'matrix' (Fill): with its result f32[100000,100000] the run on ", " needs 38147.0 MiB", "Largest: 'matrix' (Fill) f32[100000,100000] 38147.0 MiB"}},
    {"uncountable bytes", "matrix", INT32_MAX, {"node 'matrix' (Fill)", "[2147483647,2147483647] has more bytes than 64 bits can count"}},
    {"in the middle of a run", "count", 500,
     {"node 'where' (Where): result i64[250000,2] needs 3.8 MiB, ", " MiB of the 4.0 MiB budget of the session are free",
      "Largest: 'positive' (Greater) bool[500,500] 0.2 MiB"}},
};
// clang-format on

static void run(TF_Session* session, TF_Graph* graph, const char* name, int size, TF_Tensor** out, TF_Status* status) {
  const int64_t shape[] = {2};
  TF_Tensor* feed = TF_AllocateTensor(TF_INT32, shape, 1, 2 * sizeof(int32_t));
  ((int32_t*)TF_TensorData(feed))[0] = ((int32_t*)TF_TensorData(feed))[1] = size;
  const TF_Output dims = {TF_GraphOperationByName(graph, "dims"), 0};
  const TF_Output fetch = {TF_GraphOperationByName(graph, name), 0};
  *out = NULL;
  TF_SessionRun(session, NULL, &dims, &feed, 1, &fetch, out, 1, NULL, 0, NULL, status);
  TF_DeleteTensor(feed);
}

static void refusals(void** state) {
  (void)state;
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = make_graph(status);
  TF_SessionOptions* options = TF_NewSessionOptions();
  CTF_SessionOptionsSetMemoryLimit(options, LIMIT, status);
  TF_Session* session = TF_NewSession(graph, options, status);
  assert_ok(status);
  for (size_t i = 0; i < COUNT(kCases); ++i) {
    CTF_MemoryInfo before = {.struct_size = sizeof(before)}, after = before;
    TF_Tensor* value;
    run(session, graph, kCases[i].fetch, 10, &value, status);  // compiles
    assert_ok(status);
    TF_DeleteTensor(value);
    CTF_GetMemoryInfo(NULL, "cpu", &before, status);
    run(session, graph, kCases[i].fetch, kCases[i].size, &value, status);
    assert_null(value);
    assert_int_equal(TF_GetCode(status), TF_RESOURCE_EXHAUSTED);
    for (size_t k = 0; k < COUNT(kCases[i].says) && kCases[i].says[k] != NULL; ++k) {
      if (strstr(TF_Message(status), kCases[i].says[k]) != NULL) continue;
      print_error("%s: wanted '%s' in: %s\n", kCases[i].name, kCases[i].says[k], TF_Message(status));
      fail();
    }
    CTF_GetMemoryInfo(NULL, "cpu", &after, status);
    assert_true(after.used_bytes <
                before.used_bytes + (2 << 20));  // nothing of the run is held: layouts and idle blocks
    run(session, graph, "product", 4, &value, status);
    assert_ok(status);
    assert_float_equal(((const float*)TF_TensorData(value))[15], 1.0, 0);
    TF_DeleteTensor(value);
  }
  TF_DeleteSession(session, status);
  TF_DeleteSessionOptions(options);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
}

static void trim(void** state) {
  (void)state;
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = make_graph(status);
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_Session* session = TF_NewSession(graph, options, status);
  CTF_MemoryInfo before = {.struct_size = sizeof(before)}, after = before;
  TF_Tensor* value;
  for (int round = 0; round < 2; ++round) {
    run(session, graph, "product", 1500, &value, status);  // the matrix lies in the arena
    assert_ok(status);
    TF_DeleteTensor(value);
    CTF_GetMemoryInfo(session, "cpu", &before, status);
    const size_t given_back = CTF_DeviceTrim(session, "cpu", status);
    assert_ok(status);
    CTF_GetMemoryInfo(session, "cpu", &after, status);
    assert_true(given_back >= 1500 * 1500 * sizeof(float));
    assert_int_equal(before.used_bytes - after.used_bytes, given_back);
    assert_int_equal(CTF_DeviceTrim(session, "cpu", status), 0);  // nothing is left
  }
  assert_int_equal(CTF_DeviceTrim(session, "gpu:7", status), 0);
  assert_fails(status, TF_NOT_FOUND, "no device 'gpu:7'");
  assert_int_equal(CTF_DeviceTrim(NULL, "cpu", status), 0);
  assert_fails(status, TF_INVALID_ARGUMENT, "the session is NULL");
  TF_DeleteSession(session, status);
  TF_DeleteSessionOptions(options);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(refusals), cmocka_unit_test(trim)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
