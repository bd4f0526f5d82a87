// The table of environment variables and their values in force.
#include "runtime/options.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/log.h"
#include "runtime/memory.h"

#define TEXT_BYTES 1024

typedef enum option_kind { KIND_TEXT, KIND_NUMBER, KIND_BYTES } option_kind;

// clang-format off
static const struct option_row { ctf_option_info info; option_kind kind; const char* choices; } kOptions[] = {
    [CTF_OPTION_MEMORY_BUDGET] = {{"CTF_MEMORY_BUDGET", "0",
        "Memory of the host that may be used, in bytes or with K, M or G; 0 takes what the cgroup and the machine can spare"},
        KIND_BYTES},
    [CTF_OPTION_ISA] = {{"CTF_ISA", "avx512", "The widest vector code that may run: base, avx2 or avx512"},
        KIND_TEXT, "base avx2 avx512"},
    [CTF_OPTION_PASSES] = {{"CTF_PASSES", "", "Passes to turn off, as in -fold,-inplace; none, all"}, KIND_TEXT},
    [CTF_OPTION_SEED] = {{"CTF_SEED", "0", "Seed of the delays that simulated devices make"}, KIND_NUMBER},
    [CTF_OPTION_SIM_DEVICES] = {{"CTF_SIM_DEVICES", "0", "How many simulated devices a session has"}, KIND_NUMBER},
    [CTF_OPTION_THREADS] = {{"CTF_THREADS", "0", "Threads that a kernel may use; 0 takes as many as there are CPUs"},
        KIND_NUMBER},
};
// clang-format on
_Static_assert(sizeof(kOptions) / sizeof(kOptions[0]) == CTF_NUM_OPTIONS, "every option has a row");

// Written once, under load_once.
static pthread_once_t load_once = PTHREAD_ONCE_INIT;
static struct option_value {
  char text[TEXT_BYTES];
  uint64_t number;
} values[CTF_NUM_OPTIONS];

static bool parse_number(const char* text, uint64_t* out_number) {
  if (!isdigit((unsigned char)text[0])) return false;
  char* end = NULL;
  errno = 0;
  const unsigned long long number = strtoull(text, &end, 10);
  if (errno != 0 || *end != '\0') return false;
  *out_number = number;
  return true;
}

// Whether the text is one of the words of `choices`.
static bool is_choice(const char* choices, const char* text) {
  const size_t length = strlen(text);
  for (const char* at = choices; *at != '\0';) {
    const size_t word = strcspn(at, " ");
    if (word == length && memcmp(at, text, word) == 0) return true;
    at += word + strspn(at + word, " ");
  }
  return false;
}

static bool take_value(const struct option_row* row, const char* text, struct option_value* value) {
  if (strlen(text) >= sizeof(value->text) || (row->choices != NULL && !is_choice(row->choices, text))) return false;
  size_t bytes = 0;
  switch (row->kind) {
    case KIND_TEXT:
      break;
    case KIND_NUMBER:
      if (!parse_number(text, &value->number)) return false;
      break;
    case KIND_BYTES:
      if (!ctf_parse_bytes(text, &bytes)) return false;
      value->number = bytes;
      break;
  }
  memcpy(value->text, text, strlen(text) + 1);
  return true;
}

static void load_options(void) {
  for (int i = 0; i < CTF_NUM_OPTIONS; ++i) {
    const struct option_row* row = &kOptions[i];
    const char* text = getenv(row->info.variable);
    if (text != NULL && text[0] != '\0') {
      if (take_value(row, text, &values[i])) continue;
      ctf_log(CTF_LOG_WARNING, "%s=%.64s is not understood and ignored. %s", row->info.variable, text,
              row->info.sentence);
    }
    if (!take_value(row, row->info.default_text, &values[i])) CTF_ASSERT(!"a default is understood");
  }
}

const ctf_option_info* ctf_option_describe(ctf_option option) { return &kOptions[option].info; }

const char* ctf_option_text(ctf_option option) {
  pthread_once(&load_once, load_options);
  return values[option].text;
}

uint64_t ctf_option_number(ctf_option option) {
  pthread_once(&load_once, load_options);
  return values[option].number;
}

bool ctf_parse_bytes(const char* text, size_t* out_bytes) {
  static const char kUnits[] = "KMG";
  if (!isdigit((unsigned char)text[0])) return false;
  size_t whole = 0;
  for (; isdigit((unsigned char)*text); ++text) {
    if (!ctf_mul_size(whole, 10, &whole) || !ctf_add_size(whole, (size_t)(*text - '0'), &whole)) return false;
  }
  // Six digits after the point are exact in 64 bits whatever the unit; more would say less than a byte, or a few.
  size_t fraction = 0, divisor = 1;
  const bool point = *text == '.';
  if (point && !isdigit((unsigned char)*++text)) return false;
  for (; isdigit((unsigned char)*text); ++text) {
    if (divisor >= 1000000) continue;
    fraction = fraction * 10 + (size_t)(*text - '0');
    divisor *= 10;
  }
  size_t unit = 1;
  if (*text != '\0') {
    const char* found = strchr(kUnits, toupper((unsigned char)*text));
    if (found == NULL || text[1] != '\0') return false;
    unit = (size_t)1 << (10 * (found - kUnits + 1));
  } else if (point) {
    return false;  // half a byte
  }
  size_t bytes = 0;
  if (!ctf_mul_size(whole, unit, &bytes) || !ctf_add_size(bytes, fraction * unit / divisor, &bytes)) return false;
  *out_bytes = bytes;
  return true;
}
