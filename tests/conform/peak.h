// Holds a run against its plan: refused with a byte less than the planned peak, and at the peak it runs and needs all
// of it.
#ifndef CTF_TESTS_CONFORM_PEAK_H_
#define CTF_TESTS_CONFORM_PEAK_H_

#include "tensorflow/c/c_api.h"
#include "tests/conform/text.h"

typedef struct peak_counts {
  size_t exact;
  size_t not_exact;  // sizes come from data, or the request cannot be planned: nothing is checked
} peak_counts;

typedef struct peak_run {
  TF_Session* session;
  const TF_Output* feeds;
  TF_Tensor* const* feed_values;
  int num_feeds;
  const TF_Output* fetches;
  int num_fetches;
  const TF_Operation* const* targets;
  int num_targets;
} peak_run;

// Before the run: sets the CPU's budget to the planned peak, after having seen the run refused with a byte less. False:
// `why` says what is wrong. *out_peak 0: there is nothing to check.
bool peak_begin(const peak_run* run, peak_counts* inout_counts, size_t* out_peak, text_buffer* why);
// After the run, which ended well or not: the budget is the library's own again.
bool peak_end(size_t peak, bool ran, text_buffer* why);

void peak_describe(const peak_counts* counts, text_buffer* why);
// What peak_describe has appended, if it has; adds it up.
void peak_add(const char* why, peak_counts* inout_counts);

#endif  // CTF_TESTS_CONFORM_PEAK_H_
