// --isolate: the run in a child process that cannot take more than the budget, so that a fault there is a report here.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/verbs.h"

#define MIB ((size_t)1 << 20)
// Beside what the budget counts: stacks of threads, which are private memory whether touched or not, and the heap's
// own.
#define SLACK (64 * MIB)
#define STACK (8 * MIB)

// The least budget of --mem, or what the library would take; SIZE_MAX: none.
static size_t budget(const options* o) {
  size_t least = SIZE_MAX, bytes;
  double percent;
  CTF_MemoryInfo info = {.struct_size = sizeof(info)};
  CTF_GetMemoryInfo(NULL, "cpu", &info, NULL);
  if (o->memory == NULL) return info.limit_bytes;
  for (const char* at = o->memory; *at != '\0';) {
    char text[64];
    const size_t length = strcspn(at, ",");
    const char* equals = memchr(at, '=', length);
    const char* amount = equals != NULL ? equals + 1 : at;
    snprintf(text, sizeof(text), "%.*s", (int)(at + length - amount), amount);
    (void)parse_bytes(text, &bytes, &percent);
    if (percent > 0) bytes = (size_t)((double)info.limit_bytes * percent / 100);
    if (bytes < least) least = bytes;
    at += length + (at[length] == ',');
  }
  return least;
}

// Private memory of this process that can be written, as RLIMIT_DATA counts it: VmData of /proc/self/status.
static size_t private_bytes(void) {
  char line[256];
  unsigned long kib = 0;
  FILE* file = fopen("/proc/self/status", "r");
  while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
    if (sscanf(line, "VmData: %lu", &kib) == 1) break;
  }
  if (file != NULL) fclose(file);
  return kib * 1024;
}

static void limit_child(const options* o) {
  const struct rlimit no_core = {0, 0};
  const size_t bytes = budget(o);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setrlimit(RLIMIT_CORE, &no_core);
  if (bytes > SIZE_MAX / 2) return;
  const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  const size_t threads = (size_t)(cpus > 0 ? cpus : 1) + (size_t)o->jobs + 4;
  const rlim_t limit = private_bytes() + bytes + SLACK + threads * STACK;
  const struct rlimit data = {limit, limit};
  if (setrlimit(RLIMIT_DATA, &data) != 0)
    note(NOTE_ALWAYS, "--isolate: no hard limit on memory here; %s", strerror(errno));
}

static volatile sig_atomic_t child_pid;  // for the handler

// Ctrl-C reaches the child by itself; what is sent to this process alone is passed on.
static void pass_on(int number) {
  if (child_pid > 0) kill(child_pid, number);
}

bool isolate(const options* o, int* out_code) {
  fflush(stdout);
  const pid_t child = fork();
  if (child < 0) {
    *out_code = fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "--isolate: no child process; %s", strerror(errno));
    return true;
  }
  if (child == 0) {
    limit_child(o);
    return false;
  }
  int status = 0;
  child_pid = child;
  signal(SIGINT, SIG_IGN);
  signal(SIGQUIT, SIG_IGN);
  signal(SIGTERM, pass_on);
  signal(SIGUSR1, pass_on);
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  child_pid = 0;
  if (WIFEXITED(status)) {
    *out_code = WEXITSTATUS(status);
    return true;
  }
  const int number = WTERMSIG(status);
  *out_code =
      fail(EXIT_SIGNAL + number, "the run was ended by signal %d (%s)%s; this process and what it holds are unharmed",
           number, strsignal(number),
           number == SIGKILL ? ", as when the machine has no memory left; give a smaller -m" : "");
  return true;
}
