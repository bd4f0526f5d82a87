#include "tools/ctfrun/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/ctfrun/dtypes.h"
#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/formats.h"
#include "tools/ctfrun/print.h"

int file_size(const char* path, size_t* out_size) {
  struct stat status;
  if (stat(path, &status) != 0) return fail(EXIT_FILE, "%s cannot be read; %s", path, strerror(errno));
  if (!S_ISREG(status.st_mode)) {
    return fail(EXIT_FILE, "%s is %s; a model is a regular file, or - for standard input", path,
                S_ISDIR(status.st_mode)    ? "a directory (SavedModels are not in this build)"
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
  errno = 0;
  while (bytes != NULL) {
    size += fread(bytes + size, 1, capacity - size - 1, file);
    if (size < capacity - 1) break;
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
  bytes[size] = '\0';
  *out_bytes = bytes;
  *out_size = size;
  return 0;
}

int make_tensor(const char* path, TF_DataType dtype, const int64_t* dims, int rank, size_t bytes,
                TF_Tensor** out_tensor) {
  *out_tensor = TF_AllocateTensor(dtype, dims, rank, bytes);
  if (*out_tensor != NULL) return 0;
  return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "%s needs %zu bytes, which do not fit the memory budget", path,
              bytes);
}

// ---- raw bytes

static int raw_load(const file_source* source, const value_target* target, TF_Tensor** out_tensor) {
  int64_t dims[VALUE_MAX_RANK];
  const size_t element = TF_DataTypeSize(target->dtype);
  const element_kind kind = dtype_kind(target->dtype);
  if (kind == ELEMENT_STRING || kind == ELEMENT_OTHER || source->size % element != 0 ||
      !value_fit_shape(target, source->size / element, dims)) {
    return fail(EXIT_USAGE, "%s \"%s\": the %zu bytes of %s do not make a tensor of type %s and the shape needed",
                target->what, target->name, source->size, source->path, dtype_name(target->dtype));
  }
  const int code = make_tensor(source->path, target->dtype, dims, target->rank, source->size, out_tensor);
  if (code == 0 && source->size > 0) memcpy(TF_TensorData(*out_tensor), source->bytes, source->size);
  return code;
}

static int close_written(FILE* file, const char* path, bool ok) {
  const int error = errno;
  const bool closed = fclose(file) == 0;
  if (closed && ok) return 0;
  return fail(EXIT_FILE, "%s cannot be written; %s", path, strerror(ok ? errno : error));
}

static int raw_save(const char* path, const TF_Tensor* tensor) {
  FILE* file = fopen(path, "wb");
  if (file == NULL) return fail(EXIT_FILE, "%s cannot be written; %s", path, strerror(errno));
  const size_t bytes = TF_TensorByteSize(tensor);
  return close_written(file, path, bytes == 0 || fwrite(TF_TensorData(tensor), bytes, 1, file) == 1);
}

static int json_save(const char* path, const TF_Tensor* tensor) {
  FILE* file = fopen(path, "wb");
  if (file == NULL) return fail(EXIT_FILE, "%s cannot be written; %s", path, strerror(errno));
  print_tensor_json(file, tensor);
  putc('\n', file);
  return close_written(file, path, !ferror(file));
}

// ---- formats, by the ending of the path

typedef struct file_format {
  const char* ending;
  char separator;  // behind the ending, before options; 0: takes none
  int (*load)(const file_source* source, const value_target* target, TF_Tensor** out_tensor);
  const char* later;  // not NULL: known and refused
} file_format;

// clang-format off
static const file_format kFormats[] = {
    {".npy", 0, npy_load},
    {".npz", ':', npz_load},
    {".json", 0, json_load},
    {".csv", 0, csv_load},
    {".png", '?', png_load},
    {".raw", 0, raw_load},
    {".tfrecord", ':', NULL, "datasets"},
    {".jpg", '?', NULL, "image codecs"},
    {".jpeg", '?', NULL, "image codecs"},
    {".gif", '?', NULL, "image codecs"},
    {".bmp", '?', NULL, "image codecs"},
    {".webp", '?', NULL, "image codecs"},
};
// clang-format on

// The format of a path; the path without its options goes to `out_path`, what follows to `out_options`.
static const file_format* find_format(const char* text, char* out_path, size_t size, const char** out_options) {
  const size_t length = strlen(text);
  *out_options = NULL;
  for (size_t i = 0; i < sizeof(kFormats) / sizeof(kFormats[0]); ++i) {
    const file_format* format = &kFormats[i];
    const size_t ending = strlen(format->ending);
    size_t path = length;
    if (length < ending || strcmp(text + length - ending, format->ending) != 0) {
      path = 0;
      for (const char* at = text; format->separator != 0 && (at = strstr(at, format->ending)) != NULL; ++at) {
        if (at[ending] == format->separator) path = (size_t)(at - text) + ending;
      }
      if (path == 0) continue;
      *out_options = text + path + 1;
    }
    if (path >= size) return NULL;
    memcpy(out_path, text, path);
    out_path[path] = '\0';
    return format;
  }
  return NULL;
}

int file_load_tensor(const char* text, const value_target* target, TF_Tensor** out_tensor) {
  char path[4096];
  file_source source = {.path = path};
  *out_tensor = NULL;
  const file_format* format = find_format(text, path, sizeof(path), &source.options);
  if (strcmp(text, "-") == 0) {
    format = &kFormats[0];
    strcpy(path, text);
  }
  if (format == NULL) {
    return fail(EXIT_USAGE,
                "%s \"%s\": %s has no ending that can be read; there are .npy, .npz:key, .json, .csv, .png, .raw",
                target->what, target->name, text);
  }
  if (format->load == NULL) {
    return fail(EXIT_USAGE, "%s \"%s\": %s needs %s, which are not in this build", target->what, target->name, text,
                format->later);
  }
  void* bytes = NULL;
  int code = file_read(path, &bytes, &source.size);
  source.bytes = bytes;
  if (code == 0) code = format->load(&source, target, out_tensor);
  free(bytes);
  if (code != 0) {
    TF_DeleteTensor(*out_tensor);
    *out_tensor = NULL;
  }
  return code;
}

// ---- writing

bool file_can_save(const char* destination) {
  static const char* const kEndings[] = {".npy", ".npz", ".json", ".png", ".raw"};
  char path[4096];
  const char* suffix;
  if (destination[0] != '@' && destination[0] != '+') return false;
  const file_format* format = find_format(destination + 1, path, sizeof(path), &suffix);
  if (format == NULL) return false;
  if (destination[0] == '+') return strcmp(format->ending, ".npy") == 0;
  for (size_t i = 0; i < sizeof(kEndings) / sizeof(kEndings[0]); ++i) {
    if (strcmp(format->ending, kEndings[i]) == 0) return true;
  }
  return false;
}

static int save_one(file_output* outputs, int count, int index) {
  const TF_Tensor* tensor = outputs[index].tensor;
  const char* destination = outputs[index].destination;
  const TF_DataType dtype = TF_TensorType(tensor);
  char path[4096];
  const char* suffix;
  const file_format* format = find_format(destination + 1, path, sizeof(path), &suffix);
  outputs[index].done = true;
  if (strcmp(format->ending, ".npz") == 0) return npz_save(path, outputs, count);
  const bool json = strcmp(format->ending, ".json") == 0;
  const element_kind kind = dtype_kind(dtype);
  if (TF_NumDims(tensor) > VALUE_MAX_RANK || kind == ELEMENT_OTHER || (kind == ELEMENT_STRING && !json)) {
    return fail(EXIT_USAGE, "fetch \"%s\": a %s tensor cannot be written to %s", outputs[index].name, dtype_name(dtype),
                path);
  }
  if (json) return json_save(path, tensor);
  if (strcmp(format->ending, ".npy") == 0) return npy_save(path, tensor, destination[0] == '+');
  if (strcmp(format->ending, ".png") == 0) return png_save(path, suffix, tensor);
  return raw_save(path, tensor);
}

int file_save_tensors(file_output* outputs, int count) {
  int code = 0;
  for (int i = 0; i < count && code == 0; ++i) {
    if (!outputs[i].done) code = save_one(outputs, count, i);
  }
  return code;
}
