// Strings of TF_STRING tensors, and the exported functions for them.
#include "runtime/tstring.h"

_Static_assert(sizeof(TF_TString) == 24, "the layout is TensorFlow's");
_Static_assert(sizeof(TF_TString_Small) == 24, "a small string fills the element");

// TensorFlow's own capacities, so that its inline functions find what they would have made.
static size_t capacity_for(size_t length) { return length | 15; }

size_t ctf_tstring_payload_bytes(size_t length) {
  return length <= TF_TString_SmallCapacity ? 0 : capacity_for(length) + 1;
}

size_t ctf_tstring_owned_bytes(const TF_TString* string) {
  return TF_TString_GetType(string) == TF_TSTR_LARGE ? string->u.large.cap + 1 : 0;
}

// `first` and then `second`, neither of which may be larger than what the caller has checked.
static bool set_joined(TF_TString* string, const char* first, size_t first_length, const char* second,
                       size_t second_length) {
  const size_t length = first_length + second_length;
  TF_TString made;
  TF_TString_Init(&made);
  char* to = made.u.smll.str;
  if (length <= TF_TString_SmallCapacity) {
    made.u.smll.size = (uint8_t)(length << 2);
  } else {
    if (length > SIZE_MAX / 4 - 16) return false;  // the layout shifts the size left by two
    to = ctf_client_malloc(ctf_tstring_payload_bytes(length));
    if (to == NULL) return false;
    made.u.large.size = length << 2 | TF_TSTR_LARGE;
    made.u.large.cap = capacity_for(length);
    made.u.large.ptr = to;
  }
  if (first_length > 0) memcpy(to, first, first_length);
  if (second_length > 0) memcpy(to + first_length, second, second_length);
  to[length] = '\0';
  ctf_tstring_clear(string);  // last: the text may be the string's own
  *string = made;
  return true;
}

bool ctf_tstring_set(TF_TString* string, const char* text, size_t length) {
  return set_joined(string, text, length, NULL, 0);
}

bool ctf_tstring_append(TF_TString* string, const char* text, size_t length) {
  const size_t old = TF_TString_GetSize(string);
  return length <= SIZE_MAX - old && set_joined(string, TF_TString_GetDataPointer(string), old, text, length);
}

void ctf_tstring_clear(TF_TString* string) {
  if (TF_TString_GetType(string) == TF_TSTR_LARGE) {
    ctf_client_free(string->u.large.ptr);
  } else if (TF_TString_GetType(string) == TF_TSTR_VIEW && string->u.view.owner_ref != NULL) {
    TStringOwnerCApi* owner = string->u.view.owner_ref;
    owner->unref(owner);
  }
  TF_TString_Init(string);
}

void TF_StringInit(TF_TString* t) { TF_TString_Init(t); }

void TF_StringCopy(TF_TString* dst, const char* src, size_t size) {
  // Without memory the string stays as it was: the function has no way to say so.
  if (!ctf_tstring_set(dst, src, size)) return;
}

void TF_StringAssignView(TF_TString* dst, const char* src, size_t size) {
  ctf_tstring_clear(dst);
  TF_TString_AssignView(dst, src, size);
}

const char* TF_StringGetDataPointer(const TF_TString* tstr) { return TF_TString_GetDataPointer(tstr); }

TF_TString_Type TF_StringGetType(const TF_TString* str) { return TF_TString_GetType(str); }

size_t TF_StringGetSize(const TF_TString* tstr) { return TF_TString_GetSize(tstr); }

size_t TF_StringGetCapacity(const TF_TString* str) { return TF_TString_GetCapacity(str); }

void TF_StringDealloc(TF_TString* tstr) { ctf_tstring_clear(tstr); }

// ---- strings of older releases

size_t TF_StringEncodedSize(size_t len) {
  size_t bytes = 1;
  for (size_t rest = len; rest >= 0x80; rest >>= 7) ++bytes;
  return bytes + len;
}

static ctf_status encode(const char* src, size_t src_len, char* dst, size_t dst_len, size_t* out_bytes) {
  if ((src == NULL && src_len > 0) || dst == NULL)
    return ctf_error(TF_INVALID_ARGUMENT, "the text or its place is NULL");
  const size_t bytes = TF_StringEncodedSize(src_len);
  if (src_len > SIZE_MAX - 16 || dst_len < bytes) {
    return ctf_error(TF_INVALID_ARGUMENT, "dst_len (%zu) is too small to encode a %zu-byte string", dst_len, src_len);
  }
  for (size_t rest = src_len; rest >= 0x80; rest >>= 7) *dst++ = (char)(rest | 0x80);
  *dst++ = (char)(src_len >> (7 * (bytes - src_len - 1)));
  if (src_len > 0) memcpy(dst, src, src_len);
  *out_bytes = bytes;
  return NULL;
}

size_t TF_StringEncode(const char* src, size_t src_len, char* dst, size_t dst_len, TF_Status* status) {
  size_t bytes = 0;
  const ctf_status result = encode(src, src_len, dst, dst_len, &bytes);
  if (status != NULL) {
    ctf_status_move(result, status);
  } else {
    ctf_status_drop(result);  // the caller does not want to know
  }
  return bytes;
}

static ctf_status decode(const char* src, size_t src_len, const char** dst, size_t* dst_len, size_t* out_bytes) {
  uint64_t length = 0;
  size_t at = 0;
  if ((src == NULL && src_len > 0) || dst == NULL || dst_len == NULL) {
    return ctf_error(TF_INVALID_ARGUMENT, "the text or a place for the result is NULL");
  }
  for (unsigned shift = 0;; shift += 7) {
    if (at == src_len || shift > 63) {
      return ctf_error(TF_INVALID_ARGUMENT, "invalid string encoding or truncated src buffer");
    }
    const uint8_t byte = (uint8_t)src[at++];
    length |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  if (length > src_len - at) {
    return ctf_error(TF_INVALID_ARGUMENT, "encoded string is %zu-bytes, but the buffer is only %zu bytes",
                     (size_t)length, src_len - at);
  }
  *dst = src + at;
  *dst_len = (size_t)length;
  *out_bytes = at + (size_t)length;
  return NULL;
}

size_t TF_StringDecode(const char* src, size_t src_len, const char** dst, size_t* dst_len, TF_Status* status) {
  size_t bytes = 0;
  const ctf_status result = decode(src, src_len, dst, dst_len, &bytes);
  if (status != NULL) {
    ctf_status_move(result, status);
  } else {
    ctf_status_drop(result);  // the caller does not want to know
  }
  return bytes;
}
