// The result of every function that can fail.
#ifndef CTF_RUNTIME_STATUS_H_
#define CTF_RUNTIME_STATUS_H_

#include <stdarg.h>
#include <stdbool.h>

#include "tensorflow/c/tf_status.h"

// NULL is OK. Anything else is owned by whoever holds it and goes to exactly one place: returned, stored, moved into a
// TF_Status, or dropped. One thread at a time.
typedef struct ctf_status_rep* ctf_status;

#define CTF_MUST_USE __attribute__((warn_unused_result))
#define CTF_PRINTF(text, first) __attribute__((format(printf, text, first)))

// Returns the failure at once; for functions that have nothing to free.
#define CTF_TRY(expression)                              \
  do {                                                   \
    ctf_status ctf_try_status_ = (expression);           \
    if (ctf_try_status_ != NULL) return ctf_try_status_; \
  } while (0)

// Keeps the failure in `status` and jumps to `done`, the one label for success and failure alike.
#define CTF_TRY_DONE(expression)   \
  do {                             \
    status = (expression);         \
    if (status != NULL) goto done; \
  } while (0)

// Our own mistakes only, never a file, feed or device. On in every preset but release.
#ifdef CTF_NO_ASSERT
#define CTF_ASSERT(condition) ((void)sizeof(condition))
#else
#define CTF_ASSERT(condition) ((condition) ? (void)0 : ctf_assert_failed(#condition, __FILE__, __LINE__))
#endif
_Noreturn void ctf_assert_failed(const char* condition, const char* file, int line);

// Makes a status. Cannot fail: without memory it is a fixed one with the same code. Messages are cut at 16 KiB.
CTF_MUST_USE ctf_status ctf_error(TF_Code code, const char* format, ...) CTF_PRINTF(2, 3);
CTF_MUST_USE ctf_status ctf_error_v(TF_Code code, const char* format, va_list args) CTF_PRINTF(2, 0);

// An errno as a status, with TensorFlow's code for it: "what; No such file or directory".
CTF_MUST_USE ctf_status ctf_error_system(int error_code, const char* what);

// Puts the context before the message, as "context: message"; OK passes through. Note once, at the level that knows
// the node: every call adds another context.
CTF_MUST_USE ctf_status ctf_error_note(ctf_status status, const char* format, ...) CTF_PRINTF(2, 3);

// An independent copy, for the several waiters of one failure.
CTF_MUST_USE ctf_status ctf_status_copy(ctf_status status);

// Frees a status that nobody needs; the reason stands beside the call. Accepts OK.
void ctf_status_drop(ctf_status status);

TF_Code ctf_status_code(ctf_status status);         // TF_OK for NULL
const char* ctf_status_message(ctf_status status);  // "" for NULL; owned by the status
const char* ctf_code_name(TF_Code code);            // "INVALID_ARGUMENT"

// The public object holds the engine's status; see engine/api. TF_Status functions are in runtime/status.c because
// TensorFlow exports them from its framework library, without the engine.
typedef struct ctf_payload ctf_payload;  // a list of key and value, by key

struct TF_Status {
  ctf_status status;
  ctf_payload* payloads;  // go when another status is moved in
};

// Moves a status into the public object, dropping what it held.
void ctf_status_move(ctf_status status, TF_Status* out);

#endif  // CTF_RUNTIME_STATUS_H_
