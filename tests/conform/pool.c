#include "tests/conform/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/conform/text.h"
#include "tests/support/resident.h"

// Both ways a frame is its length and its bytes. Jobs arrive on the worker's stdin; answers leave on a descriptor of
// their own, since ops may print.
enum { JOBS_FD = 0, ANSWERS_FD = 3 };
enum { SAMPLE_MS = 5, END_LIMIT_S = 20, LAST_WORDS = 2000 };

typedef enum worker_state {
  WORKER_NONE,    // no process
  WORKER_IDLE,    // waits for a job
  WORKER_BUSY,    // has one
  WORKER_ENDING,  // was told that there are no more
} worker_state;

typedef struct worker {
  worker_state state;
  pid_t pid;
  int jobs;     // where jobs go, -1 when closed
  int answers;  // where answers come from
  int output;   // what the process prints: a file in memory
  size_t id;    // of the job
  size_t num_jobs;
  text_buffer frame;  // of the job
  size_t frame_sent;
  text_buffer received;  // of the answer, and of nothing after it
  bool answered;         // the answer stands in `received`, the worker has yet to end
  bool killed;
  double started;
  double limit;
  double seconds;
  size_t peak_bytes;
} worker;

typedef struct pool {
  const pool_options* options;
  const pool_client* client;
  worker* workers;
  bool no_more_jobs;
} pool;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int above(int fd) {  // out of the way of the descriptors that the child is given
  const int moved = fcntl(fd, F_DUPFD_CLOEXEC, 10);
  close(fd);
  return moved;
}

static bool open_pipe(int* out_read, int* out_write) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  *out_read = above(ends[0]);
  *out_write = above(ends[1]);
  return *out_read >= 0 && *out_write >= 0;
}

static bool spawn(const pool_options* options, worker* out_worker) {
  int child_jobs = -1;
  int child_answers = -1;
  worker result = {.jobs = -1, .answers = -1, .frame = out_worker->frame, .received = out_worker->received};
  bool good = open_pipe(&child_jobs, &result.jobs) && open_pipe(&result.answers, &child_answers);
  result.output = good ? above(memfd_create("output", MFD_CLOEXEC)) : -1;
  good = good && result.output >= 0;
  if (good) {
    fcntl(result.output, F_SETFL, O_APPEND);  // so that it may be emptied while the worker writes
    fcntl(result.jobs, F_SETFL, O_NONBLOCK);  // a worker that does not read must not stop its parent
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, child_jobs, JOBS_FD);
    posix_spawn_file_actions_adddup2(&actions, result.output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, result.output, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, child_answers, ANSWERS_FD);
    good = posix_spawn(&result.pid, "/proc/self/exe", &actions, NULL, options->argv, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
  }
  if (child_jobs >= 0) close(child_jobs);
  if (child_answers >= 0) close(child_answers);
  if (!good) {
    if (result.jobs >= 0) close(result.jobs);
    if (result.answers >= 0) close(result.answers);
    if (result.output >= 0) close(result.output);
    return false;
  }
  result.state = WORKER_IDLE;
  *out_worker = result;
  return true;
}

static void read_last_words(const worker* of, text_buffer* out_words) {
  const off_t size = lseek(of->output, 0, SEEK_END);
  const off_t start = size > LAST_WORDS ? size - LAST_WORDS : 0;
  char buffer[LAST_WORDS];
  const ssize_t got = pread(of->output, buffer, sizeof(buffer), start);
  text_append_bytes(out_words, buffer, got > 0 ? (size_t)got : 0);
}

static pool_result describe(const worker* of, const text_buffer* words) {
  const size_t header = sizeof(uint64_t);
  const bool whole = of->answered;
  return (pool_result){.answer = whole ? of->received.data + header : "",
                       .answer_bytes = whole ? of->received.length - header : 0,
                       .last_words = text_get(words),
                       .peak_bytes = of->peak_bytes,
                       .seconds = of->seconds};
}

