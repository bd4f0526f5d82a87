// What a node must be to get into a graph: names, attributes, arity, types. Messages as TensorFlow 2.21 gives them.
#include "tests/support/check.h"

#include "tests/engine/graph_text.h"

#define P "p Placeholder - dtype=t:float;"
#define V "v VariableV2 - dtype=t:float shape=sh:2;"

typedef struct node_row {
  const char* nodes;
  TF_Code code;
  const char* message;  // how it begins
  int32_t producer;     // 0: the present one
} node_row;

// clang-format off
static const node_row kRows[] = {
    // ops
    {"x Nope -", TF_NOT_FOUND, "Op type not registered 'Nope' in binary running on "},
    {"x BatchMatrixInverse p T=t:float;" P, TF_UNIMPLEMENTED,
     "Op BatchMatrixInverse is not available in GraphDef version 2474. It has been removed in version 13."},
    {"x BatchMatrixInverse p T=t:float;" P, TF_UNIMPLEMENTED, "Op BatchMatrixInverse is not available in GraphDef version 13", 13},
    {"x BatchMatrixInverse p T=t:float;" P, TF_OK, "", 12},
    {"x BatchMatrixInverse - T=t:float", TF_INVALID_ARGUMENT, "NodeDef expected inputs 'float' do not match 0 inputs"},

    // attributes that are missing
    {"x Placeholder -", TF_INVALID_ARGUMENT,
     "NodeDef missing attr 'dtype' from Op<name=Placeholder; signature= -> output:dtype; attr=dtype:type; "
     "attr=shape:shape,default=<unknown>>; NodeDef: {{node x}}"},
    {"x Cast -", TF_INVALID_ARGUMENT, "NodeDef missing attrs 'DstT', 'SrcT' from Op<name=Cast; signature=x:SrcT -> y:DstT; "},
    {P "x Identity p,p", TF_INVALID_ARGUMENT, "NodeDef missing attr 'T' from Op<name=Identity;"},
    {"x NoOp - T=i:1", TF_OK, ""},       // of a later version, perhaps
    {"x NoOp - _T=none:", TF_OK, ""},
    {"x NoOp - _T=t:#77", TF_OK, ""},

    // values of another kind
    {"x Placeholder - dtype=none:", TF_INVALID_ARGUMENT,
     "AttrValue missing value with expected type 'type'\n\t for attr 'dtype'\n\t; NodeDef: {{node x}}; Op<name=Placeholder;"},
    {"x Placeholder - dtype=l:", TF_INVALID_ARGUMENT, "AttrValue missing value with expected type 'type'\n\t for attr 'dtype'"},
    {"x Placeholder - dtype=t:float shape=none:", TF_INVALID_ARGUMENT,
     "AttrValue missing value with expected type 'shape'\n\t for attr 'shape'"},
    {"x Placeholder - dtype=i:1", TF_INVALID_ARGUMENT, "AttrValue had value with type 'int' when 'type' expected\n\t for attr 'dtype'"},
    {"x Placeholder - dtype=lt:float", TF_INVALID_ARGUMENT, "AttrValue had value with type 'list(type)' when 'type' expected"},
    {"x Placeholder - dtype=s:float", TF_INVALID_ARGUMENT, "AttrValue had value with type 'string' when 'type' expected"},
    {"x Placeholder - dtype=f:1", TF_INVALID_ARGUMENT, "AttrValue had value with type 'float' when 'type' expected"},
    {"x Placeholder - dtype=b:1", TF_INVALID_ARGUMENT, "AttrValue had value with type 'bool' when 'type' expected"},
    {"x Placeholder - dtype=sh:2", TF_INVALID_ARGUMENT, "AttrValue had value with type 'shape' when 'type' expected"},
    {"x Placeholder - dtype=c:2", TF_INVALID_ARGUMENT, "AttrValue had value with type 'tensor' when 'type' expected"},
    {"x Placeholder - dtype=fn:f", TF_INVALID_ARGUMENT, "AttrValue had value with type 'func' when 'type' expected"},
    {"x Placeholder - dtype=ph:f", TF_INVALID_ARGUMENT, "AttrValue had value with unexpected type 'placeholder'"},
    {"x IdentityN - T=li:1,2", TF_INVALID_ARGUMENT, "AttrValue had value with type 'list(int)' when 'list(type)' expected\n\t for attr 'T'"},
    {"x IdentityN - T=i:1", TF_INVALID_ARGUMENT, "AttrValue had value with type 'int' when 'list(type)' expected"},

    // types
    {"x Placeholder - dtype=t:#0", TF_INVALID_ARGUMENT, "AttrValue has invalid DataType\n\t for attr 'dtype'"},
    {"x Placeholder - dtype=t:#77", TF_INVALID_ARGUMENT, "AttrValue has invalid DataType enum: 77\n\t for attr 'dtype'"},
    {"x Placeholder - dtype=t:#-1", TF_INVALID_ARGUMENT, "AttrValue has invalid DataType enum: -1"},
    {"x Placeholder - dtype=t:#2147483647", TF_INVALID_ARGUMENT, "AttrValue has invalid DataType enum: 2147483647"},
    {"x Placeholder - dtype=t:#101", TF_INVALID_ARGUMENT, "AttrValue must not have reference type value of float_ref\n\t for attr 'dtype'"},
    {"x Placeholder - dtype=t:#120", TF_INVALID_ARGUMENT, "AttrValue must not have reference type value of resource_ref"},
    {"x IdentityN - T=lt:float,#101", TF_INVALID_ARGUMENT, "AttrValue must not have reference type value of float_ref\n\t for attr 'T'"},
    {"x IdentityN - T=lt:float,#77", TF_INVALID_ARGUMENT, "AttrValue has invalid DataType enum: 77\n\t for attr 'T'"},

    // allowed values and minimums
    {P "x MatMul p,p T=t:string", TF_INVALID_ARGUMENT,
     "Value for attr 'T' of string is not in the list of allowed values: bfloat16, half, float, double, int32, int64, uint8, "
     "uint16, uint32, uint64, complex64, complex128\n\t; NodeDef: {{node x}}; Op<name=MatMul; signature=a:T, b:T -> product:T;"},
    {P "x MaxPool p padding=s:FOO ksize=li:1,2,2,1 strides=li:1,2,2,1", TF_INVALID_ARGUMENT,
     "Value for attr 'padding' of \"FOO\" is not in the list of allowed values: \"SAME\", \"VALID\", \"EXPLICIT\"\n\t; NodeDef"},
    {P "x MaxPool p padding=s:SAME ksize=li:1,2,2 strides=li:1,2,2,1", TF_INVALID_ARGUMENT,
     "Length for attr 'ksize' of 3 must be at least minimum 4\n\t; NodeDef: {{node x}}; Op<name=MaxPool;"},
    {"x AddN - N=i:0 T=t:float", TF_INVALID_ARGUMENT, "Value for attr 'N' of 0 must be at least minimum 1\n\t; NodeDef"},
    {P "x Unpack p num=i:-1 T=t:float", TF_INVALID_ARGUMENT, "Value for attr 'num' of -1 must be at least minimum 0"},
    {"x IdentityN - T=l:", TF_INVALID_ARGUMENT, "Length for attr 'T' of 0 must be at least minimum 1"},
    {"x IdentityN - T=none:", TF_INVALID_ARGUMENT, "Length for attr 'T' of 0 must be at least minimum 1"},

    // shapes
    {"x Placeholder - dtype=t:float shape=sh:4294967296,4294967296", TF_INVALID_ARGUMENT,
     "Shape [4294967296,4294967296] is too large (more than 2**63 - 1 entries)"},
    {"x Placeholder - dtype=t:float shape=sh:4294967296,?,4294967296", TF_OK, ""},
    {"x Placeholder - dtype=t:float shape=sh:-2", TF_INVALID_ARGUMENT, ""},

    // arity
    {P "x AddV2 p T=t:float", TF_INVALID_ARGUMENT,
     "NodeDef expected inputs 'float, float' do not match 1 inputs specified; Op<name=AddV2; signature=x:T, y:T -> z:T;"},
    {P "x Identity p,p T=t:int32", TF_INVALID_ARGUMENT, "NodeDef expected inputs 'int32' do not match 2 inputs specified; Op<name=Identity;"},
    {P "x AddN p N=i:3 T=t:float", TF_INVALID_ARGUMENT, "NodeDef expected inputs 'float, float, float' do not match 1 inputs"},
    {P "x AddN p N=i:2147483647 T=t:float", TF_INVALID_ARGUMENT, "NodeDef expected inputs 'float, float, "},
    {P "x AddN p N=i:2147483648 T=t:float", TF_INVALID_ARGUMENT, "Number of outputs is too big: 2147483648"},
    {P "x Unpack p num=i:1048577 T=t:float", TF_INVALID_ARGUMENT, "Number of outputs is too big: 1048577; a node can have 1048576"},
    {P "x Unpack p num=i:9223372036854775807 T=t:float", TF_INVALID_ARGUMENT, "Number of outputs is too big: "},
    {P "x Assign p T=t:float", TF_INVALID_ARGUMENT, "NodeDef expected inputs 'float_ref, float' do not match 1 inputs"},

    // types of edges
    {P "x Identity p T=t:int32", TF_INVALID_ARGUMENT, "Input 0 of node x was passed float from p:0 incompatible with expected int32."},
    {P "k Const - dtype=t:int32 value=k:0;x AddV2 p,k T=t:float", TF_INVALID_ARGUMENT,
     "Input 1 of node x was passed int32 from k:0 incompatible with expected float."},
    {P "k Const - dtype=t:int32 value=k:0;s Split k,p num_split=i:2 T=t:float;x Neg s:1 T=t:int32", TF_INVALID_ARGUMENT,
     "Input 0 of node x was passed float from s:1 incompatible with expected int32."},
    {V "x Identity v T=t:float", TF_OK, ""},  // a reference serves as its value
    {V P "x Assign v,p T=t:float", TF_OK, ""},
    {V "x Assign v,v T=t:float", TF_OK, ""},
    {P "x Assign p,p T=t:float", TF_INVALID_ARGUMENT, "Input 0 of node x was passed float from p:0 incompatible with expected float_ref."},
    {V "x Identity v T=t:int32", TF_INVALID_ARGUMENT, "Input 0 of node x was passed float_ref from v:0 incompatible with expected int32."},

    // functions as attributes are taken as they are
    {P "x PartitionedCall p Tin=lt:float Tout=lt:float f=fn:anything", TF_OK, ""},
    {P "x While p T=lt:float cond=fn:c body=fn:b", TF_OK, ""},
};
// clang-format on

