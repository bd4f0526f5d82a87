// TF_DeprecatedSession: a session with a graph of its own, whose tensors go by their names.
#include <string.h>

#include "engine/api/api.h"

struct TF_DeprecatedSession {
  TF_Graph* graph;
  TF_Session* session;
};

TF_DeprecatedSession* TF_NewDeprecatedSession(const TF_SessionOptions* options, TF_Status* status) {
  TF_DeprecatedSession* made = ctf_alloc_try(ctf_allocator_process(), sizeof(TF_DeprecatedSession));
  if (made != NULL) made->graph = TF_NewGraph();
  if (made == NULL || made->graph == NULL) {
    ctf_free(ctf_allocator_process(), made);
    ctf_api_report(ctf_error(TF_RESOURCE_EXHAUSTED, "no memory for the session"), status);
    return NULL;
  }
  made->session = TF_NewSession(made->graph, options, status);
  if (made->session != NULL) return made;
  TF_DeleteGraph(made->graph);
  ctf_free(ctf_allocator_process(), made);
  return NULL;
}

static TF_Session* session_of(const TF_DeprecatedSession* session) { return session != NULL ? session->session : NULL; }

void TF_CloseDeprecatedSession(TF_DeprecatedSession* session, TF_Status* status) {
  TF_CloseSession(session_of(session), status);
}

void TF_DeleteDeprecatedSession(TF_DeprecatedSession* session, TF_Status* status) {
  TF_DeleteSession(session_of(session), status);
  if (session == NULL) return;
  TF_DeleteGraph(session->graph);
  ctf_free(ctf_allocator_process(), session);
}

TF_DeviceList* TF_DeprecatedSessionListDevices(TF_DeprecatedSession* session, TF_Status* status) {
  return TF_SessionListDevices(session_of(session), status);
}

void TF_ExtendGraph(TF_DeprecatedSession* session, const void* proto, size_t proto_len, TF_Status* status) {
  const TF_Buffer graph_def = {.data = proto, .length = proto_len};
  TF_GraphImportGraphDef(session != NULL ? session->graph : NULL, &graph_def, NULL, status);
}

void TF_ExtendSession(TF_Session* session, TF_Status* status) {
  // A session sees what its graph has when a run begins.
  ctf_api_report(session != NULL ? NULL : ctf_error(TF_INVALID_ARGUMENT, "the session is NULL"), status);
}

void TF_Reset(const TF_SessionOptions* opt, const char** containers, int ncontainers, TF_Status* status) {
  (void)containers;  // they belong to sessions and go with them: none outlives its session
  (void)ncontainers;
  ctf_status bad = NULL;
  if (opt == NULL) {
    bad = ctf_error(TF_INVALID_ARGUMENT, "the session options are NULL");
  } else if (opt->target[0] != '\0' && strcmp(opt->target, "local") != 0) {
    bad = ctf_error(TF_UNIMPLEMENTED, "target '%s': sessions run in this process; leave the target empty", opt->target);
  }
  ctf_api_report(bad, status);
}

// ---- runs

static ctf_status find_all(TF_Graph* graph, const char* const* names, size_t count, const char* what,
                           TF_Output* out_tensors) {
  ctf_status status = NULL;
  if (count > 0 && names == NULL) return ctf_error(TF_INVALID_ARGUMENT, "there are %zu %ss and no names", count, what);
  pthread_mutex_lock(&graph->lock);
  if (graph->num_nodes == 0) {
    status = ctf_error(TF_INVALID_ARGUMENT, "Session was not created with a graph before Run()!");
  }
  for (size_t i = 0; i < count && status == NULL; ++i) {
    if (names[i] == NULL) {
      status = ctf_error(TF_INVALID_ARGUMENT, "the name of %s %zu is NULL", what, i);
    } else {
      status = ctf_graph_find_tensor(graph, names[i], strlen(names[i]), &out_tensors[i]);
    }
  }
  pthread_mutex_unlock(&graph->lock);
  return status;
}

typedef struct named_run {
  ctf_allocator* scratch;
  TF_Output* feeds;
  TF_Output* fetches;
  const TF_Operation** targets;
} named_run;

