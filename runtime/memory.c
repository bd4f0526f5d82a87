// The budget tree, allocators and blocks. The only file that takes memory from the system.
#include "runtime/memory.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/poison.h"

#define HUGE_PAGE_BYTES ((size_t)2 << 20)
#define MAPPED_BLOCK_BYTES ((size_t)4 << 20)  // and more: a mapping of its own, which goes back when it is freed
#define BLOCK_ALIGNMENT 16

struct ctf_budget {
  ctf_budget* parent;  // counted; NULL for the root
  atomic_int refs;
  atomic_size_t limit;
  atomic_size_t used;
  atomic_size_t peak;
  char name[64];
};

typedef struct allocator_vtable {
  void* (*alloc)(ctf_allocator* alloc, size_t bytes);
  void (*free)(ctf_allocator* alloc, void* block);
  void (*destroy)(ctf_allocator* alloc);
} allocator_vtable;

struct ctf_allocator {
  const allocator_vtable* vtable;
  ctf_budget* budget;  // counted
};

// Before every block of either kind.
typedef struct block_header {
  size_t bytes;          // as asked for
  ctf_allocator* owner;  // asserted when the block is freed
} block_header;
_Static_assert(sizeof(block_header) % BLOCK_ALIGNMENT == 0, "what follows a header is aligned for any type");

// Of a scratch allocator: this structure, then `capacity` bytes of blocks.
typedef struct scratch_chunk scratch_chunk;
struct scratch_chunk {
  scratch_chunk* next;
  size_t capacity;
  size_t used;
  size_t dirty;  // bytes from the start that may not be zero any more
};
_Static_assert(sizeof(scratch_chunk) % BLOCK_ALIGNMENT == 0, "blocks begin behind the structure");

typedef struct scratch_allocator {
  ctf_allocator base;
  ctf_allocator* parent;
  size_t chunk_bytes;
  scratch_chunk* chunks;  // the first is the one that is filled
} scratch_allocator;
_Static_assert(offsetof(scratch_allocator, base) == 0, "slots cast ctf_allocator* to scratch_allocator*");

// These two are made before anything can fail, so that they always exist. They are never freed.
static ctf_budget process_budget = {.refs = 1, .limit = CTF_NO_LIMIT, .name = "process"};
static ctf_budget host_budget = {
    .parent = &process_budget, .refs = 1, .limit = CTF_NO_LIMIT, .name = "host memory (CTF_MEMORY_BUDGET)"};

static atomic_uint_fast64_t num_live;

static struct {
  atomic_uint_fast64_t nth;  // 0: off
  atomic_uint_fast64_t count;
  atomic_bool all_later;
  atomic_bool met;
} fault;

ctf_size_text ctf_size_print(size_t bytes) {
  ctf_size_text out;
  const double mebibytes = (double)bytes / (1 << 20);
  if (mebibytes < 0.1) {
    snprintf(out.text, sizeof(out.text), "%zu bytes", bytes);
  } else {
    snprintf(out.text, sizeof(out.text), "%.1f MiB", mebibytes);
  }
  return out;
}

static size_t free_bytes(const ctf_budget* budget) {
  const size_t limit = atomic_load_explicit(&budget->limit, memory_order_relaxed);
  const size_t used = atomic_load_explicit(&budget->used, memory_order_relaxed);
  return used < limit ? limit - used : 0;
}

// Raises one counter, unless that would pass its limit. Relaxed throughout: the counters order nothing but themselves.
static bool reserve_here(ctf_budget* budget, size_t bytes, size_t* out_used) {
  size_t used = atomic_load_explicit(&budget->used, memory_order_relaxed);
  do {
    const size_t limit = atomic_load_explicit(&budget->limit, memory_order_relaxed);
    if (used > limit || bytes > limit - used) return false;
  } while (!atomic_compare_exchange_weak_explicit(&budget->used, &used, used + bytes, memory_order_relaxed,
                                                  memory_order_relaxed));
  *out_used = used + bytes;
  return true;
}

