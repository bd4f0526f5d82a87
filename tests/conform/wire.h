// Walks the fields of a serialised protobuf message, one level at a time: the corpora hold graphs that are made to
// break whoever unpacks them, so the runner never does.
#ifndef CTF_TESTS_CONFORM_WIRE_H_
#define CTF_TESTS_CONFORM_WIRE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct wire_cursor {
  const uint8_t* at;
  const uint8_t* end;
  bool malformed;
} wire_cursor;

typedef struct wire_field {
  uint32_t number;
  uint32_t type;        // 0 varint, 1 eight bytes, 2 counted, 5 four bytes
  uint64_t value;       // of a varint
  const uint8_t* data;  // of a counted field: in the message
  size_t bytes;
  const uint8_t* start;  // of the field with its tag; it ends at the cursor
} wire_field;

wire_cursor wire_begin(const uint8_t* data, size_t bytes);
// False at the end and at the first malformed field, which `malformed` tells apart.
bool wire_next(wire_cursor* inout_cursor, wire_field* out_field);

#endif  // CTF_TESTS_CONFORM_WIRE_H_
