#include "tools/ctfrun/files.h"

#include <errno.h>
#include <png.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/ctfrun/dtypes.h"
#include "tools/ctfrun/failure.h"

int file_size(const char* path, size_t* out_size) {
  struct stat status;
  if (stat(path, &status) != 0) return fail(EXIT_FILE, "%s cannot be read; %s", path, strerror(errno));
  if (!S_ISREG(status.st_mode)) {
    return fail(EXIT_FILE, "%s is %s; a model is a regular file, or - for standard input", path,
                S_ISDIR(status.st_mode)    ? "a directory"
                : S_ISFIFO(status.st_mode) ? "a pipe"
                : S_ISSOCK(status.st_mode) ? "a socket"
                                           : "a device");
  }
  if (access(path, R_OK) != 0) return fail(EXIT_FILE, "%s cannot be read; %s", path, strerror(errno));
  *out_size = (size_t)status.st_size;
  return 0;
}

int file_read(const char* path, void** out_bytes, size_t* out_size) {
  const bool is_stdin = strcmp(path, "-") == 0;
  FILE* file = is_stdin ? stdin : fopen(path, "rb");
  if (file == NULL) return fail(EXIT_FILE, "%s cannot be read; %s", path, strerror(errno));
  size_t capacity = 1 << 16, size = 0;
  char* bytes = malloc(capacity);
  while (bytes != NULL) {
    size += fread(bytes + size, 1, capacity - size, file);
    if (size < capacity) break;
    capacity *= 2;
    char* larger = realloc(bytes, capacity);
    if (larger == NULL) free(bytes);
    bytes = larger;
  }
  const bool failed = ferror(file) != 0;
  const int error = errno;
  if (!is_stdin) fclose(file);
  if (bytes == NULL) return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "%s does not fit into memory", path);
  if (failed) {
    free(bytes);
    return fail(EXIT_FILE, "%s cannot be read; %s", path, strerror(error));
  }
  *out_bytes = bytes;
  *out_size = size;
  return 0;
}

static bool ends_with(const char* text, const char* ending) {
  const size_t length = strlen(text), ending_length = strlen(ending);
  return length >= ending_length && strcmp(text + length - ending_length, ending) == 0;
}

// The target's shape where every dimension of it agrees with the number of elements; one unknown dimension follows.
static bool fit_shape(const value_target* target, size_t count, int64_t* dims) {
  size_t known = 1;
  int unknown = -1;
  if (target->rank < 0) return false;
  for (int i = 0; i < target->rank; ++i) {
    dims[i] = target->dims[i];
    if (dims[i] >= 0) {
      if (__builtin_mul_overflow(known, (size_t)dims[i], &known)) return false;
    } else if (unknown >= 0) {
      return false;
    } else {
      unknown = i;
    }
  }
  if (unknown < 0) return known == count;
  if (known == 0 || count % known != 0) return false;
  dims[unknown] = (int64_t)(count / known);
  return true;
}

static int make_tensor(const char* path, TF_DataType dtype, const int64_t* dims, int rank, size_t bytes,
                       TF_Tensor** out_tensor) {
  *out_tensor = TF_AllocateTensor(dtype, dims, rank, bytes);
  if (*out_tensor != NULL) return 0;
  return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "%s needs %zu bytes, which do not fit the memory budget", path,
              bytes);
}

// ---- .npy, version 1 to 3: numpy's NEP 1

typedef struct npy_header {
  TF_DataType dtype;
  int rank;
  int64_t dims[VALUE_MAX_RANK];
  const char* data;
  size_t bytes;
} npy_header;

static bool npy_dtype(const char* descr, TF_DataType* out_dtype) {
  static const struct {
    const char* descr;
    TF_DataType dtype;
  } kTypes[] = {{"<f4", TF_FLOAT},     {"<f8", TF_DOUBLE},     {"<f2", TF_HALF},   {"|i1", TF_INT8},
                {"<i2", TF_INT16},     {"<i4", TF_INT32},      {"<i8", TF_INT64},  {"|u1", TF_UINT8},
                {"<u2", TF_UINT16},    {"<u4", TF_UINT32},     {"<u8", TF_UINT64}, {"|b1", TF_BOOL},
                {"<c8", TF_COMPLEX64}, {"<c16", TF_COMPLEX128}};
  for (size_t i = 0; i < sizeof(kTypes) / sizeof(kTypes[0]); ++i) {
    const size_t length = strlen(kTypes[i].descr);
    if (strncmp(descr, kTypes[i].descr, length) == 0 && descr[length] == '\'') {
      *out_dtype = kTypes[i].dtype;
      return true;
    }
  }
  return false;
}

