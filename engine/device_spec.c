#include "engine/device_spec.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool parse_number(const char* text, size_t length, int* out_number) {
  int number = 0;
  if (length == 0 || length > 6) return false;
  for (size_t i = 0; i < length; ++i) {
    if (!isdigit((unsigned char)text[i])) return false;
    number = 10 * number + (text[i] - '0');
  }
  *out_number = number;
  return true;
}

static bool parse_type(const char* text, size_t length, ctf_device_spec* name) {
  if (length == 1 && text[0] == '*') return true;
  if (length == 0 || length >= sizeof(name->type)) return false;
  for (size_t i = 0; i < length; ++i) {
    if (!isalnum((unsigned char)text[i]) && text[i] != '_') return false;
    name->type[i] = (char)toupper((unsigned char)text[i]);
  }
  name->type[length] = '\0';
  name->has_type = true;
  return true;
}

// "TYPE", "TYPE:3", "TYPE:*"
static bool parse_device(const char* text, size_t length, ctf_device_spec* name) {
  const char* colon = memchr(text, ':', length);
  const size_t type_length = colon != NULL ? (size_t)(colon - text) : length;
  if (!parse_type(text, type_length, name)) return false;
  if (colon == NULL) return true;
  const char* ordinal = colon + 1;
  const size_t ordinal_length = length - type_length - 1;
  if (ordinal_length == 1 && ordinal[0] == '*') return true;
  name->has_ordinal = true;
  return parse_number(ordinal, ordinal_length, &name->ordinal);
}

static bool parse_task_part(const char* value, size_t length, bool* out_has, int* out_number) {
  if (length == 1 && value[0] == '*') return true;
  *out_has = true;
  return parse_number(value, length, out_number);
}

static bool parse_part(const char* part, size_t length, ctf_device_spec* name) {
  const char* colon = memchr(part, ':', length);
  const size_t key_length = colon != NULL ? (size_t)(colon - part) : length;
  if (colon != NULL) {
    const char* value = colon + 1;
    const size_t value_length = length - key_length - 1;
    if (key_length == 3 && memcmp(part, "job", 3) == 0) {
      if (value_length == 1 && value[0] == '*') return true;
      if (value_length == 0 || value_length >= sizeof(name->job)) return false;
      memcpy(name->job, value, value_length);
      name->job[value_length] = '\0';
      name->has_job = true;
      return true;
    }
    if (key_length == 7 && memcmp(part, "replica", 7) == 0) {
      return parse_task_part(value, value_length, &name->has_replica, &name->replica);
    }
    if (key_length == 4 && memcmp(part, "task", 4) == 0) {
      return parse_task_part(value, value_length, &name->has_task, &name->task);
    }
    if (key_length == 6 && memcmp(part, "device", 6) == 0) return parse_device(value, value_length, name);
  }
  return parse_device(part, length, name);  // the older spelling, "/cpu:0"
}

bool ctf_device_spec_parse(const char* text, ctf_device_spec* out_name) {
  memset(out_name, 0, sizeof(*out_name));
  if (text[0] == '\0') return true;
  if (text[0] != '/') return parse_device(text, strlen(text), out_name);
  while (text[0] == '/') {
    const size_t length = strcspn(text + 1, "/");
    if (length == 0) return text[1] == '\0';
    if (!parse_part(text + 1, length, out_name)) return false;
    text += 1 + length;
  }
  return true;
}

bool ctf_device_spec_fits(const ctf_device_spec* name, const ctf_device* device) {
  if (name->has_job && strcmp(name->job, "localhost") != 0) return false;
  if ((name->has_replica && name->replica != 0) || (name->has_task && name->task != 0)) return false;
  if (name->has_type && strcmp(name->type, ctf_device_type(device)) != 0) return false;
  return !name->has_ordinal || name->ordinal == ctf_device_ordinal(device);
}
