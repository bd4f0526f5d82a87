// Ops and kernels of programs: from a library, and from the program itself.
#include <stdlib.h>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tests/api/api_test.h"

static TF_Library* library;

static int load_library(void** state) {
  (void)state;
  TF_Status* status = TF_NewStatus();
  library = TF_LoadLibrary(getenv("CTF_CUSTOM_LIBRARY"), status);
  if (TF_GetCode(status) != TF_OK) print_error("%s\n", TF_Message(status));
  TF_DeleteStatus(status);
  return library != NULL ? 0 : -1;
}

static int unload_library(void** state) {
  (void)state;
  TF_DeleteLibraryHandle(library);
  return 0;
}

static bool holds(TF_Buffer bytes, const char* text) {
  return memmem(bytes.data, bytes.length, text, strlen(text)) != NULL;
}

static void a_library_tells_its_ops(void** state) {
  (void)state;
  TF_Status* status = TF_NewStatus();
  const TF_Buffer ops = TF_GetOpList(library);
  assert_true(holds(ops, "CtfTestScale"));
  assert_true(holds(ops, "CtfTestJoin"));
  assert_false(holds(ops, "MatMul"));
  TF_Library* again = TF_LoadLibrary(getenv("CTF_CUSTOM_LIBRARY"), status);
  assert_ok(status);
  assert_int_equal(TF_GetOpList(again).length, ops.length);
  assert_memory_equal(TF_GetOpList(again).data, ops.data, ops.length);
  TF_DeleteLibraryHandle(again);
  assert_null(TF_LoadLibrary("/nowhere/to/be/found.so", status));
  assert_fails(status, TF_NOT_FOUND, "/nowhere/to/be/found.so");
  assert_null(TF_LoadLibrary(NULL, status));
  assert_fails(status, TF_INVALID_ARGUMENT, "NULL");
  assert_null(TF_GetOpList(NULL).data);
  TF_DeleteLibraryHandle(NULL);

  TF_Buffer* all = TF_GetAllOpList();
  assert_true(holds(*all, "CtfTestScale"));
  assert_true(holds(*all, "MatMul"));
  TF_DeleteBuffer(all);
  TF_Buffer* kernels = TF_GetRegisteredKernelsForOp("CtfTestScale", status);
  assert_ok(status);
  assert_true(holds(*kernels,
                    "\x12\x03"
                    "CPU"));
  assert_true(holds(*kernels, "\x0a\x01T"));
  TF_DeleteBuffer(kernels);
  kernels = TF_GetAllRegisteredKernels(status);
  assert_true(holds(*kernels, "CtfTestJoin"));
  assert_true(holds(*kernels, "MatMul"));
  TF_DeleteBuffer(kernels);
  kernels = TF_GetRegisteredKernelsForOp("NoSuchOp", status);
  assert_ok(status);
  assert_int_equal(kernels->length, 0);
  TF_DeleteBuffer(kernels);
  TF_DeleteStatus(status);
}

typedef struct scale_graph {
  TF_Graph* graph;
  TF_Operation* x;
  TF_Operation* y;
  TF_Session* session;
  TF_Status* status;
} scale_graph;

static void build_scale(scale_graph* g, float factor, const char* mode) {
  const int64_t dims[] = {-1};
  g->status = TF_NewStatus();
  g->graph = TF_NewGraph();
  g->x = placeholder(g->graph, "x", TF_FLOAT, dims, 1);
  TF_OperationDescription* desc = TF_NewOperation(g->graph, "CtfTestScale", "scaled");
  TF_AddInput(desc, output_of(g->x));
  if (factor != 2) TF_SetAttrFloat(desc, "factor", factor);
  if (mode != NULL) TF_SetAttrString(desc, "mode", mode, strlen(mode));
  g->y = TF_FinishOperation(desc, g->status);
  assert_ok(g->status);
  g->session = TF_NewSession(g->graph, NULL, g->status);
  assert_ok(g->status);
}

