#include "engine/storage.h"

#include <string.h>

#include "engine/layout.h"

ctf_status ctf_storages_create(const ctf_plan* plan, ctf_allocator* alloc, ctf_storages* out_storages) {
  CTF_TRY(ctf_alloc_array(alloc, &out_storages->of, plan->num_slots));
  CTF_TRY(ctf_alloc_array(alloc, &out_storages->first, plan->num_slots));
  CTF_TRY(ctf_alloc_array(alloc, &out_storages->shift, plan->num_slots));
  CTF_TRY(ctf_alloc_array(alloc, &out_storages->is_base, plan->num_slots));
  CTF_TRY(ctf_alloc_array(alloc, &out_storages->is_part, plan->num_slots));
  CTF_TRY(ctf_alloc_array(alloc, &out_storages->in_input, plan->num_steps));
  return ctf_alloc_array(alloc, &out_storages->last, plan->num_slots);
}

bool ctf_step_uses_bytes(const ctf_plan* plan, const ctf_layout* layout, uint32_t step) {
  return plan->steps[step].kind != CTF_STEP_VIEW && !layout->skip_step[step];
}

// A root that is made in the layout's stage and whose size is known.
static bool has_bytes(const ctf_plan* plan, const ctf_layout* layout, uint32_t slot) {
  const ctf_slot* of = &plan->slots[slot];
  const ctf_tensor* tensor = &layout->slots[slot];
  if (of->kind != CTF_SLOT_OUTPUT && of->kind != CTF_SLOT_WORKSPACE) return false;
  if (of->stage != layout->stage || of->root != slot || of->sized_by_data) return false;
  return !layout->skip_step[of->producer] && tensor->bytes > 0 && tensor->data == NULL;
}

bool ctf_storage_in_arena(const ctf_plan* plan, const ctf_layout* layout, uint32_t slot) {
  return has_bytes(plan, layout, slot) && !plan->slots[slot].own;
}

// The last use, or CTF_NONE when a later stage has one.
static uint32_t last_place(const ctf_storage_request* r, uint32_t root) {
  const ctf_plan* plan = r->plan;
  uint32_t last = r->place[plan->slots[root].producer];
  for (uint32_t i = plan->use_begin[root]; i < plan->use_begin[root + 1]; ++i) {
    const uint32_t step = plan->use_steps[i];
    if (step >= plan->stages[r->layout->stage].end_step) return CTF_NONE;
    if (ctf_step_uses_bytes(plan, r->layout, step) && r->place[step] > last) last = r->place[step];
  }
  return last;
}

// Everybody but the step has read the root before the step begins.
static bool reads_last(const ctf_storage_request* r, const ctf_storages* s, uint32_t root, uint32_t step) {
  const ctf_plan* plan = r->plan;
  if (s->last[root] == CTF_NONE) return false;
  if (r->linear) return s->last[root] == r->place[step];
  for (uint32_t i = plan->use_begin[root + 1]; i-- > plan->use_begin[root];) {
    const uint32_t use = plan->use_steps[i];
    if (use == step || !ctf_step_uses_bytes(plan, r->layout, use)) continue;
    if (!ctf_plan_before(plan, use, step)) return false;
  }
  return true;
}

static uint32_t find(const ctf_storages* s, uint32_t root) {
  while (s->of[root] != root) root = s->of[root];
  return root;
}

// The same elements in the same places, though perhaps of another type.
static bool same_elements(const ctf_tensor* a, const ctf_tensor* b) {
  return a->bytes == b->bytes && ctf_shape_equal(ctf_tensor_shape(a), ctf_tensor_shape(b));
}

// The input's bytes may become the step's first output.
static bool can_take(const ctf_storage_request* r, const ctf_storages* s, uint32_t at, int input) {
  const ctf_plan* plan = r->plan;
  const ctf_step* step = &plan->steps[at];
  const ctf_tensor* slots = r->layout->slots;
  const uint32_t in = step->in[input], out = step->out[0], root = plan->slots[in].root;
  const ctf_slot *from = &plan->slots[root], *to = &plan->slots[out];
  if (s->is_base[root] || s->is_part[root]) return false;
  if (s->of[root] == CTF_NONE || from->own || from->kind != CTF_SLOT_OUTPUT || from->device != to->device) return false;
  if (!same_elements(&slots[in], &slots[out]) || slots[root].bytes != slots[in].bytes) return false;
  if (!reads_last(r, s, root, at)) return false;
  for (int i = 0; i < step->num_inputs; ++i) {  // read element by element in step with the output, or not at all
    if (plan->slots[step->in[i]].root == root && !same_elements(&slots[step->in[i]], &slots[out])) return false;
  }
  return true;
}

static void take_over(const ctf_storage_request* r, ctf_storages* s, uint32_t at) {
  const ctf_plan* plan = r->plan;
  const ctf_step* step = &plan->steps[at];
  if (step->kind != CTF_STEP_KERNEL || !(step->kernel->flags & CTF_IN_PLACE) || r->layout->skip_step[at]) return;
  const uint32_t out = step->out[0];
  if (s->of[out] == CTF_NONE || plan->slots[out].dtype == TF_STRING) return;
  for (int i = 0; i < step->num_inputs; ++i) {
    if (!can_take(r, s, at, i)) continue;
    const uint32_t from = find(s, plan->slots[step->in[i]].root);
    if (plan->slots[out].own) {  // the whole chain is made in the memory of its end
      s->of[from] = out;
      s->first[out] = s->first[from];
    } else {
      s->of[out] = from;
      s->last[from] = s->last[out];
    }
    return;
  }
}

