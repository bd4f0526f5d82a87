// Writes lines to stderr or to a listener.
#include "runtime/log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_BYTES 1024

typedef void (*log_listener)(const char* line);

static _Atomic(log_listener) listener;
static atomic_int least_level = CTF_LOG_WARNING;

// Read while the callback runs, so that whoever replaces it knows when its argument is needed no more.
static struct {
  pthread_rwlock_t lock;
  ctf_log_callback function;
  void* arg;
} callback = {.lock = PTHREAD_RWLOCK_INITIALIZER};

static bool call_back(ctf_log_level level, const char* line) {
  pthread_rwlock_rdlock(&callback.lock);
  const bool is_set = callback.function != NULL;
  if (is_set) callback.function((int)(level == CTF_LOG_ASKED_FOR ? CTF_LOG_INFO : level), line, callback.arg);
  pthread_rwlock_unlock(&callback.lock);
  return is_set;
}

static const char* const kLevels[] = {"info", "warning", "error", "info"};

void ctf_log(ctf_log_level level, const char* format, ...) {
  if ((int)level < atomic_load_explicit(&least_level, memory_order_relaxed)) return;
  char line[LINE_BYTES];
  int used = snprintf(line, sizeof(line), "ctf: %s: ", kLevels[level]);
  va_list args;
  va_start(args, format);
  const int printed = vsnprintf(line + used, sizeof(line) - (size_t)used, format, args);
  va_end(args);
  used = printed < 0 ? used : used + printed;
  if (used > LINE_BYTES - 1) used = LINE_BYTES - 1;

  if (call_back(level, line)) return;
  const log_listener listen = atomic_load_explicit(&listener, memory_order_acquire);
  if (listen != NULL) {
    listen(line);
    return;
  }
  line[used] = '\n';  // in place of the end, so that the line leaves in one piece
  if (write(STDERR_FILENO, line, (size_t)used + 1) < 0) return;  // there is nowhere to say it
}

void ctf_log_set_level(ctf_log_level least) { atomic_store_explicit(&least_level, (int)least, memory_order_relaxed); }

void ctf_log_set_listener(void (*new_listener)(const char* line)) {
  atomic_store_explicit(&listener, new_listener, memory_order_release);
}

void ctf_log_set_callback(ctf_log_callback function, void* arg) {
  pthread_rwlock_wrlock(&callback.lock);
  callback.function = function;
  callback.arg = arg;
  pthread_rwlock_unlock(&callback.lock);
}
