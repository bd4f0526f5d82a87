// Random numbers from Philox: uniform, normal, truncated normal. Output: any shape, filled in order.
//
// Bound:  arithmetic: 20 multiplications a block of four words; of the normal ones, logarithm, sine and cosine.
// Order:  element i comes from counter i / 4 (i / 2 for 8-byte elements) after the stream's first; of truncated normals
//         a group of as many elements has CTF_RANDOM_RESERVED counters an element to draw from, one block after the
//         other, until it is full. Nothing depends on threads.
// Method: kBlocks counters at a time, the words of one place side by side, so that the rounds are vector code.
//         Transcendentals are the C library's, whose bits TensorFlow's are too.
#include "ops/random.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "ops/cpu/unaligned.h"
#include "ops/kernel.h"
#include "runtime/parallel.h"

enum {
  kBlocks = 16,  // counters of a batch
  kWords = kBlocks * CTF_PHILOX_WORDS,
  kBatchGrain = 256,  // batches of a piece, about
};

typedef struct random_job random_job;
struct random_job {
  ctf_philox stream;
  int64_t count;
  int64_t per_block;  // elements of a block of four words
  size_t element_bytes;
  // Elements of kBlocks blocks from their words: all of them, whether or not the output has room for the last.
  void (*convert)(const random_job* job, const uint32_t* words, void* out);
  // One group of truncated normals. NULL: `convert` is used.
  void (*draw_group)(ctf_philox stream, void* out);
  int64_t low;     // of integers
  uint64_t range;  // how many there are
  char* out;
};

// ---- words to elements

static void uniform_f32(const random_job* job, const uint32_t* words, void* out) {
  (void)job;
  for (int i = 0; i < kWords; ++i) ((float*)out)[i] = (float)(int32_t)(words[i] & 0x7fffff) * 0x1p-23f;
}

static void uniform_f64(const random_job* job, const uint32_t* words, void* out) {
  (void)job;
  for (int i = 0; i < kWords / 2; ++i) {
    const int64_t mantissa = (int64_t)(words[2 * i] & 0xfffff) << 32 | words[2 * i + 1];
    ((double*)out)[i] = (double)mantissa * 0x1p-52;
  }
}

// `mask` are the bits of a word that become the fraction, `step` is worth the last of them.
#define DEFINE_UNIFORM(name, type, mask, step)                                          \
  static void uniform_##name(const random_job* job, const uint32_t* words, void* out) { \
    (void)job;                                                                          \
    for (int i = 0; i < kWords; ++i) {                                                  \
      ((type*)out)[i] = type##_from_float((float)(int32_t)(words[i] & mask) * step);    \
    }                                                                                   \
  }
DEFINE_UNIFORM(half, ctf_half, 0x3ff, 0x1p-10f)
DEFINE_UNIFORM(bfloat16, ctf_bfloat16, 0x7f, 0x1p-7f)

static void uniform_i32(const random_job* job, const uint32_t* words, void* out) {
  const uint32_t low = (uint32_t)job->low, range = (uint32_t)job->range;
  for (int i = 0; i < kWords; ++i) ((uint32_t*)out)[i] = low + words[i] % range;
}

static void uniform_i64(const random_job* job, const uint32_t* words, void* out) {
  const uint64_t low = (uint64_t)job->low, range = job->range;
  for (int i = 0; i < kWords / 2; ++i) {
    ((uint64_t*)out)[i] = low + (words[2 * i] | (uint64_t)words[2 * i + 1] << 32) % range;
  }
}

// Two independent normal numbers from two uniform ones: Box & Muller 1958. What is below kLeast would have no finite
// logarithm.
static const float kLeast = 1e-7f;

