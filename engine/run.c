// The executor: stage by stage, reserve what the layout says, then run the stage's segments.
//
// A plan on one host stream runs as a plain loop on the caller's thread. With asynchronous devices the caller's thread
// dispatches: a segment of a device is put on its stream once those it depends on have been (an event orders them), a
// host segment runs once they are complete. After a failure everything that is left goes through without its kernels,
// so that nothing is under way when the run ends.
#include "engine/run.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/files.h"
#include "engine/refusal.h"
#include "runtime/float_env.h"
#include "runtime/parallel.h"
#include "runtime/poison.h"

typedef struct run_launch {  // the argument of work on a stream
  ctf_run* run;
  uint32_t step;
} run_launch;

typedef struct segment_state {
  uint32_t num_waiting;  // guarded by run->lock
  ctf_event* event;      // of an asynchronous device
  run_launch done;       // for its completion; step is the segment's number
} segment_state;

typedef struct device_memory {  // of one stage, or of one output whose size came from data
  uint32_t device;
  ctf_block block;
  bool pooled;
} device_memory;

struct ctf_run {
  atomic_int refs;  // the caller, and each completion that is still to come
  bool repeats;
  bool keeps;  // memory from one execution to the next: not where others may wait for it
  ctf_executor* executor;
  ctf_plan* plan;
  const ctf_run_call* call;  // of this execution
  ctf_allocator* scratch;
  ctf_tensor* slots;
  TF_Tensor** own;     // [slots] memory that is the run's alone: fetched tensors, strings, sizes from data
  size_t num_made;     // slots that admission makes tensors for, in this stage
  uint32_t* made;      // [slots]
  ctf_spare** spares;  // [slots + fetches] where the run keeps memory
  size_t num_moving;   // slots whose bytes lie elsewhere in each run, in this stage: those, feeds, views of them
  uint32_t* moving;    // [slots]
  bool bound;          // all slots of the stage point into the arenas below
  uint8_t* arenas[CTF_MAX_DEVICES];
  ctf_block kept;         // of the host, from run to run
  TF_Tensor** values;     // [fetches]
  bool* last_of_root;     // [fetches] no later one is of the same bytes
  bool* copies_fetch;     // [fetches] it is a copy, which this stage reserves
  ctf_layout** layouts;   // [stages]
  ctf_admitted admitted;  // plan NULL: not listed
  run_launch* launches;   // [steps]
  segment_state* segments;
  atomic_bool failed;

  pthread_mutex_t lock;
  pthread_cond_t changed;
  ctf_status status;  // the first failure; guarded by lock, as is all below
  uint32_t* ready;    // segments that can go on, a ring of num_segments
  uint32_t ready_head;
  uint32_t num_ready;
  uint32_t num_left;  // segments of this stage that are not complete
  size_t num_memory;
  size_t memory_capacity;
  device_memory* memory;
};

// What a tensor of no bytes points to: functions of the C library must not be given NULL even for nothing.
static _Alignas(CTF_TENSOR_ALIGNMENT) uint8_t nothing[CTF_TENSOR_ALIGNMENT];

static void fail(ctf_run* run, ctf_status status) {
  if (status == NULL) return;
  pthread_mutex_lock(&run->lock);
  if (run->status == NULL) {
    run->status = status;
    status = NULL;
  }
  pthread_mutex_unlock(&run->lock);
  atomic_store_explicit(&run->failed, true, memory_order_release);
  ctf_status_drop(status);  // a later failure of the same run: the first one is what is reported
}

static bool has_failed(const ctf_run* run) { return atomic_load_explicit(&run->failed, memory_order_acquire); }

// ---- memory

// In builds that check, bytes of the arena that no step has written yet hold signalling NaNs, and under the address
// sanitizer may not be touched, as those of tensors that are dead may not. The latter needs steps that run one after
// the other: with streams, the host does not know which step a device has reached.
static bool is_linear(const ctf_plan* plan) {
  if (plan->num_segments > plan->num_stages) return false;
  for (size_t i = 0; i < plan->num_segments; ++i) {
    if (plan->segments[i].device != 0) return false;
  }
  return true;
}

#define MAX_KEPT_BYTES ((size_t)1 << 20)   // of an arena that stays with an idle run; a larger one goes to the pool
#define MAX_FILL_BYTES ((size_t)64 << 20)  // touching every page of a larger arena would take longer than the run

static void poison_arena(const ctf_run* run, uint32_t device, const ctf_block* block) {
  if (device != 0 || block->data == NULL) return;
  ctf_poison_lift(block->data, block->bytes);  // of a run before, if it is the same block
#ifndef CTF_NO_ASSERT
  ctf_poison_fill(block->data, block->bytes < MAX_FILL_BYTES ? block->bytes : MAX_FILL_BYTES);
#endif
  if (is_linear(run->plan)) ctf_poison_forbid(block->data, block->bytes);
}

#ifdef CTF_ADDRESS_SANITIZER
// The storage of a root in the arena of a plan whose steps run one after the other; else CTF_NONE.
static uint32_t storage_in_arena(const ctf_run* run, uint32_t slot) {
  if (slot == CTF_NONE || !is_linear(run->plan)) return CTF_NONE;
  const uint32_t root = run->plan->slots[slot].root;
  const ctf_slot* of = &run->plan->slots[root];
  if (of->kind != CTF_SLOT_OUTPUT && of->kind != CTF_SLOT_WORKSPACE) return CTF_NONE;
  const uint32_t storage = run->layouts[of->stage]->storages.of[root];
  return storage != CTF_NONE && run->layouts[of->stage]->offsets[storage] != CTF_NO_LIMIT ? storage : CTF_NONE;
}

static void lift_written(const ctf_run* run, uint32_t at) {
  const ctf_step* step = &run->plan->steps[at];
  for (int i = 0; i <= step->num_outputs; ++i) {
    const uint32_t slot = i < step->num_outputs ? step->out[i] : step->workspace;
    if (storage_in_arena(run, slot) != CTF_NONE) ctf_poison_lift(run->slots[slot].data, run->slots[slot].bytes);
  }
}

