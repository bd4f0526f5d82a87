#include "tools/ctfrun/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/ctfrun/failure.h"

typedef enum option_id {
  OPT_FEED = 'i',
  OPT_FETCH = 'o',
  OPT_TARGET = 't',
  OPT_STEPS = 'n',
  OPT_MEM = 'm',
  OPT_DEVICE = 'd',
  OPT_QUIET = 'q',
  OPT_HELP = 'h',
  OPT_FILL = 256,
  OPT_SHAPE,
  OPT_DIM,
  OPT_COPY,
  OPT_DRY_RUN,
  OPT_TIMEOUT,
  OPT_PASSES,
  OPT_JSON,
  OPT_EXPLAIN,
  OPT_OPS,
  OPT_PRINT_MAX,
  OPT_PRECISION,
  OPT_HELP_ALL,
  OPT_VERSION,
} option_id;

typedef struct option_row {
  int id;  // a letter is the short option, too
  const char* name;
  const char* argument;  // NULL: takes none
  const char* sentence;
  bool common;  // in the short help
} option_row;

// clang-format off
static const option_row kOptions[] = {
    {OPT_FEED, "feed", "NAME=VALUE", "feed a tensor: a=3, x=[[1,2]], x=@image.png, x=f32[2,3]:zeros", true},
    {OPT_FETCH, "fetch", "NAME[=DEST]", "print a tensor, or write it: =@f.npy, =@f.raw; = alone drops it", true},
    {OPT_TARGET, "target", "NODE", "run a node, fetch nothing", true},
    {OPT_FILL, "fill", "GENERATOR", "make inputs that were not fed: random[:SEED], zeros, ones, range", true},
    {OPT_SHAPE, "shape", "NAME=1,224,224,3", "the shape of an input that is made", true},
    {OPT_DIM, "dim", "N=8", "the size of dimension N of inputs where the graph leaves it open", true},
    {OPT_STEPS, "steps", "N", "run N times, print the last (1)", true},
    {OPT_MEM, "mem", "SIZE", "memory budget: 512M, 4G, none (default: what the machine can spare)", true},
    {OPT_COPY, "copy", NULL, "read the model into charged memory instead of mapping it", true},
    {OPT_DRY_RUN, "dry-run", NULL, "as plan: everything up to admission, nothing runs", true},
    {OPT_DEVICE, "device", "DEVICE", "where nodes run that name no device: cpu, sim:0", true},
    {OPT_TIMEOUT, "timeout", "DURATION", "deadline of each step: 500ms, 2s", true},
    {OPT_PASSES, "passes", "LIST", "graph passes: all, none, -fold, fold", false},
    {OPT_JSON, "json", NULL, "results, memory and errors as one JSON document on stdout", true},
    {OPT_EXPLAIN, "explain", NULL, "plan: the steps with their segments, streams, offsets", true},
    {OPT_OPS, "ops", NULL, "show: the ops that this build has", true},
    {OPT_PRINT_MAX, "print-max", "N", "elements of a tensor that is printed whole (1000)", false},
    {OPT_PRECISION, "precision", "P", "digits after the point (8)", false},
    {OPT_QUIET, "quiet", NULL, "no results on stdout", false},
    {OPT_HELP, NULL, NULL, "the common options", true},
    {OPT_HELP_ALL, "help", NULL, "all options and the exit codes", true},
    {OPT_VERSION, "version", NULL, "the version", true},
};
// clang-format on
enum { NUM_OPTIONS = sizeof(kOptions) / sizeof(kOptions[0]) };

static const struct {
  const char* name;
  verb verb;
} kVerbs[] = {{"run", VERB_RUN}, {"show", VERB_SHOW}, {"plan", VERB_PLAN}, {"help", VERB_HELP}};

void options_print_help(bool all) {
  printf("usage: ctfrun [run|show|plan] MODEL [options]      (MODEL: a GraphDef file, or - for stdin)\n\n");
  for (int i = 0; i < NUM_OPTIONS; ++i) {
    const option_row* row = &kOptions[i];
    if (!row->common && !all) continue;
    char left[64];
    snprintf(left, sizeof(left), "%c%c%s %s%s%s%s", row->id < 256 ? '-' : ' ', row->id < 256 ? row->id : ' ',
             row->id < 256 && row->name != NULL ? "," : " ", row->name != NULL ? "--" : "",
             row->name != NULL ? row->name : "", row->argument != NULL ? " " : "",
             row->argument != NULL ? row->argument : "");
    printf("  %-30s %s\n", left, row->sentence);
  }
  if (!all) return;
  printf(
      "\nexit codes: 0 done, 2 command line or feed, 3 file, else 10 + the status code: 11 cancelled,\n"
      "  13 invalid argument, 14 deadline exceeded, 15 not found, 18 over the memory budget, 19 failed precondition,\n"
      "  20 aborted, 21 out of range, 22 no kernel for an op, 23 internal, 24 unavailable, 25 data loss\n");
}

static bool parse_long(const char* text, long least, long* out_number) {
  char* end;
  const long number = strtol(text, &end, 10);
  if (end == text || *end != '\0' || number < least) return false;
  *out_number = number;
  return true;
}

// "512M", "1.5G", "4096", "none", "cpu=4G"
static bool parse_memory(const char* text, size_t* out_bytes) {
  if (strncmp(text, "cpu=", 4) == 0) text += 4;
  if (strcmp(text, "none") == 0) {
    *out_bytes = SIZE_MAX;
    return true;
  }
  char* end;
  const double number = strtod(text, &end);
  static const char kUnits[] = "KMGT";
  double unit = 1;
  const char* letter = *end != '\0' ? strchr(kUnits, *end) : NULL;
  if (letter != NULL) {
    for (int i = 0; i <= (int)(letter - kUnits); ++i) unit *= 1024;
    ++end;
  }
  if (end == text || *end != '\0' || !(number > 0) || number * unit >= 0x1p63) return false;
  *out_bytes = (size_t)(number * unit);
  return true;
}

