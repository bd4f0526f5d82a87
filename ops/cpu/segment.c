// SegmentSum and UnsortedSegmentSum. data: [rows, inner], output: [segments, inner].
//
// Bound:  memory, sizeof(T) for each element of the data.
// Order:  sorted ids: a segment's rows are halved until kRows are left, which are added one after the other, and the
//         halves are added pairwise; half and bfloat16 in float. Unsorted ids: in the order of the data, in the type
//         itself, as in TensorFlow, since sums of a type of their own would take a workspace as large as the output.
#include "ops/cpu/accumulate.h"
#include "ops/cpu/slices.h"
#include "runtime/parallel.h"

enum { kColumns = 128, kRows = 32, kWorkGrain = 1 << 15, kStripBytes = 4096 };

typedef struct segment_job {
  const void* data;
  const void* ids;
  TF_DataType index_type;
  int64_t rows, inner, strips;
  void* out;
} segment_job;

// The first row whose id is at least `id`: ids are sorted.
static int64_t first_row(const segment_job* job, int64_t id) {
  int64_t begin = 0, end = job->rows;
  while (begin < end) {
    const int64_t middle = begin + (end - begin) / 2;
    if (cpu_index(job->index_type, job->ids, middle) < id) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

// Items: for each segment, for each strip of columns.
#define DEFINE_SEGMENTS(name, sum, element, type, result)                                                         \
  static void rows_##name(const void* x, int64_t first, int64_t stride, int64_t rows, int64_t width, sum* sums) { \
    if (rows > kRows) {                                                                                           \
      sum others[kColumns];                                                                                       \
      rows_##name(x, first, stride, rows / 2, width, sums);                                                       \
      rows_##name(x, first + rows / 2 * stride, stride, rows - rows / 2, width, others);                          \
      for (int64_t l = 0; l < width; ++l) sums[l] += others[l];                                                   \
      return;                                                                                                     \
    }                                                                                                             \
    for (int64_t l = 0; l < width; ++l) sums[l] = 0;                                                              \
    for (int64_t r = 0; r < rows; ++r) {                                                                          \
      for (int64_t l = 0; l < width; ++l) {                                                                       \
        const int64_t i = first + r * stride + l;                                                                 \
        sums[l] += element;                                                                                       \
      }                                                                                                           \
    }                                                                                                             \
  }                                                                                                               \
  static void segments_##name(void* arg, int64_t begin, int64_t end) {                                            \
    const segment_job* job = arg;                                                                                 \
    sum sums[kColumns];                                                                                           \
    for (int64_t item = begin; item < end; ++item) {                                                              \
      const int64_t segment = item / job->strips, column = item % job->strips * kColumns;                         \
      const int64_t left = job->inner - column, width = left < kColumns ? left : kColumns;                        \
      const int64_t row = first_row(job, segment), rows = first_row(job, segment + 1) - row;                      \
      rows_##name(job->data, row * job->inner + column, job->inner, rows, width, sums);                           \
      type* to = (type*)job->out + segment * job->inner + column;                                                 \
      for (int64_t l = 0; l < width; ++l) to[l] = result;                                                         \
    }                                                                                                             \
  }
DEFINE_SEGMENTS(f32, float, ((const ctf_any_f32*)x)[i], float, sums[l])
DEFINE_SEGMENTS(f64, double, ((const ctf_any_f64*)x)[i], double, sums[l])
DEFINE_SEGMENTS(half, float, ctf_load_half(x, i), ctf_half, ctf_half_from_float(sums[l]))
DEFINE_SEGMENTS(bfloat16, float, ctf_load_bfloat16(x, i), ctf_bfloat16, ctf_bfloat16_from_float(sums[l]))
// Integers wrap, so that only their width counts.
DEFINE_SEGMENTS(u8, uint8_t, ((const ctf_any_u8*)x)[i], uint8_t, sums[l])
DEFINE_SEGMENTS(u16, uint16_t, ((const ctf_any_u16*)x)[i], uint16_t, sums[l])
DEFINE_SEGMENTS(u32, uint32_t, ((const ctf_any_u32*)x)[i], uint32_t, sums[l])
DEFINE_SEGMENTS(u64, uint64_t, ((const ctf_any_u64*)x)[i], uint64_t, sums[l])

static void (*const kSegments[CTF_DTYPE_MAX + 1])(void* arg, int64_t begin, int64_t end) = {
    [TF_FLOAT] = segments_f32,  [TF_COMPLEX64] = segments_f32,     [TF_DOUBLE] = segments_f64,
    [TF_HALF] = segments_half,  [TF_BFLOAT16] = segments_bfloat16, [TF_COMPLEX128] = segments_f64,
    [TF_INT8] = segments_u8,    [TF_UINT8] = segments_u8,          [TF_INT16] = segments_u16,
    [TF_UINT16] = segments_u16, [TF_INT32] = segments_u32,         [TF_UINT32] = segments_u32,
    [TF_INT64] = segments_u64,  [TF_UINT64] = segments_u64,
};

