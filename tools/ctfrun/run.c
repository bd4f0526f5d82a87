// run: the steps, and what becomes of their results.
#include "tools/ctfrun/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/ctfrun/compare.h"
#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/files.h"
#include "tools/ctfrun/print.h"
#include "tools/ctfrun/recording.h"
#include "tools/ctfrun/report.h"
#include "tools/ctfrun/verbs.h"
#include "tools/ctfrun/watch.h"

// ---- after each step

static void print_values(const step_done* step) {
  const print_options how = {step->o->print_max, (int)step->o->precision};
  char name[1024], summary[1024];
  for (int i = 0; i < step->r->num_fetches; ++i) {
    const fetch_use* use = &step->r->uses[i];
    if (use->kind != FETCH_PRINT) continue;
    tensor_name(step->r->fetches[i], name, sizeof(name));
    if (strcmp(use->text, "values") == 0) {
      fprintf(stderr, "step %ld  ", step->step);
      print_tensor(stderr, name, step->values[i], &how);
    } else {
      tensor_summary(step->values[i], summary, sizeof(summary));
      fprintf(stderr, "step %ld  %s  %s\n", step->step, name, summary);
    }
  }
}

// What the node that made a NaN or an infinity read, as far as it was fetched.
static void inputs_text(const step_done* step, TF_Operation* node, char* out, size_t size) {
  size_t used = 0;
  char name[1024], summary[512];
  out[0] = '\0';
  for (int k = 0; k < TF_OperationNumInputs(node) && used + 1024 < size; ++k) {
    const TF_Output input = TF_OperationInput((TF_Input){node, k});
    const TF_Tensor* value = NULL;
    for (int i = 0; i < step->r->num_fetches && value == NULL; ++i) {
      if (step->r->fetches[i].oper == input.oper && step->r->fetches[i].index == input.index) value = step->values[i];
    }
    for (int i = 0; i < step->r->num_feeds && value == NULL; ++i) {
      if (step->r->feeds[i].oper == input.oper && step->r->feeds[i].index == input.index)
        value = step->r->feed_values[i];
    }
    tensor_name(input, name, sizeof(name));
    snprintf(summary, sizeof(summary), "not a number type");
    if (value != NULL) tensor_summary(value, summary, sizeof(summary));
    used += (size_t)snprintf(out + used, size - used, "\n  input %d  %.300s  %s", k, name, summary);
  }
}

static int check_numerics(const step_done* step) {
  char name[1024], place[512], inputs[4096], summary[512];
  for (int i = 0; i < step->r->num_fetches; ++i) {
    size_t at;
    if (step->r->uses[i].kind != FETCH_NUMERIC || !tensor_first_not_finite(step->values[i], &at)) continue;
    TF_Operation* node = step->r->fetches[i].oper;
    tensor_name(step->r->fetches[i], name, sizeof(name));
    tensor_place(step->values[i], at, place, sizeof(place));
    tensor_summary(step->values[i], summary, sizeof(summary));
    inputs_text(step, node, inputs, sizeof(inputs));
    return fail(EXIT_NO, "%s (%s) is the first that is not finite, at %s in step %ld; %s%s", name,
                TF_OperationOpType(node), place, step->step, summary, inputs);
  }
  return 0;
}

// Those that are appended to: the step decides the order of the rows.
static int append_results(const step_done* step) {
  for (int i = 0; i < step->r->num_fetches; ++i) {
    const fetch_use* use = &step->r->uses[i];
    if (use->kind != FETCH_RESULT || use->text == NULL || use->text[0] != '+') continue;
    file_output output = {TF_OperationName(step->r->fetches[i].oper), use->text, step->values[i], false};
    const int code = file_save_tensors(&output, 1);
    if (code != 0) return code;
  }
  return 0;
}

static bool is_printed(const fetch_use* use) {
  return use->kind == FETCH_RESULT && (use->text == NULL || strcmp(use->text, "-") == 0);
}

static void json_outputs(const request* r, TF_Tensor* const* values) {
  char name[1024];
  bool first = true;
  printf("\"outputs\":{");
  for (int i = 0; i < r->num_fetches; ++i) {
    if (!is_printed(&r->uses[i])) continue;
    tensor_name(r->fetches[i], name, sizeof(name));
    if (!first) putchar(',');
    first = false;
    print_json_string(stdout, name);
    putchar(':');
    print_tensor_json(stdout, values[i]);
  }
  putchar('}');
}

static void json_line(const step_done* step) {
  printf("{\"schema\":\"ctfrun/1\",\"step\":%ld,\"ok\":true,", step->step);
  json_outputs(step->r, step->values);
  printf(",\"time_us\":%.3f}\n", (double)step->ns / 1e3);
  fflush(stdout);
}

