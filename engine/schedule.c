// Streams for steps, stages where data decide sizes, and segments: runs of steps on one stream that need nothing from
// elsewhere in their middle.
#include <string.h>

#include "engine/plan.h"

typedef struct stream_state {
  uint32_t num_steps;     // put on it so far
  uint32_t open_segment;  // that the next step may join; CTF_NONE
  uint32_t last_segment;  // on it; CTF_NONE
} stream_state;

typedef struct schedule {
  ctf_plan* plan;
  ctf_allocator* local;
  stream_state streams[CTF_MAX_DEVICES][CTF_STREAMS_PER_DEVICE];
  uint32_t* tail;  // [steps] in the segment that it was put in: its place
  size_t pred_capacity;
  uint32_t* preds;  // of the step at hand: segments on other streams
  uint32_t num_preds;
} schedule;

static bool value_input(const ctf_step* step, int input) {
  if (step->kind == CTF_STEP_COPY || step->node->def == NULL) return false;
  return ctf_op_reads_value(step->node->def, input, step->num_inputs);
}

static bool reads_data(const ctf_step* step) {
  return step->kind == CTF_STEP_COPY || !(step->node->def->flags & CTF_OP_SHAPE_ONLY);
}

// ---- stages and values

// A step begins a stage when, at the time its stage's layout is made, a shape or value it needs cannot be known.
static bool begins_stage(const ctf_plan* plan, const ctf_step* step, uint32_t stage) {
  for (int i = 0; i < step->num_inputs; ++i) {
    const ctf_slot* slot = &plan->slots[step->in[i]];
    if (slot->stage != stage || slot->kind != CTF_SLOT_OUTPUT) continue;
    if (slot->sized_by_data || (value_input(step, i) && !slot->evaluable)) return true;
  }
  return false;
}

static bool step_evaluable(const ctf_plan* plan, const ctf_step* step, uint32_t stage, bool can_evaluate) {
  if (step->device != 0 || step->kind == CTF_STEP_COPY || !can_evaluate) return false;
  if (!reads_data(step)) return true;
  for (int i = 0; i < step->num_inputs; ++i) {
    const ctf_slot* slot = &plan->slots[step->in[i]];
    const bool from_earlier = slot->stage < stage && slot->kind == CTF_SLOT_OUTPUT;
    if (slot->device != 0 || !(from_earlier || slot->evaluable)) return false;
  }
  return true;
}

static ctf_status make_stages(ctf_plan* plan) {
  CTF_TRY(ctf_alloc_array(plan->scratch, &plan->stages, plan->num_steps + 1));
  plan->num_stages = 1;
  for (uint32_t i = 0; i < plan->num_steps; ++i) {
    ctf_step* step = &plan->steps[i];
    uint32_t stage = (uint32_t)plan->num_stages - 1;
    if (begins_stage(plan, step, stage)) {
      plan->stages[stage].end_step = i;
      ++stage;
      ++plan->num_stages;
      plan->stages[stage].first_step = i;
    }
    const bool sized = step->kind == CTF_STEP_KERNEL && (step->node->def->flags & CTF_OP_SIZE_FROM_DATA);
    for (int j = 0; j < step->num_outputs; ++j) {
      ctf_slot* slot = &plan->slots[step->out[j]];
      slot->stage = stage;
      slot->sized_by_data = sized;
      // The compiler left in `evaluable` whether the node can be evaluated at all.
      slot->evaluable = step_evaluable(plan, step, stage, slot->evaluable);
    }
    if (step->workspace != CTF_NONE) plan->slots[step->workspace].stage = stage;
  }
  plan->stages[plan->num_stages - 1].end_step = (uint32_t)plan->num_steps;
  return NULL;
}

// Values that shape functions and kernels read on the host, and what they are computed from.
static void mark_values(ctf_plan* plan) {
  for (size_t i = plan->num_steps; i-- > 0;) {
    const ctf_step* step = &plan->steps[i];
    bool needed = false;
    for (int j = 0; j < step->num_outputs; ++j) needed |= plan->slots[step->out[j]].value_needed;
    needed = needed && step->num_outputs > 0 && plan->slots[step->out[0]].evaluable && reads_data(step);
    for (int j = 0; j < step->num_inputs; ++j) {
      if (needed || value_input(step, j)) plan->slots[step->in[j]].value_needed = true;
    }
  }
}

// ---- streams