static void forbid_dead(const ctf_run* run, uint32_t at) {
  const ctf_step* step = &run->plan->steps[at];
  const ctf_layout* layout = run->layouts[run->plan->segments[step->segment].stage];
  for (int i = 0; i <= step->num_inputs; ++i) {
    const uint32_t slot = i < step->num_inputs ? step->in[i] : step->workspace;
    const uint32_t storage = storage_in_arena(run, slot);
    if (storage == CTF_NONE || run->plan->slots[storage].stage != layout->stage) continue;
    if (layout->storages.last[storage] == layout->place[at]) {
      ctf_poison_forbid(run->slots[storage].data, run->slots[storage].bytes);
    }
  }
}
#else
static void lift_written(const ctf_run* run, uint32_t at) {
  (void)run;
  (void)at;
}
static void forbid_dead(const ctf_run* run, uint32_t at) {
  (void)run;
  (void)at;
}
#endif

static ctf_status keep_memory(ctf_run* run, uint32_t device, ctf_block* block, bool pooled) {
  pthread_mutex_lock(&run->lock);
  ctf_status status = ctf_grow_array(run->plan->alloc, &run->memory, &run->memory_capacity, run->num_memory + 1);
  if (status == NULL) run->memory[run->num_memory++] = (device_memory){device, *block, pooled};
  pthread_mutex_unlock(&run->lock);
  if (status == NULL) return NULL;
  if (pooled) {
    ctf_block_pool_give(&run->executor->pools[device], block);
  } else {
    ctf_device_unreserve(run->executor->devices->devices[device], run->executor->budgets[device], block);
  }
  return status;
}

// A tensor of the run's own. What can be made again is given up before it is refused.
static ctf_status make_tensor(const ctf_run* run, TF_DataType dtype, ctf_shape shape, const char* what,
                              TF_Tensor** out_tensor) {
  ctf_budget* budget = run->executor->budgets[0];
  ctf_status status = ctf_tensor_create(dtype, shape, budget, what, out_tensor);
  if (status == NULL || ctf_status_code(status) != TF_RESOURCE_EXHAUSTED) return status;
  ctf_status_drop(status);  // said again below if it still does not fit
  run->call->evict(run->call->evict_arg);
  return ctf_tensor_create(dtype, shape, budget, what, out_tensor);
}

typedef struct reserving_ctx {  // a kernel's context, with what ctf_out_reserve needs
  ctf_kernel_ctx k;
  ctf_run* run;
  const ctf_step* step;
} reserving_ctx;

static ctf_status reserve_output(ctf_kernel_ctx* k, int output, int rank, const int64_t* dims) {
  const reserving_ctx* ctx = (const reserving_ctx*)k;
  ctf_run* run = ctx->run;
  const uint32_t slot = ctx->step->out[output];
  const ctf_slot* of = &run->plan->slots[slot];
  const ctf_shape shape = {rank, dims};
  if (of->device == 0) {
    CTF_ASSERT(run->own[slot] == NULL);
    CTF_TRY(make_tensor(run, of->dtype, shape, "result", &run->own[slot]));
    run->slots[slot] = run->own[slot]->view;
    if (run->slots[slot].bytes == 0) run->slots[slot].data = nothing;
    return NULL;
  }
  size_t bytes;
  ctf_block block;
  CTF_TRY(ctf_shape_bytes(shape, of->dtype, &bytes));
  CTF_TRY(ctf_device_reserve(run->executor->devices->devices[of->device], run->executor->budgets[of->device], bytes,
                             "result", &block));
  CTF_TRY(keep_memory(run, of->device, &block, false));
  // The dims must outlive the call; the list of memory has grown under the lock, so has the scratch.
  int64_t* own_dims;
  pthread_mutex_lock(&run->lock);
  ctf_status status = ctf_alloc_array(run->scratch, &own_dims, (size_t)rank);
  pthread_mutex_unlock(&run->lock);
  CTF_TRY(status);
  for (int i = 0; i < rank; ++i) own_dims[i] = dims[i];
  ctf_tensor tensor = {of->dtype, rank, own_dims, 0, bytes, bytes > 0 ? block.data : nothing};
  if (!ctf_shape_num_elements(shape, &tensor.num_elements)) tensor.num_elements = 0;  // bytes has refused it
  run->slots[slot] = tensor;
  return NULL;
}

// The tensor is the output, or is copied to where the layout has put that.
static ctf_status give_output(ctf_kernel_ctx* k, int output, TF_Tensor* tensor) {
  const reserving_ctx* ctx = (const reserving_ctx*)k;
  ctf_run* run = ctx->run;
  const uint32_t slot = ctx->step->out[output];
  ctf_tensor* planned = &run->slots[slot];
  if (run->plan->slots[slot].sized_by_data) {
    CTF_ASSERT(run->own[slot] == NULL && run->plan->slots[slot].device == 0);
    run->own[slot] = ctf_tensor_retain(tensor);
    *planned = tensor->view;
    if (planned->bytes == 0) planned->data = nothing;
    return NULL;
  }
  if (!ctf_shape_equal(ctf_tensor_shape(planned), ctf_tensor_shape(&tensor->view))) {
    return ctf_error(TF_INVALID_ARGUMENT, "output %d has the shape %s, its op says %s", output,
                     ctf_shape_print(ctf_tensor_shape(&tensor->view)).text,
                     ctf_shape_print(ctf_tensor_shape(planned)).text);
  }
  if (planned->dtype != TF_STRING) {
    if (planned->bytes > 0) memcpy(planned->data, tensor->view.data, planned->bytes);
    return NULL;
  }
  for (int64_t i = 0; i < planned->num_elements; ++i) {
    const char* text;
    size_t length;
    ctf_tensor_get_string(&tensor->view, i, &text, &length);
    CTF_TRY(ctf_tensor_put_string(planned, i, text, length, k->budget));
  }
  return NULL;
}

// Whether the bytes of a slot that the stage makes lie at the same place of the same arena in every run.
static bool has_fixed_place(const ctf_run* run, const ctf_layout* layout, uint32_t at) {
  const uint32_t root = run->plan->slots[at].root;
  const ctf_slot* of = &run->plan->slots[root];
  if ((of->kind != CTF_SLOT_OUTPUT && of->kind != CTF_SLOT_WORKSPACE) || of->stage != layout->stage) return false;
  const uint32_t storage = layout->storages.of[root];
  return storage != CTF_NONE && layout->offsets[storage] != CTF_NO_LIMIT;
}

