// Files and folders.
#ifndef TENSORFLOW_C_ENV_H_
#define TENSORFLOW_C_ENV_H_

#include <stdbool.h>

#include "tensorflow/c/c_api_macros.h"
#include "tensorflow/c/tf_status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TF_StringStream TF_StringStream;
typedef struct TF_WritableFileHandle TF_WritableFileHandle;

// Closes a file; NULL is accepted.
//
// Owns:    takes the handle from the caller, whatever the outcome.
// Threads: any thread, once no other uses it.
// Waits:   for the file.
// Errors:  those of the system.
TF_CAPI_EXPORT void TF_CloseWritableFile(TF_WritableFileHandle* handle, TF_Status* status);

// Folders for files that need not last: of TEST_TMPDIR, TMPDIR, TMP and /tmp those that are there.
//
// Owns:    the caller owns the result (TF_StringStreamDone).
// Threads: any thread.
// Waits:   never.
// Errors:  NULL, no memory for it.
TF_CAPI_EXPORT TF_StringStream* TF_GetLocalTempDirectories(void);

// Opens a file for writing: it is made where there is none, and emptied where there is one.
//
// Owns:    the caller owns *handle (TF_CloseWritableFile).
// Threads: any thread.
// Waits:   for the file.
// Errors:  the system's reason and TensorFlow's code for it: NOT_FOUND, PERMISSION_DENIED and
//          others; INVALID_ARGUMENT, an argument is NULL.
TF_CAPI_EXPORT void TF_NewWritableFile(const char* filename, TF_WritableFileHandle** handle, TF_Status* status);

// Deletes a list; NULL is accepted.
//
// Owns:    takes the list from the caller, with its texts.
// Threads: any thread, once no other uses it.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_StringStreamDone(TF_StringStream* list);

// Gives the next text, or false and NULL when there is none.
//
// Owns:    the list owns the text.
// Threads: one thread at a time per list.
// Waits:   never.
// Errors:  false for NULL.
TF_CAPI_EXPORT bool TF_StringStreamNext(TF_StringStream* list, const char** result);

#ifdef __cplusplus
}
#endif

#endif  // TENSORFLOW_C_ENV_H_
