// Building operations: attributes of every kind set and read back, inputs, what is refused.
#include <stdlib.h>

#include "tensorflow/c/c_api_experimental.h"
#include "tests/api/api_test.h"

typedef struct fixture {
  TF_Graph* graph;
  TF_Status* status;
} fixture;

static int set_up(void** state) {
  static fixture f;
  f = (fixture){TF_NewGraph(), TF_NewStatus()};
  *state = &f;
  return f.graph == NULL || f.status == NULL;
}

static int tear_down(void** state) {
  fixture* f = *state;
  TF_DeleteGraph(f->graph);
  TF_DeleteStatus(f->status);
  return 0;
}

// ---- attributes. Those of NoOp that begin with "_" may be of any kind.

typedef struct metadata_case {
  const char* name;
  int is_list;
  int64_t list_size;
  TF_AttrType type;
  int64_t total_size;
} metadata_case;

static void check_metadata(fixture* f, TF_Operation* oper, const metadata_case* rows, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const TF_AttrMetadata metadata = TF_OperationGetAttrMetadata(oper, rows[i].name, f->status);
    assert_ok(f->status);
    assert_int_equal(metadata.is_list, rows[i].is_list);
    assert_int_equal(metadata.list_size, rows[i].list_size);
    assert_int_equal(metadata.type, rows[i].type);
    assert_int_equal(metadata.total_size, rows[i].total_size);
  }
}

static void numbers(void** state) {
  fixture* f = *state;
  static const int64_t kInts[] = {INT64_MIN, 0, INT64_MAX};
  static const float kFloats[] = {-0.5f, 3e38f};
  static const unsigned char kBools[] = {0, 1, 7};
  static const TF_DataType kTypes[] = {TF_FLOAT, TF_STRING};
  TF_OperationDescription* desc = TF_NewOperation(f->graph, "NoOp", "n");
  TF_SetAttrInt(desc, "_i", -7);
  TF_SetAttrIntList(desc, "_is", kInts, 3);
  TF_SetAttrFloat(desc, "_f", 1.5f);
  TF_SetAttrFloatList(desc, "_fs", kFloats, 2);
  TF_SetAttrBool(desc, "_b", 2);
  TF_SetAttrBoolList(desc, "_bs", kBools, 3);
  TF_SetAttrType(desc, "_t", TF_HALF);
  TF_SetAttrTypeList(desc, "_ts", kTypes, 2);
  TF_Operation* oper = TF_FinishOperation(desc, f->status);
  assert_ok(f->status);

  static const metadata_case kRows[] = {
      {"_i", 0, -1, TF_ATTR_INT, -1},   {"_is", 1, 3, TF_ATTR_INT, -1},  {"_f", 0, -1, TF_ATTR_FLOAT, -1},
      {"_fs", 1, 2, TF_ATTR_FLOAT, -1}, {"_b", 0, -1, TF_ATTR_BOOL, -1}, {"_bs", 1, 3, TF_ATTR_BOOL, -1},
      {"_t", 0, -1, TF_ATTR_TYPE, -1},  {"_ts", 1, 2, TF_ATTR_TYPE, -1},
  };
  check_metadata(f, oper, kRows, COUNT(kRows));

  int64_t i = 0, is[3] = {0};
  float x = 0, xs[2] = {0};
  unsigned char b = 0, bs[3] = {9, 9, 9};
  TF_DataType t = TF_FLOAT, ts[2] = {TF_INT8, TF_INT8};
  TF_OperationGetAttrInt(oper, "_i", &i, f->status);
  assert_ok(f->status);
  assert_int_equal(i, -7);
  TF_OperationGetAttrIntList(oper, "_is", is, 3, f->status);
  assert_ok(f->status);
  assert_memory_equal(is, kInts, sizeof(kInts));
  TF_OperationGetAttrFloat(oper, "_f", &x, f->status);
  assert_ok(f->status);
  assert_true(x == 1.5f);
  TF_OperationGetAttrFloatList(oper, "_fs", xs, 2, f->status);
  assert_ok(f->status);
  assert_memory_equal(xs, kFloats, sizeof(kFloats));
  TF_OperationGetAttrBool(oper, "_b", &b, f->status);
  assert_ok(f->status);
  assert_int_equal(b, 1);
  TF_OperationGetAttrBoolList(oper, "_bs", bs, 3, f->status);
  assert_ok(f->status);
  assert_memory_equal(bs, "\0\1\1", 3);
  TF_OperationGetAttrType(oper, "_t", &t, f->status);
  assert_ok(f->status);
  assert_int_equal(t, TF_HALF);
  TF_OperationGetAttrTypeList(oper, "_ts", ts, 1, f->status);  // room for one
  assert_ok(f->status);
  assert_int_equal(ts[0], TF_FLOAT);
  assert_int_equal(ts[1], TF_INT8);
}

