// The environment, read once. A variable is a convenience: each has a field in the API as well.
#ifndef CTF_RUNTIME_OPTIONS_H_
#define CTF_RUNTIME_OPTIONS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ctf_option {
  CTF_OPTION_MEMORY_BUDGET,  // CTF_MEMORY_BUDGET: bytes, with K, M, G; 0: the default
  CTF_OPTION_ISA,            // CTF_ISA
  CTF_OPTION_PASSES,         // CTF_PASSES
  CTF_OPTION_SEED,           // CTF_SEED: of SIM's interleaving
  CTF_OPTION_SIM_DEVICES,    // CTF_SIM_DEVICES: how many SIM devices a session has by default
  CTF_OPTION_THREADS,        // CTF_THREADS: how many threads a kernel may use by default; 0: as many as there are CPUs
  CTF_NUM_OPTIONS
} ctf_option;

typedef struct ctf_option_info {
  const char* variable;
  const char* default_text;
  const char* sentence;
} ctf_option_info;

const ctf_option_info* ctf_option_describe(ctf_option option);
const char* ctf_option_text(ctf_option option);  // the value in force; lives as long as the process
uint64_t ctf_option_number(ctf_option option);   // its number; malformed: the default, said once on the log
// "64M", "1.5G", "4096": bytes. False when it is none or overflows.
bool ctf_parse_bytes(const char* text, size_t* out_bytes);

#endif  // CTF_RUNTIME_OPTIONS_H_
