// Space, depth and batch: the same elements in another order, and some that are dropped or new.
#include "ops/space.h"

#include "ops/cpu/strided_copy.h"

// ---- depth

// How far the input and the output move.
typedef struct space_loop {
  int64_t size, from_step, to_step;
} space_loop;

// In the order in which the output lies in memory.
static void sort_by_target(space_loop* loops, int count) {
  for (int i = 1; i < count; ++i) {
    const space_loop loop = loops[i];
    int at = i;
    for (; at > 0 && loops[at - 1].to_step < loop.to_step; --at) loops[at] = loops[at - 1];
    loops[at] = loop;
  }
}

// The tensor with the larger space has pixels of `depth` channels; the other one keeps block x block of them together.
static ctf_status exchange_depth(ctf_kernel_ctx* k, bool to_space) {
  enum { HEIGHT = 1, WIDTH = 2, DEPTH = 3 };
  const ctf_space_attrs* attrs = k->attrs;
  const ctf_tensor *x = ctf_in_tensor(k, 0), *y = ctf_out_tensor(k, 0);
  const ctf_tensor *wide = to_space ? y : x, *deep = to_space ? x : y;
  const int64_t block = attrs->block_size;
  if (!ctf_bytes_equal(attrs->data_format, "NHWC")) {
    return ctf_error(TF_INVALID_ARGUMENT, "Only NHWC data_format supported on CPU. Got %.*s",
                     (int)attrs->data_format.length, attrs->data_format.data);
  }
  if (y->num_elements == 0) return NULL;
  const int64_t depth = wide->dims[DEPTH];
  const int64_t wide_row = wide->dims[WIDTH] * depth, deep_row = deep->dims[WIDTH] * deep->dims[DEPTH];
  space_loop loops[] = {
      {x->dims[0], deep->dims[HEIGHT] * deep_row, wide->dims[HEIGHT] * wide_row},
      {deep->dims[HEIGHT], deep_row, block * wide_row},
      {block, block * depth, wide_row},
      {deep->dims[WIDTH], deep->dims[DEPTH], block * depth},
      {block, depth, depth},
      {depth, 1, 1},
  };
  enum { NUM_LOOPS = sizeof(loops) / sizeof(loops[0]) };
  for (int i = 0; i < NUM_LOOPS && !to_space; ++i) {
    const int64_t step = loops[i].from_step;
    loops[i].from_step = loops[i].to_step;
    loops[i].to_step = step;
  }
  sort_by_target(loops, NUM_LOOPS);
  ctf_strided_copy copy;
  CTF_ISA_NAME(ctf_copy_init)(&copy, x, 0, y, 0);
  for (int i = 0; i < NUM_LOOPS; ++i) {
    CTF_ISA_NAME(ctf_copy_loop)(&copy, loops[i].size, loops[i].from_step, loops[i].to_step);
  }
  return CTF_ISA_NAME(ctf_copy_run)(&copy, k);
}

static ctf_status cpu_depth_to_space(ctf_kernel_ctx* k) { return exchange_depth(k, true); }
static ctf_status cpu_space_to_depth(ctf_kernel_ctx* k) { return exchange_depth(k, false); }

// ---- batch

typedef struct batch_geometry {
  int count;  // of blocks
  ctf_space_block blocks[CTF_MAX_RANK];
  bool margins;            // any that is not 0
  const ctf_tensor* wide;  // the tensor with the larger space
  const ctf_tensor* deep;  // the one with the larger batch
} batch_geometry;

static int64_t ceil_div(int64_t a, int64_t positive) { return a <= 0 ? 0 : (a - 1) / positive + 1; }

