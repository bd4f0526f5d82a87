// show: what is in a model, and which ops this build has.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctf/ctf.h"
#include "tools/ctfrun/dtypes.h"
#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/print.h"
#include "tools/ctfrun/verbs.h"

typedef struct op_count {
  const char* op;
  int count;
} op_count;

typedef struct inventory {  // all that show says
  size_t num_nodes, num_ops, num_inputs, num_constants, num_variables;
  size_t constant_bytes, variable_bytes;
  double flops;  // of one item: dimensions that the graph leaves open count as 1
  bool text;
  long long producer;  // -1: not known
  op_count* ops;       // most often first
  TF_Output* inputs;
  TF_Output* outputs;
  int num_outputs;
  CTF_OpList* missing;
  char run_line[4096];
  bool planned, exact;
  size_t peak_bytes;
} inventory;

static int by_count(const void* left, const void* right) {
  const op_count *a = left, *b = right;
  return a->count != b->count ? b->count - a->count : strcmp(a->op, b->op);
}

// ---- finding out

static bool is_variable(const char* op) {
  return strcmp(op, "VariableV2") == 0 || strcmp(op, "Variable") == 0 || strcmp(op, "VarHandleOp") == 0;
}

static size_t constant_bytes(const model* m, TF_Operation* oper) {
  TF_Tensor* value = NULL;
  TF_OperationGetAttrTensor(oper, "value", &value, m->status);
  const size_t bytes = value != NULL ? TF_TensorByteSize(value) : 0;
  TF_DeleteTensor(value);
  return bytes;
}

// From the attributes: a handle's own shape is a scalar's.
static size_t variable_bytes(const model* m, TF_Operation* oper) {
  int64_t dims[VALUE_MAX_RANK];
  TF_DataType dtype = TF_FLOAT;
  const TF_AttrMetadata shape = TF_OperationGetAttrMetadata(oper, "shape", m->status);
  if (TF_GetCode(m->status) != TF_OK || shape.total_size < 0 || shape.total_size > VALUE_MAX_RANK) return 0;
  TF_OperationGetAttrShape(oper, "shape", dims, (int)shape.total_size, m->status);
  TF_OperationGetAttrType(oper, "dtype", &dtype, m->status);
  if (TF_GetCode(m->status) != TF_OK) return 0;
  size_t bytes = TF_DataTypeSize(dtype);
  for (int64_t i = 0; i < shape.total_size; ++i) bytes *= dims[i] >= 0 ? (size_t)dims[i] : 0;
  return bytes;
}

// Dimension `axis` of an input; 1 where the graph leaves it open or has no such.
static double input_dim(const model* m, TF_Operation* oper, int input, int axis) {
  value_target target;
  model_target(m, TF_OperationInput((TF_Input){oper, input}), "", &target);
  if (axis < 0) axis += target.rank;
  return axis >= 0 && axis < target.rank && target.dims[axis] >= 0 ? (double)target.dims[axis] : 1;
}

static bool attribute(const model* m, TF_Operation* oper, const char* name) {
  unsigned char value = 0;
  TF_OperationGetAttrBool(oper, name, &value, m->status);
  return TF_GetCode(m->status) == TF_OK && value != 0;
}

// Two for each product that is added up; other ops count nothing beside these.
static double flops_of(const model* m, TF_Operation* oper) {
  const char* op = TF_OperationOpType(oper);
  const bool conv = strcmp(op, "Conv2D") == 0, depthwise = strcmp(op, "DepthwiseConv2dNative") == 0;
  const bool matmul = strcmp(op, "MatMul") == 0, batched = strncmp(op, "BatchMatMul", 11) == 0;
  if (!conv && !depthwise && !matmul && !batched) return 0;
  value_target target;
  double elements = 1;
  model_target(m, (TF_Output){oper, 0}, "", &target);
  for (int i = 0; i < target.rank; ++i) elements *= target.dims[i] >= 0 ? (double)target.dims[i] : 1;
  if (conv) return 2 * elements * input_dim(m, oper, 1, 0) * input_dim(m, oper, 1, 1) * input_dim(m, oper, 1, 2);
  if (depthwise) return 2 * elements * input_dim(m, oper, 1, 0) * input_dim(m, oper, 1, 1);
  const bool transposed = attribute(m, oper, matmul ? "transpose_a" : "adj_x");
  return 2 * elements * input_dim(m, oper, 0, transposed ? -2 : -1);
}

