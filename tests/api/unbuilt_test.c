// What is exported and not built says so, by its name, and crashes on nothing.
#include "tensorflow/c/c_api_experimental.h"
#include "tensorflow/c/eager/c_api.h"
#include "tests/api/api_test.h"

// A row can be taken out when its function is built; the test wants one of each shape of result.
static void they_name_themselves(void** state) {
  (void)state;
  TF_Status* status = TF_NewStatus();
  assert_null(TFE_NewContext(NULL, status));
  assert_fails(status, TF_UNIMPLEMENTED, "TFE_NewContext is not built");
  assert_null(TFE_NewOp(NULL, "Add", status));
  assert_fails(status, TF_UNIMPLEMENTED, "TFE_NewOp is not built");
  TF_AddGradients(NULL, NULL, 0, NULL, 0, NULL, status, NULL);
  assert_fails(status, TF_UNIMPLEMENTED, "TF_AddGradients is not built");
  assert_int_equal(TFE_TensorHandleNumDims(NULL, status), -1);
  assert_fails(status, TF_UNIMPLEMENTED, "TFE_TensorHandleNumDims is not built");
  assert_null(TFE_NewContext(NULL, NULL));
  TF_DeleteStatus(status);
}

static void without_a_status_nothing_happens(void** state) {
  (void)state;
  assert_null(TFE_NewContextOptions());
  TFE_DeleteContext(NULL);
  TFE_OpSetAttrInt(NULL, "N", 1);
  assert_int_equal(TFE_TensorHandleDataType(NULL), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(they_name_themselves),
      cmocka_unit_test(without_a_status_nothing_happens),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
