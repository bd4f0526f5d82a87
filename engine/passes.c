// The list of passes, and which of them a text asks for.
#include <stdio.h>
#include <string.h>

#include "engine/plan_graph.h"

typedef struct pass_row {
  const char* name;
  ctf_status (*run)(ctf_plan_graph* graph);  // NULL: it is done with each layout
  uint32_t layout_pass;
} pass_row;

static const pass_row kPasses[] = {
    {"fold", ctf_pass_fold},
    {"transpose", ctf_pass_transpose},
    {"fuse", ctf_pass_fuse},
    {"order", .layout_pass = CTF_LAYOUT_ORDER},
    {"inplace", .layout_pass = CTF_LAYOUT_IN_PLACE},
    {"pack", .layout_pass = CTF_LAYOUT_PACK},
};
enum { NUM_PASSES = sizeof(kPasses) / sizeof(kPasses[0]) };

static int find_pass(const char* name, size_t length) {
  for (int i = 0; i < NUM_PASSES; ++i) {
    if (strlen(kPasses[i].name) == length && memcmp(kPasses[i].name, name, length) == 0) return i;
  }
  return -1;
}

static ctf_status no_pass(const char* name, size_t length) {
  char names[256] = "all, none";
  for (size_t i = 0, used = strlen(names); i < NUM_PASSES && used < sizeof(names); ++i) {
    used += (size_t)snprintf(names + used, sizeof(names) - used, ", %s", kPasses[i].name);
  }
  return ctf_error(TF_INVALID_ARGUMENT, "no pass is named '%.*s'; there is: %s", (int)length, name, names);
}

// "-name" takes one out of all, "name" alone begins with none.
static ctf_status parse_passes(const char* text, bool* enabled) {
  bool all = true;
  for (const char* at = text; *at != '\0';) {
    const size_t length = strcspn(at, ",");
    if (length > 0 && at[0] != '-' && !(length == 3 && memcmp(at, "all", 3) == 0)) all = false;
    at += length + (at[length] == ',');
  }
  for (int i = 0; i < NUM_PASSES; ++i) enabled[i] = all;
  for (const char* at = text; *at != '\0';) {
    const size_t length = strcspn(at, ",");
    const bool off = at[0] == '-';
    const char* name = at + off;
    const size_t name_length = length - off;
    const bool word =
        (name_length == 3 && memcmp(name, "all", 3) == 0) || (name_length == 4 && memcmp(name, "none", 4) == 0);
    if (length > 0 && !word) {
      const int pass = find_pass(name, name_length);
      if (pass < 0) return no_pass(name, name_length);
      enabled[pass] = !off;
    }
    at += length + (at[length] == ',');
  }
  return NULL;
}

ctf_status ctf_passes_run(ctf_plan_graph* graph, const char* passes, uint32_t* out_layout_passes) {
  bool enabled[NUM_PASSES];
  CTF_TRY(parse_passes(passes, enabled));
  *out_layout_passes = 0;
  for (int i = 0; i < NUM_PASSES; ++i) {
    if (enabled[i]) *out_layout_passes |= kPasses[i].layout_pass;
    if (enabled[i] && kPasses[i].run != NULL)
      CTF_TRY(ctf_error_note(kPasses[i].run(graph), "pass '%s'", kPasses[i].name));
  }
  return NULL;
}
