#include "tests/conform/models.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctf/ctf.h"
#include "tests/conform/compare.h"
#include "tests/conform/name_set.h"
#include "tests/conform/records.h"

static bool has_file(const char* folder, const char* name) {
  text_buffer path = {0};
  text_append(&path, "%s/%s", folder, name);
  const bool has = access(path.data, F_OK) == 0;
  text_free(&path);
  return has;
}

// NULL when the folder has a graph that can be read.
static const char* unreadable_format(const char* folder) {
  if (has_file(folder, "saved_model")) return "SavedModel format";
  if (has_file(folder, "model.meta")) return "MetaGraph format";
  return NULL;
}

static bool read_file_of(const char* folder, const char* name, uint8_t** out_data, size_t* out_bytes,
                         text_buffer* why) {
  text_buffer path = {0};
  text_append(&path, "%s/%s", folder, name);
  const bool good = read_whole_file(path.data, out_data, out_bytes, why);
  text_free(&path);
  return good;
}

// The graph in binary form; the caller frees it. *out_code: OK, or what the library said of the text.
static bool read_graph(const char* folder, uint8_t** out_data, size_t* out_bytes, TF_Code* out_code, text_buffer* why) {
  *out_code = TF_OK;
  if (has_file(folder, "graph.pb")) return read_file_of(folder, "graph.pb", out_data, out_bytes, why);
  uint8_t* text = NULL;
  size_t length = 0;
  if (!read_file_of(folder, "graph.pbtxt", &text, &length, why)) return false;
  TF_Status* status = TF_NewStatus();
  TF_Buffer* graph = TF_NewBuffer();
  CTF_GraphDefFromText((const char*)text, length, graph, status);
  free(text);
  *out_code = TF_GetCode(status);
  if (*out_code != TF_OK) {
    text_append(why, "%s", TF_Message(status));
  } else {
    *out_data = must_alloc(graph->length + 1);
    memcpy(*out_data, graph->data, graph->length);
    *out_bytes = graph->length;
  }
  TF_DeleteBuffer(graph);
  TF_DeleteStatus(status);
  return *out_code == TF_OK;
}

typedef struct row {  // of case.json: [input|output, tensor, dtype, shape, file]
  char* tensor;
  host_value contents;
} row;

typedef struct model_case {
  const char* label;  // the signature, or NULL
  size_t number;
  size_t times;
  row* inputs;
  size_t num_inputs;
  row* outputs;
  size_t num_outputs;
  char** targets;
  size_t num_targets;
} model_case;

static void rows_free(row* rows, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    free(rows[i].tensor);
    value_free(&rows[i].contents);
  }
  free(rows);
}

static void model_case_free(model_case* of) {
  rows_free(of->inputs, of->num_inputs);
  rows_free(of->outputs, of->num_outputs);
  for (size_t i = 0; i < of->num_targets; ++i) free(of->targets[i]);
  free(of->targets);
}

static bool read_rows(const json_t* json, const char* folder, model_case* inout_case, text_buffer* why) {
  const size_t count = json_array_size(json);
  inout_case->inputs = must_alloc(count * sizeof(*inout_case->inputs));
  inout_case->outputs = must_alloc(count * sizeof(*inout_case->outputs));
  for (size_t i = 0; i < count; ++i) {
    const json_t* entry = json_array_get(json, i);
    const char* kind = json_string_value(json_array_get(entry, 0));
    const char* tensor = json_string_value(json_array_get(entry, 1));
    const char* file = json_string_value(json_array_get(entry, 4));
    if (kind == NULL || tensor == NULL || file == NULL) {
      text_append(why, "case.json: row %zu is not [kind, tensor, dtype, shape, file]", i);
      return false;
    }
    const bool is_input = strcmp(kind, "input") == 0;
    row* at =
        is_input ? &inout_case->inputs[inout_case->num_inputs++] : &inout_case->outputs[inout_case->num_outputs++];
    at->tensor = must_copy(tensor, strlen(tensor));
    text_buffer path = {0};
    text_append(&path, "%s/%s", folder, file);
    const bool good = value_from_npy(path.data, &at->contents, why);
    text_free(&path);
    if (!good) return false;
  }
  return true;
}

