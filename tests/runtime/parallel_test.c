// runtime/parallel.c: every item once, in pieces that do not pass the grain, on as many threads as are allowed, nested,
// from several callers, and an end when cancelled.
#include "tests/support/check.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/parallel.h"

typedef struct counting {
  atomic_int times[1000];
  _Atomic int64_t largest;
  atomic_int num_calls;
  ctf_cancel* fire_in_second;
} counting;

static void count(void* arg, int64_t begin, int64_t end) {
  counting* c = arg;
  assert_true(begin < end);
  if (end - begin > c->largest) c->largest = end - begin;
  for (int64_t i = begin; i < end; ++i) ++c->times[i];
  if (++c->num_calls == 2 && c->fire_in_second != NULL) {
    ctf_cancel_fire(c->fire_in_second, ctf_error(TF_CANCELLED, "in the second piece"));
  }
}

static void every_item_once(void** state) {
  (void)state;
  static const int64_t kCounts[] = {0, 1, 7, 8, 9, 1000}, kGrains[] = {-1, 0, 1, 3, 8, 999, INT64_MAX};
  static const int kThreads[] = {1, 2, 7};
  for (int t = 0; t < 3; ++t) {
    ctf_parallel_set_threads(kThreads[t]);
    for (int i = 0; i < 6; ++i) {
      for (int j = 0; j < 7; ++j) {
        counting c = {.largest = 0};
        assert_ok(ctf_parallel_for(NULL, kCounts[i], kGrains[j], count, &c));
        for (int64_t k = 0; k < 1000; ++k) assert_int_equal(c.times[k], k < kCounts[i]);
        assert_true(c.largest <= (kGrains[j] < 1 ? 1 : kGrains[j]));
      }
    }
  }
  ctf_parallel_set_threads(0);
}

static void threads_that_are_set(void** state) {
  (void)state;
  const int cpus = ctf_parallel_cpus();
  assert_in_range(cpus, 1, CTF_MAX_THREADS);
  assert_int_equal(ctf_parallel_threads(), cpus);
  assert_int_equal(ctf_parallel_set_threads(3), 0);
  assert_int_equal(ctf_parallel_threads(), 3);
  assert_int_equal(ctf_parallel_set_threads(100000), 3);
  assert_int_equal(ctf_parallel_threads(), CTF_MAX_THREADS);
  assert_int_equal(ctf_parallel_set_threads(-1), CTF_MAX_THREADS);
  assert_int_equal(ctf_parallel_set_threads(0), 0);
  assert_int_equal(ctf_parallel_threads(), cpus);
}

static void cancelled_between_pieces(void** state) {
  (void)state;
  ctf_cancel* cancel = NULL;
  assert_ok(ctf_cancel_create(ctf_allocator_process(), NULL, &cancel));
  counting c = {.fire_in_second = cancel};
  ctf_parallel_set_threads(1);
  assert_fails(ctf_parallel_for(cancel, 1000, 10, count, &c), TF_CANCELLED, "in the second piece");
  assert_int_equal(c.num_calls, 2);
  for (int threads = 1; threads <= 4; threads += 3) {
    ctf_parallel_set_threads(threads);
    assert_fails(ctf_parallel_for(cancel, 1000, 10, count, &c), TF_CANCELLED, "in the second piece");
    assert_fails(ctf_parallel_for(cancel, 10, 10, count, &c), TF_CANCELLED, "in the second piece");
    assert_int_equal(c.num_calls, 2);
  }
  ctf_parallel_set_threads(0);
  ctf_cancel_release(cancel);
}

// Each piece of the outer loop waits until another piece of it is being run: two threads are needed to get through.
typedef struct meeting {
  atomic_int arrived;
} meeting;

static void meet(void* arg, int64_t begin, int64_t end) {
  meeting* m = arg;
  (void)end;
  if (begin >= 2) return;
  ++m->arrived;
  while (m->arrived < 2) sched_yield();
}

