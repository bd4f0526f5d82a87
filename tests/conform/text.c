#include "tests/conform/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void* must_alloc(size_t bytes) {
  void* block = calloc(1, bytes != 0 ? bytes : 1);
  if (block == NULL) {
    fprintf(stderr, "ctfconform: no memory for %zu bytes\n", bytes);
    exit(2);
  }
  return block;
}

void* must_resize(void* block, size_t bytes) {
  void* resized = realloc(block, bytes != 0 ? bytes : 1);
  if (resized == NULL) {
    fprintf(stderr, "ctfconform: no memory for %zu bytes\n", bytes);
    exit(2);
  }
  return resized;
}

char* must_copy(const char* from, size_t length) {
  char* copy = must_alloc(length + 1);
  if (length > 0) memcpy(copy, from, length);  // an empty string may be NULL
  return copy;
}

static void text_reserve(text_buffer* inout_text, size_t more) {
  const size_t need = inout_text->length + more + 1;
  if (need <= inout_text->capacity) return;
  inout_text->capacity = need * 2;
  inout_text->data = must_resize(inout_text->data, inout_text->capacity);
}

void text_append_bytes(text_buffer* inout_text, const void* bytes, size_t length) {
  text_reserve(inout_text, length);
  if (length != 0) memcpy(inout_text->data + inout_text->length, bytes, length);
  inout_text->length += length;
  inout_text->data[inout_text->length] = '\0';
}

void text_append(text_buffer* inout_text, const char* format, ...) {
  va_list args;
  va_start(args, format);
  const int length = vsnprintf(NULL, 0, format, args);
  va_end(args);
  if (length < 0) return;
  text_reserve(inout_text, (size_t)length);
  va_start(args, format);
  vsnprintf(inout_text->data + inout_text->length, (size_t)length + 1, format, args);
  va_end(args);
  inout_text->length += (size_t)length;
}

void text_append_json(text_buffer* inout_text, const char* value) {
  text_append_bytes(inout_text, "\"", 1);
  for (const char* at = value; *at != '\0'; ++at) {
    const unsigned char byte = (unsigned char)*at;
    if (byte == '"' || byte == '\\') {
      text_append(inout_text, "\\%c", byte);
    } else if (byte < 0x20 || byte >= 0x7f) {  // messages may hold anything: what is not ASCII is not taken for UTF-8
      text_append(inout_text, "\\u%04x", byte);
    } else {
      text_append_bytes(inout_text, at, 1);
    }
  }
  text_append_bytes(inout_text, "\"", 1);
}

void text_clear(text_buffer* inout_text) {
  inout_text->length = 0;
  if (inout_text->data != NULL) inout_text->data[0] = '\0';
}

void text_free(text_buffer* inout_text) {
  free(inout_text->data);
  *inout_text = (text_buffer){0};
}

const char* text_get(const text_buffer* of) { return of->data != NULL ? of->data : ""; }

char* next_column(char** inout_line) {
  static char empty[1];
  if (*inout_line == NULL) {
    empty[0] = '\0';
    return empty;
  }
  return strsep(inout_line, "\t");
}
