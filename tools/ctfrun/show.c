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

static int by_count(const void* left, const void* right) {
  const op_count *a = left, *b = right;
  return a->count != b->count ? b->count - a->count : strcmp(a->op, b->op);
}

static void print_line(const model* m, const char* what, TF_Output tensor) {
  char name[512];
  value_target target;
  tensor_name(tensor, name, sizeof(name));
  model_target(m, tensor, name, &target);
  printf("%-8s %s   %s ", what, name, dtype_name(target.dtype));
  print_shape(stdout, target.dims, target.rank);
  putchar('\n');
}

// How often each op occurs, most often first.
static int print_histogram(const model* m, size_t num_nodes) {
  op_count* ops = calloc(num_nodes + 1, sizeof(*ops));
  size_t position = 0, count = 0;
  if (ops == NULL) return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for the list of ops");
  for (TF_Operation* oper; (oper = TF_GraphNextOperation(m->graph, &position)) != NULL;) {
    size_t at = 0;
    while (at < count && strcmp(ops[at].op, TF_OperationOpType(oper)) != 0) ++at;
    if (at == count) ops[count++].op = TF_OperationOpType(oper);
    ++ops[at].count;
  }
  qsort(ops, count, sizeof(*ops), by_count);
  printf("ops      ");
  for (size_t i = 0; i < count; ++i) printf("%s%s %d", i > 0 ? ", " : "", ops[i].op, ops[i].count);
  putchar('\n');
  free(ops);
  return 0;
}

static int print_without_kernel(const options* o, const model* m) {
  CTF_OpList* list =
      CTF_GraphOpsWithoutKernel(m->graph, o->devices.count > 0 ? o->devices.items[0].name : "cpu", m->status);
  if (list == NULL) return fail_status(m->status);
  for (size_t i = 0; i < CTF_OpListCount(list); ++i) {
    CTF_OpInfo info = {.struct_size = sizeof(info)};
    CTF_OpListGet(list, i, &info, m->status);
    printf("missing  %s has no kernel here (%zu node%s, e.g. \"%s\")\n", info.name, info.num_nodes,
           info.num_nodes > 1 ? "s" : "", info.example_node);
  }
  CTF_DeleteOpList(list);
  return 0;
}

static void print_run_line(const options* o, const model* m) {
  size_t position = 0;
  printf("run      ctfrun %s", o->model);
  for (TF_Operation* oper; (oper = TF_GraphNextOperation(m->graph, &position)) != NULL;) {
    if (model_is_input(oper)) printf(" -i %s=VALUE", TF_OperationName(oper));
  }
  putchar('\n');
}

static size_t constant_bytes(const model* m, TF_Operation* oper) {
  TF_Tensor* value = NULL;
  if (strcmp(TF_OperationOpType(oper), "Const") != 0) return 0;
  TF_OperationGetAttrTensor(oper, "value", &value, m->status);
  const size_t bytes = value != NULL ? TF_TensorByteSize(value) : 0;
  TF_DeleteTensor(value);
  return bytes;
}

int show_model(const options* o, const model* m) {
  size_t position = 0, num_nodes = 0, constants = 0;
  TF_Output* sinks = NULL;
  int num_sinks = 0;
  for (TF_Operation* oper; (oper = TF_GraphNextOperation(m->graph, &position)) != NULL; ++num_nodes) {
    constants += constant_bytes(m, oper);
  }
  printf("%s: GraphDef, %zu nodes, %zu bytes, constants %zu bytes\n", o->model, num_nodes, m->file_bytes, constants);
  position = 0;
  for (TF_Operation* oper; (oper = TF_GraphNextOperation(m->graph, &position)) != NULL;) {
    if (model_is_input(oper)) print_line(m, "input", (TF_Output){oper, 0});
  }
  int code = model_sinks(m, &sinks, &num_sinks);
  for (int i = 0; i < num_sinks; ++i) print_line(m, "output", sinks[i]);
  free(sinks);
  if (code == 0) code = print_histogram(m, num_nodes);
  if (code == 0) code = print_without_kernel(o, m);
  if (code == 0) print_run_line(o, m);
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
