#include "tools/ctfrun/watch.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/ctfrun/failure.h"

#define NS_PER_MS 1000000
#define NS_PER_S 1000000000
enum { TICK_MS = 100, QUIET_MS = 500, TERMINAL_STALL_MS = 30000 };

static struct watch {
  pthread_t thread;
  bool begun;
  sigset_t signals;
  bool progress, stall_exit, is_json;
  int64_t stall_ms;
  pthread_mutex_t lock;  // guards what follows
  CTF_Cancellation* cancellation;
  bool running, over, line_shown;
  long total, done;
  int64_t started_ns, last_ns, said_ns;
  int verdict;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void clear_line(void) {
  if (state.line_shown) fprintf(stderr, "\r\033[K");
  state.line_shown = false;
}

static void say_how_far(int64_t now) {
  clear_line();
  if (!state.running) {
    note(NOTE_ALWAYS, "no run is under way");
    return;
  }
  char of[32] = "";
  if (state.total > 0) snprintf(of, sizeof(of), " of %ld", state.total);
  note(NOTE_ALWAYS, "step %ld%s has been running for %.1f s; %ld done, the last %.1f s ago", state.done + 1, of,
       (double)(now - state.last_ns) / 1e9, state.done, (double)(now - state.last_ns) / 1e9);
}

static void take_signal(int number, int64_t now) {
  if (number == SIGQUIT || number == SIGUSR1) {
    say_how_far(now);
    return;
  }
  if (number != SIGINT && number != SIGTERM) return;
  if (!state.running || state.verdict != 0) {
    clear_line();
    _exit(EXIT_SIGNAL + number);
  }
  state.verdict = EXIT_SIGNAL + number;
  CTF_Cancel(state.cancellation, number == SIGINT ? "interrupted by Ctrl-C" : "ended by SIGTERM");
}

static void look_for_stall(int64_t now) {
  if (!state.running || state.stall_ms <= 0) return;
  const int64_t since = state.said_ns > state.last_ns ? state.said_ns : state.last_ns;
  if (now - since < state.stall_ms * NS_PER_MS) return;
  state.said_ns = now;
  say_how_far(now);
  if (!state.stall_exit) {
    note(NOTE_ALWAYS, "waiting on; end it with Ctrl-C, or give --timeout or --stall-exit");
    return;
  }
  if (state.verdict != 0) return;
  state.verdict = EXIT_ENGINE + TF_DEADLINE_EXCEEDED;
  CTF_Cancel(state.cancellation, "no step ended in time");
}

static void show_progress(int64_t now) {
  if (!state.progress || !state.running || now - state.started_ns < QUIET_MS * NS_PER_MS) return;
  CTF_MemoryInfo info = {.struct_size = sizeof(info)};
  CTF_GetMemoryInfo(NULL, "cpu", &info, NULL);
  const double seconds = (double)(now - state.started_ns) / 1e9;
  fprintf(stderr, "\rstep %ld", state.done);
  if (state.total > 0) fprintf(stderr, "/%ld  %ld %%", state.total, 100 * state.done / state.total);
  if (state.done > 0) fprintf(stderr, "  %.3g s/step", seconds / (double)state.done);
  fprintf(stderr, "  mem %.1f", (double)info.used_bytes / 1048576);
  if (info.limit_bytes != SIZE_MAX) fprintf(stderr, "/%.0f", (double)info.limit_bytes / 1048576);
  fprintf(stderr, " MiB");
  if (state.total > 0 && state.done > 0) {
    fprintf(stderr, "  eta %.0f s", seconds / (double)state.done * (double)(state.total - state.done));
  }
  fprintf(stderr, "\033[K");
  fflush(stderr);
  state.line_shown = true;
}

static void* watch_thread(void* arg) {
  (void)arg;
  const struct timespec tick = {.tv_nsec = TICK_MS * NS_PER_MS};
  for (;;) {
    const int number = sigtimedwait(&state.signals, NULL, &tick);
    const int64_t now = now_ns();
    pthread_mutex_lock(&state.lock);
    const bool over = state.over;
    if (number > 0) take_signal(number, now);
    look_for_stall(now);
    show_progress(now);
    pthread_mutex_unlock(&state.lock);
    if (over) return NULL;
  }
}

int watch_begin(const options* o) {
  const int kSignals[] = {SIGINT, SIGTERM, SIGQUIT, SIGUSR1, SIGUSR2};
  const bool terminal = isatty(STDERR_FILENO) && !o->quiet;
  state.progress = o->progress == WHEN_ALWAYS || (o->progress == WHEN_AUTO && terminal);
  state.stall_exit = o->stall_exit;
  state.stall_ms = o->stall_ms >= 0 ? o->stall_ms : terminal ? TERMINAL_STALL_MS : 0;
  state.cancellation = CTF_NewCancellation(NULL);
  if (state.cancellation == NULL) return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for the run; raise -m");
  sigemptyset(&state.signals);
  for (size_t i = 0; i < sizeof(kSignals) / sizeof(kSignals[0]); ++i) sigaddset(&state.signals, kSignals[i]);
  pthread_sigmask(SIG_BLOCK, &state.signals, NULL);
  const int error = pthread_create(&state.thread, NULL, watch_thread, NULL);
  if (error != 0) return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no thread for the run; %s", strerror(error));
  state.begun = true;
  return 0;
}

void watch_end(void) {
  if (state.begun) {
    pthread_mutex_lock(&state.lock);
    state.over = true;
    clear_line();
    pthread_mutex_unlock(&state.lock);
    pthread_kill(state.thread, SIGUSR2);  // wakes it
    pthread_join(state.thread, NULL);
    state.begun = false;
  }
  CTF_DeleteCancellation(state.cancellation);
  state.cancellation = NULL;
}

CTF_Cancellation* watch_runs(long total) {
  pthread_mutex_lock(&state.lock);
  state.total = total;
  state.done = 0;
  state.started_ns = state.last_ns = now_ns();
  state.running = true;
  pthread_mutex_unlock(&state.lock);
  return state.cancellation;
}

void watch_step_done(void) {
  pthread_mutex_lock(&state.lock);
  ++state.done;
  state.last_ns = now_ns();
  pthread_mutex_unlock(&state.lock);
}

void watch_runs_over(void) {
  pthread_mutex_lock(&state.lock);
  state.running = false;
  clear_line();
  pthread_mutex_unlock(&state.lock);
}

int watch_verdict(void) {
  pthread_mutex_lock(&state.lock);
  const int verdict = state.verdict;
  pthread_mutex_unlock(&state.lock);
  return verdict;
}
