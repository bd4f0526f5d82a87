#include "engine/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRACE_CHUNK_BYTES 16384

static int64_t clock_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t ctf_trace_now(const ctf_trace* trace) { return clock_ns(CLOCK_MONOTONIC) - trace->begin_ns; }

ctf_status ctf_trace_create(ctf_trace** out_trace) {
  ctf_trace* trace;
  CTF_TRY(ctf_alloc_new(ctf_allocator_process(), &trace));
  const ctf_status status = ctf_scratch_create(ctf_allocator_process(), TRACE_CHUNK_BYTES, &trace->scratch);
  if (status != NULL) {
    ctf_free(ctf_allocator_process(), trace);
    return status;
  }
  atomic_init(&trace->busy, false);
  *out_trace = trace;
  return NULL;
}

void ctf_trace_free(ctf_trace* trace) {
  if (trace == NULL) return;
  ctf_allocator_free(trace->scratch);
  ctf_free(ctf_allocator_process(), trace);
}

static ctf_status make_room(ctf_trace* trace, const ctf_plan* plan) {
  CTF_TRY(ctf_alloc_array(trace->scratch, &trace->step_times, plan->num_steps));
  CTF_TRY(ctf_alloc_array(trace->scratch, &trace->segment_waits, plan->num_segments));
  return ctf_alloc_array(trace->scratch, &trace->segment_ready, plan->num_segments);
}

ctf_status ctf_trace_begin(ctf_trace* trace, const ctf_plan* plan) {
  // acq_rel: what another thread's run has left is seen here, and what is forgotten here is forgotten after that run.
  if (atomic_exchange_explicit(&trace->busy, true, memory_order_acq_rel)) {
    return ctf_error(TF_INVALID_ARGUMENT, "the trace is that of a run that is under way; give each run its own");
  }
  ctf_scratch_reset(trace->scratch);
  trace->num_devices = trace->num_steps = trace->num_tensors = 0;
  trace->begin_unix_ns = clock_ns(CLOCK_REALTIME);
  trace->begin_ns = clock_ns(CLOCK_MONOTONIC);
  trace->admitted_ns = trace->end_ns = 0;
  trace->idle_since_ns = -1;
  const ctf_status status = make_room(trace, plan);
  if (status != NULL) atomic_store_explicit(&trace->busy, false, memory_order_release);
  return status;
}

// ---- rows

typedef struct trace_state {
  ctf_trace* trace;
  const ctf_trace_source* source;
  const ctf_plan* plan;
  size_t* holders;  // [slots] of a storage: its last tensor's place in trace->tensors, and one
} trace_state;

static ctf_status copy_text(const trace_state* s, const char* text, size_t length, const char** out_copy) {
  char* copy;
  CTF_TRY(ctf_alloc_string(s->trace->scratch, text, length, &copy));
  *out_copy = copy;
  return NULL;
}

#define MORE_THAN_NUMBER 32  // ", ", ":", a number, "^", a bracket

static ctf_status make_label(const trace_state* s, const ctf_step* step, const char* op, const char** out_label) {
  const ctf_plan* plan = s->plan;
  uint32_t output;
  size_t room = step->node->name.length + strlen(op) + MORE_THAN_NUMBER;
  for (int i = 0; i < step->num_inputs; ++i) {
    room += ctf_slot_node(plan, &plan->slots[step->in[i]], &output)->name.length + MORE_THAN_NUMBER;
  }
  for (size_t i = 0; i < step->num_controls; ++i) {
    room += plan->steps[step->controls[i]].node->name.length + MORE_THAN_NUMBER;
  }
  void* block;
  CTF_TRY(ctf_alloc_bytes(s->trace->scratch, room, &block));
  char* text = block;
  size_t length = (size_t)snprintf(text, room, "%s = %s(", step->node->name.data, op);
  const char* between = "";
  for (int i = 0; i < step->num_inputs; ++i, between = ", ") {
    const TF_Operation* from = ctf_slot_node(plan, &plan->slots[step->in[i]], &output);
    length += (size_t)snprintf(text + length, room - length, "%s%s", between, from->name.data);
    if (output > 0) length += (size_t)snprintf(text + length, room - length, ":%u", output);
  }
  for (size_t i = 0; i < step->num_controls; ++i, between = ", ") {
    length += (size_t)snprintf(text + length, room - length, "%s^%s", between,
                               plan->steps[step->controls[i]].node->name.data);
  }
  snprintf(text + length, room - length, ")");
  *out_label = text;
  return NULL;
}

