#include "tests/conform/compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/c/tf_tstring.h"

// What an element is compared as.
typedef enum element_kind { KIND_REAL, KIND_COMPLEX, KIND_SIGNED, KIND_UNSIGNED, KIND_BYTES } element_kind;

static element_kind find_kind(TF_DataType dtype) {
  switch (dtype) {
    case TF_FLOAT:
    case TF_DOUBLE:
    case TF_HALF:
    case TF_BFLOAT16:
      return KIND_REAL;
    case TF_COMPLEX64:
    case TF_COMPLEX128:
      return KIND_COMPLEX;
    case TF_INT8:
    case TF_INT16:
    case TF_INT32:
    case TF_INT64:
    case TF_QINT8:
    case TF_QINT16:
    case TF_QINT32:
      return KIND_SIGNED;
    case TF_UINT8:
    case TF_UINT16:
    case TF_UINT32:
    case TF_UINT64:
    case TF_QUINT8:
    case TF_QUINT16:
      return KIND_UNSIGNED;
    default:
      return KIND_BYTES;  // booleans, and types whose values are bit patterns to us
  }
}

static double half_to_double(uint16_t bits) {
  const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
  const int exponent = (bits >> 10) & 0x1f;
  const int fraction = bits & 0x3ff;
  if (exponent == 0x1f) return fraction != 0 ? (double)NAN : sign * (double)INFINITY;
  if (exponent == 0) return sign * ldexp(fraction, -24);
  return sign * ldexp(fraction + 1024, exponent - 25);
}

static double read_real(TF_DataType dtype, const uint8_t* at) {
  float single;
  double result;
  uint16_t bits;
  uint32_t wide;
  switch (dtype) {
    case TF_FLOAT:
      memcpy(&single, at, sizeof(single));
      return single;
    case TF_HALF:
      memcpy(&bits, at, sizeof(bits));
      return half_to_double(bits);
    case TF_BFLOAT16:
      memcpy(&bits, at, sizeof(bits));
      wide = (uint32_t)bits << 16;
      memcpy(&single, &wide, sizeof(single));
      return single;
    default:
      memcpy(&result, at, sizeof(result));
      return result;
  }
}

static uint64_t read_unsigned(size_t bytes, const uint8_t* at) {
  uint64_t result = 0;
  memcpy(&result, at, bytes);
  return result;
}

static int64_t read_signed(size_t bytes, const uint8_t* at) {
  const uint64_t bits = read_unsigned(bytes, at);
  const uint64_t sign = (uint64_t)1 << (bytes * 8 - 1);
  return (int64_t)((bits ^ sign) - sign);
}

static bool equal_reals(double want, double got, double tolerance) {
  if (isnan(want) || isnan(got)) return isnan(want) && isnan(got);
  if (isinf(want) || isinf(got)) return want == got;
  return fabs(got - want) <= tolerance;
}

// The distance of two integers of 64 bits needs 65: it is taken without sign.
static bool near_integers(bool ordered, uint64_t low, uint64_t high, double atol) {
  const uint64_t distance = ordered ? high - low : low - high;
  return distance == 0 || (double)distance <= atol;
}

static bool equal_elements(TF_DataType dtype, const uint8_t* want, const uint8_t* got, const compare_rule* rule) {
  const size_t bytes = TF_DataTypeSize(dtype);
  switch (find_kind(dtype)) {
    case KIND_REAL: {
      const double w = read_real(dtype, want);
      return equal_reals(w, read_real(dtype, got), rule->atol + rule->rtol * fabs(w));
    }
    case KIND_COMPLEX: {
      const TF_DataType part = dtype == TF_COMPLEX64 ? TF_FLOAT : TF_DOUBLE;
      const double w[2] = {read_real(part, want), read_real(part, want + bytes / 2)};
      const double g[2] = {read_real(part, got), read_real(part, got + bytes / 2)};
      const bool finite = isfinite(w[0]) && isfinite(w[1]) && isfinite(g[0]) && isfinite(g[1]);
      if (finite) return hypot(g[0] - w[0], g[1] - w[1]) <= rule->atol + rule->rtol * hypot(w[0], w[1]);
      // Numbers with a NaN in them are one NaN; which part holds it is not fixed.
      const bool want_nan = isnan(w[0]) || isnan(w[1]);
      const bool got_nan = isnan(g[0]) || isnan(g[1]);
      if (want_nan || got_nan) return want_nan && got_nan;
      return equal_reals(w[0], g[0], rule->atol + rule->rtol * fabs(w[0])) &&
             equal_reals(w[1], g[1], rule->atol + rule->rtol * fabs(w[1]));
    }
    case KIND_SIGNED: {
      const int64_t w = read_signed(bytes, want);
      const int64_t g = read_signed(bytes, got);
      return near_integers(w <= g, (uint64_t)w, (uint64_t)g, rule->atol);
    }
    case KIND_UNSIGNED: {
      const uint64_t w = read_unsigned(bytes, want);
      const uint64_t g = read_unsigned(bytes, got);
      return near_integers(w <= g, w, g, rule->atol);
    }
    default:
      return memcmp(want, got, bytes) == 0;
  }
}

static void append_element(text_buffer* inout_text, TF_DataType dtype, const uint8_t* at) {
  const size_t bytes = TF_DataTypeSize(dtype);
  const TF_DataType part = dtype == TF_COMPLEX64 ? TF_FLOAT : TF_DOUBLE;
  switch (find_kind(dtype)) {
    case KIND_REAL:
      text_append(inout_text, "%.9g", read_real(dtype, at));
      break;
    case KIND_COMPLEX:
      text_append(inout_text, "%.9g%+.9gi", read_real(part, at), read_real(part, at + bytes / 2));
      break;
    case KIND_SIGNED:
      text_append(inout_text, "%" PRId64, read_signed(bytes, at));
      break;
    default:
      text_append(inout_text, "%" PRIu64, read_unsigned(bytes < 8 ? bytes : 8, at));
      break;
  }
}

