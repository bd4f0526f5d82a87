// check: one model against another, against --expect, or against itself without passes.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tools/ctfrun/compare.h"
#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/run.h"
#include "tools/ctfrun/verbs.h"

// One run of a model; the request keeps its results.
static int run_once(const options* o, const model* m, const char* passes, request* out) {
  int code = request_make(o, m, out);
  TF_Session* session = code == 0 ? session_open(o, m, 0, passes, &code) : NULL;
  if (code == 0) code = run_steps(o, m, session, out, (step_count){0}, (step_count){.count = 1}, NULL, NULL);
  TF_DeleteSession(session, m->status);
  return code;
}

static const TF_Tensor* result_named(const request* r, TF_Output wanted) {
  char name[1024], other[1024];
  tensor_name(wanted, name, sizeof(name));
  for (int i = 0; i < r->num_fetches; ++i) {
    tensor_name(r->fetches[i], other, sizeof(other));
    if (strcmp(name, other) == 0) return r->results[i];
  }
  return NULL;
}

typedef struct verdict {
  int compared, different;
} verdict;

static void say(const options* o, const char* name, const char* why, bool first) {
  if (o->json) {
    printf("%s{\"tensor\":", first ? "{\"schema\":\"ctfrun/1\",\"tensors\":[" : ",");
    print_json_string(stdout, name);
    printf(",\"ok\":%s", why == NULL ? "true" : "false");
    if (why != NULL) {
      printf(",\"why\":");
      print_json_string(stdout, why);
    }
    putchar('}');
  } else if (!o->quiet) {
    printf("%s %s\n", why == NULL ? "ok  " : "FAIL", why == NULL ? name : why);
  }
}

static void compare_all(const options* o, const request* got, const request* want, verdict* out) {
  char name[1024], why[2048];
  for (int i = 0; i < got->num_fetches; ++i) {
    const TF_Tensor* other = want != NULL ? result_named(want, got->fetches[i]) : got->uses[i].expected;
    if (want == NULL && got->uses[i].kind != FETCH_EXPECT) continue;
    tensor_name(got->fetches[i], name, sizeof(name));
    bool agrees = false;
    if (other == NULL) {
      snprintf(why, sizeof(why), "%s is not in the other model", name);
    } else {
      agrees = tensors_agree(name, got->results[i], other, o, why, sizeof(why));
    }
    say(o, name, agrees ? NULL : why, out->compared == 0);
    ++out->compared;
    out->different += !agrees;
  }
}

// ---- recorded runs

typedef struct recorded_runs {
  const char* folder;
  json_t* document;
  options* o;            // the user's, with the feeds and expectations of one run
  char (*values)[4096];  // of these, "@folder/file"
  int room;
} recorded_runs;

// Row [input|output, tensor, type, shape, file] as a feed or as an expectation.
static bool take_row(recorded_runs* all, const json_t* row, int index) {
  const char* kind = json_string_value(json_array_get(row, 0));
  const char* name = json_string_value(json_array_get(row, 1));
  const char* file = json_string_value(json_array_get(row, 4));
  if (kind == NULL || name == NULL || file == NULL || index >= all->room) return false;
  option_list* list = strcmp(kind, "input") == 0    ? &all->o->feeds
                      : strcmp(kind, "output") == 0 ? &all->o->expected
                                                    : NULL;
  if (list == NULL || list->count == MAX_REPEATS) return false;
  const int length = snprintf(all->values[index], sizeof(all->values[index]), "@%s/%s", all->folder, file);
  if (length >= (int)sizeof(all->values[index])) return false;
  list->items[list->count++] = (named_text){name, all->values[index]};
  return true;
}

