// InTopK and InTopKV2: whether fewer than k predictions of a row are larger than the target's.
#include "ops/in_topk.h"

static const ctf_attr_field ctf_in_topk_attrs_fields[] = {CTF_FIELD(ctf_in_topk_attrs, k)};

static ctf_status in_topk_shape(ctf_shape_ctx* c) {
  int64_t rows;
  CTF_TRY(ctf_shape_with_rank(c->inputs[0], 2));
  CTF_TRY(ctf_shape_with_rank(c->inputs[1], 1));
  CTF_TRY(ctf_dim_merge(ctf_shape_dim(c->inputs[0], 0), ctf_shape_dim(c->inputs[1], 0), &rows));
  return ctf_shape_set(c, 0, 1, &rows);
}

static const ctf_op_def kOps[] = {
    {"InTopK", .attrs = CTF_ATTRS(ctf_in_topk_attrs), .shape = in_topk_shape},
    {"InTopKV2", .attrs = CTF_ATTRS(ctf_in_topk_attrs), .shape = in_topk_shape},
};
CTF_OP_FAMILY(in_topk, kOps);
