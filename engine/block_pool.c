#include "engine/block_pool.h"

#include <time.h>

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

// The lock is held; the order of the others is kept: the longest idle come first.
static void remove_idle(ctf_block_pool* pool, size_t at) {
  --pool->num_idle;
  for (size_t i = at; i < pool->num_idle; ++i) {
    pool->idle[i] = pool->idle[i + 1];
    pool->idle_since_ns[i] = pool->idle_since_ns[i + 1];
  }
}

int64_t ctf_block_pool_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);  // milliseconds are fine enough, and no system call
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// The lock is held.
static void expire(ctf_block_pool* pool, int64_t now_ns) {
  while (pool->num_idle > 0 && now_ns - pool->idle_since_ns[0] >= CTF_MOST_IDLE_NS) {
    ctf_device_unreserve(pool->device, pool->budget, &pool->idle[0]);
    remove_idle(pool, 0);
  }
}

void ctf_block_pool_expire(ctf_block_pool* pool, int64_t now_ns) {
  pthread_mutex_lock(&pool->lock);
  expire(pool, now_ns);
  pthread_mutex_unlock(&pool->lock);
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
    remove_idle(pool, found);
  }
  pthread_mutex_unlock(&pool->lock);
  if (found != NO_BLOCK) return NULL;
  return ctf_device_reserve(pool->device, pool->budget, bytes, "the arena of a run", out_block);
}

void ctf_block_pool_give(ctf_block_pool* pool, ctf_block* block) {
  if (block->data == NULL) return;
  ctf_block dropped = {0};
  pthread_mutex_lock(&pool->lock);
  const int64_t now_ns = ctf_block_pool_now_ns();
  expire(pool, now_ns);
  if (pool->num_idle < CTF_MAX_IDLE_BLOCKS) {
    pool->idle_since_ns[pool->num_idle] = now_ns;
    pool->idle[pool->num_idle++] = *block;
  } else {
    dropped = *block;
  }
  pthread_mutex_unlock(&pool->lock);
  if (dropped.data != NULL) ctf_device_unreserve(pool->device, pool->budget, &dropped);
  *block = (ctf_block){0};
}
