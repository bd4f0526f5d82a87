// Graphs from files: what is refused, constants over the mapping, and files that change while they are mapped.
//
// The files are written here, next to nothing else: a constant of 256 Ki floats "constant", its "sum", and "small",
// which needs nothing of it (tests/support/make_model.c).
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/api/api_test.h"

enum { COUNT_VALUES = 1 << 18 };

typedef struct scene {
  char folder[64];
  char model[96];
  TF_Status* status;
  TF_Graph* graph;
  TF_Session* session;
} scene;

static void make_model(const char* path, const char* form) {
  char command[512];
  snprintf(command, sizeof(command), "%s %s %s %d >%s.sum", getenv("CTF_MAKE_MODEL"), path, form, COUNT_VALUES, path);
  assert_int_equal(system(command), 0);
}

static void open_scene(scene* s, const char* form) {
  *s = (scene){.folder = P_tmpdir "/ctf_file_test_XXXXXX", .status = TF_NewStatus(), .graph = TF_NewGraph()};
  assert_non_null(mkdtemp(s->folder));
  snprintf(s->model, sizeof(s->model), "%s/model.pb", s->folder);
  if (form != NULL) make_model(s->model, form);
}

static void import(scene* s, const CTF_ImportFileOptions* options) {
  CTF_GraphImportFile(s->graph, s->model, options, s->status);
  assert_ok(s->status);
  TF_SessionOptions* session_options = TF_NewSessionOptions();
  s->session = TF_NewSession(s->graph, session_options, s->status);
  TF_DeleteSessionOptions(session_options);
  assert_ok(s->status);
}

static void close_scene(scene* s) {
  char command[128];
  if (s->session != NULL) TF_DeleteSession(s->session, s->status);
  TF_DeleteGraph(s->graph);
  TF_DeleteStatus(s->status);
  snprintf(command, sizeof(command), "rm -rf %s", s->folder);
  assert_int_equal(system(command), 0);
}

static double sum_of(const scene* s) {
  char path[112];
  double sum = 0;
  snprintf(path, sizeof(path), "%s.sum", s->model);
  FILE* file = fopen(path, "r");
  assert_non_null(file);
  assert_int_equal(fscanf(file, "%lf", &sum), 1);
  fclose(file);
  return sum;
}

// Leaves the outcome in s->status; 0 on failure.
static double fetch(scene* s, const char* name) {
  const TF_Output output = {TF_GraphOperationByName(s->graph, name), 0};
  TF_Tensor* value = NULL;
  TF_SessionRun(s->session, NULL, NULL, NULL, 0, &output, &value, 1, NULL, 0, NULL, s->status);
  if (TF_GetCode(s->status) != TF_OK) {
    assert_null(value);
    return 0;
  }
  const double first = (double)*(const float*)TF_TensorData(value);
  TF_DeleteTensor(value);
  return first;
}

// ---- what is refused

static void refused(void** state) {
  (void)state;
  scene s;
  open_scene(&s, NULL);
  char fifo[96], sock[96], noise[96];
  snprintf(fifo, sizeof(fifo), "%s/fifo", s.folder);
  snprintf(sock, sizeof(sock), "%s/sock", s.folder);
  snprintf(noise, sizeof(noise), "%s/noise", s.folder);
  assert_int_equal(mkfifo(fifo, 0600), 0);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof(address.sun_path), "%s", sock);
  const int socket_fd = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_int_equal(bind(socket_fd, (const struct sockaddr*)&address, sizeof(address)), 0);
  FILE* file = fopen(noise, "wb");
  fputs("no graph", file);
  fclose(file);
  const struct {
    const char* path;
    TF_Code code;
    const char* says;
  } cases[] = {
      {s.model, TF_NOT_FOUND, "model.pb; No such file"},
      {"/dev/null/model.pb", TF_FAILED_PRECONDITION, "/dev/null/model.pb; "},
      {s.folder, TF_NOT_FOUND, "it is a folder, not a file"},
      {fifo, TF_INVALID_ARGUMENT, "/fifo; Invalid argument: devices, pipes and sockets are not read"},
      {sock, TF_INVALID_ARGUMENT, "/sock; Invalid argument: devices, pipes and sockets are not read"},
      {"/dev/zero", TF_INVALID_ARGUMENT, "/dev/zero; Invalid argument: devices, pipes and sockets are not read"},
      {noise, TF_INVALID_ARGUMENT, "Invalid GraphDef"},
      {"", TF_INVALID_ARGUMENT, "no path"},
      {NULL, TF_INVALID_ARGUMENT, "no path"},
  };
  for (size_t i = 0; i < COUNT(cases); ++i) {
    CTF_GraphImportFile(s.graph, cases[i].path, NULL, s.status);
    assert_fails(s.status, cases[i].code, cases[i].says);
  }
  CTF_GraphImportFile(NULL, s.model, NULL, s.status);
  assert_fails(s.status, TF_INVALID_ARGUMENT, "the graph is NULL");
  close(socket_fd);
  close_scene(&s);
}

