// Runs loops over elements: see the header.
//
// An output is walked in rows along which each input either moves by one element or stays; rows are cut into pieces for
// the threads. Half and bfloat16 pass through blocks of floats on the stack. Large outputs are made tile by tile on the
// stack and written past the caches, while the next tile's inputs are on their way: measured on a Xeon (AVX-512, 64 MiB
// arrays, one core), 2 x + 1 takes 0.70 of the plain loop's time so, and tanh, whose arithmetic is too long for the
// processor to look ahead of, 0.79.
#include "ops/cpu/elementwise_run.h"

#include <stdatomic.h>
#include <string.h>

#include "ops/cpu/stream.h"
#include "ops/cpu/widen.h"
#include "runtime/parallel.h"

enum {
  GRAIN = 32768,  // elements of a piece: a smaller one costs more to hand over than to compute
  BLOCK = 512,    // floats that half and bfloat16 are widened to at a time
  TILE = 1024,    // elements of a large output at a time
};

typedef struct unary_job {
  cpu_unary_loop loop;
  const void* attrs;
  const char* x;
  char* y;
  size_t x_bytes, y_bytes;  // of an element
  TF_DataType x_type, y_type;
  bool streams;  // the output is large and no input
  atomic_uint faults;
} unary_job;

typedef struct binary_job {
  cpu_binary_loop loop;
  const void* attrs;
  const char *x, *y;
  char* z;
  size_t in_bytes, z_bytes;  // of an element
  TF_DataType in_type, z_type;
  ctf_broadcast plan;
  bool streams;
  atomic_uint faults;
} binary_job;

typedef char tile_bytes[TILE * sizeof(ctf_complex128)] __attribute__((aligned(64)));

ctf_status cpu_faults_status(unsigned faults) {
  if (faults & M_FAULT_DIVISION) return ctf_error(TF_INVALID_ARGUMENT, "Integer division by zero");
  if (faults & M_FAULT_NEGATIVE_POWER) {
    return ctf_error(TF_INVALID_ARGUMENT, "Integers to negative integer powers are not allowed");
  }
  if (faults & M_FAULT_TRUNCATE) {  // TensorFlow's code for it
    return ctf_error(TF_INTERNAL, "Unexpected error in binary operator (only integer div and mod should have errors)");
  }
  return NULL;
}

static void unary_tiles(unary_job* job, int64_t begin, int64_t end, unsigned* faults) {
  tile_bytes tile;
  for (int64_t i = begin; i < end; i += TILE) {
    const int64_t count = end - i < TILE ? end - i : TILE;
    const char* x = job->x + (size_t)i * job->x_bytes;
    cpu_prefetch(x + TILE * job->x_bytes, TILE * job->x_bytes);
    job->loop(x, tile, count, job->attrs, faults);
    cpu_stream(job->y + (size_t)i * job->y_bytes, tile, (size_t)count * job->y_bytes);
  }
  cpu_stream_end();
}

void cpu_unary_row(cpu_unary_loop loop, const void* attrs, TF_DataType in_type, const void* x, TF_DataType out_type,
                   void* y, int64_t count, unsigned* faults) {
  const bool widen = cpu_is_narrow(in_type), narrow = cpu_is_narrow(out_type);
  const int64_t step = widen || narrow ? BLOCK : count;
  const size_t x_bytes = ctf_dtype_get(in_type)->bytes, y_bytes = ctf_dtype_get(out_type)->bytes;
  float in[BLOCK], out[BLOCK];
  for (int64_t i = 0; i < count; i += step) {
    const int64_t n = count - i < step ? count - i : step;
    const char* from = (const char*)x + (size_t)i * x_bytes;
    char* to = (char*)y + (size_t)i * y_bytes;
    if (widen) cpu_widen(in_type, from, in, n);
    loop(widen ? (const void*)in : from, narrow ? (void*)out : to, n, attrs, faults);
    if (narrow) cpu_narrow(out_type, out, to, n);
  }
}

