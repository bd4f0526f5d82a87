// TopK and TopKV2. input: [rows, columns], values and indices: [rows, k].
//
// Bound:  memory for small k: each element is read, and compared with the worst of the k best so far.
// Method: a heap of k places with the worst on top (Williams 1964; the sifts go down to a leaf and up again, Wegener
//         1993). A row's elements are first made doubles or 64-bit integers in the workspace, so that there are two
//         kernels and not twelve. Rows are dealt to a fixed number of lanes, each with a workspace of its own.
// Order:  larger first, then the lower index. Unsorted: as the heap lies, which is what TensorFlow gives. k is the
// whole
//         row: a heap sort, or for short rows an insertion.
// NaN:    is neither larger nor smaller than anything, so that it counts as equal and its index decides. This is no
//         order; the heap and the insertion visit elements as TensorFlow's do, and so give its answers. With k = 1 NaNs
//         are skipped, and an answer of none is the first element.
#include "ops/topk.h"

#include <inttypes.h>
#include <math.h>

#include "ops/cpu/slices.h"
#include "runtime/parallel.h"

enum { kLanes = 32, kShortRow = 16 };

typedef struct topk_job {
  const ctf_tensor* input;
  int64_t rows, columns, k;
  bool sorted;
  char* workspace;
  size_t lane_bytes;
  char* values;
  void* indices;
  TF_DataType index_type;
  void (*widen)(const void* x, int64_t first, int64_t count, void* row);
  void (*choose)(const void* row, int64_t columns, int64_t k, bool sorted, int64_t* heap);
} topk_job;

// The wide row keeps the order of the elements.
#define DEFINE_WIDEN(name, wide, element)                                                      \
  static void widen_##name(const void* x, int64_t first, int64_t count, void* row) {           \
    for (int64_t i = first; i < first + count; ++i) ((wide*)row)[i - first] = (wide)(element); \
  }
DEFINE_WIDEN(f32, double, ((const ctf_any_f32*)x)[i])
DEFINE_WIDEN(f64, double, ((const ctf_any_f64*)x)[i])
DEFINE_WIDEN(half, double, ctf_load_half(x, i))
DEFINE_WIDEN(bfloat16, double, ctf_load_bfloat16(x, i))
DEFINE_WIDEN(i8, int64_t, ((const ctf_any_i8*)x)[i])
DEFINE_WIDEN(i16, int64_t, ((const ctf_any_i16*)x)[i])
DEFINE_WIDEN(i32, int64_t, ((const ctf_any_i32*)x)[i])
DEFINE_WIDEN(i64, int64_t, ((const ctf_any_i64*)x)[i])
DEFINE_WIDEN(u8, int64_t, ((const ctf_any_u8*)x)[i])
DEFINE_WIDEN(u16, int64_t, ((const ctf_any_u16*)x)[i])
DEFINE_WIDEN(u32, int64_t, ((const ctf_any_u32*)x)[i])
DEFINE_WIDEN(u64, int64_t, ((const ctf_any_u64*)x)[i] ^ (UINT64_C(1) << 63))

