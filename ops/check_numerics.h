// What every device's CheckNumerics and CheckNumericsV2 share.
#ifndef CTF_OPS_CHECK_NUMERICS_H_
#define CTF_OPS_CHECK_NUMERICS_H_

#include "ops/op.h"

typedef struct ctf_check_numerics_attrs {
  ctf_bytes message;
} ctf_check_numerics_attrs;

// What was met among the elements.
enum { CTF_MET_NAN = 1 << 0, CTF_MET_INFINITY = 1 << 1, CTF_MET_MINUS_INFINITY = 1 << 2 };
// The failure for what was met; OK for nothing. `with_signs`: CheckNumericsV2 tells the infinities apart.
CTF_MUST_USE ctf_status ctf_check_numerics_status(const ctf_check_numerics_attrs* attrs, unsigned met, bool with_signs);

#endif  // CTF_OPS_CHECK_NUMERICS_H_