static void struct_sizes(void** state) {
  (void)state;
  scene s;
  open_scene(&s, "content");
  struct {
    CTF_ImportFileOptions known;
    int later;
  } longer = {.known = {.struct_size = sizeof(longer)}, .later = 1};
  CTF_GraphImportFile(s.graph, s.model, &longer.known, s.status);
  assert_fails(s.status, TF_INVALID_ARGUMENT, "does not know");
  const CTF_ImportFileOptions none = {0};
  CTF_GraphImportFile(s.graph, s.model, &none, s.status);
  assert_fails(s.status, TF_INVALID_ARGUMENT, "struct_size");
  longer.later = 0;
  CTF_GraphImportFile(s.graph, s.model, &longer.known, s.status);
  assert_ok(s.status);
  const CTF_ImportFileOptions shorter = {.struct_size = offsetof(CTF_ImportFileOptions, import_options)};
  CTF_GraphImportFile(s.graph, s.model, &shorter, s.status);
  assert_fails(s.status, TF_INVALID_ARGUMENT, "already exists");  // the same names again
  TF_ImportGraphDefOptions* prefixed = TF_NewImportGraphDefOptions();
  TF_ImportGraphDefOptionsSetPrefix(prefixed, "again");
  CTF_GraphImportFile(s.graph, s.model,
                      &(CTF_ImportFileOptions){.struct_size = sizeof(longer.known), .import_options = prefixed},
                      s.status);
  assert_ok(s.status);
  assert_non_null(TF_GraphOperationByName(s.graph, "again/sum"));
  TF_DeleteImportGraphDefOptions(prefixed);
  close_scene(&s);
}

static void empty_file(void** state) {
  (void)state;
  scene s;
  open_scene(&s, NULL);
  assert_int_equal(close(open(s.model, O_CREAT | O_WRONLY, 0600)), 0);
  CTF_GraphImportFile(s.graph, s.model, NULL, s.status);
  assert_ok(s.status);
  size_t at = 0;
  assert_null(TF_GraphNextOperation(s.graph, &at));
  close_scene(&s);
}

// ---- values and what is charged

static void values(void** state) {
  (void)state;
  static const struct {
    const char* form;
    TF_Bool copy;
    bool charged;  // the constant's bytes
  } kCases[] = {
      {"content", 0, false}, {"content", 1, true}, {"list", 0, true}, {"list", 1, true}, {"splat", 0, true},
  };
  for (size_t i = 0; i < COUNT(kCases); ++i) {
    scene s;
    CTF_MemoryInfo before = {.struct_size = sizeof(before)}, after = before;
    open_scene(&s, kCases[i].form);
    CTF_GetMemoryInfo(NULL, "cpu", &before, s.status);
    import(&s, &(CTF_ImportFileOptions){.struct_size = sizeof(CTF_ImportFileOptions), .copy = kCases[i].copy});
    CTF_GetMemoryInfo(NULL, "cpu", &after, s.status);
    const size_t bytes = COUNT_VALUES * sizeof(float);
    assert_int_equal(after.used_bytes - before.used_bytes >= bytes, kCases[i].charged);
    assert_true(after.used_bytes - before.used_bytes < bytes + bytes / 2);
    assert_float_equal(fetch(&s, "sum"), sum_of(&s), 1);
    assert_ok(s.status);
    close_scene(&s);
  }
}

