// Assigns each tensor of a stage an offset in its device's arena.
//
// Two tensors may share bytes only if every use of the one happens before the step that writes the other, in the
// partial order of the plan's segments. Greedy by size, best fit: Pisarchyk & Lee 2020, arXiv:2001.03288. Where that
// would take too long (its time grows with the square of the count), one sweep in the order of birth.
#include <stdlib.h>
#include <string.h>

#include "engine/layout.h"

#define MAX_GREEDY_ITEMS 3000

static bool dies_before(const ctf_plan* plan, const ctf_arena_item* a, const ctf_arena_item* b) {
  if (a->last == CTF_NONE) return false;
  if (plan->num_segments == 1) return a->last < b->first;
  for (uint32_t i = 0; i < a->num_uses; ++i) {
    if (a->uses[i] == b->first || !ctf_plan_before(plan, a->uses[i], b->first)) return false;
  }
  return a->num_uses > 0 || (a->first != b->first && ctf_plan_before(plan, a->first, b->first));
}

static bool conflict(const ctf_plan* plan, const ctf_arena_item* a, const ctf_arena_item* b) {
  return !dies_before(plan, a, b) && !dies_before(plan, b, a);
}

static int larger_first(const void* left, const void* right) {
  const ctf_arena_item* a = *(const ctf_arena_item* const*)left;
  const ctf_arena_item* b = *(const ctf_arena_item* const*)right;
  if (a->bytes != b->bytes) return a->bytes > b->bytes ? -1 : 1;
  return a->slot < b->slot ? -1 : a->slot > b->slot;
}

static int born_first(const void* left, const void* right) {
  const ctf_arena_item* a = *(const ctf_arena_item* const*)left;
  const ctf_arena_item* b = *(const ctf_arena_item* const*)right;
  if (a->first != b->first) return a->first < b->first ? -1 : 1;
  return a->slot < b->slot ? -1 : a->slot > b->slot;
}

// The smallest gap that holds `bytes` between items (ascending by offset) that conflict; behind all of them if none
// does. `skip` tells items that do not conflict.
static ctf_status best_gap(const ctf_plan* plan, const ctf_arena_item* item, ctf_arena_item* const* placed,
                           size_t num_placed, size_t* out_offset) {
  size_t end = 0, best = CTF_NO_LIMIT, best_gap_bytes = CTF_NO_LIMIT;
  for (size_t i = 0; i < num_placed; ++i) {
    const ctf_arena_item* other = placed[i];
    if (!conflict(plan, item, other)) continue;
    if (other->offset > end && other->offset - end >= item->bytes && other->offset - end < best_gap_bytes) {
      best = end;
      best_gap_bytes = other->offset - end;
    }
    const size_t other_end = other->offset + other->bytes;
    if (other_end > end) end = other_end;
  }
  *out_offset = best != CTF_NO_LIMIT ? best : end;
  size_t unused;
  if (!ctf_add_size(*out_offset, item->bytes, &unused)) {
    return ctf_error(TF_RESOURCE_EXHAUSTED, "the tensors of this plan need more bytes than a machine can address");
  }
  return NULL;
}

static void insert_by_offset(ctf_arena_item** placed, size_t* num_placed, ctf_arena_item* item) {
  size_t low = 0, high = *num_placed;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (placed[middle]->offset <= item->offset) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  memmove(placed + low + 1, placed + low, (*num_placed - low) * sizeof(*placed));
  placed[low] = item;
  ++*num_placed;
}

// In the order of birth, forgetting what has died: few are alive at a time even where the graph is long.
static void forget_dead(const ctf_plan* plan, const ctf_arena_item* item, ctf_arena_item** placed, size_t* num_placed) {
  size_t kept = 0;
  for (size_t i = 0; i < *num_placed; ++i) {
    if (!dies_before(plan, placed[i], item)) placed[kept++] = placed[i];
  }
  *num_placed = kept;
}

ctf_status ctf_arena_assign(const ctf_plan* plan, ctf_arena_item* items, size_t num_items, ctf_allocator* scratch,
                            size_t* out_bytes) {
  ctf_arena_item **order, **placed;
  size_t num_placed = 0, bytes = 0;
  // Later items of a partial order are not always after what died in it, so forgetting is right for one segment only.
  const bool sweep = num_items > MAX_GREEDY_ITEMS && plan->num_segments == 1;
  CTF_TRY(ctf_alloc_array(scratch, &order, num_items));
  CTF_TRY(ctf_alloc_array(scratch, &placed, num_items));
  for (size_t i = 0; i < num_items; ++i) {
    items[i].bytes = ctf_round_up(items[i].bytes, CTF_TENSOR_ALIGNMENT);
    order[i] = &items[i];
  }
  if (num_items > 0) qsort(order, num_items, sizeof(*order), sweep ? born_first : larger_first);
  for (size_t i = 0; i < num_items; ++i) {
    ctf_arena_item* item = order[i];
    if (sweep) forget_dead(plan, item, placed, &num_placed);
    CTF_TRY(best_gap(plan, item, placed, num_placed, &item->offset));
    insert_by_offset(placed, &num_placed, item);
    if (item->offset + item->bytes > bytes) bytes = item->offset + item->bytes;
  }
  *out_bytes = bytes;
  return NULL;
}
