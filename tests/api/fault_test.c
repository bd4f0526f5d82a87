// The API when there is no memory: every allocation fails in turn, nothing crashes, nothing is left.
#include "tests/support/fault.h"

#include "ctf/ctf.h"

static const int64_t kDims[] = {2, 3};
static const float kValues[] = {1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f};

static ctf_status no_memory(void) { return ctf_error(TF_RESOURCE_EXHAUSTED, "NULL was returned"); }

static ctf_status set_every_kind(TF_OperationDescription* desc) {
  static const int64_t kInts[] = {1, 2};
  static const float kFloats[] = {1.0f, 2.0f};
  static const unsigned char kBools[] = {0, 1};
  static const TF_DataType kTypes[] = {TF_FLOAT, TF_INT8};
  static const void* const kTexts[] = {"a", "bc"};
  static const size_t kLengths[] = {1, 2};
  static const int64_t* const kShapes[] = {kDims, kDims};
  static const int kRanks[] = {2, 1};
  static const char kProto[] = "\x12\x02\x08\x02";
  static const void* const kProtos[] = {kProto};
  static const size_t kProtoLengths[] = {4};
  TF_Status status = {NULL};

  TF_SetAttrString(desc, "_s", "text", 4);
  TF_SetAttrStringList(desc, "_ss", kTexts, kLengths, 2);
  TF_SetAttrInt(desc, "_i", 1);
  TF_SetAttrIntList(desc, "_is", kInts, 2);
  TF_SetAttrFloat(desc, "_f", 1.0f);
  TF_SetAttrFloatList(desc, "_fs", kFloats, 2);
  TF_SetAttrBool(desc, "_b", 1);
  TF_SetAttrBoolList(desc, "_bs", kBools, 2);
  TF_SetAttrType(desc, "_t", TF_HALF);
  TF_SetAttrTypeList(desc, "_ts", kTypes, 2);
  TF_SetAttrShape(desc, "_sh", kDims, 2);
  TF_SetAttrShapeList(desc, "_shs", kShapes, kRanks, 2);
  TF_SetAttrFuncName(desc, "_fn", "function", 8);
  TF_SetAttrPlaceholder(desc, "_p", "T");
  TF_SetAttrTensorShapeProto(desc, "_shp", kProto, 4, &status);
  CTF_TRY(status.status);
  TF_SetAttrTensorShapeProtoList(desc, "_shps", kProtos, kProtoLengths, 1, &status);
  CTF_TRY(status.status);
  TF_SetAttrValueProto(desc, "_vp", "\x18\x2a", 2, &status);
  return status.status;
}

static TF_Tensor* make_tensor(void) {
  TF_Tensor* tensor = TF_AllocateTensor(TF_FLOAT, kDims, 2, sizeof(kValues));
  if (tensor != NULL) memcpy(TF_TensorData(tensor), kValues, sizeof(kValues));
  return tensor;
}

// A description is given up by finishing it, whatever has failed before.
static ctf_status build_constant(TF_Graph* graph, const char* name, TF_Operation** out_node) {
  TF_Status status = {NULL};
  ctf_status first = NULL;
  TF_Tensor* tensor = make_tensor();
  TF_Tensor* const both[] = {tensor, tensor};
  TF_OperationDescription* desc = TF_NewOperation(graph, "Const", name);
  if (tensor == NULL) {
    first = no_memory();
  } else {
    TF_SetAttrTensor(desc, "value", tensor, &status);
    first = status.status;
    status.status = NULL;
  }
  if (first == NULL) {
    TF_SetAttrTensorList(desc, "_ts_t", both, 2, &status);
    first = status.status;
    status.status = NULL;
  }
  TF_SetAttrType(desc, "dtype", TF_FLOAT);
  if (first == NULL) first = set_every_kind(desc);
  TF_DeleteTensor(tensor);
  *out_node = TF_FinishOperation(desc, &status);
  if (first == NULL) return status.status;
  ctf_status_drop(status.status);  // follows from the first
  return first;
}

static ctf_status build_sum(TF_Graph* graph, TF_Operation* a, TF_Operation* b, TF_Operation** out_node) {
  TF_Status status = {NULL};
  const TF_Output inputs[] = {{a, 0}, {b, 0}};
  TF_OperationDescription* desc = TF_NewOperation(graph, "IdentityN", "sum");
  TF_AddInputList(desc, inputs, 2);
  TF_AddControlInput(desc, a);
  TF_ColocateWith(desc, b);
  TF_ColocateWith(desc, a);
  TF_SetDevice(desc, "/device:CPU:0");
  *out_node = TF_FinishOperation(desc, &status);
  return status.status;
}

