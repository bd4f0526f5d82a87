// Runs of a request: how often, how fast, under which deadlines; and what becomes of the results.
#ifndef CTF_TOOLS_CTFRUN_RUN_H_
#define CTF_TOOLS_CTFRUN_RUN_H_

#include "tools/ctfrun/request.h"

typedef struct run_times {  // of the steps that count
  size_t count, capacity;   // count may be larger than what is kept
  int64_t* ns;
  int64_t whole_ns;  // from the begin of the first to the end of the last
} run_times;

typedef struct step_done {  // what a step gave
  const options* o;
  const model* m;
  request* r;
  long step;           // from 1
  TF_Tensor** values;  // of each fetch
  int64_t ns;
  CTF_Trace** trace;  // NULL in it: not recorded
} step_done;

// Runs `warmup` and then `steps`, with --jobs and --rate, under the watch. `each` is called after each step that
// counts, by one thread at a time, and ends the runs when it gives an exit code; it may be NULL. The last results stay
// in the request. 0, or an exit code after the failure was said.
int run_steps(const options* o, const model* m, TF_Session* session, request* r, step_count warmup, step_count steps,
              int (*each)(const step_done* step), run_times* out_times);
void run_times_free(run_times* times);
// The time below which this part (0.5, 0.9) of the steps are, in nanoseconds. Sorts them.
double run_times_percentile(run_times* times, double part);

int run_model(const options* o, const model* m);  // the verb; an exit code

#endif  // CTF_TOOLS_CTFRUN_RUN_H_