// How many segments there are: the last id says so. Ids must not be negative and must not decrease.
static ctf_status count_segments(const segment_job* job, int64_t* out_count) {
  *out_count = 0;
  if (job->rows == 0) return NULL;
  const int64_t last = cpu_index(job->index_type, job->ids, job->rows - 1);
  if (last < 0 || last == (job->index_type == TF_INT32 ? INT32_MAX : INT64_MAX)) {
    return ctf_error(TF_INVALID_ARGUMENT, "segment ids must be >= 0");
  }
  for (int64_t i = 0; i < job->rows; ++i) {
    const int64_t id = cpu_index(job->index_type, job->ids, i);
    if (i + 1 < job->rows && cpu_index(job->index_type, job->ids, i + 1) < id) {
      return ctf_error(TF_INVALID_ARGUMENT, "segment ids are not increasing");
    }
    if (id < 0 || id > last) {
      return ctf_error(TF_INVALID_ARGUMENT,
                       "Segment id %" PRId64 " out of range [0, %" PRId64
                       "), possibly because 'segment_ids' input is not sorted.",
                       id, last + 1);
    }
  }
  *out_count = last + 1;
  return NULL;
}

static ctf_status cpu_segment_sum(ctf_kernel_ctx* k) {
  const ctf_tensor *data = ctf_in_tensor(k, 0), *ids = ctf_in_tensor(k, 1);
  segment_job job = {.data = data->data, .ids = ids->data, .index_type = ids->dtype, .inner = 1};
  if (data->rank < 1) return ctf_error(TF_INVALID_ARGUMENT, "input must be at least rank 1");
  if (ids->rank != 1) return ctf_error(TF_INVALID_ARGUMENT, "segment_ids should be a vector.");
  if (ids->num_elements != data->dims[0]) {
    return ctf_error(TF_INVALID_ARGUMENT, "segment_ids should be the same size as dimension 0 of input.");
  }
  job.rows = ids->num_elements;
  int64_t dims[CTF_MAX_RANK];
  CTF_TRY(count_segments(&job, &dims[0]));
  for (int i = 1; i < data->rank; ++i) job.inner *= dims[i] = data->dims[i];
  CTF_TRY(ctf_out_reserve(k, 0, data->rank, dims));
  if (ctf_out_count(k, 0) == 0) return NULL;
  if (ctf_type_in(CTF_COMPLEXES, data->dtype)) job.inner *= 2;
  job.out = ctf_out(k, 0);
  job.strips = (job.inner + kColumns - 1) / kColumns;
  const int64_t rows = job.rows / dims[0] + 1, width = job.inner < kColumns ? job.inner : kColumns;
  return ctf_parallel_for(k->cancel, dims[0] * job.strips, 1 + kWorkGrain / (rows * width), kSegments[data->dtype],
                          &job);
}

typedef struct unsorted_job {
  const char* data;
  const ctf_tensor* ids;
  char* out;
  cpu_add_row_fn add;
  int64_t slice, strip;  // in parts of elements
  size_t part_bytes;
} unsorted_job;

static void unsorted_strips(void* arg, int64_t begin, int64_t end) {
  const unsorted_job* job = arg;
  for (int64_t s = begin; s < end; ++s) {
    const int64_t first = s * job->strip, left = job->slice - first, width = left < job->strip ? left : job->strip;
    for (int64_t row = 0; row < job->ids->num_elements; ++row) {
      const int64_t id = cpu_index(job->ids->dtype, job->ids->data, row);
      if (id < 0) continue;  // in no sum
      job->add(job->out + (size_t)(id * job->slice + first) * job->part_bytes,
               job->data + (size_t)(row * job->slice + first) * job->part_bytes, width);
    }
  }
}

static ctf_status cpu_unsorted_segment_sum(ctf_kernel_ctx* k) {
  const ctf_tensor *data = ctf_in_tensor(k, 0), *ids = ctf_in_tensor(k, 1), *out = ctf_out_tensor(k, 0);
  unsorted_job job = {.data = data->data, .ids = ids, .out = out->data};
  int parts;
  if (out->bytes > 0) memset(out->data, 0, out->bytes);
  if (data->num_elements == 0) return NULL;  // the ids count for nothing then
  for (int64_t i = 0; i < ids->num_elements; ++i) {
    const int64_t id = cpu_index(ids->dtype, ids->data, i);
    if (id < out->dims[0]) continue;
    return ctf_error(TF_INVALID_ARGUMENT, "segment_ids%s = %" PRId64 " is out of range [0, %" PRId64 ")",
                     cpu_place_text(ctf_tensor_shape(ids), i).text, id, out->dims[0]);
  }
  job.add = cpu_add_row_of(data->dtype, &parts);
  job.part_bytes = ctf_dtype_get(data->dtype)->bytes / (size_t)parts;
  job.slice = data->num_elements / ids->num_elements * parts;
  job.strip = kStripBytes / (int64_t)job.part_bytes;
  return ctf_parallel_for(k->cancel, (job.slice + job.strip - 1) / job.strip, 1, unsorted_strips, &job);
}

static const ctf_kernel_def kKernels[] = {
    {"SegmentSum", CTF_NUMERIC, cpu_segment_sum, .type_attr2 = "Tindices", .types2 = CTF_INDEX,
     .flags = CTF_ANY_ALIGNMENT},
    {"UnsortedSegmentSum", CTF_NUMERIC, cpu_unsorted_segment_sum, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(segment, kKernels);
