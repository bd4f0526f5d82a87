// plan: what a run would need, without running.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    print_shape(stdout, tensor.dims, tensor.num_dims);
    printf("  %s of %s\n", tensor.role, tensor.op);
  }
  if (count > MAX_LISTED) printf("  and %zu more\n", count - MAX_LISTED);
}

// "cpu:0" of "/job:localhost/replica:0/task:0/device:CPU:0".
static void print_device_name(const char* name) {
  const char* last = strstr(name, "device:");
  for (last = last != NULL ? last + strlen("device:") : name; *last != '\0'; ++last) putchar(tolower((uint8_t)*last));
}

static bool device_fits(const CTF_PlanDevice* device) {
  return device->peak_bytes - device->held_bytes <= device->available_bytes;  // what is held is in the peak already
}

static void print_verdict(const options* o, const CTF_PlanDevice* device) {
  const size_t needed = device->peak_bytes - device->held_bytes;
  const bool fits = device_fits(device);
  printf("%s: %s: ", o->model, fits ? "fits" : "does not fit");
  print_device_name(device->name);
  printf(" needs %.3f MiB (%zu bytes)", mebibytes(device->peak_bytes), device->peak_bytes);
  if (device->budget_bytes == SIZE_MAX) {
    printf(", no budget\n");
  } else if (fits) {
    printf(", budget %.1f MiB\n", mebibytes(device->budget_bytes));
  } else {
    printf(", budget %.1f MiB%s, short by %.1f MiB\n", mebibytes(device->budget_bytes),
           o->memory != NULL ? " (-m)" : "", mebibytes(needed - device->available_bytes));
  }
}

static void print_device(const options* o, const CTF_PlanReport* report, size_t index, TF_Status* status) {
  CTF_PlanDevice device = {.struct_size = sizeof(device)};
  CTF_PlanReportDevice(report, index, &device, status);
  print_verdict(o, &device);
  printf("arena %zu, fetched %zu, feeds to come %zu, held %zu bytes (constants of the plan %zu)\n", device.arena_bytes,
         device.fetch_bytes, device.feed_bytes, device.held_bytes, device.constant_bytes);
  if (device.peak_step >= 0) {
    CTF_PlanStep step = {.struct_size = sizeof(step)};
    CTF_PlanReportStep(report, (size_t)device.peak_step, &step, status);
    printf("at step %d of %zu (%s \"%s\"):\n", device.peak_step + 1, CTF_PlanReportNumSteps(report), step.op,
           step.name);
  }
  print_live(report, index, device.num_live, status);
  if (index > 0) return;
  printf("not charged: %zu bytes of constants mapped from %s\n", device.mapped_bytes, o->model);
  printf("order: %zu bytes of the arena alive at once, %zu in the file's order\n", device.live_bytes,
         device.file_live_bytes);
  if (device_fits(&device)) return;
  printf("to run: -m %zuM, or a smaller shape\n", device.peak_bytes / 1048576 + (device.peak_bytes % 1048576 != 0));
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
      print_shape(stdout, tensor.dims, tensor.num_dims);
      if (tensor.offset != SIZE_MAX) {
        printf("  at %zu, %zu bytes\n", tensor.offset, tensor.bytes);
      } else {
        printf("  not in the arena\n");
      }
    }
  }
}

void plan_write_refusal(FILE* file, const CTF_PlanReport* report, TF_Status* status) {
  CTF_PlanDevice device = {.struct_size = sizeof(device)};
  size_t index = 0;
  while (index < CTF_PlanReportNumDevices(report)) {
    CTF_PlanReportDevice(report, index, &device, status);
    if (!device_fits(&device)) break;
    ++index;
  }
  if (index == CTF_PlanReportNumDevices(report)) return;
  fprintf(file, ",\"device\":");
  print_json_string(file, device.name);
  fprintf(file, ",\"need\":%zu,\"budget\":%zu,\"live\":[", device.peak_bytes, device.budget_bytes);
  for (size_t i = 0; i < device.num_live && i < MAX_LISTED; ++i) {
    CTF_PlanTensor tensor = {.struct_size = sizeof(tensor)};
    CTF_PlanReportLive(report, index, i, &tensor, status);
    fprintf(file, "%s{\"tensor\":", i > 0 ? "," : "");
    print_json_string(file, tensor.name);
    fprintf(file, ",\"bytes\":%zu,\"dtype\":\"%s\",\"shape\":", tensor.bytes, dtype_name(tensor.dtype));
    fprintf(file, tensor.num_dims < 0 ? "null" : "[");
    for (int k = 0; k < tensor.num_dims; ++k) fprintf(file, "%s%lld", k > 0 ? "," : "", (long long)tensor.dims[k]);
    fprintf(file, tensor.num_dims < 0 ? "}" : "]}");
  }
  const size_t mib = device.peak_bytes / 1048576 + (device.peak_bytes % 1048576 != 0);
  fprintf(file, "],\"hints\":[\"-m %zuM\",\"a smaller shape\"]", mib);
}