static void strings(void** state) {
  fixture* f = *state;
  const void* const values[] = {"one", "", "th\0ree"};
  const size_t lengths[] = {3, 0, 6};
  TF_OperationDescription* desc = TF_NewOperation(f->graph, "NoOp", "n");
  TF_SetAttrString(desc, "_s", "a\0b", 3);
  TF_SetAttrString(desc, "_empty", NULL, 0);
  TF_SetAttrStringList(desc, "_ss", values, lengths, 3);
  TF_Operation* oper = TF_FinishOperation(desc, f->status);
  assert_ok(f->status);
  static const metadata_case kRows[] = {
      {"_s", 0, -1, TF_ATTR_STRING, 3}, {"_empty", 0, -1, TF_ATTR_STRING, 0}, {"_ss", 1, 3, TF_ATTR_STRING, 9}};
  check_metadata(f, oper, kRows, COUNT(kRows));

  char text[4] = "zzz";
  TF_OperationGetAttrString(oper, "_s", text, 2, f->status);  // room for two
  assert_ok(f->status);
  assert_memory_equal(text, "a\0z", 3);
  TF_OperationGetAttrString(oper, "_s", text, 100, f->status);
  assert_ok(f->status);
  assert_memory_equal(text, "a\0b", 4);

  void* found[3];
  size_t found_lengths[3];
  char storage[9];
  TF_OperationGetAttrStringList(oper, "_ss", found, found_lengths, 3, storage, sizeof(storage), f->status);
  assert_ok(f->status);
  for (size_t i = 0; i < 3; ++i) {
    assert_int_equal(found_lengths[i], lengths[i]);
    assert_memory_equal(found[i], values[i], lengths[i]);
  }
  TF_OperationGetAttrStringList(oper, "_ss", found, found_lengths, 3, storage, 8, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "Not enough storage");
}

static void shapes(void** state) {
  fixture* f = *state;
  static const int64_t k2x[] = {2, -7, 4};
  static const int64_t k5[] = {5};
  const int64_t* const dims[] = {k2x, NULL, k5, NULL};
  static const int kRanks[] = {3, -1, 1, 0};
  TF_OperationDescription* desc = TF_NewOperation(f->graph, "NoOp", "n");
  TF_SetAttrShape(desc, "_s", k2x, 3);
  TF_SetAttrShape(desc, "_u", NULL, -1);
  TF_SetAttrShapeList(desc, "_ss", dims, kRanks, 4);
  TF_Operation* oper = TF_FinishOperation(desc, f->status);
  assert_ok(f->status);
  static const metadata_case kRows[] = {
      {"_s", 0, -1, TF_ATTR_SHAPE, 3}, {"_u", 0, -1, TF_ATTR_SHAPE, -1}, {"_ss", 1, 4, TF_ATTR_SHAPE, 4}};
  check_metadata(f, oper, kRows, COUNT(kRows));

  int64_t shape[4] = {9, 9, 9, 9};
  TF_OperationGetAttrShape(oper, "_s", shape, 4, f->status);
  assert_ok(f->status);
  assert_int_equal(shape[0], 2);
  assert_int_equal(shape[1], -1);  // whatever is below 0 is not known
  assert_int_equal(shape[2], 4);
  assert_int_equal(shape[3], 9);

  int64_t* found[4];
  int ranks[4];
  int64_t storage[4];
  TF_OperationGetAttrShapeList(oper, "_ss", found, ranks, 4, storage, 4, f->status);
  assert_ok(f->status);
  assert_memory_equal(ranks, kRanks, sizeof(kRanks));
  assert_int_equal(found[0][2], 4);
  assert_int_equal(found[2][0], 5);
  TF_OperationGetAttrShapeList(oper, "_ss", found, ranks, 4, storage, 3, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "Not enough storage");
}

