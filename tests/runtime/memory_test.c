// runtime/memory.c: the budget tree, both allocators, blocks, and the faults for tests.
#include "tests/support/fault.h"

#include <pthread.h>

#include "runtime/memory.h"
#include "runtime/poison.h"

#define MIB ((size_t)1 << 20)

static void reservation_charges_the_whole_path(void** state) {
  (void)state;
  ctf_budget *device, *session, *run;
  const size_t root = ctf_budget_used(ctf_budget_process());
  assert_ok(ctf_budget_create(ctf_budget_process(), "device", 100 * MIB, &device));
  assert_ok(ctf_budget_create(device, "session", 50 * MIB, &session));
  assert_ok(ctf_budget_create(session, "run", CTF_NO_LIMIT, &run));
  const size_t nodes = ctf_budget_used(ctf_budget_process()) - root;
  assert_int_equal(ctf_budget_available(run), 50 * MIB);

  assert_true(ctf_budget_try_reserve(run, 30 * MIB));
  assert_int_equal(ctf_budget_used(run), 30 * MIB);
  assert_int_equal(ctf_budget_used(session), 30 * MIB);
  assert_int_equal(ctf_budget_used(device), 30 * MIB);
  assert_int_equal(ctf_budget_used(ctf_budget_process()), root + nodes + 30 * MIB);
  assert_int_equal(ctf_budget_available(run), 20 * MIB);

  // Refused half way up: nothing stays charged, and the peak below does not remember what was never had.
  assert_false(ctf_budget_try_reserve(run, 21 * MIB));
  assert_int_equal(ctf_budget_used(run), 30 * MIB);
  assert_int_equal(ctf_budget_peak(run), 30 * MIB);
  assert_int_equal(ctf_budget_peak(session), 30 * MIB);
  assert_true(ctf_budget_try_reserve(run, 20 * MIB));
  assert_int_equal(ctf_budget_available(run), 0);
  assert_true(ctf_budget_try_reserve(run, 0));
  ctf_budget_unreserve(run, 45 * MIB);
  assert_int_equal(ctf_budget_peak(run), 50 * MIB);
  ctf_budget_reset_peak(run);
  assert_int_equal(ctf_budget_peak(run), 5 * MIB);
  assert_int_equal(ctf_budget_peak(session), 50 * MIB);

  // Lower than what is used: refuses until it fits.
  ctf_budget_set_limit(device, 4 * MIB);
  assert_false(ctf_budget_try_reserve(run, 1));
  assert_int_equal(ctf_budget_available(run), 0);
  ctf_budget_unreserve(run, 2 * MIB);
  assert_true(ctf_budget_try_reserve(run, 1 * MIB));
  ctf_budget_unreserve(run, 4 * MIB);

  assert_false(ctf_budget_try_reserve(session, SIZE_MAX));
  // A child keeps its parents alive.
  ctf_budget_release(device);
  ctf_budget_release(session);
  assert_true(ctf_budget_try_reserve(run, 1));
  ctf_budget_unreserve(run, 1);
  ctf_budget_release(run);
  assert_int_equal(ctf_budget_used(ctf_budget_process()), root);
}

static void refusal_says_who_and_how_much(void** state) {
  (void)state;
  ctf_budget *device, *run;
  assert_ok(ctf_budget_create(ctf_budget_process(), "device 7", 512 * MIB, &device));
  assert_ok(ctf_budget_create(device, "run", CTF_NO_LIMIT, &run));
  assert_true(ctf_budget_try_reserve(run, 392 * MIB));
  assert_fails(
      ctf_budget_reserve(run, 400000000, "node 'mm'"), TF_RESOURCE_EXHAUSTED,
      "node 'mm' needs 381.5 MiB, 120.0 MiB of the 512.0 MiB budget of device 7 are free. Raise it to 773.5 MiB");
  assert_fails(ctf_budget_reserve(run, SIZE_MAX, "all"), TF_RESOURCE_EXHAUSTED, "all needs 17592186044416.0 MiB");
  ctf_budget_set_limit(run, 392 * MIB + 10);
  assert_fails(ctf_budget_reserve(run, 11, "x"), TF_RESOURCE_EXHAUSTED, "x needs 11 bytes, 10 bytes of the");
  assert_ok(ctf_budget_reserve(run, 10, "x"));
  ctf_budget_unreserve(run, 392 * MIB + 10);
  ctf_budget_release(run);
  ctf_budget_release(device);
}

