// Arena blocks between runs: one run gives a block back, the next takes it.
#ifndef CTF_ENGINE_BLOCK_POOL_H_
#define CTF_ENGINE_BLOCK_POOL_H_

#include <pthread.h>

#include "runtime/device.h"

#define CTF_MAX_IDLE_BLOCKS 4
#define CTF_MOST_IDLE_NS (INT64_C(10) * 1000 * 1000 * 1000)

// Any thread.
typedef struct ctf_block_pool {
  pthread_mutex_t lock;
  ctf_device* device;
  ctf_budget* budget;  // idle blocks stay charged to it
  size_t num_idle;
  ctf_block idle[CTF_MAX_IDLE_BLOCKS];
  int64_t idle_since_ns[CTF_MAX_IDLE_BLOCKS];  // ctf_block_pool_now_ns
} ctf_block_pool;

void ctf_block_pool_init(ctf_block_pool* pool, ctf_device* device, ctf_budget* budget);
void ctf_block_pool_deinit(ctf_block_pool* pool);  // all blocks have been given back
// The smallest idle block that is large enough and at most twice the size; else a new one.
CTF_MUST_USE ctf_status ctf_block_pool_take(ctf_block_pool* pool, size_t bytes, ctf_block* out_block);
void ctf_block_pool_give(ctf_block_pool* pool, ctf_block* block);
size_t ctf_block_pool_idle_bytes(ctf_block_pool* pool);
void ctf_block_pool_trim(ctf_block_pool* pool);  // unreserves all idle blocks
// Unreserves the blocks that nobody has taken for CTF_MOST_IDLE_NS. Giving a block back does it, too.
void ctf_block_pool_expire(ctf_block_pool* pool, int64_t now_ns);
int64_t ctf_block_pool_now_ns(void);

#endif  // CTF_ENGINE_BLOCK_POOL_H_
