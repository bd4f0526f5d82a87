// Opens regular files and reads them.
#include "runtime/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ctf_status check_kind(const struct stat* info, const char* path) {
  if (S_ISREG(info->st_mode)) return NULL;
  if (S_ISDIR(info->st_mode)) return ctf_error(TF_NOT_FOUND, "%s; it is a folder, not a file", path);
  return ctf_error(TF_INVALID_ARGUMENT, "%s; Invalid argument: devices, pipes and sockets are not read", path);
}

ctf_status ctf_file_open(const char* path, size_t path_length, ctf_file* out_file) {
  char name[PATH_MAX];
  if (path_length >= sizeof(name)) return ctf_error_system(ENAMETOOLONG, "a path");
  memcpy(name, path, path_length);
  name[path_length] = '\0';
  if (memchr(name, '\0', path_length) != NULL) {
    return ctf_error(TF_INVALID_ARGUMENT, "%s; a path cannot hold the byte 0", name);
  }
  struct stat info;
  if (stat(name, &info) != 0) return ctf_error_system(errno, name);
  CTF_TRY(check_kind(&info, name));
  // What stands behind the name may have changed since: O_NONBLOCK keeps a pipe from waiting, and the open file is
  // asked again.
  ctf_status status = NULL;
  const int descriptor = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) return ctf_error_system(errno, name);
  status = fstat(descriptor, &info) != 0 ? ctf_error_system(errno, name) : check_kind(&info, name);
  if (status != NULL) {
    close(descriptor);
    return status;
  }
  *out_file = (ctf_file){descriptor, (uint64_t)info.st_size};
  return NULL;
}

void ctf_file_close(ctf_file* file) {
  close(file->descriptor);
  file->descriptor = -1;
}

ctf_status ctf_file_read(const ctf_file* file, uint64_t offset, void* out_data, size_t bytes) {
  char* to = out_data;
  for (size_t done = 0; done < bytes;) {
    const ssize_t got = pread(file->descriptor, to + done, bytes - done, (off_t)(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ctf_error_system(errno, "a file");
    if (got == 0) {
      return ctf_error(TF_OUT_OF_RANGE, "The file ends at byte %" PRIu64 ", before the %zu bytes from %" PRIu64 " on",
                       offset + done, bytes, offset);
    }
    done += (size_t)got;
  }
  return NULL;
}