static void free_scale(scale_graph* g) {
  TF_DeleteSession(g->session, g->status);
  TF_DeleteGraph(g->graph);
  TF_DeleteStatus(g->status);
}

static TF_Tensor* run_scale(scale_graph* g, TF_Tensor* x) {
  const TF_Output feed = output_of(g->x), fetch = output_of(g->y);
  TF_Tensor* got = NULL;
  TF_SessionRun(g->session, NULL, &feed, &x, 1, &fetch, &got, 1, NULL, 0, NULL, g->status);
  return got;
}

static void a_kernel_computes(void** state) {
  (void)state;
  static const struct {
    float factor;
    const char* mode;
    float want;
  } kRows[] = {{2, NULL, 2}, {3, "ok", 3}, {5, "input", 1}};
  const float values[] = {1, -2, 4};
  const int64_t dims[] = {3};
  for (size_t i = 0; i < COUNT(kRows); ++i) {
    scale_graph g;
    build_scale(&g, kRows[i].factor, kRows[i].mode);
    assert_int_equal(TF_GraphGetTensorNumDims(g.graph, output_of(g.y), g.status), 1);
    TF_Tensor* x = float_tensor(dims, 1, values, 3);
    for (int run = 0; run < 2; ++run) {
      TF_Tensor* y = run_scale(&g, x);
      assert_ok(g.status);
      assert_int_equal(TF_TensorElementCount(y), 3);
      for (int j = 0; j < 3; ++j) assert_float_equal(((float*)TF_TensorData(y))[j], kRows[i].want * values[j], 0);
      assert_ptr_not_equal(TF_TensorData(y), TF_TensorData(x));
      TF_DeleteTensor(y);
    }
    TF_DeleteTensor(x);
    free_scale(&g);
  }
}

static size_t bytes_in_use(void) {
  CTF_MemoryInfo info = {.struct_size = sizeof(info)};
  CTF_GetMemoryInfo(NULL, "cpu", &info, NULL);
  return info.used_bytes;
}

static void a_failing_kernel_ends_the_run(void** state) {
  (void)state;
  static const struct {
    float factor;
    const char* mode;
    TF_Code code;
    const char* text;
  } kRows[] = {
      {2, "fail", TF_DATA_LOSS, "as it was told"},
      {2, "greedy", TF_RESOURCE_EXHAUSTED, "4.0 TiB"},
      {2, "none", TF_INVALID_ARGUMENT, "has not set output 0"},
      {2, "type", TF_INVALID_ARGUMENT, "output 0 is float, the tensor is int32"},
      {-1, "ok", TF_INVALID_ARGUMENT, "the factor is negative"},
  };
  for (size_t i = 0; i < COUNT(kRows); ++i) {
    scale_graph g;
    const size_t before = bytes_in_use();
    build_scale(&g, kRows[i].factor, kRows[i].mode);
    TF_Tensor* x = float_tensor((const int64_t[]){2}, 1, (const float[]){1, 2}, 2);
    for (int run = 0; run < 2; ++run) {
      assert_null(run_scale(&g, x));
      assert_non_null(strstr(TF_Message(g.status), "scaled"));
      if (kRows[i].code == TF_RESOURCE_EXHAUSTED) {
        assert_int_equal(TF_GetCode(g.status), TF_RESOURCE_EXHAUSTED);
      } else {
        assert_fails(g.status, kRows[i].code, kRows[i].text);
      }
    }
    TF_DeleteTensor(x);
    free_scale(&g);
    assert_int_equal(bytes_in_use(), before);
  }
}

static void its_budget_is_that_of_the_session(void** state) {
  (void)state;
  scale_graph g;
  build_scale(&g, 2, NULL);
  TF_DeleteSession(g.session, g.status);
  TF_SessionOptions* options = TF_NewSessionOptions();
  CTF_SessionOptionsSetMemoryLimit(options, (size_t)1 << 20, g.status);
  g.session = TF_NewSession(g.graph, options, g.status);
  TF_DeleteSessionOptions(options);
  const int64_t dims[] = {(1 << 20) / 4};
  TF_Tensor* x = TF_AllocateTensor(TF_FLOAT, dims, 1, 1 << 20);
  memset(TF_TensorData(x), 0, 1 << 20);
  assert_null(run_scale(&g, x));
  assert_int_equal(TF_GetCode(g.status), TF_RESOURCE_EXHAUSTED);
  TF_DeleteTensor(x);
  free_scale(&g);
}

