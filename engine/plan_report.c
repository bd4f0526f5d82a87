// From a plan and a layout to a report.
#include "engine/plan_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/layout.h"

typedef struct report_state {
  const ctf_report_request* request;
  const ctf_plan* plan;
  const ctf_layout* layout;
  ctf_plan_report* report;
} report_state;

static const char* role_of(const report_state* s, uint32_t slot) {
  static const char* const kRoles[] = {"feed", "constant", "output", "workspace"};
  const ctf_slot* of = &s->plan->slots[slot];
  if (of->kind == CTF_SLOT_CONSTANT && of->device == 0 &&
      ctf_buffer_is_wrapped(s->plan->constants[of->producer]->buffer))
    return "mapped constant";
  return s->plan->slots[of->root].own && of->kind == CTF_SLOT_OUTPUT ? "fetch" : kRoles[of->kind];
}

static ctf_status describe(report_state* s, uint32_t slot, ctf_report_tensor* out) {
  ctf_allocator* scratch = s->report->scratch;
  const ctf_slot* of = &s->plan->slots[slot];
  const ctf_tensor* tensor = &s->layout->slots[slot];
  const uint32_t storage = s->layout->storages.of[of->root];
  uint32_t output;
  const TF_Operation* node = ctf_slot_node(s->plan, of, &output);
  char name[512];
  const int length = snprintf(name, sizeof(name), "%.480s:%u", node->name.data, output);
  CTF_TRY(ctf_alloc_string(scratch, name, (size_t)length, &out->name));
  CTF_TRY(ctf_alloc_string(scratch, node->op->name, strlen(node->op->name), &out->op));
  out->role = role_of(s, slot);
  out->dtype = of->dtype;
  out->bytes = tensor->bytes;
  out->offset = storage != CTF_NONE ? s->layout->offsets[storage] + s->layout->storages.shift[of->root] : CTF_NO_LIMIT;
  int64_t* dims;
  const int32_t rank = of->kind == CTF_SLOT_WORKSPACE ? 0 : tensor->rank;
  CTF_TRY(ctf_alloc_array(scratch, &dims, rank > 0 ? (size_t)rank : 0));
  for (int i = 0; i < rank; ++i) dims[i] = tensor->dims[i];
  out->shape = (ctf_shape){rank, dims};
  return NULL;
}

// ---- what is alive at the peak

// Of the tensors that share a storage, the last one written by then.
static uint32_t holder_at(const report_state* s, uint32_t storage, uint32_t place) {
  uint32_t holder = storage, newest = 0;
  for (uint32_t i = 0; i < s->plan->num_slots; ++i) {
    if (s->layout->storages.of[i] != storage || s->layout->storages.is_part[i]) continue;
    const uint32_t written = s->layout->place[s->plan->slots[i].producer];
    if (written > place || written < newest) continue;
    newest = written;
    holder = i;
  }
  return holder;
}

// Fetched tensors live from admission to the end of the run.
static bool alive_at(const report_state* s, uint32_t storage, uint32_t place) {
  const ctf_storages* storages = &s->layout->storages;
  if (s->plan->slots[storage].own) return true;
  return storages->first[storage] <= place && place <= storages->last[storage];
}

static int larger_first(const void* left, const void* right) {
  const ctf_report_tensor *a = left, *b = right;
  if (a->bytes != b->bytes) return a->bytes > b->bytes ? -1 : 1;
  return strcmp(a->name, b->name);
}

static ctf_status list_live(report_state* s, uint32_t number, ctf_report_device* out) {
  size_t count = 0;
  const ctf_plan* plan = s->plan;
  CTF_TRY(ctf_alloc_array(s->report->scratch, &out->live, plan->num_slots + plan->num_fetches));
  for (uint32_t i = 0; i < plan->num_slots; ++i) {
    const ctf_slot* slot = &plan->slots[i];
    if (slot->device != number || slot->root != i || s->layout->slots[i].bytes == 0) continue;
    if (slot->kind == CTF_SLOT_FEED || slot->kind == CTF_SLOT_CONSTANT) {
      CTF_TRY(describe(s, i, &out->live[count++]));
    } else if (s->layout->storages.of[i] == i && alive_at(s, i, s->layout->peak_place[number])) {
      CTF_TRY(describe(s, holder_at(s, i, s->layout->peak_place[number]), &out->live[count++]));
    }
  }
  for (size_t i = 0; i < plan->num_fetches && number == 0; ++i) {
    if (!ctf_layout_copies_fetch(plan, s->layout, i) || s->layout->slots[plan->fetches[i].slot].bytes == 0) continue;
    CTF_TRY(describe(s, plan->fetches[i].slot, &out->live[count]));
    out->live[count].offset = CTF_NO_LIMIT;
    out->live[count++].role = "fetch";
  }
  out->num_live = count;
  if (count > 0) qsort(out->live, count, sizeof(*out->live), larger_first);
  return NULL;
}

static void count_constants(const report_state* s, uint32_t number, ctf_report_device* out) {
  for (size_t i = 0; i < s->plan->num_constants; ++i) {
    const TF_Tensor* constant = s->plan->constants[i];
    if (s->plan->slots[s->plan->constant_slots[i]].device != number) continue;
    const bool mapped = number == 0 && ctf_buffer_is_wrapped(constant->buffer);
    *(mapped ? &out->mapped_bytes : &out->constant_bytes) += constant->view.bytes;
  }
}

