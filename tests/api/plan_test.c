// CTF_SessionPlan, its report, and the lists of ops.
#include "tests/api/api_test.h"

typedef struct fixture {
  TF_Status* status;
  TF_Graph* graph;
  TF_Session* session;
  TF_Operation* a;  // float [?]
  TF_Operation* c;  // a + a
  TF_Operation* d;  // c * a
} fixture;

#define COUNT_OF_A ((int64_t)1 << 18)
#define BYTES_OF_A ((size_t)COUNT_OF_A * sizeof(float))

static int set_up(void** state) {
  static fixture f;
  static const int64_t kOpen[] = {-1};
  f = (fixture){.status = TF_NewStatus(), .graph = TF_NewGraph()};
  f.a = placeholder(f.graph, "a", TF_FLOAT, kOpen, 1);
  f.c = binary(f.graph, "AddV2", "c", f.a, f.a);
  f.d = binary(f.graph, "Mul", "d", f.c, f.a);
  TF_SessionOptions* options = TF_NewSessionOptions();
  CTF_SessionOptionsSetPasses(options, "none", f.status);
  f.session = TF_NewSession(f.graph, options, f.status);
  TF_DeleteSessionOptions(options);
  assert_ok(f.status);
  *state = &f;
  return f.session == NULL;
}

static int tear_down(void** state) {
  fixture* f = *state;
  TF_DeleteSession(f->session, f->status);
  TF_DeleteGraph(f->graph);
  TF_DeleteStatus(f->status);
  return 0;
}

static CTF_PlanReport* plan(fixture* f, const int64_t* dims, int num_dims) {
  const CTF_FeedShape feed = {.feed = output_of(f->a), .dims = dims, .num_dims = num_dims};
  const TF_Output fetch = output_of(f->d);
  return CTF_SessionPlan(f->session, &feed, 1, &fetch, 1, NULL, 0, f->status);
}

static void tells_what_a_run_needs(void** state) {
  fixture* f = *state;
  const int64_t dims[] = {COUNT_OF_A};
  CTF_PlanReport* report = plan(f, dims, 1);
  assert_ok(f->status);
  assert_non_null(report);
  assert_true(CTF_PlanReportFits(report));
  assert_true(CTF_PlanReportExact(report));
  assert_string_equal(CTF_PlanReportNotExact(report), "");
  assert_int_equal(CTF_PlanReportNumDevices(report), 1);

  CTF_PlanDevice device = {.struct_size = sizeof(device)};
  CTF_PlanReportDevice(report, 0, &device, f->status);
  assert_ok(f->status);
  assert_string_equal(device.name, "/job:localhost/replica:0/task:0/device:CPU:0");
  assert_true(device.peak_bytes >= BYTES_OF_A);  // d is fetched; c may be written over by it
  assert_true(device.peak_bytes - device.held_bytes <= 3 * BYTES_OF_A);
  assert_int_equal(device.peak_bytes, device.held_bytes + device.feed_bytes + device.arena_bytes + device.fetch_bytes);
  assert_true(device.num_live >= 1);
  size_t before = SIZE_MAX;
  for (size_t i = 0; i < device.num_live; ++i) {
    CTF_PlanTensor tensor = {.struct_size = sizeof(tensor)};
    CTF_PlanReportLive(report, 0, i, &tensor, f->status);
    assert_ok(f->status);
    assert_true(tensor.bytes <= before);  // largest first
    before = tensor.bytes;
    assert_non_null(tensor.name);
    assert_non_null(tensor.role);
  }

  assert_int_equal(CTF_PlanReportNumSteps(report), 2);
  CTF_PlanStep step = {.struct_size = sizeof(step)};
  CTF_PlanReportStep(report, 1, &step, f->status);
  assert_ok(f->status);
  assert_string_equal(step.name, "d");
  assert_string_equal(step.op, "Mul");
  assert_int_equal(step.num_outputs, 1);
  CTF_PlanTensor output = {.struct_size = sizeof(output)};
  CTF_PlanReportStepOutput(report, 1, 0, &output, f->status);
  assert_ok(f->status);
  assert_string_equal(output.name, "d:0");
  assert_int_equal(output.dtype, TF_FLOAT);
  assert_int_equal(output.num_dims, 1);
  assert_int_equal(output.dims[0], COUNT_OF_A);
  assert_int_equal(output.bytes, BYTES_OF_A);
  TF_DeleteSession(f->session, f->status);  // the report stands on its own
  f->session = NULL;
  assert_string_equal(output.name, "d:0");
  CTF_DeletePlanReport(report);
}