// The elements whose offsets are `offset`, the `number`th of all: those that have a place in both tensors.
static ctf_status copy_offset(ctf_kernel_ctx* k, const batch_geometry* g, const int64_t* offset, int64_t number) {
  const ctf_tensor *wide = g->wide, *deep = g->deep;
  const bool to_wide = wide == ctf_out_tensor(k, 0);
  int64_t count[CTF_MAX_RANK];
  int64_t wide_at = 0, deep_at = number * wide->dims[0] * ctf_copy_extent(deep->dims, 1, deep->rank);
  for (int i = 0; i < g->count; ++i) {
    const ctf_space_block* b = &g->blocks[i];
    const int64_t first = ceil_div(b->start - offset[i], b->block);
    int64_t end = ceil_div(wide->dims[i + 1] + b->start - offset[i], b->block);
    if (end > deep->dims[i + 1]) end = deep->dims[i + 1];
    if (end <= first) return NULL;
    count[i] = end - first;
    wide_at += (first * b->block + offset[i] - b->start) * ctf_copy_extent(wide->dims, i + 2, wide->rank);
    deep_at += first * ctf_copy_extent(deep->dims, i + 2, deep->rank);
  }
  ctf_strided_copy copy;
  CTF_ISA_NAME(ctf_copy_init)
  (&copy, to_wide ? deep : wide, to_wide ? deep_at : wide_at, to_wide ? wide : deep, to_wide ? wide_at : deep_at);
  for (int i = 0; i < wide->rank; ++i) {
    const bool blocked = i >= 1 && i <= g->count;
    const int64_t size = blocked ? count[i - 1] : wide->dims[i],
                  deep_step = ctf_copy_extent(deep->dims, i + 1, deep->rank);
    const int64_t wide_step = ctf_copy_extent(wide->dims, i + 1, wide->rank) * (blocked ? g->blocks[i - 1].block : 1);
    CTF_ISA_NAME(ctf_copy_loop)(&copy, size, to_wide ? deep_step : wide_step, to_wide ? wide_step : deep_step);
  }
  return CTF_ISA_NAME(ctf_copy_run)(&copy, k);
}

static ctf_status exchange_batch(ctf_kernel_ctx* k, bool to_batch) {
  batch_geometry g = {.count = (int)ctf_in_count(k, 1),
                      .wide = to_batch ? ctf_in_tensor(k, 0) : ctf_out_tensor(k, 0),
                      .deep = to_batch ? ctf_out_tensor(k, 0) : ctf_in_tensor(k, 0)};
  int64_t offset[CTF_MAX_RANK] = {0}, num_offsets = 1;
  for (int i = 0; i < g.count; ++i) {
    CTF_TRY(ctf_space_block_get(ctf_in_tensor(k, 1), ctf_in_tensor(k, 2), i, to_batch ? "paddings" : "crops",
                                &g.blocks[i]));
    g.margins = g.margins || g.blocks[i].start != 0 || g.blocks[i].end != 0;
  }
  const ctf_tensor* y = ctf_out_tensor(k, 0);
  if (y->num_elements == 0) return NULL;
  if (to_batch && g.margins) {
    const ctf_tensor zero = CTF_ISA_NAME(ctf_copy_zero)(y->dtype);
    CTF_TRY(CTF_ISA_NAME(ctf_copy_fill)(k, &zero, y));
  }
  if (g.wide->num_elements == 0 || g.deep->num_elements == 0) return NULL;
  for (int i = 0; i < g.count; ++i) num_offsets *= g.blocks[i].block;  // a part of the larger batch
  for (int64_t number = 0; number < num_offsets; ++number) {
    CTF_TRY(copy_offset(k, &g, offset, number));
    for (int i = g.count - 1; i >= 0 && ++offset[i] == g.blocks[i].block; --i) offset[i] = 0;
  }
  return NULL;
}

static ctf_status cpu_space_to_batch(ctf_kernel_ctx* k) { return exchange_batch(k, true); }
static ctf_status cpu_batch_to_space(ctf_kernel_ctx* k) { return exchange_batch(k, false); }

static const ctf_kernel_def kKernels[] = {
    {"BatchToSpaceND", CTF_ANY_TYPE, cpu_batch_to_space, .flags = CTF_ANY_ALIGNMENT},
    {"DepthToSpace", CTF_ANY_TYPE, cpu_depth_to_space, .flags = CTF_ANY_ALIGNMENT},
    {"SpaceToBatchND", CTF_ANY_TYPE, cpu_space_to_batch, .flags = CTF_ANY_ALIGNMENT},
    {"SpaceToDepth", CTF_ANY_TYPE, cpu_space_to_depth, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(space, kKernels);