static void plan_reports_are_not_exact(void** state) {
  (void)state;
  scale_graph g;
  build_scale(&g, 2, NULL);
  const int64_t dims[] = {3};
  const CTF_FeedShape feed = {.feed = output_of(g.x), .dims = dims, .num_dims = 1};
  const TF_Output fetch = output_of(g.y);
  CTF_PlanReport* report = CTF_SessionPlan(g.session, &feed, 1, &fetch, 1, NULL, 0, g.status);
  assert_ok(g.status);
  assert_false(CTF_PlanReportExact(report));
  assert_non_null(strstr(CTF_PlanReportNotExact(report), "scaled"));
  CTF_DeletePlanReport(report);
  free_scale(&g);
}

static void shape_functions_refuse(void** state) {
  (void)state;
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  const int64_t dims[] = {1, 2, 3};
  TF_OperationDescription* desc = TF_NewOperation(graph, "CtfTestScale", "cube");
  TF_AddInput(desc, output_of(placeholder(graph, "x", TF_FLOAT, dims, 3)));
  assert_null(TF_FinishOperation(desc, status));
  assert_fails(status, TF_INVALID_ARGUMENT, "Shape must be at most rank 2 but is rank 3 for '{{node cube}}");
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
}

static void types_without_a_kernel_are_named(void** state) {
  (void)state;
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  TF_Operation* x = placeholder(graph, "x", TF_DOUBLE, NULL, 0);
  TF_OperationDescription* desc = TF_NewOperation(graph, "CtfTestScale", "wide");
  TF_AddInput(desc, output_of(x));
  const TF_Output feed = output_of(x), fetch = output_of(TF_FinishOperation(desc, status));
  assert_ok(status);
  TF_Session* session = TF_NewSession(graph, NULL, status);
  TF_Tensor *value = TF_AllocateTensor(TF_DOUBLE, NULL, 0, 8), *got = NULL;
  memset(TF_TensorData(value), 0, 8);
  TF_SessionRun(session, NULL, &feed, &value, 1, &fetch, &got, 1, NULL, 0, NULL, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "CtfTestScale for float64");
  TF_DeleteTensor(value);
  TF_DeleteSession(session, status);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
}

static void strings_go_through(void** state) {
  (void)state;
  static const char* const kTexts[] = {"short, ", "and one that does not fit into an element, ", ""};
  const size_t before = bytes_in_use();
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  TF_Output feeds[3];
  TF_Tensor* values[3];
  for (int i = 0; i < 3; ++i) {
    const char name[] = {(char)('a' + i), '\0'};
    feeds[i] = output_of(placeholder(graph, name, TF_STRING, NULL, 0));
    values[i] = TF_AllocateTensor(TF_STRING, NULL, 0, sizeof(TF_TString));
    TF_StringCopy(TF_TensorData(values[i]), kTexts[i], strlen(kTexts[i]));
  }
  TF_OperationDescription* desc = TF_NewOperation(graph, "CtfTestJoin", "joined");
  TF_AddInputList(desc, feeds, 3);
  const TF_Output fetch = output_of(TF_FinishOperation(desc, status));
  assert_ok(status);
  TF_Session* session = TF_NewSession(graph, NULL, status);
  TF_Tensor* got = NULL;
  TF_SessionRun(session, NULL, feeds, values, 3, &fetch, &got, 1, NULL, 0, NULL, status);
  assert_ok(status);
  const TF_TString* text = TF_TensorData(got);
  assert_int_equal(TF_StringGetSize(text), strlen(kTexts[0]) + strlen(kTexts[1]));
  assert_memory_equal(TF_StringGetDataPointer(text), "short, and one", 14);
  TF_DeleteTensor(got);
  for (int i = 0; i < 3; ++i) TF_DeleteTensor(values[i]);
  TF_DeleteSession(session, status);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
  assert_int_equal(bytes_in_use(), before);
}

