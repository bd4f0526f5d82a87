// Finds control groups from /proc/self/cgroup and /proc/self/mountinfo.
#include "runtime/cgroup.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct group_search {
  const char* controller;            // NULL: version 2
  char path[CTF_CGROUP_PATH_BYTES];  // of the process in the hierarchy; "" when there is none
  char mount_root[CTF_CGROUP_PATH_BYTES];
  char mount_point[CTF_CGROUP_PATH_BYTES];  // "" when it is not mounted
} group_search;

typedef struct first_line {
  bool read;
  char text[64];
} first_line;

static void join(char* out, const char* a, const char* b) {
  const int length = snprintf(out, CTF_CGROUP_PATH_BYTES, "%s%s", a, b);
  if (length < 0 || length >= CTF_CGROUP_PATH_BYTES) out[0] = '\0';  // no such file
}

// Whether `word` is one of those that the separator divides.
static bool has_word(const char* words, char separator, const char* word) {
  const size_t length = strlen(word);
  for (const char* at = words; at != NULL; at = strchr(at, separator)) {
    if (*at == separator) ++at;
    if (strncmp(at, word, length) == 0 && (at[length] == separator || at[length] == '\0')) return true;
  }
  return false;
}

// "4:cpu,cpuacct:/a/b", in version 2 "0::/a/b".
static void take_cgroup_line(void* arg, char* text) {
  group_search* search = arg;
  char* controllers = strchr(text, ':');
  char* path = controllers == NULL ? NULL : strchr(controllers + 1, ':');
  if (path == NULL) return;
  *path++ = '\0';
  ++controllers;
  if (search->controller == NULL ? controllers[0] == '\0' : has_word(controllers, ',', search->controller)) {
    join(search->path, path, "");
  }
}

// mountinfo writes blanks, tabs, line ends and backslashes as \ooo.
static void unescape(char* text) {
  char* to = text;
  for (const char* from = text; *from != '\0';) {
    unsigned code = 0;
    if (from[0] == '\\' && sscanf(from + 1, "%3o", &code) == 1) {
      *to++ = (char)code;
      from += 4;
    } else {
      *to++ = *from++;
    }
  }
  *to = '\0';
}

// "35 30 0:32 /root /mount/point rw,... shared:1 - cgroup cgroup rw,memory"
static void take_mount_line(void* arg, char* text) {
  group_search* search = arg;
  char* fields[5] = {NULL};
  char* kind = strstr(text, " - ");
  if (kind == NULL) return;
  *kind = '\0';
  kind += 3;
  char* rest = text;
  for (int i = 0; i < 5; ++i) fields[i] = strsep(&rest, " ");
  if (fields[4] == NULL) return;
  const char* type = strsep(&kind, " ");
  (void)strsep(&kind, " ");  // the source, which says nothing
  if (kind == NULL) return;
  const bool wanted = search->controller == NULL
                          ? strcmp(type, "cgroup2") == 0
                          : strcmp(type, "cgroup") == 0 && has_word(kind, ',', search->controller);
  if (!wanted || search->mount_point[0] != '\0') return;
  unescape(fields[3]);
  unescape(fields[4]);
  join(search->mount_root, fields[3], "");
  join(search->mount_point, fields[4], "");
}

static void take_first_line(void* arg, char* text) {
  first_line* first = arg;
  if (first->read) return;
  first->read = true;
  snprintf(first->text, sizeof(first->text), "%s", text);
}

static bool read_first_line(const char* folder, const char* name, first_line* out_line) {
  char path[CTF_CGROUP_PATH_BYTES];
  join(path, folder, name);
  *out_line = (first_line){false};
  return ctf_read_lines(path, take_first_line, out_line) && out_line->read;
}

