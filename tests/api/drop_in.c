// A program written for libtensorflow: calls the functions of the C API and prints what they give. The output is the
// same with ctf and with TensorFlow (tests/api/against_tensorflow.sh); tests/api/drop_in.txt is what it is.
//
// Messages are printed where programs match them; addresses, times and sizes of machines are not. Not called are
// TF_GetOpList, which wants a library of ops (tests/api/custom_test.c), the encoding of strings, which TensorFlow no
// longer has (tests/api/tensor_test.c), and the import of a C++ message.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/c_api_experimental.h"
#include "tensorflow/c/env.h"
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

static TF_Status* s;

// Prints the code that the last call left, and begins anew.
static void code(const char* what) {
  printf("%s: code %d\n", what, (int)TF_GetCode(s));
  if (getenv("DROP_IN_MESSAGES") != NULL && TF_GetCode(s) != TF_OK) fprintf(stderr, "%s: %s\n", what, TF_Message(s));
  TF_SetStatus(s, TF_OK, "");
}

static void text(const char* what, const char* data, size_t length) { printf("%s: '%.*s'\n", what, (int)length, data); }

// ---- statuses, buffers, types

static void print_payload(const char* key, const char* value, void* capture) {
  printf("payload %s=%s (%s)\n", key, value, (const char*)capture);
}

static void statuses(void) {
  TF_SetStatus(s, TF_NOT_FOUND, "gone");
  printf("%d %s\n", (int)TF_GetCode(s), TF_Message(s));
  TF_SetPayload(s, "key", "value");
  TF_ForEachPayload(s, print_payload, (void*)"capture");
  TF_SetStatus(s, TF_OK, "");
  TF_ForEachPayload(s, print_payload, (void*)"capture");
  TF_SetStatusFromIOError(s, 2, "no.file");
  code("errno 2");
  TF_SetStatusFromIOError(s, 13, "no.file");
  code("errno 13");
  printf("%s\n", TF_Version());
  for (int type = TF_FLOAT; type <= TF_UINT64; ++type) printf("%zu ", TF_DataTypeSize((TF_DataType)type));
  printf("\n");
}

static void buffers(void) {
  TF_Buffer* empty = TF_NewBuffer();
  printf("empty %d %zu\n", empty->data == NULL, empty->length);
  TF_DeleteBuffer(empty);
  TF_Buffer* copy = TF_NewBufferFromString("bytes", 5);
  const TF_Buffer seen = TF_GetBuffer(copy);
  text("buffer", seen.data, seen.length);
  TF_DeleteBuffer(copy);
  TF_DeleteBuffer(NULL);
}

// ---- tensors and strings

static void freed(void* data, size_t length, void* arg) {
  (void)data;
  printf("%s: %zu bytes are free\n", (const char*)arg, length);
}

static void tensors(void) {
  const int64_t dims[] = {2, 3}, flat[] = {6}, bytes[] = {24};
  TF_Tensor* a = TF_AllocateTensor(TF_FLOAT, dims, 2, 24);
  printf("%d %d %d %d %d %d %d %d\n", (int)TF_TensorType(a), TF_NumDims(a), (int)TF_Dim(a, 0), (int)TF_Dim(a, 1),
         (int)TF_TensorByteSize(a), (int)TF_TensorElementCount(a), TF_TensorIsAligned(a), TF_TensorData(a) != NULL);
  TF_SetShape(a, flat, 1);
  printf("set shape %d %d\n", TF_NumDims(a), (int)TF_Dim(a, 0));
  TF_Tensor* b = TF_AllocateTensor(TF_UINT8, bytes, 1, 24);
  memset(TF_TensorData(a), 1, 24);
  TF_TensorBitcastFrom(a, TF_UINT8, b, bytes, 1, s);
  code("bitcast");
  printf("bitcast %d %d\n", (int)TF_TensorType(b), ((uint8_t*)TF_TensorData(b))[23]);
  TF_TensorBitcastFrom(a, TF_UINT8, b, dims, 2, s);
  code("bitcast of another size");
  TF_DeleteTensor(b);
  TF_Tensor* moved = TF_TensorMaybeMove(a);
  printf("moved %d\n", moved != NULL);
  TF_DeleteTensor(moved != NULL ? moved : a);
  _Alignas(64) static float values[6] = {1, 2, 3, 4, 5, 6};
  TF_Tensor* wrapped = TF_NewTensor(TF_FLOAT, dims, 2, values, sizeof(values), freed, (void*)"wrapped");
  printf("wrapped %d\n", TF_TensorMaybeMove(wrapped) != NULL);
  printf("in place %d\n", TF_TensorData(wrapped) == values);
  TF_DeleteTensor(wrapped);
  printf("alignment %d\n", TF_TensorDefaultAlignment() >= 16);
  TF_DeleteTensor(NULL);
}

static void strings(void) {
  static const char kLong[] = "a text that does not fit into an element";
  TF_TString one, two;
  TF_StringInit(&one);
  TF_StringInit(&two);
  TF_StringCopy(&one, "short", 5);
  text("string", TF_StringGetDataPointer(&one), TF_StringGetSize(&one));
  printf("%d %zu\n", (int)TF_StringGetType(&one), TF_StringGetCapacity(&one));
  TF_StringCopy(&one, kLong, strlen(kLong));
  text("string", TF_StringGetDataPointer(&one), TF_StringGetSize(&one));
  printf("%d %zu\n", (int)TF_StringGetType(&one), TF_StringGetCapacity(&one));
  TF_StringAssignView(&two, kLong, 6);
  printf("%d %zu %d\n", (int)TF_StringGetType(&two), TF_StringGetSize(&two), TF_StringGetDataPointer(&two) == kLong);
  TF_StringDealloc(&one);
  TF_StringDealloc(&two);
  printf("%zu\n", TF_StringGetSize(&one));
}

// ---- graphs and operations

static TF_Operation* placeholder(TF_Graph* graph, const char* name, TF_DataType type, const int64_t* dims, int rank) {
  TF_OperationDescription* desc = TF_NewOperation(graph, "Placeholder", name);
  TF_SetAttrType(desc, "dtype", type);
  if (rank >= 0) TF_SetAttrShape(desc, "shape", dims, rank);
  return TF_FinishOperation(desc, s);
}

static TF_Operation* constant(TF_Graph* graph, const char* name, float value) {
  TF_Tensor* tensor = TF_AllocateTensor(TF_FLOAT, NULL, 0, sizeof(value));
  memcpy(TF_TensorData(tensor), &value, sizeof(value));
  TF_OperationDescription* desc = TF_NewOperation(graph, "Const", name);
  TF_SetAttrTensor(desc, "value", tensor, s);
  TF_SetAttrType(desc, "dtype", TF_FLOAT);
  TF_Operation* made = TF_FinishOperation(desc, s);
  TF_DeleteTensor(tensor);
  return made;
}

