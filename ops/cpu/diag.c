// Diagonals: elements that lie a row and a column apart.
#include <inttypes.h>
#include <string.h>

#include "ops/cpu/strided_copy.h"
#include "runtime/parallel.h"

enum { GRAIN_BYTES = 1 << 18 };  // of a piece

// From [matrices, length] to the main diagonals of [matrices, length, length] zeros.
static ctf_status put_diagonals(ctf_kernel_ctx* k, int64_t matrices, int64_t length) {
  const ctf_tensor *x = ctf_in_tensor(k, 0), *y = ctf_out_tensor(k, 0);
  const ctf_tensor zero = CTF_ISA_NAME(ctf_copy_zero)(y->dtype);
  ctf_strided_copy copy;
  if (y->num_elements == 0) return NULL;
  CTF_TRY(CTF_ISA_NAME(ctf_copy_fill)(k, &zero, y));
  CTF_ISA_NAME(ctf_copy_init)(&copy, x, 0, y, 0);
  CTF_ISA_NAME(ctf_copy_loop)(&copy, matrices, length, length * length);
  CTF_ISA_NAME(ctf_copy_loop)(&copy, length, 1, length + 1);
  return CTF_ISA_NAME(ctf_copy_run)(&copy, k);
}

// From [matrices, rows, columns] to [matrices, length], the main diagonals.
static ctf_status take_diagonals(ctf_kernel_ctx* k, int64_t matrices, int64_t rows, int64_t columns) {
  const ctf_tensor *x = ctf_in_tensor(k, 0), *y = ctf_out_tensor(k, 0);
  const int64_t length = rows < columns ? rows : columns;
  ctf_strided_copy copy;
  if (y->num_elements == 0) return NULL;
  CTF_ISA_NAME(ctf_copy_init)(&copy, x, 0, y, 0);
  CTF_ISA_NAME(ctf_copy_loop)(&copy, matrices, rows * columns, length);
  CTF_ISA_NAME(ctf_copy_loop)(&copy, length, columns + 1, 1);
  return CTF_ISA_NAME(ctf_copy_run)(&copy, k);
}

static ctf_status cpu_matrix_diag(ctf_kernel_ctx* k) {
  const ctf_tensor* x = ctf_in_tensor(k, 0);
  return put_diagonals(k, ctf_copy_extent(x->dims, 0, x->rank - 1), x->dims[x->rank - 1]);
}

static ctf_status cpu_matrix_diag_part(ctf_kernel_ctx* k) {
  const ctf_tensor* x = ctf_in_tensor(k, 0);
  return take_diagonals(k, ctf_copy_extent(x->dims, 0, x->rank - 2), x->dims[x->rank - 2], x->dims[x->rank - 1]);
}

static ctf_status cpu_diag(ctf_kernel_ctx* k) { return put_diagonals(k, 1, ctf_in_count(k, 0)); }

static ctf_status cpu_diag_part(ctf_kernel_ctx* k) {
  return take_diagonals(k, 1, ctf_out_count(k, 0), ctf_out_count(k, 0));
}

// ---- MatrixBandPart

typedef struct band_job {
  const char* x;
  char* y;
  int64_t rows, columns, element;
  int64_t lower, upper;  // how many diagonals below and above the main one are kept
} band_job;

// Rows [begin, end) of all matrices: of each row, what lies before and behind the band becomes zero.
static void copy_band_rows(void* arg, int64_t begin, int64_t end) {
  const band_job* job = arg;
  const int64_t row_bytes = job->columns * job->element;
  for (int64_t i = begin; i < end; ++i) {
    const int64_t row = i % job->rows;
    int64_t first = row - job->lower, stop = row + job->upper + 1;
    if (first < 0) first = 0;
    if (first > job->columns) first = job->columns;
    if (stop > job->columns) stop = job->columns;
    if (stop < first) stop = first;
    char* y = job->y + i * row_bytes;
    memset(y, 0, (size_t)(first * job->element));
    memcpy(y + first * job->element, job->x + i * row_bytes + first * job->element,
           (size_t)((stop - first) * job->element));
    memset(y + stop * job->element, 0, (size_t)((job->columns - stop) * job->element));
  }
}

// A negative number keeps all diagonals on its side.
static ctf_status get_band(const ctf_kernel_ctx* k, int input, const char* name, const char* what, int64_t limit,
                           int64_t* out_count) {
  const ctf_tensor* t = ctf_in_tensor(k, input);
  if (t->rank != 0 || !ctf_tensor_get_int(t, 0, out_count)) {
    return ctf_error(TF_INVALID_ARGUMENT, "%s must be scalar, got shape %s", name,
                     ctf_shape_print(ctf_tensor_shape(t)).text);
  }
  if (*out_count > limit) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "%s must be negative or less or equal to number of %s (%" PRId64 ") got: %" PRId64, name, what,
                     limit, *out_count);
  }
  if (*out_count < 0) *out_count = limit;
  return NULL;
}

static ctf_status cpu_matrix_band_part(ctf_kernel_ctx* k) {
  const ctf_tensor *x = ctf_in_tensor(k, 0), *y = ctf_out_tensor(k, 0);
  if (x->rank < 2) {
    return ctf_error(TF_INVALID_ARGUMENT, "input must be at least 2-dim, received shape: %s",
                     ctf_shape_print(ctf_tensor_shape(x)).text);
  }
  band_job job = {.x = x->data,
                  .y = y->data,
                  .rows = x->dims[x->rank - 2],
                  .columns = x->dims[x->rank - 1],
                  .element = (int64_t)ctf_dtype_get(x->dtype)->bytes};
  CTF_TRY(get_band(k, 1, "num_lower", "rows", job.rows, &job.lower));
  CTF_TRY(get_band(k, 2, "num_upper", "columns", job.columns, &job.upper));
  if (x->num_elements == 0) return NULL;
  return ctf_parallel_for(k->cancel, x->num_elements / job.columns, GRAIN_BYTES / (job.columns * job.element),
                          copy_band_rows, &job);
}

#define PLAIN (CTF_NUMERIC | CTF_TYPE(TF_BOOL))
static const ctf_kernel_def kKernels[] = {
    {"Diag", PLAIN, cpu_diag, .flags = CTF_ANY_ALIGNMENT},
    {"DiagPart", PLAIN, cpu_diag_part, .flags = CTF_ANY_ALIGNMENT},
    {"MatrixBandPart", PLAIN, cpu_matrix_band_part, .flags = CTF_ANY_ALIGNMENT},
    {"MatrixDiag", PLAIN, cpu_matrix_diag, .flags = CTF_ANY_ALIGNMENT},
    {"MatrixDiagPart", PLAIN, cpu_matrix_diag_part, .flags = CTF_ANY_ALIGNMENT},
};
CTF_CPU_KERNELS(diag, kKernels);
