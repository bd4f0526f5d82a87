#include "tests/support/resident.h"

#include <stdio.h>
#include <unistd.h>

bool resident_read(pid_t pid, resident* out_resident) {
  char path[64], line[128];
  *out_resident = (resident){0};
  snprintf(path, sizeof(path), "/proc/%d/status", (int)(pid != 0 ? pid : getpid()));
  FILE* file = fopen(path, "r");
  if (file == NULL) return false;
  while (fgets(line, sizeof(line), file) != NULL) {
    size_t kilobytes;
    if (sscanf(line, "RssAnon: %zu", &kilobytes) == 1) out_resident->anon_bytes = kilobytes * 1024;
    if (sscanf(line, "RssShmem: %zu", &kilobytes) == 1) out_resident->shmem_bytes = kilobytes * 1024;
    if (sscanf(line, "RssFile: %zu", &kilobytes) == 1) out_resident->file_bytes = kilobytes * 1024;
  }
  fclose(file);
  return true;
}
