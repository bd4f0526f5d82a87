// The hostile corpus: each case in a process of its own, all in one, with a small budget, or with failing allocations.
// The models folder too: both are lists whose cases end in more ways than pass and fail.
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/conform/job.h"
#include "tests/conform/pool.h"
#include "tests/conform/records.h"
#include "tests/conform/report.h"
#include "tests/conform/run.h"
#include "tests/conform/sanitizers.h"

// Columns of hostile/index.tsv.
enum { COLUMN_NAME, COLUMN_GROUP, COLUMN_FILE, COLUMN_RECORD, COLUMN_OP, COLUMN_ATTACKS, COLUMN_TF_OUTCOME };
enum { COLUMN_TF_SECONDS = 9, COLUMN_TF_MEGABYTES, COLUMN_DEADLINE, COLUMN_EXPECT, NUM_COLUMNS = 14 };

typedef struct entry {
  char* name;
  char* group;
  char* expect;
  char* deadlines;
  char* folder;  // of a model
  char* skip;    // why it is not run, or NULL
  conform_bytes record;
  job_kind kind;
  double limit_s;
  size_t own_bytes;  // what its valid result takes
  bool import_only;
} entry;

typedef struct trial {
  const run_options* options;
  entry* entries;
  size_t num_entries;
  size_t next;
  record_file* files;
  name_set file_names;
  name_set with_kernel;
  const char* folder;
  text_buffer frame;
  report results;
  size_t max_bytes;   // a case may take; 0: any
  bool has_budget;    // and no result is a reason for more
  size_t peak_bytes;  // the most that any took
  bool broken;
  text_buffer why;
} trial;

static entry* add_entry(trial* self) {
  self->entries = must_resize(self->entries, (self->num_entries + 1) * sizeof(*self->entries));
  entry* added = &self->entries[self->num_entries++];
  *added = (entry){0};
  return added;
}

static char* copy(const char* from) { return must_copy(from, strlen(from)); }

static bool next_entry(void* context, size_t* out_id, pool_job* out_job) {
  trial* self = context;
  while (self->next < self->num_entries && !self->broken) {
    const entry* at = &self->entries[self->next++];
    if (at->skip != NULL && !at->import_only) {
      report_add(&self->results, &(case_summary){.name = at->name, .area = at->group}, VERDICT_SKIP, at->skip);
      continue;
    }
    const bool is_model = at->kind == JOB_MODEL || at->kind == JOB_REFUSED_MODEL;
    job_encode(&(job){.kind = at->kind,
                      .import_only = at->import_only,
                      .expect = at->expect,
                      .folder = is_model ? at->folder : self->folder,
                      .deadlines = at->deadlines,
                      .bytes = at->record},
               &self->frame);
    *out_id = self->next - 1;
    *out_job = (pool_job){self->frame.data, self->frame.length, at->limit_s * (SANITIZED ? SANITIZER_SLOWDOWN : 1)};
    return true;
  }
  return false;
}

// What a worker's end says of its case.
static verdict judge_end(trial* self, const pool_result* result, text_buffer* why) {
  verdict verdict_of = VERDICT_EXIT;
  const char* answer = "the worker's answer is damaged";
  switch (result->outcome) {
    case POOL_ANSWER:
      answer_decode(result->answer, result->answer_bytes, &verdict_of, &answer);
      text_append(why, "%s", answer);
      return verdict_of;
    case POOL_SIGNAL:
      text_append(why, "signal %d (%s)", result->detail, strsignal(result->detail));
      verdict_of = VERDICT_SIGNAL;
      break;
    case POOL_TIMEOUT:
      text_append(why, "after %.1f s", result->seconds);
      return VERDICT_TIMEOUT;
    case POOL_EXIT:
      text_append(why, "exit with %d", result->detail);
      if (result->detail == WORKER_LEAKED) verdict_of = VERDICT_LEAK;
      if (result->detail == WORKER_USELESS) self->broken = true;
      break;
  }
  if (*result->last_words != '\0') text_append(why, "; it printed: %s", result->last_words);
  return verdict_of;
}

