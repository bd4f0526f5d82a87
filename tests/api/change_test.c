// Operations that are changed after they were added: what sessions see, what is refused, and what stays as it was.
#include "tests/api/api_test.h"

#include "tensorflow/c/ops.h"

static char said[2048];

static void hear(int level, const char* line, void* arg) {
  (void)level;
  ++*(int*)arg;
  strncpy(said, line, sizeof(said) - 1);
}

// d = a * c, c = a + b, with a = 2 and b = 3; -1 after a failure, which the status says.
static float run(api_fixture* f, TF_Session* session, TF_Operation* fetch) {
  const TF_Output feeds[] = {output_of(f->a), output_of(f->b)}, output = output_of(fetch);
  TF_Tensor* const values[] = {float_scalar(2), float_scalar(3)};
  TF_Tensor* got = NULL;
  TF_SessionRun(session, NULL, feeds, values, 2, &output, &got, 1, NULL, 0, NULL, f->status);
  const float result = got != NULL ? first_float(got) : -1;
  TF_DeleteTensor(got);
  TF_DeleteTensor(values[0]);
  TF_DeleteTensor(values[1]);
  return result;
}

static float run_anew(api_fixture* f, TF_Operation* fetch) {
  TF_Status* status = TF_NewStatus();
  TF_Session* session = TF_NewSession(f->graph, NULL, status);
  const float result = run(f, session, fetch);
  TF_DeleteSession(session, status);
  TF_DeleteStatus(status);
  return result;
}

static void update(api_fixture* f, TF_Operation* from, TF_Operation* to, int input) {
  TF_UpdateEdge(f->graph, output_of(from), (TF_Input){to, input}, f->status);
  assert_ok(f->status);
}

static void a_session_keeps_what_it_has_run(void** state) {
  api_fixture* f = *state;
  int num_said = 0;
  CTF_SetLogCallback(hear, &num_said, CTF_LogWarning);
  update(f, f->b, f->c, 0);
  assert_true(run(f, f->session, f->d) == 12);  // changed before it ran: 2 * (3 + 3)
  assert_int_equal(num_said, 0);
  update(f, f->a, f->c, 0);
  assert_int_equal(num_said, 0);
  assert_true(run(f, f->session, f->d) == 12);
  assert_int_equal(num_said, 1);
  assert_non_null(strstr(said,
                         "Operation '{{node c}} = AddV2[T=DT_FLOAT](a, b)' was changed by updating input tensor "
                         "after it was run by a session."));
  assert_true(run(f, f->session, f->c) == 6);  // another plan, the same node
  assert_int_equal(num_said, 1);
  assert_true(run_anew(f, f->d) == 10);
  // What is added later is seen as it is when the session first runs after that.
  TF_Operation* e = binary(f->graph, "Sub", "e", f->d, f->a);
  update(f, f->b, e, 1);
  assert_true(run(f, f->session, e) == 9);
  update(f, f->a, e, 1);
  assert_true(run(f, f->session, e) == 9);
  assert_int_equal(num_said, 2);
  assert_true(run_anew(f, e) == 8);
  CTF_SetLogCallback(NULL, NULL, CTF_LogWarning);
}

static void a_run_is_not_changed_by_what_follows(void** state) {
  api_fixture* f = *state;
  CTF_Callable* callable = NULL;
  const TF_Output feeds[] = {output_of(f->a), output_of(f->b)}, fetch = output_of(f->d);
  callable = CTF_SessionMakeCallable(f->session, feeds, 2, &fetch, 1, NULL, 0, f->status);
  assert_ok(f->status);
  TF_SetRequestedDevice(f->graph, f->d, "/device:NONE:7");
  TF_ClearAttr(f->graph, f->c, "T", f->status);
  assert_ok(f->status);
  TF_Tensor* const values[] = {float_scalar(2), float_scalar(3)};
  TF_Tensor* got = NULL;
  CTF_CallableRun(callable, values, &got, f->status);
  assert_ok(f->status);
  assert_true(first_float(got) == 10);
  TF_DeleteTensor(got);
  TF_DeleteTensor(values[0]);
  TF_DeleteTensor(values[1]);
  CTF_DeleteCallable(callable);
}

