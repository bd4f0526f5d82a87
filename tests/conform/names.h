// Sets of names, numbered in the order in which they came: ops, areas, baseline rows.
#ifndef CTF_TESTS_CONFORM_NAMES_H_
#define CTF_TESTS_CONFORM_NAMES_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/conform/text.h"

#define NAMES_NONE SIZE_MAX

typedef struct names {
  char** list;  // by number
  size_t count;
  size_t capacity;
  size_t* slots;  // number + 1; open addressing
  size_t num_slots;
} names;

size_t names_add(names* inout_names, const char* name);  // its number, old or new
size_t names_find(const names* in, const char* name);    // NAMES_NONE when it is not there
size_t* names_sorted(const names* of);                   // numbers by name; the caller frees
void names_free(names* of);
uint64_t name_hash(const char* name, uint64_t seed);

// The ops for which the device has a kernel of any type.
bool names_add_ops_with_kernel(names* inout_names, const char* device, text_buffer* why);
// The ops of some parts ("3" or "3,7"), from a table of op and part.
bool names_add_ops_of_parts(names* inout_names, const char* path, const char* parts, text_buffer* why);

#endif  // CTF_TESTS_CONFORM_NAMES_H_
