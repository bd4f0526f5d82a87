// Devices, streams and events, as callers see them.
//
// A device has memory of its own; a stream executes what is put on it in order; an event marks a place on a stream.
// On the CPU device a stream executes at once, on the caller's thread. SIM devices execute on a thread per stream.
#ifndef CTF_RUNTIME_DEVICE_H_
#define CTF_RUNTIME_DEVICE_H_

#include "runtime/memory.h"

typedef struct ctf_device ctf_device;  // counted; any thread
typedef struct ctf_stream ctf_stream;  // one thread at a time puts work on it
typedef struct ctf_event ctf_event;    // any thread; recorded by one at a time

typedef enum ctf_device_kind { CTF_DEVICE_CPU, CTF_DEVICE_SIM, CTF_DEVICE_CUDA } ctf_device_kind;

typedef struct ctf_block {  // memory of a device
  void* data;               // aligned to CTF_TENSOR_ALIGNMENT; NULL for 0 bytes
  size_t bytes;
} ctf_block;

// The process's CPU device, its budget limited by CTF_MEMORY_BUDGET or the host's default; never freed.
ctf_device* ctf_device_cpu(void);
// A simulated device with its own budget node (no limit but what is set), for tests and for `-d sim`.
typedef struct ctf_sim_options {
  int ordinal;              // of /device:SIM:ordinal
  uint64_t seed;            // of the random delays: the same seed gives the same interleaving of delays
  uint32_t max_delay_us;    // before each piece of work; 0: none
} ctf_sim_options;
CTF_MUST_USE ctf_status ctf_device_create_sim(const ctf_sim_options* options, ctf_device** out_device);

ctf_device* ctf_device_retain(ctf_device* device);
void ctf_device_release(ctf_device* device);

ctf_device_kind ctf_device_get_kind(const ctf_device* device);
const char* ctf_device_name(const ctf_device* device);  // "/job:localhost/replica:0/task:0/device:CPU:0"
const char* ctf_device_type(const ctf_device* device);  // "CPU", "SIM", "GPU"
int ctf_device_ordinal(const ctf_device* device);
ctf_budget* ctf_device_budget(ctf_device* device);
// Kernels of this device run on its streams after the call that launched them has returned.
bool ctf_device_is_async(const ctf_device* device);
// The host may read and write its memory (only when no work on a stream does).
bool ctf_device_host_visible(const ctf_device* device);

// Memory. The bytes are charged to `budget`, a descendant of the device's (NULL: the device's own).
CTF_MUST_USE ctf_status ctf_device_reserve(ctf_device* device, ctf_budget* budget, size_t bytes, const char* what,
                                           ctf_block* out_block);
void ctf_device_unreserve(ctf_device* device, ctf_budget* budget, ctf_block* block);  // nothing may still use it

// Streams. Destroying one waits for what is on it.
CTF_MUST_USE ctf_status ctf_stream_create(ctf_device* device, ctf_stream** out_stream);
void ctf_stream_destroy(ctf_stream* stream);  // accepts NULL
ctf_device* ctf_stream_device(ctf_stream* stream);

// Puts work on the stream. `run` is called once, in the stream's order: on the CPU before this returns, on SIM on the
// stream's thread; on a device whose kernels put themselves on the stream, before this returns. A failure is the
// device's (work lost), never the work's own.
typedef void (*ctf_work_fn)(void* arg);
CTF_MUST_USE ctf_status ctf_stream_launch(ctf_stream* stream, ctf_work_fn run, void* arg);

// Copies in the stream's order, between the device's memory and the host's or within the device. Both must live until
// the copy has been executed.
typedef enum ctf_copy_kind { CTF_COPY_HOST_TO_DEVICE, CTF_COPY_DEVICE_TO_HOST, CTF_COPY_WITHIN_DEVICE } ctf_copy_kind;
CTF_MUST_USE ctf_status ctf_stream_copy(ctf_stream* stream, void* to, const void* from, size_t bytes,
                                        ctf_copy_kind kind);
// Waits until everything put on it so far has been executed; gives the failure of the device, if there is one.
CTF_MUST_USE ctf_status ctf_stream_synchronize(ctf_stream* stream);

// Events. An event that has not been recorded counts as reached.
CTF_MUST_USE ctf_status ctf_event_create(ctf_device* device, ctf_event** out_event);
void ctf_event_destroy(ctf_event* event);  // accepts NULL; waits until a recorded one has been reached
CTF_MUST_USE ctf_status ctf_event_record(ctf_stream* stream, ctf_event* event);
// What is put on the stream after this runs only once the event is reached; the host does not wait. The event may be of
// another device. A failed event makes the stream fail.
CTF_MUST_USE ctf_status ctf_stream_wait(ctf_stream* stream, ctf_event* event);
bool ctf_event_reached(ctf_event* event);
CTF_MUST_USE ctf_status ctf_event_synchronize(ctf_event* event);  // the host waits; gives the failure it carries
// Calls `notify` once when the recorded event is reached: on this thread if it is already, else on a thread of the
// device's, which must not be held up. `failure` is owned by the callee.
CTF_MUST_USE ctf_status ctf_event_notify(ctf_event* event, void (*notify)(void* arg, ctf_status failure), void* arg);

#endif  // CTF_RUNTIME_DEVICE_H_