// VersionDef as serialised bytes: field 1 is the producer.
static long long producer_of(const model* m) {
  long long producer = -1;
  TF_Buffer* versions = TF_NewBuffer();
  TF_GraphVersions(m->graph, versions, m->status);
  const unsigned char* bytes = versions != NULL ? versions->data : NULL;
  if (TF_GetCode(m->status) == TF_OK && versions->length > 0 && bytes[0] == 0x08) {
    producer = 0;
    for (size_t i = 1, shift = 0; i < versions->length && shift < 63; ++i, shift += 7) {
      producer |= (long long)(bytes[i] & 0x7f) << shift;
      if ((bytes[i] & 0x80) == 0) break;
    }
  }
  TF_DeleteBuffer(versions);
  return producer;
}

// A binary GraphDef has control bytes among its first; text has none.
static bool is_text(const char* path) {
  unsigned char head[256];
  FILE* file = fopen(path, "rb");
  if (file == NULL) return false;
  const size_t size = fread(head, 1, sizeof(head), file);
  fclose(file);
  for (size_t i = 0; i < size; ++i) {
    if (head[i] < 0x20 && strchr("\t\n\r", head[i]) == NULL) return false;
    if (head[i] == 0) return false;
  }
  return true;
}

static void count_op(inventory* all, const char* op) {
  size_t at = 0;
  while (at < all->num_ops && strcmp(all->ops[at].op, op) != 0) ++at;
  if (at == all->num_ops) all->ops[all->num_ops++].op = op;
  ++all->ops[at].count;
}

static void make_run_line(const options* o, const model* m, inventory* all) {
  size_t used = (size_t)snprintf(all->run_line, sizeof(all->run_line), "ctfrun %.2000s", o->model);
  for (size_t i = 0; i < all->num_inputs && used + 600 < sizeof(all->run_line); ++i) {
    value_target target;
    model_target(m, all->inputs[i], "", &target);
    const int64_t last = target.rank == 4 ? target.dims[3] : 0;
    const bool picture = last == 1 || last == 3;
    used += (size_t)snprintf(all->run_line + used, sizeof(all->run_line) - used, " -i %.500s=%s",
                             TF_OperationName(all->inputs[i].oper), picture ? "@image.png" : "VALUE");
  }
}

// With --dim, --shape or feeds: what a run with inputs of that size needs.
static int plan_peak(const options* o, const model* m, inventory* all) {
  if (o->dims.count == 0 && o->shapes.count == 0 && o->feeds.count == 0) return 0;
  options* filled = malloc(sizeof(*filled));
  request r = {0};
  int code = 0;
  if (filled == NULL) return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for the plan");
  *filled = *o;
  if (filled->fill == NULL) filled->fill = "zeros";  // of the inputs only the sizes count
  code = request_make(filled, m, &r);
  TF_Session* session = code == 0 ? session_open(filled, m, 0, NULL, &code) : NULL;
  CTF_PlanReport* report = session != NULL ? plan_request(session, m, &r) : NULL;
  if (session != NULL && report == NULL) code = fail_status(m->status);
  if (report != NULL) {
    CTF_PlanDevice device = {.struct_size = sizeof(device)};
    CTF_PlanReportDevice(report, 0, &device, m->status);
    all->planned = true;
    all->exact = CTF_PlanReportExact(report);
    all->peak_bytes = device.peak_bytes;
  }
  CTF_DeletePlanReport(report);
  TF_DeleteSession(session, m->status);
  request_free(&r);
  free(filled);
  return code;
}

