// What the options of an import do: names that are there, mapped inputs, control dependencies, results. What is wanted
// was read from TensorFlow 2.21's C library.
#include "tests/support/check.h"

#include <stdio.h>

#include "tests/engine/graph_text.h"
#include "tests/support/fault.h"

#define F " dtype=t:float;"
#define T " T=t:float;"
#define BASE                                                                                    \
  "in Placeholder -" F "dim Const - dtype=t:int32 value=k:0;split Split dim,in num_split=i:2" T \
  "n NoOp -;m NoOp -;"                                                                          \
  "i32 Placeholder - dtype=t:int32;a NoOp -;x/y NoOp -"
#define MAPS(...)                                                                         \
  .num_mappings = sizeof((ctf_input_mapping[]){__VA_ARGS__}) / sizeof(ctf_input_mapping), \
  .mappings = (const ctf_input_mapping[]) {                                               \
    __VA_ARGS__                                                                           \
  }
#define CONTROLS(...)                                                               \
  .num_control_dependencies = sizeof((const char*[]){__VA_ARGS__}) / sizeof(char*), \
  .control_dependencies = (const char* const[]) {                                   \
    __VA_ARGS__                                                                     \
  }
#define OUTPUTS(...)                                                                      \
  .num_return_outputs = sizeof((ctf_tensor_ref[]){__VA_ARGS__}) / sizeof(ctf_tensor_ref), \
  .return_outputs = (const ctf_tensor_ref[]) {                                            \
    __VA_ARGS__                                                                           \
  }
#define OPERATIONS(...)                                                          \
  .num_return_operations = sizeof((const char*[]){__VA_ARGS__}) / sizeof(char*), \
  .return_operations = (const char* const[]) {                                   \
    __VA_ARGS__                                                                  \
  }

typedef struct option_row {
  const char* nodes;
  ctf_import_options options;
  const char* want;  // "name(inputs) ...", then "| outputs", "| operations", "| missing"; or the message of an error
} option_row;

#define READER "p Placeholder -" F "id Identity p" T "add AddV2 id,ext:1,^c,^p" T "c NoOp -;tail NoOp ^add"
#define LOOP "e Enter in frame_name=s:f" T "me Merge e,ni N=i:2" T "ni NextIteration me" T "in Placeholder -" F

