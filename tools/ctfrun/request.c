#include "tools/ctfrun/request.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/ctfrun/dtypes.h"
#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/files.h"
#include "tools/ctfrun/graph_walk.h"

static const char* shape_option(const options* o, const char* node) {
  for (int i = 0; i < o->shapes.count; ++i) {
    const size_t length = strlen(node);
    const char* name = o->shapes.items[i].name;
    if (strncmp(name, node, length) == 0 && (name[length] == '\0' || strcmp(name + length, ":0") == 0)) {
      return o->shapes.items[i].text;
    }
  }
  return NULL;
}

static bool parse_dims(const char* text, value_target* target) {
  target->rank = 0;
  while (*text != '\0') {
    char* end;
    if (target->rank == VALUE_MAX_RANK) return false;
    target->dims[target->rank] = strtoll(text, &end, 10);
    if (end == text || target->dims[target->rank++] < 0 || (*end != ',' && *end != '\0')) return false;
    text = *end == ',' ? end + 1 : end;
  }
  return true;
}

// The shape of an input that is made: what the graph says, completed by --shape and --dim.
static int complete_shape(const options* o, const char* node, value_target* target) {
  const char* shape = shape_option(o, node);
  if (shape != NULL && !parse_dims(shape, target)) {
    return fail(EXIT_USAGE, "--shape %s=%s cannot be read; it takes NAME=1,224,224,3", node, shape);
  }
  for (int i = 0; i < o->dims.count; ++i) {
    char *axis_end, *size_end;
    const named_text* dim = &o->dims.items[i];
    const long axis = strtol(dim->name, &axis_end, 10);
    const long long size = strtoll(dim->text, &size_end, 10);
    if (*axis_end != '\0' || axis_end == dim->name || *size_end != '\0' || size_end == dim->text || size < 0) {
      return fail(EXIT_USAGE, "--dim %s=%s cannot be read; it takes N=8, and with bench N=1,8", dim->name, dim->text);
    }
    if (axis < 0 || axis >= target->rank || target->dims[axis] >= 0) continue;
    target->dims[axis] = size;
  }
  if (target->rank < 0) {
    return fail(EXIT_USAGE, "feed \"%s\": its rank is not known; give --shape %s=...", node, node);
  }
  return 0;
}

// "[2,?,3]", cut where there is no room. Its length.
static size_t shape_text(const int64_t* dims, int rank, char* out, size_t size) {
  if (rank < 0) return (size_t)snprintf(out, size, "<unknown>");
  size_t used = (size_t)snprintf(out, size, "[");
  for (int i = 0; i < rank && used + 32 < size; ++i) {
    used += (size_t)(dims[i] < 0 ? snprintf(out + used, size - used, "%s?", i > 0 ? "," : "")
                                 : snprintf(out + used, size - used, "%s%lld", i > 0 ? "," : "", (long long)dims[i]));
  }
  return used + (size_t)snprintf(out + used, size - used, "]");
}

static int report_missing(const options* o, const model* m, const TF_Output* missing, int count) {
  char text[4096], name[512];
  size_t used = (size_t)snprintf(text, sizeof(text), "%s needs %d input%s not given", m->path, count,
                                 count > 1 ? "s that were" : " that was");
  for (int i = 0; i < count && used + 512 < sizeof(text); ++i) {
    value_target target;
    tensor_name(missing[i], name, sizeof(name));
    model_target(m, missing[i], name, &target);
    used += (size_t)snprintf(text + used, sizeof(text) - used, "\n  %.200s   %s ", name, dtype_name(target.dtype));
    used += shape_text(target.dims, target.rank, text + used, sizeof(text) - used);
  }
  snprintf(text + used, sizeof(text) - used,
           "\ntry: ctfrun %s -i %.200s=VALUE, or --fill random (with --dim 0=N or --shape where a dimension is open)",
           o->model, TF_OperationName(missing[0].oper));
  return fail(EXIT_USAGE, "%s", text);
}

// ---- which inputs a request needs

