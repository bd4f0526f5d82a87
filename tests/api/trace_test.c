// What a traced run tells: through CTF_Trace, and as TensorFlow's RunMetadata.
#include <protobuf-c/protobuf-c.h>

#include "tensorflow/core/protobuf/config.pb-c.h"
#include "tests/api/api_test.h"

static const uint8_t kSoftwareTrace[] = {8, 1}, kFullTrace[] = {8, 3}, kNoTrace[] = {8, 0};

typedef struct traced {
  TF_Status* status;
  TF_Graph* graph;
  TF_Session* session;
  TF_Output feeds[2];
  TF_Tensor* values[2];
  TF_Output fetch;
} traced;

static TF_Operation* unary(TF_Graph* graph, const char* op, const char* name, TF_Operation* x, const char* device) {
  TF_Status* status = TF_NewStatus();
  TF_OperationDescription* desc = TF_NewOperation(graph, op, name);
  TF_AddInput(desc, output_of(x));
  if (device != NULL) TF_SetDevice(desc, device);
  TF_Operation* oper = TF_FinishOperation(desc, status);
  assert_ok(status);
  TF_DeleteStatus(status);
  return oper;
}

// sum = a + b, negative = -sum, square = negative * negative, of 100 floats; negative on the device.
static void build(traced* t, const char* device, const char* passes) {
  static const int64_t kDims[] = {100};
  float numbers[100];
  for (int i = 0; i < 100; ++i) numbers[i] = (float)i;
  *t = (traced){.status = TF_NewStatus(), .graph = TF_NewGraph()};
  TF_Operation* a = placeholder(t->graph, "a", TF_FLOAT, kDims, 1);
  TF_Operation* b = placeholder(t->graph, "b", TF_FLOAT, kDims, 1);
  TF_Operation* negative = unary(t->graph, "Neg", "negative", binary(t->graph, "AddV2", "sum", a, b), device);
  t->feeds[0] = output_of(a);
  t->feeds[1] = output_of(b);
  t->fetch = output_of(binary(t->graph, "Mul", "square", negative, negative));
  for (int i = 0; i < 2; ++i) t->values[i] = float_tensor(kDims, 1, numbers, 100);
  TF_SessionOptions* options = TF_NewSessionOptions();
  CTF_SessionOptionsSetPasses(options, passes, t->status);
  if (device != NULL) CTF_SessionOptionsSetSim(options, 1, 1, 0, t->status);
  t->session = TF_NewSession(t->graph, options, t->status);
  assert_ok(t->status);
  TF_DeleteSessionOptions(options);
}

static void tear_down(traced* t) {
  TF_DeleteTensor(t->values[0]);
  TF_DeleteTensor(t->values[1]);
  TF_DeleteSession(t->session, t->status);
  TF_DeleteGraph(t->graph);
  TF_DeleteStatus(t->status);
}

static void run_traced(traced* t, CTF_Trace* trace) {
  TF_Tensor* got = NULL;
  const CTF_RunRequest request = {.struct_size = sizeof(request),
                                  .feeds = t->feeds,
                                  .feed_values = t->values,
                                  .num_feeds = 2,
                                  .fetches = &t->fetch,
                                  .num_fetches = 1,
                                  .trace = trace};
  CTF_SessionRun(t->session, &request, &got, t->status);
  assert_ok(t->status);
  assert_true(((const float*)TF_TensorData(got))[3] == 36.0f);
  TF_DeleteTensor(got);
}

static CTF_TracedRun whole(traced* t, const CTF_Trace* trace) {
  CTF_TracedRun run = {.struct_size = sizeof(run)};
  CTF_TraceGetRun(trace, &run, t->status);
  assert_ok(t->status);
  return run;
}

static CTF_TracedStep step_at(traced* t, const CTF_Trace* trace, size_t index) {
  CTF_TracedStep step = {.struct_size = sizeof(step)};
  CTF_TraceGetStep(trace, index, &step, t->status);
  assert_ok(t->status);
  return step;
}

static CTF_TracedTensor tensor_at(traced* t, const CTF_Trace* trace, size_t index) {
  CTF_TracedTensor tensor = {.struct_size = sizeof(tensor)};
  CTF_TraceGetTensor(trace, index, &tensor, t->status);
  assert_ok(t->status);
  return tensor;
}

