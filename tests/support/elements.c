#include "tests/support/elements.h"

#include <math.h>
#include <string.h>

// splitmix64 (Steele, Lea & Flood 2014)
static uint64_t next_random(uint64_t* state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

static double random_real(uint64_t* state) {
  static const double kExtremes[] = {NAN,  INFINITY, -INFINITY, 0.0,   -0.0, 1.0,   -1.0, 0.5,  -0.5, 1.5,  2.5,
                                     -2.5, 6.0,      1e-3,      -1e-3, 88.0, -88.0, 1e4,  -1e4, 1e30, -1e30};
  const uint64_t r = next_random(state);
  if (r % 3 == 0) return kExtremes[(r >> 8) % (sizeof(kExtremes) / sizeof(kExtremes[0]))];
  const double unit = (double)(r >> 11) * 0x1p-53 * 2 - 1;
  return unit * ((r & 4) ? 1 : ((r & 8) ? 10 : 100));
}

static int64_t random_integer(uint64_t* state, int bits) {
  static const int64_t kExtremes[] = {INT64_MIN, INT64_MAX, 0, 1, -1, 2, 3, 6, 7, 8, 31, 32, 63, 64, -2, -7};
  const uint64_t r = next_random(state);
  if (r % 3 != 0) return (int64_t)next_random(state);
  const int64_t value = kExtremes[(r >> 8) % (sizeof(kExtremes) / sizeof(kExtremes[0]))];
  if (value == INT64_MIN || value == INT64_MAX) return value >> (64 - bits);  // the extremes of so many bits
  return value;
}

void test_set_integer(const ctf_tensor* tensor, int64_t index, int64_t value) {
  const ctf_dtype_info* info = ctf_dtype_get(tensor->dtype);
  if (info->kind == CTF_KIND_FLOAT || info->kind == CTF_KIND_COMPLEX) {
    test_set_real(tensor, index, (double)value);
    return;
  }
  // little endian: the low bytes come first
  memcpy((char*)tensor->data + (size_t)index * info->bytes, &value, info->bytes);
}

void test_set_real(const ctf_tensor* tensor, int64_t index, double value) {
  const float wide = (float)value;
  const uint16_t half = ctf_half_from_float(wide).bits, bfloat16 = ctf_bfloat16_from_float(wide).bits;
  const float pair[2] = {wide, 0};
  const double double_pair[2] = {value, 0};
  const void* from = tensor->dtype == TF_HALF        ? (const void*)&half
                     : tensor->dtype == TF_BFLOAT16  ? (const void*)&bfloat16
                     : tensor->dtype == TF_FLOAT     ? (const void*)&wide
                     : tensor->dtype == TF_DOUBLE    ? (const void*)&value
                     : tensor->dtype == TF_COMPLEX64 ? (const void*)pair
                                                     : (const void*)double_pair;
  const size_t bytes = ctf_dtype_get(tensor->dtype)->bytes;
  memcpy((char*)tensor->data + (size_t)index * bytes, from, bytes);
}

static double part(const ctf_tensor* tensor, int64_t index, int which) {
  const size_t bytes = ctf_dtype_get(tensor->dtype)->bytes;
  const char* from = (const char*)tensor->data + (size_t)index * bytes;
  union {
    uint16_t bits;
    float f[2];
    double d[2];
  } u;
  memcpy(&u, from, bytes);
  switch (tensor->dtype) {
    case TF_HALF:
      return (double)ctf_half_to_float((ctf_half){u.bits});
    case TF_BFLOAT16:
      return (double)ctf_bfloat16_to_float((ctf_bfloat16){u.bits});
    case TF_FLOAT:
    case TF_COMPLEX64:
      return (double)u.f[which];
    default:
      return u.d[which];
  }
}

double test_get_real(const ctf_tensor* tensor, int64_t index) {
  const ctf_dtype_info* info = ctf_dtype_get(tensor->dtype);
  if (info->kind == CTF_KIND_FLOAT || info->kind == CTF_KIND_COMPLEX) return part(tensor, index, 0);
  uint64_t bits = 0;
  memcpy(&bits, (const char*)tensor->data + (size_t)index * info->bytes, info->bytes);
  const int unused = 64 - 8 * (int)info->bytes;
  const bool is_signed = info->kind == CTF_KIND_INT || tensor->dtype == TF_QINT8 || tensor->dtype == TF_QINT16 ||
                         tensor->dtype == TF_QINT32;
  return is_signed ? (double)((int64_t)(bits << unused) >> unused) : (double)bits;
}

double test_get_imag(const ctf_tensor* tensor, int64_t index) {
  return ctf_dtype_get(tensor->dtype)->kind == CTF_KIND_COMPLEX ? part(tensor, index, 1) : 0;
}

void test_fill(const ctf_tensor* tensor, uint64_t seed) {
  const ctf_dtype_info* info = ctf_dtype_get(tensor->dtype);
  uint64_t state = seed * 1000003 + (uint64_t)tensor->dtype;
  for (int64_t i = 0; i < tensor->num_elements; ++i) {
    if (info->kind == CTF_KIND_FLOAT) {
      test_set_real(tensor, i, random_real(&state));
    } else if (info->kind == CTF_KIND_COMPLEX) {
      const TF_DataType part_type = tensor->dtype == TF_COMPLEX64 ? TF_FLOAT : TF_DOUBLE;
      const ctf_tensor parts = {.dtype = part_type, .data = tensor->data};
      test_set_real(&parts, 2 * i, random_real(&state));
      test_set_real(&parts, 2 * i + 1, random_real(&state));
    } else if (info->kind == CTF_KIND_BOOL) {
      test_set_integer(tensor, i, (int64_t)(next_random(&state) & 1));
    } else {
      test_set_integer(tensor, i, random_integer(&state, 8 * (int)info->bytes));
    }
  }
}

bool test_same_element(TF_DataType dtype, const void* a, const void* b) {
  const ctf_dtype_info* info = ctf_dtype_get(dtype);
  if (memcmp(a, b, info->bytes) == 0) return true;
  if (info->kind == CTF_KIND_COMPLEX) {
    const TF_DataType part_type = dtype == TF_COMPLEX64 ? TF_FLOAT : TF_DOUBLE;
    const size_t half = info->bytes / 2;
    return test_same_element(part_type, a, b) &&
           test_same_element(part_type, (const char*)a + half, (const char*)b + half);
  }
  if (info->kind != CTF_KIND_FLOAT) return false;
  const ctf_tensor x = {.dtype = dtype, .data = (void*)a}, y = {.dtype = dtype, .data = (void*)b};
  return isnan(test_get_real(&x, 0)) && isnan(test_get_real(&y, 0));
}
