// CTF_*: versions, budgets, and the session options that TensorFlow does not have.
#include "ctf/ctf.h"

#include <stdio.h>
#include <string.h>

#include "engine/api/api.h"
#include "engine/device_spec.h"
#include "runtime/host_memory.h"
#include "runtime/log.h"
#include "runtime/options.h"

// The public levels are the library's.
_Static_assert((int)CTF_LogInfo == (int)CTF_LOG_INFO && (int)CTF_LogError == (int)CTF_LOG_ERROR, "levels differ");

const char* TF_Version(void) { return "2.21.0"; }

// Kernels for GPUs are a library of their own, which this build has not.
#define NUM_LIBRARIES 2

size_t CTF_NumLibraries(void) { return NUM_LIBRARIES; }

static ctf_status get_library(size_t index, CTF_LibraryInfo* info) {
  if (info == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the place for the result is NULL");
  if (index >= NUM_LIBRARIES) {
    return ctf_error(TF_INVALID_ARGUMENT, "library %zu was asked for, there are %d", index, NUM_LIBRARIES);
  }
  const CTF_LibraryInfo libraries[NUM_LIBRARIES] = {{.name = "protobuf-c", .version = protobuf_c_version()},
                                                    {.name = "CUDA", .version = "none"}};
  ctf_api_fill_struct(info, info->struct_size, &libraries[index], sizeof(libraries[index]));
  return NULL;
}

void CTF_GetLibrary(size_t index, CTF_LibraryInfo* info, TF_Status* status) {
  ctf_api_report(get_library(index, info), status);
}

void CTF_SetLogCallback(CTF_LogCallback callback, void* arg, CTF_LogLevel least) {
  ctf_log_set_callback(callback, arg);
  ctf_log_set_level(callback != NULL ? (ctf_log_level)least : CTF_LOG_WARNING);
}

const char* CTF_Version(void) { return CTF_VERSION; }

// ---- memory

#define NAMES_BYTES 1024

static ctf_status no_device(TF_Session* session, const char* device) {
  char names[NAMES_BYTES] = "";
  size_t used = 0;
  const size_t count = session != NULL ? ctf_session_num_devices(session) : 1;
  for (size_t i = 0; i < count && used + 64 < sizeof(names); ++i) {
    const ctf_device* there = session != NULL ? ctf_session_device(session, i) : ctf_device_cpu();
    used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%.60s", i > 0 ? ", " : "", ctf_device_name(there));
  }
  return ctf_error(TF_NOT_FOUND, "no device '%s'; %s has %s", device != NULL ? device : "",
                   session != NULL ? "the session" : "the process", names);
}

// The device of the session, or of the process without one.
static ctf_status find_device(TF_Session* session, const char* name, ctf_device** out_device) {
  ctf_device_spec spec;
  if (name == NULL || !ctf_device_spec_parse_name(name, &spec)) return no_device(session, name);
  const size_t count = session != NULL ? ctf_session_num_devices(session) : 1;
  for (size_t i = 0; i < count; ++i) {
    ctf_device* device = session != NULL ? ctf_session_device(session, i) : ctf_device_cpu();
    if (!ctf_device_spec_fits(&spec, device, 1)) continue;
    *out_device = device;
    return NULL;
  }
  return no_device(session, name);
}

// What the process's CPU device begins with.
static size_t default_budget(void) {
  const uint64_t asked = ctf_option_number(CTF_OPTION_MEMORY_BUDGET);
  if (asked > 0) return asked < CTF_NO_LIMIT ? (size_t)asked : CTF_NO_LIMIT;
  ctf_host_memory memory;
  ctf_host_memory_read("", &memory);
  return ctf_host_memory_default_limit(&memory);
}

void CTF_SetBudget(const char* device, size_t bytes, TF_Status* status) {
  ctf_device* found = NULL;
  const ctf_status bad = find_device(NULL, device, &found);
  if (bad == NULL) ctf_budget_set_limit(ctf_device_budget(found), bytes > 0 ? bytes : default_budget());
  ctf_api_report(bad, status);
}

static ctf_status memory_info(TF_Session* session, const char* name, CTF_MemoryInfo* out_info) {
  ctf_device* device = NULL;
  if (out_info == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the place for the memory's figures is NULL");
  CTF_TRY(find_device(session, name, &device));
  const ctf_budget* budget = ctf_device_budget(device);
  const CTF_MemoryInfo info = {.limit_bytes = ctf_budget_limit(budget),
                               .used_bytes = ctf_budget_used(budget),
                               .peak_bytes = ctf_budget_peak(budget),
                               .available_bytes = ctf_budget_available(budget)};
  ctf_api_fill_struct(out_info, out_info->struct_size, &info, sizeof(info));
  return NULL;
}

void CTF_GetMemoryInfo(TF_Session* session, const char* device, CTF_MemoryInfo* info, TF_Status* status) {
  ctf_api_report(memory_info(session, device, info), status);
}

static ctf_status trim(TF_Session* session, const char* name, size_t* out_bytes) {
  ctf_device* device = NULL;
  if (session == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the session is NULL");
  CTF_TRY(find_device(session, name, &device));
  *out_bytes = ctf_session_trim(session, device);
  return NULL;
}

size_t CTF_DeviceTrim(TF_Session* session, const char* device, TF_Status* status) {
  size_t bytes = 0;
  ctf_api_report(trim(session, device, &bytes), status);
  return bytes;
}

// ---- session options

static ctf_status no_options(void) { return ctf_error(TF_INVALID_ARGUMENT, "the session options are NULL"); }

void CTF_SessionOptionsSetDevice(TF_SessionOptions* options, const char* device, TF_Status* status) {
  ctf_api_report(options != NULL ? ctf_api_set_text(device, &options->default_device) : no_options(), status);
}

void CTF_SessionOptionsSetPasses(TF_SessionOptions* options, const char* passes, TF_Status* status) {
  if (options != NULL) ((ctf_api_options*)options)->passes_from_config = false;  // the next config leaves them
  ctf_api_report(options != NULL ? ctf_api_set_text(passes, &options->passes) : no_options(), status);
}

void CTF_SessionOptionsSetMemoryLimit(TF_SessionOptions* options, size_t bytes, TF_Status* status) {
  if (options != NULL) options->memory_limit = bytes;
  ctf_api_report(options != NULL ? NULL : no_options(), status);
}

static ctf_status set_admission_wait(TF_SessionOptions* options, int64_t milliseconds) {
  const int64_t most = INT64_MAX / 2000000;  // in nanoseconds from now it must not wrap
  if (options == NULL) return no_options();
  if (milliseconds < 0) return ctf_error(TF_INVALID_ARGUMENT, "a run cannot wait a negative time");
  options->admission_wait_ms = milliseconds < most ? milliseconds : most;
  return NULL;
}

void CTF_SessionOptionsSetAdmissionWait(TF_SessionOptions* options, int64_t milliseconds, TF_Status* status) {
  ctf_api_report(set_admission_wait(options, milliseconds), status);
}

static ctf_status set_sim(TF_SessionOptions* options, int num_devices, uint64_t seed, uint32_t max_delay_us) {
  const int most = CTF_MAX_DEVICES - 1;  // beside the CPU
  if (options == NULL) return no_options();
  if (num_devices < 0 || num_devices > most) {
    return ctf_error(TF_INVALID_ARGUMENT, "%d SIM devices were asked for, a session can have 0 to %d", num_devices,
                     most);
  }
  options->num_sim_devices = num_devices;
  options->sim_seed = seed;
  options->sim_max_delay_us = max_delay_us;
  return NULL;
}

void CTF_SessionOptionsSetSim(TF_SessionOptions* options, int num_devices, uint64_t seed, uint32_t max_delay_us,
                              TF_Status* status) {
  ctf_api_report(set_sim(options, num_devices, seed, max_delay_us), status);
}
