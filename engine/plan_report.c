// From a plan and a layout to a report.
#include "engine/plan_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/layout.h"

typedef struct report_state {
  const ctf_plan* plan;
  const ctf_layout* layout;
  ctf_plan_report* report;
} report_state;

static ctf_status describe(report_state* s, uint32_t slot, ctf_report_tensor* out) {
  ctf_allocator* scratch = s->report->scratch;
  const ctf_slot* of = &s->plan->slots[slot];
  const ctf_tensor* tensor = &s->layout->slots[slot];
  const ctf_slot* root = &s->plan->slots[of->root];
  const TF_Operation* node;
  uint32_t output = of->output;
  static const char* const kRoles[] = {"feed", "constant", "output", "workspace"};
  char name[512];
  if (of->kind == CTF_SLOT_FEED) {
    node = s->plan->feeds[of->producer].oper;
    output = (uint32_t)s->plan->feeds[of->producer].index;
  } else if (of->kind == CTF_SLOT_CONSTANT) {
    return ctf_error(TF_INTERNAL, "constants have no line of their own");
  } else {
    node = s->plan->steps[of->producer].node;
  }
  const int length = snprintf(name, sizeof(name), "%.480s:%u", node->name.data, output);
  CTF_TRY(ctf_alloc_string(scratch, name, (size_t)length, &out->name));
  CTF_TRY(ctf_alloc_string(scratch, node->op->name, strlen(node->op->name), &out->op));
  out->role = root->own && of->kind == CTF_SLOT_OUTPUT ? "fetch" : kRoles[of->kind];
  out->dtype = of->dtype;
  out->bytes = tensor->bytes;
  out->offset = s->layout->offsets[of->root];
  int64_t* dims;
  const int32_t rank = of->kind == CTF_SLOT_WORKSPACE ? 0 : tensor->rank;
  CTF_TRY(ctf_alloc_array(scratch, &dims, rank > 0 ? (size_t)rank : 0));
  for (int i = 0; i < rank; ++i) dims[i] = tensor->dims[i];
  out->shape = (ctf_shape){rank, dims};
  return NULL;
}

static bool alive_at(const report_state* s, uint32_t slot, uint32_t step) {
  const ctf_slot* of = &s->plan->slots[slot];
  const uint32_t begin = s->plan->use_begin[slot], end = s->plan->use_begin[slot + 1];
  if (of->own) return true;  // from admission to the end of the run
  const uint32_t last = end > begin ? s->plan->use_steps[end - 1] : of->producer;
  return of->producer <= step && step <= last;
}

static bool takes_memory(const report_state* s, uint32_t slot) {
  const ctf_slot* of = &s->plan->slots[slot];
  if (of->root != slot || of->stage != 0 || s->layout->slots[slot].bytes == 0) return false;
  if (of->kind == CTF_SLOT_OUTPUT) return of->own || s->layout->offsets[slot] != CTF_NO_LIMIT;
  return of->kind == CTF_SLOT_WORKSPACE && s->layout->offsets[slot] != CTF_NO_LIMIT;
}

static int larger_first(const void* left, const void* right) {
  const ctf_report_tensor *a = left, *b = right;
  if (a->bytes != b->bytes) return a->bytes > b->bytes ? -1 : 1;
  return strcmp(a->name, b->name);
}

// The step with the largest sum of tensors alive.
static ctf_status find_peak(const report_state* s, uint32_t device, int* out_step) {
  int64_t* change;
  int64_t sum = 0, peak = -1;
  const size_t num_steps = s->plan->num_steps;
  CTF_TRY(ctf_alloc_array(s->report->scratch, &change, num_steps + 1));
  for (uint32_t i = 0; i < s->plan->num_slots; ++i) {
    if (s->plan->slots[i].device != device || !takes_memory(s, i) || s->plan->slots[i].own) continue;
    const uint32_t begin = s->plan->use_begin[i], end = s->plan->use_begin[i + 1];
    const uint32_t last = end > begin ? s->plan->use_steps[end - 1] : s->plan->slots[i].producer;
    change[s->plan->slots[i].producer] += (int64_t)s->layout->slots[i].bytes;
    change[last + 1] -= (int64_t)s->layout->slots[i].bytes;
  }
  *out_step = -1;
  for (size_t i = 0; i < num_steps; ++i) {
    sum += change[i];
    if (sum > peak) {
      peak = sum;
      *out_step = (int)i;
    }
  }
  return NULL;
}

