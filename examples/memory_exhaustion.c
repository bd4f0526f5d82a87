// Document 000, snippet 1: a graph with a constant of 10000x10000x3 floats, 1.2 GB, whose sum is computed.
//
// The Python snippet is written for TensorFlow 1 and fills the constant with random numbers. Run as it stands on
// TensorFlow 2 it prints
//     AttributeError: module 'tensorflow' has no attribute 'Session'
// and in graph mode it takes 8.7 GB, most of them copies of the constant. Here the graph is a file that is written
// once; its constant is 0.5 throughout, and is read where it lies in the mapped file: 2 MB of private memory. It prints
//     1.5e+08
//
//   memory_exhaustion [--mem 1G] [--copy] [--side 10000] [--file PATH]
//
// With --copy the constant is read into memory that is charged to the budget. With --mem 1G --copy it is refused before
// anything is read: one sentence on stderr, exit status 18. The process goes on, and computes what fits.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ctf/ctf.h"

enum { OVER_BUDGET = 18, DEPTH = 3, BLOCK = 1 << 16 };

typedef struct arguments {
  size_t memory_bytes;  // 0: what the machine can spare
  TF_Bool copy;
  int64_t side;
  const char* path;
} arguments;

static int fail(TF_Status* status) {
  fprintf(stderr, "memory_exhaustion: %s\n", TF_Message(status));
  return 10 + (int)TF_GetCode(status);
}

// ---- the file, as protobuf lays it out: tags, lengths, and the values in a row

typedef struct text {
  unsigned char bytes[256];
  size_t count;
} text;

static void put_number(text* out, uint64_t number) {
  for (; number >= 0x80; number >>= 7) out->bytes[out->count++] = (unsigned char)(number | 0x80);
  out->bytes[out->count++] = (unsigned char)number;
}

static void put_text(text* out, int field, const void* bytes, size_t count) {
  put_number(out, (uint64_t)field << 3 | 2);
  put_number(out, count);
  memcpy(out->bytes + out->count, bytes, count);
  out->count += count;
}

// The beginning of a field that holds what is in `inside`, and `more` bytes that come later.
static void put_head(text* out, int field, uint64_t inside, uint64_t more) {
  put_number(out, (uint64_t)field << 3 | 2);
  put_number(out, inside + more);
}

// GraphDef { node { name: "large" op: "Const" attr { "dtype": DT_FLOAT } attr { "value": TensorProto } } }
static int write_values(FILE* file, int64_t side) {
  static float block[BLOCK];
  const uint64_t count = (uint64_t)side * (uint64_t)side * DEPTH, payload = count * sizeof(float);
  text shape = {0}, tensor = {0}, value = {0}, entry = {0}, type = {0}, node = {0}, graph = {0};
  for (int i = 0; i < 3; ++i) {
    text dim = {0};
    put_number(&dim, 1 << 3);
    put_number(&dim, i < 2 ? (uint64_t)side : DEPTH);
    put_text(&shape, 2, dim.bytes, dim.count);
  }
  put_number(&tensor, 1 << 3);
  put_number(&tensor, TF_FLOAT);
  put_text(&tensor, 2, shape.bytes, shape.count);
  put_head(&tensor, 4, 0, payload);
  put_head(&value, 8, tensor.count, payload);
  put_text(&entry, 1, "value", 5);
  put_head(&entry, 2, value.count + tensor.count, payload);
  put_text(&type, 1, "dtype", 5);
  put_text(&type, 2, "\x30\x01", 2);
  put_text(&node, 1, "large", 5);
  put_text(&node, 2, "Const", 5);
  put_text(&node, 5, type.bytes, type.count);
  put_head(&node, 5, entry.count + value.count + tensor.count, payload);
  put_head(&graph, 1, node.count + entry.count + value.count + tensor.count, payload);
  const text* const heads[] = {&graph, &node, &entry, &value, &tensor};
  for (int i = 0; i < 5; ++i) fwrite(heads[i]->bytes, 1, heads[i]->count, file);
  for (int i = 0; i < BLOCK; ++i) block[i] = 0.5f;
  for (uint64_t done = 0; done < count;) {
    const uint64_t more = count - done < BLOCK ? count - done : BLOCK;
    if (fwrite(block, sizeof(float), more, file) != more) return -1;
    done += more;
  }
  return 0;
}

// Writes beside it and renames, so that whoever has the old file mapped keeps it.
static int write_once(const char* path, int64_t side) {
  char part[4096];
  struct stat there;
  const int64_t least = side * side * DEPTH * (int64_t)sizeof(float);
  if (stat(path, &there) == 0 && there.st_size > least && there.st_size < least + 256) return 0;
  if (snprintf(part, sizeof(part), "%s.part", path) >= (int)sizeof(part)) return -1;
  FILE* file = fopen(part, "wb");
  if (file == NULL) return -1;
  const int written = write_values(file, side);
  return (fclose(file) == 0 && written == 0 && rename(part, path) == 0) ? 0 : -1;
}

// ---- the graph