static TF_Operation* sum(TF_Graph* graph, const char* name, TF_Operation* a, TF_Operation* b) {
  const TF_Output inputs[] = {{a, 0}, {b, 0}};
  TF_OperationDescription* desc = TF_NewOperation(graph, "AddN", name);
  TF_AddInputList(desc, inputs, 2);
  TF_SetDevice(desc, "/device:CPU:0");
  TF_AddControlInput(desc, a);
  TF_ColocateWith(desc, b);
  return TF_FinishOperation(desc, s);
}

static void metadata(const char* what, TF_Operation* oper, const char* attr) {
  const TF_AttrMetadata m = TF_OperationGetAttrMetadata(oper, attr, s);
  if (TF_GetCode(s) == TF_OK)
    printf("%s %s: %d %d %d %d ", what, attr, m.is_list, (int)m.list_size, (int)m.type, (int)m.total_size);
  code(attr);
}

static void describe(TF_Operation* oper) {
  printf("%s is %s on '%s': %d in, %d out, %d attributes\n", TF_OperationName(oper), TF_OperationOpType(oper),
         TF_OperationDevice(oper), TF_OperationNumInputs(oper), TF_OperationNumOutputs(oper),
         TF_OperationGetNumAttrs(oper));
  for (int i = 0; i < TF_OperationNumInputs(oper); ++i) {
    const TF_Output from = TF_OperationInput((TF_Input){oper, i});
    printf("  input %d: %s:%d type %d\n", i, TF_OperationName(from.oper), from.index,
           (int)TF_OperationInputType((TF_Input){oper, i}));
  }
  TF_Output all[4];
  TF_OperationAllInputs(oper, all, COUNT(all));
  for (int i = 0; i < TF_OperationNumOutputs(oper); ++i) {
    const TF_Output out = {oper, i};
    TF_Input consumers[4];
    const int num = TF_OperationOutputConsumers(out, consumers, COUNT(consumers));
    printf("  output %d: type %d, %d consumers (%d)", i, (int)TF_OperationOutputType(out), num,
           TF_OperationOutputNumConsumers(out));
    for (int j = 0; j < num; ++j) printf(" %s:%d", TF_OperationName(consumers[j].oper), consumers[j].index);
    printf("\n");
  }
  TF_Operation *before[4], *after[4];
  const int num_before = TF_OperationGetControlInputs(oper, before, COUNT(before));
  const int num_after = TF_OperationGetControlOutputs(oper, after, COUNT(after));
  printf("  controls: %d before (%d), %d after (%d)\n", num_before, TF_OperationNumControlInputs(oper), num_after,
         TF_OperationNumControlOutputs(oper));
}

static void graphs(void) {
  const int64_t dims[] = {-1, 3};
  TF_Graph* graph = TF_NewGraph();
  TF_Operation* x = placeholder(graph, "x", TF_FLOAT, dims, 2);
  TF_Operation* two = constant(graph, "two", 2);
  TF_Operation* y = sum(graph, "y", two, two);
  code("graph");
  describe(x);
  describe(two);
  describe(y);
  printf("list %d %d\n", TF_OperationInputListLength(y, "inputs", s), TF_OperationOutputListLength(y, "sum", s));
  code("lists");
  TF_OperationInputListLength(y, "nothing", s);
  code("no such list");
  printf("found %d %d\n", TF_GraphOperationByName(graph, "two") == two, TF_GraphOperationByName(graph, "t") == NULL);
  size_t at = 0;
  for (TF_Operation* oper; (oper = TF_GraphNextOperation(graph, &at)) != NULL;) printf("%s ", TF_OperationName(oper));
  printf("\n");
  int64_t got[2] = {0};
  printf("rank %d\n", TF_GraphGetTensorNumDims(graph, (TF_Output){x, 0}, s));
  TF_GraphGetTensorShape(graph, (TF_Output){x, 0}, got, 2, s);
  code("shape");
  printf("shape %d %d\n", (int)got[0], (int)got[1]);
  TF_GraphGetTensorShape(graph, (TF_Output){x, 0}, got, 1, s);
  code("shape of another rank");
  printf("duplicate %d\n", placeholder(graph, "x", TF_FLOAT, dims, 2) == NULL);
  code("duplicate");
  printf("no op %d\n", TF_FinishOperation(TF_NewOperation(graph, "NoSuchOp", "z"), s) == NULL);
  code("no op");
  printf("no attribute %d\n", TF_FinishOperation(TF_NewOperation(graph, "Placeholder", "z"), s) == NULL);
  code("no attribute");
  TF_Buffer* bytes = TF_NewBuffer();
  TF_GraphVersions(graph, bytes, s);
  code("versions");
  printf("versions %d\n", bytes->length > 0);
  TF_DeleteBuffer(bytes);
  bytes = TF_NewBuffer();
  TF_OperationToNodeDef(two, bytes, s);
  code("node def");
  TF_GraphToGraphDef(graph, bytes, s);
  code("graph def into a buffer that is not empty");
  TF_DeleteBuffer(bytes);
  TF_DeleteGraph(graph);
}

// ---- attributes of every kind, on an op of the program's own

static TF_Operation* described(TF_Graph* graph, const char* name) {
  static const int64_t kDims[] = {2, -1}, kInts[] = {1, -2, 3};
  static const float kFloats[] = {1.5f, -0.25f};
  static const TF_Bool kBools[] = {1, 0};
  static const TF_DataType kTypes[] = {TF_FLOAT, TF_STRING};
  const void* strings[] = {"one", "three"};
  const size_t lengths[] = {3, 5};
  const int64_t* shapes[] = {kDims, NULL};
  const int ranks[] = {2, -1};
  const float value = 7;
  TF_Tensor* tensor = TF_AllocateTensor(TF_FLOAT, NULL, 0, 4);
  memcpy(TF_TensorData(tensor), &value, 4);
  TF_OperationDescription* desc = TF_NewOperation(graph, "DropInAttrs", name);
  TF_SetAttrInt(desc, "i", 42);
  TF_SetAttrFloat(desc, "f", 0.5f);
  TF_SetAttrBool(desc, "b", 1);
  TF_SetAttrString(desc, "s", "text", 4);
  TF_SetAttrType(desc, "t", TF_INT64);
  TF_SetAttrShape(desc, "shape", kDims, 2);
  TF_SetAttrTensor(desc, "tensor", tensor, s);
  TF_SetAttrIntList(desc, "is", kInts, 3);
  TF_SetAttrFloatList(desc, "fs", kFloats, 2);
  TF_SetAttrBoolList(desc, "bs", kBools, 2);
  TF_SetAttrStringList(desc, "ss", strings, lengths, 2);
  TF_SetAttrTypeList(desc, "ts", kTypes, 2);
  TF_SetAttrShapeList(desc, "shapes", shapes, ranks, 2);
  TF_SetAttrTensorList(desc, "tensors", &tensor, 1, s);
  TF_Operation* made = TF_FinishOperation(desc, s);
  TF_DeleteTensor(tensor);
  return made;
}