static void* reserve_often(void* arg) {
  ctf_budget* budget = arg;
  for (int i = 0; i < 20000; ++i) {
    if (ctf_budget_try_reserve(budget, 3)) ctf_budget_unreserve(budget, 3);
  }
  return NULL;
}

static void threads_never_pass_the_limit(void** state) {
  (void)state;
  ctf_budget *parent, *child[2];
  pthread_t threads[4];
  assert_ok(ctf_budget_create(ctf_budget_process(), "parent", 8, &parent));
  for (int i = 0; i < 2; ++i) assert_ok(ctf_budget_create(parent, "child", CTF_NO_LIMIT, &child[i]));
  for (int i = 0; i < 4; ++i) assert_int_equal(pthread_create(&threads[i], NULL, reserve_often, child[i % 2]), 0);
  for (int i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
  assert_int_equal(ctf_budget_used(parent), 0);
  assert_true(ctf_budget_peak(parent) <= 8);
  for (int i = 0; i < 2; ++i) {
    assert_int_equal(ctf_budget_used(child[i]), 0);
    ctf_budget_release(child[i]);
  }
  ctf_budget_release(parent);
}

static bool all_zero(const unsigned char* bytes, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (bytes[i] != 0) return false;
  }
  return true;
}

// What every allocator keeps.
static void allocator_contract(ctf_allocator* alloc) {
  static const size_t kSizes[] = {0, 1, 7, 16, 24, 100, 1000, 5000};
  unsigned char* blocks[8];
  for (int i = 0; i < 8; ++i) {
    blocks[i] = ctf_alloc_try(alloc, kSizes[i]);
    assert_non_null(blocks[i]);
    assert_int_equal((uintptr_t)blocks[i] % 16, 0);
    assert_true(all_zero(blocks[i], kSizes[i]));
    memset(blocks[i], i + 1, kSizes[i]);
  }
  for (int i = 0; i < 8; ++i) {
    for (size_t j = 0; j < kSizes[i]; ++j) assert_int_equal(blocks[i][j], i + 1);
  }
  void* block = blocks[5];
  assert_ok(ctf_alloc_resize(alloc, &block, 3000));
  for (int j = 0; j < 100; ++j) assert_int_equal(((unsigned char*)block)[j], 6);
  assert_true(all_zero((unsigned char*)block + 100, 2900));
  assert_ok(ctf_alloc_resize(alloc, &block, 10));
  for (int j = 0; j < 10; ++j) assert_int_equal(((unsigned char*)block)[j], 6);
  blocks[5] = block;
  for (int i = 0; i < 8; ++i) ctf_free(alloc, blocks[i]);
  ctf_free(alloc, NULL);

  int* ints = NULL;
  size_t capacity = 0;
  for (int i = 0; i < 1000; ++i) {
    assert_ok(ctf_grow_array(alloc, &ints, &capacity, (size_t)i + 1));
    assert_true(capacity > (size_t)i);
    ints[i] = i;
  }
  for (int i = 0; i < 1000; ++i) assert_int_equal(ints[i], i);
  ctf_free(alloc, ints);

  char* text = NULL;
  assert_ok(ctf_alloc_string(alloc, "abcdef", 3, &text));
  assert_string_equal(text, "abc");
  ctf_free(alloc, text);

  uint64_t* array = (uint64_t*)&capacity;
  assert_fails(ctf_alloc_array(alloc, &array, SIZE_MAX / 4), TF_RESOURCE_EXHAUSTED, "more than any memory holds");
  assert_ptr_equal(array, &capacity);
  assert_null(ctf_alloc_try(alloc, SIZE_MAX));
  assert_null(ctf_alloc_try(alloc, SIZE_MAX - 16));
  assert_null(ctf_alloc_try(alloc, SIZE_MAX - 40));
}

