// What the command says besides results: failures in one shape of text and one of JSON, with the exit code that fits,
// and notes.
#ifndef CTF_TOOLS_CTFRUN_FAILURE_H_
#define CTF_TOOLS_CTFRUN_FAILURE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "tensorflow/c/c_api.h"
#include "tools/ctfrun/options.h"

enum {
  EXIT_DONE = 0,
  EXIT_NO = 1,       // it ran, and the answer is no
  EXIT_USAGE = 2,    // command line, missing or wrong feed
  EXIT_FILE = 3,     // a file cannot be read or written
  EXIT_ENGINE = 10,  // plus the TF_Code
  EXIT_SIGNAL = 128  // plus the signal
};

// Prints the failure, as text on stderr and with --json as a document on stdout, and gives its exit code. `message` is
// WHAT (where); WHY with numbers; TRY.
int fail(int exit_code, const char* format, ...) __attribute__((format(printf, 2, 3)));
int fail_status(const TF_Status* status);
void fail_as_json(bool json);  // --json was given

// With --json, what more is to be said of failures with this exit code: `write` puts fields behind the message, each
// after a comma. NULL: no more.
void fail_explained(int exit_code, void (*write)(FILE* file, void* arg), void* arg);

// -q, -v, --log, --color. 0, or an exit code after the failure was said.
int messages_open(const options* o);
void messages_close(void);

enum { NOTE_ALWAYS = 0, NOTE_VERBOSE = 1, NOTE_LIBRARY = 2 };
// A line for people, on stderr and in the log: of what kind says who wants it.
void note(int kind, const char* format, ...) __attribute__((format(printf, 2, 3)));

const char* code_name(TF_Code code);  // "INVALID_ARGUMENT"
void print_json_string(FILE* file, const char* text);
void print_json_bytes(FILE* file, const char* bytes, size_t size);  // what is no UTF-8 as \u00xx

#endif  // CTF_TOOLS_CTFRUN_FAILURE_H_
