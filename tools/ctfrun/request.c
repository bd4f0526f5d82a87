#include "tools/ctfrun/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctf/ctf.h"
#include "tools/ctfrun/dtypes.h"
#include "tools/ctfrun/failure.h"

static bool same_tensor(TF_Output a, TF_Output b) { return a.oper == b.oper && a.index == b.index; }

static const char* shape_option(const options* o, const char* node) {
  for (int i = 0; i < o->num_shapes; ++i) {
    const size_t length = strlen(node);
    const char* name = o->shapes[i].name;
    if (strncmp(name, node, length) == 0 && (name[length] == '\0' || strcmp(name + length, ":0") == 0)) {
      return o->shapes[i].text;
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
  for (int i = 0; i < o->num_dims; ++i) {
    const int axis = atoi(o->dims[i].name);
    if (axis < 0 || axis >= target->rank || target->dims[axis] >= 0) continue;
    target->dims[axis] = strtoll(o->dims[i].text, NULL, 10);
  }
  if (target->rank < 0) {
    return fail(EXIT_USAGE, "feed \"%s\": its rank is not known; give --shape %s=...", node, node);
  }
  return 0;
}

static int report_missing(const options* o, const model* m, const TF_Output* missing, int count) {
  char name[512];
  fprintf(stderr, "ctfrun: %s needs %d input%s not given\n", m->path, count, count > 1 ? "s that were" : " that was");
  for (int i = 0; i < count; ++i) {
    value_target target;
    tensor_name(missing[i], name, sizeof(name));
    model_target(m, missing[i], name, &target);
    fprintf(stderr, "  %s   %s ", name, dtype_name(target.dtype));
    if (target.rank < 0) {
      fprintf(stderr, "<unknown>\n");
      continue;
    }
    fputc('[', stderr);
    for (int j = 0; j < target.rank; ++j) {
      fprintf(stderr, j > 0 ? "," : "%s", "");
      if (target.dims[j] < 0) {
        fputc('?', stderr);
      } else {
        fprintf(stderr, "%lld", (long long)target.dims[j]);
      }
    }
    fprintf(stderr, "]\n");
  }
  const char* node = TF_OperationName(missing[0].oper);
  return fail(EXIT_USAGE, "try: ctfrun %s -i %s=VALUE, or --fill random%s", o->model, node,
              " (with --dim 0=N or --shape where a dimension is open)");
}

// ---- which inputs a request needs

typedef struct node_walk {  // from what is asked for, back through what is not fed
  const request* r;
  size_t capacity;       // more than the graph has nodes
  TF_Operation** seen;   // open addressing
  TF_Operation** stack;  // to look at
  size_t num_stacked;
} node_walk;

static size_t place_of(const node_walk* w, const TF_Operation* node) {
  size_t at = ((uintptr_t)node >> 4) % w->capacity;
  while (w->seen[at] != NULL && w->seen[at] != node) at = (at + 1) % w->capacity;
  return at;
}

static void need_node(node_walk* w, TF_Operation* node) {
  const size_t at = place_of(w, node);
  if (w->seen[at] != NULL) return;
  w->seen[at] = node;
  w->stack[w->num_stacked++] = node;
}

static void need_tensor(node_walk* w, TF_Output tensor) {
  for (int i = 0; i < w->r->num_feeds; ++i) {
    if (same_tensor(tensor, w->r->feeds[i])) return;
  }
  need_node(w, tensor.oper);
}

static void walk(node_walk* w) {
  for (int i = 0; i < w->r->num_fetches; ++i) need_tensor(w, w->r->fetches[i]);
  for (int i = 0; i < w->r->num_targets; ++i) need_node(w, (TF_Operation*)(uintptr_t)w->r->targets[i]);
  while (w->num_stacked > 0) {
    TF_Operation* node = w->stack[--w->num_stacked];
    for (int i = 0; i < TF_OperationNumInputs(node); ++i) {
      need_tensor(w, TF_OperationInput((TF_Input){node, i}));
    }
  }
}

// The inputs that the request needs and that are not fed, MAX_REPEATS at most.
static int find_missing(const model* m, const request* r, size_t num_nodes, TF_Output* missing, int* out_count) {
  node_walk w = {.r = r, .capacity = 2 * num_nodes + 1};
  int count = 0, code = 0;
  w.seen = calloc(w.capacity, sizeof(*w.seen));
  w.stack = calloc(w.capacity, sizeof(*w.stack));
  if (w.seen != NULL && w.stack != NULL) {
    size_t position = 0;
    walk(&w);
    for (TF_Operation* oper; (oper = TF_GraphNextOperation(m->graph, &position)) != NULL;) {
      const bool needed = model_is_input(oper) && w.seen[place_of(&w, oper)] != NULL;
      if (needed && count < MAX_REPEATS) missing[count++] = (TF_Output){oper, 0};
    }
  } else {
    code = fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for the request");
  }
  free(w.seen);
  free(w.stack);
  *out_count = count;
  return code;
}

static int fill_inputs(const options* o, const model* m, request* r, size_t num_nodes) {
  TF_Output missing[MAX_REPEATS];
  int num_missing = 0;
  int code = find_missing(m, r, num_nodes, missing, &num_missing);
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
  for (int i = 0; i < o->num_feeds; ++i) {
    value_target target;
    int code = model_find(m, o->feeds[i].name, "feed", &r->feeds[i]);
    if (code != 0) return code;
    model_target(m, r->feeds[i], o->feeds[i].name, &target);
    code = value_parse(o->feeds[i].text, &target, &r->feed_values[i]);
    if (code != 0) return code;
    ++r->num_feeds;
    if (model_is_input(r->feeds[i].oper)) code = check_shape(&target, r->feed_values[i]);
    if (code != 0) return code;
  }
  return 0;
}

static int take_fetches(const options* o, const model* m, request* r) {
  TF_Output* sinks = NULL;
  int num_sinks = 0;
  const bool sinks_wanted = o->num_fetches == 0 && o->num_targets == 0;
  if (sinks_wanted) {
    const int code = model_sinks(m, &sinks, &num_sinks);
    if (code != 0) return code;
  }
  const size_t count = (size_t)(sinks_wanted ? num_sinks : o->num_fetches) + 1;
  r->fetches = calloc(count, sizeof(*r->fetches));
  r->destinations = calloc(count, sizeof(*r->destinations));
  r->results = calloc(count, sizeof(*r->results));
  if (r->fetches == NULL || r->destinations == NULL || r->results == NULL) {
    free(sinks);
    return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for the request");
  }
  for (int i = 0; i < num_sinks; ++i) r->fetches[r->num_fetches++] = sinks[i];
  free(sinks);
  for (int i = 0; i < o->num_fetches; ++i) {
    const int code = model_find(m, o->fetches[i].name, "fetch", &r->fetches[i]);
    if (code != 0) return code;
    r->destinations[i] = o->fetches[i].text;
    ++r->num_fetches;
  }
  for (int i = 0; i < o->num_targets; ++i) {
    r->targets[i] = TF_GraphOperationByName(m->graph, o->targets[i]);
    if (r->targets[i] == NULL) {
      return fail(EXIT_ENGINE + TF_NOT_FOUND, "target \"%s\": %s has no node of this name", o->targets[i], m->path);
    }
    ++r->num_targets;
  }
  if (r->num_fetches + r->num_targets == 0) {
    return fail(EXIT_USAGE, "%s computes nothing; give -o NAME or -t NODE", m->path);
  }
  return 0;
}

int request_make(const options* o, const model* m, request* out) {
  size_t num_nodes = 0, position = 0, num_inputs = 0;
  *out = (request){0};
  for (TF_Operation* oper; (oper = TF_GraphNextOperation(m->graph, &position)) != NULL; ++num_nodes) {
    num_inputs += model_is_input(oper);
  }
  const size_t feeds = (size_t)o->num_feeds + num_inputs + 1;
  out->feeds = calloc(feeds, sizeof(*out->feeds));
  out->feed_values = calloc(feeds, sizeof(*out->feed_values));
  out->targets = calloc((size_t)o->num_targets + 1, sizeof(*out->targets));
  if (out->feeds == NULL || out->feed_values == NULL || out->targets == NULL) {
    return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for the request");
  }
  int code = take_feeds(o, m, out);
  if (code == 0) code = take_fetches(o, m, out);
  if (code == 0) code = fill_inputs(o, m, out, num_nodes);
  return code;
}

void request_free(request* r) {
  for (int i = 0; i < r->num_feeds; ++i) TF_DeleteTensor(r->feed_values[i]);
  for (int i = 0; r->results != NULL && i < r->num_fetches; ++i) TF_DeleteTensor(r->results[i]);
  free(r->feeds);
  free(r->feed_values);
  free(r->fetches);
  free(r->destinations);
  free(r->results);
  free(r->targets);
}

TF_Session* session_open(const options* o, const model* m, int* out_code) {
  TF_SessionOptions* session_options = TF_NewSessionOptions();
  TF_Session* session = NULL;
  if (session_options == NULL) {
    *out_code = fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for a session; raise -m");
    return NULL;
  }
  if (o->device != NULL) CTF_SessionOptionsSetDevice(session_options, o->device, m->status);
  if (TF_GetCode(m->status) == TF_OK && o->passes != NULL) {
    CTF_SessionOptionsSetPasses(session_options, o->passes, m->status);
  }
  if (TF_GetCode(m->status) == TF_OK) session = TF_NewSession(m->graph, session_options, m->status);
  if (session == NULL) *out_code = fail_status(m->status);
  TF_DeleteSessionOptions(session_options);
  return session;
}
