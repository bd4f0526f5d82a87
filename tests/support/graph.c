#include "tests/support/graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_ok(const test_graph* g) {
  if (TF_GetCode(g->status) != TF_OK) fail_msg("%d: %s", (int)TF_GetCode(g->status), TF_Message(g->status));
}

void test_graph_init(test_graph* g) {
  g->graph = TF_NewGraph();
  g->status = TF_NewStatus();
  g->count = 0;
  assert_non_null(g->graph);
  assert_non_null(g->status);
}

void test_graph_deinit(test_graph* g) {
  TF_DeleteGraph(g->graph);
  TF_DeleteStatus(g->status);
}

TF_Tensor* test_floats(const int64_t* dims, int rank, const float* values) {
  size_t count = 1;
  for (int i = 0; i < rank; ++i) count *= (size_t)dims[i];
  TF_Tensor* tensor = TF_AllocateTensor(TF_FLOAT, dims, rank, count * sizeof(float));
  assert_non_null(tensor);
  if (count == 0) return tensor;
  if (values != NULL) {
    memcpy(TF_TensorData(tensor), values, count * sizeof(float));
  } else {
    memset(TF_TensorData(tensor), 0, count * sizeof(float));
  }
  return tensor;
}

TF_Tensor* test_ints(int64_t count, const int32_t* values) {
  TF_Tensor* tensor = TF_AllocateTensor(TF_INT32, &count, 1, (size_t)count * sizeof(int32_t));
  assert_non_null(tensor);
  if (count > 0) memcpy(TF_TensorData(tensor), values, (size_t)count * sizeof(int32_t));
  return tensor;
}

TF_Tensor* test_ramp(const int64_t* dims, int rank, float first, float step) {
  TF_Tensor* tensor = test_floats(dims, rank, NULL);
  float* values = TF_TensorData(tensor);
  for (int64_t i = 0; i < TF_TensorElementCount(tensor); ++i) values[i] = first + step * (float)i;
  return tensor;
}

static TF_OperationDescription* describe(test_graph* g, const char* op) {
  char name[32];
  snprintf(name, sizeof(name), "n%d", g->count++);
  return TF_NewOperation(g->graph, op, name);
}

static TF_Output finish(test_graph* g, TF_OperationDescription* description) {
  TF_Operation* node = TF_FinishOperation(description, g->status);
  assert_ok(g);
  return (TF_Output){node, 0};
}

TF_Output test_placeholder(test_graph* g, TF_DataType dtype, const int64_t* dims, int rank) {
  TF_OperationDescription* d = describe(g, "Placeholder");
  TF_SetAttrType(d, "dtype", dtype);
  if (dims != NULL || rank == 0) TF_SetAttrShape(d, "shape", dims, rank);
  return finish(g, d);
}

TF_Output test_const(test_graph* g, TF_Tensor* value) {
  TF_OperationDescription* d = describe(g, "Const");
  TF_SetAttrType(d, "dtype", TF_TensorType(value));
  TF_SetAttrTensor(d, "value", value, g->status);
  assert_ok(g);
  TF_DeleteTensor(value);
  return finish(g, d);
}

TF_Output test_const_ints(test_graph* g, int64_t count, const int32_t* values) {
  return test_const(g, test_ints(count, values));
}

TF_Output test_op(test_graph* g, const char* op, const char* device, int num_inputs, const TF_Output* inputs) {
  TF_OperationDescription* d = describe(g, op);
  if (device != NULL) TF_SetDevice(d, device);
  for (int i = 0; i < num_inputs; ++i) TF_AddInput(d, inputs[i]);
  return finish(g, d);
}

TF_Output test_unary(test_graph* g, const char* op, TF_Output x) { return test_op(g, op, NULL, 1, &x); }

TF_Output test_binary(test_graph* g, const char* op, TF_Output a, TF_Output b) {
  const TF_Output inputs[2] = {a, b};
  return test_op(g, op, NULL, 2, inputs);
}

TF_Session* test_session_with(test_graph* g, TF_SessionOptions* options) {
  TF_Session* session = TF_NewSession(g->graph, options, g->status);
  assert_ok(g);
  TF_DeleteSessionOptions(options);
  return session;
}

TF_Session* test_session(test_graph* g) { return test_session_with(g, TF_NewSessionOptions()); }

void test_close(test_graph* g, TF_Session* session) {
  TF_DeleteSession(session, g->status);
  assert_ok(g);
}

TF_Tensor* test_run(test_graph* g, TF_Session* session, int num_feeds, const TF_Output* feeds, TF_Tensor* const* values,
                    TF_Output fetch) {
  TF_Tensor* result = NULL;
  TF_SessionRun(session, NULL, feeds, values, num_feeds, &fetch, &result, 1, NULL, 0, NULL, g->status);
  assert_ok(g);
  assert_non_null(result);
  return result;
}

TF_Code test_run_code(test_graph* g, TF_Session* session, int num_feeds, const TF_Output* feeds,
                      TF_Tensor* const* values, int num_fetches, const TF_Output* fetches) {
  TF_Tensor* results[16] = {0};
  assert_true(num_fetches <= 16);
  TF_SessionRun(session, NULL, feeds, values, num_feeds, fetches, results, num_fetches, NULL, 0, NULL, g->status);
  for (int i = 0; i < num_fetches; ++i) {
    if (TF_GetCode(g->status) != TF_OK) assert_null(results[i]);
    TF_DeleteTensor(results[i]);
  }
  return TF_GetCode(g->status);
}

void test_assert_floats(const TF_Tensor* tensor, int64_t count, const float* want) {
  assert_int_equal(TF_TensorType(tensor), TF_FLOAT);
  assert_int_equal(TF_TensorElementCount(tensor), count);
  const float* got = TF_TensorData(tensor);
  for (int64_t i = 0; i < count; ++i) {
    if (!(got[i] - want[i] < 1e-5f && want[i] - got[i] < 1e-5f)) {
      fail_msg("element %lld is %g, not %g", (long long)i, (double)got[i], (double)want[i]);
    }
  }
}

void* test_read_file(const char* path, size_t* out_bytes) {
  FILE* file = fopen(path, "rb");
  if (file == NULL) fail_msg("cannot open %s", path);
  assert_int_equal(fseek(file, 0, SEEK_END), 0);
  const long size = ftell(file);
  assert_true(size >= 0);
  rewind(file);
  void* bytes = malloc((size_t)size + 1);
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, (size_t)size, file), (size_t)size);
  fclose(file);
  *out_bytes = (size_t)size;
  return bytes;
}

const void* test_npy_data(const void* file, size_t bytes, size_t* out_bytes) {
  const unsigned char* at = file;
  assert_true(bytes > 10);
  assert_memory_equal(at, "\x93NUMPY\x01", 7);
  const size_t header = 10 + at[8] + 256u * at[9];
  assert_true(header <= bytes);
  *out_bytes = bytes - header;
  return at + header;
}
