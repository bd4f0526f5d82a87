// Cross entropy with softmax. logits, labels: [rows, cols] or broadcast to it (Sparse...: labels are [rows] classes);
// loss: [rows], backprop: [rows, cols].
//
// Bound:  arithmetic, two exponentials an element.
// Order:  a row's exponentials and its losses are added in kRowLanes interleaved sums, which are added pairwise.
// Method: by blocks that are read into floats (doubles of doubles), so that broadcasting, half and bfloat16 end there.
// NaN:    no term is left out: a label of 0 times an infinite loss is NaN, as in TensorFlow.
#include "ops/cross_entropy.h"

#include <inttypes.h>
#include <stdio.h>

#include "ops/cpu/softmax_row.h"
#include "ops/cpu/widen.h"
#include "ops/kernel.h"
#include "runtime/parallel.h"

enum { kBlock = 512, kWorkGrain = 8192 };  // kBlock: a multiple of kRowLanes. kWorkGrain: elements of a piece, about
_Static_assert((int)kBlock % (int)kRowLanes == 0, "blocks leave the lanes where they are");

typedef struct loss_job {
  TF_DataType dtype;
  ctf_cross_entropy_geometry g;
  const void* logits;
  const void* labels;         // dense: distributions
  const ctf_tensor* classes;  // sparse: NULL when they are not
  char* loss;
  char* backprop;
} loss_job;

// Elements [first, first + count) of a row to where they are computed with, and back.
static void fetch_f32(TF_DataType dtype, const void* data, int64_t first, int64_t step, int64_t count, float* out) {
  if (cpu_is_narrow(dtype)) {
    cpu_widen(dtype, (const ctf_any_u16*)data + first, out, step == 0 ? 1 : count);
  } else {
    memcpy(out, (const ctf_any_f32*)data + first, (size_t)(step == 0 ? 1 : count) * sizeof(float));
  }
  for (int64_t i = 1; step == 0 && i < count; ++i) out[i] = out[0];
}

static void fetch_f64(TF_DataType dtype, const void* data, int64_t first, int64_t step, int64_t count, double* out) {
  (void)dtype;
  memcpy(out, (const ctf_any_f64*)data + first, (size_t)(step == 0 ? 1 : count) * sizeof(double));
  for (int64_t i = 1; step == 0 && i < count; ++i) out[i] = out[0];
}

static void store_f32(TF_DataType dtype, const float* from, int64_t count, char* to, int64_t first) {
  if (cpu_is_narrow(dtype)) {
    cpu_narrow(dtype, from, to + (size_t)first * sizeof(uint16_t), count);
  } else {
    memcpy(to + (size_t)first * sizeof(float), from, (size_t)count * sizeof(float));
  }
}

static void store_f64(TF_DataType dtype, const double* from, int64_t count, char* to, int64_t first) {
  (void)dtype;
  memcpy(to + (size_t)first * sizeof(double), from, (size_t)count * sizeof(double));
}

static int64_t class_of(const loss_job* job, int64_t row) {
  int64_t label = -1;
  if (job->classes != NULL && !ctf_tensor_get_int(job->classes, row, &label)) label = -1;
  return label;
}

#define DEFINE_ROWS(name, scalar)                                                                                 \
  static int64_t fetch_logits_##name(const loss_job* job, int64_t row, int64_t col, scalar* out) {                \
    const ctf_cross_entropy_side side = job->g.logits;                                                            \
    const int64_t count = job->g.cols - col < kBlock ? job->g.cols - col : kBlock;                                \
    fetch_##name(job->dtype, job->logits, row* side.row_step + col * side.col_step, side.col_step, count, out);   \
    return count;                                                                                                 \
  }                                                                                                               \
  static void fetch_labels_##name(const loss_job* job, int64_t row, int64_t col, int64_t count, scalar* out) {    \
    const ctf_cross_entropy_side side = job->g.labels;                                                            \
    const int64_t label = class_of(job, row);                                                                     \
    if (job->classes == NULL) {                                                                                   \
      fetch_##name(job->dtype, job->labels, row* side.row_step + col * side.col_step, side.col_step, count, out); \
      return;                                                                                                     \
    }                                                                                                             \
    memset(out, 0, (size_t)count * sizeof(*out));                                                                 \
    if (label >= col && label < col + count) out[label - col] = 1;                                                \
  }                                                                                                               \
  static void row_##name(const loss_job* job, int64_t row) {                                                      \
    scalar x[kBlock], label[kBlock], sums[kRowLanes], losses[kRowLanes] = {0}, loss = 0;                          \
    for (int l = 0; l < kRowLanes; ++l) sums[l] = -(scalar)INFINITY;                                              \
    for (int64_t col = 0; col < job->g.cols; col += kBlock) {                                                     \
      row_max_lanes_##name(x, fetch_logits_##name(job, row, col, x), sums);                                       \
    }                                                                                                             \
    const scalar max = row_largest_##name(sums);                                                                  \
    memset(sums, 0, sizeof(sums));                                                                                \
    for (int64_t col = 0; col < job->g.cols; col += kBlock) {                                                     \
      row_exp_lanes_##name(x, fetch_logits_##name(job, row, col, x), max, sums, NULL);                            \
    }                                                                                                             \
    const scalar sum = row_total_##name(sums), log_sum = (scalar)log(sum);                                        \
    for (int64_t col = 0; col < job->g.cols; col += kBlock) {                                                     \
      const int64_t count = fetch_logits_##name(job, row, col, x);                                                \
      fetch_labels_##name(job, row, col, count, label);                                                           \
      if (job->classes != NULL) {                                                                                 \
        const int64_t at = class_of(job, row) - col;                                                              \
        if (at >= 0 && at < count) loss = log_sum - (x[at] - max);                                                \
      } else {                                                                                                    \
        for (int64_t i = 0; i < count; i += kRowLanes) {                                                          \
          const int64_t left = count - i < kRowLanes ? count - i : kRowLanes;                                     \
          for (int64_t l = 0; l < left; ++l) losses[l] += label[i + l] * (log_sum - (x[i + l] - max));            \
        }                                                                                                         \
      }                                                                                                           \
      for (int64_t i = 0; i < count; ++i) x[i] = row_exp_##name(x[i] - max) / sum - label[i];                     \
      store_##name(job->dtype, x, count, job->backprop, row * job->g.cols + col);                                 \
    }                                                                                                             \
    if (job->classes == NULL) loss = row_total_##name(losses);                                                    \
    store_##name(job->dtype, &loss, 1, job->loss, row);                                                           \
  }                                                                                                               \
  static void rows_##name(void* arg, int64_t begin, int64_t end) {                                                \
    for (int64_t row = begin; row < end; ++row) row_##name(arg, row);                                             \
  }