// Recurses as deep as the tree, which is process, device, session, run. A node's peak is raised once all nodes above
// have agreed: what was refused there has never been used here.
static bool reserve_upwards(ctf_budget* budget, size_t bytes, ctf_budget** out_refused) {
  if (budget == NULL) return true;
  size_t used = 0;
  if (!reserve_here(budget, bytes, &used)) {
    *out_refused = budget;
    return false;
  }
  if (!reserve_upwards(budget->parent, bytes, out_refused)) {
    atomic_fetch_sub_explicit(&budget->used, bytes, memory_order_relaxed);
    return false;
  }
  size_t peak = atomic_load_explicit(&budget->peak, memory_order_relaxed);
  while (peak < used && !atomic_compare_exchange_weak_explicit(&budget->peak, &peak, used, memory_order_relaxed,
                                                               memory_order_relaxed)) {
  }
  return true;
}

// Whether this allocation is one that a test wants to fail.
static bool fault_here(void) {
  const uint64_t nth = atomic_load_explicit(&fault.nth, memory_order_acquire);
  if (nth == 0) return false;
  const uint64_t count = atomic_fetch_add_explicit(&fault.count, 1, memory_order_relaxed) + 1;
  if (count < nth) return false;
  if (count == nth) atomic_store_explicit(&fault.met, true, memory_order_relaxed);
  return count == nth || atomic_load_explicit(&fault.all_later, memory_order_relaxed);
}

static block_header* header_of(void* block) { return (block_header*)block - 1; }

static void* system_alloc(ctf_allocator* alloc, size_t bytes) {
  size_t total = 0;
  if (!ctf_add_size(bytes, sizeof(block_header), &total) || !ctf_budget_try_reserve(alloc->budget, total)) return NULL;
  block_header* header = calloc(1, total);
  if (header == NULL) {
    ctf_budget_unreserve(alloc->budget, total);
    return NULL;
  }
  atomic_fetch_add_explicit(&num_live, 1, memory_order_relaxed);
  *header = (block_header){bytes, alloc};
  return header + 1;
}

static void system_free(ctf_allocator* alloc, void* block) {
  block_header* header = header_of(block);
  ctf_budget_unreserve(alloc->budget, header->bytes + sizeof(*header));
  atomic_fetch_sub_explicit(&num_live, 1, memory_order_relaxed);
  free(header);
}

static void system_destroy(ctf_allocator* alloc) {
  ctf_budget_release(alloc->budget);
  ctf_free(ctf_allocator_process(), alloc);
}

static const allocator_vtable kSystem = {system_alloc, system_free, system_destroy};

static unsigned char* chunk_data(scratch_chunk* chunk) { return (unsigned char*)(chunk + 1); }

// Puts a chunk with room for `bytes` in front, or behind the one being filled if that has more room left.
static scratch_chunk* scratch_add_chunk(scratch_allocator* scratch, size_t bytes) {
  const size_t capacity = bytes > scratch->chunk_bytes ? bytes : scratch->chunk_bytes;
  size_t total = 0;
  if (!ctf_add_size(capacity, sizeof(scratch_chunk), &total)) return NULL;
  scratch_chunk* chunk = ctf_alloc_try(scratch->parent, total);
  if (chunk == NULL) return NULL;
  chunk->capacity = capacity;
  ctf_poison_forbid(chunk_data(chunk), capacity);

  scratch_chunk* first = scratch->chunks;
  if (first != NULL && first->capacity - first->used > capacity - bytes) {
    chunk->next = first->next;
    first->next = chunk;
  } else {
    chunk->next = first;
    scratch->chunks = chunk;
  }
  return chunk;
}

