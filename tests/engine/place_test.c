// Device strings and colocation: who goes where, and what is said when that is nowhere, as TensorFlow 2.21 does it.
#include "tests/support/check.h"

#include <stdio.h>

#include "ctf/ctf.h"
#include "engine/device_spec.h"
#include "engine/plan_graph.h"
#include "engine/session_impl.h"
#include "runtime/log.h"
#include "tests/engine/graph_text.h"

#define A "a Const - dtype=t:float value=v:float//1 "
#define B "b Identity a T=t:float "
#define ON(device) "@device=/device:" device
#define WITH(node) " _class=ls:loc:@" node
#define AVAILABLE                                                                                \
  "/job:localhost/replica:0/task:0/device:CPU:0, /job:localhost/replica:0/task:0/device:CPU:1, " \
  "/job:localhost/replica:0/task:0/device:SIM:0, /job:localhost/replica:0/task:0/device:SIM:1"
#define NOT_THERE(node, device)                                                                         \
  "Cannot assign a device for operation " node ": {{node " node "}} was explicitly assigned to " device \
  " but available "                                                                                     \
  "devices are [ " AVAILABLE " ]. Make sure the device specification refers to a valid device."
#define MALFORMED(device)                                                                                        \
  "Malformed device specification '" device "' in node: {name:'a' id:2 op device:{requested: '" device           \
  "', assigned: "                                                                                                \
  "''} def:{{{node a}} = Const[dtype=DT_FLOAT, value=Tensor<type: float shape: [] values: 1>, _device=\"" device \
  "\"]()}}"
#define CLASH(what, a, b)                                                                             \
  "Cannot colocate nodes {{colocation_node b}} and {{colocation_node a}}: Cannot merge devices with " \
  "incompatible " what ": '" a "' and '" b "'\n\t [[{{node b}}]]"

enum { SOFT = 1, PRUNED = 2 };

typedef struct place_row {
  const char* nodes;
  int how;
  const char* wanted;  // with PRUNED, the node that is needed
  const char* want;    // the devices of the nodes in order, C (CPU), 0 and 1 (of SIM); or the message
} place_row;

