#include "tools/ctfrun/failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct messages {  // set before other threads begin
  bool as_json, quiet, coloured;
  int verbosity;
  FILE* log;
  int explained;  // exit code of what follows
  void (*explain)(FILE* file, void* arg);
  void* explain_arg;
} state;

void fail_as_json(bool json) { state.as_json = json; }

static void library_line(const char* line) { note(NOTE_LIBRARY, "%s", line); }

int messages_open(const options* o) {
  const char* no_colour = getenv("NO_COLOR");
  state.quiet = o->quiet;
  state.verbosity = o->verbosity;
  state.coloured = o->color == WHEN_ALWAYS ||
                   (o->color == WHEN_AUTO && isatty(STDERR_FILENO) && (no_colour == NULL || no_colour[0] == '\0'));
  if (o->log != NULL) {
    state.log = fopen(o->log, "a");
    if (state.log == NULL) return fail(EXIT_FILE, "%s cannot be written; %s", o->log, strerror(errno));
  }
  if (o->verbosity >= NOTE_LIBRARY || o->log != NULL) TF_RegisterLogListener(library_line);
  return 0;
}

void messages_close(void) {
  TF_RegisterLogListener(NULL);
  if (state.log != NULL) fclose(state.log);
  state.log = NULL;
}

const char* code_name(TF_Code code) {
  static const char* const kNames[] = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  return (unsigned)code < sizeof(kNames) / sizeof(kNames[0]) ? kNames[code] : "UNKNOWN";
}

// How many bytes the UTF-8 sequence at `at` has; 0: it is none. Overlong forms and surrogates are none.
static size_t utf8_length(const unsigned char* at, size_t size) {
  const size_t length = at[0] < 0x80 ? 1 : at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
  if (length == 1) return 1;
  if (at[0] < 0xc2 || at[0] > 0xf4 || length > size) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((at[i] & 0xc0) != 0x80) return 0;
  }
  const bool wrong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
                     (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f);
  return wrong ? 0 : length;
}

void print_json_bytes(FILE* file, const char* bytes, size_t size) {
  const unsigned char* text = (const unsigned char*)bytes;
  putc('"', file);
  for (size_t i = 0; i < size;) {
    const size_t length = utf8_length(text + i, size - i);
    if (text[i] == '"' || text[i] == '\\') {
      fprintf(file, "\\%c", text[i++]);
    } else if (text[i] < 0x20 || text[i] == 0x7f || length == 0) {
      fprintf(file, "\\u%04x", text[i++]);
    } else {
      fwrite(text + i, 1, length, file);
      i += length;
    }
  }
  putc('"', file);
}

void print_json_string(FILE* file, const char* text) { print_json_bytes(file, text, strlen(text)); }

void fail_explained(int exit_code, void (*write)(FILE* file, void* arg), void* arg) {
  state.explained = exit_code;
  state.explain = write;
  state.explain_arg = arg;
}

// "node 'conv1/relu' (Relu): ..." is how the library's messages begin that are about a node.
static void json_node(const char* message) {
  const char* name = strstr(message, "node '");
  const char* end = name != NULL ? strstr(name + 6, "' (") : NULL;
  const char* close = end != NULL ? strchr(end + 3, ')') : NULL;
  if (close == NULL) return;
  printf(",\"node\":");
  print_json_bytes(stdout, name + 6, (size_t)(end - name) - 6);
  printf(",\"op\":");
  print_json_bytes(stdout, end + 3, (size_t)(close - end) - 3);
}

static int report(int exit_code, const char* code, const char* message) {
  if (state.as_json) {
    printf("{\"schema\":\"ctfrun/1\",\"ok\":false,\"error\":{\"code\":\"%s\",\"exit\":%d,\"message\":", code,
           exit_code);
    print_json_string(stdout, message);
    json_node(message);
    if (state.explain != NULL && state.explained == exit_code) state.explain(stdout, state.explain_arg);
    printf("}}\n");
  }
  fflush(stdout);
  fprintf(stderr, state.coloured ? "\033[31mctfrun:\033[0m %s\n" : "ctfrun: %s\n", message);
  if (state.log != NULL) fprintf(state.log, "ctfrun: %s [%d]\n", message, exit_code);
  return exit_code;
}

int fail(int exit_code, const char* format, ...) {
  char message[8192];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof(message), format, args);
  va_end(args);
  const char* code = exit_code == EXIT_NO      ? "NO"
                     : exit_code == EXIT_USAGE ? "USAGE"
                     : exit_code == EXIT_FILE  ? "FILE"
                     : exit_code > EXIT_SIGNAL ? "SIGNAL"
                                               : code_name((TF_Code)(exit_code - EXIT_ENGINE));
  return report(exit_code, code, message);
}

int fail_status(const TF_Status* status) {
  const TF_Code code = TF_GetCode(status);
  return report(EXIT_ENGINE + (int)code, code_name(code), TF_Message(status));
}

void note(int kind, const char* format, ...) {
  char message[8192];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof(message), format, args);
  va_end(args);
  if (state.log != NULL) fprintf(state.log, "ctfrun: %s\n", message);
  if (!state.quiet && state.verbosity >= kind) fprintf(stderr, "ctfrun: %s\n", message);
}
