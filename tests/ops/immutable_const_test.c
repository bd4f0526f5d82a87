// ImmutableConst over files that the test writes; between runs they change.
#include "tests/support/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/graph.h"
#include "tests/support/kernel_harness.h"

static char folder[64];

static void path_of(const char* name, char* out_path, size_t size) {
  snprintf(out_path, size, name[0] == '/' ? "%s%s" : "%s/%s", name[0] == '/' ? "" : folder, name);
}

static void write_bytes(const char* name, const void* data, size_t bytes) {
  char path[128];
  path_of(name, path, sizeof(path));
  FILE* out = fopen(path, "wb");
  assert_non_null(out);
  assert_int_equal(fwrite(data, 1, bytes, out), bytes);
  assert_int_equal(fclose(out), 0);
}

static int make_files(void** state) {
  (void)state;
  static const float kValues[] = {1, 2, 3, 4, 5, 6};
  char path[128], link[128];
  snprintf(folder, sizeof(folder), P_tmpdir "/ctf_immutable_XXXXXX");
  if (mkdtemp(folder) == NULL) return -1;
  write_bytes("six", kValues, sizeof(kValues));
  write_bytes("empty", "", 0);
  write_bytes("odd", "\x02\x00\x01\xff", 4);
  path_of("pipe", path, sizeof(path));
  if (mkfifo(path, 0600) != 0) return -1;
  path_of("six", path, sizeof(path));
  path_of("link", link, sizeof(link));
  return symlink(path, link);
}

static int remove_files(void** state) {
  (void)state;
  static const char* const kNames[] = {"six", "empty", "odd", "pipe", "link", "shape"};
  for (size_t i = 0; i < sizeof(kNames) / sizeof(kNames[0]); ++i) {
    char path[128];
    path_of(kNames[i], path, sizeof(path));
    unlink(path);
  }
  return rmdir(folder);
}

typedef struct file_case {
  const char* name;
  const char* file;
  TF_DataType dtype;
  int rank;  // -1: not known
  int64_t dims[2];
  TF_Code code;
  const char* message;
} file_case;
// clang-format off
static const file_case kCases[] = {
    {"the whole file", "six", TF_FLOAT, 2, {2, 3}},
    {"the first of it", "six", TF_FLOAT, 1, {2}},
    {"through a link", "link", TF_FLOAT, 1, {6}},
    {"a scalar", "six", TF_FLOAT, 0, {0}},
    {"no shape is a scalar", "six", TF_FLOAT, -1, {0}},
    {"nothing", "six", TF_FLOAT, 1, {0}},
    {"wide elements", "six", TF_COMPLEX128, 1, {1}},
    {"quantized", "six", TF_QINT8, 1, {24}},
    {"one element too many", "six", TF_FLOAT, 1, {7}, TF_INTERNAL,
     "Readonly memory region has wrong length (24) when allocating 28"},
    {"nothing of an empty file", "empty", TF_FLOAT, 1, {0}, TF_INVALID_ARGUMENT, "Invalid argument"},
    {"no such file", "none", TF_FLOAT, 1, {0}, TF_NOT_FOUND, "No such file or directory"},
    {"no name", "", TF_FLOAT, 1, {1}, TF_NOT_FOUND, NULL},
    {"a region of a package", "memmapped_package://six", TF_FLOAT, 1, {1}, TF_NOT_FOUND, NULL},
    {"a folder", "/", TF_FLOAT, 1, {1}, TF_NOT_FOUND, "folder"},
    {"a pipe that nobody writes to", "pipe", TF_FLOAT, 1, {1}, TF_INVALID_ARGUMENT, "pipes"},
    {"a device without end", "/dev/zero", TF_FLOAT, 1, {1}, TF_INVALID_ARGUMENT, "devices"},
    {"a dimension is not known", "six", TF_FLOAT, 2, {-1, 2}, TF_INVALID_ARGUMENT, "is not fully defined"},
    {"strings are no bytes", "six", TF_STRING, 1, {1}, TF_UNIMPLEMENTED, NULL},
};
// clang-format on