// The session has two names for the CPU and two SIM devices.
// clang-format off
static const place_row kRows[] = {
    {A, .want = "C"},
    {A ON("SIM:1") ";" B, .want = "1C"},
    {A ON("SIM:1") ";" B WITH("a"), .want = "11"},
    {A ON("CPU:1") ";" B ON("CPU:0"), .want = "CC"},
    {A ON("CPU:2"), .want = "!" NOT_THERE("a", "/device:CPU:2")},
    {A ON("CPU:2"), SOFT, .want = "C"},
    {A ON("GPU:0"), .want = "!" NOT_THERE("a", "/device:GPU:0")},
    {A ON("GPU:0") ";" B WITH("a"), SOFT, .want = "CC"},
    {A "@device=/job:worker", .want = "!" NOT_THERE("a", "/job:worker")},
    {A "@device=/job:worker/device:CPU:0", SOFT, .want = "!" NOT_THERE("a", "/job:worker/device:CPU:0")},
    {A "@device=/task:1", SOFT, .want = "!" NOT_THERE("a", "/task:1")},

    // groups
    {A "@device=/job:localhost;" B ON("SIM:1") WITH("a"), .want = "11"},
    {A "@device=/device:SIM:*;" B ON("SIM:1") WITH("a"), .want = "11"},
    {A ";" B WITH("a") ";c Identity b T=t:float " ON("SIM:0") WITH("b"), .want = "000"},
    {A WITH("c") ";" B WITH("a") ";c Identity b T=t:float " ON("SIM:0") WITH("b"), .want = "000"},
    {A ON("SIM:1") " _class=ls:foo,loc:@a,bar", .want = "1"},
    {A ON("CPU:0") ";" B ON("CPU:1") WITH("a"), .want = "!" CLASH("ids", "/device:CPU:1", "/device:CPU:0")},
    {A ON("CPU:0") ";" B ON("CPU:1") WITH("a"), SOFT, .want = "CC"},
    {A ON("SIM:0") ";" B ON("SIM:1") WITH("a"), SOFT, .want = "00"},
    {A ON("CPU:0") ";" B ON("SIM:0") WITH("a"), .want = "!" CLASH("types", "/device:SIM:0", "/device:CPU:0")},
    {A ON("SIM:1") ";" B ON("GPU:0") WITH("a"), SOFT, .want = "CC"},
    {A "@device=/job:localhost;" B "@device=/job:worker" WITH("a"), .want = "!" CLASH("jobs", "/job:worker", "/job:localhost")},
    {A "@device=/job:localhost;" B "@device=/job:worker" WITH("a"), SOFT, .want = "!" NOT_THERE("b", "/job:worker")},
    {A "@device=/replica:0;" B "@device=/replica:1" WITH("a"), .want = "!" CLASH("replicas", "/replica:1", "/replica:0")},
    {A "@device=/task:0/cpu:0;" B "@device=/task:1" WITH("a"), .want = "!" CLASH("tasks", "/task:1", "/task:0/device:CPU:0")},
    {A ON("CPU:0") ";d Const - dtype=t:float value=v:float//1 " ON("CPU:1") ";" B WITH("a,loc:@d"),
     .want = "!Cannot colocate nodes {{colocation_node b}} and {{colocation_node d}}: Cannot merge devices with incompatible ids: "
             "'/device:CPU:0' and '/device:CPU:1'"},
    {A ON("GPU:0") ";" B WITH("a"),
     .want = "!Cannot assign a device for operation b: Could not satisfy explicit device specification '' because the node "
             "{{colocation_node b}} was colocated with a group of nodes that required incompatible device '/device:GPU:0'. "
             "All available devices [" AVAILABLE "]."},
    // a group need not be a node
    {A ON("SIM:1") WITH("zz") ";" B WITH("zz"), .want = "11"},
    {A ON("CPU:0") WITH("zz") ";" B ON("CPU:1") WITH("zz"), .want = "!" CLASH("ids", "/device:CPU:1", "/device:CPU:0")},

    // the whole graph is placed, or what is needed of it
    {A ";" B ON("GPU:0"), .wanted = "a", .want = "!" NOT_THERE("b", "/device:GPU:0")},
    {A ";" B ON("GPU:0"), PRUNED, .wanted = "a", .want = "CC"},
    {A ON("SIM:1") ";" B WITH("a"), PRUNED, .wanted = "b", .want = "CC"},

    // strings
    {A "@device=/", .want = "C"},
    {A "@device=/device:SIM", .want = "0"},
    {A "@device=/device:*:1", .want = "C"},
    {A "@device=/device:*", .want = "C"},
    {A "@device=/cpu:1", .want = "C"},
    {A "@device=/cpu:*", .want = "C"},
    {A "@device=/gpu:0", SOFT, .want = "C"},
    {A "@device=/device:SIM:01", .want = "1"},
    {A "@device=/device:CPU:0/device:SIM:0", .want = "0"},
    {A "@device=/device:SIM:1/job:localhost", .want = "1"},
    {A "@device=/job:*/replica:*/task:*/device:SIM:1", .want = "1"},
    {A "@device=/device:cpu:1", .want = "!" NOT_THERE("a", "/device:cpu:1")},
    {A "@device=/device:cpu:1", SOFT, .want = "C"},
    {A "@device=/foo:0", .want = "!" MALFORMED("/foo:0")},
    {A "@device=/foo:0", SOFT, .want = "!" MALFORMED("/foo:0")},
    {A "@device=/cpu", .want = "!" MALFORMED("/cpu")},
    {A "@device=CPU:0", .want = "!" MALFORMED("CPU:0")},
    {A "@device=//", .want = "!" MALFORMED("//")},
    {A "@device=/device:CPU:1/", .want = "!" MALFORMED("/device:CPU:1/")},
    {A "@device=/device:CPU:x", .want = "!" MALFORMED("/device:CPU:x")},
    {A "@device=/device:CPU:-1", .want = "!" MALFORMED("/device:CPU:-1")},
    {A "@device=/job:", .want = "!" MALFORMED("/job:")},
    {A "@device=/job:local~host", .want = "!" MALFORMED("/job:local host")},
};
// clang-format on

static TF_Session* session_of(TF_Graph* graph, int how) {
  TF_Session* session;
  TF_SessionOptions* const options = TF_NewSessionOptions();
  options->num_cpus = 2;
  options->num_sim_devices = 2;
  options->soft_placement = (how & SOFT) != 0;
  options->place_pruned = (how & PRUNED) != 0;
  assert_ok(ctf_session_create(graph, options, &session));
  TF_DeleteSessionOptions(options);
  return session;
}

