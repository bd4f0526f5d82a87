// Every Nth allocation fails while the digit model is loaded, planned and run; once, and from then on. Whatever fails
// gives a status, and nothing is left behind.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/memory.h"
#include "tests/support/graph.h"

static void* g_model;
static size_t g_model_bytes;

// Loads, plans on `device`, runs two signatures. True when everything worked.
static bool load_and_run(const char* device) {
  bool ok = false;
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  TF_Buffer* buffer = TF_NewBufferFromString(g_model, g_model_bytes);
  TF_ImportGraphDefOptions* import_options = TF_NewImportGraphDefOptions();
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_Session* session = NULL;
  if (status == NULL || graph == NULL || buffer == NULL || import_options == NULL || options == NULL) goto done;
  CTF_SessionOptionsSetDevice(options, device, status);
  if (TF_GetCode(status) != TF_OK) goto done;
  TF_GraphImportGraphDef(graph, buffer, import_options, status);
  if (TF_GetCode(status) != TF_OK) goto done;
  session = TF_NewSession(graph, options, status);
  if (session == NULL) goto done;
  const TF_Output image = {TF_GraphOperationByName(graph, "image"), 0};
  const TF_Output fetches[] = {{TF_GraphOperationByName(graph, "class"), 0},
                               {TF_GraphOperationByName(graph, "probabilities"), 0}};
  for (int64_t count = 1; count <= 2; ++count) {
    const int64_t dims[] = {count, 8, 8, 1};
    TF_Tensor* feed = TF_AllocateTensor(TF_UINT8, dims, 4, (size_t)count * 64);
    if (feed == NULL) goto done;
    memset(TF_TensorData(feed), 77, (size_t)count * 64);
    TF_Tensor* got[2] = {0};
    TF_SessionRun(session, NULL, &image, &feed, 1, fetches, got, 2, NULL, 0, NULL, status);
    ok = TF_GetCode(status) == TF_OK;
    TF_DeleteTensor(feed);
    if (ok != (got[0] != NULL) || ok != (got[1] != NULL)) abort();  // all results or none
    TF_DeleteTensor(got[0]);
    TF_DeleteTensor(got[1]);
    if (!ok) break;
  }

done:
  if (status != NULL && !ok && TF_GetCode(status) != TF_OK && TF_GetCode(status) != TF_RESOURCE_EXHAUSTED) {
    print_message("code %d: %s\n", (int)TF_GetCode(status), TF_Message(status));
    abort();
  }
  TF_DeleteSession(session, status);
  TF_DeleteSessionOptions(options);
  TF_DeleteImportGraphDefOptions(import_options);
  TF_DeleteBuffer(buffer);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
  return ok;
}

static void survive(const char* device) {
  g_model = test_read_file("examples/models/digits.pb", &g_model_bytes);
  assert_true(load_and_run(device));  // whatever is made once per process is there from now on
  const uint64_t live = ctf_memory_num_live();
  uint64_t failures = 0;
  for (int all_later = 0; all_later <= 1; ++all_later) {
    for (uint64_t nth = 1;; ++nth) {
      ctf_memory_fail_nth(nth, all_later);
      const bool ok = load_and_run(device);
      const bool met = ctf_memory_fault_met();
      ctf_memory_fail_nth(0, false);
      if (ctf_memory_num_live() != live) {
        fail_msg("allocation %llu failed (all later: %d): %llu blocks were left", (unsigned long long)nth, all_later,
                 (unsigned long long)(ctf_memory_num_live() - live));
      }
      if (!met) {
        assert_true(ok);
        break;
      }
      ++failures;
    }
  }
  print_message("digits on %s: %llu failed allocations survived, 0 crashes, 0 leaks\n", device,
                (unsigned long long)failures);
  assert_true(failures > 100);
  assert_true(load_and_run(device));
  free(g_model);
}

static void on_cpu(void** state) {
  (void)state;
  survive("cpu:0");
}

static void on_sim(void** state) {
  (void)state;
  survive("sim:0");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(on_cpu),
      cmocka_unit_test(on_sim),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
