// Counting by op, and the baseline: a row that sinks is told, whatever else rises.
#include "tests/conform/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/conform/records.h"
#include "tests/conform/run.h"

static void add(report* inout_report, const char* ops, verdict verdict_of) {
  char name[] = "a case";
  char area[] = "an area";
  char* copy = must_copy(ops, strlen(ops));
  char* list[4];
  size_t count = 0;
  char* rest = copy;
  for (char* op = strsep(&rest, " "); op != NULL; op = strsep(&rest, " ")) list[count++] = op;
  const case_summary of = {.name = name, .area = area, .ops = list, .num_ops = count};
  report_add(inout_report, &of, verdict_of, "");
  free(copy);
}

static const tally* find(const report* in, const char* op) {
  const size_t number = name_set_find(&in->ops, op);
  assert_int_not_equal(number, NAME_SET_NONE);
  return &in->op_tallies[number];
}

static void counts(void** state) {
  (void)state;
  report of = {0};
  add(&of, "Abs Const", VERDICT_PASS);
  add(&of, "Abs Neg", VERDICT_FAIL);
  add(&of, "Neg", VERDICT_CRASH);
  add(&of, "Const Neg", VERDICT_SKIP);
  assert_int_equal(tally_passed(&of.total), 1);
  assert_int_equal(tally_failed(&of.total), 2);
  assert_int_equal(tally_skipped(&of.total), 1);
  assert_int_equal(tally_passed(find(&of, "Abs")), 1);
  assert_int_equal(tally_failed(find(&of, "Abs")), 1);
  assert_int_equal(tally_failed(find(&of, "Neg")), 2);
  assert_int_equal(tally_skipped(find(&of, "Neg")), 1);
  assert_int_equal(tally_passed(&of.area_tallies[name_set_find(&of.areas, "an area")]), 1);
  report_free(&of);
}

static bool compare(const report* of, const char* path, const char* selection, const char* told) {
  text_buffer why = {0};
  const bool good = baseline_compare(of, path, selection, &why);
  if (told != NULL && strstr(text_get(&why), told) == NULL) fail_msg("'%s' is not told in '%s'", told, text_get(&why));
  text_free(&why);
  return good;
}

static void baselines(void** state) {
  (void)state;
  const int fd = memfd_create("baseline", 0);
  assert_true(fd >= 0);
  char path[64];
  snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
  text_buffer why = {0};
  report first = {0};
  add(&first, "Abs", VERDICT_PASS);
  add(&first, "Abs", VERDICT_PASS);
  add(&first, "Neg", VERDICT_PASS);
  assert_true(baseline_write(&first, path, "all", &why));
  assert_true(compare(&first, path, "all", NULL));
  assert_false(compare(&first, path, "some", "is of the selection 'all'"));

  report lower = {0};
  add(&lower, "Abs", VERDICT_PASS);
  add(&lower, "Abs", VERDICT_FAIL);
  add(&lower, "Neg", VERDICT_PASS);
  add(&lower, "Exp", VERDICT_PASS);
  assert_false(compare(&lower, path, "all", "Abs passes 1 cases, the baseline has 2"));
  report gone = {0};
  add(&gone, "Abs", VERDICT_PASS);
  add(&gone, "Abs", VERDICT_PASS);
  assert_false(compare(&gone, path, "all", "Neg passes 0 cases"));
  report higher = {0};
  for (int i = 0; i < 3; ++i) add(&higher, "Abs Neg", VERDICT_PASS);
  assert_true(compare(&higher, path, "all", NULL));

  // A reason stays beside its row until the row rises.
  FILE* file = fopen(path, "w");
  assert_non_null(file);
  fputs("# selection: all\nAbs\t2\tthe corpus has TensorFlow's bug\n", file);
  fclose(file);
  assert_true(baseline_write(&lower, path, "all", &why));
  uint8_t* data;
  size_t bytes;
  assert_true(read_whole_file(path, &data, &bytes, &why));
  char* content = must_copy((const char*)data, bytes);
  assert_non_null(strstr(content, "\nAbs\t1\tthe corpus has TensorFlow's bug\nExp\t1\nNeg\t1\n"));
  free(content);
  free(data);

  file = fopen(path, "w");
  assert_non_null(file);
  fputs("# selection: all\nAbs\tmany\n", file);
  fclose(file);
  assert_false(compare(&lower, path, "all", "the row of 'Abs'"));
  close(fd);
  report_free(&first);
  report_free(&lower);
  report_free(&gone);
  report_free(&higher);
  text_free(&why);
}

static bool add_and_judge(const char* name, verdict verdict_of, const char* told) {
  static const char* const kKnown[] = {"explained", "never run"};
  report of = {0};
  text_buffer why = {0};
  char* copy = must_copy(name, strlen(name));
  char area[] = "an area";
  report_add(&of, &(case_summary){.name = copy, .area = area}, verdict_of, "");
  const bool good = report_failures_are(&of, kKnown, 2, &why);
  assert_string_equal(text_get(&why), told);
  free(copy);
  report_free(&of);
  text_free(&why);
  return good;
}

static void known_failures(void** state) {
  (void)state;
  assert_true(add_and_judge("explained", VERDICT_FAIL, ""));
  assert_true(add_and_judge("explained", VERDICT_SKIP, ""));
  assert_true(add_and_judge("other", VERDICT_PASS, ""));
  assert_false(add_and_judge("other", VERDICT_TIMEOUT, "other fails, and no row says why\n"));
  assert_false(add_and_judge("explained", VERDICT_PASS, "explained passes, and a row says why it does not\n"));
}

static void samples_and_lists(void** state) {
  (void)state;
  const run_options tenth = {.share = 0.1, .seed = 5};
  const run_options fifth = {.share = 0.2, .seed = 5};
  const run_options other = {.share = 0.1, .seed = 6};
  size_t num_tenth = 0;
  size_t num_both = 0;
  for (int i = 0; i < 10000; ++i) {
    text_buffer name = {0};
    text_append(&name, "case %d", i);
    const bool in = in_sample(&tenth, name.data);
    if (in) assert_true(in_sample(&fifth, name.data));
    if (in) ++num_tenth;
    if (in && in_sample(&other, name.data)) ++num_both;
    text_free(&name);
  }
  assert_in_range(num_tenth, 900, 1100);
  assert_in_range(num_both, 50, 150);  // another seed, another sample
  assert_true(in_list("raw,op", "op"));
  assert_true(in_list("raw", "raw"));
  assert_false(in_list("raw,op", "o"));
  assert_false(in_list("raw,op", "raw,"));
  assert_false(in_list("rawest,op", "raw"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(counts),
      cmocka_unit_test(baselines),
      cmocka_unit_test(known_failures),
      cmocka_unit_test(samples_and_lists),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
