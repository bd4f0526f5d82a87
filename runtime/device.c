// Devices as callers see them: argument checks, charging and counting, once for all kinds.
#include "runtime/device.h"

#include <stdio.h>

#include "runtime/device_impl.h"

void ctf_device_init(ctf_device* device, const ctf_device_vtable* vtable, int ordinal, ctf_budget* budget) {
  device->vtable = vtable;
  atomic_init(&device->refs, 1);
  device->ordinal = ordinal;
  device->budget = budget;
  snprintf(device->name, sizeof(device->name), "/job:localhost/replica:0/task:0/device:%s:%d", vtable->type, ordinal);
}

ctf_device* ctf_device_retain(ctf_device* device) {
  atomic_fetch_add_explicit(&device->refs, 1, memory_order_relaxed);
  return device;
}

void ctf_device_release(ctf_device* device) {
  if (device == NULL) return;
  if (atomic_fetch_sub_explicit(&device->refs, 1, memory_order_acq_rel) == 1) device->vtable->destroy(device);
}

ctf_device_kind ctf_device_get_kind(const ctf_device* device) { return device->vtable->kind; }

const char* ctf_device_name(const ctf_device* device) { return device->name; }

const char* ctf_device_type(const ctf_device* device) { return device->vtable->type; }

int ctf_device_ordinal(const ctf_device* device) { return device->ordinal; }

ctf_budget* ctf_device_budget(ctf_device* device) { return device->budget; }

bool ctf_device_is_async(const ctf_device* device) { return device->vtable->is_async; }

bool ctf_device_host_visible(const ctf_device* device) { return device->vtable->host_visible; }

ctf_status ctf_device_reserve(ctf_device* device, ctf_budget* budget, size_t bytes, const char* what,
                              ctf_block* out_block) {
  if (budget == NULL) budget = device->budget;
  ctf_block block = {NULL, bytes};
  if (bytes > 0) {
    CTF_TRY(ctf_budget_reserve(budget, bytes, what));
    ctf_status status = device->vtable->reserve(device, bytes, &block);
    if (status != NULL) {
      ctf_budget_unreserve(budget, bytes);
      return ctf_error_note(status, "%s", what);
    }
    CTF_ASSERT(block.data != NULL && (uintptr_t)block.data % CTF_TENSOR_ALIGNMENT == 0 && block.bytes == bytes);
  }
  *out_block = block;
  return NULL;
}

void ctf_device_unreserve(ctf_device* device, ctf_budget* budget, ctf_block* block) {
  if (block->data != NULL) {
    const size_t bytes = block->bytes;
    device->vtable->unreserve(device, block);
    ctf_budget_unreserve(budget != NULL ? budget : device->budget, bytes);
  }
  *block = (ctf_block){NULL, 0};
}

ctf_status ctf_stream_create(ctf_device* device, ctf_stream** out_stream) {
  CTF_TRY(device->vtable->stream_create(device, out_stream));
  ctf_device_retain(device);
  return NULL;
}

void ctf_stream_destroy(ctf_stream* stream) {
  if (stream == NULL) return;
  ctf_device* device = stream->device;
  device->vtable->stream_destroy(stream);
  ctf_device_release(device);
}

ctf_device* ctf_stream_device(ctf_stream* stream) { return stream->device; }

ctf_status ctf_stream_launch(ctf_stream* stream, ctf_work_fn run, void* arg) {
  CTF_ASSERT(run != NULL);
  return stream->device->vtable->launch(stream, run, arg);
}

ctf_status ctf_stream_copy(ctf_stream* stream, void* to, const void* from, size_t bytes, ctf_copy_kind kind) {
  if (bytes == 0) return NULL;
  CTF_ASSERT(to != NULL && from != NULL);
  return stream->device->vtable->copy(stream, to, from, bytes, kind);
}

ctf_status ctf_stream_synchronize(ctf_stream* stream) { return stream->device->vtable->synchronize(stream); }

ctf_status ctf_event_create(ctf_device* device, ctf_event** out_event) {
  CTF_TRY(device->vtable->event_create(device, out_event));
  ctf_device_retain(device);
  return NULL;
}

void ctf_event_destroy(ctf_event* event) {
  if (event == NULL) return;
  ctf_device* device = event->device;
  device->vtable->event_destroy(event);
  ctf_device_release(device);
}

ctf_status ctf_event_record(ctf_stream* stream, ctf_event* event) {
  CTF_ASSERT(event->device == stream->device);
  return stream->device->vtable->event_record(stream, event);
}

ctf_status ctf_stream_wait(ctf_stream* stream, ctf_event* event) {
  const ctf_device_vtable* vtable = stream->device->vtable;
  if (event->device->vtable == vtable) return vtable->event_wait(stream, event);
  // Between kinds one side is the CPU. Its events are reached when they are recorded, and its streams are the host's
  // own thread, for which waiting on the stream and waiting on the host are the same.
  ctf_status failure = ctf_event_synchronize(event);
  return failure == NULL ? NULL : vtable->stream_fail(stream, failure);
}

bool ctf_event_reached(ctf_event* event) { return event->device->vtable->event_reached(event); }

ctf_status ctf_event_synchronize(ctf_event* event) { return event->device->vtable->event_synchronize(event); }

ctf_status ctf_event_notify(ctf_event* event, void (*notify)(void* arg, ctf_status failure), void* arg) {
  CTF_ASSERT(notify != NULL);
  return event->device->vtable->event_notify(event, notify, arg);
}