static void single_attributes(TF_Operation* oper) {
  int64_t i = 0, dims[2];
  float f = 0;
  TF_Bool b = 0;
  char string[8];
  TF_DataType type = TF_FLOAT;
  TF_Tensor* tensor = NULL;
  TF_OperationGetAttrInt(oper, "i", &i, s);
  TF_OperationGetAttrFloat(oper, "f", &f, s);
  TF_OperationGetAttrBool(oper, "b", &b, s);
  TF_OperationGetAttrString(oper, "s", string, 4, s);
  TF_OperationGetAttrType(oper, "t", &type, s);
  TF_OperationGetAttrShape(oper, "shape", dims, 2, s);
  TF_OperationGetAttrTensor(oper, "tensor", &tensor, s);
  code("attributes");
  printf("%d %g %d %.4s %d %d %d %g\n", (int)i, (double)f, b, string, (int)type, (int)dims[0], (int)dims[1],
         (double)*(float*)TF_TensorData(tensor));
  TF_DeleteTensor(tensor);
  TF_OperationGetAttrInt(oper, "nothing", &i, s);
  code("no such attribute");
  TF_OperationGetAttrInt(oper, "f", &i, s);
  code("attribute of another kind");
  TF_Buffer* proto = TF_NewBuffer();
  TF_OperationGetAttrValueProto(oper, "i", proto, s);
  code("attribute as bytes");
  for (size_t at = 0; at < proto->length; ++at) printf("%02x", ((const unsigned char*)proto->data)[at]);
  printf("\n");
  TF_DeleteBuffer(proto);
}

static void list_attributes(TF_Operation* oper) {
  int64_t ints[3], dims[4], *shapes[2];
  float floats[2];
  TF_Bool bools[2];
  TF_DataType types[2];
  void* strings[2];
  size_t lengths[2];
  char storage[16];
  int ranks[2];
  TF_Tensor* tensors[1] = {NULL};
  TF_OperationGetAttrIntList(oper, "is", ints, 3, s);
  TF_OperationGetAttrFloatList(oper, "fs", floats, 2, s);
  TF_OperationGetAttrBoolList(oper, "bs", bools, 2, s);
  TF_OperationGetAttrTypeList(oper, "ts", types, 2, s);
  TF_OperationGetAttrStringList(oper, "ss", strings, lengths, 2, storage, sizeof(storage), s);
  TF_OperationGetAttrShapeList(oper, "shapes", shapes, ranks, 2, dims, 4, s);
  TF_OperationGetAttrTensorList(oper, "tensors", tensors, 1, s);
  code("lists");
  printf("%d %d %d, %g %g, %d %d, %d %d, %.*s %.*s, %d %d %d, %g\n", (int)ints[0], (int)ints[1], (int)ints[2],
         (double)floats[0], (double)floats[1], bools[0], bools[1], (int)types[0], (int)types[1], (int)lengths[0],
         (char*)strings[0], (int)lengths[1], (char*)strings[1], ranks[0], ranks[1], (int)shapes[0][1],
         (double)*(float*)TF_TensorData(tensors[0]));
  TF_DeleteTensor(tensors[0]);
}

static void attributes(void) {
  static const char* const kNames[] = {"i",  "f",  "b",  "s",  "t",      "shape",   "tensor", "is",
                                       "fs", "bs", "ss", "ts", "shapes", "tensors", "nothing"};
  TF_Graph* graph = TF_NewGraph();
  TF_Operation* oper = described(graph, "described");
  code("described");
  for (int i = 0; i < COUNT(kNames); ++i) metadata("described", oper, kNames[i]);
  single_attributes(oper);
  list_attributes(oper);
  TF_DeleteGraph(graph);
}

// ---- ops and kernels of the program

