// Reductions. input: dimensions that are kept and reduced in turns (ops/reduce.h), output: those that are kept.
//
// Bound:  memory, sizeof(T) for each element of the input.
// Order:  a tree that depends on shapes alone. The reduced elements of a result, in the order of memory, are cut into
//         kChunk-sized chunks (only where there are few results, so that threads share the work); within a chunk, runs
//         of rows are halved until kRows are left, those are added lane by lane, and the halves are added pairwise:
//         Higham 1993, "The accuracy of floating point summation". Lanes, runs and chunks are added pairwise too. Every
//         instruction set gives the same bits.
// Types:  half and bfloat16 in float, integers in 64 bits (results wrap to their type, as TensorFlow's do). Complex
// sums are
//         sums of pairs of reals.
#include "ops/reduce.h"

#include <math.h>
#include <string.h>

#include "ops/cpu/fused.h"
#include "runtime/parallel.h"

enum {
  kLanes = 64,          // of a run: results next to each other, or parts of the same one
  kColumns = 256,       // results next to each other that are computed together
  kRows = 32,           // rows that are added one after the other
  kChunk = 32768,       // elements: the least that is worth a piece of its own
  kFewResults = 16384,  // up to so many results, a result is made of several pieces
  kMaxChunks = 1024,
  kMaxPartials = 65536,  // elements of the workspace
};

typedef enum reduction { SUM, MEAN, PROD, MAX, MIN, NORM, ALL, ANY } reduction;

// Everything that depends on the type of the sums (the accumulator) and on what is reduced.
typedef struct reducer {
  size_t sum_bytes;
  // sums[l] becomes the reduction of x[first + r * stride + l] over `rows` rows r; l < width <= kColumns.
  void (*run)(const void* x, int64_t first, int64_t stride, int64_t rows, int64_t width, void* sums);
  void (*add)(void* sums, const void* others, int64_t count);  // others are later in the order
  void (*begin)(void* sums, int64_t count);                    // of nothing
} reducer;

// `element` is x[i] as an accumulator, `combine` what becomes of a (so far) and b.
#define DEFINE_REDUCER(name, sum, element, identity, combine, merge)                                              \
  static void begin_##name(void* sums, int64_t count) {                                                           \
    for (int64_t l = 0; l < count; ++l) ((sum*)sums)[l] = identity;                                               \
  }                                                                                                               \
  static void add_##name(void* sums, const void* others, int64_t count) {                                         \
    sum* s = sums;                                                                                                \
    for (int64_t l = 0; l < count; ++l) {                                                                         \
      const sum a = s[l], b = ((const sum*)others)[l];                                                            \
      s[l] = merge;                                                                                               \
    }                                                                                                             \
  }                                                                                                               \
  CTF_ALWAYS_INLINE void rows_##name(const void* x, int64_t first, int64_t stride, int64_t rows, int64_t width,   \
                                     sum* sums) {                                                                 \
    begin_##name(sums, width);                                                                                    \
    for (int64_t r = 0; r < rows; ++r) {                                                                          \
      for (int64_t l = 0; l < width; ++l) {                                                                       \
        const int64_t i = first + r * stride + l;                                                                 \
        const sum a = sums[l], b = element;                                                                       \
        sums[l] = combine;                                                                                        \
      }                                                                                                           \
    }                                                                                                             \
  }                                                                                                               \
  static void run_##name(const void* x, int64_t first, int64_t stride, int64_t rows, int64_t width, void* sums) { \
    if (rows > kRows) {                                                                                           \
      int64_t half = kRows;                                                                                       \
      while (half * 2 < rows) half *= 2;                                                                          \
      sum others[kColumns];                                                                                       \
      run_##name(x, first, stride, half, width, sums);                                                            \
      run_##name(x, first + half * stride, stride, rows - half, width, others);                                   \
      add_##name(sums, others, width);                                                                            \
    } else if (width == kLanes) {                                                                                 \
      sum lanes[kLanes];                                                                                          \
      rows_##name(x, first, stride, rows, kLanes, lanes);                                                         \
      memcpy(sums, lanes, sizeof(lanes));                                                                         \
    } else {                                                                                                      \
      rows_##name(x, first, stride, rows, width, sums);                                                           \
    }                                                                                                             \
  }                                                                                                               \
  static const reducer k_##name = {sizeof(sum), run_##name, add_##name, begin_##name};

