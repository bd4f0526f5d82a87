#include "tests/conform/driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctf/ctf.h"
#include "tensorflow/c/tf_buffer.h"

static const char* const kCodes[] = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};
enum { NUM_CODES = sizeof(kCodes) / sizeof(*kCodes) };

const char* code_name(int code) { return code >= 0 && code < NUM_CODES ? kCodes[code] : "no code"; }

int code_from_name(const char* name) {
  for (int i = 0; i < NUM_CODES; ++i) {
    if (strcmp(kCodes[i], name) == 0) return i;
  }
  return -1;
}

void outcome_free(outcome* of) {
  text_free(&of->message);
  of->code = TF_OK;
}

static void set_outcome(outcome* out_outcome, TF_Code code, const char* message) {
  out_outcome->code = code;
  text_clear(&out_outcome->message);
  if (code != TF_OK) text_append(&out_outcome->message, "%s", message);
}

// Takes the status. NULL: the library had no memory for one.
static void take_status(TF_Status* status, outcome* out_outcome) {
  if (status == NULL) {
    set_outcome(out_outcome, TF_RESOURCE_EXHAUSTED, "no memory for a status");
    return;
  }
  set_outcome(out_outcome, TF_GetCode(status), TF_Message(status));
  TF_DeleteStatus(status);
}

void driver_import(driver* inout_driver, conform_bytes graph, outcome* out_outcome) {
  TF_Status* status = TF_NewStatus();
  TF_ImportGraphDefOptions* options = TF_NewImportGraphDefOptions();
  inout_driver->graph = TF_NewGraph();
  inout_driver->last = TF_NewStatus();
  if (status != NULL && options != NULL && inout_driver->graph != NULL && inout_driver->last != NULL) {
    const TF_Buffer buffer = {.data = graph.data, .length = graph.bytes};  // no deallocator: the bytes stay ours
    TF_GraphImportGraphDef(inout_driver->graph, &buffer, options, status);
  } else if (status != NULL) {
    TF_SetStatus(status, TF_RESOURCE_EXHAUSTED, "no memory for a graph");
  }
  TF_DeleteImportGraphDefOptions(options);
  take_status(status, out_outcome);
}

// The text of a graph's GraphDef, and the GraphDef.
static void export_graph(TF_Graph* graph, TF_Buffer* binary, TF_Buffer* text, TF_Status* status) {
  TF_GraphToGraphDef(graph, binary, status);
  if (TF_GetCode(status) == TF_OK) CTF_GraphDefToText(binary, text, status);
}

static void import_again(TF_Graph* graph, reimport how, const TF_Buffer* binary, const TF_Buffer* text,
                         TF_Status* status) {
  TF_Buffer* read = TF_NewBuffer();
  if (how == REIMPORT_TEXT) {
    CTF_GraphDefFromText(text->data, text->length, read, status);
    binary = read;
  }
  if (TF_GetCode(status) == TF_OK) TF_GraphImportGraphDef(graph, binary, NULL, status);
  TF_DeleteBuffer(read);
}

void driver_reimport(driver* inout_driver, reimport how, outcome* out_outcome) {
  TF_Status* status = TF_NewStatus();
  TF_Graph* again = TF_NewGraph();
  TF_Buffer *binary = TF_NewBuffer(), *text = TF_NewBuffer();
  TF_Buffer *again_binary = TF_NewBuffer(), *again_text = TF_NewBuffer();
  export_graph(inout_driver->graph, binary, text, status);
  if (TF_GetCode(status) == TF_OK) import_again(again, how, binary, text, status);
  if (TF_GetCode(status) == TF_OK) export_graph(again, again_binary, again_text, status);
  if (TF_GetCode(status) == TF_OK &&
      (text->length != again_text->length || memcmp(text->data, again_text->data, text->length) != 0)) {
    TF_SetStatus(status, TF_INTERNAL, "ctfconform: the graph that was exported is imported as another one");
  }
  TF_DeleteGraph(inout_driver->graph);
  inout_driver->graph = again;
  TF_DeleteBuffer(binary);
  TF_DeleteBuffer(text);
  TF_DeleteBuffer(again_binary);
  TF_DeleteBuffer(again_text);
  take_status(status, out_outcome);
}

// A serialised ConfigProto: fields 2 (intra_op_parallelism_threads) and 5 (inter_op_parallelism_threads).
static void set_threads(TF_SessionOptions* options, int num_threads, TF_Status* status) {
  const uint8_t count = (uint8_t)(num_threads < 127 ? num_threads : 127);
  const uint8_t config[] = {2 << 3, count, 5 << 3, count};
  TF_SetConfig(options, config, sizeof(config), status);
}

