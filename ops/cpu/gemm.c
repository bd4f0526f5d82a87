// Matrix products: C[m,n] = A[m,k] * B[k,n], for each batch. See ops/cpu/gemm.h.
//
// Bound:  arithmetic, 2 * m * n * k / FMA peak; with m or n up to 4, memory: the larger matrix is read once.
// Order:  k is cut into blocks of kBlockK; within a block products are added one after the other, blocks are added in
//         their order. Nothing of it depends on threads or on how loops are split.
// Method: packed panels, a block of B in the second-level cache and a panel of it in the first, a tile of C in
//         registers: Goto & van de Geijn 2008, "Anatomy of high-performance matrix multiplication".
#include "ops/cpu/gemm.h"

#include <string.h>

#include "ops/cpu/epilogue.h"
#include "ops/cpu/gemm_rows.h"
#include "ops/cpu/unaligned.h"
#include "runtime/parallel.h"

// A tile of C, in registers: rows * vectors accumulators, and room for a row of B and a broadcast element of A.
#if defined(__AVX512F__)
enum { kVectorBytes = 64, kTileRows = 12, kTileVectors = 2, kComplexRows = 10, kComplexVectors = 1 };
#elif defined(__AVX2__)
enum { kVectorBytes = 32, kTileRows = 6, kTileVectors = 2, kComplexRows = 6, kComplexVectors = 1 };
#else
enum { kVectorBytes = 16, kTileRows = 4, kTileVectors = 2, kComplexRows = 4, kComplexVectors = 1 };
#endif

enum {
  kBlockK = 256,         // a panel of B of 32 KiB (float, AVX-512) stays in the first-level cache
  kBlockMN = 2048,       // rows and columns that are packed at a time: bounds the workspace
  kNarrowBlockMN = 512,  // the same where results are rounded from a block of wider ones in the workspace, and
  kLargeMN = 4096,       // where the matrix has more of both: what is as large as that meets budgets (measured: 1.03 of
                         // the time)
  kItemRowPanels = 8,    // of a unit of parallel work
  kItemColumnPanels = 8,
  kGroupBytes = 4 << 20,  // of packed panels, for batches that are packed together
  kDirectRows = 4,        // up to so many rows (or columns), nothing is packed
  kStrip = 64,            // columns of C at a time where nothing is packed
  kMaxTile = 2048,        // bytes of the largest tile
  kWorkGrain = 200000,    // operations of a piece of parallel work, about
};

typedef struct gemm_kind {
  TF_DataType type;
  int32_t parts;  // scalars of an element: 2 for complex numbers
  int32_t rows, width;
  size_t scalar_bytes;
  void (*micro)(int64_t kc, const void* a, const void* b, void* tile);  // tile = sum over k of a's column * b's row
  void (*merge)(const void* tile, int64_t rows, int64_t cols, bool add, void* c, int64_t c_stride);
} gemm_kind;

#define UNROLL _Pragma("GCC unroll 16")

// Panels and tiles are aligned; tiles are row-major.
#define DEFINE_REAL(name, scalar)                                                                               \
  typedef scalar vector_##name __attribute__((vector_size(kVectorBytes), may_alias));                           \
  static void micro_##name(int64_t kc, const void* a_panel, const void* b_panel, void* tile) {                  \
    const scalar* a = a_panel;                                                                                  \
    const vector_##name* b = b_panel;                                                                           \
    vector_##name sums[kTileRows][kTileVectors] = {{{0}}};                                                      \
    for (int64_t k = 0; k < kc; ++k, a += kTileRows, b += kTileVectors) {                                       \
      UNROLL for (int i = 0; i < kTileRows; ++i) {                                                              \
        UNROLL for (int j = 0; j < kTileVectors; ++j) sums[i][j] += a[i] * b[j];                                \
      }                                                                                                         \
    }                                                                                                           \
    memcpy(tile, sums, sizeof(sums));                                                                           \
  }                                                                                                             \
  static void merge_##name(const void* tile, int64_t rows, int64_t cols, bool add, void* c, int64_t c_stride) { \
    enum { kWidth = kTileVectors * kVectorBytes / sizeof(scalar) };                                             \
    for (int64_t i = 0; i < rows; ++i) {                                                                        \
      const scalar* from = (const scalar*)tile + i * kWidth;                                                    \
      scalar* to = (scalar*)c + i * c_stride;                                                                   \
      if (!add) {                                                                                               \
        memcpy(to, from, (size_t)cols * sizeof(scalar));                                                        \
      } else {                                                                                                  \
        for (int64_t j = 0; j < cols; ++j) to[j] += from[j];                                                    \
      }                                                                                                         \
    }                                                                                                           \
  }

