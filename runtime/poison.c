// Fills memory with a pattern that no computation produces.
#include "runtime/poison.h"

#include <stdint.h>
#include <string.h>

void ctf_poison_fill(void* data, size_t bytes) {
  const uint32_t word = CTF_POISON_WORD;
  unsigned char* at = data;
  for (; bytes >= sizeof(word); at += sizeof(word), bytes -= sizeof(word)) memcpy(at, &word, sizeof(word));
  if (bytes > 0) memcpy(at, &word, bytes);
}