static void a_loop_on_the_host(void** state) {
  (void)state;
  static const char* const kLabels[] = {"sum = AddV2(a, b)", "negative = Neg(sum)", "square = Mul(negative, negative)"};
  static const char* const kTensors[] = {"sum:0", "negative:0", "square:0"};
  traced t;
  build(&t, NULL, "none");
  CTF_Trace* trace = CTF_NewTrace(t.status);
  assert_int_equal(whole(&t, trace).num_steps, 0);
  for (int repeat = 0; repeat < 3; ++repeat) {
    run_traced(&t, trace);
    run_traced(&t, NULL);  // leaves the trace alone
    const CTF_TracedRun run = whole(&t, trace);
    assert_int_equal(run.num_steps, 3);
    assert_int_equal(run.num_tensors, 3);
    assert_true(run.start_unix_ns > INT64_C(1700000000000000000));
    int64_t before_ns = run.admitted_ns;
    assert_true(before_ns > 0);
    for (size_t i = 0; i < 3; ++i) {
      const CTF_TracedStep step = step_at(&t, trace, i);
      assert_string_equal(step.kind, "kernel");
      assert_string_equal(step.label, kLabels[i]);
      assert_string_equal(step.device, "/job:localhost/replica:0/task:0/device:CPU:0");
      assert_true(step.scheduled_ns <= step.start_ns && before_ns <= step.start_ns && step.start_ns <= step.end_ns);
      before_ns = step.end_ns;
      assert_int_equal(step.num_tensors, 1);
      const CTF_TracedTensor tensor = tensor_at(&t, trace, step.first_tensor);
      assert_string_equal(tensor.name, kTensors[i]);
      assert_int_equal(tensor.step, i);
      assert_int_equal(tensor.dtype, TF_FLOAT);
      assert_int_equal(tensor.num_dims, 1);
      assert_int_equal(tensor.dims[0], 100);
      assert_int_equal(tensor.bytes, 400);
      assert_true(tensor.start_ns == step.start_ns);
    }
    assert_true(before_ns <= run.end_ns);
    // The first two lie in the arena, rounded up, until the next step has read them; the last is the caller's.
    const CTF_TracedTensor sum = tensor_at(&t, trace, 0), negative = tensor_at(&t, trace, 1),
                           square = tensor_at(&t, trace, 2);
    assert_int_equal(sum.held_bytes, 448);
    assert_true(sum.offset != negative.offset && sum.offset < 896 && negative.offset < 896);
    assert_true(sum.end_ns == step_at(&t, trace, 1).end_ns && negative.end_ns == step_at(&t, trace, 2).end_ns);
    assert_true(square.offset == SIZE_MAX);
    assert_string_equal(square.role, "fetch");
    assert_true(square.end_ns == run.end_ns);
  }
  CTF_DeleteTrace(trace);
  CTF_DeleteTrace(NULL);
  tear_down(&t);
}

static void bytes_that_are_taken_over(void** state) {
  (void)state;
  traced t;
  build(&t, NULL, "inplace");
  CTF_Trace* trace = CTF_NewTrace(t.status);
  run_traced(&t, trace);
  const CTF_TracedTensor sum = tensor_at(&t, trace, 0), negative = tensor_at(&t, trace, 1);
  assert_true(sum.offset == negative.offset);
  assert_true(sum.end_ns == negative.start_ns);  // at no time are they counted twice
  CTF_DeleteTrace(trace);
  tear_down(&t);
}

