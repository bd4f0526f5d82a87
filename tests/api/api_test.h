// What the tests of the public API share: a status that must be OK, operations in a word, and a graph in a session.
#ifndef CTF_TESTS_API_API_TEST_H_
#define CTF_TESTS_API_API_TEST_H_

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctf/ctf.h"
#include "tensorflow/c/c_api.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

// Asserts that the last call worked; the message is part of the failure.
#define assert_ok(status) assert_string_equal(TF_GetCode(status) == TF_OK ? "" : TF_Message(status), "")

// Asserts the code and that the message contains the text; leaves the status as OK.
#define assert_fails(status, code, text)                               \
  do {                                                                 \
    assert_int_equal(TF_GetCode(status), (code));                      \
    if (strstr(TF_Message(status), (text)) == NULL) {                  \
      print_error("wanted '%s' in: %s\n", (text), TF_Message(status)); \
      fail();                                                          \
    }                                                                  \
    TF_SetStatus(status, TF_OK, "");                                   \
  } while (0)

static inline TF_Output output_of(TF_Operation* oper) { return (TF_Output){oper, 0}; }

// A placeholder; num_dims -1 leaves the shape open.
static inline TF_Operation* placeholder(TF_Graph* graph, const char* name, TF_DataType dtype, const int64_t* dims,
                                        int num_dims) {
  TF_Status* status = TF_NewStatus();
  TF_OperationDescription* desc = TF_NewOperation(graph, "Placeholder", name);
  TF_SetAttrType(desc, "dtype", dtype);
  if (num_dims >= 0) TF_SetAttrShape(desc, "shape", dims, num_dims);
  TF_Operation* oper = TF_FinishOperation(desc, status);
  assert_ok(status);
  assert_non_null(oper);
  TF_DeleteStatus(status);
  return oper;
}

static inline TF_Operation* binary(TF_Graph* graph, const char* op, const char* name, TF_Operation* a,
                                   TF_Operation* b) {
  TF_Status* status = TF_NewStatus();
  TF_OperationDescription* desc = TF_NewOperation(graph, op, name);
  TF_AddInput(desc, output_of(a));
  TF_AddInput(desc, output_of(b));
  TF_Operation* oper = TF_FinishOperation(desc, status);
  assert_ok(status);
  assert_non_null(oper);
  TF_DeleteStatus(status);
  return oper;
}

static inline TF_Tensor* float_tensor(const int64_t* dims, int num_dims, const float* values, size_t count) {
  TF_Tensor* tensor = TF_AllocateTensor(TF_FLOAT, dims, num_dims, count * sizeof(float));
  assert_non_null(tensor);
  if (count > 0) memcpy(TF_TensorData(tensor), values, count * sizeof(float));
  return tensor;
}

static inline TF_Tensor* float_scalar(float value) { return float_tensor(NULL, 0, &value, 1); }

static inline float first_float(const TF_Tensor* tensor) {
  assert_non_null(tensor);
  assert_int_equal(TF_TensorType(tensor), TF_FLOAT);
  return *(const float*)TF_TensorData(tensor);
}

// ---- a graph in a session: c = a + b, d = a * c, shapes open

typedef struct api_fixture {
  TF_Status* status;
  TF_Graph* graph;
  TF_Session* session;
  TF_Operation *a, *b, *c, *d;
} api_fixture;

static inline int api_set_up(void** state) {
  static api_fixture f;
  f = (api_fixture){.status = TF_NewStatus(), .graph = TF_NewGraph()};
  f.a = placeholder(f.graph, "a", TF_FLOAT, NULL, -1);
  f.b = placeholder(f.graph, "b", TF_FLOAT, NULL, -1);
  f.c = binary(f.graph, "AddV2", "c", f.a, f.b);
  f.d = binary(f.graph, "Mul", "d", f.a, f.c);
  f.session = TF_NewSession(f.graph, NULL, f.status);
  assert_ok(f.status);
  *state = &f;
  return f.session == NULL;
}

static inline int api_tear_down(void** state) {
  api_fixture* f = *state;
  TF_DeleteSession(f->session, f->status);
  TF_DeleteGraph(f->graph);
  TF_DeleteStatus(f->status);
  return 0;
}

#endif  // CTF_TESTS_API_API_TEST_H_