// Which slots of the stage are made at its admission, and which are bound anew in every run: all that have no fixed
// place and no value.
static void list_slots(ctf_run* run, uint32_t stage) {
  const ctf_plan* plan = run->plan;
  const ctf_layout* layout = run->layouts[stage];
  run->num_made = run->num_moving = 0;
  run->bound = false;
  for (uint32_t i = 0; i < plan->num_slots; ++i) {
    const ctf_slot* slot = &plan->slots[i];
    const ctf_tensor* known = &layout->slots[i];
    const bool made = slot->kind == CTF_SLOT_OUTPUT || slot->kind == CTF_SLOT_WORKSPACE;
    if (!made || slot->stage != stage || known->data != NULL || has_fixed_place(run, layout, i)) continue;
    run->moving[run->num_moving++] = i;
    if (!slot->own || slot->root != i || slot->sized_by_data) continue;
    if (layout->skip_step[slot->producer] || known->rank < 0) continue;
    run->made[run->num_made++] = i;
  }
  for (size_t i = 0; i < plan->num_fetches; ++i) {
    run->copies_fetch[i] =
        ctf_layout_copies_fetch(plan, layout, i) && layout->slots[plan->fetches[i].slot].dtype != TF_STRING;
  }
}

static ctf_status take_arena(ctf_run* run, uint32_t device, size_t bytes) {
  const bool keep = run->keeps && device == 0 && bytes <= MAX_KEPT_BYTES;
  ctf_block block = run->kept;
  if (!keep || block.data == NULL) {
    CTF_TRY(ctf_block_pool_take(&run->executor->pools[device], bytes, &block));
    if (keep) {
      run->kept = block;
    } else if (block.data != NULL) {
      CTF_TRY(keep_memory(run, device, &block, true));
    }
  }
  poison_arena(run, device, &block);
  if (run->arenas[device] != block.data) run->bound = false;
  run->arenas[device] = block.data;
  return NULL;
}

// A fetched tensor lies where that of the run before lay, if the caller has let go of it. `number`: of its spare.
static ctf_status make_fetched(ctf_run* run, size_t number, const ctf_tensor* known, TF_Tensor** out_tensor) {
  ctf_budget* budget = run->executor->budgets[0];
  const ctf_shape shape = ctf_tensor_shape(known);
  if (!run->keeps) return ctf_tensor_create(known->dtype, shape, budget, "a fetched tensor", out_tensor);
  if (run->spares[number] == NULL) CTF_TRY(ctf_spare_create(&run->spares[number]));
  return ctf_spare_take(run->spares[number], known->dtype, shape, budget, "a fetched tensor", out_tensor);
}

// Everything that the stage's layout knows of and that is not there yet is reserved here, before its first step runs.
static ctf_status reserve_stage(ctf_run* run, uint32_t stage, size_t* inout_arenas) {
  const ctf_plan* plan = run->plan;
  const ctf_layout* layout = run->layouts[stage];
  for (; *inout_arenas < run->executor->devices->num_devices; ++*inout_arenas) {
    CTF_TRY(take_arena(run, (uint32_t)*inout_arenas, layout->arena_bytes[*inout_arenas]));
  }
  for (size_t i = 0; i < run->num_made; ++i) {
    const uint32_t at = run->made[i];
    if (run->own[at] != NULL) continue;
    uint32_t output;
    const TF_Operation* node = ctf_slot_node(plan, &plan->slots[at], &output);
    CTF_TRY(ctf_error_note(make_fetched(run, at, &layout->slots[at], &run->own[at]), "node '%s' (%s)", node->name.data,
                           node->op->name));
  }
  for (size_t i = 0; i < plan->num_fetches; ++i) {
    const ctf_tensor* known = &layout->slots[plan->fetches[i].slot];
    if (!run->copies_fetch[i] || run->values[i] != NULL) continue;
    CTF_TRY(make_fetched(run, plan->num_slots + i, known, &run->values[i]));
  }
  return NULL;
}

// What the stage has to reserve on a device, besides what the run keeps of the one before.
static size_t bytes_to_reserve(const ctf_run* run, const ctf_layout* layout, uint32_t device) {
  const bool kept = device == 0 && run->kept.data != NULL;
  size_t need = kept ? 0 : layout->arena_bytes[device];
  if (device != 0) return need;
  if (!run->keeps) return ctf_add_size(need, layout->fetch_bytes, &need) ? need : CTF_NO_LIMIT;
  for (size_t i = 0; i < run->num_made + run->plan->num_fetches; ++i) {
    const size_t fetch = i - run->num_made;
    if (i >= run->num_made && !run->copies_fetch[fetch]) continue;
    const size_t spare = i < run->num_made ? run->made[i] : run->plan->num_slots + fetch;
    const uint32_t slot = i < run->num_made ? run->made[i] : run->plan->fetches[fetch].slot;
    if (run->spares[spare] != NULL && ctf_spare_holds(run->spares[spare])) continue;
    if (!ctf_add_size(need, layout->slots[slot].bytes, &need)) return CTF_NO_LIMIT;
  }
  return need;
}

// All that the stage needs on a device at once, so that what is refused is refused before anything is taken, and as a
// whole. What others take meanwhile is met by the reservations themselves.
static ctf_status check_budget(const ctf_run* run, const ctf_layout* layout, uint32_t device) {
  const size_t need = bytes_to_reserve(run, layout, device);
  if (need == 0) return NULL;
  ctf_budget* budget = run->executor->budgets[device];
  const size_t available = ctf_budget_available(budget);
  // An idle block that the run takes itself is charged already.
  if (need <= available || need - available <= ctf_block_pool_idle_bytes(&run->executor->pools[device])) return NULL;
  run->call->evict(run->call->evict_arg);
  if (bytes_to_reserve(run, layout, device) <= ctf_budget_available(budget)) return NULL;
  return ctf_refuse_stage(run->plan, layout, device, budget, need, 0);
}

static ctf_status admit_stage(ctf_run* run, uint32_t stage) {
  size_t num_arenas = 0;
  for (uint32_t d = 0; d < run->executor->devices->num_devices; ++d) {
    CTF_TRY(check_budget(run, run->layouts[stage], d));
  }
  ctf_status status = reserve_stage(run, stage, &num_arenas);
  if (status == NULL || ctf_status_code(status) != TF_RESOURCE_EXHAUSTED) return status;
  ctf_status_drop(status);  // said again if it still does not fit
  run->call->evict(run->call->evict_arg);
  return reserve_stage(run, stage, &num_arenas);
}

