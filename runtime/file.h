// The one gate to the host's files: whatever reads a path opens it here. Regular files only, since nothing else has a
// size that can be checked and charged before it is read.
#ifndef CTF_RUNTIME_FILE_H_
#define CTF_RUNTIME_FILE_H_

#include <stddef.h>
#include <stdint.h>

#include "runtime/status.h"

// Open for reading. One thread at a time opens and closes; reads may be concurrent.
typedef struct ctf_file {
  int descriptor;
  uint64_t bytes;  // when it was opened; it may have been cut since
} ctf_file;

// Links are followed. Errors: those of the system, with TensorFlow's codes; devices, pipes and sockets are
// INVALID_ARGUMENT and are not opened (opening one can wait, or change something); a folder is NOT_FOUND.
CTF_MUST_USE ctf_status ctf_file_open(const char* path, size_t path_length, ctf_file* out_file);
void ctf_file_close(ctf_file* file);

// All of the bytes from `offset` on, or an error: OUT_OF_RANGE where the file ends before.
CTF_MUST_USE ctf_status ctf_file_read(const ctf_file* file, uint64_t offset, void* out_data, size_t bytes);

#endif  // CTF_RUNTIME_FILE_H_
