// Beside a run: signals, deadlines of the whole command, a stall, the line of progress. One thread does all of it.
#ifndef CTF_TOOLS_CTFRUN_WATCH_H_
#define CTF_TOOLS_CTFRUN_WATCH_H_

#include "ctf/ctf.h"
#include "tools/ctfrun/options.h"

// From here on signals go to the watch; before the first other thread. 0, or an exit code after the failure was said.
int watch_begin(const options* o);
void watch_end(void);

// Runs are about to begin, `total` of them (0: not known). They are to be given the cancellation.
CTF_Cancellation* watch_runs(long total);
void watch_step_done(void);
void watch_runs_over(void);
// The exit code that ended the runs from outside: 130 for Ctrl-C, 14 for a stall; 0: nothing did.
int watch_verdict(void);

int64_t now_ns(void);  // of a clock that only goes forward

#endif  // CTF_TOOLS_CTFRUN_WATCH_H_
