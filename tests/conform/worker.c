// The worker's side: takes jobs, runs them on the engine, answers.
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include "ctf/ctf.h"
#include "runtime/memory.h"
#include "tests/conform/job.h"
#include "tests/conform/models.h"
#include "tests/conform/pool.h"
#include "tests/conform/sanitizers.h"

typedef struct job_header {
  uint64_t kind;
  uint64_t import_only;
  uint64_t lengths[4];  // with the NULs of the texts
} job_header;

void job_encode(const job* of, text_buffer* out_text) {
  const char* texts[3] = {of->expect != NULL ? of->expect : "", of->folder != NULL ? of->folder : "",
                          of->deadlines != NULL ? of->deadlines : ""};
  job_header header = {.kind = of->kind, .import_only = of->import_only};
  for (int i = 0; i < 3; ++i) header.lengths[i] = strlen(texts[i]) + 1;
  header.lengths[3] = of->bytes.bytes;
  text_clear(out_text);
  text_append_bytes(out_text, &header, sizeof(header));
  for (int i = 0; i < 3; ++i) text_append_bytes(out_text, texts[i], strlen(texts[i]) + 1);
  text_append_bytes(out_text, of->bytes.data, of->bytes.bytes);
}

bool job_decode(const uint8_t* data, size_t bytes, job* out_job) {
  job_header header;
  if (bytes < sizeof(header)) return false;
  memcpy(&header, data, sizeof(header));
  const uint8_t* parts[4];
  size_t at = sizeof(header);
  for (int i = 0; i < 4; ++i) {
    if (header.lengths[i] > bytes - at) return false;
    parts[i] = data + at;
    at += header.lengths[i];
  }
  *out_job = (job){.kind = (job_kind)header.kind,
                   .import_only = header.import_only != 0,
                   .expect = (const char*)parts[0],
                   .folder = (const char*)parts[1],
                   .deadlines = (const char*)parts[2],
                   .bytes = {parts[3], header.lengths[3]}};
  return at == bytes;
}

void answer_encode(verdict verdict_of, const char* why, text_buffer* out_text) {
  const uint8_t byte = (uint8_t)verdict_of;
  text_clear(out_text);
  text_append_bytes(out_text, &byte, 1);
  text_append_bytes(out_text, why, strlen(why) + 1);
}

bool answer_decode(const char* answer, size_t bytes, verdict* out_verdict, const char** out_why) {
  if (bytes < 2 || (uint8_t)answer[0] >= NUM_VERDICTS || answer[bytes - 1] != '\0') return false;
  *out_verdict = (verdict)(uint8_t)answer[0];
  *out_why = answer + 1;
  return true;
}

// ---- command line

static const char kWorker[] = "--worker";
enum { NUM_WORKER_ARGS = 13 };

char** worker_argv_create(const worker_options* options) {
  char** argv = must_alloc((NUM_WORKER_ARGS + 1) * sizeof(*argv));
  const char* device = options->driver.device != NULL ? options->driver.device : "cpu";
  const uint64_t numbers[] = {(uint64_t)options->driver.num_threads,
                              options->check_leaks,
                              options->check_good_run,
                              options->limit_addresses,
                              options->budget_bytes,
                              options->fail_every,
                              (uint64_t)options->driver.reimport,
                              options->driver.bits,
                              options->driver.check_peak,
                              options->driver.check_passes};
  argv[0] = must_copy("ctfconform", strlen("ctfconform"));
  argv[1] = must_copy(kWorker, strlen(kWorker));
  argv[2] = must_copy(device, strlen(device));
  for (int i = 3; i < NUM_WORKER_ARGS; ++i) {
    text_buffer number = {0};
    text_append(&number, "%" PRIu64, numbers[i - 3]);
    argv[i] = number.data;
  }
  return argv;
}

void worker_argv_free(char** argv) {
  for (int i = 0; i < NUM_WORKER_ARGS; ++i) free(argv[i]);
  free(argv);
}

bool worker_argv_is(int argc, char** argv) { return argc == NUM_WORKER_ARGS && strcmp(argv[1], kWorker) == 0; }

