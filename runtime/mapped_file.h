// Files mapped for reading, so that what they hold is used in place and never copied.
//
// Whoever can write to a file can cut it short while it is mapped, and a read of what is gone raises SIGBUS. Here that
// ends no process: the handler puts zeros in the place of the whole mapping and marks the file as lost, the reader goes
// on, and what it read is refused by ctf_mapped_file_check. See docs/decisions/0004-mapped-files-that-shrink.md.
#ifndef CTF_RUNTIME_MAPPED_FILE_H_
#define CTF_RUNTIME_MAPPED_FILE_H_

#include <signal.h>

#include "runtime/buffer.h"

typedef struct ctf_mapped_file ctf_mapped_file;  // immutable but for being lost; any thread

// Maps a whole file; the buffer (nothing is charged: its pages are the system's to drop) unmaps it when the last holder
// lets go. Errors as those of ctf_file_open.
CTF_MUST_USE ctf_status ctf_mapped_file_open(const char* path, ctf_buffer** out_buffer);

// The file that a buffer or a slice of it lies in; NULL: in none.
const ctf_mapped_file* ctf_mapped_file_of(const ctf_buffer* buffer);
const char* ctf_mapped_file_path(const ctf_mapped_file* file);
const void* ctf_mapped_file_data(const ctf_mapped_file* file);
size_t ctf_mapped_file_bytes_now(const ctf_mapped_file* file);  // its size by now; 0 once it is lost

// DATA_LOSS when the file is not what it was when it was mapped: what was read since then is not to be trusted.
CTF_MUST_USE ctf_status ctf_mapped_file_check(const ctf_mapped_file* file);

// Before a thread reads from mapped files: sees to it that SIGBUS reaches the handler, although others may have set
// their own or blocked the signal. Leave it with what was given.
typedef struct ctf_mapped_guard {
  sigset_t mask;
} ctf_mapped_guard;
ctf_mapped_guard ctf_mapped_guard_enter(void);
void ctf_mapped_guard_leave(const ctf_mapped_guard* guard);

#endif  // CTF_RUNTIME_MAPPED_FILE_H_
