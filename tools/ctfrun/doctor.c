// devices and doctor: what this machine has, and what stands in a run's way.
#include <dlfcn.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/verbs.h"

// ---- devices

int list_devices(const options* o) {
  model m = {.path = "an empty graph", .graph = TF_NewGraph(), .status = TF_NewStatus()};
  int code = 0;
  TF_Session* session = session_open(o, &m, 0, NULL, &code);
  TF_DeviceList* list = session != NULL ? TF_SessionListDevices(session, m.status) : NULL;
  if (session != NULL && list == NULL) code = fail_status(m.status);
  if (list != NULL && o->json) printf("{\"schema\":\"ctfrun/1\",\"ok\":true,\"devices\":[");
  for (int i = 0; list != NULL && i < TF_DeviceListCount(list); ++i) {
    const char* name = TF_DeviceListName(list, i, m.status);
    const char* type = TF_DeviceListType(list, i, m.status);
    const int64_t bytes = TF_DeviceListMemoryBytes(list, i, m.status);
    if (o->json) {
      printf("%s{\"name\":\"%s\",\"type\":\"%s\",\"memory\":%lld}", i > 0 ? "," : "", name, type, (long long)bytes);
    } else if (bytes == INT64_MAX) {
      printf("%-4s  %s  no limit of memory\n", type, name);
    } else {
      printf("%-4s  %s  %.1f MiB may be used\n", type, name, (double)bytes / 1048576);
    }
  }
  if (list != NULL && o->json) printf("]}\n");
  TF_DeleteDeviceList(list);
  TF_DeleteSession(session, m.status);
  model_close(&m);
  return code;
}

// ---- doctor

typedef enum finding { FINDING_OK, FINDING_WARN, FINDING_FAIL } finding;

typedef struct examination {
  bool json, first;
  int worst;
} examination;

static void say(examination* e, finding what, const char* topic, const char* fix, const char* format, ...)
    __attribute__((format(printf, 5, 6)));
static void say(examination* e, finding what, const char* topic, const char* fix, const char* format, ...) {
  static const char* const kWords[] = {"ok", "warn", "FAIL"};
  char text[1024];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  if ((int)what > e->worst) e->worst = (int)what;
  if (!e->json) {
    printf("%-5s %-10s %s%s%s\n", kWords[what], topic, text, fix != NULL ? "; " : "", fix != NULL ? fix : "");
    return;
  }
  printf("%s{\"verdict\":\"%s\",\"topic\":\"%s\",\"text\":", e->first ? "" : ",", kWords[what], topic);
  print_json_string(stdout, text);
  printf(",\"fix\":");
  if (fix != NULL) {
    print_json_string(stdout, fix);
  } else {
    printf("null");
  }
  printf("}");
  e->first = false;
}

// The first line of a small file, without its end. False: it cannot be read.
static bool first_line(const char* path, char* out, size_t size) {
  FILE* file = fopen(path, "r");
  if (file == NULL) return false;
  const bool got = fgets(out, (int)size, file) != NULL;
  fclose(file);
  if (got) out[strcspn(out, "\n")] = '\0';
  return got;
}

static void look_at_cpu(examination* e) {
  const char* isa = "base";
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) isa = "avx2";
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq")) {
    isa = "avx512";
  }
  const char* forced = getenv("CTF_ISA");
  if (forced != NULL && forced[0] != '\0' && strcmp(forced, isa) != 0) {
    say(e, FINDING_WARN, "isa", "unset CTF_ISA for full speed", "the processor has %s, CTF_ISA=%s limits it", isa,
        forced);
  } else if (strcmp(isa, "base") == 0) {
    say(e, FINDING_WARN, "isa", "a processor with AVX2 runs several times as fast",
        "the processor has neither AVX2 nor AVX-512");
  } else {
    say(e, FINDING_OK, "isa", NULL, "the processor has %s", isa);
  }
  say(e, FINDING_OK, "libc", NULL, "glibc %s", gnu_get_libc_version());
}

// CPUs that the cgroup's quota allows; 0: no quota.
static double cgroup_cpus(void) {
  char line[256];
  double quota, period = 100000;
  if (first_line("/sys/fs/cgroup/cpu.max", line, sizeof(line))) {
    return sscanf(line, "%lf %lf", &quota, &period) == 2 && period > 0 ? quota / period : 0;
  }
  if (!first_line("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", line, sizeof(line)) || sscanf(line, "%lf", &quota) != 1)
    return 0;
  if (first_line("/sys/fs/cgroup/cpu/cpu.cfs_period_us", line, sizeof(line))) sscanf(line, "%lf", &period);
  return quota > 0 && period > 0 ? quota / period : 0;
}

static void look_at_threads(examination* e) {
  cpu_set_t cpus;
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  const int allowed = sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? CPU_COUNT(&cpus) : (int)online;
  const double quota = cgroup_cpus();
  if (quota > 0 && quota < allowed) {
    say(e, quota < 1 ? FINDING_WARN : FINDING_OK, "cpus", quota < 1 ? "raise the quota to a whole CPU at least" : NULL,
        "%ld online, %d allowed, the cgroup's quota is %.2f", online, allowed, quota);
  } else {
    say(e, FINDING_OK, "cpus", NULL, "%ld online, %d allowed, no quota below that", online, allowed);
  }
  struct rlimit limit;
  if (getrlimit(RLIMIT_NPROC, &limit) == 0 && limit.rlim_cur < (rlim_t)(2 * allowed + 8)) {
    say(e, FINDING_FAIL, "threads", "raise it with ulimit -u", "this user may have %llu processes and threads",
        (unsigned long long)limit.rlim_cur);
  } else {
    say(e, FINDING_OK, "threads", NULL, "enough may be started");
  }
}

