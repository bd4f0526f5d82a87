// ImmutableConst: a tensor whose bytes are the first of a file.
#include "ops/immutable_const.h"

#include "ops/op.h"

static const ctf_attr_field immutable_const_attrs_fields[] = {
    CTF_FIELD(immutable_const_attrs, dtype),
    CTF_FIELD(immutable_const_attrs, shape),
    CTF_FIELD(immutable_const_attrs, memory_region_name),
};

static ctf_status immutable_const_shape(ctf_shape_ctx* c) {
  const immutable_const_attrs* attrs = c->attrs;
  if (attrs->dtype == TF_RESOURCE || attrs->dtype == TF_VARIANT) {
    return ctf_error(TF_INVALID_ARGUMENT, "Resource and variant dtypes are invalid for this op.");
  }
  if (attrs->shape.rank < 0) return ctf_shape_set(c, 0, 0, NULL);  // TensorFlow's kernel makes a scalar of it
  if (!ctf_shape_known(attrs->shape)) {
    return ctf_error(TF_INVALID_ARGUMENT, "Shape %s is not fully defined", ctf_shape_print(attrs->shape).text);
  }
  return ctf_shape_set(c, 0, attrs->shape.rank, attrs->shape.dims);
}

// clang-format off
static const ctf_op_def kOps[] = {
    {"ImmutableConst", .attrs = CTF_ATTRS(immutable_const_attrs), .shape = immutable_const_shape,
     .flags = CTF_OP_HOST | CTF_OP_READS_FILES},
};
// clang-format on
CTF_OP_FAMILY(immutable_const, kOps);
