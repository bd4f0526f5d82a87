#include "engine/api/run_metadata.h"

#include <stdio.h>
#include <string.h>

#include "tensorflow/core/framework/step_stats.pb-c.h"
#include "tensorflow/core/protobuf/config.pb-c.h"

#define NS_PER_US 1000

typedef struct writer {
  const ctf_trace* trace;
  ctf_allocator* scratch;
} writer;

typedef Tensorflow__NodeExecStats node_stats;
typedef Tensorflow__AllocatorMemoryUsed memory_used;

// An array of pointers to messages, as protobuf-c has them, and the messages.
#define ALLOC_MESSAGES(scratch, out_list, count, first) \
  alloc_messages((scratch), (count), sizeof(**(first)), (void**)(first), (void***)(out_list))
static ctf_status alloc_messages(ctf_allocator* scratch, size_t count, size_t bytes, void** out_first,
                                 void*** out_list) {
  CTF_TRY(ctf_alloc_array_bytes(scratch, count, bytes, out_first));
  CTF_TRY(ctf_alloc_array(scratch, out_list, count));
  for (size_t i = 0; i < count; ++i) (*out_list)[i] = (char*)*out_first + i * bytes;
  return NULL;
}

// protobuf-c's texts are not const, and packing does not write to them.
static char* text_of(const char* text) { return (char*)text; }

static int64_t unix_us(const writer* w, int64_t ns) { return (w->trace->begin_unix_ns + ns) / NS_PER_US; }

// "SIM:0" of "/job:localhost/replica:0/task:0/device:SIM:0", with an arena of its own.
static bool in_arena(const ctf_trace_tensor* tensor) { return tensor->offset != CTF_NO_LIMIT; }
static const char* allocator_of(const ctf_trace_tensor* tensor) {
  if (in_arena(tensor)) return "arena";
  return tensor->device == 0 ? "cpu" : "device";
}

static bool is_workspace(const ctf_trace_tensor* tensor) { return strcmp(tensor->role, "workspace") == 0; }

static ctf_status describe_tensor(const writer* w, const ctf_trace_tensor* tensor,
                                  Tensorflow__TensorDescription** out_description) {
  Tensorflow__TensorDescription* description;
  Tensorflow__AllocationDescription* allocation;
  Tensorflow__TensorShapeProto* shape;
  Tensorflow__TensorShapeProto__Dim* dims;
  CTF_TRY(ctf_alloc_new(w->scratch, &description));
  CTF_TRY(ctf_alloc_new(w->scratch, &allocation));
  CTF_TRY(ctf_alloc_new(w->scratch, &shape));
  tensorflow__tensor_description__init(description);
  tensorflow__allocation_description__init(allocation);
  tensorflow__tensor_shape_proto__init(shape);
  shape->n_dim = (size_t)tensor->shape.rank;
  CTF_TRY(ALLOC_MESSAGES(w->scratch, &shape->dim, shape->n_dim, &dims));
  for (size_t i = 0; i < shape->n_dim; ++i) {
    tensorflow__tensor_shape_proto__dim__init(&dims[i]);
    dims[i].size = tensor->shape.dims[i];
  }
  allocation->requested_bytes = (int64_t)tensor->bytes;
  allocation->allocated_bytes = (int64_t)tensor->held_bytes;
  allocation->allocator_name = text_of(allocator_of(tensor));
  allocation->ptr = (uint64_t)(uintptr_t)tensor->data;
  description->dtype = (Tensorflow__DataType)tensor->dtype;
  description->shape = shape;
  description->allocation_description = allocation;
  *out_description = description;
  return NULL;
}

static ctf_status add_outputs(const writer* w, const ctf_trace_step* step, node_stats* stats) {
  const ctf_trace_tensor* tensors = &w->trace->tensors[step->first_tensor];
  Tensorflow__NodeOutput* outputs;
  CTF_TRY(ALLOC_MESSAGES(w->scratch, &stats->output, step->num_tensors, &outputs));
  for (size_t i = 0; i < step->num_tensors; ++i) {
    if (is_workspace(&tensors[i])) continue;
    Tensorflow__NodeOutput* output = &outputs[stats->n_output];
    tensorflow__node_output__init(output);
    output->slot = (int32_t)stats->n_output++;
    CTF_TRY(describe_tensor(w, &tensors[i], &output->tensor_description));
  }
  return NULL;
}

