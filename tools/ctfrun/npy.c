// .npy, version 1 to 3: numpy's NEP 1.
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/c/tf_tstring.h"
#include "tools/ctfrun/dtypes.h"
#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/formats.h"

enum { MAX_HEADER = 4096, PREFIX = 10, ROOM = 24 };

static const struct npy_type {
  const char* descr;
  TF_DataType dtype;
} kTypes[] = {{"<f4", TF_FLOAT},  {"<f8", TF_DOUBLE}, {"<f2", TF_HALF},      {"|i1", TF_INT8},       {"<i2", TF_INT16},
              {"<i4", TF_INT32},  {"<i8", TF_INT64},  {"|u1", TF_UINT8},     {"<u2", TF_UINT16},     {"<u4", TF_UINT32},
              {"<u8", TF_UINT64}, {"|b1", TF_BOOL},   {"<c8", TF_COMPLEX64}, {"<c16", TF_COMPLEX128}};
enum { NUM_TYPES = sizeof(kTypes) / sizeof(kTypes[0]) };

typedef struct npy_array {
  TF_DataType dtype;
  int rank;
  int64_t dims[VALUE_MAX_RANK];
  size_t data;  // where it begins in the file
  size_t bytes;
  size_t width;  // of texts, which are padded with NULs
} npy_array;

static const char* npy_descr(TF_DataType dtype) {
  for (int i = 0; i < NUM_TYPES; ++i) {
    if (kTypes[i].dtype == dtype) return kTypes[i].descr;
  }
  return NULL;
}

// "|S5" are texts of five bytes at most.
static bool npy_dtype(const char* descr, TF_DataType* out_dtype, size_t* out_width) {
  char* end;
  *out_width = 0;
  if (strncmp(descr, "|S", 2) == 0) {
    *out_width = strtoul(descr + 2, &end, 10);
    *out_dtype = TF_STRING;
    return end != descr + 2 && *end == '\'' && *out_width > 0 && *out_width < UINT32_MAX;
  }
  for (int i = 0; i < NUM_TYPES; ++i) {
    const size_t length = strlen(kTypes[i].descr);
    if (strncmp(descr, kTypes[i].descr, length) == 0 && descr[length] == '\'') {
      *out_dtype = kTypes[i].dtype;
      return true;
    }
  }
  return false;
}

static bool npy_parse(const char* bytes, size_t size, npy_array* out) {
  char text[MAX_HEADER];
  if (size < 12 || memcmp(bytes, "\x93NUMPY", 6) != 0) return false;
  const unsigned char* length = (const unsigned char*)bytes + 8;
  const size_t prefix = bytes[6] == 1 ? PREFIX : 12;
  const size_t header = bytes[6] == 1 ? length[0] + 256u * length[1]
                                      : length[0] + 256u * length[1] + 65536u * length[2] + 16777216u * length[3];
  if (header > size - prefix || header >= sizeof(text)) return false;
  memcpy(text, bytes + prefix, header);
  text[header] = '\0';
  const char* descr = strstr(text, "'descr':");
  const char* shape = strstr(text, "'shape':");
  const char* order = strstr(text, "'fortran_order':");
  if (descr == NULL || shape == NULL || order == NULL || strncmp(order + 16, " False", 6) != 0) return false;
  descr = strchr(descr + 8, '\'');
  shape = strchr(shape + 8, '(');
  if (descr == NULL || shape == NULL || !npy_dtype(descr + 1, &out->dtype, &out->width)) return false;
  size_t need = out->width > 0 ? out->width : TF_DataTypeSize(out->dtype);
  out->rank = 0;
  for (++shape; *shape != ')';) {
    char* end;
    const long long dim = strtoll(shape, &end, 10);
    if (end == shape || dim < 0 || out->rank == VALUE_MAX_RANK) return false;
    if (__builtin_mul_overflow(need, (size_t)dim, &need)) return false;
    out->dims[out->rank++] = dim;
    for (shape = end; *shape == ',' || *shape == ' ';) ++shape;
  }
  out->data = prefix + header;
  out->bytes = need;
  return need <= size - prefix - header;
}

static int load_texts(const file_source* source, const npy_array* array, TF_Tensor** out_tensor) {
  const size_t count = array->bytes / array->width;
  const int code =
      make_tensor(source->path, TF_STRING, array->dims, array->rank, count * sizeof(TF_TString), out_tensor);
  for (size_t i = 0; code == 0 && i < count; ++i) {
    const char* text = source->bytes + array->data + i * array->width;
    size_t length = array->width;
    while (length > 0 && text[length - 1] == '\0') --length;
    TF_TString_Copy((TF_TString*)TF_TensorData(*out_tensor) + i, text, length);
  }
  return code;
}

int npy_load(const file_source* source, const value_target* target, TF_Tensor** out_tensor) {
  npy_array array;
  if (!npy_parse(source->bytes, source->size, &array)) {
    return fail(EXIT_FILE, "%s is no .npy file that can be read; it needs a plain little-endian array in C order",
                source->path);
  }
  if (array.dtype != target->dtype) {
    return fail(EXIT_USAGE, "%s \"%s\": %s holds %s, the graph needs %s", target->what, target->name, source->path,
                dtype_name(array.dtype), dtype_name(target->dtype));
  }
  if (array.dtype == TF_STRING) return load_texts(source, &array, out_tensor);
  const int code = make_tensor(source->path, array.dtype, array.dims, array.rank, array.bytes, out_tensor);
  if (code == 0 && array.bytes > 0) memcpy(TF_TensorData(*out_tensor), source->bytes + array.data, array.bytes);
  return code;
}

