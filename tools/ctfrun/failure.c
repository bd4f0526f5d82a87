#include "tools/ctfrun/failure.h"

#include <stdarg.h>
#include <stdio.h>

static bool as_json;  // set once, before anything can fail

void fail_as_json(bool json) { as_json = json; }

const char* code_name(TF_Code code) {
  static const char* const kNames[] = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  return (unsigned)code < sizeof(kNames) / sizeof(kNames[0]) ? kNames[code] : "UNKNOWN";
}

void print_json_string(const char* text) {
  putchar('"');
  for (const unsigned char* at = (const unsigned char*)text; *at != '\0'; ++at) {
    if (*at == '"' || *at == '\\') {
      printf("\\%c", *at);
    } else if (*at < 0x20) {
      printf("\\u%04x", *at);
    } else {
      putchar(*at);
    }
  }
  putchar('"');
}

static int report(int exit_code, const char* code, const char* message) {
  if (as_json) {
    printf("{\"schema\":\"ctfrun/1\",\"ok\":false,\"error\":{\"code\":\"%s\",\"exit\":%d,\"message\":", code,
           exit_code);
    print_json_string(message);
    printf("}}\n");
  }
  fflush(stdout);
  fprintf(stderr, "ctfrun: %s\n", message);
  return exit_code;
}

int fail(int exit_code, const char* format, ...) {
  char message[8192];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof(message), format, args);
  va_end(args);
  const char* code = exit_code == EXIT_USAGE  ? "USAGE"
                     : exit_code == EXIT_FILE ? "FILE"
                                              : code_name((TF_Code)(exit_code - EXIT_ENGINE));
  return report(exit_code, code, message);
}

int fail_status(const TF_Status* status) {
  const TF_Code code = TF_GetCode(status);
  return report(EXIT_ENGINE + (int)code, code_name(code), TF_Message(status));
}