static void copies_between_devices(void** state) {
  (void)state;
  traced t;
  build(&t, "/device:SIM:0", "none");
  CTF_Trace* trace = CTF_NewTrace(t.status);
  run_traced(&t, trace);
  const CTF_TracedRun run = whole(&t, trace);
  int num_kernels = 0, num_copies = 0, num_waits = 0;
  int64_t negative_ns = 0;
  for (size_t i = 0; i < run.num_steps; ++i) {
    const CTF_TracedStep step = step_at(&t, trace, i);
    const bool on_sim = strcmp(step.device, "/job:localhost/replica:0/task:0/device:SIM:0") == 0;
    assert_true(step.start_ns <= step.end_ns && step.end_ns <= run.end_ns);
    if (strcmp(step.kind, "wait") == 0) {
      ++num_waits;
      assert_false(on_sim);
      assert_string_equal(step.name, "square");
    }
    if (strcmp(step.kind, "copy") == 0) {
      ++num_copies;
      assert_true(on_sim);
      const bool up = strcmp(step.label, "sum = MEMCPYHtoD(sum)") == 0;
      assert_true(up || strcmp(step.label, "negative = MEMCPYDtoH(negative)") == 0);
      assert_true(up ? negative_ns == 0 : step.start_ns >= negative_ns);
    }
    if (strcmp(step.kind, "kernel") == 0) {
      ++num_kernels;
      assert_int_equal(on_sim, strcmp(step.name, "negative") == 0);
      if (on_sim) negative_ns = step.end_ns;
    }
    for (size_t j = 0; j < step.num_tensors; ++j) {
      assert_int_equal(tensor_at(&t, trace, step.first_tensor + j).step, i);
    }
  }
  assert_int_equal(num_kernels, 3);
  assert_int_equal(num_copies, 2);
  assert_true(num_waits <= 1);  // the host's, before the product, if the device has not been there first
  CTF_DeleteTrace(trace);
  tear_down(&t);
}

static void failed_runs_and_bad_calls(void** state) {
  (void)state;
  traced t;
  build(&t, NULL, "none");
  TF_Status* s = t.status;
  CTF_Trace* trace = CTF_NewTrace(s);
  CTF_TracedRun run = {.struct_size = sizeof(run)};
  CTF_TracedStep step = {.struct_size = sizeof(step)};
  CTF_TracedTensor tensor = {.struct_size = sizeof(tensor)};
  TF_Buffer* buffer = TF_NewBuffer();
  // Shapes that do not fit are seen before the first step.
  static const int64_t kOther[] = {3};
  const float three[] = {1, 2, 3};
  run_traced(&t, trace);
  TF_Tensor* values[] = {t.values[0], float_tensor(kOther, 1, three, 3)};
  TF_Tensor* got = NULL;
  const CTF_RunRequest request = {.struct_size = sizeof(request),
                                  .feeds = t.feeds,
                                  .feed_values = values,
                                  .num_feeds = 2,
                                  .fetches = &t.fetch,
                                  .num_fetches = 1,
                                  .trace = trace};
  CTF_SessionRun(t.session, &request, &got, s);
  assert_fails(s, TF_INVALID_ARGUMENT, "sum");
  TF_DeleteTensor(values[1]);

  CTF_TraceGetRun(NULL, &run, s);
  assert_fails(s, TF_INVALID_ARGUMENT, "the trace is NULL");
  CTF_TraceGetRun(trace, NULL, s);
  assert_fails(s, TF_INVALID_ARGUMENT, "the place for the result is NULL");
  CTF_TraceGetStep(trace, 3, &step, s);
  assert_fails(s, TF_INVALID_ARGUMENT, "step 3 was asked for, there are 3");
  CTF_TraceGetTensor(trace, SIZE_MAX, &tensor, s);
  assert_fails(s, TF_INVALID_ARGUMENT, "there are 3");
  CTF_TraceToRunMetadata(trace, NULL, s);
  assert_fails(s, TF_INVALID_ARGUMENT, "the place for the result is NULL");
  CTF_TraceToRunMetadata(trace, buffer, s);
  assert_ok(s);
  CTF_TraceToRunMetadata(trace, buffer, s);
  assert_fails(s, TF_INVALID_ARGUMENT, "non-empty");
  TF_DeleteBuffer(buffer);
  CTF_DeleteTrace(trace);
  tear_down(&t);
}

// ---- RunMetadata

static Tensorflow__RunMetadata* run_for_metadata(traced* t, const uint8_t* run_options, size_t length,
                                                 TF_Buffer* buffer) {
  TF_Buffer* options = run_options != NULL ? TF_NewBufferFromString(run_options, length) : NULL;
  TF_Tensor* got = NULL;
  TF_SessionRun(t->session, options, t->feeds, t->values, 2, &t->fetch, &got, 1, NULL, 0, buffer, t->status);
  assert_ok(t->status);
  TF_DeleteTensor(got);
  TF_DeleteBuffer(options);
  if (buffer == NULL) return NULL;
  assert_non_null(buffer->data);
  Tensorflow__RunMetadata* metadata = tensorflow__run_metadata__unpack(NULL, buffer->length, buffer->data);
  assert_non_null(metadata);
  return metadata;
}

