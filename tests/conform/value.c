#include "tests/conform/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/c/tf_tstring.h"
#include "tests/conform/records.h"

static const char* const kDtypeNames[] = {
    [TF_FLOAT] = "float",
    [TF_DOUBLE] = "double",
    [TF_INT32] = "int32",
    [TF_UINT8] = "uint8",
    [TF_INT16] = "int16",
    [TF_INT8] = "int8",
    [TF_STRING] = "string",
    [TF_COMPLEX64] = "complex64",
    [TF_INT64] = "int64",
    [TF_BOOL] = "bool",
    [TF_QINT8] = "qint8",
    [TF_QUINT8] = "quint8",
    [TF_QINT32] = "qint32",
    [TF_BFLOAT16] = "bfloat16",
    [TF_QINT16] = "qint16",
    [TF_QUINT16] = "quint16",
    [TF_UINT16] = "uint16",
    [TF_COMPLEX128] = "complex128",
    [TF_HALF] = "half",
    [TF_RESOURCE] = "resource",
    [TF_VARIANT] = "variant",
    [TF_UINT32] = "uint32",
    [TF_UINT64] = "uint64",
    [TF_FLOAT8_E5M2] = "float8_e5m2",
    [TF_FLOAT8_E4M3FN] = "float8_e4m3fn",
};

const char* dtype_name(TF_DataType dtype) {
  const size_t index = (size_t)dtype;
  if (index < sizeof(kDtypeNames) / sizeof(*kDtypeNames) && kDtypeNames[index] != NULL) return kDtypeNames[index];
  return "dtype?";
}

void text_append_shape(text_buffer* inout_text, TF_DataType dtype, int rank, const int64_t* dims) {
  text_append(inout_text, "%s[", dtype_name(dtype));
  for (int i = 0; i < rank; ++i) text_append(inout_text, "%s%" PRId64, i != 0 ? "," : "", dims[i]);
  text_append(inout_text, "]");
}

void value_free(host_value* of) {
  for (size_t i = 0; of->strings != NULL && i < of->count; ++i) free(of->strings[i]);
  free(of->strings);
  free(of->lengths);
  free(of->data);
  free(of->dims);
  *of = (host_value){0};
}

static bool count_elements(host_value* inout_value) {
  size_t count = 1;
  for (int i = 0; i < inout_value->rank; ++i) {
    const int64_t dim = inout_value->dims[i];
    if (dim < 0 || __builtin_mul_overflow(count, (size_t)dim, &count)) return false;
  }
  inout_value->count = count;
  return count <= SIZE_MAX / 32;
}

static void set_string(host_value* inout_value, size_t index, const uint8_t* data, size_t length, const char* folder) {
  static const char kPrefix[] = "@DIR@/";
  text_buffer with_folder = {0};
  if (folder != NULL && length >= strlen(kPrefix) && memcmp(data, kPrefix, strlen(kPrefix)) == 0) {
    text_append(&with_folder, "%s/", folder);
    text_append_bytes(&with_folder, data + strlen(kPrefix), length - strlen(kPrefix));
    data = (const uint8_t*)with_folder.data;
    length = with_folder.length;
  }
  inout_value->strings[index] = must_copy((const char*)data, length);
  inout_value->lengths[index] = length;
  text_free(&with_folder);
}

// The typed list of a proto, as pairs of (values, size of one); the last value repeats. The hostile corpus has some.
typedef struct typed_list {
  const void* data;
  size_t count;
  size_t stride;  // in the list: 16-bit types stand in int32 each
} typed_list;

