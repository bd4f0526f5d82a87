// Blocks between runs: which are taken again, and when they go back to the device.
#include "engine/block_pool.h"

#include "tests/support/check.h"

static void expiry(void** state) {
  (void)state;
  ctf_block_pool pool;
  ctf_block first, second, again;
  ctf_budget* budget;
  assert_ok(ctf_budget_create(ctf_device_budget(ctf_device_cpu()), "pool", CTF_NO_LIMIT, &budget));
  ctf_block_pool_init(&pool, ctf_device_cpu(), budget);
  assert_ok(ctf_block_pool_take(&pool, 1000, &first));
  assert_ok(ctf_block_pool_take(&pool, 5000, &second));
  ctf_block_pool_give(&pool, &first);
  ctf_block_pool_give(&pool, &second);
  assert_int_equal(ctf_block_pool_idle_bytes(&pool), 6000);
  assert_int_equal(ctf_budget_used(budget), 6000);  // idle blocks stay charged

  pool.idle_since_ns[0] = 1000;  // the first has been idle for longer
  pool.idle_since_ns[1] = 2000;
  ctf_block_pool_expire(&pool, 1000 + CTF_MOST_IDLE_NS - 1);
  assert_int_equal(ctf_block_pool_idle_bytes(&pool), 6000);
  ctf_block_pool_expire(&pool, 1000 + CTF_MOST_IDLE_NS);
  assert_int_equal(ctf_block_pool_idle_bytes(&pool), 5000);
  assert_int_equal(ctf_budget_used(budget), 5000);

  assert_ok(ctf_block_pool_take(&pool, 4000, &again));  // the same block, which now has its own time
  assert_int_equal(again.bytes, 5000);
  assert_int_equal(ctf_block_pool_idle_bytes(&pool), 0);
  ctf_block_pool_give(&pool, &again);
  assert_true(pool.idle_since_ns[0] > 2000);
  ctf_block_pool_trim(&pool);
  assert_int_equal(ctf_budget_used(budget), 0);
  ctf_block_pool_deinit(&pool);
  ctf_budget_release(budget);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(expiry)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