static void unary_piece(void* arg, int64_t begin, int64_t end) {
  unary_job* job = arg;
  unsigned faults = 0;
  if (job->streams) {
    unary_tiles(job, begin, end, &faults);
  } else {
    cpu_unary_row(job->loop, job->attrs, job->x_type, job->x + (size_t)begin * job->x_bytes, job->y_type,
                  job->y + (size_t)begin * job->y_bytes, end - begin, &faults);
  }
  if (faults != 0) atomic_fetch_or_explicit(&job->faults, faults, memory_order_relaxed);
}

// Few elements that nothing has to be widened for, as those of the nodes of a long chain: no more than the loop itself.
static bool is_short(const ctf_kernel_ctx* k) {
  return ctf_out_count(k, 0) <= GRAIN && !cpu_is_narrow(ctf_in_dtype(k, 0)) && !cpu_is_narrow(ctf_out_dtype(k, 0));
}

ctf_status cpu_run_unary(ctf_kernel_ctx* k, cpu_unary_loop loop) {
  const int64_t count = ctf_out_count(k, 0);
  if (count == 0) return NULL;
  if (is_short(k)) {
    unsigned faults = 0;
    loop(ctf_in(k, 0), ctf_out(k, 0), count, k->attrs, &faults);
    return cpu_faults_status(faults);
  }
  unary_job job = {.loop = loop,
                   .attrs = k->attrs,
                   .x = ctf_in(k, 0),
                   .y = ctf_out(k, 0),
                   .x_type = ctf_in_dtype(k, 0),
                   .y_type = ctf_out_dtype(k, 0)};
  job.x_bytes = ctf_dtype_get(job.x_type)->bytes;
  job.y_bytes = ctf_dtype_get(job.y_type)->bytes;
  job.streams = job.x != job.y && ctf_out_tensor(k, 0)->bytes >= CPU_STREAM_BYTES && !cpu_is_narrow(job.x_type) &&
                !cpu_is_narrow(job.y_type);
  CTF_TRY(ctf_parallel_for(k->cancel, count, GRAIN, unary_piece, &job));
  return cpu_faults_status(atomic_load_explicit(&job.faults, memory_order_relaxed));
}

static void binary_tiles(const binary_job* job, const char* x, const char* y, char* z, int64_t count, cpu_steps steps,
                         unsigned* faults) {
  tile_bytes tile;
  const size_t step = TILE * job->in_bytes, z_step = TILE * job->z_bytes;
  for (; count > 0; count -= TILE, z += z_step) {
    const int64_t n = count < TILE ? count : TILE;
    if (steps != CPU_LEFT_STAYS) cpu_prefetch(x + step, step);
    if (steps != CPU_RIGHT_STAYS) cpu_prefetch(y + step, step);
    job->loop(x, y, tile, n, steps, job->attrs, faults);
    cpu_stream(z, tile, (size_t)n * job->z_bytes);
    x += steps != CPU_LEFT_STAYS ? step : 0;
    y += steps != CPU_RIGHT_STAYS ? step : 0;
  }
}

void cpu_binary_row(cpu_binary_loop loop, const void* attrs, TF_DataType in_type, const void* x, const void* y,
                    TF_DataType out_type, void* z, int64_t count, cpu_steps steps, unsigned* faults) {
  if (!cpu_is_narrow(in_type)) {
    loop(x, y, z, count, steps, attrs, faults);
    return;
  }
  float xs[BLOCK], ys[BLOCK], zs[BLOCK];
  const size_t in_bytes = ctf_dtype_get(in_type)->bytes, z_bytes = ctf_dtype_get(out_type)->bytes;
  const bool narrow = cpu_is_narrow(out_type);
  if (steps == CPU_LEFT_STAYS) cpu_widen(in_type, x, xs, 1);
  if (steps == CPU_RIGHT_STAYS) cpu_widen(in_type, y, ys, 1);
  for (int64_t i = 0; i < count; i += BLOCK) {
    const int64_t n = count - i < BLOCK ? count - i : BLOCK;
    if (steps != CPU_LEFT_STAYS) cpu_widen(in_type, (const char*)x + (size_t)i * in_bytes, xs, n);
    if (steps != CPU_RIGHT_STAYS) cpu_widen(in_type, (const char*)y + (size_t)i * in_bytes, ys, n);
    char* to = (char*)z + (size_t)i * z_bytes;
    loop(xs, ys, narrow ? (void*)zs : (void*)to, n, steps, attrs, faults);
    if (narrow) cpu_narrow(out_type, zs, to, n);
  }
}

