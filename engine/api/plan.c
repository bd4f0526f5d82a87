// CTF_SessionPlan and what can be read from its report.
#include "engine/plan.h"

#include "ctf/ctf.h"
#include "engine/api/api.h"

static ctf_status check_plan(TF_Session* session, const CTF_FeedShape* feeds, int num_feeds, const TF_Output* fetches,
                             int num_fetches, const TF_Operation* const* targets, int num_targets) {
  if (session == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the session is NULL");
  if ((num_feeds > 0 && feeds == NULL) || (num_fetches > 0 && fetches == NULL) ||
      (num_targets > 0 && targets == NULL)) {
    return ctf_error(TF_INVALID_ARGUMENT, "there are %d feeds, %d fetches and %d targets, and an array is NULL",
                     num_feeds, num_fetches, num_targets);
  }
  for (int i = 0; i < num_feeds; ++i) {
    if (feeds[i].feed.oper == NULL) return ctf_error(TF_INVALID_ARGUMENT, "feed %d names no operation", i);
    if (feeds[i].value == NULL && !ctf_api_dims_valid(feeds[i].dims, feeds[i].num_dims)) {
      return ctf_error(TF_INVALID_ARGUMENT, "the shape of feed '%s' is not a tensor's: a plan is for known shapes",
                       feeds[i].feed.oper->name.data);
    }
  }
  for (int i = 0; i < num_fetches; ++i) {
    if (fetches[i].oper == NULL) return ctf_error(TF_INVALID_ARGUMENT, "fetch %d names no operation", i);
  }
  for (int i = 0; i < num_targets; ++i) {
    if (targets[i] == NULL) return ctf_error(TF_INVALID_ARGUMENT, "target %d is NULL", i);
  }
  return NULL;
}

static ctf_status plan(TF_Session* session, const CTF_FeedShape* feeds, size_t num_feeds, const TF_Output* fetches,
                       size_t num_fetches, const TF_Operation* const* targets, size_t num_targets,
                       CTF_PlanReport** out_report) {
  ctf_feed_shape* shapes = NULL;
  CTF_TRY(ctf_alloc_array(ctf_allocator_process(), &shapes, num_feeds));
  for (size_t i = 0; i < num_feeds; ++i) {
    const TF_Tensor* value = feeds[i].value;
    const ctf_shape shape = {feeds[i].num_dims, feeds[i].dims};
    shapes[i] = (ctf_feed_shape){feeds[i].feed, value != NULL ? ctf_tensor_shape(&value->view) : shape, value};
  }
  const ctf_status status =
      ctf_session_plan(session, num_feeds, shapes, num_fetches, fetches, num_targets, targets, out_report);
  ctf_free(ctf_allocator_process(), shapes);
  return status;
}

CTF_PlanReport* CTF_SessionPlan(TF_Session* session, const CTF_FeedShape* feeds, int num_feeds,
                                const TF_Output* fetches, int num_fetches, const TF_Operation* const* targets,
                                int num_targets, TF_Status* status) {
  CTF_PlanReport* report = NULL;
  ctf_status result = check_plan(session, feeds, num_feeds, fetches, num_fetches, targets, num_targets);
  if (result == NULL) {
    result =
        plan(session, feeds, num_feeds > 0 ? (size_t)num_feeds : 0, fetches, num_fetches > 0 ? (size_t)num_fetches : 0,
             targets, num_targets > 0 ? (size_t)num_targets : 0, &report);
  }
  ctf_api_report(result, status);
  return report;
}

void CTF_DeletePlanReport(CTF_PlanReport* report) { ctf_plan_report_free(report); }

TF_Bool CTF_PlanReportFits(const CTF_PlanReport* report) { return report != NULL && report->fits; }

TF_Bool CTF_PlanReportExact(const CTF_PlanReport* report) { return report != NULL && report->exact; }

const char* CTF_PlanReportNotExact(const CTF_PlanReport* report) {
  return report != NULL && report->not_exact != NULL ? report->not_exact : "";
}

size_t CTF_PlanReportNumDevices(const CTF_PlanReport* report) { return report != NULL ? report->num_devices : 0; }

size_t CTF_PlanReportNumSteps(const CTF_PlanReport* report) { return report != NULL ? report->num_steps : 0; }

static ctf_status no_entry(const char* what, size_t index, size_t count) {
  return ctf_error(TF_INVALID_ARGUMENT, "%s %zu was asked for, there are %zu", what, index, count);
}

static ctf_status no_place(void) { return ctf_error(TF_INVALID_ARGUMENT, "the place for the result is NULL"); }

static ctf_status find_device(const CTF_PlanReport* report, size_t index, const ctf_report_device** out_device) {
  const size_t count = CTF_PlanReportNumDevices(report);
  if (index >= count) return no_entry("device", index, count);
  *out_device = &report->devices[index];
  return NULL;
}

static ctf_status find_step(const CTF_PlanReport* report, size_t index, const ctf_report_step** out_step) {
  const size_t count = CTF_PlanReportNumSteps(report);
  if (index >= count) return no_entry("step", index, count);
  *out_step = &report->steps[index];
  return NULL;
}

static ctf_status fill_device(const CTF_PlanReport* report, size_t index, CTF_PlanDevice* out) {
  const ctf_report_device* device = NULL;
  if (out == NULL) return no_place();
  CTF_TRY(find_device(report, index, &device));
  const CTF_PlanDevice filled = {.name = device->name,
                                 .budget_bytes = device->budget_bytes,
                                 .available_bytes = device->available_bytes,
                                 .peak_bytes = device->peak_bytes,
                                 .arena_bytes = device->arena_bytes,
                                 .constant_bytes = device->constant_bytes,
                                 .num_live = device->num_live,
                                 .peak_step = device->peak_step,
                                 .held_bytes = device->held_bytes,
                                 .feed_bytes = device->feed_bytes,
                                 .fetch_bytes = device->fetch_bytes,
                                 .mapped_bytes = device->mapped_bytes,
                                 .live_bytes = device->live_bytes,
                                 .file_live_bytes = device->file_live_bytes};
  ctf_api_fill_struct(out, out->struct_size, &filled, sizeof(filled));
  return NULL;
}

void CTF_PlanReportDevice(const CTF_PlanReport* report, size_t index, CTF_PlanDevice* device, TF_Status* status) {
  ctf_api_report(fill_device(report, index, device), status);
}

static ctf_status fill_tensor(const ctf_report_tensor* tensors, size_t count, size_t index, CTF_PlanTensor* out) {
  if (out == NULL) return no_place();
  if (index >= count) return no_entry("tensor", index, count);
  const ctf_report_tensor* tensor = &tensors[index];
  const CTF_PlanTensor filled = {.name = tensor->name,
                                 .op = tensor->op,
                                 .dtype = tensor->dtype,
                                 .num_dims = tensor->shape.rank,
                                 .dims = tensor->shape.dims,
                                 .bytes = tensor->bytes,
                                 .offset = tensor->offset,
                                 .role = tensor->role};
  ctf_api_fill_struct(out, out->struct_size, &filled, sizeof(filled));
  return NULL;
}

void CTF_PlanReportLive(const CTF_PlanReport* report, size_t device, size_t index, CTF_PlanTensor* tensor,
                        TF_Status* status) {
  const ctf_report_device* found = NULL;
  ctf_status result = find_device(report, device, &found);
  if (result == NULL) result = fill_tensor(found->live, found->num_live, index, tensor);
  ctf_api_report(result, status);
}

static ctf_status fill_step(const CTF_PlanReport* report, size_t index, CTF_PlanStep* out) {
  const ctf_report_step* step = NULL;
  if (out == NULL) return no_place();
  CTF_TRY(find_step(report, index, &step));
  const CTF_PlanStep filled = {.name = step->name,
                               .op = step->op,
                               .device = step->device,
                               .segment = step->segment,
                               .stream = step->stream,
                               .num_outputs = step->num_outputs,
                               .num_waits = step->num_waits,
                               .waits = step->waits};
  ctf_api_fill_struct(out, out->struct_size, &filled, sizeof(filled));
  return NULL;
}

void CTF_PlanReportStep(const CTF_PlanReport* report, size_t index, CTF_PlanStep* step, TF_Status* status) {
  ctf_api_report(fill_step(report, index, step), status);
}

void CTF_PlanReportStepOutput(const CTF_PlanReport* report, size_t step, size_t index, CTF_PlanTensor* tensor,
                              TF_Status* status) {
  const ctf_report_step* found = NULL;
  ctf_status result = find_step(report, step, &found);
  if (result == NULL) result = fill_tensor(found->outputs, found->num_outputs, index, tensor);
  ctf_api_report(result, status);
}
