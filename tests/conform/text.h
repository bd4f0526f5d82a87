// Memory and growing texts of the test programs. A program that judges others ends when it has no memory itself.
#ifndef CTF_TESTS_CONFORM_TEXT_H_
#define CTF_TESTS_CONFORM_TEXT_H_

#include <stddef.h>

void* must_alloc(size_t bytes);                    // zeroed; ends the program when there is none
void* must_resize(void* block, size_t bytes);      // new bytes are not set
char* must_copy(const char* text, size_t length);  // with a NUL behind it

// Owned by whoever declares it; starts as zeroes.
typedef struct text_buffer {
  char* data;  // NUL-terminated once something was appended
  size_t length;
  size_t capacity;
} text_buffer;

void text_append(text_buffer* inout_text, const char* format, ...) __attribute__((format(printf, 2, 3)));
void text_append_bytes(text_buffer* inout_text, const void* bytes, size_t length);
void text_append_json(text_buffer* inout_text, const char* value);  // quoted and escaped
void text_clear(text_buffer* inout_text);                           // keeps the memory
void text_free(text_buffer* inout_text);
const char* text_get(const text_buffer* of);  // "" when nothing was appended

// The next field of a line, as strsep does for tabs; "" when there is none left.
char* next_column(char** inout_line);

#endif  // CTF_TESTS_CONFORM_TEXT_H_
