// Gradients of the families as nodes: every node that a gradient function builds is one that its interface allows.
// With CTF_TEST_VERBOSE set it prints them, one a line.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops/registry.h"

enum { MAX_NODES = 128, MAX_INPUTS = 5, MAX_OUTPUTS = 6 };

// Types of the tensors built so far; id n is types[n - 1]. What is built is printed when CTF_TEST_VERBOSE is set.
typedef struct recorder {
  ctf_grad_ctx base;
  int count;
  TF_DataType types[MAX_NODES];
} recorder;

static ctf_grad_tensor record(recorder* r, TF_DataType type) {
  assert_true(r->count < MAX_NODES);
  r->types[r->count++] = type;
  return (ctf_grad_tensor){(uint64_t)r->count};
}

static bool verbose(void) { return getenv("CTF_TEST_VERBOSE") != NULL; }

static void print_attr(const ctf_named_attr* attr) {
  printf("; %s=", attr->name.data);
  if (attr->value.is_list) {
    printf("[");
    for (size_t i = 0; i < attr->value.count; ++i) printf("%s%d", i > 0 ? "," : "", (int)attr->value.ints[i]);
    printf("]");
  } else if (attr->value.kind == CTF_ATTR_STRING) {
    printf("'%.*s'", (int)attr->value.s.length, attr->value.s.data);
  } else {
    printf("%d", attr->value.kind == CTF_ATTR_BOOL   ? attr->value.b
                 : attr->value.kind == CTF_ATTR_TYPE ? (int)attr->value.type
                                                     : (int)attr->value.i);
  }
}

static const ctf_named_attr* given(const char* name, int num_attrs, const ctf_named_attr* attrs) {
  for (int i = 0; i < num_attrs; ++i) {
    if (ctf_bytes_equal(attrs[i].name, name)) return &attrs[i];
  }
  return NULL;
}

// The type of an argument that the first `num_inputs` inputs decide; 0 when they do not.
static TF_DataType type_from_inputs(const recorder* r, const ctf_op_interface* op, const char* attr, int num_inputs,
                                    const ctf_grad_tensor* inputs) {
  for (int i = 0, next = 0; i < op->num_inputs && next < num_inputs; ++i) {
    const ctf_arg_info* arg = &op->inputs[i];
    if (arg->type_attr != NULL && strcmp(arg->type_attr, attr) == 0) return r->types[inputs[next].id - 1];
    next += arg->number_attr != NULL ? 2 : 1;  // every list here has two tensors
  }
  return (TF_DataType)0;
}

static ctf_grad_tensor build_op(ctf_grad_ctx* g, const char* name, int num_inputs, const ctf_grad_tensor* inputs,
                                int num_attrs, const ctf_named_attr* attrs) {
  recorder* r = (recorder*)g;
  const ctf_op_interface* op = ctf_op_interface_find(name, strlen(name));
  if (op == NULL) fail_msg("there is no op %s", name);
  int want_inputs = 0;
  for (int i = 0; i < op->num_inputs; ++i) {
    const ctf_arg_info* arg = &op->inputs[i];
    const ctf_named_attr* number = arg->number_attr == NULL ? NULL : given(arg->number_attr, num_attrs, attrs);
    want_inputs += arg->number_attr == NULL ? 1 : (int)number->value.i;
    if (arg->type != 0) assert_int_equal(r->types[inputs[want_inputs - 1].id - 1], arg->type);
  }
  assert_int_equal(num_inputs, want_inputs);
  for (int i = 0; i < num_attrs; ++i) {
    const int index = ctf_op_interface_attr(op, attrs[i].name.data, attrs[i].name.length);
    if (index < 0) fail_msg("%s has no attribute %s", name, attrs[i].name.data);
    assert_int_equal(op->attrs[index].kind, attrs[i].value.kind);
    assert_int_equal(op->attrs[index].is_list, attrs[i].value.is_list);
  }
  for (int i = 0; i < op->num_attrs; ++i) {
    const ctf_attr_info* info = &op->attrs[i];
    const bool known = info->default_value != NULL || given(info->name, num_attrs, attrs) != NULL ||
                       type_from_inputs(r, op, info->name, num_inputs, inputs) != 0;
    if (!known) fail_msg("%s needs the attribute %s", name, info->name);
  }
  TF_DataType type = op->outputs[0].type;
  if (op->outputs[0].type_attr != NULL) {
    const ctf_named_attr* attr = given(op->outputs[0].type_attr, num_attrs, attrs);
    type = attr != NULL ? attr->value.type : type_from_inputs(r, op, op->outputs[0].type_attr, num_inputs, inputs);
    if (type == 0) {
      const int index = ctf_op_interface_attr(op, op->outputs[0].type_attr, strlen(op->outputs[0].type_attr));
      type = op->attrs[index].default_value->type;
    }
  }
  const ctf_grad_tensor result = record(r, type);
  if (verbose()) {
    printf("%d = %s", (int)result.id, name);
    for (int i = 0; i < num_inputs; ++i) printf(" %d", (int)inputs[i].id);
    for (int i = 0; i < num_attrs; ++i) print_attr(&attrs[i]);
    printf("\n");
  }
  return result;
}

