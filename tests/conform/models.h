// Models of other projects, with TensorFlow's results for fixed inputs.
#ifndef CTF_TESTS_CONFORM_MODELS_H_
#define CTF_TESTS_CONFORM_MODELS_H_

#include "tests/conform/execute.h"

// Every case of the folder's case.json. SKIP for formats and ops that the library does not have.
verdict execute_model(const char* folder, const driver_options* options, text_buffer* why);
// The folder's graph must be refused with this code. SKIP if it is not and has ops that the library does not know how
// to check.
verdict execute_refused_model(const char* folder, const driver_options* options, const char* expect, text_buffer* why);

#endif  // CTF_TESTS_CONFORM_MODELS_H_
