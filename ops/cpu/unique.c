// Unique and UniqueV2. x: [outer, count, inner], y: [outer, different, inner], idx: [count].
//
// Bound:  memory: random accesses to a table of hashes.
// Method: a table with open addressing of the numbers of the first slices of their kind, at most half full; slices are
//         compared in x itself. The workspace holds the table and the numbers of the first slices.
// Equal:  as the type compares: 0 equals -0, a NaN equals nothing. Strings by their bytes.
#include "ops/unique.h"

#include "ops/cpu/slices.h"

enum { kBlock = 1 << 14 };  // slices between two looks at the cancellation

typedef struct unique_job {
  ctf_unique_geometry g;
  const ctf_tensor* x;
  size_t bytes;  // of an element
  cpu_float_bits layout;
  int64_t* table;  // [mask + 1] the number among the different ones, plus 1; 0: free
  uint64_t mask;
  int64_t* firsts;  // [count] the first slice of each kind
} unique_job;

static uint64_t mix(uint64_t hash, uint64_t bits) {
  hash = (hash ^ bits) * UINT64_C(0x9e3779b97f4a7c15);
  return hash ^ hash >> 32;
}

// Element i of slice `slice`, in the order of memory.
static int64_t element_of(const unique_job* job, int64_t slice, int64_t i) {
  return (i / job->g.inner * job->g.count + slice) * job->g.inner + i % job->g.inner;
}

// The bits of an element, the same for all that are equal.
static uint64_t bits_of(const unique_job* job, int64_t at) {
  const uint64_t bits = cpu_element_bits(job->x->data, at, job->bytes);
  return job->layout.sign != 0 && (bits & ~job->layout.sign) == 0 ? 0 : bits;
}

static bool is_nan(const unique_job* job, uint64_t bits) {
  return job->layout.infinity != 0 && (bits & ~job->layout.sign) > job->layout.infinity;
}

static uint64_t string_hash(const unique_job* job, int64_t at) {
  const char* text;
  size_t length;
  uint64_t hash = 0;
  ctf_tensor_get_string(job->x, at, &text, &length);
  for (size_t i = 0; i + 8 <= length; i += 8) {
    uint64_t word;
    memcpy(&word, text + i, 8);
    hash = mix(hash, word);
  }
  for (size_t i = length / 8 * 8; i < length; ++i) hash = mix(hash, (unsigned char)text[i]);
  return mix(hash, length);
}

static uint64_t slice_hash(const unique_job* job, int64_t slice) {
  uint64_t hash = 0;
  for (int64_t i = 0; i < job->g.outer * job->g.inner; ++i) {
    const int64_t at = element_of(job, slice, i);
    hash = mix(hash, job->x->dtype == TF_STRING ? string_hash(job, at) : bits_of(job, at));
  }
  return hash;
}

static bool strings_equal(const unique_job* job, int64_t a, int64_t b) {
  const char *first, *second;
  size_t first_length, second_length;
  ctf_tensor_get_string(job->x, a, &first, &first_length);
  ctf_tensor_get_string(job->x, b, &second, &second_length);
  return first_length == second_length && memcmp(first, second, first_length) == 0;
}

static bool slices_equal(const unique_job* job, int64_t a, int64_t b) {
  for (int64_t i = 0; i < job->g.outer * job->g.inner; ++i) {
    const int64_t p = element_of(job, a, i), q = element_of(job, b, i);
    if (job->x->dtype == TF_STRING) {
      if (!strings_equal(job, p, q)) return false;
    } else {
      const uint64_t bits = bits_of(job, p);
      if (bits != bits_of(job, q) || is_nan(job, bits)) return false;
    }
  }
  return true;
}

static void store_index(ctf_kernel_ctx* k, int64_t at, int64_t value) {
  if (ctf_out_dtype(k, 1) == TF_INT64) {
    ((int64_t*)ctf_out(k, 1))[at] = value;
  } else {
    ((int32_t*)ctf_out(k, 1))[at] = (int32_t)value;
  }
}

