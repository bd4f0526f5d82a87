// Lanes: where a session keeps runs between calls, so that callers do not meet.
//
// A call enters a free lane and has it to itself until it leaves. A lane remembers the last few requests with their
// plans and idle runs; a request that comes again goes on from there without the session's lock.
#ifndef CTF_ENGINE_LANE_H_
#define CTF_ENGINE_LANE_H_

#include "engine/run.h"

#ifdef CTF_STRESS
#define CTF_NUM_LANES 2
#define CTF_LANE_REQUESTS 1
#define CTF_REQUEST_RUNS 1
#else
#define CTF_NUM_LANES 16
#define CTF_LANE_REQUESTS 4  // of a lane, least recently used first out
#define CTF_REQUEST_RUNS 2   // of a request: signatures
#endif

typedef struct ctf_lane_request {
  ctf_plan_request request;  // its arrays are the lane's
  uint64_t callable;         // by whose number it is found; 0: by its names
  void* arrays;
  ctf_plan* plan;                   // counted
  ctf_run* runs[CTF_REQUEST_RUNS];  // idle; most recently used first
} ctf_lane_request;

typedef struct ctf_lane {
  atomic_bool busy;  // the rest belongs to whoever has set it
  uint32_t num_requests;
  ctf_lane_request requests[CTF_LANE_REQUESTS];  // most recently used first
  char apart[64];                                // no two lanes share a cache line
} ctf_lane;

// A copy whose arrays lie in one block, which the caller frees.
CTF_MUST_USE ctf_status ctf_plan_request_copy(ctf_allocator* alloc, const ctf_plan_request* request,
                                              ctf_plan_request* out_copy, void** out_arrays);

// A lane that nobody is in, this thread's usual one if that is free; NULL: all are taken. Sequentially consistent, as
// is leaving: whoever then asks whether the session is closed, and whoever closes it and then asks whether lanes are
// busy, cannot both see the old state.
ctf_lane* ctf_lane_enter(ctf_lane* lanes);
void ctf_lane_leave(ctf_lane* lane);

// The request that the lane remembers, now its first; NULL: it does not. With `callable` not 0 that number alone says
// which.
ctf_lane_request* ctf_lane_find(ctf_lane* lane, const ctf_plan_request* request, uint64_t callable);
// Remembers it. Best effort: NULL when there is no memory for it. Retains the plan.
ctf_lane_request* ctf_lane_remember(ctf_lane* lane, ctf_allocator* alloc, const ctf_plan_request* request,
                                    uint64_t callable, ctf_plan* plan);
// Takes an idle run that these feeds fit; NULL: there is none.
ctf_run* ctf_lane_take(ctf_lane_request* request, TF_Tensor* const* feeds);
void ctf_lane_give(ctf_lane_request* request, ctf_run* run);

void ctf_lane_forget(ctf_lane* lane, ctf_allocator* alloc);  // frees all that it keeps
// Has all other lanes that are free give up what they keep, and the idle runs of `own`, which the caller is in.
void ctf_lanes_evict(ctf_lane* lanes, ctf_lane* own, ctf_allocator* alloc);

#endif  // CTF_ENGINE_LANE_H_