static ctf_status add_device(report_state* s, uint32_t number, ctf_report_device* out) {
  ctf_budget* session = s->request->budgets[number];
  ctf_budget* device = ctf_device_budget(s->plan->devices->devices[number]);
  const size_t idle = s->request->idle_bytes[number];
  out->name = ctf_device_name(s->plan->devices->devices[number]);
  out->budget_bytes = ctf_budget_limit(device);
  if (ctf_budget_limit(session) < out->budget_bytes) out->budget_bytes = ctf_budget_limit(session);
  out->available_bytes = ctf_budget_available(session);
  if (!ctf_add_size(out->available_bytes, idle, &out->available_bytes)) out->available_bytes = CTF_NO_LIMIT;
  const size_t used = ctf_budget_used(device);
  out->held_bytes = used > idle ? used - idle : 0;
  out->arena_bytes = s->layout->arena_bytes[number];
  out->live_bytes = s->layout->live_bytes[number];
  out->file_live_bytes = number == 0 ? s->layout->file_live_bytes : out->live_bytes;
  if (number == 0) out->fetch_bytes = s->layout->fetch_bytes;
  if (number == 0) out->feed_bytes = s->request->feed_bytes;
  size_t run_bytes;  // saturated: each part may be more than there is
  if (!ctf_add_size(out->arena_bytes, out->fetch_bytes, &run_bytes)) run_bytes = CTF_NO_LIMIT;
  if (!ctf_add_size(run_bytes, out->feed_bytes, &run_bytes)) run_bytes = CTF_NO_LIMIT;
  if (!ctf_add_size(run_bytes, out->held_bytes, &out->peak_bytes)) out->peak_bytes = CTF_NO_LIMIT;
  if (run_bytes > out->available_bytes) s->report->fits = false;
  count_constants(s, number, out);
  const uint32_t peak = s->layout->peak_place[number];
  out->peak_step = out->live_bytes > 0 ? (int)peak : -1;
  return list_live(s, number, out);
}

// ---- steps

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
  const bool linear = segment->stage == s->layout->stage && ctf_stage_is_linear(s->plan, segment->stage);
  const uint32_t* order = linear ? s->layout->order : s->plan->segment_steps + segment->first_step_at;
  if (order[0] != at) return NULL;
  int* waits;
  CTF_TRY(ctf_alloc_array(s->report->scratch, &waits, segment->num_preds));
  for (uint32_t i = 0; i < segment->num_preds; ++i) waits[i] = (int)segment->preds[i];
  out->num_waits = segment->num_preds;
  out->waits = waits;
  return NULL;
}

static ctf_status set_not_exact(report_state* s, const char* before, const TF_Operation* node, const char* after) {
  char text[512], *copy;
  const int length = snprintf(text, sizeof(text), "%s \"%.380s\" %s", before, node->name.data, after);
  CTF_TRY(ctf_alloc_string(s->report->scratch, text, (size_t)length, &copy));
  s->report->not_exact = copy;
  s->report->exact = false;
  return NULL;
}

// A size is not known when it comes from data, and strings are as long as they turn out.
static ctf_status explain_exact(report_state* s) {
  s->report->exact = true;
  s->report->not_exact = "";
  for (size_t i = 0; i < s->plan->num_slots; ++i) {
    const ctf_slot* slot = &s->plan->slots[i];
    if (slot->kind != CTF_SLOT_OUTPUT) continue;
    uint32_t output;
    const TF_Operation* node = ctf_slot_node(s->plan, slot, &output);
    if (slot->sized_by_data || slot->stage > 0) return set_not_exact(s, "the size of", node, "comes from data");
    if (slot->dtype != TF_STRING || slot->root != i || s->layout->skip_step[slot->producer]) continue;
    return set_not_exact(s, "the strings of", node, "are as long as they turn out");
  }
  for (size_t i = 0; i < s->plan->num_fetches; ++i) {
    const ctf_slot* slot = &s->plan->slots[s->plan->fetches[i].slot];
    uint32_t output;
    if (slot->dtype != TF_STRING) continue;  // a copy of strings that are there
    return set_not_exact(s, "the strings of", ctf_slot_node(s->plan, slot, &output), "are as long as they turn out");
  }
  return NULL;
}

ctf_status ctf_plan_report_create(const ctf_report_request* request, ctf_plan_report** out_report) {
  ctf_status status = NULL;
  const ctf_plan* plan = request->plan;
  report_state s = {.request = request, .plan = plan, .layout = request->layout};

  CTF_TRY_DONE(ctf_alloc_new(ctf_allocator_process(), &s.report));
  CTF_TRY_DONE(ctf_scratch_create(ctf_allocator_process(), 8192, &s.report->scratch));
  s.report->fits = true;
  CTF_TRY_DONE(explain_exact(&s));
  CTF_TRY_DONE(ctf_alloc_array(s.report->scratch, &s.report->devices, plan->devices->num_devices));
  CTF_TRY_DONE(ctf_alloc_array(s.report->scratch, &s.report->steps, plan->num_steps));
  for (uint32_t i = 0; i < plan->devices->num_devices; ++i) {
    CTF_TRY_DONE(add_device(&s, i, &s.report->devices[s.report->num_devices++]));
  }
  const uint32_t ordered = plan->stages[0].end_step;  // later stages run in an order that is not known yet
  for (uint32_t i = 0; i < plan->num_steps; ++i) {
    const uint32_t at = i < ordered ? s.layout->order[i] : i;
    CTF_TRY_DONE(add_step(&s, at, &s.report->steps[s.report->num_steps++]));
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