static void system_allocator(void** state) {
  (void)state;
  ctf_budget* budget;
  ctf_allocator* alloc;
  const uint64_t live = ctf_memory_num_live();
  assert_ok(ctf_budget_create(ctf_budget_process(), "test", 1 * MIB, &budget));
  assert_ok(ctf_allocator_create(budget, &alloc));
  assert_ptr_equal(ctf_allocator_budget(alloc), budget);
  allocator_contract(alloc);
  assert_int_equal(ctf_budget_used(budget), 0);

  void* block = ctf_alloc_try(alloc, 1000);
  assert_true(ctf_budget_used(budget) >= 1000 && ctf_budget_used(budget) <= 1016);
  void* before = block;
  assert_fails(ctf_alloc_resize(alloc, &block, 2 * MIB), TF_RESOURCE_EXHAUSTED, "budget of test");
  assert_ptr_equal(block, before);
  void* untouched = &budget;
  assert_fails(ctf_alloc_bytes(alloc, 1 * MIB, &untouched), TF_RESOURCE_EXHAUSTED, "of the 1.0 MiB budget of test");
  assert_ptr_equal(untouched, &budget);
  assert_fails(ctf_alloc_bytes(alloc, SIZE_MAX, &untouched), TF_RESOURCE_EXHAUSTED, "budget of test");
  ctf_free(alloc, block);
  assert_int_equal(ctf_budget_used(budget), 0);
  ctf_allocator_free(alloc);
  ctf_allocator_free(NULL);
  ctf_budget_release(budget);
  assert_int_equal(ctf_memory_num_live(), live);
}

static void scratch_allocator(void** state) {
  (void)state;
  static const size_t kChunks[] = {64, 1000, 100000};
  const uint64_t live = ctf_memory_num_live();
  for (int i = 0; i < 3; ++i) {
    ctf_budget* budget;
    ctf_allocator *parent, *scratch;
    assert_ok(ctf_budget_create(ctf_budget_process(), "test", 16 * MIB, &budget));
    assert_ok(ctf_allocator_create(budget, &parent));
    assert_ok(ctf_scratch_create(parent, kChunks[i], &scratch));
    assert_ptr_equal(ctf_allocator_budget(scratch), budget);
    allocator_contract(scratch);
    const size_t used = ctf_budget_used(budget);
    for (int j = 0; j < 3; ++j) {
      ctf_scratch_reset(scratch);
      assert_true(ctf_budget_used(budget) <= used);
      allocator_contract(scratch);  // memory that comes again is zero again
    }
    ctf_scratch_reset(scratch);
    assert_true(ctf_budget_used(budget) <= kChunks[i] + 500);
    void* block = &block;
    assert_fails(ctf_alloc_bytes(scratch, 32 * MIB, &block), TF_RESOURCE_EXHAUSTED, "budget of test");
    assert_ptr_equal(block, &block);
    ctf_allocator_free(scratch);
    assert_int_equal(ctf_budget_used(budget), 0);
    ctf_allocator_free(parent);
    ctf_budget_release(budget);
  }
  assert_int_equal(ctf_memory_num_live(), live);
}

// What has been freed or reset, and what lies behind a block, is forbidden to touch.
static void scratch_memory_is_poisoned(void** state) {
  (void)state;
#ifdef CTF_ADDRESS_SANITIZER
  ctf_allocator* scratch;
  assert_ok(ctf_scratch_create(ctf_allocator_process(), 1000, &scratch));
  char *a = ctf_alloc_try(scratch, 20), *b = ctf_alloc_try(scratch, 100);
  assert_non_null(a);
  assert_non_null(b);
  assert_false(__asan_address_is_poisoned(a + 19));
  assert_true(__asan_address_is_poisoned(a + 20));
  ctf_free(scratch, a);
  assert_true(__asan_address_is_poisoned(a));
  assert_false(__asan_address_is_poisoned(b));
  ctf_scratch_reset(scratch);
  assert_true(__asan_address_is_poisoned(b));
  ctf_allocator_free(scratch);
#else
  print_message("skipped without the address sanitizer\n");
  skip();
#endif
}

static void scratch_of_scratch(void** state) {
  (void)state;
  ctf_allocator *outer, *inner;
  const uint64_t live = ctf_memory_num_live();
  assert_ok(ctf_scratch_create(ctf_allocator_process(), 4096, &outer));
  assert_ok(ctf_scratch_create(outer, 512, &inner));
  allocator_contract(inner);
  ctf_allocator_free(inner);
  ctf_allocator_free(outer);
  assert_int_equal(ctf_memory_num_live(), live);
}

static void blocks_are_aligned_and_go_back(void** state) {
  (void)state;
  static const size_t kSizes[] = {1, 63, 64, 4096, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 9 * MIB + 4097};
  const uint64_t live = ctf_memory_num_live();
  for (size_t i = 0; i < sizeof(kSizes) / sizeof(kSizes[0]); ++i) {
    unsigned char* block = ctf_block_map(kSizes[i]);
    assert_non_null(block);
    assert_int_equal((uintptr_t)block % CTF_TENSOR_ALIGNMENT, 0);
    memset(block, 0x5a, kSizes[i]);
    assert_int_equal(ctf_memory_num_live(), live + 1);
    ctf_block_unmap(block, kSizes[i]);
    assert_int_equal(ctf_memory_num_live(), live);
  }
  ctf_block_unmap(NULL, 0);
#ifndef __SANITIZE_ADDRESS__
  assert_null(ctf_block_map(SIZE_MAX));
  assert_null(ctf_block_map(SIZE_MAX / 2));
#endif
}