// clang-format off
static const option_row kRows[] = {
    // names that are there, or that something there begins with
    {"a NoOp -", {0}, "!Node name 'a' already exists in the Graph"},
    {"x NoOp -", {0}, "!Node name 'x' already exists in the Graph"},
    {"x/z NoOp -", {0}, "x/z()"},
    {"a NoOp -;b NoOp ^a _class=ls:loc:@a", {.uniquify_names = true}, "a_1() b(^a_1)loc:@a_1"},
    {"x NoOp -;a NoOp -;a_1 NoOp ^a;a_2/q NoOp ^x", {.uniquify_names = true}, "x_1() a_3() a_1(^a_3) a_2/q(^x_1)"},
    {"a NoOp -", {.prefix = "a"}, "a/a()"},
    {"y NoOp -", {.prefix = "x"}, "!Node name 'x/y' already exists in the Graph"},
    {"y NoOp -", {.prefix = "x", .uniquify_names = true}, "x/y_1()"},
    {"y NoOp -;y_1 NoOp ^y", {.prefix = "x", .uniquify_names = true}, "x/y_2() x/y_1(^x/y_2)"},
    {"y NoOp -", {.prefix = "x", .uniquify_prefix = true}, "x_1/y()"},
    {"y NoOp -", {.prefix = "a/", .uniquify_prefix = true}, "a_1/y()"},
    {"y NoOp -", {.prefix = "q", .uniquify_prefix = true, .uniquify_names = true}, "q/y()"},
    {"y NoOp -", {.prefix = "/"}, "!Imported node name prefix '/' would lead to invalid node names"},
    {"y NoOp -", {.prefix = "q//"}, "q//y()"},

    // colocation
    {"w NoOp - _class=ls:loc:@a", {0}, "!Node 'w' expects to be colocated with unknown node 'a'"},
    {"w NoOp - _class=ls:loc:@a", {.any_colocation = true}, "w()loc:@a"},
    {"w NoOp - _class=ls:loc:@a", {.any_colocation = true, .prefix = "q"}, "q/w()loc:@q/a"},

    // mapped inputs
    {READER, {0}, "!Node 'add': Unknown input node 'ext:1'"},
    {READER, {.prefix = "q", MAPS({{"ext", 1}, {"split", 1}}, {{"p", 0}, {"in", 0}}), CONTROLS("n"),
              OUTPUTS({"p", 0}, {"add", 0}, {"c", -1}), OPERATIONS("p", "c")},
     "q/p(^n) q/id(in,^n) q/c(^n) q/add(q/id,split:1,^q/c,^q/p) q/tail(^q/add) | in:0 q/add:0 q/c:-1 | q/p q/c"},
    {READER, {MAPS({{"ext", 1}, {"split", 1}}, {{"zz", 0}, {"in", 0}}, {{"p", 3}, {"in", 0}}, {{"id", 1}, {"in", 0}},
                   {{"a", 0}, {"in", 0}}, {{"c", -1}, {"n", -1}}, {{"p", -1}, {"n", -1}}, {{"gone", -1}, {"n", -1}}),
              CONTROLS("n", "m"), OUTPUTS({"add", 0})},
     "p(^n,^m) id(p) add(id,split:1,^n) c(^n,^m) tail(^add) | add:0 | | a:0 gone:-1 id:1 p:3 zz:0"},
    {"k NoOp ^u,^v,^n1;n1 NoOp -", {MAPS({{"u", -1}, {"n", -1}}, {{"v", -1}, {"n", -1}}), CONTROLS("m")},
     "n1(^m) k(^n,^n1)"},
    {"k NoOp ^u", {MAPS({{"u", -1}, {"n", -1}}), CONTROLS("n", "m")}, "k(^n,^m)"},
    {"id Identity p" T, {MAPS({{"p", 0}, {"i32", 0}}, {{"p", 0}, {"in", 0}})}, "id(in)"},  // the last one counts
    {"id Identity p" T, {MAPS({{"p", 0}, {"i32", 0}})},
     "!Input 0 of node id was passed int32 from i32:0 incompatible with expected float."},
    {"id Identity p" T, {MAPS({{"p", 0}, {"split", 2}})},
     "!Node 'id': Connecting to invalid output 2 of source node split which has 2 outputs."},
    {"id Identity p" T, {MAPS({{"p", 0}, {"split", -2}})},
     "!Node 'id': Connecting to invalid output -2 of source node split which has 2 outputs."},
    {"id Identity p" T, {MAPS({{"p", 0}, {"split", -1}})},
     "!input_map entry p:0->^split between control edge and non-control edge"},
    {"id Identity p" T, {MAPS({{"p", -1}, {"split", 0}})},
     "!input_map entry ^p->split:0 between control edge and non-control edge"},
    {"k NoOp -", {MAPS({{"k", 0}, {"nope", 0}})},
     "!node 'nope' in input_map does not exist in graph (input_map entry: k:0->nope:0)"},
    {"k NoOp -", {CONTROLS("nope")}, "!node 'nope' in control_dependencies does not exist in graph"},

    // loops: what is mapped does not close one; an entered loop waits through its Enter
    {LOOP, {.prefix = "l", MAPS({{"ni", 0}, {"in", 0}}), OUTPUTS({"ni", 0})},
     "l/in() l/e(l/in) l/me(l/e,in) l/ni(l/me) | in:0"},
    {LOOP, {.prefix = "l", CONTROLS("n")}, "l/in(^n) l/e(l/in) l/me(l/e,l/ni) l/ni(l/me)"},

    // results
    {"k NoOp -", {OUTPUTS({"nope", 0})}, "!Requested return tensor 'nope:0' not found in graph def"},
    {"k NoOp -", {OUTPUTS({"k", 0})}, "!Invalid return output 0 of node 'k', which has 0 output(s)"},
    {"k NoOp -", {OUTPUTS({"k", -2})}, "!Invalid return output -2 of node 'k', which has 0 output(s)"},
    {"k NoOp -", {OPERATIONS("nope")}, "!Requested return node 'nope' not found in graph def"},
    {"a NoOp -", {.uniquify_names = true, OUTPUTS({"a", -1}), OPERATIONS("a")}, "a_1() | a_1:-1 | a_1"},
};
// clang-format on