DEFINE_REAL(f32, float)
DEFINE_REAL(f64, double)
DEFINE_REAL(i32, int32_t)
DEFINE_REAL(i64, int64_t)

// Tiles hold all real parts, then all imaginary ones; c is interleaved.
#define DEFINE_COMPLEX(name, scalar, vector)                                                                    \
  static void micro_##name(int64_t kc, const void* a_panel, const void* b_panel, void* tile) {                  \
    const scalar* a = a_panel;                                                                                  \
    const vector* b = b_panel;                                                                                  \
    vector re[kComplexRows][kComplexVectors] = {{{0}}}, im[kComplexRows][kComplexVectors] = {{{0}}};            \
    for (int64_t k = 0; k < kc; ++k, a += 2 * kComplexRows, b += 2 * kComplexVectors) {                         \
      UNROLL for (int i = 0; i < kComplexRows; ++i) {                                                           \
        UNROLL for (int j = 0; j < kComplexVectors; ++j) {                                                      \
          re[i][j] += a[i] * b[j];                                                                              \
          re[i][j] -= a[kComplexRows + i] * b[kComplexVectors + j];                                             \
          im[i][j] += a[i] * b[kComplexVectors + j];                                                            \
          im[i][j] += a[kComplexRows + i] * b[j];                                                               \
        }                                                                                                       \
      }                                                                                                         \
    }                                                                                                           \
    memcpy(tile, re, sizeof(re));                                                                               \
    memcpy((char*)tile + sizeof(re), im, sizeof(im));                                                           \
  }                                                                                                             \
  static void merge_##name(const void* tile, int64_t rows, int64_t cols, bool add, void* c, int64_t c_stride) { \
    enum { kWidth = kComplexVectors * kVectorBytes / sizeof(scalar) };                                          \
    for (int64_t i = 0; i < rows; ++i) {                                                                        \
      const scalar *re = (const scalar*)tile + i * kWidth, *im = re + kComplexRows * kWidth;                    \
      scalar* to = (scalar*)c + 2 * i * c_stride;                                                               \
      for (int64_t j = 0; j < cols; ++j) {                                                                      \
        to[2 * j] = add ? to[2 * j] + re[j] : re[j];                                                            \
        to[2 * j + 1] = add ? to[2 * j + 1] + im[j] : im[j];                                                    \
      }                                                                                                         \
    }                                                                                                           \
  }

DEFINE_COMPLEX(c64, float, vector_f32)
DEFINE_COMPLEX(c128, double, vector_f64)

