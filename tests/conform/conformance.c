// The conformance corpus: files of cases, skipped by op name, run by workers that go on from case to case.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conform/job.h"
#include "tests/conform/pool.h"
#include "tests/conform/records.h"
#include "tests/conform/report.h"
#include "tests/conform/run.h"
#include "tests/conform/sanitizers.h"

const char* shared_folder(void) {
  const char* folder = getenv("CTF_SHARED");
  return folder != NULL && *folder != '\0' ? folder : "../shared";
}

bool failures_are_known(const report* of) {
#define DIFFERENCE(op, recorded, why) recorded,
  static const char* const kKnown[] = {
#include "tools/ctfrun/differences.def"
  };
#undef DIFFERENCE
  text_buffer why = {0};
  const bool good = report_failures_are(of, kKnown, sizeof(kKnown) / sizeof(kKnown[0]), &why);
  if (!good) printf("not as docs/ops.md says:\n%s", text_get(&why));
  text_free(&why);
  return good;
}

bool in_list(const char* list, const char* name) {
  const size_t length = strlen(name);
  for (const char* at = list; at != NULL; at = strchr(at, ',')) {
    if (*at == ',') ++at;
    if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0')) return true;
  }
  return false;
}

bool in_sample(const run_options* options, const char* name) {
  if (options->share >= 1) return true;
  return (double)(name_hash(name, options->seed + 1) >> 11) * 0x1p-53 < options->share;
}

typedef struct corpus {
  const run_options* options;
  name_set with_kernel;
  name_set of_parts;
  char* const* files;
  size_t num_files;
  size_t next_file;
  record_file file;  // the records of the one that is being read stay until its last case has answered
  size_t next_record;
  case_summary* running;  // by job; names are needed when the answer comes
  size_t num_jobs;
  text_buffer frame;
  report results;
  size_t num_crashes;
  size_t num_changed;  // graphs, by exporting and importing them
  bool broken;         // a file cannot be read, or a worker does not even begin
  text_buffer why;
} corpus;

static bool is_chosen(const corpus* self, const case_summary* of) {
  if (!in_sample(self->options, of->name)) return false;
  for (size_t i = 0; self->options->parts != NULL && i < of->num_ops; ++i) {
    if (name_set_find(&self->of_parts, of->ops[i]) == NAME_SET_NONE) return false;
  }
  return true;
}

static bool open_next_file(corpus* self) {
  record_file_free(&self->file);
  self->next_record = 0;
  if (self->next_file == self->num_files) return false;
  if (record_file_read(self->files[self->next_file++], &self->file, &self->why)) return true;
  self->broken = true;
  return false;
}

static bool next_case(void* context, size_t* out_id, pool_job* out_job) {
  corpus* self = context;
  while (!self->broken) {
    if (self->next_record == self->file.num_records) {
      if (!open_next_file(self)) return false;
      continue;
    }
    const conform_bytes record = self->file.records[self->next_record++];
    case_summary of = {0};
    if (!case_summary_read(record, &of)) {
      text_append(&self->why, "%s: record %zu is no Case", self->files[self->next_file - 1], self->next_record - 1);
      self->broken = true;
      return false;
    }
    if (!is_chosen(self, &of)) {
      case_summary_free(&of);
      continue;
    }
    const char* unsupported = case_summary_unsupported(&of, &self->with_kernel);
    if (unsupported == NULL || self->options->reimport != REIMPORT_NOT) {
      const double limit = self->options->limit_s > 0 ? self->options->limit_s : 10;
      job_encode(&(job){.kind = JOB_CONFORMANCE, .bytes = record, .import_only = unsupported != NULL}, &self->frame);
      self->running = must_resize(self->running, (self->num_jobs + 1) * sizeof(*self->running));
      self->running[self->num_jobs] = of;
      *out_id = self->num_jobs++;
      *out_job = (pool_job){self->frame.data, self->frame.length, limit * (SANITIZED ? SANITIZER_SLOWDOWN : 1)};
      return true;
    }
    text_buffer why = {0};
    text_append(&why, "unsupported op %s", unsupported);
    report_add(&self->results, &of, VERDICT_SKIP, why.data);
    text_free(&why);
    case_summary_free(&of);
  }
  return false;
}

static void append_last_words(text_buffer* why, const char* last_words) {
  if (*last_words != '\0') text_append(why, "; it printed: %s", last_words);
}