static void look_at_memory(examination* e) {
  char line[256];
  CTF_MemoryInfo info = {.struct_size = sizeof(info)};
  CTF_GetMemoryInfo(NULL, "cpu", &info, NULL);
  const double limit = (double)info.limit_bytes / 1048576;
  if (info.limit_bytes == SIZE_MAX) {
    say(e, FINDING_WARN, "budget", "give -m, so that too large a model is refused", "there is no limit of memory");
  } else if (info.limit_bytes < (size_t)64 << 20) {
    say(e, FINDING_FAIL, "budget", "free memory, or raise the cgroup's limit or -m", "%.1f MiB may be used", limit);
  } else {
    say(e, FINDING_OK, "budget", NULL, "%.1f MiB may be used", limit);
  }
  if (first_line("/sys/fs/cgroup/memory.max", line, sizeof(line)) ||
      first_line("/sys/fs/cgroup/memory/memory.limit_in_bytes", line, sizeof(line))) {
    const double bytes = strtod(line, NULL);
    if (strcmp(line, "max") == 0 || bytes >= 0x1p62) {
      say(e, FINDING_OK, "cgroup", NULL, "no limit of memory");
    } else {
      say(e, FINDING_OK, "cgroup", NULL, "the limit of memory is %.1f MiB", bytes / 1048576);
    }
  } else {
    say(e, FINDING_OK, "cgroup", NULL, "none with a limit of memory");
  }
  if (first_line("/sys/kernel/mm/transparent_hugepage/enabled", line, sizeof(line))) {
    const bool never = strstr(line, "[never]") != NULL;
    say(e, never ? FINDING_WARN : FINDING_OK, "huge pages",
        never ? "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled makes large models faster" : NULL,
        "transparent: %s", line);
  }
  if (first_line("/proc/sys/vm/overcommit_memory", line, sizeof(line))) {
    const bool strict = strcmp(line, "2") == 0;
    say(e, strict ? FINDING_WARN : FINDING_OK, "overcommit",
        strict ? "arenas count from the time they are reserved; vm.overcommit_memory=0 or 1 is kinder" : NULL,
        "vm.overcommit_memory is %s", line);
  }
  struct rlimit address;
  if (getrlimit(RLIMIT_AS, &address) == 0 && address.rlim_cur != RLIM_INFINITY) {
    say(e, FINDING_WARN, "addresses", "ulimit -v unlimited lets large files be mapped",
        "the address space is limited to %.1f MiB", (double)address.rlim_cur / 1048576);
  }
}

// What the library may open when it needs it.
static void look_at_libraries(examination* e) {
  void* blas = dlopen("libopenblas.so.0", RTLD_LAZY | RTLD_LOCAL);
  if (blas != NULL) {
    char* (*config)(void) = NULL;
    *(void**)&config = dlsym(blas, "openblas_get_config");
    say(e, FINDING_OK, "openblas", NULL, "%s (this build's own kernels do not need it)",
        config != NULL ? config() : "there");
    dlclose(blas);
  } else {
    say(e, FINDING_OK, "openblas", NULL, "not there; this build's own kernels do not need it");
  }
  void* driver = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
  if (driver != NULL) {
    say(e, FINDING_WARN, "gpu", "the CPU is used", "there is a CUDA driver, and this build has no GPU kernels");
    dlclose(driver);
  } else {
    say(e, FINDING_OK, "gpu", NULL, "no CUDA driver; the CPU is used");
  }
}

// A product through the whole library, so that a broken installation shows.
static void try_run(examination* e) {
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  TF_Session* session = NULL;
  TF_Tensor *three = TF_AllocateTensor(TF_FLOAT, NULL, 0, sizeof(float)), *nine = NULL;
  const char* what = "no memory";
  if (status != NULL && graph != NULL && three != NULL) {
    *(float*)TF_TensorData(three) = 3;
    TF_OperationDescription* description = TF_NewOperation(graph, "Const", "three");
    TF_SetAttrTensor(description, "value", three, status);
    TF_SetAttrType(description, "dtype", TF_FLOAT);
    TF_Operation* constant = TF_FinishOperation(description, status);
    description = TF_NewOperation(graph, "Square", "nine");
    TF_AddInput(description, (TF_Output){constant, 0});
    TF_Operation* square = TF_FinishOperation(description, status);
    session = TF_NewSession(graph, NULL, status);
    const TF_Output fetch = {square, 0};
    if (session != NULL) TF_SessionRun(session, NULL, NULL, NULL, 0, &fetch, &nine, 1, NULL, 0, NULL, status);
    what = TF_Message(status);
  }
  if (nine != NULL && *(float*)TF_TensorData(nine) == 9) {
    say(e, FINDING_OK, "run", NULL, "a small graph gives what it should (ctf %s)", CTF_Version());
  } else {
    say(e, FINDING_FAIL, "run", "install ctf again", "a small graph does not run; %s", what);
  }
  TF_DeleteSession(session, status);
  TF_DeleteTensor(three);
  TF_DeleteTensor(nine);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
}

int doctor(const options* o) {
  examination e = {.json = o->json, .first = true};
  if (o->json) printf("{\"schema\":\"ctfrun/1\",\"checks\":[");
  look_at_cpu(&e);
  look_at_threads(&e);
  look_at_memory(&e);
  look_at_libraries(&e);
  try_run(&e);
  if (o->json) printf("],\"ok\":%s}\n", e.worst < FINDING_FAIL ? "true" : "false");
  return e.worst < FINDING_FAIL ? EXIT_DONE : EXIT_NO;
}
