// Shapes as they are known once a graph is imported, and what is said when they cannot be.
#include "tests/support/check.h"

#include "engine/describe.h"
#include "tests/engine/graph_text.h"

#define P(shape) "p Placeholder - dtype=t:float shape=" shape ";"
#define K(value) "k Const - dtype=t:int32 value=" value ";"
#define SHOWN_ATTRS " = MatMul[T=DT_FLOAT, grad_a=false, grad_b=false, transpose_a=false, transpose_b=false]"

typedef struct shape_row {
  const char* nodes;
  const char* tensor;
  const char* shape;  // or, if the code is not OK, a part of the message
  TF_Code code;
  int32_t producer;  // 0: the present one
} shape_row;

// clang-format off
static const shape_row kRows[] = {
    {P("sh:2,3") "x Neg p T=t:float", "x", "[2,3]"},
    {P("sh:2,?") "x Neg p T=t:float", "x", "[2,?]"},
    {"p Placeholder - dtype=t:float;x Neg p T=t:float", "x", "<unknown>"},
    {"p Placeholder - dtype=t:float shape=sh:;x Neg p T=t:float", "x", "[]"},
    {K("c:5,6"), "k", "[2]"},
    {P("sh:?,4") "w Placeholder - dtype=t:float shape=sh:4,5;x MatMul p,w T=t:float", "x", "[?,5]"},

    // values of constants, also through Identity; not through anything that a run computes
    {P("sh:6") K("c:2,3") "x Reshape p,k T=t:float", "x", "[2,3]"},
    {P("sh:6") K("c:2,-1") "i Identity k T=t:int32;j Identity i T=t:int32;x Reshape p,j T=t:float", "x", "[2,3]"},
    {P("sh:2,3") K("k:1") "x Sum p,k T=t:float", "x", "[2]"},
    {P("sh:2,3") "k Placeholder - dtype=t:int32 shape=sh:;x Sum p,k T=t:float", "x", "<unknown>"},

    // ops that ctf has no definition of
    {P("sh:2") "x BatchMatrixBandPart p,l,l T=t:float;l Placeholder - dtype=t:int64", "x", "<unknown>", TF_OK, 5},

    // a scalar placeholder of old files is one of unknown shape
    {"p Placeholder - dtype=t:float shape=sh:", "p", "<unknown>", TF_OK, 21},
    {"p Placeholder - dtype=t:float shape=sh:", "p", "[]", TF_OK, 22},
    {"p Placeholder - dtype=t:float shape=sh:2", "p", "[2]", TF_OK, 21},

    // what the file says about outputs
    {P("sh:2,?") "x Neg p T=t:float _output_shapes=lsh:?,3", "x", "[2,3]"},
    {"p Placeholder - dtype=t:float _output_shapes=lsh:4", "p", "[4]"},
    {"p Placeholder - dtype=t:float _output_shapes=lsh:4|5", "p", "<unknown>"},
    {P("sh:2") "x Neg p T=t:float _output_shapes=lsh:3", "x",
     "Node 'x' has an _output_shapes attribute inconsistent with the GraphDef for output #0: Dimension 0 in both shapes must be "
     "equal, but are 2 and 3. Shapes are [2] and [3].", TF_INVALID_ARGUMENT},
    {P("sh:2") "x Neg p T=t:float _output_shapes=lsh:2,1", "x",
     "Node 'x' has an _output_shapes attribute inconsistent with the GraphDef for output #0: Shapes must be equal rank, but are "
     "1 and 2", TF_INVALID_ARGUMENT},
    {"p Placeholder - dtype=t:float _output_shapes=lsh:4294967296,4294967296", "p",
     "Node 'p has an invalid _output_shapes attribute (shape #0 error:'Shape [4294967296,4294967296] is too large (more than 2**63 "
     "- 1 entries)'", TF_INVALID_ARGUMENT},

    // a loop's back edge is not known when its Merge is added
    {"c Placeholder - dtype=t:float shape=sh:2;e Enter c T=t:float frame_name=s:f;m Merge e,n T=t:float N=i:2;"
     "n NextIteration m T=t:float", "m", "<unknown>"},

    // errors
    {P("sh:3") "x MatMul p,p,^p T=t:float _foo=s:a\"b\1 @device=/cpu:0", "x",
     "Shape must be rank 2 but is rank 1 for '{{node x}} = MatMul[T=DT_FLOAT, _foo=\"a\\\"b\\001\", grad_a=false, grad_b=false, "
     "transpose_a=false, transpose_b=false, _device=\"/cpu:0\"](p, p, ^p)' with input shapes: [3], [3].", TF_INVALID_ARGUMENT},
    {P("sh:2,3") "x MatMul p,p T=t:float", "x",
     "Dimensions must be equal, but are 3 and 2 for '{{node x}}" SHOWN_ATTRS "(p, p)' with input shapes: [2,3], [2,3].",
     TF_INVALID_ARGUMENT},
    {"q Placeholder - dtype=t:float;" P("sh:3,?,1") "x MatMul q,p T=t:float", "x",
     "Shape must be rank 2 but is rank 3 for '{{node x}}" SHOWN_ATTRS "(q, p)' with input shapes: ?, [3,?,1].",
     TF_INVALID_ARGUMENT},
    {P("sh:2,?") K("c:5,6") "x Sum p:0,k T=t:float", "x",
     " for '{{node x}} = Sum[T=DT_FLOAT, Tidx=DT_INT32, "
     "keep_dims=false](p, k)' with input shapes: [2,?], [2] and with computed input tensors: input[1] = <5 6>.",
     TF_INVALID_ARGUMENT},
};
// clang-format on