static void nodes_are_checked(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kRows) / sizeof(kRows[0]); ++i) {
    const node_row* row = &kRows[i];
    const graph_text text = {.nodes = row->nodes,
                             .versions = {.producer = row->producer == 0 ? CTF_GRAPH_DEF_VERSION : row->producer}};
    TF_Graph* graph;
    assert_ok(ctf_graph_create(&graph));
    const ctf_status status = graph_text_import(graph, &text, NULL);
    const char* const message = ctf_status_message(status);
    if (ctf_status_code(status) != row->code || strncmp(message, row->message, strlen(row->message)) != 0) {
      fail_msg("%s\n  want %s: %s\n  got  %s: %s", row->nodes, ctf_code_name(row->code), row->message,
               ctf_code_name(ctf_status_code(status)), message);
    }
    if (status != NULL) assert_int_equal(graph->num_nodes, 0);
    ctf_status_drop(status);  // it has been judged
    ctf_graph_release(graph);
  }
}

typedef struct name_row {
  const char* name;
  bool valid;
} name_row;

static const name_row kNames[] = {
    {"a", true},     {"0", true},    {".", true},    {".a", true},    {"a.b", true},   {"A-b", true},
    {"a/", true},    {"a//b", true}, {"a>b", true},  {"a>b>c", true}, {"a_", true},    {"", false},
    {"_a", false},   {"/a", false},  {"-", false},   {"a>", false},   {">a", false},   {"a>>b", false},
    {"a>/b", false}, {"a b", false}, {"a:b", false}, {"^a", false},   {"a\\b", false}, {"\xc3\xa9", false},
};

