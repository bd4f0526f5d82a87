// bench: how long a run takes, over numbers of threads and sizes of dimensions.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/run.h"
#include "tools/ctfrun/verbs.h"
#include "tools/ctfrun/watch.h"

enum { DEFAULT_MS = 3000, DEFAULT_WARMUP = 3, SLICES = 10 };

typedef struct sweep {  // one axis: --threads, or one --dim
  int count;
  long values[MAX_SWEEP];
} sweep;

typedef struct measurement {
  long threads;  // 0: the library's choice
  char dims[128];
  size_t steps;
  double p50_ns, p90_ns, p99_ns, rate, deviation;  // of steps a second, between parts of the run
  size_t peak_bytes, planned_bytes;
} measurement;

// Steps a second of each tenth of the steps, so that the figure says how steady it is.
static void take_rate(const run_times* times, long jobs, measurement* out) {
  const size_t count = times->count < times->capacity ? times->count : times->capacity;
  const size_t slices = count < SLICES ? count : SLICES;
  double sum = 0, squares = 0;
  for (size_t i = 0; i < slices; ++i) {
    const size_t begin = count * i / slices, end = count * (i + 1) / slices;
    double ns = 0;
    for (size_t k = begin; k < end; ++k) ns += (double)times->ns[k];
    const double rate = ns > 0 ? (double)(end - begin) * 1e9 / ns * (double)jobs : 0;
    sum += rate;
    squares += rate * rate;
  }
  const double mean = slices > 0 ? sum / (double)slices : 0;
  const double variance = slices > 1 ? (squares - sum * mean) / (double)(slices - 1) : 0;
  out->deviation = variance > 0 ? sqrt(variance) : 0;
  out->rate = times->whole_ns > 0 ? (double)times->count * 1e9 / (double)times->whole_ns : 0;
}

static int measure(const options* o, const model* m, measurement* out) {
  request r;
  run_times times = {0};
  const step_count steps = o->steps_given ? o->steps : (step_count){.ms = DEFAULT_MS};
  const step_count warmup = o->warmup.count > 0 || o->warmup.ms > 0 ? o->warmup : (step_count){.count = DEFAULT_WARMUP};
  int code = request_make(o, m, &r);
  TF_Session* session = code == 0 ? session_open(o, m, out->threads, NULL, &code) : NULL;
  if (code == 0) {
    CTF_PlanReport* report = plan_request(session, m, &r);
    CTF_PlanDevice device = {.struct_size = sizeof(device)};
    if (report != NULL) CTF_PlanReportDevice(report, 0, &device, m->status);
    out->planned_bytes = device.peak_bytes;
    CTF_DeletePlanReport(report);
    code = run_steps(o, m, session, &r, warmup, steps, NULL, &times);
  }
  if (code == 0) {
    CTF_MemoryInfo info = {.struct_size = sizeof(info)};
    CTF_GetMemoryInfo(session, "/device:CPU:0", &info, m->status);
    out->peak_bytes = info.peak_bytes;
    out->steps = times.count;
    take_rate(&times, o->jobs, out);
    out->p50_ns = run_times_percentile(&times, 0.5);
    out->p90_ns = run_times_percentile(&times, 0.9);
    out->p99_ns = run_times_percentile(&times, 0.99);
  }
  TF_DeleteSession(session, m->status);
  run_times_free(&times);
  request_free(&r);
  return code;
}

static void print_head(const options* o) {
  if (strcmp(o->format, "md") == 0) {
    puts("| model | dev | threads | dims | ms/step p50 | p90 | p99 | steps/s ± sd | peak MiB | planned MiB |");
    puts("|---|---|--:|---|--:|--:|--:|--:|--:|--:|");
  } else if (strcmp(o->format, "text") == 0) {
    printf("%-24s %-6s %7s %-12s %11s %9s %9s %18s %9s %9s\n", "model", "dev", "threads", "dims", "ms/step p50", "p90",
           "p99", "steps/s +- sd", "peak MiB", "planned");
  } else {
    printf("{\"schema\":\"ctfrun/1\",\"ok\":true,\"bench\":[");
  }
}

