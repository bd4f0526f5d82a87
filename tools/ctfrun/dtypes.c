#include "tools/ctfrun/dtypes.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "tensorflow/c/tf_tstring.h"

typedef struct dtype_row {
  TF_DataType dtype;
  const char* name;
  const char* enum_name;
  const char* short_name;
  element_kind kind;
} dtype_row;

// clang-format off
static const dtype_row kTypes[] = {
    {TF_FLOAT, "float32", "DT_FLOAT", "f32", ELEMENT_FLOAT},
    {TF_DOUBLE, "float64", "DT_DOUBLE", "f64", ELEMENT_FLOAT},
    {TF_HALF, "float16", "DT_HALF", "f16", ELEMENT_FLOAT},
    {TF_BFLOAT16, "bfloat16", "DT_BFLOAT16", "bf16", ELEMENT_FLOAT},
    {TF_INT8, "int8", "DT_INT8", "i8", ELEMENT_INT},
    {TF_INT16, "int16", "DT_INT16", "i16", ELEMENT_INT},
    {TF_INT32, "int32", "DT_INT32", "i32", ELEMENT_INT},
    {TF_INT64, "int64", "DT_INT64", "i64", ELEMENT_INT},
    {TF_UINT8, "uint8", "DT_UINT8", "u8", ELEMENT_UINT},
    {TF_UINT16, "uint16", "DT_UINT16", "u16", ELEMENT_UINT},
    {TF_UINT32, "uint32", "DT_UINT32", "u32", ELEMENT_UINT},
    {TF_UINT64, "uint64", "DT_UINT64", "u64", ELEMENT_UINT},
    {TF_BOOL, "bool", "DT_BOOL", "bool", ELEMENT_BOOL},
    {TF_STRING, "string", "DT_STRING", "str", ELEMENT_STRING},
    {TF_COMPLEX64, "complex64", "DT_COMPLEX64", "c64", ELEMENT_COMPLEX},
    {TF_COMPLEX128, "complex128", "DT_COMPLEX128", "c128", ELEMENT_COMPLEX},
    {TF_QINT8, "qint8", "DT_QINT8", "qi8", ELEMENT_INT},
    {TF_QUINT8, "quint8", "DT_QUINT8", "qu8", ELEMENT_UINT},
    {TF_QINT16, "qint16", "DT_QINT16", "qi16", ELEMENT_INT},
    {TF_QUINT16, "quint16", "DT_QUINT16", "qu16", ELEMENT_UINT},
    {TF_QINT32, "qint32", "DT_QINT32", "qi32", ELEMENT_INT},
    {TF_RESOURCE, "resource", "DT_RESOURCE", "resource", ELEMENT_OTHER},
    {TF_VARIANT, "variant", "DT_VARIANT", "variant", ELEMENT_OTHER},
};
// clang-format on
enum { NUM_TYPES = sizeof(kTypes) / sizeof(kTypes[0]) };

static const dtype_row* find(TF_DataType dtype) {
  static const dtype_row kOther = {0, "other", "DT_INVALID", "other", ELEMENT_OTHER};
  const int base = (int)dtype > 100 ? (int)dtype - 100 : (int)dtype;
  for (int i = 0; i < NUM_TYPES; ++i) {
    if ((int)kTypes[i].dtype == base) return &kTypes[i];
  }
  return &kOther;
}

const char* dtype_name(TF_DataType dtype) { return find(dtype)->name; }
element_kind dtype_kind(TF_DataType dtype) { return find(dtype)->kind; }

size_t dtype_bytes(TF_DataType dtype) {
  return dtype_kind(dtype) == ELEMENT_STRING ? sizeof(TF_TString) : TF_DataTypeSize(dtype);
}

bool dtype_parse(const char* text, size_t length, TF_DataType* out_dtype) {
  for (int i = 0; i < NUM_TYPES; ++i) {
    const char* const names[] = {kTypes[i].name, kTypes[i].enum_name, kTypes[i].short_name};
    for (int j = 0; j < 3; ++j) {
      if (strlen(names[j]) == length && memcmp(names[j], text, length) == 0) {
        *out_dtype = kTypes[i].dtype;
        return true;
      }
    }
  }
  return false;
}

static double float_from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof(value));
  return value;
}

static double half_value(uint16_t bits) {
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  double value = exponent == 31 ? (mantissa != 0 ? NAN : INFINITY)
                 : exponent > 0 ? ldexp(1024 + mantissa, exponent - 25)
                                : ldexp(mantissa, -24);
  return bits & 0x8000 ? -value : value;
}