#define REAL_KIND(type, name, scalar) \
  { type, 1, kTileRows, kTileVectors *kVectorBytes / sizeof(scalar), sizeof(scalar), micro_##name, merge_##name }
#define COMPLEX_KIND(type, name, scalar) \
  { type, 2, kComplexRows, kComplexVectors *kVectorBytes / sizeof(scalar), sizeof(scalar), micro_##name, merge_##name }
static const gemm_kind kKinds[] = {
    REAL_KIND(TF_FLOAT, f32, float),        REAL_KIND(TF_DOUBLE, f64, double),
    REAL_KIND(TF_INT32, i32, int32_t),      REAL_KIND(TF_INT64, i64, int64_t),
    COMPLEX_KIND(TF_COMPLEX64, c64, float), COMPLEX_KIND(TF_COMPLEX128, c128, double),
};

static const gemm_kind* kind_find(TF_DataType compute) {
  for (size_t i = 0; i < sizeof(kKinds) / sizeof(kKinds[0]); ++i) {
    if (kKinds[i].type == compute) return &kKinds[i];
  }
  CTF_ASSERT(!"no products in this type");
  return NULL;
}

// ---- packing of matrices in memory

// `element` is the value at x[i]. Where neighbours in memory are neighbours in the panel, rows are copied.
#define DEFINE_PACK(name, scalar, element)                                                                        \
  static void pack_##name(const ctf_gemm_side* side, int64_t offset, int64_t first, int64_t count, int64_t width, \
                          int64_t k0, int64_t kc, void* panel) {                                                  \
    scalar* to = panel;                                                                                           \
    const void* x = side->data;                                                                                   \
    const int64_t step = side->k_stride, stride = side->vector_stride;                                            \
    const int64_t begin = offset + first * stride + k0 * step;                                                    \
    if (stride == 1) {                                                                                            \
      for (int64_t k = 0; k < kc; ++k) {                                                                          \
        for (int64_t v = 0, i = begin + k * step; v < count; ++v, ++i) to[k * width + v] = element;               \
      }                                                                                                           \
    } else {                                                                                                      \
      for (int64_t v = 0; v < count; ++v) {                                                                       \
        for (int64_t k = 0, i = begin + v * stride; k < kc; ++k, i += step) to[k * width + v] = element;          \
      }                                                                                                           \
    }                                                                                                             \
    for (int64_t v = count; v < width; ++v) {                                                                     \
      for (int64_t k = 0; k < kc; ++k) to[k * width + v] = 0;                                                     \
    }                                                                                                             \
  }

DEFINE_PACK(f32, float, ((const ctf_any_f32*)x)[i])
DEFINE_PACK(f64, double, ((const ctf_any_f64*)x)[i])
DEFINE_PACK(half_f32, float, ctf_load_half(x, i))
DEFINE_PACK(bfloat16_f32, float, ctf_load_bfloat16(x, i))
DEFINE_PACK(i8_f32, float, ((const ctf_any_i8*)x)[i])
DEFINE_PACK(u8_f32, float, ((const ctf_any_u8*)x)[i])
DEFINE_PACK(i8_i32, int32_t, ((const ctf_any_i8*)x)[i])
DEFINE_PACK(u8_i32, int32_t, ((const ctf_any_u8*)x)[i])
DEFINE_PACK(i16_i32, int32_t, ((const ctf_any_i16*)x)[i])
DEFINE_PACK(i32, int32_t, ((const ctf_any_i32*)x)[i])
DEFINE_PACK(i64, int64_t, ((const ctf_any_i64*)x)[i])

#define DEFINE_PACK_COMPLEX(name, scalar, source)                                                                 \
  static void pack_##name(const ctf_gemm_side* side, int64_t offset, int64_t first, int64_t count, int64_t width, \
                          int64_t k0, int64_t kc, void* panel) {                                                  \
    scalar* to = panel;                                                                                           \
    const source* x = side->data;                                                                                 \
    const int64_t begin = offset + first * side->vector_stride + k0 * side->k_stride;                             \
    memset(to, 0, (size_t)(2 * width * kc) * sizeof(scalar));                                                     \
    for (int64_t k = 0; k < kc; ++k) {                                                                            \
      for (int64_t v = 0; v < count; ++v) {                                                                       \
        const int64_t i = 2 * (begin + k * side->k_stride + v * side->vector_stride);                             \
        to[2 * k * width + v] = x[i];                                                                             \
        to[2 * k * width + width + v] = side->conjugate ? -x[i + 1] : x[i + 1];                                   \
      }                                                                                                           \
    }                                                                                                             \
  }

DEFINE_PACK_COMPLEX(c64, float, ctf_any_f32)
DEFINE_PACK_COMPLEX(c128, double, ctf_any_f64)

