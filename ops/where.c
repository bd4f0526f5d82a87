// Where: the places of the elements that are not zero.
#include "ops/op.h"

static ctf_status where_shape(ctf_shape_ctx* c) {
  const int64_t dims[2] = {-1, c->inputs[0].rank};  // a rank of -1 is the unknown dimension too
  return ctf_shape_set(c, 0, 2, dims);
}

static const ctf_op_def kOps[] = {
    {"Where", .shape = where_shape, .flags = CTF_OP_SIZE_FROM_DATA},
};
CTF_OP_FAMILY(where, kOps);
