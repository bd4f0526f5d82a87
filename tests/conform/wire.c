#include "tests/conform/wire.h"

wire_cursor wire_begin(const uint8_t* data, size_t bytes) {
  return (wire_cursor){.at = data, .end = bytes != 0 ? data + bytes : data};
}

static bool read_varint(wire_cursor* inout_cursor, uint64_t* out_value) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (inout_cursor->at == inout_cursor->end) return false;
    const uint8_t byte = *inout_cursor->at++;
    if (shift < 64) value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) {
      *out_value = value;
      return true;
    }
  }
  return false;
}

static bool read_field(wire_cursor* inout_cursor, wire_field* out_field) {
  uint64_t tag;
  if (!read_varint(inout_cursor, &tag)) return false;
  out_field->number = (uint32_t)(tag >> 3);
  out_field->type = (uint32_t)(tag & 7);
  uint64_t length = 0;
  switch (out_field->type) {
    case 0:
      return read_varint(inout_cursor, &out_field->value);
    case 1:
      length = 8;
      break;
    case 2:
      if (!read_varint(inout_cursor, &length)) return false;
      break;
    case 5:
      length = 4;
      break;
    default:
      return false;
  }
  if (length > (size_t)(inout_cursor->end - inout_cursor->at)) return false;
  out_field->data = inout_cursor->at;
  out_field->bytes = (size_t)length;
  inout_cursor->at += length;
  return true;
}

bool wire_next(wire_cursor* inout_cursor, wire_field* out_field) {
  if (inout_cursor->at == inout_cursor->end || inout_cursor->malformed) return false;
  *out_field = (wire_field){.start = inout_cursor->at};
  inout_cursor->malformed = !read_field(inout_cursor, out_field);
  return !inout_cursor->malformed;
}