static void what_cannot_run_is_refused_then(void** state) {
  api_fixture* f = *state;
  TF_Buffer* int32 = TF_NewBufferFromString("\x30\x03", 2);  // AttrValue.type
  TF_Buffer* type = TF_NewBufferFromString("\x30\x01", 2);
  TF_Operation* number = placeholder(f->graph, "number", TF_INT32, NULL, -1);
  // A type that its inputs do not have.
  TF_SetAttr(f->graph, f->c, "T", int32, f->status);
  assert_ok(f->status);
  assert_true(run_anew(f, f->d) == -1);
  assert_fails(f->status, TF_INVALID_ARGUMENT,
               "Input 0 of node c was passed float from a:0 incompatible with expected");
  TF_SetAttr(f->graph, f->c, "T", type, f->status);
  assert_true(run_anew(f, f->d) == 10);  // made good
  // An attribute that must be there.
  TF_ClearAttr(f->graph, f->c, "T", f->status);
  assert_true(run_anew(f, f->d) == -1);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "NodeDef missing attr 'T'");
  assert_int_equal(TF_OperationGetNumAttrs(f->c), 0);
  TF_SetAttr(f->graph, f->c, "T", type, f->status);
  // An input of another type: the node is right again once the edge is.
  TF_UpdateEdge(f->graph, output_of(number), (TF_Input){f->c, 1}, f->status);
  assert_ok(f->status);
  assert_true(run_anew(f, f->d) == -1);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "was passed int32 from number:0");
  update(f, f->b, f->c, 1);
  // A node whose readers were added for another type.
  TF_SetAttr(f->graph, number, "dtype", type, f->status);
  assert_ok(f->status);
  assert_int_equal(TF_OperationOutputType(output_of(number)), TF_FLOAT);
  TF_Operation* twice = binary(f->graph, "AddV2", "twice", number, number);
  TF_SetAttr(f->graph, number, "dtype", int32, f->status);
  assert_true(run_anew(f, twice) == -1);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "Input 0 of node twice was passed int32 from number:0");
  // A cycle.
  update(f, f->d, f->c, 0);
  assert_true(run_anew(f, f->d) == -1);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "contains a cycle with 2 nodes, including: c, d");
  update(f, f->a, f->c, 0);
  assert_true(run_anew(f, f->d) == 10);
  TF_DeleteBuffer(int32);
  TF_DeleteBuffer(type);
}

static void an_edge_from_a_later_node(void** state) {
  api_fixture* f = *state;
  TF_Operation* later = binary(f->graph, "Mul", "later", f->a, f->a);
  TF_Operation* latest = binary(f->graph, "AddV2", "latest", later, f->b);
  update(f, latest, f->c, 0);  // c = (a * a + b) + b
  assert_true(run_anew(f, f->d) == 20);
  TF_AddOperationControlInput(f->graph, f->b, latest);  // b waits for what reads it
  assert_true(run_anew(f, f->d) == 20);                 // not when it is fed
  // Exported and imported again it is the same.
  TF_Buffer* bytes = TF_NewBuffer();
  TF_RemoveAllControlInputs(f->graph, f->b);
  TF_GraphToGraphDef(f->graph, bytes, f->status);
  assert_ok(f->status);
  TF_Graph* copy = TF_NewGraph();
  TF_GraphImportGraphDef(copy, bytes, NULL, f->status);
  assert_ok(f->status);
  const TF_Output sources = TF_OperationInput((TF_Input){TF_GraphOperationByName(copy, "c"), 0});
  assert_string_equal(TF_OperationName(sources.oper), "latest");
  TF_DeleteGraph(copy);
  TF_DeleteBuffer(bytes);
}

