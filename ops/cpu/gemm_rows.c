// C[m,n] = A[m,k] * B[k,n] in float and double, with A read in place. See ops/cpu/gemm_rows.h.
//
// Bound:  arithmetic, 2 * m * n * k / FMA peak.
// Order:  k is cut into blocks (block_k); within a block products are added one after the other, blocks are added in
// their
//         order. Nothing of it depends on threads or on how loops are split.
// Method: a tile of C in registers, a block of B packed into panels that stay in the second-level cache, and rows of A
//         through pointers, one for each row and contiguous piece of it. A convolution points at pixels, so that
//         neither the matrix of patches nor packed panels of it exist: Dukhan 2019, "The Indirect Convolution
//         Algorithm", arXiv:1907.02129. Rows whose elements are not neighbours, or lie where they would evict each
//         other, are copied for a tile at a time.
// Tried:  packing A into panels costs 25 to 50 percent of the product where n is 64, as in a net's first layers.
#include "ops/cpu/gemm_rows.h"

#include <string.h>

#include "ops/cpu/epilogue.h"
#include "ops/cpu/stream.h"
#include "ops/cpu/unaligned.h"
#include "runtime/parallel.h"

#if defined(__AVX512F__)
enum { kVectorBytes = 64, kTileRows = 12 };
#elif defined(__AVX2__)
enum { kVectorBytes = 32, kTileRows = 6 };
#else
enum { kVectorBytes = 16, kTileRows = 4 };
#endif

enum {
  kPackedBytes = 384 << 10,  // of packed B at a time
  kMaxSegments = 64,         // pieces of a row in a block
  kCopyPanels = 3,           // from so many panels on, copying rows that would evict each other pays
  kGroupTiles = 4,           // tiles that share a panel of B on its way from the second-level cache
  kWorkGrain = 200000,       // operations of a piece of parallel work, about
};

typedef struct rows_kind {
  int64_t bytes, width;  // of an element; elements of a panel's row
  // Tile of `rows` rows and `cols` <= width columns: rows through pointers, kTileRows of them a segment.
  void (*tile)(int64_t rows, int64_t cols, int64_t segments, int64_t length, const void* const* pointers,
               const void* panel, void* c, int64_t c_stride, bool add);
  void (*pack)(const ctf_gemm_side* b, int64_t offset, int64_t first, int64_t cols, int64_t k0, int64_t kc,
               void* panel);
  void (*copy)(const ctf_gemm_side* a, int64_t offset, int64_t first, int64_t rows, int64_t k0, int64_t kc, void* to,
               int64_t stride);
} rows_kind;

#define UNROLL _Pragma("GCC unroll 16")

// ---- tiles; a narrow panel has one vector a row instead of two

