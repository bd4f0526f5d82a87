// FusedBatchNorm and its later versions: (x - mean) / sqrt(variance + epsilon) * scale + offset, a mean and a variance
// for each channel: those of the batch when training, else those given.
#include "ops/batch_norm.h"

static const ctf_attr_field ctf_batch_norm_attrs_fields[] = {
    CTF_FIELD(ctf_batch_norm_attrs, epsilon),
    CTF_FIELD(ctf_batch_norm_attrs, exponential_avg_factor),
    CTF_FIELD(ctf_batch_norm_attrs, data_format),
    CTF_FIELD(ctf_batch_norm_attrs, is_training),
};

// ---- geometry

static bool channels_first(ctf_bytes format) {
  return ctf_bytes_equal(format, "NCHW") || ctf_bytes_equal(format, "NCDHW");
}

ctf_batch_norm_geometry ctf_batch_norm_geometry_make(const ctf_batch_norm_attrs* attrs, ctf_shape x) {
  const int channel = channels_first(attrs->data_format) ? 1 : x.rank - 1;
  ctf_batch_norm_geometry g = {.outer = 1, .channels = x.dims[channel], .inner = 1};
  // Without elements the other dimensions may be of any size, and their products mean nothing: they must not trap.
  for (int i = 0; i < channel; ++i) g.outer = (int64_t)((uint64_t)g.outer * (uint64_t)x.dims[i]);
  for (int i = channel + 1; i < x.rank; ++i) g.inner = (int64_t)((uint64_t)g.inner * (uint64_t)x.dims[i]);
  return g;
}

// ---- shapes

static ctf_status batch_norm_shape(ctf_shape_ctx* c) {
  const ctf_batch_norm_attrs* attrs = c->attrs;
  const int rank = (int)attrs->data_format.length;  // a letter a dimension
  const int channel = channels_first(attrs->data_format) ? 1 : rank - 1;
  // When training, mean and variance matter only where they are averaged with those of the batch.
  const bool reads_mean = !attrs->is_training || attrs->exponential_avg_factor != 1.0f;
  int64_t channels, dims[5];
  CTF_TRY(ctf_shape_with_rank(c->inputs[0], rank));
  channels = ctf_shape_dim(c->inputs[0], channel);
  for (int i = 1; i < 5; ++i) {
    CTF_TRY(ctf_shape_with_rank(c->inputs[i], 1));
    if (i < 3 || reads_mean) CTF_TRY(ctf_dim_merge(channels, ctf_shape_dim(c->inputs[i], 0), &channels));
  }
  for (int i = 0; i < rank; ++i) dims[i] = i == channel ? channels : ctf_shape_dim(c->inputs[0], i);
  CTF_TRY(ctf_shape_set(c, 0, rank, dims));
  for (int i = 1; i < 5; ++i) CTF_TRY(ctf_shape_set(c, i, 1, &channels));
  return c->num_outputs > 5 ? ctf_shape_set(c, 5, 0, NULL) : NULL;
}

// ---- gradient

static void batch_norm_gradient(ctf_grad_ctx* g, const char* op, bool has_third_reserve) {
  static const char* const kKept[] = {"epsilon", "data_format", "is_training"};
  enum { kNumKept = sizeof(kKept) / sizeof(kKept[0]) };
  ctf_named_attr attrs[kNumKept];
  int num_attrs = 0;
  bool training = true;
  for (int i = 0; i < kNumKept; ++i) {
    const ctf_named_attr* attr = g_attr(g, kKept[i]);
    if (attr != NULL) attrs[num_attrs++] = *attr;
  }
  if (g_attr(g, "is_training") != NULL) training = g_attr_bool(g, "is_training");
  // Given statistics are constants; those of the batch are what the forward op has kept of it.
  ctf_grad_tensor inputs[6] = {g->dy[0], g->inputs[0], g->inputs[1], training ? g->outputs[3] : g->inputs[3],
                               training ? g->outputs[4] : g->inputs[4]};
  if (has_third_reserve) inputs[5] = g->outputs[5];
  g->dx[0] = g->vtable->op(g, op, has_third_reserve ? 6 : 5, inputs, num_attrs, attrs);
  g->dx[1] = g->vtable->output(g, g->dx[0], 1);
  g->dx[2] = g->vtable->output(g, g->dx[0], 2);
  g->dx[3] = g->dx[4] = g_none();
}

static void gradient_v1(ctf_grad_ctx* g) { batch_norm_gradient(g, "FusedBatchNormGrad", false); }
static void gradient_v2(ctf_grad_ctx* g) { batch_norm_gradient(g, "FusedBatchNormGradV2", false); }
static void gradient_v3(ctf_grad_ctx* g) { batch_norm_gradient(g, "FusedBatchNormGradV3", true); }

#define BATCH_NORM(op, gradient_function) \
  { .name = op, .attrs = CTF_ATTRS(ctf_batch_norm_attrs), .shape = batch_norm_shape, .gradient = gradient_function }
static const ctf_op_def kOps[] = {
    BATCH_NORM("FusedBatchNorm", gradient_v1),
    BATCH_NORM("FusedBatchNormV2", gradient_v2),
    BATCH_NORM("FusedBatchNormV3", gradient_v3),
};
CTF_OP_FAMILY(batch_norm, kOps);