static void shapes_as_input(TF_ShapeInferenceContext* c, TF_Status* status) {
  TF_ShapeHandle *in = TF_NewShapeHandle(), *out = TF_NewShapeHandle();
  TF_ShapeHandle *scalar = TF_ShapeInferenceContextScalar(c), *three = TF_ShapeInferenceContextVectorFromSize(c, 3);
  TF_DimensionHandle* dim = TF_NewDimensionHandle();
  TF_DataType type = TF_FLOAT;
  TF_ShapeInferenceContextGetInput(c, 0, in, status);
  TF_ShapeInferenceContextDim(c, in, -1, dim);
  TF_ShapeInferenceContext_GetAttrType(c, "T", &type, status);
  static int num_calls;  // how often a shape function is called is nobody's business
  if (num_calls++ == 0)
    printf("shape function: %d inputs, rank %d (%d), last %d (%d), type %d, scalar %d, vector %d\n",
           (int)TF_ShapeInferenceContextNumInputs(c), (int)TF_ShapeInferenceContextRank(c, in),
           TF_ShapeInferenceContextRankKnown(c, in), (int)TF_DimensionHandleValue(dim),
           TF_DimensionHandleValueKnown(dim) != 0, (int)type, (int)TF_ShapeInferenceContextRank(c, scalar),
           (int)TF_ShapeInferenceContextRank(c, three));
  TF_ShapeInferenceContextWithRankAtLeast(c, in, 1, in, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextWithRankAtMost(c, in, 2, in, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSubshape(c, in, 0, -1, out, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextConcatenateShapes(c, out, three, out, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextWithRank(c, out, 2, out, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(c, 0, out, status);
  TF_DeleteShapeHandle(in);
  TF_DeleteShapeHandle(out);
  TF_DeleteShapeHandle(scalar);
  TF_DeleteShapeHandle(three);
  TF_DeleteDimensionHandle(dim);
}

static void shapes_unknown(TF_ShapeInferenceContext* c, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(c, status);
}

static void* create(TF_OpKernelConstruction* c) {
  TF_DataType type = TF_FLOAT;
  TF_OpKernelConstruction_GetAttrType(c, "T", &type, s);
  printf("kernel is created for type %d\n", (int)type);
  return calloc(1, 1);
}

static void compute(void* kernel, TF_OpKernelContext* c) {
  TF_Tensor* in = NULL;
  (void)kernel;
  TF_GetInput(c, 0, &in, s);
  const int64_t dims[] = {TF_Dim(in, 0), 3};
  TF_Tensor* out = TF_AllocateOutput(c, 0, TF_FLOAT, dims, 2, (size_t)dims[0] * 12, s);
  for (int64_t i = 0; i < 3 * dims[0]; ++i) ((float*)TF_TensorData(out))[i] = ((float*)TF_TensorData(in))[i] * 10;
  printf("kernel computes %d -> %d\n", TF_NumInputs(c), TF_NumOutputs(c));
  TF_DeleteTensor(out);
  TF_DeleteTensor(in);
}

static void register_ops(void) {
  static const char* const kAttrs[] = {"i: int",
                                       "f: float",
                                       "b: bool",
                                       "s: string",
                                       "t: type",
                                       "shape: shape",
                                       "tensor: tensor",
                                       "is: list(int)",
                                       "fs: list(float)",
                                       "bs: list(bool)",
                                       "ss: list(string)",
                                       "ts: list(type)",
                                       "shapes: list(shape)",
                                       "tensors: list(tensor)",
                                       "level: int >= 1 = 3"};
  TF_OpDefinitionBuilder* builder = TF_NewOpDefinitionBuilder("DropInAttrs");
  for (int i = 0; i < COUNT(kAttrs); ++i) TF_OpDefinitionBuilderAddAttr(builder, kAttrs[i]);
  TF_OpDefinitionBuilderAddOutput(builder, "out: float");
  TF_OpDefinitionBuilderSetShapeInferenceFunction(builder, shapes_unknown);
  TF_RegisterOpDefinition(builder, s);
  code("register attributes");

  builder = TF_NewOpDefinitionBuilder("DropInShapes");
  TF_OpDefinitionBuilderAddAttr(builder, "shapes: list(shape)");
  TF_OpDefinitionBuilderAddAttr(builder, "i: int = 0");
  TF_OpDefinitionBuilderSetShapeInferenceFunction(builder, shapes_unknown);
  TF_RegisterOpDefinition(builder, s);

  builder = TF_NewOpDefinitionBuilder("DropInTen");
  TF_OpDefinitionBuilderAddAttr(builder, "T: {float, int32} = DT_FLOAT");
  TF_OpDefinitionBuilderAddInput(builder, "x: T");
  TF_OpDefinitionBuilderAddOutput(builder, "y: T");
  TF_OpDefinitionBuilderSetIsStateful(builder, true);
  TF_OpDefinitionBuilderSetIsCommutative(builder, false);
  TF_OpDefinitionBuilderSetIsAggregate(builder, false);
  TF_OpDefinitionBuilderSetAllowsUninitializedInput(builder, false);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(builder, shapes_as_input);
  TF_RegisterOpDefinition(builder, s);
  code("register");
  TF_KernelBuilder* kernel = TF_NewKernelBuilder("DropInTen", "CPU", create, compute, free);
  TF_KernelBuilder_TypeConstraint(kernel, "T", TF_FLOAT, s);
  TF_RegisterKernelBuilder("DropInTen", kernel, s);
  code("register kernel");
  TF_DeleteOpDefinitionBuilder(TF_NewOpDefinitionBuilder("DropInNever"));
  printf("stateful %d %d\n", TF_OpIsStateful("DropInTen", s), TF_OpIsStateful("MatMul", s));
}

static int holds(const TF_Buffer* bytes, const char* name) {
  const size_t length = strlen(name);
  for (size_t i = 0; i + length <= bytes->length; ++i) {
    if (memcmp((const char*)bytes->data + i, name, length) == 0) return 1;
  }
  return 0;
}

static void op_lists(void) {
  TF_Buffer* ops = TF_GetAllOpList();
  printf("ops %d %d %d\n", holds(ops, "DropInTen"), holds(ops, "MatMul"), holds(ops, "DropInNever"));
  TF_DeleteBuffer(ops);
  TF_Buffer* kernels = TF_GetAllRegisteredKernels(s);
  printf("kernels %d %d\n", holds(kernels, "DropInTen"), holds(kernels, "MatMul"));
  TF_DeleteBuffer(kernels);
  kernels = TF_GetRegisteredKernelsForOp("DropInTen", s);
  for (size_t i = 0; i < kernels->length; ++i) printf("%02x", ((const unsigned char*)kernels->data)[i]);
  printf("\n");
  TF_DeleteBuffer(kernels);
  kernels = TF_GetRegisteredKernelsForOp("NoSuchOp", s);
  printf("none %d\n", (int)kernels->length);
  TF_DeleteBuffer(kernels);
  printf("no library %d\n", TF_LoadLibrary("/no/such/library.so", s) == NULL);
  code("no library");
  TF_DeleteLibraryHandle(NULL);
}

// ---- import

static void import(void) {
  TF_Graph *from = TF_NewGraph(), *to = TF_NewGraph();
  TF_Operation* two = constant(from, "two", 2);
  sum(from, "y", two, two);
  TF_Buffer* bytes = TF_NewBuffer();
  TF_GraphToGraphDef(from, bytes, s);
  code("to graph def");
  TF_ImportGraphDefOptions* none = TF_NewImportGraphDefOptions();
  TF_GraphImportGraphDef(to, bytes, none, s);
  code("import");
  TF_GraphImportGraphDef(to, bytes, none, s);
  code("import again");
  TF_ImportGraphDefOptions* options = TF_NewImportGraphDefOptions();
  TF_ImportGraphDefOptionsSetPrefix(options, "p");
  TF_ImportGraphDefOptionsSetDefaultDevice(options, "/device:CPU:0");
  TF_ImportGraphDefOptionsSetUniquifyNames(options, 0);
  TF_ImportGraphDefOptionsSetUniquifyPrefix(options, 0);
  TF_ImportGraphDefOptionsAddReturnOutput(options, "y", 0);
  TF_ImportGraphDefOptionsAddReturnOperation(options, "two");
  TF_ImportGraphDefOptionsAddControlDependency(options, TF_GraphOperationByName(to, "two"));
  TF_ImportGraphDefOptionsAddInputMapping(options, "absent", 0, (TF_Output){TF_GraphOperationByName(to, "two"), 0});
  printf("asked %d %d\n", TF_ImportGraphDefOptionsNumReturnOutputs(options),
         TF_ImportGraphDefOptionsNumReturnOperations(options));
  TF_ImportGraphDefResults* results = TF_GraphImportGraphDefWithResults(to, bytes, options, s);
  code("import with results");
  int num = 0, *indexes = NULL;
  TF_Output* outputs = NULL;
  TF_Operation** opers = NULL;
  const char** names = NULL;
  TF_ImportGraphDefResultsReturnOutputs(results, &num, &outputs);
  printf("outputs %d %s:%d\n", num, TF_OperationName(outputs[0].oper), outputs[0].index);
  TF_ImportGraphDefResultsReturnOperations(results, &num, &opers);
  printf("operations %d %s on %s after %d\n", num, TF_OperationName(opers[0]), TF_OperationDevice(opers[0]),
         TF_OperationNumControlInputs(opers[0]));
  TF_ImportGraphDefResultsMissingUnusedInputMappings(results, &num, &names, &indexes);
  printf("unused %d %s:%d\n", num, names[0], indexes[0]);
  TF_DeleteImportGraphDefResults(results);
  TF_DeleteImportGraphDefOptions(options);
  TF_Buffer* garbage = TF_NewBufferFromString("no graph", 8);
  TF_GraphImportGraphDef(to, garbage, none, s);
  code("garbage");
  TF_DeleteImportGraphDefOptions(none);
  TF_DeleteBuffer(garbage);
  TF_DeleteBuffer(bytes);
  TF_DeleteGraph(from);
  TF_DeleteGraph(to);
}

static void import_more(void) {
  TF_Graph *from = TF_NewGraph(), *to = TF_NewGraph();
  TF_Operation* two = constant(from, "two", 2);
  sum(from, "y", two, two);
  TF_Operation* other = constant(to, "other", 3);
  TF_Buffer* bytes = TF_NewBuffer();
  TF_GraphToGraphDef(from, bytes, s);
  TF_ImportGraphDefOptions* options = TF_NewImportGraphDefOptions();
  TF_ImportGraphDefOptionsRemapControlDependency(options, "two", other);
  TF_ImportGraphDefOptionsSetValidateColocationConstraints(options, 0);
  TF_ImportGraphDefOptionsAddReturnOutput(options, "y", 0);
  TF_Output y = {NULL, 0};
  TF_GraphImportGraphDefWithReturnOutputs(to, bytes, options, &y, 1, s);
  code("import with return outputs");
  TF_Operation* before[4];
  const int num = TF_OperationGetControlInputs(y.oper, before, COUNT(before));
  printf("%d controls", num);
  for (int i = 0; i < num; ++i) printf(" %s", TF_OperationName(before[i]));
  printf("\n");
  TF_DeleteImportGraphDefOptions(options);
  TF_DeleteBuffer(bytes);
  TF_DeleteGraph(from);
  TF_DeleteGraph(to);
}

static void attributes_as_bytes(void) {
  static const char kShape[] = "\x12\x02\x08\x02\x12\x02\x08\x03";  // TensorShapeProto: 2, 3
  static const char kType[] = "\x30\x01";                           // AttrValue: DT_FLOAT
  const void* protos[] = {kShape, kShape};
  const size_t lengths[] = {8, 8};
  TF_Graph* graph = TF_NewGraph();
  TF_OperationDescription* desc = TF_NewOperation(graph, "Placeholder", "x");
  TF_SetAttrValueProto(desc, "dtype", kType, 2, s);
  code("type as bytes");
  TF_SetAttrTensorShapeProto(desc, "shape", kShape, 8, s);
  code("shape as bytes");
  TF_SetAttrTensorShapeProto(desc, "shape", "\xff", 1, s);
  code("garbage for a shape");
  TF_Operation* x = TF_FinishOperation(desc, s);
  code("from bytes");
  printf("rank %d\n", x != NULL ? TF_GraphGetTensorNumDims(graph, (TF_Output){x, 0}, s) : -1);
  for (int i = 0; x != NULL && i < TF_OperationGetNumAttrs(x); ++i) {
    char name[16] = "";
    const int length = TF_OperationGetAttrNameLength(x, i);
    TF_OperationGetAttrName(x, i, name, s);
    printf("attribute of %d letters\n", length == (int)strlen(name) ? length : -1);
  }
  desc = TF_NewOperation(graph, "DropInShapes", "shapes");
  TF_SetAttrTensorShapeProtoList(desc, "shapes", protos, lengths, 2, s);
  code("shapes as bytes");
  TF_Operation* shapes = TF_FinishOperation(desc, s);
  code("shapes");
  printf("shapes %d\n", shapes != NULL);
  TF_DeleteGraph(graph);
}

static void listen(const char* line) { (void)line; }

static void what_is_left(void) {
  TF_RegisterLogListener(listen);
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_Reset(options, NULL, 0, s);
  code("reset");
  TF_DeleteSessionOptions(options);
  TF_OpDefinitionBuilder* builder = TF_NewOpDefinitionBuilder("DropInOld");
  TF_OpDefinitionBuilderDeprecated(builder, 1, "use another");
  TF_OpDefinitionBuilderSetShapeInferenceFunction(builder, shapes_unknown);
  TF_RegisterOpDefinition(builder, s);
  code("deprecated");
  TF_Graph* graph = TF_NewGraph();
  printf("deprecated %d\n", TF_FinishOperation(TF_NewOperation(graph, "DropInOld", "old"), s) == NULL);
  code("deprecated");
  TF_DeleteGraph(graph);
}

// ---- sessions

static TF_Tensor* vector(float a, float b, float c) {
  const float values[] = {a, b, c};
  const int64_t dims[] = {1, 3};
  TF_Tensor* tensor = TF_AllocateTensor(TF_FLOAT, dims, 2, sizeof(values));
  memcpy(TF_TensorData(tensor), values, sizeof(values));
  return tensor;
}

static void print_result(const char* what, TF_Tensor* got) {
  code(what);
  if (got == NULL) {
    printf("nothing\n");
    return;
  }
  for (int64_t i = 0; i < TF_TensorElementCount(got); ++i) printf("%g ", (double)((float*)TF_TensorData(got))[i]);
  printf("\n");
  TF_DeleteTensor(got);
}

static void run_and_fail(TF_Session* session, TF_Operation* x, TF_Operation* y) {
  const TF_Output feed = {x, 0}, fetch = {y, 0}, none = {y, 7};
  const TF_Operation* target = y;
  TF_Tensor *value = vector(1, 2, 3), *got = NULL;
  TF_SessionRun(session, NULL, &feed, &value, 1, &fetch, &got, 1, NULL, 0, NULL, s);
  print_result("run", got);
  TF_SessionRun(session, NULL, &feed, &value, 1, NULL, NULL, 0, &target, 1, NULL, s);
  code("run a target");
  TF_SessionRun(session, NULL, NULL, NULL, 0, &fetch, &got, 1, NULL, 0, NULL, s);
  print_result("run without a feed", got);
  TF_SessionRun(session, NULL, &feed, &value, 1, &none, &got, 1, NULL, 0, NULL, s);
  print_result("run for an output that is not there", got);
  TF_Buffer* garbage = TF_NewBufferFromString("\xff\xff", 2);
  TF_SessionRun(session, garbage, &feed, &value, 1, &fetch, &got, 1, NULL, 0, NULL, s);
  print_result("run with garbage for options", got);
  TF_DeleteBuffer(garbage);
  TF_Buffer* timeout = TF_NewBufferFromString("\x10\xe0\xd4\x03", 4);  // RunOptions.timeout_in_ms: 60000
  TF_SessionRun(session, timeout, &feed, &value, 1, &fetch, &got, 1, NULL, 0, NULL, s);
  print_result("run with a timeout", got);
  TF_DeleteBuffer(timeout);
  TF_DeleteTensor(value);
}

static void list_devices(TF_DeviceList* list) {
  printf("devices %d\n", TF_DeviceListCount(list) > 0);
  printf("%s ", TF_DeviceListName(list, 0, s));
  printf("%s ", TF_DeviceListType(list, 0, s));
  printf("%d ", TF_DeviceListMemoryBytes(list, 0, s) > 0);
  printf("%d\n", TF_DeviceListIncarnation(list, 0, s) != 0);
  printf("%d\n", TF_DeviceListName(list, 99, s) == NULL);
  code("no such device");
  TF_DeleteDeviceList(list);
}

static void sessions(void) {
  const int64_t dims[] = {-1, 3};
  TF_Graph* graph = TF_NewGraph();
  TF_Operation* x = placeholder(graph, "x", TF_FLOAT, dims, 2);
  TF_OperationDescription* desc = TF_NewOperation(graph, "DropInTen", "ten");
  TF_AddInput(desc, (TF_Output){x, 0});
  TF_Operation* ten = TF_FinishOperation(desc, s);
  code("ten");
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_SetTarget(options, "");
  TF_SetConfig(options, "\x10\x02\x28\x02\x38\x01", 6, s);  // intra_op 2, inter_op 2, allow_soft_placement
  code("config");
  TF_SetConfig(options, "\xff\xff\xff", 3, s);
  code("garbage for a config");
  TF_Session* session = TF_NewSession(graph, options, s);
  code("session");
  TF_DeleteSessionOptions(options);
  run_and_fail(session, x, ten);
  list_devices(TF_SessionListDevices(session, s));
  TF_ExtendSession(session, s);
  code("extend");
  TF_CloseSession(session, s);
  code("close");
  const TF_Output feed = {x, 0}, fetch = {ten, 0};
  TF_Tensor *value = vector(1, 2, 3), *got = NULL;
  TF_SessionRun(session, NULL, &feed, &value, 1, &fetch, &got, 1, NULL, 0, NULL, s);
  printf("%s\n", TF_Message(s));
  print_result("run after close", got);
  TF_DeleteTensor(value);
  TF_DeleteSession(session, s);
  code("delete");
  TF_DeleteGraph(graph);
}

static void old_sessions(void) {
  TF_Graph* graph = TF_NewGraph();
  TF_Operation* two = constant(graph, "two", 2);
  sum(graph, "y", two, two);
  TF_Buffer* bytes = TF_NewBuffer();
  TF_GraphToGraphDef(graph, bytes, s);
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_DeprecatedSession* session = TF_NewDeprecatedSession(options, s);
  code("old session");
  const char *fetch = "y:0", *target = "y";
  TF_Tensor* got = NULL;
  TF_Run(session, NULL, NULL, NULL, 0, &fetch, &got, 1, NULL, 0, NULL, s);
  print_result("old run without a graph", got);
  TF_ExtendGraph(session, bytes->data, bytes->length, s);
  code("extend graph");
  TF_Run(session, NULL, NULL, NULL, 0, &fetch, &got, 1, &target, 1, NULL, s);
  print_result("old run", got);
  list_devices(TF_DeprecatedSessionListDevices(session, s));
  TF_CloseDeprecatedSession(session, s);
  code("old close");
  TF_DeleteDeprecatedSession(session, s);
  code("old delete");
  TF_DeleteSessionOptions(options);
  TF_DeleteBuffer(bytes);
  TF_DeleteGraph(graph);
}

// ---- runs in parts

static float fetch_one(TF_Session* session, TF_Operation* x, TF_Operation* y) {
  const float one = 1;
  const TF_Output feed = {x, 0}, fetch = {y, 0};
  TF_Tensor *value = TF_AllocateTensor(TF_FLOAT, NULL, 0, sizeof(one)), *got = NULL;
  memcpy(TF_TensorData(value), &one, sizeof(one));
  TF_SessionRun(session, NULL, &feed, &value, 1, &fetch, &got, 1, NULL, 0, NULL, s);
  const float result = got != NULL ? *(float*)TF_TensorData(got) : -1;
  TF_DeleteTensor(value);
  TF_DeleteTensor(got);
  return result;
}

static void parts(void) {
  TF_Graph* graph = TF_NewGraph();
  TF_Operation *a = placeholder(graph, "a", TF_FLOAT, NULL, -1), *b = placeholder(graph, "b", TF_FLOAT, NULL, -1);
  TF_Operation *x = sum(graph, "x", a, a), *y = sum(graph, "y", x, b), *z = sum(graph, "z", y, y);
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_Session* session = TF_NewSession(graph, options, s);
  const TF_Output feeds[] = {{a, 0}, {b, 0}}, fetches[] = {{x, 0}, {y, 0}, {z, 0}}, none = {z, 3};
  const TF_Operation* target = z;
  TF_Tensor *value = vector(1, 2, 3), *got = NULL;
  const char* handle = NULL;
  TF_SessionPRunSetup(session, feeds, 2, NULL, 0, NULL, 0, &handle, s);
  code("parts of nothing");
  TF_SessionPRunSetup(session, feeds, 2, &none, 1, NULL, 0, &handle, s);
  code("an output that is not there");
  TF_SessionPRunSetup(session, feeds, 2, feeds, 1, NULL, 0, &handle, s);
  code("fed and fetched");
  TF_SessionPRunSetup(session, feeds, 2, fetches, 3, &target, 1, &handle, s);
  code("set up");
  TF_SessionPRun(session, handle, NULL, NULL, 0, fetches, &got, 1, NULL, 0, s);
  print_result("before it is fed", got);
  TF_SessionPRun(session, handle, feeds, &value, 1, fetches, &got, 1, NULL, 0, s);
  print_result("x", got);
  TF_SessionPRun(session, handle, feeds, &value, 1, NULL, NULL, 0, NULL, 0, s);
  printf("%s\n", TF_Message(s));
  code("fed twice");
  TF_SessionPRun(session, handle, NULL, NULL, 0, fetches, &got, 1, NULL, 0, s);
  printf("%s\n", TF_Message(s));
  print_result("x again", got);
  TF_SessionPRun(session, handle, fetches, &value, 1, NULL, NULL, 0, NULL, 0, s);
  printf("%s\n", TF_Message(s));
  code("not set up");
  TF_SessionPRun(session, handle, feeds + 1, &value, 1, fetches + 2, &got, 1, &target, 1, s);
  print_result("z", got);
  TF_SessionPRun(session, handle, NULL, NULL, 0, fetches + 1, &got, 1, NULL, 0, s);
  print_result("y", got);
  TF_SessionPRun(session, handle, NULL, NULL, 0, fetches + 1, &got, 1, NULL, 0, s);
  printf("%s\n", TF_Message(s));
  print_result("after the end", got);
  TF_DeletePRunHandle(handle);
  TF_DeletePRunHandle(NULL);
  TF_CloseSession(session, s);
  TF_SessionPRunSetup(session, feeds, 2, fetches, 3, NULL, 0, &handle, s);
  printf("%s\n", TF_Message(s));
  code("closed");
  TF_DeleteTensor(value);
  TF_DeleteSession(session, s);
  TF_DeleteSessionOptions(options);
  TF_DeleteGraph(graph);
}

static void parts_of_old_sessions(const TF_Buffer* graph_def) {
  const char *feed = "a:0", *fetches[] = {"x:0", "y:0"}, *feeds[] = {"a:0", "b:0"}, *handle = NULL, *gone = "gone";
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_DeprecatedSession* session = TF_NewDeprecatedSession(options, s);
  TF_ExtendGraph(session, graph_def->data, graph_def->length, s);
  TF_Tensor *value = TF_AllocateTensor(TF_FLOAT, NULL, 0, sizeof(float)), *got[2] = {NULL, NULL};
  *(float*)TF_TensorData(value) = 4;
  TF_PRunSetup(session, feeds, 2, &gone, 1, NULL, 0, &handle, s);
  code("a name that is not there");
  TF_PRunSetup(session, feeds, 2, fetches, 2, NULL, 0, &handle, s);
  code("old set up");
  TF_PRun(session, handle, &feed, &value, 1, fetches, got, 1, NULL, 0, s);
  print_result("old x", got[0]);
  TF_PRun(session, handle, feeds + 1, &value, 1, fetches + 1, got, 1, NULL, 0, s);
  print_result("old y", got[0]);
  TF_DeletePRunHandle(handle);
  TF_DeleteTensor(value);
  TF_CloseDeprecatedSession(session, s);
  TF_DeleteDeprecatedSession(session, s);
  TF_DeleteSessionOptions(options);
}

// ---- changes to a graph

static void changes(void) {
  TF_Graph* graph = TF_NewGraph();
  TF_Operation *a = placeholder(graph, "a", TF_FLOAT, NULL, -1), *b = placeholder(graph, "b", TF_FLOAT, NULL, -1);
  TF_Operation *two = constant(graph, "two", 2), *x = sum(graph, "x", a, two), *y = sum(graph, "y", x, x);
  TF_Buffer *number = TF_NewBufferFromString("\x18\x07", 2), *garbage = TF_NewBufferFromString("\xff", 1);
  TF_Buffer *type = TF_NewBufferFromString("\x08\xe8\x07", 3), *graph_def = TF_NewBuffer();
  TF_GraphToGraphDef(graph, graph_def, s);
  code("graph");
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_Session* before = TF_NewSession(graph, options, s);
  TF_UpdateEdge(graph, (TF_Output){b, 1}, (TF_Input){x, 0}, s);
  printf("%s\n", TF_Message(s));
  code("an output that is not there");
  TF_UpdateEdge(graph, (TF_Output){b, 0}, (TF_Input){x, 2}, s);
  printf("%s\n", TF_Message(s));
  code("an input that is not there");
  TF_UpdateEdge(graph, (TF_Output){two, 0}, (TF_Input){y, 1}, s);
  code("update");
  printf("before it ran %g\n", (double)fetch_one(before, a, y));
  TF_UpdateEdge(graph, (TF_Output){x, 0}, (TF_Input){y, 1}, s);
  code("update");
  printf("after it ran %g\n", (double)fetch_one(before, a, y));
  TF_Session* after = TF_NewSession(graph, options, s);
  printf("in a new session %g\n", (double)fetch_one(after, a, y));
  TF_UpdateEdge(graph, (TF_Output){y, 0}, (TF_Input){x, 0}, s);
  code("a cycle");
  TF_Session* cyclic = TF_NewSession(graph, options, s);
  printf("cycle %g ", (double)fetch_one(cyclic, a, y));
  code("run of a cycle");
  TF_UpdateEdge(graph, (TF_Output){a, 0}, (TF_Input){x, 0}, s);
  TF_SetAttr(graph, x, "_count", number, s);
  code("set");
  int64_t count = 0;
  TF_OperationGetAttrInt(x, "_count", &count, s);
  printf("count %d of %d\n", (int)count, TF_OperationGetNumAttrs(x));
  TF_SetAttr(graph, x, "_count", garbage, s);
  printf("%s\n", TF_Message(s));
  code("set to garbage");
  TF_ClearAttr(graph, x, "_count", s);
  code("clear");
  TF_ClearAttr(graph, x, "_count", s);
  code("clear what is not there");
  TF_OperationGetAttrInt(x, "_count", &count, s);
  code("get what is not there");
  TF_SetRequestedDevice(graph, x, "/device:CPU:0");
  printf("device %s\n", TF_OperationDevice(x));
  TF_AddOperationControlInput(graph, x, b);
  TF_AddOperationControlInput(graph, x, b);
  printf("controls %d, of b %d\n", TF_OperationNumControlInputs(x), TF_OperationNumControlOutputs(b));
  TF_RemoveAllControlInputs(graph, x);
  printf("controls %d\n", TF_OperationNumControlInputs(x));
  TF_SetFullType(graph, x, type);
  TF_Buffer* node = TF_NewBuffer();
  TF_OperationToNodeDef(x, node, s);
  printf("full type %d\n",
         node->length > 6 && memcmp((const char*)node->data + node->length - 5, "\x3a\x03\x08\xe8\x07", 5) == 0);
  TF_SetRequireShapeInferenceFns(graph, true);
  TF_OperationDescription* desc = TF_NewOperationLocked(graph, "Identity", "same");
  TF_AddInput(desc, (TF_Output){y, 0});
  TF_Operation* same = TF_FinishOperationLocked(desc, s);
  code("locked");
  TF_Session* last = TF_NewSession(graph, options, s);
  printf("last %g\n", (double)fetch_one(last, a, same));
  parts_of_old_sessions(graph_def);
  TF_Session* const sessions[] = {before, after, cyclic, last};
  for (int i = 0; i < 4; ++i) TF_DeleteSession(sessions[i], s);
  TF_DeleteSessionOptions(options);
  TF_Buffer* const all[] = {number, garbage, type, graph_def, node};
  for (int i = 0; i < 5; ++i) TF_DeleteBuffer(all[i]);
  TF_DeleteGraph(graph);
}

static void print_bytes(const char* what, TF_Buffer* bytes) {
  printf("%s:", what);
  for (size_t i = 0; bytes != NULL && i < bytes->length; ++i) printf(" %02x", ((const unsigned char*)bytes->data)[i]);
  printf("%s\n", bytes == NULL ? " nothing" : "");
  TF_DeleteBuffer(bytes);
}

static void handles(void) {
  const int64_t dims[] = {2, -1};
  TF_Graph* graph = TF_NewGraph();
  TF_OperationDescription* desc = TF_NewOperation(graph, "VarHandleOp", "variable");
  TF_SetAttrType(desc, "dtype", TF_INT32);
  TF_SetAttrShape(desc, "shape", dims, 2);
  TF_Operation *variable = TF_FinishOperation(desc, s), *two = constant(graph, "two", 2);
  print_bytes("variable", TF_GetHandleShapeAndType(graph, (TF_Output){variable, 0}));
  print_bytes("constant", TF_GetHandleShapeAndType(graph, (TF_Output){two, 0}));
  TF_SetHandleShapeAndType(graph, (TF_Output){two, 0}, "\x08\x01\x12\x08\x0a\x04\x12\x02\x08\x05\x10\x03", 12, s);
  code("set");
  print_bytes("constant", TF_GetHandleShapeAndType(graph, (TF_Output){two, 0}));
  TF_SetHandleShapeAndType(graph, (TF_Output){two, 0}, "\xff", 1, s);
  printf("%s\n", TF_Message(s));
  code("garbage");
  TF_Tensor* tensor = TF_AllocateTensor(TF_FLOAT, NULL, 0, 4);
  TF_Buffer* proto = TF_NewBufferFromString("\x08\x03\x12\x04\x12\x02\x08\x02\x3a\x02\x05\x06", 12);
  TF_TensorFromProto(proto, tensor, s);
  code("tensor");
  printf("%d %d %d\n", (int)TF_TensorType(tensor), (int)TF_Dim(tensor, 0), ((const int32_t*)TF_TensorData(tensor))[1]);
  TF_DeleteBuffer(proto);
  proto = TF_NewBufferFromString("\x08\x00", 2);
  TF_TensorFromProto(proto, tensor, s);
  code("no tensor");
  TF_DeleteBuffer(proto);
  TF_DeleteTensor(tensor);
  TF_DeleteGraph(graph);
}

// ---- shapes, texts and values of a graph

static void more_of_graphs(void) {
  const int64_t open[] = {-1, 3}, known[] = {2, -1}, wrong[] = {2, 4}, queue[] = {5};
  const int64_t* const queue_shapes[] = {queue};
  const int ranks[] = {1};
  int64_t dims[2] = {0, 0};
  TF_Graph* graph = TF_NewGraph();
  TF_Operation *x = placeholder(graph, "x", TF_FLOAT, open, 2), *two = constant(graph, "two", 2);
  TF_GraphSetTensorShape(graph, (TF_Output){x, 0}, known, 2, s);
  code("set shape");
  TF_GraphGetTensorShape(graph, (TF_Output){x, 0}, dims, 2, s);
  printf("%d %d\n", (int)dims[0], (int)dims[1]);
  TF_GraphSetTensorShape(graph, (TF_Output){x, 0}, wrong, 2, s);
  code("set another shape");
  TF_Buffer* bytes = TF_NewBuffer();
  TF_OperationGetAttrTensorShapeProto(x, "shape", bytes, s);
  code("shape");
  print_bytes("shape", bytes);
  TF_OperationDescription* desc = TF_NewOperation(graph, "FIFOQueueV2", "queue");
  const TF_DataType type = TF_FLOAT;
  TF_SetAttrTypeList(desc, "component_types", &type, 1);
  TF_SetAttrShapeList(desc, "shapes", (const int64_t**)queue_shapes, ranks, 1);
  TF_Operation* fifo = TF_FinishOperation(desc, s);
  code("queue");
  TF_Buffer* shapes[1] = {NULL};
  TF_OperationGetAttrTensorShapeProtoList(fifo, "shapes", shapes, 1, s);
  code("shapes");
  print_bytes("shapes", shapes[0]);
  TF_Tensor* value = NULL;
  const int is_known = TF_TryEvaluateConstant(graph, (TF_Output){two, 0}, &value, s);
  printf("known %d %g\n", is_known, value != NULL ? (double)*(float*)TF_TensorData(value) : 0.0);
  TF_DeleteTensor(value);
  printf("known %d\n", TF_TryEvaluateConstant(graph, (TF_Output){x, 0}, &value, s));
  size_t length = 0;
  char* debug = (char*)TF_GraphDebugString(graph, &length);
  printf("text %d\n", debug != NULL && strlen(debug) == length && strstr(debug, "name: \"two\"") != NULL);
  free(debug);
  desc = TF_NewOperation(graph, "Identity", "hole");
  TF_SetAttrPlaceholder(desc, "T", "a_type");
  TF_AddInput(desc, (TF_Output){two, 0});
  printf("hole %d\n", TF_FinishOperation(desc, s) == NULL);
  code("hole");
  TF_DeleteGraph(graph);
}

// ---- how ops present themselves, files, and the rest

static void put_api_def(TF_ApiDefMap* map, const char* ops) {
  TF_ApiDefMapPut(map, ops, strlen(ops), s);
  code("put");
}

static void api_defs(void) {
  TF_Graph* graph = TF_NewGraph();
  TF_Buffer *ops = TF_GetAllOpList(), *def = TF_NewBuffer(), *garbage = TF_NewBufferFromString("\xff", 1);
  TF_GraphGetOpDef(graph, "Neg", def, s);
  code("op");
  print_bytes("Neg", def);
  def = TF_NewBuffer();
  TF_GraphGetOpDef(graph, "NoSuchOp", def, s);
  code("no such op");
  TF_DeleteBuffer(def);
  printf("%d\n", TF_NewApiDefMap(garbage, s) == NULL);
  code("garbage");
  TF_ApiDefMap* map = TF_NewApiDefMap(ops, s);
  code("map");
  put_api_def(
      map,
      "op { graph_op_name: 'Neg' visibility: HIDDEN endpoint { name: 'minus' } in_arg { name: 'x' rename_to: 'of' "
      "description: 'What `x` is.' } summary: 'Of `x` and x.' description: 'Text.' description_prefix: 'Before.' "
      "description_suffix: 'After `x`.' attr { name: 'T' description: 'A type.' default_value { type: DT_FLOAT } } }");
  put_api_def(map, "op { graph_op_name: 'NoSuchOp' summary: 'passed over' }");
  put_api_def(map, "op { graph_op_name: 'Neg' in_arg { name: 'y' } }");
  printf("%s\n", TF_Message(s));
  put_api_def(map, "op { graph_op_name: 'Sub' arg_order: 'x' }");
  put_api_def(map, "op { graph_op_name: 'Sub' arg_order: 'x' arg_order: 'w' }");
  put_api_def(map, "op { graph_op_name: 'Sub' arg_order: 'y' arg_order: 'x' }");
  put_api_def(map, "op { nothing: 1 }");
  put_api_def(map, "");
  print_bytes("Neg", TF_ApiDefMapGet(map, "Neg", 3, s));
  print_bytes("Sub", TF_ApiDefMapGet(map, "Sub!", 3, s));
  print_bytes("SplitV", TF_ApiDefMapGet(map, "SplitV", 6, s));
  print_bytes("NoSuchOp", TF_ApiDefMapGet(map, "NoSuchOp", 8, s));
  code("get");
  put_api_def(map, "op { graph_op_name: 'Neg' summary: 'late' }");
  TF_DeleteApiDefMap(map);
  TF_DeleteBuffer(ops);
  TF_DeleteBuffer(garbage);
  TF_DeleteGraph(graph);
}

static void files(int argc, char** argv) {
  const int given = argc;
  TF_InitMain("usage", &argc, &argv);
  printf("arguments %d\n", argc - given);
  TF_WritableFileHandle* file = NULL;
  TF_NewWritableFile("/no/such/folder/file", &file, s);
  code("no such folder");
  TF_StringStream* folders = TF_GetLocalTempDirectories();
  const char* folder = NULL;
  const bool found = TF_StringStreamNext(folders, &folder);
  printf("folder %d\n", found && folder != NULL && folder[strlen(folder) - 1] == '/');
  char path[4096] = "";
  if (found) snprintf(path, sizeof(path), "%sdrop_in_%p", folder, (void*)&path);
  TF_NewWritableFile(path, &file, s);
  code("new file");
  TF_CloseWritableFile(file, s);
  code("close file");
  printf("removed %d\n", remove(path) == 0);
  while (TF_StringStreamNext(folders, &folder)) {
  }
  printf("at the end %d\n", folder == NULL);
  TF_StringStreamDone(folders);
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_EnableXLACompilation(options, 0);
  TF_DeleteSessionOptions(options);
}

int main(int argc, char** argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  s = TF_NewStatus();
  statuses();
  buffers();
  tensors();
  strings();
  register_ops();
  graphs();
  attributes();
  op_lists();
  import();
  import_more();
  attributes_as_bytes();
  sessions();
  old_sessions();
  what_is_left();
  parts();
  changes();
  handles();
  more_of_graphs();
  api_defs();
  files(argc, argv);
  TF_DeleteStatus(s);
  return 0;
}