// What one execution has had.
static void give_back_memory(ctf_run* run) {
  const ctf_plan* plan = run->plan;
  for (size_t i = 0; i < plan->num_fetches; ++i) {
    ctf_tensor_release(run->values[i]);
    run->values[i] = NULL;
  }
  const size_t num_own = run->repeats ? run->num_moving : plan->num_slots;
  for (size_t i = 0; i < num_own; ++i) {
    TF_Tensor** own = &run->own[run->repeats ? run->moving[i] : i];
    ctf_tensor_release(*own);
    *own = NULL;
  }
  for (size_t i = 0; i < run->num_memory; ++i) {
    device_memory* memory = &run->memory[i];
    ctf_poison_lift(memory->block.data, memory->block.bytes);
    if (memory->pooled) {
      ctf_block_pool_give(&run->executor->pools[memory->device], &memory->block);
    } else {
      ctf_device_unreserve(run->executor->devices->devices[memory->device], run->executor->budgets[memory->device],
                           &memory->block);
    }
  }
  run->num_memory = 0;
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// One attempt to reserve everything, or nothing.
static ctf_status try_to_begin(ctf_run* run) {
  ctf_executor* executor = run->executor;
  pthread_mutex_lock(&executor->admission.attempts);
  ctf_status status = admit_stage(run, 0);
  if (status == NULL) {
    run->admitted = (ctf_admitted){.plan = run->plan, .bytes = run->layouts[0]->fetch_bytes};
    for (uint32_t d = 0; d < executor->devices->num_devices; ++d) {
      run->admitted.bytes += run->layouts[0]->arena_bytes[d];
    }
    ctf_admission_enter(&executor->admission, &run->admitted);
  } else {
    give_back_memory(run);
  }
  pthread_mutex_unlock(&executor->admission.attempts);
  return status;
}

// Whether the run keeps all it needs from the one before, and that is so little that nobody would wait for it: it then
// takes no lock.
static bool has_begun_before(const ctf_run* run) {
  const ctf_layout* layout = run->layouts[0];
  return run->keeps && layout->arena_bytes[0] <= MAX_KEPT_BYTES && layout->fetch_bytes <= MAX_KEPT_BYTES &&
         bytes_to_reserve(run, layout, 0) == 0;
}

// A run that has begun keeps what it has, so only the first stage may wait for others: two that wait for each other
// would never end.
static ctf_status admit(ctf_run* run, uint32_t stage) {
  ctf_executor* executor = run->executor;
  if (stage > 0 || has_begun_before(run)) return admit_stage(run, stage);
  const bool waits = executor->admission_wait_ns > 0;
  const int64_t until_ns = waits ? now_ns() + executor->admission_wait_ns : 0;
  for (;;) {
    const uint64_t seen = waits ? ctf_admission_departures(&executor->admission) : 0;
    ctf_status status = try_to_begin(run);
    if (status == NULL || ctf_status_code(status) != TF_RESOURCE_EXHAUSTED) return status;
    if (!waits || !ctf_admission_wait(&executor->admission, seen, until_ns, run->call->cancel)) {
      ctf_status cancelled = ctf_cancel_check(run->call->cancel);
      if (cancelled == NULL) return ctf_admission_explain(&executor->admission, status);
      ctf_status_drop(status);  // the run ends because it was cancelled while it waited
      return cancelled;
    }
    ctf_status_drop(status);  // somebody has left: asked again
  }
}

// Where a root that the stage makes has its bytes; NULL: its step reserves them, or there are none.
static void* root_data(const ctf_run* run, const ctf_layout* layout, uint32_t root) {
  const uint32_t storage = layout->storages.of[root];
  if (storage == CTF_NONE) return run->own[root] != NULL ? run->own[root]->view.data : NULL;
  const size_t shift = layout->storages.shift[root];
  if (run->own[storage] != NULL) return (char*)run->own[storage]->view.data + shift;
  return run->arenas[run->plan->slots[storage].device] + layout->offsets[storage] + shift;
}

static void bind_slot(ctf_run* run, uint32_t stage, uint32_t at) {
  const ctf_slot* slot = &run->plan->slots[at];
  const ctf_layout* layout = run->layouts[stage];
  run->slots[at] = layout->slots[at];
  if (run->slots[at].data != NULL) return;  // a value that the layout holds
  // Of a view: its root may be of an earlier stage, a feed or a constant. Roots have smaller numbers.
  run->slots[at].data = slot->root == at ? root_data(run, layout, at) : run->slots[slot->root].data;
  if (run->slots[at].data == NULL && run->slots[at].bytes == 0) run->slots[at].data = nothing;
}

static void bind_slots(ctf_run* run, uint32_t stage) {
  const ctf_plan* plan = run->plan;
  if (run->bound) {
    for (size_t i = 0; i < run->num_moving; ++i) bind_slot(run, stage, run->moving[i]);
    return;
  }
  for (uint32_t i = 0; i < plan->num_slots; ++i) {
    const bool made = plan->slots[i].kind == CTF_SLOT_OUTPUT || plan->slots[i].kind == CTF_SLOT_WORKSPACE;
    if (made && plan->slots[i].stage == stage) bind_slot(run, stage, i);
  }
  run->bound = true;
}

// ---- steps and segments

static ctf_status name_live(const ctf_run* run, uint32_t at, ctf_status failure) {
  const ctf_layout* layout = run->layouts[run->plan->segments[run->plan->steps[at].segment].stage];
  const ctf_refusal refusal = {.plan = run->plan,
                               .layout = layout,
                               .own = run->own,
                               .device = run->plan->steps[at].device,
                               .place = layout->place[at]};
  return ctf_refusal_name_live(&refusal, failure);
}

static ctf_status run_kernel(ctf_run* run, uint32_t at, ctf_stream* stream) {
  const ctf_step* step = &run->plan->steps[at];
  CTF_TRY(ctf_cancel_check(run->call->cancel));
  reserving_ctx ctx = {.k = {.slots = run->slots,
                             .in = step->in,
                             .out = step->out,
                             .num_inputs = step->num_inputs,
                             .num_outputs = step->num_outputs,
                             .attrs = step->node->decoded_attrs,
                             .stream = stream,
                             .state = step->state,
                             .cancel = run->call->cancel,
                             .reserve = reserve_output,
                             .give = give_output,
                             .budget = run->executor->budgets[0]},
                       .run = run,
                       .step = step};
  if (step->fused != NULL || step->kernel->packing != NULL) {
    const ctf_layout* layout = run->layouts[run->plan->segments[step->segment].stage];
    if (step->fused != NULL) ctx.k.prepared = layout->prepared[at];
    if (layout->packed[at] != NULL) ctx.k.packed = layout->packed[at]->view.data;
  }
  if (step->workspace != CTF_NONE) {
    ctx.k.workspace = run->slots[step->workspace].data;
    ctx.k.workspace_bytes = run->slots[step->workspace].bytes;
  }
  lift_written(run, at);
  ctf_status status = step->kernel->run(&ctx.k);
  forbid_dead(run, at);
  for (int i = 0; i < step->num_outputs; ++i) {  // after a failure too: some strings may have been made
    if (run->slots[step->out[i]].dtype != TF_STRING) continue;
    TF_Tensor* own = run->own[run->plan->slots[step->out[i]].root];
    if (own != NULL) ctf_tensor_seal(own);
  }
  if (status != NULL) status = name_live(run, at, status);
  if (step->fused != NULL) return status;  // names its node itself
  return ctf_error_note(status, "node '%s' (%s)", step->node->name.data, step->node->op->name);
}

static bool nothing_to_run(const ctf_run* run, uint32_t at) {
  const ctf_step* step = &run->plan->steps[at];
  const uint32_t stage = run->plan->segments[step->segment].stage;
  return step->kind == CTF_STEP_VIEW || run->layouts[stage]->skip_step[at] ||
         run->layouts[stage]->storages.in_input[at];
}

static ctf_status run_traced(ctf_run* run, uint32_t at, ctf_stream* stream) {
  ctf_trace* trace = run->call->trace;
  trace->step_times[at].start_ns = ctf_trace_now(trace);
  const ctf_status status = run_kernel(run, at, stream);
  trace->step_times[at].end_ns = ctf_trace_now(trace);
  return status;
}

static void run_host_segment(ctf_run* run, const ctf_segment* segment) {
  const ctf_float_env env = ctf_float_env_enter();
  const int threads = ctf_parallel_set_threads(run->executor->num_threads);
  const uint32_t* order = ctf_stage_is_linear(run->plan, segment->stage)
                              ? run->layouts[segment->stage]->order
                              : run->plan->segment_steps + segment->first_step_at;
  const bool traced = run->call->trace != NULL;
  for (uint32_t i = 0; i < segment->num_steps && !has_failed(run); ++i) {
    const uint32_t at = order[i];
    if (nothing_to_run(run, at)) continue;
    fail(run, traced ? run_traced(run, at, NULL) : run_kernel(run, at, NULL));
  }
  ctf_parallel_set_threads(threads);
  ctf_float_env_leave(env);
}

static ctf_stream* segment_stream(const ctf_run* run, const ctf_segment* segment) {
  return run->executor->streams[segment->device][segment->stream];
}

// On the stream's thread, or wherever the device calls it.
static void run_launched(void* arg) {
  const run_launch* launch = arg;
  ctf_run* run = launch->run;
  if (has_failed(run)) return;
  const ctf_segment* segment = &run->plan->segments[run->plan->steps[launch->step].segment];
  const ctf_float_env env = ctf_float_env_enter();
  const int threads = ctf_parallel_set_threads(run->executor->num_threads);
  ctf_stream* stream = segment_stream(run, segment);
  fail(run, run->call->trace != NULL ? run_traced(run, launch->step, stream) : run_kernel(run, launch->step, stream));
  ctf_parallel_set_threads(threads);
  ctf_float_env_leave(env);
}

// Work on a stream that says when the stream came to it: around copies and waits.

static void stamp_copy_start(void* arg) {
  const run_launch* launch = arg;
  ctf_trace* trace = launch->run->call->trace;
  trace->step_times[launch->step].start_ns = ctf_trace_now(trace);
}

static void stamp_copy_end(void* arg) {
  const run_launch* launch = arg;
  ctf_trace* trace = launch->run->call->trace;
  trace->step_times[launch->step].end_ns = ctf_trace_now(trace);
}

static void stamp_wait_start(void* arg) {
  const run_launch* launch = arg;
  ctf_trace* trace = launch->run->call->trace;
  trace->segment_waits[launch->step].start_ns = ctf_trace_now(trace);
}

static void stamp_wait_end(void* arg) {
  const run_launch* launch = arg;
  ctf_trace* trace = launch->run->call->trace;
  trace->segment_waits[launch->step].end_ns = ctf_trace_now(trace);
}

static ctf_status stamp(const ctf_run* run, ctf_stream* stream, void (*function)(void*), run_launch* arg) {
  return run->call->trace != NULL ? ctf_stream_launch(stream, function, arg) : NULL;
}

static ctf_status put_step(ctf_run* run, uint32_t at, ctf_stream* stream) {
  const ctf_step* step = &run->plan->steps[at];
  ctf_trace* trace = run->call->trace;
  if (trace != NULL) trace->step_times[at].scheduled_ns = ctf_trace_now(trace);
  if (step->kind == CTF_STEP_KERNEL) return ctf_stream_launch(stream, run_launched, &run->launches[at]);
  const ctf_tensor* from = &run->slots[step->in[0]];
  const ctf_tensor* to = &run->slots[step->out[0]];
  if (from->bytes == 0) return NULL;
  const ctf_copy_kind kind = step->device == 0 ? CTF_COPY_DEVICE_TO_HOST : CTF_COPY_HOST_TO_DEVICE;
  CTF_TRY(stamp(run, stream, stamp_copy_start, &run->launches[at]));
  CTF_TRY(ctf_stream_copy(stream, to->data, from->data, from->bytes, kind));
  return stamp(run, stream, stamp_copy_end, &run->launches[at]);
}

static void release_run(ctf_run* run) {
  // acq_rel: the last holder frees, and must see what the others did.
  if (atomic_fetch_sub_explicit(&run->refs, 1, memory_order_acq_rel) > 1) return;
  pthread_mutex_destroy(&run->lock);
  pthread_cond_destroy(&run->changed);
  ctf_free(ctf_allocator_process(), run);
}

// The lock is held.
static void make_ready(ctf_run* run, uint32_t number) {
  ctf_trace* trace = run->call->trace;
  if (trace != NULL) trace->segment_ready[number] = ctf_trace_now(trace);
  run->ready[(run->ready_head + run->num_ready++) % run->plan->num_segments] = number;
}

// The lock is held. `hosts`: successors on the host; `devices`: those on streams.
static void release_successors(ctf_run* run, const ctf_segment* segment, bool hosts, bool devices) {
  for (uint32_t i = 0; i < segment->num_succs; ++i) {
    const uint32_t next = segment->succs[i];
    const ctf_segment* of = &run->plan->segments[next];
    if (of->stage != segment->stage) continue;  // a later stage begins when this one is over
    if (!(of->device == 0 ? hosts : devices)) continue;
    if (--run->segments[next].num_waiting == 0) make_ready(run, next);
  }
}

static void complete(ctf_run* run, const ctf_segment* segment, bool was_async) {
  pthread_mutex_lock(&run->lock);
  release_successors(run, segment, true, !was_async);
  --run->num_left;
  pthread_cond_signal(&run->changed);
  pthread_mutex_unlock(&run->lock);
}

static void segment_reached(void* arg, ctf_status failure) {
  const run_launch* done = arg;
  ctf_run* run = done->run;
  const ctf_segment* segment = &run->plan->segments[done->step];
  fail(run, ctf_error_note(failure, "device %s", ctf_device_name(run->executor->devices->devices[segment->device])));
  complete(run, segment, true);
  release_run(run);
}

static ctf_status put_waits(ctf_run* run, uint32_t number, ctf_stream* stream) {
  const ctf_segment* segment = &run->plan->segments[number];
  bool waits = false;
  for (uint32_t i = 0; i < segment->num_preds; ++i) {
    const ctf_segment* pred = &run->plan->segments[segment->preds[i]];
    if (pred->stage != segment->stage || pred->device == 0) continue;
    if (pred->device == segment->device && pred->stream == segment->stream) continue;  // the stream keeps its order
    if (!waits) CTF_TRY(stamp(run, stream, stamp_wait_start, &run->segments[number].done));
    waits = true;
    CTF_TRY(ctf_stream_wait(stream, run->segments[segment->preds[i]].event));
  }
  return waits ? stamp(run, stream, stamp_wait_end, &run->segments[number].done) : NULL;
}

static ctf_status put_segment(ctf_run* run, uint32_t number) {
  const ctf_segment* segment = &run->plan->segments[number];
  ctf_stream* stream = segment_stream(run, segment);
  CTF_TRY(put_waits(run, number, stream));
  for (uint32_t i = 0; i < segment->num_steps && !has_failed(run); ++i) {
    const uint32_t at = run->plan->segment_steps[segment->first_step_at + i];
    if (!nothing_to_run(run, at)) CTF_TRY(put_step(run, at, stream));
  }
  return NULL;
}

static void dispatch_device_segment(ctf_run* run, uint32_t number) {
  const ctf_segment* segment = &run->plan->segments[number];
  segment_state* state = &run->segments[number];
  pthread_mutex_lock(&run->executor->enqueue_lock);
  fail(run, put_segment(run, number));
  // Also after a failure: what has been put on the stream must be over before the run's memory goes. Without a record
  // the event counts as reached, so then the stream is waited for here.
  ctf_status status = ctf_event_record(segment_stream(run, segment), state->event);
  if (status != NULL) {
    fail(run, status);
    fail(run, ctf_stream_synchronize(segment_stream(run, segment)));
  }
  pthread_mutex_unlock(&run->executor->enqueue_lock);
  pthread_mutex_lock(&run->lock);
  release_successors(run, segment, false, true);
  pthread_mutex_unlock(&run->lock);
  atomic_fetch_add_explicit(&run->refs, 1, memory_order_relaxed);
  status = ctf_event_notify(state->event, segment_reached, &state->done);
  if (status == NULL) return;
  fail(run, status);
  ctf_status_drop(ctf_event_synchronize(state->event));  // no word will come: wait here
  complete(run, segment, true);
  release_run(run);
}

// The host has nothing to do until a device is done, or has something to do again (`number`).
static void note_idle(const ctf_run* run) {
  ctf_trace* trace = run->call->trace;
  if (trace != NULL && trace->idle_since_ns < 0) trace->idle_since_ns = ctf_trace_now(trace);
}

static void note_busy(const ctf_run* run, uint32_t number) {
  ctf_trace* trace = run->call->trace;
  if (trace == NULL || trace->idle_since_ns < 0) return;
  trace->segment_waits[number] = (ctf_trace_time){.start_ns = trace->idle_since_ns, .end_ns = ctf_trace_now(trace)};
  trace->idle_since_ns = -1;
}

static ctf_status dispatch_stage(ctf_run* run, const ctf_stage* stage) {
  ctf_plan* plan = run->plan;
  for (uint32_t i = stage->first_segment; i < stage->end_segment; ++i) {
    segment_state* state = &run->segments[i];
    state->done = (run_launch){run, i};
    const uint32_t device = plan->segments[i].device;
    if (device != 0) CTF_TRY(ctf_event_create(run->executor->devices->devices[device], &state->event));
    for (uint32_t j = 0; j < plan->segments[i].num_preds; ++j) {
      state->num_waiting += plan->segments[plan->segments[i].preds[j]].stage == plan->segments[i].stage;
    }
  }
  pthread_mutex_lock(&run->lock);
  run->num_left = stage->end_segment - stage->first_segment;
  for (uint32_t i = stage->first_segment; i < stage->end_segment; ++i) {
    if (run->segments[i].num_waiting == 0) make_ready(run, i);
  }
  while (run->num_left > 0) {
    if (run->num_ready == 0) {
      note_idle(run);
      pthread_cond_wait(&run->changed, &run->lock);
      continue;
    }
    const uint32_t number = run->ready[run->ready_head];
    run->ready_head = (run->ready_head + 1) % (uint32_t)plan->num_segments;
    --run->num_ready;
    pthread_mutex_unlock(&run->lock);
    if (plan->segments[number].device != 0) {
      dispatch_device_segment(run, number);
    } else {
      note_busy(run, number);
      run_host_segment(run, &plan->segments[number]);
      complete(run, &plan->segments[number], false);
    }
    pthread_mutex_lock(&run->lock);
  }
  pthread_mutex_unlock(&run->lock);
  return NULL;
}

static void note_admitted(const ctf_run* run, const ctf_stage* stage) {
  ctf_trace* trace = run->call->trace;
  if (trace == NULL) return;
  const int64_t now = ctf_trace_now(trace);
  if (trace->admitted_ns == 0) trace->admitted_ns = now;
  if (stage->end_segment > stage->first_segment) trace->segment_ready[stage->first_segment] = now;
}

static ctf_status run_stage(ctf_run* run, uint32_t number) {
  const ctf_stage* stage = &run->plan->stages[number];
  CTF_TRY(admit(run, number));
  bind_slots(run, number);
  note_admitted(run, stage);
  if (stage->end_segment - stage->first_segment == 1 && run->plan->segments[stage->first_segment].device == 0) {
    run_host_segment(run, &run->plan->segments[stage->first_segment]);
  } else if (stage->end_segment > stage->first_segment) {
    CTF_TRY(dispatch_stage(run, stage));
  }
  return NULL;
}

// ---- results

static ctf_status collect(ctf_run* run) {
  ctf_budget* budget = run->executor->budgets[0];
  for (size_t i = 0; i < run->plan->num_fetches; ++i) {
    const ctf_plan_fetch* fetch = &run->plan->fetches[i];
    const ctf_tensor* slot = &run->slots[fetch->slot];
    const uint32_t root = run->plan->slots[fetch->slot].root;
    TF_Tensor* own = fetch->takes_root ? run->own[root] : NULL;
    if (run->values[i] != NULL) {  // admitted as a copy
      if (slot->bytes > 0) memcpy(run->values[i]->view.data, slot->data, slot->bytes);
    } else if (own == NULL) {
      CTF_TRY(ctf_tensor_clone(slot, budget, &run->values[i]));
    } else if (ctf_shape_equal(ctf_tensor_shape(slot), ctf_tensor_shape(&own->view))) {
      run->values[i] = run->last_of_root[i] ? own : ctf_tensor_retain(own);
      if (run->last_of_root[i]) run->own[root] = NULL;  // handed over
    } else if (slot->dtype == TF_STRING) {              // the elements own memory, which one tensor must free
      CTF_TRY(ctf_tensor_clone(slot, budget, &run->values[i]));
    } else {
      CTF_TRY(ctf_tensor_wrap(slot->dtype, ctf_tensor_shape(slot), own->buffer, &run->values[i]));
      ctf_buffer_retain(own->buffer);
    }
  }
  return NULL;
}

// ---- a run

static ctf_status make_arrays(ctf_run* run) {
  const ctf_plan* plan = run->plan;
  bool* seen;
  CTF_TRY(ctf_scratch_create(plan->alloc, 4096, &run->scratch));
  CTF_TRY(ctf_alloc_array(run->scratch, &run->slots, plan->num_slots));
  CTF_TRY(ctf_alloc_array(run->scratch, &run->own, plan->num_slots));
  CTF_TRY(ctf_alloc_array(run->scratch, &run->made, plan->num_slots));
  CTF_TRY(ctf_alloc_array(run->scratch, &run->moving, plan->num_slots));
  CTF_TRY(ctf_alloc_array(run->scratch, &run->values, plan->num_fetches));
  CTF_TRY(ctf_alloc_array(run->scratch, &run->last_of_root, plan->num_fetches));
  CTF_TRY(ctf_alloc_array(run->scratch, &run->copies_fetch, plan->num_fetches));
  CTF_TRY(ctf_alloc_array(run->scratch, &run->layouts, plan->num_stages));
  if (run->keeps) CTF_TRY(ctf_alloc_array(run->scratch, &run->spares, plan->num_slots + plan->num_fetches));
  CTF_TRY(ctf_alloc_array(run->scratch, &seen, plan->num_slots));
  for (size_t i = plan->num_fetches; i-- > 0;) {
    const uint32_t root = plan->slots[plan->fetches[i].slot].root;
    run->last_of_root[i] = !seen[root];
    seen[root] = true;
  }
  if (run->repeats) return NULL;
  CTF_TRY(ctf_alloc_array(run->scratch, &run->launches, plan->num_steps));
  CTF_TRY(ctf_alloc_array(run->scratch, &run->segments, plan->num_segments));
  CTF_TRY(ctf_alloc_array(run->scratch, &run->ready, plan->num_segments));
  for (uint32_t i = 0; i < plan->num_steps; ++i) run->launches[i] = (run_launch){run, i};
  return NULL;
}

static bool is_one_loop(const ctf_plan* plan) {
  return plan->num_stages == 1 &&
         (plan->num_segments == 0 || (plan->num_segments == 1 && plan->segments[0].device == 0));
}

static ctf_status set_up(ctf_run* run, TF_Tensor* const* feeds) {
  const ctf_plan* plan = run->plan;
  ctf_tensor* fed;
  CTF_TRY(make_arrays(run));
  CTF_TRY(ctf_alloc_array(run->scratch, &fed, plan->num_feeds));
  for (size_t i = 0; i < plan->num_feeds; ++i) fed[i] = feeds[i]->view;
  CTF_TRY(ctf_layout_find(run->plan, &run->executor->faults, fed, &run->layouts[0]));
  for (size_t i = 0; i < plan->num_slots; ++i) {
    const ctf_slot_kind kind = plan->slots[i].kind;
    if (kind != CTF_SLOT_FEED && kind != CTF_SLOT_CONSTANT) continue;
    run->slots[i] = run->layouts[0]->slots[i];
    if (run->slots[i].bytes == 0) run->slots[i].data = nothing;
  }
  list_slots(run, 0);
  return NULL;
}

ctf_status ctf_run_create(ctf_executor* executor, ctf_plan* plan, TF_Tensor* const* feeds, ctf_run** out_run) {
  ctf_run* run;
  CTF_TRY(ctf_alloc_new(ctf_allocator_process(), &run));
  atomic_init(&run->refs, 1);
  atomic_init(&run->failed, false);
  run->executor = executor;
  run->plan = ctf_plan_retain(plan);
  run->repeats = is_one_loop(plan);
  run->keeps = run->repeats && executor->admission_wait_ns == 0;
  pthread_mutex_init(&run->lock, NULL);
  pthread_cond_init(&run->changed, NULL);
  const ctf_status status = set_up(run, feeds);
  if (status != NULL) {
    ctf_run_free(run);
    return status;
  }
  *out_run = run;
  return NULL;
}

bool ctf_run_repeats(const ctf_run* run) { return run->repeats; }

bool ctf_run_fits(const ctf_run* run, TF_Tensor* const* feeds) {
  const ctf_plan* plan = run->plan;
  for (size_t i = 0; i < plan->num_feeds; ++i) {
    const uint32_t at = plan->feed_slots[i];
    if (at == CTF_NONE) continue;
    const ctf_tensor *made_for = &run->layouts[0]->slots[at], *fed = &feeds[i]->view;
    if (fed->rank != made_for->rank) return false;
    for (int32_t axis = 0; axis < fed->rank; ++axis) {
      if (fed->dims[axis] != made_for->dims[axis]) return false;
    }
    if (plan->slots[at].value_needed && fed->bytes > 0 && memcmp(fed->data, made_for->data, fed->bytes) != 0) {
      return false;
    }
  }
  return true;
}

static ctf_status run_stages(ctf_run* run) {
  ctf_plan* plan = run->plan;
  for (size_t i = 0; i < plan->num_feeds; ++i) {
    const uint32_t at = plan->feed_slots[i];
    if (at != CTF_NONE && run->slots[at].bytes > 0) run->slots[at].data = run->call->feeds[i]->view.data;
  }
  for (uint32_t stage = 0; stage < plan->num_stages; ++stage) {
    if (stage > 0) {
      CTF_TRY(ctf_layout_next(plan, stage, run->slots, &run->executor->faults, &run->layouts[stage]));
      list_slots(run, stage);
    }
    CTF_TRY(run_stage(run, stage));
    if (!has_failed(run)) continue;
    const ctf_status status = run->status;
    run->status = NULL;
    return status;
  }
  return NULL;
}

static void finish(ctf_run* run) {
  for (size_t i = 0; !run->repeats && i < run->plan->num_segments; ++i) ctf_event_destroy(run->segments[i].event);
  give_back_memory(run);
  if (run->admitted.plan != NULL) ctf_admission_leave(&run->executor->admission, &run->admitted);
  run->admitted.plan = NULL;
  atomic_store_explicit(&run->failed, false, memory_order_relaxed);
}

// A run that failed has a trace of the steps before it did.
static ctf_status end_trace(const ctf_run* run, ctf_status status) {
  if (run->call->trace == NULL) return status;
  const ctf_trace_source source = {run->plan, run->layouts, run->slots};
  const ctf_status told = ctf_trace_end(run->call->trace, &source);
  if (status == NULL) return told;
  ctf_status_drop(told);  // the run's own failure says more
  return status;
}

static ctf_status execute(ctf_run* run, const ctf_run_call* call, TF_Tensor** out_values) {
  ctf_status status = NULL;
  run->call = call;
  if (call->trace != NULL) CTF_TRY(ctf_trace_begin(call->trace, run->plan));
  status = run_stages(run);
  if (status == NULL) status = collect(run);
  CTF_TRY_DONE(end_trace(run, status));
  for (size_t i = 0; i < run->plan->num_fetches; ++i) {
    out_values[i] = run->values[i];
    run->values[i] = NULL;
  }

done:
  finish(run);
  return status;
}

ctf_status ctf_run_execute(ctf_run* run, const ctf_run_call* call, TF_Tensor** out_values) {
  const ctf_plan* plan = run->plan;
  if (plan->num_files == 0) return execute(run, call, out_values);
  // What the run reads may be cut short at any time: it counts only if the files are the same before and after.
  CTF_TRY(ctf_plan_check_files(plan));
  const ctf_mapped_guard guard = ctf_mapped_guard_enter();
  const ctf_status status = execute(run, call, out_values);
  ctf_mapped_guard_leave(&guard);
  const ctf_status lost = ctf_plan_check_files(plan);
  if (lost == NULL) return status;
  for (size_t i = 0; status == NULL && i < plan->num_fetches; ++i) {
    ctf_tensor_release(out_values[i]);
    out_values[i] = NULL;
  }
  ctf_status_drop(status);  // whatever came of bytes that were not there
  return lost;
}

void ctf_run_free(ctf_run* run) {
  if (run == NULL) return;
  ctf_plan* plan = run->plan;
  for (size_t i = 0; run->spares != NULL && i < plan->num_slots + plan->num_fetches; ++i)
    ctf_spare_close(run->spares[i]);
  for (size_t i = 0; run->layouts != NULL && i < plan->num_stages; ++i) ctf_layout_release(run->layouts[i]);
  ctf_poison_lift(run->kept.data, run->kept.bytes);
  ctf_block_pool_give(&run->executor->pools[0], &run->kept);
  ctf_free(plan->alloc, run->memory);
  ctf_allocator_free(run->scratch);
  ctf_plan_release(plan);
  release_run(run);  // a completion that has said its word may still hold it
}

// ---- the executor

ctf_status ctf_executor_init(ctf_executor* executor, const ctf_device_set* devices, ctf_budget* const* budgets,
                             int num_threads) {
  executor->devices = devices;
  executor->num_threads = num_threads;
  pthread_mutex_init(&executor->enqueue_lock, NULL);
  ctf_admission_init(&executor->admission);
  for (size_t d = 0; d < devices->num_devices; ++d) {
    executor->budgets[d] = budgets[d];
    ctf_block_pool_init(&executor->pools[d], devices->devices[d], budgets[d]);
  }
  for (size_t d = 0; d < devices->num_devices; ++d) {
    if (!ctf_device_is_async(devices->devices[d])) continue;
    for (size_t i = 0; i < CTF_STREAMS_PER_DEVICE; ++i) {
      CTF_TRY(ctf_stream_create(devices->devices[d], &executor->streams[d][i]));
    }
  }
  return NULL;
}

void ctf_executor_deinit(ctf_executor* executor) {
  if (executor->devices == NULL) return;  // never initialised
  for (size_t d = 0; d < executor->devices->num_devices; ++d) {
    for (size_t i = 0; i < CTF_STREAMS_PER_DEVICE; ++i) ctf_stream_destroy(executor->streams[d][i]);
    ctf_block_pool_deinit(&executor->pools[d]);
  }
  pthread_mutex_destroy(&executor->enqueue_lock);
  ctf_admission_deinit(&executor->admission);
}
