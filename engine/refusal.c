#include "engine/refusal.h"

#include <stdio.h>

enum { LISTED = 4, TEXT_BYTES = 1024 };

typedef struct live_list {  // the largest first
  uint32_t slots[LISTED];
  size_t bytes[LISTED];
  size_t count;
  size_t num_more;
} live_list;

static size_t bytes_of(const ctf_refusal* at, uint32_t slot) {
  const bool from_data = at->own != NULL && at->own[slot] != NULL;
  return from_data ? at->own[slot]->view.bytes : at->layout->slots[slot].bytes;
}

// Whether the root's memory is taken when the step runs: by itself, not as a part of another's.
static bool is_live(const ctf_refusal* at, uint32_t root) {
  const ctf_slot* of = &at->plan->slots[root];
  if (of->root != root || of->device != at->device || bytes_of(at, root) == 0) return false;
  if (at->own != NULL && at->own[root] != NULL) return true;
  switch (of->kind) {
    case CTF_SLOT_FEED:
      return true;
    case CTF_SLOT_CONSTANT:
      return of->device != 0 || !ctf_buffer_is_wrapped(at->plan->constants[of->producer]->buffer);
    default:
      break;
  }
  const ctf_storages* storages = &at->layout->storages;
  if (of->stage != at->layout->stage || storages->of[root] != root) return false;
  return of->own || (storages->first[root] <= at->place && at->place <= storages->last[root]);
}

static live_list find_largest(const ctf_refusal* at) {
  live_list list = {0};
  for (uint32_t i = 0; i < at->plan->num_slots; ++i) {
    if (!is_live(at, i)) continue;
    const size_t bytes = bytes_of(at, i);
    size_t place = list.count;
    while (place > 0 && list.bytes[place - 1] < bytes) --place;
    if (list.count == LISTED) ++list.num_more;
    if (place == LISTED) continue;
    if (list.count < LISTED) ++list.count;
    for (size_t k = list.count - 1; k > place; --k) {
      list.slots[k] = list.slots[k - 1];
      list.bytes[k] = list.bytes[k - 1];
    }
    list.slots[place] = i;
    list.bytes[place] = bytes;
  }
  return list;
}

static void print_live(const ctf_refusal* at, char text[TEXT_BYTES]) {
  static const char* const kRoles[] = {"feed ", "constant ", "", "workspace"};
  const live_list list = find_largest(at);
  size_t used = 0;
  text[0] = '\0';
  for (size_t i = 0; i < list.count && used < TEXT_BYTES - 256; ++i) {
    const uint32_t slot = list.slots[i];
    const ctf_slot* of = &at->plan->slots[slot];
    uint32_t output;
    const TF_Operation* node = ctf_slot_node(at->plan, of, &output);
    const bool from_data = at->own != NULL && at->own[slot] != NULL;
    const ctf_shape shape = ctf_tensor_shape(from_data ? &at->own[slot]->view : &at->layout->slots[slot]);
    const bool has_shape = of->kind != CTF_SLOT_WORKSPACE && shape.rank >= 0;
    used += (size_t)snprintf(text + used, TEXT_BYTES - used, "%s'%.60s' (%.40s) %s%s%.60s %s",
                             i == 0 ? ". Largest: " : ", ", node->name.data, node->op->name, kRoles[of->kind],
                             has_shape ? ctf_dtype_get(of->dtype)->short_name : "",
                             has_shape ? ctf_shape_print(shape).text : "", ctf_size_print(list.bytes[i]).text);
  }
  if (list.num_more > 0) snprintf(text + used, TEXT_BYTES - used, " and %zu more", list.num_more);
}

ctf_status ctf_refusal_name_live(const ctf_refusal* at, ctf_status refusal) {
  char text[TEXT_BYTES];
  if (refusal == NULL || ctf_status_code(refusal) != TF_RESOURCE_EXHAUSTED) return refusal;
  print_live(at, text);
  const ctf_status whole = ctf_error(TF_RESOURCE_EXHAUSTED, "%s%s", ctf_status_message(refusal), text);
  ctf_status_drop(refusal);  // its message is part of the one that replaces it
  return whole;
}

// The step to name: that of the peak, or where the arena is empty the one with the largest fetched tensor. CTF_NONE:
// none.
static uint32_t find_culprit(const ctf_refusal* at) {
  const ctf_stage* stage = &at->plan->stages[at->layout->stage];
  if (at->layout->arena_bytes[at->device] > 0) return at->layout->order[at->place - stage->first_step];
  size_t largest = 0;
  uint32_t step = CTF_NONE;
  for (uint32_t i = 0; i < at->plan->num_slots; ++i) {
    const ctf_slot* of = &at->plan->slots[i];
    if (of->kind != CTF_SLOT_OUTPUT || !is_live(at, i) || at->layout->slots[i].bytes <= largest) continue;
    largest = at->layout->slots[i].bytes;
    step = of->producer;
  }
  return step;
}

ctf_status ctf_refuse_stage(const ctf_plan* plan, const ctf_layout* layout, uint32_t device, ctf_budget* budget,
                            size_t need_bytes, size_t idle_bytes) {
  const ctf_refusal at = {.plan = plan, .layout = layout, .device = device, .place = layout->peak_place[device]};
  const char* const when = layout->stage == 0 ? ", which has not begun," : ", from here on,";
  const char* const name = ctf_device_name(plan->devices->devices[device]);
  char what[512];
  const uint32_t culprit = find_culprit(&at);
  if (culprit != CTF_NONE) {
    const ctf_step* step = &plan->steps[culprit];
    const ctf_tensor* result = step->num_outputs > 0 ? &layout->slots[step->out[0]] : NULL;
    uint32_t output;
    const TF_Operation* node = result != NULL ? ctf_slot_node(plan, &plan->slots[step->out[0]], &output) : step->node;
    snprintf(what, sizeof(what), "node '%.100s' (%.40s): with its result %s%.80s the run on %.60s%s", node->name.data,
             node->op->name, result != NULL ? ctf_dtype_get(plan->slots[step->out[0]].dtype)->short_name : "",
             result != NULL ? ctf_shape_print(ctf_tensor_shape(result)).text : "", name, when);
  } else {
    snprintf(what, sizeof(what), "the run on %.60s%s", name, when);
  }
  return ctf_refusal_name_live(&at, ctf_budget_refuse(budget, need_bytes, idle_bytes, what));
}