static void case_done(void* context, size_t id, const pool_result* result) {
  corpus* self = context;
  verdict verdict_of = VERDICT_CRASH;
  const char* answer = "";
  text_buffer why = {0};
  switch (result->outcome) {
    case POOL_ANSWER:
      if (!answer_decode(result->answer, result->answer_bytes, &verdict_of, &answer)) answer = "no answer";
      text_append(&why, "%s", answer);
      break;
    case POOL_SIGNAL:
      text_append(&why, "signal %d (%s)", result->detail, strsignal(result->detail));
      append_last_words(&why, result->last_words);
      break;
    case POOL_EXIT:
      text_append(&why, "exit with %d", result->detail);
      append_last_words(&why, result->last_words);
      break;
    case POOL_TIMEOUT:
      verdict_of = VERDICT_FAIL;
      text_append(&why, "timeout after %.0f s", result->seconds);
      break;
  }
  if (verdict_of == VERDICT_CRASH) ++self->num_crashes;
  if (verdict_of == VERDICT_FAIL && strncmp(text_get(&why), "reimport:", 9) == 0) ++self->num_changed;
  report_add(&self->results, &self->running[id], verdict_of, text_get(&why));
  case_summary_free(&self->running[id]);
  text_free(&why);
}

static void worker_failed(void* context, const pool_result* result) {
  corpus* self = context;
  ++self->num_crashes;
  printf("CRASH a worker, after its last case: %s %d; it printed: %s\n",
         result->outcome == POOL_SIGNAL ? "signal" : "exit", result->detail, result->last_words);
}

static void append_selection(const run_options* options, text_buffer* out_text) {
  text_append(out_text, "device %s, ops of parts %s", options->device, options->parts != NULL ? options->parts : "all");
  if (options->share < 1) text_append(out_text, ", share %g of seed %" PRIu64, options->share, options->seed);
}

// The exit code.
static int finish(corpus* self) {
  const run_options* options = self->options;
  text_buffer selection = {0};
  append_selection(options, &selection);
  report_print_tables(&self->results, stdout);
  bool good = self->num_crashes == 0 && (options->allow_failures || tally_failed(&self->results.total) == 0);
  if (options->json_path != NULL && !report_write_json(&self->results, options->json_path, &self->why)) {
    self->broken = true;
  }
  if (options->known) good = failures_are_known(&self->results) && self->num_crashes == 0;
  if (options->baseline_path != NULL) {
    text_buffer lowered = {0};
    const bool kept = baseline_compare(&self->results, options->baseline_path, selection.data, &lowered);
    if (!kept) printf("below the baseline:\n%s", text_get(&lowered));
    good = kept && self->num_crashes == 0;
    text_free(&lowered);
  }
  if (options->write_baseline_path != NULL &&
      !baseline_write(&self->results, options->write_baseline_path, selection.data, &self->why)) {
    self->broken = true;
  }
  text_free(&selection);
  if (self->num_crashes != 0) printf("%zu crashed\n", self->num_crashes);
  if (self->num_changed != 0) printf("%zu graphs came back as other ones, or not at all\n", self->num_changed);
  good = good && self->num_changed == 0;  // whatever failures are allowed
  report_print_closing_line(&self->results, stdout);
  return good ? 0 : 1;
}

int run_conformance(const run_options* options, char* const* files, size_t num_files) {
  corpus self = {.options = options, .files = files, .num_files = num_files};
  self.results.verbose = options->verbose;
  self.results.json = options->json_path != NULL;
  text_buffer parts_path = {0};
  text_append(&parts_path, "%s/ops_by_part.tsv", shared_folder());
  bool good = name_set_add_ops_with_kernel(&self.with_kernel, options->device, &self.why);
  if (good && options->parts != NULL) {
    good = name_set_add_ops_of_parts(&self.of_parts, parts_path.data, options->parts, &self.why);
  }
  int code = 2;
  if (good) {
    char** argv = worker_argv_create(&(worker_options){.driver = {.device = options->device,
                                                                  .num_threads = options->num_threads,
                                                                  .reimport = options->reimport,
                                                                  .bits = options->bits,
                                                                  .check_peak = options->check_peak,
                                                                  .check_passes = options->check_passes}});
    const pool_options workers = {.argv = argv, .num_workers = options->num_workers};
    const pool_client client = {&self, next_case, case_done, worker_failed};
    if (!pool_run(&workers, &client)) {
      text_append(&self.why, "a worker cannot be started");
      self.broken = true;
    }
    worker_argv_free(argv);
    code = finish(&self);
  }
  if (self.why.length != 0) fprintf(stderr, "ctfconform: %s\n", self.why.data);
  if (self.broken) code = 2;
  record_file_free(&self.file);
  free(self.running);
  name_set_free(&self.with_kernel);
  name_set_free(&self.of_parts);
  report_free(&self.results);
  text_free(&self.frame);
  text_free(&self.why);
  text_free(&parts_path);
  return code;
}