// What is given away is the caller's to write to, also where the file is mapped for reading alone.
static void attributes_are_copies(void** state) {
  (void)state;
  scene s;
  open_scene(&s, "content");
  import(&s, NULL);
  TF_Tensor* value = NULL;
  TF_OperationGetAttrTensor(TF_GraphOperationByName(s.graph, "constant"), "value", &value, s.status);
  assert_ok(s.status);
  memset(TF_TensorData(value), 0, TF_TensorByteSize(value));
  TF_DeleteTensor(value);
  assert_float_equal(fetch(&s, "sum"), sum_of(&s), 1);
  close_scene(&s);
}

// ---- files that change

static void write_file(const char* path, const char* text) {
  FILE* file = fopen(path, "w");
  assert_non_null(file);
  assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
  assert_int_equal(fclose(file), 0);
}

// Binary or text is told by what the file holds, not by its name; what is exported as text is read back from a file.
static void text_files(void** state) {
  (void)state;
  scene s;
  open_scene(&s, NULL);
  write_file(s.model,
             "# a graph\nnode { name: 'c' op: 'Const' attr { key: 'dtype' value { type: DT_FLOAT } }\n"
             "  attr { key: 'value' value { tensor { dtype: DT_FLOAT tensor_shape {} float_val: 2.5 } } } }\n"
             "node { name: 'sum' op: 'AddV2' input: ['c', 'c'] attr { key: 'T' value { type: DT_FLOAT } } }\n"
             "versions { producer: 2474 }\n");
  import(&s, NULL);
  assert_float_equal(fetch(&s, "sum"), 5, 0);
  assert_ok(s.status);

  TF_Buffer *binary = TF_NewBuffer(), *text = TF_NewBuffer(), *again = TF_NewBuffer();
  TF_GraphToGraphDef(s.graph, binary, s.status);
  assert_ok(s.status);
  CTF_GraphDefToText(binary, text, s.status);
  assert_ok(s.status);
  CTF_GraphDefToText(binary, text, s.status);
  assert_fails(s.status, TF_INVALID_ARGUMENT, "Passing non-empty TF_Buffer is invalid.");
  CTF_GraphDefFromText(text->data, text->length, again, s.status);
  assert_ok(s.status);
  TF_Graph* graph = TF_NewGraph();
  TF_GraphImportGraphDef(graph, again, NULL, s.status);
  assert_ok(s.status);
  assert_non_null(TF_GraphOperationByName(graph, "sum"));
  TF_DeleteGraph(graph);
  TF_DeleteBuffer(again);

  again = TF_NewBuffer();
  CTF_GraphDefFromText("node {\n  nope: 1 }", 18, again, s.status);
  assert_fails(s.status, TF_INVALID_ARGUMENT,
               "Invalid GraphDef: 2:3: Message type \"tensorflow.NodeDef\" has no field named \"nope\".");
  CTF_GraphDefToText(text, again, s.status);
  assert_fails(s.status, TF_INVALID_ARGUMENT, "Invalid GraphDef");
  write_file(s.model, "node { name: 'a' } }");
  CTF_GraphImportFile(s.graph, s.model, NULL, s.status);
  assert_fails(s.status, TF_INVALID_ARGUMENT, "Invalid GraphDef: 1:20: Expected identifier, got: }");
  TF_DeleteBuffer(binary);
  TF_DeleteBuffer(text);
  TF_DeleteBuffer(again);
  close_scene(&s);
}

