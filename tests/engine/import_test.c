// A GraphDef into a graph: names, edges, order, loops, prefixes, versions, functions; all of it or nothing.
#include "tests/support/check.h"

#include <stdio.h>

#include "tests/engine/graph_text.h"
#include "tests/support/fault.h"

#define P "p Placeholder - dtype=t:float;"

typedef struct import_row {
  graph_text text;
  ctf_import_options options;
  TF_Code code;
  const char* message;  // how it begins; on success the names in the order of the graph
} import_row;

#define NODES(text_) \
  {                  \
    .text = {.nodes = text_, .versions = {.producer = CTF_GRAPH_DEF_VERSION} }
#define INVALID(text_, message_)                                 \
  NODES(text_), .code = TF_INVALID_ARGUMENT, .message = message_ \
  }
#define FINE(text_, names_)       \
  NODES(text_), .message = names_ \
  }
#define BAD_VERSIONS(message_, ...) \
  { .text = {.nodes = "a NoOp -", .versions = __VA_ARGS__}, .code = TF_INVALID_ARGUMENT, .message = message_ }

#define LOOP "c Placeholder - dtype=t:float;e Enter c T=t:float frame_name=s:f;"

// clang-format off
static const import_row kRows[] = {
    // versions
    BAD_VERSIONS("GraphDef min consumer version 9999 above current version 2474 for ctf.", {.producer = 20, .min_consumer = 9999}),
    BAD_VERSIONS("GraphDef disallows consumer version 2474.", {2474, 0, 2, (const int32_t[]){3, 2474}}),
    BAD_VERSIONS("GraphDef producer version -5 below min producer 0", {.producer = -5}),
    {.text = {.nodes = "a NoOp -"}, .message = "a"},

    // names
    INVALID("a~b NoOp -", "Node 'a b': Node name contains invalid characters"),
    INVALID("% NoOp -", "Node '': Node name contains invalid characters"),
    INVALID("_a NoOp -", "Node '_a': Node name contains invalid characters"),
    INVALID("a NoOp -;a NoOp -", "Node 'a' is not unique"),
    INVALID("a % -", "Node 'a' does not specify an operation"),
    INVALID("a % -;a NoOp -", "Node 'a' does not specify an operation"),
    INVALID("a Nope -;b~ NoOp -", "Node 'b ': Node name contains invalid characters"),

    // inputs
    INVALID("x Identity y T=t:float", "Node 'x': Unknown input node 'y'"),
    INVALID("x NoOp ^y", "Node 'x': Unknown input node '^y'"),
    INVALID(P "x NoOp ^p:0", "Node 'x': Unknown input node '^p:0'"),
    INVALID(P "x NoOp ^", "Node 'x': Unknown input node '^'"),
    INVALID(P "x NoOp ^^p", "Node 'x': Unknown input node '^^p'"),
    INVALID(P "x Identity p: T=t:float", "Node 'x': Unknown input node 'p:'"),
    INVALID(P "x Identity p:0:0 T=t:float", "Node 'x': Unknown input node 'p:0:0'"),
    INVALID(P "x Identity p:-1 T=t:float", "Node 'x': Unknown input node 'p:-1'"),
    INVALID(P "x Identity :0 T=t:float", "Node 'x': Unknown input node ':0'"),
    INVALID(P "x Identity % T=t:float", "Node 'x': Unknown input node ''"),
    INVALID("x Nope y", "Node 'x': Unknown input node 'y'"),
    INVALID(P "x Identity ^p,p T=t:float", "Node 'x': Control dependencies must come after regular dependencies"),
    INVALID(P "x Identity p:1 T=t:float", "Node 'x': Connecting to invalid output 1 of source node p which has 1 outputs."),
    INVALID(P "x Nope p:1", "Node 'x': Connecting to invalid output 1 of source node p which has 1 outputs."),
    INVALID(P "x Identity p:99999999999 T=t:float", "Node 'x': Connecting to invalid output "),
    FINE(P "x Identity p:00,^p T=t:float", "p x"),

    // order: of those that are ready, the first in the file
    FINE("d NoOp ^c;c NoOp ^a,^b;b NoOp -;a NoOp -", "b a c d"),
    FINE("x Neg y T=t:float;y Neg p T=t:float;" P "z NoOp -", "p y x z"),
    FINE("%", ""),

    // cycles
    INVALID("x NoOp ^x", "1 nodes in a cycle"),
    INVALID("x NoOp ^y;y NoOp ^x;z NoOp -", "2 nodes in a cycle"),
    INVALID("x NoOp ^y;y NoOp ^x;z NoOp ^x", "3 nodes in a cycle"),
    INVALID("x Identity y T=t:float;y Identity x T=t:float", "2 nodes in a cycle"),
    INVALID("x NoOp ^y;y Nope ^x", "2 nodes in a cycle"),
    INVALID("m Identity n T=t:float;n NextIteration m T=t:float", "2 nodes in a cycle"),
    INVALID("m Merge n T=t:float N=i:1;n NextIteration m T=t:float", "2 nodes in a cycle"),
    INVALID(LOOP "m Merge e,n,^q T=t:float N=i:2;n NextIteration m T=t:float;q NoOp ^m", "3 nodes in a cycle"),
    INVALID(LOOP "m Merge e,i T=t:float N=i:2;i Identity m T=t:float", "2 nodes in a cycle"),

    // loops
    FINE(LOOP "m Merge e,n T=t:float N=i:2;n NextIteration m T=t:float", "c e m n"),
    FINE("n NextIteration m T=t:float;m Merge e,n T=t:float N=i:2;e Enter c T=t:float frame_name=s:f;c Placeholder - dtype=t:float",
         "c e m n"),
    FINE("v VariableV2 - dtype=t:float shape=sh:2;m RefMerge v,n T=t:float N=i:2;n RefNextIteration m T=t:float", "v m n"),
    INVALID(LOOP "m Merge e,n T=t:float N=i:2;n NextIteration m:1 T=t:int32",
            "Input 1 of node m was passed int32 from n:0 incompatible with expected float."),
    INVALID(LOOP "m Merge e,n:1 T=t:float N=i:2;n NextIteration m T=t:float",
            "Output 1 of node n does not exist. Node only has 1 outputs."),

    // colocations
    INVALID("x NoOp - _class=ls:loc:@nope", "Node 'x' expects to be colocated with unknown node 'nope'"),
    INVALID("x Nope - _class=ls:loc:@nope", "Node 'x' expects to be colocated with unknown node 'nope'"),
    INVALID("x NoOp - _class=ls:other,loc:@^x", "Node 'x' expects to be colocated with unknown node '^x'"),
    FINE("x NoOp - _class=ls:loc:@z;z NoOp - _class=s:loc:@nope", "x z"),

    // prefixes
    {.text = {.nodes = "a NoOp -"}, .options = {.prefix = "q"}, .message = "q/a"},
    {.text = {.nodes = "b NoOp ^a;a NoOp -"}, .options = {.prefix = "q/"}, .message = "q/a q/b"},
    {.text = {.nodes = "a NoOp -"}, .options = {.prefix = "q r"}, .code = TF_INVALID_ARGUMENT,
     .message = "Imported node name prefix 'q r/' would lead to invalid node names"},
    {.text = {.nodes = "a NoOp -"}, .options = {.prefix = "_q"}, .code = TF_INVALID_ARGUMENT,
     .message = "Imported node name prefix '_q/' would lead to invalid node names"},
    {.text = {.nodes = "_a NoOp -"}, .options = {.prefix = "q"}, .code = TF_INVALID_ARGUMENT,
     .message = "Node '_a': Node name contains invalid characters"},
    {.text = {.nodes = "a NoOp -;a NoOp -"}, .options = {.prefix = "q"}, .code = TF_INVALID_ARGUMENT,
     .message = "Node 'a' is not unique"},
    {.text = {.nodes = "x NoOp ^q/x"}, .options = {.prefix = "q"}, .code = TF_INVALID_ARGUMENT,
     .message = "Node 'x': Unknown input node '^q/x'"},
    {.text = {.nodes = P "x Identity p T=t:int32"}, .options = {.prefix = "q"}, .code = TF_INVALID_ARGUMENT,
     .message = "Input 0 of node q/x was passed float from q/p:0 incompatible with expected int32."},

    // functions
    {.text = {.nodes = "a NoOp -", .functions = "f g"}, .message = "a"},
    {.text = {.nodes = P "x g p", .functions = "f g"}, .code = TF_UNIMPLEMENTED, .message = "node 'x': function 'g' cannot be called yet"},
    {.text = {.nodes = P "x h p", .functions = "f g"}, .code = TF_NOT_FOUND, .message = "Op type not registered 'h'"},
};
// clang-format on