static void entry_done(void* context, size_t id, const pool_result* result) {
  trial* self = context;
  const entry* at = &self->entries[id];
  text_buffer why = {0};
  if (at->skip != NULL) text_append(&why, "%s, ", at->skip);
  verdict verdict_of = judge_end(self, result, &why);
  if (result->peak_bytes > self->peak_bytes) self->peak_bytes = result->peak_bytes;
  const size_t allowed = at->own_bytes > self->max_bytes && !self->has_budget ? at->own_bytes : self->max_bytes;
  if (verdict_of == VERDICT_PASS && self->max_bytes != 0 && result->peak_bytes > allowed) {
    text_append(&why, "%zu MiB of memory, %zu MiB are allowed", result->peak_bytes >> 20, allowed >> 20);
    verdict_of = VERDICT_FAIL;
  }
  report_add(&self->results, &(case_summary){.name = at->name, .area = at->group}, verdict_of, text_get(&why));
  text_free(&why);
}

static void worker_failed(void* context, const pool_result* result) {
  trial* self = context;
  text_buffer why = {0};
  char name[] = "(the end of a worker)";
  char area[] = "";
  const verdict verdict_of = judge_end(self, result, &why);
  report_add(&self->results, &(case_summary){.name = name, .area = area}, verdict_of, text_get(&why));
  text_free(&why);
}

// The exit code.
static int finish(trial* self) {
  const size_t* by = self->results.total.by_verdict;
  const size_t num_bad = by[VERDICT_SIGNAL] + by[VERDICT_EXIT] + by[VERDICT_TIMEOUT] + by[VERDICT_LEAK];
  const size_t passed = tally_passed(&self->results.total);
  const size_t failed = tally_failed(&self->results.total);
  const double share = passed + failed != 0 ? (double)passed / (double)(passed + failed) : 1;
  printf("\n%zu signals, %zu exits, %zu timeouts, %zu leaks\n", by[VERDICT_SIGNAL], by[VERDICT_EXIT],
         by[VERDICT_TIMEOUT], by[VERDICT_LEAK]);
  printf("%.2f%% of those that ran meet what is expected", share * 100);
  if (self->options->at_least >= 0) printf(", at least %.2f%% are asked", self->options->at_least * 100);
  printf("\n");
  if (self->peak_bytes != 0) printf("%zu MiB of memory at most, as sampled\n", self->peak_bytes >> 20);
  report_print_closing_line(&self->results, stdout);
  if (self->options->json_path != NULL && !report_write_json(&self->results, self->options->json_path, &self->why)) {
    self->broken = true;
  }
  if (self->why.length != 0) fprintf(stderr, "ctfconform: %s\n", self->why.data);
  if (self->broken) return 2;
  if (num_bad != 0 || (self->options->known && !failures_are_known(&self->results))) return 1;
  return self->options->at_least >= 0 && share < self->options->at_least ? 1 : 0;
}

static void trial_free(trial* self) {
  for (size_t i = 0; i < self->num_entries; ++i) {
    entry* at = &self->entries[i];
    free(at->name);
    free(at->group);
    free(at->expect);
    free(at->deadlines);
    free(at->folder);
    free(at->skip);
  }
  free(self->entries);
  for (size_t i = 0; i < self->file_names.count; ++i) record_file_free(&self->files[i]);
  free(self->files);
  name_set_free(&self->file_names);
  name_set_free(&self->with_kernel);
  report_free(&self->results);
  text_free(&self->frame);
  text_free(&self->why);
}