static const struct {
  TF_DataType from, to;
  ctf_gemm_pack_fn pack;
} kPacks[] = {
    {TF_FLOAT, TF_FLOAT, pack_f32},
    {TF_DOUBLE, TF_DOUBLE, pack_f64},
    {TF_HALF, TF_FLOAT, pack_half_f32},
    {TF_BFLOAT16, TF_FLOAT, pack_bfloat16_f32},
    {TF_INT8, TF_FLOAT, pack_i8_f32},
    {TF_UINT8, TF_FLOAT, pack_u8_f32},
    {TF_INT8, TF_INT32, pack_i8_i32},
    {TF_UINT8, TF_INT32, pack_u8_i32},
    {TF_INT16, TF_INT32, pack_i16_i32},
    {TF_INT32, TF_INT32, pack_i32},
    {TF_INT64, TF_INT64, pack_i64},
    {TF_COMPLEX64, TF_COMPLEX64, pack_c64},
    {TF_COMPLEX128, TF_COMPLEX128, pack_c128},
};

static ctf_gemm_pack_fn pack_find(const ctf_gemm_side* side, TF_DataType compute) {
  if (side->pack != NULL) return side->pack;
  for (size_t i = 0; i < sizeof(kPacks) / sizeof(kPacks[0]); ++i) {
    if (kPacks[i].from == side->dtype && kPacks[i].to == compute) return kPacks[i].pack;
  }
  CTF_ASSERT(!"this type is not packed for that one");
  return NULL;
}

// ---- the blocked product

typedef struct gemm_plan {
  const gemm_kind* kind;
  int64_t kc, mb, nb;  // largest block; mb and nb whole panels
  int64_t group;       // batches at a time
  size_t a_panel_bytes, b_panel_bytes;
  size_t a_bytes, b_bytes, wide_bytes;  // of a batch in the workspace
  bool narrow;                          // results are rounded from a block in the workspace
} gemm_plan;

