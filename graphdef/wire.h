// The bounded scanner: walks a serialised message by its descriptor before protobuf-c, which has no depth limit and
// trusts lengths and counts, gets to see it.
#ifndef CTF_GRAPHDEF_WIRE_H_
#define CTF_GRAPHDEF_WIRE_H_

#include <protobuf-c/protobuf-c.h>

#include "runtime/memory.h"

#define CTF_WIRE_MAX_DEPTH 100

typedef struct ctf_wire_range {  // of the scanned source, or of parts of a message that were put together
  const uint8_t* data;
  size_t bytes;
} ctf_wire_range;

// A message that is safe to unpack: unknown fields and fields of the wrong wire type are dropped (as TensorFlow's
// parser sets them aside), strings are valid UTF-8 without NUL, lengths lie inside, depth is at most
// CTF_WIRE_MAX_DEPTH. What makes tensors large never gets to protobuf-c: each bytes field named `tensor_content` longer
// than 64 bytes is replaced by an index into `lifted`, and so are a TensorProto's lists of values, all at once.
typedef struct ctf_wire_message {
  const uint8_t* data;  // from the allocator
  size_t bytes;
  size_t num_lifted;
  const ctf_wire_range* lifted;
} ctf_wire_message;

// Checks a message as ctf_wire_scan does, without allocating and without a copy. INVALID_ARGUMENT names the byte.
CTF_MUST_USE ctf_status ctf_wire_check(const ProtobufCMessageDescriptor* descriptor, const uint8_t* data, size_t bytes);

CTF_MUST_USE ctf_status ctf_wire_scan(const ProtobufCMessageDescriptor* descriptor, const uint8_t* data, size_t bytes,
                                      ctf_allocator* alloc, ctf_wire_message* out_message);

// Unpacks a scanned message with protobuf-c, every allocation charged to `alloc` (a scratch allocator: nothing needs to
// be freed but it).
CTF_MUST_USE ctf_status ctf_wire_unpack(const ProtobufCMessageDescriptor* descriptor, const ctf_wire_message* message,
                                        ctf_allocator* alloc, ProtobufCMessage** out_message);

// One field of a checked message as it stands there, with its tag.
typedef struct ctf_wire_field {
  uint32_t number;
  ProtobufCWireType wire_type;
  const uint8_t* begin;  // of the tag
  const uint8_t* value;  // of a length-delimited field: after the length
  size_t value_bytes;
} ctf_wire_field;

// Goes over the fields of one level: takes the field at *inout_at and moves behind it. False at the end; groups are
// passed over. Only for messages that were checked.
bool ctf_wire_next(const uint8_t** inout_at, const uint8_t* end, ctf_wire_field* out_field);

typedef enum ctf_lifted {
  CTF_LIFTED_CONTENT,  // the bytes of tensor_content
  CTF_LIFTED_LISTS,    // the whole TensorProto as it stands in the source (checked), for ctf_wire_next
} ctf_lifted;

// What was lifted out of a TensorProto. False: its content stands in the message itself; it has no list.
bool ctf_wire_lifted(const ProtobufCMessage* message, const ctf_wire_message* of, ctf_lifted what,
                     ctf_wire_range* out_range);

// The same for one field of a scanned TensorProto: whether it stands for something that was lifted, and for what.
bool ctf_wire_field_lifted(const ctf_wire_field* lifted, const ctf_wire_message* of, ctf_lifted* out_what,
                           ctf_wire_range* out_range);
#define CTF_WIRE_CONTENT_FIELD "tensor_content"
// The descriptor of a field that is one of the lists that are lifted: float_val, string_val, ... NULL: it is none.
const ProtobufCFieldDescriptor* ctf_wire_find_list(const ProtobufCMessageDescriptor* tensor, const ctf_wire_field* of);

// A number of at most ten bytes, as in packed lists. False when it does not end.
CTF_MUST_USE bool ctf_wire_read_varint(const uint8_t** inout_at, const uint8_t* end, uint64_t* out_value);

#endif  // CTF_GRAPHDEF_WIRE_H_
