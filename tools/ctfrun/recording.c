#include "tools/ctfrun/recording.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "tools/ctfrun/dtypes.h"
#include "tools/ctfrun/failure.h"

typedef struct recorded_text {
  struct recorded_text* next;
  char text[];
} recorded_text;

static const char* keep(recording* r, const char* text) {
  const size_t size = strlen(text) + 1;
  recorded_text* copy = malloc(sizeof(*copy) + size);
  if (copy == NULL) return "";  // a name that is missing is better than no report
  memcpy(copy->text, text, size);
  copy->next = r->texts;
  r->texts = copy;
  return copy->text;
}

void recording_free(recording* r) {
  for (recorded_text* text = r->texts; text != NULL;) {
    recorded_text* next = text->next;
    free(text);
    text = next;
  }
  free(r->steps);
  free(r->tensors);
  *r = (recording){0};
}

static int device_of(recording* r, const char* name) {
  for (int i = 0; i < r->num_devices; ++i) {
    if (strcmp(r->devices[i], name) == 0) return i;
  }
  if (r->num_devices == MAX_RECORDED_DEVICES) return MAX_RECORDED_DEVICES - 1;
  r->devices[r->num_devices] = keep(r, name);
  return r->num_devices++;
}

static int no_memory(void) { return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for what the run did"); }

// ---- from the library

static const char* type_text(recording* r, const CTF_TracedTensor* tensor) {
  char text[512];
  size_t used = (size_t)snprintf(text, sizeof(text), "%s [", dtype_name(tensor->dtype));
  for (int i = 0; i < tensor->num_dims && used + 32 < sizeof(text); ++i) {
    used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%lld", i > 0 ? "," : "", (long long)tensor->dims[i]);
  }
  snprintf(text + used, sizeof(text) - used, "]");
  return keep(r, text);
}

int recording_from_trace(const CTF_Trace* trace, recording* out) {
  TF_Status* status = TF_NewStatus();
  CTF_TracedRun run = {.struct_size = sizeof(run)};
  *out = (recording){0};
  if (status == NULL) return no_memory();
  CTF_TraceGetRun(trace, &run, status);
  int code = TF_GetCode(status) != TF_OK ? fail_status(status) : 0;
  *out = (recording){.start_unix_ns = run.start_unix_ns, .admitted_ns = run.admitted_ns, .end_ns = run.end_ns};
  out->steps = calloc(run.num_steps + 1, sizeof(*out->steps));
  out->tensors = calloc(run.num_tensors + 1, sizeof(*out->tensors));
  if (code == 0 && (out->steps == NULL || out->tensors == NULL)) code = no_memory();
  for (size_t i = 0; code == 0 && i < run.num_steps; ++i) {
    CTF_TracedStep step = {.struct_size = sizeof(step)};
    CTF_TraceGetStep(trace, i, &step, status);
    out->steps[out->num_steps++] = (recorded_step){keep(out, step.name),
                                                   keep(out, step.op),
                                                   keep(out, step.kind),
                                                   keep(out, step.label),
                                                   device_of(out, step.device),
                                                   step.stream,
                                                   step.scheduled_ns,
                                                   step.start_ns,
                                                   step.end_ns,
                                                   step.first_tensor,
                                                   step.num_tensors};
  }
  for (size_t i = 0; code == 0 && i < run.num_tensors; ++i) {
    CTF_TracedTensor tensor = {.struct_size = sizeof(tensor)};
    CTF_TraceGetTensor(trace, i, &tensor, status);
    out->tensors[out->num_tensors++] =
        (recorded_tensor){keep(out, tensor.name), keep(out, tensor.role), type_text(out, &tensor),
                          tensor.bytes,           tensor.held_bytes,      tensor.offset,
                          tensor.start_ns,        tensor.end_ns,          device_of(out, tensor.device)};
  }
  TF_DeleteStatus(status);
  return code;
}

// ---- writing: one event a line, so that a file of any size streams

typedef struct trace_writer {
  gzFile file;
  bool failed, first;
} trace_writer;

static void put(trace_writer* w, const char* format, ...) __attribute__((format(printf, 2, 3)));
static void put(trace_writer* w, const char* format, ...) {
  char text[4096];
  va_list args;
  va_start(args, format);
  const int length = vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  if (length <= 0) return;
  const unsigned size = (unsigned)length < sizeof(text) ? (unsigned)length : (unsigned)sizeof(text) - 1;
  if (gzwrite(w->file, text, size) != (int)size) w->failed = true;
}

// A text of any length in quotes.
static void put_string(trace_writer* w, const char* text) {
  char* quoted = NULL;
  size_t size = 0;
  FILE* memory = open_memstream(&quoted, &size);
  if (memory == NULL) {
    put(w, "\"\"");
    return;
  }
  print_json_string(memory, text);
  fclose(memory);
  if (gzwrite(w->file, quoted, (unsigned)size) != (int)size) w->failed = true;
  free(quoted);
}

static void begin_event(trace_writer* w) {
  put(w, w->first ? "\n{" : ",\n{");
  w->first = false;
}

static double microseconds(int64_t ns) { return (double)ns / 1e3; }

static void write_lanes(trace_writer* w, const recording* r) {
  for (int device = 0; device < r->num_devices; ++device) {
    begin_event(w);
    put(w, "\"ph\":\"M\",\"pid\":%d,\"name\":\"process_name\",\"args\":{\"name\":", device);
    put_string(w, r->devices[device]);
    put(w, "}}");
    uint64_t seen = 0;
    for (size_t i = 0; i < r->num_steps; ++i) {
      const recorded_step* step = &r->steps[i];
      const uint64_t bit = UINT64_C(1) << (step->stream & 63);
      if (step->device != device || (seen & bit) != 0) continue;
      seen |= bit;
      begin_event(w);
      put(w, "\"ph\":\"M\",\"pid\":%d,\"tid\":%d,\"name\":\"thread_name\",\"args\":{\"name\":\"stream %d\"}}", device,
          step->stream, step->stream);
    }
  }
}

static void write_step(trace_writer* w, const recording* r, const recorded_step* step) {
  begin_event(w);
  put(w, "\"ph\":\"X\",\"pid\":%d,\"tid\":%d,\"ts\":%.3f,\"dur\":%.3f,\"cat\":", step->device, step->stream,
      microseconds(step->start_ns), microseconds(step->end_ns - step->start_ns));
  put_string(w, step->kind);
  put(w, ",\"name\":");
  put_string(w, step->name);
  put(w, ",\"args\":{\"op\":");
  put_string(w, step->op);
  put(w, ",\"label\":");
  put_string(w, step->label);
  put(w, ",\"scheduled\":%.3f,\"tensors\":[", microseconds(step->scheduled_ns));
  for (size_t i = 0; i < step->num_tensors && step->first_tensor + i < r->num_tensors; ++i) {
    const recorded_tensor* tensor = &r->tensors[step->first_tensor + i];
    put(w, "%s{\"name\":", i > 0 ? "," : "");
    put_string(w, tensor->name);
    put(w, ",\"type\":");
    put_string(w, tensor->type);
    put(w, ",\"role\":");
    put_string(w, tensor->role);
    put(w, ",\"bytes\":%zu,\"held\":%zu,", tensor->bytes, tensor->held_bytes);
    if (tensor->offset != SIZE_MAX) put(w, "\"offset\":%zu,", tensor->offset);
    put(w, "\"start\":%.3f,\"end\":%.3f,\"device\":%d}", microseconds(tensor->start_ns), microseconds(tensor->end_ns),
        tensor->device);
  }
  put(w, "]}}");
}

static bool write_memory(trace_writer* w, const recording* r) {
  for (int device = 0; device < r->num_devices; ++device) {
    size_t count, peak;
    memory_point* points = recording_memory(r, device, &count, &peak);
    if (points == NULL) return false;
    for (size_t i = 0; i < count; ++i) {
      begin_event(w);
      put(w, "\"ph\":\"C\",\"pid\":%d,\"ts\":%.3f,\"name\":\"memory\",\"args\":{\"bytes\":%zu}}", device,
          microseconds(points[i].ns), points[i].bytes);
    }
    free(points);
  }
  return true;
}

static const recording*
    sorted_recording;  // of qsort and bsearch, which pass nothing on; the command is one thread here

static int by_name(const void* left, const void* right) {
  return strcmp(sorted_recording->steps[*(const size_t*)left].name,
                sorted_recording->steps[*(const size_t*)right].name);
}

static int name_of_step(const void* key, const void* element) {
  return strcmp(key, sorted_recording->steps[*(const size_t*)element].name);
}

// The nodes in "name = Op(a, b:1, ^c)", one after the other. False at the end.
static bool next_input(const char** inout_at, char* out, size_t size) {
  const char* at = *inout_at;
  while (*at == ' ' || *at == ',' || *at == '^') ++at;
  const size_t length = strcspn(at, ":,)");
  if (length == 0 || length >= size) return false;
  memcpy(out, at, length);
  out[length] = '\0';
  at += length;
  while (*at != ',' && *at != ')' && *at != '\0') ++at;
  *inout_at = at;
  return true;
}

// An arrow from each step to those that read it.
static bool write_flows(trace_writer* w, const recording* r) {
  size_t* order = calloc(r->num_steps + 1, sizeof(*order));
  if (order == NULL) return false;
  for (size_t i = 0; i < r->num_steps; ++i) order[i] = i;
  sorted_recording = r;
  qsort(order, r->num_steps, sizeof(*order), by_name);
  size_t id = 0;
  for (size_t i = 0; i < r->num_steps; ++i) {
    const char* at = strchr(r->steps[i].label, '(');
    char name[1024];
    if (at == NULL) continue;
    for (++at; next_input(&at, name, sizeof(name));) {
      const size_t* found = bsearch(name, order, r->num_steps, sizeof(*order), name_of_step);
      if (found == NULL || r->steps[*found].end_ns > r->steps[i].start_ns) continue;
      const recorded_step *from = &r->steps[*found], *to = &r->steps[i];
      begin_event(w);
      put(w, "\"ph\":\"s\",\"id\":%zu,\"pid\":%d,\"tid\":%d,\"ts\":%.3f,\"cat\":\"data\",\"name\":\"reads\"}", ++id,
          from->device, from->stream, microseconds(from->start_ns));
      begin_event(w);
      put(w,
          "\"ph\":\"f\",\"bp\":\"e\",\"id\":%zu,\"pid\":%d,\"tid\":%d,\"ts\":%.3f,\"cat\":\"data\",\"name\":\"reads\"}",
          id, to->device, to->stream, microseconds(to->start_ns));
    }
  }
  free(order);
  return true;
}

int recording_write(const char* path, const char* model, const recording* r) {
  const size_t length = strlen(path);
  const bool packed = length > 3 && strcmp(path + length - 3, ".gz") == 0;
  errno = 0;
  trace_writer w = {.file = gzopen(path, packed ? "wb" : "wbT"), .first = true};
  if (w.file == NULL) return fail(EXIT_FILE, "%s cannot be written; %s", path, strerror(errno != 0 ? errno : ENOMEM));
  put(&w, "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"schema\":\"ctfrun-trace/1\",\"model\":");
  put_string(&w, model);
  put(&w, ",\"ctf\":\"%s\",\"start_unix_ns\":%" PRId64 ",\"admitted_us\":%.3f,\"end_us\":%.3f},\"traceEvents\":[",
      CTF_Version(), r->start_unix_ns, microseconds(r->admitted_ns), microseconds(r->end_ns));
  write_lanes(&w, r);
  for (size_t i = 0; i < r->num_steps; ++i) write_step(&w, r, &r->steps[i]);
  const bool enough = write_memory(&w, r) && write_flows(&w, r);
  put(&w, "\n]}\n");
  const bool closed = gzclose(w.file) == Z_OK;
  if (!enough) return no_memory();
  return closed && !w.failed ? 0 : fail(EXIT_FILE, "%s cannot be written; %s", path, strerror(errno));
}

// ---- reading

static const char* text_of(recording* r, const json_t* object, const char* key) {
  const char* text = json_string_value(json_object_get(object, key));
  return text != NULL ? keep(r, text) : "";
}

static int64_t ns_of(const json_t* object, const char* key) {
  const double us = json_number_value(json_object_get(object, key)) * 1e3;
  return us > -0x1p62 && us < 0x1p62 ? (int64_t)(us < 0 ? us - 0.5 : us + 0.5) : 0;
}

static size_t size_of(const json_t* object, const char* key, size_t none) {
  const json_t* value = json_object_get(object, key);
  const json_int_t number = json_integer_value(value);
  return json_is_integer(value) && number >= 0 ? (size_t)number : none;
}

static int index_of(const json_t* object, const char* key) {
  const json_int_t number = json_integer_value(json_object_get(object, key));
  return number >= 0 && number < MAX_RECORDED_DEVICES ? (int)number : 0;
}

static bool add_tensors(recording* r, const json_t* tensors) {
  size_t index;
  json_t* value;
  json_array_foreach(tensors, index, value) {
    if (r->num_tensors == r->tensor_room) {
      const size_t room = 2 * r->tensor_room + 64;
      recorded_tensor* larger = realloc(r->tensors, room * sizeof(*larger));
      if (larger == NULL) return false;
      r->tensors = larger;
      r->tensor_room = room;
    }
    r->tensors[r->num_tensors++] =
        (recorded_tensor){text_of(r, value, "name"),  text_of(r, value, "role"), text_of(r, value, "type"),
                          size_of(value, "bytes", 0), size_of(value, "held", 0), size_of(value, "offset", SIZE_MAX),
                          ns_of(value, "start"),      ns_of(value, "end"),       index_of(value, "device")};
  }
  return true;
}

static bool add_event(recording* r, const json_t* event) {
  const char* phase = json_string_value(json_object_get(event, "ph"));
  const json_t* args = json_object_get(event, "args");
  const int device = index_of(event, "pid");
  if (phase == NULL) return true;
  if (strcmp(phase, "M") == 0 && strcmp(text_of(r, event, "name"), "process_name") == 0) {
    r->devices[device] = text_of(r, args, "name");
    if (device >= r->num_devices) r->num_devices = device + 1;
  }
  if (strcmp(phase, "X") != 0) return true;
  const int64_t start = ns_of(event, "ts");
  recorded_step* step = &r->steps[r->num_steps++];
  *step = (recorded_step){text_of(r, event, "name"),
                          text_of(r, args, "op"),
                          text_of(r, event, "cat"),
                          text_of(r, args, "label"),
                          device,
                          (int)json_integer_value(json_object_get(event, "tid")),
                          ns_of(args, "scheduled"),
                          start,
                          start + ns_of(event, "dur"),
                          r->num_tensors};
  if (step->op[0] == '\0') step->op = step->name;  // a trace of another program
  if (step->end_ns > r->end_ns) r->end_ns = step->end_ns;
  if (!add_tensors(r, json_object_get(args, "tensors"))) return false;
  step->num_tensors = r->num_tensors - step->first_tensor;
  return true;
}

static size_t read_packed(void* buffer, size_t size, void* file) {
  const int got = gzread(file, buffer, (unsigned)size);
  return got < 0 ? (size_t)-1 : (size_t)got;
}

int recording_read(const char* path, recording* out) {
  *out = (recording){0};
  errno = 0;
  gzFile file = gzopen(path, "rb");  // reads what is not packed, too
  if (file == NULL) return fail(EXIT_FILE, "%s cannot be read; %s", path, strerror(errno != 0 ? errno : ENOMEM));
  json_error_t error;
  json_t* document = json_load_callback(read_packed, file, 0, &error);
  gzclose(file);
  const json_t* events = json_is_array(document) ? document : json_object_get(document, "traceEvents");
  if (!json_is_array(events)) {
    const int code = document == NULL ? fail(EXIT_FILE, "%s is no trace; %s in line %d", path, error.text, error.line)
                                      : fail(EXIT_FILE, "%s is no trace; it has no \"traceEvents\"", path);
    json_decref(document);
    return code;
  }
  const json_t* other = json_object_get(document, "otherData");
  out->admitted_ns = ns_of(other, "admitted_us");
  out->end_ns = ns_of(other, "end_us");
  out->steps = calloc(json_array_size(events) + 1, sizeof(*out->steps));
  bool enough = out->steps != NULL;
  for (size_t i = 0; enough && i < json_array_size(events); ++i) enough = add_event(out, json_array_get(events, i));
  for (int i = 0; i < MAX_RECORDED_DEVICES; ++i) {
    if (out->devices[i] == NULL) out->devices[i] = "";
  }
  if (out->num_devices == 0) out->num_devices = 1;
  json_decref(document);
  return enough ? 0 : no_memory();
}

// ---- what it says

static int by_time(const void* left, const void* right) {
  const memory_point *a = left, *b = right;
  if (a->ns != b->ns) return a->ns < b->ns ? -1 : 1;
  return a->bytes > b->bytes ? -1
                             : a->bytes < b->bytes;  // what ends is gone before what begins: large numbers are negative
}

memory_point* recording_memory(const recording* r, int device, size_t* out_count, size_t* out_peak) {
  memory_point* points = calloc(2 * r->num_tensors + 2, sizeof(*points));
  size_t count = 0, used = 0, kept = 0;
  *out_peak = 0;
  if (points == NULL) return NULL;
  for (size_t i = 0; i < r->num_tensors; ++i) {
    const recorded_tensor* tensor = &r->tensors[i];
    if (tensor->device != device || tensor->end_ns < tensor->start_ns) continue;
    points[count++] = (memory_point){tensor->start_ns, tensor->held_bytes};
    points[count++] = (memory_point){tensor->end_ns, 0 - tensor->held_bytes};
  }
  qsort(points, count, sizeof(*points), by_time);
  for (size_t i = 0; i < count; ++i) {
    used += points[i].bytes;
    if (used > *out_peak && used < SIZE_MAX / 2) *out_peak = used;
    if (i + 1 < count && points[i + 1].ns == points[i].ns) continue;
    points[kept++] = (memory_point){points[i].ns, used};
  }
  *out_count = kept;
  return points;
}

static int by_ns(const void* left, const void* right) {
  const op_time *a = left, *b = right;
  if (a->ns != b->ns) return a->ns > b->ns ? -1 : 1;
  return strcmp(a->op, b->op);
}

op_time* recording_by_op(const recording* r, size_t* out_count, int64_t* out_total_ns) {
  op_time* ops = calloc(r->num_steps + 1, sizeof(*ops));
  size_t count = 0;
  *out_total_ns = 0;
  if (ops == NULL) return NULL;
  for (size_t i = 0; i < r->num_steps; ++i) {
    const recorded_step* step = &r->steps[i];
    if (strcmp(step->kind, "wait") == 0) continue;
    size_t at = 0;
    while (at < count && strcmp(ops[at].op, step->op) != 0) ++at;
    if (at == count) ops[count++] = (op_time){.op = step->op, .slowest = i};
    const int64_t ns = step->end_ns - step->start_ns;
    const recorded_step* slowest = &r->steps[ops[at].slowest];
    if (ns > slowest->end_ns - slowest->start_ns) ops[at].slowest = i;
    ++ops[at].count;
    ops[at].ns += ns;
    for (size_t k = 0; k < step->num_tensors && step->first_tensor + k < r->num_tensors; ++k) {
      ops[at].bytes += r->tensors[step->first_tensor + k].bytes;
    }
    *out_total_ns += ns;
  }
  qsort(ops, count, sizeof(*ops), by_ns);
  *out_count = count;
  return ops;
}