#define DEFINE_TILE(name, scalar)                                                                                    \
  typedef scalar vector_##name __attribute__((vector_size(kVectorBytes), may_alias));                                \
  typedef scalar loose_##name __attribute__((vector_size(kVectorBytes), may_alias, aligned(sizeof(scalar))));        \
  typedef scalar any_##name CTF_UNALIGNED;                                                                           \
  CTF_ALWAYS_INLINE void tile_of_##name(const int rows, const int vectors, int64_t cols, int64_t segments,           \
                                        int64_t length, const void* const* pointers, const scalar* b, scalar* c,     \
                                        int64_t c_stride, bool add) {                                                \
    enum { kLanes = kVectorBytes / sizeof(scalar) };                                                                 \
    vector_##name sums[kTileRows][2] = {{{0}}};                                                                      \
    UNROLL for (int i = 0; i < rows; ++i) __builtin_prefetch(c + i * c_stride, 1);                                   \
    for (int64_t s = 0; s < segments; ++s, pointers += kTileRows) {                                                  \
      const any_##name* row[kTileRows];                                                                              \
      UNROLL for (int i = 0; i < rows; ++i) row[i] = pointers[i];                                                    \
      for (int64_t k = 0; k < length; ++k, b += vectors * kLanes) {                                                  \
        vector_##name right[2];                                                                                      \
        UNROLL for (int j = 0; j < vectors; ++j) right[j] = ((const vector_##name*)b)[j];                            \
        UNROLL for (int i = 0; i < rows; ++i) {                                                                      \
          UNROLL for (int j = 0; j < vectors; ++j) sums[i][j] += row[i][k] * right[j];                               \
        }                                                                                                            \
      }                                                                                                              \
    }                                                                                                                \
    if (cols == vectors * kLanes) {                                                                                  \
      UNROLL for (int i = 0; i < rows; ++i) {                                                                        \
        UNROLL for (int j = 0; j < vectors; ++j) {                                                                   \
          loose_##name* to = (loose_##name*)(c + i * c_stride) + j;                                                  \
          if (add) sums[i][j] += *to;                                                                                \
          *to = sums[i][j];                                                                                          \
        }                                                                                                            \
      }                                                                                                              \
      return;                                                                                                        \
    }                                                                                                                \
    scalar narrow[kTileRows][2 * kLanes];                                                                            \
    memcpy(narrow, sums, sizeof(narrow));                                                                            \
    for (int i = 0; i < rows; ++i) {                                                                                 \
      for (int64_t j = 0; j < cols; ++j) {                                                                           \
        c[i * c_stride + j] = add ? c[i * c_stride + j] + narrow[i][j] : narrow[i][j];                               \
      }                                                                                                              \
    }                                                                                                                \
  }                                                                                                                  \
  static void tile_##name(int64_t rows, int64_t cols, int64_t segments, int64_t length, const void* const* pointers, \
                          const void* panel, void* c, int64_t c_stride, bool add) {                                  \
    if (cols <= (int64_t)(kVectorBytes / sizeof(scalar))) {                                                          \
      EACH_HEIGHT(name, 1)                                                                                           \
    } else {                                                                                                         \
      EACH_HEIGHT(name, 2)                                                                                           \
    }                                                                                                                \
  }

#define HEIGHT(name, vectors, height)                                                           \
  case height:                                                                                  \
    tile_of_##name(height, vectors, cols, segments, length, pointers, panel, c, c_stride, add); \
    break;
#define LOW(name, vectors) \
  HEIGHT(name, vectors, 1) HEIGHT(name, vectors, 2) HEIGHT(name, vectors, 3) HEIGHT(name, vectors, 4)
#if defined(__AVX512F__)
#define HIGH(name, vectors) \
  HEIGHT(name, vectors, 5)  \
  HEIGHT(name, vectors, 6)  \
  HEIGHT(name, vectors, 7)  \
  HEIGHT(name, vectors, 8)  \
  HEIGHT(name, vectors, 9) HEIGHT(name, vectors, 10) HEIGHT(name, vectors, 11) HEIGHT(name, vectors, 12)
#elif defined(__AVX2__)
#define HIGH(name, vectors) HEIGHT(name, vectors, 5) HEIGHT(name, vectors, 6)
#else
#define HIGH(name, vectors)
#endif
#define EACH_HEIGHT(name, vectors) \
  switch (rows) { LOW(name, vectors) HIGH(name, vectors) }

DEFINE_TILE(f32, float)
DEFINE_TILE(f64, double)

// ---- packing of B, and copies of rows of A

// A panel has as many vectors a row as its columns need. Where neighbours in memory are neighbours in k, four vectors
// are turned at a time.
#define DEFINE_PACK(name, scalar)                                                                                    \
  CTF_ALWAYS_INLINE void turn_##name(const any_##name* from, int64_t stride, scalar* to, int64_t to_stride) {        \
    typedef scalar four __attribute__((vector_size(4 * sizeof(scalar)), may_alias, aligned(1)));                     \
    const four a = *(const four*)from, b = *(const four*)(from + stride);                                            \
    const four c = *(const four*)(from + 2 * stride), d = *(const four*)(from + 3 * stride);                         \
    const four ac0 = __builtin_shufflevector(a, b, 0, 4, 1, 5), ac1 = __builtin_shufflevector(a, b, 2, 6, 3, 7);     \
    const four bd0 = __builtin_shufflevector(c, d, 0, 4, 1, 5), bd1 = __builtin_shufflevector(c, d, 2, 6, 3, 7);     \
    *(four*)to = __builtin_shufflevector(ac0, bd0, 0, 1, 4, 5);                                                      \
    *(four*)(to + to_stride) = __builtin_shufflevector(ac0, bd0, 2, 3, 6, 7);                                        \
    *(four*)(to + 2 * to_stride) = __builtin_shufflevector(ac1, bd1, 0, 1, 4, 5);                                    \
    *(four*)(to + 3 * to_stride) = __builtin_shufflevector(ac1, bd1, 2, 3, 6, 7);                                    \
  }                                                                                                                  \
  /* to[i * to_stride + v] = from[v * stride + i * step] for v < vectors, i < count */                               \
  static void turn_all_##name(const any_##name* from, int64_t stride, int64_t step, int64_t vectors, int64_t count,  \
                              scalar* to, int64_t to_stride) {                                                       \
    int64_t v = 0;                                                                                                   \
    for (; step == 1 && v + 4 <= vectors; v += 4) {                                                                  \
      int64_t i = 0;                                                                                                 \
      for (; i + 4 <= count; i += 4) turn_##name(from + v * stride + i, stride, to + i * to_stride + v, to_stride);  \
      for (; i < count; ++i) {                                                                                       \
        for (int l = 0; l < 4; ++l) to[i * to_stride + v + l] = from[(v + l) * stride + i];                          \
      }                                                                                                              \
    }                                                                                                                \
    for (; v < vectors; ++v) {                                                                                       \
      for (int64_t i = 0; i < count; ++i) to[i * to_stride + v] = from[v * stride + i * step];                       \
    }                                                                                                                \
  }                                                                                                                  \
  static void pack_##name(const ctf_gemm_side* side, int64_t offset, int64_t first, int64_t cols, int64_t k0,        \
                          int64_t kc, void* panel) {                                                                 \
    enum { kLanes = kVectorBytes / sizeof(scalar) };                                                                 \
    const int64_t width = cols <= kLanes ? kLanes : 2 * kLanes, step = side->k_stride, stride = side->vector_stride; \
    const any_##name* from = (const any_##name*)side->data + offset + first * stride + k0 * step;                    \
    scalar* to = panel;                                                                                              \
    if (stride == 1 && cols == 2 * kLanes) {                                                                         \
      for (int64_t k = 0; k < kc; ++k) memcpy(to + k * 2 * kLanes, from + k * step, 2 * kVectorBytes);               \
      return;                                                                                                        \
    }                                                                                                                \
    if (stride == 1) {                                                                                               \
      for (int64_t k = 0; k < kc; ++k) memcpy(to + k * width, from + k * step, (size_t)cols * sizeof(scalar));       \
    } else {                                                                                                         \
      turn_all_##name(from, stride, step, cols, kc, to, width);                                                      \
    }                                                                                                                \
    for (int64_t k = 0; k < kc && cols < width; ++k) {                                                               \
      memset(to + k * width + cols, 0, (size_t)(width - cols) * sizeof(scalar));                                     \
    }                                                                                                                \
  }                                                                                                                  \
  static void copy_##name(const ctf_gemm_side* side, int64_t offset, int64_t first, int64_t rows, int64_t k0,        \
                          int64_t kc, void* to, int64_t to_stride) {                                                 \
    const int64_t step = side->k_stride, stride = side->vector_stride;                                               \
    const any_##name* from = (const any_##name*)side->data + offset + first * stride + k0 * step;                    \
    if (step != 1) {                                                                                                 \
      turn_all_##name(from, step, stride, kc, rows, to, to_stride);                                                  \
      return;                                                                                                        \
    }                                                                                                                \
    for (int64_t i = 0; i < rows; ++i) {                                                                             \
      memcpy((scalar*)to + i * to_stride, from + i * stride, (size_t)kc * sizeof(scalar));                           \
    }                                                                                                                \
  }