// One row: `count` elements from x and y on, which step by one element or stay.
static void binary_row(const binary_job* job, const char* x, const char* y, char* z, int64_t count, cpu_steps steps,
                       unsigned* faults) {
  if (job->streams) {
    binary_tiles(job, x, y, z, count, steps, faults);
  } else {
    cpu_binary_row(job->loop, job->attrs, job->in_type, x, y, job->z_type, z, count, steps, faults);
  }
}

// Whether one side is a short row that meets every row of the other: a bias, a scale of channels.
static bool is_repeated(const binary_job* job) {
  const ctf_broadcast* plan = &job->plan;
  return job->in_bytes <= sizeof(ctf_complex128) && plan->rank == 2 && plan->dims[1] <= TILE / 2 &&
         plan->x_strides[1] == 1 && plan->y_strides[1] == 1 && (plan->x_strides[0] == 0) != (plan->y_strides[0] == 0);
}

// As many copies of the short row as fit in a tile make the loops long.
static void repeated_piece(const binary_job* job, int64_t begin, int64_t end, unsigned* faults) {
  const bool left = job->plan.x_strides[0] == 0;
  const int64_t row = job->plan.dims[1], length = TILE / row * row;
  const size_t bytes = job->in_bytes;
  tile_bytes rows;
  for (int64_t i = 0; i < length; i += row) {
    memcpy(rows + (size_t)i * bytes, left ? job->x : job->y, (size_t)row * bytes);
  }
  for (int64_t i = begin, count; i < end; i += count) {
    const int64_t column = i % row;
    count = end - i < length - column ? end - i : length - column;
    const char* short_side = rows + (size_t)column * bytes;
    const char* long_side = (left ? job->y : job->x) + (size_t)i * bytes;
    binary_row(job, left ? short_side : long_side, left ? long_side : short_side, job->z + (size_t)i * job->z_bytes,
               count, CPU_BOTH, faults);
  }
}

static void binary_piece(void* arg, int64_t begin, int64_t end) {
  binary_job* job = arg;
  const ctf_broadcast* plan = &job->plan;
  if (is_repeated(job)) {
    unsigned found = 0;
    repeated_piece(job, begin, end, &found);
    if (job->streams) cpu_stream_end();
    if (found != 0) atomic_fetch_or_explicit(&job->faults, found, memory_order_relaxed);
    return;
  }
  const int last = plan->rank - 1;
  const int64_t row = plan->dims[last], x_step = plan->x_strides[last], y_step = plan->y_strides[last];
  const cpu_steps steps = x_step == 0 ? CPU_LEFT_STAYS : (y_step == 0 ? CPU_RIGHT_STAYS : CPU_BOTH);
  unsigned faults = 0;
  int64_t at[CTF_MAX_RANK];  // of the row, along the axes before the last
  int64_t rest = begin / row, x = 0, y = 0, column = begin % row;
  for (int i = last - 1; i >= 0; --i) {
    at[i] = rest % plan->dims[i];
    rest /= plan->dims[i];
    x += at[i] * plan->x_strides[i];
    y += at[i] * plan->y_strides[i];
  }
  while (begin < end) {
    const int64_t count = end - begin < row - column ? end - begin : row - column;
    binary_row(job, job->x + (size_t)(x + column * x_step) * job->in_bytes,
               job->y + (size_t)(y + column * y_step) * job->in_bytes, job->z + (size_t)begin * job->z_bytes, count,
               steps, &faults);
    begin += count;
    column = 0;
    for (int i = last - 1; i >= 0; --i) {
      x += plan->x_strides[i];
      y += plan->y_strides[i];
      if (++at[i] < plan->dims[i]) break;
      x -= plan->dims[i] * plan->x_strides[i];
      y -= plan->dims[i] * plan->y_strides[i];
      at[i] = 0;
    }
  }
  if (job->streams) cpu_stream_end();
  if (faults != 0) atomic_fetch_or_explicit(&job->faults, faults, memory_order_relaxed);
}