static void shapes_are_inferred(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kRows) / sizeof(kRows[0]); ++i) {
    const shape_row* row = &kRows[i];
    const graph_text text = {.nodes = row->nodes,
                             .versions = {.producer = row->producer == 0 ? CTF_GRAPH_DEF_VERSION : row->producer}};
    TF_Graph* graph;
    TF_Output tensor;
    assert_ok(ctf_graph_create(&graph));
    ctf_status status = graph_text_import(graph, &text, NULL);
    if (status == NULL) status = ctf_graph_find_tensor(graph, row->tensor, strlen(row->tensor), &tensor);
    ctf_shape_text got = {"nothing"};
    if (status == NULL) got = ctf_shape_print(tensor.oper->output_shapes[tensor.index]);
    const char* const said = status == NULL ? got.text : ctf_status_message(status);
    const bool right = status == NULL ? strcmp(said, row->shape) == 0 : strstr(said, row->shape) != NULL;
    if (ctf_status_code(status) != row->code || !right) {
      fail_msg("%s\n  want %s: %s\n  got  %s: %s", row->nodes, ctf_code_name(row->code), row->shape,
               ctf_code_name(ctf_status_code(status)), said);
    }
    ctf_status_drop(status);  // it has been judged
    ctf_graph_release(graph);
  }
}

static void infer_takes_shapes_of_the_moment(void** state) {
  (void)state;
  TF_Graph* graph;
  ctf_allocator* scratch;
  assert_ok(ctf_graph_create(&graph));
  assert_ok(ctf_scratch_create(graph->alloc, 1024, &scratch));
  assert_ok(graph_import_nodes(graph, P("sh:?") K("k:0") "x Reshape p,s T=t:float;s Placeholder - dtype=t:int32"));
  const TF_Operation* const x = graph_node(graph, "x");
  int32_t dims[] = {3, -1};
  const ctf_tensor value = {
      .dtype = TF_INT32, .rank = 1, .dims = (const int64_t[]){2}, .num_elements = 2, .bytes = 8, .data = dims};
  const ctf_shape shapes[] = {{1, (const int64_t[]){12}}, {1, (const int64_t[]){2}}};
  ctf_shape out;
  assert_ok(ctf_node_infer(x, shapes, (const ctf_tensor* const[]){NULL, &value}, scratch, &out));
  assert_string_equal(ctf_shape_print(out).text, "[3,4]");
  dims[0] = 5;
  assert_fails(ctf_node_infer(x, shapes, (const ctf_tensor* const[]){NULL, &value}, scratch, &out), TF_INVALID_ARGUMENT,
               " with input shapes: [12], [2] and with computed input tensors: input[1] = <5 -1>.");
  assert_int_equal(x->output_shapes[0].rank, -1);  // the graph's own are as they were
  ctf_allocator_free(scratch);
  ctf_graph_release(graph);
}

