// The verbs beside run.
#ifndef CTF_TOOLS_CTFRUN_VERBS_H_
#define CTF_TOOLS_CTFRUN_VERBS_H_

#include "tools/ctfrun/model.h"

// Each gives the exit code, after a failure was said.
int show_model(const options* o, const model* m);
int show_ops(void);
int plan_model(const options* o, const model* m);

#endif  // CTF_TOOLS_CTFRUN_VERBS_H_
