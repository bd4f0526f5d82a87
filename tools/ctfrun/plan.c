// plan: what a run would need, without running.
#include <stdio.h>
#include <stdlib.h>

#include "ctf/ctf.h"
#include "tools/ctfrun/dtypes.h"
#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/print.h"
#include "tools/ctfrun/request.h"
#include "tools/ctfrun/verbs.h"

enum { MAX_LISTED = 10 };

static double mebibytes(size_t bytes) { return (double)bytes / 1048576.0; }

static void print_live(const CTF_PlanReport* report, size_t device, size_t count, TF_Status* status) {
  for (size_t i = 0; i < count && i < MAX_LISTED; ++i) {
    CTF_PlanTensor tensor = {.struct_size = sizeof(tensor)};
    CTF_PlanReportLive(report, device, i, &tensor, status);
    printf("  %10.3f MiB  %-30s %s ", mebibytes(tensor.bytes), tensor.name, dtype_name(tensor.dtype));
    print_shape(tensor.dims, tensor.num_dims);
    printf("  %s of %s\n", tensor.role, tensor.op);
  }
  if (count > MAX_LISTED) printf("  and %zu more\n", count - MAX_LISTED);
}

static void print_devices(const CTF_PlanReport* report, TF_Status* status) {
  for (size_t i = 0; i < CTF_PlanReportNumDevices(report); ++i) {
    CTF_PlanDevice device = {.struct_size = sizeof(device)};
    CTF_PlanReportDevice(report, i, &device, status);
    printf("%s: peak %zu bytes (%.3f MiB), arena %zu, constants kept %zu, ", device.name, device.peak_bytes,
           mebibytes(device.peak_bytes), device.arena_bytes, device.constant_bytes);
    if (device.available_bytes == SIZE_MAX) {
      printf("no budget\n");
    } else {
      printf("%.1f MiB of the budget are free\n", mebibytes(device.available_bytes));
    }
    print_live(report, i, device.num_live, status);
  }
}

static void print_steps(const CTF_PlanReport* report, TF_Status* status) {
  for (size_t i = 0; i < CTF_PlanReportNumSteps(report); ++i) {
    CTF_PlanStep step = {.struct_size = sizeof(step)};
    CTF_PlanReportStep(report, i, &step, status);
    printf("step %zu  segment %d  %s stream %d  %s \"%s\"", i, step.segment, step.device, step.stream, step.op,
           step.name);
    if (step.num_waits > 0) printf("  after segments");
    for (size_t j = 0; j < step.num_waits; ++j) printf(" %d", step.waits[j]);
    putchar('\n');
    for (size_t j = 0; j < step.num_outputs; ++j) {
      CTF_PlanTensor tensor = {.struct_size = sizeof(tensor)};
      CTF_PlanReportStepOutput(report, i, j, &tensor, status);
      printf("    -> %s %s ", tensor.name, dtype_name(tensor.dtype));
      print_shape(tensor.dims, tensor.num_dims);
      if (tensor.offset != SIZE_MAX) {
        printf("  at %zu, %zu bytes\n", tensor.offset, tensor.bytes);
      } else {
        printf("  not in the arena\n");
      }
    }
  }
}

static void print_json(const options* o, const CTF_PlanReport* report, TF_Status* status) {
  printf("{\"schema\":\"ctfrun/1\",\"model\":");
  print_json_string(o->model);
  printf(",\"ok\":true,\"fits\":%s,\"exact\":%s,\"devices\":[", CTF_PlanReportFits(report) ? "true" : "false",
         CTF_PlanReportExact(report) ? "true" : "false");
  for (size_t i = 0; i < CTF_PlanReportNumDevices(report); ++i) {
    CTF_PlanDevice device = {.struct_size = sizeof(device)};
    CTF_PlanReportDevice(report, i, &device, status);
    printf("%s{\"name\":\"%s\",\"planned_peak\":%zu,\"arena\":%zu,\"constants\":%zu}", i > 0 ? "," : "", device.name,
           device.peak_bytes, device.arena_bytes, device.constant_bytes);
  }
  printf("]}\n");
}

static int print_report(const options* o, const CTF_PlanReport* report, TF_Status* status) {
  if (o->json) {
    print_json(o, report, status);
  } else {
    const bool exact = CTF_PlanReportExact(report);
    printf("%s: %s, %zu steps, %s%s%s\n", o->model, CTF_PlanReportFits(report) ? "fits" : "does not fit",
           CTF_PlanReportNumSteps(report), exact ? "exact" : "not exact: the size of \"",
           exact ? "" : CTF_PlanReportNotExact(report), exact ? "" : "\" comes from data");
    print_devices(report, status);
    if (o->explain) print_steps(report, status);
  }
  return CTF_PlanReportFits(report) ? EXIT_DONE : EXIT_ENGINE + TF_RESOURCE_EXHAUSTED;
}

int plan_model(const options* o, const model* m) {
  request r;
  CTF_FeedShape* feeds = NULL;
  CTF_PlanReport* report = NULL;
  int code = request_make(o, m, &r);
  TF_Session* session = code == 0 ? session_open(o, m, &code) : NULL;
  if (code == 0) {
    feeds = calloc((size_t)r.num_feeds + 1, sizeof(*feeds));
    if (feeds == NULL) code = fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for the plan");
  }
  if (code == 0) {
    for (int i = 0; i < r.num_feeds; ++i) feeds[i] = (CTF_FeedShape){.feed = r.feeds[i], .value = r.feed_values[i]};
    report =
        CTF_SessionPlan(session, feeds, r.num_feeds, r.fetches, r.num_fetches, r.targets, r.num_targets, m->status);
    code = report != NULL ? print_report(o, report, m->status) : fail_status(m->status);
  }
  CTF_DeletePlanReport(report);
  free(feeds);
  TF_DeleteSession(session, m->status);
  request_free(&r);
  return code;
}