static void attributes_are_described(void** state) {
  (void)state;
  TF_Graph* graph;
  char buffer[1024], cut[32];
  ctf_text text = CTF_TEXT(buffer), short_text = CTF_TEXT(cut);
  assert_ok(ctf_graph_create(&graph));
  assert_ok(graph_import_nodes(
      graph,
      "a NoOp -;x NoOp ^a _a=lf:0.1,1e30,-2 _b=lsh:?|3,? _c=lt:float,#101,#77 _d=l: _e=none: _f=ph:z _g=fn:foo "
      "_h=c:1,2,3,4 _i=k:7 _j=ls:p,q _k=li:1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,"
      "28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52 "
      "_l=s:"
      "0123456789012345678901234567890123456789012345678901234567890123456789012345678z"));
  ctf_text_put_node(&text, graph_node(graph, "x"));
  assert_string_equal(buffer,
                      "{{node x}} = NoOp[_a=[0.1, 1e+30, -2], _b=[<unknown>, [3,?]], _c=[DT_FLOAT, DT_FLOAT_REF, ], "
                      "_d=[], _e=<Unknown AttrValue type>, _f=$z, _g=foo[], "
                      "_h=Tensor<type: int32 shape: [4] values: 1 2 3...>, _i=Tensor<type: int32 shape: [] values: 7>, "
                      "_j=[\"p\", \"q\"], _k=[1, 2, 3, 4, 5, ..., 48, 49, 50, 51, 52], "
                      "_l=\"0123456789...012345678z\"](^a)");
  ctf_text_put_node(&short_text, graph_node(graph, "x"));
  assert_int_equal(short_text.length, sizeof(cut) - 1);
  assert_memory_equal(cut, buffer, sizeof(cut) - 1);
  ctf_graph_release(graph);
}

typedef struct elements_row {
  int32_t rank;
  int64_t dims[3];
  int64_t most;
  const char* text;
} elements_row;

static void elements_are_described(void** state) {
  (void)state;
  static const elements_row kElements[] = {
      {0, {0}, 9, "0"},
      {1, {3}, 9, "0 1 2"},
      {1, {3}, 2, "0 1..."},
      {1, {0}, 9, ""},
      {2, {2, 2}, 9, "[0 1][2 3]"},
      {3, {2, 1, 2}, 9, "[[0 1]][[2 3]]"},
      {2, {2, 3}, 3, "[0 1 2]..."},
  };
  float numbers[] = {0, 1, 2, 3, 4, 5, 6, 7};
  for (size_t i = 0; i < sizeof(kElements) / sizeof(kElements[0]); ++i) {
    const elements_row* row = &kElements[i];
    char buffer[64];
    ctf_text text = CTF_TEXT(buffer);
    int64_t count;
    buffer[0] = '\0';
    assert_true(ctf_shape_num_elements((ctf_shape){row->rank, row->dims}, &count));
    const ctf_tensor tensor = {TF_FLOAT, row->rank, row->dims, count, (size_t)count * 4, numbers};
    ctf_text_put_elements(&text, &tensor, row->most);
    assert_string_equal(buffer, row->text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shapes_are_inferred),
      cmocka_unit_test(infer_takes_shapes_of_the_moment),
      cmocka_unit_test(attributes_are_described),
      cmocka_unit_test(elements_are_described),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