static void names_in_order(const TF_Graph* graph, char* out_text, size_t size) {
  size_t length = 0;
  out_text[0] = '\0';
  for (size_t i = 0; i < graph->num_nodes; ++i) {
    length += (size_t)snprintf(out_text + length, size - length, "%s%s", i > 0 ? " " : "", graph->nodes[i]->name.data);
    assert_true(length < size);
  }
}

static void graphs_are_checked(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kRows) / sizeof(kRows[0]); ++i) {
    const import_row* row = &kRows[i];
    graph_text text = row->text;
    TF_Graph* graph;
    char names[256];
    if (strcmp(text.nodes, "%") == 0) text.nodes = "";
    assert_ok(ctf_graph_create(&graph));
    const uint64_t live = ctf_memory_num_live();
    const ctf_status status = graph_text_import(graph, &text, &row->options);
    names_in_order(graph, names, sizeof(names));
    const char* const got = status == NULL ? names : ctf_status_message(status);
    if (ctf_status_code(status) != row->code || strncmp(got, row->message, strlen(row->message)) != 0) {
      fail_msg("row %zu, %s\n  want %s: %s\n  got  %s: %s", i, text.nodes, ctf_code_name(row->code), row->message,
               ctf_code_name(ctf_status_code(status)), got);
    }
    if (status == NULL) {
      assert_string_equal(names, row->message);
    } else {
      assert_int_equal(graph->num_nodes, 0);
      assert_int_equal(ctf_string_map_count(graph->names), 0);
      assert_int_equal(graph->num_scratches, 1);
    }
    const bool failed = status != NULL;
    ctf_status_drop(status);  // it has been judged
    // Of a failed import nothing is left but room: the list of nodes may have grown.
    if (failed) assert_true(ctf_memory_num_live() <= live + 1);
    ctf_graph_release(graph);
  }
}

