// ctfconform: runs the corpora through the library and says what passes.
#include <getopt.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conform/job.h"
#include "tests/conform/run.h"

static const char kUsage[] =
    "ctfconform [options] FILE...      cases of the conformance corpus (.tfrecord, .tfrecord.gz)\n"
    "ctfconform [options] --models DIR   models with their results, and those that must be refused\n"
    "ctfconform [options] --hostile DIR  graphs and bytes made to break whoever reads them\n"
    "\n"
    "  --device D             cpu (the default), sim:0, gpu:0\n"
    "  --threads N            of a session\n"
    "  --workers N            processes; default: the CPUs\n"
    "  --verbose              a line a case, also for those that pass or are skipped\n"
    "  --bits                 a line a case, with a digest of the outputs where it passes\n"
    "  --json FILE            everything, to read by program\n"
    "  --ops-of-part N[,N]    only cases all of whose ops are of these parts ($CTF_SHARED/ops_by_part.tsv)\n"
    "  --sample SHARE[:SEED]  a part of the cases, the same for the same seed\n"
    "  --limit SECONDS        a case; default: 10, hostile 5, models 60\n"
    "  --baseline FILE        fail where an op passes fewer cases than its row says, or at a crash\n"
    "  --write-baseline FILE  write those rows\n"
    "  --reimport FORM        conformance: every graph is exported and imported again first, as binary or text\n"
    "  --known                the cases that fail must be those that docs/ops.md explains\n"
    "  --allow-failures       only crashes count\n"
    "  --check-peak           cases and models: each run needs its planned peak to the byte, and is refused with one "
    "less\n"
    "  --group G[,G]          of the hostile corpus\n"
    "  --mode M               hostile: fork (the default), one, budget=256M, alloc=N\n"
    "  --at-least SHARE       hostile: of the cases that ran, so many must end as expected\n"
    "\n"
    "Ends with 0; 1 when something failed or crashed; 2 when it could not be run. With --baseline, failures alone are "
    "no\n"
    "reason for 1.\n";

enum {
  OPTION_DEVICE = 256,
  OPTION_THREADS,
  OPTION_WORKERS,
  OPTION_VERBOSE,
  OPTION_BITS,
  OPTION_JSON,
  OPTION_PARTS,
  OPTION_SAMPLE,
  OPTION_LIMIT,
  OPTION_BASELINE,
  OPTION_WRITE_BASELINE,
  OPTION_KNOWN,
  OPTION_ALLOW_FAILURES,
  OPTION_CHECK_PASSES,
  OPTION_CHECK_PEAK,
  OPTION_GROUP,
  OPTION_MODE,
  OPTION_AT_LEAST,
  OPTION_REIMPORT,
  OPTION_MODELS,
  OPTION_HOSTILE,
  OPTION_HELP,
};

