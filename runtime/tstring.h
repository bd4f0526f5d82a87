// Strings of TF_STRING tensors, as the library writes them: payloads come from ctf_client_malloc.
#ifndef CTF_RUNTIME_TSTRING_H_
#define CTF_RUNTIME_TSTRING_H_

#include "runtime/memory.h"
#include "tensorflow/c/tf_tstring.h"

// Bytes that the string owns outside of itself, when its text has this length; what is charged for it.
size_t ctf_tstring_payload_bytes(size_t length);
// The same of a string that is there.
size_t ctf_tstring_owned_bytes(const TF_TString* string);

// Replaces the text by a copy. False without memory; the string is as before then.
CTF_MUST_USE bool ctf_tstring_set(TF_TString* string, const char* text, size_t length);
// Puts a copy of `text` behind what is there. False without memory, as above.
CTF_MUST_USE bool ctf_tstring_append(TF_TString* string, const char* text, size_t length);
// Gives back what the string owns; it is empty then.
void ctf_tstring_clear(TF_TString* string);

#endif  // CTF_RUNTIME_TSTRING_H_