static int64_t min_of(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

static void plan_make(const ctf_gemm* gemm, gemm_plan* out_plan) {
  const gemm_kind* kind = kind_find(gemm->compute);
  gemm_plan plan = {.kind = kind, .narrow = gemm->c_dtype != gemm->compute};
  const bool large = gemm->m > kLargeMN && gemm->n > kLargeMN;
  const int64_t block = plan.narrow || large ? kNarrowBlockMN : kBlockMN;
  plan.kc = min_of(gemm->k, kBlockK);
  plan.mb = ceil_div(min_of(gemm->m, block), kind->rows) * kind->rows;
  plan.nb = ceil_div(min_of(gemm->n, block), kind->width) * kind->width;
  const size_t element = kind->scalar_bytes * (size_t)kind->parts;
  plan.a_panel_bytes = ctf_round_up((size_t)(plan.kc * kind->rows) * element, CTF_TENSOR_ALIGNMENT);
  plan.b_panel_bytes = ctf_round_up((size_t)(plan.kc * kind->width) * element, CTF_TENSOR_ALIGNMENT);
  plan.a_bytes = (size_t)(plan.mb / kind->rows) * plan.a_panel_bytes;
  plan.b_bytes = (size_t)(plan.nb / kind->width) * plan.b_panel_bytes;
  plan.wide_bytes = plan.narrow ? ctf_round_up((size_t)(plan.mb * plan.nb) * element, CTF_TENSOR_ALIGNMENT) : 0;
  const size_t batch_bytes = plan.a_bytes + plan.b_bytes + plan.wide_bytes;
  plan.group = 1;
  if (gemm->m <= block && gemm->n <= block && batch_bytes > 0) {
    plan.group = min_of(gemm->batches, 1 + (int64_t)(kGroupBytes / batch_bytes));
  }
  *out_plan = plan;
}

// A block of C for a group of batches, and the k block that is being added to it.
typedef struct block_job {
  const ctf_gemm* gemm;
  const gemm_plan* plan;
  char* workspace;
  ctf_gemm_pack_fn pack_a, pack_b;
  int64_t batch0, batches;
  int64_t m0, mc, n0, nc, k0, kc;
  int64_t a_panels, b_panels;
  int64_t item_rows, item_columns;  // units of parallel work in a batch's block
} block_job;

static char* batch_space(const block_job* job, int64_t batch) {
  return job->workspace + (size_t)batch * (job->plan->a_bytes + job->plan->b_bytes + job->plan->wide_bytes);
}

static void pack_piece(void* arg, int64_t begin, int64_t end) {
  const block_job* job = arg;
  const ctf_gemm* gemm = job->gemm;
  const gemm_kind* kind = job->plan->kind;
  const int64_t panels = job->a_panels + job->b_panels;
  for (int64_t item = begin; item < end; ++item) {
    const int64_t batch = item / panels, panel = item % panels;
    char* space = batch_space(job, batch);
    int64_t offsets[3];
    gemm->locate(gemm, job->batch0 + batch, offsets);
    if (panel < job->a_panels) {
      const int64_t row = panel * kind->rows;
      job->pack_a(&gemm->a, offsets[0], job->m0 + row, min_of(kind->rows, job->mc - row), kind->rows, job->k0, job->kc,
                  space + (size_t)panel * job->plan->a_panel_bytes);
    } else {
      const int64_t column = (panel - job->a_panels) * kind->width;
      job->pack_b(&gemm->b, offsets[1], job->n0 + column, min_of(kind->width, job->nc - column), kind->width, job->k0,
                  job->kc, space + job->plan->a_bytes + (size_t)(panel - job->a_panels) * job->plan->b_panel_bytes);
    }
  }
}

// Where the block's element (0, 0) is accumulated, and the elements between its rows.
static char* block_target(const block_job* job, int64_t batch, int64_t* out_stride) {
  const gemm_plan* plan = job->plan;
  if (plan->narrow) {
    *out_stride = plan->nb;
    return batch_space(job, batch) + plan->a_bytes + plan->b_bytes;
  }
  const ctf_gemm* gemm = job->gemm;
  int64_t offsets[3];
  gemm->locate(gemm, job->batch0 + batch, offsets);
  *out_stride = gemm->c_stride;
  const size_t element = plan->kind->scalar_bytes * (size_t)plan->kind->parts;
  return (char*)gemm->c + (size_t)(offsets[2] + job->m0 * gemm->c_stride + job->n0) * element;
}

static void multiply_piece(void* arg, int64_t begin, int64_t end) {
  const block_job* job = arg;
  const gemm_plan* plan = job->plan;
  const gemm_kind* kind = plan->kind;
  const size_t element = kind->scalar_bytes * (size_t)kind->parts;
  const int64_t items = job->item_rows * job->item_columns;
  char tile[kMaxTile] __attribute__((aligned(64)));
  for (int64_t item = begin; item < end; ++item) {
    const int64_t batch = item / items, item_row = item % items / job->item_columns;
    const int64_t item_column = item % items % job->item_columns;
    const char* a_space = batch_space(job, batch);
    const char* b_space = a_space + plan->a_bytes;
    int64_t stride;
    char* c = block_target(job, batch, &stride);
    const int64_t a_end = min_of(job->a_panels, (item_row + 1) * kItemRowPanels);
    const int64_t b_end = min_of(job->b_panels, (item_column + 1) * kItemColumnPanels);
    for (int64_t q = item_column * kItemColumnPanels; q < b_end; ++q) {
      for (int64_t p = item_row * kItemRowPanels; p < a_end; ++p) {
        const int64_t row = p * kind->rows, column = q * kind->width;
        kind->micro(job->kc, a_space + (size_t)p * plan->a_panel_bytes, b_space + (size_t)q * plan->b_panel_bytes,
                    tile);
        kind->merge(tile, min_of(kind->rows, job->mc - row), min_of(kind->width, job->nc - column), job->k0 > 0,
                    c + (size_t)(row * stride + column) * element, stride);
      }
    }
  }
}

// Rounds rows of the block in the workspace to the type of C.
static void narrow_piece(void* arg, int64_t begin, int64_t end) {
  const block_job* job = arg;
  const ctf_gemm* gemm = job->gemm;
  for (int64_t item = begin; item < end; ++item) {
    const int64_t batch = item / job->mc, row = item % job->mc;
    int64_t stride, offsets[3];
    const char* wide = block_target(job, batch, &stride) + (size_t)(row * stride) * job->plan->kind->scalar_bytes;
    gemm->locate(gemm, job->batch0 + batch, offsets);
    const int64_t to = offsets[2] + (job->m0 + row) * gemm->c_stride + job->n0;
    const float* sums = (const float*)wide;
    switch (gemm->c_dtype) {
      case TF_HALF:
        for (int64_t j = 0; j < job->nc; ++j) ((ctf_half*)gemm->c)[to + j] = ctf_half_from_float(sums[j]);
        break;
      case TF_BFLOAT16:
        for (int64_t j = 0; j < job->nc; ++j) ((ctf_bfloat16*)gemm->c)[to + j] = ctf_bfloat16_from_float(sums[j]);
        break;
      default:
        CTF_ASSERT(gemm->c_dtype == TF_INT16);
        for (int64_t j = 0; j < job->nc; ++j) ((int16_t*)gemm->c)[to + j] = (int16_t)((const int32_t*)wide)[j];
    }
  }
}

static ctf_status block_run(block_job* job, ctf_cancel* cancel) {
  const ctf_gemm* gemm = job->gemm;
  const gemm_kind* kind = job->plan->kind;
  job->a_panels = ceil_div(job->mc, kind->rows);
  job->b_panels = ceil_div(job->nc, kind->width);
  job->item_rows = ceil_div(job->a_panels, kItemRowPanels);
  job->item_columns = ceil_div(job->b_panels, kItemColumnPanels);
  for (job->k0 = 0; job->k0 < gemm->k; job->k0 += kBlockK) {
    job->kc = min_of(kBlockK, gemm->k - job->k0);
    const int64_t panel_work = job->kc * kind->width;
    CTF_TRY(ctf_parallel_for(cancel, job->batches * (job->a_panels + job->b_panels), 1 + kWorkGrain / 10 / panel_work,
                             pack_piece, job));
    const int64_t item_work =
        job->kc * min_of(job->mc, kItemRowPanels * kind->rows) * min_of(job->nc, kItemColumnPanels * kind->width) / 8;
    CTF_TRY(ctf_parallel_for(cancel, job->batches * job->item_rows * job->item_columns,
                             1 + kWorkGrain / (1 + item_work), multiply_piece, job));
  }
  if (!job->plan->narrow) return NULL;
  return ctf_parallel_for(cancel, job->batches * job->mc, 1 + kWorkGrain / 10 / job->nc, narrow_piece, job);
}

// ---- few rows or few columns: nothing is packed

// C is rows x n, element (i, j) at c[i * c_row + j * c_column], with rows <= kDirectRows.
typedef struct direct_job {
  const ctf_gemm* gemm;
  const ctf_gemm_side* few;  // the side with few vectors
  const ctf_gemm_side* many;
  int64_t rows, n, k, strips;
  int64_t c_row, c_column;
  bool swapped;  // few is B
} direct_job;

// Columns [j, j + width) of `rows` rows. Products are added in the order of k; where the vectors of the long side are
// contiguous, in kLanes interleaved sums that are added in the end.
#define DEFINE_DIRECT(name, scalar, source)                                                                     \
  static void direct_##name(const direct_job* job, const source* few, const source* many, scalar* c, int64_t j, \
                            int64_t width) {                                                                    \
    enum { kLanes = 32 };                                                                                       \
    const int64_t few_vector = job->few->vector_stride, few_k = job->few->k_stride;                             \
    const int64_t many_vector = job->many->vector_stride, many_k = job->many->k_stride;                         \
    if (many_vector == 1) {                                                                                     \
      scalar sums[kDirectRows][kStrip] = {{0}};                                                                 \
      for (int64_t k = 0; k < job->k; ++k) {                                                                    \
        const source* row = many + k * many_k + j;                                                              \
        for (int64_t i = 0; i < job->rows; ++i) {                                                               \
          const scalar x = few[i * few_vector + k * few_k];                                                     \
          if (width == kStrip) {                                                                                \
            for (int64_t l = 0; l < kStrip; ++l) sums[i][l] += x * row[l];                                      \
          } else {                                                                                              \
            for (int64_t l = 0; l < width; ++l) sums[i][l] += x * row[l];                                       \
          }                                                                                                     \
        }                                                                                                       \
      }                                                                                                         \
      for (int64_t i = 0; i < job->rows; ++i) {                                                                 \
        for (int64_t l = 0; l < width; ++l) c[i * job->c_row + (j + l) * job->c_column] = sums[i][l];           \
      }                                                                                                         \
      return;                                                                                                   \
    }                                                                                                           \
    for (int64_t l = 0; l < width; ++l) {                                                                       \
      const source* y = many + (j + l) * many_vector;                                                           \
      for (int64_t i = 0; i < job->rows; ++i) {                                                                 \
        const source* x = few + i * few_vector;                                                                 \
        scalar sums[kLanes] = {0}, sum = 0;                                                                     \
        int64_t k = 0;                                                                                          \
        if (few_k == 1 && many_k == 1) {                                                                        \
          for (; k + kLanes <= job->k; k += kLanes) {                                                           \
            for (int lane = 0; lane < kLanes; ++lane) sums[lane] += x[k + lane] * y[k + lane];                  \
          }                                                                                                     \
        }                                                                                                       \
        for (; k < job->k; ++k) sum += x[k * few_k] * y[k * many_k];                                            \
        for (int w = kLanes / 2; w > 0; w /= 2) {                                                               \
          for (int lane = 0; lane < w; ++lane) sums[lane] += sums[lane + w];                                    \
        }                                                                                                       \
        c[i * job->c_row + (j + l) * job->c_column] = sums[0] + sum;                                            \
      }                                                                                                         \
    }                                                                                                           \
  }