static void run_trial(trial* self, const worker_options* how, size_t num_workers, size_t jobs_per_worker) {
  char** argv = worker_argv_create(how);
  const pool_options workers = {.argv = argv,
                                .num_workers = num_workers,
                                .jobs_per_worker = jobs_per_worker,
                                .sample_memory = self->max_bytes != 0};
  const pool_client client = {self, next_entry, entry_done, worker_failed};
  if (!pool_run(&workers, &client)) {
    text_append(&self->why, "a worker cannot be started");
    self->broken = true;
  }
  worker_argv_free(argv);
}

// ---- hostile

static bool find_record(trial* self, const char* file, const char* record, conform_bytes* out_record) {
  const size_t before = self->file_names.count;
  const size_t number = name_set_add(&self->file_names, file);
  if (self->file_names.count != before) {
    self->files = must_resize(self->files, self->file_names.count * sizeof(*self->files));
    self->files[number] = (record_file){0};
    text_buffer path = {0};
    text_append(&path, "%s/%s", self->folder, file);
    const bool good = record_file_read(path.data, &self->files[number], &self->why);
    text_free(&path);
    if (!good) return false;
  }
  char* end;
  const size_t index = strtoul(record, &end, 10);
  if (end == record || index >= self->files[number].num_records) {
    text_append(&self->why, "index.tsv: %s has no record '%s'", file, record);
    return false;
  }
  *out_record = self->files[number].records[index];
  return true;
}

// What of a case the library cannot run, or NULL. The graph is imported all the same.
static char* describe_unsupported(const trial* self, conform_bytes record) {
  case_summary of = {0};
  text_buffer why = {0};
  if (case_summary_read(record, &of)) {
    const char* op = case_summary_unsupported(&of, &self->with_kernel);
    if (op != NULL) text_append(&why, "unsupported op %s", op);
  }
  case_summary_free(&of);
  return why.data;
}

static bool add_hostile_line(trial* self, char* line) {
  const char* columns[NUM_COLUMNS];
  for (int i = 0; i < NUM_COLUMNS; ++i) columns[i] = next_column(&line);
  if (self->options->groups != NULL && !in_list(self->options->groups, columns[COLUMN_GROUP])) return true;
  if (!in_sample(self->options, columns[COLUMN_NAME])) return true;
  entry* at = add_entry(self);
  at->name = copy(columns[COLUMN_NAME]);
  at->group = copy(columns[COLUMN_GROUP]);
  at->expect = copy(columns[COLUMN_EXPECT]);
  at->deadlines = copy(columns[COLUMN_DEADLINE]);
  at->limit_s = self->options->limit_s > 0 ? self->options->limit_s : 5;
  if (strstr(at->name, "100k") != NULL || strstr(columns[COLUMN_ATTACKS], "100,000") != NULL) at->limit_s = 60;
  if (strcmp(columns[COLUMN_TF_OUTCOME], "OK") == 0) {  // a valid result may be large, and slow for TensorFlow too
    const double seconds = 3 * strtod(columns[COLUMN_TF_SECONDS], NULL);
    if (seconds > at->limit_s) at->limit_s = seconds;
    at->own_bytes = strtoul(columns[COLUMN_TF_MEGABYTES], NULL, 10) << 20;
    // What took TensorFlow more than the budget allows may be refused as well.
    if (self->has_budget && at->own_bytes > self->max_bytes && strcmp(at->expect, "OK") == 0) {
      free(at->expect);
      at->expect = copy("OK|RESOURCE_EXHAUSTED");
    }
  }
  if (*columns[COLUMN_RECORD] == '\0') {
    at->skip = copy("SavedModel format");
    return true;
  }
  at->kind = strcmp(at->group, "raw") == 0 ? JOB_RAW : JOB_HOSTILE;
  if (!find_record(self, columns[COLUMN_FILE], columns[COLUMN_RECORD], &at->record)) return false;
  if (at->kind == JOB_HOSTILE) at->skip = describe_unsupported(self, at->record);
  at->import_only = at->skip != NULL;
  return true;
}