static int take_inventory(const options* o, const model* m, inventory* all) {
  size_t position = 0;
  while (TF_GraphNextOperation(m->graph, &position) != NULL) ++all->num_nodes;
  all->ops = calloc(all->num_nodes + 1, sizeof(*all->ops));
  all->inputs = calloc(all->num_nodes + 1, sizeof(*all->inputs));
  if (all->ops == NULL || all->inputs == NULL) {
    return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for the list of ops");
  }
  position = 0;
  for (TF_Operation* oper; (oper = TF_GraphNextOperation(m->graph, &position)) != NULL;) {
    const char* op = TF_OperationOpType(oper);
    count_op(all, op);
    all->flops += flops_of(m, oper);
    if (model_is_input(oper)) all->inputs[all->num_inputs++] = (TF_Output){oper, 0};
    if (strcmp(op, "Const") == 0) {
      ++all->num_constants;
      all->constant_bytes += constant_bytes(m, oper);
    } else if (is_variable(op)) {
      ++all->num_variables;
      all->variable_bytes += variable_bytes(m, oper);
    }
  }
  qsort(all->ops, all->num_ops, sizeof(*all->ops), by_count);
  all->text = is_text(o->model);
  all->producer = producer_of(m);
  make_run_line(o, m, all);
  int code = model_sinks(m, &all->outputs, &all->num_outputs);
  if (code != 0) return code;
  all->missing =
      CTF_GraphOpsWithoutKernel(m->graph, o->devices.count > 0 ? o->devices.items[0].name : "cpu", m->status);
  if (all->missing == NULL) return fail_status(m->status);
  return plan_peak(o, m, all);
}

// ---- saying it

static void print_line(const model* m, const char* what, TF_Output tensor) {
  char name[512];
  value_target target;
  tensor_name(tensor, name, sizeof(name));
  model_target(m, tensor, name, &target);
  printf("%-8s %s   %s ", what, name, dtype_name(target.dtype));
  print_shape(stdout, target.dims, target.rank);
  putchar('\n');
}

static void print_inventory(const options* o, const model* m, const inventory* all) {
  printf("%s: GraphDef (%s), %zu nodes, %zu bytes", o->model, all->text ? "text" : "binary", all->num_nodes,
         m->file_bytes);
  if (all->producer >= 0) printf(", producer %lld", all->producer);
  putchar('\n');
  for (size_t i = 0; i < all->num_inputs; ++i) print_line(m, "input", all->inputs[i]);
  for (int i = 0; i < all->num_outputs; ++i) print_line(m, "output", all->outputs[i]);
  printf("ops      ");
  for (size_t i = 0; i < all->num_ops; ++i) printf("%s%s %d", i > 0 ? ", " : "", all->ops[i].op, all->ops[i].count);
  putchar('\n');
  printf("weights  %zu constants, %zu bytes", all->num_constants, all->constant_bytes);
  if (all->num_variables > 0) printf("; %zu variables, %zu bytes", all->num_variables, all->variable_bytes);
  putchar('\n');
  if (all->flops > 0) printf("flops    %.4g million for one item (convolutions and products)\n", all->flops / 1e6);
  for (size_t i = 0; i < CTF_OpListCount(all->missing); ++i) {
    CTF_OpInfo info = {.struct_size = sizeof(info)};
    CTF_OpListGet(all->missing, i, &info, m->status);
    printf("missing  %s has no kernel here (%zu node%s, e.g. \"%s\")\n", info.name, info.num_nodes,
           info.num_nodes > 1 ? "s" : "", info.example_node);
  }
  if (all->planned) {
    printf("peak     cpu:0 %.3f MiB, %s\n", (double)all->peak_bytes / 1048576, all->exact ? "exact" : "not exact");
  }
  printf("run      %s\n", all->run_line);
}

static void json_tensors(const model* m, const char* what, const TF_Output* tensors, size_t count) {
  char name[1024];
  printf("\"%s\":[", what);
  for (size_t i = 0; i < count; ++i) {
    value_target target;
    tensor_name(tensors[i], name, sizeof(name));
    model_target(m, tensors[i], name, &target);
    printf("%s{\"name\":", i > 0 ? "," : "");
    print_json_string(stdout, name);
    printf(",\"dtype\":\"%s\",\"shape\":", dtype_name(target.dtype));
    if (target.rank < 0) printf("null");
    for (int k = 0; k < target.rank; ++k) printf("%s%lld", k > 0 ? "," : "[", (long long)target.dims[k]);
    printf("%s}", target.rank < 0 ? "" : target.rank == 0 ? "[]" : "]");
  }
  printf("],");
}

