#include "bench/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- nodes

enum { kChain = 1000, kDag = 10000, kDagReach = 64, kLarge = 16 << 20 };

static TF_Operation* finish(bench_graph* g, TF_OperationDescription* node) {
  TF_Operation* made = g->library->TF_FinishOperation(node, g->library->status);
  bench_check(g->library, "node");
  return made;
}

static TF_OperationDescription* begin(bench_graph* g, const char* op) {
  static unsigned number;
  char name[64];
  snprintf(name, sizeof(name), "%s_%u", op, number++);
  return g->library->TF_NewOperation(g->graph, op, name);
}

static TF_Output unary(bench_graph* g, const char* op, TF_Output x) {
  TF_OperationDescription* node = begin(g, op);
  g->library->TF_AddInput(node, x);
  return (TF_Output){finish(g, node), 0};
}

static TF_Output binary(bench_graph* g, const char* op, TF_Output x, TF_Output y) {
  TF_OperationDescription* node = begin(g, op);
  g->library->TF_AddInput(node, x);
  g->library->TF_AddInput(node, y);
  return (TF_Output){finish(g, node), 0};
}

static TF_Output add_n(bench_graph* g, const TF_Output* x, int count) {
  TF_OperationDescription* node = begin(g, "AddN");
  g->library->TF_AddInputList(node, x, count);
  return (TF_Output){finish(g, node), 0};
}

static void keep(void* data, size_t length, void* arg) { (void)data, (void)length, (void)arg; }

static TF_Output constant(bench_graph* g, TF_DataType type, int rank, const int64_t* dims, const void* data,
                          size_t bytes) {
  const bench_library* l = g->library;
  TF_Tensor* value = l->TF_NewTensor(type, dims, rank, (void*)data, bytes, keep, NULL);
  TF_OperationDescription* node = begin(g, "Const");
  l->TF_SetAttrType(node, "dtype", type);
  l->TF_SetAttrTensor(node, "value", value, l->status);
  bench_check(l, "constant");
  l->TF_DeleteTensor(value);
  return (TF_Output){finish(g, node), 0};
}

static TF_Output scalar(bench_graph* g, float value) { return constant(g, TF_FLOAT, 0, NULL, &value, sizeof(value)); }

static TF_Output over_last(bench_graph* g, const char* op, TF_Output x) {
  const int32_t axis = -1;
  const int64_t one = 1;
  TF_OperationDescription* node = begin(g, op);
  g->library->TF_AddInput(node, x);
  g->library->TF_AddInput(node, constant(g, TF_INT32, 1, &one, &axis, sizeof(axis)));
  g->library->TF_SetAttrBool(node, "keep_dims", 1);
  return (TF_Output){finish(g, node), 0};
}

// ---- graphs

static void build_multiply(bench_graph* g, const bench_row* row) {
  (void)row;
  g->fetch = binary(g, "Mul", g->feeds[0], g->feeds[1]);
}

static void build_chain(bench_graph* g, const bench_row* row) {
  (void)row;
  g->fetch = g->feeds[0];
  for (int i = 0; i < kChain; ++i) g->fetch = binary(g, "AddV2", g->fetch, g->feeds[1]);
}

static void build_wide(bench_graph* g, const bench_row* row) {
  (void)row;
  static TF_Output sums[kChain];
  TF_OperationDescription* node = begin(g, "Unpack");
  g->library->TF_AddInput(node, g->feeds[1]);
  g->library->TF_SetAttrInt(node, "num", kChain);
  g->library->TF_SetAttrInt(node, "axis", 0);
  TF_Operation* parts = finish(g, node);
  for (int i = 0; i < kChain; ++i) sums[i] = binary(g, "AddV2", g->feeds[0], (TF_Output){parts, i});
  g->fetch = add_n(g, sums, kChain);
}

