// Statuses, and the public TF_Status on top of them.
#include "runtime/status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/memory.h"

#define MAX_MESSAGE_BYTES ((size_t)16 << 10)
#define NUM_CODES (TF_UNAUTHENTICATED + 1)

struct ctf_status_rep {  // immutable once made
  TF_Code code;
  bool fixed;  // one of kNoMemory: not to be freed
  const char* message;
  char own_message[];
};

// clang-format off
static const char* const kCodeNames[NUM_CODES] = {
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
};

#define FIXED(code, what) [code] = {code, true, "out of memory while reporting that " what}
static const struct ctf_status_rep kNoMemory[NUM_CODES] = {
    FIXED(TF_OK, "nothing is wrong"),
    FIXED(TF_CANCELLED, "the work was cancelled"),
    FIXED(TF_UNKNOWN, "something of no known kind is wrong"),
    FIXED(TF_INVALID_ARGUMENT, "an argument is invalid"),
    FIXED(TF_DEADLINE_EXCEEDED, "a deadline has passed"),
    FIXED(TF_NOT_FOUND, "something was not found"),
    FIXED(TF_ALREADY_EXISTS, "something exists already"),
    FIXED(TF_PERMISSION_DENIED, "permission was denied"),
    FIXED(TF_RESOURCE_EXHAUSTED, "memory or another resource is exhausted"),
    FIXED(TF_FAILED_PRECONDITION, "a precondition does not hold"),
    FIXED(TF_ABORTED, "the work was aborted"),
    FIXED(TF_OUT_OF_RANGE, "something is out of range"),
    FIXED(TF_UNIMPLEMENTED, "something is not implemented"),
    FIXED(TF_INTERNAL, "the engine is in an impossible state"),
    FIXED(TF_UNAVAILABLE, "something is not available"),
    FIXED(TF_DATA_LOSS, "data are lost or corrupt"),
    FIXED(TF_UNAUTHENTICATED, "the caller is not authenticated"),
};

// As TensorFlow maps them; what is not listed is UNKNOWN.
static const struct { int error; TF_Code code; } kErrnoCodes[] = {
    {EINVAL, TF_INVALID_ARGUMENT}, {ENAMETOOLONG, TF_INVALID_ARGUMENT}, {E2BIG, TF_INVALID_ARGUMENT},
    {EDESTADDRREQ, TF_INVALID_ARGUMENT}, {EDOM, TF_INVALID_ARGUMENT}, {EFAULT, TF_INVALID_ARGUMENT},
    {EILSEQ, TF_INVALID_ARGUMENT}, {ENOPROTOOPT, TF_INVALID_ARGUMENT}, {ENOSTR, TF_INVALID_ARGUMENT},
    {ENOTSOCK, TF_INVALID_ARGUMENT}, {ENOTTY, TF_INVALID_ARGUMENT}, {EPROTOTYPE, TF_INVALID_ARGUMENT},
    {ESPIPE, TF_INVALID_ARGUMENT},
    {ETIMEDOUT, TF_DEADLINE_EXCEEDED}, {ETIME, TF_DEADLINE_EXCEEDED},
    {ENODEV, TF_NOT_FOUND}, {ENOENT, TF_NOT_FOUND}, {ENXIO, TF_NOT_FOUND}, {ESRCH, TF_NOT_FOUND},
    {EEXIST, TF_ALREADY_EXISTS}, {EADDRNOTAVAIL, TF_ALREADY_EXISTS}, {EALREADY, TF_ALREADY_EXISTS},
    {EPERM, TF_PERMISSION_DENIED}, {EACCES, TF_PERMISSION_DENIED}, {EROFS, TF_PERMISSION_DENIED},
    {ENOTEMPTY, TF_FAILED_PRECONDITION}, {EISDIR, TF_FAILED_PRECONDITION}, {ENOTDIR, TF_FAILED_PRECONDITION},
    {EADDRINUSE, TF_FAILED_PRECONDITION}, {EBADF, TF_FAILED_PRECONDITION}, {EBUSY, TF_FAILED_PRECONDITION},
    {ECHILD, TF_FAILED_PRECONDITION}, {EISCONN, TF_FAILED_PRECONDITION}, {ENOTBLK, TF_FAILED_PRECONDITION},
    {ENOTCONN, TF_FAILED_PRECONDITION}, {EPIPE, TF_FAILED_PRECONDITION}, {ESHUTDOWN, TF_FAILED_PRECONDITION},
    {ETXTBSY, TF_FAILED_PRECONDITION},
    {ENOSPC, TF_RESOURCE_EXHAUSTED}, {EDQUOT, TF_RESOURCE_EXHAUSTED}, {EMFILE, TF_RESOURCE_EXHAUSTED},
    {EMLINK, TF_RESOURCE_EXHAUSTED}, {ENFILE, TF_RESOURCE_EXHAUSTED}, {ENOBUFS, TF_RESOURCE_EXHAUSTED},
    {ENODATA, TF_RESOURCE_EXHAUSTED}, {ENOMEM, TF_RESOURCE_EXHAUSTED}, {ENOSR, TF_RESOURCE_EXHAUSTED},
    {EUSERS, TF_RESOURCE_EXHAUSTED},
    {EFBIG, TF_OUT_OF_RANGE}, {EOVERFLOW, TF_OUT_OF_RANGE}, {ERANGE, TF_OUT_OF_RANGE},
    {ENOSYS, TF_UNIMPLEMENTED}, {ENOTSUP, TF_UNIMPLEMENTED}, {EAFNOSUPPORT, TF_UNIMPLEMENTED},
    {EPFNOSUPPORT, TF_UNIMPLEMENTED}, {EPROTONOSUPPORT, TF_UNIMPLEMENTED}, {ESOCKTNOSUPPORT, TF_UNIMPLEMENTED},
    {EXDEV, TF_UNIMPLEMENTED},
    {EAGAIN, TF_UNAVAILABLE}, {ECONNREFUSED, TF_UNAVAILABLE}, {ECONNABORTED, TF_UNAVAILABLE},
    {ECONNRESET, TF_UNAVAILABLE}, {EINTR, TF_UNAVAILABLE}, {EHOSTDOWN, TF_UNAVAILABLE},
    {EHOSTUNREACH, TF_UNAVAILABLE}, {ENETDOWN, TF_UNAVAILABLE}, {ENETRESET, TF_UNAVAILABLE},
    {ENETUNREACH, TF_UNAVAILABLE}, {ENOLCK, TF_UNAVAILABLE}, {ENOLINK, TF_UNAVAILABLE}, {ENONET, TF_UNAVAILABLE},
    {EDEADLK, TF_ABORTED}, {ESTALE, TF_ABORTED},
    {ECANCELED, TF_CANCELLED},
};
// clang-format on