static void what_operations_say(void** state) {
  api_fixture* f = *state;
  update(f, f->b, f->c, 0);
  assert_ptr_equal(TF_OperationInput((TF_Input){f->c, 0}).oper, f->b);
  assert_int_equal(TF_OperationOutputNumConsumers(output_of(f->a)), 1);
  assert_int_equal(TF_OperationOutputNumConsumers(output_of(f->b)), 2);
  TF_Input consumers[2];
  TF_OperationOutputConsumers(output_of(f->b), consumers, 2);
  assert_ptr_equal(consumers[0].oper, f->c);  // the operation that the program holds
  assert_ptr_equal(TF_GraphOperationByName(f->graph, "c"), f->c);
  // What a value follows from is not looked through once it has been changed.
  TF_Tensor* value = NULL;
  TF_Status* s = f->status;
  TF_OperationDescription* desc = TF_NewOperation(f->graph, "Const", "two");
  TF_Tensor* two = float_scalar(2);
  TF_SetAttrTensor(desc, "value", two, s);
  TF_SetAttrType(desc, "dtype", TF_FLOAT);
  TF_Operation* constant = TF_FinishOperation(desc, s);
  TF_Operation* sum = binary(f->graph, "AddV2", "sum", constant, constant);
  assert_true(TF_TryEvaluateConstant(f->graph, output_of(sum), &value, s));
  TF_DeleteTensor(value);
  update(f, f->a, sum, 0);
  assert_false(TF_TryEvaluateConstant(f->graph, output_of(sum), &value, s));
  // NULLs and other graphs.
  TF_Graph* other = TF_NewGraph();
  TF_UpdateEdge(other, output_of(f->a), (TF_Input){f->c, 0}, s);
  assert_fails(s, TF_INVALID_ARGUMENT, "was not found in the graph");
  TF_SetAttr(f->graph, NULL, "T", NULL, s);
  assert_fails(s, TF_INVALID_ARGUMENT, "the operation is NULL");
  TF_ClearAttr(NULL, f->c, "T", s);
  assert_fails(s, TF_INVALID_ARGUMENT, "the graph is NULL");
  TF_SetRequestedDevice(other, f->c, "/device:CPU:0");
  assert_string_equal(TF_OperationDevice(f->c), "");
  TF_AddOperationControlInput(f->graph, f->c, NULL);
  TF_RemoveAllControlInputs(NULL, NULL);
  TF_SetFullType(f->graph, f->c, NULL);
  assert_null(TF_GetHandleShapeAndType(f->graph, (TF_Output){f->c, 1}));
  TF_DeleteTensor(two);
  TF_DeleteGraph(other);
}

static void shape_functions_can_be_required(void** state) {
  api_fixture* f = *state;
  TF_OpDefinitionBuilder* builder = TF_NewOpDefinitionBuilder("CtfTestShapeless");
  TF_OpDefinitionBuilderAddOutput(builder, "y: float");
  TF_RegisterOpDefinition(builder, f->status);
  assert_ok(f->status);
  TF_FinishOperation(TF_NewOperation(f->graph, "CtfTestShapeless", "one"), f->status);
  assert_ok(f->status);
  TF_SetRequireShapeInferenceFns(f->graph, true);
  assert_null(TF_FinishOperation(TF_NewOperation(f->graph, "CtfTestShapeless", "two"), f->status));
  assert_fails(f->status, TF_INVALID_ARGUMENT, "No shape inference function exists for op 'CtfTestShapeless'");
  binary(f->graph, "AddV2", "other", f->a, f->b);
  TF_SetRequireShapeInferenceFns(f->graph, false);
  TF_FinishOperation(TF_NewOperation(f->graph, "CtfTestShapeless", "two"), f->status);
  assert_ok(f->status);
}

#define ON_A_GRAPH(test) cmocka_unit_test_setup_teardown(test, api_set_up, api_tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_A_GRAPH(a_session_keeps_what_it_has_run),
      ON_A_GRAPH(a_run_is_not_changed_by_what_follows),
      ON_A_GRAPH(what_cannot_run_is_refused_then),
      ON_A_GRAPH(an_edge_from_a_later_node),
      ON_A_GRAPH(what_operations_say),
      ON_A_GRAPH(shape_functions_can_be_required),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
