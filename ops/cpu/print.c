// Assert, Print and PrintV2. Each call writes its line as a whole: the stream is locked for it.
#include "ops/print.h"

#include <stdatomic.h>

#include "ops/cpu/slices.h"
#include "ops/summarize.h"

enum { kMessageBytes = 1 << 13 };

static ctf_status cpu_assert(ctf_kernel_ctx* k) {
  const ctf_print_attrs* attrs = k->attrs;
  const ctf_tensor* condition = ctf_in_tensor(k, 0);
  if (condition->rank != 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "In[0] should be a scalar: %s",
                     ctf_shape_print(ctf_tensor_shape(condition)).text);
  }
  if (*(const ctf_any_u8*)condition->data) return NULL;
  char text[kMessageBytes];
  ctf_buffer_sink sink;
  ctf_buffer_sink_init(&sink, text, sizeof(text));
  for (int i = 1; i < k->num_inputs; ++i) {
    sink.base.put(&sink.base, " [", 2);
    ctf_summarize(ctf_in_tensor(k, i), attrs->summarize, &sink.base);
    sink.base.put(&sink.base, "]", 1);
  }
  return ctf_error(TF_INVALID_ARGUMENT, "assertion failed:%s", text);
}

typedef struct stream_sink {
  ctf_text_sink base;
  FILE* stream;
} stream_sink;

// What a stream that nobody reads does not take is lost, as it is in TensorFlow.
static void put_on_stream(ctf_text_sink* base, const char* text, size_t length) {
  fwrite_unlocked(text, 1, length, ((stream_sink*)base)->stream);
}

typedef struct print_state {
  atomic_int_fast64_t printed;
} print_state;

static bool may_print(print_state* state, int64_t first_n) {
  if (first_n < 0) return true;
  if (atomic_load_explicit(&state->printed, memory_order_relaxed) >= first_n) return false;
  return atomic_fetch_add_explicit(&state->printed, 1, memory_order_relaxed) < first_n;
}

static ctf_status cpu_print(ctf_kernel_ctx* k) {
  const ctf_print_attrs* attrs = k->attrs;
  const ctf_tensor *x = ctf_in_tensor(k, 0), *y = ctf_out_tensor(k, 0);
  if (may_print(k->state, attrs->first_n)) {
    stream_sink sink = {.base = {put_on_stream}, .stream = stderr};
    flockfile(stderr);
    put_on_stream(&sink.base, attrs->message.data, attrs->message.length);
    for (int i = 1; i < k->num_inputs; ++i) {
      put_on_stream(&sink.base, "[", 1);
      ctf_summarize(ctf_in_tensor(k, i), attrs->summarize, &sink.base);
      put_on_stream(&sink.base, "]", 1);
    }
    put_on_stream(&sink.base, "\n", 1);
    funlockfile(stderr);
  }
  if (x->dtype == TF_STRING) return cpu_copy_strings(k, 0, 0, x, 0, x->num_elements);
  if (x->bytes > 0 && y->data != x->data) memcpy(y->data, x->data, x->bytes);
  return NULL;
}

static ctf_status cpu_print_v2(ctf_kernel_ctx* k) {
  static const struct {
    const char* name;
    const char* prefix;
    bool on_stdout;
  } kStreams[] = {{"stdout", "", true},
                  {"stderr", "", false},
                  {"log(info)", "I ", false},
                  {"log(warning)", "W ", false},
                  {"log(error)", "E ", false}};
  const ctf_print_attrs* attrs = k->attrs;
  const ctf_tensor* x = ctf_in_tensor(k, 0);
  const char* text;
  size_t length;
  if (x->rank != 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "Input is expected to be scalar, but got %s",
                     ctf_shape_print(ctf_tensor_shape(x)).text);
  }
  ctf_tensor_get_string(x, 0, &text, &length);
  for (size_t i = 0; i < sizeof(kStreams) / sizeof(kStreams[0]); ++i) {
    if (!ctf_bytes_equal(attrs->output_stream, kStreams[i].name)) continue;
    FILE* stream = kStreams[i].on_stdout ? stdout : stderr;
    stream_sink sink = {.base = {put_on_stream}, .stream = stream};
    flockfile(stream);
    put_on_stream(&sink.base, kStreams[i].prefix, strlen(kStreams[i].prefix));
    put_on_stream(&sink.base, text, length);
    put_on_stream(&sink.base, attrs->end.data, attrs->end.length);
    fflush_unlocked(stream);
    funlockfile(stream);
    return NULL;
  }
  if (attrs->output_stream.length >= 7 && memcmp(attrs->output_stream.data, "file://", 7) == 0) {
    return ctf_error(TF_UNIMPLEMENTED, "PrintV2 does not write to files yet: output_stream is '%.*s'",
                     (int)attrs->output_stream.length, attrs->output_stream.data);
  }
  return ctf_error(TF_INVALID_ARGUMENT,
                   "Unknown output stream: %.*s, Valid streams are: stdout stderr log(info) log(warning) log(error)",
                   (int)attrs->output_stream.length, attrs->output_stream.data);
}

#define NO_BYTES (CTF_TYPE(TF_RESOURCE) | CTF_TYPE(TF_VARIANT))
static const ctf_kernel_def kKernels[] = {
    {"Assert", CTF_ANY_TYPE, cpu_assert, .flags = CTF_ANY_ALIGNMENT},
    {"Print", CTF_ANY_TYPE & ~NO_BYTES, cpu_print, .state_bytes = sizeof(print_state), .flags = CTF_ANY_ALIGNMENT},
    {"PrintV2", CTF_ANY_TYPE, cpu_print_v2},
};
CTF_CPU_KERNELS(print, kKernels);
