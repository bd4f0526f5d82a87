#include "tests/conform/peak.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctf/ctf.h"
#include "runtime/memory.h"

static const char kCpu[] = "/device:CPU:0";
static const char kCounts[] = "peaks: %zu exact, %zu not";

// The planned peak; 0 where the plan is not exact, or there is none, or the run reserves nothing.
static size_t planned_peak(const peak_run* run, peak_counts* inout_counts, TF_Status* status) {
  CTF_FeedShape* feeds = must_alloc((size_t)run->num_feeds * sizeof(*feeds));
  size_t peak = 0;
  for (int i = 0; i < run->num_feeds; ++i) {
    feeds[i] = (CTF_FeedShape){.feed = run->feeds[i], .value = run->feed_values[i]};
  }
  CTF_PlanReport* report = CTF_SessionPlan(run->session, feeds, run->num_feeds, run->fetches, run->num_fetches,
                                           run->targets, run->num_targets, status);
  if (report != NULL && CTF_PlanReportExact(report)) {
    CTF_PlanDevice device = {.struct_size = sizeof(device)};
    CTF_PlanReportDevice(report, 0, &device, status);
    if (device.arena_bytes + device.fetch_bytes > 0) peak = device.peak_bytes;
    ++inout_counts->exact;
  } else {
    ++inout_counts->not_exact;
  }
  CTF_DeletePlanReport(report);
  free(feeds);
  return peak;
}

bool peak_begin(const peak_run* run, peak_counts* inout_counts, size_t* out_peak, text_buffer* why) {
  TF_Status* status = TF_NewStatus();
  const size_t peak = planned_peak(run, inout_counts, status);
  bool good = true;
  *out_peak = peak;
  if (peak > 1) {
    TF_Tensor** tensors = must_alloc((size_t)run->num_fetches * sizeof(TF_Tensor*));
    CTF_SetBudget(kCpu, peak - 1, status);
    TF_SessionRun(run->session, NULL, run->feeds, run->feed_values, run->num_feeds, run->fetches, tensors,
                  run->num_fetches, run->targets, run->num_targets, NULL, status);
    good = TF_GetCode(status) == TF_RESOURCE_EXHAUSTED;
    if (!good) {
      text_append(why, "with a byte less than the planned peak of %zu it ends with %d %s", peak,
                  (int)TF_GetCode(status), TF_Message(status));
    }
    for (int i = 0; i < run->num_fetches; ++i) TF_DeleteTensor(tensors[i]);
    free(tensors);
    CTF_SetBudget(kCpu, good ? peak : 0, status);
    ctf_budget_reset_peak(ctf_budget_host());
  }
  TF_DeleteStatus(status);
  return good;
}

bool peak_end(size_t peak, bool ran, text_buffer* why) {
  if (peak == 0) return true;
  CTF_MemoryInfo info = {.struct_size = sizeof(info)};
  TF_Status* status = TF_NewStatus();
  CTF_GetMemoryInfo(NULL, kCpu, &info, status);
  CTF_SetBudget(kCpu, 0, status);
  TF_DeleteStatus(status);
  if (!ran || info.peak_bytes == peak) return true;
  text_append(why, "the planned peak is %zu bytes, the run took %zu", peak, info.peak_bytes);
  return false;
}

void peak_describe(const peak_counts* counts, text_buffer* why) {
  if (counts->exact + counts->not_exact > 0) text_append(why, kCounts, counts->exact, counts->not_exact);
}

void peak_add(const char* why, peak_counts* inout_counts) {
  const char* at = strstr(why, "peaks: ");
  peak_counts found;
  if (at == NULL || sscanf(at, kCounts, &found.exact, &found.not_exact) != 2) return;
  inout_counts->exact += found.exact;
  inout_counts->not_exact += found.not_exact;
}
