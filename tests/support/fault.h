// Makes every allocation of a piece of code fail in turn.
#ifndef CTF_TESTS_SUPPORT_FAULT_H_
#define CTF_TESTS_SUPPORT_FAULT_H_

#include "runtime/memory.h"
#include "tests/support/check.h"

// Calls run() once as it is, then with its nth allocation failing, for n = 1 until it has fewer: first only the nth,
// then the nth and all later ones. run() frees all it has made and returns OK or the failure, which must be
// RESOURCE_EXHAUSTED; without a fault it succeeds. Fails the test when a block is left, or when no allocation was met
// at all. Returns how many failures there were.
static inline uint64_t fault_each_allocation(ctf_status (*run)(void), const char* name, const char* file, int line) {
  uint64_t num_failures = 0;
  check_ok_at(run(), name, file, line);  // what is made once per process is there from now on
  for (int all_later = 0; all_later <= 1; ++all_later) {
    for (uint64_t nth = 1;; ++nth) {
      const uint64_t live = ctf_memory_num_live();
      ctf_memory_fail_nth(nth, all_later != 0);
      ctf_status status = run();
      const bool met = ctf_memory_fault_met();
      ctf_memory_fail_nth(0, false);
      const TF_Code code = ctf_status_code(status);
      const bool right = met ? code == TF_OK || code == TF_RESOURCE_EXHAUSTED : code == TF_OK;
      if (!right) {
        print_error("%s, allocation %llu%s: %s: %s\n", name, (unsigned long long)nth, all_later ? " and later" : "",
                    ctf_code_name(code), ctf_status_message(status));
      }
      ctf_status_drop(status);  // it has been judged
      if (!right) _fail(file, line);
      if (ctf_memory_num_live() != live) {
        print_error("%s, allocation %llu%s: %lld blocks are left\n", name, (unsigned long long)nth,
                    all_later ? " and later" : "", (long long)(ctf_memory_num_live() - live));
        _fail(file, line);
      }
      if (!met) break;
      ++num_failures;
    }
  }
  if (num_failures == 0) {
    print_error("%s allocates nothing\n", name);
    _fail(file, line);
  }
  print_message("%s: %llu failures\n", name, (unsigned long long)num_failures);
  return num_failures;
}

#define FOR_EACH_ALLOCATION_FAILURE(run) fault_each_allocation((run), #run, __FILE__, __LINE__)

#endif  // CTF_TESTS_SUPPORT_FAULT_H_
