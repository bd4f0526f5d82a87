// TF_Buffer: bytes with an owner.
#include "tensorflow/c/tf_buffer.h"

#include <string.h>

#include "engine/api/api.h"

// The block knows its own size: what a program makes of `length` meanwhile does not matter.
static void free_bytes(void* data, size_t length) {
  (void)length;
  ctf_free(ctf_allocator_process(), data);
}

ctf_status ctf_api_fill_buffer(TF_Buffer* buffer, const void* data, size_t length) {
  void* copy;
  CTF_TRY(ctf_api_check_empty(buffer));
  CTF_TRY(ctf_alloc_bytes(ctf_allocator_process(), length, &copy));
  if (length > 0) memcpy(copy, data, length);
  *buffer = (TF_Buffer){.data = copy, .length = length, .data_deallocator = free_bytes};
  return NULL;
}

TF_Buffer* TF_NewBuffer(void) { return ctf_alloc_try(ctf_allocator_process(), sizeof(TF_Buffer)); }

TF_Buffer* TF_NewBufferFromString(const void* proto, size_t proto_len) {
  TF_Buffer* buffer = TF_NewBuffer();
  if (buffer == NULL || (proto == NULL && proto_len > 0)) {
    TF_DeleteBuffer(buffer);
    return NULL;
  }
  const ctf_status status = ctf_api_fill_buffer(buffer, proto, proto_len);
  if (status != NULL) {
    ctf_status_drop(status);  // NULL says it: there was no memory
    TF_DeleteBuffer(buffer);
    return NULL;
  }
  return buffer;
}

void TF_DeleteBuffer(TF_Buffer* buffer) {
  if (buffer == NULL) return;
  if (buffer->data_deallocator != NULL) buffer->data_deallocator((void*)buffer->data, buffer->length);
  ctf_free(ctf_allocator_process(), buffer);
}

TF_Buffer TF_GetBuffer(TF_Buffer* buffer) { return buffer != NULL ? *buffer : (TF_Buffer){0}; }
