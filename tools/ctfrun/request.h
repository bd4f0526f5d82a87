// What a run or a plan is asked for: feeds with their tensors, fetches, targets; and the session that does it.
#ifndef CTF_TOOLS_CTFRUN_REQUEST_H_
#define CTF_TOOLS_CTFRUN_REQUEST_H_

#include "ctf/ctf.h"
#include "tools/ctfrun/model.h"

typedef enum fetch_kind {  // why a tensor is fetched
  FETCH_RESULT,            // -o, or nothing was said
  FETCH_PRINT,             // --print
  FETCH_EXPECT,            // --expect
  FETCH_SAVE,              // --save-all
  FETCH_NUMERIC            // --check-numerics; these come in an order in which each stands behind what it reads
} fetch_kind;

typedef struct fetch_use {
  fetch_kind kind;
  const char* text;     // results: the destination: NULL or "-": text, "": none, "@file"; prints: "summary" or "values"
  TF_Tensor* expected;  // of FETCH_EXPECT
} fetch_use;

typedef struct request {
  int num_feeds, num_fetches, num_targets;
  TF_Output* feeds;
  TF_Tensor** feed_values;
  TF_Output* fetches;
  fetch_use* uses;  // of each fetch
  int fetch_room;
  const TF_Operation** targets;
  TF_Tensor** results;  // of each fetch
  CTF_Trace* trace;     // of the run that gave them; NULL: not recorded
} request;

// From the options; inputs that were not fed are made by --fill or reported. 0, or an exit code after the failure was
// said. Free it in either case.
int request_make(const options* o, const model* m, request* out);
void request_free(request* r);

// `threads` and `passes` replace what the options say: 0 and NULL do not. NULL after the failure was said.
TF_Session* session_open(const options* o, const model* m, long threads, const char* passes, int* out_code);

#endif  // CTF_TOOLS_CTFRUN_REQUEST_H_