static void run_case(const file_case* c) {
  static const uint8_t kBytes[] = {0, 0, 128, 63, 0, 0, 0,   64, 0, 0, 64,  64,
                                   0, 0, 128, 64, 0, 0, 160, 64, 0, 0, 192, 64};
  char path[128];
  path_of(c->file, path, sizeof(path));
  const ctf_bytes name = {c->file[0] == '\0' ? "" : path, c->file[0] == '\0' ? 0 : strlen(path)};
  const ctf_named_attr attrs[] = {
      {{"dtype", 5}, {.kind = CTF_ATTR_TYPE, .type = c->dtype}},
      {{"shape", 5}, {.kind = CTF_ATTR_SHAPE, .shape = {c->rank, c->dims}}},
      {{"memory_region_name", 18}, {.kind = CTF_ATTR_STRING, .s = name}},
  };
  harness_call call = {.op = "ImmutableConst", .isa = ctf_isa_best(), .num_attrs = 3, .attrs = attrs};
  const ctf_status status = harness_run(&call);
  if (ctf_status_code(status) != c->code) fail_msg("%s: %s", c->name, ctf_status_message(status));
  if (c->message != NULL && strstr(ctf_status_message(status), c->message) == NULL) {
    fail_msg("%s: %s", c->name, ctf_status_message(status));
  }
  if (status == NULL) {
    const ctf_tensor* y = &call.outputs[0].view;
    assert_int_equal(y->rank, c->rank < 0 ? 0 : c->rank);
    assert_memory_equal(y->data, kBytes, y->bytes);
    harness_release(&call);
  }
  ctf_status_drop(status);  // compared
}

static void files(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kCases) / sizeof(kCases[0]); ++i) run_case(&kCases[i]);
}

static TF_Output file_node(test_graph* g, const char* name, TF_DataType dtype, const int64_t* dims, int rank) {
  char path[128];
  path_of(name, path, sizeof(path));
  TF_OperationDescription* node = TF_NewOperation(g->graph, "ImmutableConst", name);
  TF_SetAttrType(node, "dtype", dtype);
  TF_SetAttrShape(node, "shape", dims, rank);
  TF_SetAttrString(node, "memory_region_name", path, strlen(path));
  TF_Operation* op = TF_FinishOperation(node, g->status);
  return (TF_Output){op, 0};
}

// A byte that is neither 0 nor 1 is true, and what reads booleans may rely on their being 0 or 1.
static void booleans(void** state) {
  (void)state;
  static const int64_t kFour = 4;
  test_graph g;
  test_graph_init(&g);
  const TF_Output x = file_node(&g, "odd", TF_BOOL, &kFour, 1);
  TF_Session* session = test_session(&g);
  TF_Tensor* y = test_run(&g, session, 0, NULL, NULL, x);
  assert_memory_equal(TF_TensorData(y), ((const uint8_t[]){1, 0, 1, 1}), 4);
  TF_DeleteTensor(y);
  test_close(&g, session);
  test_graph_deinit(&g);
}

// They have no kernel either, but TensorFlow's error is another one.
static void handles_are_no_bytes(void** state) {
  (void)state;
  static const TF_DataType kHandles[] = {TF_RESOURCE, TF_VARIANT};
  for (size_t i = 0; i < 2; ++i) {
    test_graph g;
    test_graph_init(&g);
    assert_null(file_node(&g, "six", kHandles[i], NULL, 0).oper);
    assert_int_equal(TF_GetCode(g.status), TF_INVALID_ARGUMENT);
    assert_non_null(strstr(TF_Message(g.status), "Resource and variant dtypes are invalid for this op."));
    test_graph_deinit(&g);
  }
}

// The file gives a shape, and another one at the next run: what is planned must be what the kernels then read.
static void a_shape_that_changes(void** state) {
  (void)state;
  static const int64_t kOne = 1;
  test_graph g;
  test_graph_init(&g);
  write_bytes("shape", (const int32_t[]){2}, 4);
  const TF_Output x = test_const(&g, test_ramp((const int64_t[]){2}, 1, 1, 1));
  const TF_Output tiled = test_binary(&g, "Tile", x, file_node(&g, "shape", TF_INT32, &kOne, 1));
  TF_Session* session = test_session(&g);
  static const int32_t kTimes[] = {2, 100000, 0, 3};
  for (size_t i = 0; i < sizeof(kTimes) / sizeof(kTimes[0]); ++i) {
    write_bytes("shape", &kTimes[i], 4);
    TF_Tensor* y = test_run(&g, session, 0, NULL, NULL, tiled);
    assert_int_equal(TF_TensorElementCount(y), 2 * kTimes[i]);
    for (int64_t j = 0; j < TF_TensorElementCount(y); ++j) {
      assert_true(((const float*)TF_TensorData(y))[j] == (float)(1 + j % 2));
    }
    TF_DeleteTensor(y);
  }
  test_close(&g, session);
  test_graph_deinit(&g);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(files), cmocka_unit_test(booleans),
                                     cmocka_unit_test(handles_are_no_bytes), cmocka_unit_test(a_shape_that_changes)};
  return cmocka_run_group_tests(tests, make_files, remove_files);
}