DEFINE_ROWS(f32, float)
DEFINE_ROWS(f64, double)

static ctf_status run_rows(ctf_kernel_ctx* k, loss_job* job) {
  job->dtype = ctf_in_dtype(k, 0);
  job->logits = ctf_in(k, 0);
  job->loss = ctf_out(k, 0);
  job->backprop = ctf_out(k, 1);
  if (job->g.cols == 0) {  // nothing is lost without classes
    if (ctf_out_tensor(k, 0)->bytes > 0) memset(job->loss, 0, ctf_out_tensor(k, 0)->bytes);
    return NULL;
  }
  return ctf_parallel_for(k->cancel, job->g.rows, 1 + kWorkGrain / job->g.cols,
                          job->dtype == TF_DOUBLE ? rows_f64 : rows_f32, job);
}

static ctf_status cpu_dense(ctf_kernel_ctx* k) {
  loss_job job = {.g = ctf_cross_entropy_geometry_make(ctf_tensor_shape(ctf_in_tensor(k, 0)),
                                                       ctf_tensor_shape(ctf_in_tensor(k, 1))),
                  .labels = ctf_in(k, 1)};
  return run_rows(k, &job);
}

// A label that is no class fails the op, with the labels as far as they fit.
static ctf_status check_classes(const ctf_tensor* classes, int64_t num_classes) {
  int64_t least = 0, most = 0, label = 0;
  for (int64_t i = 0; i < classes->num_elements; ++i) {
    if (!ctf_tensor_get_int(classes, i, &label)) label = -1;
    if (i == 0 || label < least) least = label;
    if (i == 0 || label > most) most = label;
  }
  if (least >= 0 && most < num_classes) return NULL;
  char list[512];
  size_t used = 0;
  for (int64_t i = 0; i < classes->num_elements && used + 24 < sizeof(list); ++i) {
    if (!ctf_tensor_get_int(classes, i, &label)) label = -1;
    used += (size_t)snprintf(list + used, sizeof(list) - used, " %" PRId64, label);
  }
  return ctf_error(TF_INVALID_ARGUMENT,
                   "Received a label value of %" PRId64 " which is outside the valid range of [0, %" PRId64
                   ").  Label values:%s",
                   least < 0 ? least : most, num_classes, list);
}

static ctf_status cpu_sparse(ctf_kernel_ctx* k) {
  const ctf_tensor *logits = ctf_in_tensor(k, 0), *classes = ctf_in_tensor(k, 1);
  if (logits->dims[1] == 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "Must have at least one class, but got logits shape %s",
                     ctf_shape_print(ctf_tensor_shape(logits)).text);
  }
  if (classes->num_elements == 0) return NULL;
  CTF_TRY(check_classes(classes, logits->dims[1]));
  loss_job job = {.g = {.rows = logits->dims[0], .cols = logits->dims[1], .logits = {logits->dims[1], 1}},
                  .classes = classes};
  return run_rows(k, &job);
}

static const ctf_kernel_def kKernels[] = {
    {"SoftmaxCrossEntropyWithLogits", CTF_REAL_FLOATING, cpu_dense, .flags = CTF_ANY_ALIGNMENT},
    {"SparseSoftmaxCrossEntropyWithLogits", CTF_REAL_FLOATING, cpu_sparse, .type_attr2 = "Tlabels", .types2 = CTF_INDEX,
     .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(cross_entropy, kKernels);
