// Whose bytes each tensor of a stage has, and from when to when, for one order of its steps.
//
// A root (a slot that no view made) has bytes of its own, or takes over those of an input that nobody reads after its
// step. Roots that share bytes form a storage, named by one of them. Or it is a part of an input, which then stays as
// it is for as long as anybody reads the part.
#ifndef CTF_ENGINE_STORAGE_H_
#define CTF_ENGINE_STORAGE_H_

#include "engine/plan.h"

// Lives in the layout's scratch. All arrays are [slots] of the plan.
typedef enum ctf_part_rule {  // which outputs that lie side by side in an input become parts of it
  CTF_PARTS_NONE,
  CTF_PARTS_FREE,  // those that nobody reads after the input's own readers
  CTF_PARTS_ALL,
  CTF_NUM_PART_RULES
} ctf_part_rule;

typedef struct ctf_storages {
  uint32_t* of;     // the storage of a root that is made in this stage; CTF_NONE: it has no bytes here
  uint32_t* first;  // of a storage: the place of the step that writes it first
  uint32_t* last;   // the place of the last step that uses it; CTF_NONE: whoever comes after the stage
  size_t* shift;    // of a part: its first byte within the storage; else 0
  bool* is_base;    // a part of the root is another one, so that nobody may take its bytes over
  bool* is_part;
  bool* in_input;  // [steps] all outputs of the step are parts: nothing runs
} ctf_storages;

typedef struct ctf_storage_request {
  const ctf_plan* plan;
  const ctf_layout* layout;  // slots and skip_step are set
  const uint32_t* order;     // [steps of the stage]
  const uint32_t* place;     // [steps of the plan] in the order; steps of other stages keep their number
  bool linear;               // the steps run one after the other, as the order says
  ctf_part_rule parts;       // not linear: none
} ctf_storage_request;

CTF_MUST_USE ctf_status ctf_storages_create(const ctf_plan* plan, ctf_allocator* alloc, ctf_storages* out_storages);
// Fills `inout_storages` anew.
void ctf_storages_find(const ctf_storage_request* request, ctf_storages* inout_storages);
// The largest sum of bytes of the device's arena that are alive at a step of the stage, each storage rounded to the
// arena's alignment. `change` has room for the stage's steps and one. The place of that step where asked for.
size_t ctf_storages_peak(const ctf_storage_request* request, const ctf_storages* storages, uint32_t device,
                         int64_t* change, uint32_t* out_place);

bool ctf_storage_in_arena(const ctf_plan* plan, const ctf_layout* layout, uint32_t slot);  // a root that takes bytes
// The step reads the bytes of its inputs in this layout.
bool ctf_step_uses_bytes(const ctf_plan* plan, const ctf_layout* layout, uint32_t step);

#endif  // CTF_ENGINE_STORAGE_H_
