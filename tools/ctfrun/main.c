// ctfrun: runs, shows and plans TensorFlow graphs from the command line.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctf/ctf.h"
#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/files.h"
#include "tools/ctfrun/options.h"
#include "tools/ctfrun/print.h"
#include "tools/ctfrun/request.h"
#include "tools/ctfrun/verbs.h"

// RunOptions.timeout_in_ms as serialised bytes: field 2, a varint.
static TF_Buffer* run_options(int64_t timeout_ms) {
  unsigned char bytes[16] = {0x10};
  size_t size = 1;
  uint64_t rest = (uint64_t)timeout_ms;
  do {
    bytes[size++] = (unsigned char)((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  return TF_NewBufferFromString(bytes, size);
}

static int run_steps(const options* o, const model* m, TF_Session* session, request* r) {
  TF_Buffer* deadline = o->timeout_ms > 0 ? run_options(o->timeout_ms) : NULL;
  int code = 0;
  for (long step = 0; step < o->steps && code == 0; ++step) {
    for (int i = 0; i < r->num_fetches; ++i) {
      TF_DeleteTensor(r->results[i]);
      r->results[i] = NULL;
    }
    TF_SessionRun(session, deadline, r->feeds, r->feed_values, r->num_feeds, r->fetches, r->results, r->num_fetches,
                  r->targets, r->num_targets, NULL, m->status);
    if (TF_GetCode(m->status) != TF_OK) code = fail_status(m->status);
  }
  TF_DeleteBuffer(deadline);
  return code;
}

static void print_json(const options* o, const model* m, TF_Session* session, const request* r) {
  char name[1024];
  printf("{\"schema\":\"ctfrun/1\",\"model\":");
  print_json_string(o->model);
  printf(",\"ok\":true,\"outputs\":{");
  for (int i = 0; i < r->num_fetches; ++i) {
    tensor_name(r->fetches[i], name, sizeof(name));
    if (i > 0) putchar(',');
    print_json_string(name);
    putchar(':');
    print_tensor_json(r->results[i]);
  }
  CTF_MemoryInfo info = {.struct_size = sizeof(info)};
  CTF_GetMemoryInfo(session, "/device:CPU:0", &info, m->status);
  printf("},\"memory\":{\"cpu:0\":{\"budget\":");
  if (info.limit_bytes == SIZE_MAX) {
    printf("null");
  } else {
    printf("%zu", info.limit_bytes);
  }
  printf(",\"measured_peak\":%zu}},\"versions\":{\"ctf\":\"%s\"}}\n", info.peak_bytes, CTF_Version());
}

static int write_results(const options* o, const request* r) {
  const print_options how = {o->print_max, o->precision};
  char name[1024];
  for (int i = 0; i < r->num_fetches; ++i) {
    const char* to = r->destinations[i];
    tensor_name(r->fetches[i], name, sizeof(name));
    if (to != NULL && to[0] == '@') {
      const int code = file_save_tensor(to + 1, r->results[i]);
      if (code != 0) return code;
    } else if (to == NULL || strcmp(to, "-") == 0) {
      if (!o->quiet && !o->json) print_tensor(name, r->results[i], &how);
    } else if (to[0] != '\0') {
      return fail(EXIT_USAGE, "fetch \"%s\": '%s' is no destination; there are -, @f.npy, @f.raw and nothing", name,
                  to);
    }
  }
  return 0;
}

static int run(const options* o, const model* m) {
  request r;
  int code = request_make(o, m, &r);
  TF_Session* session = code == 0 ? session_open(o, m, &code) : NULL;
  if (code == 0) code = run_steps(o, m, session, &r);
  if (code == 0) code = write_results(o, &r);
  if (code == 0 && o->json) print_json(o, m, session, &r);
  TF_DeleteSession(session, m->status);
  request_free(&r);
  return code;
}

int main(int argc, char** argv) {
  static options o;  // large: the lists of feeds and fetches
  model m = {0};
  int code = options_parse(argc, argv, &o);
  if (code != 0) return code;
  if (o.help || o.help_all || o.verb == VERB_HELP) {
    options_print_help(o.help_all || o.verb == VERB_HELP);
    return EXIT_DONE;
  }
  if (o.version) {
    printf("ctf %s (TensorFlow C API %s)\n", CTF_Version(), TF_Version());
    return EXIT_DONE;
  }
  if (o.verb == VERB_SHOW && o.show_ops) return show_ops();
  code = model_open(&o, &m);
  if (code == 0) {
    code = o.verb == VERB_SHOW                ? show_model(&o, &m)
           : o.verb == VERB_PLAN || o.dry_run ? plan_model(&o, &m)
                                              : run(&o, &m);
  }
  model_close(&m);
  if (fflush(stdout) != 0 && code == 0) code = fail(EXIT_FILE, "standard output cannot be written");
  return code;
}
