#include "tests/conform/execute.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/conform/compare.h"

static const char* const kVerdicts[NUM_VERDICTS] = {
    [VERDICT_PASS] = "PASS",   [VERDICT_FAIL] = "FAIL",     [VERDICT_SKIP] = "SKIP", [VERDICT_LEAK] = "LEAK",
    [VERDICT_CRASH] = "CRASH", [VERDICT_SIGNAL] = "SIGNAL", [VERDICT_EXIT] = "EXIT", [VERDICT_TIMEOUT] = "TIMEOUT",
};

const char* verdict_name(verdict of) { return kVerdicts[of]; }

// Placeholder x: float[3]; Const k = {1, 2, 3}; y = AddV2(x, k)
static const uint8_t kGoodGraph[] = {
    0x0a, 0x2e, 0x0a, 0x01, 0x78, 0x12, 0x0b, 0x50, 0x6c, 0x61, 0x63, 0x65, 0x68, 0x6f, 0x6c, 0x64, 0x65, 0x72,
    0x2a, 0x0b, 0x0a, 0x05, 0x64, 0x74, 0x79, 0x70, 0x65, 0x12, 0x02, 0x30, 0x01, 0x2a, 0x0f, 0x0a, 0x05, 0x73,
    0x68, 0x61, 0x70, 0x65, 0x12, 0x06, 0x3a, 0x04, 0x12, 0x02, 0x08, 0x03, 0x0a, 0x3a, 0x0a, 0x01, 0x6b, 0x12,
    0x05, 0x43, 0x6f, 0x6e, 0x73, 0x74, 0x2a, 0x0b, 0x0a, 0x05, 0x64, 0x74, 0x79, 0x70, 0x65, 0x12, 0x02, 0x30,
    0x01, 0x2a, 0x21, 0x0a, 0x05, 0x76, 0x61, 0x6c, 0x75, 0x65, 0x12, 0x18, 0x42, 0x16, 0x08, 0x01, 0x12, 0x04,
    0x12, 0x02, 0x08, 0x03, 0x22, 0x0c, 0x00, 0x00, 0x80, 0x3f, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x40, 0x40,
    0x0a, 0x19, 0x0a, 0x01, 0x79, 0x12, 0x05, 0x41, 0x64, 0x64, 0x56, 0x32, 0x1a, 0x01, 0x78, 0x1a, 0x01, 0x6b,
    0x2a, 0x07, 0x0a, 0x01, 0x54, 0x12, 0x02, 0x30, 0x01, 0x22, 0x03, 0x08, 0xaa, 0x13};

bool execute_good_run(const driver_options* options, text_buffer* why) {
  driver engine = {0};
  outcome result = {0};
  float x[3] = {10, 20, 30};
  const float want[3] = {11, 22, 33};
  int64_t dims[1] = {3};
  const host_value feed = {
      .dtype = TF_FLOAT, .rank = 1, .dims = dims, .count = 3, .data = (uint8_t*)x, .bytes = sizeof(x)};
  char* names[2] = {"x:0", "y:0"};
  const driver_run run = {
      .num_feeds = 1, .feeds = &names[0], .feed_values = &feed, .num_fetches = 1, .fetches = &names[1]};
  TF_Tensor* tensor = NULL;
  driver_import(&engine, (conform_bytes){kGoodGraph, sizeof(kGoodGraph)}, &result);
  if (result.code == TF_OK) driver_open(&engine, options, &result);
  if (result.code == TF_OK) driver_make_run(&engine, &run, &tensor, &result);
  const bool good = result.code == TF_OK && TF_TensorByteSize(tensor) == sizeof(want) &&
                    memcmp(TF_TensorData(tensor), want, sizeof(want)) == 0;
  if (result.code != TF_OK) {
    text_append(why, "a good run ends with %s: %s", code_name((int)result.code), text_get(&result.message));
  } else if (!good) {
    text_append(why, "a good run gives a wrong answer");
  }
  TF_DeleteTensor(tensor);
  driver_close(&engine);
  outcome_free(&result);
  return good;
}

bool expect_allows(const char* expect, TF_Code code) {
  const char* name = code_name((int)code);
  for (const char* at = expect; at != NULL;) {  // alternatives between bars
    const char* bar = strchr(at, '|');
    const size_t length = bar != NULL ? (size_t)(bar - at) : strlen(at);
    if (length == 5 && memcmp(at, "error", length) == 0 && code != TF_OK) return true;
    if (length == strlen(name) && memcmp(at, name, length) == 0) return true;
    at = bar != NULL ? bar + 1 : NULL;
  }
  return false;
}

static void append_outcome(text_buffer* why, const outcome* result) {
  text_append(why, "%s", code_name((int)result->code));
  if (result->code != TF_OK) text_append(why, " (%s)", text_get(&result->message));
}

