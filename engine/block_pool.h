// Arena blocks between runs: one run gives a block back, the next takes it.
#ifndef CTF_ENGINE_BLOCK_POOL_H_
#define CTF_ENGINE_BLOCK_POOL_H_

#include <pthread.h>

#include "runtime/device.h"

#define CTF_MAX_IDLE_BLOCKS 4

// Any thread.
typedef struct ctf_block_pool {
  pthread_mutex_t lock;
  ctf_device* device;
  ctf_budget* budget;  // idle blocks stay charged to it
  size_t num_idle;
  ctf_block idle[CTF_MAX_IDLE_BLOCKS];
} ctf_block_pool;

void ctf_block_pool_init(ctf_block_pool* pool, ctf_device* device, ctf_budget* budget);
void ctf_block_pool_deinit(ctf_block_pool* pool);  // all blocks have been given back
// The smallest idle block that is large enough and at most twice the size; else a new one, for which idle ones are
// given up if the budget asks for it.
CTF_MUST_USE ctf_status ctf_block_pool_take(ctf_block_pool* pool, size_t bytes, ctf_block* out_block);
void ctf_block_pool_give(ctf_block_pool* pool, ctf_block* block);
size_t ctf_block_pool_idle_bytes(ctf_block_pool* pool);
void ctf_block_pool_trim(ctf_block_pool* pool);  // unreserves all idle blocks

#endif  // CTF_ENGINE_BLOCK_POOL_H_