static ctf_status copy_shape(const trace_state* s, const ctf_tensor* tensor, ctf_shape* out_shape) {
  int64_t* dims;
  const int32_t rank = tensor->rank > 0 ? tensor->rank : 0;
  CTF_TRY(ctf_alloc_array(s->trace->scratch, &dims, (size_t)rank));
  for (int32_t i = 0; i < rank; ++i) dims[i] = tensor->dims[i];
  *out_shape = (ctf_shape){rank, dims};
  return NULL;
}

// When the last step that used a root's bytes was done with them.
static int64_t last_use(const trace_state* s, const ctf_layout* layout, uint32_t root) {
  const ctf_plan* plan = s->plan;
  const uint32_t storage = layout->storages.of[root];
  if (plan->slots[root].own || storage == CTF_NONE || layout->storages.last[storage] == CTF_NONE) {
    return s->trace->end_ns;
  }
  int64_t last = 0;
  for (uint32_t i = plan->use_begin[root]; i < plan->use_begin[root + 1]; ++i) {
    const int64_t end_ns = s->trace->step_times[plan->use_steps[i]].end_ns;
    if (end_ns > last) last = end_ns;
  }
  return last;
}

// Whoever had the storage's bytes has them until this tensor's step begins.
static void take_over(trace_state* s, uint32_t storage, const ctf_trace_tensor* row) {
  if (s->holders[storage] > 0) {
    ctf_trace_tensor* before = &s->trace->tensors[s->holders[storage] - 1];
    if (before->end_ns > row->start_ns) before->end_ns = row->start_ns;
  }
  s->holders[storage] = s->trace->num_tensors + 1;
}

static ctf_status add_tensor(trace_state* s, const ctf_layout* layout, uint32_t at, const ctf_trace_time* time) {
  ctf_trace* trace = s->trace;
  const ctf_slot* slot = &s->plan->slots[at];
  const ctf_tensor* tensor = &s->source->slots[at];
  ctf_trace_tensor* row = &trace->tensors[trace->num_tensors];
  uint32_t output;
  const TF_Operation* node = ctf_slot_node(s->plan, slot, &output);
  char number[MORE_THAN_NUMBER];
  const int digits = snprintf(number, sizeof(number), ":%u", output);
  char* name;
  CTF_TRY(ctf_alloc_array(trace->scratch, &name, node->name.length + (size_t)digits + 1));
  memcpy(name, node->name.data, node->name.length);
  memcpy(name + node->name.length, number, (size_t)digits);
  *row = (ctf_trace_tensor){.name = name,
                            .role = slot->kind == CTF_SLOT_WORKSPACE ? "workspace"
                                    : slot->own                      ? "fetch"
                                                                     : "output",
                            .device = slot->device,
                            .step = (uint32_t)trace->num_steps,
                            .dtype = slot->dtype,
                            .bytes = tensor->bytes,
                            .held_bytes = tensor->bytes,
                            .offset = CTF_NO_LIMIT,
                            .data = tensor->data,
                            .start_ns = time->start_ns,
                            .end_ns = last_use(s, layout, slot->root)};
  CTF_TRY(copy_shape(s, tensor, &row->shape));
  const uint32_t storage = layout->storages.of[slot->root];
  const bool in_arena = storage != CTF_NONE && layout->offsets[storage] != CTF_NO_LIMIT;
  if (in_arena) row->offset = layout->offsets[storage];
  if (slot->root != at) {
    row->held_bytes = 0;  // bytes of the tensor that it is a view of
  } else if (storage != CTF_NONE) {
    if (in_arena) row->held_bytes = ctf_round_up(tensor->bytes, CTF_TENSOR_ALIGNMENT);
    take_over(s, storage, row);
  }
  ++trace->num_tensors;
  return NULL;
}

static const char* copy_name(const ctf_step* step) { return step->device == 0 ? "MEMCPYDtoH" : "MEMCPYHtoD"; }

static ctf_status begin_row(const trace_state* s, uint32_t at, ctf_trace_step* out_row) {
  const ctf_step* step = &s->plan->steps[at];
  const ctf_segment* segment = &s->plan->segments[step->segment];
  const char* op = step->kind == CTF_STEP_COPY ? copy_name(step) : step->node->op->name;
  *out_row =
      (ctf_trace_step){.device = segment->device, .stream = segment->stream, .first_tensor = s->trace->num_tensors};
  CTF_TRY(copy_text(s, step->node->name.data, step->node->name.length, &out_row->name));
  CTF_TRY(copy_text(s, op, strlen(op), &out_row->op));
  return make_label(s, step, op, &out_row->label);
}

