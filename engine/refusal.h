// What a reader needs to know when memory is refused: who asked, how much, what is free, and who has the rest.
#ifndef CTF_ENGINE_REFUSAL_H_
#define CTF_ENGINE_REFUSAL_H_

#include "engine/layout.h"

typedef struct ctf_refusal {
  const ctf_plan* plan;
  const ctf_layout* layout;  // of the stage at hand
  TF_Tensor* const* own;     // [slots] tensors of the run's own, or NULL before there are any
  uint32_t device;
  uint32_t place;  // of the step in the layout's order
} ctf_refusal;

// Of a stage that is not admitted: RESOURCE_EXHAUSTED with the step that makes the peak, all that the stage needs on
// the device, and the largest tensors that are alive there. `idle_bytes` of what is charged could have been given up.
ctf_status ctf_refuse_stage(const ctf_plan* plan, const ctf_layout* layout, uint32_t device, ctf_budget* budget,
                            size_t need_bytes, size_t idle_bytes);

// Adds the largest tensors alive to a refusal in the middle of a run; other statuses and NULL pass through.
ctf_status ctf_refusal_name_live(const ctf_refusal* at, ctf_status refusal);

#endif  // CTF_ENGINE_REFUSAL_H_
