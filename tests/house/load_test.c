// Loading libctf.so starts no thread: a program that links it and never calls it has what it had before.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <dirent.h>
#include <dlfcn.h>

static int count_threads(void) {
  DIR* tasks = opendir("/proc/self/task");
  assert_non_null(tasks);
  int count = 0;
  for (const struct dirent* entry = readdir(tasks); entry; entry = readdir(tasks)) count += entry->d_name[0] != '.';
  closedir(tasks);
  return count;
}

// How many threads more there are once the library is loaded, with every symbol bound.
static int threads_from_loading(const char* path) {
  const int before = count_threads();
  assert_true(before >= 1);
  void* library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  if (!library) fail_msg("%s", dlerror());
  return count_threads() - before;  // stays loaded: a thread of it may still run
}

static void loading_libctf_starts_no_thread(void** state) {
  (void)state;
  assert_int_equal(threads_from_loading(getenv("CTF_LIBRARY")), 0);
}

static void planted_thread_is_noticed(void** state) {
  (void)state;
  assert_int_equal(threads_from_loading(getenv("CTF_PLANTED_LIBRARY")), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(loading_libctf_starts_no_thread),
      cmocka_unit_test(planted_thread_is_noticed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