static void shapes_from_protos(void** state) {
  fixture* f = *state;
  static const char k23[] = "\x12\x02\x08\x02\x12\x02\x08\x03";  // dim { size: 2 } dim { size: 3 }
  static const char kUnknown[] = "\x18\x01";                     // unknown_rank: true
  const void* const protos[] = {k23, kUnknown};
  const size_t lengths[] = {8, 2};
  TF_OperationDescription* desc = TF_NewOperation(f->graph, "NoOp", "n");
  TF_SetAttrTensorShapeProto(desc, "_s", k23, 8, f->status);
  assert_ok(f->status);
  TF_SetAttrTensorShapeProto(desc, "_bad", "\xff", 1, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "Unparseable TensorShapeProto");
  TF_SetAttrTensorShapeProtoList(desc, "_ss", protos, lengths, 2, f->status);
  assert_ok(f->status);
  TF_Operation* oper = TF_FinishOperation(desc, f->status);
  assert_ok(f->status);
  int64_t dims[2];
  TF_OperationGetAttrShape(oper, "_s", dims, 2, f->status);
  assert_ok(f->status);
  assert_int_equal(dims[0], 2);
  assert_int_equal(dims[1], 3);
  static const metadata_case kRows[] = {{"_ss", 1, 2, TF_ATTR_SHAPE, 2}};
  check_metadata(f, oper, kRows, 1);
  TF_OperationGetAttrMetadata(oper, "_bad", f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "Operation 'n' has no attr named '_bad'.");
}

static void tensors(void** state) {
  fixture* f = *state;
  TF_Tensor* one = float_scalar(1.0f);
  TF_Tensor* two = float_scalar(2.0f);
  TF_Tensor* const both[] = {one, two};
  TF_OperationDescription* desc = TF_NewOperation(f->graph, "NoOp", "n");
  TF_SetAttrTensor(desc, "_t", one, f->status);
  assert_ok(f->status);
  TF_SetAttrTensorList(desc, "_ts", both, 2, f->status);
  assert_ok(f->status);
  TF_SetAttrTensor(desc, "_null", NULL, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "NULL");
  *(float*)TF_TensorData(one) = 77.0f;  // the operation has a copy
  TF_DeleteTensor(one);
  TF_DeleteTensor(two);
  TF_Operation* oper = TF_FinishOperation(desc, f->status);
  assert_ok(f->status);

  TF_Tensor* found[2] = {NULL, NULL};
  TF_OperationGetAttrTensor(oper, "_t", found, f->status);
  assert_ok(f->status);
  assert_true(first_float(found[0]) == 1.0f);
  TF_DeleteTensor(found[0]);
  TF_OperationGetAttrTensorList(oper, "_ts", found, 2, f->status);
  assert_ok(f->status);
  assert_true(first_float(found[0]) == 1.0f);
  assert_true(first_float(found[1]) == 2.0f);
  TF_DeleteTensor(found[0]);
  TF_DeleteTensor(found[1]);
  static const metadata_case kRows[] = {{"_t", 0, -1, TF_ATTR_TENSOR, -1}, {"_ts", 1, 2, TF_ATTR_TENSOR, -1}};
  check_metadata(f, oper, kRows, COUNT(kRows));
}

static void functions_and_placeholders(void** state) {
  fixture* f = *state;
  TF_OperationDescription* desc = TF_NewOperation(f->graph, "NoOp", "n");
  TF_SetAttrFuncName(desc, "_f", "my_function", 11);
  TF_SetAttrPlaceholder(desc, "_p", "T");
  TF_Operation* oper = TF_FinishOperation(desc, f->status);
  assert_ok(f->status);
  static const metadata_case kRows[] = {{"_f", 0, -1, TF_ATTR_FUNC, -1}, {"_p", 0, -1, TF_ATTR_PLACEHOLDER, 1}};
  check_metadata(f, oper, kRows, COUNT(kRows));
}

static void values_from_protos(void** state) {
  fixture* f = *state;
  TF_OperationDescription* desc = TF_NewOperation(f->graph, "NoOp", "n");
  TF_SetAttrValueProto(desc, "_i", "\x18\x2a", 2, f->status);  // i: 42
  assert_ok(f->status);
  TF_SetAttrValueProto(desc, "_bad", "\xff", 1, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "Unparseable AttrValue proto");
  TF_Operation* oper = TF_FinishOperation(desc, f->status);
  assert_ok(f->status);
  int64_t i = 0;
  TF_OperationGetAttrInt(oper, "_i", &i, f->status);
  assert_ok(f->status);
  assert_int_equal(i, 42);

  TF_Buffer* buffer = TF_NewBuffer();
  TF_OperationGetAttrValueProto(oper, "_i", buffer, f->status);
  assert_ok(f->status);
  assert_int_equal(buffer->length, 2);
  assert_memory_equal(buffer->data, "\x18\x2a", 2);
  TF_OperationGetAttrValueProto(oper, "_i", buffer, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "Passing non-empty TF_Buffer is invalid.");
  TF_DeleteBuffer(buffer);
}

