// Marks memory that nobody may read: not yet written, or freed.
#ifndef CTF_RUNTIME_POISON_H_
#define CTF_RUNTIME_POISON_H_

#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define CTF_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CTF_ADDRESS_SANITIZER 1
#endif
#endif

#ifdef CTF_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

// Any access until it is lifted again is reported by the address sanitizer; without it both do nothing. The start is
// aligned to 8 bytes, else the sanitizer keeps the first of them accessible.
static inline void ctf_poison_forbid(const void* data, size_t bytes) {
#ifdef CTF_ADDRESS_SANITIZER
  __asan_poison_memory_region(data, bytes);
#else
  (void)data;
  (void)bytes;
#endif
}
static inline void ctf_poison_lift(const void* data, size_t bytes) {
#ifdef CTF_ADDRESS_SANITIZER
  __asan_unpoison_memory_region(data, bytes);
#else
  (void)data;
  (void)bytes;
#endif
}

// What nobody has written is filled with: as float a signalling NaN, which arithmetic cannot hide.
#define CTF_POISON_WORD 0x7fa5a5a5u
void ctf_poison_fill(void* data, size_t bytes);

#endif  // CTF_RUNTIME_POISON_H_
