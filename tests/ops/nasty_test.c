// Every op that has a kernel, with inputs and attributes that nobody should give it: NaN, infinities, denormals, the
// least integers, empty and mismatched shapes, wrong ranks, attributes at random. Whatever comes must be an answer or a
// status; the sanitizers see the rest.
//
//   nasty_test [rounds per op] [op]      every round of an op has its own seed, printed when CTF_NASTY_VERBOSE is set
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctf/ctf.h"
#include "graphdef/op_table.h"
#include "runtime/dtype.h"
#include "tensorflow/c/tf_tstring.h"

enum { MAX_LIST = 4, MAX_INPUTS = 64, MAX_RANK = 9, MEMORY_LIMIT = 64 << 20 };

typedef struct nasty {
  uint64_t random;
  TF_Graph* graph;
  TF_Status* status;
  const ctf_op_interface* op;
  int64_t list_length;    // of every list argument and attribute of this round
  TF_DataType types[16];  // chosen for the op's type attributes, by attribute number
  bool same_shapes;       // the round's inputs have one shape
  int rank;
  int64_t dims[MAX_RANK];
  int num_feeds;
  TF_Output feeds[MAX_INPUTS];
  TF_Tensor* values[MAX_INPUTS];
} nasty;

static uint64_t next_random(nasty* n) {  // splitmix64
  uint64_t z = (n->random += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}
static int pick(nasty* n, int count) { return (int)(next_random(n) % (uint64_t)count); }

static int64_t nasty_int(nasty* n) {
  static const int64_t kInts[] = {0, 1, 2, 3, -1, -2, 4, 5, 7, 100, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
  return kInts[pick(n, 4) > 0 ? pick(n, 8) : pick(n, 14)];
}

static double nasty_float(nasty* n) {
  static const double kFloats[] = {0.0,
                                   1.0,
                                   -1.0,
                                   0.5,
                                   -0.0,
                                   2.5,
                                   1e-45,
                                   1e-310,
                                   1e30,
                                   -1e30,
                                   1e300,
                                   65504,
                                   __builtin_nan(""),
                                   1 / 3.0,
                                   3.402e38,
                                   -3.402e38,
                                   __builtin_inf(),
                                   -__builtin_inf(),
                                   -7.25,
                                   127.5};
  return kFloats[pick(n, 20)];
}

static void random_shape(nasty* n, int* rank, int64_t* dims) {
  static const int64_t kDims[] = {1, 2, 3, 2, 1, 0, 5, 8, 3, 17};
  *rank = pick(n, 12) == 0 ? pick(n, MAX_RANK) : pick(n, 5);
  for (int i = 0; i < *rank; ++i) dims[i] = kDims[pick(n, *rank > 5 ? 4 : 10)];
}

// ---- values

static void fill(nasty* n, TF_Tensor* tensor) {
  const TF_DataType dtype = TF_TensorType(tensor);
  const ctf_dtype_info* info = ctf_dtype_get(dtype);
  char* at = TF_TensorData(tensor);
  const bool small = pick(n, 2) == 0;  // many kernels only go on with small integers
  for (int64_t i = 0; i < TF_TensorElementCount(tensor); ++i, at += info->bytes) {
    const double real = small ? (double)(pick(n, 7) - 2) : nasty_float(n);
    const int64_t integer = small ? pick(n, 7) - 2 : nasty_int(n);
    const float single = (float)real;
    const ctf_half half = ctf_half_from_float(single);
    const ctf_bfloat16 brain = ctf_bfloat16_from_float(single);
    switch (dtype) {
      case TF_STRING:
        TF_TString_Copy((TF_TString*)(void*)at, "nasty string that is longer than others", (size_t)pick(n, 39));
        break;
      case TF_FLOAT:
        memcpy(at, &single, sizeof(single));
        break;
      case TF_DOUBLE:
        memcpy(at, &real, sizeof(real));
        break;
      case TF_HALF:
        memcpy(at, &half, sizeof(half));
        break;
      case TF_BFLOAT16:
        memcpy(at, &brain, sizeof(brain));
        break;
      case TF_COMPLEX64:
        memcpy(at, &single, sizeof(single));
        memcpy(at + sizeof(single), &(float){(float)nasty_float(n)}, sizeof(single));
        break;
      case TF_COMPLEX128:
        memcpy(at, &real, sizeof(real));
        memcpy(at + sizeof(real), &(double){nasty_float(n)}, sizeof(real));
        break;
      case TF_BOOL:
        *at = (char)(integer & 1);
        break;
      default:
        memcpy(at, &integer, info->bytes < sizeof(integer) ? info->bytes : sizeof(integer));
        break;
    }
  }
}

static TF_Tensor* random_tensor(nasty* n, TF_DataType dtype) {
  int rank = n->rank;
  int64_t dims[MAX_RANK];
  memcpy(dims, n->dims, sizeof(dims));
  if (!n->same_shapes || pick(n, 6) == 0) random_shape(n, &rank, dims);
  size_t bytes = ctf_dtype_get(dtype)->bytes;
  for (int i = 0; i < rank; ++i) bytes *= (size_t)dims[i];
  TF_Tensor* tensor = TF_AllocateTensor(dtype, dims, rank, bytes);
  if (tensor != NULL) fill(n, tensor);
  return tensor;
}

// ---- attributes

static TF_DataType random_type(nasty* n, const ctf_attr_info* info) {
  static const TF_DataType kTypes[] = {TF_FLOAT,    TF_INT32,  TF_DOUBLE, TF_INT64,     TF_HALF,
                                       TF_BFLOAT16, TF_BOOL,   TF_UINT8,  TF_INT8,      TF_INT16,
                                       TF_UINT16,   TF_UINT32, TF_UINT64, TF_COMPLEX64, TF_COMPLEX128,
                                       TF_STRING,   TF_QINT8,  TF_QUINT8, TF_QINT32};
  for (int i = 0; i < 50; ++i) {
    const TF_DataType dtype = kTypes[pick(n, i < 20 ? 9 : 19)];
    if (ctf_type_in(info->allowed_types, dtype)) return dtype;
  }
  return TF_FLOAT;
}

static bool is_number_attr(const ctf_op_interface* op, const char* name) {
  for (int i = 0; i < op->num_inputs; ++i) {
    if (op->inputs[i].number_attr != NULL && strcmp(op->inputs[i].number_attr, name) == 0) return true;
  }
  for (int i = 0; i < op->num_outputs; ++i) {
    if (op->outputs[i].number_attr != NULL && strcmp(op->outputs[i].number_attr, name) == 0) return true;
  }
  return false;
}

static void set_list(nasty* n, TF_OperationDescription* d, const ctf_attr_info* info) {
  int64_t ints[MAX_LIST + 1];
  float floats[MAX_LIST + 1];
  TF_DataType types[MAX_LIST + 1];
  const int count = info->kind == CTF_ATTR_TYPE ? (int)n->list_length : pick(n, MAX_LIST + 2);
  for (int i = 0; i <= MAX_LIST; ++i) {
    ints[i] = pick(n, 4) > 0 ? 1 + pick(n, 2) : nasty_int(n);
    floats[i] = (float)nasty_float(n);
    types[i] = random_type(n, info);
  }
  if (info->kind == CTF_ATTR_INT) TF_SetAttrIntList(d, info->name, ints, count);
  if (info->kind == CTF_ATTR_FLOAT) TF_SetAttrFloatList(d, info->name, floats, count);
  if (info->kind == CTF_ATTR_TYPE) TF_SetAttrTypeList(d, info->name, types, count);
}

static void set_attr(nasty* n, TF_OperationDescription* d, int number) {
  const ctf_attr_info* info = &n->op->attrs[number];
  static const char* const kTexts[] = {"NHWC", "NCHW", "SAME", "VALID", "EXPLICIT", "", "nonsense", "REFLECT", "left"};
  const bool keep_default = info->default_value != NULL && pick(n, 3) > 0;
  if (info->kind == CTF_ATTR_TYPE && !info->is_list) {
    n->types[number] = keep_default ? info->default_value->type : random_type(n, info);
    TF_SetAttrType(d, info->name, n->types[number]);
    return;
  }
  if (keep_default) return;
  if (info->is_list) {
    set_list(n, d, info);
    return;
  }
  if (info->kind == CTF_ATTR_INT) {
    TF_SetAttrInt(d, info->name, is_number_attr(n->op, info->name) ? n->list_length : nasty_int(n));
  } else if (info->kind == CTF_ATTR_FLOAT) {
    TF_SetAttrFloat(d, info->name, (float)nasty_float(n));
  } else if (info->kind == CTF_ATTR_BOOL) {
    TF_SetAttrBool(d, info->name, (unsigned char)pick(n, 2));
  } else if (info->kind == CTF_ATTR_STRING) {
    const char* text = info->num_allowed_strings > 0 ? info->allowed_strings[pick(n, (int)info->num_allowed_strings)]
                                                     : kTexts[pick(n, 9)];
    TF_SetAttrString(d, info->name, text, strlen(text));
  } else if (info->kind == CTF_ATTR_SHAPE) {
    TF_SetAttrShape(d, info->name, n->dims, n->rank);
  } else if (info->kind == CTF_ATTR_TENSOR) {
    TF_Tensor* value = random_tensor(n, n->types[0] != 0 ? n->types[0] : TF_FLOAT);
    if (value != NULL) TF_SetAttrTensor(d, info->name, value, n->status);
    TF_DeleteTensor(value);
  }
}

// ---- inputs

static TF_Output input(nasty* n, TF_DataType dtype) {
  char name[32];
  TF_Tensor* value = random_tensor(n, dtype);
  snprintf(name, sizeof(name), "in%d", n->num_feeds);
  const bool constant = pick(n, 3) == 0;  // shape functions and folding see it
  TF_OperationDescription* d = TF_NewOperation(n->graph, constant ? "Const" : "Placeholder", name);
  TF_SetAttrType(d, "dtype", dtype);
  if (constant && value != NULL) TF_SetAttrTensor(d, "value", value, n->status);
  TF_Operation* node = TF_FinishOperation(d, n->status);
  const TF_Output output = {node, 0};
  n->feeds[n->num_feeds] = output;
  n->values[n->num_feeds++] = value;
  return output;
}

static TF_DataType argument_type(const nasty* n, const ctf_arg_info* argument) {
  if (argument->type_attr == NULL) return argument->type;
  const int attr = ctf_op_interface_attr(n->op, argument->type_attr, strlen(argument->type_attr));
  return n->types[attr] != 0 ? n->types[attr] : TF_FLOAT;
}

static bool add_inputs(nasty* n, TF_OperationDescription* d) {
  TF_Output list[MAX_LIST];
  for (int i = 0; i < n->op->num_inputs; ++i) {
    const ctf_arg_info* argument = &n->op->inputs[i];
    const bool is_list = argument->number_attr != NULL || argument->type_list_attr != NULL;
    const int count = is_list ? (int)n->list_length : 1;
    for (int j = 0; j < count; ++j) {
      list[j] = input(n, argument->type_list_attr != NULL ? TF_FLOAT : argument_type(n, argument));
      if (list[j].oper == NULL || n->values[n->num_feeds - 1] == NULL) return false;
    }
    if (is_list) {
      TF_AddInputList(d, list, count);
    } else {
      TF_AddInput(d, list[0]);
    }
  }
  return true;
}

// ---- a round

static void run(nasty* n, TF_Operation* node, int* num_ok) {
  TF_SessionOptions* options = TF_NewSessionOptions();
  CTF_SessionOptionsSetMemoryLimit(options, MEMORY_LIMIT, n->status);
  TF_Session* session = TF_NewSession(n->graph, options, n->status);
  TF_DeleteSessionOptions(options);
  if (session == NULL) return;
  TF_Output fetches[16];
  TF_Tensor* results[16] = {0};
  const TF_Operation* target = node;
  int num_fetches = 0;
  for (; num_fetches < TF_OperationNumOutputs(node) && num_fetches < 16; ++num_fetches) {
    fetches[num_fetches] = (TF_Output){node, num_fetches};
  }
  TF_SessionRun(session, NULL, n->feeds, n->values, n->num_feeds, fetches, results, num_fetches, &target, 1, NULL,
                n->status);
  *num_ok += TF_GetCode(n->status) == TF_OK;
  for (int i = 0; i < num_fetches; ++i) TF_DeleteTensor(results[i]);
  TF_DeleteSession(session, n->status);
}

static void round_of(const ctf_op_interface* op, uint64_t seed, int* num_ok) {
  nasty n = {.random = seed, .graph = TF_NewGraph(), .status = TF_NewStatus(), .op = op};
  n.list_length = 1 + pick(&n, 3);
  n.same_shapes = pick(&n, 3) > 0;
  random_shape(&n, &n.rank, n.dims);
  TF_OperationDescription* d = TF_NewOperation(n.graph, op->name, "op");
  for (int i = 0; i < op->num_attrs && i < 16; ++i) set_attr(&n, d, i);
  const bool fed = add_inputs(&n, d);
  TF_Operation* node = TF_FinishOperation(d, n.status);
  if (node != NULL && fed) run(&n, node, num_ok);
  for (int i = 0; i < n.num_feeds; ++i) TF_DeleteTensor(n.values[i]);
  TF_DeleteGraph(n.graph);
  TF_DeleteStatus(n.status);
}

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? atoi(argv[1]) : 30;
  const bool verbose = getenv("CTF_NASTY_VERBOSE") != NULL;
  int num_ops = 0, num_ok = 0, never_ok = 0;
  TF_Status* status = TF_NewStatus();
  CTF_OpList* ops = CTF_AllOps(status);
  if (ops == NULL || rounds < 1) return 2;
  for (size_t i = 0; i < CTF_OpListCount(ops); ++i) {
    CTF_OpInfo info = {.struct_size = sizeof(info)};
    CTF_OpListGet(ops, i, &info, status);
    // Prints to the screen as its work; what it is given is in its own test.
    if (info.cpu_types == 0 || strncmp(info.name, "Print", 5) == 0) continue;
    if (argc > 2 && strcmp(info.name, argv[2]) != 0) continue;
    const ctf_op_interface* op = ctf_op_interface_find(info.name, strlen(info.name));
    int ok = 0;
    for (int j = 0; j < rounds; ++j) {
      const uint64_t seed = (uint64_t)i * 1000003 + (uint64_t)j;
      if (verbose) fprintf(stderr, "%s %d\n", info.name, j);
      round_of(op, seed, &ok);
    }
    ++num_ops;
    num_ok += ok;
    never_ok += ok == 0;
    if (verbose && ok == 0) fprintf(stderr, "%s never gave an answer\n", info.name);
  }
  CTF_DeleteOpList(ops);
  TF_DeleteStatus(status);
  printf("%d ops, %d rounds each: %d answers, the rest statuses; %d ops never gave an answer\n", num_ops, rounds,
         num_ok, never_ok);
  return num_ops > 0 && num_ok > 0 ? 0 : 1;  // a run in which nothing was computed has tested nothing
}
