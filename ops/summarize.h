// The elements of a tensor as TensorFlow prints them: "1 2 3...", "[1 2][3...]...".
#ifndef CTF_OPS_SUMMARIZE_H_
#define CTF_OPS_SUMMARIZE_H_

#include "runtime/tensor.h"

// Where text goes; belongs to one thread.
typedef struct ctf_text_sink {
  void (*put)(struct ctf_text_sink* sink, const char* text, size_t length);
} ctf_text_sink;

// The first `most` elements, negative: all. Strings are escaped; what has no text form is "?".
void ctf_summarize(const ctf_tensor* tensor, int64_t most, ctf_text_sink* sink);

// A sink over somebody's memory: always terminated, what does not fit is dropped.
typedef struct ctf_buffer_sink {
  ctf_text_sink base;
  char* data;
  size_t size;
  size_t length;
} ctf_buffer_sink;
void ctf_buffer_sink_init(ctf_buffer_sink* sink, char* data, size_t size);

#endif  // CTF_OPS_SUMMARIZE_H_
