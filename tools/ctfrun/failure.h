// Failures of the command: one shape of text, one of JSON, and the exit code that fits.
#ifndef CTF_TOOLS_CTFRUN_FAILURE_H_
#define CTF_TOOLS_CTFRUN_FAILURE_H_

#include <stdbool.h>

#include "tensorflow/c/c_api.h"

enum {
  EXIT_DONE = 0,
  EXIT_USAGE = 2,   // command line, missing or wrong feed
  EXIT_FILE = 3,    // a file cannot be read or written
  EXIT_ENGINE = 10  // plus the TF_Code
};

// Prints the failure, as text on stderr and with --json as a document on stdout, and gives its exit code. `message` is
// WHAT (where); WHY with numbers; TRY.
int fail(int exit_code, const char* format, ...) __attribute__((format(printf, 2, 3)));
int fail_status(const TF_Status* status);
void fail_as_json(bool json);  // --json was given

const char* code_name(TF_Code code);  // "INVALID_ARGUMENT"
void print_json_string(const char* text);

#endif  // CTF_TOOLS_CTFRUN_FAILURE_H_