static void check_lost(scene* s, const char* says) {
  for (int i = 0; i < 2; ++i) {
    fetch(s, "sum");
    char text[256];
    snprintf(text, sizeof(text), "node 'constant' (Const): %s %s", s->model, says);
    assert_fails(s->status, TF_DATA_LOSS, text);
    assert_float_equal(fetch(s, "small"), 6, 0);  // the session goes on with what does not need the file
    assert_ok(s->status);
  }
  fetch(s, "first");  // a plan that was not there before
  assert_fails(s->status, TF_DATA_LOSS, s->model);
}

static void cut_between(void** state) {
  (void)state;
  for (int ran_before = 0; ran_before < 2; ++ran_before) {
    scene s;
    open_scene(&s, "content");
    import(&s, NULL);
    if (ran_before) assert_float_equal(fetch(&s, "sum"), sum_of(&s), 1);
    assert_int_equal(truncate(s.model, 5000), 0);
    check_lost(&s, "had ");
    TF_Tensor* value = NULL;
    TF_OperationGetAttrTensor(TF_GraphOperationByName(s.graph, "constant"), "value", &value, s.status);
    assert_fails(s.status, TF_DATA_LOSS, s.model);
    assert_null(value);
    close_scene(&s);
  }
}

static void written_between(void** state) {
  (void)state;
  scene s;
  open_scene(&s, "content");
  import(&s, NULL);
  const int file = open(s.model, O_WRONLY);
  assert_int_equal(pwrite(file, "\1\2\3", 3, 5000), 3);
  assert_int_equal(futimens(file, (const struct timespec[2]){{.tv_sec = 1}, {.tv_sec = 1}}), 0);
  close(file);
  check_lost(&s, "has been written to");
  close_scene(&s);
}

// A new file under the name leaves the old one alone.
static void renamed_over(void** state) {
  (void)state;
  scene s;
  open_scene(&s, "content");
  import(&s, NULL);
  char other[112];
  snprintf(other, sizeof(other), "%s.other", s.model);
  make_model(other, "splat");
  const double sum = sum_of(&s);
  assert_int_equal(rename(other, s.model), 0);
  assert_float_equal(fetch(&s, "sum"), sum, 1);
  assert_ok(s.status);
  close_scene(&s);
}

enum { TEXT_BYTES = 1 << 18 };  // of what "print" prints: more than a pipe holds

// "late": the sum, once "print" has written its text to stderr.
static void add_late_sum(scene* s) {
  char* content = malloc(TEXT_BYTES);
  memset(content, 'x', TEXT_BYTES);
  TF_Tensor* text = TF_AllocateTensor(TF_STRING, NULL, 0, sizeof(TF_TString));
  TF_StringInit(TF_TensorData(text));
  TF_StringCopy(TF_TensorData(text), content, TEXT_BYTES);
  free(content);
  TF_OperationDescription* desc = TF_NewOperation(s->graph, "Const", "text");
  TF_SetAttrTensor(desc, "value", text, s->status);
  TF_SetAttrType(desc, "dtype", TF_STRING);
  TF_Operation* constant = TF_FinishOperation(desc, s->status);
  assert_ok(s->status);
  TF_DeleteTensor(text);
  desc = TF_NewOperation(s->graph, "PrintV2", "print");
  TF_AddInput(desc, output_of(constant));
  TF_Operation* print = TF_FinishOperation(desc, s->status);
  assert_ok(s->status);
  desc = TF_NewOperation(s->graph, "Sum", "late");
  TF_AddInput(desc, output_of(TF_GraphOperationByName(s->graph, "constant")));
  TF_AddInput(desc, output_of(TF_GraphOperationByName(s->graph, "axes")));
  TF_AddControlInput(desc, print);
  TF_FinishOperation(desc, s->status);
  assert_ok(s->status);
}

typedef struct cutter {
  int pipe;
  const char* model;
  bool cut;
} cutter;

// The run waits within "print" until this reads, and this reads on once the file is cut.
static void* cut_at_first_byte(void* arg) {
  cutter* self = arg;
  char part[4096];
  while (read(self->pipe, part, sizeof(part)) > 0) {
    if (!self->cut) self->cut = truncate(self->model, 0) == 0;
  }
  return NULL;
}