static worker_options parse_arguments(char** argv) {
  uint64_t numbers[NUM_WORKER_ARGS - 3];
  for (int i = 3; i < NUM_WORKER_ARGS; ++i) numbers[i - 3] = strtoull(argv[i], NULL, 10);
  return (worker_options){.driver = {.device = argv[2],
                                     .num_threads = (int)numbers[0],
                                     .reimport = (reimport)numbers[6],
                                     .bits = numbers[7] != 0,
                          .check_peak = numbers[8] != 0,
                          .check_passes = numbers[9] != 0},
         .check_leaks = numbers[1] != 0, .check_good_run = numbers[2] != 0, .limit_addresses = numbers[3] != 0,
         .budget_bytes = numbers[4], .fail_every = numbers[5]
};
}

// ---- work

static verdict run_job(const job* of, const worker_options* options, text_buffer* why) {
  const hostile_terms terms = {
      .expect = of->expect, .folder = of->folder, .deadlines = of->deadlines, .import_only = of->import_only};
  switch (of->kind) {
    case JOB_CONFORMANCE:
      if (of->import_only) return execute_reimport(of->bytes, &options->driver, why);
      return execute_conformance(of->bytes, &options->driver, why);
    case JOB_HOSTILE:
      return execute_hostile(of->bytes, &options->driver, &terms, why);
    case JOB_RAW:
      return execute_raw(of->bytes, of->expect, why);
    case JOB_MODEL:
      return execute_model(of->folder, &options->driver, why);
    case JOB_REFUSED_MODEL:
      return execute_refused_model(of->folder, &options->driver, of->expect, why);
  }
  text_append(why, "unknown job");
  return VERDICT_FAIL;
}

static void sleep_ms(long milliseconds) {
  const struct timespec time = {.tv_nsec = milliseconds * 1000000L};
  nanosleep(&time, NULL);
}

// Blocks that were not there before. Threads of the engine may take a moment to give theirs back.
static uint64_t blocks_above(uint64_t before) {
  for (int i = 0; i < 40 && ctf_memory_num_live() > before; ++i) sleep_ms(5);
  const uint64_t after = ctf_memory_num_live();
  return after > before ? after - before : 0;
}

// A block that stays after the first time may be the process's own (a table made when it is first needed): what stays
// after the second time as well is lost.
static verdict run_and_count_blocks(const job* of, const worker_options* options, text_buffer* why) {
  const uint64_t before = ctf_memory_num_live();
  const verdict first = run_job(of, options, why);
  if (!options->check_leaks || blocks_above(before) == 0) return first;
  const uint64_t between = ctf_memory_num_live();
  text_buffer again = {0};
  run_job(of, options, &again);
  text_free(&again);
  const uint64_t lost = blocks_above(between);
  if (lost == 0) return first;
  text_clear(why);
  text_append(why, "%" PRIu64 " blocks of the library are lost each time", lost);
  return VERDICT_LEAK;
}

// One attempt in which allocation `nth` fails. False: no allocation was the nth. What it lost, or what it ended with
// that is neither right nor for want of memory, is in `why`.
static bool attempt_with_failure(const job* of, const worker_options* options, uint64_t nth, bool was_right,
                                 verdict* out_verdict, text_buffer* why) {
  const uint64_t before = ctf_memory_num_live();
  text_buffer detail = {0};
  ctf_memory_fail_nth(nth, false);
  const verdict result = run_job(of, options, &detail);
  const bool met = ctf_memory_fault_met();
  ctf_memory_fail_nth(0, false);
  const uint64_t lost = blocks_above(before);
  *out_verdict = VERDICT_PASS;
  if (lost != 0) {
    text_append(why, "%" PRIu64 " blocks of the library are lost when allocation %" PRIu64 " fails", lost, nth);
    *out_verdict = VERDICT_LEAK;
  } else if (was_right && result == VERDICT_FAIL && strstr(text_get(&detail), "RESOURCE_EXHAUSTED") == NULL) {
    text_append(why, "when allocation %" PRIu64 " fails: %s", nth, text_get(&detail));
    *out_verdict = VERDICT_FAIL;
  }
  text_free(&detail);
  return met;
}