static void getters_refuse_other_kinds(void** state) {
  fixture* f = *state;
  TF_Operation* oper = placeholder(f->graph, "a", TF_FLOAT, NULL, -1);
  int64_t i = 0;
  TF_Tensor* tensor = NULL;
  TF_OperationGetAttrInt(oper, "dtype", &i, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "AttrValue had value with type 'type' when 'int' expected");
  TF_OperationGetAttrInt(oper, "nope", &i, f->status);
  assert_fails(f->status, TF_NOT_FOUND, "No attr named 'nope' in NodeDef");
  TF_OperationGetAttrIntList(oper, "dtype", &i, 1, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "Value for 'dtype' is not a list.");
  TF_OperationGetAttrIntList(oper, "nope", &i, 1, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "Operation 'a' has no attr named 'nope'.");
  TF_OperationGetAttrString(oper, "dtype", &i, 1, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "Attribute 'dtype' is not a string");
  TF_OperationGetAttrShape(oper, "dtype", &i, 1, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "'type' when 'shape' expected");
  TF_OperationGetAttrTensor(oper, "dtype", &tensor, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "'type' when 'tensor' expected");
  TF_OperationGetAttrInt(NULL, "dtype", &i, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "NULL");
  TF_OperationGetAttrInt(oper, "dtype", &i, NULL);  // nobody wants to know
}

static void attributes_can_be_listed(void** state) {
  fixture* f = *state;
  TF_Operation* oper = placeholder(f->graph, "a", TF_FLOAT, NULL, -1);
  assert_int_equal(TF_OperationGetNumAttrs(oper), 2);  // the default of "shape" is one
  char names[2][6] = {"", ""};
  for (int i = 0; i < 2; ++i) {
    assert_int_equal(TF_OperationGetAttrNameLength(oper, i), 5);
    TF_OperationGetAttrName(oper, i, names[i], f->status);
    assert_ok(f->status);
  }
  assert_string_equal(names[0], "dtype");
  assert_string_equal(names[1], "shape");
  assert_int_equal(TF_OperationGetAttrNameLength(oper, 2), -1);
  TF_OperationGetAttrName(oper, 9, names[0], f->status);
  assert_fails(f->status, TF_OUT_OF_RANGE, "Operation only has 2 attributes");
}

// ---- inputs

static void types_follow_from_inputs(void** state) {
  fixture* f = *state;
  TF_Operation* a = placeholder(f->graph, "a", TF_DOUBLE, NULL, -1);
  TF_Operation* b = placeholder(f->graph, "b", TF_INT32, NULL, -1);
  TF_OperationDescription* desc = TF_NewOperation(f->graph, "IdentityN", "both");
  const TF_Output inputs[] = {output_of(a), output_of(b)};
  TF_AddInputList(desc, inputs, 2);
  TF_AddControlInput(desc, a);
  TF_AddControlInput(desc, a);
  TF_AddControlInput(desc, b);
  TF_SetDevice(desc, "/device:CPU:0");
  TF_Operation* both = TF_FinishOperation(desc, f->status);
  assert_ok(f->status);

  assert_string_equal(TF_OperationName(both), "both");
  assert_string_equal(TF_OperationOpType(both), "IdentityN");
  assert_string_equal(TF_OperationDevice(both), "/device:CPU:0");
  assert_string_equal(TF_OperationDevice(a), "");
  assert_int_equal(TF_OperationNumInputs(both), 2);
  assert_int_equal(TF_OperationNumOutputs(both), 2);
  assert_int_equal(TF_OperationInputType((TF_Input){both, 0}), TF_DOUBLE);
  assert_int_equal(TF_OperationInputType((TF_Input){both, 1}), TF_INT32);
  assert_int_equal(TF_OperationOutputType((TF_Output){both, 1}), TF_INT32);
  assert_int_equal(TF_OperationOutputType((TF_Output){both, 2}), 0);
  assert_int_equal(TF_OperationInputListLength(both, "input", f->status), 2);
  assert_ok(f->status);
  assert_int_equal(TF_OperationOutputListLength(both, "output", f->status), 2);
  assert_ok(f->status);
  assert_int_equal(TF_OperationInputListLength(both, "nope", f->status), -1);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "Input arg 'nope' not found");
  assert_int_equal(TF_OperationOutputListLength(both, "nope", f->status), -1);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "Output arg 'nope' not found");

  const TF_Output from = TF_OperationInput((TF_Input){both, 1});
  assert_ptr_equal(from.oper, b);
  assert_int_equal(from.index, 0);
  assert_null(TF_OperationInput((TF_Input){both, 2}).oper);
  TF_Output all[2] = {{NULL, 0}, {NULL, 0}};
  TF_OperationAllInputs(both, all, 1);
  assert_ptr_equal(all[0].oper, a);
  assert_null(all[1].oper);

  assert_int_equal(TF_OperationNumControlInputs(both), 2);
  TF_Operation* controls[2] = {NULL, NULL};
  assert_int_equal(TF_OperationGetControlInputs(both, controls, 2), 2);
  assert_ptr_equal(controls[0], a);
  assert_ptr_equal(controls[1], b);
  assert_int_equal(TF_OperationNumControlOutputs(a), 1);
  assert_int_equal(TF_OperationGetControlOutputs(a, controls, 2), 1);
  assert_ptr_equal(controls[0], both);
}

