// Runs a case on one session and judges it.
#ifndef CTF_TESTS_CONFORM_EXECUTE_H_
#define CTF_TESTS_CONFORM_EXECUTE_H_

#include "tests/conform/driver.h"

typedef enum verdict {
  VERDICT_PASS,
  VERDICT_FAIL,
  VERDICT_SKIP,
  VERDICT_LEAK,
  VERDICT_CRASH,  // the rest is the parent's to say
  VERDICT_SIGNAL,
  VERDICT_EXIT,
  VERDICT_TIMEOUT,
  NUM_VERDICTS
} verdict;

const char* verdict_name(verdict of);

// A case of the conformance corpus: each run ends with the code that is recorded, and with the values. An error of the
// only run may come from the import or the session's making. With options->bits the `why` of a case that passes is a
// digest of its outputs, those that TensorFlow's values check.
verdict execute_conformance(conform_bytes record, const driver_options* options, text_buffer* why);
// Only exports and imports again, for a case whose ops cannot run: SKIP, or FAIL when the graph came back as another
// one.
verdict execute_reimport(conform_bytes record, const driver_options* options, text_buffer* why);

typedef struct hostile_terms {
  const char* expect;     // a column of hostile/index.tsv
  const char* folder;     // what @DIR@ stands for
  const char* deadlines;  // milliseconds of each run with commas between, or of all; "" none
  bool import_only;       // some op has no kernel: the import must end in a status all the same
} hostile_terms;

// A case of the hostile corpus, judged by what `expect` allows.
verdict execute_hostile(conform_bytes record, const driver_options* options, const hostile_terms* terms,
                        text_buffer* why);
// Bytes that may be a GraphDef: import alone.
verdict execute_raw(conform_bytes bytes, const char* expect, text_buffer* why);

// A small graph whose answer is known, on a session of its own: whether the process is still of use.
bool execute_good_run(const driver_options* options, text_buffer* why);

// "OK", a code's name, "error", "OK|error"
bool expect_allows(const char* expect, TF_Code code);

#endif  // CTF_TESTS_CONFORM_EXECUTE_H_
