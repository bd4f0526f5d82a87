#include "engine/api/api.h"

#include <string.h>

#include "graphdef/wire.h"

void ctf_api_report(ctf_status status, TF_Status* out_status) {
  if (out_status == NULL) {
    ctf_status_drop(status);  // the caller does not want to know
  } else {
    ctf_status_move(status, out_status);
  }
}

ctf_status ctf_api_set_text(const char* text, char** inout_text) {
  char* copy;
  if (text == NULL) text = "";
  CTF_TRY(ctf_alloc_string(ctf_allocator_process(), text, strlen(text), &copy));
  ctf_free(ctf_allocator_process(), *inout_text);
  *inout_text = copy;
  return NULL;
}

#define NS_PER_MS 1000000

int64_t ctf_api_milliseconds(int64_t count) {
  if (count > INT64_MAX / NS_PER_MS) return INT64_MAX;
  return count > 0 ? count * NS_PER_MS : 0;
}

ctf_status ctf_api_read_message(const ProtobufCMessageDescriptor* descriptor, const void* data, size_t length,
                                const char* name, ctf_allocator* scratch, ProtobufCMessage** out_message) {
  ctf_wire_message wire;
  ctf_status status = NULL;
  if (data == NULL && length > 0) return ctf_error(TF_INVALID_ARGUMENT, "Unparseable %s: no bytes were given", name);
  CTF_TRY_DONE(ctf_wire_scan(descriptor, data, length, scratch, &wire));
  CTF_TRY_DONE(ctf_wire_unpack(descriptor, &wire, scratch, out_message));

done:
  return ctf_status_code(status) == TF_INVALID_ARGUMENT ? ctf_error_note(status, "Unparseable %s", name) : status;
}

ctf_status ctf_api_check_empty(const TF_Buffer* buffer) {
  if (buffer == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the buffer for the result is NULL");
  if (buffer->data != NULL) return ctf_error(TF_INVALID_ARGUMENT, "Passing non-empty TF_Buffer is invalid.");
  return NULL;
}

bool ctf_api_dims_valid(const int64_t* dims, int num_dims) {
  if (num_dims < 0 || num_dims > CTF_MAX_RANK || (num_dims > 0 && dims == NULL)) return false;
  for (int i = 0; i < num_dims; ++i) {
    if (dims[i] < 0) return false;
  }
  return true;
}

ctf_status ctf_api_take_struct(void* inout, size_t inout_bytes, const void* given, size_t given_bytes) {
  if (given_bytes < sizeof(size_t)) return ctf_error(TF_INVALID_ARGUMENT, "options without their struct_size");
  const unsigned char* bytes = given;
  for (size_t i = inout_bytes; i < given_bytes; ++i) {
    if (bytes[i] == 0) continue;
    return ctf_error(TF_INVALID_ARGUMENT, "options of %zu bytes set something that this library, %s, does not know",
                     given_bytes, CTF_VERSION);
  }
  memcpy(inout, given, given_bytes < inout_bytes ? given_bytes : inout_bytes);
  return NULL;
}

void ctf_api_fill_struct(void* out, size_t out_bytes, const void* filled, size_t filled_bytes) {
  const size_t bytes = out_bytes < filled_bytes ? out_bytes : filled_bytes;
  const size_t first = sizeof(size_t);  // struct_size stays what the caller set
  if (bytes > first) memcpy((char*)out + first, (const char*)filled + first, bytes - first);
}
