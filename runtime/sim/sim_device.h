// The simulated device's own functions, for tests. It is made by ctf_device_create_sim.
#ifndef CTF_RUNTIME_SIM_SIM_DEVICE_H_
#define CTF_RUNTIME_SIM_SIM_DEVICE_H_

#include "runtime/device.h"

// The nth launch from now on any stream of the device is lost: its stream fails with UNAVAILABLE, and with it all that
// is put there later and every event recorded there. 0 calls it off. Any thread.
void ctf_sim_fail_after(ctf_device* device, uint64_t n);

#endif  // CTF_RUNTIME_SIM_SIM_DEVICE_H_