static ctf_status build_graph(TF_Graph* graph) {
  TF_Operation *a = NULL, *b = NULL, *sum = NULL;
  CTF_TRY(build_constant(graph, "a", &a));
  CTF_TRY(build_constant(graph, "b", &b));
  return build_sum(graph, a, b, &sum);
}

static ctf_status export_graph(TF_Graph* graph, TF_Buffer* buffer) {
  TF_Status status = {NULL};
  TF_GraphToGraphDef(graph, buffer, &status);
  CTF_TRY(status.status);
  TF_Buffer* versions = TF_NewBuffer();
  if (versions == NULL) return no_memory();
  TF_GraphVersions(graph, versions, &status);
  TF_DeleteBuffer(versions);
  return status.status;
}

static ctf_status import_graph(const TF_Buffer* bytes) {
  TF_Status status = {NULL};
  TF_Graph* graph = TF_NewGraph();
  TF_ImportGraphDefOptions* options = TF_NewImportGraphDefOptions();
  if (graph == NULL || options == NULL) {
    status.status = no_memory();
  } else {
    TF_ImportGraphDefOptionsSetPrefix(options, "p");
    TF_ImportGraphDefOptionsSetDefaultDevice(options, "/device:CPU:0");
    TF_GraphImportGraphDef(graph, bytes, options, &status);
  }
  TF_DeleteImportGraphDefOptions(options);
  TF_DeleteGraph(graph);
  return status.status;
}

static ctf_status there_and_back(void) {
  ctf_status status = NULL;
  TF_Graph* graph = TF_NewGraph();
  TF_Buffer* buffer = TF_NewBuffer();
  if (graph == NULL || buffer == NULL) status = no_memory();
  if (status == NULL) status = build_graph(graph);
  if (status == NULL) status = export_graph(graph, buffer);
  if (status == NULL) status = import_graph(buffer);
  TF_DeleteBuffer(buffer);
  TF_DeleteGraph(graph);
  return status;
}

static ctf_status run_and_plan(TF_Graph* graph, TF_Session* session) {
  TF_Status status = {NULL};
  TF_Operation* sum = TF_GraphOperationByName(graph, "sum");
  const TF_Output fetches[] = {{sum, 0}, {sum, 1}};
  const CTF_FeedShape feed = {.feed = {TF_GraphOperationByName(graph, "a"), 0}, .dims = kDims, .num_dims = 2};
  const TF_Buffer run_options = {.data = "\x10\xe0\xd4\x03", .length = 4};  // timeout_in_ms: 60000
  TF_Tensor* results[2] = {NULL, NULL};

  TF_SessionRun(session, &run_options, NULL, NULL, 0, fetches, results, 2, NULL, 0, NULL, &status);
  TF_DeleteTensor(results[0]);
  TF_DeleteTensor(results[1]);
  CTF_TRY(status.status);
  CTF_DeletePlanReport(CTF_SessionPlan(session, &feed, 1, fetches, 2, NULL, 0, &status));
  CTF_TRY(status.status);
  TF_DeleteDeviceList(TF_SessionListDevices(session, &status));
  CTF_TRY(status.status);
  CTF_DeleteOpList(CTF_GraphOpsWithoutKernel(graph, "cpu", &status));
  CTF_TRY(status.status);
  CTF_DeleteOpList(CTF_AllOps(&status));
  return status.status;
}

// The same run, traced: its metadata are written, or nothing is left of it.
static ctf_status run_traced(TF_Graph* graph, TF_Session* session) {
  TF_Status status = {NULL};
  const TF_Output fetch = {TF_GraphOperationByName(graph, "sum"), 0};
  const TF_Buffer run_options = {.data = "\x08\x03\x28\x01", .length = 4};  // FULL_TRACE, partition graphs
  TF_Tensor* result = NULL;
  TF_Buffer* metadata = TF_NewBuffer();
  if (metadata == NULL) return no_memory();
  TF_SessionRun(session, &run_options, NULL, NULL, 0, &fetch, &result, 1, NULL, 0, metadata, &status);
  if (status.status != NULL) {
    assert_null(result);
  } else {
    assert_true(metadata->length > 0);
  }
  TF_DeleteTensor(result);
  TF_DeleteBuffer(metadata);
  return status.status;
}