static int no_memory(void) { return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for the request; raise -m"); }

// What the request needs, as far as it is known by now.
static bool walk_request(const model* m, const request* r, graph_walk* out) {
  if (!graph_walk_make(m->graph, r->feeds, r->num_feeds, out)) return false;
  for (int i = 0; i < r->num_fetches; ++i) graph_walk_tensor(out, r->fetches[i]);
  for (int i = 0; i < r->num_targets; ++i) graph_walk_node(out, (TF_Operation*)(uintptr_t)r->targets[i]);
  return true;
}

// The inputs that the request needs and that are not fed, MAX_REPEATS at most.
static int find_missing(const model* m, const request* r, TF_Output* missing, int* out_count) {
  graph_walk w;
  int count = 0, code = 0;
  if (walk_request(m, r, &w)) {
    size_t position = 0;
    for (TF_Operation* oper; (oper = TF_GraphNextOperation(m->graph, &position)) != NULL;) {
      const bool needed = model_is_input(oper) && graph_walk_has(&w, oper);
      if (needed && count < MAX_REPEATS) missing[count++] = (TF_Output){oper, 0};
    }
  } else {
    code = no_memory();
  }
  graph_walk_free(&w);
  *out_count = count;
  return code;
}

static int fill_inputs(const options* o, const model* m, request* r) {
  TF_Output missing[MAX_REPEATS];
  int num_missing = 0;
  int code = find_missing(m, r, missing, &num_missing);
  if (code != 0) return code;
  if (num_missing > 0 && o->fill == NULL) return report_missing(o, m, missing, num_missing);
  for (int i = 0; i < num_missing; ++i) {
    value_target target;
    const char* node = TF_OperationName(missing[i].oper);
    model_target(m, missing[i], node, &target);
    code = complete_shape(o, node, &target);
    if (code == 0) {
      code = value_generate(o->fill, &target, target.dims, target.rank, &r->feed_values[r->num_feeds]);
    }
    if (code != 0) return code;
    r->feeds[r->num_feeds++] = missing[i];
  }
  return 0;
}

// The library takes a feed of any shape, as TensorFlow does; here a person typed it.
static int check_shape(const value_target* target, const TF_Tensor* value) {
  int wrong = target->rank >= 0 && target->rank != TF_NumDims(value) ? -1 : -2;
  for (int i = 0; wrong == -2 && i < target->rank; ++i) {
    if (target->dims[i] >= 0 && target->dims[i] != TF_Dim(value, i)) wrong = i;
  }
  if (wrong == -2) return 0;
  char have[512] = "";
  size_t used = 0;
  for (int i = 0; i < TF_NumDims(value) && used < sizeof(have) - 32; ++i) {
    used += (size_t)snprintf(have + used, sizeof(have) - used, "%s%lld", i > 0 ? "," : "", (long long)TF_Dim(value, i));
  }
  if (wrong == -1) {
    return fail(EXIT_ENGINE + TF_INVALID_ARGUMENT, "feed \"%s\" is %s [%s]; it must have %d dimensions", target->name,
                dtype_name(target->dtype), have, target->rank);
  }
  return fail(EXIT_ENGINE + TF_INVALID_ARGUMENT, "feed \"%s\" is %s [%s]; dimension %d must be %lld", target->name,
              dtype_name(target->dtype), have, wrong, (long long)target->dims[wrong]);
}

static int take_feeds(const options* o, const model* m, request* r) {
  for (int i = 0; i < o->feeds.count; ++i) {
    value_target target;
    int code = model_find(m, o->feeds.items[i].name, "feed", &r->feeds[i]);
    if (code != 0) return code;
    model_target(m, r->feeds[i], o->feeds.items[i].name, &target);
    code = value_parse(o->feeds.items[i].text, &target, &r->feed_values[i]);
    if (code != 0) return code;
    ++r->num_feeds;
    if (model_is_input(r->feeds[i].oper)) code = check_shape(&target, r->feed_values[i]);
    if (code != 0) return code;
  }
  return 0;
}

static bool add_fetch(request* r, TF_Output tensor, fetch_use use) {
  if (r->num_fetches == r->fetch_room) {
    const int room = 2 * r->fetch_room + 16;
    TF_Output* fetches = realloc(r->fetches, (size_t)room * sizeof(*fetches));
    if (fetches != NULL) r->fetches = fetches;
    fetch_use* uses = realloc(r->uses, (size_t)room * sizeof(*uses));
    if (uses != NULL) r->uses = uses;
    if (fetches == NULL || uses == NULL) return false;
    r->fetch_room = room;
  }
  r->fetches[r->num_fetches] = tensor;
  r->uses[r->num_fetches++] = use;
  return true;
}

// ---- patterns

static bool is_pattern(const model* m, const char* name) {
  return strpbrk(name, "*?[") != NULL && TF_GraphOperationByName(m->graph, name) == NULL;
}

static bool can_fetch(TF_Output tensor) {
  return dtype_kind(TF_OperationOutputType(tensor)) != ELEMENT_OTHER;  // resources and variants have no values here
}

// Every output of a node that matches; a pattern without a colon is held against the names of nodes.
static int fetch_matching(const char* pattern, TF_Operation* node, fetch_use use, request* r, int* inout_found) {
  char name[1024];
  for (int k = 0; k < TF_OperationNumOutputs(node); ++k) {
    const TF_Output tensor = {node, k};
    if (strchr(pattern, ':') != NULL) {
      tensor_name(tensor, name, sizeof(name));
    } else {
      snprintf(name, sizeof(name), "%s", TF_OperationName(node));
    }
    bool fed = false;  // what is fed cannot be fetched
    for (int i = 0; i < r->num_feeds; ++i) fed = fed || (r->feeds[i].oper == node && r->feeds[i].index == k);
    if (fed || fnmatch(pattern, name, 0) != 0 || !can_fetch(tensor)) continue;
    ++*inout_found;
    if (!add_fetch(r, tensor, use)) return no_memory();
  }
  return 0;
}

static int take_pattern(const options* o, const model* m, const named_text* fetch, request* r) {
  const fetch_use use = {.kind = FETCH_RESULT, .text = fetch->text};
  int found = 0, code = 0;
  if (o->until != NULL) {
    graph_walk w;
    TF_Operation* until = TF_GraphOperationByName(m->graph, o->until);  // found before: it is among the targets
    const bool made = graph_walk_make(m->graph, r->feeds, r->num_feeds, &w);
    if (made) graph_walk_node(&w, until);
    for (size_t i = 0; i < w.count && code == 0; ++i) code = fetch_matching(fetch->name, w.order[i], use, r, &found);
    graph_walk_free(&w);
    if (!made) return no_memory();
  } else {
    size_t position = 0;
    for (TF_Operation* oper; code == 0 && (oper = TF_GraphNextOperation(m->graph, &position)) != NULL;) {
      code = fetch_matching(fetch->name, oper, use, r, &found);
    }
  }
  if (code == 0 && found == 0) {
    code = fail(EXIT_ENGINE + TF_NOT_FOUND, "fetch \"%s\": no tensor of %s matches", fetch->name, m->path);
  }
  return code;
}

// ---- what is fetched

static int take_targets(const options* o, const model* m, request* r) {
  const int count = o->targets.count + (o->until != NULL);
  for (int i = 0; i < count; ++i) {
    const char* name = i < o->targets.count ? o->targets.items[i].name : o->until;
    r->targets[i] = TF_GraphOperationByName(m->graph, name);
    if (r->targets[i] == NULL) {
      return fail(EXIT_ENGINE + TF_NOT_FOUND, "%s \"%s\": %s has no node of this name",
                  i < o->targets.count ? "target" : "--until", name, m->path);
    }
    ++r->num_targets;
  }
  return 0;
}

static int take_sinks(const model* m, request* r) {
  TF_Output* sinks = NULL;
  int num_sinks = 0;
  int code = model_sinks(m, &sinks, &num_sinks);
  for (int i = 0; i < num_sinks && code == 0; ++i) {
    if (can_fetch(sinks[i]) && !add_fetch(r, sinks[i], (fetch_use){FETCH_RESULT})) code = no_memory();
  }
  free(sinks);
  return code;
}

static int take_fetches(const options* o, const model* m, request* r) {
  int code = 0;
  for (int i = 0; i < o->fetches.count && code == 0; ++i) {
    const named_text* fetch = &o->fetches.items[i];
    const char* to = fetch->text;
    TF_Output tensor;
    if (to != NULL && to[0] != '\0' && strcmp(to, "-") != 0 && !file_can_save(to)) {
      return fail(EXIT_USAGE,
                  "fetch \"%s\": '%s' is no destination; there are -, @f.npy, +f.npy, @f.npz, @f.json, @f.png, "
                  "@f.raw and nothing",
                  fetch->name, to);
    }
    if (is_pattern(m, fetch->name)) {
      code = take_pattern(o, m, fetch, r);
      continue;
    }
    code = model_find(m, fetch->name, "fetch", &tensor);
    if (code == 0 && !add_fetch(r, tensor, (fetch_use){FETCH_RESULT, to})) code = no_memory();
  }
  return code;
}

// "NODE:summary", "NODE:values", "NODE"
static int take_prints(const options* o, const model* m, request* r) {
  static const char* const kHow[] = {":summary", ":values"};
  for (int i = 0; i < o->prints.count; ++i) {
    const char* text = o->prints.items[i].name;
    size_t length = strlen(text);
    const char* how = "summary";
    for (int k = 0; k < 2; ++k) {
      const size_t ending = strlen(kHow[k]);
      if (length > ending && strcmp(text + length - ending, kHow[k]) == 0) {
        how = kHow[k] + 1;
        length -= ending;
        break;
      }
    }
    char name[1024];
    TF_Output tensor;
    snprintf(name, sizeof(name), "%.*s", (int)(length < 1000 ? length : 1000), text);
    const int code = model_find(m, name, "--print", &tensor);
    if (code != 0) return code;
    if (!add_fetch(r, tensor, (fetch_use){FETCH_PRINT, how})) return no_memory();
  }
  return 0;
}

static int take_expected(const options* o, const model* m, request* r) {
  for (int i = 0; i < o->expected.count; ++i) {
    const named_text* expected = &o->expected.items[i];
    TF_Output tensor;
    value_target target;
    TF_Tensor* value = NULL;
    int code = model_find(m, expected->name, "--expect", &tensor);
    if (code == 0) {
      model_target(m, tensor, expected->name, &target);
      target.what = "--expect";
      code = value_parse(expected->text, &target, &value);
    }
    if (code != 0) return code;
    if (!add_fetch(r, tensor, (fetch_use){FETCH_EXPECT, NULL, value})) {
      TF_DeleteTensor(value);
      return no_memory();
    }
  }
  return 0;
}

// Every tensor on the way, for --save-all and --check-numerics.
static int take_everything(const options* o, const model* m, request* r) {
  graph_walk w;
  if (o->save_all == NULL && !o->check_numerics) return 0;
  bool ok = walk_request(m, r, &w);
  for (size_t i = 0; ok && i < w.count; ++i) {
    for (int k = 0; ok && k < TF_OperationNumOutputs(w.order[i]); ++k) {
      const TF_Output tensor = {w.order[i], k};
      const element_kind kind = dtype_kind(TF_OperationOutputType(tensor));
      if (o->save_all != NULL && kind != ELEMENT_OTHER) ok = add_fetch(r, tensor, (fetch_use){FETCH_SAVE});
      if (ok && o->check_numerics && (kind == ELEMENT_FLOAT || kind == ELEMENT_COMPLEX)) {
        ok = add_fetch(r, tensor, (fetch_use){FETCH_NUMERIC});
      }
    }
  }
  graph_walk_free(&w);
  return ok ? 0 : no_memory();
}

static int take_outputs(const options* o, const model* m, request* r) {
  int code = take_targets(o, m, r);
  const bool nothing_said =
      o->fetches.count == 0 && o->targets.count == 0 && o->until == NULL && o->expected.count == 0;
  if (code == 0) code = nothing_said ? take_sinks(m, r) : take_fetches(o, m, r);
  if (code == 0) code = take_prints(o, m, r);
  if (code == 0) code = take_expected(o, m, r);
  if (code == 0 && o->until != NULL && o->fetches.count == 0) {
    const TF_Output tensor = {(TF_Operation*)(uintptr_t)r->targets[r->num_targets - 1], 0};
    if (TF_OperationNumOutputs(tensor.oper) > 0 && can_fetch(tensor) &&
        !add_fetch(r, tensor, (fetch_use){FETCH_RESULT})) {
      code = no_memory();
    }
  }
  if (code == 0 && r->num_fetches + r->num_targets == 0) {
    code = fail(EXIT_USAGE, "%s computes nothing; give -o NAME or -t NODE", m->path);
  }
  return code;
}

int request_make(const options* o, const model* m, request* out) {
  size_t position = 0, num_inputs = 0;
  *out = (request){0};
  for (TF_Operation* oper; (oper = TF_GraphNextOperation(m->graph, &position)) != NULL;) {
    num_inputs += model_is_input(oper);
  }
  const size_t feeds = (size_t)o->feeds.count + num_inputs + 1;
  out->feeds = calloc(feeds, sizeof(*out->feeds));
  out->feed_values = calloc(feeds, sizeof(*out->feed_values));
  out->targets = calloc((size_t)o->targets.count + 2, sizeof(*out->targets));
  if (out->feeds == NULL || out->feed_values == NULL || out->targets == NULL) return no_memory();
  int code = take_feeds(o, m, out);
  if (code == 0) code = take_outputs(o, m, out);
  if (code == 0) code = fill_inputs(o, m, out);
  if (code == 0) code = take_everything(o, m, out);
  if (code != 0) return code;
  out->results = calloc((size_t)out->num_fetches + 1, sizeof(*out->results));
  return out->results != NULL ? 0 : no_memory();
}

void request_free(request* r) {
  for (int i = 0; i < r->num_feeds; ++i) TF_DeleteTensor(r->feed_values[i]);
  for (int i = 0; i < r->num_fetches; ++i) {
    if (r->results != NULL) TF_DeleteTensor(r->results[i]);
    TF_DeleteTensor(r->uses[i].expected);
  }
  free(r->feeds);
  free(r->feed_values);
  free(r->fetches);
  free(r->uses);
  free(r->results);
  free(r->targets);
  CTF_DeleteTrace(r->trace);
}

// ---- sessions

// ConfigProto as serialised bytes: intra_op_parallelism_threads is field 2, allow_soft_placement field 7.
static void set_config(TF_SessionOptions* session_options, long threads, bool soft, TF_Status* status) {
  unsigned char bytes[16];
  size_t size = 0;
  if (threads > 0) {
    bytes[size++] = 0x10;
    for (; threads > 0x7f; threads >>= 7) bytes[size++] = (unsigned char)(threads | 0x80);
    bytes[size++] = (unsigned char)threads;
  }
  if (soft) {
    bytes[size++] = 0x38;
    bytes[size++] = 1;
  }
  TF_SetConfig(session_options, bytes, size, status);
}

// "sim:2" needs three simulated devices.
static int num_sims(const options* o) {
  int count = 0;
  for (int i = 0; i < o->devices.count; ++i) {
    const char* name = o->devices.items[i].name;
    if (strncasecmp(name, "sim", 3) != 0) continue;
    const int index = name[3] == ':' ? atoi(name + 4) : 0;
    if (index >= count) count = index + 1;
  }
  return count;
}

// --mem-order: the pass "order" makes the least peak of the steps; without it they stay in the file's order.
static const char* passes_of(const options* o, const char* passes, char* buffer, size_t size) {
  if (passes == NULL) passes = o->passes;
  if (strcmp(o->memory_order, "time") != 0 || (passes != NULL && strcmp(passes, "none") == 0)) return passes;
  snprintf(buffer, size, "%s%s-order", passes != NULL ? passes : "", passes != NULL && passes[0] != '\0' ? "," : "");
  return buffer;
}

TF_Session* session_open(const options* o, const model* m, long threads, const char* passes, int* out_code) {
  TF_SessionOptions* session_options = TF_NewSessionOptions();
  TF_Session* session = NULL;
  char buffer[512];
  long numbers[MAX_SWEEP];
  if (session_options == NULL) {
    *out_code = fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for a session; raise -m");
    return NULL;
  }
  if (threads == 0 && o->threads != NULL) {
    if (parse_sweep(o->threads, 0, numbers) != 1) {
      *out_code = fail(EXIT_USAGE, "--threads %s: only bench takes several numbers", o->threads);
      TF_DeleteSessionOptions(session_options);
      return NULL;
    }
    threads = numbers[0];
  }
  passes = passes_of(o, passes, buffer, sizeof(buffer));
  TF_SetStatus(m->status, TF_OK, "");
  if (threads > 0 || o->soft) set_config(session_options, threads, o->soft, m->status);
  if (TF_GetCode(m->status) == TF_OK && num_sims(o) > 0) {
    CTF_SessionOptionsSetSim(session_options, num_sims(o), 0, 0, m->status);
  }
  if (TF_GetCode(m->status) == TF_OK && o->devices.count > 0) {
    CTF_SessionOptionsSetDevice(session_options, o->devices.items[0].name, m->status);
  }
  if (TF_GetCode(m->status) == TF_OK && passes != NULL) CTF_SessionOptionsSetPasses(session_options, passes, m->status);
  if (TF_GetCode(m->status) == TF_OK) session = TF_NewSession(m->graph, session_options, m->status);
  if (session == NULL) *out_code = fail_status(m->status);
  TF_DeleteSessionOptions(session_options);
  return session;
}