static bool read_hostile_index(trial* self) {
  text_buffer path = {0};
  text_append(&path, "%s/index.tsv", self->folder);
  uint8_t* data = NULL;
  size_t bytes = 0;
  bool good = read_whole_file(path.data, &data, &bytes, &self->why);
  text_free(&path);
  if (!good) return false;
  char* lines = must_copy((const char*)data, bytes);
  free(data);
  char* rest = lines;
  strsep(&rest, "\n");  // the heads of the columns
  for (char* line = strsep(&rest, "\n"); line != NULL && good; line = strsep(&rest, "\n")) {
    if (*line != '\0') good = add_hostile_line(self, line);
  }
  free(lines);
  if (good && self->num_entries == 0) {
    text_append(&self->why, "%s/index.tsv has no case of these groups", self->folder);
    good = false;
  }
  return good;
}

// The same order for the same seed.
static void shuffle(trial* self) {
  uint64_t state = self->options->seed;
  for (size_t i = self->num_entries; i > 1; --i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const size_t other = (size_t)((state >> 33) % i);
    const entry swapped = self->entries[i - 1];
    self->entries[i - 1] = self->entries[other];
    self->entries[other] = swapped;
  }
}

typedef struct hostile_mode {
  worker_options how;
  size_t num_workers;
  size_t jobs_per_worker;
  size_t max_bytes;
} hostile_mode;

// Of a process beside what it has budgeted: stacks, the runner's own, and a share of the budget for the heap's
// rounding.
enum { PROCESS_BYTES = 16 << 20, BUDGET_SHARE = 50 };

static bool parse_count(const char* text_of, uint64_t* out_value) {
  char* end;
  uint64_t number = strtoull(text_of, &end, 10);
  if (end == text_of) return false;
  if (*end == 'K' || *end == 'M' || *end == 'G') {
    number <<= *end == 'K' ? 10 : *end == 'M' ? 20 : 30;
    ++end;
  }
  *out_value = number;
  return *end == '\0' && number != 0;
}

static bool parse_mode(const run_options* options, hostile_mode* out_mode) {
  hostile_mode mode = {.num_workers = options->num_workers, .max_bytes = (size_t)1 << 30};
  mode.how = (worker_options){.driver = {.device = options->device, .num_threads = options->num_threads},
                              .check_leaks = true,
                              .check_good_run = true,
                              .limit_addresses = true};
  bool good = true;
  if (strcmp(options->mode, "fork") == 0) {
    mode.jobs_per_worker = 1;
  } else if (strcmp(options->mode, "one") == 0) {
    mode.num_workers = 1;
  } else if (strncmp(options->mode, "budget=", 7) == 0) {
    good = parse_count(options->mode + 7, &mode.how.budget_bytes);
    mode.max_bytes = (size_t)mode.how.budget_bytes + (size_t)mode.how.budget_bytes / BUDGET_SHARE + PROCESS_BYTES;
  } else if (strncmp(options->mode, "alloc=", 6) == 0) {
    good = parse_count(options->mode + 6, &mode.how.fail_every);
  } else {
    good = false;
  }
  if (SANITIZED) mode.max_bytes = 0;  // shadow and quarantine are counted with the rest
  *out_mode = mode;
  return good;
}

int run_hostile(const run_options* options, const char* folder) {
  hostile_mode mode;
  if (!parse_mode(options, &mode)) {
    fprintf(stderr, "ctfconform: --mode is fork, one, budget=BYTES or alloc=N, not '%s'\n", options->mode);
    return 2;
  }
  trial self = {
      .options = options, .folder = folder, .max_bytes = mode.max_bytes, .has_budget = mode.how.budget_bytes != 0};
  self.results.verbose = options->verbose;
  self.results.json = options->json_path != NULL;
  self.broken =
      !name_set_add_ops_with_kernel(&self.with_kernel, options->device, &self.why) || !read_hostile_index(&self);
  if (!self.broken) {
    if (mode.jobs_per_worker == 0) shuffle(&self);
    for (size_t i = 0; mode.how.fail_every != 0 && i < self.num_entries; ++i) self.entries[i].limit_s *= 12;
    run_trial(&self, &mode.how, mode.num_workers, mode.jobs_per_worker);
  }
  const int code = finish(&self);
  trial_free(&self);
  return code;
}

