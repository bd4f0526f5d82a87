// Bytes for the tests of graphdef/: hex in, files in, and a place that everything is allocated from.
#ifndef CTF_TESTS_GRAPHDEF_BYTES_H_
#define CTF_TESTS_GRAPHDEF_BYTES_H_

#include "graphdef/graph_def.h"

// A scratch allocator over a checked one: place_close asserts that nothing is left of what was allocated since
// place_open, of any allocator.
typedef struct place {
  uint64_t live_before;
  ctf_budget* budget;
  ctf_allocator* system;
  ctf_allocator* scratch;
} place;

void place_open(place* p);
void place_open_with(place* p, size_t limit_bytes);  // the budget's
void place_close(place* p);

ctf_bytes bytes_from_hex(ctf_allocator* alloc, const char* hex);  // blanks are skipped
ctf_bytes bytes_from_file(ctf_allocator* alloc, const char* path);
ctf_bytes bytes_join(ctf_allocator* alloc, ctf_bytes a, ctf_bytes b);
// A length-delimited field around `inner`.
ctf_bytes bytes_field(ctf_allocator* alloc, uint32_t number, ctf_bytes inner);

ctf_source source_of(const place* p, ctf_bytes bytes);  // without a mapping

void assert_same_bytes(const char* name, ctf_bytes got, ctf_bytes want);
// Asserts the code and that the message contains `part`; drops the status. `part` NULL: OK.
void assert_status(const char* name, ctf_status status, TF_Code code, const char* part);

#endif  // CTF_TESTS_GRAPHDEF_BYTES_H_
