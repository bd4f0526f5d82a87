// Worker processes, each started by exec of this program: jobs go in, answers come out, and a worker that dies or hangs
// takes nothing with it but its job.
#ifndef CTF_TESTS_CONFORM_POOL_H_
#define CTF_TESTS_CONFORM_POOL_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum pool_outcome {
  POOL_ANSWER,   // and the worker went well, or goes on
  POOL_SIGNAL,   // it died by signal `detail`
  POOL_EXIT,     // it exited with `detail` before or after its answer
  POOL_TIMEOUT,  // it was killed at its limit
} pool_outcome;

typedef struct pool_result {
  pool_outcome outcome;
  int detail;
  const char* answer;  // NUL-terminated; "" when there is none
  size_t answer_bytes;
  const char* last_words;  // what the worker wrote last to its stdout and stderr
  size_t peak_bytes;       // RssAnon + RssShmem at most, as far as it was sampled
  double seconds;
} pool_result;

typedef struct pool_job {
  const void* data;  // lives until next_job is called again
  size_t bytes;
  double limit_s;
} pool_job;

typedef struct pool_client {
  void* context;
  bool (*next_job)(void* context, size_t* out_id, pool_job* out_job);  // false: there are no more
  void (*job_done)(void* context, size_t id, const pool_result* result);
  // A worker that had answered all it was given and did not end well (a leak check at exit, for one).
  void (*worker_failed)(void* context, const pool_result* result);
} pool_client;

typedef struct pool_options {
  char* const* argv;  // of the workers; argv[0] is this program whatever it says
  size_t num_workers;
  size_t jobs_per_worker;  // 0: no limit. With 1 a job is done when its worker has ended.
  bool sample_memory;
} pool_options;

// False when no worker can be started at all.
bool pool_run(const pool_options* options, const pool_client* client);

// ---- the worker's side

// Waits for a job, which the caller frees. False: there will be none.
bool worker_receive(uint8_t** out_data, size_t* out_bytes);
bool worker_send(const void* data, size_t bytes);

#endif  // CTF_TESTS_CONFORM_POOL_H_
