// The engine that moves elements. Loops are merged where memory allows, short contiguous ends become wider elements,
// and where the source is contiguous along another loop than the target, tiles keep both within the cache.
#include "ops/cpu/strided_copy.h"

#include <string.h>

#include "ops/cpu/unaligned.h"
#include "runtime/parallel.h"
#include "runtime/tstring.h"

enum {
  GRAIN_BYTES = 1 << 18,  // of a piece
  TILE = 16,              // elements of a tile's side
  WIDEST = 16,            // bytes of the largest element that a register moves
};

typedef struct any_u128 {
  uint64_t half[2];
} __attribute__((packed, may_alias)) any_u128;

typedef enum inner_kind {
  INNER_MOVE,     // both contiguous
  INNER_REPEAT,   // one element, many times
  INNER_STRIDED,  // anything
  INNER_TILED,    // the two innermost loops at once
} inner_kind;

typedef struct copy_job {
  ctf_strided_copy copy;
  int64_t element;  // bytes
  inner_kind kind;
  int64_t inner;  // elements of the innermost loop
  int64_t tiles;  // of INNER_TILED: tiles of the loop around it
  int num_outer;  // loops around what the kind does
} copy_job;

#define LOOPS(type)                                                                                           \
  static void strided_##type(char* to, int64_t to_step, const char* from, int64_t from_step, int64_t count) { \
    for (int64_t i = 0; i < count; ++i) *(type*)(to + i * to_step) = *(const type*)(from + i * from_step);    \
  }                                                                                                           \
  static void repeat_##type(char* to, const char* from, int64_t count) {                                      \
    const type value = *(const type*)from;                                                                    \
    for (int64_t i = 0; i < count; ++i) ((type*)to)[i] = value;                                               \
  }                                                                                                           \
  static void tiled_##type(char* to, int64_t to_row, const char* from, int64_t from_column, int64_t from_row, \
                           int64_t rows, int64_t columns) {                                                   \
    for (int64_t begin = 0; begin < columns; begin += TILE) {                                                 \
      const int64_t width = columns - begin < TILE ? columns - begin : TILE;                                  \
      for (int64_t i = 0; i < rows; ++i) {                                                                    \
        type* row = (type*)(to + i * to_row) + begin;                                                         \
        const char* source = from + i * from_row + begin * from_column;                                       \
        for (int64_t j = 0; j < width; ++j) row[j] = *(const type*)(source + j * from_column);                \
      }                                                                                                       \
    }                                                                                                         \
  }
LOOPS(ctf_any_u8)
LOOPS(ctf_any_u16)
LOOPS(ctf_any_u32)
LOOPS(ctf_any_u64)
LOOPS(any_u128)

typedef struct element_loops {
  void (*strided)(char* to, int64_t to_step, const char* from, int64_t from_step, int64_t count);
  void (*repeat)(char* to, const char* from, int64_t count);
  void (*tiled)(char* to, int64_t to_row, const char* from, int64_t from_column, int64_t from_row, int64_t rows,
                int64_t columns);
} element_loops;
// clang-format off
static const element_loops kLoops[WIDEST + 1] = {
    [1]  = {strided_ctf_any_u8, repeat_ctf_any_u8, tiled_ctf_any_u8},
    [2]  = {strided_ctf_any_u16, repeat_ctf_any_u16, tiled_ctf_any_u16},
    [4]  = {strided_ctf_any_u32, repeat_ctf_any_u32, tiled_ctf_any_u32},
    [8]  = {strided_ctf_any_u64, repeat_ctf_any_u64, tiled_ctf_any_u64},
    [16] = {strided_any_u128, repeat_any_u128, tiled_any_u128},
};
// clang-format on

void CTF_ISA_NAME(ctf_copy_repeat)(char* to, const char* from, int64_t count, size_t bytes) {
  kLoops[bytes].repeat(to, from, count);
}

// ---- one piece

// Where the loops around the innermost one stand at iteration number `at`.
static void seek(const copy_job* job, int64_t at, int64_t* place, const char** from, char** to) {
  *from = job->copy.from;
  *to = job->copy.to;
  for (int i = job->num_outer - 1; i >= 0; --i) {
    place[i] = at % job->copy.size[i];
    at /= job->copy.size[i];
    *from += place[i] * job->copy.from_step[i];
    *to += place[i] * job->copy.to_step[i];
  }
}

static void step(const copy_job* job, int64_t* place, const char** from, char** to) {
  for (int i = job->num_outer - 1; i >= 0; --i) {
    *from += job->copy.from_step[i];
    *to += job->copy.to_step[i];
    if (++place[i] < job->copy.size[i]) return;
    *from -= job->copy.from_step[i] * job->copy.size[i];
    *to -= job->copy.to_step[i] * job->copy.size[i];
    place[i] = 0;
  }
}

