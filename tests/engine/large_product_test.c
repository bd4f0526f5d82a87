// A 10000 x 10000 matrix times its own transpose: two matrices and little more, refused where that does not fit.
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/graph.h"

enum { SIDE = 10000, MEBIBYTE = 1 << 20 };
static const size_t kMatrix = (size_t)4 * SIDE * SIDE;

typedef struct fixture {
  test_graph g;
  TF_Output product;
  TF_Session* session;
} fixture;

static void make(fixture* f) {
  test_graph_init(&f->g);
  const TF_Output dims = test_const_ints(&f->g, 2, (const int32_t[]){SIDE, SIDE});
  const TF_Output x = test_binary(&f->g, "Fill", dims, test_const(&f->g, test_floats(NULL, 0, (const float[]){0.5f})));
  const TF_Output turned = test_binary(&f->g, "Transpose", x, test_const_ints(&f->g, 2, (const int32_t[]){1, 0}));
  f->product = test_binary(&f->g, "MatMul", x, turned);
  f->session = test_session(&f->g);
}

static void discard(fixture* f) {
  CTF_SetBudget("cpu", 0, f->g.status);
  test_close(&f->g, f->session);
  test_graph_deinit(&f->g);
}

static CTF_PlanDevice plan_of(fixture* f, TF_Bool want_fits) {
  CTF_PlanDevice device = {.struct_size = sizeof(device)};
  CTF_PlanReport* report = CTF_SessionPlan(f->session, NULL, 0, &f->product, 1, NULL, 0, f->g.status);
  assert_non_null(report);
  assert_true(CTF_PlanReportExact(report));
  assert_int_equal(CTF_PlanReportFits(report), want_fits);
  CTF_PlanReportDevice(report, 0, &device, f->g.status);
  size_t listed = 0;
  for (size_t i = 0; i < device.num_live; ++i) {
    CTF_PlanTensor tensor = {.struct_size = sizeof(tensor)};
    CTF_PlanReportLive(report, 0, i, &tensor, f->g.status);
    if (i < 2) assert_int_equal(tensor.bytes, kMatrix);
    if (strcmp(tensor.role, "constant") != 0) listed += tensor.bytes;
  }
  // The list adds up, but for what the arena rounds each of its tensors to.
  assert_true(device.arena_bytes + device.fetch_bytes - listed < 64 * device.num_live);
  CTF_DeletePlanReport(report);
  return device;
}

static void refused_where_it_does_not_fit(void** state) {
  (void)state;
  fixture f;
  make(&f);
  CTF_SetBudget("cpu", (size_t)512 * MEBIBYTE, f.g.status);
  const CTF_PlanDevice device = plan_of(&f, 0);
  assert_true(device.peak_bytes >= 2 * kMatrix && device.peak_bytes <= (size_t)764 * MEBIBYTE);
  assert_int_equal(test_run_code(&f.g, f.session, 0, NULL, NULL, 1, &f.product), TF_RESOURCE_EXHAUSTED);
  assert_non_null(strstr(TF_Message(f.g.status), "[10000,10000] 381.5 MiB"));
  const TF_Output small = test_unary(&f.g, "Neg", test_const(&f.g, test_floats(NULL, 0, (const float[]){2})));
  assert_int_equal(test_run_code(&f.g, f.session, 0, NULL, NULL, 1, &small), TF_OK);  // the session goes on
  discard(&f);
}

static void runs_where_it_fits_to_the_byte(void** state) {
  (void)state;
  fixture f;
  CTF_MemoryInfo info = {.struct_size = sizeof(info)};
  make(&f);
  CTF_SetBudget("cpu", (size_t)764 * MEBIBYTE, f.g.status);
  const CTF_PlanDevice device = plan_of(&f, 1);
  TF_Tensor* got = test_run(&f.g, f.session, 0, NULL, NULL, f.product);
  CTF_GetMemoryInfo(NULL, "cpu", &info, f.g.status);
  assert_int_equal(info.peak_bytes, device.peak_bytes);
  assert_true(((const float*)TF_TensorData(got))[(size_t)SIDE * SIDE - 1] == 0.25f * SIDE);
  TF_DeleteTensor(got);
  discard(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(refused_where_it_does_not_fit),
      cmocka_unit_test(runs_where_it_fits_to_the_byte),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
