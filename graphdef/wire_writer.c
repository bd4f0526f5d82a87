// The wire format from the end to the front.
#include <string.h>

#include "graphdef/message.h"

void ctf_put_bytes(ctf_wire_writer* w, const void* data, size_t bytes) {
  w->bytes += bytes;
  if (w->out == NULL || bytes == 0) return;
  CTF_ASSERT(w->bytes <= w->capacity);
  memcpy(w->out + w->capacity - w->bytes, data, bytes);
}

void ctf_put_varint(ctf_wire_writer* w, uint64_t value) {
  uint8_t text[10];
  size_t n = 0;
  while (value >= 0x80) {
    text[n++] = (uint8_t)(value | 0x80);
    value >>= 7;
  }
  text[n++] = (uint8_t)value;
  ctf_put_bytes(w, text, n);
}

void ctf_put_tag(ctf_wire_writer* w, uint32_t number, ProtobufCWireType type) {
  ctf_put_varint(w, (uint64_t)number << 3 | (uint32_t)type);
}

void ctf_put_number(ctf_wire_writer* w, uint32_t number, uint64_t value) {
  ctf_put_varint(w, value);
  ctf_put_tag(w, number, PROTOBUF_C_WIRE_TYPE_VARINT);
}

void ctf_put_block(ctf_wire_writer* w, uint32_t number, const void* data, size_t bytes) {
  const size_t end = w->bytes;
  ctf_put_bytes(w, data, bytes);
  ctf_put_front(w, number, end);
}

void ctf_put_front(ctf_wire_writer* w, uint32_t number, size_t end) {
  ctf_put_varint(w, w->bytes - end);
  ctf_put_tag(w, number, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED);
}

ctf_status ctf_wire_write(void (*put)(ctf_wire_writer* w, const void* what), const void* what, ctf_allocator* alloc,
                          ctf_bytes* out_bytes) {
  ctf_wire_writer w = {0};
  put(&w, what);
  w.capacity = w.bytes;
  CTF_TRY(ctf_alloc_array(alloc, &w.out, w.capacity));
  w.bytes = 0;
  put(&w, what);
  CTF_ASSERT(w.bytes == w.capacity);
  *out_bytes = (ctf_bytes){(const char*)w.out, w.bytes};
  return NULL;
}