// What the step took of one allocator: when, and until when.
static ctf_status add_memory_of(const writer* w, const ctf_trace_step* step, bool arena, memory_used* used) {
  const ctf_trace_tensor* tensors = &w->trace->tensors[step->first_tensor];
  Tensorflow__AllocationRecord* records;
  CTF_TRY(ALLOC_MESSAGES(w->scratch, &used->allocation_records, 2 * step->num_tensors, &records));
  for (size_t i = 0; i < step->num_tensors; ++i) {
    const ctf_trace_tensor* tensor = &tensors[i];
    if (tensor->held_bytes == 0 || in_arena(tensor) != arena) continue;
    const int64_t bytes = (int64_t)tensor->held_bytes;
    used->allocator_name = text_of(allocator_of(tensor));
    used->total_bytes += bytes;
    used->peak_bytes += bytes;
    if (!is_workspace(tensor)) used->live_bytes += bytes;
    for (int freed = 0; freed < 2; ++freed) {
      Tensorflow__AllocationRecord* record = &records[used->n_allocation_records++];
      tensorflow__allocation_record__init(record);
      record->alloc_micros = unix_us(w, freed ? tensor->end_ns : tensor->start_ns);
      record->alloc_bytes = freed ? -bytes : bytes;
    }
  }
  return NULL;
}

static ctf_status add_memory(const writer* w, const ctf_trace_step* step, node_stats* stats) {
  memory_used* used;
  CTF_TRY(ALLOC_MESSAGES(w->scratch, &stats->memory, 2, &used));
  for (int arena = 0; arena < 2; ++arena) {
    memory_used* next = &used[stats->n_memory];
    tensorflow__allocator_memory_used__init(next);
    CTF_TRY(add_memory_of(w, step, arena != 0, next));
    if (next->n_allocation_records > 0) ++stats->n_memory;
  }
  CTF_TRY(ctf_alloc_new(w->scratch, &stats->memory_stats));
  tensorflow__memory_stats__init(stats->memory_stats);
  for (size_t i = 0; i < step->num_tensors; ++i) {
    const ctf_trace_tensor* tensor = &w->trace->tensors[step->first_tensor + i];
    if (is_workspace(tensor)) stats->memory_stats->temp_memory_size += (int64_t)tensor->bytes;
  }
  return NULL;
}

// A copy has a name of its own: that of the tensor's node is taken.
static ctf_status name_node(const writer* w, const ctf_trace_step* step, char** out_name) {
  *out_name = text_of(step->name);
  if (step->kind != CTF_TRACE_COPY) return NULL;
  const size_t room = strlen(step->name) + strlen(step->op) + 2;
  CTF_TRY(ctf_alloc_array(w->scratch, out_name, room));
  snprintf(*out_name, room, "%s:%s", step->name, step->op);
  return NULL;
}

static ctf_status fill_stats(const writer* w, const ctf_trace_step* step, node_stats* stats) {
  const int64_t start_ns = w->trace->begin_unix_ns + step->time.start_ns;
  const int64_t length_ns = step->time.end_ns - step->time.start_ns;
  tensorflow__node_exec_stats__init(stats);
  CTF_TRY(name_node(w, step, &stats->node_name));
  stats->timeline_label = text_of(step->label);
  stats->thread_id = step->stream;
  stats->scheduled_nanos = w->trace->begin_unix_ns + step->time.scheduled_ns;
  stats->scheduled_micros = stats->scheduled_nanos / NS_PER_US;
  stats->all_start_nanos = start_ns;
  stats->all_start_micros = start_ns / NS_PER_US;
  stats->op_end_rel_nanos = stats->all_end_rel_nanos = length_ns;
  stats->op_end_rel_micros = stats->all_end_rel_micros = length_ns / NS_PER_US;
  CTF_TRY(add_outputs(w, step, stats));
  return add_memory(w, step, stats);
}

static ctf_status add_threads(const writer* w, uint32_t device, Tensorflow__DeviceStepStats* stats) {
  Tensorflow__DeviceStepStats__ThreadNamesEntry* entries;
  stats->n_thread_names = device == 0 ? 1 : CTF_STREAMS_PER_DEVICE;
  CTF_TRY(ALLOC_MESSAGES(w->scratch, &stats->thread_names, stats->n_thread_names, &entries));
  for (uint32_t i = 0; i < stats->n_thread_names; ++i) {
    char name[32];
    const int length = snprintf(name, sizeof(name), device == 0 ? "host" : "stream %u", i);
    tensorflow__device_step_stats__thread_names_entry__init(&entries[i]);
    entries[i].key = i;
    CTF_TRY(ctf_alloc_string(w->scratch, name, (size_t)length, &entries[i].value));
  }
  return NULL;
}

