// Sets of names, numbered in the order in which they came: ops, areas, baseline rows.
#ifndef CTF_TESTS_CONFORM_NAME_SET_H_
#define CTF_TESTS_CONFORM_NAME_SET_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/conform/text.h"

#define NAME_SET_NONE SIZE_MAX

typedef struct name_set {
  char** list;  // by number
  size_t count;
  size_t capacity;
  size_t* slots;  // number + 1; open addressing
  size_t num_slots;
} name_set;

size_t name_set_add(name_set* inout_names, const char* name);  // its number, old or new
size_t name_set_find(const name_set* in, const char* name);    // NAME_SET_NONE when it is not there
size_t* name_set_sorted(const name_set* of);                   // numbers by name; the caller frees
void name_set_free(name_set* of);
uint64_t name_hash(const char* name, uint64_t seed);

// The ops for which the device has a kernel of any type.
bool name_set_add_ops_with_kernel(name_set* inout_names, const char* device, text_buffer* why);
// The ops of some parts ("3" or "3,7"), from a table of op and part.
bool name_set_add_ops_of_parts(name_set* inout_names, const char* path, const char* parts, text_buffer* why);

#endif  // CTF_TESTS_CONFORM_NAME_SET_H_