static void registering_refuses(void** state) {
  (void)state;
  static const struct {
    const char *name, *attr, *input;
    TF_Code code;
    const char* text;
  } kRows[] = {
      {"MatMul", NULL, NULL, TF_ALREADY_EXISTS, "MatMul"},
      {"CtfTestScale", NULL, NULL, TF_ALREADY_EXISTS, "CtfTestScale"},
      {"lower", NULL, NULL, TF_INVALID_ARGUMENT, "'lower' is no name for an op"},
      {NULL, NULL, NULL, TF_INVALID_ARGUMENT, "'' is no name for an op"},
      {"CtfBad", NULL, "x: T", TF_INVALID_ARGUMENT, "argument 'x': 'T' is no type"},
      {"CtfBad", NULL, "x: N * float", TF_INVALID_ARGUMENT, "argument 'x': 'N' is no int attribute"},
      {"CtfBad", NULL, "x", TF_INVALID_ARGUMENT, "a name and a colon are wanted"},
      {"CtfBad", NULL, "x: float32 y", TF_INVALID_ARGUMENT, "more than a definition"},
      {"CtfBad", NULL, "x: Ref(float", TF_INVALID_ARGUMENT, "')' is wanted"},
      {"CtfBad", "T", NULL, TF_INVALID_ARGUMENT, "Trouble parsing \"T\""},
      {"CtfBad", "T: kind", NULL, TF_INVALID_ARGUMENT, "a kind of attribute is wanted"},
      {"CtfBad", "T: {float, 'a'}", NULL, TF_INVALID_ARGUMENT, "types and texts are mixed"},
      {"CtfBad", "T: {float", NULL, TF_INVALID_ARGUMENT, "'}' is wanted"},
      {"CtfBad", "T: list(int", NULL, TF_INVALID_ARGUMENT, "')' is wanted"},
      {"CtfBad", "b: bool >= 1", NULL, TF_INVALID_ARGUMENT, "only an int or a list has a minimum"},
      {"CtfBad", "b: bool = maybe", NULL, TF_INVALID_ARGUMENT, "true or false is wanted"},
      {"CtfBad", "s: string = 'open", NULL, TF_INVALID_ARGUMENT, "the text has no end"},
      {"CtfBad", "s: shape = { dim { size: } }", NULL, TF_INVALID_ARGUMENT, "an integer is wanted"},
      {"CtfBad", "l: list(int) = [1, 2", NULL, TF_INVALID_ARGUMENT, "']' is wanted"},
      {"CtfBad", "t: tensor = {}", NULL, TF_INVALID_ARGUMENT, "cannot be given as text"},
  };
  TF_Status* status = TF_NewStatus();
  for (size_t i = 0; i < COUNT(kRows); ++i) {
    TF_OpDefinitionBuilder* builder = TF_NewOpDefinitionBuilder(kRows[i].name);
    if (kRows[i].attr != NULL) TF_OpDefinitionBuilderAddAttr(builder, kRows[i].attr);
    if (kRows[i].input != NULL) TF_OpDefinitionBuilderAddInput(builder, kRows[i].input);
    TF_RegisterOpDefinition(builder, status);
    assert_fails(status, kRows[i].code, kRows[i].text);
  }
  TF_RegisterOpDefinition(NULL, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "NULL");
  TF_RegisterKernelBuilder("k", NULL, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "NULL");
  TF_RegisterKernelBuilder("k", TF_NewKernelBuilder("X", "CPU", NULL, NULL, NULL), status);
  assert_fails(status, TF_INVALID_ARGUMENT, "no function that computes");
  TF_DeleteOpDefinitionBuilder(NULL);
  TF_DeleteOpDefinitionBuilder(TF_NewOpDefinitionBuilder("CtfNever"));
  TF_DeleteKernelBuilder(NULL);
  TF_DeleteStatus(status);
}

