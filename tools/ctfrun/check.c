// check: one model against another, against --expect, or against itself without passes.
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
    printf("%s{\"tensor\":", first ? "" : ",");
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

int check_models(const options* o, const model* m) {
  request got = {0}, want = {0};
  model other = {0};
  verdict v = {0};
  const bool recorded = o->expected.count > 0 && o->second == NULL;
  int code = run_once(o, m, NULL, &got);
  if (code == 0 && o->second != NULL) code = model_open(o, o->second, &other);
  if (code == 0 && !recorded)
    code = run_once(o, o->second != NULL ? &other : m, o->second != NULL ? NULL : "none", &want);
  if (code == 0) {
    if (o->json) printf("{\"schema\":\"ctfrun/1\",\"tensors\":[");
    compare_all(o, &got, recorded ? NULL : &want, &v);
    if (o->json) {
      printf("],\"ok\":%s}\n", v.different == 0 ? "true" : "false");
    } else if (!o->quiet) {
      printf("%d of %d tensors agree with %s\n", v.compared - v.different, v.compared,
             recorded            ? "what was expected"
             : o->second != NULL ? o->second
                                 : "a run without passes");
    }
    if (v.different > 0) code = EXIT_NO;
  }
  request_free(&got);
  request_free(&want);
  if (o->second != NULL) model_close(&other);
  return code;
}