DEFINE_DIRECT(f32, float, ctf_any_f32)
DEFINE_DIRECT(f64, double, ctf_any_f64)

static void direct_piece(void* arg, int64_t begin, int64_t end) {
  const direct_job* job = arg;
  const ctf_gemm* gemm = job->gemm;
  for (int64_t item = begin; item < end; ++item) {
    int64_t offsets[3];
    gemm->locate(gemm, item / job->strips, offsets);
    const int64_t few = offsets[job->swapped ? 1 : 0], many = offsets[job->swapped ? 0 : 1];
    const int64_t j = item % job->strips * kStrip, width = min_of(kStrip, job->n - j);
    if (gemm->compute == TF_FLOAT) {
      direct_f32(job, (const ctf_any_f32*)job->few->data + few, (const ctf_any_f32*)job->many->data + many,
                 (float*)gemm->c + offsets[2], j, width);
    } else {
      direct_f64(job, (const ctf_any_f64*)job->few->data + few, (const ctf_any_f64*)job->many->data + many,
                 (double*)gemm->c + offsets[2], j, width);
    }
  }
}

static bool is_direct(const ctf_gemm* gemm) {
  return (gemm->compute == TF_FLOAT || gemm->compute == TF_DOUBLE) && gemm->a.dtype == gemm->compute &&
         gemm->b.dtype == gemm->compute && gemm->c_dtype == gemm->compute && gemm->a.pack == NULL &&
         gemm->b.pack == NULL && (gemm->m <= kDirectRows || gemm->n <= kDirectRows);
}