// Makes a run of a case; the arguments' names are the message's.
static bool make_run(driver* engine, const Conformance__Run* run, const char* folder, int64_t timeout_ms,
                     TF_Tensor** out_tensors, outcome* out_result, text_buffer* why) {
  host_value* feeds = must_alloc(run->n_feeds * sizeof(*feeds));
  char** names = must_alloc(run->n_feeds * sizeof(*names));
  bool good = true;
  for (size_t i = 0; i < run->n_feeds && good; ++i) {
    names[i] = run->feeds[i]->name;
    good = run->feeds[i]->value != NULL && value_from_proto(run->feeds[i]->value, true, folder, &feeds[i], why);
  }
  if (good) {
    const driver_run arguments = {.num_feeds = run->n_feeds,
                                  .feeds = names,
                                  .feed_values = feeds,
                                  .num_fetches = run->n_fetches,
                                  .fetches = run->fetches,
                                  .num_targets = run->n_targets,
                                  .targets = run->targets,
                                  .timeout_ms = timeout_ms};
    driver_make_run(engine, &arguments, out_tensors, out_result);
  }
  for (size_t i = 0; i < run->n_feeds; ++i) value_free(&feeds[i]);
  free(feeds);
  free(names);
  return good;
}

static bool compare_outputs(const Conformance__Run* run, TF_Tensor* const* tensors, bool hostile, text_buffer* why) {
  if (hostile && run->n_outputs == 0) return true;  // this corpus does not record all values
  if (run->n_outputs != run->n_fetches || run->n_checks != run->n_outputs || run->n_rtol != run->n_outputs ||
      run->n_atol != run->n_outputs) {
    text_append(why, "the corpus has %zu outputs for %zu fetches", run->n_outputs, run->n_fetches);
    return false;
  }
  for (size_t i = 0; i < run->n_outputs; ++i) {
    const compare_rule rule = {run->checks[i], run->rtol[i], run->atol[i], hostile};
    host_value want = {0};
    text_buffer difference = {0};
    const bool same =
        rule.check == CONFORMANCE__CHECK__NONE ||
        (value_from_proto(run->outputs[i]->value, rule.check == CONFORMANCE__CHECK__VALUE, NULL, &want, &difference) &&
         compare_tensor(&want, tensors[i], &rule, &difference));
    if (!same) text_append(why, "fetch '%s': %s", run->fetches[i], text_get(&difference));
    value_free(&want);
    text_free(&difference);
    if (!same) return false;
  }
  return true;
}

static void delete_tensors(TF_Tensor** tensors, size_t count) {
  for (size_t i = 0; i < count; ++i) TF_DeleteTensor(tensors[i]);
  free(tensors);
}

static verdict judge_conformance_run(driver* engine, const Conformance__Run* run, size_t index, uint64_t* inout_digest,
                                     text_buffer* why) {
  outcome result = {0};
  text_buffer detail = {0};
  TF_Tensor** tensors = must_alloc(run->n_fetches * sizeof(TF_Tensor*));
  bool good = make_run(engine, run, NULL, 0, tensors, &result, &detail);
  if (good && (int)result.code != run->error_code) {
    append_outcome(&detail, &result);
    text_append(&detail, ", want %s", code_name(run->error_code));
    if (run->error_code != 0) text_append(&detail, " (TensorFlow: %.200s)", run->error_message);
    good = false;
  } else if (good && result.code == TF_OK) {
    good = compare_outputs(run, tensors, false, &detail);
  }
  if (!good) text_append(why, "run %zu: %s", index, text_get(&detail));
  for (size_t i = 0; good && result.code == TF_OK && i < run->n_fetches; ++i) {
    if (run->checks[i] == CONFORMANCE__CHECK__VALUE) *inout_digest = digest_tensor(*inout_digest, tensors[i]);
  }
  delete_tensors(tensors, run->n_fetches);
  outcome_free(&result);
  text_free(&detail);
  return good ? VERDICT_PASS : VERDICT_FAIL;
}

// The graph that is to be run, or what came of it. *out_phase says how far it got.
static void import_case(driver* engine, conform_bytes graph, const driver_options* options, outcome* out_result,
                        const char** out_phase) {
  *out_phase = "import";
  driver_import(engine, graph, out_result);
  if (out_result->code != TF_OK || options->reimport == REIMPORT_NOT) return;
  *out_phase = "reimport";
  driver_reimport(engine, options->reimport, out_result);
}