static TF_Session* open_session(driver* inout_driver, const driver_options* options, const char* passes,
                                outcome* out_outcome) {
  TF_Session* session = NULL;
  TF_Status* status = TF_NewStatus();
  TF_SessionOptions* session_options = TF_NewSessionOptions();
  if (status != NULL && session_options != NULL) {
    const char* device = options->device != NULL ? options->device : "cpu";
    if (options->num_threads > 0) set_threads(session_options, options->num_threads, status);
    if (TF_GetCode(status) == TF_OK && strncasecmp(device, "sim:", 4) == 0) {
      CTF_SessionOptionsSetSim(session_options, atoi(device + 4) + 1, 1, 20, status);
    }
    if (TF_GetCode(status) == TF_OK && strcasecmp(device, "cpu") != 0) {
      CTF_SessionOptionsSetDevice(session_options, device, status);
    }
    if (TF_GetCode(status) == TF_OK && passes != NULL) CTF_SessionOptionsSetPasses(session_options, passes, status);
    if (TF_GetCode(status) == TF_OK) session = TF_NewSession(inout_driver->graph, session_options, status);
  } else if (status != NULL) {
    TF_SetStatus(status, TF_RESOURCE_EXHAUSTED, "no memory for options");
  }
  TF_DeleteSessionOptions(session_options);
  take_status(status, out_outcome);
  return session;
}

void driver_open(driver* inout_driver, const driver_options* options, outcome* out_outcome) {
  inout_driver->check_peak = options->check_peak;
  inout_driver->session = open_session(inout_driver, options, NULL, out_outcome);
  if (out_outcome->code != TF_OK || !options->check_passes) return;
  for (int i = 0; i < 2 && out_outcome->code == TF_OK; ++i) {
    inout_driver->plain[i] = open_session(inout_driver, options, "none", out_outcome);
  }
}

// False: the graph has no such node.
static bool find_output(TF_Graph* graph, const char* name, TF_Output* out_output) {
  const char* colon = strrchr(name, ':');
  const bool has_port = colon != NULL && colon[1] != '\0' && colon[1 + strspn(colon + 1, "0123456789")] == '\0';
  char* node = must_copy(name, has_port ? (size_t)(colon - name) : strlen(name));
  *out_output = (TF_Output){.oper = TF_GraphOperationByName(graph, node), .index = has_port ? atoi(colon + 1) : 0};
  free(node);
  return out_output->oper != NULL;
}

typedef struct run_arguments {
  TF_Output* feeds;
  TF_Tensor** feed_tensors;
  TF_Output* fetches;
  const TF_Operation** targets;
} run_arguments;

static void find_arguments(driver* inout_driver, const driver_run* run, run_arguments* args, outcome* out_outcome) {
  const char* missing = NULL;
  TF_Output target;
  for (size_t i = 0; i < run->num_feeds; ++i) {
    if (!find_output(inout_driver->graph, run->feeds[i], &args->feeds[i])) missing = run->feeds[i];
  }
  for (size_t i = 0; i < run->num_fetches; ++i) {
    if (!find_output(inout_driver->graph, run->fetches[i], &args->fetches[i])) missing = run->fetches[i];
  }
  for (size_t i = 0; i < run->num_targets; ++i) {
    if (!find_output(inout_driver->graph, run->targets[i], &target)) missing = run->targets[i];
    args->targets[i] = target.oper;
  }
  if (missing != NULL) {
    set_outcome(out_outcome, TF_NOT_FOUND, "");
    text_append(&out_outcome->message, "ctfconform: the imported graph has no node for '%s'", missing);
    return;
  }
  for (size_t i = 0; i < run->num_feeds; ++i) {
    args->feed_tensors[i] = value_to_tensor(&run->feed_values[i]);
    if (args->feed_tensors[i] != NULL) continue;
    set_outcome(out_outcome, TF_RESOURCE_EXHAUSTED, "");
    text_append(&out_outcome->message, "ctfconform: no tensor for feed '%s'", run->feeds[i]);
    return;
  }
}

static void delete_fetches(TF_Tensor** tensors, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    TF_DeleteTensor(tensors[i]);
    tensors[i] = NULL;
  }
}

// The bits of what a run fetched; strings are left out, since they are pointers.
static bool same_bits(TF_Tensor* const* a, TF_Tensor* const* b, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const size_t bytes = TF_TensorByteSize(a[i]);
    if (TF_TensorType(a[i]) == TF_STRING) continue;
    if (bytes != TF_TensorByteSize(b[i])) return false;
    if (bytes > 0 && memcmp(TF_TensorData(a[i]), TF_TensorData(b[i]), bytes) != 0) return false;
  }
  return true;
}

// A run in another session without passes.
static TF_Code run_plain(TF_Session* session, const peak_run* run, TF_Tensor** tensors) {
  TF_Status* status = TF_NewStatus();
  TF_SessionRun(session, NULL, run->feeds, run->feed_values, run->num_feeds, run->fetches, tensors, run->num_fetches,
                run->targets, run->num_targets, NULL, status);
  const TF_Code code = TF_GetCode(status);
  TF_DeleteStatus(status);
  return code;
}