static ctf_status add_step(trace_state* s, uint32_t at) {
  ctf_trace* trace = s->trace;
  const ctf_step* step = &s->plan->steps[at];
  const ctf_segment* segment = &s->plan->segments[step->segment];
  const ctf_layout* layout = s->source->layouts[segment->stage];
  ctf_trace_step* row = &trace->steps[trace->num_steps];
  CTF_TRY(begin_row(s, at, row));
  row->kind = step->kind == CTF_STEP_COPY ? CTF_TRACE_COPY : CTF_TRACE_KERNEL;
  row->time = trace->step_times[at];
  if (segment->device == 0) row->time.scheduled_ns = trace->segment_ready[step->segment];
  for (int i = 0; i < step->num_outputs; ++i) CTF_TRY(add_tensor(s, layout, step->out[i], &row->time));
  if (step->workspace != CTF_NONE) CTF_TRY(add_tensor(s, layout, step->workspace, &row->time));
  row->num_tensors = trace->num_tensors - row->first_tensor;
  ++trace->num_steps;
  return NULL;
}

static ctf_status add_wait(trace_state* s, uint32_t number) {
  ctf_trace* trace = s->trace;
  const ctf_segment* segment = &s->plan->segments[number];
  ctf_trace_step* row = &trace->steps[trace->num_steps];
  CTF_TRY(begin_row(s, s->plan->segment_steps[segment->first_step_at], row));
  row->kind = CTF_TRACE_WAIT;
  row->time = trace->segment_waits[number];
  row->time.scheduled_ns = row->time.start_ns;
  ++trace->num_steps;
  return NULL;
}

static ctf_status add_segment(trace_state* s, uint32_t number) {
  const ctf_segment* segment = &s->plan->segments[number];
  const ctf_layout* layout = s->source->layouts[segment->stage];
  if (layout == NULL) return NULL;  // an earlier stage failed
  const uint32_t* order =
      ctf_stage_is_linear(s->plan, segment->stage) ? layout->order : s->plan->segment_steps + segment->first_step_at;
  if (s->trace->segment_waits[number].end_ns > 0) CTF_TRY(add_wait(s, number));
  for (uint32_t i = 0; i < segment->num_steps; ++i) {
    if (s->trace->step_times[order[i]].end_ns > 0) CTF_TRY(add_step(s, order[i]));
  }
  return NULL;
}

static int earlier_first(const void* left, const void* right) {
  const ctf_trace_step *a = left, *b = right;
  if (a->time.start_ns != b->time.start_ns) return a->time.start_ns < b->time.start_ns ? -1 : 1;
  return a->first_tensor < b->first_tensor ? -1 : a->first_tensor > b->first_tensor;
}

static ctf_status make_rows(trace_state* s) {
  ctf_trace* trace = s->trace;
  const ctf_plan* plan = s->plan;
  size_t num_tensors = plan->num_steps;  // workspaces
  for (size_t i = 0; i < plan->num_steps; ++i) num_tensors += (size_t)plan->steps[i].num_outputs;
  CTF_TRY(ctf_alloc_array(trace->scratch, &s->holders, plan->num_slots));
  CTF_TRY(ctf_alloc_array(trace->scratch, &trace->steps, plan->num_steps + plan->num_segments));
  CTF_TRY(ctf_alloc_array(trace->scratch, &trace->tensors, num_tensors));
  CTF_TRY(ctf_alloc_array(trace->scratch, &trace->devices, plan->devices->num_devices));
  for (size_t i = 0; i < plan->devices->num_devices; ++i) {
    const char* name = ctf_device_name(plan->devices->devices[i]);
    CTF_TRY(copy_text(s, name, strlen(name), &trace->devices[i]));
    ++trace->num_devices;
  }
  // Segments are in topological order: whoever takes over bytes comes after the tensor that had them.
  for (uint32_t i = 0; i < plan->num_segments; ++i) CTF_TRY(add_segment(s, i));
  if (plan->num_segments < 2) return NULL;
  qsort(trace->steps, trace->num_steps, sizeof(*trace->steps), earlier_first);
  for (uint32_t i = 0; i < trace->num_steps; ++i) {
    const ctf_trace_step* row = &trace->steps[i];
    for (size_t j = 0; j < row->num_tensors; ++j) trace->tensors[row->first_tensor + j].step = i;
  }
  return NULL;
}

ctf_status ctf_trace_end(ctf_trace* trace, const ctf_trace_source* source) {
  trace_state state = {.trace = trace, .source = source, .plan = source->plan};
  trace->end_ns = ctf_trace_now(trace);
  const ctf_status status = make_rows(&state);
  if (status != NULL) trace->num_steps = trace->num_tensors = 0;
  // release: see ctf_trace_begin.
  atomic_store_explicit(&trace->busy, false, memory_order_release);
  return status;
}