static double seconds_since(const struct timespec* start) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) * 1e-9;
}

// Fails allocation N, then in a new attempt 2N and so on, until an attempt meets no failure. The step doubles every
// ATTEMPTS_A_STEP attempts, so that a case of a million allocations is tried all along, and not for hours.
enum { ATTEMPTS_A_STEP = 64, FAILURES_LIMIT_S = 3 };

static verdict run_with_failures(const job* of, const worker_options* options, text_buffer* why) {
  text_buffer without = {0};
  const verdict plain = run_and_count_blocks(of, options, &without);  // what the process keeps is made here, unharmed
  verdict attempt = VERDICT_PASS;
  uint64_t num_failures = 0;
  uint64_t step = options->fail_every;
  uint64_t nth = step;
  bool met = true;
  struct timespec start;
  clock_gettime(CLOCK_MONOTONIC, &start);
  while (met && attempt == VERDICT_PASS && seconds_since(&start) < FAILURES_LIMIT_S) {
    met = attempt_with_failure(of, options, nth, plain == VERDICT_PASS, &attempt, why);
    if (met) ++num_failures;
    if (num_failures % ATTEMPTS_A_STEP == 0 && num_failures != 0) step *= 2;
    nth += step;
  }
  if (attempt == VERDICT_PASS) {
    text_append(why, "%s%s%" PRIu64 " failures met%s", text_get(&without), without.length != 0 ? "; " : "",
                num_failures, met ? ", more were left when time was up" : "");
  }
  text_free(&without);
  return attempt == VERDICT_PASS ? plain : attempt;
}

static verdict run_checked(const job* of, const worker_options* options, text_buffer* why) {
  verdict result =
      options->fail_every != 0 ? run_with_failures(of, options, why) : run_and_count_blocks(of, options, why);
  text_buffer good = {0};
  if (options->check_good_run && result != VERDICT_LEAK && !execute_good_run(&options->driver, &good)) {
    text_append(why, "%safterwards %s", why->length != 0 ? "; " : "", text_get(&good));
    result = VERDICT_FAIL;
  }
  text_free(&good);
  return result;
}

#define ADDRESSES_BYTES ((rlim_t)8 << 30)  // of a worker that runs hostile cases, as TensorFlow had

static bool prepare(const worker_options* options) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // a worker whose parent was killed ends too
  signal(SIGPIPE, SIG_DFL);
  const struct rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  uint64_t budget = options->budget_bytes;
  if (options->limit_addresses && !SANITIZED) {
    const struct rlimit limit = {ADDRESSES_BYTES, ADDRESSES_BYTES};
    setrlimit(RLIMIT_AS, &limit);
  } else if (options->limit_addresses && budget == 0) {
    budget =
        ADDRESSES_BYTES / 2;  // sanitizers map terabytes for their shadow, so that only the engine can be held to it
  }
  bool good = true;
  if (budget != 0) {
    TF_Status* status = TF_NewStatus();
    CTF_SetBudget("cpu", budget, status);
    good = TF_GetCode(status) == TF_OK;
    if (!good) fprintf(stderr, "budget: %s\n", TF_Message(status));
    TF_DeleteStatus(status);
  }
  text_buffer why = {0};
  if (good && (options->check_good_run || options->check_leaks)) {
    good = execute_good_run(&options->driver, &why);  // makes what a process makes once, before blocks are counted
    if (!good) fprintf(stderr, "before any case %s\n", text_get(&why));
  }
  text_free(&why);
  return good;
}

int worker_main(int argc, char** argv) {
  (void)argc;
  const worker_options options = parse_arguments(argv);
  if (!prepare(&options)) return WORKER_USELESS;
  uint8_t* data;
  size_t bytes;
  bool good = true;
  while (good && worker_receive(&data, &bytes)) {
    job of;
    text_buffer why = {0};
    text_buffer answer = {0};
    const verdict result = job_decode(data, bytes, &of) ? run_checked(&of, &options, &why) : VERDICT_FAIL;
    answer_encode(result, text_get(&why), &answer);
    good = worker_send(answer.data, answer.length);
    text_free(&why);
    text_free(&answer);
    free(data);
  }
  return 0;
}
