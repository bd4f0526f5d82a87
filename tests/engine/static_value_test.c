// Shapes that follow from values which follow from constants and shapes, as TensorFlow 2.21 infers them.
#include "engine/static_value.h"

#include <stdio.h>
#include <string.h>

#include "tests/engine/graph_text.h"
#include "tests/support/check.h"
#include "tests/support/fault.h"

#define X "x Placeholder - dtype=t:float shape=sh:2,?,3;"
#define Y "y Placeholder - dtype=t:float shape=sh:4,5;"
#define Z "z Placeholder - dtype=t:float;"
#define SHAPE(of) "s Shape " of " T=t:float;"
#define K \
  "zero Const - dtype=t:int32 value=c:0;one Const - dtype=t:int32 value=c:1;two Const - dtype=t:int32 value=c:2;"
#define AT(name, begin, end) name " StridedSlice s," begin "," end ",one T=t:int32 Index=t:int32 shrink_axis_mask=i:1;"
#define OUT(dims) "out Reshape z," dims " T=t:float"

typedef struct shape_row {
  const char* nodes;  // the last one is "out"
  const char* want;
} shape_row;

// clang-format off
static const shape_row kRows[] = {
    // whole values
    {Z "a Const - dtype=t:int32 value=c:2,3;b Const - dtype=t:int32 value=c:4,5;s Mul a,b T=t:int32;" OUT("s"), "[8,15]"},
    {Z Y SHAPE("y") OUT("s"), "[4,5]"},
    {Z Y SHAPE("y") "i Identity s T=t:int32;" OUT("i"), "[4,5]"},
    {Z Y SHAPE("y") "a Const - dtype=t:int32 value=c:1,2;m AddV2 s,a T=t:int32;" OUT("m"), "[5,7]"},
    {Z Y "r Rank y T=t:float;q Size y T=t:float;p Pack r,q T=t:int32 N=i:2;" OUT("p"), "[2,20]"},
    {Z "u Placeholder - dtype=t:float shape=sh:?,?;r Rank u T=t:float;p Pack r T=t:int32 N=i:1;" OUT("p"), "[2]"},
    // a value that a run can change
    {Z "d Const - dtype=t:int32 value=c:2,3;w PlaceholderWithDefault d dtype=t:int32 shape=sh:2;" OUT("w"), "[?,?]"},
    {Z "d Const - dtype=t:int32 value=c:2,3;w PlaceholderWithDefault d dtype=t:int32 shape=sh:?;" OUT("w"), "?"},
    {Z "w Placeholder - dtype=t:int32 shape=sh:3;" OUT("w"), "[?,?,?]"},
    // in part
    {Z X SHAPE("x") OUT("s"), "[2,?,3]"},
    {Z X K SHAPE("x") AT("a", "zero", "one") AT("b", "one", "two") "p Pack a,b,a T=t:int32 N=i:3;" OUT("p"), "[2,?,2]"},
    {Z X K SHAPE("x") "h StridedSlice s,one,one,one T=t:int32 Index=t:int32 end_mask=i:1;" OUT("h"), "[?,3]"},
    {Z X K SHAPE("x") "h StridedSlice s,one,two,two T=t:int32 Index=t:int32 begin_mask=i:1 end_mask=i:1;" OUT("h"), "[2,3]"},
    {Z X K SHAPE("x") "ax Const - dtype=t:int32 value=k:0;h ConcatV2 s,two,ax T=t:int32 N=i:2;" OUT("h"), "[2,?,3,2]"},
    {Z X SHAPE("x") "h Cast s SrcT=t:int32 DstT=t:int64;out Reshape z,h T=t:float Tshape=t:int64", "[2,?,3]"},
    // what has no kernel, or refuses its arguments, is not known and no error
    {Z "a Const - dtype=t:int32 value=c:2,3;b Const - dtype=t:int32 value=c:0,1;s FloorDiv a,b T=t:int32;" OUT("s"), "[?,?]"},
};
// clang-format on

static void shapes_follow_from_values(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kRows) / sizeof(kRows[0]); ++i) {
    TF_Graph* graph;
    assert_ok(ctf_graph_create(&graph));
    const ctf_status status = graph_import_nodes(graph, kRows[i].nodes);
    if (status != NULL) fail_msg("row %zu, %s: %s", i, kRows[i].nodes, ctf_status_message(status));
    const ctf_shape_text got = ctf_shape_print(graph_node(graph, "out")->output_shapes[0]);
    const char* const text = graph_node(graph, "out")->output_shapes[0].rank < 0 ? "?" : got.text;
    if (strcmp(text, kRows[i].want) != 0) fail_msg("row %zu, %s: %s, want %s", i, kRows[i].nodes, text, kRows[i].want);
    ctf_graph_release(graph);
  }
}

static TF_Operation* add(TF_Graph* graph, const char* op, const char* name, int num_inputs, const ctf_edge* inputs,
                         const TF_DataType* types) {
  TF_Operation* node;
  const ctf_named_attr attr = {{"T", 1}, {.kind = CTF_ATTR_TYPE, .type = types[0]}};
  const ctf_node_spec spec = {.name = {name, strlen(name)},
                              .op = {op, strlen(op)},
                              .device = {"", 0},
                              .num_attrs = 1,
                              .attrs = &attr,
                              .num_inputs = num_inputs,
                              .inputs = inputs,
                              .given_types = types};
  assert_ok(ctf_graph_add(graph, &spec, &node));
  return node;
}

// A chain longer than what is looked at is not known, and no stack overflows; a node in its middle is.
static void long_chains_end(void** state) {
  (void)state;
  enum { LENGTH = 3000, KNOWN = 1000 };
  char name[16];
  TF_Graph* graph;
  assert_ok(ctf_graph_create(&graph));
  assert_ok(graph_import_nodes(graph, Z "n Const - dtype=t:int32 value=c:1"));
  const ctf_edge z = {graph_node(graph, "z")->id, 0};
  ctf_edge last = {graph_node(graph, "n")->id, 0}, middle = last;
  for (int i = 1; i <= LENGTH; ++i) {
    snprintf(name, sizeof(name), "n%d", i);
    last.node = add(graph, "Neg", name, 1, &last, (const TF_DataType[]){TF_INT32})->id;
    if (i == KNOWN) middle = last;
  }
  const TF_DataType types[] = {TF_FLOAT, TF_INT32};
  assert_int_equal(add(graph, "Reshape", "a", 2, (const ctf_edge[]){z, last}, types)->output_shapes[0].dims[0], -1);
  assert_int_equal(add(graph, "Reshape", "b", 2, (const ctf_edge[]){z, middle}, types)->output_shapes[0].dims[0], 1);
  ctf_graph_release(graph);
}

static ctf_status infer_some(void) {
  ctf_status status = NULL;
  TF_Graph* graph = NULL;
  CTF_TRY_DONE(ctf_graph_create(&graph));
  CTF_TRY_DONE(graph_import_nodes(
      graph, Z X K SHAPE("x") AT("a", "zero", "one")
                 AT("b", "one",
                    "two") "r Rank z T=t:float;"
                           "m AddV2 one,two T=t:int32;p Pack a,b,a T=t:int32 N=i:3;q Reshape z,m T=t:float;" OUT("p")));

done:
  ctf_graph_release(graph);
  return status;
}

static void survives_oom(void** state) {
  (void)state;
  FOR_EACH_ALLOCATION_FAILURE(infer_some);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shapes_follow_from_values),
      cmocka_unit_test(long_chains_end),
      cmocka_unit_test(survives_oom),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