// A device that ran nothing is left out.
static ctf_status add_device(const writer* w, uint32_t device, Tensorflow__StepStats* stats,
                             Tensorflow__DeviceStepStats* next) {
  const ctf_trace* trace = w->trace;
  node_stats* nodes;
  size_t count = 0;
  for (size_t i = 0; i < trace->num_steps; ++i) {
    count += trace->steps[i].device == device && trace->steps[i].kind != CTF_TRACE_WAIT;
  }
  if (count == 0) return NULL;
  tensorflow__device_step_stats__init(next);
  next->device = text_of(trace->devices[device]);
  CTF_TRY(ALLOC_MESSAGES(w->scratch, &next->node_stats, count, &nodes));
  for (size_t i = 0; i < trace->num_steps; ++i) {
    if (trace->steps[i].device != device || trace->steps[i].kind == CTF_TRACE_WAIT) continue;
    CTF_TRY(fill_stats(w, &trace->steps[i], &nodes[next->n_node_stats]));
    ++next->n_node_stats;
  }
  CTF_TRY(add_threads(w, device, next));
  ++stats->n_dev_stats;
  return NULL;
}

#define MAX_FRONT_BYTES 11
#define PARTITION_GRAPHS_TAG 0x1a  // field 3, with a length

// Behind the message: fields may stand in any order.
static ctf_status append_partition(const writer* w, const ctf_plan* plan, uint32_t device, void** inout_bytes,
                                   size_t* inout_length) {
  ctf_bytes graph;
  void* all;
  CTF_TRY(ctf_api_partition_graph(plan, device, w->scratch, &graph));
  if (graph.length == 0) return NULL;
  CTF_TRY(ctf_alloc_bytes(w->scratch, *inout_length + MAX_FRONT_BYTES + graph.length, &all));
  uint8_t* end = all;
  if (*inout_length > 0) memcpy(end, *inout_bytes, *inout_length);
  end += *inout_length;
  *end++ = PARTITION_GRAPHS_TAG;
  size_t left = graph.length;
  for (; left >= 0x80; left >>= 7) *end++ = (uint8_t)(left | 0x80);
  *end++ = (uint8_t)left;
  memcpy(end, graph.data, graph.length);
  *inout_length = (size_t)(end - (uint8_t*)all) + graph.length;
  *inout_bytes = all;
  return NULL;
}

static ctf_status write_metadata(const writer* w, const ctf_plan* plan, TF_Buffer* out_buffer) {
  Tensorflow__RunMetadata metadata = TENSORFLOW__RUN_METADATA__INIT;
  Tensorflow__StepStats stats = TENSORFLOW__STEP_STATS__INIT;
  Tensorflow__DeviceStepStats* devices;
  void* bytes;
  if (w->trace != NULL) {
    CTF_TRY(ALLOC_MESSAGES(w->scratch, &stats.dev_stats, w->trace->num_devices, &devices));
    for (uint32_t i = 0; i < w->trace->num_devices; ++i) CTF_TRY(add_device(w, i, &stats, &devices[stats.n_dev_stats]));
    metadata.step_stats = &stats;
  }
  CTF_TRY(ctf_alloc_bytes(w->scratch, protobuf_c_message_get_packed_size(&metadata.base), &bytes));
  size_t length = protobuf_c_message_pack(&metadata.base, bytes);
  for (uint32_t i = 0; plan != NULL && i < plan->devices->num_devices; ++i) {
    CTF_TRY(append_partition(w, plan, i, &bytes, &length));
  }
  return ctf_api_fill_buffer(out_buffer, bytes, length);
}

ctf_status ctf_api_write_run_metadata(const ctf_trace* trace, const ctf_plan* plan, TF_Buffer* out_buffer) {
  writer w = {.trace = trace};
  CTF_TRY(ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &w.scratch));
  const ctf_status status = write_metadata(&w, plan, out_buffer);
  ctf_allocator_free(w.scratch);
  return status;
}