static void print_inventory_json(const options* o, const model* m, const inventory* all) {
  printf("{\"schema\":\"ctfrun/1\",\"model\":");
  print_json_string(stdout, o->model);
  printf(",\"ok\":true,\"format\":\"GraphDef\",\"encoding\":\"%s\",\"producer\":%lld,\"nodes\":%zu,\"bytes\":%zu,",
         all->text ? "text" : "binary", all->producer, all->num_nodes, m->file_bytes);
  printf("\"constants\":{\"count\":%zu,\"bytes\":%zu},\"variables\":{\"count\":%zu,\"bytes\":%zu},\"flops\":%.0f,",
         all->num_constants, all->constant_bytes, all->num_variables, all->variable_bytes, all->flops);
  json_tensors(m, "inputs", all->inputs, all->num_inputs);
  json_tensors(m, "outputs", all->outputs, (size_t)all->num_outputs);
  if (all->planned) printf("\"peak\":%zu,\"exact\":%s,", all->peak_bytes, all->exact ? "true" : "false");
  printf("\"ops\":{");
  for (size_t i = 0; i < all->num_ops; ++i) printf("%s\"%s\":%d", i > 0 ? "," : "", all->ops[i].op, all->ops[i].count);
  printf("},\"missing\":[");
  for (size_t i = 0; i < CTF_OpListCount(all->missing); ++i) {
    CTF_OpInfo info = {.struct_size = sizeof(info)};
    CTF_OpListGet(all->missing, i, &info, m->status);
    printf("%s{\"op\":\"%s\",\"nodes\":%zu,\"example\":", i > 0 ? "," : "", info.name, info.num_nodes);
    print_json_string(stdout, info.example_node);
    putchar('}');
  }
  printf("],\"run\":");
  print_json_string(stdout, all->run_line);
  printf("}\n");
}

int show_model(const options* o, const model* m) {
  inventory all = {.producer = -1};
  const int code = take_inventory(o, m, &all);
  if (code == 0 && o->json) print_inventory_json(o, m, &all);
  if (code == 0 && !o->json) print_inventory(o, m, &all);
  free(all.ops);
  free(all.inputs);
  free(all.outputs);
  CTF_DeleteOpList(all.missing);
  return code;
}

static const struct difference {
  const char *op, *recorded, *why;
} kDifferences[] = {
#define DIFFERENCE(op, recorded, why) {op, recorded, why},
#include "tools/ctfrun/differences.def"
#undef DIFFERENCE
};

static void print_differences(void) {
  printf("\n## Where an answer is not TensorFlow's\n\n| op | recorded case | what differs and why |\n|---|---|---|\n");
  for (size_t i = 0; i < sizeof(kDifferences) / sizeof(kDifferences[0]); ++i) {
    printf("| %s | %s | %s |\n", kDifferences[i].op, kDifferences[i].recorded, kDifferences[i].why);
  }
}

int show_ops(void) {
  TF_Status* status = TF_NewStatus();
  CTF_OpList* list = CTF_AllOps(status);
  if (list == NULL) {
    const int code = fail_status(status);
    TF_DeleteStatus(status);
    return code;
  }
  printf("| op | family | CPU types | gradient |\n|---|---|---|---|\n");
  for (size_t i = 0; i < CTF_OpListCount(list); ++i) {
    CTF_OpInfo info = {.struct_size = sizeof(info)};
    CTF_OpListGet(list, i, &info, status);
    if (info.family[0] == '\0') continue;
    printf("| %s | %s | ", info.name, info.family);
    if (info.cpu_types == UINT64_MAX) {
      printf("any");
    } else {
      bool first = true;
      for (int t = 1; t < 64; ++t) {
        if (!(info.cpu_types >> t & 1) || dtype_kind((TF_DataType)t) == ELEMENT_OTHER) continue;
        printf("%s%s", first ? "" : " ", dtype_name((TF_DataType)t));
        first = false;
      }
    }
    printf(" | %s |\n", info.has_gradient ? "yes" : "");
  }
  CTF_DeleteOpList(list);
  TF_DeleteStatus(status);
  print_differences();
  return EXIT_DONE;
}