// ---- parts

// Whoever reads the part reads it where it lies: kernels that begin at any byte do, others where a tensor may begin.
static bool readers_follow(const ctf_storage_request* r, uint32_t root, size_t shift) {
  const ctf_plan* plan = r->plan;
  if (shift % CTF_TENSOR_ALIGNMENT == 0) return true;
  for (uint32_t i = plan->use_begin[root]; i < plan->use_begin[root + 1]; ++i) {
    const ctf_step* reader = &plan->steps[plan->use_steps[i]];
    if (plan->use_steps[i] == plan->slots[root].producer) continue;
    if (reader->kind == CTF_STEP_KERNEL && !(reader->kernel->flags & CTF_ANY_ALIGNMENT)) return false;
  }
  return true;
}

static bool lives_no_longer(uint32_t part_last, uint32_t base_last) {
  return base_last == CTF_NONE || (part_last != CTF_NONE && part_last <= base_last);
}

// The output can be a part of the root of one of its step's inputs.
static bool can_be_part(const ctf_storage_request* r, const ctf_storages* s, uint32_t out) {
  const ctf_plan* plan = r->plan;
  const ctf_slot* to = &plan->slots[out];
  const ctf_layout* layout = r->layout;
  const uint32_t base = layout->part_of[out];
  if (base == CTF_NONE || to->own || s->of[out] == CTF_NONE || s->of[base] == CTF_NONE) return false;
  if (plan->slots[base].device != to->device || !readers_follow(r, out, s->shift[base] + layout->part_first[out])) {
    return false;
  }
  return r->parts == CTF_PARTS_ALL || lives_no_longer(s->last[out], s->last[find(s, base)]);
}

// All outputs of the step become parts, or none: then it runs.
static void make_parts(const ctf_storage_request* r, ctf_storages* s, uint32_t at) {
  const ctf_step* step = &r->plan->steps[at];
  const ctf_layout* layout = r->layout;
  if (!layout->has_parts[at] || r->layout->skip_step[at]) return;
  for (int i = 0; i < step->num_outputs; ++i) {
    const uint32_t out = step->out[i];
    if (layout->slots[out].bytes > 0 && !can_be_part(r, s, out)) return;
  }
  for (int i = 0; i < step->num_outputs; ++i) {
    const uint32_t out = step->out[i], base = layout->part_of[out];
    if (layout->slots[out].bytes == 0) continue;
    const uint32_t storage = find(s, base);
    s->is_base[base] = s->is_part[out] = true;
    s->shift[out] = s->shift[base] + layout->part_first[out];
    s->of[out] = storage;
    if (!lives_no_longer(s->last[out], s->last[storage])) s->last[storage] = s->last[out];
  }
  s->in_input[at] = true;
}

void ctf_storages_find(const ctf_storage_request* r, ctf_storages* s) {
  const ctf_plan* plan = r->plan;
  const ctf_stage* stage = &plan->stages[r->layout->stage];
  for (uint32_t i = 0; i < plan->num_slots; ++i) {
    s->of[i] = CTF_NONE;
    s->shift[i] = 0;
    s->is_base[i] = s->is_part[i] = false;
    if (!has_bytes(plan, r->layout, i)) continue;
    s->of[i] = i;
    s->first[i] = r->place[plan->slots[i].producer];
    s->last[i] = last_place(r, i);
  }
  for (uint32_t i = 0; (plan->layout_passes & CTF_LAYOUT_IN_PLACE) && i < stage->end_step - stage->first_step; ++i) {
    s->in_input[r->order[i]] = false;
    if (r->linear && r->parts != CTF_PARTS_NONE && r->layout->has_parts != NULL) make_parts(r, s, r->order[i]);
    take_over(r, s, r->order[i]);
  }
  for (uint32_t i = 0; i < plan->num_slots; ++i) {
    if (s->of[i] != CTF_NONE) s->of[i] = find(s, i);
  }
}

size_t ctf_storages_peak(const ctf_storage_request* r, const ctf_storages* s, uint32_t device, int64_t* change,
                         uint32_t* out_place) {
  const ctf_stage* stage = &r->plan->stages[r->layout->stage];
  const uint32_t count = stage->end_step - stage->first_step;
  int64_t sum = 0, peak = 0;
  const size_t most =
      (size_t)INT64_MAX / (r->plan->num_slots + 1);  // more than there is: refused, but it must not wrap
  memset(change, 0, sizeof(*change) * ((size_t)count + 1));
  for (uint32_t i = 0; i < r->plan->num_slots; ++i) {
    const ctf_slot* slot = &r->plan->slots[i];
    if (s->of[i] != i || slot->own || slot->device != device) continue;
    const size_t rounded = ctf_round_up(r->layout->slots[i].bytes, CTF_TENSOR_ALIGNMENT);
    const int64_t bytes = (int64_t)(rounded < most ? rounded : most);
    change[s->first[i] - stage->first_step] += bytes;
    if (s->last[i] != CTF_NONE) change[s->last[i] + 1 - stage->first_step] -= bytes;
  }
  if (out_place != NULL) *out_place = stage->first_step;
  for (uint32_t i = 0; i < count; ++i) {
    sum += change[i];
    if (sum <= peak) continue;
    peak = sum;
    if (out_place != NULL) *out_place = stage->first_step + i;
  }
  return (size_t)peak;
}
