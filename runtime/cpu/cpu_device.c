// The CPU device: the host's memory, and streams that execute at once on the caller's thread.
#include <pthread.h>
#include <string.h>

#include "runtime/device_impl.h"
#include "runtime/host_memory.h"
#include "runtime/options.h"

typedef struct cpu_stream {
  ctf_stream base;
  ctf_status failure;  // of an event of another device that it waited for; stays
} cpu_stream;
_Static_assert(offsetof(cpu_stream, base) == 0, "slots cast ctf_stream* to cpu_stream*");

typedef struct cpu_event {
  ctf_event base;
  pthread_mutex_t lock;
  ctf_status failure;  // guarded by lock: of the stream when it was recorded last
} cpu_event;
_Static_assert(offsetof(cpu_event, base) == 0, "slots cast ctf_event* to cpu_event*");

static void cpu_destroy(ctf_device* device) {
  (void)device;
  CTF_ASSERT(!"the CPU device is never freed");
}

static ctf_status cpu_reserve(ctf_device* device, size_t bytes, ctf_block* out_block) {
  void* data = ctf_block_map(bytes);
  if (data == NULL) {
    return ctf_error(TF_RESOURCE_EXHAUSTED, "the system has no %zu bytes left, though the budget of %s has", bytes,
                     ctf_budget_name(device->budget));
  }
  *out_block = (ctf_block){data, bytes};
  return NULL;
}

static void cpu_unreserve(ctf_device* device, ctf_block* block) {
  (void)device;
  ctf_block_unmap(block->data, block->bytes);
}

static ctf_status cpu_stream_create(ctf_device* device, ctf_stream** out_stream) {
  cpu_stream* stream = NULL;
  CTF_TRY(ctf_alloc_new(ctf_allocator_process(), &stream));
  stream->base.device = device;
  *out_stream = &stream->base;
  return NULL;
}

static void cpu_stream_destroy(ctf_stream* base) {
  cpu_stream* stream = (cpu_stream*)base;
  ctf_status_drop(stream->failure);  // whoever waited for the stream has a copy
  ctf_free(ctf_allocator_process(), stream);
}

static ctf_status cpu_synchronize(ctf_stream* base) { return ctf_status_copy(((cpu_stream*)base)->failure); }

static ctf_status cpu_launch(ctf_stream* base, ctf_work_fn run, void* arg) {
  CTF_TRY(cpu_synchronize(base));
  run(arg);
  return NULL;
}

static ctf_status cpu_copy(ctf_stream* base, void* to, const void* from, size_t bytes, ctf_copy_kind kind) {
  (void)kind;  // all of it is the host's memory
  CTF_TRY(cpu_synchronize(base));
  memmove(to, from, bytes);
  return NULL;
}

static ctf_status cpu_stream_fail(ctf_stream* base, ctf_status failure) {
  cpu_stream* stream = (cpu_stream*)base;
  if (stream->failure == NULL) {
    stream->failure = failure;
  } else {
    ctf_status_drop(failure);  // the first one stays
  }
  return NULL;
}

static ctf_status cpu_event_create(ctf_device* device, ctf_event** out_event) {
  cpu_event* event = NULL;
  CTF_TRY(ctf_alloc_new(ctf_allocator_process(), &event));
  event->base.device = device;
  pthread_mutex_init(&event->lock, NULL);
  *out_event = &event->base;
  return NULL;
}

static void cpu_event_destroy(ctf_event* base) {
  cpu_event* event = (cpu_event*)base;
  ctf_status_drop(event->failure);  // whoever asked for it has a copy
  pthread_mutex_destroy(&event->lock);
  ctf_free(ctf_allocator_process(), event);
}

static ctf_status cpu_event_record(ctf_stream* stream, ctf_event* base) {
  cpu_event* event = (cpu_event*)base;
  ctf_status failure = cpu_synchronize(stream);
  pthread_mutex_lock(&event->lock);
  ctf_status earlier = event->failure;
  event->failure = failure;
  pthread_mutex_unlock(&event->lock);
  ctf_status_drop(earlier);  // of an earlier record, which this one replaces
  return NULL;
}

static bool cpu_event_reached(ctf_event* base) {
  (void)base;  // the stream had executed everything before it when it was recorded
  return true;
}

static ctf_status cpu_event_synchronize(ctf_event* base) {
  cpu_event* event = (cpu_event*)base;
  pthread_mutex_lock(&event->lock);
  ctf_status failure = ctf_status_copy(event->failure);
  pthread_mutex_unlock(&event->lock);
  return failure;
}

static ctf_status cpu_event_wait(ctf_stream* stream, ctf_event* event) {
  ctf_status failure = cpu_event_synchronize(event);
  return failure == NULL ? NULL : cpu_stream_fail(stream, failure);
}

static ctf_status cpu_event_notify(ctf_event* event, void (*notify)(void* arg, ctf_status failure), void* arg) {
  notify(arg, cpu_event_synchronize(event));
  return NULL;
}

static const ctf_device_vtable kCpu = {
    .kind = CTF_DEVICE_CPU,
    .type = "CPU",
    .is_async = false,
    .host_visible = true,
    .destroy = cpu_destroy,
    .reserve = cpu_reserve,
    .unreserve = cpu_unreserve,
    .stream_create = cpu_stream_create,
    .stream_destroy = cpu_stream_destroy,
    .launch = cpu_launch,
    .copy = cpu_copy,
    .synchronize = cpu_synchronize,
    .stream_fail = cpu_stream_fail,
    .event_create = cpu_event_create,
    .event_destroy = cpu_event_destroy,
    .event_record = cpu_event_record,
    .event_wait = cpu_event_wait,
    .event_reached = cpu_event_reached,
    .event_synchronize = cpu_event_synchronize,
    .event_notify = cpu_event_notify,
};

// Written once, under cpu_once.
static pthread_once_t cpu_once = PTHREAD_ONCE_INIT;
static ctf_device cpu_device;

static void make_cpu_device(void) {
  size_t limit = (size_t)ctf_option_number(CTF_OPTION_MEMORY_BUDGET);
  if (limit == 0) {
    ctf_host_memory memory;
    ctf_host_memory_read("", &memory);
    limit = ctf_host_memory_default_limit(&memory);
  }
  ctf_budget_set_limit(ctf_budget_host(), limit);
  ctf_device_init(&cpu_device, &kCpu, 0, ctf_budget_host());
}

ctf_device* ctf_device_cpu(void) {
  pthread_once(&cpu_once, make_cpu_device);
  return &cpu_device;
}