static typed_list find_typed_list(const Tensorflow__TensorProto* proto, TF_DataType dtype) {
  switch (dtype) {
    case TF_FLOAT:
      return (typed_list){proto->float_val, proto->n_float_val, 4};
    case TF_DOUBLE:
      return (typed_list){proto->double_val, proto->n_double_val, 8};
    case TF_INT64:
      return (typed_list){proto->int64_val, proto->n_int64_val, 8};
    case TF_UINT64:
      return (typed_list){proto->uint64_val, proto->n_uint64_val, 8};
    case TF_UINT32:
      return (typed_list){proto->uint32_val, proto->n_uint32_val, 4};
    case TF_BOOL:
      return (typed_list){proto->bool_val, proto->n_bool_val, sizeof(protobuf_c_boolean)};
    case TF_HALF:
    case TF_BFLOAT16:
      return (typed_list){proto->half_val, proto->n_half_val, 4};
    case TF_COMPLEX64:
      return (typed_list){proto->scomplex_val, proto->n_scomplex_val / 2, 8};
    case TF_COMPLEX128:
      return (typed_list){proto->dcomplex_val, proto->n_dcomplex_val / 2, 16};
    default:
      return (typed_list){proto->int_val, proto->n_int_val, 4};
  }
}

static bool read_numbers(const Tensorflow__TensorProto* proto, host_value* inout_value) {
  const size_t element = TF_DataTypeSize(inout_value->dtype);
  if (element == 0) return false;
  inout_value->bytes = inout_value->count * element;
  const typed_list list = find_typed_list(proto, inout_value->dtype);
  const ProtobufCBinaryData content = proto->tensor_content;
  if (content.len != 0 ? content.len != inout_value->bytes : list.count > inout_value->count) return false;
  inout_value->data = must_alloc(inout_value->bytes);
  if (content.len != 0) {
    memcpy(inout_value->data, content.data, content.len);
    return true;
  }
  for (size_t i = 0; i < inout_value->count && list.count != 0; ++i) {
    const size_t from = i < list.count ? i : list.count - 1;
    memcpy(inout_value->data + i * element, (const uint8_t*)list.data + from * list.stride, element);
  }
  return true;
}

bool value_from_proto(const Tensorflow__TensorProto* proto, bool contents, const char* folder, host_value* out_value,
                      text_buffer* why) {
  host_value result = {.dtype = (TF_DataType)proto->dtype};
  const Tensorflow__TensorShapeProto* shape = proto->tensor_shape;
  result.rank = shape != NULL ? (int)shape->n_dim : 0;
  result.dims = must_alloc((size_t)result.rank * sizeof(*result.dims));
  for (int i = 0; i < result.rank; ++i) result.dims[i] = shape->dim[i]->size;
  bool good = !contents || count_elements(&result);
  if (good && contents && result.dtype == TF_STRING) {
    good = proto->n_string_val == result.count;
    if (good) {
      result.strings = must_alloc(result.count * sizeof(*result.strings));
      result.lengths = must_alloc(result.count * sizeof(*result.lengths));
      for (size_t i = 0; i < result.count; ++i) {
        set_string(&result, i, proto->string_val[i].data, proto->string_val[i].len, folder);
      }
    }
  } else if (good && contents) {
    good = read_numbers(proto, &result);
  }
  if (!good) {
    text_append(why, "the corpus has contents that do not fit ");
    text_append_shape(why, result.dtype, result.rank, result.dims);
    value_free(&result);
    return false;
  }
  *out_value = result;
  return true;
}

typedef struct npy_type {
  const char* descr;
  TF_DataType dtype;
} npy_type;

static const npy_type kNpyTypes[] = {
    {"<f4", TF_FLOAT}, {"<f8", TF_DOUBLE}, {"<f2", TF_HALF},  {"<i4", TF_INT32},     {"<i8", TF_INT64},
    {"|u1", TF_UINT8}, {"|i1", TF_INT8},   {"<i2", TF_INT16}, {"<u2", TF_UINT16},    {"<u4", TF_UINT32},
    {"|b1", TF_BOOL},  {"<u8", TF_UINT64}, {"|S", TF_STRING}, {"<c8", TF_COMPLEX64}, {"<c16", TF_COMPLEX128},
};