static ctf_grad_tensor build_scalar(ctf_grad_ctx* g, double value, ctf_grad_tensor like) {
  recorder* r = (recorder*)g;
  const ctf_grad_tensor result = record(r, r->types[like.id - 1]);
  if (verbose()) printf("%d = scalar %g %d\n", (int)result.id, value, (int)like.id);
  return result;
}

static ctf_grad_tensor build_ints(ctf_grad_ctx* g, int count, const int32_t* values) {
  const ctf_grad_tensor result = record((recorder*)g, TF_INT32);
  if (verbose()) {
    printf("%d = ints %d", (int)result.id, count);
    for (int i = 0; i < (count < 0 ? 1 : count); ++i) printf(" %d", values[i]);
    printf("\n");
  }
  return result;
}

// Every op here whose other outputs are asked for has outputs of one type.
static ctf_grad_tensor build_output(ctf_grad_ctx* g, ctf_grad_tensor first, int index) {
  recorder* r = (recorder*)g;
  assert_true(first.id != 0 && index > 0);
  const ctf_grad_tensor result = record(r, r->types[first.id - 1]);
  if (verbose()) printf("%d = output %d %d\n", (int)result.id, (int)first.id, index);
  return result;
}

static const ctf_grad_builder_vtable kBuilder = {build_op, build_scalar, build_ints, build_output};

static const int64_t kOnes[4] = {1, 1, 1, 1}, kWindow[4] = {1, 2, 2, 1};
#define ATTR_BOOL(name, value)                                      \
  {                                                                 \
    {name, sizeof(name) - 1}, { .kind = CTF_ATTR_BOOL, .b = value } \
  }
#define ATTR_TYPE(name, value)                                         \
  {                                                                    \
    {name, sizeof(name) - 1}, { .kind = CTF_ATTR_TYPE, .type = value } \
  }
#define ATTR_TEXT(name, value)                                   \
  {                                                              \
    {name, sizeof(name) - 1}, {                                  \
      .kind = CTF_ATTR_STRING, .s = { value, sizeof(value) - 1 } \
    }                                                            \
  }
#define ATTR_INT(name, value)                                        \
  {                                                                  \
    {name, sizeof(name) - 1}, { .kind = CTF_ATTR_INT, .i = (value) } \
  }
#define ATTR_LIST(name, values)                                                                     \
  {                                                                                                 \
    {name, sizeof(name) - 1}, { .kind = CTF_ATTR_INT, .is_list = true, .count = 4, .ints = values } \
  }

