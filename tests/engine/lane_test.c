// Runs that a session keeps between calls: the same answers as fresh ones, their memory used again once the caller has
// let go of it and given up when another run needs it, and callers on many threads.
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/lane.h"
#include "tests/support/graph.h"

typedef struct doubling {  // y = x + x, and z = y * x, of any shape
  test_graph g;
  TF_Output x, y, z;
  TF_Session* session;
} doubling;

static void open_with(doubling* d, TF_SessionOptions* options) {
  static const int64_t kUnknown[] = {-1};
  test_graph_init(&d->g);
  d->x = test_placeholder(&d->g, TF_FLOAT, kUnknown, 1);
  d->y = test_binary(&d->g, "AddV2", d->x, d->x);
  d->z = test_binary(&d->g, "Mul", d->y, d->x);
  d->session = options != NULL ? test_session_with(&d->g, options) : test_session(&d->g);
}

static void close_and_free(doubling* d) {
  test_close(&d->g, d->session);
  test_graph_deinit(&d->g);
}

static void run_of(doubling* d, int64_t count, float first, TF_Output fetch, TF_Tensor** out_got) {
  TF_Tensor* feed = test_ramp(&count, 1, first, 1);
  *out_got = test_run(&d->g, d->session, 1, &d->x, &feed, fetch);
  TF_DeleteTensor(feed);
}

static void memory_is_used_again(void** state) {
  (void)state;
  doubling d;
  TF_Tensor *held, *got;
  open_with(&d, NULL);
  run_of(&d, 3, 1, d.y, &held);
  test_assert_floats(held, 3, (const float[]){2, 4, 6});
  run_of(&d, 3, 5, d.y, &got);  // the first result is still the caller's
  test_assert_floats(got, 3, (const float[]){10, 12, 14});
  test_assert_floats(held, 3, (const float[]){2, 4, 6});
  const void* at = TF_TensorData(got);
  assert_ptr_not_equal(at, TF_TensorData(held));
  TF_DeleteTensor(got);
  for (int i = 0; i < 3; ++i) {
    run_of(&d, 3, (float)i, d.y, &got);
    assert_ptr_equal(TF_TensorData(got), at);
    test_assert_floats(got, 3, (const float[]){2.f * (float)i, 2.f * (float)i + 2, 2.f * (float)i + 4});
    TF_DeleteTensor(got);
  }
  close_and_free(&d);
  test_assert_floats(held, 3, (const float[]){2, 4, 6});  // outlives the session
  TF_DeleteTensor(held);
}

// What the caller has made of a result must not come back in the next.
static void changed_results(void** state) {
  (void)state;
  static const int64_t kSquare[] = {2, 2};
  doubling d;
  TF_Tensor* got;
  open_with(&d, NULL);
  run_of(&d, 4, 1, d.y, &got);
  TF_SetShape(got, kSquare, 2);
  assert_int_equal(TF_NumDims(got), 2);
  TF_DeleteTensor(got);
  run_of(&d, 4, 1, d.y, &got);
  assert_int_equal(TF_NumDims(got), 1);
  assert_int_equal(TF_Dim(got, 0), 4);
  TF_Tensor* other = test_floats(kSquare, 2, (const float[]){7, 7, 7, 7});
  TF_TensorBitcastFrom(other, TF_INT32, got, kSquare, 2, d.g.status);
  assert_int_equal(TF_GetCode(d.g.status), TF_OK);
  TF_DeleteTensor(got);  // what it was is gone, what it is now is another's
  TF_Tensor* second;
  run_of(&d, 4, 1, d.y, &second);
  test_assert_floats(second, 4, (const float[]){2, 4, 6, 8});
  test_assert_floats(other, 4, (const float[]){7, 7, 7, 7});
  TF_DeleteTensor(second);
  TF_DeleteTensor(other);
  close_and_free(&d);
}

// More requests and signatures than a lane remembers.
static void many_requests(void** state) {
  (void)state;
  enum { CHAIN = 2 * CTF_LANE_REQUESTS };
  doubling d;
  open_with(&d, NULL);
  TF_Output sums[CHAIN];
  sums[0] = d.y;
  for (int i = 1; i < CHAIN; ++i) sums[i] = test_binary(&d.g, "AddV2", sums[i - 1], d.x);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < CHAIN; ++i) {
      for (int64_t count = 0; count <= CTF_REQUEST_RUNS + 1; ++count) {
        TF_Tensor* got;
        run_of(&d, count, 1, sums[i], &got);
        assert_int_equal(TF_Dim(got, 0), count);
        for (int64_t j = 0; j < count; ++j) {
          assert_float_equal(((float*)TF_TensorData(got))[j], (float)(j + 1) * (float)(i + 2), 0);
        }
        TF_DeleteTensor(got);
      }
    }
  }
  close_and_free(&d);
}

