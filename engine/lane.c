#include "engine/lane.h"

#include <string.h>

// ---- entering

// Which lane a thread tries first: threads are dealt out in the order in which they come.
static atomic_uint num_threads_seen;
static _Thread_local unsigned usual_lane;  // its number plus one; 0: not dealt yet

static bool try_enter(ctf_lane* lane) {
  return !atomic_load_explicit(&lane->busy, memory_order_relaxed) && !atomic_exchange(&lane->busy, true);
}

ctf_lane* ctf_lane_enter(ctf_lane* lanes) {
  if (usual_lane == 0) {
    usual_lane = 1 + atomic_fetch_add_explicit(&num_threads_seen, 1, memory_order_relaxed) % CTF_NUM_LANES;
  }
  for (unsigned i = 0; i < CTF_NUM_LANES; ++i) {
    ctf_lane* lane = &lanes[(usual_lane - 1 + i) % CTF_NUM_LANES];
    if (try_enter(lane)) return lane;
  }
  return NULL;
}

void ctf_lane_leave(ctf_lane* lane) { atomic_store(&lane->busy, false); }

// ---- requests

static bool same_outputs(size_t count, const TF_Output* a, const TF_Output* b) {
  for (size_t i = 0; i < count; ++i) {
    if (a[i].oper != b[i].oper || a[i].index != b[i].index) return false;
  }
  return true;
}

static bool same_request(const ctf_plan_request* a, const ctf_plan_request* b) {
  return a->num_feeds == b->num_feeds && a->num_fetches == b->num_fetches && a->num_targets == b->num_targets &&
         same_outputs(a->num_feeds, a->feeds, b->feeds) && same_outputs(a->num_fetches, a->fetches, b->fetches) &&
         (a->num_targets == 0 || memcmp(a->targets, b->targets, a->num_targets * sizeof(*a->targets)) == 0);
}

static ctf_lane_request* move_to_front(ctf_lane* lane, uint32_t at) {
  if (at > 0) {
    const ctf_lane_request found = lane->requests[at];
    memmove(lane->requests + 1, lane->requests, at * sizeof(found));
    lane->requests[0] = found;
  }
  return &lane->requests[0];
}

ctf_lane_request* ctf_lane_find(ctf_lane* lane, const ctf_plan_request* request, uint64_t callable) {
  for (uint32_t i = 0; i < lane->num_requests; ++i) {
    const ctf_lane_request* known = &lane->requests[i];
    if (known->callable != callable) continue;
    if (callable != 0 || same_request(&known->request, request)) return move_to_front(lane, i);
  }
  return NULL;
}

static void free_runs(ctf_lane_request* request) {
  for (int i = 0; i < CTF_REQUEST_RUNS; ++i) {
    ctf_run_free(request->runs[i]);
    request->runs[i] = NULL;
  }
}

static void forget_last(ctf_lane* lane, ctf_allocator* alloc) {
  ctf_lane_request* last = &lane->requests[--lane->num_requests];
  free_runs(last);
  ctf_plan_release(last->plan);
  ctf_free(alloc, last->arrays);
}

ctf_status ctf_plan_request_copy(ctf_allocator* alloc, const ctf_plan_request* request, ctf_plan_request* out_copy,
                                 void** out_arrays) {
  const size_t num_outputs = request->num_feeds + request->num_fetches;
  char* block;
  CTF_TRY(ctf_alloc_array(alloc, &block, num_outputs * sizeof(TF_Output) + request->num_targets * sizeof(void*)));
  TF_Output* outputs = (TF_Output*)(void*)block;
  const TF_Operation** targets = (const TF_Operation**)(void*)(outputs + num_outputs);
  for (size_t i = 0; i < num_outputs; ++i) {
    outputs[i] = i < request->num_feeds ? request->feeds[i] : request->fetches[i - request->num_feeds];
  }
  for (size_t i = 0; i < request->num_targets; ++i) targets[i] = request->targets[i];
  *out_arrays = block;
  *out_copy = *request;
  out_copy->feeds = outputs;
  out_copy->fetches = outputs + request->num_feeds;
  out_copy->targets = targets;
  return NULL;
}

ctf_lane_request* ctf_lane_remember(ctf_lane* lane, ctf_allocator* alloc, const ctf_plan_request* request,
                                    uint64_t callable, ctf_plan* plan) {
  ctf_lane_request copy = {.callable = callable};
  ctf_status status = ctf_plan_request_copy(alloc, request, &copy.request, &copy.arrays);
  if (status != NULL) {
    ctf_status_drop(status);  // the call goes on without
    return NULL;
  }
  copy.plan = ctf_plan_retain(plan);
  if (lane->num_requests == CTF_LANE_REQUESTS) forget_last(lane, alloc);
  lane->requests[lane->num_requests++] = copy;
  return move_to_front(lane, lane->num_requests - 1);
}

// ---- runs

ctf_run* ctf_lane_take(ctf_lane_request* request, TF_Tensor* const* feeds) {
  for (int i = 0; i < CTF_REQUEST_RUNS; ++i) {
    ctf_run* run = request->runs[i];
    if (run == NULL || !ctf_run_fits(run, feeds)) continue;
    for (; i + 1 < CTF_REQUEST_RUNS; ++i) request->runs[i] = request->runs[i + 1];
    request->runs[CTF_REQUEST_RUNS - 1] = NULL;
    return run;
  }
  return NULL;
}

void ctf_lane_give(ctf_lane_request* request, ctf_run* run) {
  ctf_run_free(request->runs[CTF_REQUEST_RUNS - 1]);
  for (int i = CTF_REQUEST_RUNS - 1; i > 0; --i) request->runs[i] = request->runs[i - 1];
  request->runs[0] = run;
}

void ctf_lane_forget(ctf_lane* lane, ctf_allocator* alloc) {
  while (lane->num_requests > 0) forget_last(lane, alloc);
}

void ctf_lanes_evict(ctf_lane* lanes, ctf_lane* own, ctf_allocator* alloc) {
  for (int i = 0; i < CTF_NUM_LANES; ++i) {
    if (&lanes[i] == own) {
      for (uint32_t j = 0; j < own->num_requests; ++j) free_runs(&own->requests[j]);
    } else if (try_enter(&lanes[i])) {
      ctf_lane_forget(&lanes[i], alloc);
      ctf_lane_leave(&lanes[i]);
    }
  }
}