static void edges_follow_the_file(void** state) {
  (void)state;
  TF_Graph* graph;
  assert_ok(ctf_graph_create(&graph));
  assert_ok(graph_import_nodes(graph, LOOP "n NextIteration m T=t:float;m Merge e,n T=t:float N=i:2;"
                                           "w NoOp ^m,^e,^m,^m"));
  const TF_Operation *m = graph_node(graph, "m"), *n = graph_node(graph, "n"), *e = graph_node(graph, "e");
  const TF_Operation* const w = graph_node(graph, "w");
  assert_int_equal(m->inputs[0].node, e->id);
  assert_int_equal(m->inputs[1].node, n->id);  // the back edge
  assert_true(n->id > m->id);
  assert_ptr_equal(m->sources[1], n);
  assert_int_equal(w->num_controls, 2);  // each once
  assert_int_equal(w->controls[0], m->id);
  assert_int_equal(w->controls[1], e->id);
  ctf_graph_release(graph);
}

static void prefix_and_device_apply(void** state) {
  (void)state;
  TF_Graph* graph;
  const graph_text text = {.nodes = P "x Identity p,^p T=t:float _class=ls:loc:@p,other @device=/device:CPU:0"};
  const ctf_import_options options = {.prefix = "a/b", .default_device = "/device:SIM:1"};
  assert_ok(ctf_graph_create(&graph));
  assert_ok(graph_text_import(graph, &text, &options));
  const TF_Operation *p = graph_node(graph, "a/b/p"), *x = graph_node(graph, "a/b/x");
  assert_string_equal(p->device.data, "/device:SIM:1");
  assert_string_equal(x->device.data, "/device:CPU:0");
  assert_int_equal(x->inputs[0].node, p->id);
  assert_int_equal(x->controls[0], p->id);
  assert_int_equal(x->num_extra_attrs, 1);
  assert_int_equal(x->extra_attrs[0].value.count, 2);
  assert_true(ctf_bytes_equal(x->extra_attrs[0].value.strings[0], "loc:@a/b/p"));
  assert_true(ctf_bytes_equal(x->extra_attrs[0].value.strings[1], "other"));
  ctf_graph_release(graph);
}

