// Elements of TF_STRING tensors: 24 bytes in TensorFlow's layout, read and written by these functions in the client's
// own code.
//
// The two low bits of the first byte say how the text is kept: in the element itself (up to 22 characters), in memory
// from malloc that the element owns, at an offset from the element, or elsewhere as a view. The size stands above those
// bits. Functions that need memory and get none return NULL and leave the string as it was.
#ifndef TENSORFLOW_C_TF_TSTRING_H_
#define TENSORFLOW_C_TF_TSTRING_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/c/c_api_macros.h"
#include "tensorflow/c/tf_status.h"

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "The layout of TF_TString is written for little-endian machines."
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum TF_TString_Type {
  TF_TSTR_SMALL = 0x00,
  TF_TSTR_LARGE = 0x01,
  TF_TSTR_OFFSET = 0x02,
  TF_TSTR_VIEW = 0x03,
  TF_TSTR_TYPE_MASK = 0x03,
} TF_TString_Type;

// Who keeps the text of a view alive; unref returns whether that was the last reference.
typedef struct TStringOwnerCApi TStringOwnerCApi;
struct TStringOwnerCApi {
  void (*ref)(TStringOwnerCApi* self);
  bool (*unref)(TStringOwnerCApi* self);
  void* obj;
};

typedef struct TF_TString_Large {
  size_t size;  // shifted left by two, as in TF_TString_View
  size_t cap;   // characters that fit, without the NUL at the end
  char* ptr;
} TF_TString_Large;

typedef struct TF_TString_Offset {
  uint32_t size;    // shifted left by two
  uint32_t offset;  // from the element to the text
  uint32_t count;
} TF_TString_Offset;

typedef struct TF_TString_View {
  size_t size;
  const char* ptr;
  TStringOwnerCApi* owner_ref;  // NULL: nobody
} TF_TString_View;

typedef struct TF_TString_Raw {
  uint8_t raw[24];
} TF_TString_Raw;

enum { TF_TString_SmallCapacity = 22 };

typedef struct TF_TString_Small {
  uint8_t size;  // shifted left by two
  char str[TF_TString_SmallCapacity + 1];
} TF_TString_Small;

typedef struct TF_TString {
  union {
    TF_TString_Small smll;
    TF_TString_Large large;
    TF_TString_Offset offset;
    TF_TString_View view;
    TF_TString_Raw raw;
  } u;
} TF_TString;

// An empty string, whatever was there before. Every element is initialised before anything else is done with it.
static inline void TF_TString_Init(TF_TString* str) { memset(str, 0, sizeof(*str)); }

static inline TF_TString_Type TF_TString_GetType(const TF_TString* str) {
  return (TF_TString_Type)(str->u.raw.raw[0] & TF_TSTR_TYPE_MASK);
}

static inline size_t TF_TString_GetSize(const TF_TString* str) {
  const TF_TString_Type type = TF_TString_GetType(str);
  if (type == TF_TSTR_SMALL) return (size_t)str->u.smll.size >> 2;
  if (type == TF_TSTR_OFFSET) return (size_t)str->u.offset.size >> 2;
  return str->u.large.size >> 2;  // large and view begin alike
}

// How many characters fit without other memory; 0 for text that is not the element's own.
static inline size_t TF_TString_GetCapacity(const TF_TString* str) {
  const TF_TString_Type type = TF_TString_GetType(str);
  if (type == TF_TSTR_SMALL) return TF_TString_SmallCapacity;
  return type == TF_TSTR_LARGE ? str->u.large.cap : 0;
}

// The text, which ends with NUL only if the element owns it.
static inline const char* TF_TString_GetDataPointer(const TF_TString* str) {
  const TF_TString_Type type = TF_TString_GetType(str);
  if (type == TF_TSTR_SMALL) return str->u.smll.str;
  if (type == TF_TSTR_LARGE) return str->u.large.ptr;
  if (type == TF_TSTR_VIEW) return str->u.view.ptr;
  return (const char*)str + str->u.offset.offset;
}

// Gives back what the element owns. A small string and a view without owner stay as they are.
static inline void TF_TString_Dealloc(TF_TString* str) {
  const TF_TString_Type type = TF_TString_GetType(str);
  if (type == TF_TSTR_LARGE) {
    free(str->u.large.ptr);
    TF_TString_Init(str);
  } else if (type == TF_TSTR_VIEW && str->u.view.owner_ref != NULL) {
    TStringOwnerCApi* owner = str->u.view.owner_ref;
    TF_TString_Init(str);
    owner->unref(owner);
  }
}