static bool read_case(const json_t* json, const char* folder, size_t number, model_case* out_case, text_buffer* why) {
  *out_case =
      (model_case){.number = number, .times = 1, .label = json_string_value(json_object_get(json, "signature"))};
  const json_t* times = json_object_get(json, "times");
  if (times != NULL && json_integer_value(times) > 0) out_case->times = (size_t)json_integer_value(times);
  const json_t* targets = json_object_get(json, "targets");
  out_case->targets = must_alloc(json_array_size(targets) * sizeof(*out_case->targets));
  for (size_t i = 0; i < json_array_size(targets); ++i) {
    const char* name = json_string_value(json_array_get(targets, i));
    if (name == NULL) continue;
    out_case->targets[out_case->num_targets++] = must_copy(name, strlen(name));
  }
  return read_rows(json_object_get(json, "rows"), folder, out_case, why);
}

static bool compare_fetches(const model_case* of, TF_Tensor* const* tensors, double rtol, text_buffer* why) {
  const compare_rule rule = {.check = CONFORMANCE__CHECK__VALUE, .rtol = rtol, .atol = 1e-6};
  const compare_rule exact = {.check = CONFORMANCE__CHECK__VALUE};
  for (size_t i = 0; i < of->num_outputs; ++i) {
    const host_value* want = &of->outputs[i].contents;
    const bool floating = want->dtype == TF_FLOAT || want->dtype == TF_DOUBLE || want->dtype == TF_HALF ||
                          want->dtype == TF_COMPLEX64 || want->dtype == TF_COMPLEX128;
    text_buffer difference = {0};
    const bool same = compare_tensor(want, tensors[i], floating ? &rule : &exact, &difference);
    if (!same) text_append(why, "'%s': %s", of->outputs[i].tensor, text_get(&difference));
    text_free(&difference);
    if (!same) return false;
  }
  return true;
}

// `times` runs in one session; the fetches are those of the last.
static bool run_case(driver* engine, const model_case* of, double rtol, text_buffer* why) {
  char** feeds = must_alloc(of->num_inputs * sizeof(*feeds));
  host_value* values =
      must_alloc(of->num_inputs * sizeof(*values));  // copies of the structs: the contents stay the rows'
  char** fetches = must_alloc(of->num_outputs * sizeof(*fetches));
  TF_Tensor** tensors = must_alloc(of->num_outputs * sizeof(TF_Tensor*));
  for (size_t i = 0; i < of->num_inputs; ++i) {
    feeds[i] = of->inputs[i].tensor;
    values[i] = of->inputs[i].contents;
  }
  for (size_t i = 0; i < of->num_outputs; ++i) fetches[i] = of->outputs[i].tensor;
  outcome result = {0};
  for (size_t i = 0; i < of->times && result.code == TF_OK; ++i) {
    const driver_run run = {.num_feeds = of->num_inputs,
                            .feeds = feeds,
                            .feed_values = values,
                            .num_fetches = i + 1 == of->times ? of->num_outputs : 0,
                            .fetches = fetches,
                            .num_targets = of->num_targets,
                            .targets = of->targets};
    if (run.num_fetches == 0 && run.num_targets == 0) continue;
    driver_make_run(engine, &run, tensors, &result);
  }
  bool good = result.code == TF_OK;
  if (!good) text_append(why, "%s: %s", code_name((int)result.code), text_get(&result.message));
  good = good && compare_fetches(of, tensors, rtol, why);
  for (size_t i = 0; i < of->num_outputs; ++i) TF_DeleteTensor(tensors[i]);
  outcome_free(&result);
  free(tensors);
  free(fetches);
  free(values);
  free(feeds);
  return good;
}

