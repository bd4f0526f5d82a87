// Names of element types, and elements as numbers: what the command reads and prints.
#ifndef CTF_TOOLS_CTFRUN_DTYPES_H_
#define CTF_TOOLS_CTFRUN_DTYPES_H_

#include <stdbool.h>
#include <stddef.h>

#include "tensorflow/c/c_api.h"

typedef enum element_kind {
  ELEMENT_BOOL,
  ELEMENT_INT,
  ELEMENT_UINT,
  ELEMENT_FLOAT,
  ELEMENT_COMPLEX,
  ELEMENT_STRING,
  ELEMENT_OTHER
} element_kind;

const char* dtype_name(TF_DataType dtype);  // "float32"
element_kind dtype_kind(TF_DataType dtype);
size_t dtype_bytes(TF_DataType dtype);  // of an element in memory; TF_DataTypeSize gives strings 0, they are TF_TString
// Any spelling: "float32", "DT_FLOAT", "f32". False when it is none.
bool dtype_parse(const char* text, size_t length, TF_DataType* out_dtype);

// Element `index` of a tensor's bytes as a double (imaginary part of complex types in out_imaginary).
double element_get(TF_DataType dtype, const void* data, size_t index, double* out_imaginary);
long long element_get_int(TF_DataType dtype, const void* data, size_t index);
// False when the value does not fit the type.
bool element_set(TF_DataType dtype, void* data, size_t index, double real, double imaginary);
bool element_set_int(TF_DataType dtype, void* data, size_t index, long long value);

#endif  // CTF_TOOLS_CTFRUN_DTYPES_H_
