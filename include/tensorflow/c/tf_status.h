// The result of a call: a code and a message.
#ifndef TENSORFLOW_C_TF_STATUS_H_
#define TENSORFLOW_C_TF_STATUS_H_

#include "tensorflow/c/c_api_macros.h"

#ifdef __cplusplus
extern "C" {
#endif

// One thread at a time.
typedef struct TF_Status TF_Status;

typedef enum TF_Code {
  TF_OK = 0,
  TF_CANCELLED = 1,
  TF_UNKNOWN = 2,
  TF_INVALID_ARGUMENT = 3,
  TF_DEADLINE_EXCEEDED = 4,
  TF_NOT_FOUND = 5,
  TF_ALREADY_EXISTS = 6,
  TF_PERMISSION_DENIED = 7,
  TF_RESOURCE_EXHAUSTED = 8,
  TF_FAILED_PRECONDITION = 9,
  TF_ABORTED = 10,
  TF_OUT_OF_RANGE = 11,
  TF_UNIMPLEMENTED = 12,
  TF_INTERNAL = 13,
  TF_UNAVAILABLE = 14,
  TF_DATA_LOSS = 15,
  TF_UNAUTHENTICATED = 16,
} TF_Code;

// Makes a status that holds OK.
//
// Owns:    the caller owns the result (TF_DeleteStatus).
// Threads: any thread.
// Waits:   never.
// Errors:  NULL when there is no memory for it.
TF_CAPI_EXPORT TF_Status* TF_NewStatus(void);

// Deletes a status and its message; NULL is accepted.
//
// Owns:    takes the status from the caller.
// Threads: any thread, once no other uses it.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_DeleteStatus(TF_Status* status);

// Replaces what the status holds by a code and a copy of the message. With TF_OK the message is dropped.
//
// Owns:    the status owns the copy.
// Threads: one thread at a time per status.
// Waits:   never.
// Errors:  none: without memory for the copy the code is kept and the message is a fixed one.
TF_CAPI_EXPORT void TF_SetStatus(TF_Status* status, TF_Code code, const char* message);

// Keeps a value beside the message, under a key; a second value of a key replaces the first. With an OK status nothing
// happens, and TF_SetStatus drops all that there are.
//
// Owns:    key and value are copied.
// Threads: one thread at a time per status.
// Waits:   never.
// Errors:  none are reported: a NULL key or value, and one that there is no memory for, is not kept.
TF_CAPI_EXPORT void TF_SetPayload(TF_Status* status, const char* key, const char* value);

// Is called with each value of a status; capture is what the caller passed.
typedef void (*TF_PayloadVisitor)(const char* key, const char* value, void* capture);

// Calls the visitor for each value that TF_SetPayload has kept, in the order of their keys.
//
// Owns:    the status owns the texts, until it is changed or deleted.
// Threads: one thread at a time per status.
// Waits:   as long as the visitor does.
// Errors:  none.
TF_CAPI_EXPORT void TF_ForEachPayload(const TF_Status* status, TF_PayloadVisitor visitor, void* capture);

// Sets the status from a value of errno, with the code that fits it and the context before the system's text.
//
// Owns:    the status owns a copy of the context.
// Threads: one thread at a time per status.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_SetStatusFromIOError(TF_Status* status, int error_code, const char* context);

// The code that the status holds; TF_OK after a call that worked.
//
// Owns:    nothing.
// Threads: one thread at a time per status.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT TF_Code TF_GetCode(const TF_Status* status);

// The message that the status holds, "" for OK.
//
// Owns:    the status owns the text, until it is changed or deleted.
// Threads: one thread at a time per status.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT const char* TF_Message(const TF_Status* status);

#ifdef __cplusplus
}
#endif

#endif  // TENSORFLOW_C_TF_STATUS_H_
