// Reversals: the source starts at the end of what is reversed and moves back.
#include "ops/reverse.h"

#include <inttypes.h>

#include "ops/cpu/strided_copy.h"

static ctf_status copy_reversed(ctf_kernel_ctx* k, const bool* reversed) {
  const ctf_tensor *x = ctf_in_tensor(k, 0), *y = ctf_out_tensor(k, 0);
  ctf_strided_copy copy;
  int64_t step[CTF_MAX_RANK], begin = 0, size = 1;
  if (x->num_elements == 0) return NULL;
  for (int i = x->rank - 1; i >= 0; --i) {
    step[i] = size;
    if (reversed[i]) begin += (x->dims[i] - 1) * size;
    size *= x->dims[i];
  }
  CTF_ISA_NAME(ctf_copy_init)(&copy, x, begin, y, 0);
  for (int i = 0; i < x->rank; ++i) {
    CTF_ISA_NAME(ctf_copy_loop)(&copy, x->dims[i], reversed[i] ? -step[i] : step[i], step[i]);
  }
  return CTF_ISA_NAME(ctf_copy_run)(&copy, k);
}

static ctf_status cpu_reverse(ctf_kernel_ctx* k) {
  const uint8_t* flags = ctf_in(k, 1);  // bytes: what is fed need not be 0 or 1
  bool reversed[CTF_MAX_RANK];
  if (ctf_in_rank(k, 0) > 0 && ctf_in_dim(k, 0, 0) == 0) {  // of this dimension alone, as TensorFlow has it
    return ctf_error(TF_INVALID_ARGUMENT, "Invalid input first dimension. Found 0.");
  }
  for (int i = 0; i < ctf_in_rank(k, 0); ++i) reversed[i] = flags[i] != 0;
  return copy_reversed(k, reversed);
}

static ctf_status cpu_reverse_v2(ctf_kernel_ctx* k) {
  bool reversed[CTF_MAX_RANK];
  CTF_TRY(ctf_reverse_axes(ctf_in_tensor(k, 1), ctf_in_rank(k, 0), reversed));
  return copy_reversed(k, reversed);
}

// ---- ReverseSequence

// The input as [outer, first, middle, second, inner], of which the batch and the sequence are first and second in
// whatever order they stand.
typedef struct sequence_geometry {
  int64_t outer, middle, inner;
  int64_t batch, sequence;  // sizes
  int64_t outer_step, batch_step, middle_step, sequence_step;
} sequence_geometry;

static sequence_geometry make_geometry(const ctf_tensor* x, int batch_dim, int seq_dim) {
  const int low = batch_dim < seq_dim ? batch_dim : seq_dim, high = batch_dim < seq_dim ? seq_dim : batch_dim;
  return (sequence_geometry){.outer = ctf_copy_extent(x->dims, 0, low),
                             .middle = ctf_copy_extent(x->dims, low + 1, high),
                             .inner = ctf_copy_extent(x->dims, high + 1, x->rank),
                             .batch = x->dims[batch_dim],
                             .sequence = x->dims[seq_dim],
                             .outer_step = ctf_copy_extent(x->dims, low, x->rank),
                             .batch_step = ctf_copy_extent(x->dims, batch_dim + 1, x->rank),
                             .middle_step = ctf_copy_extent(x->dims, high, x->rank),
                             .sequence_step = ctf_copy_extent(x->dims, seq_dim + 1, x->rank)};
}

// Steps [to, to + count) of one row's sequence, forwards or backwards from step `from`.
static ctf_status copy_steps(ctf_kernel_ctx* k, const sequence_geometry* g, int64_t row, int64_t to, int64_t count,
                             int64_t from, bool backwards) {
  const int64_t base = row * g->batch_step;
  ctf_strided_copy copy;
  if (count == 0) return NULL;
  CTF_ISA_NAME(ctf_copy_init)
  (&copy, ctf_in_tensor(k, 0), base + from * g->sequence_step, ctf_out_tensor(k, 0), base + to * g->sequence_step);
  CTF_ISA_NAME(ctf_copy_loop)(&copy, g->outer, g->outer_step, g->outer_step);
  CTF_ISA_NAME(ctf_copy_loop)(&copy, count, backwards ? -g->sequence_step : g->sequence_step, g->sequence_step);
  CTF_ISA_NAME(ctf_copy_loop)(&copy, g->middle, g->middle_step, g->middle_step);
  CTF_ISA_NAME(ctf_copy_loop)(&copy, g->inner, 1, 1);
  return CTF_ISA_NAME(ctf_copy_run)(&copy, k);
}

static ctf_status cpu_reverse_sequence(ctf_kernel_ctx* k) {
  const ctf_reverse_sequence_attrs* attrs = k->attrs;
  const ctf_tensor *x = ctf_in_tensor(k, 0), *lengths = ctf_in_tensor(k, 1);
  if (attrs->seq_dim < 0) return ctf_error(TF_INVALID_ARGUMENT, "Invalid seq_dim %" PRId64, attrs->seq_dim);
  if (attrs->batch_dim == attrs->seq_dim) {
    return ctf_error(TF_INVALID_ARGUMENT, "batch_dim == seq_dim == %" PRId64, attrs->seq_dim);
  }
  const sequence_geometry g = make_geometry(x, (int)attrs->batch_dim, (int)attrs->seq_dim);
  for (int64_t i = 0; i < lengths->num_elements; ++i) {
    int64_t length = 0;
    if (!ctf_tensor_get_int(lengths, i, &length)) return ctf_error(TF_INVALID_ARGUMENT, "seq_lens must be integers");
    if (length < 0) return ctf_error(TF_INVALID_ARGUMENT, "seq_lens(%" PRId64 ") < 0", i);
    if (length > g.sequence) {
      return ctf_error(TF_INVALID_ARGUMENT, "seq_lens(%" PRId64 ") > input.dims(%" PRId64 ")", i, attrs->seq_dim);
    }
    if (x->num_elements == 0) continue;
    CTF_TRY(copy_steps(k, &g, i, 0, length, length - 1, true));
    CTF_TRY(copy_steps(k, &g, i, length, g.sequence - length, length, false));
  }
  return NULL;
}

static const ctf_kernel_def kKernels[] = {
    {"Reverse", CTF_ANY_TYPE, cpu_reverse, .flags = CTF_ANY_ALIGNMENT},
    {"ReverseSequence", CTF_ANY_TYPE, cpu_reverse_sequence, .flags = CTF_ANY_ALIGNMENT},
    {"ReverseV2", CTF_ANY_TYPE, cpu_reverse_v2, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(reverse, kKernels);