// The stream of an input whose producer is the newest step there, so that a chain stays on one stream; else the stream
// with the fewest steps.
static uint32_t choose_stream(const schedule* s, uint32_t at, uint32_t device) {
  const ctf_plan* plan = s->plan;
  const ctf_step* step = &plan->steps[at];
  if (!ctf_device_is_async(plan->devices->devices[device])) return 0;
  for (int i = 0; i < step->num_inputs; ++i) {
    const ctf_slot* slot = &plan->slots[step->in[i]];
    if (slot->kind != CTF_SLOT_OUTPUT) continue;
    const ctf_step* producer = &plan->steps[slot->producer];
    if (producer->segment == CTF_NONE) continue;
    const ctf_segment* segment = &plan->segments[producer->segment];
    if (segment->device != device) continue;
    const stream_state* stream = &s->streams[device][segment->stream];
    if (stream->last_segment == producer->segment && s->tail[slot->producer] + 1 == segment->num_steps) {
      return segment->stream;
    }
  }
  uint32_t best = 0;
  for (uint32_t i = 1; i < CTF_STREAMS_PER_DEVICE; ++i) {
    if (s->streams[device][i].num_steps < s->streams[device][best].num_steps) best = i;
  }
  return best;
}

// On which device's streams a step is put: a copy is the work of the device that is not the CPU.
static uint32_t working_device(const ctf_plan* plan, const ctf_step* step) {
  if (step->kind != CTF_STEP_COPY || step->device != 0) return step->device;
  return plan->slots[step->in[0]].device;
}

// ---- segments

static ctf_status need_step(schedule* s, uint32_t producer, uint32_t device, uint32_t stream) {
  const uint32_t segment = s->plan->steps[producer].segment;
  const ctf_segment* from = &s->plan->segments[segment];
  if (from->device == device && from->stream == stream) return NULL;
  for (uint32_t i = 0; i < s->num_preds; ++i) {
    if (s->preds[i] == segment) return NULL;
  }
  if (s->num_preds == s->pred_capacity) {
    CTF_TRY(ctf_grow_array(s->local, &s->preds, &s->pred_capacity, s->num_preds + 1));
  }
  s->preds[s->num_preds++] = segment;
  return NULL;
}

static ctf_status find_preds(schedule* s, uint32_t at, uint32_t device, uint32_t stream) {
  const ctf_plan* plan = s->plan;
  const ctf_step* step = &plan->steps[at];
  s->num_preds = 0;
  for (int i = 0; i < step->num_inputs; ++i) {
    const ctf_slot* slot = &plan->slots[step->in[i]];
    if (slot->kind == CTF_SLOT_OUTPUT) CTF_TRY(need_step(s, slot->producer, device, stream));
  }
  for (size_t i = 0; i < step->num_controls; ++i) CTF_TRY(need_step(s, step->controls[i], device, stream));
  return NULL;
}

// The open segment waits already for everything that the step needs from other streams.
static bool can_join(const schedule* s, uint32_t open) {
  if (open == CTF_NONE) return false;
  const ctf_segment* segment = &s->plan->segments[open];
  for (uint32_t i = 0; i < s->num_preds; ++i) {
    bool found = false;
    for (uint32_t j = 0; j < segment->num_preds; ++j) found |= segment->preds[j] == s->preds[i];
    if (!found) return false;
  }
  return true;
}

static ctf_status open_segment(schedule* s, uint32_t device, uint32_t stream, uint32_t stage, bool drop_waits) {
  ctf_plan* plan = s->plan;
  stream_state* state = &s->streams[device][stream];
  const uint32_t number = (uint32_t)plan->num_segments;
  ctf_segment* segment = &plan->segments[plan->num_segments++];
  *segment = (ctf_segment){.device = device, .stream = stream, .stage = stage};
  // Whoever is waited for ends here: its event must not wait for steps that come later.
  for (uint32_t i = 0; i < s->num_preds; ++i) {
    const ctf_segment* pred = &plan->segments[s->preds[i]];
    stream_state* of = &s->streams[pred->device][pred->stream];
    if (of->open_segment == s->preds[i]) of->open_segment = CTF_NONE;
  }
  // The stream itself orders segments on it; the host has no stream, so there the order is an edge like any other.
  const bool follows = state->last_segment != CTF_NONE;
  CTF_TRY(ctf_alloc_array(plan->scratch, &segment->preds, s->num_preds + follows));
  if (!drop_waits || device == 0) {
    for (uint32_t i = 0; i < s->num_preds; ++i) segment->preds[segment->num_preds++] = s->preds[i];
  }
  if (follows) segment->preds[segment->num_preds++] = state->last_segment;
  state->open_segment = number;
  state->last_segment = number;
  return NULL;
}

