// runtime/cancel.c: one reason, all listeners once, parents and children, and letting go at any moment.
#include "tests/support/fault.h"

#include <pthread.h>
#include <stdatomic.h>

#include "runtime/cancel.h"

typedef struct listening {
  ctf_cancel_listener base;
  ctf_cancel* cancel;
  atomic_int times;
  atomic_int* go_on;  // not NULL: the listener waits for it
} listening;

static void hear(ctf_cancel_listener* base) {
  listening* l = (listening*)base;
  while (l->go_on != NULL && atomic_load(l->go_on) == 0) {
  }
  atomic_fetch_add(&l->times, 1);
}

static void hear_and_remove(ctf_cancel_listener* base) {
  listening* l = (listening*)base;
  atomic_fetch_add(&l->times, 1);
  ctf_cancel_remove(l->cancel, base);  // does not wait for itself
}

static void hear_and_release(ctf_cancel_listener* base) {
  listening* l = (listening*)base;
  atomic_fetch_add(&l->times, 1);
  ctf_cancel_release(l->cancel);
}

static ctf_cancel* make(ctf_cancel* parent) {
  ctf_cancel* cancel = NULL;
  assert_ok(ctf_cancel_create(ctf_allocator_process(), parent, &cancel));
  return cancel;
}

static void the_first_reason_stays(void** state) {
  (void)state;
  ctf_cancel* cancel = make(NULL);
  assert_false(ctf_cancel_fired(NULL));
  assert_null(ctf_cancel_check(NULL));
  assert_false(ctf_cancel_fired(cancel));
  assert_ok(ctf_cancel_check(cancel));
  ctf_cancel_fire(cancel, ctf_error(TF_CANCELLED, "by hand"));
  ctf_cancel_fire(cancel, ctf_error(TF_ABORTED, "too late"));
  assert_true(ctf_cancel_fired(cancel));
  assert_fails(ctf_cancel_check(cancel), TF_CANCELLED, "by hand");
  assert_fails(ctf_cancel_check(cancel), TF_CANCELLED, "by hand");
  ctf_cancel_release(ctf_cancel_retain(cancel));
  ctf_cancel_release(cancel);
  ctf_cancel_release(NULL);
}

static void listeners_hear_once(void** state) {
  (void)state;
  ctf_cancel* cancel = make(NULL);
  listening l[5] = {{{hear}}, {{hear}}, {{hear_and_remove}, .cancel = cancel}, {{hear}}, {{hear}}};
  for (int i = 0; i < 4; ++i) ctf_cancel_listen(cancel, &l[i].base);
  ctf_cancel_remove(cancel, &l[1].base);
  ctf_cancel_remove(cancel, &l[1].base);
  ctf_cancel_fire(cancel, ctf_error(TF_CANCELLED, "x"));
  ctf_cancel_fire(cancel, ctf_error(TF_CANCELLED, "x"));
  ctf_cancel_listen(cancel, &l[4].base);  // at once
  static const int kWant[] = {1, 0, 1, 1, 1};
  for (int i = 0; i < 5; ++i) {
    assert_int_equal(atomic_load(&l[i].times), kWant[i]);
    ctf_cancel_remove(cancel, &l[i].base);
  }
  ctf_cancel_release(cancel);
}

static void children_go_with_their_parent(void** state) {
  (void)state;
  ctf_cancel* parent = make(NULL);
  ctf_cancel *child = make(parent), *other = make(parent), *grandchild = make(child);
  listening l = {{hear}};
  ctf_cancel_listen(grandchild, &l.base);
  ctf_cancel_fire(other, ctf_error(TF_ABORTED, "alone"));
  assert_false(ctf_cancel_fired(parent));
  assert_false(ctf_cancel_fired(child));
  ctf_cancel_fire(parent, ctf_error(TF_DEADLINE_EXCEEDED, "too slow"));
  assert_fails(ctf_cancel_check(grandchild), TF_DEADLINE_EXCEEDED, "too slow");
  assert_fails(ctf_cancel_check(child), TF_DEADLINE_EXCEEDED, "too slow");
  assert_fails(ctf_cancel_check(other), TF_ABORTED, "alone");
  assert_int_equal(atomic_load(&l.times), 1);
  ctf_cancel* late = make(parent);
  assert_fails(ctf_cancel_check(late), TF_DEADLINE_EXCEEDED, "too slow");
  // A child keeps its parent.
  ctf_cancel_release(parent);
  ctf_cancel_release(child);
  ctf_cancel_release(grandchild);
  ctf_cancel_release(late);
  ctf_cancel_release(other);
}