static TF_Output add_constant(TF_Graph* graph, const char* name, TF_DataType dtype, const int64_t* dims, int rank,
                              const void* content, size_t bytes, TF_Status* status) {
  TF_Tensor* tensor = TF_AllocateTensor(dtype, dims, rank, bytes);
  if (tensor == NULL) {
    TF_SetStatus(status, TF_RESOURCE_EXHAUSTED, "no memory for a small constant");
    return (TF_Output){0};
  }
  memcpy(TF_TensorData(tensor), content, bytes);
  TF_OperationDescription* description = TF_NewOperation(graph, "Const", name);
  TF_SetAttrTensor(description, "value", tensor, status);
  TF_SetAttrType(description, "dtype", dtype);
  TF_DeleteTensor(tensor);
  return (TF_Output){TF_FinishOperation(description, status), 0};
}

// The sum of all elements of a float tensor of rank 3; -1 on failure.
static float run_sum(TF_Graph* graph, TF_Output of, TF_Status* status) {
  const int32_t axes[] = {0, 1, 2};
  const int64_t num_axes = 3;
  const TF_Output all = add_constant(graph, "axes", TF_INT32, &num_axes, 1, axes, sizeof(axes), status);
  if (TF_GetCode(status) != TF_OK) return -1;
  TF_OperationDescription* description = TF_NewOperation(graph, "Sum", "sum");
  TF_AddInput(description, of);
  TF_AddInput(description, all);
  const TF_Output sum = {TF_FinishOperation(description, status), 0};
  if (TF_GetCode(status) != TF_OK) return -1;
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_Session* session = TF_NewSession(graph, options, status);
  TF_DeleteSessionOptions(options);
  if (TF_GetCode(status) != TF_OK) return -1;
  TF_Tensor* result = NULL;
  float value = -1;
  TF_SessionRun(session, NULL, NULL, NULL, 0, &sum, &result, 1, NULL, 0, NULL, status);
  if (TF_GetCode(status) == TF_OK) value = *(const float*)TF_TensorData(result);
  TF_DeleteTensor(result);
  TF_Status* closed = TF_NewStatus();
  TF_DeleteSession(session, closed);
  TF_DeleteStatus(closed);
  return value;
}

// After the refusal: the same with a constant that fits.
static int go_on(TF_Status* status) {
  const float few[] = {0.5f, 0.5f, 0.5f};
  const int64_t dims[] = {1, 1, DEPTH};
  TF_Graph* graph = TF_NewGraph();
  TF_SetStatus(status, TF_OK, "");
  const TF_Output small = add_constant(graph, "small", TF_FLOAT, dims, 3, few, sizeof(few), status);
  const float sum = TF_GetCode(status) == TF_OK ? run_sum(graph, small, status) : -1;
  TF_DeleteGraph(graph);
  return sum == 1.5f ? OVER_BUDGET : fail(status);
}

static int run(const arguments* given, TF_Status* status) {
  if (given->memory_bytes > 0) CTF_SetBudget("cpu", given->memory_bytes, status);
  if (TF_GetCode(status) != TF_OK) return fail(status);
  if (write_once(given->path, given->side) != 0) {
    perror(given->path);
    return 3;
  }
  TF_Graph* graph = TF_NewGraph();
  const CTF_ImportFileOptions how = {.struct_size = sizeof(how), .copy = given->copy};
  CTF_GraphImportFile(graph, given->path, &how, status);
  float sum = -1;
  if (TF_GetCode(status) == TF_OK) {
    sum = run_sum(graph, (TF_Output){TF_GraphOperationByName(graph, "large"), 0}, status);
  }
  TF_DeleteGraph(graph);
  if (TF_GetCode(status) == TF_OK) {
    printf("%g\n", (double)sum);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : 3;
  }
  const int code = fail(status);
  return code == OVER_BUDGET ? go_on(status) : code;
}

// "1G", "512M", "4096"
static size_t parse_size(const char* given) {
  char* end;
  const double number = strtod(given, &end);
  const double unit = *end == 'G' ? 0x1p30 : *end == 'M' ? 0x1p20 : 1;
  return number * unit >= 1 && number * unit < 0x1p62 ? (size_t)(number * unit) : 0;
}

int main(int argc, char** argv) {
  char path[4096];
  arguments given = {.side = 10000};
  for (int i = 1; i < argc; ++i) {
    const char* const value = i + 1 < argc ? argv[i + 1] : NULL;
    if (strcmp(argv[i], "--copy") == 0) {
      given.copy = 1;
    } else if (strcmp(argv[i], "--mem") == 0 && value != NULL) {
      given.memory_bytes = parse_size(argv[++i]);
    } else if (strcmp(argv[i], "--side") == 0 && value != NULL) {
      given.side = strtol(argv[++i], NULL, 10);
    } else if (strcmp(argv[i], "--file") == 0 && value != NULL) {
      given.path = argv[++i];
    } else {
      fprintf(stderr, "usage: memory_exhaustion [--mem SIZE] [--copy] [--side N] [--file PATH]\n");
      return 2;
    }
  }
  if (given.side < 1 || given.side > 100000) given.side = 10000;
  if (given.path == NULL) {
    const char* const folder = getenv("TMPDIR");
    snprintf(path, sizeof(path), "%s/memory_exhaustion_%lld.pb", folder != NULL ? folder : P_tmpdir,
             (long long)given.side);
    given.path = path;
  }
  TF_Status* status = TF_NewStatus();
  const int code = run(&given, status);
  TF_DeleteStatus(status);
  return code;
}
