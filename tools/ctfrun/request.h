// What a run or a plan is asked for: feeds with their tensors, fetches, targets.
#ifndef CTF_TOOLS_CTFRUN_REQUEST_H_
#define CTF_TOOLS_CTFRUN_REQUEST_H_

#include "tools/ctfrun/model.h"

typedef struct request {
  int num_feeds, num_fetches, num_targets;
  TF_Output* feeds;
  TF_Tensor** feed_values;
  TF_Output* fetches;
  const char** destinations;  // of each fetch: NULL or "-": text, "": none, "@file"
  const TF_Operation** targets;
  TF_Tensor** results;  // of each fetch
} request;

// From the options; inputs that were not fed are made by --fill or reported. 0, or an exit code after the failure was
// said. Free it in either case.
int request_make(const options* o, const model* m, request* out);
void request_free(request* r);

TF_Session* session_open(const options* o, const model* m, int* out_code);  // NULL after the failure was said

#endif  // CTF_TOOLS_CTFRUN_REQUEST_H_
