#include "engine/device_spec.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// ---- device strings of nodes

static bool take(const char** inout_text, const char* prefix) {
  const size_t length = strlen(prefix);
  if (strncmp(*inout_text, prefix, length) != 0) return false;
  *inout_text += length;
  return true;
}

static bool take_number(const char** inout_text, int* out_number) {
  const char* at = *inout_text;
  int number = 0;
  if (!isdigit((unsigned char)*at)) return false;
  for (; isdigit((unsigned char)*at); ++at) number = number > INT_MAX / 10 - 1 ? INT_MAX : 10 * number + (*at - '0');
  *inout_text = at;
  *out_number = number;
  return true;
}

// A letter, then letters, digits and '_'. What does not fit into `size` bytes is no name here.
static bool take_name(const char** inout_text, char* out_name, size_t size) {
  const char* at = *inout_text;
  if (!isalpha((unsigned char)*at)) return false;
  while (isalnum((unsigned char)*at) || *at == '_') ++at;
  const size_t length = (size_t)(at - *inout_text);
  if (length >= size) return false;
  memcpy(out_name, *inout_text, length);
  out_name[length] = '\0';
  *inout_text = at;
  return true;
}

static bool take_number_or_any(const char** inout_text, bool* out_has, int* out_number) {
  *out_has = !take(inout_text, "*");
  return !*out_has || take_number(inout_text, out_number);
}

// "/cpu:0", as old programs write it.
static bool take_short(const char** inout_text, const char* type, ctf_device_spec* spec) {
  strcpy(spec->type, type);
  spec->has_type = true;
  return take_number_or_any(inout_text, &spec->has_ordinal, &spec->ordinal);
}

static bool take_device(const char** inout_text, ctf_device_spec* spec) {
  spec->has_type = !take(inout_text, "*");
  if (spec->has_type && !take_name(inout_text, spec->type, sizeof(spec->type))) return false;
  spec->has_ordinal = false;
  return !take(inout_text, ":") || take_number_or_any(inout_text, &spec->has_ordinal, &spec->ordinal);
}

bool ctf_device_spec_parse(const char* text, ctf_device_spec* out_spec) {
  ctf_device_spec* const s = out_spec;
  memset(s, 0, sizeof(*s));
  if (strcmp(text, "/") == 0) return true;
  while (*text != '\0') {
    bool good;
    if (take(&text, "/job:")) {
      s->has_job = !take(&text, "*");
      good = !s->has_job || take_name(&text, s->job, sizeof(s->job));
    } else if (take(&text, "/replica:")) {
      good = take_number_or_any(&text, &s->has_replica, &s->replica);
    } else if (take(&text, "/task:")) {
      good = take_number_or_any(&text, &s->has_task, &s->task);
    } else if (take(&text, "/device:")) {
      good = take_device(&text, s);
    } else if (take(&text, "/cpu:") || take(&text, "/CPU:")) {
      good = take_short(&text, "CPU", s);
    } else {
      good = (take(&text, "/gpu:") || take(&text, "/GPU:")) && take_short(&text, "GPU", s);
    }
    if (!good) return false;
  }
  return true;
}

// ---- names as people write them

// The types that there are, in the case that they have.
static void capitals(char* type) {
  for (; *type != '\0'; ++type) *type = (char)toupper((unsigned char)*type);
}

bool ctf_device_spec_parse_name(const char* text, ctf_device_spec* out_spec) {
  char full[sizeof(ctf_device_spec_text)];
  bool good = false;
  if (text[0] == '\0' || text[0] == '/') {
    good = ctf_device_spec_parse(text, out_spec);
  }
  if (!good) {  // "sim:0", "/sim:0"
    if (snprintf(full, sizeof(full), "/device:%s", text + (text[0] == '/')) >= (int)sizeof(full)) return false;
    good = ctf_device_spec_parse(full, out_spec);
  }
  capitals(out_spec->type);
  return good;
}

// ---- what is asked for

