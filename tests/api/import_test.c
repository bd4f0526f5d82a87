// TF_GraphImportGraphDef and the way back through TF_GraphToGraphDef.
#include "tensorflow/c/c_api_experimental.h"
#include "tests/api/api_test.h"

// node { name: "a" op: "NoOp" } node { name: "b" op: "NoOp" input: "^a" } versions { producer: 2474 }
static const char kTwoNodes[] =
    "\x0a\x09\x0a\x01\x61\x12\x04NoOp"
    "\x0a\x0d\x0a\x01\x62\x12\x04NoOp\x1a\x02^a"
    "\x22\x03\x08\xaa\x13";

static void import_bytes(TF_Graph* graph, const void* bytes, size_t length, const TF_ImportGraphDefOptions* options,
                         TF_Status* status) {
  TF_Buffer* buffer = TF_NewBufferFromString(bytes, length);
  TF_GraphImportGraphDef(graph, buffer, options, status);
  TF_DeleteBuffer(buffer);
}

static void imports_with_a_prefix_and_a_device(void** state) {
  (void)state;
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  import_bytes(graph, kTwoNodes, sizeof(kTwoNodes) - 1, NULL, status);
  assert_ok(status);
  TF_Operation* b = TF_GraphOperationByName(graph, "b");
  assert_non_null(b);
  assert_int_equal(TF_OperationNumControlInputs(b), 1);
  assert_string_equal(TF_OperationDevice(b), "");

  TF_ImportGraphDefOptions* options = TF_NewImportGraphDefOptions();
  TF_ImportGraphDefOptionsSetPrefix(options, "dropped");
  TF_ImportGraphDefOptionsSetPrefix(options, "p");
  TF_ImportGraphDefOptionsSetDefaultDevice(options, "/device:CPU:0");
  import_bytes(graph, kTwoNodes, sizeof(kTwoNodes) - 1, options, status);
  assert_ok(status);
  b = TF_GraphOperationByName(graph, "p/b");
  assert_non_null(b);
  assert_string_equal(TF_OperationDevice(b), "/device:CPU:0");
  TF_Operation* control = NULL;
  assert_int_equal(TF_OperationGetControlInputs(b, &control, 1), 1);
  assert_string_equal(TF_OperationName(control), "p/a");
  TF_DeleteImportGraphDefOptions(options);
  TF_DeleteImportGraphDefOptions(NULL);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
}

static void refuses_what_is_wrong_and_adds_nothing(void** state) {
  (void)state;
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  size_t at = 0;
  import_bytes(graph, "\xff", 1, NULL, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "Invalid GraphDef");
  // node { name: "a" op: "NoOp" } node { name: "b" op: "NoOp" input: "^zz" }
  import_bytes(graph, "\x0a\x09\x0a\x01\x61\x12\x04NoOp\x0a\x0e\x0a\x01\x62\x12\x04NoOp\x1a\x03^zz", 27, NULL, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "zz");
  assert_null(TF_GraphNextOperation(graph, &at));
  // node { name: "a" op: "Nope" }
  import_bytes(graph, "\x0a\x09\x0a\x01\x61\x12\x04Nope", 11, NULL, status);
  assert_fails(status, TF_NOT_FOUND, "Op type not registered 'Nope'");
  assert_null(TF_GraphNextOperation(graph, &at));
  import_bytes(graph, kTwoNodes, sizeof(kTwoNodes) - 1, NULL, status);
  assert_ok(status);
  import_bytes(graph, kTwoNodes, sizeof(kTwoNodes) - 1, NULL, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "Node name 'a' already exists in the Graph");

  TF_ImportGraphDefOptions* options = TF_NewImportGraphDefOptions();
  TF_ImportGraphDefOptionsSetPrefix(options, "p q");
  import_bytes(graph, kTwoNodes, sizeof(kTwoNodes) - 1, options, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "p q");
  TF_DeleteImportGraphDefOptions(options);

  TF_Buffer* buffer = TF_NewBuffer();
  TF_GraphImportGraphDef(NULL, buffer, NULL, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "NULL");
  TF_GraphImportGraphDef(graph, NULL, NULL, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "NULL");
  buffer->length = 5;
  TF_GraphImportGraphDef(graph, buffer, NULL, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "no bytes");
  buffer->length = 0;
  TF_GraphImportGraphDef(graph, buffer, NULL, status);  // an empty file is an empty graph
  assert_ok(status);
  TF_DeleteBuffer(buffer);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
}

