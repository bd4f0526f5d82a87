// --stats, and profile: where the time and the memory of a run went, in a few lines.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/report.h"
#include "tools/ctfrun/verbs.h"

enum { LINE = 60, TOP = 10 };

static double mebibytes(size_t bytes) { return (double)bytes / 1048576; }
static double milliseconds(int64_t ns) { return (double)ns / 1e6; }

void memory_line(const recording* r, int device, int width, char* out) {
  static const char* const kBars[] = {" ",      "\u2581", "\u2582", "\u2583", "\u2584",
                                      "\u2585", "\u2586", "\u2587", "\u2588"};
  size_t count, peak, at = 0;
  memory_point* points = recording_memory(r, device, &count, &peak);
  out[0] = '\0';
  if (points == NULL || count == 0 || peak == 0 || r->end_ns <= 0) {
    free(points);
    return;
  }
  size_t used = 0;
  for (int i = 0; i < width; ++i) {  // the most within each part of the time
    const int64_t end = r->end_ns * (i + 1) / width;
    size_t most = at > 0 ? points[at - 1].bytes : 0;
    for (; at < count && points[at].ns <= end; ++at) {
      if (points[at].bytes > most) most = points[at].bytes;
    }
    const double level = 8.0 * (double)most / (double)peak;  // a trace from elsewhere may hold anything
    const char* bar = kBars[level < 8 ? (int)ceil(level) : 8];
    memcpy(out + used, bar, strlen(bar));
    used += strlen(bar);
  }
  out[used] = '\0';
  free(points);
}

static void print_top(FILE* file, const recording* r, size_t most) {
  size_t count;
  int64_t total;
  op_time* ops = recording_by_op(r, &count, &total);
  if (ops == NULL) return;
  fprintf(file, "%-28s %6s %12s %6s %12s  %s\n", "op", "steps", "ms", "%", "MiB made", "slowest");
  for (size_t i = 0; i < count && i < most; ++i) {
    const recorded_step* slowest = &r->steps[ops[i].slowest];
    fprintf(file, "%-28s %6zu %12.3f %6.1f %12.3f  %s (%.3f ms)\n", ops[i].op, ops[i].count, milliseconds(ops[i].ns),
            total > 0 ? 100.0 * (double)ops[i].ns / (double)total : 0, mebibytes(ops[i].bytes), slowest->name,
            milliseconds(slowest->end_ns - slowest->start_ns));
  }
  if (count > most) fprintf(file, "and %zu more kinds of op\n", count - most);
  free(ops);
}

static void print_steps(FILE* file, const recording* r) {
  fprintf(file, "%10s %12s  %-20s %s\n", "begins us", "takes us", "op", "node");
  for (size_t i = 0; i < r->num_steps; ++i) {
    const recorded_step* step = &r->steps[i];
    fprintf(file, "%10.1f %12.1f  %-20s %s%s\n", (double)step->start_ns / 1e3,
            (double)(step->end_ns - step->start_ns) / 1e3, step->op, step->name,
            strcmp(step->kind, "kernel") == 0 ? "" : step->kind);
  }
}

void stats_print(const options* o, const model* m, TF_Session* session, const recording* r, run_facts* facts) {
  CTF_MemoryInfo info = {.struct_size = sizeof(info)};
  char line[4 * LINE + 1];
  fflush(stdout);
  CTF_GetMemoryInfo(session, "/device:CPU:0", &info, m->status);
  fprintf(stderr, "memory  cpu:0  peak %.3f MiB", mebibytes(info.peak_bytes));
  if (info.limit_bytes != SIZE_MAX) fprintf(stderr, " of %.1f MiB", mebibytes(info.limit_bytes));
  if (facts->planned) {
    fprintf(stderr, "   planned %.3f MiB, %s", mebibytes(facts->planned_peak), facts->exact ? "exact" : "not exact");
  }
  fprintf(stderr, "\n");
  for (int device = 0; device < r->num_devices; ++device) {
    size_t count, peak;
    memory_point* points = recording_memory(r, device, &count, &peak);
    memory_line(r, device, LINE, line);
    if (points != NULL && peak > 0)
      fprintf(stderr, "        %s|%s| %.3f MiB of tensors at most\n", r->num_devices > 1 ? r->devices[device] : "",
              line, mebibytes(peak));
    free(points);
  }
  fprintf(stderr, "time    load %.3f ms, plan %.3f ms, run %.3f ms", milliseconds(facts->load_ns),
          milliseconds(facts->plan_ns), run_times_percentile(&facts->times, 0.5) / 1e6);
  if (facts->times.count > 1) fprintf(stderr, " (median of %zu)", facts->times.count);
  fprintf(stderr, "   top:");
  size_t count;
  int64_t total;
  op_time* ops = recording_by_op(r, &count, &total);
  for (size_t i = 0; ops != NULL && i < count && i < 3; ++i) {
    fprintf(stderr, "  %s %.0f %%", ops[i].op, total > 0 ? 100.0 * (double)ops[i].ns / (double)total : 0);
  }
  fprintf(stderr, "\n");
  free(ops);
  print_top(stderr, r, strcmp(o->stats, "full") == 0 ? SIZE_MAX : TOP);
  if (strcmp(o->stats, "full") == 0) print_steps(stderr, r);
}

// ---- profile

typedef struct lane {
  int device, stream;
  int64_t busy_ns, waited_ns, last_ns;
  int64_t gap_ns;  // between the end of a step and the begin of the next
  size_t steps;
} lane;

enum { MAX_LANES = 256 };