typedef struct text {
  char data[1024];
  size_t length;
} text;

static void CTF_PRINTF(2, 3) put(text* t, const char* format, ...) {
  va_list args;
  va_start(args, format);
  t->length += (size_t)vsnprintf(t->data + t->length, sizeof(t->data) - t->length, format, args);
  va_end(args);
  assert_true(t->length < sizeof(t->data));
}

static void put_node(text* t, const TF_Operation* node) {
  const char* comma = "";
  put(t, "%s%s(", t->length > 0 ? " " : "", node->name.data);
  for (int i = 0; i < node->num_inputs; ++i) {
    put(t, node->inputs[i].index > 0 ? "%s%s:%d" : "%s%s", comma, node->sources[i]->name.data, node->inputs[i].index);
    comma = ",";
  }
  for (size_t i = 0; i < node->num_controls; ++i) {
    put(t, "%s^%s", comma, node->graph->nodes[node->controls[i]]->name.data);
    comma = ",";
  }
  put(t, ")");
  for (size_t i = 0; i < node->num_extra_attrs; ++i) {
    if (ctf_bytes_equal(node->extra_attrs[i].name, "_class")) {
      put(t, "%s", node->extra_attrs[i].value.strings[0].data);
    }
  }
}

static void put_results(text* t, const ctf_import_results* results) {
  if (results->num_outputs + results->num_operations + results->num_missing > 0) put(t, " |");
  for (size_t i = 0; i < results->num_outputs; ++i) {
    put(t, " %s:%d", results->outputs[i].oper->name.data, results->outputs[i].index);
  }
  if (results->num_operations + results->num_missing > 0) put(t, " |");
  for (size_t i = 0; i < results->num_operations; ++i) put(t, " %s", results->operations[i]->name.data);
  if (results->num_missing > 0) put(t, " |");
  for (size_t i = 0; i < results->num_missing; ++i) {
    put(t, " %s:%d", results->missing_names[i], results->missing_indexes[i]);
  }
}

static ctf_status import_nodes(TF_Graph* graph, const char* nodes, const ctf_import_options* options,
                               ctf_import_results* results) {
  ctf_status status = NULL;
  ctf_allocator* scratch = NULL;
  ctf_bytes bytes;
  const graph_text file = {.nodes = nodes, .versions = {.producer = CTF_GRAPH_DEF_VERSION}};
  CTF_TRY_DONE(ctf_scratch_create(graph->alloc, 4096, &scratch));
  CTF_TRY_DONE(graph_text_encode(&file, scratch, &bytes));
  const ctf_source source = {.data = (const uint8_t*)bytes.data, .bytes = bytes.length, .budget = graph->budget};
  CTF_TRY_DONE(ctf_graph_import(graph, &source, options, results));

done:
  ctf_allocator_free(scratch);
  return status;
}