static void imports_add_up(void** state) {
  (void)state;
  TF_Graph* graph;
  char names[64];
  const graph_text text = {.nodes = "b NoOp ^a;a NoOp -"};
  const ctf_import_options second = {.prefix = "q"};
  assert_ok(ctf_graph_create(&graph));
  assert_ok(graph_text_import(graph, &text, NULL));
  assert_fails(graph_text_import(graph, &text, NULL), TF_INVALID_ARGUMENT, "Node name 'b' already exists in the Graph");
  assert_fails(graph_import_nodes(graph, "c NoOp ^a"), TF_INVALID_ARGUMENT, "Node 'c': Unknown input node '^a'");
  assert_fails(graph_import_nodes(graph, "d NoOp -;c Nope -"), TF_NOT_FOUND, "'Nope'");
  assert_ok(graph_text_import(graph, &text, &second));
  assert_fails(graph_text_import(graph, &text, &second), TF_INVALID_ARGUMENT, "Node name 'q/a' already exists");
  names_in_order(graph, names, sizeof(names));
  assert_string_equal(names, "a b q/a q/b");
  assert_int_equal(ctf_string_map_count(graph->names), 4);
  assert_int_equal(graph_node(graph, "q/b")->controls[0], 2);
  assert_int_equal(graph->num_scratches, 3);
  ctf_graph_release(graph);
}

static void noise_is_refused(void** state) {
  (void)state;
  static const uint8_t kNoise[] = {0x0a, 0xff, 0x01, 0x02};
  TF_Graph* graph;
  assert_ok(ctf_graph_create(&graph));
  const ctf_source source = {.data = kNoise, .bytes = sizeof(kNoise), .budget = graph->budget};
  assert_fails(ctf_graph_import(graph, &source, NULL, NULL), TF_INVALID_ARGUMENT, "Invalid GraphDef");
  const ctf_source nothing = {.data = kNoise, .bytes = 0, .budget = graph->budget};
  assert_ok(ctf_graph_import(graph, &nothing, NULL, NULL));
  assert_int_equal(graph->num_nodes, 0);
  ctf_graph_release(graph);
}

// Two imports into one graph: what was there before the second must be there after it, whatever failed.
static ctf_status import_twice(void) {
  ctf_status status = NULL;
  TF_Graph* graph = NULL;
  const graph_text first = {.nodes = P "k Const - dtype=t:int32 value=c:2,3;x Reshape p,k T=t:float", .functions = "f"};
  const graph_text second = {
      .nodes =
          "n NextIteration m T=t:float;m Merge e,n T=t:float N=i:2;e Enter c T=t:float frame_name=s:f;"
          "c Const - dtype=t:float value=c:4;y NoOp ^e _class=ls:loc:@c _o=lsh:2|3",
      .versions = {20, 3, 1, (const int32_t[]){5}},
      .functions = "g"};
  const ctf_import_options options = {.prefix = "q"};
  CTF_TRY_DONE(ctf_graph_create(&graph));
  CTF_TRY_DONE(graph_text_import(graph, &first, NULL));
  const ctf_versions versions = graph->versions;
  const size_t library_bytes = graph->library.length;
  status = graph_text_import(graph, &second, &options);
  if (status == NULL) {
    assert_int_equal(graph->num_nodes, 8);
  } else {
    assert_int_equal(graph->num_nodes, 3);
    assert_int_equal(ctf_string_map_count(graph->names), 3);
    assert_int_equal(graph->num_scratches, 2);
    assert_int_equal(graph->library.length, library_bytes);
    assert_memory_equal(&graph->versions, &versions, sizeof(versions));
    assert_int_equal(graph_node(graph, "x")->sources[1]->id, graph_node(graph, "k")->id);
  }

done:
  ctf_graph_release(graph);
  return status;
}

static void import_survives_oom(void** state) {
  (void)state;
  FOR_EACH_ALLOCATION_FAILURE(import_twice);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(graphs_are_checked),      cmocka_unit_test(edges_follow_the_file),
      cmocka_unit_test(prefix_and_device_apply), cmocka_unit_test(imports_add_up),
      cmocka_unit_test(noise_is_refused),        cmocka_unit_test(import_survives_oom),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