static void sizes_do_not_overflow(void** state) {
  (void)state;
  size_t out = 42;
  assert_true(ctf_mul_size(3, 5, &out) && out == 15);
  assert_false(ctf_mul_size(SIZE_MAX / 2, 3, &out));
  assert_true(ctf_mul_size(SIZE_MAX, 1, &out) && out == SIZE_MAX);
  assert_true(ctf_mul_size(SIZE_MAX, 0, &out) && out == 0);
  out = 42;
  assert_false(ctf_add_size(SIZE_MAX, 1, &out));
  assert_int_equal(out, 42);
  assert_true(ctf_add_size(SIZE_MAX - 1, 1, &out) && out == SIZE_MAX);
  assert_int_equal(ctf_round_up(0, 64), 0);
  assert_int_equal(ctf_round_up(1, 64), 64);
  assert_int_equal(ctf_round_up(64, 64), 64);
  assert_int_equal(ctf_round_up(10, 6), 12);
  assert_int_equal(ctf_round_up(SIZE_MAX - 3, 64), SIZE_MAX);
}

static void faults_hit_the_nth(void** state) {
  (void)state;
  ctf_allocator* alloc = ctf_allocator_process();
  ctf_memory_fail_nth(3, false);
  void* blocks[4];
  for (int i = 0; i < 4; ++i) {
    assert_int_equal(ctf_memory_fault_met(), i > 2);
    blocks[i] = ctf_alloc_try(alloc, 8);
    assert_int_equal(blocks[i] == NULL, i == 2);
  }
  ctf_memory_fail_nth(0, false);
  assert_true(ctf_memory_fault_met());
  for (int i = 0; i < 4; ++i) ctf_free(alloc, blocks[i]);

  ctf_memory_fail_nth(1, true);
  assert_null(ctf_alloc_try(alloc, 8));
  assert_null(ctf_block_map(100));
  assert_null(ctf_client_malloc(100));
  assert_null(ctf_client_realloc(NULL, 100));
  ctf_memory_fail_nth(0, false);
  void* text = ctf_client_malloc(0);
  assert_non_null(text);
  text = ctf_client_realloc(text, 100);
  assert_non_null(text);
  ctf_client_free(text);
}

static ctf_status use_everything(void) {
  ctf_status status = NULL;
  ctf_budget* budget = NULL;
  ctf_allocator *alloc = NULL, *scratch = NULL;
  int* ints = NULL;
  char* text = NULL;
  size_t capacity = 0;
  CTF_TRY_DONE(ctf_budget_create(ctf_budget_process(), "test", CTF_NO_LIMIT, &budget));
  CTF_TRY_DONE(ctf_allocator_create(budget, &alloc));
  CTF_TRY_DONE(ctf_scratch_create(alloc, 256, &scratch));
  CTF_TRY_DONE(ctf_grow_array(alloc, &ints, &capacity, 3));
  CTF_TRY_DONE(ctf_grow_array(alloc, &ints, &capacity, 300));
  for (int i = 0; i < 20; ++i) CTF_TRY_DONE(ctf_alloc_string(scratch, "some text", 9, &text));
done:
  ctf_free(alloc, ints);
  ctf_allocator_free(scratch);
  ctf_allocator_free(alloc);
  if (budget != NULL) assert_int_equal(ctf_budget_used(budget), 0);
  ctf_budget_release(budget);
  return status;
}

static void every_failure_is_survived(void** state) {
  (void)state;
  FOR_EACH_ALLOCATION_FAILURE(use_everything);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reservation_charges_the_whole_path),
      cmocka_unit_test(refusal_says_who_and_how_much),
      cmocka_unit_test(threads_never_pass_the_limit),
      cmocka_unit_test(system_allocator),
      cmocka_unit_test(scratch_allocator),
      cmocka_unit_test(scratch_memory_is_poisoned),
      cmocka_unit_test(scratch_of_scratch),
      cmocka_unit_test(blocks_are_aligned_and_go_back),
      cmocka_unit_test(sizes_do_not_overflow),
      cmocka_unit_test(faults_hit_the_nth),
      cmocka_unit_test(every_failure_is_survived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
