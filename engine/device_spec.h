// Device strings: what they ask for, and which devices have it.
#ifndef CTF_ENGINE_DEVICE_SPEC_H_
#define CTF_ENGINE_DEVICE_SPEC_H_

#include "runtime/device.h"

typedef struct ctf_device_spec {
  bool has_job, has_replica, has_task, has_type, has_ordinal;  // a part that is missing or "*" fits anything
  char job[64];
  int replica;
  int task;
  char type[32];
  int ordinal;
} ctf_device_spec;

// The device string of a node, as TensorFlow reads it: "/job:localhost/replica:0/task:0/device:SIM:1", parts of it,
// "*",
// "/cpu:0" and "/gpu:0"; types are those of devices letter by letter. "" and "/" ask for nothing. False: malformed.
CTF_MUST_USE bool ctf_device_spec_parse(const char* text, ctf_device_spec* out_spec);
// A name as people write it: also "sim:0" and "cpu", in any case.
CTF_MUST_USE bool ctf_device_spec_parse_name(const char* text, ctf_device_spec* out_spec);
// The device has everything that is asked for. The CPU has as many numbers as `num_cpus` says.
bool ctf_device_spec_fits(const ctf_device_spec* spec, const ctf_device* device, int num_cpus);
bool ctf_device_spec_equal(const ctf_device_spec* a, const ctf_device_spec* b);

typedef struct ctf_device_spec_text {
  char text[160];
} ctf_device_spec_text;
ctf_device_spec_text ctf_device_spec_print(const ctf_device_spec* spec);  // "/job:a/task:0/device:CPU:*"

// Adds what `other` asks for. What contradicts is INVALID_ARGUMENT in TensorFlow's words ("Cannot merge devices with
// incompatible ids: ..."); with `soft`, a type or number that they do not share is not asked for any more, and the job
// stays.
CTF_MUST_USE ctf_status ctf_device_spec_merge(ctf_device_spec* inout_spec, const ctf_device_spec* other, bool soft);

#endif  // CTF_ENGINE_DEVICE_SPEC_H_
