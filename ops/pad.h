// What every device's padding shares: Pad, PadV2, MirrorPad.
#ifndef CTF_OPS_PAD_H_
#define CTF_OPS_PAD_H_

#include "ops/op.h"

typedef struct ctf_pad_attrs {
  ctf_bytes mode;  // of MirrorPad: "REFLECT" leaves the edge out, "SYMMETRIC" repeats it
} ctf_pad_attrs;

// How many elements stand before and behind those of the input, along one of its dimensions. Checked by the shape
// function: neither is negative.
static inline CTF_MUST_USE ctf_status ctf_pad_get(const ctf_tensor* paddings, int axis, int64_t* out_before,
                                                  int64_t* out_behind) {
  if (ctf_tensor_get_int(paddings, 2 * (int64_t)axis, out_before) &&
      ctf_tensor_get_int(paddings, 2 * (int64_t)axis + 1, out_behind)) {
    return NULL;
  }
  return ctf_error(TF_INVALID_ARGUMENT, "Paddings must be integers");
}

#endif  // CTF_OPS_PAD_H_