DEFINE_PACK(f32, float)
DEFINE_PACK(f64, double)

static const rows_kind kFloat = {sizeof(float), 2 * kVectorBytes / sizeof(float), tile_f32, pack_f32, copy_f32};
static const rows_kind kDouble = {sizeof(double), 2 * kVectorBytes / sizeof(double), tile_f64, pack_f64, copy_f64};

// ---- the plan

typedef struct rows_plan {
  const rows_kind* kind;
  int64_t segment;        // elements of a row of A that are neighbours
  int64_t kc, nc;         // largest block of B
  int64_t group;          // batches whose blocks are packed together
  int64_t tiles, height;  // rows are cut into tiles of nearly the same height
  int64_t stripe;         // tiles of an item of parallel work
  size_t panel_bytes, batch_bytes;
} rows_plan;

static int64_t min_of(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

static void plan_make(const ctf_gemm* gemm, rows_plan* out_plan) {
  const rows_kind* kind = gemm->compute == TF_FLOAT ? &kFloat : &kDouble;
  rows_plan plan = {.kind = kind, .segment = gemm->a.rows != NULL ? gemm->a.segment : gemm->k};
  const int64_t block = CTF_GEMM_ROW_BYTES / kind->bytes;
  if (plan.segment >= block) {  // a block is a part of a segment
    plan.kc = ceil_div(plan.segment, ceil_div(plan.segment, block));
  } else {
    plan.kc = plan.segment * min_of(min_of(kMaxSegments, block / plan.segment), gemm->k / plan.segment);
  }
  plan.panel_bytes = ctf_round_up((size_t)(plan.kc * kind->width * kind->bytes), CTF_TENSOR_ALIGNMENT);
  const int64_t panels = ceil_div(gemm->n, kind->width);
  const int64_t fit = (int64_t)(kPackedBytes / plan.panel_bytes);
  const int64_t blocks = ceil_div(panels, fit < 1 ? 1 : fit), block_panels = ceil_div(panels, blocks);
  plan.nc = block_panels * kind->width;
  plan.batch_bytes = (size_t)block_panels * plan.panel_bytes;
  plan.group = blocks > 1 ? 1 : min_of(gemm->batches, 1 + (int64_t)(kPackedBytes / plan.batch_bytes));
  plan.tiles = ceil_div(gemm->m, kTileRows);
  plan.height = ceil_div(gemm->m, plan.tiles);
  plan.tiles = ceil_div(gemm->m, plan.height);
  const int64_t tile_work = plan.height * plan.kc * min_of(gemm->n, plan.nc) / 4;
  const int64_t stripe = 1 + kWorkGrain / (1 + tile_work);
  plan.stripe = min_of(plan.tiles, ceil_div(stripe, kGroupTiles) * kGroupTiles);
  *out_plan = plan;
}

// A block of B for a group of batches, and what is being multiplied with it.
typedef struct rows_job {
  const ctf_gemm* gemm;
  const rows_plan* plan;
  char* packed;
  int64_t batch0, batches;
  int64_t n0, nc, k0, kc;
  int64_t panels, stripes;
  bool copies;
} rows_job;

static void pack_piece(void* arg, int64_t begin, int64_t end) {
  const rows_job* job = arg;
  const ctf_gemm* gemm = job->gemm;
  const rows_kind* kind = job->plan->kind;
  for (int64_t item = begin; item < end; ++item) {
    const int64_t batch = item / job->panels, panel = item % job->panels, column = panel * kind->width;
    int64_t offsets[3];
    gemm->locate(gemm, job->batch0 + batch, offsets);
    kind->pack(&gemm->b, offsets[1], job->n0 + column, min_of(kind->width, job->nc - column), job->k0, job->kc,
               job->packed + (size_t)batch * job->plan->batch_bytes + (size_t)panel * job->plan->panel_bytes);
  }
}

// Rows [row, row + rows) of A: where they lie, or in a copy.
static int64_t find_rows(const rows_job* job, int64_t offset, int64_t row, int64_t rows, char* copy,
                         const void** pointers) {
  const ctf_gemm_side* a = &job->gemm->a;
  const rows_kind* kind = job->plan->kind;
  if (a->rows != NULL) {
    const int64_t segments = job->kc <= job->plan->segment ? 1 : job->kc / job->plan->segment;
    for (int64_t s = 0; s < segments; ++s) {
      a->rows(a, offset, row, rows, job->k0 + s * job->plan->segment, pointers + s * kTileRows);
    }
    return segments;
  }
  if (job->copies) {
    const int64_t stride = CTF_GEMM_ROW_BYTES / kind->bytes + CTF_TENSOR_ALIGNMENT / kind->bytes;
    (a->copy != NULL ? a->copy : kind->copy)(a, offset, row, rows, job->k0, job->kc, copy, stride);
    for (int64_t i = 0; i < rows; ++i) pointers[i] = copy + i * stride * kind->bytes;
    return 1;
  }
  const char* first = (const char*)a->data + (offset + row * a->vector_stride + job->k0) * kind->bytes;
  for (int64_t i = 0; i < rows; ++i) pointers[i] = first + i * a->vector_stride * kind->bytes;
  return 1;
}

// Rows [row, end) of the block's columns, if this was the last block of k.
static void finish_rows(const rows_job* job, int64_t offset, int64_t row, int64_t end) {
  const ctf_gemm* gemm = job->gemm;
  if (gemm->epilogue == NULL || job->k0 + job->kc < gemm->k) return;
  if (job->nc == gemm->c_stride) {
    cpu_epilogue(gemm->epilogue, offset + row * gemm->c_stride, offset + end * gemm->c_stride);
    return;
  }
  for (; row < end; ++row) {
    const int64_t first = offset + row * gemm->c_stride + job->n0;
    cpu_epilogue(gemm->epilogue, first, first + job->nc);
  }
}

// Tiles that meet a panel of B one after the other while it is in the nearest cache.
typedef struct tile_group {
  int64_t segments;
  const void* pointers[kGroupTiles][kMaxSegments * kTileRows];
  char copies[kGroupTiles][kTileRows * (CTF_GEMM_ROW_BYTES + CTF_TENSOR_ALIGNMENT)] __attribute__((aligned(64)));
} tile_group;

// One of the rows that the next group will copy: they lie too far apart for the processor to see them coming.
static void prefetch_row(const rows_job* job, int64_t offset, int64_t row) {
  const ctf_gemm_side* a = &job->gemm->a;
  if (!job->copies || a->copy != NULL || a->k_stride != 1 || row >= job->gemm->m) return;
  const int64_t bytes = job->plan->kind->bytes;
  cpu_prefetch((const char*)a->data + (offset + row * a->vector_stride + job->k0) * bytes, (size_t)(job->kc * bytes));
}

static void multiply_group(const rows_job* job, tile_group* group, const int64_t offsets[3], const char* packed,
                           int64_t first, int64_t end) {
  const ctf_gemm* gemm = job->gemm;
  const rows_plan* plan = job->plan;
  const rows_kind* kind = plan->kind;
  for (int64_t t = first; t < end; ++t) {
    const int64_t row = t * plan->height, rows = min_of(plan->height, gemm->m - row);
    group->segments = find_rows(job, offsets[0], row, rows, group->copies[t - first], group->pointers[t - first]);
  }
  for (int64_t p = 0; p < job->panels; ++p) {
    const int64_t columns = min_of(kind->width, job->nc - p * kind->width);
    for (int64_t t = first; t < end; ++t) {
      const int64_t row = t * plan->height, rows = min_of(plan->height, gemm->m - row);
      prefetch_row(job, offsets[0], end * plan->height + p * (end - first) + t - first);
      char* c = (char*)gemm->c + (offsets[2] + row * gemm->c_stride + job->n0 + p * kind->width) * kind->bytes;
      kind->tile(rows, columns, group->segments, job->kc / group->segments, group->pointers[t - first],
                 packed + (size_t)p * plan->panel_bytes, c, gemm->c_stride, job->k0 > 0);
    }
  }
}

static void multiply_piece(void* arg, int64_t begin, int64_t end) {
  const rows_job* job = arg;
  const ctf_gemm* gemm = job->gemm;
  const rows_plan* plan = job->plan;
  tile_group group;
  for (int64_t item = begin; item < end; ++item) {
    const int64_t batch = item / job->stripes, first = item % job->stripes * plan->stripe;
    const int64_t last = min_of(first + plan->stripe, plan->tiles);
    int64_t offsets[3];
    gemm->locate(gemm, job->batch0 + batch, offsets);
    for (int64_t t = first; t < last; t += kGroupTiles) {
      multiply_group(job, &group, offsets, job->packed + (size_t)batch * plan->batch_bytes, t,
                     min_of(t + kGroupTiles, last));
    }
    finish_rows(job, offsets[2], first * plan->height, min_of(last * plan->height, gemm->m));
  }
}

// ---- entry points

bool CTF_ISA_NAME(ctf_gemm_rows_fits)(const ctf_gemm* gemm) {
  return (gemm->compute == TF_FLOAT || gemm->compute == TF_DOUBLE) && gemm->a.dtype == gemm->compute &&
         gemm->b.dtype == gemm->compute && gemm->c_dtype == gemm->compute && gemm->b.pack == NULL &&
         (gemm->a.pack == NULL || gemm->a.rows != NULL || gemm->a.copy != NULL);
}

size_t CTF_ISA_NAME(ctf_gemm_rows_workspace)(const ctf_gemm* gemm) {
  rows_plan plan;
  if (gemm->packed != NULL) return 0;
  plan_make(gemm, &plan);
  return (size_t)plan.group * plan.batch_bytes;
}

// The extent of the block that begins at (k0, n0); false: there is none. Blocks of packed B lie one after the other.
static bool measure_block(rows_job* job) {
  const rows_plan* plan = job->plan;
  const int64_t left = plan->segment - job->k0 % plan->segment;  // of a segment that is longer than a block
  if (job->n0 >= job->gemm->n) return false;
  job->nc = min_of(plan->nc, job->gemm->n - job->n0);
  job->kc = min_of(plan->kc, plan->segment > plan->kc ? left : job->gemm->k - job->k0);
  job->panels = ceil_div(job->nc, plan->kind->width);
  return true;
}

static bool next_block(rows_job* job) {
  job->k0 += job->kc;
  if (job->k0 >= job->gemm->k) {
    job->k0 = 0;
    job->n0 += job->nc;
  }
  return measure_block(job);
}

ctf_packed CTF_ISA_NAME(ctf_gemm_rows_plan_pack)(const ctf_gemm* gemm) {
  rows_plan plan;
  plan_make(gemm, &plan);
  rows_job job = {.gemm = gemm, .plan = &plan, .batches = 1};
  ctf_packed packed = {.key = (uint64_t)plan.kc << 40 ^ (uint64_t)plan.nc << 20 ^ (uint64_t)plan.segment};
  for (bool more = measure_block(&job); more; more = next_block(&job)) {
    packed.bytes += (size_t)job.panels * plan.panel_bytes;
  }
  return packed;
}

void CTF_ISA_NAME(ctf_gemm_rows_pack)(const ctf_gemm* gemm, void* to) {
  rows_plan plan;
  plan_make(gemm, &plan);
  rows_job job = {.gemm = gemm, .plan = &plan, .packed = to, .batches = 1};
  for (bool more = measure_block(&job); more; more = next_block(&job)) {
    pack_piece(&job, 0, job.panels);
    job.packed += (size_t)job.panels * plan.panel_bytes;
  }
}

static ctf_status block_run(rows_job* job, ctf_cancel* cancel) {
  const rows_kind* kind = job->plan->kind;
  job->stripes = ceil_div(job->plan->tiles, job->plan->stripe);
  const ctf_gemm_side* a = &job->gemm->a;
  job->copies = a->rows == NULL && (a->copy != NULL || a->k_stride != 1 ||
                                    (job->panels >= kCopyPanels && a->vector_stride * kind->bytes % 1024 == 0));
  if (job->gemm->packed == NULL) {
    CTF_TRY(ctf_parallel_for(cancel, job->batches * job->panels, 1 + kWorkGrain / 10 / (job->kc * kind->width),
                             pack_piece, job));
  }
  const int64_t work = job->plan->stripe * job->plan->height * job->kc * job->nc / 4;
  return ctf_parallel_for(cancel, job->batches * job->stripes, 1 + kWorkGrain / (1 + work), multiply_piece, job);
}

// All blocks of the job's batches.
static ctf_status group_run(rows_job* job, ctf_cancel* cancel) {
  job->n0 = job->k0 = 0;
  for (bool more = measure_block(job); more; more = next_block(job)) {
    CTF_TRY(block_run(job, cancel));
    if (job->gemm->packed != NULL) job->packed += (size_t)job->panels * job->plan->panel_bytes;
  }
  return NULL;
}

ctf_status CTF_ISA_NAME(ctf_gemm_rows_run)(const ctf_gemm* gemm, ctf_cancel* cancel, void* workspace) {
  rows_plan plan;
  plan_make(gemm, &plan);
  const char* packed = gemm->packed != NULL ? gemm->packed : workspace;
  rows_job job = {.gemm = gemm, .plan = &plan, .packed = (char*)(uintptr_t)packed};  // written only in the workspace
  for (; job.batch0 < gemm->batches; job.batch0 += job.batches) {
    job.batches = min_of(plan.group, gemm->batches - job.batch0);
    CTF_TRY(group_run(&job, cancel));
  }
  return NULL;
}