// ---- every kind of attribute, as a kernel's creation sees it

static int num_seen;

static void* see_attributes(TF_OpKernelConstruction* c) {
  TF_Status* s = TF_NewStatus();
  int32_t i32 = 0, i32s[3] = {0}, count, total;
  int64_t i64 = 0, i64s[2] = {0};
  float f = 0, fs[2] = {0};
  TF_Bool b = 0, bs[2] = {0};
  TF_DataType t = 0, ts[2] = {0};
  char text[8], storage[16], *texts[2];
  size_t lengths[2];
  TF_OpKernelConstruction_GetAttrInt32(c, "i", &i32, s);
  assert_int_equal(i32, 7);
  TF_OpKernelConstruction_GetAttrInt64(c, "i", &i64, s);
  assert_int_equal(i64, 7);
  TF_OpKernelConstruction_GetAttrFloat(c, "f", &f, s);
  assert_float_equal(f, -1.5, 0);
  TF_OpKernelConstruction_GetAttrBool(c, "b", &b, s);
  assert_int_equal(b, 1);
  TF_OpKernelConstruction_GetAttrType(c, "t", &t, s);
  assert_int_equal(t, TF_INT64);
  TF_OpKernelConstruction_GetAttrString(c, "s", text, sizeof(text), s);
  assert_string_equal(text, "a'b");
  assert_ok(s);
  TF_OpKernelConstruction_GetAttrSize(c, "s", &count, &total, s);
  assert_int_equal(count, -1);
  assert_int_equal(total, 3);
  TF_OpKernelConstruction_GetAttrSize(c, "ss", &count, &total, s);
  assert_int_equal(count, 2);
  assert_int_equal(total, 3);
  TF_OpKernelConstruction_GetAttrSize(c, "shape", &count, &total, s);
  assert_int_equal(total, 2);
  TF_OpKernelConstruction_GetAttrInt32List(c, "is", i32s, 2, s);
  assert_memory_equal(i32s, ((const int32_t[]){1, -2, 0}), sizeof(i32s));
  TF_OpKernelConstruction_GetAttrInt64List(c, "is", i64s, 2, s);
  assert_int_equal(i64s[1], -2);
  TF_OpKernelConstruction_GetAttrFloatList(c, "fs", fs, 2, s);
  assert_float_equal(fs[1], 2.5, 0);
  TF_OpKernelConstruction_GetAttrBoolList(c, "bs", bs, 2, s);
  assert_int_equal(bs[0], 1);
  TF_OpKernelConstruction_GetAttrTypeList(c, "ts", ts, 2, s);
  assert_int_equal(ts[1], TF_STRING);
  TF_OpKernelConstruction_GetAttrStringList(c, "ss", texts, lengths, 2, storage, sizeof(storage), s);
  assert_int_equal(lengths[1], 2);
  assert_memory_equal(texts[1], "yz", 2);
  assert_ok(s);
  TF_OpKernelConstruction_GetAttrStringList(c, "ss", texts, lengths, 2, storage, 2, s);
  assert_fails(s, TF_INVALID_ARGUMENT, "Not enough storage");
  TF_OpKernelConstruction_GetAttrInt32(c, "nothing", &i32, s);
  assert_fails(s, TF_INVALID_ARGUMENT, "No attr named 'nothing'");
  TF_OpKernelConstruction_GetAttrInt32(c, "f", &i32, s);
  assert_fails(s, TF_INVALID_ARGUMENT, "attribute 'f' is float, int was asked for");
  TF_OpKernelConstruction_GetAttrInt32(c, "wide", &i32, s);
  assert_fails(s, TF_INVALID_ARGUMENT, "out of range for an int32");
  TF_OpKernelConstruction_GetAttrInt32(c, "i", NULL, s);
  assert_fails(s, TF_INVALID_ARGUMENT, "NULL");
  assert_true(TF_OpKernelConstruction_HasAttr(c, "i", s));
  assert_false(TF_OpKernelConstruction_HasAttr(c, "nothing", s));
  const TF_StringView name = TF_OpKernelConstruction_GetName(c);
  assert_int_equal(name.len, 4);
  assert_memory_equal(name.data, "node", 4);
  TF_DeleteStatus(s);
  ++num_seen;
  return &num_seen;
}

