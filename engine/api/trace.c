// CTF_Trace: what a run did and when.
#include "engine/trace.h"

#include "ctf/ctf.h"
#include "engine/api/api.h"
#include "engine/api/run_metadata.h"

CTF_Trace* CTF_NewTrace(TF_Status* status) {
  CTF_Trace* trace = NULL;
  ctf_api_report(ctf_trace_create(&trace), status);
  return trace;
}

void CTF_DeleteTrace(CTF_Trace* trace) { ctf_trace_free(trace); }

static ctf_status check(const CTF_Trace* trace, const void* out) {
  if (trace == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the trace is NULL");
  if (out == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the place for the result is NULL");
  if (atomic_load_explicit(&trace->busy, memory_order_acquire)) {
    return ctf_error(TF_FAILED_PRECONDITION, "the run is under way: its trace can be read when it is over");
  }
  return NULL;
}

static ctf_status find(const char* what, size_t index, size_t count) {
  if (index < count) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "%s %zu was asked for, there are %zu", what, index, count);
}

static ctf_status get_run(const CTF_Trace* trace, CTF_TracedRun* run) {
  CTF_TRY(check(trace, run));
  const CTF_TracedRun filled = {.start_unix_ns = trace->begin_unix_ns,
                                .admitted_ns = trace->admitted_ns,
                                .end_ns = trace->end_ns,
                                .num_steps = trace->num_steps,
                                .num_tensors = trace->num_tensors};
  ctf_api_fill_struct(run, run->struct_size, &filled, sizeof(filled));
  return NULL;
}

void CTF_TraceGetRun(const CTF_Trace* trace, CTF_TracedRun* run, TF_Status* status) {
  ctf_api_report(get_run(trace, run), status);
}

static ctf_status get_step(const CTF_Trace* trace, size_t index, CTF_TracedStep* step) {
  static const char* const kKinds[] = {
      [CTF_TRACE_KERNEL] = "kernel", [CTF_TRACE_COPY] = "copy", [CTF_TRACE_WAIT] = "wait"};
  CTF_TRY(check(trace, step));
  CTF_TRY(find("step", index, trace->num_steps));
  const ctf_trace_step* row = &trace->steps[index];
  const CTF_TracedStep filled = {.kind = kKinds[row->kind],
                                 .name = row->name,
                                 .op = row->op,
                                 .label = row->label,
                                 .device = trace->devices[row->device],
                                 .stream = (int)row->stream,
                                 .scheduled_ns = row->time.scheduled_ns,
                                 .start_ns = row->time.start_ns,
                                 .end_ns = row->time.end_ns,
                                 .first_tensor = row->first_tensor,
                                 .num_tensors = row->num_tensors};
  ctf_api_fill_struct(step, step->struct_size, &filled, sizeof(filled));
  return NULL;
}

void CTF_TraceGetStep(const CTF_Trace* trace, size_t index, CTF_TracedStep* step, TF_Status* status) {
  ctf_api_report(get_step(trace, index, step), status);
}

static ctf_status get_tensor(const CTF_Trace* trace, size_t index, CTF_TracedTensor* tensor) {
  CTF_TRY(check(trace, tensor));
  CTF_TRY(find("tensor", index, trace->num_tensors));
  const ctf_trace_tensor* row = &trace->tensors[index];
  const CTF_TracedTensor filled = {.name = row->name,
                                   .role = row->role,
                                   .device = trace->devices[row->device],
                                   .step = row->step,
                                   .dtype = row->dtype,
                                   .num_dims = row->shape.rank,
                                   .dims = row->shape.dims,
                                   .bytes = row->bytes,
                                   .held_bytes = row->held_bytes,
                                   .offset = row->offset,
                                   .start_ns = row->start_ns,
                                   .end_ns = row->end_ns};
  ctf_api_fill_struct(tensor, tensor->struct_size, &filled, sizeof(filled));
  return NULL;
}

void CTF_TraceGetTensor(const CTF_Trace* trace, size_t index, CTF_TracedTensor* tensor, TF_Status* status) {
  ctf_api_report(get_tensor(trace, index, tensor), status);
}

static ctf_status to_run_metadata(const CTF_Trace* trace, TF_Buffer* run_metadata) {
  CTF_TRY(check(trace, run_metadata));
  return ctf_api_write_run_metadata(trace, NULL, run_metadata);
}

void CTF_TraceToRunMetadata(const CTF_Trace* trace, TF_Buffer* run_metadata, TF_Status* status) {
  ctf_api_report(to_run_metadata(trace, run_metadata), status);
}