static void check_node(const Tensorflow__NodeExecStats* node, const char* label) {
  assert_string_equal(node->timeline_label, label);
  assert_memory_equal(node->node_name, label, strlen(node->node_name));
  assert_true(node->all_start_nanos / 1000 == node->all_start_micros);
  assert_true(node->scheduled_micros <= node->all_start_micros);
  assert_true(node->op_start_rel_nanos == 0 && node->op_end_rel_nanos >= 0);
  assert_true(node->op_end_rel_nanos <= node->all_end_rel_nanos);
  assert_true(node->all_end_rel_micros == node->all_end_rel_nanos / 1000);
  assert_int_equal(node->n_output, 1);
  const Tensorflow__TensorDescription* output = node->output[0]->tensor_description;
  assert_int_equal(output->dtype, TENSORFLOW__DATA_TYPE__DT_FLOAT);
  assert_int_equal(output->shape->n_dim, 1);
  assert_int_equal(output->shape->dim[0]->size, 100);
  assert_int_equal(output->allocation_description->requested_bytes, 400);
  assert_true(output->allocation_description->ptr != 0);
  assert_int_equal(node->n_memory, 1);
  const Tensorflow__AllocatorMemoryUsed* memory = node->memory[0];
  assert_int_equal(memory->total_bytes, output->allocation_description->allocated_bytes);
  assert_int_equal(memory->live_bytes, memory->total_bytes);
  assert_string_equal(memory->allocator_name, strcmp(node->node_name, "square") == 0 ? "cpu" : "arena");
  assert_int_equal(memory->n_allocation_records, 2);
  assert_int_equal(memory->allocation_records[0]->alloc_bytes, memory->total_bytes);
  assert_int_equal(memory->allocation_records[1]->alloc_bytes, -memory->total_bytes);
  assert_true(memory->allocation_records[0]->alloc_micros == node->all_start_micros);
}

static void run_metadata(void** state) {
  (void)state;
  static const char* const kLabels[] = {"sum = AddV2(a, b)", "negative = Neg(sum)", "square = Mul(negative, negative)"};
  traced t;
  build(&t, NULL, "none");
  for (int full = 0; full < 2; ++full) {
    TF_Buffer* buffer = TF_NewBuffer();
    Tensorflow__RunMetadata* metadata = run_for_metadata(&t, full ? kFullTrace : kSoftwareTrace, 2, buffer);
    assert_non_null(metadata->step_stats);
    assert_int_equal(metadata->step_stats->n_dev_stats, 1);
    const Tensorflow__DeviceStepStats* device = metadata->step_stats->dev_stats[0];
    assert_string_equal(device->device, "/job:localhost/replica:0/task:0/device:CPU:0");
    assert_int_equal(device->n_thread_names, 1);
    assert_int_equal(device->n_node_stats, 3);
    for (size_t i = 0; i < 3; ++i) check_node(device->node_stats[i], kLabels[i]);
    tensorflow__run_metadata__free_unpacked(metadata, NULL);
    TF_DeleteBuffer(buffer);
  }
  // Without a trace there is nothing to tell; and nothing is told when nobody asks.
  for (int given = 0; given < 2; ++given) {
    TF_Buffer* buffer = TF_NewBuffer();
    Tensorflow__RunMetadata* metadata = run_for_metadata(&t, given ? kNoTrace : NULL, 2, buffer);
    assert_null(metadata->step_stats);
    assert_int_equal(buffer->length, 0);
    tensorflow__run_metadata__free_unpacked(metadata, NULL);
    TF_DeleteBuffer(buffer);
  }
  assert_null(run_for_metadata(&t, kFullTrace, 2, NULL));
  tear_down(&t);
}