// ---- models

static int compare_strings(const void* a, const void* b) { return strcmp(*(char* const*)a, *(char* const*)b); }

static bool has_case_file(const char* folder, const char* name) {
  text_buffer path = {0};
  struct stat status;
  text_append(&path, "%s/%s/case.json", folder, name);
  const bool has = stat(path.data, &status) == 0;
  text_free(&path);
  return has;
}

static void add_model(trial* self, const char* group, const char* folder, const char* name, const char* expect) {
  text_buffer path = {0};
  text_append(&path, "%s/%s", folder, name);
  entry* at = add_entry(self);
  at->name = copy(name);
  at->group = copy(group);
  at->expect = copy(expect);
  at->deadlines = copy("");
  at->folder = path.data;
  at->kind = *expect == '\0' ? JOB_MODEL : JOB_REFUSED_MODEL;
  at->limit_s = self->options->limit_s > 0 ? self->options->limit_s : 60;
}

static bool read_models(trial* self) {
  DIR* dir = opendir(self->folder);
  if (dir == NULL) {
    text_append(&self->why, "%s: %s", self->folder, strerror(errno));
    return false;
  }
  char** list = NULL;
  size_t count = 0;
  for (struct dirent* item = readdir(dir); item != NULL; item = readdir(dir)) {
    if (item->d_name[0] == '.' || !has_case_file(self->folder, item->d_name)) continue;
    list = must_resize(list, (count + 1) * sizeof(*list));
    list[count++] = copy(item->d_name);
  }
  closedir(dir);
  if (count != 0) qsort(list, count, sizeof(*list), compare_strings);
  for (size_t i = 0; i < count; ++i) {
    add_model(self, "models", self->folder, list[i], "");
    free(list[i]);
  }
  free(list);
  return true;
}

// Columns: name, format, where it fails, the code.
static bool read_refused_models(trial* self) {
  text_buffer folder = {0};
  text_buffer path = {0};
  text_append(&folder, "%s/hostile", self->folder);
  text_append(&path, "%s/index.tsv", folder.data);
  uint8_t* data = NULL;
  size_t bytes = 0;
  const bool good = read_whole_file(path.data, &data, &bytes, &self->why);
  if (good) {
    char* lines = must_copy((const char*)data, bytes);
    char* rest = lines;
    strsep(&rest, "\n");
    for (char* line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
      if (*line == '\0') continue;
      const char* columns[4];
      for (int i = 0; i < 4; ++i) columns[i] = next_column(&line);
      add_model(self, "hostile", folder.data, columns[0], columns[3]);
    }
    free(lines);
  }
  free(data);
  text_free(&path);
  text_free(&folder);
  return good;
}

int run_models(const run_options* options, const char* folder) {
  trial self = {.options = options, .folder = folder};
  self.results.verbose = options->verbose;
  self.results.json = options->json_path != NULL;
  self.broken = !read_models(&self) || !read_refused_models(&self);
  if (!self.broken && self.num_entries == 0) {
    text_append(&self.why, "%s has no models", folder);
    self.broken = true;
  }
  if (!self.broken) {
    const worker_options how = {.driver = {.device = options->device,
                                           .num_threads = options->num_threads,
                                           .check_peak = options->check_peak,
                                           .check_passes = options->check_passes}};
    run_trial(&self, &how, options->num_workers, 1);
  }
  int code = finish(&self);
  if (code == 0 && tally_failed(&self.results.total) != 0) code = 1;
  trial_free(&self);
  return code;
}
