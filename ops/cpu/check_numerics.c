// CheckNumerics and CheckNumericsV2. Input and output: any shape.
//
// Bound:  memory. Blocks are checked, by their bits, while they are in the cache, and then copied.
#include "ops/check_numerics.h"

#include <stdatomic.h>

#include "ops/cpu/slices.h"
#include "runtime/parallel.h"

enum { kWorkGrain = 1 << 15 };

typedef struct check_job {
  const char* in;
  char* out;
  size_t bytes;  // of an element
  cpu_float_bits layout;
  atomic_uint met;
} check_job;

// Whether all is finite is asked first, in a loop without branches.
#define DEFINE_CHECK(name, type)                                                                        \
  static unsigned check_##name(const char* data, int64_t begin, int64_t end, cpu_float_bits bits) {     \
    const type sign = (type)bits.sign, infinity = (type)bits.infinity;                                  \
    unsigned odd = 0, met = 0;                                                                          \
    for (int64_t i = begin; i < end; ++i) odd |= (((const type*)data)[i] & infinity) == infinity;       \
    for (int64_t i = begin; odd && i < end; ++i) {                                                      \
      const type x = ((const type*)data)[i], magnitude = x & (type)~sign;                               \
      if (magnitude < infinity) continue;                                                               \
      met |= magnitude > infinity ? CTF_MET_NAN : x & sign ? CTF_MET_MINUS_INFINITY : CTF_MET_INFINITY; \
    }                                                                                                   \
    return met;                                                                                         \
  }
DEFINE_CHECK(16, ctf_any_u16)
DEFINE_CHECK(32, ctf_any_u32)
DEFINE_CHECK(64, ctf_any_u64)

static void check_piece(void* arg, int64_t begin, int64_t end) {
  check_job* job = arg;
  const unsigned met = job->bytes == 2   ? check_16(job->in, begin, end, job->layout)
                       : job->bytes == 4 ? check_32(job->in, begin, end, job->layout)
                                         : check_64(job->in, begin, end, job->layout);
  // relaxed: the loop's end orders it, and nothing else is read through it
  if (met != 0) atomic_fetch_or_explicit(&job->met, met, memory_order_relaxed);
  const size_t at = (size_t)begin * job->bytes;
  if (job->out != job->in) memcpy(job->out + at, job->in + at, (size_t)(end - begin) * job->bytes);
}

static ctf_status run_check(ctf_kernel_ctx* k, bool with_signs) {
  check_job job = {.in = ctf_in(k, 0), .out = ctf_out(k, 0), .layout = cpu_float_bits_of(ctf_in_dtype(k, 0))};
  job.bytes = ctf_dtype_get(ctf_in_dtype(k, 0))->bytes;
  atomic_init(&job.met, 0);
  CTF_TRY(ctf_parallel_for(k->cancel, ctf_in_count(k, 0), kWorkGrain, check_piece, &job));
  return ctf_check_numerics_status(k->attrs, atomic_load_explicit(&job.met, memory_order_relaxed), with_signs);
}

static ctf_status cpu_check_numerics(ctf_kernel_ctx* k) { return run_check(k, false); }
static ctf_status cpu_check_numerics_v2(ctf_kernel_ctx* k) { return run_check(k, true); }

static const ctf_kernel_def kKernels[] = {
    {"CheckNumerics", CTF_REAL_FLOATING, cpu_check_numerics, .flags = CTF_ANY_ALIGNMENT | CTF_IN_PLACE},
    {"CheckNumericsV2", CTF_REAL_FLOATING, cpu_check_numerics_v2, .flags = CTF_ANY_ALIGNMENT | CTF_IN_PLACE},
};
CTF_CPU_KERNELS(check_numerics, kKernels);