verdict execute_reimport(conform_bytes record, const driver_options* options, text_buffer* why) {
  conform_case of = {0};
  if (!case_read(record, &of)) {
    text_append(why, "the record is no Case");
    return VERDICT_FAIL;
  }
  driver engine = {0};
  outcome result = {0};
  const char* phase;
  import_case(&engine, of.graph, options, &result, &phase);
  const bool failed = result.code != TF_OK && strcmp(phase, "reimport") == 0;
  text_append(why, result.code == TF_OK ? "not run: unsupported ops" : "%s: ", phase);
  if (result.code != TF_OK) append_outcome(why, &result);
  driver_close(&engine);
  outcome_free(&result);
  case_free(&of);
  return failed ? VERDICT_FAIL : VERDICT_SKIP;
}

verdict execute_conformance(conform_bytes record, const driver_options* options, text_buffer* why) {
  conform_case of = {0};
  if (!case_read(record, &of)) {
    text_append(why, "the record is no Case");
    return VERDICT_FAIL;
  }
  verdict result = VERDICT_PASS;
  driver engine = {0};
  outcome opened = {0};
  uint64_t digest = 0;
  const char* phase;
  import_case(&engine, of.graph, options, &opened, &phase);
  if (opened.code == TF_OK) {
    phase = "session";
    driver_open(&engine, options, &opened);
  }
  if (opened.code != TF_OK) {
    const int want = of.message->n_runs == 1 ? of.message->runs[0]->error_code : 0;
    if ((int)opened.code != want || strcmp(phase, "reimport") == 0) {
      result = VERDICT_FAIL;
      text_append(why, "%s: ", phase);
      append_outcome(why, &opened);
      text_append(why, ", want %s", code_name(want));
    }
  }
  for (size_t i = 0; opened.code == TF_OK && result == VERDICT_PASS && i < of.message->n_runs; ++i) {
    result = judge_conformance_run(&engine, of.message->runs[i], i, &digest, why);
  }
  if (result == VERDICT_PASS && options->bits) text_append(why, "%016" PRIx64, digest);
  if (result == VERDICT_PASS) peak_describe(&engine.peaks, why);
  driver_close(&engine);
  outcome_free(&opened);
  case_free(&of);
  return result;
}

// Closes a session from another thread, after a while or never.
typedef struct closer {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool finished;  // guarded by lock
  bool closed;    // guarded by lock
  TF_Session* session;
  TF_Status* status;
} closer;

enum { CLOSE_AFTER_MS = 500 };

static void* closer_main(void* argument) {
  closer* self = argument;
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += CLOSE_AFTER_MS * 1000000L;
  until.tv_sec += until.tv_nsec / 1000000000L;
  until.tv_nsec %= 1000000000L;
  pthread_mutex_lock(&self->lock);
  int error = 0;
  while (!self->finished && error != ETIMEDOUT) error = pthread_cond_timedwait(&self->changed, &self->lock, &until);
  const bool close = !self->finished;
  self->closed = close;
  pthread_mutex_unlock(&self->lock);
  if (close) TF_CloseSession(self->session, self->status);
  return NULL;
}

static bool closer_start(closer* out_closer, TF_Session* session) {
  *out_closer = (closer){.session = session, .status = TF_NewStatus()};
  if (out_closer->status == NULL) return false;
  pthread_mutex_init(&out_closer->lock, NULL);
  pthread_cond_init(&out_closer->changed, NULL);
  if (pthread_create(&out_closer->thread, NULL, closer_main, out_closer) == 0) return true;
  TF_DeleteStatus(out_closer->status);
  return false;
}

// True when it closed the session.
static bool closer_finish(closer* self) {
  pthread_mutex_lock(&self->lock);
  self->finished = true;
  pthread_cond_signal(&self->changed);
  pthread_mutex_unlock(&self->lock);
  pthread_join(self->thread, NULL);
  pthread_mutex_destroy(&self->lock);
  pthread_cond_destroy(&self->changed);
  TF_DeleteStatus(self->status);
  return self->closed;
}

// Of a list such as "800,0", or of one number for all runs.
static int64_t deadline_of_run(const char* deadlines, size_t index) {
  const char* at = deadlines;
  if (strchr(at, ',') == NULL) return strtoll(at, NULL, 10);
  for (size_t i = 0; i < index && at != NULL; ++i) {
    at = strchr(at, ',');
    if (at != NULL) ++at;
  }
  return at != NULL ? strtoll(at, NULL, 10) : 0;
}

// A run that waits by right: it ends when the session is closed from another thread, or at its deadline.
static verdict judge_blocking_run(driver* engine, const Conformance__Run* run, const hostile_terms* terms,
                                  int64_t deadline_ms, text_buffer* why) {
  outcome result = {0};
  TF_Tensor** tensors = must_alloc(run->n_fetches * sizeof(TF_Tensor*));
  closer other = {0};
  verdict verdict_of = VERDICT_FAIL;
  if (!closer_start(&other, engine->session)) {
    text_append(why, "RESOURCE_EXHAUSTED: no thread to close the session from");
  } else {
    const bool made = make_run(engine, run, terms->folder, deadline_ms, tensors, &result, why);
    const bool closed = closer_finish(&other);
    const TF_Code want = closed ? TF_CANCELLED : TF_DEADLINE_EXCEEDED;
    if (made && result.code == want && (closed || deadline_ms > 0)) {
      verdict_of = VERDICT_PASS;
    } else if (made) {
      text_append(why, "it did not wait: ");
      append_outcome(why, &result);
    }
  }
  delete_tensors(tensors, run->n_fetches);
  outcome_free(&result);
  return verdict_of;
}