static void print_measurement(const options* o, const measurement* x, bool first) {
  const char* slash = strrchr(o->model, '/');
  const char* name = slash != NULL ? slash + 1 : o->model;
  const char* device = o->devices.count > 0 ? o->devices.items[0].name : "cpu";
  char threads[24] = "auto";
  if (x->threads > 0) snprintf(threads, sizeof(threads), "%ld", x->threads);
  const double peak = (double)x->peak_bytes / 1048576, planned = (double)x->planned_bytes / 1048576;
  if (strcmp(o->format, "md") == 0) {
    printf("| %s | %s | %s | %s | %.3f | %.3f | %.3f | %.1f ± %.1f | %.1f | %.1f |\n", name, device, threads, x->dims,
           x->p50_ns / 1e6, x->p90_ns / 1e6, x->p99_ns / 1e6, x->rate, x->deviation, peak, planned);
  } else if (strcmp(o->format, "text") == 0) {
    printf("%-24s %-6s %7s %-12s %11.3f %9.3f %9.3f %10.1f +- %-5.1f %8.1f %9.1f\n", name, device, threads, x->dims,
           x->p50_ns / 1e6, x->p90_ns / 1e6, x->p99_ns / 1e6, x->rate, x->deviation, peak, planned);
  } else {
    printf("%s{\"model\":", first ? "" : ",");
    print_json_string(stdout, o->model);
    printf(",\"device\":\"%s\",\"threads\":%ld,\"dims\":\"%s\",\"steps\":%zu,", device, x->threads, x->dims, x->steps);
    printf("\"us\":{\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f},\"steps_per_s\":%.3f,\"sd\":%.3f,", x->p50_ns / 1e3,
           x->p90_ns / 1e3, x->p99_ns / 1e3, x->rate, x->deviation);
    printf("\"peak\":%zu,\"planned_peak\":%zu}", x->peak_bytes, x->planned_bytes);
  }
  fflush(stdout);
}

static int read_sweeps(const options* o, sweep* dims, sweep* threads) {
  threads->count = o->threads != NULL ? parse_sweep(o->threads, 0, threads->values) : 1;  // read before: it is right
  for (int i = 0; i < o->dims.count; ++i) {
    dims[i].count = parse_sweep(o->dims.items[i].text, 0, dims[i].values);
    if (dims[i].count == 0) {
      return fail(EXIT_USAGE, "--dim %s=%s cannot be read; it takes N=8 or N=1,8", o->dims.items[i].name,
                  o->dims.items[i].text);
    }
  }
  return 0;
}

// Every combination: `at` counts through the dims like the digits of a number.
static int measure_all(const options* o, const model* m, options* one, const sweep* dims, const sweep* threads) {
  char texts[MAX_REPEATS][24];
  int at[MAX_REPEATS] = {0};
  bool first = true;
  for (;;) {
    measurement x = {0};
    size_t used = 0;
    for (int i = 0; i < o->dims.count; ++i) {
      snprintf(texts[i], sizeof(texts[i]), "%ld", dims[i].values[at[i]]);
      one->dims.items[i].text = texts[i];
      if (used + 48 < sizeof(x.dims)) {
        used += (size_t)snprintf(x.dims + used, sizeof(x.dims) - used, "%s%.20s=%s", i > 0 ? " " : "",
                                 o->dims.items[i].name, texts[i]);
      }
    }
    for (int i = 0; i < threads->count; ++i) {
      x.threads = o->threads != NULL ? threads->values[i] : 0;
      const int code = measure(one, m, &x);
      if (code != 0) return code;
      print_measurement(one, &x, first);
      first = false;
    }
    int digit = o->dims.count - 1;
    while (digit >= 0 && ++at[digit] == dims[digit].count) at[digit--] = 0;
    if (digit < 0) return 0;
  }
}

int bench_model(const options* o, const model* m) {
  options* one = malloc(sizeof(*one));
  sweep* dims = calloc((size_t)o->dims.count + 1, sizeof(*dims));
  sweep threads = {0};
  int code = 0;
  if (one == NULL || dims == NULL) code = fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for the measurements");
  if (code == 0) {
    *one = *o;
    if (o->json) one->format = "json";
    code = read_sweeps(o, dims, &threads);
  }
  if (code == 0) {
    print_head(one);
    code = measure_all(o, m, one, dims, &threads);
    if (code == 0 && strcmp(one->format, "json") == 0) printf("]}\n");
  }
  free(one);
  free(dims);
  return code;
}
