// Files and folders, as far as TensorFlow's C API has them.
#include "tensorflow/c/env.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/api/api.h"

struct TF_WritableFileHandle {
  int descriptor;
};

static ctf_status new_file(const char* name, TF_WritableFileHandle** out_handle) {
  TF_WritableFileHandle* handle;
  if (name == NULL || out_handle == NULL) {
    return ctf_error(TF_INVALID_ARGUMENT, "the %s is NULL", name == NULL ? "name" : "place for the handle");
  }
  CTF_TRY(ctf_alloc_new(ctf_allocator_process(), &handle));
  handle->descriptor = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (handle->descriptor < 0) {
    const ctf_status status = ctf_error_system(errno, name);
    ctf_free(ctf_allocator_process(), handle);
    return status;
  }
  *out_handle = handle;
  return NULL;
}

void TF_NewWritableFile(const char* filename, TF_WritableFileHandle** handle, TF_Status* status) {
  ctf_api_report(new_file(filename, handle), status);
}

void TF_CloseWritableFile(TF_WritableFileHandle* handle, TF_Status* status) {
  ctf_status result = NULL;
  if (handle != NULL && close(handle->descriptor) != 0) result = ctf_error_system(errno, "closing a file");
  ctf_free(ctf_allocator_process(), handle);
  ctf_api_report(result, status);
}

// ---- folders for what is gone tomorrow

#define MAX_FOLDERS 5

struct TF_StringStream {
  size_t count;
  size_t at;
  char folders[MAX_FOLDERS][PATH_MAX + 1];
};

// With a slash at the end, where it is a folder that is not in the list yet.
static void add_folder(TF_StringStream* list, const char* path) {
  struct stat info;
  char folder[PATH_MAX + 1];
  const size_t length = path != NULL ? strlen(path) : 0;
  if (length == 0 || length + 2 > sizeof(folder) || stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) return;
  memcpy(folder, path, length + 1);
  if (folder[length - 1] != '/') memcpy(folder + length, "/", 2);
  for (size_t i = 0; i < list->count; ++i) {
    if (strcmp(list->folders[i], folder) == 0) return;
  }
  memcpy(list->folders[list->count++], folder, strlen(folder) + 1);
}

TF_StringStream* TF_GetLocalTempDirectories(void) {
  TF_StringStream* list = ctf_alloc_try(ctf_allocator_process(), sizeof(TF_StringStream));
  if (list == NULL) return NULL;
  add_folder(list, getenv("TEST_TMPDIR"));
  add_folder(list, getenv("TMPDIR"));
  add_folder(list, getenv("TMP"));
  add_folder(list, "/tmp");
  if (list->count == 0) add_folder(list, ".");
  return list;
}

bool TF_StringStreamNext(TF_StringStream* list, const char** result) {
  const bool has_next = list != NULL && list->at < list->count;
  if (result != NULL) *result = has_next ? list->folders[list->at] : NULL;
  if (has_next) ++list->at;
  return has_next;
}

void TF_StringStreamDone(TF_StringStream* list) { ctf_free(ctf_allocator_process(), list); }