static void consumers(void** state) {
  fixture* f = *state;
  TF_Operation* a = placeholder(f->graph, "a", TF_FLOAT, NULL, -1);
  TF_Operation* b = placeholder(f->graph, "b", TF_FLOAT, NULL, -1);
  TF_Operation* ab = binary(f->graph, "AddV2", "ab", a, b);
  TF_Operation* aa = binary(f->graph, "Mul", "aa", a, a);
  assert_int_equal(TF_OperationOutputNumConsumers(output_of(a)), 3);
  TF_Input found[3];
  assert_int_equal(TF_OperationOutputConsumers(output_of(a), found, 3), 3);
  assert_ptr_equal(found[0].oper, ab);
  assert_int_equal(found[0].index, 0);
  assert_ptr_equal(found[1].oper, aa);
  assert_ptr_equal(found[2].oper, aa);
  assert_int_equal(found[2].index, 1);
  found[0].oper = NULL;
  assert_int_equal(TF_OperationOutputConsumers(output_of(b), found, 0), 1);  // no room
  assert_null(found[0].oper);
  assert_int_equal(TF_OperationOutputNumConsumers((TF_Output){a, 1}), 0);
}

static void lists_set_their_length(void** state) {
  fixture* f = *state;
  TF_Operation* a = placeholder(f->graph, "a", TF_FLOAT, NULL, -1);
  const TF_Output inputs[] = {output_of(a), output_of(a), output_of(a)};
  TF_OperationDescription* desc = TF_NewOperation(f->graph, "AddN", "sum");
  TF_AddInputList(desc, inputs, 3);
  TF_Operation* sum = TF_FinishOperation(desc, f->status);
  assert_ok(f->status);
  int64_t n = 0;
  TF_OperationGetAttrInt(sum, "N", &n, f->status);
  assert_ok(f->status);
  assert_int_equal(n, 3);
  assert_int_equal(TF_OperationInputListLength(sum, "inputs", f->status), 3);
}

static void colocations_are_sorted(void** state) {
  fixture* f = *state;
  TF_Operation* a = placeholder(f->graph, "a", TF_FLOAT, NULL, -1);
  TF_Operation* b = placeholder(f->graph, "b", TF_FLOAT, NULL, -1);
  TF_OperationDescription* desc = TF_NewOperation(f->graph, "Identity", "c");
  TF_AddInput(desc, output_of(a));
  TF_ColocateWith(desc, b);
  TF_ColocateWith(desc, a);
  TF_ColocateWith(desc, b);
  TF_Operation* c = TF_FinishOperation(desc, f->status);
  assert_ok(f->status);
  void* values[2];
  size_t lengths[2];
  char storage[12];
  TF_OperationGetAttrStringList(c, "_class", values, lengths, 2, storage, sizeof(storage), f->status);
  assert_ok(f->status);
  assert_memory_equal(storage, "loc:@aloc:@b", 12);
}

