// --report: one page with what a run did; its drawing is in report.html, its data are put into it here.
#include "tools/ctfrun/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/verbs.h"

extern const char kReportPage[];  // report.html, by the build

#define MARK "/*DATA*/"

static double microseconds(int64_t ns) { return (double)ns / 1e3; }

static void put_pair(FILE* f, bool* inout_first, const char* name, const char* value) {
  fprintf(f, "%s[", *inout_first ? "" : ",");
  *inout_first = false;
  print_json_string(f, name);
  putc(',', f);
  print_json_string(f, value);
  putc(']', f);
}

static void put_figure(FILE* f, bool first, const char* name, const char* unit, double shown, double value) {
  fprintf(f, "%s[\"%s\",\"%.3f %s\",%.17g]", first ? "" : ",", name, shown, unit, value);
}

static void put_figures(FILE* f, const CTF_MemoryInfo* memory, const recording* r, run_facts* facts) {
  fprintf(f, "\"figures\":[");
  put_figure(f, true, "measured peak", "MiB", (double)memory->peak_bytes / 1048576, (double)memory->peak_bytes);
  if (facts->planned) {
    put_figure(f, false, "planned peak", facts->exact ? "MiB, exact" : "MiB, not exact",
               (double)facts->planned_peak / 1048576, (double)facts->planned_peak);
  }
  if (memory->limit_bytes != SIZE_MAX) {
    put_figure(f, false, "budget", "MiB", (double)memory->limit_bytes / 1048576, (double)memory->limit_bytes);
  }
  const double median = run_times_percentile(&facts->times, 0.5);
  put_figure(f, false, "load", "ms", (double)facts->load_ns / 1e6, (double)facts->load_ns / 1e3);
  put_figure(f, false, "plan", "ms", (double)facts->plan_ns / 1e6, (double)facts->plan_ns / 1e3);
  put_figure(f, false, "run", "ms (median)", median / 1e6, median / 1e3);
  fprintf(f, ",[\"runs\",\"%zu\",%zu]", facts->times.count, facts->times.count);
  fprintf(f, ",[\"recorded steps\",\"%zu\",%zu]],", r->num_steps, r->num_steps);
}

static bool put_devices(FILE* f, const CTF_MemoryInfo* memory, const recording* r, const CTF_PlanReport* plan,
                        TF_Status* status) {
  fprintf(f, "\"devices\":[");
  for (int i = 0; i < r->num_devices; ++i) {
    size_t count, peak, planned = 0;
    memory_point* points = recording_memory(r, i, &count, &peak);
    if (points == NULL) return false;
    free(points);
    for (size_t k = 0; plan != NULL && k < CTF_PlanReportNumDevices(plan); ++k) {
      CTF_PlanDevice device = {.struct_size = sizeof(device)};
      CTF_PlanReportDevice(plan, k, &device, status);
      const size_t length = strlen(device.name), short_length = strlen(r->devices[i]);
      const bool same = length >= short_length && strcmp(device.name + length - short_length, r->devices[i]) == 0;
      if (same) planned = device.arena_bytes + device.fetch_bytes;
    }
    fprintf(f, "%s{\"name\":", i > 0 ? "," : "");
    print_json_string(f, r->devices[i]);
    fprintf(f, ",\"peak\":%zu,\"planned\":%zu,\"budget\":%.0f}", peak, planned,
            memory->limit_bytes == SIZE_MAX ? 0.0 : (double)memory->limit_bytes);
  }
  fprintf(f, "],");
  return true;
}

static void put_steps(FILE* f, const recording* r) {
  fprintf(f, "\"steps\":[");
  for (size_t i = 0; i < r->num_steps; ++i) {
    const recorded_step* step = &r->steps[i];
    fprintf(f, "%s{\"op\":", i > 0 ? "," : "");
    print_json_string(f, step->op);
    fprintf(f, ",\"label\":");
    print_json_string(f, step->label);
    fprintf(f, ",\"kind\":");
    print_json_string(f, step->kind);
    fprintf(f, ",\"device\":%d,\"stream\":%d,\"start\":%.3f,\"end\":%.3f}", step->device, step->stream,
            microseconds(step->start_ns), microseconds(step->end_ns));
  }
  fprintf(f, "],\"tensors\":[");
  for (size_t i = 0; i < r->num_tensors; ++i) {
    const recorded_tensor* tensor = &r->tensors[i];
    fprintf(f, "%s{\"name\":", i > 0 ? "," : "");
    print_json_string(f, tensor->name);
    fprintf(f, ",\"type\":");
    print_json_string(f, tensor->type);
    fprintf(f, ",\"role\":");
    print_json_string(f, tensor->role);
    fprintf(f, ",\"device\":%d,\"bytes\":%zu,\"held\":%zu,\"start\":%.3f,\"end\":%.3f,\"offset\":", tensor->device,
            tensor->bytes, tensor->held_bytes, microseconds(tensor->start_ns), microseconds(tensor->end_ns));
    fprintf(f, tensor->offset == SIZE_MAX ? "null}" : "%zu}", tensor->offset);
  }
  fprintf(f, "],");
}

