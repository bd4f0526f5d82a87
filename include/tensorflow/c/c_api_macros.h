// Marks the functions that the library exports.
#ifndef TENSORFLOW_C_C_API_MACROS_H_
#define TENSORFLOW_C_C_API_MACROS_H_

#define TF_CAPI_EXPORT __attribute__((visibility("default")))
#define CTF_EXPORT __attribute__((visibility("default")))

// TensorFlow's headers spell C's bool this way.
#ifndef __cplusplus
#include <stdbool.h>
#endif
#define TF_Bool unsigned char

#endif  // TENSORFLOW_C_C_API_MACROS_H_
