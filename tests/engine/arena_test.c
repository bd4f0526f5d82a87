// Offsets: tensors that are alive together do not overlap, and little is wasted.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/layout.h"

static uint64_t next_random(uint64_t* state) {  // splitmix64
  uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static ctf_status assign(ctf_arena_item* items, size_t count, size_t least, size_t* out_bytes) {
  ctf_allocator* scratch;
  CTF_TRY(ctf_scratch_create(ctf_allocator_process(), 4096, &scratch));
  ctf_status status = ctf_arena_assign(NULL, items, count, least, scratch, out_bytes);
  ctf_allocator_free(scratch);
  return status;
}

static size_t largest_live_sum(const ctf_arena_item* items, size_t count, uint32_t steps) {
  size_t most = 0;
  for (uint32_t step = 0; step < steps; ++step) {
    size_t sum = 0;
    for (size_t i = 0; i < count; ++i) {
      if (items[i].first > step || step > items[i].last) continue;
      sum += ctf_round_up(items[i].bytes, CTF_TENSOR_ALIGNMENT);
    }
    if (sum > most) most = sum;
  }
  return most;
}

static void check(const ctf_arena_item* items, size_t count, size_t bytes) {
  for (size_t i = 0; i < count; ++i) {
    assert_true(items[i].offset + items[i].bytes <= bytes);
    assert_int_equal(items[i].offset % CTF_TENSOR_ALIGNMENT, 0);
    for (size_t j = 0; j < i; ++j) {
      const bool together = items[i].first <= items[j].last && items[j].first <= items[i].last;
      const bool overlap =
          items[i].offset < items[j].offset + items[j].bytes && items[j].offset < items[i].offset + items[i].bytes;
      assert_false(together && overlap);
    }
  }
}

static void random_lifetimes(void** state) {
  (void)state;
  double worst = 0, sum = 0;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    ctf_arena_item items[200];
    uint64_t random = seed;
    const size_t count = 1 + next_random(&random) % 200;
    const uint32_t steps = 1 + (uint32_t)(next_random(&random) % 100);
    for (size_t i = 0; i < count; ++i) {
      const uint32_t first = (uint32_t)(next_random(&random) % steps);
      const uint32_t length = (uint32_t)(next_random(&random) % 8);
      items[i] = (ctf_arena_item){.bytes = 1 + next_random(&random) % 10000,
                                  .first = first,
                                  .last = next_random(&random) % 20 == 0 ? CTF_NONE : first + length,
                                  .slot = (uint32_t)i};
    }
    size_t bytes = 0;
    assert_null(assign(items, count, largest_live_sum(items, count, steps), &bytes));
    check(items, count, bytes);
    const double ratio = (double)bytes / (double)largest_live_sum(items, count, steps);
    if (ratio > worst) worst = ratio;
    sum += ratio;
  }
  print_message("arena %.4f of the largest live sum, at most %.3f\n", sum / 100, worst);
  assert_true(sum / 100 < 1.01);
  assert_true(worst < 1.08);  // lifetimes of no graph; those of graphs are in order_test.c
}

// A chain reuses two places; beyond the greedy limit the sweep must find the same.
static void chains(void** state) {
  (void)state;
  static const size_t kCounts[] = {10, 2999, 3001, 100000};
  for (size_t c = 0; c < 4; ++c) {
    ctf_arena_item* items = calloc(kCounts[c], sizeof(*items));
    for (size_t i = 0; i < kCounts[c]; ++i) {
      items[i] = (ctf_arena_item){.bytes = 1024, .first = (uint32_t)i, .last = (uint32_t)i + 1, .slot = (uint32_t)i};
    }
    size_t bytes = 0;
    assert_null(assign(items, kCounts[c], 2048, &bytes));
    assert_int_equal(bytes, 2048);
    free(items);
  }
}

static void refuses_more_than_can_be_addressed(void** state) {
  (void)state;
  ctf_arena_item items[] = {{.bytes = SIZE_MAX / 2 + 1, .first = 0, .last = 1, .slot = 0},
                            {.bytes = SIZE_MAX / 2 + 1, .first = 0, .last = 1, .slot = 1}};
  size_t bytes = 7;
  ctf_status status = assign(items, 2, 0, &bytes);
  assert_int_equal(ctf_status_code(status), TF_RESOURCE_EXHAUSTED);
  assert_int_equal(bytes, 7);
  ctf_status_drop(status);  // looked at above
}

// More than are searched for the best places: one sweep.
static void many_lifetimes(void** state) {
  (void)state;
  enum { COUNT = 5000, STEPS = 2000 };
  ctf_arena_item* items = calloc(COUNT, sizeof(*items));
  assert_non_null(items);
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    uint64_t random = seed;
    for (size_t i = 0; i < COUNT; ++i) {
      const uint32_t first = (uint32_t)(next_random(&random) % STEPS);
      const uint32_t last = first + (uint32_t)(next_random(&random) % (seed * 20));
      items[i] =
          (ctf_arena_item){.bytes = 1 + next_random(&random) % 5000, .first = first, .last = last, .slot = (uint32_t)i};
    }
    const size_t least = largest_live_sum(items, COUNT, STEPS + 100);
    size_t bytes;
    assert_null(assign(items, COUNT, least, &bytes));
    check(items, COUNT, bytes);
    if (bytes > least + least / 2) fail_msg("seed %d: %zu bytes, %zu are alive at once", (int)seed, bytes, least);
  }
  free(items);
}

// All alive at once, as where one node reads them all: looking at each beside each would take minutes.
static void all_alive_at_once(void** state) {
  (void)state;
  enum { COUNT = 300000 };
  ctf_arena_item* items = calloc(COUNT, sizeof(*items));
  assert_non_null(items);
  for (uint32_t i = 0; i < COUNT; ++i) items[i] = (ctf_arena_item){.bytes = 64, .first = i, .last = COUNT, .slot = i};
  size_t bytes;
  assert_null(assign(items, COUNT, (size_t)COUNT * 64, &bytes));
  assert_int_equal(bytes, (size_t)COUNT * 64);
  for (uint32_t i = 0; i < COUNT; ++i) assert_int_equal(items[i].offset, (size_t)i * 64);
  free(items);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_lifetimes),
      cmocka_unit_test(chains),
      cmocka_unit_test(many_lifetimes),
      cmocka_unit_test(all_alive_at_once),
      cmocka_unit_test(refuses_more_than_can_be_addressed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