CTF_ALWAYS_INLINE void normal_pair_f32(const uint32_t* words, float* out) {
  const float u = (float)(int32_t)(words[0] & 0x7fffff) * 0x1p-23f;
  const float angle = (float)(2 * M_PI * (double)((float)(int32_t)(words[1] & 0x7fffff) * 0x1p-23f));
  const float radius = sqrtf(-2.0f * logf(u < kLeast ? kLeast : u));
  sincosf(angle, &out[0], &out[1]);
  out[0] *= radius;
  out[1] *= radius;
}

CTF_ALWAYS_INLINE void normal_pair_f64(const uint32_t* words, double* out) {
  static const double kLeastDouble = 1e-7;
  const double u = (double)((int64_t)(words[0] & 0xfffff) << 32 | words[1]) * 0x1p-52;
  const double angle = 2 * M_PI * ((double)((int64_t)(words[2] & 0xfffff) << 32 | words[3]) * 0x1p-52);
  const double radius = sqrt(-2.0 * log(u < kLeastDouble ? kLeastDouble : u));
  sincos(angle, &out[0], &out[1]);
  out[0] *= radius;
  out[1] *= radius;
}

static void normal_f32(const random_job* job, const uint32_t* words, void* out) {
  (void)job;
  for (int i = 0; i < kWords; i += 2) normal_pair_f32(words + i, (float*)out + i);
}

static void normal_f64(const random_job* job, const uint32_t* words, void* out) {
  (void)job;
  for (int i = 0; i < kWords / 2; i += 2) normal_pair_f64(words + 2 * i, (double*)out + i);
}