static int after_step(const step_done* step) {
  print_values(step);
  int code = step->o->check_numerics ? check_numerics(step) : 0;
  if (code == 0) code = append_results(step);
  if (code == 0 && step->o->jsonl) json_line(step);
  return code;
}

// ---- at the end

static int save_results(const request* r) {
  file_output* outputs = calloc((size_t)r->num_fetches + 1, sizeof(*outputs));
  char(*names)[1024] = calloc((size_t)r->num_fetches + 1, sizeof(*names));
  int count = 0, code = 0;
  if (outputs == NULL || names == NULL) {
    code = fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for the list of outputs");
  }
  for (int i = 0; code == 0 && i < r->num_fetches; ++i) {
    const fetch_use* use = &r->uses[i];
    if (use->kind != FETCH_RESULT || use->text == NULL || use->text[0] != '@') continue;
    if (r->fetches[i].index == 0) {
      snprintf(names[count], sizeof(names[count]), "%s", TF_OperationName(r->fetches[i].oper));
    } else {
      tensor_name(r->fetches[i], names[count], sizeof(names[count]));
    }
    outputs[count] = (file_output){names[count], use->text, r->results[i], false};
    ++count;
  }
  if (code == 0) code = file_save_tensors(outputs, count);
  free(outputs);
  free(names);
  return code;
}

// DIR/layer%2Fconv:0.npy: names hold slashes, and "..".
static int save_all(const options* o, const request* r) {
  char name[1024], path[8192];
  int saved = 0;
  if (mkdir(o->save_all, 0777) != 0 && errno != EEXIST) {
    return fail(EXIT_FILE, "%s cannot be made; %s", o->save_all, strerror(errno));
  }
  for (int i = 0; i < r->num_fetches; ++i) {
    if (r->uses[i].kind != FETCH_SAVE) continue;
    tensor_name(r->fetches[i], name, sizeof(name));
    size_t used = (size_t)snprintf(path, sizeof(path), "@%.4000s/", o->save_all);
    for (const char* at = name; *at != '\0' && used + 16 < sizeof(path); ++at) {
      used += (size_t)snprintf(path + used, sizeof(path) - used, *at == '/' ? "%%2F" : "%c", *at);
    }
    const bool text = TF_TensorType(r->results[i]) == TF_STRING || TF_TensorType(r->results[i]) == TF_BFLOAT16;
    snprintf(path + used, sizeof(path) - used, text ? ".json" : ".npy");
    file_output output = {name, path, r->results[i], false};
    const int code = file_save_tensors(&output, 1);
    if (code != 0) return code;
    ++saved;
  }
  note(NOTE_VERBOSE, "%d tensors written to %s", saved, o->save_all);
  return 0;
}

static int compare_expected(const options* o, const request* r) {
  char name[1024], why[2048], all[4096] = "";
  int wrong = 0;
  size_t used = 0;
  for (int i = 0; i < r->num_fetches; ++i) {
    if (r->uses[i].kind != FETCH_EXPECT) continue;
    tensor_name(r->fetches[i], name, sizeof(name));
    if (tensors_agree(name, r->results[i], r->uses[i].expected, o, why, sizeof(why))) {
      note(NOTE_VERBOSE, "%s is as expected", name);
      continue;
    }
    if (used + sizeof(why) < sizeof(all))
      used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s", wrong > 0 ? "; " : "", why);
    ++wrong;
  }
  return wrong == 0 ? 0 : fail(EXIT_NO, "%s", all);
}

static void json_memory(TF_Session* session, const run_facts* facts, TF_Status* status) {
  CTF_MemoryInfo info = {.struct_size = sizeof(info)};
  CTF_GetMemoryInfo(session, "/device:CPU:0", &info, status);
  printf(",\"memory\":{\"cpu:0\":{\"budget\":");
  printf(info.limit_bytes == SIZE_MAX ? "null" : "%zu", info.limit_bytes);
  if (facts->planned) printf(",\"planned_peak\":%zu", facts->planned_peak);
  printf(",\"measured_peak\":%zu", info.peak_bytes);
  if (facts->planned) printf(",\"exact\":%s", facts->exact ? "true" : "false");
  printf("}}");
}

static void print_json(const options* o, TF_Session* session, const request* r, const run_facts* facts,
                       TF_Status* status) {
  printf("{\"schema\":\"ctfrun/1\",\"model\":");
  print_json_string(stdout, o->model);
  printf(",\"ok\":true,");
  if (!o->jsonl) {
    json_outputs(r, r->results);
    putchar(',');
  }
  printf("\"steps\":%zu", facts->times.count);
  json_memory(session, facts, status);
  printf(",\"time_us\":{\"load\":%.3f,\"plan\":%.3f,\"steps\":[", (double)facts->load_ns / 1e3,
         (double)facts->plan_ns / 1e3);
  const size_t kept = facts->times.count < facts->times.capacity ? facts->times.count : facts->times.capacity;
  for (size_t i = 0; i < kept; ++i) printf("%s%.3f", i > 0 ? "," : "", (double)facts->times.ns[i] / 1e3);
  printf("]},\"versions\":{\"ctf\":\"%s\",\"tensorflow\":\"%s\"}}\n", CTF_Version(), TF_Version());
}