static bool take_case(recorded_runs* all, const json_t* entry) {
  const json_t* targets = json_object_get(entry, "targets");
  const json_t* rows = json_object_get(entry, "rows");
  const json_int_t times = json_integer_value(json_object_get(entry, "times"));
  all->o->feeds.count = all->o->expected.count = all->o->targets.count = all->o->fetches.count = 0;
  all->o->steps = (step_count){.count = times > 0 ? (long)times : 1};
  if (!json_is_array(rows)) return false;
  for (size_t i = 0; i < json_array_size(rows); ++i) {
    if (!take_row(all, json_array_get(rows, i), (int)i)) return false;
  }
  for (size_t i = 0; i < json_array_size(targets) && i < MAX_REPEATS; ++i) {
    const char* name = json_string_value(json_array_get(targets, i));
    if (name == NULL) return false;
    all->o->targets.items[all->o->targets.count++] = (named_text){name, NULL};
  }
  return true;
}

static int read_runs(const options* o, recorded_runs* all) {
  char path[4096];
  json_error_t error;
  all->folder = strncmp(o->against, "tf:", 3) == 0 ? o->against + 3 : o->against;
  snprintf(path, sizeof(path), "%s/case.json", all->folder);
  all->document = json_load_file(path, 0, &error);
  if (all->document == NULL) return fail(EXIT_FILE, "%s cannot be read; %s in line %d", path, error.text, error.line);
  all->room = 2 * MAX_REPEATS;
  all->o = malloc(sizeof(*all->o));
  all->values = malloc((size_t)all->room * sizeof(*all->values));
  if (all->o == NULL || all->values == NULL) return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for %s", path);
  const json_t* rtol = json_object_get(all->document, "rtol");
  *all->o = *o;
  all->o->rtol = json_is_number(rtol) ? json_number_value(rtol) : 1e-4;
  all->o->atol = 1e-6;
  return 0;
}

// All in one session, in their order: one may leave what the next one reads.
static int check_against(const options* o, const model* m, verdict* out) {
  recorded_runs all = {0};
  int code = read_runs(o, &all);
  TF_Session* session = code == 0 ? session_open(o, m, 0, NULL, &code) : NULL;
  const json_t* cases = json_object_get(all.document, "cases");
  for (size_t i = 0; code == 0 && i < json_array_size(cases); ++i) {
    request r = {0};
    if (!take_case(&all, json_array_get(cases, i))) {
      code = fail(EXIT_FILE, "run %zu of %s/case.json cannot be read; ctfrun help checks says how it should look",
                  i + 1, all.folder);
    } else {
      code = request_make(all.o, m, &r);
    }
    if (code == 0) code = run_steps(all.o, m, session, &r, (step_count){0}, all.o->steps, NULL, NULL);
    if (code == 0) compare_all(all.o, &r, NULL, out);
    request_free(&r);
  }
  if (code == 0 && out->compared == 0) code = fail(EXIT_FILE, "%s/case.json has no run with outputs", all.folder);
  TF_DeleteSession(session, m->status);
  json_decref(all.document);
  free(all.o);
  free(all.values);
  return code;
}

// ---- the verb

static int check_runs(const options* o, const model* m, verdict* out) {
  request got = {0}, want = {0};
  model other = {0};
  const bool expected = o->expected.count > 0 && o->second == NULL;
  int code = run_once(o, m, NULL, &got);
  if (code == 0 && o->second != NULL) code = model_open(o, o->second, &other);
  if (code == 0 && !expected) {
    code = run_once(o, o->second != NULL ? &other : m, o->second != NULL ? NULL : "none", &want);
  }
  if (code == 0) compare_all(o, &got, expected ? NULL : &want, out);
  request_free(&got);
  request_free(&want);
  if (o->second != NULL) model_close(&other);
  return code;
}

int check_models(const options* o, const model* m) {
  verdict v = {0};
  const int code = o->against != NULL ? check_against(o, m, &v) : check_runs(o, m, &v);
  if (code != 0) return code;
  if (o->json) {
    printf("%s],\"ok\":%s}\n", v.compared == 0 ? "{\"schema\":\"ctfrun/1\",\"tensors\":[" : "",
           v.different == 0 ? "true" : "false");
  } else if (!o->quiet) {
    printf("%d of %d tensors agree with %s\n", v.compared - v.different, v.compared,
           o->against != NULL      ? o->against
           : o->second != NULL     ? o->second
           : o->expected.count > 0 ? "what was expected"
                                   : "a run without passes");
  }
  return v.different > 0 ? EXIT_NO : EXIT_DONE;
}