#define DEFINE_NORMAL(name)                                                                    \
  static void normal_##name(const random_job* job, const uint32_t* words, void* out) {         \
    float wide[kWords];                                                                        \
    normal_f32(job, words, wide);                                                              \
    for (int i = 0; i < kWords; ++i) ((ctf_##name*)out)[i] = ctf_##name##_from_float(wide[i]); \
  }
DEFINE_NORMAL(half)
DEFINE_NORMAL(bfloat16)

// ---- normals of less than two deviations: the others are drawn again

static const double kCut = 2;

static void truncated_f32(ctf_philox stream, void* out) {
  uint32_t words[CTF_PHILOX_WORDS];
  for (int count = 0; count < CTF_PHILOX_WORDS; stream = ctf_philox_skip(stream, 1)) {
    ctf_philox_block(&stream, words);
    float drawn[CTF_PHILOX_WORDS];
    normal_pair_f32(words, drawn);
    normal_pair_f32(words + 2, drawn + 2);
    for (int i = 0; i < CTF_PHILOX_WORDS && count < CTF_PHILOX_WORDS; ++i) {
      if (fabsf(drawn[i]) < (float)kCut) ((float*)out)[count++] = drawn[i];
    }
  }
}

static void truncated_f64(ctf_philox stream, void* out) {
  uint32_t words[CTF_PHILOX_WORDS];
  for (int count = 0; count < CTF_PHILOX_WORDS / 2; stream = ctf_philox_skip(stream, 1)) {
    ctf_philox_block(&stream, words);
    double drawn[2];
    normal_pair_f64(words, drawn);
    for (int i = 0; i < 2 && count < CTF_PHILOX_WORDS / 2; ++i) {
      if (fabs(drawn[i]) < kCut) ((double*)out)[count++] = drawn[i];
    }
  }
}

#define DEFINE_TRUNCATED(name)                                                                           \
  static void truncated_##name(ctf_philox stream, void* out) {                                           \
    float wide[CTF_PHILOX_WORDS];                                                                        \
    truncated_f32(stream, wide);                                                                         \
    for (int i = 0; i < CTF_PHILOX_WORDS; ++i) ((ctf_##name*)out)[i] = ctf_##name##_from_float(wide[i]); \
  }
DEFINE_TRUNCATED(half)
DEFINE_TRUNCATED(bfloat16)

// ---- filling

// The words of kBlocks counters, block by block.
static void draw_batch(const ctf_philox* first, uint32_t* out_words) {
  uint32_t place[CTF_PHILOX_WORDS][kBlocks];
  for (int i = 0; i < kBlocks; ++i) {
    const uint64_t low = first->counter[0] + (uint64_t)i, high = first->counter[1] + (low < first->counter[0]);
    place[0][i] = (uint32_t)low;
    place[1][i] = (uint32_t)(low >> 32);
    place[2][i] = (uint32_t)high;
    place[3][i] = (uint32_t)(high >> 32);
  }
  uint32_t key0 = (uint32_t)first->key, key1 = (uint32_t)(first->key >> 32);
  for (int round = 0; round < CTF_PHILOX_ROUNDS; ++round) {
    for (int i = 0; i < kBlocks; ++i) {
      const uint64_t a = (uint64_t)CTF_PHILOX_MULTIPLIER_0 * place[0][i];
      const uint64_t b = (uint64_t)CTF_PHILOX_MULTIPLIER_1 * place[2][i];
      place[0][i] = (uint32_t)(b >> 32) ^ place[1][i] ^ key0;
      place[1][i] = (uint32_t)b;
      place[2][i] = (uint32_t)(a >> 32) ^ place[3][i] ^ key1;
      place[3][i] = (uint32_t)a;
    }
    key0 += CTF_PHILOX_STEP_0;
    key1 += CTF_PHILOX_STEP_1;
  }
  for (int i = 0; i < kBlocks; ++i) {
    for (int w = 0; w < CTF_PHILOX_WORDS; ++w) out_words[CTF_PHILOX_WORDS * i + w] = place[w][i];
  }
}

// Truncated normals of one batch: a group has its own part of the stream.
static void draw_groups(const random_job* job, int64_t first_group, char* out) {
  const int64_t left = (job->count + job->per_block - 1) / job->per_block - first_group;
  const uint64_t step = (uint64_t)job->per_block * CTF_RANDOM_RESERVED / CTF_PHILOX_WORDS;
  for (int64_t i = 0; i < kBlocks && i < left; ++i) {
    job->draw_group(ctf_philox_skip(job->stream, (uint64_t)(first_group + i) * step),
                    out + (size_t)(i * job->per_block) * job->element_bytes);
  }
}

static void fill_batches(void* arg, int64_t begin, int64_t end) {
  const random_job* job = arg;
  const int64_t per_batch = kBlocks * job->per_block;
  uint32_t words[kWords];
  uint64_t elements[kWords];  // room for the largest type
  for (int64_t batch = begin; batch < end; ++batch) {
    if (job->draw_group != NULL) {
      draw_groups(job, batch * kBlocks, (char*)elements);
    } else {
      const ctf_philox first = ctf_philox_skip(job->stream, (uint64_t)batch * kBlocks);
      draw_batch(&first, words);
      job->convert(job, words, elements);
    }
    const int64_t left = job->count - batch * per_batch, count = left < per_batch ? left : per_batch;
    memcpy(job->out + (size_t)(batch * per_batch) * job->element_bytes, elements, (size_t)count * job->element_bytes);
  }
}

// ---- kernels

typedef enum random_kind { RANDOM_UNIFORM, RANDOM_NORMAL, RANDOM_TRUNCATED } random_kind;

static void choose_loop(random_kind kind, TF_DataType dtype, random_job* job) {
  const bool uniform = kind == RANDOM_UNIFORM;
  switch (dtype) {
    case TF_FLOAT:
      job->convert = uniform ? uniform_f32 : normal_f32;
      job->draw_group = truncated_f32;
      break;
    case TF_DOUBLE:
      job->convert = uniform ? uniform_f64 : normal_f64;
      job->draw_group = truncated_f64;
      break;
    case TF_HALF:
      job->convert = uniform ? uniform_half : normal_half;
      job->draw_group = truncated_half;
      break;
    case TF_BFLOAT16:
      job->convert = uniform ? uniform_bfloat16 : normal_bfloat16;
      job->draw_group = truncated_bfloat16;
      break;
    default:
      job->convert = dtype == TF_INT32 ? uniform_i32 : uniform_i64;
      break;
  }
  if (kind != RANDOM_TRUNCATED) job->draw_group = NULL;
}

static bool is_stateful(const ctf_kernel_ctx* k) { return k->state != NULL; }

static ctf_status fill(ctf_kernel_ctx* k, random_job* job, random_kind kind) {
  const TF_DataType dtype = ctf_out_dtype(k, 0);
  job->count = ctf_out_count(k, 0);
  job->element_bytes = ctf_dtype_get(dtype)->bytes;
  job->per_block = job->element_bytes == sizeof(uint64_t) ? CTF_PHILOX_WORDS / 2 : CTF_PHILOX_WORDS;
  job->out = ctf_out(k, 0);
  if (job->count == 0) return NULL;
  job->stream =
      is_stateful(k) ? ctf_random_stateful(k->state, k->attrs, job->count) : ctf_random_stateless(ctf_in_tensor(k, 1));
  choose_loop(kind, dtype, job);
  const int64_t per_batch = kBlocks * job->per_block;
  return ctf_parallel_for(k->cancel, (job->count + per_batch - 1) / per_batch, kBatchGrain, fill_batches, job);
}

static ctf_status cpu_uniform(ctf_kernel_ctx* k) { return fill(k, &(random_job){0}, RANDOM_UNIFORM); }
static ctf_status cpu_normal(ctf_kernel_ctx* k) { return fill(k, &(random_job){0}, RANDOM_NORMAL); }
static ctf_status cpu_truncated(ctf_kernel_ctx* k) { return fill(k, &(random_job){0}, RANDOM_TRUNCATED); }

static ctf_status cpu_integers(ctf_kernel_ctx* k) {
  const int first = is_stateful(k) ? 1 : 2;
  int64_t low = 0, high = 0;
  bool integers = ctf_in_count(k, first) == 1 && ctf_in_count(k, first + 1) == 1;
  integers = integers && ctf_tensor_get_int(ctf_in_tensor(k, first), 0, &low);
  integers = integers && ctf_tensor_get_int(ctf_in_tensor(k, first + 1), 0, &high);
  CTF_ASSERT(integers);
  (void)integers;
  if (ctf_out_count(k, 0) == 0) return NULL;
  if (low >= high) {
    return ctf_error(TF_INVALID_ARGUMENT, "Need minval < maxval, got %" PRId64 " >= %" PRId64, low, high);
  }
  random_job job = {.low = low, .range = (uint64_t)high - (uint64_t)low};
  return fill(k, &job, RANDOM_UNIFORM);
}

#define STATELESS(op, types, run) \
  { op, types, run, "dtype", .flags = CTF_ANY_ALIGNMENT }
#define STATEFUL(op, types, run, type_attribute) \
  { op, types, run, type_attribute, .state_bytes = sizeof(ctf_random_state), .flags = CTF_ANY_ALIGNMENT }
static const ctf_kernel_def kKernels[] = {
    STATELESS("StatelessRandomUniform", CTF_REAL_FLOATING, cpu_uniform),
    STATELESS("StatelessRandomUniformInt", CTF_INDEX, cpu_integers),
    STATELESS("StatelessRandomNormal", CTF_REAL_FLOATING, cpu_normal),
    STATELESS("StatelessTruncatedNormal", CTF_REAL_FLOATING, cpu_truncated),
    STATEFUL("RandomUniform", CTF_REAL_FLOATING, cpu_uniform, "dtype"),
    STATEFUL("RandomUniformInt", CTF_INDEX, cpu_integers, "Tout"),
    STATEFUL("RandomStandardNormal", CTF_REAL_FLOATING, cpu_normal, "dtype"),
    STATEFUL("TruncatedNormal", CTF_REAL_FLOATING, cpu_truncated, "dtype"),
};
CTF_CPU_KERNELS(random, kKernels);