#define DEFINE_CHOOSE(name, wide)                                                                             \
  static inline bool better_##name(const wide* x, int64_t a, int64_t b) {                                     \
    return x[a] > x[b] || (!(x[a] < x[b]) && a < b);                                                          \
  }                                                                                                           \
  static void sift_up_##name(const wide* x, int64_t* heap, int64_t hole, int64_t top, int64_t value) {        \
    for (; hole > top && better_##name(x, heap[(hole - 1) / 2], value); hole = (hole - 1) / 2) {              \
      heap[hole] = heap[(hole - 1) / 2];                                                                      \
    }                                                                                                         \
    heap[hole] = value;                                                                                       \
  }                                                                                                           \
  static void sift_##name(const wide* x, int64_t* heap, int64_t count, int64_t top, int64_t value) {          \
    int64_t hole = top, child;                                                                                \
    while ((child = 2 * hole + 1) < count) {                                                                  \
      if (child + 1 < count && !better_##name(x, heap[child + 1], heap[child])) ++child;                      \
      heap[hole] = heap[child];                                                                               \
      hole = child;                                                                                           \
    }                                                                                                         \
    sift_up_##name(x, heap, hole, top, value);                                                                \
  }                                                                                                           \
  /* The worst of `count` goes to the end. */                                                                 \
  static void pop_##name(const wide* x, int64_t* heap, int64_t count) {                                       \
    const int64_t value = heap[count - 1];                                                                    \
    heap[count - 1] = heap[0];                                                                                \
    sift_##name(x, heap, count - 1, 0, value);                                                                \
  }                                                                                                           \
  static void insert_all_##name(const wide* x, int64_t* order, int64_t count) {                               \
    for (int64_t i = 1; i < count; ++i) {                                                                     \
      int64_t j = i;                                                                                          \
      const bool is_first = x[i] > x[order[0]]; /* asked first: with NaNs it is not what the steps lead to */ \
      for (; j > 0 && (is_first || x[i] > x[order[j - 1]]); --j) order[j] = order[j - 1];                     \
      order[j] = i;                                                                                           \
    }                                                                                                         \
  }                                                                                                           \
  static int64_t largest_##name(const wide* x, int64_t columns) {                                             \
    int64_t best = -1;                                                                                        \
    for (int64_t i = 0; i < columns; ++i) {                                                                   \
      if (x[i] == x[i] && (best < 0 || x[i] > x[best])) best = i;                                             \
    }                                                                                                         \
    return best < 0 ? 0 : best;                                                                               \
  }                                                                                                           \
  /* The chosen to heap[0 .. k), which has room for one more. */                                              \
  static void choose_##name(const void* row, int64_t columns, int64_t k, bool sorted, int64_t* heap) {        \
    const wide* x = row;                                                                                      \
    const int64_t first = k < columns ? k + 1 : k;                                                            \
    if (k == 1) {                                                                                             \
      heap[0] = largest_##name(x, columns);                                                                   \
      return;                                                                                                 \
    }                                                                                                         \
    for (int64_t i = 0; i < first; ++i) heap[i] = i;                                                          \
    if (k == columns && k <= kShortRow) {                                                                     \
      insert_all_##name(x, heap, k);                                                                          \
      return;                                                                                                 \
    }                                                                                                         \
    for (int64_t i = first / 2 - 1; i >= 0; --i) sift_##name(x, heap, first, i, heap[i]);                     \
    if (first > k) pop_##name(x, heap, first);                                                                \
    for (int64_t i = first; i < columns; ++i) {                                                               \
      if (!better_##name(x, i, heap[0])) continue;                                                            \
      pop_##name(x, heap, k);                                                                                 \
      sift_up_##name(x, heap, k - 1, 0, i);                                                                   \
    }                                                                                                         \
    if (!sorted && k < columns) return;                                                                       \
    for (int64_t count = k; count > 1; --count) pop_##name(x, heap, count);                                   \
  }
DEFINE_CHOOSE(real, double)
DEFINE_CHOOSE(integer, int64_t)

#define ROW(type, name, kind) [type] = {widen_##name, choose_##kind}
static const struct {
  void (*widen)(const void* x, int64_t first, int64_t count, void* row);
  void (*choose)(const void* row, int64_t columns, int64_t k, bool sorted, int64_t* heap);
} kTypes[CTF_DTYPE_MAX + 1] = {
    ROW(TF_FLOAT, f32, real),     ROW(TF_DOUBLE, f64, real),    ROW(TF_HALF, half, real),
    ROW(TF_INT8, i8, integer),    ROW(TF_INT16, i16, integer),  ROW(TF_INT32, i32, integer),
    ROW(TF_INT64, i64, integer),  ROW(TF_UINT8, u8, integer),   ROW(TF_UINT16, u16, integer),
    ROW(TF_UINT32, u32, integer), ROW(TF_UINT64, u64, integer), ROW(TF_BFLOAT16, bfloat16, real),
};

