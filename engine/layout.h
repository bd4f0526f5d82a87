// Shapes and offsets of a plan for one signature: the feeds' shapes, and the values of those feeds that shapes depend
// on.
#ifndef CTF_ENGINE_LAYOUT_H_
#define CTF_ENGINE_LAYOUT_H_

#include "engine/plan.h"
#include "engine/storage.h"

// One stage's. Immutable after it has been made. Counted: the plan's cache and each run.
struct ctf_layout {
  atomic_int refs;
  ctf_budget* budget;
  ctf_allocator* scratch;
  uint32_t stage;
  uint64_t key_hash;
  size_t key_bytes;
  uint8_t* key;           // of the signature (first stage only)
  ctf_tensor* slots;      // of the whole plan: those known by the end of this stage have dims; data only of values
  const void** prepared;  // of the plan's steps: what their kernels made of the shapes; NULL: no step has any
  size_t num_packed;      // the plan's steps
  TF_Tensor** packed;     // their packed weights, counted; NULL where nothing is packed
  bool* skip_step;        // of the plan's steps: its outputs are values, nothing is to run
  bool* has_parts;        // of the plan's steps: its outputs lie side by side in an input; NULL: no step's do
  uint32_t* part_of;      // [slots] the root of that input; CTF_NONE: none
  size_t* part_first;     // [slots] the first byte in that root
  uint32_t* order;        // the stage's steps as they run where one thread runs them; else as the plan has them
  uint32_t* place;        // of the plan's steps in that order; those of other stages keep their number
  ctf_storages storages;  // of the tensors that the stage makes
  size_t* offsets;        // of a storage in its device's arena; CTF_NO_LIMIT: it is not there
  size_t num_values;
  TF_Tensor** values;  // what slots' data of known values point to
  size_t arena_bytes[CTF_MAX_DEVICES];
  size_t live_bytes[CTF_MAX_DEVICES];    // of the arena: the largest sum alive at a step, in the order chosen
  size_t file_live_bytes;                // the same of the CPU's in the file's order
  uint32_t peak_place[CTF_MAX_DEVICES];  // of the step with that sum
  size_t fetch_bytes;                    // of fetched tensors made in this stage
};

// The layout of the first stage, from the plan's cache or made now. `feeds` in the order of the plan's.
CTF_MUST_USE ctf_status ctf_layout_find(ctf_plan* plan, const ctf_plan_faults* faults, const ctf_tensor* feeds,
                                        ctf_layout** out_layout);
// The layout of a later stage: `known` are the run's slots as they stand, with data on the host where values are
// needed.
CTF_MUST_USE ctf_status ctf_layout_next(ctf_plan* plan, uint32_t stage, const ctf_tensor* known,
                                        const ctf_plan_faults* faults, ctf_layout** out_layout);
void ctf_layout_release(ctf_layout* layout);  // accepts NULL
void ctf_layouts_drop(ctf_plan* plan);        // those that the plan keeps; runs keep theirs

// The fetched tensor is a copy whose size this layout knows: of a constant, a feed, a value, or a second one.
bool ctf_layout_copies_fetch(const ctf_plan* plan, const ctf_layout* layout, size_t fetch);
// One host segment: its steps run one after the other, in any order that a layout likes.
bool ctf_stage_is_linear(const ctf_plan* plan, uint32_t stage);

// engine/plan_report.c
typedef struct ctf_report_request {
  const ctf_plan* plan;
  const ctf_layout* layout;    // of the first stage
  ctf_budget* const* budgets;  // the session's, per device of the plan
  const size_t* idle_bytes;    // per device: charged, but given up before a run is refused
  size_t feed_bytes;           // of feeds that are not charged yet
} ctf_report_request;
CTF_MUST_USE ctf_status ctf_plan_report_create(const ctf_report_request* request, ctf_plan_report** out_report);

// engine/arena.c: offsets for items such that two share bytes only if one is dead before the other is born.
typedef struct ctf_arena_item {
  size_t bytes;
  uint32_t first;     // the step that writes it: its place in the order, or with several segments its number
  uint32_t last;      // the last step that uses it, likewise; CTF_NONE: it stays
  uint32_t num_uses;  // all steps that use it, for plans with several segments; 0: nobody but the writer
  const uint32_t* uses;
  uint32_t slot;
  size_t offset;  // the result
} ctf_arena_item;

// `plan` NULL: the steps run one after the other, in the order of their places; else lifetimes are over the plan's
// partial order. `least`: no fewer bytes can do; there the search ends.
CTF_MUST_USE ctf_status ctf_arena_assign(const ctf_plan* plan, ctf_arena_item* items, size_t num_items, size_t least,
                                         ctf_allocator* scratch, size_t* out_bytes);

#endif  // CTF_ENGINE_LAYOUT_H_