// Elements [begin, end) of all, which may be parts of the innermost loop.
static void copy_elements(void* arg, int64_t begin, int64_t end) {
  const copy_job* job = arg;
  const int64_t from_step = job->copy.from_step[job->num_outer], to_step = job->copy.to_step[job->num_outer];
  const element_loops* loops = &kLoops[job->element <= WIDEST ? job->element : 0];
  int64_t place[CTF_COPY_MAX_RANK], at = begin % job->inner;
  const char* from;
  char* to;
  seek(job, begin / job->inner, place, &from, &to);
  while (begin < end) {
    const int64_t count = job->inner - at < end - begin ? job->inner - at : end - begin;
    const char* source = from + at * from_step;
    char* target = to + at * to_step;
    if (job->kind == INNER_MOVE) {
      memcpy(target, source, (size_t)(count * job->element));
    } else if (job->kind == INNER_REPEAT) {
      loops->repeat(target, source, count);
    } else {
      loops->strided(target, to_step, source, from_step, count);
    }
    begin += count;
    at = 0;
    step(job, place, &from, &to);
  }
}

// Tiles [begin, end), each TILE rows of the loop around the innermost one.
static void copy_tiles(void* arg, int64_t begin, int64_t end) {
  const copy_job* job = arg;
  const int rows = job->num_outer, columns = job->num_outer + 1;
  const element_loops* loops = &kLoops[job->element];
  int64_t place[CTF_COPY_MAX_RANK], at = begin % job->tiles;
  const char* from;
  char* to;
  seek(job, begin / job->tiles, place, &from, &to);
  for (; begin < end; ++begin) {
    const int64_t left = job->copy.size[rows] - at * TILE;
    loops->tiled(to + at * TILE * job->copy.to_step[rows], job->copy.to_step[rows],
                 from + at * TILE * job->copy.from_step[rows], job->copy.from_step[columns], job->copy.from_step[rows],
                 left < TILE ? left : TILE, job->inner);
    if (++at < job->tiles) continue;
    at = 0;
    step(job, place, &from, &to);
  }
}

// ---- what to do

// A contiguous innermost loop of 2, 4, 8 or 16 bytes is an element of its own.
static void widen(copy_job* job) {
  ctf_strided_copy* c = &job->copy;
  if (c->rank == 0) return;
  const int last = c->rank - 1;
  const int64_t bytes = c->size[last] * job->element;
  if (c->from_step[last] != job->element || c->to_step[last] != job->element || bytes > WIDEST) return;
  if (kLoops[bytes].strided == NULL) return;
  job->element = bytes;
  --c->rank;
}

// Brings the loop along which the source is contiguous next to the innermost one, along which the target is.
static bool choose_tiles(copy_job* job) {
  ctf_strided_copy* c = &job->copy;
  const int last = c->rank - 1;
  if (job->element > WIDEST || c->to_step[last] != job->element || c->size[last] < 4) return false;
  for (int i = last - 1; i >= 0; --i) {
    const int64_t size = c->size[i], from_step = c->from_step[i], to_step = c->to_step[i];
    if ((from_step != job->element && from_step != -job->element) || size < 4) continue;
    for (int j = i; j < last - 1; ++j) {
      c->size[j] = c->size[j + 1];
      c->from_step[j] = c->from_step[j + 1];
      c->to_step[j] = c->to_step[j + 1];
    }
    c->size[last - 1] = size;
    c->from_step[last - 1] = from_step;
    c->to_step[last - 1] = to_step;
    job->tiles = (size + TILE - 1) / TILE;
    return true;
  }
  return false;
}

static void prepare(copy_job* job) {
  ctf_strided_copy* c = &job->copy;
  widen(job);
  if (c->rank == 0) {
    c->rank = 1;
    c->size[0] = 1;
    c->from_step[0] = c->to_step[0] = job->element;
  }
  const int last = c->rank - 1;
  job->inner = c->size[last];
  job->num_outer = last;
  if (c->to_step[last] == job->element && c->from_step[last] == job->element) {
    job->kind = INNER_MOVE;
  } else if (c->to_step[last] == job->element && c->from_step[last] == 0) {
    job->kind = INNER_REPEAT;
  } else if (choose_tiles(job)) {
    job->kind = INNER_TILED;
    job->num_outer = last - 1;
  } else {
    job->kind = INNER_STRIDED;
  }
}

