// What a process has in memory now, as the system counts it.
#ifndef CTF_TESTS_SUPPORT_RESIDENT_H_
#define CTF_TESTS_SUPPORT_RESIDENT_H_

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct resident {
  size_t anon_bytes;
  size_t shmem_bytes;
  size_t file_bytes;  // mapped files: pages that the system can drop
} resident;

// What no other can use while the process lives.
static inline size_t resident_private(const resident* of) { return of->anon_bytes + of->shmem_bytes; }

// Of a process, or of this one for 0. False when there is no such process any more; then *out_resident is all 0.
bool resident_read(pid_t pid, resident* out_resident);

#endif  // CTF_TESTS_SUPPORT_RESIDENT_H_