static void run_metadata_of_two_devices(void** state) {
  (void)state;
  traced t;
  build(&t, "/device:SIM:0", "none");
  TF_Buffer* buffer = TF_NewBuffer();
  Tensorflow__RunMetadata* metadata = run_for_metadata(&t, kFullTrace, 2, buffer);
  assert_int_equal(metadata->step_stats->n_dev_stats, 2);
  assert_int_equal(metadata->step_stats->dev_stats[0]->n_node_stats, 2);
  const Tensorflow__DeviceStepStats* sim = metadata->step_stats->dev_stats[1];
  assert_string_equal(sim->device, "/job:localhost/replica:0/task:0/device:SIM:0");
  assert_int_equal(sim->n_node_stats, 3);
  assert_string_equal(sim->node_stats[0]->node_name, "sum:MEMCPYHtoD");
  assert_string_equal(sim->node_stats[1]->node_name, "negative");
  assert_string_equal(sim->node_stats[2]->node_name, "negative:MEMCPYDtoH");
  tensorflow__run_metadata__free_unpacked(metadata, NULL);
  TF_DeleteBuffer(buffer);
  tear_down(&t);
}

static const char* const* names_of(const Tensorflow__GraphDef* graph) {
  static const char* names[16];
  assert_true(graph->n_node < COUNT(names));
  for (size_t i = 0; i < graph->n_node; ++i) names[i] = graph->node[i]->name;
  return names;
}

static void partition_graphs(void** state) {
  (void)state;
  static const uint8_t kPartitions[] = {0x28, 1};  // RunOptions.output_partition_graphs
  static const char* const kHost[] = {"_arg_a_0_0", "_arg_b_0_1",        "sum", "sum/_1_send", "negative/_3",
                                      "square",     "_retval_square_0_0"};
  static const char* const kSim[] = {"sum/_1", "negative", "negative/_3_send"};
  static const char* const* const kNames[] = {kHost, kSim};
  traced t;
  build(&t, "/device:SIM:0", "none");
  TF_Buffer* buffer = TF_NewBuffer();
  Tensorflow__RunMetadata* metadata = run_for_metadata(&t, kPartitions, 2, buffer);
  assert_null(metadata->step_stats);
  assert_int_equal(metadata->n_partition_graphs, 2);
  for (int d = 0; d < 2; ++d) {
    const Tensorflow__GraphDef* graph = metadata->partition_graphs[d];
    assert_int_equal(graph->n_node, d == 0 ? COUNT(kHost) : COUNT(kSim));
    const char* const* names = names_of(graph);
    for (size_t i = 0; i < graph->n_node; ++i) {
      assert_string_equal(names[i], kNames[d][i]);
      assert_non_null(strstr(graph->node[i]->device, d == 0 ? "CPU:0" : "SIM:0"));
    }
  }
  const Tensorflow__NodeDef *sum = metadata->partition_graphs[0]->node[2],
                            *recv = metadata->partition_graphs[1]->node[0];
  assert_string_equal(sum->op, "AddV2");
  assert_string_equal(sum->input[0], "_arg_a_0_0");
  assert_string_equal(sum->input[1], "_arg_b_0_1");
  assert_string_equal(recv->op, "_Recv");
  assert_string_equal(metadata->partition_graphs[1]->node[1]->input[0], "sum/_1");
  tensorflow__run_metadata__free_unpacked(metadata, NULL);
  TF_DeleteBuffer(buffer);
  tear_down(&t);

  // What the passes fuse is shown as the nodes that it is made of.
  build(&t, NULL, "all");
  buffer = TF_NewBuffer();
  metadata = run_for_metadata(&t, kPartitions, 2, buffer);
  assert_int_equal(metadata->n_partition_graphs, 1);
  assert_int_equal(metadata->partition_graphs[0]->n_node, 6);
  assert_string_equal(metadata->partition_graphs[0]->node[3]->name, "negative");
  assert_string_equal(metadata->partition_graphs[0]->node[3]->input[0], "sum");
  tensorflow__run_metadata__free_unpacked(metadata, NULL);
  TF_DeleteBuffer(buffer);
  tear_down(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_loop_on_the_host),     cmocka_unit_test(bytes_that_are_taken_over),
      cmocka_unit_test(copies_between_devices), cmocka_unit_test(failed_runs_and_bad_calls),
      cmocka_unit_test(run_metadata),           cmocka_unit_test(run_metadata_of_two_devices),
      cmocka_unit_test(partition_graphs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