static bool parse_duration(const char* text, int64_t* out_ms) {
  char* end;
  const double number = strtod(text, &end);
  const double unit = strcmp(end, "ms") == 0                  ? 1
                      : strcmp(end, "s") == 0 || *end == '\0' ? 1000
                      : strcmp(end, "m") == 0                 ? 60000
                                                              : 0;
  if (end == text || unit == 0 || !(number > 0) || number * unit > 1e15) return false;
  *out_ms = number * unit < 1 ? 1 : (int64_t)(number * unit);
  return true;
}

static bool add_named(named_text* list, int* count, char* text) {
  if (*count == MAX_REPEATS) return false;
  char* equals = strchr(text, '=');
  if (equals != NULL) *equals = '\0';
  list[(*count)++] = (named_text){text, equals != NULL ? equals + 1 : NULL};
  return true;
}

static bool take_option(int id, char* argument, options* out) {
  long number;
  switch (id) {
    case OPT_FEED:
      return add_named(out->feeds, &out->num_feeds, argument) && out->feeds[out->num_feeds - 1].text != NULL;
    case OPT_FETCH:
      return add_named(out->fetches, &out->num_fetches, argument);
    case OPT_TARGET:
      if (out->num_targets == MAX_REPEATS) return false;
      out->targets[out->num_targets++] = argument;
      return true;
    case OPT_SHAPE:
      return add_named(out->shapes, &out->num_shapes, argument) && out->shapes[out->num_shapes - 1].text != NULL;
    case OPT_DIM:
      return add_named(out->dims, &out->num_dims, argument) && out->dims[out->num_dims - 1].text != NULL;
    case OPT_STEPS:
      return parse_long(argument, 1, &out->steps);
    case OPT_MEM:
      out->memory = argument;
      return parse_memory(argument, &out->memory_bytes);
    case OPT_TIMEOUT:
      return parse_duration(argument, &out->timeout_ms);
    case OPT_PRINT_MAX:
      return parse_long(argument, 0, &out->print_max);
    case OPT_PRECISION:
      if (!parse_long(argument, 0, &number) || number > 17) return false;
      out->precision = (int)number;
      return true;
    case OPT_FILL:
      out->fill = argument;
      return true;
    case OPT_DEVICE:
      out->device = argument;
      return true;
    case OPT_PASSES:
      out->passes = argument;
      return true;
    default:
      break;
  }
  bool* const flag = id == OPT_DRY_RUN    ? &out->dry_run
                     : id == OPT_COPY     ? &out->copy
                     : id == OPT_JSON     ? &out->json
                     : id == OPT_QUIET    ? &out->quiet
                     : id == OPT_EXPLAIN  ? &out->explain
                     : id == OPT_OPS      ? &out->show_ops
                     : id == OPT_HELP     ? &out->help
                     : id == OPT_HELP_ALL ? &out->help_all
                                          : &out->version;
  *flag = true;
  return true;
}

static const option_row* find_option(int id) {
  for (int i = 0; i < NUM_OPTIONS; ++i) {
    if (kOptions[i].id == id) return &kOptions[i];
  }
  return NULL;
}

// The first word that is no option may be a verb; the next one is the model.
static int take_words(int argc, char** argv, options* out) {
  int at = optind;
  if (at < argc) {
    for (size_t i = 0; i < sizeof(kVerbs) / sizeof(kVerbs[0]); ++i) {
      if (strcmp(argv[at], kVerbs[i].name) != 0) continue;
      out->verb = kVerbs[i].verb;
      ++at;
      break;
    }
  }
  if (at < argc) out->model = argv[at++];
  if (at < argc) return fail(EXIT_USAGE, "'%s' is one word too many; see ctfrun -h", argv[at]);
  return 0;
}

int options_parse(int argc, char** argv, options* out) {
  struct option table[NUM_OPTIONS + 1];
  char letters[2 * NUM_OPTIONS + 2] = ":";
  int count = 0;
  memset(out, 0, sizeof(*out));
  out->steps = 1;
  out->print_max = 1000;
  out->precision = 8;
  for (int i = 0; i < NUM_OPTIONS; ++i) {
    const option_row* row = &kOptions[i];
    if (row->name != NULL) {
      table[count++] =
          (struct option){row->name, row->argument != NULL ? required_argument : no_argument, NULL, row->id};
    }
    if (row->id < 256) {
      const size_t length = strlen(letters);
      letters[length] = (char)row->id;
      letters[length + 1] = row->argument != NULL ? ':' : '\0';
      letters[length + 2] = '\0';
    }
  }
  table[count] = (struct option){0};
  for (int i = 1; i < argc; ++i) {
    if (strcmp(argv[i], "--json") == 0) fail_as_json(true);  // also for what is wrong with the command line
  }
  opterr = 0;
  int id;
  while ((id = getopt_long(argc, argv, letters, table, NULL)) != -1) {
    if (id == '?') return fail(EXIT_USAGE, "'%s' is no option; see ctfrun --help", argv[optind - 1]);
    if (id == ':') return fail(EXIT_USAGE, "'%s' needs an argument; see ctfrun --help", argv[optind - 1]);
    char* argument = optarg;
    char given[128];
    snprintf(given, sizeof(given), "%s", argument != NULL ? argument : "");
    if (!take_option(id, argument, out)) {
      const option_row* row = find_option(id);
      return fail(EXIT_USAGE, "--%s %s cannot be read; it takes %s", row->name, given, row->argument);
    }
  }
  return take_words(argc, argv, out);
}