static void finish_job(pool* self, worker* of, pool_outcome outcome, int detail) {
  text_buffer words = {0};
  read_last_words(of, &words);
  pool_result result = describe(of, &words);
  result.outcome = outcome;
  result.detail = detail;
  self->client->job_done(self->client->context, of->id, &result);
  text_free(&words);
  text_clear(&of->received);
  of->answered = false;
}

// The process has ended or is to: takes its status and says what became of its job.
static void reap(pool* self, worker* of) {
  int status = 0;
  if (of->killed) kill(of->pid, SIGKILL);
  while (waitpid(of->pid, &status, 0) < 0 && errno == EINTR) continue;
  pool_outcome outcome = WIFSIGNALED(status) ? POOL_SIGNAL : POOL_EXIT;
  int detail = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  if (of->killed) outcome = POOL_TIMEOUT;
  const bool well = outcome == POOL_EXIT && detail == 0;
  if (of->answered && well) {
    finish_job(self, of, POOL_ANSWER, 0);
  } else if (of->answered || of->state == WORKER_BUSY) {
    if (!of->answered) of->seconds = now() - of->started;
    finish_job(self, of, outcome, detail);
  } else if (!well) {
    text_buffer words = {0};
    read_last_words(of, &words);
    pool_result result = describe(of, &words);
    result.outcome = outcome;
    result.detail = detail;
    self->client->worker_failed(self->client->context, &result);
    text_free(&words);
  }
  if (of->jobs >= 0) close(of->jobs);
  close(of->answers);
  close(of->output);
  of->state = WORKER_NONE;
}

static void tell_to_end(worker* of) {
  close(of->jobs);
  of->jobs = -1;
  of->state = WORKER_ENDING;
  of->started = now();
  of->limit = of->started + END_LIMIT_S;
}

static void give_job(pool* self, worker* of) {
  pool_job job;
  const size_t limit = self->options->jobs_per_worker;
  if (limit != 0 && of->num_jobs == limit) {
    tell_to_end(of);
    return;
  }
  if (self->no_more_jobs || !self->client->next_job(self->client->context, &of->id, &job)) {
    self->no_more_jobs = true;
    tell_to_end(of);
    return;
  }
  const uint64_t length = job.bytes;
  text_clear(&of->frame);
  text_append_bytes(&of->frame, &length, sizeof(length));
  text_append_bytes(&of->frame, job.data, job.bytes);
  of->frame_sent = 0;
  if (ftruncate(of->output, 0) != 0) perror("ctfconform: output of a worker");
  of->state = WORKER_BUSY;
  ++of->num_jobs;
  of->started = now();
  of->limit = of->started + job.limit_s;
  of->peak_bytes = 0;
}

static void send_job(worker* of) {
  const ssize_t sent = write(of->jobs, of->frame.data + of->frame_sent, of->frame.length - of->frame_sent);
  // A worker that has closed its end is dying: its answers' end says so too, and more.
  if (sent < 0 && errno != EAGAIN && errno != EINTR) of->frame_sent = of->frame.length;
  if (sent > 0) of->frame_sent += (size_t)sent;
}

// True while the answer is not complete and the worker lives.
static bool receive(worker* of) {
  char buffer[1 << 16];
  const ssize_t got = read(of->answers, buffer, sizeof(buffer));
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (got <= 0) return false;
  text_append_bytes(&of->received, buffer, (size_t)got);
  uint64_t length = 0;
  if (of->received.length < sizeof(length)) return true;
  memcpy(&length, of->received.data, sizeof(length));
  of->answered = of->received.length == sizeof(length) + length;
  return true;
}

static void handle_answer(pool* self, worker* of) {
  if (!receive(of)) {
    reap(self, of);
    return;
  }
  if (!of->answered || of->state != WORKER_BUSY) return;
  of->seconds = now() - of->started;
  if (self->options->jobs_per_worker == 1) {
    tell_to_end(of);  // how it ends is part of the job
  } else {
    finish_job(self, of, POOL_ANSWER, 0);
    of->state = WORKER_IDLE;
    give_job(self, of);
  }
}