static void shapes_are_inferred(void** state) {
  fixture* f = *state;
  static const int64_t k2x[] = {2, -1};
  static const int64_t k3[] = {3};
  TF_Operation* a = placeholder(f->graph, "a", TF_FLOAT, k2x, 2);
  TF_Operation* b = placeholder(f->graph, "b", TF_FLOAT, k3, 1);
  TF_Operation* u = placeholder(f->graph, "u", TF_FLOAT, NULL, -1);
  TF_Operation* ab = binary(f->graph, "AddV2", "ab", a, b);
  assert_int_equal(TF_GraphGetTensorNumDims(f->graph, output_of(ab), f->status), 2);
  assert_ok(f->status);
  int64_t dims[2] = {0};
  TF_GraphGetTensorShape(f->graph, output_of(ab), dims, 2, f->status);
  assert_ok(f->status);
  assert_int_equal(dims[0], 2);
  assert_int_equal(dims[1], 3);
  assert_int_equal(TF_GraphGetTensorNumDims(f->graph, output_of(u), f->status), -1);
  assert_ok(f->status);
  TF_GraphGetTensorShape(f->graph, output_of(ab), dims, 1, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "Expected rank is 1 but actual rank is 2");
  TF_GraphGetTensorShape(f->graph, (TF_Output){ab, 1}, dims, 2, f->status);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "does not have output 1");
  TF_Graph* other = TF_NewGraph();
  assert_int_equal(TF_GraphGetTensorNumDims(other, output_of(ab), f->status), -1);
  assert_fails(f->status, TF_INVALID_ARGUMENT, "Node ab was not found in the graph");
  TF_DeleteGraph(other);
}

// ---- what is refused

typedef struct refused_case {
  const char* op;
  const char* name;
  int num_inputs;
  TF_Output inputs[3];
  bool as_list;
  const char* int_attr;   // NULL: none; its value is 3
  const char* type_attr;  // NULL: none; its value is TF_INT32
  const char* message;
} refused_case;

static void refused(void** state) {
  fixture* f = *state;
  static const int64_t k23[] = {2, 3};
  static const int64_t k45[] = {4, 5};
  TF_Graph* other = TF_NewGraph();
  const TF_Output a = output_of(placeholder(f->graph, "a", TF_FLOAT, NULL, -1));
  const TF_Output i = output_of(placeholder(f->graph, "i", TF_INT32, NULL, -1));
  const TF_Output m = output_of(placeholder(f->graph, "m", TF_FLOAT, k23, 2));
  const TF_Output n = output_of(placeholder(f->graph, "n", TF_FLOAT, k45, 2));
  const TF_Output foreign = output_of(placeholder(other, "foreign", TF_FLOAT, NULL, -1));
  const TF_Output none = {NULL, 0}, beyond = {a.oper, 3}, before = {a.oper, -1};
  const refused_case rows[] = {
      {"Add", "a", 2, {a, a}, .message = "Duplicate node name in graph: 'a'"},
      {"Nope", "x", 1, {a}, .message = "Op type not registered 'Nope'"},
      {"Add", "x", 2, {a, i}, .message = "Inconsistent values for attr 'T' DT_FLOAT vs. DT_INT32"},
      {"Add", "x", 1, {a}, .message = "1 inputs specified of 2 inputs in Op while building NodeDef 'x'"},
      {"Add", "x", 3, {a, a, a}, .message = "More Input() calls than the 2 input_args"},
      {"Add", "x", 2, {beyond, a}, .message = "Attempt to add output 3 of a not in range [0, 1)"},
      {"Add", "x", 2, {a, before}, .message = "Attempt to add output -1 of a"},
      {"Add", "x", 2, {a, none}, .message = "NULL"},
      {"Add", "x", 2, {a, foreign}, .message = "another graph"},
      {"Add", "x", 2, {a, a}, .as_list = true, .message = "List provided to input 'x' when single Tensor expected"},
      {"AddN", "x", 1, {a}, .message = "Single tensor passed to 'inputs', expected list"},
      {"AddN", "x", 2, {a, i}, .as_list = true, .message = "Input 'inputs' passed int32 expected float"},
      {"AddN", "x", 0, {a}, .as_list = true, .message = "must be at least minimum 1"},
      {"Identity", "x", 1, {a}, .type_attr = "T", .message = "Inconsistent values for attr 'T' DT_FLOAT vs. DT_INT32"},
      {"Identity", "x", 1, {a}, .int_attr = "T", .message = "Inconsistent values for attr 'T' DT_FLOAT vs. 3"},
      {"Placeholder", "x", 0, {a}, .message = "missing attr 'dtype'"},
      {"MatMul", "x", 2, {m, n}, .message = "Dimensions must be equal, but are 3 and 4 for '{{node x}} = MatMul"},
  };
  for (size_t r = 0; r < COUNT(rows); ++r) {
    const refused_case* row = &rows[r];
    TF_OperationDescription* desc = TF_NewOperation(f->graph, row->op, row->name);
    if (row->as_list) {
      TF_AddInputList(desc, row->inputs, row->num_inputs);
    } else {
      for (int k = 0; k < row->num_inputs; ++k) TF_AddInput(desc, row->inputs[k]);
    }
    if (row->type_attr != NULL) TF_SetAttrType(desc, row->type_attr, TF_INT32);
    if (row->int_attr != NULL) TF_SetAttrInt(desc, row->int_attr, 3);
    assert_null(TF_FinishOperation(desc, f->status));
    assert_fails(f->status, TF_INVALID_ARGUMENT, row->message);
  }
  assert_null(TF_GraphOperationByName(f->graph, "x"));  // nothing was added
  TF_Operation* x = binary(f->graph, "Add", "x", a.oper, a.oper);
  assert_ptr_equal(TF_GraphOperationByName(f->graph, "x"), x);
  TF_DeleteGraph(other);
}

