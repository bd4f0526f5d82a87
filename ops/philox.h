// The counter-based generator Philox 4x32-10: Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as
// 1, 2, 3", with TensorFlow's way of making key and counter from seeds. Four words a counter value.
#ifndef CTF_OPS_PHILOX_H_
#define CTF_OPS_PHILOX_H_

#include <stdint.h>

// Where a stream stands: its next four words are those of this counter.
typedef struct ctf_philox {
  uint64_t key;
  uint64_t counter[2];  // low, high
} ctf_philox;

#define CTF_PHILOX_WORDS 4  // of a counter value
#define CTF_PHILOX_ROUNDS 10
#define CTF_PHILOX_MULTIPLIER_0 0xD2511F53u
#define CTF_PHILOX_MULTIPLIER_1 0xCD9E8D57u
#define CTF_PHILOX_STEP_0 0x9E3779B9u  // of the key, from round to round
#define CTF_PHILOX_STEP_1 0xBB67AE85u

static inline ctf_philox ctf_philox_skip(ctf_philox p, uint64_t count) {
  p.counter[0] += count;
  p.counter[1] += p.counter[0] < count;
  return p;
}

// Ten rounds over one counter, in place; the key as two words.
static inline void ctf_philox_rounds(uint32_t words[CTF_PHILOX_WORDS], uint32_t key0, uint32_t key1) {
  for (int round = 0; round < CTF_PHILOX_ROUNDS; ++round) {
    const uint64_t a = (uint64_t)CTF_PHILOX_MULTIPLIER_0 * words[0], b = (uint64_t)CTF_PHILOX_MULTIPLIER_1 * words[2];
    const uint32_t next0 = (uint32_t)(b >> 32) ^ words[1] ^ key0, next2 = (uint32_t)(a >> 32) ^ words[3] ^ key1;
    words[0] = next0;
    words[1] = (uint32_t)b;
    words[2] = next2;
    words[3] = (uint32_t)a;
    key0 += CTF_PHILOX_STEP_0;
    key1 += CTF_PHILOX_STEP_1;
  }
}

static inline void ctf_philox_block(const ctf_philox* p, uint32_t out_words[CTF_PHILOX_WORDS]) {
  out_words[0] = (uint32_t)p->counter[0];
  out_words[1] = (uint32_t)(p->counter[0] >> 32);
  out_words[2] = (uint32_t)p->counter[1];
  out_words[3] = (uint32_t)(p->counter[1] >> 32);
  ctf_philox_rounds(out_words, (uint32_t)p->key, (uint32_t)(p->key >> 32));
}

#endif  // CTF_OPS_PHILOX_H_