// The least number of CPUs of all groups seen so far, in thousandths; 0: no quota.
static void keep_least(uint64_t* least, uint64_t quota, uint64_t period) {
  if (quota == 0 || period == 0 || quota > UINT64_MAX / 1000) return;
  const uint64_t thousandths = quota * 1000 / period;
  if (*least == 0 || thousandths < *least) *least = thousandths > 0 ? thousandths : 1;
}

static void take_quota_v1(void* arg, const char* folder) {
  uint64_t quota = 0, period = 0;  // no quota is -1, which is no number here
  if (ctf_cgroup_read_number(folder, "/cpu.cfs_quota_us", &quota) &&
      ctf_cgroup_read_number(folder, "/cpu.cfs_period_us", &period)) {
    keep_least(arg, quota, period);
  }
}

static void take_quota_v2(void* arg, const char* folder) {
  first_line line;
  unsigned long long quota = 0, period = 0;  // "max 100000" without a quota
  if (read_first_line(folder, "/cpu.max", &line) && sscanf(line.text, "%llu %llu", &quota, &period) == 2) {
    keep_least(arg, quota, period);
  }
}

bool ctf_read_lines(const char* path, void (*line)(void* arg, char* text), void* arg) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  char text[CTF_CGROUP_PATH_BYTES], block[1024];
  size_t used = 0;
  bool open_line = false;
  for (;;) {
    const ssize_t got = read(file, block, sizeof(block));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    for (ssize_t i = 0; i < got; ++i) {
      open_line = block[i] != '\n';
      if (open_line) {
        if (used < sizeof(text) - 1) text[used++] = block[i];
        continue;
      }
      text[used] = '\0';
      line(arg, text);
      used = 0;
    }
  }
  close(file);
  if (open_line) {
    text[used] = '\0';
    line(arg, text);
  }
  return true;
}

bool ctf_cgroup_read_number(const char* folder, const char* name, uint64_t* out_number) {
  first_line line;
  if (!read_first_line(folder, name, &line) || !isdigit((unsigned char)line.text[0])) return false;
  errno = 0;
  const unsigned long long number = strtoull(line.text, NULL, 10);
  if (errno != 0) return false;
  *out_number = number;
  return true;
}

void ctf_cgroup_walk(const char* root, const char* controller, ctf_cgroup_visit visit, void* arg) {
  group_search search = {.controller = controller};
  char path[CTF_CGROUP_PATH_BYTES], folder[CTF_CGROUP_PATH_BYTES];
  join(path, root, "/proc/self/cgroup");
  if (!ctf_read_lines(path, take_cgroup_line, &search) || search.path[0] == '\0') return;
  join(path, root, "/proc/self/mountinfo");
  if (!ctf_read_lines(path, take_mount_line, &search) || search.mount_point[0] == '\0') return;

  // In a container the hierarchy may be mounted from the process's own group on, or the path may lead out of what is
  // visible ("/../.."): then what is mounted is where to look.
  const char* below = search.path;
  const size_t prefix = strcmp(search.mount_root, "/") == 0 ? 0 : strlen(search.mount_root);
  if (strncmp(below, search.mount_root, prefix) == 0 && (below[prefix] == '/' || below[prefix] == '\0')) {
    below += prefix;
  } else {
    below = "";
  }
  if (strstr(below, "/..") != NULL || strcmp(below, "/") == 0) below = "";
  join(path, root, search.mount_point);
  join(folder, path, below);
  const size_t top = strlen(path);
  while (folder[0] != '\0') {
    visit(arg, folder);
    char* last = strrchr(folder, '/');
    if (strlen(folder) <= top || last == NULL) return;
    *last = '\0';
  }
}

int ctf_cgroup_cpus(const char* root) {
  uint64_t thousandths = 0;
  ctf_cgroup_walk(root, "cpu", take_quota_v1, &thousandths);
  ctf_cgroup_walk(root, NULL, take_quota_v2, &thousandths);
  const uint64_t cpus = (thousandths + 999) / 1000;
  return cpus > 1 << 20 ? 1 << 20 : (int)cpus;
}
