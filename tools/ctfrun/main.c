// ctfrun: runs, plans, measures and shows TensorFlow graphs from the command line.
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctf/ctf.h"
#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/help.h"
#include "tools/ctfrun/options.h"
#include "tools/ctfrun/run.h"
#include "tools/ctfrun/verbs.h"
#include "tools/ctfrun/watch.h"

static bool is_verb(const options* o, const char* name) { return strcmp(o->verb, name) == 0; }

// --pin 0,2-3: before the library counts the CPUs that it may use.
static int pin(const char* list) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (strcmp(list, "none") == 0) return 0;
  for (const char* at = list; *at != '\0';) {
    char* end;
    const long first = strtol(at, &end, 10);
    const char* second = *end == '-' ? end + 1 : NULL;
    const long last = second != NULL ? strtol(second, &end, 10) : first;
    if (end == at || (second != NULL && end == second) || first < 0 || last < first || last >= CPU_SETSIZE ||
        (*end != ',' && *end != '\0')) {
      return fail(EXIT_USAGE, "--pin %s cannot be read; it takes CPUs as in 0,2-3, or none", list);
    }
    for (long cpu = first; cpu <= last; ++cpu) CPU_SET((size_t)cpu, &cpus);
    at = *end == ',' ? end + 1 : end;
  }
  if (sched_setaffinity(0, sizeof(cpus), &cpus) != 0) {
    return fail(EXIT_USAGE, "--pin %s: none of these CPUs may be used here; see ctfrun doctor", list);
  }
  return 0;
}

static int with_model(const options* o) {
  model m = {0};
  const bool watched = is_verb(o, "run") || is_verb(o, "bench") || is_verb(o, "check");
  int code = watched ? watch_begin(o) : 0;
  if (code == 0) code = model_prepare(o);
  const int64_t begin = now_ns();
  if (code == 0) code = model_open(o, o->model, &m);
  m.load_ns = now_ns() - begin;
  if (code == 0) {
    note(NOTE_VERBOSE, "%s: %zu bytes read in %.3f ms", o->model, m.file_bytes, (double)m.load_ns / 1e6);
    code = is_verb(o, "show")                 ? show_model(o, &m)
           : is_verb(o, "plan") || o->dry_run ? plan_model(o, &m)
           : is_verb(o, "bench")              ? bench_model(o, &m)
           : is_verb(o, "check")              ? check_models(o, &m)
           : is_verb(o, "graph")              ? graph_convert(o, &m)
           : is_verb(o, "__complete")         ? complete_names(&m)
                                              : run_model(o, &m);
  }
  model_close(&m);
  if (watched) watch_end();
  return code;
}

static int do_verb(const options* o) {
  int code = 0;
  if (is_verb(o, "devices") || is_verb(o, "doctor")) {
    if (o->pin != NULL) code = pin(o->pin);
    if (code == 0) code = model_prepare(o);
    if (code != 0) return code;
    return is_verb(o, "devices") ? list_devices(o) : doctor(o);
  }
  if (is_verb(o, "profile")) return profile_trace(o);
  if (is_verb(o, "show") && o->show_ops) return show_ops();
  if (o->pin != NULL) code = pin(o->pin);
  if (code == 0 && o->isolate && isolate(o, &code)) return code;
  return code == 0 ? with_model(o) : code;
}

// What needs no library at all. False: it is another.
static bool tell(const options* o, int* out_code) {
  *out_code = EXIT_DONE;
  if (o->print_flags) {
    *out_code = options_print_flags(o);
  } else if (is_verb(o, "__man")) {
    help_man();
  } else if (is_verb(o, "__completion")) {
    *out_code = help_completion(o->model);
  } else if (is_verb(o, "help") && o->model != NULL) {
    *out_code = help_topic(o->model);
  } else if (o->help_all || is_verb(o, "help")) {
    help_all();
  } else if (o->help) {
    help_short();
  } else if (o->version) {
    printf("ctf %s (TensorFlow C API %s)\n", CTF_Version(), TF_Version());
  } else {
    return false;
  }
  return true;
}

int main(int argc, char** argv) {
  static options o;  // large: the lists of feeds and fetches
  int code = options_parse(argc, argv, &o);
  if (code != 0) return code;
  code = messages_open(&o);
  if (code == 0 && !tell(&o, &code)) code = do_verb(&o);
  if ((fflush(stdout) != 0 || ferror(stdout)) && code == 0) code = fail(EXIT_FILE, "standard output cannot be written");
  messages_close();
  return code;
}