static void topk_lanes(void* arg, int64_t begin, int64_t end) {
  const topk_job* job = arg;
  const size_t bytes = ctf_dtype_get(job->input->dtype)->bytes;
  for (int64_t lane = begin; lane < end; ++lane) {
    char* wide = job->workspace + (size_t)lane * job->lane_bytes;
    int64_t* heap = (int64_t*)(wide + (size_t)job->columns * 8);
    for (int64_t row = lane; row < job->rows; row += kLanes) {
      job->widen(job->input->data, row * job->columns, job->columns, wide);
      job->choose(wide, job->columns, job->k, job->sorted, heap);
      for (int64_t i = 0; i < job->k; ++i) {
        const int64_t at = row * job->k + i;
        cpu_set_index(job->index_type, job->indices, at, heap[i]);
        cpu_copy_slice(job->values + (size_t)at * bytes,
                       (const char*)job->input->data + (size_t)(row * job->columns + heap[i]) * bytes, bytes);
      }
    }
  }
}

static size_t lane_bytes(int64_t columns, int64_t k) {
  size_t count, bytes;
  if (!ctf_add_size((size_t)columns, (size_t)k + 1, &count) || !ctf_mul_size(count, 8, &bytes)) return SIZE_MAX / 2;
  return ctf_round_up(bytes, CTF_TENSOR_ALIGNMENT);
}

static ctf_status run_topk(ctf_kernel_ctx* k, int64_t num_chosen) {
  const ctf_topk_attrs* attrs = k->attrs;
  topk_job job = {.input = ctf_in_tensor(k, 0),
                  .k = num_chosen,
                  .sorted = attrs->sorted,
                  .workspace = k->workspace,
                  .values = ctf_out(k, 0),
                  .indices = ctf_out(k, 1),
                  .index_type = ctf_out_dtype(k, 1)};
  job.columns = ctf_in_dim(k, 0, -1);
  const int64_t most = job.index_type == TF_INT16 ? INT16_MAX : job.index_type == TF_INT32 ? INT32_MAX : INT64_MAX;
  if (job.columns > most) {
    return ctf_error(TF_INVALID_ARGUMENT, "Second dimension of flattened input must be <= %" PRId64 ", got %" PRId64,
                     most, job.columns);
  }
  if (ctf_out_count(k, 0) == 0) return NULL;
  job.rows = job.input->num_elements / job.columns;
  job.lane_bytes = lane_bytes(job.columns, job.k);
  job.widen = kTypes[job.input->dtype].widen;
  job.choose = kTypes[job.input->dtype].choose;
  return ctf_parallel_for(k->cancel, job.rows < kLanes ? job.rows : kLanes, 1, topk_lanes, &job);
}

static size_t workspace_of(const ctf_kernel_ctx* k, int64_t num_chosen) {
  const ctf_tensor* x = ctf_in_tensor(k, 0);
  const int64_t columns = ctf_in_dim(k, 0, -1), rows = columns > 0 ? x->num_elements / columns : 0;
  size_t bytes;
  if (!ctf_mul_size(lane_bytes(columns, num_chosen), (size_t)(rows < kLanes ? rows : kLanes), &bytes)) {
    return SIZE_MAX / 2;  // larger than any memory: refused
  }
  return bytes;
}

// The shape function has seen to it that k is a scalar, not negative and not larger than the rows.
static int64_t k_of(const ctf_kernel_ctx* k) { return cpu_index(ctf_in_dtype(k, 1), ctf_in(k, 1), 0); }

static ctf_status cpu_topk(ctf_kernel_ctx* k) { return run_topk(k, ((const ctf_topk_attrs*)k->attrs)->k); }
static ctf_status cpu_topk_v2(ctf_kernel_ctx* k) { return run_topk(k, k_of(k)); }
static size_t topk_workspace(const ctf_kernel_ctx* k) { return workspace_of(k, ((const ctf_topk_attrs*)k->attrs)->k); }
static size_t topk_v2_workspace(const ctf_kernel_ctx* k) { return workspace_of(k, k_of(k)); }

static const ctf_kernel_def kKernels[] = {
    {"TopK", CTF_REAL, cpu_topk, .workspace = topk_workspace, .flags = CTF_ANY_ALIGNMENT},
    {"TopKV2", CTF_REAL, cpu_topk_v2, .workspace = topk_v2_workspace, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(topk, kKernels);