static verdict run_cases(const json_t* root, const char* folder, conform_bytes graph, const driver_options* options,
                         text_buffer* why) {
  driver engine = {0};
  outcome opened = {0};
  const json_t* tolerance = json_object_get(root, "rtol");
  const double rtol = json_is_number(tolerance) ? json_number_value(tolerance) : 1e-4;
  const json_t* cases = json_object_get(root, "cases");
  driver_import(&engine, graph, &opened);
  if (opened.code == TF_OK) driver_open(&engine, options, &opened);
  bool good = opened.code == TF_OK && json_array_size(cases) != 0;
  if (opened.code != TF_OK) {
    text_append(why, "before the first run: %s: %s", code_name((int)opened.code), text_get(&opened.message));
  } else if (!good) {
    text_append(why, "case.json has no cases");
  }
  for (size_t i = 0; good && i < json_array_size(cases); ++i) {
    model_case of = {0};
    text_buffer detail = {0};
    good = read_case(json_array_get(cases, i), folder, i, &of, &detail) && run_case(&engine, &of, rtol, &detail);
    if (!good) text_append(why, "case %zu %s: %s", i, of.label != NULL ? of.label : "", text_get(&detail));
    text_free(&detail);
    model_case_free(&of);
  }
  if (good) peak_describe(&engine.peaks, why);
  driver_close(&engine);
  outcome_free(&opened);
  return good ? VERDICT_PASS : VERDICT_FAIL;
}

// The first op of the list that has no kernel, or NULL.
static const char* find_unsupported(const json_t* ops, const driver_options* options, text_buffer* why) {
  name_set known = {0};
  const char* found = NULL;
  if (name_set_add_ops_with_kernel(&known, options->device, why)) {
    for (size_t i = 0; found == NULL && i < json_array_size(ops); ++i) {
      const char* op = json_string_value(json_array_get(ops, i));
      if (op != NULL && name_set_find(&known, op) == NAME_SET_NONE) found = op;
    }
  }
  name_set_free(&known);
  return found;
}

verdict execute_model(const char* folder, const driver_options* options, text_buffer* why) {
  const char* format = unreadable_format(folder);
  if (format != NULL) {
    text_append(why, "%s", format);
    return VERDICT_SKIP;
  }
  uint8_t* data = NULL;
  size_t bytes = 0;
  if (!read_file_of(folder, "case.json", &data, &bytes, why)) return VERDICT_FAIL;
  json_error_t error;
  json_t* root = json_loadb((const char*)data, bytes, 0, &error);
  free(data);
  if (root == NULL) {
    text_append(why, "case.json:%d: %s", error.line, error.text);
    return VERDICT_FAIL;
  }
  verdict result = VERDICT_FAIL;
  TF_Code code;
  const char* unsupported = find_unsupported(json_object_get(root, "ops"), options, why);
  if (unsupported != NULL) {
    text_append(why, "unsupported op %s", unsupported);
    result = VERDICT_SKIP;
  } else if (read_graph(folder, &data, &bytes, &code, why)) {
    result = run_cases(root, folder, (conform_bytes){data, bytes}, options, why);
    free(data);
    // A node whose op is a function of the library: its name is not among the case's ops.
    if (result == VERDICT_FAIL && strstr(why->data, "cannot be called yet") != NULL) result = VERDICT_SKIP;
  }
  json_decref(root);
  return result;
}

verdict execute_refused_model(const char* folder, const driver_options* options, const char* expect, text_buffer* why) {
  const char* format = unreadable_format(folder);
  if (format != NULL) {
    text_append(why, "%s", format);
    return VERDICT_SKIP;
  }
  uint8_t* data = NULL;
  size_t bytes = 0;
  TF_Code code;
  if (!read_graph(folder, &data, &bytes, &code, why)) {
    return code != TF_OK && expect_allows(expect, code) ? VERDICT_PASS : VERDICT_FAIL;
  }
  verdict result = execute_raw((conform_bytes){data, bytes}, expect, why);
  name_set known = {0};
  if (result == VERDICT_FAIL && name_set_add_ops_with_kernel(&known, options->device, why)) {
    case_summary of;
    graph_summary_read((conform_bytes){data, bytes}, &of);
    const char* op = case_summary_unsupported(&of, &known);
    if (op != NULL) {
      text_append(why, "; unsupported op %s", op);
      result = VERDICT_SKIP;
    }
    case_summary_free(&of);
  }
  name_set_free(&known);
  free(data);
  return result;
}