// The half nearest to a value, ties to even.
static uint16_t half_bits(double value) {
  const uint16_t sign = signbit(value) ? 0x8000 : 0;
  value = fabs(value);
  if (isnan(value)) return 0x7e00;
  if (value >= 65520) return (uint16_t)(sign | 0x7c00);
  int exponent;
  frexp(value, &exponent);  // value = f * 2^exponent, f in [0.5, 1)
  if (value < 0x1p-14) return (uint16_t)(sign | (uint16_t)nearbyint(ldexp(value, 24)));
  const double scaled = nearbyint(ldexp(value, 11 - exponent));  // 1024 to 2048
  return (uint16_t)(sign | (uint16_t)(((exponent + 14) << 10) + (int)(scaled - 1024)));
}

static uint16_t bfloat_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof(bits));
  if (isnan(value)) return 0x7fc0;
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

// A load and a store of one element, by type.
#define GET(type)                        \
  do {                                   \
    type value_;                         \
    memcpy(&value_, at, sizeof(value_)); \
    return value_;                       \
  } while (0)

long long element_get_int(TF_DataType dtype, const void* data, size_t index) {
  const char* at = (const char*)data + index * TF_DataTypeSize(dtype);
  switch (dtype) {
    case TF_INT8:
    case TF_QINT8:
      GET(int8_t);
    case TF_INT16:
    case TF_QINT16:
      GET(int16_t);
    case TF_INT32:
    case TF_QINT32:
      GET(int32_t);
    case TF_INT64:
      GET(int64_t);
    case TF_UINT16:
    case TF_QUINT16:
      GET(uint16_t);
    case TF_UINT32:
      GET(uint32_t);
    case TF_UINT64: {
      uint64_t value;
      memcpy(&value, at, sizeof(value));
      return (long long)value;
    }
    default:
      GET(uint8_t);
  }
}

double element_get(TF_DataType dtype, const void* data, size_t index, double* out_imaginary) {
  const char* at = (const char*)data + index * TF_DataTypeSize(dtype);
  *out_imaginary = 0;
  uint16_t half;
  float floats[2];
  double doubles[2];
  switch (dtype) {
    case TF_FLOAT:
      GET(float);
    case TF_DOUBLE:
      GET(double);
    case TF_HALF:
      memcpy(&half, at, sizeof(half));
      return half_value(half);
    case TF_BFLOAT16:
      memcpy(&half, at, sizeof(half));
      return float_from_bits((uint32_t)half << 16);
    case TF_COMPLEX64:
      memcpy(floats, at, sizeof(floats));
      *out_imaginary = floats[1];
      return floats[0];
    case TF_COMPLEX128:
      memcpy(doubles, at, sizeof(doubles));
      *out_imaginary = doubles[1];
      return doubles[0];
    default:
      return (double)element_get_int(dtype, data, index);
  }
}

bool element_set_int(TF_DataType dtype, void* data, size_t index, long long value) {
  const size_t bytes = TF_DataTypeSize(dtype);
  const element_kind kind = dtype_kind(dtype);
  if (kind == ELEMENT_FLOAT || kind == ELEMENT_COMPLEX) return element_set(dtype, data, index, (double)value, 0);
  if (kind == ELEMENT_BOOL && value != 0 && value != 1) return false;
  if (kind == ELEMENT_UINT && value < 0) return false;
  if (kind == ELEMENT_UINT && bytes < 8 && value >> (8 * bytes) != 0) return false;
  if (kind == ELEMENT_INT && bytes < 8) {
    const long long limit = 1LL << (8 * bytes - 1);
    if (value < -limit || value >= limit) return false;
  }
  memcpy((char*)data + index * bytes, &value, bytes);  // little endian: the low bytes come first
  return true;
}

bool element_set(TF_DataType dtype, void* data, size_t index, double real, double imaginary) {
  char* at = (char*)data + index * TF_DataTypeSize(dtype);
  const element_kind kind = dtype_kind(dtype);
  if (imaginary != 0 && kind != ELEMENT_COMPLEX) return false;
  if (kind != ELEMENT_FLOAT && kind != ELEMENT_COMPLEX) {
    if (!(real >= -0x1p63 && real < 0x1p63) || real != trunc(real)) return false;
    return element_set_int(dtype, data, index, (long long)real);
  }
  const float floats[2] = {(float)real, (float)imaginary};
  const double doubles[2] = {real, imaginary};
  const uint16_t half = dtype == TF_HALF ? half_bits(real) : bfloat_bits((float)real);
  switch (dtype) {
    case TF_FLOAT:
      memcpy(at, floats, sizeof(float));
      break;
    case TF_DOUBLE:
      memcpy(at, doubles, sizeof(double));
      break;
    case TF_COMPLEX64:
      memcpy(at, floats, sizeof(floats));
      break;
    case TF_COMPLEX128:
      memcpy(at, doubles, sizeof(doubles));
      break;
    default:
      memcpy(at, &half, sizeof(half));
      break;
  }
  return true;
}
