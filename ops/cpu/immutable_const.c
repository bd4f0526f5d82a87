// ImmutableConst. Output: any shape.
//
// Bound:  the file's. It is opened and read in each run, as TensorFlow does: what it holds may have changed.
#include "ops/immutable_const.h"

#include <inttypes.h>

#include "ops/kernel.h"
#include "runtime/file.h"

#define PIECE_BYTES ((size_t)16 << 20)  // read between two looks at whether the run goes on

static ctf_status read_pieces(ctf_kernel_ctx* k, const ctf_file* file, const ctf_tensor* y) {
  if (file->bytes == 0) return ctf_error(TF_INVALID_ARGUMENT, "Invalid argument: the file is empty");
  if (file->bytes < y->bytes) {
    return ctf_error(TF_INTERNAL, "Readonly memory region has wrong length (%" PRIu64 ") when allocating %zu",
                     file->bytes, y->bytes);
  }
  for (size_t at = 0; at < y->bytes; at += PIECE_BYTES) {
    const size_t rest = y->bytes - at;
    if (k->cancel != NULL) CTF_TRY(ctf_cancel_check(k->cancel));
    CTF_TRY(ctf_file_read(file, at, (char*)y->data + at, rest < PIECE_BYTES ? rest : PIECE_BYTES));
  }
  uint8_t* booleans = y->dtype == TF_BOOL ? y->data : NULL;  // kernels rely on 0 and 1
  for (size_t i = 0; booleans != NULL && i < y->bytes; ++i) booleans[i] = booleans[i] != 0;
  return NULL;
}

static ctf_status cpu_immutable_const(ctf_kernel_ctx* k) {
  const immutable_const_attrs* attrs = k->attrs;
  ctf_file file;
  CTF_TRY(ctf_file_open(attrs->memory_region_name.data, attrs->memory_region_name.length, &file));
  ctf_status status = read_pieces(k, &file, ctf_out_tensor(k, 0));
  ctf_file_close(&file);
  return ctf_error_note(status, "%.*s", (int)attrs->memory_region_name.length, attrs->memory_region_name.data);
}

static const ctf_kernel_def kKernels[] = {
    {"ImmutableConst", CTF_NUMERIC | CTF_QUANTIZED | CTF_TYPE(TF_BOOL), cpu_immutable_const, .type_attr = "dtype"},
};
CTF_CPU_KERNELS(immutable_const, kKernels);
