// TF_SetConfig: what of a ConfigProto a session obeys.
#include <string.h>

#include "engine/api/api.h"
#include "engine/device_spec.h"
#include "engine/session.h"
#include "runtime/options.h"
#include "tensorflow/core/protobuf/config.pb-c.h"

enum { MAX_CPUS = 4096 };  // names of the one CPU

// There is one CPU, which goes by as many names as are asked for; of simulated devices there are as many.
static ctf_status take_device_count(TF_SessionOptions* options, const Tensorflow__ConfigProto* config) {
  options->num_cpus = 1;
  for (size_t i = 0; i < config->n_device_count; ++i) {
    const Tensorflow__ConfigProto__DeviceCountEntry* entry = config->device_count[i];
    const bool sim = strcmp(entry->key, "SIM") == 0;
    if (!sim && strcmp(entry->key, "CPU") != 0) continue;  // of what is not there any number is taken, as in TensorFlow
    const int most = sim ? CTF_MAX_DEVICES - 1 : MAX_CPUS;
    if (entry->value > most || (sim && entry->value < 0)) {
      return ctf_error(TF_INVALID_ARGUMENT, "device_count of %s is %d; there can be 0 to %d", entry->key, entry->value,
                       most);
    }
    *(sim ? &options->num_sim_devices : &options->num_cpus) = entry->value < 0 ? 0 : entry->value;
  }
  return NULL;
}

// Below 0 TensorFlow ends the process.
static ctf_status take_threads(TF_SessionOptions* options, const Tensorflow__ConfigProto* config) {
  if (config->intra_op_parallelism_threads < 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "intra_op_parallelism_threads is %d; 0 takes as many as there are CPUs",
                     config->intra_op_parallelism_threads);
  }
  for (size_t i = 0; i < config->n_session_inter_op_thread_pool; ++i) {
    const int threads = config->session_inter_op_thread_pool[i]->num_threads;
    if (threads < 0) {
      return ctf_error(TF_INVALID_ARGUMENT, "session_inter_op_thread_pool %zu has %d threads", i, threads);
    }
  }
  options->num_threads = config->intra_op_parallelism_threads;
  return NULL;
}

static ctf_status take_gpu_options(TF_SessionOptions* options, const Tensorflow__ConfigProto* config) {
  const Tensorflow__GPUOptions* gpu = config->gpu_options;
  options->gpu_memory_fraction = gpu != NULL ? gpu->per_process_gpu_memory_fraction : 0;
  options->gpu_allow_growth = gpu != NULL && gpu->allow_growth;
  return ctf_api_set_text(gpu != NULL ? gpu->visible_device_list : "", &options->gpu_visible);
}

// The passes that the levels leave; NULL: those that the options have without a level. The lowest one switches
// TensorFlow's passes off but for those that are asked for by name.
static const char* passes_of(const Tensorflow__ConfigProto* config) {
  const Tensorflow__GraphOptions* graph = config->graph_options;
  const Tensorflow__OptimizerOptions* optimizer = graph != NULL ? graph->optimizer_options : NULL;
  if (optimizer == NULL || optimizer->opt_level >= TENSORFLOW__OPTIMIZER_OPTIONS__LEVEL__L1) return NULL;
  return optimizer->do_constant_folding ? "fold" : "none";
}

// What TensorFlow refuses when the session is made.
static ctf_status judge(const Tensorflow__ConfigProto* config) {
  const Tensorflow__ConfigProto__Experimental* experimental = config->experimental;
  const char* executor = experimental != NULL ? experimental->executor_type : "";
  ctf_device_spec spec;
  for (size_t i = 0; i < config->n_device_filters; ++i) {
    if (ctf_device_spec_parse(config->device_filters[i], &spec)) continue;
    return ctf_error(TF_INVALID_ARGUMENT, "Invalid device filter: %s", config->device_filters[i]);
  }
  if (strcmp(executor, "") == 0 || strcmp(executor, "DEFAULT") == 0) return NULL;
  if (strcmp(executor, "SINGLE_THREADED_EXECUTOR") == 0) return NULL;
  return ctf_error(
      TF_NOT_FOUND,
      "No executor factory registered for the given executor type: %s Registered factories are {DEFAULT, , "
      "SINGLE_THREADED_EXECUTOR}.",
      executor);
}

static ctf_status set_passes(ctf_api_options* all, const char* passes) {
  const bool were_set = all->passes_from_config;
  all->passes_from_config = passes != NULL;
  if (passes == NULL && !were_set) return NULL;
  return ctf_api_set_text(passes != NULL ? passes : ctf_option_text(CTF_OPTION_PASSES), &all->base.passes);
}

// `next` gets the plain values, so that the options change only when nothing is wrong.
static ctf_status take(ctf_api_options* all, const Tensorflow__ConfigProto* config) {
  TF_SessionOptions next = all->base;
  next.soft_placement = config->allow_soft_placement;
  next.log_placement = config->log_device_placement;
  next.place_pruned = config->graph_options != NULL && config->graph_options->place_pruned_graph;
  next.deadline_ns = ctf_api_milliseconds(config->operation_timeout_in_ms);
  CTF_TRY(take_device_count(&next, config));
  CTF_TRY(take_threads(&next, config));
  CTF_TRY(take_gpu_options(&next, config));
  all->base = next;  // whose texts are the options' own
  CTF_TRY(set_passes(all, passes_of(config)));
  ctf_status_drop(all->config_failure);  // of a config that this one replaces
  all->config_failure = judge(config);
  return NULL;
}

static ctf_status set_config(TF_SessionOptions* options, const void* proto, size_t length) {
  ctf_status status = NULL;
  ctf_allocator* scratch = NULL;
  ProtobufCMessage* message;
  if (options == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the session options are NULL");

  CTF_TRY_DONE(ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &scratch));
  CTF_TRY_DONE(
      ctf_api_read_message(&tensorflow__config_proto__descriptor, proto, length, "ConfigProto", scratch, &message));
  CTF_TRY_DONE(take((ctf_api_options*)options, (const Tensorflow__ConfigProto*)message));

done:
  ctf_allocator_free(scratch);
  return status;
}

void TF_SetConfig(TF_SessionOptions* options, const void* proto, size_t proto_len, TF_Status* status) {
  ctf_api_report(set_config(options, proto, proto_len), status);
}