// ---- writing

// The header of an array, padded to 64 bytes; with room for the first dimension to grow, as numpy leaves it.
static void* make_header(TF_DataType dtype, const int64_t* dims, int rank, size_t* out_size) {
  const char* descr = npy_descr(dtype);
  char* header = descr != NULL ? malloc(MAX_HEADER) : NULL;
  if (header == NULL) return NULL;
  char* text = header + PREFIX;
  const size_t room = MAX_HEADER - PREFIX;
  size_t used = (size_t)snprintf(text, room, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
  size_t first = 1;
  for (int i = 0; i < rank; ++i) {
    const size_t length = (size_t)snprintf(text + used, room - used, "%lld,", (long long)dims[i]);
    if (i == 0) first = length;
    used += length;
  }
  used += (size_t)snprintf(text + used, room - used, "), }");
  for (size_t i = first; i < ROOM; ++i) text[used++] = ' ';
  while ((PREFIX + used + 1) % 64 != 0) text[used++] = ' ';
  text[used++] = '\n';
  memcpy(header, "\x93NUMPY\x01\x00", 8);
  header[8] = (char)used;
  header[9] = (char)(used >> 8);
  *out_size = PREFIX + used;
  return header;
}

void* npy_header(const TF_Tensor* tensor, size_t* out_size) {
  int64_t dims[VALUE_MAX_RANK];
  const int rank = TF_NumDims(tensor);
  if (rank > VALUE_MAX_RANK) return NULL;
  for (int i = 0; i < rank; ++i) dims[i] = TF_Dim(tensor, i);
  return make_header(TF_TensorType(tensor), dims, rank, out_size);
}

static int cannot_write(const char* path, const TF_Tensor* tensor) {
  return fail(EXIT_USAGE, "fetch: a %s tensor cannot be written to %s", dtype_name(TF_TensorType(tensor)), path);
}

static int write_file(const char* path, const void* header, size_t header_size, const TF_Tensor* tensor) {
  FILE* file = fopen(path, "wb");
  if (file == NULL) return fail(EXIT_FILE, "%s cannot be written; %s", path, strerror(errno));
  const size_t bytes = TF_TensorByteSize(tensor);
  bool ok = fwrite(header, header_size, 1, file) == 1;
  ok = ok && (bytes == 0 || fwrite(TF_TensorData(tensor), bytes, 1, file) == 1);
  const int error = errno;
  if (fclose(file) != 0 || !ok) return fail(EXIT_FILE, "%s cannot be written; %s", path, strerror(error));
  return 0;
}

// Behind the rows that an open file has. A scalar is a row of one number.
static int append_rows(FILE* file, const char* path, const TF_Tensor* tensor) {
  char head[MAX_HEADER + 12] = {0};
  npy_array array;
  size_t grown_size;
  const size_t got = fread(head, 1, sizeof(head), file);
  if (fseek(file, 0, SEEK_END) != 0) return fail(EXIT_FILE, "%s cannot be read; %s", path, strerror(errno));
  const long end = ftell(file);
  // Of the data only the size counts here.
  const bool parsed = got >= 12 && end >= 0 && npy_parse(head, (size_t)end, &array) && array.data <= got;
  const int rank = TF_NumDims(tensor);
  bool fits = parsed && array.dtype == TF_TensorType(tensor) && array.rank == (rank > 0 ? rank : 1) &&
              array.data + array.bytes == (size_t)end;
  for (int i = 1; fits && i < rank; ++i) fits = array.dims[i] == TF_Dim(tensor, i);
  if (!fits)
    return fail(EXIT_FILE, "%s cannot be appended to; it is no array of this type with rows of this shape", path);
  array.dims[0] += rank > 0 ? TF_Dim(tensor, 0) : 1;
  void* grown = make_header(array.dtype, array.dims, array.rank, &grown_size);
  if (grown == NULL) return cannot_write(path, tensor);
  int code = 0;
  if (grown_size != array.data) {
    code = fail(EXIT_FILE, "%s cannot be appended to; its header has no room to grow", path);
  } else {
    // Rows first: a header that promises less than there is can still be read.
    const size_t bytes = TF_TensorByteSize(tensor);
    const bool ok = (bytes == 0 || fwrite(TF_TensorData(tensor), bytes, 1, file) == 1) && fflush(file) == 0 &&
                    fseek(file, 0, SEEK_SET) == 0 && fwrite(grown, grown_size, 1, file) == 1;
    if (!ok) code = fail(EXIT_FILE, "%s cannot be written; %s", path, strerror(errno));
  }
  free(grown);
  return code;
}

int npy_save(const char* path, const TF_Tensor* tensor, bool append) {
  size_t size;
  FILE* file = append ? fopen(path, "r+b") : NULL;
  if (append && file == NULL && errno != ENOENT) {
    return fail(EXIT_FILE, "%s cannot be written; %s", path, strerror(errno));
  }
  if (file != NULL) {
    const int code = append_rows(file, path, tensor);
    if (fclose(file) != 0 && code == 0) return fail(EXIT_FILE, "%s cannot be written; %s", path, strerror(errno));
    return code;
  }
  const int64_t one = 1;
  void* header = append && TF_NumDims(tensor) == 0 ? make_header(TF_TensorType(tensor), &one, 1, &size)
                                                   : npy_header(tensor, &size);
  if (header == NULL) return cannot_write(path, tensor);
  const int code = write_file(path, header, size, tensor);
  free(header);
  return code;
}
