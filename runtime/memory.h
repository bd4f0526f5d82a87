// Memory that is counted before it is used: the budget tree and the allocators on it.
#ifndef CTF_RUNTIME_MEMORY_H_
#define CTF_RUNTIME_MEMORY_H_

#include <stddef.h>
#include <stdint.h>

#include "runtime/status.h"

// A node of the budget tree: process -> device -> session -> run. A reservation is charged to a node and all its
// ancestors, or to none. Any thread; counted, the parent outlives its children.
typedef struct ctf_budget ctf_budget;

#define CTF_NO_LIMIT SIZE_MAX

// The root: one for the process, made at first use, never freed; it has no limit of its own (each device has one).
ctf_budget* ctf_budget_process(void);
// The host's node below it, the CPU device's, which sets its limit. It exists from the start too: making it cannot
// fail.
ctf_budget* ctf_budget_host(void);

CTF_MUST_USE ctf_status ctf_budget_create(ctf_budget* parent, const char* name, size_t limit_bytes,
                                          ctf_budget** out_budget);
ctf_budget* ctf_budget_retain(ctf_budget* budget);
void ctf_budget_release(ctf_budget* budget);  // asserts that the last one leaves nothing charged

void ctf_budget_set_limit(ctf_budget* budget, size_t limit_bytes);  // lower than what is used: refuses until it fits
// False when this node or an ancestor would go over its limit; then nothing has been charged.
CTF_MUST_USE bool ctf_budget_try_reserve(ctf_budget* budget, size_t bytes);
// The same as a status: RESOURCE_EXHAUSTED with what was asked, what is free, and whose limit it was.
CTF_MUST_USE ctf_status ctf_budget_reserve(ctf_budget* budget, size_t bytes, const char* what);
// That status without asking: of the node with the least left, where `idle_bytes` of what is used do not count.
CTF_MUST_USE ctf_status ctf_budget_refuse(const ctf_budget* budget, size_t bytes, size_t idle_bytes, const char* what);
void ctf_budget_unreserve(ctf_budget* budget, size_t bytes);

size_t ctf_budget_used(const ctf_budget* budget);
size_t ctf_budget_peak(const ctf_budget* budget);
void ctf_budget_reset_peak(ctf_budget* budget);  // the peak becomes what is used now
size_t ctf_budget_limit(const ctf_budget* budget);
size_t ctf_budget_available(const ctf_budget* budget);  // the least over this node and its ancestors
const char* ctf_budget_name(const ctf_budget* budget);

// Where the engine's own structures come from. The vtable has two implementations: the system's memory charged to a
// budget, and a bump allocator over another one.
typedef struct ctf_allocator ctf_allocator;

// System memory, charged to `budget` with what each block adds for its header. Any thread.
CTF_MUST_USE ctf_status ctf_allocator_create(ctf_budget* budget, ctf_allocator** out_alloc);
// Bump allocation in chunks from `parent`; ctf_free does nothing, freeing the allocator frees all. One thread at a
// time.
CTF_MUST_USE ctf_status ctf_scratch_create(ctf_allocator* parent, size_t chunk_bytes, ctf_allocator** out_alloc);
void ctf_scratch_reset(ctf_allocator* scratch);  // frees what was allocated from it, keeps one chunk
void ctf_allocator_free(ctf_allocator* alloc);

ctf_allocator* ctf_allocator_process(void);  // on ctf_budget_process(); never freed
ctf_budget* ctf_allocator_budget(ctf_allocator* alloc);

// Zeroed memory, aligned for any type. Zero bytes give a block that can be freed. NULL when it cannot be had.
CTF_MUST_USE void* ctf_alloc_try(ctf_allocator* alloc, size_t bytes);
CTF_MUST_USE ctf_status ctf_alloc_bytes(ctf_allocator* alloc, size_t bytes, void** out_block);
// Keeps the content up to the lesser size; what is new is zero. On failure *inout_block is as before.
CTF_MUST_USE ctf_status ctf_alloc_resize(ctf_allocator* alloc, void** inout_block, size_t bytes);
void ctf_free(ctf_allocator* alloc, void* block);  // accepts NULL

// ctf_alloc_array(alloc, &ints, n): n zeroed elements of *ints. ctf_alloc_new(alloc, &thing): one.
#define ctf_alloc_array(alloc, out_array, count) \
  ctf_alloc_array_bytes((alloc), (count), sizeof(**(out_array)), (void**)(out_array))
#define ctf_alloc_new(alloc, out_thing) ctf_alloc_array((alloc), (out_thing), 1)
CTF_MUST_USE ctf_status ctf_alloc_array_bytes(ctf_allocator* alloc, size_t count, size_t element_bytes,
                                              void** out_array);
// Grows an array to hold at least `count` elements, by doubling; *inout_capacity is in elements.
#define ctf_grow_array(alloc, inout_array, inout_capacity, count) \
  ctf_grow_array_bytes((alloc), (void**)(inout_array), (inout_capacity), (count), sizeof(**(inout_array)))
CTF_MUST_USE ctf_status ctf_grow_array_bytes(ctf_allocator* alloc, void** inout_array, size_t* inout_capacity,
                                             size_t count, size_t element_bytes);
CTF_MUST_USE ctf_status ctf_alloc_string(ctf_allocator* alloc, const char* text, size_t length, char** out_text);

// Blocks for tensors: aligned, not zeroed, exactly `bytes` charged by the caller. For devices and nobody else.
#define CTF_TENSOR_ALIGNMENT 64
CTF_MUST_USE void* ctf_block_map(size_t bytes);  // NULL when the system has none
void ctf_block_unmap(void* block, size_t bytes);

// Gives pages that no block lies in back to the system. Blocks of 4 MiB and more go back when they are freed.
void ctf_memory_trim(void);

// Memory that a client frees with libc's free: TF_TString payloads, TF_Buffer data. The caller has charged it.
CTF_MUST_USE void* ctf_client_malloc(size_t bytes);
CTF_MUST_USE void* ctf_client_realloc(void* block, size_t bytes);
void ctf_client_free(void* block);

// Sizes that come from outside. False on overflow.
CTF_MUST_USE bool ctf_mul_size(size_t a, size_t b, size_t* out_product);
CTF_MUST_USE bool ctf_add_size(size_t a, size_t b, size_t* out_sum);
size_t ctf_round_up(size_t value, size_t multiple);  // saturates at SIZE_MAX

typedef struct ctf_size_text {
  char text[32];
} ctf_size_text;
ctf_size_text ctf_size_print(size_t bytes);  // "763.0 MiB", "12 bytes"

// Fault injection for tests: the nth allocation from now (1 is the next) fails, and with `all_later` all after it.
// 0 turns it off. Returns through ctf_memory_fault_met whether the nth was reached. Process-wide, any thread.
void ctf_memory_fail_nth(uint64_t nth, bool all_later);
bool ctf_memory_fault_met(void);
// Blocks that live now, of all allocators: a leak check for tests.
uint64_t ctf_memory_num_live(void);

#endif  // CTF_RUNTIME_MEMORY_H_