static size_t used_by(doubling* d) {
  CTF_MemoryInfo info = {.struct_size = sizeof(info)};
  CTF_GetMemoryInfo(d->session, "cpu", &info, d->g.status);
  assert_int_equal(TF_GetCode(d->g.status), TF_OK);
  return info.used_bytes;
}

// An idle result of one request is given up when the budget has no room for another's.
static void idle_memory_makes_room(void** state) {
  (void)state;
  enum { COUNT = 1 << 18 };  // a MiB
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_Status* status = TF_NewStatus();
  CTF_SessionOptionsSetMemoryLimit(options, (size_t)3 << 19, status);
  assert_int_equal(TF_GetCode(status), TF_OK);
  TF_DeleteStatus(status);
  doubling d;
  TF_Tensor *got, *held;
  open_with(&d, options);
  for (int i = 0; i < 3; ++i) {
    run_of(&d, COUNT, 1, d.y, &got);  // one MiB
    TF_DeleteTensor(got);
    run_of(&d, COUNT, 1, d.z, &got);  // another: y lies in the place of z
    assert_float_equal(((float*)TF_TensorData(got))[1], 8, 0);
    TF_DeleteTensor(got);
    run_of(&d, COUNT / 2, 1, d.z, &got);
    TF_DeleteTensor(got);
  }
  assert_true(used_by(&d) > 0);
  run_of(&d, COUNT, 1, d.y, &held);
  TF_Tensor* feed = test_ramp((const int64_t[]){COUNT}, 1, 1, 1);
  assert_int_equal(test_run_code(&d.g, d.session, 1, &d.x, &feed, 1, &d.z), TF_RESOURCE_EXHAUSTED);  // held: no room
  TF_DeleteTensor(held);
  assert_int_equal(test_run_code(&d.g, d.session, 1, &d.x, &feed, 1, &d.z), TF_OK);
  TF_DeleteTensor(feed);
  close_and_free(&d);
}

typedef struct caller {
  doubling* d;
  int64_t count;
  atomic_int* num_ended;
} caller;

// Runs until the session is closed.
static void* call_until_closed(void* arg) {
  const caller* c = arg;
  TF_Status* status = TF_NewStatus();
  TF_Tensor* feed = test_ramp(&c->count, 1, 1, 1);
  for (int i = 0;; ++i) {
    TF_Tensor* got = NULL;
    const TF_Output fetch = i % 2 == 0 ? c->d->y : c->d->z;
    TF_SessionRun(c->d->session, NULL, &c->d->x, &feed, 1, &fetch, &got, 1, NULL, 0, NULL, status);
    if (TF_GetCode(status) != TF_OK) break;
    const float want = i % 2 == 0 ? 2.f * (float)c->count : 2.f * (float)(c->count * c->count);
    assert_float_equal(((float*)TF_TensorData(got))[c->count - 1], want, 0);
    TF_DeleteTensor(got);
  }
  assert_int_equal(TF_GetCode(status), TF_CANCELLED);
  assert_non_null(strstr(TF_Message(status), "Session has been closed."));  // a kernel under way adds its node
  ++*c->num_ended;
  TF_DeleteTensor(feed);
  TF_DeleteStatus(status);
  return NULL;
}

static void callers_and_a_close(void** state) {
  (void)state;
  enum { CALLERS = CTF_NUM_LANES + 2, ROUNDS = 4 };  // more than there are lanes
  for (int round = 0; round < ROUNDS; ++round) {
    doubling d;
    pthread_t threads[CALLERS];
    caller callers[CALLERS];
    atomic_int num_ended = 0;
    TF_Tensor* got;
    open_with(&d, NULL);
    for (int i = 0; i < CALLERS; ++i) {
      callers[i] = (caller){&d, 1 + i % 2, &num_ended};
      assert_int_equal(pthread_create(&threads[i], NULL, call_until_closed, &callers[i]), 0);
    }
    for (int i = 0; i < 20; ++i) {  // a third signature beside them
      run_of(&d, 5, 1, d.z, &got);
      assert_float_equal(((float*)TF_TensorData(got))[4], 50, 0);
      TF_DeleteTensor(got);
    }
    TF_CloseSession(d.session, d.g.status);
    assert_int_equal(TF_GetCode(d.g.status), TF_OK);
    for (int i = 0; i < CALLERS; ++i) assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(num_ended, CALLERS);
    close_and_free(&d);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(memory_is_used_again),   cmocka_unit_test(changed_results),     cmocka_unit_test(many_requests),
      cmocka_unit_test(idle_memory_makes_room), cmocka_unit_test(callers_and_a_close),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