static const struct option kOptions[] = {
    {"device", required_argument, NULL, OPTION_DEVICE},
    {"threads", required_argument, NULL, OPTION_THREADS},
    {"workers", required_argument, NULL, OPTION_WORKERS},
    {"verbose", no_argument, NULL, OPTION_VERBOSE},
    {"bits", no_argument, NULL, OPTION_BITS},
    {"json", required_argument, NULL, OPTION_JSON},
    {"ops-of-part", required_argument, NULL, OPTION_PARTS},
    {"sample", required_argument, NULL, OPTION_SAMPLE},
    {"limit", required_argument, NULL, OPTION_LIMIT},
    {"baseline", required_argument, NULL, OPTION_BASELINE},
    {"write-baseline", required_argument, NULL, OPTION_WRITE_BASELINE},
    {"known", no_argument, NULL, OPTION_KNOWN},
    {"allow-failures", no_argument, NULL, OPTION_ALLOW_FAILURES},
    {"check-passes", no_argument, NULL, OPTION_CHECK_PASSES},
    {"check-peak", no_argument, NULL, OPTION_CHECK_PEAK},
    {"group", required_argument, NULL, OPTION_GROUP},
    {"mode", required_argument, NULL, OPTION_MODE},
    {"at-least", required_argument, NULL, OPTION_AT_LEAST},
    {"reimport", required_argument, NULL, OPTION_REIMPORT},
    {"models", required_argument, NULL, OPTION_MODELS},
    {"hostile", required_argument, NULL, OPTION_HOSTILE},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

typedef struct arguments {
  run_options run;
  const char* models;
  const char* hostile;
  bool help;
} arguments;

static bool parse_number(const char* argument, double least, double most, double* out_value) {
  char* end;
  *out_value = strtod(argument, &end);
  return end != argument && *end == '\0' && *out_value >= least && *out_value <= most;
}

static bool parse_sample(char* argument, run_options* inout_options) {
  char* colon = strchr(argument, ':');
  if (colon != NULL) {
    char* end;
    inout_options->seed = strtoull(colon + 1, &end, 10);
    if (end == colon + 1 || *end != '\0') return false;
    *colon = '\0';
  }
  return parse_number(argument, 0, 1, &inout_options->share);
}

static bool parse_option(int option, char* argument, arguments* inout_arguments) {
  run_options* run = &inout_arguments->run;
  double number = 0;
  bool good = true;
  switch (option) {
    case OPTION_DEVICE:
      run->device = argument;
      break;
    case OPTION_THREADS:
      good = parse_number(argument, 1, 127, &number);
      run->num_threads = (int)number;
      break;
    case OPTION_WORKERS:
      good = parse_number(argument, 1, 1024, &number);
      run->num_workers = (size_t)number;
      break;
    case OPTION_VERBOSE:
      run->verbose = true;
      break;
    case OPTION_BITS:
      run->bits = run->verbose = true;
      break;
    case OPTION_JSON:
      run->json_path = argument;
      break;
    case OPTION_PARTS:
      run->parts = argument;
      break;
    case OPTION_SAMPLE:
      good = parse_sample(argument, run);
      break;
    case OPTION_LIMIT:
      good = parse_number(argument, 0.001, 1e6, &run->limit_s);
      break;
    case OPTION_BASELINE:
      run->baseline_path = argument;
      break;
    case OPTION_WRITE_BASELINE:
      run->write_baseline_path = argument;
      break;
    case OPTION_KNOWN:
      run->known = true;
      break;
    case OPTION_ALLOW_FAILURES:
      run->allow_failures = true;
      break;
    case OPTION_CHECK_PASSES:
      run->check_passes = true;
      break;
    case OPTION_CHECK_PEAK:
      run->check_peak = true;
      break;
    case OPTION_GROUP:
      run->groups = argument;
      break;
    case OPTION_MODE:
      run->mode = argument;
      break;
    case OPTION_AT_LEAST:
      good = parse_number(argument, 0, 1, &run->at_least);
      break;
    case OPTION_REIMPORT:
      run->reimport = strcmp(argument, "binary") == 0 ? REIMPORT_BINARY : REIMPORT_TEXT;
      good = run->reimport == REIMPORT_BINARY || strcmp(argument, "text") == 0;
      break;
    case OPTION_MODELS:
      inout_arguments->models = argument;
      break;
    case OPTION_HOSTILE:
      inout_arguments->hostile = argument;
      break;
    case OPTION_HELP:
      inout_arguments->help = true;
      break;
    default:
      return false;  // getopt has said why
  }
  if (!good) fprintf(stderr, "ctfconform: '%s' makes no sense here\n", argument);
  return good;
}

static size_t count_cpus(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  const int count = CPU_COUNT(&set);
  return count > 0 ? (size_t)count : 1;
}

int main(int argc, char** argv) {
  if (worker_argv_is(argc, argv)) return worker_main(argc, argv);
  arguments args = {.run = {.device = "cpu", .share = 1, .at_least = -1, .mode = "fork", .num_workers = count_cpus()}};
  for (int option = 0; option != -1;) {
    option = getopt_long(argc, argv, "", kOptions, NULL);
    if (option != -1 && !parse_option(option, optarg, &args)) return 2;
  }
  const int num_files = argc - optind;
  const int num_asked = (args.models != NULL) + (args.hostile != NULL) + (num_files != 0);
  if (args.help) {
    fputs(kUsage, stdout);
    return 0;
  }
  if (num_asked != 1) {
    fprintf(stderr, "ctfconform: name files, or --models, or --hostile. See --help.\n");
    return 2;
  }
  setvbuf(stdout, NULL, _IOLBF, 1 << 16);  // a line at a time: whoever reads sees how far it is
  if (args.models != NULL) return run_models(&args.run, args.models);
  if (args.hostile != NULL) return run_hostile(&args.run, args.hostile);
  return run_conformance(&args.run, argv + optind, (size_t)num_files);
}