void ctf_assert_failed(const char* condition, const char* file, int line) {
  fprintf(stderr, "ctf: %s:%d: this must hold and does not: %s\n", file, line, condition);
  abort();
}

// Statuses are only read after they have been made, so the const of the fixed ones is never violated.
static ctf_status fixed_status(TF_Code code) {
  const bool known = (int)code >= 0 && (int)code < NUM_CODES;
  return (ctf_status)&kNoMemory[known ? code : TF_UNKNOWN];
}

// A status with room for a message of this length, or NULL.
static ctf_status status_with_room(TF_Code code, size_t length) {
  struct ctf_status_rep* rep = ctf_alloc_try(ctf_allocator_process(), sizeof(*rep) + length + 1);
  if (rep == NULL) return NULL;
  rep->code = code;
  rep->message = rep->own_message;
  return rep;
}

// The greatest length up to `limit` that does not cut a character of UTF-8 in two; text[limit] is readable.
static size_t cut_length(const char* text, size_t limit) {
  while (limit > 0 && ((unsigned char)text[limit] & 0xc0) == 0x80) --limit;
  return limit;
}

// A status with what is printed, then `separator`, then `tail`, cut at the greatest length. NULL without memory for it.
static CTF_PRINTF(4, 0) ctf_status
    print_status(TF_Code code, const char* separator, const char* tail, const char* format, va_list args) {
  va_list again;
  va_copy(again, args);
  const int printed = vsnprintf(NULL, 0, format, again);
  va_end(again);

  // One more than the message may have, so that the cut knows what it cuts.
  const size_t most = MAX_MESSAGE_BYTES + 1;
  const size_t head_length = printed < 0 ? 0 : (size_t)printed < most ? (size_t)printed : most;
  const size_t tail_length = strlen(separator) + strlen(tail);
  const size_t length = tail_length < most - head_length ? head_length + tail_length : most;

  ctf_status status = status_with_room(code, length);
  if (status == NULL) return NULL;
  char* text = status->own_message;
  if (head_length > 0) vsnprintf(text, head_length + 1, format, args);
  snprintf(text + head_length, length - head_length + 1, "%s%s", separator, tail);
  if (length == most) text[cut_length(text, MAX_MESSAGE_BYTES)] = '\0';
  return status;
}

// An independent status with this text, or the fixed one.
static ctf_status status_with_text(TF_Code code, const char* text) {
  const size_t length = strlen(text);
  ctf_status status = status_with_room(code, length);
  if (status == NULL) return fixed_status(code);
  memcpy(status->own_message, text, length + 1);
  return status;
}

