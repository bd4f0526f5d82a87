#include "tests/conform/name_set.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctf/ctf.h"
#include "tests/conform/records.h"

uint64_t name_hash(const char* name, uint64_t seed) {
  uint64_t hash = 0xcbf29ce484222325u ^ (seed * 0x9e3779b97f4a7c15u);
  for (; *name != '\0'; ++name) hash = (hash ^ (uint8_t)*name) * 0x100000001b3u;
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdu;
  return hash ^ hash >> 33;
}

static size_t find_slot(const name_set* in, const char* name) {
  size_t slot = (size_t)name_hash(name, 0) & (in->num_slots - 1);
  while (in->slots[slot] != 0 && strcmp(in->list[in->slots[slot] - 1], name) != 0) {
    slot = (slot + 1) & (in->num_slots - 1);
  }
  return slot;
}

size_t name_set_find(const name_set* in, const char* name) {
  if (in->num_slots == 0) return NAME_SET_NONE;
  const size_t number = in->slots[find_slot(in, name)];
  return number != 0 ? number - 1 : NAME_SET_NONE;
}

static void grow(name_set* inout_names) {
  inout_names->num_slots = inout_names->num_slots != 0 ? inout_names->num_slots * 2 : 256;
  free(inout_names->slots);
  inout_names->slots = must_alloc(inout_names->num_slots * sizeof(*inout_names->slots));
  for (size_t i = 0; i < inout_names->count; ++i) {
    inout_names->slots[find_slot(inout_names, inout_names->list[i])] = i + 1;
  }
}

size_t name_set_add(name_set* inout_names, const char* name) {
  if (inout_names->count * 2 >= inout_names->num_slots) grow(inout_names);
  const size_t slot = find_slot(inout_names, name);
  if (inout_names->slots[slot] != 0) return inout_names->slots[slot] - 1;
  if (inout_names->count == inout_names->capacity) {
    inout_names->capacity = inout_names->capacity * 2 + 64;
    inout_names->list = must_resize(inout_names->list, inout_names->capacity * sizeof(*inout_names->list));
  }
  inout_names->list[inout_names->count] = must_copy(name, strlen(name));
  inout_names->slots[slot] = ++inout_names->count;
  return inout_names->count - 1;
}

static int compare_rows(const void* a, const void* b, void* list) {
  char* const* const name_of = list;
  return strcmp(name_of[*(const size_t*)a], name_of[*(const size_t*)b]);
}

size_t* name_set_sorted(const name_set* of) {
  size_t* order = must_alloc(of->count * sizeof(*order));
  for (size_t i = 0; i < of->count; ++i) order[i] = i;
  if (of->count != 0) qsort_r(order, of->count, sizeof(*order), compare_rows, of->list);
  return order;
}

void name_set_free(name_set* of) {
  for (size_t i = 0; i < of->count; ++i) free(of->list[i]);
  free(of->list);
  free(of->slots);
  *of = (name_set){0};
}

// An op that is defined and has no kernel is one that needs none: constants, placeholders, other views of the same
// bytes. The list tells both alike, so a definition whose kernel was forgotten fails by UNIMPLEMENTED instead of being
// skipped.
bool name_set_add_ops_with_kernel(name_set* inout_names, const char* device, text_buffer* why) {
  const bool on_sim = strncasecmp(device, "sim", 3) == 0;
  TF_Status* status = TF_NewStatus();
  CTF_OpList* list = CTF_AllOps(status);
  for (size_t i = 0; i < CTF_OpListCount(list); ++i) {
    CTF_OpInfo info = {.struct_size = sizeof(info)};
    CTF_OpListGet(list, i, &info, status);
    if (TF_GetCode(status) != TF_OK) break;
    const uint64_t types = on_sim ? info.sim_types : info.cpu_types;
    if (types != 0 || *info.family != '\0') name_set_add(inout_names, info.name);
  }
  const bool good = list != NULL && TF_GetCode(status) == TF_OK;
  if (!good) text_append(why, "the library does not list its ops: %s", TF_Message(status));
  CTF_DeleteOpList(list);
  TF_DeleteStatus(status);
  return good;
}

static bool list_has(const char* parts, const char* part) {
  const size_t length = strlen(part);
  for (const char* at = parts; at != NULL; at = strchr(at, ',') != NULL ? strchr(at, ',') + 1 : NULL) {
    if (strncmp(at, part, length) == 0 && (at[length] == ',' || at[length] == '\0')) return true;
  }
  return false;
}

bool name_set_add_ops_of_parts(name_set* inout_names, const char* path, const char* parts, text_buffer* why) {
  uint8_t* data = NULL;
  size_t bytes = 0;
  if (!read_whole_file(path, &data, &bytes, why)) return false;
  char* lines = must_copy((const char*)data, bytes);
  free(data);
  const size_t before = inout_names->count;
  char* rest = lines;
  for (char* line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
    const char* op = next_column(&line);
    const char* part = next_column(&line);
    if (*part != '\0' && list_has(parts, part)) name_set_add(inout_names, op);
  }
  free(lines);
  if (inout_names->count == before) text_append(why, "%s has no op of part %s", path, parts);
  return inout_names->count != before;
}
