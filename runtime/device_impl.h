// For those who implement a device, nobody else. Argument checks, charging and counting live in device.c, once.
#ifndef CTF_RUNTIME_DEVICE_IMPL_H_
#define CTF_RUNTIME_DEVICE_IMPL_H_

#include <stdatomic.h>

#include "runtime/device.h"

typedef struct ctf_device_vtable {  // one `static const` table per kind, every slot filled
  ctf_device_kind kind;
  const char* type;
  bool is_async;
  bool host_visible;

  void (*destroy)(ctf_device* device);
  ctf_status (*reserve)(ctf_device* device, size_t bytes, ctf_block* out_block);  // has been charged already
  void (*unreserve)(ctf_device* device, ctf_block* block);

  ctf_status (*stream_create)(ctf_device* device, ctf_stream** out_stream);
  void (*stream_destroy)(ctf_stream* stream);
  ctf_status (*launch)(ctf_stream* stream, ctf_work_fn run, void* arg);
  ctf_status (*copy)(ctf_stream* stream, void* to, const void* from, size_t bytes, ctf_copy_kind kind);
  ctf_status (*synchronize)(ctf_stream* stream);
  // What is put on the stream from now on fails with this, which it takes over. When that cannot be kept it is returned.
  ctf_status (*stream_fail)(ctf_stream* stream, ctf_status failure);

  ctf_status (*event_create)(ctf_device* device, ctf_event** out_event);
  void (*event_destroy)(ctf_event* event);
  ctf_status (*event_record)(ctf_stream* stream, ctf_event* event);
  ctf_status (*event_wait)(ctf_stream* stream, ctf_event* event);  // of any device of this kind
  bool (*event_reached)(ctf_event* event);
  ctf_status (*event_synchronize)(ctf_event* event);
  ctf_status (*event_notify)(ctf_event* event, void (*notify)(void* arg, ctf_status failure), void* arg);
} ctf_device_vtable;

struct ctf_device {
  const ctf_device_vtable* vtable;
  atomic_int refs;
  int ordinal;
  ctf_budget* budget;  // every reserve has been charged below here before the slot is called
  char name[64];
};

struct ctf_stream {
  ctf_device* device;  // set by stream_create, counted by device.c
};

struct ctf_event {
  ctf_device* device;  // set by event_create, counted by device.c
};

// For the devices' constructors: fills the base. Takes over the budget's count.
void ctf_device_init(ctf_device* device, const ctf_device_vtable* vtable, int ordinal, ctf_budget* budget);

#endif  // CTF_RUNTIME_DEVICE_IMPL_H_
