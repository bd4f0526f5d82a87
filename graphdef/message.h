// Between unpacked messages and ctf's structures. For the files of this folder.
#ifndef CTF_GRAPHDEF_MESSAGE_H_
#define CTF_GRAPHDEF_MESSAGE_H_

#include "graphdef/graph_def.h"
#include "graphdef/wire.h"
#include "tensorflow/core/framework/attr_value.pb-c.h"
#include "tensorflow/core/framework/tensor.pb-c.h"

// Unpacks messages of a source, one after the other.
typedef struct ctf_decoder {
  const ctf_source* source;
  ctf_allocator* alloc;    // of the result
  ctf_allocator* system;   // the source's budget
  ctf_allocator* scratch;  // of the message, and of whatever ends with it
  size_t base;             // where the scanned bytes begin in the source: lifted ranges count from there
  ctf_wire_message wire;   // of the message that is being read
} ctf_decoder;

// Messages are charged to the source's budget.
CTF_MUST_USE ctf_status ctf_decoder_init(const ctf_source* source, ctf_allocator* alloc, ctf_decoder* out_decoder);
void ctf_decoder_deinit(ctf_decoder* decoder);
// Scans and unpacks `bytes` of the source from `offset`. What the last call gave is gone.
CTF_MUST_USE ctf_status ctf_decoder_unpack(ctf_decoder* decoder, const ProtobufCMessageDescriptor* descriptor,
                                           size_t offset, size_t bytes, ProtobufCMessage** out_message);

CTF_MUST_USE ctf_status ctf_tensor_from_message(const ctf_decoder* decoder, const Tensorflow__TensorProto* proto,
                                                TF_Tensor** out_tensor);
// *out_value is set as far as decoding came: on failure what it holds must be released as well.
CTF_MUST_USE ctf_status ctf_attr_from_message(const ctf_decoder* decoder, const Tensorflow__AttrValue* proto,
                                              ctf_attr_value* out_value);
typedef struct ctf_attr_entry {  // of a map<string, AttrValue>
  const char* key;
  const Tensorflow__AttrValue* value;  // NULL: empty
} ctf_attr_entry;
// Of entries with the same key the last one is taken. The array is set before it is filled, like *out_value above.
CTF_MUST_USE ctf_status ctf_attrs_from_entries(const ctf_decoder* decoder, const ctf_attr_entry* entries,
                                               size_t num_entries, const ctf_named_attr** out_attrs,
                                               size_t* out_num_attrs);
void ctf_attrs_release(const ctf_named_attr* attrs, size_t num_attrs);

CTF_MUST_USE ctf_status ctf_bytes_copy(ctf_allocator* alloc, const void* data, size_t bytes, ctf_bytes* out_bytes);

// A number of at most five bytes, as lengths in string contents are. False when it does not end.
CTF_MUST_USE bool ctf_wire_read_varint32(const uint8_t** inout_at, const uint8_t* end, uint32_t* out_value);

// Serialises from the end to the front: the length of a message is known when its front is written, so that nothing is
// measured twice or moved. Without `out` it only counts.
typedef struct ctf_wire_writer {
  uint8_t* out;
  size_t capacity;  // of out; the message ends there
  size_t bytes;     // put so far, at the end of out
} ctf_wire_writer;

void ctf_put_bytes(ctf_wire_writer* w, const void* data, size_t bytes);
void ctf_put_varint(ctf_wire_writer* w, uint64_t value);
void ctf_put_tag(ctf_wire_writer* w, uint32_t number, ProtobufCWireType type);
void ctf_put_number(ctf_wire_writer* w, uint32_t number, uint64_t value);  // a varint field, with its tag
void ctf_put_block(ctf_wire_writer* w, uint32_t number, const void* data, size_t bytes);  // a length-delimited one
// The front of a message (or packed list) whose content was put after `end`, the writer's bytes before that content.
void ctf_put_front(ctf_wire_writer* w, uint32_t number, size_t end);

void ctf_put_shape(ctf_wire_writer* w, uint32_t number, ctf_shape shape);
void ctf_put_tensor(ctf_wire_writer* w, uint32_t number, const ctf_tensor* tensor);  // not resources or variants
void ctf_put_attr_value(ctf_wire_writer* w, const ctf_attr_value* value);            // its fields alone

// Calls put(w, what) twice, to count and to write.
CTF_MUST_USE ctf_status ctf_wire_write(void (*put)(ctf_wire_writer* w, const void* what), const void* what,
                                       ctf_allocator* alloc, ctf_bytes* out_bytes);

#endif  // CTF_GRAPHDEF_MESSAGE_H_