// Through the API: what the options list, the results say. What each option does is in tests/engine.
static void results_are_those_asked_for(void** state) {
  (void)state;
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  TF_Operation* in = placeholder(graph, "in", TF_FLOAT, NULL, 0);
  TF_Buffer* buffer = TF_NewBufferFromString(kTwoNodes, sizeof(kTwoNodes) - 1);
  TF_ImportGraphDefOptions* options = TF_NewImportGraphDefOptions();
  TF_ImportGraphDefOptionsSetPrefix(options, "in");
  TF_ImportGraphDefOptionsSetUniquifyPrefix(options, 1);
  TF_ImportGraphDefOptionsAddInputMapping(options, "zz", 2, (TF_Output){in, 0});
  TF_ImportGraphDefOptionsAddReturnOutput(options, "zz", 2);
  TF_ImportGraphDefOptionsAddReturnOutput(options, "b", -1);
  TF_ImportGraphDefOptionsAddReturnOperation(options, "a");
  TF_ImportGraphDefOptionsRemapControlDependency(options, "a", in);
  assert_int_equal(TF_ImportGraphDefOptionsNumReturnOutputs(options), 2);
  assert_int_equal(TF_ImportGraphDefOptionsNumReturnOperations(options), 1);
  TF_ImportGraphDefResults* results = TF_GraphImportGraphDefWithResults(graph, buffer, options, status);
  assert_ok(status);
  int count = 0, *indexes = NULL;
  TF_Output* outputs = NULL;
  TF_Operation** opers = NULL;
  const char** names = NULL;
  TF_ImportGraphDefResultsReturnOutputs(results, &count, &outputs);
  assert_int_equal(count, 2);
  assert_ptr_equal(outputs[0].oper, in);
  assert_string_equal(TF_OperationName(outputs[1].oper), "in_1/b");
  assert_int_equal(outputs[1].index, -1);
  TF_Operation* control = NULL;
  assert_int_equal(TF_OperationGetControlInputs(outputs[1].oper, &control, 1), 1);
  assert_ptr_equal(control, in);
  TF_ImportGraphDefResultsReturnOperations(results, &count, &opers);
  assert_int_equal(count, 1);
  assert_string_equal(TF_OperationName(opers[0]), "in_1/a");
  TF_ImportGraphDefResultsMissingUnusedInputMappings(results, &count, &names, &indexes);
  assert_int_equal(count, 1);
  assert_string_equal(names[0], "zz");
  assert_int_equal(indexes[0], 2);
  TF_DeleteImportGraphDefResults(results);
  TF_DeleteImportGraphDefResults(NULL);

  TF_Output two[2];
  TF_GraphImportGraphDefWithReturnOutputs(graph, buffer, options, two, 1, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "Expected 'num_return_outputs' to be 2, got 1");
  TF_GraphImportGraphDefWithReturnOutputs(graph, buffer, options, NULL, 2, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "'return_outputs' must be preallocated to length 2");
  TF_GraphImportGraphDefWithReturnOutputs(graph, buffer, options, two, 2, status);
  assert_ok(status);
  assert_string_equal(TF_OperationName(two[1].oper), "in_2/b");
  TF_ImportGraphDefOptionsAddControlDependency(options, NULL);
  TF_GraphImportGraphDef(graph, buffer, options, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "a control dependency is NULL");
  TF_DeleteImportGraphDefOptions(options);

  options = TF_NewImportGraphDefOptions();
  TF_ImportGraphDefOptionsSetUniquifyNames(options, 1);
  TF_ImportGraphDefOptionsAddControlDependency(options, in);
  TF_ImportGraphDefOptionsSetValidateColocationConstraints(options, 0);
  for (int i = 0; i < 2; ++i) {
    TF_GraphImportGraphDef(graph, buffer, options, status);
    assert_ok(status);
  }
  TF_Operation* again = TF_GraphOperationByName(graph, "b_1");
  assert_non_null(again);
  assert_int_equal(TF_OperationGetControlInputs(again, &control, 1), 1);
  assert_string_equal(TF_OperationName(control), "a_1");
  TF_DeleteImportGraphDefOptions(options);
  TF_DeleteBuffer(buffer);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
}