static bool start_missing(pool* self) {
  for (size_t i = 0; i < self->options->num_workers && !self->no_more_jobs; ++i) {
    worker* of = &self->workers[i];
    if (of->state != WORKER_NONE) continue;
    if (!spawn(self->options, of)) return false;
    give_job(self, of);
  }
  return true;
}

// Waits for the next thing to happen. False: there is nothing to wait for.
static bool step(pool* self) {
  const size_t count = self->options->num_workers;
  struct pollfd* fds = must_alloc(2 * count * sizeof(*fds));
  double wait = 60;
  bool any = false;
  for (size_t i = 0; i < count; ++i) {
    worker* of = &self->workers[i];
    fds[2 * i].fd = fds[2 * i + 1].fd = -1;
    if (of->state == WORKER_NONE) continue;
    any = true;
    fds[2 * i] = (struct pollfd){.fd = of->answers, .events = POLLIN};
    const bool sending = of->state == WORKER_BUSY && of->frame_sent < of->frame.length;
    if (sending) fds[2 * i + 1] = (struct pollfd){.fd = of->jobs, .events = POLLOUT};
    const double left = of->limit - now();
    if (left < wait) wait = left > 0 ? left : 0;
  }
  if (self->options->sample_memory && wait > SAMPLE_MS * 1e-3) wait = SAMPLE_MS * 1e-3;
  if (any && poll(fds, 2 * count, (int)(wait * 1000) + 1) < 0 && errno != EINTR) perror("ctfconform: poll");
  for (size_t i = 0; any && i < count; ++i) {
    worker* of = &self->workers[i];
    if (of->state == WORKER_NONE) continue;
    if (self->options->sample_memory && of->state == WORKER_BUSY) {
      resident now_of;
      resident_read(of->pid, &now_of);
      if (resident_private(&now_of) > of->peak_bytes) of->peak_bytes = resident_private(&now_of);
    }
    if (fds[2 * i + 1].revents != 0) send_job(of);
    if (fds[2 * i].revents != 0) {
      handle_answer(self, of);
    } else if (now() > of->limit) {
      of->killed = true;
      reap(self, of);
    }
  }
  free(fds);
  return any;
}

bool pool_run(const pool_options* options, const pool_client* client) {
  pool self = {.options = options, .client = client};
  self.workers = must_alloc(options->num_workers * sizeof(*self.workers));
  signal(SIGPIPE, SIG_IGN);  // a worker may die while a job is written to it
  bool good = true;
  do {
    good = start_missing(&self);
  } while (step(&self) || (good && !self.no_more_jobs));
  for (size_t i = 0; i < options->num_workers; ++i) {
    text_free(&self.workers[i].frame);
    text_free(&self.workers[i].received);
  }
  free(self.workers);
  return good;
}

static bool read_all(int fd, void* data, size_t bytes) {
  for (size_t got = 0; got < bytes;) {
    const ssize_t more = read(fd, (char*)data + got, bytes - got);
    if (more < 0 && errno == EINTR) continue;
    if (more <= 0) return false;
    got += (size_t)more;
  }
  return true;
}

bool worker_receive(uint8_t** out_data, size_t* out_bytes) {
  uint64_t length;
  if (!read_all(JOBS_FD, &length, sizeof(length))) return false;
  uint8_t* data = must_alloc((size_t)length);
  if (!read_all(JOBS_FD, data, (size_t)length)) {
    free(data);
    return false;
  }
  *out_data = data;
  *out_bytes = (size_t)length;
  return true;
}

bool worker_send(const void* data, size_t bytes) {
  text_buffer frame = {0};
  const uint64_t length = bytes;
  text_append_bytes(&frame, &length, sizeof(length));
  text_append_bytes(&frame, data, bytes);
  size_t sent = 0;
  while (sent < frame.length) {
    const ssize_t more = write(ANSWERS_FD, frame.data + sent, frame.length - sent);
    if (more < 0 && errno == EINTR) continue;
    if (more <= 0) break;
    sent += (size_t)more;
  }
  const bool good = sent == frame.length;
  text_free(&frame);
  return good;
}
