// runtime/host_memory.c and runtime/cgroup.c, over small trees of /proc and /sys/fs/cgroup that the test writes.
#include "tests/support/check.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/cgroup.h"
#include "runtime/cpu_features.h"
#include "runtime/host_memory.h"
#include "runtime/memory.h"

#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)
#define V2_MOUNT "31 23 0:28 / /sys/fs/cgroup rw shared:1 - cgroup2 cgroup2 rw\n"
#define V1_MOUNT "33 31 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
#define V1_CPU "34 31 0:32 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"

typedef struct file {
  const char *path, *text;
} file;

typedef struct tree_case {
  const char* name;
  file files[12];  // on top of the meminfo that all have
  size_t limit_bytes, used_bytes;
  int cpus;
} tree_case;

static const tree_case kCases[] = {
    {"no cgroup at all", {{NULL}}, CTF_NO_LIMIT, 0, 0},
    {"version 2 without limits",
     {{"proc/self/cgroup", "0::/\n"},
      {"proc/self/mountinfo", V2_MOUNT},
      {"sys/fs/cgroup/memory.max", "max\n"},
      {"sys/fs/cgroup/cpu.max", "max 100000\n"}},
     CTF_NO_LIMIT,
     0,
     0},
    {"version 2, clean cache is free, the rest of the cache is not",
     {{"proc/self/cgroup", "0::/a/b\n"},
      {"proc/self/mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda rw\n" V2_MOUNT},
      {"sys/fs/cgroup/a/b/memory.max", "1073741824\n"},
      {"sys/fs/cgroup/a/b/memory.current", "500000000\n"},
      {"sys/fs/cgroup/a/b/memory.stat",
       "anon 1\nfile 300000000\nshmem 10000000\nfile_mapped 5\nfile_dirty 2000000\nfile_writeback 1000000\n"},
      {"sys/fs/cgroup/a/b/cpu.max", "150000 100000\n"}},
     GIB,
     500000000 - 287000000,
     2},
    {"version 2, the parent leaves less",
     {{"proc/self/cgroup", "0::/a/b"},
      {"proc/self/mountinfo", V2_MOUNT},
      {"sys/fs/cgroup/a/b/memory.max", "1073741824\n"},
      {"sys/fs/cgroup/a/b/memory.current", "0\n"},
      {"sys/fs/cgroup/a/memory.max", "8589934592\n"},
      {"sys/fs/cgroup/a/memory.current", "8489934592\n"},
      {"sys/fs/cgroup/a/cpu.max", "50000 100000\n"},
      {"sys/fs/cgroup/a/b/cpu.max", "400000 100000\n"}},
     8 * GIB,
     8489934592,
     1},
    {"version 1",
     {{"proc/self/cgroup", "4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n1:name=systemd:/\n"},
      {"proc/self/mountinfo", V1_MOUNT V1_CPU},
      {"sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes", "2147483648\n"},
      {"sys/fs/cgroup/memory/docker/x/memory.usage_in_bytes", "1000000000\n"},
      {"sys/fs/cgroup/memory/docker/x/memory.stat",
       "cache 1\ntotal_cache 600000000\ntotal_shmem 100000000\ntotal_dirty 0\ntotal_writeback 0\n"},
      {"sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"},
      {"sys/fs/cgroup/memory/memory.usage_in_bytes", "3000000000\n"},
      {"sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us", "250000\n"},
      {"sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us", "100000\n"},
      {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n"},
      {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"}},
     2 * GIB,
     500000000,
     3},
    {"version 1 in a container, mounted from its own group on",
     {{"proc/self/cgroup", "4:memory:/docker/x/inner\n"},
      {"proc/self/mountinfo", "33 31 0:31 /docker/x /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"},
      {"sys/fs/cgroup/memory/inner/memory.limit_in_bytes", "1048576\n"},
      {"sys/fs/cgroup/memory/memory.limit_in_bytes", "2147483648\n"}},
     MIB,
     0,
     0},
    {"a path that the mount does not show",
     {{"proc/self/cgroup", "4:memory:/docker/xy\n0::/../../outside\n"},
      {"proc/self/mountinfo",
       "33 31 0:31 /docker/x /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
       "31 23 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"},
      {"sys/fs/cgroup/memory/memory.limit_in_bytes", "2147483648\n"},
      {"sys/fs/cgroup/unified/memory.max", "1073741824\n"}},
     GIB,
     0,
     0},
    {"blanks in the mount point",
     {{"proc/self/cgroup", "0::/a b\n"},
      {"proc/self/mountinfo", "31 23 0:28 / /sys/c\\040g rw - cgroup2 cgroup2 rw\n"},
      {"sys/c g/a b/memory.max", "1048576\n"}},
     MIB,
     0,
     0},
    {"nonsense",
     {{"proc/self/cgroup", "\n::::\nmemory\n4:memory\n0:\n0::/a\n"},
      {"proc/self/mountinfo", "\n - \n1 2 - cgroup2\n1 2 3 4 - cgroup2 x\n" V2_MOUNT},
      {"sys/fs/cgroup/a/memory.max", "-5\n"},
      {"sys/fs/cgroup/memory.max", ""},
      {"sys/fs/cgroup/a/cpu.max", "1\n"},
      {"sys/fs/cgroup/cpu.max", "7 0\n"}},
     CTF_NO_LIMIT,
     0,
     0},
};

static void write_file(const char* root, const char* path, const char* text) {
  char full[512];
  snprintf(full, sizeof(full), "%s/%s", root, path);
  for (char* at = full + strlen(root) + 1; (at = strchr(at, '/')) != NULL; ++at) {
    *at = '\0';
    assert_true(mkdir(full, 0700) == 0 || errno == EEXIST);
    *at = '/';
  }
  FILE* out = fopen(full, "w");
  assert_non_null(out);
  fputs(text, out);
  fclose(out);
}

static int remove_one(const char* path, const struct stat* info, int kind, struct FTW* where) {
  (void)info;
  (void)kind;
  (void)where;
  return remove(path);
}

static void trees(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kCases) / sizeof(kCases[0]); ++i) {
    char root[] = P_tmpdir "/ctf_host_memory_XXXXXX";
    assert_non_null(mkdtemp(root));
    write_file(root, "proc/meminfo", "MemTotal:       16000 kB\nMemFree:  5 kB\nMemAvailable:    9000 kB\n");
    for (const file* f = kCases[i].files; f->path != NULL; ++f) write_file(root, f->path, f->text);
    ctf_host_memory memory;
    ctf_host_memory_read(root, &memory);
    const int cpus = ctf_cgroup_cpus(root);
    assert_int_equal(nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    if (memory.cgroup_limit_bytes != kCases[i].limit_bytes || memory.cgroup_used_bytes != kCases[i].used_bytes ||
        cpus != kCases[i].cpus) {
      fail_msg("%s: %zu of %zu, %d cpus", kCases[i].name, memory.cgroup_used_bytes, memory.cgroup_limit_bytes, cpus);
    }
    assert_int_equal(memory.total_bytes, 16000 * 1024);
    assert_int_equal(memory.available_bytes, 9000 * 1024);
  }
}

static void default_limits(void** state) {
  (void)state;
  static const struct {
    ctf_host_memory memory;
    size_t want;
  } kLimits[] = {
      {{16 * GIB, 16 * GIB, CTF_NO_LIMIT, 0}, 15 * GIB}, {{16 * GIB, 8 * GIB, 4 * GIB, 2 * GIB}, 2 * GIB - 128 * MIB},
      {{16 * GIB, 512 * MIB, 4 * GIB, 0}, 448 * MIB},    {{16 * GIB, 16 * GIB, 1 * GIB, 2 * GIB}, 0},
      {{16 * GIB, 30 * MIB, CTF_NO_LIMIT, 0}, 0},        {{CTF_NO_LIMIT, CTF_NO_LIMIT, CTF_NO_LIMIT, 0}, CTF_NO_LIMIT},
  };
  for (size_t i = 0; i < sizeof(kLimits) / sizeof(kLimits[0]); ++i) {
    assert_int_equal(ctf_host_memory_default_limit(&kLimits[i].memory), kLimits[i].want);
  }
}

static void nothing_to_read(void** state) {
  (void)state;
  ctf_host_memory memory;
  ctf_host_memory_read("/nonexistent", &memory);
  assert_int_equal(memory.total_bytes, CTF_NO_LIMIT);
  assert_int_equal(memory.available_bytes, CTF_NO_LIMIT);
  assert_int_equal(memory.cgroup_limit_bytes, CTF_NO_LIMIT);
}

// This machine's own: nothing is known but that it makes sense.
static void this_machine(void** state) {
  (void)state;
  ctf_host_memory memory;
  ctf_host_memory_read("", &memory);
  assert_true(memory.total_bytes > 16 * MIB && memory.total_bytes != CTF_NO_LIMIT);
  assert_true(memory.available_bytes <= memory.total_bytes);
  const int cpus = ctf_cpu_count();
  assert_true(cpus >= 1 && cpus <= sysconf(_SC_NPROCESSORS_CONF));
}

static void keep_last(void* arg, char* text) { snprintf(arg, CTF_CGROUP_PATH_BYTES, "%s", text); }

static void lines_of_any_length(void** state) {
  (void)state;
  static const size_t kLengths[] = {1, 1023, 1024, 1025, CTF_CGROUP_PATH_BYTES - 1, CTF_CGROUP_PATH_BYTES, 20000};
  char root[] = P_tmpdir "/ctf_lines_XXXXXX", path[64], last[CTF_CGROUP_PATH_BYTES];
  static char text[20001];
  assert_non_null(mkdtemp(root));
  snprintf(path, sizeof(path), "%s/file", root);
  for (int end = 0; end < 2; ++end) {
    for (size_t i = 0; i < sizeof(kLengths) / sizeof(kLengths[0]); ++i) {
      memset(text, 'x', kLengths[i]);
      text[kLengths[i]] = '\0';
      FILE* out = fopen(path, "w");
      fprintf(out, "first\n%s%s", text, end ? "\n" : "");
      fclose(out);
      assert_true(ctf_read_lines(path, keep_last, last));
      const size_t want = kLengths[i] < CTF_CGROUP_PATH_BYTES ? kLengths[i] : CTF_CGROUP_PATH_BYTES - 1;
      assert_int_equal(strlen(last), want);
      assert_memory_equal(last, text, want);
    }
  }
  unlink(path);
  rmdir(root);
  assert_false(ctf_read_lines(path, keep_last, last));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(trees),        cmocka_unit_test(default_limits),      cmocka_unit_test(nothing_to_read),
      cmocka_unit_test(this_machine), cmocka_unit_test(lines_of_any_length),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