static void over_budget_is_a_result(void** state) {
  fixture* f = *state;
  const int64_t dims[] = {COUNT_OF_A};
  CTF_MemoryInfo info = {.struct_size = sizeof(info)};
  CTF_GetMemoryInfo(NULL, "cpu", &info, f->status);
  CTF_SetBudget("cpu", info.used_bytes + BYTES_OF_A / 2, f->status);
  CTF_PlanReport* report = plan(f, dims, 1);
  assert_ok(f->status);
  assert_false(CTF_PlanReportFits(report));
  CTF_DeletePlanReport(report);
  CTF_SetBudget("cpu", 0, f->status);
  report = plan(f, dims, 1);
  assert_ok(f->status);
  assert_true(CTF_PlanReportFits(report));
  CTF_DeletePlanReport(report);
}

static void a_value_gives_the_shape(void** state) {
  fixture* f = *state;
  const int64_t dims[] = {3};
  const float values[] = {1.0f, 2.0f, 3.0f};
  TF_Tensor* tensor = float_tensor(dims, 1, values, 3);
  const CTF_FeedShape feed = {.feed = output_of(f->a), .num_dims = -5, .value = tensor};
  const TF_Operation* const targets[] = {f->d};
  CTF_PlanReport* report = CTF_SessionPlan(f->session, &feed, 1, NULL, 0, targets, 1, f->status);
  assert_ok(f->status);
  assert_true(CTF_PlanReportExact(report));
  CTF_PlanTensor output = {.struct_size = sizeof(output)};
  CTF_PlanReportStepOutput(report, 0, 0, &output, f->status);
  assert_ok(f->status);
  assert_int_equal(output.bytes, 12);
  CTF_DeletePlanReport(report);
  TF_DeleteTensor(tensor);
}

static void wrong_questions(void** state) {
  fixture* f = *state;
  const int64_t dims[] = {4, 5};
  const int64_t open[] = {-1};
  const int32_t three = 3;
  TF_Tensor* integer = TF_AllocateTensor(TF_INT32, dims, 0, sizeof(three));
  memcpy(TF_TensorData(integer), &three, sizeof(three));
  const CTF_FeedShape wrong = {.feed = output_of(f->a), .value = integer};
  const TF_Output product = output_of(f->d);
  assert_null(CTF_SessionPlan(f->session, &wrong, 1, &product, 1, NULL, 0, f->status));
  assert_fails(f->status, TF_INVALID_ARGUMENT, "int32");
  TF_DeleteTensor(integer);
  assert_null(plan(f, open, 1));
  assert_fails(f->status, TF_INVALID_ARGUMENT, "'a'");
  assert_null(plan(f, NULL, 1));
  assert_fails(f->status, TF_INVALID_ARGUMENT, "'a'");
  const TF_Output none = {NULL, 0}, fetch = output_of(f->d);
  assert_null(CTF_SessionPlan(f->session, NULL, 0, &none, 1, NULL, 0, f->status));
  assert_fails(f->status, TF_INVALID_ARGUMENT, "fetch 0");
  assert_null(CTF_SessionPlan(f->session, NULL, 1, &fetch, 1, NULL, 0, f->status));
  assert_fails(f->status, TF_INVALID_ARGUMENT, "an array is NULL");
  assert_null(CTF_SessionPlan(f->session, NULL, 0, &fetch, 1, NULL, 0, f->status));  // a is not fed
  assert_fails(f->status, TF_INVALID_ARGUMENT, "'a'");
  assert_null(CTF_SessionPlan(NULL, NULL, 0, &fetch, 1, NULL, 0, f->status));
  assert_fails(f->status, TF_INVALID_ARGUMENT, "the session is NULL");

  const int64_t two[] = {2};
  CTF_PlanReport* report = plan(f, two, 1);
  assert_ok(f->status);
  CTF_PlanDevice device = {.struct_size = sizeof(device)};
  CTF_PlanStep step = {.struct_size = sizeof(step)};
  CTF_PlanTensor tensor = {.struct_size = sizeof(tensor)};
  CTF_PlanReportDevice(report, 1, &device, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "device 1 was asked for, there are 1");
  CTF_PlanReportLive(report, 0, 99, &tensor, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "tensor 99");
  CTF_PlanReportStep(report, 2, &step, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "step 2");
  CTF_PlanReportStepOutput(report, 0, 1, &tensor, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "tensor 1");
  CTF_PlanReportStep(report, 0, NULL, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "NULL");
  CTF_DeletePlanReport(report);
  CTF_DeletePlanReport(NULL);
  assert_false(CTF_PlanReportFits(NULL));
  assert_false(CTF_PlanReportExact(NULL));
  assert_string_equal(CTF_PlanReportNotExact(NULL), "");
  assert_int_equal(CTF_PlanReportNumDevices(NULL), 0);
  assert_int_equal(CTF_PlanReportNumSteps(NULL), 0);
}

// ---- ops

