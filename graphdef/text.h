// Protobuf's text format, both ways, for any message that has a descriptor. The other side is always the wire format:
// what was read from text goes the same way through the bounded scanner as what was read from a binary file.
#ifndef CTF_GRAPHDEF_TEXT_H_
#define CTF_GRAPHDEF_TEXT_H_

#include <protobuf-c/protobuf-c.h>

#include "graphdef/attr.h"

// Text to wire format. INVALID_ARGUMENT "3:14: ...": line and column, from 1, and what stands there. Fields are looked
// up by name; extensions and `Any` in its expanded form are refused. The bytes are from `alloc`, to be freed with
// ctf_free.
CTF_MUST_USE ctf_status ctf_text_read(const ProtobufCMessageDescriptor* descriptor, const char* text, size_t length,
                                      ctf_allocator* alloc, ctf_bytes* out_wire);

// Wire format to text, terminated: fields by number, maps by key, nothing that is at its default, no unknown fields.
// The same message always gives the same text. From `alloc`, to be freed with ctf_free.
CTF_MUST_USE ctf_status ctf_text_write(const ProtobufCMessageDescriptor* descriptor, const void* wire, size_t bytes,
                                       ctf_allocator* alloc, ctf_bytes* out_text);

// Whether the bytes are meant as text: nothing but printable characters and white space at their beginning, and not
// only white space. A serialised message of this project begins with control characters (tags and lengths).
bool ctf_text_detect(const void* data, size_t bytes);

// The same content, whatever the order of fields and map entries.
CTF_MUST_USE ctf_status ctf_message_equal(const ProtobufCMessageDescriptor* descriptor, ctf_bytes a, ctf_bytes b,
                                          ctf_allocator* alloc, bool* out_equal);

#endif  // CTF_GRAPHDEF_TEXT_H_
