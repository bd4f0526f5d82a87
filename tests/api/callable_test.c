// Callables: the answers of TF_SessionRun, each with its own, several at once, and what is refused.
#include <string.h>

#include "ctf/ctf.h"
#include "tests/api/api_test.h"

static CTF_Callable* make(api_fixture* f, TF_Operation* fetch) {
  const TF_Output feeds[] = {output_of(f->a), output_of(f->b)}, fetches[] = {output_of(fetch)};
  CTF_Callable* callable = CTF_SessionMakeCallable(f->session, feeds, 2, fetches, 1, NULL, 0, f->status);
  assert_ok(f->status);
  assert_non_null(callable);
  return callable;
}

static void gives(api_fixture* f, const CTF_Callable* callable, float a, float b, float want) {
  TF_Tensor* const feeds[] = {float_scalar(a), float_scalar(b)};
  TF_Tensor* got = NULL;
  CTF_CallableRun(callable, feeds, &got, f->status);
  assert_ok(f->status);
  assert_true(first_float(got) == want);
  TF_DeleteTensor(got);
  TF_DeleteTensor(feeds[0]);
  TF_DeleteTensor(feeds[1]);
}

static void each_gives_its_own(void** state) {
  api_fixture* f = *state;
  CTF_Callable *sum = make(f, f->c), *product = make(f, f->d), *same = make(f, f->c);
  for (int i = 0; i < 5; ++i) {
    const float x = (float)i;
    gives(f, sum, x, 1, x + 1);
    gives(f, product, x, 1, x * (x + 1));
    gives(f, same, x, 2, x + 2);
  }
  CTF_DeleteCallable(sum);
  gives(f, same, 1, 1, 2);
  CTF_Callable* later = make(f, f->d);  // may lie where the deleted one lay
  gives(f, later, 3, 4, 21);
  CTF_DeleteCallable(later);
  CTF_DeleteCallable(same);
  CTF_DeleteCallable(product);
  CTF_DeleteCallable(NULL);
}

static void other_shapes(void** state) {
  api_fixture* f = *state;
  CTF_Callable* callable = make(f, f->d);
  for (int64_t count = 0; count < 5; ++count) {
    const float values[] = {1, 2, 3, 4};
    TF_Tensor* const feeds[] = {float_tensor(&count, 1, values, (size_t)count), float_scalar(10)};
    TF_Tensor* got = NULL;
    CTF_CallableRun(callable, feeds, &got, f->status);
    assert_ok(f->status);
    assert_int_equal(TF_Dim(got, 0), count);
    for (int64_t i = 0; i < count; ++i) {
      assert_true(((const float*)TF_TensorData(got))[i] == values[i] * (values[i] + 10));
    }
    TF_DeleteTensor(got);
    TF_DeleteTensor(feeds[0]);
    TF_DeleteTensor(feeds[1]);
  }
  CTF_DeleteCallable(callable);
}

static void what_is_refused(void** state) {
  api_fixture* f = *state;
  const TF_Output a = output_of(f->a), missing = {f->c, 7}, nothing = {NULL, 0}, sum = output_of(f->c);
  assert_null(CTF_SessionMakeCallable(NULL, &a, 1, &sum, 1, NULL, 0, f->status));
  assert_int_equal(TF_GetCode(f->status), TF_INVALID_ARGUMENT);
  assert_null(CTF_SessionMakeCallable(f->session, &a, 1, &missing, 1, NULL, 0, f->status));
  assert_int_equal(TF_GetCode(f->status), TF_OUT_OF_RANGE);
  assert_null(CTF_SessionMakeCallable(f->session, &a, 1, &nothing, 1, NULL, 0, f->status));
  assert_int_equal(TF_GetCode(f->status), TF_INVALID_ARGUMENT);
  assert_null(CTF_SessionMakeCallable(f->session, &a, 1, &sum, 1, NULL, 0, f->status));  // b is not fed
  assert_int_equal(TF_GetCode(f->status), TF_INVALID_ARGUMENT);
  assert_null(CTF_SessionMakeCallable(f->session, &a, 1, NULL, 0, NULL, 0, f->status));
  assert_int_equal(TF_GetCode(f->status), TF_INVALID_ARGUMENT);

  CTF_Callable* callable = make(f, f->c);
  const int32_t one = 1;
  TF_Tensor* wrong = TF_AllocateTensor(TF_INT32, NULL, 0, sizeof(one));
  memcpy(TF_TensorData(wrong), &one, sizeof(one));
  TF_Tensor* right = float_scalar(1);
  TF_Tensor *const feeds[] = {wrong, right}, *const holes[] = {right, NULL};
  TF_Tensor* got = right;
  CTF_CallableRun(callable, feeds, &got, f->status);
  assert_int_equal(TF_GetCode(f->status), TF_INVALID_ARGUMENT);
  assert_null(got);
  CTF_CallableRun(callable, holes, &got, f->status);
  assert_int_equal(TF_GetCode(f->status), TF_INVALID_ARGUMENT);
  CTF_CallableRun(callable, NULL, &got, f->status);
  assert_int_equal(TF_GetCode(f->status), TF_INVALID_ARGUMENT);
  CTF_CallableRun(callable, feeds, NULL, f->status);
  assert_int_equal(TF_GetCode(f->status), TF_INVALID_ARGUMENT);
  CTF_CallableRun(NULL, feeds, &got, f->status);
  assert_int_equal(TF_GetCode(f->status), TF_INVALID_ARGUMENT);
  gives(f, callable, 1, 2, 3);

  TF_CloseSession(f->session, f->status);
  assert_ok(f->status);
  TF_Tensor* const both[] = {right, right};
  CTF_CallableRun(callable, both, &got, f->status);
  assert_int_equal(TF_GetCode(f->status), TF_CANCELLED);
  TF_DeleteTensor(wrong);
  TF_DeleteTensor(right);
  CTF_DeleteCallable(callable);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(each_gives_its_own, api_set_up, api_tear_down),
      cmocka_unit_test_setup_teardown(other_shapes, api_set_up, api_tear_down),
      cmocka_unit_test_setup_teardown(what_is_refused, api_set_up, api_tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
