// runtime/options.c: what the environment says, each case in a process of its own, since it is read once.
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/cpu_features.h"
#include "runtime/log.h"
#include "runtime/options.h"

static char logged[4096];

static void keep_line(const char* line) {
  const size_t used = strlen(logged);
  snprintf(logged + used, sizeof(logged) - used, "%s\n", line);
}

static void bytes(void** state) {
  (void)state;
  static const struct {
    const char* text;
    bool valid;
    size_t want;
  } kCases[] = {
      {"0", true, 0},
      {"4096", true, 4096},
      {"1K", true, 1024},
      {"64M", true, (size_t)64 << 20},
      {"64m", true, (size_t)64 << 20},
      {"1.5G", true, (size_t)3 << 29},
      {"0.25K", true, 256},
      {"1.000001K", true, 1024},
      {"0.999999G", true, 1073740750},
      {"1.12345678901234567890G", true, 1206301694},
      {"18446744073709551615", true, SIZE_MAX},
      {"18446744073709551616", false},
      {"17179869183G", true, SIZE_MAX - ((size_t)1 << 30) + 1},
      {"17179869184G", false},
      {"17179869183.9G", true, 18446744073602177433u},
      {"", false},
      {"M", false},
      {".5G", false},
      {"1.G", false},
      {"1.5", false},
      {"-1", false},
      {" 1", false},
      {"1 M", false},
      {"1MB", false},
      {"1T", false},
      {"1x", false},
      {"0x10", false},
  };
  for (size_t i = 0; i < sizeof(kCases) / sizeof(kCases[0]); ++i) {
    size_t got = 42;
    if (ctf_parse_bytes(kCases[i].text, &got) != kCases[i].valid) fail_msg("'%s'", kCases[i].text);
    if (got != (kCases[i].valid ? kCases[i].want : 42)) fail_msg("'%s' gives %zu", kCases[i].text, got);
  }
}

// What holds in a process whose environment has this variable; the exit status says what does not.
static int look(ctf_option option, const char* value, const char* text, uint64_t number, bool warns) {
  ctf_log_set_listener(keep_line);
  const char* variable = ctf_option_describe(option)->variable;
  if (value != NULL) {
    setenv(variable, value, 1);
  } else {
    unsetenv(variable);
  }
  if (strcmp(ctf_option_text(option), text) != 0) return 1;
  if (ctf_option_number(option) != number) return 2;
  if ((strstr(logged, variable) != NULL) != warns) return 3;
  setenv(variable, "changed", 1);
  if (strcmp(ctf_option_text(option), text) != 0) return 4;  // read once
  logged[0] = '\0';
  if (ctf_option_number(option) != number || logged[0] != '\0') return 5;  // said once
  return 0;
}

static void environment(void** state) {
  (void)state;
  static char too_long[2000];
  memset(too_long, 'x', sizeof(too_long) - 1);
  static const struct {
    ctf_option option;
    const char *value, *text;
    uint64_t number;
    bool warns;
  } kCases[] = {
      {CTF_OPTION_MEMORY_BUDGET, NULL, "0", 0, false},
      {CTF_OPTION_MEMORY_BUDGET, "", "0", 0, false},
      {CTF_OPTION_MEMORY_BUDGET, "64M", "64M", 64 << 20, false},
      {CTF_OPTION_MEMORY_BUDGET, "lots", "0", 0, true},
      {CTF_OPTION_MEMORY_BUDGET, too_long, "0", 0, true},
      {CTF_OPTION_ISA, NULL, "avx512", 0, false},
      {CTF_OPTION_ISA, "base", "base", 0, false},
      {CTF_OPTION_ISA, "avx", "avx512", 0, true},
      {CTF_OPTION_PASSES, NULL, "", 0, false},
      {CTF_OPTION_PASSES, "-fold,-prune", "-fold,-prune", 0, false},
      {CTF_OPTION_PASSES, too_long, "", 0, true},
      {CTF_OPTION_SEED, "18446744073709551615", "18446744073709551615", UINT64_MAX, false},
      {CTF_OPTION_SEED, "18446744073709551616", "0", 0, true},
      {CTF_OPTION_SEED, "-1", "0", 0, true},
      {CTF_OPTION_SEED, "7x", "0", 0, true},
      {CTF_OPTION_SIM_DEVICES, "2", "2", 2, false},
  };
  for (size_t i = 0; i < sizeof(kCases) / sizeof(kCases[0]); ++i) {
    const pid_t child = fork();
    if (child == 0) {
      _exit(look(kCases[i].option, kCases[i].value, kCases[i].text, kCases[i].number, kCases[i].warns));
    }
    int result = 0;
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &result, 0), child);
    if (!WIFEXITED(result) || WEXITSTATUS(result) != 0) {
      fail_msg("%s=%.20s: check %d", ctf_option_describe(kCases[i].option)->variable,
               kCases[i].value != NULL ? kCases[i].value : "(unset)", WEXITSTATUS(result));
    }
  }
}

// CTF_ISA lowers what is used, and never raises it.
static void isa_is_capped(void** state) {
  (void)state;
  for (int isa = 0; isa < CTF_NUM_ISAS; ++isa) {
    const pid_t child = fork();
    if (child == 0) {
      setenv("CTF_ISA", ctf_isa_name((ctf_isa)isa), 1);
      _exit(ctf_isa_best() <= (ctf_isa)isa && ctf_isa_best() == ctf_isa_best() ? 0 : 1);
    }
    int result = 0;
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result) && WEXITSTATUS(result) == 0);
  }
}

static void table(void** state) {
  (void)state;
  for (int i = 0; i < CTF_NUM_OPTIONS; ++i) {
    const ctf_option_info* info = ctf_option_describe((ctf_option)i);
    assert_int_equal(strncmp(info->variable, "CTF_", 4), 0);
    assert_true(strlen(info->sentence) > 10);
    for (int j = 0; j < i; ++j) assert_string_not_equal(info->variable, ctf_option_describe((ctf_option)j)->variable);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bytes),
      cmocka_unit_test(environment),
      cmocka_unit_test(isa_is_capped),
      cmocka_unit_test(table),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
