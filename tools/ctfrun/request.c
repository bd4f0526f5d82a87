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

// The inputs that the graph has and that were not fed. All of them: which the fetches need is the plan's business, so
// only those that a fetch depends on count.
static bool depends_on(const TF_Output* fetches, int num_fetches, const TF_Operation* const* targets, int num_targets,
                       const TF_Output* feeds, int num_feeds, const TF_Operation* input, size_t num_nodes) {
  // A walk from the fetches back; `stack` holds nodes to look at.
  TF_Operation** stack = malloc((num_nodes + 1) * sizeof(*stack));
  TF_Operation** seen = calloc(num_nodes + 1, sizeof(*seen));
  size_t count = 0;
  bool found = false;
  if (stack == NULL || seen == NULL) {
    free(stack);
    free(seen);
    return true;
  }
#define LOOK(node)                                                                     \
  do {                                                                                 \
    TF_Operation* look_ = (node);                                                      \
    size_t at_ = ((uintptr_t)look_ >> 4) % (num_nodes + 1);                            \
    while (seen[at_] != NULL && seen[at_] != look_) at_ = (at_ + 1) % (num_nodes + 1); \
    if (seen[at_] == NULL) {                                                           \
      seen[at_] = look_;                                                               \
      stack[count++] = look_;                                                          \
    }                                                                                  \
  } while (0)
  for (int i = 0; i < num_fetches; ++i) {
    bool fed = false;
    for (int j = 0; j < num_feeds; ++j) fed |= same_tensor(fetches[i], feeds[j]);
    if (!fed) LOOK(fetches[i].oper);
  }
  for (int i = 0; i < num_targets; ++i) LOOK((TF_Operation*)(uintptr_t)targets[i]);
  while (count > 0 && !found) {
    TF_Operation* node = stack[--count];
    found = node == input;
    for (int i = 0; i < TF_OperationNumInputs(node); ++i) {
      const TF_Output from = TF_OperationInput((TF_Input){node, i});
      bool fed = false;
      for (int j = 0; j < num_feeds; ++j) fed |= same_tensor(from, feeds[j]);
      if (!fed) LOOK(from.oper);
    }
  }
#undef LOOK
  free(stack);
  free(seen);
  return found;
}

static int fill_inputs(const options* o, const model* m, request* r, size_t num_nodes) {
  TF_Output missing[MAX_REPEATS];
  int num_missing = 0;
  size_t position = 0;
  const int num_fed = r->num_feeds;
  for (TF_Operation* oper; (oper = TF_GraphNextOperation(m->graph, &position)) != NULL;) {
    if (!model_is_input(oper)) continue;
    const TF_Output input = {oper, 0};
    bool fed = false;
    for (int i = 0; i < num_fed; ++i) fed |= same_tensor(input, r->feeds[i]);
    if (fed || num_missing == MAX_REPEATS) continue;
    if (!depends_on(r->fetches, r->num_fetches, r->targets, r->num_targets, r->feeds, num_fed, oper, num_nodes))
      continue;
    missing[num_missing++] = input;
  }
  if (num_missing > 0 && o->fill == NULL) return report_missing(o, m, missing, num_missing);
  for (int i = 0; i < num_missing; ++i) {
    value_target target;
    const char* node = TF_OperationName(missing[i].oper);
    model_target(m, missing[i], node, &target);
    int code = complete_shape(o, node, &target);
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