static bool all_unchecked(const Conformance__Run* run) {
  for (size_t i = 0; i < run->n_checks; ++i) {
    if (run->checks[i] != CONFORMANCE__CHECK__NONE) return false;
  }
  return run->n_checks != 0;
}

// `decisive`: the run that `expect` speaks of.
static verdict judge_hostile_run(driver* engine, const Conformance__Run* run, size_t index, bool decisive,
                                 const hostile_terms* terms, text_buffer* why) {
  const int64_t deadline_ms = deadline_of_run(terms->deadlines, index);
  if (decisive && strcmp(terms->expect, "blocks") == 0) {
    return judge_blocking_run(engine, run, terms, deadline_ms, why);
  }
  outcome result = {0};
  text_buffer detail = {0};
  TF_Tensor** tensors = must_alloc(run->n_fetches * sizeof(TF_Tensor*));
  bool good = make_run(engine, run, terms->folder, deadline_ms, tensors, &result, &detail);
  const char* expect = decisive ? terms->expect : run->error_code < 0 ? "OK|error" : code_name(run->error_code);
  if (good && !all_unchecked(run)) {
    good = expect_allows(expect, result.code);
    if (!good) {
      append_outcome(&detail, &result);
      text_append(&detail, ", want %s", expect);
    } else if (result.code == TF_OK && run->error_code == 0) {
      good = compare_outputs(run, tensors, true, &detail);
    }
  }
  if (!good) text_append(why, "run %zu: %s", index, text_get(&detail));
  delete_tensors(tensors, run->n_fetches);
  outcome_free(&result);
  text_free(&detail);
  return good ? VERDICT_PASS : VERDICT_FAIL;
}

// The first run that TensorFlow ended with an error or did not survive, else the last.
static size_t find_decisive_run(const Conformance__Case* of) {
  for (size_t i = 0; i < of->n_runs; ++i) {
    if (of->runs[i]->error_code != 0) return i;
  }
  return of->n_runs != 0 ? of->n_runs - 1 : 0;
}

static verdict judge_hostile_case(driver* engine, const conform_case* of, const driver_options* options,
                                  const hostile_terms* terms, text_buffer* why) {
  outcome opened = {0};
  verdict result = VERDICT_PASS;
  const size_t decisive = find_decisive_run(of->message);
  driver_import(engine, of->graph, &opened);
  if (terms->import_only) {
    text_append(why, "its import gives %s", code_name((int)opened.code));
    outcome_free(&opened);
    return VERDICT_SKIP;
  }
  if (opened.code == TF_OK) driver_open(engine, options, &opened);
  if (opened.code != TF_OK) {
    // An error that TensorFlow finds in a later run would keep the earlier ones from happening.
    const bool good = decisive == 0 && expect_allows(terms->expect, opened.code);
    if (!good) {
      text_append(why, "before the first run: ");
      append_outcome(why, &opened);
      text_append(why, ", want %s", terms->expect);
      result = VERDICT_FAIL;
    }
    outcome_free(&opened);
    return result;
  }
  for (size_t i = 0; result == VERDICT_PASS && i < of->message->n_runs; ++i) {
    result = judge_hostile_run(engine, of->message->runs[i], i, i == decisive, terms, why);
    if (i == decisive && strcmp(terms->expect, "blocks") == 0) break;  // the session is closed
  }
  outcome_free(&opened);
  return result;
}

verdict execute_hostile(conform_bytes record, const driver_options* options, const hostile_terms* terms,
                        text_buffer* why) {
  conform_case of = {0};
  if (!case_read(record, &of)) {
    text_append(why, "the record is no Case");
    return VERDICT_FAIL;
  }
  driver engine = {0};
  const verdict result = judge_hostile_case(&engine, &of, options, terms, why);
  driver_close(&engine);
  case_free(&of);
  return result;
}

verdict execute_raw(conform_bytes bytes, const char* expect, text_buffer* why) {
  driver engine = {0};
  outcome result = {0};
  driver_import(&engine, bytes, &result);
  const bool good = expect_allows(expect, result.code);
  if (!good) {
    append_outcome(why, &result);
    text_append(why, ", want %s", expect);
  }
  driver_close(&engine);
  outcome_free(&result);
  return good ? VERDICT_PASS : VERDICT_FAIL;
}
