// The digit model through the C API: TensorFlow's class for every held-out image, and the CPU's bits on SIM.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/graph.h"

enum { IMAGE_BYTES = 64, CLASSES = 10 };

typedef struct digits {
  test_graph g;
  TF_Output image, fetches[2];
  void* files[3];
  const uint8_t* images;
  const int64_t* classes;
  const float* probabilities;
  int64_t count;
} digits;

static void load(digits* d) {
  size_t bytes;
  test_graph_init(&d->g);
  void* model = test_read_file("examples/models/digits.pb", &bytes);
  TF_Buffer* buffer = TF_NewBufferFromString(model, bytes);
  TF_ImportGraphDefOptions* options = TF_NewImportGraphDefOptions();
  TF_GraphImportGraphDef(d->g.graph, buffer, options, d->g.status);
  assert_int_equal(TF_GetCode(d->g.status), TF_OK);
  TF_DeleteImportGraphDefOptions(options);
  TF_DeleteBuffer(buffer);
  free(model);
  d->image = (TF_Output){TF_GraphOperationByName(d->g.graph, "image"), 0};
  d->fetches[0] = (TF_Output){TF_GraphOperationByName(d->g.graph, "class"), 0};
  d->fetches[1] = (TF_Output){TF_GraphOperationByName(d->g.graph, "probabilities"), 0};
  static const char* const kFiles[] = {"tests/fixtures/digits_images.npy", "tests/fixtures/digits_classes.npy",
                                       "tests/fixtures/digits_probabilities.npy"};
  const void* data[3];
  size_t data_bytes[3];
  for (int i = 0; i < 3; ++i) {
    d->files[i] = test_read_file(kFiles[i], &bytes);
    data[i] = test_npy_data(d->files[i], bytes, &data_bytes[i]);
  }
  d->images = data[0];
  d->classes = data[1];
  d->probabilities = data[2];
  d->count = (int64_t)(data_bytes[0] / IMAGE_BYTES);
  assert_true(d->count >= 300);
  assert_int_equal(data_bytes[1], (size_t)d->count * sizeof(int64_t));
  assert_int_equal(data_bytes[2], (size_t)d->count * CLASSES * sizeof(float));
}

static void unload(digits* d) {
  for (int i = 0; i < 3; ++i) free(d->files[i]);
  test_graph_deinit(&d->g);
}

static void classify(digits* d, TF_Session* session, int64_t first, int64_t count, TF_Tensor** got) {
  const int64_t dims[] = {count, 8, 8, 1};
  TF_Tensor* feed = TF_AllocateTensor(TF_UINT8, dims, 4, (size_t)count * IMAGE_BYTES);
  memcpy(TF_TensorData(feed), d->images + first * IMAGE_BYTES, (size_t)count * IMAGE_BYTES);
  TF_SessionRun(session, NULL, &d->image, &feed, 1, d->fetches, got, 2, NULL, 0, NULL, d->g.status);
  if (TF_GetCode(d->g.status) != TF_OK) fail_msg("%s", TF_Message(d->g.status));
  TF_DeleteTensor(feed);
}

static void check(const digits* d, int64_t first, int64_t count, TF_Tensor* const* got) {
  assert_int_equal(TF_TensorType(got[0]), TF_INT64);
  assert_int_equal(TF_TensorElementCount(got[0]), count);
  assert_memory_equal(TF_TensorData(got[0]), d->classes + first, (size_t)count * sizeof(int64_t));
  const float* p = TF_TensorData(got[1]);
  for (int64_t i = 0; i < count * CLASSES; ++i) {
    const float difference = p[i] - d->probabilities[first * CLASSES + i];
    assert_true(difference < 1e-5f && difference > -1e-5f);
  }
}

static void classes_as_tensorflow(void** state) {
  (void)state;
  digits d;
  TF_Tensor* got[2] = {0};
  load(&d);
  TF_Session* session = test_session(&d.g);
  classify(&d, session, 0, d.count, got);
  check(&d, 0, d.count, got);
  for (int i = 0; i < 2; ++i) TF_DeleteTensor(got[i]);
  for (int64_t first = 0; first < d.count; first += 7) {  // other batch sizes, other signatures
    const int64_t count = first + 7 <= d.count ? 1 + first % 7 : d.count - first;
    classify(&d, session, first, count, got);
    check(&d, first, count, got);
    for (int i = 0; i < 2; ++i) TF_DeleteTensor(got[i]);
  }
  print_message("%lld held-out digits: the same class as TensorFlow on every one\n", (long long)d.count);
  test_close(&d.g, session);
  unload(&d);
}

static void same_bits_on_sim(void** state) {
  (void)state;
  digits d;
  TF_Tensor *cpu[2] = {0}, *sim[2] = {0};
  load(&d);
  TF_SessionOptions* options = TF_NewSessionOptions();
  CTF_SessionOptionsSetDevice(options, "sim:0", d.g.status);
  assert_int_equal(TF_GetCode(d.g.status), TF_OK);
  TF_Session* on_sim = test_session_with(&d.g, options);
  TF_Session* on_cpu = test_session(&d.g);
  for (int64_t count = 1; count <= 40; count += 13) {
    classify(&d, on_cpu, 0, count, cpu);
    classify(&d, on_sim, 0, count, sim);
    for (int i = 0; i < 2; ++i) {
      assert_int_equal(TF_TensorByteSize(cpu[i]), TF_TensorByteSize(sim[i]));
      assert_memory_equal(TF_TensorData(cpu[i]), TF_TensorData(sim[i]), TF_TensorByteSize(cpu[i]));
      TF_DeleteTensor(cpu[i]);
      TF_DeleteTensor(sim[i]);
    }
  }
  test_close(&d.g, on_cpu);
  test_close(&d.g, on_sim);
  unload(&d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(classes_as_tensorflow),
      cmocka_unit_test(same_bits_on_sim),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