static ctf_status run_in_a_session(void) {
  TF_Status status = {NULL};
  ctf_status result = NULL;
  TF_Session* session = NULL;
  TF_Graph* graph = TF_NewGraph();
  TF_SessionOptions* options = TF_NewSessionOptions();
  if (graph == NULL || options == NULL) result = no_memory();
  if (result == NULL) result = build_graph(graph);
  if (result == NULL) {
    TF_SetTarget(options, "local");
    CTF_SessionOptionsSetPasses(options, "all", &status);
    if (status.status == NULL) TF_SetConfig(options, "\x38\x01", 2, &status);
    if (status.status == NULL) session = TF_NewSession(graph, options, &status);
    result = status.status;
    status.status = NULL;
  }
  if (result == NULL) result = run_and_plan(graph, session);
  if (result == NULL) result = run_traced(graph, session);
  TF_DeleteSession(session, NULL);
  TF_DeleteSessionOptions(options);
  TF_DeleteGraph(graph);
  return result;
}

// Nothing after a failure.
static TF_Operation* add_op(TF_Graph* graph, const char* op, const char* name, TF_Operation* const* inputs, int count,
                            ctf_status* inout_status) {
  TF_Status status = {NULL};
  if (*inout_status != NULL) return NULL;
  TF_OperationDescription* desc = TF_NewOperation(graph, op, name);
  if (count == 0) TF_SetAttrType(desc, "dtype", TF_FLOAT);
  for (int i = 0; i < count; ++i) TF_AddInput(desc, (TF_Output){inputs[i], 0});
  TF_Operation* node = TF_FinishOperation(desc, &status);
  *inout_status = status.status;
  return node;
}

typedef struct parts_of {
  TF_Session* session;
  TF_Output feeds[2];
  TF_Output fetches[2];
  const char* handle;
} parts_of;

static ctf_status run_the_parts(parts_of* p, TF_Tensor* value) {
  TF_Status status = {NULL};
  TF_Tensor* got = NULL;
  TF_SessionPRunSetup(p->session, p->feeds, 2, p->fetches, 2, NULL, 0, &p->handle, &status);
  CTF_TRY(status.status);
  TF_SessionPRun(p->session, p->handle, p->feeds, &value, 1, NULL, NULL, 0, NULL, 0, &status);
  CTF_TRY(status.status);
  TF_SessionPRun(p->session, p->handle, p->feeds + 1, &value, 1, p->fetches, &got, 1, NULL, 0, &status);
  TF_DeleteTensor(got);
  CTF_TRY(status.status);
  TF_SessionPRun(p->session, p->handle, NULL, NULL, 0, p->fetches + 1, &got, 1, NULL, 0, &status);
  TF_DeleteTensor(got);
  return status.status;
}

static ctf_status run_parts_of(TF_Graph* graph, TF_Operation* const* nodes) {
  TF_Status status = {NULL};
  parts_of p = {.feeds = {{nodes[0], 0}, {nodes[1], 0}}, .fetches = {{nodes[2], 0}, {nodes[3], 0}}};
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_Tensor* value = make_tensor();
  if (options == NULL || value == NULL) {
    status.status = no_memory();
  } else {
    p.session = TF_NewSession(graph, options, &status);
  }
  ctf_status result = status.status;
  if (result == NULL) result = run_the_parts(&p, value);
  TF_DeletePRunHandle(p.handle);
  TF_DeleteSession(p.session, NULL);
  TF_DeleteSessionOptions(options);
  TF_DeleteTensor(value);
  return result;
}

static ctf_status change_nodes(TF_Graph* graph, TF_Operation* const* nodes) {
  TF_Status status = {NULL};
  TF_Buffer number = {.data = "\x18\x07", .length = 2}, type = {.data = "\x30\x0a", .length = 2};
  const TF_Buffer full_type = {.data = "\x08\xe8\x07", .length = 3};
  TF_UpdateEdge(graph, (TF_Output){nodes[1], 0}, (TF_Input){nodes[2], 0}, &status);
  CTF_TRY(status.status);
  TF_SetAttr(graph, nodes[2], "_count", &number, &status);
  CTF_TRY(status.status);
  TF_SetAttr(graph, nodes[3], "T", &type, &status);  // one that it cannot have, which is kept
  CTF_TRY(status.status);
  TF_ClearAttr(graph, nodes[2], "_count", &status);
  CTF_TRY(status.status);
  type.data = "\x30\x01";
  TF_SetAttr(graph, nodes[3], "T", &type, &status);
  CTF_TRY(status.status);
  TF_SetRequestedDevice(graph, nodes[3], "/device:CPU:0");
  TF_AddOperationControlInput(graph, nodes[3], nodes[0]);
  TF_SetFullType(graph, nodes[3], &full_type);
  TF_RemoveAllControlInputs(graph, nodes[3]);
  TF_SetHandleShapeAndType(graph, (TF_Output){nodes[3], 0}, "\x08\x01", 2, &status);
  CTF_TRY(status.status);
  TF_DeleteBuffer(TF_GetHandleShapeAndType(graph, (TF_Output){nodes[3], 0}));
  return NULL;
}