// Makes the text the element's own, with room for `capacity` characters, and returns it; the size stays. Larger
// capacities are rounded up so that the memory is a multiple of 16 bytes.
static inline char* TF_TString_Own(TF_TString* str, size_t capacity) {
  const TF_TString_Type type = TF_TString_GetType(str);
  const size_t size = TF_TString_GetSize(str);
  TF_TString owned;
  char* text;
  if (capacity < size) capacity = size;
  if (type == TF_TSTR_SMALL && capacity <= TF_TString_SmallCapacity) return str->u.smll.str;
  if (type == TF_TSTR_LARGE && capacity <= str->u.large.cap) return str->u.large.ptr;

  TF_TString_Init(&owned);
  if (capacity <= TF_TString_SmallCapacity) {
    owned.u.smll.size = (uint8_t)(size << 2);
    text = owned.u.smll.str;
  } else {
    if (capacity > SIZE_MAX / 4 - 16) return NULL;  // the size could not be shifted
    capacity |= 15;
    text = (char*)(type == TF_TSTR_LARGE ? realloc(str->u.large.ptr, capacity + 1) : malloc(capacity + 1));
    if (text == NULL) return NULL;
    owned.u.large.size = size << 2 | TF_TSTR_LARGE;
    owned.u.large.cap = capacity;
    owned.u.large.ptr = text;
  }
  if (type != TF_TSTR_LARGE) {
    if (size > 0) memcpy(text, TF_TString_GetDataPointer(str), size);
    TF_TString_Dealloc(str);
  }
  text[size] = '\0';
  *str = owned;
  return TF_TString_GetType(str) == TF_TSTR_SMALL ? str->u.smll.str : str->u.large.ptr;
}

// The text for writing, up to its size.
static inline char* TF_TString_GetMutableDataPointer(TF_TString* str) { return TF_TString_Own(str, 0); }

// Makes room for `capacity` characters; size and text stay.
static inline void TF_TString_Reserve(TF_TString* str, size_t capacity) {
  if (capacity > TF_TString_SmallCapacity) (void)TF_TString_Own(str, capacity);
}

// The same, at least doubling what there was, so that appending in small pieces is linear.
static inline void TF_TString_ReserveAmortized(TF_TString* str, size_t capacity) {
  const size_t current = TF_TString_GetCapacity(str);
  if (capacity <= current) return;
  TF_TString_Reserve(str, capacity / 2 < current ? 2 * current : capacity);
}

// Changes the size. Characters that are new are not set. Memory is given back when less than half of it is used.
static inline char* TF_TString_ResizeUninitialized(TF_TString* str, size_t size) {
  const size_t old_size = TF_TString_GetSize(str);
  TF_TString large;
  char* text;
  if (size < old_size && TF_TString_GetType(str) == TF_TSTR_LARGE) {
    large = *str;
    if (size <= TF_TString_SmallCapacity) {
      TF_TString_Init(str);
      memcpy(str->u.smll.str, large.u.large.ptr, size);
      free(large.u.large.ptr);
    } else if (size < large.u.large.cap / 2) {
      const size_t capacity = size | 15;
      text = (char*)realloc(large.u.large.ptr, capacity + 1);
      if (text != NULL) {
        str->u.large.ptr = text;
        str->u.large.cap = capacity;
      }
    }
    if (TF_TString_GetType(str) == TF_TSTR_LARGE) str->u.large.size = size << 2 | TF_TSTR_LARGE;
  } else if (size < old_size && TF_TString_GetType(str) != TF_TSTR_SMALL) {
    // What is cut off need not be copied.
    if (TF_TString_GetType(str) == TF_TSTR_VIEW) {
      str->u.view.size = size << 2 | TF_TSTR_VIEW;
    } else {
      str->u.offset.size = (uint32_t)(size << 2 | TF_TSTR_OFFSET);
    }
  }
  text = TF_TString_Own(str, size);
  if (text == NULL) return NULL;
  if (TF_TString_GetType(str) == TF_TSTR_SMALL) {
    str->u.smll.size = (uint8_t)(size << 2);
  } else {
    str->u.large.size = size << 2 | TF_TSTR_LARGE;
  }
  text[size] = '\0';
  return text;
}

// The same; characters that are new become `fill`.
static inline char* TF_TString_Resize(TF_TString* str, size_t size, char fill) {
  const size_t old_size = TF_TString_GetSize(str);
  char* text = TF_TString_ResizeUninitialized(str, size);
  if (text != NULL && size > old_size) memset(text + old_size, fill, size - old_size);
  return text;
}

// Becomes a view of text that belongs to somebody else, who outlives the string, or whom `owner` keeps alive.
static inline void TF_TString_AssignViewWithOwner(TF_TString* str, const char* text, size_t size,
                                                  TStringOwnerCApi* owner) {
  if (owner != NULL) owner->ref(owner);
  TF_TString_Dealloc(str);
  str->u.view.size = size << 2 | TF_TSTR_VIEW;
  str->u.view.ptr = text;
  str->u.view.owner_ref = owner;
}

static inline void TF_TString_AssignView(TF_TString* str, const char* text, size_t size) {
  TF_TString_AssignViewWithOwner(str, text, size, NULL);
}