static void names_are_judged(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kNames) / sizeof(kNames[0]); ++i) {
    const ctf_bytes name = {kNames[i].name, strlen(kNames[i].name)};
    if (ctf_node_name_valid(name) != kNames[i].valid) fail_msg("'%s'", kNames[i].name);
  }
}

static const ctf_attr_value* attr_of(const TF_Operation* node, const char* name, bool* out_given) {
  const int i = ctf_op_interface_attr(node->op, name, strlen(name));
  assert_true(i >= 0);
  *out_given = node->attr_given[i];
  return &node->attrs[i];
}

static void a_node_holds_what_was_given(void** state) {
  (void)state;
  TF_Graph* graph;
  bool given;
  assert_ok(ctf_graph_create(&graph));
  assert_ok(
      graph_import_nodes(graph, P "x MatMul p,p,^p T=t:float transpose_b=b:1 _a=s:private later=i:3 @device=/cpu:0"));
  const TF_Operation* const node = graph_node(graph, "x");
  assert_ptr_equal(node->graph, graph);
  assert_ptr_equal(graph->nodes[node->id], node);
  assert_string_equal(node->op->name, "MatMul");
  assert_string_equal(node->device.data, "/cpu:0");
  assert_true(attr_of(node, "transpose_b", &given)->b);
  assert_true(given);
  const ctf_attr_value* const filled_in = attr_of(node, "transpose_a", &given);
  assert_int_equal(filled_in->kind, CTF_ATTR_BOOL);
  assert_false(filled_in->b);
  assert_false(given);
  assert_int_equal(node->num_extra_attrs, 2);
  assert_string_equal(node->extra_attrs[0].name.data, "_a");
  assert_string_equal(node->extra_attrs[0].value.s.data, "private");
  assert_string_equal(node->extra_attrs[1].name.data, "later");
  assert_int_equal(node->num_inputs, 2);
  assert_int_equal(node->num_outputs, 1);
  assert_int_equal(node->input_types[1], TF_FLOAT);
  assert_int_equal(node->output_types[0], TF_FLOAT);
  assert_int_equal(node->num_controls, 1);
  for (int i = 0; i < 3; ++i) assert_ptr_equal(node->sources[i], graph_node(graph, "p"));
  ctf_graph_release(graph);
}