static bool compare_numbers(const host_value* want, const TF_Tensor* got, const compare_rule* rule, text_buffer* why) {
  const size_t element = TF_DataTypeSize(want->dtype);
  const uint8_t* data = TF_TensorData(got);
  if (element == 0 || want->bytes != want->count * element || TF_TensorByteSize(got) != want->bytes) {
    text_append(why, "%zu bytes for %zu elements", TF_TensorByteSize(got), want->count);
    return false;
  }
  size_t first = 0;
  size_t num_different = 0;
  for (size_t i = 0; i < want->count; ++i) {
    if (equal_elements(want->dtype, want->data + i * element, data + i * element, rule)) continue;
    if (num_different++ == 0) first = i;
  }
  if (num_different == 0) return true;
  text_append(why, "element %zu is ", first);
  append_element(why, want->dtype, data + first * element);
  text_append(why, ", want ");
  append_element(why, want->dtype, want->data + first * element);
  text_append(why, " (%zu of %zu differ, rtol %g, atol %g)", num_different, want->count, rule->rtol, rule->atol);
  return false;
}

static bool compare_strings(const host_value* want, const TF_Tensor* got, const compare_rule* rule, text_buffer* why) {
  const TF_TString* strings = TF_TensorData(got);
  for (size_t i = 0; i < want->count; ++i) {
    const char* data = TF_TString_GetDataPointer(&strings[i]);
    const size_t length = TF_TString_GetSize(&strings[i]);
    const size_t stored = want->lengths[i];
    const bool same_length =
        length == stored || (rule->strings_cut && stored == STORED_STRING_BYTES && length > stored);
    if (same_length && (stored == 0 || memcmp(data, want->strings[i], stored) == 0)) continue;
    text_append(why, "string %zu is ", i);
    char* copy = must_copy(data, length < 80 ? length : 80);
    text_append_json(why, copy);
    free(copy);
    text_append(why, " (%zu bytes), want ", length);
    copy = must_copy(want->strings[i], want->lengths[i] < 80 ? want->lengths[i] : 80);
    text_append_json(why, copy);
    free(copy);
    text_append(why, " (%zu bytes)", want->lengths[i]);
    return false;
  }
  return true;
}

// The corpus was made through numpy, which has no quantized types: some of their values are stored as plain integers.
static bool same_dtype(TF_DataType want, TF_DataType got) {
  static const TF_DataType kStoredAs[][2] = {{TF_QINT8, TF_INT8},
                                             {TF_QUINT8, TF_UINT8},
                                             {TF_QINT16, TF_INT16},
                                             {TF_QUINT16, TF_UINT16},
                                             {TF_QINT32, TF_INT32}};
  for (size_t i = 0; i < sizeof(kStoredAs) / sizeof(*kStoredAs); ++i) {
    if (got == kStoredAs[i][0] && want == kStoredAs[i][1]) return true;
  }
  return want == got;
}

static bool same_shape(const host_value* want, const TF_Tensor* got) {
  if (!same_dtype(want->dtype, TF_TensorType(got)) || TF_NumDims(got) != want->rank) return false;
  for (int i = 0; i < want->rank; ++i) {
    if (TF_Dim(got, i) != want->dims[i]) return false;
  }
  return true;
}

bool compare_tensor(const host_value* want, const TF_Tensor* got, const compare_rule* rule, text_buffer* why) {
  if (rule->check == CONFORMANCE__CHECK__NONE) return true;
  if (!same_shape(want, got)) {
    const int rank = TF_NumDims(got);
    int64_t* dims = must_alloc((size_t)(rank > 0 ? rank : 0) * sizeof(*dims));
    for (int i = 0; i < rank; ++i) dims[i] = TF_Dim(got, i);
    text_append_shape(why, TF_TensorType(got), rank, dims);
    text_append(why, ", want ");
    text_append_shape(why, want->dtype, want->rank, want->dims);
    free(dims);
    return false;
  }
  if (rule->check == CONFORMANCE__CHECK__SHAPE) return true;
  if (want->dtype == TF_STRING) return compare_strings(want, got, rule, why);
  return compare_numbers(want, got, rule, why);
}

static uint64_t digest_bytes(uint64_t digest, const void* data, size_t bytes) {  // FNV-1a
  const uint8_t* at = data;
  for (size_t i = 0; i < bytes; ++i) digest = (digest ^ at[i]) * 0x100000001b3u;
  return digest;
}

uint64_t digest_tensor(uint64_t digest, const TF_Tensor* tensor) {
  const int head[2] = {(int)TF_TensorType(tensor), TF_NumDims(tensor)};
  digest = digest_bytes(digest, head, sizeof(head));
  for (int i = 0; i < TF_NumDims(tensor); ++i) {
    const int64_t dim = TF_Dim(tensor, i);
    digest = digest_bytes(digest, &dim, sizeof(dim));
  }
  if (TF_TensorType(tensor) != TF_STRING) {
    return digest_bytes(digest, TF_TensorData(tensor), TF_TensorByteSize(tensor));
  }
  const TF_TString* strings = TF_TensorData(tensor);
  for (int64_t i = 0; i < TF_TensorElementCount(tensor); ++i) {
    const size_t length = TF_TString_GetSize(&strings[i]);
    digest = digest_bytes(digest, &length, sizeof(length));
    digest = digest_bytes(digest, TF_TString_GetDataPointer(&strings[i]), length);
  }
  return digest;
}
