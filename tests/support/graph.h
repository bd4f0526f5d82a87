// Graphs and sessions for tests, in a line each, through the public API. Everything asserts (cmocka) that it worked.
#ifndef CTF_TESTS_SUPPORT_GRAPH_H_
#define CTF_TESTS_SUPPORT_GRAPH_H_

#include "ctf/ctf.h"
#include "tensorflow/c/c_api.h"

typedef struct test_graph {
  TF_Graph* graph;
  TF_Status* status;
  int count;  // for names of nodes
} test_graph;

void test_graph_init(test_graph* g);
void test_graph_deinit(test_graph* g);

TF_Tensor* test_floats(const int64_t* dims, int rank, const float* values);  // values NULL: zeros
TF_Tensor* test_ints(int64_t count, const int32_t* values);                  // rank 1
TF_Tensor* test_ramp(const int64_t* dims, int rank, float first, float step);

// dims NULL: a shape that is not known; -1: a dimension that is not known.
TF_Output test_placeholder(test_graph* g, TF_DataType dtype, const int64_t* dims, int rank);
TF_Output test_const(test_graph* g, TF_Tensor* value);  // takes the tensor
TF_Output test_const_ints(test_graph* g, int64_t count, const int32_t* values);
// One output; type attributes follow from the inputs. `device` may be NULL.
TF_Output test_op(test_graph* g, const char* op, const char* device, int num_inputs, const TF_Output* inputs);
TF_Output test_unary(test_graph* g, const char* op, TF_Output x);
TF_Output test_binary(test_graph* g, const char* op, TF_Output a, TF_Output b);

TF_Session* test_session(test_graph* g);
TF_Session* test_session_with(test_graph* g, TF_SessionOptions* options);  // takes the options
void test_close(test_graph* g, TF_Session* session);

// Runs with one fetch; asserts OK. The caller owns the result.
TF_Tensor* test_run(test_graph* g, TF_Session* session, int num_feeds, const TF_Output* feeds, TF_Tensor* const* values,
                    TF_Output fetch);
// Runs and gives the code; the results are deleted.
TF_Code test_run_code(test_graph* g, TF_Session* session, int num_feeds, const TF_Output* feeds,
                      TF_Tensor* const* values, int num_fetches, const TF_Output* fetches);
void test_assert_floats(const TF_Tensor* tensor, int64_t count, const float* want);

// A file of the repository, whole. The caller frees it.
void* test_read_file(const char* path, size_t* out_bytes);
// The data of a .npy file (version 1.0, C order, little endian) inside its bytes.
const void* test_npy_data(const void* file, size_t bytes, size_t* out_bytes);

#endif  // CTF_TESTS_SUPPORT_GRAPH_H_