// Becomes a copy of the text, which is not the string's own.
static inline void TF_TString_Copy(TF_TString* str, const char* text, size_t size) {
  char* to = TF_TString_ResizeUninitialized(str, size);
  if (to != NULL && size > 0) memcpy(to, text, size);
}

static inline void TF_TString_AppendN(TF_TString* str, const char* text, size_t size) {
  const size_t old_size = TF_TString_GetSize(str);
  char* to;
  if (size == 0) return;
  TF_TString_ReserveAmortized(str, old_size + size);
  to = TF_TString_ResizeUninitialized(str, old_size + size);
  if (to != NULL) memcpy(to + old_size, text, size);
}

static inline void TF_TString_Append(TF_TString* str, const TF_TString* other) {
  TF_TString_AppendN(str, TF_TString_GetDataPointer(other), TF_TString_GetSize(other));
}

// Becomes equal to another: a copy of what that owns, a view of what it does not.
static inline void TF_TString_Assign(TF_TString* str, const TF_TString* other) {
  const TF_TString_Type type = TF_TString_GetType(other);
  if (str == other) return;
  if (type == TF_TSTR_VIEW) {
    TF_TString_AssignViewWithOwner(str, other->u.view.ptr, TF_TString_GetSize(other), other->u.view.owner_ref);
  } else if (type == TF_TSTR_OFFSET) {
    TF_TString_AssignView(str, TF_TString_GetDataPointer(other), TF_TString_GetSize(other));
  } else {
    TF_TString_Copy(str, TF_TString_GetDataPointer(other), TF_TString_GetSize(other));
  }
}

// Takes over what another is, which is empty afterwards.
static inline void TF_TString_Move(TF_TString* str, TF_TString* other) {
  if (str == other) return;
  if (TF_TString_GetType(other) == TF_TSTR_OFFSET) {  // the offset counts from the other's place
    TF_TString_AssignView(str, TF_TString_GetDataPointer(other), TF_TString_GetSize(other));
  } else {
    TF_TString_Dealloc(str);
    *str = *other;
  }
  TF_TString_Init(other);
}

// Makes an empty string of uninitialised memory; as TF_TString_Init, for languages without inline functions.
//
// Owns:    nothing.
// Threads: one thread at a time per string.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_StringInit(TF_TString* t);

// Replaces the text by a copy.
//
// Owns:    the string owns the copy (TF_StringDealloc).
// Threads: one thread at a time per string.
// Waits:   never.
// Errors:  none: without memory the string stays as it was.
TF_CAPI_EXPORT void TF_StringCopy(TF_TString* dst, const char* src, size_t size);

// Makes the string a view of text.
//
// Owns:    nothing; the caller keeps the text alive.
// Threads: one thread at a time per string.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_StringAssignView(TF_TString* dst, const char* src, size_t size);

// The text of the string, which need not end with NUL.
//
// Owns:    the string keeps it, until it is changed.
// Threads: one thread at a time per string.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT const char* TF_StringGetDataPointer(const TF_TString* tstr);

// How the string keeps its text.
//
// Owns:    nothing.
// Threads: one thread at a time per string.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT TF_TString_Type TF_StringGetType(const TF_TString* str);

// Size of the text in bytes.
//
// Owns:    nothing.
// Threads: one thread at a time per string.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT size_t TF_StringGetSize(const TF_TString* tstr);

// Characters that fit without other memory; 0 when the text is not the string's own.
//
// Owns:    nothing.
// Threads: one thread at a time per string.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT size_t TF_StringGetCapacity(const TF_TString* str);

// Gives back the memory that the string owns; it is empty then and may be used again.
//
// Owns:    takes the string's memory.
// Threads: one thread at a time per string.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT void TF_StringDealloc(TF_TString* tstr);

// ---- strings of older releases: a length as a varint, then the text. TensorFlow 2.21 has these three no more.

// What TF_StringEncode writes for a text of this length.
//
// Owns:    nothing.
// Threads: any thread.
// Waits:   never.
// Errors:  none.
TF_CAPI_EXPORT size_t TF_StringEncodedSize(size_t len);

// Writes a text with its length before it, and returns how many bytes that were.
//
// Owns:    dst is the caller's.
// Threads: any thread.
// Waits:   never.
// Errors:  0 with INVALID_ARGUMENT: dst has no room for it, or a place is NULL.
TF_CAPI_EXPORT size_t TF_StringEncode(const char* src, size_t src_len, char* dst, size_t dst_len, TF_Status* status);

// Finds the text in what TF_StringEncode has written, and returns how many bytes of src it has read.
//
// Owns:    *dst points into src.
// Threads: any thread.
// Waits:   never.
// Errors:  0 with INVALID_ARGUMENT: src is no such text or ends too early, or a place is NULL.
TF_CAPI_EXPORT size_t TF_StringDecode(const char* src, size_t src_len, const char** dst, size_t* dst_len,
                                      TF_Status* status);

#ifdef __cplusplus
}
#endif

#endif  // TENSORFLOW_C_TF_TSTRING_H_
