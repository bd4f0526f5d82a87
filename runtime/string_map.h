// A map from names to small numbers: nodes, functions, plans. Lookups do not allocate.
#ifndef CTF_RUNTIME_STRING_MAP_H_
#define CTF_RUNTIME_STRING_MAP_H_

#include "runtime/memory.h"

typedef struct ctf_string_map ctf_string_map;  // one thread at a time

CTF_MUST_USE ctf_status ctf_string_map_create(ctf_allocator* alloc, ctf_string_map** out_map);
void ctf_string_map_free(ctf_string_map* map);
// The key is copied. Replaces the value of a key that is there.
CTF_MUST_USE ctf_status ctf_string_map_put(ctf_string_map* map, const char* key, size_t length, uint64_t value);
bool ctf_string_map_get(const ctf_string_map* map, const char* key, size_t length, uint64_t* out_value);
bool ctf_string_map_remove(ctf_string_map* map, const char* key, size_t length);
size_t ctf_string_map_count(const ctf_string_map* map);

#endif  // CTF_RUNTIME_STRING_MAP_H_