// A NaN stays, whichever side it is on.
#define LARGER (b > a || b != b ? b : a)
#define SMALLER (b < a || b != b ? b : a)
#define DEFINE_FOR(name, sum, element, lowest, highest)                       \
  DEFINE_REDUCER(sum_##name, sum, element, 0, a + b, a + b)                   \
  DEFINE_REDUCER(norm_##name, sum, element, 0, a + b * b, a + b)              \
  DEFINE_REDUCER(prod_##name, sum, element, 1, a* b, a* b)                    \
  DEFINE_REDUCER(max_##name, sum, element, lowest, LARGER, LARGER)            \
  DEFINE_REDUCER(min_##name, sum, element, highest, SMALLER, SMALLER)         \
  static const reducer* const kReducers_##name[] = {                          \
      [SUM] = &k_sum_##name, [MEAN] = &k_sum_##name, [PROD] = &k_prod_##name, \
      [MAX] = &k_max_##name, [MIN] = &k_min_##name,  [NORM] = &k_norm_##name};

#define AS_INT(type) ((const type*)x)[i]
DEFINE_FOR(f32, float, ((const ctf_any_f32*)x)[i], -INFINITY, INFINITY)
DEFINE_FOR(f64, double, ((const ctf_any_f64*)x)[i], -(double)INFINITY, (double)INFINITY)
DEFINE_FOR(half, float, ctf_load_half(x, i), -INFINITY, INFINITY)
DEFINE_FOR(bfloat16, float, ctf_load_bfloat16(x, i), -INFINITY, INFINITY)
DEFINE_FOR(i8, int64_t, AS_INT(ctf_any_i8), INT8_MIN, INT8_MAX)
DEFINE_FOR(i16, int64_t, AS_INT(ctf_any_i16), INT16_MIN, INT16_MAX)
DEFINE_FOR(i32, int64_t, AS_INT(ctf_any_i32), INT32_MIN, INT32_MAX)
DEFINE_FOR(i64, int64_t, AS_INT(ctf_any_i64), INT64_MIN, INT64_MAX)
DEFINE_FOR(u8, uint64_t, AS_INT(ctf_any_u8), 0, UINT8_MAX)
DEFINE_FOR(u16, uint64_t, AS_INT(ctf_any_u16), 0, UINT16_MAX)
DEFINE_FOR(u32, uint64_t, AS_INT(ctf_any_u32), 0, UINT32_MAX)
DEFINE_FOR(u64, uint64_t, AS_INT(ctf_any_u64), 0, UINT64_MAX)
DEFINE_REDUCER(all, uint8_t, (uint8_t)(AS_INT(ctf_any_u8) != 0), 1, a& b, a& b)
DEFINE_REDUCER(any, uint8_t, (uint8_t)(AS_INT(ctf_any_u8) != 0), 0, a | b, a | b)

static const reducer* reducer_of(reduction what, TF_DataType dtype) {
  static const reducer* const* const kTables[CTF_DTYPE_MAX + 1] = {
      [TF_FLOAT] = kReducers_f32,     [TF_DOUBLE] = kReducers_f64,
      [TF_HALF] = kReducers_half,     [TF_BFLOAT16] = kReducers_bfloat16,
      [TF_COMPLEX64] = kReducers_f32, [TF_COMPLEX128] = kReducers_f64,  // sums, part by part
      [TF_INT8] = kReducers_i8,       [TF_INT16] = kReducers_i16,
      [TF_INT32] = kReducers_i32,     [TF_INT64] = kReducers_i64,
      [TF_UINT8] = kReducers_u8,      [TF_UINT16] = kReducers_u16,
      [TF_UINT32] = kReducers_u32,    [TF_UINT64] = kReducers_u64,
  };
  if (what == ALL) return &k_all;
  if (what == ANY) return &k_any;
  return kTables[dtype][what];
}

// ---- geometry of the loops

// What is reduced, and what becomes of the sums.
typedef struct reduce_target {
  reduction what;
  TF_DataType dtype;
  const reducer* reducer;
  int64_t num_reduced;
  const void* in;
  void* out;
} reduce_target;

typedef struct reduce_job {
  reduce_target to;
  int parts;       // reals of an element
  char* partials;  // NULL: one chunk
  // The innermost dimensions: `rows` rows of `columns` contiguous reals. Around them the others, kept and reduced.
  int64_t columns, rows;
  int num_outer;
  int64_t outer_size[CTF_MAX_RANK], outer_stride[CTF_MAX_RANK];
  bool outer_reduced[CTF_MAX_RANK];
  int64_t num_outer_kept, num_outer_reduced;
  int64_t chunks, chunk;  // of the outer reduced indices; of the rows if there is only one such index
  int64_t strips;         // of kColumns
} reduce_job;

static int64_t min_of(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Only what depends on shapes: the pointers are set by the kernel.
static void job_make(reduction what, TF_DataType dtype, const ctf_reduce_geometry* g, reduce_job* out_job) {
  reduce_job* job = out_job;
  const bool is_complex = ctf_type_in(CTF_COMPLEXES, dtype);
  *job = (reduce_job){.to = {what, dtype, reducer_of(what, dtype), g->num_reduced}, .parts = is_complex ? 2 : 1};
  job->columns = job->parts;
  job->rows = 1;
  int inner = g->rank;
  if (inner > 0 && !g->reduced[inner - 1]) job->columns *= g->size[--inner];
  if (inner > 0) job->rows = g->size[--inner];
  int64_t stride = job->columns * job->rows;
  job->num_outer = inner;
  job->num_outer_kept = job->num_outer_reduced = 1;
  for (int i = inner - 1; i >= 0; --i) {
    job->outer_size[i] = g->size[i];
    job->outer_stride[i] = stride;
    job->outer_reduced[i] = g->reduced[i];
    *(g->reduced[i] ? &job->num_outer_reduced : &job->num_outer_kept) *= g->size[i];
    stride *= g->size[i];
  }
  job->strips = ceil_div(job->columns, kColumns);
  const int64_t units = job->num_outer_reduced > 1 ? job->num_outer_reduced : job->rows;
  const int64_t results = job->num_outer_kept * job->columns;
  job->chunks = 1;
  if (results > 0 && results <= kFewResults && units > 0) {
    const int64_t per_unit = (job->num_outer_reduced > 1 ? job->rows : 1) * job->columns;
    const int64_t most = min_of(kMaxChunks, kMaxPartials / results);
    job->chunks = min_of(most, units * per_unit / kChunk);
    if (job->chunks < 1) job->chunks = 1;
  }
  job->chunk = ceil_div(units > 0 ? units : 1, job->chunks);
  job->chunks = ceil_div(units > 0 ? units : 1, job->chunk);
}

// Where the outer index `kept` (or `reduced`) begins.
static int64_t outer_offset(const reduce_job* job, int64_t index, bool reduced) {
  int64_t offset = 0;
  for (int i = job->num_outer - 1; i >= 0; --i) {
    if (job->outer_reduced[i] != reduced) continue;
    offset += index % job->outer_size[i] * job->outer_stride[i];
    index /= job->outer_size[i];
  }
  return offset;
}

// `width` of so many columns over `rows` contiguous rows. Where columns are few, several rows make a row of lanes.
static void reduce_rows(const reduce_target* to, int64_t columns, int64_t first, int64_t rows, int64_t width,
                        char* sums) {
  const reducer* r = to->reducer;
  if (width < columns || width >= kLanes || rows <= 1) {
    r->run(to->in, first, columns, rows, width, sums);
    return;
  }
  int64_t group = min_of(kLanes / width, rows);  // rows side by side
  char lanes[kLanes * sizeof(double)] __attribute__((aligned(64)));
  char tail[kLanes * sizeof(double)] __attribute__((aligned(64)));
  const int64_t whole = rows / group, left = rows % group;
  r->run(to->in, first, group * width, whole, group * width, lanes);
  if (left > 0) {
    r->run(to->in, first + whole * group * width, left * width, 1, left * width, tail);
    r->add(lanes, tail, left * width);
  }
  while (group > 1) {
    const int64_t half = (group + 1) / 2;
    r->add(lanes, lanes + (size_t)(half * width) * r->sum_bytes, (group - half) * width);
    group = half;
  }
  memcpy(sums, lanes, (size_t)width * r->sum_bytes);
}

// The outer reduced indices [begin, end), pairwise.
static void reduce_outer(const reduce_job* job, int64_t base, int64_t begin, int64_t end, int64_t width, char* sums) {
  if (end - begin == 1) {
    reduce_rows(&job->to, job->columns, base + outer_offset(job, begin, true), job->rows, width, sums);
    return;
  }
  char others[kColumns * sizeof(double)] __attribute__((aligned(64)));
  const int64_t middle = begin + (end - begin) / 2;
  reduce_outer(job, base, begin, middle, width, sums);
  reduce_outer(job, base, middle, end, width, others);
  job->to.reducer->add(sums, others, width);
}

// ---- results

// Integers: the root is computed in double, and what is no number becomes the most negative one, as on TensorFlow's
// CPUs.
static int64_t integer_result(const reduce_target* to, int64_t sum, size_t bytes) {
  if (to->what == MEAN) return to->num_reduced == 0 ? 0 : sum / to->num_reduced;
  if (to->what != NORM) return sum;
  const int shift = 64 - 8 * (int)bytes;
  const double root = sqrt((double)((int64_t)((uint64_t)sum << shift) >> shift));  // the sum, wrapped to its type
  if (root == root && root < 0x1p63) return (int64_t)root;
  return bytes == 8 ? INT64_MIN : bytes == 4 ? INT32_MIN : 0;
}

static uint64_t unsigned_result(const reduce_target* to, uint64_t sum, size_t bytes) {
  if (to->what == MEAN) return to->num_reduced == 0 ? 0 : sum / (uint64_t)to->num_reduced;
  if (to->what != NORM) return sum;
  return (uint64_t)sqrt((double)(sum & (UINT64_MAX >> (64 - 8 * bytes))));
}

static double floating_result(const reduce_target* to, double sum) {
  return to->what == NORM ? sqrt(sum) : sum / (double)to->num_reduced;
}

static void store_float(const reduce_target* to, int64_t at, float sum) {
  if (to->what == MEAN) sum = sum / (float)to->num_reduced;
  if (to->what == NORM) sum = sqrtf(sum);
  if (to->dtype == TF_HALF) {
    ((ctf_half*)to->out)[at] = ctf_half_from_float(sum);
  } else if (to->dtype == TF_BFLOAT16) {
    ((ctf_bfloat16*)to->out)[at] = ctf_bfloat16_from_float(sum);
  } else {
    ((float*)to->out)[at] = sum;
  }
}

static void store_integer(const reduce_target* to, int64_t at, uint64_t value, size_t bytes) {
  switch (bytes) {
    case 1:
      ((uint8_t*)to->out)[at] = (uint8_t)value;
      break;
    case 2:
      ((uint16_t*)to->out)[at] = (uint16_t)value;
      break;
    case 4:
      ((uint32_t*)to->out)[at] = (uint32_t)value;
      break;
    default:
      ((uint64_t*)to->out)[at] = value;
  }
}

// Makes results [at, at + count) of sums.
static void store(const reduce_target* to, int64_t at, int64_t count, const void* sums) {
  const ctf_dtype_info* type = ctf_dtype_get(to->dtype);
  for (int64_t l = 0; l < count; ++l) {
    if (type->kind == CTF_KIND_BOOL) {
      ((uint8_t*)to->out)[at + l] = ((const uint8_t*)sums)[l];
    } else if (type->kind == CTF_KIND_INT) {
      store_integer(to, at + l, (uint64_t)integer_result(to, ((const int64_t*)sums)[l], type->bytes), type->bytes);
    } else if (type->kind == CTF_KIND_UINT) {
      store_integer(to, at + l, unsigned_result(to, ((const uint64_t*)sums)[l], type->bytes), type->bytes);
    } else if (to->reducer->sum_bytes == sizeof(float)) {
      store_float(to, at + l, ((const float*)sums)[l]);
    } else {
      const double sum = ((const double*)sums)[l];
      ((double*)to->out)[at + l] = to->what == MEAN || to->what == NORM ? floating_result(to, sum) : sum;
    }
  }
}

// ---- the loops

// Items: for each outer kept index, for each strip of columns, for each chunk.
static void reduce_piece(void* arg, int64_t begin, int64_t end) {
  const reduce_job* job = arg;
  const reducer* r = job->to.reducer;
  char sums[kColumns * sizeof(double)] __attribute__((aligned(64)));
  for (int64_t item = begin; item < end; ++item) {
    const int64_t chunk = item % job->chunks, strip = item / job->chunks % job->strips;
    const int64_t kept = item / job->chunks / job->strips;
    const int64_t column = strip * kColumns, width = min_of(kColumns, job->columns - column);
    const int64_t base = outer_offset(job, kept, false) + column, first = chunk * job->chunk;
    if (job->to.num_reduced == 0) {
      r->begin(sums, width);
    } else if (job->num_outer_reduced > 1) {
      reduce_outer(job, base, first, min_of(first + job->chunk, job->num_outer_reduced), width, sums);
    } else {
      reduce_rows(&job->to, job->columns, base + first * job->columns, min_of(job->chunk, job->rows - first), width,
                  sums);
    }
    const int64_t at = kept * job->columns + column;
    if (job->chunks == 1) {
      store(&job->to, at, width, sums);
    } else {
      const int64_t results = job->num_outer_kept * job->columns;
      memcpy(job->partials + (size_t)(chunk * results + at) * r->sum_bytes, sums, (size_t)width * r->sum_bytes);
    }
  }
}

static void add_chunks(const reduce_job* job) {
  const int64_t results = job->num_outer_kept * job->columns;
  int64_t chunks = job->chunks;
  while (chunks > 1) {
    const int64_t half = (chunks + 1) / 2;
    job->to.reducer->add(job->partials, job->partials + (size_t)(half * results) * job->to.reducer->sum_bytes,
                         (chunks - half) * results);
    chunks = half;
  }
  store(&job->to, 0, results, job->partials);
}

// Complex products, and lengths of complex vectors: rare, so one result after the other, in the order of memory.

static void complex_piece(void* arg, int64_t begin, int64_t end) {
  const reduce_job* job = arg;
  const bool wide = job->to.dtype == TF_COMPLEX128;
  for (int64_t item = begin; item < end; ++item) {
    const int64_t kept = item / (job->columns / 2), column = item % (job->columns / 2) * 2;
    const int64_t base = outer_offset(job, kept, false) + column;
    double re = job->to.what == PROD ? 1 : 0, im = 0;
    for (int64_t outer = 0; job->to.num_reduced > 0 && outer < job->num_outer_reduced; ++outer) {
      const int64_t first = base + outer_offset(job, outer, true);
      for (int64_t row = 0; row < job->rows; ++row) {
        const int64_t i = first + row * job->columns;
        const double x = wide ? ((const ctf_any_f64*)job->to.in)[i] : ((const ctf_any_f32*)job->to.in)[i];
        const double y = wide ? ((const ctf_any_f64*)job->to.in)[i + 1] : ((const ctf_any_f32*)job->to.in)[i + 1];
        const double next = job->to.what == PROD ? re * x - im * y : re + (x * x + y * y);
        im = job->to.what == PROD ? re * y + im * x : 0;
        re = next;
      }
    }
    if (job->to.what == NORM) re = sqrt(re);
    if (wide) {
      ((double*)job->to.out)[2 * item] = re;
      ((double*)job->to.out)[2 * item + 1] = im;
    } else {
      ((float*)job->to.out)[2 * item] = (float)re;
      ((float*)job->to.out)[2 * item + 1] = (float)im;
    }
  }
}

// The mean of no complex numbers is zero in TensorFlow, though that of no real numbers is NaN.
static void fix_empty_mean(const reduce_job* job, size_t bytes) {
  if (job->to.what == MEAN && job->to.num_reduced == 0 && job->parts == 2) memset(job->to.out, 0, bytes);
}

static ctf_status run_reduce(ctf_kernel_ctx* k, reduction what) {
  ctf_reduce_geometry g;
  reduce_job job;
  CTF_TRY(ctf_reduce_geometry_make(ctf_tensor_shape(ctf_in_tensor(k, 0)), ctf_in_tensor(k, 1), &g));
  if (ctf_out_count(k, 0) == 0) return NULL;
  job_make(what, ctf_in_dtype(k, 0), &g, &job);
  job.to.in = ctf_in(k, 0);
  job.to.out = ctf_out(k, 0);
  if (job.parts == 2 && (what == PROD || what == NORM)) {
    return ctf_parallel_for(k->cancel, g.num_kept, 1 + kChunk / (1 + g.num_reduced), complex_piece, &job);
  }
  job.partials = job.chunks > 1 ? k->workspace : NULL;
  const int64_t items = job.num_outer_kept * job.strips * job.chunks;
  const int64_t item_work = 1 + g.num_kept * job.parts * (g.num_reduced > 0 ? g.num_reduced : 1) / items;
  CTF_TRY(ctf_parallel_for(k->cancel, items, 1 + kChunk / item_work, reduce_piece, &job));
  if (job.chunks > 1) add_chunks(&job);
  fix_empty_mean(&job, ctf_out_tensor(k, 0)->bytes);
  return NULL;
}

static size_t workspace_of(const ctf_kernel_ctx* k, reduction what) {
  ctf_reduce_geometry g;
  const ctf_status status = ctf_reduce_geometry_make(ctf_tensor_shape(ctf_in_tensor(k, 0)), ctf_in_tensor(k, 1), &g);
  if (status != NULL) {
    ctf_status_drop(status);  // the kernel meets it again and reports it
    return 0;
  }
  reduce_job job;
  job_make(what, ctf_in_dtype(k, 0), &g, &job);
  if (job.chunks == 1) return 0;
  return (size_t)(job.chunks * job.num_outer_kept * job.columns) * job.to.reducer->sum_bytes;
}

// ---- as part of a fused step: a row is one piece of one chunk, so the order is that of the whole tensor's rows

static void reduce_row(reduction what, TF_DataType dtype, const void* x, int64_t count, void* out) {
  const reduce_target to = {what, dtype, reducer_of(what, dtype), count, x, out};
  char sums[sizeof(double)] __attribute__((aligned(8)));
  reduce_rows(&to, 1, 0, count, 1, sums);
  store(&to, 0, 1, sums);
}

static bool accepts(const void* attrs, TF_DataType in, TF_DataType out) {
  (void)out;
  return ((const ctf_reduce_attrs*)attrs)->keep_dims && !ctf_type_in(CTF_COMPLEXES, in);
}

#define DEFINE_KERNEL(name, what)                                                           \
  static ctf_status cpu_##name(ctf_kernel_ctx* k) { return run_reduce(k, what); }           \
  static size_t name##_workspace(const ctf_kernel_ctx* k) { return workspace_of(k, what); } \
  static void row_##name(TF_DataType dtype, const void* x, int64_t count, void* out) {      \
    reduce_row(what, dtype, x, count, out);                                                 \
  }                                                                                         \
  static const cpu_fusible name##_fusible = {{&cpu_fused_runner, accepts, .reduces_rows = true}, .reduce = row_##name};
DEFINE_KERNEL(sum, SUM)
DEFINE_KERNEL(mean, MEAN)
DEFINE_KERNEL(prod, PROD)
DEFINE_KERNEL(max, MAX)
DEFINE_KERNEL(min, MIN)
DEFINE_KERNEL(norm, NORM)
DEFINE_KERNEL(all, ALL)
DEFINE_KERNEL(any, ANY)

#define ROW(op_name, types, name)                                                            \
  {                                                                                          \
    op_name, types, cpu_##name, .workspace = name##_workspace, .fuse = &name##_fusible.base, \
                                .flags = CTF_ANY_ALIGNMENT                                   \
  }
static const ctf_kernel_def kKernels[] = {
    ROW("Sum", CTF_NUMERIC, sum),       ROW("Mean", CTF_NUMERIC, mean),     ROW("Prod", CTF_NUMERIC, prod),
    ROW("Max", CTF_REAL, max),          ROW("Min", CTF_REAL, min),          ROW("EuclideanNorm", CTF_NUMERIC, norm),
    ROW("All", CTF_TYPE(TF_BOOL), all), ROW("Any", CTF_TYPE(TF_BOOL), any),
};
CTF_CPU_KERNELS(reduce, kKernels);