static void lists_are_flattened(void** state) {
  (void)state;
  TF_Graph* graph;
  assert_ok(ctf_graph_create(&graph));
  assert_ok(graph_import_nodes(graph,
                               P "k Const - dtype=t:int32 value=k:0;s Split k,p num_split=i:3 T=t:float;"
                                 "n IdentityN s:2,k,s T=lt:float,int32,float;" V "r RefSelect k,v,v N=i:2 T=t:float"));
  const TF_Operation* const n = graph_node(graph, "n");
  assert_int_equal(n->num_inputs, 3);
  assert_int_equal(n->num_outputs, 3);
  assert_int_equal(n->output_types[0], TF_FLOAT);
  assert_int_equal(n->output_types[1], TF_INT32);
  assert_int_equal(n->inputs[0].index, 2);
  assert_int_equal(n->inputs[2].index, 0);
  const TF_Operation* const r = graph_node(graph, "r");
  assert_int_equal(r->num_inputs, 3);
  assert_int_equal(r->input_types[0], TF_INT32);
  assert_int_equal(r->input_types[1], TF_FLOAT + CTF_DTYPE_REF);
  assert_int_equal(r->output_types[0], TF_FLOAT + CTF_DTYPE_REF);
  ctf_graph_release(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nodes_are_checked),
      cmocka_unit_test(names_are_judged),
      cmocka_unit_test(a_node_holds_what_was_given),
      cmocka_unit_test(lists_are_flattened),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
