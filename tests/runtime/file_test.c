// runtime/file.c, over files that the test writes.
#include "tests/support/check.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/file.h"

typedef struct open_case {
  const char* name;
  const char* path;
  size_t length;  // 0: all of the path
  TF_Code code;
} open_case;

static void refusals(void** state) {
  (void)state;
  char root[] = P_tmpdir "/ctf_file_XXXXXX", pipe_path[64], socket_path[64], long_path[PATH_MAX + 1];
  assert_non_null(mkdtemp(root));
  snprintf(pipe_path, sizeof(pipe_path), "%s/pipe", root);
  snprintf(socket_path, sizeof(socket_path), "%s/socket", root);
  memset(long_path, 'x', PATH_MAX);
  long_path[PATH_MAX] = '\0';
  assert_int_equal(mkfifo(pipe_path, 0600), 0);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, socket_path, strlen(socket_path) + 1);
  const int server = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_int_equal(bind(server, (const struct sockaddr*)&address, sizeof(address)), 0);
  const open_case cases[] = {
      {"a folder", root, 0, TF_NOT_FOUND},
      {"a pipe", pipe_path, 0, TF_INVALID_ARGUMENT},
      {"a socket", socket_path, 0, TF_INVALID_ARGUMENT},
      {"a device that waits", "/dev/tty", 0, TF_INVALID_ARGUMENT},
      {"a device without end", "/dev/zero", 0, TF_INVALID_ARGUMENT},
      {"nothing", "/dev/nonexistent", 0, TF_NOT_FOUND},
      {"below a file", "/dev/null/x", 0, TF_FAILED_PRECONDITION},
      {"no path", "", 0, TF_NOT_FOUND},
      {"a byte 0", "/dev\0/null", 10, TF_INVALID_ARGUMENT},
      {"too long", long_path, 0, TF_INVALID_ARGUMENT},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
    ctf_file file = {-1, 0};
    const size_t length = cases[i].length != 0 ? cases[i].length : strlen(cases[i].path);
    ctf_status status = ctf_file_open(cases[i].path, length, &file);
    if (ctf_status_code(status) != cases[i].code) fail_msg("%s: %s", cases[i].name, ctf_status_message(status));
    assert_int_equal(file.descriptor, -1);
    ctf_status_drop(status);  // compared
  }
  close(server);
  assert_int_equal(unlink(pipe_path) + unlink(socket_path) + rmdir(root), 0);
}

static void reads(void** state) {
  (void)state;
  char path[] = P_tmpdir "/ctf_file_XXXXXX", text[8] = "";
  const int made = mkstemp(path);
  assert_int_equal(write(made, "abcdef", 6), 6);
  ctf_file file;
  assert_ok(ctf_file_open(path, strlen(path), &file));
  assert_int_equal(file.bytes, 6);
  assert_ok(ctf_file_read(&file, 2, text, 3));
  assert_memory_equal(text, "cde", 3);
  assert_ok(ctf_file_read(&file, 6, text, 0));
  assert_fails(ctf_file_read(&file, 4, text, 3), TF_OUT_OF_RANGE, "ends at byte 6");
  assert_int_equal(ftruncate(made, 1), 0);  // while it is open
  assert_fails(ctf_file_read(&file, 2, text, 1), TF_OUT_OF_RANGE, "ends at byte 2");
  ctf_file_close(&file);
  close(made);
  assert_int_equal(unlink(path), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(refusals), cmocka_unit_test(reads)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
