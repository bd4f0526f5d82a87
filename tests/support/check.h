// cmocka in the order it needs, and checks of statuses. A test includes this before everything else.
#ifndef CTF_TESTS_SUPPORT_CHECK_H_
#define CTF_TESTS_SUPPORT_CHECK_H_

// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include <string.h>

#include "runtime/status.h"

static inline void check_ok_at(ctf_status status, const char* what, const char* file, int line) {
  if (status == NULL) return;
  print_error("%s: %s: %s\n", what, ctf_code_name(ctf_status_code(status)), ctf_status_message(status));
  ctf_status_drop(status);  // the test ends here
  _fail(file, line);
}

static inline void check_fails_at(ctf_status status, TF_Code code, const char* part, const char* file, int line) {
  const TF_Code got = ctf_status_code(status);
  const int found = strstr(ctf_status_message(status), part) != NULL;
  if (got != code || !found) {
    print_error("want %s with \"%s\", got %s: %s\n", ctf_code_name(code), part, ctf_code_name(got),
                ctf_status_message(status));
  }
  ctf_status_drop(status);  // it has been judged
  if (got != code || !found) _fail(file, line);
}

// The status is OK; else prints it and fails the test. Takes the status.
#define assert_ok(status) check_ok_at((status), #status, __FILE__, __LINE__)
// The status has this code and its message contains the part. Takes the status.
#define assert_fails(status, code, part) check_fails_at((status), (code), (part), __FILE__, __LINE__)

#endif  // CTF_TESTS_SUPPORT_CHECK_H_