static void goes_out_and_in_again(void** state) {
  (void)state;
  static const int64_t kDims[] = {2, -1};
  const float values[] = {1.0f, 2.0f, 3.0f};
  const int64_t k3[] = {3};
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  TF_Operation* a = placeholder(graph, "a", TF_FLOAT, kDims, 2);
  TF_Tensor* tensor = float_tensor(k3, 1, values, 3);
  TF_OperationDescription* desc = TF_NewOperation(graph, "Const", "c");
  TF_SetAttrTensor(desc, "value", tensor, status);
  TF_SetAttrType(desc, "dtype", TF_FLOAT);
  TF_AddControlInput(desc, a);
  TF_SetDevice(desc, "/device:CPU:0");
  TF_Operation* c = TF_FinishOperation(desc, status);
  assert_ok(status);
  binary(graph, "AddV2", "sum", a, c);
  TF_DeleteTensor(tensor);

  TF_Buffer* first = TF_NewBuffer();
  TF_GraphToGraphDef(graph, first, status);
  assert_ok(status);
  TF_GraphToGraphDef(graph, first, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "Passing non-empty TF_Buffer is invalid.");
  TF_DeleteGraph(graph);

  graph = TF_NewGraph();
  TF_GraphImportGraphDef(graph, first, NULL, status);
  assert_ok(status);
  c = TF_GraphOperationByName(graph, "c");
  assert_non_null(c);
  assert_string_equal(TF_OperationDevice(c), "/device:CPU:0");
  assert_int_equal(TF_OperationNumControlInputs(c), 1);
  TF_OperationGetAttrTensor(c, "value", &tensor, status);
  assert_ok(status);
  assert_memory_equal(TF_TensorData(tensor), values, sizeof(values));
  TF_DeleteTensor(tensor);
  TF_Operation* sum = TF_GraphOperationByName(graph, "sum");
  assert_string_equal(TF_OperationName(TF_OperationInput((TF_Input){sum, 1}).oper), "c");
  int64_t dims[2];
  TF_GraphGetTensorShape(graph, output_of(sum), dims, 2, status);
  assert_ok(status);
  assert_int_equal(dims[0], 2);
  assert_int_equal(dims[1], 3);

  TF_Buffer* second = TF_NewBuffer();
  TF_GraphToGraphDef(graph, second, status);
  assert_ok(status);
  assert_int_equal(second->length, first->length);
  assert_memory_equal(second->data, first->data, first->length);

  TF_Buffer* node = TF_NewBuffer();
  TF_OperationToNodeDef(sum, node, status);
  assert_ok(status);
  // name: "sum" op: "AddV2" input: "a" input: "c" attr { key: "T" value { type: DT_FLOAT } }
  assert_int_equal(node->length, 27);
  assert_memory_equal(node->data,
                      "\x0a\x03sum\x12\x05"
                      "AddV2\x1a\x01"
                      "a\x1a\x01"
                      "c*\x07\x0a\x01T\x12\x02\x30\x01",
                      27);
  TF_DeleteBuffer(node);

  TF_Buffer* versions = TF_NewBuffer();
  TF_GraphVersions(graph, versions, status);
  assert_ok(status);
  assert_int_equal(versions->length, 3);
  assert_memory_equal(versions->data, "\x08\xaa\x13", 3);  // producer: 2474
  TF_DeleteBuffer(versions);
  TF_DeleteBuffer(first);
  TF_DeleteBuffer(second);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
}

static void without_a_graph(void** state) {
  (void)state;
  TF_Status* status = TF_NewStatus();
  TF_Buffer* buffer = TF_NewBuffer();
  TF_GraphToGraphDef(NULL, buffer, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "NULL");
  TF_GraphVersions(NULL, buffer, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "NULL");
  TF_OperationToNodeDef(NULL, buffer, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "NULL");
  assert_null(TF_GraphOperationByName(NULL, "a"));
  size_t at = 0;
  assert_null(TF_GraphNextOperation(NULL, &at));
  TF_DeleteGraph(NULL);
  assert_null(buffer->data);
  TF_DeleteBuffer(buffer);
  TF_DeleteStatus(status);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(imports_with_a_prefix_and_a_device),
      cmocka_unit_test(refuses_what_is_wrong_and_adds_nothing),
      cmocka_unit_test(results_are_those_asked_for),
      cmocka_unit_test(goes_out_and_in_again),
      cmocka_unit_test(without_a_graph),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