static ctf_status change_and_run_in_parts(void) {
  ctf_status status = NULL;
  TF_Graph* graph = TF_NewGraph();
  if (graph == NULL) return no_memory();
  TF_Operation* nodes[4];
  nodes[0] = add_op(graph, "Placeholder", "a", NULL, 0, &status);
  nodes[1] = add_op(graph, "Placeholder", "b", NULL, 0, &status);
  nodes[2] = add_op(graph, "AddV2", "x", nodes, 2, &status);
  nodes[3] = add_op(graph, "Neg", "y", &nodes[2], 1, &status);
  if (status == NULL) status = run_parts_of(graph, nodes);
  if (status == NULL) status = change_nodes(graph, nodes);
  if (status == NULL) status = run_parts_of(graph, nodes);
  TF_DeleteGraph(graph);
  return status;
}

static ctf_status map_api_defs(void) {
  static const char kOps[] = "\x0a\x17\x0a\x03Neg\x12\x06\x0a\x01x\x22\x01T\x1a\x06\x0a\x01y\x22\x01T\x22\x00";
  static const char kText[] = "op { graph_op_name: 'Neg' description: '`x`.' in_arg { name: 'x' rename_to: 'of' } }";
  TF_Status status = {NULL};
  TF_Buffer ops = {.data = kOps, .length = sizeof(kOps) - 1};
  TF_ApiDefMap* map = TF_NewApiDefMap(&ops, &status);
  CTF_TRY(status.status);
  TF_ApiDefMapPut(map, kText, sizeof(kText) - 1, &status);
  if (status.status == NULL) TF_DeleteBuffer(TF_ApiDefMapGet(map, "Neg", 3, &status));
  TF_DeleteApiDefMap(map);
  return status.status;
}

static int num_releases;

static void note_release(void* data, size_t length, void* arg) {
  (void)data;
  (void)length;
  (void)arg;
  ++num_releases;
}

// The program's bytes come back once, whatever happens.
static ctf_status wrap_bytes(void) {
  static const int64_t kMore[] = {1, 1, 2, 3};
  _Alignas(64) float values[6] = {0};
  ctf_status result = NULL;
  num_releases = 0;
  TF_Tensor* kept = TF_NewTensor(TF_FLOAT, kDims, 2, values, sizeof(values), note_release, NULL);
  TF_Tensor* copied = TF_NewTensor(TF_INT16, kDims, 2, (char*)values + 1, 12, note_release, NULL);
  TF_Tensor* other = TF_AllocateTensor(TF_INT32, NULL, 0, 4);
  TF_Status status = {NULL};
  if (kept == NULL || copied == NULL || other == NULL) {
    result = no_memory();
  } else {
    TF_TensorBitcastFrom(kept, TF_INT32, other, kMore, 4, &status);
    result = status.status;
  }
  TF_DeleteTensor(other);
  TF_DeleteTensor(copied);
  TF_DeleteTensor(kept);
  assert_int_equal(num_releases, 2);
  return result;
}

static void building_export_and_import(void** state) {
  (void)state;
  FOR_EACH_ALLOCATION_FAILURE(there_and_back);
}

static void sessions(void** state) {
  (void)state;
  FOR_EACH_ALLOCATION_FAILURE(run_in_a_session);
}

static void changes_and_parts(void** state) {
  (void)state;
  FOR_EACH_ALLOCATION_FAILURE(change_and_run_in_parts);
}

static void api_defs(void** state) {
  (void)state;
  FOR_EACH_ALLOCATION_FAILURE(map_api_defs);
}

static void tensors(void** state) {
  (void)state;
  FOR_EACH_ALLOCATION_FAILURE(wrap_bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(building_export_and_import),
      cmocka_unit_test(sessions),
      cmocka_unit_test(changes_and_parts),
      cmocka_unit_test(api_defs),
      cmocka_unit_test(tensors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
