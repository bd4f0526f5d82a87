// Runs beside each other under one budget: each has memory of its own, nobody gets what is not there.
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/session_impl.h"
#include "tests/support/graph.h"

enum { N = 4096, BYTES = 4 * N, THREADS = 8, RUNS = 50, NEVER_MS = 3600 * 1000 };
static const int64_t kDims[] = {N};

typedef struct fixture {
  test_graph g;
  TF_Output x;
  TF_Output total;  // of x * 2 + x, through two tensors of BYTES
  TF_Session* session;
  atomic_int done, refused, wrong;
} fixture;

static void make(fixture* f, size_t limit, int64_t wait_ms) {
  TF_SessionOptions* options = TF_NewSessionOptions();
  memset(f, 0, sizeof(*f));
  test_graph_init(&f->g);
  f->x = test_placeholder(&f->g, TF_FLOAT, kDims, 1);
  // Two tensors that no fusion takes away.
  const TF_Output axis = test_const_ints(&f->g, 1, (const int32_t[]){0});
  const TF_Output twice = test_binary(&f->g, "ReverseV2", test_binary(&f->g, "AddV2", f->x, f->x), axis);
  const TF_Output order = test_binary(&f->g, "ReverseV2", twice, axis);
  const TF_Output both = test_binary(&f->g, "Sub", twice, order);
  f->total = test_binary(&f->g, "Sum", both, test_const_ints(&f->g, 1, (const int32_t[]){0}));
  CTF_SessionOptionsSetMemoryLimit(options, limit, f->g.status);
  CTF_SessionOptionsSetAdmissionWait(options, wait_ms, f->g.status);
  assert_int_equal(TF_GetCode(f->g.status), TF_OK);
  f->session = test_session_with(&f->g, options);
}

static void discard(fixture* f) {
  test_close(&f->g, f->session);
  test_graph_deinit(&f->g);
}

static void* run_often(void* argument) {
  fixture* f = argument;
  TF_Status* status = TF_NewStatus();
  TF_Tensor* feed = test_ramp(kDims, 1, 0, 0);
  for (int i = 0; i < RUNS; ++i) {
    TF_Tensor* got = NULL;
    TF_SessionRun(f->session, NULL, &f->x, &feed, 1, &f->total, &got, 1, NULL, 0, NULL, status);
    if (TF_GetCode(status) == TF_OK) {
      atomic_fetch_add(&f->done, 1);
      if (*(const float*)TF_TensorData(got) != 0.0f) atomic_fetch_add(&f->wrong, 1);
      TF_DeleteTensor(got);
    } else if (TF_GetCode(status) == TF_RESOURCE_EXHAUSTED) {
      atomic_fetch_add(&f->refused, 1);
    } else {
      atomic_fetch_add(&f->wrong, 1);
    }
  }
  TF_DeleteTensor(feed);
  TF_DeleteStatus(status);
  return NULL;
}

static void run_threads(fixture* f) {
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; ++i) assert_int_equal(pthread_create(&threads[i], NULL, run_often, f), 0);
  for (int i = 0; i < THREADS; ++i) pthread_join(threads[i], NULL);
}

enum { NEEDED = 2 * BYTES + 64 };  // two tensors, and the sum's place where it is fetched

static void never_over_commits(void** state) {
  (void)state;
  fixture f;
  make(&f, 2 * NEEDED + NEEDED / 2, 0);  // room for two
  run_threads(&f);
  assert_int_equal(atomic_load(&f.wrong), 0);
  assert_true(atomic_load(&f.done) > 0);
  assert_int_equal(atomic_load(&f.done) + atomic_load(&f.refused), THREADS * RUNS);
  assert_true(ctf_budget_peak(f.session->budgets[0]) <= 2 * NEEDED + NEEDED / 2);
  discard(&f);
}

static void all_run_where_they_may_wait(void** state) {
  (void)state;
  fixture f;
  make(&f, NEEDED + NEEDED / 2, NEVER_MS);  // room for one
  run_threads(&f);
  assert_int_equal(atomic_load(&f.wrong), 0);
  assert_int_equal(atomic_load(&f.refused), 0);
  assert_int_equal(atomic_load(&f.done), THREADS * RUNS);
  discard(&f);
}

