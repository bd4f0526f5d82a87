// Reads memory limits from /proc and the control groups.
#include "runtime/host_memory.h"

#include <stdio.h>
#include <string.h>

#include "runtime/cgroup.h"
#include "runtime/memory.h"

#define LEAST_MARGIN_BYTES ((size_t)64 << 20)
#define NO_GROUP_LIMIT (UINT64_C(1) << 62)  // version 1 writes a number near 2^63 for "none"

// Page cache that a group can give back at once: what of the file-backed pages is neither dirty nor shared memory.
typedef struct cache_pages {
  const char* const* names;  // of file pages, shared memory, dirty, in writeback
  uint64_t bytes[4];
} cache_pages;

static const char* const kStatV1[] = {"total_cache", "total_shmem", "total_dirty", "total_writeback"};
static const char* const kStatV2[] = {"file", "shmem", "file_dirty", "file_writeback"};

static void take_stat_line(void* arg, char* text) {
  cache_pages* cache = arg;
  unsigned long long bytes = 0;
  char name[64];
  if (sscanf(text, "%63s %llu", name, &bytes) != 2) return;
  for (int i = 0; i < 4; ++i) {
    if (strcmp(name, cache->names[i]) == 0) cache->bytes[i] = bytes;
  }
}

static uint64_t clean_cache(const char* folder, const char* const* names) {
  char path[CTF_CGROUP_PATH_BYTES];
  cache_pages cache = {.names = names};
  const int length = snprintf(path, sizeof(path), "%s/memory.stat", folder);
  if (length < 0 || length >= (int)sizeof(path) || !ctf_read_lines(path, take_stat_line, &cache)) return 0;
  const uint64_t kept = cache.bytes[1] + cache.bytes[2] + cache.bytes[3];
  return cache.bytes[0] > kept ? cache.bytes[0] - kept : 0;
}

static size_t free_in_group(const ctf_host_memory* memory) {
  if (memory->cgroup_limit_bytes == CTF_NO_LIMIT) return CTF_NO_LIMIT;
  return memory->cgroup_limit_bytes > memory->cgroup_used_bytes ? memory->cgroup_limit_bytes - memory->cgroup_used_bytes
                                                                : 0;
}

// Keeps the group that leaves the least: a wide limit that others have used up is tighter than a narrow empty one.
static void take_group(ctf_host_memory* memory, const char* folder, const char* limit_name, const char* used_name,
                       const char* const* stat_names) {
  uint64_t limit = 0, used = 0;
  if (!ctf_cgroup_read_number(folder, limit_name, &limit) || limit >= NO_GROUP_LIMIT) return;
  if (!ctf_cgroup_read_number(folder, used_name, &used)) used = 0;
  const uint64_t cache = clean_cache(folder, stat_names);
  used = used > cache ? used - cache : 0;
  const ctf_host_memory seen = {.cgroup_limit_bytes = (size_t)limit, .cgroup_used_bytes = (size_t)used};
  if (free_in_group(&seen) < free_in_group(memory)) {
    memory->cgroup_limit_bytes = seen.cgroup_limit_bytes;
    memory->cgroup_used_bytes = seen.cgroup_used_bytes;
  }
}

static void take_group_v1(void* arg, const char* folder) {
  take_group(arg, folder, "/memory.limit_in_bytes", "/memory.usage_in_bytes", kStatV1);
}

static void take_group_v2(void* arg, const char* folder) {
  take_group(arg, folder, "/memory.max", "/memory.current", kStatV2);
}

static void take_meminfo_line(void* arg, char* text) {
  ctf_host_memory* memory = arg;
  unsigned long long kibibytes = 0;
  if (sscanf(text, "MemTotal: %llu kB", &kibibytes) == 1) memory->total_bytes = (size_t)kibibytes << 10;
  if (sscanf(text, "MemAvailable: %llu kB", &kibibytes) == 1) memory->available_bytes = (size_t)kibibytes << 10;
}

void ctf_host_memory_read(const char* root, ctf_host_memory* out_memory) {
  ctf_host_memory memory = {CTF_NO_LIMIT, CTF_NO_LIMIT, CTF_NO_LIMIT, 0};
  char path[CTF_CGROUP_PATH_BYTES];
  const int length = snprintf(path, sizeof(path), "%s/proc/meminfo", root);
  // What is not there stays unlimited.
  if (length > 0 && length < (int)sizeof(path)) (void)ctf_read_lines(path, take_meminfo_line, &memory);
  ctf_cgroup_walk(root, "memory", take_group_v1, &memory);
  ctf_cgroup_walk(root, NULL, take_group_v2, &memory);
  *out_memory = memory;
}

size_t ctf_host_memory_default_limit(const ctf_host_memory* memory) {
  const size_t group = free_in_group(memory);
  const size_t spare = group < memory->available_bytes ? group : memory->available_bytes;
  if (spare == CTF_NO_LIMIT) return CTF_NO_LIMIT;
  const size_t sixteenth = spare / 16, margin = sixteenth > LEAST_MARGIN_BYTES ? sixteenth : LEAST_MARGIN_BYTES;
  return spare > margin ? spare - margin : 0;
}