static int find_lanes(const recording* r, lane* lanes) {
  int count = 0;
  for (size_t i = 0; i < r->num_steps; ++i) {
    const recorded_step* step = &r->steps[i];
    int at = 0;
    while (at < count && (lanes[at].device != step->device || lanes[at].stream != step->stream)) ++at;
    if (at == MAX_LANES) continue;
    if (at == count) lanes[count++] = (lane){.device = step->device, .stream = step->stream, .last_ns = r->admitted_ns};
    lane* l = &lanes[at];
    const int64_t ns = step->end_ns - step->start_ns;
    ++l->steps;
    *(strcmp(step->kind, "wait") == 0 ? &l->waited_ns : &l->busy_ns) += ns;
    if (step->start_ns > l->last_ns) l->gap_ns += step->start_ns - l->last_ns;
    if (step->end_ns > l->last_ns) l->last_ns = step->end_ns;
  }
  return count;
}

static double part_of(int64_t part, int64_t whole) { return whole > 0 ? 100.0 * (double)part / (double)whole : 0; }

// One sentence on what to look at first, with its figures.
static void explain(const recording* r, const op_time* ops, size_t num_ops, int64_t total, const lane* lanes,
                    int num_lanes) {
  int64_t busy = 0, gaps = 0, waited = 0;
  for (int i = 0; i < num_lanes; ++i) {
    busy += lanes[i].busy_ns;
    gaps += lanes[i].gap_ns;
    waited += lanes[i].waited_ns;
  }
  const int64_t whole = busy + gaps + waited;
  printf("bottleneck: ");
  if (num_ops == 0) {
    printf("nothing ran that takes time\n");
  } else if (r->admitted_ns > r->end_ns / 2) {
    printf("%.0f %% of the run passed before its first step: its plan and its memory; run it more than once\n",
           part_of(r->admitted_ns, r->end_ns));
  } else if (waited > busy) {
    printf("streams waited for each other %.0f %% of the time; fewer copies between devices, or one device\n",
           part_of(waited, whole));
  } else if (gaps > busy) {
    printf(
        "%.0f %% of the time lies between steps, which take %.3f us on average: they are too small to matter; feed "
        "larger "
        "batches\n",
        part_of(gaps, whole), (double)busy / 1e3 / (double)r->num_steps);
  } else {
    const recorded_step* slowest = &r->steps[ops[0].slowest];
    const int64_t ns = slowest->end_ns - slowest->start_ns;
    printf("%s takes %.0f %% of the time of all steps (%zu of them)", ops[0].op, part_of(ops[0].ns, total),
           ops[0].count);
    if (ops[0].count > 1) printf("; its slowest is \"%s\" with %.0f %%", slowest->name, part_of(ns, total));
    printf("\n");
  }
}

static void profile_json(const options* o, const recording* r, const op_time* ops, size_t num_ops, int64_t total) {
  printf("{\"schema\":\"ctfrun/1\",\"ok\":true,\"trace\":");
  print_json_string(stdout, o->model);
  printf(",\"steps\":%zu,\"span_us\":%.3f,\"admitted_us\":%.3f,\"busy_us\":%.3f,\"ops\":[", r->num_steps,
         (double)r->end_ns / 1e3, (double)r->admitted_ns / 1e3, (double)total / 1e3);
  for (size_t i = 0; i < num_ops; ++i) {
    printf("%s{\"op\":", i > 0 ? "," : "");
    print_json_string(stdout, ops[i].op);
    printf(",\"steps\":%zu,\"us\":%.3f,\"bytes\":%zu,\"slowest\":", ops[i].count, (double)ops[i].ns / 1e3,
           ops[i].bytes);
    print_json_string(stdout, r->steps[ops[i].slowest].name);
    printf("}");
  }
  printf("]}\n");
}

static void profile_text(const options* o, const recording* r, const op_time* ops, size_t num_ops, int64_t total) {
  lane lanes[MAX_LANES];
  char line[4 * LINE + 1];
  const int num_lanes = find_lanes(r, lanes);
  printf("%s: %zu steps in %.3f ms, %.3f ms before the first\n", o->model, r->num_steps, milliseconds(r->end_ns),
         milliseconds(r->admitted_ns));
  explain(r, ops, num_ops, total, lanes, num_lanes);
  for (int i = 0; i < num_lanes; ++i) {
    printf("lane    %s stream %d: %zu steps, busy %.0f %%, waiting %.0f %%, between steps %.0f %%\n",
           r->devices[lanes[i].device], lanes[i].stream, lanes[i].steps, part_of(lanes[i].busy_ns, r->end_ns),
           part_of(lanes[i].waited_ns, r->end_ns), part_of(lanes[i].gap_ns, r->end_ns));
  }
  for (int device = 0; device < r->num_devices; ++device) {
    size_t count, peak;
    memory_point* points = recording_memory(r, device, &count, &peak);
    memory_line(r, device, LINE, line);
    if (points != NULL && peak > 0) printf("memory  %s |%s| %.3f MiB\n", r->devices[device], line, mebibytes(peak));
    free(points);
  }
  print_top(stdout, r, TOP);
}

int profile_trace(const options* o) {
  recording r = {0};
  size_t num_ops = 0;
  int64_t total = 0;
  if (o->model == NULL)
    return fail(EXIT_USAGE, "no trace; try: ctfrun model.pb --trace t.json, then ctfrun profile t.json");
  int code = recording_read(o->model, &r);
  op_time* ops = code == 0 ? recording_by_op(&r, &num_ops, &total) : NULL;
  if (code == 0 && ops == NULL) code = fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for the profile");
  if (code == 0 && o->json) profile_json(o, &r, ops, num_ops, total);
  if (code == 0 && !o->json) profile_text(o, &r, ops, num_ops, total);
  free(ops);
  recording_free(&r);
  return code;
}