// Each node takes its inputs from the last kDagReach ones; what nobody reads is added up.
static void build_dag(bench_graph* g, const bench_row* row) {
  static const char* const kBinary[] = {"Mul", "Maximum", "Minimum"};
  static TF_Output nodes[kDag + 2], unread[kDag + 2];
  static bool read[kDag + 2];
  (void)row;
  uint64_t random = 88172645463325252u;
  memset(read, 0, sizeof(read));
  nodes[0] = g->feeds[0];
  nodes[1] = g->feeds[1];
  for (int count = 2; count < kDag + 2; ++count) {
    int from[2];
    for (int i = 0; i < 2; ++i) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      const int reach = count < kDagReach ? count : kDagReach;
      from[i] = count - 1 - (int)((random >> 33) % (uint64_t)reach);
    }
    const int kind = (int)((random >> 20) % 5);
    read[from[0]] = true;
    if (kind < 3) {
      read[from[1]] = true;
      nodes[count] = binary(g, kBinary[kind], nodes[from[0]], nodes[from[1]]);
    } else {
      nodes[count] = unary(g, kind == 3 ? "Tanh" : "Neg", nodes[from[0]]);
    }
  }
  int num_unread = 0;
  for (int i = 0; i < kDag + 2; ++i) {
    if (!read[i]) unread[num_unread++] = nodes[i];
  }
  g->fetch = add_n(g, unread, num_unread);
}

static void build_product(bench_graph* g, const bench_row* row) {
  (void)row;
  g->fetch = binary(g, "MatMul", g->feeds[0], g->feeds[1]);
}

static void build_relu(bench_graph* g, const bench_row* row) {
  (void)row;
  g->fetch = unary(g, "Relu", binary(g, "AddV2", binary(g, "Mul", g->feeds[0], g->feeds[1]), g->feeds[2]));
}

static void build_tanh(bench_graph* g, const bench_row* row) {
  (void)row;
  g->fetch = unary(g, "Tanh", g->feeds[0]);
}

static void build_softmax(bench_graph* g, const bench_row* row) {
  (void)row;
  g->fetch = unary(g, "Softmax", g->feeds[0]);
}

static void build_layer_norm(bench_graph* g, const bench_row* row) {
  const int64_t width = row->feeds[0].dims[1];
  float weights[1024];
  for (int64_t i = 0; i < width; ++i) weights[i] = (float)(i % 17) * 0.125f - 1;
  const TF_Output x = g->feeds[0], mean = over_last(g, "Mean", x), rest = binary(g, "Sub", x, mean);
  const TF_Output variance = over_last(g, "Mean", unary(g, "Square", rest));
  const TF_Output scale = unary(g, "Rsqrt", binary(g, "AddV2", variance, scalar(g, 1e-5f)));
  const TF_Output gamma = constant(g, TF_FLOAT, 1, &width, weights, sizeof(weights));
  const TF_Output beta = constant(g, TF_FLOAT, 1, &width, weights, sizeof(weights));
  g->fetch = binary(g, "AddV2", binary(g, "Mul", binary(g, "Mul", rest, scale), gamma), beta);
}

static void build_sum(bench_graph* g, const bench_row* row) {
  (void)row;
  const int32_t axes[] = {0, 1, 2};
  const int64_t three = 3;
  g->fetch = binary(g, "Sum", g->feeds[0], constant(g, TF_INT32, 1, &three, axes, sizeof(axes)));
}

// ---- the table

#define F32(rank, ...)              \
  {                                 \
    TF_FLOAT, rank, { __VA_ARGS__ } \
  }
#define SCALAR \
  { TF_FLOAT }
// Nets: of the products in convolutions and matrix products.
#define NET(name, file, batch, flops)                                                    \
  {                                                                                      \
    name, NULL, file, "ms", 1, batch *flops, 0, false, 1, { F32(4, batch, 224, 224, 3) } \
  }
#define PRODUCT(n)                                                                                         \
  {                                                                                                        \
    "matmul_" #n, build_product, NULL, "ms", 1, 2.0 * n *n *n, 0, false, 2, { F32(2, n, n), F32(2, n, n) } \
  }
