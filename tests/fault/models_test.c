// models_test STRIDE: every STRIDEth allocation fails while a real model is imported by its path, planned and run;
// once, and from then on. Whatever fails gives a status, and nothing is left behind. The models lie where CTF_SHARED
// says; each is skipped, by name, where it is not.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctf/ctf.h"
#include "runtime/memory.h"
#include "tests/support/graph.h"

enum { MAX_FEEDS = 2, MAX_RANK = 4 };

typedef struct model_case {
  const char* path;  // below CTF_SHARED
  const char* fetch;
  const char* feeds[MAX_FEEDS];  // filled with 0.5
  int ranks[MAX_FEEDS];
  int64_t dims[MAX_FEEDS][MAX_RANK];
  uint64_t least_failures;  // at STRIDE 1, once
} model_case;

static const model_case kModels[] = {
    // an LSTM over 28 steps, 529 nodes
    {"models/tf2onnx_lstm/graph.pb", "output", {"X", "keep_prob"}, {2, 0}, {{3, 784}}, 3000},
    // the largest convolutional net that runs, as text
    {"models/tf26_end2end_conv_2d/graph.pbtxt", "output_0", {"input"}, {4}, {{1, 8, 8, 2}}, 100},
    // an autoencoder
    {"models/tf2onnx_ae0/graph.pb", "output", {"X"}, {2}, {{2, 784}}, 100},
};

static uint64_t stride = 1;

static TF_Tensor* make_feed(const model_case* m, int at) {
  size_t count = 1;
  for (int i = 0; i < m->ranks[at]; ++i) count *= (size_t)m->dims[at][i];
  TF_Tensor* tensor = TF_AllocateTensor(TF_FLOAT, m->dims[at], m->ranks[at], count * sizeof(float));
  for (size_t i = 0; tensor != NULL && i < count; ++i) ((float*)TF_TensorData(tensor))[i] = 0.5f;
  return tensor;
}

static void import_text(TF_Graph* graph, const char* path, TF_Status* status) {
  size_t bytes;
  char* text = test_read_file(path, &bytes);
  TF_Buffer* binary = TF_NewBuffer();
  TF_ImportGraphDefOptions* options = TF_NewImportGraphDefOptions();
  if (binary == NULL || options == NULL) {
    TF_SetStatus(status, TF_RESOURCE_EXHAUSTED, "no memory for a buffer");
  } else {
    CTF_GraphDefFromText(text, bytes, binary, status);
    if (TF_GetCode(status) == TF_OK) TF_GraphImportGraphDef(graph, binary, options, status);
  }
  TF_DeleteImportGraphDefOptions(options);
  TF_DeleteBuffer(binary);
  free(text);
}

static void import_model(TF_Graph* graph, const char* path, TF_Status* status) {
  const size_t length = strlen(path);
  if (strcmp(path + length - 6, ".pbtxt") == 0) {
    import_text(graph, path, status);
  } else {
    CTF_GraphImportFile(graph, path, NULL, status);
  }
}

// Imports, plans and runs. True when everything worked.
static bool load_and_run(const model_case* m, const char* path) {
  bool ok = false;
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_Session* session = NULL;
  TF_Tensor *feeds[MAX_FEEDS] = {0}, *result = NULL;
  TF_Output inputs[MAX_FEEDS];
  CTF_FeedShape shapes[MAX_FEEDS];
  int num_feeds = 0;
  if (status == NULL || graph == NULL || options == NULL) goto done;
  import_model(graph, path, status);
  if (TF_GetCode(status) != TF_OK) goto done;
  session = TF_NewSession(graph, options, status);
  if (session == NULL) goto done;
  for (; num_feeds < MAX_FEEDS && m->feeds[num_feeds] != NULL; ++num_feeds) {
    inputs[num_feeds] = (TF_Output){TF_GraphOperationByName(graph, m->feeds[num_feeds]), 0};
    feeds[num_feeds] = make_feed(m, num_feeds);
    if (feeds[num_feeds] == NULL) goto done;
    shapes[num_feeds] = (CTF_FeedShape){.feed = inputs[num_feeds], .value = feeds[num_feeds]};
  }
  const TF_Output fetch = {TF_GraphOperationByName(graph, m->fetch), 0};
  CTF_PlanReport* report = CTF_SessionPlan(session, shapes, num_feeds, &fetch, 1, NULL, 0, status);
  CTF_DeletePlanReport(report);
  if (report == NULL) goto done;
  TF_SessionRun(session, NULL, inputs, feeds, num_feeds, &fetch, &result, 1, NULL, 0, NULL, status);
  ok = TF_GetCode(status) == TF_OK;
  if (ok != (result != NULL)) abort();

done:
  if (status != NULL && TF_GetCode(status) != TF_OK && TF_GetCode(status) != TF_RESOURCE_EXHAUSTED) {
    print_message("code %d: %s\n", (int)TF_GetCode(status), TF_Message(status));
    abort();
  }
  TF_DeleteTensor(result);
  for (int i = 0; i < MAX_FEEDS; ++i) TF_DeleteTensor(feeds[i]);
  TF_DeleteSession(session, status);
  TF_DeleteSessionOptions(options);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
  return ok;
}

static void survive(const model_case* m, const char* path) {
  assert_true(load_and_run(m, path));  // whatever is made once per process is there from now on
  const uint64_t live = ctf_memory_num_live();
  uint64_t failures = 0;
  for (int all_later = 0; all_later <= 1; ++all_later) {
    for (uint64_t nth = 1;; nth += stride) {
      ctf_memory_fail_nth(nth, all_later != 0);
      const bool ok = load_and_run(m, path);
      const bool met = ctf_memory_fault_met();
      ctf_memory_fail_nth(0, false);
      if (ctf_memory_num_live() != live) {
        fail_msg("%s: allocation %llu failed (all later: %d): %llu blocks were left", path, (unsigned long long)nth,
                 all_later, (unsigned long long)(ctf_memory_num_live() - live));
      }
      if (!met) {
        assert_true(ok);
        break;
      }
      ++failures;
    }
  }
  print_message("%s: %llu failed allocations survived, every %lluth, 0 crashes, 0 leaks\n", m->path,
                (unsigned long long)failures, (unsigned long long)stride);
  assert_true(failures * stride >= m->least_failures);
  assert_true(load_and_run(m, path));
}

static void models(void** state) {
  (void)state;
  const char* shared = getenv("CTF_SHARED");
  for (size_t i = 0; i < sizeof(kModels) / sizeof(kModels[0]); ++i) {
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", shared != NULL ? shared : "../shared", kModels[i].path);
    if (access(path, R_OK) != 0) {
      print_message("skipped: %s is not there\n", path);
      continue;
    }
    survive(&kModels[i], path);
  }
}

int main(int argc, char** argv) {
  if (argc > 1) stride = strtoull(argv[1], NULL, 10);
  if (stride == 0) stride = 1;
  const struct CMUnitTest tests[] = {cmocka_unit_test(models)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