// Another outcome without passes, or another bit: `why` says so. What differs between two sessions without passes, too,
// is random.
static bool same_without_passes(const driver* of, const peak_run* run, TF_Tensor* const* tensors, TF_Code code,
                                text_buffer* why) {
  const size_t count = (size_t)run->num_fetches;
  TF_Tensor **first = must_alloc(count * sizeof(*first)), **second = must_alloc(count * sizeof(*second));
  const TF_Code plain = run_plain(of->plain[0], run, first), again = run_plain(of->plain[1], run, second);
  bool same = plain == code;
  if (!same) text_append(why, "without passes it ends with %s", code_name((int)plain));
  if (same && code == TF_OK && again == TF_OK && same_bits(first, second, count) && !same_bits(tensors, first, count)) {
    text_append(why, "other bits than without passes");
    same = false;
  }
  delete_fetches(first, count);
  delete_fetches(second, count);
  free(first);
  free(second);
  return same;
}

static void call_run(driver* inout_driver, const driver_run* run, const run_arguments* args, TF_Tensor** out_tensors,
                     outcome* out_outcome) {
  uint8_t options[16] = {2 << 3};  // RunOptions.timeout_in_ms, a varint
  size_t options_bytes = 1;
  for (uint64_t rest = (uint64_t)run->timeout_ms; options_bytes == 1 || rest != 0; rest >>= 7) {
    options[options_bytes++] = (uint8_t)((rest & 0x7f) | (rest >> 7 != 0 ? 0x80 : 0));
  }
  const TF_Buffer run_options = {.data = options, .length = options_bytes};
  const peak_run checked = {inout_driver->session, args->feeds,           args->feed_tensors, (int)run->num_feeds,
                            args->fetches,         (int)run->num_fetches, args->targets,      (int)run->num_targets};
  text_buffer why = {0};
  size_t peak = 0;
  bool good = !inout_driver->check_peak || peak_begin(&checked, &inout_driver->peaks, &peak, &why);
  TF_Status* status = TF_NewStatus();
  if (status != NULL) {
    TF_SessionRun(inout_driver->session, run->timeout_ms > 0 ? &run_options : NULL, args->feeds, args->feed_tensors,
                  (int)run->num_feeds, args->fetches, out_tensors, (int)run->num_fetches, args->targets,
                  (int)run->num_targets, NULL, status);
  }
  take_status(status, out_outcome);
  if (good) good = peak_end(peak, out_outcome->code == TF_OK, &why);
  if (good && inout_driver->plain[0] != NULL) {
    good = same_without_passes(inout_driver, &checked, out_tensors, out_outcome->code, &why);
  }
  if (!good) {
    delete_fetches(out_tensors, run->num_fetches);
    set_outcome(out_outcome, TF_UNKNOWN, "");
    text_append(&out_outcome->message, "ctfconform: %s", text_get(&why));
  }
  text_free(&why);
}

void driver_make_run(driver* inout_driver, const driver_run* run, TF_Tensor** out_tensors, outcome* out_outcome) {
  run_arguments args = {
      .feeds = must_alloc(run->num_feeds * sizeof(*args.feeds)),
      .feed_tensors = must_alloc(run->num_feeds * sizeof(*args.feed_tensors)),
      .fetches = must_alloc(run->num_fetches * sizeof(*args.fetches)),
      .targets = must_alloc(run->num_targets * sizeof(*args.targets)),
  };
  for (size_t i = 0; i < run->num_fetches; ++i) out_tensors[i] = NULL;
  set_outcome(out_outcome, TF_OK, "");
  find_arguments(inout_driver, run, &args, out_outcome);
  if (out_outcome->code == TF_OK) call_run(inout_driver, run, &args, out_tensors, out_outcome);
  for (size_t i = 0; i < run->num_fetches; ++i) {
    const bool given = out_tensors[i] != NULL;
    if (out_outcome->code == TF_OK && !given) {
      set_outcome(out_outcome, TF_UNKNOWN, "ctfconform: the run ended with OK and without a tensor for a fetch");
    } else if (out_outcome->code != TF_OK && given) {
      TF_DeleteTensor(out_tensors[i]);
      out_tensors[i] = NULL;
    }
  }
  for (size_t i = 0; i < run->num_feeds; ++i) TF_DeleteTensor(args.feed_tensors[i]);
  free(args.feeds);
  free(args.feed_tensors);
  free(args.fetches);
  free(args.targets);
}

void driver_close(driver* inout_driver) {
  for (int i = 0; i < 2; ++i) {
    if (inout_driver->plain[i] != NULL) TF_DeleteSession(inout_driver->plain[i], inout_driver->last);
  }
  if (inout_driver->session != NULL) TF_DeleteSession(inout_driver->session, inout_driver->last);
  TF_DeleteStatus(inout_driver->last);
  TF_DeleteGraph(inout_driver->graph);
  *inout_driver = (driver){0};
}
