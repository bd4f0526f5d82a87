// Device strings of nodes: "/job:localhost/replica:0/task:0/device:SIM:1", "/GPU:0", "/cpu:0", parts of them, "*".
#ifndef CTF_ENGINE_DEVICE_SPEC_H_
#define CTF_ENGINE_DEVICE_SPEC_H_

#include "runtime/device.h"

typedef struct ctf_device_spec {
  bool has_job, has_replica, has_task, has_type, has_ordinal;  // a part that is missing or "*" fits anything
  char job[32];
  int replica;
  int task;
  char type[16];  // in capitals
  int ordinal;
} ctf_device_spec;

// False when it is malformed. "" names any device. Also "sim:0" and "cpu", for command lines.
CTF_MUST_USE bool ctf_device_spec_parse(const char* text, ctf_device_spec* out_name);
// The device has everything that the name asks for.
bool ctf_device_spec_fits(const ctf_device_spec* name, const ctf_device* device);

#endif  // CTF_ENGINE_DEVICE_SPEC_H_