// No test waits: a deadline is long ago or far away.
static void deadlines_are_noticed_by_who_polls(void** state) {
  (void)state;
  static const int64_t kHour = INT64_C(3600) * 1000000000;
  ctf_cancel *never = make(NULL), *far = make(NULL), *past = make(NULL);
  assert_int_equal(ctf_cancel_deadline(never), 0);
  ctf_cancel_set_deadline(never, INT64_MAX);  // past the end of the clock
  assert_int_equal(ctf_cancel_deadline(never), 0);
  ctf_cancel_set_deadline(far, kHour);
  assert_true(ctf_cancel_deadline(far) > kHour);
  assert_false(ctf_cancel_fired(far));
  assert_ok(ctf_cancel_check(far));
  ctf_cancel_set_deadline(past, -1);
  listening l = {{hear}};
  ctf_cancel_listen(past, &l.base);
  assert_true(ctf_cancel_fired(past));
  assert_fails(ctf_cancel_check(past), TF_DEADLINE_EXCEEDED, "the run has passed its deadline");
  assert_int_equal(atomic_load(&l.times), 1);
  ctf_cancel_fire(past, ctf_error(TF_CANCELLED, "too late"));
  assert_fails(ctf_cancel_check(past), TF_DEADLINE_EXCEEDED, "deadline");

  // Fired before it: the reason is what came first.
  ctf_cancel_fire(far, ctf_error(TF_CANCELLED, "by hand"));
  assert_fails(ctf_cancel_check(far), TF_CANCELLED, "by hand");

  // A child ends at the earlier of the two.
  ctf_cancel* parent = make(NULL);
  ctf_cancel_set_deadline(parent, kHour);
  ctf_cancel *later = make(parent), *earlier = make(parent);
  ctf_cancel_set_deadline(later, 2 * kHour);
  ctf_cancel_set_deadline(earlier, -1);
  assert_int_equal(ctf_cancel_deadline(later), ctf_cancel_deadline(parent));
  assert_false(ctf_cancel_fired(later));
  assert_fails(ctf_cancel_check(earlier), TF_DEADLINE_EXCEEDED, "deadline");
  assert_false(ctf_cancel_fired(parent));
  ctf_cancel_release(earlier);
  ctf_cancel_release(later);
  ctf_cancel_release(parent);
  ctf_cancel_release(never);
  ctf_cancel_release(far);
  ctf_cancel_release(past);
}

static void the_last_reference_may_go_in_a_listener(void** state) {
  (void)state;
  ctf_cancel* parent = make(NULL);
  ctf_cancel* child = make(parent);
  listening l[2] = {{{hear_and_release}, .cancel = child}, {{hear_and_release}, .cancel = parent}};
  ctf_cancel_listen(child, &l[0].base);
  ctf_cancel_listen(parent, &l[1].base);
  ctf_cancel_fire(parent, ctf_error(TF_CANCELLED, "x"));
  assert_int_equal(atomic_load(&l[0].times), 1);
  assert_int_equal(atomic_load(&l[1].times), 1);
}

static void* fire(void* arg) {
  ctf_cancel_fire(arg, ctf_error(TF_CANCELLED, "from another thread"));
  return NULL;
}

static void* let_go_on(void* arg) {
  atomic_store((atomic_int*)arg, 1);
  return NULL;
}

static void remove_waits_for_a_running_listener(void** state) {
  (void)state;
  for (int i = 0; i < 50; ++i) {
    ctf_cancel* cancel = make(NULL);
    atomic_int go_on = 0;
    listening l = {{hear}, .go_on = &go_on};
    pthread_t firing, releasing;
    ctf_cancel_listen(cancel, &l.base);
    assert_int_equal(pthread_create(&firing, NULL, fire, cancel), 0);
    while (!ctf_cancel_fired(cancel)) {
    }
    assert_int_equal(pthread_create(&releasing, NULL, let_go_on, &go_on), 0);
    ctf_cancel_remove(cancel, &l.base);
    const int times = atomic_load(&l.times);
    memset(&l, 0xff, sizeof(l));  // nobody may look at it any more
    pthread_join(firing, NULL);
    pthread_join(releasing, NULL);
    assert_int_equal(times, 1);
    ctf_cancel_release(cancel);
  }
}

static void* make_children(void* arg) {
  for (int i = 0; i < 300; ++i) {
    ctf_cancel* child = make(arg);
    if (i % 3 == 0) ctf_cancel_fire(child, ctf_error(TF_ABORTED, "x"));
    ctf_cancel_release(child);
  }
  return NULL;
}

// Children come and go while their parent is fired.
static void children_race_with_their_parent(void** state) {
  (void)state;
  const uint64_t live = ctf_memory_num_live();
  for (int i = 0; i < 20; ++i) {
    ctf_cancel* parent = make(NULL);
    pthread_t threads[3];
    for (int t = 0; t < 2; ++t) assert_int_equal(pthread_create(&threads[t], NULL, make_children, parent), 0);
    assert_int_equal(pthread_create(&threads[2], NULL, fire, parent), 0);
    for (int t = 0; t < 3; ++t) pthread_join(threads[t], NULL);
    assert_true(ctf_cancel_fired(parent));
    ctf_cancel_release(parent);
  }
  assert_int_equal(ctf_memory_num_live(), live);
}

static ctf_status cancel_a_family(void) {
  ctf_status status = NULL;
  ctf_cancel *parent = NULL, *child = NULL;
  CTF_TRY_DONE(ctf_cancel_create(ctf_allocator_process(), NULL, &parent));
  CTF_TRY_DONE(ctf_cancel_create(ctf_allocator_process(), parent, &child));
  ctf_cancel_fire(parent, ctf_error(TF_CANCELLED, "x"));
  ctf_status reason = ctf_cancel_check(child);
  assert_int_equal(ctf_status_code(reason), TF_CANCELLED);
  ctf_status_drop(reason);  // has been looked at
done:
  ctf_cancel_release(parent);
  ctf_cancel_release(child);
  return status;
}

static void every_failure_is_survived(void** state) {
  (void)state;
  FOR_EACH_ALLOCATION_FAILURE(cancel_a_family);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_first_reason_stays),
      cmocka_unit_test(listeners_hear_once),
      cmocka_unit_test(children_go_with_their_parent),
      cmocka_unit_test(deadlines_are_noticed_by_who_polls),
      cmocka_unit_test(the_last_reference_may_go_in_a_listener),
      cmocka_unit_test(remove_waits_for_a_running_listener),
      cmocka_unit_test(children_race_with_their_parent),
      cmocka_unit_test(every_failure_is_survived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