static void print_results(const options* o, const request* r) {
  const print_options how = {o->print_max, (int)o->precision};
  char name[1024];
  for (int i = 0; i < r->num_fetches && !o->quiet; ++i) {
    if (!is_printed(&r->uses[i])) continue;
    tensor_name(r->fetches[i], name, sizeof(name));
    print_tensor(stdout, name, r->results[i], &how);
  }
}

static int write_recordings(const options* o, const model* m, TF_Session* session, const request* r, run_facts* facts) {
  recording recorded = {0};
  if (o->trace == NULL && o->report == NULL && o->stats == NULL) return 0;
  int code = r->trace != NULL ? recording_from_trace(r->trace, &recorded)
                              : fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for what the run did");
  if (code == 0 && o->trace != NULL) code = recording_write(o->trace, o->model, &recorded);
  if (code == 0 && o->report != NULL) code = report_write(o, m, session, r, &recorded, facts);
  if (code == 0 && o->stats != NULL) stats_print(o, m, session, &recorded, facts);
  recording_free(&recorded);
  return code;
}

static int finish(const options* o, const model* m, TF_Session* session, const request* r, run_facts* facts) {
  if (!o->json && !o->jsonl) print_results(o, r);
  int code = save_results(r);
  if (code == 0 && o->save_all != NULL) code = save_all(o, r);
  if (code == 0) code = write_recordings(o, m, session, r, facts);
  if (code == 0) code = compare_expected(o, r);
  if (code == 0 && (o->json || o->jsonl)) print_json(o, session, r, facts, m->status);
  return code;
}

// The plan's peak, which is compiled for the run anyway.
static void plan_first(TF_Session* session, const model* m, const request* r, run_facts* facts) {
  const int64_t begin = now_ns();
  CTF_PlanReport* report = plan_request(session, m, r);
  facts->plan_ns = now_ns() - begin;
  CTF_PlanDevice device = {.struct_size = sizeof(device)};
  if (report == NULL) return;  // the run will say why
  CTF_PlanReportDevice(report, 0, &device, m->status);
  facts->planned = TF_GetCode(m->status) == TF_OK;
  facts->planned_peak = device.peak_bytes;
  facts->exact = CTF_PlanReportExact(report);
  CTF_DeletePlanReport(report);
}

typedef struct refused_run {
  TF_Session* session;
  const model* m;
  const request* r;
} refused_run;

// What the plan says of a run that was over the budget; nothing when the plan itself fits.
static void explain_refusal(FILE* file, void* arg) {
  const refused_run* refused = arg;
  TF_Status* status = TF_NewStatus();
  const model own = {.path = refused->m->path, .graph = refused->m->graph, .status = status};
  CTF_PlanReport* report = status != NULL ? plan_request(refused->session, &own, refused->r) : NULL;
  if (report != NULL) plan_write_refusal(file, report, status);
  CTF_DeletePlanReport(report);
  TF_DeleteStatus(status);
}

// As much as a run that was stopped has to tell.
static void say_partial(run_times* times) {
  if (times->count == 0) return;
  note(NOTE_ALWAYS, "%zu steps were done, %.3f ms each (median)", times->count, run_times_percentile(times, 0.5) / 1e6);
}

int run_model(const options* o, const model* m) {
  request r;
  run_facts facts = {.load_ns = m->load_ns};
  int code = request_make(o, m, &r);
  TF_Session* session = code == 0 ? session_open(o, m, 0, NULL, &code) : NULL;
  if (code == 0 && (o->json || o->jsonl || o->stats != NULL || o->report != NULL)) plan_first(session, m, &r, &facts);
  if (code == 0) {
    refused_run refused = {session, m, &r};
    fail_explained(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, explain_refusal, &refused);
    code = run_steps(o, m, session, &r, o->warmup, o->steps, after_step, &facts.times);
    fail_explained(0, NULL, NULL);
    if (code > EXIT_SIGNAL) say_partial(&facts.times);
  }
  if (code == 0) {
    note(NOTE_VERBOSE, "%zu steps, %.3f ms each (median)", facts.times.count,
         run_times_percentile(&facts.times, 0.5) / 1e6);
    code = finish(o, m, session, &r, &facts);
  }
  TF_DeleteSession(session, m->status);
  run_times_free(&facts.times);
  request_free(&r);
  return code;
}