static bool put_ops(FILE* f, const recording* r) {
  size_t count;
  int64_t total;
  op_time* ops = recording_by_op(r, &count, &total);
  if (ops == NULL) return false;
  fprintf(f, "\"ops\":[");
  for (size_t i = 0; i < count; ++i) {
    fprintf(f, "%s{\"op\":", i > 0 ? "," : "");
    print_json_string(f, ops[i].op);
    fprintf(f, ",\"steps\":%zu,\"us\":%.3f,\"bytes\":%zu,\"slowest\":", ops[i].count, microseconds(ops[i].ns),
            ops[i].bytes);
    print_json_string(f, r->steps[ops[i].slowest].name);
    putc('}', f);
  }
  fprintf(f, "],");
  free(ops);
  return true;
}

static void processor_name(char* out, size_t size) {
  char line[512];
  FILE* file = fopen("/proc/cpuinfo", "r");
  snprintf(out, size, "not known");
  while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
    const char* colon = strchr(line, ':');
    if (strncmp(line, "model name", 10) != 0 || colon == NULL) continue;
    line[strcspn(line, "\n")] = '\0';
    snprintf(out, size, "%s", colon + 2);
    break;
  }
  if (file != NULL) fclose(file);
}

static void put_environment(FILE* f, const options* o) {
  struct utsname system;
  char text[1024];
  bool first = true;
  fprintf(f, "\"environment\":[");
  put_pair(f, &first, "ctf", CTF_Version());
  put_pair(f, &first, "C API", TF_Version());
  if (uname(&system) == 0) {
    snprintf(text, sizeof(text), "%s %s %s", system.sysname, system.release, system.machine);
    put_pair(f, &first, "system", text);
  }
  processor_name(text, sizeof(text));
  snprintf(text + strlen(text), sizeof(text) - strlen(text), ", %ld CPUs", sysconf(_SC_NPROCESSORS_ONLN));
  put_pair(f, &first, "processor", text);
  put_pair(f, &first, "model", o->model);
  put_pair(f, &first, "device", o->devices.count > 0 ? o->devices.items[0].name : "cpu");
  put_pair(f, &first, "threads", o->threads != NULL ? o->threads : "as many as there are CPUs");
  put_pair(f, &first, "passes", o->passes != NULL ? o->passes : "all");
  put_pair(f, &first, "memory", o->memory != NULL ? o->memory : "what the machine can spare");
  fprintf(f, "]}");
}

// "</" would end the script that holds the data; "<\/" is the same in JSON.
static void put_page(FILE* file, const char* data, size_t size) {
  const char* mark = strstr(kReportPage, MARK);
  fwrite(kReportPage, 1, (size_t)(mark - kReportPage), file);
  for (size_t i = 0; i < size; ++i) {
    putc(data[i], file);
    if (data[i] == '<' && i + 1 < size && data[i + 1] == '/') putc('\\', file);
  }
  fputs(mark + strlen(MARK), file);
}

int report_write(const options* o, const model* m, TF_Session* session, const request* asked, const recording* r,
                 run_facts* facts) {
  CTF_MemoryInfo memory = {.struct_size = sizeof(memory)};
  char* data = NULL;
  size_t size = 0;
  CTF_GetMemoryInfo(session, "/device:CPU:0", &memory, m->status);
  CTF_PlanReport* plan = plan_request(session, m, asked);
  FILE* f = open_memstream(&data, &size);
  bool ok = f != NULL;
  if (ok) {
    fprintf(f, "{\"model\":");
    print_json_string(f, o->model);
    fprintf(f, ",\"end_us\":%.3f,", microseconds(r->end_ns));
    put_figures(f, &memory, r, facts);
    ok = put_devices(f, &memory, r, plan, m->status);
    put_steps(f, r);
    ok = put_ops(f, r) && ok;
    put_environment(f, o);
    ok = fclose(f) == 0 && ok;
  }
  CTF_DeletePlanReport(plan);
  if (!ok) {
    free(data);
    return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for the report");
  }
  FILE* file = fopen(o->report, "wb");
  if (file == NULL) {
    free(data);
    return fail(EXIT_FILE, "%s cannot be written; %s", o->report, strerror(errno));
  }
  put_page(file, data, size);
  free(data);
  const bool wrong = ferror(file) != 0;
  if (fclose(file) != 0 || wrong) return fail(EXIT_FILE, "%s cannot be written; %s", o->report, strerror(errno));
  return 0;
}