// Reads dtype and shape from the header, a Python literal; `width` is that of one string.
static bool parse_npy_header(const char* header, host_value* inout_value, size_t* out_width) {
  const char* descr = strstr(header, "'descr': '");
  const char* shape = strstr(header, "'shape': (");
  if (descr == NULL || shape == NULL || strstr(header, "'fortran_order': False") == NULL) return false;
  descr += strlen("'descr': '");
  for (size_t i = 0; i < sizeof(kNpyTypes) / sizeof(*kNpyTypes); ++i) {
    const size_t length = strlen(kNpyTypes[i].descr);
    if (strncmp(descr, kNpyTypes[i].descr, length) != 0) continue;
    if (kNpyTypes[i].dtype == TF_STRING) {
      *out_width = strtoul(descr + length, NULL, 10);
    } else if (descr[length] != '\'') {
      continue;  // "<c16" begins like no other, "<i4" might be a longer name
    }
    inout_value->dtype = kNpyTypes[i].dtype;
  }
  if (inout_value->dtype == 0) return false;
  const char* at = shape + strlen("'shape': (");
  while (*at != ')' && *at != '\0') {
    char* end;
    const int64_t dim = strtoll(at, &end, 10);
    if (end == at) return false;
    inout_value->dims = must_resize(inout_value->dims, ((size_t)inout_value->rank + 1) * sizeof(*inout_value->dims));
    inout_value->dims[inout_value->rank++] = dim;
    at = end + strspn(end, ", ");
  }
  return count_elements(inout_value);
}

bool value_from_npy(const char* path, host_value* out_value, text_buffer* why) {
  uint8_t* file = NULL;
  size_t bytes = 0;
  if (!read_whole_file(path, &file, &bytes, why)) return false;
  host_value result = {0};
  size_t width = 0;
  bool good = bytes > 12 && memcmp(file, "\x93NUMPY", 6) == 0;
  size_t start = 0;
  if (good) {
    const size_t prefix = file[6] == 1 ? 10 : 12;
    size_t length = (size_t)file[8] | (size_t)file[9] << 8;
    if (file[6] != 1) length |= (size_t)file[10] << 16 | (size_t)file[11] << 24;
    start = prefix + length;
    good = start <= bytes;
    char* header = good ? must_copy((const char*)file + prefix, length) : NULL;
    good = good && parse_npy_header(header, &result, &width);
    free(header);
  }
  if (good && result.dtype == TF_STRING) {
    good = bytes - start == result.count * width;
    result.strings = must_alloc(result.count * sizeof(*result.strings));
    result.lengths = must_alloc(result.count * sizeof(*result.lengths));
    for (size_t i = 0; good && i < result.count; ++i) {
      const char* text_at = (const char*)file + start + i * width;
      set_string(&result, i, (const uint8_t*)text_at, strnlen(text_at, width), NULL);
    }
  } else if (good) {
    result.bytes = result.count * TF_DataTypeSize(result.dtype);
    good = bytes - start == result.bytes;
    result.data = must_alloc(result.bytes);
    if (good) memcpy(result.data, file + start, result.bytes);
  }
  free(file);
  if (!good) {
    text_append(why, "%s: not a .npy file of a known type and of its length", path);
    value_free(&result);
    return false;
  }
  *out_value = result;
  return true;
}

TF_Tensor* value_to_tensor(const host_value* of) {
  const size_t element = of->dtype == TF_STRING ? sizeof(TF_TString) : TF_DataTypeSize(of->dtype);
  if (element == 0) return NULL;
  TF_Tensor* tensor = TF_AllocateTensor(of->dtype, of->dims, of->rank, of->count * element);
  if (tensor == NULL) return NULL;
  if (of->dtype != TF_STRING) {
    if (of->bytes != 0) memcpy(TF_TensorData(tensor), of->data, of->bytes);
    return tensor;
  }
  TF_TString* strings = TF_TensorData(tensor);
  for (size_t i = 0; i < of->count; ++i) {
    TF_TString_Copy(&strings[i], of->strings[i], of->lengths[i]);
    if (TF_TString_GetSize(&strings[i]) == of->lengths[i]) continue;
    TF_DeleteTensor(tensor);  // no memory for the text
    return NULL;
  }
  return tensor;
}