static void see_nothing(void* kernel, TF_OpKernelContext* context) {
  assert_ptr_equal(kernel, &num_seen);
  assert_int_equal(TF_NumInputs(context), 0);
  assert_int_equal(TF_NumOutputs(context), 0);
  assert_int_equal(TF_InputDatatype(context, 0), 0);
  assert_int_equal(TF_ExpectedOutputDataType(context, 0), 0);
  assert_int_not_equal(TF_StepId(context), 0);
}

static void forget(void* kernel) { --*(int*)kernel; }

static void attributes_of_every_kind(void** state) {
  (void)state;
  static const char* const kAttrs[] = {"i: int >= 2 = 7",
                                       "f: float = -1.5",
                                       "b: bool = true",
                                       "t: numbertype = DT_INT64",
                                       "s: string = 'a\\'b'",
                                       "shape: shape = { dim { size: 2 } dim { size: -1 } }",
                                       "is: list(int) >= 1 = [1, -2]",
                                       "fs: list(float) = [1, 2.5]",
                                       "bs: list(bool) = [true, false]",
                                       "ts: list({float, string}) = [DT_FLOAT, DT_STRING]",
                                       "ss: list({'x', 'yz'}) = ['x', 'yz']",
                                       "wide: int = 4294967296",
                                       "open: shape = { unknown_rank: true }",
                                       "none: list(type) = []"};
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* builder = TF_NewOpDefinitionBuilder("CtfTestSee");
  for (size_t i = 0; i < COUNT(kAttrs); ++i) TF_OpDefinitionBuilderAddAttr(builder, kAttrs[i]);
  TF_OpDefinitionBuilderSetIsStateful(builder, true);
  TF_OpDefinitionBuilderSetIsCommutative(builder, false);
  TF_OpDefinitionBuilderSetIsAggregate(builder, false);
  TF_OpDefinitionBuilderSetAllowsUninitializedInput(builder, false);
  TF_RegisterOpDefinition(builder, status);
  assert_ok(status);
  TF_KernelBuilder* kernel = TF_NewKernelBuilder("CtfTestSee", "CPU", see_attributes, see_nothing, forget);
  TF_KernelBuilder_Priority(kernel, 3);
  TF_RegisterKernelBuilder("See", kernel, status);
  assert_ok(status);

  TF_Graph* graph = TF_NewGraph();
  const TF_Operation* node = TF_FinishOperation(TF_NewOperation(graph, "CtfTestSee", "node"), status);
  assert_ok(status);
  TF_Session* session = TF_NewSession(graph, NULL, status);
  for (int run = 0; run < 2; ++run) {
    TF_SessionRun(session, NULL, NULL, NULL, 0, NULL, NULL, 0, &node, 1, NULL, status);
    assert_ok(status);
    assert_int_equal(num_seen, 1);
  }
  TF_DeleteSession(session, status);
  assert_int_equal(num_seen, 0);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_library_tells_its_ops),
      cmocka_unit_test(a_kernel_computes),
      cmocka_unit_test(a_failing_kernel_ends_the_run),
      cmocka_unit_test(its_budget_is_that_of_the_session),
      cmocka_unit_test(plan_reports_are_not_exact),
      cmocka_unit_test(shape_functions_refuse),
      cmocka_unit_test(types_without_a_kernel_are_named),
      cmocka_unit_test(strings_go_through),
      cmocka_unit_test(registering_refuses),
      cmocka_unit_test(attributes_of_every_kind),
  };
  return cmocka_run_group_tests(tests, load_library, unload_library);
}
