// What every device's Assert, Print and PrintV2 share.
#ifndef CTF_OPS_PRINT_H_
#define CTF_OPS_PRINT_H_

#include "ops/op.h"

typedef struct ctf_print_attrs {
  int64_t summarize;  // elements of each tensor; negative: all
  int64_t first_n;    // of Print: calls that print; negative: all
  ctf_bytes message;
  ctf_bytes output_stream;  // of PrintV2
  ctf_bytes end;
} ctf_print_attrs;

#endif  // CTF_OPS_PRINT_H_