// Strings, one by one: each target gets a text of its own, charged to the run.
static ctf_status copy_strings(copy_job* job, ctf_kernel_ctx* k) {
  enum { POLL = 1024 };
  int64_t place[CTF_COPY_MAX_RANK], count = 1;
  const char* from;
  char* to;
  job->num_outer = job->copy.rank;
  for (int i = 0; i < job->copy.rank; ++i) count *= job->copy.size[i];
  seek(job, 0, place, &from, &to);
  for (int64_t i = 0; i < count; ++i) {
    if (i % POLL == 0) CTF_TRY(ctf_cancel_check(k->cancel));
    const TF_TString* source = (const TF_TString*)from;
    const ctf_tensor target = {.dtype = TF_STRING, .num_elements = 1, .bytes = sizeof(TF_TString), .data = to};
    CTF_TRY(
        ctf_tensor_put_string(&target, 0, TF_TString_GetDataPointer(source), TF_TString_GetSize(source), k->budget));
    step(job, place, &from, &to);
  }
  return NULL;
}

void CTF_ISA_NAME(ctf_copy_init)(ctf_strided_copy* copy, const ctf_tensor* from, int64_t from_at, const ctf_tensor* to,
                                 int64_t to_at) {
  const int64_t element = (int64_t)ctf_dtype_get(to->dtype)->bytes;
  copy->from = (const char*)from->data + from_at * element;
  copy->to = (char*)to->data + to_at * element;
  copy->dtype = to->dtype;
  copy->empty = false;
  copy->rank = 0;
}

void CTF_ISA_NAME(ctf_copy_loop)(ctf_strided_copy* copy, int64_t size, int64_t from_step, int64_t to_step) {
  const int64_t element = (int64_t)ctf_dtype_get(copy->dtype)->bytes;
  if (size == 0) copy->empty = true;
  if (copy->empty || size == 1) return;
  from_step *= element;
  to_step *= element;
  const int outer = copy->rank - 1;
  if (outer >= 0 && copy->from_step[outer] == size * from_step && copy->to_step[outer] == size * to_step) {
    copy->size[outer] *= size;
    copy->from_step[outer] = from_step;
    copy->to_step[outer] = to_step;
    return;
  }
  CTF_ASSERT(copy->rank < CTF_COPY_MAX_RANK);
  copy->size[copy->rank] = size;
  copy->from_step[copy->rank] = from_step;
  copy->to_step[copy->rank++] = to_step;
}

ctf_status CTF_ISA_NAME(ctf_copy_run)(const ctf_strided_copy* copy, ctf_kernel_ctx* k) {
  copy_job job = {.element = (int64_t)ctf_dtype_get(copy->dtype)->bytes};
  if (copy->empty) return NULL;
  job.copy = *copy;
  if (copy->dtype == TF_STRING) return copy_strings(&job, k);
  if (job.element == 0) {
    return ctf_error(TF_UNIMPLEMENTED, "elements of type %s cannot be copied", ctf_dtype_get(copy->dtype)->tf_name);
  }
  prepare(&job);
  int64_t count = 1;
  for (int i = 0; i < job.num_outer; ++i) count *= job.copy.size[i];
  if (job.kind == INNER_TILED) {
    const int64_t tile_bytes = TILE * job.inner * job.element;
    return ctf_parallel_for(k->cancel, count * job.tiles, GRAIN_BYTES / tile_bytes, copy_tiles, &job);
  }
  return ctf_parallel_for(k->cancel, count * job.inner, GRAIN_BYTES / job.element, copy_elements, &job);
}

// The elements of `from`, `step` apart, to all of `to`.
static ctf_status copy_in_order(ctf_kernel_ctx* k, const ctf_tensor* from, int64_t step, const ctf_tensor* to) {
  ctf_strided_copy copy;
  CTF_ISA_NAME(ctf_copy_init)(&copy, from, 0, to, 0);
  CTF_ISA_NAME(ctf_copy_loop)(&copy, to->num_elements, step, 1);
  return CTF_ISA_NAME(ctf_copy_run)(&copy, k);
}

ctf_status CTF_ISA_NAME(ctf_copy_all)(ctf_kernel_ctx* k, const ctf_tensor* from, const ctf_tensor* to) {
  return copy_in_order(k, from, 1, to);
}

ctf_tensor CTF_ISA_NAME(ctf_copy_zero)(TF_DataType dtype) {
  static const TF_TString zero;  // all bits are, and it is the largest element
  return (ctf_tensor){.dtype = dtype, .num_elements = 1, .bytes = ctf_dtype_get(dtype)->bytes, .data = (void*)&zero};
}

ctf_status CTF_ISA_NAME(ctf_copy_fill)(ctf_kernel_ctx* k, const ctf_tensor* value, const ctf_tensor* to) {
  return copy_in_order(k, value, 0, to);
}
