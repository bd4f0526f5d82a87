#include "engine/block_pool.h"

#define NO_BLOCK SIZE_MAX

void ctf_block_pool_init(ctf_block_pool* pool, ctf_device* device, ctf_budget* budget) {
  *pool = (ctf_block_pool){.device = device, .budget = budget};
  pthread_mutex_init(&pool->lock, NULL);
}

void ctf_block_pool_trim(ctf_block_pool* pool) {
  pthread_mutex_lock(&pool->lock);
  while (pool->num_idle > 0) ctf_device_unreserve(pool->device, pool->budget, &pool->idle[--pool->num_idle]);
  pthread_mutex_unlock(&pool->lock);
}

size_t ctf_block_pool_idle_bytes(ctf_block_pool* pool) {
  size_t bytes = 0;
  pthread_mutex_lock(&pool->lock);
  for (size_t i = 0; i < pool->num_idle; ++i) bytes += pool->idle[i].bytes;
  pthread_mutex_unlock(&pool->lock);
  return bytes;
}

void ctf_block_pool_deinit(ctf_block_pool* pool) {
  if (pool->device == NULL) return;  // never initialised
  ctf_block_pool_trim(pool);
  pthread_mutex_destroy(&pool->lock);
}

static size_t find_block(const ctf_block_pool* pool, size_t bytes) {
  size_t best = NO_BLOCK;
  for (size_t i = 0; i < pool->num_idle; ++i) {
    const size_t has = pool->idle[i].bytes;
    if (has < bytes || has / 2 > bytes) continue;
    if (best == NO_BLOCK || has < pool->idle[best].bytes) best = i;
  }
  return best;
}

ctf_status ctf_block_pool_take(ctf_block_pool* pool, size_t bytes, ctf_block* out_block) {
  if (bytes == 0) {
    *out_block = (ctf_block){0};
    return NULL;
  }
  pthread_mutex_lock(&pool->lock);
  const size_t found = find_block(pool, bytes);
  if (found != NO_BLOCK) {
    *out_block = pool->idle[found];
    pool->idle[found] = pool->idle[--pool->num_idle];
  }
  pthread_mutex_unlock(&pool->lock);
  if (found != NO_BLOCK) return NULL;
  ctf_status status = ctf_device_reserve(pool->device, pool->budget, bytes, "the arena of a run", out_block);
  if (status == NULL || ctf_status_code(status) != TF_RESOURCE_EXHAUSTED) return status;
  ctf_block_pool_trim(pool);
  ctf_status_drop(status);  // asked again below, and said again if it still does not fit
  return ctf_device_reserve(pool->device, pool->budget, bytes, "the arena of a run", out_block);
}

void ctf_block_pool_give(ctf_block_pool* pool, ctf_block* block) {
  if (block->data == NULL) return;
  ctf_block dropped = {0};
  pthread_mutex_lock(&pool->lock);
  if (pool->num_idle < CTF_MAX_IDLE_BLOCKS) {
    pool->idle[pool->num_idle++] = *block;
  } else {
    dropped = *block;
  }
  pthread_mutex_unlock(&pool->lock);
  if (dropped.data != NULL) ctf_device_unreserve(pool->device, pool->budget, &dropped);
  *block = (ctf_block){0};
}