static void null_descriptions_are_reported_at_the_end(void** state) {
  fixture* f = *state;
  TF_OperationDescription* desc = TF_NewOperation(NULL, "NoOp", "n");
  assert_null(desc);
  TF_SetDevice(desc, "/cpu:0");
  TF_AddInput(desc, (TF_Output){0});
  TF_AddInputList(desc, NULL, 0);
  TF_AddControlInput(desc, NULL);
  TF_ColocateWith(desc, NULL);
  TF_SetAttrString(desc, "a", "b", 1);
  TF_SetAttrInt(desc, "a", 1);
  TF_SetAttrIntList(desc, "a", NULL, 0);
  TF_SetAttrShape(desc, "a", NULL, 0);
  TF_SetAttrFuncName(desc, "a", "b", 1);
  TF_SetAttrPlaceholder(desc, "a", "b");
  TF_SetAttrTensor(desc, "a", NULL, f->status);
  assert_fails(f->status, TF_RESOURCE_EXHAUSTED, "no description");
  assert_null(TF_FinishOperation(desc, f->status));
  assert_fails(f->status, TF_RESOURCE_EXHAUSTED, "no description");
  TF_FinishOperation(desc, NULL);
}

static void wrong_arrays_are_refused(void** state) {
  fixture* f = *state;
  static const int64_t kInts[] = {1};
  TF_OperationDescription* desc = TF_NewOperation(f->graph, "NoOp", "n");
  TF_SetAttrIntList(desc, "_a", kInts, -1);
  assert_null(TF_FinishOperation(desc, f->status));
  assert_fails(f->status, TF_INVALID_ARGUMENT, "'_a'");
  desc = TF_NewOperation(f->graph, "NoOp", "n");
  TF_SetAttrFloatList(desc, "_a", NULL, 2);
  assert_null(TF_FinishOperation(desc, f->status));
  assert_fails(f->status, TF_INVALID_ARGUMENT, "'_a'");
  desc = TF_NewOperation(f->graph, "NoOp", "n");
  TF_SetAttrString(desc, "_a", NULL, 2);
  assert_null(TF_FinishOperation(desc, f->status));
  assert_fails(f->status, TF_INVALID_ARGUMENT, "NULL");
  desc = TF_NewOperation(f->graph, "NoOp", "n");
  TF_SetAttrShape(desc, "_a", NULL, 2);
  assert_null(TF_FinishOperation(desc, f->status));
  assert_fails(f->status, TF_INVALID_ARGUMENT, "2 dimensions");
}

static void a_description_may_be_finished_late(void** state) {
  fixture* f = *state;
  TF_OperationDescription* first = TF_NewOperation(f->graph, "NoOp", "first");
  TF_OperationDescription* second = TF_NewOperation(f->graph, "NoOp", "second");
  TF_Operation* b = TF_FinishOperation(second, f->status);
  assert_ok(f->status);
  TF_AddControlInput(first, b);
  TF_Operation* a = TF_FinishOperation(first, f->status);
  assert_ok(f->status);
  size_t at = 0;
  assert_ptr_equal(TF_GraphNextOperation(f->graph, &at), b);
  assert_ptr_equal(TF_GraphNextOperation(f->graph, &at), a);
  assert_null(TF_GraphNextOperation(f->graph, &at));
  assert_null(TF_GraphOperationByName(f->graph, "third"));
}

