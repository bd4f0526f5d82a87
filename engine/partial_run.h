// Runs in parts: feeds and fetches come in several calls, and every node runs once, in the first part in which all that
// it needs has been fed.
//
// A part is an ordinary run, of the nodes that have become ready. What they make and later parts need is fetched, and
// fed to those.
#ifndef CTF_ENGINE_PARTIAL_RUN_H_
#define CTF_ENGINE_PARTIAL_RUN_H_

#include "engine/session.h"

// A session's; it goes with it, or when all has been fed and fetched, or when a part fails.
typedef struct ctf_partial_run ctf_partial_run;

#define CTF_PARTIAL_NAME_BYTES 32

// All that will be fed, fetched and run besides. The name is how the parts refer to it.
CTF_MUST_USE ctf_status ctf_partial_run_create(TF_Session* session, const ctf_plan_request* request,
                                               char out_name[CTF_PARTIAL_NAME_BYTES]);
// Feeds and fetches some of it, each once. Refused for its names: nothing has changed. Any thread; parts of one run
// come one after the other.
CTF_MUST_USE ctf_status ctf_partial_run_part(TF_Session* session, const char* name, const ctf_run_request* request,
                                             TF_Tensor** out_values);
void ctf_partial_runs_free(TF_Session* session);  // all of a session that runs nothing any more

#endif  // CTF_ENGINE_PARTIAL_RUN_H_
