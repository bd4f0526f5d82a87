// What the host can spare: the cgroup's limit (v1 and v2) and the memory that is available now.
#ifndef CTF_RUNTIME_HOST_MEMORY_H_
#define CTF_RUNTIME_HOST_MEMORY_H_

#include <stddef.h>

#include "runtime/status.h"

typedef struct ctf_host_memory {
  size_t total_bytes;      // of the machine
  size_t available_bytes;  // MemAvailable of /proc/meminfo
  size_t cgroup_limit_bytes;  // the tightest limit on the path to the root; CTF_NO_LIMIT when there is none
  size_t cgroup_used_bytes;   // of the group with that limit, without clean page cache
} ctf_host_memory;

// Reads /proc and /sys/fs/cgroup below `root` ("" outside tests). What cannot be read counts as unlimited.
void ctf_host_memory_read(const char* root, ctf_host_memory* out_memory);

// The default limit of the host's budget: the tighter of the cgroup's free part and available memory, less a margin
// of 1/16, at least 64 MiB.
size_t ctf_host_memory_default_limit(const ctf_host_memory* memory);

#endif  // CTF_RUNTIME_HOST_MEMORY_H_