static ctf_status resolve_in(TF_Graph* graph, const char* const* feeds, size_t num_feeds, const char* const* fetches,
                             size_t num_fetches, const char* const* targets, size_t num_targets, named_run* run) {
  CTF_TRY(ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &run->scratch));
  CTF_TRY(ctf_alloc_array(run->scratch, &run->feeds, num_feeds));
  CTF_TRY(ctf_alloc_array(run->scratch, &run->fetches, num_fetches));
  CTF_TRY(ctf_alloc_array(run->scratch, &run->targets, num_targets));
  CTF_TRY(find_all(graph, feeds, num_feeds, "feed", run->feeds));
  CTF_TRY(find_all(graph, fetches, num_fetches, "fetch", run->fetches));
  for (size_t i = 0; i < num_targets; ++i) {
    run->targets[i] = targets != NULL ? TF_GraphOperationByName(graph, targets[i]) : NULL;
    if (run->targets[i] != NULL) continue;
    return ctf_error(TF_NOT_FOUND, "the graph has no operation '%s' to run",
                     targets != NULL && targets[i] != NULL ? targets[i] : "");
  }
  return NULL;
}

static size_t count_of(int count) { return count > 0 ? (size_t)count : 0; }

// False when a name means nothing, which the status then says. run->scratch is the caller's whatever comes of it.
static bool resolve(const TF_DeprecatedSession* session, const char** feeds, int num_feeds, const char** fetches,
                    int num_fetches, const char** targets, int num_targets, named_run* run, TF_Status* status) {
  const ctf_status bad = session == NULL ? ctf_error(TF_INVALID_ARGUMENT, "the session is NULL")
                                         : resolve_in(session->graph, feeds, count_of(num_feeds), fetches,
                                                      count_of(num_fetches), targets, count_of(num_targets), run);
  if (bad == NULL) return true;
  ctf_api_report(bad, status);
  return false;
}

void TF_Run(TF_DeprecatedSession* session, const TF_Buffer* run_options, const char** input_names, TF_Tensor** inputs,
            int ninputs, const char** output_names, TF_Tensor** outputs, int noutputs, const char** target_oper_names,
            int ntargets, TF_Buffer* run_metadata, TF_Status* status) {
  named_run run = {0};
  for (size_t i = 0; outputs != NULL && i < count_of(noutputs); ++i) outputs[i] = NULL;
  if (resolve(session, input_names, ninputs, output_names, noutputs, target_oper_names, ntargets, &run, status)) {
    TF_SessionRun(session->session, run_options, run.feeds, inputs, ninputs, run.fetches, outputs, noutputs,
                  run.targets, ntargets, run_metadata, status);
  }
  ctf_allocator_free(run.scratch);
}

void TF_PRunSetup(TF_DeprecatedSession* session, const char** input_names, int ninputs, const char** output_names,
                  int noutputs, const char** target_oper_names, int ntargets, const char** handle, TF_Status* status) {
  named_run run = {0};
  if (handle != NULL) *handle = NULL;
  if (resolve(session, input_names, ninputs, output_names, noutputs, target_oper_names, ntargets, &run, status)) {
    TF_SessionPRunSetup(session->session, run.feeds, ninputs, run.fetches, noutputs, run.targets, ntargets, handle,
                        status);
  }
  ctf_allocator_free(run.scratch);
}

void TF_PRun(TF_DeprecatedSession* session, const char* handle, const char** input_names, TF_Tensor** inputs,
             int ninputs, const char** output_names, TF_Tensor** outputs, int noutputs, const char** target_oper_names,
             int ntargets, TF_Status* status) {
  named_run run = {0};
  for (size_t i = 0; outputs != NULL && i < count_of(noutputs); ++i) outputs[i] = NULL;
  if (resolve(session, input_names, ninputs, output_names, noutputs, target_oper_names, ntargets, &run, status)) {
    TF_SessionPRun(session->session, handle, run.feeds, inputs, ninputs, run.fetches, outputs, noutputs, run.targets,
                   ntargets, status);
  }
  ctf_allocator_free(run.scratch);
}