static void pieces_run_beside_each_other(void** state) {
  (void)state;
  ctf_parallel_set_threads(2);
  for (int i = 0; i < 200; ++i) {
    meeting m = {0};
    assert_ok(ctf_parallel_for(NULL, 5, 1, meet, &m));
    assert_int_equal(m.arrived, 2);
  }
  ctf_parallel_set_threads(0);
}

typedef struct inside {
  atomic_int now;
  atomic_int most;
} inside;

static void stay_a_while(void* arg, int64_t begin, int64_t end) {
  inside* in = arg;
  (void)begin;
  (void)end;
  const int now = ++in->now;
  int most = in->most;
  while (now > most && !atomic_compare_exchange_weak(&in->most, &most, now)) {
  }
  for (int i = 0; i < 10; ++i) sched_yield();
  --in->now;
}

static void no_more_threads_than_allowed(void** state) {
  (void)state;
  ctf_parallel_set_threads(8);
  counting c = {.largest = 0};
  assert_ok(ctf_parallel_for(NULL, 1000, 1, count, &c));  // the pool has seven threads now
  for (int threads = 1; threads <= 3; ++threads) {
    ctf_parallel_set_threads(threads);
    inside in = {0};
    assert_ok(ctf_parallel_for(NULL, 300, 1, stay_a_while, &in));
    assert_in_range(in.most, 1, threads);
    assert_int_equal(in.now, 0);
  }
  ctf_parallel_set_threads(0);
}

typedef struct nest {
  int depth;
  atomic_llong leaves;
} nest;

typedef struct nest_level {
  nest* whole;
  int depth;
} nest_level;

static void nest_piece(void* arg, int64_t begin, int64_t end) {
  const nest_level* level = arg;
  if (level->depth == 0) {
    level->whole->leaves += end - begin;
    return;
  }
  nest_level inner = {level->whole, level->depth - 1};
  assert_ok(ctf_parallel_for(NULL, 10, 1, nest_piece, &inner));
}

static void* nested_caller(void* arg) {
  ctf_parallel_set_threads(4);
  for (int i = 0; i < 20; ++i) {
    nest_level outer = {arg, 3};
    assert_ok(ctf_parallel_for(NULL, 10, 1, nest_piece, &outer));
  }
  return NULL;
}

static void nested_from_several_callers(void** state) {
  (void)state;
  enum { CALLERS = 4 };
  pthread_t threads[CALLERS];
  nest whole = {0};
  for (int i = 0; i < CALLERS; ++i) assert_int_equal(pthread_create(&threads[i], NULL, nested_caller, &whole), 0);
  for (int i = 0; i < CALLERS; ++i) assert_int_equal(pthread_join(threads[i], NULL), 0);
  assert_int_equal(whole.leaves, CALLERS * 20 * 10000);
}

#ifndef __SANITIZE_THREAD__  // which allows no threads after a fork
// The pool's threads are not there in a child process: it makes its own.
static void loops_after_a_fork(void** state) {
  (void)state;
  counting c = {.largest = 0};
  ctf_parallel_set_threads(2);
  assert_ok(ctf_parallel_for(NULL, 1000, 1, count, &c));
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    meeting m = {0};
    ctf_status_drop(ctf_parallel_for(NULL, 5, 1, meet, &m));  // never returns if nobody helps
    _exit(m.arrived == 2 ? 0 : 1);
  }
  int status = 1;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  ctf_parallel_set_threads(0);
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_item_once),
      cmocka_unit_test(threads_that_are_set),
      cmocka_unit_test(cancelled_between_pieces),
      cmocka_unit_test(pieces_run_beside_each_other),
      cmocka_unit_test(no_more_threads_than_allowed),
      cmocka_unit_test(nested_from_several_callers),
#ifndef __SANITIZE_THREAD__
      cmocka_unit_test(loops_after_a_fork),
#endif
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
