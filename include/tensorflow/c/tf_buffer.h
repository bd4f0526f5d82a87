// Bytes with an owner: serialised messages in and out.
#ifndef TENSORFLOW_C_TF_BUFFER_H_
#define TENSORFLOW_C_TF_BUFFER_H_

#include <stddef.h>

#include "tensorflow/c/c_api_macros.h"

#ifdef __cplusplus
extern "C" {
#endif

// One thread at a time. Fields may be set by the program: it then says through data_deallocator how the bytes go.
typedef struct TF_Buffer {
  const void* data;
  size_t length;
  void (*data_deallocator)(void* data, size_t length);  // NULL: the bytes are not the buffer's
} TF_Buffer;

// Makes an empty buffer.
//
// Owns:    the caller owns the result (TF_DeleteBuffer).
// Threads: any thread.
// Waits:   never.
// Errors:  NULL when there is no memory for it.
TF_CAPI_EXPORT TF_Buffer* TF_NewBuffer(void);

// Makes a buffer that holds a copy of the bytes.
//
// Owns:    the caller owns the result and with it the copy (TF_DeleteBuffer); its bytes go with libc's free.
// Threads: any thread.
// Waits:   never.
// Errors:  NULL when there is no memory for it.
TF_CAPI_EXPORT TF_Buffer* TF_NewBufferFromString(const void* proto, size_t proto_len);

// Deletes a buffer, its bytes through data_deallocator if that is set; NULL is accepted.
//
// Owns:    takes the buffer from the caller.
// Threads: any thread, once no other uses it.
// Waits:   as long as data_deallocator does.
// Errors:  none.
TF_CAPI_EXPORT void TF_DeleteBuffer(TF_Buffer* buffer);

// The fields of a buffer, by value. Empty for NULL.
//
// Owns:    the buffer goes on owning the bytes.
// Threads: one thread at a time per buffer.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT TF_Buffer TF_GetBuffer(TF_Buffer* buffer);

#ifdef __cplusplus
}
#endif

#endif  // TENSORFLOW_C_TF_BUFFER_H_