// Cuts the file within a run, before the constant is read there.
static void fetch_and_cut(scene* s) {
  int ends[2];
  pthread_t thread;
  assert_int_equal(pipe(ends), 0);
  const int old_stderr = dup(STDERR_FILENO);
  cutter self = {ends[0], s->model, false};
  assert_int_equal(pthread_create(&thread, NULL, cut_at_first_byte, &self), 0);
  dup2(ends[1], STDERR_FILENO);
  close(ends[1]);
  fetch(s, "late");
  dup2(old_stderr, STDERR_FILENO);
  close(old_stderr);
  pthread_join(thread, NULL);
  close(ends[0]);
  assert_true(self.cut);
}

static void run_and_cut(scene* s) {
  open_scene(s, "content");
  import(s, NULL);
  add_late_sum(s);
  fetch_and_cut(s);
  char text[256];
  snprintf(text, sizeof(text), "node 'constant' (Const): %s had ", s->model);
  assert_fails(s->status, TF_DATA_LOSS, text);
  assert_float_equal(fetch(s, "small"), 6, 0);
  assert_ok(s->status);
  close_scene(s);
}

static void cut_in_the_middle(void** state) {
  (void)state;
  scene s;
  run_and_cut(&s);
}

static void* cut_while_blocked(void* arg) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, NULL);
  run_and_cut(arg);
  sigset_t after;
  pthread_sigmask(SIG_BLOCK, NULL, &after);
  assert_int_equal(sigismember(&after, SIGBUS), 1);  // as the caller had it
  return NULL;
}

static void cut_while_signals_are_blocked(void** state) {
  (void)state;
  scene s;
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, cut_while_blocked, &s), 0);
  pthread_join(thread, NULL);
}

// ---- other handlers of SIGBUS in the process

static volatile sig_atomic_t num_foreign;
static void* foreign_page;

// Of a program that has mappings of its own: makes the page readable.
static void foreign_handler(int number, siginfo_t* info, void* context) {
  (void)context;
  if (number != SIGBUS || info->si_addr != foreign_page) abort();
  ++num_foreign;
  mmap(foreign_page, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void fault_elsewhere(const char* folder) {
  char path[96];
  snprintf(path, sizeof(path), "%s/foreign", folder);
  const int file = open(path, O_CREAT | O_RDWR, 0600);
  assert_int_equal(ftruncate(file, 4096), 0);
  foreign_page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
  assert_int_equal(ftruncate(file, 0), 0);
  const sig_atomic_t before = num_foreign;
  assert_int_equal(*(volatile const char*)foreign_page, 0);
  assert_int_equal(num_foreign, before + 1);
  munmap(foreign_page, 4096);
  close(file);
}

// Set before the library's, and again over it: each handles its own in either order.
static void foreign_handlers(void** state) {
  (void)state;
  scene s, other;
  struct sigaction foreign = {.sa_sigaction = foreign_handler, .sa_flags = SA_SIGINFO}, old;
  assert_int_equal(sigaction(SIGBUS, &foreign, &old), 0);
  open_scene(&s, "content");
  import(&s, NULL);
  fault_elsewhere(s.folder);
  assert_int_equal(sigaction(SIGBUS, &foreign, NULL), 0);
  run_and_cut(&other);
  fault_elsewhere(s.folder);
  assert_int_equal(sigaction(SIGBUS, &old, NULL), 0);
  close_scene(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(refused),
      cmocka_unit_test(struct_sizes),
      cmocka_unit_test(empty_file),
      cmocka_unit_test(values),
      cmocka_unit_test(text_files),
      cmocka_unit_test(attributes_are_copies),
      cmocka_unit_test(cut_between),
      cmocka_unit_test(written_between),
      cmocka_unit_test(renamed_over),
      cmocka_unit_test(cut_in_the_middle),
      cmocka_unit_test(cut_while_signals_are_blocked),
      cmocka_unit_test(foreign_handlers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
