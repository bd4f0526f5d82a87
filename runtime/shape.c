// Shapes: comparisons, sizes and text.
#include "runtime/shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "runtime/memory.h"

bool ctf_shape_known(ctf_shape shape) {
  if (shape.rank < 0) return false;
  for (int32_t i = 0; i < shape.rank; ++i) {
    if (shape.dims[i] < 0) return false;
  }
  return true;
}

bool ctf_shape_equal(ctf_shape a, ctf_shape b) {
  if (a.rank != b.rank) return false;
  for (int32_t i = 0; i < a.rank; ++i) {
    if (a.dims[i] != b.dims[i]) return false;
  }
  return true;
}

bool ctf_shape_compatible(ctf_shape a, ctf_shape b) {
  if (a.rank < 0 || b.rank < 0) return true;
  if (a.rank != b.rank) return false;
  for (int32_t i = 0; i < a.rank; ++i) {
    if (a.dims[i] >= 0 && b.dims[i] >= 0 && a.dims[i] != b.dims[i]) return false;
  }
  return true;
}

// The product is taken from the left, as TensorFlow does: [2^40, 2^40, 0] overflows, [0, 2^40, 2^40] is empty.
bool ctf_shape_num_elements(ctf_shape shape, int64_t* out_count) {
  CTF_ASSERT(ctf_shape_known(shape));
  int64_t count = 1;
  for (int32_t i = 0; i < shape.rank; ++i) {
    if (__builtin_mul_overflow(count, shape.dims[i], &count)) return false;
  }
  *out_count = count;
  return true;
}

ctf_status ctf_shape_bytes(ctf_shape shape, TF_DataType dtype, size_t* out_bytes) {
  int64_t count = 0;
  size_t bytes = 0;
  // int64_t as well as size_t: offsets within a tensor are computed in either.
  const bool countable = ctf_shape_num_elements(shape, &count);
  if (!countable || !ctf_mul_size((size_t)count, ctf_dtype_get(dtype)->bytes, &bytes) || bytes > INT64_MAX) {
    // Elements that can be counted make a shape; that no machine has the bytes for them is a matter of memory.
    return ctf_error(countable ? TF_RESOURCE_EXHAUSTED : TF_INVALID_ARGUMENT,
                     "a tensor of type %s and shape %s has more bytes than 64 bits can count",
                     ctf_dtype_get(dtype)->tf_name, ctf_shape_print(shape).text);
  }
  *out_bytes = bytes;
  return NULL;
}

ctf_shape_text ctf_shape_print(ctf_shape shape) {
  ctf_shape_text out;
  if (shape.rank < 0) {
    snprintf(out.text, sizeof(out.text), "<unknown>");
    return out;
  }
  static const char kCut[] = ",...]";
  size_t used = 1;
  out.text[0] = '[';
  for (int32_t i = 0; i < shape.rank; ++i) {
    char dim[24];
    const char* comma = i > 0 ? "," : "";
    const int length = shape.dims[i] < 0 ? snprintf(dim, sizeof(dim), "%s?", comma)
                                         : snprintf(dim, sizeof(dim), "%s%" PRId64, comma, shape.dims[i]);
    if (used + (size_t)length + sizeof(kCut) > sizeof(out.text)) {
      memcpy(out.text + used, kCut, sizeof(kCut));
      return out;
    }
    memcpy(out.text + used, dim, (size_t)length);
    used += (size_t)length;
  }
  out.text[used] = ']';
  out.text[used + 1] = '\0';
  return out;
}