static void print_json(const options* o, const CTF_PlanReport* report, TF_Status* status) {
  printf("{\"schema\":\"ctfrun/1\",\"model\":");
  print_json_string(stdout, o->model);
  printf(",\"ok\":true,\"fits\":%s,\"exact\":%s,\"devices\":[", CTF_PlanReportFits(report) ? "true" : "false",
         CTF_PlanReportExact(report) ? "true" : "false");
  for (size_t i = 0; i < CTF_PlanReportNumDevices(report); ++i) {
    CTF_PlanDevice device = {.struct_size = sizeof(device)};
    CTF_PlanReportDevice(report, i, &device, status);
    printf("%s{\"name\":\"%s\",\"planned_peak\":%zu,\"arena\":%zu,\"fetched\":%zu,\"feeds\":%zu,\"held\":%zu,",
           i > 0 ? "," : "", device.name, device.peak_bytes, device.arena_bytes, device.fetch_bytes, device.feed_bytes,
           device.held_bytes);
    printf("\"constants\":%zu,\"mapped\":%zu,\"live\":%zu,\"file_live\":%zu}", device.constant_bytes,
           device.mapped_bytes, device.live_bytes, device.file_live_bytes);
  }
  printf("]");
  if (!CTF_PlanReportFits(report)) plan_write_refusal(stdout, report, status);
  printf("}\n");
}

static int print_report(const options* o, const CTF_PlanReport* report, TF_Status* status) {
  if (o->json) {
    print_json(o, report, status);
  } else {
    for (size_t i = 0; i < CTF_PlanReportNumDevices(report); ++i) print_device(o, report, i, status);
    if (CTF_PlanReportExact(report)) {
      puts("exact: every size is known before the run");
    } else {
      printf("not exact: %s\n", CTF_PlanReportNotExact(report));
    }
    if (o->explain) print_steps(report, status);
  }
  return CTF_PlanReportFits(report) ? EXIT_DONE : EXIT_ENGINE + TF_RESOURCE_EXHAUSTED;
}

CTF_PlanReport* plan_request(TF_Session* session, const model* m, const request* r) {
  CTF_FeedShape* feeds = calloc((size_t)r->num_feeds + 1, sizeof(*feeds));
  CTF_PlanReport* report = NULL;
  if (feeds == NULL) {
    TF_SetStatus(m->status, TF_RESOURCE_EXHAUSTED, "no memory for the plan");
    return NULL;
  }
  for (int i = 0; i < r->num_feeds; ++i) feeds[i] = (CTF_FeedShape){.feed = r->feeds[i], .value = r->feed_values[i]};
  report =
      CTF_SessionPlan(session, feeds, r->num_feeds, r->fetches, r->num_fetches, r->targets, r->num_targets, m->status);
  free(feeds);
  return report;
}

int plan_model(const options* o, const model* m) {
  request r;
  int code = request_make(o, m, &r);
  TF_Session* session = code == 0 ? session_open(o, m, 0, NULL, &code) : NULL;
  if (code == 0) {
    CTF_PlanReport* report = plan_request(session, m, &r);
    code = report != NULL ? print_report(o, report, m->status) : fail_status(m->status);
    CTF_DeletePlanReport(report);
  }
  TF_DeleteSession(session, m->status);
  request_free(&r);
  return code;
}
