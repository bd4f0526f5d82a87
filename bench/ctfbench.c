// ctfbench: the rows of bench/rows.c through this library and, where it is given, through TensorFlow's, in turns.
//
//   ctfbench [--peer=LIBTENSORFLOW] [--library=LIBCTF] [--graphs=FOLDER] [--pairs=5] [--seconds=0.3] [--threads=1]
//   [NAME...]
//
// A line gives the CPU time of a run, what part of the machine's limit that is, and the ratio of CPU times (below 1:
// ours is quicker), each a median over pairs that follow each other at once, so that a neighbour on the machine
// disturbs both.
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/limits.h"
#include "bench/rows.h"

enum { kMaxPairs = 99, kWarmUps = 3 };

typedef struct bench_options {
  const char *library, *peer, *graphs;
  int pairs, threads;
  double seconds;
  char** names;
  int num_names;
} bench_options;

// A row in one library, ready to run.
typedef struct bench_case {
  bench_graph graph;
  TF_Session* session;
  TF_Tensor* values[BENCH_MAX_FEEDS];
} bench_case;

// ---- feeds: the same bytes for both libraries

static void nothing(void* data, size_t length, void* arg) { (void)data, (void)length, (void)arg; }

static int64_t feed_count(const bench_feed* feed) {
  int64_t count = 1;
  for (int i = 0; i < feed->rank; ++i) count *= feed->dims[i];
  return count;
}

static void* feed_data(const bench_feed* feed) {
  const int64_t count = feed_count(feed);
  void* data = aligned_alloc(64, ((size_t)count * sizeof(float) + 63) / 64 * 64);
  if (data == NULL) {
    fprintf(stderr, "ctfbench: no memory for a feed\n");
    exit(1);
  }
  uint32_t random = 2463534242u;
  for (int64_t i = 0; i < count; ++i) {
    random = random * 1664525u + 1013904223u;
    if (feed->type == TF_FLOAT) {
      ((float*)data)[i] = (float)(random >> 8) / (1 << 24) * 1.5f - 0.5f;
    } else {
      ((int32_t*)data)[i] = (int32_t)(random % (uint32_t)feed->modulus);
    }
  }
  return data;
}

// ---- running

// ConfigProto: intra_op_parallelism_threads is field 2, inter_op_parallelism_threads field 5.
static TF_Session* make_session(const bench_library* l, TF_Graph* graph, int threads) {
  const unsigned char config[] = {2 << 3, (unsigned char)threads, 5 << 3, (unsigned char)threads};
  TF_SessionOptions* options = l->TF_NewSessionOptions();
  l->TF_SetConfig(options, config, sizeof(config), l->status);
  bench_check(l, "configuration");
  TF_Session* session = l->TF_NewSession(graph, options, l->status);
  bench_check(l, "session");
  l->TF_DeleteSessionOptions(options);
  return session;
}

static bool case_make(bench_case* c, const bench_library* l, const bench_row* row, void* const* data,
                      const bench_options* options) {
  if (!bench_graph_make(l, row, options->graphs, &c->graph)) return false;
  c->session = make_session(l, c->graph.graph, options->threads);
  for (int i = 0; i < row->num_feeds; ++i) {
    const bench_feed* feed = &row->feeds[i];
    c->values[i] = l->TF_NewTensor(feed->type, feed->dims, feed->rank, data[i],
                                   (size_t)feed_count(feed) * sizeof(float), nothing, NULL);
  }
  return true;
}

static void case_free(bench_case* c) {
  const bench_library* l = c->graph.library;
  for (int i = 0; i < c->graph.num_feeds && c->session != NULL; ++i) l->TF_DeleteTensor(c->values[i]);
  if (c->session != NULL) l->TF_DeleteSession(c->session, l->status);
  l->TF_DeleteGraph(c->graph.graph);
}

static TF_Tensor* run_once(const bench_case* c) {
  const bench_library* l = c->graph.library;
  TF_Tensor* result = NULL;
  l->TF_SessionRun(c->session, NULL, c->graph.feeds, c->values, c->graph.num_feeds, &c->graph.fetch, &result, 1, NULL,
                   0, NULL, l->status);
  bench_check(l, "run");
  return result;
}

static double checksum(const bench_case* c) {
  TF_Tensor* result = run_once(c);
  const float* x = c->graph.library->TF_TensorData(result);
  const size_t count = c->graph.library->TF_TensorByteSize(result) / sizeof(float);
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += (double)x[i] * (double)(1 + i % 7);
  c->graph.library->TF_DeleteTensor(result);
  return sum;
}

typedef struct measured {
  double cpu, wall;  // seconds of a run
} measured;

