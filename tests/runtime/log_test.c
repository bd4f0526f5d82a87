// runtime/log.c: levels, the listener, and lines that are too long.
#include "tests/support/check.h"

#include <stdio.h>
#include <unistd.h>

#include "runtime/log.h"
#include "runtime/memory.h"

static char heard[2048];
static int num_heard;

static void hear(const char* line) {
  ++num_heard;
  snprintf(heard, sizeof(heard), "%s", line);
}

static void levels(void** state) {
  (void)state;
  ctf_log_set_listener(hear);
  num_heard = 0;
  ctf_log(CTF_LOG_INFO, "not by default");
  assert_int_equal(num_heard, 0);
  ctf_log(CTF_LOG_WARNING, "%s %d", "answer", 42);
  assert_int_equal(num_heard, 1);
  assert_string_equal(heard, "ctf: warning: answer 42");
  ctf_log_set_level(CTF_LOG_INFO);
  ctf_log(CTF_LOG_INFO, "now");
  assert_string_equal(heard, "ctf: info: now");
  ctf_log_set_level(CTF_LOG_ERROR);
  ctf_log(CTF_LOG_WARNING, "no more");
  assert_int_equal(num_heard, 2);
  ctf_log(CTF_LOG_ERROR, "this");
  assert_string_equal(heard, "ctf: error: this");
  ctf_log_set_level(CTF_LOG_WARNING);
  ctf_log_set_listener(NULL);
}

typedef struct heard_call {
  int level;
  char line[64];
} heard_call;

static void hear_call(int level, const char* line, void* arg) {
  heard_call* call = arg;
  call->level = level;
  snprintf(call->line, sizeof(call->line), "%s", line);
}

static void a_callback_comes_before_the_listener(void** state) {
  (void)state;
  heard_call call = {-1, ""};
  num_heard = 0;
  ctf_log_set_listener(hear);
  ctf_log_set_callback(hear_call, &call);
  ctf_log(CTF_LOG_ERROR, "first");
  assert_int_equal(call.level, CTF_LOG_ERROR);
  assert_string_equal(call.line, "ctf: error: first");
  assert_int_equal(num_heard, 0);
  ctf_log_set_callback(NULL, NULL);
  ctf_log(CTF_LOG_ERROR, "second");
  assert_string_equal(call.line, "ctf: error: first");
  assert_int_equal(num_heard, 1);
  ctf_log_set_listener(NULL);
}

static void long_lines_are_cut(void** state) {
  (void)state;
  static char text[5000];
  memset(text, 'x', sizeof(text) - 1);
  ctf_log_set_listener(hear);
  ctf_log(CTF_LOG_WARNING, "%s", text);
  assert_int_equal(strlen(heard), 1023);
  ctf_log_set_listener(NULL);
}

static void stderr_without_listener_and_memory(void** state) {
  (void)state;
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  const int saved = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  ctf_memory_fail_nth(1, true);
  ctf_log(CTF_LOG_ERROR, "a %s", "line");
  ctf_log(CTF_LOG_ERROR, "%s", "");
  const bool met = ctf_memory_fault_met();
  ctf_memory_fail_nth(0, false);
  dup2(saved, STDERR_FILENO);
  char got[100] = {0};
  assert_true(read(ends[0], got, sizeof(got) - 1) > 0);
  close(saved);
  close(ends[0]);
  close(ends[1]);
  assert_string_equal(got, "ctf: error: a line\nctf: error: \n");
  assert_false(met);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(levels),
      cmocka_unit_test(a_callback_comes_before_the_listener),
      cmocka_unit_test(long_lines_are_cut),
      cmocka_unit_test(stderr_without_listener_and_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
