#include "tools/ctfrun/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/files.h"
#include "tools/ctfrun/option_table.h"

enum { MAX_OPTIONS = 96, MAX_WORDS = 8192, MAX_FLAGFILE_DEPTH = 8, FIRST_LONG_ID = 256 };

// ---- texts that live as long as the process

typedef struct kept {
  struct kept* next;
  char text[];
} kept;

static kept* kept_texts;  // one thread: the command line is read before any other begins

static char* keep(const char* text, size_t length) {
  kept* copy = malloc(sizeof(*copy) + length + 1);
  if (copy == NULL) return NULL;
  memcpy(copy->text, text, length);
  copy->text[length] = '\0';
  copy->next = kept_texts;
  kept_texts = copy;
  return copy->text;
}

// ---- values

static bool parse_long(const char* text, long least, long* out_number) {
  char* end;
  errno = 0;
  const long number = strtol(text, &end, 10);
  if (end == text || *end != '\0' || number < least || errno != 0) return false;
  *out_number = number;
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

// "20", "20x", or a duration with its unit.
static bool parse_steps(const char* text, long least, step_count* out) {
  const size_t length = strlen(text);
  char digits[32];
  *out = (step_count){0};
  if (length > 0 && length < sizeof(digits) && (text[length - 1] == 'x' || isdigit((unsigned char)text[length - 1]))) {
    snprintf(digits, sizeof(digits), "%.*s", (int)(length - (text[length - 1] == 'x')), text);
    return parse_long(digits, least, &out->count);
  }
  return parse_duration(text, &out->ms);
}

bool parse_bytes(const char* text, size_t* out_bytes, double* out_percent) {
  *out_percent = 0;
  *out_bytes = SIZE_MAX;
  if (strcmp(text, "none") == 0) return true;
  char* end;
  const double number = strtod(text, &end);
  if (end == text || !(number > 0)) return false;
  if (strcmp(end, "%") == 0) {
    *out_percent = number;
    return number <= 100;
  }
  static const char kUnits[] = "KMGT";
  double unit = 1;
  const char* letter = *end != '\0' ? strchr(kUnits, toupper((unsigned char)*end)) : NULL;
  if (letter != NULL) {
    for (int i = 0; i <= (int)(letter - kUnits); ++i) unit *= 1024;
    ++end;
  }
  if (*end != '\0' || number * unit >= 0x1p63) return false;
  *out_bytes = (size_t)(number * unit);
  return true;
}

static bool check_memory(const char* text) {
  size_t bytes;
  double percent;
  while (*text != '\0') {
    const size_t length = strcspn(text, ",");
    const char* equals = memchr(text, '=', length);
    const char* amount = equals != NULL ? equals + 1 : text;
    char part[64];
    if (length >= sizeof(part) || length == 0) return false;
    snprintf(part, sizeof(part), "%.*s", (int)(text + length - amount), amount);
    if (!parse_bytes(part, &bytes, &percent)) return false;
    text += length + (text[length] == ',');
  }
  return true;
}

int parse_sweep(const char* text, long least, long* out_numbers) {
  int count = 0;
  for (const char* at = text; count < MAX_SWEEP; ++at) {
    char* end;
    errno = 0;
    out_numbers[count] = strtol(at, &end, 10);
    if (end == at || errno != 0 || out_numbers[count] < least) return 0;
    ++count;
    if (*end == '\0') return count;
    if (*end != ',') return 0;
    at = end;
  }
  return 0;
}

static bool is_choice(const char* choices, const char* text) {
  const size_t length = strlen(text);
  for (const char* at = choices; *at != '\0';) {
    const size_t word = strcspn(at, " ");
    if (word == length && memcmp(at, text, word) == 0) return true;
    at += word + strspn(at + word, " ");
  }
  return false;
}

static bool parse_when(const char* text, when* out) {
  static const char* const kWords[] = {"auto", "always", "never"};
  for (int i = 0; i < 3; ++i) {
    if (strcmp(text, kWords[i]) != 0) continue;
    *out = (when)i;
    return true;
  }
  return false;
}

static bool add_to_list(option_list* list, option_kind kind, const char* text, bool from_environment) {
  if (list->from_environment && !from_environment) list->count = 0;
  list->from_environment = from_environment;
  if (list->count == MAX_REPEATS) return false;
  const char* equals = kind == KIND_LIST ? NULL : strchr(text, '=');
  if (kind == KIND_PAIR && equals == NULL) return false;
  named_text* item = &list->items[list->count];
  item->name = equals != NULL ? keep(text, (size_t)(equals - text)) : text;
  item->text = equals != NULL ? equals + 1 : NULL;
  if (item->name == NULL) return false;
  ++list->count;
  return true;
}

static bool take_value(const option_row* row, const char* text, bool from_environment, options* out) {
  void* const field = (char*)out + row->offset;
  long number;
  switch (row->kind) {
    case KIND_FLAG:
      *(bool*)field = true;
      return true;
    case KIND_MORE:
      ++*(int*)field;
      return true;
    case KIND_CHOICE:
      if (!is_choice(row->detail, text)) return false;
      break;
    case KIND_WHEN:
      return parse_when(text, field);
    case KIND_LIST:
    case KIND_NAMED:
    case KIND_PAIR:
      return add_to_list(field, row->kind, text, from_environment);
    case KIND_LONG:
      return parse_long(text, atol(row->detail), field);
    case KIND_REAL: {
      char* end;
      *(double*)field = strtod(text, &end);
      return end != text && *end == '\0' && *(double*)field >= 0;
    }
    case KIND_DURATION:
      return parse_duration(text, field);
    case KIND_STEPS:
      return parse_steps(text, row->offset == offsetof(options, warmup) ? 0 : 1, field);
    case KIND_SWEEP: {
      long numbers[MAX_SWEEP];
      number = atol(row->detail);
      if (parse_sweep(text, number, numbers) == 0) return false;
      break;
    }
    case KIND_MEMORY:
      if (!check_memory(text)) return false;
      break;
    default:
      break;
  }
  *(const char**)field = text != NULL ? text : "";
  return true;
}

static const char* row_name(const option_row* row, char* buffer, size_t size) {
  snprintf(buffer, size, "%s%s", row->name != NULL ? "--" : "-", row->name != NULL ? row->name : "h");
  return buffer;
}

static int take_option(const option_row* row, const char* text, const char* variable, options* out) {
  char name[64];
  if (row->kind == KIND_LATER) {
    return fail(EXIT_USAGE, "%s needs %s, which %s not in this build", row_name(row, name, sizeof(name)), row->detail,
                row->detail[strlen(row->detail) - 1] == 's' ? "are" : "is");
  }
  if (!take_value(row, text, variable != NULL, out)) {
    return variable != NULL
               ? fail(EXIT_USAGE, "the variable %s=%s cannot be read; it takes %s", variable, text, row->argument)
               : fail(EXIT_USAGE, "%s %s cannot be read; it takes %s", row_name(row, name, sizeof(name)),
                      text != NULL ? text : "", row->argument);
  }
  if (row->offset == offsetof(options, steps)) out->steps_given = true;
  if (!row->no_environment && out->num_given < (int)(sizeof(out->given) / sizeof(out->given[0]))) {
    out->given[out->num_given++] = (given_option){row, text};
  }
  return 0;
}

// ---- words, with those of flag files in their places

typedef struct word_list {
  int count;
  char* words[MAX_WORDS + 1];
} word_list;

// Whether the next word is this one's argument.
static bool wants_argument(const char* word) {
  if (word[0] != '-' || word[1] == '\0') return false;
  if (word[1] != '-') {
    for (const char* letter = word + 1; *letter != '\0'; ++letter) {
      for (int i = 0; i < kNumOptions; ++i) {
        if (kOptions[i].letter == *letter && kOptions[i].argument != NULL) return letter[1] == '\0';
      }
    }
    return false;
  }
  for (int i = 0; i < kNumOptions; ++i) {
    if (kOptions[i].name == NULL || strcmp(kOptions[i].name, word + 2) != 0) continue;
    return kOptions[i].argument != NULL && kOptions[i].argument[0] != '[';
  }
  return false;
}

static int add_word(word_list* list, char* word) {
  if (word == NULL) return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for the command line");
  if (list->count == MAX_WORDS) return fail(EXIT_USAGE, "there are more than %d words on the command line", MAX_WORDS);
  list->words[list->count++] = word;
  return 0;
}

static int add_line(word_list* list, char* line) {
  while (isspace((unsigned char)*line)) ++line;
  size_t length = strlen(line);
  while (length > 0 && isspace((unsigned char)line[length - 1])) line[--length] = '\0';
  if (length == 0 || line[0] == '#') return 0;
  const size_t word = strcspn(line, " \t");
  if (line[0] != '-' || line[word] == '\0') return add_word(list, keep(line, length));
  const char* value = line + word + strspn(line + word, " \t");
  line[word] = '\0';
  const bool separate = wants_argument(line);
  if (!separate) return fail(EXIT_USAGE, "'%s' in a flag file takes no argument, and has '%s'", line, value);
  const int code = add_word(list, keep(line, word));
  return code != 0 ? code : add_word(list, keep(value, strlen(value)));
}

static int add_flagfile(word_list* list, const char* path) {
  void* bytes = NULL;
  size_t size = 0;
  int code = file_read(path, &bytes, &size);
  if (code != 0) return code;
  char* text = keep(bytes, size);
  free(bytes);
  if (text == NULL) return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for %s", path);
  if (strlen(text) != size) return fail(EXIT_USAGE, "%s is no flag file; it has a NUL", path);
  for (char* line = text; line != NULL && code == 0;) {
    char* end = strchr(line, '\n');
    if (end != NULL) *end++ = '\0';
    code = add_line(list, line);
    line = end;
  }
  return code;
}

// Replaces --flagfile F by what the file says, until no more is left.
static int expand_flagfiles(word_list* list, word_list* scratch) {
  for (int depth = 0;; ++depth) {
    bool found = false;
    *scratch = (word_list){0};
    for (int i = 0; i < list->count; ++i) {
      char* word = list->words[i];
      const bool argument = i > 1 && wants_argument(list->words[i - 1]);
      const bool glued = strncmp(word, "--flagfile=", 11) == 0;
      int code = 0;
      if (argument || (!glued && strcmp(word, "--flagfile") != 0)) {
        code = add_word(scratch, word);
      } else if (depth == MAX_FLAGFILE_DEPTH) {
        code = fail(EXIT_USAGE, "flag files name each other more than %d deep", MAX_FLAGFILE_DEPTH);
      } else if (!glued && i + 1 == list->count) {
        code = fail(EXIT_USAGE, "'--flagfile' needs an argument; see ctfrun --help");
      } else {
        found = true;
        code = add_flagfile(scratch, glued ? word + 11 : list->words[++i]);
      }
      if (code != 0) return code;
    }
    *list = *scratch;
    if (!found) return 0;
  }
}

// ---- the environment: --foo-bar is CTF_FOO_BAR

static void variable_name(const option_row* row, char* out, size_t size) {
  size_t used = (size_t)snprintf(out, size, "CTF_");
  for (const char* at = row->name; *at != '\0' && used + 1 < size; ++at) {
    out[used++] = (char)(*at == '-' ? '_' : toupper((unsigned char)*at));
  }
  out[used] = '\0';
}

static int take_variable(const option_row* row, const char* variable, const char* text, options* out) {
  if (row->argument == NULL) {
    if (is_choice("0 false no off", text)) return 0;
    if (!is_choice("1 true yes on", text)) {
      return fail(EXIT_USAGE, "the variable %s=%s cannot be read; it takes 1 or 0", variable, text);
    }
    return take_option(row, NULL, variable, out);
  }
  const bool repeats = row->kind == KIND_LIST || row->kind == KIND_NAMED || row->kind == KIND_PAIR;
  for (const char* at = text; *at != '\0';) {
    const size_t length = repeats ? strcspn(at, "\n") : strlen(at);
    const char* copy = keep(at, length);
    if (copy == NULL) return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for the environment");
    const int code = length > 0 ? take_option(row, copy, variable, out) : 0;
    if (code != 0) return code;
    at += length + (at[length] == '\n');
  }
  return 0;
}

// Flag files of the environment are read before its other variables, which win.
static int read_environment(options* out, word_list* words) {
  char variable[64];
  for (int i = 0; i < kNumOptions; ++i) {
    const option_row* row = &kOptions[i];
    if (row->name == NULL || row->no_environment) continue;
    variable_name(row, variable, sizeof(variable));
    const char* text = getenv(variable);
    if (text == NULL || text[0] == '\0') continue;
    int code;
    if (row->kind == KIND_FLAGFILE) {
      code = add_word(words, keep("--flagfile", 10));
      if (code == 0) code = add_word(words, keep(text, strlen(text)));
    } else {
      code = take_variable(row, variable, text, out);
    }
    if (code != 0) return code;
  }
  return 0;
}

// ---- the command line

// The first word that is no option may be a verb; the next ones are the model and what some verbs take besides.
static int take_words(word_list* words, int at, options* out) {
  const verb_row* row = at < words->count ? verb_find(words->words[at]) : NULL;
  out->verb = "run";
  if (row != NULL) {
    ++at;
    out->verb = row->name;
    if (row->later != NULL) {
      return fail(EXIT_USAGE, "ctfrun %s needs %s, which %s not in this build", row->name, row->later,
                  row->later[strlen(row->later) - 1] == 's' ? "are" : "is");
    }
  }
  if (at < words->count) out->model = words->words[at++];
  if (at < words->count && strcmp(out->verb, "check") == 0) out->second = words->words[at++];
  if (at < words->count) return fail(EXIT_USAGE, "'%s' is one word too many; see ctfrun -h", words->words[at]);
  return 0;
}

typedef struct getopt_tables {
  struct option longs[MAX_OPTIONS + 1];
  char letters[3 * MAX_OPTIONS + 2];
} getopt_tables;

static void make_tables(getopt_tables* tables) {
  size_t used = 0;
  int count = 0;
  tables->letters[used++] = ':';
  for (int i = 0; i < kNumOptions; ++i) {
    const option_row* row = &kOptions[i];
    const int has = row->argument == NULL     ? no_argument
                    : row->argument[0] == '[' ? optional_argument
                                              : required_argument;
    if (row->name != NULL) tables->longs[count++] = (struct option){row->name, has, NULL, FIRST_LONG_ID + i};
    if (row->letter == 0) continue;
    tables->letters[used++] = row->letter;
    if (has == required_argument) tables->letters[used++] = ':';
  }
  tables->longs[count] = (struct option){0};
  tables->letters[used] = '\0';
}

static const option_row* row_of(int id) {
  if (id >= FIRST_LONG_ID) return &kOptions[id - FIRST_LONG_ID];
  for (int i = 0; i < kNumOptions; ++i) {
    if (kOptions[i].letter == id) return &kOptions[i];
  }
  return NULL;
}

static int parse_words(word_list* words, options* out) {
  static getopt_tables tables;
  make_tables(&tables);
  opterr = 0;
  words->words[words->count] = NULL;
  int id;
  while ((id = getopt_long(words->count, words->words, tables.letters, tables.longs, NULL)) != -1) {
    if (id == '?' || id == ':') {
      return fail(EXIT_USAGE,
                  id == '?' ? "'%s' is no option; see ctfrun --help" : "'%s' needs an argument; see ctfrun --help",
                  words->words[optind - 1]);
    }
    const int code = take_option(row_of(id), optarg, NULL, out);
    if (code != 0) return code;
  }
  return take_words(words, optind, out);
}

static void set_initial(options* out) {
  memset(out, 0, sizeof(*out));
  for (int i = 0; i < kNumOptions; ++i) {
    if (kOptions[i].initial != NULL) (void)take_value(&kOptions[i], kOptions[i].initial, false, out);
  }
  out->stall_ms = -1;  // depends on the terminal
}

int options_parse(int argc, char** argv, options* out) {
  static word_list words, scratch;
  set_initial(out);
  for (int i = 1; i < argc; ++i) {  // also for what is wrong with the command line
    if (strcmp(argv[i], "--json") == 0 || strcmp(argv[i], "--jsonl") == 0) fail_as_json(true);
  }
  int code = add_word(&words, argv[0]);
  if (code == 0) code = read_environment(out, &words);
  for (int i = 1; i < argc && code == 0; ++i) code = add_word(&words, argv[i]);
  if (code == 0) code = expand_flagfiles(&words, &scratch);
  if (code == 0) code = parse_words(&words, out);
  if (code == 0 && out->precision > 17)
    code = fail(EXIT_USAGE, "--precision %ld cannot be read; 17 is the most", out->precision);
  if (code == 0 && out->stats != NULL && !is_choice("full", out->stats) && out->stats[0] != '\0') {
    code = fail(EXIT_USAGE, "--stats=%s cannot be read; it takes full, or nothing", out->stats);
  }
  if (out->json || out->jsonl) fail_as_json(true);
  return code;
}

int options_print_flags(const options* o) {
  printf("%s\n", o->verb);
  if (o->model != NULL) printf("%s\n", o->model);
  if (o->second != NULL) printf("%s\n", o->second);
  for (int i = 0; i < o->num_given; ++i) {
    const given_option* given = &o->given[i];
    if (given->text != NULL && strchr(given->text, '\n') != NULL) {
      return fail(EXIT_USAGE, "the value of --%s has two lines, which a flag file cannot say", given->row->name);
    }
    const bool optional = given->row->argument != NULL && given->row->argument[0] == '[';
    printf("--%s", given->row->name);
    if (given->text != NULL) printf("%s%s", optional ? "=" : " ", given->text);
    putchar('\n');
  }
  return 0;
}
