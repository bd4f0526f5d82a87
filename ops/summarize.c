#include "ops/summarize.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_text(ctf_text_sink* sink, const char* text) { sink->put(sink, text, strlen(text)); }

static void put_in_buffer(ctf_text_sink* base, const char* text, size_t length) {
  ctf_buffer_sink* sink = (ctf_buffer_sink*)base;
  const size_t room = sink->size - 1 - sink->length;
  if (length > room) length = room;
  memcpy(sink->data + sink->length, text, length);
  sink->length += length;
  sink->data[sink->length] = '\0';
}

void ctf_buffer_sink_init(ctf_buffer_sink* sink, char* data, size_t size) {
  *sink = (ctf_buffer_sink){.base = {put_in_buffer}, .data = data, .size = size};
  data[0] = '\0';
}

// The shorter of two precisions, if that is enough to read the same number back.
static void put_float(ctf_text_sink* sink, float value) {
  char text[32];
  snprintf(text, sizeof(text), "%.6g", (double)value);
  if (value == value && strtof(text, NULL) != value) snprintf(text, sizeof(text), "%.9g", (double)value);
  put_text(sink, value == value ? text : "nan");
}

static void put_double(ctf_text_sink* sink, double value) {
  char text[32];
  snprintf(text, sizeof(text), "%.15g", value);
  if (value == value && strtod(text, NULL) != value) snprintf(text, sizeof(text), "%.17g", value);
  put_text(sink, value == value ? text : "nan");
}

static void put_escaped(ctf_text_sink* sink, const char* text, size_t length) {
  static const char kFrom[] = "\n\r\t\"'\\", kTo[] = "nrt\"'\\";
  for (size_t i = 0; i < length; ++i) {
    const unsigned char c = (unsigned char)text[i];
    const char* special = c == 0 ? NULL : strchr(kFrom, c);
    char escaped[8];
    if (special != NULL) {
      snprintf(escaped, sizeof(escaped), "\\%c", kTo[special - kFrom]);
    } else if (c < 0x20 || c == 0x7f) {
      snprintf(escaped, sizeof(escaped), "\\%03o", c);
    } else {
      escaped[0] = (char)c;  // bytes of UTF-8 pass as they are
      escaped[1] = '\0';
    }
    put_text(sink, escaped);
  }
}

static void put_element(ctf_text_sink* sink, const ctf_tensor* tensor, int64_t at) {
  const ctf_dtype_info* type = ctf_dtype_get(tensor->dtype);
  const char* data = (const char*)tensor->data + (size_t)at * type->bytes;
  char text[32];
  int64_t integer;
  union {
    uint16_t bits;
    float f;
    double d;
    uint64_t u;
  } value = {.u = 0};
  if (tensor->dtype == TF_STRING) {
    const char* string;
    size_t length;
    ctf_tensor_get_string(tensor, at, &string, &length);
    put_escaped(sink, string, length);
    return;
  }
  if (type->kind == CTF_KIND_BOOL) {
    put_text(sink, *data ? "1" : "0");
    return;
  }
  if (ctf_tensor_get_int(tensor, at, &integer)) {
    snprintf(text, sizeof(text), "%" PRId64, integer);
    put_text(sink, text);
    return;
  }
  if (type->bytes <= sizeof(value)) memcpy(&value, data, type->bytes);  // constants may begin at any byte
  switch (tensor->dtype) {
    case TF_FLOAT:
      put_float(sink, value.f);
      break;
    case TF_DOUBLE:
      put_double(sink, value.d);
      break;
    case TF_HALF:
      put_float(sink, ctf_half_to_float((ctf_half){value.bits}));
      break;
    case TF_BFLOAT16:
      put_float(sink, ctf_bfloat16_to_float((ctf_bfloat16){value.bits}));
      break;
    case TF_UINT64:  // above what ctf_tensor_get_int can give
      snprintf(text, sizeof(text), "%" PRIu64, value.u);
      put_text(sink, text);
      break;
    default:
      put_text(sink, "?");
  }
}

static bool has_dimensions(TF_DataType dtype) {
  const ctf_dtype_kind kind = ctf_dtype_get(dtype)->kind;
  return dtype == TF_STRING || kind == CTF_KIND_BOOL || kind == CTF_KIND_INT || kind == CTF_KIND_UINT ||
         kind == CTF_KIND_FLOAT;
}

// Elements [0, limit) with a bracket for every dimension but the outermost that begins or ends between them.
static void put_nested(const ctf_tensor* tensor, int64_t limit, ctf_text_sink* sink) {
  const int64_t last = tensor->dims[tensor->rank - 1];
  for (int64_t at = 0; at < limit; ++at) {
    int64_t block = 1;
    for (int i = tensor->rank - 1; i > 0; --i) {
      block *= tensor->dims[i];
      if (at % block == 0) put_text(sink, "[");
    }
    if (at % last != 0) put_text(sink, " ");
    put_element(sink, tensor, at);
    if (at + 1 == limit && limit % last != 0) put_text(sink, "...");  // the row is cut off
    block = 1;
    for (int i = tensor->rank - 1; i > 0; --i) {
      block *= tensor->dims[i];
      if ((at + 1) % block == 0 || at + 1 == limit) put_text(sink, "]");
    }
  }
  if (limit < tensor->num_elements) put_text(sink, "...");
}

void ctf_summarize(const ctf_tensor* tensor, int64_t most, ctf_text_sink* sink) {
  const int64_t limit = most < 0 || most > tensor->num_elements ? tensor->num_elements : most;
  if (tensor->num_elements == 0) return;
  if (tensor->rank > 1 && has_dimensions(tensor->dtype)) {
    put_nested(tensor, limit, sink);
    return;
  }
  for (int64_t at = 0; at < limit; ++at) {
    if (at > 0) put_text(sink, " ");
    put_element(sink, tensor, at);
  }
  if (limit < tensor->num_elements) put_text(sink, "...");
}