// Memory that a run holds, as the admission sees it, without a run whose end would have to be timed.
typedef struct holder {
  fixture* f;
  ctf_admitted admitted;
  size_t bytes;
} holder;

static void hold(fixture* f, holder* out) {
  TF_Tensor* feed = test_ramp(kDims, 1, 0, 0);
  TF_DeleteTensor(test_run(&f->g, f->session, 1, &f->x, &feed, f->total));  // makes the plan
  TF_DeleteTensor(feed);
  *out = (holder){.f = f, .admitted = {.plan = f->session->plans[0].plan, .bytes = BYTES}};
  ctf_session_reclaim(f->session, NULL);
  out->bytes = ctf_budget_available(f->session->budgets[0]) - BYTES;
  assert_true(ctf_budget_try_reserve(f->session->budgets[0], out->bytes));
  ctf_admission_enter(&f->session->executor.admission, &out->admitted);
}

static void let_go(holder* h) {
  ctf_budget_unreserve(h->f->session->budgets[0], h->bytes);
  ctf_admission_leave(&h->f->session->executor.admission, &h->admitted);
}

static TF_Code try_run(fixture* f) {
  TF_Tensor* feed = test_ramp(kDims, 1, 0, 0);
  const TF_Code code = test_run_code(&f->g, f->session, 1, &f->x, &feed, 1, &f->total);
  TF_DeleteTensor(feed);
  return code;
}

static void a_refusal_names_who_holds_the_memory(void** state) {
  (void)state;
  fixture f;
  holder h;
  make(&f, 4 * NEEDED, 0);
  hold(&f, &h);
  assert_int_equal(try_run(&f), TF_RESOURCE_EXHAUSTED);
  assert_non_null(strstr(TF_Message(f.g.status), "1 other runs of the session hold memory: 'n"));
  let_go(&h);
  assert_int_equal(try_run(&f), TF_OK);
  discard(&f);
}

static void* run_one(void* argument) {
  fixture* f = argument;
  atomic_store(&f->done, (int)try_run(f) + 1);
  return NULL;
}

// A run that another one is in the way of, on a thread of its own.
static void run_while_held(fixture* f, holder* h, pthread_t* thread) {
  make(f, 4 * NEEDED, NEVER_MS);
  hold(f, h);
  assert_int_equal(pthread_create(thread, NULL, run_one, f), 0);
}

static bool in_a_call(TF_Session* session) {
  for (int i = 0; i < CTF_NUM_LANES; ++i) {
    if (atomic_load(&session->lanes[i].busy)) return true;
  }
  return false;
}

static void waits_until_memory_is_free(void** state) {
  (void)state;
  fixture f;
  holder h;
  pthread_t thread;
  run_while_held(&f, &h, &thread);
  while (ctf_budget_used(f.session->budgets[0]) == 0 || !in_a_call(f.session)) sched_yield();
  let_go(&h);
  pthread_join(thread, NULL);
  assert_int_equal(atomic_load(&f.done), TF_OK + 1);
  discard(&f);
}

static void closing_ends_the_wait(void** state) {
  (void)state;
  fixture f;
  holder h;
  pthread_t thread;
  run_while_held(&f, &h, &thread);
  TF_Status* status = TF_NewStatus();
  TF_CloseSession(f.session, status);  // before the run, while it waits, or anywhere between
  pthread_join(thread, NULL);
  assert_int_equal(atomic_load(&f.done), TF_CANCELLED + 1);
  TF_DeleteStatus(status);
  let_go(&h);
  discard(&f);
}

static void a_deadline_ends_the_wait(void** state) {
  (void)state;
  fixture f;
  holder h;
  make(&f, 4 * NEEDED, 20);
  hold(&f, &h);
  assert_int_equal(try_run(&f), TF_RESOURCE_EXHAUSTED);
  let_go(&h);
  discard(&f);
}

// What is alone and too large is refused although it may wait: nobody's end would help it.
static void nobody_to_wait_for(void** state) {
  (void)state;
  fixture f;
  make(&f, NEEDED / 2, NEVER_MS);
  assert_int_equal(try_run(&f), TF_RESOURCE_EXHAUSTED);
  discard(&f);
}

// ---- what can be made again