static void* scratch_alloc(ctf_allocator* alloc, size_t bytes) {
  scratch_allocator* scratch = (scratch_allocator*)alloc;
  size_t total = 0;
  if (!ctf_add_size(bytes, sizeof(block_header), &total)) return NULL;
  total = ctf_round_up(total, BLOCK_ALIGNMENT);
  if (total % BLOCK_ALIGNMENT != 0) return NULL;  // saturated

  scratch_chunk* chunk = scratch->chunks;
  if (chunk == NULL || chunk->capacity - chunk->used < total) chunk = scratch_add_chunk(scratch, total);
  if (chunk == NULL) return NULL;

  block_header* header = (block_header*)(void*)(chunk_data(chunk) + chunk->used);
  ctf_poison_lift(header, sizeof(*header) + bytes);
  if (chunk->dirty > chunk->used) {
    const size_t dirty = chunk->dirty - chunk->used;
    memset(header, 0, dirty < sizeof(*header) + bytes ? dirty : sizeof(*header) + bytes);
  }
  chunk->used += total;
  if (chunk->dirty < chunk->used) chunk->dirty = chunk->used;
  *header = (block_header){bytes, alloc};
  return header + 1;
}

static void scratch_free(ctf_allocator* alloc, void* block) {
  (void)alloc;
  ctf_poison_forbid(block, header_of(block)->bytes);
}

static void scratch_free_chunks(scratch_allocator* scratch, scratch_chunk* chunk) {
  while (chunk != NULL) {
    scratch_chunk* next = chunk->next;
    ctf_poison_lift(chunk_data(chunk), chunk->capacity);
    ctf_free(scratch->parent, chunk);
    chunk = next;
  }
}

static void scratch_destroy(ctf_allocator* alloc) {
  scratch_allocator* scratch = (scratch_allocator*)alloc;
  scratch_free_chunks(scratch, scratch->chunks);
  ctf_budget_release(alloc->budget);
  ctf_free(scratch->parent, scratch);
}

static const allocator_vtable kScratch = {scratch_alloc, scratch_free, scratch_destroy};

// On the root, so it exists from the start, too. Never changed, never freed.
static ctf_allocator process_allocator = {.vtable = &kSystem, .budget = &process_budget};

// Says why a block could not be had: asks the budget for the reason, and blames the system if it has none.
static ctf_status allocation_refused(ctf_allocator* alloc, size_t bytes) {
  size_t total = 0;
  if (!ctf_add_size(bytes, sizeof(block_header), &total)) total = SIZE_MAX;
  CTF_TRY(ctf_budget_reserve(alloc->budget, total, "a structure of the engine"));
  ctf_budget_unreserve(alloc->budget, total);
  return ctf_error(TF_RESOURCE_EXHAUSTED, "the system has no %s left for a structure of the engine",
                   ctf_size_print(total).text);
}

static ctf_status count_too_large(size_t count, size_t element_bytes) {
  return ctf_error(TF_RESOURCE_EXHAUSTED, "%zu elements of %zu bytes are more than any memory holds", count,
                   element_bytes);
}

// Under the address sanitizer every block is the heap's, which knows its ends and remembers that it was freed.
static bool block_is_mapping(size_t bytes) {
#ifdef CTF_ADDRESS_SANITIZER
  (void)bytes;
  return false;
#else
  return bytes >= MAPPED_BLOCK_BYTES;
#endif
}

static size_t mapping_bytes(size_t bytes) { return ctf_round_up(bytes, (size_t)sysconf(_SC_PAGESIZE)); }