bool ctf_device_spec_fits(const ctf_device_spec* spec, const ctf_device* device, int num_cpus) {
  if (spec->has_job && strcmp(spec->job, "localhost") != 0) return false;
  if ((spec->has_replica && spec->replica != 0) || (spec->has_task && spec->task != 0)) return false;
  if (spec->has_type && strcmp(spec->type, ctf_device_type(device)) != 0) return false;
  if (!spec->has_ordinal || spec->ordinal == ctf_device_ordinal(device)) return true;
  return ctf_device_get_kind(device) == CTF_DEVICE_CPU && spec->ordinal < num_cpus;
}

ctf_device_spec_text ctf_device_spec_print(const ctf_device_spec* spec) {
  ctf_device_spec_text out = {""};
  char* const text = out.text;
  size_t used = 0;
  if (spec->has_job) used += (size_t)snprintf(text + used, sizeof(out.text) - used, "/job:%s", spec->job);
  if (spec->has_replica) used += (size_t)snprintf(text + used, sizeof(out.text) - used, "/replica:%d", spec->replica);
  if (spec->has_task) used += (size_t)snprintf(text + used, sizeof(out.text) - used, "/task:%d", spec->task);
  if (spec->has_type) used += (size_t)snprintf(text + used, sizeof(out.text) - used, "/device:%s:", spec->type);
  if (spec->has_type && !spec->has_ordinal) snprintf(text + used, sizeof(out.text) - used, "*");
  if (spec->has_type && spec->has_ordinal) snprintf(text + used, sizeof(out.text) - used, "%d", spec->ordinal);
  return out;
}

bool ctf_device_spec_equal(const ctf_device_spec* a, const ctf_device_spec* b) {
  return a->has_job == b->has_job && (!a->has_job || strcmp(a->job, b->job) == 0) && a->has_replica == b->has_replica &&
         (!a->has_replica || a->replica == b->replica) && a->has_task == b->has_task &&
         (!a->has_task || a->task == b->task) && a->has_type == b->has_type &&
         (!a->has_type || strcmp(a->type, b->type) == 0) && a->has_ordinal == b->has_ordinal &&
         (!a->has_ordinal || a->ordinal == b->ordinal);
}

static ctf_status cannot_merge(const ctf_device_spec* spec, const ctf_device_spec* other, const char* what) {
  return ctf_error(TF_INVALID_ARGUMENT, "Cannot merge devices with incompatible %s: '%s' and '%s'", what,
                   ctf_device_spec_print(spec).text, ctf_device_spec_print(other).text);
}

ctf_status ctf_device_spec_merge(ctf_device_spec* inout_spec, const ctf_device_spec* other, bool soft) {
  ctf_device_spec* const s = inout_spec;
  const char* clash = NULL;
  if (s->has_job && other->has_job && strcmp(s->job, other->job) != 0) clash = "jobs";
  if (clash == NULL && s->has_replica && other->has_replica && s->replica != other->replica) clash = "replicas";
  if (clash == NULL && s->has_task && other->has_task && s->task != other->task) clash = "tasks";
  if (clash != NULL) return soft ? NULL : cannot_merge(s, other, clash);
  if (other->has_job) memcpy(s->job, other->job, sizeof(s->job));
  if (other->has_replica) s->replica = other->replica;
  if (other->has_task) s->task = other->task;
  s->has_job |= other->has_job;
  s->has_replica |= other->has_replica;
  s->has_task |= other->has_task;
  if (s->has_type && other->has_type && strcmp(s->type, other->type) != 0) {
    if (!soft) return cannot_merge(s, other, "types");
    s->has_type = s->has_ordinal = false;
    return NULL;
  }
  if (other->has_type) memcpy(s->type, other->type, sizeof(s->type));
  s->has_type |= other->has_type;
  if (s->has_ordinal && other->has_ordinal && s->ordinal != other->ordinal) {
    if (!soft) return cannot_merge(s, other, "ids");
    s->has_ordinal = false;
    return NULL;
  }
  if (other->has_ordinal) s->ordinal = other->ordinal;
  s->has_ordinal |= other->has_ordinal;
  return NULL;
}
