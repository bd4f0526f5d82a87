// Tensors as text in numpy's layout, so that eyes and diffs agree with Python, and as JSON.
#ifndef CTF_TOOLS_CTFRUN_PRINT_H_
#define CTF_TOOLS_CTFRUN_PRINT_H_

#include <stdio.h>

#include "tensorflow/c/c_api.h"

typedef struct print_options {
  long max_elements;  // of a tensor printed whole; more are cut to the first and last three of each axis
  int precision;      // digits after the point, at most
} print_options;

// "name = 12.0" for scalars, else "name = float32 [2,3]" and the values on lines of their own.
void print_tensor(FILE* file, const char* name, const TF_Tensor* tensor, const print_options* how);
void print_tensor_json(FILE* file, const TF_Tensor* tensor);  // {"dtype":...,"shape":...,"data":...}
void print_shape(FILE* file, const int64_t* dims, int rank);  // "[2,?,3]"; rank -1: "<unknown>"

#endif  // CTF_TOOLS_CTFRUN_PRINT_H_
