// Counted memory with an owner: what tensors point to.
#ifndef CTF_RUNTIME_BUFFER_H_
#define CTF_RUNTIME_BUFFER_H_

#include <stdatomic.h>
#include <stddef.h>

#include "runtime/memory.h"

typedef struct ctf_device ctf_device;

// Immutable but for its count, which any thread may change. The bytes follow the rules of whoever holds the buffer.
typedef struct ctf_buffer ctf_buffer;
struct ctf_buffer {
  atomic_int refs;
  void* data;
  size_t bytes;
  void (*destroy)(ctf_buffer* buffer);  // of the kind: releases the bytes, then the structure itself
  void* owner;                          // for destroy
};

// Bytes from the device's memory, charged to `budget` (which may be below the device's own). Not zeroed.
CTF_MUST_USE ctf_status ctf_buffer_create(ctf_device* device, ctf_budget* budget, size_t bytes, const char* what,
                                          ctf_buffer** out_buffer);

// Bytes of somebody else, who is told when nobody needs them any more. Nothing is charged. The callback may come from
// any thread; when the buffer cannot be made it is not called.
CTF_MUST_USE ctf_status ctf_buffer_wrap(void* data, size_t bytes,
                                        void (*deallocator)(void* data, size_t len, void* arg), void* deallocator_arg,
                                        ctf_buffer** out_buffer);

// A part of another buffer, which it keeps alive.
CTF_MUST_USE ctf_status ctf_buffer_slice(ctf_buffer* whole, size_t offset, size_t bytes, ctf_buffer** out_buffer);

ctf_buffer* ctf_buffer_retain(ctf_buffer* buffer);
void ctf_buffer_release(ctf_buffer* buffer);                   // accepts NULL
bool ctf_buffer_sole(const ctf_buffer* buffer);                // nobody else holds it
const ctf_buffer* ctf_buffer_whole(const ctf_buffer* buffer);  // of a slice: what it is a part of, in the end
bool ctf_buffer_is_wrapped(const ctf_buffer* buffer);  // the bytes are somebody else's, or a file's: not charged

#endif  // CTF_RUNTIME_BUFFER_H_