static void shapes_are_set_and_written(void** state) {
  (void)state;
  static const int64_t kDims[] = {2, -1}, kMore[] = {-1, 3}, kOther[] = {4, 3};
  int64_t dims[2];
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  const TF_Output x = output_of(placeholder(graph, "x", TF_FLOAT, kDims, 2));
  const TF_Output any = output_of(placeholder(graph, "any", TF_FLOAT, NULL, -1));
  TF_GraphSetTensorShape(graph, x, NULL, -1, status);
  assert_ok(status);
  TF_GraphSetTensorShape(graph, x, kMore, 2, status);
  assert_ok(status);
  TF_GraphGetTensorShape(graph, x, dims, 2, status);
  assert_ok(status);
  assert_int_equal(dims[0], 2);
  assert_int_equal(dims[1], 3);
  TF_GraphSetTensorShape(graph, x, kOther, 2, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "Dimension 0 in both shapes must be equal, but are 2 and 4");
  TF_GraphSetTensorShape(graph, x, kOther, 1, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "Shapes must be equal rank, but are 2 and 1");
  TF_GraphSetTensorShape(graph, (TF_Output){x.oper, 1}, kDims, 2, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "does not have output 1");
  TF_GraphSetTensorShape(graph, any, kOther, 2, status);
  assert_ok(status);
  assert_int_equal(TF_GraphGetTensorNumDims(graph, any, status), 2);

  // what is known of a shape is a value, also when it became known later
  TF_OperationDescription* desc = TF_NewOperation(graph, "Shape", "s");
  TF_AddInput(desc, any);
  TF_Operation* shape = TF_FinishOperation(desc, status);
  assert_ok(status);
  TF_Tensor* value = NULL;
  assert_int_equal(TF_TryEvaluateConstant(graph, output_of(shape), &value, status), 1);
  assert_ok(status);
  assert_int_equal(TF_TensorType(value), TF_INT32);
  assert_int_equal(((const int32_t*)TF_TensorData(value))[1], 3);
  TF_DeleteTensor(value);
  value = NULL;
  assert_int_equal(TF_TryEvaluateConstant(graph, x, &value, status), 0);
  assert_ok(status);
  assert_null(value);
  assert_int_equal(TF_TryEvaluateConstant(graph, x, NULL, status), 0);
  assert_fails(status, TF_INVALID_ARGUMENT, "NULL");

  TF_Buffer* proto = TF_NewBuffer();
  TF_OperationGetAttrTensorShapeProto(x.oper, "shape", proto, status);
  assert_ok(status);
  assert_int_equal(proto->length, 17);  // dim { size: 2 } dim { size: -1 }
  assert_memory_equal(proto->data, "\x12\x02\x08\x02\x12\x0b\x08\xff\xff", 9);
  TF_OperationGetAttrTensorShapeProto(x.oper, "dtype", proto, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "AttrValue had value with type 'type' when 'shape' expected");
  desc = TF_NewOperation(graph, "PaddingFIFOQueueV2", "q");
  TF_SetAttrTypeList(desc, "component_types", (const TF_DataType[]){TF_FLOAT, TF_INT32}, 2);
  TF_SetAttrShapeList(desc, "shapes", (const int64_t* const[]){kDims, NULL}, (const int[]){2, 0}, 2);
  TF_Operation* queue = TF_FinishOperation(desc, status);
  assert_ok(status);
  TF_Buffer* protos[2] = {NULL, NULL};
  TF_OperationGetAttrTensorShapeProtoList(queue, "shapes", protos, 2, status);
  assert_ok(status);
  assert_int_equal(protos[0]->length, 17);
  assert_int_equal(protos[1]->length, 0);
  TF_DeleteBuffer(protos[0]);
  TF_DeleteBuffer(protos[1]);
  TF_DeleteBuffer(proto);

  size_t length = 0;
  const char* text = TF_GraphDebugString(graph, &length);
  assert_non_null(text);
  assert_int_equal(strlen(text), length);
  assert_non_null(strstr(text, "node {\n  name: \"x\"\n  op: \"Placeholder\"\n"));
  free((void*)text);
  assert_null(TF_GraphDebugString(NULL, &length));
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
}

int main(void) {
#define IN_A_GRAPH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shapes_are_set_and_written),
      IN_A_GRAPH(numbers),
      IN_A_GRAPH(strings),
      IN_A_GRAPH(shapes),
      IN_A_GRAPH(shapes_from_protos),
      IN_A_GRAPH(tensors),
      IN_A_GRAPH(functions_and_placeholders),
      IN_A_GRAPH(values_from_protos),
      IN_A_GRAPH(getters_refuse_other_kinds),
      IN_A_GRAPH(attributes_can_be_listed),
      IN_A_GRAPH(types_follow_from_inputs),
      IN_A_GRAPH(consumers),
      IN_A_GRAPH(lists_set_their_length),
      IN_A_GRAPH(colocations_are_sorted),
      IN_A_GRAPH(shapes_are_inferred),
      IN_A_GRAPH(refused),
      IN_A_GRAPH(null_descriptions_are_reported_at_the_end),
      IN_A_GRAPH(wrong_arrays_are_refused),
      IN_A_GRAPH(a_description_may_be_finished_late),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