static ctf_status direct_run(const ctf_gemm* gemm, ctf_cancel* cancel) {
  direct_job job = {.gemm = gemm,
                    .few = &gemm->a,
                    .many = &gemm->b,
                    .rows = gemm->m,
                    .n = gemm->n,
                    .k = gemm->k,
                    .c_row = gemm->c_stride,
                    .c_column = 1};
  if (gemm->m > kDirectRows) {
    job = (direct_job){.gemm = gemm,
                       .few = &gemm->b,
                       .many = &gemm->a,
                       .rows = gemm->n,
                       .n = gemm->m,
                       .k = gemm->k,
                       .c_row = 1,
                       .c_column = gemm->c_stride,
                       .swapped = true};
  }
  job.strips = ceil_div(job.n, kStrip);
  const int64_t work = job.rows * job.k * min_of(job.n, kStrip) / 4;
  return ctf_parallel_for(cancel, gemm->batches * job.strips, 1 + kWorkGrain / (1 + work), direct_piece, &job);
}

// ---- entry points

TF_DataType CTF_ISA_NAME(ctf_gemm_compute_type)(TF_DataType dtype) {
  switch (dtype) {
    case TF_HALF:
    case TF_BFLOAT16:
      return TF_FLOAT;
    case TF_INT8:
    case TF_UINT8:
    case TF_INT16:
      return TF_INT32;
    default:
      return dtype;
  }
}