static void options_do_what_they_say(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kRows) / sizeof(kRows[0]); ++i) {
    const option_row* row = &kRows[i];
    TF_Graph* graph;
    ctf_import_results results = {0};
    text got = {0};
    assert_ok(ctf_graph_create(&graph));
    assert_ok(graph_import_nodes(graph, BASE));
    const size_t base = graph->num_nodes;
    assert_ok(ctf_scratch_create(graph->alloc, 1024, &results.alloc));
    const ctf_status status = import_nodes(graph, row->nodes, &row->options, &results);
    if (status == NULL) {
      for (size_t k = base; k < graph->num_nodes; ++k) put_node(&got, graph->nodes[k]);
      put_results(&got, &results);
    } else {
      put(&got, "!%s", ctf_status_message(status));
      assert_int_equal(ctf_status_code(status), TF_INVALID_ARGUMENT);
      assert_int_equal(graph->num_nodes, base);
    }
    ctf_status_drop(status);  // it has been judged
    if (strcmp(got.data, row->want) != 0)
      fail_msg("row %zu, %s\n  want %s\n  got  %s", i, row->nodes, row->want, got.data);
    assert_int_equal(ctf_string_map_count(graph->names), graph->num_nodes);
    ctf_allocator_free(results.alloc);
    ctf_graph_release(graph);
  }
}

// Everything at once on a graph that has all that it names; on failure the graph is as it was.
static ctf_status import_with_everything(void) {
  ctf_status status = NULL;
  TF_Graph* graph = NULL;
  ctf_import_results results = {0};
  const ctf_import_options options = {.prefix = "x",
                                      .default_device = "/cpu:0",
                                      .uniquify_names = true,
                                      MAPS({{"ext", 1}, {"split", 1}}, {{"zz", 0}, {"in", 0}}),
                                      CONTROLS("n", "m"),
                                      OUTPUTS({"add", 0}, {"ext", 1}),
                                      OPERATIONS("tail")};
  CTF_TRY_DONE(ctf_graph_create(&graph));
  CTF_TRY_DONE(graph_import_nodes(graph, BASE));
  const size_t base = graph->num_nodes;
  CTF_TRY_DONE(ctf_scratch_create(graph->alloc, 1024, &results.alloc));
  status = import_nodes(graph, READER ";y NoOp -", &options, &results);
  assert_int_equal(graph->num_nodes, base + (status == NULL ? 6 : 0));
  assert_int_equal(ctf_string_map_count(graph->names), graph->num_nodes);
  if (status == NULL) assert_string_equal(results.missing_names[0], "zz");

done:
  ctf_allocator_free(results.alloc);
  ctf_graph_release(graph);
  return status;
}

static void options_survive_oom(void** state) {
  (void)state;
  FOR_EACH_ALLOCATION_FAILURE(import_with_everything);
}

typedef struct library_row {
  const char* first;
  const char* second;
  const char* want;  // the functions afterwards, or the message of an error
} library_row;

static const library_row kLibraries[] = {
    {"f g", "h", "f g h"},
    {"f g", "g f", "f g"},  // the same again is the same
    {"f", "f f", "f"},
    {"f", "NoOp", "!Cannot add function 'NoOp' because an op with the same name already exists."},
};

static void functions_are_kept_once(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kLibraries) / sizeof(kLibraries[0]); ++i) {
    const library_row* row = &kLibraries[i];
    const graph_text first = {.nodes = "a NoOp -", .functions = row->first};
    const graph_text second = {.nodes = "b NoOp -", .functions = row->second};
    TF_Graph *graph, *other;
    assert_ok(ctf_graph_create(&graph));
    assert_ok(graph_text_import(graph, &first, NULL));
    const size_t before = graph->library.length;
    if (row->want[0] == '!') {
      assert_fails(graph_text_import(graph, &second, NULL), TF_INVALID_ARGUMENT, row->want + 1);
      assert_int_equal(graph->library.length, before);
      assert_int_equal(graph->num_nodes, 1);
    } else {
      const graph_text whole = {.nodes = "a NoOp -", .functions = row->want};
      assert_ok(graph_text_import(graph, &second, NULL));
      assert_ok(ctf_graph_create(&other));
      assert_ok(graph_text_import(other, &whole, NULL));
      assert_int_equal(graph->library.length, other->library.length);
      assert_memory_equal(graph->library.data, other->library.data, other->library.length);
      ctf_graph_release(other);
    }
    ctf_graph_release(graph);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(options_do_what_they_say),
      cmocka_unit_test(options_survive_oom),
      cmocka_unit_test(functions_are_kept_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