static bool find_op(const CTF_OpList* list, const char* name, CTF_OpInfo* out_info) {
  TF_Status* status = TF_NewStatus();
  bool found = false;
  for (size_t i = 0; i < CTF_OpListCount(list) && !found; ++i) {
    *out_info = (CTF_OpInfo){.struct_size = sizeof(*out_info)};
    CTF_OpListGet(list, i, out_info, status);
    assert_ok(status);
    found = strcmp(out_info->name, name) == 0;
  }
  TF_DeleteStatus(status);
  return found;
}

static void lists_the_ops_of_the_build(void** state) {
  fixture* f = *state;
  CTF_OpList* list = CTF_AllOps(f->status);
  assert_ok(f->status);
  CTF_OpInfo info;
  assert_true(find_op(list, "AddV2", &info));
  assert_true(info.cpu_types >> TF_FLOAT & 1);
  assert_false(info.cpu_types >> TF_VARIANT & 1);
  assert_true(info.has_gradient);
  assert_int_equal(info.num_nodes, 0);
  assert_string_equal(info.example_node, "");
  assert_true(find_op(list, "MatMul", &info));
  assert_string_not_equal(info.family, "");
  assert_false(find_op(list, "Nope", &info));
  CTF_OpInfo one = {.struct_size = sizeof(one)}, next = one;
  for (size_t i = 0; i + 1 < CTF_OpListCount(list); ++i) {
    CTF_OpListGet(list, i, &one, f->status);
    CTF_OpListGet(list, i + 1, &next, f->status);
    assert_true(strcmp(one.name, next.name) < 0);
  }
  CTF_OpListGet(list, CTF_OpListCount(list), &one, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "was asked for");
  CTF_OpListGet(list, 0, NULL, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "NULL");
  CTF_DeleteOpList(list);
  CTF_DeleteOpList(NULL);
  assert_int_equal(CTF_OpListCount(NULL), 0);
}

static TF_Operation* variable(TF_Graph* graph, const char* name) {
  static const int64_t kDims[] = {2};
  TF_Status* status = TF_NewStatus();
  TF_OperationDescription* desc = TF_NewOperation(graph, "DebugGradientRefIdentity", name);
  TF_OperationDescription* source = TF_NewOperation(graph, "TemporaryVariable", name + 1);
  TF_SetAttrType(source, "dtype", TF_FLOAT);
  TF_SetAttrShape(source, "shape", kDims, 1);
  TF_Operation* made = TF_FinishOperation(source, status);
  assert_ok(status);
  TF_AddInput(desc, output_of(made));
  TF_Operation* oper = TF_FinishOperation(desc, status);
  assert_ok(status);
  assert_int_equal(TF_OperationOutputType(output_of(oper)), TF_FLOAT + 100);
  TF_DeleteStatus(status);
  return oper;
}

static void lists_what_a_graph_lacks(void** state) {
  fixture* f = *state;
  CTF_OpList* list = CTF_GraphOpsWithoutKernel(f->graph, "cpu", f->status);
  assert_ok(f->status);
  assert_int_equal(CTF_OpListCount(list), 0);
  CTF_DeleteOpList(list);

  variable(f->graph, "xv1");
  variable(f->graph, "yv2");
  list = CTF_GraphOpsWithoutKernel(f->graph, "sim:0", f->status);
  assert_ok(f->status);
  assert_int_equal(CTF_OpListCount(list), 2);
  CTF_OpInfo info;
  assert_true(find_op(list, "TemporaryVariable", &info));
  assert_int_equal(info.num_nodes, 2);
  assert_int_equal(info.cpu_types, 0);
  assert_string_equal(info.family, "");
  TF_DeleteSession(f->session, f->status);
  f->session = NULL;
  TF_DeleteGraph(f->graph);
  f->graph = NULL;
  assert_string_equal(info.example_node, "v1");  // the list stands on its own
  CTF_DeleteOpList(list);

  assert_null(CTF_GraphOpsWithoutKernel(NULL, "cpu", f->status));
  assert_fails(f->status, TF_INVALID_ARGUMENT, "NULL");
  TF_Graph* graph = TF_NewGraph();
  assert_null(CTF_GraphOpsWithoutKernel(graph, "tpu", f->status));
  assert_fails(f->status, TF_NOT_FOUND, "tpu");
  TF_DeleteGraph(graph);
}

int main(void) {
#define IN_A_SESSION(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      IN_A_SESSION(tells_what_a_run_needs),     IN_A_SESSION(over_budget_is_a_result),
      IN_A_SESSION(a_value_gives_the_shape),    IN_A_SESSION(wrong_questions),
      IN_A_SESSION(lists_the_ops_of_the_build), IN_A_SESSION(lists_what_a_graph_lacks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