// The job has its plan; it is not initialised whole, because a plan is long.
static ctf_status run_binary(ctf_kernel_ctx* k, cpu_binary_loop loop, binary_job* job) {
  const int64_t count = ctf_out_count(k, 0);
  if (count == 0) return NULL;
  atomic_init(&job->faults, 0);
  job->loop = loop;
  job->attrs = k->attrs;
  job->x = ctf_in(k, 0);
  job->y = ctf_in(k, 1);
  job->z = ctf_out(k, 0);
  job->in_type = ctf_in_dtype(k, 0);
  job->z_type = ctf_out_dtype(k, 0);
  job->in_bytes = ctf_dtype_get(job->in_type)->bytes;
  job->z_bytes = ctf_dtype_get(job->z_type)->bytes;
  const size_t row_bytes = (size_t)job->plan.dims[job->plan.rank - 1] * job->z_bytes;
  job->streams = job->z != job->x && job->z != job->y && ctf_out_tensor(k, 0)->bytes >= CPU_STREAM_BYTES &&
                 (row_bytes % CPU_LINE_BYTES == 0 || job->plan.rank == 1) && !cpu_is_narrow(job->in_type) &&
                 !cpu_is_narrow(job->z_type);
  CTF_TRY(ctf_parallel_for(k->cancel, count, GRAIN, binary_piece, job));
  return cpu_faults_status(atomic_load_explicit(&job->faults, memory_order_relaxed));
}

// Whether each input moves with the output or is one element.
static bool find_steps(const ctf_kernel_ctx* k, cpu_steps* out_steps) {
  const int64_t count = ctf_out_count(k, 0), x = ctf_in_count(k, 0), y = ctf_in_count(k, 1);
  *out_steps = x == count && y == count ? CPU_BOTH : (x == 1 ? CPU_LEFT_STAYS : CPU_RIGHT_STAYS);
  return (x == count || x == 1) && (y == count || y == 1) && (x == count || y == count);
}

ctf_status cpu_run_binary(ctf_kernel_ctx* k, cpu_binary_loop loop) {
  binary_job job;
  cpu_steps steps;
  if (is_short(k) && find_steps(k, &steps)) {
    unsigned faults = 0;
    if (ctf_out_count(k, 0) == 0) return NULL;
    loop(ctf_in(k, 0), ctf_in(k, 1), ctf_out(k, 0), ctf_out_count(k, 0), steps, k->attrs, &faults);
    return cpu_faults_status(faults);
  }
  if (!ctf_broadcast_plan(ctf_in_tensor(k, 0), ctf_in_tensor(k, 1), &job.plan)) {
    return ctf_error(TF_INVALID_ARGUMENT, "Incompatible shapes: %s vs. %s",
                     ctf_shape_print(ctf_tensor_shape(ctf_in_tensor(k, 0))).text,
                     ctf_shape_print(ctf_tensor_shape(ctf_in_tensor(k, 1))).text);
  }
  return run_binary(k, loop, &job);
}

ctf_status cpu_run_pair(ctf_kernel_ctx* k, cpu_binary_loop loop) {
  CTF_ASSERT(ctf_in_count(k, 0) == ctf_in_count(k, 1));  // the shape function has checked it
  binary_job job;
  job.plan.rank = 1;
  job.plan.dims[0] = ctf_in_count(k, 0);
  job.plan.x_strides[0] = job.plan.y_strides[0] = 1;
  return run_binary(k, loop, &job);
}
