// What the files of this folder share: statuses out, texts and messages in, bytes out.
#ifndef CTF_ENGINE_API_API_H_
#define CTF_ENGINE_API_API_H_

#include <protobuf-c/protobuf-c.h>

#include "engine/session.h"
#include "graphdef/attr.h"
#include "tensorflow/c/tf_buffer.h"

// Moves what a call came to into the caller's status; without one it is dropped, as the headers say.
void ctf_api_report(ctf_status status, TF_Status* out_status);

// Replaces a text by a copy from the process's allocator; NULL counts as "". *inout_text is freed with ctf_free.
CTF_MUST_USE ctf_status ctf_api_set_text(const char* text, char** inout_text);

// Scans and unpacks a message from the caller's bytes. INVALID_ARGUMENT "Unparseable <name>: ...".
CTF_MUST_USE ctf_status ctf_api_read_message(const ProtobufCMessageDescriptor* descriptor, const void* data,
                                             size_t length, const char* name, ctf_allocator* scratch,
                                             ProtobufCMessage** out_message);

// A place for what one call decodes or builds, charged to `budget`. Small: calls that need it are many.
#define CTF_API_SCRATCH_BYTES 1024

// TensorFlow refuses to write into a buffer that holds something.
CTF_MUST_USE ctf_status ctf_api_check_empty(const TF_Buffer* buffer);
// Gives an empty buffer a copy of the bytes.
CTF_MUST_USE ctf_status ctf_api_fill_buffer(TF_Buffer* buffer, const void* data, size_t length);

// Copies what the library knows into a caller's struct that begins with struct_size: no more than either side knows of.
void ctf_api_fill_struct(void* out, size_t out_bytes, const void* filled, size_t filled_bytes);
// The reverse: takes a caller's struct that begins with struct_size; what the caller does not know of stays as it is.
// INVALID_ARGUMENT: a size that cannot be right, or something set that this library does not know.
CTF_MUST_USE ctf_status ctf_api_take_struct(void* inout, size_t inout_bytes, const void* given, size_t given_bytes);

// What the engine takes for granted of a request: counts with their arrays, tensors where there are feeds, something to
// do. `has_values`: there is a place for what is fetched.
CTF_MUST_USE ctf_status ctf_api_check_request(const ctf_run_request* request, bool has_values);
CTF_MUST_USE ctf_status ctf_api_check_names(const ctf_run_request* request, bool has_values);  // without the tensors
CTF_MUST_USE ctf_status ctf_api_check_part(const ctf_run_request* request, bool has_values);   // or nothing to do
static inline ctf_plan_request ctf_api_names(const ctf_run_request* request) {
  return (ctf_plan_request){.num_feeds = request->num_feeds,
                            .feeds = request->feeds,
                            .num_fetches = request->num_fetches,
                            .fetches = request->fetches,
                            .num_targets = request->num_targets,
                            .targets = request->targets};
}

// The public options with what went wrong in functions that cannot say so.
typedef struct ctf_api_options {
  TF_SessionOptions base;
  ctf_status failure;         // the first; TF_NewSession reports a copy
  ctf_status config_failure;  // of the last TF_SetConfig, the same
  bool passes_from_config;
} ctf_api_options;
_Static_assert(offsetof(ctf_api_options, base) == 0, "TF_SessionOptions* is cast to ctf_api_options*");

// In nanoseconds. 0, and in TensorFlow what is below, is no limit.
int64_t ctf_api_milliseconds(int64_t count);
uint64_t ctf_api_incarnation(const ctf_device* device);  // a number that only this device has, while it lives

// The dims of a caller can be the shape of a tensor.
CTF_MUST_USE bool ctf_api_dims_valid(const int64_t* dims, int num_dims);

#endif  // CTF_ENGINE_API_API_H_