static void idle_memory_is_given_up_first(void** state) {
  (void)state;
  fixture f;
  make(&f, 0, 0);
  const TF_Output wide = test_placeholder(&f.g, TF_FLOAT, kDims, 1);
  const TF_Output end = test_unary(&f.g, "Neg", wide);
  ctf_budget_set_limit(f.session->budgets[0], NEEDED);
  assert_int_equal(try_run(&f), TF_OK);
  assert_true(ctf_budget_used(f.session->budgets[0]) >= 2 * BYTES);  // the idle arena
  TF_Tensor* feed = test_ramp(kDims, 1, 0, 0);
  TF_DeleteTensor(test_run(&f.g, f.session, 1, &wide, &feed, end));  // fetched, and no arena that could ask for room
  TF_DeleteTensor(feed);
  discard(&f);
}

// The layouts of 100 shapes of a value that shapes depend on: old ones go, and a run is not refused for them.
static void layouts_are_a_small_cache(void** state) {
  (void)state;
  test_graph g;
  test_graph_init(&g);
  const int64_t one[] = {1};
  const TF_Output dims = test_placeholder(&g, TF_INT32, one, 1);
  const TF_Output value = test_const(&g, test_floats(NULL, 0, (const float[]){1}));
  const TF_Output filled = test_binary(&g, "Fill", dims, value);
  const TF_Output total = test_binary(&g, "Sum", filled, test_const_ints(&g, 1, (const int32_t[]){0}));
  TF_SessionOptions* options = TF_NewSessionOptions();
  CTF_SessionOptionsSetMemoryLimit(options, 16384, g.status);
  TF_Session* session = test_session_with(&g, options);
  for (int round = 0; round < 2; ++round) {
    for (int32_t i = 1; i <= 100; ++i) {
      TF_Tensor* feed = test_ints(1, &i);
      TF_Tensor* got = test_run(&g, session, 1, &dims, &feed, total);
      assert_true(*(const float*)TF_TensorData(got) == (float)i);
      TF_DeleteTensor(got);
      TF_DeleteTensor(feed);
    }
  }
  assert_int_equal(session->plans[0].plan->num_layouts, CTF_MAX_LAYOUTS);
  ctf_session_reclaim(session, NULL);
  assert_int_equal(session->plans[0].plan->num_layouts, 0);
  test_close(&g, session);
  test_graph_deinit(&g);
}

// ---- sizes that come from data

static void a_size_from_data_that_does_not_fit(void** state) {
  (void)state;
  fixture f;
  make(&f, 6 * BYTES, 0);
  const TF_Output where = test_unary(&f.g, "Where", f.x);  // int64, [number of them, 1]
  const TF_Output count = test_unary(&f.g, "Neg", where);
  TF_Tensor *few = test_ramp(kDims, 1, 0, 0), *many = test_ramp(kDims, 1, 1, 0);
  ((float*)TF_TensorData(few))[7] = 1;
  for (int i = 0; i < 3; ++i) {
    ctf_budget_set_limit(f.session->budgets[0], BYTES);
    assert_int_equal(test_run_code(&f.g, f.session, 1, &f.x, &many, 1, &count), TF_RESOURCE_EXHAUSTED);
    TF_Tensor* got = test_run(&f.g, f.session, 1, &f.x, &few, count);
    assert_int_equal(TF_Dim(got, 0), 1);
    assert_int_equal(*(const int64_t*)TF_TensorData(got), -7);
    TF_DeleteTensor(got);
    ctf_budget_set_limit(f.session->budgets[0], CTF_NO_LIMIT);
    assert_int_equal(test_run_code(&f.g, f.session, 1, &f.x, &many, 1, &count), TF_OK);
  }
  TF_DeleteTensor(few);
  TF_DeleteTensor(many);
  discard(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(never_over_commits),
      cmocka_unit_test(all_run_where_they_may_wait),
      cmocka_unit_test(a_refusal_names_who_holds_the_memory),
      cmocka_unit_test(waits_until_memory_is_free),
      cmocka_unit_test(closing_ends_the_wait),
      cmocka_unit_test(a_deadline_ends_the_wait),
      cmocka_unit_test(nobody_to_wait_for),
      cmocka_unit_test(idle_memory_is_given_up_first),
      cmocka_unit_test(layouts_are_a_small_cache),
      cmocka_unit_test(a_size_from_data_that_does_not_fit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