typedef struct gradient_case {
  const char* op;
  int num_inputs;
  TF_DataType inputs[MAX_INPUTS];
  int num_gradients;  // of the first inputs; the others have none
  int num_attrs;
  ctf_named_attr attrs[6];
  int num_outputs;         // 0: one
  unsigned with_gradient;  // bit i: input i has one; 0: the first num_gradients do
} gradient_case;
// clang-format off
static const gradient_case kCases[] = {
    {"MatMul", 2, {TF_FLOAT, TF_FLOAT}, 2, 1, {ATTR_TYPE("T", TF_FLOAT)}},
    {"MatMul", 2, {TF_FLOAT, TF_FLOAT}, 2, 2, {ATTR_TYPE("T", TF_FLOAT), ATTR_BOOL("transpose_a", true)}},
    {"MatMul", 2, {TF_FLOAT, TF_FLOAT}, 2, 2, {ATTR_TYPE("T", TF_FLOAT), ATTR_BOOL("transpose_b", true)}},
    {"MatMul", 2, {TF_COMPLEX64, TF_COMPLEX64}, 2, 3,
     {ATTR_TYPE("T", TF_COMPLEX64), ATTR_BOOL("transpose_a", true), ATTR_BOOL("transpose_b", true)}},
    {"BatchMatMul", 2, {TF_DOUBLE, TF_DOUBLE}, 2, 1, {ATTR_TYPE("T", TF_DOUBLE)}},
    {"BatchMatMulV2", 2, {TF_COMPLEX64, TF_COMPLEX64}, 2, 2, {ATTR_TYPE("T", TF_COMPLEX64), ATTR_BOOL("adj_y", true)}},
    {"BatchMatMulV3", 2, {TF_FLOAT, TF_FLOAT}, 2, 1, {ATTR_BOOL("adj_x", true)}},
    {"Conv2D", 2, {TF_FLOAT, TF_FLOAT}, 2, 4,
     {ATTR_TYPE("T", TF_FLOAT), ATTR_LIST("strides", kOnes), ATTR_TEXT("padding", "SAME"), ATTR_LIST("dilations", kOnes)}},
    {"BiasAdd", 2, {TF_FLOAT, TF_FLOAT}, 2, 2, {ATTR_TYPE("T", TF_FLOAT), ATTR_TEXT("data_format", "NHWC")}},
    {"BiasAddV1", 2, {TF_FLOAT, TF_FLOAT}, 2, 1, {ATTR_TYPE("T", TF_FLOAT)}},
    {"MaxPool", 1, {TF_FLOAT}, 1, 4,
     {ATTR_TYPE("T", TF_FLOAT), ATTR_LIST("ksize", kWindow), ATTR_LIST("strides", kWindow), ATTR_TEXT("padding", "SAME")}},
    {"MaxPoolV2", 3, {TF_FLOAT, TF_INT32, TF_INT32}, 1, 2, {ATTR_TYPE("T", TF_FLOAT), ATTR_TEXT("padding", "SAME")}},
    {"AvgPool", 1, {TF_FLOAT}, 1, 4,
     {ATTR_TYPE("T", TF_FLOAT), ATTR_LIST("ksize", kWindow), ATTR_LIST("strides", kWindow), ATTR_TEXT("padding", "SAME")}},
    {"Softmax", 1, {TF_FLOAT}, 1, 1, {ATTR_TYPE("T", TF_FLOAT)}},
    {"LogSoftmax", 1, {TF_FLOAT}, 1, 1, {ATTR_TYPE("T", TF_FLOAT)}},
    {"Sum", 2, {TF_FLOAT, TF_INT32}, 1, 1, {ATTR_TYPE("T", TF_FLOAT)}},
    {"Sum", 2, {TF_FLOAT, TF_INT64}, 1, 2, {ATTR_TYPE("T", TF_FLOAT), ATTR_BOOL("keep_dims", true)}},
    {"Mean", 2, {TF_FLOAT, TF_INT32}, 1, 1, {ATTR_TYPE("T", TF_FLOAT)}},
    {"Prod", 2, {TF_FLOAT, TF_INT32}, 1, 1, {ATTR_TYPE("T", TF_FLOAT)}},
    {"Max", 2, {TF_FLOAT, TF_INT32}, 1, 1, {ATTR_TYPE("T", TF_FLOAT)}},
    {"Min", 2, {TF_FLOAT, TF_INT32}, 1, 1, {ATTR_TYPE("T", TF_FLOAT)}},
    {"EuclideanNorm", 2, {TF_FLOAT, TF_INT32}, 1, 1, {ATTR_TYPE("T", TF_FLOAT)}},
    {"ArgMax", 2, {TF_FLOAT, TF_INT32}, 0, 1, {ATTR_TYPE("T", TF_FLOAT)}},
    {"DepthwiseConv2dNative", 2, {TF_FLOAT, TF_FLOAT}, 2, 4,
     {ATTR_TYPE("T", TF_FLOAT), ATTR_LIST("strides", kOnes), ATTR_TEXT("padding", "SAME"), ATTR_LIST("dilations", kOnes)}},
    {"FusedBatchNorm", 5, {TF_FLOAT, TF_FLOAT, TF_FLOAT, TF_FLOAT, TF_FLOAT}, 3, 1, {ATTR_TYPE("T", TF_FLOAT)}, 5},
    {"FusedBatchNormV2", 5, {TF_FLOAT, TF_FLOAT, TF_FLOAT, TF_FLOAT, TF_FLOAT}, 3, 2,
     {ATTR_TYPE("T", TF_FLOAT), ATTR_BOOL("is_training", false)}, 5},
    {"FusedBatchNormV3", 5, {TF_FLOAT, TF_FLOAT, TF_FLOAT, TF_FLOAT, TF_FLOAT}, 3, 2,
     {ATTR_TYPE("T", TF_FLOAT), ATTR_TEXT("data_format", "NCHW")}, 6},
    {"SoftmaxCrossEntropyWithLogits", 2, {TF_FLOAT, TF_FLOAT}, 2, 1, {ATTR_TYPE("T", TF_FLOAT)}, 2},
    {"SparseSoftmaxCrossEntropyWithLogits", 2, {TF_FLOAT, TF_INT64}, 1, 1, {ATTR_TYPE("T", TF_FLOAT)}, 2},
    {"RandomUniform", 1, {TF_INT32}, 0, 0, {{{0}}}},
    {"StatelessRandomUniformInt", 4, {TF_INT32, TF_INT64, TF_INT64, TF_INT64}, 0, 0, {{{0}}}},
    {"Gather", 2, {TF_FLOAT, TF_INT64}, 1, 0, {{{0}}}},
    {"GatherV2", 3, {TF_FLOAT, TF_INT32, TF_INT64}, 1, 1, {ATTR_INT("batch_dims", 1)}},
    {"GatherV2", 3, {TF_FLOAT, TF_INT16, TF_INT32}, 1, 1, {ATTR_INT("batch_dims", -1)}},
    {"GatherNd", 2, {TF_FLOAT, TF_INT16}, 1, 1, {ATTR_TEXT("bad_indices_policy", "IGNORE")}},
    {"ScatterNd", 3, {TF_INT32, TF_FLOAT, TF_INT32}, 1, 0, {{{0}}}, .with_gradient = 2},
    {"SegmentSum", 2, {TF_FLOAT, TF_INT32}, 1, 0, {{{0}}}},
    {"UnsortedSegmentSum", 3, {TF_FLOAT, TF_INT32, TF_INT32}, 1, 0, {{{0}}}},
    {"Select", 3, {TF_BOOL, TF_FLOAT, TF_FLOAT}, 2, 0, {{{0}}}, .with_gradient = 6},
    {"SelectV2", 3, {TF_BOOL, TF_FLOAT, TF_FLOAT}, 2, 0, {{{0}}}, .with_gradient = 6},
    {"OneHot", 4, {TF_INT64, TF_INT32, TF_FLOAT, TF_FLOAT}, 0, 0, {{{0}}}},
    {"TopK", 1, {TF_FLOAT}, 1, 1, {ATTR_INT("k", 2)}, 2},
    {"TopKV2", 2, {TF_FLOAT, TF_INT32}, 1, 0, {{{0}}}, 2},
    {"Cumsum", 2, {TF_FLOAT, TF_INT32}, 1, 2, {ATTR_BOOL("exclusive", true), ATTR_BOOL("reverse", true)}},
    {"Cumprod", 2, {TF_FLOAT, TF_INT32}, 1, 2, {ATTR_BOOL("exclusive", false), ATTR_BOOL("reverse", true)}},
    {"AddN", 3, {TF_FLOAT, TF_FLOAT, TF_FLOAT}, 3, 0, {{{0}}}},
    {"ClipByValue", 3, {TF_FLOAT, TF_FLOAT, TF_FLOAT}, 3, 0, {{{0}}}},
    {"L2Loss", 1, {TF_FLOAT}, 1, 0, {{{0}}}},
    {"CheckNumerics", 1, {TF_FLOAT}, 1, 0, {{{0}}}},
    {"CheckNumericsV2", 1, {TF_FLOAT}, 1, 0, {{{0}}}},
    {"Print", 2, {TF_FLOAT, TF_INT32}, 1, 0, {{{0}}}},
    {"BatchToSpaceND", 3, {TF_FLOAT, TF_INT32, TF_INT32}, 1, 0, {{{0}}}},
    {"BroadcastGradientArgs", 2, {TF_INT32, TF_INT32}, 0, 0, {{{0}}}, 2},
    {"BroadcastTo", 2, {TF_FLOAT, TF_INT32}, 1, 0, {{{0}}}},
    {"Concat", 3, {TF_INT32, TF_FLOAT, TF_FLOAT}, 2, 1, {ATTR_INT("N", 2)}, .with_gradient = 6},
    {"ConcatOffset", 3, {TF_INT32, TF_INT32, TF_INT32}, 0, 1, {ATTR_INT("N", 2)}, 2},
    {"ConcatV2", 3, {TF_FLOAT, TF_FLOAT, TF_INT64}, 2, 1, {ATTR_INT("N", 2)}},
    {"ConjugateTranspose", 2, {TF_COMPLEX64, TF_INT32}, 1, 0, {{{0}}}},
    {"DepthToSpace", 1, {TF_FLOAT}, 1, 2, {ATTR_INT("block_size", 2), ATTR_TEXT("data_format", "NHWC")}},
    {"Diag", 1, {TF_FLOAT}, 1, 0, {{{0}}}},
    {"DiagPart", 1, {TF_FLOAT}, 1, 0, {{{0}}}},
    {"Fill", 2, {TF_INT64, TF_FLOAT}, 1, 0, {{{0}}}, .with_gradient = 2},
    {"InvertPermutation", 1, {TF_INT32}, 0, 0, {{{0}}}},
    {"LinSpace", 3, {TF_FLOAT, TF_FLOAT, TF_INT32}, 0, 0, {{{0}}}},
    {"MatrixBandPart", 3, {TF_FLOAT, TF_INT64, TF_INT64}, 1, 0, {{{0}}}},
    {"MatrixDiag", 1, {TF_FLOAT}, 1, 0, {{{0}}}},
    {"MatrixDiagPart", 1, {TF_FLOAT}, 1, 0, {{{0}}}},
    {"MirrorPad", 2, {TF_FLOAT, TF_INT64}, 1, 1, {ATTR_TEXT("mode", "REFLECT")}},
    {"Pack", 2, {TF_FLOAT, TF_FLOAT}, 2, 2, {ATTR_INT("N", 2), ATTR_INT("axis", -1)}},
    {"Pad", 2, {TF_FLOAT, TF_INT64}, 1, 1, {ATTR_TYPE("Tpaddings", TF_INT64)}},
    {"PadV2", 3, {TF_FLOAT, TF_INT32, TF_FLOAT}, 1, 1, {ATTR_TYPE("Tpaddings", TF_INT32)}},
    {"Range", 3, {TF_INT32, TF_INT32, TF_INT32}, 0, 0, {{{0}}}},
    {"Reverse", 2, {TF_FLOAT, TF_BOOL}, 1, 0, {{{0}}}},
    {"ReverseSequence", 2, {TF_FLOAT, TF_INT64}, 1, 2, {ATTR_INT("seq_dim", 1), ATTR_INT("batch_dim", 0)}},
    {"ReverseV2", 2, {TF_FLOAT, TF_INT32}, 1, 0, {{{0}}}},
    {"Slice", 3, {TF_FLOAT, TF_INT64, TF_INT64}, 1, 1, {ATTR_TYPE("Index", TF_INT64)}},
    {"SpaceToBatchND", 3, {TF_FLOAT, TF_INT32, TF_INT32}, 1, 0, {{{0}}}},
    {"SpaceToDepth", 1, {TF_FLOAT}, 1, 1, {ATTR_INT("block_size", 2)}},
    {"Split", 2, {TF_INT32, TF_FLOAT}, 1, 1, {ATTR_INT("num_split", 2)}, 2, .with_gradient = 2},
    {"SplitV", 3, {TF_FLOAT, TF_INT64, TF_INT32}, 1, 1, {ATTR_INT("num_split", 2)}, 2},
    {"StridedSlice", 4, {TF_FLOAT, TF_INT32, TF_INT32, TF_INT32}, 1, 2,
     {ATTR_TYPE("Index", TF_INT32), ATTR_INT("shrink_axis_mask", 1)}},
    {"Tile", 2, {TF_FLOAT, TF_INT32}, 1, 1, {ATTR_TYPE("Tmultiples", TF_INT32)}},
    {"Transpose", 2, {TF_FLOAT, TF_INT64}, 1, 0, {{{0}}}},
    {"Unpack", 1, {TF_FLOAT}, 1, 2, {ATTR_INT("num", 2), ATTR_INT("axis", 1)}, 2},
};
// clang-format on

