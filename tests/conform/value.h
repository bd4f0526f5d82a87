// A tensor outside the engine: what is fed and what is wanted, from a TensorProto or a .npy file.
#ifndef CTF_TESTS_CONFORM_VALUE_H_
#define CTF_TESTS_CONFORM_VALUE_H_

#include "tensorflow/c/tf_tensor.h"
#include "tests/conform/case.h"
#include "tests/conform/text.h"

typedef struct host_value {
  TF_DataType dtype;
  int rank;
  int64_t* dims;
  size_t count;    // elements
  uint8_t* data;   // numbers, little endian and row-major; NULL for strings and where there are no contents
  size_t bytes;    // of data
  char** strings;  // of TF_STRING: count of them; lengths beside them
  size_t* lengths;
} host_value;

// Folder that "@DIR@/" at the start of a string stands for; NULL: strings stay as they are. With `contents` false only
// dtype and shape are read. False with the reason in `why`.
bool value_from_proto(const Tensorflow__TensorProto* proto, bool contents, const char* folder, host_value* out_value,
                      text_buffer* why);
bool value_from_npy(const char* path, host_value* out_value, text_buffer* why);
void value_free(host_value* of);

// NULL: the library gives no such tensor (its allocations may be made to fail).
TF_Tensor* value_to_tensor(const host_value* of);

void text_append_shape(text_buffer* inout_text, TF_DataType dtype, int rank, const int64_t* dims);  // "float[2,3]"
const char* dtype_name(TF_DataType dtype);

#endif  // CTF_TESTS_CONFORM_VALUE_H_
