// Functions that are exported, so that programs link, and say that they are not built yet.
#include "engine/api/api.h"
#include "tensorflow/c/c_api_experimental.h"
#include "tensorflow/c/eager/c_api.h"
#include "tensorflow/c/eager/c_api_experimental.h"
#include "tensorflow/c/env.h"
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"  // nothing looks at the arguments

#define ROW(part, type, name, params, status, ...)                                                        \
  type name params {                                                                                      \
    ctf_api_report(ctf_error(TF_UNIMPLEMENTED, "%s is not built in ctf %s", #name, CTF_VERSION), status); \
    return __VA_ARGS__;                                                                                   \
  }
#include "engine/api/unbuilt.def"
#undef ROW