// Numbers the slices; the first of each kind into job->firsts.
static ctf_status number_slices(ctf_kernel_ctx* k, unique_job* job, int64_t* out_different) {
  int64_t different = 0;
  for (int64_t i = 0; i < job->g.count; ++i) {
    if (i % kBlock == 0) CTF_TRY(ctf_cancel_check(k->cancel));
    uint64_t place = slice_hash(job, i) & job->mask;
    while (job->table[place] != 0 && !slices_equal(job, job->firsts[job->table[place] - 1], i)) {
      place = (place + 1) & job->mask;
    }
    if (job->table[place] == 0) {
      job->firsts[different] = i;
      job->table[place] = ++different;
    }
    store_index(k, i, job->table[place] - 1);
  }
  *out_different = different;
  return NULL;
}

static ctf_status copy_slices(ctf_kernel_ctx* k, const unique_job* job, int64_t different) {
  for (int64_t outer = 0; outer < job->g.outer; ++outer) {
    for (int64_t i = 0; i < different; ++i) {
      const int64_t from = (outer * job->g.count + job->firsts[i]) * job->g.inner;
      const int64_t to = (outer * different + i) * job->g.inner;
      if (job->x->dtype == TF_STRING) {
        CTF_TRY(cpu_copy_strings(k, 0, to, job->x, from, job->g.inner));
      } else {
        cpu_copy_slice((char*)ctf_out(k, 0) + (size_t)to * job->bytes,
                       (const char*)job->x->data + (size_t)from * job->bytes, (size_t)job->g.inner * job->bytes);
      }
    }
  }
  return NULL;
}

static uint64_t table_size(int64_t count) {
  uint64_t size = 16;
  while (size < (uint64_t)count * 2) size *= 2;
  return size;
}

static ctf_status run_unique(ctf_kernel_ctx* k, const ctf_tensor* axis) {
  unique_job job = {.x = ctf_in_tensor(k, 0)};
  CTF_TRY(ctf_unique_geometry_make(ctf_tensor_shape(job.x), axis, &job.g));
  if (job.g.count > INT32_MAX && ctf_out_dtype(k, 1) == TF_INT32) {
    return ctf_error(TF_INVALID_ARGUMENT, "unique does not support input tensors larger than %d elements", INT32_MAX);
  }
  job.bytes = ctf_dtype_get(job.x->dtype)->bytes;
  job.layout = cpu_float_bits_of(job.x->dtype);
  job.mask = table_size(job.g.count) - 1;
  job.table = k->workspace;
  job.firsts = job.table + job.mask + 1;
  memset(job.table, 0, (job.mask + 1) * sizeof(*job.table));
  CTF_TRY(ctf_out_reserve(k, 1, 1, &job.g.count));
  int64_t different, dims[CTF_MAX_RANK];
  CTF_TRY(number_slices(k, &job, &different));
  for (int i = 0; i < job.x->rank; ++i) dims[i] = i == job.g.axis ? different : job.x->dims[i];
  CTF_TRY(ctf_out_reserve(k, 0, job.x->rank, dims));
  return ctf_out_count(k, 0) == 0 ? NULL : copy_slices(k, &job, different);
}

static size_t workspace_of(const ctf_kernel_ctx* k, const ctf_tensor* axis) {
  ctf_unique_geometry g;
  const ctf_status status = ctf_unique_geometry_make(ctf_tensor_shape(ctf_in_tensor(k, 0)), axis, &g);
  if (status != NULL) {
    ctf_status_drop(status);  // the kernel meets it again and reports it
    return 0;
  }
  // Larger than any memory saturates, so that it is refused.
  if (g.count > INT64_MAX / 64) return SIZE_MAX / 2;
  return (size_t)(table_size(g.count) + (uint64_t)g.count) * sizeof(int64_t);
}

static ctf_status cpu_unique(ctf_kernel_ctx* k) { return run_unique(k, NULL); }
static ctf_status cpu_unique_v2(ctf_kernel_ctx* k) { return run_unique(k, ctf_in_tensor(k, 1)); }
static size_t unique_workspace(const ctf_kernel_ctx* k) { return workspace_of(k, NULL); }
static size_t unique_v2_workspace(const ctf_kernel_ctx* k) { return workspace_of(k, ctf_in_tensor(k, 1)); }

#define UNIQUE_TYPES (CTF_REAL | CTF_TYPE(TF_BOOL) | CTF_TYPE(TF_STRING))
static const ctf_kernel_def kKernels[] = {
    {"Unique", UNIQUE_TYPES, cpu_unique, .workspace = unique_workspace, .flags = CTF_ANY_ALIGNMENT},
    {"UniqueV2", UNIQUE_TYPES, cpu_unique_v2, .workspace = unique_v2_workspace, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(unique, kKernels);