static bool npy_parse(const char* bytes, size_t size, npy_header* out, char* text, size_t text_size) {
  if (size < 12 || memcmp(bytes, "\x93NUMPY", 6) != 0) return false;
  const unsigned char* length = (const unsigned char*)bytes + 8;
  const size_t prefix = bytes[6] == 1 ? 10 : 12;
  const size_t header = bytes[6] == 1 ? length[0] + 256u * length[1]
                                      : length[0] + 256u * length[1] + 65536u * length[2] + 16777216u * length[3];
  if (header > size - prefix || header >= text_size) return false;
  memcpy(text, bytes + prefix, header);
  text[header] = '\0';
  const char* descr = strstr(text, "'descr':");
  const char* shape = strstr(text, "'shape':");
  const char* order = strstr(text, "'fortran_order':");
  if (descr == NULL || shape == NULL || order == NULL || strncmp(order + 16, " False", 6) != 0) return false;
  descr = strchr(descr + 8, '\'');
  shape = strchr(shape + 8, '(');
  if (descr == NULL || shape == NULL || !npy_dtype(descr + 1, &out->dtype)) return false;
  size_t need = TF_DataTypeSize(out->dtype);
  out->rank = 0;
  for (++shape; *shape != ')';) {
    char* end;
    const long long dim = strtoll(shape, &end, 10);
    if (end == shape || dim < 0 || out->rank == VALUE_MAX_RANK) return false;
    if (__builtin_mul_overflow(need, (size_t)dim, &need)) return false;
    out->dims[out->rank++] = dim;
    for (shape = end; *shape == ',' || *shape == ' ';) ++shape;
  }
  out->data = bytes + prefix + header;
  out->bytes = need;
  return need <= size - prefix - header;
}

static int load_npy(const char* path, const value_target* target, const char* bytes, size_t size,
                    TF_Tensor** out_tensor) {
  npy_header header;
  char text[4096];
  if (!npy_parse(bytes, size, &header, text, sizeof(text))) {
    return fail(EXIT_FILE, "%s is no .npy file that can be read; it needs a plain little-endian array in C order",
                path);
  }
  if (header.dtype != target->dtype) {
    return fail(EXIT_USAGE, "feed \"%s\": %s holds %s, the graph needs %s", target->name, path,
                dtype_name(header.dtype), dtype_name(target->dtype));
  }
  const int code = make_tensor(path, header.dtype, header.dims, header.rank, header.bytes, out_tensor);
  if (code == 0 && header.bytes > 0) memcpy(TF_TensorData(*out_tensor), header.data, header.bytes);
  return code;
}

// ---- raw bytes

static int load_raw(const char* path, const value_target* target, const char* bytes, size_t size,
                    TF_Tensor** out_tensor) {
  int64_t dims[VALUE_MAX_RANK];
  const size_t element = TF_DataTypeSize(target->dtype);
  const element_kind kind = dtype_kind(target->dtype);
  if (kind == ELEMENT_STRING || kind == ELEMENT_OTHER || size % element != 0 ||
      !fit_shape(target, size / element, dims)) {
    return fail(EXIT_USAGE, "feed \"%s\": the %zu bytes of %s do not make a tensor of type %s and the shape needed",
                target->name, size, path, dtype_name(target->dtype));
  }
  const int code = make_tensor(path, target->dtype, dims, target->rank, size, out_tensor);
  if (code == 0 && size > 0) memcpy(TF_TensorData(*out_tensor), bytes, size);
  return code;
}

// ---- .png, through libpng's simplified interface: 8 bits a channel, no colour management

static int load_png(const char* path, const value_target* target, const char* bytes, size_t size,
                    TF_Tensor** out_tensor) {
  png_image image = {.version = PNG_IMAGE_VERSION};
  if (!png_image_begin_read_from_memory(&image, bytes, size)) {
    return fail(EXIT_FILE, "%s is no PNG image; %s", path, image.message);
  }
  const int wanted = target->rank > 0 ? (int)target->dims[target->rank - 1] : -1;  // channels, where the graph says so
  const bool colour = wanted == 3 || wanted == 4 || (wanted != 1 && (image.format & PNG_FORMAT_FLAG_COLOR) != 0);
  const int channels = wanted == 4 ? 4 : colour ? 3 : 1;
  image.format = channels == 4 ? PNG_FORMAT_RGBA : channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  const size_t count = (size_t)image.width * image.height * (size_t)channels;  // libpng bounds both to 31 bits
  int64_t dims[VALUE_MAX_RANK] = {image.height, image.width, channels};
  int rank = 3;
  if (target->rank >= 0) {
    rank = target->rank;
    if (!fit_shape(target, count, dims)) {
      png_image_free(&image);
      return fail(EXIT_USAGE, "feed \"%s\": %s has %u x %u pixels of %d channels, which do not fit the shape needed",
                  target->name, path, image.width, image.height, channels);
    }
  }
  const size_t element = TF_DataTypeSize(target->dtype);
  int code = make_tensor(path, target->dtype, dims, rank, count * element, out_tensor);
  png_bytep pixels = code == 0 ? malloc(count > 0 ? count : 1) : NULL;
  if (code == 0 && pixels == NULL) {
    code = fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "%s does not fit into memory", path);
  }
  if (code == 0 && !png_image_finish_read(&image, NULL, pixels, 0, NULL)) {
    code = fail(EXIT_FILE, "%s is damaged; %s", path, image.message);
  }
  for (size_t i = 0; code == 0 && i < count; ++i) {
    if (!element_set_int(target->dtype, TF_TensorData(*out_tensor), i, pixels[i])) {
      code = fail(EXIT_USAGE, "feed \"%s\": a pixel of value %d does not fit %s", target->name, pixels[i],
                  dtype_name(target->dtype));
    }
  }
  free(pixels);
  png_image_free(&image);
  if (code != 0) {
    TF_DeleteTensor(*out_tensor);
    *out_tensor = NULL;
  }
  return code;
}

