// What the pool says of workers that answer, die, hang and end badly. This program is its own worker: each job is the
// name of a deed.
#include "tests/conform/pool.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/conform/sanitizers.h"
#include "tests/conform/text.h"

static const char kWorker[] = "--pool-worker";

static int worker(void) {
  uint8_t* job;
  size_t bytes;
  int code = 0;
  while (worker_receive(&job, &bytes)) {
    char* deed = must_copy((const char*)job, bytes < 32 ? bytes : 32);
    if (strcmp(deed, "abort") == 0) signal(SIGABRT, SIG_DFL), fprintf(stderr, "last words"), abort();
    if (strcmp(deed, "exit") == 0) _exit(7);
    if (strcmp(deed, "hang") == 0) {
      for (;;) pause();
    }
    if (strcmp(deed, "in pieces") == 0) {  // an answer whose bytes come one by one
      const uint8_t frame[] = {4, 0, 0, 0, 0, 0, 0, 0, 'd', 'o', 'n', 'e'};
      for (size_t i = 0; i < sizeof(frame); ++i) {
        if (write(3, &frame[i], 1) != 1) _exit(9);
      }
    } else {
      if (strcmp(deed, "end badly") == 0) code = WORKER_LEAKED;
      worker_send(job, bytes);
    }
    free(deed);
    free(job);
  }
  return code;
}

typedef struct expected {
  const char* job;
  pool_outcome outcome;
  int detail;
  const char* answer;
} expected;

typedef struct record {
  const expected* rows;
  size_t num_rows;
  size_t next;
  size_t num_done;
  size_t num_failed_workers;
} record;

static bool next_job(void* context, size_t* out_id, pool_job* out_job) {
  record* self = context;
  if (self->next == self->num_rows) return false;
  *out_id = self->next++;
  const expected* row = &self->rows[*out_id];
  *out_job = (pool_job){row->job, strlen(row->job), row->outcome == POOL_TIMEOUT ? 0.5 : 60};
  return true;
}

static void job_done(void* context, size_t id, const pool_result* result) {
  record* self = context;
  const expected* row = &self->rows[id];
  ++self->num_done;
  if (result->outcome != row->outcome || (row->outcome != POOL_TIMEOUT && result->detail != row->detail) ||
      strcmp(result->answer, row->answer) != 0) {
    fail_msg("'%s': outcome %d, detail %d, answer '%s'", row->job, result->outcome, result->detail, result->answer);
  }
  if (strcmp(row->job, "abort") == 0) assert_non_null(strstr(result->last_words, "last words"));
}

static void worker_failed(void* context, const pool_result* result) {
  record* self = context;
  assert_int_equal(result->outcome, POOL_EXIT);
  assert_int_equal(result->detail, WORKER_LEAKED);
  ++self->num_failed_workers;
}

static record run_rows(const expected* rows, size_t count, size_t num_workers, size_t jobs_per_worker) {
  char program[] = "pool_test";
  char flag[sizeof(kWorker)];
  memcpy(flag, kWorker, sizeof(flag));
  char* argv[] = {program, flag, NULL};
  record self = {.rows = rows, .num_rows = count};
  const pool_options options = {.argv = argv, .num_workers = num_workers, .jobs_per_worker = jobs_per_worker};
  const pool_client client = {&self, next_job, job_done, worker_failed};
  assert_true(pool_run(&options, &client));
  assert_int_equal(self.num_done, count);
  return self;
}

static const expected kRows[] = {
    {"first", POOL_ANSWER, 0, "first"},
    {"abort", POOL_SIGNAL, SIGABRT, ""},
    {"in pieces", POOL_ANSWER, 0, "done"},
    {"exit", POOL_EXIT, 7, ""},
    {"", POOL_ANSWER, 0, ""},
    {"hang", POOL_TIMEOUT, 0, ""},
    {"after all", POOL_ANSWER, 0, "after all"},
};
enum { NUM_ROWS = sizeof(kRows) / sizeof(*kRows) };

static void one_worker_goes_on(void** state) {
  (void)state;
  const record result = run_rows(kRows, NUM_ROWS, 1, 0);
  assert_int_equal(result.num_failed_workers, 0);
}

static void many_workers(void** state) {
  (void)state;
  const record result = run_rows(kRows, NUM_ROWS, 5, 0);
  assert_int_equal(result.num_failed_workers, 0);
}

// With a process a job, how the process ends is the job's outcome, and its answer stays readable.
static void end_of_a_process_counts(void** state) {
  (void)state;
  static const expected rows[] = {{"well", POOL_ANSWER, 0, "well"},
                                  {"end badly", POOL_EXIT, WORKER_LEAKED, "end badly"},
                                  {"well again", POOL_ANSWER, 0, "well again"}};
  const record result = run_rows(rows, 3, 2, 1);
  assert_int_equal(result.num_failed_workers, 0);
}

// With many jobs a process, the last one is not to blame for a bad end.
static void end_of_a_worker_is_told(void** state) {
  (void)state;
  static const expected rows[] = {{"end badly", POOL_ANSWER, 0, "end badly"}, {"well", POOL_ANSWER, 0, "well"}};
  const record result = run_rows(rows, 2, 1, 0);
  assert_int_equal(result.num_failed_workers, 1);
}

static void large_jobs(void** state) {
  (void)state;
  enum { BYTES = 3 << 20 };  // far more than a pipe holds, in both directions
  char* large = must_alloc(BYTES + 1);
  memset(large, 'x', BYTES);
  const expected rows[] = {{large, POOL_ANSWER, 0, large}, {"small", POOL_ANSWER, 0, "small"}};
  const record result = run_rows(rows, 2, 1, 0);
  assert_int_equal(result.num_failed_workers, 0);
  free(large);
}

int main(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], kWorker) == 0) return worker();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_worker_goes_on),
      cmocka_unit_test(many_workers),
      cmocka_unit_test(end_of_a_process_counts),
      cmocka_unit_test(end_of_a_worker_is_told),
      cmocka_unit_test(large_jobs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
