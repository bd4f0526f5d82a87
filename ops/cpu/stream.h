// Writing results that no cache will keep: past the caches, so that the lines are not read first.
#ifndef CTF_OPS_CPU_STREAM_H_
#define CTF_OPS_CPU_STREAM_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

enum {
  CPU_STREAM_BYTES = 32 << 20,  // an output of so many bytes is not in the cache when its reader comes
  CPU_LINE_BYTES = 64,
};

// Copies whole lines to where they begin a line; anything else as memcpy does.
static inline void cpu_stream(void* to, const void* from, size_t bytes) {
#if defined(__SSE2__)
  if ((uintptr_t)to % CPU_LINE_BYTES == 0 && bytes % CPU_LINE_BYTES == 0) {
    for (size_t i = 0; i < bytes; i += 16) {
      _mm_stream_si128((__m128i*)((char*)to + i), _mm_loadu_si128((const __m128i_u*)((const char*)from + i)));
    }
    return;
  }
#endif
  memcpy(to, from, bytes);
}

// After the last cpu_stream of a piece: whoever is told that the piece is done sees its bytes.
static inline void cpu_stream_end(void) {
#if defined(__SSE2__)
  _mm_sfence();
#endif
}

// Asks for what will be read next; the processor's own prefetching does not look past much arithmetic. Any address.
static inline void cpu_prefetch(const void* from, size_t bytes) {
  for (size_t i = 0; i < bytes; i += CPU_LINE_BYTES) __builtin_prefetch((const char*)from + i, 0, 2);
}

#endif  // CTF_OPS_CPU_STREAM_H_