int file_load_tensor(const char* path, const value_target* target, TF_Tensor** out_tensor) {
  void* bytes = NULL;
  size_t size = 0;
  *out_tensor = NULL;
  int code = file_read(path, &bytes, &size);
  if (code != 0) return code;
  if (ends_with(path, ".npy") || strcmp(path, "-") == 0) {
    code = load_npy(path, target, bytes, size, out_tensor);
  } else if (ends_with(path, ".png")) {
    code = load_png(path, target, bytes, size, out_tensor);
  } else if (ends_with(path, ".raw")) {
    code = load_raw(path, target, bytes, size, out_tensor);
  } else {
    code = fail(EXIT_USAGE, "feed \"%s\": %s has no ending that can be read; there are .npy, .png, .raw", target->name,
                path);
  }
  free(bytes);
  return code;
}

// ---- writing

static const char* npy_descr(TF_DataType dtype) {
  switch (dtype) {
    case TF_FLOAT:
      return "<f4";
    case TF_DOUBLE:
      return "<f8";
    case TF_HALF:
      return "<f2";
    case TF_INT8:
      return "|i1";
    case TF_INT16:
      return "<i2";
    case TF_INT32:
      return "<i4";
    case TF_INT64:
      return "<i8";
    case TF_UINT8:
      return "|u1";
    case TF_UINT16:
      return "<u2";
    case TF_UINT32:
      return "<u4";
    case TF_UINT64:
      return "<u8";
    case TF_BOOL:
      return "|b1";
    case TF_COMPLEX64:
      return "<c8";
    case TF_COMPLEX128:
      return "<c16";
    default:
      return NULL;
  }
}

static bool write_npy_header(FILE* file, const TF_Tensor* tensor) {
  char text[1024];
  int used = snprintf(text, sizeof(text), "{'descr': '%s', 'fortran_order': False, 'shape': (",
                      npy_descr(TF_TensorType(tensor)));
  for (int i = 0; i < TF_NumDims(tensor); ++i) {
    used += snprintf(text + used, sizeof(text) - (size_t)used, "%lld,", (long long)TF_Dim(tensor, i));
  }
  used += snprintf(text + used, sizeof(text) - (size_t)used, "), }");
  while ((10 + used + 1) % 64 != 0) text[used++] = ' ';
  text[used++] = '\n';
  const unsigned char prefix[10] = {
      0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (unsigned char)used, (unsigned char)(used >> 8)};
  return fwrite(prefix, sizeof(prefix), 1, file) == 1 && fwrite(text, (size_t)used, 1, file) == 1;
}

int file_save_tensor(const char* path, const TF_Tensor* tensor) {
  const bool npy = ends_with(path, ".npy");
  if (!npy && !ends_with(path, ".raw")) {
    return fail(EXIT_USAGE, "fetch: %s has no ending that can be written; there are .npy, .raw", path);
  }
  if (dtype_kind(TF_TensorType(tensor)) == ELEMENT_STRING || (npy && npy_descr(TF_TensorType(tensor)) == NULL) ||
      TF_NumDims(tensor) > VALUE_MAX_RANK) {
    return fail(EXIT_USAGE, "fetch: a %s tensor cannot be written to %s", dtype_name(TF_TensorType(tensor)), path);
  }
  FILE* file = fopen(path, "wb");
  if (file == NULL) return fail(EXIT_FILE, "%s cannot be written; %s", path, strerror(errno));
  const size_t bytes = TF_TensorByteSize(tensor);
  bool ok = !npy || write_npy_header(file, tensor);
  ok = ok && (bytes == 0 || fwrite(TF_TensorData(tensor), bytes, 1, file) == 1);
  const int error = errno;
  if (fclose(file) != 0 || !ok) return fail(EXIT_FILE, "%s cannot be written; %s", path, strerror(error));
  return 0;
}
