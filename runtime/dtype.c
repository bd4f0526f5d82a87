// The table of element types.
#include "runtime/dtype.h"

#include <string.h>

// clang-format off
static const ctf_dtype_info kTypes[CTF_DTYPE_MAX + 1] = {
    [0]                       = {"invalid", "invalid", "DT_INVALID", "invalid", 0, CTF_KIND_NONE},
    [TF_FLOAT]                = {"float32",    "f32",  "DT_FLOAT",      "float",      4,  CTF_KIND_FLOAT},
    [TF_DOUBLE]               = {"float64",    "f64",  "DT_DOUBLE",     "double",     8,  CTF_KIND_FLOAT},
    [TF_INT32]                = {"int32",      "i32",  "DT_INT32",      "int32",      4,  CTF_KIND_INT},
    [TF_UINT8]                = {"uint8",      "u8",   "DT_UINT8",      "uint8",      1,  CTF_KIND_UINT},
    [TF_INT16]                = {"int16",      "i16",  "DT_INT16",      "int16",      2,  CTF_KIND_INT},
    [TF_INT8]                 = {"int8",       "i8",   "DT_INT8",       "int8",       1,  CTF_KIND_INT},
    [TF_STRING]               = {"string",     "str",  "DT_STRING",     "string",     24, CTF_KIND_OBJECT},
    [TF_COMPLEX64]            = {"complex64",  "c64",  "DT_COMPLEX64",  "complex64",  8,  CTF_KIND_COMPLEX},
    [TF_INT64]                = {"int64",      "i64",  "DT_INT64",      "int64",      8,  CTF_KIND_INT},
    [TF_BOOL]                 = {"bool",       "bool", "DT_BOOL",       "bool",       1,  CTF_KIND_BOOL},
    [TF_QINT8]                = {"qint8",      "qi8",  "DT_QINT8",      "qint8",      1,  CTF_KIND_QUANTIZED},
    [TF_QUINT8]               = {"quint8",     "qu8",  "DT_QUINT8",     "quint8",     1,  CTF_KIND_QUANTIZED},
    [TF_QINT32]               = {"qint32",     "qi32", "DT_QINT32",     "qint32",     4,  CTF_KIND_QUANTIZED},
    [TF_BFLOAT16]             = {"bfloat16",   "bf16", "DT_BFLOAT16",   "bfloat16",   2,  CTF_KIND_FLOAT},
    [TF_QINT16]               = {"qint16",     "qi16", "DT_QINT16",     "qint16",     2,  CTF_KIND_QUANTIZED},
    [TF_QUINT16]              = {"quint16",    "qu16", "DT_QUINT16",    "quint16",    2,  CTF_KIND_QUANTIZED},
    [TF_UINT16]               = {"uint16",     "u16",  "DT_UINT16",     "uint16",     2,  CTF_KIND_UINT},
    [TF_COMPLEX128]           = {"complex128", "c128", "DT_COMPLEX128", "complex128", 16, CTF_KIND_COMPLEX},
    [TF_HALF]                 = {"float16",    "f16",  "DT_HALF",       "half",       2,  CTF_KIND_FLOAT},
    [TF_RESOURCE]             = {"resource",   "res",  "DT_RESOURCE",   "resource",   0,  CTF_KIND_OBJECT},
    [TF_VARIANT]              = {"variant",    "var",  "DT_VARIANT",    "variant",    0,  CTF_KIND_OBJECT},
    [TF_UINT32]               = {"uint32",     "u32",  "DT_UINT32",     "uint32",     4,  CTF_KIND_UINT},
    [TF_UINT64]               = {"uint64",     "u64",  "DT_UINT64",     "uint64",     8,  CTF_KIND_UINT},
    [TF_FLOAT8_E5M2]          = {"float8_e5m2",         "f8e5m2",     "DT_FLOAT8_E5M2",         "float8_e5m2",         1,
                                 CTF_KIND_FLOAT},
    [TF_FLOAT8_E4M3FN]        = {"float8_e4m3fn",       "f8e4m3fn",   "DT_FLOAT8_E4M3FN",       "float8_e4m3fn",       1,
                                 CTF_KIND_FLOAT},
    [TF_FLOAT8_E4M3FNUZ]      = {"float8_e4m3fnuz",     "f8e4m3fnuz", "DT_FLOAT8_E4M3FNUZ",     "float8_e4m3fnuz",     1,
                                 CTF_KIND_FLOAT},
    [TF_FLOAT8_E4M3B11FNUZ]   = {"float8_e4m3b11fnuz",  "f8e4m3b11fnuz", "DT_FLOAT8_E4M3B11FNUZ", "float8_e4m3b11fnuz", 1,
                                 CTF_KIND_FLOAT},
    [TF_FLOAT8_E5M2FNUZ]      = {"float8_e5m2fnuz",     "f8e5m2fnuz", "DT_FLOAT8_E5M2FNUZ",     "float8_e5m2fnuz",     1,
                                 CTF_KIND_FLOAT},
    [TF_INT4]                 = {"int4",       "i4",   "DT_INT4",       "int4",       1,  CTF_KIND_INT},
    [TF_UINT4]                = {"uint4",      "u4",   "DT_UINT4",      "uint4",      1,  CTF_KIND_UINT},
    [TF_INT2]                 = {"int2",       "i2",   "DT_INT2",       "int2",       1,  CTF_KIND_INT},
    [TF_UINT2]                = {"uint2",      "u2",   "DT_UINT2",      "uint2",      1,  CTF_KIND_UINT},
    [TF_FLOAT4_E2M1FN]        = {"float4_e2m1fn", "f4e2m1fn", "DT_FLOAT4_E2M1FN", "float4_e2m1fn", 1, CTF_KIND_FLOAT},
};
// clang-format on

static bool same_text(const char* name, const char* text, size_t length) {
  return strlen(name) == length && memcmp(name, text, length) == 0;
}

bool ctf_dtype_valid(int64_t number) { return number > 0 && number <= CTF_DTYPE_MAX; }

const ctf_dtype_info* ctf_dtype_get(TF_DataType dtype) {
  const int64_t number = (int64_t)ctf_dtype_base(dtype);
  return &kTypes[ctf_dtype_valid(number) ? number : 0];
}

bool ctf_dtype_parse(const char* name, size_t length, TF_DataType* out_dtype) {
  for (int i = 1; i <= CTF_DTYPE_MAX; ++i) {
    const ctf_dtype_info* info = &kTypes[i];
    if (same_text(info->name, name, length) || same_text(info->short_name, name, length) ||
        same_text(info->enum_name, name, length) || same_text(info->tf_name, name, length)) {
      *out_dtype = (TF_DataType)i;
      return true;
    }
  }
  return false;
}

// What the public function says is TensorFlow's: 0 for strings, and for references, which no tensor of a client has.
size_t TF_DataTypeSize(TF_DataType dt) {
  if (!ctf_dtype_valid((int64_t)dt) || kTypes[dt].kind == CTF_KIND_OBJECT) return 0;
  return kTypes[dt].bytes;
}
