// runtime/string_map.c: against a plain array, at sizes where the table grows, and without memory.
#include "tests/support/fault.h"

#include <stdio.h>

#include "runtime/string_map.h"

#define NUM_NAMES 5000

static size_t name_of(int i, char* out) {
  return (size_t)sprintf(out, "%s/node_%d", i % 3 == 0 ? "a" : "while/body", i);
}

static void many_names(void** state) {
  (void)state;
  ctf_string_map* map = NULL;
  ctf_allocator* alloc = NULL;
  ctf_budget* budget = NULL;
  char name[64];
  uint64_t value = 0;
  assert_ok(ctf_budget_create(ctf_budget_process(), "test", CTF_NO_LIMIT, &budget));
  assert_ok(ctf_allocator_create(budget, &alloc));
  assert_ok(ctf_string_map_create(alloc, &map));
  assert_int_equal(ctf_string_map_count(map), 0);
  assert_false(ctf_string_map_get(map, "a", 1, &value));
  assert_false(ctf_string_map_remove(map, "a", 1));
  for (int i = 0; i < NUM_NAMES; ++i) {
    const size_t length = name_of(i, name);
    assert_ok(ctf_string_map_put(map, name, length, (uint64_t)i));
    memset(name, '?', sizeof(name));  // the map has a copy
  }
  assert_int_equal(ctf_string_map_count(map), NUM_NAMES);
  for (int i = 0; i < NUM_NAMES; i += 2) {
    const size_t length = name_of(i, name);
    if (i % 4 == 0) {
      assert_true(ctf_string_map_remove(map, name, length));
    } else {
      assert_ok(ctf_string_map_put(map, name, length, (uint64_t)i + 1000000));
    }
  }
  assert_int_equal(ctf_string_map_count(map), NUM_NAMES - NUM_NAMES / 4);
  for (int i = 0; i < NUM_NAMES; ++i) {
    const size_t length = name_of(i, name);
    value = 1;
    assert_int_equal(ctf_string_map_get(map, name, length, &value), i % 4 != 0);
    if (i % 4 != 0) assert_int_equal(value, i % 2 == 0 ? i + 1000000 : i);
    assert_false(ctf_string_map_get(map, name, length - 1, &value) && value == (uint64_t)i);
  }
  assert_true(ctf_budget_used(budget) > NUM_NAMES * sizeof(uint64_t));
  ctf_string_map_free(map);
  ctf_string_map_free(NULL);
  assert_int_equal(ctf_budget_used(budget), 0);
  ctf_allocator_free(alloc);
  ctf_budget_release(budget);
}

static void names_are_bytes(void** state) {
  (void)state;
  static const struct {
    const char* text;
    size_t length;
  } kNames[] = {{"", 0}, {"a", 1}, {"a\0", 2}, {"a\0b", 3}, {"a\0c", 3}, {"\xff\xfe", 2}};
  ctf_string_map* map = NULL;
  assert_ok(ctf_string_map_create(ctf_allocator_process(), &map));
  for (int i = 0; i < 6; ++i) assert_ok(ctf_string_map_put(map, kNames[i].text, kNames[i].length, (uint64_t)i));
  for (int i = 0; i < 6; ++i) {
    uint64_t value = 99;
    assert_true(ctf_string_map_get(map, kNames[i].text, kNames[i].length, &value));
    assert_int_equal(value, i);
  }
  for (int i = 0; i < 6; ++i) assert_true(ctf_string_map_remove(map, kNames[i].text, kNames[i].length));
  assert_int_equal(ctf_string_map_count(map), 0);
  assert_ok(ctf_string_map_put(map, "again", 5, 5));  // after the last one has gone
  assert_int_equal(ctf_string_map_count(map), 1);
  ctf_string_map_free(map);
}

// At every failure the map is as before: whole, and able to take the name later.
static ctf_status fill_map(void) {
  ctf_status status = NULL;
  ctf_string_map* map = NULL;
  CTF_TRY_DONE(ctf_string_map_create(ctf_allocator_process(), &map));
  for (int i = 0; i < 400; ++i) {
    char name[64];
    const size_t length = name_of(i, name);
    status = ctf_string_map_put(map, name, length, (uint64_t)i);
    if (status == NULL) continue;
    ctf_memory_fail_nth(0, false);
    assert_int_equal(ctf_string_map_count(map), i);
    for (int j = 0; j <= i; ++j) {
      uint64_t value = 0;
      const size_t other = name_of(j, name);
      assert_int_equal(ctf_string_map_get(map, name, other, &value), j < i);
    }
    assert_ok(ctf_string_map_put(map, name, length, (uint64_t)i));
    assert_int_equal(ctf_string_map_count(map), i + 1);
    break;
  }
done:
  ctf_string_map_free(map);
  return status;
}

static void every_failure_is_survived(void** state) {
  (void)state;
  FOR_EACH_ALLOCATION_FAILURE(fill_map);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(many_names),
      cmocka_unit_test(names_are_bytes),
      cmocka_unit_test(every_failure_is_survived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