static ctf_status make_segments(schedule* s, bool drop_waits) {
  ctf_plan* plan = s->plan;
  CTF_TRY(ctf_alloc_array(plan->scratch, &plan->segments, plan->num_steps));
  for (size_t i = 0; i < plan->num_steps; ++i) plan->steps[i].segment = CTF_NONE;
  for (uint32_t stage = 0; stage < plan->num_stages; ++stage) {
    ctf_stage* of = &plan->stages[stage];
    of->first_segment = (uint32_t)plan->num_segments;
    for (size_t d = 0; d < CTF_MAX_DEVICES; ++d) {
      for (size_t i = 0; i < CTF_STREAMS_PER_DEVICE; ++i) s->streams[d][i].open_segment = CTF_NONE;
    }
    for (uint32_t at = of->first_step; at < of->end_step; ++at) {
      ctf_step* step = &plan->steps[at];
      const uint32_t device = working_device(plan, step);
      step->stream = choose_stream(s, at, device);
      CTF_TRY(find_preds(s, at, device, step->stream));
      stream_state* state = &s->streams[device][step->stream];
      if (!can_join(s, state->open_segment)) CTF_TRY(open_segment(s, device, step->stream, stage, drop_waits));
      step->segment = state->open_segment;
      s->tail[at] = plan->segments[step->segment].num_steps++;
      ++state->num_steps;
    }
    of->end_segment = (uint32_t)plan->num_segments;
  }
  return NULL;
}

// Steps sorted by segment, and each segment's successors within its stage.
static ctf_status link_segments(schedule* s) {
  ctf_plan* plan = s->plan;
  uint32_t next = 0;
  CTF_TRY(ctf_alloc_array(plan->scratch, &plan->segment_steps, plan->num_steps));
  for (size_t i = 0; i < plan->num_segments; ++i) {
    plan->segments[i].first_step_at = next;
    next += plan->segments[i].num_steps;
  }
  for (uint32_t i = 0; i < plan->num_steps; ++i) {
    plan->segment_steps[plan->segments[plan->steps[i].segment].first_step_at + s->tail[i]] = i;
  }
  for (int fill = 0; fill < 2; ++fill) {
    for (uint32_t i = 0; i < plan->num_segments; ++i) {
      for (uint32_t j = 0; j < plan->segments[i].num_preds; ++j) {
        ctf_segment* pred = &plan->segments[plan->segments[i].preds[j]];
        if (fill) pred->succs[pred->num_succs] = i;
        ++pred->num_succs;
      }
    }
    for (uint32_t i = 0; i < plan->num_segments && !fill; ++i) {
      CTF_TRY(ctf_alloc_array(plan->scratch, &plan->segments[i].succs, plan->segments[i].num_succs));
      plan->segments[i].num_succs = 0;
    }
  }
  return NULL;
}

static ctf_status close_reach(ctf_plan* plan) {
  const size_t n = plan->num_segments;
  size_t cells;
  if (n <= 1) return NULL;
  if (!ctf_mul_size(n, n, &cells)) return ctf_error(TF_RESOURCE_EXHAUSTED, "a plan of %zu segments is too large", n);
  CTF_TRY(ctf_alloc_array(plan->scratch, &plan->reaches, cells));
  for (size_t to = 0; to < n; ++to) {  // preds have smaller numbers
    for (uint32_t j = 0; j < plan->segments[to].num_preds; ++j) {
      const size_t pred = plan->segments[to].preds[j];
      plan->reaches[pred * n + to] = 1;
      for (size_t from = 0; from < pred; ++from) plan->reaches[from * n + to] |= plan->reaches[from * n + pred];
    }
    // A stage begins when all before it is complete.
    for (size_t from = 0; from < plan->stages[plan->segments[to].stage].first_segment; ++from) {
      plan->reaches[from * n + to] = 1;
    }
  }
  return NULL;
}

bool ctf_plan_before(const ctf_plan* plan, uint32_t step_a, uint32_t step_b) {
  const uint32_t a = plan->steps[step_a].segment, b = plan->steps[step_b].segment;
  if (a == b) return step_a < step_b;
  return plan->reaches[(size_t)a * plan->num_segments + b] != 0;
}

ctf_status ctf_plan_schedule(ctf_plan* plan, ctf_allocator* local, const ctf_plan_faults* faults) {
  schedule s = {.plan = plan, .local = local};
  for (size_t d = 0; d < CTF_MAX_DEVICES; ++d) {
    for (size_t i = 0; i < CTF_STREAMS_PER_DEVICE; ++i) {
      s.streams[d][i] = (stream_state){.open_segment = CTF_NONE, .last_segment = CTF_NONE};
    }
  }
  CTF_TRY(ctf_alloc_array(local, &s.tail, plan->num_steps));
  CTF_TRY(make_stages(plan));
  mark_values(plan);
  CTF_TRY(make_segments(&s, faults->drop_waits));
  CTF_TRY(link_segments(&s));
  return close_reach(plan);
}