static bool row_holds(const place_row* row) {
  static const char kPlaces[] = "C01";
  TF_Graph* graph;
  ctf_allocator* scratch;
  uint32_t* devices;
  char text[64] = "";
  assert_ok(ctf_graph_create(&graph));
  assert_ok(ctf_scratch_create(graph->alloc, 1024, &scratch));
  const graph_text nodes = {.nodes = row->nodes, .versions = {.producer = CTF_GRAPH_DEF_VERSION}};
  assert_ok(graph_text_import(graph, &nodes, &(ctf_import_options){.any_colocation = true}));
  TF_Session* const session = session_of(graph, row->how);
  ctf_plan_node wanted = {.op = row->wanted != NULL ? graph_node(graph, row->wanted) : NULL};
  const ctf_plan_graph pruned = {.scratch = scratch, .num_nodes = row->wanted != NULL, .nodes = &wanted};
  const ctf_status status = ctf_graph_choose_devices(graph, &pruned, &session->devices, &devices);
  for (size_t i = 0; status == NULL && i < graph->num_nodes; ++i) text[i] = kPlaces[devices != NULL ? devices[i] : 0];
  const char* const said = status != NULL ? ctf_status_message(status) : text;
  const bool error = row->want[0] == '!';
  const bool right = error == (status != NULL) && (error ? ctf_status_code(status) == TF_INVALID_ARGUMENT &&
                                                               strncmp(said, row->want + 1, strlen(row->want) - 1) == 0
                                                         : strcmp(said, row->want) == 0);
  if (!right) print_error("%s (%d)\n  want %s\n  got  %s\n", row->nodes, row->how, row->want, said);
  ctf_status_drop(status);  // it has been judged
  ctf_allocator_free(scratch);
  ctf_session_delete(session);
  TF_DeleteGraph(graph);
  return right;
}

static void nodes_are_placed_as_tensorflow_places_them(void** state) {
  (void)state;
  size_t wrong = 0;
  for (size_t i = 0; i < sizeof(kRows) / sizeof(kRows[0]); ++i) wrong += !row_holds(&kRows[i]);
  if (wrong > 0) fail_msg("%zu rows", wrong);
}

// ---- names that people write

typedef struct name_row {
  const char* text;
  const char* want;  // NULL: malformed
} name_row;

static void names_are_read_in_any_case(void** state) {
  (void)state;
  static const name_row kNames[] = {
      {"", ""},
      {"cpu", "/device:CPU:*"},
      {"sim:1", "/device:SIM:1"},
      {"Sim:*", "/device:SIM:*"},
      {"/device:cpu:0", "/device:CPU:0"},
      {"/sim:0", "/device:SIM:0"},
      {"/job:localhost/replica:0/task:0/device:Sim:1", "/job:localhost/replica:0/task:0/device:SIM:1"},
      {"gpu:x", NULL},
      {"a b", NULL},
      {"/job:", NULL},
  };
  for (size_t i = 0; i < sizeof(kNames) / sizeof(kNames[0]); ++i) {
    ctf_device_spec spec;
    const bool good = ctf_device_spec_parse_name(kNames[i].text, &spec);
    if (good != (kNames[i].want != NULL)) fail_msg("'%s' is %s", kNames[i].text, good ? "read" : "malformed");
    if (good) assert_string_equal(ctf_device_spec_print(&spec).text, kNames[i].want);
  }
}

// ---- what is said of it

static char lines[512];  // guarded by nothing: the test's own thread

static void keep_line(const char* line) {
  const size_t used = strlen(lines);
  snprintf(lines + used, sizeof(lines) - used, "%s\n", line);
}

static void run_b(TF_Graph* graph, bool soft, bool log_placement) {
  TF_Status* const status = TF_NewStatus();
  TF_SessionOptions* const options = TF_NewSessionOptions();
  options->soft_placement = soft;
  options->log_placement = log_placement;
  CTF_SessionOptionsSetPasses(options, "none", status);
  TF_Session* const session = TF_NewSession(graph, options, status);
  TF_DeleteSessionOptions(options);
  const TF_Output fetch = {graph_node(graph, "b"), 0};
  lines[0] = '\0';
  ctf_log_set_listener(keep_line);
  for (int i = 0; i < 2; ++i) {  // a plan says it once
    TF_Tensor* value = NULL;
    TF_SessionRun(session, NULL, NULL, NULL, 0, &fetch, &value, 1, NULL, 0, NULL, status);
    assert_string_equal(TF_Message(status), "");
    TF_DeleteTensor(value);
  }
  ctf_log_set_listener(NULL);
  TF_DeleteSession(session, status);
  TF_DeleteStatus(status);
}

static void placement_is_said(void** state) {
  (void)state;
  TF_Graph* graph;
  assert_ok(ctf_graph_create(&graph));
  assert_ok(graph_import_nodes(graph, A ON("GPU:3") ";" B ON("GPU:4")));
  run_b(graph, true, false);
  assert_string_equal(
      lines, "ctf: warning: 2 devices asked for are not there, e.g. /device:GPU:4 by node 'b'; the CPU stands in\n");
  ctf_graph_release(graph);
  assert_ok(ctf_graph_create(&graph));
  assert_ok(graph_import_nodes(graph, A ";" B));
  run_b(graph, false, true);
  assert_string_equal(lines,
                      "ctf: info: a: (Const): /job:localhost/replica:0/task:0/device:CPU:0\n"
                      "ctf: info: b: (Identity): /job:localhost/replica:0/task:0/device:CPU:0\n");
  ctf_graph_release(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nodes_are_placed_as_tensorflow_places_them),
      cmocka_unit_test(names_are_read_in_any_case),
      cmocka_unit_test(placement_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