size_t CTF_ISA_NAME(ctf_gemm_workspace)(const ctf_gemm* gemm) {
  if (gemm->batches == 0 || gemm->m == 0 || gemm->n == 0 || gemm->k == 0 || is_direct(gemm)) return 0;
  if (CTF_ISA_NAME(ctf_gemm_rows_fits)(gemm)) return CTF_ISA_NAME(ctf_gemm_rows_workspace)(gemm);
  gemm_plan plan;
  plan_make(gemm, &plan);
  return (size_t)plan.group * (plan.a_bytes + plan.b_bytes + plan.wide_bytes);
}

ctf_packed CTF_ISA_NAME(ctf_gemm_plan_pack)(const ctf_gemm* gemm) {
  const bool empty = gemm->m == 0 || gemm->n == 0 || gemm->k == 0;
  if (empty || gemm->batches != 1 || is_direct(gemm) || !CTF_ISA_NAME(ctf_gemm_rows_fits)(gemm)) return (ctf_packed){0};
  return CTF_ISA_NAME(ctf_gemm_rows_plan_pack)(gemm);
}

void CTF_ISA_NAME(ctf_gemm_pack)(const ctf_gemm* gemm, void* to) { CTF_ISA_NAME(ctf_gemm_rows_pack)(gemm, to); }

ctf_status CTF_ISA_NAME(ctf_gemm_run)(const ctf_gemm* gemm, ctf_cancel* cancel, void* workspace) {
  if (gemm->batches == 0 || gemm->m == 0 || gemm->n == 0) return NULL;
  const int64_t count = gemm->batches * gemm->m * gemm->n;
  if (gemm->k == 0) {  // an empty sum
    const size_t element = ctf_dtype_get(gemm->c_dtype)->bytes;
    for (int64_t batch = 0; batch < gemm->batches; ++batch) {
      int64_t offsets[3];
      gemm->locate(gemm, batch, offsets);
      for (int64_t row = 0; row < gemm->m; ++row) {
        memset((char*)gemm->c + (size_t)(offsets[2] + row * gemm->c_stride) * element, 0, (size_t)gemm->n * element);
      }
    }
    return cpu_epilogue_all(gemm->epilogue, cancel, count);
  }
  if (is_direct(gemm)) {
    CTF_TRY(direct_run(gemm, cancel));
    return cpu_epilogue_all(gemm->epilogue, cancel, count);
  }
  if (CTF_ISA_NAME(ctf_gemm_rows_fits)(gemm)) return CTF_ISA_NAME(ctf_gemm_rows_run)(gemm, cancel, workspace);
  gemm_plan plan;
  plan_make(gemm, &plan);
  block_job job = {.gemm = gemm,
                   .plan = &plan,
                   .workspace = workspace,
                   .pack_a = pack_find(&gemm->a, gemm->compute),
                   .pack_b = pack_find(&gemm->b, gemm->compute)};
  for (job.batch0 = 0; job.batch0 < gemm->batches; job.batch0 += plan.group) {
    job.batches = min_of(plan.group, gemm->batches - job.batch0);
    for (job.m0 = 0; job.m0 < gemm->m; job.m0 += plan.mb) {
      job.mc = min_of(plan.mb, gemm->m - job.m0);
      for (job.n0 = 0; job.n0 < gemm->n; job.n0 += plan.nb) {
        job.nc = min_of(plan.nb, gemm->n - job.n0);
        CTF_TRY(block_run(&job, cancel));
      }
    }
  }
  return cpu_epilogue_all(gemm->epilogue, cancel, count);
}
