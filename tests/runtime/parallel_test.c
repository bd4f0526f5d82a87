// runtime/parallel.c: every item once, in pieces that do not pass the grain, and an end when cancelled.
#include "tests/support/check.h"

#include "runtime/parallel.h"

typedef struct counting {
  unsigned char times[1000];
  int64_t largest;
  int num_calls;
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
  for (int i = 0; i < 6; ++i) {
    for (int j = 0; j < 7; ++j) {
      counting c = {.largest = 0};
      assert_ok(ctf_parallel_for(NULL, kCounts[i], kGrains[j], count, &c));
      for (int64_t k = 0; k < 1000; ++k) assert_int_equal(c.times[k], k < kCounts[i]);
      assert_true(c.largest <= (kGrains[j] < 1 ? 1 : kGrains[j]));
    }
  }
}

static void cancelled_between_pieces(void** state) {
  (void)state;
  ctf_cancel* cancel = NULL;
  assert_ok(ctf_cancel_create(ctf_allocator_process(), NULL, &cancel));
  counting c = {.fire_in_second = cancel};
  assert_fails(ctf_parallel_for(cancel, 1000, 10, count, &c), TF_CANCELLED, "in the second piece");
  assert_int_equal(c.num_calls, 2);
  assert_fails(ctf_parallel_for(cancel, 1000, 10, count, &c), TF_CANCELLED, "in the second piece");
  assert_int_equal(c.num_calls, 2);
  ctf_cancel_release(cancel);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_item_once),
      cmocka_unit_test(cancelled_between_pieces),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
