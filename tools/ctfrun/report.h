// What is said of a run besides its results: --stats as text, --report as a page.
#ifndef CTF_TOOLS_CTFRUN_REPORT_H_
#define CTF_TOOLS_CTFRUN_REPORT_H_

#include "tools/ctfrun/recording.h"
#include "tools/ctfrun/run.h"

typedef struct run_facts {
  int64_t load_ns, plan_ns;
  run_times times;
  bool planned, exact;
  size_t planned_peak;
} run_facts;

void stats_print(const options* o, const model* m, TF_Session* session, const recording* r,
                 run_facts* facts);  // to stderr
// 0, or an exit code after the failure was said.
int report_write(const options* o, const model* m, TF_Session* session, const request* request, const recording* r,
                 run_facts* facts);

// ".:-=+*#" of memory over time, `width` characters and a NUL.
void memory_line(const recording* r, int device, int width, char* out);

#endif  // CTF_TOOLS_CTFRUN_REPORT_H_