// clang-format off
const bench_row bench_rows[] = {
    // name         graph         file  unit  per     flops  bytes            one pass  feeds
    {"mul",         build_multiply, NULL, "us", 1,    0,     0,               false, 2, {SCALAR, SCALAR}},
    {"chain1000",   build_chain,  NULL, "ns", kChain, 0,     0,               false, 2, {SCALAR, SCALAR}},
    {"wide1000",    build_wide,   NULL, "ns", kChain, 0,     0,               false, 2, {SCALAR, F32(1, kChain)}},
    {"dag10000",    build_dag,    NULL, "ns", kDag,   0,     0,               false, 2, {SCALAR, SCALAR}},
    PRODUCT(512),
    PRODUCT(1024),
    PRODUCT(2048),
    PRODUCT(4096),
    {"relu_xab",    build_relu,   NULL, "ms", 1,      0,     12.0 * kLarge,   true,  3, {F32(1, kLarge), F32(1, kLarge), SCALAR}},
    {"tanh",        build_tanh,   NULL, "ms", 1,      0,     8.0 * kLarge,    true,  1, {F32(1, kLarge)}},
    {"softmax",     build_softmax, NULL, "ms", 1,     0,     8.0 * kLarge,    true,  1, {F32(2, 4096, 4096)}},
    {"layernorm",   build_layer_norm, NULL, "ms", 1,  0,     8.0 * kLarge,    true,  1, {F32(2, 16384, 1024)}},
    {"reduce_sum",  build_sum,    NULL, "ms", 1,      0,     1.2e9,           false, 1, {F32(3, 10000, 10000, 3)}},
    NET("mobilenetv2_b1", "mobilenetv2.pb", 1, 0.6e9),
    NET("mobilenetv2_b8", "mobilenetv2.pb", 8, 0.6e9),
    NET("resnet50_b1", "resnet50.pb", 1, 7.7e9),
    NET("resnet50_b8", "resnet50.pb", 8, 7.7e9),
    {"bert_4x256_b1", NULL, "bert_4x256.pb", "ms", 1, 0.87e9,     0,               false, 1, {{TF_INT32, 2, {1, 128}, 30000}}},
    {"bert_4x256_b8", NULL, "bert_4x256.pb", "ms", 1, 8 * 0.87e9,     0,               false, 1, {{TF_INT32, 2, {8, 128}, 30000}}},
};
// clang-format on
const size_t bench_num_rows = sizeof(bench_rows) / sizeof(bench_rows[0]);

// ---- making them

static void add_placeholders(bench_graph* g, const bench_row* row) {
  const bench_library* l = g->library;
  for (g->num_feeds = 0; g->num_feeds < row->num_feeds; ++g->num_feeds) {
    const bench_feed* feed = &row->feeds[g->num_feeds];
    TF_OperationDescription* node = begin(g, "Placeholder");
    l->TF_SetAttrType(node, "dtype", feed->type);
    l->TF_SetAttrShape(node, "shape", feed->dims, feed->rank);
    g->feeds[g->num_feeds] = (TF_Output){finish(g, node), 0};
  }
}

static char* read_file(const char* path, size_t* out_bytes) {
  FILE* file = fopen(path, "rb");
  if (file == NULL) return NULL;
  char* bytes = NULL;
  if (fseek(file, 0, SEEK_END) == 0) {
    const long size = ftell(file);
    rewind(file);
    if (size > 0) bytes = malloc((size_t)size);
    *out_bytes = bytes == NULL ? 0 : fread(bytes, 1, (size_t)size, file);
  }
  fclose(file);
  return bytes;
}

// A frozen net: its placeholder is fed, and the last output that nobody reads is fetched.
static bool import(bench_graph* g, const bench_row* row, const char* folder) {
  const bench_library* l = g->library;
  char path[4096];
  snprintf(path, sizeof(path), "%s/%s", folder, row->file);
  size_t bytes = 0;
  char* data = read_file(path, &bytes);
  if (data == NULL) return false;
  TF_Buffer* buffer = l->TF_NewBufferFromString(data, bytes);
  free(data);
  TF_ImportGraphDefOptions* options = l->TF_NewImportGraphDefOptions();
  l->TF_GraphImportGraphDef(g->graph, buffer, options, l->status);
  bench_check(l, path);
  l->TF_DeleteImportGraphDefOptions(options);
  l->TF_DeleteBuffer(buffer);
  size_t at = 0;
  for (TF_Operation* node; (node = l->TF_GraphNextOperation(g->graph, &at)) != NULL;) {
    const TF_Output output = {node, 0};
    if (strcmp(l->TF_OperationOpType(node), "Placeholder") == 0 && g->num_feeds < row->num_feeds) {
      g->feeds[g->num_feeds++] = output;
    } else if (l->TF_OperationNumOutputs(node) > 0 && l->TF_OperationOutputNumConsumers(output) == 0) {
      g->fetch = output;
    }
  }
  return g->num_feeds == row->num_feeds && g->fetch.oper != NULL;
}

bool bench_graph_make(const bench_library* library, const bench_row* row, const char* folder, bench_graph* out_graph) {
  bench_graph* g = out_graph;
  *g = (bench_graph){.library = library, .graph = library->TF_NewGraph()};
  if (row->build == NULL) return folder != NULL && import(g, row, folder);
  add_placeholders(g, row);
  row->build(g, row);
  return true;
}
