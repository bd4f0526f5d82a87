// The verbs beside run. Each gives the exit code, after a failure was said.
#ifndef CTF_TOOLS_CTFRUN_VERBS_H_
#define CTF_TOOLS_CTFRUN_VERBS_H_

#include <stdio.h>

#include "ctf/ctf.h"
#include "tools/ctfrun/request.h"

int show_model(const options* o, const model* m);
int show_ops(void);
int plan_model(const options* o, const model* m);
int bench_model(const options* o, const model* m);
int check_models(const options* o, const model* m);
int list_devices(const options* o);
int doctor(const options* o);
int graph_convert(const options* o, const model* m);
int complete_names(const model* m);
int profile_trace(const options* o);

// The plan of a request; NULL with the model's status set.
CTF_PlanReport* plan_request(TF_Session* session, const model* m, const request* r);

// Of a plan that does not fit, as JSON fields behind a comma: device, need, budget, what is alive, what would help.
void plan_write_refusal(FILE* file, const CTF_PlanReport* report, TF_Status* status);

// With --isolate: the exit code of the child in *out_code for the parent, which then ends; false in the child.
bool isolate(const options* o, int* out_code);

#endif  // CTF_TOOLS_CTFRUN_VERBS_H_