static measured measure(const bench_case* c, double seconds) {
  const double cpu = bench_cpu_seconds(), wall = bench_wall_seconds();
  double spent;
  int64_t runs = 0, batch = 1;
  do {
    for (int64_t i = 0; i < batch; ++i) c->graph.library->TF_DeleteTensor(run_once(c));
    runs += batch;
    spent = bench_cpu_seconds() - cpu;
    if (spent < seconds / 16) batch *= 2;  // reading the clock must not count among short runs
  } while (spent < seconds);
  return (measured){spent / (double)runs, (bench_wall_seconds() - wall) / (double)runs};
}

static int by_size(const void* a, const void* b) {
  const double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

static double median(double* values, int count) {
  qsort(values, (size_t)count, sizeof(*values), by_size);
  return values[count / 2];
}

// ---- lines

static double unit_of(const char* unit) { return unit[0] == 'n' ? 1e9 : unit[0] == 'u' ? 1e6 : 1e3; }

static double limit_seconds(const bench_row* row, const bench_limits* limits) {
  if (row->flops > 0) return row->flops / limits->fma_flops;
  if (row->bytes == 0) return 0;
  const double triad = limits->triad_nt_bytes > limits->triad_bytes ? limits->triad_nt_bytes : limits->triad_bytes;
  return row->bytes / (row->in_one_pass ? triad : limits->read_bytes);
}

static void print_line(const bench_row* row, const bench_limits* limits, const bench_options* options,
                       bench_case cases[2]) {
  double ours[kMaxPairs], theirs[kMaxPairs], cpu[kMaxPairs], wall[kMaxPairs];
  const int libraries = options->peer != NULL ? 2 : 1;
  for (int i = 0; i < libraries; ++i) {  // plans, pages of pooled memory
    for (int run = 0; run < kWarmUps; ++run) measure(&cases[i], options->seconds / 8);
  }
  for (int pair = 0; pair < options->pairs; ++pair) {
    const measured first = measure(&cases[0], options->seconds);
    ours[pair] = first.cpu;
    if (libraries == 1) continue;
    const measured second = measure(&cases[1], options->seconds);
    theirs[pair] = second.cpu;
    cpu[pair] = first.cpu / second.cpu;
    wall[pair] = first.wall / second.wall;
  }
  const double scale = unit_of(row->unit) / row->per, time = median(ours, options->pairs);
  const double limit = limit_seconds(row, limits);
  printf("%-16s %9.3f %s", row->name, time * scale, row->unit);
  if (limit > 0) {
    printf("  limit %8.3f (%3.0f %%)", limit * scale, 100 * limit / time);
  } else {
    printf("%24s", "");
  }
  if (libraries == 2) {
    printf("  peer %9.3f  cpu ratio %5.3f  wall ratio %5.3f", median(theirs, options->pairs) * scale,
           median(cpu, options->pairs), median(wall, options->pairs));
    const double a = checksum(&cases[0]), b = checksum(&cases[1]), size = b < 0 ? -b : b;
    if (!(a - b <= 1e-3 * size + 1e-3 && b - a <= 1e-3 * size + 1e-3)) printf("  RESULTS DIFFER: %g, %g", a, b);
  }
  printf("\n");
  fflush(stdout);
}

static void run_row(const bench_row* row, const bench_limits* limits, const bench_options* options,
                    const bench_library* libraries) {
  bench_case cases[2] = {0};
  void* data[BENCH_MAX_FEEDS] = {0};
  for (int i = 0; i < row->num_feeds; ++i) data[i] = feed_data(&row->feeds[i]);
  bool made = true;
  const int count = options->peer != NULL ? 2 : 1;
  for (int i = 0; i < count && made; ++i) made = case_make(&cases[i], &libraries[i], row, data, options);
  if (made) {
    print_line(row, limits, options, cases);
  } else {
    printf("%-16s not run: --graphs=FOLDER has no %s\n", row->name, row->file);
  }
  for (int i = 0; i < count; ++i) {
    if (cases[i].graph.graph != NULL) case_free(&cases[i]);
  }
  for (int i = 0; i < row->num_feeds; ++i) free(data[i]);
}

// ---- start-up: a process from nothing to the first product of two scalars

static void start_child(const char* path) {
  bench_library library;
  bench_library_open(&library, "child", path);
  const bench_options options = {.threads = 1};
  void* data[2];
  bench_case c = {0};
  for (int i = 0; i < 2; ++i) data[i] = feed_data(&bench_rows[0].feeds[i]);
  case_make(&c, &library, &bench_rows[0], data, &options);
  library.TF_DeleteTensor(run_once(&c));
  _exit(0);
}

static double start_seconds(const char* self, const char* path, double* out_megabytes) {
  const pid_t child = fork();
  if (child == 0) {
    execl(self, self, "--start-child", path, (char*)NULL);
    _exit(127);
  }
  int status = 1;
  struct rusage usage;
  if (child < 0 || wait4(child, &status, 0, &usage) < 0 || status != 0) {
    fprintf(stderr, "ctfbench: a process with %s did not come to its first result\n", path);
    exit(1);
  }
  *out_megabytes = (double)usage.ru_maxrss * 1024 / 1e6;
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void print_start(const bench_options* options) {
  double times[2][kMaxPairs], sizes[2][kMaxPairs], ratios[kMaxPairs];
  const char* const paths[] = {options->library, options->peer};
  for (int pair = 0; pair < options->pairs; ++pair) {
    for (int i = 0; i < 2 && paths[i] != NULL; ++i) {
      times[i][pair] = start_seconds("/proc/self/exe", paths[i], &sizes[i][pair]);
    }
    ratios[pair] = times[0][pair] / times[1][pair];
  }
  printf("%-16s %9.3f ms  %.1f MB resident", "startup", median(times[0], options->pairs) * 1e3,
         median(sizes[0], options->pairs));
  if (options->peer != NULL) {
    printf("  peer %9.3f  %.1f MB  cpu ratio %5.3f", median(times[1], options->pairs) * 1e3,
           median(sizes[1], options->pairs), median(ratios, options->pairs));
  }
  printf("\n");
}

// ---- the program

static bool parse(int argc, char** argv, bench_options* o) {
  static char beside[4096];
  const ssize_t length = readlink("/proc/self/exe", beside, sizeof(beside) - 64);
  char* slash = length > 0 ? strrchr(beside, '/') : NULL;
  if (slash != NULL) strcpy(slash, "/../lib/libctf.so");
  *o = (bench_options){.library = beside, .peer = getenv("CTFBENCH_PEER"), .pairs = 5, .threads = 1, .seconds = 0.3};
  for (int i = 1; i < argc; ++i) {
    const char* value = strchr(argv[i], '=');
    if (strncmp(argv[i], "--", 2) != 0) {
      o->names = argv + i;
      o->num_names = argc - i;
      break;
    }
    if (value == NULL) return false;
    ++value;
    if (strncmp(argv[i], "--library=", 10) == 0)
      o->library = value;
    else if (strncmp(argv[i], "--peer=", 7) == 0)
      o->peer = value;
    else if (strncmp(argv[i], "--graphs=", 9) == 0)
      o->graphs = value;
    else if (strncmp(argv[i], "--pairs=", 8) == 0)
      o->pairs = atoi(value);
    else if (strncmp(argv[i], "--seconds=", 10) == 0)
      o->seconds = atof(value);
    else if (strncmp(argv[i], "--threads=", 10) == 0)
      o->threads = atoi(value);
    else
      return false;
  }
  if (o->peer != NULL && o->peer[0] == '\0') o->peer = NULL;
  return o->pairs >= 1 && o->pairs <= kMaxPairs && o->threads >= 1 && o->threads < 128 && o->seconds > 0;
}

static bool wanted(const bench_options* options, const char* name) {
  for (int i = 0; i < options->num_names; ++i) {
    regex_t pattern;
    if (regcomp(&pattern, options->names[i], REG_EXTENDED | REG_NOSUB) != 0) continue;
    const bool found = regexec(&pattern, name, 0, NULL, 0) == 0;
    regfree(&pattern);
    if (found) return true;
  }
  return options->num_names == 0;
}

int main(int argc, char** argv) {
  if (argc == 3 && strcmp(argv[1], "--start-child") == 0) start_child(argv[2]);
  bench_options options;
  if (!parse(argc, argv, &options)) {
    fprintf(stderr,
            "usage: ctfbench [--peer=LIBTENSORFLOW] [--library=LIBCTF] [--graphs=FOLDER] [--pairs=5] [--seconds=0.3]\n"
            "                [--threads=1] [PATTERN...]\n");
    return 2;
  }
  bench_limits limits;
  bench_limits_measure(&limits);
  printf("limits           fma %.0f GFLOP/s  read %.1f GB/s  triad %.1f GB/s  triad past the cache %.1f GB/s\n",
         limits.fma_flops / 1e9, limits.read_bytes / 1e9, limits.triad_bytes / 1e9, limits.triad_nt_bytes / 1e9);
  if (wanted(&options, "startup")) print_start(&options);
  bench_library libraries[2];
  bench_library_open(&libraries[0], "ctf", options.library);
  if (options.peer != NULL) bench_library_open(&libraries[1], "peer", options.peer);
  for (size_t i = 0; i < bench_num_rows; ++i) {
    if (wanted(&options, bench_rows[i].name)) run_row(&bench_rows[i], &limits, &options, libraries);
  }
  return 0;
}
