// Runs in parts.
#include "engine/partial_run.h"

#include <string.h>

#include "engine/api/api.h"

static size_t count_of(int count) { return count > 0 ? (size_t)count : 0; }

static ctf_status set_up(TF_Session* session, const ctf_run_request* names, const char** out_handle) {
  char name[CTF_PARTIAL_NAME_BYTES];
  char* handle = NULL;
  if (session == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the session is NULL");
  if (out_handle == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the place for the handle is NULL");
  *out_handle = NULL;
  CTF_TRY(ctf_api_check_names(names, true));
  const ctf_plan_request request = ctf_api_names(names);
  CTF_TRY(ctf_partial_run_create(session, &request, name));
  CTF_TRY(ctf_api_set_text(name, &handle));
  *out_handle = handle;
  return NULL;
}

void TF_SessionPRunSetup(TF_Session* session, const TF_Output* inputs, int ninputs, const TF_Output* outputs,
                         int noutputs, const TF_Operation* const* target_opers, int ntargets, const char** handle,
                         TF_Status* status) {
  const ctf_run_request names = {.num_feeds = count_of(ninputs),
                                 .feeds = inputs,
                                 .num_fetches = count_of(noutputs),
                                 .fetches = outputs,
                                 .num_targets = count_of(ntargets),
                                 .targets = target_opers};
  ctf_api_report(set_up(session, &names, handle), status);
}

void TF_DeletePRunHandle(const char* handle) { ctf_free(ctf_allocator_process(), (void*)handle); }

// A part need not ask for anything: the feeds alone are a part, too. Targets run when they can, named again or not.
static ctf_status run_part(TF_Session* session, const char* handle, const ctf_run_request* request,
                           TF_Tensor** output_values) {
  if (session == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the session is NULL");
  if (handle == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the handle of the partial run is NULL");
  for (size_t i = 0; output_values != NULL && i < request->num_fetches; ++i) output_values[i] = NULL;
  CTF_TRY(ctf_api_check_part(request, output_values != NULL));
  return ctf_partial_run_part(session, handle, request, output_values);
}

void TF_SessionPRun(TF_Session* session, const char* handle, const TF_Output* inputs, TF_Tensor* const* input_values,
                    int ninputs, const TF_Output* outputs, TF_Tensor** output_values, int noutputs,
                    const TF_Operation* const* target_opers, int ntargets, TF_Status* status) {
  (void)target_opers;  // those of the set-up run as soon as they can
  (void)ntargets;
  const ctf_run_request request = {.num_feeds = count_of(ninputs),
                                   .feeds = inputs,
                                   .feed_values = input_values,
                                   .num_fetches = count_of(noutputs),
                                   .fetches = outputs};
  ctf_api_report(run_part(session, handle, &request, output_values), status);
}
