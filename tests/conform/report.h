// Counts what became of the cases, by area and by op, and prints it.
#ifndef CTF_TESTS_CONFORM_REPORT_H_
#define CTF_TESTS_CONFORM_REPORT_H_

#include <stdio.h>

#include "tests/conform/case.h"
#include "tests/conform/execute.h"
#include "tests/conform/name_set.h"

typedef struct tally {
  size_t by_verdict[NUM_VERDICTS];
} tally;

size_t tally_passed(const tally* of);
size_t tally_failed(const tally* of);  // everything that neither passed nor was skipped
size_t tally_skipped(const tally* of);

typedef struct report {
  bool verbose;  // a line a case; else only those that neither passed nor were skipped
  tally total;
  name_set areas;
  tally* area_tallies;
  name_set ops;
  tally* op_tallies;
  name_set passed_cases;
  name_set failed_cases;
  text_buffer json_cases;  // filled when `json` is set
  bool json;
  peak_counts peaks;
} report;

// Ops and area may be empty.
void report_add(report* inout_report, const case_summary* of, verdict verdict_of, const char* why);
void report_print_tables(const report* of, FILE* out);
void report_print_closing_line(const report* of, FILE* out);  // "N passed, N failed, N skipped"
bool report_write_json(const report* of, const char* path, text_buffer* why);
void report_free(report* of);

// The cases that failed are those of the list, as far as they were run; `why` has a line for each that is not explained
// and each that is and passes.
bool report_failures_are(const report* of, const char* const* known, size_t count, text_buffer* why);

// The committed rows: op, passes, and why a row was lowered. `selection` says which cases were run: a baseline of one
// selection says nothing about another.
bool baseline_write(const report* of, const char* path, const char* selection, text_buffer* why);
// False when an op passes fewer cases than its row says, or the file cannot be used; `why` has a line for each.
bool baseline_compare(const report* of, const char* path, const char* selection, text_buffer* why);

#endif  // CTF_TESTS_CONFORM_REPORT_H_