static void gradients_build_nodes_that_exist(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kCases) / sizeof(kCases[0]); ++i) {
    const gradient_case* c = &kCases[i];
    recorder r = {.count = 0};
    const int num_outputs = c->num_outputs == 0 ? 1 : c->num_outputs;
    ctf_grad_tensor inputs[MAX_INPUTS], dx[MAX_INPUTS] = {{0}}, y[MAX_OUTPUTS], dy[MAX_OUTPUTS];
    for (int j = 0; j < c->num_inputs; ++j) inputs[j] = record(&r, c->inputs[j]);
    const unsigned with_gradient = c->with_gradient != 0 ? c->with_gradient : (1u << c->num_gradients) - 1;
    const TF_DataType out = with_gradient != 0 ? c->inputs[__builtin_ctz(with_gradient)] : TF_INT64;
    for (int j = 0; j < num_outputs; ++j) {
      y[j] = record(&r, out);
      dy[j] = record(&r, out);
    }
    r.base = (ctf_grad_ctx){.vtable = &kBuilder,
                            .num_inputs = c->num_inputs,
                            .inputs = inputs,
                            .num_outputs = num_outputs,
                            .outputs = y,
                            .dy = dy,
                            .dx = dx,
                            .num_attrs = c->num_attrs,
                            .attrs = c->attrs};
    const ctf_op_def* def = ctf_op_def_find(ctf_op_interface_find(c->op, strlen(c->op)));
    assert_non_null(def->gradient);
    if (verbose()) {
      printf("# %s", c->op);
      for (int j = 0; j < c->num_attrs; ++j) print_attr(&c->attrs[j]);
      printf("\n");
    }
    def->gradient(&r.base);
    for (int j = 0; j < c->num_inputs; ++j) {
      if (verbose()) printf("dx%d = %d\n", j, (int)dx[j].id);
      if ((dx[j].id != 0) != ((with_gradient >> j) & 1)) fail_msg("%s: gradient of input %d", c->op, j);
      if (dx[j].id != 0) assert_int_equal(r.types[dx[j].id - 1], c->inputs[j]);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(gradients_build_nodes_that_exist)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