static ctf_status add_device(report_state* s, uint32_t number, ctf_budget* budget, ctf_report_device* out) {
  const ctf_device* device = s->plan->devices->devices[number];
  size_t count = 0;
  out->name = ctf_device_name(device);
  out->budget_bytes = ctf_budget_limit(ctf_device_budget(s->plan->devices->devices[number]));
  if (ctf_budget_limit(budget) < out->budget_bytes) out->budget_bytes = ctf_budget_limit(budget);
  out->available_bytes = ctf_budget_available(budget);
  out->arena_bytes = s->layout->arena_bytes[number];
  out->constant_bytes = s->plan->constant_bytes[number];
  out->peak_bytes = out->arena_bytes + (number == 0 ? s->layout->fetch_bytes : 0);
  CTF_TRY(find_peak(s, number, &out->peak_step));
  CTF_TRY(ctf_alloc_array(s->report->scratch, &out->live, s->plan->num_slots));
  for (uint32_t i = 0; i < s->plan->num_slots; ++i) {
    if (s->plan->slots[i].device != number || !takes_memory(s, i)) continue;
    if (out->peak_step >= 0 && !alive_at(s, i, (uint32_t)out->peak_step)) continue;
    CTF_TRY(describe(s, i, &out->live[count++]));
  }
  out->num_live = count;
  if (count > 0) qsort(out->live, count, sizeof(*out->live), larger_first);
  if (out->peak_bytes > out->available_bytes) s->report->fits = false;
  return NULL;
}

static ctf_status add_step(report_state* s, uint32_t at, ctf_report_step* out) {
  const ctf_step* step = &s->plan->steps[at];
  const ctf_segment* segment = &s->plan->segments[step->segment];
  char* name;
  CTF_TRY(ctf_alloc_string(s->report->scratch, step->node->name.data, step->node->name.length, &name));
  out->name = name;
  out->op = step->kind == CTF_STEP_COPY ? "copy" : step->node->op->name;
  out->device = ctf_device_name(s->plan->devices->devices[step->device]);
  out->segment = (int)step->segment;
  out->stream = (int)step->stream;
  out->num_outputs = (size_t)step->num_outputs;
  CTF_TRY(ctf_alloc_array(s->report->scratch, &out->outputs, out->num_outputs));
  for (size_t i = 0; i < out->num_outputs; ++i) CTF_TRY(describe(s, step->out[i], &out->outputs[i]));
  if (s->plan->segment_steps[segment->first_step_at] != at) return NULL;
  int* waits;
  CTF_TRY(ctf_alloc_array(s->report->scratch, &waits, segment->num_preds));
  for (uint32_t i = 0; i < segment->num_preds; ++i) waits[i] = (int)segment->preds[i];
  out->num_waits = segment->num_preds;
  out->waits = waits;
  return NULL;
}

static void explain_exact(report_state* s) {
  s->report->exact = true;
  s->report->not_exact = "";
  for (size_t i = 0; i < s->plan->num_slots; ++i) {
    const ctf_slot* slot = &s->plan->slots[i];
    if (!slot->sized_by_data && slot->stage == 0) continue;
    s->report->exact = false;
    s->report->not_exact = s->plan->steps[slot->producer].node->name.data;
    return;
  }
}

ctf_status ctf_plan_report_create(const ctf_plan* plan, const ctf_layout* layout, ctf_budget* const* budgets,
                                  ctf_plan_report** out_report) {
  ctf_status status = NULL;
  report_state s = {.plan = plan, .layout = layout};

  CTF_TRY_DONE(ctf_alloc_new(ctf_allocator_process(), &s.report));
  CTF_TRY_DONE(ctf_scratch_create(ctf_allocator_process(), 8192, &s.report->scratch));
  s.report->fits = true;
  explain_exact(&s);
  if (!s.report->exact) {
    char* name;
    CTF_TRY_DONE(ctf_alloc_string(s.report->scratch, s.report->not_exact, strlen(s.report->not_exact), &name));
    s.report->not_exact = name;
  }
  CTF_TRY_DONE(ctf_alloc_array(s.report->scratch, &s.report->devices, plan->devices->num_devices));
  CTF_TRY_DONE(ctf_alloc_array(s.report->scratch, &s.report->steps, plan->num_steps));
  for (uint32_t i = 0; i < plan->devices->num_devices; ++i) {
    CTF_TRY_DONE(add_device(&s, i, budgets[i], &s.report->devices[s.report->num_devices++]));
  }
  for (uint32_t i = 0; i < plan->num_steps; ++i) {
    CTF_TRY_DONE(add_step(&s, i, &s.report->steps[s.report->num_steps++]));
  }
  *out_report = s.report;
  s.report = NULL;  // handed over

done:
  ctf_plan_report_free(s.report);
  return status;
}

void ctf_plan_report_free(ctf_plan_report* report) {
  if (report == NULL) return;
  ctf_allocator_free(report->scratch);
  ctf_free(ctf_allocator_process(), report);
}
