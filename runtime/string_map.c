// A hash table of names, by uthash.
#include "runtime/string_map.h"

#include <limits.h>
#include <string.h>

// uthash ends the process when memory runs out, unless told not to; the table's own memory comes from the allocator of
// the `map` that is in scope where its macros are used.
#define HASH_NONFATAL_OOM 1
#define uthash_malloc(bytes) ctf_alloc_try(map->alloc, (bytes))
#define uthash_free(block, bytes) ctf_free(map->alloc, (block))
#include <uthash.h>

typedef struct map_entry {
  uint64_t value;
  UT_hash_handle hh;
  char key[];
} map_entry;

struct ctf_string_map {
  ctf_allocator* alloc;
  map_entry* entries;
};

static map_entry* find_entry(const ctf_string_map* map, const char* key, size_t length) {
  map_entry* found = NULL;
  if (length <= UINT_MAX) HASH_FIND(hh, map->entries, key, (unsigned)length, found);
  return found;
}

ctf_status ctf_string_map_create(ctf_allocator* alloc, ctf_string_map** out_map) {
  ctf_string_map* map = NULL;
  CTF_TRY(ctf_alloc_new(alloc, &map));
  map->alloc = alloc;
  *out_map = map;
  return NULL;
}

void ctf_string_map_free(ctf_string_map* map) {
  if (map == NULL) return;
  map_entry* entry = map->entries;
  HASH_CLEAR(hh, map->entries);
  while (entry != NULL) {  // the table is gone, its entries still know their order
    map_entry* next = entry->hh.next;
    ctf_free(map->alloc, entry);
    entry = next;
  }
  ctf_free(map->alloc, map);
}

ctf_status ctf_string_map_put(ctf_string_map* map, const char* key, size_t length, uint64_t value) {
  if (length > UINT_MAX) return ctf_error(TF_INVALID_ARGUMENT, "a name of %zu bytes is too long", length);
  map_entry* found = find_entry(map, key, length);
  if (found != NULL) {
    found->value = value;
    return NULL;
  }
  void* block = NULL;
  CTF_TRY(ctf_alloc_bytes(map->alloc, sizeof(map_entry) + length, &block));
  map_entry* entry = block;
  entry->value = value;
  if (length > 0) memcpy(entry->key, key, length);
  HASH_ADD_KEYPTR(hh, map->entries, entry->key, (unsigned)length, entry);
  if (entry->hh.tbl == NULL) {  // uthash's way to say that it had no memory and has not added it
    ctf_free(map->alloc, entry);
    return ctf_error(TF_RESOURCE_EXHAUSTED, "a table of %zu names has no memory for one more",
                     ctf_string_map_count(map));
  }
  return NULL;
}

bool ctf_string_map_get(const ctf_string_map* map, const char* key, size_t length, uint64_t* out_value) {
  const map_entry* found = find_entry(map, key, length);
  if (found == NULL) return false;
  *out_value = found->value;
  return true;
}

bool ctf_string_map_remove(ctf_string_map* map, const char* key, size_t length) {
  map_entry* found = find_entry(map, key, length);
  if (found == NULL) return false;
  HASH_DEL(map->entries, found);
  ctf_free(map->alloc, found);
  return true;
}

size_t ctf_string_map_count(const ctf_string_map* map) { return HASH_COUNT(map->entries); }