ctf_status ctf_error_v(TF_Code code, const char* format, va_list args) {
  CTF_ASSERT(code != TF_OK);
  ctf_status status = print_status(code, "", "", format, args);
  return status != NULL ? status : fixed_status(code);
}

ctf_status ctf_error(TF_Code code, const char* format, ...) {
  va_list args;
  va_start(args, format);
  ctf_status status = ctf_error_v(code, format, args);
  va_end(args);
  return status;
}

ctf_status ctf_error_note(ctf_status status, const char* format, ...) {
  if (status == NULL) return NULL;
  va_list args;
  va_start(args, format);
  ctf_status noted = print_status(status->code, ": ", status->message, format, args);
  va_end(args);
  if (noted == NULL) return status;  // the failure without its context is worth more than a fixed text
  ctf_status_drop(status);
  return noted;
}

ctf_status ctf_error_system(int error_code, const char* what) {
  TF_Code code = TF_UNKNOWN;
  for (size_t i = 0; i < sizeof(kErrnoCodes) / sizeof(kErrnoCodes[0]); ++i) {
    if (kErrnoCodes[i].error == error_code) code = kErrnoCodes[i].code;
  }
  char text[128];
  return ctf_error(code, "%s; %s", what, strerror_r(error_code, text, sizeof(text)));
}

ctf_status ctf_status_copy(ctf_status status) {
  if (status == NULL || status->fixed) return status;
  return status_with_text(status->code, status->message);
}

void ctf_status_drop(ctf_status status) {
  if (status != NULL && !status->fixed) ctf_free(ctf_allocator_process(), status);
}

TF_Code ctf_status_code(ctf_status status) { return status == NULL ? TF_OK : status->code; }

const char* ctf_status_message(ctf_status status) { return status == NULL ? "" : status->message; }

const char* ctf_code_name(TF_Code code) {
  return (int)code >= 0 && (int)code < NUM_CODES ? kCodeNames[code] : "UNKNOWN_CODE";
}

struct ctf_payload {
  ctf_payload* next;
  const char* value;  // in text, behind the key
  char text[];        // the key
};

static void drop_payloads(TF_Status* of) {
  while (of->payloads != NULL) {
    ctf_payload* first = of->payloads;
    of->payloads = first->next;
    ctf_free(ctf_allocator_process(), first);
  }
}

void ctf_status_move(ctf_status status, TF_Status* out) {
  drop_payloads(out);
  ctf_status_drop(out->status);  // replaced: the caller's object holds one status
  out->status = status;
}

TF_Status* TF_NewStatus(void) { return ctf_alloc_try(ctf_allocator_process(), sizeof(TF_Status)); }

void TF_DeleteStatus(TF_Status* status) {
  if (status == NULL) return;
  drop_payloads(status);
  ctf_status_drop(status->status);  // goes with the object that holds it
  ctf_free(ctf_allocator_process(), status);
}

void TF_SetStatus(TF_Status* status, TF_Code code, const char* message) {
  // The message may be the one that is held, so it is copied before that is dropped.
  ctf_status made = code == TF_OK ? NULL : ctf_error(code, "%s", message != NULL ? message : "");
  ctf_status_move(made, status);
}

void TF_SetStatusFromIOError(TF_Status* status, int error_code, const char* context) {
  ctf_status_move(error_code == 0 ? NULL : ctf_error_system(error_code, context), status);
}

TF_Code TF_GetCode(const TF_Status* status) { return ctf_status_code(status->status); }

const char* TF_Message(const TF_Status* status) { return ctf_status_message(status->status); }

void TF_SetPayload(TF_Status* status, const char* key, const char* value) {
  if (TF_GetCode(status) == TF_OK || key == NULL || value == NULL) return;
  const size_t key_bytes = strlen(key) + 1, value_bytes = strlen(value) + 1;
  ctf_payload* made = ctf_alloc_try(ctf_allocator_process(), sizeof(ctf_payload) + key_bytes + value_bytes);
  if (made == NULL) return;  // there is nobody to tell: the status tells of something else
  made->value = made->text + key_bytes;
  memcpy(made->text, key, key_bytes);
  memcpy(made->text + key_bytes, value, value_bytes);

  ctf_payload** at = &status->payloads;
  while (*at != NULL && strcmp((*at)->text, key) < 0) at = &(*at)->next;
  made->next = *at;
  if (*at != NULL && strcmp((*at)->text, key) == 0) {
    made->next = (*at)->next;
    ctf_free(ctf_allocator_process(), *at);
  }
  *at = made;
}

void TF_ForEachPayload(const TF_Status* status, TF_PayloadVisitor visitor, void* capture) {
  for (const ctf_payload* at = status->payloads; at != NULL; at = at->next) visitor(at->text, at->value, capture);
}
