// What a parent asks of a worker, and the worker's answer, as bytes. Both are the same program, so the layout is ours.
#ifndef CTF_TESTS_CONFORM_JOB_H_
#define CTF_TESTS_CONFORM_JOB_H_

#include "tests/conform/execute.h"

typedef enum job_kind {
  JOB_CONFORMANCE,    // bytes: a Case; import_only: it is exported and imported again, and not run
  JOB_HOSTILE,        // bytes: a Case, with terms
  JOB_RAW,            // bytes: what may be a GraphDef, with `expect`
  JOB_MODEL,          // folder: of a model with its case.json
  JOB_REFUSED_MODEL,  // folder: of a model that is refused with `expect`
} job_kind;

// Views into the encoded job.
typedef struct job {
  job_kind kind;
  bool import_only;
  const char* expect;
  const char* folder;
  const char* deadlines;
  conform_bytes bytes;
} job;

void job_encode(const job* of, text_buffer* out_text);
bool job_decode(const uint8_t* data, size_t bytes, job* out_job);

void answer_encode(verdict verdict_of, const char* why, text_buffer* out_text);
// The reason stands in `answer`. False: it is no answer.
bool answer_decode(const char* answer, size_t bytes, verdict* out_verdict, const char** out_why);

// How a worker is to work; travels on its command line.
typedef struct worker_options {
  driver_options driver;
  bool check_leaks;       // blocks of the library that live on after a case; else cases are only run
  bool check_good_run;    // after each case
  bool limit_addresses;   // to 8 GiB
  uint64_t budget_bytes;  // of the CPU; 0: the library's own
  uint64_t fail_every;    // every Nth allocation fails; 0: none
} worker_options;

// The command line of a worker, for pool_options; freed with worker_argv_free.
char** worker_argv_create(const worker_options* options);
void worker_argv_free(char** argv);
bool worker_argv_is(int argc, char** argv);  // whether this process is a worker
int worker_main(int argc, char** argv);

#endif  // CTF_TESTS_CONFORM_JOB_H_