// A mapping that begins at a multiple of a huge page: one that is a huge page too long, cut at both ends.
static void* map_aligned(size_t bytes) {
  const size_t length = mapping_bytes(bytes);
  size_t longer = 0;
  if (length < bytes || !ctf_add_size(length, HUGE_PAGE_BYTES, &longer)) return NULL;
  unsigned char* start = mmap(NULL, longer, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return NULL;
  const size_t before = ctf_round_up((size_t)(uintptr_t)start, HUGE_PAGE_BYTES) - (size_t)(uintptr_t)start;
  if (before > 0) munmap(start, before);
  if (before < HUGE_PAGE_BYTES) munmap(start + before + length, HUGE_PAGE_BYTES - before);
  madvise(start + before, length, MADV_HUGEPAGE);  // a hint: without huge pages it is as good, only slower
  return start + before;
}

ctf_budget* ctf_budget_process(void) { return &process_budget; }

ctf_budget* ctf_budget_host(void) { return &host_budget; }

ctf_status ctf_budget_create(ctf_budget* parent, const char* name, size_t limit_bytes, ctf_budget** out_budget) {
  ctf_budget* budget = NULL;
  CTF_TRY(ctf_alloc_new(ctf_allocator_process(), &budget));
  budget->parent = ctf_budget_retain(parent);
  atomic_init(&budget->refs, 1);
  atomic_init(&budget->limit, limit_bytes);
  snprintf(budget->name, sizeof(budget->name), "%s", name);
  *out_budget = budget;
  return NULL;
}

ctf_budget* ctf_budget_retain(ctf_budget* budget) {
  atomic_fetch_add_explicit(&budget->refs, 1, memory_order_relaxed);
  return budget;
}

void ctf_budget_release(ctf_budget* budget) {
  // acq_rel: whoever frees the node sees what all others have done with it.
  while (budget != NULL && atomic_fetch_sub_explicit(&budget->refs, 1, memory_order_acq_rel) == 1) {
    CTF_ASSERT(budget != &process_budget && budget != &host_budget);
    CTF_ASSERT(atomic_load_explicit(&budget->used, memory_order_relaxed) == 0);
    ctf_budget* parent = budget->parent;
    ctf_free(ctf_allocator_process(), budget);
    budget = parent;
  }
}

void ctf_budget_set_limit(ctf_budget* budget, size_t limit_bytes) {
  atomic_store_explicit(&budget->limit, limit_bytes, memory_order_relaxed);
}

bool ctf_budget_try_reserve(ctf_budget* budget, size_t bytes) {
  ctf_budget* refused = NULL;
  return bytes == 0 || reserve_upwards(budget, bytes, &refused);
}

// What to raise it to is rounded up, so that it is enough as it is printed.
static ctf_status refusal(const ctf_budget* refused, size_t bytes, size_t idle_bytes, const char* what) {
  const size_t tenth = ((size_t)1 << 20) / 10 + 1;
  const size_t limit = ctf_budget_limit(refused), all_used = ctf_budget_used(refused);
  const size_t used = all_used > idle_bytes ? all_used - idle_bytes : 0;
  size_t wanted = 0;
  if (!ctf_add_size(used, bytes, &wanted) || !ctf_add_size(wanted, tenth / 2, &wanted)) wanted = SIZE_MAX;
  return ctf_error(TF_RESOURCE_EXHAUSTED,
                   "%s needs %s, %s of the %s budget of %s are free. Raise it to %s, or ask for less", what,
                   ctf_size_print(bytes).text, ctf_size_print(used < limit ? limit - used : 0).text,
                   ctf_size_print(limit).text, refused->name, ctf_size_print(wanted).text);
}

ctf_status ctf_budget_reserve(ctf_budget* budget, size_t bytes, const char* what) {
  ctf_budget* refused = NULL;
  if (bytes == 0 || reserve_upwards(budget, bytes, &refused)) return NULL;
  return refusal(refused, bytes, 0, what);
}

ctf_status ctf_budget_refuse(const ctf_budget* budget, size_t bytes, size_t idle_bytes, const char* what) {
  const ctf_budget* tightest = budget;
  for (; budget != NULL; budget = budget->parent) {
    if (ctf_budget_limit(budget) != CTF_NO_LIMIT && free_bytes(budget) < free_bytes(tightest)) tightest = budget;
  }
  return refusal(tightest, bytes, idle_bytes, what);
}

void ctf_budget_unreserve(ctf_budget* budget, size_t bytes) {
  for (; budget != NULL && bytes > 0; budget = budget->parent) {
    const size_t used = atomic_fetch_sub_explicit(&budget->used, bytes, memory_order_relaxed);
    CTF_ASSERT(used >= bytes);
    (void)used;
  }
}

size_t ctf_budget_used(const ctf_budget* budget) { return atomic_load_explicit(&budget->used, memory_order_relaxed); }

size_t ctf_budget_peak(const ctf_budget* budget) { return atomic_load_explicit(&budget->peak, memory_order_relaxed); }

void ctf_budget_reset_peak(ctf_budget* budget) {
  atomic_store_explicit(&budget->peak, ctf_budget_used(budget), memory_order_relaxed);
}

size_t ctf_budget_limit(const ctf_budget* budget) { return atomic_load_explicit(&budget->limit, memory_order_relaxed); }

size_t ctf_budget_available(const ctf_budget* budget) {
  size_t least = CTF_NO_LIMIT;
  for (; budget != NULL; budget = budget->parent) {
    if (ctf_budget_limit(budget) != CTF_NO_LIMIT && free_bytes(budget) < least) least = free_bytes(budget);
  }
  return least;
}

const char* ctf_budget_name(const ctf_budget* budget) { return budget->name; }

ctf_status ctf_allocator_create(ctf_budget* budget, ctf_allocator** out_alloc) {
  ctf_allocator* alloc = NULL;
  CTF_TRY(ctf_alloc_new(&process_allocator, &alloc));
  *alloc = (ctf_allocator){.vtable = &kSystem, .budget = ctf_budget_retain(budget)};
  *out_alloc = alloc;
  return NULL;
}

ctf_status ctf_scratch_create(ctf_allocator* parent, size_t chunk_bytes, ctf_allocator** out_alloc) {
  scratch_allocator* scratch = NULL;
  CTF_TRY(ctf_alloc_new(parent, &scratch));
#ifdef CTF_STRESS
  chunk_bytes = 256;
#endif
  scratch->base = (ctf_allocator){.vtable = &kScratch, .budget = ctf_budget_retain(parent->budget)};
  scratch->parent = parent;
  scratch->chunk_bytes = ctf_round_up(chunk_bytes, BLOCK_ALIGNMENT);
  *out_alloc = &scratch->base;
  return NULL;
}

void ctf_scratch_reset(ctf_allocator* alloc) {
  CTF_ASSERT(alloc->vtable == &kScratch);
  scratch_allocator* scratch = (scratch_allocator*)alloc;
  // Kept is one of the usual size: a larger one was made for a single block.
  scratch_chunk* kept = NULL;
  for (scratch_chunk** at = &scratch->chunks; *at != NULL && kept == NULL;) {
    if ((*at)->capacity == scratch->chunk_bytes) {
      kept = *at;
      *at = kept->next;
    } else {
      at = &(*at)->next;
    }
  }
  scratch_free_chunks(scratch, scratch->chunks);
  scratch->chunks = kept;
  if (kept == NULL) return;
  kept->next = NULL;
  kept->used = 0;
  ctf_poison_forbid(chunk_data(kept), kept->capacity);
}

void ctf_allocator_free(ctf_allocator* alloc) {
  if (alloc == NULL) return;
  CTF_ASSERT(alloc != &process_allocator);
  alloc->vtable->destroy(alloc);
}

ctf_allocator* ctf_allocator_process(void) { return &process_allocator; }

ctf_budget* ctf_allocator_budget(ctf_allocator* alloc) { return alloc->budget; }

void* ctf_alloc_try(ctf_allocator* alloc, size_t bytes) {
  return fault_here() ? NULL : alloc->vtable->alloc(alloc, bytes);
}

ctf_status ctf_alloc_bytes(ctf_allocator* alloc, size_t bytes, void** out_block) {
  void* block = ctf_alloc_try(alloc, bytes);
  if (block == NULL) return allocation_refused(alloc, bytes);
  *out_block = block;
  return NULL;
}

// Old and new block are both charged while the content moves, because both exist.
ctf_status ctf_alloc_resize(ctf_allocator* alloc, void** inout_block, size_t bytes) {
  void* block = NULL;
  CTF_TRY(ctf_alloc_bytes(alloc, bytes, &block));
  if (*inout_block != NULL) {
    const size_t old_bytes = header_of(*inout_block)->bytes;
    memcpy(block, *inout_block, old_bytes < bytes ? old_bytes : bytes);
    ctf_free(alloc, *inout_block);
  }
  *inout_block = block;
  return NULL;
}

void ctf_free(ctf_allocator* alloc, void* block) {
  if (block == NULL) return;
  CTF_ASSERT(header_of(block)->owner == alloc);
  alloc->vtable->free(alloc, block);
}

ctf_status ctf_alloc_array_bytes(ctf_allocator* alloc, size_t count, size_t element_bytes, void** out_array) {
  size_t bytes = 0;
  if (!ctf_mul_size(count, element_bytes, &bytes)) return count_too_large(count, element_bytes);
  return ctf_alloc_bytes(alloc, bytes, out_array);
}

ctf_status ctf_grow_array_bytes(ctf_allocator* alloc, void** inout_array, size_t* inout_capacity, size_t count,
                                size_t element_bytes) {
  if (count <= *inout_capacity) return NULL;
#ifdef CTF_STRESS
  const size_t capacity = count;
#else
  size_t capacity = 0;
  if (!ctf_mul_size(*inout_capacity, 2, &capacity) || capacity < count) capacity = count;
  if (capacity < 8) capacity = 8;
#endif
  size_t bytes = 0;
  if (!ctf_mul_size(capacity, element_bytes, &bytes)) return count_too_large(capacity, element_bytes);
  CTF_TRY(ctf_alloc_resize(alloc, inout_array, bytes));
  *inout_capacity = capacity;
  return NULL;
}

ctf_status ctf_alloc_string(ctf_allocator* alloc, const char* text, size_t length, char** out_text) {
  size_t bytes = 0;
  if (!ctf_add_size(length, 1, &bytes)) return count_too_large(length, 1);
  void* block = NULL;
  CTF_TRY(ctf_alloc_bytes(alloc, bytes, &block));  // zeroed: the end is marked already
  if (length > 0) memcpy(block, text, length);
  *out_text = block;
  return NULL;
}

void* ctf_block_map(size_t bytes) {
  if (fault_here()) return NULL;
  void* block = NULL;
  if (block_is_mapping(bytes)) {
    block = map_aligned(bytes);
  } else if (posix_memalign(&block, CTF_TENSOR_ALIGNMENT, bytes > 0 ? bytes : 1) != 0) {
    block = NULL;
  }
  if (block != NULL) atomic_fetch_add_explicit(&num_live, 1, memory_order_relaxed);
  return block;
}

void ctf_block_unmap(void* block, size_t bytes) {
  if (block == NULL) return;
  atomic_fetch_sub_explicit(&num_live, 1, memory_order_relaxed);
  if (block_is_mapping(bytes)) {
    munmap(block, mapping_bytes(bytes));
  } else {
    free(block);
  }
}

void ctf_memory_trim(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

void* ctf_client_malloc(size_t bytes) { return fault_here() ? NULL : malloc(bytes > 0 ? bytes : 1); }

void* ctf_client_realloc(void* block, size_t bytes) {
  return fault_here() ? NULL : realloc(block, bytes > 0 ? bytes : 1);
}

void ctf_client_free(void* block) { free(block); }

bool ctf_mul_size(size_t a, size_t b, size_t* out_product) {
  size_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return false;
  *out_product = product;
  return true;
}

bool ctf_add_size(size_t a, size_t b, size_t* out_sum) {
  size_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return false;
  *out_sum = sum;
  return true;
}

size_t ctf_round_up(size_t value, size_t multiple) {
  const size_t over = value % multiple;
  if (over == 0) return value;
  size_t rounded = 0;
  return ctf_add_size(value, multiple - over, &rounded) ? rounded : SIZE_MAX;
}

void ctf_memory_fail_nth(uint64_t nth, bool all_later) {
  atomic_store_explicit(&fault.nth, 0, memory_order_relaxed);
  if (nth == 0) return;  // whether the last one was met can still be asked
  atomic_store_explicit(&fault.count, 0, memory_order_relaxed);
  atomic_store_explicit(&fault.all_later, all_later, memory_order_relaxed);
  atomic_store_explicit(&fault.met, false, memory_order_relaxed);
  atomic_store_explicit(&fault.nth, nth, memory_order_release);
}

bool ctf_memory_fault_met(void) { return atomic_load_explicit(&fault.met, memory_order_relaxed); }

uint64_t ctf_memory_num_live(void) { return atomic_load_explicit(&num_live, memory_order_relaxed); }
